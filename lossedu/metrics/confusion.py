"""Metrics that count hits and misses at one threshold or many: precision, recall, and the areas under their curves.

At each threshold a prediction above it says yes. All of them share one count of true and false yes and no.

>>> metric = Precision()
>>> float(metric([0, 1, 1, 1], [0.6, 0.2, 0.9, 0.8]))
0.6666666666666666
>>> float(AUC(num_thresholds=3)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]))
0.75
"""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from lossedu.arrays import Array, Floats, align_ranks, as_array, as_size, refuse_nan, require_one_shape
from lossedu.metrics.streaming import Metric, weights_or_one
from lossedu.stable import EPSILON, ratio, sigmoid

Thresholds: TypeAlias = float | Sequence[float] | None
CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")
BELOW_ALL = -1e10  # the threshold under `top_k`: what is among the k counts as yes, what is not is far below


class ConfusionMetric(Metric):
    """Base of the metrics here: the counts that a class names in `state`, each with an entry for each threshold.

    Args:
        thresholds: what a prediction must exceed, in any order.
        name, dtype: as in `Metric`.
        top_k: how many predictions of each row may count as yes; None for all.
        class_id: the class, on the last axis, that alone counts; None for all.
    """

    true_positives: Floats
    false_positives: Floats
    true_negatives: Floats
    false_negatives: Floats

    def __init__(
        self,
        thresholds: Sequence[float],
        name: str | None,
        dtype: DTypeLike | None,
        top_k: int | None = None,
        class_id: int | None = None,
    ) -> None:
        """Begin with nothing."""
        super().__init__(name=name, dtype=dtype)
        self.thresholds = list(thresholds)
        self.top_k = None if top_k is None else as_size("top_k", top_k)
        self.class_id = None if class_id is None else as_size("class_id", class_id, 0)
        self.reset_state()

    def update_state(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> None:
        """Count one batch.

        Args:
            y_true: labels, of which all but 0 mean yes, any shape.
            y_pred: predictions, usually in [0, 1], same shape.
            sample_weight: None, a number >= 0, or an array of them that fits the first axes of `y_true`.

        Raises:
            TypeError: an argument does not hold real numbers.
            ValueError: shapes that don't fit, an empty array, NaN, or negative weights.
        """
        is_yes, scores, weights = read_batch(y_true, y_pred, sample_weight)
        if self.top_k is not None:
            scores = among_top_k(scores, self.top_k)
        if self.class_id is not None:
            if is_yes.ndim < 2 or self.class_id >= is_yes.shape[-1]:
                raise ValueError(
                    "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), found "
                    f"shape: {is_yes.shape}, for class_id={self.class_id}"
                )
            is_yes, scores, weights = (x[..., self.class_id] for x in (is_yes, scores, weights))
        self.add(confusion_counts(self.thresholds, *(x.reshape(-1, 1) for x in (is_yes, scores, weights))))

    def add(self, counts: dict[str, Floats]) -> None:
        """Add counts, each of shape `(thresholds, labels)`, to those in `state`."""
        for name in self.state:
            total = getattr(self, name)
            setattr(self, name, total + counts[name].reshape(total.shape).astype(total.dtype))

    def reset_state(self) -> None:
        """Begin with nothing again."""
        self.begin(self.true_negatives.shape if hasattr(self, "true_negatives") else (len(self.thresholds),))

    def begin(self, shape: tuple[int, ...]) -> None:
        """Set all counts to 0, in arrays of that shape."""
        for name in self.state:
            setattr(self, name, np.zeros(shape, self.computed_dtype))

    def of_thresholds(self, values: Floats) -> Any:
        """The value at the only threshold, or the array with all."""
        return values[0] if len(self.thresholds) == 1 else values


class CountMetric(ConfusionMetric):
    """Base of the four metrics that are a count."""

    def __init__(self, thresholds: Thresholds = None, name: str | None = None, dtype: DTypeLike | None = None) -> None:
        """Begin with nothing."""
        self.init_thresholds = thresholds
        super().__init__(read_thresholds(thresholds), name, dtype)

    @property
    def accumulator(self) -> Floats:
        """The count at each threshold."""
        return getattr(self, self.state[0])

    def result(self) -> Any:
        """The count since the last `reset_state`: a number, or an array if there are several thresholds."""
        return self.of_thresholds(self.accumulator)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        return super().get_config() | {"thresholds": self.init_thresholds}


class TruePositives(CountMetric):
    """How many predictions rightly say yes. `thresholds` is a number or several, by default 0.5."""

    state = ("true_positives",)


class TrueNegatives(CountMetric):
    """How many predictions rightly say no. `thresholds` is a number or several, by default 0.5."""

    state = ("true_negatives",)


class FalsePositives(CountMetric):
    """How many predictions wrongly say yes. `thresholds` is a number or several, by default 0.5."""

    state = ("false_positives",)


class FalseNegatives(CountMetric):
    """How many predictions wrongly say no. `thresholds` is a number or several, by default 0.5."""

    state = ("false_negatives",)


class ShareMetric(ConfusionMetric):
    """Base of precision and recall: the true yes as a share of two counts."""

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing."""
        self.init_thresholds = thresholds
        thresholds = read_thresholds(thresholds, 0.5 if top_k is None else BELOW_ALL)
        super().__init__(thresholds, name, dtype, top_k, class_id)

    def result(self) -> Any:
        """The share since the last `reset_state`, 0 of nothing; an array if there are several thresholds."""
        hits, misses = (getattr(self, name) for name in self.state)
        return self.of_thresholds(share(hits, misses))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return super().get_config() | own


class Precision(ShareMetric):
    r"""How many of those that are said to be positive are.

    .. math:: \frac{TP}{TP + FP}

    Args:
        thresholds: what a prediction must exceed, by default 0.5, or nothing under `top_k`; a number or several.
        top_k: how many predictions of each row may count as positive; None for all.
        class_id: the class, on the last axis, that alone counts; None for all.
        name, dtype: as in `Metric`.
    """

    state = ("true_positives", "false_positives")


class Recall(ShareMetric):
    r"""How many of those that are positive are found: also called sensitivity, or the true positive rate.

    .. math:: \frac{TP}{TP + FN}

    Args:
        thresholds: what a prediction must exceed, by default 0.5, or nothing under `top_k`; a number or several.
        top_k: how many predictions of each row may count as positive; None for all.
        class_id: the class, on the last axis, that alone counts; None for all.
        name, dtype: as in `Metric`.
    """

    state = ("true_positives", "false_negatives")


class BestAtMetric(ConfusionMetric):
    """Base of the metrics that take the best of one share, among the thresholds where another is high enough.

    A class names the least share that is required, in `required`, and the property to be as large as possible, in
    `best`.
    """

    state = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    required: ClassVar[str]
    best: ClassVar[str]

    def __init__(
        self, least: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: DTypeLike | None
    ) -> None:
        """Begin with nothing; ValueError if `least` is no share."""
        if not 0 <= least <= 1:
            raise ValueError(f"Argument `{self.required}` must be in the range [0, 1]. Received: {least}")
        if num_thresholds <= 0:
            raise ValueError(f"Argument `num_thresholds` must be an integer > 0. Received: {num_thresholds}")
        setattr(self, self.required, least)
        self.num_thresholds = as_size("num_thresholds", num_thresholds)
        thresholds = [0.5] if num_thresholds == 1 else np.linspace(0, 1, num_thresholds).tolist()
        super().__init__(thresholds, name, dtype, class_id=class_id)

    def result(self) -> Any:
        """The best share since the last `reset_state`, or 0 if no threshold is good enough."""
        shares = {
            "precision": share(self.true_positives, self.false_positives),
            "recall": share(self.true_positives, self.false_negatives),
            "specificity": share(self.true_negatives, self.false_positives),
        }
        shares["sensitivity"] = shares["recall"]
        is_enough = shares[self.required] >= getattr(self, self.required)
        return np.max(shares[self.best], initial=0, where=is_enough)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        own = {"num_thresholds": self.num_thresholds, self.required: getattr(self, self.required)}
        return super().get_config() | own | {"class_id": self.class_id}


class SensitivityAtSpecificity(BestAtMetric):
    """The best sensitivity (recall) among the thresholds whose specificity is at least the given one.

    Args:
        specificity: the least share of negatives that must be recognised, in [0, 1].
        num_thresholds: how many thresholds are tried, evenly from 0 to 1.
        class_id: the class, on the last axis, that alone counts; None for all.
        name, dtype: as in `Metric`.
    """

    required, best = "specificity", "sensitivity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing."""
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(BestAtMetric):
    """The best specificity among the thresholds whose sensitivity (recall) is at least the given one.

    Args:
        sensitivity: the least share of positives that must be found, in [0, 1].
        num_thresholds: how many thresholds are tried, evenly from 0 to 1.
        class_id: the class, on the last axis, that alone counts; None for all.
        name, dtype: as in `Metric`.
    """

    required, best = "sensitivity", "specificity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing."""
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(BestAtMetric):
    """The best precision among the thresholds whose recall is at least the given one.

    Args:
        recall: the least share of positives that must be found, in [0, 1].
        num_thresholds: how many thresholds are tried, evenly from 0 to 1.
        class_id: the class, on the last axis, that alone counts; None for all.
        name, dtype: as in `Metric`.
    """

    required, best = "recall", "precision"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing."""
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(BestAtMetric):
    """The best recall among the thresholds whose precision is at least the given one.

    Args:
        precision: the least share of what is said to be positive that must be so, in [0, 1].
        num_thresholds: how many thresholds are tried, evenly from 0 to 1.
        class_id: the class, on the last axis, that alone counts; None for all.
        name, dtype: as in `Metric`.
    """

    required, best = "precision", "recall"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing."""
        super().__init__(precision, num_thresholds, class_id, name, dtype)


class AUC(ConfusionMetric):
    """The area under a curve that a threshold draws: 1 for perfect scores, 1/2 under ROC for those of chance.

    Args:
        num_thresholds: how many thresholds are tried, evenly from 0 to 1; more of them come nearer to the true area.
        curve: "ROC" (true over false positive rate), "PR" (precision over recall) or "PRGAIN" (of their gains).
        summation_method: the height between two points: "interpolation" takes the middle ("PR": the true curve between
            them), "minoring" the lower, "majoring" the higher one.
        name, dtype: as in `Metric`.
        thresholds: thresholds between 0 and 1 to take instead.
        multi_label: whether each column of predictions has a curve of its own; the result is the mean area.
        num_labels: the number of columns, if `multi_label`; by default as many as come.
        label_weights: what each column weighs: in that mean, or else in the counts.
        from_logits: whether predictions are logits, of which the sigmoid is taken.

    Raises:
        ValueError: an unknown curve or summation, fewer than two thresholds, or `num_labels` without `multi_label`.

    Sources: J. A. Hanley and B. J. McNeil, "The Meaning and Use of the Area under a Receiver Operating Characteristic
    (ROC) Curve", 1982; between two points of PR: J. Davis and M. Goadrich, "The Relationship Between Precision-Recall
    and ROC Curves", 2006; P. Flach and M. Kull, "Precision-Recall-Gain Curves", 2015.
    """

    state = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DTypeLike | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Array = None,
        from_logits: bool = False,
    ) -> None:
        """Begin with nothing."""
        self.curve = one_of("AUC curve", curve.upper(), CURVES, curve)
        self.summation_method = one_of("AUC summation method", summation_method.lower(), SUMMATIONS, summation_method)
        if thresholds is None and num_thresholds <= 1:
            raise ValueError(f"Argument `num_thresholds` must be an integer > 1. Received: {num_thresholds}")
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        self.init_thresholds = None if thresholds is None else sorted(thresholds)
        inner = np.linspace(0, 1, num_thresholds)[1:-1] if thresholds is None else read_thresholds(self.init_thresholds)
        self.multi_label, self.num_labels, self.from_logits = multi_label, num_labels, from_logits
        self.label_weights = None if label_weights is None else as_array("label_weights", label_weights)
        super().__init__([-EPSILON, *map(float, inner), 1 + EPSILON], name, dtype)
        self.num_thresholds = len(self.thresholds)
        if num_labels:
            self.begin((self.num_thresholds, num_labels))

    def update_state(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> None:
        """Count one batch, as `ConfusionMetric` describes it; with `multi_label`, arrays of shape `(N, labels)`."""
        is_yes, scores, weights = read_batch(y_true, y_pred, sample_weight)
        if self.from_logits:
            scores = sigmoid(scores)
        if self.multi_label:
            if is_yes.ndim != 2 or self.num_labels not in (None, is_yes.shape[1]):
                raise ValueError(
                    f"`y_pred` must have rank 2 when `multi_label=True`, and num_labels={self.num_labels} columns: "
                    f"got shape {is_yes.shape}"
                )
            if self.true_positives.ndim == 1:
                self.begin((len(self.thresholds), is_yes.shape[1]))
        else:
            if self.label_weights is not None:
                weights = weights * self.label_weights
            is_yes, scores, weights = (x.reshape(-1, 1) for x in (is_yes, scores, weights))
        self.add(confusion_counts(self.thresholds, is_yes, np.clip(scores, 0, 1), weights))

    def result(self) -> Any:
        """The area since the last `reset_state`; 0 if nothing was seen."""
        is_true_curve = (self.curve, self.summation_method) == ("PR", "interpolation")
        areas = (self.interpolated_areas() if is_true_curve else self.areas()).sum(0)
        if not self.multi_label or areas.ndim == 0:
            return areas
        if self.label_weights is None:
            return areas.mean()
        return ratio((areas * self.label_weights).sum(), self.label_weights.sum())

    def areas(self) -> Floats:
        """The area between each two neighbouring points of the curve, from rectangles."""
        x, y = getattr(self, f"{self.curve.lower()}_points")()
        heights = {
            "interpolation": (y[:-1] + y[1:]) / 2,
            "minoring": np.minimum(y[:-1], y[1:]),
            "majoring": np.maximum(y[:-1], y[1:]),
        }
        return (x[:-1] - x[1:]) * heights[self.summation_method]

    def roc_points(self) -> tuple[Floats, Floats]:
        """The false positive rate and the true one at each threshold."""
        negatives = share(self.false_positives, self.true_negatives)
        return negatives, share(self.true_positives, self.false_negatives)

    def pr_points(self) -> tuple[Floats, Floats]:
        """Recall and precision at each threshold."""
        return (
            share(self.true_positives, self.false_negatives),
            share(self.true_positives, self.false_positives),
        )

    def prgain_points(self) -> tuple[Floats, Floats]:
        """The gains of recall, at least 0, and of precision; 0 and 1 where nothing is found."""
        odds = ratio(self.true_positives + self.false_negatives, self.true_negatives + self.false_positives)
        recall = 1 - odds * ratio(self.false_negatives, self.true_positives)
        precision = 1 - odds * ratio(self.false_positives, self.true_positives)
        is_empty = self.true_positives == 0
        return np.where(is_empty, 0, np.maximum(recall, 0)), np.where(is_empty, 1, precision)

    def interpolated_areas(self) -> Floats:
        """The area under PR between each two points, with true positives as a straight line of all that are found."""
        all_found = self.true_positives + self.false_positives
        found, found_next = all_found[:-1], all_found[1:]
        hits = self.true_positives[:-1] - self.true_positives[1:]
        slope = ratio(hits, np.maximum(found - found_next, 0))
        intercept = self.true_positives[1:] - slope * found_next
        both = (found > 0) & (found_next > 0)
        growth = np.where(both, ratio(found, found_next), 1)
        positives = self.true_positives[1:] + self.false_negatives[1:]
        return ratio(slope * (hits + intercept * np.log(growth)), positives)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self.from_logits,
        }
        if self.init_thresholds is not None:
            own["thresholds"] = self.init_thresholds
        return super().get_config() | own


def read_batch(y_true, y_pred, sample_weight):
    """Whether each label means yes, the predictions, and the weight of each: arrays of one shape, with an axis."""
    labels, scores = as_array("y_true", y_true), as_array("y_pred", y_pred)
    refuse_nan({"y_true": labels, "y_pred": scores})
    labels, scores = (np.atleast_1d(x) for x in align_ranks(labels, scores))
    require_one_shape(y_true=labels, y_pred=scores)
    weights = weights_or_one(sample_weight)
    if weights.ndim == labels.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    weights = weights.reshape(weights.shape + (1,) * (labels.ndim - weights.ndim))
    try:
        return labels != 0, scores, np.broadcast_to(weights, labels.shape)
    except ValueError:
        raise ValueError(
            f"sample_weight must fit the first axes of y_true: got {weights.shape} for {labels.shape}"
        ) from None


def confusion_counts(thresholds, is_yes, scores, weights):
    """The weight of true and false yes and no at each threshold and label; the arrays are of shape `(N, labels)`.

    A prediction is sorted in between the thresholds once; sums from above count those that exceed each threshold.
    """
    order = np.argsort(thresholds, kind="stable")
    limits = np.asarray(thresholds)[order].astype(scores.dtype)
    if is_even(limits):
        scores = np.clip(scores, 0, 1)
    above = np.searchsorted(limits, scores, side="left")  # how many thresholds each prediction exceeds
    size, labels = len(limits) + 1, scores.shape[1]
    places = (above + size * np.arange(labels)).ravel()
    counts = {}
    for truth, of_truth in ("true", is_yes), ("false", ~is_yes):
        sums = np.bincount(places, (weights * of_truth).ravel(), size * labels).reshape(labels, size)
        exceeding = sums[:, :0:-1].cumsum(1)[:, ::-1].T
        said_yes = np.empty_like(exceeding)
        said_yes[order] = exceeding
        counts[truth] = said_yes, sums.sum(1) - said_yes
    (true_yes, false_no), (false_yes, true_no) = counts["true"], counts["false"]
    return {
        "true_positives": true_yes,
        "false_positives": false_yes,
        "true_negatives": true_no,
        "false_negatives": false_no,
    }


def is_even(limits):
    """Whether thresholds lie evenly from 0 to 1: then Keras takes predictions beyond as 0 and 1."""
    return len(limits) > 2 and np.allclose(limits, np.linspace(0, 1, len(limits)), atol=EPSILON)


def among_top_k(scores, k):
    """The scores of each row's k largest, the first of equal ones, and far lower ones for the others."""
    best = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    kept = np.full_like(scores, 2 * BELOW_ALL)
    np.put_along_axis(kept, best, np.take_along_axis(scores, best, -1), -1)
    return kept


def read_thresholds(thresholds, default=0.5):
    """Thresholds as a list; ValueError, which begins as in Keras, unless all lie in [0, 1]."""
    if thresholds is None:
        return [default]
    values = list(thresholds) if np.ndim(thresholds) else [thresholds]
    invalid = [value for value in values if value is None or not 0 <= value <= 1]
    if invalid:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {invalid}")
    return [float(value) for value in values]


def one_of(what, value, known, given):
    """`value`, if it is among those `known`; ValueError, which begins as in Keras, otherwise."""
    if value not in known:
        raise ValueError(f'Invalid {what} value: "{given}". Expected values are {list(known)}')
    return value


def share(part, rest):
    """`part / (part + rest)`, and 0 of nothing."""
    return ratio(part, part + rest)
