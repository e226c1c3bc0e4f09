"""What every optimizer shares: its options, checks, clipping, weight decay and the state kept for each variable.

An optimizer is a class decorated with `optimizer`: its options as dataclass fields, the names of the arrays it
remembers in `state`, and `update`, which changes one variable in place.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from math import inf
from numbers import Real
from typing import Any, Self, TypeAlias, TypeVar, dataclass_transform

import numpy as np
from numpy.typing import NDArray

from lossedu.arrays import Array, as_size
from lossedu.errors import warn_user
from lossedu.optimizers.schedules import InverseTimeDecay

T = TypeVar("T")
LearningRate: TypeAlias = float | Callable[[int], float]  # a number, or a function of the step
RANGES = {  # what a message calls the range: the test, and the options it is for
    "at least 0": (
        lambda x: 0 <= x < inf,
        (
            *("learning_rate", "weight_decay", "initial_accumulator_value", "decay", "schedule_decay", "beta"),
            *("l1_regularization_strength", "l2_regularization_strength", "l2_shrinkage_regularization_strength"),
            *("adam_weight_decay", "adam_lr_ratio", "rms_rate", "epsilon_2"),
        ),
    ),
    "positive": (
        lambda x: 0 < x < inf,
        ("epsilon", "epsilon_1", "clip_threshold", "clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor"),
    ),
    "finite": (lambda x: -inf < x < inf, ("muon_a", "muon_b", "muon_c")),
    "in [0, 1]": (lambda x: 0 <= x <= 1, ("momentum", "rho", "ema_momentum")),
    "at most 0": (lambda x: -inf < x <= 0, ("learning_rate_power", "beta_2_decay")),
    "in [0, 1)": (
        lambda x: 0 <= x < 1,
        ("beta_1", "beta_2", "adam_beta_1", "adam_beta_2"),
    ),  # 1 - beta ** t is divided by
}
FLAGS = ("nesterov", "centered", "amsgrad", "use_ema", "relative_step", "exclude_embeddings")
COUNTS = {
    "ema_overwrite_frequency": 1,
    "gradient_accumulation_steps": 2,
    "ns_steps": 0,
}  # whole numbers, with the least of them
CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
MAY_BE_NONE = (
    *("weight_decay", "adam_weight_decay", "rms_rate", "loss_scale_factor", *CLIPS),
    *("ema_overwrite_frequency", "gradient_accumulation_steps"),
)


@dataclass(eq=False)
class Optimizer:
    """The options and the steps that every optimizer has.

    Args:
        learning_rate: a number >= 0, or a function of the step (0, 1, 2, ...) that returns one.
        weight_decay: before each update, variables shrink by this part of themselves times the learning rate.
        clipnorm: longest L2 norm that each gradient may have; longer ones are scaled down.
        clipvalue: largest absolute value that an entry of a gradient may have; larger ones are cut.
        global_clipnorm: longest L2 norm of all gradients together. At most one of the three clips can be set.
        use_ema: whether to keep an exponential moving average of the variables, in `averages`, which starts with their
            values after the first step.
        ema_momentum: what is kept of the average at each step; in [0, 1].
        ema_overwrite_frequency: after how many steps the variables are set to their average, again and again; None if
            only the end of `fit` does so, or `finalize_variable_values`.
        loss_scale_factor: what the loss was multiplied by, so that gradients of float16 don't vanish: they are divided
            by it.
        gradient_accumulation_steps: of how many calls the gradients are averaged before the variables change, at least
            2; None if each call changes them.
        name: what the optimizer is called in its config.

    Raises:
        TypeError: an option of the wrong kind.
        ValueError: an option out of its range, or more than one clip.

    Sources: of the clips, R. Pascanu, T. Mikolov and Y. Bengio, "On the Difficulty of Training Recurrent Neural
    Networks", 2013; of the average, B. T. Polyak and A. B. Juditsky, "Acceleration of Stochastic Approximation by
    Averaging", 1992; of the scale, P. Micikevicius et al., "Mixed Precision Training", 2018.
    """

    learning_rate: LearningRate  # every optimizer has its own default
    weight_decay: float | None = field(default=None, kw_only=True)
    clipnorm: float | None = field(default=None, kw_only=True)
    clipvalue: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    use_ema: bool = field(default=False, kw_only=True, repr=False)
    ema_momentum: float = field(default=0.99, kw_only=True, repr=False)
    ema_overwrite_frequency: int | None = field(default=None, kw_only=True, repr=False)
    loss_scale_factor: float | None = field(default=None, kw_only=True, repr=False)
    gradient_accumulation_steps: int | None = field(default=None, kw_only=True, repr=False)
    name: str | None = field(default=None, kw_only=True)
    calls: int = field(default=0, init=False, repr=False)

    state = ()

    def __post_init__(self) -> None:
        """Check the options."""
        for option, value in self.get_config().items():
            is_unset = value is None and option in MAY_BE_NONE
            is_schedule = callable(value) and option == "learning_rate"
            if not is_unset and not is_schedule:
                require_option(option, value)
        clips = {clip: getattr(self, clip) for clip in CLIPS if getattr(self, clip) is not None}
        if len(clips) > 1:
            got = ", ".join(f"{clip}={value}" for clip, value in clips.items())
            raise ValueError(f"at most one of {', '.join(CLIPS)} can be set, got {got}")
        self.name = self.name or type(self).__name__.lower()
        self._states = []
        self._sums = []
        self.averages: list[NDArray[Any]] = []

    @property
    def iterations(self) -> int:
        """The number of steps taken. If gradients are accumulated, several calls of `apply` make one step."""
        return self.calls // (self.gradient_accumulation_steps or 1)

    def apply(self, gradients: Sequence[Array], variables: Sequence[NDArray[Any]]) -> None:
        """Take one step: update the arrays `variables` in place. A refused step changes nothing.

        Args:
            gradients: a list of arrays, one for each variable, of its shape.
            variables: a list of arrays of floats, the same ones at each step: state is kept by position.

        Raises:
            TypeError: not lists, a variable that is no array of floats, or a gradient that holds no real numbers.
            ValueError: other numbers of arrays or other shapes than expected, a variable that cannot be written
                to, a gradient that holds NaN or infinity, or a learning rate below 0 from a schedule.
        """
        variables = read_variables(variables)
        gradients = read_gradients(gradients, variables)
        learning_rate = self.learning_rate
        if callable(learning_rate):
            learning_rate = float(learning_rate(self.calls))
            require_option("learning_rate", learning_rate)
        if not self._states:
            self._states = [self.start(w) for w in variables]
            self._shapes = [w.shape for w in variables]
        if [w.shape for w in variables] != self._shapes:
            raise ValueError(
                f"variables must be those of the first step, of shapes {self._shapes}, "
                f"got shapes {[w.shape for w in variables]}"
            )
        if self.loss_scale_factor is not None:
            gradients = [g / self.loss_scale_factor for g in gradients]
        t = self.iterations + 1
        self.calls += 1
        means = self.accumulated(gradients)
        if means is not None:
            for w, g, state in zip(variables, self.clip(means), self._states, strict=True):
                if decay := self.decay_of(w):
                    w -= learning_rate * decay * w
                self.update(w, g, learning_rate, t, **state)
        if self.use_ema:
            self.average(variables, t)

    def accumulated(self, gradients: list[NDArray[Any]]) -> list[NDArray[Any]] | None:
        """The mean of the gradients since the last change of the variables; None until there are enough of them."""
        steps = self.gradient_accumulation_steps
        if steps is None:
            return gradients
        self._sums = [g + total for g, total in zip(gradients, self._sums or [0] * len(gradients), strict=True)]
        if self.calls % steps:
            return None
        means, self._sums = [total / steps for total in self._sums], []
        return means

    def average(self, variables: list[NDArray[Any]], t: int) -> None:
        """Move the `averages` towards the variables after step `t`, and set these to them if it is time."""
        if t == 1:
            self.averages = [w.copy() for w in variables]
        for average, w in zip(self.averages, variables, strict=True):
            remember(average, w, kept=self.ema_momentum)
        if self.ema_overwrite_frequency and t % self.ema_overwrite_frequency == 0:
            self.finalize_variable_values(variables)

    def finalize_variable_values(self, variables: Sequence[NDArray[Any]]) -> None:
        """Set the variables to their moving averages, if `use_ema`, as `fit` does at its end."""
        for average, w in zip(self.averages, variables, strict=True) if self.use_ema else ():
            w[...] = average

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Array, NDArray[Any]]]) -> None:
        """`apply` for pairs of gradient and variable."""
        self.apply(*zip(*grads_and_vars, strict=True))

    def start(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The state of variable `w` before the first step: arrays by name."""
        return {name: np.zeros_like(w) for name in self.state}

    def decay_of(self, w: NDArray[Any]) -> float | None:
        """The weight decay of variable `w`; 0 or None if it has none."""
        return self.weight_decay

    def update(self, w: Any, g: Any, learning_rate: float, t: int, **state: Any) -> None:
        """Change variable `w` and its `state` in place, for gradient `g` at step `t` = 1, 2, ..."""
        raise NotImplementedError(f"{type(self).__name__} must define update(w, g, learning_rate, t, **state)")

    def clip(self, gradients: list[NDArray[Any]]) -> list[NDArray[Any]]:
        """The gradients after whichever clip is set."""
        if self.clipvalue:
            return [np.clip(g, -self.clipvalue, self.clipvalue) for g in gradients]
        if self.clipnorm:
            return [g * shrinkage([g], self.clipnorm) for g in gradients]
        if self.global_clipnorm:
            factor = shrinkage(gradients, self.global_clipnorm)
            return [g * factor for g in gradients]
        return gradients

    def get_config(self) -> dict[str, Any]:
        """All options by name; `from_config` makes an equal optimizer of them, without its state."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The optimizer with the options in `config`: that of `get_config`, here or in Keras."""
        return cls(**config)


@dataclass_transform(eq_default=False)
def optimizer(cls: type[T]) -> type[T]:
    """Make a dataclass of an optimizer, which also understands the arguments of Keras 2, with a warning."""
    cls = dataclass(eq=False)(cls)
    construct = cls.__init__

    @functools.wraps(construct)
    def initialize(self, *arguments, lr=None, decay=None, schedule_decay=None, **options):
        if lr is not None:
            if "learning_rate" in options:
                raise TypeError(f"learning_rate was given twice, got lr={lr} and {options['learning_rate']}")
            warn_of_keras_2("lr", lr, f"learning_rate={lr}")
            options["learning_rate"] = lr
        construct(self, *arguments, **options)
        if decay is not None:
            require_option("decay", decay)
            if callable(self.learning_rate):
                raise TypeError(f"decay must come with a number as learning_rate, got {self.learning_rate}")
            schedule = InverseTimeDecay(self.learning_rate, decay_steps=1, decay_rate=decay)
            warn_of_keras_2("decay", decay, f"learning_rate={schedule}")
            self.learning_rate = schedule
        if schedule_decay is not None:
            if not hasattr(cls, "schedule_decay"):
                raise TypeError(f"schedule_decay is an option of Nadam only, got {schedule_decay} for {cls.__name__}")
            require_option("schedule_decay", schedule_decay)
            warn_of_keras_2("schedule_decay", schedule_decay, "no such argument, the value is always 1")
            self.schedule_decay = schedule_decay

    cls.__init__ = initialize
    return cls


def remember(mean: Any, value: Any, kept: float) -> None:
    """Move a running mean in place: `kept` of it, and the rest of `value`; no difference of infinities makes NaN."""
    mean *= kept
    mean += (1 - kept) * value


def warn_of_keras_2(argument, value, today):
    """Warn whoever constructs an optimizer that `argument` has another spelling today."""
    message = f"{argument}={value} is the spelling of Keras 2; since Keras 3: {today}"
    warn_user(message, DeprecationWarning)


def require_option(option, value):
    """Raise TypeError or ValueError unless `value` is one that `option` may have."""
    if option in FLAGS and not isinstance(value, bool | np.bool_):
        raise TypeError(f"{option} must be True or False, got {value!r}")
    if option in COUNTS:
        as_size(option, value, COUNTS[option])
    for expected, (holds, options) in RANGES.items():
        if option in options:
            if not isinstance(value, Real) or isinstance(value, bool):
                raise TypeError(f"{option} must be a number, {expected}, got {value!r}")
            if not holds(value):
                raise ValueError(f"{option} must be {expected}, got {value}")


def read_variables(variables):
    """`variables` as a list, checked to be arrays of floats that can be updated in place."""
    if isinstance(variables, np.ndarray):
        raise TypeError(f"variables must be a list of arrays, got one array of shape {variables.shape}")
    variables = list(variables)
    for i, w in enumerate(variables):
        if not isinstance(w, np.ndarray):
            raise TypeError(f"variables[{i}] must be a NumPy array, to be updated in place, got {type(w).__name__}")
        if w.dtype.kind != "f":
            raise TypeError(f"variables[{i}] must be of a floating dtype, got {w.dtype}")
        if not w.flags.writeable:
            raise ValueError(f"variables[{i}] must be writeable, got a read-only array of shape {w.shape}")
    return variables


def read_gradients(gradients, variables):
    """`gradients` as a list of arrays in the dtypes of `variables`, checked to have their shapes and to be finite."""
    if isinstance(gradients, np.ndarray):
        raise TypeError(f"gradients must be a list of arrays, got one array of shape {gradients.shape}")
    gradients = [np.asarray(g) for g in gradients]
    if len(gradients) != len(variables):
        raise ValueError(f"gradients must be one for each of the {len(variables)} variables, got {len(gradients)}")
    for i, (g, w) in enumerate(zip(gradients, variables, strict=True)):
        if g.dtype.kind not in "iubf":
            raise TypeError(f"gradients[{i}] must hold real numbers, got dtype {g.dtype}")
        if g.shape != w.shape:
            raise ValueError(f"gradients[{i}] must have the shape of its variable, {w.shape}, got {g.shape}")
        with np.errstate(over="ignore"):  # what is too large for the dtype becomes infinity, and is refused
            gradients[i] = g.astype(w.dtype, copy=False)
        finite = np.isfinite(gradients[i])
        if not finite.all():
            index = tuple(int(k) for k in np.argwhere(~finite)[0])
            raise ValueError(
                f"gradients[{i}] must hold finite numbers of dtype {w.dtype}, got {g[index]} (first at index {index})"
            )
    return gradients


def shrinkage(arrays, longest):
    """What to multiply `arrays` by so that their common L2 norm is at most `longest`."""
    scale = max(float(np.abs(a).max(initial=0)) for a in arrays)
    if scale == 0:
        return 1.0
    norm = scale * float(np.sqrt(sum(np.square(a / scale).sum() for a in arrays)))  # scaled: no square overflows
    return longest / max(norm, longest)
