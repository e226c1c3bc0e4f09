"""An optimizer that leaves weights at exactly 0."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossedu.optimizers._optimizer import LearningRate, Optimizer, optimizer


@optimizer
class Ftrl(Optimizer):
    r"""Follow the regularized leader: the weights that would have been best so far, with those that hardly matter at 0.

    .. math::
        n' &= n + g^2, \qquad \sigma = \left( n'^{-p} - n^{-p} \right) / \eta \\
        z &\leftarrow z + g + 2 \lambda_s w - \sigma w, \qquad n \leftarrow n' \\
        w &\leftarrow \frac{\min(\max(z, -\lambda_1), \lambda_1) - z}{n^{-p} / \eta + 2 \lambda_2 + \beta / \eta}

    Args:
        learning_rate: :math:`\eta`, by default 0.001; a number > 0 or a function of the step.
        learning_rate_power: :math:`p`, by default -0.5, which makes steps shrink as in Adagrad; <= 0.
        initial_accumulator_value: :math:`n` at the start, by default 0.1; >= 0.
        l1_regularization_strength: :math:`\lambda_1`, by default 0.0; >= 0. Weights with a smaller z are 0.
        l2_regularization_strength: :math:`\lambda_2`, by default 0.0; >= 0.
        l2_shrinkage_regularization_strength: :math:`\lambda_s`, by default 0.0; >= 0. It acts on the gradient.
        beta: :math:`\beta`, by default 0.0; >= 0.

    The other options and the errors are those of `Optimizer`.

    Source: H. B. McMahan et al., "Ad Click Prediction: a View from the Trenches", 2013.

    >>> w = np.array([0.0, 0.0])
    >>> optimizer = Ftrl(learning_rate=0.1, initial_accumulator_value=0.0, l1_regularization_strength=0.5)
    >>> optimizer.apply([[1.0, -0.25]], [w])
    >>> w
    array([-0.05,  0.  ])
    """

    learning_rate: LearningRate = 0.001
    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1_regularization_strength: float = 0.0
    l2_regularization_strength: float = 0.0
    l2_shrinkage_regularization_strength: float = 0.0
    beta: float = 0.0

    def __post_init__(self):
        """Check the options."""
        super().__post_init__()
        if self.learning_rate == 0:
            raise ValueError("learning_rate must be positive, since Ftrl divides by it, got 0")

    def start(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The accumulator at its initial value, the linear term at 0."""
        return {"n": np.full_like(w, self.initial_accumulator_value), "z": np.zeros_like(w)}

    def update(self, w: Any, g: Any, learning_rate: float, t: int, n: Any, z: Any) -> None:
        """One step of the formula above."""
        power, limit = -self.learning_rate_power, self.l1_regularization_strength
        before = n**power
        np.minimum(n + g**2, np.finfo(n.dtype).max, out=n)  # no difference of infinities
        z += g + 2 * self.l2_shrinkage_regularization_strength * w - (n**power - before) / learning_rate * w
        regularized = 2 * self.l2_regularization_strength + self.beta / learning_rate
        w[...] = (np.clip(z, -limit, limit) - z) / (n**power / learning_rate + regularized)
