"""Making a failing input smaller and rounder, so that it can be followed with pencil and paper."""

from dataclasses import replace

import numpy as np

from lossedu.checking._numbers import exceptions

LARGEST = 8  # numbers that one can follow
MOST_PIECES = 30  # of an axis: longer than those that are drawn


def is_tidy(case):
    """Whether the input is as an author would write it: a few numbers of at most two decimals."""
    arrays = arrays_of(case).values()
    is_short = case.size <= LARGEST or all(exceptions(array)[0] for array in arrays)
    return is_short and all(np.array_equal(array, np.round(array, 2)) for array in arrays)


def arrays_of(case):
    """The arguments that were drawn from domains."""
    return {name: np.asarray(argument) for name, argument in case.arguments.items() if name in case.domains}


def simpler(case):
    """Inputs of the same domains that are one step smaller or rounder, the simplest first."""
    arrays = arrays_of(case)
    found = [*parts(arrays, keep_axes=case.aspect == "shapes"), *rounded(arrays)]
    candidates = [
        replace(case, arguments={**case.arguments, **changed})
        for changed in found
        if all(case.domains[name].holds(array) for name, array in changed.items())
    ]
    return sorted(candidates, key=lambda candidate: candidate.size)


def parts(arrays, keep_axes):
    """One sample of a batch at a time, as a batch of one where the axes matter; or a sample without one entry.

    A sample that is long is tried without one of `MOST_PIECES` pieces.
    """
    largest = max(arrays.values(), key=np.ndim, default=np.array(0))
    if largest.ndim > 1 and not (keep_axes and largest.shape[0] == 1):
        for i in range(largest.shape[0]):
            chosen = slice(i, i + 1) if keep_axes else i
            yield {name: a[chosen] if a.shape[:1] == largest.shape[:1] else a for name, a in arrays.items()}
    elif largest.size > 2:
        length = largest.shape[-1]
        along = {name: a.shape[-1:] == (length,) for name, a in arrays.items()}
        for piece in np.array_split(np.arange(length), min(length, MOST_PIECES)):
            yield {name: np.delete(a, piece, -1) if along[name] else a for name, a in arrays.items()}


def rounded(arrays):
    """With fewer decimals."""
    for decimals in (1, 2):
        # adding 0 makes 0 of -0
        changed = {name: np.round(a, decimals) + 0.0 if a.dtype.kind == "f" else a for name, a in arrays.items()}
        if not all(np.array_equal(changed[name], array) for name, array in arrays.items()):
            yield changed
