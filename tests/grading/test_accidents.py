"""An error in lossedu itself costs no student a point, and leaves only one exercise to be graded by hand."""

import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from lossedu.authoring import nbgrader_metadata
from lossedu.checking import _functions
from lossedu.grading.check import check_file
from lossedu.grading.results import BY_HAND, OUR_FAULT, read_results
from lossedu.grading.single import grade_file
from tests.commands import nbgrader
from tests.grading.batches import assert_equal, grade
from tests.grading.tampering import ASSIGNMENT, HONEST, Way, master
from tests.samples.demo import REPOSITORY

POINTS = {name.removeprefix("check_"): points for name, points in HONEST.items()}
UNKNOWN = "check_entropie"  # a test cell for an exercise that does not exist


def with_an_unknown_exercise():
    """The assignment of a teacher who misspelt an exercise."""
    notebook = master()
    role = nbgrader_metadata(UNKNOWN, solution=False, points=3)
    notebook.cells.insert(3, new_code_cell("check(entropie)", metadata={"nbgrader": role}))
    return notebook


@pytest.fixture
def stumbling(monkeypatch):
    """A checker that fails at one exercise, with an error of its own."""
    judge = _functions.judge

    def stumble(exercise, *arguments):
        if exercise.name == "entropy":
            raise ZeroDivisionError("in the checker")
        return judge(exercise, *arguments)

    monkeypatch.setattr(_functions, "judge", stumble)


@pytest.mark.usefixtures("stumbling", "one_server")
def test_where_the_checker_fails_a_person_decides_and_the_rest_is_graded(tmp_path):
    nbformat.write(master(), tmp_path / "master.ipynb")
    nbformat.write(Way().submission(master()), tmp_path / "trust.ipynb")
    graded = grade_file(tmp_path / "trust.ipynb", master=tmp_path / "master.ipynb")
    assert {each.exercise: each.points for each in graded.result.exercises} == POINTS | {"entropy": 0}
    entropy = graded.result.exercises[0]
    ours, by_hand = entropy.review
    assert ours.startswith(f"{OUR_FAULT} (ZeroDivisionError: in the checker")
    assert by_hand == BY_HAND
    assert (entropy.mistake, entropy.diagnosis) == ("", None)
    assert "This is not your mistake" in entropy.verdict

    checked = check_file(tmp_path / "trust.ipynb", tmp_path / "master.ipynb")
    verdicts = {each.exercise: each for each in checked.verdicts}
    assert verdicts["entropy"].accident.startswith("ZeroDivisionError: in the checker")
    assert {name: each.points for name, each in verdicts.items()} == {
        name: points for name, points in POINTS.items() if name != "asserts"
    } | {"entropy": 0}


@pytest.mark.slow
def test_a_test_that_cannot_be_judged_waits_for_a_person_in_the_gradebook_and_the_formgraders_points_count(tmp_path):
    source = tmp_path / "course" / "solutions" / ASSIGNMENT
    source.mkdir(parents=True)
    course = tmp_path / "course"
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    (course / "secret_seed.txt").write_text("7\n")
    nbformat.write(with_an_unknown_exercise(), source / f"{ASSIGNMENT}.ipynb")
    nbgrader(course, "generate_assignment", ASSIGNMENT)
    released = nbformat.read(course / "course" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)
    (course / "submitted" / "a" / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(Way().submission(released), course / "submitted" / "a" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    stock = shutil.copytree(course, tmp_path / "stock")

    said, code = grade(course, ASSIGNMENT)
    assert (code, said["a"]["points"], said["a"]["problem"]) == (0, sum(HONEST.values()), None)
    nbgrader(stock, "autograde", ASSIGNMENT)
    assert_equal(course, stock)

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        waiting = gradebook.find_grade(UNKNOWN, ASSIGNMENT, ASSIGNMENT, "a")
        assert (waiting.auto_score, waiting.needs_manual_grade) == (None, True)
        (result,) = (each for each in read_results(course, ASSIGNMENT)[0].exercises if each.exercise == "entropie")
        assert result.review[0].startswith(OUR_FAULT)
        assert result.review[1] == BY_HAND
        waiting.manual_score, waiting.needs_manual_grade = 2, False
        gradebook.db.commit()
    assert read_results(course, ASSIGNMENT)[0].points == sum(HONEST.values()) + 2


def test_a_damaged_autograded_notebook_hides_no_other_student(tmp_path):
    from tests.grading.classes import ASSIGNMENT, graded_class

    course = graded_class(tmp_path / "course")
    (course / "autograded" / "a" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").write_text("{")
    results = {each.student: each for each in read_results(course, ASSIGNMENT)}
    assert results["a"].problem.startswith("its autograded notebook cannot be read: JSONDecodeError")
    assert [each.problem for student, each in results.items() if student in ("b", "c", "d")] == [None] * 3
