"""Read an assignment's data from the gradebook, with one query for all students.

nbgrader's own objects would ask the database again for each grade.
"""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func

from lossedu.grading.nbgrader import (
    WAITS,
    Assignment,
    BaseCell,
    Grade,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)


class Graded(NamedTuple):
    """The grade of a cell.

    `waits` tells whether a person still has to grade it; until then it counts 0. `is_older` tells whether a person
    graded it before the submission was graded again; these points count.
    """

    points: float
    max_points: float
    waits: bool = False
    is_older: bool = False


def read_submissions(gradebook, assignment):
    """Yield for each submission: the student's id and name, when it was handed in and when it was due."""
    due = assignment.duedate
    asked = (Student.id, Student.first_name, Student.last_name)
    query = gradebook.db.query(*asked, SubmittedAssignment.timestamp, SubmittedAssignment.extension)
    query = query.select_from(SubmittedAssignment).join(SubmittedAssignment.student)
    query = query.join(SubmittedAssignment.assignment).filter(Assignment.id == assignment.id).order_by(Student.id)
    for student, first, last, moment, extension in query:
        yield student, " ".join(filter(None, (first, last))), moment, due and due + (extension or timedelta())


def read_grades(gradebook, assignment):
    """Return a dictionary for each student: the grades by the names of the notebook and the cell."""
    worth = {
        (notebook.name, cell.name): cell.max_score
        for notebook in assignment.notebooks
        for cell in [*notebook.grade_cells, *notebook.task_cells]
    }
    asked = (SubmittedAssignment.student_id, Notebook.name, BaseCell.name, Grade.score)
    asked = (*asked, Grade.needs_manual_grade, WAITS)
    query = gradebook.db.query(*asked).select_from(Grade).join(Grade.notebook).join(SubmittedNotebook.assignment)
    query = query.join(SubmittedNotebook.notebook).join(Grade.cell)
    found = {}
    query = query.filter(SubmittedAssignment.assignment_id == assignment.id)
    for student, notebook, cell, points, needs_person, waits in query:
        is_older = needs_person and not waits
        found.setdefault(student, {})[notebook, cell] = Graded(points, worth[notebook, cell], waits, is_older)
    return found


def read_penalties(gradebook, assignment):
    """Return the points that students lose for late work, by student."""
    query = gradebook.db.query(
        SubmittedAssignment.student_id, func.coalesce(func.sum(SubmittedNotebook.late_submission_penalty), 0)
    )
    query = query.select_from(SubmittedAssignment).outerjoin(SubmittedAssignment.notebooks)
    query = query.join(SubmittedAssignment.assignment).filter(Assignment.name == assignment)  # pyright: ignore[reportGeneralTypeIssues]  a column
    return dict(query.group_by(SubmittedAssignment.student_id).all())
