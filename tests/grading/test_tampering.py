"""No way to points but the answer: each submission in `tampering` is graded by real nbgrader."""

import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from tests.commands import nbgrader
from tests.grading.tampering import ASSIGNMENT, HONEST, WAYS, master
from tests.samples.demo import REPOSITORY

pytestmark = pytest.mark.slow

FILE = f"{ASSIGNMENT}.ipynb"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course directory in which a submission of each way has been graded."""
    course = tmp_path_factory.mktemp("tampering")
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write("\nc.TrustedExecute.timeout = 10\n")
    (course / "solutions" / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(master(), course / "solutions" / ASSIGNMENT / FILE)
    nbgrader(course, "generate_assignment", ASSIGNMENT)
    released = nbformat.read(course / "course" / ASSIGNMENT / FILE, as_version=4)
    for way, tampering in WAYS.items():
        folder = course / "submitted" / way.replace(" ", "-") / ASSIGNMENT
        folder.mkdir(parents=True)
        nbformat.write(tampering.submission(released), folder / FILE)
    nbgrader(course, "autograde", ASSIGNMENT, may_fail=True)
    return course


@pytest.fixture(scope="module")
def grades(course):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        return {
            submission.student.id.replace("-", " "): {g.name: g.auto_score for g in submission.notebooks[0].grades}
            for submission in gradebook.assignment_submissions(ASSIGNMENT)
        }


def test_there_are_at_least_forty_ways():
    assert len(WAYS) > 40
    assert all(points <= HONEST[name] for way in WAYS.values() for name, points in way.earns.items())


@pytest.mark.parametrize("way", WAYS)
def test_no_point_that_an_honest_wrong_answer_would_not_get(grades, way):
    assert grades[way] == HONEST | WAYS[way].earns


@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way].named])
def test_what_was_tried_is_named(course, way):
    graded = (course / "autograded" / way.replace(" ", "-") / ASSIGNMENT / FILE).read_text(encoding="utf-8")
    outputs = str([cell.get("outputs") for cell in nbformat.reads(graded, as_version=4).cells])
    assert WAYS[way].named in outputs


def test_nothing_was_written_beside_the_submissions(course):
    assert {path.name for path in course.iterdir()} <= {
        *("autograded", "course", "exchange", "gradebook.db", "nbgrader.log", "nbgrader_config.py"),
        *("secret_seed.txt", "solutions", "submitted", ".jupyter", ".nbgrader.log", "__pycache__"),
    }
