"""What the exercises of both chapters on cross-entropy share: their results are surprises, in nats."""

import numpy as np

from lossedu.exercises._declare import reason, share_words
from lossedu.stable import EPSILON

# the facts and hints of mistakes that are made in several exercises
share_words("""
    difference in both cases
        p - y is the slope with respect to the logits, and you give it for probabilities too.
        What does the loss receive if from_logits is False?
    difference of what came
        you subtract the label from y_pred, whatever it holds.
        Which of your derivations gave a plain difference, and a difference of what?
    exponential overflows
        far from 0 an exponential is infinite.
        Which of exp(z) and exp(-abs(z)) can never overflow?
    from_logits ignored
        you treat logits as if they were probabilities.
        What turns logits into probabilities?
    labels rounded
        you took a label of 0.75 for a 1.
        What do y and 1 - y weigh if y lies between 0 and 1?
    logits clipped as well
        you take logits to probabilities and clip those: no cost exceeds 16.12.
        What should it cost to be wrong by a logit of 800?
    logits taken as probabilities
        you subtract the label from the logit itself.
        What turns logits into probabilities?
    minus for plus
        the cost of the labels 0 is taken off instead of added.
        Both terms hold a logarithm of a probability: can their signs differ?
    missing clip
        a probability of 0 for what happened gives infinity.
        What is the smallest probability that Keras lets a prediction have?
    negatives left out
        labels of 0 cost nothing in your formula.
        What does a high probability of spam cost, if the mail is ham?
    neither clipped nor stable
        where a probability is 0 to the last digit you get NaN or infinity, from logits too.
        What does the contract do with probabilities, and how did you write the cost of a logit?
    log-sum-exp left out
        you take the score itself for its logarithm: the logarithm of the sum of all exponentials is left out.
        By what is the exponential of a score divided in a softmax?
    soft labels made hard
        you take every label below 1 for a 0.
        What does a label of 0.75 cost: all of one term, or a part of both?
    softmax of probabilities
        you take the softmax of what already are probabilities.
        What does y_pred hold if from_logits is False?
""")


SURPRISE = """
    sign
        Which sign has the logarithm of a probability, and which has a cost?
    log2 for ln
    averaged over the batch
"""


def clipped(p, epsilon=EPSILON):
    """Probabilities kept away from 0 and 1, as Keras keeps them."""
    return np.clip(p, epsilon, 1 - epsilon)


def sigma(x):
    """The sigmoid."""
    with np.errstate(over="ignore"):  # 1 / infinity is 0, as it should be
        return 1 / (1 + np.exp(-x))


def branches(of_probabilities, of_logits, then=lambda values: values):
    """A loss or gradient of one formula for probabilities and one for logits, and what is `then` done with either."""

    def function(y_true, y_pred, from_logits=False):
        return then((of_logits if from_logits else of_probabilities)(y_true, y_pred))

    return function


def negative(formula, right, *, because=(), or_no_number=False):
    """A `refutes` for a wrong formula of a cost: arrays refute it where it is below 0 or, if asked, no number.

    `because` says why it does not, as in `differ`.
    """

    def refutes(*arrays):
        try:
            true = right(*arrays)
        except ValueError as error:  # the losses say in words what they don't take
            return f"expected arrays that the loss takes: {error}"
        stated = formula(*arrays)
        if np.any(stated < 0) or (or_no_number and not np.isfinite(stated).all()):
            return True
        if not np.isfinite(stated).all():
            return f"there the formula comes to {rounded(stated)}, which is no number; asked for is one below 0."
        why = reason(because, arrays)
        return f"there the formula comes to {rounded(stated)}, not below 0{why}; the true cost is {rounded(true)}."

    return refutes


def rounded(array):
    """The numbers of an array to four digits, as a text."""
    return np.array2string(np.asarray(array), precision=4)
