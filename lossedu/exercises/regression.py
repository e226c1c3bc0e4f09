"""Chapter 01: squared, absolute, relative and logarithmic errors."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter, differ, other_epsilons
from lossedu.exercises._domains import cases, far_from_zero, joined, means, rates

chapter = Chapter("01_regression", globals())
chapter.warm_up(5, "00_first_loss", "Many errors, and an axis")
chapter.warm_up(-1, "00_first_loss", "Why one number")
chapter.warm_up(6, "00_first_loss", "Many errors, and an axis")
WAITS = np.array([2.0, 3.0, 4.0, 10.0, 31.0])
FIRST = [((3, 2), (2, 5)), ((1, 2, 4), (2, 2, 2))]
NUMBERS = {"y_true": means, "y_pred": means}


# --- One number for five waits --------------------------------------------------------------------------------------

chapter.number("least_absolute_wait", 4.0, "a number of minutes", section="A question").add_misconceptions("""
    mean for median: 10.0
        that is the mean; it makes the squared errors small.
        Start at 10 and go down by one minute: how many errors shrink, and how many grow?
    middle of the range: 16.5
        that is halfway between the shortest and the longest wait.
        How many of the waits lie below your number, and how many above?
    error for forecast: 7.2
        that is the smallest mean absolute error itself.
        At which number is it reached?
    position for value: 3.0
        that is the position of a wait in the sorted list.
        How many minutes is the wait at this position?
""")

# --- Squared errors -------------------------------------------------------------------------------------------------

chapter.expression(
    "squared_error_slope",
    "2*(c - (y_1 + y_2 + y_3) / 3)",
    {"c": (-3.0, 3.0), "y_1": (-3.0, 3.0), "y_2": (-3.0, 3.0), "y_3": (-3.0, 3.0)},
    section="Squared errors: the Gaussian's",
).add_misconceptions("""
    half as large
        What is the slope of a square?
    opposite sign
        Does the loss rise or fall where c is far above all three?
    sum for mean: 2*(3*c - y_1 - y_2 - y_3)
        that is the slope of the sum of the squares.
        By what is the sum divided?
    forecast for slope: (y_1 + y_2 + y_3) / 3
        that is the forecast at which the slope is 0.
        How large is the slope if c is 1 above it?
    c subtracted once: 2*(c - y_1 - y_2 - y_3) / 3
        your c counts once, but each of the three errors holds a c.
        How many terms with c remain when the three slopes are added?
""")


@chapter.function(
    reference=losses.mean_squared_error,
    section="Squared errors: the Gaussian's",
    aspects={"values": 2, "shapes": 1},
    keras="keras.losses.mean_squared_error",
    cases=joined(cases(NUMBERS, first=FIRST), far_from_zero),
    laws=("never_negative", "zero_for_equal", "symmetric", "unchanged_by_common_shift", "order_of_classes"),
    curve_along="y_pred - y_true",
)
def mean_squared_error(y_true, y_pred):
    """The mean of the squared errors along the last axis.

    y_true, y_pred: numbers, both of shape (..., D). They may be as large as 1e8.
    Returns an array of shape (...), in the unit of y_true squared.
    """


mean_squared_error.add_misconceptions("""
    mistakes of a mean
    first axis for the last
    axis kept
    root taken: np.sqrt(losses.mean_squared_error(y_true, y_pred))
        this is the root of the mean squared error, the RMSE.
        What is the unit of the result, according to the contract?
    standard deviation: (y_pred - y_true).std(-1)
        this is the standard deviation of the errors: it takes off their mean first, and a root afterwards.
        If every prediction is 1 too high, what should the loss be?
    variance: (y_pred - y_true).var(-1)
        this is the variance of the errors: their mean is taken off first.
        If every prediction is 1 too high, what should the loss be?
    square of the mean: (y_pred - y_true).mean(-1) ** 2
        you took the mean first and squared it: errors of opposite sign cancel.
        What comes first, the mean or the square?
    halved
        Does the contract have the 1/2 that some texts put in front, to cancel the 2 of the slope?
    absolute for squared: losses.mean_absolute_error(y_true, y_pred)
        this is the mean absolute error.
        What is done to each error before the mean?
    missing square: (y_pred - y_true).mean(-1)
        this is the mean error: errors of opposite sign cancel.
        Which predictions would get a loss below 0?
    errors cut to whole numbers: np.mean(np.trunc(y_pred - y_true) ** 2, axis=-1)
        you cut the errors to whole numbers before you square them.
        Which dtype does the array of your errors have?
    relative errors: np.mean(((y_pred - y_true) / y_true) ** 2, axis=-1)
        you divide each error by its truth: that is a squared relative error.
        What is the unit of the result in the contract, and is a relative error in that unit?
    square of the sum: (y_pred - y_true).sum(-1) ** 2
        you added the errors first and squared their sum: errors of opposite sign cancel.
        Is it the square of a sum, or the sum of squares?
    difference of squares: (y_pred**2 - y_true**2).mean(-1)
        you squared truth and prediction before you subtracted.
        What is squared: each array, or the error?
    the largest square: ((y_pred - y_true) ** 2).max(-1)
        you took the largest square.
        Do the smaller errors count, too?
    median of the squares: np.median((y_pred - y_true) ** 2, axis=-1)
        you took the middle one of the squares.
        Does the largest square count for more when it grows?
""")


@chapter.slope_of(
    mean_squared_error,
    aspects={"gradient": 2, "shapes": 1},
    cases=cases(NUMBERS, aspect="gradient", first=FIRST),
    laws=("antisymmetric", "unchanged_by_common_shift", "follows_order_of_classes"),
    curve_along="y_pred - y_true",
)
def mean_squared_error_gradient(y_true, y_pred):
    """The derivative of mean_squared_error with respect to each entry of y_pred.

    y_true, y_pred: numbers, both of shape (..., D).
    Returns an array in the shape of y_pred.
    """


mean_squared_error_gradient.add_misconceptions("""
    mistakes of a mean's slope
    divided by all entries
    halved
        What is the derivative of a square?
    slope of the absolute error: losses.mean_absolute_error.gradient(y_true, y_pred)
        your slope knows only whether a prediction is too high or too low.
        Does the slope of a square stay the same when the error doubles?
    first length for D
    size for error: 2 * np.abs(y_pred - y_true) / y_pred.shape[-1]
        your slope is never negative: it takes the size of the error.
        Which way should training move a prediction that is too low?
    slope of the mean error: 2 * np.mean(y_pred - y_true, axis=-1, keepdims=True)
        you took the mean of the errors: one slope came out for a whole sample.
        Does the slope of one prediction depend on the errors of the others?
    slope of the root:
            error = y_pred - y_true
            error / np.sqrt(np.mean(error**2, -1, keepdims=True)) / y_pred.shape[-1]
        this is the slope of the root of the mean squared error.
        Is there a root in your loss?
""")


chapter.expression(
    "likeliest_sigma", "sqrt(m)", {"m": (0.1, 5.0)}, section="Squared errors: the Gaussian's"
).add_misconceptions("""
    variance for deviation: m
        that is the square of the deviation you look for.
        What is the unit of sigma, and what is that of m?
    factor 2: sqrt(2*m)
        the 2 in the denominator did not cancel.
        What is the derivative of m / (2 sigma^2) by sigma?
    half the square: sqrt(m / 2)
        your sigma^2 is half of the right one.
        What is the slope of sigma^-2?
    smallest value for sigma: log(m)/2 + 1/2
        that is the smallest value of the expression, not where it is reached.
        At which sigma is the slope 0?
""")

# --- Absolute errors ------------------------------------------------------------------------------------------------

chapter.expression(
    "laplace_surprise",
    "Abs(e) / b + log(2*b)",
    {"e": (-3.0, 3.0), "b": (0.2, 3.0)},
    section="Absolute errors: Laplace's",
).add_misconceptions("""
    sign: -Abs(e) / b - log(2*b)
        that is ln p, without the minus.
        Which of the two does the question ask for: ln p or -ln p?
    scale forgotten: Abs(e) / b
        you dropped the logarithm of the factor in front.
        What is -ln of a product?
    factor upside down: Abs(e) / b - log(2*b)
        the logarithm of the factor has the wrong sign.
        What is -ln of 1/(2b)?
    no absolute value: e / b + log(2*b)
        errors below 0 would cost less than no error at all.
        What does the bar on either side of e mean?
""")


@chapter.function(
    reference=losses.mean_absolute_error,
    section="Absolute errors: Laplace's",
    aspects={"values": 2, "shapes": 1},
    keras="keras.losses.mean_absolute_error",
    cases=cases(NUMBERS, first=FIRST),
    laws=("never_negative", "zero_for_equal", "symmetric", "unchanged_by_common_shift", "order_of_classes"),
    curve_along="y_pred - y_true",
)
def mean_absolute_error(y_true, y_pred):
    """The mean size of the errors along the last axis.

    y_true, y_pred: numbers, both of shape (..., D).
    Returns an array of shape (...), in the unit of y_true.
    """


mean_absolute_error.add_misconceptions("""
    mistakes of a mean
    first axis for the last
    axis kept
    missing absolute value: (y_pred - y_true).mean(-1)
        you kept the signs of the errors, so that positive and negative ones cancel.
        Which predictions would get a loss below 0?
    size of the mean: np.abs((y_pred - y_true).mean(-1))
        you took the mean first: errors of opposite sign cancel.
        What comes first, the mean or the bars?
    deviation from the observations' mean: np.abs(y_true - y_true.mean(-1, keepdims=True)).mean(-1)
        you measured how far the observations lie from their own mean; no prediction enters.
        What happens to your result when the predictions get better?
    squared for absolute: losses.mean_squared_error(y_true, y_pred)
        you squared the errors instead of taking their sizes: this is the mean squared error.
        What is the unit of the result, according to the contract?
    root of the mean square: np.sqrt(losses.mean_squared_error(y_true, y_pred))
        this is the RMSE: in the right unit, but large errors count for more.
        Do the errors of the contract get squared at all?
    median of the sizes: np.median(np.abs(y_pred - y_true), axis=-1)
        you took the middle one of the sizes.
        Does the largest error count for more when it grows?
    the largest error: np.abs(y_pred - y_true).max(-1)
        you took the largest of the sizes.
        Do the smaller errors count, too?
    difference of the sizes: (np.abs(y_pred) - np.abs(y_true)).mean(-1)
        you take the sizes of truth and prediction, and subtract these.
        How large is the error between -2 and 2?
""")


AT_THE_KINK = [  # errors that are 0, or small beside the numbers, or nearly 0
    ((1, 2), (1, 5)),
    ((3, 0, 2), (2, 0, 2)),
    ((1000, 2), (1000.005, 2)),
    ((1000, 3), (998, 3.5)),
    ((0, 2), (1e-9, 2)),
]


@chapter.slope_of(
    mean_absolute_error,
    aspects={"gradient": 1, "extremes": 1, "shapes": 1},
    cases=cases(
        NUMBERS,
        aspect="gradient",
        first=[((3, 2), (2, 5)), ((1, 2, 4), (2, 3, 2))],
        extremes=AT_THE_KINK,
        kinds="extremes",  # among integers there are ties
    ),
    laws=("antisymmetric", "unchanged_by_common_shift", "follows_order_of_classes", "between_minus_one_and_one"),
    curve_along="y_pred - y_true",
)
def mean_absolute_error_gradient(y_true, y_pred):
    """The derivative of mean_absolute_error with respect to each entry of y_pred.

    y_true, y_pred: numbers, both of shape (..., D).
    Returns an array in the shape of y_pred; 0 where a prediction equals the truth.
    """


mean_absolute_error_gradient.add_misconceptions("""
    mistakes of a mean's slope
    divided by all entries
    error kept: (y_pred - y_true) / y_pred.shape[-1]
        your slope grows with the error; that is how a square behaves.
        How steep is the absolute value at 1, and how steep at 10?
    a side taken at the kink: np.where(y_pred >= y_true, 1, -1) / y_pred.shape[-1]
        where a prediction equals the truth you take the slope of one side.
        Should training move a prediction that is exactly right?
    first length for D
    0 below the truth: (y_pred > y_true) / y_pred.shape[-1]
        predictions that are too low get the slope 0.
        Does the loss change when a prediction that is too low falls further?
    0/0 at the kink:
            error = y_pred - y_true
            error / np.abs(error) / y_pred.shape[-1]
        where a prediction equals the truth you get NaN.
        What is e / |e| at e = 0, and what does the contract say there?
    nearly equal counted as equal: np.where(np.isclose(y_pred, y_true), 0, right(...))
        predictions that lie near their truth get the slope 0, as if they were equal to it.
        Where does the contract give the slope 0: near the truth, or only exactly at it?
    error clipped for its sign: np.clip(y_pred - y_true, -1, 1) / y_pred.shape[-1]
        you clip the error at -1 and 1: errors below 1 get too small a slope.
        Does the slope of an absolute error depend on the size of the error?
""")
for small in ("1e-6", "1e-7", "1e-8"):
    mean_absolute_error_gradient.add_misconceptions(f"""
    error divided by max(|error|, {small}):
            error = y_pred - y_true
            error / np.maximum(np.abs(error), {small}) / y_pred.shape[-1]
        you divide the error by its absolute value, but at least by {small}: the slope of smaller errors is too small.
        What is the slope of the absolute value very close to 0, but not at 0?
    error divided by |error| + {small}:
            error = y_pred - y_true
            error / (np.abs(error) + {small}) / y_pred.shape[-1]
        you divide the error by its absolute value plus {small}: the slope of small errors is too small.
        What is the slope of the absolute value very close to 0, but not at 0?
""")


# --- Percent --------------------------------------------------------------------------------------------------------

chapter.number("least_percentage_wait", 3.0, "a number of minutes", section="Errors in percent").add_misconceptions("""
    unweighted median: 4.0
        that is the median in which every wait has one vote.
        What is the weight of a wait of 2 minutes, and that of one of 31?
    weighted mean: 5 / np.sum(1 / WAITS)
        that is the mean with weights 1/y.
        Do the slopes grow with the error, or do they only have a sign?
    the heaviest: 2.0
        that is the wait with the largest weight.
        Is 1/2 more than half of all the weights together?
    mean: 10.0
        that is the mean.
        For which errors is the mean the best number: for squared errors, or for errors in percent?
""")


@chapter.function(
    reference=losses.mean_absolute_percentage_error,
    section="Errors in percent",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    keras="keras.losses.mean_absolute_percentage_error",
    cases=cases(
        {"y_true": rates, "y_pred": means},  # away from 0, where the epsilon is all
        first=[((2, 8), (1, 10)), ((4, -2), (5, -1))],
        extremes=[
            ((0, 2), (0.01, 1)),
            ((0, 4), (0, 5)),
            ((1e-7, 1), (0, 2)),
            ((1e-9, 2), (0.01, 2)),
            ((-0.0, 1), (5e-324, 1)),
        ],
    ),
    laws=("finite", "never_negative", "zero_for_equal", "order_of_classes"),
    curve_along="y_pred",
)
def mean_absolute_percentage_error(y_true, y_pred):
    """The mean size of the errors in percent of the truth, along the last axis.

    y_true, y_pred: numbers, both of shape (..., D).
    Returns an array of shape (...).
    Each error is divided by |y_true| or by 1e-7, whichever is larger, as Keras does.
    """


mean_absolute_percentage_error.add_misconceptions("""
    mistakes of a mean
    only 0 replaced: 100 * np.mean(np.abs(y_pred - y_true) / np.where(y_true == 0, 1e-7, np.abs(y_true)), -1)
        you replace only true values of exactly 0: the contract divides by at least 1e-7.
        By what is an error divided if the truth is 1e-9?
    first axis for the last
    axis kept
    share for percent
        What do you call one half, in percent?
    percent of the prediction: losses.mean_absolute_percentage_error(y_pred, y_true)
        you divided by the predictions.
        Percent of what: of the truth, or of the guess?
    missing absolute value: 100 * ((y_pred - y_true) / np.maximum(np.abs(y_true), 1e-7)).mean(-1)
        errors of opposite sign cancel.
        Which predictions would get a loss below 0?
    sign of the truth kept: 100 * (np.abs(y_pred - y_true) / np.maximum(y_true, 1e-7)).mean(-1)
        a truth below 0 counts as 1e-7, and its error is blown up.
        How large is a truth of -2?
    ratio of sums: 100 * np.abs(y_pred - y_true).sum(-1) / np.maximum(np.abs(y_true).sum(-1), 1e-7)
        you added the errors before you divided: large truths outweigh small ones.
        Is it a mean of percentages, or a percentage of means?
    divided by 0: 100 * (np.abs(y_pred - y_true) / np.abs(y_true)).mean(-1)
        a truth of 0 gives NaN or infinity.
        By what does Keras divide where the truth is 0?
    epsilon added: 100 * (np.abs(y_pred - y_true) / (np.abs(y_true) + 1e-7)).mean(-1)
        a truth of 1e-7 counts as 2e-7; only the truth of 0 is right.
        Is epsilon added to the truth, or is it a floor under it?
    percent of the middle: 200 * (np.abs(y_pred - y_true) / np.maximum(np.abs(y_true) + np.abs(y_pred), 2e-7)).mean(-1)
        you divided by the mean of truth and prediction: that is the symmetric percentage error.
        Percent of what: of the truth, or of something between truth and guess?
""")
mean_absolute_percentage_error.add_misconceptions(
    other_epsilons("100 * np.mean(np.abs(y_pred - y_true) / np.maximum(np.abs(y_true), epsilon), -1)")
)
mean_absolute_percentage_error.add_misconceptions("""
    largest truth for all: 100 * np.abs(y_pred - y_true).mean(-1) / np.maximum(np.abs(y_true).max(-1), 1e-7)
        you divide by the largest truth of a sample.
        By which truth does the contract divide each error?
    errors squared: 100 * (((y_pred - y_true) / np.maximum(np.abs(y_true), 1e-7)) ** 2).mean(-1)
        you square the relative errors.
        What does the word in the middle of the name ask for: a size, or a square?
    floor in an array of integers:
            size = np.abs(y_true)
            floor = np.full(np.shape(y_true), 1e-7).astype(np.asarray(y_true).dtype)
            100 * np.mean(np.abs(y_pred - y_true) / np.where(size < 1e-7, floor, size), axis=-1)
        if the truths are integers, your floor of 1e-7 is stored as 0.
        Which type does the array have into which you write the floor?
""")


# --- Ratios ---------------------------------------------------------------------------------------------------------

chapter.number("as_costly_above", 7.0, "a number of minutes", section="Errors of the logarithm").add_misconceptions("""
    as far above as below: 5.0
        that is as far above as 1 is below.
        Are ln 4 - ln 2 and ln 6 - ln 4 equal?
    missing 1: 9.0
        that has the same ratio to the truth as the truth has to 1.
        Of which number is the logarithm taken: of y, or of 1 + y?
    1 left on: 8.0
        that is 1 plus the prediction.
        If ln(1 + y) is ln 8, what is y?
""")


@chapter.function(
    reference=losses.mean_squared_logarithmic_error,
    section="Errors of the logarithm",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    keras="keras.losses.mean_squared_logarithmic_error",
    cases=cases(
        {"y_true": rates, "y_pred": rates},
        first=[((3, 1), (1, 4)), ((2, 3, 4), (5, 3, 1))],
        extremes=[((0, 3), (1, 0)), ((3, 1), (-2, 1)), ((-2, 1), (3, 1)), ((-0.5, 2), (1, 2))],
    ),
    laws=("finite", "never_negative", "zero_for_equal", "symmetric"),
    curve_along="y_pred",
)
def mean_squared_logarithmic_error(y_true, y_pred):
    """The mean squared error of ln(1 + y) along the last axis.

    y_true, y_pred: numbers, both of shape (..., D); what is below 1e-7 counts as 1e-7.
    Returns an array of shape (...).
    """


def log_errors(y_true, y_pred):
    """The differences of the logarithms, with the floor of the contract."""
    return np.log1p(np.maximum(y_pred, 1e-7)) - np.log1p(np.maximum(y_true, 1e-7))


mean_squared_logarithmic_error.add_misconceptions("""
    mistakes of a mean
    first axis for the last
    axis kept
    missing 1: losses.mean_squared_error(*(np.log(np.maximum(y, 1e-7)) for y in (y_true, y_pred)))
        you took the logarithm of y itself.
        What is ln y at y = 0, and what is added there to keep it harmless?
    missing square: losses.mean_absolute_error(*(np.log1p(np.maximum(y, 1e-7)) for y in (y_true, y_pred)))
        this is the mean absolute error of the logarithms.
        What is done to each difference of logarithms before the mean?
    root taken: np.sqrt(losses.mean_squared_logarithmic_error(y_true, y_pred))
        this is the root of it, the RMSLE of many competitions.
        Does the contract speak of a root?
    logarithm of the error: np.log1p((y_pred - y_true) ** 2).mean(-1)
        you took the logarithm of the squared error; only the ratio of truth and prediction should matter.
        What comes first, the difference or the logarithm?
    log10 for ln: losses.mean_squared_logarithmic_error(y_true, y_pred) / np.log(10) ** 2
        your logarithm has base 10: the result is 5.3 times too small.
        Which logarithm does the contract name?
    missing floor: ((np.log1p(y_pred) - np.log1p(y_true)) ** 2).mean(-1)
        numbers below 0 go into the logarithm as they are; below -1 it is NaN.
        What does a number below 1e-7 count as, according to the contract?
    logarithm of the size: np.mean(np.log1p(np.abs(np.maximum(y_pred, 1e-7) - np.maximum(y_true, 1e-7))) ** 2, -1)
        you took the logarithm of the size of the error, and squared that.
        Is it the logarithm of a difference, or a difference of logarithms?
    mirrored at 0: ((np.log1p(np.abs(y_pred)) - np.log1p(np.abs(y_true))) ** 2).mean(-1)
        you take the size of numbers below 0: -2 counts as 2.
        As which number does a number below 0 count, according to the contract?
    square of the mean: np.mean(log_errors(y_true, y_pred), axis=-1) ** 2
        you took the mean of the logarithms' errors first: those of opposite sign cancel.
        In which order do square and mean come?
    floor under the predictions alone: ((np.log1p(np.maximum(y_pred, 1e-7)) - np.log1p(y_true)) ** 2).mean(-1)
        predictions below 1e-7 are raised to it, truths are not.
        For which of the two arrays does the contract name a floor?
    floor under the truths alone: ((np.log1p(y_pred) - np.log1p(np.maximum(y_true, 1e-7))) ** 2).mean(-1)
        truths below 1e-7 are raised to it, predictions are not.
        For which of the two arrays does the contract name a floor?
""")


# --- A price for each direction -------------------------------------------------------------------------------------

chapter.number(
    "level_of_prices", 0.9, "a number between 0 and 1", section="A price for each direction"
).add_misconceptions("""
    ratio for level: 9.0
        that is the ratio of the two prices, not one of them.
        What do both prices, tau and 1 - tau, add up to?
    the other price: 0.1
        that is the price of a minute too high.
        Which of the two directions costs tau?
    upside down: 1 / 9
        that is the ratio of the two prices, turned upside down.
        What do both prices, tau and 1 - tau, add up to?
    9 parts of 8: 8 / 9
        your two prices have the ratio 8.
        If the smaller price is one part, how many parts are both together?
""")

chapter.expression(
    "pinball_slope", "F - tau", {"F": (0.0, 1.0), "tau": (0.05, 0.95)}, section="A price for each direction"
).add_misconceptions("""
    opposite sign
        Does the loss rise or fall if all observations lie below c?
    prices swapped: tau*F - (1 - tau)*(1 - F)
        you let an observation below c pull with tau.
        If an observation lies below c, is the forecast c too high or too low?
    both pull up: (1 - tau)*F + tau*(1 - F)
        in your sum all observations push c in the same direction.
        Which sign has the slope of the cost of an observation above c?
    those above forgotten: (1 - tau)*F
        you count only the observations below c.
        Which share of the observations lies above c, and how does c change their cost?
    shares forgotten: 1 - 2*tau
        you add both prices as if as many observations lay below c as above.
        How many of the observations have each price?
    all observations above: F*(1 - tau) - tau
        all observations pull with -tau in your formula, also those below c.
        Which share of the observations lies above c?
""")


def means_of_rows(y_true, y_pred):
    """The means of truth and prediction, as samples of one number."""
    return (y.mean(-1, keepdims=True) for y in (y_true, y_pred))


def by_level(*, aspect="values", extremes=(), kinds="shapes"):
    """Cases for a loss with a `tau`: 0.25 and 0.9, then the default, then drawn ones."""
    first = [((3, 2), (2, 5)), ((1, 2, 4), (3, 1, 1))]
    return joined(
        cases(NUMBERS, aspect=aspect, first=first, extremes=extremes, vectors=(), batches=(), options={"tau": 0.25}),
        cases(NUMBERS, aspect=aspect, first=first, vectors=((2,),), batches=(), options={"tau": 0.9}),
        cases(NUMBERS, aspect=aspect, first=first[:1], vectors=(), batches=()),
        cases(NUMBERS, aspect=aspect, kinds=kinds, options={"tau": lambda rng: round(rng.uniform(0.05, 0.95), 2)}),
    )


@chapter.function(
    reference=losses.quantile,
    section="A price for each direction",
    aspects={"values": 2, "shapes": 1},
    cases=by_level(),
    regions={"y_pred < y_true": lambda y_true, y_pred, tau=0.5: y_pred < y_true},
    laws=("never_negative", "zero_for_equal", "unchanged_by_common_shift", "order_of_classes"),
    curve_along="y_pred - y_true",
)
def pinball_loss(y_true, y_pred, tau=0.5):
    """The mean cost of the errors along the last axis, with a price for each direction.

    y_true, y_pred: numbers, both of shape (..., D).
    tau: what one unit too low costs, 0 < tau < 1; one unit too high costs 1 - tau.
    Returns an array of shape (...), in the unit of y_true.
    """


pinball_loss.add_misconceptions("""
    e = y_true - y_pred
    mistakes of a mean
    first axis for the last
    axis kept
    tau ignored
    doubled
        How much does an error of 1 cost for tau = 1/2, according to the contract?
    prices swapped: right(..., tau=1 - tau)
        in your loss a prediction that is too low costs 1 - tau.
        Is y_true - y_pred positive if the prediction is too low, or if it is too high?
    one price for both: np.mean(tau * np.abs(e), -1)
        both directions cost tau in your loss.
        What does one unit too high cost, according to the contract?
    minimum for maximum: np.mean(np.minimum(tau * e, (tau - 1) * e), -1)
        you take the smaller of the two terms, which is never positive.
        Which of the two terms is the cost: the positive one, or the negative one?
    sign of the second term: np.mean(np.maximum(tau * e, (1 - tau) * e), -1)
        both of your terms have the sign of y_true - y_pred, so a prediction that is too high lowers the loss.
        Which sign must the second term have if the prediction is too high?
    no maximum: np.mean(tau * e, -1)
        you multiply all errors by tau and keep their signs, so that they cancel.
        What does a prediction that is too high cost?
    too high for nothing: np.mean(tau * np.maximum(e, 0), -1)
        a prediction that is too high costs nothing in your loss.
        What does one unit too high cost, according to the contract?
    too low for nothing: np.mean((1 - tau) * np.maximum(-e, 0), -1)
        a prediction that is too low costs nothing in your loss.
        What does one unit too low cost, according to the contract?
    second price 1: np.mean(np.where(e > 0, tau, 1) * np.abs(e), -1)
        one unit too high costs 1 in your loss.
        What do the two prices of the contract add up to?
    squared: np.mean(np.where(e > 0, tau, 1 - tau) * e**2, -1)
        you square the errors: that is the loss of an expectile.
        In which unit is the result, according to the contract?
    loss of the mean error: right(*means_of_rows(y_true, y_pred), tau=tau)
        you took the mean of the errors first: errors of both directions cancel.
        What comes first: the price of each error, or the mean?
    one price per sample: np.where(e.mean(-1) > 0, tau, 1 - tau) * np.abs(e).mean(-1)
        you choose one price for a whole sample, by its mean error.
        Does each error have its own direction?
    quantile of the errors: np.quantile(np.abs(e), tau, axis=-1)
        you return a quantile of the sizes of the errors.
        Is the quantile what the loss returns, or where it is smallest?
""")


@chapter.slope_of(
    pinball_loss,
    aspects={"gradient": 2, "extremes": 1, "shapes": 1},
    cases=by_level(
        aspect="gradient",
        extremes=AT_THE_KINK,
        kinds="extremes",  # among integers there are ties
    ),
    laws=("unchanged_by_common_shift", "follows_order_of_classes", "between_minus_one_and_one"),
    curve_along="y_pred - y_true",
)
def pinball_loss_gradient(y_true, y_pred, tau=0.5):
    """The derivative of pinball_loss with respect to each entry of y_pred.

    y_true, y_pred: numbers, both of shape (..., D). tau: as in pinball_loss.
    Returns an array in the shape of y_pred; 0 where a prediction equals the truth.
    """


pinball_loss_gradient.add_misconceptions("""
    e = y_pred - y_true
    D = y_pred.shape[-1]
    mistakes of a mean's slope
    divided by all entries
    first length for D
    tau ignored
    prices swapped: right(..., tau=1 - tau)
        your slope is tau - 1 where a prediction is too low, and tau where it is too high.
        What does one unit too low cost: tau, or 1 - tau?
    upper side at the kink: np.where(y_pred >= y_true, 1 - tau, -tau) / D
        where a prediction equals the truth you take the slope of the upper side.
        Which slope does the contract give a prediction that is exactly right?
    lower side at the kink: np.where(y_pred > y_true, 1 - tau, -tau) / D
        where a prediction equals the truth you take the slope of the lower side.
        Which slope does the contract give a prediction that is exactly right?
    one price for both: tau * np.sign(e) / D
        your slope has the size tau on both sides.
        How steep is the loss for predictions that are too high?
    price of the other side: (1 - tau) * np.sign(e) / D
        your slope has the size 1 - tau on both sides.
        How steep is the loss for predictions that are too low?
    size of the slope: np.where(e > 0, 1 - tau, tau) * (e != 0) / D
        your slope is never negative.
        Which way should training move a prediction that is too low?
    error kept: np.where(e > 0, 1 - tau, tau) * e / D
        your slope grows with the error, as that of a square does.
        How steep is the loss at an error of 1, and how steep at 10?
    0 below the truth: (1 - tau) * (e > 0) / D
        as in mean_absolute_error_gradient
    0 above the truth: -tau * (e < 0) / D
        predictions that are too high get the slope 0.
        Does the loss change when a prediction that is too high rises further?
    nearly equal counted as equal: np.where(np.isclose(y_pred, y_true), 0, right(...))
        as in mean_absolute_error_gradient
""")


# --- Spot the bug ---------------------------------------------------------------------------------------------------


def root_of_mean_square(y_true, y_pred):
    """The root of the mean squared error, over the last axis."""
    return np.sqrt(losses.mean_squared_error(y_true, y_pred))


def deviation_of_errors(y_true, y_pred):
    """The standard deviation of the errors, over the last axis."""
    return np.std(y_pred - y_true, axis=-1)


def deviation_of_observations(y_true, y_pred):
    """The mean absolute deviation of the observations from their mean, over the last axis."""
    return np.abs(y_true - y_true.mean(-1, keepdims=True)).mean(-1)


def refuted(name, claimed, right, example, *because):
    """Declare the search for a pair of arrays that refutes what is `claimed` of the `right` quantity.

    `because` says where they agree, and why, as in `differ`.
    """
    chapter.counterexample(
        name,
        section="Spot the bug",
        asks="a pair of arrays, (y_true, y_pred)",
        example=example,
        one_shape=True,
        refutes=differ(claimed, right, by=0.1, because=because),
    )


refuted(
    "root_left_on",
    root_of_mean_square,
    losses.mean_squared_error,
    ([0.0, 0.0], [2.0, 2.0]),
    (lambda y_true, y_pred: not np.any(y_pred - y_true), "all errors are 0"),
    (lambda y_true, y_pred: np.isclose(np.mean((y_pred - y_true) ** 2), 1), "the root of 1 is 1"),
)


@chapter.function(
    reference=root_of_mean_square,
    section="Spot the bug",
    aspects={"values": 1, "shapes": 1},
    cases=cases(NUMBERS, first=FIRST),
    laws=("never_negative", "zero_for_equal", "symmetric", "unchanged_by_common_shift", "order_of_classes"),
    curve_along="y_pred - y_true",
)
def root_mean_squared_error(y_true, y_pred):
    """The root of the mean of the squared errors along the last axis.

    y_true, y_pred: numbers, both of shape (..., D).
    Returns an array of shape (...), in the unit of y_true.
    """


root_mean_squared_error.add_misconceptions("""
    mistakes of a mean
    first axis for the last
    axis kept
    missing root: losses.mean_squared_error(y_true, y_pred)
        this is the mean squared error.
        What is the unit of the result, according to the contract?
    root before the mean: losses.mean_absolute_error(y_true, y_pred)
        you took the root of each square: that is the mean absolute error.
        Of what is the root taken, of each square or of their mean?
    root of the sum: np.linalg.norm(y_pred - y_true, axis=-1)
        your result is sqrt(D) times too large.
        Is there a mean under your root?
    1/D outside the root: np.linalg.norm(y_pred - y_true, axis=-1) / y_pred.shape[-1]
        your result is sqrt(D) times too small.
        Is the mean taken before the root, or after it?
    standard deviation: deviation_of_errors(y_true, y_pred)
        this is the standard deviation of the errors: their mean is taken off first.
        If every prediction is 1 too high, what should the result be?
    root of the halved mean: np.sqrt(losses.mean_squared_error(y_true, y_pred) / 2)
        under your root is half the mean square.
        Is there a 1/2 in the contract?
    size of the mean: np.abs((y_pred - y_true).mean(-1))
        you took the mean before the square: what is left after the root is the size of the mean error.
        In which order do square, mean and root come in the name?
    D - 1 under the root:
            root_of_mean_square(y_true, y_pred) * np.sqrt(np.divide(y_pred.shape[-1], y_pred.shape[-1] - 1))
        under your root you divide by D - 1.
        How many squares does the contract take the mean of?
""")


refuted(
    "not_the_deviation",
    deviation_of_errors,
    losses.mean_squared_error,
    ([0.0, 0.0], [1.0, 5.0]),
    (lambda y_true, y_pred: not np.any(y_pred - y_true), "all errors are 0"),
    (lambda y_true, y_pred: np.isclose((y_pred - y_true).mean(), 0), "the mean error is 0 and the mean square about 1"),
)
refuted(
    "nor_its_root",
    deviation_of_errors,
    root_of_mean_square,
    ([0.0, 0.0], [1.0, 1.0]),
    (lambda y_true, y_pred: not np.any(y_pred - y_true), "all errors are 0"),
    (lambda y_true, y_pred: np.isclose((y_pred - y_true).mean(), 0), "the mean error is 0"),
    (
        lambda y_true, y_pred: abs((y_pred - y_true).mean()) < np.std(y_pred - y_true),
        "the mean error is small beside the deviation of the errors",
    ),
)

chapter.expression(
    "mse_of_bias_and_deviation", "s**2 + a**2", {"a": (-2.0, 2.0), "s": (0.2, 3.0)}, section="Spot the bug"
).add_misconceptions("""
    mean error forgotten: s**2
        that is the variance of the errors.
        What is the mean squared error if all errors are equal to a?
    deviation for variance: s + a**2
        a length is added to a squared length.
        What is the unit of each term?
    square of the sum: (s + a)**2
        you added first and squared afterwards.
        What is the mean of the cross term 2 a (e - a)?
    root taken: sqrt(s**2 + a**2)
        that is the root of it.
        Is it the MSE that is asked for, or the RMSE?
""")

refuted(
    "not_from_the_mean",
    deviation_of_observations,
    losses.mean_absolute_error,
    ([1.0, 3.0], [1.0, 3.0]),
    (
        lambda y_true, y_pred: not np.any(y_pred - y_true) and np.ptp(y_true) == 0,
        "all truths are equal and the predictions are right",
    ),
    (
        lambda y_true, y_pred: np.allclose(y_pred, y_true.mean(-1, keepdims=True)),
        "every prediction is the mean of the truths",
    ),
    (
        lambda y_true, y_pred: True,
        "the errors have the same mean size as the distances of the truths from their mean",
    ),
)
