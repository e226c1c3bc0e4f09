"""The results of a student, as data for the table, the report and the exports."""

from dataclasses import dataclass
from datetime import datetime

BY_HAND = "waits for a grade by hand"
OLDER = "graded by hand before it was graded again: these points count; check whether they still fit"


@dataclass(frozen=True)
class ExerciseResult:
    """The points for one exercise, and remarks on the answer.

    `mistake` says why points are lost. `diagnosis` is set if a known misconception explains this. `verdict` is the
    complete text for the learner. `review` says why a person should look at the answer. `stopped_by` is the number of
    an earlier cell that stopped, so that a name is undefined here.
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
        """All remarks in one line; an empty text if all is right."""
        return "; ".join(filter(None, (*self.review, self.mistake)))


@dataclass(frozen=True)
class StudentResult:
    """All exercises of one student, in the order of the notebooks, or why there are none.

    Times are in UTC; `due` includes the student's extension, and `penalty` is in points. `remarks` say what is
    unusual about the submission as a whole. `graded_by` is the edition of lossedu, or None if it is not known.
    """

    student: str
    exercises: tuple[ExerciseResult, ...]
    problem: str | None = None
    name: str = ""
    handed_in: datetime | None = None
    due: datetime | None = None
    penalty: float = 0
    remarks: tuple[str, ...] = ()
    graded_by: str | None = None

    @property
    def waiting(self):
        """How many answers wait for a grade by hand."""
        return sum(BY_HAND in result.review for result in self.exercises)

    @property
    def points(self):
        """The points of all exercises."""
        return sum(result.points for result in self.exercises)

    @property
    def max_points(self):
        """The points that all exercises are worth."""
        return sum(result.max_points for result in self.exercises)
