"""Chapter 18: runs that went wrong: what their numbers prove, and how to correct them."""

import numpy as np

from lossedu.exercises._declare import Case, Chapter
from lossedu.exercises._domains import Domain, binary_labels, cases, class_numbers, joined, real

chapter = Chapter("18_clinic", globals())
chapter.warm_up(3, "10_reduction", "Weights")
chapter.warm_up(0.5, "11_optimizers", "Down the slope")
chapter.warm_up(np.log(10), "13_compile_and_fit", "A step for each batch")

# --- A question ---------------------------------------------------------------------------------------------------

chapter.number("stuck_at_seven", np.log(7), "a number, in nats", section="A question", digits=3).add_misconceptions("""
    loss of ten classes: np.log(10)
        that is the loss for ten classes.
        Which probability does each of seven classes get?
    base 2: np.log2(7)
        you used logarithms to base 2.
        Which logarithm is in the cross-entropy of Keras?
    base 10: np.log10(7)
        you used the logarithm to base 10.
        Which logarithm gives 2.3026 for ten classes?
    probability for cost: 1 / 7
        that is the probability of one of seven classes.
        What does such a guess cost in nats?
    share of misses: 6 / 7
        that is the share of wrong guesses.
        What is the surprise at an outcome that has the probability 1/7?
    in proportion: np.log(10) * 0.7
        you took seven tenths of the loss for ten classes.
        Does a logarithm grow in proportion to its argument?
""")

# --- The loss stands still ----------------------------------------------------------------------------------------

chapter.expression(
    "smallest_constant_loss",
    "-q*log(q) - (1 - q)*log(1 - q)",
    {"q": (0.02, 0.98)},
    section="The loss stands still",
).add_misconceptions("""
    positives only: -q*log(q)
        you counted the positives only.
        Which share of the samples is negative, and what does each of them cost?
    negatives only: -(1 - q)*log(1 - q)
        you counted the negatives only.
        Which share of the samples is positive, and what does each of them cost?
    cost of a positive: -log(q)
        that is the cost of one positive.
        How much does a negative cost, and how many are there?
    even guess: log(2)
        that is the loss at p = 1/2.
        Which p makes the mean loss smallest, if the share of positives is q?
    negative sum: q*log(q) + (1 - q)*log(1 - q)
        your result is never positive.
        What is the sign of log(p) for p < 1?
    costs exchanged: -q*log(1 - q) - (1 - q)*log(q)
        each kind of sample has the cost of the other kind.
        Which probability does the network give to the label of a positive?
""")


@chapter.function(
    section="The loss stands still",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=lambda labels, num_classes: _entropy_of_counts(np.bincount(np.ravel(labels), minlength=num_classes)),
    cases=joined(
        cases(
            {"labels": class_numbers},
            first=[((0, 1),), ((0, 0, 0, 1),), ((0, 1, 2, 2),)],
            extremes=[((1, 1),), ((2, 0, 0),)],
            vectors=((7, 4), (12, 4), (30, 4)),
            batches=((4, 3, 4), (2, 5, 4)),
            square=None,
            options={"num_classes": 4},
        ),
        cases(
            {"labels": class_numbers},
            vectors=((20, 9),),
            batches=(),
            extremes=[((0, 3, 3, 8),)],
            options={"num_classes": 9},
        ),
    ),
    laws=("never_negative",),
)
def loss_without_input(labels, num_classes):
    """The smallest cross-entropy of a network that ignores its input.

    labels: class numbers 0 to C - 1, any shape. num_classes: C.
    The network gives all samples the same probabilities: at best the shares of the classes.
    Returns one number, in nats: the mean over all labels. A class without labels costs 0.
    """


def _entropy_of_counts(counts):
    found = counts[counts > 0]
    return np.sum(found * np.log(found.sum() / found)) / found.sum()


loss_without_input.add_misconceptions("""
    shares = np.bincount(np.ravel(labels), minlength=num_classes) / np.size(labels)
    divided by the rows:
            parts = np.bincount(np.ravel(labels), minlength=num_classes) / len(labels)
            -np.sum(parts[parts > 0] * np.log(parts[parts > 0]))
        you divide the counts by the length of the first axis.
        How many labels does an array of shape (2, 3) hold?
    equal shares: np.log(num_classes)
        your result does not depend on how frequent the classes are.
        Which probabilities make the mean loss smallest, if one class is more frequent?
    cost of the largest class: -np.log(shares.max())
        you return the cost of a sample of the most frequent class.
        What do the samples of the other classes cost?
    share of misses: 1 - shares.max()
        you return the share of wrong guesses.
        In which unit is a cross-entropy measured?
    NaN for an absent class: -np.sum(shares * np.log(shares))
        if a class has no labels, you get NaN.
        What is 0 times the logarithm of 0 in NumPy?
    mean over the classes: right(...) / num_classes
        you divided the sum over the classes by their number.
        The shares are weights that sum to 1: is another division needed?
    sum over the samples: right(...) * np.size(labels)
        you multiplied by the number of labels.
        Does fit report a sum, or a mean?
    unweighted classes: -np.mean(np.log(shares[shares > 0]))
        every class counts the same in your mean.
        How many samples belong to a rare class?
    log2 for ln
    sign
    one label added to each class:
            more = np.bincount(np.ravel(labels), minlength=num_classes) + 1
            -np.sum(shares * np.log(more / more.sum()))
        you add one label to each class before you compute the probabilities under the logarithm.
        Which probabilities give the smaller loss: the shares of the labels, or yours?
""")


@chapter.function(
    section="The loss stands still",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=lambda x, train: (x - train.mean(0)) / _divisors(train),
    cases=cases(
        {
            "x": real(-20, 20),
            "train": Domain(
                lambda rng, shape: rng.normal(5, 4, size=(shape[0] + 2, shape[-1])), lambda a: np.ndim(a) == 2
            ),
        },
        first=[([[3]], [[0], [4]]), ([[1, 10]], [[0, 10], [2, 30]])],
        extremes=[
            ([[3, 5]], [[2, 1], [2, 3]]),
            ([[2, 0], [4, 1]], [[2, 0], [2, 0]]),
            ([[1e9, 3]], [[1e9, 0], [3e9, 6]]),
            ([[5e-9, 1]], [[1e-9, 0], [5e-9, 4]]),
        ],
        vectors=((2, 3), (4, 2), (3, 3)),
        batches=((6, 1), (1, 5), (20, 3)),
        square=(3, 3),
    ),
)
def standardize(x, train):
    """Standardise the columns of x with the means and standard deviations of train.

    x: inputs to standardise, shape (n, D). train: the inputs of training, shape (m, D).
    Uses the mean and the standard deviation (over m, not m - 1) of each column of train.
    A column whose standard deviation in train is 0 is only shifted.
    Returns an array of the shape of x.
    """


def _divisors(train):
    deviations = train.std(0)
    return np.where(deviations == 0, 1, deviations)


standardize.add_misconceptions("""
    mean and deviation of x: (x - x.mean(0)) / _divisors(x)
        you used mean and deviation of x, and not those of train.
        Should the result for one input depend on the other inputs in x?
    one mean for all columns: (x - train.mean()) / (train.std() or 1)
        all columns share one mean and one deviation in your function.
        Which axis of train holds the samples?
    rows for columns: (x - x.mean(1, keepdims=True)) / _divisors(x.T)[:, None]
        you standardised each row, a sample.
        Which numbers belong together: those of a sample, or those of a sensor?
    not shifted: x / _divisors(train)
        you divide without shifting first.
        What is the mean of a column of your result?
    not divided: x - train.mean(0)
        you shift without dividing.
        What is the standard deviation of a column of your result?
    divided by the variance: (x - train.mean(0)) / np.where(train.var(0) == 0, 1, train.var(0))
        you divide by the variance.
        What is the unit of a variance?
    divided by m - 1: (x - train.mean(0)) / np.where(train.std(0) == 0, 1, train.std(0, ddof=1))
        your deviation divides by m - 1.
        By which number does the contract divide?
    constant column not spared: (x - train.mean(0)) / train.std(0)
        in a column that is constant in train you divide by 0.
        What does the contract do with such a column?
    range for deviation: (x - train.min(0)) / np.where(np.ptp(train, 0) == 0, 1, np.ptp(train, 0))
        you map the smallest number of train to 0 and the largest to 1.
        Which mean and which deviation does the contract ask for?
    NaN replaced afterwards:
            with_nan = (x - train.mean(0)) / train.std(0)
            np.nan_to_num(with_nan)
        you divide by 0 first, and replace only 0 / 0: other numbers in a constant column become huge.
        By which number should a constant column be divided?
""")

chapter.number(
    "run_that_learned", 3, "a whole number: the run, 1 to 4", section="The loss stands still", digits=None
).add_misconceptions("""
    run 1: 1
        run 1 is at ln 10, the loss without input of ten equally frequent classes.
        Which run has a loss below its loss without input?
    run 2: 2
        the loss without input for shares of 0.95 and 0.05 is 0.1985.
        If a network always names the larger class, what is its accuracy?
    run 4: 4
        the loss without input for shares of 0.7, 0.1, 0.1 and 0.1 is 0.9404.
        If a network always names the most frequent class, what is its accuracy?
""")

chapter.number(
    "largest_second_share",
    np.e / (np.e + 9),
    "a probability",
    section="The loss stands still",
    digits=3,
).add_misconceptions("""
    single softmax: 1.0
        that is what the first softmax can give.
        What are the ten numbers that the second softmax gets then?
    equal classes: 0.1
        that would be ten equal outputs of the first softmax.
        Which outputs of the first softmax favour one class most?
    ten others: np.e / (np.e + 10)
        you counted ten wrong classes.
        How many of the ten classes are not the true one?
    odds: np.e / 9
        you divided by the sum over the wrong classes alone.
        Which classes are in the denominator of a softmax?
    loss for probability: np.log(1 + 9 / np.e)
        that is the loss.
        Which probability has this surprise?
    two scores: np.e / (np.e + 1)
        that would be two classes.
        How many outputs of the first softmax are 0 at best?
""")

# --- Logits or probabilities --------------------------------------------------------------------------------------

chapter.number(
    "share_on_wrong_side",
    0.35,
    "a share, from 0 to 1",
    section="Logits or probabilities",
).add_misconceptions("""
    right side: 0.65
        that is the share on the right side, which costs nothing.
        Which of the two sides costs 16.118 per sample?
    in units of ln 2: 5.6413 / np.log(2)
        you divided the loss by ln 2.
        How much does one sample on the wrong side cost here?
    one of the loss: np.exp(-5.6413)
        you turned the mean loss into a probability.
        All samples cost either 0 or 16.118: which share of them must cost 16.118 to give this mean?
    samples for share: 14
        that is the number of samples.
        How many samples are there in all?
""")

chapter.number(
    "probability_at_half", 1 / (1 + np.exp(-0.5)), "a probability", section="Logits or probabilities", digits=3
).add_misconceptions("""
    threshold of a probability: 0.5
        you read the output as a probability.
        What is the sigmoid of the logit 0.5?
    other side: 1 / (1 + np.exp(0.5))
        that is the probability of the logit -0.5, or of label 0.
        Does a positive logit mean more than one half, or less?
    exponential: np.exp(-0.5)
        that is an exponential of the logit, not the sigmoid.
        What is the formula of the sigmoid?
    odds: np.exp(0.5)
        those are the odds of a positive.
        How do you get from odds to a probability?
    threshold that is meant: 0.0
        that is the logit whose probability is one half.
        The question asks the reverse: which probability belongs to the logit 0.5?
""")


def called(y_true, logits, bar):
    """For each entry, whether predicting 1 for a logit above the bar agrees with the label."""
    return (logits > bar) == (y_true == 1)


def _accuracy_of_logits(y_true, logits, threshold=0.5):
    return np.mean(called(y_true, logits, np.log(threshold / (1 - threshold))))


@chapter.function(
    section="Logits or probabilities",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_accuracy_of_logits,
    cases=joined(
        cases(
            {"y_true": binary_labels, "logits": real(-2, 2)},
            first=[((1,), (0.3,)), ((1, 0), (0.3, 0.2)), ((1, 0, 0), (2, 0.4, -0.3))],
            extremes=[((1, 0, 0), (0, 0, 0)), ((1, 0, 1), (1000, -1000, -1000))],
            vectors=((4,), (6,), (9,)),
        ),
        *(
            cases(
                {"y_true": binary_labels, "logits": real(-3, 3)},
                first=[((1, 0, 1), (0.9, 0.6, 2))],
                extremes=[((0, 1), (-900, 900))],
                vectors=((5,), (8,), (20,)),
                batches=((4, 3),),
                options={"threshold": threshold},
            )
            for threshold in (0.8, 0.1)
        ),
    ),
    laws=("bounded_by_one",),
)
def accuracy_of_logits(y_true, logits, threshold=0.5):
    """The share of correct predictions; 1 is predicted for probabilities above threshold.

    y_true: labels 0 and 1, any shape. logits: outputs before the sigmoid, same shape.
    threshold: a probability between 0 and 1, both excluded.
    Returns one number over all entries.
    """


accuracy_of_logits.add_misconceptions("""
    sign of 0 [extremes]: np.mean(np.sign(logits - np.log(threshold / (1 - threshold))) == np.where(y_true == 1, 1, -1))
        np.sign gives 0 for a probability that equals the threshold: this is wrong for every label.
        Which class does the contract predict there?
    logits for probabilities: np.mean(called(y_true, logits, threshold))
        you compare the logits themselves with the threshold.
        Which probability does a logit of 0.5 stand for?
    threshold ignored
    threshold included: np.mean((logits >= np.log(threshold / (1 - threshold))) == (y_true == 1))
        you predict 1 if the probability is equal to the threshold.
        On which side of the threshold does the contract put 0.5 itself?
    odds upside down: np.mean(called(y_true, logits, np.log((1 - threshold) / threshold)))
        your threshold moves in the wrong direction.
        Which logit has the probability 0.9: a positive or a negative one?
    odds without logarithm: np.mean(called(y_true, logits, threshold / (1 - threshold)))
        you compare the logits with odds.
        How do you get from odds to a logit?
    complement
        Does an accuracy count hits, or misses?
    sum of hits: np.sum(called(y_true, logits, np.log(threshold / (1 - threshold))))
        you return the number of hits.
        By which number do you divide to get a share?
    one number per row: np.mean(called(y_true, logits, np.log(threshold / (1 - threshold))), axis=-1)
        you return one accuracy for each row.
        How many numbers does the contract promise?
    positives found:
            found = (y_true == 1) & (logits > np.log(threshold / (1 - threshold)))
            np.sum(found) / max(1, np.sum(y_true == 1))
        you return the share of the positives that are found.
        Does a correct prediction of 0 count in an accuracy?
""")

# --- Labels that the loss does not expect -------------------------------------------------------------------------

chapter.number(
    "cost_of_label_two",
    -2 * np.log(0.9) + np.log(0.1),
    "a number, in nats",
    section="Labels that the loss does not expect",
).add_misconceptions("""
    as label 1: -np.log(0.9)
        that is the cost of label 1.
        By what is ln p multiplied if the label is 2?
    second term left out: -2 * np.log(0.9)
        you left out the second term.
        What is 1 - y if the label is 2?
    second term added: -2 * np.log(0.9) - np.log(0.1)
        the second term has the wrong sign.
        What is the sign of 1 - y if the label is 2?
    as label 0: -np.log(0.1)
        that is the cost of label 0.
        Which factors stand before the two logarithms if the label is 2?
    cost of the label 2 in bits: (-2 * np.log(0.9) + np.log(0.1)) / np.log(2)
        your cost is in bits.
        Which logarithm gives nats?
""")

chapter.number(
    "hits_by_chance",
    30,
    "a whole number of samples",
    section="Labels that the loss does not expect",
    digits=None,
).add_misconceptions("""
    no hit: 0
        that is the result of the run.
        How many samples belong to class 5?
    share for number: 0.1
        that is the share.
        How many of 300 samples is this?
    one class in two: 150
        that would be one of two classes.
        How many classes are there?
    misses: 270
        that is the number of misses.
        For how many of 300 samples is class 5 right?
    one per class: 10
        that is the number of classes.
        How many samples does each class have?
""")


def _positions(labels, known):
    return np.searchsorted(np.unique(known), labels)


def labellings(rng):
    """Cases for class_numbers_of: labels from 1, signed labels, gaps, labels out of order."""

    def case(aspect, labels, known):
        return Case(aspect, {"labels": np.asarray(labels), "known": np.asarray(known)})

    def drawn(aspect, values, shape):
        known = rng.permutation(np.concatenate([values, rng.choice(values, size=3)]))
        return case(aspect, rng.choice(values, size=shape), known)

    return [
        case("values", [2], [1, 2]),
        case("values", [1, 3], [1, 2, 3]),
        case("values", [-1, 1, 1], [1, -1]),
        case("values", [5, 20, 5], [20, 5, 5, 10]),
        drawn("values", np.arange(1, 11), 6),
        drawn("values", np.array([2, 3, 7, 9]), 8),
        case("extremes", [7], [7]),
        case("extremes", [10**9, -(10**9)], [10**9, 0, -(10**9)]),
        case("extremes", [0.5, 2.5, 1.5], [2.5, 1.5, 0.5, 0.5]),
        drawn("shapes", np.array([0, 1, 4, 5]), (3, 4)),
        drawn("shapes", np.array([-2, -1, 3]), (2, 1, 3)),
    ]


@chapter.function(
    section="Labels that the loss does not expect",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_positions,
    cases=labellings,
)
def number_classes(labels, known):
    """Turn labels of any kind into class numbers 0 to C - 1.

    labels: numbers that occur in known, any shape.
    known: the labels of training, shape (m,), in any order, with or without duplicates.
    The smallest of the C different labels in known becomes 0, the next one 1, and so on.
    Returns an array of whole numbers, of the shape of labels.
    """


number_classes.add_misconceptions("""
    order of first appearance:
            number_of = {label: n for n, label in enumerate(dict.fromkeys(np.asarray(known).tolist()))}
            np.array([number_of[label] for label in np.ravel(labels).tolist()], int).reshape(np.shape(labels))
        you number the labels in the order in which they first occur in the array `known`.
        Should the order of the labels in `known` change the class numbers?
    order of a set:
            number_of = {label: n for n, label in enumerate(set(np.asarray(known).tolist()))}
            np.array([number_of[label] for label in np.ravel(labels).tolist()], int).reshape(np.shape(labels))
        you number the labels in the order of a Python set, which is not sorted.
        Which of -1 and +1 should get the smaller class number?
    minus one: labels - 1
        you subtract 1 from each label.
        Which class numbers should -1 and +1 get?
    minus the smallest: labels - np.min(known)
        you subtract the smallest label.
        Which class numbers should the labels 5, 10 and 20 get?
    own labels alone: np.searchsorted(np.unique(labels), labels)
        you number the labels in `labels`, without looking at those in known.
        Should the class number of a label depend on the other labels in `labels`?
    order of appearance: np.argmax(np.asarray(known) == np.asarray(labels)[..., None], axis=-1)
        you return where each label occurs in known for the first time.
        Should the order of the labels in `known` change the class numbers?
    repeats counted: np.searchsorted(np.sort(known), labels)
        a label that occurs twice in known takes up two numbers.
        How many classes are there if known is 5, 5, 10?
    from one: right(...) + 1
        your class numbers begin with 1.
        Which number does the smallest label get?
    backwards: np.unique(known).size - 1 - right(...)
        your smallest label gets the largest number.
        Which label becomes class 0?
    one-hot: np.eye(np.unique(known).size)[right(...)]
        you return one-hot rows.
        Does the contract ask for rows, or for class numbers?
""")

chapter.number(
    "first_lost_class",
    2049,
    "a whole number",
    section="Labels that the loss does not expect",
    digits=None,
).add_misconceptions("""
    last that is exact: 2048
        2048 is a power of 2: in binary it is a 1 and eleven zeros, so it is exact.
        Which is the first number that needs twelve binary digits, and ends in 1?
    ten digits: 1025
        you counted ten binary digits.
        How many digits does the number have, with its leading 1?
    largest with eleven digits: 2047
        2047 is eleven ones in binary, so it still fits.
        Which numbers above it fit as well, because they end in 0?
    largest half-precision number: 65505
        that is near the largest number of half precision.
        Are all whole numbers below the largest one exact?
    eleven digits and a sign: 1024
        you took one digit for the sign.
        Is the sign part of the eleven digits?
""")

# --- The loss is not a number -------------------------------------------------------------------------------------

chapter.number(
    "first_nan_loss",
    6,
    "a whole number: the step",
    section="The loss is not a number",
    digits=None,
).add_misconceptions("""
    step with loss 0: 5
        in step 5 the loss is 0, which is a number.
        Which step is the first after the division 0/0?
    steps to the goal: 4
        after four steps the weight is right.
        What does the next step do to the weight?
    one too late: 7
        that is one step too many.
        In step 5 the slope is 0/0: what is the weight after this step?
    never: 0
        there is a step in which the error is exactly 0.
        What is the slope of the root there?
""")

chapter.expression(
    "slope_of_rmse",
    "e_1/(2*r)",
    {"e_1": (-3.0, 3.0), "r": (0.5, 3.0)},
    section="The loss is not a number",
).add_misconceptions("""
    slope under the root: e_1
        that is the slope of the mean of the squares.
        Which factor does the chain rule add for the root?
    mean forgotten: e_1/r
        your slope is twice as large as it should be.
        The mean has two errors: what is its slope with respect to one of them?
    root times two: 2*e_1/r
        you differentiated the square without the mean, and the root without its one half.
        What are the slopes of (e_1**2 + e_2**2)/2 and of a root?
    root multiplied: e_1*r/2
        you multiplied by the root.
        Is a root steep near 0, or flat?
    slope of the root alone: 1/(2*r)
        that is the slope of the root with respect to the mean square.
        How fast does the mean of the squares change with e_1?
    root of the mean for root of the sum: e_1/(sqrt(2)*r)
        you put r in the place of the root of the sum, but r is the root of the mean.
        If the root of the mean of two squares is r, what is the root of their sum?
""")


def _rmse_slope(y_true, y_pred):
    error = y_pred - y_true
    root = np.sqrt(np.mean(error**2, axis=-1, keepdims=True))
    return error / (error.shape[-1] * np.where(root == 0, 1, root))


@chapter.function(
    section="The loss is not a number",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_rmse_slope,
    cases=cases(
        {"y_true": real(-3, 3), "y_pred": real(-3, 3)},
        first=[((0,), (3,)), ((0, 0), (3, 4)), ((1, 2, 4), (2, 2, 2))],
        extremes=[((2,), (2,)), ((1, 2, 3), (1, 2, 3)), ((0, 0), (1e-9, 0)), ((0, 0), (1e6, -1e6))],
    ),
)
def rmse_gradient(y_true, y_pred):
    """The slope of the root mean squared error with respect to each prediction.

    y_true, y_pred: numbers, same shape (..., D). The loss of a sample is the root of the
    mean of its squared errors over the last axis.
    Returns an array of the shape of y_pred; 0 where all errors of a sample are 0.
    """


rmse_gradient.add_misconceptions("""
    error = y_pred - y_true
    root = np.sqrt(np.mean(error**2, axis=-1, keepdims=True))
    0/0: error / (error.shape[-1] * root)
        where all errors of a sample are 0, you get NaN.
        What does the contract say about a sample without error?
    slope of the mean square: 2 * error / error.shape[-1]
        that is the slope of the mean squared error.
        By which factor does the root of the mean change the slope?
    small number under the line: error / (error.shape[-1] * (root + 1e-7))
        the number that you add to the root makes the slope at small errors too small.
        How large is your slope if all errors are 1e-9?
    root of the whole batch: error / (error.shape[-1] * (np.sqrt(np.mean(error**2)) or 1))
        you took one root for all samples.
        Over which axis does the contract take the mean?
    length for root mean square: error / np.where(root == 0, 1, root) / np.sqrt(error.shape[-1]) / error.shape[-1]
        you divide by D and by the norm of the errors. This norm is sqrt(D) times their root mean square.
        What is the norm of (3, 4), and what is the square root of the mean of 9 and 16?
    direction alone: error / np.where(root == 0, 1, root) / np.sqrt(error.shape[-1])
        all of your slopes have length 1.
        By which number do you divide: D, or its root?
    doubled
    mistakes of a mean's slope
""")

chapter.number("loss_of_valid", 0.6, "a number, in nats", section="The loss is not a number").add_misconceptions("""
    as in the log: 0.15
        that is the number in the log, which is divided by all positions.
        What happens to a mean if three quarters of its terms are set to 0?
    by three quarters: 0.2
        you divided by the share of the padding.
        Which positions contribute to the sum: the padding, or the others?
    smaller still: 0.0375
        you multiplied by the share of the valid positions.
        Does the padding make the mean too large, or too small?
    times the padding: 0.1125
        you multiplied by the share of the padding.
        Does the padding make the mean too large, or too small?
    three times: 0.45
        you multiplied by the ratio of padding to valid positions.
        By how many positions should the sum be divided?
""")


def _masked_mean(values, mask):
    kept = np.asarray(values)[np.asarray(mask) == 1]
    return np.mean(kept) if kept.size else 0.0


@chapter.function(
    section="The loss is not a number",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_masked_mean,
    cases=cases(
        {"values": real(0.1, 5), "mask": binary_labels},
        first=[((3, 5), (1, 0)), ((1, 2, 6), (1, 1, 0))],
        extremes=[((2, 4), (0, 0)), ((1, np.inf, 3), (1, 0, 1)), ((np.inf, 2), (0, 0)), ((np.inf, 2), (1, 1))],
        vectors=((5,), (7,), (12,)),
        batches=((4, 3), (2, 6), (2, 3, 4)),
    ),
)
def masked_mean(values, mask):
    """The mean of the losses at the valid positions of a batch.

    values: losses, any shape. At padding they may be anything, infinity included.
    mask: same shape, 1 at valid positions and 0 at padding.
    Returns one number: the mean over all valid positions, or 0 if there are none.
    """


masked_mean.add_misconceptions("""
    kept = np.where(mask == 1, values, 0)
    mask ignored: np.mean(values)
        the padding counts in your mean.
        Which positions does the contract name?
    mean of the row means:
            counts = np.sum(mask, axis=-1)
            np.mean((kept.sum(-1) / np.maximum(counts, 1))[counts > 0]) if np.any(counts) else 0.0
        you take the mean of each row first: a row with few valid positions has the weight of a row with many.
        How much should each valid position count in the mean?
    divided by all positions: np.sum(kept) / values.size
        you divide by the number of all positions, the padding included.
        How many losses did you add up?
    0/0: np.sum(kept) / np.sum(mask)
        without a valid position you get NaN.
        What does the contract say about a batch of padding only?
    infinity times 0: np.sum(values * mask) / max(np.sum(mask), 1)
        where the loss of the padding is infinite, you get NaN.
        What is infinity times 0?
    padding for valid: right(values, 1 - mask)
        you took the mean over the padding.
        Which number marks a valid position?
    sum for a mean: np.sum(kept)
        you return the sum over the valid positions.
        By how many positions do you divide?
    mean of the means of rows:
            counts = np.sum(mask, axis=-1)
            np.mean(np.sum(kept, axis=-1) / np.maximum(counts, 1))
        each row counts the same in your mean, however many valid positions it has.
        Which positions count the same according to the contract?
    small number below the line: np.sum(kept) / (np.sum(mask) + 1e-3)
        the number that you add to the denominator makes every mean smaller.
        How can you handle a batch without valid positions separately?
""")

# --- The loss explodes --------------------------------------------------------------------------------------------

chapter.expression(
    "curvature_of_line",
    "x_1**2 + x_2**2",
    {"x_1": (0.2, 3.0), "x_2": (0.2, 3.0)},
    section="The loss explodes",
).add_misconceptions("""
    mean forgotten: 2*(x_1**2 + x_2**2)
        that is the second derivative of the sum of both squares.
        The loss is their mean: what is missing?
    half of it: (x_1**2 + x_2**2)/2
        that is the mean of the squared inputs.
        What is the second derivative of a*w**2?
    inputs not squared: x_1 + x_2
        you did not square the inputs.
        What stands before w**2 if you expand (w*x_1 - y_1)**2?
    product: 2*x_1*x_2
        you multiplied the inputs with each other.
        Does the square of one sample's error contain the input of the other?
    root: sqrt(x_1**2 + x_2**2)
        you took a root.
        What stands before w**2 if you expand (w*x_1 - y_1)**2?
""")

chapter.number(
    "highest_rate_of_line", 1 / 28.5, "a number", section="The loss explodes", digits=4
).add_misconceptions("""
    twice too high: 2 / 28.5
        you divided 2 by the mean of the squared inputs.
        How large is the curvature: the mean of the squares, or twice that?
    half of it: 0.5 / 28.5
        that is the rate that reaches the minimum in one step.
        How large may the factor of the error be before the error grows?
    sum for a mean: 1 / 285
        you took the sum of the squared inputs.
        Is the loss a sum or a mean over the ten samples?
    largest input: 1 / 81
        that would be the limit if all inputs were 9.
        Over which samples does one step average?
    mean not squared: 1 / 4.5
        you took the mean of the inputs without squaring them.
        What stands before w**2 in the loss?
    mean squared afterwards: 1 / 4.5**2
        you squared the mean of the inputs.
        Which comes first in the curvature: the square, or the mean?
""")


def _highest_rate(x, reduction="mean"):
    steepest = np.linalg.eigvalsh(x.T @ x).max()
    return (len(x) if reduction == "mean" else 1) / steepest


@chapter.function(
    section="The loss explodes",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=_highest_rate,
    cases=joined(
        cases(
            {"x": real(-3, 3)},
            first=[([[2]],), ([[1], [3]],), ([[2, 0], [0, 1]],), ([[1, 1], [1, 1], [1, 1]],)],
            extremes=[([[100, 0], [0, 0.01], [100, 0]],), ([[0, 3], [0, 4]],)],
            vectors=((4, 2), (5, 3)),
            batches=((8, 1), (6, 4), (30, 3)),
            square=(4, 4),
        ),
        cases(
            {"x": real(-3, 3)},
            first=[([[1], [3]],)],
            vectors=((4, 2), (7, 3)),
            batches=((9, 2),),
            options={"reduction": "sum"},
        ),
    ),
)
def highest_rate(x, reduction="mean"):
    """The learning rate below which gradient descent on squared errors converges.

    x: inputs, shape (n, D), not all 0. The model is x @ w, without a bias.
    reduction: "mean", the loss is the mean of the n squared errors; "sum": their sum.
    Returns 2 divided by the largest eigenvalue of the loss's second derivatives, which are
    2/n times x.T @ x for the mean.
    """


highest_rate.add_misconceptions("""
    square = x.T @ x
    largest = np.linalg.eigvalsh(square).max()
    count = len(x) if reduction == "mean" else 1
    reduction ignored
    sum for each reduction: 1 / largest
        your result ignores the number of samples.
        By what is the mean of the squared errors divided?
    trace for eigenvalue: count / np.trace(square)
        you added up all eigenvalues.
        Which direction is the first in which the steps grow?
    smallest eigenvalue: count / np.maximum(np.linalg.eigvalsh(square).min(), 1e-12)
        you took the smallest eigenvalue.
        Which direction is the first in which the steps grow: the flattest, or the steepest?
    steepest column: count / np.diag(square).max()
        you looked at one column at a time.
        If two columns are equal, how steep is the loss along both together?
    singular value for eigenvalue: count / np.sqrt(largest)
        you took a singular value of x.
        What is an eigenvalue of x.T @ x in terms of the singular values of x?
    doubled
    halved
    upside down
        Does a steeper loss allow a higher rate, or a lower one?
    norm for eigenvalue: count / np.linalg.norm(square)
        np.linalg.norm of a matrix is the root of its summed squares; the largest eigenvalue is at most that.
        Which function returns the eigenvalues of a symmetric matrix?
""")

chapter.number(
    "typical_error", 16_000, "a number, in euros", section="The loss explodes", digits=0
).add_misconceptions("""
    mean square times deviation: 3200
        you multiplied the mean square itself by the deviation.
        Which unit does a mean squared error have?
    root alone: 0.2
        that is the root mean squared error in standard deviations.
        How many euros is one standard deviation?
    square of euros: 0.04 * 80_000**2
        that is the mean squared error, in squared euros.
        How do you get from squared euros to euros?
    root of both: 0.2 * 80_000**0.5
        you took the root of the deviation as well.
        Which of the two numbers is a square?
    mean added: 216_000
        you added the mean of the prices.
        Does an error change if you add the same number to label and prediction?
""")

chapter.number("rate_on_four_machines", 0.02, "a number", section="The loss explodes", digits=3).add_misconceptions("""
    unchanged: 0.08
        with the same rate, each step is four times as long as before.
        What is the sum of four gradients that are each a mean?
    times for divided: 0.32
        you raised the rate.
        Is the sum of four gradients longer than their mean, or shorter?
    divided by the samples: 0.08 / 64
        you divided by the number of samples.
        Each machine takes a mean over its samples: by which factor is the sum of these means too large?
    divided by the samples of a machine: 0.08 / 16
        you divided by the number of samples of one machine.
        How many means are added up?
    root of the machines: 0.04
        you divided by the root of 4.
        If four gradients are equal, how large is their sum?
""")

# --- Two numbers contradict each other ----------------------------------------------------------------------------

chapter.expression(
    "loss_of_all_pairs",
    "u + v + d**2",
    {"u": (0.1, 3.0), "v": (0.1, 3.0), "d": (-2.0, 2.0)},
    section="Two numbers contradict each other",
).add_misconceptions("""
    variances alone: u + v
        you left out the distance of the means.
        What is the loss if all y are 0 and all p are 1?
    distance alone: d**2
        that is the square of the distance of the means.
        Can the loss be 0 if the labels differ from each other?
    one variance: v + d**2
        you left out the variance of the predictions.
        What do varying predictions add to the mean over all pairs?
    variances subtracted: v - u + d**2
        you subtracted a variance.
        Two independent numbers are drawn: how large is the variance of their difference?
    distance not squared: u + v + d
        you did not square the distance of the means.
        Which sign may d have?
    halved: (u + v + d**2)/2
        you divided by 2.
        What is the variance of the difference of two independent numbers?
    covariance subtracted: u + v + d**2 - 2*sqrt(u*v)
        you subtract a covariance, as if each prediction were paired with its own label only.
        How large is the covariance if every prediction is paired with every label?
""")


def _paired(y_true, y_pred):
    return (np.ravel(y_pred) - np.ravel(y_true)) ** 2


def pairs(rng):
    """Cases for paired_squared_error: labels and predictions as rows and as columns."""

    def case(aspect, y_true, y_pred, column_true, column_pred):
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        arguments = {
            "y_true": true[:, None] if column_true else true,
            "y_pred": pred[:, None] if column_pred else pred,
        }
        return Case(aspect, arguments)

    def drawn(aspect, n, column_true, column_pred, dtype: str | type = float):
        true, pred = (3 * rng.normal(size=(2, n))).astype(dtype)
        return case(aspect, true, pred, column_true, column_pred)

    return [
        case("values", [1.0, 3.0], [2.0, 3.0], False, True),
        case("values", [1.0, 2.0, 4.0], [2.0, 2.0, 2.0], False, True),
        *(drawn("values", n, False, True) for n in (4, 6)),
        *(drawn("shapes", n, True, True) for n in (2, 5)),
        *(drawn("shapes", n, False, False) for n in (3, 5)),
        drawn("shapes", 4, True, False),
        drawn("shapes", 4, False, True, "float32"),
        drawn("shapes", 3, False, True, int),
        case("extremes", [2.0], [5.0], False, True),
        case("extremes", [1e9, -1e9], [-1e9, 1e9], False, True),
        case("extremes", [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], False, True),
    ]


@chapter.function(
    section="Two numbers contradict each other",
    aspects={"values": 2, "shapes": 2, "extremes": 1},
    reference=_paired,
    cases=pairs,
    laws=("never_negative",),
)
def paired_squared_error(y_true, y_pred):
    """The squared error of each sample, whether numbers come as a row or as a column.

    y_true, y_pred: shape (N,) or (N, 1) each; their shapes may differ.
    Returns an array of shape (N,).
    """


paired_squared_error.add_misconceptions("""
    all pairs: np.mean((y_pred - y_true) ** 2, axis=-1)
        a row and a column meet in your function, and every prediction is compared with every label.
        What is the shape of the difference of (N, 1) and (N,)?
    all pairs unreduced: (y_pred - y_true) ** 2
        your result holds the errors of all pairs, or keeps a column.
        What is the shape of the result in the contract?
    one number: np.mean(right(...))
        you return one number for all samples.
        How many numbers does the contract ask for?
    not squared: np.abs(np.ravel(y_pred) - np.ravel(y_true))
        your errors are not squared.
        What is the squared error of the prediction 2 for the label 4?
    column returned: right(...)[:, None]
        you return a column.
        What is the shape of the result in the contract?
    halved
    sorted first: (np.sort(np.ravel(y_pred)) - np.sort(np.ravel(y_true))) ** 2
        you compare the numbers after sorting them.
        Which prediction belongs to which label?
""")

chapter.number(
    "logged_training_loss", 0.7, "a number", section="Two numbers contradict each other"
).add_misconceptions("""
    last batch: 0.4
        that is the loss of the last batch.
        Does the log of an epoch show one batch, or all of them?
    first batch: 1.0
        that is the loss of the first batch.
        Does the log of an epoch show one batch, or all of them?
    sum for a mean: 2.8
        you added up the four losses.
        Is the log of an epoch a sum, or a mean?
    after the epoch: 0.3
        that is what validation measures, after the epoch.
        When does fit measure the loss of a batch: before its step, or at the end of the epoch?
    all five: 0.62
        you included the loss after the epoch.
        Which of the five numbers are measured during the epoch?
""")

# --- Which cause? -------------------------------------------------------------------------------------------------

chapter.number(
    "cause_of_case_16", 1, "a whole number: the cause, 1 to 6", section="Which cause?", digits=None
).add_misconceptions("""
    two softmaxes for three classes: 2
        two softmaxes have their floor at ln(1 + 2/e) = 0.5514 here.
        What is the loss without input for these shares?
    clipped probabilities of three classes: 3
        clipped samples cost 16.118 or nothing: 1.0397 would be one sample in 15.5.
        Which accuracy would that be?
    labels beyond 0 and 1 cost too little: 4
        such labels make a loss fall below 0.
        Does this loss fall?
    classes as a row: 5
        a row against a column ends at the variance of the labels, in a regression.
        Is 1.0397 the entropy of the shares?
    healthy at the entropy of the shares: 6
        perfect predictions would cost 0 here.
        What is the accuracy of a network that always names the most frequent class?
""")

chapter.number(
    "cause_of_case_17", 2, "a whole number: the cause, 1 to 6", section="Which cause?", digits=None
).add_misconceptions("""
    five classes without input: 1
        without input the loss would be ln 5 = 1.6094, and the accuracy 0.2.
        What does an accuracy of 0.99 say about the input?
    clipped probabilities of five classes: 3
        clipped samples on the wrong side would be misses: at most 1 in 100, so a mean loss of about 0.16 at most.
        Which floor lies at 0.905 for five classes?
    labels beyond 0 and 1 in five classes: 4
        with such labels, a loss falls below 0.
        Towards which number does this loss fall?
    five classes as a row: 5
        a row against a column ends with one prediction for all samples.
        Which accuracy would that be for five classes?
    healthy at the floor of 0.905: 6
        perfect predictions would cost 0, because these labels are not smoothed.
        At best, which probability does a second softmax give to one of five classes?
""")

chapter.number(
    "cause_of_case_18", 6, "a whole number: the cause, 1 to 6", section="Which cause?", digits=None
).add_misconceptions("""
    ten classes without input: 1
        without input the loss would be ln 10, and the accuracy 0.1.
        What does an accuracy of 0.99 say about the input?
    two softmaxes for ten classes: 2
        with ten classes, two softmaxes stay above 1.461 even without smoothing.
        What do perfect predictions of a smoothed label cost?
    clipped probabilities of ten classes: 3
        clipped samples on the wrong side would be misses: at most 1 in 100 here.
        What do perfect predictions of a smoothed label cost?
    smoothed labels for wrong ones: 4
        smoothed labels are between 0 and 1.
        What is the entropy of nine probabilities of 0.01 and one of 0.91?
    ten classes as a row: 5
        a row against a column makes all predictions equal.
        Which accuracy would that be for ten classes?
""")

# --- Spot the bug -------------------------------------------------------------------------------------------------


def not_classes(labels, least):
    """What is wrong with an array that should be class numbers, in words, or None."""
    if labels.ndim != 1 or labels.size < least:
        return f"labels must have shape (n,) with at least {least} entries; got shape {labels.shape}"
    if not np.isfinite(labels).all() or (labels < 0).any() or (labels != np.round(labels)).any():
        return f"labels must be class numbers, 0, 1, 2 and so on; got {labels}"
    return None


def _falls(labels):
    if problem := not_classes(labels, 20):
        return problem
    if labels.max() > 1:
        return f"labels must be 0 and 1 here; got {labels}"
    share = labels.mean()
    if share in (0, 1):
        return "both labels must occur"
    loss = _entropy_of_counts(np.bincount(labels.astype(int)))
    return bool(loss < 0.2) or (
        f"a network without input reaches {loss:.4f} here, not below 0.2: the share of label 1 is {share:.2f}"
    )


chapter.counterexample(
    "falls_without_learning",
    section="Spot the bug",
    asks="an array of labels 0 and 1, shape (n,), at least 20",
    example=([1] + [0] * 24,),
    refutes=_falls,
)


def _unseen(labels):
    if problem := not_classes(labels, 10):
        return problem
    cut = int(labels.size * 0.8)
    seen, held_out = set(labels[:cut].tolist()), set(labels[cut:].tolist())
    both = sorted(seen & held_out)
    return not both or (
        f"class {both[0]:g} is among the first {cut} samples and among the last {labels.size - cut}: "
        "a network can learn this class"
    )


chapter.counterexample(
    "unseen_in_training",
    section="Spot the bug",
    asks="an array of class numbers, shape (n,), at least ten",
    example=([0] * 4 + [1] * 4 + [2] * 2,),
    refutes=_unseen,
)
