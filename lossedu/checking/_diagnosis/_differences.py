"""An answer that is right except for a term, or a factor, that some of the arguments have no part in."""

import numpy as np

from lossedu.checking._diagnosis._evidence import ENOUGH_MIXED, Diagnosis, mixtures
from lossedu.language import later, say

SAME = 1e-6, 1e-9  # relative and absolute difference of two terms or factors that count as the same
CLEAR = 1e-4  # a smaller term, or a factor nearer to 1, may be rounding

TERM = (
    later("wrong term"),
    later("your result differs from the right one by a number that depends on {others} but not on {names}."),
    later("Which term of the formula contains {others} and not {names}?"),
)
FACTOR = (
    later("wrong factor"),
    later("your result is the right one times a number that depends on {others} but not on {names}."),
    later("Which factor of the formula contains {others} and not {names}?"),
)


def term_or_factor(evidence):
    """Return the diagnosis of an answer whose difference or ratio to the right result does not depend on an argument.

    Each argument is replaced by that of another input. The difference must stay the same for one of them, and change
    for all others that matter.
    """
    if evidence.exercise.protocol != "call" or len(evidence.exercise.returns) > 1:
        return None
    results = with_one_replaced(evidence)
    values = {name: value for sample in evidence.public for name, value in sample.arguments.items()}
    arrays = {name for name, value in values.items() if isinstance(value, np.ndarray)}
    switches = {name for name, value in values.items() if name == "axis" or isinstance(value, bool | str | None)}
    for (name, fact, hint), of, neutral in ((TERM, np.subtract, 0), (FACTOR, np.divide, 1)):
        told = {argument: compared(of, neutral, pairs) for argument, pairs in results.items()}
        same = [argument for argument, each in told.items() if len(each) >= ENOUGH_MIXED and all(each)]
        others = [argument for argument, each in told.items() if each and not any(each)]
        unclear = (arrays | {argument for argument, each in told.items() if each}) - {*same, *others}
        same, others = ([argument for argument in each if argument not in switches] for each in (same, others))
        if same and others and not unclear:
            fields = {"names": ", ".join(same), "others": ", ".join(others)}
            return Diagnosis(name, say(fact, **fields), say(hint, **fields))
    return None


def with_one_replaced(evidence):
    """Return for each argument the results, the answer's and the right one, of inputs and of those with it replaced."""
    names = dict.fromkeys(name for sample in evidence.public for name in sample.arguments)
    mixed = [(name, *mixture) for name in names for mixture in mixtures(evidence, name)]
    inputs = [arguments for *_, arguments in mixed]
    results = {name: [] for name in names}
    for (name, sample, _), got, right in zip(
        mixed, evidence.ask(inputs), evidence.right_outcomes(inputs), strict=False
    ):
        outcomes = (sample.got, sample.expected, got, right)
        if all(outcome.problem is None for outcome in outcomes):
            values = [np.asarray(outcome.values[0], float) for outcome in outcomes]
            if len({value.shape for value in values}) == 1 and all(np.isfinite(value).all() for value in values):
                results[name].append((values[:2], values[2:]))
    return results


def compared(of, neutral, pairs):
    """Tell of each pair of results whether both differ by the same term or factor, where one of them is wrong."""
    found = []
    for one, other in pairs:
        with np.errstate(all="ignore"):
            both = np.stack([of(*one), of(*other)])
        if np.isfinite(both).all() and np.abs(both - neutral).max(initial=0) > CLEAR:
            found.append(np.allclose(*both, rtol=SAME[0], atol=SAME[1]))
    return found
