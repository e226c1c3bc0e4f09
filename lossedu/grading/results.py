"""The grades of an assignment, exercise by exercise, and in words what is wrong.

Points are those of nbgrader's gradebook. The words come from the autograded notebooks, where the checker leaves its
verdict as data beside what it shows.
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import nbformat.v4
from nbformat.reader import NotJSONError
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade, is_solution, is_task
from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import func
from traitlets.config import Config, ConfigFileNotFound, PyFileConfigLoader

from lossedu.checking._render import MIME_TYPE
from lossedu.grading.trusted import REFUSED, TrustedExecute
from lossedu.language import say

__all__ = [
    "ExerciseResult",
    "NotGradedError",
    "StudentResult",
    "open_gradebook",
    "print_results",
    "read_config",
    "read_results",
]

NOTHING = "–"  # stands for the points of who could not be graded
BY_HAND = "waits for a grade by hand"
PUT_BACK = "test cell was deleted: put back and graded"


class NotGradedError(LookupError):
    """There is nothing to read: the course has no gradebook, or the gradebook no such assignment."""


@dataclass(frozen=True)
class ExerciseResult:
    """The points for one exercise, and what there is to say about the answer.

    `mistake` explains the points lost, and `diagnosis` is set where a known misconception does; `verdict` is all that
    the learner is told; `review` says why a person should look at it.
    """

    exercise: str
    points: float
    max_points: float
    mistake: str = ""
    diagnosis: str | None = None
    verdict: str = ""
    review: tuple[str, ...] = ()

    @property
    def words(self):
        """All there is to say in a line; nothing if all is right."""
        return "; ".join(filter(None, (*self.review, self.mistake)))


@dataclass(frozen=True)
class StudentResult:
    """All exercises of one student, in the order of the notebook, or why there are none.

    Moments are in UTC; `due` has the student's own extension in it, and `penalty` is in points.
    """

    student: str
    exercises: tuple[ExerciseResult, ...]
    problem: str | None = None
    name: str = ""
    handed_in: datetime | None = None
    due: datetime | None = None
    penalty: float = 0

    @property
    def points(self):
        """The points of all exercises."""
        return sum(result.points for result in self.exercises)

    @property
    def max_points(self):
        """The points that all exercises are worth."""
        return sum(result.max_points for result in self.exercises)


def read_results(course, assignment):
    """Read what became of the submissions to an assignment that `nbgrader autograde` was given.

    Args:
        course: the nbgrader course directory. Its `nbgrader_config.py`, if any, says where things lie.
        assignment: a chapter, such as "07_kl_divergence"; its notebook has the same name.

    Returns:
        list of StudentResult: one a student, by name.

    Raises:
        NotGradedError: there is no gradebook, or no such assignment in it.
    """
    with open_gradebook(course) as (gradebook, folders):
        return results_in(gradebook, folders, assignment)


@contextmanager
def open_gradebook(course):
    """The gradebook of a course, and its `CourseDirectory`; NotGradedError if there is none yet."""
    folders = CourseDirectory(config=read_config(course), root=str(Path(course).resolve()))
    database = folders.db_url.removeprefix("sqlite:///")
    if database != folders.db_url and not Path(database).exists():  # nbgrader would make an empty one
        raise NotGradedError(f"{course} holds no gradebook: nothing was graded there yet")
    with Gradebook(folders.db_url, folders.course_id) as gradebook:
        yield gradebook, folders


def results_in(gradebook, folders, assignment):
    """What `read_results` gives, of an open gradebook and a `CourseDirectory`."""
    timeout = TrustedExecute(config=folders.config).timeout

    def notebook(step, student):
        return Path(folders.format_path(step, student, assignment), f"{assignment}.ipynb")

    try:
        master = gradebook.find_notebook(assignment, assignment)
    except MissingEntry:
        raise NotGradedError(f"the gradebook knows no assignment {assignment!r}") from None
    results = []
    grades, penalties = read_grades(gradebook, master), read_penalties(gradebook, assignment)
    for student, name, handed_in, due in read_submissions(gradebook, master.assignment):
        autograded = notebook(folders.autograded_directory, student)
        exercises, problem = (), None
        if autograded.exists():
            written = autograded.read_text(encoding="utf-8")
            cells = nbformat.v4.reads(written).cells  # nbgrader wrote it: to validate it again takes four times as long
            exercises = tuple(read_exercises(cells, grades.get(student, {}), timeout))
        else:
            problem = why_not_graded(notebook(folders.submitted_directory, student))
        results.append(StudentResult(student, exercises, problem, name, handed_in, due, penalties[student]))
    return results


def read_submissions(gradebook, assignment):
    """Yield student, name, when it was handed in and when it was due, of each submission.

    One query for all, as the two that follow: nbgrader's own objects ask the database anew for each grade.
    """
    due = assignment.duedate
    asked = (Student.id, Student.first_name, Student.last_name)
    query = gradebook.db.query(*asked, SubmittedAssignment.timestamp, SubmittedAssignment.extension)
    query = query.select_from(SubmittedAssignment).join(SubmittedAssignment.student)
    query = query.join(SubmittedAssignment.assignment).filter(Assignment.id == assignment.id).order_by(Student.id)
    for student, first, last, handed_in, extension in query:
        yield student, " ".join(filter(None, (first, last))), handed_in, due and due + (extension or timedelta())


class Graded(NamedTuple):
    """The grade of a cell. `by_hand` is whether it waits for a person's."""

    points: float
    max_points: float
    by_hand: bool


def read_grades(gradebook, master):
    """The grades of a notebook, by student and cell."""
    worth = {cell.name: cell.max_score for cell in [*master.grade_cells, *master.task_cells]}
    query = gradebook.db.query(SubmittedAssignment.student_id, BaseCell.name, Grade.score, Grade.needs_manual_grade)
    query = query.select_from(Grade).join(Grade.notebook).join(SubmittedNotebook.assignment).join(Grade.cell)
    found = {}
    for student, cell, points, by_hand in query.filter(SubmittedNotebook.notebook_id == master.id):
        found.setdefault(student, {})[cell] = Graded(points, worth[cell], by_hand)
    return found


def read_penalties(gradebook, assignment):
    """The points that each student loses for being late."""
    query = gradebook.db.query(
        SubmittedAssignment.student_id, func.coalesce(func.sum(SubmittedNotebook.late_submission_penalty), 0)
    )
    query = query.select_from(SubmittedAssignment).outerjoin(SubmittedAssignment.notebooks)
    query = query.join(SubmittedAssignment.assignment).filter(Assignment.name == assignment)
    return dict(query.group_by(SubmittedAssignment.student_id).all())


def read_config(course):
    """What `nbgrader_config.py` in the course directory sets; nothing if there is none."""
    try:
        return PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    except ConfigFileNotFound:
        return Config()


def why_not_graded(submitted):
    """Why there is a submission, but no autograded notebook."""
    return why_unreadable(submitted) or "not graded: `nbgrader autograde` stopped; its log says why"


def why_unreadable(submitted):
    """Why a file is not a notebook; None if it is one."""
    if submitted.is_symlink() or (submitted.exists() and not submitted.is_file()):
        return f"{submitted.name} is no file, but a link, a folder or a device"
    try:
        cells = nbformat.read(submitted, as_version=4).cells
    except FileNotFoundError:
        return f"{submitted.name} was not handed in"
    except NotJSONError:
        return "unreadable: not a notebook (the file is not JSON)"
    except Exception as error:  # what a stranger's file may raise cannot be foreseen
        cause, *_ = str(error).splitlines() or ["no reason given"]
        return f"unreadable: not a notebook ({type(error).__name__}: {cause})"
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell.metadata.get("nbgrader", {}), dict):
            return f"unreadable: what cell {number} holds for nbgrader is not nbgrader's"
    return None


def read_exercises(cells, grades, timeout):
    """Yield the result of each graded cell of an autograded notebook, in its order."""
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in cells if "nbgrader" in cell.metadata}
    for name, cell in by_name.items():
        if (is_grade(cell) or is_task(cell)) and name in grades:
            grade, exercise = grades[name], name.removeprefix("check_")
            review = [PUT_BACK] if cell.metadata.get("lossedu", {}).get("put_back") else []
            review += [BY_HAND] if grade.by_hand else []
            mistake = ""
            if grade.points < grade.max_points and not (is_solution(cell) or is_task(cell)):
                mistake = what_is_wrong(cell, by_name.get(exercise), timeout)
            failed = [each for each in verdicts_on(cell) if not each["passed"]]
            yield ExerciseResult(
                exercise,
                grade.points,
                grade.max_points,
                mistake,
                next((each["diagnosis"] for each in failed), None),
                "\n\n".join(texts_of(cell, MIME_TYPE)),
                (*review, *refusals(cell)),
            )


def what_is_wrong(check, solution, timeout):
    """What explains the points lost in a test cell: time, then an error in the answer's own cell, then the verdict."""
    errors = errors_of(check) + errors_of(solution)
    if any(error.ename == "CellTimeoutError" for error in errors):
        return f"did not finish in time ({timeout} s)"
    for error in errors_of(solution):
        if error.ename != "NotImplementedError":
            return in_words(error)
    for verdict in verdicts_on(check):
        if not verdict["passed"]:
            first_line = verdict["message"].splitlines()[0]
            return verdict["diagnosis"] or first_line.removesuffix(f" {say('The smallest:')}").removesuffix(".")
    return in_words(errors[0]) if errors else "graded by hand, or its test cell wrote to stderr: see the feedback"


def verdicts_on(cell):
    """The verdicts, as data, that a test cell shows."""
    return [output.data[MIME_TYPE] for output in outputs_of(cell) if MIME_TYPE in output.get("data", {})]


def refusals(cell):
    """What the submission reached for, as a test cell tells it."""
    return [text for text in texts_of(cell, "text/plain") if text.startswith(REFUSED)]


def texts_of(cell, kind):
    """As text, the outputs of a cell that come in this MIME type too."""
    return [output.data["text/plain"] for output in outputs_of(cell) if kind in output.get("data", {})]


def outputs_of(cell):
    """What a cell shows; nothing if it is not there, or is prose."""
    return cell.get("outputs", []) if cell else []


def errors_of(cell):
    """The errors that a cell ended with; none for a cell that is not there."""
    return [output for output in outputs_of(cell) if output.output_type == "error"]


def in_words(error):
    """`SyntaxError in line 3: ...`, without the name of a file that the student never saw."""
    said = re.sub(r" \((?:.*, )?line (\d+)\)$", "", error.evalue)
    line = re.search(r"line (\d+)\)$", error.evalue)
    return f"{error.ename}{f' in line {line[1]}' if line else ''}: {said}".rstrip(": ")


def print_results(results, console=None):
    """Print a table of everybody's points and, below it, what is wrong, in words.

    Args:
        results: what `read_results` gives.
        console: a `rich.console.Console`; by default, one for the standard output.
    """
    console = console or Console()
    graded = next((result for result in results if result.exercises), StudentResult("", ()))
    names = [exercise.exercise for exercise in graded.exercises]

    points = Table(box=box.SIMPLE_HEAD, padding=0)
    points.add_column("student", no_wrap=True)
    for heading in [*map(str, range(1, len(names) + 1)), "total"]:
        points.add_column(heading, justify="right", no_wrap=True)
    worth = [f"{exercise.max_points:g}" for exercise in graded.exercises]
    points.add_row("worth", *worth, f"{graded.max_points:g}", style="dim", end_section=True)
    for result in results:
        earned = {exercise.exercise: show_points(exercise) for exercise in result.exercises}
        total = show_points(result) if earned else NOTHING
        points.add_row(result.student, *(earned.get(name, NOTHING) for name in names), total)
    console.print(points)
    console.print(Columns([f"{number:4} {name}" for number, name in enumerate(names, 1)]))

    words = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for heading in ("student", "exercise", "points"):
        words.add_column(heading, no_wrap=True)
    words.add_column("in words")
    for result in results:
        remarks = [exercise for exercise in result.exercises if exercise.words]
        if result.problem:
            words.add_row(result.student, "", NOTHING, Text(result.problem))
        for student, exercise in zip_longest([result.student][: len(remarks)], remarks, fillvalue=""):
            earned = f"{exercise.points:g} of {exercise.max_points:g}"
            words.add_row(student, exercise.exercise, earned, Text(exercise.words))
    console.print(words)


def show_points(result):
    """The points of an exercise or a student; in red where some were lost."""
    return Text(f"{result.points:g}", style="" if result.points == result.max_points else "bold red")
