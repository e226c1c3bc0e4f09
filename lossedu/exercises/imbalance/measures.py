"""What to measure where a class is rare: precision, recall, F1 and the area under the ROC curve."""

import numpy as np

from lossedu.exercises._declare import Chapter
from lossedu.exercises._domains import cases, domain, joined, probabilities, real
from lossedu.stable import ratio

chapter = Chapter("14_imbalance", globals())
chapter.warm_up(2 / 3, "04_binary_crossentropy", "Unequal mistakes")
chapter.warm_up(np.log(2), "05_categorical_crossentropy", "Cross-entropy over classes")
chapter.warm_up(0.95, "12_metrics", "Right or wrong")
GRIDS = ((4,), (6,), (8,))  # entries enough for both labels and some alarms
SCORES = real(-3, 3)


@domain(lambda array: np.isin(array, (0, 1)), "labels 0 and 1")
def both_labels(rng, shape):
    """Labels 0 and 1, each at least once."""
    labels = rng.integers(0, 2, size=np.prod(shape, dtype=int)).astype(float)
    labels[:2] = 0, 1
    return rng.permutation(labels).reshape(shape)


# --- A question ----------------------------------------------------------------------------------------------------

chapter.number("right_alarms", 0.009 / 0.0585, "a share, from 0 to 1", section="A question").add_misconceptions("""
    recall for precision: 0.9
        that is the share of the ill that the test finds.
        Among whom does the question count: among the ill, or among those with an alarm?
    healthy cleared: 0.95
        that is the share of the healthy without an alarm.
        How many of 10,000 people have an alarm, and how many of these are ill?
    true for false alarms: 0.009 / 0.0495
        you divided the true alarms by the false ones.
        How many alarms are there in all?
    frequency ignored: 0.9 / 0.95
        you compared 0.9 with 0.05 as if half of the people were ill.
        How many of 10,000 people are ill, and how many are healthy?
    alarms in all: 0.0585
        that is the share of people with an alarm.
        Which part of these alarms is right?
    ill with an alarm: 0.009
        that is the share of all people who are ill and have an alarm.
        By which number of people do you have to divide?
""")

# --- Precision and recall ------------------------------------------------------------------------------------------


def outcomes(y_true, y_pred, threshold=0.5, axis=None):
    """The numbers of true positives, false positives and false negatives."""
    called = y_pred > threshold
    return tuple(
        np.sum(of, axis=axis) for of in ((y_true == 1) & called, (y_true == 0) & called, (y_true == 1) & ~called)
    )


def shares_of_right_and_found(y_true, y_pred, threshold=0.5):
    """The precision and the recall, with 0 for a share of nothing."""
    hits, alarms, missed = outcomes(y_true, y_pred, threshold)
    return ratio(hits, hits + alarms), ratio(hits, hits + missed)


@chapter.function(
    section="Precision and recall",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=shares_of_right_and_found,
    returns=("precision", "recall"),
    cases=joined(
        cases(
            {"y_true": both_labels, "y_pred": probabilities},
            first=[((1, 0, 0), (0.9, 0.6, 0.1)), ((1, 1, 0, 0), (0.9, 0.2, 0.7, 0.6))],
            extremes=[
                ((1, 0), (0.1, 0.2)),
                ((0, 0), (0.9, 0.2)),
                ((0, 0), (0.1, 0.2)),
                ((1, 0, 1), (0.5, 0.500001, 1)),
            ],
            vectors=GRIDS,
        ),
        cases(
            {"y_true": both_labels, "y_pred": probabilities},
            first=[((1, 0, 1), (0.4, 0.3, 0.1))],
            extremes=[((1, 0, 1), (0.2, 0.2, 0.9))],
            vectors=GRIDS,
            batches=(),
            options={"threshold": 0.2},
        ),
    ),
    laws=("bounded_by_one",),
)
def precision_recall(y_true, y_pred, threshold=0.5):
    """The share of right alarms among all alarms, and of found positives among all.

    y_true: labels 0 and 1, any shape. y_pred: probabilities, same shape.
    An entry is an alarm if its probability is above the threshold, not if it is equal.
    Returns (precision, recall), two numbers over all entries; a share of nothing is 0.
    """


precision_recall.add_misconceptions("""
    exchanged: right(...)[::-1]
        you return the recall first and the precision second.
        Which of the two do you divide by the number of alarms?
    threshold ignored
    threshold included: right(y_true, np.nextafter(y_pred, 2), threshold)
        you count a probability that is equal to the threshold as an alarm.
        On which side of the threshold does the contract put 0.5 itself?
    nothing divided by nothing:
            hits, alarms, missed = (np.float64(n) for n in outcomes(y_true, y_pred, threshold))
            (hits / (hits + alarms), hits / (hits + missed))
        where there is no alarm, or no positive, you get NaN.
        What does the contract say of a share of nothing?
    nothing counts as perfect:
            hits, alarms, missed = outcomes(y_true, y_pred, threshold)
            (hits / (hits + alarms) if hits + alarms else 1.0, hits / (hits + missed) if hits + missed else 1.0)
        your function returns 1 for a share of nothing.
        What does the contract say of a share of nothing?
    one pair for each row:
            hits, alarms, missed = outcomes(y_true, y_pred, threshold, axis=-1)
            (ratio(hits, hits + alarms), ratio(hits, hits + missed))
        you count along the last axis, and return a precision for each row.
        How many numbers does the contract promise for a whole array?
    wrong alarms counted: ((1 - right(...)[0]) * bool(np.any(y_pred > threshold)), right(...)[1])
        your first number is the share of the alarms that are wrong.
        Which alarms are counted in the numerator of a precision?
    specificity for precision:
            cleared = np.sum((y_true == 0) & (y_pred <= threshold))
            (ratio(cleared, np.sum(y_true == 0)), right(...)[1])
        your first number is the share of the negatives without an alarm.
        Does a precision divide by the number of negatives, or by the number of alarms?
    specificity for recall:
            cleared = np.sum((y_true == 0) & (y_pred <= threshold))
            (right(...)[0], ratio(cleared, np.sum(y_true == 0)))
        your second number is the share of the negatives without an alarm.
        Which of the two labels does a recall look at?
    soft counts:
            hits = np.sum(y_true * y_pred)
            (hits / max(np.sum(y_pred), 1e-12), hits / max(np.sum(y_true), 1e-12))
        you add up the probabilities, not the alarms.
        What does a positive with the probability 0.4 count in a recall?
    accuracy for precision: (np.mean((y_pred > threshold) == y_true), right(...)[1])
        your first number is the accuracy.
        Does a negative without an alarm count in the precision?
    hits among all entries: (outcomes(y_true, y_pred, threshold)[0] / y_true.size,) * 2
        you divide the hits by the number of all entries, twice.
        Which entries does a precision divide by, and which does a recall divide by?
    rows for entries:
            alarms, positives = (set(np.nonzero(hit)[0]) for hit in (y_pred > threshold, y_true == 1))
            hits = len(alarms & positives)
            (ratio(hits, len(alarms)), ratio(hits, len(positives)))
        you count rows that hold an alarm or a positive, not entries.
        What does np.nonzero return for an array with two axes?
""")

chapter.expression(
    "f_one", "2*a/(2*a + b + c)", {"a": (1.0, 20.0), "b": (1.0, 20.0), "c": (1.0, 20.0)}, section="Precision and recall"
).add_misconceptions("""
    arithmetic mean: (a/(a + b) + a/(a + c)) / 2
        that is the arithmetic mean of the two shares.
        Which mean is 2 divided by the sum of the reciprocals?
    geometric mean: a / sqrt((a + b)*(a + c))
        that is the geometric mean of the two shares.
        Which mean is 2 divided by the sum of the reciprocals?
    factor 2 forgotten: a/(2*a + b + c)
        the 2 in the numerator is missing.
        What is the harmonic mean of two equal numbers?
    product: a**2/((a + b)*(a + c))
        that is the product of the two shares.
        What is the harmonic mean of two equal numbers?
    hits counted once: 2*a/(a + b + c)
        your denominator counts the hits once.
        What is the sum of (a + b)/a and (a + c)/a?
    hits over all: a/(a + b + c)
        that is the intersection over the union, not the harmonic mean.
        What is the sum of (a + b)/a and (a + c)/a?
""")

# --- Every threshold at once ---------------------------------------------------------------------------------------

chapter.number("ordered_pairs", 5 / 6, "a share, from 0 to 1", section="Every threshold at once").add_misconceptions("""
    pairs for share: 5.0
        that is the number of pairs in the right order.
        How many pairs of a positive and a negative are there?
    half of the positives: 0.5
        that is the share of the positives that lie above all negatives.
        How many negatives does the other positive beat?
    all pairs in order: 1.0
        that is the AUC of scores without a single pair in the wrong order.
        Which positive has a lower score than one of the negatives?
    accuracy at one half: 0.6
        that is the share of the samples on the right side of 0.5.
        Does the order of the scores need a threshold?
    wrong pairs subtracted: 2 / 3
        you count a wrongly ordered pair as -1, not as 0: that is the Gini coefficient.
        What does a wrongly ordered pair count in the AUC: 0, or -1?
""")


def beats(y_true, y_pred):
    """For each pair of a positive and a negative: 1 if the positive has the higher score, 0.5 for a tie, else 0."""
    above, below = y_pred[y_true == 1][:, None], y_pred[y_true == 0]
    return (above > below) + 0.5 * (above == below)


@chapter.function(
    section="Every threshold at once",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=lambda y_true, y_pred: beats(y_true, y_pred).mean(),
    cases=cases(
        {"y_true": both_labels, "y_pred": SCORES},
        first=[((1, 0, 0), (0.8, 0.9, 0.3)), ((1, 0, 1, 0), (0.9, 0.8, 0.2, 0.1)), ((1, 0, 0), (-1, -2, -3))],
        extremes=[
            ((1, 0), (0.5, 0.5)),
            ((1, 0, 1, 0), (2, 2, 0, 0)),
            ((0, 1, 0), (0, 0, 1)),
            ((1, 0), (0.500001, 0.5)),
        ],
        vectors=GRIDS,
    ),
    laws=("bounded_by_one", "scale_invariant:y_pred", "shift_invariant:y_pred"),
)
def auc(y_true, y_pred):
    """The area under the ROC curve: how often a positive scores higher than a negative.

    y_true: labels 0 and 1, any shape, both occur. y_pred: scores, any numbers, same shape.
    Returns one number over all entries: the share of the pairs of a positive and a
    negative in which the positive has the higher score; a tie counts one half.
    """


auc.add_misconceptions("""
    complement
        Which of the two should have the higher score, the positive or the negative?
    ties won: np.mean(beats(y_true, y_pred) > 0)
        with equal scores you let the positive win.
        If all scores are equal, what does the model know?
    ties lost: np.mean(beats(y_true, y_pred) == 1)
        with equal scores you let the negative win.
        If all scores are equal, what does the model know?
    pairs not shared: np.sum(beats(y_true, y_pred))
        you return the number of pairs in the right order.
        How many pairs of a positive and a negative are there?
    all pairs of entries: np.sum(beats(y_true, y_pred)) / y_true.size**2
        you divide by the number of all pairs of entries.
        How many pairs have one positive and one negative?
    accuracy at one half: np.mean((y_pred > 0.5) == y_true)
        that is the accuracy at the threshold 0.5.
        Does the order of the scores need a threshold?
    distance of the means: y_pred[y_true == 1].mean() - y_pred[y_true == 0].mean()
        you return how far apart the mean scores of positives and negatives are.
        Should the result change if all scores are doubled?
    twice the area: 2 * right(...) - 1
        your result is 0 for scores without meaning: that is the Gini coefficient.
        Which share of the pairs is in the right order if the scores are random?
    positives above every negative: np.mean((beats(y_true, y_pred) == 1).all(axis=1))
        you count the positives that beat all negatives.
        What does a positive contribute if it beats most negatives, but not all?
    first step of the curve missing:
            at = np.unique(y_pred)[::-1]
            found = np.array([np.mean(y_pred[y_true == 1] >= level) for level in at])
            false = np.array([np.mean(y_pred[y_true == 0] >= level) for level in at])
            np.sum((false[1:] - false[:-1]) * (found[1:] + found[:-1])) / 2
        your curve does not begin at (0, 0): the area to the left of its first point is missing.
        Which point of the curve belongs to a threshold above all scores?
""")
