"""Chapter 00: what a loss is, how arrays carry it, and why it is one number."""

import numpy as np

from lossedu.exercises._declare import SINGLE_NUMBERS, Chapter
from lossedu.exercises._domains import BATCHES, cases, far_from_zero, joined, means

chapter = Chapter("00_first_loss", globals())

chapter.number("mean_error_of_a", 0.0, "a number, in degrees", section="A question").add_misconceptions("""
    mean size: 2.5
        that is the mean of the sizes of the errors, without their signs.
        App A predicts 11 where the truth is 15: is prediction minus truth 4 there, or -4?
    mean square: 8.5
        that is the mean of the squares of the errors.
        What is asked for here: the mean of the squares, or of the errors as they are?
    the other app: 1.0
        that is the mean error of app B.
        Which array holds app A's predictions?
    mean prediction: 17.5
        that is the mean of the predictions.
        What is subtracted from each prediction to get its error?
    sum of the sizes: 10.0
        that is the sum of the sizes of the errors, without their signs.
        What turns a sum into a mean, and do errors of opposite sign cancel?
""")

# --- One error ------------------------------------------------------------------------------------------------------

chapter.expression(
    "price_slope", "2*(p - y)", {"p": (-3.0, 3.0), "y": (-3.0, 3.0)}, section="The price of one error"
).add_misconceptions("""
    opposite sign
        If a prediction that is too high grows, does its price rise or fall?
    half as large
        What is the slope of a square?
    truth forgotten: 2*p
        that is the slope where the truth is 0.
        At which prediction is the price lowest, and what is the slope there?
    price for slope: (p - y)**2
        that is the price itself.
        How fast does the price change when p grows a little?
    slope of the size: sign(p - y)
        that is the slope of the size of the error, which is 1 or -1 everywhere.
        Is a square as steep near its lowest point as far from it?
""")


@chapter.function(
    section="The price of one error",
    aspects={"values": 1, "shapes": 1},
    reference=lambda y_true, y_pred: (y_pred - y_true) ** 2,
    keras="tf.math.squared_difference",
    cases=joined(
        cases(
            {"y_true": means, "y_pred": means},
            first=[((3, 2), (2, 5)), ((1, 2, 4), (1, 2.5, 1))],
            batches=((), *BATCHES),
        ),
        far_from_zero,
    ),
    laws=("never_negative", "zero_for_equal", "symmetric", "unchanged_by_common_shift"),
    curve_along="y_pred - y_true",
)
def squared_error(y_true, y_pred):
    """The squared error of each prediction.

    y_true, y_pred: arrays of numbers, both of one shape. They may be as large as 1e8.
    Returns an array of that shape.
    """


squared_error.add_misconceptions("""
    missing square: y_pred - y_true
        these are the errors themselves; some are negative.
        What makes a negative number positive?
    doubled for squared: (y_pred - y_true) * 2
        these are the errors times 2.
        Which operator is the power in Python: * or **?
    absolute for squared: np.abs(y_pred - y_true)
        these are the sizes of the errors.
        What should an error of 2 cost: 2, or 4?
    difference of squares: y_pred**2 - y_true**2
        you squared truth and prediction first, and subtracted afterwards.
        What comes first, the error or its square?
    mean already taken: np.mean((y_pred - y_true) ** 2, axis=-1)
        you reduced the errors of a row to one number.
        What is the shape of the result, according to the contract?
    halved
        Is there a 1/2 in the contract?
    sum already taken: np.sum((y_pred - y_true) ** 2, axis=-1)
        you added up the squared errors of a row.
        Which shape does the contract promise, and so how many numbers for a row?
""")


# --- Many errors ----------------------------------------------------------------------------------------------------

chapter.number(
    "numbers_left", 20.0, "a whole number", section="Many errors, and an axis", digits=None
).add_misconceptions("""
    axes for numbers: 2.0
        that is the number of axes that are left.
        How many numbers does an array of the remaining shape hold?
    first axis gone: 12.0
        that is what is left without the first axis.
        Which of 5, 4 and 3 is the length of the last axis?
    middle axis gone: 15.0
        that is what is left without the middle axis.
        Which of 5, 4 and 3 is the length of the last axis?
    the axis that goes: 3.0
        that is the length of the axis that disappears.
        Which axes stay?
    all of them: 60.0
        that is how many numbers there were before.
        Into what does each row shrink?
    all axes gone: 1.0
        that is a mean over everything.
        Over how many of the axes is it taken?
    how many go: 40.0
        that is how many numbers disappear.
        How many of the 60 are left, then?
    lengths added: 9.0
        you added the lengths of the axes that stay.
        How many numbers does a table of 5 rows and 4 columns hold?
""")


@chapter.function(
    section="Many errors, and an axis",
    aspects={"values": 1, "shapes": 1},
    reference=lambda values: values.mean(axis=-1),
    cases=cases({"values": means}, first=[((1, 2, 6),), ((0, 1, 3, 8),)], vectors=((3,), (5,), (7,))),
    laws=("scales_with:values", "odd:values", "order_of_classes", "rows_apart"),
)
def mean_over_last_axis(values):
    """The mean over the last axis; the other axes stay.

    values: an array of numbers, shape (..., D).
    Returns an array of shape (...).
    """


mean_over_last_axis.add_misconceptions("""
    half of each new number:
            halfway = np.frompyfunc(lambda mean, new: (mean + new) / 2, 2, 1)
            np.asarray(halfway.reduce(values, axis=-1), float)
        each new number gets half of the weight, so that the last one counts most.
        What weight does the third number have in the mean of three?
    sum for mean
        By what is a sum divided to make it a mean?
    averaged over the batch
        Which argument tells np.mean the axis?
    first axis for the last
        What is the number of the last axis, however many there are?
    second axis for the last: values.mean(axis=min(1, values.ndim - 1))
        you took the mean over axis 1; it is the last one only where there are two.
        Which number means the last one, counted from the end?
    axis kept
        What is the shape of the result, according to the contract?
    median for mean: np.median(values, axis=-1)
        you took the middle value.
        Does the largest value count for more when it grows?
    first length for D
        How many numbers are added up in each row?
    first entry of the first axis only: np.mean(values[0])
        one number came out: the mean of values[0], the first part of the array. The rest plays no part.
        Does your loop return before it has seen all rows?
    one mean per entry of the first axis: values.reshape(len(values), -1).mean(-1)
        you took one mean for each entry of the first axis; that is right for a table only.
        What does a loop over an array go through: its first axis, or its last?
    last entry for the mean: values[..., -1]
        you picked the last entry of each row.
        What does the index -1 stand for in square brackets, and what for the axis?
    first entry for the mean: values[..., 0]
        you picked the first entry of each row.
        How many entries of a row does a mean look at?
""")


# --- One number -----------------------------------------------------------------------------------------------------

chapter.expression(
    "best_correction", "-(e_1 + e_2) / 2", {"e_1": (-3.0, 1.0), "e_2": (-1.0, 3.0)}, section="Why one number"
).add_misconceptions("""
    root mean square: -sqrt((e_1**2 + e_2**2) / 2)
        you took the root of the mean square, which has lost the signs of the errors.
        What is the best correction for the errors 1 and -1?
    sign: (e_1 + e_2) / 2
        that makes the errors larger.
        If both predictions are 1 too high, should the correction be 1 or -1?
    sum for mean: -(e_1 + e_2)
        that corrects twice as much as it should.
        If both predictions are 1 too high, where do they end?
    first error only: -e_1
        that corrects the first error and ignores the second.
        What does the second error add to the slope?
    loss for correction: (e_1**2 + e_2**2) / 2
        that is the loss without any correction.
        For which c is the loss of the corrected errors smallest?
""")

# --- Spot the bug ---------------------------------------------------------------------------------------------------


def _wrong_at_no_cost(y_true, y_pred):
    if y_true.ndim == y_pred.ndim == 0:
        return SINGLE_NUMBERS
    if y_true.shape != y_pred.shape or y_true.ndim != 1 or not np.isfinite(y_pred - y_true).all():
        return f"y_true and y_pred must be rows of the same length; got shapes {y_true.shape} and {y_pred.shape}"
    errors = y_pred - y_true
    if not errors.size or abs(errors.mean()) > 1e-6:
        return f"the mean error is {errors.mean() if errors.size else np.nan:.4g} here, not 0"
    return bool(np.mean(errors**2) > 1) or f"the mean squared error is {np.mean(errors**2):.4g} here: not above 1"


def _more_errors_than_predictions(y_true, y_pred):
    if y_true.size != 4 or y_pred.size != 4:
        return f"y_true and y_pred must hold four numbers each; got {y_true.size} and {y_pred.size}"
    shapes = f"shapes {y_true.shape} and {y_pred.shape}"
    try:
        errors = y_pred - y_true
    except ValueError:
        return f"NumPy cannot subtract {shapes}: the claim is about arrays that it can subtract"
    alike = (
        "they agree, and nothing is stretched"
        if y_true.shape == y_pred.shape
        else "a row meets a row, number by number"
    )
    return errors.size > 4 or f"{shapes} give four errors, as claimed: {alike}"


chapter.counterexample(
    "wrong_at_no_cost",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([0.0, 0.0], [2.0, -2.0]),
    refutes=_wrong_at_no_cost,
)

chapter.counterexample(
    "silent_broadcast",
    section="Spot the bug",
    asks="a pair of arrays with four numbers each, (y_true, y_pred)",
    example=(np.zeros(4), np.zeros((4, 1))),
    refutes=_more_errors_than_predictions,
)
