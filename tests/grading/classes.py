"""A class whose work is graded already: a gradebook, autograded notebooks and feedback pages, made without a kernel."""

import shutil
import warnings
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from lossedu import checking, losses
from lossedu.authoring import nbgrader_metadata
from tests.checking import verdict
from tests.samples.demo import REPOSITORY

ASSIGNMENT = "07_kl_divergence"
EDITION = "0.0, commit 12345678"
DUE = datetime(2026, 3, 1, 12)
WORTH = {"wasted_bits": 1, "kl_divergence": 4, "essay": 2}
RIGHT = {"wasted_bits": 0.25, "kl_divergence": losses.kl_divergence}


@dataclass
class Work:
    """What a student handed in, and what became of it; `autograded` False stands for a file that is no notebook."""

    answers: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    before: timedelta = timedelta(hours=1)
    penalty: float = 0
    essay: float | None = 1  # None waits for a person
    autograded: bool = True
    put_back: bool = False
    refused: str = ""
    extension: timedelta | None = None


def swapped(y_true, y_pred):
    return losses.kl_divergence(y_pred, y_true)


CLASS = {
    "a": Work(names={"first_name": "Ada", "last_name": "A", "email": "a@example.org", "lms_user_id": "11"}),
    "b": Work({"kl_divergence": swapped}, before=-timedelta(hours=30), penalty=0.5),
    "c": Work({"kl_divergence": swapped, "wasted_bits": 7}, put_back=True, refused="importing keras"),
    "d": Work(essay=None, before=-timedelta(hours=1), extension=timedelta(days=1)),
    "e": Work(autograded=False),
}


def graded_class(course, works=CLASS, absent=()):
    """Make the course directory of a class whose work on one assignment is graded; `absent` handed in nothing."""
    course.mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # at how nbgrader makes rows
        gradebook.add_assignment(ASSIGNMENT, duedate=DUE)
        gradebook.add_notebook(ASSIGNMENT, ASSIGNMENT)
        for name, points in WORTH.items():
            kind = "markdown" if name == "essay" else "code"
            gradebook.add_grade_cell(cell_of(name), ASSIGNMENT, ASSIGNMENT, max_score=points, cell_type=kind)
        for student in absent:
            gradebook.add_student(student)
        for student, work in works.items():
            gradebook.add_student(student, **work.names)
            handed_in = {"timestamp": DUE - work.before, "extension": work.extension}
            gradebook.add_submission(ASSIGNMENT, student, **handed_in)
            notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student)
            if not work.autograded:
                gradebook.remove_submission_notebook(ASSIGNMENT, ASSIGNMENT, student)
                write(course / "submitted" / student, "no notebook")
                continue
            notebook.late_submission_penalty = work.penalty
            write(course / "autograded" / student, nbformat.writes(graded(work, notebook)))
            (course / "feedback" / student / ASSIGNMENT).mkdir(parents=True)
            (course / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").touch()
        gradebook.db.commit()
    return course


def cell_of(name):
    return name if name == "essay" else f"check_{name}"


def graded(work, submission):
    """The autograded notebook, its grades set in the gradebook."""
    grades = {grade.name: grade for grade in submission.grades}
    cells = []
    for name, answer in (RIGHT | work.answers).items():
        found = verdict(name, answer)
        grade = grades[cell_of(name)]
        grade.auto_score, grade.needs_manual_grade = found.points, False
        cell = new_code_cell(metadata={"nbgrader": nbgrader_metadata(cell_of(name), solution=False, points=1)})
        cell.outputs = [new_output("display_data", checking.bundle(found))]
        if work.put_back:
            cell.metadata["lossedu"] = {"put_back": True}
        if work.refused:
            cell.outputs.insert(0, new_output("display_data", {"text/plain": f"refused while grading: {work.refused}"}))
        cells.append(cell)
    grades["essay"].manual_score, grades["essay"].needs_manual_grade = work.essay, work.essay is None
    essay = nbgrader_metadata("essay", solution=True, points=2)
    cells.append(new_markdown_cell("Because.", metadata={"nbgrader": essay}))
    return new_notebook(cells=cells, metadata={"lossedu": {"graded_by": EDITION}})


def write(folder, text):
    path = folder / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
