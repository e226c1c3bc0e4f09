"""A network of layers: arrays go forward through it, slopes come back."""

import numpy as np

from lossedu.training.layers import Node


class Network:
    """Layers tied together from one input to one output or several.

    Args:
        inputs: the node that `Input` made.
        outputs: a list of nodes.
        rng: a NumPy generator, from which weights are drawn.

    Raises:
        TypeError: what should be a node is none.
        ValueError: an output that does not come from the input.
    """

    def __init__(self, inputs, outputs, rng):
        """Find the nodes in an order in which each comes after its parent, and make the weights of their layers."""
        for node in (inputs, *outputs):
            if not isinstance(node, Node):
                raise TypeError(f"inputs and outputs must be nodes that Input or a layer made, got {node!r}")
        self.inputs, self.outputs = inputs, outputs
        self.nodes = list(dict.fromkeys(node for output in outputs for node in path(inputs, output)))
        self.layers = list(dict.fromkeys(node.layer for node in self.nodes))
        for node in self.nodes:
            if not node.layer.weights:
                node.layer.build(node.parent.shape, rng)

    @property
    def weights(self):
        """The arrays that training changes in place, layer by layer."""
        return [w for layer in self.layers for w in layer.weights]

    def forward(self, x):
        """The array at each node, as a dict, for an array of samples; FloatingPointError if an output is not finite."""
        arrays = {self.inputs: x}
        with np.errstate(over="ignore", invalid="ignore"):
            for node in self.nodes:
                arrays[node] = node.layer.forward(arrays[node.parent])
        for node in self.outputs:
            require_finite(f"the output of layer {node.layer.name!r}", arrays[node])
        return arrays

    def backward(self, arrays, slopes):
        """The gradient for each of the `weights`.

        Args:
            arrays: what `forward` returned.
            slopes: a dict with the derivative of one number with respect to the arrays at some nodes; it is added to.

        Raises:
            FloatingPointError: a gradient that is not finite.
        """
        gradients = {layer: [np.zeros_like(w) for w in layer.weights] for layer in self.layers}
        with np.errstate(over="ignore", invalid="ignore"):
            for node in reversed(self.nodes):
                if node in slopes:
                    before, own = node.layer.backward(arrays[node.parent], slopes[node])
                    slopes[node.parent] = slopes.get(node.parent, 0) + before
                    for total, gradient in zip(gradients[node.layer], own, strict=True):
                        total += gradient
        for layer in self.layers:
            for gradient in gradients[layer]:
                require_finite(f"the gradient of layer {layer.name!r}", gradient)
        return [gradient for layer in self.layers for gradient in gradients[layer]]


def path(start, end):
    """The nodes after `start` up to `end`, in order; ValueError if there is no way."""
    nodes = []
    while end is not start:
        nodes.append(end)
        end = end.parent
        if end is None:
            raise ValueError("outputs must come from inputs, got one that another Input leads to")
    return nodes[::-1]


def require_finite(what, array):
    """Raise FloatingPointError if training has led to infinity or NaN in `array`; `what` is for the message."""
    if not np.isfinite(array).all():
        raise FloatingPointError(f"{what} is no longer finite: is the learning rate too large?")
