"""Whether the notebook of a chapter offers worked solutions.

A class switches them off by one line in its `nbgrader_config.py`, `c.Hints.worked_solutions = False`. `nbgrader
generate_assignment` then notes it in the metadata of the released notebook. This is advice, not protection: an
installed lossedu holds the solutions.
"""

import json
import os
from pathlib import Path

OURS = "lossedu"  # as OUR_METADATA of lossedu.intake.notebooks, which needs nbformat; a browser may not have that
WORKED_SOLUTIONS = "worked_solutions"  # under OURS; solutions are offered unless it is False


def offers_solutions(chapter, course):
    """Tell whether a learner's notebook of a chapter offers worked solutions; it does unless it says otherwise.

    Args:
        chapter: the chapter.
        course: the folder of the learner's copy; None for the working directory.
    """
    name = f"{chapter}.ipynb"
    session = os.environ.get("JPY_SESSION_NAME", "")  # the file of the notebook, in newer versions of Jupyter
    places = {Path.cwd() / name, Path(course or "..") / chapter / name}
    places |= {Path(session)} if session.endswith(name) else set()
    return not any(setting_in(place) is False for place in places)


def setting_in(notebook):
    """Return what a notebook's metadata say about worked solutions; None if they say nothing or cannot be read."""
    try:
        metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
        return metadata[OURS][WORKED_SOLUTIONS]
    except (OSError, ValueError, KeyError, TypeError):
        return None
