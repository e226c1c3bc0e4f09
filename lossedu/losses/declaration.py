"""Declare each loss once, in the module of its formulas: classes, aliases, the book and tests use the declaration.

The declaration follows the gradient. `python -m lossedu.authoring.loss_modules` then writes `losses/__init__.py` and
`losses/classes.py`, because editors must see names as text.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

ERAS = ("Keras 1", "Keras 2", "TF 1", "TF Addons")
# the earlier names that Keras 3 still takes
KEPT = frozenset({"bce", "BCE", "kld", "KLD", "mae", "MAE", "mape", "MAPE", "mse", "MSE", "msle", "MSLE"})
LIBRARIES = ("tf.keras", "TensorFlow", "PyTorch", "optax", "SciPy", "scikit-learn", "Caffe")
FAMILIES = (
    "regression",
    "robust regression",
    "uncertainty",
    "margin",
    "binary cross-entropy",
    "categorical cross-entropy",
    "focal",
    "divergence",
    "similarity",
    "overlap",
    "sequence",
)
INFINITE, LN2 = math.inf, math.log(2)
SHORT = {"F.": "torch.nn.functional."}  # module names that calls abbreviate


@dataclass(frozen=True)
class Curve:
    """The line along which a loss is plotted: `at(x)` gives its arguments, for x from `low` to `high`.

    Args:
        at: from x to the positional arguments; exactly one of them depends on x.
        low, high: the ends of the line.
        words: what x is.
        options: the options that are not at their defaults.
        sliders: the values of an option between which a reader can choose, by the name of the option.
    """

    at: Callable[[float], tuple]
    low: float
    high: float
    words: str
    options: Mapping[str, Any] = field(default_factory=dict)
    sliders: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def varied(self, start: Mapping[str, Any] | None = None, /, **sliders: Sequence[float]) -> "Curve":
        """Return the same line with sliders, whose options are at their defaults or where `start` says."""
        return replace(self, options=start or {}, sliders=sliders)


@dataclass(frozen=True)
class ClassForm:
    """The class of a loss, named as in `keras.losses` if Keras has it.

    Args:
        name: the name of the class.
        parameters: the parameters of its constructor, in Keras's order if Keras has it; by default the options of the
            function, then "reduction", "name" and "dtype".
        defaults: the defaults that differ from those of the function, and the name if it is not the function's.
        base: the class in `losses.objects` that it extends.
    """

    name: str
    parameters: Sequence[str] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    base: str = "FunctionLoss"


@dataclass(frozen=True)
class Call:
    """What to write in another library for the same number.

    Args:
        code: an expression that has the value of the loss at the example of its declaration; or only a name, of
            something that is not called.
        note: in which way this function differs.
    """

    code: str
    note: str = ""

    @property
    def name(self) -> str:
        """The full name of the function.

        >>> Call('-F.cosine_similarity(y_pred, y_true, dim=-1)').name
        'torch.nn.functional.cosine_similarity'
        >>> Call("100 * sklearn.metrics.mean_absolute_percentage_error(y_true, y_pred)").name
        'sklearn.metrics.mean_absolute_percentage_error'
        """
        found = re.search(r"[A-Za-z_][\w.]*", self.code)
        name = found[0] if found else ""
        return next((full + name[len(short) :] for short, full in SHORT.items() if name.startswith(short)), name)

    @property
    def runs(self) -> bool:
        """Whether the code is an expression, and not only a name."""
        return "(" in self.code


@dataclass(frozen=True)
class Naive:
    """The formula as one writes it first, in NumPy, and arguments for which it fails.

    Args:
        code: an expression in the arguments of the loss.
        fails_at: the arguments.
    """

    code: str
    fails_at: Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """What a reader wants to know before choosing a loss.

    Args:
        use: a clause that ends "Use it when ...".
        avoid: a clause that ends "Choose another when ...".
        best: the prediction with the smallest mean loss, if the same one is made for all labels.
        unit: the unit of its values.
        least, most: the bounds of its values.
        bounds: these bounds in words, if they depend on the options or on the predictions.
        convex: whether it is convex in the predictions.
        among: the kind of predictions for which it is convex, if it is not for all.
        noise: the distribution of labels around predictions whose negative log-likelihood it is, up to constants.
        doi: of the source.
        related: the names of losses to compare it with.
    """

    use: str
    avoid: str
    best: str
    unit: str
    least: float
    most: float
    convex: bool
    among: str | None = None
    bounds: str | None = None
    noise: str | None = None
    doi: str | None = None
    related: Sequence[str] = ()


@dataclass(frozen=True)
class Event:
    """One step in the history of a loss.

    Args:
        year: when it happened.
        words: one sentence that says what happened, without its year and its final stop: the page adds both.
        doi: of the publication, if it has one.
    """

    year: int
    words: str
    doi: str | None = None


@dataclass(frozen=True)
class Declaration:
    """The facts about a loss that its docstring does not hold.

    Args:
        title: its usual name.
        family: one of `FAMILIES`.
        chapter: the chapter that derives it, or None.
        curve: the curve that the book plots.
        example: arguments that show it at work.
        facts: what helps to choose it.
        keras_class: its class, if it has one.
        aliases: its earlier names, by era.
        also: other names by which people look for it.
        elsewhere: what to write in other libraries for the number of the example.
        naive: the formula without care for extremes, if it fails there.
        history: where it comes from, and what made it common in machine learning, in order of years.
    """

    title: str
    family: str
    chapter: str | None
    curve: Curve
    example: Mapping[str, Any]
    facts: Facts
    keras_class: ClassForm | None = None
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    also: Sequence[str] = ()
    elsewhere: Mapping[str, Call] = field(default_factory=dict)
    naive: Naive | None = None
    history: Sequence[Event] = ()


DECLARATIONS: dict[str, Declaration] = {}


def declare(function: Any, **facts: Any) -> None:
    """Declare a loss; the arguments are those of `Declaration`.

    Raises:
        TypeError: an argument is missing, or has another name.
        ValueError: the loss is declared already, or names a family, an era or a library that is not listed here.
    """
    name, declared = function.__name__, Declaration(**facts)
    if name in DECLARATIONS:
        raise ValueError(f"{name} is declared already")
    for kind, known, used in (
        ("family", FAMILIES, [declared.family]),
        ("era", ERAS, declared.aliases),
        ("library", LIBRARIES, declared.elsewhere),
    ):
        for each in used:
            if each not in known:
                raise ValueError(f"{name}: {kind} must be one of {', '.join(known)}, got {each!r}")
    DECLARATIONS[name] = declared


ERROR = Curve(lambda x: ([0.0], [x]), -3, 3, "y_pred, for y_true = 0")
POSITIVE = Curve(lambda x: ([1.0], [x]), 0, 3, "y_pred, for y_true = 1")
PROBABILITY = Curve(lambda x: ([1.0], [x]), 0.02, 0.98, "y_pred, for y_true = 1")
SCORE = Curve(lambda x: ([1.0], [x]), -2, 3, "y_pred, for y_true = 1")
OF_TWO = Curve(lambda x: ([1.0, 0.0], [x, 1 - x]), 0.02, 0.98, "y_pred[0], for y_true = [1, 0]")
BELIEF = Curve(lambda x: ([0.5, 0.5], [x, 1 - x]), 0.02, 0.98, "x, for the distributions [0.5, 0.5] and [x, 1 - x]")
LOGIT = Curve(lambda x: ([1.0], [x]), -5, 5, "logits, for labels = 1")
