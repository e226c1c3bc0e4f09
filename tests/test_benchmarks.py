import contextlib
import re
import subprocess
import sys
from importlib.util import find_spec

import nbformat
import pytest

from benchmarks import accuracy, rivals, speed
from benchmarks.grading.__main__ import CLASSES, FLOOR, JOBS, WAYS
from benchmarks.grading.otter import OTTER
from benchmarks.grading.students import submission_of
from lossedu import exercises
from tests.checking import verdict
from tests.conftest import ROOT
from tests.grading import chapters


def test_accuracy_prints_a_line_for_each_loss_with_a_number_for_each_library(capsys):
    accuracy.main(["huber", "--rows", "20"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("huber")]
    assert len(lines) == 5
    assert all(float(line[accuracy.WIDTH :].split()[0].strip("*")) <= 4 for line in lines)


def test_speed_prints_time_memory_and_ratios_of_value_and_gradient(capsys, monkeypatch):
    for variable in "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS":
        monkeypatch.setenv(variable, "1")  # so that what is set meanwhile is put back
    speed.main(["huber", "--small", "--seconds", "0.01"])
    value, gradient = (line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("huber"))
    for _, milliseconds, memory, eager, function, *_ in value, gradient:
        assert all(float(number) >= 0 for number in (milliseconds, memory, eager, function))
    assert value[-2] != gradient[-2] == "-"  # SciPy has the value alone


def test_a_library_that_is_not_there_is_left_out_with_a_reason(monkeypatch):
    for name in "torch", "sklearn":
        monkeypatch.setitem(sys.modules, name, None)
    libraries, reasons = rivals.installed()
    assert [library.name for library in libraries] == ["tf.keras", "SciPy"]
    assert [reason.split(" is left out: ")[0] for reason in reasons] == ["pytorch", "sklearn"]


def test_an_error_takes_few_characters_and_a_mark_where_it_is_too_large():
    errors = [None, 0, 2.34, 12345.6, float("inf")]
    assert [accuracy.number(error) for error in errors] == ["-", "0", "2.3", "1e+04", "inf"]
    assert accuracy.cells([5.0, 1.0, None]).split() == ["!*5.0", "1.0", "-"]


def printed_by_grading(*arguments):
    """The lines that the benchmark prints, in a process that has no other children to wait for."""
    command = [sys.executable, "-m", "benchmarks.grading", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    return done.stdout.splitlines()


@pytest.mark.slow
def test_grading_prints_what_each_way_costs_and_where_it_is_spent():
    lines = printed_by_grading("00_first_loss", "--copies", "12")
    rows = [[each.strip() for each in line.split("│")[1:-1]] for line in lines if line.startswith("│   ")]
    rates = [row for row in rows if len(row) == 5]
    parts = [row for row in rows if len(row) == 11]
    installed = [way for way in WAYS if way != OTTER or find_spec("otter")]
    assert [row[0] for row in rates] == len(CLASSES) * [*installed, *FLOOR]
    assert all(float(number) > 0 for row in rates for number in row[1:] if number)
    assert [row[0] for row in parts] == len(CLASSES) * [*JOBS]
    for row in parts:
        *spent, everything, not_drawn, drawn = map(float, row[1:-1])
        start, writer, judging, server, watching, cells = spent
        assert min(start, writer, judging, cells) > 0
        assert max(abs(server), abs(watching)) < cells  # little, and so few submissions don't tell it exactly
        assert sum(spent) == pytest.approx(everything, abs=0.01)
        assert 0 < not_drawn < drawn
        figures_drawn, figures = map(float, row[-1].split(" of "))
        assert 0 < figures_drawn < figures  # some pictures were found, and some were not


@pytest.mark.slow
def test_grading_prints_the_memory_as_submissions_grow():
    *_, last = printed_by_grading("--growth", "2")
    assert all(float(number) > 0 for number in last.split())


# --- The class that is graded ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def solved():
    return chapters.solved("00_first_loss")


def points_of(notebook):
    """Run a notebook, and return the names of the exercises that get full points, and of the others."""
    names = {}
    for cell in notebook.cells:
        is_test = cell.metadata.get("nbgrader", {}).get("grade")
        if cell.cell_type == "code" and not is_test and not re.search(r"compare_with_keras\(|plots\.show", cell.source):
            with contextlib.suppress(Exception):  # of a wrong answer
                exec(cell.source, names)  # noqa: S102
    found = {True: set(), False: set()}
    for each in exercises.of_chapter("00_first_loss"):
        found[verdict(each.name, names[each.name]).passed].add(each.name)
    return found


def test_students_write_differently_and_the_same_each_time(solved):
    texts = [nbformat.writes(submission_of(number, solved, "00_first_loss", is_wrong=False)) for number in range(8)]
    assert len(set(texts)) == 8
    assert texts[3] == nbformat.writes(submission_of(3, solved, "00_first_loss", is_wrong=False))


@pytest.mark.parametrize("number", range(4))
def test_right_students_are_right_and_wrong_ones_are_wrong_in_half_of_the_exercises(solved, number):
    assert points_of(submission_of(number, solved, "00_first_loss", is_wrong=False))[False] == set()
    found = points_of(submission_of(number, solved, "00_first_loss", is_wrong=True))
    assert len(found[False]) == len(found[True]) == 4
