"""Inputs on which losses lose digits, if they do: every magnitude, near misses, denormal probabilities, huge logits."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lossedu import losses
from tests.losses.definitions import DEFINITIONS
from tests.oracles import ulps_off

CLASSES = 5


ENTRIES_SHARE_A_SUM = {
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "circle",
    "cosine_similarity",
    "ctc",
    "dice",
    "softmax_cross_entropy_with_logits",
    "softmax_with_loss",
    "sparse_categorical_crossentropy",
    "tversky",
}
BEYOND_FOUR = {  # where doubles alone do no better: the largest error of value and gradient in ulp, and why
    "binary_focal_crossentropy": (
        6,
        8,
        "the power gamma multiplies the rounding of its base; the two terms of the slope part under soft labels",
    ),
    "categorical_focal_crossentropy": (
        4,
        1e7,
        "next to a probability of 1 the factor 1 - p is exact to 1e-16, but no smaller than the 1e-7 of the clip",
    ),
    "circle": (64, 64, "gamma = 80 multiplies the rounding of the inner products"),
    "cosine_similarity": (4, 1e5, "the slope is the small difference of vectors that are nearly parallel"),
    "ctc": (4, 1e4, "the logarithms of paths are as large as the logits, up to 1e4, and so is their rounding"),
    "gaussian_nll": (8, 1e4, "the logarithm of a small variance is negative; z is exact to 1e-16, not 1 - z"),
    "triplet": (1e3, 4, "two squared distances cancel, by chance almost completely"),
    "poisson": (64, 4, "rates and counts times logarithms cancel, by chance almost completely"),
}


def magnitudes(rng, n):
    """Truths and predictions up to 1e300, of any sign, some of them close to each other."""
    return [y * rng.choice([-1, 1], y.shape) for y in positive_magnitudes(rng, n)]


def positive_magnitudes(rng, n):
    largest = rng.choice([1, 9, 150, 300], (n, 1))
    y_true, y_pred = 10.0 ** (largest * rng.uniform(-1, 1, (2, n, 3)))
    near = y_true * np.abs(1 + rng.normal(size=(n, 3)) * 10.0 ** rng.uniform(-12, 0, (n, 3)))
    return y_true, np.where(rng.random((n, 1)) < 0.4, near, y_pred)


def signs_and_scores(rng, n):
    _, y_pred = magnitudes(rng, n)
    return rng.choice([-1.0, 1.0], y_pred.shape), y_pred


def classes_and_scores(rng, n):
    _, y_pred = magnitudes(rng, n)
    return np.eye(3)[rng.integers(0, 3, n)], y_pred


def labels(rng, n):
    """One-hot rows, then soft ones."""
    return np.concatenate([np.eye(CLASSES)[rng.integers(0, CLASSES, n // 2)], distributions(rng, n - n // 2)])


def distributions(rng, n):
    return rng.dirichlet(np.ones(CLASSES), n)


def probabilities(rng, n):
    """Ordinary ones, tiny ones down to denormals, and some that near 1."""
    tiny = 10.0 ** rng.uniform(-320, 0, (n, CLASSES))
    return rng.permutation(np.concatenate([distributions(rng, n), tiny, 1 - tiny]))[:n]


def logits(rng, n):
    return rng.choice([1e-300, 1e-8, 0.1, 1, 10, 100, 2500], (n, 1)) * rng.normal(size=(n, CLASSES))


def labels_and_probabilities(rng, n):
    return labels(rng, n), probabilities(rng, n)


def labels_and_logits(rng, n):
    return labels(rng, n), logits(rng, n)


def class_numbers_and_probabilities(rng, n):
    return rng.integers(0, CLASSES, n), probabilities(rng, n)


def class_numbers_and_logits(rng, n):
    return rng.integers(0, CLASSES, n), logits(rng, n)


def scores_and_class_numbers(rng, n):
    return logits(rng, n)[:, None], rng.integers(0, CLASSES, (n, 1))


def two_distributions(rng, n):
    """Two that have nothing to do with each other, some of whose probabilities are denormal."""
    p, q = probabilities(rng, n), probabilities(rng, n)
    return p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)


def a_distribution(rng, n):
    return two_distributions(rng, n)[:1]


def two_gaussians(rng, n):
    mu, sigma = rng.normal(size=(2, n)), 10.0 ** (rng.choice([3, 300], n) * rng.uniform(-1, 1, (2, n)))
    return mu[0], sigma[0], mu[1], sigma[1]


def counts_and_rates(rng, n):
    rates = 10.0 ** rng.uniform(-3, 4, (n, 3))
    return rng.poisson(rates).astype(float), rates * rng.uniform(0.5, 2, rates.shape)


def pairs_and_distances(rng, n):
    return rng.integers(0, 2, (n, 3)).astype(float), positive_magnitudes(rng, n)[1]


def means_and_variances(rng, n):
    y_true, y_pred = rng.normal(size=(2, n, 3)) * 10.0 ** rng.uniform(-3, 3, (n, 1))
    return y_true, y_pred, 10.0 ** rng.uniform(-12, 6, (n, 3))


def three_embeddings(rng, n):
    """Of every length, often two of them near each other."""
    x = rng.normal(size=(3, n // 4, 4)) * 10.0 ** rng.choice([-160, -3, 0, 3, 150], (n // 4, 1))
    x[1, ::2] = x[0, ::2] * (1 + 1e-3 * x[1, ::2] / np.abs(x[1, ::2]).max(-1, keepdims=True))
    return tuple(x)


def directions(rng, n):
    """Vectors of every length, some of them nearly parallel."""
    y_true, y_pred = rng.normal(size=(2, n, CLASSES))
    y_true[: n // 2] = y_pred[: n // 2] * (1 + 1e-3 * y_true[: n // 2])
    return y_true, y_pred * rng.choice([1e-300, 1e-9, 1e-7, 1, 1e160, 1e300], (n, 1))


def masks(rng, n):
    return rng.integers(0, 2, (n, 9)).astype(float), 10.0 ** rng.uniform(-320, 0, (n, 9))


def labelled_embeddings(rng, n):
    x = rng.normal(size=(n // 20, 6, 3))
    return rng.integers(0, 3, (n // 20, 6)), x / np.linalg.norm(x, axis=-1, keepdims=True)


def label_sequences(rng, n):
    sequences = np.array([[1, 1], [1, 2], [2, 0], [0, 0], [2, 2]])
    sizes = rng.choice([1e-8, 1, 10, 100, 2500], (n // 4, 1, 1))
    return sequences[rng.integers(0, len(sequences), n // 4)], sizes * rng.normal(size=(n // 4, 4, 3))


class Case(NamedTuple):
    """A loss with its options, and the inputs to try it on: arrays with a row for each sample."""

    name: str
    options: dict
    inputs: Callable
    one_by_one: bool = False  # the loss takes one sample at a time, or has an axis of samples within each

    def __str__(self):
        settings = (name if value is True else f"{name}={value}" for name, value in self.options.items())
        return ", ".join([self.name, *settings])

    def draw(self, n, seed=0):
        return self.inputs(np.random.default_rng(seed), n)

    def evaluate(self, function, arrays):
        """What `function` makes of the arrays, with a row for each sample."""
        with np.errstate(over="ignore"):
            if not self.one_by_one:
                return np.asarray(function(*arrays, **self.options))
            results = [function(*sample, **self.options) for sample in zip(*arrays, strict=True)]
            parts = (result if isinstance(result, tuple) else (result,) for result in results)
            return np.array([np.hstack([np.ravel(part) for part in result]) for result in parts])

    def errors(self, value, arrays):
        """How many ulp each entry of the loss is off."""
        return ulps_off(value, DEFINITIONS[self.name][0], *map(as_rows, arrays), **self.definition_options)

    def gradient_errors(self, gradient, arrays):
        """How many ulp each entry of the gradient is off: of its own, or where entries share a sum, of the largest."""
        slope, of_row = DEFINITIONS[self.name][1], self.name in ENTRIES_SHARE_A_SUM
        return ulps_off(gradient, slope, *map(as_rows, arrays), of_row=of_row, **self.definition_options)

    @property
    def limits(self):
        """The largest error of the value and of the gradient, in ulp, and why it is more than 4 if it is."""
        return BEYOND_FOUR.get(self.name, (4, 4, ""))

    @property
    def has_gradient(self):
        return hasattr(self.loss, "gradient")

    @property
    def loss(self):
        return getattr(losses, self.name)

    @property
    def definition_options(self):
        return {name: value for name, value in self.options.items() if name != "axis"}


def as_rows(array):
    """An array with one number a sample as one with rows of one number."""
    return array[:, None] if array.ndim == 1 else array


SMOOTHED = {"label_smoothing": 0.1}
FROM_LOGITS = {"from_logits": True}
OF_LABELS = ["binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy"]
OF_LABELS += ["categorical_focal_crossentropy"]
BALANCED = {"apply_class_balancing": True, "gamma": 1.5}

CASES = [
    Case("mean_squared_error", {}, magnitudes),
    Case("mean_absolute_error", {}, magnitudes),
    Case("mean_absolute_percentage_error", {}, magnitudes),
    Case("mean_squared_logarithmic_error", {}, positive_magnitudes),
    *(Case("huber", {"delta": delta}, magnitudes) for delta in (1e-200, 0.25, 1.0, 5.0, 1e200)),
    *(Case("pseudo_huber", {"delta": delta}, magnitudes) for delta in (1e-200, 0.25, 1.0, 5.0, 1e200)),
    Case("log_cosh", {}, magnitudes),
    *(Case("quantile", {"tau": tau}, magnitudes) for tau in (1e-9, 0.25, 0.5, 0.999)),
    Case("gaussian_nll", {"full": True}, means_and_variances, one_by_one=True),
    Case("brier", {}, labels_and_probabilities),
    Case("contrastive", {"margin": 2.5}, pairs_and_distances),
    Case("triplet", {}, three_embeddings, one_by_one=True),
    Case("hinge", {}, signs_and_scores),
    Case("squared_hinge", {}, signs_and_scores),
    Case("categorical_hinge", {}, classes_and_scores),
    *(Case(name, options, labels_and_probabilities) for name in OF_LABELS for options in ({}, SMOOTHED)),
    *(Case(name, FROM_LOGITS | more, labels_and_logits) for name in OF_LABELS for more in ({}, SMOOTHED)),
    Case("binary_focal_crossentropy", BALANCED, labels_and_probabilities),
    Case("binary_focal_crossentropy", FROM_LOGITS | BALANCED, labels_and_logits),
    Case("sparse_categorical_crossentropy", {}, class_numbers_and_probabilities),
    Case("sparse_categorical_crossentropy", FROM_LOGITS, class_numbers_and_logits),
    *(
        Case("categorical_generalized_cross_entropy", {"q": q}, class_numbers_and_probabilities)
        for q in (1e-12, 0.3, 0.999)
    ),
    Case("log_loss", {}, labels_and_probabilities),
    Case("sigmoid_cross_entropy_with_logits", {}, labels_and_logits),
    Case("weighted_cross_entropy_with_logits", {"pos_weight": 3.0}, labels_and_logits),
    Case("softmax_cross_entropy_with_logits", {}, labels_and_logits),
    Case("softmax_with_loss", {}, scores_and_class_numbers, one_by_one=True),
    Case("ctc", {}, label_sequences),
    Case("kl_divergence", {}, two_distributions),
    Case("poisson", {}, counts_and_rates),
    Case("entropy", {}, a_distribution),
    Case("cross_entropy", {}, two_distributions),
    Case("gaussian_kl", {}, two_gaussians),
    Case("jensen_shannon", {}, two_distributions),
    Case("cosine_similarity", {}, directions),
    Case("dice", {"axis": 1}, masks),
    Case("tversky", {"alpha": 0.3, "beta": 2.0, "axis": 1}, masks),
    Case("circle", {}, labelled_embeddings, one_by_one=True),
]
