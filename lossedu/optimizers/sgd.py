"""Gradient descent, plain and with momentum."""

from typing import Any

from lossedu.optimizers._optimizer import LearningRate, Optimizer, optimizer


@optimizer
class SGD(Optimizer):
    r"""Stochastic gradient descent: a step against the gradient, with momentum if wanted.

    .. math::
        m &\leftarrow \mu m - \eta g \\
        w &\leftarrow w + m, \qquad \text{or } w + \mu m - \eta g \text{ (Nesterov)}

    Args:
        learning_rate: :math:`\eta`, by default 0.01; a number >= 0 or a function of the step.
        momentum: :math:`\mu`, by default 0.0; in [0, 1].
        nesterov: whether to look one step of momentum ahead.

    The other options and the errors are those of `Optimizer`.

    Sources: H. Robbins and S. Monro, "A Stochastic Approximation Method", 1951; momentum: B. T. Polyak, "Some Methods
    of Speeding up the Convergence of Iteration Methods", 1964; the form of Nesterov's: I. Sutskever, J. Martens,
    G. Dahl and G. Hinton, "On the Importance of Initialization and Momentum in Deep Learning", 2013.

    >>> import numpy as np
    >>> w = np.array([1.0, -2.0])
    >>> SGD(learning_rate=0.1).apply([2 * w], [w])    # the gradient of the sum of squares
    >>> w
    array([ 0.8, -1.6])
    """

    learning_rate: LearningRate = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    state = ("m",)

    def update(self, w: Any, g: Any, learning_rate: float, t: int, m: Any) -> None:
        """One step of the formula above."""
        m *= self.momentum
        m -= learning_rate * g
        w += self.momentum * m - learning_rate * g if self.nesterov else m
