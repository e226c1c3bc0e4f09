"""What harms costs only itself: hostile and broken submissions among honest ones, all graded by `lossedu grade`."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

import lossedu
from tests.commands import nbgrader
from tests.grading.equality import rows
from tests.grading.hostile import FILES, KINDS, NOTEBOOKS, Harm
from tests.grading.postgresql import gradebook_of
from tests.grading.tampering import ASSIGNMENT, HONEST, master
from tests.grading.test_batch import assert_equal
from tests.samples.demo import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("sandbox")]

TIME_LIMIT = 4  # seconds per cell; a kernel that ignores the interrupt takes as long again
AMPLE = 300  # seconds; a cell of a broken notebook never takes so long, not even on a busy machine
SETTINGS = """
c.TrustedExecute.notebook_timeout = 20
c.WarmProvisioner.isolation = "bubblewrap"
c.WarmProvisioner.time_limit = 40
c.WarmProvisioner.memory_limit = 2**29
c.WarmProvisioner.file_limit = 2**26
c.WarmProvisioner.process_limit = 64
"""
FEW = (
    *("loops in C", "forks without end", "fills the memory", "complains without end", "kills everything"),
    *("writes to the course", "calls by TCP", "an empty file", "a link to an endless device"),
)
HONEST_ONES = ("honest-1", "honest-2", "honest-3")
CANARY = "canary-2718281828"
MARK = "LANGUAGE"  # which kernels inherit; its value asks for no language that there is


@dataclass
class Run:
    """A batch that has been graded, and what was to be seen meanwhile; `kinds` are the hostile ones by student."""

    course: Path
    kinds: dict
    said: dict = field(default_factory=dict)
    seconds: float = 0
    changed: set = field(default_factory=set)
    visitors: list = field(default_factory=list)
    left: list = field(default_factory=list)


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course directory with the assignment, and no submissions."""
    course = tmp_path_factory.mktemp("hostile") / "released"
    (course / "solutions" / ASSIGNMENT).mkdir(parents=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(SETTINGS)
    nbformat.write(master(), course / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    nbgrader(course, "generate_assignment", ASSIGNMENT)
    (course / "canary.txt").write_text(CANARY)
    return course


@pytest.fixture(scope="module")
def clean(released):
    """The course with the honest ones alone, graded."""
    course = shutil.copytree(released, released.parent / "clean")
    hand_in(course, {})
    assert grade(course, jobs=1)[1] == 0
    return course


@pytest.fixture(scope="module", params=["few", pytest.param("all", marks=pytest.mark.slow)])
def run(request, released, tmp_path_factory):
    """The hostile ones among honest ones, graded."""
    kinds = FEW if request.param == "few" else KINDS
    course = shutil.copytree(released, released.parent / request.param)
    run = Run(course, {f"hostile-{number:03}": kind for number, kind in enumerate(kinds)})
    home = tmp_path_factory.mktemp("home")
    (home / ".ssh").mkdir()
    for secret in (home / "canary.txt", home / ".ssh" / "id_rsa"):
        secret.write_text(CANARY)
    with listening(run.visitors, home) as port:
        hand_in(course, run.kinds, {"COURSE": str(course), "HOME": str(home), "PORT": str(port)})
        package = Path(lossedu.__file__).parent
        watched = [course, home, package]
        before = snapshot(watched)
        started = time.monotonic()
        run.said, _ = grade(course, **{MARK: str(course)})
        run.seconds = time.monotonic() - started
        time.sleep(1)
        run.left = list(processes_with(f"{MARK}={course}"))
        after = snapshot(watched)
    run.changed = {path for path, _ in before ^ after}
    return run


class listening:  # noqa: N801  a context
    """Sockets that note who calls: by TCP and UDP, by a file, and by an abstract name."""

    def __init__(self, visitors, home):
        self.visitors = visitors
        self.stream, self.datagram = (socket.socket(type=kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))
        self.file, self.abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.stream.bind(("127.0.0.1", 0))
        self.datagram.bind(self.stream.getsockname())
        self.file.bind(str(home / "socket"))
        self.abstract.bind(f"\0lossedu-{self.stream.getsockname()[1]}")

    def __enter__(self):
        for each in (self.stream, self.file, self.abstract):
            each.listen()
        for each, take in [
            (self.datagram, lambda: self.datagram.recv(100)),
            *((each, each.accept) for each in (self.stream, self.file, self.abstract)),
        ]:
            threading.Thread(target=self.note, args=[each, take], daemon=True).start()
        return self.stream.getsockname()[1]

    def note(self, each, take):
        try:
            while came := take():  # nothing comes once it is shut down
                self.visitors.append((each.family, came))
        except OSError:  # it was closed
            return

    def __exit__(self, *error):
        for each in (self.stream, self.datagram, self.file, self.abstract):
            with suppress(OSError):  # a datagram socket is not connected, but wakes up all the same
                each.shutdown(socket.SHUT_RDWR)  # or what waits on it would keep it open
            each.close()


def hand_in(course, kinds, places=None):
    """Submit the hostile kinds, and honest work before, between and after them."""
    notebook = nbformat.read(course / "course" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)
    honest = dict.fromkeys(HONEST_ONES, Harm())
    for student, harm in ({student: KINDS[kind] for student, kind in kinds.items()} | honest).items():
        harm.write(course / "submitted" / student / ASSIGNMENT, notebook, places or {})


def grade(course, *, jobs=2, wait=None, time_limit=TIME_LIMIT, **environment):
    """What `lossedu grade` says of each student, and its exit code."""
    command = [sys.executable, "-m", "lossedu", "grade", ASSIGNMENT, "--jobs", str(jobs), "--json"]
    done = subprocess.run(
        [*command, "--time-limit", str(time_limit)],
        cwd=course,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
        capture_output=True,
        text=True,
        timeout=wait,
    )
    return {result["student"]: result for result in map(json.loads, done.stdout.splitlines())}, done.returncode


def snapshot(places):
    """What lies in these places: paths with kind, size, time and content, but for what grading makes."""
    found = set()
    for place in places:
        for folder, folders, files in os.walk(place):
            folders[:] = [name for name in folders if name not in ("autograded", "__pycache__", ".jupyter")]
            for path in (Path(folder, name) for name in (*folders, *files)):
                state = path.lstat()
                content = path.is_file() and not path.is_symlink() and state.st_size < 10**6 and path.read_bytes()
                digest = hashlib.sha256(content).hexdigest() if content else None
                found.add((str(path), (state.st_mode, state.st_size, state.st_mtime_ns, digest)))
    by_grading = ("gradebook.db", "nbgrader.log", "secret_seed.txt", "exchange")
    return {(path, state) for path, state in found if not set(Path(path).parts) & set(by_grading)}


def processes_with(variable):
    """The processes that have this in their environment."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if variable.encode() in path.read_bytes():
                yield (path.parent / "cmdline").read_text()
        except OSError:
            continue


def test_there_are_at_least_eighty_kinds():
    assert len(KINDS) >= 80
    assert all(points <= HONEST[name] for harm in KINDS.values() for name, points in (harm.earns or {}).items())


def test_honest_grades_are_those_of_a_clean_run(run, clean):
    for table, expected in rows(gradebook_of(clean)).items():
        assert [row for row in rows(gradebook_of(run.course))[table] if "hostile-" not in row] == expected, table


def test_each_gets_the_points_of_its_answers_or_is_refused(run):
    with Gradebook(f"sqlite:///{run.course / 'gradebook.db'}", "lossedu") as gradebook:
        grades = {
            submission.student.id: {g.name: g.auto_score for notebook in submission.notebooks for g in notebook.grades}
            for submission in gradebook.assignment_submissions(ASSIGNMENT)
        }
    assert grades.keys() == run.said.keys() == {*HONEST_ONES, *run.kinds}
    odd = {}
    for student, kind in run.kinds.items():
        harm, said = KINDS[kind], run.said[student]
        if harm.problem or said["problem"]:
            expected = bool(harm.problem) and harm.problem in (said["problem"] or "")
        elif harm.earns is None:
            expected = all(points <= HONEST[name] for name, points in grades[student].items())
        else:
            expected = grades[student] == HONEST | harm.earns
        if not expected:
            odd[kind] = said, grades[student]
    assert not odd


def test_what_was_tried_is_named(run):
    kinds = {student: KINDS[kind].named for student, kind in run.kinds.items() if KINDS[kind].named}
    said = {student: "; ".join(run.said[student]["remarks"]) for student in kinds}
    assert {run.kinds[student]: said[student] for student, words in kinds.items() if words not in said[student]} == {}


def test_nothing_outside_was_read_written_or_called(run):
    assert not run.changed
    assert not run.visitors
    leaks = [
        path
        for path in [*run.course.rglob("autograded/**/*"), run.course / "gradebook.db"]
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert not leaks


def test_no_process_is_left(run):
    assert not run.left


def test_each_takes_no_longer_than_its_time_limits(run):
    usual = 15 + 5 * max(run.said[student]["seconds"] for student in HONEST_ONES)  # other tests run beside
    late = {}
    for student, kind in run.kinds.items():
        if run.said[student]["seconds"] > usual + 3 * TIME_LIMIT * KINDS[kind].limits:
            late[kind] = run.said[student]["seconds"]
    assert not late
    assert run.seconds < usual + sum(result["seconds"] for result in run.said.values())


@pytest.mark.slow
def test_what_is_not_refused_is_left_as_nbgrader_leaves_it(released):
    """Broken notebooks and odd files: nbgrader with this configuration reads, mends and refuses the same."""
    refused = ("a link", "a pipe", "a folder", "a broken", "a timestamp", "too large", "100,000", "many", "a huge file")
    ids_drawn_anew = ("no format", "the format of 2013", "duplicate ids")
    remarked = ("a notebook more",)  # lossedu grade says which of the notebooks it graded
    kinds = [kind for kind in NOTEBOOKS | FILES if not kind.startswith(refused + ids_drawn_anew + remarked)]
    kinds = [kind for kind in kinds if not KINDS[kind].problem.startswith("is")]
    stock = shutil.copytree(released, released.parent / "stock")
    hand_in(stock, {f"hostile-{number:03}": kind for number, kind in enumerate(kinds)})
    with (stock / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\nc.TrustedExecute.timeout = c.TrustedExecute.notebook_timeout = {AMPLE}\n")
    (stock / "secret_seed.txt").write_text("7")  # or each of the two would draw a number of its own
    batch = shutil.copytree(stock, released.parent / "batch", symlinks=True)
    nbgrader(stock, "autograde", ASSIGNMENT, may_fail=True)
    grade(batch, time_limit=AMPLE)
    assert_equal(batch, stock)
