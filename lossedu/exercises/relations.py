"""Relations between a wrong result and the right one: minus, twice, in percent, rounded, upside down, ...

Each stands once, and serves numbers, expressions and functions alike. A relation is code: it makes the wrong result of
the right one, so that it can be held against an answer.

>>> [relation.name for relation in NUMBER_RELATIONS if relation.holds(-0.25, 0.25)]
['opposite sign']
>>> relation, fields = rounded(1.4, 1.3863)
>>> relation.fact.format(**fields)
'that is right as far as it goes, to 2 digits; more are needed.'
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Relation:
    """A relation between a wrong result and the right one.

    Attributes:
        name: what it is called.
        fact: what it says of the result; ends in a full stop. May hold `{fields}`.
        hint: the question that leads on.
        change: makes the wrong result of the right one, an array or a number.
    """

    name: str
    fact: str
    hint: str
    change: Callable

    def holds(self, given, right, rtol=1e-3):
        """Tell whether `given` is what the relation makes of `right`, and that is not the right one itself."""
        with np.errstate(all="ignore"):
            changed = self.change(np.float64(right))
        if not np.isfinite(changed) or math.isclose(changed, right, rel_tol=4 * rtol, abs_tol=1e-12) or changed == 0:
            return False
        return math.isclose(given, changed, rel_tol=rtol)


SIGN = Relation(
    "opposite sign",
    "the size is right, the sign is not.",
    "Should this be positive or negative?",
    lambda right: -right,
)
TWICE = Relation(
    "factor 2", "that is exactly twice what is right.", "Where is a factor of 2 too many?", lambda right: 2 * right
)
HALF = Relation(
    "half as large",
    "that is exactly half of what is right.",
    "Where is a factor of 2 missing?",
    lambda right: right / 2,
)
PERCENT = Relation(
    "in percent",
    "that is 100 times what is right: a share was given in percent.",
    "In which unit is the answer asked for?",
    lambda right: 100 * right,
)
SHARE = Relation(
    "share for percent",
    "that is a hundredth of what is right.",
    "In which unit is the answer asked for, and is it a percentage?",
    lambda right: right / 100,
)
TENFOLD = Relation(
    "decimal point",
    "that is 10 times what is right.",
    "Where does the decimal point belong?",
    lambda right: 10 * right,
)
TENTH = Relation(
    "decimal point, one place too far left",
    "that is a tenth of what is right.",
    "Where does the decimal point belong?",
    lambda right: right / 10,
)
RECIPROCAL = Relation(
    "upside down",
    "that is the reciprocal: 1 divided by what is right.",
    "Which quantity is divided by which?",
    lambda right: 1 / right,
)
COMPLEMENT = Relation(
    "complement",
    "that is 1 minus what is right.",
    "Which of the two cases is asked for: that it happens, or that it does not?",
    lambda right: 1 - right,
)
BITS = Relation(
    "log2 for ln",
    "that is 1.4427 times what is right: it was worked out with logarithms to base 2, so it is in bits.",
    "Which logarithm measures in nats?",
    lambda right: right / math.log(2),
)
NATS = Relation(
    "ln for log2",
    "that is 0.6931 times what is right: it was worked out with natural logarithms, so it is in nats.",
    "Which logarithm measures in bits?",
    lambda right: right * math.log(2),
)
DECIMAL = Relation(
    "log10 for ln",
    "that is 0.4343 times what is right: it was worked out with logarithms to base 10.",
    "Which logarithm does np.log take, and which np.log10?",
    lambda right: right / math.log(10),
)
SQUARE = Relation(
    "square",
    "that is the square of what is right.",
    "Is a root missing at the end, or a square too many?",
    lambda right: right**2,
)
ROOT = Relation(
    "root",
    "that is the square root of what is right.",
    "Is a square missing at the end, or a root too many?",
    lambda right: np.sqrt(right),
)
EXPONENTIAL = Relation(
    "exponential taken",
    "that is exp of what is right.",
    "Is the quantity itself asked for, or its logarithm?",
    lambda right: np.exp(right),
)
LOGARITHM = Relation(
    "logarithm taken",
    "that is the logarithm of what is right.",
    "Is the quantity itself asked for, or its logarithm?",
    lambda right: np.log(right),
)
RADIANS = Relation(
    "radians for degrees",
    "that is the angle in radians.",
    "In which unit does np.arccos give an angle, and which unit is asked for?",
    lambda right: np.radians(right),
)
ONE_MORE = Relation(
    "one too many",
    "that is 1 more than what is right.",
    "Do you count one thing too many: an end, or the start?",
    lambda right: right + 1,
)
ONE_LESS = Relation(
    "one too few",
    "that is 1 less than what is right.",
    "Do you leave one thing out: an end, or the start?",
    lambda right: right - 1,
)
# as they are tried; where two of them hold of one number (2 for 1/2 is four times, and upside down), none is said
NUMBER_RELATIONS = (
    *(SIGN, TWICE, HALF, PERCENT, SHARE, TENFOLD, TENTH, RECIPROCAL, COMPLEMENT, BITS, NATS, DECIMAL),
    *(SQUARE, ROOT, EXPONENTIAL, LOGARITHM, ONE_MORE, ONE_LESS),
)
EXPRESSION_RELATIONS = (SIGN, TWICE, HALF, RECIPROCAL, COMPLEMENT, SQUARE, ROOT, EXPONENTIAL, LOGARITHM, BITS, DECIMAL)

TOO_FEW_DIGITS = Relation(
    "too few digits",
    "that is right as far as it goes, to {digits} digits; more are needed.",
    "Which digits come next?",
    lambda right: right,
)


def rounded(given, right, tolerance=1e-3):
    """Return the relation of a number that was rounded, or cut off, too early, with its fields; None if it was not."""
    digits = significant_digits(given)
    wanted = math.ceil(-math.log10(tolerance)) + 1
    if not given or not right or not 2 <= digits < wanted:  # a single digit may be anything
        return None
    unit = 10.0 ** (math.floor(math.log10(abs(right))) - digits + 1)
    was_rounded = abs(given - right) <= unit / 2 * (1 + 1e-9)
    was_cut = math.isclose(given, math.trunc(right / unit) * unit, rel_tol=1e-9)
    return (TOO_FEW_DIGITS, {"digits": digits}) if was_rounded or was_cut else None


def significant_digits(number):
    """Return how many digits a number is given with.

    >>> [significant_digits(number) for number in (1.4, 0.014, 120.0)]
    [2, 2, 2]
    """
    return len(f"{number:.15g}".split("e")[0].replace(".", "").replace("-", "").strip("0")) or 1


# what the unit of a number says of every right one: words in the unit, whether a number obeys, fact, hint
LIMITS = (
    ("probability", lambda x: 0 <= x <= 1, "a probability lies between 0 and 1.", "Which total do you divide by?"),
    ("from 0 to 1", lambda x: 0 <= x <= 1, "a share lies between 0 and 1.", "Which total do you divide by?"),
    (
        "whole number",
        lambda x: x == round(x),
        "what is counted here is a whole number.",
        "What do you count, and from where?",
    ),
    ("number of minutes", lambda x: x >= 0, "a waiting time is not negative.", "What do you measure, and from where?"),
    (
        "bits per symbol",
        lambda x: x >= 0,
        "a number of bits is not negative.",
        "Which sign has the logarithm of a probability?",
    ),
)


def limit_of(unit, number):
    """Return (fact, hint) of the limit that the unit of an answer sets and a number breaks; None if it breaks none."""
    for words, obeys, fact, hint in LIMITS:
        if words in unit and not obeys(number):
            return fact, hint
    return None


# --- Relations of arrays --------------------------------------------------------------------------------------------


def truncated(right):
    """Cut every number to a whole one."""
    return np.trunc(right)


ARRAY_RELATIONS = (
    *(
        Relation(
            f"rounded to {digits} digits",
            f"your result is rounded to {digits} digits after the point.",
            "Who needs the digits that you cut off?",
            lambda right, digits=digits: np.round(np.asarray(right, float), digits),
        )
        for digits in (6, 5, 4, 3, 2, 1)
    ),
    Relation(
        "cut to whole numbers",
        "everything behind the decimal point is cut off.",
        "Which dtype has the array that holds your result?",
        truncated,
    ),
    Relation("rounded to whole numbers", "your result is rounded to whole numbers.", "Where do you round?", np.round),
    Relation(
        "half precision",
        "your result has the precision of float16, about 3 digits.",
        "Which dtype do you compute in?",
        lambda right: np.asarray(right, np.float16).astype(float),
    ),
    Relation(
        "sign dropped",
        "what should be negative comes out positive, with the right size.",
        "Where do you take an absolute value, or square?",
        np.abs,
    ),
    Relation(
        "cut off at 0",
        "what should be negative comes out as 0.",
        "Where do you take a maximum with 0?",
        lambda right: np.maximum(right, 0),
    ),
    Relation(
        "cut off at 1",
        "what should be above 1 comes out as 1.",
        "Where do you clip?",
        lambda right: np.minimum(right, 1),
    ),
    Relation(
        "transposed",
        "the axes of your result have changed places.",
        "Where do you transpose, and which axis should come first?",
        np.transpose,
    ),
    Relation(
        "flattened",
        "your result has lost its axes: all numbers stand in one row.",
        "Where do you flatten, and which shape does the contract ask for?",
        np.ravel,
    ),
    Relation(
        "axis in front",
        "your result has one axis too many, in front.",
        "Which step adds an axis?",
        lambda right: np.asarray(right)[None],
    ),
    Relation(
        "the first sample only",
        "your result is that of the first sample.",
        "What happens to the other samples?",
        lambda right: np.asarray(right)[0],
    ),
    Relation(
        "the last sample only",
        "your result is that of the last sample.",
        "Does a loop return, or overwrite its result, before it has been through all samples?",
        lambda right: np.asarray(right)[-1],
    ),
    Relation(
        "the largest of the batch",
        "one number came out: the largest of the results of all samples.",
        "Which axis does the contract reduce?",
        np.max,
    ),
)
