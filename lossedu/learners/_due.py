"""When an assignment is due: the teacher's release puts a file beside the notebook, and learners see what it says."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lossedu.language import say

DUE_DATE = "due_date.json"


def due_date_file(due, released):
    """Return the content of the file that tells learners when an assignment is due.

    Args:
        due: an aware `datetime`.
        released: the folder in the exchange that holds the current version of this file.
    """
    return json.dumps({"due": due.isoformat(), "current": str(Path(released, DUE_DATE))}, indent=1) + "\n"


def due_date(folder):
    """Return when the assignment in a folder is due, as an aware `datetime`; None if this is not known.

    The date may have changed after the learner fetched the assignment. So the file in the exchange counts, if it can be
    read.
    """
    fetched = read_file(Path(folder, DUE_DATE))
    current = read_file(Path(fetched["current"])) if isinstance(fetched.get("current"), str) else {}
    for found in (current, fetched):
        with suppress(KeyError, TypeError, ValueError):
            due = datetime.fromisoformat(found["due"])
            return due if due.tzinfo else due.replace(tzinfo=UTC)
    return None


def read_file(path):
    """Return what a file with a due date says; an empty dict if it is missing or says nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def describe_due(due, now=None):
    """Say when an assignment is due, in this machine's time zone, and how much time is left, in the reader's language.

    >>> due = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    >>> describe_due(due, datetime(2026, 2, 26, 12, tzinfo=UTC)).partition(", ")[2]
    '3 days left'
    """
    left = due - (now or datetime.now(UTC))
    if left < timedelta(0):
        rest = say("this time has passed")
    elif left < timedelta(hours=1):
        rest = say("less than an hour left")
    elif left < timedelta(hours=2):
        rest = say("1 hour left")
    elif left < timedelta(days=2):
        rest = say("{number} hours left", number=left // timedelta(hours=1))
    else:
        rest = say("{number} days left", number=left.days)
    return say("{date}, {time_left}", date=f"{due.astimezone():%Y-%m-%d %H:%M %Z}", time_left=rest)
