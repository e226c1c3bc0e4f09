"""What the classes of losses share: a function, its options, and how the batch is reduced."""

import inspect
import re
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lossedu.arrays import Array, Floats, align_ranks, as_array
from lossedu.losses.reduction import reduce_loss, standardize_reduction
from lossedu.losses.similarity import embedding_slopes, pair_slopes
from lossedu.stable import below_one, weigh

Reduction: TypeAlias = str | None  # one of `reduction.REDUCTIONS`


class Loss:
    """A loss that gives one number for a batch. Subclass it, with a `call(y_true, y_pred)`, to write your own.

    Args:
        name: how it is called in logs; by default its class.
        reduction: how `reduce_loss` makes one number of the losses of all samples.
        dtype: predictions are converted to it first, and the loss in the end. None leaves them as they are, where
            Keras takes float32. "bfloat16", for which `ml_dtypes` must be imported, is computed in float32.
    """

    def __init__(
        self, name: str | None = None, reduction: Reduction = "sum_over_batch_size", dtype: DTypeLike | None = None
    ) -> None:
        """Keep the arguments; ValueError if `reduction` is not a known one."""
        self.name = name or snake_case(type(self).__name__)
        self.reduction = standardize_reduction(reduction)
        self.dtype = dtype

    def __call__(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> Floats:
        """The reduced loss, or the weighted loss of each sample if the reduction is "none"."""
        y_true, y_pred = self.read(y_true, y_pred)
        values = self.call(y_true, y_pred)
        return self.converted(reduce_loss(values, sample_weight, self.reduction, self.mask(y_true, values)))

    def gradient(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> Floats:
        """Derivative of the reduced loss, or of the sum of what is not reduced, with respect to `y_pred`."""
        shape = np.shape(y_pred)
        y_true, y_pred = self.read(y_true, y_pred)
        values = self.call(y_true, y_pred)
        shares = reduce_loss.gradient(values, sample_weight, self.reduction, self.mask(y_true, values))
        return self.converted(self.weighted_slopes(shares, y_true, y_pred).reshape(shape))

    def call(self, y_true: Array, y_pred: Array) -> Floats:
        """The loss of each sample."""
        raise NotImplementedError(f"{type(self).__name__} must define call(y_true, y_pred)")

    def weighted_slopes(self, shares: Floats, y_true: Array, y_pred: Array) -> Floats:
        """Derivative of the sum of what `call` returns times `shares`, with respect to `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must define weighted_slopes(shares, y_true, y_pred)")

    def mask(self, y_true: Array, values: Floats) -> NDArray[np.bool_] | None:
        """Which of the `values` count; None if all do."""

    def read(self, y_true: Array, y_pred: Array) -> tuple[NDArray[Any], NDArray[Any]]:
        """Both as arrays, of one rank where Keras makes it so."""
        y_true, y_pred = as_array("y_true", y_true), self.converted(as_array("y_pred", y_pred))
        return align_ranks(y_true, y_pred if y_pred.dtype.kind == "f" else y_pred.astype(np.float32))

    def converted(self, array: Floats) -> NDArray[Any]:
        """Numbers in the `dtype` of the loss, if it has one."""
        return array if self.dtype is None else array.astype(self.dtype, copy=False)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a loss again."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The loss that has the `config`."""
        return cls(**config)

    def __repr__(self) -> str:
        parameters = inspect.signature(type(self)).parameters
        changed = {k: v for k, v in self.get_config().items() if v != parameters[k].default}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"


class FunctionLoss(Loss):
    """Base of the loss classes in `classes`: it calls its `function` with its `options`."""

    function: ClassVar[Any]

    def __init__(self, name: str | None, reduction: Reduction, dtype: DTypeLike | None, **options: Any) -> None:
        """Keep the arguments."""
        super().__init__(name, reduction, dtype)
        self.options = options

    def call(self, y_true: Array, y_pred: Array) -> Floats:
        """The loss of each sample."""
        return self.function(y_true, y_pred, **self.options)

    def weighted_slopes(self, shares: Floats, y_true: Array, y_pred: Array) -> Floats:
        """Derivative of the sum of what `call` returns times `shares`, with respect to `y_pred`."""
        axis = self.options.get("axis")
        if axis is None:  # then the loss took the last axes, or all
            axis = tuple(range(shares.ndim, y_pred.ndim))
        return weigh(np.expand_dims(shares, axis), self.function.gradient(y_true, y_pred, **self.options))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a loss again."""
        return super().get_config() | self.options


class IgnoringLoss(FunctionLoss):
    """A loss with an option `ignore_class`: samples of that class do not count."""

    def mask(self, y_true: Array, values: Floats) -> NDArray[np.bool_] | None:
        """Which of the `values` count; None if all do."""
        ignored = self.options["ignore_class"]
        return None if ignored is None else not_ignored(ignored, y_true, values)


class CircleLoss(FunctionLoss):
    """The loss of embeddings, where each embedding is compared with all others."""

    def mask(self, y_true: Array, values: Floats) -> NDArray[np.bool_]:
        """Which of the `values` count: those with a pair to compare."""
        return values > 0

    def weighted_slopes(self, shares: Floats, y_true: Array, y_pred: Array) -> Floats:
        """Derivative of the sum of what `call` returns times `shares`, with respect to `y_pred`."""
        references, slopes = pair_slopes(y_true, y_pred, **self.options)
        shares, exponent = below_one(shares)
        slopes = embedding_slopes(shares[:, None] * slopes, references, 2 * self.options["gamma"], both_ends=True)
        return np.ldexp(slopes, exponent)


def not_ignored(ignored: int, y_true: Array, values: Floats) -> NDArray[np.bool_]:
    """Return a mask that is True for labels other than the ignored class."""
    return (y_true != ignored).reshape(values.shape)


def snake_case(name: str) -> str:
    """`KLDivergence` as `kl_divergence`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
