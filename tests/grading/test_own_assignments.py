"""An assignment of a teacher's own: two notebooks, plain asserts, hidden tests, a task, and answers graded by hand."""

import copy
import json
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from lossedu.authoring import nbgrader_metadata
from lossedu.grading.export import export
from lossedu.grading.report import write_report
from lossedu.grading.results import ANSWER_PUT_BACK, BY_HAND, read_results
from tests.commands import nbgrader
from tests.grading.batches import grade
from tests.samples.demo import REPOSITORY

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
HIDDEN = "\n### BEGIN HIDDEN TESTS\nassert area(2, 4) == 8\n### END HIDDEN TESTS"
SCHEME = "\n=== BEGIN MARK SCHEME ===\nOne point for each side.\n=== END MARK SCHEME ==="
BY_MACHINE = {"area": 2, "first/x": 1, "second/x": 1}  # points by exercise; both notebooks have a cell `check_x`
BY_PERSON = ("why", "sketch")
pytestmark = pytest.mark.slow  # to release and grade the course takes seconds


def cell(make, source, name, **role):
    """A cell with a role of nbgrader."""
    solution = role.pop("solution", False)
    return make(source, metadata={"nbgrader": nbgrader_metadata(name, solution=solution, **role)})


def solved(source):
    """The text of an answer's cell in the source notebook."""
    return f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"


def first():
    """A notebook with a hidden test, an essay and a task."""
    task = nbgrader_metadata("sketch", solution=False, points=4) | {"task": True, "grade": False}
    essay = nbgrader_metadata("why", solution=True, points=3) | {"locked": False, "grade": True}
    cells = [
        cell(
            new_code_cell,
            "def area(a, b):\n    " + solved("return a * b").replace("\n", "\n    "),
            "area",
            solution=True,
        ),
        cell(new_code_cell, f"assert area(1, 2) == 2{HIDDEN}", "check_area", points=2),
        new_markdown_cell("Why do we multiply?"),
        new_markdown_cell("Because we count squares.", metadata={"nbgrader": essay}),
        new_markdown_cell(f"Sketch a rectangle.{SCHEME}", metadata={"nbgrader": task}),
        *number(),
    ]
    return new_notebook(cells=cells, metadata=KERNEL)


def second():
    """A notebook with a cell of the same name as one in the first."""
    return new_notebook(cells=number(), metadata=KERNEL)


def number():
    """An answer and its test."""
    return [
        cell(new_code_cell, solved("x = 2"), "x", solution=True),
        cell(new_code_cell, "assert x == 2", "check_x", points=1),
    ]


def answered(released):
    """The released notebook with all answers."""
    answers = {
        "area": "def area(a, b):\n    return a * b",
        "x": "x = 2",
        "why": "Because we count unit squares.",
    }
    notebook = copy.deepcopy(released)
    for each in notebook.cells:
        each.source = answers.get(each.metadata.get("nbgrader", {}).get("grade_id"), each.source)
    return notebook


def without_roles(notebook):
    """The notebook as a program saves it that drops the metadata of cells."""
    notebook = copy.deepcopy(notebook)
    for each in notebook.cells:
        each.metadata = {}
    return notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The graded course."""
    course = tmp_path_factory.mktemp("own") / "course"
    (course / "solutions" / "own").mkdir(parents=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    for name, notebook in (("first", first()), ("second", second())):
        nbformat.write(notebook, course / "solutions" / "own" / f"{name}.ipynb")
    nbgrader(course, "generate_assignment", "own")
    released = {
        name: nbformat.read(course / "course" / "own" / f"{name}.ipynb", as_version=4) for name in ("first", "second")
    }
    solutions = {name: answered(notebook) for name, notebook in released.items()}
    students = {
        "all": solutions,
        "untouched": released,
        "half": {"first": solutions["first"]},
        "no_roles": {name: without_roles(notebook) for name, notebook in solutions.items()},
        "changed_tests": {**solutions, "first": copy.deepcopy(solutions["first"])},
    }
    students["changed_tests"]["first"].cells[1].source = "assert True"
    for student, notebooks in students.items():
        (course / "submitted" / student / "own").mkdir(parents=True)
        for name, notebook in notebooks.items():
            nbformat.write(notebook, course / "submitted" / student / "own" / f"{name}.ipynb")
    said, code = grade(course, "own")
    assert (code, {each["problem"] for each in said.values()}) == (0, {None})
    return course


@pytest.fixture(scope="module")
def results(course):
    return {each.student: each for each in read_results(course, "own")}


def test_all_notebooks_of_an_assignment_have_their_points(results):
    points = {each.exercise: (each.points, each.max_points) for each in results["all"].exercises}
    earned = {name: (worth, worth) for name, worth in BY_MACHINE.items()}
    assert points == earned | {"why": (0, 3), "sketch": (0, 4)}
    assert [each.exercise for each in results["all"].exercises if BY_HAND in each.review] == [*BY_PERSON]


def test_nobody_is_said_to_have_changed_what_nbgrader_hides(results):
    assert {student: each.remarks for student, each in results.items() if student in ("all", "untouched")} == {
        "all": (),
        "untouched": (),
    }
    (remark,) = results["changed_tests"].remarks
    assert remark == "1 locked cell had been changed and got the teacher's text again: check_area"


def test_a_notebook_that_is_missing_is_named_with_each_of_its_exercises(results):
    words = {each.exercise: each.mistake for each in results["half"].exercises if each.mistake}
    assert words == {"second/x": "second.ipynb was not handed in"}
    assert results["half"].points == sum(BY_MACHINE.values()) - 1


def test_answers_by_hand_that_have_lost_their_role_wait_for_a_person(course, results):
    """nbgrader would give 0 points to the cell that was put back empty."""
    exercises = {each.exercise: each for each in results["no_roles"].exercises}
    assert {name: exercises[name].points for name in BY_MACHINE} == BY_MACHINE
    assert exercises["why"].review == (ANSWER_PUT_BACK, BY_HAND)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        grade = gradebook.find_grade("why", "first", "own", "no_roles")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)
        untouched = gradebook.find_grade("why", "first", "own", "untouched")
        assert (untouched.auto_score, untouched.needs_manual_grade) == (0, False)


def test_report_and_exports_show_all_notebooks(course, results, tmp_path):
    nbgrader(course, "generate_feedback", "own")
    page = write_report(course, "own").read_text(encoding="utf-8")
    assert 'href="all/own/first.html"' in page
    assert "second.ipynb was not handed in" in page
    export(course, ["own"], "gradescope", tmp_path)
    for student, result in results.items():
        exported = json.loads((tmp_path / "own" / f"{student}.json").read_text())
        assert exported["score"] == result.points
        assert len(exported["tests"]) == 5
