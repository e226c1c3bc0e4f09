"""Courses graded at once: by `nbgrader autograde`, by `lossedu grade`, and what the two leave."""

import json
import os
import subprocess
import sys

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lossedu.authoring import nbgrader_metadata
from tests.commands import run_module
from tests.grading.equality import folders, rows
from tests.grading.postgresql import gradebook_of
from tests.grading.tampering import master
from tests.samples.demo import REPOSITORY


def by_hand():
    """A second notebook: a cell that a machine grades, and one that a person does."""
    essay = nbgrader_metadata("essay", solution=True, points=3) | {"locked": False}
    cells = [
        new_code_cell(
            "### BEGIN SOLUTION\nx = 2\n### END SOLUTION", metadata={"nbgrader": nbgrader_metadata("x", solution=True)}
        ),
        new_code_cell("assert x == 2", metadata={"nbgrader": nbgrader_metadata("check_x", solution=False, points=2)}),
        new_markdown_cell("Why?", metadata={"nbgrader": essay}),
    ]
    return new_notebook(cells=cells, metadata=master().metadata)


def start(course, assignment, *options, environment=None, **popen):
    """`lossedu grade` at work in a course."""
    command = [sys.executable, "-m", "lossedu", "grade", assignment, *options]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)} | (environment or {})
    return subprocess.Popen(command, cwd=course, env=environment, stdout=subprocess.PIPE, text=True, **popen)


def grade(course, assignment, *options):
    """What `lossedu grade` says of each student, and its exit code; by one job if the options say nothing else."""
    options = options if "--jobs" in options else [*options, "--jobs", "1"]  # each job starts processes of its own
    done = run_module(course, "lossedu", "grade", assignment, "--json", *options)
    print(done.stderr)  # pytest shows this if the test fails
    return {result["student"]: result for result in map(json.loads, done.stdout.splitlines())}, done.returncode


def assert_equal(course, expected):
    """Every row of the gradebooks, every file and every notebook are equal."""
    seeds = [(each / "secret_seed.txt").read_text().strip() for each in (course, expected)]
    assert seeds[0] == seeds[1]  # other hidden inputs would change, by chance, on how many of them an answer is wrong
    wanted = rows(gradebook_of(expected))
    for table, found in rows(gradebook_of(course)).items():
        assert found == wanted[table], table
    found, wanted = (folders(each / "autograded") for each in (course, expected))
    assert found.keys() == wanted.keys()
    for path, content in wanted.items():
        assert found[path] == content, path
