"""The grades of an assignment, exercise by exercise, and in words what is wrong.

Points are those of nbgrader's gradebook. The words come from the autograded notebooks, where the checker leaves its
verdict as data beside what it shows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import nbformat.v4
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.utils import is_grade, is_solution, is_task
from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import func

from lossedu.checking._render import MIME_TYPE
from lossedu.grading.course import NotGradedError, check_files, handed_in, open_gradebook, read_config, time_of
from lossedu.grading.session import REFUSED
from lossedu.grading.stops import cause_of, describe, stops_in, tell
from lossedu.grading.strangers import for_terminal
from lossedu.grading.trusted import TrustedExecute, accident_in, is_put_back, master_of
from lossedu.intake.choosing import UnclearError, choose
from lossedu.intake.matching import match
from lossedu.intake.notebooks import OUR_METADATA, UnreadableError, read_notebook

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
OUR_FAULT = "lossedu itself failed here, which is not the student's mistake"
PUT_BACK = "test cell was missing: put back and graded"
LARGEST = 2**27  # bytes that are read to find out why a submission is not graded


@dataclass(frozen=True)
class ExerciseResult:
    """The points for one exercise, and what there is to say about the answer.

    `mistake` explains the points lost, and `diagnosis` is set where a known misconception does; `verdict` is all that
    the learner is told; `review` says why a person should look at it; `stopped_by` is the number of an earlier cell
    that stopped, so that a name is missing here.
    """

    exercise: str
    points: float
    max_points: float
    mistake: str = ""
    diagnosis: str | None = None
    verdict: str = ""
    review: tuple[str, ...] = ()
    stopped_by: int | None = None

    @property
    def words(self):
        """All there is to say in a line; nothing if all is right."""
        return "; ".join(filter(None, (*self.review, self.mistake)))


@dataclass(frozen=True)
class StudentResult:
    """All exercises of one student, in the order of the notebook, or why there are none.

    Moments are in UTC; `due` has the student's own extension in it, and `penalty` is in points. `remarks` tell what
    was out of the ordinary about the submission as a whole.
    """

    student: str
    exercises: tuple[ExerciseResult, ...]
    problem: str | None = None
    name: str = ""
    handed_in: datetime | None = None
    due: datetime | None = None
    penalty: float = 0
    remarks: tuple[str, ...] = ()

    @property
    def points(self):
        """The points of all exercises."""
        return sum(result.points for result in self.exercises)

    @property
    def max_points(self):
        """The points that all exercises are worth."""
        return sum(result.max_points for result in self.exercises)


def read_results(course, assignment):
    """Read what became of all that was handed in to an assignment.

    Args:
        course: the nbgrader course directory. Its `nbgrader_config.py`, if any, says where things lie.
        assignment: a chapter, such as "07_kl_divergence"; its notebook has the same name.

    Returns:
        list of StudentResult: by name, one per student and one for each stray entry among the submissions.

    Raises:
        NotGradedError: there is no gradebook, or no such assignment in it.
    """
    with open_gradebook(course) as (gradebook, folders):
        return results_in(gradebook, folders, assignment)


def results_in(gradebook, folders, assignment):
    """What `read_results` gives, of an open gradebook and a `CourseDirectory`."""
    timeout = TrustedExecute(config=folders.config).timeout
    try:
        master = gradebook.find_notebook(assignment, assignment)
    except MissingEntry:
        raise NotGradedError(f"the gradebook knows no assignment {assignment!r}") from None
    entries = {each.name: each for each in handed_in(folders, assignment, [a.name for a in gradebook.assignments])}
    masters = {each.name: master_of(each) for each in master.assignment.notebooks}
    results = []
    grades, penalties = read_grades(gradebook, master), read_penalties(gradebook, assignment)
    for student, name, moment, due in read_submissions(gradebook, master.assignment):
        autograded = Path(folders.format_path(folders.autograded_directory, student, assignment), f"{assignment}.ipynb")
        entry, details = entries.pop(student, None), {"name": name, "handed_in": moment, "due": due}
        details["penalty"] = penalties[student]
        if autograded.exists():
            results.append(read_autograded(autograded, student, grades.get(student, {}), timeout, details))
        else:
            problem = why_not_graded(entry, masters) or "not graded: grading stopped; its log says why"
            results.append(StudentResult(student, (), problem, **details))
    for entry in entries.values():  # nothing in the gradebook yet
        problem = why_not_graded(entry, masters) or f"not graded yet: lossedu grade {assignment}"
        moment = time_of(entry.folder) if entry.folder else None
        results.append(StudentResult(entry.name, (), problem, handed_in=moment))
    return sorted(results, key=lambda result: result.student)


def read_autograded(path, student, grades, timeout, details):
    """The result of a student, from the autograded notebook and the grades that the gradebook has."""
    try:  # nbgrader wrote it: to validate it again takes four times as long
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        exercises = tuple(read_exercises(notebook.cells, grades, timeout))
    except Exception as error:  # one notebook that somebody has damaged must not hide the others
        return StudentResult(student, (), f"its autograded notebook cannot be read: {describe(error)}", **details)
    return StudentResult(student, exercises, remarks=remarks_on(notebook, exercises), **details)


def remarks_on(notebook, exercises):
    """What is out of the ordinary about a graded notebook: what was done to read it, and where it stopped first."""
    noted = notebook.metadata.get(OUR_METADATA, {}).get("remarks", [])
    found = []
    for stop in stops_in(notebook.cells):
        hit = sum(1 for each in exercises if each.stopped_by == stop.number)
        if hit:
            found.append(tell(stop, hit))
    return (*noted, *found)


def read_submissions(gradebook, assignment):
    """Yield student, name, when it was handed in and when it was due, of each submission.

    One query for all, as the two that follow: nbgrader's own objects ask the database anew for each grade.
    """
    due = assignment.duedate
    asked = (Student.id, Student.first_name, Student.last_name)
    query = gradebook.db.query(*asked, SubmittedAssignment.timestamp, SubmittedAssignment.extension)
    query = query.select_from(SubmittedAssignment).join(SubmittedAssignment.student)
    query = query.join(SubmittedAssignment.assignment).filter(Assignment.id == assignment.id).order_by(Student.id)
    for student, first, last, moment, extension in query:
        yield student, " ".join(filter(None, (first, last))), moment, due and due + (extension or timedelta())


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


def why_not_graded(entry, masters):
    """Why something that was handed in cannot be graded; None if it can.

    Args:
        entry: an `Entry`, or None for what is gone.
        masters: the `Master` of each notebook that the assignment asks for, by its name.
    """
    if entry is None:
        return "what was handed in is not there any more"
    if entry.problem:
        return entry.problem
    try:
        files = {path: place.read_bytes() for path, place in check_files(entry, LARGEST, LARGEST).items()}
        for name, content in choose(files, masters).notebooks.items():
            try:
                match(read_notebook(content), masters[name])
            except UnreadableError as error:
                return f"{name}.ipynb: {error}"
    except (UnclearError, OSError) as error:
        return str(error)
    return None


def read_exercises(cells, grades, timeout):
    """Yield the result of each graded cell of an autograded notebook, in its order."""
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in cells if "nbgrader" in cell.metadata}
    stops = stops_in(cells)
    for name, cell in by_name.items():
        if (is_grade(cell) or is_task(cell)) and name in grades:
            grade, exercise = grades[name], name.removeprefix("check_")
            review = [PUT_BACK] if is_put_back(cell) else []
            review += [f"{OUR_FAULT} ({accident_in(cell)})"] if accident_in(cell) else []
            review += [BY_HAND] if grade.by_hand else []
            mistake, stop = "", None
            if accident_in(cell):
                pass
            elif grade.points < grade.max_points and not (is_solution(cell) or is_task(cell)):
                solution = by_name.get(exercise)
                mistake = what_is_wrong(cell, solution, timeout)
                said = [error.evalue for error in errors_of(solution) + errors_of(cell)]
                stop = cause_of(exercise, stops, said + [each["message"] for each in verdicts_on(cell)])
                if stop:
                    mistake = f"stops because {stop.place} did"
            failed = [each for each in verdicts_on(cell) if not each["passed"]]
            yield ExerciseResult(
                exercise,
                grade.points,
                grade.max_points,
                mistake,
                next((each["diagnosis"] for each in failed), None),
                "\n\n".join(texts_of(cell, MIME_TYPE)),
                (*review, *refusals(cell)),
                stop and stop.number,
            )


def what_is_wrong(check, solution, timeout):
    """What explains the points lost in a test cell: time, then an error in the answer's own cell, then the verdict."""
    errors = errors_of(check) + errors_of(solution)
    if any(error.ename == "CellTimeoutError" for error in errors):
        return f"did not finish in time ({timeout} s)"
    for error in errors_of(solution):
        if error.ename != "NotImplementedError":
            return describe(error)
    for verdict in verdicts_on(check):
        if not verdict["passed"]:
            return verdict["diagnosis"] or verdict.get("summary") or verdict["message"].splitlines()[0]
    return describe(errors[0]) if errors else "graded by hand, or its test cell wrote to stderr: see the feedback"


def verdicts_on(cell):
    """The verdicts, as data, that a test cell shows; what has another form is none of ours."""
    found = [output.data[MIME_TYPE] for output in outputs_of(cell) if MIME_TYPE in output.get("data", {})]
    return [each for each in found if is_verdict(each)]


def is_verdict(data):
    """Whether something has the form of a verdict."""
    if not isinstance(data, dict):
        return False
    texts = all(isinstance(data.get(key), str | None) for key in ("diagnosis", "summary"))
    return isinstance(data.get("passed"), bool) and isinstance(data.get("message"), str) and texts


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
        points.add_row(shown(result.student), *(earned.get(name, NOTHING) for name in names), total)
    console.print(points)
    console.print(Columns([f"{number:4} {name}" for number, name in enumerate(names, 1)]))

    words = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for heading in ("student", "exercise", "points"):
        words.add_column(heading, no_wrap=True)
    words.add_column("in words")
    for result in results:
        remarks = [exercise for exercise in result.exercises if exercise.words]
        rows = [("", NOTHING, result.problem)] if result.problem else []
        rows += [("", "", remark) for remark in result.remarks]
        rows += [(each.exercise, f"{each.points:g} of {each.max_points:g}", each.words) for each in remarks]
        for student, (exercise, earned, said) in zip_longest([result.student][: len(rows)], rows, fillvalue=""):
            words.add_row(shown(student), shown(exercise), earned, shown(said))
    console.print(words)


def shown(words):
    """Words that strangers may have chosen, as text that neither the table nor a terminal takes for a command."""
    return Text(for_terminal(words))


def show_points(result):
    """The points of an exercise or a student; in red where some were lost."""
    return Text(f"{result.points:g}", style="" if result.points == result.max_points else "bold red")
