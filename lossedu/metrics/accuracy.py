"""How often predictions are right: 1 for each that is and 0 for each that is not, so that their mean is a frequency.

They have no gradient: a small step in the predictions changes nothing, until a label tips over. That is why one
descends a loss and reports an accuracy. Unlike those of Keras they keep float64, and refuse labels that are no class.
"""

import numpy as np

from lossedu.arrays import (
    Array,
    Floats,
    as_array,
    as_size,
    broadcast_shape,
    class_numbers,
    length,
    on_arrays,
    refuse_nan,
    require_one_shape,
    with_class_axis,
)


@on_arrays
def accuracy(y_true: Array, y_pred: Array) -> Floats:
    """Whether each prediction equals its label. For predictions that are labels themselves, not probabilities.

    Args:
        y_true, y_pred: labels, arrays of one shape.

    Returns:
        1 where they are equal and 0 elsewhere, in that shape.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: Keras: `keras.metrics.Accuracy`.

    >>> accuracy([0, 1, 2], [0, 2, 2])
    array([1., 0., 1.])
    """
    return (y_true == y_pred).astype(y_pred.dtype)


@on_arrays
def binary_accuracy(y_true: Array, y_pred: Array, threshold: float = 0.5) -> Floats:
    """Whether each prediction, rounded to 1 above the threshold and to 0 elsewhere, equals its label.

    Args:
        y_true: labels 0 or 1, shape `(..., D)`; others are never met.
        y_pred: probabilities, same shape, or any scores for which the threshold makes sense (0 for logits).
        threshold: what a prediction must exceed to count as 1; at the threshold itself it is 0.

    Returns:
        1 where the prediction is right and 0 elsewhere, in that shape; the mean is left to `BinaryAccuracy`.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: Keras: `keras.metrics.binary_accuracy`.

    >>> binary_accuracy([[1, 1], [0, 0]], [[0.98, 0.5], [0.0, 0.6]])
    array([[1., 0.],
           [1., 0.]])
    """
    limit = as_array("threshold", threshold).astype(y_pred.dtype)
    refuse_nan({"threshold": limit})
    return (y_true == (y_pred > limit)).astype(y_pred.dtype)


@on_arrays
def categorical_accuracy(y_true: Array, y_pred: Array) -> Floats:
    """Whether the class with the highest score is the one with the highest label; of equals the first counts.

    Args:
        y_true: one-hot or soft labels, shape `(..., C)`.
        y_pred: probabilities or logits, whichever, same shape.

    Returns:
        1 where they agree and 0 elsewhere, shape `(...)`.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: different shapes, an empty array, or NaN.

    Source: Keras: `keras.metrics.categorical_accuracy`.

    >>> categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    array([0., 1.])
    """
    require_one_shape(y_true=y_true, y_pred=y_pred)
    return (likeliest(y_true) == likeliest(y_pred)).astype(y_pred.dtype)[..., 0]


@on_arrays(labels="y_true")
def sparse_categorical_accuracy(y_true: Array, y_pred: Array) -> Floats:
    """Whether the class with the highest score is that of the label; of equal scores the first counts.

    Args:
        y_true: class numbers 0 to C - 1, shape `(...)` or `(..., 1)`; of the first, axes of length 1 broadcast.
        y_pred: probabilities or logits, whichever, shape `(..., C)`.

    Returns:
        1 where the label is met and 0 elsewhere, in the shape of `y_true`, less a last axis of length 1.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or labels that are no class numbers.

    Source: Keras: `keras.metrics.sparse_categorical_accuracy`.

    >>> sparse_categorical_accuracy([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    array([0., 1.])
    """
    if y_true.ndim == y_pred.ndim - 1:
        shape = broadcast_shape({"y_true": y_true, "y_pred without its classes": y_pred[..., 0]})
        y_true, y_pred = np.broadcast_to(y_true, shape), np.broadcast_to(y_pred, (*shape, y_pred.shape[-1]))
    labels, _ = class_numbers(y_true, y_pred, -1)
    matches = (labels == likeliest(y_pred)).astype(y_pred.dtype).reshape(y_true.shape)
    return matches[..., 0] if y_true.ndim > 1 and y_true.shape[-1] == 1 else matches


@on_arrays
def top_k_categorical_accuracy(y_true: Array, y_pred: Array, k: int = 5) -> Floats:
    """Whether the class with the highest label has one of the k highest scores; a score equal to the k-th is one.

    Args:
        y_true: one-hot or soft labels, shape `(..., C)`.
        y_pred: probabilities or logits, whichever, same shape. A row with an infinite score is never right: TensorFlow
            refuses to say.
        k: how many guesses are granted; at least 1. From C on, all are right.

    Returns:
        1 where the class is among them and 0 elsewhere, shape `(...)`.

    Raises:
        TypeError: an array does not hold real numbers, or `k` is not a whole number.
        ValueError: different shapes, an empty array, NaN, or `k` below 1.

    Source: Keras: `keras.metrics.top_k_categorical_accuracy`.

    >>> top_k_categorical_accuracy([[0, 0, 1], [1, 0, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]], k=2)
    array([1., 1.])
    """
    require_one_shape(y_true=y_true, y_pred=y_pred)
    return in_top_k(likeliest(y_true), y_pred, as_size("k", k))


@on_arrays(labels="y_true")
def sparse_top_k_categorical_accuracy(
    y_true: Array, y_pred: Array, k: int = 5, from_sorted_ids: bool = False
) -> Floats:
    """Whether the class of the label has one of the k highest scores; a score equal to the k-th is one.

    Args:
        y_true: class numbers 0 to C - 1, shape `(...)` or `(..., 1)`.
        y_pred: probabilities or logits, whichever, shape `(..., C)`. A row with an infinite score is never right:
            TensorFlow refuses to say.
        k: how many guesses are granted; at least 1. From C on, all are right.
        from_sorted_ids: whether `y_pred` holds class numbers instead, the best guess first.

    Returns:
        1 where the class is among them and 0 elsewhere, in the shape of `y_true`.

    Raises:
        TypeError: an array does not hold real numbers, or `k` is not a whole number.
        ValueError: shapes that don't fit, an empty array, NaN, labels that are no class numbers, or `k` below 1.

    Source: Keras: `keras.metrics.sparse_top_k_categorical_accuracy`.

    >>> sparse_top_k_categorical_accuracy([2, 0], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]], k=2)
    array([1., 1.])
    >>> sparse_top_k_categorical_accuracy([2, 1], [[1, 0, 3], [1, 2, 3]], k=1, from_sorted_ids=True)
    array([0., 1.])
    """
    k = as_size("k", k)
    if from_sorted_ids:
        labels = with_class_axis(y_true, y_pred, -1)
        matches = (y_pred[..., :k] == labels).any(-1).astype(y_pred.dtype)
    else:
        matches = in_top_k(class_numbers(y_true, y_pred, -1)[0], y_pred, k)
    return matches.reshape(y_true.shape)


def likeliest(scores):
    """The class with the highest score, or the first of them, with a class axis of length 1."""
    length(scores, -1)  # refuses scores without an axis
    return scores.argmax(-1, keepdims=True)


def in_top_k(labels, y_pred, k):
    """Whether fewer than k classes score higher than that of the label."""
    better = (y_pred > np.take_along_axis(y_pred, labels, -1)).sum(-1)
    return ((better < k) & np.isfinite(y_pred).all(-1)).astype(y_pred.dtype)
