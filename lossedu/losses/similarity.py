"""Losses that look at directions: the cosine of an angle, and the circle loss on embeddings."""

import numpy as np

from lossedu.arrays import Array, Axis, Floats, as_array, refuse_nan, require_between, shapes
from lossedu.losses._loss import EPSILON, loss
from lossedu.losses.declaration import INFINITE, Call, ClassForm, Curve, Event, Facts, Naive, declare
from lossedu.stable import below_one, sigmoid


@loss
def cosine_similarity(y_true: Array, y_pred: Array, axis: Axis = -1) -> Floats:
    r"""Minus the cosine of the angle between two vectors, so that similar vectors cost least.

    .. math:: -\sum_i \frac{y_i}{\|y\|} \frac{\hat y_i}{\|\hat y\|}, \qquad
        \|x\| = \max\left(\sqrt{\textstyle\sum_i x_i^2},\, \epsilon\right), \quad \epsilon = 10^{-7}

    -1 where the directions agree, 0 at a right angle, 1 where they are opposite; 0 if a vector is zero. Lengths don't
    matter, so the gradient is at right angles to `y_pred`.

    Args:
        y_true, y_pred: vectors along `axis`, arrays of one shape `(..., D)`.
        axis: the axis, or axes, of the vectors.

    Returns:
        Sum over `axis`, shape `(...)`, between -1 and 1.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or an axis that is not there.

    Source: G. Salton, "Automatic Information Organization and Retrieval", 1968. Keras:
    `keras.losses.cosine_similarity`.

    >>> cosine_similarity([[0.0, 1.0], [1.0, 1.0], [0.0, 2.0]], [[1.0, 0.0], [3.0, 3.0], [0.0, -1.0]]).round(12)
    array([-0., -1.,  1.])
    """
    a, a_norm, _ = scale_down(y_true, axis)
    b, b_norm, _ = scale_down(y_pred, axis)
    return -((a * b).sum(axis, keepdims=True) / a_norm / b_norm).squeeze(axis)


@cosine_similarity.gradient_of
def cosine_similarity_gradient(y_true: Array, y_pred: Array, axis: Axis = -1) -> Floats:
    r""".. math:: \frac{(a \cdot b)\, b_i - a_i}{\|\hat y\|}, \qquad a = y / \|y\|, \quad b = \hat y / \|\hat y\|"""
    a, a_norm, _ = scale_down(y_true, axis)
    b, b_norm, scale = scale_down(y_pred, axis)
    is_long = b_norm > EPSILON / scale  # below epsilon the divisor is a constant
    a, b = a / a_norm, b / b_norm
    return (b * (a * b).sum(axis, keepdims=True) * is_long - a) / b_norm / scale


declare(
    cosine_similarity,
    title="Cosine similarity",
    family="similarity",
    chapter="08_cosine_proximity",
    curve=Curve(
        lambda x: ([1.0, 0.0], [np.cos(x), np.sin(x)]),
        -np.pi,
        np.pi,
        "the angle between y_true and y_pred",
    ),
    keras_class=ClassForm("CosineSimilarity"),
    aliases={"Keras 1": ("cosine", "cosine_proximity")},
    also=("cosine proximity",),
    example={"y_true": [1.0, 0.0, 1.0], "y_pred": [0.5, 0.5, 2.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.cosine_similarity(y_true, y_pred)"),
        "PyTorch": Call("-F.cosine_similarity(y_pred, y_true, dim=-1)", "returns the cosine, without the minus sign"),
        "optax": Call("-optax.cosine_similarity(y_pred, y_true)", "returns the cosine, without the minus sign"),
        "SciPy": Call("scipy.spatial.distance.cosine(y_true, y_pred) - 1", "returns 1 minus the cosine"),
    },
    naive=Naive(
        "-(y_true @ y_pred) / (np.linalg.norm(y_true) * np.linalg.norm(y_pred))",
        {"y_true": [1.0, 0.0], "y_pred": [0.0, 0.0]},
    ),
    facts=Facts(
        use="only the direction of a vector has a meaning, such as with embeddings",
        avoid="lengths carry meaning",
        best="the mean of the labels, each scaled to length 1 (only its direction matters)",
        unit="none",
        least=-1,
        most=1,
        convex=False,
        related=("circle", "contrastive", "triplet"),
    ),
    history=(
        Event(
            1975,
            "Salton, Wong and Yang compare documents by the angle between their vectors",
            doi="10.1145/361219.361220",
        ),
        Event(
            2021,
            "Chen and He train networks on images without labels: two views of one image must point the same way",
            doi="10.1109/CVPR46437.2021.01549",
        ),
    ),
)


@loss(labels="y_true")
def circle(
    y_true: Array,
    y_pred: Array,
    ref_labels: Array = None,
    ref_embeddings: Array = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Floats:
    r"""Pulls embeddings of one class together and pushes other classes apart; the worst pairs count most.

    .. math:: \ln\Bigl(1 + \sum_{p} e^{\gamma (d_p^2 - m^2)} \sum_{n} e^{\gamma (s_n^2 - m^2)}\Bigr), \qquad
        s = \min(\langle x, r \rangle, 1),\quad d = 1 - s

    p runs over the references of the same class, n over those of other classes. If there is no p or no n, the
    loss is 0. Below -m, the :math:`s_n` count as -m.

    Args:
        y_true: class numbers, shape `(N,)` or `(N, 1)`.
        y_pred: embeddings of length 1 (it is not checked), shape `(N, D)`.
        ref_labels: class numbers of the references, shape `(M,)` or `(M, 1)`; `y_true` if None.
        ref_embeddings: embeddings of the references, shape `(M, D)`; `y_pred` if None.
        remove_diagonal: whether the i-th embedding is also the i-th reference, so that the two are not compared.
        gamma: the scale, >= 0.
        margin: the relaxation m, >= 0.

    Returns:
        One loss for each embedding, shape `(N,)`. The gradient is that of their sum, as each embedding is the
        reference of others.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or labels that are not whole numbers.

    Source: Y. Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization", 2020. Keras:
    `keras.losses.circle`.

    >>> circle([0, 0, 1], [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], gamma=1).round(4)
    array([0.6163, 0.9617, 0.    ])
    """
    *_, attraction, repulsion = circle_terms(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin)
    return np.logaddexp(0, log_product_of_sums(attraction, repulsion))


@circle.gradient_of
def circle_gradient(
    y_true: Array,
    y_pred: Array,
    ref_labels: Array = None,
    ref_embeddings: Array = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Floats:
    """Without `ref_embeddings`, each embedding is also a reference for the others: both roles count."""
    references, slopes = pair_slopes(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin)
    return embedding_slopes(slopes, references, 2 * gamma, both_ends=ref_embeddings is None)


declare(
    circle,
    title="Circle loss",
    family="similarity",
    chapter=None,
    curve=Curve(
        lambda x: ([0], [[np.cos(x), np.sin(x)]], [0, 1], [[1.0, 0.0], [-0.5, np.sqrt(0.75)]], False),
        -np.pi,
        np.pi,
        "the angle of y_pred; the reference of its class is at 0, of the other at 2.09",
        options={"gamma": 4.0},
        sliders={"gamma": (1.0, 2.0, 4.0, 8.0)},
    ),
    keras_class=ClassForm(
        "Circle", parameters=["gamma", "margin", "remove_diagonal", "reduction", "name", "dtype"], base="CircleLoss"
    ),
    also=("metric learning",),
    example={"y_true": [0, 0, 1], "y_pred": [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], "gamma": 4.0, "margin": 0.4},
    elsewhere={
        "tf.keras": Call("keras.losses.circle(y_true, y_pred, remove_diagonal=True, gamma=4.0, margin=0.4)"),
    },
    facts=Facts(
        use="there are many classes, and hard pairs should count most",
        avoid="batches hold one example per class: no pair shares a class",
        best="equal directions within a class, right angles between classes",
        unit="none",
        least=0,
        most=INFINITE,
        convex=False,
        doi="10.1109/CVPR42600.2020.00643",
        related=("triplet", "contrastive", "cosine_similarity"),
    ),
    history=(
        Event(
            2018,
            "Wang and others recognise faces with CosFace, which demands a margin between cosines",
            doi="10.1109/CVPR.2018.00552",
        ),
        Event(
            2020,
            "Sun and others propose it as one formula for learning from pairs and from classes",
            doi="10.1109/CVPR42600.2020.00643",
        ),
    ),
)


def pair_slopes(
    y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma: float = 80, margin=0.4
):
    """The references, and the derivative of each embedding's loss in each of its similarities, over twice gamma."""
    references, similarity, attraction, repulsion = circle_terms(
        y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin
    )
    distance, both = np.maximum(1 - similarity, 0), log_product_of_sums(attraction, repulsion)
    outward = softmax_of_some(repulsion) * similarity * ((-margin <= similarity) & (similarity <= 1))
    is_beyond = (attraction == np.inf).any(1, keepdims=True) & (attraction > -np.inf)
    attraction = np.where(is_beyond, distance, attraction)  # of infinite exponents the furthest pair has the largest
    return references, sigmoid(both)[:, None] * (outward - softmax_of_some(attraction) * distance)


def embedding_slopes(slopes, references, factor, both_ends):
    """`factor` times the slopes in the embeddings, given those in their similarities to references.

    With `both_ends` the references are the embeddings themselves, and move as well. Scaled first, sums of huge terms
    may become infinite, but not NaN.
    """
    (slopes, exponent), (x, exponents) = below_one(slopes), below_one(references, 0)
    return np.ldexp(factor * ((slopes + slopes.T if both_ends else slopes) @ x), exponent + exponents)


def scale_down(x, axis):
    """`x` with no entry above 1, so that no square overflows or vanishes; its norm, at least epsilon; the scale."""
    largest = np.maximum(x.max(axis, keepdims=True), -x.min(axis, keepdims=True))
    scale = np.maximum(largest, EPSILON)
    x = x / scale
    return x, np.maximum(np.sqrt(np.square(x).sum(axis, keepdims=True)), EPSILON / scale), scale


def circle_terms(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin):
    """The references, their similarity to each embedding, and the exponents of both sums: -inf where there is no pair.

    With s = 1 - d the exponents are the squares (1 - s)^2 and s^2 over that of the margin; they are taken as products,
    which keep more digits.
    """
    require_between(0, np.inf, gamma=gamma, margin=margin)
    references = y_pred if ref_embeddings is None else as_array("ref_embeddings", ref_embeddings).astype(y_pred.dtype)
    ref_labels = y_true if ref_labels is None else as_array("ref_labels", ref_labels, integer=True)
    refuse_nan({"ref_embeddings": references})
    arrays = {"y_true": y_true, "y_pred": y_pred, "ref_labels": ref_labels, "ref_embeddings": references}
    for labels, embeddings in (y_true, y_pred), (ref_labels, references):
        if embeddings.ndim != 2 or labels.shape not in ((len(embeddings),), (len(embeddings), 1)):
            raise ValueError(f"there must be one label for each row of embeddings: got {shapes(arrays)}")
    if references.shape[1] != y_pred.shape[1]:
        raise ValueError(f"embeddings must have one length: got {shapes(arrays)}")
    same = y_true.reshape(-1, 1) == ref_labels.reshape(1, -1)
    pairs = same & ~np.eye(*same.shape, dtype=bool) if remove_diagonal else same
    (x, exponents), (r, exponents_of_r) = below_one(y_pred, 1), below_one(references, 1)
    with np.errstate(over="ignore"):
        similarity = np.nan_to_num(np.ldexp(x @ r.T, exponents + exponents_of_r.T))  # no further than the largest float
        distance, overlap = np.maximum(1 - similarity, 0), np.clip(similarity, -margin, 1)
        attraction = np.where(pairs, gamma * (distance + margin) * (distance - margin), -np.inf)
    repulsion = np.where(same, -np.inf, gamma * (overlap + margin) * (overlap - margin))
    return references, similarity, attraction, repulsion


def log_product_of_sums(attraction, repulsion):
    """ln(sum of exp(attraction) times sum of exp(repulsion)) of each row: -inf where one of them has no pairs."""
    first, second = np.logaddexp.reduce(attraction, 1), np.logaddexp.reduce(repulsion, 1)
    return np.add(first, second, out=np.full_like(first, -np.inf), where=second > -np.inf)


def softmax_of_some(x):
    """Softmax of each row, in which -inf stands for an entry that is not there; 0 where a row has none."""
    top = np.maximum(x.max(1, keepdims=True), np.finfo(x.dtype).min)
    e = np.exp(x - top)
    return e / np.maximum(e.sum(1, keepdims=True), 1)
