"""Mistakes that many answers share, each declared once: a name, a fact, a question, and how a right answer changes.

An exercise attaches the families that are likely in it by name; they then count among its known misconceptions. The
diagnosis also tries the others that suit the exercise. A family that only one chapter knows stands in that chapter.

>>> import numpy as np
>>> wrong = FAMILIES["sum for mean"].change(lambda values: np.mean(values, -1))
>>> float(wrong(np.array([1.0, 2.0, 6.0])))  # the mean is 3
9.0
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LOSS, SLOPE, STEP, VALUE = "loss", "slope", "step", "value"  # the kinds of exercises


@dataclass(frozen=True)
class Family:
    """A mistake that many answers share.

    Attributes:
        name: what the mistake is called.
        fact: what it did to the result; ends in a full stop.
        hint: the question that leads on; ends in a question mark.
        change: makes the wrong answer of the right one. Functions take the same arguments, and an expression is a text.
        kinds: the kinds of exercises that it suits: "loss" (any function of arrays), "slope" (a gradient), "step" (of
            an optimizer), "value" (a number or an expression).
        costs: the one aspect that the mistake costs, if it shows in others too; see `Misconception`.
    """

    name: str
    fact: str
    hint: str
    change: Callable
    kinds: tuple[str, ...] = (LOSS,)
    costs: str | None = None


def of_call(name, fact, hint, wrong, *kinds):
    """Return a family by the wrong call: `wrong(right, *arguments, **options)`."""

    def change(right):
        def answer(*arguments, **options):
            return wrong(right, *arguments, **options)

        return answer

    return Family(name, fact, hint, change, kinds or (LOSS,))


def of_result(name, fact, hint, changed, *kinds):
    """Return a family by what becomes of the right result: `changed(result, *arguments)`."""

    def wrong(right, *arguments, **options):
        found = right(*arguments, **options)
        if isinstance(found, tuple):  # only the first of several results changes
            return changed(found[0], *arguments), *found[1:]
        return changed(found, *arguments)

    return of_call(name, fact, hint, wrong, *kinds)


def named(function, name):
    """Give a function without a name of its own the one that a traceback should show."""
    word = re.sub(r"\W+", "_", name)
    function.__name__ = function.__qualname__ = word
    function.__code__ = function.__code__.replace(co_name=word)
    return function


def ignored(option, default):
    """Return the family of answers that take an option and treat it as if it always had its default."""

    def change(right):
        def answer(*arguments, **options):
            return right(*arguments, **{**options, option: default})

        return answer

    fact, hint = f"your result does not depend on {option}.", f"Where does {option} enter the formula?"
    return Family(f"{option} ignored", fact, hint, change, (LOSS, SLOPE))


def width(arrays):
    """Return D, the length of the last axis."""
    return np.shape(arrays[0])[-1] if np.ndim(arrays[0]) else 1


def cut_off(of_first):
    """Return what becomes of a result in an array made like an argument: integers there cut its fractions off."""

    def changed(right, *arrays):
        like = arrays[0] if of_first else arrays[min(1, len(arrays) - 1)]
        return np.trunc(right) if np.ndim(like) and np.asarray(like).dtype.kind in "iub" else right

    return changed


def of_value(name, fact, hint, changed):
    """Return a family by what becomes of the right number: `changed(number)`, also of the text of an expression."""

    def change(right):
        return changed(f"({right})") if isinstance(right, str) else changed(right)

    return Family(name, fact, hint, change, (VALUE,))


_TABLE = [
    # --- Sign and factor ----------------------------------------------------------------------------------------------
    of_result(
        "sign",
        "every number has the wrong sign.",
        "Should your result be positive or negative here?",
        lambda right, *arrays: -right,
    ),
    of_result(
        "sign of the slope",
        "your slope points the other way.",
        "If you increase one prediction a little, does the loss rise or fall?",
        lambda right, *arrays: -right,
        SLOPE,
    ),
    of_result(
        "halved",
        "your result is half as large as it should be.",
        "Where does the contract have a factor 2 that you left out, or no factor 1/2?",
        lambda right, *arrays: right / 2,
        LOSS,
        SLOPE,
    ),
    of_result(
        "doubled",
        "your result is twice as large as it should be.",
        "Where does the contract have a factor 1/2 that you left out, or no factor 2?",
        lambda right, *arrays: right * 2,
        LOSS,
        SLOPE,
    ),
    of_result(
        "log2 for ln",
        "your result is in bits, 1.44 times too large.",
        "Which logarithm measures in nats?",
        lambda right, *arrays: right / np.log(2),
    ),
    of_result(
        "log10 for ln",
        "your logarithm has base 10.",
        "Which logarithm measures in nats, and what does NumPy call it?",
        lambda right, *arrays: right / np.log(10),
    ),
    of_result(
        "share for percent",
        "your result is a share, 100 times too small.",
        "Does the contract ask for a share of 1, or for a percentage?",
        lambda right, *arrays: right / 100,
        LOSS,
        SLOPE,
    ),
    of_result(
        "percent for share",
        "your result is in percent, 100 times too large.",
        "In which unit does the contract ask for the result?",
        lambda right, *arrays: right * 100,
        LOSS,
        SLOPE,
    ),
    of_result(
        "sum for mean",
        "your result is D times too large.",
        "Does the contract ask for a sum over the last axis, or for a mean?",
        lambda right, *arrays: right * width(arrays),
    ),
    of_result(
        "mean for sum",
        "your result is D times too small: you divided by the length of the last axis.",
        "What does the contract ask for over the last axis: a sum, or a mean?",
        lambda right, *arrays: right / width(arrays),
    ),
    of_result(
        "D - 1 for D",
        "you divide by D - 1, as for the variance of a sample.",
        "Over how many values does the contract take the mean?",
        lambda right, *arrays: right * np.divide(width(arrays), width(arrays) - 1),
        LOSS,
        SLOPE,
    ),
    of_result(
        "missing 1/D",
        "every entry is D times too large.",
        "The loss takes a mean: where is its 1/D in your slope?",
        lambda right, *arrays: right * width(arrays),
        SLOPE,
    ),
    of_result(
        "1/D too much",
        "every entry is D times too small.",
        "Does the loss take a sum over the last axis, or a mean?",
        lambda right, *arrays: right / width(arrays),
        SLOPE,
    ),
    of_result(
        "first length for D",
        "you divide by the length of the first axis.",
        "Which axis does the contract take the mean over, and how long is it?",
        lambda right, *arrays: right * width(arrays) / max(1, len(np.atleast_1d(arrays[0]))),
        LOSS,
        SLOPE,
    ),
    of_result(
        "divided by all entries",
        "in a batch of N samples, every entry is N times too small.",
        "Over which axis does the loss take its mean, and how long is that axis?",
        lambda right, *arrays: right * width(arrays) / np.size(arrays[0]),
        SLOPE,
    ),
    # --- Axes and shape -----------------------------------------------------------------------------------------------
    of_result(
        "averaged over the batch",
        "you returned one number for the whole batch: the mean over all samples.",
        "Which axis does the contract reduce, and which axes stay?",
        lambda right, *arrays: np.mean(right),
    ),
    of_result(
        "summed over the batch",
        "you returned one number for the whole batch: the sum over all samples.",
        "Which axis holds the values of one sample?",
        lambda right, *arrays: np.sum(right),
    ),
    of_result(
        "axis kept",
        "the reduced axis is still there, with length 1.",
        "What is the shape of the result in the contract?",
        lambda right, *arrays: np.asarray(right)[..., None],
    ),
    of_result(
        "summed up",
        "you added the slopes of all entries of a sample.",
        "How many predictions does training change, and how many slopes does it need?",
        lambda right, *arrays: np.sum(right, -1),
        SLOPE,
    ),
    of_call(
        "first axis for the last",
        "you reduced axis 0, the samples.",
        "Which axis is the last one, however many axes there are?",
        lambda right, *arrays, **options: right(
            *(np.moveaxis(a, 0, -1) if np.ndim(a) else a for a in arrays), **options
        ),
    ),
    of_call(
        "arguments swapped",
        "the first two arguments have changed places.",
        "Which of the two arguments is the truth, and which is the prediction?",
        lambda right, first, second, *others, **options: right(second, first, *others, **options),
        LOSS,
        SLOPE,
    ),
    # --- A function of the result -------------------------------------------------------------------------------------
    of_result(
        "root taken",
        "your result is the root of the right one.",
        "What is the unit of the result in the contract?",
        lambda right, *arrays: np.sqrt(right),
    ),
    of_result(
        "squared",
        "your result is the square of the right one.",
        "Which step at the end is missing, or should not be there?",
        lambda right, *arrays: np.square(right),
    ),
    of_result(
        "upside down",
        "your result is 1 divided by the right one.",
        "Which number belongs in the numerator, and which in the denominator?",
        lambda right, *arrays: np.divide(1, right),
        LOSS,
        SLOPE,
    ),
    of_result(
        "complement",
        "your result is 1 minus the right one.",
        "Which of the two shares does the contract ask for?",
        lambda right, *arrays: 1 - right,
    ),
    of_result(
        "logarithm taken",
        "your result is the logarithm of the right one.",
        "Does the contract ask for a number, or for its logarithm?",
        lambda right, *arrays: np.log(right),
    ),
    of_result(
        "exponential taken",
        "your result is the exponential of the right one.",
        "Does the contract ask for a logarithm, or for the number itself?",
        lambda right, *arrays: np.exp(right),
    ),
    # --- Types ----------------------------------------------------------------------------------------------------
    of_result(
        "type of the first argument",
        "if the first argument holds integers, your result has their type and loses its decimal places.",
        "Which type does np.zeros_like(a) have if `a` holds integers?",
        cut_off(of_first=True),
        LOSS,
        SLOPE,
    ),
    of_result(
        "type of the second argument",
        "if the second argument holds integers, your result has their type and loses its decimal places.",
        "Which type does np.empty_like(a) have if `a` holds integers?",
        cut_off(of_first=False),
        LOSS,
        SLOPE,
    ),
    # --- Steps of optimizers ------------------------------------------------------------------------------------------
    of_call(
        "uphill",
        "your step goes in the direction of the gradient, not against it.",
        "The gradient points to where the loss grows: should the weights go there?",
        lambda right, w, g, state, **options: right(w, -g, state, **options),
        STEP,
    ),
    of_call(
        "state not kept",
        "every step of yours is computed like the first: you do not use the earlier gradients.",
        "Which numbers does the next step need from the earlier ones, and where do you keep them?",
        lambda right, w, g, state, **options: right(w, g, {}, **options),
        STEP,
    ),
    of_call(
        "learning rate left out",
        "your step does not depend on the learning rate.",
        "Which factor decides how far a step goes?",
        lambda right, w, g, state, **options: right(w, g, state, **{**options, "learning_rate": 1.0}),
        STEP,
    ),
    # --- Numbers and expressions -------------------------------------------------------------------------------------
    of_value(
        "opposite sign",
        "your result has the wrong sign.",
        "Should the result be positive or negative?",
        lambda right: f"-{right}" if isinstance(right, str) else -right,
    ),
    of_value(
        "half as large",
        "your result is half of what it should be.",
        "Which factor 2 did you leave out?",
        lambda right: f"{right}/2" if isinstance(right, str) else right / 2,
    ),
]


FAMILIES = {family.name: family for family in _TABLE}

# --- Families that are attached together ------------------------------------------------------------------------------


GROUPS = {
    "mistakes of a mean": ("sum for mean", "averaged over the batch"),
    "mistakes of a mean's slope": ("missing 1/D", "sign of the slope", "summed up"),
    "mistakes of a step": ("uphill", "state not kept", "learning rate left out"),
}
