"""The cross-entropies of Keras: one label or many, one-hot, soft or as class numbers, from probabilities or logits.

Probabilities are clipped to [epsilon, 1 - epsilon], epsilon = 1e-7. The gradient is 0 outside this interval. If each
row sums to 1, no loss exceeds 16.12 nats per label. From logits (`from_logits=True`) nothing is clipped and nothing
overflows. `log_loss` and `categorical_generalized_cross_entropy` never clip.
"""

import numpy as np

from lossedu.arrays import Array, Axis, Floats, class_numbers, length, require_between, require_probabilities
from lossedu.losses._labels import (
    binary_costs,
    binary_slopes,
    binary_weights,
    class_weights,
    clip,
    clip_probabilities,
    one_hot,
    rescale,
    through_rescaling,
)
from lossedu.losses._loss import loss
from lossedu.losses.declaration import (
    INFINITE,
    OF_TWO,
    PROBABILITY,
    Call,
    ClassForm,
    Curve,
    Event,
    Facts,
    Naive,
    declare,
)
from lossedu.losses.divergences import p_log_q, p_over_q
from lossedu.stable import log_softmax, softmax, softmax_costs, weigh


@loss
def binary_crossentropy(
    y_true: Array, y_pred: Array, from_logits: bool = False, label_smoothing: float = 0.0, axis: Axis = -1
) -> Floats:
    r"""The mean surprise at yes-or-no labels, each with its own predicted probability.

    .. math:: -\frac1D \sum_i \left( y_i \ln \hat y_i + (1 - y_i) \ln (1 - \hat y_i) \right)

    Args:
        y_true: labels, 0 or 1 or a probability between, shape `(..., D)`.
        y_pred: probabilities in [0, 1], or logits if `from_logits`, same shape.
        from_logits: whether `y_pred` holds logits, of which the sigmoid is to be taken.
        label_smoothing: in [0, 1]; pulls labels towards 1/2: 1 becomes `1 - label_smoothing / 2`.
        axis: the axis, or axes, of the mean.

    Returns:
        Mean over `axis`, shape `(...)`, in nats; at least 0.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, `label_smoothing` or probabilities outside [0, 1].

    Source: I. J. Good, "Rational Decisions", 1952. Keras: `keras.losses.binary_crossentropy`.

    >>> binary_crossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]).round(3)
    array([0.916, 0.714])
    """
    on, off = binary_weights(y_true, y_pred, label_smoothing)
    return binary_costs(on, off, y_pred, from_logits).mean(axis)


@binary_crossentropy.gradient_of
def binary_crossentropy_gradient(
    y_true: Array, y_pred: Array, from_logits: bool = False, label_smoothing: float = 0.0, axis: Axis = -1
) -> Floats:
    r"""
    .. math:: \frac1D \frac{\hat y_i - y_i}{\hat y_i (1 - \hat y_i)} \text{ for probabilities}, \qquad
        \frac1D (\sigma(z_i) - y_i) \text{ for logits}
    """
    on, off = binary_weights(y_true, y_pred, label_smoothing)
    return binary_slopes(on, off, y_pred, from_logits) / length(y_pred, axis)


declare(
    binary_crossentropy,
    title="Binary cross-entropy",
    family="binary cross-entropy",
    chapter="04_binary_crossentropy",
    curve=PROBABILITY.varied(label_smoothing=(0.0, 0.1, 0.2, 0.4)),
    keras_class=ClassForm("BinaryCrossentropy"),
    aliases={"Keras 2": ("bce", "BCE")},
    also=("BCE", "BCELoss", "log loss", "logistic loss"),
    example={"y_true": [1.0, 0.0, 1.0], "y_pred": [0.8, 0.3, 0.4]},
    elsewhere={
        "tf.keras": Call("keras.losses.binary_crossentropy(y_true, y_pred)"),
        "PyTorch": Call(
            "F.binary_cross_entropy(y_pred, y_true)",
            "the predictions come first; logarithms are clipped at -100, not probabilities at 1e-7",
        ),
        "scikit-learn": Call("sklearn.metrics.log_loss(y_true, y_pred)", "returns the mean over all rows"),
    },
    naive=Naive(
        "-np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))", {"y_true": [0.0], "y_pred": [0.0]}
    ),
    facts=Facts(
        use="each output answers its own yes-or-no question; several may be yes",
        avoid="the classes exclude each other",
        best="the share of label 1",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        noise="Bernoulli",
        related=("sigmoid_cross_entropy_with_logits", "log_loss", "brier", "binary_focal_crossentropy"),
    ),
    history=(
        Event(
            1958,
            "Cox relates the probability of a yes to other variables by a logistic model: this is logistic regression",
            doi="10.1111/j.2517-6161.1958.tb00292.x",
        ),
        Event(
            1987,
            "At the first NIPS conference, Baum and Wilczek propose to train networks on it instead of squared errors",
        ),
    ),
)


@loss
def log_loss(y_true: Array, y_prob: Array) -> Floats:
    r"""Binary cross-entropy as it is defined in mathematics, without a clip.

    .. math:: -\frac1D \sum_i \left( y_i \ln p_i + (1 - y_i) \ln (1 - p_i) \right), \qquad 0 \ln 0 = 0

    It is infinite where a prediction is certain and wrong; `binary_crossentropy` stops at 16.12 nats.

    Args:
        y_true: labels, 0 or 1 or a probability between, shape `(..., D)`.
        y_prob: probabilities of a 1, in [0, 1], same shape.

    Returns:
        Mean over the last axis, shape `(...)`, in nats; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, or values outside [0, 1].

    Source: I. J. Good, "Rational Decisions", 1952. With a clip: `sklearn.metrics.log_loss`.

    >>> round(float(log_loss([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65])), 5)    # spam: yes, no, no, yes
    0.21616
    """
    on, off = binary_weights(y_true, y_prob)
    require_probabilities(y_prob=y_prob)
    return -(p_log_q(on, y_prob) + p_log_q(off, 1 - y_prob)).mean(-1)


@log_loss.gradient_of
def log_loss_gradient(y_true: Array, y_prob: Array) -> Floats:
    r""".. math:: \frac1D \left( \frac{1 - y_i}{1 - p_i} - \frac{y_i}{p_i} \right), \qquad 0 / 0 = 0"""
    on, off = binary_weights(y_true, y_prob)
    require_probabilities(y_prob=y_prob)
    n = length(y_prob, -1)
    return p_over_q(off / n, 1 - y_prob) - p_over_q(on / n, y_prob)


declare(
    log_loss,
    title="Log loss",
    family="binary cross-entropy",
    chapter="04_binary_crossentropy",
    curve=PROBABILITY,
    also=("logarithmic loss", "Kaggle log loss"),
    example={"y_true": [1.0, 0.0, 1.0], "y_prob": [0.8, 0.3, 0.4]},
    elsewhere={
        "PyTorch": Call(
            "F.binary_cross_entropy(y_prob, y_true)", "the predictions come first; logarithms are clipped at -100"
        ),
        "scikit-learn": Call("sklearn.metrics.log_loss(y_true, y_prob)", "clips to [eps, 1 - eps], eps of the dtype"),
    },
    naive=Naive(
        "-np.mean(y_true * np.log(y_prob) + (1 - y_true) * np.log(1 - y_prob))", {"y_true": [0.0], "y_prob": [0.0]}
    ),
    facts=Facts(
        use="you score predictions: probability 0 for the true label costs infinity",
        avoid="you train a network: this loss can become infinite",
        best="the share of label 1",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        noise="Bernoulli",
        related=("binary_crossentropy", "brier"),
    ),
    history=(
        Event(
            1952,
            "Good proposes the logarithm of the stated probability as a fair reward for a forecaster",
            doi="10.1111/j.2517-6161.1952.tb00104.x",
        ),
        Event(2013, "Version 0.14 of scikit-learn adds it to its metrics"),
    ),
)


@loss
def categorical_crossentropy(
    y_true: Array, y_pred: Array, from_logits: bool = False, label_smoothing: float = 0.0, axis: Axis = -1
) -> Floats:
    r"""The surprise at the one true class, or at a distribution over classes.

    .. math:: -\sum_i y_i \ln \hat p_i, \qquad \hat p_i = \hat y_i / \textstyle\sum_j \hat y_j

    The rescaling is Keras's: `y_pred` need not sum to 1, and the gradient of the loss is at right angles to `y_pred`.

    Args:
        y_true: one-hot or soft labels in [0, 1], shape `(..., C)`; each row sums to 1.
        y_pred: probabilities, or weights >= 0 of any positive sum, or logits if `from_logits`; same shape.
        from_logits: whether `y_pred` holds logits, of which the softmax is to be taken.
        label_smoothing: in [0, 1]; mixes labels with the uniform distribution: `label_smoothing / C` to each class.
            Keras takes C from the last axis, whatever `axis` is.
        axis: the axis of the classes.

    Returns:
        Sum over `axis`, shape `(...)`, in nats; at least 0.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, labels or `label_smoothing` outside [0, 1], a negative
            probability, or probabilities that are all 0.

    Source: J. S. Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs", 1990; smoothing:
    C. Szegedy et al., "Rethinking the Inception Architecture", 2016. Keras: `keras.losses.categorical_crossentropy`.

    >>> categorical_crossentropy([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]).round(4)
    array([0.0513, 2.3026])
    """
    labels = class_weights(y_true, y_pred, label_smoothing)
    if from_logits:
        return -weigh(labels, log_softmax(y_pred, axis)).sum(axis)
    p, _ = rescale(y_pred, axis)
    return -(labels * np.log(clip(p))).sum(axis)


@categorical_crossentropy.gradient_of
def categorical_crossentropy_gradient(
    y_true: Array, y_pred: Array, from_logits: bool = False, label_smoothing: float = 0.0, axis: Axis = -1
) -> Floats:
    r"""
    .. math:: \frac{\sum_j y_j}{\sum_j \hat y_j} - \frac{y_i}{\hat y_i} \text{ for probabilities}, \qquad
        \operatorname{softmax}(z)_i \textstyle\sum_j y_j - y_i \text{ for logits}
    """
    labels = class_weights(y_true, y_pred, label_smoothing)
    if from_logits:
        return labels.sum(axis, keepdims=True) * softmax(y_pred, axis) - labels
    p, total = rescale(y_pred, axis)
    return through_rescaling(np.where(clip(p) == p, -labels / clip(p), 0), p, total, axis)


declare(
    categorical_crossentropy,
    title="Categorical cross-entropy",
    family="categorical cross-entropy",
    chapter="05_categorical_crossentropy",
    curve=OF_TWO.varied(label_smoothing=(0.0, 0.1, 0.2, 0.4)),
    keras_class=ClassForm("CategoricalCrossentropy"),
    also=("CrossEntropyLoss", "multiclass log loss", "softmax loss"),
    example={"y_true": [0.0, 1.0, 0.0], "y_pred": [0.2, 0.7, 0.1]},
    elsewhere={
        "tf.keras": Call("keras.losses.categorical_crossentropy(y_true, y_pred)"),
        "PyTorch": Call(
            "F.cross_entropy(torch.log(y_pred), y_true)", "takes logits; the logarithms of probabilities are logits too"
        ),
        "optax": Call("optax.softmax_cross_entropy(jnp.log(y_pred), y_true)", "takes logits, and they come first"),
    },
    naive=Naive("-(y_true * np.log(y_pred)).sum()", {"y_true": [0.0, 1.0], "y_pred": [0.0, 1.0]}),
    facts=Facts(
        use="one of several classes is true, and labels are one-hot or probabilities",
        avoid="several classes can be true at once",
        best="the share of each class",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        among="distributions",
        noise="categorical",
        related=(
            "sparse_categorical_crossentropy",
            "softmax_cross_entropy_with_logits",
            "categorical_focal_crossentropy",
            "kl_divergence",
        ),
    ),
    history=(
        Event(
            1990,
            "Bridle reads the outputs of a softmax as probabilities of classes, and trains them by maximum likelihood",
            doi="10.1007/978-3-642-76153-9_28",
        ),
        Event(
            2016,
            "Szegedy and others smooth its labels, so that the network Inception-v3 becomes less confident",
            doi="10.1109/CVPR.2016.308",
        ),
    ),
)


@loss(labels="y_true")
def sparse_categorical_crossentropy(
    y_true: Array, y_pred: Array, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Floats:
    r"""Categorical cross-entropy whose labels are class numbers: only their encoding is called sparse, not the data.

    .. math:: -\ln \hat p_y, \qquad \hat p_i = \hat y_i / \textstyle\sum_j \hat y_j

    Here Keras clips `y_pred` first, and then rescales it; `categorical_crossentropy` rescales first.

    Args:
        y_true: class numbers 0 to C - 1, shape `(...)`, or `(..., 1)`.
        y_pred: probabilities in [0, 1], or logits if `from_logits`, shape `(..., C)`.
        from_logits: whether `y_pred` holds logits, of which the softmax is to be taken.
        ignore_class: a label, in or outside 0 to C - 1, that costs nothing and has no gradient: "void", "padding".
        axis: the axis of the classes, which must be the last, as in Keras on TensorFlow.

    Returns:
        One loss for each label, shape `(...)`, in nats; 0 where ignored.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, labels that are not class numbers, probabilities outside
            [0, 1], or another axis than the last.

    Source: Keras: `keras.losses.sparse_categorical_crossentropy`.

    >>> sparse_categorical_crossentropy([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]).round(4)
    array([0.0513, 2.3026])
    >>> sparse_categorical_crossentropy([1, -1], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]], ignore_class=-1).round(4)
    array([0.0513, 0.    ])
    """
    require_last_axis(axis, y_pred)
    labels, counted = class_numbers(y_true, y_pred, axis, ignore_class)
    if from_logits:
        costs, _ = softmax_costs(labels, y_pred, axis)
    else:
        p = clip_probabilities(y_pred)
        costs = np.log(p.sum(axis, keepdims=True) / np.take_along_axis(p, labels, axis))
    return np.where(counted, costs, 0).squeeze(axis)


@sparse_categorical_crossentropy.gradient_of
def sparse_categorical_crossentropy_gradient(
    y_true: Array, y_pred: Array, from_logits: bool = False, ignore_class: int | None = None, axis: Axis = -1
) -> Floats:
    r"""
    .. math:: \frac{1}{\sum_j \hat y_j} - \frac{[i = y]}{\hat y_i} \text{ for probabilities}, \qquad
        \operatorname{softmax}(z)_i - [i = y] \text{ for logits}
    """
    require_last_axis(axis, y_pred)
    labels, counted = class_numbers(y_true, y_pred, axis, ignore_class)
    if from_logits:
        return np.where(counted, softmax(y_pred, axis) - one_hot(labels, y_pred, axis), 0)
    p = clip_probabilities(y_pred)
    is_true = one_hot(labels, p, axis) > 0
    others = p.sum(axis, keepdims=True, where=~is_true)
    slope = np.where(is_true, -others / p, 1) / p.sum(axis, keepdims=True)  # 1 / sum - 1 / p, if it is true, cancels
    return np.where(counted & (p == y_pred), slope, 0)


declare(
    sparse_categorical_crossentropy,
    title="Sparse categorical cross-entropy",
    family="categorical cross-entropy",
    chapter="05_categorical_crossentropy",
    curve=Curve(lambda x: (0, [x, 1 - x]), 0.02, 0.98, "y_pred[0], for y_true = 0"),
    keras_class=ClassForm(
        "SparseCategoricalCrossentropy",
        parameters=["from_logits", "ignore_class", "reduction", "axis", "name", "dtype"],
        base="IgnoringLoss",
    ),
    also=("NLLLoss", "CrossEntropyLoss", "integer labels"),
    example={"y_true": [1, 0], "y_pred": [[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]]},
    elsewhere={
        "tf.keras": Call("keras.losses.sparse_categorical_crossentropy(y_true, y_pred)"),
        "PyTorch": Call(
            'F.nll_loss(torch.log(y_pred), y_true, reduction="none")',
            "takes logarithms, and they come first; returns the mean by default",
        ),
        "optax": Call(
            "optax.softmax_cross_entropy_with_integer_labels(jnp.log(y_pred), y_true)",
            "takes logits, and they come first",
        ),
    },
    facts=Facts(
        use="one of several classes is true, and labels are class numbers",
        avoid="labels are one-hot, probabilities or smoothed",
        best="the share of each class",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        among="distributions",
        noise="categorical",
        related=("categorical_crossentropy", "softmax_cross_entropy_with_logits"),
    ),
    history=(
        Event(
            2003,
            "Bengio and others train a network to predict the next word; the label is its number in a vocabulary",
        ),
        Event(2022, "Keras adds ignore_class, for pixels and tokens without a label"),
    ),
)


def require_last_axis(axis, y_pred):
    """Raise ValueError, which begins as in Keras, unless `axis` is the last one of `y_pred`."""
    if axis not in (-1, y_pred.ndim - 1):
        raise ValueError(
            f"Only axis=-1 is currently supported. Received: axis={axis}, for y_pred of shape {y_pred.shape}; "
            "np.moveaxis brings the classes to the end, and softmax_with_loss takes them on any axis"
        )


@loss(labels="y_true")
def categorical_generalized_cross_entropy(y_true: Array, y_pred: Array, q: Array) -> Floats:
    r"""Between cross-entropy (q near 0) and absolute error (q near 1): bounded, so wrong labels do less harm.

    .. math:: (1 - \hat y_k^q) / q, \qquad k = y

    Args:
        y_true: class numbers 0 to C - 1, shape `(...)` or `(..., 1)`.
        y_pred: probabilities in [0, 1], shape `(..., C)`.
        q: the robustness, between 0 and 1, both excluded.

    Returns:
        One loss for each label, shape `(...)`; between 0 and 1 / q.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, labels that are not class numbers, probabilities outside
            [0, 1], or `q` outside (0, 1).

    Source: Z. Zhang and M. R. Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy
    Labels", 2018. Keras: `keras.losses.categorical_generalized_cross_entropy`.

    >>> categorical_generalized_cross_entropy([0, 1], [[0.49, 0.51], [1.0, 0.0]], q=0.5).round(4)
    array([0.6, 2. ])
    """
    p = true_probability(y_true, y_pred, q)
    with np.errstate(divide="ignore"):  # log 0 is -infinity, and exp takes that back to 0
        return -np.expm1(q * np.log(p)).squeeze(-1) / q


@categorical_generalized_cross_entropy.gradient_of
def categorical_generalized_cross_entropy_gradient(y_true: Array, y_pred: Array, q: Array) -> Floats:
    r""".. math:: -[i = k]\, \hat y_k^{\,q - 1}"""
    p = true_probability(y_true, y_pred, q)
    labels, _ = class_numbers(y_true, y_pred, -1)
    slope = np.zeros_like(y_pred)
    half = np.where(p > 0, p, 1) ** (q / 2)  # p^(q - 1) is put together from halves: q - 1 would lose digits of q
    with np.errstate(divide="ignore"):  # the slope at p = 0 is infinite, and infinity is the answer
        np.put_along_axis(slope, labels, -half / p * half, -1)
    return slope


declare(
    categorical_generalized_cross_entropy,
    title="Generalized cross-entropy",
    family="categorical cross-entropy",
    chapter="14_imbalance",
    curve=Curve(
        lambda x: (0, [x, 1 - x]),
        0.02,
        0.98,
        "y_pred[0], for y_true = 0",
        options={"q": 0.7},
        sliders={"q": (0.1, 0.3, 0.5, 0.7, 0.9)},
    ),
    keras_class=ClassForm("CategoricalGeneralizedCrossEntropy", defaults={"q": 0.5}),
    also=("GCE", "noisy labels"),
    example={"y_true": [1, 0], "y_pred": [[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]], "q": 0.7},
    elsewhere={
        "tf.keras": Call("keras.losses.categorical_generalized_cross_entropy(y_true, y_pred, q=0.7)"),
    },
    facts=Facts(
        use="a part of the labels is wrong",
        avoid="labels are clean: cross-entropy learns faster",
        best="the shares of the classes to the power 1 / (1 - q), scaled to sum to 1",
        unit="none",
        bounds="from 0 to 1 / q",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.48550/arXiv.1805.07836",
        related=("categorical_crossentropy", "mean_absolute_error"),
    ),
    history=(
        Event(
            1964,
            "Box and Cox join powers and the logarithm in one formula, on which this loss is built",
            doi="10.1111/j.2517-6161.1964.tb00553.x",
        ),
        Event(
            2018,
            "Zhang and Sabuncu propose it for labels that may be wrong, between cross-entropy and absolute error",
            doi="10.48550/arXiv.1805.07836",
        ),
    ),
)


def true_probability(y_true, y_pred, q):
    """The probability given to the true class, with a last axis of length 1."""
    require_between(0, 1, q=q)
    if q in (0, 1):
        raise ValueError(f"q must lie between 0 and 1, both excluded, got {q}")
    require_probabilities(y_pred=y_pred)
    labels, _ = class_numbers(y_true, y_pred, -1)
    return np.take_along_axis(y_pred, labels, -1)
