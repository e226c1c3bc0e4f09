"""Losses that teach a network distances, from pairs that are similar or not, or from triplets with one pair of each."""

import numpy as np

from lossedu.arrays import Array, Floats, as_positive, length, require_one_shape, require_probabilities
from lossedu.losses._loss import loss
from lossedu.losses.declaration import INFINITE, Call, ClassForm, Curve, Event, Facts, declare
from lossedu.losses.reduction import mean
from lossedu.stable import below_one, weigh


@loss
def contrastive(y_true: Array, y_pred: Array, margin: float = 1.0) -> Floats:
    r"""Pulls similar pairs together, and pushes other pairs apart until their distance is `margin`.

    .. math:: \frac1D \sum_i \tfrac12 \left( y_i\, d_i^2 + (1 - y_i) \max(m - d_i,\, 0)^2 \right)

    Here 1 means similar, as in Caffe; in the paper it means the opposite.

    Args:
        y_true: 1 for a similar pair and 0 for any other, shape `(..., D)`.
        y_pred: the distances d between the embeddings of each pair, >= 0, same shape.
        margin: the distance m; pairs that are not similar cost nothing if they are at least m apart; > 0.

    Returns:
        Mean over the last axis, shape `(...)`; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, labels outside [0, 1], negative distances, or a margin
            that is not positive and finite.

    Source: R. Hadsell, S. Chopra and Y. LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", 2006.

    >>> contrastive([[1], [0], [0]], [[0.5], [0.5], [3.0]])    # similar, too near, far enough
    array([0.125, 0.125, 0.   ])
    """
    shortfall = missing_distance(y_true, y_pred, margin)
    return mean((weigh(y_true, y_pred * y_pred) + weigh(1 - y_true, shortfall * shortfall)) / 2)


@contrastive.gradient_of
def contrastive_gradient(y_true: Array, y_pred: Array, margin: float = 1.0) -> Floats:
    r""".. math:: \frac1D \left( y_i\, d_i - (1 - y_i) \max(m - d_i,\, 0) \right)"""
    shortfall = missing_distance(y_true, y_pred, margin)
    return (weigh(y_true, y_pred) - weigh(1 - y_true, shortfall)) / length(y_pred, -1)


declare(
    contrastive,
    title="Contrastive loss",
    family="similarity",
    chapter="08_cosine_proximity",
    curve=Curve(
        lambda x: ([0.0], [x]),
        0,
        2,
        "y_pred, the distance of a pair that is not similar",
        sliders={"margin": (0.5, 1.0, 1.5, 2.0)},
    ),
    keras_class=ClassForm("Contrastive"),
    also=("siamese network", "metric learning"),
    example={"y_true": [1.0, 0.0, 0.0], "y_pred": [0.5, 0.4, 2.0]},
    elsewhere={
        "Caffe": Call("ContrastiveLoss"),
    },
    facts=Facts(
        use="you know which pairs are similar and which are not",
        avoid="only the order of distances matters: take triplets",
        best="0 for similar pairs, the margin or more for others",
        unit="the square of the unit of the distance",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.1109/CVPR.2006.100",
        related=("triplet", "circle", "cosine_similarity"),
    ),
    history=(
        Event(
            1993,
            "Bromley and others compare signatures with a siamese network, two copies that share their weights",
            doi="10.1142/S0218001493000339",
        ),
        Event(
            2006,
            "Hadsell, Chopra and LeCun pull similar pairs together, and push others apart up to a margin",
            doi="10.1109/CVPR.2006.100",
        ),
    ),
)


def missing_distance(y_true, y_pred, margin):
    """How much each distance lacks to the margin; ValueError for wrong labels or distances."""
    require_one_shape(y_true=y_true, y_pred=y_pred)
    require_probabilities(y_true=y_true)
    if y_pred.min() < 0:
        raise ValueError(f"y_pred must hold distances of 0 or more, got {y_pred.min():g}")
    return np.maximum(as_positive("margin", margin, y_pred.dtype) - y_pred, 0)


@loss(slopes_in=("anchor", "positive", "negative"))
def triplet(anchor: Array, positive: Array, negative: Array, margin: float = 0.2) -> Floats:
    r"""Zero where the anchor is nearer to the positive than the negative by a margin; else linear in squared distances.

    .. math:: \max\left( \|a - p\|^2 - \|a - n\|^2 + m,\; 0 \right)

    The distances are squared, as in FaceNet; PyTorch's `triplet_margin_loss` takes them as they are.

    Args:
        anchor: embeddings a, shape `(..., D)`, of length 1 in the paper (it is not checked).
        positive: embeddings p of the same class as the anchor, same shape.
        negative: embeddings n of another class, same shape.
        margin: by how much the squared distances should differ, > 0.

    Returns:
        One loss for each triplet, shape `(...)`; at least 0. The gradient has three parts, the slopes in the anchor, in
        the positive and in the negative. At the kink it is that of the side where the loss is positive.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: different shapes, an empty array, NaN, or a margin that is not positive and finite.

    Source: F. Schroff, D. Kalenichenko and J. Philbin, "FaceNet: A Unified Embedding for Face Recognition and
    Clustering", 2015.

    >>> triplet([[0.0, 0.0]], [[0.0, 1.0]], [[0.5, 0.0]], margin=0.25)    # 1 - 0.25 + 0.25
    array([1.])
    >>> to_anchor, to_positive, to_negative = triplet.gradient([0.0, 0.0], [0.0, 1.0], [0.5, 0.0], margin=0.25)
    >>> to_anchor, to_positive, to_negative
    (array([ 1., -2.]), array([0., 2.]), array([-1.,  0.]))
    """
    a, p, n = embeddings(anchor, positive, negative)
    return np.maximum(excess(a, p, n, margin), 0).squeeze(-1)


@triplet.gradient_of
def triplet_gradient(anchor: Array, positive: Array, negative: Array, margin: float = 0.2) -> Floats:
    r"""
    .. math:: 2(n - p), \quad 2(p - a), \quad 2(a - n) \text{ where the loss is positive}, \qquad
        0 \text{ elsewhere}
    """
    a, p, n = embeddings(anchor, positive, negative)
    return np.where(excess(a, p, n, margin) >= 0, 2 * np.stack([n - p, p - a, a - n]), 0)


declare(
    triplet,
    title="Triplet loss",
    family="similarity",
    chapter="08_cosine_proximity",
    curve=Curve(
        lambda x: ([0.0], [0.5], [x]),
        -1,
        1,
        "negative, for anchor = 0 and positive = 0.5",
        sliders={"margin": (0.1, 0.2, 0.5, 1.0)},
    ),
    also=("FaceNet", "metric learning"),
    example={"anchor": [0.0, 1.0], "positive": [0.5, 1.0], "negative": [0.0, 0.8], "margin": 0.2},
    facts=Facts(
        use="an anchor must be nearer to its own class than to others, by a margin",
        avoid="most triplets are easy: they have no slope, and training stops",
        best="squared distances that differ by the margin at least",
        unit="the square of the unit of the distance",
        least=0,
        most=INFINITE,
        convex=False,
        doi="10.1109/CVPR.2015.7298682",
        related=("contrastive", "circle", "hinge"),
    ),
    history=(
        Event(2003, 'Schultz and Joachims learn a distance from statements such as "A is closer to B than to C"'),
        Event(
            2015,
            "Schroff, Kalenichenko and Philbin recognise faces with FaceNet, a network trained on triplets",
            doi="10.1109/CVPR.2015.7298682",
        ),
    ),
)


def embeddings(anchor, positive, negative):
    """The three in the dtype of `positive`; ValueError unless they have one shape, with an axis."""
    require_one_shape(anchor=anchor, positive=positive, negative=negative)
    length(positive, -1)
    return [x.astype(positive.dtype, copy=False) for x in (anchor, positive, negative)]


def excess(a, p, n, margin):
    """By how much each triplet misses the margin, below 0 if it doesn't, with the last axis kept.

    The embeddings are scaled first: then no square overflows, and no difference of infinities makes NaN.
    """
    margin = as_positive("margin", margin, p.dtype)
    _, exponent = below_one(np.concatenate([a, p, n], -1), -1)
    a, p, n = (np.ldexp(x, -exponent) for x in (a, p, n))
    gap = np.square(a - p).sum(-1, keepdims=True) - np.square(a - n).sum(-1, keepdims=True)
    return np.ldexp(gap, 2 * exponent) + margin
