"""Chapter 07: entropy, cross-entropy, the Kullback-Leibler divergence and its relatives."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter
from lossedu.exercises._domains import cases, counts, deviations, distribution, means, rates
from lossedu.language import say

chapter = Chapter("07_kl_divergence", globals())
chapter.warm_up(np.log(4), "04_binary_crossentropy", "From likelihood to log loss")
chapter.warm_up(0.3, "04_binary_crossentropy", "From likelihood to log loss")
chapter.warm_up(0.5, "04_binary_crossentropy", "Log-odds")
FAIR, LOADED = (0.5, 0.5), (0.9, 0.1)


INFORMATION = """
    log2 for ln
    mean for sum
        The p in front of the logarithm already weighs the outcomes. What is left to average?
    summed over the batch
        Which axis holds the outcomes of one distribution?
"""


# --- What surprise costs ------------------------------------------------------------------------------------------

chapter.number(
    "wasted_bits", 0.25, "a number, in bits per symbol", section="A question", digits=3
).add_misconceptions("""
    length for waste: 1.75
        that is the mean length of the better code.
        How much longer is the mean message under the plain code?
    nats for bits: 0.25 * np.log(2)
        that is the waste in nats.
        How many yes-or-no digits is one nat?
    ratio for difference: 0.25 / 1.75
        that is the waste as a share of the shorter message.
        What is asked for is a difference: which one?
    order or weights: 0.25 - 0.5
        you either subtracted the longer length from the shorter one, or counted all four codewords alike.
        Which of the two codes is longer on average, if each codeword counts as often as it is sent?
    ratio of the lengths: 2 / 1.75
        you divided the length of the plain code by that of the better one.
        Does the question ask how many times longer the message is, or how many bits longer?
    ratio of the lengths, upside down: 1.75 / 2
        you divided the length of the better code by that of the plain one.
        Does the question ask for a ratio of the lengths, or for their difference?
    share of the plain code: 0.25 / 2
        that is the waste as a share of the plain code's 2 bits.
        In which unit is the waste asked for?
""")


chapter.expression(
    "entropy_slope", "log((1 - p) / p)", {"p": (0.0, 1.0)}, section="Surprise, and its mean"
).add_misconceptions("""
    opposite sign
        Does H rise or fall at p = 0.1?
    one outcome only: -log(p) - 1
        you differentiated -p ln p alone.
        When p grows, what happens to the other side of the coin?
    inner derivative of 1 - p forgotten: -log(p) - log(1 - p) - 2
        in the second term you forgot the inner derivative, that of 1 - p.
        Does 1 - p rise or fall as p grows?
    product rule without its second term: log((1 - p) / p) - 1
        a term 1 is left over: it cancels against that of the other outcome.
        What does the second term of the product rule give for each of the two outcomes?
""")


@chapter.function(
    section="Surprise, and its mean",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=losses.entropy,
    cases=cases(
        {"p": distribution},
        first=[(FAIR,), ((0.25, 0.75),)],
        extremes=[((1, 0),), ((0.5, 0, 0.5),), ((0, 0, 1, 0),), ((5e-324, 1),)],
    ),
    laws=("never_negative",),
)
def entropy(p):
    """The mean surprise of a distribution, in nats, with 0 ln 0 = 0.

    p: probabilities, shape (..., D); each row sums to 1.
    Returns an array of shape (...): one entropy a row.
    """


entropy.add_misconceptions(INFORMATION)
entropy.add_misconceptions("""
    flat after the mask: -(p[p > 0] * np.log(p[p > 0])).sum(-1)
        your mask picks the numbers out of all rows into one flat array, so that all rows are added up.
        What is the shape of p[p > 0] for a table of two rows?
    sign
        Which sign has the logarithm of a probability, and which has a surprise?
    missing 0 ln 0: -(p * np.log(p)).sum(-1)
        where a probability is 0 you get NaN.
        What does NumPy make of 0 * log(0), and to what does p ln p tend as p falls to 0?
    surprise without its weight: -np.log(p).sum(-1)
        you added up the surprises, each counted once.
        How often does each surprise happen?
    one minus the squares: 1 - (p**2).sum(-1)
        this is Gini's measure, the chance that two draws differ: it has no logarithm.
        How large is the surprise at an outcome of probability p?
    surprises averaged: -np.log(np.where(p > 0, p, 1)).mean(-1)
        you averaged the surprises as if all outcomes were equally frequent.
        With which weight does each surprise enter the mean?
    outcomes dropped from all rows:
            kept = p[..., np.all(np.reshape(p, (-1, np.shape(p)[-1])) > 0, axis=0)]
            -np.sum(kept * np.log(kept), axis=-1)
        an outcome that is impossible in one row is left out of all rows.
        Which rows does a zero concern?
""")


# --- Believing the wrong distribution -----------------------------------------------------------------------------


@chapter.function(
    section="Believing the wrong distribution",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=losses.cross_entropy,
    cases=cases(
        {"p": distribution, "q": distribution},
        first=[(FAIR, LOADED), (LOADED, FAIR)],
        extremes=[((1, 0), (1, 0)), ((0.5, 0, 0.5), (0.25, 0.5, 0.25)), ((0.5, 0.5), (1, 0))],
    ),
    laws=("never_negative",),
)
def cross_entropy(p, q):
    """The mean surprise, in nats, of one who believes q while the truth is p; no clipping.

    p, q: probabilities, shape (..., D); each row sums to 1.
    Returns an array of shape (...). An outcome with p = 0 adds 0, whatever q is there;
    one with p > 0 and q = 0 makes the result infinite.
    """


cross_entropy.add_misconceptions(INFORMATION)
cross_entropy.add_misconceptions("""
    arguments swapped: -p_log(q, np.log(p)).sum(-1)
        you computed H(q, p).
        Who decides how often each outcome happens, and who is surprised?
    sign
        Which sign has the logarithm of a probability, and which has a surprise?
    missing 0 ln 0: -(p * np.log(q)).sum(-1)
        where p and q are both 0 you get NaN.
        What should an outcome that never happens add?
    clipped: -(p * np.log(np.clip(q, 1e-7, 1))).sum(-1)
        you keep q away from 0, as Keras does; the mathematical definition does not.
        What does it cost to be certain, and wrong?
    divergence for cross-entropy: p_log(p, np.log(p) - np.log(q)).sum(-1)
        you computed the KL divergence: the entropy of p is already taken off.
        What is the surprise of one who believes the truth: is it 0?
""")


# --- The divergence -----------------------------------------------------------------------------------------------


@chapter.function(
    section="The divergence",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.kl_divergence,
    keras="keras.losses.kl_divergence",
    cases=cases(
        {"y_true": distribution, "y_pred": distribution},
        first=[(FAIR, LOADED), (LOADED, FAIR), ((0.25, 0.75), (0.25, 0.75))],
        extremes=[
            ((1, 0), (0.5, 0.5)),
            ((0.5, 0.5), (1, 0)),
            ((1, 0), (1, 0)),
            ((0, 0.5, 0.5), (0, 0.1, 0.9)),
            ((0.5, 0.5), (1, 1e-9)),
        ],
    ),
    laws=("never_negative",),
)
def kl_divergence(y_true, y_pred):
    """The information lost when y_pred stands in for y_true, in nats, along the last axis.

    y_true, y_pred: probabilities, shape (..., D); each row sums to 1.
    Returns an array of shape (...).
    Both are clipped to [1e-7, 1] first, as Keras does, so that zeros stay harmless.
    """


kl_divergence.add_misconceptions(INFORMATION)
kl_divergence.add_misconceptions("""
    arguments swapped: losses.kl_divergence(y_pred, y_true)
        you computed KL(y_pred || y_true).
        Which of the two distributions does the sum run under?
    sign
        Which of p and q stands above the other in the ratio?
    cross-entropy for divergence: -(np.clip(y_true, 1e-7, 1) * np.log(np.clip(y_pred, 1e-7, 1))).sum(-1)
        you computed the cross-entropy: it is not 0 when both agree.
        How much of that surprise would be there even if you believed the truth?
    symmetrised: (losses.kl_divergence(y_true, y_pred) + losses.kl_divergence(y_pred, y_true)) / 2
        you averaged both directions.
        Is the cost of a wrong belief the same when truth and belief change places?
    missing clip: p_log(y_true, np.log(y_true / y_pred)).sum(-1)
        where y_pred is 0 and y_true is not, your result is infinite; Keras keeps it finite.
        What is the smallest probability that Keras lets a prediction have?
    missing 0 ln 0: (y_true * np.log(y_true / np.clip(y_pred, 1e-7, 1))).sum(-1)
        where y_true is 0 you get NaN: y_pred is clipped, y_true is not.
        What does NumPy make of 0 * log(0)?
    zeros not treated: (y_true * np.log(y_true / y_pred)).sum(-1)
        zeros in y_true give NaN, and zeros in y_pred give infinity.
        What happens to each argument before the formula, according to the contract?
    averaged over the batch
        What is the shape of the result, according to the contract?
    prediction taken for a logarithm:
            p, q = np.clip(y_true, 1e-7, 1), np.clip(y_pred, 1e-7, 1)
            (p * (np.log(p) - q)).sum(-1)
        you subtract y_pred itself, not its logarithm, as PyTorch's kl_div does, which takes logarithms.
        Does y_pred hold probabilities here, or their logarithms?
    missing weight:
            p, q = np.clip(y_true, 1e-7, 1), np.clip(y_pred, 1e-7, 1)
            np.log(p / q).sum(-1)
        you added up the logarithms of the ratios, each counted once.
        How often does each outcome happen, and under which distribution?
""")


chapter.expression(
    "gibbs_bound", "0", {"p": (0.0, 1.0), "q": (0.0, 1.0)}, section="Never negative"
).add_misconceptions("""
    one outcome only: q - p
        that is the term of the first outcome.
        What does the second outcome, with 1 - p and 1 - q, add?
    missing weight: q / p + (1 - q) / (1 - p) - 2
        you summed q/p - 1 without the weights.
        By what is each term multiplied?
    ratio upside down: p*(p/q - 1) + (1 - p)*((1 - p)/(1 - q) - 1)
        the ratio in the bracket is upside down: you summed p (p/q - 1).
        Which ratio stands inside the logarithm of the divergence with a minus in front?
""")


@chapter.slope_of(
    kl_divergence,
    section="The slope",
    aspects={"gradient": 2, "shapes": 1},
    cases=cases(
        {"y_true": distribution, "y_pred": distribution},
        aspect="gradient",
        first=[(FAIR, LOADED), ((1, 0), (0.25, 0.75))],
    ),
    rtol=1e-4,  # with Keras's epsilon added to y_pred the slope is right too
    laws=("never_positive",),
)
def kl_divergence_gradient(y_true, y_pred):
    """The derivative of kl_divergence(y_true, y_pred) with respect to each entry of y_pred.

    y_true, y_pred: probabilities, shape (..., D), with y_pred at least 1e-7.
    Returns an array in the shape of y_pred.
    """


kl_divergence_gradient.add_misconceptions("""
    sign of the slope
        If the prediction for something that happens grows, does the loss grow or shrink?
    derivative by y_true: np.log(np.clip(y_true, 1e-7, 1) / y_pred) + 1
        you differentiated with respect to y_true.
        Which of the two can training change?
    slope of the swapped divergence: np.log(y_pred / np.clip(y_true, 1e-7, 1)) + 1
        this is the slope of KL(y_pred || y_true).
        Which of the two distributions does the sum run under?
    softmax already included: y_pred - y_true
        y_pred - y_true is the slope with respect to the logits in front of a softmax.
        What does the loss receive: logits, or probabilities?
    1/D too much
        Does the divergence take a mean over the outcomes, or a sum?
    summed up
        How many numbers can training turn, and how many slopes does it need?
""")


# --- Continuous distributions -------------------------------------------------------------------------------------

chapter.expression(
    "mean_square_from_q",
    "sigma_p**2 + (mu_p - mu_q)**2",
    {"mu_p": (-2.0, 1.0), "mu_q": (0.3, 3.0), "sigma_p": (0.2, 2.0)},
    section="Densities, and the general form",
).add_misconceptions("""
    shift forgotten: sigma_p**2
        that is the mean square about p's own mean.
        About which mean is the square taken?
    spread forgotten: (mu_p - mu_q)**2
        that is where the mean of p lies from mu_q, squared.
        What remains if both means are equal?
    deviation for variance: sigma_p + (mu_p - mu_q)**2
        you add a standard deviation to a squared distance.
        What is the unit of each term?
    square of the sum: (sigma_p + mu_p - mu_q)**2
        you squared the sum as a whole, which leaves a mixed term.
        What is the mean of x - mu_p under p, and what is left of the mixed term?
    difference of the squares: sigma_p**2 + mu_p**2 - mu_q**2
        you took the difference of the squared means.
        Is the square of a difference the difference of the squares?
""")


@chapter.function(
    section="Densities, and the general form",
    aspects={"values": 2, "shapes": 1},
    reference=losses.gaussian_kl,
    cases=cases(
        {"mu_p": means, "sigma_p": deviations, "mu_q": means, "sigma_q": deviations},
        first=[(0, 1, 0, 1), (0, 1, 1, 2), (0, 2, 1, 1)],
        vectors=((), (), ()),
        batches=((1,), (3,), (2, 3), (2, 1, 4)),
        numbers=True,
    ),
    laws=("never_negative",),
    curve_along="sigma_q",
)
def gaussian_kl(mu_p, sigma_p, mu_q, sigma_q):
    """KL(p || q) of two normal distributions, in nats, in closed form.

    mu_p, mu_q: means. sigma_p, sigma_q: standard deviations, > 0.
    All four are numbers, or arrays of one shape.
    Returns the divergence of each pair, in that shape.
    """


gaussian_kl.add_misconceptions("""
    arguments swapped: losses.gaussian_kl(mu_q, sigma_q, mu_p, sigma_p)
        you computed KL(q || p).
        Under which of the two is the mean of the logarithm taken?
    variances for deviations: losses.gaussian_kl(mu_p, np.sqrt(sigma_p), mu_q, np.sqrt(sigma_q))
        you treat sigma as if it were already squared.
        What is the unit of sigma, and what is that of (mu_p - mu_q)**2?
    missing -1/2: losses.gaussian_kl(mu_p, sigma_p, mu_q, sigma_q) + 0.5
        your divergence of two equal distributions is 1/2.
        What is the mean of ((x - mu_p) / sigma_p)**2 under p?
    logarithm upside down: losses.gaussian_kl(mu_p, sigma_p, mu_q, sigma_q) + 2 * np.log(sigma_p / sigma_q)
        the ratio in the logarithm is the wrong way up.
        Is the divergence larger when q is far too narrow, or when it is a little too wide?
    divided by p's variance: np.log(sigma_q / sigma_p) + (sigma_q**2 + (mu_p - mu_q) ** 2) / (2 * sigma_p**2) - 0.5
        you measure the mean square in units of sigma_p.
        Whose logarithm brings in the square, and with whose deviation?
    spread forgotten: np.log(sigma_q / sigma_p) + (mu_p - mu_q) ** 2 / (2 * sigma_q**2)
        of the mean square about mu_q you kept only the shift of the means.
        What was the mean of (x - mu_q)**2 under p?
""")


chapter.number(
    "covering_deviation", float(np.sqrt(4.25)), "a number", section="Two directions, two fits"
).add_misconceptions("""
    variance for deviation: 4.25
        that is the variance.
        In which unit is a standard deviation?
    one hill only: 0.5
        that is the width of one hill.
        How far from 0 do the hills stand?
    hills without width: 2.0
        that is the distance of the hills from 0.
        Do the hills themselves add spread?
    deviations added: 2.5
        you added a deviation and a distance.
        Which add up: deviations, or their squares?
    distance of the hills from each other: np.sqrt(16 + 0.25)
        you took the distance of the two hills from each other, 4.
        How far is each hill from the mean of both?
    width not squared: np.sqrt(4 + 0.5)
        you added the width of a hill to a square, without squaring it.
        What is the variance of a hill whose deviation is 0.5?
    variance of one hill: 0.25
        that is the variance of one hill.
        How far from 0 do the hills stand, and which of their moments is asked for?
""")

# --- Counts -------------------------------------------------------------------------------------------------------


@chapter.function(
    section="Counts: the Poisson loss",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=losses.poisson,
    keras="keras.losses.poisson",
    cases=cases(
        {"y_true": counts, "y_pred": rates},
        first=[((2, 0), (1, 0.5)), ((1, 3), (1, 3))],
        extremes=[((0, 2), (0, 1)), ((1, 2), (0, 1)), ((2, 0), (1e-7, 1))],
    ),
    curve_along="y_pred",
)
def poisson(y_true, y_pred):
    """The Poisson loss of Keras, with its epsilon of 1e-7, along the last axis.

    y_true: counts, shape (..., D). y_pred: predicted rates, same shape, >= 0.
    Returns an array of shape (...): the mean of y_pred - y_true ln(y_pred + 1e-7).
    """


poisson.add_misconceptions("""
    sum for mean
        The terms carry no weights here: what does the contract take of them?
    arguments swapped: (y_true - y_pred * np.log(y_true + 1e-7)).mean(-1)
        you took the logarithm of the counts.
        Which of the two may be 0 without harm, and which is the rate?
    sign of the logarithm: (y_pred + y_true * np.log(y_pred + 1e-7)).mean(-1)
        the logarithm is added instead of taken off.
        If many were counted, should a higher rate raise the loss?
    no epsilon in the logarithm: (y_pred - y_true * np.log(y_pred)).mean(-1)
        a rate of 0 gives NaN or infinity.
        What does Keras add to the rate inside the logarithm?
    generalised divergence: losses.poisson(y_true, y_pred) + (p_log(y_true, np.log(y_true)) - y_true).mean(-1)
        you kept the part that depends on the counts alone; Keras leaves it out.
        Which terms can training not change?
    averaged over the batch
        Which axis does the contract reduce?
    logarithm only: -(y_true * np.log(y_pred + 1e-7)).mean(-1)
        only the logarithm is there: your loss falls for ever as the rate grows.
        Which term makes a rate that is too high expensive?
    prediction for its logarithm: np.mean(np.exp(y_pred) - y_true * y_pred, axis=-1)
        you take y_pred for the logarithm of the rate, as PyTorch does by default.
        What does y_pred hold here: the rate, or its logarithm?
""")


@chapter.slope_of(
    poisson,
    aspects={"gradient": 1, "shapes": 1},
    cases=cases({"y_true": counts, "y_pred": rates}, aspect="gradient", first=[((2, 0), (1, 0.5)), ((1, 3), (1, 3))]),
    curve_along="y_pred",
)
def poisson_gradient(y_true, y_pred):
    """The derivative of poisson(y_true, y_pred) with respect to each entry of y_pred.

    y_true: counts, shape (..., D). y_pred: predicted rates, same shape, > 0.
    Returns an array in the shape of y_pred.
    """


poisson_gradient.add_misconceptions("""
    missing 1/D
        Your loss takes a mean: where did its 1/D go?
    sign of the slope
        If the rate is above the count, should training raise it?
    missing 1: -y_true / y_pred / y_pred.shape[-1]
        you differentiated the logarithm only.
        What is the derivative of the first term, y_pred itself?
    derivative by y_true: -np.log(y_pred) / y_pred.shape[-1]
        you differentiated with respect to the counts.
        Which of the two can training change?
    squared-error slope: (y_pred - y_true) / y_pred.shape[-1]
        y_pred - y_true is the slope with respect to the logarithm of the rate.
        What does the loss receive: the rate, or its logarithm?
""")


# --- Spot the bug -------------------------------------------------------------------------------------------------


def not_a_distribution(name, p):
    """What is wrong with an array that should be one distribution, in words, or None."""
    if p.ndim != 1 or p.size < 2:
        return say(
            "{name} must be one distribution, shape (D,) with D >= 2; got shape {shape}", name=name, shape=p.shape
        )
    if not np.isfinite(p).all() or ((p < 0) | (p > 1)).any() or not np.isclose(p.sum(), 1, atol=1e-6):
        return say("{name} must hold probabilities that sum to 1; got {given}", name=name, given=p)
    return None


def _not_zero_for_equals(p):
    value = losses.cross_entropy(p, p) + 0.0 if not_a_distribution("p", p) is None else np.nan
    too_low = say("cross_entropy(p, p) is {value} here: not above 0.5", value=f"{value:.4f}")
    return not_a_distribution("p", p) or bool(value > 0.5) or too_low


def _not_symmetric(p, q):
    problem = not_a_distribution("p", p) or not_a_distribution("q", q)
    if problem or p.shape != q.shape:
        return problem or say("p and q must have one shape; got {one} and {other}", one=p.shape, other=q.shape)
    gap = abs(losses.kl_divergence(p, q) - losses.kl_divergence(q, p))
    if gap > 0.1:
        return True
    too_near = say("the two directions differ by {gap} here: not more than 0.1", gap=f"{gap:.4f}")
    if np.allclose(p, q):
        why = say("p and q are the same")
    elif np.allclose(np.sort(p), np.sort(q)):
        why = say("q holds the numbers of p in another order")
    else:
        why = say("one of p and q needs an outcome that it considers much rarer than the other does")
    return f"{too_near}; {why}."


chapter.counterexample(
    "equals_apart",
    section="Spot the bug",
    asks="a distribution p, as an array",
    example=([0.5, 0.5],),
    refutes=_not_zero_for_equals,
)

chapter.counterexample(
    "there_and_back",
    section="Spot the bug",
    asks="a pair of distributions, (p, q)",
    example=(FAIR, LOADED),
    refutes=_not_symmetric,
)


@chapter.function(
    section="Spot the bug",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=lambda p, q: np.sqrt(losses.jensen_shannon(p, q)),
    cases=cases(
        {"p": distribution, "q": distribution},
        first=[(FAIR, LOADED), (LOADED, FAIR), (FAIR, FAIR)],
        extremes=[((1, 0), (0, 1)), ((0.5, 0, 0.5), (0.5, 0.5, 0)), ((0, 1, 0), (0, 0.5, 0.5))],
    ),
    atol=1e-4,  # the root magnifies what a clip at 1e-7 leaves of 0 ln 0
    laws=("never_negative",),
)
def jensen_shannon_distance(p, q):
    """The root of the mean divergence of p and q from their mixture (p + q) / 2.

    p, q: probabilities, shape (..., D); each row sums to 1.
    Returns an array of shape (...), from 0 for equal rows to sqrt(ln 2).
    """


jensen_shannon_distance.add_misconceptions("""
    missing root: losses.jensen_shannon(p, q)
        this is the Jensen-Shannon divergence; it breaks the triangle inequality.
        What still has to be done to the mean of the two divergences?
    sum for mean: np.sqrt(2 * losses.jensen_shannon(p, q))
        you added the two divergences from the mixture.
        Each of the two has which weight?
    mixture left out: np.sqrt((losses.kl_divergence(p, q) + losses.kl_divergence(q, p)) / 2)
        you averaged KL(p || q) and KL(q || p).
        From what are the two divergences measured, according to the contract?
    one direction only: np.sqrt(losses.kl_divergence(p, (p + q) / 2))
        you measured one of the two from the mixture, not both.
        What happens to your result when p and q change places?
    log2 for ln: np.sqrt(losses.jensen_shannon(p, q) / np.log(2))
        your result is in bits ** 0.5.
        Which logarithm measures in nats?
    mean of the roots: sum(np.sqrt(losses.kl_divergence(part, (p + q) / 2)) for part in (p, q)) / 2
        you took the root of each divergence, and then the mean.
        Which comes first in the contract: the mean, or the root?
    geometric mixture:
            p, q = np.clip(p, 1e-7, 1), np.clip(q, 1e-7, 1)
            m = np.sqrt(p * q)
            np.sqrt(((p * np.log(p / m)).sum(-1) + (q * np.log(q / m)).sum(-1)) / 2)
        your mixture is the geometric mean of p and q, which does not sum to 1.
        Which mean of p and q does the contract name?
    missing 0 ln 0:
            m = (p + q) / 2
            np.sqrt(((p * np.log(p / m)).sum(-1) + (q * np.log(q / m)).sum(-1)) / 2)
        as in entropy
""")


def p_log(p, logarithm):
    """`p * logarithm`, with 0 where p is 0."""
    return np.where(p == 0, 0, p * logarithm)
