"""The layers of a network, and how they are tied together: a layer called on a node makes the next node.

>>> inputs = Input((4,))
>>> hidden = Dense(3, activation="relu")(inputs)
>>> Dense(2)(hidden).shape
(2,)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lossedu.arrays import Floats, as_size
from lossedu.errors import warn_user
from lossedu.losses.objects import snake_case
from lossedu.training import activations, initializers


class Node:
    """A place in a network where an array will be: what a layer makes of the array at its parent.

    Args:
        layer: the layer; None at the input.
        parent: the node whose array goes in; None at the input.
        shape: that of the array for one sample.
    """

    def __init__(self, layer: Any, parent: Any, shape: tuple[int, ...]) -> None:
        """Keep the arguments."""
        self.layer, self.parent, self.shape = layer, parent, shape


def Input(shape: Sequence[int]) -> Node:  # noqa: N802  the name it has in Keras
    """The node where a network begins, for samples of that `shape`; ValueError if it is none.

    >>> Input((10,)).shape
    (10,)
    """
    if not isinstance(shape, (tuple, list)) or not shape:
        raise ValueError(f"shape must be that of one sample, such as (10,), got {shape!r}")
    return Node(None, None, tuple(as_size("shape", size) for size in shape))


class Layer:
    """A map from arrays to arrays, with weights. Subclass it, with the methods below, to write your own.

    Args:
        name: how it is called in logs, if it is an output; by default its class.
    """

    def __init__(self, name: str | None = None) -> None:
        """Without weights, until `build`."""
        self.name = name or snake_case(type(self).__name__)
        self.weights = []
        self.input_shape = None

    def __call__(self, node: Node) -> Node:
        """The node of what this layer makes of the array at `node`."""
        return Node(self, node, self.output_shape(node.shape))

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one sample that comes out, for the `shape` of one that goes in."""
        return shape

    def build(self, shape: tuple[int, ...], rng: "np.random.Generator") -> None:
        """Make the `weights`, once the `shape` of a sample is known; `rng` is a NumPy generator."""

    def forward(self, x: Any) -> Floats:
        """What the layer makes of `x`, an array of samples."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(x)")

    def backward(self, x: Any, slopes: Any) -> tuple[Floats, list[Floats]]:
        """From the slopes of a loss in `forward(x)`: those in `x`, and a list of those in each of the `weights`."""
        raise NotImplementedError(f"{type(self).__name__} must define backward(x, slopes)")


class Activation(Layer):
    """An activation as a layer of its own.

    Args:
        activation: as in `activations.get`.
        name: as in `Layer`.

    >>> Activation("relu").forward(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def __init__(self, activation: activations.Identifier, name: str | None = None) -> None:
        """Keep the arguments; errors as of `activations.get`."""
        super().__init__(name)
        self.activation = activations.get(activation)

    def forward(self, x: Any) -> Floats:
        """The activation of `x`."""
        return self.activation(x)

    def backward(self, x: Any, slopes: Any) -> tuple[Floats, list[Floats]]:
        """The slopes in `x`; there are no weights."""
        return self.activation.gradient(x, slopes), []


class Dense(Layer):
    r"""Every output a weighted sum of all inputs, and what an activation makes of it.

    .. math:: a(x W + b)

    Args:
        units: how many outputs.
        activation: what `a` is, as in `activations.get`. In the network it is a node of its own, behind that of
            the sum, so that a loss can be computed from the logits.
        use_bias: whether there is a `b`.
        kernel_initializer, bias_initializer: what `W` and `b` begin with, as in `initializers.get`.
        name: as in `Layer`.
        input_shape, input_dim: the spellings of Keras 2 and 1 for an `Input` before the layer.
        init: the spelling of Keras 1 for `kernel_initializer`.

    Raises:
        TypeError: an argument of the wrong kind.
        ValueError: `units` below 1, or the name of an activation or initializer that there is not.

    >>> layer = Dense(2, kernel_initializer="ones")
    >>> layer.build((3,), np.random.default_rng())
    >>> layer.forward(np.array([[1.0, 2.0, 3.0]]))
    array([[6., 6.]])
    """

    def __init__(
        self,
        units: int,
        activation: activations.Identifier = None,
        use_bias: bool = True,
        kernel_initializer: initializers.Identifier = "glorot_uniform",
        bias_initializer: initializers.Identifier = "zeros",
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
        init: initializers.Identifier | None = None,
    ) -> None:
        """Keep the arguments, in today's spelling."""
        super().__init__(name)
        if init is not None:
            today = initializers.get(init, "init").__name__
            warn_of_old_spelling(f"init={init!r}", 1, f"kernel_initializer={today!r}")
            kernel_initializer = init
        if input_dim is not None:
            warn_of_old_spelling(f"input_dim={input_dim}", 1, f"Input(({input_dim},)) as the layer before")
            input_shape = (as_size("input_dim", input_dim),)
        elif input_shape is not None:
            warn_of_old_spelling(f"input_shape={input_shape}", 2, f"Input({input_shape}) as the layer before")
        self.units = as_size("units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer, "kernel_initializer")
        self.bias_initializer = initializers.get(bias_initializer, "bias_initializer")
        self.input_shape = input_shape

    def __call__(self, node: Node) -> Node:
        """The node of the activation of the sums over the array at `node`."""
        sums = super().__call__(node)
        return sums if self.activation is activations.linear else Activation(self.activation, self.name)(sums)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The last axis holds the units."""
        return (*shape[:-1], self.units)

    def build(self, shape: tuple[int, ...], rng: "np.random.Generator") -> None:
        """Make `W` of shape (inputs, units) and `b` of shape (units,)."""
        self.weights = [as_weight("kernel_initializer", self.kernel_initializer, (shape[-1], self.units), rng)]
        if self.use_bias:
            self.weights.append(as_weight("bias_initializer", self.bias_initializer, (self.units,), rng))

    def forward(self, x: Any) -> Floats:
        """The sums, before the activation."""
        kernel, *bias = self.weights
        return x @ kernel + (bias[0] if bias else 0)

    def backward(self, x: Any, slopes: Any) -> tuple[Floats, list[Floats]]:
        """The slopes in `x`, and those in `W` and `b`, summed over samples."""
        kernel, *bias = self.weights
        inputs, outputs = x.reshape(-1, x.shape[-1]), slopes.reshape(-1, self.units)
        return slopes @ kernel.T, [inputs.T @ outputs, outputs.sum(0)][: 1 + len(bias)]


def as_weight(argument, initializer, shape, rng):
    """An array of one's own from an initializer, which may be the learner's; ValueError if it has another shape."""
    weight = np.array(initializer(shape, rng), np.float64)
    if weight.shape != shape:
        raise ValueError(f"{argument} must return an array of shape {shape}, got {weight.shape}")
    return weight


def warn_of_old_spelling(argument, era, today):
    """Warn whoever constructs a layer that `argument` has another spelling today."""
    message = f"{argument} is the spelling of Keras {era}; since Keras 3: {today}"
    warn_user(message, DeprecationWarning)
