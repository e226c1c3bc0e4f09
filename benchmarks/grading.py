"""What grading costs: stock nbgrader and `lossedu grade`, on the same submissions, in one run: `make bench`.

    python -m benchmarks.grading [--copies N] [--growth N] [CHAPTER]...

Each submission is a right one. "stock" is `nbgrader autograde` with a configuration that names the directories and
nothing else: a new kernel for each submission, in which the checks run too. "cells" is what the cells themselves
compute, in a kernel that has made its imports, checks left out; "at most" is how many times stock's rate could be
reached if nothing else cost anything. "messages" is what nbclient and ipykernel take, in both processes, to run as
many cells that compute nothing. While grading, no chapter compares with the live tf.keras, whoever grades.
`otter run` grades one submission a command, by tests that make the same checks; it takes part if `otter-grader` is
installed beside.
CPU is that of all processes, as the system accounts for it when they end; memory is their peak together, shared pages
counted once, as seen once in half a second.
"""

import argparse
import ctypes
import importlib.util
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from lossedu import authoring

REPOSITORY = Path(__file__).resolve().parents[1]
CHAPTERS = ("00_first_loss", "07_kl_divergence", "10_reduction")  # light, many figures, compares with tf.keras
NO_FIGURES = "00_first_loss-no-figures"
DIRECTORIES_ONLY = """
c = get_config()
c.CourseDirectory.course_id = "lossedu"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
"""
STOCK, OTTER = "stock", "otter run"
WAYS = {
    STOCK: ["nbgrader", "autograde"],
    "stock, our configuration": ["nbgrader", "autograde"],
    OTTER: ["otter", "run", "--no-logo", "-a", "tests.zip"],
    "lossedu grade --jobs 1": ["lossedu", "grade", "--json", "--jobs", "1"],
    "lossedu grade --jobs 2": ["lossedu", "grade", "--json", "--jobs", "2"],
}
OTTER_TEST = """
from otter.test_files import test_case

OK_FORMAT, name, points = False, {name!r}, {points!r}


@test_case()
def judged(env):
    exec({source!r}, env)
"""
CLOCK = """
import time
spent = []
get_ipython().events.register("pre_run_cell", lambda info: spent.append(-time.process_time()))
get_ipython().events.register("post_run_cell", lambda result: spent.append(time.process_time()))
"""
BECOME_SUBREAPER = 36  # from <sys/prctl.h>
MEBIBYTE = 2**20


def main(argv=None):
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__.splitlines()[0])
    chapters = [*CHAPTERS, NO_FIGURES]
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help=f"by default {', '.join(chapters)}")
    parser.add_argument("--copies", type=int, default=40, help="submissions for `lossedu grade`; stock gets a fifth")
    parser.add_argument("--growth", type=int, metavar="N", help="only grade N submissions, and watch the memory")
    arguments = parser.parse_args(argv)
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)  # what outlives its parent is waited for here
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.growth:
            show_growth(Path(scratch), (arguments.chapters or [NO_FIGURES])[0], arguments.growth)
        else:
            compare(Path(scratch), arguments.chapters or chapters, arguments.copies)


def compare(scratch, chapters, copies):
    """Grade each chapter in each way, and print what it cost."""
    console = Console(width=120)
    cores = os.cpu_count()
    table = Table(title=f"{cores} cores; load {os.getloadavg()[0]:.1f} before", title_justify="left")
    columns = ("a minute", "ratio", "at most", "CPU, s", "cells, s", "messages, s", "CPU / cells", "peak, MB")
    table.add_column("chapter, way")
    for column in columns:
        table.add_column(column, justify="right")
    for chapter in chapters:
        clocked = graded_with_clock(scratch, chapter)
        cells, messages = statistics.median(map(cells_cpu, clocked)), messages_cpu(clocked[0])
        stock = None
        table.add_section()
        table.add_row(chapter)
        for way, command in WAYS.items():
            if way == OTTER and importlib.util.find_spec("otter") is None:
                continue
            number = copies if "lossedu" in command else max(1, copies // 5)
            course = hand_in(scratch / "course", chapter, number, plain=way == STOCK)
            programs = for_otter(course, command) if way == OTTER else [[*command, chapter]]
            used = run(course, programs, chapter)
            shutil.rmtree(course)
            each, cpu = used.seconds / number, used.cpu / number
            stock = stock or each
            shown = [f"{60 / each:.0f}", f"{stock / each:.1f}", f"{stock * cores / cells:.1f}"]
            shown += [f"{cpu:.2f}", f"{cells:.2f}", f"{messages:.2f}"]
            shown += [f"{cpu / cells:.2f}", f"{used.memory / MEBIBYTE:.0f}"]
            table.add_row(f"  {way}", *shown)
    console.print(table)


def show_growth(scratch, chapter, number):
    """Grade many submissions in one run, and print the memory at every tenfold of them."""
    course = hand_in(scratch / "course", chapter, number)
    milestones = {number // 10**step for step in range(3)}
    print(f"{chapter}; memory in MB\n{'graded':>6} {'a minute':>9} {'grading processes':>18} {'kernels':>8}")

    def note(done, seconds, process):
        if done in milestones:
            ours, kernels = (size / MEBIBYTE for size in memory_of(process))
            print(f"{done:6} {60 * done / seconds:9.0f} {ours:18.0f} {kernels:8.0f}", flush=True)

    run(course, [["lossedu", "grade", "--json", chapter]], chapter, note)


# --- Submissions ----------------------------------------------------------------------------------------------------


def hand_in(course, chapter, number, plain=False, change=lambda notebook: None):
    """Make a course in which so many students have handed in the right answers; `change` may change what they did."""
    text = chapter.removesuffix(NO_FIGURES.removeprefix(CHAPTERS[0]))
    source = course / "solutions" / chapter
    shutil.copytree(REPOSITORY / "solutions" / text, source, ignore=shutil.ignore_patterns("*.ipynb"))
    solved = nbformat.read(authoring.build(source / f"{text}.md"), as_version=4)
    (source / f"{text}.ipynb").unlink()
    if text != chapter:
        solved.cells = [cell for cell in solved.cells if "plt.subplots" not in cell.source]
    nbformat.write(solved, source / f"{chapter}.ipynb")
    if plain:
        (course / "nbgrader_config.py").write_text(DIRECTORIES_ONLY)
    else:
        shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    call(course, ["nbgrader", "generate_assignment", chapter])
    answers = {cell.metadata.nbgrader.grade_id: cell for cell in solved.cells if "nbgrader" in cell.metadata}
    handed_in = nbformat.read(course / "course" / chapter / f"{chapter}.ipynb", as_version=4)
    for cell in handed_in.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.metadata.nbgrader.grade_id].source
    change(handed_in)
    for i in range(number):
        folder = shutil.copytree(course / "course" / chapter, course / "submitted" / f"s{i}" / chapter)
        nbformat.write(handed_in, folder / f"{chapter}.ipynb")
    return course


def graded_with_clock(scratch, chapter, copies=3):
    """Submissions that were graded with a clock in their kernels, as notebooks."""

    def add_clock(notebook):
        notebook.cells.insert(0, new_code_cell(CLOCK))
        notebook.cells.append(new_code_cell("print('CPU', sum(spent[1:-1]))"))  # whole cells, without the two here

    course = hand_in(scratch / "clock", chapter, copies, change=add_clock)
    run(course, [["lossedu", "grade", "--json", chapter]], chapter)
    graded = [nbformat.read(path, as_version=4) for path in (course / "autograded").glob("*/*/*.ipynb")]
    shutil.rmtree(course)
    return graded


def cells_cpu(clocked):
    """The seconds that the cells of a submission computed, as its clock tells."""
    return float(clocked.cells[-1].outputs[0].text.removeprefix("CPU "))


def messages_cpu(notebook):
    """The seconds that nbclient and ipykernel take to run a notebook's cells, of which none computes anything."""
    nothing = new_notebook(cells=[new_code_cell("pass") for cell in notebook.cells if cell.cell_type == "code"])
    client = NotebookClient(nothing)
    with client.setup_kernel():
        kernel = psutil.Process(client.km.provisioner.pid)
        clock = []
        for _ in range(4):  # the first time, much is done that never is again
            for number, cell in enumerate(nothing.cells):
                client.execute_cell(cell, number)
            clock.append(time.process_time() + sum(kernel.cpu_times()[:2]))
    return statistics.median(after - before for before, after in pairwise(clock))


def for_otter(course, command):
    """Turn the test cells of a course into otter's tests; the programs that grade its submissions with them."""
    submissions = sorted(course.glob("submitted/*/*/*.ipynb"))
    (course / "tests").mkdir()
    for cell in nbformat.read(submissions[0], as_version=4).cells:
        of = cell.metadata.get("nbgrader", {})
        if of.get("grade"):
            test = OTTER_TEST.format(name=of.grade_id, points=of.points, source=cell.source)
            (course / "tests" / f"{of.grade_id}.py").write_text(test)
    call(course, ["otter", "generate", "-t", "tests", "-o", "tests.zip", "--no-environment", "--no-requirements"])
    results = [course / "otter" / str(number) for number in range(len(submissions))]
    for folder in results:
        folder.mkdir(parents=True)
    return [[*command, "-o", str(folder), str(path)] for folder, path in zip(results, submissions, strict=True)]


# --- What a command costs -------------------------------------------------------------------------------------------


@dataclass
class Used:
    """What a command and all processes that it started took: seconds on the clock, of CPU, and bytes at the peak."""

    seconds: float
    cpu: float
    memory: int


def run(course, programs, chapter, note=lambda done, seconds, process: None):
    """Grade, and tell what it used; `note` is called for each submission that is done.

    Raises:
        RuntimeError: not all got all points.
    """
    before, start, peak = cpu_of_children(), time.perf_counter(), [0]
    for program in programs:
        with popen(course, program) as started:
            process, ended = psutil.Process(started.pid), threading.Event()
            watch = threading.Thread(target=follow, args=[process, peak, ended])
            watch.start()
            for done, _ in enumerate(started.stdout, 1):
                note(done, time.perf_counter() - start, process)
        ended.set()
        watch.join()
    seconds = time.perf_counter() - start
    with suppress(ChildProcessError):
        while True:
            os.wait()
    grades = [*grades_in(course, chapter)]
    if not all(points == most for points, most in grades):
        raise RuntimeError(f"{' '.join(programs[0])}: points {grades}")
    return Used(seconds, cpu_of_children() - before, peak[0])


def grades_in(course, chapter):
    """The points, and the most that could be had, of each submission."""
    if (course / "otter").exists():
        for path in course.glob("otter/*/results.json"):
            tests = json.loads(path.read_text())["tests"][1:]  # the first is about all of them
            yield sum(each["score"] for each in tests), sum(each["max_score"] for each in tests)
    else:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
            for each in (course / "submitted").iterdir():
                graded = gradebook.find_submission(chapter, each.name)
                yield graded.score, graded.max_score


def call(course, command):
    """Run a command to its end; `subprocess.CalledProcessError` if it fails."""
    with popen(course, command) as started:
        output = started.stdout.read()
    if started.returncode:
        raise subprocess.CalledProcessError(started.returncode, command, output)


def popen(course, command):
    """A module of this Python at work in a course, with what it prints to be read."""
    more = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY)}
    more["NBGRADER_EXECUTION"] = "autograde"  # as nbgrader has it; for otter
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    return subprocess.Popen([sys.executable, "-m", *command], cwd=course, env=os.environ | more, **pipes)


def cpu_of_children():
    """Seconds of computing of all processes that were waited for, and that they waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def follow(process, peak, ended):
    """Note the largest memory of a process and its descendants."""
    while not ended.wait(0.5):
        with suppress(psutil.NoSuchProcess):
            peak[0] = max(peak[0], sum(memory_of(process)))


def memory_of(process):
    """The bytes that a process and its descendants hold: those that grade, and the kernels with what they fork from."""
    sizes = {False: 0, True: 0}
    for each in [process, *process.children(recursive=True)]:
        with suppress(psutil.Error, OSError):
            sizes[any("_server_process" in word for word in each.cmdline())] += each.memory_full_info().pss
    return sizes[False], sizes[True]


if __name__ == "__main__":
    main()
