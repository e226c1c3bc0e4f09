"""Metrics that see one batch after the other, and the mean and the sum that they are made of.

>>> mean = Mean()
>>> mean.update_state([1.0, 3.0])
>>> mean.update_state([8.0])
>>> float(mean.result())    # over all three values: the mean of the two batches' means would be 5
4.0
"""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lossedu import losses, metrics
from lossedu.arrays import Array, Floats, align_ranks, as_array, broadcast_shape, refuse_nan
from lossedu.losses.objects import not_ignored, snake_case
from lossedu.losses.reduction import as_weights, mean
from lossedu.stable import below_one, weigh


class Metric:
    """Something counted over batches. Subclass it, with the three methods below, to write your own.

    Args:
        name: how it is called in logs; by default its class.
        dtype: of its state and result. None is float64, where Keras takes float32, which stops counting at 2**24. One
            of integers is kept as a name, while the state stays float64: weights and means keep their fractions.
    """

    state: ClassVar[tuple[str, ...]] = ()  # the names of the attributes that hold what was counted

    def __init__(self, dtype: DTypeLike | None = None, name: str | None = None) -> None:
        """Keep the arguments; TypeError if `dtype` is none of numbers."""
        self.name = name or snake_case(type(self).__name__)
        self.dtype = self._dtype = np.dtype(dtype or np.float64).name
        if np.dtype(self.dtype).kind not in "fiu":
            raise TypeError(f"dtype must be one of numbers, got {dtype!r}")
        self.computed_dtype = self.dtype if np.dtype(self.dtype).kind == "f" else "float64"

    @property
    def variables(self) -> list[Any]:
        """The arrays that hold what was counted, in the order in which Keras has them."""
        return [np.asarray(getattr(self, name)) for name in self.state if hasattr(self, name)]

    def update_state(self, *arguments: Any, **keywords: Any) -> None:
        """Take in one batch."""
        raise NotImplementedError(f"{type(self).__name__} must define update_state(y_true, y_pred, sample_weight)")

    def result(self) -> "np.floating[Any]":
        """The figure over all batches since the last `reset_state`."""
        raise NotImplementedError(f"{type(self).__name__} must define result()")

    def reset_state(self) -> None:
        """Forget all batches."""
        raise NotImplementedError(f"{type(self).__name__} must define reset_state()")

    def __call__(self, *arguments: Any, **keywords: Any) -> "np.floating[Any]":
        """`update_state` with the arguments, then `result`: that over all batches, not over this one."""
        self.update_state(*arguments, **keywords)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The metric that has the `config`."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class Total:
    """A sum that grows batch by batch: `number` times 2 to the `exponent`, which is 0 until a sum overflows."""

    def __init__(self, dtype: str) -> None:
        """Begin at 0."""
        self.number = np.dtype(dtype).type(0)
        self.exponent = 0

    def add(self, number: Any, exponent: int) -> None:
        """Add `number` times 2 to the `exponent`; ValueError if the sum is infinite in both directions."""
        most = max(self.exponent, exponent)
        with np.errstate(over="ignore", invalid="ignore"):
            terms = np.ldexp(self.number, self.exponent - most), np.ldexp(number, exponent - most)
            if np.isinf(sum(terms)):
                most, terms = most + 1, [np.ldexp(term, -1) for term in terms]
            total = terms[0] + terms[1]
        if np.isnan(total):
            raise ValueError("values must not be infinite in both directions, which leaves their sum open")
        self.number, self.exponent = total, most

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        """The sum as an array."""
        return np.asarray(self.value, dtype)

    @property
    def value(self) -> "np.floating[Any]":
        """The sum, infinite where it is beyond the largest float."""
        return np.ldexp(self.number, self.exponent)


class Sum(Metric):
    """The weighted sum of all values.

    Args:
        name, dtype: as in `Metric`.

    >>> total = Sum()
    >>> float(total([1.0, 3.0], sample_weight=[1.0, 0.5]))
    2.5
    """

    state = ("total",)

    def __init__(self, name: str | None = "sum", dtype: DTypeLike | None = None) -> None:
        """Begin at 0."""
        super().__init__(name=name, dtype=dtype)
        self.reset_state()

    def update_state(self, values: Array, sample_weight: Array = None) -> None:
        """Add the `values` times the weights, which may be negative here. Shapes are those of `Mean`."""
        total, _ = weighted_sums(values, sample_weight, np.sum, self.computed_dtype)
        self.total.add(*total)

    def result(self) -> "np.floating[Any]":
        """The sum since the last `reset_state`."""
        return self.total.value

    def reset_state(self) -> None:
        """Begin at 0 again."""
        self.total = Total(self.computed_dtype)


class Mean(Metric):
    r"""The weighted mean of all values, each batch counting as much as its samples weigh.

    .. math:: \sum_i w_i v_i \Big/ \sum_i w_i

    Args:
        name, dtype: as in `Metric`.

    >>> mean = Mean()
    >>> mean.update_state([1.0, 3.0], sample_weight=[3.0, 1.0])
    >>> float(mean.result())
    1.5
    """

    state = ("total", "count")

    def __init__(self, name: str | None = "mean", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name=name, dtype=dtype)
        self.reset_state()

    def update_state(self, values: Array, sample_weight: Array = None) -> None:
        """Take in the values of one batch.

        Args:
            values: numbers, shape `(N, ...)`: N samples, of which each counts as the mean of its values. Without axes
                it is one sample.
            sample_weight: None, a number >= 0, or an array of them that fits the *first* axes of `values`, where losses
                line weights up with the last. Values are averaged over the axes that weights don't have: of a number,
                over all, and the batch counts as one sample of that weight.

        Raises:
            TypeError: an argument does not hold real numbers.
            ValueError: an empty array, NaN, weights that don't fit or are negative, or values that are infinite in both
                directions.
        """
        total, count = weighted_sums(values, sample_weight, mean, self.computed_dtype)
        self.total.add(*total)
        self.count.add(*count)

    def result(self) -> "np.floating[Any]":
        """The mean since the last `reset_state`; 0 if nothing was seen, or nothing that weighs."""
        if not self.count.number:
            return self.count.number
        return np.ldexp(self.total.number / self.count.number, self.total.exponent - self.count.exponent)

    def reset_state(self) -> None:
        """Begin with nothing again."""
        self.total, self.count = Total(self.computed_dtype), Total(self.computed_dtype)


class MeanMetricWrapper(Mean):
    """The weighted mean of what a function makes of labels and predictions: any loss, or a function of your own.

    Args:
        fn: called as `fn(y_true, y_pred, **kwargs)`; returns a number for each sample, or one for the batch.
        name, dtype: as in `Metric`.
        kwargs: options of `fn`.

    >>> def mean_pred(y_true, y_pred):
    ...     return np.mean(y_pred)
    >>> metric = MeanMetricWrapper(mean_pred)
    >>> float(metric([0, 1], np.array([0.25, 0.75])))
    0.5
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: DTypeLike | None = None, **kwargs: Any
    ) -> None:
        """Keep the arguments; TypeError if `fn` cannot be called."""
        if not callable(fn):
            raise TypeError(f"fn must be a function of y_true and y_pred, got {fn!r}")
        super().__init__(name=name, dtype=dtype)
        self.fn = fn
        self.options = kwargs

    def update_state(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> None:
        """Take in one batch: what `fn` makes of it, weighted as in `Mean`."""
        values = self.fn(y_true, y_pred, **self.options)
        can_ignore = self.fn is losses.sparse_categorical_crossentropy and self.options.get("ignore_class") is not None
        if can_ignore and sample_weight is not None:  # as in Keras: without weights, an ignored label is a loss of 0
            counted = not_ignored(self.options["ignore_class"], np.asarray(y_true), values).astype(self.computed_dtype)
            counted, weights = align_ranks(counted, as_array("sample_weight", sample_weight))
            broadcast_shape({"values": counted, "sample_weight": weights})
            sample_weight = counted * weights
        super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, the function by its name."""
        return super().get_config() | {"fn": losses.serialize(self.fn)} | self.options

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The metric that has the `config`."""
        fn = config.get("fn")
        if isinstance(fn, dict):
            fn = metrics.deserialize(fn) if fn.get("class_name") == "function" else losses.deserialize(fn)
        return cls(**config | {"fn": fn})  # pyright: ignore[reportArgumentType]  without one, TypeError says so


def weights_or_one(sample_weight: Array) -> Floats:
    """The weights of samples as an array, and 1 if none are given; ValueError if they cannot weigh."""
    if sample_weight is None:
        return np.ones(())
    return as_weights(sample_weight, np.dtype(np.float64), "mean_with_sample_weight")


def weighted_sums(values, sample_weight, reduce, dtype):
    """The sum of all weighted samples and that of their weights, each as a number and an exponent of 2.

    Where one of them overflows, or what leads there, all is done again with smaller numbers.
    """
    values = as_array("values", values).astype(dtype, copy=False)
    refuse_nan({"values": values})
    weights, exponent = None, 0
    if sample_weight is not None:
        reduction = "mean_with_sample_weight" if reduce is mean else "sum"
        values, weights = align_ranks(values, as_weights(sample_weight, np.dtype(dtype), reduction))
    with np.errstate(over="ignore", invalid="ignore"):
        sums = [x.sum() for x in per_sample(values, weights, reduce)]
        if np.isfinite(sums).all():
            return [(x, 0) for x in sums]
        if weights is not None:
            weights, exponent = below_one(weights)
        spare = values.size.bit_length()
        total, count = (x.sum() for x in per_sample(np.ldexp(values, -spare), weights, reduce))
    return (total, int(exponent) + spare), (count, int(exponent))


def per_sample(values, weights, reduce):
    """The weighted values and the weights, both of shape `(N,)`, or `()` of one sample: other axes are reduced."""
    if weights is None:
        weights = np.ones(values.shape[:1], values.dtype)
    else:
        values = reduce(values, axis=tuple(range(weights.ndim, values.ndim)))
        try:
            weights = np.broadcast_to(weights, values.shape)
        except ValueError:
            raise ValueError(
                f"sample_weight of shape {weights.shape} must fit the first axes of values, here {values.shape}"
            ) from None
        values = weigh(weights, values)
        weights = reduce(weights, axis=tuple(range(1, weights.ndim)))
    return reduce(values, axis=tuple(range(1, values.ndim))), weights
