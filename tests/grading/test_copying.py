"""`lossedu copy-gradebook` carries every row from one database to another, or none."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbgrader.api import Comment, Gradebook
from sqlalchemy import create_engine, inspect

from lossedu import doctor
from lossedu.cli import cli
from lossedu.grading import copying
from tests.grading.classes import ASSIGNMENT, graded_class
from tests.grading.equality import rows
from tests.grading.postgresql import configure

COMMENT = "Schön; siehe “b”.\nZweite Zeile"


def copy(source, target):
    return CliRunner().invoke(cli, ["copy-gradebook", str(source), str(target)])


def url_of(path):
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The gradebook of a class, with points and a comment that a person gave."""
    file = graded_class(tmp_path_factory.mktemp("course"), absent=["z"]) / "gradebook.db"
    with Gradebook(url_of(file), "lossedu") as gradebook:
        gradebook.find_grade("check_kl_divergence", ASSIGNMENT, ASSIGNMENT, "b").manual_score = 0.1
        cell = gradebook.add_solution_cell("kl_divergence", ASSIGNMENT, ASSIGNMENT)
        notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "b")
        gradebook.db.add(Comment(cell_id=cell.id, notebook_id=notebook.id, manual_comment=COMMENT))
        gradebook.db.commit()
    return file


@pytest.fixture
def gradebook(graded, tmp_path):
    return Path(shutil.copy(graded, tmp_path / "gradebook.sqlite"))


@pytest.fixture
def new_database(request, tmp_path):
    """Makes URLs of empty databases of a kind."""

    def make(kind):
        return request.getfixturevalue("server").new_database() if kind == "postgresql" else url_of(tmp_path / "new.db")

    return make


def assert_copied(result, source, target):
    assert (result.exit_code, result.output[:7]) == (0, "copied "), result.output
    assert " rows (students: 6, assignments: 1, submissions: 5)\n" in result.output
    assert rows(str(target)) == rows(str(source))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_row_arrives_and_nbgrader_goes_on_there(gradebook, new_database, kind):
    target = new_database(kind)
    assert_copied(copy(gradebook, target), url_of(gradebook), target)
    with Gradebook(target, "lossedu") as copied:
        assert copied.find_comment("kl_divergence", ASSIGNMENT, ASSIGNMENT, "b").comment == COMMENT
        assert copied.find_grade("check_kl_divergence", ASSIGNMENT, ASSIGNMENT, "b").score == 0.1
        assert copied.find_assignment(ASSIGNMENT).duedate is not None
        copied.add_student("new")


def test_a_gradebook_comes_back_from_postgresql_as_it_was(gradebook, new_database):
    there, back = new_database("postgresql"), new_database("sqlite")
    assert copy(gradebook, there).exit_code == 0
    assert_copied(copy(there, back), url_of(gradebook), back)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_nbgrader_has_only_opened_counts_as_empty(gradebook, new_database, kind):
    target = new_database(kind)
    Gradebook(target, "another").close()
    assert_copied(copy(gradebook, target), url_of(gradebook), target)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_target_with_rows_is_refused_and_stays_as_it_is(gradebook, new_database, kind):
    target = new_database(kind)
    with Gradebook(target, "lossedu") as other:
        other.add_student("somebody")
    before = rows(target)
    result = copy(gradebook, target)
    assert result.exit_code == 1
    assert "is not empty: its table student has 1 rows" in result.output
    assert rows(target) == before
    assert "is not empty" in copy(gradebook, gradebook).output


def test_a_database_of_another_program_is_refused(gradebook, tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE birds (name)")
    assert "is not empty: it has a table birds" in copy(gradebook, tmp_path / "other.db").output
    assert "other.db is no gradebook: it has no table" in copy(tmp_path / "other.db", tmp_path / "new.db").output
    assert not (tmp_path / "new.db").exists()


def change(gradebook, statement):
    connection = sqlite3.connect(gradebook)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("harm", "table", "words"),
    [
        ("UPDATE comment SET manual_comment = 'a' || char(0)", "comment", "NUL"),
        ("UPDATE grade SET notebook_id = 'gone' WHERE id = (SELECT min(id) FROM grade)", "grade", "foreign key"),
        ("UPDATE student SET first_name = printf('%.500c', 'a')", "student", "too long"),
        ("UPDATE submitted_assignment SET timestamp = 'yesterday'", "submitted_assignment", "Invalid isoformat"),
    ],
)
def test_a_row_that_postgresql_refuses_leaves_nothing_there(gradebook, new_database, harm, table, words):
    change(gradebook, harm)
    target = new_database("postgresql")
    result = copy(gradebook, target)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: the table {table} cannot be copied: ")
    assert words in result.output
    engine = create_engine(target)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("is_new", [True, False])
def test_an_error_on_the_way_leaves_nothing_in_sqlite(gradebook, new_database, tmp_path, is_new):
    target = new_database("sqlite")
    if not is_new:
        Gradebook(target, "another").close()
        before = rows(target)
    change(gradebook, "UPDATE submitted_assignment SET timestamp = 'yesterday'")
    assert copy(gradebook, target).exit_code == 1
    if is_new:
        assert not (tmp_path / "new.db").exists()
    else:
        assert rows(target) == before


def test_ctrl_c_on_the_way_leaves_nothing(gradebook, new_database, tmp_path, monkeypatch):
    def interrupt(table, old, new):
        if table.name == "grade":
            raise KeyboardInterrupt
        return copy_table(table, old, new)

    copy_table = copying.copy_table
    monkeypatch.setattr(copying, "copy_table", interrupt)
    target = new_database("sqlite")
    with pytest.raises(KeyboardInterrupt):
        copying.copy_gradebook(gradebook, target)
    assert not (tmp_path / "new.db").exists()


def test_a_table_that_is_not_nbgraders_is_named(gradebook, new_database):
    change(gradebook, "CREATE TABLE birds (name)")
    result = copy(gradebook, new_database("sqlite"))
    assert result.exit_code == 0
    assert "Note: the table birds is not nbgrader's, and was not copied." in result.stderr


@pytest.mark.parametrize("place", ["source", "target"])
def test_a_gradebook_of_another_version_is_refused(gradebook, new_database, tmp_path, place):
    target = tmp_path / "new.db"
    Gradebook(new_database("sqlite"), "lossedu").close()
    change(gradebook if place == "source" else target, "UPDATE alembic_version SET version_num = 'older'")
    result = copy(gradebook, target)
    assert result.exit_code == 1
    assert "was made by another version of nbgrader: run  nbgrader db upgrade" in result.output


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("missing.db", "new.db", "there is no file missing.db"),
        ("", "new.db", "there is no file ."),
        (None, ".", ". is not a file"),
        (None, "no/folder/new.db", "unable to open database file"),
        (None, "postgresql+psycopg://a:secret@localhost:1/b", "postgresql+psycopg://a:***@localhost:1/b: conn"),
        (None, "mysql+missing://a/b", "mysql+missing://a/b: Can't load plugin"),
        (None, "postgresql+pg8000://a:secret@/b", "postgresql+pg8000://a:***@/b needs pg8000: install it with"),
        (None, "://", "expected the path of a SQLite file, or a URL"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_line(gradebook, tmp_path, monkeypatch, source, target, words):
    monkeypatch.chdir(tmp_path)
    result = copy(gradebook if source is None else source, target)
    assert result.exit_code == 1
    assert words in result.output
    assert "secret" not in result.output
    assert len(result.output.splitlines()) == 1
    assert not list(tmp_path.glob("*.db"))


def test_a_large_gradebook_is_copied_in_parts(gradebook, new_database, monkeypatch):
    monkeypatch.setattr(copying, "CHUNK", 2)
    target = new_database("sqlite")
    assert_copied(copy(gradebook, target), url_of(gradebook), target)


def test_the_doctor_says_which_gradebook_holds_the_students(gradebook, server):
    target = server.new_database()
    course = gradebook.parent
    gradebook.rename(course / "gradebook.db")
    configure(course, f"c.CourseDirectory.db_url = {target!r}")
    assert [*doctor.gradebook(course)] == []
    (problem,) = doctor.earlier_gradebook(course)
    assert "gradebook.db holds students, but the course uses postgresql+psycopg://teacher@/" in problem.says
    command = problem.fix.partition(";")[0]
    assert subprocess.run(f"{sys.executable} -m {command}", shell=True, cwd=course).returncode == 0  # noqa: S602
    assert [*doctor.earlier_gradebook(course), *doctor.gradebook(course)] == []
