"""How an exercise is declared: once, with its contract, its points, its cases and the mistakes it is known for.

There are four kinds. A `FunctionExercise` is a function to write. A `NumberExercise` is a figure to predict or work
out. An `ExpressionExercise` is a step of a derivation, answered in SymPy. A `CounterexampleExercise` is an array that
proves a claim wrong. All register themselves by name when their module is imported.
"""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np

REGISTRY: dict[str, "Exercise"] = {}
PUBLIC_SEED = 0


@dataclass(frozen=True)
class Misconception:
    """A plausible wrong answer: what it is called, what it means (fact), and the question that leads on (hint)."""

    name: str
    answer: Any  # a function, a number or the text of an expression, as the exercise asks
    fact: str
    hint: str


@dataclass(frozen=True)
class Case:
    """One input of a function exercise, and the aspect of the answer it looks at."""

    aspect: str
    arguments: Mapping[str, Any]

    @property
    def size(self):
        """How many numbers the case consists of: the smaller, the easier to see through."""
        return sum(np.size(argument) for argument in self.arguments.values())

    def digest(self):
        """The identity of the case: its aspect and its numbers."""
        state = hashlib.sha256(self.aspect.encode())
        for argument in self.arguments.values():
            state.update(f"{argument.dtype} {argument.shape}".encode() + np.ascontiguousarray(argument).tobytes())
        return state.hexdigest()[:16]


@dataclass(kw_only=True)
class Exercise:
    """What all kinds share. `aspects` maps each aspect to its points; `section` is the heading to read again."""

    name: str
    chapter: str
    section: str
    aspects: dict[str, float]
    misconceptions: list[Misconception] = field(default_factory=list)

    def __post_init__(self):
        if self.name in REGISTRY:
            raise ValueError(f"exercise {self.name!r} is declared twice")
        REGISTRY[self.name] = self

    @property
    def points(self):
        """The points of the whole exercise."""
        return sum(self.aspects.values())


@dataclass(kw_only=True)
class FunctionExercise(Exercise):
    """A function to write: `stub` is its contract, `reference` the answer, `build_cases(rng)` what it is tried on.

    `keras` names the loss in `keras.losses` with the same values; a `gradient_of` exercise is held against the slope
    of that loss, and of the learner's own function of the name `gradient_of`.
    """

    stub: Callable
    reference: Callable
    build_cases: Callable[[np.random.Generator], list[Case]]
    keras: str | None = None
    gradient_of: str | None = None
    rtol: float = 1e-5
    atol: float = 1e-5

    def cases(self, seed=None):
        """The public cases, which learners see, and those that a seed draws besides; smallest first."""
        seeds = [PUBLIC_SEED] if seed is None else [PUBLIC_SEED, seed]
        drawn = [case for each in seeds for case in self.build_cases(np.random.default_rng(each))]
        without_repetition = {case.digest(): case for case in drawn}
        return sorted(without_repetition.values(), key=lambda case: case.size)

    def stub_source(self):
        """The signature and docstring of the stub, as the learner's cell begins."""
        source = textwrap.dedent(inspect.getsource(self.stub))
        function = ast.parse(source).body[0]
        # from the `def`, after the decorators, to the end of the docstring, the first statement
        return "\n".join(source.splitlines()[function.lineno - 1 : function.body[0].end_lineno])


@dataclass(kw_only=True)
class NumberExercise(Exercise):
    """A figure: right if it is within `tolerance` (relative) of `answer`. `unit` says what kind of number is meant."""

    answer: float
    unit: str
    tolerance: float = 1e-3

    def stub_source(self):
        """The line that the learner completes."""
        return f"{self.name} = None  # {self.unit}"


@dataclass(kw_only=True)
class ExpressionExercise(Exercise):
    """A SymPy expression: right if it equals `answer` (its text) for all `symbols` in the range given for each."""

    answer: str
    symbols: dict[str, tuple[float, float]]

    def stub_source(self):
        """The line that the learner completes."""
        return f"{self.name} = None  # a SymPy expression in {', '.join(self.symbols)}"


@dataclass(kw_only=True)
class CounterexampleExercise(Exercise):
    """Arrays that prove a claim wrong. `refutes(*answer)` gives True, or says in words why they don't."""

    asks: str
    example: tuple
    refutes: Callable

    def stub_source(self):
        """The line that the learner completes."""
        return f"{self.name} = None  # {self.asks}"


def exercise(*, chapter, section, aspects, reference, cases, **options):
    """Declare the decorated function, a bare signature with its docstring, as a `FunctionExercise`."""

    def declare(stub):
        return FunctionExercise(
            name=stub.__name__,
            chapter=chapter,
            section=section,
            aspects=aspects,
            stub=stub,
            reference=reference,
            build_cases=cases,
            **options,
        )

    return declare


def misconception(of, name, *, fact, hint):
    """Declare the decorated function as a known wrong answer to the function exercise `of`."""

    def declare(function):
        of.misconceptions.append(Misconception(name, function, fact, hint))
        return function

    return declare


def get(name):
    """The exercise of that name; KeyError with the nearest names if there is none."""
    try:
        return REGISTRY[name]
    except KeyError:
        near = get_close_matches(name, REGISTRY) or sorted(REGISTRY)
        raise KeyError(f"there is no exercise {name!r}; the nearest: {', '.join(near)}") from None


def of_chapter(chapter):
    """The exercises of a chapter, in the order they were declared."""
    return [declared for declared in REGISTRY.values() if declared.chapter == chapter]


def names():
    """The names of all exercises, in the order they were declared."""
    return list(REGISTRY)
