"""What learners have besides the chapters: a copy of the course of their own, progress, hints, a way back to a stub."""

from lossedu.learners._answers import AnswersError, CopiedAnswers, copy_answers
from lossedu.learners._copy import Laid, NoCopyError, lay_out, put_back, shipped_course
from lossedu.learners._due import DUE_DATE, describe_due, due_date, due_date_file
from lossedu.learners._hints import contract_of, hint, hints, next_hint
from lossedu.learners._progress import Standing, bundle, following, progress, standings

__all__ = [
    "DUE_DATE",
    "AnswersError",
    "CopiedAnswers",
    "Laid",
    "NoCopyError",
    "Standing",
    "bundle",
    "contract_of",
    "copy_answers",
    "describe_due",
    "due_date",
    "due_date_file",
    "following",
    "hint",
    "hints",
    "lay_out",
    "next_hint",
    "progress",
    "put_back",
    "shipped_course",
    "standings",
]
