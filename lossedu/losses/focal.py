"""Cross-entropies that look away from what is already right: the focal losses.

A factor (1 - p)^gamma, p the probability given to the truth, fades out the easy examples.
"""

import numpy as np

from lossedu.arrays import Array, Axis, Floats, as_array, broadcast_shape, length, require_between
from lossedu.losses._labels import (
    binary_costs,
    binary_slopes,
    binary_weights,
    class_weights,
    clip,
    rescale,
    through_rescaling,
)
from lossedu.losses._loss import loss
from lossedu.losses.declaration import INFINITE, OF_TWO, PROBABILITY, Call, ClassForm, Event, Facts, declare
from lossedu.stable import odds, softmax


@loss
def binary_focal_crossentropy(
    y_true: Array,
    y_pred: Array,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Axis = -1,
) -> Floats:
    r"""Binary cross-entropy times `(1 - p)^gamma`, where p is the probability given to the true label.

    .. math:: -\frac1D \sum_i w_i\, (1 - p_i)^\gamma \left( y_i \ln \hat y_i + (1 - y_i) \ln (1 - \hat y_i) \right),
        \qquad p_i = y_i \hat y_i + (1 - y_i)(1 - \hat y_i)

    Args:
        y_true: labels, 0 or 1 or a probability between, shape `(..., D)`.
        y_pred: probabilities in [0, 1], or logits if `from_logits`, same shape.
        apply_class_balancing: if True, w is `alpha` for a 1 and `1 - alpha` for a 0; if False, w is 1.
        alpha: in [0, 1].
        gamma: how strongly easy examples fade, >= 0; 0 is `binary_crossentropy`.
        from_logits: whether `y_pred` holds logits, of which the sigmoid is to be taken. Then nothing is clipped.
        label_smoothing: in [0, 1]; pulls labels towards 1/2.
        axis: the axis, or axes, of the mean.

    Returns:
        Mean over `axis`, shape `(...)`, in nats; at least 0.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, an option or probabilities outside their range.

    Source: T.-Y. Lin et al., "Focal Loss for Dense Object Detection", 2017. Keras:
    `keras.losses.binary_focal_crossentropy`.

    >>> binary_focal_crossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]).round(3)
    array([0.33 , 0.206])
    """
    on, off = binary_weights(y_true, y_pred, label_smoothing)
    weight, wrong, _ = focus(on, off, y_pred, apply_class_balancing, alpha, gamma, from_logits)
    return (weight * wrong**gamma * binary_costs(on, off, y_pred, from_logits)).mean(axis)


@binary_focal_crossentropy.gradient_of
def binary_focal_crossentropy_gradient(
    y_true: Array,
    y_pred: Array,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Axis = -1,
) -> Floats:
    r"""
    .. math:: \frac{w_i}D \left( (1 - p_i)^\gamma \frac{dc_i}{d\hat y_i}
        - \gamma\, (1 - p_i)^{\gamma - 1} (2 y_i - 1)\, c_i \right), \qquad
        c_i \text{ the cross-entropy of one entry}
    """
    on, off = binary_weights(y_true, y_pred, label_smoothing)
    weight, wrong, wrong_slope = focus(on, off, y_pred, apply_class_balancing, alpha, gamma, from_logits)
    cost, slope = binary_costs(on, off, y_pred, from_logits), binary_slopes(on, off, y_pred, from_logits)
    slope = power_slope(wrong, gamma) * wrong_slope * cost + wrong**gamma * slope
    return weight * slope / length(y_pred, axis)


declare(
    binary_focal_crossentropy,
    title="Binary focal loss",
    family="focal",
    chapter="14_imbalance",
    curve=PROBABILITY.varied(gamma=(0.0, 0.5, 1.0, 2.0, 5.0)),
    keras_class=ClassForm("BinaryFocalCrossentropy"),
    also=("focal loss", "sigmoid_focal_loss", "RetinaNet"),
    example={"y_true": [1.0, 0.0, 1.0], "y_pred": [0.8, 0.3, 0.4]},
    elsewhere={
        "tf.keras": Call(
            "keras.losses.binary_focal_crossentropy(y_true, y_pred)",
            "uses `alpha` only if `apply_class_balancing=True`",
        ),
        "optax": Call(
            "optax.sigmoid_focal_loss(jnp.log(y_pred / (1 - y_pred)), y_true, gamma=2.0).mean()",
            "takes logits, and they come first; returns one loss per entry",
        ),
    },
    facts=Facts(
        use="easy examples outnumber the hard ones by far",
        avoid="you need calibrated probabilities: this loss pulls them towards 1/2",
        best="between the share of label 1 and 1/2",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.1109/ICCV.2017.324",
        related=("binary_crossentropy", "weighted_cross_entropy_with_logits", "categorical_focal_crossentropy"),
    ),
    history=(
        Event(
            2017,
            "Lin and others introduce it to detect objects, because almost all places in an image show background",
            doi="10.1109/ICCV.2017.324",
        ),
        Event(2019, "Tian and others use it in FCOS, a detector without anchor boxes", doi="10.1109/ICCV.2019.00972"),
    ),
)


@loss
def categorical_focal_crossentropy(
    y_true: Array,
    y_pred: Array,
    alpha: Array = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Axis = -1,
) -> Floats:
    r"""Categorical cross-entropy times `(1 - p)^gamma`, where p is the probability given to the true class.

    .. math:: -\sum_i \alpha_i\, (1 - \hat p_i)^\gamma\, y_i \ln \hat p_i, \qquad
        \hat p_i = \hat y_i / \textstyle\sum_j \hat y_j

    Unlike `categorical_crossentropy` it clips the probabilities even if it makes them from logits.

    Args:
        y_true: one-hot or soft labels in [0, 1], shape `(..., C)`; each row sums to 1.
        y_pred: probabilities, or weights >= 0 of any positive sum, or logits if `from_logits`; same shape.
        alpha: a weight >= 0 for all classes, or one for each (along the last axis).
        gamma: how strongly easy examples fade, >= 0; 0 is cross-entropy times alpha.
        from_logits: whether `y_pred` holds logits, of which the softmax is to be taken.
        label_smoothing: in [0, 1]; mixes labels with the uniform distribution over the last axis.
        axis: the axis of the classes.

    Returns:
        Sum over `axis`, shape `(...)`, in nats; at least 0.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, an option or labels outside their range, a negative
            probability, or probabilities that are all 0.

    Source: T.-Y. Lin et al., "Focal Loss for Dense Object Detection", 2017. Keras:
    `keras.losses.categorical_focal_crossentropy`.

    >>> categorical_focal_crossentropy([[0, 1, 0], [0, 0, 1]], [[0.05, 0.9, 0.05], [0.1, 0.85, 0.05]]).round(6)
    array([2.63000e-04, 6.75912e-01])
    """
    labels, alpha, p, _ = categorical_parts(y_true, y_pred, alpha, gamma, from_logits, label_smoothing, axis)
    q = clip(p)
    return -(alpha * (1 - q) ** gamma * labels * np.log(q)).sum(axis)


@categorical_focal_crossentropy.gradient_of
def categorical_focal_crossentropy_gradient(
    y_true: Array,
    y_pred: Array,
    alpha: Array = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Axis = -1,
) -> Floats:
    r"""
    .. math:: \frac{g_i - \sum_j \hat p_j g_j}{\sum_j \hat y_j}, \qquad
        g_i = \alpha_i y_i \left( \gamma\, (1 - \hat p_i)^{\gamma - 1} \ln \hat p_i
        - \frac{(1 - \hat p_i)^\gamma}{\hat p_i} \right)
    """
    labels, alpha, p, total = categorical_parts(y_true, y_pred, alpha, gamma, from_logits, label_smoothing, axis)
    q = clip(p)
    slope = alpha * labels * (power_slope(1 - q, gamma) * np.log(q) - (1 - q) ** gamma / q)
    slope = np.where(q == p, slope, 0)
    if from_logits:
        return p * through_rescaling(slope, p, 1, axis)
    return through_rescaling(slope, p, total, axis)


declare(
    categorical_focal_crossentropy,
    title="Categorical focal loss",
    family="focal",
    chapter="14_imbalance",
    curve=OF_TWO.varied(gamma=(0.0, 0.5, 1.0, 2.0, 5.0)),
    keras_class=ClassForm("CategoricalFocalCrossentropy"),
    also=("focal loss",),
    example={"y_true": [0.0, 1.0, 0.0], "y_pred": [0.2, 0.7, 0.1]},
    elsewhere={
        "tf.keras": Call(
            "keras.losses.categorical_focal_crossentropy(y_true, y_pred)", "`alpha` is 0.25 unless you say otherwise"
        ),
    },
    facts=Facts(
        use="easy examples of a few classes far outnumber all other examples",
        avoid="you need calibrated probabilities",
        best="not the shares of the classes; usually flatter",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        among="distributions",
        doi="10.1109/ICCV.2017.324",
        related=("categorical_crossentropy", "binary_focal_crossentropy"),
    ),
    history=(
        Event(
            2017,
            "Lin and others publish focal loss for sigmoid outputs; this form takes a softmax instead",
            doi="10.1109/ICCV.2017.324",
        ),
        Event(
            2020,
            "Mukhoti and others find that it makes networks less overconfident",
            doi="10.48550/arXiv.2002.09437",
        ),
    ),
)


def focus(on, off, y_pred, apply_class_balancing, alpha, gamma, from_logits):
    """The weight of each label's class, the probability that the true label lacks, and its slope."""
    require_between(0, 1, alpha=alpha)
    require_between(0, np.inf, gamma=gamma)
    weight = on * alpha + off * (1 - alpha) if apply_class_balancing else 1
    if not from_logits:
        return weight, off * y_pred + on * (1 - y_pred), off - on
    for_it, against_it, both = odds(y_pred)
    return weight, (off * for_it + on * against_it) / both, (off - on) * (for_it / both) * (against_it / both)


def categorical_parts(y_true, y_pred, alpha, gamma, from_logits, label_smoothing, axis):
    """The weights of the classes in each row, alpha as an array, the probabilities, and what they summed to."""
    alpha = as_array("alpha", alpha).astype(y_pred.dtype)
    require_between(0, np.inf, alpha=alpha, gamma=gamma)
    broadcast_shape({"alpha": alpha, "y_pred": y_pred})
    labels = class_weights(y_true, y_pred, label_smoothing)
    if from_logits:
        return labels, alpha, softmax(y_pred, axis), 1
    return labels, alpha, *rescale(y_pred, axis)


def power_slope(x, gamma):
    """The derivative of x^gamma: 0 for gamma = 0, and finite even where x = 0."""
    return gamma * np.maximum(x, np.finfo(x.dtype).tiny) ** (gamma - 1)
