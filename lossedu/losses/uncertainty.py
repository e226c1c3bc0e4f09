"""Losses for predictions that say how sure they are: a quantile, a mean with its variance, or probabilities."""

import numpy as np

from lossedu.arrays import (
    Array,
    Floats,
    as_positive,
    broadcast_shape,
    length,
    require_between,
    require_one_shape,
    require_probabilities,
)
from lossedu.losses._loss import loss
from lossedu.losses.declaration import ERROR, INFINITE, PROBABILITY, Call, ClassForm, Curve, Event, Facts, declare
from lossedu.losses.reduction import mean


@loss
def quantile(y_true: Array, y_pred: Array, tau: float = 0.5) -> Floats:
    r"""The pinball loss: one price for a prediction that is too low, another for one that is too high.

    .. math:: \frac1D \sum_i \max\left( \tau\, e_i,\; (\tau - 1)\, e_i \right), \qquad e = y - \hat y

    Its minimiser is the quantile of `y_true` at the level `tau`: a share `tau` of the truths lies below it. At 0.5 the
    loss is half the absolute error, and the quantile is the median.

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`, any unit.
        tau: the level of the quantile, between 0 and 1, both excluded. It is also the price of each unit that a
            prediction is too low; each unit too high costs `1 - tau`.

    Returns:
        Mean over the last axis, shape `(...)`, in the unit of `y_true`; at least 0. The gradient is 0 at its kink.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or `tau` outside (0, 1).

    Source: R. Koenker and G. Bassett, "Regression Quantiles", 1978.

    >>> quantile([[10.0], [10.0]], [[8.0], [12.0]], tau=0.75)    # 2 too low, 2 too high
    array([1.5, 0.5])
    """
    require_level(tau)
    e = y_pred - y_true
    return mean((1 - tau) * np.maximum(e, 0) - tau * np.minimum(e, 0))


@quantile.gradient_of
def quantile_gradient(y_true: Array, y_pred: Array, tau: float = 0.5) -> Floats:
    r"""
    .. math:: -\frac{\tau}D \text{ where } \hat y_i < y_i, \qquad \frac{1 - \tau}D \text{ where } \hat y_i > y_i, \qquad
        0 \text{ at } \hat y_i = y_i
    """
    require_level(tau)
    side = np.sign(y_pred - y_true)
    return ((1 - tau) * np.maximum(side, 0) + tau * np.minimum(side, 0)) / length(y_pred, -1)


declare(
    quantile,
    title="Quantile loss (pinball)",
    family="uncertainty",
    chapter="01_regression",
    curve=ERROR.varied({"tau": 0.8}, tau=(0.1, 0.25, 0.5, 0.8, 0.9, 0.95)),
    keras_class=ClassForm("Quantile"),
    aliases={"TF Addons": ("pinball_loss",)},
    also=("pinball loss", "check loss", "quantile regression"),
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0], "tau": 0.8},
    elsewhere={
        "scikit-learn": Call(
            "sklearn.metrics.mean_pinball_loss(y_true, y_pred, alpha=0.8)",
            "returns the mean over all rows; `tau` is called `alpha`",
        ),
    },
    facts=Facts(
        use="a prediction that is too low costs more or less than one that is too high, or you want an interval",
        avoid="you want the median or the mean: take the absolute or the squared error",
        best="the quantile `tau`",
        unit="the unit of y",
        least=0,
        most=INFINITE,
        convex=True,
        noise="asymmetric Laplace",
        doi="10.2307/1913643",
        related=("mean_absolute_error", "mean_squared_error", "gaussian_nll"),
    ),
    history=(
        Event(1978, "Koenker and Bassett introduce quantile regression", doi="10.2307/1913643"),
        Event(
            2017,
            "Wen and others forecast demand with a recurrent network that predicts several quantiles",
            doi="10.48550/arXiv.1711.11053",
        ),
    ),
)


def require_level(tau):
    """Raise TypeError or ValueError unless `tau` is a number between 0 and 1, both excluded."""
    require_between(0, 1, tau=tau)
    if tau in (0, 1):
        raise ValueError(f"tau must lie between 0 and 1, both excluded, got {tau}")


@loss(slopes_in=("y_pred", "var"))
def gaussian_nll(y_true: Array, y_pred: Array, var: Array, full: bool = False, eps: float = 1e-6) -> Floats:
    r"""The surprise at a truth under a normal distribution whose mean and variance are both predicted.

    .. math:: \frac1D \sum_i \frac12 \left( \ln v_i + \frac{(\hat y_i - y_i)^2}{v_i} \right), \qquad
        v = \max(\text{var}, \epsilon)

    The best variance is the mean square of the errors. As in PyTorch, the constant :math:`\tfrac12 \ln 2\pi` is left
    out unless `full`, and the gradient below `eps` is that at `eps`, so that a variance can grow again.

    Args:
        y_true, y_pred: truths and predicted means, arrays of one shape `(..., D)`.
        var: predicted variances (not standard deviations), >= 0, that broadcast to that shape.
        full: whether to add :math:`\tfrac12 \ln 2\pi`, which makes it the whole negative log-likelihood.
        eps: the smallest variance that counts, > 0.

    Returns:
        Mean over the last axis, shape `(...)`, in nats; below 0 where a density is above 1. The gradient has two parts,
        the slopes in `y_pred` and in `var`; if entries share a variance, add up their slopes.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, a negative variance, or an `eps` that is not positive.

    Source: D. A. Nix and A. S. Weigend, "Estimating the Mean and Variance of the Target Probability Distribution",
    1994. PyTorch: `torch.nn.functional.gaussian_nll_loss`.

    >>> gaussian_nll([[1.0]], [[3.0]], [[4.0]]).round(4)    # (ln 4 + 2^2 / 4) / 2
    array([1.1931])
    >>> to_mean, to_variance = gaussian_nll.gradient([[1.0]], [[3.0]], [[16.0]])
    >>> to_mean, to_variance
    (array([[0.125]]), array([[0.0234375]]))
    """
    e, v = errors_and_variances(y_true, y_pred, var, eps)
    constant = np.log(2 * np.pi) / 2 if full else 0
    return mean((np.log(v) + np.square(e / np.sqrt(v))) / 2) + e.dtype.type(constant)


@gaussian_nll.gradient_of
def gaussian_nll_gradient(y_true: Array, y_pred: Array, var: Array, full: bool = False, eps: float = 1e-6) -> Floats:
    r"""
    .. math:: \frac1D \frac{\hat y_i - y_i}{v_i} \text{ in the mean}, \qquad
        \frac1{2D} \frac{v_i - (\hat y_i - y_i)^2}{v_i^2} \text{ in the variance}
    """
    e, v = errors_and_variances(y_true, y_pred, var, eps)
    z = np.abs(e) / np.sqrt(v)  # of 1 - z^2, the product keeps more digits
    return np.stack([e / v, (1 - z) / v * (1 + z) / 2]) / length(e, -1)


declare(
    gaussian_nll,
    title="Gaussian negative log-likelihood",
    family="uncertainty",
    chapter=None,
    curve=Curve(lambda x: ([0.0], [1.0], [x]), 0.2, 4, "var, for an error of 1"),
    also=("GaussianNLLLoss", "heteroscedastic regression"),
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0], "var": [1.0, 0.5, 2.0]},
    elsewhere={
        "PyTorch": Call(
            "F.gaussian_nll_loss(y_pred, y_true, var)", "the predictions come first; returns the mean over all entries"
        ),
    },
    facts=Facts(
        use="the network should say how sure it is of each number",
        avoid="the first predictions are far from the labels: large variances then hide large errors",
        best="the mean, and the variance around it",
        unit="nats",
        bounds="ln(eps) / 2 or more",
        least=-6.91,
        most=INFINITE,
        convex=False,
        noise="Gaussian, one variance per entry",
        doi="10.1109/ICNN.1994.374138",
        related=("mean_squared_error", "gaussian_kl", "quantile"),
    ),
    history=(
        Event(
            1994,
            "Nix and Weigend give a network a second output, the variance around its prediction",
            doi="10.1109/ICNN.1994.374138",
        ),
        Event(
            2017,
            "Kendall and Gal train a network to predict the depth at each pixel, and the uncertainty of this depth",
            doi="10.48550/arXiv.1703.04977",
        ),
    ),
)


def errors_and_variances(y_true, y_pred, var, eps):
    """The errors, and variances of their shape that are at least `eps`."""
    require_one_shape(y_true=y_true, y_pred=y_pred)
    broadcast_shape({"y_pred": y_pred, "var": var})
    if var.min() < 0:
        raise ValueError(f"var must hold variances of 0 or more, got {var.min():g}")
    e = y_pred - y_true.astype(y_pred.dtype, copy=False)
    with np.errstate(over="ignore"):
        v = np.maximum(var.astype(e.dtype, copy=False), as_positive("eps", eps, e.dtype))
    return np.broadcast_arrays(e, v)


@loss
def brier(y_true: Array, y_pred: Array) -> Floats:
    r"""The squared distance between predicted probabilities and what happened, summed over the classes.

    .. math:: \sum_i (\hat y_i - y_i)^2

    A proper score: only the true probabilities minimise its expectation. It is `mean_squared_error` times the number of
    classes, and unlike a cross-entropy it stays bounded if something happens that had probability 0.

    Args:
        y_true: one-hot labels, or other probabilities, shape `(..., C)`. For a single event, 1 or 0 and C = 1.
        y_pred: probabilities in [0, 1], same shape.

    Returns:
        Sum over the last axis, shape `(...)`; between 0 and 2, for a single event between 0 and 1. With two columns,
        one for each outcome, the same event costs twice as much.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, or values outside [0, 1].

    Source: G. W. Brier, "Verification of Forecasts Expressed in Terms of Probability", 1950.

    >>> brier([[0, 1, 0], [0, 1, 0]], [[0.25, 0.5, 0.25], [1, 0, 0]])
    array([0.375, 2.   ])
    """
    require_forecasts(y_true, y_pred)
    return np.square(y_pred - y_true).sum(-1)


@brier.gradient_of
def brier_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: 2 (\hat y_i - y_i)"""
    require_forecasts(y_true, y_pred)
    return 2 * (y_pred - y_true)


declare(
    brier,
    title="Brier score",
    family="uncertainty",
    chapter=None,
    curve=PROBABILITY,
    keras_class=ClassForm("Brier"),
    also=("Brier score", "quadratic score"),
    example={"y_true": [0.0, 1.0, 0.0], "y_pred": [0.2, 0.7, 0.1]},
    elsewhere={
        "scikit-learn": Call(
            "sklearn.metrics.brier_score_loss([y_true.argmax()], [y_pred], labels=[0, 1, 2])",
            "takes a batch, and class numbers as labels; returns the mean over the rows",
        ),
    },
    facts=Facts(
        use="you score probabilities, and one confident mistake must not dominate",
        avoid="a confident mistake must cost far more: take cross-entropy",
        best="the share of each class",
        unit="none",
        bounds="from 0 to 2 for a distribution",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
        related=("binary_crossentropy", "log_loss", "categorical_crossentropy", "mean_squared_error"),
    ),
    history=(
        Event(
            1950,
            "Brier scores weather forecasts that state probabilities",
            doi="10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
        ),
        Event(
            2007,
            "Gneiting and Raftery explain which scores reward honest probabilities, this one among them",
            doi="10.1198/016214506000001437",
        ),
    ),
)


def require_forecasts(y_true, y_pred):
    """Raise ValueError unless both arrays hold probabilities, are of one shape, and have an axis of classes."""
    require_one_shape(y_true=y_true, y_pred=y_pred)
    require_probabilities(y_true=y_true, y_pred=y_pred)
    length(y_pred, -1)
