"""Extreme inputs come in one batch too, where the rows of a batch have nothing to do with one another."""

import numpy as np

from lossedu.exercises import get
from lossedu.exercises._domains import cases, real
from lossedu.exercises._together import with_batches_of_extremes

ERRORS = {"error": real(-1, 1)}


def built(right, **how):
    """Build the cases of a function of errors, and return those with several rows of extremes."""
    build = cases(ERRORS, first=[((1, 2),)], extremes=[((0, 0),), ((800, -800),)], vectors=(), square=None, **how)
    own = build(np.random.default_rng(0))
    return with_batches_of_extremes(build, lambda arguments: right(**arguments))(np.random.default_rng(0))[len(own) :]


def test_extremes_stand_in_one_batch_with_an_ordinary_row():
    (batch,) = built(lambda error: np.mean(error**2, axis=-1))
    assert batch.aspect == "extremes"
    assert batch.arguments["error"].tolist() == [[0, 0], [800, -800], [1, 2]]


def test_no_batch_is_made_for_what_joins_its_rows():
    assert built(lambda error: np.mean(error**2)) == []


def test_no_batch_is_made_where_the_contract_takes_none():
    assert built(lambda error: np.mean(error**2, axis=-1), batches=()) == []


def test_rows_of_different_conventions_are_not_mixed():
    hinge = get("hinge")
    mixed = [case for case in hinge.public_cases if np.ndim(case.arguments["y_true"]) > 1]
    assert not any({-1, 0} <= set(case.arguments["y_true"].ravel()) for case in mixed)


def test_the_arrays_that_are_drawn_stay_the_same():
    exercise = get("rmse_gradient")
    one, other = (exercise.build_cases(np.random.default_rng(5)) for _ in range(2))
    assert [case.digest() for case in one] == [case.digest() for case in other]
