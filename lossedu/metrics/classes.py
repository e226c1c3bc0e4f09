"""The metrics as objects, under their names in Keras: the mean of a function over batches, with its options.

>>> metric = BinaryAccuracy(threshold=0.7)
>>> metric.update_state([1, 0], [0.6, 0.1])
>>> metric.update_state([1], [0.9], sample_weight=[2])
>>> float(metric.result())
0.75
"""

import numpy as np

from lossedu import losses
from lossedu.arrays import on_arrays
from lossedu.losses.classes import class_of, options_of, snake_case
from lossedu.metrics import accuracy
from lossedu.metrics.streaming import MeanMetricWrapper, Metric


class FunctionMetric(MeanMetricWrapper):
    """What the classes that `metric_class` makes share: they know their function."""

    def get_config(self):
        """The arguments that make such a metric again, without its state."""
        return Metric.get_config(self) | self.options

    @classmethod
    def from_config(cls, config):
        """The metric that has the `config`."""
        return cls(**config)


def metric_class(class_name, function, parameters=None, **defaults):
    """The class of Keras for the mean of a function over batches.

    Args:
        class_name: its name.
        function: what is averaged.
        parameters: the names of the arguments in Keras's order; by default "name", "dtype", then the options of
            `function`.
        defaults: of the arguments, where they are not those of `function`, or the class's name.
    """
    known = {"name": snake_case(class_name), "dtype": None} | options_of(function) | defaults

    def initialize(self, **arguments):
        MeanMetricWrapper.__init__(self, function, **arguments)

    parameters = {name: known[name] for name in parameters or known}
    return class_of(function, class_name, FunctionMetric, parameters, initialize, {"__module__": __name__})


@on_arrays
def squared_error(y_true, y_pred):
    """The square of each error."""
    return np.square(y_pred - y_true)


def cosine_similarity(y_true, y_pred, axis=-1):
    """The cosine of the angle between two vectors, 1 where they agree: as a loss it is -1 there."""
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


Accuracy = metric_class("Accuracy", accuracy.accuracy)
BinaryAccuracy = metric_class("BinaryAccuracy", accuracy.binary_accuracy)
CategoricalAccuracy = metric_class("CategoricalAccuracy", accuracy.categorical_accuracy)
SparseCategoricalAccuracy = metric_class("SparseCategoricalAccuracy", accuracy.sparse_categorical_accuracy)
TopKCategoricalAccuracy = metric_class(
    "TopKCategoricalAccuracy", accuracy.top_k_categorical_accuracy, ["k", "name", "dtype"]
)
SparseTopKCategoricalAccuracy = metric_class(
    "SparseTopKCategoricalAccuracy",
    accuracy.sparse_top_k_categorical_accuracy,
    ["k", "name", "dtype", "from_sorted_ids"],
)
MeanSquaredError = metric_class("MeanSquaredError", losses.mean_squared_error)
MeanAbsoluteError = metric_class("MeanAbsoluteError", losses.mean_absolute_error)
MeanAbsolutePercentageError = metric_class("MeanAbsolutePercentageError", losses.mean_absolute_percentage_error)
MeanSquaredLogarithmicError = metric_class("MeanSquaredLogarithmicError", losses.mean_squared_logarithmic_error)
LogCoshError = metric_class("LogCoshError", losses.log_cosh, name="logcosh")
CosineSimilarity = metric_class("CosineSimilarity", cosine_similarity)
KLDivergence = metric_class("KLDivergence", losses.kl_divergence)
Poisson = metric_class("Poisson", losses.poisson)
Hinge = metric_class("Hinge", losses.hinge)
SquaredHinge = metric_class("SquaredHinge", losses.squared_hinge)
CategoricalHinge = metric_class("CategoricalHinge", losses.categorical_hinge)
BinaryCrossentropy = metric_class(
    "BinaryCrossentropy", losses.binary_crossentropy, ["name", "dtype", "from_logits", "label_smoothing"]
)
CategoricalCrossentropy = metric_class("CategoricalCrossentropy", losses.categorical_crossentropy)
SparseCategoricalCrossentropy = metric_class("SparseCategoricalCrossentropy", losses.sparse_categorical_crossentropy)


class RootMeanSquaredError(metric_class("RootMeanSquaredError", squared_error)):
    """The root of the mean of all squared errors: of the last axis too, and over batches before the root is taken.

    >>> float(RootMeanSquaredError()([[0.0, 0.0], [0.0, 0.0]], [[1.0, 7.0], [5.0, 5.0]]))
    5.0
    """

    def result(self):
        """The root of the mean since the last `reset_state`."""
        return np.sqrt(super().result())
