"""Losses that ask for a margin: a right answer costs nothing only if it is right by enough."""

import numpy as np

from lossedu.arrays import Array, Floats, length
from lossedu.losses._loss import loss
from lossedu.losses.declaration import INFINITE, SCORE, Call, ClassForm, Curve, Event, Facts, declare
from lossedu.losses.reduction import mean


@loss
def hinge(y_true: Array, y_pred: Array) -> Floats:
    r"""Zero where label times score is at least 1, linear below: the loss of the support vector machine.

    .. math:: \frac1D \sum_i \max(1 - y_i \hat y_i,\, 0), \qquad y_i \in \{-1, +1\}

    If all labels of the array are 0 or 1, they are read as -1 and +1, as in Keras.

    Args:
        y_true: labels, all of -1 and +1 or all of 0 and 1, shape `(..., D)`.
        y_pred: scores, any real number, same shape.

    Returns:
        Mean over the last axis, shape `(...)`; at least 0. At the kink (label times score = 1) the gradient is
        that of the linear side.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: C. Cortes and V. Vapnik, "Support-Vector Networks", 1995. Keras: `keras.losses.hinge`.

    >>> hinge([[1.0], [1.0], [-1.0]], [[2.0], [0.25], [0.5]])    # far enough, too near, wrong
    array([0.  , 0.75, 1.5 ])
    """
    return mean(np.maximum(1 - signed(y_true) * y_pred, 0))


@hinge.gradient_of
def hinge_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: -\frac{y_i}D \text{ where } y_i \hat y_i \le 1, \qquad 0 \text{ elsewhere}"""
    t = signed(y_true)
    return np.where(1 - t * y_pred >= 0, -t, 0) / length(y_pred, -1)


declare(
    hinge,
    title="Hinge loss",
    family="margin",
    chapter="03_margin",
    curve=SCORE,
    keras_class=ClassForm("Hinge"),
    aliases={"TF 1": ("hinge_loss",)},
    also=("SVM loss", "support vector machine", "max-margin"),
    example={"y_true": [1.0, -1.0, 1.0], "y_pred": [0.5, 0.2, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.hinge(y_true, y_pred)"),
        "optax": Call(
            "optax.hinge_loss(y_pred, y_true).mean()", "returns one loss per entry; the predictions come first"
        ),
        "scikit-learn": Call("sklearn.metrics.hinge_loss(y_true, y_pred)", "returns the mean over all rows"),
    },
    facts=Facts(
        use="only the sign of the score counts, and points beyond the margin may be ignored",
        avoid="you need probabilities: the scores are not probabilities",
        best="the more frequent class, as -1 or 1",
        unit="none",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.1007/BF00994018",
        related=("squared_hinge", "categorical_hinge", "sigmoid_cross_entropy_with_logits"),
    ),
    history=(
        Event(
            1995,
            "Cortes and Vapnik allow a support vector machine to make errors; larger errors cost more",
            doi="10.1007/BF00994018",
        ),
        Event(
            2007,
            "Shalev-Shwartz, Singer and Srebro minimise it on large data sets by stochastic gradient steps",
            doi="10.1145/1273496.1273598",
        ),
    ),
)


@loss
def squared_hinge(y_true: Array, y_pred: Array) -> Floats:
    r"""The hinge loss with each term squared: no kink, because the slope is 0 where label times score reaches 1.

    .. math:: \frac1D \sum_i \max(1 - y_i \hat y_i,\, 0)^2, \qquad y_i \in \{-1, +1\}

    If all labels of the array are 0 or 1, they are read as -1 and +1, as in Keras.

    Args:
        y_true: labels, all of -1 and +1 or all of 0 and 1, shape `(..., D)`.
        y_pred: scores, any real number, same shape.

    Returns:
        Mean over the last axis, shape `(...)`; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: C. Cortes and V. Vapnik, "Support-Vector Networks", 1995. Keras: `keras.losses.squared_hinge`.

    >>> squared_hinge([[1.0], [1.0], [-1.0]], [[2.0], [0.5], [0.5]])
    array([0.  , 0.25, 2.25])
    """
    return mean(np.square(np.maximum(1 - signed(y_true) * y_pred, 0)))


@squared_hinge.gradient_of
def squared_hinge_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: -\frac2D\, y_i \max(1 - y_i \hat y_i,\, 0)"""
    t = signed(y_true)
    return -2 / length(y_pred, -1) * t * np.maximum(1 - t * y_pred, 0)


declare(
    squared_hinge,
    title="Squared hinge loss",
    family="margin",
    chapter="03_margin",
    curve=SCORE,
    keras_class=ClassForm("SquaredHinge"),
    also=("L2-SVM",),
    example={"y_true": [1.0, -1.0, 1.0], "y_pred": [0.5, 0.2, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.squared_hinge(y_true, y_pred)"),
    },
    facts=Facts(
        use="you want a hinge loss without a kink",
        avoid="labels may be wrong: each wrong label costs the square of its hinge loss",
        best="2p - 1 for a share p of the label 1",
        unit="none",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.1007/BF00994018",
        related=("hinge", "categorical_hinge"),
    ),
    history=(
        Event(
            2001,
            "Lee and Mangasarian square the errors of a support vector machine, to train a smooth version of it",
            doi="10.1023/A:1011215321374",
        ),
        Event(
            2013, "Tang trains deep networks on it instead of softmax and cross-entropy", doi="10.48550/arXiv.1306.0239"
        ),
    ),
)


@loss
def categorical_hinge(y_true: Array, y_pred: Array) -> Floats:
    r"""Zero where the true score is at least 1, and at least 1 above all others; linear otherwise.

    .. math:: \max\left( \max_i\, (1 - y_i)\, \hat y_i - \sum_i y_i \hat y_i + 1,\; 0 \right)

    As in Keras, the maximum also contains a 0 in place of the true class. So the true score must be 1 or more as well.

    Args:
        y_true: one-hot labels, shape `(..., D)`.
        y_pred: scores, any real number, same shape.

    Returns:
        One loss for each row, shape `(...)`; at least 0. At the kinks the gradient is that of the linear side;
        classes with equal scores share it equally.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: K. Crammer and Y. Singer, "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines",
    2001. Keras: `keras.losses.categorical_hinge`.

    >>> categorical_hinge([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]], [[0.5, 3.0, 1.0], [0.5, 3.0, 2.25]])
    array([0.  , 0.25])
    """
    _, shortfall = rivals_and_shortfall(y_true, y_pred)
    return np.maximum(shortfall, 0).squeeze(-1)


@categorical_hinge.gradient_of
def categorical_hinge_gradient(y_true: Array, y_pred: Array) -> Floats:
    r"""
    .. math:: [i \text{ is the strongest rival}] - y_i \text{ where the loss is positive}, \qquad
        0 \text{ elsewhere}
    """
    rivals, shortfall = rivals_and_shortfall(y_true, y_pred)
    is_strongest = (rivals == rivals.max(-1, keepdims=True)).astype(y_pred.dtype)
    slope = (1 - y_true) * is_strongest / is_strongest.sum(-1, keepdims=True) - y_true
    return np.where(shortfall >= 0, slope, 0)


declare(
    categorical_hinge,
    title="Categorical hinge loss",
    family="margin",
    chapter="03_margin",
    curve=Curve(lambda x: ([1.0, 0.0], [x, 0.0]), -2, 3, "y_pred[0], for y_true = [1, 0], y_pred[1] = 0"),
    keras_class=ClassForm("CategoricalHinge"),
    also=("multiclass SVM", "Crammer-Singer"),
    example={"y_true": [0.0, 1.0, 0.0], "y_pred": [0.5, 1.0, -0.3]},
    elsewhere={
        "tf.keras": Call("keras.losses.categorical_hinge(y_true, y_pred)"),
    },
    facts=Facts(
        use="only the class with the highest score counts",
        avoid="you need probabilities",
        best="if a class has a share above 1/2: its score 1, all others 0; otherwise all scores 0",
        unit="none",
        least=0,
        most=INFINITE,
        convex=True,
        related=("hinge", "categorical_crossentropy"),
    ),
    history=(
        Event(
            2001,
            "Crammer and Singer extend hinge loss to several classes: the true class must beat the best other class",
        ),
        Event(2017, "Keras 2 adds it, under the name categorical_hinge"),
    ),
)


def signed(y_true):
    """The labels, moved from 0 and 1 to -1 and +1 if they are nothing else."""
    is_binary = ((y_true == 0) | (y_true == 1)).all()
    return 2 * y_true - 1 if is_binary else y_true


def rivals_and_shortfall(y_true, y_pred):
    """The scores with that of the true class at 0, and what the true class lacks to lie 1 above them all."""
    rivals = (1 - y_true) * y_pred
    true_score = (y_true * y_pred).sum(-1, keepdims=True)
    return rivals, rivals.max(-1, keepdims=True) - true_score + 1
