"""Where would a right answer fail, or a wrong one pass?"""

import contextlib
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

from lossedu import losses
from lossedu.checking.probe import Outcome
from lossedu.exercises import get
from tests.checking import run_cell, verdict
from tests.exercises.right_answers.kl_divergence import RIGHT, clipped

EPSILON = 1e-7


@pytest.mark.parametrize("name", RIGHT)
def test_a_notebook_that_turned_warnings_into_errors_is_judged_the_same(name):
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verdict(name, RIGHT[name]["float32"]).passed


def test_numbers_are_given_as_numbers_that_cannot_be_changed_in_place():
    given = []

    def gaussian_kl(mu_p, sigma_p, mu_q, sigma_q):
        given.append(sigma_p)
        sigma_p **= 2
        return np.log(sigma_q) - np.log(sigma_p) / 2 + (sigma_p + (mu_p - mu_q) ** 2) / (2 * sigma_q**2) - 0.5

    values, shapes = verdict("gaussian_kl", gaussian_kl).aspects
    assert isinstance(given[0], int | float)
    assert values.passed
    assert "changes its argument sigma_p in place; work on a copy" in shapes.message


# --- Wrong answers, in any form -------------------------------------------------------------------------------------


class Tensor:
    """Like the tensors of a framework: an array to NumPy, but none itself."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype)


class Broken:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("out of order")


class BrokenArray(Broken):
    """Passes itself off as an array."""

    __class__ = property(lambda self: np.ndarray)


right = losses.kl_divergence
array_or_number = "expected a NumPy array or a number"

NO_NUMBERS = {
    "None": (lambda p, q: None, "returns None; is the `return` missing?"),
    "a list": (lambda p, q: right(p, q).tolist() if p.ndim > 1 else [right(p, q)], f"a list; {array_or_number}"),
    "a tuple": (lambda p, q: (right(p, q),), f"returns a tuple; {array_or_number}"),
    "a string": (lambda p, q: str(right(p, q)), f"returns a str; {array_or_number}"),
    "complex": (lambda p, q: right(p, q) + 0j, "an array of dtype complex128; expected real numbers"),
    "an array of objects": (lambda p, q: np.array(right(p, q), object), "dtype object; expected real numbers"),
    "an array of text": (lambda p, q: np.array(right(p, q), str), "; expected real numbers"),
    "a huge integer": (lambda p, q: 10**400, "dtype object; expected real numbers"),
    "a tensor": (lambda p, q: Tensor(right(p, q)), f"returns a Tensor; {array_or_number}"),
    "a broken array": (lambda p, q: Broken(), f"returns a Broken; {array_or_number}"),
    "a broken array in disguise": (lambda p, q: BrokenArray(), "stops with RuntimeError: out of order"),
    "a generator": (lambda p, q: (yield), f"returns a generator; {array_or_number}"),
    "the function itself": (lambda p, q: right, f"returns a function; {array_or_number}"),
    "too few parameters": (lambda p: p, "takes 1 positional argument but 2 were given"),
    "no function": (0.5, "stops with TypeError: 'float' object is not callable"),
    "exit": (lambda p, q: sys.exit("enough"), "stops with SystemExit: enough"),
    "endless recursion": (lambda p, q: NO_NUMBERS["endless recursion"][0](p, q), "stops with RecursionError"),
}


@pytest.mark.parametrize("form", NO_NUMBERS)
def test_what_is_not_an_array_of_numbers_earns_nothing_and_is_called_what_it_is(form):
    answer, words = NO_NUMBERS[form]
    found = verdict("kl_divergence", answer)
    assert (found.points, found.diagnosis) == (0, None)
    assert words in found.message
    assert [aspect.passed for aspect in found.aspects] == [False, None, None]


WRONG_NUMBERS = {
    "NaN": (lambda p, q: right(p, q) * np.nan, "constant result"),
    "infinity": (lambda p, q: right(p, q) + np.inf, "constant result"),
    "zero": (lambda p, q: np.zeros(p.shape[:-1]), "zero"),
    "half precision": (lambda p, q: right(p, q).astype("float16"), "half precision"),
    "rounded": (lambda p, q: np.round(right(p, q), 3), "rounded to 3 digits"),
    "right on the first input only": (
        lambda p, q: np.full(p.shape[:-1], right([0.5, 0.5], [0.9, 0.1])),
        "constant result",
    ),
}


@pytest.mark.parametrize("form", WRONG_NUMBERS)
def test_wrong_numbers_of_the_right_shape_earn_the_point_of_the_shape_only(form):
    answer, diagnosis = WRONG_NUMBERS[form]
    found = verdict("kl_divergence", answer)
    assert {aspect.name: aspect.points for aspect in found.aspects} == {"values": 0, "extremes": 0, "shapes": 1}
    assert found.diagnosis == diagnosis


WRONG_SHAPES = {
    "a last axis of one": lambda p, q: right(p, q)[..., None],
    "an axis in front": lambda p, q: right(p, q)[None],
    "the terms, not summed": lambda p, q: p * np.log(p / q),
    "nothing": lambda p, q: np.empty(0),
}


@pytest.mark.parametrize("form", WRONG_SHAPES)
def test_the_wrong_shape_earns_nothing_whatever_is_in_it(form):
    found = verdict("kl_divergence", WRONG_SHAPES[form])
    assert found.points == 0
    assert "expected shape ()\n  yours    shape (" in found.message


@pytest.mark.parametrize(
    "reduced",
    [
        lambda p, q: np.ravel(right(p, q)),
        lambda p, q: right(p, q).T,
        lambda p, q: (np.maximum(p, EPSILON) * np.log(np.divide(*clipped(p, q)))).sum(min(1, p.ndim - 1)),
        lambda p, q: (np.maximum(p, EPSILON) * np.log(np.divide(*clipped(p, q)))).sum(0),
    ],
    ids=["flattened", "transposed", "the second axis", "the first axis"],
)
def test_the_wrong_axis_in_batches_costs_the_point_of_the_shapes(reduced):
    points = {aspect.name: aspect.points for aspect in verdict("kl_divergence", reduced).aspects}
    assert points["shapes"] == 0


@pytest.mark.parametrize("epsilon", [1e-6, 1e-8])
@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("kl_divergence", lambda e: lambda p, q: (p * np.log((p + e) / np.maximum(q, e))).sum(-1)),
        ("poisson", lambda e: lambda y, r: (r - y * np.log(r + e)).mean(-1)),
    ],
)
def test_another_epsilon_than_that_of_keras_costs_the_point_of_the_extremes(name, formula, epsilon):
    found = verdict(name, formula(epsilon))
    assert [aspect.name for aspect in found.aspects if not aspect.passed] == ["extremes"]


def test_what_changes_its_arguments_is_told_so():
    def kl_divergence(y_true, y_pred):
        y_pred += EPSILON
        return right(y_true, y_pred)

    found = verdict("kl_divergence", kl_divergence)
    assert found.points == 0
    assert "changes its argument y_pred in place; work on a copy" in found.message


def test_what_changes_from_call_to_call_earns_nothing():
    calls = []

    def kl_divergence(y_true, y_pred):
        calls.append(1)
        return right(y_true, y_pred) + (len(calls) > 1) * 1e-9

    found = verdict("kl_divergence", kl_divergence)
    assert found.points == 0
    assert "changes its answer from call to call" in found.message


def test_an_error_whose_words_change_from_call_to_call_is_still_told():
    calls = []

    def kl_divergence(y_true, y_pred):
        calls.append(1)
        raise ValueError(f"call {len(calls)}")

    assert "yours    stops with ValueError: call 1\n" in verdict("kl_divergence", kl_divergence).message


def test_an_error_is_placed_in_the_last_line_of_the_cell_that_ran():
    cell = run_cell(
        """
        def helper(p):
            return np.linalg.inv(p)

        def entropy(p):
            logs = helper(p)
            return -np.sum(p * logs)
        """
    )
    message = verdict("entropy", cell["entropy"]).message
    assert "stops with LinAlgError: " in message
    assert "in line 2 of your cell: return np.linalg.inv(p)" in message


def test_nothing_that_an_answer_says_leaks(capfd, recwarn):
    def kl_divergence(y_true, y_pred):
        print("x" * 100_000)
        print("trouble", file=sys.stderr)
        warnings.warn("careful", stacklevel=2)
        np.log(-1.0)
        with contextlib.suppress(SystemExit):
            sys.exit(1)
        return right(y_true, y_pred)

    assert verdict("kl_divergence", kl_divergence).passed
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_a_right_gradient_of_batches_only_is_wrong():
    def poisson_gradient(y_true, y_pred):
        return (1 - y_true / y_pred) / (y_pred.shape[-1] if y_pred.ndim > 1 else 1)

    found = verdict("poisson_gradient", poisson_gradient)
    assert found.points == 1
    assert found.diagnosis == "missing 1/D"


def test_the_misconception_named_belongs_to_the_aspect_that_is_explained():
    def kl_divergence(y_true, y_pred):  # wrong on long vectors in a way of its own, and infinite at (1, 0)
        with np.errstate(all="ignore"):
            unclipped = np.where(y_true == 0, 0, y_true * np.log(y_true / y_pred)).sum(-1)
        return unclipped + (y_true.shape[-1] > 2)

    found = verdict("kl_divergence", kl_divergence)
    assert found.aspects[0].passed is False
    assert found.diagnosis is None


def test_an_answer_that_writes_to_one_buffer_again_and_again_is_diagnosed():
    buffers = {}

    def kl_divergence_gradient(y_true, y_pred):
        return np.divide(y_true, y_pred, out=buffers.setdefault(y_pred.shape, np.empty(y_pred.shape)))

    assert verdict("kl_divergence_gradient", kl_divergence_gradient).diagnosis == "sign of the slope"


def test_where_two_misconceptions_fit_none_is_named(monkeypatch):
    exercise = get("kl_divergence")
    swapped = exercise.misconceptions[0]
    monkeypatch.setattr(exercise, "misconceptions", [*exercise.misconceptions, replace(swapped, name="twin")])
    assert verdict("kl_divergence", swapped.answer).diagnosis is None


# --- Gradients beside the learner's own loss ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "factor", "own_loss", "line"),
    [
        ("poisson_gradient", 2, losses.poisson, "Every entry is 2 times the measured slope."),
        ("kl_divergence_gradient", -1, losses.kl_divergence, "Every entry is -1 times the measured slope."),
        ("kl_divergence_gradient", 0.5, lambda p, q: 3 * right(p, q), "Every entry is 0.1667 times the measured"),
    ],
)
def test_a_wrong_gradient_stands_beside_the_slope_of_the_learners_own_loss(name, factor, own_loss, line):
    exercise = get(name)
    found = verdict(name, lambda *a: factor * exercise.reference(*a), own_functions={exercise.gradient_of: own_loss})
    assert f"the slope of your own {exercise.gradient_of}, by central differences" in found.message
    assert line in found.message


def test_a_gradient_that_is_not_off_by_one_factor_gets_the_slope_without_a_factor():
    found = verdict("kl_divergence_gradient", lambda p, q: q - p, own_functions={"kl_divergence": right})
    assert "  measured [-0.5556, -5. ]   the slope of your own kl_divergence" in found.message
    assert "times the measured slope" not in found.message


@pytest.mark.parametrize(
    "own_loss",
    [None, 0.5, lambda p, q: None, lambda p, q: 1 / 0, lambda p: p, lambda p, q: "high"],
    ids=["missing", "no function", "None", "an error", "too few parameters", "text"],
)
def test_without_a_loss_that_works_there_is_no_measured_slope(own_loss):
    own_functions = {} if own_loss is None else {"kl_divergence": own_loss}
    found = verdict("kl_divergence_gradient", lambda p, q: p / q, own_functions=own_functions)
    assert found.diagnosis == "sign of the slope"
    assert "measured" not in found.message


def test_further_inputs_never_earn_what_the_public_ones_lost():
    public = [case.arguments["p"].tolist() for case in get("entropy").cases()]

    def entropy(p):
        return -1.0 if p.tolist() in public and p.size == 7 else losses.entropy(p)

    shown, hidden = verdict("entropy", entropy), verdict("entropy", entropy, seed=5)
    assert (shown.points, hidden.points) == (1, 1)
    assert hidden.message.startswith("wrong on 1 of 10 inputs.")


def test_an_exception_that_cannot_be_printed_is_still_reported():
    class UnprintableError(Exception):
        def __str__(self):
            raise RuntimeError

    def entropy(p):
        raise UnprintableError

    assert "UnprintableError" in verdict("entropy", entropy).message


def test_the_reference_is_tried_on_public_cases_once(monkeypatch):
    exercise, calls = get("kl_divergence"), []
    reference = exercise.reference

    def counting(*arguments):
        calls.append(arguments)
        return reference(*arguments)

    monkeypatch.setattr(exercise, "reference", counting)
    public = len(exercise.public_cases)
    answer = next(iter(RIGHT["kl_divergence"].values()))
    of_each = []
    for seed in (None, None, 1, 1, 2):
        calls.clear()
        assert verdict("kl_divergence", answer, seed=seed).passed
        of_each.append(len(calls))
    assert of_each[:2] == [public, 0]
    assert all(0 < tried < len(exercise.cases(1)) for tried in of_each[2:])  # hidden ones, each time


NUMBERS = (0.0, -0.0, 1.0, 1 + 1e-6, 1 + 2e-5, np.inf, -np.inf, np.nan, 1e300, -1e300, 1e-300)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_outcomes_are_equal_where_numpy_calls_them_close(dtype, shape):
    rng = np.random.default_rng(0)
    found = set()
    for _ in range(300):
        with np.errstate(all="ignore"):
            mine = rng.choice(NUMBERS, size=shape).astype(dtype)
            theirs = np.where(rng.random(shape) < 0.8, mine, rng.choice(NUMBERS, size=shape)).astype(dtype)
            close = bool(np.allclose(mine, theirs, rtol=1e-5, atol=1e-5, equal_nan=True))
        assert Outcome(mine).equals(Outcome(theirs), rtol=1e-5, atol=1e-5) is close
        found.add(close)
    assert found == ({True} if shape == (0,) else {True, False})


def test_two_numbers_may_come_in_one_array():
    right = get("precision_recall").reference
    assert verdict("precision_recall", lambda *arrays, **options: np.array(right(*arrays, **options))).passed
    assert not verdict("precision_recall", lambda *arrays, **options: np.array(right(*arrays, **options))[::-1]).passed
    found = verdict("precision_recall", lambda *arrays, **options: np.array(right(*arrays, **options))[None])
    assert "returns an ndarray; expected a tuple of 2" in found.message


def test_an_input_with_several_axes_is_shown_and_reaches_a_kernel_as_it_is():
    right = get("iou").reference

    def first_axis_of_several(y_true, y_pred, axis=None):
        return right(y_true, y_pred, axis[0] if isinstance(axis, tuple) else axis)

    found = verdict("iou", first_axis_of_several)
    assert "axis = (1, 2)" in found.message
    assert found.diagnosis == "first axis of several"
