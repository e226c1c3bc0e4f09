"""The functions of `keras.ops` that losses need, on tensors of the stand-in, each beside its slope.

Names, arguments, types and shapes are those of Keras; slopes are those that TensorFlow computes, at kinks and at the
edge of a domain too: there, a slope may be infinite or NaN, and that is the point of it.
"""

import builtins
import math

import numpy as np

from lossedu.keras_or_stand_in._tensor import DEFAULT, Tensor, array_of, made, numbers

OPERATIONS = {}  # name -> function, as `ops` offers them


def operation(function):
    """Declare a function as one of `keras.ops`; it computes without warnings, as TensorFlow does."""

    def quiet(*arguments, **options):
        with np.errstate(all="ignore"):
            result = function(*arguments, **options)
        if isinstance(result, Tensor) and has_symbolic([*arguments, *options.values()]):
            result.is_symbolic = True
        return result

    quiet.__name__ = quiet.__qualname__ = function.__name__
    quiet.__doc__ = function.__doc__
    OPERATIONS[function.__name__] = quiet
    return quiet


def named(name, words, function):
    """Declare a function that was made, with its name and its docstring."""
    function.__name__, function.__doc__ = name, words
    return operation(function)


def has_symbolic(argument):
    """Tell whether an argument is a symbolic tensor, or a list or tuple with one."""
    if isinstance(argument, list | tuple):
        return builtins.any(map(has_symbolic, argument))
    return isinstance(argument, Tensor) and argument.is_symbolic


# --- Entry by entry -------------------------------------------------------------------------------------------------


def _sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


ENTRIES = {  # name -> the function, and its slope from x and the result y
    "abs": (np.abs, lambda x, y: np.sign(x)),
    "negative": (np.negative, lambda x, y: -np.ones_like(x)),
    "square": (np.square, lambda x, y: 2 * x),
    "sqrt": (np.sqrt, lambda x, y: 0.5 / y),
    "rsqrt": (lambda x: 1 / np.sqrt(x), lambda x, y: -0.5 * y**3),
    "reciprocal": (lambda x: 1 / x, lambda x, y: -(y**2)),
    "exp": (np.exp, lambda x, y: y),
    "expm1": (np.expm1, lambda x, y: np.exp(x)),
    "log": (np.log, lambda x, y: 1 / x),
    "log1p": (np.log1p, lambda x, y: 1 / (1 + x)),
    "sin": (np.sin, lambda x, y: np.cos(x)),
    "cos": (np.cos, lambda x, y: -np.sin(x)),
    "tanh": (np.tanh, lambda x, y: 1 - y**2),
    "arctan": (np.arctan, lambda x, y: 1 / (1 + x**2)),
    "sigmoid": (_sigmoid, lambda x, y: y * (1 - y)),
    "softplus": (lambda x: np.logaddexp(0, x), lambda x, y: _sigmoid(x)),
    "log_sigmoid": (lambda x: -np.logaddexp(0, -x), lambda x, y: _sigmoid(-x)),
    "relu": (lambda x: np.maximum(x, 0), lambda x, y: (x > 0) * 1),
}
FLAT = {"sign": np.sign, "floor": np.floor, "ceil": np.ceil, "round": np.round}  # with the slope 0 everywhere
QUESTIONS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "logical_not": np.logical_not}
KEEPS_WHOLE = ("abs", "negative", "square", "relu", "sign", "floor", "ceil", "round")  # the type of whole numbers


def entry_by_entry(name, value, slope):
    """Declare a function of single entries."""

    def function(x):
        array, dtype = numbers(x)
        if dtype.kind != "f" and (name not in KEEPS_WHOLE or name in ("floor", "ceil")):
            dtype = np.dtype(DEFAULT)
        array = array.astype(dtype)
        result = value(array).astype(dtype)
        return made(result, (x, lambda g: g * slope(array, result)))

    return named(name, f"Return what `keras.ops.{name}` does, entry by entry.", function)


def question(name, answer):
    """Declare a function of single entries that tells True or False."""

    def function(x):
        return made(answer(array_of(x)))

    return named(name, f"Return what `keras.ops.{name}` does, entry by entry.", function)


# --- Two operands ---------------------------------------------------------------------------------------------------

PAIRS = {  # name -> the function, and both slopes from x, y and the result z
    "add": (np.add, lambda x, y, z: 1, lambda x, y, z: 1),
    "subtract": (np.subtract, lambda x, y, z: 1, lambda x, y, z: -1),
    "multiply": (np.multiply, lambda x, y, z: y, lambda x, y, z: x),
    "divide": (np.divide, lambda x, y, z: 1 / y, lambda x, y, z: -x / y / y),
    "divide_no_nan": (
        lambda x, y: np.where(y == 0, 0, x / y),
        lambda x, y, z: np.where(y == 0, 0, 1 / y),
        lambda x, y, z: np.where(y == 0, 0, -x / y / y),
    ),
    "power": (
        np.power,
        lambda x, y, z: y * np.power(x, y - 1),
        lambda x, y, z: z * np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0),
    ),
    "maximum": (np.maximum, lambda x, y, z: x >= y, lambda x, y, z: ~(x >= y)),
    "minimum": (np.minimum, lambda x, y, z: x <= y, lambda x, y, z: ~(x <= y)),
    "floor_divide": (np.floor_divide, lambda x, y, z: 0, lambda x, y, z: 0),
    "mod": (np.mod, lambda x, y, z: 1, lambda x, y, z: -np.floor_divide(x, y)),
}
COMPARED = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}


def of_two(name, value, slope_1, slope_2):
    """Declare a function of two operands, which are broadcast to one shape."""

    def function(x1, x2):
        x, y, dtype = numbers(x1, x2)
        if dtype.kind != "f" and name in ("divide", "divide_no_nan"):
            dtype = np.dtype(DEFAULT)
        x, y = x.astype(dtype), y.astype(dtype)
        z = np.asarray(value(x, y)).astype(dtype)
        return made(z, (x1, lambda g: g * slope_1(x, y, z)), (x2, lambda g: g * slope_2(x, y, z)))

    return named(name, f"Return what `keras.ops.{name}` does with two tensors or numbers.", function)


def comparison(name, value):
    """Declare a comparison of two operands."""

    def function(x1, x2):
        x, y, dtype = numbers(x1, x2)
        kind = bool if name.startswith("logical") else dtype
        return made(value(x.astype(kind), y.astype(kind)))

    return named(name, f"Return what `keras.ops.{name}` does with two tensors or numbers.", function)


for _name, (_value, _slope) in ENTRIES.items():
    globals()[_name] = entry_by_entry(_name, _value, _slope)
for _name, _value in FLAT.items():
    globals()[_name] = entry_by_entry(_name, _value, lambda x, y: np.zeros_like(x))
for _name, _value in QUESTIONS.items():
    globals()[_name] = question(_name, _value)
for _name, _all in PAIRS.items():
    globals()[_name] = of_two(_name, *_all)
for _name, _value in COMPARED.items():
    globals()[_name] = comparison(_name, _value)
add, multiply, subtract, divide = (OPERATIONS[name] for name in ("add", "multiply", "subtract", "divide"))
divide_no_nan = OPERATIONS["divide_no_nan"]
exp, log, square, sqrt, negative = (OPERATIONS[name] for name in ("exp", "log", "square", "sqrt", "negative"))


@operation
def where(condition, x1=None, x2=None):
    """Return the entries of `x1` where the condition holds, and those of `x2` elsewhere.

    The slope of both passes through the choice: a slope of 0 arrives at the entries that were not chosen, and an
    operation before it may turn that into NaN.
    """
    chosen = array_of(condition).astype(bool)
    x, y, dtype = numbers(x1, x2)
    result = np.where(chosen, x, y).astype(dtype)
    return made(result, (x1, lambda g: np.where(chosen, g, 0)), (x2, lambda g: np.where(chosen, 0, g)))


@operation
def clip(x, x_min, x_max):
    """Return the entries of `x`, those outside of the limits replaced by the nearer one."""
    array, low, high, dtype = numbers(x, x_min, x_max)
    inside = (array >= low) & (array <= high)
    return made(np.clip(array, low, high).astype(dtype), (x, lambda g: g * inside))


@operation
def cast(x, dtype):
    """Return the tensor with entries of another type."""
    return made(array_of(x).astype(getattr(dtype, "name", dtype)), (x, lambda g: g))


@operation
def stop_gradient(variable):
    """Return the tensor, from which no slope passes back."""
    return made(array_of(variable))


# --- Along axes -----------------------------------------------------------------------------------------------------


def axes_of(x, axis):
    """Return the axes as a tuple of numbers from 0 on."""
    if axis is None:
        return tuple(range(np.ndim(x)))
    axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
    for each in axes:
        if not -np.ndim(x) <= each < np.ndim(x):
            raise ValueError(f"axis {each} is out of bounds for a tensor with {np.ndim(x)} axes")
    return tuple(each % np.ndim(x) for each in axes)


def kept(array, axes, shape):
    """Return a reduced array with the axes that were reduced, each of length 1."""
    return np.reshape(array, [1 if i in axes else length for i, length in enumerate(shape)])


def summed_type(dtype):
    """Return the type of a sum: True and False are counted."""
    return np.dtype("int32") if dtype.kind == "b" else dtype


@operation
def sum(x, axis=None, keepdims=False):
    """Return the sum along axes."""
    array, dtype = numbers(x)
    axes = axes_of(array, axis)
    result = array.sum(axis=axes, keepdims=keepdims, dtype=summed_type(dtype))
    return made(result, (x, lambda g: np.broadcast_to(kept(g, axes, array.shape), array.shape)))


@operation
def mean(x, axis=None, keepdims=False):
    """Return the mean along axes."""
    array, dtype = numbers(x)
    axes = axes_of(array, axis)
    count = math.prod(array.shape[i] for i in axes)
    dtype = dtype if dtype.kind == "f" else np.dtype(DEFAULT)
    result = array.astype(dtype).mean(axis=axes, keepdims=keepdims)
    return made(result, (x, lambda g: np.broadcast_to(kept(g, axes, array.shape) / dtype.type(count), array.shape)))


@operation
def prod(x, axis=None, keepdims=False, dtype=None):
    """Return the product along axes."""
    array, found = numbers(x)
    axes = axes_of(array, axis)
    result = array.prod(axis=axes, keepdims=keepdims, dtype=dtype or summed_type(found))

    def pass_on(g):
        moved = np.moveaxis(array, axes, range(-len(axes), 0)) if axes else array[..., None]
        flat = moved.reshape(*moved.shape[: moved.ndim - len(axes)], -1) if axes else moved
        others = np.stack([np.delete(flat, i, -1).prod(-1) for i in range(flat.shape[-1])], -1)
        back = np.moveaxis(others.reshape(moved.shape), range(-len(axes), 0), axes) if axes else others[..., 0]
        return kept(g, axes, array.shape) * back

    return made(result, (x, pass_on))


def extreme(name, value):
    """Declare the largest or smallest entry along axes; equal ones share the slope."""

    def function(x, axis=None, keepdims=False):
        array = array_of(x)
        axes = axes_of(array, axis)
        result = value(array, axis=axes, keepdims=True)

        def pass_on(g):
            reached = array == result
            return kept(g, axes, array.shape) * reached / reached.sum(axis=axes, keepdims=True).astype(array.dtype)

        return made(result if keepdims else result.squeeze(axes), (x, pass_on))

    return named(name, f"Return what `keras.ops.{name}` does along axes.", function)


max, min = extreme("max", np.max), extreme("min", np.min)


@operation
def logsumexp(x, axis=None, keepdims=False):
    """Return the logarithm of the sum of exponentials along axes, without overflow."""
    array, dtype = numbers(x)
    array = array.astype(dtype if dtype.kind == "f" else DEFAULT)
    axes = axes_of(array, axis)
    highest = np.max(array, axis=axes, keepdims=True)
    highest = np.where(np.isfinite(highest), highest, 0)
    result = highest + np.log(np.exp(array - highest).sum(axis=axes, keepdims=True))
    shares = np.exp(array - result)
    return made(result if keepdims else result.squeeze(axes), (x, lambda g: kept(g, axes, array.shape) * shares))


@operation
def var(x, axis=None, keepdims=False):
    """Return the variance along axes, divided by the number of entries."""
    centred = subtract(x, mean(x, axis=axis, keepdims=True))
    return mean(square(centred), axis=axis, keepdims=keepdims)


@operation
def std(x, axis=None, keepdims=False):
    """Return the standard deviation along axes."""
    return sqrt(var(x, axis=axis, keepdims=keepdims))


@operation
def log_softmax(x, axis=-1):
    """Return the logarithm of the softmax."""
    return subtract(x, logsumexp(x, axis=axis, keepdims=True))


@operation
def softmax(x, axis=-1):
    """Return exponentials that sum to 1 along the axis."""
    return exp(log_softmax(x, axis=axis))


@operation
def cumsum(x, axis=None, dtype=None):
    """Return the running sums along an axis."""
    array, found = numbers(x)
    if axis is None:
        return cumsum(reshape(x, (-1,)), axis=0, dtype=dtype)
    result = array.cumsum(axis=axis, dtype=dtype or summed_type(found))
    return made(result, (x, lambda g: np.flip(np.flip(g, axis).cumsum(axis=axis), axis)))


@operation
def any(x, axis=None, keepdims=False):
    """Tell along axes whether some entry is not 0."""
    return made(np.any(array_of(x), axis=axis, keepdims=keepdims))


@operation
def all(x, axis=None, keepdims=False):
    """Tell along axes whether no entry is 0."""
    return made(np.all(array_of(x), axis=axis, keepdims=keepdims))


@operation
def count_nonzero(x, axis=None):
    """Count the entries along an axis that are not 0."""
    return made(np.asarray(np.count_nonzero(array_of(x), axis=axis)).astype("int32"))


@operation
def argmax(x, axis=None, keepdims=False):
    """Return the place of the largest entry along an axis."""
    return made(np.asarray(np.argmax(array_of(x), axis=axis, keepdims=keepdims)).astype("int32"))


@operation
def argmin(x, axis=None, keepdims=False):
    """Return the place of the smallest entry along an axis."""
    return made(np.asarray(np.argmin(array_of(x), axis=axis, keepdims=keepdims)).astype("int32"))


# --- Shapes ---------------------------------------------------------------------------------------------------------


def reshaped(name, change):
    """Declare a function that gives the same entries another shape."""

    def function(x, *arguments, **options):
        array = array_of(x)
        return made(change(array, *arguments, **options), (x, lambda g: np.reshape(g, array.shape)))

    return named(name, f"Return what `keras.ops.{name}` does: the same entries in another shape.", function)


reshape = reshaped("reshape", lambda array, newshape: np.reshape(array, newshape))
expand_dims = reshaped("expand_dims", lambda array, axis: np.expand_dims(array, axis))
squeeze = reshaped("squeeze", lambda array, axis=None: np.squeeze(array, axis))
ravel = reshaped("ravel", np.ravel)


@operation
def transpose(x, axes=None):
    """Return the tensor with its axes in another order."""
    array = array_of(x)
    order = tuple(range(array.ndim))[::-1] if axes is None else tuple(axes)
    return made(array.transpose(order), (x, lambda g: g.transpose(np.argsort(order))))


@operation
def broadcast_to(x, shape):
    """Return the tensor, repeated to a shape."""
    return made(np.broadcast_to(array_of(x), shape), (x, lambda g: g))


@operation
def concatenate(xs, axis=0):
    """Return tensors one after the other along an axis."""
    *arrays, dtype = numbers(*xs)
    ends = np.cumsum([array.shape[axis] for array in arrays])

    def part(i):
        return lambda g: np.split(g, ends[:-1], axis)[i]

    return made(np.concatenate(arrays, axis).astype(dtype), *((x, part(i)) for i, x in enumerate(xs)))


@operation
def stack(x, axis=0):
    """Return tensors side by side, along a new axis."""
    return concatenate([expand_dims(each, axis) for each in x], axis=axis)


@operation
def get_item(x, key):
    """Return the entries of a tensor at a key: numbers, slices, None and `...`."""
    array = array_of(x)
    key = tuple(array_of(k) if isinstance(k, Tensor) else k for k in key) if isinstance(key, tuple) else key

    def pass_on(g):
        whole = np.zeros(array.shape, g.dtype)
        np.add.at(whole, key, g)
        return whole

    return made(array[key], (x, pass_on))


@operation
def matmul(x1, x2):
    """Return the product of two matrices, or of stacks of them."""
    x, y, dtype = numbers(x1, x2)
    x, y = x.astype(dtype), y.astype(dtype)

    def of_first(g):
        g = g[..., None] if y.ndim == 1 else g
        g = g[..., None, :] if x.ndim == 1 else g
        result = g @ np.swapaxes(y[:, None] if y.ndim == 1 else y, -1, -2)
        return result[..., 0, :] if x.ndim == 1 else result

    def of_second(g):
        g = g[..., None] if y.ndim == 1 else g
        g = g[..., None, :] if x.ndim == 1 else g
        result = np.swapaxes(x[None] if x.ndim == 1 else x, -1, -2) @ g
        return result[..., 0] if y.ndim == 1 else result

    return made(x @ y, (x1, of_first), (x2, of_second))


@operation
def shape(x):
    """Return the lengths of the axes."""
    return array_of(x).shape


@operation
def ndim(x):
    """Return the number of axes."""
    return array_of(x).ndim


@operation
def size(x):
    """Return the number of entries."""
    return array_of(x).size


# --- New tensors ----------------------------------------------------------------------------------------------------


@operation
def convert_to_tensor(x, dtype=None):
    """Return a tensor with these entries."""
    return cast(x, dtype or array_of(x).dtype.name)


@operation
def convert_to_numpy(x):
    """Return the entries as an array of NumPy, from which no slope passes back."""
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x)


@operation
def is_tensor(x):
    """Tell whether something is a tensor."""
    return isinstance(x, Tensor)


@operation
def zeros(shape, dtype=None):
    """Return zeros in a shape."""
    return made(np.zeros(shape, dtype or DEFAULT))


@operation
def ones(shape, dtype=None):
    """Return ones in a shape."""
    return made(np.ones(shape, dtype or DEFAULT))


@operation
def full(shape, fill_value, dtype=None):
    """Return one number, repeated to a shape."""
    return cast(broadcast_to(fill_value, shape), dtype or DEFAULT)


@operation
def zeros_like(x, dtype=None):
    """Return zeros in the shape and type of a tensor."""
    return made(np.zeros_like(array_of(x), dtype))


@operation
def ones_like(x, dtype=None):
    """Return ones in the shape and type of a tensor."""
    return made(np.ones_like(array_of(x), dtype))


@operation
def full_like(x, fill_value, dtype=None):
    """Return one number, repeated to the shape of a tensor."""
    return cast(broadcast_to(fill_value, array_of(x).shape), dtype or array_of(x).dtype.name)


@operation
def arange(start, stop=None, step=1, dtype=None):
    """Return numbers at equal distances."""
    array = np.arange(0, start, step) if stop is None else np.arange(start, stop, step)
    return made(array.astype(dtype or {"f": "float32", "i": "int32"}[array.dtype.kind]))


@operation
def one_hot(x, num_classes, axis=-1, dtype=None):
    """Return a row for each class number, with a 1 at its place and 0 elsewhere."""
    classes = np.expand_dims(array_of(x), axis)
    shape = [1] * classes.ndim
    shape[axis] = num_classes
    return made((classes == np.arange(num_classes).reshape(shape)).astype(dtype or DEFAULT))
