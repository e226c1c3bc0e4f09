"""Learning rates that change with the step. Any function of the step will do; these are the ones of Keras.

>>> CosineDecay(0.5, decay_steps=100)(50)
0.25
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, cos, floor, pi
from numbers import Real
from typing import Any


@dataclass(frozen=True)
class Schedule:
    """Base of the schedules: it checks their numbers. Subclass it, with a `__call__(step)`, to write your own.

    Raises:
        TypeError: an argument is no number.
        ValueError: an argument out of its range.
    """

    def __post_init__(self) -> None:
        """Check the arguments."""
        for name, value in vars(self).items():
            if isinstance(value, bool) or (name == "warmup_target" and value is None):
                continue
            for number in value if isinstance(value, list | tuple) else [value]:
                if not isinstance(number, Real):
                    raise TypeError(f"{name} must be a number, got {value!r}")
                if not float(number) >= 0:
                    raise ValueError(f"{name} must be at least 0, got {value}")
            if name.endswith("decay_steps") and value == 0:
                raise ValueError(f"{name} must be positive, got 0")

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(step)")


@dataclass(frozen=True)
class InverseTimeDecay(Schedule):
    r"""A learning rate that falls as one over time.

    .. math:: \eta_s = \frac{\eta_0}{1 + r \, s / n}, \qquad s = 0, 1, 2, \dots

    Args:
        initial_learning_rate: :math:`\eta_0`, a number >= 0.
        decay_steps: :math:`n`, after how many steps `decay_rate` counts once; > 0.
        decay_rate: :math:`r`, >= 0. With `decay_steps=1` it is the argument `decay` of Keras 2.
        staircase: whether only whole multiples of `decay_steps` count.

    Raises:
        TypeError: an argument is no number.
        ValueError: an argument out of its range.

    Source: Keras, `keras.optimizers.schedules.InverseTimeDecay`.

    >>> [InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)(step) for step in (0, 10, 90)]
    [0.1, 0.05, 0.01]
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = field(default=False, repr=False)

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        return self.initial_learning_rate / (1 + self.decay_rate * periods(step, self.decay_steps, self.staircase))


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    r"""A learning rate that falls by the same factor in each period.

    .. math:: \eta_s = \eta_0 \, r^{s / n}

    Args:
        initial_learning_rate: :math:`\eta_0`, a number >= 0.
        decay_steps: :math:`n`, how many steps a period has; > 0.
        decay_rate: :math:`r`, the factor of a period, >= 0.
        staircase: whether only whole periods count.

    Source: Keras, `keras.optimizers.schedules.ExponentialDecay`.

    >>> ExponentialDecay(0.5, decay_steps=10, decay_rate=0.25)(5)
    0.25
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        return self.initial_learning_rate * self.decay_rate ** periods(step, self.decay_steps, self.staircase)


@dataclass(frozen=True)
class PiecewiseConstantDecay(Schedule):
    """A learning rate that stays as it is up to each boundary, that step included.

    Args:
        boundaries: the last steps of all values but the last one, in order.
        values: the learning rates, one more than there are boundaries.

    Source: Keras, `keras.optimizers.schedules.PiecewiseConstantDecay`.

    >>> [PiecewiseConstantDecay([10], [0.5, 0.25])(step) for step in (10, 11)]
    [0.5, 0.25]
    """

    boundaries: Sequence[float]
    values: Sequence[float]

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        if len(self.boundaries) != len(self.values) - 1:
            raise ValueError(
                f"values must be one more than boundaries, got {len(self.values)} and {len(self.boundaries)}"
            )

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        return self.values[sum(step > boundary for boundary in self.boundaries)]


@dataclass(frozen=True)
class PolynomialDecay(Schedule):
    r"""A learning rate that falls to its end along a power, by default along a line.

    .. math:: \eta_s = (\eta_0 - \eta_1) (1 - s / n)^p + \eta_1, \qquad s \le n

    Args:
        initial_learning_rate: :math:`\eta_0`, a number >= 0.
        decay_steps: :math:`n`, after how many steps the end is reached; > 0.
        end_learning_rate: :math:`\eta_1`, >= 0.
        power: :math:`p`, >= 0.
        cycle: whether `decay_steps` doubles, trebles and so on when it is over, so that the rate rises again.

    Source: Keras, `keras.optimizers.schedules.PolynomialDecay`.

    >>> PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.0)(5)
    0.25
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        steps = self.decay_steps * (max(ceil(step / self.decay_steps), 1) if self.cycle else 1)
        left = 1 - min(step, steps) / steps
        return (self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate


@dataclass(frozen=True)
class CosineDecay(Schedule):
    r"""A learning rate that falls along half a cosine, after it rose along a line if it is to warm up.

    .. math:: \eta_s = \eta_0 \left( (1 - \alpha) \frac{1 + \cos(\pi s / n)}2 + \alpha \right), \qquad s \le n

    Args:
        initial_learning_rate: :math:`\eta_0`, or where the warm-up starts; a number >= 0.
        decay_steps: :math:`n`, how many steps the fall takes; > 0.
        alpha: :math:`\alpha`, the share that is left at the end, >= 0.
        warmup_target: the rate at the end of the warm-up, which then stands for :math:`\eta_0`; None for no warm-up.
        warmup_steps: how many steps the warm-up takes, >= 0.

    Source: I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    """

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    warmup_target: float | None = field(default=None, kw_only=True)
    warmup_steps: int = field(default=0, kw_only=True)

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return (self.warmup_target - top) * step / self.warmup_steps + top
            step, top = step - self.warmup_steps, self.warmup_target
        return top * half_cosine(min(step / self.decay_steps, 1), self.alpha)


@dataclass(frozen=True)
class CosineDecayRestarts(Schedule):
    """A learning rate that falls along half a cosine again and again, each time longer and from another height.

    Args:
        initial_learning_rate: the height of the first fall, a number >= 0.
        first_decay_steps: how many steps it takes; > 0.
        t_mul: how many times longer each fall is than the one before, > 0.
        m_mul: how many times higher it starts, >= 0.
        alpha: the share that is left at the end of each, >= 0.

    Source: I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    >>> [CosineDecayRestarts(0.5, first_decay_steps=10)(step) for step in (0, 10, 20)]    # the second fall takes 20
    [0.5, 0.5, 0.25]
    """

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        super().__post_init__()
        if self.t_mul == 0:
            raise ValueError("t_mul must be positive, got 0")

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        passed, length, height = float(step), self.first_decay_steps, self.initial_learning_rate
        while passed >= length > 1e-9 * self.first_decay_steps:
            passed, length, height = passed - length, length * self.t_mul, height * self.m_mul
        return height * half_cosine(passed / length, self.alpha)


def periods(step: int, decay_steps: float, staircase: bool) -> Any:
    """How many periods have passed, or how many whole ones."""
    passed = step / decay_steps
    return floor(passed) if staircase else passed


def half_cosine(passed: float, alpha: float) -> float:
    """From 1 down to `alpha` along half a cosine, for a share of the way that has passed."""
    return (1 - alpha) * 0.5 * (1 + cos(pi * passed)) + alpha
