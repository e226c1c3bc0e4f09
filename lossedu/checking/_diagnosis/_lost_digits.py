"""The step of an answer that subtracts nearly equal numbers, so that too few digits of the result are left."""

import numpy as np

from lossedu.checking._comparison import tolerances
from lossedu.checking._diagnosis import _watching
from lossedu.checking._diagnosis._evidence import Diagnosis, comparable
from lossedu.checking._diagnosis._steps import WatchedAnswer
from lossedu.language import later, say

NAME = later("lost digits")
FACT = later(
    "for this input, line {line} computes {calculation} = {value} in `{place}`: the two numbers are so nearly equal "
    "that rounding decides the result."
)
HINT = later("Which equal form of your formula does not subtract two nearly equal numbers?")
MOST_SAMPLES = 4  # wrong inputs on which the rounding has to explain the error
NEIGHBOURS = (-4, 4)  # how far rounding may move a difference, in distances to the next float
NEAREST = (-1, 1)  # a quarter as far


def lost_digits(evidence):
    """Return the diagnosis of the step whose rounding is as large as the error of the result; None if none is."""
    wrong = evidence.wrong[:MOST_SAMPLES]
    if evidence.shown is None or not evidence.only_extremes_wrong or len(comparable(wrong)) < len(wrong):
        return None
    answer = WatchedAnswer(evidence, _watching.Rounding)
    for number, step in answer.steps().items():
        changes = [(number, by) for by in (*NEIGHBOURS, *NEAREST)]
        moved = zip(*answer.with_changed(changes, wrong), strict=True)  # for each input: two far ones, two near ones
        if all(
            grows(outcomes[:2], outcomes[2:]) and is_within(evidence.exercise, sample, *outcomes[:2])
            for sample, outcomes in zip(wrong, moved, strict=True)
        ):
            return Diagnosis(NAME, step.said(FACT), say(HINT))
    return None


def is_within(exercise, sample, *moved):
    """Tell whether what is right lies between the results with a step moved down and up by its rounding."""
    outcomes = (sample.got, *moved)
    if any(outcome.problem is not None or outcome.shapes != sample.expected.shapes for outcome in outcomes):
        return False
    rtol, atol = tolerances(exercise, sample.case)
    for right, *reached in zip(sample.expected.values, *(outcome.values for outcome in outcomes), strict=True):
        off = atol + rtol * np.abs(right)
        lowest, highest = np.min(reached, axis=0) - off, np.max(reached, axis=0) + off
        if not np.all(np.isfinite(right) & (lowest <= right) & (right <= highest)):
            return False
    return True


def grows(far, near):
    """Tell whether results move farther where a step is moved farther: rounding does, and a jump at a tie does not."""
    if any(outcome.problem is not None for outcome in (*far, *near)):
        return False
    spans = [
        max(np.max(np.abs(one - other), initial=0) for one, other in zip(*(each.values for each in pair), strict=True))
        for pair in (far, near)
    ]
    return bool(spans[0] > 2 * spans[1])
