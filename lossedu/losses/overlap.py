"""Losses that compare two regions by what they share: Dice and Tversky."""

import numpy as np

from lossedu.arrays import Array, Axis, Floats, require_between, require_one_shape
from lossedu.errors import warn_user
from lossedu.losses._loss import EPSILON, loss
from lossedu.losses.declaration import Call, ClassForm, Curve, Event, Facts, declare


@loss
def dice(y_true: Array, y_pred: Array, axis: Axis = None) -> Floats:
    r"""One minus a fraction: twice the overlap of two regions, divided by the sum of their sizes.

    .. math:: 1 - \frac{2 \sum_i y_i \hat y_i}{\sum_i y_i + \sum_i \hat y_i + \epsilon}, \qquad \epsilon = 10^{-7}

    Pixels outside both regions do not count. So small regions matter too. Two empty regions cost 1, the maximum.

    Args:
        y_true: masks in [0, 1], any shape. As in Keras, larger values are taken, with a warning: the loss may be
            negative then.
        y_pred: probabilities in [0, 1], same shape. Larger values are taken with a warning too.
        axis: the axis, or axes, of a region; None takes all of them as one, the batch included.

    Returns:
        The shape that `axis` leaves, between 0 and 1.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, or values below 0.

    Source: L. R. Dice, "Measures of the Amount of Ecologic Association Between Species", 1945; as a loss, with squares
    in the denominator: F. Milletari, N. Navab and S.-A. Ahmadi, "V-Net", 2016. Keras: `keras.losses.dice`.

    >>> dice([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]], [[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]], axis=1).round(4)
    array([0.5, 0. ])
    """
    require_masks(y_true, y_pred)
    size = y_true.sum(axis) + y_pred.sum(axis) + EPSILON
    return 1 - 2 * (y_true * y_pred).sum(axis) / size


@dice.gradient_of
def dice_gradient(y_true: Array, y_pred: Array, axis: Axis = None) -> Floats:
    r"""
    .. math:: \frac2s \left( \frac{\sum_j y_j \hat y_j}{s} - y_i \right), \qquad
        s = \sum_j y_j + \sum_j \hat y_j + \epsilon
    """
    require_masks(y_true, y_pred)
    size = (y_true + y_pred).sum(axis, keepdims=True) + EPSILON
    return 2 / size * ((y_true * y_pred).sum(axis, keepdims=True) / size - y_true)


declare(
    dice,
    title="Dice loss",
    family="overlap",
    chapter="15_overlap",
    curve=Curve(lambda x: ([1.0, 0.0], [x, 0.2]), 0, 1, "y_pred[0], for y_true = [1, 0], y_pred[1] = 0.2"),
    keras_class=ClassForm("Dice", parameters=["reduction", "name", "axis", "dtype"]),
    also=("F1 loss", "Sorensen-Dice", "segmentation"),
    example={"y_true": [1.0, 1.0, 0.0, 0.0], "y_pred": [0.9, 0.4, 0.2, 0.1]},
    elsewhere={
        "tf.keras": Call("keras.losses.dice(y_true, y_pred)"),
    },
    facts=Facts(
        use="the network should find a small region in a large picture",
        avoid="regions may be empty: the loss is then 1 for every prediction",
        best="usually 0 or 1 per pixel",
        unit="none",
        least=0,
        most=1,
        convex=False,
        doi="10.2307/1932409",
        related=("tversky", "binary_crossentropy", "binary_focal_crossentropy"),
    ),
    history=(
        Event(1945, "Dice measures how often two species are found together", doi="10.2307/1932409"),
        Event(
            2016,
            "Milletari, Navab and Ahmadi find the prostate in 3D scans by V-Net; its loss divides by sums of squares",
            doi="10.1109/3DV.2016.79",
        ),
    ),
)


@loss
def tversky(y_true: Array, y_pred: Array, alpha: float = 0.5, beta: float = 0.5, axis: Axis = None) -> Floats:
    r"""Dice with a price for each of the two ways to be wrong.

    .. math:: 1 - \frac{\sum_i y_i \hat y_i}{\sum_i y_i \hat y_i + \alpha \sum_i y_i (1 - \hat y_i)
        + \beta \sum_i (1 - y_i) \hat y_i + \epsilon}, \qquad \epsilon = 10^{-7}

    As in Keras, `alpha` is the price of a miss and `beta` that of a false alarm; Keras's documentation swaps the two.

    Args:
        y_true: masks in [0, 1], any shape. As in Keras, larger values are taken, with a warning: the loss may be
            negative then.
        y_pred: probabilities in [0, 1], same shape. Larger values are taken with a warning too.
        alpha: the price of a false negative, >= 0.
        beta: the price of a false positive, >= 0.
        axis: the axis, or axes, of a region; None takes all of them as one, the batch included.

    Returns:
        The shape that `axis` leaves, between 0 and 1.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, values below 0, or a negative price.

    Source: S. S. M. Salehi, D. Erdogmus and A. Gholipour, "Tversky Loss Function for Image Segmentation Using 3D Fully
    Convolutional Deep Networks", 2017. Keras: `keras.losses.tversky`.

    >>> tversky([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], alpha=1.0, beta=0.0, axis=1).round(4)
    array([0.5])
    """
    shared, total, _ = tversky_sums(y_true, y_pred, alpha, beta, axis)
    return (1 - shared / total).squeeze(axis)


@tversky.gradient_of
def tversky_gradient(y_true: Array, y_pred: Array, alpha: float = 0.5, beta: float = 0.5, axis: Axis = None) -> Floats:
    r"""
    .. math:: \frac1T \left( \frac{\sum_j y_j \hat y_j}{T}
        \left( (1 - \alpha)\, y_i + \beta\, (1 - y_i) \right) - y_i \right), \qquad
        T \text{ the denominator above}
    """
    shared, total, slope = tversky_sums(y_true, y_pred, alpha, beta, axis)
    return (shared / total * slope - y_true) / total


declare(
    tversky,
    title="Tversky loss",
    family="overlap",
    chapter="15_overlap",
    curve=Curve(
        lambda x: ([1.0, 0.0], [x, 0.2]),
        0,
        1,
        "y_pred[0], for y_true = [1, 0], y_pred[1] = 0.2",
        options={"alpha": 0.5, "beta": 0.7},
        sliders={"beta": (0.1, 0.3, 0.5, 0.7, 0.9)},
    ),
    keras_class=ClassForm("Tversky", parameters=["alpha", "beta", "reduction", "name", "axis", "dtype"]),
    also=("segmentation",),
    example={"y_true": [1.0, 1.0, 0.0, 0.0], "y_pred": [0.9, 0.4, 0.2, 0.1], "alpha": 0.3, "beta": 0.7},
    elsewhere={
        "tf.keras": Call("keras.losses.tversky(y_true, y_pred, alpha=0.3, beta=0.7)"),
    },
    facts=Facts(
        use="you want the Dice loss, but misses and false alarms cost differently",
        avoid="both prices are 0.5: that is the Dice loss",
        best="usually 0 or 1 per pixel",
        unit="none",
        least=0,
        most=1,
        convex=False,
        doi="10.1007/978-3-319-67389-9_44",
        related=("dice", "weighted_cross_entropy_with_logits"),
    ),
    history=(
        Event(
            1977,
            "Tversky compares two things by the features they share and by those that only one of them has",
            doi="10.1037/0033-295X.84.4.327",
        ),
        Event(
            2017,
            "Salehi, Erdogmus and Gholipour train networks on it, to find lesions in scans of the brain",
            doi="10.1007/978-3-319-67389-9_44",
        ),
    ),
)


def tversky_sums(y_true, y_pred, alpha, beta, axis):
    """The shared mass, the divisor (both with their axes kept), and the divisor's slope in `y_pred`."""
    require_masks(y_true, y_pred)
    require_between(0, np.inf, alpha=alpha, beta=beta)
    shared = (y_true * y_pred).sum(axis, keepdims=True)
    missed = (y_true * (1 - y_pred)).sum(axis, keepdims=True)
    invented = ((1 - y_true) * y_pred).sum(axis, keepdims=True)
    total = shared + alpha * missed + beta * invented + EPSILON
    return shared, total, (1 - alpha) * y_true + beta * (1 - y_true)


def require_masks(y_true, y_pred):
    """Raise ValueError for two shapes or values below 0; warn of values above 1, which Keras takes too."""
    require_one_shape(y_true=y_true, y_pred=y_pred)
    for name, array in ("y_true", y_true), ("y_pred", y_pred):
        if array.min() < 0:
            raise ValueError(f"{name} must hold values in [0, 1], got values from {array.min():g} to {array.max():g}")
        if array.max() > 1:
            message = (
                f"{name} should hold values in [0, 1], got values up to {array.max():g}: is it divided by its maximum?"
            )
            warn_user(message, UserWarning)
