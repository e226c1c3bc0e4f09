"""What late submissions cost, by the plugin that a course names in `nbgrader_config.py`."""

import pytest
from traitlets.config import Config

from lossedu.grading.late import PenaltyPerDay

DAY = 24 * 60 * 60


@pytest.mark.parametrize(
    ("seconds", "percent", "lost"),
    [(1, 10, 2), (DAY, 10, 2), (DAY + 1, 10, 4), (10 * DAY, 10, 20), (365 * DAY, 10, 20), (DAY, 0, 0), (1, 100, 20)],
)
def test_each_day_begun_costs_its_share_and_never_more_than_all(seconds, percent, lost):
    plugin = PenaltyPerDay(config=Config({"PenaltyPerDay": {"percent": percent}}))
    assert plugin.late_submission_penalty("a", 20, seconds) == pytest.approx(lost)
