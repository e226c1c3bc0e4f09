"""Momentum divided by the size that gradients have had: Adam and its kin."""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossedu.optimizers._optimizer import LearningRate, Optimizer, optimizer, remember


@optimizer
class Adam(Optimizer):
    r"""Running means of the gradient and of its square, freed of the bias that their start at 0 gives them.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) \, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) \, g^2 \\
        w &\leftarrow w - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{m}{\sqrt v + \epsilon}

    With `amsgrad`, the largest :math:`v` so far takes the place of the last one.

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number >= 0 or a function of the step.
        beta_1: :math:`\beta_1`, what is kept of the mean at each step, by default 0.9; in [0, 1).
        beta_2: :math:`\beta_2`, what is kept of the mean square, by default 0.999; in [0, 1).
        epsilon: :math:`\epsilon`, the paper's "epsilon hat", by default 1e-7; > 0.
        amsgrad: whether steps may only be damped more and more.

    The other options and the errors are those of `Optimizer`.

    Sources: D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", 2015; amsgrad: S. J. Reddi, S. Kale
    and S. Kumar, "On the Convergence of Adam and Beyond", 2018.

    >>> w = np.array([1.0, 1.0])
    >>> Adam(learning_rate=0.1).apply([[1.0, -100.0]], [w])
    >>> w.round(4)    # the first step is as long as the learning rate
    array([0.9, 1.1])
    """

    learning_rate: LearningRate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    state = ("m", "v", "v_max")

    def update(self, w: Any, g: Any, learning_rate: float, t: int, m: Any, v: Any, v_max: Any) -> None:
        """One step of the formula above."""
        betas, largest = (self.beta_1, self.beta_2), v_max if self.amsgrad else None
        w -= adam_step(g, learning_rate, t, m, v, betas, self.epsilon, largest)


def adam_step(
    g: Any,
    learning_rate: float,
    t: int,
    m: Any,
    v: Any,
    betas: tuple[float, float],
    epsilon: float,
    v_max: Any = None,
) -> Any:
    """What Adam subtracts from the weights; `m`, `v` and, unless it is None, `v_max` change in place."""
    remember(m, g, kept=betas[0])
    remember(v, g**2, kept=betas[1])
    if v_max is not None:
        v = np.maximum(v_max, v, out=v_max)
    alpha = learning_rate * sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t)
    return alpha * m / (np.sqrt(v) + epsilon)


@optimizer
class AdamW(Adam):
    r"""Adam with weight decay that the division by the gradient's size does not touch.

    .. math:: w \leftarrow w - \eta \lambda w, \qquad \text{then as Adam}

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number >= 0 or a function of the step.
        weight_decay: :math:`\lambda`, by default 0.004; >= 0.

    Adam's options keep their defaults; the other options and the errors are those of `Optimizer`.

    Source: I. Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization", 2019.

    >>> w = np.array([1.0, 10.0])
    >>> AdamW(learning_rate=0.1, weight_decay=0.5).apply([[0.0, 0.0]], [w])
    >>> w
    array([0.95, 9.5 ])
    """

    weight_decay: float = 0.004

    def __post_init__(self):
        """Check the options."""
        if self.weight_decay is None:
            raise TypeError("weight_decay must be a number, at least 0, got None; without it, use Adam")
        super().__post_init__()


@optimizer
class Adamax(Optimizer):
    r"""Adam with the largest recent gradient, instead of the root of a mean square, in the denominator.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) \, g \\
        u &\leftarrow \max(\beta_2 u, |g|) \\
        w &\leftarrow w - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m}{u + \epsilon}

    Args:
        learning_rate: :math:`\eta`, by default 0.001 (0.002 in the paper and in Keras 2); a number >= 0 or a function
            of the step.
        beta_1: :math:`\beta_1`, what is kept of the mean at each step, by default 0.9; in [0, 1).
        beta_2: :math:`\beta_2`, what is kept of the largest gradient, by default 0.999; in [0, 1).
        epsilon: :math:`\epsilon`, by default 1e-7; > 0.

    The other options and the errors are those of `Optimizer`.

    Source: D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", 2015, section 7.1.

    >>> w = np.array([1.0, 1.0])
    >>> Adamax(learning_rate=0.1).apply([[1.0, -100.0]], [w])
    >>> w.round(4)
    array([0.9, 1.1])
    """

    learning_rate: LearningRate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    state = ("m", "u")

    def update(self, w: Any, g: Any, learning_rate: float, t: int, m: Any, u: Any) -> None:
        """One step of the formula above."""
        remember(m, g, kept=self.beta_1)
        np.maximum(self.beta_2 * u, np.abs(g), out=u)
        w -= learning_rate / (1 - self.beta_1**t) * m / (u + self.epsilon)


@optimizer
class Nadam(Optimizer):
    r"""Adam with Nesterov momentum, that grows from about half of `beta_1` towards all of it.

    .. math::
        \mu_t &= \beta_1 \left( 1 - \tfrac12 \cdot 0.96^t \right), \qquad \pi_t = \mu_1 \cdots \mu_t \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) \, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) \, g^2 \\
        \hat m &= \frac{\mu_{t+1} \, m}{1 - \pi_{t+1}} + \frac{(1 - \mu_t) \, g}{1 - \pi_t}, \qquad
        \hat v = \frac{v}{1 - \beta_2^t} \\
        w &\leftarrow w - \eta \, \hat m / (\sqrt{\hat v} + \epsilon)

    In Keras 2 the exponent was :math:`0.004 \, t`; its argument `schedule_decay` still sets that factor.

    Args:
        learning_rate: :math:`\eta`, by default 0.001 (0.002 in Keras 2); a number >= 0 or a function of the step.
        beta_1: :math:`\beta_1`, what is kept of the mean at each step, by default 0.9; in [0, 1).
        beta_2: :math:`\beta_2`, what is kept of the mean square, by default 0.999; in [0, 1).
        epsilon: :math:`\epsilon`, by default 1e-7; > 0.

    The other options and the errors are those of `Optimizer`.

    Source: T. Dozat, "Incorporating Nesterov Momentum into Adam", 2016.

    >>> w = np.array([1.0, 1.0])
    >>> Nadam(learning_rate=0.1).apply([[1.0, -100.0]], [w])
    >>> w.round(4)
    array([0.8937, 1.1063])
    """

    learning_rate: LearningRate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    state = ("m", "v")
    schedule_decay = 1

    def start(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The running means at 0, the product of momentums at 1."""
        return super().start(w) | {"product": np.ones((), w.dtype)}

    def update(self, w: Any, g: Any, learning_rate: float, t: int, m: Any, v: Any, product: Any) -> None:
        """One step of the formula above."""
        mu, next_mu = self.momentum(t), self.momentum(t + 1)
        product *= mu
        remember(m, g, kept=self.beta_1)
        remember(v, g**2, kept=self.beta_2)
        size = np.sqrt(v / (1 - self.beta_2**t)) + self.epsilon  # divided by first: a sum of large ones may overflow
        w -= learning_rate * (next_mu / (1 - next_mu * product) * (m / size) + (1 - mu) / (1 - product) * (g / size))

    def momentum(self, t: int) -> float:
        """The momentum of step `t`."""
        return self.beta_1 * (1 - 0.96 ** (t * self.schedule_decay) / 2)

    def get_config(self) -> dict[str, Any]:
        """All options by name, with the `schedule_decay` of Keras 2 where it was set."""
        old = {} if self.schedule_decay == 1 else {"schedule_decay": self.schedule_decay}
        return super().get_config() | old
