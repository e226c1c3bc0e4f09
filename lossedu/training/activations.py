"""What stands between two affine maps: functions of an array, each beside its gradient.

Every function `f` has `f.gradient(x, slopes)`: from the slopes of some number in `f(x)`, those in `x`. One of your own
serves as well, as soon as it has such a gradient.

>>> import numpy as np
>>> def softplus(x):
...     return np.logaddexp(0, x)
>>> softplus.gradient = lambda x, slopes: slopes * sigmoid(x)
>>> get(softplus) is softplus
True
"""

import difflib
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from lossedu import stable
from lossedu.arrays import Array, Floats

Identifier: TypeAlias = str | Callable[..., Any] | None  # what `get` takes


def gradient_of(activation: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the decorated function the gradient of `activation`."""

    def attach(gradient):
        vars(activation)["gradient"] = gradient
        return gradient

    return attach


def linear(x: Array) -> Floats:
    """`x` itself: no activation."""
    return x


@gradient_of(linear)
def linear_gradient(x: Any, slopes: Any) -> Floats:
    """Return the slopes unchanged."""
    return slopes


def relu(x: Array) -> Floats:
    """The larger of `x` and 0. Its slope at 0 is taken as 0, as in TensorFlow.

    >>> relu(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    >>> relu.gradient(np.array([-1.0, 0.0, 2.0]), slopes=np.ones(3))
    array([0., 0., 1.])
    """
    return np.maximum(x, 0)


@gradient_of(relu)
def relu_gradient(x: Any, slopes: Any) -> Floats:
    """Return the slopes where `x` is positive, and 0 elsewhere."""
    return slopes * (x > 0)


def sigmoid(x: Array) -> Floats:
    r"""The probability whose logit is `x`, in [0, 1].

    .. math:: \sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \sigma'(x) = \sigma(x) \, \sigma(-x)

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return stable.sigmoid(x)


@gradient_of(sigmoid)
def sigmoid_gradient(x: Any, slopes: Any) -> Floats:
    """Multiply the slopes by sigmoid(x) sigmoid(-x)."""
    return slopes * sigmoid(x) * sigmoid(-x)


def tanh(x: Array) -> Floats:
    r"""The hyperbolic tangent, in [-1, 1]: a sigmoid stretched to be odd.

    .. math:: \tanh x = 2 \sigma(2x) - 1, \qquad \tanh' x = 1 - \tanh^2 x

    >>> tanh(np.array([-1000.0, 0.0, 1000.0]))
    array([-1.,  0.,  1.])
    """
    return np.tanh(x)


@gradient_of(tanh)
def tanh_gradient(x: Any, slopes: Any) -> Floats:
    """Multiply the slopes by 1 - tanh(x)^2."""
    return slopes * (1 - np.tanh(x) ** 2)


def softmax(x: Array) -> Floats:
    r"""A distribution over the last axis: not negative, with a sum of 1.

    .. math:: p_i = \frac{e^{x_i}}{\sum_j e^{x_j}}, \qquad
        \frac{\partial p_j}{\partial x_i} = p_i (\delta_{ij} - p_j)

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    return stable.softmax(x)


@gradient_of(softmax)
def softmax_gradient(x: Any, slopes: Any) -> Floats:
    """Return the part of the slopes that changes the distribution."""
    p = softmax(x)
    return p * (slopes - (slopes * p).sum(-1, keepdims=True))


BY_NAME = {activation.__name__: activation for activation in (linear, relu, sigmoid, tanh, softmax)}


def get(identifier: Identifier) -> Any:
    """The activation that is meant by its name, by None for `linear`, or by a function that has a `gradient`.

    Raises:
        TypeError: `identifier` is none of these.
        ValueError: there is no activation of that name; the message has the nearest.

    >>> get("relu")(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if identifier not in BY_NAME:
            near = difflib.get_close_matches(identifier, BY_NAME) or BY_NAME
            raise ValueError(f"activation must name one, such as {', '.join(near)}, got {identifier!r}")
        return BY_NAME[identifier]
    if callable(identifier) and callable(getattr(identifier, "gradient", None)):
        return identifier
    raise TypeError(
        f"activation must be a name, None or a function f(x) with f.gradient(x, slopes) attached, got {identifier!r}"
    )
