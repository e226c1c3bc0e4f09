"""The metrics as objects, under their names in Keras: the mean of a function over batches, with its options.

>>> metric = BinaryAccuracy(threshold=0.7)
>>> metric.update_state([1, 0], [0.6, 0.1])
>>> metric.update_state([1], [0.9], sample_weight=[2])
>>> float(metric.result())
0.75
"""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

from lossedu import losses
from lossedu.arrays import Array, Axis, Floats, on_arrays
from lossedu.metrics import accuracy
from lossedu.metrics.streaming import MeanMetricWrapper, Metric


class FunctionMetric(MeanMetricWrapper):
    """A metric class of Keras: the mean of its `function`, called with its `options`."""

    function: ClassVar[Any]

    def __init__(self, name: str | None, dtype: DTypeLike | None, **options: Any) -> None:
        """Begin with nothing."""
        super().__init__(self.function, name, dtype, **options)
        vars(self).update(options)  # they are attributes too, as in Keras

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        return Metric.get_config(self) | self.options

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The metric that has the `config`."""
        return cls(**config)


@on_arrays
def squared_error(y_true: Array, y_pred: Array) -> Floats:
    """The square of each error."""
    return np.square(y_pred - y_true)


def cosine_similarity(y_true: Array, y_pred: Array, axis: Axis = -1) -> Floats:
    """The cosine of the angle between two vectors, 1 where they agree: as a loss it is -1 there."""
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


class Accuracy(FunctionMetric):
    """Whether each prediction equals its label. For predictions that are labels themselves, not probabilities.

    The options are those of `accuracy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(accuracy.accuracy)

    def __init__(self, name: str = "accuracy", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class BinaryAccuracy(FunctionMetric):
    """Whether each prediction, rounded to 1 above the threshold and to 0 elsewhere, equals its label.

    The options are those of `binary_accuracy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(accuracy.binary_accuracy)

    def __init__(self, name: str = "binary_accuracy", dtype: DTypeLike | None = None, threshold: float = 0.5) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, threshold=threshold)


class CategoricalAccuracy(FunctionMetric):
    """Whether the class with the highest score is the one with the highest label; of equals the first counts.

    The options are those of `categorical_accuracy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(accuracy.categorical_accuracy)

    def __init__(self, name: str = "categorical_accuracy", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class SparseCategoricalAccuracy(FunctionMetric):
    """Whether the class with the highest score is that of the label; of equal scores the first counts.

    The options are those of `sparse_categorical_accuracy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(accuracy.sparse_categorical_accuracy)

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class TopKCategoricalAccuracy(FunctionMetric):
    """Whether the class with the highest label has one of the k highest scores; a score equal to the k-th is one.

    The options are those of `top_k_categorical_accuracy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(accuracy.top_k_categorical_accuracy)

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, k=k)


class SparseTopKCategoricalAccuracy(FunctionMetric):
    """Whether the class of the label has one of the k highest scores; a score equal to the k-th is one.

    The options are those of `sparse_top_k_categorical_accuracy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(accuracy.sparse_top_k_categorical_accuracy)

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: DTypeLike | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, k=k, from_sorted_ids=from_sorted_ids)


class MeanSquaredError(FunctionMetric):
    """The mean of squared errors: what a Gaussian error asks for. Its minimiser is the mean of `y_true`.

    The options are those of `mean_squared_error`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.mean_squared_error)

    def __init__(self, name: str = "mean_squared_error", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class MeanAbsoluteError(FunctionMetric):
    """The mean size of the errors: what a Laplace error asks for. Its minimiser is the median of `y_true`.

    The options are those of `mean_absolute_error`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.mean_absolute_error)

    def __init__(self, name: str = "mean_absolute_error", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class MeanAbsolutePercentageError(FunctionMetric):
    """The mean size of the errors in percent of the truth.

    The options are those of `mean_absolute_percentage_error`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.mean_absolute_percentage_error)

    def __init__(self, name: str = "mean_absolute_percentage_error", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class MeanSquaredLogarithmicError(FunctionMetric):
    """The mean squared error of `ln(1 + y)`: for quantities whose ratio matters, such as counts over many scales.

    The options are those of `mean_squared_logarithmic_error`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.mean_squared_logarithmic_error)

    def __init__(self, name: str = "mean_squared_logarithmic_error", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class LogCoshError(FunctionMetric):
    """Near zero half the squared error, far out the absolute one less ln 2, and smooth throughout.

    The options are those of `log_cosh`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.log_cosh)

    def __init__(self, name: str = "logcosh", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class CosineSimilarity(FunctionMetric):
    """The cosine of the angle between two vectors, 1 where they agree: as a loss it is -1 there.

    The options are those of `cosine_similarity`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(cosine_similarity)

    def __init__(self, name: str = "cosine_similarity", dtype: DTypeLike | None = None, axis: Axis = -1) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, axis=axis)


class KLDivergence(FunctionMetric):
    """The information lost when `y_pred` stands in for `y_true`: relative entropy.

    The options are those of `kl_divergence`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.kl_divergence)

    def __init__(self, name: str = "kl_divergence", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class Poisson(FunctionMetric):
    """Negative log-likelihood of Poisson counts, without the part that only depends on the counts.

    The options are those of `poisson`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.poisson)

    def __init__(self, name: str = "poisson", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class Hinge(FunctionMetric):
    """Zero where the sign is right and the margin at least 1; beyond, linear: the loss of the support vector machine.

    The options are those of `hinge`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.hinge)

    def __init__(self, name: str = "hinge", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class SquaredHinge(FunctionMetric):
    """The hinge loss squared: no kink, and the further from the margin, the steeper.

    The options are those of `squared_hinge`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.squared_hinge)

    def __init__(self, name: str = "squared_hinge", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class CategoricalHinge(FunctionMetric):
    """Zero where the true class scores higher than every other by a margin of 1; beyond, linear.

    The options are those of `categorical_hinge`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.categorical_hinge)

    def __init__(self, name: str = "categorical_hinge", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)


class BinaryCrossentropy(FunctionMetric):
    """The mean surprise at yes-or-no labels, each with its own predicted probability.

    The options are those of `binary_crossentropy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.binary_crossentropy)

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: DTypeLike | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(FunctionMetric):
    """The surprise at the one true class, or at a distribution over classes.

    The options are those of `categorical_crossentropy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.categorical_crossentropy)

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: DTypeLike | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Axis = -1,
    ) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class SparseCategoricalCrossentropy(FunctionMetric):
    """Categorical cross-entropy with labels as class numbers: an encoding for dense data, not a loss for sparse data.

    The options are those of `sparse_categorical_crossentropy`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(losses.sparse_categorical_crossentropy)

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: DTypeLike | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: Axis = -1,
    ) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)


class RootMeanSquaredError(FunctionMetric):
    """The root of the mean of all squared errors: of the last axis too, and over batches before the root is taken.

    >>> float(RootMeanSquaredError()([[0.0, 0.0], [0.0, 0.0]], [[1.0, 7.0], [5.0, 5.0]]))
    5.0
    """

    function = staticmethod(squared_error)

    def __init__(self, name: str = "root_mean_squared_error", dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype)

    def result(self) -> np.floating[Any]:
        """The root of the mean since the last `reset_state`."""
        return np.sqrt(super().result())
