"""The first step of an answer that gives NaN or infinity where the right result is finite; and the reverse.

The answer runs once more, on the input that the message shows, with each of its operations watched. Its own result must
come out again. A step counts as the cause if the result has no NaN and no infinity once this step's results are made
finite.
"""

import ast

import numpy as np

from lossedu.checking._diagnosis import _watching
from lossedu.checking._diagnosis._evidence import Diagnosis
from lossedu.checking._diagnosis._slip_changes import LOGARITHMS
from lossedu.checking._diagnosis._steps import WatchedAnswer
from lossedu.language import join_sentences, later, say

NAME = later("not finite")
STEP = later("for this input, line {line} computes {calculation} = {value} in `{place}`.")
PLAIN_STEP = later("for this input, `{place}` in line {line} is {value}.")
EMPTY_STEP = later("for this input, no entries are left for `{place}` in line {line}, so it is {value}.")
NEXT_STEP = later("Line {line} then computes {calculation} = {value} in `{place}`.")
PLAIN_NEXT_STEP = later("Then `{place}` in line {line} is {value}.")
LIMITED = later(
    "for this input the result should be {right}, and yours is {got}: a step of yours limits or replaces what is "
    "infinite, or leaves it out."
)
HINTS = {
    "divisor": later("What should your function return where this divisor is 0?"),
    "logarithm": later("For which numbers is this logarithm finite, and what keeps its argument in that range?"),
    "empty": later("What should your function return if no entries are left?"),
    "too large": later("Which equal form of this step stays finite for such numbers?"),
    "other": later("What should this step give for such numbers?"),
}


def kind_of(step):
    """Return the key in `HINTS` of what a step needs."""
    if step.operands is None:
        return "empty"
    if step.calculation is None or not np.isfinite(step.operands).all():
        return "other"
    if isinstance(step.node, ast.BinOp) and isinstance(step.node.op, ast.Div) and step.operands[1] == 0:
        return "divisor"
    if step.called in LOGARITHMS:
        return "logarithm"
    return "too large" if np.isinf(step.value) else "other"


def first_gap(evidence):
    """Return the diagnosis of the step where the shown result stops being finite; None if that is not all."""
    shown, exercise = evidence.shown, evidence.exercise
    if shown is None or exercise.protocol != "call" or exercise.is_training or not has_gap(shown):
        return None
    if not all(has_gap(sample) for sample in evidence.wrong):
        return None
    steps = decisive_steps(evidence)
    return named(steps) if steps else None


def finite_for_infinite(evidence):
    """Return the diagnosis of a finite number where infinity is right, if that is all that is wrong; else None."""
    shown = evidence.shown
    if shown is None or not all(lacks_infinity(sample) for sample in [shown, *evidence.wrong]):
        return None
    (right, *_), (got, *_) = (each[lacking(shown)] for each in (shown.expected.values[0], shown.got.values[0]))
    fact = say(LIMITED, right=f"{right:g}", got=evidence.show(got))
    return Diagnosis(later("infinity lost"), fact, say("What does the contract say of such an input?"))


def lacks_infinity(sample):
    """Tell whether a result is finite in some places where infinity is right, and right elsewhere."""
    if sample.got.problem is not None or sample.got.shapes != sample.expected.shapes or len(sample.got.values) > 1:
        return False
    is_off = lacking(sample)
    return is_off.any() and bool(np.allclose(*(each.values[0][~is_off] for each in (sample.got, sample.expected))))


def lacking(sample):
    """Return where infinity is right and a finite number came."""
    return np.isinf(sample.expected.values[0]) & np.isfinite(sample.got.values[0])


def has_gap(sample):
    """Tell whether an answer gave NaN or infinity where a finite number is right."""
    if sample.got.problem is not None or sample.got.shapes != sample.expected.shapes:
        return False
    pairs = zip(sample.got.values, sample.expected.values, strict=True)
    return any((~np.isfinite(got) & np.isfinite(right)).any() for got, right in pairs)


def decisive_steps(evidence):
    """Return the first and the last step whose repair is enough to make the shown result finite."""
    answer = WatchedAnswer(evidence, _watching.Gaps)
    steps = answer.steps()
    repaired = answer.with_changed([(number,) for number in steps], [evidence.shown]) if steps else []
    enough = [
        step
        for step, (outcome,) in zip(steps.values(), repaired, strict=True)
        if outcome.problem is None and all(np.isfinite(value).all() for value in outcome.values)
    ]
    return [enough[0], *enough[1:][-1:]] if enough else []


def named(steps):
    """Return the diagnosis of the first step that gives a gap, and of the last one."""
    first, *further = steps
    facts = [first.said(EMPTY_STEP if first.operands is None else STEP if first.calculation else PLAIN_STEP)]
    facts += [step.said(NEXT_STEP if step.calculation else PLAIN_NEXT_STEP) for step in further]
    return Diagnosis(NAME, join_sentences(*facts), say(HINTS[kind_of(first)]))
