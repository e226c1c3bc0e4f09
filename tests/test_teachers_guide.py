"""Every command line of the teacher's guide is run, in its order, in a course directory with a class of its own."""

import csv
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "teachers.md").read_text(encoding="utf-8")
BLOCKS = [match[2] for match in re.finditer(r"^(`{3,})sh\n(.*?)^\1$", GUIDE, re.MULTILINE | re.DOTALL)]


def run(course, block, tools):
    """Run a block as a teacher does; returns what it printed."""
    environment = os.environ | {
        "PATH": os.pathsep.join([str(tools), os.path.dirname(sys.executable), os.environ["PATH"]]),  # noqa: PTH120
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=course, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def scores(table):
    with table.open(newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


@pytest.mark.slow
def test_the_guide_takes_a_class_from_nothing_to_grades(tmp_path):
    course, tools = tmp_path / "course", tmp_path / "bin"
    tools.mkdir()
    (tools / "lossedu").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lossedu "$@"\n')
    (tools / "lossedu").chmod(0o755)
    course.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", course)
    text = ROOT / "solutions" / "00_first_loss" / "00_first_loss.md"
    (course / "solutions" / text.stem).mkdir(parents=True)
    shutil.copy(text, course / "solutions" / text.stem)

    said = [run(course, block.replace("2026-03-01", "2020-03-01"), tools) for block in BLOCKS]

    (rehearsed,) = scores(course / "grades.csv").keys() - {"a"}
    assert scores(course / "grades.csv") == {"a": 0, rehearsed: 10}
    assert (course / "feedback" / "00_first_loss.html").exists()
    assert (course / "feedback" / rehearsed / "00_first_loss" / "00_first_loss.html").exists()
    assert (course / "gradescope" / "00_first_loss" / f"{rehearsed}.json").exists()

    run(course, "lossedu export 00_first_loss --to csv --output late.csv", tools)
    assert scores(course / "late.csv")[rehearsed] == 0  # years late, by the penalty that the guide sets

    assert "x: 2 of 2" in said[-1]  # a chapter of one's own: a test, and an answer for a person
    assert "why: 0 of 1  waits for a grade by hand" in said[-1]
    released = nbformat.read(course / "course" / "90_mine" / "90_mine.ipynb", as_version=4)
    assert not [cell for cell in released.cells if "SOLUTION" in cell.source or "square is four" in cell.source]


def test_the_guide_shows_every_command_for_teachers():
    shown = "\n".join(BLOCKS)
    for command in ("build", "doctor", "grade", "results", "report", "export", "grade-file", "copy-gradebook"):
        assert f"lossedu {command} " in shown or f"lossedu {command}\n" in shown
