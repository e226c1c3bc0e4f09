"""A course directory: its configuration, its gradebook, and what was handed in."""

import glob
import os
import re
from contextlib import contextmanager
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from lossedu import exercises
from lossedu.errors import PlainError
from lossedu.grading.nbgrader import CourseDirectory, Gradebook
from lossedu.intake.choosing import UnclearError
from lossedu.intake.notebooks import MOST_CELLS
from lossedu.intake.places import Entry, find_entries
from lossedu.intake.times import UnreadableTimeError, read_time

MOST_FILES = 2000  # in one submission; nbgrader compares each file with all others in its folder


class NotGradedError(PlainError, LookupError):
    """There are no results: the course has no gradebook, or the gradebook does not know the assignment."""


class UnfitFileError(UnclearError):
    """A submission holds a file that lossedu refuses to read."""


def read_config(course):
    """Read `nbgrader_config.py` in the course directory; return an empty configuration if there is none."""
    try:
        return PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    except ConfigFileNotFound:
        return Config()


@contextmanager
def open_gradebook(course):
    """Open the gradebook of a course, beside its `CourseDirectory`; NotGradedError if there is no gradebook yet."""
    folders = CourseDirectory(config=read_config(course), root=str(Path(course).resolve()))
    if not has_gradebook(folders):
        raise NotGradedError(f"{course} holds no gradebook: nothing was graded there yet")
    with Gradebook(folders.db_url, folders.course_id) as gradebook:
        yield gradebook, folders


def has_gradebook(folders):
    """Tell whether a `CourseDirectory` has a gradebook. If it has none, nbgrader makes an empty one."""
    database = folders.db_url.removeprefix("sqlite:///")
    return database == folders.db_url or Path(database).exists()


def handed_in(folders, assignment, known):
    """Find the submissions for an assignment, and stray entries that belong to no student.

    Args:
        folders: a `CourseDirectory`.
        assignment: name of the assignment.
        known: the names of all assignments in the gradebook.

    Returns:
        list of Entry: sorted by name, without the students that the course excludes.
    """
    submitted = Path(folders.root, folders.submitted_directory)
    place = Path(folders.format_path(folders.submitted_directory, "STUDENT", assignment))
    if place == submitted / "STUDENT" / assignment:
        others = (Path(folders.root, each) for each in (folders.source_directory, folders.release_directory))
        names = {path.name for folder in others if folder.is_dir() for path in folder.iterdir() if path.is_dir()}
        entries = find_entries(submitted, assignment, {*known, *names, *exercises.chapters()})
    else:  # the teacher has configured another structure: search it as nbgrader does
        pattern = folders.format_path(
            folders.submitted_directory, "(?P<student>.*)", re.escape(assignment), escape=True
        )
        found = sorted(glob.glob(folders.format_path(folders.submitted_directory, "*", assignment)))  # noqa: PTH207  absolute
        entries = [Entry(re.fullmatch(pattern, path)["student"], Path(path), (Path(path),)) for path in found]
    excluded = folders.student_id_exclude.split(",")
    return [entry for entry in entries if entry.name not in excluded]


def check_files(entry, largest, most):
    """Check an entry's files, and return their places on the disk by their paths.

    Args:
        entry: an `Entry`.
        largest: how many bytes a file may have.
        most: how many bytes all files may have together.

    Raises:
        UnfitFileError: a file is a link, a folder or a device, or the files are too large or too many.
    """
    inside = [os.path.realpath(root.parent) for root in entry.roots]
    files, total = {}, 0
    for path, place in entry.files():
        files[path] = place
        if len(files) > MOST_FILES:
            raise UnfitFileError(f"it has more than {MOST_FILES:,} files")
        real = Path(os.path.realpath(place))
        if place.is_symlink() or not any(real.is_relative_to(each) for each in inside) or not place.is_file():
            raise UnfitFileError(f"{path!r} is not a file of this submission, but a link, a folder or a device")
        size = place.stat().st_size
        if size > largest:
            raise UnfitFileError(f"{path!r} is larger than {largest / 1000:,.0f} kB")
        total += size
    if total > most:
        raise UnfitFileError(f"its files are larger than {most / 10**6:,.0f} MB together")
    return files


def read_files(places):
    """Read the files of a submission, given their places on the disk by their paths.

    Raises:
        UnfitFileError: a notebook has too many cells.
    """
    content = {path: place.read_bytes() for path, place in places.items()}
    for path, data in content.items():
        if data.count(b'"cell_type"') > MOST_CELLS:  # to read such a notebook would take minutes
            raise UnfitFileError(f"{path!r} has more than {MOST_CELLS:,} cells")
    return content


def time_of(folder):
    """Return the time of a submission from the `timestamp.txt` in its folder; None if it is missing or unclear."""
    try:
        return read_time_in(folder)
    except UnreadableTimeError:
        return None


def read_time_in(folder):
    """Return the time of a submission from the `timestamp.txt` in its folder; None if there is no such file.

    Raises:
        UnreadableTimeError: the file holds no time, or one that can be read in two ways.
    """
    file = Path(folder, "timestamp.txt")
    if not os.path.lexists(file):
        return None
    if file.is_symlink() or not file.is_file():
        raise UnreadableTimeError("it is not a file")
    with file.open("rb") as stream:
        return read_time(stream.read(1000))
