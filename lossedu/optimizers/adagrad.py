"""Steps divided by the size that gradients have had: Adagrad, and its heirs that forget."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossedu.optimizers._optimizer import LearningRate, Optimizer, optimizer, remember


@optimizer
class Adagrad(Optimizer):
    r"""A learning rate for each entry, which falls with the squares of all its gradients so far.

    .. math::
        v &\leftarrow v + g^2 \\
        w &\leftarrow w - \eta \, g / \sqrt{v + \epsilon}

    Args:
        learning_rate: :math:`\eta`, by default 0.001 (0.01 in Keras 2); a number >= 0 or a function of the step.
        initial_accumulator_value: :math:`v` before the first step, by default 0.1; >= 0.
        epsilon: :math:`\epsilon`, by default 1e-7; > 0.

    The other options and the errors are those of `Optimizer`.

    Source: J. Duchi, E. Hazan and Y. Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization", 2011.

    >>> w = np.array([1.0, 1.0])
    >>> Adagrad(learning_rate=0.1, initial_accumulator_value=0.0).apply([[1.0, 100.0]], [w])
    >>> w.round(4)    # at first, as far whatever the size of the gradient
    array([0.9, 0.9])
    """

    learning_rate: LearningRate = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    def start(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The accumulator, at its initial value."""
        return {"v": np.full_like(w, self.initial_accumulator_value)}

    def update(self, w: Any, g: Any, learning_rate: float, t: int, v: Any) -> None:
        """One step of the formula above."""
        v += g**2
        w -= learning_rate * g / np.sqrt(v + self.epsilon)


@optimizer
class RMSprop(Optimizer):
    r"""Adagrad that forgets: gradients divided by the root of the running mean of their squares.

    .. math::
        v &\leftarrow \rho v + (1 - \rho) \, g^2 \\
        a &\leftarrow \rho a + (1 - \rho) \, g \quad \text{if centered, else } 0 \\
        m &\leftarrow \mu m + \eta \, g / \sqrt{v - a^2 + \epsilon} \\
        w &\leftarrow w - m

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number >= 0 or a function of the step.
        rho: :math:`\rho`, what is kept of the running means at each step, by default 0.9; in [0, 1].
        momentum: :math:`\mu`, by default 0.0; in [0, 1].
        epsilon: :math:`\epsilon`, by default 1e-7; > 0.
        centered: whether to divide by the standard deviation of the gradient instead.

    The other options and the errors are those of `Optimizer`.

    Sources: T. Tieleman and G. Hinton, "Lecture 6.5: RMSprop", 2012; centered: A. Graves, "Generating Sequences with
    Recurrent Neural Networks", 2013.

    >>> w = np.array([1.0, 1.0])
    >>> RMSprop(learning_rate=0.1, rho=0.75).apply([[1.0, 100.0]], [w])
    >>> w.round(4)
    array([0.8, 0.8])
    """

    learning_rate: LearningRate = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False

    state = ("v", "a", "m")

    def update(self, w: Any, g: Any, learning_rate: float, t: int, v: Any, a: Any, m: Any) -> None:
        """One step of the formula above."""
        remember(v, g**2, kept=self.rho)
        if self.centered:
            remember(a, g, kept=self.rho)
        square = np.minimum(a**2, np.finfo(a.dtype).max)  # no difference of infinities
        variance = np.maximum(v - square, 0)  # rounding may make it negative, where the gradient stays the same
        m *= self.momentum
        m += learning_rate * g / np.sqrt(variance + self.epsilon)
        w -= m


@optimizer
class Adadelta(Optimizer):
    r"""RMSprop whose steps have the unit of the variable: their own past size takes the learning rate's place.

    .. math::
        v &\leftarrow \rho v + (1 - \rho) \, g^2 \\
        \Delta &= g \sqrt{d + \epsilon} / \sqrt{v + \epsilon} \\
        d &\leftarrow \rho d + (1 - \rho) \, \Delta^2 \\
        w &\leftarrow w - \eta \Delta

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number >= 0 or a function of the step. It is 1.0 in the paper
            and in Keras 2.
        rho: :math:`\rho`, what is kept of the running means at each step, by default 0.95; in [0, 1].
        epsilon: :math:`\epsilon`, by default 1e-7; > 0. It decides the size of the first steps.

    The other options and the errors are those of `Optimizer`.

    Source: M. D. Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012.

    >>> w = np.array([1.0, 1.0])
    >>> Adadelta(learning_rate=1.0, rho=0.75, epsilon=1e-2).apply([[1.0, 100.0]], [w])
    >>> w.round(4)
    array([0.8039, 0.8   ])
    """

    learning_rate: LearningRate = 0.001
    rho: float = 0.95
    epsilon: float = 1e-7

    state = ("v", "d")

    def update(self, w: Any, g: Any, learning_rate: float, t: int, v: Any, d: Any) -> None:
        """One step of the formula above."""
        remember(v, g**2, kept=self.rho)
        delta = g * np.sqrt(d + self.epsilon) / np.sqrt(v + self.epsilon)
        remember(d, delta**2, kept=self.rho)
        w -= learning_rate * delta
