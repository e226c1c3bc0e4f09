"""What every loss shares: reading its arrays, refusing bad ones, carrying its gradient.

A loss is written as a bare formula on NumPy arrays and decorated with `loss`; its derivative follows under
`@<loss>.gradient_of`. The parameters without a default are the arrays, the others are options.
"""

import functools
import inspect
import math
import operator
from numbers import Real

import numpy as np

EPSILON = 1e-7  # keras.config.epsilon(): the floor under probabilities, and what is added inside logarithms


def loss(formula=None, *, labels=None):
    """Turn a formula on arrays into a public loss: arrays read and checked first, `.gradient` alongside.

    The decorated function takes anything NumPy can read. Of a pair, the second array (the predictions) decides the
    dtype of the result, as in Keras: its own if that is a floating one, float64 otherwise. `@loss(labels=name)` is for
    losses that take class numbers: the parameter of that name is read as integers, its partner as the predictions.
    """
    if formula is None:
        return functools.partial(loss, labels=labels)
    signature = inspect.signature(formula)
    names = [p.name for p in signature.parameters.values() if p.default is p.empty]
    if labels:
        names = names[:2]
    predictions = next(name for name in reversed(names[:2]) if name != labels)

    def evaluate(expression, arguments, options, is_gradient=False):
        call = signature.bind(*arguments, **options)
        arrays = {name: as_array(name, call.arguments[name], integer=name == labels) for name in names}
        refuse_nan(arrays)
        shape = arrays[predictions].shape
        if labels is None:
            arrays = align_pair(arrays)
            broadcast_shape(arrays)
        call.arguments.update(read_options(call, arrays[predictions]) | arrays)
        result = expression(*call.args, **call.kwargs)
        if not is_gradient:
            return result
        if result.shape != arrays[predictions].shape:
            raise ValueError(
                f"the gradient has the shape of {predictions}, so the other arrays must fit into it: "
                f"got {shapes(arrays)}"
            )
        return result.reshape(shape)

    @functools.wraps(formula)
    def value(*arguments, **options):
        return evaluate(formula, arguments, options)

    def gradient_of(derivative):
        def gradient(*arguments, **options):
            return evaluate(derivative, arguments, options, is_gradient=True)

        gradient.__signature__ = signature
        gradient.__module__ = formula.__module__
        gradient.__name__ = f"{formula.__name__}.gradient"
        gradient.__qualname__ = gradient.__name__
        gradient.__doc__ = (
            f"Derivative of each sample's `{formula.__name__}` with respect to `{predictions}`, in its shape.\n\n"
            f"{inspect.cleandoc(derivative.__doc__ or '')}"
        ).strip()
        value.gradient = gradient
        return gradient

    value.gradient_of = gradient_of
    return value


def read_options(call, predictions):
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


def as_array(name, argument, integer=False):
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


def as_integers(name, array):
    """The class numbers in `array`, which may be floats without a fraction, as Keras's data pipelines make them."""
    if array.dtype.kind == "f":
        refuse_nan({name: array})
        with np.errstate(invalid="ignore"):  # infinity % 1 is NaN: not whole either
            fraction = array % 1 != 0
        if fraction.any():
            raise ValueError(f"{name} must hold class numbers, which are whole, got {array[fraction][0]:g}")
    return array.astype(np.intp, copy=False)


def align_pair(arrays):
    """Of a pair, the first array takes the dtype of the second and, as in Keras, its rank; others pass unchanged."""
    if len(arrays) != 2:
        return arrays
    (true_name, y_true), (pred_name, y_pred) = arrays.items()
    y_true, y_pred = align_ranks(y_true, y_pred)
    return {true_name: y_true.astype(y_pred.dtype, copy=False), pred_name: y_pred}


def align_ranks(y_true, y_pred):
    """Drop or add a last axis of length 1 where the ranks differ by exactly one, as Keras does."""
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        return (y_true, y_pred[..., None]) if y_pred.ndim == 1 else (y_true[..., 0], y_pred)
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        return (y_true[..., None], y_pred) if y_true.ndim == 1 else (y_true, y_pred[..., 0])
    return y_true, y_pred


def broadcast_shape(arrays):
    """The common shape of the named arrays; ValueError with every name and shape if there is none."""
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        raise ValueError(f"shapes must be equal, or broadcast to each other: got {shapes(arrays)}") from None


def shapes(arrays):
    """`y_true (3,), y_pred (4,)`: what a message says of the arrays that came."""
    return ", ".join(f"{name} {array.shape}" for name, array in arrays.items())


def length(array, axis):
    """How many entries of `array` lie along `axis`, or along several axes: those that a mean over them takes in."""
    try:
        return math.prod(array.shape[i] for i in np.atleast_1d(axis).tolist())
    except (IndexError, TypeError):
        raise ValueError(f"axis must be one of the {array.ndim} of shape {array.shape}, got {axis}") from None


def refuse_nan(arrays):
    """Raise ValueError for the first array that holds NaN."""
    for name, array in arrays.items():
        if np.isnan(array.min()):  # the minimum of an array with NaN is NaN, and takes no temporary
            where = tuple(int(i) for i in np.argwhere(np.isnan(array))[0])
            raise ValueError(f"{name} must hold numbers, got NaN (first at index {where})")


def require_one_shape(**arrays):
    """Raise ValueError unless the named arrays have one shape: for losses where Keras does not broadcast."""
    if len({array.shape for array in arrays.values()}) > 1:
        raise ValueError(f"{' and '.join(arrays)} must have one shape: got {shapes(arrays)}")


def as_size(name, size, least=1):
    """`size` as an int of `least` or more; TypeError or ValueError if it is none."""
    try:
        number = operator.index(size)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {size!r}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    return number


def require_number(**options):
    """Raise TypeError for the first named option that is not one real number."""
    for name, option in options.items():
        if not isinstance(option, Real):
            raise TypeError(f"{name} must be a number, got {option!r}")


def require_between(low, high, **options):
    """Raise ValueError for the first named option outside [low, high], NaN included; TypeError if it is no number."""
    for name, option in options.items():
        if not isinstance(option, np.ndarray):
            require_number(**{name: option})
        if not np.all((low <= option) & (option <= high)):
            raise ValueError(f"{name} must lie between {low} and {high}, got {option}")


def require_probabilities(unless=None, **arrays):
    """Raise ValueError for the first named array with a value outside [0, 1]; `unless` is the option that takes it."""
    for name, array in arrays.items():
        low, high = array.min(), array.max()
        if low < 0 or high > 1:
            otherwise = f" unless {unless}" if unless else ""
            raise ValueError(
                f"{name} must hold probabilities in [0, 1]{otherwise}, got values from {low:g} to {high:g}"
            )


def require_positive(**arrays):
    """Raise ValueError for the first named array or number with a value that is not above 0, NaN included."""
    for name, array in arrays.items():
        low = np.min(array)
        if not low > 0:
            raise ValueError(f"{name} must be positive, got {low:g}")
