"""Laws that right answers obey: the mathematics of the chapters, each law once, attached to exercises by name.

A law makes a second input of one input, and says what must hold between both outputs. An answer that breaks a law of
its exercise is shown the two inputs. An exercise attaches laws as `laws=("never_negative", "shift_invariant:x")`; what
stands after the colon is the argument that the law changes.

>>> import numpy as np
>>> law = law_named("shift_invariant:x")
>>> moved = law.change({"x": np.array([0.0, 1.0])})
>>> moved["x"]
array([3., 4.])
>>> law.holds([np.array([0.27, 0.73])], [np.array([0.27, 0.73])], {"x": np.array([0.0, 1.0])})
True
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lossedu.exercises._notation import entries

RTOL, ATOL = 1e-4, 1e-6  # a law is broken only if it is broken clearly
SHIFT, SCALE = 3.0, 2.0


@dataclass(frozen=True)
class Law:
    """What holds for every right answer to an exercise.

    Attributes:
        name: its name, with the argument that it changes, such as "shift_invariant:x".
        sentence: the law in the field's words; completes "A right answer is ...". `{argument}` stands for the argument.
        hint: the question that leads on.
        change: makes the second input from the arguments of a case; returns None if the law says nothing of this case.
            For a law about one input it returns the same arguments.
        holds: tells from the outputs of both inputs, lists of arrays, and the arguments of the first whether it holds.
        argument: the argument that it changes; None if it is about the output or all arguments.
    """

    name: str
    sentence: str
    hint: str
    change: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
    holds: Callable[[list, list, Mapping[str, Any]], bool]
    argument: str | None = None

    @property
    def about_second_input(self):
        """Whether the law is about the output for the changed input alone."""
        return self.name == "zero_for_equal"

    @property
    def about_one_input(self):
        """Whether the law is about the output for a single input."""
        return self.change is itself


LAWS: dict[str, Callable[..., Law]] = {}


def law(sentence, hint, *, of_argument=False, name=None) -> Callable[[Callable], Callable[..., Law]]:
    """Declare a law by the decorated function, which returns the law's `change` and `holds`.

    The law has the name of the function, unless `name` is given.
    """

    def declare(build):
        kind = name or build.__name__

        def make(argument=None):
            if of_argument != (argument is not None):
                needs = "an argument, as in " if of_argument else "no argument: "
                raise ValueError(f"the law {kind} takes {needs}{kind}{':x' * of_argument}")
            change, holds = build(argument) if argument else build()
            return Law(f"{kind}:{argument}" if argument else kind, sentence, hint, change, holds, argument)

        make.of_argument = of_argument
        LAWS[kind] = make
        return make

    return declare


@functools.cache
def law_named(name):
    """Return the law of a name such as "never_negative" or "shift_invariant:x"; KeyError if there is none."""
    kind, _, argument = name.partition(":")
    if kind not in LAWS:
        raise KeyError(f"there is no law {kind!r}; there are {', '.join(sorted(LAWS))}")
    return LAWS[kind](argument or None)


def close(mine, theirs):
    """Tell whether all arrays of two outputs are the same, up to rounding."""
    return len(mine) == len(theirs) and all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=RTOL, atol=ATOL, equal_nan=True)
        for a, b in zip(mine, theirs, strict=True)
    )


def same(mine, theirs, arguments):
    """The output does not change."""
    return close(mine, theirs)


def itself(arguments):
    """The same input: for laws about one output."""
    return arguments


def is_real(argument):
    """Tell whether an argument is an array of numbers that are not counted."""
    return isinstance(argument, np.ndarray | float) and np.asarray(argument).dtype.kind == "f"


# --- The output alone -----------------------------------------------------------------------------------------------


def about_output(tells):
    """Return the parts of a law about one output, by what `tells` whether it holds of an array."""
    return itself, lambda mine, theirs, arguments: bool(np.all([np.all(tells(array)) for array in mine[:1]]))


OF_THE_OUTPUT = """
    never_negative: array >= -ATOL
        never negative
        Which part of your formula can be less than 0?
    never_positive: array <= ATOL
        never positive
        Which sign does each part of your formula have?
    bounded_by_one: (array >= -ATOL) & (array <= 1 + ATOL)
        always between 0 and 1
        What is the largest value that your formula can take, and what is the smallest?
    between_minus_one_and_one: np.abs(array) <= 1 + ATOL
        always between -1 and 1
        What is the largest value that your formula can take, and what is the smallest?
    finite: np.isfinite(array)
        finite for every finite input
        Which part of your formula is infinite or NaN for this input?
"""

for _each in entries(OF_THE_OUTPUT):
    _tells = eval(f"lambda array: {_each.code}")  # noqa: S307  our own table
    law(*_each.words, name=_each.name)(partial(about_output, _tells))


@law("a set of values that sum to 1 along the axis", "What do you divide by, and along which axis do you add it up?")
def sums_to_one():
    """The entries along the axis sum to 1."""

    def holds(mine, theirs, arguments):
        axis = arguments.get("axis", -1)
        return np.ndim(mine[0]) > 0 and np.allclose(np.sum(mine[0], axis=axis), 1, rtol=1e-4)

    return itself, holds


@law(
    "a gradient whose entries sum to 0, because a constant added to all scores does not change the loss",
    "What happens to the loss when all scores rise by the same amount?",
)
def entries_sum_to_zero():
    """The entries of a gradient sum to 0 along the axis."""

    def holds(mine, theirs, arguments):
        axis = arguments.get("axis", -1)
        array = mine[-1]
        return np.ndim(array) > 0 and bool(np.all(np.abs(np.sum(array, axis=axis)) <= 1e-4 * (1 + np.abs(array).max())))

    return itself, holds


# --- Two arguments --------------------------------------------------------------------------------------------------


def first_two(arguments):
    """Return the names of the first two arguments."""
    return list(arguments)[:2]


def are_alike(arguments):
    """Tell whether the first two arguments are arrays of one shape and kind."""
    a, b = (np.asarray(arguments[name]) for name in first_two(arguments))
    return a.shape == b.shape and a.dtype == b.dtype


@law("0 where both arguments are equal", "What is each term of your formula when both arguments are equal?")
def zero_for_equal():
    """The result is 0 if both arguments are equal."""

    def change(arguments):
        a, b = first_two(arguments)
        return {**arguments, b: arguments[a]} if are_alike(arguments) else None

    return change, lambda mine, theirs, arguments: bool(np.all(np.abs(theirs[0]) <= 1e-5))


@law("the same when both arguments change places", "Which step of yours treats the two arguments differently?")
def symmetric():
    """Both arguments may change places."""

    def change(arguments):
        a, b = first_two(arguments)
        return {**arguments, a: arguments[b], b: arguments[a]} if are_alike(arguments) else None

    return change, same


@law(
    "the same with the opposite sign when both arguments change places",
    "What happens to a difference when its two sides change places?",
)
def antisymmetric():
    """The sign changes if both arguments change places."""
    return symmetric().change, lambda mine, theirs, arguments: close(mine, [-array for array in theirs])


@law("unchanged when the same constant is added to both arguments", "Which part of your formula is not a difference?")
def unchanged_by_common_shift():
    """Only the difference of both arguments counts."""

    def change(arguments):
        a, b = first_two(arguments)
        return {**arguments, a: arguments[a] + SHIFT, b: arguments[b] + SHIFT} if are_alike(arguments) else None

    return change, same


def all_scaled(times, sentence):
    """Declare the law that the result is so many times as large when all arrays are doubled."""

    @law(sentence, "Which power of the inputs does each term of your formula contain?", name=f"all_doubled_{times}")
    def all_doubled():
        def change(arguments):
            arrays = {name: a for name, a in arguments.items() if isinstance(a, np.ndarray)}
            if not arrays or any(not is_real(a) or np.isin(a, (-1, 0, 1)).all() for a in arrays.values()):
                return None  # labels are not doubled
            return {**arguments, **{name: SCALE * a for name, a in arrays.items()}}

        return change, lambda mine, theirs, arguments: close([times * array for array in mine], theirs)


all_scaled(1, "unchanged when all numbers in the arrays are doubled")
all_scaled(2, "twice as large when all numbers in the arrays are doubled")
all_scaled(4, "four times as large when all numbers in the arrays are doubled")


# --- One argument ---------------------------------------------------------------------------------------------------


def replacing(argument, by, applies=is_real):
    """Return a `change` that replaces one argument by a function of it, where it `applies`."""

    def change(arguments):
        given = arguments.get(argument)
        return {**arguments, argument: by(given)} if given is not None and applies(given) else None

    return change


# the new argument -> the new `result`, for all entries of the output
OF_AN_ARGUMENT = """
    shift_invariant: x + SHIFT -> result
        unchanged when a constant is added to all entries of {argument}
        What happens in your formula when every entry of {argument} rises by 3?
    scale_invariant: SCALE * x -> result
        unchanged when {argument} is multiplied by a positive number
        Should the length of {argument} matter, or only its direction?
    scales_with: SCALE * x -> SCALE * result
        twice as large when {argument} is doubled
        How often is {argument} a factor in your formula, and how often in the contract?
    scales_inversely_with: SCALE * x -> result / SCALE
        half as large when {argument} is doubled
        Is {argument} in the numerator or in the denominator, and with which power?
    even: -x -> result
        the same for {argument} and for -{argument}
        Should the sign of {argument} matter, or only its absolute value?
    odd: -x -> -result
        the same with the opposite sign for -{argument} in place of {argument}
        Which part of your formula keeps its sign when {argument} changes its sign?
    complements: -x -> 1 - result
        1 minus the result for -{argument}
        What is the probability of the other class?
"""


def about_argument(by, then, argument):
    """Return the parts of a law that says how the output changes if an argument changes."""
    return replacing(argument, by), lambda mine, theirs, arguments: close([then(array) for array in mine], theirs)


for _each in entries(OF_AN_ARGUMENT):
    _by, _then = _each.code.split(" -> ")
    _parts = eval(f"lambda x: {_by}"), eval(f"lambda result: {_then}")  # noqa: S307  our own table
    law(*_each.words, of_argument=True, name=_each.name)(partial(about_argument, *_parts))


# --- Batches and classes --------------------------------------------------------------------------------------------


def arrays_of(arguments):
    """Return the arguments that are arrays with axes."""
    return {name: a for name, a in arguments.items() if isinstance(a, np.ndarray) and a.ndim > 0}


def batch_of(arguments):
    """Return the number of samples, if the arrays have a common first axis of at least 2 samples; else None."""
    arrays = arrays_of(arguments)
    lengths = {array.shape[0] for array in arrays.values()}
    most_axes = max((array.ndim for array in arrays.values()), default=0)
    axis = arguments.get("axis", -1)
    if len(lengths) != 1 or most_axes < 2 or 0 in [each % most_axes for each in np.ravel(axis) if each is not None]:
        return None
    (length,) = lengths
    return length if length > 1 else None


@law(
    "computed for each sample without the other samples",
    "Which step of yours combines several samples?",
)
def rows_apart():
    """The result of a sample is the same without the other samples."""

    def change(arguments):
        if batch_of(arguments) is None:
            return None
        return {**arguments, **{name: array[:1] for name, array in arrays_of(arguments).items()}}

    def holds(mine, theirs, arguments):
        flat = [[np.ravel(array[:1]) for array in mine if np.ndim(array)], [np.ravel(array) for array in theirs]]
        return all(map(np.ndim, mine)) and close(*flat)  # a lost axis is another matter

    return change, holds


@law(
    "the mean of what you get for each entry alone",
    "What does the contract compute of each entry, and what does it do with these numbers?",
)
def mean_of_entries():
    """The result of several entries is the mean of the results of each entry alone."""

    def change(arguments):
        arrays = arrays_of(arguments)
        shapes = {array.shape for array in arrays.values()}
        if len(shapes) != 1 or arguments.get("axis", -1) != -1 or min(shapes)[-1] < 2:
            return None
        return {**arguments, **{name: array[..., None] for name, array in arrays.items()}}

    def holds(mine, theirs, arguments):
        axes = {array.ndim for array in arrays_of(arguments).values()}
        if {np.ndim(array) + 1 for array in mine} != axes or {np.ndim(array) for array in theirs} != axes:
            return False
        return close([np.mean(array, axis=-1) for array in theirs], mine)

    return change, holds


@law(
    "in the order of the samples, also when their order changes",
    "Which step of yours depends on the order of the samples?",
)
def follows_order_of_rows():
    """The results change their order with the samples."""

    def change(arguments):
        if batch_of(arguments) is None:
            return None
        return {**arguments, **{name: array[::-1].copy() for name, array in arrays_of(arguments).items()}}

    return change, lambda mine, theirs, arguments: close(
        [array[::-1] if np.ndim(array) else array for array in mine], theirs
    )


@law(
    "the same for every order of the entries of the last axis",
    "Which step of yours depends on the position of an entry?",
)
def order_of_classes():
    """The order of the classes does not matter."""

    def change(arguments):
        arrays = arrays_of(arguments)
        lengths = {array.shape[-1] for array in arrays.values()}
        if len(lengths) != 1 or arguments.get("axis", -1) != -1:
            return None
        return {**arguments, **{name: array[..., ::-1].copy() for name, array in arrays.items()}}

    return change, same


@law(
    "in the order of the entries of the last axis, also when their order changes",
    "Which step of yours depends on the position of an entry?",
)
def follows_order_of_classes():
    """The results change their order with the classes."""
    change = order_of_classes().change
    return change, lambda mine, theirs, arguments: close(
        [array[..., ::-1] if np.ndim(array) else array for array in mine], theirs
    )


@law(
    "the same when every sample of the batch occurs twice",
    "What do you divide by, and does it grow with the batch?",
)
def same_for_batch_twice():
    """A batch taken twice has the same result."""

    def change(arguments):
        arrays = arrays_of(arguments)
        if not arrays or len({array.shape[0] for array in arrays.values()}) != 1:
            return None
        return {**arguments, **{name: np.concatenate([array, array]) for name, array in arrays.items()}}

    return change, same


# --- Options --------------------------------------------------------------------------------------------------------


@law("different for another value of {argument}", "Where does {argument} enter your formula?", of_argument=True)
def depends_on(argument):
    """Another value of the argument gives another result."""

    def other(given):
        if isinstance(given, bool):
            return not given
        return np.asarray(given)[..., ::-1] * 0.5 if isinstance(given, np.ndarray) and np.ndim(given) else given * 0.5

    def applies(given):
        return isinstance(given, bool | int | float | np.ndarray) and np.asarray(given).dtype.kind in "bf"

    return replacing(argument, other, applies), lambda mine, theirs, arguments: not close(mine, theirs)
