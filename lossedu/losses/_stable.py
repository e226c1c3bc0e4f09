"""Sigmoid, softmax and what follows from them, in forms that neither overflow nor cancel."""

import numpy as np


def sigmoid(x):
    """1 / (1 + exp(-x)), with small values kept as exact as large ones."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def logistic_loss(on, off, logits):
    """`on` times -log sigmoid(logits) plus `off` times -log sigmoid(-logits): the price of a logit under two weights.

    Written as a hinge and a correction, both of one sign: soft labels lose no digits, however large the logit.
    """
    distance = np.abs(logits)
    return distance * np.where(logits > 0, off, on) + (on + off) * np.log1p(np.exp(-distance))


def logistic_slope(on, off, logits):
    """The derivative of `logistic_loss` with respect to `logits`."""
    return off * sigmoid(logits) - on * sigmoid(-logits)


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)) along `axis`."""
    e = np.exp(shift(x, axis))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x, axis=-1):
    """log(softmax(x)) along `axis`: finite for any finite x whose spread is finite."""
    x = shift(x, axis)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def shift(x, axis):
    """`x` minus its maximum along `axis`, which changes no softmax and lets no exponential overflow."""
    with np.errstate(over="ignore"):  # a gap beyond the largest float is infinite, and its exponential 0
        return x - x.max(axis, keepdims=True)


def weigh(weights, values):
    """`weights * values`, with 0 wherever the weight is 0, even where the value is infinite."""
    return np.multiply(weights, values, out=np.zeros_like(values), where=weights != 0)
