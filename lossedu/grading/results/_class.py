"""Read the results of a class from the gradebook, the autograded notebooks and the submissions."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import nbformat.v4

from lossedu.grading.course import NotGradedError, handed_in, open_gradebook, time_of
from lossedu.grading.results._gradebook import read_grades, read_penalties, read_submissions
from lossedu.grading.results._model import ExerciseResult, StudentResult
from lossedu.grading.results._notebooks import edition_in, read_exercises, reasons_to_wait, remarks_on
from lossedu.grading.results._ungraded import why_not_graded
from lossedu.grading.steps import TrustedExecute, master_of
from lossedu.grading.stops import describe


def read_results(course, assignment):
    """Read the results of all submissions for an assignment.

    Args:
        course: the nbgrader course directory. Its `nbgrader_config.py`, if any, says where its folders are.
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
    exercises, remarks, graded_by = [], [], None
    for name, master in masters.items():
        of_notebook = {cell: grade for (notebook, cell), grade in grades.items() if notebook == name}
        if name not in paths:
            exercises.append(not_handed_in(name, master, of_notebook))
            continue
        try:  # nbgrader wrote it: to validate it again takes four times as long
            notebook = nbformat.v4.reads(paths[name].read_text(encoding="utf-8"))
            exercises.append(tuple(read_exercises(notebook.cells, of_notebook, timeout)))
            graded_by = edition_in(notebook)
            remarks += remarks_on(notebook, exercises[-1], f"{name}.ipynb, " if len(masters) > 1 else "")
        except Exception as error:  # one damaged notebook must not hide the results of other students
            return StudentResult(student, (), f"its autograded notebook cannot be read: {describe(error)}", **details)
    found = tuple(with_unique_names(dict(zip(masters, exercises, strict=True))))
    unusual = tuple(dict.fromkeys(remarks))
    return StudentResult(student, found, remarks=unusual, graded_by=graded_by, **details)


def not_handed_in(name, master, grades):
    """Return the results of the exercises in a notebook that the student did not hand in."""
    missing = f"{name}.ipynb was not handed in"
    graded = [(cell.name.removeprefix("check_"), grades[cell.name]) for cell in master.cells if cell.name in grades]
    return tuple(
        ExerciseResult(exercise, grade.points, grade.max_points, missing, review=tuple(reasons_to_wait(grade)))
        for exercise, grade in graded
    )


def with_unique_names(exercises):
    """Yield the results of all notebooks, given by notebook; if exercises share a name, add the notebook's name.

    The tables of a class have one column for each name.
    """
    uses = Counter(each.exercise for found in exercises.values() for each in found)
    for notebook, found in exercises.items():
        for each in found:
            yield replace(each, exercise=f"{notebook}/{each.exercise}") if uses[each.exercise] > 1 else each
