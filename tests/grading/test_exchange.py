"""Through nbgrader's exchange, students see the due date, and hand in what they wrote in their own copy."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from traitlets.config import Config

from lossedu.checking import notes
from lossedu.cli import cli
from lossedu.grading.course import read_config
from lossedu.grading.single import grade_file
from lossedu.learners import copy_answers, describe_due, due_date, lay_out
from tests.commands import nbgrader
from tests.conftest import ROOT
from tests.grading.chapters import solved

pytestmark = pytest.mark.usefixtures("one_server")

CHAPTER, COURSE = "00_first_loss", "lossedu"
NOTEBOOK = f"{CHAPTER}/{CHAPTER}.ipynb"
DUE = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A teacher's course with one chapter that can be released."""
    course = tmp_path_factory.mktemp("prepared")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copytree(ROOT / "course" / CHAPTER, course / "course" / CHAPTER, ignore=shutil.ignore_patterns(".*"))
    set_due(course, DUE)
    return course


@pytest.fixture
def course(prepared, tmp_path):
    """A course of one's own: to make a gradebook takes seconds."""
    return shutil.copytree(prepared, tmp_path / "teacher")


def set_due(course, due):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", COURSE) as gradebook:
        gradebook.update_or_create_assignment(CHAPTER, duedate=due)


def release(course, force=False):
    """Release as the formgrader does."""
    config = read_config(course)
    config.ExchangeReleaseAssignment.force = force
    done = NbGraderAPI(CourseDirectory(config=config), config=config).release_assignment(CHAPTER)
    assert done["success"], done["log"]


def outbound(course):
    return course / "exchange" / COURSE / "outbound" / CHAPTER


@pytest.fixture
def student(course, tmp_path, monkeypatch):
    """What a student does in the Assignment List: calls a part of nbgrader's exchange, in their home folder."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(notes, "UNWRITTEN", [])
    monkeypatch.chdir(home)

    def do(what, **options):
        config = Config()
        config.CourseDirectory.course_id = COURSE
        config.Exchange.root = str(course / "exchange")
        config.Exchange.cache = str(tmp_path / "cache")
        config.Exchange.path_includes_course = True  # as deploy/jupyterhub/everyone has it
        folders = CourseDirectory(config=config, assignment_id=options.pop("assignment", CHAPTER))
        factory = ExchangeFactory(config=config)
        return getattr(factory, what)(coursedir=folders, authenticator=Authenticator(config=config)).start()

    do.home = home
    return do


def collected(course):
    """What the teacher has after collecting."""
    config = read_config(course)
    config.ExchangeCollect.check_owner = False  # one account plays all roles
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    done = api.collect(CHAPTER)
    assert done["success"], done["log"]
    (folder,) = (course / "submitted").glob(f"*/{CHAPTER}")
    return folder


def progress(*words):
    result = CliRunner().invoke(cli, ["progress", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_students_see_the_due_date_that_the_gradebook_has(course, student):
    release(course)
    student("FetchAssignment")
    assert due_date(student.home / COURSE / CHAPTER) == DUE
    when = describe_due(DUE)
    assert when.endswith(", this time has passed")
    overview = progress(COURSE)
    assert when in overview
    assert overview.splitlines()[2].split() == ["chapter", "exercises", "points", "progress", "due"]
    assert f"\nDue: {when}." in progress(COURSE, "--chapter", CHAPTER)


def test_nbgraders_command_releases_with_the_date_too(course):
    nbgrader(course, "release_assignment", CHAPTER)
    assert due_date(outbound(course)) == DUE
    assert (outbound(course) / "due_date.json").stat().st_mode & 0o777 == 0o644


def test_a_later_date_reaches_students_who_have_fetched_before(course, student):
    release(course)
    student("FetchAssignment")
    later = datetime.now(UTC) + timedelta(days=3, hours=1)
    set_due(course, later)
    release(course, force=True)
    assert due_date(student.home / COURSE / CHAPTER) == later
    assert "3 days left" in progress(COURSE)
    shutil.rmtree(course / "exchange")  # as where a student works on another machine
    assert due_date(student.home / COURSE / CHAPTER) == DUE


@pytest.mark.parametrize("stale", [False, True])
def test_without_a_due_date_there_is_none_to_see(course, student, stale):
    set_due(course, None)
    if stale:
        (course / "course" / CHAPTER / "due_date.json").write_text(json.dumps({"due": DUE.isoformat()}))
    release(course)
    student("FetchAssignment")
    assert not (student.home / COURSE / CHAPTER / "due_date.json").exists()
    assert "Due" not in progress(COURSE, "--chapter", CHAPTER)
    assert "due" not in progress(COURSE)


def test_a_course_without_a_gradebook_can_release(course):
    (course / "gradebook.db").unlink()
    release(course)
    assert (outbound(course) / f"{CHAPTER}.ipynb").exists()
    assert not (course / "gradebook.db").exists()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"due": 7}', '{"due": "soon", "current": 7}', '{"due": null}', "\0"]
)
def test_a_file_that_says_no_date_is_passed_over(tmp_path, content):
    (tmp_path / "due_date.json").write_text(content)
    assert due_date(tmp_path) is None


def test_a_copy_with_the_name_of_the_course_is_handed_in_from_the_assignment_list(course, student):
    release(course)
    assert [found["status"] for found in student("List")] == ["released"]
    assert CliRunner().invoke(cli, ["start", COURSE]).exit_code == 0
    (found,) = student("List")
    assert (found["status"], [each["notebook_id"] for each in found["notebooks"]]) == ("fetched", [CHAPTER])
    nbformat.write(solved(CHAPTER), student.home / COURSE / NOTEBOOK)
    student("Submit")
    graded = grade_file(collected(course))
    assert (graded.result.points, graded.remarks) == (10, ())


def test_start_lays_its_files_around_what_was_fetched(course, student):
    release(course)
    student("FetchAssignment")
    nbformat.write(solved(CHAPTER), student.home / COURSE / NOTEBOOK)
    before = (student.home / COURSE / NOTEBOOK).read_bytes()
    CliRunner().invoke(cli, ["start", COURSE])
    assert (student.home / COURSE / NOTEBOOK).read_bytes() == before
    assert [found["notebook_id"] for found in student("List")[0]["notebooks"]] == [CHAPTER]
    student("Submit")
    graded = grade_file(collected(course))
    assert (graded.result.points, graded.remarks) == (10, ())


def test_answers_from_a_copy_elsewhere_are_handed_in_with_the_fetched_notebook(course, student):
    release(course)
    student("FetchAssignment")
    lay_out(student.home / "my-course")
    nbformat.write(solved(CHAPTER), student.home / "my-course" / NOTEBOOK)
    copied = copy_answers(student.home / "my-course" / CHAPTER, student.home / COURSE / CHAPTER)
    assert len(copied.names) == 8
    student("Submit")
    folder = collected(course)
    assert (folder / "due_date.json").exists()
    graded = grade_file(folder)
    assert (graded.result.points, graded.remarks) == (10, ())
