"""Chapter 05: softmax, its logarithm, and the cross-entropy of classes that exclude each other."""

from dataclasses import replace
from functools import partial

import numpy as np

from lossedu import losses
from lossedu.exercises import _cross_entropies
from lossedu.exercises._cross_entropies import SURPRISE, branches, clipped
from lossedu.exercises._declare import Chapter, differ, other_epsilons
from lossedu.exercises._domains import (
    any_weights,
    between,
    cases,
    class_numbers,
    distribution,
    domain,
    joined,
    logits,
    one_hot,
)

chapter = Chapter("05_categorical_crossentropy", globals(), vars(_cross_entropies))
chapter.warm_up(0, "04_binary_crossentropy", "Log-odds")
chapter.warm_up(np.log(2), "04_binary_crossentropy", "From likelihood to log loss")
chapter.warm_up(0.8 - 1, "04_binary_crossentropy", "The slope")
SOFT = (0.1, 0.02, 0.88)  # a target that is no single class
weights = between(0.1, 2)  # probabilities that still have to be divided by their sum


@domain(lambda array: array >= -1)
def numbers_or_void(rng, shape):
    """Class numbers, about a third of them replaced by -1, which is no class."""
    labels = class_numbers(rng, shape)
    return np.where(rng.random(labels.shape) < 1 / 3, -1, labels)


def rows(of):
    """Arrays of a domain that hold samples: a label without a batch is nothing that tf.keras takes."""
    return replace(of, holds=lambda array: array.ndim > 1 and of.holds(array))


def exponentials(x, axis=-1):
    """exp(x), shifted so that the largest along the axis is 1."""
    return np.exp(x - x.max(axis, keepdims=True))


def shares(x, axis=-1):
    """The softmax."""
    return exponentials(x, axis) / exponentials(x, axis).sum(axis, keepdims=True)


def log_shares(x, axis=-1):
    """The logarithm of the softmax."""
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def rescaled(p):
    """Probabilities that sum to 1."""
    return p / p.sum(-1, keepdims=True)


# --- Softmax ------------------------------------------------------------------------------------------------------

chapter.number(
    "shifted_share", float(1 / (1 + np.exp(-0.4))), "a probability", section="A question"
).add_misconceptions("""
    nearly certain: 1.0
        you expect large scores to give certainty.
        By what factor does each of the two exponentials grow?
    scores over their sum: 101.2 / 202
        that is the share of the scores themselves.
        Which numbers does the recipe divide by their sum?
    other class: 1 / (1 + np.exp(0.4))
        that is the second class.
        Which score is larger?
    odds for share: np.exp(0.4)
        those are the odds of the first class against the second.
        By which total is the exponential of the first score divided?
""")


MISTAKES_OF_THE_AXIS = """
    axis ignored
    normalised over the whole batch: right(x, None)
        your probabilities sum to 1 over all samples together.
        What should sum to 1: the batch, or each sample?
"""


def softmax_like(*, reference, extremes, **declared):
    """An exercise that normalises scores along an axis, with the mistakes about the axis."""

    return chapter.function(
        aspects={"values": 2, "extremes": 1, "shapes": 1},
        reference=reference,
        cases=joined(
            cases(
                {"x": logits},
                first=[((0, 1),), ((1.2, 0.8),), ((2, 0, -1),)],
                extremes=extremes,
                options={"axis": -1},
            ),
            cases({"x": logits}, vectors=(), batches=((3, 2), (3, 3), (4, 2, 3)), options={"axis": 0}),
            cases({"x": logits}, vectors=(), batches=((3, 2, 4),), options={"axis": -2}),
        ),
        mistakes=[MISTAKES_OF_THE_AXIS],
        **declared,
    )


@softmax_like(
    section="Softmax, step by step",
    reference=shares,
    laws=("bounded_by_one", "never_negative", "sums_to_one", "shift_invariant:x"),
    keras="keras.activations.softmax",
    extremes=[((800, 799),), ((0, 800),), ((-800, -801, -800),), (((0, 1), (800, 801)),)],
)
def softmax(x, axis=-1):
    """Scores as probabilities: exponentials, divided by their sum along an axis.

    x: scores, shape (..., C), real numbers of any size.
    axis: the axis of the classes.
    Returns an array in the shape of x that sums to 1 along the axis.
    """


softmax.add_misconceptions("""
    missing shift: np.exp(x) / np.exp(x).sum(axis, keepdims=True)
        large scores give NaN: infinity divided by infinity.
        What may you subtract from all scores without changing the result?
    scores over their sum: x / x.sum(axis, keepdims=True)
        you take shares of the scores, and these may be negative.
        What makes every score positive before shares are taken?
    sigmoid for softmax: sigma(x)
        each of your probabilities looks at one score alone, and they don't sum to 1.
        Does a class lose when another gains?
    not divided: exponentials(x, axis)
        your values don't sum to 1.
        What is the total of your exponentials?
    hard maximum: np.where(x == x.max(axis, keepdims=True), 1.0, 0.0)
        the largest score takes everything.
        How sure should one be of a class whose score leads by 0.4?
    one sum for all: exponentials(x, axis) / exponentials(x, axis).sum()
        you divide by the sum over the whole array, so that only all rows together sum to 1.
        Which exponentials compete with each other: those of one sample, or all?
    smallest subtracted:
            np.exp(x - x.min(axis, keepdims=True)) / np.exp(x - x.min(axis, keepdims=True)).sum(axis, keepdims=True)
        you subtract the smallest score: where scores lie far apart, the exponentials overflow.
        After which shift is no exponent above 0?
    shifted scores over their sum:
            (x - x.min(axis, keepdims=True)) / (x - x.min(axis, keepdims=True)).sum(axis, keepdims=True)
        you shift the scores so that none is negative, and take shares of these: the exponentials are missing.
        Which function makes every score positive, and turns differences into ratios?
    scores clipped: shares(np.clip(x, -700, 700), axis)
        you clip the scores so that exp does not overflow: larger ones become equal.
        Which number may you subtract from all scores of a sample instead?
    powers of 2: shares(x * np.log(2), axis)
        your powers have base 2.
        Which base has the exponential function?
    powers of 10: shares(x * np.log(10), axis)
        your powers have base 10.
        Which base has the exponential function?
    sum along the last axis: exponentials(x, axis) / exponentials(x, axis).sum(-1, keepdims=True)
        you find the largest score along `axis`, but add the exponentials up along the last one.
        Along which axis should your result sum to 1?
    one maximum for all:
            e = np.exp(x - x.max())
            e / e.sum(axis, keepdims=True)
        you subtract the maximum of the batch: samples with far smaller scores vanish.
        Should the scores of one sample depend on those of another?
    mean subtracted:
            e = np.exp(x - x.mean(axis, keepdims=True))
            e / e.sum(axis, keepdims=True)
        you subtract the mean of the scores: where they lie far apart, the largest one still overflows.
        After which shift is no exponent above 0?
""")


chapter.expression(
    "two_class_softmax", "1 / (1 + exp(b - a))", {"a": (-3.0, 3.0), "b": (-3.0, 3.0)}, section="Softmax, step by step"
).add_misconceptions("""
    other class: 1 / (1 + exp(a - b))
        that is the probability of the second class.
        Should it rise or fall as a grows?
    sigmoid of the score: 1 / (1 + exp(-a))
        the second score has dropped out.
        What is left of the fraction if you divide both of its parts by exp(a)?
    scores over their sum: a / (a + b)
        that is the share of the score itself.
        Which numbers does the softmax divide by their sum?
    exponents divided: 1 / (1 + exp(b / a))
        you divided the exponents.
        What is exp(b) / exp(a) as a single power?
""")


# --- Its logarithm ------------------------------------------------------------------------------------------------


@softmax_like(
    section="The logarithm of a softmax",
    reference=log_shares,
    laws=("finite", "never_positive", "shift_invariant:x"),
    keras="keras.activations.log_softmax",
    extremes=[((0, -800),), ((800, 0),), ((-800, -801, -800),), (((0, 1), (800, 801)),)],
)
def log_softmax(x, axis=-1):
    """The logarithm of softmax(x, axis), finite for scores of any size.

    x: scores, shape (..., C), real numbers of any size.
    axis: the axis of the classes.
    Returns an array in the shape of x: each score minus the log-sum-exp of all.
    """


log_softmax.add_misconceptions("""
    logarithm of a vanished share: np.log(shares(x, axis))
        you take the softmax first: what is 0 there to the last digit gives -infinity.
        What is left of ln(exp(x) / sum) if you work out the logarithm on paper?
    missing shift: x - np.log(np.exp(x).sum(axis, keepdims=True))
        large scores overflow in exp, and very negative ones leave a sum of 0.
        What may you subtract from all scores without changing the result?
    neither shifted nor worked out: np.log(np.exp(x) / np.exp(x).sum(axis, keepdims=True))
        far from 0 you get NaN or infinity: the exponentials overflow, or a share vanishes.
        What is left of ln(exp(x) / sum) if you work out the logarithm on paper?
    softmax without the logarithm: shares(x, axis)
        those are the probabilities themselves.
        Which sign has the logarithm of a probability?
    maximum for log-sum-exp: x - x.max(axis, keepdims=True)
        you subtract the largest score only.
        What do the exponentials of your values sum to?
    sign
        Which sign has the logarithm of a probability?
    log2 for ln
        Which logarithm undoes exp?
    log10 of the sum: x - x.max(axis, keepdims=True) - np.log10(exponentials(x, axis).sum(axis, keepdims=True))
        the logarithm of your sum has base 10.
        Which logarithm undoes exp?
    shift in the sum alone: x - np.log(exponentials(x, axis).sum(axis, keepdims=True))
        you subtract the largest score within the sum, but not from the score in front.
        If all scores rise by 3, does your result stay the same?
    sum for its logarithm: x - x.max(axis, keepdims=True) - exponentials(x, axis).sum(axis, keepdims=True)
        you subtract the sum of the exponentials itself.
        What does the logarithm make of a quotient?
    mean for sum: x - x.max(axis, keepdims=True) - np.log(exponentials(x, axis).mean(axis, keepdims=True))
        you take the mean of the exponentials: every result is ln C too large.
        What should the exponentials of your result sum to?
    epsilon under the logarithm: np.log(shares(x, axis) + 1e-7)
        you add 1e-7 to the probability: no result is below -16.12.
        What is the logarithm of a softmax whose score lags by 800?
    one maximum for all: x - x.max() - np.log(np.exp(x - x.max()).sum(axis, keepdims=True))
        as in softmax
    one maximum, and a vanished share: np.log(np.exp(x - x.max()) / np.exp(x - x.max()).sum(axis, keepdims=True))
        you take the softmax first, with one maximum for all samples: what vanishes there has lost its logarithm.
        What is left of ln(exp(x) / sum) if you work out the logarithm on paper?
    vanished shares without the sum:
            share = shares(x, axis)
            np.where(share == 0, x - x.max(axis, keepdims=True), np.log(np.where(share == 0, 1, share)))
        where a probability vanishes, you take the shifted score alone, without the logarithm of the sum.
        What is subtracted from every score, also from the smallest?
""")


# --- The cost of classes ------------------------------------------------------------------------------------------


def one_hot_like(p, label):
    """One-hot rows in the shape of `p`, with the 1 at `label`."""
    return np.eye(p.shape[-1])[label]


@chapter.function(
    section="Cross-entropy over classes",
    aspects={"values": 2, "extremes": 2, "shapes": 1},
    reference=lambda y_true, y_pred, from_logits=False: losses.categorical_crossentropy(y_true, y_pred, from_logits),
    keras="keras.losses.categorical_crossentropy",
    cases=joined(
        cases(
            {"y_true": one_hot, "y_pred": distribution},
            first=[((0, 1), (0.25, 0.75)), ((0, 1, 0), (0.05, 0.95, 0)), ((0, 0, 1), (0.1, 0.8, 0.1))],
            extremes=[((0, 1), (1, 0)), ((0, 1), (0, 1))],
            options={"from_logits": False},
        ),
        cases(
            {"y_true": distribution, "y_pred": weights},
            first=[((0.3, 0.7), (0.5, 1.5)), ((0.3, 0.7), (0.1, 0.3))],
            batches=(),
            options={"from_logits": False},
        ),
        cases(
            {"y_true": distribution, "y_pred": logits},
            first=[((0, 1), (1.2, 0.8)), (SOFT, (1, -3, 5))],
            extremes=[((0, 1), (800, 0)), ((1, 0), (800, 0)), ((0.5, 0.5), (0, -800)), ((0, 1), (2000, -2000))],
            options={"from_logits": True},
        ),
    ),
    laws=("finite", "never_negative", "order_of_classes"),
)
def categorical_crossentropy(y_true, y_pred, from_logits=False):
    """The surprise at the true class, or at a distribution over classes, in nats.

    y_true: one-hot or soft labels, shape (..., C); each row sums to 1.
    y_pred: probabilities, same shape, or logits of any size, if from_logits.
    Returns an array of shape (...). As in Keras, probabilities are divided by their sum,
    then clipped to [1e-7, 1 - 1e-7]; logits are not clipped, and nothing overflows.
    """


categorical_crossentropy.add_misconceptions(SURPRISE)


costs = partial(branches, then=lambda terms: -terms.sum(-1))


def weighted(y, logarithm):
    """`y * logarithm`, with 0 where y is 0."""
    return np.where(y == 0, 0, y * logarithm)


def terms(y, p):
    """What each class adds to the logarithm of the likelihood, from probabilities."""
    return weighted(y, np.log(clipped(rescaled(p))))


def terms_of_logits(y, z):
    """The same from logits."""
    return weighted(y, log_shares(z))


categorical_crossentropy.add_misconceptions("""
    not rescaled: costs(lambda y, p: y * np.log(clipped(p)), terms_of_logits)(...)
        you take probabilities as they come, whatever they sum to.
        What does Keras do with y_pred before anything else, according to the contract?
    neither rescaled nor clipped: costs(lambda y, p: y * np.log(p), terms_of_logits)(...)
        two things are missing for probabilities: rows are rescaled to sum to 1, and clipped.
        What does Keras do with y_pred before the logarithm, in two steps?
    the plain formula: costs(lambda y, p: y * np.log(p), lambda y, p: y * np.log(p))(...)
        three things are missing: rows are rescaled to sum to 1 and clipped, and from_logits is not looked at.
        What does the contract do with y_pred before the logarithm?
    missing clip: costs(lambda y, p: weighted(y, np.log(rescaled(p))), terms_of_logits)(...)
    missing clip, and 0 ln 0: costs(lambda y, p: y * np.log(rescaled(p)), terms_of_logits)(...)
        probabilities of 0 give NaN.
        What does NumPy make of 0 * log(0), and what does the contract do before the logarithm?
""")
categorical_crossentropy.add_misconceptions(
    other_epsilons("costs(lambda y, p: y * np.log(clipped(rescaled(p), epsilon)), terms_of_logits)(...)")
)
categorical_crossentropy.add_misconceptions("""
    from_logits ignored: costs(terms, terms)(...)
    softmax of probabilities: costs(terms_of_logits, terms_of_logits)(...)
    logits clipped as well: costs(terms, lambda y, z: terms(y, shares(z)))(...)
    logarithm of a vanished share: costs(terms, lambda y, z: y * np.log(shares(z)))(...)
        you take the softmax first: what is 0 there to the last digit has lost its logarithm.
        Which of your functions gives the logarithms without the probabilities?
    sigmoid for softmax: costs(terms, lambda y, z: y * np.log(clipped(sigma(z))))(...)
        you give each class a sigmoid of its own.
        Do the classes exclude each other, and do your probabilities sum to 1?
    binary cost of each class:
            costs(
                lambda y, p: terms(y, p) + weighted(1 - y, np.log1p(-clipped(rescaled(p)))),
                lambda y, z: terms_of_logits(y, z) + weighted(1 - y, np.log1p(-shares(z))),
            )(...)
        you count the classes that did not happen as well, with 1 - p.
        If the probabilities sum to 1, what does a second count of the others add?
    arguments swapped:
            costs(lambda y, p: rescaled(p) * np.log(clipped(y)), lambda y, z: shares(z) * np.log(clipped(y)))(...)
        you take the logarithm of the labels.
        Who decides what happens, and who is surprised?
    soft labels made hard:
            costs(
                lambda y, p: terms(one_hot_like(p, y.argmax(-1)), p),
                lambda y, z: terms_of_logits(one_hot_like(z, y.argmax(-1)), z),
            )(...)
        you look at the likeliest class of y_true alone.
        What does the second likeliest class of a soft label cost?
    mean for sum
        The labels already weigh the classes. What is left to average?
    clipped before rescaled: costs(lambda y, p: weighted(y, np.log(rescaled(clipped(p)))), terms_of_logits)(...)
        you clip before you divide by the sum: a number above 1 is cut too early.
        Which comes first in the contract, the sum or the clip?
    divided by the sum over the samples:
            costs(lambda y, p: weighted(y, np.log(clipped(p / p.sum(0)))), terms_of_logits)(...)
        you divide by the sum over axis 0, the samples.
        Along which axis do the probabilities sum to 1?
    log-sum-exp left out: costs(terms, lambda y, z: weighted(y, z))(...)
    missing logarithm: costs(lambda y, p: y * rescaled(p) - y, lambda y, z: y * shares(z) - y)(...)
        you return 1 minus the probability of the true class, without a logarithm.
        What should a class cost that was held impossible?
    logarithm of the mixture:
            -np.log(np.sum(y_true * (shares(y_pred) if from_logits else clipped(rescaled(y_pred))), axis=-1))
        you take the logarithm of the mixed probability: for soft labels that is not the mean of the logarithms.
        Which comes first for a soft label: the logarithm of each class, or the sum?
    neither clipped nor stable:
            unstable = lambda y, z: y * np.log(np.exp(z) / np.exp(z).sum(-1, keepdims=True))
            costs(lambda y, p: y * np.log(p), unstable)(...)
""")


# --- The slope ----------------------------------------------------------------------------------------------------

chapter.expression(
    "log_sum_exp_slope",
    "exp(z_1) / (exp(z_1) + exp(z_2) + exp(z_3))",
    {"z_1": (-2.0, 2.0), "z_2": (-2.0, 2.0), "z_3": (-2.0, 2.0)},
    section="The slope",
).add_misconceptions("""
    inner derivative forgotten: 1 / (exp(z_1) + exp(z_2) + exp(z_3))
        that is the slope of the outer logarithm.
        How fast does the sum grow with z_1?
    all terms moved: 1
        that is the slope if all three scores grow together.
        Which terms of the sum hold z_1?
    slope of the softmax: exp(z_1) * (exp(z_2) + exp(z_3)) / (exp(z_1) + exp(z_2) + exp(z_3))**2
        you differentiated once too often: that is the slope of the softmax.
        What stands in the denominator after one derivative of a logarithm?
""")

chapter.expression(
    "rival_slope",
    "-p_1*p_2",
    {"p_1": (0.1, 0.5), "p_2": (0.1, 0.45)},
    section="The slope",
).add_misconceptions("""
    opposite sign
        If the score of the second class grows, does the probability of the first grow or shrink?
    slope of the logarithm: -p_2
        that is the slope of ln p_1.
        If you know the slope of ln p_1, which factor turns it into the slope of p_1?
    slope by its own score: p_1*(1 - p_1)
        that is the slope of p_1 with respect to z_1.
        Does z_2 stand in the numerator of p_1, or only in the sum below it?
    no competition: 0
        you took the denominator of p_1 for a constant.
        Which scores does the sum of the exponentials contain?
    exchanged: p_2*(1 - p_2)
        that is the slope of p_2 with respect to z_2.
        Which probability is differentiated here?
    one class only: -p_1
        this says that the probability of class 2 does not matter.
        If p_2 is almost 0, can a small change of z_2 change p_1 much?
""")

chapter.expression(
    "rescaled_slope", "1 / (q_1 + q_2)", {"q_1": (0.1, 1.0), "q_2": (0.1, 1.0)}, section="The slope"
).add_misconceptions("""
    rescaling forgotten: 0
        0 is the slope of -ln q_1: there q_2 does not count.
        Where does q_2 stand in the cost?
    other class: 1 / (q_1 + q_2) - 1 / q_1
        that is the slope with respect to q_1.
        Which of the two logarithms holds q_2?
    opposite sign
        If the false class gets more, should the cost rise or fall?
    logarithm not differentiated: q_1 / (q_1 + q_2)**2
        that is the slope of minus the fraction, without the logarithm around it.
        By what does the logarithm divide when it is differentiated?
""")


@chapter.slope_of(
    categorical_crossentropy,
    section="The slope",
    aspects={"gradient": 2, "extremes": 1, "shapes": 1},
    reference=lambda y_true, y_pred, from_logits=False: losses.categorical_crossentropy.gradient(
        y_true, y_pred, from_logits
    ),
    cases=joined(
        cases(
            {"y_true": one_hot, "y_pred": distribution},
            aspect="gradient",
            first=[((0, 1), (0.25, 0.75))],
            options={"from_logits": False},
        ),
        cases(
            {"y_true": distribution, "y_pred": weights},
            aspect="gradient",
            first=[((0.3, 0.7), (0.5, 1.5)), ((0.3, 0.7), (0.1, 0.3))],
            batches=(),
            options={"from_logits": False},
        ),
        cases(
            {"y_true": distribution, "y_pred": logits},
            aspect="gradient",
            first=[((0, 1), (1.2, 0.8)), (SOFT, (1, -3, 5))],
            extremes=[((0, 1), (800, 0)), ((1, 0), (800, 0)), ((0.5, 0.5), (-900, -800)), ((0, 1), (2000, -2000))],
            options={"from_logits": True},
        ),
    ),
    laws=("finite",),
)
def categorical_crossentropy_gradient(y_true, y_pred, from_logits=False):
    """The derivative of categorical_crossentropy with respect to each entry of y_pred.

    y_true: one-hot or soft labels, shape (..., C); each row sums to 1.
    y_pred: positive numbers, same shape, of any sum; or logits of any size, if from_logits.
    Returns an array in the shape of y_pred. The division of y_pred by its sum is part of
    the loss; the clip does not matter here.
    """


def slope(y, p):
    """The derivative by probabilities of any sum."""
    return 1 / p.sum(-1, keepdims=True) - y / p


def slope_of_logits(y, z):
    """The derivative by logits."""
    return shares(z) - y


categorical_crossentropy_gradient.add_misconceptions("""
    sign of the slope
        If the probability of the true class grows, does the loss grow or shrink?
    factor of the rescaling forgotten:
            branches(lambda y, p: 1 - y / (p / p.sum(-1, keepdims=True)), slope_of_logits)(...)
        you differentiate with respect to the shares; each share is a number of y_pred divided by their sum.
        By which factor does a share change if its number grows by 1?
    rescaling forgotten: branches(lambda y, p: -y / p, slope_of_logits)(...)
        you left out that y_pred is divided by its sum.
        If a false class gets more, what happens to the share of the true one?
    sum taken for 1: branches(lambda y, p: 1 - y / p, slope_of_logits)(...)
        you take it that y_pred sums to 1 already.
        What is the derivative of the logarithm of the sum?
    difference in both cases: branches(lambda y, p: rescaled(p) - y, slope_of_logits)(...)
    difference of what came: branches(lambda y, p: p - y, lambda y, z: z - y)(...)
    logits taken as probabilities: branches(slope, lambda y, z: z - y)(...)
    from_logits ignored: branches(slope, slope)(...)
    sigmoid for softmax: branches(slope, lambda y, z: sigma(z) - y)(...)
        as in categorical_crossentropy
    missing shift: branches(slope, lambda y, z: np.exp(z) / np.exp(z).sum(-1, keepdims=True) - y)(...)
        large logits give NaN.
        Which of your functions takes logits of any size to their shares?
    1/D too much
        Does the loss take a mean over the classes, or a sum?
    arguments swapped
    Jacobian applied twice:
            branches(
                slope,
                lambda y, z: shares(z) * ((shares(z) - y) - (shares(z) * (shares(z) - y)).sum(-1, keepdims=True)),
            )(...)
        for logits you apply the slope of the softmax twice: share minus label already includes it.
        What is the slope of the cost by the shares, before the chain rule?
    label's class only: branches(slope, lambda y, z: (shares(z) - 1) * y)(...)
        for logits only the class of the label gets a slope.
        Does the cost rise with the score of a wrong class?
""")


# --- Labels as numbers --------------------------------------------------------------------------------------------

BATCHED = ((1, 2), (2, 3), (4, 5))


@chapter.function(
    section="Labels as numbers",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=lambda y_true, y_pred, from_logits=False, ignore_class=None: losses.sparse_categorical_crossentropy(
        y_true, y_pred, from_logits, ignore_class
    ),
    keras="keras.losses.sparse_categorical_crossentropy",
    cases=joined(
        cases(
            {"y_true": class_numbers, "y_pred": rows(distribution)},
            first=[((1,), ((0.25, 0.75),)), ((1, 2), ((0.05, 0.95, 0), (0.1, 0.8, 0.1)))],
            extremes=[((1,), ((1, 0),)), ((0,), ((1, 0),))],
            vectors=BATCHED,
            options={"from_logits": False, "ignore_class": None},
        ),
        cases(
            {"y_true": class_numbers, "y_pred": rows(logits)},
            first=[((1,), ((1.2, 0.8),)), ((0, 2), ((1, -3, 5), (0, 2, 1)))],
            extremes=[((1,), ((800, 0),)), ((0,), ((800, 0),)), ((1,), ((2000, -2000),))],
            vectors=BATCHED,
            batches=((2, 3, 4),),
            options={"from_logits": True, "ignore_class": None},
        ),
        cases(
            {"y_true": numbers_or_void, "y_pred": rows(distribution)},
            first=[((-1, 1), ((0.25, 0.75), (0.4, 0.6)))],
            vectors=BATCHED,
            batches=((2, 3, 4),),
            options={"from_logits": False, "ignore_class": -1},
        ),
        cases(
            {"y_true": class_numbers, "y_pred": rows(distribution)},
            extremes=[((255, 1), ((0.25, 0.75), (0.4, 0.6)))],  # the void of many data sets of pictures
            vectors=(),
            batches=(),
            options={"from_logits": False, "ignore_class": 255},
        ),
        cases(
            {"y_true": class_numbers, "y_pred": rows(logits)},
            first=[((0, 1), ((1, 3), (1.2, 0.8)))],
            vectors=BATCHED,
            batches=(),
            options={"from_logits": True, "ignore_class": 0},
        ),
    ),
    laws=("finite", "never_negative"),
)
def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None):
    """The surprise at the true class, in nats, for labels given as class numbers.

    y_true: class numbers 0 to C - 1, shape (...); those equal to ignore_class cost 0.
    y_pred: probabilities, shape (..., C), each row sums to 1; or logits, if from_logits.
    ignore_class: a label that does not count, in or outside 0 to C - 1; None: all count.
    Returns an array of shape (...). Probabilities are clipped to [1e-7, 1 - 1e-7].
    """


sparse_categorical_crossentropy.add_misconceptions(SURPRISE)


def picked(logarithms, labels):
    """The logarithm at each label; ignored ones, which may be no class, take some class."""
    return np.take_along_axis(logarithms, labels[..., None] % logarithms.shape[-1], -1)[..., 0]


def sparse(of_probabilities, of_logits, pick=picked):
    """A way to compute the loss: how logarithms are found, and how that of the label is picked."""

    def loss(y_true, y_pred, from_logits=False, ignore_class=None):
        logarithms = (of_logits if from_logits else of_probabilities)(y_pred)
        counted = np.ones(y_true.shape, bool) if ignore_class is None else y_true != ignore_class
        return np.where(counted, -pick(logarithms, y_true), 0)

    return loss


def log_clipped(p):
    """The logarithms of probabilities, as Keras takes them."""
    return np.log(clipped(p))


sparse_categorical_crossentropy.add_misconceptions("""
    classes counted from 1:
            sparse(log_clipped, log_shares, lambda logarithms, labels: picked(logarithms, labels - 1))(...)
        you pick the class before the right one.
        Which number has the first class?
    numbers used as weights:
            sparse(log_clipped, log_shares, lambda logarithms, labels: labels * logarithms.sum(-1))(...)
        you multiply by the class numbers.
        Is class 4 twice as much as class 2?
    likeliest class: sparse(log_clipped, log_shares, lambda logarithms, labels: logarithms.max(-1))(...)
        you look at the class with the highest prediction, not at the true one.
        What does your loss say of a model that is sure and wrong?
    first label for all:
            sparse(
                log_clipped,
                log_shares,
                lambda logarithms, labels: picked(logarithms, np.full_like(labels, labels.flat[0])),
            )(...)
        every row is judged by one and the same label.
        Which label belongs to which row?
    from_logits ignored: sparse(log_clipped, log_clipped)(...)
    softmax of probabilities: sparse(log_shares, log_shares)(...)
    missing clip: sparse(np.log, log_shares)(...)
    logits clipped as well: sparse(log_clipped, lambda z: log_clipped(shares(z)))(...)
    neither clipped nor stable: sparse(np.log, lambda z: np.log(shares(z)))(...)
    ignored ones counted: sparse(log_clipped, log_shares)(y_true, y_pred, from_logits)
        your result does not depend on ignore_class; a label of -1 picks the last class.
        What should a pixel cost that nobody has labelled?
    log-sum-exp left out: sparse(log_clipped, lambda z: z)(...)
""")
sparse_categorical_crossentropy.add_misconceptions(
    other_epsilons("sparse(lambda p: np.log(clipped(p, epsilon)), log_shares)(...)")
)
sparse_categorical_crossentropy.add_misconceptions("""
    class 0 never ignored: sparse(log_clipped, log_shares)(y_true, y_pred, from_logits, ignore_class or None)
        class 0 is never ignored: `if ignore_class` is false for 0.
        How does Python tell None from 0?
    ignored ones pay for class 0:
            sparse(log_clipped, log_shares)(np.where(y_true == ignore_class, 0, y_true), y_pred, from_logits)
        you put class 0 in place of ignored labels, and let them pay for it.
        After the cost is picked, what has still to happen to those of ignored labels?
    missing logarithm: sparse(lambda p: p - 1, lambda z: shares(z) - 1)(...)
        you return 1 minus the probability of the label's class.
        Which function turns a probability into a surprise?
    NaN for ignored ones:
            np.where(
                np.zeros(y_true.shape, bool) if ignore_class is None else y_true == ignore_class,
                np.nan,
                sparse(log_clipped, log_shares)(y_true, y_pred, from_logits),
            )
        ignored labels cost NaN in yours.
        What do ignored labels cost, according to the contract?
    ignored ones left out:
            every = sparse(log_clipped, log_shares)(y_true, y_pred, from_logits)
            every if ignore_class is None else every[y_true != ignore_class]
        your result has fewer entries than there are labels.
        Which shape does the contract promise, and what do ignored labels cost?
""")


# --- Spot the bug -------------------------------------------------------------------------------------------------


NO_OPTIMUM = (  # why logits have another softmax
    ("you gave the probabilities themselves, not the logits that have them", np.array(SOFT)),
    ("your logits have the opposite sign: the likeliest class has the smallest", -np.log(SOFT)),
    ("these are logarithms to base 10", np.log10(SOFT)),
    ("these are logarithms to base 2", np.log2(SOFT)),
    ("these are log-odds: their sigmoids are the target, not their softmax", np.log(SOFT) - np.log1p(-np.array(SOFT))),
    ("these are the tutorial's logits, whose softmax is nearly one-hot", np.array([1.0, -3.0, 10.0])),
)


def _soft_optimum(z):
    if z.shape != (3,) or not np.isfinite(z).all():
        return f"expected three finite logits, shape (3,); got {z}"
    p = shares(z)
    if np.allclose(p, SOFT, atol=1e-3):
        return True
    why = next((f"; {words}" for words, wrong in NO_OPTIMUM if np.allclose(z - z[0], wrong - wrong[0], atol=1e-2)), "")
    return f"the softmax of these logits is {p.round(4).tolist()}, not {list(SOFT)}{why}"


def _as_one_hot(labels, p):
    """The cost of the same labels, written as one-hot rows, for probabilities without a zero."""
    if (p == 0).any():
        raise ValueError("no probability may be 0")
    return losses.categorical_crossentropy(one_hot_like(p, labels.astype(int)), p)


def _sparse_is_no_data(labels, p):
    try:
        from_numbers, from_rows = losses.sparse_categorical_crossentropy(labels, p), _as_one_hot(labels, p)
    except (IndexError, TypeError, ValueError) as error:
        return f"expected class numbers, and rows of probabilities above 0: {error}"
    return bool(np.allclose(from_numbers, from_rows, atol=1e-3)) or f"there they are {from_numbers} and {from_rows}"


chapter.number(
    "cost_of_impossible", float(-np.log(1e-7)), "a number, in nats", section="Spot the bug", digits=1
).add_misconceptions("""
    epsilon of float32: -np.log(np.finfo(np.float32).eps)
        that is -ln 1.19e-7: the distance from 1 to the next float32.
        Which epsilon does Keras use?
    1e-6 for 1e-7: -np.log(1e-6)
        that is -ln 1e-6, as the tutorial says.
        Which epsilon has Keras?
    opposite sign
        Which sign has the logarithm of 1e-7?
    nothing: 0.0
        you let the impossible cost nothing.
        Did it happen, or did it not?
    without the clip: np.inf
        that is the cost without a clip.
        Which probability does Keras put in place of 0?
""")

chapter.counterexample(
    "not_only_zeros",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([1.0, 0.0], [0.2, 0.2]),
    domains={"y_true": distribution, "y_pred": any_weights},
    one_shape=True,
    refutes=differ(
        lambda y, p: -(y * np.log(np.where(p == 0, 1e-7, p))).sum(-1),
        losses.categorical_crossentropy,
        because=(
            (
                lambda y, p: np.any((p == 0) & (y > 0)),
                "the tutorial's epsilon takes care of a probability of 0",
            ),
            (
                lambda y, p: np.allclose(p.sum(-1), 1),
                "every row sums to 1 already, and the probability of the true class is not 0",
            ),
        ),
    ),
)

chapter.counterexample(
    "dense_by_numbers",
    section="Spot the bug",
    asks="a pair of arrays, (class_numbers, y_pred)",
    example=([1], [[0.2, 0.5, 0.3]]),
    domains={"class_numbers": class_numbers, "y_pred": distribution},
    refutes=_sparse_is_no_data,
)

chapter.counterexample(
    "soft_optimum",
    section="Spot the bug",
    asks="an array of three logits",
    example=(tuple(np.log(SOFT)),),
    refutes=_soft_optimum,
)
