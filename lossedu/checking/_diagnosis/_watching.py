"""Watch the steps of a function: which is the first to give NaN or infinity, and for which numbers?

The text of this module is sent to where an answer runs, in front of a copy of the answer whose operations and calls
go through `Watch`. So it needs only NumPy, and knows nothing of the right result.
"""

import operator

import numpy as np

MOST_ROWS = 50
INSTEAD = 0.5  # of NaN and infinity, where a step is repaired: neither 0 nor 1, which lead to further gaps
KNOWN, EMPTY = 2, -1  # the most operands that are noted; says that one has no entries
ROW = KNOWN + 3  # numbers in a row: that of the step, how many operands are noted, these, and the result
OPERATIONS = operator.add, operator.sub, operator.mul, operator.truediv, operator.pow  # on single entries


class Watch:
    """What the steps of a function give: rows of (number of the step, operands noted, two operands, the result).

    A step is noted when NaN or infinity first appears in it: its operands are finite, or NaN comes of infinity.

    Args:
        repaired: the number of a step whose results are made finite; None for no step.
    """

    def __init__(self, repaired=None):
        """Start without rows."""
        self.rows, self.repaired = [], repaired

    def __call__(self, number, function, *given, **options):
        """Do a step: call a function, and note or repair its result."""
        result = function(*given, **options)
        if not isinstance(result, np.ndarray | float) or np.asarray(result).dtype.kind != "f":
            return result
        is_gap = ~np.isfinite(result)
        if not np.any(is_gap):
            return result
        owner = getattr(function, "__self__", None)  # of a method
        operands = [np.asarray(each) for each in (owner, *given, *options.values()) if is_real(each)]
        row = noted(np.asarray(result), operands, by_entry=isinstance(function, np.ufunc) or function in OPERATIONS)
        if row and len(self.rows) < MOST_ROWS:
            self.rows.append([number, *row])
        return np.where(is_gap, INSTEAD, result) if number == self.repaired else result

    def rows_of(self, function, parts):
        """Return a function that returns the rows, once for each part of its result."""

        def watched(*given, **options):
            function(*given, **options)
            rows = np.array(self.rows, float).reshape(-1, ROW)
            return rows if parts == 1 else (rows,) * parts

        return watched


def is_real(thing):
    """Tell whether a thing is a number or an array of real numbers, or of truth values."""
    if isinstance(thing, np.ndarray | np.generic):
        return thing.dtype.kind in "iufb"
    return type(thing) in (int, float)


def noted(result, operands, *, by_entry):
    """Return how many operands are noted, these where a gap first appears, and the result there; None if it was there.

    Args:
        result: an array with gaps.
        operands: arrays.
        by_entry: whether each entry of the result comes from the entries of the operands in the same place.
    """
    if any(operand.size == 0 for operand in operands):
        return [EMPTY, 0.0, 0.0, result[~np.isfinite(result)][0]]
    if by_entry:
        operands = [np.broadcast_to(operand, result.shape) for operand in operands[:KNOWN]]
        finite = np.all([np.isfinite(operand) for operand in operands], axis=0)
        no_nan = ~np.any([np.isnan(operand) for operand in operands], axis=0)
    else:
        finite = all(np.isfinite(operand).all() for operand in operands)
        no_nan = not any(np.isnan(operand).any() for operand in operands)
    places = np.argwhere((~np.isfinite(result) & finite) | (np.isnan(result) & no_nan))
    if not len(places):
        return None
    place = tuple(places[0])
    values = [float(operand[place]) for operand in operands] if by_entry else []
    return [len(values), *values, *[0.0] * (KNOWN - len(values)), result[place]]
