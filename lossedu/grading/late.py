"""What a late submission costs, if the course says so in `nbgrader_config.py`."""

import math

from traitlets import Float

from lossedu.grading.nbgrader import BasePlugin

SECONDS_A_DAY = 86_400


class PenaltyPerDay(BasePlugin):
    """Take a percentage of the earned points for each day or part of a day, until none are left."""

    percent = Float(10, min=0, max=100, help="Percent of the points to take for each started day.").tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """Return the points that a submission loses.

        Args:
            student_id: who handed it in.
            score: the points of the notebook, before the penalty.
            total_seconds_late: seconds after the due date; > 0.
        """
        days = math.ceil(total_seconds_late / SECONDS_A_DAY)
        return score * min(1, days * self.percent / 100)
