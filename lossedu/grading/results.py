"""The grades of an assignment, exercise by exercise, and in words what is wrong.

Points are those of nbgrader's gradebook. The words come from the autograded notebooks, where the checker leaves its
verdict as data beside what it shows.
"""

import re
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import nbformat
from nbformat.reader import NotJSONError
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade
from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text
from traitlets.config import Config, ConfigFileNotFound, PyFileConfigLoader

from lossedu.checking._render import MIME_TYPE
from lossedu.grading.trusted import TrustedExecute

__all__ = ["ExerciseResult", "NotGradedError", "StudentResult", "print_results", "read_config", "read_results"]

NOTHING = "–"  # stands for the points of who could not be graded


class NotGradedError(LookupError):
    """There is nothing to read: the course has no gradebook, or the gradebook no such assignment."""


@dataclass(frozen=True)
class ExerciseResult:
    """The points for one exercise, and what there is to say about the answer; nothing if all is right."""

    exercise: str
    points: float
    max_points: float
    words: str


@dataclass(frozen=True)
class StudentResult:
    """All exercises of one student, in the order of the notebook, or why there are none."""

    student: str
    exercises: tuple[ExerciseResult, ...]
    problem: str | None = None

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
    config = read_config(course)
    folders = CourseDirectory(config=config, root=str(Path(course).resolve()))
    database = folders.db_url.removeprefix("sqlite:///")
    if database != folders.db_url and not Path(database).exists():  # nbgrader would make an empty one
        raise NotGradedError(f"{course} holds no gradebook: nothing was graded there yet")
    timeout = TrustedExecute(config=config).timeout

    def notebook(step, student):
        return Path(folders.format_path(step, student, assignment), f"{assignment}.ipynb")

    results = []
    with Gradebook(folders.db_url, folders.course_id) as gradebook:
        try:
            submissions = gradebook.find_assignment(assignment).submissions
        except MissingEntry:
            raise NotGradedError(f"the gradebook of {course} knows no assignment {assignment!r}") from None
        for submission in submissions:
            student = submission.student.id
            autograded = notebook(folders.autograded_directory, student)
            if autograded.exists():
                grades = gradebook.find_submission_notebook(assignment, assignment, student).grades
                results.append(StudentResult(student, tuple(read_exercises(autograded, grades, timeout))))
            else:
                problem = why_not_graded(notebook(folders.submitted_directory, student))
                results.append(StudentResult(student, (), problem))
    return sorted(results, key=lambda result: result.student)


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


def read_exercises(autograded, grades, timeout):
    """Yield the result of each test cell of an autograded notebook, in its order."""
    grades = {grade.name: grade for grade in grades}
    cells = nbformat.read(autograded, as_version=4).cells
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in cells if "nbgrader" in cell.metadata}
    for name, cell in by_name.items():
        if is_grade(cell):
            grade, exercise = grades[name], name.removeprefix("check_")
            words = []
            if cell.metadata.get("lossedu", {}).get("put_back"):
                words.append("test cell was deleted: put back and graded")
            if grade.score < grade.max_score:
                words.append(what_is_wrong(cell, by_name.get(exercise), timeout))
            yield ExerciseResult(exercise, grade.score, grade.max_score, "; ".join(words))


def what_is_wrong(check, solution, timeout):
    """What explains the points lost in a test cell: time, then an error in the answer's own cell, then the verdict."""
    errors = errors_of(check) + errors_of(solution)
    if any(error.ename == "CellTimeoutError" for error in errors):
        return f"did not finish in time ({timeout} s)"
    for error in errors_of(solution):
        if error.ename != "NotImplementedError":
            return in_words(error)
    for verdict in (output.data[MIME_TYPE] for output in check.outputs if MIME_TYPE in output.get("data", {})):
        if not verdict["passed"]:
            first_line = verdict["message"].splitlines()[0]
            return verdict["diagnosis"] or first_line.removesuffix(" The smallest:").removesuffix(".")
    return in_words(errors[0]) if errors else "graded by hand, or its test cell wrote to stderr: see the feedback"


def errors_of(cell):
    """The errors that a cell ended with; none for a cell that is not there."""
    return [output for output in cell.outputs if output.output_type == "error"] if cell else []


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
