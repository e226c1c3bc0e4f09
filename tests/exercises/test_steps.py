"""Exercises that ask for the step of an optimizer: their defaults, and the rules by which wrong steps are taken."""

import functools
import inspect

import pytest

from lossedu import optimizers
from lossedu.exercises import _optimizer_steps, get
from tests.checking import verdict

OPTIMIZERS = ["sgd", "adagrad", "rmsprop", "adadelta", "adam", "adamax", "nadam"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_has_the_defaults_of_its_optimizer(name):
    _, _, _, *hyperparameters = inspect.signature(get(f"{name}_step").stub).parameters.values()
    assert {p.name: p.default for p in hyperparameters}.items() <= optimizers.get(name).get_config().items()


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_a_rule_of_which_nothing_is_replaced_is_right(rule):
    exercise = get(f"{rule}_step")
    step = functools.partial(_optimizer_steps.by_rule(getattr(_optimizer_steps, rule)), **exercise.defaults)
    assert verdict(exercise.name, step, seed=1).passed
