"""Read, check and align the arrays that losses, metrics and training take.

Everything that NumPy can read becomes an array. Errors name the argument, the value, and what is expected.
`on_arrays` applies all of this to the arguments of a function.
"""

import functools
import inspect
import math
import operator
from collections.abc import Callable
from numbers import Real
from typing import Any, ParamSpec, Protocol, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
Array: TypeAlias = Any  # callers give anything that NumPy can read; the decorated formula gets a NumPy array
Floats: TypeAlias = NDArray[np.floating[Any]]  # a result; one without axes is a NumPy scalar with the same methods
Axis: TypeAlias = int | tuple[int, ...] | list[int] | None
Arrays: TypeAlias = dict[str, NDArray[Any]]  # by the names of their arguments


class ArrayFunction(Protocol[P]):
    """A function that reads and checks its arrays; `arrays` holds the names of these parameters."""

    __name__: str
    arrays: tuple[str, ...]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Floats:
        """Read the arrays and return the formula's result."""
        ...


class Reader:
    """Reads the arguments of a function: its parameters without a default are the arrays, the others are options.

    As in Keras, the second array of a pair (the predictions) decides the dtype of the result: its own dtype if that is
    a float, float64 otherwise.

    Args:
        function: the function that takes the arguments.
        labels: the parameter with class numbers, if there is one; the other array of the pair holds the predictions.
    """

    def __init__(self, function: Callable[..., Any], labels: str | None = None):
        """Find out which parameters are arrays."""
        self.signature = inspect.signature(function)
        names = [p.name for p in self.signature.parameters.values() if p.default is p.empty]
        self.labels = labels
        self.names = tuple(names[:2] if labels else names)
        self.predictions = next(name for name in reversed(self.names[:2]) if name != labels)

    def read(self, arguments, options) -> tuple[inspect.BoundArguments, dict[str, np.ndarray], tuple[int, ...]]:
        """Read a call: return it with arrays and plain options, then the arrays alone, then the predictions' shape."""
        call = self.signature.bind(*arguments, **options)
        arrays = {name: as_array(name, call.arguments[name], integer=name == self.labels) for name in self.names}
        refuse_nan(arrays)
        shape = arrays[self.predictions].shape
        if self.labels is None:
            arrays = align_pair(arrays)
            broadcast_shape(arrays)
        call.arguments.update(read_options(call, arrays[self.predictions]) | arrays)
        return call, arrays, shape


@overload
def on_arrays(formula: Callable[P, Any]) -> ArrayFunction[P]: ...
@overload
def on_arrays(*, labels: str) -> Callable[[Callable[P, Any]], ArrayFunction[P]]: ...
def on_arrays(formula=None, *, labels=None) -> Any:
    """Turn a formula on arrays into a function that takes anything NumPy can read; `Reader` has the rules.

    >>> @on_arrays
    ... def errors(y_true, y_pred):
    ...     return y_pred - y_true
    >>> errors([1, 2], [1.5, 2])
    array([0.5, 0. ])
    """
    if formula is None:
        return lambda formula: reading_first(formula, labels)
    return reading_first(formula)


def reading_first(formula: Callable[..., Any], labels: str | None = None) -> Any:
    """Return the function that `on_arrays` makes of a formula."""
    reader = Reader(formula, labels)

    @functools.wraps(formula)
    def function(*arguments, **options):
        call, _, _ = reader.read(arguments, options)
        return formula(*call.args, **call.kwargs)

    vars(function)["arrays"] = reader.names
    return function


def read_options(call: inspect.BoundArguments, predictions: NDArray[Any]) -> dict[str, Any]:
    """All arguments of `call` with numbers, flags and axes as Python has them; TypeError or ValueError if they are not.

    A Python number never widens a float32 result, as one of NumPy may.
    """
    options = {}
    for name, option in call.arguments.items():
        options[name] = option.item() if getattr(option, "ndim", None) == 0 else option
        if isinstance(call.signature.parameters[name].default, bool) and not isinstance(options[name], bool):
            raise TypeError(f"{name} must be True or False, got {option!r}")
    if options.get("axis") is not None:
        length(predictions, options["axis"])
    if isinstance(options.get("axis"), list):  # as a configuration comes back from JSON
        options["axis"] = tuple(options["axis"])
    return options


def as_array(name: str, argument: Array, integer: bool = False) -> NDArray[Any]:
    """`argument` as a non-empty array of floats (floating dtypes are kept) or, where `integer`, of whole numbers."""
    try:
        array = np.asarray(argument)
    except ValueError as error:
        raise ValueError(f"{name} must be an array with rows of one length, got {argument!r:.80}") from error
    if array.dtype.kind not in "iubf":
        raise TypeError(f"{name} must hold real numbers, got {type(argument).__name__} of dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one value, got an empty array of shape {array.shape}")
    if integer:
        return as_integers(name, array)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def as_integers(name: str, array: NDArray[Any]) -> NDArray[np.intp]:
    """The class numbers in `array`, which may be floats without a fraction, as Keras's data pipelines make them."""
    if array.dtype.kind == "f":
        refuse_nan({name: array})
        with np.errstate(invalid="ignore"):  # infinity % 1 is NaN: not whole either
            fraction = array % 1 != 0
        if fraction.any():
            raise ValueError(f"{name} must hold class numbers, which are whole, got {array[fraction][0]:g}")
    return array.astype(np.intp, copy=False)


def as_size(name: str, size: Any, least: int = 1) -> int:
    """`size` as an int of `least` or more; TypeError or ValueError if it is none."""
    try:
        number = operator.index(size)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {size!r}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    return number


def as_positive(name: str, number: Any, dtype: np.dtype[Any]) -> Any:
    """`number` in `dtype`; TypeError or ValueError unless it is one, positive and finite there."""
    require_number(**{name: number})
    with np.errstate(over="ignore"):
        converted = dtype.type(number)
    if not 0 < converted < np.inf:
        raise ValueError(f"{name} must be positive and finite in {dtype}, got {number}")
    return converted


def refuse_nan(arrays: Arrays) -> None:
    """Raise ValueError for the first array that holds NaN."""
    for name, array in arrays.items():
        if np.isnan(array.min()):  # the minimum of an array with NaN is NaN, and takes no temporary
            where = tuple(int(i) for i in np.argwhere(np.isnan(array))[0])
            raise ValueError(f"{name} must hold numbers, got NaN (first at index {where})")


def align_pair(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Of a pair, the first array takes the dtype of the second and, as in Keras, its rank; others pass unchanged."""
    if len(arrays) != 2:
        return arrays
    (true_name, y_true), (pred_name, y_pred) = arrays.items()
    y_true, y_pred = align_ranks(y_true, y_pred)
    return {true_name: y_true.astype(y_pred.dtype, copy=False), pred_name: y_pred}


def align_ranks(y_true: NDArray[Any], y_pred: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Drop or add a last axis of length 1 where the ranks differ by exactly one, as Keras does."""
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        return (y_true, y_pred[..., None]) if y_pred.ndim == 1 else (y_true[..., 0], y_pred)
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        return (y_true[..., None], y_pred) if y_true.ndim == 1 else (y_true, y_pred[..., 0])
    return y_true, y_pred


def broadcast_shape(arrays: Arrays) -> tuple[int, ...]:
    """The common shape of the named arrays; ValueError with every name and shape if there is none."""
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        raise ValueError(f"shapes must be equal, or broadcast to each other: got {shapes(arrays)}") from None


def require_one_shape(**arrays: NDArray[Any]) -> None:
    """Raise ValueError unless the named arrays have one shape: for losses where Keras does not broadcast."""
    if len({array.shape for array in arrays.values()}) > 1:
        raise ValueError(f"{' and '.join(arrays)} must have the same shape: got {shapes(arrays)}")


def shapes(arrays: Arrays) -> str:
    """`y_true (3,), y_pred (4,)`: what a message says of the arrays that came."""
    return ", ".join(f"{name} {array.shape}" for name, array in arrays.items())


def length(array: NDArray[Any], axis: Axis) -> int:
    """How many entries of `array` lie along `axis`, or along several axes: those that a mean over them takes in."""
    try:
        return math.prod(array.shape[i] for i in np.atleast_1d(np.asarray(axis)).tolist())
    except (IndexError, TypeError):
        raise ValueError(f"axis must be one of the {array.ndim} of shape {array.shape}, got {axis}") from None


def class_numbers(
    labels: NDArray[Any],
    scores: NDArray[Any],
    axis: Any,
    ignored: float | None = None,
    names: tuple[str, str] = ("y_true", "y_pred"),
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Labels with a class axis of length 1, and where they count; ignored ones become 0."""
    if not isinstance(ignored, Real | None):
        raise TypeError(f"the class to ignore must be a number, or None, got {ignored!r}")
    labels = with_class_axis(labels, scores, axis, names)
    number_of_classes = scores.shape[axis]
    counted = np.ones_like(labels, bool) if ignored is None else labels != ignored
    outside = counted & ((labels < 0) | (labels >= number_of_classes))
    if outside.any():
        raise ValueError(
            f"{names[0]} must hold class numbers from 0 to {number_of_classes - 1}, got {labels[outside][0]}"
        )
    return np.where(counted, labels, 0), counted


def with_class_axis(
    labels: NDArray[Any], scores: NDArray[Any], axis: Any, names: tuple[str, str] = ("y_true", "y_pred")
) -> NDArray[Any]:
    """Labels, which may lack the class axis of the scores, with one of length 1; ValueError if the shapes don't fit."""
    length(scores, axis)  # refuses an axis that is not there
    one_class, no_class = list(scores.shape), list(scores.shape)
    one_class[axis] = 1
    del no_class[axis]
    if list(labels.shape) not in (one_class, no_class):
        raise ValueError(
            f"{names[0]} must have the shape of {names[1]} without its class axis {axis}: "
            f"got {shapes(dict(zip(names, (labels, scores), strict=True)))}"
        )
    return labels.reshape(one_class)


def require_number(**options: Any) -> None:
    """Raise TypeError for the first named option that is not one real number."""
    for name, option in options.items():
        if not isinstance(option, Real):
            raise TypeError(f"{name} must be a number, got {option!r}")


def require_between(low: float, high: float, **options: Any) -> None:
    """Raise ValueError for the first named option outside [low, high], NaN included; TypeError if it is no number."""
    for name, option in options.items():
        if not isinstance(option, np.ndarray):
            require_number(**{name: option})
        if not np.all((low <= option) & (option <= high)):
            raise ValueError(f"{name} must lie between {low} and {high}, got {option}")


def require_probabilities(unless: str | None = None, **arrays: NDArray[Any]) -> None:
    """Raise ValueError for the first named array with a value outside [0, 1]; `unless` is the option that takes it."""
    for name, array in arrays.items():
        low, high = array.min(), array.max()
        if low < 0 or high > 1:
            otherwise = f" unless {unless}" if unless else ""
            raise ValueError(
                f"{name} must hold probabilities in [0, 1]{otherwise}, got values from {low:g} to {high:g}"
            )


def require_positive(**arrays: Any) -> None:
    """Raise ValueError for the first named array or number with a value that is not above 0, NaN included."""
    for name, array in arrays.items():
        low = np.min(array)
        if not low > 0:
            raise ValueError(f"{name} must be positive, got {low:g}")
