"""Judging answers that are not functions: a number, a SymPy expression, a counterexample."""

import numpy as np

from lossedu.checking._calls import quiet
from lossedu.checking._verdict import Verdict, explain, judged

ANSWER = "answer"  # the one aspect of such an exercise


def judge(exercise, answer, reads, agrees):
    """The verdict on an answer that `reads` can read (ValueError if not), by whether it `agrees` with the right one."""
    if answer is None or answer is Ellipsis:
        return Verdict.of(exercise, [judged(exercise, ANSWER, False, "no answer yet.")])
    try:
        value = reads(answer)
    except ValueError as error:
        return Verdict.of(exercise, [judged(exercise, ANSWER, False, str(error))])
    if agrees(value, exercise.answer):
        return Verdict.of(exercise, [judged(exercise, ANSWER, True, "right.")])
    known = next((known for known in exercise.misconceptions if agrees(value, known.answer)), None)
    lines = [f"{value} is not what was asked for."]
    lines += explain(exercise, known) if known else [f"-> {exercise.section}"]
    return Verdict.of(exercise, [judged(exercise, ANSWER, False, "\n".join(lines))], known and known.name)


def judge_number(exercise, answer):
    """The verdict on a figure."""

    def reads(given):
        try:
            number = float(given + 0)  # a text such as "0.25" is not a number: adding 0 to it fails
        except (OverflowError, TypeError, ValueError):
            raise ValueError(f"expected {exercise.unit}, got a {type(given).__name__}: {given!r:.60}") from None
        if not np.isfinite(number):
            raise ValueError(f"expected {exercise.unit}, got {number}")
        return number

    def agrees(number, with_number):
        return bool(np.isclose(number, with_number, rtol=exercise.tolerance, atol=exercise.tolerance))

    return judge(exercise, answer, reads, agrees)


def judge_expression(exercise, answer):
    """The verdict on a SymPy expression: compared by value at points all over the range of its symbols."""
    import sympy

    rng = np.random.default_rng(0)  # generic points: no relation between the symbols holds at all of them
    points = [{name: rng.uniform(low, high) for name, (low, high) in exercise.symbols.items()} for _ in range(5)]

    def reads(given):
        try:
            expression = sympy.sympify(given, strict=True)
        except (sympy.SympifyError, TypeError):
            raise ValueError(f"expected a SymPy expression, got a {type(given).__name__}: {given!r:.60}") from None
        if not isinstance(expression, sympy.Expr):
            raise ValueError(f"expected a SymPy expression, got {expression}")
        unknown = {symbol.name for symbol in expression.free_symbols} - set(exercise.symbols)
        if unknown:
            raise ValueError(
                f"holds {', '.join(sorted(unknown))}, but only {', '.join(exercise.symbols)} may be left in the answer"
            )
        return expression

    def values(expression):
        by_name = {symbol.name: symbol for symbol in expression.free_symbols}
        return np.array(
            [complex(expression.subs({by_name[name]: point[name] for name in by_name}).evalf(20)) for point in points]
        )

    def agrees(expression, with_text):
        try:
            return np.allclose(values(expression), values(sympy.sympify(with_text)), rtol=1e-9, atol=1e-9)
        except (TypeError, ValueError):  # not a number at some point, such as an integral left undone
            return False

    return judge(exercise, answer, reads, agrees)


def judge_counterexample(exercise, answer):
    """The verdict on arrays that are to prove a claim wrong."""
    if answer is None or answer is Ellipsis:
        return Verdict.of(exercise, [judged(exercise, ANSWER, False, "no answer yet.")])
    wanted = len(exercise.example)
    try:
        with quiet():
            arrays = [np.asarray(part, float) for part in (answer if wanted > 1 else [answer])]
    except Exception:  # what a stranger's object raises when it is read as an array cannot be foreseen
        arrays = []
    if len(arrays) != wanted:
        objection = f"expected {exercise.asks}"
    else:
        with quiet():
            objection = exercise.refutes(*arrays)
    if objection is True:
        return Verdict.of(exercise, [judged(exercise, ANSWER, True, "right: the claim does not survive this.")])
    return Verdict.of(exercise, [judged(exercise, ANSWER, False, f"{objection}\n-> {exercise.section}")])
