"""Intersection over union: how well predicted regions lie on the true ones, from a confusion matrix of all classes.

>>> round(float(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)    # 1/3 for each class
0.3333
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from lossedu.arrays import Array, as_array, as_size, refuse_nan
from lossedu.errors import warn_user
from lossedu.metrics.streaming import Metric, weights_or_one
from lossedu.stable import EPSILON


class IoU(Metric):
    r"""The mean, over the target classes that occur, of what truth and prediction share over what either has.

    .. math:: \frac{TP}{TP + FP + FN}

    Class numbers outside 0 to `num_classes - 1` don't count.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes to take the mean of.
        name: as in `Metric`.
        dtype: as in `Metric`, but "int32" unless it is given, which cuts off fractions of weights, as in Keras.
        ignore_class: a label that does not count.
        sparse_y_true: whether labels are class numbers; otherwise the largest entry along `axis` is the class.
        sparse_y_pred: the same of predictions.
        axis: the axis of the classes.

    Source: P. Jaccard, "The Distribution of the Flora in the Alpine Zone", 1912. Keras: `keras.metrics.IoU`.

    >>> round(float(IoU(num_classes=2, target_class_ids=[1])([0, 1, 1], [0, 1, 0])), 4)
    0.5
    """

    state = ("total_cm",)
    arguments = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DTypeLike | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        """Begin with nothing."""
        super().__init__(name=name, dtype=dtype or np.int32)
        self.num_classes = as_size("num_classes", num_classes)
        self.target_class_ids = list(target_class_ids)
        if max(self.target_class_ids) >= num_classes:
            raise ValueError(
                f"Target class id {max(self.target_class_ids)} is out of range, which is [0, {num_classes})."
            )
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.reset_state()

    def update_state(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> None:
        """Count one batch.

        Args:
            y_true: class numbers, any shape; or, unless `sparse_y_true`, scores with an `axis` more.
            y_pred: the same of predictions, of as many entries.
            sample_weight: None, a number >= 0, or an array of them with as many entries.

        Raises:
            TypeError: an argument does not hold real numbers.
            ValueError: other numbers of entries, an empty array, NaN, or negative weights.
        """
        truth = class_of_each("y_true", y_true, self.sparse_y_true, self.axis)
        guess = class_of_each("y_pred", y_pred, self.sparse_y_pred, self.axis)
        if truth.size != guess.size:
            raise ValueError(f"y_true and y_pred must hold as many entries: got {truth.size} and {guess.size}")
        weights = weights_or_one(sample_weight)
        if self.dtype != self.computed_dtype and np.asarray(sample_weight).dtype.kind == "f":
            message = "You are passing weight as `float`, but dtype is `int`: casting cuts off fractions. "
            warn_user(f"{message}dtype='float64' keeps them.", UserWarning)
            weights = np.trunc(weights)
        if weights.size not in (1, truth.size):
            raise ValueError(f"sample_weight must hold one entry or {truth.size}, got {weights.size}")
        counts = (np.minimum(truth, guess) >= 0) & (np.maximum(truth, guess) < self.num_classes)
        if self.ignore_class is not None:
            counts &= truth != self.ignore_class
        weights = np.broadcast_to(weights.ravel(), truth.shape)[counts]
        places = truth[counts] * self.num_classes + guess[counts]
        matrix = np.bincount(places.astype(np.intp), weights, self.num_classes**2).reshape(self.total_cm.shape)
        self.total_cm = self.total_cm + matrix.astype(self.computed_dtype)

    def result(self) -> Any:
        """The mean since the last `reset_state`; 0 if no target class occurred."""
        shared = np.diag(self.total_cm)
        either = self.total_cm.sum(0) + self.total_cm.sum(1) - shared
        shared, either = shared[self.target_class_ids], either[self.target_class_ids]
        occurs = either > 1e-9
        return np.sum(shared / (either + EPSILON), where=occurs) / (occurs.sum() + EPSILON)

    def reset_state(self) -> None:
        """Begin with nothing again."""
        self.total_cm = np.zeros((self.num_classes, self.num_classes), self.computed_dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a metric again, without its state."""
        return super().get_config() | {name: getattr(self, name) for name in self.arguments}


class BinaryIoU(IoU):
    """The mean IoU of two classes, of which a prediction from the threshold on says 1.

    Args:
        target_class_ids: the classes to take the mean of.
        threshold: from where on a prediction says 1.
        name, dtype: as in `IoU`.
    """

    arguments = ("target_class_ids", "threshold")

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Begin with nothing."""
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Array, y_pred: Array, sample_weight: Array = None) -> None:
        """Count one batch, with probabilities or other scores as `y_pred`; otherwise as `IoU`."""
        y_pred = as_array("y_pred", y_pred)
        refuse_nan({"y_pred": y_pred})
        super().update_state(y_true, (y_pred >= self.threshold).astype(int), sample_weight)


class MeanIoU(IoU):
    """The mean IoU of all classes that occur. The arguments are those of `IoU`, without `target_class_ids`."""

    arguments = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DTypeLike | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        """Begin with nothing."""
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(IoU):
    """`IoU` of one-hot labels, and of scores as predictions unless `sparse_y_pred`."""

    arguments = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_pred", "axis")

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DTypeLike | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        """Begin with nothing."""
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot labels, and of scores as predictions unless `sparse_y_pred`."""

    arguments = ("num_classes", "ignore_class", "sparse_y_pred", "axis")

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DTypeLike | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        """Begin with nothing."""
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)


def class_of_each(name, array, is_sparse, axis):
    """The class number of each entry, flat."""
    array = as_array(name, array, integer=is_sparse)
    refuse_nan({name: array})
    return np.ravel(array if is_sparse else array.argmax(axis))
