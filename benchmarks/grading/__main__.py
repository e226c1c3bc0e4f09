"""Print the tables; the docstring of the package explains them."""

import argparse
import ctypes
import importlib.util
import json
import os
import shutil
import statistics
import tempfile
from dataclasses import astuple
from pathlib import Path

from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from benchmarks import grading
from benchmarks.grading.commands import FEWEST, call, memory_of, run
from benchmarks.grading.courses import NO_FIGURES, hand_in, is_wrong, submissions
from benchmarks.grading.otter import OTTER, grades_by_otter, programs_of_otter

CHAPTERS = ("00_first_loss", "07_kl_divergence")
STOCK = "stock"
JOBS = {f"lossedu grade --jobs {jobs}": jobs for jobs in (1, 2)}
WAYS = {
    STOCK: ["nbgrader", "autograde"],
    "stock, our configuration": ["nbgrader", "autograde"],
    OTTER: ["otter", "run"],
    **{way: ["lossedu", "grade", "--json", "--jobs", str(jobs)] for way, jobs in JOBS.items()},
}
CLASSES = {"all right": False, "half wrong": True}
FLOOR = ("cells alone, not drawn", "cells alone, drawn")
RATES = ("per minute", "times stock", "CPU, s", "peak, MB")
PARTS = ("start", "writer", "judging", "server", "watching", "cells", "all", "cells alone", "drawn", "figures drawn")
MEBIBYTE = 2**20
SAMPLE = 12  # submissions of a class whose cells are run alone
BECOME_SUBREAPER = 36  # from <sys/prctl.h>


def main(argv=None):
    """Print the tables."""
    described = grading.__doc__.splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=described)
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help=f"by default {', '.join(CHAPTERS)}")
    parser.add_argument("--copies", type=int, default=200, help="submissions for `lossedu grade`; stock gets a tenth")
    parser.add_argument("--growth", type=int, metavar="N", help="only grade N submissions, and print the memory use")
    arguments = parser.parse_args(argv)
    if arguments.copies < FEWEST:
        parser.error(f"--copies: at least {FEWEST}")
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)  # this process also waits for orphaned processes
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.growth:
            show_growth(Path(scratch), (arguments.chapters or [NO_FIGURES])[0], arguments.growth)
        else:
            compare(Path(scratch), arguments.chapters or CHAPTERS, arguments.copies)


def compare(scratch, chapters, copies):
    """Grade each class in each way, and print what it cost."""
    title = f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} before"
    rates = table(title, ["chapter, class, way", *RATES])
    parts = table("CPU seconds per submission", ["chapter, class, way", *PARTS])
    for chapter in chapters:
        for name, wrong in CLASSES.items():
            for each in (rates, parts):
                each.add_section()
                each.add_row(f"{chapter}, {name}")
            compare_class(scratch / "course", chapter, copies, wrong, rates, parts)
    console = Console(width=130)
    console.print(rates)
    console.print(parts)


def compare_class(course, chapter, copies, wrong, rates, parts):
    """Grade a class in each way, and add rows to the tables."""
    hand_in(course, chapter, min(copies, SAMPLE), wrong=wrong)
    seconds = json.loads(call(course, ["benchmarks.grading.floor", *map(str, submissions(course))]))
    shutil.rmtree(course)
    floor = [statistics.mean(each) for each in zip(*seconds, strict=True)]
    stock = None
    for way, command in WAYS.items():
        if way == OTTER and importlib.util.find_spec("otter") is None:
            continue
        number = copies if way in JOBS else max(FEWEST, copies // 10)
        hand_in(course, chapter, number, wrong=wrong, plain=way == STOCK)
        used = run(course, programs_of_otter(course) if way == OTTER else [[*command, chapter]])
        check_grades(grades_by_otter(course) if way == OTTER else grades_in(course, chapter), wrong)
        shutil.rmtree(course)
        each = used.seconds / number
        stock = stock or each
        shown = f"{used.cpu / number:.2f}", f"{used.memory / MEBIBYTE:.0f}"
        rates.add_row(f"  {way}", f"{60 / each:.0f}", f"{stock / each:.1f}", *shown)
        if way in JOBS:
            spent = [*astuple(used.parts), used.cpu / number, *floor]
            drawn, figures = used.figures
            parts.add_row(f"  {way}", *(f"{each:.3f}" for each in spent), f"{drawn:.1f} of {figures:.1f}")
    for way, cpu in zip(FLOOR, floor, strict=True):
        each = cpu / os.cpu_count()
        rates.add_row(f"  {way}", f"{60 / each:.0f}", f"{stock / each:.1f}", f"{cpu:.2f}")


def table(title, columns):
    """Return a table without rows."""
    made = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        made.add_column(column, justify="right" if number else "left")
    return made


def show_growth(scratch, chapter, number):
    """Grade many submissions in one run, and print the memory use meanwhile."""
    course = hand_in(scratch / "course", chapter, number)
    milestones = {number // part for part in (20, 4, 2, 1)}
    print(f"{chapter}; memory in MB\n{'graded':>6} {'per minute':>10} {'grading processes':>18} {'submissions':>12}")

    def note(done, seconds, process):
        if done in milestones:
            ours, theirs = (size / MEBIBYTE for size in memory_of(process))
            print(f"{done:6} {60 * done / seconds:10.0f} {ours:18.0f} {theirs:12.0f}", flush=True)

    run(course, [["lossedu", "grade", "--json", chapter]], note)
    check_grades(grades_in(course, chapter), wrong=False)


def grades_in(course, chapter):
    """Yield the number of each student, the points and the maximum points."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lossedu") as gradebook:
        for each in (course / "submitted").iterdir():
            graded = gradebook.find_submission(chapter, each.name)
            yield int(each.name[1:]), graded.score, graded.max_score


def check_grades(grades, wrong):
    """Raise a RuntimeError unless exactly the right submissions have all points."""
    bad = [grade for grade in grades if (grade[1] == grade[2]) == (wrong and is_wrong(grade[0]))]
    if bad:
        raise RuntimeError(f"wrong grades, as (student, points, maximum points): {sorted(bad)}")


if __name__ == "__main__":
    main()
