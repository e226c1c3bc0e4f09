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

from lossedu.exercises._notation import entries
from lossedu.exercises.relations import EXPRESSION_RELATIONS

LOSS, SLOPE = "loss", "slope"


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
    """

    name: str
    fact: str
    hint: str
    change: Callable
    kinds: tuple[str, ...]


def named(function, name):
    """Give a function without a name of its own the one that a traceback should show."""
    word = re.sub(r"\W+", "_", name)
    function.__name__ = function.__qualname__ = word
    function.__code__ = function.__code__.replace(co_name=word)
    return function


def with_option(right, option, value):
    """Return the function that takes an option and treats it as if it always had this value."""

    def answer(*arguments, **options):
        return right(*arguments, **{**options, option: value})

    return answer


def ignored(option, default):
    """Return the family of answers that take an option and treat it as if it always had its default."""
    fact, hint = f"your result does not depend on {option}.", f"Where does {option} enter the formula?"
    return Family(f"{option} ignored", fact, hint, lambda right: with_option(right, option, default), (LOSS, SLOPE))


def cut_off(result, like):
    """Return what becomes of a result in an array made like an argument: integers there cut its fractions off."""
    return np.trunc(result) if np.ndim(like) and np.asarray(like).dtype.kind in "iub" else result


# The code uses `result`, the right result, or `right`, the right function, with its `arrays` and `options`. `D` is the
# length of the last axis. Brackets name the kinds of exercises; without brackets a family is for losses only.
_TABLE = """
    sign: -result
        every number has the wrong sign.
        Should your result be positive or negative here?
    sign of the slope [slope]: -result
        your slope points the other way.
        If you increase one prediction a little, does the loss rise or fall?
    halved [loss slope]: result / 2
        your result is half as large as it should be.
        Where does the contract have a factor 2 that you left out, or no factor 1/2?
    doubled [loss slope]: result * 2
        your result is twice as large as it should be.
        Where does the contract have a factor 1/2 that you left out, or no factor 2?
    log2 for ln: result / np.log(2)
        your result is in bits, 1.44 times too large.
        Which logarithm measures in nats?
    log10 for ln: result / np.log(10)
        your logarithm has base 10.
        Which logarithm measures in nats, and what does NumPy call it?
    share for percent [loss slope]: result / 100
        your result is a share, 100 times too small.
        Does the contract ask for a share of 1, or for a percentage?
    percent for share [loss slope]: result * 100
        your result is in percent, 100 times too large.
        In which unit does the contract ask for the result?
    sum for mean: result * D
        your result is D times too large.
        Does the contract ask for a sum over the last axis, or for a mean?
    mean for sum: result / D
        your result is D times too small: you divided by the length of the last axis.
        What does the contract ask for over the last axis: a sum, or a mean?
    D - 1 for D [loss slope]: result * np.divide(D, D - 1)
        you divide by D - 1, as for the variance of a sample.
        Over how many values does the contract take the mean?
    missing 1/D [slope]: result * D
        every entry is D times too large.
        The loss takes a mean: where is its 1/D in your slope?
    1/D too much [slope]: result / D
        every entry is D times too small.
        Does the loss take a sum over the last axis, or a mean?
    first length for D [loss slope]: result * D / max(1, len(np.atleast_1d(arrays[0])))
        you divide by the length of the first axis.
        Which axis does the contract take the mean over, and how long is it?
    divided by all entries [slope]: result * D / np.size(arrays[0])
        in a batch of N samples, every entry is N times too small.
        Over which axis does the loss take its mean, and how long is that axis?
    averaged over the batch: np.mean(result)
        you returned one number for the whole batch: the mean over all samples.
        Which axis does the contract reduce, and which axes stay?
    summed over the batch: np.sum(result)
        you returned one number for the whole batch: the sum over all samples.
        Which axis holds the values of one sample?
    axis kept: np.asarray(result)[..., None]
        your result has an axis of length 1 that should not be there.
        What is the shape of the result in the contract?
    summed up [slope]: np.sum(result, -1)
        you added the slopes of all entries of a sample.
        How many predictions does training change, and how many slopes does it need?
    first axis for the last: right(*(np.moveaxis(a, 0, -1) if np.ndim(a) else a for a in arrays), **options)
        you reduced axis 0, the samples.
        Which axis is the last one, however many axes there are?
    arguments swapped [loss slope]: right(arrays[1], arrays[0], *arrays[2:], **options)
        the first two arguments have changed places.
        Which of the two arguments is the truth, and which is the prediction?
    root taken: np.sqrt(result)
        your result is the root of the right one.
        What is the unit of the result in the contract?
    squared: np.square(result)
        your result is the square of the right one.
        Which step at the end is missing, or should not be there?
    upside down [loss slope]: np.divide(1, result)
        your result is 1 divided by the right one.
        Which number belongs in the numerator, and which in the denominator?
    complement: 1 - result
        your result is 1 minus the right one.
        Which of the two shares does the contract ask for?
    logarithm taken: np.log(result)
        your result is the logarithm of the right one.
        Does the contract ask for a number, or for its logarithm?
    exponential taken: np.exp(result)
        your result is the exponential of the right one.
        Does the contract ask for a logarithm, or for the number itself?
    type of the first argument [loss slope]: cut_off(result, arrays[0])
        if the first argument holds integers, an array in your code has their type and loses its decimal places.
        Which type does np.zeros_like(a) have if `a` holds integers?
    type of the second argument [loss slope]: cut_off(result, arrays[min(1, len(arrays) - 1)])
        if the second argument holds integers, an array in your code has their type and loses its decimal places.
        Which type does np.empty_like(a) have if `a` holds integers?
    uphill [step]: right(arrays[0], -arrays[1], arrays[2], **options)
        your step goes in the direction of the gradient, not against it.
        The gradient points to where the loss grows: should the weights go there?
    state not kept [step]: right(arrays[0], arrays[1], {}, **options)
        every step of yours is computed like the first: you do not use the earlier gradients.
        Which numbers does the next step need from the earlier ones, and where do you keep them?
    learning rate left out [step]: right(arrays[0], arrays[1], arrays[2], **{**options, "learning_rate": 1.0})
        your step does not depend on the learning rate.
        Which factor decides how far a step goes?
"""


def of_function(name, kinds, code, fact, hint):
    """Return the family of mistakes that the code in a table describes."""
    wrong = eval(f"lambda right, result, arrays, options, D: {code}", globals())  # noqa: S307  our own table
    of_result = "result" in code

    def change(right):
        def answer(*arrays, **options):
            length = np.shape(arrays[0])[-1] if np.ndim(arrays[0]) else 1
            result = right(*arrays, **options) if of_result else None
            if isinstance(result, tuple):  # only the first of several results changes
                return wrong(right, result[0], arrays, options, length), *result[1:]
            return wrong(right, result, arrays, options, length)

        return answer

    return Family(name, fact, hint, change, kinds)


def of_value(relation):
    """Return the family of wrong numbers and expressions that have a relation to the right one."""

    def change(right):
        if isinstance(right, str):
            return relation.code.replace("result", f"({right})")
        return relation.change(right)

    return Family(relation.name, relation.fact, relation.hint, change, ("value",))


FAMILIES = {
    each.name: of_function(each.name, tuple(each.tags or (LOSS,)), each.answer, *each.words) for each in entries(_TABLE)
}
OF_VALUES = {each.name: of_value(each) for each in EXPRESSION_RELATIONS}

# --- Families that are attached together ------------------------------------------------------------------------------

GROUPS = {
    "mistakes of a mean": ("sum for mean", "averaged over the batch"),
    "mistakes of a mean's slope": ("missing 1/D", "sign of the slope", "summed up"),
    "mistakes of a step": ("uphill", "state not kept", "learning rate left out"),
}
