"""One label for each pixel: the softmax loss of a score map, as Caffe's layer SoftmaxWithLoss has it."""

from lossedu.arrays import Array, Axis, Floats, class_numbers
from lossedu.losses._labels import one_hot
from lossedu.losses._loss import loss
from lossedu.losses.declaration import INFINITE, Call, Curve, Event, Facts, declare
from lossedu.stable import softmax, softmax_costs


@loss(labels="labels")
def softmax_with_loss(
    scores: Array,
    labels: Array,
    ignore_label: int | None = None,
    normalize: bool | None = None,
    normalization: str | None = None,
    axis: Axis = 1,
) -> tuple[Floats, Floats]:
    r"""Softmax over the class axis, then the negative log-probability of each label, summed and normalised.

    .. math:: \frac1Z \sum_{n,h,w} -\ln \operatorname{softmax}(s_n)_{\,l_{nhw},h,w}, \qquad Z =
        \begin{cases} N H W & \text{FULL} \\ \max(1, \text{labels not ignored}) & \text{VALID} \\ N & \text{BATCH\_SIZE}
        \\ 1 & \text{NONE} \end{cases}

    Caffe takes the logarithm of a probability that may have vanished, and stops at 87.3; here it is exact at any score.

    Args:
        scores: real numbers, shape `(N, C, H, W)`, or with any other number of axes after C, such as `(N, C)`.
        labels: class numbers 0 to C - 1, shape `(N, H, W)` or `(N, 1, H, W)`.
        ignore_label: a label, in or outside 0 to C - 1, that costs nothing and has no gradient.
        normalize: the older option, used only if `normalization` is None: True is VALID, False is BATCH_SIZE.
        normalization: "FULL", "VALID", "BATCH_SIZE" or "NONE", in capitals or not; VALID if neither option is set.
        axis: the axis of the classes.

    Returns:
        The loss (a scalar, in nats) and the probabilities (in the shape of `scores`), the two outputs of Caffe's layer.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, labels that are not class numbers, or a normalization
            that is not one of the four.

    Source: Y. Jia et al., "Caffe: Convolutional Architecture for Fast Feature Embedding", 2014.

    >>> loss, prob = softmax_with_loss([[1.2, 0.8]], [1])
    >>> round(float(loss), 4), prob.round(4)
    (0.913, array([[0.5987, 0.4013]]))
    """
    numbers, counted = class_numbers(labels, scores, axis, ignore_label, ("labels", "scores"))
    costs, probabilities = softmax_costs(numbers, scores, axis)
    return costs.sum(where=counted) / normalizer(counted, normalize, normalization), probabilities


@softmax_with_loss.gradient_of
def softmax_with_loss_gradient(
    scores: Array,
    labels: Array,
    ignore_label: int | None = None,
    normalize: bool | None = None,
    normalization: str | None = None,
    axis: Axis = 1,
) -> Floats:
    r"""
    .. math:: \frac1Z \left( \operatorname{softmax}(s_n)_{c,h,w} - [c = l_{nhw}] \right), \qquad
        0 \text{ where the label is ignored}
    """
    numbers, counted = class_numbers(labels, scores, axis, ignore_label, ("labels", "scores"))
    slope = (softmax(scores, axis) - one_hot(numbers, scores, axis)) * counted
    return slope / normalizer(counted, normalize, normalization)


declare(
    softmax_with_loss,
    title="Softmax with loss, for each pixel",
    family="categorical cross-entropy",
    chapter="06_dense_softmax_loss",
    curve=Curve(lambda x: ([[x, 0.0]], [0]), -5, 5, "the score of the true class, for two classes"),
    also=("SoftmaxWithLoss", "pixel-wise cross-entropy"),
    example={"scores": [[1.0, 3.0], [0.5, 0.0]], "labels": [1, 0]},
    elsewhere={
        "PyTorch": Call(
            "F.cross_entropy(scores, labels)",
            "`ignore_label` is called `ignore_index`; divides by the number of labels that count",
        ),
        "Caffe": Call("SoftmaxWithLoss"),
    },
    facts=Facts(
        use="each pixel or token has a class or is ignored",
        avoid="labels are probabilities: this form takes class numbers",
        best="the logarithm of each share, plus any constant",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        noise="categorical",
        related=("softmax_cross_entropy_with_logits", "sparse_categorical_crossentropy", "dice"),
    ),
    history=(
        Event(
            2014,
            "Caffe is published; its layer SoftmaxWithLoss joins softmax and cross-entropy",
            doi="10.1145/2647868.2654889",
        ),
        Event(
            2015,
            "Long, Shelhamer and Darrell train a network to give each pixel of an image a class",
            doi="10.1109/CVPR.2015.7298965",
        ),
    ),
)


def normalizer(counted, normalize=None, normalization=None):
    """What the sum of the losses is divided by, given which labels count."""
    if normalization is None:
        if normalize not in (True, False, None):
            raise TypeError(f"normalize must be True, False or None, got {normalize!r}")
        normalization = "VALID" if normalize in (True, None) else "BATCH_SIZE"
    divisors = {
        "FULL": counted.size,
        "VALID": max(1, int(counted.sum())),  # 1 where every label is ignored: the loss is 0 then, not NaN
        "BATCH_SIZE": len(counted),
        "NONE": 1,
    }
    try:
        return divisors[str(normalization).upper()]
    except KeyError:
        raise ValueError(f"normalization must be one of {', '.join(divisors)}, got {normalization!r}") from None
