import subprocess
import sys
from importlib.util import find_spec

import pytest

from benchmarks import accuracy, grading, rivals, speed
from tests.conftest import ROOT


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
def test_grading_prints_what_each_way_costs():
    lines = printed_by_grading(grading.NO_FIGURES, "--copies", "5")
    table = [line.split("│") for line in lines if line.startswith("│   ")]
    installed = [way for way in grading.WAYS if way != grading.OTTER or find_spec("otter")]
    assert [line[1].strip() for line in table] == installed
    assert all(float(number) > 0 for line in table for number in line[2:-1])


@pytest.mark.slow
def test_grading_prints_the_memory_as_submissions_grow():
    *_, last = printed_by_grading("--growth", "2")
    assert all(float(number) > 0 for number in last.split())
