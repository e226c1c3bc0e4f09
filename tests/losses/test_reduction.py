import itertools

import numpy as np
import pytest
import tensorflow as tf
from keras.src.losses.loss import reduce_weighted_values

from lossedu.losses import reduce_loss
from tests.losses.agreement import FLOATS, tape_gradient
from tests.oracles import central_difference

RNG = np.random.default_rng(31)
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None]
SHAPES = [(), (1,), (3,), (3, 1), (1, 3), (2, 3), (2, 3, 1), (2, 3, 4), (2, 2, 2, 2)]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weights_of_each_shape_count_or_are_refused_as_in_keras(reduction, dtype):
    def theirs(values):
        return reduce_weighted_values(values, weights, reduction=reduction, dtype=np.dtype(dtype).name)

    for shape, weight_shape in itertools.product(SHAPES, SHAPES):
        values, weights = (np.asarray(RNG.random(s), dtype) for s in (shape, weight_shape))
        try:
            expected = theirs(values).numpy()
        except tf.errors.InvalidArgumentError:
            with pytest.raises(ValueError, match="shapes must be equal, or broadcast"):
                reduce_loss(values, weights, reduction)
            continue
        value, shares = reduce_loss(values, weights, reduction), reduce_loss.gradient(values, weights, reduction)
        assert (value.shape, value.dtype) == (expected.shape, dtype)
        assert (shares.shape, shares.dtype) == (shape, dtype)
        np.testing.assert_allclose(value, expected, rtol=1e-5)
        np.testing.assert_allclose(shares, tape_gradient(theirs, values), rtol=1e-5)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("mask", [None, [[1, 0, 1], [1, 1, 0]]])
@pytest.mark.parametrize("weights", [None, (), (3,), (2, 3), (2, 1), (1, 3), (2, 3, 1), (4, 2, 3)])
def test_gradient_is_the_measured_share_of_each_loss(weights, mask, reduction):
    values, weights = RNG.random((2, 3)), None if weights is None else RNG.random(weights)
    measured = central_difference(lambda v: reduce_loss(v, weights, reduction, mask), values)
    np.testing.assert_allclose(reduce_loss.gradient(values, weights, reduction, mask), measured, atol=1e-8)


def test_the_means_differ_in_what_they_divide_by():
    values, weights = [1.0, 2.0, 6.0], [1.0, 0.0, 0.5]
    assert reduce_loss(values, weights, "sum") == 4
    assert reduce_loss(values, weights, "mean") == 4 / 3
    assert reduce_loss(values, weights, "auto") == 4 / 3
    assert reduce_loss(values, weights, "mean_with_sample_weight") == 4 / 1.5
    assert reduce_loss(values, weights, "none").tolist() == [1, 0, 3]


def test_one_weight_a_sample_needs_a_last_axis_of_one():
    values = np.array([[1.0, 1.0], [3.0, 3.0]])
    assert reduce_loss(values, [[1.0], [0.0]], "sum") == 2
    assert reduce_loss(values, [1.0, 0.0], "sum") == 4


def test_weights_count_once_in_their_sum_however_often_they_are_used():
    assert reduce_loss([1.0, 2.0, 3.0], 2.0, "mean_with_sample_weight") == 6


def test_a_mean_over_nothing_is_zero():
    for mask, weights in [(None, [0.0, 0.0]), ([0, 0], None)]:
        assert reduce_loss([1.0, 2.0], weights, "mean_with_sample_weight", mask) == 0
        assert not reduce_loss.gradient([1.0, 2.0], weights, "mean_with_sample_weight", mask).any()
    assert reduce_loss([1.0, 2.0], mask=[0, 0]) == 0


def test_what_the_mask_hides_is_not_counted():
    assert reduce_loss([1.0, 5.0, 9.0], mask=[1, 1, 0]) == 3
    assert reduce_loss([1.0, 5.0, 9.0], mask=[1, 1, 0], reduction="sum") == 6


@pytest.mark.parametrize("reduction", ["mean", "mean_with_sample_weight"])
def test_a_mean_of_large_losses_is_finite_even_if_their_sum_is_not(reduction):
    assert reduce_loss(np.full(4, 1.5e308), np.ones(4), reduction) == 1.5e308


def test_no_sum_on_the_way_to_a_reduced_loss_overflows():
    huge = np.finfo(float).max
    assert reduce_loss([huge, huge, -huge, -huge], reduction="sum") == 0
    assert reduce_loss([1e200, -1e200, 1.0], [1e200, 1e200, 1.0], "sum") == 1
    assert reduce_loss([2.0, 4.0], [1e308, 1e308], "mean_with_sample_weight") == 3
    assert reduce_loss.gradient([2.0, 4.0], [1e308, 1e308], "mean_with_sample_weight").tolist() == [0.5, 0.5]


def test_a_loss_that_weighs_nothing_may_be_infinite():
    assert reduce_loss([np.inf, 3.0], [0.0, 1.0], "sum") == 3
    with pytest.raises(ValueError, match="values must not be infinite in both directions"):
        reduce_loss([np.inf, -np.inf])


def test_negative_weights_may_be_summed_but_not_divided_by():
    assert reduce_loss([1.0, 2.0], [1.0, -1.0], "sum") == -1
    with pytest.raises(ValueError, match="sample_weight must not be negative if its sum is the divisor, got -1"):
        reduce_loss([1.0, 2.0], [1.0, -1.0], "mean_with_sample_weight")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ([1.0], None, "average"),
            ValueError,
            "Invalid value .* `reduction`: got 'average', expected one of 'sum_over_batch_size', .*",
        ),
        (([1.0, 2.0], [1.0, 2.0, 3.0]), ValueError, r"got losses \(2,\), sample_weight \(3,\)"),
        (([1.0, 2.0], [1.0, np.nan]), ValueError, "sample_weight must hold numbers, got NaN"),
        (([1.0, 2.0], "heavy"), TypeError, "sample_weight must hold real numbers, got str"),
        (([1.0, 2.0], None, "sum", [1, 0, 1]), ValueError, r"mask .* shape of values: got mask \(3,\), values \(2,\)"),
        (([1.0, np.nan],), ValueError, r"values must hold numbers, got NaN \(first at index \(1,\)\)"),
        (([],), ValueError, "values must hold at least one value"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, error, message):
    for function in reduce_loss, reduce_loss.gradient:
        with pytest.raises(error, match=message):
            function(*arguments)
