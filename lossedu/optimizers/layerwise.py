"""Steps whose length does not depend on the size of the gradient: of one length for each entry, or for each layer."""

from typing import Any

import numpy as np

from lossedu.optimizers._optimizer import LearningRate, Optimizer, optimizer, remember


@optimizer
class Lion(Optimizer):
    r"""The sign of momentum: each entry moves by the learning rate, whatever the size of its gradient.

    .. math::
        w &\leftarrow w - \eta \operatorname{sign}(\beta_1 m + (1 - \beta_1) \, g) \\
        m &\leftarrow \beta_2 m + (1 - \beta_2) \, g

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number >= 0 or a function of the step.
        beta_1: :math:`\beta_1`, what momentum counts in the step, by default 0.9; in [0, 1).
        beta_2: :math:`\beta_2`, what is kept of the mean, by default 0.99; in [0, 1).

    The other options and the errors are those of `Optimizer`.

    Source: X. Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023.

    >>> w = np.array([1.0, 1.0])
    >>> Lion(learning_rate=0.1).apply([[1.0, -100.0]], [w])
    >>> w
    array([0.9, 1.1])
    """

    learning_rate: LearningRate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99

    state = ("m",)

    def update(self, w: Any, g: Any, learning_rate: float, t: int, m: Any) -> None:
        """One step of the formula above."""
        w -= learning_rate * np.sign(self.beta_1 * m + (1 - self.beta_1) * g)
        remember(m, g, kept=self.beta_2)


@optimizer
class Lamb(Optimizer):
    r"""Adam with a step for each layer that is as long as its weights, times the learning rate: for large batches.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) \, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) \, g^2 \\
        u &= \frac{m}{1 - \beta_1^t} \Big/ \left( \sqrt{\frac{v}{1 - \beta_2^t}} + \epsilon \right) \\
        w &\leftarrow w - \eta \frac{\|w\|}{\|u\|} u

    Where one of both norms is 0, their ratio counts as 1.

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number >= 0 or a function of the step.
        beta_1: :math:`\beta_1`, what is kept of the mean at each step, by default 0.9; in [0, 1).
        beta_2: :math:`\beta_2`, what is kept of the mean square, by default 0.999; in [0, 1).
        epsilon: :math:`\epsilon`, by default 1e-7; > 0.

    The other options and the errors are those of `Optimizer`.

    Source: Y. You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 Minutes", 2020.

    >>> w = np.array([3.0, 4.0])
    >>> Lamb(learning_rate=0.1).apply([[1.0, -100.0]], [w])
    >>> w.round(4)    # a tenth of the weights' length, 5
    array([2.6464, 4.3536])
    """

    learning_rate: LearningRate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    state = ("m", "v")

    def update(self, w: Any, g: Any, learning_rate: float, t: int, m: Any, v: Any) -> None:
        """One step of the formula above."""
        remember(m, g, kept=self.beta_1)
        remember(v, g**2, kept=self.beta_2)
        u = m / (1 - self.beta_1**t) / (np.sqrt(v / (1 - self.beta_2**t)) + self.epsilon)
        w_norm, u_norm = np.sqrt(np.sum(w**2)), np.sqrt(np.sum(u**2))
        ratio = w_norm / u_norm if w_norm > 0 and u_norm > 0 else 1
        w -= learning_rate * ratio * u
