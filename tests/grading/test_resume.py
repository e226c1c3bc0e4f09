"""What stops `lossedu grade` on its way costs nothing: the next run finishes, and the gradebook ends the same."""

import contextlib
import ctypes
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook

from lossedu.authoring import nbgrader_metadata
from lossedu.grading.batch import Batch
from tests.grading.batches import assert_equal, grade, start
from tests.grading.postgresql import configure, gradebook_of
from tests.grading.tampering import cell_of, master
from tests.samples.demo import REPOSITORY, nbgrader

TINY = "tiny"
STUDENTS = tuple("abcdefgh")
REGRADED = "h"  # was graded before, and handed in something else since
BEFORE, MOMENT, LATER = (f"2026-03-0{day} 12:00:00 UTC" for day in (1, 2, 3))
STOPPED = 3  # the exit code
KILLS = 50
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


@pytest.fixture(scope="module")
def undisturbed(ungraded):
    """The same, graded at one go, and the seconds that it took."""
    course = shutil.copytree(ungraded, ungraded.parent / "undisturbed")
    started = time.monotonic()
    said, code = grade(course, TINY, "--jobs", "2")
    assert (said.keys(), code) == (set(STUDENTS), 0)
    return course, time.monotonic() - started


@pytest.fixture
def course(ungraded, tmp_path, backend):
    """A copy of the course, its gradebook in SQLite or PostgreSQL."""
    return backend(shutil.copytree(ungraded, tmp_path / "course"))


def places(course):
    """By student, the autograded folder as the file system knows it."""
    return {folder.parent.name: folder.stat().st_ino for folder in course.glob(f"autograded/*/{TINY}")}


def assert_next_run_finishes(course, expected, old=()):
    """The next run grades the others and them only; then all is as in a run that nothing disturbed."""
    graded = {student: place for student, place in places(course).items() if (student, place) not in old}
    said, code = grade(course, TINY, "--jobs", "1")
    assert code == 0
    assert said.keys() == set(STUDENTS) - graded.keys()
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

    def left(seconds=15):
        deadline = time.monotonic() + seconds
        while (new := set(this.children(recursive=True)) - before) and time.monotonic() < deadline:
            psutil.wait_procs(new, timeout=0.2)
        return [each.as_dict(["pid", "status", "cmdline"]) for each in new]

    yield left
    prctl(ADOPT_ORPHANS, 0, 0, 0, 0)


def kill(course, seconds, whole_group):
    """Grade, and kill that at a moment; who was graded by then."""
    process = start(course, TINY, "--json", "--jobs", "2", start_new_session=True)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL) if process.poll() is None else None
    said, _ = process.communicate()
    return {json.loads(line)["student"] for line in said.splitlines() if line.endswith("}")}


@pytest.mark.parametrize("kills", [pytest.param(1, id="once"), pytest.param(KILLS, id="often", marks=pytest.mark.slow)])
def test_a_killed_run_is_taken_up_by_the_next(ungraded, undisturbed, backend, adopted, tmp_path, kills):
    expected, duration = undisturbed
    seed = random.SystemRandom().randrange(10**6)
    draw = random.Random(seed)  # noqa: S311  moments, not secrets
    for number in range(kills):
        moment, whole_group = draw.uniform(0, duration), draw.random() < 0.3
        course = backend(shutil.copytree(ungraded, tmp_path / str(number)))
        old = places(course).items()
        said = kill(course, moment, whole_group)
        assert not adopted(), f"seed {seed}, kill {number}"
        graded = assert_next_run_finishes(course, expected, old)
        assert said <= graded
        print(
            f"seed {seed}, kill {number}: after {moment:.2f} of {duration:.1f} s, {len(graded)} were graded",
            "group" * whole_group,
            flush=True,
        )
        shutil.rmtree(course)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_kill_between_the_gradebook_and_the_folder_loses_nothing(course, undisturbed, number):
    """A re-graded submission's rows are committed, then its folder moves away, then the new one moves in."""
    with_trap = f"""
import os, pathlib, signal
moves = []
def rename(path, target, move=pathlib.Path.rename):
    moves.append(path)
    if len(moves) > {number}:
        os.kill(os.getpid(), signal.SIGKILL)
    return move(path, target)
pathlib.Path.rename = rename
"""
    old = places(course).items()
    plain = (course / "nbgrader_config.py").read_text(encoding="utf-8")
    configure(course, with_trap)
    assert grade(course, TINY, f"--student={REGRADED}")[1] == -signal.SIGKILL
    (course / "nbgrader_config.py").write_text(plain, encoding="utf-8")
    assert_next_run_finishes(course, undisturbed[0], old)


# --- Handed in anew -------------------------------------------------------------------------------------------------


def test_what_is_handed_in_anew_while_it_is_graded_is_graded_anew(course):
    batch = Batch(course, TINY, ["a", "b"])
    read = batch.writer.job

    def job(submission):
        found = read(submission)
        if submission.student == "a" and b"x = 2" not in found.notebooks[f"{TINY}.ipynb"]:
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


def complaint(course, environment=None):
    """What `lossedu grade` says when it has to stop."""
    process = start(course, TINY, "--json", "--jobs", "2", stderr=subprocess.PIPE, environment=environment)
    _, complaint = process.communicate()
    assert process.returncode == STOPPED, complaint
    assert complaint.startswith("Error: cannot go on (")
    assert complaint.endswith("): set it right, then run it again\n")
    return complaint


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MB, and what leaves it so many bytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")

    def leave(size):
        (disk / "filler").write_bytes(bytes(shutil.disk_usage(disk).free - size))

    yield disk, leave
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize(
    "left", [0, *(pytest.param(size, marks=pytest.mark.slow) for size in (2**12, 2**14, 2**15, 2**16, 2**17))]
)
def test_a_full_disk_is_said_and_the_next_run_finishes(ungraded, undisturbed, small_disk, left):
    disk, leave = small_disk
    course = shutil.copytree(ungraded, disk / "course")
    old = places(course).items()
    leave(left)
    assert any(words in complaint(course) for words in ("No space left", "database or disk is full", "disk I/O error"))
    (disk / "filler").unlink()
    assert_next_run_finishes(course, undisturbed[0], old)


@pytest.mark.slow
@pytest.mark.parametrize("left", [0, 2**12, 2**14])
def test_no_room_for_what_is_being_graded_is_nobodys_fault(ungraded, undisturbed, small_disk, tmp_path, left):
    disk, leave = small_disk
    course = shutil.copytree(ungraded, tmp_path / "course")
    old = places(course).items()
    leave(left)
    assert "No space left" in complaint(course, {"TMPDIR": str(disk)})
    assert_next_run_finishes(course, undisturbed[0], old)


@pytest.mark.slow
@pytest.mark.parametrize("graded", [0, 1, 4])
def test_a_lost_database_is_said_and_the_next_run_finishes(ungraded, undisturbed, server, tmp_path, graded):
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
    assert_next_run_finishes(course, undisturbed[0], old)


@pytest.mark.slow
@pytest.mark.parametrize("graded", [0, 2])
def test_a_locked_gradebook_is_said_and_the_next_run_finishes(ungraded, undisturbed, tmp_path, graded):
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
    assert_next_run_finishes(course, undisturbed[0], old)


@pytest.mark.slow
def test_a_driver_that_is_missing_is_said(ungraded, tmp_path):
    course = shutil.copytree(ungraded, tmp_path / "course")
    configure(course, "c.CourseDirectory.db_url = 'postgresql+asyncpg_of_nobody:///gradebook'")
    assert "asyncpg_of_nobody" in complaint(course)
