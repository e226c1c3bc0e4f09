"""Chapter 04, written in other ways."""

import math

import numpy as np

from lossedu import losses
from tests.exercises import scipy_special

EPSILON = 1e-7


def sigma(z):
    return 1 / (1 + np.exp(-z))


def by_entries(function, *arrays):
    """`function` on one entry of each array at a time."""
    return np.vectorize(function, otypes=[float])(*arrays)


def surprise(y, p):
    """One label's surprise, from Python's own floats."""
    return sum(
        -weight * math.log(chance) if chance else math.inf for weight, chance in ((y, p), (1 - y, 1 - p)) if weight
    )


def stable(y, z):
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


def clipped(y, p):
    return scipy_special().xlogy(y, np.clip(p, EPSILON, 1 - EPSILON)) + scipy_special().xlog1py(
        1 - y, -np.clip(p, EPSILON, 1 - EPSILON)
    )


def chosen_by_label(y, p):
    """Where the label is soft, too: the mean of both surprises."""
    p = np.minimum(np.maximum(p, EPSILON), 1 - EPSILON)
    return -np.where(y == 1, np.log(p), np.where(y == 0, np.log(1 - p), y * np.log(p) + (1 - y) * np.log(1 - p)))


def two_branches(x):
    result = np.empty(x.shape)
    result[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    result[x < 0] = np.exp(x[x < 0]) / (1 + np.exp(x[x < 0]))
    return result


def branches(probable, logistic, mean=np.mean):
    """A loss of one formula for probabilities and one for logits."""

    def loss(y_true, y_pred, from_logits=False):
        return mean((logistic if from_logits else probable)(y_true, y_pred), axis=-1)

    return loss


def slopes(probable, logistic):
    """A gradient of one formula for probabilities and one for logits."""

    def slope(y_true, y_pred, from_logits=False):
        return (logistic if from_logits else probable)(y_true, y_pred) / y_pred.shape[-1]

    return slope


def looped_gradient(y_true, y_pred, from_logits=False):
    slope = np.zeros(np.shape(y_pred))
    for i in np.ndindex(slope.shape):
        y, p = y_true[i], y_pred[i]
        slope[i] = 1 / (1 + np.exp(-p)) - y if from_logits else -y / p + (1 - y) / (1 - p)
    return slope / slope.shape[-1]


RIGHT = {
    "log_loss": {
        "a loop over entries": lambda y, p: by_entries(surprise, y, p).mean(-1),
        "np.where": lambda y, p: (
            -np.mean(np.where(y > 0, y * np.log(p), 0) + np.where(y < 1, (1 - y) * np.log(1 - p), 0), axis=-1)
        ),
        "scipy xlogy": lambda y, p: (
            -(scipy_special().xlogy(y, p) + scipy_special().xlog1py(1 - y, -p)).sum(-1) / y.shape[-1]
        ),
        "log where": lambda y, p: (
            -np.mean(
                y * np.log(p, out=np.zeros_like(p), where=y > 0)
                + (1 - y) * np.log1p(-p, out=np.zeros_like(p), where=y < 1),
                axis=-1,
            )
        ),
        "nanmean": lambda y, p: (
            -(np.nansum(y * np.log(p), -1) + np.nansum((1 - y) * np.log(1 - p), -1)) / np.shape(y)[-1]
        ),
        "float32": lambda y, p: losses.log_loss(y.astype("float32"), p.astype("float32")),
    },
    "logit": {
        "ratio": lambda p: np.log(p / (1 - p)),
        "difference": lambda p: np.log(p) - np.log(1 - p),
        "minus the other": lambda p: -np.log(1 / p - 1),
        "scipy": lambda p: scipy_special().logit(p),
        "float32": lambda p: np.log(p / (1 - p)).astype("float32"),
    },
    "sigmoid": {
        "one fraction": sigma,
        "two branches": two_branches,
        "tanh": lambda x: (1 + np.tanh(x / 2)) / 2,
        "logaddexp": lambda x: np.exp(-np.logaddexp(0, -x)),
        "clipped": lambda x: 1 / (1 + np.exp(-np.clip(x, -500, 500))),
        "scipy": lambda x: scipy_special().expit(x),
        "float32": lambda x: sigma(x).astype("float32"),
    },
    "binary_crossentropy": {
        "as in the text": branches(lambda y, p: -clipped(y, p), stable),
        "logaddexp": branches(chosen_by_label, lambda y, z: np.logaddexp(0, z) - z * y),
        "scipy log_expit": branches(
            lambda y, p: -clipped(y, p),
            lambda y, z: -y * scipy_special().log_expit(z) - (1 - y) * scipy_special().log_expit(-z),
        ),
        "all through logits": lambda y, p, from_logits=False: stable(
            y, p if from_logits else scipy_special().logit(np.clip(p, EPSILON, 1 - EPSILON))
        ).mean(-1),
        "a loop over entries": branches(
            lambda y, p: by_entries(lambda a, b: surprise(a, min(max(b, EPSILON), 1 - EPSILON)), y, p),
            lambda y, z: by_entries(lambda a, b: max(b, 0) - a * b + math.log1p(math.exp(-abs(b))), y, z),
        ),
        "float32": lambda y, p, from_logits=False: losses.binary_crossentropy(
            y, p if from_logits else np.clip(p, EPSILON, 1 - EPSILON), from_logits
        ).astype("float32"),
    },
    "binary_crossentropy_gradient": {
        "as in the text": slopes(lambda y, p: (p - y) / (p * (1 - p)), lambda y, z: sigma(z) - y),
        "two terms": slopes(
            lambda y, p: -y / p + (1 - y) / (1 - p), lambda y, z: (1 - y) * two_branches(z) - y * two_branches(-z)
        ),
        "a loop over entries": looped_gradient,
        "tanh": slopes(lambda y, p: (1 - y) / (1 - p) - y / p, lambda y, z: (1 + np.tanh(z / 2)) / 2 - y),
        "float32": lambda y, p, from_logits=False: losses.binary_crossentropy.gradient(y, p, from_logits).astype("f"),
    },
    "weighted_cross_entropy_with_logits": {
        "one logarithm": lambda y, z, w: (
            (1 - y) * z + (1 + (w - 1) * y) * (np.log1p(np.exp(-np.abs(z))) + np.maximum(-z, 0))
        ),
        "logaddexp": lambda y, z, w: w * y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z),
        "scipy log_expit": lambda y, z, w: (
            -w * y * scipy_special().log_expit(z) - (1 - y) * scipy_special().log_expit(-z)
        ),
        "a loop over entries": lambda y, z, w: by_entries(
            lambda a, b: w * a * np.logaddexp(0, -b) + (1 - a) * np.logaddexp(0, b), y, z
        ),
        "the stable form of each label": lambda y, z, w: w * y * stable(1, z) + (1 - y) * stable(0, z),
        "float32": lambda y, z, w: losses.weighted_cross_entropy_with_logits(y, z, w).astype("float32"),
    },
}
