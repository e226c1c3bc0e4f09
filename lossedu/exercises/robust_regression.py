"""Chapter 02: Huber, pseudo-Huber and log-cosh, whose slopes have a limit."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter, differ
from lossedu.exercises._domains import VECTORS, cases, joined, real

chapter = Chapter("02_robust_regression", globals())
chapter.warm_up((1 + 2 + 9) / 3, "01_regression", "Squared errors: the Gaussian's")
chapter.warm_up(2, "01_regression", "Absolute errors: Laplace's")
chapter.warm_up(10, "01_regression", "Squared errors: the Gaussian's")
PAIR = {"y_true": real(-4, 4), "y_pred": real(-4, 4)}
NEAR_AND_FAR = ((1, 2), (1.2, -1))  # errors of 0.2 and -3, on either side of the deltas
ABOVE_AND_BELOW = ((0, 0), (5, -0.5))


WITHIN_DELTA = {"|e| <= delta": lambda y_true, y_pred, delta=1.0: abs(y_pred - y_true) <= delta}


def by_delta(*, aspect="values", extremes=()):
    """Cases for a loss with a `delta`: 0.5 and 3, which nothing can mistake for 1, the default, then drawn ones."""
    first = [NEAR_AND_FAR, ABOVE_AND_BELOW]
    return joined(
        cases(PAIR, aspect=aspect, first=first, extremes=extremes, vectors=(), batches=(), options={"delta": 0.5}),
        cases(PAIR, aspect=aspect, first=first, vectors=VECTORS[:1], batches=(), options={"delta": 3.0}),
        cases(PAIR, aspect=aspect, first=first[:1], vectors=(), batches=()),
        cases(PAIR, aspect=aspect, options={"delta": lambda rng: round(rng.uniform(0.2, 4), 2)}),
    )


def of_means(y_true, y_pred):
    """The means of truth and prediction, as samples of one number."""
    return (y.mean(-1, keepdims=True) for y in (y_true, y_pred))


# --- What one reading can do --------------------------------------------------------------------------------------

chapter.number("dragged_mean", 14.0, "a number, in degrees", section="A question").add_misconceptions("""
    the mistake itself: 70.0
        that is how far the one reading moved.
        Over how many readings is the mean taken?
    mean for rise: 34.0
        that is the mean itself.
        What was the mean before the mistake?
    median for mean: 0.0
        the median stays where it was, the mean does not.
        Which of the two depends on the value of every reading?
    shared by the others: 17.5
        you divided by the number of the other readings.
        By how many does a mean of five divide?
    whole reading shared out: 18.4
        that is a fifth of the new reading.
        By how much did the reading change, and what share of that reaches the mean?
""")

# --- Huber --------------------------------------------------------------------------------------------------------

chapter.expression(
    "huber_far", "delta*(e - delta/2)", {"e": (2.0, 5.0), "delta": (0.3, 2.0)}, section="A slope with a limit"
).add_misconceptions("""
    limit from the start: delta*e
        that takes the slope to be delta all the way from 0.
        Which slope is integrated between 0 and delta?
    far part only: delta*(e - delta)
        that is the integral from delta on.
        How large is the loss when the error reaches delta?
    no limit: e**2/2
        that is the integral of a slope that keeps growing.
        Which of its two values does min(t, delta) take beyond delta?
    rectangle and triangle added: delta*(e + delta/2)
        you added the triangle to the whole rectangle.
        Is the area under the slope larger than delta times e, or smaller?
""")


@chapter.function(
    section="A slope with a limit",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.huber,
    keras="keras.losses.huber",
    cases=by_delta(extremes=[((2, 3), (2, 3)), ((0, 0), (0.5, -0.5)), ((0, -1e30), (1e30, 0))]),
    regions=WITHIN_DELTA,
    laws=("never_negative", "zero_for_equal", "symmetric", "unchanged_by_common_shift"),
    curve_along="y_pred - y_true",
)
def huber(y_true, y_pred, delta=1.0):
    """Half the squared error up to delta, linear beyond: the mean over the last axis.

    y_true, y_pred: shape (..., D). delta: the largest slope, > 0, in their unit.
    Returns an array of shape (...).
    """


huber.add_misconceptions("""
    e = y_pred - y_true
    mistakes of a mean
    missing half: np.mean(np.where(abs(e) <= delta, e**2, delta * (abs(e) - delta / 2)), -1)
        you square the small errors without halving them, so the two branches don't meet at delta.
        Which function has the slope e: e**2, or half of it?
    a jump at delta: np.mean(np.where(abs(e) <= delta, e**2 / 2, delta * abs(e)), -1)
        your far branch is delta * |e|: at delta it stands delta**2 / 2 above the near one.
        How large is each branch where they should meet?
    slope 1 far out: np.mean(np.where(abs(e) <= delta, e**2 / 2, abs(e) - delta / 2), -1)
        beyond delta your loss rises with slope 1.
        Which slope has the near branch reached at delta?
    sign of the error: np.mean(np.where(e <= delta, e**2 / 2, delta * (abs(e) - delta / 2)), -1)
        an error far below zero is squared, because it is less than delta.
        What decides the branch: the error, or its size?
    branches swapped: np.mean(np.where(abs(e) > delta, e**2 / 2, delta * (abs(e) - delta / 2)), -1)
        your loss is quadratic for large errors and linear for small ones.
        Which errors should not be squared: the small or the large ones?
    errors clipped: np.mean(np.minimum(abs(e), delta) ** 2 / 2, -1)
        beyond delta your loss is flat: these samples no longer pull at all.
        Which has a limit: the error, or the slope?
    delta ignored
    divided by delta: losses.huber(y_true, y_pred, delta) / delta
        that is the smooth L1 loss: its far slope is 1 for each delta.
        Which slope should be left far out?
    one branch per sample:
            np.where(
                np.abs(y_pred - y_true).max(-1) <= delta,
                np.mean((y_pred - y_true) ** 2 / 2, -1),
                np.mean(delta * (np.abs(y_pred - y_true) - delta / 2), -1),
            )
        you choose one branch for a whole sample, by its largest error.
        Does the contract choose the branch for each error, or for each sample?
    the smaller branch: np.mean(np.minimum(e**2 / 2, delta * (abs(e) - delta / 2)), -1)
        you take the smaller branch everywhere, and that is the line: it touches the parabola from below.
        Which of the two is smaller at an error of 0?
    1/2 for delta/2: np.mean(np.where(abs(e) <= delta, e**2 / 2, delta * (abs(e) - 1 / 2)), -1)
        in your far branch stands |e| - 1/2, which meets the parabola for delta = 1 only.
        How large is each branch at |e| = delta, if delta is 3?
    loss of the mean error: losses.huber(*of_means(y_true, y_pred), delta)
        you took the mean of the errors first, and its loss afterwards.
        Which comes first: the loss of each error, or the mean?
    half of delta added: np.mean(np.where(abs(e) <= delta, e**2 / 2, delta * (abs(e) + delta / 2)), -1)
        your far branch adds delta / 2 where it should be subtracted: the loss jumps up at delta.
        How large is each branch at |e| = delta?
    whole delta subtracted: np.mean(np.where(abs(e) <= delta, e**2 / 2, delta * (abs(e) - delta)), -1)
        your far branch is delta * (|e| - delta): at delta it is 0, below the near one by delta**2 / 2.
        Up to which height has the near branch risen at delta?
    squared error for the size: np.mean(np.where(e**2 <= delta, e**2 / 2, delta * (abs(e) - delta / 2)), -1)
        you compare the squared error with delta: your parabola ends at the root of delta.
        In which unit is delta: in that of the error, or of its square?
    absolute error near zero: np.mean(np.where(abs(e) <= delta, abs(e), delta * (abs(e) - delta / 2)), -1)
        near zero you take the size of the error, not half of its square.
        Is the loss smooth at 0, or does it have a corner?
    sign kept far out: np.mean(np.where(abs(e) <= delta, e**2 / 2, delta * (e - delta / 2)), -1)
        your far branch keeps the sign of the error: predictions that are far too low get a negative loss.
        What does an error of -10 cost?
    sign kept by the clip: np.mean(np.minimum(e, delta) ** 2 / 2, -1)
        you limit the error above only, and square it then.
        What is it that stays below delta: the error, or the slope?
""")


@chapter.slope_of(
    huber,
    aspects={"gradient": 1, "shapes": 1},
    cases=by_delta(aspect="gradient"),
    laws=("antisymmetric", "unchanged_by_common_shift"),
    curve_along="y_pred - y_true",
)
def huber_gradient(y_true, y_pred, delta=1.0):
    """The derivative of huber with respect to each entry of y_pred.

    y_true, y_pred: shape (..., D). delta: the largest slope, > 0.
    Returns an array in the shape of y_pred.
    """


huber_gradient.add_misconceptions("""
    e = y_pred - y_true
    D = y_pred.shape[-1]
    mistakes of a mean's slope
    row shortened to delta: e * delta / np.maximum(np.linalg.norm(e, axis=-1, keepdims=True), delta) / D
        you limit the norm of a whole row of errors.
        Should one large error change the slopes of the other errors in its row?
    no limit: e / D
        your slope grows on beyond delta.
        What is the derivative of delta * (|e| - delta / 2)?
    sign only: delta * np.sign(e) / D
        each error pulls alike, however small it is.
        What is the slope where the error is 0, and just beside it?
    slope 1 far out: np.where(abs(e) <= delta, e, np.sign(e)) / D
        beyond delta your slope jumps to 1.
        Which slope has the near branch reached at delta?
    far errors dropped: np.where(abs(e) <= delta, e, 0) / D
        beyond delta your slope is 0: that is the slope of a loss that is flat there.
        Does the loss still rise beyond delta?
    delta ignored: losses.huber.gradient(y_true, y_pred)
        your slope is the one for delta = 1.
        Where does delta enter your formula?
    delta on both sides: np.where(abs(e) <= delta, e, delta) / D
        beyond delta your slope is +delta on both sides.
        Which way should training move a prediction that is far too low?
    first length for D
    cut at 0: np.clip(e, 0, delta) / D
        predictions that are too low have the slope 0 in yours.
        Between which two bounds does the slope lie?
    size for error: np.minimum(abs(e), delta) / D
        your slope takes the size of the error, so that it always points up.
        Which way should training move a prediction that is too low?
""")


chapter.number(
    "huber_center", 20.5, "a number, in degrees", section="Between the mean and the median"
).add_misconceptions("""
    the mean: 34.0
        that is where the errors sum to zero.
        How hard may the far reading pull?
    the median: 20.0
        that is where the signs of the errors sum to zero.
        Which readings lie nearer than 4, and how hard do these pull?
    outlier dropped: 19.5
        that is the mean of the other four.
        Does the fifth reading pull with 0, or with 4?
    reading clipped at the median: 20.4
        that is the mean with 92 replaced by 24, which lies 4 above the median.
        From where is the distance measured: from the median, or from the c you look for?
    pull the wrong way: 18.5
        your far reading pulls down.
        On which side of c does the far reading lie?
    divided by all five: 16.4
        you divided by five, but c stands in the forces of the four near readings only.
        Which of the five forces depend on c?
""")

# --- Pseudo-Huber -------------------------------------------------------------------------------------------------

chapter.expression(
    "pseudo_huber_series",
    "e**2/2 - e**4/(8*delta**2)",
    {"e": (0.5, 2.0), "delta": (0.5, 2.0)},
    section="Without a joint",
).add_misconceptions("""
    first term only: e**2/2
        that is the first term; the second shows where the two losses part.
        What does -u**2/8 become?
    sign of the second term: e**2/2 + e**4/(8*delta**2)
        the second term has the other sign.
        Does pseudo-Huber run above the parabola, or below?
    factor in front forgotten: e**2/(2*delta**2) - e**4/(8*delta**4)
        that is the series of the root alone.
        Which factor stands in front of the brackets?
    ratio not squared: delta*e**2/2 - e**4/8
        you put u = e**2 / delta.
        What is squared: the error, or the whole ratio e / delta?
    u for its square: e**2/2 - e**2/8
        in your second term u is not squared.
        If u is (e / delta)**2, which power of e does u**2 hold?
""")


@chapter.function(
    section="Without a joint",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.pseudo_huber,
    cases=joined(
        by_delta(extremes=[((2, 3), (2, 3)), ((0, -1e30), (1e30, 0))]),
        *(cases(PAIR, extremes=[((0, 0), (1, -3))], vectors=(), batches=(), options={"delta": d}) for d in (1e9, 1e7)),
        cases(PAIR, extremes=[((0, 0), (9.9, -9.5))], vectors=(), batches=(), options={"delta": 1e3}),
    ),
    laws=("never_negative", "zero_for_equal", "symmetric", "unchanged_by_common_shift"),
    curve_along="y_pred - y_true",
)
def pseudo_huber(y_true, y_pred, delta=1.0):
    """The mean of delta**2 * (sqrt(1 + (e / delta)**2) - 1) over the last axis.

    y_true, y_pred: shape (..., D); e = y_pred - y_true. delta: the slope far out, > 0.
    Returns an array of shape (...), right to all digits for every delta, 1e9 included.
    """


pseudo_huber.add_misconceptions("""
    e = y_pred - y_true
    mistakes of a mean
    ratio not squared: np.mean(delta**2 * (np.sqrt(1 + e**2 / delta) - 1), -1)
        you square the error alone, so your ratio is e**2 / delta.
        In which unit is e**2 / delta, and what may be added to 1?
    delta not squared in front: np.mean(delta * (np.sqrt(1 + (e / delta) ** 2) - 1), -1)
        the factor in front of your brackets is delta.
        In which unit is the loss, if the errors are in metres?
    missing -1: np.mean(delta**2 * np.sqrt(1 + (e / delta) ** 2), -1)
        where prediction and truth agree, your loss is delta**2.
        What is the root at e = 0?
    missing root: np.mean(e**2, -1)
        without the root, what is left is the squared error.
        What makes the loss linear far out?
    digits cancelled: np.mean(delta**2 * (np.sqrt(1 + (e / delta) ** 2) - 1), -1)
        the formula is right, but for a large delta it subtracts two nearly equal numbers, so that no digits are left.
        Multiply and divide the difference by the sum of the two numbers: what do you get?
    delta ignored
    Huber for pseudo-Huber: losses.huber(y_true, y_pred, delta)
        that is Huber's loss, with its joint.
        Is there a delta at which the formula changes, or is it one formula throughout?
    divided by the root alone: np.mean(e**2 / np.sqrt(1 + (e / delta) ** 2), -1)
        you divide the square by the root alone.
        If you multiply root - 1 by root + 1, by what must you divide again?
    series for the function: np.mean(e**2 / 2 - e**4 / (8 * delta**2), -1)
        those are the first two terms of the series, which fit small errors only.
        What does your loss do at an error of 10 * delta?
    size for square: np.mean(abs(e) / (np.sqrt(1 + (e / delta) ** 2) + 1), -1)
        your numerator is the size of the error.
        What is (root - 1) * (root + 1)?
    error not squared: np.mean(delta**2 * (np.sqrt(1 + abs(e) / delta) - 1), -1)
        under your root the ratio is not squared.
        How does the root grow for large ratios if these are not squared first?
    factor in front forgotten: np.mean(np.sqrt(1 + (e / delta) ** 2) - 1, -1)
        the factor delta**2 in front is missing.
        Which slope has your loss far out, and which should it have?
    ratio upside down: np.mean(delta**2 * (np.sqrt(1 + np.divide(delta, e) ** 2) - 1), -1)
        your ratio is delta / e.
        Which ratio is 0 for an error of 0?
    loss of the mean error: losses.pseudo_huber(*of_means(y_true, y_pred), delta)
        as in huber
""")


@chapter.slope_of(
    pseudo_huber,
    aspects={"gradient": 1, "shapes": 1},
    cases=by_delta(aspect="gradient"),
    laws=("antisymmetric", "unchanged_by_common_shift"),
    curve_along="y_pred - y_true",
)
def pseudo_huber_gradient(y_true, y_pred, delta=1.0):
    """The derivative of pseudo_huber with respect to each entry of y_pred.

    y_true, y_pred: shape (..., D). delta: the slope far out, > 0.
    Returns an array in the shape of y_pred.
    """


pseudo_huber_gradient.add_misconceptions("""
    e = y_pred - y_true
    D = y_pred.shape[-1]
    root taken for a constant: 2 * e / (np.sqrt(1 + (e / delta) ** 2) + 1) / D
        you differentiated e**2 alone, but the root below the fraction bar depends on e as well.
        Which rule is needed where e stands above and below the fraction bar?
    mistakes of a mean's slope
    missing root: e / (1 + (e / delta) ** 2) / D
        your slope falls back to 0 far out.
        Which power of 1 + (e / delta)**2 is left when a root is differentiated?
    one delta left over: delta * e / np.sqrt(1 + (e / delta) ** 2) / D
        every entry is delta times too large.
        What is the derivative of (e / delta)**2 with respect to e?
    inner derivative forgotten: delta**2 / (2 * np.sqrt(1 + (e / delta) ** 2)) / D
        you differentiated the root, but not what is inside.
        Which rule is needed for a function of a function?
    ratio not squared: e / np.sqrt(1 + e**2 / delta) / D
        inside your root stands e**2 / delta.
        What is squared: the error, or the whole ratio e / delta?
    Huber's slope: losses.huber.gradient(y_true, y_pred, delta)
        that is the slope of Huber's loss: it turns a corner at delta.
        Does the slope of this loss ever reach delta?
    size of the ratio under the root: e / np.sqrt(1 + abs(e) / delta) / D
        under your root is the size of the ratio, without a square.
        What is squared under the root of the loss?
    factor in front kept: delta**2 * e / np.sqrt(1 + (e / delta) ** 2) / D
        every entry is delta**2 times too large.
        What does the derivative of (e / delta)**2 do to the factor in front of the brackets?
    ratio for error: e / delta / np.sqrt(1 + (e / delta) ** 2) / D
        every entry is delta times too small: far out your slope is 1.
        Which power of delta is left of delta**2 and of the inner derivative?
""")


# --- Log-cosh -----------------------------------------------------------------------------------------------------

chapter.number(
    "cosh_overflow", float(np.log(2) + np.log(np.finfo(float).max)), "a number", section="No delta at all", digits=0
).add_misconceptions("""
    powers of ten: 308.0
        that is the logarithm to base 10.
        cosh adds powers of which number?
    float32: np.log(2) + np.log(np.finfo("float32").max)
        that is where float32 ends.
        How large is the largest number of float64?
    half as far: float(np.log(np.finfo(float).max)) / 2
        that is where the square of e**x overflows.
        Which power of e stands in cosh: x, or 2x?
    log2 for ln: 1024.0
        that is the logarithm to base 2.
        To which base are the powers in cosh?
    half the wrong way: 709.0
        that takes off ln 2 for the half in front, or leaves the half out.
        If cosh is half of exp(x), may exp(x) be larger than the limit, or must it be smaller?
""")

chapter.expression(
    "log_cosh_bracket", "1 + exp(-2*x)", {"x": (0.2, 2.0)}, section="No delta at all"
).add_misconceptions("""
    sign of the exponent: 1 + exp(2*x)
        that is what is left when exp(-x) is taken out.
        What is exp(-x) divided by exp(x)?
    half the exponent: 1 + exp(-x)
        the second term is exp(-x), as if it had not been divided.
        What is exp(-x) divided by exp(x)?
    one half twice: (1 + exp(-2*x))/2
        the half stands in front of the brackets already.
        What does your product come to at x = 0, and what is cosh 0?
    minus for plus: 1 - exp(-2*x)
        that gives sinh.
        Which sign stands between the two powers in cosh?
""")


@chapter.function(
    section="No delta at all",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.log_cosh,
    keras="keras.losses.log_cosh",
    cases=cases(
        PAIR,
        first=[NEAR_AND_FAR, ABOVE_AND_BELOW],
        extremes=[((2, 3), (2, 3)), ((0, 0), (1000, 1)), ((0, 0), (-1000, 1)), ((0, -1e30), (1e30, 0))],
    ),
    laws=("finite", "never_negative", "zero_for_equal", "symmetric", "unchanged_by_common_shift"),
    curve_along="y_pred - y_true",
)
def log_cosh(y_true, y_pred):
    """The mean of ln cosh(y_pred - y_true) over the last axis, finite for any errors.

    y_true, y_pred: shape (..., D).
    Returns an array of shape (...).
    """


log_cosh.add_misconceptions("""
    e = y_pred - y_true
    mistakes of a mean
    cosh overflows: np.mean(np.log(np.cosh(e)), -1)
        beyond an error of about 710 your cosh is infinite, though its logarithm is not.
        Which form of ln cosh needs no power larger than 1?
    overflow on one side: np.mean(e + np.log1p(np.exp(-2 * e)) - np.log(2), -1)
        for errors far below zero exp(-2e) overflows.
        cosh is even: which x may you put in its place?
    missing ln 2: np.mean(np.logaddexp(e, -e), -1)
        where prediction and truth agree, your loss is ln 2.
        Which factor does cosh have in front of its two powers?
    far form everywhere: np.mean(abs(e) - np.log(2), -1)
        you took |e| - ln 2, which holds far out only; near zero it is negative.
        What is left of ln(1 + exp(-2|e|)) at e = 0?
    near form everywhere: np.mean(e**2 / 2, -1)
        you took e**2 / 2, which holds near zero only.
        How does ln cosh grow far out?
    one plus exp(-|e|): np.mean(abs(e) + np.log1p(np.exp(-abs(e))) - np.log(2), -1)
        the exponent of your second term is half as large as it should be.
        What is exp(-x) divided by exp(x)?
    ln 2 forgotten far out: np.mean(np.where(abs(e) > 20, abs(e), np.log(np.cosh(np.minimum(abs(e), 20)))), -1)
        for large errors you take |e| itself: there your loss is ln 2 too large.
        What is left of |e| + ln(1 + exp(-2|e|)) - ln 2 if |e| is large?
    errors clipped: np.mean(np.log(np.cosh(np.clip(e, -700, 700))), -1)
        you clip the errors so that cosh does not overflow: all larger errors cost the same.
        Does an error of 1000 cost more than one of 700?
    sign kept in the first term: np.mean(e + np.log1p(np.exp(-2 * abs(e))) - np.log(2), -1)
        your first term is negative for errors below 0.
        cosh is even: does every term of your formula use the size of the error?
    log2 of 2: np.mean(np.logaddexp(e, -e) - 1, -1)
        you subtract 1, which is the logarithm of 2 to base 2.
        Which base does the logarithm in ln cosh have?
    loss of the mean error: losses.log_cosh(*of_means(y_true, y_pred))
        as in huber
    ln 2 added: np.mean(np.logaddexp(e, -e) + np.log(2), -1)
        you add ln 2 where it should be subtracted.
        What should ln cosh be at 0?
""")


@chapter.slope_of(
    log_cosh,
    aspects={"gradient": 1, "extremes": 1, "shapes": 1},
    cases=cases(
        PAIR,
        aspect="gradient",
        first=[NEAR_AND_FAR, ABOVE_AND_BELOW],
        extremes=[((2, 3), (2, 3)), ((0, 0), (1000, 1)), ((0, 0), (-1000, 1))],
    ),
    laws=("antisymmetric", "unchanged_by_common_shift", "between_minus_one_and_one"),
    curve_along="y_pred - y_true",
)
def log_cosh_gradient(y_true, y_pred):
    """The derivative of log_cosh with respect to each entry of y_pred.

    y_true, y_pred: shape (..., D).
    Returns an array in the shape of y_pred.
    """


log_cosh_gradient.add_misconceptions("""
    e = y_pred - y_true
    D = y_pred.shape[-1]
    mistakes of a mean's slope
    infinity by infinity: np.sinh(e) / np.cosh(e) / D
        for large errors both sinh and cosh are infinite, and their ratio is NaN.
        Which function of NumPy is sinh / cosh, and takes any number?
    numerator only: np.sinh(e) / D
        your slope is sinh: it grows without limit.
        What is the denominator of the derivative of ln f?
    differentiated twice: (1 - np.tanh(e) ** 2) / D
        1 - tanh(e)**2 is the curvature.
        What is the slope of a loss at its minimum?
    a clip: np.clip(e, -1, 1) / D
        that is the slope of Huber's loss with delta = 1.
        Is the derivative of ln cosh made of straight pieces?
    tangent of an angle: np.tan(e) / D
        np.tan is the tangent of an angle, which has poles.
        What is sinh / cosh called, and what does NumPy call it?
    slope of the mean error:
            (np.tanh((y_pred - y_true).mean(-1, keepdims=True)) / y_pred.shape[-1] * np.ones_like(y_pred))
        all entries of a sample get one slope, that of the mean error.
        Does the slope of one prediction depend on the errors of the others?
""")

# --- Spot the bug -------------------------------------------------------------------------------------------------


def _error_squared_alone(y_true, y_pred, delta):
    """Pseudo-Huber as the article has it: the square does not reach delta."""
    return (delta**2 * (np.sqrt(1 + (y_pred - y_true) ** 2 / delta) - 1)).mean(-1)


chapter.counterexample(
    "unsquared_delta",
    section="Spot the bug",
    asks="a triple, (y_true, y_pred, delta): two arrays and a number",
    example=([0.0], [1.0], 0.25),
    one_shape=True,
    refutes=differ(
        _error_squared_alone,
        losses.pseudo_huber,
        because=(
            (lambda y_true, y_pred, delta: np.all(delta == 1), "delta is 1, and so is its square"),
            (lambda y_true, y_pred, delta: np.array_equal(y_true, y_pred), "all errors are 0"),
            (lambda y_true, y_pred, delta: np.all(np.abs(y_pred - y_true) < 0.1), "the errors are too small"),
        ),
    ),
)

chapter.expression(
    "unsquared_delta_slope", "delta**(3/2)", {"delta": (0.1, 5.0)}, section="Spot the bug"
).add_misconceptions("""
    the slope of the right one: delta
        that is the slope of the right formula.
        For large e, what is left of the root of 1 + e**2 / delta?
    root forgotten: delta**2
        that is the factor in front alone.
        What does the delta inside the root do to the slope?
    factor forgotten: 1/sqrt(delta)
        that is the slope of the root alone.
        Which factor stands in front of the brackets?
    root of the factor too: sqrt(delta)
        you took the root of delta**2 / delta.
        Does delta**2 stand inside the root?
    brackets of the exponent missing: delta**3/2
        that is half of the cube: Python takes the power before the division.
        How do you write the exponent 3/2 so that it stays together?
""")
