"""A submission's files are searched for the chapter's module, and its answers replace the notebook's stubs."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from lossedu.authoring import nbgrader_metadata
from lossedu.intake.choosing import choose
from lossedu.intake.masters import Master
from lossedu.intake.matching import match
from lossedu.intake.modules import Part, add_module, find_module, modules_in
from lossedu.intake.notebooks import read_notebook
from lossedu.intake.places import owner

CHAPTER = "07_kl_divergence"
MASTER = Master.of_exercises(["entropy", "wasted_bits"])
BOTH = b"def entropy(p):\n    return 1\n\nwasted_bits = 2\n"
STUBS = b'def entropy(p):\n    """The entropy."""\n    raise NotImplementedError()\n\nwasted_bits = None\n'


def cell_of(source):
    """Return a cell for an answer: the one that the source names first."""
    name = min(("entropy", "wasted_bits"), key=lambda name: source.find(name) % 1000)
    return new_code_cell(source, metadata={"nbgrader": nbgrader_metadata(name, solution=True)})


def merged(files, *sources):
    """Add a module to a notebook with these cells; return the notebook and the remarks."""
    notebook = new_notebook(cells=[new_code_cell("import numpy as np"), *map(cell_of, sources)])
    remarks = match(notebook, MASTER)
    remarks += add_module(notebook, MASTER, files, CHAPTER)
    parts = [cell for cell in notebook.cells if Part.of(cell)]
    assert notebook.cells[: len(parts)] == parts
    own = [cell.source for cell in notebook.cells[len(parts) :] if "check(" not in cell.source]
    return [(Part.of(cell).line, cell.source, Part.of(cell).answers) for cell in parts], own, remarks


STUB_CELLS = "def entropy(p):\n    raise NotImplementedError()", "wasted_bits = None\nraise NotImplementedError()"


def test_answers_of_a_module_replace_stubs():
    parts, own, remarks = merged({"kl_divergence.py": BOTH}, *STUB_CELLS)
    assert [(line, answers) for line, _, answers in parts] == [(1, ["entropy"]), (4, ["wasted_bits"])]
    assert own == ["import numpy as np", *["# The answer is in kl_divergence.py."] * 2]
    assert [each for each in remarks if "kl_divergence" in each] == []


def test_a_cell_counts_before_a_module_and_a_remark_says_so():
    parts, own, remarks = merged({"kl_divergence.py": BOTH}, "wasted_bits = 3", STUB_CELLS[0])
    assert [answers for _, _, answers in parts] == [["entropy"], []]
    assert "wasted_bits = 3" in own
    assert remarks[-1] == "the notebook and kl_divergence.py both define wasted_bits: the notebook's cells count"


def test_a_broken_cell_counts_too():
    parts, _, _ = merged({"kl_divergence.py": BOTH}, "wasted_bits = = 3", STUB_CELLS[0])
    assert [answers for _, _, answers in parts] == [["entropy"], []]


def test_a_cell_that_imports_an_answer_is_no_second_definition():
    parts, own, remarks = merged({"kl_divergence.py": BOTH}, "from kl_divergence import entropy, wasted_bits")
    assert len(parts) == 2
    assert not any("both define" in each for each in remarks)
    assert "from kl_divergence import entropy, wasted_bits" in own


@pytest.mark.parametrize("content", [STUBS, b"", b"\n\n", b'"""Only words."""\n', b"\xff\xfe", b"\x00" * 10])
def test_a_module_that_answers_nothing_changes_nothing(content):
    parts, own, remarks = merged({"kl_divergence.py": content}, *STUB_CELLS)
    assert (parts, own) == ([], ["import numpy as np", *STUB_CELLS])
    assert not any("kl_divergence" in each for each in remarks)


@pytest.mark.parametrize(
    ("files", "path", "others"),
    [
        ({"kl_divergence.py": BOTH, "src/kl_divergence.py": BOTH}, "kl_divergence.py", []),
        ({"kl_divergence.py": STUBS, "src/kl_divergence.py": BOTH}, "src/kl_divergence.py", []),
        (
            {"kl_divergence.py": BOTH, "KL_Divergence (2).py": b"entropy = 3"},
            "kl_divergence.py",
            ["KL_Divergence (2).py"],
        ),
        ({"kl_divergence.new.py": STUBS, "kl_divergence.py.txt": BOTH}, "kl_divergence.py.txt", []),
        ({"kl-divergence.py": BOTH, "helper.py": BOTH, "07_kl_divergence.py": BOTH}, "kl-divergence.py", []),
        ({"__pycache__/kl_divergence.py": BOTH}, None, []),
        ({"kl_divergence.py": b'{"cells": []}'}, None, []),
        ({"kl_divergence.py": BOTH + b"#" * 2**20}, None, []),
    ],
)
def test_a_file_with_answers_in_the_expected_place_is_preferred_as_the_module(files, path, others):
    module, passed_over = find_module(files, MASTER, CHAPTER)
    assert (module and module.path, passed_over) == (path, others)


def test_links_are_no_modules(tmp_path):
    (tmp_path / "secret").write_bytes(BOTH)
    (tmp_path / "kl_divergence.py").symlink_to(tmp_path / "secret")
    (tmp_path / "below").mkdir()
    assert modules_in(tmp_path, CHAPTER) == {}
    (tmp_path / "below" / "kl_divergence.py").write_bytes(BOTH)
    assert [*modules_in(tmp_path, CHAPTER)] == ["below/kl_divergence.py"]
    assert modules_in(tmp_path, CHAPTER, is_deep=False) == {}


def test_a_module_belongs_to_its_chapter(tmp_path):
    known = {CHAPTER, "00_first_loss", "loss"}
    assert owner(tmp_path / "kl_divergence.py", known) == CHAPTER
    assert owner(tmp_path / "first_loss (1).py", known) == "00_first_loss"


def test_a_module_alone_comes_with_an_empty_notebook():
    chosen = choose({"kl_divergence.py": BOTH, "notes.pdf": b"%PDF"}, {CHAPTER: MASTER})
    notebook = read_notebook(chosen.notebooks[CHAPTER])
    assert notebook.cells == []
    assert match(notebook, MASTER) + add_module(notebook, MASTER, chosen.files, CHAPTER) == []
    assert [Part.of(cell).answers for cell in notebook.cells[:2]] == [["entropy"], ["wasted_bits"]]


def test_a_module_alone_that_answers_nothing_is_named():
    chosen = choose({"kl_divergence.py": STUBS}, {CHAPTER: MASTER})
    notebook = read_notebook(chosen.notebooks[CHAPTER])
    match(notebook, MASTER)
    remarks = add_module(notebook, MASTER, chosen.files, CHAPTER)
    assert remarks == ["kl_divergence.py answers nothing that the assignment asks for"]


def test_a_helper_beside_an_answered_module_is_not_taken_for_the_notebook():
    notebook = new_notebook(cells=[*map(cell_of, STUB_CELLS)])
    files = {f"{CHAPTER}.ipynb": nbformat.writes(notebook).encode(), "kl_divergence.py": BOTH, "helper.py": BOTH}
    chosen = choose(files, {CHAPTER: MASTER})
    assert chosen.notebooks[CHAPTER] == files[f"{CHAPTER}.ipynb"]
    assert chosen.files == {"kl_divergence.py": BOTH, "helper.py": BOTH}
