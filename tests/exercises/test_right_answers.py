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
@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_in_other_styles_get_full_points(name, seed):
    verdicts = {style: verdict(name, answer, seed=seed) for style, answer in RIGHT[name].items()}
    assert {style: found.message for style, found in verdicts.items() if not found.passed} == {}
