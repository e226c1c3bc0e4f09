"""Chapter 04: log loss, log-odds, and the cross-entropy of yes-or-no labels from probabilities and from logits."""

from dataclasses import replace
from functools import partial

import numpy as np

from lossedu import losses
from lossedu.exercises import _cross_entropies
from lossedu.exercises._cross_entropies import SURPRISE, branches, clipped, negative, sigma
from lossedu.exercises._declare import Chapter, other_epsilons
from lossedu.exercises._domains import (
    any_numbers,
    any_probabilities,
    between,
    binary_labels,
    cases,
    joined,
    logits,
    probabilities,
)
from lossedu.stable import softmax

chapter = Chapter("04_binary_crossentropy", globals(), vars(_cross_entropies))
chapter.warm_up(0.25, "00_first_loss", "Many errors, and an axis")
chapter.warm_up(2 * (0.9 - 1), "00_first_loss", "The price of one error")
chapter.warm_up(0, "00_first_loss", "Why one number")
SPAM, P_SPAM = (1, 0, 0, 1), (0.9, 0.1, 0.2, 0.65)
FAR_RIGHT, FAR_WRONG = ((1, 0), (800, -800)), ((1, 0), (-800, 800))  # labels, and logits that are sure of themselves


def of_probabilities(y, p):
    """The cost of each label, and nothing done about zeros."""
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def of_clipped(y, p):
    """The cost of each label, as Keras has it."""
    return of_probabilities(y, clipped(p))


def of_softmax(y, z):
    """The cost of each label, where the labels of a sample share one probability."""
    return of_clipped(y, softmax(z))


def of_logits(y, z):
    """The cost of each label, in the stable form."""
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


def log_odds(p):
    """The inverse of the sigmoid."""
    with np.errstate(divide="ignore"):  # the logarithm of 0 is -infinity, as it should be
        return np.log(p) - np.log1p(-p)


# --- From likelihood to log loss ----------------------------------------------------------------------------------

chapter.number(
    "spam_likelihood", 0.9 * 0.9 * 0.8 * 0.65, "a probability", section="A question", digits=3
).add_misconceptions("""
    probabilities of spam multiplied: 0.9 * 0.1 * 0.2 * 0.65
        that is the probability that all four are spam.
        Two of the mails are ham: which probability did the filter give to that?
    geometric mean: (0.9 * 0.9 * 0.8 * 0.65) ** (1 / 4)
        that is the geometric mean of the four probabilities.
        Which root of the product did you take, and does the question ask for a root?
    mean for product: (0.9 + 0.9 + 0.8 + 0.65) / 4
        that is the mean of the four probabilities.
        How likely is it that two independent things both happen?
    rounded to verdicts: 1.0
        that is the share of mails on the right side of 1/2.
        Was the filter as sure of the last mail as of the first?
    one mail for all: 0.65
        that is the probability of the last label alone.
        What did the filter say of the other three?
    log loss for likelihood: 0.2162
        that is the log loss: minus the logarithm of what is asked for, divided by the number of mails.
        How likely are these four labels together?
    last mail taken for ham: 0.9 * 0.9 * 0.8 * 0.35
        your last factor is the probability of ham.
        What is the last mail, spam or ham?
""")


SOFT = {"y_true": any_probabilities}


def soft_labels(domains, first, *, aspect="values", options=None):
    """Cases with labels between 0 and 1: a tidy one, and as many as explanations need to be told apart."""
    return cases(
        domains, aspect=aspect, first=[first], vectors=((2,), (3,), (4,)), batches=(), square=None, options=options
    )


@chapter.function(
    section="From likelihood to log loss",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.log_loss,
    cases=joined(
        cases(
            {"y_true": binary_labels, "y_prob": probabilities},
            first=[((1, 0), (0.9, 0.2)), (SPAM, P_SPAM)],
            extremes=[((1, 0), (1, 0)), ((1, 0), (0.5, 1)), ((0, 1, 1), (0.25, 1, 0))],
        ),
        soft_labels({"y_true": any_probabilities, "y_prob": probabilities}, ((0.75, 0), (0.9, 0.2))),
    ),
    laws=("never_negative",),
    curve_along="y_prob",
)
def log_loss(y_true, y_prob):
    """The mean surprise at yes-or-no labels, in nats, along the last axis; no clipping.

    y_true: labels, 0 or 1 or a probability between, shape (..., D).
    y_prob: the predicted probabilities of a 1, in [0, 1], same shape.
    Returns an array of shape (...), with 0 ln 0 = 0: being certain and right costs nothing,
    being certain and wrong is infinitely bad.
    """


def part(y, p):
    """`y ln p`, with 0 where y is 0."""
    return np.where(y == 0, 0, y * np.log(p))


log_loss.add_misconceptions(SURPRISE)
log_loss.add_misconceptions(
    other_epsilons(
        "of_probabilities(y_true, clipped(y_prob, epsilon)).mean(-1)",
        more=(1e-15,),
        fact="you keep probabilities away from 0 and 1 by {epsilon}: being certain and wrong is not infinitely bad.",
        hint="What does the contract say of clipping?",
    )
)
log_loss.add_misconceptions("""
    sum for mean
    negatives left out: -part(y_true, y_prob).mean(-1)
    minus for plus: (part(1 - y_true, 1 - y_prob) - part(y_true, y_prob)).mean(-1)
    missing 0 ln 0: of_probabilities(y_true, y_prob).mean(-1)
        where the filter is certain and right you get NaN.
        What does NumPy make of 0 * log(0)?
    clipped: of_clipped(y_true, y_prob).mean(-1)
        you keep probabilities away from 0 and 1, as Keras does; this definition does not.
        What does the contract say of a prediction that is certain and wrong?
    labels rounded: losses.log_loss(np.round(y_true), y_prob)
    soft labels made hard: losses.log_loss(np.where(y_true == 1, 1.0, 0.0), y_prob)
    NaN left out of the mean: np.nanmean(of_probabilities(y_true, y_prob), axis=-1)
        np.nanmean drops the entries that are NaN: a label that is certain and right no longer counts in the mean.
        What should such a label cost, and by how many is the sum divided?
    infinity made a number: np.nan_to_num(of_probabilities(y_true, y_prob)).mean(-1)
        np.nan_to_num turns infinity into a huge number, as it turns NaN into 0.
        What does the contract say of being certain and wrong?
    missing logarithm: (y_true * (1 - y_prob) + (1 - y_true) * y_prob).mean(-1)
        you return 1 minus the probability of what happened, without a logarithm.
        What is the surprise at something of probability 0?
    logarithm of the mean: -np.log((y_true * y_prob + (1 - y_true) * (1 - y_prob)).mean(-1))
        you take the mean of the probabilities first, and the logarithm of that.
        Is it a mean of logarithms, or the logarithm of a mean?
    1 + p for 1 - p: -(part(y_true, y_prob) + (1 - y_true) * np.log1p(y_prob)).mean(-1)
        the probability of a label 0 is 1 + p in yours.
        How likely is a label 0, if a 1 has the probability p?
""")


chapter.expression(
    "log_loss_slope", "(p - y) / (p * (1 - p))", {"y": {0, 1}, "p": (0.0, 1.0)}, section="From likelihood to log loss"
).add_misconceptions("""
    opposite sign
        If the label is 1 and p grows, does the cost rise or fall?
    inner derivative forgotten: -y / p - (1 - y) / (1 - p)
        you left out that 1 - p falls as p grows.
        What is the derivative of ln(1 - p) with respect to p?
    first term only: -y / p
        that is the slope of the first term.
        What does the cost of a label 0 do as p grows?
""")

# --- Log-odds -----------------------------------------------------------------------------------------------------


@chapter.function(
    section="Log-odds",
    aspects={"values": 1, "extremes": 1},
    reference=log_odds,
    cases=cases(
        {"p": between(0.01, 0.99)},
        first=[(0.9,), ((0.25, 0.9),)],
        extremes=[(0.5,), (np.float64(0),), (np.float64(1),), ((0, 1),), ((1e-20, 1e-300),)],
        vectors=((), (4,), (2, 3), (2, 3, 4)),
        batches=(),
        numbers=True,
    ),
    curve_along="p",
)
def logit(p):
    """The log-odds of each probability: the natural logarithm of p : (1 - p).

    p: probabilities in [0, 1], a number or an array of any shape.
    Returns a number for each, in the shape of p: -inf for 0, 0 for 1/2, inf for 1.
    """


logit.add_misconceptions("""
    odds without the logarithm: p / (1 - p)
        those are the odds themselves.
        Which number should a probability of 1/2 get, according to the contract?
    sign
        Should something likely get a positive number, or a negative one?
    logarithm of the probability: np.log(p)
        that is ln p: it never gets above 0.
        With what do odds compare the probability p?
    sigmoid for logit: sigma(p)
        you computed the inverse: from a number to a probability.
        Which of the two takes a probability?
    log10 for ln
        Which logarithm does the contract name?
    clipped: log_odds(clipped(p))
        the probabilities 0 and 1 get finite log-odds in your function.
        What does the contract say of 0 and 1?
    brackets missing: np.log(p / 1 - p)
        p / 1 - p is (p / 1) - p, which is always 0.
        Which part of the fraction needs brackets?
    quotient of logarithms: np.log(p) / np.log(1 - p)
        you divide one logarithm by the other.
        What does the logarithm make of a quotient?
    digits of a small p lost: 2 * np.arctanh(2 * p - 1)
        you compute 2p - 1 first: for a very small p it rounds to -1, and p is lost.
        What does 2p - 1 give for p = 1e-20?
""")


@chapter.function(
    section="Log-odds",
    aspects={"values": 1, "extremes": 1},
    reference=sigma,
    keras="keras.activations.sigmoid",
    cases=cases(
        {"x": logits},
        first=[((-1, 2),), ((0.5, 3),)],
        extremes=[((0, 0),), ((800, -800),), ((-1000, 40, 1000),)],
        vectors=((), (3,), (4,), (2, 3), (2, 3, 4)),
        batches=(),
        kinds="values",
    ),
    laws=("finite", "bounded_by_one", "complements:x"),
    curve_along="x",
)
def sigmoid(x):
    """The probability with log-odds x: the inverse of logit.

    x: real numbers of any size, an array of any shape.
    Returns probabilities in the shape of x; none of them is NaN.
    """


sigmoid.add_misconceptions("""
    sign of the exponent: sigma(-x)
        your function falls where it should rise.
        Which probability should large log-odds give?
    tanh for sigmoid: np.tanh(x)
        your values run from -1 to 1.
        Between which bounds lies a probability?
    logit for sigmoid: np.log(x / (1 - x))
        you computed the inverse: from a probability to log-odds.
        Which of the two takes any real number?
    one step: np.where(x >= 0, 1.0, 0.0)
        you return verdicts, 0 or 1.
        Which probability belongs to log-odds of ln 9?
    exponential overflows: np.exp(x) / (1 + np.exp(x))
    brackets missing: 1 + np.exp(-x)
        your result is 1 + exp(-x): it should stand below a fraction bar. 1 / 1 + a is (1 / 1) + a.
        Which part of the fraction needs brackets?
    scores clipped: sigma(np.clip(x, -10, 10))
        you cut x to -10 and 10: all numbers beyond get the same probability.
        Which probability do log-odds of 40 belong to?
    minus for plus: 1 / (1 - np.exp(-x))
        your denominator is 1 - exp(-x), which is 0 for x = 0.
        Which probability belongs to log-odds of 0?
    powers of 2: sigma(x * np.log(2))
        your power has base 2.
        Which base does the logarithm of the log-odds have?
    odds for probability: np.exp(x)
        those are the odds, exp(x).
        Which probability has odds of 3 : 1?
    size in the exponent: sigma(np.abs(x))
        your result is the same for x and -x: it is never below 1/2.
        Which probability should log-odds below 0 give?
    softmax for sigmoid:
            e = np.exp(x - x.max(-1, keepdims=True))
            e / e.sum(-1, keepdims=True)
        your values sum to 1 along the last axis.
        Does the probability of one label depend on the log-odds of another?
""")


# --- The cost of a logit ------------------------------------------------------------------------------------------

chapter.expression(
    "cost_of_logit", "log(1 + exp(z)) - z * y", {"y": {0, 1}, "z": (-3.0, 3.0)}, section="The cost of a logit"
).add_misconceptions("""
    label 1 only: log(1 + exp(-z))
        that is the cost if the label is 1.
        What is left if you put y = 0 into the definition?
    sign of z y: log(1 + exp(z)) + z * y
        a high logit costs more than it should if the label is 1.
        What should the cost tend to as z grows, if y = 1?
    logarithm of 1 forgotten: log(exp(z)) - z * y
        the sum 1 + exp(z) has lost its 1.
        How do you write 1 - p on one fraction?
    labels of -1 and +1: log(1 + exp(-y*z))
        that is the cost for labels of -1 and +1: a label of 0 costs ln 2, whatever the logit is.
        Which two values does y have here?
""")


@chapter.function(
    section="The cost of a logit",
    aspects={"values": 2, "extremes": 2, "shapes": 1},
    reference=lambda y_true, y_pred, from_logits=False: losses.binary_crossentropy(y_true, y_pred, from_logits),
    keras="keras.losses.binary_crossentropy",
    cases=joined(
        cases(
            {"y_true": binary_labels, "y_pred": probabilities},
            first=[((1, 0), (0.9, 0.2))],
            extremes=[((1, 0), (1, 0)), ((1, 0), (0, 1)), ((1, 0), (1e-6, 0.5))],
            options={"from_logits": False},
        ),
        soft_labels(SOFT | {"y_pred": probabilities}, ((0.75, 0), (0.9, 0.2)), options={"from_logits": False}),
        cases(
            {"y_true": binary_labels, "y_pred": logits},
            first=[((1, 0), (2, -1))],
            extremes=[FAR_RIGHT, FAR_WRONG, ((0.75, 0), (800, 0))],
            options={"from_logits": True},
        ),
        soft_labels(SOFT | {"y_pred": logits}, ((0.75, 0), (2, 0.5)), options={"from_logits": True}),
    ),
    laws=("finite", "never_negative"),
    curve_along="y_pred",
)
def binary_crossentropy(y_true, y_pred, from_logits=False):
    """The mean surprise at yes-or-no labels, in nats, along the last axis, as Keras has it.

    y_true: labels, 0 or 1 or a probability between, shape (..., D).
    y_pred: probabilities of a 1, same shape; or logits of any size, if from_logits.
    Returns an array of shape (...). Probabilities are clipped to [1e-7, 1 - 1e-7];
    from logits nothing is clipped, and nothing overflows.
    """


binary_crossentropy.add_misconceptions(SURPRISE)


costs = partial(branches, then=lambda of_labels: of_labels.mean(-1))

binary_crossentropy.add_misconceptions("""
    from_logits ignored: costs(of_clipped, of_clipped)(...)
    sigmoid of a probability: costs(of_logits, of_logits)(...)
        you take the sigmoid of what already is a probability.
        What does y_pred hold if from_logits is False?
    negatives left out: costs(lambda y, p: y * of_clipped(1, p), lambda y, z: y * of_logits(1, z))(...)
    minus for plus:
            costs(
                lambda y, p: y * of_clipped(1, p) - (1 - y) * of_clipped(0, p),
                lambda y, z: y * of_logits(1, z) - (1 - y) * of_logits(0, z),
            )(...)
    labels rounded: costs(lambda y, p: of_clipped(np.round(y), p), lambda y, z: of_logits(np.round(y), z))(...)
    missing clip: costs(of_probabilities, of_logits)(...)
    logits clipped as well: costs(of_clipped, lambda y, z: of_clipped(y, sigma(z)))(...)
    softmax of the logits: costs(of_clipped, of_softmax)(...)
        from logits you take a softmax over the last axis: the labels compete for one probability.
        May several labels of a sample be 1 at once, and which function takes each logit alone?
    logarithm of a saturated sigmoid: costs(of_clipped, lambda y, z: of_probabilities(y, sigma(z)))(...)
        far from 0 the sigmoid is 0 or 1 to the last digit, and its logarithm is lost.
        How did you write the cost in terms of z, without p?
    neither clipped nor stable: costs(of_probabilities, lambda y, z: of_probabilities(y, sigma(z)))(...)
    exponential overflows: costs(of_clipped, lambda y, z: np.log(1 + np.exp(z)) - z * y)(...)
    sum for mean
    size missing in the exponent: costs(of_clipped, lambda y, z: np.maximum(z, 0) - z * y + np.log1p(np.exp(-z)))(...)
        in the stable form your exponent is -z: for negative logits the cost is too large by -z.
        Which sign has the exponent of the stable form, whatever the sign of z?
    labels and logits exchanged: costs(of_clipped, lambda y, z: of_logits(z, y))(...)
        in the branch for logits the labels and the logits have changed places.
        Which of the two is y_true, and which is z?
""")
binary_crossentropy.add_misconceptions(
    other_epsilons("costs(lambda y, p: of_probabilities(y, clipped(p, epsilon)), of_logits)(...)")
)


chapter.expression("sigmoid_slope", "p * (1 - p)", {"p": (0.0, 1.0)}, section="The slope").add_misconceptions("""
    1 - p forgotten: p
        that is the slope of exp(z), not of the sigmoid.
        What is exp(-z) / (1 + exp(-z))?
    upside down: 1 / (p * (1 - p))
        that is the slope of the logit with respect to p.
        Is the sigmoid steep where p is near 1?
    opposite sign
        Does the sigmoid rise or fall?
    slope of tanh: 1 - p**2
        that is the slope of tanh in terms of its value.
        For which p is the sigmoid steepest, and how steep is it there?
    p for z: exp(-p) / (1 + exp(-p))**2
        you differentiated by z, and then wrote p where z stood.
        What is exp(-z) / (1 + exp(-z)), in terms of p?
""")


def binary_slope(y_true, y_pred, from_logits=False):
    """The derivative of the mean cost by each prediction."""
    return losses.binary_crossentropy.gradient(y_true, y_pred, from_logits)


@chapter.slope_of(
    binary_crossentropy,
    section="The slope",
    aspects={"gradient": 2, "extremes": 1, "shapes": 1},
    reference=binary_slope,
    cases=joined(
        cases(
            {"y_true": binary_labels, "y_pred": replace(probabilities, edges=())},  # the contract leaves out 0 and 1
            aspect="gradient",
            first=[((1, 0), (0.8, 0.25))],
            extremes=[((1, 0), (1e-5, 0.5)), ((1, 0), (1e-6, 0.5))],
            options={"from_logits": False},
        ),
        soft_labels(
            SOFT | {"y_pred": probabilities},
            ((0.75, 0), (0.5, 0.25)),
            aspect="gradient",
            options={"from_logits": False},
        ),
        cases(
            {"y_true": binary_labels, "y_pred": logits},
            aspect="gradient",
            first=[((1, 0), (2, -1))],
            extremes=[FAR_RIGHT, FAR_WRONG],
            options={"from_logits": True},
        ),
        soft_labels(SOFT | {"y_pred": logits}, ((0.75, 0), (2, 0.5)), aspect="gradient", options={"from_logits": True}),
    ),
    laws=("finite",),
    curve_along="y_pred",
)
def binary_crossentropy_gradient(y_true, y_pred, from_logits=False):
    """The derivative of binary_crossentropy with respect to each entry of y_pred.

    y_true: labels, 0 or 1 or a probability between, shape (..., D).
    y_pred: probabilities from 1e-7 to 1 - 1e-7, same shape; or logits, if from_logits.
    Returns an array in the shape of y_pred.
    """


slopes = partial(branches, then=lambda of_labels: of_labels / of_labels.shape[-1])


def slope_by_probability(y, p):
    """What a probability adds to the slope."""
    return (p - y) / (p * (1 - p))


def slope_by_logit(y, z):
    """What a logit adds to the slope."""
    return sigma(z) - y


binary_crossentropy_gradient.add_misconceptions("""
    missing 1/D
    sign of the slope
        If the label is 1 and the prediction grows, does the loss grow or shrink?
    difference in both cases: slopes(lambda y, p: p - y, slope_by_logit)(...)
    difference of what came: slopes(lambda y, p: p - y, lambda y, z: z - y)(...)
    chain rule forgotten: slopes(slope_by_probability, lambda y, z: slope_by_probability(y, sigma(z)))(...)
        for logits you give the slope with respect to the probability.
        If the logit moves a little, how far does its sigmoid move?
    logits taken as probabilities: slopes(slope_by_probability, lambda y, z: z - y)(...)
    from_logits ignored: slopes(slope_by_probability, slope_by_probability)(...)
    slope of the squared error: slopes(slope_by_probability, lambda y, z: (sigma(z) - y) * sigma(z) * sigma(-z))(...)
        for logits there is a factor p (1 - p) too much: it belongs to the squared error.
        What cancels when the slopes of the loss and of the sigmoid are multiplied?
    exponential overflows: slopes(slope_by_probability, lambda y, z: np.exp(z) / (1 + np.exp(z)) - y)(...)
    negatives left out: slopes(lambda y, p: -y / p, lambda y, z: -y * sigma(-z))(...)
    negatives left out for probabilities: slopes(lambda y, p: -y / p, slope_by_logit)(...)
        for probabilities you differentiated the term of the labels 1 alone.
        What does the cost of a label 0 do as p grows?
    first length for D
    both cases in one fraction: slopes(lambda y, p: -1 / (p + y - 1), slope_by_logit)(...)
        your fraction is right for labels 0 and 1 only, not for those in between.
        What is the slope for a label of 0.75: is it a mixture of both cases?
""")


# --- Unequal mistakes ---------------------------------------------------------------------------------------------

chapter.expression(
    "weighted_optimum", "w * s / (w * s + 1 - s)", {"s": (0.0, 1.0), "w": (0.2, 4.0)}, section="Unequal mistakes"
).add_misconceptions("""
    share unchanged: s
        that is the optimum without a weight.
        Set the derivative of the weighted sum to 0: where does w stand in it?
    not normalised: w * s
        that can exceed 1.
        Out of what total is w s a share, once each spam counts w times?
    weight on the negatives: s / (s + w * (1 - s))
        you gave the weight to the negatives.
        Which of the two terms does w multiply?
    odds for probability: w * s / (1 - s)
        those are the odds at the optimum.
        Which probability has odds of a : b?
""")


WEIGHTED = {"labels": binary_labels, "logits": logits}


@chapter.function(
    section="Unequal mistakes",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.weighted_cross_entropy_with_logits,
    keras="tf.nn.weighted_cross_entropy_with_logits",
    cases=joined(
        cases(
            WEIGHTED,
            first=[((1, 0), (2, -1))],
            extremes=[FAR_RIGHT, FAR_WRONG],
            options={"pos_weight": 0.5},
        ),
        soft_labels(
            {"labels": any_probabilities, "logits": logits}, ((0.75, 0), (-0.5, 2)), options={"pos_weight": 0.5}
        ),
        cases(WEIGHTED, batches=((), (4, 3)), options={"pos_weight": lambda rng: round(rng.uniform(1.5, 9), 1)}),
        cases(WEIGHTED, extremes=[((1, 0), (2, -1))], vectors=(), batches=((3, 1),), options={"pos_weight": 0.0}),
    ),
    laws=("finite", "never_negative"),
    curve_along="logits",
)
def weighted_cross_entropy_with_logits(labels, logits, pos_weight):
    """The surprise at each yes-or-no label, in nats, with a weight on the positive part.

    labels: 0 or 1 or a probability between, any shape.
    logits: log-odds of any size, same shape.
    pos_weight: how many times as much a missed positive costs, a number >= 0.
    Returns the cost of each label, in the shape of logits, as TensorFlow has it: nothing is
    averaged, nothing overflows.
    """


weighted_cross_entropy_with_logits.add_misconceptions(SURPRISE)


def weighted(labels, logits, positive, negative):
    """The costs, with a weight on each part."""
    return positive * labels * of_logits(1, logits) + negative * (1 - labels) * of_logits(0, logits)


weighted_cross_entropy_with_logits.add_misconceptions("""
    weight in the logit:
            shifted = logits - np.log(pos_weight)
            labels * np.logaddexp(0, -shifted) + (1 - labels) * np.logaddexp(0, shifted)
        you subtract the logarithm of pos_weight from the logits. This moves the best logit, but changes every cost.
        Should the weight change the cost of a label 0?
    weight on the whole cost: (1 + (pos_weight - 1) * labels) * weighted(labels, logits, 1, 1)
        your weight multiplies the whole cost: for a label between 0 and 1, one part of the cost has no weight.
        For a label of 0.75, which of the two terms of the cost is multiplied by the weight?
    weight on every label: weighted(labels, logits, pos_weight, pos_weight)
        you multiply the whole cost, of negatives too.
        Should the weight change what a ham that was taken for spam costs?
    weight on the negatives: weighted(labels, logits, 1, pos_weight)
        your weight stands at the labels 0.
        Which of the two terms counts the positives?
    weight ignored: weighted(labels, logits, 1, 1)
        your result does not depend on pos_weight.
        Which of the two terms does the weight multiply?
    weight shared out: weighted(labels, logits, pos_weight, 1 - pos_weight)
        you give the negatives what is left of 1.
        Does the contract say anything about the weight of the negatives?
    arguments swapped: weighted(logits, labels, pos_weight, 1)
        you take the logits for labels, and the labels for logits.
        Which of the two may be -3?
    exponential overflows: pos_weight * labels * np.log(1 + np.exp(-logits)) + (1 - labels) * np.log(1 + np.exp(logits))
    weight on labels of 1 alone: np.where(labels == 1, pos_weight, 1) * of_logits(labels, logits)
        only labels of exactly 1 are weighted.
        What part of the cost does a label of 0.75 have from the positive class?
    weight on z y alone: np.maximum(logits, 0) - pos_weight * logits * labels + np.log1p(np.exp(-np.abs(logits)))
        your weight stands at the term z * y alone.
        Into which terms does ln p split in the stable form, and which of them does the weight reach?
    weight added to 1: weighted(labels, logits, 1 + pos_weight, 1)
        your factor is 1 + pos_weight * y: each positive counts once too often.
        What should the factor be for a label of 1, and what for a label of 0?
    mean already taken: weighted(labels, logits, pos_weight, 1).mean(-1)
        you took the mean over the last axis.
        Does the contract average, or does each label keep its cost?
    weight minus 1: weighted(labels, logits, pos_weight - 1, 1)
        your positives count pos_weight - 1 times.
        If the factor is 1 + (w - 1) * y, what is it for a label of 1?
    divided by the weight: weighted(labels, logits, 1 / pos_weight, 1)
        you divide the cost of the positives by the weight.
        Should a larger weight make a missed positive cost more, or less?
    weight normalised: weighted(labels, logits, pos_weight, 1) / (1 + pos_weight)
        you divide everything by 1 + pos_weight.
        Does the contract divide by anything?
    weight on the logarithm alone:
            weight = 1 + (pos_weight - 1) * labels
            (1 - labels) * logits + weight * np.log1p(np.exp(-np.abs(logits))) + np.maximum(-logits, 0)
        your weight reaches the logarithm, but not the term max(-z, 0).
        Which two terms add up to -ln p, and does the weight multiply both?
""")


# --- Spot the bug -------------------------------------------------------------------------------------------------


def _logit_inside(p):
    if not (p.ndim == 0 and 0 < p < 1):
        return f"expected one probability, above 0 and below 1; got {p}"
    side = "below one half, it is negative" if p < 0.5 else "so sure a probability has large log-odds"
    logit = f"the logit of {p:g} is {log_odds(p):.4f}: outside [0, 1], as claimed"
    if p == 0.5:
        return "the logit of 0.5 is 0, at the edge: it must lie strictly between 0 and 1"
    return bool(0 < log_odds(p) < 1) or f"{logit}, because {side}"


chapter.counterexample(
    "minus_for_plus",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_prob)",
    example=([1.0], [0.5]),
    domains={"y_true": any_probabilities, "y_prob": any_probabilities},
    one_shape=True,
    refutes=negative(
        lambda y, p: y * np.log(p) - (1 - y) * np.log(1 - p),
        losses.log_loss,
        because=(
            (lambda y, p: not np.any(y), "for labels of 0 the formula is right"),
            (lambda y, p: np.allclose(y * np.log(p), (1 - y) * np.log(1 - p)), "both terms cancel"),
        ),
    ),
)

chapter.expression(
    "mended_cost", "-(y * log(p) + (1 - y) * log(1 - p))", {"y": {0, 1}, "p": (0.0, 1.0)}, section="Spot the bug"
).add_misconceptions("""
    sign changed, minus kept: -(y * log(p) - (1 - y) * log(1 - p))
        now labels of 1 pay the right price, and labels of 0 are paid.
        Both terms hold a logarithm of a probability: can their signs differ?
    minus corrected, sign kept: y * log(p) + (1 - y) * log(1 - p)
        this is the logarithm of the likelihood: it is never above 0.
        Which sign has the logarithm of a probability, and which has a cost?
    bug copied: y * log(p) - (1 - y) * log(1 - p)
        this is the tutorial's formula.
        What does it make of the label 1 at p = 1/2?
    1 minus the logarithm: -(y * log(p) + (1 - y) * (1 - log(p)))
        for a label of 0 you take 1 minus the logarithm of p.
        What is the probability of a 0, and what is its logarithm?
""")

chapter.counterexample(
    "labels_for_logits",
    section="Spot the bug",
    asks="a pair of arrays, (labels, logits)",
    example=([1.0], [3.0]),
    domains={"labels": any_probabilities, "logits": any_numbers},
    one_shape=True,
    refutes=negative(
        lambda y, z: of_logits(z, y),
        losses.sigmoid_cross_entropy_with_logits,
        because=(
            (lambda y, z: not np.any(y), "for a label of 0 the exchanged formula gives ln 2, whatever the logit is"),
            (lambda y, z: np.all(np.abs(z) < 2), "the logits are too small"),
        ),
    ),
)

chapter.counterexample(
    "beyond_certain",
    section="Spot the bug",
    asks="an array with one output of the model",
    example=([2.0],),
    domains={"x": any_numbers},
    refutes=negative(
        lambda x: -np.log(x),
        lambda x: losses.sigmoid_cross_entropy_with_logits(np.ones_like(x), x),
        because=((lambda x: np.all((x > 0) & (x <= 1)), "an output between 0 and 1 passes for a probability"),),
        or_no_number=True,
    ),
)

chapter.counterexample(
    "logit_inside",
    section="Spot the bug",
    asks="a probability",
    example=(0.6,),
    refutes=_logit_inside,
)
