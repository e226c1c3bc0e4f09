"""One submission through nbgrader's own steps, up to the gradebook: data in, data out."""

import copy
import errno
import json
import logging
import platform
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import sqlalchemy
from nbformat.v4.rwbase import strip_transient
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from traitlets.config import Config

from lossedu import edition
from lossedu.errors import PlainError
from lossedu.executor.provisioner import ENDED
from lossedu.executor.server import SHORTCOMINGS, KernelServerError, servers_to_share, use_shared_servers
from lossedu.grading.nbgrader import (
    Autograde,
    CourseDirectory,
    MissingEntry,
    nbgraders_checks,
    setenv,
    split_at_gradebook,
    standing_in,
)
from lossedu.grading.steps import FIGURES, RecordPictures, master_of
from lossedu.grading.strangers import in_a_line
from lossedu.intake.choosing import UnclearError, choose
from lossedu.intake.file_names import is_module
from lossedu.intake.notebooks import UnreadableError, read_notebook

CELLS = ("source_cells", "grade_cells", "solution_cells", "task_cells")
# a disk that is full, failing or read-only, too many open files, no memory
MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
VALID_METADATA, LONGEST_KEPT, MOST_KEPT = set(), 1000, 10_000  # of cells, as JSON, that nbgrader's schema allows
PICTURES = {}  # of solved notebooks; they were run in this process, or in the main process
STRUCTURE = str(Path("{nbgrader_step}", "{student_id}", "{assignment_id}"))


@dataclass(frozen=True)
class Master:
    """An assignment's cells as the gradebook has them, to be read where the gradebook is not.

    It answers what nbgrader's preprocessors ask of a `Gradebook` before and while a submission is run.
    """

    assignment: str
    notebooks: dict

    @classmethod
    def read(cls, gradebook, assignment):
        """The cells of an assignment; `MissingEntry` if the gradebook does not know it."""
        notebooks = gradebook.find_assignment(assignment).notebooks
        return cls(
            assignment,
            {
                notebook.name: columns_of(
                    notebook, **{kind: [*map(columns_of, getattr(notebook, kind))] for kind in CELLS}
                )
                for notebook in notebooks
            },
        )

    @property
    def max_points(self):
        """The points that the assignment is worth."""
        return sum(cell.max_score for each in self.notebooks.values() for cell in [*each.grade_cells, *each.task_cells])

    def find_notebook(self, name, assignment):
        """The master of a notebook."""
        return named(name, self.notebooks if assignment == self.assignment else {})

    def find_source_cell(self, name, notebook, assignment):
        """A cell's text and kind."""
        return named(name, {cell.name: cell for cell in self.find_notebook(notebook, assignment).source_cells})

    def find_graded_cell(self, name, notebook, assignment):
        """What a cell is worth."""
        master = self.find_notebook(notebook, assignment)
        return named(name, {cell.name: cell for cell in [*master.grade_cells, *master.task_cells]})

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


def columns_of(row, **more):
    """A row of the gradebook without its ties to the database."""
    columns = sqlalchemy.inspect(type(row)).column_attrs
    return SimpleNamespace(**{column.key: getattr(row, column.key) for column in columns}, **more)


def named(name, entries):
    """The entry of that name; `MissingEntry`, as nbgrader raises it, if there is none."""
    try:
        return entries[name]
    except KeyError:
        raise MissingEntry(f"the master has no {name!r}") from None


@dataclass(frozen=True)
class Course:
    """What all submissions to an assignment have in common: the configuration of nbgrader, and the master's cells.

    `solved` are the teacher's notebooks with solutions. Their pictures need not be drawn again; without them all are.
    `version` and `digest` say which lossedu grades the submissions.
    """

    config: Config
    master: Master
    solved: tuple[bytes, ...] = ()
    version: str = field(default_factory=edition.describe)
    digest: str = field(default_factory=edition.digest)


@dataclass(frozen=True)
class Job:
    """A submission as data: its files, and the teacher's files that are added or replace them, by path.

    `remarks` say what is unusual about how it was handed in.
    """

    student: str
    handed_in: dict[str, bytes]
    teachers_files: dict[str, bytes]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finished:
    """What came of a job: the text of each notebook after its run, and why some are missing, if they are.

    `log` holds levels and messages of what nbgrader said, `seconds` what it took on the clock. Its warm kernels
    computed for `cpu` seconds, and the largest held `memory` bytes, those that it shares with others included. They
    drew `figures_drawn` figures; `figures_known` others equal those of the solved notebook and were not drawn again.
    `shortcomings` is what the process that ran it has told so far of how its machine falls short of a sandbox.
    """

    notebooks: dict[str, str]
    problem: str | None
    log: list[tuple[int, str]]
    seconds: float
    cpu: float = 0
    memory: int = 0
    figures_drawn: int = 0
    figures_known: int = 0
    shortcomings: tuple[str, ...] = ()


class UnfitProcessError(PlainError, RuntimeError):
    """A process can grade no submission at all."""


def other_edition(place, has, needed):
    """Return the message for a place with another lossedu than is needed, given both editions as text."""
    differs = " with the same files" if has == needed else ""
    return f"{place} has {f'lossedu {has}' if has else 'no lossedu'}, and {needed}{differs} is needed"


def grade(job, course):
    """Run a submission in a folder of its own, with nbgrader's steps up to the one that saves grades.

    Whatever goes wrong with a submission is told by what is returned; what the machine is to blame for is raised, as
    `UnfitProcessError` if it can grade none at all.
    """
    here = platform.node()
    if course.digest != edition.digest():
        raise UnfitProcessError(other_edition(here, edition.describe(), course.version))
    pictures = solved_pictures(course)
    started = time.monotonic()
    notebooks, problem = {}, None
    ENDED.clear()
    FIGURES.clear()
    with nbgrader_messages() as log, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        try:
            for name, text in notebooks_graded(job, course, pictures, Path(scratch).resolve()):
                notebooks[name] = text
        except (UnclearError, UnreadableError) as error:
            problem = in_a_line(str(error))
        except KernelServerError as error:
            raise UnfitProcessError(f"{here} has no sandbox: {error}") from error
        except Exception as error:  # what a stranger's file may raise cannot be foreseen
            if fault := fault_of_the_machine(error):
                raise fault from error
            problem = describe_error(error)
    cpu, memory = zip(*ENDED, strict=True) if ENDED else ([], [])
    drawn, known = zip(*FIGURES, strict=True) if FIGURES else ([], [])
    return Finished(
        notebooks,
        problem,
        log,
        time.monotonic() - started,
        cpu=sum(cpu),
        memory=max(memory, default=0),
        figures_drawn=sum(drawn),
        figures_known=sum(known),
        shortcomings=tuple(f"{here}: {each}" for each in SHORTCOMINGS),
    )


def notebooks_graded(job, course, pictures, scratch):
    """Yield the name and text of each notebook as nbgrader writes it, but for its grades, which are not saved yet."""
    assignment = course.master.assignment
    chosen = choose(job.handed_in, {name: master_of(each) for name, each in course.master.notebooks.items()})
    remarks = [*job.remarks, *chosen.remarks]
    config = copy.deepcopy(course.config)
    if remarks:
        config.RestoreCells.remarks = [in_a_line(remark) for remark in remarks]
    config.TrustedExecute.known_pictures = pictures
    folders = CourseDirectory(
        config=config,
        root=str(scratch),
        directory_structure=STRUCTURE,
        assignment_id=assignment,
        student_id=job.student,
    )
    converter = Autograde(coursedir=folders, config=config)
    for words in chosen.missing:
        converter.log.warning("%s", words)
    converter.autograde_preprocessors, _ = split_at_gradebook(converter.autograde_preprocessors)
    converter.exporter = converter.exporter_class(parent=converter, config=converter.config)
    submitted = Path(folders.format_path(folders.submitted_directory, job.student, assignment))
    autograded = Path(folders.format_path(folders.autograded_directory, job.student, assignment))
    write_files(autograded, chosen.files | job.teachers_files)
    modules = [name for name in chosen.files if any(is_module(name, each) for each in chosen.notebooks)]
    write_files(submitted, {name: chosen.files[name] for name in modules})  # the steps read no other file there
    users = [*converter.sanitize_preprocessors, *converter.autograde_preprocessors]
    with standing_in(course.master, users), remembering_metadata():
        for name, content in chosen.notebooks.items():
            file = f"{name}.ipynb"
            try:
                resources = converter.init_single_notebook_resources(str(submitted / file))
                resources["metadata"] = {"name": name, "path": str(submitted)}  # as nbconvert does
                text = text_after_both_stages(converter, read_notebook(content), resources, autograded / file)
            except UnreadableError as error:
                raise UnreadableError(f"{file}: {error}") from error
            yield file, text


def write_files(folder, files):
    """Write files, given by their paths, into a new folder."""
    folder.mkdir(parents=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def text_after_both_stages(converter, notebook, resources, file):
    """Return what nbgrader's `Autograde` writes for a notebook, with one export instead of two.

    Args:
        converter: an `Autograde`.
        notebook: the notebook as it was handed in; it is changed.
        resources: the resources for nbgrader's steps.
        file: where nbgrader writes the notebook after its first stage, and runs it.
    """
    converter._init_preprocessors()
    for step in converter.exporter._preprocessors:
        notebook, resources = step(notebook, resources)
    notebook = strip_transient(notebook)
    file.write_text(json.dumps(notebook), encoding="utf-8")
    resources["metadata"] = {"name": file.stem, "path": str(file.parent)}
    converter._sanitizing = False
    converter._init_preprocessors()
    try:
        with setenv(NBGRADER_EXECUTION="autograde"):
            return converter.exporter.from_notebook_node(notebook, resources)[0]
    finally:
        converter._sanitizing = True


def solved_pictures(course):
    """Return the pictures that the solved notebooks draw, by the hashes of their figures. They are run once.

    A notebook that cannot be run has none: then submissions draw theirs.
    """
    if course.solved not in PICTURES:
        found = {}
        for content in course.solved:
            with tempfile.TemporaryDirectory() as folder, suppress(Exception):
                runner = RecordPictures(config=course.config)
                runner.preprocess(read_notebook(content), {"metadata": {"path": folder}})
                found |= runner.pictures.by_key
        PICTURES[course.solved] = found
    return PICTURES[course.solved]


def prepared(course):
    """Do what the processes that grade would each do first, and return it for `use_prepared`.

    That is to start the process from which those of submissions are forked, and to draw the pictures.
    """
    with suppress(KernelServerError):  # they find it out too, and say so
        RecordPictures(config=course.config).server()
    return servers_to_share(), {course.solved: solved_pictures(course)}


def use_prepared(servers, pictures):
    """Use what the main process has prepared."""
    use_shared_servers(servers)
    PICTURES.update(pictures)


@contextmanager
def remembering_metadata():
    """Make nbgrader check the same metadata only once: all submissions to an assignment have the same metadata.

    nbgrader itself checks them each time, and also checks the schema, which takes even longer.
    """

    def validate(metadata, schema):
        key = json.dumps(metadata, sort_keys=True)  # which names the version of the schema
        if key not in VALID_METADATA:
            jsonschema.validate(metadata, schema)
            if len(key) < LONGEST_KEPT and len(VALID_METADATA) < MOST_KEPT:
                VALID_METADATA.add(key)

    nbgraders_checks.jsonschema = SimpleNamespace(validate=validate)
    try:
        yield
    finally:
        nbgraders_checks.jsonschema = jsonschema


@contextmanager
def nbgrader_messages():
    """A list that takes the warnings and errors, as levels and messages, that nbgrader logs meanwhile."""
    messages = []
    logger = logging.getLogger("traitlets")
    handler = logging.Handler(logging.WARNING)
    handler.addFilter(lambda record: record.module != "client")  # nbclient's: `TrustedExecute` says more
    handler.emit = lambda record: messages.append((record.levelno, record.getMessage()))
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)


def fault_of_the_machine(error):
    """What of an error is the machine's or the database's, so that no submission can be blamed for it; None if nothing.

    nbgrader takes some errors of the database for wrong entries, and raises these in their place.
    """
    if isinstance(error, SQLAlchemyError):
        return error
    while error is not None:
        if isinstance(error, DBAPIError) or (isinstance(error, OSError) and error.errno in MACHINE):
            return error
        error = error.__context__
    return None


def describe_error(error):
    """What kind of error it was, and what it says, in a line."""
    return in_a_line(f"{type(error).__name__}: {str(error) or 'no reason given'}")
