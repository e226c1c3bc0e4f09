"""Tensors of the stand-in: NumPy arrays that remember how they were made, so that slopes can be computed.

They are eager or symbolic, like those of TensorFlow. In `fit`, Keras calls a loss once, to build the training step,
before any numbers are known. It then gets symbolic tensors, which have no truth value and which NumPy cannot read. In
a check, answers get symbolic tensors as well. An eager tensor has numbers, and what is made from them by NumPy or as
numbers of Python has lost the way back. The entries of a tensor cannot be changed.
"""

import math

import numpy as np

DEFAULT = "float32"  # what Keras calls `floatx`
IF = "a tensor has no truth value while Keras builds the training step: use ops.where(condition, a, b) instead of `if`"
NUMPY = "NumPy cannot read a tensor while Keras builds the training step: use the function of ops with this name"
NUMBER = "a tensor is no Python number while Keras builds the training step: compute with the tensor itself"
LOOP = "Python cannot loop over a tensor while Keras builds the training step: use a function of ops with an axis"
ITEM = "the entries of a tensor cannot be assigned: make a new tensor, for example with ops.where"
OPERATORS = ("add", "subtract", "multiply", "divide", "power", "floor_divide", "mod", "matmul")
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or")


class Tensor:
    """An array, and for each tensor that it was made from, how its slope passes on.

    Attributes:
        shape: the lengths of the axes.
        dtype: the name of the type of the entries, such as "float32".
        is_symbolic: whether its numbers count as unknown; so are those of all that is made from it.
    """

    __slots__ = ("_array", "_sources", "is_symbolic")

    def __init__(self, array, sources=(), is_symbolic=False):
        """Hold the array, with pairs (tensor, function of the slope); `ops` makes these."""
        self._array, self._sources, self.is_symbolic = array, sources, is_symbolic

    @property
    def shape(self):
        """The lengths of the axes."""
        return self._array.shape

    @property
    def ndim(self):
        """The number of axes."""
        return self._array.ndim

    @property
    def dtype(self):
        """The name of the type of the entries."""
        return self._array.dtype.name

    def numpy(self):
        """Return the entries as an array, from which no slope passes back; TypeError if they are unknown."""
        return np.array(self.known(NUMPY))

    def known(self, words):
        """Return the array; TypeError in these words if the tensor is symbolic."""
        if self.is_symbolic:
            raise TypeError(words)
        return self._array

    def __repr__(self):
        kind = "symbolic tensor" if self.is_symbolic else f"{self._array.tolist()}, a tensor"
        return f"<{kind} of shape {self.shape}, dtype {self.dtype}>"

    def __format__(self, how):
        return format(self.known(NUMBER)[()] if how else repr(self), how)

    def __bool__(self):
        return bool(self.known(IF))

    def __array__(self, dtype=None, copy=None):
        return np.array(self.known(NUMPY), dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        name = {"true_divide": "divide", "remainder": "mod"}.get(ufunc.__name__, ufunc.__name__)
        by_operator = not isinstance(inputs[0], Tensor) and name in OPERATORS + COMPARISONS
        if method == "__call__" and not options and by_operator:  # array * tensor, which tensors allow
            return operation(name)(*inputs)
        arrays = [each.known(NUMPY) if isinstance(each, Tensor) else each for each in inputs]
        return getattr(ufunc, method)(*arrays, **options)

    def __float__(self):
        return float(self.known(NUMBER))

    def __int__(self):
        return int(self.known(NUMBER))

    def __index__(self):
        return self.known(NUMBER).__index__()

    def __iter__(self):
        return (self[i] for i in range(len(self.known(LOOP))))

    def __len__(self):
        return len(self.known(LOOP))

    def __setitem__(self, key, value):
        raise TypeError(ITEM)

    def __getitem__(self, key):
        return operation("get_item")(self, key)

    def __neg__(self):
        return operation("negative")(self)

    def __abs__(self):
        return operation("abs")(self)

    def __invert__(self):
        return operation("logical_not")(self)

    __hash__ = object.__hash__


def operation(name):
    """Return the function of `ops` with that name, for tensors of the stand-in."""
    from lossedu.keras_or_stand_in import _operations  # it imports this module

    return getattr(_operations, name)


def add_operators():
    """Give tensors Python's operators, each with its reflected form."""
    words = {"divide": "truediv", "subtract": "sub", "multiply": "mul", "power": "pow", "floor_divide": "floordiv"}
    words |= {"equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt"}
    words |= {"greater_equal": "ge", "logical_and": "and", "logical_or": "or"}
    for name in OPERATORS + COMPARISONS:
        python = words.get(name, name)
        setattr(Tensor, f"__{python}__", lambda self, other, name=name: operation(name)(self, other))
        setattr(Tensor, f"__r{python}__", lambda self, other, name=name: operation(name)(other, self))


add_operators()


def tensor(value, dtype=None, is_symbolic=False):
    """Return a tensor of the stand-in.

    Args:
        value: an array, a number, or a tensor of any kind.
        dtype: the name of the type of the entries; by default 32 bits for numbers, and "bool" for True and False.
        is_symbolic: whether the numbers count as unknown, as in `fit`.

    >>> tensor([1, 2]).dtype
    'float32'
    """
    array = array_of(value)
    dtype = dtype or ("bool" if array.dtype.kind == "b" else DEFAULT)
    return Tensor(array.astype(dtype), is_symbolic=is_symbolic)


def array_of(value):
    """Return the array of a tensor of the stand-in, of another tensor, or of numbers in the types of Keras."""
    if isinstance(value, Tensor):
        return value._array
    if isinstance(value, list | tuple) and any(isinstance(part, Tensor) for part in value):
        return np.stack([array_of(part) for part in value])
    array = np.asarray(value)
    if hasattr(value, "dtype"):
        return array
    return array.astype({"f": "float32", "i": "int32"}.get(array.dtype.kind, array.dtype))


def made(array, *sources):
    """Return the tensor that an operation makes.

    Args:
        array: the result.
        sources: pairs (operand, function), where the function turns the slope of the result into that of the operand.
    """
    return Tensor(np.asarray(array), tuple(pair for pair in sources if isinstance(pair[0], Tensor)))


def slope(result, source):
    """Return the slope of the sum of a tensor with respect to another: an array in its shape, 0 if no path leads there.

    The slopes pass backwards from the result, through each tensor once, after all that was made from it.

    >>> from lossedu.keras_or_stand_in import ops
    >>> x = tensor([2.0, 3.0])
    >>> slope(ops.sum(x * x), x)
    array([4., 6.], dtype=float32)
    """
    found = {id(result): np.ones_like(result._array)} if isinstance(result, Tensor) else {}
    with np.errstate(all="ignore"):
        for each in reversed(in_order(result)):
            arrived = found.get(id(each))
            for operand, pass_on in each._sources if arrived is not None else ():
                part = summed_to(np.asarray(pass_on(arrived)), operand.shape).astype(operand.dtype)
                found[id(operand)] = found[id(operand)] + part if id(operand) in found else part
    return found.get(id(source), np.zeros_like(source._array))


def in_order(result):
    """Return the tensors that a result was made from, each after those that it was made from, the result last."""
    ordered, seen = [], set()
    waiting = [(result, False)] if isinstance(result, Tensor) else []
    while waiting:
        each, is_done = waiting.pop()
        if is_done:
            ordered.append(each)
        elif id(each) not in seen:
            seen.add(id(each))
            waiting.append((each, True))
            waiting += [(operand, False) for operand, _ in each._sources if operand._array.dtype.kind == "f"]
    return ordered


def summed_to(array, shape):
    """Return the sum of an array over the axes along which an operand of that shape was repeated."""
    extra = array.ndim - len(shape)
    repeated = [extra + i for i, length in enumerate(shape) if length == 1 and array.shape[extra + i] != 1]
    if extra or repeated:
        array = array.sum(axis=(*range(extra), *repeated), keepdims=True)
    return array.reshape(shape) if math.prod(shape) == array.size else np.broadcast_to(array, shape)


def numbers(*values):
    """Return the arrays of operands and the type of their result: numbers of Python don't widen a tensor's type.

    A whole tensor with a fraction of Python gives 32 bits, as in Keras.
    """
    arrays = [array_of(value) for value in values]
    fixed = [array.dtype for array, value in zip(arrays, values, strict=True) if hasattr(value, "dtype")]
    kinds = {array.dtype.kind for array in arrays}
    if not fixed:
        fixed = [array.dtype for array in arrays]
    floats = [dtype for dtype in fixed if dtype.kind == "f"]
    if floats:
        return [*arrays, np.result_type(*floats)]
    if "f" in kinds:
        return [*arrays, np.dtype(DEFAULT)]
    whole = [dtype for dtype in fixed if dtype.kind in "iu"]
    return [*arrays, np.result_type(*whole) if whole else np.dtype("int32" if kinds - {"b"} else "bool")]
