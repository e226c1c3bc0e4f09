"""One file is graded as in a class, without a course or a gradebook."""

import base64
import json
import os
import zipfile
from pathlib import Path

import jsonschema
import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_notebook

from lossedu.cli import cli
from lossedu.grading.identify import NoMasterError
from lossedu.grading.single import cells_of, grade_file, is_ordinary
from tests.grading.tampering import ANSWERS, HONEST, cell_of, master, text
from tests.grading.test_export import RESULTS_JSON

pytestmark = pytest.mark.usefixtures("one_server")
POINTS = {name.removeprefix("check_"): points for name, points in HONEST.items()}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The assignment as its teacher writes it, with solutions."""
    path = tmp_path_factory.mktemp("master") / "trust.ipynb"
    nbformat.write(master(), path)
    return path


def handed_in(folder, edit=lambda notebook: None):
    """What a learner hands in: their own answers in the cells, and whatever else they did."""
    notebook = master()
    for name, answer in ANSWERS.items():
        cell_of(notebook, name).source = text(answer)
    edit(notebook)
    nbformat.write(notebook, folder / "trust.ipynb")
    return folder / "trust.ipynb"


def points_of(graded):
    return {each.exercise: each.points for each in graded.result.exercises}


def tamper(notebook):
    """Raise what a cell is worth, delete a test, have another pass, and reach for an answer."""
    cell_of(notebook, "check_wasted_bits").metadata.nbgrader["points"] = 100
    cell_of(notebook, "asserts").source = "pass"
    notebook.cells.remove(cell_of(notebook, "check_entropy"))
    steal = "try:\n    from lossedu.losses import kl_divergence\nexcept ImportError:\n    pass"
    notebook.cells.insert(0, new_code_cell(steal))


def test_points_are_those_of_a_class_whatever_was_done_to_the_cells(tmp_path, source):
    graded = grade_file(handed_in(tmp_path, tamper), master=source)
    assert (points_of(graded), graded.max_points, graded.result.problem) == (POINTS, 11, None)
    review = {each.exercise: each.review for each in graded.result.exercises if each.review}
    assert review["entropy"][0] == "test cell was missing: put back and graded"
    assert "importing lossedu.losses" in str(review)


@pytest.mark.parametrize(
    ("answers", "points", "remarks"),
    [
        pytest.param(ANSWERS, POINTS, (), id="all answers"),
        pytest.param(
            {"entropy": ANSWERS["entropy"], "then": "1 / 0", "kl_divergence": ANSWERS["kl_divergence"]},
            POINTS | {"kl_divergence": 0},
            ("cell 1 (entropy) stopped with ZeroDivisionError: division by zero; 1 exercise depends on it",),
            id="an error on the way",
        ),
    ],
)
def test_a_python_file_is_graded_as_far_as_it_runs(tmp_path, source, answers, points, remarks):
    path = tmp_path / "trust.py"
    path.write_text("\n".join(["import numpy as np", *map(text, answers.values())]))
    graded = grade_file(path, master=source)
    assert (points_of(graded), graded.remarks) == (points, remarks)


def test_a_source_notebook_as_master_gives_no_solution_away(source):
    cells = cells_of(nbformat.read(source, as_version=4))
    solutions = [cell.source for cell in cells.source_cells if not cell.locked]
    assert len(solutions) == len(ANSWERS)
    assert all("raise NotImplementedError" in each and "SOLUTION" not in each for each in solutions)


def run(*arguments):
    return CliRunner().invoke(cli, ["grade-file", *map(str, arguments)])


def test_every_format_tells_the_same_points(tmp_path, source):
    path = handed_in(tmp_path)
    done = run(path, "--master", source, "--json")
    told = json.loads(done.stdout)
    assert {each["exercise"]: each["points"] for each in told["exercises"]} == POINTS
    assert (done.exit_code, told["file"], told["points"], told["max_points"]) == (0, "trust.ipynb", 6, 11)

    graded = grade_file(path, master=source)
    results = graded.for_gradescope()
    jsonschema.validate(results, RESULTS_JSON)
    assert {test["name"]: test["score"] for test in results["tests"]} == POINTS

    report = json.loads(base64.b64decode(graded.for_classroom()))
    assert (report["version"], report["status"], report["max_score"]) == (1, "fail", 11)
    assert {test["name"]: test["score"] for test in report["tests"]} == POINTS
    assert {test["name"] for test in report["tests"] if test["status"] == "pass"} == {"entropy", "asserts"}
    assert all(isinstance(test["message"], str) for test in report["tests"])


def test_a_file_that_is_no_notebook_earns_nothing_and_says_why(tmp_path, source):
    path = tmp_path / "trust.ipynb"
    path.write_text("{")
    done = run(path, "--master", source, "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["points"], told["max_points"], told["exercises"]) == (1, 0, 11, [])
    assert told["problem"] == "trust.ipynb: not a notebook (its JSON breaks off or has an error in line 1)"
    graded = grade_file(path, master=source)
    assert graded.for_gradescope()["score"] == 0
    assert json.loads(base64.b64decode(graded.for_classroom()))["status"] == "error"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files here")
@pytest.mark.parametrize(
    "kind", ["a link", "a link to a device", "a link that leads nowhere", "a link to a folder", "a pipe"]
)
def test_what_is_no_ordinary_file_is_not_read(tmp_path, source, kind):
    secret = tmp_path / "secret.py"
    secret.write_text("entropy = 'swordfish'")
    targets = {"a link": secret, "a link to a device": "/dev/zero", "a link that leads nowhere": tmp_path / "nowhere"}
    targets["a link to a folder"] = tmp_path
    path = tmp_path / "trust.py"
    if kind in targets:
        path.symlink_to(targets[kind])
    else:
        os.mkfifo(path)
    graded = grade_file(path, master=source)
    assert graded.result.problem == "trust.py: it is a link, lies behind a link, or is not a file or a folder"
    assert (graded.result.exercises, graded.max_points) == ((), 11)
    assert graded.for_gradescope()["score"] == 0
    assert json.loads(base64.b64decode(graded.for_classroom()))["status"] == "error"
    assert run(path, "--master", source).exit_code in (1, 2)


def test_a_link_to_a_folder_is_not_followed_out_of_the_working_folder(tmp_path, source, monkeypatch):
    (tmp_path / "teacher").mkdir()
    path = handed_in(tmp_path / "teacher")
    (tmp_path / "student" / "below").mkdir(parents=True)
    (tmp_path / "student" / "answers").symlink_to(tmp_path / "teacher")
    (tmp_path / "student" / "here").symlink_to("below")
    (tmp_path / "student" / "below" / "own.ipynb").touch()
    monkeypatch.chdir(tmp_path / "student")
    assert "a link" in grade_file(Path("answers", path.name), master=source).result.problem
    assert is_ordinary(Path("here", "own.ipynb"))
    (tmp_path / "home").symlink_to(tmp_path)  # which is not the student's
    assert is_ordinary(tmp_path / "home" / "teacher" / path.name)
    monkeypatch.chdir(tmp_path / "home" / "teacher")
    assert is_ordinary(Path(path.name))
    assert is_ordinary(Path("..", "home", "teacher", path.name))


def test_a_file_is_graded_for_the_chapter_that_its_cells_belong_to(tmp_path):
    path = handed_in(tmp_path)
    assert grade_file(path).assignment == "07_kl_divergence"
    done = run(path, "--assignment", "00_first_loss", "--isolation", "none")
    words = "00_first_loss.ipynb: it holds none of the cells that the assignment asks for\n"
    assert (done.exit_code, done.stdout) == (1, words)


def test_a_file_that_belongs_to_no_released_chapter_is_refused(tmp_path):
    path = tmp_path / "trust.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("print('hello')")]), path)
    with pytest.raises(NoMasterError, match="no released notebook for 'trust'"):
        grade_file(path)


# --- A folder of files ----------------------------------------------------------------------------------------------


def answers():
    return "\n".join(["import numpy as np", *map(text, ANSWERS.values())])


@pytest.mark.parametrize("name", ["trust.ipynb", "TRUST.IPYNB", "trust (1).ipynb", "trust.ipynb.txt", "my/own.ipynb"])
def test_the_files_of_a_folder_are_graded_as_in_a_class(tmp_path, source, name):
    (tmp_path / "anna" / "my").mkdir(parents=True)
    handed_in(tmp_path).rename(tmp_path / "anna" / name)
    (tmp_path / "anna" / ".DS_Store").write_text("litter")
    graded = grade_file(tmp_path / "anna", master=source)
    assert (points_of(graded), graded.max_points, graded.result.problem) == (POINTS, 11, None)
    assert (graded.assignment, graded.result.student) == ("trust", "anna")


def test_a_zip_or_a_script_in_a_folder_is_graded_beside_its_data(tmp_path, source):
    script = answers().replace("wasted_bits = 1", "wasted_bits = float(open('number.txt').read())")
    for name in ("script", "zip"):
        (tmp_path / name).mkdir()
    (tmp_path / "script" / "trust.py").write_text(script)
    (tmp_path / "script" / "number.txt").write_text("1")
    with zipfile.ZipFile(tmp_path / "zip" / "trust.zip", "w") as archive:
        archive.write(handed_in(tmp_path), "trust.ipynb")
    for name in ("script", "zip"):
        done = run(tmp_path / name, "--master", source, "--assignment", "trust", "--json")
        assert done.exit_code == 0
        assert {each["exercise"]: each["points"] for each in json.loads(done.stdout)["exercises"]} == POINTS


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda folder: None, "it is empty or holds only system files; expected trust.ipynb", id="nothing"),
        pytest.param(
            lambda folder: (folder / "trust.ipynb").symlink_to("/etc/passwd"),
            "'trust.ipynb' is not a file of this submission, but a link, a folder or a device",
            id="a link",
        ),
        pytest.param(
            lambda folder: (folder / "all").symlink_to("/"),
            "'all' is not a file of this submission, but a link, a folder or a device",
            id="a link to a folder",
        ),
        pytest.param(
            lambda folder: [(folder / f"{name}.py").write_text(f"{answers()}\nx = {name!r}") for name in "ab"],
            "several files may be the answer: a.py, b.py. Keep one, and call it trust.ipynb",
            id="two answers",
        ),
        pytest.param(
            lambda folder: os.truncate(os.open(folder / "trust.ipynb", os.O_CREAT | os.O_WRONLY), 2 * 10**8),
            "'trust.ipynb' is larger than 100,000 kB",
            id="a huge file",
        ),
        pytest.param(
            lambda folder: [(folder / f"{number}.txt").touch() for number in range(2001)],
            "it has more than 2,000 files",
            id="many files",
        ),
        pytest.param(
            lambda folder: (folder / "trust.ipynb").write_text('"cell_type"' * 2001),
            "'trust.ipynb' has more than 2,000 cells",
            id="many cells",
        ),
    ],
)
def test_a_folder_that_cannot_be_graded_earns_nothing_and_says_why(tmp_path, source, make, words):
    (tmp_path / "anna").mkdir()
    make(tmp_path / "anna")
    graded = grade_file(tmp_path / "anna", master=source)
    assert (graded.result.problem, graded.max_points, graded.for_gradescope()["score"]) == (words, 11, 0)


def test_a_folder_is_graded_for_the_chapter_that_its_files_belong_to(tmp_path):
    handed_in(tmp_path)
    (tmp_path / "notes.txt").write_text("nothing of interest")
    assert grade_file(tmp_path).assignment == "07_kl_divergence"
    (tmp_path / "00_first_loss.py").write_text("squared_error = abs")
    with pytest.raises(NoMasterError, match="00_first_loss, 07_kl_divergence: name one by --assignment"):
        grade_file(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoMasterError, match="the files answer no chapter"):
        grade_file(tmp_path / "empty")
