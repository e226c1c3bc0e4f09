"""The one writer: runs of submissions become rows of the gradebook and autograded notebooks, by nbgrader's own steps.

Each submission is one transaction and one folder that appears at once: the folder is made beside its place, the rows
are committed, then it is moved there. So a run can be killed at any moment. See `Worklist.is_graded`.
"""

import copy
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from sqlalchemy import func

from lossedu.executor.provisioner import WarmProvisioner
from lossedu.grading.course import (
    NotGradedError,
    UnfitFileError,
    check_files,
    has_gradebook,
    read_files,
    read_time_in,
    time_of,
)
from lossedu.grading.nbconvert import FilesWriter
from lossedu.grading.nbgrader import (
    AssignLatePenalties,
    Assignment,
    Autograde,
    CourseDirectory,
    Grade,
    MissingEntry,
    OpenGradebook,
    SaveAutoGrades,
    SubmittedAssignment,
    SubmittedNotebook,
    split_at_gradebook,
    standing_in,
    utils,
)
from lossedu.grading.places import Places
from lossedu.grading.strangers import in_a_line
from lossedu.grading.worker import (
    Course,
    Job,
    Master,
    describe_error,
    fault_of_the_machine,
)
from lossedu.grading.worklist import Worklist
from lossedu.intake.times import UnreadableTimeError

REMARKS = 20  # on a submission, at most
ONLY_SAVING = (SaveAutoGrades, AssignLatePenalties)  # steps that leave notebooks as they are


class ChangedError(Exception):
    """A submission was handed in anew while it was graded; nothing of it was written."""


@dataclass(frozen=True)
class Result:
    """The result of a submission: points, or why there are none; the numbers from `seconds` on are as in `Finished`.

    `remarks` are what was out of the ordinary, such as a cell that did not come to an end.
    """

    student: str
    points: float
    max_points: float
    seconds: float
    cpu: float
    memory: int
    figures_drawn: int = 0
    figures_known: int = 0
    problem: str | None = None
    remarks: tuple[str, ...] = ()


class Writer(Autograde):
    """nbgrader's `Autograde` without its runs, which are done elsewhere."""

    coursedir: CourseDirectory  # in the type of nbgrader's trait it may be None

    def open(self):
        """Open the gradebook, and read the assignment; `NotGradedError` if there is none, or it has no notebooks."""
        assignment, root = self.coursedir.assignment_id, self.coursedir.root
        release = f"`nbgrader generate_assignment {assignment}` enters the assignment"
        if not has_gradebook(self.coursedir):
            raise NotGradedError(f"{root} holds no gradebook: {release}")
        self.gradebook = OpenGradebook(self.coursedir.db_url, self.coursedir.course_id)
        try:
            self.master = Master.read(self.gradebook, assignment)
        except MissingEntry:
            raise NotGradedError(f"the gradebook of {root} knows no assignment {assignment!r}: {release}") from None
        if not self.master.notebooks:
            raise NotGradedError(f"the gradebook of {root} knows no notebook of {assignment!r}: {release}")
        # nbgrader's own function fails on times that people write
        self.coursedir.get_existing_timestamp = time_of  # pyright: ignore[reportAttributeAccessIssue]
        self.read = {}  # by student, what the folder of the submission was like when it was read
        self.places = Places(self.coursedir)
        self.worklist = Worklist(self.gradebook, self.places, [*self.master.notebooks])
        self.writer = FilesWriter(parent=self)
        self.exporter = self.exporter_class(parent=self, config=self.config)
        _, self.saving = split_at_gradebook(self.autograde_preprocessors)
        self.steps = [step(parent=self.exporter) for step in self.saving]

    @cached_property
    def course(self):
        """What all submissions have in common. The configuration must be complete when this is read first."""
        return Course(portable(self.config), self.master, self.solved_notebooks(self.master))

    def job(self, entry):
        """Return an entry as a `Job`. A file beside the notebook is the teacher's if the teacher has one of that name.

        `UnfitFileError` if the files cannot be graded.
        """
        if entry.problem:
            raise UnfitFileError(entry.problem)
        files = self.files_of(entry)
        self.read[entry.name] = state_of(entry)
        self.notebooks = [str(path) for _, path in entry.files() if path.suffix == ".ipynb"]
        self.coursedir.student_id = entry.name
        self.run_pre_convert_hook()
        content = read_files(files)
        remarks = [entry.remark] if entry.remark else []
        try:
            read_time_in(entry.folder)
        except UnreadableTimeError as error:
            remarks.append(f"timestamp.txt: {error}; graded without a time")
        return Job(entry.name, content, self.teachers_files(), tuple(remarks))

    def files_of(self, entry):
        """Return the places of an entry's files by their paths; refuse more or larger files than configured."""
        return check_files(entry, 1000 * self.coursedir.max_file_size, self.most_bytes)

    @property
    def most_bytes(self):
        """The most bytes that all files of a submission may have together."""
        return WarmProvisioner(config=self.config).file_limit // 2

    def solved_notebooks(self, master):
        """Return the content of the teacher's notebooks with solutions, as far as they are there."""
        paths = [self.places.master / f"{name}.ipynb" for name in sorted(master.notebooks)]
        return tuple(path.read_bytes() for path in paths if path.is_file())

    def teachers_files(self):
        """Return the files beside the master by their paths, except those that students may replace."""
        master, ignored = self.places.master, [*self.coursedir.ignore, "*.ipynb"]
        kept = {str(master / name) for name in self.exclude_overwriting.get(self.coursedir.assignment_id, [])}
        paths = [path for path in utils.find_all_files(str(master), ignored) if path not in kept]
        return {str(Path(path).relative_to(master)): Path(path).read_bytes() for path in paths}

    def refuse(self, entry, error):
        """Write the rows that nbgrader writes before it reads the files; open none of these."""
        if entry.folder is not None:
            if entry.is_in_place and any(entry.folder.glob("*.ipynb")):
                with self.gradebook.transaction():
                    self.gradebook.update_or_create_student(entry.name)
                    self.gradebook.update_or_create_submission(self.coursedir.assignment_id, entry.name)
            if self.places.autograded(entry.name).exists():
                utils.rmtree(str(self.places.autograded(entry.name)))
        return Result(entry.name, 0, self.master.max_points, 0, 0, 0, problem=in_a_line(str(error)))

    def write(self, entry, finished):
        """Write what nbgrader writes for a submission: rows, and a folder if its run finished.

        If the submission has changed since it was read, write nothing and raise `ChangedError`.
        """
        student, problem = entry.name, finished.problem
        for level, message in finished.log:
            self.log.log(level, "%s: %s", student, message)
        notebooks = [entry.folder / name for name in finished.notebooks] or sorted(entry.folder.glob("*.ipynb"))
        if not notebooks:  # nbgrader skips a folder without a notebook
            return self.refuse(entry, problem)
        place, beside, aside = self.places.autograded(student), *self.places.staging(student)
        self.places.remove_staging(student)
        beside.mkdir(parents=True)
        try:
            with self.gradebook.transaction(), standing_in(self.gradebook, [Autograde, *self.saving]):
                try:
                    self.notebooks = [*map(str, notebooks)]
                    self.init_assignment(self.coursedir.assignment_id, student)
                    for name, text in finished.notebooks.items():
                        self.save(entry.folder / name, text)
                    self.set_permissions(self.coursedir.assignment_id, student)
                except Exception as error:  # nbgrader leaves the rows of what it could not grade
                    if fault := fault_of_the_machine(error):
                        raise fault from error
                    self.log.exception("%s could not be graded", student)
                    problem = problem or describe_error(error)
                points = 0 if problem else self.points(student)
                if state_of(entry) != self.read.pop(student):
                    raise ChangedError
            if place.exists():  # it goes at once, too: half a folder could pass for a whole one
                place.rename(aside)
            if problem is None:
                beside.rename(place)
        finally:
            self.places.remove_staging(student)
        told = self.master.max_points, finished.seconds, finished.cpu, finished.memory
        told += finished.figures_drawn, finished.figures_known
        if problem:
            return Result(student, 0, *told, problem)
        self.coursedir.student_id = student
        self.run_post_convert_hook()
        remarks = tuple(dict.fromkeys(in_a_line(message) for _, message in finished.log[:REMARKS]))
        return Result(student, points, *told, remarks=remarks)

    def save(self, notebook, text):
        """Run nbgrader's last steps, from the one that saves grades, on a notebook, and write it."""
        resources = self.init_single_notebook_resources(str(notebook)) | {"output_extension": ".ipynb"}
        node = nbformat.reader.reads(text)
        for step in self.steps:
            node, resources = step(node, resources)
        if not all(isinstance(step, ONLY_SAVING) for step in self.steps):  # a teacher's own step may change something
            text = f"{nbformat.writes(node)}\n"
        self.write_single_notebook(text, resources)  # pyright: ignore[reportArgumentType]  any dictionary

    def points(self, student):
        """The points of a student, by hand or by machine."""
        query = self.gradebook.db.query(func.sum(Grade.score))
        query = query.join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        query = query.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        query = query.filter(Assignment.name == self.coursedir.assignment_id)  # pyright: ignore[reportGeneralTypeIssues]  a column
        return query.filter(SubmittedAssignment.student_id == student).scalar()

    def _format_dest(self, assignment_id, student_id, escape=False):
        """Where nbgrader's steps write."""
        return str(self.places.staging(student_id)[0])


def state_of(entry):
    """Return a value that changes when a file of a submission is changed, replaced or removed."""
    state = {}
    for path, place in entry.files():
        with suppress(FileNotFoundError):  # it is gone by now
            state[path] = place.lstat().st_ino, place.lstat().st_ctime_ns
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
