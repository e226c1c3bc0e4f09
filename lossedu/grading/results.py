"""The grades of an assignment, exercise by exercise, and in words what is wrong.

Points are those of nbgrader's gradebook. The words come from the autograded notebooks, where the checker leaves its
verdict as data beside what it shows.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import nbformat.v4
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Notebook,
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
ANSWER_PUT_BACK = "its cell was missing: look for the answer in other cells"
LARGEST = 2**27  # bytes; a larger submission is not read to find out why it was not graded


@dataclass(frozen=True)
class ExerciseResult:
    """The points for one exercise, and what there is to say about the answer.

    `mistake` explains the points lost, and `diagnosis` is set where a known misconception does; `verdict` is all that
    the learner is told; `review` says why a person should look at it; `stopped_by` is the number of the earlier
    cell that stopped and left a name undefined here.
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
    """All exercises of one student, in the order of the notebooks, or why there are none.

    Moments are in UTC; `due` includes the student's extension, and `penalty` is in points. `remarks` tell what is
    unusual about the submission as a whole.
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
    """Read the results of all submissions for an assignment.

    Args:
        course: the nbgrader course directory. Its `nbgrader_config.py`, if any, says where things lie.
        assignment: a chapter, such as "07_kl_divergence".

    Returns:
        list of StudentResult: sorted by name, one per student and one per stray entry among the submissions.

    Raises:
        NotGradedError: there is no gradebook, or no such assignment in it.
    """
    with open_gradebook(course) as (gradebook, folders):
        return results_in(gradebook, folders, assignment)


def results_in(gradebook, folders, assignment):
    """Return what `read_results` does, from an open gradebook and a `CourseDirectory`."""
    timeout = TrustedExecute(config=folders.config).timeout
    asked = next((each for each in gradebook.assignments if each.name == assignment), None)
    if asked is None or not asked.notebooks:
        raise NotGradedError(f"the gradebook knows no assignment {assignment!r}")
    entries = {each.name: each for each in handed_in(folders, assignment, [a.name for a in gradebook.assignments])}
    masters = {each.name: master_of(each) for each in asked.notebooks}
    results = []
    grades, penalties = read_grades(gradebook, asked), read_penalties(gradebook, assignment)
    for student, name, moment, due in read_submissions(gradebook, asked):
        folder = Path(folders.format_path(folders.autograded_directory, student, assignment))
        autograded = {each: path for each in masters if (path := folder / f"{each}.ipynb").exists()}
        entry, details = entries.pop(student, None), {"name": name, "handed_in": moment, "due": due}
        details["penalty"] = penalties[student]
        if autograded:
            results.append(read_autograded(autograded, masters, student, grades.get(student, {}), timeout, details))
        else:
            problem = why_not_graded(entry, masters) or "not graded: grading stopped; its log says why"
            results.append(StudentResult(student, (), problem, **details))
    for entry in entries.values():  # not in the gradebook yet
        problem = why_not_graded(entry, masters) or f"not graded yet: run lossedu grade {assignment}"
        moment = time_of(entry.folder) if entry.folder else None
        results.append(StudentResult(entry.name, (), problem, handed_in=moment))
    return sorted(results, key=lambda result: result.student)


def read_autograded(paths, masters, student, grades, timeout, details):
    """Read the result of a student from the autograded notebooks and the grades in the gradebook.

    Args:
        paths: the autograded notebooks, by their names in the assignment.
        masters: the `Master` of each notebook that the assignment asks for, by its name.
        student: the student's id.
        grades: the student's grades, by the notebook and the cell.
        timeout: seconds that a cell may take.
        details: further fields of the result.
    """
    exercises, remarks = [], []
    for name, master in masters.items():
        of_notebook = {cell: grade for (notebook, cell), grade in grades.items() if notebook == name}
        if name not in paths:
            exercises.append(not_handed_in(name, master, of_notebook))
            continue
        try:  # nbgrader wrote it: to validate it again takes four times as long
            notebook = nbformat.v4.reads(paths[name].read_text(encoding="utf-8"))
            exercises.append(tuple(read_exercises(notebook.cells, of_notebook, timeout)))
            remarks += remarks_on(notebook, exercises[-1], f"{name}.ipynb, " if len(masters) > 1 else "")
        except Exception as error:  # one damaged notebook must not hide the results of other students
            return StudentResult(student, (), f"its autograded notebook cannot be read: {describe(error)}", **details)
    found = tuple(told_apart(dict(zip(masters, exercises, strict=True))))
    return StudentResult(student, found, remarks=tuple(dict.fromkeys(remarks)), **details)


def not_handed_in(name, master, grades):
    """Return the results of the exercises in a notebook that the student did not hand in."""
    missing = f"{name}.ipynb was not handed in"
    return tuple(
        ExerciseResult(cell.name.removeprefix("check_"), grade.points, grade.max_points, missing, review=by_hand(grade))
        for cell in master.cells
        if (grade := grades.get(cell.name))
    )


def told_apart(exercises):
    """Yield the results of all notebooks, given by notebook; add the notebook's name where two exercises share theirs.

    The tables of a class have one column for each name.
    """
    uses = Counter(each.exercise for found in exercises.values() for each in found)
    for notebook, found in exercises.items():
        for each in found:
            yield replace(each, exercise=f"{notebook}/{each.exercise}") if uses[each.exercise] > 1 else each


def by_hand(grade):
    """Return the reason to look at an answer that waits for a grade by hand, as a tuple of none or one."""
    return (BY_HAND,) if grade.by_hand else ()


def remarks_on(notebook, exercises, where=""):
    """Return remarks on a graded notebook: what was done to read it, and which cells stopped that others depend on.

    `where` is put before the number of a cell.
    """
    noted = notebook.metadata.get(OUR_METADATA, {}).get("remarks", [])
    found = []
    for stop in stops_in(notebook.cells):
        hit = sum(1 for each in exercises if each.stopped_by == stop.number)
        if hit:
            found.append(f"{where}{tell(stop, hit)}")
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


def read_grades(gradebook, assignment):
    """Return the grades of an assignment by student, each a dictionary by the names of the notebook and the cell."""
    worth = {
        (notebook.name, cell.name): cell.max_score
        for notebook in assignment.notebooks
        for cell in [*notebook.grade_cells, *notebook.task_cells]
    }
    asked = (SubmittedAssignment.student_id, Notebook.name, BaseCell.name, Grade.score, Grade.needs_manual_grade)
    query = gradebook.db.query(*asked).select_from(Grade).join(Grade.notebook).join(SubmittedNotebook.assignment)
    query = query.join(SubmittedNotebook.notebook).join(Grade.cell)
    found = {}
    for student, notebook, cell, points, waits in query.filter(SubmittedAssignment.assignment_id == assignment.id):
        found.setdefault(student, {})[notebook, cell] = Graded(points, worth[notebook, cell], waits)
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
    """Say why a submission cannot be graded; return None if it can.

    Args:
        entry: an `Entry`, or None if the submission is gone.
        masters: the `Master` of each notebook that the assignment asks for, by its name.
    """
    if entry is None:
        return "the submission is no longer there"
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
            review = [ANSWER_PUT_BACK if is_solution(cell) or is_task(cell) else PUT_BACK] if is_put_back(cell) else []
            review += [f"{OUR_FAULT} ({accident_in(cell)})"] if accident_in(cell) else []
            review += by_hand(grade)
            mistake, stop = "", None
            if accident_in(cell):
                pass
            elif grade.points < grade.max_points and not (is_solution(cell) or is_task(cell)):
                solution = by_name.get(exercise)
                mistake = what_is_wrong(cell, solution, timeout)
                said = [error.evalue for error in errors_of(solution) + errors_of(cell)]
                stop = cause_of(exercise, stops, said + [each["message"] for each in verdicts_on(cell)])
                if stop:
                    mistake = f"stops because {stop.place} stopped"
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
    """Say why a test cell lost points: time, then an error in the answer's own cell, then the verdict."""
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
    """Return the verdicts that a test cell shows, as data; ignore data that is not a verdict of lossedu."""
    found = [output.data[MIME_TYPE] for output in outputs_of(cell) if MIME_TYPE in output.get("data", {})]
    return [each for each in found if is_verdict(each)]


def is_verdict(data):
    """Tell whether data has the form of a verdict."""
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
    """Return the outputs of a cell; an empty list if there is no cell, or if it is prose."""
    return cell.get("outputs", []) if cell else []


def errors_of(cell):
    """Return the errors that a cell ended with; an empty list if there is no cell."""
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
    points.add_column("student", overflow="fold")
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
    words.add_column("student", overflow="fold")
    for heading in ("exercise", "points"):
        words.add_column(heading, no_wrap=True)
    words.add_column("in words", overflow="fold")
    for result in results:
        remarks = [exercise for exercise in result.exercises if exercise.words]
        rows = [("", NOTHING, result.problem)] if result.problem else []
        rows += [("", "", remark) for remark in result.remarks]
        rows += [(each.exercise, f"{each.points:g} of {each.max_points:g}", each.words) for each in remarks]
        for student, (exercise, earned, said) in zip_longest([result.student][: len(rows)], rows, fillvalue=""):
            words.add_row(shown(student), shown(exercise), earned, shown(said))
    console.print(words)


def shown(words):
    """Return text from strangers so that neither the table nor the terminal takes it for markup or a command."""
    return Text(for_terminal(words))


def show_points(result):
    """The points of an exercise or a student; in red where some were lost."""
    return Text(f"{result.points:g}", style="" if result.points == result.max_points else "bold red")
