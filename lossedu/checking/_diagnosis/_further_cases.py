"""Inputs beyond the cases of an exercise, on which explanations of a wrong answer differ."""

import functools
from dataclasses import replace
from typing import cast

import numpy as np

from lossedu.checking._answers import outcomes_of
from lossedu.exercises import FunctionExercise, get

FRESH_SEEDS = (101, 102)  # of the inputs that are drawn
MOST_FRESH = 36
NEARER = (40.0, 100.0, 300.0)  # an extreme input is scaled until its largest number has one of these sizes
OF_A_KIND, MOST_TELLING, SMALL_CASE = 3, 12, 12  # inputs that distinguish explanations: of one kind, in all, size
FACTORS = (0.75, 0.9, 1.25)  # that wrong inputs are multiplied by


def fresh_cases(exercise):
    """Return further cases of an exercise with the outcomes of its reference, the smallest first; drawn once."""
    return _drawn(exercise.name, exercise.reference, exercise.build_cases)


@functools.cache
def _drawn(name, reference, build_cases):
    exercise = cast(FunctionExercise, get(name))
    public = {case.digest() for case in exercise.public_cases}
    drawn = [case for seed in FRESH_SEEDS for case in build_cases(np.random.default_rng(seed))]
    further = apart_from(public, drawn)
    further = sorted(further, key=lambda case: case.size)[:MOST_FRESH]
    telling = [
        *less_extreme(exercise.public_cases),
        *with_other_labels(exercise, [*exercise.public_cases, *further]),
        *partly_whole(exercise.public_cases),
    ]
    further += apart_from(public, telling)
    rights = outcomes_of(reference, exercise, [case.arguments for case in further])
    return [(case, right) for case, right in zip(further, rights, strict=True) if right.problem is None]


def apart_from(known, cases):
    """Return the cases whose digests are not known, each once."""
    return list({case.digest(): case for case in cases if case.digest() not in known}.values())


def less_extreme(cases):
    """Return extreme cases with their large numbers scaled down, where some mistakes show and others don't."""
    found = []
    for case in cases:
        large = {name: a for name, a in case.arguments.items() if is_large(a)} if case.is_extreme else {}
        if large:
            nearer = (replace(case, arguments={**case.arguments, **scaled(large, limit)}) for limit in NEARER)
            found += [each for each in nearer if each.size <= SMALL_CASE]
    return found[:MOST_TELLING]


def like_these(samples, plain):
    """Return cases like those of the samples, as their domains allow: parts of them, scaled, with ordinary entries."""
    found = []
    for case in (sample.case for sample in samples):
        arrays = {name: case.arguments[name] for name in case.domains if name in case.arguments}
        if not are_short_vectors(arrays.values()):
            continue
        scaled = [{name: factor * array for name, array in arrays.items()} for factor in FACTORS]
        others = [*single_entries(case, arrays), *scaled, *with_ordinary(case, arrays, plain), *exchanged(arrays)]
        for changed in others:
            of_kind = {name: array.astype(arrays[name].dtype) for name, array in changed.items()}
            if fits(case, of_kind):
                found.append(replace(case, arguments={**case.arguments, **of_kind}))
    return found


def are_short_vectors(arrays):
    """Tell whether all arguments are vectors of one length, and short."""
    shapes = {np.shape(array) for array in arrays}
    are_arrays = all(isinstance(array, np.ndarray) for array in arrays)
    return are_arrays and len(shapes) == 1 and all(len(shape) == 1 and shape[0] <= SMALL_CASE for shape in shapes)


def single_entries(case, arrays):
    """Return the entries of vectors, each alone; none if their domains let the entries depend on one another."""
    length = len(next(iter(arrays.values())))
    single = [{name: array[i : i + 1] for name, array in arrays.items()} for i in range(length)]
    return single if all(fits(case, each) for each in single) else []


def with_ordinary(case, arrays, plain):
    """Return vectors with those of an ordinary case in the place of one, and behind and before them."""
    others = [each.arguments for each in plain if repr(each.options) == repr(case.options)]
    vectors = [each for each in others if all(np.ndim(each[name]) == 1 for name in arrays)]
    of_shape = [each for each in vectors if all(each[name].shape == arrays[name].shape for name in arrays)]
    if not vectors:
        return []
    ordinary = (of_shape or vectors)[0]
    alike = [{**arrays, name: ordinary[name]} for name in arrays if ordinary[name].shape == arrays[name].shape]
    return [
        *(alike if len(arrays) > 1 else ()),
        {name: np.concatenate([array, ordinary[name]]) for name, array in arrays.items()},
        {name: np.concatenate([ordinary[name], array]) for name, array in arrays.items()},
    ]


def exchanged(arrays):
    """Return the first two of these arrays in each other's place, beside the others; none if there is one array."""
    if len(arrays) < 2:
        return []
    one, other = list(arrays)[:2]
    return [{**arrays, one: arrays[other], other: arrays[one]}]


def fits(case, arrays):
    """Tell whether arrays, given by name, lie in the domains of a case."""
    return all(case.domains[name].holds(array) for name, array in arrays.items())


def is_large(argument):
    """Tell whether an argument is an array of floats with a number larger than all of `NEARER`, and finite."""
    is_real = isinstance(argument, np.ndarray) and argument.dtype.kind == "f"
    return is_real and max(NEARER) < np.max(np.abs(argument), initial=0) < np.inf


def scaled(arrays, limit):
    """Scale arrays, given by name, so that the largest absolute value of each equals a limit."""
    return {name: array * (limit / np.max(np.abs(array))) for name, array in arrays.items()}


def partly_whole(cases):
    """Return small cases of integers in which one of the arguments has floats of the same values."""
    found = []
    for case in cases:
        names = [name for name, domain in case.domains.items() if not domain.whole]
        arrays = {name: case.arguments[name] for name in names if isinstance(case.arguments[name], np.ndarray)}
        is_whole = len(arrays) > 1 and all(array.dtype.kind == "i" for array in arrays.values())
        if is_whole and case.size <= 3 * SMALL_CASE:
            found += [replace(case, arguments={**case.arguments, name: a.astype(float)}) for name, a in arrays.items()]
    return found[:MOST_TELLING]


def other_options(case, name):
    """Return the other options of a case: their names, with their values unless these are fractions."""
    options = {n: v for n, v in case.arguments.items() if n != name and not isinstance(v, np.ndarray)}
    return [(n, None if isinstance(value, float) and value else value) for n, value in options.items()]


def with_other_labels(exercise, cases):
    """Return small cases in which another label replaces an optional one, also in arrays of labels."""
    optional = [name for name, default in exercise.defaults.items() if default is None]
    found = {}  # the key is the other options
    for case in sorted(cases, key=lambda case: case.size):
        labels = {name: a for name, a in case.arguments.items() if isinstance(a, np.ndarray) and a.dtype.kind in "iu"}
        known = {int(label) for array in labels.values() for label in np.unique(array)}
        for name in optional:
            value = case.arguments.get(name)
            if type(value) is not int:
                continue
            alike = found.setdefault((name, *map(str, other_options(case, name))), [])
            for other in sorted(known - {value}):
                renamed = {of: np.where(array == value, other, array) for of, array in labels.items()}
                alike.append(replace(case, arguments={**case.arguments, **renamed, name: other}))
    return [case for alike in found.values() for case in alike[:OF_A_KIND]][:MOST_TELLING]
