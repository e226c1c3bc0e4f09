"""Chapter 07, written in other ways."""

import numpy as np

from lossedu import losses
from tests.exercises import scipy_special

EPSILON = 1e-7


def clipped(*arrays):
    return (np.clip(array, EPSILON, 1) for array in arrays)


def by_rows(function, *arrays):
    """`function` on one row of each array at a time."""
    rows = zip(*(np.reshape(array, (-1, array.shape[-1])) for array in arrays), strict=True)
    return np.reshape([function(*row) for row in rows], arrays[0].shape[:-1])


def where_entropy(p):
    return np.sum(np.where(p > 0, -p * np.log(p), 0), axis=-1)


def looped_cross_entropy(p, q):
    total = np.zeros(p.shape[:-1])
    for i in range(p.shape[-1]):
        with np.errstate(all="ignore"):
            total -= np.where(p[..., i] > 0, p[..., i] * np.log(q[..., i]), 0)
    return total


def difference_of_entropies(y_true, y_pred):
    p, q = clipped(y_true, y_pred)
    return -(p * np.log(q)).sum(-1) - -(p * np.log(p)).sum(-1)


def looped_kl_gradient(y_true, y_pred):
    slope = np.zeros(np.shape(y_pred))
    for i in np.ndindex(slope.shape):
        slope[i] = -y_true[i] / y_pred[i]
    return slope


def kl_of_rows(p, q):
    return sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def entropies_of_the_mixture(p, q):
    divergence = where_entropy((p + q) / 2) - (where_entropy(p) + where_entropy(q)) / 2
    return np.sqrt(np.maximum(divergence, 0))


RIGHT = {
    "entropy": {
        "np.where": where_entropy,
        "a loop over rows": lambda p: by_rows(lambda row: -sum(x * np.log(x) for x in row if x > 0), p),
        "scipy entr": lambda p: scipy_special().entr(p).sum(-1),
        "scipy xlogy": lambda p: -scipy_special().xlogy(p, p).sum(axis=-1),
        "einsum": lambda p: -np.einsum("...i,...i", p, np.log(np.where(p == 0, 1, p))),
        "nansum": lambda p: -np.nansum(p * np.log(p), -1),
        "masked array": lambda p: -(p * np.ma.log(p)).sum(-1),
        "an epsilon": lambda p: -(p * np.log(p + 1e-12)).sum(-1),
        "float32": lambda p: where_entropy(p.astype("float32")),
    },
    "cross_entropy": {
        "a loop over outcomes": looped_cross_entropy,
        "scipy xlogy": lambda p, q: -scipy_special().xlogy(p, q).sum(-1),
        "entropy plus divergence": lambda p, q: (
            scipy_special().entr(p).sum(-1) + scipy_special().rel_entr(p, q).sum(-1)
        ),
        "log where": lambda p, q: -(p * np.log(q, out=np.zeros(p.shape), where=p > 0)).sum(-1),
        "float32": lambda p, q: looped_cross_entropy(p, q).astype("float32"),
    },
    "kl_divergence": {
        "cross-entropy minus entropy": difference_of_entropies,
        "difference of logarithms": lambda p, q: np.sum(
            np.maximum(p, EPSILON) * (np.log(np.maximum(p, EPSILON)) - np.log(np.maximum(q, EPSILON))), axis=-1
        ),
        "a loop over rows": lambda p, q: by_rows(kl_of_rows, *clipped(p, q)),
        "scipy rel_entr": lambda p, q: scipy_special().rel_entr(*clipped(p, q)).sum(-1),
        "0 ln 0 left out": lambda p, q: scipy_special().rel_entr(p, np.maximum(q, EPSILON)).sum(-1),
        "einsum": lambda p, q: np.einsum("...i,...i->...", p, np.log(np.divide(*clipped(p, q)))),
        "float32": lambda p, q: losses.kl_divergence(p.astype("float32"), q.astype("float32")),
    },
    "kl_divergence_gradient": {
        "a loop over entries": looped_kl_gradient,
        "np.divide": lambda p, q: np.negative(np.divide(p, q)),
        "clipped": lambda p, q: -np.divide(*clipped(p, q)),
        "an epsilon": lambda p, q: -p / (q + EPSILON),
        "float32": lambda p, q: (-p / q).astype("float32"),
    },
    "gaussian_kl": {
        "ratio of variances": lambda m, s, n, t: ((s / t) ** 2 - 1 - np.log(s**2 / t**2) + ((m - n) / t) ** 2) / 2,
        "difference of logarithms": lambda m, s, n, t: np.log(t) - np.log(s) + (s**2 + (m - n) ** 2) / 2 / t**2 - 1 / 2,
        "cross-entropy minus entropy": lambda m, s, n, t: (
            0.5 * np.log(2 * np.pi * t**2) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5 * np.log(2 * np.pi * np.e * s**2)
        ),
        "a loop": np.vectorize(lambda m, s, n, t: np.log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t) - 0.5),
        "float32": lambda *a: losses.gaussian_kl(*(np.asarray(x, "float32") for x in a)),
    },
    "poisson": {
        "sum over D": lambda y, r: np.sum(r - y * np.log(r + EPSILON), axis=-1) / y.shape[-1],
        "scipy xlogy": lambda y, r: np.mean(r - scipy_special().xlogy(y, r + EPSILON), -1),
        "a loop over rows": lambda y, r: by_rows(lambda a, b: np.mean(b - a * np.log(b + EPSILON)), y, r),
        "difference of means": lambda y, r: r.mean(-1) - np.einsum("...i,...i", y, np.log(r + EPSILON)) / r.shape[-1],
        "float32": lambda y, r: losses.poisson(y.astype("float32"), r.astype("float32")),
    },
    "poisson_gradient": {
        "with the epsilon": lambda y, r: (1 - y / (r + EPSILON)) / r.shape[-1],
        "without it": lambda y, r: (1 - y / r) / np.size(r, -1),
        "on one fraction": lambda y, r: (r - y) / (r * r.shape[-1]),
        "two terms": lambda y, r: np.ones_like(r) / r.shape[-1] - y / r / r.shape[-1],
        "float32": lambda y, r: ((1 - y / r) / r.shape[-1]).astype("float32"),
    },
    "jensen_shannon_distance": {
        "entropies of the mixture": entropies_of_the_mixture,
        "scipy rel_entr": lambda p, q: np.sqrt(
            (scipy_special().rel_entr(p, (p + q) / 2) + scipy_special().rel_entr(q, (p + q) / 2)).sum(-1) / 2
        ),
        "the clipped divergence": lambda p, q: np.sqrt(
            abs(losses.kl_divergence(p, (p + q) / 2) + losses.kl_divergence(q, (p + q) / 2)) / 2
        ),
        "a loop over rows": lambda p, q: by_rows(
            lambda a, b: (kl_of_rows(a, (a + b) / 2) / 2 + kl_of_rows(b, (a + b) / 2) / 2) ** 0.5, p, q
        ),
        "float32": lambda p, q: np.float32(np.sqrt(losses.jensen_shannon(p, q))),
    },
}
