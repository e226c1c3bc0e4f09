"""Chapter 06: one label a pixel, labels that don't count, and what the sum of the costs is divided by."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter, differ
from lossedu.exercises._domains import between, cases, counts, domain, joined

chapter = Chapter("06_dense_softmax_loss", globals())
chapter.warm_up(1 / (1 + np.exp(-2)), "05_categorical_crossentropy", "Softmax, step by step")
chapter.warm_up(np.log(10), "05_categorical_crossentropy", "Cross-entropy over classes")
chapter.warm_up(0.7 - 1, "05_categorical_crossentropy", "The slope")
LARGEST_COST = -np.log(np.finfo("float32").tiny)  # Caffe's: the logarithm of no smaller probability is taken


# --- Where the cases come from --------------------------------------------------------------------------------------


VECTORS = ((1, 3, 1, 4), (2, 3, 2, 2))
BATCHES = ((1, 3, 1, 1), (2, 3, 4, 2), (3, 4, 2, 3))
SQUARE = (2, 2, 2, 2)
SIZES = {shape[1:] for shape in (*VECTORS, *BATCHES, SQUARE)}


@domain(lambda array: array.shape[1:] in SIZES)  # a smaller input may have fewer images, but no scores without labels
def score_maps(rng, shape):
    """Scores of shape (N, C, H, W)."""
    return rng.uniform(-4, 4, size=shape)


def label_maps(ignored=None):
    """For scores of that shape, the number of a class for each pixel; about a third of them `ignored`, never all."""

    @domain(lambda array: array.ndim == 3)
    def draw(rng, shape):
        labels = rng.integers(shape[1], size=(shape[0], *shape[2:]))
        if ignored is None:
            return labels
        labels = np.where(rng.random(labels.shape) < 1 / 3, ignored, labels)
        if (labels == ignored).all():  # that nothing counts is an extreme case, and must not cost other aspects
            labels.flat[0] = (ignored + 1) % shape[1]
        return labels

    return draw


@domain(counts.holds)
def label_counts(rng, shape):
    """Counts of labels, none of them 0: that nothing counts is an extreme case."""
    return counts(rng, shape) + 1


STEP_BY_STEP = ([[[[1.2]], [[0.8]]]], [[[1]]])
TWO_PIXELS = [[[[1, 2]], [[0.5, -1]]]]
HUGE = ([[[[1000, -1000]], [[0, 0]]]], [[[1, 0]]])
FAR_APART = ([[[[1000, -1000]], [[-1000, 1000]]]], [[[1, 1]]])
HUGE_IGNORED = ([[[[1000, 1]], [[0, 0]]]], [[[255, 1]]])
NOTHING_COUNTS = (TWO_PIXELS, [[[255, 255]]])
OTHER_DIVISORS = ("full", "batch_size", "none")  # the normalizations besides the default, "valid"


def maps(aspect="values"):
    """Cases of score maps and labels, with each normalization and with labels to ignore in and beyond the classes."""

    def with_options(ignored, normalization, **declared):
        domains = {"scores": score_maps, "labels": label_maps(ignored)}
        options = {"ignore_label": ignored, "normalization": normalization}
        return cases(domains, aspect=aspect, options=options, **declared)

    def besides(ignored, normalization):
        pixel_ignored = (TWO_PIXELS, [[[1, ignored]]])
        image_ignored = (TWO_PIXELS * 2, [[[1, 0]], [[ignored, ignored]]])
        first = [pixel_ignored, image_ignored]
        return with_options(ignored, normalization, first=first, vectors=VECTORS[1:], batches=())

    return joined(
        cases(
            {"scores": score_maps, "labels": label_maps()},
            aspect=aspect,
            first=[STEP_BY_STEP, (TWO_PIXELS, [[[1, 0]]])],
            extremes=[HUGE, FAR_APART],
            vectors=VECTORS,
            batches=(),
        ),
        with_options(255, "valid", extremes=[HUGE_IGNORED, NOTHING_COUNTS], vectors=(), batches=BATCHES, square=SQUARE),
        *(besides(255, normalization) for normalization in ("valid", *OTHER_DIVISORS)),
        besides(0, "valid"),
        besides(-1, "full"),
        *(
            with_options(None, normalization, first=[(TWO_PIXELS, [[[1, 0]]])], vectors=VECTORS[1:], batches=())
            for normalization in OTHER_DIVISORS
        ),
    )


# --- What is wrong about many answers -------------------------------------------------------------------------------


def softmax(scores, axis=1):
    """The probabilities along an axis, however large the scores."""
    e = np.exp(scores - scores.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(scores):
    """The logarithms of the probabilities along the axis of the classes."""
    shifted = scores - scores.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def counted(labels, ignore_label):
    """Where labels count."""
    return np.ones(labels.shape, bool) if ignore_label is None else labels != ignore_label


def inside(labels, scores):
    """The labels, with class 0 instead of those that are no class."""
    return np.where((labels >= 0) & (labels < scores.shape[1]), labels, 0)


def of_labels(of_classes, labels):
    """The entry of each pixel's label."""
    return np.take_along_axis(of_classes, inside(labels, of_classes)[:, None], 1)[:, 0]


def one_hot(scores, labels):
    """1 at each pixel's label, in the shape of `scores`."""
    return (np.arange(scores.shape[1])[:, None, None] == labels[:, None]).astype(float)


def divisor(labels, ignore_label=None, normalization="valid"):
    """What the sum of the costs is divided by."""
    labelled = max(1, counted(labels, ignore_label).sum())
    return {"full": labels.size, "valid": labelled, "batch_size": len(labels), "none": 1}[normalization]


def summed(costs, labels, ignore_label, normalization):
    """The costs where labels count, summed and divided."""
    return costs.sum(where=counted(labels, ignore_label)) / divisor(labels, ignore_label, normalization)


def weigh(slopes, labels, ignore_label, normalization):
    """The slopes where labels count, divided; 0 elsewhere."""
    return slopes * counted(labels, ignore_label)[:, None] / divisor(labels, ignore_label, normalization)


def instead(normalization, **exchanged):
    """Return the normalization, or the wrong one that replaces it: `right="wrong"`."""
    return exchanged.get(normalization, normalization)


MISTAKES_OF_DIVISION = """
    ignored pixels counted: right(..., normalization=instead(normalization, valid="full"))
        with 'valid' you divide by all pixels, those ignored included.
        Which pixels is the mean taken over?
    full counts labelled pixels only: right(..., normalization=instead(normalization, full="valid"))
        with 'full' you divide by the labelled pixels; the ignored ones belong to that count.
        Does the divisor N H W depend on the labels?
    pixels for images: right(..., normalization=instead(normalization, batch_size="full"))
        with 'batch_size' you divide by the number of pixels.
        How many images are in the batch: which axis tells?
    none divides by the pixels: right(..., normalization=instead(normalization, none="full"))
        with 'none' you divide by the number of pixels.
        What is the sum divided by if there is no normalization?
    label 0 never ignored: right(..., ignore_label=ignore_label or None)
        the label 0 is never ignored: `if ignore_label` is false for 0.
        How does Python tell None from 0?
    batch size forgotten: right(..., normalization=instead(normalization, batch_size="none"))
        with 'batch_size' you divide by nothing.
        How many images are in the batch: which axis tells?
    normalization ignored
    not divided: right(..., normalization="none")
        you don't divide, whatever normalization says.
        What are the four divisors of the table?
"""
EVERY_LABEL_COUNTED = """
    every label counted: right(scores, inside(labels, scores), ..., ignore_label=None)
        pixels that are to be ignored take part, as if they had a label.
        What do you compare labels with before you sum?
"""


# --- One pixel ------------------------------------------------------------------------------------------------------

chapter.number("untrained_loss", float(np.log(4)), "a number, in nats", section="A question").add_misconceptions("""
    probability for cost: 0.25
        that is the probability of the right class.
        What is the surprise at something of this probability?
    cost times its probability: np.log(4) / 4
        that is the surprise times the probability of the class, one term of an entropy.
        With which weight does the cost of the true class count, and with which that of the others?
    error rate: 0.75
        that is how often a blind guess is wrong.
        Is the cost a share of errors, or a logarithm?
    sum over the classes: 4 * np.log(4)
        you added up four costs, one for each class.
        Whose probability does a pixel pay for: of all classes, or of its label?
""")

chapter.expression(
    "loss_of_two_scores", "log(1 + exp(-d))", {"d": (-2.0, 2.0)}, section="One pixel, step by step"
).add_misconceptions("""
    sign of the lead: log(1 + exp(d))
        your cost rises as the label's score takes the lead.
        Should a large lead cost much, or little?
    sign of the logarithm: -log(1 + exp(-d))
        your cost is negative: it is the logarithm of the probability.
        Which sign has the logarithm of a probability, and which has a cost?
    probability for cost: 1 / (1 + exp(-d))
        that is the probability of the label.
        What is still to be done to a probability to get its cost?
    other class's logarithm missing: -d
        that is the logarithm of the other class's exponential alone: the 1 in the sum is left out.
        What is the cost if both scores are equal, and the probability 1/2?
""")


@chapter.function(
    section="One label a pixel",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=lambda scores, labels: losses.sparse_categorical_crossentropy(
        np.reshape(labels, np.delete(np.shape(scores), 1)), np.moveaxis(scores, 1, -1), from_logits=True
    ),
    cases=cases(
        {"scores": score_maps, "labels": label_maps()},
        first=[STEP_BY_STEP, (TWO_PIXELS, [[[1, 0]]])],
        extremes=[HUGE, FAR_APART, ([[[[0]], [[-800]], [[-900]]]], [[[2]]]), ([[[[1000]], [[1000]]]], [[[0]]])],
        vectors=VECTORS,
        batches=BATCHES,
        square=SQUARE,
    ),
    laws=("finite", "never_negative", "shift_invariant:scores"),
)
def pixel_costs(scores, labels):
    """The cost of each pixel: minus the logarithm of the probability of its label, in nats.

    scores: any real numbers, shape (N, C, H, W), one for each class and pixel.
    labels: whole numbers from 0 to C - 1, shape (N, H, W).
    Returns an array of shape (N, H, W), finite however large the scores.
    """


pixel_costs.add_misconceptions("""
    reshaped without moving the class axis:
            rows = log_softmax(np.reshape(scores, (-1, np.shape(scores)[1])))
            -rows[np.arange(len(rows)), np.ravel(labels)].reshape(np.shape(labels))
        you reshape the scores while the classes are not the last axis: your rows mix the scores of several pixels.
        Which axis must the classes be, so that each row of a reshaped array holds the scores of one pixel?
    last axis for class axis: -np.log(of_labels(softmax(scores, -1), labels))
        your softmax runs along the rows of the image.
        Which of the four axes N, C, H, W holds the classes?
    softmax over the pixels: -np.log(of_labels(softmax(scores, (2, 3)), labels))
        your softmax runs over the pixels of the image, so that the pixels compete for a class.
        What competes with what: the classes of a pixel, or the pixels of a class?
    one softmax for the whole image: -np.log(of_labels(softmax(scores, (1, 2, 3)), labels))
        the probabilities of a whole image sum to 1, not those of each pixel.
        How many classes does one pixel choose from, and what must their probabilities sum to?
    sign
        Which sign has the logarithm of a probability, and which has a cost?
    log2 for ln
        Which logarithm measures in nats?
    score for log-probability: -of_labels(scores, labels)
        you took the score itself; the logarithm of the sum is missing.
        By what is the exponential of a score divided in a softmax?
    missing logarithm: 1 - of_labels(softmax(scores), labels)
        you returned 1 minus the probability.
        What should a pixel cost whose label was held impossible?
    logarithm of a vanished probability: -np.log(of_labels(softmax(scores), labels))
        where the probability is too small for a float, you take the logarithm of 0.
        Can the logarithm be taken before the division, on paper?
    summed over the batch
        What is the shape of the result, according to the contract?
    one maximum for all: np.log(np.exp(scores - scores.max()).sum(1)) - of_labels(scores - scores.max(), labels)
        you subtract the same largest score from several pixels: for those far below it, all exponentials become 0.
        Along which axis is the largest score of a pixel?
    shift in the sum alone: np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1)) - of_labels(scores, labels)
        you subtract the largest score within the sum, but not from the score of the label.
        If all scores of a pixel rise by 3, does its cost stay the same?
    all classes added: -log_softmax(scores).sum(1)
        you add up the costs of all classes of a pixel.
        Which of the classes does a pixel pay for?
    likeliest class for the label's: -log_softmax(scores).max(1)
        you take the probability of the likeliest class, whatever the label is.
        What should a pixel cost whose likeliest class is the wrong one?
    class axis kept: right(...)[:, None]
        the axis of the classes is still there, with length 1.
        Which axes does the shape (N, H, W) of the contract hold?
    squeezed: np.squeeze(right(...))
        every axis of length 1 is gone, those of images and pixels too.
        Which single axis should np.squeeze remove, and how do you tell it?
    sum without a shift: np.log(np.exp(scores).sum(1)) - of_labels(scores, labels)
        you take exp of the scores as they are: large ones overflow in the log-sum-exp, and very low ones vanish.
        Which score may be subtracted from all others of a pixel before exp?
    overflow:
            e = np.exp(scores)
            -np.log(of_labels(e / e.sum(1, keepdims=True), labels))
        large scores give NaN or infinity: their exponentials are too large for a float.
        What may be subtracted from all scores of a pixel without changing the softmax?
    height and width exchanged: right(np.swapaxes(scores, 2, 3).reshape(scores.shape), labels)
        in your scores, height and width are swapped; in the labels they are not.
        In which order are the axes of your scores, and in which order are those of the labels?
""")


# --- The layer, forward ---------------------------------------------------------------------------------------------

chapter.number("loss_by_batch_size", 55.0, "a number", section="What to divide by").add_misconceptions("""
    full: 0.55
        that is the loss with 'full': divided by all 200 pixels.
        How many images are in the batch?
    valid: 1.0
        that is the loss with 'valid': divided by the 110 labelled pixels.
        How many images are in the batch?
    none: 110.0
        that is the loss with 'none': the sum.
        How many images are in the batch?
    ignored pixels paid for: 100.0
        you let the ignored pixels pay as well.
        How many pixels have a label in the second image?
    pixels of an image: 1.1
        you divided by the 100 pixels of one image.
        How many images are in the batch?
""")


def divisor_cases(ignored, normalization):
    """Labels, some of them `ignored`, in two batches and in a map without any that counts."""
    return cases(
        {"labels": label_maps(ignored)},
        first=[([[[1, ignored]]],), ([[[1, 0]], [[ignored, ignored]]],)],
        extremes=[([[[ignored, ignored]]],)],
        vectors=VECTORS,
        batches=(),
        options={"ignore_label": ignored, "normalization": normalization},
    )


@chapter.function(
    section="What to divide by",
    aspects={"values": 1, "extremes": 1},
    reference=divisor,
    cases=joined(
        cases({"labels": label_maps()}, first=[([[[1, 2]]],)], vectors=VECTORS, batches=()),
        *(
            cases(
                {"labels": label_maps()},
                first=[([[[1, 2]]],)],
                vectors=VECTORS,
                batches=(),
                options={"normalization": normalization},
            )
            for normalization in OTHER_DIVISORS
        ),
        *(divisor_cases(255, normalization) for normalization in ("valid", *OTHER_DIVISORS)),
        divisor_cases(0, "valid"),
    ),
)
def loss_divisor(labels, ignore_label=None, normalization="valid"):
    """What the summed costs of all pixels are divided by.

    labels: whole numbers, shape (N, H, W).
    ignore_label: the one that doesn't count; None: all count.
    Returns a number: N H W for "full"; for "valid" how many labels count, but at least 1;
    N for "batch_size"; 1 for "none".
    """


loss_divisor.add_misconceptions(MISTAKES_OF_DIVISION)
loss_divisor.add_misconceptions("""
    labels below ignore_label:
            (max(1, np.count_nonzero(labels < ignore_label)) if normalization == "valid" else right(...))
        with 'valid' you count the labels that are smaller than ignore_label.
        Which labels count if ignore_label is -1?
    one for each image:
            counts = [np.count_nonzero(image != ignore_label) for image in labels]
            (sum(np.maximum(counts, 1)) if normalization == "valid" else right(...))
        with 'valid' you count at least one label in each image, not in all of them together.
        How many labels count in a batch of two images, if one of them has none?
    ignored labels counted alone:
            (max(1, np.count_nonzero(labels == ignore_label)) if normalization == "valid" else right(...))
        with 'valid' you count the ignored labels in place of the others.
        Which labels count: those equal to ignore_label, or the rest?
    pixels of an image for images:
            labels[0].size if normalization == "batch_size" else right(...)
        with 'batch_size' you divide by H W, the pixels of one image.
        Which of N, H and W is the number of images?
    1 without ignore_label:
            1 if normalization == "valid" and ignore_label is None else right(...)
        with 'valid' you divide by 1 if no ignore_label is given.
        How many labels count if none is to be ignored?
    nothing to divide by:
            nothing = not counted(labels, ignore_label).any() and normalization == "valid"
            0 if nothing else right(...)
        where no label counts you would divide by 0.
        What is the smallest divisor, according to the contract?
    classes for labels:
            classes = set(np.ravel(labels)) - {ignore_label}
            max(1, len(classes)) if normalization == "valid" else right(...)
        you count the different classes, not the labels.
        If all pixels show the same class, by how many labels is the sum divided?
""")


def _softmax_loss(scores, labels, ignore_label=None, normalization="valid"):
    return losses.softmax_with_loss(scores, labels, ignore_label, normalization=normalization)


@chapter.function(
    section="What to divide by",
    aspects={"values": 3, "extremes": 1, "shapes": 1},
    reference=_softmax_loss,
    returns=("loss", "prob"),
    cases=maps(),
    laws=("finite", "never_negative", "shift_invariant:scores"),
)
def softmax_loss(scores, labels, ignore_label=None, normalization="valid"):
    """The softmax loss of score maps, as Caffe's layer SoftmaxWithLoss computes it.

    scores: any real numbers, shape (N, C, H, W), one for each class and pixel.
    labels: whole numbers, shape (N, H, W): 0 to C - 1, or ignore_label.
    ignore_label: a label that costs nothing, in or outside 0 to C - 1; None: all count.
    normalization: the sum of the costs is divided by N H W ("full"), by the number of
        labels that count, or 1 if none does ("valid"), by N ("batch_size"), by 1 ("none").
    Returns (loss, prob): a number in nats, and all probabilities, shape (N, C, H, W).
    """


def layer_along(axis):
    """Return the layer with its softmax along other axes."""

    def layer(scores, labels, ignore_label=None, normalization="valid"):
        prob = softmax(scores, axis)
        return summed(-np.log(of_labels(prob, labels)), labels, ignore_label, normalization), prob

    return layer


softmax_loss.add_misconceptions(MISTAKES_OF_DIVISION, EVERY_LABEL_COUNTED)
softmax_loss.add_misconceptions("""
    last axis for class axis: layer_along(-1)(...)
        as in pixel_costs
    one softmax for the whole image: layer_along((1, 2, 3))(...)
        as in pixel_costs
    tops swapped: right(...)[::-1]
        you returned the probabilities first.
        In which order does the contract name the two results?
    sign
        Which sign has the logarithm of a probability, and which has a cost?
    ignored ones pay for class 0:
            (
                pixel_costs.reference(
                    scores, inside(np.where(counted(labels, ignore_label), labels, 0), scores)
                ).sum()
                / divisor(labels, ignore_label, normalization),
                softmax(scores),
            )
        ignored pixels are left out of the divisor, but they still pay for class 0 in the sum.
        From which two numbers does an ignored pixel have to stay away?
    logarithms for probabilities: (right(...)[0], log_softmax(scores))
        your second result holds the logarithms of the probabilities.
        Which values does a probability take?
    mean of the images' means:
            (
                np.mean(
                    [
                        _softmax_loss(*pair, ignore_label)[0]
                        for pair in zip(scores[:, None], labels[:, None], strict=True)
                    ]
                )
                if normalization == "valid"
                else right(...)[0],
                softmax(scores),
            )
        with 'valid' you take the mean of the images' means: every image counts alike, however few labels it has.
        How much should one labelled pixel weigh: as much as each other one, or depending on its image?
    probabilities of the labels alone:
            (right(...)[0], of_labels(softmax(scores), labels))
        your second result holds the probabilities of the labels alone.
        Which shape does the contract promise for prob?
    costs for probabilities:
            (
                right(...)[0],
                pixel_costs.reference(scores, inside(labels, scores)),
            )
        your second result holds the costs of the pixels.
        Which two results does the contract name, and in which shapes?
    normalised over all classes:
            (
                right(...)[0] / (scores.shape[1] if normalization == "full" else 1),
                softmax(scores),
            )
        with 'full' you divide by N C H W, the number of all scores.
        How many costs does a pixel have: one, or one per class?
    scores zeroed instead:
            zeroed = scores * counted(labels, ignore_label)[:, None]
            costs = pixel_costs.reference(zeroed, inside(labels, scores))
            costs.sum() / divisor(labels, ignore_label, normalization), softmax(scores)
        an ignored pixel still costs something: with all scores 0 its cost is ln C.
        What must be 0 at an ignored pixel: the scores, or the cost?
    no probabilities where ignored:
            loss, prob = right(...)
            loss, prob * counted(labels, ignore_label)[:, None]
        your probabilities are 0 at ignored pixels.
        Does the network say nothing about a pixel because its label is unknown?
    nothing to divide by:
            loss, prob = right(...)
            nothing = not counted(labels, ignore_label).any() and normalization == "valid"
            (np.nan if nothing else loss), prob
        where all labels are ignored you get NaN.
        What is the sum of no costs, and by what does the contract divide it?
    overflow:
            loss, _ = right(...)
            e = np.exp(scores)
            loss, e / e.sum(1, keepdims=True)
        large scores make your probabilities NaN: their exponentials are too large for a float.
        What may be subtracted from all scores of a pixel without changing the softmax?
    logarithm of a vanished probability:
            prob = softmax(scores)
            summed(-np.log(of_labels(prob, labels)), labels, ignore_label, normalization), prob
        where the probability of a label is too small for a float, your loss is infinite.
        Do you use pixel_costs, or the logarithm of prob?
""")


# --- The layer, backward --------------------------------------------------------------------------------------------

chapter.expression(
    "slope_of_log_sum_exp",
    "exp(s1) / (exp(s1) + exp(s2) + exp(s3))",
    {"s1": (-2.0, 2.0), "s2": (-2.0, 2.0), "s3": (-2.0, 2.0)},
    section="Backward",
).add_misconceptions("""
    missing inner derivative: 1 / (exp(s1) + exp(s2) + exp(s3))
        you differentiated the logarithm, and not what it is taken of.
        By what does the chain rule multiply?
    all scores moved: 1
        that is the slope if all three scores rise by the same amount.
        Which of the three terms hold s1?
    outer derivative missing: exp(s1)
        that is the derivative of the sum, not of its logarithm.
        What is the derivative of ln x?
    scores for exponentials: s1 / (s1 + s2 + s3)
        you took shares of the scores, not of their exponentials.
        What is the derivative of exp(s1) by s1?
""")

chapter.expression("slope_of_label_score", "p - 1", {"p": (0.0, 1.0)}, section="Backward").add_misconceptions("""
    label's own term forgotten: p
        that is the slope for the score of any other class.
        Which term of the cost holds only the score of the label?
    opposite sign
        If the score of the label rises, does the cost rise or fall?
    slope by the probability: -1 / p
        that is the slope with respect to the probability.
        With respect to what is the slope asked for?
""")


def _slope(scores, labels, ignore_label=None, normalization="valid"):
    slope = losses.softmax_with_loss.gradient(scores, labels, ignore_label, normalization=normalization)
    return slope + 0.0  # a learner need not see -0.0


@chapter.slope_of(
    softmax_loss,
    section="Backward",
    aspects={"gradient": 2, "extremes": 1, "shapes": 1},
    reference=_slope,
    by="scores",
    cases=maps("gradient"),
    laws=("finite", "shift_invariant:scores"),
)
def softmax_loss_gradient(scores, labels, ignore_label=None, normalization="valid"):
    """The derivative of the loss of softmax_loss with respect to each score.

    The arguments are those of softmax_loss.
    Returns an array of shape (N, C, H, W), 0 at all classes of an ignored pixel.
    """


def slope_along(axis):
    """Return the slope with the softmax along other axes."""

    def slope(scores, labels, ignore_label=None, normalization="valid"):
        return weigh(softmax(scores, axis) - one_hot(scores, labels), labels, ignore_label, normalization)

    return slope


softmax_loss_gradient.add_misconceptions(MISTAKES_OF_DIVISION, EVERY_LABEL_COUNTED)
softmax_loss_gradient.add_misconceptions("""
    last axis for class axis: slope_along(-1)(...)
        as in pixel_costs
    one softmax for the whole image: slope_along((1, 2, 3))(...)
        as in pixel_costs
    nothing to divide by:
            nothing = not counted(labels, ignore_label).any() and normalization == "valid"
            right(...) * (np.nan if nothing else 1)
        as in softmax_loss
    labels counted for each class: right(...) / (scores.shape[1] if normalization == "valid" else 1)
        you divide by C times the number of labels, so your slopes are too small by a factor of C.
        Did you count the labels, or the entries of an array with the shape of the scores?
    sign of the slope
        If the score of the label rises, does the loss rise or fall?
    label's own term forgotten: weigh(softmax(scores), labels, ignore_label, normalization)
        you returned the probabilities: nothing pulls the label's score up.
        What did you derive for the score of the label?
    slope by the probability: weigh(-one_hot(scores, labels) / softmax(scores), labels, ignore_label, normalization)
        you differentiated with respect to the probabilities.
        What goes into the layer: probabilities, or scores?
    label's class only: weigh((softmax(scores) - 1) * one_hot(scores, labels), labels, ignore_label, normalization)
        only the class of the label gets a slope: the others get 0.
        Does the cost of a pixel rise with the score of a wrong class?
    scores counted for pixels:
            right(...) / (scores.shape[1] if normalization == "full" else 1)
        with 'full' you divide by N C H W, the number of scores.
        How many costs are in the sum: one per score, or one per pixel?
    slope of a vanished shift: weigh(softmax(scores) * (1 - softmax(scores)), labels, ignore_label, normalization)
        your slope is p (1 - p), that of a probability; the labels do not enter.
        Which slope is asked for: that of a probability, or that of the loss?
    ignored pixels pushed down:
            counts = counted(labels, ignore_label)[:, None]
            slope = softmax(scores) - one_hot(scores, labels) * counts
            slope / divisor(labels, ignore_label, normalization)
        at ignored pixels you return the probabilities, as if every class were wrong there.
        If a pixel costs nothing whatever its scores, what is its slope?
    overflow:
            e = np.exp(scores)
            weigh(e / e.sum(1, keepdims=True) - one_hot(scores, labels), labels, ignore_label, normalization)
        large scores give NaN: their exponentials are too large for a float.
        What may be subtracted from all scores of a pixel without changing the softmax?
""")


# --- Spot the bug ---------------------------------------------------------------------------------------------------


def _valid_loss(scores, labels):
    if scores.ndim != 4:
        raise ValueError(f"scores must have a shape (N, C, H, W), got {scores.shape}")
    return losses.softmax_with_loss(scores, labels, 255)[0]


def _mean_of_images(scores, labels):
    _valid_loss(scores, labels)  # says in words what is no batch
    return np.mean([_valid_loss(scores[i : i + 1], labels[i : i + 1]) for i in range(len(scores))])


def _cost_of_label_1(scores):
    if scores.shape != (2,):
        raise ValueError(f"expected two scores, shape (2,), got shape {scores.shape}")
    return losses.softmax_with_loss(scores[None], [1])[0]


chapter.counterexample(
    "cost_beyond_the_floor",
    section="Spot the bug",
    asks="the two scores of a pixel, as an array",
    example=([100.0, 0.0],),
    refutes=differ(
        lambda scores: np.minimum(_cost_of_label_1(scores), LARGEST_COST),
        _cost_of_label_1,
        by=1,
        because=(
            (lambda scores: scores[1] > scores[0], "the label's score leads, so that its probability is near 1"),
            (lambda scores: scores[1] == scores[0], "only the difference of the scores counts, and it is 0"),
            (
                lambda scores: _cost_of_label_1(scores) > LARGEST_COST,
                "the floor, 87.3, changes the cost by less than 1",
            ),
            (lambda scores: True, "the label's score does not lag far enough for the floor, 87.3, to matter"),
        ),
    ),
)

chapter.counterexample(
    "mean_of_means_is_off",
    section="Spot the bug",
    asks="a batch (scores, labels) of shapes (N, C, H, W) and (N, H, W)",
    example=([[[[2.0, 2.0]], [[0.0, 0.0]]], [[[2.0, 2.0]], [[0.0, 0.0]]]], [[[0, 0]], [[1, 255]]]),
    refutes=differ(
        _mean_of_images,
        _valid_loss,
        by=0.1,
        because=(
            (lambda scores, labels: len(scores) == 1, "there is one image only, and nothing to average"),
            (lambda scores, labels: np.ptp(scores) == 0, "all scores are equal, so that all pixels cost the same"),
            (
                lambda scores, labels: np.ptp((labels != 255).sum((1, 2))) == 0,
                "all images have the same number of labels that count",
            ),
        ),
    ),
)


def _pooled(losses, counts):
    return (losses * counts).sum() / max(1, counts.sum())


@chapter.function(
    section="Spot the bug",
    aspects={"values": 1, "extremes": 1},
    reference=_pooled,
    cases=cases(
        {"losses": between(0, 3), "counts": label_counts},
        first=[((0.5, 2), (3, 1)), ((1.5, 0.25, 1), (2, 4, 2))],
        extremes=[((0, 0), (0, 0)), ((1, 0), (4, 0)), ((0, 0.5), (0, 1)), ((0, 0, 2), (0, 0, 3))],
        batches=(),
    ),
    laws=("finite", "never_negative"),
)
def pooled_loss(losses, counts):
    """The loss of a whole batch with normalization="valid", from the losses of its parts.

    losses: the loss of each part with normalization="valid", shape (K,).
    counts: how many labels count in each part, shape (K,).
    Returns a number: what softmax_loss gives for all parts at once; 0 if no label counts.
    """


pooled_loss.add_misconceptions("""
    one for each part [extremes]: (losses * np.maximum(counts, 1)).sum() / np.maximum(counts, 1).sum()
        a part without labels counts as if it had one.
        By how much does a part without labels change the mean?
    at least one label for each part: (losses * counts).sum() / np.maximum(counts, 1).sum()
        in your divisor, a part that has no labels counts as if it had one label.
        Which needs a lower limit: each count, or the sum of all counts?
    mean of means: losses.mean()
        a part with few labels weighs as much as one with many.
        How many pixels stand behind each of the losses?
    not divided: (losses * counts).sum()
        you added up the costs of all pixels.
        Over how many pixels is the mean taken?
    divided by the parts: (losses * counts).mean()
        you divided the costs of all pixels by the number of parts.
        Over how many pixels is the mean taken?
    counted twice: (losses / np.maximum(counts, 1)).sum()
        you divided each loss by its count once more.
        What is a loss times its count?
    nothing to divide by: (losses * counts).sum() / counts.sum()
        where no label counts you get NaN.
        What is the sum of no costs, and by what can it be divided?
    losses not multiplied by their counts: losses.sum() / max(1, counts.sum())
        you divide the sum of the losses by the sum of the counts: each loss has to be multiplied by its count first.
        What did the costs of a part come to before they were divided by its count?
    mean of the parts with labels: losses[counts > 0].mean() if (counts > 0).any() else 0.0
        you leave out the parts without a label; the others still count alike.
        Of two parts, one with 1 label and one with 100: how much should each weigh?
""")
