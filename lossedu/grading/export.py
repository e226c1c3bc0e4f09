"""Grades for other systems: export plug-ins of nbgrader, which `lossedu export` runs too.

    nbgrader export --exporter=lossedu.grading.export.CanvasExport --assignment="['07_kl_divergence']" --to=canvas.csv

Points are those of the gradebook, all notebooks of an assignment together, less the penalty for being late and never
below zero. Where students chose the text, as in names, no spreadsheet takes it for a formula.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Integer, cast, func
from traitlets import Instance

from lossedu.files import write_whole
from lossedu.grading.course import NotGradedError, handed_in, open_gradebook
from lossedu.grading.nbgrader import (
    WAITS,
    Assignment,
    CourseDirectory,
    ExportPlugin,
    Grade,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from lossedu.grading.results import results_in, why_not_graded
from lossedu.grading.steps import master_of
from lossedu.grading.strangers import for_spreadsheet

__all__ = ["EXPORTS", "CanvasExport", "CsvExport", "GradescopeExport", "MoodleExport", "export", "gradescope_results"]


def export(course, assignments, to, output=None):
    """Export the grades of a course.

    Args:
        course: the nbgrader course directory.
        assignments: their names; none for all.
        to: "csv", "canvas", "moodle" or "gradescope".
        output: the file, or for Gradescope the folder, to write.

    Returns:
        The path that was written, and a list of what there is to say about it.

    Raises:
        NotGradedError: there is no gradebook, or it doesn't know an assignment.
        ValueError: there is no such format.
    """
    if to not in EXPORTS:
        raise ValueError(f"to: expected one of {', '.join(EXPORTS)}, got {to!r}")
    with open_gradebook(course) as (gradebook, folders):
        plugin = EXPORTS[to](folders=folders)
        plugin.assignment, plugin.to = list(assignments), str(output or "")
        plugin.export(gradebook)
    return Path(plugin.to), plugin.remarks


@dataclass(frozen=True)
class Score:
    """What a student has in an assignment, where `waiting` answers wait for a grade by hand.

    `graded` is False where nothing was handed in, or could be read.
    """

    student: Student
    assignment: Assignment
    handed_in: datetime | None
    raw: float
    penalty: float
    graded: bool
    waiting: int

    @property
    def points(self):
        """The points that count."""
        return max(0.0, self.raw - self.penalty)


def read_scores(gradebook, assignments, students):
    """The scores of each student, by assignment and student; an empty list of names stands for all.

    Five queries, however many students there are.
    """
    query = gradebook.db.query
    found = query(Assignment).order_by(Assignment.name).all()  # pyright: ignore[reportGeneralTypeIssues]  a column
    unknown = set(assignments) - {each.name for each in found}
    if unknown:
        raise NotGradedError(f"the gradebook knows no assignment {', '.join(map(repr, sorted(unknown)))}")
    everybody = [each for each in query(Student).order_by(Student.id) if not students or each.id in students]
    key = (SubmittedAssignment.assignment_id, SubmittedAssignment.student_id)
    moments = {(a, s): moment for a, s, moment in query(*key, SubmittedAssignment.timestamp)}
    penalty = func.coalesce(func.sum(SubmittedNotebook.late_submission_penalty), 0.0)
    sums = (
        func.sum(Grade.score),
        func.sum(cast(WAITS, Integer)),
        func.count(func.coalesce(Grade.manual_score, Grade.auto_score)),
    )
    by_notebook = query(*key).join(SubmittedAssignment.notebooks).group_by(*key)
    penalties = {(a, s): points for a, s, points in by_notebook.add_columns(penalty)}
    by_grade = by_notebook.join(SubmittedNotebook.grades).add_columns(*sums)
    grades = {(a, s): (raw, waiting, graded) for a, s, raw, waiting, graded in by_grade}

    def score(assignment, student):
        at = (assignment.id, student.id)
        raw, waiting, graded = grades.get(at, (0.0, 0, 0))  # who handed in what is no notebook has rows, but empty ones
        return Score(student, assignment, moments.get(at), raw, penalties.get(at, 0.0), graded > 0, waiting)

    chosen = [each for each in found if not assignments or each.name in assignments]
    return {each: {student: score(each, student) for student in everybody} for each in chosen}


# --- Tables ---------------------------------------------------------------------------------------------------------


class TableExport(ExportPlugin):
    """An export whose subclasses yield rows."""

    parent: Any  # nbgrader's command
    to: str
    file = "grades.csv"
    folders = Instance(CourseDirectory, allow_none=True)
    remarks: Sequence[str] = ()

    def export(self, gradebook):
        """Write the table."""
        scores = read_scores(gradebook, self.assignment, self.student)
        self.to = self.to or self.file
        self.remark(
            [score for by_student in scores.values() for score in by_student.values()],
            [words for assignment in scores for words in self.not_graded(gradebook, assignment, scores[assignment])],
        )
        table = io.StringIO()
        csv.writer(table, lineterminator="\n").writerows(self.rows(scores))
        write_whole(Path(self.to), table.getvalue().encode())

    def rows(self, scores) -> Iterator[list]:
        """Yield the rows, from the header on."""
        raise NotImplementedError

    def not_graded(self, gradebook, assignment, by_student):
        """Yield a sentence for each submission that has no points in the table."""
        folders, known = self.folders or self.parent.coursedir, [each.name for each in gradebook.assignments]
        graded = {student.id for student, score in by_student.items() if score.graded}
        masters = {each.name: master_of(each) for each in assignment.notebooks}
        for entry in handed_in(folders, assignment.name, known):
            if entry.name not in graded and (not self.student or entry.name in self.student):
                problem = why_not_graded(entry, masters) or "not graded yet"
                yield f"{assignment.name}, {entry.name}: has no points in the table: {problem}"

    def remark(self, scores, not_graded):
        """Note, and log, what the reader of the table should know."""
        waiting = sum(score.waiting for score in scores if score.graded)
        self.remarks = [f"answers that wait for a grade by hand count as 0: there are {waiting}"] if waiting else []
        signed = sorted({score.student.id for score in scores if for_spreadsheet(score.student.id) != score.student.id})
        if signed:
            self.remarks.append(f"written so that no spreadsheet runs them, these ids won't be recognised: {signed}")
        self.remarks += not_graded
        for remark in self.remarks:
            self.log.warning(remark)


class CsvExport(TableExport):
    """nbgrader's own table, a row for each student and assignment, quoted where a field needs it."""

    def rows(self, scores):
        """The columns of `nbgrader.plugins.CsvExportPlugin`; who handed in nothing has 0 points there."""
        yield [
            "assignment",
            "duedate",
            "timestamp",
            "student_id",
            "last_name",
            "first_name",
            "email",
            "raw_score",
            "late_submission_penalty",
            "score",
            "max_score",
        ]
        for assignment, by_student in scores.items():
            for student, score in by_student.items():
                names = map(for_spreadsheet, (student.id, student.last_name, student.first_name, student.email))
                points = (score.raw, score.penalty, score.points, assignment.max_score)
                yield [assignment.name, assignment.duedate, score.handed_in, *names, *points]


class CanvasExport(TableExport):
    """A file for "Import" in the gradebook of Canvas.

    As Canvas's own importer reads it (`lib/gradebook_importer.rb` in instructure/canvas-lms): the first columns are
    Student, ID, SIS User ID, SIS Login ID and Section; a student is looked up by ID, then by the SIS ids, then by name.
    The other columns are assignments: `Title (id)`, or else a title, which makes a new assignment if there is none. A
    row "Points Possible" says what they are worth. An empty field leaves a grade as it is.

    nbgrader's student id goes to SIS Login ID, its `lms_user_id` to ID.
    """

    file = "canvas.csv"

    def rows(self, scores):
        """A row a student, a column an assignment."""
        yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(each.name for each in scores)]
        yield ["    Points Possible", "", "", "", "", *(each.max_score for each in scores)]
        for student in students_in(scores):
            name = ", ".join(filter(None, (student.last_name, student.first_name))) or student.id
            yield [
                for_spreadsheet(name),
                for_spreadsheet(student.lms_user_id),
                "",
                for_spreadsheet(student.id),
                "",
                *points_by_assignment(student, scores, ""),
            ]


class MoodleExport(TableExport):
    """A file for "Import > CSV file" in the grades of Moodle.

    As Moodle's documentation ("Grade import") and importer (`grade/import/csv` in moodle/moodle) have it: the columns
    are mapped by hand after the upload, "Map from" Username to username (or ID number to useridnumber, or Email
    address to useremail), and each assignment to a grade item. One unknown student, or a grade above 100 where the
    site doesn't allow it, refuses the whole file. "-" stands for no grade.

    nbgrader's student id goes to Username, its `lms_user_id` to ID number.
    """

    file = "moodle.csv"

    def rows(self, scores):
        """A row a student, a column an assignment."""
        yield ["Username", "ID number", "First name", "Last name", "Email address", *(each.name for each in scores)]
        for student in students_in(scores):
            who = (student.id, student.lms_user_id, student.first_name, student.last_name, student.email)
            yield [*map(for_spreadsheet, who), *points_by_assignment(student, scores, "-")]


def students_in(scores):
    """Everybody, by id."""
    return list(next(iter(scores.values()), {}))


def points_by_assignment(student, scores, none):
    """A student's points in each assignment, to the hundredth; `none` where nothing could be graded."""
    found = [by_student[student] for by_student in scores.values()]
    return [round(score.points, 2) if score.graded else none for score in found]


# --- Gradescope -----------------------------------------------------------------------------------------------------


class GradescopeExport(ExportPlugin):
    """A `results.json` for each submission, as Gradescope's autograders leave it: `FOLDER/ASSIGNMENT/STUDENT.json`."""

    parent: Any  # nbgrader's command
    to: str
    folders = Instance(CourseDirectory, allow_none=True)
    remarks: Sequence[str] = ()

    def export(self, gradebook):
        """Write the files."""
        self.to, self.remarks = self.to or "gradescope", []
        for assignment in self.assignment or [each.name for each in gradebook.assignments]:
            for result in results_in(gradebook, self.folders or self.parent.coursedir, assignment):
                if not self.student or result.student in self.student:
                    if result.problem:
                        self.remarks.append(f"{assignment}, {result.student}: has no points: {result.problem}")
                    file = Path(self.to, assignment, f"{quote(result.student, safe=' @')}.json")
                    write_whole(file, json.dumps(gradescope_results(result), indent=1).encode())


def gradescope_results(result):
    """What Gradescope reads from `results/results.json`, of a `StudentResult`.

    Its documentation ("Autograder Specifications") has `score` for the whole, which goes before the sum of `tests`, and
    for each test `score`, `max_score`, `name` and `output`, all of which students see unless `visibility` says not.
    """
    tests = [
        {
            "name": each.exercise,
            "score": each.points,
            "max_score": each.max_points,
            "output": "\n\n".join(filter(None, (*each.review, each.verdict or each.mistake))),
            "visibility": "visible",
        }
        for each in result.exercises
    ]
    remarks = [
        result.problem,
        result.penalty and f"{result.penalty:g} points less for being late",
        result.waiting and "Some answers wait for a grade by hand.",
    ]
    return {
        "score": max(0.0, result.points - result.penalty),
        "output": "\n".join(filter(None, remarks)),
        "tests": tests,
    }


EXPORTS = {"csv": CsvExport, "canvas": CanvasExport, "moodle": MoodleExport, "gradescope": GradescopeExport}
