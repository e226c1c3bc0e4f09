"""From the losses of many samples to one number: weights, then a sum or a mean."""

import math

import numpy as np

from lossedu.arrays import Array, Axis, Floats, align_ranks, as_array, broadcast_shape, length, refuse_nan, shapes
from lossedu.losses._loss import loss
from lossedu.stable import below_one, weigh

BATCH_MEANS = ("sum_over_batch_size", "mean")
REDUCTIONS = (*BATCH_MEANS, "mean_with_sample_weight", "sum", "none", None)


@loss
def reduce_loss(
    values: Array, sample_weight: Array = None, reduction: str | None = "sum_over_batch_size", mask: Array = None
) -> Floats:
    r"""One number from the losses of many samples, as `keras.losses.Loss` makes it.

    .. math:: \frac1Z \sum_i w_i \ell_i, \qquad Z = \begin{cases}
        \text{how many } w_i \ell_i \text{ there are} & \text{sum\_over\_batch\_size, or mean: the same} \\
        \sum_i w_i & \text{mean\_with\_sample\_weight} \\ 1 & \text{sum} \end{cases}

    Three habits of Keras are kept, so that numbers agree. Weights line up with the *last* axes of the losses, as arrays
    do in NumPy: one weight per sample means shape `(N, 1)` for losses of shape `(N, T)`. The sum of the weights
    contains each given weight once, even if broadcasting uses it several times. If both the loss and its weight are
    scalars, nothing is divided.

    Args:
        values: losses in any shape, as a loss function returns them.
        sample_weight: None, a number, or an array that broadcasts with `values`; either may lack a last axis of
            length 1.
        reduction: "sum_over_batch_size", "mean", "mean_with_sample_weight" or "sum"; "none" or None for the weighted
            losses themselves; "auto" is how TF 2 spelled the first.
        mask: None, or an array of the shape of `values`, true where a loss counts. The others weigh 0, and the two
            means of the batch don't count them either.

    Returns:
        A scalar in the dtype of `values`, or the weighted losses. A mean over nothing, or over weights that sum to 0,
        is 0. The gradient is the factor that each of the `values` has in the sum of the result.

    Raises:
        TypeError: `values` or `sample_weight` does not hold real numbers.
        ValueError: an unknown reduction; weights that don't fit, are NaN, or are negative although their sum is the
            divisor; values to be summed that are infinite in both directions.

    Source: Keras: `keras.losses.Loss`.

    >>> for reduction in "sum", "mean", "mean_with_sample_weight":
    ...     arguments = [1.0, 4.0], [1.0, 3.0], reduction
    ...     print(reduce_loss(*arguments), reduce_loss.gradient(*arguments))
    13.0 [1. 3.]
    6.5 [0.5 1.5]
    3.25 [0.25 0.75]
    """
    values, weights, divisor = weights_and_divisor(values, sample_weight, standardize_reduction(reduction), mask)
    if reduction in ("none", None):
        return weigh(weights, values)
    with np.errstate(over="ignore"):
        losses = weigh(weights, values)
    if np.isfinite(losses).all():
        return divided_sum(losses, divisor)
    weights, exponent = below_one(weights)  # now no loss outgrows the largest float, but for one that came so
    losses = weigh(weights, values)
    if losses.max() == -losses.min() == np.inf:
        raise ValueError("values must not be infinite in both directions, which leaves their sum open")
    return np.ldexp(divided_sum(losses, divisor), exponent)


@reduce_loss.gradient_of
def reduce_loss_gradient(
    values: Array, sample_weight: Array = None, reduction: str | None = "sum_over_batch_size", mask: Array = None
) -> Floats:
    """Each value's weight over the divisor; a value that several weights share gets the sum."""
    aligned, weights, divisor = weights_and_divisor(values, sample_weight, standardize_reduction(reduction), mask)
    shares = np.broadcast_to(weights / divisor, np.broadcast_shapes(aligned.shape, weights.shape))
    new = shares.ndim - aligned.ndim
    stretched = (new + axis for axis, size in enumerate(aligned.shape) if size == 1)
    return shares.sum((*range(new), *stretched)).reshape(values.shape)  # a loss used many times counts as often


def mean(values: Floats, axis: Axis = -1) -> Floats:
    """The mean over an axis or several, finite wherever it can be, even if the sum is not."""
    return divided_sum(values, length(values, axis), axis)


def divided_sum(values, divisor, axis=None):
    """`values.sum(axis) / divisor`, finite wherever it can be, even if the sum is not."""
    with np.errstate(over="ignore", invalid="ignore"):
        result = values.sum(axis) / divisor
    if np.isfinite(result).all():
        return result
    count = values.size // result.size
    return (values / count).sum(axis) * (count / divisor)


def standardize_reduction(reduction: str | None) -> str | None:
    """The name of a reduction as today's Keras spells it; ValueError if there is no such reduction."""
    if reduction == "auto":
        return "sum_over_batch_size"
    if reduction not in REDUCTIONS:
        expected = ", ".join(map(repr, REDUCTIONS))
        raise ValueError(f"Invalid value for argument `reduction`: got {reduction!r}, expected one of {expected}")
    return reduction


def weights_and_divisor(values, sample_weight, reduction, mask):
    """The losses and their weights, of ranks that broadcast, and what the weighted sum is divided by."""
    weights = np.ones_like(values) if sample_weight is None else as_weights(sample_weight, values.dtype, reduction)
    if mask is not None:
        mask = np.asarray(mask, bool)
        if mask.shape != values.shape:
            raise ValueError(f"mask must have the shape of values: got {shapes({'mask': mask, 'values': values})}")
        counts, weights = align_ranks(mask.astype(values.dtype), weights)
        weights = weights * counts
    values, weights = align_ranks(values, weights)
    shape = broadcast_shape({"losses": values, "sample_weight": weights})
    if shape == () or reduction in ("sum", "none", None):
        return values, weights, 1
    if reduction in BATCH_MEANS:
        size = math.prod(shape)
        counted = size if mask is None else float(mask.sum() * size / mask.size)
        return values, weights, counted or np.inf
    weights, _ = below_one(weights)  # only their ratios count, and their sum must not overflow
    return values, weights, weights.sum() or np.inf


def as_weights(sample_weight, dtype, reduction):
    """`sample_weight` as an array of `dtype`; ValueError if it cannot weigh."""
    weights = as_array("sample_weight", sample_weight).astype(dtype, copy=False)
    refuse_nan({"sample_weight": weights})
    if reduction == "mean_with_sample_weight" and weights.min() < 0:
        raise ValueError(f"sample_weight must not be negative if its sum is the divisor, got {weights.min():g}")
    return weights
