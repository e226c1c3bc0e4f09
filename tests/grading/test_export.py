"""Exports are read back as each format's own reader would, and no field of a student's can run."""

import csv
import json
import re

import jsonschema
import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from lossedu.cli import cli
from lossedu.grading.course import NotGradedError
from lossedu.grading.export import EXPORTS, export
from lossedu.grading.strangers import for_spreadsheet
from tests.commands import nbgrader
from tests.grading.classes import ASSIGNMENT, Work, graded_class

SCORES = {"a": 6, "b": 2.5, "c": 2, "d": 5}  # b's with half a point less for being late
UNREADABLE = f"{ASSIGNMENT}.ipynb: not a notebook (the file is not JSON)"
WAITING = "answers that wait for a grade by hand count as 0: there are 1"
NOT_GRADED = f"{ASSIGNMENT}, e: has no points in the table: {UNREADABLE}"
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
RESULTS_JSON = {  # from "Autograder Specifications" in Gradescope's documentation
    "type": "object",
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "name": {"type": "string"},
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
                "additionalProperties": False,
            },
        },
        "leaderboard": {"type": "array"},
    },
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return graded_class(tmp_path_factory.mktemp("export") / "course", absent=["f"])


def table(course, to, tmp_path):
    path, remarks = export(course, [ASSIGNMENT], to, tmp_path / f"{to}.csv")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file)), remarks


def as_canvas_reads_it(rows):
    """Points by student, and what the assignment is worth, by the rules of Canvas's importer."""
    header, *rows = rows
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert header[2:5] == ["SIS User ID", "SIS Login ID", "Section"]
    worth = next(row for row in rows if "Points Possible" in row[0])
    grades = {row[3]: row[5].strip() for row in rows if row is not worth and any(row)}
    return (
        header[5:],
        [float(points) for points in worth[5:]],
        {who: float(each) for who, each in grades.items() if each},
    )


def as_moodle_reads_it(rows):
    """Points by student, as Moodle's importer takes them for the columns that one maps."""
    header, *rows = ([field.strip() for field in row] for row in rows)
    at = header.index("Username"), header.index(ASSIGNMENT)
    return {row[at[0]]: float(row[at[1]]) for row in rows if row[at[1]] not in ("", "-")}


def test_canvas_finds_every_score_and_leaves_who_has_none_alone(course, tmp_path):
    rows, _ = table(course, "canvas", tmp_path)
    assert as_canvas_reads_it(rows) == ([ASSIGNMENT], [7], SCORES)
    assert rows[2][:5] == ["A, Ada", "11", "", "a", ""]
    assert [row[3] for row in rows[2:]] == [*"abcdef"]


def test_moodle_finds_every_score_and_leaves_who_has_none_alone(course, tmp_path):
    rows, _ = table(course, "moodle", tmp_path)
    assert as_moodle_reads_it(rows) == SCORES
    assert rows[1][:5] == ["a", "11", "Ada", "A", "a@example.org"]
    assert rows[-1] == ["f", "", "", "", "", "-"]


def test_the_table_is_that_of_nbgrader(course, tmp_path):
    rows, _ = table(course, "csv", tmp_path)
    stock = CsvExportPlugin()
    stock.to, stock.assignment = str(tmp_path / "stock.csv"), [ASSIGNMENT]
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        stock.export(gradebook)
    with (tmp_path / "stock.csv").open(newline="") as file:
        assert sorted(rows) == sorted(csv.reader(file))


def test_gradescope_gets_a_valid_file_for_each_submission(course, tmp_path):
    folder, _ = export(course, [], "gradescope", tmp_path / "out")
    found = {path.stem: json.loads(path.read_text()) for path in (folder / ASSIGNMENT).iterdir()}
    for each in found.values():
        jsonschema.validate(each, RESULTS_JSON)
    assert {student: each["score"] for student, each in found.items()} == SCORES | {"e": 0}
    assert found["b"]["output"] == "0.5 points less for being late"
    assert found["e"] == {"score": 0, "output": UNREADABLE, "tests": []}
    quiz, swapped, _ = found["c"]["tests"]
    assert (quiz["name"], quiz["score"], quiz["max_score"]) == ("wasted_bits", 0, 1)
    assert "refused while grading: importing keras" in quiz["output"]
    assert "Arguments swapped" in swapped["output"]


@pytest.mark.parametrize("to", EXPORTS)
def test_what_waits_for_a_person_is_said(course, tmp_path, to):
    _, remarks = export(course, [ASSIGNMENT], to, tmp_path / to)
    if to != "gradescope":
        assert remarks == [WAITING, NOT_GRADED]
    else:
        assert "by hand" in json.loads((tmp_path / to / ASSIGNMENT / "d.json").read_text())["output"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "＝1", "a\n=1", 'a","=1', "\u200b=1", "Bob;=1+1", "a|@x"],
)
def test_no_field_that_a_student_chose_begins_a_formula(course, tmp_path, text):
    field = for_spreadsheet(text)
    with (tmp_path / "one.csv").open("w", newline="") as file:
        csv.writer(file).writerow([field, "1"])
    (row,) = csv.reader((tmp_path / "one.csv").open(newline=""))
    assert row == [field, "1"]
    assert not field.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert "\n" not in field
    assert not re.search(r"[;|,\t]\s*[=+@-]|\u200b", field)


def test_a_hostile_name_and_id_are_text_in_every_table(tmp_path):
    hostile = {name: f"=cmd|{name}" for name in ("first_name", "last_name", "email", "lms_user_id")}
    course = graded_class(tmp_path / "course", {"@evil": Work(names=hostile)})
    for to in ("csv", "canvas", "moodle"):
        rows, remarks = table(course, to, tmp_path)
        assert not [field for row in rows for field in row if field[:1] in tuple("=+-@")]
        assert any("@evil" in remark for remark in remarks)


def test_it_runs_as_a_plug_in_of_nbgrader(course, tmp_path):
    options = [f"--assignment=['{ASSIGNMENT}']", f"--to={tmp_path / 'by_nbgrader.csv'}"]
    nbgrader(course, "export", "--exporter=lossedu.grading.export.CanvasExport", *options)
    export(course, [ASSIGNMENT], "canvas", tmp_path / "by_lossedu.csv")
    assert (tmp_path / "by_nbgrader.csv").read_text() == (tmp_path / "by_lossedu.csv").read_text()


def test_an_unknown_assignment_and_format_are_named(course, tmp_path):
    with pytest.raises(NotGradedError, match="no assignment '08_none'"):
        export(course, ["08_none"], "canvas", tmp_path / "x")
    with pytest.raises(ValueError, match="expected one of csv, canvas, moodle, gradescope, got 'excel'"):
        export(course, [], "excel")


def test_the_command_says_what_it_wrote(course, tmp_path):
    done = CliRunner().invoke(
        cli, ["export", "--to", "moodle", "--course", str(course), "--output", str(tmp_path / "m")]
    )
    assert (done.exit_code, done.stdout) == (0, f"wrote {tmp_path / 'm'}\n")
    assert done.stderr == f"Note: {WAITING}.\nNote: {NOT_GRADED}.\n"
