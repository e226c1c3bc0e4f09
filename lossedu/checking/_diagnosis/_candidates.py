"""Functions that may explain a wrong answer: each gives an output for every input, and has a fact and a hint."""

import ast
import functools
import inspect
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from lossedu import exercises
from lossedu.checking._diagnosis._evidence import Diagnosis
from lossedu.checking._diagnosis._slip_changes import called
from lossedu.checking.probe import Outcome, Problem, attempt
from lossedu.exercises.families import FAMILIES, ignored, with_option
from lossedu.exercises.relations import ARRAY_RELATIONS
from lossedu.language import later, say

ZERO = later("your result is always 0.")
ZERO_HINT = later("Which step of yours gives 0 for every input?")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A possible explanation.

    Attributes:
        name, fact, hint: as of a `Diagnosis`, in English; `fields` fill them in, and so do `texts`, once translated.
        answer: a function with the arguments of the exercise; or None.
        changed: makes the output of the right one and the arguments, where there is no `answer`.
        explains_constants: whether it may explain an error, or a result that is the same number everywhere.
        on_top_of: the candidate whose result it changes, and whose fact it repeats; or None.
        is_rough: whether its results in float32 are mostly rounding, so that they tell nothing.
    """

    name: str
    fact: str
    hint: str
    answer: Any = None
    changed: Callable | None = None
    fields: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)
    explains_constants: bool = False
    on_top_of: Any = None
    is_rough: bool = False
    kept: dict = field(default_factory=dict)  # outcomes for public and fresh inputs, which come again

    def ignores(self, option):
        """Whether it says that an answer ignores an option."""
        return f"{option} ignored" in (self.name, self.name.replace("{name}", self.fields.get("name", "")))

    def outcome(self, exercise, sample):
        """What it gives for the input of a sample."""
        if self.changed is None:
            return tried(self.answer, exercise, sample)
        if sample.expected.problem is not None:
            return sample.expected
        first, *others = sample.expected.values
        try:
            with np.errstate(all="ignore"):
                changed = np.asarray(self.changed(np.asarray(first, float), sample.arguments))
        except (IndexError, KeyError, TypeError, ValueError):
            return Outcome(problem=Problem("not for this input"))
        return Outcome(changed, *others)

    def diagnosis(self, where=None, right_elsewhere=False):
        """Return it as the diagnosis."""
        fields = self.fields | {name: say(text) for name, text in self.texts.items()}
        title, fact, hint = (say(text, **fields) for text in (self.name, self.fact, self.hint))
        in_english = self.fields | self.texts
        name = self.name.format(**in_english) if in_english else self.name
        return Diagnosis(name, fact, hint, where, right_elsewhere, title)


def tried(answer, exercise, sample):
    """Return what comes of a candidate; where the answer has an output, a default that the candidate lacks is given."""
    positional, options = exercise.split(sample.arguments)
    parts = exercise.protocol, len(exercise.returns)
    outcome = attempt(answer, positional, options, *parts)
    if outcome.problem and sample.got.problem is None and len(options) < len(exercise.defaults):
        outcome = attempt(answer, positional, exercise.defaults | options, *parts)
    return outcome


_REMEMBERED = {}


def remembered(build):
    """Decorate a builder of candidates that depend on the exercise alone: they, and their outcomes, are kept."""

    @functools.wraps(build)
    def built(exercise):
        mistakes = tuple((known.name, known.answer) for known in exercise.misconceptions)
        key = build.__name__, exercise.name, exercise.reference, mistakes
        if key not in _REMEMBERED:
            _REMEMBERED[key] = build(exercise)
        return _REMEMBERED[key]

    return built


@remembered
def listed(exercise):
    """The misconceptions of the exercise."""
    return [
        Candidate(known.name, known.fact, known.hint, known.answer, explains_constants=True)
        for known in exercise.misconceptions
    ]


def kind_of(exercise):
    """Return the kind of exercise that families suit: "loss", "slope", "step", or None."""
    if exercise.protocol == "steps":
        return "step"
    if exercise.protocol not in ("call", "tensors"):
        return None
    return "slope" if exercise.gradient_of else "loss"


def suiting(exercise, mistakes):
    """Return those families of mistakes that suit the kind of an exercise."""
    return [each for each in mistakes if kind_of(exercise) in each.kinds]


@remembered
def families(exercise):
    """The families of mistakes that suit the exercise and are not listed with it."""
    names, facts = ({getattr(known, part) for known in exercise.misconceptions} for part in ("name", "fact"))
    return [
        Candidate(each.name, each.fact, each.hint, each.change(exercise.reference), explains_constants=True)
        for each in suiting(exercise, FAMILIES.values())
        if each.name not in names and each.fact not in facts
    ]


@remembered
def of_options(exercise):
    """The right function with an option held at one of its values."""
    names = [known.name for known in exercise.misconceptions]
    found = []
    for option in exercise.defaults if not exercise.is_class else ():
        given = [case.arguments[option] for case in exercise.public_cases if option in case.arguments]
        values = [exercise.defaults[option], *given]
        if not all(isinstance(value, bool | str | int | float | None) for value in values):
            continue
        distinct = {repr(value): value for value in values}
        if f"{option} ignored" in names:  # with its default
            del distinct[repr(exercise.defaults[option])]
        for text, value in list(distinct.items())[:4]:
            found.append(
                Candidate(
                    "{name} ignored",
                    "your result is the one for {name} = {value}, even when {name} has another value.",
                    "Where does {name} enter the formula?",
                    with_option(exercise.reference, option, value),
                    fields={"name": option, "value": text},
                )
            )
    return found


@remembered
def others(exercise):
    """The right functions of other exercises, of this chapter and those before, that take as many arguments."""
    if exercise.protocol != "call":
        return []
    wanted = needed(exercise)
    found = []
    for name in exercises.names():
        other = exercises.get(name)
        if not isinstance(other, exercises.FunctionExercise) or other.protocol != "call" or other is exercise:
            continue
        if other.chapter > exercise.chapter or needed(other) != wanted or len(other.returns) != len(exercise.returns):
            continue
        answer = functools.partial(with_known_options, other.reference, tuple(other.defaults))
        found.append(of_other(exercise, other, answer))
    return found


def of_other(exercise, other, answer):
    """Return the candidate of another exercise."""
    fields = {"other": other.name, "name": exercise.name}
    if other.name == exercise.gradient_of:
        fact = later("your result is the loss itself, {other}, not its slope.")
        return Candidate("loss for slope", fact, "What is the derivative of the loss?", answer, fields=fields)
    if other.gradient_of == exercise.name:
        fact = later("your result is the slope of the loss, {other}.")
        return Candidate("slope for loss", fact, "Does {name} return a loss or its slope?", answer, fields=fields)
    fact = later("your function returns what {other} should return.")
    return Candidate("result of {other}", fact, "How does {name} differ from {other}?", answer, fields=fields)


def needed(exercise):
    """How many arguments have no default."""
    parameters = inspect.signature(exercise.stub).parameters.values()
    return sum(parameter.default is parameter.empty for parameter in parameters)


def with_known_options(function, known, *arguments, **options):
    """Call a function with those options that it has."""
    return function(*arguments, **{name: value for name, value in options.items() if name in known})


LIMITING = ("maximum", "minimum", "clip", "max", "min")
STEPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)  # of difference quotients


@remembered
def difference_quotients(exercise):
    """Difference quotients of the loss in the place of its slope."""
    if exercise.protocol != "call" or not exercise.gradient_of:
        return []
    loss = cast(exercises.FunctionExercise, exercises.get(exercise.gradient_of)).reference
    names = list(inspect.signature(exercise.stub).parameters)
    return [
        Candidate(
            "difference quotient",
            "your result is a difference quotient with steps of {step}, which differs from the slope here.",
            "What is the derivative as a formula?",
            functools.partial(quotient, loss, names, exercise.by, step, back),
            fields={"step": f"{step:g}"},
            is_rough=True,
        )
        for step in STEPS
        for back in (step, 0.0)
    ]


def likely_quotients(exercise, source):
    """Return the difference quotients whose step is not a limit in the code of an answer: error / max(size, 1e-7)."""
    limits = limits_in(source)
    return [each for each in difference_quotients(exercise) if float(each.fields["step"]) not in limits]


def limits_in(source):
    """Return the numbers that code gives to `maximum`, `clip` and the like, by themselves or by name."""
    try:
        nodes = list(ast.walk(ast.parse(source or "")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a stranger's code may be anything
        return set()
    values = {
        name.id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for name in node.targets
        if isinstance(name, ast.Name)
    }
    calls = [node for node in nodes if isinstance(node, ast.Call) and called(node) in LIMITING]
    given = [each for call in calls for each in (*call.args, *(keyword.value for keyword in call.keywords))]
    return {getattr(each, "value", values.get(getattr(each, "id", ""))) for each in given if is_plain(each)}


def is_plain(node):
    """Tell whether a node is a constant or a name."""
    return isinstance(node, ast.Constant | ast.Name)


def quotient(loss, names, by, step, back, *arrays, **options):
    """Return for each entry of an argument how fast the sum of the losses grows, from `back` before to `step` after."""
    given = dict(zip(names, arrays, strict=False))
    at = np.asarray(given[by], float)
    slopes = np.zeros(at.size)
    for i in range(at.size):
        moved = np.zeros(at.size)
        moved[i] = 1
        ends = (at + distance * moved.reshape(at.shape) for distance in (step, -back))
        above, below = (np.sum(loss(*{**given, by: end}.values(), **options)) for end in ends)
        slopes[i] = (above - below) / (step + back)
    return slopes.reshape(at.shape)


@remembered
def relations(exercise):
    """What a relation makes of the right output."""
    if exercise.is_class:
        return []
    return [
        Candidate(each.name, each.fact, each.hint, changed=functools.partial(changed_by, each.change))
        for each in ARRAY_RELATIONS
    ]


def changed_by(change, right, arguments):
    """Apply a relation, which looks at the right output alone."""
    return change(right)


@remembered
def combined(exercise):
    """A family of mistakes, or an option that is not used, on top of a listed misconception."""
    if kind_of(exercise) not in ("loss", "slope"):
        return []
    found = []
    pairs = set()  # of names: two families that are both listed make one pair
    unused = [ignored(option, default) for option, default in exercise.defaults.items()]
    for each, first in itertools.product(suiting(exercise, [*FAMILIES.values(), *unused]), listed(exercise)):
        pair = frozenset((first.name, each.name))
        if len(pair) == 2 and first.fact != each.fact and pair not in pairs:
            pairs.add(pair)
            found.append(
                Candidate(
                    "{one}, and {other}",
                    "{first} Also, {second}",
                    first.hint,
                    each.change(first.answer),
                    on_top_of=first,
                    texts={"one": first.name, "other": each.name, "first": first.fact, "second": each.fact},
                )
            )
    return found


# --- Factors and constants that are measured ------------------------------------------------------------------------


POWERS = {  # of a quantity that is a factor of the wrong result
    1: (later("factor {size}"), later("your result is the right one times {size}.")),
    -1: (later("factor 1/({size})"), later("your result is the right one divided by {size}.")),
    2: (later("factor ({size}) squared"), later("your result is the right one times the square of {size}.")),
    -2: (later("factor 1/({size})**2"), later("your result is the right one divided by the square of {size}.")),
}
ENOUGH_EQUAL = 3  # numbers that are equal by no accident
LENGTHS = (
    later("the length of the last axis"),
    later("the number of samples"),
    later("the length of the first axis"),
    later("the number of all entries"),
)


def factors(samples):
    """The constant factors between what came and what is right, on all of these wrong samples."""
    ratios = []
    for sample in samples:
        right, got = (np.ravel(outcome.values[0]).astype(float) for outcome in (sample.expected, sample.got))
        large = np.abs(right) > 1e-3 * max(1e-3, np.abs(right).max(initial=0))
        with np.errstate(all="ignore"):
            ratio = got[large] / right[large]
        if ratio.size and np.isfinite(ratio).all() and np.ptp(ratio) <= 1e-3 * abs(ratio[0]):
            ratios.append((sample, float(ratio.mean())))
    if not ratios:
        return
    sample, ratio = ratios[0]
    if abs(ratio) < 1e-9:
        yield Candidate(
            "zero",
            ZERO,
            ZERO_HINT,
            changed=lambda right, given: 0 * right,
            explains_constants=True,
        )
        return
    yield Candidate(
        "factor",
        "your result is {factor} times the right one.",
        "Where does this factor come from?",
        changed=lambda right, given: ratio * right,
        fields={"factor": f"{ratio:.4g}"},
    )
    for words, size in quantities(sample.arguments).items():
        for power, (name, fact) in POWERS.items():
            if np.isclose(ratio, float(size) ** power, rtol=1e-3) and not np.isclose(size, 1):
                yield Candidate(
                    name,
                    fact,
                    "Where does {size} enter the formula, and how often?",
                    changed=lambda right, given, words=words, power=power: (
                        right * float(quantities(given)[words]) ** power
                    ),
                    fields={} if words in LENGTHS else {"size": words},
                    texts={"size": words} if words in LENGTHS else {},
                )


def quantities(arguments):
    """What an output may be too large by: the lengths of arrays, and the options that are numbers."""
    arrays = [argument for argument in arguments.values() if isinstance(argument, np.ndarray) and argument.ndim]
    found = {}
    if arrays:
        largest = max(arrays, key=np.size)
        last, first = largest.shape[-1], largest.shape[0]
        found |= zip(LENGTHS, (last, largest.size // max(1, last), first, largest.size), strict=True)
        if largest.shape[-1] > 1:
            found["n / (n - 1)"] = largest.shape[-1] / (largest.shape[-1] - 1)
    numbers = {
        name: value
        for name, value in arguments.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and value
    }
    found |= numbers
    found |= {f"1 - {name}": 1 - value for name, value in numbers.items() if value != 1}
    return found


def constants(samples):
    """The constant that is added to what is right, if it is one, as a list of at most one candidate."""
    if not samples:
        return []
    difference = np.asarray(samples[0].got.values[0] - samples[0].expected.values[0], float)
    if not difference.size or not np.isfinite(difference).all():
        return []
    constant = float(difference.flat[0])
    if np.ptp(difference) > 1e-4 * abs(constant):
        return []
    too_large = later("every number of your result is too large by {constant}.")
    too_small = later("every number of your result is too small by {constant}.")
    return [
        Candidate(
            "constant",
            too_large if constant > 0 else too_small,
            "Which term does not depend on the input?",
            changed=lambda right, given: right + constant,
            fields={"constant": f"{abs(constant):.4g}"},
        )
    ]


def limits(samples):
    """The number that takes the place of all numbers beyond it, if there is one, as a list of at most one candidate."""
    if not samples:
        return []
    pairs = [(np.ravel(each.values[0]).astype(float) for each in (s.expected, s.got)) for s in samples]
    right, got = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    off = ~np.isclose(got, right, rtol=1e-4, atol=1e-6, equal_nan=True)
    if off.sum() < ENOUGH_EQUAL or not np.allclose(got[off], got[off][0], rtol=1e-3):
        return []
    limit = float(got[off][0])
    if (right[off] < limit).all():
        change, fact = np.maximum, later("no number of your result is below {limit}, though some should be.")
    elif (right[off] > limit).all():
        change, fact = np.minimum, later("no number of your result is above {limit}, though some should be.")
    else:
        return []
    return [
        Candidate(
            "limited",
            fact,
            "Which step of yours sets a limit to the numbers?",
            changed=lambda right, given: change(right, limit),
            fields={"limit": f"{limit:.4g}"},
        )
    ]
