"""Chapter 02, written in other ways."""

import numpy as np

from lossedu import losses
from tests.exercises import scipy_special


def looped(of_pairs):
    """The mean over the last axis of `of_pairs(y, p, ...)`, a number at a time."""

    def function(y_true, y_pred, **options):
        total = np.zeros(y_pred.shape[:-1])
        for index in np.ndindex(y_pred.shape):
            total[index[:-1]] += of_pairs(y_true[index], y_pred[index], **options)
        return total / y_pred.shape[-1]

    return function


def looped_slope(of_pairs):
    """`of_pairs(y, p, ...)` of each entry, with its 1/D."""

    def function(y_true, y_pred, **options):
        slopes = np.zeros(y_pred.shape)
        for index in np.ndindex(y_pred.shape):
            slopes[index] = of_pairs(y_true[index], y_pred[index], **options) / y_pred.shape[-1]
        return slopes

    return function


def in_float32(reference):
    return lambda y_true, y_pred, **options: reference(np.float32(y_true), np.float32(y_pred), **options)


def huber_of_pair(y, p, delta=1.0):
    e = abs(p - y)
    return e * e / 2 if e < delta else delta * e - delta**2 / 2


def huber_by_masks(y_true, y_pred, delta=1.0):
    e = np.abs(y_true - y_pred)
    is_near = e < delta
    return np.mean(is_near * e**2 / 2 + ~is_near * delta * (e - delta / 2), axis=-1)


def huber_by_assignment(y_true, y_pred, delta=1.0):
    e = np.abs(np.subtract(y_pred, y_true))
    loss = 0.5 * e**2
    loss[e > delta] = delta * (e[e > delta] - 0.5 * delta)
    return loss.mean(axis=-1)


def huber_quadratic_plus_excess(y_true, y_pred, delta=1.0):
    e = np.abs(y_pred - y_true)
    near = np.clip(e, 0, delta)
    return (near**2 / 2 + delta * (e - near)).mean(-1)


def pseudo_huber_by_hypot(y_true, y_pred, delta=1.0):
    e = y_pred - y_true
    return np.mean(e * (e / (1 + np.hypot(1, e / delta))), -1)


def pseudo_huber_by_logarithms(y_true, y_pred, delta=1.0):
    return (delta**2 * np.expm1(np.log1p(((y_pred - y_true) / delta) ** 2) / 2)).mean(axis=-1)


RIGHT = {
    "huber": {
        "np.where": lambda y, p, delta=1.0: np.where(
            np.abs(p - y) <= delta, (p - y) ** 2 / 2, delta * np.abs(p - y) - delta**2 / 2
        ).mean(-1),
        "masks": huber_by_masks,
        "assignment": huber_by_assignment,
        "quadratic plus excess": huber_quadratic_plus_excess,
        "a loop": looped(huber_of_pair),
        "scipy": lambda y, p, delta=1.0: scipy_special().huber(delta, p - y).mean(-1),
        "einsum": lambda y, p, delta=1.0: (
            np.einsum("...i,...i", np.clip(p - y, -delta, delta), p - y - np.clip(p - y, -delta, delta) / 2)
            / p.shape[-1]
        ),
        "float32": in_float32(losses.huber),
    },
    "huber_gradient": {
        "np.where": lambda y, p, delta=1.0: np.where(abs(p - y) < delta, p - y, delta * np.sign(p - y)) / p.shape[-1],
        "np.clip": lambda y, p, delta=1.0: np.clip((p - y) / p.shape[-1], -delta / p.shape[-1], delta / p.shape[-1]),
        "minimum and maximum": lambda y, p, delta=1.0: -np.maximum(np.minimum(y - p, delta), -delta) / np.size(y, -1),
        "a loop": looped_slope(lambda y, p, delta=1.0: max(-delta, min(delta, p - y))),
        "float32": in_float32(losses.huber.gradient),
    },
    "pseudo_huber": {
        "conjugate": lambda y, p, delta=1.0: ((p - y) ** 2 / (1 + np.sqrt(1 + ((p - y) / delta) ** 2))).mean(-1),
        "hypot": pseudo_huber_by_hypot,
        "logarithms": pseudo_huber_by_logarithms,
        "a loop": looped(lambda y, p, delta=1.0: (p - y) ** 2 / (1 + (1 + (p - y) ** 2 / delta**2) ** 0.5)),
        "scipy": lambda y, p, delta=1.0: scipy_special().pseudo_huber(delta, p - y).mean(-1),
        "float32": in_float32(losses.pseudo_huber),
    },
    "pseudo_huber_gradient": {
        "hypot": lambda y, p, delta=1.0: delta * (p - y) / np.hypot(delta, p - y) / p.shape[-1],
        "power": lambda y, p, delta=1.0: (p - y) * (1 + ((p - y) / delta) ** 2) ** -0.5 / p.shape[-1],
        "sine of an angle": lambda y, p, delta=1.0: delta * np.sin(np.arctan2(p - y, delta)) / p.shape[-1],
        "a loop": looped_slope(lambda y, p, delta=1.0: (p - y) / (1 + ((p - y) / delta) ** 2) ** 0.5),
        "float32": in_float32(losses.pseudo_huber.gradient),
    },
    "log_cosh": {
        "logaddexp": lambda y, p: (np.logaddexp(p - y, y - p) - np.log(2)).mean(-1),
        "softplus": lambda y, p: np.mean(p - y + np.logaddexp(0, -2 * (p - y)) - np.log(2), axis=-1),
        "log1p": lambda y, p: (abs(p - y) + np.log1p(np.exp(-2 * abs(p - y))) - np.log(2)).mean(-1),
        "two forms": lambda y, p: np.where(
            abs(p - y) < 20, np.log(np.cosh(np.clip(p - y, -20, 20))), abs(p - y) - np.log(2)
        ).mean(-1),
        "a loop": looped(lambda y, p: abs(p - y) + np.log((1 + np.exp(-2 * abs(p - y))) / 2)),
        "scipy": lambda y, p: (scipy_special().logsumexp([p - y, y - p], axis=0) - np.log(2)).mean(-1),
        "float32": in_float32(losses.log_cosh),
    },
    "log_cosh_gradient": {
        "tanh": lambda y, p: np.tanh(p - y) / p.shape[-1],
        "sigmoid": lambda y, p: (2 * scipy_special().expit(2 * (p - y)) - 1) / p.shape[-1],
        "exponentials": lambda y, p: (
            np.sign(p - y) * (1 - np.exp(-2 * abs(p - y))) / (1 + np.exp(-2 * abs(p - y))) / p.shape[-1]
        ),
        "a loop": looped_slope(lambda y, p: np.tanh(p - y)),
        "float32": in_float32(losses.log_cosh.gradient),
    },
}
