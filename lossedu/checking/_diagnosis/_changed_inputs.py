"""Candidates that are the right function of other inputs: one argument squared, two exchanged, each row alone.

A formula that uses an argument in the wrong form often gives what is right for that form of the argument.
"""

import inspect
import itertools
import re

import numpy as np

from lossedu.checking._diagnosis._candidates import Candidate, remembered
from lossedu.language import later

FACT = later("your result is the right one for `{changed}` in place of `{name}`.")
FACT_OF_TWO = later("your result is the right one for `{changed}` in place of `{name}`, and the same for `{other}`.")

NUMBERS = ("1 - x", "x**2", "np.sqrt(x)", "1 / x", "2 * x", "x / 2", "-x", "np.log(x)", "np.exp(x)")
COUNTS = ("x + 1", "x - 1", "-x")
ARRAYS = (
    *("1 - x", "-x", "abs(x)", "x**2", "np.sqrt(x)", "1 / x", "2 * x", "x / 2", "np.log(x)", "np.exp(x)"),
    *("x * np.log(2)", "x / np.log(2)", "2 * x - 1", "(x + 1) / 2", "np.sign(x)", "np.round(x)", "np.maximum(x, 0)"),
    *(
        "np.clip(x, 0, 1)",
        "np.floor(x)",
        "(x > 0.5) * 1.0",
        "(x == 1) * 1.0",
        "(x > 0) * 1.0",
        "1 / (1 + np.exp(-x))",
        "x - x.mean(-1, keepdims=True)",
    ),
    *("np.exp(x) / np.exp(x).sum(-1, keepdims=True)", "x / x.sum(-1, keepdims=True)"),
    *("x / np.linalg.norm(x, axis=-1, keepdims=True)", "np.sort(x, -1)", "x[..., ::-1]"),
)
FORMS = {"b": (), "f": NUMBERS, "i": COUNTS, "u": COUNTS}  # of a number; of an array, `ARRAYS` if it holds floats


@remembered
def changed_inputs(exercise):
    """The right function of changed inputs: one argument or two alike, two exchanged, the rows apart or together."""
    if exercise.protocol not in ("call", "steps"):
        return []
    example = dict(exercise.defaults)
    for name, value in ((n, v) for case in exercise.public_cases for n, v in case.arguments.items()):
        if value is not None and kind_of(example.get(name)) != "f":
            example[name] = value
    found = [
        Candidate(
            "wrong form of {name}",
            FACT_OF_TWO if other else FACT,
            "In which form does {name} enter the formula?",
            with_changed(exercise, {each: FUNCTIONS[form] for each in (name, other) if each}),
            fields={"name": name, "other": other, "changed": re.sub(r"\bx\b", name, form)},
        )
        for name, other in [*((name, None) for name in example), *alike(example)]
        for form in forms_of(example[name])
    ]
    found += [
        Candidate(
            "{one} and {other} exchanged",
            "your result is the right one with {one} and {other} exchanged.",
            "What does {one} mean, and what does {other} mean?",
            with_exchanged(exercise, one, other),
            fields={"one": one, "other": other},
        )
        for one, other in itertools.combinations(example, 2)
        if type(example[one]) is type(example[other]) and not isinstance(example[one], bool | str | None)
    ]
    if exercise.protocol == "call":
        hint = later("Over which axes does the contract work?")
        fact = later("your result is the right one for each row alone, not for the whole array.")
        found.append(Candidate("each row alone", fact, hint, of_each_row(exercise.reference)))
        fact = later("your result is the right one for all rows joined into a single one.")
        found.append(Candidate("all rows together", fact, hint, of_joined_rows(exercise.reference)))
    return found


FUNCTIONS = {form: eval(f"lambda x: {form}", {"np": np}) for form in (*NUMBERS, *COUNTS, *ARRAYS)}  # noqa: S307  our own


def kind_of(value):
    """Return the kind of numbers of an argument, as NumPy's dtypes name it."""
    return np.asarray(value).dtype.kind


def forms_of(value):
    """Return the forms in which an argument like this may enter a formula."""
    kind = kind_of(value)
    return ARRAYS if np.ndim(value) and kind == "f" else FORMS.get(kind, ())


def alike(example):
    """Return the pairs of arguments whose names begin alike, such as sigma_p and sigma_q."""
    pairs = itertools.combinations(example, 2)
    return [(one, other) for one, other in pairs if one.split("_")[0] == other.split("_")[0]]


def with_changed(exercise, changes):
    """Return the right function of arguments that are changed by functions, given by name."""
    return of_arguments(exercise, lambda given: {name: change(given[name]) for name, change in changes.items()})


def with_exchanged(exercise, one, other):
    """Return the right function of two exchanged arguments."""
    return of_arguments(exercise, lambda given: {one: given[other], other: given[one]})


def of_arguments(exercise, change):
    """Return the right function of the arguments, given by name, that a function returns."""
    names = list(inspect.signature(exercise.stub).parameters)

    def answer(*arrays, **options):
        given = dict(zip(names, arrays, strict=False)) | exercise.defaults | options
        changed = change(given)
        options |= {name: value for name, value in changed.items() if name in exercise.defaults}
        return exercise.reference(*((given | changed)[name] for name in names[: len(arrays)]), **options)

    return answer


def of_each_row(right):
    """Return the function that applies the right one to each row, where the arrays have rows."""

    def answer(*arrays, **options):
        with_axes = [array for array in arrays if np.ndim(array)]
        if min(map(np.ndim, with_axes), default=0) < 2:
            return right(*arrays, **options)
        rows = ((a[i] if np.ndim(a) else a for a in arrays) for i in range(len(with_axes[0])))
        return np.array([answer(*row, **options) for row in rows])

    return answer


def of_joined_rows(right):
    """Return the function that applies the right one to the flat arrays; the result keeps the shape if it can."""

    def answer(*arrays, **options):
        result = np.asarray(right(*map(np.ravel, arrays), **options))
        return result.reshape(np.shape(arrays[0])) if result.size == np.size(arrays[0]) else result

    return answer
