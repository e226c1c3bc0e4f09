"""Notes of what was checked, in the learner's copy of the course: so progress outlasts kernels and upgrades.

They stand in `.lossedu/progress.jsonl` (in the browser, `progress.txt`), in the folder that holds the chapters'
folders: a line a verdict, and lines are only ever added, so that two notebooks at work don't get in each other's way.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from lossedu.exercises import chapters

FOLDER = ".lossedu"
# JupyterLite takes a file that ends in .jsonl for one JSON text, and a kernel that writes it then waits for ever
FILE = "progress.txt" if sys.platform == "emscripten" else "progress.jsonl"
LONGEST = 2000  # characters of a message that a note keeps
UNWRITTEN = []  # notes of this session that have no place: they last as long as it does


def course_of(folder="."):
    """The copy of the course that a folder belongs to, or None.

    It is what `lossedu start` laid out, the folder itself or the one above; or else the folder that holds those of
    chapters, such as what a student fetched. A submission in a teacher's course directory is no copy: nothing may be
    written there.
    """
    folder = Path(folder).resolve()
    laid_out = next((place for place in (folder, folder.parent) if (place / FOLDER).is_dir()), None)
    if laid_out:
        return laid_out
    of_teacher = [(place / "nbgrader_config.py").is_file() for place in (folder, *folder.parents)]
    if folder.name in chapters():
        return None if any(of_teacher[3:]) else folder.parent
    holds_chapter = any((folder / name / f"{name}.ipynb").is_file() for name in chapters())
    return folder if holds_chapter and not any(of_teacher) else None


def note_verdict(found, course=None):
    """Note a verdict, with the message of the first aspect that is not right, from which hints start."""
    note = {"exercise": found.exercise, "passed": found.passed, "points": found.points}
    failed = next((aspect for aspect in found.aspects if not aspect.passed), None)
    if failed is not None:
        note |= {"aspect": failed.name, "message": failed.message[:LONGEST], "language": found.language}
        note |= {"diagnosis": found.diagnosis}
    add(note, course)


def add(note, course=None):
    """Add a note to those of a copy of the course, by default of the one we are in, unless nbgrader runs the notebook.

    A learner's work goes on if the note cannot be written.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return
    try:
        course = course or course_of()
        if course is None:
            raise FileNotFoundError
        file = Path(course, FOLDER, FILE)
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{json.dumps(note)}")  # a line break first: it ends a line that an accident has cut off
    except OSError:
        UNWRITTEN.append(note)


def read_notes(course):
    """All notes of a copy of the course, None for no copy, in the order they were made, and those of this session."""
    lines = []
    if course is not None:
        with contextlib.suppress(OSError):
            lines = Path(course, FOLDER, FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    found = []
    for line in lines:
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [note for note in [*found, *UNWRITTEN] if isinstance(note, dict) and "exercise" in note]
