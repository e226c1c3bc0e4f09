"""Run a submission in a process of its own, and judge its test cells in this one."""

import functools
import os
from pathlib import Path

from traitlets import Dict, Integer, Unicode, default

from lossedu import edition
from lossedu.checking.probe import OWN
from lossedu.executor.forked import ForkedRunner
from lossedu.executor.jupyter import JupyterRunner
from lossedu.executor.nbclient import NotebookClient
from lossedu.executor.pictures import Pictures
from lossedu.executor.provisioner import ENDED, WarmProvisioner
from lossedu.executor.server import inherited, server_for
from lossedu.grading import _audit_hook
from lossedu.grading.hidden_inputs import fingerprint_of, read_secret, seed_of
from lossedu.grading.nbgrader import Execute, is_grade, is_solution, is_task
from lossedu.grading.session import READY_MADE, Session, checked_in, functions_to_hide
from lossedu.intake.notebooks import OUR_METADATA
from lossedu.learners import solution_places

FIGURES = []  # for each notebook that ran in this process: how many were drawn, and how many were not drawn again


class TrustedExecute(Session, Execute):
    """Run a submission in its kernel, and judge its test cells in this process."""

    secret_seed = Integer(
        help="A secret number: hidden inputs follow from it and from the submission; by default, the one in a file."
    ).tag(config=True)
    secret_seed_file = Unicode(help="The file of the secret number, the same for a whole course; made if missing.").tag(
        config=True
    )

    known_pictures = Dict(help="Pictures in Base64 that need not be drawn, by the hashes of their figures.").tag(
        config=True
    )

    @default("secret_seed")
    def _of_the_course(self):
        return read_secret(Path(self.secret_seed_file))

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
        nb.metadata[OUR_METADATA] = {**nb.metadata.get(OUR_METADATA, {}), "graded_by": edition.describe()}
        return nb, resources

    def asked_of_figures(self):
        """Return what to tell a process about the figures that it need not draw.

        A submission can claim a figure that it has not drawn. If a person looks at its work, every figure is drawn.
        """
        if any(is_task(cell) or (is_grade(cell) and is_solution(cell)) for cell in self.nb.cells):
            self.pictures = Pictures()
        return {"known": [*self.pictures.by_key], "record": False}

    def choose_runner(self):
        """Return a runner whose processes are forked and isolated, as far as that is possible here."""
        settings = WarmProvisioner(parent=self)
        environment = inherited(os.environ)
        longest = 4 * self.output_limit
        server = self.server()
        if server is None:
            return JupyterRunner(self, longest, env=environment)
        request = {"environment": environment, "limits": settings.limits(server), "pictures": self.asked_of_figures()}
        return ForkedRunner(self, self.forking(server, request), longest)

    def server(self):
        """Start the process from which those of submissions are forked, if there is none; None if none can run."""
        settings = WarmProvisioner(parent=self)
        hidden = [*self.out_of_reach, *solution_places(), *places_of_ready_made()]
        paths = tuple(hidden), tuple(settings.readable)
        return server_for(inherited(os.environ), settings.isolation, *paths, self.log.warning, functions_to_hide())


@functools.cache
def places_of_ready_made():
    """Return the folders and files of modules that do the work of exercises."""
    return _audit_hook.places_of([*READY_MADE, *OWN])


class RecordPictures(TrustedExecute):
    """Run the teacher's solved notebook, and note the pictures that it draws."""

    def preprocess(self, nb, resources, km=None):
        """Run all cells but the tests."""
        self.exercises = checked_in(nb)
        nb.cells = [cell for cell in nb.cells if is_solution(cell) or not is_grade(cell)]
        return super().preprocess(nb, resources, km)

    def checked(self):
        """Return what the tests check that were left out: the chapter, and so its `lossedu.mine`, follows from it."""
        return self.exercises

    def asked_of_figures(self):
        """Ask for each picture with its hash."""
        self.pictures = Pictures(is_recording=True)
        return {"known": [], "record": True}
