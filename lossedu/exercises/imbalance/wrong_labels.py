"""The generalised cross-entropy, for labels of which some are wrong."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter
from lossedu.exercises._domains import cases, class_numbers, distribution, joined

chapter = Chapter("14_imbalance", globals())

chapter.expression(
    "generalized_slope", "-p**(q - 1)", {"p": (0.05, 0.95), "q": (0.05, 0.95)}, section="Labels that are wrong"
).add_misconceptions("""
    opposite sign
        When the label gets more probability, does the cost rise or fall?
    not divided by q: -q*p**(q - 1)
        the factor q from the power is still there.
        What becomes of the q in the denominator?
    exponent kept: -p**q
        the exponent is still q.
        What is the derivative of p**q?
    slope of the cross-entropy: -1/p
        that is the slope of -ln p, the limit for q near 0.
        What is the derivative of p**q?
    slope of the absolute error: -1
        that is the slope for q = 1.
        What is the derivative of p**q?
    differentiated by q: -p**q*log(p)/q - (1 - p**q)/q**2
        you differentiated with respect to q.
        Which of the two does training change: p, or q?
    divided by q once more: -p**(q - 1)/q
        a division by q is left over.
        What becomes of the factor q that the power gives?
""")


def of_label(y, p):
    """The probability of each label."""
    return np.take_along_axis(p, y[..., None], -1)[..., 0]


def _generalized_cross_entropy(y_true, y_pred, q=0.5):
    return losses.categorical_generalized_cross_entropy(y_true, y_pred, q)


@chapter.function(
    section="Labels that are wrong",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_generalized_cross_entropy,
    keras="keras.losses.categorical_generalized_cross_entropy",
    cases=joined(
        cases(
            {"y_true": class_numbers, "y_pred": distribution},
            first=[([1], ((0.75, 0.25),)), ((0, 1), ((0.64, 0.36), (0.91, 0.09)))],
            extremes=[([1], ((1, 0),)), ([1], ((0, 1),)), ((0, 2), ((0, 0.5, 0.5), (0.5, 0.5, 0)))],
            vectors=((4, 3), (5, 4), (6, 5)),
            batches=((1, 3), (4, 3), (5, 1, 4), (2, 3, 4)),
            options={"q": 0.5},
        ),
        cases(
            {"y_true": class_numbers, "y_pred": distribution},
            first=[([1], ((0.75, 0.25),))],
            vectors=((4, 3), (5, 4)),
            batches=(),
            options={"q": 0.7},
        ),
        cases({"y_true": class_numbers, "y_pred": distribution}, vectors=((4, 3),), batches=(), options={"q": 0.2}),
    ),
    laws=("finite", "never_negative"),
)
def generalized_cross_entropy(y_true, y_pred, q=0.5):
    """The generalised cross-entropy of each label: 1 - p**q, divided by q.

    p is the probability of the label.
    y_true: class numbers 0 to C - 1, shape (...).
    y_pred: probabilities, shape (..., C), each row sums to 1.
    q: between 0 (the cross-entropy) and 1 (an absolute error), both excluded.
    Returns an array of shape (...): one cost per label, between 0 and 1 / q; no clipping.
    """


generalized_cross_entropy.add_misconceptions("""
    p = of_label(y_true, y_pred)
    averaged over the batch
    sign
        Is the cost of a probability below 1 positive or negative?
    q ignored
    not divided by q: 1 - p**q
        you return 1 - p**q, without the division.
        To what does your cost tend for every p, as q falls to 0?
    power not taken: (1 - p) / q
        you divide 1 - p by q.
        Which power of p does the formula have?
    power of the rest: (1 - p) ** q / q
        you raise 1 - p to the power q.
        What is raised to the power: p, or 1 - p?
    root for power: (1 - p ** (1 / q)) / q
        your exponent is 1 / q.
        Which exponent turns the cost into 1 - p, if q is 1?
    cross-entropy: -np.log(np.maximum(p, 1e-7))
        that is the cross-entropy, the limit for q near 0: your result does not depend on q.
        What does the contract say of a probability of 0: is its cost bounded?
    absolute error: 1 - p
        that is the cost for q = 1: your result does not depend on q.
        Where does the exponent stand?
    all classes summed: ((1 - y_pred**q) / q).sum(-1)
        you add the costs of all classes.
        Which class does the cost look at?
    likeliest class: (1 - y_pred.max(-1) ** q) / q
        you look at the class with the highest probability, not at the label.
        How much should a prediction cost if it is sure and wrong?
    classes counted from 1: (1 - of_label((y_true - 1) % y_pred.shape[-1], y_pred) ** q) / q
        you pick the class before the label's.
        What number does the first class have?
    axis left over: right(...)[..., None]
        your result has one axis too many, of length 1.
        How many axes do the labels have?
""")
