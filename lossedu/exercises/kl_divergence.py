"""Chapter 07: entropy, cross-entropy, the Kullback-Leibler divergence and its relatives."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import (
    CounterexampleExercise,
    ExpressionExercise,
    Misconception,
    NumberExercise,
    exercise,
    misconception,
)
from lossedu.exercises._domains import cases, counts, deviations, distribution, means, rates
from lossedu.language import say

CHAPTER = "07_kl_divergence"
FAIR, LOADED = (0.5, 0.5), (0.9, 0.1)


def information(reference, **declared):
    """An exercise that sums weighted logarithms over the last axis, with the mistakes that all of these share."""

    def declare(stub):
        of = exercise(chapter=CHAPTER, reference=reference, **declared)(stub)

        @misconception(
            of,
            "log2 for ln",
            fact="your result is in bits, 1.44 times too large.",
            hint="Which logarithm measures in nats?",
        )
        def _(*arrays):
            return reference(*arrays) / np.log(2)

        @misconception(
            of,
            "mean for sum",
            fact="you divided by the number of outcomes.",
            hint="The p in front of the logarithm already weighs the outcomes. What is left to average?",
        )
        def _(*arrays):
            return reference(*arrays) / arrays[0].shape[-1]

        @misconception(
            of,
            "summed over the batch too",
            fact="one number came out for the whole batch.",
            hint="Which axis holds the outcomes of one distribution?",
        )
        def _(*arrays):
            return reference(*arrays).sum()

        return of

    return declare


# --- What surprise costs ------------------------------------------------------------------------------------------

NumberExercise(
    name="wasted_bits",
    chapter=CHAPTER,
    section="A question",
    aspects={"answer": 1},
    answer=0.25,
    unit="a number, in bits per symbol",
    misconceptions=[
        Misconception(
            "length for waste",
            1.75,
            fact="that is the mean length of the better code.",
            hint="How much longer is the mean message under the plain code?",
        ),
        Misconception(
            "nats for bits",
            0.25 * np.log(2),
            fact="that is the waste in nats.",
            hint="How many yes-or-no digits is one nat?",
        ),
        Misconception(
            "ratio for difference",
            0.25 / 1.75,
            fact="that is the waste as a share of the shorter message.",
            hint="What is asked for is a difference: which one?",
        ),
        Misconception(
            "unweighted mean",
            0.25 - 0.5,
            fact="you averaged the four code lengths as if all symbols were equally frequent.",
            hint="How often is each of the four codewords sent?",
        ),
    ],
)


ExpressionExercise(
    name="entropy_slope",
    chapter=CHAPTER,
    section="Surprise, and its mean",
    aspects={"answer": 1},
    answer="log((1 - p) / p)",
    symbols={"p": (0.0, 1.0)},
    misconceptions=[
        Misconception(
            "sign", "log(p / (1 - p))", fact="the sign is the other way round.", hint="Does H rise or fall at p = 0.1?"
        ),
        Misconception(
            "one outcome only",
            "-log(p) - 1",
            fact="you differentiated -p ln p alone.",
            hint="When p grows, what happens to the other side of the coin?",
        ),
    ],
)


@information(
    section="Surprise, and its mean",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=losses.entropy,
    cases=cases(
        {"p": distribution},
        first=[(FAIR,), ((0.25, 0.75),)],
        extremes=[((1, 0),), ((0.5, 0, 0.5),), ((0, 0, 1, 0),)],
    ),
)
def entropy(p):
    """The mean surprise of a distribution, in nats, with 0 ln 0 = 0.

    p: probabilities, shape (..., D); each row sums to 1.
    Returns an array of shape (...): one entropy a row.
    """


@misconception(
    entropy,
    "sign",
    fact="your entropy is negative.",
    hint="Which sign has the logarithm of a probability, and which has a surprise?",
)
def _(p):
    return p_log(p, np.log(p)).sum(-1)


@misconception(
    entropy,
    "missing 0 ln 0",
    fact="where a probability is 0 you get NaN.",
    hint="What does NumPy make of 0 * log(0), and to what does p ln p tend as p falls to 0?",
)
def _(p):
    return -(p * np.log(p)).sum(-1)


@misconception(
    entropy,
    "surprise without its weight",
    fact="you added up the surprises, each counted once.",
    hint="How often does each surprise happen?",
)
def _(p):
    return -np.log(p).sum(-1)


# --- Believing the wrong distribution -----------------------------------------------------------------------------


@information(
    section="Believing the wrong distribution",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=losses.cross_entropy,
    cases=cases(
        {"p": distribution, "q": distribution},
        first=[(FAIR, LOADED), (LOADED, FAIR)],
        extremes=[((1, 0), (1, 0)), ((0.5, 0, 0.5), (0.25, 0.5, 0.25)), ((0.5, 0.5), (1, 0))],
    ),
)
def cross_entropy(p, q):
    """The mean surprise, in nats, of one who believes q while the truth is p; no clipping.

    p, q: probabilities, shape (..., D); each row sums to 1.
    Returns an array of shape (...). An outcome with p = 0 adds 0, whatever q is there;
    one with p > 0 and q = 0 makes the result infinite.
    """


@misconception(
    cross_entropy,
    "arguments swapped",
    fact="you computed H(q, p).",
    hint="Who decides how often each outcome happens, and who is surprised?",
)
def _(p, q):
    return -p_log(q, np.log(p)).sum(-1)


@misconception(
    cross_entropy,
    "sign",
    fact="your result is negative.",
    hint="Which sign has the logarithm of a probability, and which has a surprise?",
)
def _(p, q):
    return p_log(p, np.log(q)).sum(-1)


@misconception(
    cross_entropy,
    "missing 0 ln 0",
    fact="where p and q are both 0 you get NaN.",
    hint="What should an outcome that never happens add?",
)
def _(p, q):
    return -(p * np.log(q)).sum(-1)


@misconception(
    cross_entropy,
    "clipped",
    fact="you keep q away from 0, as Keras does; the mathematical definition does not.",
    hint="What does it cost to be certain, and wrong?",
)
def _(p, q):
    return -(p * np.log(np.clip(q, 1e-7, 1))).sum(-1)


@misconception(
    cross_entropy,
    "divergence for cross-entropy",
    fact="you computed the KL divergence: the entropy of p is already taken off.",
    hint="What is the surprise of one who believes the truth: is it 0?",
)
def _(p, q):
    return p_log(p, np.log(p) - np.log(q)).sum(-1)


# --- The divergence -----------------------------------------------------------------------------------------------


@information(
    section="The divergence",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.kl_divergence,
    keras="keras.losses.kl_divergence",
    cases=cases(
        {"y_true": distribution, "y_pred": distribution},
        first=[(FAIR, LOADED), (LOADED, FAIR), ((0.25, 0.75), (0.25, 0.75))],
        extremes=[((1, 0), (0.5, 0.5)), ((0.5, 0.5), (1, 0)), ((1, 0), (1, 0)), ((0, 0.5, 0.5), (0, 0.1, 0.9))],
    ),
)
def kl_divergence(y_true, y_pred):
    """The information lost when y_pred stands in for y_true, in nats, along the last axis.

    y_true, y_pred: probabilities, shape (..., D); each row sums to 1.
    Returns an array of shape (...).
    Both are clipped to [1e-7, 1] first, as Keras does, so that zeros stay harmless.
    """


@misconception(
    kl_divergence,
    "arguments swapped",
    fact="you computed KL(y_pred || y_true).",
    hint="Which of the two distributions does the sum run under?",
)
def _(y_true, y_pred):
    return losses.kl_divergence(y_pred, y_true)


@misconception(
    kl_divergence,
    "sign",
    fact="your divergence is negative.",
    hint="Which of p and q stands above the other in the ratio?",
)
def _(y_true, y_pred):
    return -losses.kl_divergence(y_true, y_pred)


@misconception(
    kl_divergence,
    "missing weight",
    fact="you added up the logarithms of the ratios, each counted once.",
    hint="How often does each outcome happen, and under which distribution?",
)
def _(y_true, y_pred):
    p, q = np.clip(y_true, 1e-7, 1), np.clip(y_pred, 1e-7, 1)
    return np.log(p / q).sum(-1)


@misconception(
    kl_divergence,
    "cross-entropy for divergence",
    fact="you computed the cross-entropy: it is not 0 when both agree.",
    hint="How much of that surprise would be there even if you believed the truth?",
)
def _(y_true, y_pred):
    return -(np.clip(y_true, 1e-7, 1) * np.log(np.clip(y_pred, 1e-7, 1))).sum(-1)


@misconception(
    kl_divergence,
    "symmetrised",
    fact="you averaged both directions.",
    hint="Is the cost of a wrong belief the same when truth and belief change places?",
)
def _(y_true, y_pred):
    return (losses.kl_divergence(y_true, y_pred) + losses.kl_divergence(y_pred, y_true)) / 2


@misconception(
    kl_divergence,
    "missing clip",
    fact="where y_pred is 0 and y_true is not, your result is infinite; Keras keeps it finite.",
    hint="What is the smallest probability that Keras lets a prediction have?",
)
def _(y_true, y_pred):
    return p_log(y_true, np.log(y_true / y_pred)).sum(-1)


@misconception(
    kl_divergence,
    "missing 0 ln 0",
    fact="where y_true is 0 you get NaN: y_pred is clipped, y_true is not.",
    hint="What does NumPy make of 0 * log(0)?",
)
def _(y_true, y_pred):
    return (y_true * np.log(y_true / np.clip(y_pred, 1e-7, 1))).sum(-1)


@misconception(
    kl_divergence,
    "zeros not treated",
    fact="zeros in y_true give NaN, and zeros in y_pred give infinity.",
    hint="What happens to each argument before the formula, according to the contract?",
)
def _(y_true, y_pred):
    return (y_true * np.log(y_true / y_pred)).sum(-1)


@misconception(
    kl_divergence,
    "averaged over the batch",
    fact="you reduced the batch to its mean; that is done later, by the reduction.",
    hint="What is the shape of the result, according to the contract?",
)
def _(y_true, y_pred):
    return losses.kl_divergence(y_true, y_pred).mean()


ExpressionExercise(
    name="gibbs_bound",
    chapter=CHAPTER,
    section="Never negative",
    aspects={"answer": 1},
    answer="0",
    symbols={"p": (0.0, 1.0), "q": (0.0, 1.0)},
    misconceptions=[
        Misconception(
            "one outcome only",
            "q - p",
            fact="that is the term of the first outcome.",
            hint="What does the second outcome, with 1 - p and 1 - q, add?",
        ),
        Misconception(
            "missing weight",
            "q / p + (1 - q) / (1 - p) - 2",
            fact="you summed q/p - 1 without the weights.",
            hint="By what is each term multiplied?",
        ),
    ],
)


@exercise(
    chapter=CHAPTER,
    section="The slope",
    aspects={"gradient": 2, "shapes": 1},
    reference=losses.kl_divergence.gradient,
    keras="keras.losses.kl_divergence",
    gradient_of="kl_divergence",
    cases=cases(
        {"y_true": distribution, "y_pred": distribution},
        aspect="gradient",
        first=[(FAIR, LOADED), ((1, 0), (0.25, 0.75))],
    ),
    rtol=1e-4,  # with Keras's epsilon added to y_pred the slope is right too
)
def kl_divergence_gradient(y_true, y_pred):
    """The derivative of kl_divergence(y_true, y_pred) with respect to each entry of y_pred.

    y_true, y_pred: probabilities, shape (..., D), with y_pred at least 1e-7.
    Returns an array in the shape of y_pred.
    """


@misconception(
    kl_divergence_gradient,
    "sign",
    fact="your slope points the other way.",
    hint="If the prediction for something that happens grows, does the loss grow or shrink?",
)
def _(y_true, y_pred):
    return y_true / y_pred


@misconception(
    kl_divergence_gradient,
    "derivative by y_true",
    fact="you differentiated with respect to y_true.",
    hint="Which of the two can training change?",
)
def _(y_true, y_pred):
    return np.log(np.clip(y_true, 1e-7, 1) / y_pred) + 1


@misconception(
    kl_divergence_gradient,
    "slope of the swapped divergence",
    fact="this is the slope of KL(y_pred || y_true).",
    hint="Which of the two distributions does the sum run under?",
)
def _(y_true, y_pred):
    return np.log(y_pred / np.clip(y_true, 1e-7, 1)) + 1


@misconception(
    kl_divergence_gradient,
    "softmax already included",
    fact="y_pred - y_true is the slope with respect to the logits in front of a softmax.",
    hint="What does the loss receive: logits, or probabilities?",
)
def _(y_true, y_pred):
    return y_pred - y_true


@misconception(
    kl_divergence_gradient,
    "divided by the number of outcomes",
    fact="every entry is D times too small.",
    hint="Does the divergence take a mean over the outcomes, or a sum?",
)
def _(y_true, y_pred):
    return -y_true / y_pred / y_pred.shape[-1]


@misconception(
    kl_divergence_gradient,
    "summed up",
    fact="you added the slopes of all entries.",
    hint="How many numbers can training turn, and how many slopes does it need?",
)
def _(y_true, y_pred):
    return -(y_true / y_pred).sum(-1)


# --- Continuous distributions -------------------------------------------------------------------------------------

ExpressionExercise(
    name="mean_square_from_q",
    chapter=CHAPTER,
    section="Densities, and the general form",
    aspects={"answer": 1},
    answer="sigma_p**2 + (mu_p - mu_q)**2",
    symbols={"mu_p": (-2.0, 1.0), "mu_q": (0.3, 3.0), "sigma_p": (0.2, 2.0)},
    misconceptions=[
        Misconception(
            "shift forgotten",
            "sigma_p**2",
            fact="that is the mean square about p's own mean.",
            hint="About which mean is the square taken?",
        ),
        Misconception(
            "spread forgotten",
            "(mu_p - mu_q)**2",
            fact="that is where the mean of p lies from mu_q, squared.",
            hint="What remains if both means are equal?",
        ),
        Misconception(
            "deviation for variance",
            "sigma_p + (mu_p - mu_q)**2",
            fact="a length is added to a squared length.",
            hint="What is the unit of each term?",
        ),
    ],
)


@exercise(
    chapter=CHAPTER,
    section="Densities, and the general form",
    aspects={"values": 2, "shapes": 1},
    reference=losses.gaussian_kl,
    cases=cases(
        {"mu_p": means, "sigma_p": deviations, "mu_q": means, "sigma_q": deviations},
        first=[(0, 1, 0, 1), (0, 1, 1, 2), (0, 2, 1, 1)],
        vectors=((), (), ()),
        batches=((1,), (3,), (2, 3), (2, 1, 4)),
    ),
)
def gaussian_kl(mu_p, sigma_p, mu_q, sigma_q):
    """KL(p || q) of two normal distributions, in nats, in closed form.

    mu_p, mu_q: means. sigma_p, sigma_q: standard deviations, > 0.
    All four are numbers, or arrays of one shape.
    Returns the divergence of each pair, in that shape.
    """


@misconception(
    gaussian_kl,
    "arguments swapped",
    fact="you computed KL(q || p).",
    hint="Under which of the two is the mean of the logarithm taken?",
)
def _(mu_p, sigma_p, mu_q, sigma_q):
    return losses.gaussian_kl(mu_q, sigma_q, mu_p, sigma_p)


@misconception(
    gaussian_kl,
    "variances for deviations",
    fact="you treat sigma as if it were already squared.",
    hint="What is the unit of sigma, and what is that of (mu_p - mu_q)**2?",
)
def _(mu_p, sigma_p, mu_q, sigma_q):
    return losses.gaussian_kl(mu_p, np.sqrt(sigma_p), mu_q, np.sqrt(sigma_q))


@misconception(
    gaussian_kl,
    "missing -1/2",
    fact="your divergence of two equal distributions is 1/2.",
    hint="What is the mean of ((x - mu_p) / sigma_p)**2 under p?",
)
def _(mu_p, sigma_p, mu_q, sigma_q):
    return losses.gaussian_kl(mu_p, sigma_p, mu_q, sigma_q) + 0.5


@misconception(
    gaussian_kl,
    "logarithm upside down",
    fact="the ratio in the logarithm is the wrong way up.",
    hint="Is the divergence larger when q is far too narrow, or when it is a little too wide?",
)
def _(mu_p, sigma_p, mu_q, sigma_q):
    return losses.gaussian_kl(mu_p, sigma_p, mu_q, sigma_q) + 2 * np.log(sigma_p / sigma_q)


@misconception(
    gaussian_kl,
    "divided by p's variance",
    fact="you measure the mean square in units of sigma_p.",
    hint="Whose logarithm brings in the square, and with whose deviation?",
)
def _(mu_p, sigma_p, mu_q, sigma_q):
    return np.log(sigma_q / sigma_p) + (sigma_q**2 + (mu_p - mu_q) ** 2) / (2 * sigma_p**2) - 0.5


@misconception(
    gaussian_kl,
    "spread forgotten",
    fact="of the mean square about mu_q you kept only the shift of the means.",
    hint="What was the mean of (x - mu_q)**2 under p?",
)
def _(mu_p, sigma_p, mu_q, sigma_q):
    return np.log(sigma_q / sigma_p) + (mu_p - mu_q) ** 2 / (2 * sigma_q**2)


NumberExercise(
    name="covering_deviation",
    chapter=CHAPTER,
    section="Two directions, two fits",
    aspects={"answer": 1},
    answer=float(np.sqrt(4.25)),
    unit="a number, to two digits after the point",
    tolerance=5e-3,
    misconceptions=[
        Misconception(
            "variance for deviation", 4.25, fact="that is the variance.", hint="In which unit is a standard deviation?"
        ),
        Misconception(
            "one hill only", 0.5, fact="that is the width of one hill.", hint="How far from 0 do the hills stand?"
        ),
        Misconception(
            "hills without width",
            2.0,
            fact="that is the distance of the hills from 0.",
            hint="Do the hills themselves add spread?",
        ),
        Misconception(
            "deviations added",
            2.5,
            fact="you added a deviation and a distance.",
            hint="Which add up: deviations, or their squares?",
        ),
    ],
)

# --- Counts -------------------------------------------------------------------------------------------------------


@exercise(
    chapter=CHAPTER,
    section="Counts: the Poisson loss",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=losses.poisson,
    keras="keras.losses.poisson",
    cases=cases(
        {"y_true": counts, "y_pred": rates},
        first=[((2, 0), (1, 0.5)), ((1, 3), (1, 3))],
        extremes=[((0, 2), (0, 1)), ((1, 2), (0, 1))],
    ),
)
def poisson(y_true, y_pred):
    """The Poisson loss of Keras, with its epsilon of 1e-7, along the last axis.

    y_true: counts, shape (..., D). y_pred: predicted rates, same shape, >= 0.
    Returns an array of shape (...): the mean of y_pred - y_true ln(y_pred + 1e-7).
    """


@misconception(
    poisson,
    "sum for mean",
    fact="your result is D times too large.",
    hint="The terms carry no weights here: what does the contract take of them?",
)
def _(y_true, y_pred):
    return losses.poisson(y_true, y_pred) * y_true.shape[-1]


@misconception(
    poisson,
    "arguments swapped",
    fact="you took the logarithm of the counts.",
    hint="Which of the two may be 0 without harm, and which is the rate?",
)
def _(y_true, y_pred):
    return (y_true - y_pred * np.log(y_true + 1e-7)).mean(-1)


@misconception(
    poisson,
    "sign of the logarithm",
    fact="the logarithm is added instead of taken off.",
    hint="If many were counted, should a higher rate raise the loss?",
)
def _(y_true, y_pred):
    return (y_pred + y_true * np.log(y_pred + 1e-7)).mean(-1)


@misconception(
    poisson,
    "missing epsilon",
    fact="a rate of 0 gives NaN or infinity.",
    hint="What does Keras add to the rate inside the logarithm?",
)
def _(y_true, y_pred):
    return (y_pred - y_true * np.log(y_pred)).mean(-1)


@misconception(
    poisson,
    "generalised divergence",
    fact="you kept the part that depends on the counts alone; Keras leaves it out.",
    hint="Which terms can training not change?",
)
def _(y_true, y_pred):
    return losses.poisson(y_true, y_pred) + (p_log(y_true, np.log(y_true)) - y_true).mean(-1)


@misconception(
    poisson,
    "averaged over the batch",
    fact="one number came out for the whole batch.",
    hint="Which axis does the contract reduce?",
)
def _(y_true, y_pred):
    return losses.poisson(y_true, y_pred).mean()


@exercise(
    chapter=CHAPTER,
    section="Counts: the Poisson loss",
    aspects={"gradient": 1, "shapes": 1},
    reference=losses.poisson.gradient,
    keras="keras.losses.poisson",
    gradient_of="poisson",
    cases=cases({"y_true": counts, "y_pred": rates}, aspect="gradient", first=[((2, 0), (1, 0.5)), ((1, 3), (1, 3))]),
)
def poisson_gradient(y_true, y_pred):
    """The derivative of poisson(y_true, y_pred) with respect to each entry of y_pred.

    y_true: counts, shape (..., D). y_pred: predicted rates, same shape, > 0.
    Returns an array in the shape of y_pred.
    """


@misconception(
    poisson_gradient,
    "missing 1/D",
    fact="every entry is D times too large.",
    hint="Your loss takes a mean: where did its 1/D go?",
)
def _(y_true, y_pred):
    return 1 - y_true / y_pred


@misconception(
    poisson_gradient,
    "sign",
    fact="your slope points the other way.",
    hint="If the rate is above the count, should training raise it?",
)
def _(y_true, y_pred):
    return (y_true / y_pred - 1) / y_pred.shape[-1]


@misconception(
    poisson_gradient,
    "missing 1",
    fact="you differentiated the logarithm only.",
    hint="What is the derivative of the first term, y_pred itself?",
)
def _(y_true, y_pred):
    return -y_true / y_pred / y_pred.shape[-1]


@misconception(
    poisson_gradient,
    "derivative by y_true",
    fact="you differentiated with respect to the counts.",
    hint="Which of the two can training change?",
)
def _(y_true, y_pred):
    return -np.log(y_pred) / y_pred.shape[-1]


@misconception(
    poisson_gradient,
    "squared-error slope",
    fact="y_pred - y_true is the slope with respect to the logarithm of the rate.",
    hint="What does the loss receive: the rate, or its logarithm?",
)
def _(y_true, y_pred):
    return (y_pred - y_true) / y_pred.shape[-1]


# --- Spot the bug -------------------------------------------------------------------------------------------------


def not_a_distribution(name, p):
    """What is wrong with an array that should be one distribution, in words, or None."""
    if p.ndim != 1 or p.size < 2:
        return say(
            "{name} must be one distribution, shape (D,) with D >= 2; got shape {shape}", name=name, shape=p.shape
        )
    if not np.isfinite(p).all() or ((p <= 0) | (p > 1)).any() or not np.isclose(p.sum(), 1, atol=1e-6):
        return say("{name} must hold positive probabilities that sum to 1; got {given}", name=name, given=p)
    return None


def _not_zero_for_equals(p):
    value = losses.cross_entropy(p, p) if not_a_distribution("p", p) is None else np.nan
    too_low = say("cross_entropy(p, p) is {value} here: not above 0.5", value=f"{value:.4f}")
    return not_a_distribution("p", p) or bool(value > 0.5) or too_low


def _not_symmetric(p, q):
    problem = not_a_distribution("p", p) or not_a_distribution("q", q)
    if problem or p.shape != q.shape:
        return problem or say("p and q must have one shape; got {one} and {other}", one=p.shape, other=q.shape)
    gap = abs(losses.kl_divergence(p, q) - losses.kl_divergence(q, p))
    too_near = say("the two directions differ by {gap} here: not more than 0.1", gap=f"{gap:.4f}")
    return bool(gap > 0.1) or too_near


CounterexampleExercise(
    name="equals_apart",
    chapter=CHAPTER,
    section="Spot the bug",
    aspects={"answer": 1},
    asks="a distribution p, as an array",
    example=([0.5, 0.5],),
    refutes=_not_zero_for_equals,
)

CounterexampleExercise(
    name="there_and_back",
    chapter=CHAPTER,
    section="Spot the bug",
    aspects={"answer": 1},
    asks="a pair of distributions, (p, q)",
    example=(FAIR, LOADED),
    refutes=_not_symmetric,
)


@exercise(
    chapter=CHAPTER,
    section="Spot the bug",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=lambda p, q: np.sqrt(losses.jensen_shannon(p, q)),
    cases=cases(
        {"p": distribution, "q": distribution},
        first=[(FAIR, LOADED), (LOADED, FAIR), (FAIR, FAIR)],
        extremes=[((1, 0), (0, 1)), ((0.5, 0, 0.5), (0.5, 0.5, 0)), ((0, 1, 0), (0, 0.5, 0.5))],
    ),
    atol=1e-4,  # the root magnifies what a clip at 1e-7 leaves of 0 ln 0
)
def jensen_shannon_distance(p, q):
    """The root of the mean divergence of p and q from their mixture (p + q) / 2.

    p, q: probabilities, shape (..., D); each row sums to 1.
    Returns an array of shape (...), from 0 for equal rows to sqrt(ln 2).
    """


@misconception(
    jensen_shannon_distance,
    "missing root",
    fact="this is the Jensen-Shannon divergence; it breaks the triangle inequality.",
    hint="What still has to be done to the mean of the two divergences?",
)
def _(p, q):
    return losses.jensen_shannon(p, q)


@misconception(
    jensen_shannon_distance,
    "sum for mean",
    fact="you added the two divergences from the mixture.",
    hint="Each of the two has which weight?",
)
def _(p, q):
    return np.sqrt(2 * losses.jensen_shannon(p, q))


@misconception(
    jensen_shannon_distance,
    "mixture left out",
    fact="you averaged KL(p || q) and KL(q || p).",
    hint="From what are the two divergences measured, according to the contract?",
)
def _(p, q):
    return np.sqrt((losses.kl_divergence(p, q) + losses.kl_divergence(q, p)) / 2)


@misconception(
    jensen_shannon_distance,
    "one direction only",
    fact="you measured one of the two from the mixture, not both.",
    hint="What happens to your result when p and q change places?",
)
def _(p, q):
    return np.sqrt(losses.kl_divergence(p, (p + q) / 2))


@misconception(
    jensen_shannon_distance,
    "log2 for ln",
    fact="your result is in bits ** 0.5.",
    hint="Which logarithm measures in nats?",
)
def _(p, q):
    return np.sqrt(losses.jensen_shannon(p, q) / np.log(2))


@misconception(
    jensen_shannon_distance,
    "missing 0 ln 0",
    fact="where a probability is 0 you get NaN.",
    hint="Does your kl_divergence take care of zeros, and do you use it?",
)
def _(p, q):
    m = (p + q) / 2
    return np.sqrt(((p * np.log(p / m)).sum(-1) + (q * np.log(q / m)).sum(-1)) / 2)


def p_log(p, logarithm):
    """`p * logarithm`, with 0 where p is 0."""
    return np.where(p == 0, 0, p * logarithm)
