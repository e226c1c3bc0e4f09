"""Where an answer is right and where it is wrong, if no candidate explains it."""

from dataclasses import dataclass, replace

import numpy as np

from lossedu.checking._comparison import as_compared, tolerances
from lossedu.checking._diagnosis._candidates import ZERO, ZERO_HINT
from lossedu.checking._diagnosis._evidence import Diagnosis, comparable
from lossedu.checking._diagnosis._search import (
    ENOUGH,
    ROUNDING,
    depends_on_option,
    only_number,
    reproducing,
    separating,
    where_words,
)
from lossedu.exercises.regions import entry_conditions
from lossedu.language import later, say

PURE_SEED, POOL = 7, 240  # of the entries among which those are chosen that meet a condition


KINDS = {  # of what is wrong with a result: name and fact
    "NaN": (later("NaN"), later("your result contains NaN.")),
    "infinity": (later("infinity"), later("your result contains infinity.")),
    "shape": (later("wrong shape"), later("your result has the wrong shape.")),
    "too large": (later("too large"), later("on the inputs tried, no number is too small, and some are too large.")),
    "too small": (later("too small"), later("on the inputs tried, no number is too large, and some are too small.")),
    "off": (later("wrong numbers"), later("some numbers are too large, and some too small.")),
}


@dataclass(frozen=True)
class Facts:
    """How to speak of what is wrong: a name, and a sentence for each relation to what is right."""

    name: str
    sign: str
    factor: str
    large: str
    small: str
    some: str
    all: str


OF_ENTRIES = Facts(
    name=later("wrong entries"),
    sign=later("every entry has the wrong sign."),
    factor=later("every entry is {factor} times the right one."),
    large=later("the absolute value of every entry is too large."),
    small=later("the absolute value of every entry is too small."),
    some=later("some entries are wrong."),
    all=later("every entry is wrong."),
)
OF_RESULTS = Facts(
    name=later("wrong results only"),
    sign=later("your result has the wrong sign."),
    factor=later("your result is {factor} times the right one."),
    large=later("the absolute value of your result is too large."),
    small=later("the absolute value of your result is too small."),
    some=later("some results are wrong."),
    all=later("your result is wrong."),
)


def arrays(sample):
    """Return the first array of what is right and of what came."""
    outcomes = (as_compared(sample.case, outcome) for outcome in (sample.expected, sample.got))
    return (np.asarray(outcome.values[0], float) for outcome in outcomes)


def where_wrong(evidence, sample):
    """Return where the numbers of a sample are wrong, as an array of booleans."""
    right, got = arrays(sample)
    rtol, atol = tolerances(evidence.exercise, sample.case)
    with np.errstate(all="ignore"):
        off = ~(np.abs(got - right) <= atol + rtol * np.abs(right))
    return off & ~((got == right) | (np.isnan(got) & np.isnan(right)))


def state_that_stays(exercise):
    """Return the diagnosis of objects or steps with another result for the same input the second time, or None."""
    if exercise.protocol == "methods":
        name = later("state shared by all objects")
        fact = later("two new objects get the same calls and give different results: the objects share one state.")
        hint = later("Where do you create the state: once for the class, or for each object in __init__?")
    elif exercise.protocol == "steps":
        name = later("state outside `state`")
        fact = later("a second run of the same steps gives another result: you keep a value outside `state`.")
        hint = later("Which of your variables keep their value after the call?")
    else:  # what is said of the error asks whether something is kept, or drawn at random
        return None
    return Diagnosis(name, say(fact), say(hint))


def constant_result(evidence):
    """Return the diagnosis of an answer that always gives the same number, or never moves the weights; else None."""
    samples = comparable(evidence.plain)
    if len(samples) < max(ENOUGH, len(evidence.plain)) or evidence.exercise.is_class:
        return None
    if evidence.exercise.protocol == "steps" and all(map(stands_still, samples)):
        fact, hint = say("the weights do not change in any step."), say("Which factor of your step is always 0?")
        return Diagnosis("weights unchanged", fact, hint)
    number = only_number(samples)
    if number is None:
        return None
    if number == 0:
        return Diagnosis("zero", say(ZERO), say(ZERO_HINT))
    fact = say("every number of your result is {number}, for all inputs.", number=evidence.show(number))
    return Diagnosis("constant result", fact, say("Which of your steps gives the same number for every input?"))


def stands_still(sample):
    """Tell whether the weights of an optimizer stay where they start."""
    (path,) = sample.got.values
    return np.array_equal(path, np.broadcast_to(sample.arguments["w"], path.shape))


def of_steps(evidence):
    """For steps: right in the first step and wrong from the second on, or the reverse."""
    if evidence.exercise.protocol != "steps":
        return None
    samples = comparable(evidence.all)
    several = [sample for sample in samples if len(sample.expected.values[0]) > 1]
    if len(samples) < len(evidence.all) or len(several) < ENOUGH:
        return None
    first_wrong = [where_wrong(evidence, sample)[:1].any() for sample in samples]
    later_wrong = [where_wrong(evidence, sample)[1:].any() for sample in several]
    if not any(first_wrong) and sum(later_wrong) >= ENOUGH:
        fact = say("your first step is right, and a later one is wrong.")
        hint = say("What does your second step read from the state, and what should the first step write there?")
        return Diagnosis("later steps wrong", fact, hint)
    return None


def of_entries(evidence):
    """For a result with the axes of the input: the entries that are wrong, by a condition, and how they are wrong."""
    samples = comparable(evidence.plain)
    if len(samples) < len(evidence.plain) or len(samples) < ENOUGH or evidence.exercise.protocol != "call":
        return None
    masks, conditions = [], []
    for sample in samples:
        right, _ = arrays(sample)
        shapes = [a.shape for a in sample.arguments.values() if isinstance(a, np.ndarray)]
        if right.shape not in shapes or right.ndim == 0:
            return None
        masks.append(where_wrong(evidence, sample))
        conditions.append(
            {
                (words, *fields.values()): (words, fields, mask)
                for words, fields, mask in entry_conditions(evidence.exercise, sample.arguments)
                if mask is not None and mask.shape == right.shape
            }
        )
    if sum(mask.any() for mask in masks) < ENOUGH or sum((~mask).any() for mask in masks) < ENOUGH:
        return None
    for key, (words, fields, _) in conditions[0].items():
        if all(
            key in each and np.array_equal(each[key][2], mask) for each, mask in zip(conditions, masks, strict=True)
        ):
            if not any(right[~mask].any() for (right, _), mask in zip(map(arrays, samples), masks, strict=True)):
                return None  # what is right is 0 elsewhere, which many mistakes leave as it is
            return how_wrong(samples, masks, say(words, **fields))
    return None


def of_conditions(evidence, candidates):
    """For a result without the axes of the input: inputs whose entries all meet a condition, or none does."""
    for (condition, inside), (other, outside) in pure_samples(evidence):
        for (words, fields), wrong, right in ((condition, inside, outside), (other, outside, inside)):
            if min(len(wrong), len(right)) < ENOUGH or any(s.right for s in wrong) or not all(s.right for s in right):
                continue
            if not follows(evidence, words, fields) or not any(map(is_not_zero, right)):  # many mistakes leave a 0
                continue
            where = say(words, **fields)
            found = reproducing(evidence, candidates, wrong)
            if len(found) == 1:
                return found[0].diagnosis(where, right_elsewhere=True)
            everywhere = [*wrong, *comparable(evidence.wrong)]
            if all(sample.shape_fits and sample.got.problem is None for sample in everywhere):
                masks = [entries_meant(evidence, sample, words, fields) for sample in everywhere]
                return how_wrong(everywhere, masks, where, OF_RESULTS)
    return None


def is_not_zero(sample):
    """Tell whether a right result is not just 0."""
    return any(np.any(value) for value in sample.expected.values)


def entries_meant(evidence, sample, words, fields):
    """Return the entries of a result for which a condition holds; all entries, if the condition has other axes."""
    right, _ = arrays(sample)
    mask = mask_of(evidence, sample, words, fields)
    return np.asarray(mask) if has_axes_of(right, mask) else np.ones_like(right, bool)


def mask_of(evidence, sample, words, fields):
    """Return for each entry of an input whether a condition holds; None if it says nothing of this input."""
    conditions = entry_conditions(evidence.exercise, sample.arguments)
    masks = (mask for *condition, mask in conditions if condition == [words, fields])
    return next((mask for mask in masks if mask is not None and np.size(mask)), None)


def has_axes_of(result, mask):
    """Tell whether a condition on the entries of an input can speak of the entries of a result."""
    return mask is not None and np.shape(result) == np.shape(mask) != ()


def follows(evidence, words, fields):
    """Tell whether an answer is right on all inputs without an entry that meets a condition, and wrong where all do.

    If the result has the axes of the condition, its other entries must be right in all inputs.
    """
    for sample in evidence.all:
        mask = mask_of(evidence, sample, words, fields)
        if mask is None:
            continue
        if (sample.right and np.all(mask)) or not (sample.right or np.any(mask)):
            return False
        has_axes = comparable([sample]) and has_axes_of(next(arrays(sample)), mask)
        if has_axes and (where_wrong(evidence, sample) & ~mask).any():
            return False
    return True


def pure_samples(evidence):
    """Return pairs of a condition with its samples, and of the opposite condition with its samples."""
    exercise, rng = evidence.exercise, np.random.default_rng(PURE_SEED)
    bases = {repr(case.options): case for case in exercise.public_cases if case.domains and not case.is_extreme}
    inputs = []  # pairs of the index of a condition and a case
    conditions = []
    tried = list(bases.values())[:2]
    for case in tried[:1]:  # and with the default options: an answer may be right for these alone
        tried.append(replace(case, arguments={name: case.arguments[name] for name in case.domains}))
    for case in tried:
        try:
            pool = {name: np.asarray(domain.draw(rng, (POOL,))) for name, domain in case.domains.items()}
        except (IndexError, ValueError):  # a domain of arrays with several axes
            return []
        if any(array.shape != (POOL,) for array in pool.values()):
            return []
        drawn = list(entry_conditions(exercise, {**case.arguments, **pool}))
        conditions = [(words, fields) for words, fields, _ in drawn]
        for i, (_, _, mask) in enumerate(drawn):
            met = np.flatnonzero(mask) if mask is not None and np.shape(mask) == (POOL,) else []
            for chosen in (met[:3], met[3:6]):
                picked = {name: array[chosen] for name, array in pool.items()}
                if len(chosen) == 3 and all(case.domains[name].holds(array) for name, array in picked.items()):
                    inputs.append((i, replace(case, arguments={**case.arguments, **picked}, hidden=True)))
    expected = evidence.right_outcomes([case.arguments for _, case in inputs])
    known = [(i, case, right) for (i, case), right in zip(inputs, expected, strict=True) if not right.problem]
    samples = evidence.sampled([case for _, case, _ in known], [right for *_, right in known])
    by_condition = [[s for (j, *_), s in zip(known, samples, strict=True) if j == i] for i in range(len(conditions))]
    found = list(zip(conditions, by_condition, strict=True))
    return list(zip(found[::2], found[1::2], strict=True))


def how_wrong(samples, masks, where, facts=OF_ENTRIES):
    """Return the diagnosis of results that are wrong where a condition holds; None if the first results are right.

    Args:
        samples: inputs with what came and what is right.
        masks: for each, the entries of the result that are looked at.
        where: the condition in words.
        facts: how to speak of them. A result that joins several entries of the input tells nothing of each entry.
    """
    pairs = [[each[mask] for each in arrays(sample)] for sample, mask in zip(samples, masks, strict=True)]
    right, got = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    if np.allclose(got, right, equal_nan=True):  # of several results, another one is wrong
        return None
    with np.errstate(all="ignore"):
        ratio = got / right
    if np.isnan(got).all():
        fact = say("you get NaN.")
    elif not got.any():
        fact = say("you get 0.")
    elif np.isfinite(ratio).all() and np.ptp(ratio) <= 1e-3 * abs(ratio[0]):
        factor = ratio.mean()
        fact = say(facts.sign) if np.isclose(factor, -1) else say(facts.factor, factor=f"{factor:.4g}")
    elif (np.abs(got) > np.abs(right)).all():
        fact = say(facts.large)
    elif (np.abs(got) < np.abs(right)).all():
        fact = say(facts.small)
    elif np.isclose(got, right, equal_nan=True).any():
        fact = say(facts.some)
    else:
        fact = say(facts.all)
    hint = say("What does your formula compute for such an entry?")
    return Diagnosis(facts.name, fact, hint, where, right_elsewhere=True)


def not_a_number(evidence):
    """NaN or infinity in a region of the inputs, where the answer is right elsewhere."""
    return of_inputs(evidence, only=("NaN", "infinity"))


def of_inputs(evidence, only=None):
    """Return where the answer is wrong, if a region holds all that is wrong and nothing that is right."""
    wrong = [sample for sample in evidence.all if not sample.right]
    right = [sample for sample in evidence.all if sample.right]
    if len(wrong) < ENOUGH or len(right) < ENOUGH:
        return None
    kind = kind_of_error(wrong)
    if kind is None or (only and kind not in only):
        return None
    region = separating(evidence, wrong, right)
    if region is None or not depends_on_option(evidence, region, wrong):
        return None
    name, fact = KINDS[kind]
    hint = say("Work out such an input by hand: which step of your code gives another number?")
    return Diagnosis(name, say(fact), hint, where_words(region), right_elsewhere=True)


def kind_of_error(wrong):
    """Return what is wrong with all of these samples; None if some of them have no output."""
    if any(sample.got.problem is not None for sample in wrong):
        return None
    if any(not sample.shape_fits for sample in wrong):
        return "shape" if all(not sample.shape_fits for sample in wrong) else None
    pairs = [tuple(arrays(sample)) for sample in wrong]
    if any(np.array_equal(got, right, equal_nan=True) for right, got in pairs):  # of several results, another is wrong
        return None
    if all((np.isnan(got) & ~np.isnan(right)).any() for right, got in pairs):
        return "NaN"
    if all((np.isinf(got) & ~np.isinf(right)).any() for right, got in pairs):
        return "infinity"
    if all((got >= right - ROUNDING * np.abs(right)).all() for right, got in pairs):
        return "too large"
    if all((got <= right + ROUNDING * np.abs(right)).all() for right, got in pairs):
        return "too small"
    return "off"
