"""What losses are by definition, in mpmath: of rows of numbers, and of one error with its slope."""

import mpmath
from mpmath import mpf

from tests.losses.agreement import EPSILON


def mean_of(term):
    """A loss of two rows: the mean of `term(y, p)`."""
    return lambda y_true, y_pred, **options: (
        mpmath.fsum(term(y, p, **options) for y, p in zip(y_true, y_pred, strict=True)) / len(y_true)
    )


def log_floor(x):
    return mpmath.log1p(max(x, EPSILON))


def root(y, p, delta):
    return mpmath.sqrt(1 + ((p - y) / mpf(delta)) ** 2)


TERMS = {
    "mean_squared_error": lambda y, p: (p - y) ** 2,
    "mean_absolute_error": lambda y, p: abs(p - y),
    "mean_absolute_percentage_error": lambda y, p: 100 * abs(p - y) / max(abs(y), EPSILON),
    "mean_squared_logarithmic_error": lambda y, p: (log_floor(p) - log_floor(y)) ** 2,
    "huber": lambda y, p, delta=1.0: (p - y) ** 2 / 2 if abs(p - y) <= delta else delta * (abs(p - y) - mpf(delta) / 2),
    "pseudo_huber": lambda y, p, delta=1.0: (p - y) ** 2 / (1 + root(y, p, delta)),
    "log_cosh": lambda y, p: abs(p - y) - mpmath.log(2) + mpmath.log1p(mpmath.exp(-2 * abs(p - y))),
    "hinge": lambda y, p: max(1 - y * p, 0),
    "squared_hinge": lambda y, p: max(1 - y * p, 0) ** 2,
}

SLOPES = {
    "mean_squared_error": lambda y, p: 2 * (p - y),
    "mean_absolute_error": lambda y, p: mpmath.sign(p - y),
    "mean_absolute_percentage_error": lambda y, p: 100 * mpmath.sign(p - y) / max(abs(y), EPSILON),
    "mean_squared_logarithmic_error": lambda y, p: (
        2 * (log_floor(p) - log_floor(y)) / (1 + p) if p >= EPSILON else mpf(0)
    ),
    "huber": lambda y, p, delta=1.0: max(-mpf(delta), min(p - y, mpf(delta))),
    "pseudo_huber": lambda y, p, delta=1.0: (p - y) / root(y, p, delta),
    "log_cosh": lambda y, p: mpmath.tanh(p - y),
    "hinge": lambda y, p: -y if 1 - y * p >= 0 else mpf(0),
    "squared_hinge": lambda y, p: -2 * y * max(1 - y * p, 0),
}


def categorical_hinge(y_true, y_pred):
    rivals = max((1 - y) * p for y, p in zip(y_true, y_pred, strict=True))
    return max(rivals - mpmath.fdot(y_true, y_pred) + 1, 0)


DEFINITIONS = {name: mean_of(term) for name, term in TERMS.items()} | {"categorical_hinge": categorical_hinge}
