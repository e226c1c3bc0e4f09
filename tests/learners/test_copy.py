"""`lossedu start` and `lossedu restart`: what a learner has written is never lost."""

import shutil

import nbformat
import pytest

from lossedu import learners
from lossedu.checking import notes
from lossedu.learners import NoCopyError, lay_out, put_back, standings
from lossedu.learners._stubs import stub_files
from tests.conftest import ROOT

NOTEBOOK = "07_kl_divergence/07_kl_divergence.ipynb"
NEWER = "07_kl_divergence/07_kl_divergence.new.ipynb"


@pytest.fixture
def upgrade(monkeypatch, tmp_path):
    """Makes lossedu ship a course in which files have another content."""
    shipped = tmp_path / "shipped"
    shutil.copytree(ROOT / "course", shipped, ignore=shutil.ignore_patterns(".*"))

    def ship(contents):
        monkeypatch.setattr(learners._copy, "shipped_course", lambda: shipped)
        for name, content in contents.items():
            (shipped / name).write_text(content)

    return ship


def what_of(laid, folder):
    return {each.path.relative_to(folder).as_posix(): each.what for each in laid}


def test_a_copy_holds_the_course_to_the_letter(tmp_path):
    laid = lay_out(tmp_path)
    shipped = {path for path in (ROOT / "course").rglob("*") if path.is_file() and "/." not in str(path)}
    names = {path.relative_to(ROOT / "course").as_posix() for path in shipped} | stub_files().keys()
    assert what_of(laid, tmp_path) == dict.fromkeys(names, "new")
    for path in shipped:
        assert (tmp_path / path.relative_to(ROOT / "course")).read_bytes() == path.read_bytes()
    assert lay_out(tmp_path) == []


def test_an_upgrade_adds_and_updates_what_the_learner_left_alone(copy, upgrade):
    upgrade({"README.md": "better", "NEW.md": "added"})
    assert what_of(lay_out(copy), copy) == {"README.md": "updated", "NEW.md": "new"}
    assert (copy / "README.md").read_text() == "better"
    assert lay_out(copy) == []


def test_an_upgrade_never_overwrites_what_the_learner_changed(copy, upgrade):
    (copy / NOTEBOOK).write_text("mine")
    assert what_of(lay_out(copy), copy) == {NOTEBOOK: "kept"}
    upgrade({NOTEBOOK: "newer"})
    assert what_of(lay_out(copy), copy) == {NEWER: "beside"}
    assert ((copy / NOTEBOOK).read_text(), (copy / NEWER).read_text()) == ("mine", "newer")
    assert what_of(lay_out(copy), copy) == {NOTEBOOK: "kept"}


def test_a_newer_version_that_was_worked_on_is_not_overwritten_either(copy, upgrade):
    (copy / NOTEBOOK).write_text("mine")
    for content in ("newer", "newer still"):  # the first one is replaced, for nobody has touched it
        upgrade({NOTEBOOK: content})
        assert what_of(lay_out(copy), copy) == {NEWER: "beside"}
    (copy / NEWER).write_text("mine too")
    upgrade({NOTEBOOK: "the newest"})
    second = NEWER.replace(".new.", ".new2.")
    assert what_of(lay_out(copy), copy) == {second: "beside"}
    assert [(copy / name).read_text() for name in (NOTEBOOK, NEWER, second)] == ["mine", "mine too", "the newest"]


def test_a_folder_with_files_of_other_origin_keeps_them(tmp_path):
    (tmp_path / "README.md").write_text("of another project")
    assert what_of(lay_out(tmp_path), tmp_path)["README.new.md"] == "beside"
    assert (tmp_path / "README.md").read_text() == "of another project"


def test_a_notebook_that_a_class_has_fetched_stays_alone_until_an_upgrade(tmp_path, upgrade):
    (tmp_path / NOTEBOOK).parent.mkdir()
    (tmp_path / NOTEBOOK).write_text("of the class")
    assert what_of(lay_out(tmp_path), tmp_path)[NOTEBOOK] == "kept"
    assert not (tmp_path / NEWER).exists()
    assert what_of(lay_out(tmp_path), tmp_path) == {NOTEBOOK: "kept"}
    upgrade({NOTEBOOK: "better"})
    assert what_of(lay_out(tmp_path), tmp_path) == {NEWER: "beside"}


def test_a_copy_whose_records_are_lost_is_taken_for_changed(copy, upgrade):
    (copy / ".lossedu" / "laid_out.json").write_text("[")
    upgrade({"README.md": "better"})
    assert what_of(lay_out(copy), copy) == {"README.new.md": "beside"}


def test_what_was_deleted_comes_back(copy):
    (copy / NOTEBOOK).unlink()
    assert what_of(lay_out(copy), copy) == {NOTEBOOK: "new"}


def test_notes_of_work_in_the_shipped_course_are_not_handed_on(copy, upgrade, tmp_path):
    (tmp_path / "shipped" / notes.FOLDER).mkdir()
    (tmp_path / "shipped" / notes.FOLDER / notes.FILE).write_text("{}")
    upgrade({})
    assert lay_out(copy) == []


# --- Starting an exercise again -------------------------------------------------------------------------------------


def test_restarting_puts_the_stub_back_and_keeps_the_answer(copy, answer):
    handed_out = (copy / NOTEBOOK).read_bytes()
    for n in (1, 2):
        answer(copy / NOTEBOOK, "entropy", f"def entropy(p):\n    return {n}")
        notes.add({"exercise": "entropy", "passed": True, "points": 3})
        (kept,) = put_back("entropy", copy)
        assert kept == copy / "07_kl_divergence" / "earlier_answers" / f"entropy_{n}.py"
        assert kept.read_text() == f"def entropy(p):\n    return {n}\n"
    assert (copy / NOTEBOOK).read_bytes() == handed_out
    assert not standings(copy)["entropy"].passed


def test_restarting_clears_what_the_cells_showed_and_leaves_other_answers_alone(copy, answer):
    answer(copy / NOTEBOOK, "poisson", "def poisson(): ...")
    answer(copy / NOTEBOOK, "entropy", "def entropy(): ...")
    notebook = nbformat.read(copy / NOTEBOOK, as_version=4)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): n for n, cell in enumerate(notebook.cells)}
    for name in ("check_entropy", "check_poisson"):
        notebook.cells[cells[name]].outputs = [nbformat.v4.new_output("stream", text="a verdict")]
    nbformat.write(notebook, copy / NOTEBOOK)
    put_back("entropy", copy)
    after = nbformat.read(copy / NOTEBOOK, as_version=4).cells
    assert after[cells["poisson"]].source == "def poisson(): ..."
    assert [len(after[cells[name]].outputs) for name in ("check_entropy", "check_poisson")] == [0, 1]


def test_restarting_what_was_not_begun_changes_nothing(copy):
    before = (copy / NOTEBOOK).read_bytes()
    assert put_back("entropy", copy) == []
    assert (copy / NOTEBOOK).read_bytes() == before


def test_restarting_says_what_is_missing(copy, answer):
    content = nbformat.read(copy / NOTEBOOK, as_version=4)
    content.cells = content.cells[:3]
    nbformat.write(content, copy / NOTEBOOK)
    with pytest.raises(NoCopyError, match=r"07_kl_divergence.ipynb has no cell for entropy any more$"):
        put_back("entropy", copy)
    (copy / NOTEBOOK).write_text("[")
    with pytest.raises(NoCopyError, match=r"07_kl_divergence.ipynb is no notebook: "):
        put_back("entropy", copy)
    (copy / NOTEBOOK).unlink()
    with pytest.raises(NoCopyError, match=r"there is no .*: lay the course out with  lossedu start .*mine$"):
        put_back("entropy", copy)
    with pytest.raises(KeyError, match="there is no exercise 'entrpy'; the nearest: entropy"):
        put_back("entrpy", copy)
