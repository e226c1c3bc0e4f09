"""Chapter 01, written in other ways."""

import numpy as np

from lossedu import losses

EPSILON = 1e-7


def row_by_row(of_row):
    """A function of two rows, given as Python floats, tried on each pair of rows with loops only."""

    def function(y_true, y_pred):
        result = np.zeros(y_true.shape[:-1])
        for i in np.ndindex(result.shape):
            result[i] = of_row(y_true[i].tolist(), y_pred[i].tolist())
        return result

    return function


def entry_by_entry(of_error):
    """A function of one error, summed up to a gradient: tried on each entry with a loop, divided by D."""

    def gradient(y_true, y_pred):
        slope = np.zeros(y_pred.shape)
        for i in np.ndindex(slope.shape):
            slope[i] = of_error(float(y_pred[i] - y_true[i])) / y_pred.shape[-1]
        return slope

    return gradient


def in_float32(function):
    return lambda t, p: function(t.astype("float32"), p.astype("float32"))


def row_by_row_at_level(of_row):
    """As `row_by_row`, for a function of two rows and a level."""
    return lambda t, p, tau=0.5: row_by_row(lambda a, b: of_row(a, b, tau))(t, p)


def errors(t, p):
    return [b - a for a, b in zip(t, p, strict=True)]


def floored_logarithm(y):
    return np.log(np.where(y > EPSILON, y, EPSILON) + 1)


def masked_percentage(t, p):
    size = np.abs(t) * 1.0
    size[size < EPSILON] = EPSILON
    return np.average(100 * np.abs(p - t) / size, axis=-1)


RIGHT = {
    "mean_squared_error": {
        "a loop over rows": row_by_row(lambda t, p: sum(e * e for e in errors(t, p)) / len(t)),
        "np.square": lambda t, p: np.mean(np.square(np.subtract(t, p)), axis=-1),
        "einsum": lambda t, p: np.einsum("...i,...i->...", p - t, p - t) / p.shape[-1],
        "the norm": lambda t, p: np.linalg.norm(t - p, axis=-1) ** 2 / t.shape[-1],
        "variance and bias": lambda t, p: (p - t).var(-1) + (p - t).mean(-1) ** 2,
        "float32": lambda t, p: np.mean(np.float32(p - t) ** 2, axis=-1),
    },
    "mean_squared_error_gradient": {
        "a loop over entries": entry_by_entry(lambda e: 2 * e),
        "np.size": lambda t, p: 2 * (p - t) / np.size(t, -1),
        "two terms": lambda t, p: 2 / t.shape[-1] * p - 2 / t.shape[-1] * t,
        "sign and size": lambda t, p: -np.sign(t - p) * 2 * np.abs(t - p) / p.shape[-1],
        "float32": in_float32(losses.mean_squared_error.gradient),
    },
    "mean_absolute_error": {
        "a loop over rows": row_by_row(lambda t, p: sum(map(abs, errors(t, p))) / len(t)),
        "maximum minus minimum": lambda t, p: (np.maximum(t, p) - np.minimum(t, p)).mean(axis=-1),
        "root of squares": lambda t, p: np.sqrt((p - t) ** 2).mean(-1),
        "the norm": lambda t, p: np.linalg.norm(t - p, ord=1, axis=-1) / t.shape[-1],
        "np.where": lambda t, p: np.sum(np.where(p > t, p - t, t - p), -1) / t.shape[-1],
        "float32": in_float32(losses.mean_absolute_error),
    },
    "mean_absolute_error_gradient": {
        "a loop over entries": entry_by_entry(lambda e: (e > 0) - (e < 0)),
        "two comparisons": lambda t, p: ((p > t).astype(float) - (p < t)) / p.shape[-1],
        "np.where": lambda t, p: np.where(p == t, 0, np.where(p > t, 1, -1)) / p.shape[-1],
        "np.select": lambda t, p: np.select([p > t, p < t], [1 / p.shape[-1], -1 / p.shape[-1]]),
        "float32": in_float32(losses.mean_absolute_error.gradient),
    },
    "mean_absolute_percentage_error": {
        "a loop over rows": row_by_row(
            lambda t, p: 100 * sum(abs(b - a) / max(abs(a), EPSILON) for a, b in zip(t, p, strict=True)) / len(t)
        ),
        "a floor by mask": masked_percentage,
        "ratio of the whole": lambda t, p: 100 * np.mean(np.abs((t - p) / np.maximum(np.abs(t), EPSILON)), axis=-1),
        "np.clip": lambda t, p: (np.abs(p - t) / np.clip(np.abs(t), EPSILON, None)).sum(-1) / t.shape[-1] * 100,
        "float32": in_float32(losses.mean_absolute_percentage_error),
    },
    "mean_squared_logarithmic_error": {
        "a loop over rows": row_by_row(
            lambda t, p: (
                sum(np.log((1 + max(b, EPSILON)) / (1 + max(a, EPSILON))) ** 2 for a, b in zip(t, p, strict=True))
                / len(t)
            )
        ),
        "np.log": lambda t, p: ((floored_logarithm(t) - floored_logarithm(p)) ** 2).mean(-1),
        "a floor of 0": lambda t, p: np.mean((np.log1p(np.maximum(p, 0)) - np.log1p(np.maximum(t, 0))) ** 2, axis=-1),
        "one logarithm": lambda t, p: np.mean(
            np.log((1 + np.clip(p, EPSILON, None)) / (1 + np.clip(t, EPSILON, None))) ** 2, -1
        ),
        "float32": in_float32(losses.mean_squared_logarithmic_error),
    },
    "pinball_loss": {
        "a loop over rows": row_by_row_at_level(
            lambda t, p, tau: sum(-tau * e if e < 0 else (1 - tau) * e for e in errors(t, p)) / len(t)
        ),
        "np.where": lambda t, p, tau=0.5: np.mean(np.where(p < t, tau, 1 - tau) * np.abs(p - t), axis=-1),
        "half the size and a tilt": lambda t, p, tau=0.5: (np.abs(t - p) / 2 + (tau - 0.5) * (t - p)).mean(-1),
        "two ramps": lambda t, p, tau=0.5: (
            (tau * np.clip(t - p, 0, None) + (1 - tau) * np.clip(p - t, 0, None)).sum(axis=-1) / p.shape[-1]
        ),
        "float32": lambda t, p, tau=0.5: losses.quantile(t.astype("float32"), p.astype("float32"), tau),
    },
    "pinball_loss_gradient": {
        "a loop over entries": lambda t, p, tau=0.5: entry_by_entry(lambda e: (1 - tau) * (e > 0) - tau * (e < 0))(
            t, p
        ),
        "np.select": lambda t, p, tau=0.5: np.select([p > t, p < t], [1 - tau, -tau]) / p.shape[-1],
        "half the sign and a tilt": lambda t, p, tau=0.5: (np.sign(p - t) / 2 + (0.5 - tau) * (p != t)) / p.shape[-1],
        "float32": lambda t, p, tau=0.5: losses.quantile.gradient(t.astype("float32"), p.astype("float32"), tau),
    },
    "root_mean_squared_error": {
        "a loop over rows": row_by_row(lambda t, p: (sum(e**2 for e in errors(t, p)) / len(t)) ** 0.5),
        "the norm": lambda t, p: np.linalg.norm(p - t, axis=-1) / np.sqrt(p.shape[-1]),
        "variance and bias": lambda t, p: np.hypot((p - t).std(-1), (p - t).mean(-1)),
        "float32": in_float32(lambda t, p: np.sqrt(losses.mean_squared_error(t, p))),
    },
}
