"""Losses on the error `y_pred - y_true`: squared, absolute, relative, logarithmic, and the robust ones between.

All take a mean over the last axis. Where the true value is beyond the largest float they return infinity, and NumPy
warns of the overflow.
"""

import numpy as np

from lossedu.arrays import Array, Floats, as_positive, length
from lossedu.losses._loss import EPSILON, loss
from lossedu.losses.declaration import ERROR, INFINITE, POSITIVE, Call, ClassForm, Event, Facts, Naive, declare
from lossedu.losses.reduction import mean
from lossedu.stable import log1p


@loss
def mean_squared_error(y_true: Array, y_pred: Array) -> Floats:
    r"""The mean of the squared errors: the loss for Gaussian noise. The mean of `y_true` minimises it.

    .. math:: \frac1D \sum_i (\hat y_i - y_i)^2

    It is a variance only if the errors have mean 0, and it is never a standard deviation.

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
    also=("L2 loss", "quadratic loss", "MSELoss", "least squares"),
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.mean_squared_error(y_true, y_pred)"),
        "PyTorch": Call("F.mse_loss(y_pred, y_true)", "the predictions come first; returns the mean over all entries"),
        "optax": Call(
            "optax.squared_error(y_pred, y_true).mean()", "returns one loss per entry; the predictions come first"
        ),
        "scikit-learn": Call("sklearn.metrics.mean_squared_error(y_true, y_pred)", "returns the mean over all rows"),
    },
    facts=Facts(
        use="errors are Gaussian, or you want to predict the mean",
        avoid="a few labels may be far from the rest: each pulls the prediction in proportion to its distance",
        best="the mean",
        unit="the square of the unit of y",
        least=0,
        most=INFINITE,
        convex=True,
        noise="Gaussian, equal variances",
        related=("mean_absolute_error", "huber", "log_cosh", "pseudo_huber", "quantile"),
    ),
    history=(
        Event(1805, "Legendre publishes the method of least squares, to compute the orbits of comets"),
        Event(
            1986,
            "Rumelhart, Hinton and Williams train networks by back-propagation of squared errors",
            doi="10.1038/323533a0",
        ),
    ),
)


@loss
def mean_absolute_error(y_true: Array, y_pred: Array) -> Floats:
    r"""The mean size of the errors: the loss for Laplace noise. The median of `y_true` minimises it.

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
    also=("L1 loss", "L1Loss", "least absolute deviations"),
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.mean_absolute_error(y_true, y_pred)"),
        "PyTorch": Call("F.l1_loss(y_pred, y_true)", "the predictions come first; returns the mean over all entries"),
        "scikit-learn": Call("sklearn.metrics.mean_absolute_error(y_true, y_pred)", "returns the mean over all rows"),
    },
    facts=Facts(
        use="a few labels may be far from the rest, or you want to predict the median",
        avoid="training must settle: the slope does not shrink near the minimum",
        best="the median",
        unit="the unit of y",
        least=0,
        most=INFINITE,
        convex=True,
        noise="Laplace, equal scales",
        doi="10.1214/ss/1177013621",
        related=("mean_squared_error", "huber", "quantile", "log_cosh", "pseudo_huber"),
    ),
    history=(
        Event(
            1774,
            "Laplace shows that the median makes the expected absolute error smallest",
            doi="10.1214/ss/1177013621",
        ),
        Event(
            2017,
            "Isola and others use it to train networks that draw images, because squared errors blur images more",
            doi="10.1109/CVPR.2017.632",
        ),
    ),
)


@loss
def mean_absolute_percentage_error(y_true: Array, y_pred: Array) -> Floats:
    r"""The mean size of the errors in percent of the truth.

    .. math:: \frac{100}D \sum_i \frac{|\hat y_i - y_i|}{\max(|y_i|, \epsilon)}, \qquad \epsilon = 10^{-7}

    For positive quantities, guessing 0 costs 100 %, but a high guess can cost any amount. So the best guess is low.

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
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.mean_absolute_percentage_error(y_true, y_pred)"),
        "scikit-learn": Call(
            "100 * sklearn.metrics.mean_absolute_percentage_error(y_true, y_pred)", "returns a fraction, not percent"
        ),
    },
    facts=Facts(
        use="labels differ much in size, and readers expect errors in percent",
        avoid="labels come near 0, or predicting twice the label must cost as much as predicting half the label",
        best="the median with weights 1/|y|; for y > 0 at most the median",
        unit="percent",
        least=0,
        most=INFINITE,
        convex=True,
        related=("mean_absolute_error", "mean_squared_logarithmic_error"),
    ),
    history=(
        Event(
            1982,
            "Makridakis and others compare forecasting methods on 1001 time series by this and other errors",
            doi="10.1002/for.3980010202",
        ),
        Event(
            2016,
            "De Myttenaere and others show that training on it is training on a weighted absolute error",
            doi="10.1016/j.neucom.2015.12.114",
        ),
    ),
)


@loss
def mean_squared_logarithmic_error(y_true: Array, y_pred: Array) -> Floats:
    r"""The mean squared error of `ln(1 + y)`: for quantities whose ratio matters, such as counts over many scales.

    .. math:: \frac1D \sum_i \left( \ln(1 + \max(\hat y_i, \epsilon)) - \ln(1 + \max(y_i, \epsilon)) \right)^2, \qquad
        \epsilon = 10^{-7}

    A prediction that is too low costs more than one too high by the same amount. Below epsilon the gradient is 0.

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
    also=("RMSLE, squared",),
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.mean_squared_logarithmic_error(y_true, y_pred)"),
        "scikit-learn": Call(
            "sklearn.metrics.mean_squared_log_error(y_true, y_pred)", "returns the mean over all rows"
        ),
    },
    facts=Facts(
        use="ratios matter more than differences, such as for prices, or for counts of very different sizes",
        avoid="values may be negative, or equal errors must cost the same at every size",
        best="exp(mean of ln(1 + y)) - 1",
        unit="none",
        least=0,
        most=INFINITE,
        convex=False,
        noise="Gaussian in ln(1 + y)",
        related=("mean_squared_error", "mean_absolute_percentage_error"),
    ),
    history=(
        Event(
            1947,
            "Bartlett explains when to analyse the logarithms of data: when their spread grows with their size",
            doi="10.2307/3001536",
        ),
        Event(
            2011,
            "The Heritage Health Prize on Kaggle scores predicted days in hospital by the square root of this loss",
        ),
    ),
)


def log_ratio(y_true, y_pred):
    """`ln(1 + y_pred) - ln(1 + y_true)` above epsilon, with the digits that a difference of logarithms would lose."""
    y_true, y_pred = np.maximum(y_true, EPSILON), np.maximum(y_pred, EPSILON)
    rise = y_pred - y_true
    return np.copysign(np.log1p(np.abs(rise) / (1 + np.minimum(y_true, y_pred))), rise)


@loss
def huber(y_true: Array, y_pred: Array, delta: float = 1.0) -> Floats:
    r"""Quadratic near zero, linear beyond `delta`: the slope is bounded, so outliers have limited influence.

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
    curve=ERROR.varied(delta=(0.25, 0.5, 1.0, 1.5, 2.0, 3.0)),
    keras_class=ClassForm("Huber", defaults={"name": "huber_loss"}),
    aliases={"Keras 2": ("huber_loss",)},
    also=("smooth L1", "SmoothL1Loss", "HuberLoss"),
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.huber(y_true, y_pred)"),
        "PyTorch": Call(
            "F.huber_loss(y_pred, y_true)",
            "the predictions come first; `F.smooth_l1_loss` with `beta=delta` returns this loss divided by `delta`",
        ),
        "optax": Call(
            "optax.huber_loss(y_pred, y_true).mean()", "returns one loss per entry; the predictions come first"
        ),
        "SciPy": Call(
            "scipy.special.huber(1.0, y_pred - y_true).mean()",
            "takes `delta`, then the error; returns one loss per entry",
        ),
    },
    facts=Facts(
        use="most errors are small and a few are very large",
        avoid="you do not know how large an outlier is",
        best="often between the median and the mean",
        unit="the square of the unit of y",
        least=0,
        most=INFINITE,
        convex=True,
        noise="Gaussian in the middle, Laplace beyond `delta`",
        doi="10.1214/aoms/1177703732",
        related=("pseudo_huber", "log_cosh", "mean_squared_error", "mean_absolute_error"),
    ),
    history=(
        Event(
            1964,
            "Huber joins the squared and the absolute error, to estimate the centre of data with outliers",
            doi="10.1214/aoms/1177703732",
        ),
        Event(
            2015,
            "Girshick trains the bounding boxes of Fast R-CNN on it, under the name smooth L1",
            doi="10.1109/ICCV.2015.169",
        ),
    ),
)


@loss
def pseudo_huber(y_true: Array, y_pred: Array, delta: float = 1.0) -> Floats:
    r"""A smooth form of Huber's loss: a hyperbola, whose slope comes close to `delta` for large errors.

    .. math:: \frac1D \sum_i \delta^2 \left( \sqrt{1 + (e_i / \delta)^2} - 1 \right), \qquad e = \hat y - y

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`, any unit.
        delta: the slope for large errors, in the unit of `y_true`; > 0.

    Returns:
        Mean over the last axis, shape `(...)`, in the unit squared; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or a `delta` that is not positive and finite.

    Source: P. Charbonnier et al., "Deterministic Edge-Preserving Regularization in Computed Imaging", 1997; the name
    is from R. Hartley and A. Zisserman, "Multiple View Geometry in Computer Vision", 2003.

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
    curve=ERROR.varied(delta=(0.25, 0.5, 1.0, 1.5, 2.0, 3.0)),
    keras_class=ClassForm("PseudoHuber"),
    also=("Charbonnier loss",),
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0]},
    elsewhere={
        "SciPy": Call(
            "scipy.special.pseudo_huber(1.0, y_pred - y_true).mean()",
            "takes `delta`, then the error; returns one loss per entry",
        ),
    },
    naive=Naive("np.mean(np.sqrt(1 + (y_pred - y_true) ** 2) - 1)", {"y_true": [0.0], "y_pred": [1e-09]}),
    facts=Facts(
        use="you want Huber's loss with a second derivative everywhere",
        avoid="errors below `delta` must cost exactly half their square",
        best="often between the median and the mean",
        unit="the square of the unit of y",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.1109/83.551699",
        related=("huber", "log_cosh", "mean_squared_error", "mean_absolute_error"),
    ),
    history=(
        Event(
            1997,
            "Charbonnier and others restore images with functions that keep edges sharp, this one among them",
            doi="10.1109/83.551699",
        ),
        Event(
            2019,
            "Barron places it in one family with the squared error and several robust losses",
            doi="10.1109/CVPR.2019.00446",
        ),
    ),
)


@loss
def log_cosh(y_true: Array, y_pred: Array) -> Floats:
    r"""About half the squared error near zero, the absolute error minus ln 2 for large errors, smooth everywhere.

    .. math:: \frac1D \sum_i \ln \cosh e_i, \qquad e = \hat y - y, \quad
        \ln \cosh e = |e| - \ln(1 + \tanh |e|) = -\tfrac12 \ln(1 - \tanh^2 e)

    The second form never overflows, the third keeps its digits near 0. The slope of the loss is the hyperbolic
    tangent of the error.

    Args:
        y_true, y_pred: arrays of one shape `(..., D)`.

    Returns:
        Mean over the last axis, shape `(...)`; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: P. J. Green, "Bayesian Reconstructions from Emission Tomography Data Using a Modified EM Algorithm", 1990;
    statistics of the loss: R. A. Saleh and A. K. M. E. Saleh, "Statistical Properties of the log-cosh Loss Function
    Used in Machine Learning", 2022. Keras: `keras.losses.log_cosh`.

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
    also=("LogCosh", "logcosh"),
    example={"y_true": [1.0, 2.0, 4.0], "y_pred": [1.5, 2.0, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.log_cosh(y_true, y_pred)"),
        "optax": Call(
            "optax.log_cosh(y_pred, y_true).mean()", "returns one loss per entry; the predictions come first"
        ),
    },
    naive=Naive("np.log(np.cosh(y_pred - y_true)).mean()", {"y_true": [0.0], "y_pred": [1000.0]}),
    facts=Facts(
        use="you want Huber's loss without a parameter to choose",
        avoid="errors are much smaller or larger than 1: near 1 the square turns into the absolute error",
        best="often between the median and the mean",
        unit="none: the error must be scaled first",
        least=0,
        most=INFINITE,
        convex=True,
        noise="hyperbolic secant",
        doi="10.1109/42.52985",
        related=("huber", "pseudo_huber", "mean_squared_error", "mean_absolute_error"),
    ),
    history=(
        Event(
            1990,
            "Green uses it for differences between neighbouring pixels, to reconstruct medical images",
            doi="10.1109/42.52985",
        ),
        Event(2017, "Keras 2 adds it, under the name logcosh"),
    ),
)
