"""Watch the steps of a function: which gives NaN or infinity, or loses digits, and for which numbers?

The text of this module is sent to where an answer runs, in front of a copy of the answer whose operations and calls
go through a watch. So it needs only NumPy, and knows nothing of the right result.
"""

import operator

import numpy as np

MOST_ROWS = 50
INSTEAD = 0.5  # of NaN and infinity, where a step is repaired: neither 0 nor 1, which lead to further gaps
KNOWN, EMPTY = 2, -1  # the most operands that are noted; says that one has no entries
ROW = KNOWN + 3  # numbers in a row: that of the step, how many operands are noted, these, and the result
OPERATIONS = operator.add, operator.sub, operator.mul, operator.truediv, operator.pow  # on single entries
CLOSE = 1e-6  # a difference below this share of the larger number has lost digits


class Watch:
    """What steps give: rows of (number of the step, operands noted, two operands, the result).

    Args:
        changed: the number of a step whose result is changed; None for no step.
    """

    def __init__(self, changed=None):
        """Start without rows."""
        self.rows, self.changed = [], changed

    def note(self, number, row):
        """Add what is noted of a step."""
        if row and len(self.rows) < MOST_ROWS:
            self.rows.append([number, *row])

    def rows_of(self, function, parts):
        """Return a function that returns the rows, once for each part of its result."""

        def watched(*given, **options):
            function(*given, **options)
            rows = np.array(self.rows, float).reshape(-1, ROW)
            return rows if parts == 1 else (rows,) * parts

        return watched


class Gaps(Watch):
    """Notes the steps in which NaN or infinity first appears: the operands are finite, or NaN comes of infinity.

    The step to be changed gets finite results.
    """

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
        self.note(number, row)
        return np.where(is_gap, INSTEAD, result) if number == self.changed else result


class Rounding(Watch):
    """Notes the steps that subtract nearly equal numbers, so that digits are lost.

    The step to be changed gets a result that is as far off as the rounding of its operands can make it.

    Args:
        changed: the number of that step.
        by: how often the distance of the larger operand to its neighbour is added.
    """

    def __init__(self, changed=None, by=0):
        """Start without rows."""
        super().__init__(changed)
        self.by = by

    def __call__(self, number, function, *given, **options):
        """Do a step: call a function, and note or change its result."""
        result = function(*given, **options)
        if function not in (operator.add, operator.sub, np.add, np.subtract) or not all(map(is_real, given)):
            return result
        operands = [np.broadcast_to(np.asarray(each, float), np.shape(result)) for each in given[:KNOWN]]
        sizes = np.max(np.abs(operands), axis=0)
        is_lost = np.abs(result) < CLOSE * sizes
        if not np.any(is_lost):
            return result
        place = tuple(np.argwhere(is_lost)[0])
        self.note(number, [KNOWN, *(float(each[place]) for each in operands), float(np.asarray(result)[place])])
        return np.where(is_lost, result + self.by * np.spacing(sizes), result) if number == self.changed else result


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
