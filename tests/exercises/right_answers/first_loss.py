"""Chapter 00, written in other ways."""

import numpy as np


def looped_squares(y_true, y_pred):
    squares = np.empty(y_pred.shape)
    for i in np.ndindex(squares.shape):
        squares[i] = (y_true[i] - y_pred[i]) ** 2
    return squares


def looped_mean(values):
    total = np.zeros(values.shape[:-1])
    for i in range(values.shape[-1]):
        total = total + values[..., i]
    return total / values.shape[-1]


RIGHT = {
    "squared_error": {
        "a loop": looped_squares,
        "np.square": lambda y_true, y_pred: np.square(np.subtract(y_true, y_pred)),
        "a product": lambda y_true, y_pred: (y_pred - y_true) * (y_pred - y_true),
        "np.abs": lambda y_true, y_pred: np.abs(y_true - y_pred) ** 2,
        "float32": lambda y_true, y_pred: np.float32(y_pred - y_true) ** 2,
    },
    "mean_over_last_axis": {
        "a loop": looped_mean,
        "np.mean": lambda values: np.mean(values, axis=-1),
        "the number of axes": lambda values: values.mean(values.ndim - 1),
        "sum over D": lambda values: values.sum(axis=-1) / values.shape[-1],
        "einsum": lambda values: np.einsum("...i->...", values) / np.size(values, -1),
        "a product of matrices": lambda values: values @ np.full(values.shape[-1], 1 / values.shape[-1]),
        "float32": lambda values: values.astype("float32").mean(-1),
    },
}
