"""What is sent to a kernel arrives there as it was."""

import numpy as np
import pytest

from lossedu import exercises
from lossedu.checking._answers import Answer
from lossedu.checking._shrink import simpler
from lossedu.checking.probe import attempt
from tests.checking import sent, verdict

FUNCTIONS = [
    exercise for exercise in map(exercises.get, exercises.names()) if isinstance(exercise, exercises.FunctionExercise)
]


def difference(before, after):
    """In words, how a value that arrived differs from what was sent; None if it is the same."""
    if isinstance(before, list | tuple):
        same = type(before) is type(after) and len(before) == len(after)
        return next(filter(None, map(difference, before, after)), None) if same else f"{after!r} for {before!r}"
    if isinstance(before, dict):
        same = isinstance(after, dict) and list(before) == list(after)
        values = before.values(), after.values()
        return next(filter(None, map(difference, *values)), None) if same else f"{after!r} for {before!r}"
    same = type(before) is type(after)
    if same and isinstance(before, np.ndarray | np.generic):
        same = (before.dtype, before.shape) == (after.dtype, after.shape)
    same = same and np.array_equal(before, after, equal_nan=isinstance(before, float | np.ndarray | np.number))
    return None if same else f"{type(after).__name__} {after!r} for {type(before).__name__} {before!r}"


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2**60,
        0.1,
        np.nan,
        -np.inf,
        "valid",
        np.float64(0.1),
        np.float32(0.1),
        np.int64(3),
        np.bool_(True),
        np.array(0.5),
        np.array([True, False]),
        np.zeros((2, 0, 3)),
        np.arange(6.0).reshape(2, 3).T,
        np.broadcast_to(1.0, (2, 3)),
        np.array([1, 2], ">i4"),
        [("update", np.array([1.0])), ("result",)],
        {"a": {"b": [np.float64(1), 1.0, 1]}},
        {"axis": (1, 2)},
    ],
    ids=repr,
)
def test_plain_data_arrays_and_numbers_arrive_as_they_were(value):
    assert difference(value, sent(value)) is None


def test_a_difference_is_seen():
    pairs = [(1, 1.0), (True, 1), (np.float64(1), np.array(1.0)), (np.float64(1), 1.0), ([1], [2]), ({"a": 1}, {})]
    for before, after in [*pairs, (np.ones(2), np.ones((1, 2))), (np.ones(2), np.ones(2, "float32")), (0.0, 0.1)]:
        assert difference(before, after)


@pytest.mark.parametrize("seeds", [3, pytest.param(21, marks=pytest.mark.slow)])
def test_the_requests_of_all_exercises_arrive_as_they_were(seeds):
    """The cases that everybody sees, hidden ones, and those that are made of them to be shown."""
    found = []
    for exercise in FUNCTIONS:
        cases = [case for seed in (None, *range(seeds)) for case in exercise.cases(seed)]
        unlike = list({case.digest(): case for case in cases}.values())
        smaller = [each for case in exercise.cases(0) for each in simpler(case)]
        smallest = [each for case in smaller for each in simpler(case)[:2]]
        for case in unlike + smaller + smallest:
            call = exercise.split(case.arguments)
            found += [f"{exercise.name}: {words}"] if (words := difference(call, sent(call))) else []
    assert not found, found


def test_an_answer_is_given_the_same_in_a_kernel_as_in_the_notebook():
    """Also the options: numbers as numbers, arrays as arrays of its own that can be written to."""
    found = []
    for exercise in FUNCTIONS:
        if exercise.protocol != "call":
            continue
        seen = []

        def answer(*arguments, seen=seen, **options):
            seen.append((arguments, options))
            return 0.0

        cases = [each for case in exercise.cases(7) for each in (case, *simpler(case)[:1])]
        calls = [exercise.split(case.arguments) for case in cases]
        Answer(answer).try_on(exercise, [case.arguments for case in cases])
        for call in sent(calls):
            attempt(answer, *call)
        for here, there in zip(seen[: len(cases)], seen[len(cases) :], strict=True):
            found += [f"{exercise.name}: {words}"] if (words := difference(here, there)) else []
    assert not found, found


def test_an_option_that_is_changed_in_place_is_told():
    def reduce_loss(values, sample_weight=None, reduction="sum_over_batch_size"):
        if isinstance(sample_weight, np.ndarray):
            sample_weight *= 2
        return exercises.get("reduce_loss").reference(values, sample_weight, reduction)

    found = verdict("reduce_loss", reduce_loss)
    assert "changes its argument sample_weight in place; work on a copy" in found.message
