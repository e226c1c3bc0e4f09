"""What learners have besides the chapters: a copy of the course of their own, progress, hints, a way back to a stub.

What copies answers is loaded when it is first used: it reads files with nbformat, which browsers lack.
"""

from lossedu.learners._cells import NoCopyError, shipped_course
from lossedu.learners._copy import Laid, lay_out, put_back
from lossedu.learners._due import DUE_DATE, describe_due, due_date, due_date_file
from lossedu.learners._hints import contract_of, hint, last_failed, next_hint, solution, worked_solution
from lossedu.learners._lab import SETTINGS, START_PAGE, open_lab, open_next
from lossedu.learners._offers import WORKED_SOLUTIONS
from lossedu.learners._progress import Standing, bundle, following, next_exercise, progress, standings, what_is_next
from lossedu.learners._warm_up import warm_up, warmed_up
from lossedu.learners._worked import Worked, solution_places, worked

TYPE_CHECKING = False  # as in `lossedu/__init__.py`
if TYPE_CHECKING:
    from lossedu.learners._answers import AnswersError, CopiedAnswers, copy_answers

__all__ = [
    "DUE_DATE",
    "SETTINGS",
    "START_PAGE",
    "WORKED_SOLUTIONS",
    "AnswersError",
    "CopiedAnswers",
    "Laid",
    "NoCopyError",
    "Standing",
    "Worked",
    "bundle",
    "contract_of",
    "copy_answers",
    "describe_due",
    "due_date",
    "due_date_file",
    "following",
    "hint",
    "last_failed",
    "lay_out",
    "next_exercise",
    "next_hint",
    "open_lab",
    "open_next",
    "progress",
    "put_back",
    "shipped_course",
    "solution",
    "solution_places",
    "standings",
    "warm_up",
    "warmed_up",
    "what_is_next",
    "worked",
    "worked_solution",
]


if not TYPE_CHECKING:

    def __getattr__(name):
        if name in ("AnswersError", "CopiedAnswers", "copy_answers"):
            from lossedu.learners import _answers

            return getattr(_answers, name)
        raise AttributeError(f"module 'lossedu.learners' has no attribute {name!r}")
