"""Extreme inputs in one batch with an ordinary one, for functions that treat each row of a batch alone.

What treats the extreme inputs well one by one may look at the whole array where it has to look at each row: it
subtracts the largest number of all, or asks whether any entry is 0.
"""

from dataclasses import replace

import numpy as np

SAME = 1e-9, 1e-12  # relative and absolute difference


def with_batches_of_extremes(build_cases, right):
    """Return a builder of the same cases, and of the extreme ones of equal kind as rows of one batch.

    Args:
        build_cases: the builder of the cases of a function.
        right: gives the right result for the arguments of a case; it raises an error for what breaks the contract.
    """

    def build(rng):
        cases = build_cases(rng)
        return [*cases, *batches_of_extremes(cases, right)]

    return build


def batches_of_extremes(cases, right):
    """Return the extreme cases of equal kind, each kind as one batch with an ordinary row."""
    dimensions = {dimensions_of(case) for case in cases}
    groups = {}
    for case in cases:
        in_batch = tuple(number + 1 for number in dimensions_of(case))
        if in_batch and min(in_batch) > 1 and in_batch in dimensions:  # else an axis more breaks the contract
            groups.setdefault(kind_of(case), []).append(case)
    batches = (batch_of(group) for group in groups.values())
    return [batch for batch in batches if batch is not None and treats_rows_alone(right, batch)]


def batch_of(group):
    """Return the extreme cases of a group as rows of one batch, an ordinary one last; None if there is one row."""
    extreme = [case for case in group if case.aspect == "extremes"]
    ordinary = [case for case in group if not case.is_extreme][-1:]  # the last: drawn, if any is
    rows = [*extreme, *ordinary]
    if not extreme or len(rows) == 1:
        return None
    arrays = {name: np.stack([row.arguments[name] for row in rows]) for name in rows[0].domains}
    return replace(rows[0], arguments={**rows[0].arguments, **arrays})


def treats_rows_alone(right, batch):
    """Tell whether the right result of a batch holds those of its rows, one after the other."""
    arrays = {name: batch.arguments[name] for name in batch.domains}
    rows = ({name: array[i] for name, array in arrays.items()} for i in range(len(next(iter(arrays.values())))))
    try:
        with np.errstate(all="ignore"):
            together = np.asarray(right(batch.arguments), float)
            alone = np.asarray([right({**batch.arguments, **row}) for row in rows], float)
    except (IndexError, TypeError, ValueError):
        return False
    return together.shape == alone.shape and np.allclose(together, alone, *SAME, equal_nan=True)


def dimensions_of(case):
    """Return the number of axes of each argument that has a domain; nothing if one of them is no array."""
    arrays = [case.arguments[name] for name in case.domains]
    return tuple(map(np.ndim, arrays)) if all(isinstance(array, np.ndarray) for array in arrays) else ()


def kind_of(case):
    """Return what cases have in common that can be rows of one batch: domains, shapes, options, how they are judged."""
    arguments = [(domain, case.arguments[name]) for name, domain in case.domains.items()]
    arrays = tuple((domain, array.dtype, array.shape) for domain, array in arguments)
    return arrays, repr(case.options), case.atol, case.squeezed, case.beyond_keras
