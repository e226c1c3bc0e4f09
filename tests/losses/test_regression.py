import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu import losses
from tests.losses.agreement import FLOATS, assert_agreement, floats, shapes_and_dtypes
from tests.oracles import central_difference

RNG = np.random.default_rng(19)
OF_THE_ERROR = ["mean_squared_error", "mean_absolute_error", "huber", "pseudo_huber", "log_cosh"]
ALL = [*OF_THE_ERROR, "mean_absolute_percentage_error", "mean_squared_logarithmic_error"]
DELTAS = [0.25, 1.0, 5.0]
CASES = [(name, {"delta": delta}) for name in ALL if "huber" in name for delta in DELTAS]
CASES += [(name, {}) for name in ALL if "huber" not in name]


@st.composite
def pairs(draw):
    shape, dtype = draw(shapes_and_dtypes())
    return [draw(arrays(dtype, shape, elements=floats(dtype, -100, 100))) for _ in range(2)]


@pytest.mark.parametrize("name", [name for name in ALL if name != "pseudo_huber"])
@given(pair=pairs(), delta=st.sampled_from([0.25, 1, 5.0]))
def test_value_and_gradient_are_those_of_keras(name, pair, delta):
    options = {"delta": delta} if name == "huber" else {}
    assert_agreement(getattr(losses, name), getattr(keras.losses, name), *pair, **options)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_gradient_is_the_measured_slope(name, options):
    loss = getattr(losses, name)
    y_true, y_pred = RNG.normal(size=(2, 3, 4, 5))
    if name == "mean_squared_logarithmic_error":
        y_true, y_pred = abs(y_true), abs(y_pred)
    measured = central_difference(lambda p: loss(y_true, p, **options), y_pred)
    np.testing.assert_allclose(loss.gradient(y_true, y_pred, **options), measured, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["huber", "pseudo_huber", "log_cosh", "mean_absolute_error"])
def test_an_enormous_error_costs_what_it_should(name):
    expected = 1e300 - np.log(2) if name == "log_cosh" else 1e300
    assert getattr(losses, name)([0.0], [1e300]) == expected
    assert getattr(losses, name)([0.0], [-1e300]) == expected


@pytest.mark.parametrize("name", ["huber", "pseudo_huber", "log_cosh", "mean_squared_error"])
def test_a_tiny_error_costs_its_square_and_never_less_than_nothing(name):
    per_square = 1 if name == "mean_squared_error" else 0.5
    np.testing.assert_allclose(getattr(losses, name)([0.0], [1e-12]), per_square * 1e-24, rtol=1e-12)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", FLOATS)
def test_no_finite_number_makes_nan(name, dtype):
    largest, smallest = np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal
    extremes = np.array([-largest, -1, -smallest, 0, smallest, 1, largest], dtype)
    y_true, y_pred = (y.reshape(-1, 1) for y in np.meshgrid(extremes, extremes))
    with np.errstate(over="ignore"):
        for result in getattr(losses, name)(y_true, y_pred), getattr(losses, name).gradient(y_true, y_pred):
            assert result.dtype == dtype
            assert not np.isnan(result).any()


def test_a_mean_of_large_squares_is_finite_even_if_their_sum_is_not():
    assert losses.mean_squared_error(np.zeros(9), np.full(9, 1.3e154)) == pytest.approx(1.69e308)


def test_a_column_of_truths_is_paired_with_flat_predictions_and_not_spread_over_them():
    assert losses.mean_squared_error([[0.0], [1.0]], [0.0, 3.0]).tolist() == [0, 4]
    assert losses.mean_squared_error.gradient([[0.0], [1.0]], [0.0, 3.0]).tolist() == [0, 4]


def test_the_mean_minimises_squares_and_the_median_sizes():
    sample = np.array([0.0, 1.0, 8.0])
    assert losses.mean_squared_error.gradient(sample, np.full(3, sample.mean())).sum() == 0
    assert losses.mean_absolute_error.gradient(sample, np.full(3, np.median(sample))).sum() == 0


def test_huber_is_018_and_013_where_a_framework_prints_0155():
    np.testing.assert_allclose(losses.huber([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), [0.18, 0.13])


def test_a_guess_of_zero_costs_a_hundred_percent():
    assert losses.mean_absolute_percentage_error([3.0, 50.0], [0.0, 0.0]) == 100


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0, 2.0], [1.0, 2.0, 3.0]), ValueError, r"got y_true \(2,\), y_pred \(3,\)"),
        (([1.0, 2.0], [np.nan, 2.0]), ValueError, r"y_pred must hold numbers, got NaN \(first at index \(0,\)\)"),
        (([], []), ValueError, r"y_true must hold at least one value, got an empty array of shape \(0,\)"),
        (([1.0], [1j]), TypeError, "y_pred must hold real numbers, got list of dtype complex128"),
        (([[1.0, 2.0], [3.0]], [1.0]), ValueError, "y_true must be an array with rows of one length"),
        ((1.0, 2.0), ValueError, r"axis must be one of the 0 of shape \(\), got -1"),
    ],
)
def test_bad_input_is_refused_by_name(name, arguments, error, message):
    for function in getattr(losses, name), getattr(losses, name).gradient:
        with pytest.raises(error, match=message):
            function(*arguments)


@pytest.mark.parametrize("loss", [losses.huber, losses.pseudo_huber])
@pytest.mark.parametrize("delta", [0, -1.0, np.nan, np.inf])
def test_delta_is_positive_and_finite(loss, delta):
    for function in loss, loss.gradient:
        with pytest.raises(ValueError, match=f"delta must be positive and finite in float64, got {delta}"):
            function([1.0], [2.0], delta)
