"""Relations between a wrong result and the right one: minus, twice, in percent, rounded, upside down, ...

Each stands once, and serves numbers, expressions and functions alike. A relation is code: it makes the wrong result of
the right one, so that it can be held against an answer.

>>> [relation.name for relation in NUMBER_RELATIONS if relation.holds(-0.25, 0.25)]
['opposite sign']
>>> relation, fields = rounded(1.4, 1.3863)
>>> relation.fact.format(**fields)
'your result is right to 2 digits, and more digits are needed.'
"""

import functools
import math
from dataclasses import dataclass

import numpy as np

from lossedu.exercises._notation import entries


@dataclass(frozen=True)
class Relation:
    """A relation between a wrong result and the right one.

    Attributes:
        name: what it is called.
        fact: what it says of the result; ends in a full stop. May hold `{fields}`.
        hint: the question that leads on.
        code: computes the wrong result from `result`, the right one, an array or a number.
        tags: the further kinds of results that it holds for.
    """

    name: str
    fact: str
    hint: str
    code: str
    tags: tuple[str, ...] = ()

    @functools.cached_property
    def change(self):
        """The function that computes the wrong result from the right one."""
        return eval(f"lambda result: {self.code}", {"np": np})  # noqa: S307  our own table

    def holds(self, given, right, rtol=1e-3, atol=0.0):
        """Tell whether `given` is what the relation makes of `right`, and that is not the right one itself."""
        with np.errstate(all="ignore"):
            changed = self.change(np.float64(right))
        if not np.isfinite(changed) or math.isclose(changed, right, rel_tol=4 * rtol, abs_tol=1e-12) or changed == 0:
            return False
        return math.isclose(given, changed, rel_tol=rtol, abs_tol=atol)


def relations_of(table):
    """Return the relations of a table, where the code computes the wrong result from `result`, the right one."""
    return tuple(Relation(each.name, *each.words, code=each.code, tags=each.tags) for each in entries(table))


# In the order in which they are tried. If two hold for one number, none is reported: 2 for 1/2 is four times the right
# one, and also its reciprocal. Relations with the tag hold for expressions too.
NUMBER_RELATIONS = relations_of("""
    opposite sign [expression]: -result
        the absolute value is right, and the sign is wrong.
        Should the result be positive or negative?
    twice as large [expression]: 2 * result
        your result is twice the right one.
        Where did you multiply by 2, or forget to divide by 2?
    half as large [expression]: result / 2
        your result is half the right one.
        Where did you divide by 2, or forget to multiply by 2?
    in percent: 100 * result
        your result is 100 times the right one: you gave a share in percent.
        In which unit does the question want the answer?
    share for percent: result / 100
        your result is a hundredth of the right one.
        Does the question want a share of 1, or a percentage?
    decimal point too far right: 10 * result
        your result is 10 times the right one.
        Where does the decimal point belong?
    decimal point too far left: result / 10
        your result is a tenth of the right one.
        Where does the decimal point belong?
    upside down [expression]: 1 / result
        your result is the reciprocal of the right one.
        Which quantity belongs in the numerator, and which in the denominator?
    complement [expression]: 1 - result
        your result and the right one sum to 1.
        Does the question ask for the event, or for its complement?
    log2 for ln [expression]: result / np.log(2)
        your result is 1.4427 times the right one: you used logarithms to base 2, which give bits.
        Which logarithm measures in nats?
    ln for log2: result * np.log(2)
        your result is 0.6931 times the right one: you used natural logarithms, which give nats.
        Which logarithm measures in bits?
    log10 for ln [expression]: result / np.log(10)
        your result is 0.4343 times the right one: you used logarithms to base 10.
        Which logarithm does np.log compute, and which does np.log10 compute?
    square [expression]: result**2
        your result is the right one squared.
        Did you forget a square root at the end, or square once too often?
    root [expression]: np.sqrt(result)
        your result is the square root of the right one.
        Did you forget a square at the end, or take a square root too many?
    exponential taken [expression]: np.exp(result)
        your result is exp of the right one.
        Does the question ask for the quantity itself, or for its logarithm?
    logarithm taken [expression]: np.log(result)
        your result is the log of the right one.
        Does the question ask for the quantity itself, or for its logarithm?
    one too many: result + 1
        your result is 1 more than the right one.
        Did you count one thing too many, such as the start or the end?
    one too few: result - 1
        your result is 1 less than the right one.
        Did you leave one thing out, such as the start or the end?
""")
BY_NAME = {each.name: each for each in NUMBER_RELATIONS}
SIGN, TWICE, HALF = BY_NAME["opposite sign"], BY_NAME["twice as large"], BY_NAME["half as large"]
BITS, NATS, DECIMAL = BY_NAME["log2 for ln"], BY_NAME["ln for log2"], BY_NAME["log10 for ln"]
PERCENT, ONE_MORE, ONE_LESS = BY_NAME["in percent"], BY_NAME["one too many"], BY_NAME["one too few"]
EXPRESSION_RELATIONS = tuple(each for each in NUMBER_RELATIONS if "expression" in each.tags)

(TOO_FEW_DIGITS,) = relations_of("""
    too few digits: result
        your result is right to {digits} digits, and more digits are needed.
        How many digits does the question ask for?
""")


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

ROUNDED = """
    rounded to {digits}: np.round(np.asarray(result, float), {count})
        your result is rounded to {digits} after the point.
        Does the contract ask you to round?
"""
ARRAY_RELATIONS = (
    *(
        relation
        for count in (6, 5, 4, 3, 2, 1)
        for relation in relations_of(ROUNDED.format(count=count, digits=f"{count} digit{'s' * (count > 1)}"))
    ),
    *relations_of("""
        cut to whole numbers: np.trunc(result)
            your result lacks all digits after the decimal point.
            Which dtype does the array with your result have?
        rounded to whole numbers: np.round(result)
            your result is rounded to whole numbers.
            In which step do you round?
        half precision: np.asarray(result, np.float16).astype(float)
            your result has only about 3 correct digits, the precision of float16.
            Which dtype do you compute in?
        sign dropped: np.abs(result)
            numbers that should be negative are positive in your result, with the right absolute value.
            In which step does the sign get lost?
        cut off at 0: np.maximum(result, 0)
            numbers that should be negative are 0 in your result.
            Which step of yours replaces negative numbers by 0?
        cut off at 1: np.minimum(result, 1)
            numbers that should be greater than 1 are 1 in your result.
            Which step of yours limits the numbers to 1?
        transposed: np.transpose(result)
            the axes of your result have changed places.
            Which axis of the result should come first?
        squeezed: np.squeeze(result)
            your result has lost its axes of length 1.
            Which of your steps, such as np.squeeze, removes axes of length 1?
        flattened: np.ravel(result)
            your result has a single axis with all numbers.
            Which shape does the contract ask for?
        always a table: np.reshape(result, (-1, np.shape(result)[-1]))
            your result always has two axes, even if the contract asks for another number.
            Which of your steps always gives two axes?
        additional first axis: np.asarray(result)[None]
            your result has one axis too many, as its first axis.
            Which step adds an axis?
        the first sample only: np.asarray(result)[0]
            you returned the result of the first sample only.
            What does your function do with the other samples?
        the last sample only: np.asarray(result)[-1]
            you returned the result of the last sample only.
            Does your loop overwrite the results of earlier samples?
        maximum over the batch: np.max(result)
            you returned one number: the largest of the results of all samples.
            Which axis does the contract reduce?
    """),
)
