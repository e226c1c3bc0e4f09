"""Laws of the mathematics, as exercises declare them: true of every right answer, on every input."""

import numpy as np
import pytest

from lossedu.checking._answers import outcomes_of
from lossedu.exercises import FunctionExercise, get, names
from lossedu.exercises.laws import LAWS, law_named

DECLARED = [
    (exercise, name)
    for exercise in map(get, names())
    if isinstance(exercise, FunctionExercise)
    for name in exercise.laws
]


def pairs(exercise, law, seed):
    """The outcomes of the reference for each case that the law says something of, and for its second input."""
    firsts = [case.arguments for case in exercise.cases(seed)]
    found = [(first, second) for first in firsts if (second := law.change(first)) is not None]
    ones = outcomes_of(exercise.reference, exercise, [first for first, _ in found])
    others = outcomes_of(exercise.reference, exercise, [second for _, second in found])
    return [
        (first, one, other)
        for (first, _), one, other in zip(found, ones, others, strict=True)
        if one.problem is None and other.problem is None
    ]


@pytest.mark.parametrize(("exercise", "name"), DECLARED, ids=lambda each: getattr(each, "name", each))
def test_a_declared_law_is_true_of_the_reference_on_all_cases(exercise, name):
    law = law_named(name)
    tried = pairs(exercise, law, seed=3)
    assert tried, "the law says nothing of any case"
    for first, one, other in tried:
        assert law.holds(one.values, other.values, first), first


@pytest.mark.parametrize("name", LAWS)
def test_every_law_has_a_sentence_and_a_question(name):
    law = LAWS[name]("x" if LAWS[name].of_argument else None)
    assert not law.sentence.endswith((".", "?"))
    assert law.hint.endswith("?")
    assert law.name.partition(":")[0] == name


def test_an_unknown_law_is_answered_with_those_that_exist():
    with pytest.raises(KeyError, match=r"there is no law 'always right'; there are .*never_negative"):
        law_named("always right")


@pytest.mark.parametrize("name", ["shift_invariant", "never_negative:x"])
def test_a_law_is_told_apart_from_a_law_of_an_argument(name):
    with pytest.raises(ValueError, match="takes"):
        law_named(name)


BREAKERS = {
    "never_negative": lambda x: -np.ones(2),
    "never_positive": lambda x: np.ones(2),
    "bounded_by_one": lambda x: np.full(2, 1.5),
    "between_minus_one_and_one": lambda x: np.full(2, -1.5),
    "finite": lambda x: np.array([1.0, np.inf]),
    "sums_to_one": lambda x: np.array([0.5, 0.6]),
    "entries_sum_to_zero": lambda x: np.array([0.5, -0.6]),
    "shift_invariant:x": lambda x: x,
    "scale_invariant:x": lambda x: x,
    "scales_with:x": lambda x: x**2,
    "scales_inversely_with:x": lambda x: x,
    "even:x": lambda x: x,
    "odd:x": lambda x: x**2,
    "complements:x": lambda x: x,
    "depends_on:x": lambda x: np.ones(2),
    "follows_order_of_classes": lambda x: np.array([1.0, 2.0]),
    "order_of_classes": lambda x: x,
    "same_for_batch_twice": np.sum,
}


@pytest.mark.parametrize("name", BREAKERS)
def test_a_law_is_broken_by_what_does_not_obey_it(name):
    law, first = law_named(name), {"x": np.array([1.0, 4.0])}
    one, other = ([np.asarray(BREAKERS[name](arguments["x"]))] for arguments in (first, law.change(first)))
    assert not law.holds(one, other, first)


def test_rows_that_depend_on_each_other_break_the_laws_of_batches():
    batch = {"x": np.array([[1.0, 4.0], [2.0, 9.0]])}
    law = law_named("rows_apart")
    second = law.change(batch)
    assert law.holds([batch["x"] * 2], [second["x"] * 2], batch)
    assert not law.holds([batch["x"] - batch["x"].mean()], [second["x"] - second["x"].mean()], batch)
    order = law_named("follows_order_of_rows")
    second = order.change(batch)
    assert not order.holds([np.cumsum(batch["x"], 0)], [np.cumsum(second["x"], 0)], batch)


def test_laws_of_two_arguments_look_at_both():
    arguments = {"p": np.array([0.2, 0.8]), "q": np.array([0.5, 0.5])}
    swapped = law_named("symmetric").change(arguments)
    assert np.array_equal(swapped["p"], arguments["q"])
    assert not law_named("symmetric").holds([np.array(1.0)], [np.array(2.0)], arguments)
    assert law_named("antisymmetric").holds([np.array(1.0)], [np.array(-1.0)], arguments)
    equal = law_named("zero_for_equal").change(arguments)
    assert np.array_equal(equal["q"], arguments["p"])
    assert not law_named("zero_for_equal").holds([np.array(1.0)], [np.array(0.1)], arguments)
