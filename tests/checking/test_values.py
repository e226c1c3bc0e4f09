"""Answers that are not functions: numbers, expressions, counterexamples."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from tests.checking import verdict

P, Q = sympy.symbols("p q", positive=True)


class Broken:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("out of order")

    def __float__(self):
        raise TypeError("out of order")

    def __repr__(self):
        return "Broken()"


@pytest.mark.parametrize(
    "answer", [0.25, 1 / 4, Fraction(1, 4), sympy.Rational(1, 4), np.float32(0.25), np.array(0.25), 0.2502]
)
def test_a_number_may_come_in_any_type_and_a_little_off(answer):
    assert verdict("wasted_bits", answer).passed


@pytest.mark.parametrize("answer", [2.06, 2.0616, 17**0.5 / 2])
def test_a_number_asked_for_to_two_digits_may_be_rounded_to_them(answer):
    assert verdict("covering_deviation", answer).passed


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "no answer yet."),
        (..., "no answer yet."),
        (0.26, "0.26 is not what was asked for.\n-> A question"),
        (-0.25, "-0.25 is not what was asked for.\nOrder or weights: "),
        (True, "expected a number, in bits per symbol, got a bool: True"),
        (np.True_, "expected a number, in bits per symbol, got a bool: np.True_"),
        (np.nan, "expected a number, in bits per symbol, got nan"),
        (-np.inf, "expected a number, in bits per symbol, got -inf"),
        (10**400, "expected a number, in bits per symbol, got an int: 1000"),
        (0.25j, "expected a number, in bits per symbol, got a complex: 0.25j"),
        ("0.25", "expected a number, in bits per symbol, got a str: '0.25'"),
        ("a quarter", "expected a number, in bits per symbol, got a str: 'a quarter'"),
        ([0.25], "expected a number, in bits per symbol, got a list: [0.25]"),
        (P, "expected a number, in bits per symbol, got a Symbol: p"),
        (Broken(), "expected a number, in bits per symbol, got a Broken: Broken()"),
    ],
)
def test_what_is_not_the_number_is_answered_in_words(answer, words):
    found = verdict("wasted_bits", answer)
    assert found.points == 0
    assert found.message.startswith(words)


@pytest.mark.parametrize(
    "answer",
    [
        sympy.log(1 - P) - sympy.log(P),
        -sympy.log(P / (1 - P)),
        sympy.diff(-P * sympy.log(P) - (1 - P) * sympy.log(1 - P), P),
        sympy.log(1 / sympy.Symbol("p") - 1),
        2 * sympy.atanh(1 - 2 * P),
        sympy.Piecewise((sympy.log((1 - P) / P), P < 2), (P, True)),
    ],
    ids=str,
)
def test_an_expression_may_take_any_form(answer):
    assert verdict("entropy_slope", answer).passed


@pytest.mark.parametrize("answer", [0, 0.0, sympy.Integer(0), Q - P + ((1 - Q) - (1 - P)), P - P])
def test_a_plain_number_can_be_an_expression(answer):
    assert verdict("gibbs_bound", answer).passed


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("entropy_slope", None, "no answer yet."),
        ("entropy_slope", "log((1 - p) / p)", "expected a SymPy expression, got a str: 'log((1 - p) / p)'"),
        ("entropy_slope", [P], "expected a SymPy expression, got a list: [p]"),
        ("entropy_slope", np.log, "expected a SymPy expression, got a ufunc: "),
        ("entropy_slope", Broken(), "expected a SymPy expression, got a Broken: Broken()"),
        (
            "entropy_slope",
            sympy.Eq(P, 1),
            "expected an expression that is worked out, got Eq(p, 1), which holds Equality",
        ),
        ("entropy_slope", True, "expected a SymPy expression, got a bool: True"),
        ("entropy_slope", sympy.Integral(P, P), "Integral(p, p) is not what was asked for."),
        (
            "entropy_slope",
            sympy.Integral(sympy.Function("f")(P), P),
            "expected an expression that is worked out, got I",
        ),
        ("entropy_slope", P + sympy.Symbol("x"), "holds x, but only p may be left in the answer"),
        ("entropy_slope", sympy.log(1 - P) + sympy.log(P), "log(p) + log(1 - p) is not what was asked for."),
        ("entropy_slope", sympy.log((1 - P) / P, 2), " is not what was asked for."),
        ("entropy_slope", sympy.Function("f")(P), "got f(p), which holds something else"),
        ("entropy_slope", sympy.nan, "nan is not what was asked for."),
        ("entropy_slope", sympy.oo, "oo is not what was asked for."),
        ("entropy_slope", sympy.zoo, "zoo is not what was asked for."),
        ("gibbs_bound", P - Q, "p - q is not what was asked for."),
        ("gibbs_bound", P * (1 - P), "p*(1 - p) is not what was asked for."),
    ],
)
def test_what_is_not_the_expression_is_answered_in_words(name, answer, words):
    found = verdict(name, answer)
    assert found.points == 0
    assert words in found.message.splitlines()[0]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("equals_apart", [0.25, 0.75]),
        ("equals_apart", (0.5, 0.5)),
        ("equals_apart", [[0.5, 0.5]]),  # a batch of one
        ("equals_apart", np.full(10, 0.1, "float32")),
        ("equals_apart", [Fraction(1, 3)] * 3),
        ("there_and_back", (np.array([0.5, 0.5]), np.array([0.99, 0.01]))),
        ("there_and_back", np.array([[0.5, 0.5], [0.9, 0.1]])),
        ("there_and_back", (np.array([1, 0]), np.array([0.5, 0.5]))),
        ("there_and_back", [[0.2, 0.3, 0.5], [0.01, 0.01, 0.98]]),
    ],
)
def test_any_counterexample_that_refutes_the_claim_is_right(name, answer):
    found = verdict(name, answer)
    assert (found.points, found.message) == (1, "right")


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("equals_apart", None, "no answer yet."),
        ("equals_apart", [0.9, 0.1], "cross_entropy(p, p) is 0.3251 here: not above 0.5"),
        ("equals_apart", [0.5, 0.6], "p must hold probabilities that sum to 1; got [0.5 0.6]"),
        ("equals_apart", [1.5, -0.5], "p must hold probabilities that sum to 1; got [ 1.5 -0.5]"),
        ("equals_apart", [1, 0], "cross_entropy(p, p) is 0.0000 here: not above 0.5"),
        ("equals_apart", [1 + 5e-7, 1e-9], "p must hold probabilities"),
        ("equals_apart", [np.nan, 1], "p must hold probabilities"),
        ("equals_apart", 1.0, "p must be one distribution, shape (D,) with D >= 2; got shape ()"),
        ("equals_apart", [], "p must be one distribution, shape (D,) with D >= 2; got shape (0,)"),
        ("equals_apart", [[0.5, 0.5]] * 2, "p must be one distribution, shape (D,) with D >= 2; got shape (2, 2)"),
        ("equals_apart", "half", "expected "),
        ("equals_apart", [0.5, 0.5j], "expected "),
        ("equals_apart", Broken(), "expected "),
        ("there_and_back", ([0.5, 0.5], [0.5, 0.5]), "the two directions differ by 0.0000 here: not more than 0.1"),
        ("there_and_back", ([0.9, 0.1], [0.1, 0.9]), "the two directions differ by 0.0000 here: not more than 0.1"),
        ("there_and_back", ([0.5, 0.5], [0.2, 0.3, 0.5]), "p and q must have one shape; got (2,) and (3,)"),
        ("there_and_back", ([0.5, 0.5], [0.5, 0.6]), "q must hold probabilities"),
        ("there_and_back", ([0.5, 0.5],), "expected "),
        ("there_and_back", 0.5, "expected "),
        ("there_and_back", (Broken(), Broken()), "expected "),
    ],
)
def test_what_refutes_nothing_is_answered_in_words(name, answer, words):
    found = verdict(name, answer)
    assert found.points == 0
    assert found.message.startswith(words)


def test_no_relation_between_the_symbols_of_the_test_points_makes_a_wrong_expression_right():
    p, q = sympy.symbols("p q")
    for wrong in (q - p, q - sympy.Rational(107, 100) * p, p - q**2):
        assert not verdict("gibbs_bound", wrong).passed


@pytest.mark.parametrize(("answer", "name"), [(0.9 / 0.95, "frequency ignored"), (0.95, "healthy cleared")])
def test_of_two_listed_numbers_the_nearer_one_is_named(answer, name):
    assert verdict("right_alarms", answer).diagnosis == name


def test_a_term_is_not_called_missing_if_the_answer_contains_it():
    A, B, u = sympy.symbols("A B u", real=True)
    found = verdict("slope_by_logarithm", -(A * sympy.exp(u) + B) / (A * sympy.exp(u) + B))
    assert not found.passed
    assert "is missing" not in found.message
