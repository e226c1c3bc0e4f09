"""Sigmoid, softmax and what follows from them, in forms that neither overflow nor cancel."""

from typing import Any

import numpy as np

from lossedu.arrays import Axis, Floats

EPSILON = 1e-7  # keras.config.epsilon(): the smallest probability, and the number added to logarithms and divisors


def ratio(part: Any, whole: Any) -> Floats:
    """`part / whole`, and 0 where `whole` is 0."""
    part, whole = np.broadcast_arrays(part, whole)
    out = np.zeros(whole.shape, np.result_type(whole, np.float16))
    return np.divide(part, whole, out=out, where=whole != 0)[()]


def log1p(x: Any) -> Floats:
    """ln(1 + x) for finite x: the logarithm of the sum, and what rounding took from it.

    NumPy's own is as exact, good for infinity too, and takes several times as long as a logarithm.
    """
    total = 1 + x
    return np.log(total) - ((total - 1) - x) / total


def odds(x: Any) -> tuple[Floats, Floats, Floats]:
    """Numerators of sigmoid(x) and sigmoid(-x), of which one is 1 and none overflows, and what divides both."""
    e = np.exp(-np.abs(x))
    return np.maximum(e, x >= 0), np.maximum(e, x <= 0), 1 + e


def sigmoid(x: Any) -> Floats:
    """1 / (1 + exp(-x)), with small values kept as exact as large ones."""
    for_it, _, both = odds(x)
    return for_it / both


def logistic_loss(on: Any, off: Any, logits: Any) -> Floats:
    """`on` times -log sigmoid(logits) plus `off` times -log sigmoid(-logits): the price of a logit under two weights.

    Written as a hinge and a correction, both of one sign: soft labels lose no digits, however large the logit.
    """
    correction = log1p(np.exp(-np.abs(logits))) * (on + off)
    return correction + off * np.maximum(logits, 0) + on * np.maximum(-logits, 0)


def logistic_slope(on: Any, off: Any, logits: Any) -> Floats:
    """The derivative of `logistic_loss` with respect to `logits`."""
    for_it, against_it, both = odds(logits)
    return (off * for_it - on * against_it) / both


def softmax(x: Any, axis: Axis = -1) -> Floats:
    """exp(x) / sum(exp(x)) along `axis`."""
    e = np.exp(shift(x, axis))
    return np.divide(e, e.sum(axis, keepdims=True), out=e)


def log_softmax(x: Any, axis: Axis = -1) -> Floats:
    """log(softmax(x)) along `axis`: finite for any finite x whose spread is finite."""
    x = shift(x, axis)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def softmax_costs(labels: Any, x: Any, axis: Any) -> tuple[Floats, Floats]:
    """-log(softmax(x)) at the class numbers `labels`, and the softmax."""
    x = shift(x, axis)
    e = np.exp(x)
    total = e.sum(axis, keepdims=True)
    return np.log(total) - np.take_along_axis(x, labels, axis), np.divide(e, total, out=e)


def shift(x: Any, axis: Axis) -> Floats:
    """`x` minus its maximum along `axis`, which changes no softmax and lets no exponential overflow."""
    with np.errstate(over="ignore"):  # a gap beyond the largest float is infinite, and its exponential 0
        return x - x.max(axis, keepdims=True)


def weigh(weights: Any, values: Any) -> Floats:
    """`weights * values`, with 0 wherever one of them is 0, even where the other is infinite."""
    nothing = np.zeros(np.broadcast_shapes(weights.shape, values.shape), values.dtype)
    return np.multiply(weights, values, out=nothing, where=(weights != 0) & (values != 0))[()]


def below_one(x: Any, axis: Axis = None) -> tuple[Floats, Any]:
    """`x` over the power of two that brings what lies along `axis` below 1, which costs no digit; and the exponent."""
    _, exponent = np.frexp(np.abs(x).max(axis, keepdims=axis is not None))
    return np.ldexp(x, -exponent), exponent
