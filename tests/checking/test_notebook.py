"""`check` where learners use it: in a terminal, in a kernel, and under the eyes of nbgrader."""

import json

import nbformat
import numpy as np
import pytest
from nbgrader.utils import determine_grade

from lossedu import check, losses
from lossedu.checking import Incorrect, PartialCredit
from lossedu.checking._render import MIME_TYPE, as_html, as_text
from tests.checking import verdict

SETUP = """
import numpy as np, warnings
from lossedu import check
def entropy(p):
    print("trying"); warnings.warn("careful")
    return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
def kl_divergence(y_true, y_pred):
    p, q = np.clip([y_true, y_pred], 1e-7, 1)
    return (q * np.log(q / p)).sum(-1)
def poisson(y_true, y_pred):
    return y_pred[0]
"""


def kl_divergence(y_true, y_pred):
    p, q = np.clip([y_true, y_pred], 1e-7, 1)
    return (p * np.log(p / q)).sum(-1)


def swapped(y_true, y_pred):
    return kl_divergence(y_pred, y_true)


# --- As a function --------------------------------------------------------------------------------------------------


def test_all_right_returns_none_and_prints_the_verdict(capsys):
    assert check(kl_divergence) is None
    assert capsys.readouterr().out == as_text(verdict("kl_divergence", kl_divergence)) + "\n"


def test_right_in_part_returns_the_points(capsys):
    points = check(kl_divergence=swapped)
    assert isinstance(points, PartialCredit)
    assert points == verdict("kl_divergence", swapped).points == 1
    assert "Arguments swapped" in capsys.readouterr().out


def test_wrong_raises_incorrect_with_the_headline(capsys):
    with pytest.raises(Incorrect, match=r"^wasted_bits: 0 of 1 points$"):
        check(wasted_bits=1)
    assert "1 is not what was asked for." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named", "words"),
    [
        ((), {}, "check takes one answer: check"),
        ((None,), {}, "check takes one answer: check"),
        ((kl_divergence,), {"wasted_bits": 1}, "check takes one answer: check"),
        ((), {"wasted_bits": 1, "entropy_slope": 2}, "check takes one answer: check"),
        ((0.25,), {}, r"give the answer its name, as in check\(name=answer\); got a float"),
        (("kl_divergence",), {}, r"give the answer its name, as in check\(name=answer\); got a str"),
    ],
)
def test_bad_use_is_a_type_error_that_says_how(arguments, named, words):
    with pytest.raises(TypeError, match=words):
        check(*arguments, **named)


def test_a_function_of_another_name_is_answered_with_the_names_there_are():
    with pytest.raises(KeyError, match="there is no exercise 'swapped'; the nearest: "):
        check(swapped)


def test_the_slope_is_measured_on_the_loss_in_the_learners_own_notebook(capsys):
    def kl_divergence_gradient(y_true, y_pred):
        return y_true / y_pred

    check(kl_divergence_gradient)  # its globals are those of this module: they hold kl_divergence
    assert "Every entry is -1 times the measured slope." in capsys.readouterr().out


# --- In a kernel ----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="module")
def answers(run):
    """The answers that the kernel of these tests holds."""
    assert run(SETUP) == []


def grade(outputs, points):
    """What nbgrader makes of a test cell with these outputs."""
    metadata = {"grade": True, "grade_id": "check", "locked": True, "points": points, "schema_version": 3}
    metadata |= {"solution": False, "task": False}
    return determine_grade(nbformat.v4.new_code_cell(metadata={"nbgrader": metadata}, outputs=outputs))


def test_a_right_answer_shows_html_text_and_data_and_nothing_else(run):
    (shown,) = run("check(entropy)")
    found = verdict("entropy", losses.entropy)
    assert shown.output_type == "display_data"
    assert shown.data == {
        "text/html": as_html(found),
        "text/plain": as_text(found),
        MIME_TYPE: json.loads(json.dumps(found.as_dict())),
    }
    assert grade([shown], points=3) == (3, 3)


def test_a_partly_right_answer_ends_with_the_points_that_nbgrader_reads(run):
    shown, result = run("check(kl_divergence)")
    assert shown.data[MIME_TYPE]["diagnosis"] == "arguments swapped"
    assert result.output_type == "execute_result"
    assert result.data == {"text/plain": "1.0", "text/html": "<em>So far this earns 1 of 4 points.</em>"}
    assert grade([shown, result], points=4) == (1, 4)


@pytest.mark.parametrize("code", ["check(poisson)", "check(wasted_bits=1.75)"])
def test_a_wrong_answer_ends_with_an_error_of_one_line(run, code):
    shown, error = run(code)
    assert not shown.data[MIME_TYPE]["passed"]
    assert (error.output_type, error.ename) == ("error", "Incorrect")
    assert error.traceback == [f"Incorrect: {shown.data['text/plain'].splitlines()[0]}"]
    assert grade([shown, error], points=3) == (0, 3)


def test_an_error_is_placed_in_the_learners_own_cell(run):
    run("def gaussian_kl(mu_p, sigma_p, mu_q, sigma_q):\n    '''Bad.'''\n    return sigma")
    shown, _ = run("check(gaussian_kl)")
    assert "stops with NameError: name 'sigma' is not defined" in shown.data["text/plain"]
    assert "in line 3 of your cell: return sigma" in shown.data["text/plain"]
