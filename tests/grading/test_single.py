"""One file is graded as in a class, without a course or a gradebook."""

import base64
import json
import os
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
@pytest.mark.parametrize("kind", ["a link", "a link to a device", "a link that leads nowhere", "a pipe", "a folder"])
def test_what_is_no_ordinary_file_is_not_read(tmp_path, source, kind):
    secret = tmp_path / "secret.py"
    secret.write_text("entropy = 'swordfish'")
    targets = {"a link": secret, "a link to a device": "/dev/zero", "a link that leads nowhere": tmp_path / "nowhere"}
    path = tmp_path / "trust.py"
    if kind in targets:
        path.symlink_to(targets[kind])
    else:
        {"a pipe": os.mkfifo, "a folder": os.mkdir}[kind](path)
    graded = grade_file(path, master=source)
    assert graded.result.problem == "trust.py: it is a link, lies behind a link, or is not a file"
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
