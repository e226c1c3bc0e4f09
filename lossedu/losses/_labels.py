"""What the cross-entropies make of labels and probabilities before any logarithm is taken."""

import numpy as np

from lossedu.arrays import length, require_between, require_one_shape, require_probabilities
from lossedu.errors import warn_user
from lossedu.losses._loss import EPSILON
from lossedu.stable import log1p, logistic_loss, logistic_slope


def binary_weights(y_true, y_pred, label_smoothing=0.0):
    """What a 1 and what a 0 weigh for each label once smoothed: y and 1 - y, but both exact to the last digit."""
    require_one_shape(y_true=y_true, y_pred=y_pred)
    require_probabilities(y_true=y_true)
    require_between(0, 1, label_smoothing=label_smoothing)
    if not label_smoothing:
        return y_true, 1 - y_true
    moved = label_smoothing * (y_true - 0.5)
    return y_true - moved, 1 - y_true + moved


def binary_costs(on, off, y_pred, from_logits):
    """The cross-entropy of each entry, given what a 1 and what a 0 weigh there."""
    if from_logits:
        return logistic_loss(on, off, y_pred)
    p = clip_probabilities(y_pred)
    return -(off * log1p(-p) + on * np.log(p))


def binary_slopes(on, off, y_pred, from_logits):
    """The derivative of `binary_costs` with respect to `y_pred`."""
    if from_logits:
        return logistic_slope(on, off, y_pred)
    p = clip_probabilities(y_pred)
    return np.where(p == y_pred, off / (1 - p) - on / p, 0)  # a clipped prediction no longer moves the loss


def class_weights(y_true, y_pred, label_smoothing):
    """What each class weighs in each row once the labels are smoothed."""
    require_one_shape(y_true=y_true, y_pred=y_pred)
    require_probabilities(y_true=y_true)
    require_between(0, 1, label_smoothing=label_smoothing)
    if length(y_pred, -1) == 1:
        message = f"y_pred of shape {y_pred.shape} has one class, which is always right: is the loss a binary one?"
        warn_user(message, SyntaxWarning)
    if not label_smoothing:
        return y_true
    return (1 - label_smoothing) * y_true + label_smoothing / y_true.shape[-1]  # Keras counts classes there


def clip(p):
    """Probabilities kept away from 0 and 1 by epsilon."""
    return np.clip(p, EPSILON, 1 - EPSILON)


def clip_probabilities(y_pred):
    """`clip`, and ValueError where `y_pred` cannot be meant as probabilities."""
    require_probabilities(y_pred=y_pred, unless="from_logits=True")
    return clip(y_pred)


def rescale(y_pred, axis):
    """`y_pred` divided by its sum along `axis`, and that sum."""
    if y_pred.min() < 0:
        raise ValueError(
            f"y_pred must hold probabilities of 0 or more unless from_logits=True, got values down to {y_pred.min():g}"
        )
    total = y_pred.sum(axis, keepdims=True)
    if total.min() == 0:
        raise ValueError(f"y_pred must hold a probability above 0 along axis {axis}, got only zeros")
    return y_pred / total, total


def through_rescaling(slope, p, total, axis):
    """The slope in `y_pred`, from the slope in `p` = `y_pred` / `total`: the part along `p` drops out."""
    with np.errstate(over="ignore"):  # a total near the smallest float makes slopes beyond the largest
        return (slope - (slope * p).sum(axis, keepdims=True)) / total


def one_hot(labels, like, axis):
    """Labels that have a class axis of length 1, spread along it to the shape of `like`."""
    spread = np.zeros_like(like)
    np.put_along_axis(spread, labels, 1, axis)
    return spread
