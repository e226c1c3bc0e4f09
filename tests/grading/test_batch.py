"""`lossedu grade` leaves what `nbgrader autograde` leaves, also when it is killed on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from lossedu.authoring import nbgrader_metadata
from lossedu.grading import worker
from lossedu.grading.batch import Batch
from lossedu.grading.worker import Job, UnfitProcessError
from tests.grading.equality import folders, rows
from tests.grading.tampering import ASSIGNMENT, Way, cell_of, master
from tests.samples.demo import REPOSITORY, grade_samples, nbgrader
from tests.samples.submissions import CHAPTER, STUDENTS

SETTINGS = """
c.TrustedExecute.timeout = 5
c.LateSubmissionPlugin.penalty_method = "zero"
"""
ON_TIME, DUE, LATE = (f"2026-03-0{day} 12:00:00 UTC" for day in (1, 2, 3))
UNREADABLE = {"torn"}
GRADED = {"by-hand", "honest", "late", "one-missing", "reordered"}


def by_hand():
    """A second notebook: a cell that a machine grades, and one that a person does."""
    essay = nbgrader_metadata("essay", solution=True, points=3) | {"locked": False}
    cells = [
        new_code_cell(
            "### BEGIN SOLUTION\nx = 2\n### END SOLUTION", metadata={"nbgrader": nbgrader_metadata("x", solution=True)}
        ),
        new_code_cell("assert x == 2", metadata={"nbgrader": nbgrader_metadata("check_x", solution=False, points=2)}),
        new_markdown_cell("Why?", metadata={"nbgrader": essay}),
    ]
    return new_notebook(cells=cells, metadata=master().metadata)


def hand_in(course, student, moment=ON_TIME):
    """Submit honest work, with files beside it; returns its folder."""
    folder = course / "submitted" / student / ASSIGNMENT
    shutil.copytree(course / "course" / ASSIGNMENT, folder)
    path = folder / f"{ASSIGNMENT}.ipynb"
    nbformat.write(Way().submission(nbformat.read(path, as_version=4)), path)
    second = nbformat.read(folder / "second.ipynb", as_version=4)
    cell_of(second, "x").source = "import pathlib\nx = len(pathlib.Path('data.csv').read_text()) - 2"
    nbformat.write(second, folder / "second.ipynb")
    (folder / "timestamp.txt").write_text(moment)
    (folder / "data.csv").write_text("changed")
    (folder / "notes").mkdir()
    (folder / "notes" / "mine.txt").write_text("mine")
    return folder


@pytest.fixture(scope="module")
def ungraded(tmp_path_factory):
    """A course with submissions of every sort, one of them graded before, and by hand, and then handed in anew."""
    course = tmp_path_factory.mktemp("batch") / "ungraded"
    source = course / "solutions" / ASSIGNMENT
    source.mkdir(parents=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(SETTINGS)
    nbformat.write(master(), source / f"{ASSIGNMENT}.ipynb")
    nbformat.write(by_hand(), source / "second.ipynb")
    (source / "data.csv").write_text("1,2\n")
    nbgrader(course, "generate_assignment", ASSIGNMENT)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=DUE)

    graded_before = hand_in(course, "by-hand")
    nbgrader(course, "autograde", ASSIGNMENT)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        grade = gradebook.find_grade("check_entropy", ASSIGNMENT, ASSIGNMENT, "by-hand")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.5, 1, False
        gradebook.db.commit()
    (graded_before / "timestamp.txt").write_text(DUE)

    hand_in(course, "honest")
    hand_in(course, "late", LATE)
    (hand_in(course, "one-missing") / "second.ipynb").unlink()
    torn = hand_in(course, "torn") / "second.ipynb"
    torn.write_text(torn.read_text()[:200])
    path = hand_in(course, "reordered") / f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [notebook.cells[0], *notebook.cells[:2:-1]]
    nbformat.write(notebook, path)
    nbformat.write(new_notebook(cells=[]), path.parent / "scratch.ipynb")  # one that nbgrader does not know
    (path.parent / "timestamp.txt").unlink()
    return course


@pytest.fixture(scope="module")
def by_nbgrader(ungraded):
    """The same, graded by `nbgrader autograde`."""
    course = shutil.copytree(ungraded, ungraded.parent / "stock")
    nbgrader(course, "autograde", ASSIGNMENT, may_fail=True)
    return course


@pytest.fixture
def course(ungraded, tmp_path):
    """A copy of the course, to be graded."""
    return shutil.copytree(ungraded, tmp_path / "course")


def start(course, *options, assignment=ASSIGNMENT):
    """`lossedu grade` at work in a course."""
    command = [sys.executable, "-m", "lossedu", "grade", assignment, *options]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, cwd=course, env=environment, stdout=subprocess.PIPE, text=True)


def grade(course, *options, assignment=ASSIGNMENT):
    """What `lossedu grade` says of each student, and its exit code."""
    process = start(course, "--json", *options, assignment=assignment)
    said, _ = process.communicate()
    return {result["student"]: result for result in map(json.loads, said.splitlines())}, process.returncode


def assert_equal(course, expected):
    """Every row of the gradebooks, every file and every notebook are equal."""
    for table, found in rows(course / "gradebook.db").items():
        assert found == rows(expected / "gradebook.db")[table], table
    found, wanted = (folders(each / "autograded") for each in (course, expected))
    assert found.keys() == wanted.keys()
    for path, content in wanted.items():
        assert found[path] == content, path


def test_it_leaves_what_nbgrader_leaves(course, by_nbgrader):
    said, code = grade(course, "--jobs", "2")
    assert code == 1
    assert said.keys() == GRADED | UNREADABLE
    assert said["torn"]["problem"] == "unreadable: not a notebook (the file is not JSON)"
    assert (said["honest"]["points"], said["by-hand"]["points"], said["by-hand"]["max_points"]) == (8, 8.5, 16)
    assert_equal(course, by_nbgrader)

    again, code = grade(course)
    assert (again.keys(), code) == (UNREADABLE, 1)
    assert_equal(course, by_nbgrader)


@pytest.mark.slow
def test_the_samples_are_graded_as_by_nbgrader(tmp_path):
    expected = tmp_path / "stock"
    grade_samples(expected, say=lambda stage: None)
    course = shutil.copytree(expected, tmp_path / "batch")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        for student in STUDENTS:
            gradebook.remove_student(student)
    shutil.rmtree(course / "autograded")
    said, code = grade(course, "--jobs", "2", assignment=CHAPTER)
    assert (said.keys(), code) == (set(STUDENTS), 1)
    assert_equal(course, expected)


def test_only_who_is_named_is_graded(course):
    said, code = grade(course, "--student", "hon*", "--student", "late")
    assert (said.keys(), code) == ({"honest", "late"}, 0)
    assert {folder.name for folder in (course / "autograded").iterdir()} == {"by-hand", "honest", "late"}


@pytest.mark.parametrize(("options", "code"), [(["--student", "nobody"], 1), (["--jobs", "0"], 2)])
def test_nothing_to_grade_and_wrong_usage_have_their_exit_codes(course, options, code):
    assert grade(course, *options) == ({}, code)


def kill(course, moment, process_signal=signal.SIGKILL):
    """Grade, and send a signal at a moment, in seconds from the first result; who was graded by then."""
    process = start(course, "--json", "--jobs", "2")
    first = process.stdout.readline()
    time.sleep(moment)
    process.send_signal(process_signal)
    rest, _ = process.communicate()
    return {json.loads(line)["student"] for line in [first, *rest.splitlines()] if line.endswith(("}", "}\n"))}, process


@pytest.mark.parametrize(
    "moments",
    [[0, 1.5], pytest.param([step / 5 for step in range(25)], marks=pytest.mark.slow)],
)
def test_a_killed_run_is_taken_up_by_the_next(ungraded, by_nbgrader, tmp_path, moments):
    for i, moment in enumerate(moments):
        course = shutil.copytree(ungraded, tmp_path / str(i))
        before, _ = kill(course, moment)
        after, _ = grade(course, "--jobs", "2")
        assert not before & after.keys() - UNREADABLE
        assert_equal(course, by_nbgrader)


def test_ctrl_c_ends_it_with_what_was_graded_in_the_gradebook(course, by_nbgrader):
    before, process = kill(course, 0, signal.SIGINT)
    assert process.returncode == 130
    assert not list(course.glob("autograded/*/.*"))
    after, _ = grade(course, "--jobs", "2")
    assert not before & after.keys() - UNREADABLE
    assert_equal(course, by_nbgrader)


def test_who_brings_a_grading_process_down_is_named_and_the_others_are_graded(course):
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write("\nfrom tests.grading.fatal import Fatal\nc.Autograde.sanitize_preprocessors.append(Fatal)\n")
    said, code = grade(course, "--jobs", "2")
    assert code == 1
    assert said["late"]["problem"] == "its run brought the grading process down"
    assert {student for student, result in said.items() if not result["problem"]} == GRADED - {"late"}


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: path.symlink_to(path.parents[3] / "gradebook.db"), "is no file of this submission"),
        (lambda path: path.write_bytes(bytes(100_001)), "is larger than 100 kB"),
        (os.mkfifo, "is no file of this submission"),
    ],
    ids=["link", "size", "pipe"],
)
def test_a_file_that_is_unfit_keeps_its_submission_from_being_graded(course, make, problem):
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write("\nc.CourseDirectory.max_file_size = 100\n")
    folder = hand_in(course, "unfit")
    make(folder / "extra.dat")
    said, code = grade(course, "--student", "unfit")
    assert code == 1
    assert problem in said["unfit"]["problem"]


def test_what_other_processes_need_is_sent_to_them_and_no_more(course):
    (course / "gradebook.db").rename(course / "swordfish.db")
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write("\nc.CourseDirectory.db_url = f'sqlite:///{ROOT}/swordfish.db'\n")
    sent = Batch(course, ASSIGNMENT).writer.course
    assert sent.config.TrustedExecute.secret_seed == int((course / "secret_seed.txt").read_text())
    assert "swordfish" not in str(sent)


def test_another_version_of_lossedu_does_not_grade(course):
    sent = Batch(course, ASSIGNMENT).writer.course
    with pytest.raises(UnfitProcessError, match=r"has lossedu \S+, and 0\.0 is needed"):
        worker.grade(Job("a", {}, {}), replace(sent, version="0.0"))
