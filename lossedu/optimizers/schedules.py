"""Learning rates that change with the step. Any function of the step will do; this is the one that Keras 2 built in."""

from dataclasses import dataclass
from numbers import Real


@dataclass(frozen=True)
class InverseTimeDecay:
    r"""A learning rate that falls as one over time.

    .. math:: \eta_s = \frac{\eta_0}{1 + r \, s / n}, \qquad s = 0, 1, 2, \dots

    Args:
        initial_learning_rate: :math:`\eta_0`, a number >= 0.
        decay_steps: :math:`n`, after how many steps `decay_rate` counts once; > 0.
        decay_rate: :math:`r`, >= 0. With `decay_steps=1` it is the argument `decay` of Keras 2.

    Raises:
        TypeError: an argument is no number.
        ValueError: an argument out of its range.

    Source: Keras, `keras.optimizers.schedules.InverseTimeDecay`, without its option `staircase`.

    >>> [InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)(step) for step in (0, 10, 90)]
    [0.1, 0.05, 0.01]
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float

    def __post_init__(self) -> None:
        """Check the arguments."""
        for name, value in vars(self).items():
            if not isinstance(value, Real):
                raise TypeError(f"{name} must be a number, got {value!r}")
            if not float(value) >= 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        if self.decay_steps == 0:
            raise ValueError("decay_steps must be positive, got 0")

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        return self.initial_learning_rate / (1 + self.decay_rate * step / self.decay_steps)
