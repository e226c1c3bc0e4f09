"""Judging answers that are not functions: a number, a SymPy expression, a counterexample.

All are judged from a description as plain data, which `probe.describe` makes in the answer's own process.
"""

import contextlib
import functools
import itertools
import math

import numpy as np

from lossedu.checking import _expressions
from lossedu.checking._diagnosis import diagnose_expression, diagnose_number
from lossedu.checking._problems import describe_kind, describe_problem
from lossedu.checking._verdict import Verdict, explain, judged
from lossedu.checking.probe import as_expression, quiet
from lossedu.exercises import CounterexampleExercise, ExpressionExercise, NumberExercise
from lossedu.language import say

ANSWER = "answer"  # the one aspect of such an exercise
ANY_VALUE = 0.7345  # the value of a symbol that cancels out
MOST_AXES = 8  # of an array in an answer; NumPy itself cannot broadcast more than 32
MOST_NUMBERS = 10_000  # in an array that is to prove a claim wrong
LARGEST_SHOWN = 10**30  # of integers; longer ones are cut
MOST_TOGETHER = 10**6  # in what such arrays broadcast to


def judge(exercise, described):
    """The verdict on a described answer to an exercise of any of these kinds."""
    if described["missing"]:
        return Verdict.of(exercise, [judged(exercise, ANSWER, False, say("no answer yet."))])
    if isinstance(exercise, CounterexampleExercise):
        return judge_counterexample(exercise, described)
    if isinstance(exercise, ExpressionExercise):
        return judge_expression(exercise, described)
    return judge_number(exercise, described)


def compared(exercise, described, read, agrees, explained):
    """The verdict on an answer that `read` can read (ValueError if not), by whether it `agrees` with the right one.

    `read` returns the value and the words that a message calls it by; `explained` returns the `Diagnosis` of a wrong
    one, or None.
    """
    try:
        value, shown = read(described)
    except ValueError as error:
        return Verdict.of(exercise, [judged(exercise, ANSWER, False, str(error))])
    if agrees(value, exercise.answer):
        return Verdict.of(exercise, [judged(exercise, ANSWER, True, say("right."))])
    known = nearest(value, [known for known in exercise.misconceptions if agrees(value, known.answer)])
    known = known or explained(value)
    lines = [say("{answer} is not what was asked for.", answer=shown)]
    lines += explain(exercise, known) if known else [f"-> {say(exercise.section)}"]
    return Verdict.of(exercise, [judged(exercise, ANSWER, False, "\n".join(lines))], known and known.name)


def nearest(value, known):
    """Return the misconception whose number is the nearest to the value; of expressions the first; None if empty."""
    if isinstance(value, float):
        return min(known, key=lambda each: abs(value - each.answer) if value != each.answer else 0.0, default=None)
    return next(iter(known), None)


def shown_as(exercise, described):
    """Return the text that stands for the answer in a message; None if there is no answer."""
    if described["missing"]:
        return None
    if isinstance(exercise, NumberExercise) and described["number"] is not None:
        return show_number(described)
    return described["text"] or describe_kind(described["kind"] or "")


def show_number(described):
    """Return the text of a number as it was typed: an integer without a point, a truth value as a word."""
    number, text = described["number"], described["text"] or ""
    if described["kind"] == "bool" or (isinstance(number, int) and abs(number) > LARGEST_SHOWN):
        return text
    return str(number)


def describe_received(described):
    """Describe an answer that is not what was expected, such as `a str: '0.25'`."""
    kind = describe_kind(described["kind"] or "")
    return f"{kind}: {described['text']}" if described["text"] else kind


def judge_number(exercise, described):
    """The verdict on a figure."""

    def read_number(described):
        try:
            number = float(described["number"])
        except (OverflowError, TypeError) as error:
            given = describe_received(described)
            raise ValueError(say("expected {wanted}, got {given}", wanted=say(exercise.unit), given=given)) from error
        if not np.isfinite(number) and number not in [known.answer for known in exercise.misconceptions]:
            raise ValueError(say("expected {wanted}, got {given}", wanted=say(exercise.unit), given=number))
        return number, show_number(described)

    def agrees(number, with_number):
        return number == with_number or bool(abs(number - with_number) <= exercise.tolerance)  # infinity too

    return compared(exercise, described, read_number, agrees, lambda number: diagnose_number(exercise, number))


def judge_expression(exercise, described):
    """The verdict on a SymPy expression: compared by value at points all over the values of its symbols."""
    points = points_among(exercise.symbols)

    def read_expression(described):
        if described["expression"] is None:
            raise ValueError(say("expected a SymPy expression, got {given}", given=describe_received(described)))
        try:
            tree = _expressions.parse(described["expression"])
        except _expressions.UnfitExpressionError as error:
            problem = say(
                "expected an expression that is worked out, got {given}, which {problem}",
                given=described["text"],
                problem=describe_problem(error.problem),
            )
            raise ValueError(problem) from error
        unknown = _expressions.symbols(tree) - set(exercise.symbols)
        if unknown and depends_on(tree, unknown, points):
            problem = say(
                "holds {unknown}, but only {symbols} may be left in the answer",
                unknown=", ".join(sorted(unknown)),
                symbols=", ".join(exercise.symbols),
            )
            raise ValueError(problem)
        for point in points:
            point.update(dict.fromkeys(unknown, ANY_VALUE))  # these symbols cancel out
        return tree, described["text"]

    def values(tree):
        return np.array([complex(_expressions.evaluate(tree, point)) for point in points])

    def agrees(tree, with_text):
        try:
            mine = values(tree)
        except (ArithmeticError, RecursionError, StopIteration, TypeError, ValueError):  # not a number at some point
            return False
        theirs = values(_expressions.parse(describe_text(with_text)))
        return np.allclose(mine, theirs, rtol=1e-9, atol=1e-9)

    def explained(tree):
        forms = (describe_text(exercise.answer, form) for form in ("simplified", "written", "expanded"))
        listed = [(known, _expressions.parse(describe_text(known.answer))) for known in exercise.misconceptions]
        return diagnose_expression(tree, *forms, listed=listed, points=points)

    return compared(exercise, described, read_expression, agrees, explained)


def depends_on(tree, unknown, points):
    """Tell whether the value of an expression depends on symbols that are not in the question."""
    try:
        first, other = (
            [complex(_expressions.evaluate(tree, point | dict.fromkeys(unknown, value))) for point in points]
            for value in (ANY_VALUE, 3 * ANY_VALUE)
        )
    except (ArithmeticError, RecursionError, StopIteration, TypeError, ValueError):  # not a number at some point
        return True
    return not np.allclose(first, other, rtol=1e-9, atol=1e-9)


def points_among(symbols, of_each=5):
    """Values for the symbols: every combination of those given as sets, `of_each` times, the others at random."""
    rng = np.random.default_rng(0)  # generic points: no relation between the symbols holds at all of them
    sets = {name: sorted(values) for name, values in symbols.items() if isinstance(values, set)}
    combinations = [dict(zip(sets, chosen, strict=True)) for chosen in itertools.product(*sets.values())]
    return [
        {name: chosen[name] if name in sets else rng.uniform(*values) for name, values in symbols.items()}
        for chosen in combinations
        for _ in range(of_each)
    ]


@functools.cache
def describe_text(text, form="simplified"):
    """The declared text of an expression, in the form that answers come in, as it is written, or expanded."""
    import sympy

    if form == "written":
        written = sympy.sympify(text, evaluate=False)  # pyright: ignore[reportCallIssue]  left out of the overloads
        return sympy.srepr(written)
    expression = sympy.sympify(text)
    return as_expression(expression.expand() if form == "expanded" else expression)


def judge_counterexample(exercise, described):
    """The verdict on arrays that are to prove a claim wrong."""
    wanted = len(exercise.example)
    arrays = described["arrays"] if wanted > 1 else [described["array"]]
    if arrays is None or len(arrays) != wanted or any(array is None or array.ndim > MOST_AXES for array in arrays):
        objection = say("expected {wanted}", wanted=say(exercise.asks))
    elif not are_small(arrays):
        objection = say("holds too many numbers: {most} in an array are enough", most=f"{MOST_NUMBERS:,}")
    else:
        given = list(map(as_declared, arrays, exercise.example))
        with quiet():
            objection = outside_of_domains(exercise, given) or exercise.refutes(*given)
            if objection is not True and lost_axes_apart(arrays, given):
                objection = in_shapes_as_given(exercise, arrays) or objection
    if objection is True:
        return Verdict.of(exercise, [judged(exercise, ANSWER, True, say("right: the claim does not survive this."))])
    message = f"{objection}\n-> {say(exercise.section)}"
    return Verdict.of(exercise, [judged(exercise, ANSWER, False, message)], summary=objection)


def are_small(arrays):
    """Return whether a formula can be computed on these arrays in little time and memory."""
    with contextlib.suppress(ValueError):  # they don't broadcast, which the formula will say
        if math.prod(np.broadcast_shapes(*(array.shape for array in arrays))) > MOST_TOGETHER:
            return False
    return all(array.size <= MOST_NUMBERS for array in arrays)


def outside_of_domains(exercise, arrays):
    """Say which array is not what the claim speaks of, such as probabilities; None if all are."""
    for array, (name, domain) in zip(arrays, exercise.domains.items(), strict=False):
        if not np.isfinite(array).all() or not domain.holds(array):
            given = np.array2string(np.asarray(array), precision=4, threshold=20)
            return f"{name} must hold {domain.words}; got {given}"
    if exercise.one_shape and arrays[0].shape != arrays[1].shape:
        return f"both arrays must have one shape; got {arrays[0].shape} and {arrays[1].shape}"
    return None


def in_shapes_as_given(exercise, arrays):
    """Return the objection to arrays with the axes that came; None if there is none in words."""
    given = [array.astype(float) for array in arrays]
    objection = outside_of_domains(exercise, given) or exercise.refutes(*given)
    return objection if isinstance(objection, str) else None


def lost_axes_apart(arrays, given):
    """Tell whether `as_declared` took the batch of one from some arrays only, so that they no longer fit together."""
    lost = {before.ndim - np.ndim(after) for before, after in zip(arrays, given, strict=True) if before.size > 1}
    return len(lost) > 1


def as_declared(array, example):
    """Return a part of a counterexample in the axes that the exercise asks for.

    A number may come as an array of one, and a single sample as a batch of one.
    """
    array = array.astype(float)  # a kernel that a submission has changed may send another type
    while array.ndim > np.ndim(example) and array.shape[0] == 1:
        array = array[0]
    return array[()]
