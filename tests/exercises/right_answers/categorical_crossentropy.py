"""Chapter 05, written in other ways."""

import math

import numpy as np

from lossedu import losses
from tests.exercises import scipy_special

EPSILON = 1e-7


def along(function, x, axis):
    """`function` on one vector along the axis at a time."""
    return np.apply_along_axis(function, axis, x)


def looped_softmax(row):
    largest = max(row)
    parts = [math.exp(score - largest) for score in row]
    return [part / sum(parts) for part in parts]


def softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def folded(x, axis=-1):
    """The logarithm of the sum of exponentials, two at a time."""
    return x - np.expand_dims(np.logaddexp.reduce(x, axis=axis), axis)


def shifted(x, axis=-1):
    largest = np.max(x, axis=axis, keepdims=True)
    return x - largest - np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True))


def rescaled(p):
    return np.clip(p / p.sum(-1, keepdims=True), EPSILON, 1 - EPSILON)


def branches(probable, logistic):
    """A loss or gradient of one formula for probabilities and one for logits."""

    def function(y_true, y_pred, from_logits=False):
        return (logistic if from_logits else probable)(y_true, y_pred)

    return function


def looped_cross_entropy(y_true, y_pred, from_logits=False):
    logarithms = shifted(y_pred) if from_logits else np.log(rescaled(y_pred))
    total = np.zeros(y_true.shape[:-1])
    for i in range(y_true.shape[-1]):
        total = total - y_true[..., i] * logarithms[..., i]
    return total


def looped_gradient(y_true, y_pred, from_logits=False):
    slope = np.empty(y_pred.shape)
    for i in np.ndindex(y_pred.shape[:-1]):
        y, q = y_true[i], y_pred[i]
        slope[i] = np.array(looped_softmax(q)) - y if from_logits else 1 / sum(q) - y / q
    return slope


def by_one_hot(y_true, y_pred, from_logits=False, ignore_class=None):
    number_of_classes = y_pred.shape[-1]
    rows = (y_true[..., None] == np.arange(number_of_classes)).astype(float)  # no row for -1
    if ignore_class is not None:
        rows *= (y_true != ignore_class)[..., None]
    logarithms = folded(y_pred) if from_logits else np.log(np.clip(y_pred, EPSILON, 1 - EPSILON))
    return -np.sum(rows * logarithms, axis=-1)


def by_index(y_true, y_pred, from_logits=False, ignore_class=None):
    ignored = np.zeros_like(y_true, bool) if ignore_class is None else y_true == ignore_class
    logarithms = shifted(y_pred) if from_logits else np.log(np.maximum(y_pred, EPSILON))
    flat = logarithms.reshape(-1, y_pred.shape[-1])
    labels = np.where(ignored, 0, y_true)
    costs = -flat[np.arange(labels.size), labels.ravel()].reshape(y_true.shape)
    costs[ignored] = 0
    return costs


def by_loop(y_true, y_pred, from_logits=False, ignore_class=None):
    costs = np.zeros(y_true.shape)
    for i in np.ndindex(y_true.shape):
        if ignore_class is not None and y_true[i] == ignore_class:
            continue
        if from_logits:
            costs[i] = np.logaddexp.reduce(y_pred[i]) - y_pred[i][y_true[i]]
        else:
            costs[i] = -math.log(max(y_pred[i][y_true[i]], EPSILON))
    return costs


RIGHT = {
    "softmax": {
        "as in the text": softmax,
        "a loop over scores": lambda x, axis=-1: along(looped_softmax, x, axis),
        "exp of the logarithm": lambda x, axis=-1: np.exp(folded(x, axis)),
        "moved axis": lambda x, axis=-1: np.moveaxis(softmax(np.moveaxis(x, axis, -1)), -1, axis),
        "scipy logsumexp": lambda x, axis=-1: np.exp(x - scipy_special().logsumexp(x, axis=axis, keepdims=True)),
        "scipy": lambda x, axis=-1: scipy_special().softmax(x, axis=axis),
        "float32": lambda x, axis=-1: softmax(x.astype("float32"), axis),
    },
    "log_softmax": {
        "as in the text": shifted,
        "logaddexp": folded,
        "a loop over scores": lambda x, axis=-1: along(
            lambda row: [score - max(row) - math.log(sum(math.exp(s - max(row)) for s in row)) for score in row],
            x,
            axis,
        ),
        "scipy logsumexp": lambda x, axis=-1: x - scipy_special().logsumexp(x, axis=axis, keepdims=True),
        "scipy": lambda x, axis=-1: scipy_special().log_softmax(x, axis=axis),
        "float32": lambda x, axis=-1: shifted(x, axis).astype("float32"),
    },
    "categorical_crossentropy": {
        "a loop over classes": looped_cross_entropy,
        "einsum": branches(
            lambda y, p: -np.einsum("...i,...i->...", y, np.log(rescaled(p))),
            lambda y, z: -np.einsum("...i,...i->...", y, folded(z)),
        ),
        "log-sum-exp minus the mean logit": branches(
            lambda y, p: -(y * np.log(rescaled(p))).sum(-1),
            lambda y, z: np.logaddexp.reduce(z, axis=-1) - (y * z).sum(-1),
        ),
        "all through logits": lambda y, p, from_logits=False: (
            -(y * shifted(p if from_logits else np.log(np.clip(p, EPSILON * p.sum(-1, keepdims=True), None)))).sum(-1)
        ),
        "scipy xlogy": branches(
            lambda y, p: -scipy_special().xlogy(y, rescaled(p)).sum(-1),
            lambda y, z: -(y * scipy_special().log_softmax(z, axis=-1)).sum(-1),
        ),
        "float32": branches(
            lambda y, p: -(y * np.log(rescaled(p))).sum(-1).astype("float32"),
            lambda y, z: losses.softmax_cross_entropy_with_logits(y, z).astype("float32"),
        ),
    },
    "categorical_crossentropy_gradient": {
        "as in the text": branches(lambda y, q: 1 / q.sum(-1, keepdims=True) - y / q, lambda y, z: softmax(z) - y),
        "a loop over rows": looped_gradient,
        "with the sum of the labels": branches(
            lambda y, q: y.sum(-1, keepdims=True) / q.sum(-1, keepdims=True) - y / q,
            lambda y, z: y.sum(-1, keepdims=True) * softmax(z) - y,
        ),
        "at right angles": branches(
            lambda y, q: (
                (-y / rescaled(q) + (y / rescaled(q) * rescaled(q)).sum(-1, keepdims=True)) / q.sum(-1, keepdims=True)
            ),
            lambda y, z: np.exp(folded(z)) - y,
        ),
        "float32": lambda y, q, from_logits=False: losses.categorical_crossentropy.gradient(y, q, from_logits).astype(
            "f"
        ),
    },
    "sparse_categorical_crossentropy": {
        "one-hot": by_one_hot,
        "fancy index": by_index,
        "a loop over labels": by_loop,
        "float32": lambda *a, **k: losses.sparse_categorical_crossentropy(*a, **k).astype("float32"),
    },
}
