"""Weights of classes: what they do to the prior, how they balance classes, and how they are undone."""

import numpy as np

from lossedu.exercises import _cross_entropies
from lossedu.exercises._declare import Chapter
from lossedu.exercises._domains import cases, domain, joined, probabilities
from lossedu.stable import ratio

chapter = Chapter("14_imbalance", globals(), vars(_cross_entropies))


@domain(lambda array: np.isin(array, (0, 1, 2)))
def three_classes(rng, shape):
    """Class numbers 0 to 2, the last class rare."""
    return rng.choice(3, size=shape, p=(0.6, 0.3, 0.1))


chapter.expression(
    "optimum_with_weight",
    "w*r/(w*r + 1 - r)",
    {"r": (0.01, 0.9), "w": (1.5, 50.0)},
    section="Weights change the prior",
).add_misconceptions("""
    sign in the slope: w*r/(w*r + r - 1)
        in your slope both terms have the same sign.
        What is the derivative of ln(1 - p)?
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
    negatives counted in full: w*r/(w*r + 1)
        you count the negatives in full, as if their share were 1.
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
    bins for classes:
            found = np.histogram(np.ravel(labels), bins=num_classes)[0]
            ratio(labels.size, num_classes * found)
        you count in bins between the smallest and the largest label, which are not the classes 0 to C - 1.
        In which bin does label 1 land, if the labels are 0 and 1, and there are five classes?
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
        cases({"p": probabilities}, extremes=[((0, 1),)], vectors=(), batches=(), options={"weight": 1e5}),
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
        in the denominator you weighted p, not 1 - p.
        What does a certain positive, p = 1, become in your formula?
    complement
        Which of the two, p or 1 - p, is in the numerator?
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
