"""Every exercise of every chapter in real notebooks: untouched, solved, and wrong in a listed way.

Each notebook is graded as a submission, in the sandbox where there is one, and checked as a learner checks it.
"""

import json
import os
import shutil

import nbformat
import pytest
from click.testing import CliRunner

from lossedu import exercises
from lossedu.checking import verdict
from lossedu.cli import cli
from lossedu.grading.single import grade_file
from tests.conftest import ROOT
from tests.grading import chapters
from tests.grading.postgresql import configure

QUICK = "00_first_loss"  # its first wrong notebook has no slow marker: it has exercises of every kind
pytestmark = pytest.mark.usefixtures("one_server")
WRONG = int(os.environ.get("WRONG_NOTEBOOKS", "1"))  # per chapter; with 100, every mistake is made
SEED = 2026  # of the hidden inputs


def spread(count):
    """Return the numbers of the wrong notebooks to try, spread over the `count` that there are."""
    tried = min(WRONG, count)
    return [number * count // tried for number in range(tried)]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course whose hidden inputs are the same in every run."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    configure(course, f"c.TrustedExecute.secret_seed = {SEED}")
    return course


@pytest.fixture
def judge(course, tmp_path):
    """A function that grades and checks a notebook and returns points and diagnoses by exercise."""

    def judge(notebook, chapter):
        path = tmp_path / f"{chapter}.ipynb"
        nbformat.write(notebook, path)
        graded = grade(path, chapter)
        checked = check(path)
        assert list(graded) == list(checked) == [each.name for each in exercises.of_chapter(chapter)]
        assert graded == checked
        return graded

    def grade(path, chapter):
        result = grade_file(path, course=course, master=chapters.released(chapter)).result
        assert result.problem is None
        assert {each.exercise: each.review for each in result.exercises if each.review} == {}
        return {each.exercise: (each.points, each.diagnosis) for each in result.exercises}

    def check(path):
        done = CliRunner().invoke(cli, ["check", str(path), "--json"])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert done.stderr == ""  # nothing unusual, nothing refused
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert {each["exercise"]: each["accident"] for each in found if each["accident"]} == {}
        assert done.exit_code == (0 if all(each["passed"] for each in found) else 1)
        return {each["exercise"]: (each["points"], each["diagnosis"]) for each in found}

    return judge


@pytest.mark.slow
@pytest.mark.parametrize("chapter", exercises.chapters()[::6])  # of all chapters, `test_chapters` looks at each cell
def test_an_untouched_notebook_earns_nothing(judge, chapter):
    found = judge(chapters.untouched(chapter), chapter)
    assert found == {each.name: (0, None) for each in exercises.of_chapter(chapter)}


@pytest.mark.slow
@pytest.mark.parametrize("chapter", exercises.chapters())
def test_a_solved_notebook_earns_all_points(judge, chapter):
    found = judge(chapters.solved(chapter), chapter)
    assert found == {each.name: (each.points, None) for each in exercises.of_chapter(chapter)}


@pytest.mark.parametrize(
    ("chapter", "number"),
    [
        pytest.param(chapter, number, marks=() if (chapter, number) == (QUICK, 0) else pytest.mark.slow)
        for chapter in exercises.chapters()
        for number in spread(chapters.mistakes_in(chapter))
    ],
)
def test_a_listed_mistake_is_recognised_and_earns_what_its_values_are_worth(judge, chapter, number):
    expected = {}
    for exercise in exercises.of_chapter(chapter):
        known = chapters.mistake(exercise, number)
        points = 0
        if known and callable(known.answer):
            points = verdict(exercise.name, known.answer, seed=SEED, allow_ready_made=True).points
        expected[exercise.name] = (points, known and known.name)
    assert judge(chapters.wrong(chapter, number), chapter) == expected
