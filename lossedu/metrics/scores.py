"""Metrics that are no mean over samples: F scores, the coefficient of determination, and correlations.

>>> float(R2Score()([[1.0], [2.0], [3.0]], [[1.0], [2.0], [4.0]]))
0.5
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from lossedu.arrays import Array, Axis, Floats, align_ranks, as_array, on_arrays, refuse_nan
from lossedu.errors import warn_user
from lossedu.metrics.classes import FunctionMetric
from lossedu.metrics.streaming import Metric, weights_or_one
from lossedu.stable import EPSILON, ratio

AVERAGES = (None, "micro", "macro", "weighted")
AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class ColumnMetric(Metric):
    """Base of metrics that keep, in each array of their `state`, a number for each column of 2-D arrays."""

    def columns(
        self, y_true: Array, y_pred: Array, sample_weight: Array, may_align: bool
    ) -> tuple[Floats, Floats, Floats]:
        """Labels, predictions and weights, all of shape `(N, columns)`; ValueError if they are of another rank."""
        labels, scores = as_array("y_true", y_true), as_array("y_pred", y_pred)
        refuse_nan({"y_true": labels, "y_pred": scores})
        if may_align:
            labels, scores = align_ranks(labels, scores)
        if labels.ndim != 2 or labels.shape != scores.shape:
            raise ValueError(
                f"{type(self).__name__} expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
                f"y_pred.shape={scores.shape} and y_true.shape={labels.shape}."
            )
        weights = weights_or_one(sample_weight)
        if weights.ndim == 1:
            weights = weights[:, None]
        try:
            weights = np.broadcast_to(weights, labels.shape)
        except ValueError:
            message = (
                f"sample_weight must have one entry for each row of y_true: got {weights.shape} for {labels.shape}"
            )
            raise ValueError(message) from None
        return labels, scores, weights

    def add(self, name: str, terms: Floats) -> None:
        """Add the sum of the `terms` of each column to an array of the `state`."""
        setattr(self, name, getattr(self, name, 0) + terms.sum(0).astype(self.computed_dtype))

    def reset_state(self) -> None:
        """Begin with nothing again."""
        for name in self.state:
            if hasattr(self, name):
                setattr(self, name, np.zeros_like(getattr(self, name)))


class FBetaScore(ColumnMetric):
    r"""Precision and recall in one number, of which recall counts `beta` times as much: their harmonic mean for 1.

    .. math:: (1 + \beta^2) \frac{\text{precision} \cdot \text{recall}}{\beta^2\, \text{precision} + \text{recall}}

    Args:
        average: None for the score of each class, "macro" for their mean, "weighted" for one by the classes' labels, or
            "micro" for the score of all counts together.
        beta: by how much recall matters more; a float > 0.
        threshold: what a prediction must exceed, in (0, 1]; None if the largest of each row says yes.
        name, dtype: as in `Metric`.

    Source: C. J. van Rijsbergen, "Information Retrieval", 1979. Keras: `keras.metrics.FBetaScore`.

    >>> FBetaScore(beta=2.0, threshold=0.5)([[1, 1, 1], [1, 0, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6]]).round(4)
    array([0.    , 0.8333, 0.8333])
    """

    state = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
    true_positives: Floats
    false_positives: Floats
    false_negatives: Floats
    intermediate_weights: Floats

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing; ValueError, which begins as in Keras, for an argument out of its range."""
        super().__init__(name=name, dtype=dtype)
        if average not in AVERAGES:
            fault = "average", "Expected one of: {None, 'micro', 'macro', 'weighted'}.", f"average={average}"
        elif not isinstance(beta, float):
            fault = "beta", "It should be a Python float.", f"beta={beta} of type '{type(beta)}'"
        elif not beta > 0:
            fault = "beta", "It should be > 0.", f"beta={beta}"
        elif threshold is not None and not isinstance(threshold, float):
            fault = "threshold", "It should be a Python float.", f"threshold={threshold} of type '{type(threshold)}'"
        elif threshold is not None and not 0 < threshold <= 1:
            fault = "threshold", "It should verify 0 < threshold <= 1.", f"threshold={threshold}"
        else:
            fault = None
        if fault:
            raise ValueError("Invalid `{}` argument value. {} Received: {}".format(*fault))
        self.average, self.beta, self.threshold = average, beta, threshold

    def update_state(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> None:
        """Count one batch: labels of 0 and 1, and predictions, both of shape `(N, classes)`."""
        labels, scores, weights = self.columns(y_true, y_pred, sample_weight, may_align=False)
        if self.threshold is None:
            says_yes = (scores >= scores.max(-1, keepdims=True)) & (np.abs(scores) > 1e-9)  # of zeros, none says yes
        else:
            says_yes = scores > self.threshold
        for name, terms in zip(
            self.state, (says_yes * labels, says_yes * (1 - labels), ~says_yes * labels, labels), strict=True
        ):
            terms = weights * terms
            self.add(name, terms.reshape(-1) if self.average == "micro" else terms)

    def result(self) -> Any:
        """The score of all classes since the last `reset_state`, or an array with that of each; 0 of nothing."""
        if not hasattr(self, "true_positives"):
            return np.dtype(self.computed_dtype).type(0)
        precision = self.true_positives / (self.true_positives + self.false_positives + EPSILON)
        recall = self.true_positives / (self.true_positives + self.false_negatives + EPSILON)
        weighed = self.beta**2 * precision + recall + EPSILON
        scores = precision * recall / weighed * (1 + self.beta**2)
        if self.average == "weighted":
            return (scores * (self.intermediate_weights / (self.intermediate_weights.sum() + EPSILON))).sum()
        return scores if self.average is None else scores.mean()

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        return super().get_config() | {"average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: `FBetaScore` with a beta of 1, and its other arguments.

    >>> F1Score(threshold=0.5)([[1, 1, 1], [1, 0, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6]]).round(4)
    array([0.    , 0.6667, 0.6667])
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing."""
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        config = super().get_config()
        del config["beta"]
        return config


class R2Score(ColumnMetric):
    r"""The share of the variance of `y_true` that predictions explain: 1 if all, 0 if no more than the mean does.

    .. math:: 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}

    Args:
        class_aggregation: "uniform_average" for the mean over columns, "variance_weighted_average" for one by their
            variances, or None for the score of each.
        num_regressors: how many variables explain it; above 0, the score is adjusted for them.
        name, dtype: as in `Metric`.

    Source: S. Wright, "Correlation and Causation", 1921. Keras: `keras.metrics.R2Score`.
    """

    state = ("num_samples", "squared_sum", "sum", "total_mse", "count")
    num_samples: Any
    squared_sum: Floats
    sum: Floats
    total_mse: Floats
    count: Floats

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing; ValueError, which begins as in Keras, for an argument out of its range."""
        super().__init__(name=name, dtype=dtype)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                f"Invalid value for argument `class_aggregation`. Expected one of {AGGREGATIONS}. "
                f"Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = np.dtype(self.computed_dtype).type(0)

    def update_state(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> None:
        """Take in one batch: truths and predictions of shape `(N, columns)`."""
        truths, guesses, weights = self.columns(y_true, y_pred, sample_weight, may_align=True)
        self.add("sum", truths * weights)
        self.add("squared_sum", truths * truths * weights)
        self.add("total_mse", np.square(truths - guesses) * weights)
        self.add("count", weights)
        self.num_samples = self.num_samples + truths.size

    def result(self) -> Any:
        """The score since the last `reset_state`; of a truth without variance, 1 if it is met and 0 if not."""
        if not hasattr(self, "count") or not self.count.any():
            return np.dtype(self.computed_dtype).type(0)
        total = self.squared_sum - self.sum * ratio(self.sum, self.count)
        scores = np.where(total == 0, self.total_mse == 0, 1 - ratio(self.total_mse, total)).astype(self.computed_dtype)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (total * scores).sum() / total.sum() if total.sum() else scores.mean()
        return self.adjusted(scores) if self.num_regressors else scores

    def adjusted(self, scores: Any) -> Any:
        """The scores less what `num_regressors` variables explain by chance, if there are samples enough."""
        spare = self.num_samples - self.num_regressors - 1
        if spare < 0:
            fault = "More independent predictors than datapoints in adjusted R2 score."
        elif spare == 0:
            fault = "Division by zero in Adjusted R2 score."
        else:
            return 1 - (1 - scores) * (self.num_samples - 1) / spare
        warn_user(f"{fault} Falling back to standard R2 score.", UserWarning)
        return scores

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return super().get_config() | own


@on_arrays
def pearson_correlation(y_true: Array, y_pred: Array, axis: Axis = -1) -> Floats:
    """How nearly truths and predictions lie on a line, which may rise (1) or fall (-1).

    Args:
        y_true, y_pred: arrays of one shape.
        axis: the axis of the values to compare.

    Returns:
        The shape that `axis` leaves, between -1 and 1; 0 where one of both does not vary, where Keras has NaN.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: K. Pearson, "Notes on Regression and Inheritance in the Case of Two Parents", 1895. Keras:
    `keras.metrics.pearson_correlation`.

    >>> pearson_correlation([[0.0, 1.0, 2.0]], [[5.0, 7.0, 9.0]]).round(4)
    array([1.])
    """
    a, b = (x - x.mean(axis, keepdims=True) for x in (y_true, y_pred))
    spread = np.sqrt((a * a).mean(axis)) * np.sqrt((b * b).mean(axis))
    return ratio((a * b).mean(axis), spread)


@on_arrays
def concordance_correlation(y_true: Array, y_pred: Array, axis: Axis = -1) -> Floats:
    """How nearly predictions lie on the line where they equal the truths: 1 if all do.

    Args:
        y_true, y_pred: arrays of one shape.
        axis: the axis of the values to compare.

    Returns:
        The shape that `axis` leaves, between -1 and 1.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: L. I-K. Lin, "A Concordance Correlation Coefficient to Evaluate Reproducibility", 1989. Keras:
    `keras.metrics.concordance_correlation`.

    >>> concordance_correlation([[0.0, 1.0, 2.0]], [[1.0, 2.0, 3.0]]).round(4)    # 1 too high throughout
    array([0.5714])
    """
    a, b = (x - x.mean(axis, keepdims=True) for x in (y_true, y_pred))
    apart = np.square(y_true.mean(axis) - y_pred.mean(axis))
    return 2 * (a * b).mean(axis) / ((a * a).mean(axis) + (b * b).mean(axis) + apart + EPSILON)


class PearsonCorrelation(FunctionMetric):
    """How nearly truths and predictions lie on a line, which may rise (1) or fall (-1).

    The options are those of `pearson_correlation`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(pearson_correlation)

    def __init__(self, name: str = "pearson_correlation", dtype: DTypeLike | None = None, axis: Axis = -1) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, axis=axis)


class ConcordanceCorrelation(FunctionMetric):
    """How nearly predictions lie on the line where they equal the truths: 1 if all do.

    The options are those of `concordance_correlation`; `MeanMetricWrapper` describes the other parameters.
    """

    function = staticmethod(concordance_correlation)

    def __init__(self, name: str = "concordance_correlation", dtype: DTypeLike | None = None, axis: Axis = -1) -> None:
        """Begin with nothing."""
        super().__init__(name, dtype, axis=axis)
