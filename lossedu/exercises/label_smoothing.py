"""Chapter 09: labels that may be wrong, Keras's label_smoothing, and how sure a network becomes with it."""

import numpy as np

from lossedu import losses
from lossedu.exercises._cross_entropies import clipped  # noqa: F401  wrong answers below call it
from lossedu.exercises._declare import Chapter, differ
from lossedu.exercises._domains import (
    Domain,
    between,
    binary_labels,
    cases,
    distribution,
    joined,
    logits,
    one_hot,
    probabilities,
)

chapter = Chapter("09_label_smoothing", globals())
chapter.warm_up(0.25, "05_categorical_crossentropy", "Softmax, step by step")
chapter.warm_up(np.log(2), "07_kl_divergence", "Surprise, and its mean")
chapter.warm_up(0, "07_kl_divergence", "Never negative")
LONGER = ((3,), (4,), (5,), (7,))  # for two classes, or columns, mistakes with their number don't show
ELEMENTWISE = {"vectors": ((), (), ()), "batches": ((1,), (3,), (2, 3), (2, 1, 4))}

shares = between(0.02, 0.98)
flip_rates = between(0.01, 0.4)
class_counts = Domain(lambda rng, shape: rng.integers(3, 50, size=shape), lambda array: bool(np.all(array >= 2)))


def some_smoothing(rng):
    """A label_smoothing that is neither nothing nor everything, with two decimals."""
    return round(rng.uniform(0.1, 0.4), 2)


def smoothed_entirely_or_not(labels, example):
    """Builders of cases at both ends, label_smoothing in every type that a learner gives it in."""
    ends = (0, 0.0, np.float64(0), 1)
    return [
        cases({"y_true": labels}, extremes=[(example,)], vectors=(), batches=(), options={"label_smoothing": end})
        for end in ends
    ]


def smooth(y_true, label_smoothing, classes):
    """Labels mixed with the uniform distribution over that many classes."""
    return y_true * (1 - label_smoothing) + label_smoothing / classes


def smooth_as_flips(y_true, rate, classes):
    """Labels that change to any other class with the probability `rate`."""
    return y_true * (1 - rate) + (1 - y_true) * rate / (classes - 1)


# --- A label that may be wrong ------------------------------------------------------------------------------------

chapter.number("honest_logit", float(np.log(9)), "a number", section="A question").add_misconceptions("""
    probability for logit: 0.9
        that is the probability.
        Which number does the sigmoid turn into this probability?
    sign: -float(np.log(9))
        that is the logit of the other class.
        Is the logit of a probability above one half positive or negative?
    surprise for logit: np.log(10)
        you took the logarithm of 1 / 0.1.
        By what does a logit divide the probability: by 1, or by the probability of the opposite?
    sigmoid for logit: 1 / (1 + np.exp(-0.9))
        you took the sigmoid of 0.9.
        Does the sigmoid lead from a probability to a logit, or from a logit to a probability?
    logarithm of the probability: np.log(0.9)
        you took the logarithm of 0.9.
        What stands below 0.9 in the fraction whose logarithm is the logit?
""")


chapter.expression(
    "flipped_target",
    "y*(1 - alpha) + (1 - y)*alpha",
    {"y": {0, 1}, "alpha": (0.0, 0.5)},
    section="A label that may be wrong",
).add_misconceptions("""
    label 0 never wrong: y*(1 - alpha)
        a label that reads 0 is never doubted here.
        With which probability is the truth 1 where the label reads 0?
    right and wrong exchanged: y*alpha + (1 - y)*(1 - alpha)
        here a label is right with probability alpha.
        What should be left of a label that is never flipped, alpha = 0?
    half a flip: y*(1 - alpha) + alpha/2
        here a label is wrong with probability alpha / 2.
        What do you get for y = 1, and how often is a label that reads 1 right?
    label 1 never wrong: y*(1 - alpha) + alpha
        a label that reads 1 is never doubted here.
        With which probability is the truth 0 where the label reads 1?
""")


chapter.expression(
    "smoothing_of_two", "2*alpha", {"alpha": (0.0, 0.5)}, section="Keras's argument"
).add_misconceptions("""
    the same: alpha
        then only half as many labels are flipped as should be.
        How often does a fair coin show what the label said anyway?
    half for double: alpha/2
        you went from s to alpha: s / 2 of the labels change.
        Is the label replaced more often than it changes, or less often?
    share that is kept: 1 - 2*alpha
        that is the share of labels that are kept.
        Which of the two shares does Keras ask for?
    target for smoothing: 1 - alpha
        that is the target of a label that reads 1.
        Which share of the labels has to be replaced, so that this is their target?
    right for wrong: 2*(1 - alpha)
        you took the probability that a label is right for that of an error.
        Which of the two is alpha?
""")


MISTAKES_OF_SMOOTHING = """
    flip probability for label_smoothing: smooth_as_flips(y_true, label_smoothing, classes(y_true))
        you made label_smoothing the probability that a label is wrong.
        The label is replaced by one drawn from all classes. How often is that the old one again?
    uniform part left out: y_true * (1 - label_smoothing)
        you took label_smoothing away from the labels and gave it to no class.
        To what must the probabilities of all classes still add up?
    label left whole: y_true + label_smoothing / classes(y_true)
        you added the uniform part and took nothing away from the label.
        Which share of the label is left, if the share label_smoothing is replaced?
    zeros not smoothed: y_true * smooth(1, label_smoothing, classes(y_true))
        you smooth the labels 1 only: a label 0 stays 0.
        What is the probability of a class that the label does not name?
    uniform part in full: smooth(y_true, label_smoothing, 1)
        every class got all of label_smoothing.
        Among how many classes is it shared?
    shares exchanged: smooth(y_true, 1 - label_smoothing, classes(y_true))
        you kept the share label_smoothing of the label and replaced the rest.
        What should label_smoothing = 0 do?
    hard labels only: right((y_true == 1).astype(float), label_smoothing)
        you look whether a label is 1; a label between 0 and 1 is taken for 0.
        What does the formula make of a label of 0.5?
"""


def smoothing(classes, **declared):
    """An exercise that smooths labels over `classes(y_true)` classes, with the mistakes that both of these share."""

    def reference(y_true, label_smoothing):
        return smooth(y_true, label_smoothing, classes(y_true))

    return chapter.function(
        section="Keras's argument",
        reference=reference,
        mistakes=[MISTAKES_OF_SMOOTHING],
        names={"classes": classes},
        **declared,
    )


@smoothing(
    classes=lambda y_true: 2,
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    cases=joined(
        cases(
            {"y_true": binary_labels},
            first=[((1,),), ((0,),)],
            vectors=(),
            batches=(),
            options={"label_smoothing": 0.2},
        ),
        cases({"y_true": binary_labels}, vectors=((1,), (3,), (5,)), options={"label_smoothing": some_smoothing}),
        cases({"y_true": shares}, extremes=[((0.5,),), ((0, 0.25, 1),)], options={"label_smoothing": some_smoothing}),
        *smoothed_entirely_or_not(shares, (0, 1, 1)),
    ),
    laws=("bounded_by_one",),
)
def smooth_binary_labels(y_true, label_smoothing):
    """Smooth binary labels: a fair coin replaces each with probability label_smoothing.

    y_true: labels 0 or 1, or probabilities between, any shape.
    label_smoothing: the probability s, a number from 0 to 1.
    Returns the resulting probabilities of a 1, in the shape of y_true.
    """


smooth_binary_labels.add_misconceptions("""
    divided by the number of columns: smooth(y_true, label_smoothing, y_true.shape[-1])
        you shared label_smoothing among the columns, as if they were classes.
        How many values can one binary label take, however many labels there are?
    clipped, not mixed: np.clip(y_true, label_smoothing / 2, 1 - label_smoothing / 2)
        you clip the labels at both ends: probabilities in between stay as they are.
        Which value should a label of 0.3 get?
""")


@smoothing(
    classes=lambda y_true: y_true.shape[-1],
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    cases=joined(
        cases(
            {"y_true": one_hot},
            first=[((1, 0, 0, 0),), ((0, 0, 1),)],
            vectors=(),
            batches=(),
            options={"label_smoothing": 0.2},
        ),
        cases({"y_true": one_hot}, vectors=LONGER, options={"label_smoothing": some_smoothing}),
        cases(
            {"y_true": distribution},
            extremes=[((0.5, 0.25, 0.25, 0),), ((0.25, 0.25, 0.25, 0.25),)],
            vectors=LONGER,
            options={"label_smoothing": some_smoothing},
        ),
        *smoothed_entirely_or_not(one_hot, (0, 1, 0)),
    ),
    laws=("sums_to_one", "never_negative"),
)
def smooth_categorical_labels(y_true, label_smoothing):
    """Smooth class labels: a random class replaces each with probability label_smoothing.

    y_true: one-hot or soft labels, shape (..., K); each row sums to 1.
    label_smoothing: the probability s, a number from 0 to 1; all classes are drawn alike.
    Returns the resulting probabilities of the classes, in the shape of y_true.
    """


smooth_categorical_labels.add_misconceptions("""
    one-hot labels only: np.where(y_true == 1, 1 - label_smoothing, label_smoothing / max(1, y_true.shape[-1] - 1))
        you give the share to the other classes only, where Keras spreads it over all K; and you lose soft labels.
        Can a draw among all classes give the class that the label had?
    two classes for K: smooth(y_true, label_smoothing, 2)
        every class got label_smoothing / 2, so that the rows no longer sum to 1.
        How many classes share what was taken from the label?
    samples for classes: smooth(y_true, label_smoothing, y_true.shape[0])
        you divided by the length of the first axis.
        Which axis holds the classes of one sample?
    all entries for classes: smooth(y_true, label_smoothing, y_true.size)
        you divided by the number of all entries of the batch.
        How many classes does one row hold?
    shared among the others: smooth(y_true, label_smoothing, y_true.shape[-1] - 1)
        you divided by K - 1 and still gave every class a part, so that the rows sum to more than 1.
        Among how many classes is the draw, and is the true one among them?
    one-hot first: smooth(np.eye(y_true.shape[-1])[y_true.argmax(-1)], label_smoothing, y_true.shape[-1])
        you keep only the largest entry of each row: soft labels lose their other shares.
        What does the formula make of a label of 0.25?
    zeros and ones replaced:
            off = label_smoothing / y_true.shape[-1]
            np.where(y_true == 1, 1 - label_smoothing + off, np.where(y_true == 0, off, y_true))
        you replace only zeros and ones: probabilities in between stay as they are.
        Which value should a label of 0.3 get?
""")


# --- The smoothed losses ------------------------------------------------------------------------------------------


MISTAKES_OF_SMOOTHED_LOSSES = """
    labels = smooth(y_true, label_smoothing, classes(y_true))
    flipped = smooth_as_flips(y_true, label_smoothing, classes(y_true))
    not smoothed: loss(y_true, y_pred, from_logits=from_logits)
        this is the plain cross-entropy: label_smoothing changes nothing.
        What happens to y_true before the loss sees it?
    prediction for label: loss(y_true, smooth(y_pred, label_smoothing, classes(y_true)), from_logits=from_logits)
        your result is the plain loss at a mix of y_pred and the uniform: the mix is inside the logarithm.
        Of what does the smoothed label take a mean: of probabilities, or of their logarithms?
    flip probability for label_smoothing: loss(flipped, y_pred, from_logits=from_logits)
        as in smooth_binary_labels
    always from logits: right(..., from_logits=True)
        you treat probabilities as logits.
        What does from_logits=False say of y_pred?
    only what the label names: loss(y_true * labels, y_pred, from_logits=from_logits)
        only the classes that the label names cost anything: the others have lost their smoothed share.
        Which targets of a smoothed label are 0?
    missing clip: right(...) if from_logits else cost(labels, y_pred)
        a predicted probability of 0 costs infinitely much or gives NaN; in Keras it costs a finite amount.
        What is the smallest probability that Keras lets a prediction have?
    logarithm of what underflowed: cost(labels, squash(y_pred)) if from_logits else right(...)
        large logits give infinity or NaN: exp overflows, or underflows to 0, before you take the logarithm.
        How can the logarithm be worked out before anything is put into exp?
    logits clipped as probabilities:
            cost(labels, clipped(squash(y_pred) if from_logits else y_pred))
        from logits too your loss stops growing, at a surprise of 16.1; Keras clips probabilities only.
        What does a network that is certain and wrong learn from a loss that is flat?
    averaged over the batch
"""


def smoothed(loss, classes, squash, cost, **declared):
    """A cross-entropy with smoothed labels, with the mistakes that both of these share.

    Args:
        loss: the reference.
        classes: how many classes labels of a shape are smoothed over, `classes(y_true)`.
        squash: from logits to probabilities.
        cost: the loss, `cost(labels, p)`, without any care for zeros.
        declared: passed on to `exercise`.
    """

    def reference(y_true, y_pred, label_smoothing, from_logits=False):
        return loss(y_true, y_pred, from_logits=from_logits, label_smoothing=label_smoothing)

    return chapter.function(
        section="The smoothed losses",
        reference=reference,
        mistakes=[MISTAKES_OF_SMOOTHED_LOSSES],
        names={"loss": loss, "classes": classes, "squash": squash, "cost": cost},
        **declared,
    )


def both_kinds(labels, p, *, first, impossible, large):
    """Cases with probabilities, drawn from `p`, and with logits; and a tidy one, and extremes, of each kind."""

    def tried(y_pred, from_logits, **chosen):
        fixed = {"vectors": (), "batches": (), "options": {"label_smoothing": 0.2, "from_logits": from_logits}}
        drawn = {"vectors": LONGER, "options": {"label_smoothing": some_smoothing, "from_logits": from_logits}}
        domains = {"y_true": labels, "y_pred": y_pred}
        return joined(cases(domains, **fixed, **chosen), cases(domains, **drawn))

    return joined(
        tried(p, False, first=first[:1], extremes=impossible), tried(logits, True, first=first[1:], extremes=large)
    )


def sigmoid(z):
    """The probabilities that belong to logits, one label each."""
    return 1 / (1 + np.exp(-z))


def softmax(z):
    """The probabilities that belong to logits, one class each."""
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@smoothed(
    losses.binary_crossentropy,
    classes=lambda y_true: 2,
    squash=sigmoid,
    cost=lambda y, p: -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1),
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    keras="keras.losses.binary_crossentropy",
    cases=both_kinds(
        binary_labels,
        probabilities,
        first=[((1, 0, 1), (0.9, 0.2, 0.4)), ((1, 0, 1), (2, -1, 0.5))],
        impossible=[((1, 0, 1), (1, 0, 0)), ((1, 1, 1), (0, 0.5, 1))],
        large=[((1, 0, 1), (800, -800, -800)), ((1, 0, 0), (0, 40, -40))],
    ),
    laws=("never_negative",),
    curve_along="y_pred",
)
def smoothed_binary_crossentropy(y_true, y_pred, label_smoothing, from_logits=False):
    """The binary cross-entropy of Keras with smoothed labels, in nats.

    y_true: labels 0 or 1, shape (..., D).
    y_pred: probabilities in [0, 1], or logits of any size if from_logits; same shape.
    label_smoothing: the probability s that a fair coin replaces a label, from 0 to 1.
    Returns the mean over the last axis, shape (...).
    Probabilities are clipped to [1e-7, 1 - 1e-7]; from logits nothing is clipped.
    """


def _exp_overflows(y_true, y_pred, label_smoothing, from_logits=False):
    y = smooth(y_true, label_smoothing, 2)
    if from_logits:
        return (np.log(1 + np.exp(y_pred)) - y * y_pred).mean(-1)
    return losses.binary_crossentropy(y, y_pred)


smoothed_binary_crossentropy.add_misconceptions("""
    sum for mean
    divided by the number of columns:
            labels = smooth(y_true, label_smoothing, y_true.shape[-1])
            losses.binary_crossentropy(labels, y_pred, from_logits)
        as in smooth_binary_labels
    label 0 costs nothing:
            log_p = -np.logaddexp(0, -y_pred) if from_logits else np.log(clipped(y_pred))
            -(smooth(y_true, label_smoothing, 2) * log_p).mean(-1)
        you left out the second term: a prediction of 0.99 costs next to nothing where the label is 0.
        What does the other value of the label add?
    exp overflows: _exp_overflows(...)
        from logits your loss is infinite for large ones: exp overflows before you take the logarithm.
        How can ln(1 + exp(z)) be written so that no large number is put into exp?
""")


@smoothed(
    losses.categorical_crossentropy,
    classes=lambda y_true: y_true.shape[-1],
    squash=softmax,
    cost=lambda y, p: -(y * np.log(p)).sum(-1),
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    keras="keras.losses.categorical_crossentropy",
    cases=both_kinds(
        one_hot,
        distribution,
        first=[((0, 1, 0), (0.25, 0.7, 0.05)), ((0, 0, 1), (-1, 0.5, 2))],
        impossible=[((0, 1, 0), (0.05, 0.95, 0)), ((1, 0, 0), (0, 0.75, 0.25)), ((0, 1, 0, 0), (0, 1, 0, 0))],
        large=[
            ((0, 1, 0), (900, -900, 0)),
            ((0, 0, 1), (-40, 0, 40)),
            (((0, 0, 1), (0, 1, 0)), ((900, 0, -900), (0.5, 2, -1))),  # each row has a largest logit of its own
        ],
    ),
    laws=("never_negative",),
)
def smoothed_categorical_crossentropy(y_true, y_pred, label_smoothing, from_logits=False):
    """The categorical cross-entropy of Keras with smoothed labels, in nats.

    y_true: one-hot labels, shape (..., K).
    y_pred: probabilities, with rows of sum 1, or logits of any size if from_logits.
    label_smoothing: the probability s that a random class replaces the label.
    Returns the sum over the last axis, shape (...).
    Probabilities are clipped to [1e-7, 1 - 1e-7]; from logits nothing is clipped.
    """


def _one_maximum_for_the_batch(y_true, y_pred, label_smoothing, from_logits=False):
    labels = smooth(y_true, label_smoothing, y_true.shape[-1])
    if not from_logits:
        return losses.categorical_crossentropy(labels, y_pred)
    z = y_pred - y_pred.max()
    return -(labels * (z - np.log(np.exp(z).sum(-1, keepdims=True)))).sum(-1)


smoothed_categorical_crossentropy.add_misconceptions("""
    mean for sum
        The smoothed labels already weigh the classes. What is left to average?
    one maximum for the batch: _one_maximum_for_the_batch(...)
        you take the largest logit of the whole batch off all rows: those far below it underflow.
        Over which logits must the maximum run, so that the exponentials of one row stay in range?
    two classes for K:
            labels = smooth(y_true, label_smoothing, 2)
            losses.categorical_crossentropy(labels, y_pred, from_logits=from_logits)
        every class got label_smoothing / 2.
        How many classes share what was taken from the label?
""")


# --- The best gap -------------------------------------------------------------------------------------------------

chapter.expression(
    "gap_slope",
    "exp(d)/(exp(d) + K - 1) - (1 - s + s/K)",
    {"d": (-2.0, 4.0), "K": (3.0, 10.0), "s": (0.05, 0.95)},
    section="The best gap",
).add_misconceptions("""
    slope without smoothing: exp(d)/(exp(d) + K - 1) - 1
        this is the slope for the label 1.
        What is the target t of the true class after smoothing?
    true class draws nothing: exp(d)/(exp(d) + K - 1) - (1 - s)
        your target of the true class is 1 - s.
        May the draw among all classes also hit the true one?
    opposite sign
        For a very large gap, does the loss rise or fall with d?
    one other class: exp(d)/(exp(d) + 1) - (1 - s + s/K)
        your softmax holds two classes.
        How many other classes stand in the denominator, each with exp(0)?
""")


def best_gap(num_classes, label_smoothing):
    """The logarithm of the ratio of the targets: true class over any other."""
    with np.errstate(divide="ignore"):
        return np.log(num_classes * (1 - label_smoothing) + label_smoothing) - np.log(label_smoothing)


@chapter.function(
    section="The best gap",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=best_gap,
    cases=cases(
        {"num_classes": class_counts, "label_smoothing": shares},
        first=[(3, 0.2), (10, 0.1)],
        extremes=[(2, 0.2), (1000, 0.1), (3, 1), (3, 0), (3, 0.0), (3, np.float64(0)), ((3, 4), (0, 1))],
        numbers=True,
        **ELEMENTWISE,
    ),
    curve_along="label_smoothing",
)
def optimal_logit_gap(num_classes, label_smoothing):
    """How far the true logit must lie above each of the others, for the smallest loss.

    num_classes: how many classes there are, K >= 2.
    label_smoothing: the probability s that a random class replaces the label, 0 to 1.
    Both are numbers, or arrays of one shape.
    Returns the gap in that shape: 0 for s = 1, infinite for s = 0.
    """


optimal_logit_gap.add_misconceptions("""
    flip probability for label_smoothing: np.log((1 - label_smoothing) * (num_classes - 1) / label_smoothing)
        you left the draw out of the target of the true class and shared s among the others alone.
        Among how many classes is s shared, and is the true one among them?
    true class draws nothing: np.log((1 - label_smoothing) * num_classes / label_smoothing)
        your target of the true class is 1 - s, and the targets don't sum to 1.
        May the draw among all classes also hit the true one?
    two classes for K: np.log(2 / label_smoothing - 1)
        your gap does not grow with the number of classes.
        How large is the target of one other class?
    ratio for its logarithm: np.exp(best_gap(num_classes, label_smoothing))
        that is how many times more probable the true class is than another.
        Logits are differences of what?
    sign
        Which of the two targets is the larger one?
    no gap without smoothing: np.where(label_smoothing == 0, 0, best_gap(num_classes, label_smoothing))
        without smoothing your gap is 0.
        With plain labels, which gap is so large that a larger one would not lower the loss?
    target for ratio: np.log(1 - label_smoothing + label_smoothing / num_classes)
        that is the logarithm of the target of the true class alone.
        By which other target is it divided?
    all others at once:
            target = 1 - label_smoothing + label_smoothing / num_classes
            np.log(target / (1 - target))
        that is the logit of the true class against all the others together.
        How many other classes share the rest of the probability?
""")


chapter.number(
    "smallest_loss", float(-0.91 * np.log(0.91) - 0.09 * np.log(0.01)), "a number, in nats", section="As a divergence"
).add_misconceptions("""
    right and wrong only: -0.9 * np.log(0.9) - 0.1 * np.log(0.1)
        that is the entropy of two outcomes only: the true class with 0.9, all other classes with 0.1.
        Over how many classes is the smoothing divided, and what is the target of each class?
    zero: 0
        a loss of 0 is out of reach.
        Which of the two terms can training not change?
    true class only: -np.log(0.91)
        that is the surprise at the true class.
        How much weight do the nine other classes have, and how large is the surprise at them?
    one other class: -0.91 * np.log(0.91) - 0.01 * np.log(0.01)
        you counted one of the other classes.
        How many classes have the target 0.01?
    flip probability for label_smoothing: -0.9 * np.log(0.9) - 0.1 * np.log(0.1 / 9)
        you took 0.9 for the target of the true class.
        Does the draw among ten classes never hit the true one?
    term of the true class only: -0.91 * np.log(0.91)
        you counted the term of the true class alone.
        What do the nine other targets add?
    other classes only: -0.09 * np.log(0.01)
        you left out the term of the true class.
        What does the target 0.91 add?
    undecided: np.log(10)
        that is the loss of a network that finds all ten classes equally likely.
        Which prediction has the smallest loss: equal probabilities, or the targets themselves?
    wrong classes joined: -0.91 * np.log(0.91) - 0.09 * np.log(0.09)
        you took the nine wrong classes for one, of probability 0.09.
        Which probability does each of them have?
""")

# --- Spot the bug -------------------------------------------------------------------------------------------------


def _flipped(y, alpha):
    """The right target of a label, which speaks up where the arrays are no labels with a flip probability."""
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"y must hold labels 0 and 1, got {y}")
    if alpha.shape != () or not 0 <= alpha <= 0.5:
        raise ValueError(f"alpha must be one number from 0 to 0.5, got {alpha}")
    if alpha == 0:
        raise ValueError("alpha is 0: there are no errors, so both targets are the label itself")
    return smooth_as_flips(y, alpha, 2)


chapter.counterexample(
    "too_few_flips",
    section="Spot the bug",
    asks="(y, alpha): an array of labels 0 or 1, and a probability of errors",
    example=([1.0, 0.0], 0.1),
    refutes=differ(lambda y, alpha: smooth(y, alpha, 2), _flipped, by=0.01),
)


@chapter.function(
    section="Spot the bug",
    aspects={"values": 2, "shapes": 1},
    reference=lambda alpha, num_classes: alpha * num_classes / (num_classes - 1),
    cases=cases(
        {"alpha": flip_rates, "num_classes": class_counts},
        first=[(0.1, 5), (0.06, 3), (0.1, 2), (0, 10)],
        numbers=True,
        **ELEMENTWISE,
    ),
    curve_along="alpha",
)
def smoothing_for_flips(alpha, num_classes):
    """The right label_smoothing for labels that are wrong with probability alpha.

    alpha: the probability of an error; then all other classes are equally likely.
    num_classes: how many classes there are, K >= 2.
    Both are numbers, or arrays of one shape. Returns label_smoothing in that shape.
    """


smoothing_for_flips.add_misconceptions("""
    the same: alpha * np.ones_like(num_classes)
        you return alpha itself; some of the draws leave the label as it was.
        How often does a draw among K classes hit the old one?
    always twice: 2 * alpha * np.ones_like(num_classes)
        your result is 2 alpha for any number of classes.
        How often does a draw among K classes hit the old one, if K is not 2?
    upside down: alpha * (num_classes - 1) / num_classes
        your factor is below 1: you went from label_smoothing to alpha.
        Is a label replaced more often than it changes, or less often?
    shared among all: alpha * num_classes
        that is alpha times K.
        Equate what one wrong class gets in both pictures: is alpha shared among K classes, or K - 1?
    divided by K: alpha / num_classes
        that is alpha divided by K.
        Is a label replaced more often than it is wrong, or less often?
""")


def _reranked(p, q):
    if p.shape != (3,) or q.shape != (3,) or not (distribution.holds(p) and distribution.holds(q)):
        return "p and q must each be a distribution over the three classes: shape (3,), nothing negative, sum 1"
    label = np.array([1.0, 0.0, 0.0])
    (plain_p, smooth_p), (plain_q, smooth_q) = (
        [losses.categorical_crossentropy(label, y_pred, label_smoothing=s) for s in (0, 0.1)] for y_pred in (p, q)
    )
    if plain_p > plain_q and smooth_p < smooth_q:
        return "p and q stand in the wrong order: p must be the one with the smaller loss without smoothing"
    return bool(plain_p < plain_q and smooth_p > smooth_q) or (
        f"the label is the first class; without smoothing p costs {plain_p:.4f} and q {plain_q:.4f}, with it "
        f"{smooth_p:.4f} and {smooth_q:.4f}: p must have the smaller loss without smoothing, and the larger one with it"
    )


chapter.counterexample(
    "better_and_worse",
    section="Spot the bug",
    asks="a pair of predictions over three classes, (p, q)",
    example=((0.998, 0.001, 0.001), (0.94, 0.03, 0.03)),
    refutes=_reranked,
)
