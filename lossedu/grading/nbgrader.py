"""All that lossedu uses of nbgrader, and all changes that it makes to nbgrader.

No other module of lossedu imports nbgrader, except `formgrader`. This module first checks what it expects of nbgrader.
"""

import glob
import sys
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbgrader
from sqlalchemy.exc import SAWarning

from lossedu.expectations import Library, look_up

NBGRADER = Library(
    "nbgrader",
    ">=0.9.6,<0.9.7",
    (
        # overridden or replaced
        "nbgrader.converters.base:BaseConverter.init_notebooks(self)",
        "nbgrader.converters:Autograde._format_dest(self, assignment_id, student_id, escape)",
        "nbgrader.preprocessors:NbGraderPreprocessor.preprocess(self, nb, resources)",
        "nbgrader.preprocessors:Execute.preprocess(self, nb, resources, km)",
        "nbgrader.preprocessors:SaveAutoGrades._add_score(self, cell, resources)",
        "nbgrader.exchange.default:ExchangeReleaseAssignment.do_copy(self, src, dest, log)",
        "nbgrader.exchange:ExchangeFactory.release_assignment",
        "nbgrader.plugins:ExportPlugin.export(self, gradebook)",
        "nbgrader.plugins:BasePlugin",
        "nbgrader.plugins:LateSubmissionPlugin.late_submission_penalty(self, student_id, score, total_seconds_late)",
        # where nbgrader's steps would open a gradebook; lossedu gives them an open one instead
        "nbgrader.converters.autograde:Gradebook is nbgrader.api:Gradebook",
        "nbgrader.preprocessors.overwritekernelspec:Gradebook is nbgrader.api:Gradebook",
        "nbgrader.preprocessors.overwritecells:Gradebook is nbgrader.api:Gradebook",
        "nbgrader.preprocessors.saveautogrades:Gradebook is nbgrader.api:Gradebook",
        "nbgrader.preprocessors.latesubmissions:Gradebook is nbgrader.api:Gradebook",
        "nbgrader.api:Gradebook.__exit__",
        "nbgrader.api:Gradebook.close(self)",
        "nbgrader.api:Gradebook.find_assignment(self, name)",
        "nbgrader.api:Gradebook.find_notebook(self, name, assignment)",
        "nbgrader.api:Gradebook.find_source_cell(self, name, notebook, assignment)",
        "nbgrader.api:Gradebook.find_graded_cell(self, name, notebook, assignment)",
        "nbgrader.api:Gradebook.find_grade(self, grade_cell, notebook, assignment, student)",
        "nbgrader.api:Gradebook.update_or_create_student(self, student_id, **kwargs)",
        "nbgrader.api:Gradebook.update_or_create_submission(self, assignment, student, **kwargs)",
        "nbgrader.api:MissingEntry",
        "nbgrader.api:get_alembic_version()",
        "nbgrader.api:Base.metadata",
        *(f"nbgrader.api:{row}" for row in ("Assignment", "BaseCell", "Grade", "Notebook", "Student")),
        *(f"nbgrader.api:{row}" for row in ("SubmittedAssignment", "SubmittedNotebook")),
        # called, although they are internal to nbgrader
        "nbgrader.converters:Autograde._sanitizing",
        "nbgrader.converters:Autograde._output_directory",
        "nbgrader.converters:Autograde.exclude_overwriting",
        "nbgrader.converters:Autograde.exporter_class",
        "nbgrader.converters:Autograde.init_assignment(self, assignment_id, student_id)",
        "nbgrader.converters:Autograde.init_single_notebook_resources(self, notebook_filename)",
        "nbgrader.converters:Autograde.convert_single_notebook(self, notebook_filename)",
        "nbgrader.converters:Autograde.write_single_notebook(self, output, resources)",
        "nbgrader.converters:Autograde.set_permissions(self, assignment_id, student_id)",
        "nbgrader.converters:Autograde.run_pre_convert_hook(self)",
        "nbgrader.converters:Autograde.run_post_convert_hook(self)",
        "nbgrader.converters:Autograde._format_source(self, assignment_id, student_id, escape)",
        "nbgrader.converters:Autograde.sanitize_preprocessors",
        "nbgrader.converters:Autograde.autograde_preprocessors",
        "nbgrader.converters:GenerateAssignment.preprocessors",
        "nbgrader.converters:GenerateFeedback.preprocessors",
        "nbgrader.converters:GenerateFeedback.exporter_class",
        "nbgrader.converters:NbGraderException",
        "nbgrader.apps:AutogradeApp",
        "nbgrader.coursedir:CourseDirectory.format_path(self, nbgrader_step, student_id, assignment_id, escape)",
        "nbgrader.coursedir:CourseDirectory.get_existing_timestamp(self, dest_path)",
        "nbgrader.nbgraderformat:MetadataValidator",
        "nbgrader.nbgraderformat.common:jsonschema",
        "nbgrader.converters:Autograde._init_preprocessors(self)",
        "nbgrader.utils:setenv",
        "nbgrader.api:Comment",
        "nbgrader.utils:is_grade(cell)",
        "nbgrader.utils:is_solution(cell)",
        "nbgrader.utils:is_task(cell)",
        "nbgrader.utils:is_locked(cell)",
        "nbgrader.utils:determine_grade(cell, log)",
        "nbgrader.utils:compute_checksum(cell)",
        "nbgrader.utils:find_all_files(path, exclude)",
        "nbgrader.utils:rmtree(path)",
        *(f"nbgrader.preprocessors:Clear{what}" for what in ("Solutions", "HiddenTests", "MarkScheme")),
    ),
)
STEPS = {  # nbgrader's steps by class and stage; lossedu relies on them when it replaces or adds some
    ("Autograde", "sanitize_preprocessors"): [
        "ClearOutput",
        "DeduplicateIds",
        "OverwriteKernelspec",
        "OverwriteCells",
        "CheckCellMetadata",
    ],
    ("Autograde", "autograde_preprocessors"): [
        "Execute",
        "IgnorePattern",
        "ClearMetadataPreprocessor",
        "LimitOutput",
        "SaveAutoGrades",
        "AssignLatePenalties",
        "CheckCellMetadata",
    ],
    ("GenerateFeedback", "preprocessors"): ["GetGrades", "CSSHTMLHeaderPreprocessor"],
}


def default_steps(converter, stage) -> list:
    """Return the default steps of a class of nbgrader at a stage."""
    return converter.class_traits()[stage].default()


def check_steps():
    """Raise UnsupportedError if nbgrader has other default steps."""
    for (name, stage), names in STEPS.items():
        steps = default_steps(look_up("nbgrader.converters", name), stage)
        found = [step.__name__ for step in steps]
        if found != names:
            raise NBGRADER.unsupported(f"{name}.{stage} is {', '.join(found)} instead of {', '.join(names)}")
        for step in steps:
            if step.__module__.startswith("nbgrader.") and step is not look_up("nbgrader.preprocessors", step.__name__):
                raise NBGRADER.unsupported(f"{name}.{stage} has another {step.__name__} than nbgrader.preprocessors")


NBGRADER.check()
check_steps()

from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    get_alembic_version,
)
from nbgrader.apps import AutogradeApp
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback, NbGraderException
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeReleaseAssignment
from nbgrader.nbgraderformat import common as nbgraders_checks
from nbgrader.plugins import BasePlugin, ExportPlugin
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearSolutions,
    Execute,
    NbGraderPreprocessor,
    OverwriteCells,
    SaveAutoGrades,
)
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_locked, is_solution, is_task, setenv

WAITS = Grade.needs_manual_grade & Grade.manual_score.is_(None)  # a person has to grade it, until when it counts 0
NBGRADERS_SEARCH = BaseConverter.init_notebooks


def find_notebooks(converter):
    """Find the notebooks that a command of nbgrader works on, also those of a student with a name such as `a[b]`.

    nbgrader uses the name of each found folder as a pattern. Therefore it finds no notebook in such a folder.
    """
    where = converter.coursedir
    pattern = converter._format_source(where.assignment_id, where.student_id)
    folders = [pattern] if Path(pattern).is_dir() else matching(pattern)
    found = {folder: matching(f"{glob.escape(folder)}/{where.notebook_id}.ipynb") for folder in folders}
    if not any(found.values()):
        NBGRADERS_SEARCH(converter)  # it says what is wrong
        return
    for folder in (folder for folder, notebooks in found.items() if not notebooks):
        converter.log.warning("No notebooks were found in '%s'", folder)
    converter.assignments = {folder: notebooks for folder, notebooks in found.items() if notebooks}
    converter.notebooks = []


def matching(pattern):
    """Return the paths that match a pattern, spelled like the pattern, because nbgrader reads names from them."""
    return glob.glob(pattern)  # noqa: PTH207


def replace_search():
    """Make all commands of nbgrader find notebooks with `find_notebooks`."""
    BaseConverter.init_notebooks = find_notebooks  # pyright: ignore[reportAttributeAccessIssue]


def replace_steps(config, replacements):
    """Set the steps of autograding: nbgrader's own, or those that replace a step."""
    for stage in ("sanitize_preprocessors", "autograde_preprocessors"):
        steps = [ours for step in default_steps(Autograde, stage) for ours in replacements.get(step, [step])]
        setattr(config.Autograde, stage, steps)


def add_release_step(config, step):
    """Add a step to those that make a released notebook: to the ones in the configuration, or to nbgrader's own."""
    section, stage = config.GenerateAssignment, "preprocessors"
    steps = section[stage] if stage in section else default_steps(GenerateAssignment, stage)
    section[stage] = [*steps, step]


def is_sanitizing(converter):
    """Tell whether nbgrader reads a file that a student handed in, rather than one of its own."""
    return getattr(converter, "_sanitizing", False)


def split_at_gradebook(preprocessors) -> tuple[list, list]:
    """Return the steps of autograding that need only the notebook, and the steps from the first one that writes grades.

    nbgrader's last check changes nothing and takes long, so it belongs to the first group.
    """
    at = next((i for i, each in enumerate(preprocessors) if issubclass(each, SaveAutoGrades)), len(preprocessors))
    checks = [each for each in preprocessors[at:] if each is CheckCellMetadata]
    return preprocessors[:at] + checks, [each for each in preprocessors[at:] if each not in checks]


@contextmanager
def standing_in(gradebook, users):
    """Make nbgrader's classes use this gradebook; otherwise each class would open and close its own.

    Opening one takes 20 ms, and nbgrader does it a dozen times for each submission.
    """
    with ExitStack() as stack:
        for module in {sys.modules[base.__module__] for user in users for base in user.__mro__}:
            if vars(module).get("Gradebook") is Gradebook:
                vars(module)["Gradebook"] = lambda *_: gradebook
                stack.callback(setattr, module, "Gradebook", Gradebook)
        yield


class OpenGradebook(Gradebook):
    """A gradebook that stays open from submission to submission."""

    def __exit__(self, *error):
        """Stay open, although each of nbgrader's steps closes its gradebook."""

    @contextmanager
    def transaction(self):
        """Commit all or nothing: nbgrader commits cell by cell, but the database commits only at the end."""
        with self.engine.begin() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # at how nbgrader makes rows
            self.db.remove()
            self.db.configure(bind=connection)  # a session in a transaction that it did not begin leaves it open
            try:
                yield
            finally:
                self.db.remove()
                self.db.configure(bind=self.engine)
