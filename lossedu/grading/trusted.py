"""The steps of nbgrader's autograding that differ in lossedu: they read leniently and judge outside the kernel.

`nbgrader_config.py` calls `trust`, which replaces nbgrader's own steps with these, and secures its pages (`pages`).
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

import nbformat
from traitlets import Dict, Integer, List, Unicode, default

from lossedu.checking.probe import OWN
from lossedu.executor._nbclient import NotebookClient
from lossedu.executor.forked import ForkedRunner
from lossedu.executor.jupyter import JupyterRunner
from lossedu.executor.pictures import Pictures
from lossedu.executor.provisioner import ENDED, WarmProvisioner
from lossedu.executor.server import inherited, server_for
from lossedu.grading import _audit_hook
from lossedu.grading._nbconvert import NotebookExporter
from lossedu.grading._nbgrader import (
    BaseCell,
    Comment,
    Execute,
    Grade,
    Gradebook,
    MissingEntry,
    NbGraderPreprocessor,
    OverwriteCells,
    SaveAutoGrades,
    is_grade,
    is_sanitizing,
    is_solution,
    is_task,
    replace_search,
    replace_steps,
)
from lossedu.grading.hidden_inputs import fingerprint_of, seed_of
from lossedu.grading.pages import secure_pages
from lossedu.grading.session import READY_MADE, Session, functions_to_hide
from lossedu.intake.masters import Master, MasterCell
from lossedu.intake.matching import match
from lossedu.intake.notebooks import OUR_METADATA, read_notebook

FIGURES = []  # of each notebook that ran in this process: how many were drawn, and how many need not be drawn


def trust(config):
    """Set the steps of autograding, nbgrader's own or steps of this module, and how its pages are made."""
    ours = {OverwriteCells: [RestoreCells, OverwriteCells], Execute: [TrustedExecute], SaveAutoGrades: [SaveGrades]}
    replace_steps(config, ours)
    config.Autograde.exporter_class = SubmissionExporter
    replace_search()
    secure_pages(config)


class SubmissionExporter(NotebookExporter):
    """Read submissions as `lossedu.intake` does, and check what is written once instead of after each step."""

    def from_file(self, file_stream, resources=None, **options):
        """Read a notebook and run the steps on it."""
        if not is_sanitizing(self.parent):
            return super().from_file(file_stream, resources, **options)
        return self.from_notebook_node(read_notebook(file_stream.buffer.read()), resources, **options)

    def from_notebook_node(self, nb, resources=None, **options):
        """Run the steps on a notebook itself, not on copies as nbconvert does, since nothing else needs it."""
        resources = self._init_resources(resources)
        for step in self._preprocessors:
            nb, resources = step(nb, resources)
        problems = {}
        text = nbformat.writes(nb, capture_validation_error=problems)
        if problems:
            nbformat.validate(nb, relax_add_props=True)  # raises, as nbconvert does, but for additional properties
        return f"{text}\n", resources


class RestoreCells(NbGraderPreprocessor):
    """Give every cell its role in the master, and put back missing cells.

    nbgrader's own `OverwriteCells`, which follows, stops at changed roles and at a solution that was deleted together
    with its test.
    """

    remarks = List(Unicode(), help="Further remarks on the submission.").tag(config=True)

    def preprocess(self, nb, resources):
        """Restore the cells of a submission, and note in it what is unusual."""
        of = resources["nbgrader"]
        with Gradebook(of["db_url"]) as gradebook:
            master = master_of(gradebook.find_notebook(of["notebook"], of["assignment"]))
        remarks = [*self.remarks, *match(nb, master)]
        for remark in remarks:
            self.log.warning("%s", remark)
        if remarks:
            nb.metadata[OUR_METADATA] = {"remarks": remarks}
        return nb, resources


def master_of(notebook):
    """Return the `Master` for a notebook of the gradebook."""
    worth = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
    grade, solution, task = (
        {cell.name for cell in cells} for cells in (notebook.grade_cells, notebook.solution_cells, notebook.task_cells)
    )
    cells = [
        MasterCell(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            locked=cell.locked,
            grade=cell.name in grade,
            solution=cell.name in solution,
            task=cell.name in task,
            points=worth.get(cell.name),
        )
        for cell in notebook.source_cells
    ]
    return Master(tuple(cells))


class TrustedExecute(Session, Execute):
    """Run a submission in its kernel, and judge its test cells in this process."""

    secret_seed = Integer(
        help="A number from which, and from a submission, its hidden inputs follow; by default, the one in a file."
    ).tag(config=True)
    secret_seed_file = Unicode(help="This file, the same for all submissions of a course; made if missing.").tag(
        config=True
    )

    known_pictures = Dict(help="Pictures in Base64 that need not be drawn, by the hashes of their figures.").tag(
        config=True
    )

    @default("secret_seed")
    def _of_the_course(self):
        file = Path(self.secret_seed_file)
        if not file.exists():
            with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.") as drawn:
                drawn.write(f"{secrets.randbits(63)}\n")
                drawn.flush()
                with contextlib.suppress(FileExistsError):  # the first process wins
                    os.link(drawn.name, file)  # readable for its owner only, and never empty
        return int(file.read_text(encoding="utf-8"))

    @property
    def seed(self):
        """The number that draws the hidden inputs of this submission."""
        return seed_of(self.secret_seed, self.fingerprint)

    @default("shutdown_kernel")
    def _without_waiting(self):
        return "immediate"

    def preprocess(self, nb, resources, km=None):
        """Run and judge a notebook."""
        self.pictures = Pictures(self.known_pictures)
        self.begin()
        place = resources.get("metadata", {})
        own_file = f"{place['name']}.ipynb" if place.get("name") else None  # as nbgrader's first stage has written it
        self.fingerprint = fingerprint_of(nb, place.get("path"), own_file)
        NotebookClient.__init__(self, nb)
        self.reset_execution_trackers()
        self._check_assign_resources(resources)
        self.runner = self.choose_runner()
        try:
            self.run_all()
        finally:
            ENDED.extend(self.runner.used)
            FIGURES.append((self.pictures.drawn, self.pictures.used))
        self.set_widgets_metadata()
        return nb, resources

    def asked_of_figures(self):
        """Return what a process is told about the figures that need not be drawn.

        A submission can claim a figure that it has not drawn. Where a person looks at its work, every figure is drawn.
        """
        if any(is_task(cell) or (is_grade(cell) and is_solution(cell)) for cell in self.nb.cells):
            self.pictures = Pictures()
        return {"known": [*self.pictures.by_key], "record": False}

    def choose_runner(self):
        """Return a runner whose processes are forked and isolated, as far as that is possible here."""
        settings = WarmProvisioner(parent=self)
        hidden = [*self.out_of_reach, *_audit_hook.places_of([*READY_MADE, *OWN])]
        environment = inherited(os.environ)
        longest = 4 * self.output_limit
        paths = tuple(hidden), tuple(settings.readable)
        server = server_for(environment, settings.isolation, *paths, self.log.warning, functions_to_hide())
        if server is None:
            return JupyterRunner(self, longest, env=environment)
        request = {"environment": environment, "limits": settings.limits(server), "pictures": self.asked_of_figures()}
        return ForkedRunner(self, self.forking(server, request), longest)


class RecordPictures(TrustedExecute):
    """Run a solved notebook of the teacher's, and note the pictures that it draws."""

    def preprocess(self, nb, resources, km=None):
        """Run all cells but the tests."""
        nb.cells = [cell for cell in nb.cells if is_solution(cell) or not is_grade(cell)]
        return super().preprocess(nb, resources, km)

    def asked_of_figures(self):
        """Ask for each picture with its hash."""
        self.pictures = Pictures(is_recording=True)
        return {"known": [], "record": True}


class SaveGrades(SaveAutoGrades):
    """Save the grades of a submission; what lossedu could not judge waits for a grade by hand."""

    def preprocess(self, nb, resources):
        """Save the grades and comments of a notebook at once, which nbgrader does cell by cell."""
        of = resources["nbgrader"]
        with Gradebook(of["db_url"]) as gradebook:
            submitted = gradebook.find_submission_notebook(of["notebook"], of["assignment"], of["student"])
            self.gradebook = SubmittedRows(gradebook, submitted)
            self.notebook_id, self.assignment_id, self.student_id = submitted.name, of["assignment"], of["student"]
            nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
            gradebook.db.commit()
        return nb, resources

    def _add_score(self, cell, resources):
        super()._add_score(cell, resources)
        if waits_for_a_person(cell):
            grade = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"])
            grade.auto_score, grade.needs_manual_grade = None, True


class SubmittedRows:
    """The grades and comments of a submitted notebook by their cells, read by one query each."""

    def __init__(self, gradebook, submitted):
        """Read the rows of a `SubmittedNotebook`."""
        self.grades, self.comments = (
            dict(
                gradebook.db.query(BaseCell.name, kind)
                .join(kind, kind.cell_id == BaseCell.id)
                .filter(kind.notebook_id == submitted.id)
                .all()
            )
            for kind in (Grade, Comment)
        )

    @property
    def db(self):
        """What nbgrader commits after each cell: `SaveGrades` commits all together."""
        return self

    def commit(self):
        """Wait for the others."""

    def find_grade(self, cell, *_):
        """Return the grade of a cell; `MissingEntry` as nbgrader raises it."""
        return self.found(cell, self.grades)

    def find_comment(self, cell, *_):
        """Return the comment on a cell; `MissingEntry` as nbgrader raises it."""
        return self.found(cell, self.comments)

    def found(self, cell, rows):
        """Return the row of a cell."""
        try:
            return rows[cell]
        except KeyError:
            raise MissingEntry(f"the submission has no row for the cell {cell!r}") from None


def is_put_back(cell):
    """Tell whether a cell was missing in the submission and was put back."""
    return bool(cell.metadata.get(OUR_METADATA, {}).get("put_back"))


def waits_for_a_person(cell):
    """Tell whether a cell needs a grade by hand where nbgrader would save one.

    nbgrader gives 0 points to an answer that is still empty. If the cell was put back, the learner may have answered in
    a cell that lossedu could not tell from others.
    """
    return bool(accident_in(cell)) or (is_put_back(cell) and is_solution(cell))


def accident_in(cell):
    """Return the error of lossedu itself while it judged a cell; None if there was none."""
    return cell.metadata.get(OUR_METADATA, {}).get("accident")
