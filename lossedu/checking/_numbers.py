"""Numbers and arrays as messages show them."""

import re

import numpy as np

from lossedu.language import say

DIGITS = 4  # after the point, unless two values need more to differ
MOST_DIGITS = 17  # that tell any two floats apart
MOST_MORE = 8  # digits in which the entries of one array are told apart
MOST_SHOWN = 24  # numbers of an array
MOST_EXCEPTIONS = 2  # entries of a large array that are shown, if all others are one number
LONGEST_WHOLE = 1e10  # beyond it, whole numbers are shown like others


def show(value, digits=DIGITS):
    """Show a number or an array as a learner would write it, a large array by its shape, and others as Python does.

    >>> show(np.array([0.5, 1 / 3]))
    '[0.5 , 0.3333]'
    >>> show(np.array([0.5, 1 / 3]), digits=6)
    '[0.5 , 0.333333]'
    >>> show(np.array([0.00045194, 0.998, 1e-20]))
    '[0.0004519, 0.998, 1e-20]'
    >>> show(np.array([0.5, 0.500001]))
    '[0.5 , 0.500001]'
    >>> show(np.array([100000001.0, 5]))
    '[100000001, 5]'
    >>> show(0.00045)
    '0.00045'
    >>> show(np.eye(1, 1000)[0])
    '1 at [0], and 0 everywhere else in an array of shape (1000,)'
    >>> show((1, 2))
    '(1, 2)'
    """
    if isinstance(value, tuple) and all(isinstance(part, int | float) for part in value):  # axes, or rates
        return repr(value)
    if isinstance(value, list | tuple):  # calls of methods
        return "; ".join(f"{method}({', '.join(map(show, arguments))})" for method, *arguments in value)
    if not isinstance(value, np.ndarray | np.generic | float):
        return repr(value)
    array = np.asarray(value)
    if array.size > MOST_SHOWN:
        others, rest = exceptions(array)
        if others is None:
            return say("an array of shape {shape}", shape=array.shape)
        entries = ", ".join(f"{show_entry_alone(array[place], digits)} at {list(place)}" for place in others)
        fields = {"entries": entries, "rest": show_entry_alone(rest, digits), "shape": array.shape}
        return say("{entries}, and {rest} everywhere else in an array of shape {shape}", **fields)
    if array.dtype.kind != "f":
        return written(array, digits)
    texts = (written(array, more) for more in range(digits, MOST_MORE + 1))
    return next((text for text in texts if tells_apart(text, array)), written(array, digits))


def exceptions(array):
    """Return the places of a few entries beside which an array holds one number only, and this number; or two None."""
    if array.dtype.kind not in "fiu":
        return None, None
    numbers, counts = np.unique(array, return_counts=True)
    rest = numbers[counts.argmax()]
    others = np.argwhere(array != rest).tolist()
    return ([tuple(place) for place in others], rest) if 0 < len(others) <= MOST_EXCEPTIONS else (None, None)


def written(array, digits):
    """Write an array on one line."""
    text = np.array2string(array, precision=digits, separator=", ", suppress_small=False, floatmode="maxprec")
    if array.dtype.kind == "f" and ("e" in text or has_small(array)):
        # NumPy writes all entries with exponents for the sake of one, and 0.00045 as 0.0004
        text = np.array2string(
            array, separator=", ", formatter={"float_kind": lambda entry: show_entry_alone(entry, digits)}
        )
    return " ".join(text.split())


def tells_apart(text, array):
    """Tell whether all different numbers of an array are different in a text that holds them."""
    numbers = {float(number) for number in re.findall(r"-?\d[\d.]*(?:e[-+]?\d+)?", text)}
    return len(numbers) >= np.unique(array[np.isfinite(array)]).size


def has_small(array):
    """Tell whether four digits after the point leave two or fewer of a number."""
    sizes = np.abs(array)
    return bool(((sizes > 0) & (sizes < 0.01)).any())


def show_entry_alone(entry, digits):
    """Show one number, with an exponent only if it is very small or very large."""
    if 1e6 <= abs(entry) < LONGEST_WHOLE and entry == np.round(entry) != float(f"{entry:.{digits - 1}e}"):
        return f"{entry:.0f}"  # it would lose digits
    if entry == 0 or 1e-5 <= abs(entry) < 1e6 or not np.isfinite(entry):
        return np.format_float_positional(entry, precision=digits, fractional=False, trim="-")
    return np.format_float_scientific(entry, precision=digits, trim="-", exp_digits=2)


def show_all(values, digits=DIGITS):
    """Show several values side by side."""
    return ", ".join(show(value, digits) for value in values)


def show_apart(expected, got):
    """Show two lists of values of the same shapes so that they differ: with more digits, or one entry of large arrays.

    >>> show_apart([np.float64(0.26894142)], [np.float64(0.2689)])
    ('0.26894', '0.2689')
    """
    for digits in range(DIGITS, MOST_DIGITS + 1):
        shown = show_all(expected, digits), show_all(got, digits)
        if without_points(shown[0]) != without_points(shown[1]):
            return shown
    for one, other in zip(expected, got, strict=True):
        if one.size > MOST_SHOWN and not np.array_equal(one, other, equal_nan=True):
            return show_entry(one, other)
    return shown


def without_points(text):
    """Drop the point of `2.`, which shows that an array holds floats: `[2., 0.]` and `[2, 0]` are equal."""
    return re.sub(r"(?<=\d)\.(?!\d)", "", text)


def show_entry(one, other):
    """Show the entry in which two large arrays of one shape differ most, and its place."""
    one, other = np.asarray(one, float), np.asarray(other, float)
    with np.errstate(all="ignore"):
        gaps = np.where(np.isnan(one) & np.isnan(other), 0, np.abs(one - other))
    index = np.unravel_index(np.argmax(np.nan_to_num(gaps, nan=np.inf, posinf=np.inf)), one.shape)
    place = f"[{', '.join(map(str, index))}]"
    return tuple(
        say("{value} at {place} of an array of shape {shape}", value=text, place=place, shape=one.shape)
        for text in show_apart([one[index]], [other[index]])
    )


def rounded_to(pairs):
    """Return to how many digits after the point each `got` rounds its `expected`; None if to none from 1 to 8.

    Args:
        pairs: lists of arrays, `(expected, got)`, of the same shapes, at least one of them different.

    >>> rounded_to([([np.array([0.26894142, 0.73105858])], [np.array([0.2689, 0.7311])])])
    4
    """
    arrays = [(right, mine) for expected, got in pairs for right, mine in zip(expected, got, strict=True)]
    for digits in range(1, 9):
        if all(np.array_equal(np.round(np.asarray(right, float), digits), mine) for right, mine in arrays):
            return digits
    return None
