"""Making a failing input smaller and rounder, so that it can be followed with pencil and paper."""

from dataclasses import replace

import numpy as np

LARGEST = 8  # numbers that one can follow


def is_tidy(case):
    """Whether the input is as an author would write it: a few numbers of at most two decimals."""
    return case.size <= LARGEST and all(np.array_equal(a, np.round(a, 2)) for a in arrays_of(case).values())


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
    """One sample of a batch at a time, as a batch of one where the axes matter; or a sample without one entry."""
    largest = max(arrays.values(), key=np.ndim, default=np.array(0))
    if largest.ndim > 1 and not (keep_axes and largest.shape[0] == 1):
        for i in range(largest.shape[0]):
            chosen = slice(i, i + 1) if keep_axes else i
            yield {name: a[chosen] if a.shape[:1] == largest.shape[:1] else a for name, a in arrays.items()}
    elif largest.size > 2:
        for i in range(largest.shape[-1]):
            along = {name: a.shape[-1:] == largest.shape[-1:] for name, a in arrays.items()}
            yield {name: np.delete(a, i, -1) if along[name] else a for name, a in arrays.items()}


def rounded(arrays):
    """With fewer decimals."""
    for decimals in (1, 2):
        # adding 0 makes 0 of -0
        changed = {name: np.round(a, decimals) + 0.0 if a.dtype.kind == "f" else a for name, a in arrays.items()}
        if not all(np.array_equal(changed[name], array) for name, array in arrays.items()):
            yield changed
