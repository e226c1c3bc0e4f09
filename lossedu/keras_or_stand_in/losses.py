"""`keras.losses` with a class `Loss` that also takes tensors of the stand-in; without Keras, this class alone."""

import functools
from typing import Any

import numpy as np

from lossedu.keras_or_stand_in import _real
from lossedu.keras_or_stand_in._operations import cast, divide_no_nan, expand_dims, multiply, squeeze, sum
from lossedu.keras_or_stand_in._tensor import DEFAULT, Tensor, array_of, tensor

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


class StandInLoss:
    """The base class of losses in the stand-in, with the arguments, words and numbers of `keras.losses.Loss`.

    A subclass has a method `call(y_true, y_pred)` that returns one loss per sample. Calling an object multiplies these
    by the weights and reduces them.

    Args:
        name: what the loss is called in logs.
        reduction: "sum_over_batch_size" or "mean" (divided by the number of losses), "sum", "mean_with_sample_weight"
            (divided by the sum of the weights), "none" or None.
        dtype: the type in which it computes; by default 32 bits.

    Raises:
        ValueError: there is no such reduction.

    >>> class SquaredError(StandInLoss):
    ...     def call(self, y_true, y_pred):
    ...         return (y_pred - y_true) ** 2
    >>> loss = SquaredError(reduction="sum")
    >>> loss([1.0, 2.0], [1.0, 5.0], sample_weight=[1.0, 0.5])
    <4.5, a tensor of shape (), dtype float32>
    >>> loss.get_config()
    {'name': 'squared_error', 'reduction': 'sum'}
    """

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        """Keep the name and the reduction."""
        if reduction not in REDUCTIONS:
            words = f"Invalid value for argument `reduction`: got {reduction!r}, expected one of {REDUCTIONS}"
            raise ValueError(words)
        self.name, self.reduction, self.dtype = name or snake_case(type(self).__name__), reduction, dtype or DEFAULT

    def __call__(self, y_true, y_pred, sample_weight=None):
        """Return the reduced loss of a batch."""
        return reduced_loss(self, y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        """Return one loss per sample; a subclass says how."""
        raise TypeError(f"{type(self).__name__} has no method `call(self, y_true, y_pred)`")

    def get_config(self):
        """Return the arguments with which the loss can be made again."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config):
        """Return a loss with the arguments that `get_config` returned."""
        return cls(**config)


def snake_case(name):
    """Return a name such as `SquaredError` as `squared_error`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def reduced_loss(loss, y_true, y_pred, sample_weight=None):
    """Return what the call of a loss gives, computed by the stand-in."""
    y_true, y_pred = (cast(y, loss.dtype) if isinstance(y, Tensor) else tensor(y, loss.dtype) for y in (y_true, y_pred))
    values = loss.call(y_true, y_pred)
    values = cast(values, loss.dtype) if isinstance(values, Tensor) else tensor(values, loss.dtype)
    weights = None if sample_weight is None else tensor(sample_weight, loss.dtype)
    if weights is not None:
        values, weights = of_one_rank(values, weights)
        values = multiply(values, weights)
    if loss.reduction in ("none", None) or values.shape in ((), (0,)):
        return values
    total = sum(values)
    if loss.reduction == "sum":
        return total
    by_weights = loss.reduction == "mean_with_sample_weight" and weights is not None
    return divide_no_nan(total, sum(weights) if by_weights else np.float32(array_of(values).size))


def of_one_rank(values, weights):
    """Return losses and weights with equally many axes, if one of both has one axis more, of length 1."""
    if values.ndim == weights.ndim + 1 and values.shape[-1] == 1:
        return (values, expand_dims(weights, -1)) if weights.ndim == 1 else (squeeze(values, -1), weights)
    if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
        return (expand_dims(values, -1), weights) if values.ndim == 1 else (values, squeeze(weights, -1))
    return values, weights


@functools.cache
def taking_both(real_loss):
    """Return a subclass of Keras's `Loss` that leaves tensors of the stand-in to the stand-in."""

    class Loss(real_loss):
        """`keras.losses.Loss`, which also takes tensors of the stand-in."""

        def __call__(self, y_true, y_pred, sample_weight=None):
            """Return the reduced loss of a batch."""
            if isinstance(y_pred, Tensor):
                return reduced_loss(self, y_true, y_pred, sample_weight)
            return super().__call__(y_true, y_pred, sample_weight)

    return Loss


def __getattr__(name) -> Any:
    """The class `Loss`, or what the real Keras has besides."""
    keras = _real.loaded()
    if name == "Loss":
        return taking_both(keras.losses.Loss) if keras else StandInLoss
    if keras is None:
        raise AttributeError(f"Keras is not loaded here, and the stand-in has no keras.losses.{name}", name=name)
    return getattr(keras.losses, name)
