"""What every loss shares: reading its arrays, refusing bad ones, carrying its gradient.

A loss is written as a bare formula on NumPy arrays and decorated with `loss`; its derivative follows under
`@<loss>.gradient_of`. The parameters without a default are the arrays, the others are options.
"""

import functools
import inspect

import numpy as np

EPSILON = 1e-7  # keras.config.epsilon(): the floor under probabilities, and what is added inside logarithms


def loss(formula):
    """Turn a formula on arrays into a public loss: arrays read and checked first, `.gradient` alongside.

    The decorated function takes anything NumPy can read. Of a pair, the second array (the predictions) decides the
    dtype of the result, as in Keras: its own if that is a floating one, float64 otherwise.
    """
    signature = inspect.signature(formula)
    names = [p.name for p in signature.parameters.values() if p.default is p.empty]

    def evaluate(expression, arguments, options, like=None):
        call = signature.bind(*arguments, **options)
        arrays = as_arrays({name: call.arguments[name] for name in names})
        shape = broadcast_shape(arrays)
        call.arguments.update(arrays)
        if like is not None and shape != arrays[like].shape:
            raise ValueError(
                f"the gradient has the shape of {like}, so the other arrays must fit into it: got {shapes(arrays)}"
            )
        result = expression(*call.args, **call.kwargs)
        if np.isnan(result).any():
            refuse_nan(arrays)
        return result

    @functools.wraps(formula)
    def value(*arguments, **options):
        return evaluate(formula, arguments, options)

    def gradient_of(derivative):
        predictions = names[min(1, len(names) - 1)]

        def gradient(*arguments, **options):
            return evaluate(derivative, arguments, options, like=predictions)

        gradient.__signature__ = signature
        gradient.__module__ = formula.__module__
        gradient.__name__ = f"{formula.__name__}.gradient"
        gradient.__qualname__ = gradient.__name__
        gradient.__doc__ = (
            f"Derivative of each sample's `{formula.__name__}` with respect to `{predictions}`, in its shape."
        )
        value.gradient = gradient
        return gradient

    value.gradient_of = gradient_of
    return value


def as_arrays(arguments):
    """The named arguments as float arrays; of a pair, the first takes the second one's dtype and, as in Keras, rank."""
    arrays = {name: as_array(name, argument) for name, argument in arguments.items()}
    if len(arrays) == 2:
        (true_name, y_true), (pred_name, y_pred) = arrays.items()
        y_true, y_pred = align_ranks(y_true, y_pred)
        arrays = {true_name: y_true.astype(y_pred.dtype, copy=False), pred_name: y_pred}
    return arrays


def as_array(name, argument):
    """`argument` as a non-empty float array: floating dtypes are kept, integers and booleans become float64."""
    try:
        array = np.asarray(argument)
    except ValueError as error:
        raise ValueError(f"{name} must be an array with rows of one length, got {argument!r:.80}") from error
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind != "f":
        raise TypeError(f"{name} must hold real numbers, got {type(argument).__name__} of dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one value, got an empty array of shape {array.shape}")
    return array


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


def refuse_nan(arrays):
    """Raise ValueError for the first array that holds NaN; a NaN born of infinite input passes."""
    for name, array in arrays.items():
        if np.isnan(array).any():
            where = tuple(int(i) for i in np.argwhere(np.isnan(array))[0])
            raise ValueError(f"{name} must hold numbers, got NaN (first at index {where})")


def require_probabilities(**arrays):
    """Raise ValueError for the first named array with a value outside [0, 1]; NaN passes, `loss` refuses it."""
    for name, array in arrays.items():
        low, high = array.min(), array.max()
        if low < 0 or high > 1:
            raise ValueError(f"{name} must hold probabilities in [0, 1], got values from {low:g} to {high:g}")


def require_positive(**arrays):
    """Raise ValueError for the first named array or number with a value of 0 or less."""
    for name, array in arrays.items():
        low = np.min(array)
        if low <= 0:
            raise ValueError(f"{name} must be positive, got {low:g}")
