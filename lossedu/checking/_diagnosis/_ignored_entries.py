"""Which entries of an array an answer does not depend on, though the right result does."""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lossedu.checking._diagnosis._evidence import Diagnosis
from lossedu.exercises.regions import entry_conditions
from lossedu.language import later, say

STEP = 1e-3  # share of itself by which an entry is changed
ENOUGH, MOST_INPUTS, MOST_ENTRIES = 4, 10, 6
RTOL, ATOL = 1e-7, 1e-10  # a result that changes by less does not depend on the entry

OF_ONE = {  # which entries along the last axis
    later("the first entry of {name}"): lambda x: np.arange(x.shape[-1]) == np.zeros(x.shape),
    later("the last entry of {name}"): lambda x: np.arange(x.shape[-1]) == np.full(x.shape, x.shape[-1] - 1),
    later("the largest entry of {name}"): lambda x: is_largest(x),
    later("the smallest entry of {name}"): lambda x: is_largest(-x),
}
OF_TWO = {
    later("the entry of {name} that is farthest from {other}"): lambda x, y: is_largest(np.abs(x - y)),
    later("the entry of {name} that is nearest to {other}"): lambda x, y: is_largest(-np.abs(x - y)),
}
THOSE = later("the entries of {name} where {condition}")


class Words(NamedTuple):
    """What is said of a kind of entries, and whether it holds of those that are needed, used, and of the kind."""

    fact: str
    hint: str
    holds: Callable


WORDS = (
    Words(
        later("your result does not depend on {which}."),
        later("Which step of yours leaves such an entry out?"),
        lambda needed, used, mask: np.array_equal(needed & ~used, needed & mask) and used.any(),
    ),
    Words(
        later("of all entries, your result depends only on {which}."),
        later("Which step of yours leaves the other entries out?"),
        lambda needed, used, mask: np.array_equal(needed & used, needed & mask) and used.any(),
    ),
)


def is_largest(array):
    """Return which entries are the largest along the last axis."""
    return array == array.max(-1, keepdims=True)


def ignored_entries(evidence):
    """Return the diagnosis of an answer that depends on no entry of a kind, or on these alone; None if on all.

    Each entry of a few small inputs is changed a little. An answer ignores it if only the right result changes.
    """
    if evidence.exercise.protocol != "call":
        return None
    samples = small_samples(evidence)
    for name in samples[0].arguments if samples else ():
        told = [(sample, *each) for sample in samples if (each := dependence(evidence, sample, name))]
        told = [each for each in told if (each[1] & ~each[2]).any()]
        if len(told) < ENOUGH:
            continue
        kinds = [kinds_of_entries(evidence.exercise, name, sample.arguments) for sample, *_ in told]
        found = []
        for kind in kinds[0]:
            if all(kind in each for each in kinds):
                masks = [(needed, used, each[kind][2]) for (_, needed, used), each in zip(told, kinds, strict=True)]
                found += [(kinds[0][kind], words) for words in WORDS if all(words.holds(*each) for each in masks)]
        same_entries = all(which == THOSE for (which, *_), _ in found)  # no entry tells these conditions apart
        if len(found) == 1 or (found and same_entries):
            (which, fields, _), words = found[0]
            return Diagnosis("entries ignored", say(words.fact, which=say(which, **fields)), say(words.hint))
    return None


def small_samples(evidence):
    """Return a few samples with small arrays of several entries, where both results are finite."""
    found = []
    for sample in evidence.plain:
        arrays = [a for a in sample.arguments.values() if isinstance(a, np.ndarray)]
        outcomes = sample.got, sample.expected
        is_small = arrays and all(a.ndim and a.shape[-1] > 2 and a.size <= MOST_ENTRIES for a in arrays)
        if is_small and not any(each.problem or not np.isfinite(each.values[0]).all() for each in outcomes):
            found.append(sample)
    return sorted(found, key=lambda sample: -max(map(np.size, sample.arguments.values())))[:MOST_INPUTS]


def dependence(evidence, sample, name):
    """Return on which entries the right result depends, and on which the answer; None if they are labels."""
    array = sample.arguments.get(name)
    if not isinstance(array, np.ndarray) or array.dtype != float or np.isin(array, (-1, 0, 1)).all():
        return None
    changed = []
    for place in np.ndindex(array.shape):
        other = array.copy()
        other[place] += STEP * (abs(other[place]) or 1)
        changed.append({**sample.arguments, name: other})
    pairs = (evidence.right_outcomes(changed), sample.expected), (evidence.ask(changed), sample.got)
    if any(each.problem is not None for outcomes, _ in pairs for each in outcomes):
        return None
    differs = [[not each.equals(first, RTOL, ATOL) for each in outcomes] for outcomes, first in pairs]
    return [np.reshape(each, array.shape) for each in differs]


def kinds_of_entries(exercise, name, arguments):
    """Return the kinds of entries of an array: key -> (words, fields, which entries)."""
    array, found = arguments[name], []
    others = [n for n, a in arguments.items() if n != name and np.shape(a) == array.shape]
    found += [(words, {"name": name}, tell(array)) for words, tell in OF_ONE.items()]
    for (words, tell), other in itertools.product(OF_TWO.items(), others):
        found.append((words, {"name": name, "other": other}, tell(array, arguments[other])))
    for words, fields, mask in entry_conditions(exercise, arguments):
        if mask is not None and np.shape(mask) == array.shape:
            found.append((THOSE, {"name": name, "condition": say(words, **fields)}, mask))
    return {(str(words), *fields.values()): (words, fields, mask) for words, fields, mask in found}
