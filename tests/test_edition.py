"""Which code of lossedu this is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lossedu
from lossedu import edition

SAY = "from lossedu import edition\nprint(edition.digest())\nprint(edition.describe())"


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, as pip would install it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(lossedu.__file__).parent, tmp_path / "lossedu", ignore=ignored)
    return tmp_path


def said(folder):
    """Return the digest and the description of the lossedu in a folder."""
    done = subprocess.run([sys.executable, "-B", "-c", SAY], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_same_code_has_the_same_digest_wherever_it_is(copy):
    assert said(copy) == [edition.digest(), lossedu.__version__]
    (copy / "lossedu" / "course").mkdir()
    (copy / "lossedu" / "course" / "example.py").write_text("1")
    init = copy / "lossedu" / "__init__.py"
    init.write_bytes(init.read_bytes().replace(b"\n", b"\r\n"))
    assert said(copy)[0] == edition.digest()


def test_other_code_has_another_digest(copy):
    (copy / "lossedu" / "more.py").write_text("1")
    assert said(copy)[0] != edition.digest()


def test_a_clone_tells_its_commit_and_whether_it_has_changed(copy):
    git = ["git", "-C", str(copy), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run([*git, *arguments], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
    assert said(copy)[1] == f"{lossedu.__version__}, commit {commit[:8]}"
    (copy / "lossedu" / "more.py").write_text("1")
    digest, description = said(copy)
    assert description == f"{lossedu.__version__}, commit {commit[:8]}, changed to {digest[:8]}"
