"""Chapter 08: the cosine of an angle as a loss, and its slope along the sphere."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter
from lossedu.exercises._domains import binary_labels, cases, domain, joined, judged, real

chapter = Chapter("08_cosine_proximity", globals())
chapter.warm_up(12, "00_first_loss", "Many errors, and an axis")
chapter.warm_up(9, "00_first_loss", "The price of one error")
chapter.warm_up(-0.3, "00_first_loss", "Training with your own loss")
FLOOR = 1e-7  # Keras divides by no length below this
ZERO = (0, 0)

components = real(-5, 5)


def along_axes(domains, **declared):
    """Cases in which the vectors lie along the last axis, by default, and batches in which they lie along others."""
    return joined(
        cases(domains, **declared),
        cases(domains, vectors=(), batches=((4, 3), (2, 3, 4)), options={"axis": 0}),
        cases(domains, vectors=(), batches=((3, 4), (2, 3, 4), (2, 3, 4, 5)), options={"axis": 1}),
        cases(domains, vectors=(), batches=((4, 3),), options={"axis": -2}),
    )


def length(x, axis):
    """The Euclidean length of the vectors in `x`, as an array that divides them."""
    return np.sqrt(np.square(x).sum(axis, keepdims=True))


def unit(x, axis=-1):
    """`x` at length 1, or shorter if it was below the floor."""
    return x / np.maximum(length(x, axis), FLOOR)


def proximity(y_true, y_pred, axis=-1):
    """The loss; 0.0 for -0.0, which a learner need not see."""
    return losses.cosine_similarity(y_true, y_pred, axis) + 0.0


def cosine(y_true, y_pred, axis=-1):
    """The cosine of the angle between two vectors."""
    return -proximity(y_true, y_pred, axis)


# --- Directions -----------------------------------------------------------------------------------------------------

chapter.number(
    "angle_of_two_texts", float(np.degrees(np.arccos(0.6))), "a number, in degrees", section="A question", digits=1
).add_misconceptions("""
    radians for degrees: np.arccos(0.6)
        you gave the angle in radians.
        How many degrees make a full turn?
    direction of the article: np.degrees(np.arctan(3))
        that is how far the article points away from the axis of ball.
        Between which two directions is the angle asked for?
    direction of the note: np.degrees(np.arctan(1 / 3))
        that is how far the note points away from the axis of ball.
        Between which two directions is the angle asked for?
    directions added: 90.0
        you added the angles that both make with the axis of ball.
        Do the two lie on one side of that axis, or on both?
    cosine for angle: 0.6
        that is the cosine of the angle.
        Which function takes a cosine back to its angle?
    arc sine: np.degrees(np.arcsin(0.6))
        your angle is 90 degrees minus the right one.
        Is the dot product of two unit vectors the sine of the angle, or its cosine?
""")

chapter.expression(
    "squared_chord", "2 - 2*c", {"c": (-1.0, 1.0)}, section="From the dot product to the angle"
).add_misconceptions("""
    half of it: 1 - c
        that is half of the squared distance.
        What do the two squared lengths add up to?
    sign of the product: 2 + 2*c
        that is the squared length of a + b.
        Which sign has the mixed term of a square of a difference?
    distance for its square: sqrt(2 - 2*c)
        that is the distance itself.
        Is the square asked for, or its root?
    mixed term once: 2 - c
        the mixed term is counted once.
        How often does the product of a and b stand in (a - b) times (a - b)?
""")


@chapter.function(
    section="Onto the sphere",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=unit,
    keras="keras.ops.normalize",
    cases=along_axes(
        {"x": components},
        first=[((3, -4),), ((0.5, 1.2),)],
        extremes=[(ZERO,), ((3e-8, 4e-8),), ((3e15, -4e15),), ((0, -2e-7, 0),), ((5e-324, -0.0),)],
    ),
    laws=("between_minus_one_and_one",),
)
def l2_normalize(x, axis=-1):
    """Vectors of the same direction as those in x, of length 1.

    x: vectors along `axis`, any shape.
    Returns an array in the shape of x: each vector divided by its Euclidean length,
    but by no less than 1e-7, as Keras does: a zero vector stays zero.
    """


l2_normalize.add_misconceptions("""
    axis ignored
    sum for length: x / np.maximum(np.abs(x).sum(axis, keepdims=True), FLOOR)
        the absolute entries of your vectors sum to 1; their squares don't.
        What is the length of the vector (3, 4): 7, or 5?
    largest entry for length: x / np.maximum(np.abs(x).max(axis, keepdims=True), FLOOR)
        the largest entry of each of your vectors is 1 or -1.
        How long is the vector (1, 1)?
    missing root: x / np.maximum(np.square(x).sum(axis, keepdims=True), FLOOR)
        you divided by the squared length: long vectors come out short.
        In which unit is a sum of squares, and in which is a length?
    one length for the whole batch: x / max(np.sqrt(np.square(x).sum()), FLOOR)
        you divided all vectors by one number.
        Over which axis are the squares of one vector summed?
    missing floor: x / length(x, axis)
        a zero vector becomes NaN.
        What does NumPy make of 0 / 0, and what does the contract make of it?
    epsilon added: x / (length(x, axis) + FLOOR)
        1e-7 is added to every length, so that short vectors come out too short.
        Is a length of 5e-8 to be raised to 1e-7, or by 1e-7?
    floor under the square: x / np.sqrt(np.maximum(np.square(x).sum(axis, keepdims=True), FLOOR))
        you keep the squared length above 1e-7: that is a floor of 3e-4 under the length.
        Does the maximum come before the root, or after it?
    only zero treated:
            norm = length(x, axis)
            x / np.where(norm == 0, 1, norm)
        vectors shorter than 1e-7 are stretched to length 1 as well.
        Which is the smallest number to divide by, according to the contract?
    short vectors left as they are: np.where(length(x, axis) < FLOOR, x, x / np.maximum(length(x, axis), FLOOR))
        vectors shorter than 1e-7 stay as they are; the contract divides them by 1e-7.
        What is the length of (3e-8, 4e-8) divided by 1e-7?
""")


# --- The loss -------------------------------------------------------------------------------------------------------


@chapter.function(
    section="The loss and its sign",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    reference=proximity,
    keras="keras.losses.cosine_similarity",
    cases=along_axes(
        {"y_true": components, "y_pred": components},
        first=[((3, 4), (4, 3)), ((0, 2), (3, -4)), ((1, 2), (2.5, 5))],
        extremes=[
            ((1, 2), ZERO),
            (ZERO, (1, 2)),
            (ZERO, ZERO),
            ((1, 1), (-2, -2)),
            ((3e15, 4e15), (4e-6, 3e-6)),
            ((1, 0), (3e-8, 4e-8)),
            ((3e-5, 4e-5), (4e-5, 3e-5)),
        ],
    ),
    laws=("between_minus_one_and_one",),
)
def cosine_proximity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle between two vectors: -1 if they agree, 1 if opposite.

    y_true, y_pred: vectors along `axis`, arrays of one shape.
    Returns an array of that shape without `axis`. It is 0 if a vector is zero.
    Lengths below 1e-7 count as 1e-7, as in l2_normalize.
    """


cosine_proximity.add_misconceptions("""
    axis ignored
    sign
        Training makes a loss small: is a small value right for vectors that agree?
    mean for sum: proximity(y_true, y_pred, axis) / y_pred.shape[axis]
        you took the mean of the products, as Keras 1 did: equal directions give -1/D, not -1.
        What do the squared entries of a vector of length 1 sum to, and what is their mean?
    lengths left in: -(y_true * y_pred).sum(axis)
        you computed minus the dot product.
        What happens to your result if y_pred becomes twice as long?
    length of the target left in: -(y_true * unit(y_pred, axis)).sum(axis)
        a target that is twice as long counts twice.
        Which of the two vectors must be brought to length 1?
    length of the prediction left in: -(unit(y_true, axis) * y_pred).sum(axis)
        a prediction that is twice as long counts twice.
        Which of the two vectors must be brought to length 1?
    cosine distance: 1 + proximity(y_true, y_pred, axis)
        you computed 1 minus the cosine, which is 0 for equal directions.
        Which value has the loss for equal directions, according to the contract?
    angle for cosine: np.arccos(np.clip(cosine(y_true, y_pred, axis), -1, 1))
        you returned the angle, in radians.
        Which result does the contract ask for: the angle, or minus its cosine?
    missing floor: -(y_true * y_pred / length(y_true, axis) / length(y_pred, axis)).sum(axis)
        a zero vector gives NaN.
        Do you use l2_normalize, and does it keep a zero vector?
    averaged over the batch
        What is the shape of the result, according to the contract?
    products summed along the last axis: -(unit(y_true, axis) * unit(y_pred, axis)).sum(-1)
        you use axis for the lengths, but always sum the products along the last axis.
        Along which axis do the entries of one vector lie?
    zero vectors taken for equal ones:
            np.where((length(y_true, axis) * length(y_pred, axis)).sum(axis) == 0, -1, proximity(y_true, y_pred, axis))
        for a zero vector you return -1, the best value.
        Does a zero vector have a direction?
    floor under the product:
            lengths = length(y_true, axis) * length(y_pred, axis)
            -((y_true * y_pred).sum(axis, keepdims=True) / np.maximum(lengths, FLOOR)).sum(axis)
        you apply the floor to the product of both lengths: for two short vectors the result is too close to 0.
        To which number does the contract apply the floor: to each length, or to their product?
""")


# --- The slope ------------------------------------------------------------------------------------------------------

chapter.expression(
    "slope_of_the_length",
    "x1 / sqrt(x1**2 + x2**2)",
    {"x1": (0.2, 3.0), "x2": (0.3, 2.0)},
    section="The slope is tangent",
).add_misconceptions("""
    slope of the square: 2*x1
        that is the slope of the squared length.
        What does the chain rule say about the root?
    missing inner derivative: 1 / (2*sqrt(x1**2 + x2**2))
        you differentiated the root, and not what stands under it.
        By what does the chain rule multiply?
    one half left over: x1 / (2*sqrt(x1**2 + x2**2))
        a factor 1/2 is left over.
        What is the derivative of x1 squared?
""")

chapter.expression(
    "steepness", "sin(theta) / r", {"theta": (0.1, 3.0), "r": (0.3, 3.0)}, section="The slope is tangent"
).add_misconceptions("""
    length forgotten: sin(theta)
        that is the slope on the circle of radius 1.
        How far does the tip of a vector of length r move when it turns by a small angle?
    multiplied by the length: r * sin(theta)
        you multiplied by r.
        Does a step of one unit turn a long vector more, or less?
    cosine for sine: cos(theta) / r
        your slope is largest where the directions agree.
        What is the derivative of -cos(theta)?
    sign: -sin(theta) / r
        a length cannot be negative.
        Does -cos(theta) rise or fall as theta grows from 0?
""")


@chapter.slope_of(
    cosine_proximity,
    section="The slope is tangent",
    aspects={"gradient": 2, "extremes": 1, "shapes": 1},
    reference=losses.cosine_similarity.gradient,
    cases=along_axes(
        {"y_true": components, "y_pred": components},
        aspect="gradient",
        first=[((0, 2), (3, -4)), ((3, 4), (4, 3))],
        extremes=[
            (ZERO, (3, 4)),
            ((1, 1), (-2, -2)),
            ((1, 2), (2, 4)),
            ((3, 4), (0.004, 0.003)),
            ((3e15, 0), (3, 4)),
        ],
    ),
)
def cosine_proximity_gradient(y_true, y_pred, axis=-1):
    """The derivative of cosine_proximity with respect to each entry of y_pred.

    y_true, y_pred: vectors along `axis`, arrays of one shape; those of y_pred > 1e-7 long.
    Returns an array in the shape of y_pred; zeros where y_true is a zero vector.
    """


cosine_proximity_gradient.add_misconceptions("""
    chord for tangent: (unit(y_pred, axis) - unit(y_true, axis)) / length(y_pred, axis)
        your slope points from one unit vector to the other: that is a chord, and not tangent to the sphere.
        How much of y_true's unit vector points along y_pred?
    y_pred for its unit vector:
            u = unit(y_true, axis)
            ((u * y_pred).sum(axis, keepdims=True) * y_pred - u) / length(y_pred, axis)
        you compute the part along y_pred with y_pred itself: that is right only for vectors of length 1.
        What length does a vector have that only gives a direction?
    axis ignored
    sign of the slope
        Does the loss rise or fall when y_pred turns towards y_true?
    length taken as fixed: -unit(y_true, axis) / length(y_pred, axis)
        your slope is not tangent: you treated the length of y_pred as a constant.
        If an entry of y_pred grows, what else in the formula grows with it?
    slope on the unit sphere: losses.cosine_similarity.gradient(y_true, y_pred, axis) * length(y_pred, axis)
        the direction is right, but you left out the length of y_pred.
        Does the same step turn a long vector as far as a short one?
    derivative by y_true: losses.cosine_similarity.gradient(y_pred, y_true, axis)
        you differentiated with respect to the target, y_true.
        Which of the two can training change?
    length of the target left in: losses.cosine_similarity.gradient(y_true, y_pred, axis) * length(y_true, axis)
        your slope is as many times too large as y_true is long.
        What does the loss do with the length of y_true?
    1/D too much
        Does the loss take the mean of the products, or their sum?
    vectors exchanged:
            (
                (unit(y_true, axis) * unit(y_pred, axis)).sum(axis, keepdims=True) * unit(y_true, axis)
                - unit(y_pred, axis)
            ) / length(y_pred, axis)
        your slope is at a right angle to y_true: both unit vectors have changed places.
        To which of the two vectors is a step along the sphere at a right angle?
    missing floor:
            a, b = y_true / length(y_true, axis), y_pred / length(y_pred, axis)
            (b * (a * b).sum(axis, keepdims=True) - a) / length(y_pred, axis)
        where y_true is a zero vector you get NaN.
        Do you use l2_normalize for y_true?
""")


chapter.number("length_after_a_step", 1.3, "a number", section="Every step makes it longer").add_misconceptions("""
    lengths added: 1.7
        you added the lengths, as if the step went outwards.
        Which angle does the step make with the prediction?
    lengths subtracted: 0.7
        you subtracted the lengths, as if the step went inwards.
        Which angle does the step make with the prediction?
    length kept: 1.2
        that is the length before the step.
        Does a straight step along a tangent stay on the circle?
    squares subtracted: np.sqrt(1.2**2 - 0.5**2)
        you subtracted the squares, as if the old prediction were the longest side.
        Which side of the right triangle is the new prediction?
""")

# --- Near and far -----------------------------------------------------------------------------------------------------

chapter.number("cost_of_a_close_pair", 0.18, "a number", section="Near and far").add_misconceptions("""
    the cost of an alike pair: 0.08
        that is what a pair that is alike costs at this distance.
        Is the pair alike, and which of the two terms is left?
    half forgotten: 0.36
        that is the square of what the distance lacks.
        Which factor stands in front of both terms?
    square forgotten: 0.3
        you halved what the distance lacks, without the square.
        What is the power of the second term?
    missing distance for cost: 0.6
        that is what the distance lacks to the margin.
        What does the loss do with this number?
    squares subtracted: (1 - 0.4**2) / 2
        you squared margin and distance before you subtracted.
        What comes first: the difference, or the square?
""")

distances = domain(lambda array: array >= 0, "distances, 0 or more", span=(0, 3))(
    lambda rng, shape: rng.uniform(0, 3, size=shape)
)
PAIRS = {"y_true": binary_labels, "y_pred": distances}


def by_margin(*, aspect="values", extremes=()):
    """Cases for a loss of pairs with a `margin`: 2 and 0.5, then the default, then drawn ones."""
    first = [((1, 0), (0.5, 0.25)), ((0, 1, 0), (1.5, 2, 4))]
    return joined(
        cases(PAIRS, aspect=aspect, first=first, extremes=extremes, vectors=(), batches=(), options={"margin": 2.0}),
        cases(PAIRS, aspect=aspect, first=first, vectors=((3,),), batches=(), options={"margin": 0.5}),
        cases(PAIRS, aspect=aspect, first=first[:1], vectors=(), batches=()),
        cases(PAIRS, aspect=aspect, options={"margin": lambda rng: round(rng.uniform(0.5, 3), 2)}),
    )


@chapter.function(
    reference=losses.contrastive,
    section="Near and far",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    cases=by_margin(extremes=[((1, 0), (0, 0)), ((0, 0), (2, 1e9)), ((1, 1), (0, 1e6))]),
    regions={"y_true = 1": lambda y_true, y_pred, margin=1.0: y_true == 1},
    laws=("never_negative", "order_of_classes"),
)
def contrastive_loss(y_true, y_pred, margin=1.0):
    """The mean cost of pairs along the last axis: near if alike, else margin apart.

    y_true: 1 for a pair that is alike, 0 for one that is not, shape (..., D).
    y_pred: the distances of the pairs, 0 or more, same shape. margin: > 0.
    Returns an array of shape (...).
    """


contrastive_loss.add_misconceptions("""
    missing = np.maximum(margin - y_pred, 0)
    mistakes of a mean
    margin ignored
    doubled
        Which factor stands in front of both terms of the formula?
    labels exchanged: right(1 - y_true, ...)
        in your loss a label of 1 means that the pair is not alike, as in the paper of 2006.
        What does a label of 1 mean, according to the contract?
    missing maximum: np.mean(y_true * y_pred**2 + (1 - y_true) * (margin - y_pred) ** 2, -1) / 2
        pairs that are not alike cost something again when they are farther apart than the margin.
        What should a pair that is not alike cost at twice the margin?
    beyond the margin: np.mean(y_true * y_pred**2 + (1 - y_true) * np.maximum(y_pred - margin, 0) ** 2, -1) / 2
        pairs that are not alike cost something only beyond the margin, so they are drawn to it.
        Which pairs that are not alike should cost something: near ones, or far ones?
    pushed without end: np.mean((2 * y_true - 1) * y_pred**2, -1) / 2
        pairs that are not alike have a negative cost that falls without end.
        What does the margin do in the formula?
    distances not squared: np.mean(y_true * y_pred + (1 - y_true) * missing, -1) / 2
        you use the distances without a square.
        What does a pair that is alike cost at the distance 2?
    squares subtracted: np.mean(y_true * y_pred**2 + (1 - y_true) * np.maximum(margin**2 - y_pred**2, 0), -1) / 2
        for pairs that are not alike you subtract the square of the distance from the square of the margin.
        What comes first: the difference, or the square?
    square against margin: np.mean(y_true * y_pred**2 + (1 - y_true) * np.maximum(margin - y_pred**2, 0), -1) / 2
        you compare the squared distance with the margin.
        In which unit is the margin: in that of a distance, or of its square?
    alike pairs alone: np.mean(y_true * y_pred**2, -1) / 2
        pairs that are not alike cost nothing in your loss: it is smallest if all embeddings are equal.
        What keeps all embeddings from becoming the same point?
    other pairs alone: np.mean((1 - y_true) * missing**2, -1) / 2
        pairs that are alike cost nothing in your loss.
        What draws the pairs together that are alike?
    margin for all: np.mean(y_true * np.maximum(y_pred - margin, 0) ** 2 + (1 - y_true) * missing**2, -1) / 2
        pairs that are alike cost nothing within the margin.
        At which distance should a pair that is alike cost nothing?
    half of one term: np.mean(y_true * y_pred**2 / 2 + (1 - y_true) * missing**2, -1)
        your factor 1/2 belongs to the first term only.
        What does the 1/2 of the formula multiply?
""")


@chapter.slope_of(
    contrastive_loss,
    aspects={"gradient": 2, "shapes": 1},
    cases=by_margin(aspect="gradient"),
    laws=("follows_order_of_classes",),
)
def contrastive_loss_gradient(y_true, y_pred, margin=1.0):
    """The derivative of contrastive_loss with respect to each distance in y_pred.

    y_true, y_pred: labels and distances, both of shape (..., D). margin: > 0.
    Returns an array in the shape of y_pred.
    """


contrastive_loss_gradient.add_misconceptions("""
    missing = np.maximum(margin - y_pred, 0)
    D = y_pred.shape[-1]
    mistakes of a mean's slope
    margin ignored
    doubled
        What is the slope of half a square?
    labels exchanged: right(1 - y_true, ...)
        as in contrastive_loss
    all drawn together: (y_true * y_pred + (1 - y_true) * missing) / D
        your slope is positive for pairs that are not alike: training draws them together.
        What is the inner derivative of margin - d?
    missing maximum: (y_true * y_pred - (1 - y_true) * (margin - y_pred)) / D
        pairs that are not alike are drawn back to the margin from beyond it.
        How does the loss change if such a pair moves still farther apart?
    slope of the distances: (y_true - (1 - y_true) * (y_pred < margin)) / D
        your slope has the same size for each distance.
        How hard does a spring pull when it is twice as long?
    alike pairs alone: y_true * y_pred / D
        pairs that are not alike have no slope in yours.
        How does the loss change if such a pair comes nearer?
    other pairs alone: -(1 - y_true) * missing / D
        pairs that are alike have no slope in yours.
        How does the loss change if such a pair comes nearer?
    pushed without end: (2 * y_true - 1) * y_pred / D
        pairs that are not alike are pushed, and the harder the farther apart they are.
        How hard is the push beyond the margin?
    no slope beyond the margin: np.where(y_pred < margin, y_true * y_pred - (1 - y_true) * missing, 0) / D
        beyond the margin your slope is 0 for all pairs, also for those that are alike.
        To which kind of pairs does the margin apply?
""")


chapter.expression(
    "triplet_of_cosines",
    "2*c_n - 2*c_p + m",
    {"c_p": (-1.0, 1.0), "c_n": (-1.0, 1.0), "m": (0.1, 1.0)},
    section="Near and far",
).add_misconceptions("""
    squared again: (2 - 2*c_p)**2 - (2 - 2*c_n)**2 + m
        2 - 2c is the square of the chord already: you squared it again.
        What is the square of the chord between two unit vectors?
    cosines exchanged: 2*c_p - 2*c_n + m
        your term grows when the positive comes nearer.
        Does a larger cosine make the squared chord larger, or smaller?
    half of it: c_n - c_p + m
        you used 1 minus the cosine for the squared chord.
        What did you find for the squared chord, in terms of its cosine?
    distances for squares: sqrt(2 - 2*c_p) - sqrt(2 - 2*c_n) + m
        that has the distances, not their squares.
        Which power do the distances have in the loss?
    margin forgotten: 2*c_n - 2*c_p
        the margin is missing.
        What should the term be if positive and negative are equally far?
    margin subtracted: 2*c_n - 2*c_p - m
        your margin has the wrong sign.
        Should a triplet cost something if positive and negative are equally far?
""")


def _not_squared(anchor, positive, negative, margin):
    """The triplet loss of the distances themselves."""
    near, far = (np.linalg.norm(anchor - other, axis=-1) for other in (positive, negative))
    return np.maximum(near - far + margin, 0)


vectors = real(-1, 1)
TRIPLET = {"anchor": vectors, "positive": vectors, "negative": vectors}
FIRST_TRIPLETS = [((0, 0), (0, 1), (0.5, 0)), ((1, 0), (1, 0.5), (0, 2)), ((0, 0), (0, 1), (1, 0.25))]


@chapter.function(
    reference=losses.triplet,
    section="Near and far",
    aspects={"values": 2, "extremes": 1, "shapes": 1},
    cases=joined(
        cases(
            TRIPLET,
            first=FIRST_TRIPLETS,
            extremes=[((1, 2), (1, 2), (1, 2)), ((0, 0), (1, 0), (-1, 0)), ((0, 0), (0, 0), (1e6, 0))],
            vectors=(),
            batches=(),
        ),
        cases(TRIPLET, first=FIRST_TRIPLETS[:2], vectors=((3,),), batches=(), options={"margin": 2.0}),
        cases(TRIPLET, options={"margin": lambda rng: round(rng.uniform(0.1, 2), 2)}),
    ),
    laws=("never_negative", "order_of_classes"),
)
def triplet_loss(anchor, positive, negative, margin=0.2):
    """What each triplet lacks: |a - p|**2 - |a - n|**2 + margin, but never below 0.

    anchor, positive, negative: embeddings of one shape (..., D). margin: > 0.
    Returns an array of shape (...): one loss per triplet.
    """


triplet_loss.add_misconceptions("""
    near = np.square(anchor - positive).sum(-1)
    far = np.square(anchor - negative).sum(-1)
    margin ignored
    averaged over the batch
    doubled
        Does the contract have a factor in front of the squared distances?
    missing maximum: near - far + margin
        a triplet whose negative is far enough lowers your loss below 0.
        What does a triplet cost when its negative is farther away than needed?
    positive and negative exchanged: right(anchor, negative, positive, margin)
        your loss is small if the negative is near and the positive far.
        Which of the two squared distances has a minus?
    margin subtracted: np.maximum(near - far - margin, 0)
        you subtract the margin: a triplet costs nothing even if its negative is a little too near.
        Should a triplet cost something if positive and negative are equally far?
    margin outside: np.maximum(near - far, 0) + margin
        you add the margin after the maximum, so no triplet costs less than it.
        What does a triplet cost whose negative is far away?
    distances not squared: _not_squared(anchor, positive, negative, margin)
        you use the distances without squares, as PyTorch's triplet_margin_loss does.
        Which power do the distances have in the contract?
    mean of the squares: np.maximum((near - far) / anchor.shape[-1] + margin, 0)
        you take the mean of the squared differences over the last axis, not their sum.
        Is the squared length of a vector a sum, or a mean?
    positive to negative: np.maximum(near - np.square(positive - negative).sum(-1) + margin, 0)
        your second distance is that from the positive to the negative.
        From which of the three are both distances measured?
    positive in both: np.maximum(near - near + margin, 0)
        your two squared distances are the same one, so only the margin is left.
        Which vector belongs in the second distance?
    each term for itself: near + np.maximum(margin - far, 0)
        the positive is drawn to the anchor even if the negative is far away, as in a contrastive loss.
        What does a triplet cost whose negative is far away?
    entry by entry: np.maximum((anchor - positive) ** 2 - (anchor - negative) ** 2 + margin, 0).sum(-1)
        you take the maximum for each entry and add up afterwards.
        Of what is the maximum taken: of each entry, or of the whole difference?
    squared: right(...) ** 2
        you squared the whole loss.
        How does the contract's loss grow with the squared distance?
    dot products for distances:
            nearer = (anchor * negative).sum(-1) - (anchor * positive).sum(-1)
            np.maximum(2 * nearer + margin, 0)
        you compare dot products: that is right only if positive and negative have the same length.
        Which terms of the squared distance are left out?
    margin in every entry: np.maximum(near - far + anchor.shape[-1] * margin, 0)
        you add the margin to every entry, and so D times to the sum.
        Where does the margin stand: inside the sum over the entries, or outside?
""")


# --- Spot the bug ---------------------------------------------------------------------------------------------------


def not_vectors(*arrays, size=None):
    """What is wrong with arrays that should be vectors of one length, none of them zero, in words, or None."""
    shapes = [array.shape for array in arrays]
    if len(set(shapes)) > 1 or len(shapes[0]) != 1 or size not in (None, *shapes[0]):
        return f"expected vectors of {size or 'equally many'} entries each; got shapes {', '.join(map(str, shapes))}"
    if not all(np.isfinite(array).all() and array.any() for array in arrays):
        return "expected finite vectors, none of them zero"
    return None


def angle_in_degrees(a, b):
    """The angle between two vectors."""
    return np.degrees(np.arccos(np.clip(cosine(a, b), -1, 1)))


def _loss_is_positive(y_true, y_pred):
    problem = not_vectors(y_true, y_pred)
    if problem:
        return problem
    loss = proximity(y_true, y_pred)
    degrees = angle_in_degrees(y_true, y_pred)
    return bool(loss > 0.5) or f"the loss is {loss:.4f} here, at an angle of {degrees:.0f} degrees: not above 0.5"


def _alike_but_far_from_0(a, b):
    problem = not_vectors(a, b, size=2)
    if problem:
        return problem
    value, directions = cosine(a, b), np.degrees(np.arctan2([a[1], b[1]], [a[0], b[0]]))
    if value <= 0.99:
        return f"the cosine is {value:.4f} here, at an angle of {angle_in_degrees(a, b):.0f} degrees: not above 0.99"
    said = " and ".join(f"{direction:.1f}" for direction in directions)
    return bool((np.abs(directions) > 45).all()) or f"the directions are {said} degrees here: not both beyond 45"


def _detour_is_shorter(a, b, c):
    problem = not_vectors(a, b, c)
    if problem:
        return problem
    detour, direct = 2 - cosine(a, b) - cosine(b, c), 1 - cosine(a, c)
    first, second, whole = (angle_in_degrees(*pair) for pair in ((a, b), (b, c), (a, c)))
    return bool(detour < direct - 0.1) or (
        f"by way of b it is {detour:.4f}, straight on {direct:.4f}: not shorter by more than 0.1; "
        f"the angles are {first:.0f} and {second:.0f} degrees by way of b, and {whole:.0f} degrees straight on"
    )


chapter.counterexample(
    "loss_above_zero",
    section="Spot the bug",
    asks="a pair of vectors, (y_true, y_pred)",
    example=([1.0, 0.0], [-1.0, 0.0]),
    refutes=_loss_is_positive,
)

chapter.counterexample(
    "alike_but_far_from_0",
    section="Spot the bug",
    asks="a pair of vectors in the plane, (a, b)",
    example=([0.0, 1.0], [0.0, 2.0]),
    refutes=_alike_but_far_from_0,
)

chapter.counterexample(
    "detour_is_shorter",
    section="Spot the bug",
    asks="three vectors, (a, b, c)",
    example=([1.0, 0.0], [1.0, 1.0], [0.0, 1.0]),
    refutes=_detour_is_shorter,
)


def _angle_between(y_true, y_pred):
    return np.arccos(np.clip(cosine(y_true, y_pred), -1, 1))


PARALLEL = [[x, y, z] for x in (1, 2, 3) for y in (-1, 0.3, 5) for z in (0.1, 0.7)]


@chapter.function(
    section="Spot the bug",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=_angle_between,
    cases=joined(
        cases(
            {"y_true": components, "y_pred": components},
            first=[((3, 4), (4, 3)), ((0, 2), (3, -4))],
            extremes=[
                ((1, 1), (-2, -2)),
                ((1, 2), ZERO),
                (ZERO, (1, 2)),
                (ZERO, ZERO),
                (PARALLEL, 3 * np.array(PARALLEL)),  # rounding takes the cosine of some beyond 1
                (PARALLEL, -3 * np.array(PARALLEL)),
            ],
        ),
        judged(  # these cosines are 1 and -1 to the last digit, in float32 too
            cases(
                {"y_true": components, "y_pred": components},
                extremes=[((0, 2), (0, 1)), ((0, 1, 0), (0, -4, 0))],
                vectors=(),
                batches=(),
            ),
            atol=1e-5,
        ),
    ),
    atol=1e-3,  # near a cosine of 1 the angle has half the digits: in float32, three
    laws=("never_negative",),
)
def angle_between(y_true, y_pred):
    """The angle between two vectors along the last axis, in radians.

    y_true, y_pred: arrays of one shape (..., D).
    Returns an array of shape (...), from 0 for one direction to pi for opposite ones;
    pi/2 if a vector is zero, as the cosine is 0 then.
    """


angle_between.add_misconceptions("""
    no angle between zeros: np.where(length(y_true, -1) + length(y_pred, -1) > 0, right(...)[..., None], 0)[..., 0]
        two zero vectors get the angle 0: they have no direction at all.
        Which angle does the contract give if a vector is zero?
    degrees for radians: np.degrees(_angle_between(y_true, y_pred))
        your angles are in degrees.
        Which unit does the contract ask for?
    sign of the loss: np.pi - _angle_between(y_true, y_pred)
        you took the arc cosine of the loss, which is minus the cosine.
        Which angle should two vectors of one direction make, and which do yours?
    arc sine: np.arcsin(np.clip(cosine(y_true, y_pred), -1, 1))
        your angle is 0 for vectors at a right angle.
        Of what is the dot product of two unit vectors a measure: sine, or cosine?
    cosine for angle: cosine(y_true, y_pred)
        you returned the cosine itself.
        Which function takes a cosine back to its angle?
    chord for arc: length(unit(y_true) - unit(y_pred), -1)[..., 0]
        you returned the straight distance between the tips of the unit vectors.
        Is the way along the circle as short as the way through it?
    missing clip: np.arccos((unit(y_true) * unit(y_pred)).sum(-1))
        where the directions agree, rounding takes the cosine above 1, and you get NaN.
        Between which bounds must a number lie before np.arccos takes it?
    summed over the batch
        Which axis holds the entries of one vector?
    clipped at 0: np.arccos(np.clip(cosine(y_true, y_pred), 0, 1))
        all angles above 90 degrees come out as 90 degrees.
        What is the smallest value that a cosine can have?
    difference of directions: np.arctan2(y_true[..., 1], y_true[..., 0]) - np.arctan2(y_pred[..., 1], y_pred[..., 0])
        you subtract two directions in the plane of the first two entries: an angle with a sign.
        What becomes of the third entry, and what if both vectors change places?
    missing floor:
            a, b = y_true / length(y_true, -1), y_pred / length(y_pred, -1)
            np.arccos(np.clip((a * b).sum(-1), -1, 1))
        as in cosine_proximity
    angle of a chord: 2 * np.arcsin(np.minimum(length(unit(y_true) - unit(y_pred), -1)[..., 0] / 2, 1))
        you compute the angle from the chord: if one vector is 0, the chord has length 1, and your angle is pi / 3.
        Which angle does the contract ask for, if one of the vectors has no direction?
""")
