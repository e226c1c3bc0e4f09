"""Cross-entropies of logits, by the names and arguments they have in `tf.nn`.

A logit is ln(p / (1 - p)), any real number; the sigmoid takes it back to p, and the softmax does so for many classes.
"""

from lossedu.arrays import Array, Axis, Floats, require_between, require_one_shape, require_probabilities
from lossedu.losses._loss import loss
from lossedu.losses.declaration import INFINITE, LOGIT, Call, Curve, Event, Facts, Naive, declare
from lossedu.stable import log_softmax, logistic_loss, logistic_slope, softmax, weigh


@loss
def sigmoid_cross_entropy_with_logits(labels: Array, logits: Array) -> Floats:
    r"""Cross-entropy of independent yes-or-no labels, from logits.

    .. math:: -y \ln \sigma(z) - (1 - y) \ln(1 - \sigma(z)) = \max(z, 0) - z y + \ln(1 + e^{-|z|})

    Args:
        labels: probabilities in [0, 1], any shape.
        logits: real numbers, same shape.

    Returns:
        One loss for each entry, not reduced, in nats; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, or labels outside [0, 1] (as when the two are swapped).

    Source: TensorFlow: `tf.nn.sigmoid_cross_entropy_with_logits`.

    >>> sigmoid_cross_entropy_with_logits([1.0, 0.0, 1.0], [0.0, -800.0, -800.0]).round(4)
    array([6.931e-01, 0.000e+00, 8.000e+02])
    """
    require_one_shape(labels=labels, logits=logits)
    require_probabilities(labels=labels)
    return logistic_loss(labels, 1 - labels, logits)


@sigmoid_cross_entropy_with_logits.gradient_of
def sigmoid_cross_entropy_with_logits_gradient(labels: Array, logits: Array) -> Floats:
    r""".. math:: \sigma(z) - y"""
    require_one_shape(labels=labels, logits=logits)
    require_probabilities(labels=labels)
    return logistic_slope(labels, 1 - labels, logits)


declare(
    sigmoid_cross_entropy_with_logits,
    title="Sigmoid cross-entropy with logits",
    family="binary cross-entropy",
    chapter="04_binary_crossentropy",
    curve=LOGIT,
    also=("BCEWithLogitsLoss", "logistic loss", "from_logits=True"),
    example={"labels": [1.0, 0.0], "logits": [2.0, -1.0]},
    elsewhere={
        "TensorFlow": Call("tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)"),
        "PyTorch": Call(
            'F.binary_cross_entropy_with_logits(logits, labels, reduction="none")',
            "the logits come first; returns the mean by default",
        ),
        "optax": Call("optax.sigmoid_binary_cross_entropy(logits, labels)", "the logits come first"),
    },
    naive=Naive(
        "-(labels * np.log(1 / (1 + np.exp(-logits))) + (1 - labels) * np.log(1 - 1 / (1 + np.exp(-logits))))",
        {"labels": [0.0], "logits": [800.0]},
    ),
    facts=Facts(
        use="the network ends without a sigmoid; this form is numerically safe",
        avoid="predictions are probabilities already",
        best="ln(p / (1 - p)), p the share of label 1",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        noise="Bernoulli",
        related=("weighted_cross_entropy_with_logits", "binary_crossentropy", "softmax_cross_entropy_with_logits"),
    ),
    history=(
        Event(
            1944,
            "Berkson fits the logistic function to the effects of doses, and invents the word logit",
            doi="10.1080/01621459.1944.10500699",
        ),
        Event(2015, "TensorFlow is released, and its first version has this function", doi="10.48550/arXiv.1603.04467"),
    ),
)


@loss
def weighted_cross_entropy_with_logits(labels: Array, logits: Array, pos_weight: Array) -> Floats:
    r"""Sigmoid cross-entropy in which a missed positive costs `pos_weight` times as much.

    .. math:: -w y \ln \sigma(z) - (1 - y) \ln(1 - \sigma(z))

    A weight above 1 raises recall, a weight below 1 raises precision.

    Args:
        labels: probabilities in [0, 1], any shape.
        logits: real numbers, same shape.
        pos_weight: a number >= 0, or an array of numbers that broadcasts to `logits`, for example one for each class.

    Returns:
        One loss for each entry, not reduced, in nats; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, labels outside [0, 1], or a negative weight.

    Source: TensorFlow: `tf.nn.weighted_cross_entropy_with_logits`.

    >>> weighted_cross_entropy_with_logits([1.0, 0.0], [0.0, 0.0], pos_weight=0.5).round(4)
    array([0.3466, 0.6931])
    """
    return logistic_loss(*prices(labels, logits, pos_weight), logits)


@weighted_cross_entropy_with_logits.gradient_of
def weighted_cross_entropy_with_logits_gradient(labels: Array, logits: Array, pos_weight: Array) -> Floats:
    r""".. math:: (1 - y)\, \sigma(z) - w y\, (1 - \sigma(z))"""
    return logistic_slope(*prices(labels, logits, pos_weight), logits)


declare(
    weighted_cross_entropy_with_logits,
    title="Weighted cross-entropy with logits",
    family="binary cross-entropy",
    chapter="04_binary_crossentropy",
    curve=LOGIT.varied({"pos_weight": 3.0}, pos_weight=(0.3, 1.0, 3.0, 10.0)),
    also=("pos_weight", "class weights"),
    example={"labels": [1.0, 0.0], "logits": [2.0, -1.0], "pos_weight": 3.0},
    elsewhere={
        "TensorFlow": Call("tf.nn.weighted_cross_entropy_with_logits(labels=labels, logits=logits, pos_weight=3.0)"),
        "PyTorch": Call(
            'F.binary_cross_entropy_with_logits(logits, labels, pos_weight=torch.tensor(3.0), reduction="none")',
            "the logits come first; returns the mean by default",
        ),
    },
    naive=Naive(
        "-(3 * labels * np.log(1 / (1 + np.exp(-logits))) + (1 - labels) * np.log(1 - 1 / (1 + np.exp(-logits))))",
        {"labels": [0.0], "logits": [800.0]},
    ),
    facts=Facts(
        use="one of two labels is rare, or missing it costs more",
        avoid="you need the probabilities themselves: the weight shifts them",
        best="the log-odds plus ln pos_weight",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        related=("sigmoid_cross_entropy_with_logits", "binary_focal_crossentropy"),
    ),
    history=(
        Event(
            1977,
            "Manski and Lerman weight the likelihood, because some outcomes are too frequent in their sample",
            doi="10.2307/1914121",
        ),
        Event(
            2015,
            "Xie and Tu give the few pixels on edges a larger weight, to find edges in images",
            doi="10.1109/ICCV.2015.164",
        ),
    ),
)


@loss
def softmax_cross_entropy_with_logits(labels: Array, logits: Array, axis: Axis = -1) -> Floats:
    r"""Cross-entropy of labels that exclude each other, or of any distribution over them, from logits.

    .. math:: -\sum_i y_i \ln \operatorname{softmax}(z)_i = \sum_i y_i \left(\ln \textstyle\sum_j e^{z_j} - z_i\right)

    Its gradient, for labels that sum to 1, is softmax(z) - y. For others it is sum(y) softmax(z) - y; TensorFlow
    leaves that factor out, and says that its gradient is then incorrect.

    Args:
        labels: probabilities in [0, 1], shape `(..., C)`; each row sums to 1, one-hot or soft.
        logits: real numbers, same shape.
        axis: the axis of the classes.

    Returns:
        Sum over `axis`, shape `(...)`, in nats; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, or labels outside [0, 1].

    Source: TensorFlow: `tf.nn.softmax_cross_entropy_with_logits`.

    >>> softmax_cross_entropy_with_logits([[0.1, 0.02, 0.88]], [[1.0, -3.0, 10.0]]).round(5)
    array([1.16013])
    """
    require_one_shape(labels=labels, logits=logits)
    require_probabilities(labels=labels)
    return -weigh(labels, log_softmax(logits, axis)).sum(axis)


@softmax_cross_entropy_with_logits.gradient_of
def softmax_cross_entropy_with_logits_gradient(labels: Array, logits: Array, axis: Axis = -1) -> Floats:
    r""".. math:: \operatorname{softmax}(z)_i \textstyle\sum_j y_j - y_i"""
    require_one_shape(labels=labels, logits=logits)
    require_probabilities(labels=labels)
    return labels.sum(axis, keepdims=True) * softmax(logits, axis) - labels


declare(
    softmax_cross_entropy_with_logits,
    title="Softmax cross-entropy with logits",
    family="categorical cross-entropy",
    chapter="05_categorical_crossentropy",
    curve=Curve(lambda x: ([1.0, 0.0], [x, 0.0]), -5, 5, "logits[0], for labels = [1, 0], logits[1] = 0"),
    also=("CrossEntropyLoss", "from_logits=True", "log-softmax"),
    example={"labels": [0.0, 1.0, 0.0], "logits": [1.0, 3.0, 0.5]},
    elsewhere={
        "TensorFlow": Call("tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)"),
        "PyTorch": Call("F.cross_entropy(logits, labels)", "the logits come first; returns the mean over a batch"),
        "optax": Call("optax.softmax_cross_entropy(logits, labels)", "the logits come first"),
    },
    naive=Naive(
        "-(labels * np.log(np.exp(logits) / np.exp(logits).sum())).sum()",
        {"labels": [1.0, 0.0], "logits": [1000.0, 0.0]},
    ),
    facts=Facts(
        use="the network ends without a softmax; this form is numerically safe",
        avoid="predictions are probabilities already",
        best="the logarithm of each share, plus any constant",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        noise="categorical",
        related=("categorical_crossentropy", "sigmoid_cross_entropy_with_logits", "softmax_with_loss"),
    ),
    history=(
        Event(1969, "Theil extends logistic regression from two outcomes to several"),
        Event(
            2012,
            "Krizhevsky, Sutskever and Hinton win the ImageNet contest with a deep network trained on it",
            doi="10.1145/3065386",
        ),
    ),
)


def prices(labels, logits, pos_weight):
    """What a miss costs: of the positive part of each label, and of its negative part, in the dtype of `logits`."""
    require_one_shape(labels=labels, logits=logits)
    require_probabilities(labels=labels)
    require_between(0, float("inf"), pos_weight=pos_weight)
    labels = labels.astype(logits.dtype, copy=False)
    return pos_weight.astype(logits.dtype, copy=False) * labels, 1 - labels
