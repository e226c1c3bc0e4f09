"""Regions of inputs: where an answer may be right, or wrong in one way, while it is otherwise elsewhere.

Regions by option, by dtype and by axes exist for every exercise. An exercise declares others as data:
`regions={"|e| <= delta": lambda y_true, y_pred, delta: abs(y_pred - y_true) <= delta}`, a condition on the entries.
"""

import functools
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossedu.language import later, say

MOST_VALUES = 6  # of an option that are told apart


@dataclass(frozen=True)
class Region:
    """A part of the inputs.

    Attributes:
        words: completes "where ...", such as "{name} is {value}".
        holds: tells whether the arguments of a case lie in it.
        fields: fill in the words.
        entries: for a condition on entries, what it is for each entry; else None.
    """

    words: str
    holds: Callable[[Mapping[str, Any]], bool]
    fields: Mapping[str, Any] = field(default_factory=dict)
    entries: Callable[[Mapping[str, Any]], np.ndarray] | None = None


def regions_of(exercise, argument_sets):
    """Return the regions that divide these sets of arguments of an exercise, the most telling kinds first."""
    found = [
        *by_option(exercise, argument_sets),
        *by_declaration(exercise),
        *by_kind(argument_sets),
        *by_axes(argument_sets),
        *by_dtype(argument_sets),
        *by_entries(argument_sets),
        *by_repetition(argument_sets),
        *by_value_of_option(exercise, argument_sets),
    ]
    return [region for region in found if 0 < sum(map(region.holds, argument_sets)) < len(argument_sets)]


OF_VALUE = later("{name} is {value}")


def by_option(exercise, argument_sets):
    """The values of options, and of other arguments that are no arrays."""
    for name in sorted({*exercise.defaults, *(name for arguments in argument_sets for name in arguments)}):
        default = exercise.defaults.get(name)
        value_in = functools.partial(value_of, name, default)
        values = [value_in(arguments) for arguments in argument_sets]
        fields = {"name": name}
        if any(value is None for value in values):
            yield Region("{name} is not given", lambda given, of=value_in: of(given) is None, fields)
            yield Region("{name} is given", lambda given, of=value_in: of(given) is not None, fields)
        if not all(isinstance(value, bool | str | int | float | None) for value in values):
            continue
        distinct = list(dict.fromkeys(map(repr, values)))
        for text in distinct if len(distinct) <= MOST_VALUES else [repr(default)]:
            holds = functools.partial(is_written, value_in, text)
            yield Region(OF_VALUE, holds, {**fields, "value": text})
        if name in exercise.defaults:
            is_default = functools.partial(is_written, value_in, repr(default))
            words = later("{name} is not its default, {value}")
            yield Region(words, lambda given, of=is_default: not of(given), {**fields, "value": repr(default)})
        elif all(isinstance(value, int | float) for value in values):
            yield Region("{name} is 0", lambda given, of=value_in: of(given) == 0, fields)
            yield Region("{name} is not 0", lambda given, of=value_in: of(given) != 0, fields)


def value_of(name, default, arguments):
    """Return an argument, or its default if it is not given."""
    return arguments.get(name, default)


def is_written(value_in, text, arguments):
    """Tell whether a value is written so in Python."""
    return repr(value_in(arguments)) == text


def by_declaration(exercise):
    """The conditions on entries that the exercise declares, as regions where all entries meet them, or none does."""
    for words, condition in exercise.regions.items():
        yield from where_entries(words, lambda given, condition=condition: condition(**given))


def where_entries(condition, entries):
    """Return two regions: where all entries meet a condition, and where none does."""
    fields = {"condition": condition}

    def met(arguments):
        mask = mask_of(entries, arguments)
        return np.array([True, False]) if mask is None else mask  # neither all entries meet it nor none

    return [
        Region("{condition}", lambda arguments: bool(met(arguments).all()), fields, entries),
        Region(
            "{condition} does not hold",
            lambda arguments: not met(arguments).any(),
            fields,
            lambda arguments: ~met(arguments),
        ),
    ]


def arrays_in(arguments):
    """Return the arrays among arguments."""
    return [argument for argument in arguments.values() if isinstance(argument, np.ndarray)]


def most_axes(arguments):
    """Return the number of axes of the array that has most."""
    return max((array.ndim for array in arrays_in(arguments)), default=0)


def by_axes(argument_sets):
    """The numbers of axes and lengths."""
    if not any(map(arrays_in, argument_sets)):
        return
    yield Region("the arrays have one axis", lambda given: most_axes(given) == 1)
    yield Region("the arrays have several axes", lambda given: most_axes(given) > 1)
    yield Region("the arrays have more than two axes", lambda given: most_axes(given) > 2)
    yield Region("the arrays have at most two axes", lambda given: most_axes(given) <= 2)

    def lengths(given):
        return {array.shape[-1] for array in arrays_in(given) if array.ndim}

    yield Region("the last axis has more than 2 entries", lambda given: any(n > 2 for n in lengths(given)))
    yield Region("the last axis has 2 entries", lambda given: lengths(given) == {2})


def by_kind(argument_sets):
    """Arguments that are a single number in some cases, and an array in others."""
    for name in argument_sets[0]:

        def is_number(given, name=name):
            return given.get(name) is not None and np.ndim(given[name]) == 0

        yield Region("{name} is a single number", is_number, {"name": name})


def pairs_of_regions(exercise, argument_sets):
    """Yield pairs of regions: in the first an option has one value, in the second the arrays are of one kind."""
    values = [region for region in by_option(exercise, argument_sets) if "value" in region.fields]
    kinds = (by_kind, by_axes, by_dtype, by_entries)
    others = [region for of_kind in kinds for region in of_kind(argument_sets)]
    yield from itertools.product(values, others)


def both_of(one, other):
    """Return the region where two regions overlap."""
    words = {"one": say(one.words, **one.fields), "other": say(other.words, **other.fields)}
    return Region("{one} and {other}", lambda given: one.holds(given) and other.holds(given), words)


def by_dtype(argument_sets):
    """The kinds of numbers."""
    yield Region("the arrays are float32", lambda given: any(array.dtype == np.float32 for array in arrays_in(given)))
    yield Region("the arrays hold integers", lambda given: all(array.dtype.kind in "iu" for array in arrays_in(given)))


OF_ARRAYS = {
    later("{name} contains a number above 1"): lambda array: bool(np.any(array > 1)),
    later("{name} contains a 0"): lambda array: bool(np.any(array == 0)),
    later("{name} contains no 0"): lambda array: not np.any(array == 0),
    later("every entry of {name} is 0"): lambda array: not np.any(array),
    later("some entry of {name} is not 0"): lambda array: bool(np.any(array)),
    later("{name} contains a negative number"): lambda array: bool(np.any(array < 0)),
    later("{name} contains no negative number"): lambda array: not np.any(array < 0),
}
OF_SHARES = {  # 1 is special if it is the most
    later("{name} contains a 1"): lambda array: bool(np.any(array == 1)),
    later("{name} contains a number above 0 and below 1"): lambda array: bool(np.any((array > 0) & (array < 1))),
    later("every entry of {name} is 0 or 1"): lambda array: bool(np.all((array == 0) | (array == 1))),
}
OF_PARTS = {  # of what may be the parts of a whole
    later("a row of {name} does not sum to 1"): lambda array: not np.allclose(array.sum(-1), 1),
    later("each row of {name} sums to 1"): lambda array: bool(np.allclose(array.sum(-1), 1)),
}
OF_CLASSES = {
    later("a class below the largest one does not occur in {name}"): lambda array: (
        np.unique(array).size <= array.max(initial=-1)
    ),
}
OF_REPEATED = {
    later("in a row of {name} the largest number occurs more than once"): lambda array: bool(
        np.any(np.sum(array == array.max(-1, keepdims=True), -1) > 1)
    ),
    later("{name} contains a number twice"): lambda array: any(np.diff(np.sort(array), axis=-1).ravel() == 0),
    later("{name} contains no number twice"): lambda array: all(np.diff(np.sort(array), axis=-1).ravel() != 0),
    later("{name} contains equal neighbours"): lambda array: any(np.diff(array, axis=-1).ravel() == 0),
    later("{name} contains no equal neighbours"): lambda array: all(np.diff(array, axis=-1).ravel() != 0),
}
OF_OPTION = {
    later("{name} contains the value of {option}"): lambda array, value: bool(np.any(array == value)),
    later("every entry of {name} is {option}"): lambda array, value: bool(np.all(array == value)),
    later("{name} has more rows than {option}, and no multiple of it"): lambda array, value: (
        0 < value < len(array) and len(array) % value > 0
    ),
    later("the last axis of {name} is shorter than {option}"): lambda array, value: array.shape[-1] < value,
}
LIMITS = (30, 70, 300)  # a number beyond the limit counts as large
OF_LARGE = later("{name} contains a number above {limit} or below -{limit}")
OF_FAR = later("an entry of {b} differs by more than {limit} from that of {a}")
OF_SMALL = later("all entries of {name} are between -{limit} and {limit}")


def by_entries(argument_sets):
    """What single entries are: 0, 1, negative, large, equal."""
    names = [name for name, value in argument_sets[0].items() if isinstance(value, np.ndarray)]
    shares = [name for name in names if all(is_from_0_to_1(given.get(name)) for given in argument_sets)]
    parts = [name for name in names if all(are_parts(given.get(name)) for given in argument_sets)]
    classes = [name for name in names if all(are_classes(given.get(name)) for given in argument_sets)]
    groups = ((OF_ARRAYS, names), (OF_SHARES, shares), (OF_PARTS, parts), (OF_CLASSES, classes))
    for tests, of_arrays in groups:
        for (words, test), name in itertools.product(tests.items(), of_arrays):

            def holds(given, name=name, test=test):
                return isinstance(given.get(name), np.ndarray) and test(given[name])

            yield Region(words, holds, {"name": name})
    for limit, name in itertools.product(LIMITS, names):

        def is_beyond(given, limit=limit, name=name):
            return bool(np.any(np.abs(given.get(name, 0)) > limit))

        fields = {"name": name, "limit": limit}
        yield Region(OF_LARGE, is_beyond, fields)
        yield Region(OF_SMALL, lambda given, is_beyond=is_beyond: not is_beyond(given), fields)
    if len(names) > 1:
        a, b = names[:2]
        for limit in LIMITS:

            def is_far(given, limit=limit):
                return np.shape(given[a]) == np.shape(given[b]) and bool(np.any(np.abs(given[a] - given[b]) > limit))

            yield Region(OF_FAR, is_far, {"a": a, "b": b, "limit": limit})

        def equal(given):
            return np.shape(given[a]) == np.shape(given[b]) and np.any(given[a] == given[b])

        yield Region(
            "an entry of {a} equals the entry of {b} in the same place",
            lambda given: bool(equal(given)),
            {"a": a, "b": b},
        )
        yield Region(
            "no entry of {a} equals the entry of {b} in the same place",
            lambda given: not equal(given),
            {"a": a, "b": b},
        )
        for one, other in ((a, b), (b, a)):
            yield Region(
                "an entry of {a} is 0 where that of {b} is not",
                lambda given, one=one, other=other: is_zero_beside(given[one], given[other]),
                {"a": one, "b": other},
            )
        yield Region(
            "an entry of {a} is 0 where that of {b} is not, or the reverse",
            lambda given: is_zero_beside(given[a], given[b]) or is_zero_beside(given[b], given[a]),
            {"a": a, "b": b},
        )


def is_zero_beside(one, other):
    """Tell whether an entry of one array is 0 where that of another, of the same shape, is not."""
    return np.shape(one) == np.shape(other) and bool(np.any((one == 0) & (other != 0)))


def is_from_0_to_1(argument):
    """Tell whether an argument holds labels of two classes, or shares, if it is an array."""
    return not isinstance(argument, np.ndarray) or bool(np.all((argument >= 0) & (argument <= 1)))


def are_parts(argument):
    """Tell whether an argument may hold the parts of a whole: floats with an axis, none of them negative."""
    return (
        isinstance(argument, np.ndarray) and argument.ndim > 0 and argument.dtype.kind == "f" and (argument >= 0).all()
    )


def are_classes(argument):
    """Tell whether an argument may hold the numbers of classes, counted from 0."""
    return isinstance(argument, np.ndarray) and argument.dtype.kind in "iu" and bool(np.all(argument >= 0))


def by_repetition(argument_sets):
    """What occurs twice along the axis that is reduced, by default the last one."""
    names = [name for name, value in argument_sets[0].items() if isinstance(value, np.ndarray)]
    for name, (words, test) in itertools.product(names, OF_REPEATED.items()):

        def holds(given, name=name, test=test):
            array, axis = given.get(name), given.get("axis", -1)
            if not isinstance(array, np.ndarray) or not isinstance(axis, int) or not -array.ndim <= axis < array.ndim:
                return False
            return array.size > 0 and bool(test(np.moveaxis(array, axis, -1)))

        yield Region(words, holds, {"name": name})


def by_value_of_option(exercise, argument_sets):
    """How an array compares with an option that is a whole number, such as ignore_class or batch_size."""
    names = [name for name, value in argument_sets[0].items() if isinstance(value, np.ndarray)]
    options = {
        name
        for given in argument_sets
        for name, value in (exercise.defaults | given).items()
        if isinstance(value, int) and not isinstance(value, bool)
    }
    for name, option, (words, test) in itertools.product(names, sorted(options - {"axis"}), OF_OPTION.items()):

        def holds(given, name=name, option=option, test=test):
            array, value = given.get(name), given.get(option, exercise.defaults.get(option))
            is_told = isinstance(array, np.ndarray) and array.ndim > 0 and isinstance(value, int)
            return is_told and bool(test(array, value))

        yield Region(words, holds, {"name": name, "option": option})


def entry_conditions(exercise, arguments):
    """Yield (words, fields, mask) for the conditions that an entry of the arrays may meet, the declared ones first."""
    for words, condition in exercise.regions.items():
        mask = mask_of(lambda given, condition=condition: condition(**given), arguments)
        yield later("{condition}"), {"condition": words}, mask
        yield later("{condition} does not hold"), {"condition": words}, None if mask is None else ~mask
    names = [name for name, value in arguments.items() if isinstance(value, np.ndarray)][:2]
    for name in names:
        array = arguments[name]
        yield later("{name} is 0"), {"name": name}, array == 0
        yield later("{name} is not 0"), {"name": name}, array != 0
        yield later("{name} is 1"), {"name": name}, array == 1
        yield later("{name} is not 1"), {"name": name}, array != 1
        yield later("{name} is negative"), {"name": name}, array < 0
        yield later("{name} is positive"), {"name": name}, array > 0
    if len(names) == 2 and arguments[names[0]].shape == arguments[names[1]].shape:
        a, b = names
        fields = {"a": a, "b": b}
        yield later("{b} is greater than {a}"), fields, arguments[b] > arguments[a]
        yield later("{b} is less than {a}"), fields, arguments[b] < arguments[a]


def mask_of(condition, arguments):
    """Return for which entries a condition holds; None if it says nothing of these arguments."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(condition(arguments))
    except (IndexError, KeyError, TypeError, ValueError):
        return None
