"""Relations between a wrong result and the right one: minus, twice, in percent, rounded, upside down, ...

Each stands once, and serves numbers, expressions and functions alike. A relation is code: it makes the wrong result of
the right one, so that it can be held against an answer.

>>> [relation.name for relation in NUMBER_RELATIONS if relation.holds(-0.25, 0.25)]
['opposite sign']
>>> relation, fields = rounded(1.4, 1.3863)
>>> relation.fact.format(**fields)
'your result is right to 2 digits, and more digits are needed.'
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
    "the absolute value is right, and the sign is wrong.",
    "Should the result be positive or negative?",
    lambda right: -right,
)
TWICE = Relation(
    "twice as large",
    "your result is twice the right one.",
    "Where did you multiply by 2, or forget to divide by 2?",
    lambda right: 2 * right,
)
HALF = Relation(
    "half as large",
    "your result is half the right one.",
    "Where did you divide by 2, or forget to multiply by 2?",
    lambda right: right / 2,
)
PERCENT = Relation(
    "in percent",
    "your result is 100 times the right one: you gave a share in percent.",
    "In which unit does the question want the answer?",
    lambda right: 100 * right,
)
SHARE = Relation(
    "share for percent",
    "your result is a hundredth of the right one.",
    "Does the question want a share of 1, or a percentage?",
    lambda right: right / 100,
)
TENFOLD = Relation(
    "decimal point too far right",
    "your result is 10 times the right one.",
    "Where does the decimal point belong?",
    lambda right: 10 * right,
)
TENTH = Relation(
    "decimal point too far left",
    "your result is a tenth of the right one.",
    "Where does the decimal point belong?",
    lambda right: right / 10,
)
RECIPROCAL = Relation(
    "upside down",
    "your result is the reciprocal of the right one.",
    "Which quantity belongs in the numerator, and which in the denominator?",
    lambda right: 1 / right,
)
COMPLEMENT = Relation(
    "complement",
    "your result and the right one sum to 1.",
    "Does the question ask for the event, or for its complement?",
    lambda right: 1 - right,
)
BITS = Relation(
    "log2 for ln",
    "your result is 1.4427 times the right one: you used logarithms to base 2, which give bits.",
    "Which logarithm measures in nats?",
    lambda right: right / math.log(2),
)
NATS = Relation(
    "ln for log2",
    "your result is 0.6931 times the right one: you used natural logarithms, which give nats.",
    "Which logarithm measures in bits?",
    lambda right: right * math.log(2),
)
DECIMAL = Relation(
    "log10 for ln",
    "your result is 0.4343 times the right one: you used logarithms to base 10.",
    "Which logarithm does np.log compute, and which does np.log10 compute?",
    lambda right: right / math.log(10),
)
SQUARE = Relation(
    "square",
    "your result is the right one squared.",
    "Did you forget a square root at the end, or square once too often?",
    lambda right: right**2,
)
ROOT = Relation(
    "root",
    "your result is the square root of the right one.",
    "Did you forget a square at the end, or take a square root too many?",
    lambda right: np.sqrt(right),
)
EXPONENTIAL = Relation(
    "exponential taken",
    "your result is exp of the right one.",
    "Does the question ask for the quantity itself, or for its logarithm?",
    lambda right: np.exp(right),
)
LOGARITHM = Relation(
    "logarithm taken",
    "your result is the log of the right one.",
    "Does the question ask for the quantity itself, or for its logarithm?",
    lambda right: np.log(right),
)
ONE_MORE = Relation(
    "one too many",
    "your result is 1 more than the right one.",
    "Did you count one thing too many, such as the start or the end?",
    lambda right: right + 1,
)
ONE_LESS = Relation(
    "one too few",
    "your result is 1 less than the right one.",
    "Did you leave one thing out, such as the start or the end?",
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
    "your result is right to {digits} digits, and more digits are needed.",
    "How many digits does the question ask for?",
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
    ("probability", lambda x: 0 <= x <= 1, "a probability is between 0 and 1.", "Which total should you divide by?"),
    ("from 0 to 1", lambda x: 0 <= x <= 1, "a share is between 0 and 1.", "Which total should you divide by?"),
    (
        "whole number",
        lambda x: x == round(x),
        "a count is a whole number.",
        "What do you count?",
    ),
    (
        "number of minutes",
        lambda x: x >= 0,
        "a waiting time is never negative.",
        "Which time do you measure, and from which moment on?",
    ),
    (
        "bits per symbol",
        lambda x: x >= 0,
        "a number of bits is never negative.",
        "Which sign does the logarithm of a probability have?",
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
            f"rounded to {digits} digit{'s' * (digits > 1)}",
            f"your result is rounded to {digits} digit{'s' * (digits > 1)} after the point.",
            "Does the contract ask you to round?",
            lambda right, digits=digits: np.round(np.asarray(right, float), digits),
        )
        for digits in (6, 5, 4, 3, 2, 1)
    ),
    Relation(
        "cut to whole numbers",
        "your result lacks all digits after the decimal point.",
        "Which dtype does the array with your result have?",
        truncated,
    ),
    Relation(
        "rounded to whole numbers", "your result is rounded to whole numbers.", "In which step do you round?", np.round
    ),
    Relation(
        "half precision",
        "your result has only about 3 correct digits, the precision of float16.",
        "Which dtype do you compute in?",
        lambda right: np.asarray(right, np.float16).astype(float),
    ),
    Relation(
        "sign dropped",
        "numbers that should be negative are positive in your result, with the right absolute value.",
        "In which step does the sign get lost?",
        np.abs,
    ),
    Relation(
        "cut off at 0",
        "numbers that should be negative are 0 in your result.",
        "Which step of yours replaces negative numbers by 0?",
        lambda right: np.maximum(right, 0),
    ),
    Relation(
        "cut off at 1",
        "numbers that should be greater than 1 are 1 in your result.",
        "Which step of yours limits the numbers to 1?",
        lambda right: np.minimum(right, 1),
    ),
    Relation(
        "transposed",
        "the axes of your result have changed places.",
        "Which axis of the result should come first?",
        np.transpose,
    ),
    Relation(
        "flattened",
        "your result has a single axis with all numbers.",
        "Which shape does the contract ask for?",
        np.ravel,
    ),
    Relation(
        "additional first axis",
        "your result has one axis too many, as its first axis.",
        "Which step adds an axis?",
        lambda right: np.asarray(right)[None],
    ),
    Relation(
        "the first sample only",
        "you returned the result of the first sample only.",
        "What does your function do with the other samples?",
        lambda right: np.asarray(right)[0],
    ),
    Relation(
        "the last sample only",
        "you returned the result of the last sample only.",
        "Does your loop overwrite the results of earlier samples?",
        lambda right: np.asarray(right)[-1],
    ),
    Relation(
        "maximum over the batch",
        "you returned one number: the largest of the results of all samples.",
        "Which axis does the contract reduce?",
        np.max,
    ),
)
