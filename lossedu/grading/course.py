"""A course directory: its configuration, its gradebook, and what was handed in."""

import glob
import os
import re
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, ConfigFileNotFound, PyFileConfigLoader

from lossedu import exercises
from lossedu.intake.choosing import UnclearError
from lossedu.intake.places import Entry, find_entries
from lossedu.intake.times import UnreadableTimeError, read_time

MOST_FILES = 2000  # in a submission: nbgrader compares each with all others in its folder


class NotGradedError(LookupError):
    """There is nothing to read: the course has no gradebook, or the gradebook no such assignment."""


class UnfitFileError(UnclearError):
    """A submission holds a file that cannot be taken as it is."""


def read_config(course):
    """What `nbgrader_config.py` in the course directory sets; nothing if there is none."""
    try:
        return PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    except ConfigFileNotFound:
        return Config()


@contextmanager
def open_gradebook(course):
    """The gradebook of a course, and its `CourseDirectory`; NotGradedError if there is none yet."""
    folders = CourseDirectory(config=read_config(course), root=str(Path(course).resolve()))
    database = folders.db_url.removeprefix("sqlite:///")
    if database != folders.db_url and not Path(database).exists():  # nbgrader would make an empty one
        raise NotGradedError(f"{course} holds no gradebook: nothing was graded there yet")
    with Gradebook(folders.db_url, folders.course_id) as gradebook:
        yield gradebook, folders


def handed_in(folders, assignment, known):
    """Find what students handed in to an assignment, and what lies among it that nobody can be given.

    Args:
        folders: a `CourseDirectory`.
        assignment: its name.
        known: the names of all assignments that the gradebook has.

    Returns:
        list of Entry: by name, without the students that the course excludes.
    """
    submitted = Path(folders.root, folders.submitted_directory)
    place = Path(folders.format_path(folders.submitted_directory, "STUDENT", assignment))
    if place == submitted / "STUDENT" / assignment:
        others = (Path(folders.root, each) for each in (folders.source_directory, folders.release_directory))
        names = {path.name for folder in others if folder.is_dir() for path in folder.iterdir() if path.is_dir()}
        entries = find_entries(submitted, assignment, {*known, *names, *exercises.chapters()})
    else:  # a structure of the teacher's own: what fits it is found as nbgrader finds it
        pattern = folders.format_path(
            folders.submitted_directory, "(?P<student>.*)", re.escape(assignment), escape=True
        )
        found = sorted(glob.glob(folders.format_path(folders.submitted_directory, "*", assignment)))  # noqa: PTH207  absolute
        entries = [Entry(re.fullmatch(pattern, path)["student"], Path(path), (Path(path),)) for path in found]
    excluded = folders.student_id_exclude.split(",")
    return [entry for entry in entries if entry.name not in excluded]


def check_files(entry, largest, most):
    """The places of an entry's files, by their paths.

    Args:
        entry: an `Entry`.
        largest: how many bytes a file may have.
        most: how many bytes all files may have together.

    Raises:
        UnfitFileError: one is no plain file within what was handed in, or they are too large or too many.
    """
    inside = [os.path.realpath(root.parent) for root in entry.roots]
    files, total = {}, 0
    for path, place in entry.files():
        files[path] = place
        if len(files) > MOST_FILES:
            raise UnfitFileError(f"it has more than {MOST_FILES:,} files")
        real = Path(os.path.realpath(place))
        if place.is_symlink() or not any(real.is_relative_to(each) for each in inside) or not place.is_file():
            raise UnfitFileError(f"{path!r} is no file of this submission, but a link, a folder or a device")
        size = place.stat().st_size
        if size > largest:
            raise UnfitFileError(f"{path!r} is larger than {largest / 1000:,.0f} kB")
        total += size
    if total > most:
        raise UnfitFileError(f"its files are larger than {most / 10**6:,.0f} MB together")
    return files


def time_of(folder):
    """When a submission in a folder was handed in, by its `timestamp.txt`; None if that is not known."""
    try:
        return read_time_in(folder)
    except UnreadableTimeError:
        return None


def read_time_in(folder):
    """When a submission in a folder was handed in; None without a `timestamp.txt`.

    Raises:
        UnreadableTimeError: the file holds no time, or one that can be read in two ways.
    """
    file = Path(folder, "timestamp.txt")
    if not os.path.lexists(file):
        return None
    if file.is_symlink() or not file.is_file():
        raise UnreadableTimeError("it is no file")
    with file.open("rb") as stream:
        return read_time(stream.read(1000))
