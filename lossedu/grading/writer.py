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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.writers import FilesWriter
from nbgrader import utils
from nbgrader.api import Assignment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.converters import Autograde
from sqlalchemy import func
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from lossedu.grading.trusted import MOST_CELLS
from lossedu.grading.warm import WarmProvisioner
from lossedu.grading.worker import Course, Job, Master, in_a_line, in_words, split_at_gradebook, standing_in

REMARKS = 20  # on a submission, at most
MOST_FILES = 2000  # in a submission: nbgrader compares each with all others in its folder


class UnfitFileError(ValueError):
    """A submission holds a file that cannot be taken as it is."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in: a folder and the notebooks in it."""

    student: str
    folder: Path
    notebooks: tuple[Path, ...]


@dataclass(frozen=True)
class Result:
    """What became of a submission: points, or why there are none; its run took `seconds`.

    `remarks` are what was out of the ordinary, such as a cell that did not come to an end.
    """

    student: str
    points: float
    max_points: float
    seconds: float
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
            Submission(student, Path(folder), tuple(map(Path, sorted(notebooks))))
            for folder, notebooks in sorted(found.items())
            if (student := pattern.fullmatch(folder)["student"]) not in excluded
        ]

    def ungraded(self, submissions):
        """Those that are not graded yet, or were handed in anew since.

        A submission is graded when the gradebook has it with the time at which it was handed in, and every notebook
        of it that the gradebook knows is in the autograded folder, which was made from it or from a later one. That
        goes by `timestamp.txt`, which is copied along, or where there is none by the times of the notebooks.
        """
        query = self.gradebook.db.query(SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
        query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        known = dict(query.filter(Assignment.name == self.coursedir.assignment_id).tuples())
        return [
            each for each in submissions if not (each.student in known and self.is_graded(each, known[each.student]))
        ]

    def is_graded(self, submission, recorded):
        """Whether a submission that the gradebook has, with that time, is graded; see `ungraded`."""
        autograded = self.place_of(submission.student)
        pairs = [
            (notebook, autograded / notebook.name)
            for notebook in submission.notebooks
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
        self.notebooks, self.coursedir.student_id = [*map(str, submission.notebooks)], submission.student
        self.run_pre_convert_hook()
        assignment = self.coursedir.assignment_id
        master = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment)
        kept = [str(Path(master, name)) for name in self.exclude_overwriting.get(assignment, [])]
        files = {}
        for folder, but in ((str(submission.folder), []), (master, kept)):
            for path in utils.find_all_files(folder, [*self.coursedir.ignore, "*.ipynb"]):
                if path not in but:
                    files[str(Path(path).relative_to(folder))] = Path(path).read_bytes()
        notebooks = {
            path.name: path.read_bytes() for path in submission.notebooks if path.stem in self.course.master.notebooks
        }
        for name, content in notebooks.items():
            if content.count(b'"cell_type"') > MOST_CELLS:  # it would take minutes to find out otherwise
                raise UnfitFileError(f"{name!r} has more than {MOST_CELLS:,} cells")
        return Job(submission.student, notebooks, files)

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
        return Result(submission.student, 0, self.max_points(), 0, in_a_line(str(error)))

    def write(self, submission, finished):
        """Leave what nbgrader leaves of a submission: rows, and a folder if its run came to an end."""
        student, problem = submission.student, finished.problem
        for level, message in finished.log:
            self.log.log(level, "%s: %s", student, message)
        place, beside = self.place_of(student), self.beside(student)
        shutil.rmtree(beside, ignore_errors=True)  # what a killed run may have left
        try:
            with self.gradebook.transaction(), standing_in(self.gradebook, [Autograde, *self.saving]):
                try:
                    self.notebooks = [str(notebook) for notebook in submission.notebooks]
                    self.init_assignment(self.coursedir.assignment_id, student)
                    for name, text in finished.notebooks.items():
                        self.save(submission.folder / name, text)
                    self.set_permissions(self.coursedir.assignment_id, student)
                except SQLAlchemyError:
                    raise
                except Exception as error:  # nbgrader leaves the rows of what it could not grade
                    self.log.exception("%s could not be graded", student)
                    problem = problem or in_words(error)
            if place.exists():
                utils.rmtree(place)
            if problem is None:
                beside.rename(place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        if problem:
            return Result(student, 0, self.max_points(), finished.seconds, problem)
        self.coursedir.student_id = student
        self.run_post_convert_hook()
        remarks = dict.fromkeys(in_a_line(message) for _, message in finished.log[:REMARKS])
        return Result(student, self.points(student), self.max_points(), finished.seconds, remarks=tuple(remarks))

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

    def max_points(self):
        """The points that the assignment is worth."""
        notebooks = self.course.master.notebooks.values()
        return sum(cell.max_score for each in notebooks for cell in [*each.grade_cells, *each.task_cells])

    # --- Where it goes ---

    def place_of(self, student):
        """The folder of an autograded submission."""
        return Path(self.coursedir.format_path(self._output_directory, student, self.coursedir.assignment_id))

    def beside(self, student):
        """The folder in which it is made; its name starts with a dot, so that no pattern of nbgrader finds it."""
        place = self.place_of(student)
        return place.with_name(f".{place.name}.part")

    def _format_dest(self, assignment_id, student_id, escape=False):
        """Where nbgrader's steps write."""
        return str(self.beside(student_id))


def portable(config):
    """A configuration without what may be functions and classes of its own file: a worker could not import them."""
    config = copy.deepcopy(config)
    for section in ("BaseConverter", "Autograde"):
        for hook in ("pre_convert_hook", "post_convert_hook"):
            config[section].pop(hook, None)
    config.pop("AssignLatePenalties", None)
    return config
