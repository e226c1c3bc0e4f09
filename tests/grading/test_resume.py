"""What stops `lossedu grade` on its way costs nothing: the next run finishes, and the gradebook ends the same."""

import contextlib
import ctypes
import errno
import json
import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook, InvalidEntry, MissingEntry
from sqlalchemy.exc import NoResultFound, OperationalError, PendingRollbackError

from lossedu.authoring import nbgrader_metadata
from lossedu.grading.batch import Batch
from lossedu.grading.worker import fault_of_the_machine
from tests.commands import nbgrader
from tests.grading.batches import assert_equal, start
from tests.grading.postgresql import configure, gradebook_of
from tests.grading.tampering import cell_of, master
from tests.samples.demo import REPOSITORY

pytestmark = pytest.mark.slow

TINY = "tiny"
STUDENTS = tuple("abcdefgh")
REGRADED = "h"  # was graded before, and handed in something else since
BEFORE, MOMENT, LATER = (f"2026-03-0{day} 12:00:00 UTC" for day in (1, 2, 3))
STOPPED = 3  # the exit code
KILLS = int(os.environ.get("KILLS", "5"))  # `make test-kills` asks for 50
ADOPT_ORPHANS = 36  # from <sys/prctl.h>


def answer(notebook, source):
    cell_of(notebook, "x").source = source


def hand_in(course, student, source="x = 1", moment=MOMENT):
    """Submit an answer."""
    folder = course / "submitted" / student / TINY
    shutil.copytree(course / "course" / TINY, folder, dirs_exist_ok=True)
    notebook = nbformat.read(folder / f"{TINY}.ipynb", as_version=4)
    answer(notebook, source)
    nbformat.write(notebook, folder / f"{TINY}.ipynb")
    (folder / "timestamp.txt").write_text(moment)
    (folder / "notes.txt").write_text(source)


@pytest.fixture(scope="module")
def ungraded(tmp_path_factory):
    """A course with an assignment that takes no time, and what students handed in."""
    course = tmp_path_factory.mktemp("tiny") / "ungraded"
    source = course / "solutions" / TINY
    source.mkdir(parents=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    (course / "secret_seed.txt").write_text("7\n")
    cells = [
        new_code_cell(
            "### BEGIN SOLUTION\nx = 1\n### END SOLUTION", metadata={"nbgrader": nbgrader_metadata("x", solution=True)}
        ),
        new_code_cell("assert x == 1", metadata={"nbgrader": nbgrader_metadata("check_x", solution=False, points=2)}),
    ]
    nbformat.write(new_notebook(cells=cells, metadata=master().metadata), source / f"{TINY}.ipynb")
    nbgrader(course, "generate_assignment", TINY)
    hand_in(course, REGRADED, "x = 2", BEFORE)
    nbgrader(course, "autograde", TINY)
    for student in STUDENTS:
        hand_in(course, student)
    return course


class Launcher:
    """Processes that grade, started from one that has all imports made: most of a small run are imports."""

    def __init__(self, output):
        self.output = output
        command = [sys.executable, "-m", "tests.grading.launcher"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=REPOSITORY, **pipes)

    def start(self, course, jobs):
        """Begin to grade; the number of the process."""
        arguments = ["grade", TINY, "--json", f"--jobs={jobs}"]
        self.output.write_text("")
        print(json.dumps([str(course), str(self.output), arguments]), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def ends_within(self, seconds):
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def wait(self):
        """The exit code."""
        return int(self.process.stdout.readline())

    def graded(self):
        """The students of whom it has said so by now."""
        said = self.output.read_text(encoding="utf-8").splitlines()
        return {json.loads(line)["student"] for line in said if line.endswith("}")}

    def wait_for_first(self):
        """Wait for the first result, or the end."""
        while not (self.graded() or self.ends_within(0.01)):
            pass

    def grade(self, course, jobs):
        """Grade; who is graded, and the exit code."""
        self.start(course, jobs)
        code = self.wait()
        return self.graded(), code


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    launcher = Launcher(tmp_path_factory.mktemp("launcher") / "output")
    yield launcher
    launcher.process.stdin.close()
    launcher.process.wait(timeout=30)


@pytest.fixture(scope="module")
def undisturbed(ungraded, launcher):
    """The same, graded at one go."""
    course = shutil.copytree(ungraded, ungraded.parent / "undisturbed")
    assert launcher.grade(course, jobs=1) == (set(STUDENTS), 0)
    return course


@pytest.fixture
def course(ungraded, tmp_path, backend):
    """A copy of the course, its gradebook in SQLite or PostgreSQL."""
    return backend(shutil.copytree(ungraded, tmp_path / "course"))


def places(course):
    """By student, the autograded folder as the file system knows it."""
    return {folder.parent.name: folder.stat().st_ino for folder in course.glob(f"autograded/*/{TINY}")}


def assert_next_run_finishes(launcher, course, expected, old=()):
    """The next run grades the others and them only; then all is as in a run that nothing disturbed."""
    graded = {student: place for student, place in places(course).items() if (student, place) not in old}
    assert launcher.grade(course, jobs=1) == (set(STUDENTS) - graded.keys(), 0)
    assert graded.items() <= places(course).items()
    assert not list(course.glob("autograded/*/.*"))
    assert_equal(course, expected)
    return graded.keys()


# --- Killed ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def adopted():
    """Processes whose parent ends come to this one: returns what waits until there are no more than before."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(ADOPT_ORPHANS, 1, 0, 0, 0):
        pytest.skip(f"orphans cannot be adopted here: {os.strerror(ctypes.get_errno())}")
    this, before = psutil.Process(), set(psutil.Process().children(recursive=True))

    def left(seconds=60):
        deadline = time.monotonic() + seconds
        while (new := set(this.children(recursive=True)) - before) and time.monotonic() < deadline:
            psutil.wait_procs(new, timeout=0.2)
        return [each.as_dict(["pid", "status", "cmdline"]) for each in new]

    yield left
    prctl(ADOPT_ORPHANS, 0, 0, 0, 0)


@pytest.mark.slow
def test_a_killed_run_is_taken_up_by_the_next(ungraded, undisturbed, backend, launcher, adopted, tmp_path):
    """Half of the moments lie anywhere in a run, the others after the first result, when there is much to write."""
    seed = random.SystemRandom().randrange(10**6)
    draw = random.Random(seed)  # noqa: S311  moments, not secrets
    kills, first, duration = 0, 0, None
    while kills < KILLS:
        late, share, kill = draw.random() < 0.5, draw.random(), draw.choice([os.kill, os.kill, os.killpg])
        course = backend(shutil.copytree(ungraded, tmp_path / "course"))
        old = places(course).items()
        started = time.monotonic()
        process = launcher.start(course, jobs=2)
        if late or duration is None:
            launcher.wait_for_first()
            first = time.monotonic() - started
        if duration and not launcher.ends_within(share * max(0, duration - first if late else duration)):
            kill(process, signal.SIGKILL)
        code, ended = launcher.wait(), time.monotonic() - started
        said = launcher.graded()
        assert adopted() == [], f"seed {seed}, kill {kills}"
        graded = assert_next_run_finishes(launcher, course, undisturbed, old)
        assert said <= graded
        shutil.rmtree(course)
        if code == 0:  # the first run does, others may
            duration = ended
        else:
            kills += 1
            print(f"seed {seed}, kill {kills}: {kill.__name__} after {ended:.2f} s, {len(graded)} graded", flush=True)


TRAP = """
import os, pathlib, signal

moves = []


def rename(path, target, move=pathlib.Path.rename):
    moves.extend([path] * ({student!r} in path.parts))
    if len(moves) > {number}:
        os.kill(os.getpid(), signal.SIGKILL)
    return move(path, target)


pathlib.Path.rename = rename
"""


@pytest.mark.parametrize("number", [1, *(pytest.param(number, marks=pytest.mark.slow) for number in (0, 2))])
def test_a_kill_between_the_gradebook_and_the_folder_loses_nothing(course, undisturbed, launcher, number):
    """A re-graded submission's rows are committed, then its folder moves away, then the new one moves in."""
    old = places(course).items()
    config = course / "nbgrader_config.py"
    plain = config.read_text(encoding="utf-8")
    configure(course, TRAP.format(student=REGRADED, number=number))
    _, code = launcher.grade(course, jobs=1)
    assert code == (-signal.SIGKILL if number < 2 else 0)
    config.write_text(plain, encoding="utf-8")
    assert_next_run_finishes(launcher, course, undisturbed, old)


def test_two_runs_on_one_assignment_do_not_meet(ungraded, undisturbed, launcher, tmp_path):
    course = shutil.copytree(ungraded, tmp_path / "course")
    batch = Batch(course, TINY)
    results = batch.run(jobs=1)
    first = next(results)
    assert "another run is grading 'tiny'" in complaint(course)
    assert {first.student, *(each.student for each in results)} == set(STUDENTS)
    assert launcher.grade(course, jobs=1) == (set(), 0)
    assert_equal(course, undisturbed)


def test_a_file_system_without_locks_does_not_keep_from_grading(ungraded, monkeypatch, tmp_path):
    def flock(*ignored):
        raise OSError(errno.EBADF, "as NFS says of what is open for reading")

    monkeypatch.setattr("lossedu.grading.batch.fcntl.flock", flock)
    course = shutil.copytree(ungraded, tmp_path / "course")
    assert [result.student for result in Batch(course, TINY, ["a"]).run(jobs=1)] == ["a"]


# --- Handed in anew -------------------------------------------------------------------------------------------------


def test_what_is_handed_in_anew_while_it_is_graded_is_graded_anew(course):
    batch = Batch(course, TINY, ["a", "b"])
    read = batch.writer.job

    def job(entry):
        found = read(entry)
        if entry.name == "a" and b"x = 2" not in found.handed_in[f"{TINY}.ipynb"]:
            hand_in(course, "a", "x = 2", LATER)
        return found

    batch.writer.job = job
    results = {result.student: result for result in batch.run(jobs=1)}
    assert {student: result.points for student, result in results.items()} == {"a": 0, "b": 2}
    assert (course / "autograded" / "a" / TINY / "notes.txt").read_text() == "x = 2"
    with Gradebook(gradebook_of(course), "lossedu") as gradebook:
        submission = gradebook.find_submission(TINY, "a")
        assert (submission.score, f"{submission.timestamp} UTC") == (0, LATER)
    assert not Batch(course, TINY, ["a", "b"]).submissions


# --- Stopped by the machine -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "fault"),
    [
        (OSError(errno.ENOSPC, "full"), None, True),
        (OSError(errno.ENOSPC, "full"), RuntimeError("not written"), True),
        (OSError(errno.ENOENT, "gone"), None, False),
        (PendingRollbackError("lost"), None, True),
        (OperationalError("INSERT", {}, Exception("full")), InvalidEntry("not a row"), True),
        (NoResultFound("no row"), MissingEntry("no student"), False),
        (ValueError("not JSON"), None, False),
    ],
)
def test_the_machine_is_to_blame_for_disk_and_database_only(first, then, fault):
    try:
        try:
            raise first
        except Exception as error:
            raise (then or error)  # noqa: B904  as nbgrader does
    except Exception as error:
        found = fault_of_the_machine(error)
    assert found is (first if fault else None)


def complaint(course, environment=None):
    """What `lossedu grade` says when it has to stop."""
    process = start(course, TINY, "--json", "--jobs", "2", stderr=subprocess.PIPE, environment=environment)
    _, complaint = process.communicate()
    assert process.returncode == STOPPED, complaint
    assert complaint.startswith("Error: cannot go on (")
    assert complaint.endswith("): set it right, then run it again\n")
    return complaint


@pytest.fixture
def small_disk():
    """A file system of 4 MB, and what leaves it so many bytes; its path is short, as those of sockets have to be."""
    disk = Path(tempfile.mkdtemp())
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")

    def leave(size):
        (disk / "filler").write_bytes(bytes(shutil.disk_usage(disk).free - size))

    yield disk, leave
    subprocess.run(["umount", "--lazy", disk], check=True)  # kernels may not quite have ended
    disk.rmdir()


@pytest.mark.slow
@pytest.mark.parametrize("left", [0, 2**12, 2**14, 2**15, 2**16, 2**17])
def test_a_full_disk_is_said_and_the_next_run_finishes(ungraded, undisturbed, launcher, small_disk, left):
    disk, leave = small_disk
    course = shutil.copytree(ungraded, disk / "course")
    old = places(course).items()
    leave(left)
    assert any(words in complaint(course) for words in ("No space left", "database or disk is full", "disk I/O error"))
    (disk / "filler").unlink()
    assert_next_run_finishes(launcher, course, undisturbed, old)


@pytest.mark.slow
@pytest.mark.parametrize("left", [2**12, 2**14])  # with none at all, Python looks for another folder
def test_no_room_for_what_is_being_graded_is_nobodys_fault(ungraded, undisturbed, launcher, small_disk, tmp_path, left):
    disk, leave = small_disk
    course = shutil.copytree(ungraded, tmp_path / "course")
    old = places(course).items()
    leave(left)
    assert "No space left" in complaint(course, {"TMPDIR": str(disk)})
    assert_next_run_finishes(launcher, course, undisturbed, old)


@pytest.mark.slow
@pytest.mark.parametrize("graded", [0, 1, 4])
def test_a_lost_database_is_said_and_the_next_run_finishes(ungraded, undisturbed, launcher, server, tmp_path, graded):
    course = server.move_here(shutil.copytree(ungraded, tmp_path / "course"))
    old = places(course).items()
    process = start(course, TINY, "--json", "--jobs", "2", stderr=subprocess.PIPE)
    for _ in range(graded):
        process.stdout.readline()
    server.stop()
    try:
        _, said = process.communicate()
        assert process.returncode == STOPPED
        assert "OperationalError" in said
        assert "connection" in complaint(course)  # nor can it start
    finally:
        server.start()
    assert_next_run_finishes(launcher, course, undisturbed, old)


@pytest.mark.slow
@pytest.mark.parametrize("graded", [0, 2])
def test_a_locked_gradebook_is_said_and_the_next_run_finishes(ungraded, undisturbed, launcher, tmp_path, graded):
    course = shutil.copytree(ungraded, tmp_path / "course")
    old = places(course).items()
    process = start(course, TINY, "--json", "--jobs", "2", stderr=subprocess.PIPE)
    for _ in range(graded):
        process.stdout.readline()
    with contextlib.closing(sqlite3.connect(course / "gradebook.db", timeout=30)) as another:
        another.execute("BEGIN EXCLUSIVE")
        _, said = process.communicate()
        assert (process.returncode, "database is locked" in said) == (STOPPED, True)
        another.rollback()
    assert_next_run_finishes(launcher, course, undisturbed, old)


@pytest.mark.slow
def test_a_driver_that_is_missing_is_said(ungraded, tmp_path):
    course = shutil.copytree(ungraded, tmp_path / "course")
    configure(course, "c.CourseDirectory.db_url = 'postgresql+asyncpg_of_nobody:///gradebook'")
    assert "asyncpg_of_nobody" in complaint(course)
