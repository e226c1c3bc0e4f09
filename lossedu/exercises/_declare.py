"""How an exercise is declared: once, with its contract, its points, its cases and the mistakes it is known for.

There are four kinds. A `FunctionExercise` is a function to write. A `NumberExercise` is a figure to predict or work
out. An `ExpressionExercise` is a step of a derivation, answered in SymPy. A `CounterexampleExercise` is an array that
proves a claim wrong. All register themselves by name when their module is imported.
"""

import ast
import functools
import hashlib
import inspect
import itertools
import textwrap
from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from lossedu.exercises._notation import definitions, entries, function_of
from lossedu.exercises._ready_made import ready_made_for
from lossedu.exercises._together import with_batches_of_extremes
from lossedu.exercises.families import FAMILIES, GROUPS, OF_VALUES, ignored, named

REGISTRY: dict[str, "Exercise"] = {}
WARM_UPS: dict[str, list["WarmUp"]] = {}  # by the chapter that begins with these questions
SHARED_WORDS: dict[str, list[str]] = {}  # name of a mistake -> its fact and its question
PUBLIC_SEED = 0
SINGLE_NUMBERS = "expected arrays, got single numbers: did you give one array where several are asked for?"
OTHER_EPSILONS = (1e-2, 1e-3, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12)  # than 1e-7, Keras's


@dataclass(frozen=True)
class Misconception:
    """A plausible wrong answer: what it is called, what it means (fact), and the question that leads on (hint).

    A slip that shows in other aspects too, such as Adadelta's epsilon in every step, `costs` the points of one alone.
    """

    name: str
    answer: Any  # a function, a number or the text of an expression, as the exercise asks
    fact: str
    hint: str
    costs: str | None = None

    def __post_init__(self):
        if inspect.isfunction(self.answer):
            named(self.answer, self.name)  # so that a traceback says which one it is


@dataclass(frozen=True)
class Case:
    """One input of a function exercise, and the aspect of the answer it looks at.

    The arguments are arrays, or plain options such as True, "valid" and 0.5; `domains` tell what else an array might
    be. Learners see a case unless it is `hidden`.

    Attributes:
        atol: how far off an answer may be here, if it is not as far as the exercise says.
        squeezed: whether axes of length 1 in the result don't count, where the contract and Keras differ in them.
        beyond_keras: whether tf.keras computes something else here, so that it is not asked.
        at_edge: whether the arguments lie at the edge of the domains, though another aspect is looked at.
    """

    aspect: str
    arguments: Mapping[str, Any]
    hidden: bool = False
    domains: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    atol: float | None = None
    squeezed: bool = False
    beyond_keras: bool = False
    at_edge: bool = False

    @property
    def is_extreme(self):
        """Whether the arguments lie at the edge of the domains."""
        return self.at_edge or self.aspect == "extremes"

    @property
    def options(self):
        """The arguments that are not drawn from a domain."""
        return {name: value for name, value in self.arguments.items() if name not in self.domains}

    @property
    def size(self):
        """How many numbers the case consists of: the smaller, the easier to see through."""
        return sum(numbers_in(argument) for argument in self.arguments.values())

    def digest(self):
        """The identity of the case: its aspect and its arguments."""
        return self._digest

    @functools.cached_property
    def _digest(self):
        state = hashlib.sha256(self.aspect.encode())
        for name, argument in self.arguments.items():
            if isinstance(argument, np.ndarray):
                state.update(f"{argument.dtype} {argument.shape}".encode() + np.ascontiguousarray(argument).tobytes())
            else:
                state.update(f"{name}={argument!r}".encode())
        return state.hexdigest()[:16]


def numbers_in(argument) -> int:
    """How many numbers an argument holds, in a list of calls those of all calls."""
    if isinstance(argument, list | tuple):
        return sum(numbers_in(part) for part in argument)
    return np.size(argument)


@dataclass(kw_only=True)
class Exercise:
    """What all kinds share. `aspects` maps each aspect to its points; `section` is the heading to read again.

    A number, an expression and a counterexample have one aspect, "answer".
    """

    name: str
    chapter: str
    section: str
    aspects: dict[str, float] = field(default_factory=lambda: {"answer": 1})
    tables: list = field(default_factory=list, init=False, repr=False)  # of misconceptions, each with further names
    namespace: MutableMapping[str, Any] = field(default_factory=dict, repr=False)  # what the answers of tables may name

    def __post_init__(self):
        if self.name in REGISTRY:
            raise ValueError(f"exercise {self.name!r} is declared twice")
        REGISTRY[self.name] = self

    def add_misconceptions(self, *tables, **names):
        """Add known wrong answers.

        Args:
            tables: the wrong answers, in the notation of `lossedu.exercises._notation`.
            names: further names that the answers may use, beyond those of the chapter.
        """
        self.tables += [(table, names) for table in tables]

    @functools.cached_property
    def misconceptions(self):
        """The known wrong answers. Their tables are read at first use, because most processes need few of them."""
        return [known for table, names in self.tables for known in self._misconceptions_of(table, names)]

    def _misconceptions_of(self, table, names):
        defined = definitions(table)
        for entry in entries(table):
            if entry.answer is not None:
                answer = self.read_answer(entry.answer, defined, names)
                yield Misconception(entry.name, answer, *self._words_of(entry), *entry.tags)
                continue
            for name in GROUPS.get(entry.name, [entry.name]):
                family = self.family(name)
                hint = entry.words[0] if entry.words else family.hint
                answer = family.change(self.right_answer)
                yield Misconception(name, answer, family.fact, hint)

    @property
    def right_answer(self) -> Any:
        """What families of mistakes change: a function, a number or a text."""
        raise NotImplementedError

    def read_answer(self, code, defined, names) -> Any:
        """Return the wrong answer that a table gives as code."""
        raise NotImplementedError

    def _words_of(self, entry):
        if len(entry.words) != 1:
            return entry.words or SHARED_WORDS[entry.name]
        other = REGISTRY[entry.words[0].removeprefix("as in ")]
        return next((known.fact, known.hint) for known in other.misconceptions if known.name == entry.name)

    def family(self, name):
        """Return the family of mistakes of that name, for a number or an expression."""
        return OF_VALUES[name]

    @property
    def points(self):
        """The points of the whole exercise."""
        return sum(self.aspects.values())


@dataclass(kw_only=True)
class FunctionExercise(Exercise):
    """A function to write: `stub` is its contract, `reference` the answer, `build_cases(rng)` what it is tried on.

    Attributes:
        keras: the function of tf.keras with the same values, such as "keras.losses.kl_divergence"; for a
            `gradient_of` exercise the one whose slope is meant.
        gradient_of: for a gradient, the exercise that it is the slope of.
        by: for a gradient, the argument it is taken with respect to.
        returns: the names of what is returned, where it is more than one array.
        protocol: how an answer is tried. "call": called with the arguments of a case. "steps": `step(w, g, state)` is
            called once for each entry of `g`, from an empty state, and returns `(w, state)`. "methods": a class; an
            object is made and the `calls` of a case, `(method, *arguments)`, are made on it one after the other.
            "tensors": called with tensors of `lossedu.keras_or_stand_in`; an argument `wanted` may ask for the slope.
            "loss class": a subclass of Keras's `Loss`; a case has its settings, and says what is wanted of it.
        rtol, atol: how far off an answer may be.
        laws: the names of what holds for every right answer, as in `lossedu.exercises.laws`.
        regions: conditions on the entries of the arguments, by their words; see `lossedu.exercises.regions`.
        curve_along: the argument along which a failed check draws the function of one entry, such as "y_pred", or its
            distance from another, "y_pred - y_true"; None: no curve.
        is_training: whether the answer is a whole training, which cannot be tried hundreds of times.
    """

    stub: Callable
    reference: Callable
    build_cases: Callable[[np.random.Generator], list[Case]]
    keras: str | None = None
    gradient_of: str | None = None
    by: str = "y_pred"
    returns: tuple[str, ...] = ("",)
    protocol: str = "call"
    rtol: float = 1e-5
    atol: float = 1e-5
    laws: tuple[str, ...] = ()
    regions: Mapping[str, Callable] = field(default_factory=dict)
    curve_along: str | None = None
    is_training: bool = False

    def __post_init__(self):
        if self.reference.__name__ == "<lambda>":
            named(self.reference, self.name)
        if self.protocol == "call":
            self.build_cases = with_batches_of_extremes(self.build_cases, self.right_result)
        super().__post_init__()

    def is_open_class(self, source):
        """Tell whether code of the answer is a class in which a method of the stub is still open."""
        return self.is_class and "raise NotImplementedError" in source

    @property
    def is_class(self):
        """Whether the answer is a class."""
        return self.protocol in ("methods", "loss class")

    @property
    def on_keras(self):
        """Whether the answer is written on `keras` or `keras.ops`, not on NumPy."""
        return self.protocol in ("tensors", "loss class")

    @property
    def right_answer(self):
        """The reference."""
        return self.reference

    @property
    def ready_made(self):
        """The functions outside NumPy that an answer must not use, such as "scipy.special.softmax"."""
        return tuple(ready_made_in([self.chapter]))

    def cases(self, seed=None):
        """The public cases, which learners see, and hidden ones that a seed draws besides; smallest first."""
        drawn = [] if seed is None else self.build_cases(np.random.default_rng(seed))
        hidden = [replace(case, hidden=True) for case in drawn]
        without_repetition = {case.digest(): case for case in [*hidden, *self.public_cases]}  # public stays public
        return sorted(without_repetition.values(), key=lambda case: (case.size, case.hidden))

    @property
    def public_cases(self):
        """The public cases. Nobody changes their arguments: answers get copies."""
        return built_in_public(self.build_cases)

    def split(self, arguments):
        """The arguments of a case: those given by position, and those by name, for which the stub has defaults.

        An option that is what the stub has anyway is left out: so the defaults of an answer are tried too.
        """
        defaults = self.defaults
        positional = {name: value for name, value in arguments.items() if name not in defaults}
        options = {name: value for name, value in arguments.items() if name in defaults}
        return positional, {name: value for name, value in options.items() if repr(value) != repr(defaults[name])}

    def right_result(self, arguments):
        """Return what the reference gives for the arguments of a case."""
        arrays, options = self.split(arguments)
        return self.reference(*arrays.values(), **options)

    def family(self, name):
        """Return the family of mistakes of that name; "delta ignored" is the family that ignores this option."""
        option = name.removesuffix(" ignored")
        return ignored(option, self.defaults[option]) if option in self.defaults else FAMILIES[name]

    def read_answer(self, code, defined, names):
        """Return a function that evaluates code with the arguments of this exercise; or the class of that name."""
        if self.is_class:
            return self.namespace[code]
        return function_of(code, self.stub, defined, ChainMap(names, {"right": self.reference}, self.namespace))

    @functools.cached_property
    def defaults(self):
        """The options of the stub, and what each is unless it is given."""
        parameters = {} if self.is_class else inspect.signature(self.stub).parameters
        return {name: p.default for name, p in parameters.items() if p.default is not p.empty}

    def stub_source(self):
        """The signature and docstring of the stub, as the learner's cell begins."""
        source = textwrap.dedent(inspect.getsource(self.stub))
        kinds = ast.FunctionDef, ast.ClassDef
        stub = next(each for each in ast.parse(source).body if isinstance(each, kinds))
        # from the `def` or `class`, after the decorators, to the end of the docstring, the first statement
        return "\n".join(source.splitlines()[stub.lineno - 1 : stub.body[0].end_lineno])


@functools.cache
def built_in_public(build_cases):
    """Build the public cases, once."""
    return build_cases(np.random.default_rng(PUBLIC_SEED))


@dataclass(kw_only=True)
class NumberExercise(Exercise):
    """A figure. `unit` says what kind of number is meant, and `digits` how many digits after the point are asked for.

    Right is what is off by less than half of the last digit: to two digits, 0.005. Without `digits` it must be exact.
    """

    answer: float
    unit: str
    digits: int | None = 2

    @property
    def tolerance(self):
        """How far off an answer may be; exact numbers may have lost their last digits on the way."""
        return 1e-9 * max(1, abs(self.answer)) if self.digits is None else 0.5 * 10.0**-self.digits + 1e-9

    @property
    def asked(self):
        """What is asked for, such as "a number, in nats, to two digits after the point"."""
        return self.precision.format(unit=self.unit)

    @property
    def precision(self):
        """The message that says how many digits of the `{unit}` are asked for."""
        return "{unit}" if self.digits is None else PRECISIONS[self.digits]

    @property
    def right_answer(self):
        """The number."""
        return self.answer

    def read_answer(self, code, defined, names):
        """Return the number that the code evaluates to."""
        number = eval(code, {**self.namespace, **names})  # noqa: S307  our own table
        return number if isinstance(number, int) else float(number)

    def stub_source(self):
        """The line that the learner completes."""
        return f"{self.name} = None  # {self.asked}"


PRECISIONS = (
    "{unit}, to the nearest whole one",
    "{unit}, to one digit after the point",
    "{unit}, to two digits after the point",
    "{unit}, to three digits after the point",
    "{unit}, to four digits after the point",
)


@dataclass(kw_only=True)
class ExpressionExercise(Exercise):
    """A SymPy expression: right if it equals `answer` (its text) for all values of its `symbols`.

    The values of a symbol are a range, such as `(0.0, 1.0)`, or a set, such as `{0, 1}` for a label.
    """

    answer: str
    symbols: dict[str, tuple[float, float] | set[float]]

    @property
    def right_answer(self):
        """The text of the expression."""
        return self.answer

    def read_answer(self, code, defined, names):
        """The text of the expression."""
        return code

    def stub_source(self):
        """The line that the learner completes."""
        return f"{self.name} = None  # a SymPy expression in {', '.join(self.symbols)}"


@dataclass(kw_only=True)
class CounterexampleExercise(Exercise):
    """Arrays that prove a claim wrong. `refutes(*answer)` gives True, or says in words why they don't.

    What each array must be, such as labels or probabilities, is checked before: `domains` gives it by name, in order.
    With `one_shape` the first two must have the same shape, too.
    """

    asks: str
    example: tuple
    refutes: Callable
    domains: dict[str, Any] = field(default_factory=dict)
    one_shape: bool = False

    def stub_source(self):
        """The line that the learner completes."""
        return f"{self.name} = None  # {self.asks}"


@dataclass(frozen=True)
class WarmUp:
    """A question on an earlier chapter, without points: its number, and the section that tells it."""

    answer: float
    chapter: str
    section: str
    digits: int = 2


class Chapter:
    """Declares the exercises of one chapter.

    Args:
        name: the name of the chapter, such as "02_robust_regression".
        namespaces: the names that answers in tables may use: the `globals()` of its module, and shared ones.
    """

    def __init__(self, name, *namespaces):
        self.name, self.namespace = name, ChainMap(*namespaces)

    def warm_up(self, answer, chapter, section, **options):
        """Declare the answer to the next question at the start of this chapter; the text asks it."""
        WARM_UPS.setdefault(self.name, []).append(WarmUp(answer, chapter, section, **options))

    def number(self, name, answer, unit, **options):
        """Declare a `NumberExercise`."""
        return self._declare(NumberExercise, name=name, answer=answer, unit=unit, **options)

    def expression(self, name, answer, symbols, **options):
        """Declare an `ExpressionExercise`."""
        return self._declare(ExpressionExercise, name=name, answer=answer, symbols=symbols, **options)

    def counterexample(self, name, **options):
        """Declare a `CounterexampleExercise`."""
        return self._declare(CounterexampleExercise, name=name, **options)

    def function(self, *, cases, mistakes=(), names=None, **options):
        """Declare the decorated function, a bare signature with its docstring, as a `FunctionExercise`.

        `mistakes` are tables of misconceptions that several exercises share; `names` are names that these tables use.
        """

        def declare(stub):
            name = stub.__name__
            exercise = self._declare(FunctionExercise, name=name, stub=stub, build_cases=cases, **options)
            exercise.add_misconceptions(*mistakes, **names or {})
            return exercise

        return declare

    def slope_of(self, loss, **options):
        """Declare the decorated function as the gradient of a loss, with the loss's section, Keras name and regions."""
        shared = {"gradient_of": loss.name, "reference": getattr(loss.reference, "gradient", None)}
        shared |= {"section": loss.section, "keras": loss.keras, "regions": loss.regions}
        return self.function(**{**shared, **options})

    def _declare(self, kind, **options):
        return kind(chapter=self.name, namespace=self.namespace, **options)


def share_words(table):
    """Declare the fact and question of mistakes that several exercises list; the entries have no answer."""
    SHARED_WORDS.update((entry.name, entry.words) for entry in entries(table))


def other_epsilons(
    code, *, but=(), more=(), fact="your epsilon is {epsilon}.", hint="Which epsilon does the contract name?"
):
    """Return a table of answers that use another epsilon than the contract; `code` is the answer with `epsilon`."""
    return "".join(
        f"""
    epsilon {epsilon:g}: {code.replace("epsilon", repr(epsilon))}
        {fact.format(epsilon=f"{epsilon:g}")}
        {hint}"""
        for epsilon in (*OTHER_EPSILONS, *more)
        if epsilon not in but
    )


def differ(claimed, right, *, by=1e-3, because=()):
    """A `refutes` for a wrong formula: arrays refute it where it is off the `right` one by more than `by`.

    Args:
        claimed, right: functions of the arrays.
        by: the difference that counts.
        because: pairs (condition, sentence): why both formulas agree on arrays that meet the condition. The first that
            is met is said.
    """

    def refutes(*arrays):
        if not all(np.isfinite(array).all() for array in arrays):
            return "expected finite numbers"
        try:
            true = np.asarray(right(*arrays))
            stated = np.asarray(claimed(*arrays))
        except (TypeError, ValueError) as error:  # the losses say in words what they don't take
            if all(np.ndim(array) == 0 for array in arrays):
                return SINGLE_NUMBERS
            return f"expected arrays that the loss takes: {error}"
        if stated.shape != true.shape or not np.allclose(stated, true, rtol=0, atol=by):
            return True
        return f"{agreement(stated, true)}{reason(because, arrays)}; find arrays where they differ by more than {by:g}."

    return refutes


def agreement(stated, true):
    """Say what two formulas that agree come to."""
    claimed, right = (np.array2string(array, precision=4, floatmode="fixed") for array in (stated, true))
    if claimed == right:
        return f"on your arrays both formulas give {right}"
    return f"on your arrays the two formulas give {claimed} and {right}"


def reason(because, arrays):
    """Say why two formulas agree on arrays; nothing if none of the conditions is met."""
    return next((f", because {sentence}" for condition, sentence in because if condition(*arrays)), "")


def get(name):
    """The exercise of that name; KeyError with the nearest names if there is none."""
    try:
        return REGISTRY[name]
    except KeyError:
        near = ", ".join(nearest(name, REGISTRY))
        raise KeyError(f"there is no exercise {name!r}; the nearest: {near}") from None


def nearest(name, known, most=3):
    """Return the known names that are most like a misspelt or shortened one, the most likely first.

    >>> nearest("klx", ["logit", "kl_divergence", "log_softmax"], most=2)
    ['kl_divergence', 'log_softmax']
    """

    def likeness(other):
        alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(name.lower(), other, strict=False))
        begin = sum(1 for _ in alike) / max(1, len(name))
        return SequenceMatcher(None, name.lower(), other).ratio() + begin + (name.lower() in other)

    return sorted(known, key=likeness, reverse=True)[:most]


def of_chapter(chapter):
    """The exercises of a chapter, in the order they were declared."""
    return [declared for declared in REGISTRY.values() if declared.chapter == chapter]


def warm_up_of(chapter):
    """The questions at the start of a chapter, in their order; KeyError if it has none."""
    try:
        return WARM_UPS[chapter]
    except KeyError:
        raise KeyError(f"there are no questions at the start of {chapter!r}") from None


def ready_made_in(chapters):
    """Return the exercise of these chapters that each function outside NumPy does the work of."""
    return ready_made_for([declared.name for chapter in chapters for declared in of_chapter(chapter)])


def is_known(name):
    """Whether there is an exercise of that name."""
    return name in REGISTRY


def names():
    """The names of all exercises, by chapter, and in each in the order they were declared."""
    return sorted(REGISTRY, key=lambda name: REGISTRY[name].chapter)


def chapters():
    """The names of all chapters, in the order of the course."""
    return sorted({declared.chapter for declared in REGISTRY.values()})
