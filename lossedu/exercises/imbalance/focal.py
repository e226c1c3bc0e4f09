"""The focal loss of two classes and of many, and its slope."""

from dataclasses import replace

import numpy as np

from lossedu import losses
from lossedu.exercises import _cross_entropies
from lossedu.exercises._cross_entropies import clipped
from lossedu.exercises._declare import Chapter, other_epsilons
from lossedu.exercises._domains import (
    between,
    binary_labels,
    cases,
    distribution,
    domain,
    joined,
    one_hot,
    probabilities,
)
from lossedu.stable import EPSILON

chapter = Chapter("14_imbalance", globals(), vars(_cross_entropies))
weights = between(0.1, 2)  # probabilities that still have to be divided by their sum
inner = replace(between(0.05, 0.95), rounds=False)  # no probability is certain, not even among integers


@domain(lambda array: array >= 0)
def class_alphas(rng, shape):
    """A weight for each class, for predictions of that shape."""
    return rng.uniform(0.1, 1, size=shape[-1:])


# --- Easy examples outvote hard ones -------------------------------------------------------------------------------

chapter.number(
    "easy_per_hard",
    float(np.log(2) / -np.log(0.99)),
    "a number of negatives",
    section="Easy examples outvote hard ones",
    digits=0,
).add_misconceptions("""
    ratio of the probabilities: 50.0
        that is the ratio of the two probabilities that are missing, 0.5 by 0.01.
        Which function of the probability is the cost?
    logarithm of the rest: np.log(2) / -np.log(0.01)
        you took the logarithm of 0.01: that is the cost of a positive with this probability.
        Which probability does the model give to the truth, if the label is 0?
    base 2 for one of them: 1 / -np.log(0.99)
        the cost of the hard positive is in bits, that of the easy negatives in nats.
        What is -ln 0.5 in nats?
    base 2 for the other: np.log(2) / -np.log2(0.99)
        the cost of the easy negatives is in bits, that of the hard positive in nats.
        What is -ln 0.99 in nats?
""")


def of_truth(y, p):
    """The probability that the model gives to the label."""
    return np.where(y == 1, p, 1 - p)


def surprise(y, p, epsilon=EPSILON):
    """The cost of each label, clipped as in Keras."""
    return -np.log(of_truth(y, clipped(p, epsilon)))


def balance(y, applied, alpha):
    """The weight of each label."""
    return np.where(y == 1, alpha, 1 - alpha) if applied else 1.0


def _binary_focal_crossentropy(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    return losses.binary_focal_crossentropy(y_true, y_pred, apply_class_balancing, alpha, gamma)


def _binary_focal_crossentropy_gradient(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    return losses.binary_focal_crossentropy.gradient(y_true, y_pred, apply_class_balancing, alpha, gamma)


def focal_cases(y_pred, first, extremes=(), aspect="values"):
    """Cases for the binary focal loss: with the defaults, with other gammas, and with balanced classes."""
    domains = {"y_true": binary_labels, "y_pred": y_pred}
    plain = {"apply_class_balancing": False, "alpha": 0.25, "gamma": 2.0}
    few = {"vectors": ((3,), (5,)), "batches": ((4, 3),), "aspect": aspect}
    return joined(
        cases(domains, first=first, extremes=extremes, options=plain, aspect=aspect),
        cases(domains, first=first[:1], options=plain | {"gamma": 0.0}, **few),
        cases(domains, first=first, options=plain | {"gamma": 1.0}, **few),
        cases(domains, first=first[:1], options=plain | {"gamma": 3.5, "alpha": 0.7}, **few),
        cases(domains, first=first, options=plain | {"apply_class_balancing": True}, **few),
        cases(domains, options=plain | {"apply_class_balancing": True, "alpha": 0.9, "gamma": 1.5}, **few),
    )


@chapter.function(
    section="The focal loss",
    aspects={"values": 3, "extremes": 1, "shapes": 1},
    reference=_binary_focal_crossentropy,
    keras="keras.losses.binary_focal_crossentropy",
    cases=focal_cases(
        probabilities,
        first=[((1,), (0.5,)), ((0,), (0.1,)), ((1, 0), (0.9, 0.2))],
        extremes=[((1, 0), (0, 1)), ((1, 0), (1, 0)), ((0, 1, 1), (0.5, 1, 0))],
    ),
    laws=("finite", "never_negative"),
    curve_along="y_pred",
)
def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
):
    """The binary cross-entropy, times a power gamma of what the truth lacks to 1.

    y_true: labels 0 and 1, shape (..., D). y_pred: probabilities of a 1, same shape.
    apply_class_balancing: if true, a 1 weighs alpha and a 0 weighs 1 - alpha; else 1.
    Returns the mean over the last axis, shape (...), in nats.
    The probabilities are clipped to [1e-7, 1 - 1e-7] before the logarithm, as in Keras.
    """


binary_focal_crossentropy.add_misconceptions("""
    w = balance(y_true, apply_class_balancing, alpha)
    p = of_truth(y_true, y_pred)
    cost = surprise(y_true, y_pred)
    mistakes of a mean
    sign
        Which sign has the logarithm of a probability, and which has a cost?
    log2 for ln
    gamma ignored
    alpha ignored
    apply_class_balancing ignored
    factor left out: (w * cost).mean(-1)
        that is the cross-entropy: the factor that fades easy examples is missing.
        By what does the focal loss multiply the cost of an example?
    same factor for both labels: (w * (1 - y_pred) ** gamma * cost).mean(-1)
        your factor is (1 - y_pred)**gamma for labels of 0 as well: it fades the hard negatives.
        Which probability does the model give to the truth, if the label is 0?
    factors exchanged: (w * p**gamma * cost).mean(-1)
        your factor is near 1 for easy examples, and fades the hard ones.
        Should an example with p_t = 0.99 count more, or less?
    gamma as a factor: (w * gamma * (1 - p) * cost).mean(-1)
        you multiply by gamma.
        Is gamma a factor in the formula, or an exponent?
    power of the cost: (w * cost**gamma).mean(-1)
        you raise the cost itself to the power gamma.
        Which number between 0 and 1 is raised to the power gamma?
    power subtracted from 1: (w * (1 - p**gamma) * cost).mean(-1)
        your factor is 1 - p_t**gamma.
        What is raised to the power: p_t, or 1 - p_t?
    missing clip: (w * (1 - p) ** gamma * -np.log(p)).mean(-1)
        a probability of 0 for what happened gives infinity, and certainty that is right gives NaN or a wrong 0.
        What does the contract do with the probabilities before the logarithm?
    zeros left out: (y_true * w * (1 - p) ** gamma * cost).mean(-1)
        a label of 0 costs nothing in your formula, whatever was predicted.
        Which term of the cross-entropy belongs to a label of 0?
    alpha for both labels: ((alpha if apply_class_balancing else 1) * (1 - p) ** gamma * cost).mean(-1)
        labels of 0 have the weight alpha in yours.
        Which weight does a 0 have if a 1 has alpha?
    weights exchanged: (balance(1 - y_true, apply_class_balancing, alpha) * (1 - p) ** gamma * cost).mean(-1)
        a 0 has the weight alpha in yours, and a 1 has 1 - alpha.
        Which label does alpha belong to?
    only positives weighted: (np.where(y_true == 1, w, 1) * (1 - p) ** gamma * cost).mean(-1)
        labels of 0 keep the weight 1 in yours.
        Which weight does a 0 have if a 1 has alpha?
    always balanced: (balance(y_true, True, alpha) * (1 - p) ** gamma * cost).mean(-1)
        you apply alpha even if apply_class_balancing is False.
        What is the weight of a label unless balancing is asked for?
    divided by the weights: ((1 - p) ** gamma * cost).sum(-1) / np.maximum(((1 - p) ** gamma).sum(-1), 1e-30)
        you divide by the sum of the factors.
        By what does the contract divide the sum of the costs?
""")
binary_focal_crossentropy.add_misconceptions(
    other_epsilons(
        "(balance(y_true, apply_class_balancing, alpha) * (1 - of_truth(y_true, y_pred)) ** gamma"
        " * surprise(y_true, y_pred, epsilon)).mean(-1)"
    )
)

chapter.expression(
    "focal_slope",
    "g*(1 - p)**(g - 1)*log(p) - (1 - p)**g/p",
    {"p": (0.05, 0.95), "g": (0.5, 4.0)},
    section="The slope of the focal loss",
).add_misconceptions("""
    opposite sign
        When the truth gets more probability, does the cost rise or fall?
    factor held constant: -(1 - p)**g/p
        you differentiated the logarithm, and took (1 - p)**g for a constant.
        The factor contains p, too: what does the product rule add?
    logarithm held constant: g*(1 - p)**(g - 1)*log(p)
        you differentiated the power of 1 - p only.
        What is the other term of the product rule?
    inner derivative forgotten: -g*(1 - p)**(g - 1)*log(p) - (1 - p)**g/p
        in the first term you forgot the inner derivative, that of 1 - p.
        Does 1 - p rise or fall as p grows?
    product of the derivatives: g*(1 - p)**(g - 1)/p
        you multiplied the derivatives of both factors.
        What does the product rule say?
    exponent kept: g*(1 - p)**g*log(p) - (1 - p)**g/p
        the exponent of 1 - p is still g in both terms.
        What is the derivative of x**g?
    factor gamma forgotten: (1 - p)**(g - 1)*log(p) - (1 - p)**g/p
        in the first term the factor g is missing.
        What is the derivative of x**g?
    slope of the logarithm: 1/(p*log(p)) - g/(1 - p)
        that is the slope of the logarithm of the loss.
        Which factor turns the slope of ln f into the slope of f?
""")


def focal_parts(y, p, gamma):
    """The two terms of the product rule: the slope of the factor, and that of the logarithm, in y_pred."""
    t, sign = of_truth(y, p), np.where(y == 1, 1, -1)
    return sign * gamma * (1 - t) ** (gamma - 1) * np.log(t), -sign * (1 - t) ** gamma / t


@chapter.slope_of(
    binary_focal_crossentropy,
    section="The slope of the focal loss",
    reference=_binary_focal_crossentropy_gradient,
    aspects={"gradient": 3, "shapes": 1},
    cases=focal_cases(
        inner, first=[((1,), (0.5,)), ((0,), (0.1,)), ((1, 0), (0.9, 0.2)), ((1, 0), (0.001, 0.25))], aspect="gradient"
    ),
)
def binary_focal_crossentropy_gradient(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
):
    """The derivative of binary_focal_crossentropy with respect to each entry of y_pred.

    The arguments are those of binary_focal_crossentropy, with y_pred between 1e-7 and
    1 - 1e-7. Returns an array in the shape of y_pred.
    """


binary_focal_crossentropy_gradient.add_misconceptions("""
    w = balance(y_true, apply_class_balancing, alpha) / y_true.shape[-1]
    of_factor = focal_parts(y_true, y_pred, gamma)[0]
    of_logarithm = focal_parts(y_true, y_pred, gamma)[1]
    mistakes of a mean's slope
    gamma ignored
    alpha ignored
    apply_class_balancing ignored
    factor held constant: w * of_logarithm
        you held the factor (1 - p_t)**gamma constant.
        The factor contains the prediction, too: what does the product rule add?
    logarithm held constant: w * of_factor
        you differentiated the factor only.
        What is the other term of the product rule?
    terms subtracted: w * (of_logarithm - of_factor)
        the two terms of the product rule have different signs in yours.
        If the truth gets more probability, what happens to the factor, and what to the surprise?
    slope in p_t for all: w * (of_factor + of_logarithm) * np.where(y_true == 1, 1, -1)
        you return the slope with respect to the probability of the truth: for labels of 0 the sign is wrong.
        If y_pred rises and the label is 0, what happens to the probability of the truth?
    slope of the cross-entropy: w * np.where(y_true == 1, -1 / y_pred, 1 / (1 - y_pred))
        that is the slope of the cross-entropy, without any focus.
        By what does the focal loss multiply the cost of an example?
    sigmoid already included: w * (of_factor + of_logarithm) * y_pred * (1 - y_pred)
        that is the slope with respect to the logit in front of a sigmoid.
        What does the loss receive: logits, or probabilities?
    zeros left out: y_true * w * (of_factor + of_logarithm)
        the slope is 0 in yours where the label is 0.
        Does a label of 0 cost nothing, whatever was predicted?
    cross-entropy's slope with one factor:
            of_crossentropy = np.where(y_true == 1, -1 / y_pred, 1 / (1 - y_pred))
            w * (1 - y_pred) ** gamma * of_crossentropy
        you multiply the slope of the cross-entropy by (1 - y_pred)**gamma, for both labels.
        What does the product rule add, and what is the factor for a label of 0?
    same factor for both labels:
            by_factor = -gamma * (1 - y_pred) ** (gamma - 1) * surprise(y_true, y_pred)
            w * (by_factor + (1 - y_pred) ** gamma * np.where(y_true == 1, -1 / y_pred, 1 / (1 - y_pred)))
        your factor is (1 - y_pred)**gamma for labels of 0 as well.
        Which probability does the model give to the truth, if the label is 0?
    weights exchanged: balance(1 - y_true, apply_class_balancing, alpha) / y_true.shape[-1] * (of_factor + of_logarithm)
        as in binary_focal_crossentropy
    always balanced: balance(y_true, True, alpha) / y_true.shape[-1] * (of_factor + of_logarithm)
        as in binary_focal_crossentropy
""")


# --- Many classes --------------------------------------------------------------------------------------------------


def rescaled(p):
    """Probabilities that sum to 1."""
    return p / p.sum(-1, keepdims=True)


def _categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0):
    return losses.categorical_focal_crossentropy(y_true, y_pred, alpha, gamma)


@chapter.function(
    section="Many classes",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_categorical_focal_crossentropy,
    keras="keras.losses.categorical_focal_crossentropy",
    cases=joined(
        cases(
            {"y_true": one_hot, "y_pred": distribution},
            first=[((0, 1), (0.5, 0.5)), ((1, 0), (0.9, 0.1)), ((0, 1, 0), (0.1, 0.6, 0.3))],
            extremes=[((0, 1), (1, 0)), ((0, 1), (0, 1))],
            options={"alpha": 0.25, "gamma": 2.0},
        ),
        cases(
            {"y_true": one_hot, "y_pred": weights},
            first=[((0, 1), (0.5, 1.5))],
            vectors=((3,), (4,)),
            batches=(),
            options={"alpha": 1.0, "gamma": 1.0},
        ),
        cases(
            {"y_true": one_hot, "y_pred": distribution, "alpha": class_alphas},
            first=[((0, 1), (0.5, 0.5), (0.25, 0.75))],
            vectors=((3,), (4,)),
            batches=((4, 3), (5, 2, 4)),
            options={"gamma": 2.0},
        ),
        cases(
            {"y_true": one_hot, "y_pred": distribution},
            vectors=((3,), (4,)),
            batches=(),
            options={"alpha": 0.5, "gamma": 0.0},
        ),
    ),
    laws=("finite", "never_negative"),
)
def categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0):
    """The categorical cross-entropy, times a power gamma of what the truth lacks to 1.

    y_true: one-hot labels, shape (..., C). y_pred: probabilities, same shape.
    alpha: one weight for all classes, or an array of shape (C,), one for each class.
    Returns an array of shape (...), in nats. As in Keras, probabilities are divided by
    their sum, then clipped to [1e-7, 1 - 1e-7], before anything else.
    """


categorical_focal_crossentropy.add_misconceptions("""
    p = clipped(rescaled(y_pred))
    mean for sum
    averaged over the batch
    sign
        Which sign has the logarithm of a probability, and which has a cost?
    log2 for ln
    gamma ignored
    alpha ignored
    focus not rescaled: -(alpha * (1 - clipped(y_pred)) ** gamma * y_true * np.log(p)).sum(-1)
        your focusing factor uses the probabilities as given. Only your logarithm uses them divided by their sum.
        Should the focusing factor, the logarithm, or both use the probabilities after the division?
    not rescaled: -(alpha * (1 - clipped(y_pred)) ** gamma * y_true * np.log(clipped(y_pred))).sum(-1)
        you take probabilities as they come, whatever their sum is.
        What does the contract do with y_pred before anything else?
    missing clip: -(alpha * (1 - rescaled(y_pred)) ** gamma * y_true * np.log(rescaled(y_pred))).sum(-1)
        a probability of 0 gives infinity or NaN.
        After the division by the sum, what does the contract do with the probabilities?
    factor left out: -(alpha * y_true * np.log(p)).sum(-1)
        as in binary_focal_crossentropy
    factors exchanged: -(alpha * p**gamma * y_true * np.log(p)).sum(-1)
        as in binary_focal_crossentropy
    gamma as a factor: -(alpha * gamma * (1 - p) * y_true * np.log(p)).sum(-1)
        as in binary_focal_crossentropy
    factor of the likeliest class: -(alpha * (1 - p.max(-1, keepdims=True)) ** gamma * y_true * np.log(p)).sum(-1)
        your factor uses the highest probability: an example that is sure and wrong fades.
        Which class's probability tells whether an example is easy?
    other classes as well:
            -(alpha * (y_true * (1 - p) ** gamma * np.log(p) + (1 - y_true) * p**gamma * np.log(1 - p))).sum(-1)
        you add the cost of the other classes, as if each class were a label of its own.
        Which classes enter the categorical cross-entropy?
    alpha of a binary label: -(np.where(y_true == 1, alpha, 1 - alpha) * (1 - p) ** gamma * np.log(p)).sum(-1)
        you give the weight 1 - alpha to the classes that are not the label.
        Which classes enter the categorical cross-entropy?
    sigmoid of the weights: -(alpha * (1 - sigma(y_pred)) ** gamma * y_true * np.log(sigma(y_pred))).sum(-1)
        you take the sigmoid of what already are probabilities.
        What does y_pred hold, according to the contract?
""")
