"""Chapter 15, written in other ways."""

import numpy as np

from lossedu import losses


def axes_of(array, axis):
    """The axes of one region, as a tuple of numbers from 0."""
    axes = range(array.ndim) if axis is None else np.atleast_1d(axis)
    return tuple(int(each) % array.ndim for each in axes)


def by_regions(loss):
    """Return the function that calls `loss` for each region, with flat arrays."""

    def answer(y_true, y_pred, *prices, axis=None):
        axes = axes_of(y_true, axis)
        last = range(-len(axes), 0)
        left = [length for number, length in enumerate(y_true.shape) if number not in axes]
        truths, guesses = (np.moveaxis(np.asarray(each, float), axes, last) for each in (y_true, y_pred))
        found = [
            loss(truth, guess, *prices)
            for truth, guess in zip(
                truths.reshape(int(np.prod(left)), -1), guesses.reshape(int(np.prod(left)), -1), strict=True
            )
        ]
        return np.reshape(found, left)

    return answer


def looped_dice(truth, guess):
    products = total = 0.0
    for y, p in zip(truth, guess, strict=True):
        products += y * p
        total += y + p
    return 1 - 2 * products / (total + 1e-7)


def dice_of_errors(y_true, y_pred, axis=None):
    hits = (y_true * y_pred).sum(axis)
    errors = (y_true + y_pred - 2 * y_true * y_pred).sum(axis)
    return (errors + 1e-7) / (2 * hits + errors + 1e-7)


def iou_by_logic(y_true, y_pred, axis=None):
    a, b = np.asarray(y_true, bool), np.asarray(y_pred, bool)
    union = np.count_nonzero(a | b, axis=axis)
    with np.errstate(invalid="ignore"):
        share = np.count_nonzero(a & b, axis=axis) / np.float64(union)
    return np.nan_to_num(share, nan=1.0)


def slope_by_parts(y_true, y_pred, axis=None):
    top = 2 * (y_true * y_pred).sum(axis, keepdims=True)
    bottom = (y_true + y_pred).sum(axis, keepdims=True) + 1e-7
    return -(2 * y_true * bottom - top) / bottom**2


def slope_where(y_true, y_pred, axis=None):
    s = np.sum(y_true, axis, keepdims=True) + np.sum(y_pred, axis, keepdims=True) + 1e-7
    outside = 2 * np.sum(y_true * y_pred, axis, keepdims=True) / s**2
    return np.where(y_true == 1, outside - 2 / s, outside)


def float32_slope(y_true, y_pred, axis=None):
    return losses.dice.gradient(y_true, np.float32(y_pred), axis=axis)


def tversky_of_sizes(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    hits = np.sum(y_true * y_pred, axis)
    priced = alpha * (np.sum(y_true, axis) - hits) + beta * (np.sum(y_pred, axis) - hits)
    return (priced + 1e-7) / (hits + priced + 1e-7)


def flat_tversky(truth, guess, alpha, beta):
    hits = truth @ guess
    return 1 - hits / (hits + alpha * (truth @ (1 - guess)) + beta * ((1 - truth) @ guess) + 1e-7)


def flat_smoothed(truth, guess, smooth):
    return 1 - (2 * np.dot(truth, guess) + smooth) / (truth.sum() + guess.sum() + smooth)


def smoothed_by_errors(y_true, y_pred, smooth=1.0, axis=None):
    errors = (y_true * (1 - y_pred) + (1 - y_true) * y_pred).sum(axis)
    return errors / (y_true.sum(axis) + y_pred.sum(axis) + smooth)


def mixed_by_label(y_true, y_pred, weight=0.5, axis=None):
    of_label = np.where(y_true == 1, y_pred, 1 - y_pred)
    costs = -np.log(np.clip(of_label, 1e-7, 1 - 1e-7))
    return weight * dice_of_errors(y_true, y_pred, axis) + (1 - weight) * costs.mean(axis)


def flat_mixed(truth, guess, weight):
    costs = losses.binary_crossentropy(truth, guess)
    return weight * looped_dice(truth, guess) + (1 - weight) * costs


def mixed_by_logarithms(y_true, y_pred, weight=0.5, axis=None):
    q = np.minimum(np.maximum(y_pred, 1e-7), 1 - 1e-7)
    pixels = np.size(y_true) / np.size(np.sum(y_true, axis))
    costs = -np.sum(y_true * np.log(q) + (1 - y_true) * np.log1p(-q), axis) / pixels
    return costs + weight * (losses.dice(y_true, y_pred, axis=axis) - costs)


def iou_of_extremes(y_true, y_pred, axis=None):
    return 1 - np.minimum(y_true, y_pred).sum(axis) / (np.maximum(y_true, y_pred).sum(axis) + 1e-7)


def iou_from_dice(y_true, y_pred, axis=None):
    coefficient = 1 - losses.dice(y_true, y_pred, axis=axis)
    return 1 - coefficient / (2 - coefficient)


RIGHT = {
    "iou": {
        "logic": iou_by_logic,
        "a region at a time": by_regions(lambda a, b: 1.0 if not np.any(a + b) else (a @ b) / np.sum(np.maximum(a, b))),
        "equal empty regions first": lambda y_true, y_pred, axis=None: np.where(
            np.all((y_true == 0) & (y_pred == 0), axis),
            1,
            np.sum(y_true * y_pred, axis) / np.maximum(1, np.sum(np.maximum(y_true, y_pred), axis)),
        ),
    },
    "soft_dice": {
        "a loop over pixels": by_regions(looped_dice),
        "errors over sizes": dice_of_errors,
        "float32": lambda y_true, y_pred, axis=None: losses.dice(y_true, np.float32(y_pred), axis=axis),
    },
    "soft_dice_gradient": {
        "the quotient rule": slope_by_parts,
        "inside and outside": slope_where,
        "float32": float32_slope,
    },
    "tversky": {
        "hits from sizes": tversky_of_sizes,
        "a region at a time": lambda y_true, y_pred, alpha=0.5, beta=0.5, axis=None: by_regions(flat_tversky)(
            y_true, y_pred, alpha, beta, axis=axis
        ),
        "float32": lambda y_true, y_pred, alpha=0.5, beta=0.5, axis=None: losses.tversky(
            y_true, np.float32(y_pred), alpha=alpha, beta=beta, axis=axis
        ),
    },
    "smoothed_dice": {
        "a region at a time": lambda y_true, y_pred, smooth=1.0, axis=None: by_regions(flat_smoothed)(
            y_true, y_pred, smooth, axis=axis
        ),
        "errors over sizes": smoothed_by_errors,
        "methods": lambda y_true, y_pred, smooth=1.0, axis=None: (
            1 - ((y_true * y_pred).sum(axis) + smooth / 2) / ((y_true + y_pred).sum(axis) / 2 + smooth / 2)
        ),
    },
    "dice_plus_crossentropy": {
        "the label's probability": mixed_by_label,
        "a region at a time": lambda y_true, y_pred, weight=0.5, axis=None: by_regions(flat_mixed)(
            y_true, y_pred, weight, axis=axis
        ),
        "a step from the one to the other": mixed_by_logarithms,
    },
    "soft_iou": {
        "smallest over largest": iou_of_extremes,
        "from Dice": iou_from_dice,
        "a region at a time": by_regions(lambda a, b: 1 - a @ b / (a.sum() + b.sum() - a @ b + 1e-7)),
    },
}
