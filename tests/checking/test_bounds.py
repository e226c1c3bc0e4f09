"""Judging an answer takes little time and memory, whatever the answer is."""

import base64
import tracemalloc

import numpy as np
import pytest

from lossedu import exercises
from lossedu.checking import UnansweredError, _expressions
from lossedu.checking._answers import LONGEST_REPLY, text_of_reply
from tests.checking import verdict

MOST_MEMORY = 64 * 2**20  # bytes, of which a refusal needs next to nothing


@pytest.fixture(autouse=True)
def little_memory():
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


def reply(shown):
    """Return the message of a kernel that shows a text for the expression it was asked."""
    return {"content": {"user_expressions": {"reply": {"data": {"text/plain": shown}}}}}


def test_a_reply_is_read():
    assert text_of_reply(reply(repr(base64.b64encode(b'{"a": 1}').decode()))) == '{"a": 1}'
    assert text_of_reply(reply("''")) == ""


@pytest.mark.parametrize(
    "shown",
    [
        *("[" * 10**6, "[" + "1," * 10**6 + "]", "'" + "\\x41" * 10**6 + "'", "9" * 10**6, "{}", "'é'", "'YQ'"),
        *(5, None, [], {"a": 1}, b"YQ==", "'" + "A" * LONGEST_REPLY + "'", "A" * 10**7),
    ],
    ids=lambda shown: f"{shown!r:.8}",
)
def test_a_reply_that_is_none_is_not_parsed(shown):
    with pytest.raises(UnansweredError):
        text_of_reply(reply(shown))


POINTS = {"p": 0.3, "q": 0.6}
P_IS_SMALL, P_IS_LARGE = "StrictLessThan(Symbol('p'), Float('0.5'))", "GreaterThan(Symbol('p'), Integer(1))"


@pytest.mark.parametrize(
    "text",
    [
        "Mul(Tuple(Integer(1)), Integer(300000000))",
        "Mul(Integer(300000000), Tuple(Integer(1)))",
        "Add(Tuple(Integer(1)), Tuple(Integer(1)))",
        "Pow(Integer(10), Integer(1000000000))",
        "Pow(Pow(Integer(10), Integer(1000)), Integer(1000000000))",
        f"Mul({', '.join(['Integer(' + '9' * 1000 + ')'] * 15)})",
        "Piecewise(ExprCondPair(Integer(1), false))",
        "Piecewise(Integer(1))",
        "Piecewise()",
        "ExprCondPair(Integer(1), true)",
        "Integer('9')",
        "Symbol('p')(5)",
        "gamma(Integer(10000))",
        "(" * 5000 + ")" * 5000,
        "-" * 19_000 + "1",
        "exp(" * 900 + "1" + ")" * 900,
        "x" * 20_001,
    ],
    ids=lambda text: text[:20],
)
def test_no_expression_takes_long_to_compute(text):
    with pytest.raises((ArithmeticError, RecursionError, TypeError, ValueError)):
        _expressions.evaluate(_expressions.parse(text), POINTS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Mul(Integer(-1), log(Symbol('p', positive=True)))", -np.log(0.3)),
        (f"Piecewise(ExprCondPair(Integer(2), {P_IS_SMALL}), ExprCondPair(pi, true))", 2),
        (f"Piecewise(ExprCondPair(Integer(2), {P_IS_LARGE}), ExprCondPair(pi, true))", np.pi),
        ("Rational(1, 3)", 1 / 3),
        ("Add(Symbol('p'), Symbol('q'), Integer(-1))", -0.1),
        ("Max(Symbol('p'), Symbol('q'))", 0.6),
        ("Pow(E, Symbol('q'))", np.exp(0.6)),
    ],
)
def test_an_expression_is_computed(text, value):
    assert _expressions.evaluate(_expressions.parse(text), POINTS) == pytest.approx(value, rel=1e-12)


COUNTEREXAMPLES = [
    exercise.name
    for exercise in map(exercises.get, exercises.names())
    if isinstance(exercise, exercises.CounterexampleExercise)
]
SHAPES = {
    "column and row": [(15_000, 1), (1, 15_000)],
    "three axes": [(1000, 1, 1), (1, 1000, 1), (1, 1, 1000)],
    "long": [(10**5,)],
    "many axes": [(9,) * 5],
}


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        pytest.param(name, shapes, id=f"{shape}-{name}", marks=[] if (i + j) % len(SHAPES) == 0 else pytest.mark.slow)
        for i, name in enumerate(COUNTEREXAMPLES)
        for j, (shape, shapes) in enumerate(SHAPES.items())
    ],
)
def test_no_counterexample_takes_much_to_try(name, shapes):
    wanted = len(exercises.get(name).example)
    arrays = tuple(np.ones(shapes[i % len(shapes)]) for i in range(wanted))
    assert verdict(name, arrays if wanted > 1 else arrays[0]).accident is None
