"""A class switches worked solutions off with one line of its configuration, by stock nbgrader."""

import shutil

import nbformat
import pytest

from lossedu import authoring
from lossedu.learners import lay_out
from tests.commands import nbgrader, run_module
from tests.samples.demo import REPOSITORY

CHAPTER = "00_first_loss"
NOTEBOOK = f"{CHAPTER}/{CHAPTER}.ipynb"


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """Releases the chapter in a new course with a line more in its configuration; returns the released notebook."""

    def release(line):
        course = tmp_path_factory.mktemp("course")
        shutil.copy(REPOSITORY / "nbgrader_config.py", course)
        with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
            config.write(f"\n{line}\n")
        text = course / "solutions" / CHAPTER / f"{CHAPTER}.md"
        text.parent.mkdir(parents=True)
        shutil.copy(REPOSITORY / "solutions" / CHAPTER / text.name, text)
        authoring.build(text)
        nbgrader(course, "generate_assignment", CHAPTER)
        return course / "course" / NOTEBOOK

    return release


def lossedu(folder, *words):
    done = run_module(folder, "lossedu", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_line_of_the_configuration_takes_the_last_two_hints_away(release, tmp_path):
    released = release("c.Hints.worked_solutions = False")
    lay_out(tmp_path)
    shutil.copy(released, tmp_path / NOTEBOOK)
    for place in (tmp_path, tmp_path / CHAPTER):
        said = lossedu(place, "solution", "squared_error")
        assert "Your class has switched worked solutions off." in said
        assert "return" not in said
    hints = [lossedu(tmp_path, "hint", "best_correction") for _ in range(3)]
    assert [hint.splitlines()[0][-11:] for hint in hints] == ["hint 1 of 2", "hint 2 of 2", "hint 2 of 2"]
    assert "def hinge" in lossedu(tmp_path, "solution", "hinge")


def test_without_the_line_the_released_notebook_is_the_one_that_is_shipped(release):
    released = nbformat.read(release(""), as_version=4)
    assert released == nbformat.read(REPOSITORY / "course" / NOTEBOOK, as_version=4)


def test_the_steps_of_a_course_stay_beside_the_one_for_hints(release):
    own = """
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions
earlier = c.GenerateAssignment.preprocessors
assert earlier[-1].__name__ == "Hints" and ClearSolutions in earlier
del c.GenerateAssignment["preprocessors"]
c.GenerateAssignment.preprocessors = [ClearSolutions]
trust(c)
assert [each.__name__ for each in c.GenerateAssignment.preprocessors] == ["ClearSolutions", "Hints"]
c.GenerateAssignment.preprocessors = earlier
"""
    assert release(own).is_file()
