"""A right answer passes, however it is written."""

import pytest

from lossedu.exercises import FunctionExercise, get, names
from tests.checking import verdict
from tests.exercises.right_answers import RIGHT

SEEDS = (0, pytest.param(2026, marks=pytest.mark.slow))  # `make confusion` tries many others


def test_every_function_exercise_has_three_other_right_answers():
    assert set(RIGHT) == {name for name in names() if isinstance(get(name), FunctionExercise)}
    assert all(len(answers) >= 3 for answers in RIGHT.values())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "style"), [(name, style) for name in RIGHT for style in RIGHT[name]])
def test_a_right_answer_in_another_style_gets_full_points(name, style, seed):
    found = verdict(name, RIGHT[name][style], seed=seed)
    assert found.passed, found.message
