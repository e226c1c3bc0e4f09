"""What `lossedu grade` shows, of a batch that is made up."""

import json
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from lossedu.grading.progress import show
from lossedu.grading.writer import Result

RESULTS = [
    Result("a", 3.5, 4, seconds=0.2, cpu=0.3, memory=1),
    Result("b", 0, 4, seconds=0.1, cpu=0, memory=0, problem="unreadable: not a notebook"),
]


def shown(results, *, terminal=False, as_json=False):
    """What is printed, and whether all were graded."""
    printed = StringIO()
    batch = SimpleNamespace(submissions=results, graded_before=5, run=lambda jobs: (result for result in results))
    console = Console(file=printed, force_terminal=terminal, width=100, color_system=None)
    return printed, show(batch, as_json=as_json, console=console)


def test_outside_a_terminal_there_is_a_line_a_submission():
    printed, all_graded = shown(RESULTS)
    assert not all_graded
    assert printed.getvalue().splitlines() == [
        "a: 3.5 of 4 points",
        "b: unreadable: not a notebook",
        "1 graded, 1 failed; 5 were graded before.",
    ]


def test_in_a_terminal_there_is_a_bar_with_what_failed_above_it():
    printed, _ = shown(RESULTS, terminal=True)
    text = printed.getvalue()
    assert "a: 3.5" not in text
    for part in ("b: unreadable", "2/2", "a minute", "1 failed"):
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
        "problem": None,
    }


@pytest.mark.parametrize("results", [[], RESULTS[:1]])
def test_all_are_graded_if_none_failed(results):
    assert shown(results)[1]
