"""What a whole class hands in, right and wrong and broken: `lossedu grade` leaves what `nbgrader autograde` leaves."""

import shutil

import pytest

from tests.commands import nbgrader
from tests.grading import mixed
from tests.grading.batches import assert_equal, grade

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ungraded(tmp_path_factory):
    return mixed.make(tmp_path_factory.mktemp("mixed") / "ungraded")


@pytest.fixture(scope="module")
def by_nbgrader(ungraded):
    course = shutil.copytree(ungraded, ungraded.parent / "stock")
    for chapter in mixed.CHAPTERS:
        nbgrader(course, "autograde", chapter, may_fail=True)
    return course


def test_a_class_is_graded_as_by_nbgrader(ungraded, by_nbgrader, backend, tmp_path):
    course = backend(shutil.copytree(ungraded, tmp_path / "course"))
    for chapter in mixed.CHAPTERS:
        students = {folder.parent.name for folder in course.glob(f"submitted/*/{chapter}")} - mixed.EXCLUDED
        assert len(students) >= 20
        said, code = grade(course, chapter, "--jobs", "2")
        assert {student for student, result in said.items() if result["problem"]} == mixed.UNREADABLE
        assert (said.keys(), code) == (students, 1)
    assert_equal(course, by_nbgrader)
    assert not list(course.glob("autograded/**/written.txt"))  # nothing that cells write leaves the sandbox
