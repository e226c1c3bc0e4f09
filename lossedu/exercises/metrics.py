"""Chapter 12: what a model is judged by, and how it is counted over batches."""

from dataclasses import replace

import numpy as np

from lossedu import losses, metrics
from lossedu.exercises._declare import Case, Chapter
from lossedu.exercises._domains import (
    any_probabilities,
    binary_labels,
    cases,
    class_numbers,
    distribution,
    domain,
    joined,
    judged,
    one_hot,
    probabilities,
    real,
)

chapter = Chapter("12_metrics", globals())
chapter.warm_up(0.5, "04_binary_crossentropy", "Log-odds")
chapter.warm_up(-np.log(0.9), "04_binary_crossentropy", "From likelihood to log loss")
chapter.warm_up(0.2, "04_binary_crossentropy", "From likelihood to log loss")
SAMPLES = ((4, 3), (6, 4), (8, 5))  # rows enough for right guesses and wrong ones
BATCHES = ((2, 3), (5, 2, 4), (2, 3, 4), (2, 3, 4, 5))
GUESSES = real(-3, -0.1)  # scores may all be negative


ACCURACY = """
    averaged over the batch
        Who takes the mean, if the samples of the next batch are still to come?
    errors counted: 1 - right(...)
        you give 1 for what is wrong.
        Should the number of a good model be high or low?
"""


# --- A question ---------------------------------------------------------------------------------------------------

chapter.number("epoch_accuracy", 5 / 9, "a number from 0 to 1", section="A question", digits=3).add_misconceptions("""
    mean of the batches: 2 / 3
        that is the mean of the three accuracies.
        How many samples does each of them stand for?
    last batch: 1.0
        that is the accuracy of the last batch.
        What about the 64 samples before?
    last batch left out: 0.5
        that is the accuracy of the full batches.
        Are the samples of the last batch not part of the epoch?
    divided by full batches: 40 / 96
        you count three full batches.
        How many samples are there in the epoch?
""")

# --- Right or wrong -----------------------------------------------------------------------------------------------


@chapter.function(
    section="Right or wrong",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=metrics.binary_accuracy,
    keras="keras.metrics.binary_accuracy",
    cases=joined(
        cases(
            {"y_true": binary_labels, "y_pred": probabilities},
            first=[((1, 1), (0.6, 0.1)), ((1, 0, 0), (0.6, 0.4, 0.7))],
            extremes=[((1, 0), (0.5, 0.5)), ((1, 0), (1, 0)), ((0, 1), (1, 0)), ((1, 0), (0.500001, 0.499999))],
        ),
        cases(
            {"y_true": binary_labels, "y_pred": probabilities},
            first=[((1, 0, 1), (0.25, 0.3, 0.1))],
            extremes=[((1, 0), (0.2, 0.2))],
            batches=BATCHES[:2],
            options={"threshold": 0.2},
        ),
        cases(
            {"y_true": binary_labels, "y_pred": probabilities},
            extremes=[((1, 0), (0.2, 0))],
            vectors=(),
            batches=(),
            options={"threshold": 0.0},
        ),
        cases(
            {"y_true": binary_labels, "y_pred": probabilities},
            extremes=[((1, 0), (1, 0.5))],
            vectors=(),
            batches=(),
            options={"threshold": 1.0},
        ),
    ),
    laws=("bounded_by_one",),
)
def binary_accuracy(y_true, y_pred, threshold=0.5):
    """Say which predictions are right: 1 if the decision equals the label, else 0.

    y_true: labels 0 and 1, shape (..., D). y_pred: probabilities, same shape.
    The decision is 1 above the threshold, and 0 below it or exactly at it.
    Returns one number per prediction, in the same shape; takes no mean.
    """


binary_accuracy.add_misconceptions(ACCURACY)
binary_accuracy.add_misconceptions("""
    labels compared too: ((y_true > threshold) == (y_pred > threshold)) * 1.0
        you compare the labels with the threshold as well.
        What does a label of 1 become if the threshold is 1?
    threshold included: (y_true == (y_pred >= threshold)) * 1.0
        you call a prediction 1 that is equal to the threshold.
        On which side is 0.5 itself?
    threshold ignored
    predictions as they are: (y_true == y_pred) * 1.0
        you compare probabilities with labels: they are hardly ever equal.
        What has to be made of 0.9 before it can be equal to 1?
    distance for decision: (abs(y_true - y_pred) < threshold) * 1.0
        you ask for a distance below the threshold: the larger the threshold, the more is right.
        What is the decision for a probability of 0.3, if the threshold is 0.2?
    positives only: y_true * (y_pred > threshold)
        a rightly predicted 0 does not count for you.
        Which two kinds of right predictions are there?
    mean over the last axis: metrics.binary_accuracy(y_true, y_pred, threshold).mean(-1)
        you average over the last axis, as Keras 2 did.
        In which shape does the contract want the answer?
    decision for its success: (y_pred > threshold) * 1.0
        that is what the model decides; you don't compare it with the label.
        Which argument says whether the decision is right?
    probability of the label: np.where(y_true == 1, y_pred, 1 - y_pred)
        you return how probable the label is for the model.
        Which two values may a judgement have?
    always wrong at the threshold: np.where(y_pred == threshold, 0.0, right(...))
        you count a prediction exactly at the threshold as wrong, for both labels.
        What is the decision exactly at the threshold, according to the contract: 0, or 1?
""")


# --- Why one cannot train on it -----------------------------------------------------------------------------------

chapter.expression(
    "guesser_accuracy",
    "p*q + (1 - p)*(1 - q)",
    {"p": (0.05, 0.95), "q": (0.05, 0.95)},
    section="Why one cannot train on it",
).add_misconceptions("""
    ones only: p*q
        that is how often guess and label are both 1.
        Is a guess of 0 never right?
    errors counted: p*(1 - q) + (1 - p)*q
        that is how often guess and label differ.
        Which pairs of guess and label are right ones?
    sum for product: p + q
        probabilities of two things that are independent don't add up to that of both.
        How often do two independent things happen together?
    distance: 1 - Abs(p - q)
        that is how close the two probabilities are.
        If p = q = 1/2, how often is the guess right?
    product for sum: p*q*(1 - p)*(1 - q)
        you multiplied the chances of both kinds of right guesses.
        Two things that exclude each other: do their chances multiply, or add up?
    at least one 1: p + q - p*q
        that is how often at least one of guess and label is 1.
        What must guess and label have in common to be right?
    sign of the linear part: 1 + p + q + 2*p*q
        p and q have the wrong sign outside the product: your result is above 1.
        What comes out if you multiply (1 - p) by (1 - q)?
""")

# --- Many classes -------------------------------------------------------------------------------------------------


def tied_at_the_top(y_pred):
    """Which classes have the highest score."""
    return y_pred == y_pred.max(-1, keepdims=True)


@chapter.function(
    section="Many classes",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=metrics.categorical_accuracy,
    keras="keras.metrics.categorical_accuracy",
    cases=joined(
        cases(
            {"y_true": one_hot, "y_pred": distribution},
            first=[
                (((0, 1), (1, 0)), ((0.3, 0.7), (0.2, 0.8))),
                (((1, 0, 0), (0, 1, 0), (0, 0, 1)), ((0.4, 0.3, 0.3), (0.5, 0.3, 0.2), (0.1, 0.3, 0.6))),
                (((0, 1), (1, 0)), ((-2, -1), (-3, -1))),
            ],
            extremes=[
                (((0, 1), (1, 0)), ((0.5, 0.5), (0.5, 0.5))),
                (((0, 0, 1), (0, 1, 0)), ((0.4, 0.2, 0.4), (0.2, 0.4, 0.4))),
                (((0, 1), (1, 0)), ((0, 1), (0, 1))),
                (((0, 1), (1, 0)), ((0.499999, 0.5), (0.5, 0.499999))),
            ],
            vectors=SAMPLES,
            batches=BATCHES,
        ),
        cases({"y_true": one_hot, "y_pred": GUESSES}, vectors=SAMPLES[:1], batches=()),
    ),
    laws=("bounded_by_one",),
)
def categorical_accuracy(y_true, y_pred):
    """Say whether the class with the highest score is the class of the label.

    y_true: one-hot labels, shape (..., C). y_pred: probabilities or scores, same shape.
    If several classes share the highest score, the first of them is the guess.
    Returns numbers of shape (...), 1 where the classes agree and 0 elsewhere.
    """


categorical_accuracy.add_misconceptions(ACCURACY)
categorical_accuracy.add_misconceptions("""
    every tie granted: (y_true * tied_at_the_top(y_pred)).sum(-1)
        with equal scores you call every one of these classes the guess.
        If a model gives all classes the same score, is it always right?
    binary accuracy: metrics.binary_accuracy(y_true, y_pred).mean(-1)
        you judge each class by itself: a row that is wrong still gets points for the classes that it rules out.
        How many guesses does a row make: C, or one?
    more than half asked for: (y_true * (y_pred > 0.5)).sum(-1)
        you only count guesses with a score above 0.5.
        With three classes, can the highest probability be 0.4?
    probability of the label: (y_true * y_pred).sum(-1)
        you add up how much probability the right class got.
        Which two values may an answer have for one sample?
    scores for classes: (y_true.argmax(-1) == y_pred.max(-1)) * 1.0
        you compare labels with scores: the two are hardly ever equal.
        What has to be found in a row of scores before it is compared: a place, or a value?
    class by class: (y_true == tied_at_the_top(y_pred)) * 1.0
        you compare the rows entry by entry: one number for each class comes out.
        How many judgements does a sample need?
    argmax of everything: (y_true.argmax() == y_pred.argmax()) * 1.0
        without an axis, argmax looks at the whole batch at once.
        Along which axis do the classes of one sample lie?
    last of equals:
            last = y_pred.shape[-1] - 1 - y_pred[..., ::-1].argmax(-1)
            (y_true.argmax(-1) == last) * 1.0
        of classes with equal scores you take the last.
        Which index does argmax give of [0.4, 0.2, 0.4]?
    ties always wrong: (y_true == tied_at_the_top(y_pred)).all(-1) * 1.0
        you count every sample as wrong whose highest score occurs twice.
        Which of the tied classes does argmax choose?
""")


@domain(lambda array: array >= 0)
def class_numbers_apart(rng, shape):
    """Class numbers, each on an axis of its own."""
    return class_numbers(rng, shape)[..., None]


@chapter.function(
    section="Many classes",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=metrics.sparse_categorical_accuracy,
    keras="keras.metrics.sparse_categorical_accuracy",
    cases=joined(
        cases(
            {"y_true": class_numbers, "y_pred": distribution},
            first=[
                ((1, 0), ((0.3, 0.7), (0.2, 0.8))),
                ((0, 1, 2), ((0.4, 0.3, 0.3), (0.5, 0.3, 0.2), (0.1, 0.3, 0.6))),
                ((1, 0), ((-2, -1), (-3, -1))),
            ],
            extremes=[
                ((1, 0), ((0.5, 0.5), (0.5, 0.5))),
                ((2, 1), ((0.4, 0.2, 0.4), (0.2, 0.4, 0.4))),
                ((1, 0), ((0, 1), (0, 1))),
                ((1, 0), ((0.499999, 0.5), (0.5, 0.499999))),
            ],
            vectors=SAMPLES,
            batches=BATCHES,
        ),
        cases({"y_true": class_numbers, "y_pred": GUESSES}, vectors=SAMPLES[:1], batches=()),
        cases(
            {"y_true": class_numbers_apart, "y_pred": distribution},
            vectors=(),
            batches=((4, 3), (6, 4), (3, 2, 4), (3, 1, 4)),
        ),
        judged(  # Keras takes the axis of the labels (N, 1) away here as well
            cases({"y_true": class_numbers, "y_pred": distribution}, vectors=(), batches=((5, 1, 4),), square=None),
            squeezed=True,
        ),
    ),
    laws=("bounded_by_one",),
)
def sparse_categorical_accuracy(y_true, y_pred):
    """Say whether the class with the highest score is the class of the label.

    y_true: class numbers 0 to C - 1, shape (...) or (..., 1).
    y_pred: probabilities or scores, shape (..., C).
    If several classes share the highest score, the first of them is the guess.
    Returns numbers of shape (...), 1 where the classes agree and 0 elsewhere.
    """


sparse_categorical_accuracy.add_misconceptions(ACCURACY)
sparse_categorical_accuracy.add_misconceptions("""
    every tie granted:
            np.take_along_axis(tied_at_the_top(y_pred), y_true.reshape(*y_pred.shape[:-1], 1), -1)[..., 0] * 1.0
        as in categorical_accuracy
    every label with every guess: (y_true == y_pred.argmax(-1)) * 1.0
        labels of shape (N, 1) are compared with all N guesses: N * N numbers come out.
        What does NumPy make of a column compared with a row?
    counted from 1: metrics.sparse_categorical_accuracy((y_true - 1) % y_pred.shape[-1], y_pred)
        you count classes from 1.
        Which number does the first class have?
    probability of the label: np.take_along_axis(y_pred, y_true.reshape(*y_pred.shape[:-1], 1), -1)[..., 0]
        you return how much probability the right class got.
        Which two values may an answer have for one sample?
    scores for classes: (y_true.reshape(y_pred.shape[:-1]) == y_pred.max(-1)) * 1.0
        you compare class numbers with scores: these are hardly ever equal.
        Which function finds the place of the largest score, and which its value?
    argmax of class numbers: (y_true.argmax(-1) == y_pred.argmax(-1)) * 1.0
        you take argmax of the class numbers too, as if they were one-hot rows.
        What does a class number say already?
    last axis of the labels dropped: (y_true[..., 0] == y_pred.argmax(-1)) * 1.0
        you always drop the last axis of the labels: if it holds the samples, only the first label is left.
        Which of the two shapes of y_true has an axis to drop?
    rounded score: (y_true.reshape(y_pred.shape[:-1]) == np.round(y_pred[..., 0])) * 1.0
        you round the score of the first class, as if there were one score for each sample.
        Which class does a row of C scores stand for?
    every last axis of length 1 dropped:
            labels = y_true[..., 0] if np.ndim(y_true) > 1 and np.shape(y_true)[-1] == 1 else y_true
            (labels == y_pred.argmax(-1)) * 1.0
        you drop a last axis of length 1 of the labels, also where it belongs to the batch.
        If y_true has the shape (..., 1), does it have as many axes as y_pred, or one fewer?
""")


# --- More than one guess ------------------------------------------------------------------------------------------


def in_float32(build):
    """The same cases with scores of float32: TensorFlow looks for the k highest in no others."""

    def single(arguments):
        return {**arguments, "y_pred": arguments["y_pred"].astype("float32")}

    return lambda rng: [replace(case, arguments=single(case.arguments)) for case in build(rng)]


def higher(number, y_pred):
    """How many classes score higher than the one of that number."""
    return (y_pred > score_of(number, y_pred)).sum(-1)


def score_of(number, y_pred):
    """The score of the class of that number, with the axis of the classes."""
    return np.take_along_axis(y_pred, number, -1)


def distinct_above(number, y_pred):
    """How many different scores are higher than the one of the class of that number."""
    scores = np.sort(y_pred, -1)
    is_new = np.concatenate([np.ones_like(scores[..., :1], bool), scores[..., 1:] != scores[..., :-1]], axis=-1)
    return (is_new & (scores > score_of(number, y_pred))).sum(-1)


def best_last(y_pred):
    """The classes in the order of their scores; of equal ones the first comes first."""
    return y_pred.argsort(-1, kind="stable")


MISTAKES_OF_GUESSES = """
    number = class_of(y_true)[..., None]
    scores for classes: 1.0 * (np.sort(y_pred, -1)[..., -k:] == number).any(-1)
        you look for the class number among the k highest scores themselves.
        Which function gives the places of the highest scores, and which their values?
    ranked along the samples: 1.0 * (np.take_along_axis((-y_pred).argsort(0).argsort(0), number, -1)[..., 0] < k)
        you rank the scores along the first axis, which holds the samples.
        Which scores compete with each other: those of a class, or those of a sample?
    one guess only: 1.0 * (higher(number, y_pred) < 1)
        you grant a single guess, whatever k is.
        In how many classes may the label be found?
    k ignored
    one guess too many: 1.0 * (higher(number, y_pred) < k + 1)
        you grant k + 1 guesses.
        If two classes score higher than the label, is it one of the two best?
    lowest scores: 1.0 * (y_pred.argsort(-1)[..., :k] == number).any(-1)
        you look for the label among the k lowest scores.
        In which order does a sort put things, and at which end are the best guesses?
    ties lost: 1.0 * ((y_pred >= score_of(number, y_pred)).sum(-1) <= k)
        you count the classes that tie with the label as better.
        If 3 classes share the second place, is each of them among the best 2?
    equal scores counted once: 1.0 * (distinct_above(number, y_pred) < k)
        you count classes with the same score as one: a label passes although k classes score higher.
        If two classes share one score above that of the label, how many classes score higher?
    largest product for the score: 1.0 * ((y_pred > np.maximum(score_of(number, y_pred), 0)).sum(-1) < k)
        if the score of the label is negative, you use 0 in its place.
        What is the maximum of y_true * y_pred if the score of the label is below 0?
    ties cut off: 1.0 * (best_last(-y_pred)[..., :k] == number).any(-1)
        of the classes that tie with the k-th score, you accept only the first ones.
        How many classes score *higher* than that of the label, in [0.4, 0.3, 0.3]?
    ties cut off from below: 1.0 * (best_last(y_pred)[..., -k:] == number).any(-1)
        of the classes that tie with the k-th score, you accept only the last ones.
        How many classes score *higher* than that of the label, in [0.4, 0.3, 0.3]?
"""


def top_k(reference, labels, encode, class_of, **declared):
    """An exercise that grants k guesses, with the mistakes that both kinds of labels share.

    Args:
        reference: the answer.
        labels: the domain of the labels.
        encode: makes labels for C classes of class numbers.
        class_of: makes class numbers of labels.
        declared: further arguments of `exercise`.
    """
    tied = ((0.4, 0.3, 0.3), (0.2, 0.4, 0.4))
    domains, scored = {"y_true": labels, "y_pred": distribution}, {"y_true": labels, "y_pred": GUESSES}

    return chapter.function(
        section="More than one guess",
        aspects={"values": 1, "extremes": 1, "shapes": 1},
        reference=reference,
        cases=in_float32(
            joined(
                cases(
                    domains,
                    first=[
                        (encode((2, 0), 3), ((0.5, 0.2, 0.3), (0.1, 0.6, 0.3))),
                        (encode((2, 0), 3), ((-1, -2, -3), (-3, -1, -2))),
                        (encode((2, 0), 3), ((2, -2, -3), (-3, 1, -2))),
                    ],
                    extremes=[(encode((2, 0), 3), tied), (encode((1, 2), 3), tied)],
                    vectors=SAMPLES,
                    batches=(),
                    options={"k": 2},
                ),
                cases(
                    domains,
                    extremes=[(encode((2, 0), 3), tied)],  # by default fewer classes than guesses
                    vectors=((12, 7), (12, 9)),
                    batches=(),
                ),
                cases(domains, vectors=(), batches=BATCHES, options={"k": lambda rng: int(rng.integers(1, 4))}),
                cases(scored, vectors=((6, 4),), batches=(), options={"k": 2}),
            )
        ),
        mistakes=[ACCURACY, MISTAKES_OF_GUESSES],
        names={"class_of": class_of},
        **declared,
    )


@top_k(
    reference=metrics.top_k_categorical_accuracy,
    labels=one_hot,
    encode=lambda numbers, classes: np.eye(classes)[list(numbers)],
    class_of=lambda y_true: y_true.argmax(-1),
    keras="keras.metrics.top_k_categorical_accuracy",
    laws=("bounded_by_one",),
)
def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """Say whether the class of the label has one of the k highest scores.

    y_true: one-hot labels, shape (..., C). y_pred: probabilities or scores, same shape.
    k: the number of guesses, >= 1; if k >= C, every prediction is right.
    A class is right if fewer than k others score higher, so a tie with the k-th counts.
    Returns numbers of shape (...), 1 for right and 0 for wrong.
    """


@top_k(
    reference=lambda y_true, y_pred, k=5: metrics.sparse_top_k_categorical_accuracy(y_true, y_pred, k),
    labels=class_numbers,
    encode=lambda numbers, classes: numbers,
    class_of=lambda y_true: y_true,
    keras="keras.metrics.sparse_top_k_categorical_accuracy",
    laws=("bounded_by_one",),
)
def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5):
    """Say whether the class of the label has one of the k highest scores.

    y_true: class numbers 0 to C - 1, shape (...). y_pred: scores, shape (..., C).
    k: the number of guesses, >= 1; if k >= C, every prediction is right.
    A class is right if fewer than k others score higher, so a tie with the k-th counts.
    Returns numbers of shape (...), 1 for right and 0 for wrong.
    """


# --- Your own -----------------------------------------------------------------------------------------------------


@chapter.function(
    section="A metric of your own",
    aspects={"values": 1, "shapes": 1},
    reference=lambda y_true, y_pred: y_pred.mean(),
    cases=cases(
        {"y_true": binary_labels, "y_pred": probabilities},
        first=[((1, 0), (0.9, 0.2)), ((1, 0, 0, 1), (0.7, 0.1, 0.6, 0.9))],
        batches=BATCHES,
    ),
)
def mean_pred(y_true, y_pred):
    """Return the mean prediction of a batch, which shows if a model leans to one side.

    y_true: labels, shape (..., D); ignored. y_pred: probabilities, same shape.
    Returns one number.
    """


mean_pred.add_misconceptions("""
    labels for predictions: y_true.mean()
        this is the mean label.
        Which of the two arguments holds the predictions?
    one mean a sample: y_pred.mean(-1)
        you average over the last axis only.
        How many numbers does the contract ask for?
    sum for mean: y_pred.sum()
        your number grows with the batch.
        Between which two numbers lies the mean of probabilities?
    share of ones: (y_pred > 0.5).mean()
        you round the predictions first.
        Does the contract speak of a threshold?
    mean error: np.abs(y_true - y_pred).mean()
        this is the mean absolute error of the predictions.
        What part do the labels play, according to the contract?
    divided by the samples: y_pred.sum() / len(y_pred)
        you divide by the length of the first axis alone.
        How many predictions are there, if each sample has several?
""")


chapter.number(
    "mean_pred_after_training", 0.15, "a number", section="A metric of your own", digits=2
).add_misconceptions("""
    accuracy for it: 0.9
        that is the accuracy.
        Does the slope with respect to the bias depend on decisions, or on probabilities?
    a fair coin: 0.5
        you took the mean of the possible probabilities.
        What is the sum of all y_pred - y_true, if the slope with respect to the bias is 0?
    share of zeros: 0.85
        that is the share of the labels 0.
        Which of the two classes does y_pred = 1 stand for?
    count for share: 30
        that is the sum of the predictions.
        By which number is a sum divided to give a mean?
    found ones only: 0.15 * 0.9
        you let only the correct samples count.
        Which samples have a part in the slope with respect to the bias?
    decisions for probabilities: 0.25
        you added the share of wrong decisions to the share of ones.
        Does the mean prediction depend on a threshold?
    share of decisions for 1: 0.22
        that is how often the network decides for 1, if 10 % of each class are wrong.
        Does the slope with respect to the bias depend on decisions, or on probabilities?
""")


# --- Over many batches --------------------------------------------------------------------------------------------

chapter.expression(
    "mean_of_two_batches",
    "(n*a + k*b)/(n + k)",
    {"a": (0.1, 0.9), "b": (0.1, 0.9), "n": (1.0, 9.0), "k": (11.0, 30.0)},
    section="Over many batches",
).add_misconceptions("""
    mean of the means: (a + b)/2
        this is right only if both have as many samples.
        What does the sum of all values come to?
    weights exchanged: (k*a + n*b)/(n + k)
        the mean of n values has the weight of the k others.
        What is the sum of n values whose mean is a?
    sum: n*a + k*b
        that is the sum of all values.
        How many values are there?
    later ones only: a + k*b/(n + k)
        you add the new mean, but the old one still has its full weight.
        What if b is equal to a: does the mean stay?
    means taken for sums: (a + b)/(n + k)
        you added the two means and divided by the number of all values.
        Which sum has a mean of a, if it is taken over n values?
    harmonic mean: (n + k)/(n/a + k/b)
        that is the harmonic mean, as for speeds over equal distances.
        What do the n values of the first batch sum to?
""")

chapter.expression(
    "mean_of_means_error",
    "(a - b)*(k - n)/(2*(n + k))",
    {"a": (0.1, 0.9), "b": (0.1, 0.9), "n": (1.0, 9.0), "k": (11.0, 30.0)},
    section="Over many batches",
).add_misconceptions("""
    relative to the true mean: (a - b)*(k - n)/(2*(n*a + k*b))
        you divided the difference by the true mean.
        Does the question ask for the difference itself, or for the relative difference?
    sign: (a - b)*(n - k)/(2*(n + k))
        this is the true mean minus the mean of means.
        Which of the two is subtracted?
    the mean itself: (a + b)/2
        that is the mean of the means.
        What is it to be compared with?
    no difference: 0
        the two agree only if n = k or a = b.
        What if n is 1 and k is 99?
    true mean alone: (n*a + k*b)/(n + k)
        that is the mean of all values alone.
        From what is it subtracted?
    ratio for difference: (a + b)*(n + k)/(2*(n*a + k*b))
        you divided one mean by the other.
        Is an error asked for as a ratio, or as a difference?
""")


def streams(*calls):
    """A tidy or drawn sequence of calls, arrays for lists."""
    return tuple((method, *(np.asarray(argument, float) for argument in arguments)) for method, *arguments in calls)


def streamed_cases(rng):
    """Batches of uneven sizes, with weights and without, none at all, and several epochs."""

    def drawn(*sizes, weighted):
        for size in sizes:
            values = rng.uniform(0, 1, size=size)
            yield ("update_state", values, rng.uniform(0, 2, size=size)) if weighted else ("update_state", values)
            yield ("result",)

    def case(aspect, *calls):
        return Case(aspect, {"calls": streams(*calls)})

    first, second = ("update_state", [1, 3]), ("update_state", [8])
    again, ask = ("reset_state",), ("result",)
    return [
        case("values", first, second, ask),
        case("values", first, ask, second, ask, ask),
        case("values", first, ("another.update_state", [4]), ask, second, ask),
        case("values", *drawn(3, 5, 1, weighted=False)),
        case("values", *drawn(8, 8, 2, weighted=False)),
        Case("values", {"calls": (("update_state", np.array([1, 2])), ask)}, at_edge=True),  # integers
        case("weights", ("update_state", [1, 3], [3, 1]), second, ask),
        case("weights", ("update_state", [1, 3], [0.5, 0]), ask, ("update_state", [2, 4], [1, 0.5]), ask),
        case("weights", *drawn(3, 5, 1, weighted=True)),
        case("weights", *drawn(4, weighted=False), *drawn(2, 6, weighted=True)),
        case("extremes", ask, ("update_state", [4]), ask),
        case("extremes", ("update_state", [4, 2], [0, 0]), ask),
        case("extremes", first, again, ask, second, ask),
        case("extremes", *drawn(3, 1, weighted=True), again, *drawn(2, 4, weighted=False), again, ask),
    ]


@chapter.function(
    section="Over many batches",
    aspects={"values": 2, "weights": 1, "extremes": 1},
    reference=lambda: metrics.Mean(),
    cases=streamed_cases,
    protocol="methods",
)
class StreamingMean:
    """The weighted mean of all values so far; 0 if there are none or all weights are 0.

    update_state takes values of shape (N,), and weights >= 0 of that shape, by default 1.
    result returns the mean since the start or the last reset_state, and changes nothing.
    """


class Streamed:
    """A mean over batches as a learner may write it; the mistakes below each change one thing."""

    def __init__(self):
        """Begin with nothing."""
        self.total = self.count = 0.0

    def update_state(self, values, sample_weight=None):
        """Take in a batch."""
        weights = np.ones(len(values)) if sample_weight is None else sample_weight
        self.total += np.sum(values * weights)
        self.count += np.sum(weights)

    def result(self):
        """The mean so far."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self):
        """Begin with nothing again."""
        self.total = self.count = 0.0


class _MeanOfMeans(Streamed):
    def update_state(self, values, sample_weight=None):
        if sample_weight is None or np.sum(sample_weight):
            self.total += np.average(values, weights=sample_weight)
            self.count += 1


class _LastBatch(Streamed):
    def update_state(self, values, sample_weight=None):
        self.reset_state()
        super().update_state(values, sample_weight)


class _Unweighted(Streamed):
    def update_state(self, values, sample_weight=None):
        super().update_state(values)


class _DividedByNumber(Streamed):
    def update_state(self, values, sample_weight=None):
        super().update_state(values, sample_weight)
        self.count += len(values) - (len(values) if sample_weight is None else np.sum(sample_weight))


class _NothingOverNothing(Streamed):
    def result(self):
        return np.divide(self.total, self.count)


class _BatchOfNothing(Streamed):
    def update_state(self, values, sample_weight=None):
        weight = np.sum(np.ones(len(values)) if sample_weight is None else sample_weight)
        mean = np.divide(np.sum(values * (1 if sample_weight is None else sample_weight)), weight)
        self.total += mean * weight
        self.count += weight

    def result(self):
        return self.total / (self.count or 1)


class _HalfReset(Streamed):
    def reset_state(self):
        self.total = 0.0


class _AskedAndForgotten(Streamed):
    def result(self):
        result = super().result()
        self.reset_state()
        return result


class _WeightsInTheCount(Streamed):
    def update_state(self, values, sample_weight=None):
        super().update_state(values, sample_weight)
        self.total += np.sum(values) - np.sum(values * (1 if sample_weight is None else sample_weight))


class _Fading(Streamed):
    def update_state(self, values, sample_weight=None):
        if sample_weight is None or np.sum(sample_weight):
            mean = np.average(values, weights=sample_weight)
            self.total = (self.total + mean) / 2 if self.count else mean
            self.count = 1


class _OneMemory(Streamed):
    total = count = 0.0

    def __setattr__(self, name, value):
        setattr(_OneMemory, name, value)


class _NotReturned(Streamed):
    def result(self):
        return None


StreamingMean.add_misconceptions("""
    mean of the batches' means: _MeanOfMeans
        a batch of one value counts as much as one of a hundred.
        Which two numbers of each batch have to be kept, so that its size is not lost?
    last batch only: _LastBatch
        you forget all batches but the last.
        Does update_state add to what is there, or replace it?
    weights not looked at: _Unweighted
        all values count the same, whatever their weights.
        By what is each value multiplied before the sum?
    divided by the number of values: _DividedByNumber
        you divide the weighted sum by the number of values: if all weigh 2, the mean doubles.
        How much do all the weights come to, together?
    nothing over nothing: _NothingOverNothing
        where nothing was seen you divide 0 by 0.
        What does the contract give before the first batch?
    mean of a batch of nothing: _BatchOfNothing
        you divide by the sum of each batch's weights: if they are all 0 you get NaN, now and ever after.
        How should a batch with weights of 0 change the mean so far?
    half a reset: _HalfReset
        reset_state forgets the sum and keeps the count.
        Which two numbers have to begin at 0 again?
    asked and forgotten: _AskedAndForgotten
        result resets the state: after one call the mean is gone.
        Should looking at a mean change it?
    weights in the count only: _WeightsInTheCount
        the weights enter the count, but not the sum.
        How much does a value of weight 3 add to the sum?
    old batches fade: _Fading
        each batch takes half of the mean, so that earlier ones fade.
        How much should the first batch still count after a hundred others?
    one memory for all objects: _OneMemory
        a second object changes the mean of the first: they share one sum and one count.
        Where do sum and count live: in self, or outside the object?
    result not returned: _NotReturned
        result returns None: it prints, or forgets its return.
        What does a caller of result get to compute with?
""")

# --- Spot the bug -------------------------------------------------------------------------------------------------


def _same_for_all(y_true, y_pred):
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or not np.isin(y_true, (0, 1)).all():
        return f"expected labels 0 and 1 and as many probabilities, both of shape (N,); got {y_true} and {y_pred}"
    if set(y_true) != {0, 1}:
        return f"the labels must hold both classes; all of yours are {y_true[0]:g}" if y_true.size else "no labels"
    if not np.isfinite(y_pred).all() or np.ptp(y_pred):
        return f"all predictions must be the same; got {y_pred}"
    right = metrics.binary_accuracy(y_true, y_pred).mean()
    if right >= 0.9:
        return True
    said, share = int(y_pred[0] > 0.5), y_true.mean()
    return (
        f"the accuracy is {right:.2f} here: not 0.9 or more; all predictions say {said}, "
        f"and {share if said else 1 - share:.0%} of the labels are {said}"
    )


chapter.counterexample(
    "blind_but_accurate",
    section="Spot the bug",
    asks="a pair of arrays of shape (N,), (y_true, y_pred)",
    example=((0,) * 9 + (1,), (0.1,) * 10),
    domains={"y_true": binary_labels, "y_pred": any_probabilities},
    refutes=_same_for_all,
)


def _lower_and_worse(y_true, first, second):
    given = y_true, first, second
    one_shape = len({array.shape for array in given}) == 1 and y_true.ndim == 1
    if not one_shape or not y_true.size or not np.isin(y_true, (0, 1)).all():
        return f"expected labels 0 and 1 and twice as many probabilities, all of shape (N,); got {given}"
    if not all(np.isfinite(p).all() and ((p > 0) & (p < 1)).all() for p in (first, second)):
        return f"the predictions must lie between 0 and 1; got {first} and {second}"
    loss, accuracy = (
        [float(np.mean(measure(y_true, p))) for p in (first, second)]
        for measure in (losses.binary_crossentropy, metrics.binary_accuracy)
    )
    if loss[0] < loss[1] and accuracy[0] < accuracy[1]:
        return True
    if loss[0] > loss[1] and accuracy[0] > accuracy[1]:
        why = "they stand in the wrong order: the first must be the one with the smaller loss"
    elif accuracy[0] == accuracy[1]:
        why = "both have the same accuracy, and the first must have the lower one"
    else:
        why = "the first must have the smaller loss and the lower accuracy"
    return (
        f"the first has loss {loss[0]:.4f} and accuracy {accuracy[0]:.2f}, "
        f"the second {loss[1]:.4f} and {accuracy[1]:.2f}; {why}"
    )


chapter.counterexample(
    "better_loss_worse_accuracy",
    section="Spot the bug",
    asks="three arrays of shape (N,), (y_true, first, second)",
    example=((1, 1), (0.99, 0.49), (0.51, 0.51)),
    refutes=_lower_and_worse,
)


def _as_in_every_pair(labels, scores):
    if labels.ndim != 2 or labels.shape[1] != 1 or scores.ndim != 2 or len(scores) != len(labels):
        return f"expected labels of shape (N, 1) and scores of shape (N, C); got {labels.shape} and {scores.shape}"
    if not scores.size or not np.isin(labels, range(scores.shape[1])).all() or not np.isfinite(scores).all():
        return f"expected class numbers below {scores.shape[1]} and finite scores; got {labels} and {scores}"
    claimed, right = np.mean(labels == scores.argmax(-1)), np.mean(labels[:, 0] == scores.argmax(-1))
    if abs(claimed - right) > 0.1:
        return True
    if len(labels) == 1:
        return "with one sample there is only one pair, the right one; find several samples"
    if np.ptp(labels) == 0 and np.ptp(scores.argmax(-1)) == 0:
        return "all labels are one class, and so are all guesses: every pair counts alike; find samples that differ"
    if np.ptp(scores.argmax(-1)) == 0:
        return "all guesses are one class: a label meets the same guess in every row; find guesses that differ"
    if np.ptp(labels) == 0:
        return "all labels are one class: a guess meets the same label in every row; find labels that differ"
    return f"by pairs the accuracy is {claimed:.4f} here, and {right:.4f} is right: not more than 0.1 apart"


chapter.counterexample(
    "column_against_row",
    section="Spot the bug",
    asks="a pair of arrays of shapes (N, 1) and (N, C)",
    example=(((0,), (1,)), ((0.9, 0.1), (0.2, 0.8))),
    refutes=_as_in_every_pair,
)
