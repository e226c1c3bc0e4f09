"""Chapter 17: losses on `keras.ops`, as a practitioner writes them, and the mistakes that cost their slopes."""

from dataclasses import replace

import numpy as np

from lossedu.exercises._declare import Case, Chapter, share_words
from lossedu.exercises._domains import (
    any_numbers,
    any_weights,
    binary_labels,
    cases,
    domain,
    joined,
    judged,
    logits,
    probabilities,
    real,
)
from lossedu.keras_or_stand_in import array_of, keras, ops, slope_of, tensor
from lossedu.keras_or_stand_in.losses import StandInLoss

chapter = Chapter("17_your_loss_in_keras", globals())
chapter.warm_up(1, "02_robust_regression", "A slope with a limit")
chapter.warm_up(np.log(2), "04_binary_crossentropy", "The cost of a logit")
chapter.warm_up(4, "10_reduction", "Masks and sequences")


# --- Where the cases come from --------------------------------------------------------------------------------------

ROWS, ONE_MORE = ((2, 3), (3, 2)), ((4, 3), (2, 3, 4))


@domain(lambda array: np.ndim(array) > 0)
def some_missing(rng, shape):
    """Numbers, about a third of them missing."""
    drawn = rng.uniform(-3, 3, size=shape)
    return np.where(rng.random(shape) < 0.35, np.nan, drawn)


@domain(lambda array: np.ndim(array) and np.isin(array, (0, 1)).all() and (array.sum(-1) > 0).all())
def labels_with_a_positive(rng, shape):
    """Labels 0 and 1, with at least one 1 in each row."""
    drawn = rng.integers(0, 2, size=shape).astype(float)
    drawn[..., 0] = np.where(drawn.sum(-1) == 0, 1, drawn[..., 0])
    return drawn


def slopes(build):
    """The cases of a builder, where the slope of the loss is wanted instead of the loss."""
    return lambda rng: [
        replace(case, aspect="gradient", arguments={**case.arguments, "wanted": "slope"}) for case in build(rng)
    ]


def on_tensors(domains, *, first, slopes_at, extremes=(), taus=(None,)):
    """Cases for a loss on tensors: values and shapes, and its slopes in places of their own."""

    def each(tau):
        options = None if tau is None else {"tau": tau}
        values = cases(
            domains,
            first=first,
            extremes=extremes,
            vectors=((3,), (4,)),
            batches=ONE_MORE,
            square=None,
            options=options,
        )
        sloping = cases(domains, first=slopes_at, vectors=((3,),), batches=(), square=None, options=options)
        batch = cases(domains, vectors=(ROWS[0],), batches=(), square=None, options=options)
        return joined(values, slopes(sloping), slopes(batch))

    return joined(*(each(tau) for tau in taus))


# --- The right answers, and the parts of which wrong ones are made ---------------------------------------------------


def tilted(e, tau):
    """The cost of each error y_true - y_pred."""
    return ops.maximum(tau * e, (tau - 1) * e)


def pinball(y_true, y_pred, tau=0.5):
    """The mean of the tilted errors of each sample."""
    return ops.mean(tilted(y_true - y_pred, tau), axis=-1)


def distance(y_true, y_pred):
    """The Euclidean distance, with a root whose slope is finite."""
    total = ops.sum(ops.square(y_pred - y_true), axis=-1)
    apart = total > 0
    return ops.where(apart, ops.sqrt(ops.where(apart, total, 1.0)), 0.0)


def mean_of_known(values, known):
    """The mean of values over the known entries; 0 where there are none."""
    return ops.divide_no_nan(ops.sum(values, axis=-1), ops.sum(ops.cast(known, "float32"), axis=-1))


def error_of_known(y_true, y_pred):
    """The mean absolute error over the entries whose label is not NaN."""
    known = ops.logical_not(ops.isnan(y_true))
    return mean_of_known(ops.abs(ops.where(known, y_true, y_pred) - y_pred), known)


def from_logits(y_true, y_pred):
    """The binary cross-entropy of logits, whose slope is the sigmoid minus the label everywhere."""
    return ops.mean(ops.softplus(y_pred) - y_true * y_pred, axis=-1)


def soft_f_one(y_true, y_pred):
    """One minus the F1 score of counts that are sums of probabilities."""
    hits = ops.sum(y_true * y_pred, axis=-1)
    return 1 - 2 * hits / (ops.sum(y_true, axis=-1) + ops.sum(y_pred, axis=-1))


share_words("""
    reduced to one number
        you return one number for the whole batch: Keras can no longer weight or mask single samples.
        How many numbers should you return for four samples?
    no mean at all
        you return one number per entry: the last axis is still there.
        Over which axis does the contract take the mean?
    first axis
        you reduce the first axis, which holds the samples.
        Which axis holds the outputs of one sample?
    slope cut
        the values are right, and the slope is 0 everywhere: training would change nothing.
        Which of your steps has no slope, or stops it?
""")


# --- A question -----------------------------------------------------------------------------------------------------

chapter.number("reported_loss", 1.0, "a number", section="A question").add_misconceptions("""
    weighted first: 0
        that is the right weighted mean. But here the function takes the mean before Keras applies the weights.
        Which single number do the weights multiply?
    no effect of the weights: 2
        that is the loss without weights. Keras multiplies it by each weight, and divides by the number of samples.
        What is the mean of 2 · 0 and 2 · 1?
    divided by the weights: 4
        that is the squared error of the first sample alone, which should not count.
        Which number does the function return for both samples?
    summed: 8
        the function already divides the sum of the squared errors by 2.
        What is the mean of the squared errors, 4 and 0?
""")


# --- A function on tensors ------------------------------------------------------------------------------------------

chapter.expression(
    "expected_slope",
    "F - q",
    {"F": (0.0, 1.0), "q": (0.0, 1.0)},
    section="A function on tensors",
).add_misconceptions("""
    opposite sign
        If the prediction is above all outcomes, F = 1. Does the expected cost then rise or fall with the prediction?
    both branches added: F + q
        the two branches have slopes of different signs.
        What is the slope with respect to the prediction where the prediction is too low?
    only where it is too high: F*(1 - q)
        that is the part from outcomes below the prediction.
        What do the outcomes above it contribute?
    only where it is too low: -q*(1 - F)
        that is the part from outcomes above the prediction.
        What do the outcomes below it contribute?
    shares exchanged: 1 - F - q
        you gave each branch the share of the other one.
        Which share of the outcomes lies below the prediction?
""")


QUANTILE = on_tensors(
    {"y_true": real(-3, 3), "y_pred": real(-3, 3)},
    first=[((1, 0), (0, 1)), ((2, 0, -1), (0, 0, 0))],
    slopes_at=[((1, 0), (0, 1))],
    taus=(None, 0.9, 0.25),
)


@chapter.function(
    section="A function on tensors",
    aspects={"values": 2, "gradient": 1, "shapes": 1},
    reference=lambda y_true, y_pred, tau=0.5: pinball(y_true, y_pred, tau),
    cases=QUANTILE,
    protocol="tensors",
)
def quantile_on_ops(y_true, y_pred, tau=0.5):
    """The quantile loss of each sample: the mean cost of its errors, over the last axis.

    An error e = y_true - y_pred costs tau * e if it is positive, and (tau - 1) * e if not.

    y_true, y_pred: tensors of shape (..., D); 0 < tau < 1.
    Returns a tensor of shape (...).
    """


quantile_on_ops.add_misconceptions("""
    e = y_true - y_pred
    tau ignored
    reduced to one number: ops.mean(tilted(e, tau))
    no mean at all: tilted(e, tau)
    first axis: ops.mean(tilted(e, tau), axis=0)
    sum for mean
    error turned round: ops.mean(tilted(-e, tau), axis=-1)
        you exchanged the two sides: with tau = 0.9, predictions that are too high become expensive.
        Is the error positive if the prediction is too low, or if it is too high?
    smaller branch: ops.mean(ops.minimum(tau * e, (tau - 1) * e), axis=-1)
        you take the smaller of both branches: your loss is negative.
        Which branch lies above the other for a positive error?
    no tilt on one side: ops.mean(ops.maximum(tau * e, -e), axis=-1)
        negative errors cost their full size.
        What is the factor of a negative error in the contract?
    negative errors free: ops.mean(tau * ops.relu(e), axis=-1)
        predictions that are too high cost nothing.
        What is the cost of a negative error?
    signed: ops.mean(ops.where(e > 0, tau, tau - 1), axis=-1)
        you return the slope with respect to the error, not the cost.
        By what must you multiply tau or tau - 1?
    squared errors tilted: ops.mean(ops.where(e > 0, tau, 1 - tau) * e * e, axis=-1)
        you weight the squared error: the best prediction is then not a quantile.
        Is the cost proportional to the error, or does it grow faster?
    slope cut: ops.stop_gradient(right(...))
""")

# --- A root without a slope -----------------------------------------------------------------------------------------

chapter.expression(
    "slope_of_root",
    "1/(2*sqrt(u))",
    {"u": (0.1, 4.0)},
    section="A root without a slope",
).add_misconceptions("""
    root itself: sqrt(u)
        that is the function.
        By how much does the root grow per unit of u?
    no half: 1/sqrt(u)
        the exponent 1/2 is missing as a factor.
        What is the derivative of u to the power of 1/2?
    power kept: sqrt(u)/2
        you kept the exponent 1/2.
        By how much does differentiation lower an exponent?
    upside down: 2*sqrt(u)
        that is 1 divided by the slope.
        Is the root steep or flat at small u?
    squared: 1/(2*u)
        the exponent of u in your slope is -1.
        What is 1/2 - 1?
""")


@chapter.function(
    section="A root without a slope",
    aspects={"values": 1, "gradient": 2, "shapes": 1},
    reference=lambda y_true, y_pred: distance(y_true, y_pred),
    cases=joined(
        judged(
            on_tensors(
                {"y_true": real(-3, 3), "y_pred": real(-3, 3)},
                first=[
                    ((0, 0), (3, 4)),
                    ((1, 2), (1, 5)),
                    ((1, 2), (1, 2)),
                    ((0, 0), (0.3, 0.4)),
                    ((0, 0), (0.03, 0.04)),
                ],
                slopes_at=[((0, 0), (3, 4)), ((1, 2), (1, 5)), ((1, 2), (1, 2)), (((0, 0), (1, 1)), ((3, 4), (1, 1)))],
            ),
            atol=1e-3,
        ),
    ),
    protocol="tensors",
)
def distance_on_ops(y_true, y_pred):
    """The distance of each prediction from its target: the root of summed squared errors.

    y_true, y_pred: tensors of shape (..., D).
    Returns a tensor of shape (...). Its slope is finite, and 0 where both points
    are the same.
    """


distance_on_ops.add_misconceptions("""
    total = ops.sum(ops.square(y_pred - y_true), axis=-1)
    root of zero: ops.sqrt(total)
        the values are right, but where both points are the same, the slope is NaN: 0 times the root's infinite slope.
        The root is steepest at 0. Which number can the root get instead, before `where` puts the 0 back?
    square of the distance: total
        that is the square of the distance.
        Which step at the end is missing?
    mean of squares: ops.sqrt(ops.mean(ops.square(y_pred - y_true), axis=-1) + 1e-12)
        you took a mean of the squared errors: that is the root mean squared error.
        Does the contract ask for a sum, or for a mean?
    sum of sizes: ops.sum(ops.abs(y_pred - y_true), axis=-1)
        you added the sizes of the errors, without squares and a root.
        How long is the straight line from (0, 0) to (3, 4)?
    reduced to one number: ops.mean(right(...))
    one distance for all: ops.sqrt(ops.sum(ops.square(y_pred - y_true)) + 1e-12)
        you return the distance of the whole batch, as if it were one point.
        Over which axis does the contract sum?
    no mean at all: ops.abs(y_pred - y_true)
        you return one number per coordinate.
        Over which axis does the contract sum?
    large epsilon: ops.sqrt(total + 0.01)
        your epsilon is so large that it moves the values.
        How far off is your distance where both points are the same?
    slope cut: ops.stop_gradient(right(...))
    every error of 0 replaced:
            apart = ops.abs(y_pred - y_true) > 0
            root = ops.sqrt(ops.sum(ops.square(ops.where(apart, y_pred - y_true, 1.0)), axis=-1))
            ops.where(ops.sum(ops.abs(y_pred - y_true), axis=-1) > 0, root, 0.0)
        you replace each error of 0 by 1: if only one coordinate is right, the distance is too large.
        What has to be replaced: a single error of 0, or a sum of 0 under the root?
""")


# --- Missing labels -------------------------------------------------------------------------------------------------

NAN = float("nan")


@chapter.function(
    section="Missing labels",
    aspects={"values": 2, "gradient": 2, "shapes": 1},
    reference=lambda y_true, y_pred: error_of_known(y_true, y_pred),
    cases=on_tensors(
        {"y_true": some_missing, "y_pred": real(-3, 3)},
        first=[((1, 2), (3, 2)), ((1, NAN), (3, 5)), ((NAN, NAN), (1, 2)), ((2, 0, NAN), (0, 1, 0))],
        slopes_at=[((1, NAN), (3, 5)), ((NAN, NAN), (1, 2))],
    ),
    protocol="tensors",
)
def mae_of_known(y_true, y_pred):
    """The mean absolute error of each sample over the labels that are known.

    y_true: a tensor of shape (..., D), in which NaN marks a missing label.
    y_pred: predictions, a tensor of that shape.
    Returns a tensor of shape (...), 0 for a sample without any label. The slope is 0 at
    missing labels.
    """


mae_of_known.add_misconceptions("""
    known = ops.logical_not(ops.isnan(y_true))
    size = ops.abs(y_true - y_pred)
    0 for a gap:
            filled = ops.where(known, y_true, ops.zeros_like(y_true))
            counted = ops.cast(ops.not_equal(filled, 0), "float32")
            ops.divide_no_nan(ops.sum(ops.abs(filled - y_pred) * counted, axis=-1), ops.sum(counted, axis=-1))
        you write 0 into the gaps, and then take every 0 for a gap.
        How can a known label of 0 be told from a missing one?
    mask ignored: ops.mean(size, axis=-1)
        one missing label makes the loss of its sample NaN.
        Which entries must not enter the sum?
    NaN times zero: ops.sum(size * ops.cast(known, "float32"), axis=-1) / ops.sum(ops.cast(known, "float32"), axis=-1)
        you multiplied by a mask of 0 and 1: but 0 times NaN is NaN.
        Which function of ops chooses, instead of multiplying?
    chosen too late: mean_of_known(ops.where(known, size, 0.0), known)
        the values are right, and the slope at missing labels is NaN: the error was NaN before `where` left it out.
        Which tensor has to be free of NaN before the difference is taken?
    nothing over nothing: ops.sum(ops.abs(ops.where(known, y_true, y_pred) - y_pred), -1) / ops.sum(known * 1.0, -1)
        for a sample without any label you divide 0 by 0.
        What does ops.divide_no_nan return if the number of known labels is 0?
    divided by all: ops.mean(ops.abs(ops.where(known, y_true, y_pred) - y_pred), axis=-1)
        you divide by all entries: samples with missing labels seem to be better than they are.
        How many entries are in your sum?
    zero for missing: ops.mean(ops.abs(ops.where(known, y_true, 0.0) - y_pred), axis=-1)
        you put 0 in the place of missing labels, and the model learns to predict 0 there.
        Which label would make the error of a missing entry 0?
    sum for mean: ops.sum(ops.abs(ops.where(known, y_true, y_pred) - y_pred), axis=-1)
        you return the sum of the known errors.
        By what must you divide the sum?
    reduced to one number: ops.mean(right(...))
    known and missing exchanged: mean_of_known(ops.abs(ops.where(known, y_pred, 0.0) - y_pred), ops.isnan(y_true))
        you count the missing entries, and leave out the known ones.
        Where is ops.isnan(y_true) True?
    squared: mean_of_known(ops.square(ops.where(known, y_true, y_pred) - y_pred), known)
        you squared the errors.
        Which error does the contract name?
    slope cut: ops.stop_gradient(right(...))
""")


# --- A class with settings ------------------------------------------------------------------------------------------

chapter.expression(
    "weighted_mean",
    "(w_1*l_1 + w_2*l_2)/2",
    {"w_1": (0.1, 3.0), "w_2": (0.1, 3.0), "l_1": (0.1, 3.0), "l_2": (0.1, 3.0)},
    section="A class with settings",
).add_misconceptions("""
    divided by the weights: (w_1*l_1 + w_2*l_2)/(w_1 + w_2)
        that is the reduction "mean_with_sample_weight".
        What is the size of the batch?
    not divided: w_1*l_1 + w_2*l_2
        that is the reduction "sum".
        By what does "sum_over_batch_size" divide?
    weights averaged apart: (l_1 + l_2)*(w_1 + w_2)/4
        you took the means of losses and weights separately, but each loss has its own weight.
        Which weight belongs to which loss?
    weights left out: (l_1 + l_2)/2
        that is the mean without weights.
        By what is each loss multiplied?
""")


def of_the_class(rng):
    """Cases for the class: one loss per sample, the reduced loss with weights, the slope, and the loss after saving."""

    def case(aspect, wanted, y_true, y_pred, sample_weight=None, **settings):
        weights = None if sample_weight is None else np.array(sample_weight, float)
        arguments = {"y_true": np.array(y_true, float), "y_pred": np.array(y_pred, float), "sample_weight": weights}
        return Case(aspect, {**arguments, "settings": settings, "wanted": wanted})

    def drawn(*shape):
        return rng.uniform(-3, 3, size=shape).round(2), rng.uniform(-3, 3, size=shape).round(2)

    pair = [[1, 0], [2, 2]], [[0, 1], [2, 4]]
    each, restored = "one loss per sample", "after get_config and from_config"
    return [
        case("values", each, [[1, 0]], [[0, 1]]),
        case("values", each, *pair, tau=0.9),
        case("values", each, *drawn(3, 2), tau=0.25),
        case("values", each, *drawn(2, 3, 4), tau=0.75),
        case("values", "slope", *drawn(2, 2), tau=0.9),
        case("weights", "loss", *pair, tau=0.9),
        case("weights", "loss", *pair, [1, 0], tau=0.9),
        case("weights", "loss", *pair, [1, 3], tau=0.9, reduction="sum"),
        case("weights", "loss", *pair, [1, 3], tau=0.9, reduction="mean_with_sample_weight"),
        case("weights", "loss", *drawn(4, 2), rng.uniform(0, 2, size=4).round(2), tau=0.25, reduction="none"),
        case("settings", restored, *pair),
        case("settings", restored, *pair, tau=0.9),
        case("settings", restored, *drawn(3, 2), tau=0.25, reduction="sum"),
        case("settings", restored, *drawn(3, 2), [1, 0, 2], tau=0.75, name="upper", reduction="none"),
    ]


class RightLoss(StandInLoss):
    """The quantile loss as a class; the mistakes below each change one thing."""

    def __init__(self, tau=0.5, reduction="sum_over_batch_size", name="quantile_loss"):
        """Keep the settings."""
        super().__init__(reduction=reduction, name=name)
        self.tau = tau

    def call(self, y_true, y_pred):
        """One loss per sample."""
        return pinball(y_true, y_pred, self.tau)

    def get_config(self):
        """All settings."""
        return {**super().get_config(), "tau": self.tau}


@chapter.function(
    section="A class with settings",
    aspects={"values": 2, "weights": 1, "settings": 2},
    reference=RightLoss,
    cases=of_the_class,
    protocol="loss class",
)
class QuantileLoss(keras.losses.Loss):
    """The quantile loss with its tau, as a loss of Keras.

    QuantileLoss(tau=0.5, reduction="sum_over_batch_size", name="quantile_loss")
    makes a loss. call returns one loss per sample. get_config returns the arguments for
    the same loss.
    """


class _ReducedInCall(RightLoss):
    def call(self, y_true, y_pred):
        return ops.mean(super().call(y_true, y_pred))


class _NoMean(RightLoss):
    def call(self, y_true, y_pred):
        return tilted(y_true - y_pred, self.tau)


class _TauNotKept(RightLoss):
    def __init__(self, tau=0.5, **options):
        super().__init__(**options)


class _TurnedRound(RightLoss):
    def call(self, y_true, y_pred):
        return super().call(y_pred, y_true)


class _ReductionNotPassed(RightLoss):
    def __init__(self, tau=0.5, reduction=None, name="quantile_loss"):
        super().__init__(tau, name=name)


class _ConfigWithoutTau(RightLoss):
    def get_config(self):
        return StandInLoss.get_config(self)


class _ConfigOfTauAlone(RightLoss):
    def get_config(self):
        return {"tau": self.tau}


class _ConfigOfATensor(RightLoss):
    def get_config(self):
        return {**super().get_config(), "tau": tensor(self.tau)}


class _ConfigNotReturned(RightLoss):
    def get_config(self):
        return None


class _SlopeCut(RightLoss):
    def call(self, y_true, y_pred):
        return tensor(array_of(super().call(y_true, y_pred)))


QuantileLoss.add_misconceptions("""
    reduced to one number: _ReducedInCall
    no mean at all: _NoMean
    tau not kept: _TauNotKept
        every object computes with tau = 0.5.
        Where does __init__ keep the tau that it gets?
    error turned round: _TurnedRound
        as in quantile_on_ops
    reduction not passed on: _ReductionNotPassed
        the reduction of your objects is always "sum_over_batch_size".
        Which arguments does __init__ of the base class need?
    config without tau: _ConfigWithoutTau
        a loss that was saved and loaded again has tau = 0.5, whatever it had before: get_config leaves it out.
        Which arguments does from_config need to make the same loss?
    config of tau alone: _ConfigOfTauAlone
        a loss that was saved and loaded again has forgotten its reduction.
        What does get_config of the base class return?
    config of a tensor: _ConfigOfATensor
        get_config returns a tensor, which cannot be written to a file.
        Which plain Python value is tau?
    config not returned: _ConfigNotReturned
        get_config returns None.
        What must get_config return?
    slope cut: _SlopeCut
""")


# --- Half the bits --------------------------------------------------------------------------------------------------

chapter.number("largest_square", 255, "a whole number", digits=None, section="Half the bits").add_misconceptions("""
    largest number itself: 65504
        that is the largest 16-bit float. An error of that size has a much larger square.
        What is the root of 65504?
    one too many: 256
        256 squared is 65536.
        Is that above 65504, or below?
    half of it: 32752
        a square is not twice the number.
        What is the root of 65504, rounded down?
    of eight bits: 15
        15 squared is 225.
        Is the square of 100 above 65504, or below?
""")


# --- Spot the bug ---------------------------------------------------------------------------------------------------


def _weights_too_late(losses, weights):
    if losses.ndim != 1 or losses.shape != weights.shape or not losses.size:
        return f"expected two arrays of one shape (N,); got shapes {losses.shape} and {weights.shape}"
    if not np.isfinite(losses).all() or not np.isfinite(weights).all() or (weights < 0).any():
        return f"expected finite numbers, and weights of 0 or more; got {losses.tolist()} and {weights.tolist()}"
    early, right = np.mean(losses) * np.mean(weights), np.mean(losses * weights)
    if abs(early - right) > 1e-3:
        return True
    because = ""
    if np.ptp(weights) == 0:
        because = ", because all weights are the same"
    elif np.ptp(losses) == 0:
        because = ", because all losses are the same"
    return f"on your arrays both means are {right:.4f}{because}; find arrays where they differ by more than 0.001."


chapter.counterexample(
    "weights_too_late",
    section="Spot the bug",
    asks="a pair of arrays of shape (N,), (losses, weights)",
    example=((4.0, 0.0), (0.0, 1.0)),
    domains={"losses": any_numbers, "weights": any_weights},
    refutes=_weights_too_late,
)


def _nan_slope(x):
    if x.ndim > 1 or not x.size or not np.isfinite(x).all():
        return f"expected finite numbers, shape (N,); got {x.tolist()}"
    chosen = slope_of(lambda y_true, y_pred: ops.where(y_pred > 0, ops.sqrt(y_pred), 0.0), x, x)
    if np.isnan(chosen).any():
        return True
    return f"all of your numbers are above 0, where the slope is finite: {chosen.round(4).tolist()}."


chapter.counterexample(
    "no_slope_left",
    section="Spot the bug",
    asks="an array of numbers, shape (N,)",
    example=([0.0],),
    domains={"x": any_numbers},
    refutes=_nan_slope,
)


chapter.number(
    "floor_of_two_sigmoids", float(np.log1p(np.exp(-1))), "a number, in nats", section="Spot the bug"
).add_misconceptions("""
    no floor: 0
        that is the floor of one sigmoid.
        What is the largest possible input of the second sigmoid?
    logit of 0: 0.69
        that is the loss at a logit of 0.
        The first sigmoid gives a number between 0 and 1. Which number is best for label 1?
    probability for surprise: 0.73
        that is the sigmoid of 1.
        What is the surprise at an event with this probability?
    other label: 1.31
        that is the loss of a negative with the logit 1.
        What does the label 1 cost?
""")


@chapter.function(
    section="Spot the bug",
    aspects={"values": 1, "gradient": 2, "extremes": 1, "shapes": 1},
    reference=lambda y_true, y_pred: from_logits(y_true, y_pred),
    cases=on_tensors(
        {"y_true": binary_labels, "y_pred": logits},
        first=[((1, 0), (0, 2)), ((1, 0), (-1, 1))],
        slopes_at=[((1, 0), (0, 0)), ((1, 0), (0, 2))],
        extremes=[((1, 0), (-2000, 2000)), ((1, 0), (2000, -2000))],
    ),
    protocol="tensors",
)
def logit_loss_on_ops(y_true, y_pred):
    """The binary cross-entropy of logits, averaged over the last axis.

    y_true, y_pred: labels 0 and 1, and logits of any size; tensors of shape (..., D).
    Returns a tensor of shape (...), in nats. The slope of each entry is
    (sigmoid(y_pred) - y_true) / D, at 0 too.
    """


logit_loss_on_ops.add_misconceptions("""
    stable = ops.relu(y_pred) - y_true * y_pred + ops.log1p(ops.exp(-ops.abs(y_pred)))
    slope wrong at zero: ops.mean(stable, axis=-1)
        the values are right. At a logit of exactly 0, both kinks of your formula meet, and the slope lacks its 0.5.
        Which function of ops is log(1 + exp(z)) in one piece?
    slope wrong at zero, by maximum: ops.mean(stable - ops.relu(y_pred) + ops.maximum(y_pred, 0.0), axis=-1)
        the values are right. At a logit of exactly 0, the maximum passes the whole slope on, and abs none.
        Which function of ops is log(1 + exp(z)) in one piece?
    overflow: ops.mean(ops.log(1 + ops.exp(y_pred)) - y_true * y_pred, axis=-1)
        the exponential of a large logit overflows.
        Which function of ops computes this logarithm without overflow?
    clipped: ops.mean(ops.softplus(ops.clip(y_pred, -16.0, 16.0)) - y_true * ops.clip(y_pred, -16.0, 16.0), axis=-1)
        you clipped the logits: beyond the limits the slope is 0, so a sample that is badly wrong teaches nothing.
        Does the formula need limits, once no exponential overflows?
    logits for probabilities:
            p = ops.clip(y_pred, 1e-7, 1 - 1e-7)
            -ops.mean(y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p), axis=-1)
        you used the logits as probabilities.
        Which function turns a logit into a probability?
    a sigmoid too many:
            p = ops.sigmoid(y_pred)
            ops.mean(ops.softplus(p) - y_true * p, axis=-1)
        you applied a sigmoid to the logits: the loss cannot fall below 0.3133.
        What does your formula expect: logits or probabilities?
    labels exchanged: ops.mean(ops.softplus(y_pred) - (1 - y_true) * y_pred, axis=-1)
        the labels 0 and 1 have changed places.
        Should a large logit cost much for the label 1?
    label left out: ops.mean(ops.softplus(y_pred), axis=-1)
        your loss does not depend on the label.
        Which term contains the label?
    reduced to one number: ops.mean(right(...))
    no mean at all: ops.softplus(y_pred) - y_true * y_pred
    sum for mean
    slope cut: ops.stop_gradient(right(...))
""")


@chapter.function(
    section="Spot the bug",
    aspects={"values": 1, "gradient": 2, "shapes": 1},
    reference=lambda y_true, y_pred: soft_f_one(y_true, y_pred),
    cases=on_tensors(
        {"y_true": labels_with_a_positive, "y_pred": probabilities},
        first=[((1, 0), (0.75, 0.25)), ((1, 1, 0), (0.5, 0.5, 0.5)), ((1, 0), (0, 0)), ((1, 0), (0, 0.5))],
        slopes_at=[((1, 0), (0.75, 0.25))],
    ),
    protocol="tensors",
)
def soft_f1_on_ops(y_true, y_pred):
    """One minus a smooth F1 score, in which probabilities take the place of alarms.

    y_true: labels 0 and 1, shape (..., D), with at least one 1 in each row.
    y_pred: probabilities, a tensor of that shape.
    Returns a tensor of shape (...): 1 - 2 * TP / (2 * TP + FP + FN), where TP, FP and FN
    are the sums of y_true * y_pred, of (1 - y_true) * y_pred and of y_true * (1 - y_pred).
    """


soft_f1_on_ops.add_misconceptions("""
    alarms = ops.round(y_pred)
    hits = ops.sum(y_true * y_pred, axis=-1)
    rounded: soft_f_one(y_true, alarms)
        you still round: the score jumps, and between the jumps its slope is 0.
        Which number takes the place of an alarm in the contract?
    rounded, with the old slope: soft_f_one(y_true, y_pred + ops.stop_gradient(alarms - y_pred))
        your values are those of rounded alarms.
        What does the contract count?
    score for loss: 1 - right(...)
        you return the score, which training would make small.
        Should the loss of perfect predictions be 0 or 1?
    intersection over union: 1 - hits / (ops.sum(y_true, -1) + ops.sum(y_pred, -1) - hits)
        that is 1 minus the intersection over union: the factors 2 are missing.
        How often does a hit count in the F1 score?
    precision: 1 - hits / ops.sum(y_pred, axis=-1)
        that is 1 minus the precision: missed positives cost nothing.
        Which of FP and FN is missing in the denominator?
    recall: 1 - hits / ops.sum(y_true, axis=-1)
        that is 1 minus the recall: false alarms cost nothing.
        Which of FP and FN is missing in the denominator?
    not doubled: 1 - hits / (ops.sum(y_true, -1) + ops.sum(y_pred, -1))
        the numerator is half as large as it should be.
        How often does a hit count in the F1 score?
    over the whole batch: soft_f_one(ops.reshape(y_true, (-1,)), ops.reshape(y_pred, (-1,)))
        you return one score for the whole batch.
        Over which axis does the contract sum?
    negatives counted: soft_f_one(1 - y_true, 1 - y_pred)
        that is the score of the negatives.
        Which label marks a positive: 0 or 1?
    slope cut: ops.stop_gradient(right(...))
    harmonic mean of two ratios:
            precision, recall = hits / ops.sum(y_pred, axis=-1), hits / ops.sum(y_true, axis=-1)
            1 - 2 * precision * recall / (precision + recall)
        you compute precision and recall first: where both are 0, their harmonic mean is 0 / 0.
        Which single fraction equals the harmonic mean of both, and when is its denominator 0?
""")
