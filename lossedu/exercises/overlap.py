"""Chapter 15: IoU and Dice on sets, their soft versions with a slope, Tversky's prices, and smoothing."""

import numpy as np

from lossedu import losses
from lossedu.exercises._cross_entropies import clipped
from lossedu.exercises._declare import Chapter, differ, other_epsilons
from lossedu.exercises._domains import any_probabilities, between, binary_labels, cases, domain, joined
from lossedu.stable import EPSILON

chapter = Chapter("15_overlap", globals())
chapter.warm_up(0.01, "04_binary_crossentropy", "From likelihood to log loss")
chapter.warm_up(0.9, "04_binary_crossentropy", "The slope")
chapter.warm_up(0, "04_binary_crossentropy", "Log-odds")


# --- Where the cases come from --------------------------------------------------------------------------------------


@domain(binary_labels.holds, "masks: only 0 and 1")
def masks(rng, shape):
    """Masks of 0 and 1 with at least one 1 in each row: that a region is empty is an extreme case here."""
    drawn = binary_labels(rng, shape)
    some = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    return np.maximum(drawn, some * (drawn.sum(-1, keepdims=True) == 0))


shares = between(0, 1, "probabilities, from 0 to 1", edges=(0.0, 0.5, 1.0))
HALF = ((1, 1, 0, 0), (0, 1, 1, 0))
PAIR = ((1, 0), (0.6, 0.2))
SOFT = ((1, 0, 1), (0.8, 0.3, 0.4))
NOTHING = ((0, 0), (0, 0))
FALSE_ALARM = ((0, 0, 0), (0, 0.5, 1))
MISSED = ((1, 1, 0), (0, 0, 0))
SMALL_OBJECT = ((1, *[0] * 999), (0.5, *[0] * 999))  # in a picture that is so large that EPSILON is no mean of it


def regions(predicted, *, first, extremes=(), aspect="values", options=({},)):
    """Cases for pairs of regions: all entries as one region, each row as one, each column as one, and each image.

    Args:
        predicted: the domain of `y_pred`.
        first: pairs with tidy numbers.
        extremes: pairs at the edge.
        aspect: what the drawn vectors look at.
        options: sets of further options; the cases are repeated for each of them.
    """
    domains = {"y_true": masks, "y_pred": predicted}
    builders = []
    for number, further in enumerate(options):
        edge = extremes if number == 0 else ()
        mixed = rows_of_each_length([*first, *edge]) if edge else ()
        large = [SMALL_OBJECT] if edge and predicted is shares and aspect == "values" else ()
        builders += [
            cases(domains, aspect=aspect, first=first, extremes=edge, batches=((3, 4),), options=further),
            cases(domains, extremes=large, vectors=(), batches=(), square=None),
            cases(domains, extremes=mixed, vectors=(), batches=(), square=None, options={"axis": -1, **further}),
            cases(domains, vectors=(), batches=((1, 3), (4, 3)), square=None, options={"axis": -1, **further}),
            cases(domains, vectors=(), batches=((2, 6, 2),), square=None, options={"axis": 1, **further}),
            cases(domains, vectors=(), batches=((2, 4, 3),), square=None, options={"axis": (1, 2), **further}),
            cases(domains, vectors=(), batches=((3, 4, 2),), square=None, options={"axis": (-2, -1), **further}),
        ]
    return joined(*builders)


def rows_of_each_length(pairs):
    """Return for each length the pairs of this length as rows, so that an empty region lies beside others."""
    lengths = dict.fromkeys(len(true) for true, _ in pairs)
    return [tuple(zip(*(pair for pair in pairs if len(pair[0]) == length), strict=True)) for length in lengths]


# --- What wrong answers are made of -----------------------------------------------------------------------------------


def shared(y_true, y_pred, axis=None, keep=False):
    """The size of the intersection."""
    return np.sum(y_true * y_pred, axis=axis, keepdims=keep)


def sizes(y_true, y_pred, axis=None, keep=False):
    """The sum of the sizes of both regions."""
    return np.sum(y_true, axis=axis, keepdims=keep) + np.sum(y_pred, axis=axis, keepdims=keep)


def ratio(part, whole):
    """A share, with 1 for a share of nothing."""
    whole = np.asarray(whole)
    return np.where(whole == 0, 1.0, part / np.where(whole == 0, 1, whole))


def crossentropies(y_true, y_pred, floor=EPSILON):
    """The binary cross-entropy of each pixel."""
    p = clipped(y_pred, floor)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


MISTAKES_OF_A_REGION = """
    axis ignored
        Which pixels form one region, according to axis?
    last axis always: right(..., axis=-1)
        you sum along the last axis, whatever axis says.
        If axis is None, how many regions are there in the array?
    averaged over the batch
        How many regions does axis leave, and how many results?
    last axis of several: right(..., axis=axis[-1] if isinstance(axis, tuple) else axis)
        of a tuple of axes you use only the last one.
        If axis is (1, 2), which pixels of a batch of images form one region?
    first axis of several: right(..., axis=axis[0] if isinstance(axis, tuple) else axis)
        of a tuple of axes you use only the first one.
        If axis is (1, 2), which pixels of a batch of images form one region?
"""
SCORE_FOR_LOSS = """
    complement
        A perfect prediction has the loss 0: what do you return for it?
"""
THRESHOLDED = """
    thresholded: right(y_true, (y_pred >= 0.5).astype(float), ...)
        you round the probabilities to 0 and 1 first: then the loss has no slope.
        What happens to your result if a probability grows from 0.6 to 0.7?
"""


# --- A question, and two numbers for two regions ----------------------------------------------------------------------

chapter.number("half_off_iou", 1 / 3, "a number from 0 to 1", section="A question").add_misconceptions("""
    share of the box: 0.5
        that is the part of the predicted box that lies on the object.
        How many pixels does at least one of the two boxes cover?
    sum for union: 50 / 200
        you added the sizes of both boxes: this counts the shared pixels twice.
        What does the sum become if each pixel counts once?
    pixels outside: 2 / 3
        that is the share of the union that only one of the boxes covers.
        Does the question ask for the shared part, or for the rest?
""")

chapter.expression(
    "dice_from_iou", "2 * J / (1 + J)", {"J": (0.0, 1.0)}, section="Two numbers for two regions"
).add_misconceptions("""
    the other way round: J / (2 - J)
        that is the IoU in terms of the Dice coefficient.
        Which of the two is the larger one?
    union for sum: 2 * J
        you doubled the IoU: the denominator is still the union.
        By how much is the sum of the sizes larger than the union?
    intersection subtracted: 2 * J / (1 - J)
        in your denominator the intersection is subtracted from the union.
        Does the sum of the sizes count the shared pixels once, or twice?
    missing 2: J / (1 + J)
        the 2 of the numerator is missing.
        What is the Dice coefficient of two equal regions?
""")


def iou_of_masks(y_true, y_pred, axis=None):
    """The share of the union that both masks cover, 1 if both are empty."""
    both = shared(y_true, y_pred, axis)
    return ratio(both, sizes(y_true, y_pred, axis) - both)


@chapter.function(
    section="Two numbers for two regions",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=iou_of_masks,
    cases=regions(masks, first=[HALF, ((1, 0), (1, 1))], extremes=[NOTHING, MISSED, ((0, 0), (1, 0))]),
    laws=("bounded_by_one", "symmetric"),
)
def iou(y_true, y_pred, axis=None):
    """Intersection over union: the share of the union that both masks cover.

    y_true, y_pred: masks of one shape, 1 inside a region and 0 outside.
    axis: the axis or tuple of axes of one region; None: the whole array is one region.
    Returns the IoU of each region, from 0 to 1; it is 1 if both masks are empty.
    """


iou.add_misconceptions(MISTAKES_OF_A_REGION)
iou.add_misconceptions("""
    both = shared(y_true, y_pred, axis)
    total = sizes(y_true, y_pred, axis)
    1 for an empty truth: np.where(np.sum(y_true, axis) == 0, 1, right(...))
        if the true region is empty, you return 1 for every prediction.
        What is the IoU if the true region is empty and the predicted one has one pixel?
    1 for an empty prediction: np.where(np.sum(y_pred, axis) == 0, 1, right(...))
        if the predicted region is empty, you return 1 for every true region.
        What is the IoU if the true region has one pixel and the predicted one is empty?
    complement
        Is the IoU of two equal regions 1, or 0?
    Dice for IoU: ratio(2 * both, total)
        that is the Dice coefficient.
        Which pixels does the union contain, each counted once?
    sum for union: ratio(both, total)
        you divide by the sum of both sizes: two equal regions get 1/2.
        How often does this sum count a pixel that lies in both regions?
    share of the truth: ratio(both, np.sum(y_true, axis))
        you divide by the size of the true region.
        What does it cost in your result to predict far too many pixels?
    share of the prediction: ratio(both, np.sum(y_pred, axis))
        you divide by the size of the predicted region.
        What does it cost in your result to miss most of the object?
    accuracy: np.mean(y_true == y_pred, axis)
        you counted all pixels on which both masks agree, the background included.
        Does a pixel belong to the intersection if neither region covers it?
    empty regions give NaN: both / (total - both)
        two empty masks give NaN: you divide 0 by 0.
        Which value does the contract name for two empty masks?
    empty regions get 0: both / np.maximum(total - both, 1)
        two empty masks get 0, as if the prediction were entirely wrong.
        Is it wrong to mark nothing if there is no object?
""")


# --- From counts to sums ----------------------------------------------------------------------------------------------


@chapter.function(
    section="From counts to sums",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.dice,
    keras="keras.losses.dice",
    cases=regions(shares, first=[PAIR, SOFT, HALF], extremes=[NOTHING, FALSE_ALARM, MISSED]),
    laws=("bounded_by_one", "finite"),
    mistakes=[MISTAKES_OF_A_REGION, SCORE_FOR_LOSS, THRESHOLDED],
)
def soft_dice(y_true, y_pred, axis=None):
    """The Dice loss of Keras, with its epsilon of 1e-7.

    y_true: masks of 0 and 1. y_pred: probabilities, same shape.
    axis: the axis or tuple of axes of one region; None: the whole array is one region.
    Returns 1 minus twice the sum of the products over (the sum of both sums + 1e-7),
    for each region.
    """


soft_dice.add_misconceptions("""
    both = shared(y_true, y_pred, axis)
    total = sizes(y_true, y_pred, axis)
    missing 2: 1 - both / (total + EPSILON)
        the factor 2 is missing: a perfect prediction costs 1/2.
        How often does the sum of both sizes count a shared pixel?
    IoU for Dice: losses.tversky(y_true, y_pred, alpha=1.0, beta=1.0, axis=axis)
        you divide by the union and do not double the products: that is the soft IoU.
        Which denominator does the Dice coefficient have?
    union for sum: 1 - 2 * both / (total - both + EPSILON)
        you subtracted the products from the denominator, but kept the 2: your loss falls to -1.
        Is the denominator of Dice the union, or the sum of both sizes?
    sizes of the whole batch: 1 - 2 * both / (sizes(y_true, y_pred) + EPSILON)
        you sum the sizes over the whole array, whatever axis says.
        Which pixels belong to the sizes of one region?
    squares in the denominator: 1 - 2 * both / (np.sum(y_true**2, axis) + np.sum(y_pred**2, axis) + EPSILON)
        you sum the squares, as in the V-Net paper; Keras sums the values themselves.
        Which sums does the contract name?
    missing epsilon: 1 - 2 * both / total
        two empty regions give NaN: you divide 0 by 0.
        What does the contract add to the denominator?
    epsilon above too: 1 - (2 * both + EPSILON) / (total + EPSILON)
        you add epsilon to the numerator too: two empty regions cost 0, where Keras says 1.
        To which part of the fraction does the contract add 1e-7?
    smoothed by 1: 1 - (2 * both + 1) / (total + 1)
        you add 1 to the numerator and to the denominator.
        Which number does the contract add, and where?
    mean of the products: 1 - 2 * np.mean(y_true * y_pred, axis) / (total + EPSILON)
        your numerator is a mean, and your denominator is a sum.
        What happens to a ratio if only its numerator is divided by the number of pixels?
""")
soft_dice.add_misconceptions(
    other_epsilons(
        "1 - 2 * shared(y_true, y_pred, axis) / (sizes(y_true, y_pred, axis) + epsilon)",
        but=(1e-5, 1e-6, 1e-8, 1e-10, 1e-12),
    )
)


# --- The slope --------------------------------------------------------------------------------------------------------

chapter.expression(
    "pixel_slope",
    "-2 * (b - a) / (b + p)**2",
    {"a": (0.1, 1.0), "b": (1.2, 3.0), "p": (0.0, 1.0)},
    section="The slope",
).add_misconceptions("""
    opposite sign
        If the network becomes surer of a pixel of the object, should the loss rise or fall?
    denominator held constant: -2 / (b + p)
        you differentiated the numerator alone.
        Where else does p stand in the loss?
    product rule for quotient rule: -2 * (a + b + 2*p) / (b + p)**2
        in the numerator of the quotient rule, one sign is wrong.
        Does a larger denominator make a fraction larger or smaller?
    pixel of the background: 2 * a / (b + p)**2
        that is the slope for a pixel outside of the object.
        Does the numerator contain p too, if the pixel belongs to the object?
    missing 2: -(b - a) / (b + p)**2
        the factor 2 of the Dice coefficient is missing.
        Which factor stands before the sum of the products?
    denominator not squared: -2 * (b - a) / (b + p)
        your denominator is not squared.
        What does the quotient rule divide by?
""")


@chapter.slope_of(
    soft_dice,
    section="The slope",
    aspects={"gradient": 2, "extremes": 1, "shapes": 1},
    cases=regions(shares, aspect="gradient", first=[PAIR, SOFT, HALF], extremes=[FALSE_ALARM, MISSED]),
)
def soft_dice_gradient(y_true, y_pred, axis=None):
    """The derivative of the loss of soft_dice with respect to each entry of y_pred.

    The arguments are those of soft_dice.
    Returns an array in the shape of y_pred: for each region the slope of its own loss.
    """


soft_dice_gradient.add_misconceptions("""
    both = shared(y_true, y_pred, axis, keep=True)
    total = sizes(y_true, y_pred, axis, keep=True) + EPSILON
    sign of the slope
        If the network becomes surer of a pixel of the object, should the loss rise or fall?
    halved
        Which factor stands before the sum of the products in the loss?
    summed up
        How many probabilities can training change, and how many slopes does it need?
    1/D too much
        Is there a mean in the Dice loss?
    axis ignored
        Which pixels share a denominator with this one?
    numerator alone: -2 * y_true / total
        you differentiated the numerator alone: pixels of the background get no slope.
        Why should the probability of a background pixel fall?
    denominator alone: 2 * both / total**2 * np.ones_like(y_pred)
        you differentiated the denominator alone: all pixels get the same slope.
        What is special about a pixel with y_true = 1?
    first term not divided: 2 / total * (both - y_true)
        the first term lacks a division by the sum of both sizes.
        With which power does the denominator enter the derivative of 1/S?
    slope of the IoU: losses.tversky.gradient(y_true, y_pred, alpha=1.0, beta=1.0, axis=axis)
        that is the slope of the soft IoU.
        Which denominator does the Dice loss have?
    slope of the squares:
            squares = np.sum(y_true**2 + y_pred**2, axis=axis, keepdims=True) + EPSILON
            4 * y_pred * both / squares**2 - 2 * y_true / squares
        that is the slope of the V-Net form, with squares in the denominator.
        How does the sum of the probabilities change if one of them grows a little?
""")


# --- Why cross-entropy ignores a small object -------------------------------------------------------------------------

chapter.number(
    "constant_cost",
    float(-(0.01 * np.log(0.01) + 0.99 * np.log(0.99))),
    "a number, in nats",
    section="Why cross-entropy ignores a small object",
    digits=3,
).add_misconceptions("""
    object alone: -0.01 * np.log(0.01)
        you counted the pixels of the object alone.
        What does a pixel of the background cost if its probability is 0.01, and how many are there?
    background alone: -0.99 * np.log(0.99)
        you counted the pixels of the background alone.
        What does each of the 100 pixels of the object cost?
    log2 for ln: -(0.01 * np.log2(0.01) + 0.99 * np.log2(0.99))
        that is the cost in bits.
        Which logarithm gives nats?
    probability one half: np.log(2)
        that is the cost if the network gives every pixel the probability 1/2.
        Which constant probability is asked about?
    one pixel of the object: -np.log(0.01)
        that is what a single pixel of the object costs.
        How many of the 10,000 pixels pay this?
    logarithms swapped: -(0.01 * np.log(0.99) + 0.99 * np.log(0.01))
        you gave the pixels of the object the price of the background, and the reverse.
        Which logarithm does a pixel of the object pay?
    logarithm of the mean: -np.log(0.01**2 + 0.99**2)
        you took the logarithm of the mean probability.
        Which comes first: the logarithm of each pixel, or the mean?
""")


# --- Two prices -------------------------------------------------------------------------------------------------------

PRICES = ({"alpha": 0.5, "beta": 0.5}, {"alpha": 0.7, "beta": 0.3}, {"alpha": 0.25, "beta": 1.0})


@chapter.function(
    section="Two prices",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=losses.tversky,
    keras="keras.losses.tversky",
    cases=regions(shares, first=[PAIR, SOFT, HALF], extremes=[NOTHING, FALSE_ALARM, MISSED], options=PRICES),
    laws=("bounded_by_one", "finite"),
    mistakes=[MISTAKES_OF_A_REGION, SCORE_FOR_LOSS, THRESHOLDED],
)
def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """The Tversky loss of Keras: Dice with a price for each of the two kinds of errors.

    y_true: masks of 0 and 1. y_pred: probabilities, same shape.
    alpha: the price of a missed pixel. beta: the price of a false alarm. Both >= 0.
    axis: the axis or tuple of axes of one region; None: the whole array is one region.
    Returns 1 - TP / (TP + alpha FN + beta FP + 1e-7) for each region.
    """


tversky.add_misconceptions("""
    hits = shared(y_true, y_pred, axis)
    misses = shared(y_true, 1 - y_pred, axis)
    alarms = shared(1 - y_true, y_pred, axis)
    rest = shared(1 - y_true, 1 - y_pred, axis)
    prices that sum to 1: right(..., alpha=alpha / (alpha + beta), beta=beta / (alpha + beta))
        you scale both prices so that they sum to 1.
        What does the loss become if alpha and beta are both 1?
    alpha ignored
    beta ignored
    prices swapped: right(..., alpha=beta, beta=alpha)
        alpha and beta have changed places.
        Which price belongs to y_true (1 - y_pred): that of a missed pixel, or that of a false alarm?
    hits missing below: 1 - hits / (alpha * misses + beta * alarms + EPSILON)
        in your denominator the hits are missing.
        What is the fraction of a perfect prediction?
    hits doubled: 1 - 2 * hits / (hits + alpha * misses + beta * alarms + EPSILON)
        you kept the 2 of Dice in the numerator alone.
        What is your loss for a perfect prediction?
    hits among the alarms: 1 - hits / (hits + alpha * misses + beta * y_pred.sum(axis) + EPSILON)
        you count all of y_pred as false alarms, the hits too.
        Which part of y_pred is a false alarm: all of it, or only the part where y_true is 0?
    hits among the misses: 1 - hits / (hits + alpha * y_true.sum(axis) + beta * alarms + EPSILON)
        you count the whole object as missed, the hits too.
        Which part of the object was missed: all of it, or only the part where y_pred is 0?
    background for misses: 1 - hits / (hits + alpha * rest + beta * alarms + EPSILON)
        your false negatives are the pixels of the background that the network left out rightly.
        What is y_true at a pixel that was missed?
    missing epsilon: 1 - hits / (hits + alpha * misses + beta * alarms)
        as in soft_dice
    epsilon above too: 1 - (hits + EPSILON) / (hits + alpha * misses + beta * alarms + EPSILON)
        as in soft_dice
""")

chapter.expression(
    "worth_including", "price * T", {"price": (0.1, 0.9), "T": (0.1, 0.95)}, section="Two prices"
).add_misconceptions("""
    other price: (1 - price) * T
        you took the price of a missed pixel, alpha.
        By how much does the denominator grow if the pixel is included?
    threshold of Dice: T / 2
        that is the threshold if both prices are 1/2.
        Where does the price enter the change of the denominator?
    price alone: price
        you set the index to 1.
        Which ratio must q / price reach, so that the index does not fall?
    index alone: T
        you let the denominator grow by 1.
        By how much does it grow if alpha + beta = 1?
    divided by the price: T / price
        you divided by the price of a false alarm.
        Should a higher price of false alarms include more pixels, or fewer?
    misses unchanged: price * T / (1 + price * T - T)
        you let TP and FP grow, but FN stays as it was.
        What was the pixel while it was left out: with which probability was it missed?
""")


# --- Nothing there ----------------------------------------------------------------------------------------------------


def smooth_dice(y_true, y_pred, smooth=1.0, axis=None):
    """The Dice loss with a term in numerator and denominator."""
    return 1 - (2 * shared(y_true, y_pred, axis) + smooth) / (sizes(y_true, y_pred, axis) + smooth)


@chapter.function(
    section="Nothing there",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=smooth_dice,
    cases=regions(
        shares,
        first=[PAIR, SOFT, HALF],
        extremes=[NOTHING, FALSE_ALARM, MISSED],
        options=({"smooth": 1.0}, {"smooth": 0.25}),
    ),
    laws=("bounded_by_one", "finite"),
    mistakes=[MISTAKES_OF_A_REGION, SCORE_FOR_LOSS, THRESHOLDED],
)
def smoothed_dice(y_true, y_pred, smooth=1.0, axis=None):
    """The Dice loss with a smoothing term, without an epsilon.

    y_true: masks of 0 and 1. y_pred: probabilities, same shape.
    smooth: what is added to the numerator and to the denominator; > 0.
    axis: the axis or tuple of axes of one region; None: the whole array is one region.
    Returns the loss of each region; it is 0 if both regions are empty.
    """


smoothed_dice.add_misconceptions("""
    both = shared(y_true, y_pred, axis)
    total = sizes(y_true, y_pred, axis)
    smooth ignored
    not smoothed: losses.dice(y_true, y_pred, axis=axis)
        that is the Dice loss of Keras: two empty regions cost 1.
        What must be added to the numerator, so that the fraction of two empty regions is 1?
    smooth below alone: 1 - 2 * both / (total + smooth)
        you add smooth to the denominator alone: a perfect prediction costs more than 0.
        To which parts of the fraction does the contract add it?
    smooth above alone: 1 - (2 * both + smooth) / total
        you add smooth to the numerator alone: the fraction is then above 1 for a good prediction.
        To which parts of the fraction does the contract add it?
    smooth doubled above: 1 - 2 * (both + smooth) / (total + smooth)
        you doubled smooth together with the products.
        What is your loss if both regions are empty?
    smooth in each product: 1 - 2 * np.sum(y_true * y_pred + smooth, axis) / np.sum(y_true + y_pred + 2 * smooth, axis)
        you add smooth to every product and to every pixel of both masks, so that it grows with the image.
        Which comes first: the sum over the pixels, or the smoothing term?
    smooth for each pixel: 1 - np.sum(2 * y_true * y_pred + smooth, axis) / np.sum(y_true + y_pred + smooth, axis)
        you add smooth at every pixel, so that it grows with the image.
        Which comes first: the sum over the pixels, or the smoothing term?
    missing 2: 1 - (both + smooth) / (total + smooth)
        as in soft_dice
""")


# --- Together with cross-entropy --------------------------------------------------------------------------------------


def mixed_loss(y_true, y_pred, weight=0.5, axis=None):
    """A share `weight` of the Dice loss, and the rest of the mean cross-entropy."""
    crossentropy = crossentropies(y_true, y_pred).mean(axis)
    return weight * losses.dice(y_true, y_pred, axis=axis) + (1 - weight) * crossentropy


@chapter.function(
    section="Together with cross-entropy",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=mixed_loss,
    cases=regions(
        between(0.01, 0.99, "probabilities, from 0 to 1", edges=(0.0, 0.5, 1.0)),
        first=[((1, 0), (0.5, 0.5)), SOFT],
        extremes=[NOTHING, MISSED, FALSE_ALARM, ((1, 0), (1, 0))],
        options=({"weight": 0.5}, {"weight": 0.8}),
    ),
    laws=("never_negative", "finite"),
    mistakes=[MISTAKES_OF_A_REGION],
)
def dice_plus_crossentropy(y_true, y_pred, weight=0.5, axis=None):
    """A weighted sum of the Dice loss and of the mean binary cross-entropy of the pixels.

    y_true: masks of 0 and 1. y_pred: probabilities, same shape; for the logarithms they are
        clipped to [1e-7, 1 - 1e-7].
    weight: the weight of the Dice loss, from 0 to 1; the cross-entropy has 1 - weight.
    axis: the axis or tuple of axes of one region; None: the whole array is one region.
    Returns the sum for each region.
    """


dice_plus_crossentropy.add_misconceptions("""
    dice = losses.dice(y_true, y_pred, axis=axis)
    costs = crossentropies(y_true, y_pred)
    weight ignored
    weights swapped: right(..., weight=1 - weight)
        weight and 1 - weight have changed places.
        Which of the two losses is left if weight is 1?
    not weighted: dice + costs.mean(axis)
        you add both losses as they are.
        What do the weights of the contract sum to?
    sum of the costs: weight * dice + (1 - weight) * costs.sum(axis)
        you sum the cross-entropy over the pixels: the larger the image, the less the Dice loss counts.
        Does the contract ask for the sum of the pixels' costs, or for their mean?
    costs divided by the last axis: weight * dice + (1 - weight) * costs.sum(axis) / y_true.shape[-1]
        you always divide the sum of the costs by the length of the last axis.
        If the region is a whole image, how many pixels does it have?
    cross-entropy of the whole batch: weight * dice + (1 - weight) * costs.mean()
        your mean of the cross-entropy runs over the whole array, whatever axis says.
        Which pixels belong to the mean of one region?
    cross-entropy subtracted: weight * dice - (1 - weight) * costs.mean(axis)
        you subtract the cross-entropy: a worse prediction then costs less.
        Which sign has the logarithm of a probability, and which has a cost?
    coefficient for loss: weight * (1 - dice) + (1 - weight) * costs.mean(axis)
        you add the Dice coefficient, which is 1 for a perfect prediction.
        What should a perfect prediction cost?
    object alone: weight * dice + (1 - weight) * np.mean(costs * y_true, axis)
        only the pixels of the object enter your cross-entropy.
        What should a pixel of the background cost if its probability is 0.9?
    Dice alone: dice
        you returned the Dice loss alone.
        Which second loss does the contract add?
    missing clip: weight * dice + (1 - weight) * crossentropies(y_true, y_pred, 0.0).mean(axis)
        probabilities of exactly 0 and 1 give NaN or infinity.
        What happens to the probabilities before the logarithm, according to the contract?
""")


# --- Spot the bug -----------------------------------------------------------------------------------------------------


def dice_of_batch(y_true, y_pred):
    """The Dice loss of all images as one region."""
    return losses.dice(y_true, y_pred)


def mean_of_images(y_true, y_pred):
    """The mean of the Dice losses of the images."""
    return losses.dice(y_true, y_pred, axis=-1).mean()


def tutorials_iou(y_true, y_pred):
    """The formula of the tutorial: the sum of both sizes stands for the union."""
    return 1 - shared(y_true, y_pred) / (sizes(y_true, y_pred) + EPSILON)


def soft_iou_loss(y_true, y_pred):
    """The soft IoU of all entries as one region."""
    return losses.tversky(y_true, y_pred, alpha=1.0, beta=1.0)


chapter.counterexample(
    "mean_of_images_is_off",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred), one row per image",
    example=([[1, 1, 1, 1], [1, 0, 0, 0]], [[1, 1, 1, 1], [0, 0, 0, 0]]),
    domains={
        "y_true": domain(lambda array: array.ndim == 2 and binary_labels.holds(array), "rows of 0 and 1")(masks.draw),
        "y_pred": any_probabilities,
    },
    one_shape=True,
    refutes=differ(
        mean_of_images,
        dice_of_batch,
        by=0.1,
        because=[
            (lambda y, p: len(y) == 1, "there is only one image"),
            (lambda y, p: np.allclose(y, p), "both predictions are perfect"),
        ],
    ),
)

chapter.counterexample(
    "half_at_best",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([1, 1, 0], [1, 1, 0]),
    domains={"y_true": binary_labels, "y_pred": any_probabilities},
    one_shape=True,
    refutes=differ(
        tutorials_iou,
        soft_iou_loss,
        by=0.4,
        because=[(lambda y, p: not np.any(y * p), "the regions share nothing")],
    ),
)


@chapter.function(
    section="Spot the bug",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=lambda y_true, y_pred, axis=None: losses.tversky(y_true, y_pred, alpha=1.0, beta=1.0, axis=axis),
    cases=regions(shares, first=[PAIR, SOFT, HALF], extremes=[NOTHING, FALSE_ALARM, MISSED]),
    laws=("bounded_by_one", "finite"),
    mistakes=[MISTAKES_OF_A_REGION, SCORE_FOR_LOSS, THRESHOLDED],
)
def soft_iou(y_true, y_pred, axis=None):
    """The soft IoU loss, with an epsilon of 1e-7 in the denominator.

    y_true: masks of 0 and 1. y_pred: probabilities, same shape.
    axis: the axis or tuple of axes of one region; None: the whole array is one region.
    Returns 1 - intersection / (union + 1e-7) for each region; 0 for a perfect prediction.
    """


soft_iou.add_misconceptions("""
    both = shared(y_true, y_pred, axis)
    total = sizes(y_true, y_pred, axis)
    sum for union: 1 - both / (total + EPSILON)
        as in iou
    Dice for IoU: losses.dice(y_true, y_pred, axis=axis)
        as in iou
    union for sum: 1 - 2 * both / (total - both + EPSILON)
        you kept the 2 of Dice: a perfect prediction costs -1.
        Which factor stands before the intersection in the IoU?
    missing epsilon: 1 - both / (total - both)
        as in soft_dice
    epsilon above too: 1 - (both + EPSILON) / (total - both + EPSILON)
        as in soft_dice
    formula for coefficients on losses:
            dice = losses.dice(y_true, y_pred, axis=axis)
            dice / (2 - dice)
        you use J = D / (2 - D) with the Dice loss as D; it holds for the coefficients, which are 1 minus the losses.
        What is the Dice coefficient, if the Dice loss is 0.2? And what is the IoU then?
    intersection subtracted twice: 1 - both / (total - 2 * both + EPSILON)
        you subtract the intersection twice: your denominator holds only the pixels of exactly one region.
        How often does the sum of both sizes count a shared pixel, and how often does the union?
""")
