"""The weights that a layer begins with: functions of a shape and of a NumPy generator.

>>> import numpy as np
>>> get("glorot_uniform")((2, 4), np.random.default_rng(0)).shape
(2, 4)
"""

import difflib
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from lossedu.arrays import Floats

Identifier: TypeAlias = str | Callable[..., Any]  # what `get` takes


def zeros(shape: tuple[int, ...], rng: "np.random.Generator") -> Floats:
    """Nothing but 0."""
    return np.zeros(shape)


def ones(shape: tuple[int, ...], rng: "np.random.Generator") -> Floats:
    """Nothing but 1."""
    return np.ones(shape)


def random_uniform(shape: tuple[int, ...], rng: "np.random.Generator") -> Floats:
    """Uniform in [-0.05, 0.05]: what Keras 1 called "uniform"."""
    return rng.uniform(-0.05, 0.05, shape)


def random_normal(shape: tuple[int, ...], rng: "np.random.Generator") -> Floats:
    """Normal with mean 0 and standard deviation 0.05."""
    return rng.normal(0, 0.05, shape)


def glorot_uniform(shape: tuple[int, ...], rng: "np.random.Generator") -> Floats:
    r"""Uniform, and the narrower the more inputs and outputs: signals keep their size forwards, gradients backwards.

    .. math:: W_{ij} \sim \mathcal{U}(-l, l), \qquad l = \sqrt{6 / (\text{fan\_in} + \text{fan\_out})}

    Source: X. Glorot and Y. Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks", 2010.
    """
    fan_in, fan_out = shape[0], shape[-1]
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape)


BY_NAME = {f.__name__: f for f in (zeros, ones, random_uniform, random_normal, glorot_uniform)}
ALIASES = {"zero": "zeros", "one": "ones", "uniform": "random_uniform", "normal": "random_normal"}


def get(identifier: Identifier, argument: str = "kernel_initializer") -> Callable[..., Any]:
    """The initializer that is meant by a name or an alias, or a function of (shape, rng); `argument` is for messages.

    Raises:
        TypeError: `identifier` is neither.
        ValueError: there is no initializer of that name; the message has the nearest.

    >>> get("uniform") is random_uniform
    True
    """
    if callable(identifier):
        return identifier
    if not isinstance(identifier, str):
        raise TypeError(f"{argument} must be a name or a function of (shape, rng), got {identifier!r}")
    name = ALIASES.get(identifier, identifier)
    if name not in BY_NAME:
        near = difflib.get_close_matches(name, BY_NAME) or BY_NAME
        raise ValueError(f"{argument} must name an initializer, such as {', '.join(near)}, got {identifier!r}")
    return BY_NAME[name]
