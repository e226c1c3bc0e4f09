"""The rules by which wrong steps are taken are right, but for the part that is replaced."""

import pytest

from lossedu.exercises import _steps, get
from tests.checking import verdict


@pytest.mark.parametrize("rule", ["sgd", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam"])
def test_a_rule_of_which_nothing_is_replaced_is_right(rule):
    exercise = get(f"{rule}_step")
    assert verdict(exercise.name, _steps.by_rule(exercise, getattr(_steps, rule)), seed=1).passed
