"""`keras.ops`, or its stand-in: each function runs on the one or the other by what it gets.

With a tensor of the stand-in among its arguments, or if Keras is not loaded, a function runs on the stand-in. Otherwise
it is that of Keras. The stand-in has what losses need, but none of the losses that `keras.ops` has ready.
"""

import builtins
import sys
from difflib import get_close_matches
from typing import Any

from lossedu.keras_or_stand_in import _real
from lossedu.keras_or_stand_in._operations import OPERATIONS
from lossedu.keras_or_stand_in._tensor import Tensor

PARTS = ("core", "math", "nn", "numpy")  # submodules, as in `keras.ops.nn.softmax`
OTHER_NAMES = {"absolute": "abs", "amax": "max", "amin": "min", "true_divide": "divide"}


def holds_stand_in(argument):
    """Tell whether an argument is a tensor of the stand-in, or a list or tuple with one."""
    if isinstance(argument, list | tuple):
        return builtins.any(map(holds_stand_in, argument))
    return isinstance(argument, Tensor)


def either(name):
    """Return the function of Keras or of the stand-in with that name, chosen at each call."""
    stand_in = OPERATIONS.get(OTHER_NAMES.get(name, name))

    def function(*arguments, **options):
        keras = _real.loaded()
        if keras and not holds_stand_in([*arguments, *options.values()]):
            return getattr(keras.ops, name)(*arguments, **options)
        if stand_in is None:
            raise AttributeError(why_missing(name), name=name)
        return stand_in(*arguments, **options)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = stand_in.__doc__ if stand_in else f"`keras.ops.{name}`."
    return function


def why_missing(name):
    """Say why the stand-in has no function of that name."""
    if "crossentropy" in name or name == "ctc_loss":
        return f"ops.{name} is a loss already: write the formula with other functions of ops"
    near = get_close_matches(name, [*OPERATIONS, *OTHER_NAMES], 1)
    return f"the stand-in for keras.ops has no {name!r}" + (f"; the nearest is {near[0]!r}" if near else "")


globals().update({name: either(name) for name in [*OPERATIONS, *OTHER_NAMES]})


def __getattr__(name) -> Any:
    """A submodule, or what Keras has besides."""
    if name in PARTS:
        return sys.modules[__name__]
    keras = _real.loaded()
    if keras and not name.startswith("_") and hasattr(keras.ops, name):
        found = getattr(keras.ops, name)
        return either(name) if callable(found) else found
    raise AttributeError(why_missing(name), name=name)
