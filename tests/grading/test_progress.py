"""What `lossedu grade` shows, of a batch that is made up."""

import functools
import json
import os
import re
import sys
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from lossedu.grading.progress import show
from lossedu.grading.writer import Result
from tests.samples.demo import REPOSITORY

RESULTS = [
    Result("a", 3.5, 4, seconds=0.2, cpu=0.3, memory=1),
    Result("b", 0, 4, seconds=0.1, cpu=0, memory=0, problem="not a notebook"),
]


def shown(results, *, terminal=False, as_json=False):
    """What is printed, and whether all were graded."""
    printed = StringIO()
    batch = SimpleNamespace(submissions=results, everything=[*results, *range(5)], graded_before=5)
    console = Console(file=printed, force_terminal=terminal, width=100, color_system=None)
    return printed, show(batch, (each for each in results), as_json=as_json, console=console)


def test_outside_a_terminal_there_is_a_line_a_submission():
    printed, all_graded = shown(RESULTS)
    assert not all_graded
    assert printed.getvalue().splitlines() == [
        "a: 3.5 of 4 points",
        "b: not a notebook",
        "1 graded, 1 failed; 5 were graded before.",
        "1 of 7 handed in could not be graded: b",
    ]


def test_in_a_terminal_there_is_a_bar_with_what_failed_above_it():
    printed, _ = shown(RESULTS, terminal=True)
    text = printed.getvalue()
    assert "a: 3.5" not in text
    for part in ("b: not a notebook", "2/2", "a minute", "1 failed"):
        assert part in text


def test_json_is_an_object_a_submission_and_nothing_else(capsys):
    printed, all_graded = shown(RESULTS[:1], as_json=True)
    assert (printed.getvalue(), all_graded) == ("", True)
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "student": "a",
        "points": 3.5,
        "max_points": 4,
        "seconds": 0.2,
        "cpu": 0.3,
        "memory": 1,
        "figures_drawn": 0,
        "figures_known": 0,
        "problem": None,
        "remarks": [],
    }


@pytest.mark.parametrize("results", [[], RESULTS[:1]])
def test_all_are_graded_if_none_failed(results):
    assert shown(results)[1]


# --- In a real terminal ---------------------------------------------------------------------------------------------

AT_WORK = """
import time
from types import SimpleNamespace
from lossedu.grading.progress import show
from tests.grading.test_progress import RESULTS

def run():
    for number, result in enumerate(40 * RESULTS):
        if number == 40:
            print("HALF", flush=True)
            input()
            print("GO ON", flush=True)
        yield result
        time.sleep(0.01)

show(SimpleNamespace(submissions=40 * RESULTS, everything=40 * RESULTS, graded_before=0), run())
"""


@functools.cache
def drawn(width, then, **environment):
    """The lines that a bar of some length draws in a terminal, with their colours; half of it in another width."""
    pexpect = pytest.importorskip("pexpect")
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environment = inherited | {"PYTHONPATH": str(REPOSITORY), "TERM": "xterm-256color"} | environment
    options = {"env": environment, "encoding": "utf-8", "dimensions": (24, width), "timeout": 60, "echo": False}
    terminal = pexpect.spawn(sys.executable, ["-c", AT_WORK], **options)
    terminal.expect_exact("HALF")
    first = terminal.before
    terminal.setwinsize(24, then)
    terminal.sendline()
    terminal.expect_exact("GO ON")
    terminal.expect(pexpect.EOF)
    return first, terminal.before


def lines(text):
    """The lines without their colours."""
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text))


def test_the_bar_fits_into_the_terminal_also_when_that_becomes_narrower():
    first, second = drawn(80, 50)
    assert 60 < max(map(len, lines(first))) <= 80
    assert max(map(len, lines(second))) <= 50
    assert re.search(r"80/80 \d+ a minute \d:\d\d:\d\d 40 failed", " ".join(lines(second)))


NO_COLOUR = pytest.param({"NO_COLOR": "1"}, False, marks=pytest.mark.slow)  # it starts a terminal of its own


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), NO_COLOUR])
def test_colours_can_be_turned_off(environment, coloured):
    drawn_so = "".join(drawn(80, 50, **environment))
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]", drawn_so)) is coloured
    assert "40 failed" in drawn_so
