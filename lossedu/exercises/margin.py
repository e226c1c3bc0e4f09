"""Chapter 03: the margin, the hinge losses, and labels of two kinds."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter
from lossedu.exercises._domains import binary_labels, cases, domain, joined, one_hot, real, signed_labels
from lossedu.losses.margin import signed

chapter = Chapter("03_margin", globals())
chapter.warm_up(2 * (5 - 3), "00_first_loss", "The price of one error")
chapter.warm_up(0.2, "00_first_loss", "Training with your own loss")
chapter.warm_up(16, "00_first_loss", "Spot the bug")


@domain(lambda array: np.abs(array) != 1, span=(-3, 3))  # at the kink more than one slope is right
def scores(rng, shape):
    """Scores on both sides of the margin."""
    return rng.uniform(-3, 3, size=shape)


def labelled(*, aspect="values", extremes=(), unsigned_extremes=()):
    """Cases with labels of 0 and 1, and with labels of -1 and +1: near, wrong, far enough."""
    return joined(
        cases(
            {"y_true": binary_labels, "y_pred": scores},
            aspect=aspect,
            first=[((0, 1), (0.5, 0.25)), ((1, 0), (2, 0.5)), ((0, 1), (-2, -0.5))],
            extremes=unsigned_extremes,
        ),
        cases(
            {"y_true": signed_labels, "y_pred": scores},
            aspect=aspect,
            first=[((-1, 1), (-0.25, -0.5)), ((1, -1), (2, 0.5))],
            extremes=extremes,
        ),
    )


SHORT_OF_THE_MARGIN = {"the margin is below 1": lambda y_true, y_pred: signed(y_true) * y_pred < 1}


# --- The widest street --------------------------------------------------------------------------------------------

chapter.number("widest_gap_threshold", 4.5, "a number, in centimetres", section="A question").add_misconceptions("""
    mean of all: 4.8
        that is the mean of all five lengths.
        Does the length of 12 matter for the room at the threshold?
    between the means: 5.5
        that lies half-way between the means of the two kinds.
        How much room is left on its right, and how much on its left?
    room for threshold: 1.5
        that is the room on either side.
        Where does the threshold stand that leaves this room?
    gap for threshold: 3.0
        that is how far the two kinds are apart.
        Which two leaves are nearest to each other, and what lies in the middle?
""")

chapter.expression(
    "street_half_width", "1/sqrt(w_1**2 + w_2**2)", {"w_1": (0.3, 3.0), "w_2": (0.3, 3.0)}, section="The margin"
).add_misconceptions("""
    length of w: sqrt(w_1**2 + w_2**2)
        that is how much the score rises on a way of length 1.
        How long is the way on which it rises by 1?
    sum for length: (w_1 + w_2)/(w_1**2 + w_2**2)
        you used the sum of the numbers in w as the length of w.
        What is the length of the vector (3, 4): 7, or 5?
    root forgotten: 1/(w_1**2 + w_2**2)
        that is the number d for which d * w is the step.
        How long is the step d * w itself?
    whole street: 2/sqrt(w_1**2 + w_2**2)
        that is the way from the score -1 to the score 1.
        From which score does the way begin?
    entries added: 1/(w_1 + w_2)
        you added the entries of w.
        How long is the vector (3, 4)?
    ways along the axes joined: sqrt(1/w_1**2 + 1/w_2**2)
        that is the distance between the points where the score has risen by 1 along each axis.
        In which direction does the score rise fastest?
""")

# --- The hinge ----------------------------------------------------------------------------------------------------

chapter.number("narrow_pass", 0.6, "a number", section="The hinge").add_misconceptions("""
    right is enough: 0.0
        the sign is right, but the margin is less than 1.
        What is t * s, and how far is it below 1?
    label forgotten: 1.4
        you took 1 - s.
        What is the product of two negative numbers?
    margin for loss: 0.4
        that is its margin.
        How far is it below 1?
""")

chapter.number("zero_label_loss", 1.0, "a number", section="Labels of 0 and 1").add_misconceptions("""
    as if moved: 0.0
        that is the loss for the label -1, or the product of label and score.
        What is 0 times -3, and how far is that below 1?
    as if positive: 4.0
        that is the loss for the label +1.
        What is 0 times -3?
    score for loss: 3.0
        that is the size of the score.
        Where does the score stand in the formula, and what is it multiplied with?
""")


@chapter.function(
    section="Labels of 0 and 1",
    aspects={"values": 1, "shapes": 1},
    reference=lambda y: signed(y),
    cases=joined(
        cases({"y": binary_labels}, first=[((0, 1),), ((1, 1),), ((0, 0, 0),)]),
        cases({"y": signed_labels}, first=[((-1, 1),), ((-1, -1, -1),)]),
    ),
)
def to_signed_labels(y):
    """Turn labels of 0 and 1 into -1 and +1; keep labels that are -1 and +1 already.

    y: either all of 0 and 1, or all of -1 and +1, any shape.
    Returns an array in that shape, and leaves y itself as it is.
    """


to_signed_labels.add_misconceptions("""
    moved twice: 2 * y - 1
        labels of -1 become -3: they were signed already.
        How can you tell from the whole array which kind it is?
    zeros kept: np.sign(y)
        your zeros are still zeros.
        Which class does a 0 stand for, and what is its sign to be?
    upside down: -signed(y) if np.isin(y, (0, 1)).all() else y
        0 and 1 have become +1 and -1.
        Which of the two classes should be the positive one?
    shifted only: y - 1 if np.isin(y, (0, 1)).all() else y
        0 and 1 have become -1 and 0.
        How far apart are 0 and 1, and how far apart -1 and +1?
    the other way round: (signed(y) + 1) / 2
        you turn labels of -1 and +1 into 0 and 1.
        Which kind does the hinge ask for?
    -1 taken for +1: np.where(y == 0, -1.0, 1.0)
        labels of -1 become +1: you take every label that is not 0 for positive.
        Which of the two classes does a -1 stand for?
    scaled by the labels at hand: 2 * (y - np.min(y)) / (np.max(y) - np.min(y)) - 1
        you scale by the smallest and the largest label: if all labels are equal, that is 0 / 0.
        Which two numbers stand for the classes, whatever labels an array holds?
    largest label for the positive class: np.where(y == np.max(y), 1.0, -1.0)
        you take the largest label at hand for the positive class: in an array of zeros, that is 0.
        Which labels stand for the positive class, whatever else an array holds?
""")


@chapter.function(
    section="Labels of 0 and 1",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.hinge,
    keras="keras.losses.hinge",
    cases=labelled(
        extremes=[((1, -1), (1, -1)), ((1, -1), (0, 0)), ((1, -1), (1e30, 1e30))],
        unsigned_extremes=[((0, 0), (0.5, -3))],
    ),
    laws=("never_negative", "rows_apart"),
    regions=SHORT_OF_THE_MARGIN,
    curve_along="y_pred",
)
def hinge(y_true, y_pred):
    """Return the mean shortfall of the margins below 1, along the last axis.

    y_true: labels, all of -1 and +1 or all of 0 and 1, shape (..., D).
    y_pred: scores, same shape.
    Returns an array of shape (...).
    """


hinge.add_misconceptions("""
    margin = signed(y_true) * y_pred
    t = signed(y_true)
    s = y_pred
    mistakes of a mean
    mean of those that pay: np.maximum(1 - margin, 0).sum(-1) / np.maximum((margin < 1).sum(-1), 1)
        you divide by the number of scores that cost something.
        How many scores does the mean of the contract count?
    right is enough: np.mean(np.where(margin > 0, 0, 1 - margin), -1)
        a score of the right sign costs nothing in yours, however near to 0 it is.
        How far is a margin of 0.1 below 1?
    margin forgotten: np.mean(np.maximum(-margin, 0), -1)
        yours is the loss of the perceptron: it asks for the right sign only.
        From which margin on should the loss be 0?
    sign: np.mean(np.maximum(1 + margin, 0), -1)
        in yours the right samples pay, and the wrong ones don't.
        Should the loss rise or fall as the margin grows?
    maximum forgotten: np.mean(1 - margin, -1)
        samples beyond the margin get a negative loss, and pay for others.
        What should a sample cost that has more margin than it needs?
    too right is wrong: np.mean(abs(1 - margin), -1)
        samples beyond the margin pay too.
        What should a sample cost that has more margin than it needs?
    errors counted: np.mean(1.0 * (margin <= 0), -1)
        you counted the wrong signs: that is the error rate.
        What is the slope of a count?
    maximum after the mean: np.maximum(1 - (signed(y_true) * y_pred).mean(-1), 0)
        you took the mean of the margins first, so that a good sample pays for a bad one.
        Which comes first: the maximum of each sample, or the mean over all?
    labels not moved: np.maximum(1 - y_true * y_pred, 0).mean(-1)
        a label of 0 makes every score cost 1.
        Which of your functions turns 0 into -1?
    labels moved twice: np.maximum(1 - (2 * y_true - 1) * y_pred, 0).mean(-1)
        you move every label, so that a label of -1 becomes -3.
        How can you tell from the whole array which kind it is?
    scores clipped: (1 - signed(y_true) * np.clip(y_pred, -1, 1)).mean(-1)
        you cut the scores to -1 and 1, so that no sample costs more than 2.
        How far is a margin of -5 below 1?
    np.max for np.maximum: np.mean(np.max(1 - signed(y_true) * y_pred, 0), axis=-1)
        np.max(a, 0) takes the largest along axis 0: its 0 is an axis, not a number to compare with.
        Which function of NumPy compares two arrays entry by entry?
    difference for product: np.mean(np.maximum(1 - (t - s), 0), -1)
        you subtract the score from the label.
        Which operation tells whether label and score have the same sign?
    hinge halved at the margin: np.mean(np.maximum(0.5 - margin, 0), -1)
        your loss is 0 from a margin of 1/2 on.
        Up to which margin does the contract let a sample pay?
    squared: np.mean(np.maximum(1 - margin, 0) ** 2, -1)
        you squared the shortfalls.
        Is the loss straight or curved where it falls?
    -1 taken for +1: np.maximum(1 - np.where(y_true == 0, -1, 1) * y_pred, 0).mean(-1)
        as in to_signed_labels
""")


# --- The kink -----------------------------------------------------------------------------------------------------

chapter.number("steepest_subgradient", -1.0, "a number", section="A kink").add_misconceptions("""
    the flattest: 0.0
        that is the largest of them.
        Which one falls most steeply?
    the middle one: -0.5
        that line stays below, but a steeper one does too.
        How far can you tilt the line before it cuts the loss on the left?
    the wrong sign: 1.0
        a line with slope 1 lies above the loss for margins over 1.
        Does the loss rise or fall with the margin?
""")


@chapter.slope_of(
    hinge,
    section="A kink",
    aspects={"gradient": 1, "shapes": 1},
    cases=labelled(aspect="gradient"),
    laws=("rows_apart", "between_minus_one_and_one"),
    curve_along="y_pred",
)
def hinge_gradient(y_true, y_pred):
    """The derivative of hinge with respect to each entry of y_pred.

    y_true: labels, all of -1 and +1 or all of 0 and 1, shape (..., D).
    y_pred: scores, same shape.
    Returns an array in the shape of y_pred; at a kink, any subgradient will do.
    """


hinge_gradient.add_misconceptions("""
    t = signed(y_true)
    s = y_pred
    D = y_pred.shape[-1]
    mistakes of a mean's slope
    right is enough: np.where(t * s < 0, -t, 0) / D
        you let go of a sample as soon as its sign is right.
        Up to which margin does the loss still fall?
    maximum forgotten: (-t + 0 * s) / D
        samples beyond the margin still pull.
        What is the slope where the loss is flat?
    derivative by y_true: np.where(t * s < 1, -s, 0) / D
        you differentiated with respect to the labels.
        Which factor is left of t * s when s is the variable?
    label forgotten: np.where(t * s < 1, -1.0, 0) / D
        all your samples pull the score the same way, up.
        Which way should a sample of the negative class pull its score?
    squared: -t * np.maximum(1 - t * s, 0) / D
        the pull of your samples grows with their shortfall: that is the slope of half the squared hinge.
        Is the loss straight or curved to the left of the kink?
    labels not moved: np.where(y_true * y_pred < 1, -y_true, 0) / y_pred.shape[-1]
        samples with the label 0 don't pull at all.
        Which of your functions turns 0 into -1?
    labels moved twice: np.where((2 * y_true - 1) * y_pred < 1, 1.0 - 2 * y_true, 0) / y_pred.shape[-1]
        as in hinge
    first length for D
    label left out of the condition: np.where(s < 1, -t, 0) / D
        you compare the score with 1, not the margin: for the negative class that is the wrong side.
        Which number is below 1 for every sample that still pays: its score, or its margin?
    divided by those that pull: np.where(t * s < 1, -t, 0) / (t * s < 1).sum(-1, keepdims=True)
        you divide by the number of entries that still pull, not by D.
        By which number does the mean in the loss divide?
""")


# --- Squared ------------------------------------------------------------------------------------------------------


@chapter.function(
    section="No kink: the hinge squared",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=losses.squared_hinge,
    keras="keras.losses.squared_hinge",
    cases=labelled(
        extremes=[((1, -1), (1, -1)), ((1, -1), (0, 0)), ((1, -1), (1e10, 1e10))],
        unsigned_extremes=[((0, 0), (0.5, -3))],
    ),
    laws=("never_negative", "rows_apart"),
    regions=SHORT_OF_THE_MARGIN,
    curve_along="y_pred",
)
def squared_hinge(y_true, y_pred):
    """Return the mean squared shortfall of the margins below 1, along the last axis.

    y_true: labels, all of -1 and +1 or all of 0 and 1, shape (..., D).
    y_pred: scores, same shape.
    Returns an array of shape (...).
    """


squared_hinge.add_misconceptions("""
    margin = signed(y_true) * y_pred
    t = signed(y_true)
    s = y_pred
    mistakes of a mean
    no maximum before the square: np.mean((1 - margin) ** 2, -1)
        samples beyond the margin pay too: for signed labels that is the squared error.
        What should a sample cost that has more margin than it needs?
    not squared: np.mean(np.maximum(1 - margin, 0), -1)
        that is the hinge itself.
        What happens to the shortfall before the mean is taken?
    halved
        Does the contract say anything of a factor in front?
    right is enough: np.mean(np.where(margin > 0, 0, (1 - margin) ** 2), -1)
        as in hinge
    squared after the mean: losses.hinge(y_true, y_pred) ** 2
        you squared the mean of the shortfalls.
        Which comes first: the square of each, or the mean over all?
    labels not moved: (np.maximum(1 - y_true * y_pred, 0) ** 2).mean(-1)
        as in hinge
    labels moved twice: (np.maximum(1 - (2 * y_true - 1) * y_pred, 0) ** 2).mean(-1)
        as in hinge
    difference for product: np.mean(np.maximum(1 - (t - s), 0) ** 2, -1)
        as in hinge
    margin squared: np.mean(np.maximum(1 - margin**2, 0), -1)
        you square the margin, not the shortfall: the label no longer matters.
        Which quantity does the contract square?
    -1 taken for +1: (np.maximum(1 - np.where(y_true == 0, -1, 1) * y_pred, 0) ** 2).mean(-1)
        as in to_signed_labels
    score squared: np.mean(np.maximum(1 - t * s**2, 0), -1)
        you square the score alone.
        Does the sign of a score matter?
""")


chapter.expression(
    "squared_hinge_slope", "-2*(1 - s)", {"s": (-2.0, 0.9)}, section="No kink: the hinge squared"
).add_misconceptions("""
    opposite sign
        What is the derivative of what stands inside the square?
    factor forgotten: -(1 - s)
        you lost the factor that a square brings.
        What is the derivative of u**2?
    the hinge's: -1
        that is the slope of the hinge.
        What is differentiated here?
""")


@chapter.slope_of(
    squared_hinge,
    aspects={"gradient": 1, "shapes": 1},
    cases=labelled(aspect="gradient"),
    laws=("rows_apart",),
    curve_along="y_pred",
)
def squared_hinge_gradient(y_true, y_pred):
    """The derivative of squared_hinge with respect to each entry of y_pred.

    y_true: labels, all of -1 and +1 or all of 0 and 1, shape (..., D).
    y_pred: scores, same shape.
    Returns an array in the shape of y_pred.
    """


squared_hinge_gradient.add_misconceptions("""
    t = signed(y_true)
    s = y_pred
    D = y_pred.shape[-1]
    mistakes of a mean's slope
    halved
        What is the derivative of u**2?
    difference cut off: -2 * np.maximum(t - s, 0) / D
        you cut off t - s below 0 instead of 1 - t s: for the label -1 this keeps the wrong side.
        What sign does t - s have if the label is -1 and the score is 0?
    maximum forgotten: -2 * t * (1 - t * s) / D
        samples beyond the margin pull back.
        What is the slope where the loss is flat?
    the hinge's slope: np.where(t * s < 1, -t, 0) / D
        all your samples pull with the same force, whatever their shortfall.
        Is the loss straight or curved to the left of the margin?
    label forgotten: -2 * np.maximum(1 - t * s, 0) / D
        as in hinge_gradient
    labels not moved: -2 * y_true * np.maximum(1 - y_true * y_pred, 0) / y_pred.shape[-1]
        as in hinge_gradient
    labels moved twice: -2 * (2 * y_true - 1) * np.maximum(1 - (2 * y_true - 1) * y_pred, 0) / y_pred.shape[-1]
        as in hinge
    inner derivative forgotten: 2 * np.maximum(1 - t * s, 0) / D
        you differentiated the square, but not the 1 - t * s inside: no entry is negative.
        What is the derivative of 1 - t * s by s?
    first length for D
    mean of the shortfalls: -2 * t * np.maximum(1 - t * s, 0).mean(-1, keepdims=True)
        you took the mean of the shortfalls first: the slopes of a sample differ in their sign alone.
        Does the slope of one entry depend on the shortfalls of the others?
""")


chapter.expression(
    "best_squared_score", "2*p - 1", {"p": (0.05, 0.95)}, section="What a score comes to mean"
).add_misconceptions("""
    probability for score: p
        that is the probability itself; scores run from -1 to 1.
        What is the best score if both classes are equally likely?
    sign: 1 - 2*p
        your score rises as the positive class gets rarer.
        Which score is best if p = 1?
    logit: log(p/(1 - p))
        that is the best score for the cross-entropy, which the next chapter derives.
        What do you get when you set the derivative of the mean loss to 0?
    way back: (p + 1)/2
        that takes a score to its probability.
        What is given here, and what is asked for: p, or the score?
    best score of the plain hinge: sign(2*p - 1)
        that is the best score for the plain hinge: it names the likelier class only.
        Which loss is minimised in this section?
""")

# --- Many classes -------------------------------------------------------------------------------------------------


@chapter.function(
    section="More than two classes",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.categorical_hinge,
    keras="keras.losses.categorical_hinge",
    cases=cases(
        {"y_true": one_hot, "y_pred": real(-3, 3)},
        first=[((0, 1), (-0.5, 0.25)), ((1, 0), (3, 0.5)), ((1, 0, 0), (1, 0.75, 0.5))],
        extremes=[((0, 1), (1, 2)), ((1, 0), (1, 1)), ((0, 1, 0), (0, 0, 0)), ((1, 0), (-1e30, 1e30))],
    ),
    laws=("never_negative", "rows_apart", "order_of_classes"),
)
def categorical_hinge(y_true, y_pred):
    """Return how far the true class is from a lead of 1 over its strongest rival.

    y_true: one-hot labels, shape (..., D). y_pred: scores, same shape.
    Returns an array of shape (...): the maximum of 0 and
    max((1 - y_true) * y_pred) - sum(y_true * y_pred) + 1, both along the last axis.
    """


def one_hot_of(scores):
    """One-hot rows with the 1 at the highest score."""
    return np.eye(scores.shape[-1])[scores.argmax(-1)]


def rival_and_true(y_true, y_pred):
    """The score of the strongest rival, as Keras takes it, and that of the true class."""
    return ((1 - y_true) * y_pred).max(-1), (y_true * y_pred).sum(-1)


categorical_hinge.add_misconceptions("""
    second-largest score: np.maximum(np.maximum(np.sort(y_pred, -1)[..., -2], 0) - (y_true * y_pred).sum(-1) + 1, 0)
        you used the second-largest score as the rival's, even where a wrong class has the largest.
        Which score is the rival's if another class leads?
    subtraction inside the maximum: np.maximum(np.max((1 - y_true) * y_pred - y_true * y_pred, axis=-1) + 1, 0)
        inside your maximum, the true class's score is subtracted from itself only, and not from the rivals' scores.
        From which scores should the true class's score be subtracted?
    rival found by the product:
            rival = np.argmax((1 - y_true) * y_pred, axis=-1)[..., None]
            lead = (y_true * y_pred).sum(-1) - np.take_along_axis(y_pred, rival, -1)[..., 0]
            np.maximum(1 - lead, 0)
        if all rivals have negative scores, your product is largest at the true class, because it is 0 there.
        How can you leave the true class out if the scores of all rivals are negative?
    its own rival: y_pred.max(-1) - (y_true * y_pred).sum(-1) + 1
        your maximum runs over all scores, so the true class competes with itself and the loss is never below 1.
        What does the factor 1 - y_true do to the score of the true class?
    hinge of each class: losses.hinge(y_true, y_pred)
        you took the hinge of each class by itself, as if the classes did not exclude each other.
        With which score is that of the true class compared?
    averaged over the batch
        Which axis does the contract reduce, and which ones does it leave alone?
    rivals added: np.maximum(((1 - y_true) * y_pred).sum(-1) - (y_true * y_pred).sum(-1) + 1, 0)
        you added up the scores of all rivals.
        How many rivals count: all of them together, or the strongest alone?
    one rival for the whole batch: np.maximum(((1 - y_true) * y_pred).max() - (y_true * y_pred).sum(-1) + 1, 0)
        your maximum runs over the whole batch, so that all samples have one rival.
        Along which axis are the rivals of one sample?
    mean for the true score: np.maximum(((1 - y_true) * y_pred).max(-1) - (y_true * y_pred).mean(-1) + 1, 0)
        the score of the true class comes out D times too small: you took a mean of products, all but one of them 0.
        How do you get one entry out of a row whose others are multiplied by 0?
    mean over the rivals:
            np.maximum(((1 - y_true) * y_pred).sum(-1) / (y_pred.shape[-1] - 1) - (y_true * y_pred).sum(-1) + 1, 0)
        you took the mean of the rivals' scores.
        Is the mean of the rivals enough to know who is nearest to the true class?
    squared: losses.categorical_hinge(y_true, y_pred) ** 2
        you squared the shortfall of the true class.
        Does the contract speak of a square?
    labels for scores: losses.categorical_hinge(one_hot_of(y_pred), y_pred)
        you take the class with the highest score for the true one.
        Which array tells the true class?
    true class left out:
            rival = np.where(y_true == 1, -np.inf, y_pred).max(-1)
            np.maximum(rival - (y_true * y_pred).sum(-1) + 1, 0)
        you took the maximum over the other classes only; in Keras the product leaves a 0 at the true class.
        What is the largest entry of (1 - y_true) * y_pred if all scores are negative?
    margin forgotten:
            rival, true = rival_and_true(y_true, y_pred)
            np.maximum(rival - true, 0)
        your loss is 0 at a draw already.
        By how much is the true class to lead?
    maximum forgotten:
            rival, true = rival_and_true(y_true, y_pred)
            rival - true + 1
        where the true class leads by more than 1, your loss is negative.
        What should a sample cost that has more margin than it needs?
    difference the wrong way:
            rival, true = rival_and_true(y_true, y_pred)
            np.maximum(true - rival + 1, 0)
        your loss grows with the score of the true class.
        Who is to lead: the true class, or its rival?
    all rivals pay:
            true = (y_true * y_pred).sum(-1, keepdims=True)
            ((1 - y_true) * np.maximum(y_pred - true + 1, 0)).sum(-1)
        you added up the shortfalls against all rivals.
        Which rival counts: each of them, or the strongest?
    second largest score for the rival:
            rival = np.sort(y_pred, axis=-1)[..., -2]
            np.maximum(rival - np.sum(y_true * y_pred, axis=-1) + 1, 0)
        you take the second largest score for the rival: that may be the true class itself.
        Among which classes is the largest score looked for?
""")


# --- Spot the bug -------------------------------------------------------------------------------------------------


def _right_yet_costly(y_true, y_pred):
    if y_true.shape != y_pred.shape or y_true.ndim != 1 or not y_true.size:
        return f"y_true and y_pred must have one shape (D,); got {y_true.shape} and {y_pred.shape}"
    if not np.isin(y_true, (-1, 1)).all():
        return f"y_true must hold labels -1 and +1; got {y_true}"
    if not (y_true * y_pred > 0).all():
        return f"the sentence speaks of scores with the right sign; here the margins are {y_true * y_pred}"
    loss, costs = losses.hinge(y_true, y_pred), np.maximum(0, 1 - y_true * y_pred)
    of_each = f", the mean of {costs}" if costs.size > 1 else ""
    return bool(loss > 0.5) or f"the hinge loss is {loss:.4f} here{of_each}: not above 0.5"


def _leads_yet_pays(y_true, y_pred):
    if y_true.shape != y_pred.shape or y_true.ndim != 1 or y_true.size < 2:
        return f"y_true and y_pred must have one shape (D,) with D >= 2; got {y_true.shape} and {y_pred.shape}"
    if not (np.isin(y_true, (0, 1)).all() and y_true.sum() == 1):
        return f"y_true must be one-hot; got {y_true}"
    lead = y_pred[y_true == 1] - y_pred[y_true == 0].max()
    if not lead >= 1:
        return f"the sentence speaks of a lead of 1 or more; here the true class leads by {lead[0]:g}"
    loss = losses.categorical_hinge(y_true, y_pred)
    true = y_pred[y_true == 1][0]
    why = f"the true class scores {true:g}, so that it lacks little against the 0 that the product leaves"
    return bool(loss > 0.5) or f"the categorical hinge loss is {loss:.4f} here: not above 0.5; {why}"


chapter.counterexample(
    "right_yet_costly",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([1.0, -1.0], [0.25, -0.25]),
    refutes=_right_yet_costly,
)

chapter.expression("narrow_cost", "1 - m", {"m": (0.05, 0.95)}, section="Spot the bug").add_misconceptions("""
    nothing: 0
        that is the sentence that you refuted.
        What is max(1 - m, 0)?
    margin for loss: m
        that is the margin, not the shortfall.
        How far is the margin below 1?
    sign: 1 + m
        your cost grows with the margin.
        Which costs more: m = 0.1 or m = 0.9?
""")

chapter.counterexample(
    "leads_yet_pays",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([1.0, 0.0], [-2.0, -4.0]),
    refutes=_leads_yet_pays,
)
