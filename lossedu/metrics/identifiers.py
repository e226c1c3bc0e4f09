"""Metrics by name, by function, by the shapes they are to meet, and as configurations that can be stored."""

import inspect
from typing import Any

from lossedu import losses, metrics
from lossedu.arrays import Array, as_array, length
from lossedu.losses.identifiers import configuration, restore
from lossedu.losses.objects import snake_case
from lossedu.metrics.streaming import MeanMetricWrapper, Metric


def get(identifier: Any) -> Any:
    """The metric that is meant, as an object that streams.

    Args:
        identifier: the name of a metric, as a class or a function, of today or of `losses.ALIASES`; a configuration
            that `serialize` made; a class; an object, which is returned as it is; a loss, or a function of
            `(y_true, y_pred)`, of which the mean is taken; or None.

    Raises:
        ValueError: no metric has that name, or it is none of the above.

    >>> get("mse"), get("KLDivergence"), get("huber")
    (<MeanSquaredError name=mean_squared_error>, <KLDivergence name=kl_divergence>, <MeanMetricWrapper name=huber>)
    >>> def mean_pred(y_true, y_pred):
    ...     return y_pred.mean()
    >>> get(mean_pred)
    <MeanMetricWrapper name=mean_pred>
    >>> get("binary_acuracy")
    Traceback (most recent call last):
    ValueError: no metric is called 'binary_acuracy'; near: binary_accuracy, BinaryAccuracy
    """
    found = deserialize(identifier) if isinstance(identifier, (str, dict)) else identifier
    if inspect.isclass(found):
        found = found()
    if found is None or isinstance(found, Metric):
        return found
    if callable(found):
        return MeanMetricWrapper(found, name=name_of(found))
    raise ValueError(
        f"identifier must be a metric, its name or its configuration, got {type(found).__name__} {identifier!r}"
    )


def for_shapes(identifier: Any, y_true: Array, y_pred: Array) -> Any:
    """The metric that `compile(metrics=[identifier])` means for such labels and predictions, named as it was called.

    "accuracy" and "acc", "crossentropy" and "ce", in any case, mean the one that `label_kind` says; anything else is
    left to `get`.

    Raises:
        ValueError: no metric has that name, or `identifier` is None.

    >>> for_shapes("acc", [[1], [0]], [[0.9], [0.2]])
    <BinaryAccuracy name=acc>
    >>> for_shapes("acc", [1, 0], [[0.1, 0.9], [0.8, 0.2]])
    <SparseCategoricalAccuracy name=acc>
    >>> for_shapes("ce", [[0, 1], [1, 0]], [[0.1, 0.9], [0.8, 0.2]])
    <CategoricalCrossentropy name=ce>
    """
    if identifier is None:
        raise ValueError("identifier must be a metric, its name or its configuration, got None")
    if not isinstance(identifier, str):
        return get(identifier)
    meant = {"acc": "accuracy", "ce": "crossentropy"}.get(identifier.lower(), identifier.lower())
    if meant in ("accuracy", "crossentropy"):
        metric = get(f"{label_kind(y_true, y_pred)}_{meant}")
    else:
        metric = get(identifier)
    metric.name = identifier
    return metric


def label_kind(y_true: Array, y_pred: Array) -> str:
    """What kind of labels Keras sees in the shapes: "binary", "sparse_categorical" or "categorical".

    Binary are predictions with a last axis of length 1. Sparse are labels with fewer axes than the predictions, or
    with a last axis of length 1.

    Raises:
        ValueError: an array is empty, or `y_pred` has no axis.

    >>> label_kind([[0, 1], [1, 0]], [[0.1, 0.9], [0.8, 0.2]])
    'categorical'
    """
    y_true, y_pred = as_array("y_true", y_true), as_array("y_pred", y_pred)
    if length(y_pred, -1) == 1:
        return "binary"
    return "sparse_categorical" if y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1 else "categorical"


def serialize(metric: Any) -> dict[str, Any]:
    """A configuration of a metric or of a function, in the form that Keras 3 gives it.

    >>> serialize(get("BinaryAccuracy"))["config"]
    {'name': 'binary_accuracy', 'dtype': 'float64', 'threshold': 0.5}
    """
    return configuration(metric, Metric, "lossedu.metrics")


def deserialize(config: str | dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The metric or the function of a name or of a configuration, whether ours or one of Keras 2 or 3.

    Args:
        config: the name or configuration.
        custom_objects: further functions and classes, by name.

    Raises:
        ValueError: no metric has that name.

    >>> deserialize({"class_name": "TopKCategoricalAccuracy", "config": {"k": 3}}).get_config()["k"]
    3
    """
    public = {name: getattr(module, name) for module in (losses, metrics) for name in module.__all__}
    named = {name: thing for name, thing in public.items() if can_be_averaged(thing)}
    if isinstance(config, str):  # the name of a function means its class, where it has one
        named |= {snake_case(name): thing for name, thing in named.items() if inspect.isclass(thing)}
    return restore(config, "metric", named | (custom_objects or {}))


def can_be_averaged(thing):
    """Whether it is the class of a metric, or a function of labels and predictions."""
    return issubclass(thing, Metric) if inspect.isclass(thing) else hasattr(thing, "arrays")


def name_of(function):
    """What Keras calls the mean of a function, a loss or another thing that can be called."""
    if hasattr(function, "name"):
        return function.name
    return snake_case(getattr(function, "__name__", type(function).__name__).strip("<>"))  # lambdas have brackets
