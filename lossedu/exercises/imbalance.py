"""Chapter 14: rare classes and wrong labels: what to measure, and which samples a loss should hear."""

from dataclasses import replace

import numpy as np

from lossedu import losses
from lossedu.exercises import _cross_entropies
from lossedu.exercises._cross_entropies import clipped
from lossedu.exercises._declare import Chapter, differ, other_epsilons
from lossedu.exercises._domains import (
    any_probabilities,
    between,
    binary_labels,
    cases,
    class_numbers,
    counts,
    distribution,
    domain,
    joined,
    one_hot,
    probabilities,
    real,
)
from lossedu.stable import EPSILON, ratio

chapter = Chapter("14_imbalance", globals(), vars(_cross_entropies))
GRIDS = ((4,), (6,), (8,))  # entries enough for both labels and some alarms
SCORES = real(-3, 3)
weights = between(0.1, 2)  # probabilities that still have to be divided by their sum
inner = replace(between(0.05, 0.95), rounds=False)  # no probability is certain, not even among integers


@domain(lambda array: np.isin(array, (0, 1)), "labels 0 and 1")
def both_labels(rng, shape):
    """Labels 0 and 1, each at least once."""
    labels = rng.integers(0, 2, size=np.prod(shape, dtype=int)).astype(float)
    labels[:2] = 0, 1
    return rng.permutation(labels).reshape(shape)


@domain(lambda array: array >= 0)
def class_alphas(rng, shape):
    """A weight for each class, for predictions of that shape."""
    return rng.uniform(0.1, 1, size=shape[-1:])


@domain(lambda array: np.isin(array, (0, 1, 2)))
def three_classes(rng, shape):
    """Class numbers 0 to 2, the last class rare."""
    return rng.choice(3, size=shape, p=(0.6, 0.3, 0.1))


# --- A question ---------------------------------------------------------------------------------------------------

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

# --- Precision and recall -----------------------------------------------------------------------------------------


def outcomes(y_true, y_pred, threshold=0.5, axis=None):
    """The numbers of true positives, false positives and false negatives."""
    called = y_pred > threshold
    return tuple(
        np.sum(of, axis=axis) for of in ((y_true == 1) & called, (y_true == 0) & called, (y_true == 1) & ~called)
    )


def _precision_recall(y_true, y_pred, threshold=0.5):
    hits, alarms, missed = outcomes(y_true, y_pred, threshold)
    return ratio(hits, hits + alarms), ratio(hits, hits + missed)


@chapter.function(
    section="Precision and recall",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_precision_recall,
    returns=("precision", "recall"),
    cases=joined(
        cases(
            {"y_true": both_labels, "y_pred": probabilities},
            first=[((1, 0, 0), (0.9, 0.6, 0.1)), ((1, 1, 0, 0), (0.9, 0.2, 0.7, 0.6))],
            extremes=[((1, 0), (0.1, 0.2)), ((0, 0), (0.9, 0.2)), ((0, 0), (0.1, 0.2)), ((1, 0, 1), (0.5, 0.5, 1))],
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
        a share of nothing is 1 in yours.
        What does the contract say of a share of nothing?
    one pair for each row:
            hits, alarms, missed = outcomes(y_true, y_pred, threshold, axis=-1)
            (ratio(hits, hits + alarms), ratio(hits, hits + missed))
        you count along the last axis, and return a precision for each row.
        How many numbers does the contract promise for a whole array?
    wrong alarms counted: ((1 - right(...)[0]) * bool(np.any(y_pred > threshold)), right(...)[1])
        your first number is the share of the alarms that are wrong.
        Which alarms stand above the fraction line of a precision?
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
        the 2 above the fraction line is missing.
        What is the harmonic mean of two equal numbers?
    product: a**2/((a + b)*(a + c))
        that is the product of the two shares.
        What is the harmonic mean of two equal numbers?
    hits counted once: 2*a/(a + b + c)
        the hits stand below the fraction line once.
        What is the sum of (a + b)/a and (a + c)/a?
    hits over all: a/(a + b + c)
        that is the intersection over the union, not the harmonic mean.
        What is the sum of (a + b)/a and (a + c)/a?
""")

# --- Every threshold at once --------------------------------------------------------------------------------------

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
        extremes=[((1, 0), (0.5, 0.5)), ((1, 0, 1, 0), (2, 2, 0, 0)), ((0, 1, 0), (0, 0, 1))],
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
        Which share of the pairs is in the right order if the scores are drawn blindly?
    positives above every negative: np.mean((beats(y_true, y_pred) == 1).all(axis=1))
        you count the positives that beat all negatives.
        What does a positive contribute that beats most negatives?
""")

# --- Weights change the prior -------------------------------------------------------------------------------------

chapter.expression(
    "optimum_with_weight",
    "w*r/(w*r + 1 - r)",
    {"r": (0.01, 0.9), "w": (1.5, 50.0)},
    section="Weights change the prior",
).add_misconceptions("""
    weight ignored: r
        that is the minimiser without a weight.
        With which weight do the positives enter the mean?
    share not renewed: w*r
        your result can be above 1.
        After weighting, what is the total of positives and negatives?
    odds for share: w*r/(1 - r)
        those are the odds.
        How do you get from odds to a probability?
    weight on the negatives: r/(r + w*(1 - r))
        you weighted the negatives.
        Should the minimiser be above r or below?
    denominator without the negatives: w*r/(w*r + 1)
        the negatives count in full in yours, as if their share were 1.
        What is the share of the negatives?
""")


def _balanced_weights(labels, num_classes):
    found = np.bincount(np.ravel(labels), minlength=num_classes)
    return ratio(np.size(labels), num_classes * found)


@chapter.function(
    section="Weights change the prior",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_balanced_weights,
    cases=joined(
        cases(
            {"labels": three_classes},
            first=[((0, 0, 1, 2),), ((0, 0, 0, 0, 1, 2),)],
            extremes=[((0, 0, 1),), ((2, 2, 0),), ((1, 1),)],
            vectors=((9,), (12,)),
            options={"num_classes": 3},
        ),
        cases(
            {"labels": three_classes}, vectors=((9,),), batches=(), extremes=[((0, 1, 2),)], options={"num_classes": 5}
        ),
    ),
    laws=("never_negative",),
)
def balanced_weights(labels, num_classes):
    """A weight for each class, so that all classes that occur have the same total weight.

    labels: class numbers 0 to C - 1, any shape. num_classes: C.
    Returns an array of shape (C,): the number of labels, divided by C and by the number
    of labels of that class; 0 for a class that does not occur.
    """


balanced_weights.add_misconceptions("""
    found = np.bincount(np.ravel(labels), minlength=num_classes)
    divided by the count alone: ratio(1, found)
        you return 1 divided by the number of labels of each class.
        If all classes are equally frequent, which weight should each have?
    not divided by C: ratio(labels.size, found)
        your weights are C times too large.
        If all classes are equally frequent, which weight should each have?
    frequencies for weights: found / labels.size
        those are the shares of the classes: the frequent class gets the largest weight.
        Should a rare class weigh more, or less?
    frequencies times C: found * num_classes / labels.size
        your weights are the wrong way up: a class with twice the mean number of labels gets the weight 2.
        Should a rare class weigh more, or less?
    up to the largest label:
            seen = np.bincount(np.ravel(labels))
            ratio(labels.size, num_classes * seen)
        classes above the largest label have no entry in yours.
        How long should the array be for C classes?
    length of the first axis: ratio(len(labels), num_classes * found)
        you take the length of the first axis for the number of labels.
        How many labels does an array of shape (2, 3) hold?
    normalised: ratio(1, found) / ratio(1, found).sum()
        you make the weights sum to 1.
        What does the contract divide by?
    relative to the largest: ratio(found.max(), found)
        your largest class has the weight 1.
        What is the mean weight of a label, according to the contract?
    infinite for no label: labels.size / (num_classes * found)
        a class that does not occur gets an infinite weight.
        What does the contract say of a class without labels?
    weights of the labels: right(...)[labels]
        you return one weight per label.
        How many weights does the contract promise?
    only classes that occur: labels.size / (num_classes * found[found > 0])
        classes that do not occur have no entry in yours.
        How long should the array be for C classes?
    divided by the classes that occur: ratio(labels.size, np.sum(found > 0) * found)
        you count only the classes that occur.
        Which number of classes does the contract divide by?
    counts for a missing class set to 1: labels.size / (num_classes * np.maximum(found, 1))
        a class that does not occur gets a weight as if it had one label.
        What does the contract say of a class without labels?
""")


@chapter.function(
    section="Weights change the prior",
    aspects={"values": 2, "extremes": 1},
    reference=lambda p, weight: p / (p + weight * (1 - p)),
    cases=joined(
        cases(
            {"p": probabilities},
            first=[(0.5,), (0.75,), ((0.5, 0.9),)],
            extremes=[(np.float64(0),), (np.float64(1),), ((0, 1),)],
            vectors=((), (4,), (2, 3), (2, 3, 4)),
            batches=(),
            numbers=True,
            options={"weight": 3.0},
        ),
        cases(
            {"p": probabilities},
            vectors=((3,), (5,)),
            batches=(),
            numbers=True,
            options={"weight": lambda rng: float(np.round(rng.uniform(5, 99)))},
        ),
        cases({"p": probabilities}, vectors=((3,),), batches=(), options={"weight": 0.5}),
    ),
    laws=("bounded_by_one",),
    curve_along="p",
)
def undo_weight(p, weight):
    """The probabilities that a model would give without the weight on its positives.

    p: probabilities in [0, 1] from a model whose positives had the weight `weight` > 0,
        and its negatives the weight 1; a number or an array of any shape.
    Returns corrected probabilities in the shape of p: the odds p : (1 - p), divided by
    the weight.
    """


undo_weight.add_misconceptions("""
    weighted once more: weight * p / (weight * p + 1 - p)
        you multiplied the odds by the weight.
        A weight above 1 has raised the probabilities: should they rise again?
    probability divided: p / weight
        you divided the probability itself by the weight.
        What should a certain positive, p = 1, be after the correction?
    odds for probability: p / (weight * np.maximum(1 - p, 1e-300))
        those are the corrected odds.
        How do you get from odds to a probability?
    NaN for certainty:
            odds = np.divide(p, 1 - p) / weight
            odds / (1 + odds)
        a probability of 1 has infinite odds, and you get NaN: infinity divided by infinity.
        By what can you multiply the fraction, so that no odds occur in it?
    negatives counted in full: p / (p + weight)
        in your denominator all of the weight counts, as if 1 - p were 1.
        Which share of the odds belongs to the negatives?
    weight on the positives: p / (weight * p + 1 - p)
        below the fraction line you weighted p, not 1 - p.
        What does a certain positive, p = 1, become in your formula?
    complement
        Which of the two, p or 1 - p, stands above the fraction line?
    unchanged: p + 0.0
        the weight changes nothing in your formula.
        A weight of 99 has raised the odds: by which factor?
    weight subtracted from the logit: sigma(np.log(np.maximum(p, 1e-300)) - np.log(np.maximum(1 - p, 1e-300)) - weight)
        you subtract the weight from the logit.
        Odds are divided by the weight: what happens to their logarithm?
    halved weight: p / (p + (1 - p) * (weight + 1) / 2)
        your weight is halfway between 1 and the right one.
        By which number are the odds too large?
    square root of the weight: p / (p + np.sqrt(weight) * (1 - p))
        you divide the odds by the root of the weight.
        By which number are the odds too large?
""")

# --- Easy examples outvote hard ones ------------------------------------------------------------------------------

chapter.number(
    "easy_per_hard",
    float(np.log(2) / -np.log(0.99)),
    "a number of negatives",
    section="Easy examples outvote hard ones",
    digits=0,
).add_misconceptions("""
    ratio of the probabilities: 50.0
        that is the ratio of the two probabilities that are missing, 0.5 by 0.01.
        Which function of the probability is the cost?
    logarithm of the rest: np.log(2) / -np.log(0.01)
        you took the logarithm of 0.01: that is the cost of a positive with this probability.
        Which probability does the model give to the truth, if the label is 0?
    base 2 for one of them: 1 / -np.log(0.99)
        the cost of the hard positive is in bits, that of the easy negatives in nats.
        What is -ln 0.5 in nats?
    base 2 for the other: np.log(2) / -np.log2(0.99)
        the cost of the easy negatives is in bits, that of the hard positive in nats.
        What is -ln 0.99 in nats?
""")


def of_truth(y, p):
    """The probability that the model gives to the label."""
    return np.where(y == 1, p, 1 - p)


def surprise(y, p, epsilon=EPSILON):
    """The cost of each label, clipped as in Keras."""
    return -np.log(of_truth(y, clipped(p, epsilon)))


def balance(y, applied, alpha):
    """The weight of each label."""
    return np.where(y == 1, alpha, 1 - alpha) if applied else 1.0


def _binary_focal_crossentropy(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    return losses.binary_focal_crossentropy(y_true, y_pred, apply_class_balancing, alpha, gamma)


def _binary_focal_crossentropy_gradient(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    return losses.binary_focal_crossentropy.gradient(y_true, y_pred, apply_class_balancing, alpha, gamma)


def focal_cases(y_pred, first, extremes=(), aspect="values"):
    """Cases for the binary focal loss: with the defaults, with other gammas, and with balanced classes."""
    domains = {"y_true": binary_labels, "y_pred": y_pred}
    plain = {"apply_class_balancing": False, "alpha": 0.25, "gamma": 2.0}
    few = {"vectors": ((3,), (5,)), "batches": ((4, 3),), "aspect": aspect}
    return joined(
        cases(domains, first=first, extremes=extremes, options=plain, aspect=aspect),
        cases(domains, first=first[:1], options=plain | {"gamma": 0.0}, **few),
        cases(domains, first=first, options=plain | {"gamma": 1.0}, **few),
        cases(domains, first=first[:1], options=plain | {"gamma": 3.5, "alpha": 0.7}, **few),
        cases(domains, first=first, options=plain | {"apply_class_balancing": True}, **few),
        cases(domains, options=plain | {"apply_class_balancing": True, "alpha": 0.9, "gamma": 1.5}, **few),
    )


@chapter.function(
    section="The focal loss",
    aspects={"values": 3, "extremes": 1, "shapes": 1},
    reference=_binary_focal_crossentropy,
    keras="keras.losses.binary_focal_crossentropy",
    cases=focal_cases(
        probabilities,
        first=[((1,), (0.5,)), ((0,), (0.1,)), ((1, 0), (0.9, 0.2))],
        extremes=[((1, 0), (0, 1)), ((1, 0), (1, 0)), ((0, 1, 1), (0.5, 1, 0))],
    ),
    laws=("finite", "never_negative"),
    curve_along="y_pred",
)
def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
):
    """The binary cross-entropy, times a power gamma of what the truth lacks to 1.

    y_true: labels 0 and 1, shape (..., D). y_pred: probabilities of a 1, same shape.
    apply_class_balancing: if true, a 1 weighs alpha and a 0 weighs 1 - alpha; else 1.
    Returns the mean over the last axis, shape (...), in nats.
    The probabilities are clipped to [1e-7, 1 - 1e-7] before the logarithm, as in Keras.
    """


binary_focal_crossentropy.add_misconceptions("""
    w = balance(y_true, apply_class_balancing, alpha)
    p = of_truth(y_true, y_pred)
    cost = surprise(y_true, y_pred)
    mistakes of a mean
    sign
        Which sign has the logarithm of a probability, and which has a cost?
    log2 for ln
    gamma ignored
    alpha ignored
    apply_class_balancing ignored
    factor left out: (w * cost).mean(-1)
        that is the cross-entropy: the factor that fades easy examples is missing.
        By what does the focal loss multiply the cost of an example?
    same factor for both labels: (w * (1 - y_pred) ** gamma * cost).mean(-1)
        your factor is (1 - y_pred)**gamma for labels of 0 as well: it fades the hard negatives.
        Which probability does the model give to the truth, if the label is 0?
    factors exchanged: (w * p**gamma * cost).mean(-1)
        your factor is near 1 for easy examples, and fades the hard ones.
        Should an example with p_t = 0.99 count more, or less?
    gamma as a factor: (w * gamma * (1 - p) * cost).mean(-1)
        you multiply by gamma.
        Is gamma a factor in the formula, or an exponent?
    power of the cost: (w * cost**gamma).mean(-1)
        you raise the cost itself to the power gamma.
        Which number between 0 and 1 is raised to the power gamma?
    power subtracted from 1: (w * (1 - p**gamma) * cost).mean(-1)
        your factor is 1 - p_t**gamma.
        What is raised to the power: p_t, or 1 - p_t?
    missing clip: (w * (1 - p) ** gamma * -np.log(p)).mean(-1)
        a probability of 0 for what happened gives infinity, and certainty that is right gives NaN or a wrong 0.
        What does the contract do with the probabilities before the logarithm?
    zeros left out: (y_true * w * (1 - p) ** gamma * cost).mean(-1)
        a label of 0 costs nothing in your formula, whatever was predicted.
        Which term of the cross-entropy belongs to a label of 0?
    alpha for both labels: ((alpha if apply_class_balancing else 1) * (1 - p) ** gamma * cost).mean(-1)
        labels of 0 have the weight alpha in yours.
        Which weight does a 0 have if a 1 has alpha?
    weights exchanged: (balance(1 - y_true, apply_class_balancing, alpha) * (1 - p) ** gamma * cost).mean(-1)
        a 0 has the weight alpha in yours, and a 1 has 1 - alpha.
        Which label does alpha belong to?
    only positives weighted: (np.where(y_true == 1, w, 1) * (1 - p) ** gamma * cost).mean(-1)
        labels of 0 keep the weight 1 in yours.
        Which weight does a 0 have if a 1 has alpha?
    always balanced: (balance(y_true, True, alpha) * (1 - p) ** gamma * cost).mean(-1)
        you apply alpha even if apply_class_balancing is False.
        What is the weight of a label unless balancing is asked for?
    divided by the weights: ((1 - p) ** gamma * cost).sum(-1) / np.maximum(((1 - p) ** gamma).sum(-1), 1e-30)
        you divide by the sum of the factors.
        By what does the contract divide the sum of the costs?
""")
binary_focal_crossentropy.add_misconceptions(
    other_epsilons(
        "(balance(y_true, apply_class_balancing, alpha) * (1 - of_truth(y_true, y_pred)) ** gamma"
        " * surprise(y_true, y_pred, epsilon)).mean(-1)"
    )
)

chapter.expression(
    "focal_slope",
    "g*(1 - p)**(g - 1)*log(p) - (1 - p)**g/p",
    {"p": (0.05, 0.95), "g": (0.5, 4.0)},
    section="The slope of the focal loss",
).add_misconceptions("""
    opposite sign
        When the truth gets more probability, does the cost rise or fall?
    factor held constant: -(1 - p)**g/p
        you differentiated the logarithm, and took (1 - p)**g for a constant.
        The factor contains p, too: what does the product rule add?
    logarithm held constant: g*(1 - p)**(g - 1)*log(p)
        you differentiated the power of 1 - p only.
        What is the other term of the product rule?
    inner derivative forgotten: -g*(1 - p)**(g - 1)*log(p) - (1 - p)**g/p
        in the first term you forgot the inner derivative, that of 1 - p.
        Does 1 - p rise or fall as p grows?
    product of the derivatives: g*(1 - p)**(g - 1)/p
        you multiplied the derivatives of both factors.
        What does the product rule say?
    exponent kept: g*(1 - p)**g*log(p) - (1 - p)**g/p
        the exponent of 1 - p is still g in both terms.
        What is the derivative of x**g?
    factor gamma forgotten: (1 - p)**(g - 1)*log(p) - (1 - p)**g/p
        in the first term the factor g is missing.
        What is the derivative of x**g?
""")


def focal_parts(y, p, gamma):
    """The two terms of the product rule: the slope of the factor, and that of the logarithm, in y_pred."""
    t, sign = of_truth(y, p), np.where(y == 1, 1, -1)
    return sign * gamma * (1 - t) ** (gamma - 1) * np.log(t), -sign * (1 - t) ** gamma / t


@chapter.slope_of(
    binary_focal_crossentropy,
    section="The slope of the focal loss",
    reference=_binary_focal_crossentropy_gradient,
    aspects={"gradient": 3, "shapes": 1},
    cases=focal_cases(inner, first=[((1,), (0.5,)), ((0,), (0.1,)), ((1, 0), (0.9, 0.2))], aspect="gradient"),
)
def binary_focal_crossentropy_gradient(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
):
    """The derivative of binary_focal_crossentropy with respect to each entry of y_pred.

    The arguments are those of binary_focal_crossentropy, with y_pred between 1e-7 and
    1 - 1e-7. Returns an array in the shape of y_pred.
    """


binary_focal_crossentropy_gradient.add_misconceptions("""
    w = balance(y_true, apply_class_balancing, alpha) / y_true.shape[-1]
    of_factor = focal_parts(y_true, y_pred, gamma)[0]
    of_logarithm = focal_parts(y_true, y_pred, gamma)[1]
    mistakes of a mean's slope
    gamma ignored
    alpha ignored
    apply_class_balancing ignored
    factor held constant: w * of_logarithm
        you held the factor (1 - p_t)**gamma constant.
        The factor contains the prediction, too: what does the product rule add?
    logarithm held constant: w * of_factor
        you differentiated the factor only.
        What is the other term of the product rule?
    terms subtracted: w * (of_logarithm - of_factor)
        the two terms of the product rule have different signs in yours.
        If the truth gets more probability, what happens to the factor, and what to the surprise?
    slope in p_t for all: w * (of_factor + of_logarithm) * np.where(y_true == 1, 1, -1)
        you return the slope in the probability of the truth: for labels of 0 the sign is wrong.
        If y_pred rises and the label is 0, what happens to the probability of the truth?
    slope of the cross-entropy: w * np.where(y_true == 1, -1 / y_pred, 1 / (1 - y_pred))
        that is the slope of the cross-entropy, without any focus.
        By what does the focal loss multiply the cost of an example?
    sigmoid already included: w * (of_factor + of_logarithm) * y_pred * (1 - y_pred)
        that is the slope in the logit in front of a sigmoid.
        What does the loss receive: logits, or probabilities?
    zeros left out: y_true * w * (of_factor + of_logarithm)
        the slope is 0 in yours where the label is 0.
        Does a label of 0 cost nothing, whatever was predicted?
    cross-entropy's slope with one factor:
            of_crossentropy = np.where(y_true == 1, -1 / y_pred, 1 / (1 - y_pred))
            w * (1 - y_pred) ** gamma * of_crossentropy
        you multiply the slope of the cross-entropy by (1 - y_pred)**gamma, for both labels.
        What does the product rule add, and what is the factor for a label of 0?
    same factor for both labels:
            by_factor = -gamma * (1 - y_pred) ** (gamma - 1) * surprise(y_true, y_pred)
            w * (by_factor + (1 - y_pred) ** gamma * np.where(y_true == 1, -1 / y_pred, 1 / (1 - y_pred)))
        your factor is (1 - y_pred)**gamma for labels of 0 as well.
        Which probability does the model give to the truth, if the label is 0?
    weights exchanged: balance(1 - y_true, apply_class_balancing, alpha) / y_true.shape[-1] * (of_factor + of_logarithm)
        as in binary_focal_crossentropy
    always balanced: balance(y_true, True, alpha) / y_true.shape[-1] * (of_factor + of_logarithm)
        as in binary_focal_crossentropy
""")


# --- Many classes -------------------------------------------------------------------------------------------------


def rescaled(p):
    """Probabilities that sum to 1."""
    return p / p.sum(-1, keepdims=True)


def _categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0):
    return losses.categorical_focal_crossentropy(y_true, y_pred, alpha, gamma)


@chapter.function(
    section="Many classes",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_categorical_focal_crossentropy,
    keras="keras.losses.categorical_focal_crossentropy",
    cases=joined(
        cases(
            {"y_true": one_hot, "y_pred": distribution},
            first=[((0, 1), (0.5, 0.5)), ((1, 0), (0.9, 0.1)), ((0, 1, 0), (0.1, 0.6, 0.3))],
            extremes=[((0, 1), (1, 0)), ((0, 1), (0, 1))],
            options={"alpha": 0.25, "gamma": 2.0},
        ),
        cases(
            {"y_true": one_hot, "y_pred": weights},
            first=[((0, 1), (0.5, 1.5))],
            vectors=((3,), (4,)),
            batches=(),
            options={"alpha": 1.0, "gamma": 1.0},
        ),
        cases(
            {"y_true": one_hot, "y_pred": distribution, "alpha": class_alphas},
            first=[((0, 1), (0.5, 0.5), (0.25, 0.75))],
            vectors=((3,), (4,)),
            batches=((4, 3), (5, 2, 4)),
            options={"gamma": 2.0},
        ),
        cases(
            {"y_true": one_hot, "y_pred": distribution},
            vectors=((3,), (4,)),
            batches=(),
            options={"alpha": 0.5, "gamma": 0.0},
        ),
    ),
    laws=("finite", "never_negative"),
)
def categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0):
    """The categorical cross-entropy, times a power gamma of what the truth lacks to 1.

    y_true: one-hot labels, shape (..., C). y_pred: probabilities, same shape.
    alpha: one weight for all classes, or an array of shape (C,), one for each class.
    Returns an array of shape (...), in nats. As in Keras, probabilities are divided by
    their sum, then clipped to [1e-7, 1 - 1e-7], before anything else.
    """


categorical_focal_crossentropy.add_misconceptions("""
    p = clipped(rescaled(y_pred))
    mean for sum
    averaged over the batch
    sign
        Which sign has the logarithm of a probability, and which has a cost?
    log2 for ln
    gamma ignored
    alpha ignored
    not rescaled: -(alpha * (1 - clipped(y_pred)) ** gamma * y_true * np.log(clipped(y_pred))).sum(-1)
        you take probabilities as they come, whatever their sum is.
        What does the contract do with y_pred before anything else?
    missing clip: -(alpha * (1 - rescaled(y_pred)) ** gamma * y_true * np.log(rescaled(y_pred))).sum(-1)
        a probability of 0 gives infinity or NaN.
        After the division by the sum, what does the contract do with the probabilities?
    factor left out: -(alpha * y_true * np.log(p)).sum(-1)
        as in binary_focal_crossentropy
    factors exchanged: -(alpha * p**gamma * y_true * np.log(p)).sum(-1)
        as in binary_focal_crossentropy
    gamma as a factor: -(alpha * gamma * (1 - p) * y_true * np.log(p)).sum(-1)
        as in binary_focal_crossentropy
    factor of the likeliest class: -(alpha * (1 - p.max(-1, keepdims=True)) ** gamma * y_true * np.log(p)).sum(-1)
        your factor looks at the class with the highest probability: what is sure and wrong fades.
        Which class's probability tells whether an example is easy?
    other classes as well:
            -(alpha * (y_true * (1 - p) ** gamma * np.log(p) + (1 - y_true) * p**gamma * np.log(1 - p))).sum(-1)
        you add the cost of the other classes, as if each class were a label of its own.
        Which classes enter the categorical cross-entropy?
    alpha of a binary label: -(np.where(y_true == 1, alpha, 1 - alpha) * (1 - p) ** gamma * np.log(p)).sum(-1)
        you give the weight 1 - alpha to the classes that are not the label.
        Which classes enter the categorical cross-entropy?
    sigmoid of the weights: -(alpha * (1 - sigma(y_pred)) ** gamma * y_true * np.log(sigma(y_pred))).sum(-1)
        you take the sigmoid of what already are probabilities.
        What does y_pred hold, according to the contract?
""")

# --- Wrong labels -------------------------------------------------------------------------------------------------

chapter.expression(
    "generalized_slope", "-p**(q - 1)", {"p": (0.05, 0.95), "q": (0.05, 0.95)}, section="Labels that are wrong"
).add_misconceptions("""
    opposite sign
        When the label gets more probability, does the cost rise or fall?
    not divided by q: -q*p**(q - 1)
        the factor q from the power is still there.
        What becomes of the q in the denominator?
    exponent kept: -p**q
        the exponent is still q.
        What is the derivative of p**q?
    slope of the cross-entropy: -1/p
        that is the slope of -ln p, the limit for q near 0.
        What is the derivative of p**q?
    slope of the absolute error: -1
        that is the slope for q = 1.
        What is the derivative of p**q?
    differentiated by q: -p**q*log(p)/q - (1 - p**q)/q**2
        you differentiated with respect to q.
        Which of the two does training change: p, or q?
    divided by q once more: -p**(q - 1)/q
        a division by q is left over.
        What becomes of the factor q that the power gives?
""")


def of_label(y, p):
    """The probability of each label."""
    return np.take_along_axis(p, y[..., None], -1)[..., 0]


def _generalized_cross_entropy(y_true, y_pred, q=0.5):
    return losses.categorical_generalized_cross_entropy(y_true, y_pred, q)


@chapter.function(
    section="Labels that are wrong",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_generalized_cross_entropy,
    keras="keras.losses.categorical_generalized_cross_entropy",
    cases=joined(
        cases(
            {"y_true": class_numbers, "y_pred": distribution},
            first=[([1], ((0.75, 0.25),)), ((0, 1), ((0.64, 0.36), (0.91, 0.09)))],
            extremes=[([1], ((1, 0),)), ([1], ((0, 1),)), ((0, 2), ((0, 0.5, 0.5), (0.5, 0.5, 0)))],
            vectors=((4, 3), (5, 4), (6, 5)),
            batches=((1, 3), (4, 3), (5, 1, 4), (2, 3, 4)),
            options={"q": 0.5},
        ),
        cases(
            {"y_true": class_numbers, "y_pred": distribution},
            first=[([1], ((0.75, 0.25),))],
            vectors=((4, 3), (5, 4)),
            batches=(),
            options={"q": 0.7},
        ),
        cases({"y_true": class_numbers, "y_pred": distribution}, vectors=((4, 3),), batches=(), options={"q": 0.2}),
    ),
    laws=("finite", "never_negative"),
)
def generalized_cross_entropy(y_true, y_pred, q=0.5):
    """The generalised cross-entropy of each label: 1 - p**q, divided by q.

    p is the probability of the label.
    y_true: class numbers 0 to C - 1, shape (...).
    y_pred: probabilities, shape (..., C), each row sums to 1.
    q: between 0 (the cross-entropy) and 1 (an absolute error), both excluded.
    Returns an array of shape (...): one cost per label, between 0 and 1 / q; no clipping.
    """


generalized_cross_entropy.add_misconceptions("""
    p = of_label(y_true, y_pred)
    averaged over the batch
    sign
        Is the cost of a probability below 1 positive or negative?
    q ignored
    not divided by q: 1 - p**q
        you return 1 - p**q, without the division.
        To what does your cost tend for every p, as q falls to 0?
    power not taken: (1 - p) / q
        you divide 1 - p by q.
        Which power of p does the formula have?
    power of the rest: (1 - p) ** q / q
        you raise 1 - p to the power q.
        What is raised to the power: p, or 1 - p?
    root for power: (1 - p ** (1 / q)) / q
        your exponent is 1 / q.
        Which exponent turns the cost into 1 - p, if q is 1?
    cross-entropy: -np.log(np.maximum(p, 1e-7))
        that is the cross-entropy, the limit for q near 0: your result does not depend on q.
        What does the contract say of a probability of 0: is its cost bounded?
    absolute error: 1 - p
        that is the cost for q = 1: your result does not depend on q.
        Where does the exponent stand?
    all classes summed: ((1 - y_pred**q) / q).sum(-1)
        you add the costs of all classes.
        Which class does the cost look at?
    likeliest class: (1 - y_pred.max(-1) ** q) / q
        you look at the class with the highest probability, not at the label.
        What should a prediction cost that is sure and wrong?
    classes counted from 1: (1 - of_label((y_true - 1) % y_pred.shape[-1], y_pred) ** q) / q
        you pick the class before the label's.
        What number does the first class have?
    axis left over: right(...)[..., None]
        your result has one axis too many, of length 1.
        How many axes do the labels have?
""")

# --- Spot the bug -------------------------------------------------------------------------------------------------


def _of_the_blog(y_true, y_pred):
    return ((1 - y_pred) ** 2 * surprise(y_true, y_pred)).mean(-1)


chapter.counterexample(
    "faded_alarm",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([0.0, 0.0], [0.9, 0.1]),
    domains={"y_true": binary_labels, "y_pred": any_probabilities},
    one_shape=True,
    refutes=differ(
        _of_the_blog,
        losses.binary_focal_crossentropy,
        by=0.1,
        because=(
            (lambda y, p: np.all(y == 1), "for labels of 1 both factors are the same"),
            (lambda y, p: np.allclose(p, 0.5), "at 1/2 both factors are the same"),
        ),
    ),
)


def _few_right(y_true, y_pred):
    if y_true.shape != y_pred.shape or not 0 < y_true.sum() < y_true.size:
        return f"expected labels of both kinds, and as many probabilities; got {y_true} and {y_pred}"
    area, (precision, _) = beats(y_true, y_pred).mean(), _precision_recall(y_true, y_pred)
    if not np.any(y_pred > 0.5):
        return "no probability is above 0.5 here: there is no alarm to be wrong"
    if area < 0.9:
        return f"the AUC is {area:.4f} here: below 0.9; let the positives score higher than most negatives"
    return (
        bool(precision < 0.2)
        or f"{precision:.4f} of the alarms are right here: not below 0.2; there must be more false ones"
    )


chapter.counterexample(
    "high_area_few_right",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([1] + [0] * 9, [0.9] + [0.8] * 9),
    domains={"y_true": binary_labels, "y_pred": any_probabilities},
    refutes=_few_right,
)


def f_of(hits, alarms, missed, beta=1.0):
    """The F-score of counts, entry by entry."""
    hits = (1 + beta**2) * np.asarray(hits, float)
    return ratio(hits, hits + beta**2 * np.asarray(missed, float) + np.asarray(alarms, float))


def _batches_differ(labels, decisions):
    if labels.ndim != 2 or len(labels) != 2 or labels.shape != decisions.shape:
        shapes = f"{labels.shape} and {decisions.shape}"
        return f"expected two arrays of shape (2, n), one row per batch; got the shapes {shapes}"
    of_rows = f_of(*outcomes(labels, decisions, axis=-1)).mean()
    of_all = f_of(*outcomes(labels, decisions))
    if abs(of_rows - of_all) > 0.2:
        return True
    far = "not more than 0.2 apart"
    return f"the mean of the batches is {of_rows:.4f} here, and the F1 of all samples {of_all:.4f}: {far}"


chapter.counterexample(
    "mean_of_f_scores",
    section="Spot the bug",
    asks="a pair of arrays, (labels, decisions), each of shape (2, n)",
    example=([[1, 1, 1, 1], [0, 0, 0, 0]], [[1, 1, 1, 1], [1, 0, 0, 0]]),
    domains={"labels": binary_labels, "decisions": binary_labels},
    refutes=_batches_differ,
)


@chapter.function(
    section="Spot the bug",
    aspects={"values": 2, "extremes": 1},
    reference=lambda hits, alarms, missed, beta=1.0: f_of(np.sum(hits), np.sum(alarms), np.sum(missed), beta),
    cases=joined(
        cases(
            {"hits": counts, "alarms": counts, "missed": counts},
            first=[(1, 1, 0), (2, 1, 3), ((4, 0), (0, 1), (0, 2))],
            extremes=[(0, 0, 0), (0, 2, 0), ((0, 3), (0, 0), (0, 0))],
            vectors=((2,), (3,), (5,), (2, 3)),
            batches=(),
            numbers=True,
        ),
        cases(
            {"hits": counts, "alarms": counts, "missed": counts},
            first=[(1, 1, 0), (2, 1, 3)],
            vectors=((2,), (3,), (5,)),
            batches=(),
            numbers=True,
            options={"beta": 2.0},
        ),
        cases(
            {"hits": counts, "alarms": counts, "missed": counts},
            vectors=((2,), (3,)),
            batches=(),
            options={"beta": 0.5},
        ),
    ),
    laws=("bounded_by_one",),
)
def f_score(hits, alarms, missed, beta=1.0):
    """The F-score of all batches together, from the counts of each batch.

    hits, alarms, missed: true positives, false positives and false negatives; numbers, or
        arrays of one shape with a count for each batch.
    beta: how many times as important recall is as precision; 1 gives the F1.
    Returns one number, (1 + beta**2) TP / ((1 + beta**2) TP + beta**2 FN + FP), from the
    counts of all batches; 0 if all are 0.
    """


f_score.add_misconceptions("""
    a = np.sum(hits)
    b = np.sum(alarms)
    c = np.sum(missed)
    mean of the batches: np.mean(f_of(hits, alarms, missed, beta))
        you average the F-scores of the batches.
        What has to be added up before the division?
    one for each batch: f_of(hits, alarms, missed, beta) + 0.0 * np.asarray(hits)
        you return one F-score per batch.
        How many numbers does the contract promise?
    beta ignored
    beta not squared: ratio((1 + beta) * a, (1 + beta) * a + beta * c + b)
        beta is not squared in yours.
        Which power of beta stands in the contract?
    beta with the wrong errors: f_of(a, c, b, beta)
        you multiply the false alarms by beta**2, not the missed positives.
        Which errors count more if recall is more important?
    factor forgotten above: ratio(a, (1 + beta**2) * a + beta**2 * c + b)
        the factor 1 + beta**2 is missing above the fraction line.
        What is the score of a model without a single error?
    nothing divided by nothing: np.float64((1 + beta**2) * a) / np.float64((1 + beta**2) * a + beta**2 * c + b)
        without a positive and without an alarm you get NaN.
        What does the contract say if all counts are 0?
    arithmetic mean: (ratio(a, a + b) + ratio(a, a + c)) / 2
        that is the arithmetic mean of precision and recall.
        If recall is 1 and precision almost 0, what should the score be?
    alarms left out: ratio((1 + beta**2) * a, (1 + beta**2) * a + beta**2 * c)
        false alarms cost nothing in yours.
        Which of the two errors lowers the precision?
    missed left out: ratio((1 + beta**2) * a, (1 + beta**2) * a + b)
        missed positives cost nothing in yours.
        Which of the two errors lowers the recall?
    precision alone: ratio(a, a + b)
        that is the precision.
        Which errors lower the recall?
    recall alone: ratio(a, a + c)
        that is the recall.
        Which errors lower the precision?
    intersection over union: ratio(a, a + b + c)
        that is the hits among all that are positive or have an alarm.
        How often do the hits count below the fraction line?
""")
