"""Read the results of exercises from an autograded notebook and the grades of its cells."""

from lossedu.checking import MIME_TYPE
from lossedu.grading.nbgrader import is_grade, is_solution, is_task
from lossedu.grading.results._model import BY_HAND, OLDER, ExerciseResult
from lossedu.grading.session import REFUSED
from lossedu.grading.steps import accident_in, is_put_back
from lossedu.grading.stops import cause_of, describe, describe_stop, stops_in
from lossedu.intake.notebooks import OUR_METADATA

OUR_FAULT = "lossedu itself failed here, which is not the student's mistake"
PUT_BACK = "test cell was missing: put back and graded"
ANSWER_PUT_BACK = "its cell was missing: look for the answer in other cells"


def read_exercises(cells, grades, timeout):
    """Yield the result of each graded cell of an autograded notebook, in its order.

    Args:
        cells: the cells of the notebook.
        grades: the `Graded` of each cell, by its name.
        timeout: seconds that a cell may take.
    """
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in cells if "nbgrader" in cell.metadata}
    stops = stops_in(cells)
    for name, cell in by_name.items():
        if (is_grade(cell) or is_task(cell)) and name in grades:
            grade, exercise = grades[name], name.removeprefix("check_")
            mistake, stop = "", None
            if grade.points < grade.max_points and not is_answer(cell) and not accident_in(cell):
                mistake, stop = why_points_are_lost(exercise, cell, by_name.get(exercise), stops, timeout)
            failed = [each for each in verdicts_on(cell) if not each["passed"]]
            yield ExerciseResult(
                exercise,
                grade.points,
                grade.max_points,
                mistake,
                next((each["diagnosis"] for each in failed), None),
                "\n\n".join(texts_of(cell, MIME_TYPE)),
                (*reasons_to_review(cell, grade), *refusals(cell)),
                stop and stop.number,
            )


def is_answer(cell):
    """Tell whether a graded cell holds an answer that a person grades, rather than a test."""
    return is_solution(cell) or is_task(cell)


def why_points_are_lost(exercise, check, solution, stops, timeout):
    """Return why a test cell lost points, and the stop of an earlier cell that caused it, or None."""
    words = [error.evalue for error in errors_of(solution) + errors_of(check)]
    stop = cause_of(exercise, stops, words + [each["message"] for each in verdicts_on(check)])
    return f"stops because {stop.place} stopped" if stop else what_is_wrong(check, solution, timeout), stop


def reasons_to_review(cell, grade):
    """Return why a person should look at a graded cell."""
    reasons = []
    if is_put_back(cell):
        reasons.append(ANSWER_PUT_BACK if is_answer(cell) else PUT_BACK)
    if accident_in(cell):
        reasons.append(f"{OUR_FAULT} ({accident_in(cell)})")
    return reasons + reasons_to_wait(grade)


def reasons_to_wait(grade):
    """Return why a person has to grade an answer, or to look at an earlier grade by hand: at most one reason."""
    return [BY_HAND] if grade.waits else [OLDER] if grade.is_older else []


def remarks_on(notebook, exercises, where=""):
    """Return remarks on a graded notebook: what was done to read it, and which cells stopped that others depend on.

    `where` is put before the number of a cell.
    """
    noted = notebook.metadata.get(OUR_METADATA, {}).get("remarks", [])
    found = []
    for stop in stops_in(notebook.cells):
        hit = sum(1 for each in exercises if each.stopped_by == stop.number)
        if hit:
            found.append(f"{where}{describe_stop(stop, hit)}")
    return (*noted, *found)


def edition_in(notebook):
    """Return the edition of lossedu that graded a notebook; None if the notebook does not tell."""
    found = notebook.metadata.get(OUR_METADATA, {}).get("graded_by")
    return found if isinstance(found, str) else None


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
    """Return the lines of a test cell that say what the submission tried to use and was refused."""
    return [text for text in texts_of(cell, "text/plain") if text.startswith(REFUSED)]


def texts_of(cell, kind):
    """Return, as text, the outputs of a cell that also have this MIME type."""
    return [output.data["text/plain"] for output in outputs_of(cell) if kind in output.get("data", {})]


def outputs_of(cell):
    """Return the outputs of a cell; an empty list if there is no cell, or if it is not a code cell."""
    return cell.get("outputs", []) if cell else []


def errors_of(cell):
    """Return the errors that a cell ended with; an empty list if there is no cell."""
    return [output for output in outputs_of(cell) if output.output_type == "error"]
