"""What is said of answers and files that the samples do not show."""

import pytest
from nbformat.v4 import new_code_cell, new_output

from lossedu.checking._render import MIME_TYPE
from lossedu.grading.results import what_is_wrong, why_not_graded
from tests.checking import verdict

INCORRECT = new_output("error", ename="Incorrect", evalue="entropy: 0 of 3 points")
NOT_WRITTEN = new_output("error", ename="NotImplementedError", evalue="")


def shown(name, answer):
    return new_output("display_data", {MIME_TYPE: verdict(name, answer).as_dict()})


@pytest.mark.parametrize(
    ("check_outputs", "solution_outputs", "words"),
    [
        pytest.param(
            [shown("entropy", lambda p: p.sum(-1) + 7), INCORRECT],
            [],
            "wrong on 6 of 6 inputs",
            id="a wrong answer that no misconception explains",
        ),
        pytest.param(
            [shown("wasted_bits", 1.75), INCORRECT],
            [],
            "length for waste",
            id="a wrong number that a misconception explains",
        ),
        pytest.param(
            [shown("wasted_bits", None), INCORRECT], [NOT_WRITTEN], "no answer yet", id="a number that was left out"
        ),
        pytest.param(
            [shown("wasted_bits", None), INCORRECT],
            [new_output("error", ename="NameError", evalue="name 'bits' is not defined")],
            "NameError: name 'bits' is not defined",
            id="a cell that stops before it gives the answer",
        ),
        pytest.param(
            [shown("wasted_bits", None), INCORRECT],
            [new_output("error", ename="CellTimeoutError", evalue="")],
            "did not finish in time (20 s)",
            id="a cell that never gives the answer",
        ),
        pytest.param(
            [new_output("error", ename="AssertionError", evalue="")],
            [],
            "AssertionError",
            id="an error that says nothing",
        ),
        pytest.param(
            [shown("wasted_bits", 0.25)],
            [],
            "graded by hand, or its test cell wrote to stderr: see the feedback",
            id="fewer points than the verdict gives",
        ),
    ],
)
def test_lost_points_are_explained(check_outputs, solution_outputs, words):
    check, solution = new_code_cell(outputs=check_outputs), new_code_cell(outputs=solution_outputs)
    assert what_is_wrong(check, solution, timeout=20) == words


def test_a_deleted_answer_is_reported_by_the_error_of_its_test():
    check = new_code_cell(
        outputs=[new_output("error", ename="NameError", evalue="name 'entropy' is not defined")],
    )
    assert what_is_wrong(check, None, timeout=20) == "NameError: name 'entropy' is not defined"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "unreadable: not a notebook (the file is not JSON)"),
        ("[]", "unreadable: not a notebook (AttributeError: 'list' object has no attribute 'get')"),
        ('{"nbformat": 9}', "unreadable: not a notebook (NBFormatError: Unsupported nbformat version 9)"),
        (
            '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}',
            "not graded: `nbgrader autograde` stopped; its log says why",
        ),
    ],
)
def test_a_file_that_was_not_graded_is_explained(tmp_path, content, words):
    submitted = tmp_path / "07_kl_divergence.ipynb"
    submitted.write_text(content)
    assert why_not_graded(submitted) == words


def test_a_missing_file_was_not_handed_in(tmp_path):
    assert why_not_graded(tmp_path / "07_kl_divergence.ipynb") == "07_kl_divergence.ipynb was not handed in"
