"""In float64, no loss and no gradient is further from its definition than 4 ulp, or 1e-15 near zero."""

import pytest

from tests.losses.accuracy import BEYOND_FOUR, CASES

ROWS = 200


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_and_gradient_are_within_four_ulp_of_the_definition(case):
    arrays = case.draw(ROWS)
    value_limit, gradient_limit, _ = case.limits
    assert case.errors(case.evaluate(case.loss, arrays), arrays).max() <= value_limit
    if case.has_gradient:
        assert case.gradient_errors(case.evaluate(case.loss.gradient, arrays), arrays).max() <= gradient_limit


def test_exceptions_are_of_losses_that_are_measured():
    assert set(BEYOND_FOUR) <= {case.name for case in CASES}
