import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu.losses.overlap import dice, tversky
from tests.losses import agreement
from tests.losses.agreement import assert_agreement, floats, shapes_and_dtypes
from tests.oracles import central_difference

RNG = np.random.default_rng(13)


@st.composite
def masks(draw):
    shape, dtype = draw(shapes_and_dtypes())
    y_true = draw(arrays(dtype, shape, elements=st.sampled_from([0.0, 1.0]) | floats(dtype, 0, 1)))
    y_pred = draw(arrays(dtype, shape, elements=floats(dtype, 0.01, 1)))
    axes = st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True).map(tuple)
    return y_true, y_pred, draw(st.none() | st.just(-1) | axes)


@given(triple=masks())
def test_dice_is_that_of_keras(triple):
    y_true, y_pred, axis = triple
    assert_agreement(dice, keras.losses.dice, y_true, y_pred, axis=axis)


@given(triple=masks(), alpha=st.sampled_from([0.1, 0.3, 2]), beta=st.sampled_from([0.5, 1]))
def test_tversky_is_that_of_keras(triple, alpha, beta):
    y_true, y_pred, axis = triple
    assert_agreement(tversky, keras.losses.tversky, y_true, y_pred, alpha=alpha, beta=beta, axis=axis)


@pytest.mark.parametrize("axis", [None, -1, (0, 2)])
@pytest.mark.parametrize(("loss", "options"), [(dice, {}), (tversky, {"alpha": 0.2, "beta": 1.5})])
def test_gradient_is_the_measured_slope(loss, options, axis):
    y_true, y_pred = RNG.integers(0, 2, (3, 2, 4)), RNG.uniform(0.1, 0.9, (3, 2, 4))
    measured = central_difference(lambda p: loss(y_true, p, axis=axis, **options), y_pred)
    np.testing.assert_allclose(loss.gradient(y_true, y_pred, axis=axis, **options), measured, rtol=1e-6, atol=1e-8)


def test_tversky_with_halves_is_dice():
    y_true, y_pred = RNG.integers(0, 2, (5, 8)), RNG.random((5, 8))
    np.testing.assert_allclose(tversky(y_true, y_pred, axis=1), dice(y_true, y_pred, axis=1), atol=1e-7)


def test_alpha_prices_what_was_missed_and_beta_what_was_invented():
    region = [1, 1, 0, 0]
    assert tversky(region, [1, 0, 0, 0], alpha=0) == pytest.approx(0, abs=1e-6)
    assert tversky(region, [1, 1, 1, 0], beta=0) == pytest.approx(0, abs=1e-6)


def test_empty_regions_cost_one_and_never_make_nan():
    for loss in (dice, tversky):
        assert loss([0, 0], [0, 0]) == 1
        assert np.isfinite(loss.gradient([0, 0], [0, 0])).all()


@pytest.mark.parametrize(("loss", "theirs"), [(dice, keras.losses.dice), (tversky, keras.losses.tversky)])
@pytest.mark.parametrize(("y_true", "y_pred", "name"), [([[0, 255]], [[0.5, 1]], "y_true"), ([[1]], [[4]], "y_pred")])
def test_values_beyond_one_count_as_in_keras_with_a_warning(loss, theirs, y_true, y_pred, name):
    y_true, y_pred = np.array(y_true, float), np.array(y_pred, float)
    with pytest.warns(UserWarning, match=rf"{name} should hold values in \[0, 1\], got values up to") as caught:
        assert_agreement(loss, theirs, y_true, y_pred)
    assert {warning.filename for warning in caught} == {agreement.__file__}


@pytest.mark.parametrize(
    ("loss", "arguments", "options", "error", "message"),
    [
        (dice, ([0, -1], [0.5, 0.5]), {}, ValueError, r"y_true must hold values in \[0, 1\], got values from -1 to 0"),
        (dice, ([0, 1], [-2.0, 3.0]), {}, ValueError, r"y_pred must hold values in \[0, 1\], got values from -2 to 3"),
        (
            dice,
            ([[0, 1]], [[0.5], [0.5]]),
            {},
            ValueError,
            r"must have the same shape: got y_true \(1, 2\), y_pred \(2, 1\)",
        ),
        (dice, ([0, 1], [np.nan, 0.5]), {}, ValueError, "y_pred must hold numbers, got NaN"),
        (dice, ([], []), {}, ValueError, "y_true must hold at least one value"),
        (dice, (["in"], [0.5]), {}, TypeError, "y_true must hold real numbers"),
        (dice, ([0, 1], [0.5, 0.5]), {"axis": 1}, ValueError, r"axis must be one of the 1 of shape \(2,\), got 1"),
        (tversky, ([0, 1], [0.5, 0.5]), {"alpha": -1}, ValueError, "alpha must lie between 0 and inf, got -1"),
        (tversky, ([0, 1], [0.5, -1.5]), {}, ValueError, "y_pred must hold values .* from -1.5 to 0.5"),
    ],
)
def test_bad_input_is_refused_by_name(loss, arguments, options, error, message):
    for function in (loss, loss.gradient):
        with pytest.raises(error, match=message):
            function(*arguments, **options)
