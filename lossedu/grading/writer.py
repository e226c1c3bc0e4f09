"""The one writer: runs of submissions become rows of the gradebook and autograded notebooks, by nbgrader's own steps.

Each submission is one transaction and one folder that appears at once: the folder is made beside its place, the rows
are committed, then it is moved there. So a run can be killed at any moment. See `Writer.is_graded`.
"""

import copy
import fnmatch
import os
import re
import shutil
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.writers import FilesWriter
from nbgrader import utils
from nbgrader.api import Assignment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.converters import Autograde
from sqlalchemy import func
from sqlalchemy.exc import SAWarning

from lossedu.grading.trusted import MOST_CELLS
from lossedu.grading.warm import WarmProvisioner
from lossedu.grading.worker import (
    Course,
    Job,
    Master,
    fault_of_the_machine,
    in_a_line,
    in_words,
    split_at_gradebook,
    standing_in,
)

REMARKS = 20  # on a submission, at most
MOST_FILES = 2000  # in a submission: nbgrader compares each with all others in its folder


class UnfitFileError(ValueError):
    """A submission holds a file that cannot be taken as it is."""


class ChangedError(Exception):
    """A submission was handed in anew while it was graded; nothing of it was written."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in: a folder."""

    student: str
    folder: Path


@dataclass(frozen=True)
class Result:
    """What became of a submission: points, or why there are none; `seconds`, `cpu`, `memory` are as in `Finished`.

    `remarks` are what was out of the ordinary, such as a cell that did not come to an end.
    """

    student: str
    points: float
    max_points: float
    seconds: float
    cpu: float
    memory: int
    problem: str | None = None
    remarks: tuple[str, ...] = ()


class OpenGradebook(Gradebook):
    """A gradebook that stays open from submission to submission."""

    def __exit__(self, *error):
        """Stay open: nbgrader's steps close what each of them would have opened."""

    @contextmanager
    def transaction(self):
        """All or nothing: what nbgrader commits meanwhile, cell by cell, is committed at the end."""
        with self.engine.begin() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # at how nbgrader makes rows
            self.db.remove()
            self.db.configure(bind=connection)  # a session in a transaction that it did not begin leaves it open
            try:
                yield
            finally:
                self.db.remove()
                self.db.configure(bind=self.engine)


class Writer(Autograde):
    """nbgrader's `Autograde` without its runs, which are done elsewhere."""

    def open(self):
        """Open the gradebook, and read what all submissions have in common; `MissingEntry` if it knows no such one."""
        self.gradebook = OpenGradebook(self.coursedir.db_url, self.coursedir.course_id)
        self.course = Course(portable(self.config), Master.read(self.gradebook, self.coursedir.assignment_id))
        self.read = {}  # by student, what the folder of the submission was like when it was read
        self.writer = FilesWriter(parent=self)
        self.exporter = self.exporter_class(parent=self, config=self.config)
        _, self.saving = split_at_gradebook(self.autograde_preprocessors)
        for preprocessor in self.saving:
            self.exporter.register_preprocessor(preprocessor)

    # --- What there is to do ---

    def submissions(self, students):
        """What students of these names or patterns handed in; `NbGraderException` for one that matches nothing."""
        found = {}
        for student in students:
            self.coursedir.student_id = student
            self.init_notebooks()
            found |= self.assignments
        pattern = re.compile(
            self._format_source(re.escape(self.coursedir.assignment_id), "(?P<student>.*)", escape=True)
        )
        excluded = self.coursedir.student_id_exclude.split(",")
        return [
            Submission(student, Path(folder))
            for folder in sorted(found)
            if (student := pattern.fullmatch(folder)["student"]) not in excluded
        ]

    def notebooks_of(self, submission):
        """The notebooks that are in a submission now."""
        return sorted(submission.folder.glob(f"{self.coursedir.notebook_id}.ipynb"))

    def ungraded(self, submissions):
        """Those that are not graded yet, or were handed in anew since.

        A submission is graded when the gradebook has it with the time at which it was handed in, and every notebook
        of it that the gradebook knows is in the autograded folder, which was made from it or from a later one. That
        goes by `timestamp.txt`, which is copied along, or where there is none by the times of the notebooks.
        """
        query = self.gradebook.db.query(SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
        query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        known = dict(query.filter(Assignment.name == self.coursedir.assignment_id).all())
        return [
            each for each in submissions if not (each.student in known and self.is_graded(each, known[each.student]))
        ]

    def is_graded(self, submission, recorded):
        """Whether a submission that the gradebook has, with that time, is graded; see `ungraded`."""
        autograded = self.place_of(submission.student)
        pairs = [
            (notebook, autograded / notebook.name)
            for notebook in self.notebooks_of(submission)
            if notebook.stem in self.course.master.notebooks
        ]
        if not pairs or not all(graded.exists() for _, graded in pairs):
            return False
        try:
            handed_in = self.timestamp(submission.folder)
        except UnfitFileError:
            return False
        if handed_in is None:
            return all(graded.stat().st_mtime >= notebook.stat().st_mtime for notebook, graded in pairs)
        copied = self.coursedir.get_existing_timestamp(str(autograded))
        return recorded == handed_in and copied is not None and copied >= handed_in

    def job(self, submission):
        """A submission as data; the files beside its notebooks are the master's where it has some of that name.

        `UnfitFileError` if they cannot be taken as they are.
        """
        self.check_files(submission.folder)
        self.timestamp(submission.folder)
        self.read[submission.student] = state_of(submission.folder)
        notebooks = self.notebooks_of(submission)
        self.notebooks, self.coursedir.student_id = [*map(str, notebooks)], submission.student
        self.run_pre_convert_hook()
        master = self.master_folder
        kept = [str(Path(master, name)) for name in self.exclude_overwriting.get(self.coursedir.assignment_id, [])]
        files = {}
        for folder, but in ((str(submission.folder), []), (master, kept)):
            for path in utils.find_all_files(folder, [*self.coursedir.ignore, "*.ipynb"]):
                if path not in but:
                    files[str(Path(path).relative_to(folder))] = Path(path).read_bytes()
        known = {path.name: path.read_bytes() for path in notebooks if path.stem in self.course.master.notebooks}
        for name, content in known.items():
            if content.count(b'"cell_type"') > MOST_CELLS:  # it would take minutes to find out otherwise
                raise UnfitFileError(f"{name!r} has more than {MOST_CELLS:,} cells")
        return Job(submission.student, known, files)

    def check_files(self, folder):
        """Raise `UnfitFileError` if a file is no plain file within the folder, or if they are too large or too many."""
        inside, total, paths = os.path.realpath(folder), 0, []
        for place, folders, names in os.walk(folder):
            paths += [Path(place, name) for name in (*names, *fnmatch.filter(folders, "*.ipynb"))]
            if len(paths) + len(folders) > MOST_FILES:
                raise UnfitFileError(f"it has more than {MOST_FILES:,} files")
        for path in paths:
            if not Path(os.path.realpath(path)).is_relative_to(inside) or not path.is_file():
                raise UnfitFileError(f"{path.name!r} is no file of this submission, but a link, a folder or a device")
            size = path.stat().st_size
            if size > 1000 * self.coursedir.max_file_size:
                raise UnfitFileError(f"{path.name!r} is larger than {self.coursedir.max_file_size} kB")
            total += size
        most = WarmProvisioner(config=self.config).file_limit // 2
        if total > most:
            raise UnfitFileError(f"its files are larger than {most / 10**6:,.0f} MB together")

    def timestamp(self, folder):
        """When a submission was handed in, or None if that is not known; `UnfitFileError` if its file holds no time."""
        file = folder / "timestamp.txt"
        if not os.path.lexists(file):
            return None
        if not file.is_file() or file.stat().st_size > 100:
            raise UnfitFileError(f"{file.name!r} holds no time")
        try:
            return self.coursedir.get_existing_timestamp(str(folder))
        except Exception as error:  # nbgrader's, which stumbles over its own report
            raise UnfitFileError(f"{file.name!r} holds no time") from error

    # --- What came of it ---

    def refuse(self, submission, error):
        """Leave the rows that nbgrader makes before it looks at the files, of which none is opened."""
        with self.gradebook.transaction():
            self.gradebook.update_or_create_student(submission.student)
            self.gradebook.update_or_create_submission(self.coursedir.assignment_id, submission.student)
        if self.place_of(submission.student).exists():
            utils.rmtree(self.place_of(submission.student))
        return Result(submission.student, 0, self.course.master.max_points, 0, 0, 0, in_a_line(str(error)))

    def write(self, submission, finished):
        """Leave what nbgrader leaves of a submission: rows, and a folder if its run came to an end.

        `ChangedError`, and nothing is left, if the submission is no longer the one that was read.
        """
        student, problem, notebooks = submission.student, finished.problem, self.notebooks_of(submission)
        for level, message in finished.log:
            self.log.log(level, "%s: %s", student, message)
        place, beside, aside = self.place_of(student), *self.makeshift(student)
        self.tidy(student)
        beside.mkdir(parents=True)
        try:
            with self.gradebook.transaction(), standing_in(self.gradebook, [Autograde, *self.saving]):
                try:
                    self.notebooks = [*map(str, notebooks)]
                    self.init_assignment(self.coursedir.assignment_id, student)
                    for name, text in finished.notebooks.items():
                        self.save(submission.folder / name, text)
                    self.set_permissions(self.coursedir.assignment_id, student)
                except Exception as error:  # nbgrader leaves the rows of what it could not grade
                    if fault := fault_of_the_machine(error):
                        raise fault from error
                    self.log.exception("%s could not be graded", student)
                    problem = problem or in_words(error)
                points = 0 if problem else self.points(student)
                if state_of(submission.folder) != self.read.pop(student):
                    raise ChangedError
            if place.exists():  # it goes at once, too: half a folder could pass for a whole one
                place.rename(aside)
            if problem is None:
                beside.rename(place)
        finally:
            self.tidy(student)
        told = self.course.master.max_points, finished.seconds, finished.cpu, finished.memory
        if problem:
            return Result(student, 0, *told, problem)
        self.coursedir.student_id = student
        self.run_post_convert_hook()
        remarks = tuple(dict.fromkeys(in_a_line(message) for _, message in finished.log[:REMARKS]))
        return Result(student, points, *told, remarks=remarks)

    def save(self, notebook, text):
        """Run nbgrader's last steps, from the one that saves grades, on a notebook, and write it."""
        resources = self.init_single_notebook_resources(str(notebook))
        output, resources = self.exporter.from_notebook_node(nbformat.reads(text, as_version=4), resources)
        self.write_single_notebook(output, resources)

    def points(self, student):
        """The points of a student, by hand or by machine."""
        query = self.gradebook.db.query(func.sum(Grade.score))
        query = query.join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        query = query.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        of = (Assignment.name == self.coursedir.assignment_id, SubmittedAssignment.student_id == student)
        return query.filter(*of).scalar()

    # --- Where it comes from, and where it goes ---

    @property
    def master_folder(self):
        """The folder of the assignment as its teacher wrote it."""
        return self.coursedir.format_path(self.coursedir.source_directory, ".", self.coursedir.assignment_id)

    def place_of(self, student):
        """The folder of an autograded submission."""
        return Path(self.coursedir.format_path(self._output_directory, student, self.coursedir.assignment_id))

    def makeshift(self, student):
        """The folder in which it is made, and the one in which an earlier one goes.

        Their names start with a dot, so that no pattern of nbgrader finds them.
        """
        place = self.place_of(student)
        return place.with_name(f".{place.name}.part"), place.with_name(f".{place.name}.old.part")

    def tidy(self, student):
        """Remove these folders; a killed run may have left them."""
        for folder in self.makeshift(student):
            shutil.rmtree(folder, ignore_errors=True)

    def _format_dest(self, assignment_id, student_id, escape=False):
        """Where nbgrader's steps write."""
        return str(self.makeshift(student_id)[0])


def state_of(folder):
    """What is no longer the same once a file in a folder is changed, replaced or removed."""
    state = {}
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            with suppress(FileNotFoundError):  # it is gone by now
                state[path] = path.lstat().st_ino, path.lstat().st_ctime_ns
    return state


def portable(config):
    """A configuration for other processes: without functions and classes of its own file, and without the database.

    They could not import the former, and need not reach the latter, whose address may hold a password.
    """
    config = copy.deepcopy(config)
    config.CourseDirectory.pop("db_url", None)
    for section in ("BaseConverter", "Autograde"):
        for hook in ("pre_convert_hook", "post_convert_hook"):
            config[section].pop(hook, None)
    config.pop("AssignLatePenalties", None)
    return config
