"""Declare each loss once, in the module of its formulas: classes, aliases, the book and tests use the declaration.

The declaration follows the gradient. `python -m lossedu.authoring.loss_modules` then writes `losses/__init__.py` and
`losses/classes.py`, because editors must see names as text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ERAS = ("Keras 1", "Keras 2", "TF 1", "TF Addons")
LIBRARIES = ("tf.keras", "TensorFlow", "PyTorch", "SciPy", "scikit-learn", "Caffe")
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


@dataclass(frozen=True)
class Curve:
    """The line along which a loss is plotted: `at(x)` gives its arguments, for x from `low` to `high`.

    `entry` is the place in the predictions that x is put in, for the slope; None if it moves several.
    """

    at: Callable[[float], tuple]
    low: float
    high: float
    words: str
    entry: tuple[int, ...] | None = (0,)


@dataclass(frozen=True)
class ClassForm:
    """The class in `keras.losses` that stands for a function.

    Args:
        name: the name of the class.
        parameters: the parameters of its constructor, in Keras's order; by default the options of the function, then
            "reduction", "name" and "dtype".
        defaults: the defaults that differ from those of the function, and the name if it is not the function's.
        base: the class in `losses.objects` that it extends.
    """

    name: str
    parameters: Sequence[str] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    base: str = "FunctionLoss"


@dataclass(frozen=True)
class Declaration:
    """The facts about a loss that its docstring does not hold.

    Args:
        title: its usual name.
        family: one of `FAMILIES`.
        chapter: the chapter that derives it, or None.
        curve: the curve that the book plots.
        keras_class: its class, if Keras has one.
        aliases: its earlier names, by era.
        elsewhere: the functions of other libraries with the same definition, apart from the order of arguments,
            Keras's clips and what is reduced.
    """

    title: str
    family: str
    chapter: str | None
    curve: Curve
    keras_class: ClassForm | None = None
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)


DECLARATIONS: dict[str, Declaration] = {}


def declare(
    function: Any,
    *,
    title: str,
    family: str,
    chapter: str | None,
    curve: Curve,
    keras_class: ClassForm | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> None:
    """Declare a loss; the arguments are those of `Declaration`.

    Raises:
        ValueError: the loss is declared already, or names a family, an era or a library that is not listed here.
    """
    name, aliases, elsewhere = function.__name__, aliases or {}, elsewhere or {}
    if name in DECLARATIONS:
        raise ValueError(f"{name} is declared already")
    for kind, known, used in (
        ("family", FAMILIES, [family]),
        ("era", ERAS, aliases),
        ("library", LIBRARIES, elsewhere),
    ):
        for each in used:
            if each not in known:
                raise ValueError(f"{name}: {kind} must be one of {', '.join(known)}, got {each!r}")
    DECLARATIONS[name] = Declaration(title, family, chapter, curve, keras_class, aliases, elsewhere)


ERROR = Curve(lambda x: ([0.0], [x]), -3, 3, "y_pred, for y_true = 0")
POSITIVE = Curve(lambda x: ([1.0], [x]), 0, 3, "y_pred, for y_true = 1")
PROBABILITY = Curve(lambda x: ([1.0], [x]), 0.02, 0.98, "y_pred, for y_true = 1")
SCORE = Curve(lambda x: ([1.0], [x]), -2, 3, "y_pred, for y_true = 1")
OF_TWO = Curve(lambda x: ([1.0, 0.0], [x, 1 - x]), 0.02, 0.98, "y_pred[0], for y_true = [1, 0]")
BELIEF = Curve(lambda x: ([0.5, 0.5], [x, 1 - x]), 0.02, 0.98, "q, for p = [0.5, 0.5] and [q, 1 - q]")
LOGIT = Curve(lambda x: ([1.0], [x]), -5, 5, "logits, for labels = 1")
