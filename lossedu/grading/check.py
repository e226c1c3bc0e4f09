"""Check one file as grading does, with the same reader, guard and verdicts, but without nbgrader.

Only what the teacher alone has is missing: hidden inputs, the teacher's own tests, and points by hand.
"""

import contextlib
import logging
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager

from lossedu import exercises
from lossedu.checking import Verdict
from lossedu.errors import PlainError
from lossedu.executor.forked import ForkedRunner
from lossedu.executor.jupyter import JupyterRunner
from lossedu.executor.nbclient import NotebookClient
from lossedu.executor.server import KernelServer, KernelServerError
from lossedu.grading.identify import NoMasterError, as_handed_in, assignment_of, is_script, master_in, release_of
from lossedu.grading.session import Session, exercises_in, functions_to_hide, is_grade, plan
from lossedu.grading.stops import cause_of, describe_stop, stops_in
from lossedu.intake.choosing import UnclearError, choose
from lossedu.intake.file_names import is_module
from lossedu.intake.masters import Master
from lossedu.intake.matching import match
from lossedu.intake.modules import add_module, find_module, modules_in
from lossedu.intake.names import names_answered
from lossedu.intake.notebooks import KERNELSPEC, UnreadableError, read_notebook
from lossedu.intake.places import owner
from lossedu.intake.scripts import read_script
from lossedu.learners import shipped_course

TIMEOUT = 60  # seconds for a cell, and for the kernel to try one answer


class UnreadableFileError(PlainError, ValueError):
    """A file holds no answer to check; the message says why."""


@dataclass(frozen=True)
class CheckedFile:
    """The verdicts on a file in the order of its cells, and remarks.

    `remarks` tell what is unusual, and `warnings` what grading would refuse. `not_tried` counts the tests
    and answers that only grading, or a person, can judge. `left_open` are the exercises that a module does not answer,
    so that the notebook may.
    """

    verdicts: tuple[Verdict, ...]
    remarks: tuple[str, ...]
    warnings: tuple[str, ...]
    not_tried: int
    left_open: frozenset[str] = frozenset()


class CheckClient(Session, NotebookClient):
    """Run a notebook in an ordinary kernel of this machine and collect the verdicts."""

    runs_teachers_tests = False

    def __init__(self, notebook, folder):
        """Prepare to run the cells of a notebook in a folder."""
        options = {"timeout": TIMEOUT, "allow_errors": True, "interrupt_on_timeout": True}
        resources = {"metadata": {"path": str(folder)}}
        super().__init__(notebook, resources=resources, kernel_manager_class=AsyncKernelManager, **options)
        self.log = logging.Logger("lossedu check")  # the verdicts report the errors
        self.log.addHandler(logging.NullHandler())
        self.found = []

        self.begin()

    def check_all(self):
        """Run and judge all cells: in a forked process, or in a kernel of Jupyter where nothing can be forked."""
        # as in nbgrader's own validation, nothing is compared with the live tf.keras
        environment = os.environ | {"NBGRADER_EXECUTION": "validate"}
        longest = 4 * self.output_limit
        try:
            server = KernelServer(environment, sandboxed=False, functions_to_hide=functions_to_hide())
        except KernelServerError:
            self.runner = JupyterRunner(self, longest, env=environment, stderr=subprocess.DEVNULL)
            self.run_all()
            return
        with contextlib.closing(server):
            request = {"environment": environment, "limits": {}}
            self.runner = ForkedRunner(self, self.forking(server, request), longest)
            self.run_all()

    def leaves_out(self, cell):
        """Leave to grading what only the teacher can judge."""
        return is_left_to_grading(cell)

    def verdicts_found(self, cell, found):
        """Collect the verdicts on a cell."""
        self.found += [(cell, verdict) for verdict in found]


def check_file(path, master=None):
    """Judge all exercises that a file answers, or should answer.

    Args:
        path: a notebook, a `.py` file of answers, or a zip archive that holds one of them.
        master: the notebook that says which cells are graded; by default, the released one of the chapter.

    Returns:
        CheckedFile.

    Raises:
        UnreadableFileError: the file cannot be read, or answers no exercise.
    """
    path = Path(path)
    content, assignment = path.read_bytes(), path.stem
    try:
        assignment, master = read_master(path, content, master)
        files = as_handed_in(path, content, assignment)
        if not is_module(path.name, assignment):
            files |= modules_in(path.parent, assignment, is_deep=False)
        chosen = choose(files, {assignment: master})
        notebook, remarks = read_notebook(chosen.notebooks[assignment]), list(chosen.remarks)
        remarks += match(notebook, master)
        remarks += add_module(notebook, master, chosen.files, assignment)
    except (UnclearError, UnreadableError) as error:
        words = str(error).removeprefix(f"{assignment}.ipynb: ")  # the name that `as_handed_in` gives the file
        raise UnreadableFileError(f"{path}: {words}") from error
    notebook.metadata["kernelspec"] = KERNELSPEC
    client = CheckClient(notebook, path.resolve().parent)
    client.check_all()
    stops = stops_in(notebook.cells)
    hit = [cause_of(each.exercise, stops, [each.message]) for _, each in client.found if not each.passed]
    stopped = [describe_stop(stop, hit.count(stop)) for stop in stops if stop in hit]
    return CheckedFile(
        tuple(verdict for _, verdict in client.found),
        (*remarks, *stopped),
        tuple(client.reported),
        sum(map(is_partly_left, notebook.cells)),
        left_open(path, files, master, assignment),
    )


def left_open(path, files, master, assignment):
    """Return the exercises without an answer in a checked module; none if the file is no module of a notebook."""
    if not is_module(path.name, assignment):
        return frozenset()
    module, _ = find_module(files, master, assignment)
    answers = module.all_answers(master) if module else frozenset()
    return frozenset(name for wanted in master.solutions for name in wanted.answers) - answers


def read_master(path, content, master):
    """Return the name of the assignment that a file answers, and the `Master` to check it with."""
    if master:
        return (owner(path, exercises.chapters()) if path.suffix == ".py" else None) or path.stem, master_in(master)
    released = shipped_course()
    if not is_script(path, content) or owner(path, exercises.chapters()) is not None:
        with contextlib.suppress(NoMasterError):
            assignment = assignment_of(path, content, released)
            return assignment, master_in(release_of(assignment, released))
    return path.stem, master_of_its_own(content, path)


def master_of_its_own(content, path):
    """Return a `Master` that asks only for the exercises whose names the file defines."""
    notebook = read_script(content) if is_script(path, content) else read_notebook(content)
    roles = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    given = {role.get("grade_id") for role in roles if role.get("solution")}
    given.update(*(names_answered(cell.source) for cell in notebook.cells if cell.cell_type == "code"))
    names = [name for name in exercises.names() if name in given]
    if not names:
        raise UnreadableError("it answers no exercise: it defines none of the course's exercises")
    return Master.of_exercises(names)


def is_left_to_grading(cell):
    """Whether a cell holds nothing but a teacher's own tests."""
    return is_grade(cell) and not exercises_in(cell)


def is_partly_left(cell):
    """Whether a cell earns points for something that only grading, or a person, can judge."""
    role = cell.metadata.get("nbgrader", {})
    return bool(role.get("task") or (role.get("grade") and (is_left_to_grading(cell) or plan(cell)[1])))
