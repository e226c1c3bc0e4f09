"""Chapter 03, written in other ways."""

import numpy as np

from lossedu import losses


def signs(y):
    return np.where(y > 0, 1.0, -1.0)


def in_float32(reference):
    return lambda y_true, y_pred: reference(np.float32(y_true), np.float32(y_pred))


def signed_in_a_loop(y):
    signed = np.empty(y.shape)
    for index in np.ndindex(y.shape):
        signed[index] = 1 if y[index] == 1 else -1
    return signed


def signed_by_assignment(y):
    signed = y.copy()
    signed[signed == 0] = -1
    return signed


def looped(of_margin):
    """The mean over the last axis of `of_margin`, a number at a time."""

    def function(y_true, y_pred):
        margins = signs(y_true) * y_pred
        total = np.zeros(margins.shape[:-1])
        for index in np.ndindex(margins.shape):
            total[index[:-1]] += of_margin(margins[index])
        return total / margins.shape[-1]

    return function


def hinge_by_masks(y_true, y_pred):
    shortfall = 1 - signs(y_true) * y_pred
    return np.einsum("...i,...i", shortfall > 0, shortfall) / y_pred.shape[-1]


def looped_slope(of_label_and_score):
    def function(y_true, y_pred):
        slopes = np.zeros(y_pred.shape)
        for index in np.ndindex(y_pred.shape):
            t = 1 if y_true[index] == 1 else -1
            slopes[index] = of_label_and_score(t, y_pred[index]) / y_pred.shape[-1]
        return slopes

    return function


def categorical_by_rows(y_true, y_pred):
    labels, scores = (np.reshape(array, (-1, array.shape[-1])) for array in (y_true, y_pred))
    values = []
    for label, score in zip(labels, scores, strict=True):
        true = int(np.argmax(label))
        rivals = [s for i, s in enumerate(score) if i != true]
        values.append(max(0, max([0, *rivals]) - score[true] + 1))
    return np.reshape(values, y_true.shape[:-1])


def categorical_by_where(y_true, y_pred):
    rivals = np.where(y_true == 1, 0, y_pred).max(axis=-1)
    return np.clip(1 + rivals - y_pred[y_true == 1].reshape(rivals.shape), 0, None)


RIGHT = {
    "to_signed_labels": {
        "by the whole array": lambda y: 2 * y - 1 if ((y == 0) | (y == 1)).all() else y + 0,
        "np.where": signs,
        "zeros replaced": lambda y: np.where(y == 0, -1, y),
        "assignment to a copy": signed_by_assignment,
        "a loop": signed_in_a_loop,
        "integers": lambda y: np.where(y == 1, 1, -1),
        "sign of a shift": lambda y: np.sign(y - 0.5),
        "float32": lambda y: signs(y).astype("float32"),
    },
    "hinge": {
        "np.clip": lambda y, s: np.clip(1 - signs(y) * s, 0, None).mean(-1),
        "np.where": lambda y, s: np.where(signs(y) * s < 1, 1 - signs(y) * s, 0).mean(axis=-1),
        "masks and einsum": hinge_by_masks,
        "two classes": lambda y, s: np.where(y == 1, np.maximum(1 - s, 0), np.maximum(1 + s, 0)).mean(-1),
        "half of u + |u|": lambda y, s: ((1 - signs(y) * s) + abs(1 - signs(y) * s)).mean(-1) / 2,
        "a loop": looped(lambda margin: max(0, 1 - margin)),
        "float32": in_float32(losses.hinge),
    },
    "hinge_gradient": {
        "the slope at the kink": lambda y, s: np.where(signs(y) * s <= 1, -signs(y), 0) / s.shape[-1],
        "0 at the kink": lambda y, s: -signs(y) * (signs(y) * s < 1) / s.shape[-1],
        "half the slope at the kink": lambda y, s: -signs(y) * np.heaviside(1 - signs(y) * s, 0.5) / s.shape[-1],
        "a loop": looped_slope(lambda t, s: -t if t * s < 1 else 0),
        "float32": in_float32(losses.hinge.gradient),
    },
    "squared_hinge": {
        "np.square": lambda y, s: np.mean(np.square(np.maximum(0, 1 - signs(y) * s)), axis=-1),
        "np.where": lambda y, s: np.where(signs(y) * s < 1, (1 - signs(y) * s) ** 2, 0).mean(-1),
        "einsum": lambda y, s: (
            np.einsum("...i,...i", *2 * [np.maximum(1 - signs(y) * s, 0)], optimize=False) / s.shape[-1]
        ),
        "a loop": looped(lambda margin: max(0, 1 - margin) ** 2),
        "float32": in_float32(losses.squared_hinge),
    },
    "squared_hinge_gradient": {
        "score minus label": lambda y, s: 2 * (s - signs(y)) * (signs(y) * s < 1) / s.shape[-1],
        "np.where": lambda y, s: np.where(signs(y) * s < 1, -2 * signs(y) * (1 - signs(y) * s), 0) / np.size(s, -1),
        "two classes": lambda y, s: np.where(y == 1, 2 * np.minimum(s - 1, 0), 2 * np.maximum(s + 1, 0)) / s.shape[-1],
        "a loop": looped_slope(lambda t, s: -2 * t * max(0, 1 - t * s)),
        "float32": in_float32(losses.squared_hinge.gradient),
    },
    "categorical_hinge": {
        "np.where": categorical_by_where,
        "a loop over rows": categorical_by_rows,
        "einsum": lambda y, s: np.maximum(0, 1 - np.einsum("...i,...i", y, s) + np.max((1 - y) * s, axis=-1)),
        "score of the index": lambda y, s: np.maximum(
            ((1 - y) * s).max(-1) - np.take_along_axis(s, y.argmax(-1)[..., None], -1)[..., 0] + 1, 0
        ),
        "float32": in_float32(losses.categorical_hinge),
    },
}
