"""The grades of an assignment, exercise by exercise, with an explanation of what is wrong.

Points are those of nbgrader's gradebook (`_gradebook`). The explanations come from the autograded notebooks
(`_notebooks`), where the checker stores its verdict as data beside what it shows.
"""

from lossedu.grading.results._class import read_results, results_in
from lossedu.grading.results._gradebook import Graded
from lossedu.grading.results._model import BY_HAND, OLDER, ExerciseResult, StudentResult
from lossedu.grading.results._notebooks import ANSWER_PUT_BACK, OUR_FAULT, read_exercises, remarks_on
from lossedu.grading.results._table import print_results
from lossedu.grading.results._ungraded import why_not_graded

__all__ = [
    "ANSWER_PUT_BACK",
    "BY_HAND",
    "OLDER",
    "OUR_FAULT",
    "ExerciseResult",
    "Graded",
    "StudentResult",
    "print_results",
    "read_exercises",
    "read_results",
    "remarks_on",
    "results_in",
    "why_not_graded",
]
