"""Chapter 09, written in other ways."""

import numpy as np

from lossedu import losses
from tests.exercises.right_answers.kl_divergence import scipy_special

EPSILON = 1e-7


def looped(function, y_true, *others):
    """`function` on one entry at a time."""
    return np.array([function(float(y), *others) for y in np.ravel(y_true)]).reshape(np.shape(y_true))


def mixed(y_true, label_smoothing):
    """The share of a matrix that mixes the classes."""
    classes = y_true.shape[-1]
    mixing = (1 - label_smoothing) * np.eye(classes) + label_smoothing / classes * np.ones((classes, classes))
    return y_true @ mixing


def softplus_form(y_true, y_pred, label_smoothing, from_logits=False):
    y = y_true + label_smoothing * (0.5 - y_true)
    if from_logits:
        return (np.logaddexp(0, y_pred) - y * y_pred).mean(axis=-1)
    p = np.clip(y_pred, EPSILON, 1 - EPSILON)
    return np.mean(-y * np.log(p) - (1 - y) * np.log1p(-p), axis=-1)


def keras_form(y_true, y_pred, label_smoothing, from_logits=False):
    y = y_true * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        costs = np.maximum(y_pred, 0) - y_pred * y + np.log1p(np.exp(-np.abs(y_pred)))
    else:
        costs = -(y * np.log(y_pred + EPSILON) + (1 - y) * np.log(1 - y_pred + EPSILON))
    return costs.sum(-1) / y_pred.shape[-1]


def two_surprises(y_true, y_pred, label_smoothing, from_logits=False):
    """The loss is linear in the label: what both labels cost, weighted."""
    ones = np.ones_like(y_pred)
    if_yes, if_no = (
        losses.binary_crossentropy((label * ones)[..., None], y_pred[..., None], from_logits=from_logits)
        for label in (1, 0)
    )
    s = label_smoothing
    kept = np.where(y_true == 1, if_yes, if_no)
    return ((1 - s) * kept + s / 2 * (if_yes + if_no)).mean(-1)


def log_probabilities(y_pred, from_logits):
    if from_logits:
        return (
            y_pred
            - y_pred.max(-1, keepdims=True)
            - np.log(np.exp(y_pred - y_pred.max(-1, keepdims=True)).sum(-1, keepdims=True))
        )
    return np.log(np.clip(y_pred, EPSILON, 1 - EPSILON))


def mixture_of_losses(y_true, y_pred, label_smoothing, from_logits=False):
    log_p = log_probabilities(y_pred, from_logits)
    return -(1 - label_smoothing) * (y_true * log_p).sum(-1) - label_smoothing * log_p.mean(-1)


def einsum_form(y_true, y_pred, label_smoothing, from_logits=False):
    return -np.einsum("...k,...k->...", mixed(y_true, label_smoothing), log_probabilities(y_pred, from_logits))


def scipy_form(y_true, y_pred, label_smoothing, from_logits=False):
    y = y_true * (1 - label_smoothing) + label_smoothing / np.size(y_true, -1)
    if from_logits:
        return -(y * scipy_special().log_softmax(y_pred, axis=-1)).sum(-1)
    p = y_pred / y_pred.sum(-1, keepdims=True)
    return -scipy_special().xlogy(y, np.maximum(p, EPSILON)).sum(-1)


def in_float32(function):
    return lambda y_true, y_pred, *options, **named: function(
        np.asarray(y_true, "float32"), np.asarray(y_pred, "float32"), *options, **named
    )


RIGHT = {
    "smooth_binary_labels": {
        "moved towards one half": lambda y, s: y + s * (0.5 - y),
        "a loop": lambda y, s: looped(lambda label: (1 - s) * label + s / 2, y),
        "both outcomes of the coin": lambda y, s: (1 - s) * y + s * (0.5 * 0 + 0.5 * 1),
        "np.interp": lambda y, s: np.interp(y, [0, 1], [s / 2, 1 - s / 2]),
        "float32": lambda y, s: np.float32(y) * np.float32(1 - s) + np.float32(s / 2),
    },
    "smooth_categorical_labels": {
        "a mixing matrix": mixed,
        "moved towards the uniform": lambda y, s: y - s * (y - 1 / np.size(y, -1)),
        "np.full": lambda y, s: (1 - s) * y + s * np.full(y.shape, 1 / y.shape[-1]),
        "the mean of the row": lambda y, s: (1 - s) * y + s * y.mean(-1, keepdims=True),
        "float32": lambda y, s: mixed(np.float32(y), s).astype("float32"),
    },
    "smoothed_binary_crossentropy": {
        "softplus": softplus_form,
        "as Keras does": keras_form,
        "two surprises": two_surprises,
        "float32": in_float32(keras_form),
    },
    "smoothed_categorical_crossentropy": {
        "a mixture of losses": mixture_of_losses,
        "einsum": einsum_form,
        "scipy log_softmax": scipy_form,
        "float32": in_float32(mixture_of_losses),
    },
    "optimal_logit_gap": {
        "ratio of the targets": lambda k, s: np.log(np.divide(1 - s + s / k, s / k)),
        "difference of logarithms": lambda k, s: np.log(k - s * (k - 1)) - np.log(s),
        "logit and the other classes": lambda k, s: np.log(np.divide(k - (k - 1) * s, (k - 1) * s)) + np.log(k - 1),
        "a loop": lambda k, s: np.vectorize(lambda a, b: np.log(a / b - a + 1) if b else np.inf, otypes=[float])(k, s),
        "float32": lambda k, s: np.log1p(np.float32(k) * (1 - np.float32(s)) / np.float32(s)),
    },
    "smoothing_for_flips": {
        "one over a share": lambda a, k: a / (1 - 1 / k),
        "alpha and its share": lambda a, k: a + a / (k - 1),
        "a loop": np.vectorize(lambda a, k: a * k / (k - 1), otypes=[float]),
        "float32": lambda a, k: np.float32(a) / np.float32(1 - 1 / k),
    },
}
