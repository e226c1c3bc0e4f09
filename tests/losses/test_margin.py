import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu import losses
from tests.losses.agreement import FLOATS, assert_agreement, floats, shapes_and_dtypes
from tests.oracles import central_difference

RNG = np.random.default_rng(23)
BINARY = ["hinge", "squared_hinge"]
QUARTERS = st.integers(-12, 12).map(lambda n: n / 4)  # so that kinks are hit, and sums are exact


@st.composite
def labels_and_scores(draw):
    shape, dtype = draw(shapes_and_dtypes())
    labels = draw(st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (-1.0, 0.0, 1.0, 2.5)]))
    y_true = draw(arrays(dtype, shape, elements=st.sampled_from(labels)))
    return y_true, draw(arrays(dtype, shape, elements=QUARTERS | floats(dtype, -100, 100)))


@st.composite
def classes_and_scores(draw):
    shape, dtype = draw(shapes_and_dtypes())
    classes = draw(arrays(int, shape[:-1], elements=st.integers(0, shape[-1] - 1)))
    low = draw(st.sampled_from([0, -1]))
    return np.where(np.eye(shape[-1])[classes], 1, low).astype(dtype), draw(arrays(dtype, shape, elements=QUARTERS))


@pytest.mark.parametrize("name", BINARY)
@given(pair=labels_and_scores())
def test_value_and_gradient_are_those_of_keras(name, pair):
    assert_agreement(getattr(losses, name), getattr(keras.losses, name), *pair)


@given(pair=classes_and_scores())
def test_categorical_hinge_is_that_of_keras(pair):
    assert_agreement(losses.categorical_hinge, keras.losses.categorical_hinge, *pair)


@pytest.mark.parametrize("name", BINARY)
def test_gradient_is_the_measured_slope(name):
    loss, y_true, y_pred = getattr(losses, name), RNG.choice([-1, 1], (3, 4, 5)), RNG.normal(size=(3, 4, 5))
    measured = central_difference(lambda p: loss(y_true, p), y_pred)
    np.testing.assert_allclose(loss.gradient(y_true, y_pred), measured, rtol=1e-6, atol=1e-8)


def test_gradient_of_categorical_hinge_is_the_measured_slope():
    y_true, y_pred = np.eye(4)[RNG.integers(0, 4, (5, 6))], RNG.normal(size=(5, 6, 4))
    measured = central_difference(lambda p: losses.categorical_hinge(y_true, p), y_pred)
    np.testing.assert_allclose(losses.categorical_hinge.gradient(y_true, y_pred), measured, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", [*BINARY, "categorical_hinge"])
def test_no_finite_number_makes_nan(name, dtype):
    largest = np.finfo(dtype).max
    y_pred = np.array([[largest, -largest], [-largest, largest], [largest, largest], [0, 0]], dtype)
    with np.errstate(over="ignore"):
        for result in getattr(losses, name)([[1, 0]], y_pred), getattr(losses, name).gradient([[1, 0]], y_pred):
            assert result.dtype == dtype
            assert not np.isnan(result).any()


def test_labels_of_zero_and_one_are_read_as_signs_only_if_all_are():
    scores = [0.5, 0.25]
    for loss in losses.hinge, losses.squared_hinge:
        assert loss([0, 1], scores) == loss([-1, 1], scores)
        assert loss([0, -1], scores) != loss([-1, -1], scores)


def test_at_a_margin_of_one_hinge_still_has_its_slope_and_its_square_none():
    assert losses.hinge.gradient([1.0], [1.0]) == -1
    assert losses.squared_hinge.gradient([1.0], [1.0]) == 0


def test_the_strongest_rivals_share_the_slope():
    np.testing.assert_array_equal(losses.categorical_hinge.gradient([0.0, 1.0, 0.0], [1.0, 1.5, 1.0]), [0.5, -1, 0.5])


@pytest.mark.parametrize("name", [*BINARY, "categorical_hinge"])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1, 0], [1.0, 2.0, 3.0]), ValueError, r"got y_true \(2,\), y_pred \(3,\)"),
        (([1, 0], [1.0, np.nan]), ValueError, r"y_pred must hold numbers, got NaN \(first at index \(1,\)\)"),
        (([], []), ValueError, "y_true must hold at least one value"),
        ((["spam"], [1.0]), TypeError, "y_true must hold real numbers, got list of dtype <U4"),
    ],
)
def test_bad_input_is_refused_by_name(name, arguments, error, message):
    for function in getattr(losses, name), getattr(losses, name).gradient:
        with pytest.raises(error, match=message):
            function(*arguments)
