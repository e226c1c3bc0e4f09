import json

import nbformat
import pytest

from lossedu.checking import notes
from lossedu.learners import lay_out


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A learner's copy of the course; the working directory is that of its chapter 07."""
    monkeypatch.setattr(notes, "UNWRITTEN", [])
    lay_out(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine" / "07_kl_divergence")
    return tmp_path / "mine"


@pytest.fixture
def answer():
    """Writes an answer into a notebook, as a learner would."""

    def write(notebook, name, source):
        content = json.loads(notebook.read_text(encoding="utf-8"))
        (cell,) = (c for c in content["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)
        cell["source"] = source
        nbformat.write(nbformat.from_dict(content), notebook)

    return write
