"""Losses on the error `y_pred - y_true`: squared, absolute, relative, logarithmic, and the robust ones between.

All take a mean over the last axis. Where the true value is beyond the largest float they return infinity, and NumPy
warns of the overflow.
"""

import numpy as np

from lossedu.arrays import Array, Floats, as_positive, length
from lossedu.losses._loss import EPSILON, loss
from lossedu.losses.declaration import ERROR, POSITIVE, ClassForm, declare
from lossedu.losses.reduction import mean
from lossedu.stable import log1p


@loss
def mean_squared_error(y_true: Array, y_pred: Array) -> Floats:
    r"""The mean of squared errors: what a Gaussian error asks for. Its minimiser is the mean of `y_true`.

    .. math:: \frac1D \sum_i (\hat y_i - y_i)^2

    It is a variance only where the errors have mean 0, and a standard deviation never.

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`, any unit.

    Returns:
        Mean over the last axis, shape `(...)`, in the unit squared; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: C. F. Gauss, "Theoria motus corporum coelestium", 1809. Keras: `keras.losses.mean_squared_error`.

    >>> mean_squared_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]])
    array([0.5, 0.5])
    """
    return mean(np.square(y_pred - y_true))


@mean_squared_error.gradient_of
def mean_squared_error_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: \frac2D (\hat y_i - y_i)"""
    return 2 / length(y_pred, -1) * (y_pred - y_true)


declare(
    mean_squared_error,
    title="Mean squared error",
    family="regression",
    chapter="01_regression",
    curve=ERROR,
    keras_class=ClassForm("MeanSquaredError"),
    aliases={"Keras 1": ("mse", "MSE")},
    elsewhere={
        "tf.keras": "keras.losses.mean_squared_error",
        "PyTorch": "torch.nn.functional.mse_loss",
        "scikit-learn": "sklearn.metrics.mean_squared_error",
    },
)


@loss
def mean_absolute_error(y_true: Array, y_pred: Array) -> Floats:
    r"""The mean size of the errors: what a Laplace error asks for. Its minimiser is the median of `y_true`.

    .. math:: \frac1D \sum_i |\hat y_i - y_i|

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`, any unit.

    Returns:
        Mean over the last axis, shape `(...)`, in the unit of `y_true`; at least 0. The gradient is 0 at its kink.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: P.-S. Laplace, "Mémoire sur la probabilité des causes par les évènements", 1774. Keras:
    `keras.losses.mean_absolute_error`.

    >>> mean_absolute_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [3.0, 0.0]])
    array([0.5, 1.5])
    """
    return mean(np.abs(y_pred - y_true))


@mean_absolute_error.gradient_of
def mean_absolute_error_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: \frac1D \operatorname{sign}(\hat y_i - y_i)"""
    return np.sign(y_pred - y_true) / length(y_pred, -1)


declare(
    mean_absolute_error,
    title="Mean absolute error",
    family="regression",
    chapter="01_regression",
    curve=ERROR,
    keras_class=ClassForm("MeanAbsoluteError"),
    aliases={"Keras 1": ("mae", "MAE"), "TF 1": ("absolute_difference",)},
    elsewhere={
        "tf.keras": "keras.losses.mean_absolute_error",
        "PyTorch": "torch.nn.functional.l1_loss",
        "scikit-learn": "sklearn.metrics.mean_absolute_error",
    },
)


@loss
def mean_absolute_percentage_error(y_true: Array, y_pred: Array) -> Floats:
    r"""The mean size of the errors in percent of the truth.

    .. math:: \frac{100}D \sum_i \frac{|\hat y_i - y_i|}{\max(|y_i|, \epsilon)}, \qquad \epsilon = 10^{-7}

    For positive quantities, guessing 0 costs 100 % and guessing high has no bound: what minimises it lies low.

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`, any unit; a truth near 0 makes the loss explode.

    Returns:
        Mean over the last axis, shape `(...)`, in percent; at least 0. The gradient is 0 at its kink.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: C. D. Lewis, "Industrial and Business Forecasting Methods", 1982. Keras:
    `keras.losses.mean_absolute_percentage_error`.

    >>> mean_absolute_percentage_error([[2.0, 8.0]], [[1.0, 10.0]])
    array([37.5])
    """
    return 100 * mean(np.abs(y_pred - y_true) / np.maximum(np.abs(y_true), EPSILON))


@mean_absolute_percentage_error.gradient_of
def mean_absolute_percentage_error_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: \frac{100}D \frac{\operatorname{sign}(\hat y_i - y_i)}{\max(|y_i|, \epsilon)}"""
    return 100 / length(y_pred, -1) * np.sign(y_pred - y_true) / np.maximum(np.abs(y_true), EPSILON)


declare(
    mean_absolute_percentage_error,
    title="Mean absolute percentage error",
    family="regression",
    chapter="01_regression",
    curve=POSITIVE,
    keras_class=ClassForm("MeanAbsolutePercentageError"),
    aliases={"Keras 1": ("mape", "MAPE")},
    elsewhere={
        "tf.keras": "keras.losses.mean_absolute_percentage_error",
        "scikit-learn": "sklearn.metrics.mean_absolute_percentage_error",
    },
)


@loss
def mean_squared_logarithmic_error(y_true: Array, y_pred: Array) -> Floats:
    r"""The mean squared error of `ln(1 + y)`: for quantities whose ratio matters, such as counts over many scales.

    .. math:: \frac1D \sum_i \left( \ln(1 + \max(\hat y_i, \epsilon)) - \ln(1 + \max(y_i, \epsilon)) \right)^2, \qquad
        \epsilon = 10^{-7}

    An estimate that is too low costs more than one as much too high. Below epsilon there is no gradient.

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`; values below epsilon count as epsilon, negative ones too.

    Returns:
        Mean over the last axis, shape `(...)`; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: Keras: `keras.losses.mean_squared_logarithmic_error`.

    >>> mean_squared_logarithmic_error([[3.0], [3.0]], [[1.0], [5.0]]).round(4)
    array([0.4805, 0.1644])
    """
    return mean(np.square(log_ratio(y_true, y_pred)))


@mean_squared_logarithmic_error.gradient_of
def mean_squared_logarithmic_error_gradient(y_true: Array, y_pred: Array) -> Floats:
    r"""
    .. math:: \frac2D \frac{\ln(1 + \hat y_i) - \ln(1 + \max(y_i, \epsilon))}{1 + \hat y_i}
        \text{ for } \hat y_i \ge \epsilon, \qquad
        0 \text{ below}
    """
    slope = 2 / length(y_pred, -1) * log_ratio(y_true, y_pred) / (1 + np.maximum(y_pred, EPSILON))
    return np.where(y_pred >= EPSILON, slope, 0)


declare(
    mean_squared_logarithmic_error,
    title="Mean squared logarithmic error",
    family="regression",
    chapter="01_regression",
    curve=POSITIVE,
    keras_class=ClassForm("MeanSquaredLogarithmicError"),
    aliases={"Keras 1": ("msle", "MSLE")},
    elsewhere={
        "tf.keras": "keras.losses.mean_squared_logarithmic_error",
        "scikit-learn": "sklearn.metrics.mean_squared_log_error",
    },
)


def log_ratio(y_true, y_pred):
    """`ln(1 + y_pred) - ln(1 + y_true)` above epsilon, with the digits that a difference of logarithms would lose."""
    y_true, y_pred = np.maximum(y_true, EPSILON), np.maximum(y_pred, EPSILON)
    rise = y_pred - y_true
    return np.copysign(np.log1p(np.abs(rise) / (1 + np.minimum(y_true, y_pred))), rise)


@loss
def huber(y_true: Array, y_pred: Array, delta: float = 1.0) -> Floats:
    r"""Quadratic near zero, linear beyond `delta`: a bounded slope tames outliers.

    .. math:: \frac1D \sum_i H(\hat y_i - y_i), \qquad H(e) =
        \begin{cases} e^2 / 2 & |e| \le \delta \\ \delta\, (|e| - \delta / 2) & |e| > \delta \end{cases}

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`, any unit.
        delta: where the slope stops growing, in the unit of `y_true`; > 0.

    Returns:
        Mean over the last axis, shape `(...)`, in the unit squared; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or a `delta` that is not positive and finite.

    Source: P. J. Huber, "Robust Estimation of a Location Parameter", 1964. Keras: `keras.losses.huber`.

    >>> huber([[0.0, 1.0], [0.0, 0.0]], [[0.6, 0.4], [3.0, 0.0]]).round(4)
    array([0.18, 1.25])
    """
    e = np.abs(y_pred - y_true)
    near = np.minimum(e, as_positive("delta", delta, e.dtype))
    return mean(near * (e - near / 2))  # one formula for both branches, in which no square overflows


@huber.gradient_of
def huber_gradient(y_true: Array, y_pred: Array, delta: float = 1.0) -> Floats:
    r""".. math:: \frac1D \min(\max(e_i, -\delta),\, \delta), \qquad e = \hat y - y"""
    limit = as_positive("delta", delta, y_pred.dtype)
    return np.clip(y_pred - y_true, -limit, limit) / length(y_pred, -1)


declare(
    huber,
    title="Huber loss",
    family="robust regression",
    chapter="02_robust_regression",
    curve=ERROR,
    keras_class=ClassForm("Huber", defaults={"name": "huber_loss"}),
    aliases={"Keras 2": ("huber_loss",)},
    elsewhere={
        "tf.keras": "keras.losses.huber",
        "PyTorch": "torch.nn.functional.huber_loss",
        "SciPy": "scipy.special.huber",
    },
)


@loss
def pseudo_huber(y_true: Array, y_pred: Array, delta: float = 1.0) -> Floats:
    r"""Huber's loss without its joint: a hyperbola, smooth everywhere, of slope `delta` far out.

    .. math:: \frac1D \sum_i \delta^2 \left( \sqrt{1 + (e_i / \delta)^2} - 1 \right), \qquad e = \hat y - y

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`, any unit.
        delta: the slope far out, in the unit of `y_true`; > 0.

    Returns:
        Mean over the last axis, shape `(...)`, in the unit squared; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or a `delta` that is not positive and finite.

    Source: P. Charbonnier et al., "Deterministic Edge-Preserving Regularization in Computed Imaging", 1997; R. Hartley
    and A. Zisserman, "Multiple View Geometry in Computer Vision", 2003, gave it its name.

    >>> pseudo_huber([[0.0, 0.0]], [[0.75, 2.4]])    # (0.25 + 1.6) / 2
    array([0.925])
    """
    e, limit = np.abs(y_pred - y_true), as_positive("delta", delta, y_pred.dtype)
    near, far = np.minimum(e, limit), np.maximum(e, limit)
    # with h = hypot(e, delta) this is delta * (h - delta) = delta * e^2 / (h + delta), divided by `far` throughout
    return mean(near * (e / (np.sqrt(1 + np.square(near / far)) + limit / far)))


@pseudo_huber.gradient_of
def pseudo_huber_gradient(y_true: Array, y_pred: Array, delta: float = 1.0) -> Floats:
    r""".. math:: \frac1D \frac{e_i}{\sqrt{1 + (e_i / \delta)^2}}"""
    e, limit = np.abs(y_pred - y_true), as_positive("delta", delta, y_pred.dtype)
    near, far = np.minimum(e, limit), np.maximum(e, limit)
    return np.copysign(near / np.sqrt(1 + np.square(near / far)), y_pred - y_true) / length(y_pred, -1)


declare(
    pseudo_huber,
    title="Pseudo-Huber loss",
    family="robust regression",
    chapter="02_robust_regression",
    curve=ERROR,
    keras_class=ClassForm("PseudoHuber"),
    elsewhere={"SciPy": "scipy.special.pseudo_huber"},
)


@loss
def log_cosh(y_true: Array, y_pred: Array) -> Floats:
    r"""Near zero half the squared error, far out the absolute one less ln 2, and smooth throughout.

    .. math:: \frac1D \sum_i \ln \cosh e_i, \qquad e = \hat y - y, \quad
        \ln \cosh e = |e| - \ln(1 + \tanh |e|) = -\tfrac12 \ln(1 - \tanh^2 e)

    The second form never overflows, the third keeps its digits near 0. Its slope is the hyperbolic tangent.

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`.

    Returns:
        Mean over the last axis, shape `(...)`; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: R. A. Saleh and A. K. M. E. Saleh, "Statistical Properties of the log-cosh Loss Function Used in Machine
    Learning", 2022. Keras: `keras.losses.log_cosh`.

    >>> log_cosh([[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [4.0, 0.0]]).round(4)
    array([0.2169, 1.6536])
    """
    e = np.abs(y_pred - y_true)
    slope, is_near = np.tanh(e), e < 1
    logs = log1p(np.where(is_near, -np.square(slope), slope))
    return mean(np.where(is_near, -logs / 2, e - logs))


@log_cosh.gradient_of
def log_cosh_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: \frac1D \tanh e_i"""
    return np.tanh(y_pred - y_true) / length(y_pred, -1)


declare(
    log_cosh,
    title="Log-cosh loss",
    family="robust regression",
    chapter="02_robust_regression",
    curve=ERROR,
    keras_class=ClassForm("LogCosh"),
    aliases={"Keras 2": ("logcosh",)},
    elsewhere={"tf.keras": "keras.losses.log_cosh"},
)
