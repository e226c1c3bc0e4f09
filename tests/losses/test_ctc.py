import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu.losses.ctc import ctc
from tests.losses.agreement import FLOATS, floats, tape_gradient
from tests.oracles import central_difference

RNG = np.random.default_rng(19)


@st.composite
def sequences_and_logits(draw):
    batch, length, classes = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(2, 5))
    y_true = draw(arrays(np.int64, (batch, length), elements=st.integers(1, classes - 1)))
    for row in y_true:
        row[draw(st.integers(0, length)) :] = 0
    frames = draw(st.integers(2 * length, 2 * length + 3))
    dtype = draw(st.sampled_from(FLOATS))
    return y_true, draw(arrays(dtype, (batch, frames, classes), elements=floats(dtype, -20, 20)))


@given(pair=sequences_and_logits())
def test_ctc_is_that_of_keras(pair):
    y_true, y_pred = pair
    value, slope = ctc(y_true, y_pred), ctc.gradient(y_true, y_pred)
    assert value.dtype == slope.dtype == y_pred.dtype
    np.testing.assert_allclose(value, keras.losses.ctc(y_true, y_pred), rtol=1e-4, atol=1e-4)  # Keras: float32 inside
    expected = tape_gradient(lambda logits: keras.losses.ctc(y_true, logits), y_pred)
    np.testing.assert_allclose(slope, expected, rtol=1e-3, atol=1e-4)


def test_gradient_is_the_measured_slope():
    y_true, y_pred = [[1, 1, 2], [3, 1, 0], [0, 0, 0]], RNG.normal(size=(3, 6, 4))
    measured = central_difference(lambda logits: ctc(y_true, logits), y_pred)
    np.testing.assert_allclose(ctc.gradient(y_true, y_pred), measured, rtol=1e-6, atol=1e-8)


def test_padding_does_not_change_the_loss():
    y_pred = RNG.normal(size=(1, 6, 4))
    np.testing.assert_array_equal(ctc([[2, 3, 0, 0]], y_pred), ctc([[2, 3]], y_pred))
    np.testing.assert_array_equal(ctc.gradient([[2, 3, 0, 0]], y_pred), ctc.gradient([[2, 3]], y_pred))


def test_no_labels_are_spelled_by_blanks_alone():
    y_pred = RNG.normal(size=(1, 3, 4))
    blank = np.log(np.exp(y_pred[..., 0]) / np.exp(y_pred).sum(-1))
    np.testing.assert_allclose(ctc([[0]], y_pred), -blank.sum(-1))


def test_a_perfect_path_costs_nothing():
    logits = 1e4 * np.eye(3)[[1, 0, 1, 2]][None]
    assert ctc([[1, 1, 2]], logits) == 0
    np.testing.assert_allclose(ctc.gradient([[1, 1, 2]], logits), 0, atol=1e-12)


def test_a_long_sequence_neither_underflows_nor_takes_long():
    y_true, y_pred = RNG.integers(1, 30, (4, 60)), 30 * RNG.normal(size=(4, 500, 30))
    assert np.isfinite(ctc(y_true, y_pred)).all()
    np.testing.assert_allclose(ctc.gradient(y_true, y_pred).sum(-1), 0, atol=1e-9)


@pytest.mark.parametrize("dtype", FLOATS)
def test_gradient_of_logits_near_the_largest_float_is_that_of_large_ones(dtype):
    y_true, logits = [[1, 2], [2, 0]], RNG.uniform(-1, 1, size=(2, 5, 3)).astype(dtype)
    slope = ctc.gradient(y_true, logits * np.finfo(dtype).max)
    np.testing.assert_allclose(slope, ctc.gradient(y_true, logits * dtype(1e6)), atol=1e-6)


@pytest.mark.filterwarnings("ignore:y_true should hold 0")
@given(
    y_true=arrays(np.int64, (1, 4), elements=st.integers(0, 2)),
    y_pred=arrays(np.float64, (1, 7, 3), elements=floats(np.float64, -5, 5)),
)
def test_a_row_with_a_0_before_a_label_is_read_as_in_keras(y_true, y_pred):
    np.testing.assert_allclose(ctc(y_true, y_pred), keras.losses.ctc(y_true, y_pred), rtol=1e-4, atol=1e-4)
    measured = central_difference(lambda logits: ctc(y_true, logits), y_pred)  # TensorFlow's slope forgets the 0
    np.testing.assert_allclose(ctc.gradient(y_true, y_pred), measured, rtol=1e-5, atol=1e-7)


def test_a_0_before_a_label_is_warned_of():
    for function in ctc, ctc.gradient:
        with pytest.warns(UserWarning, match="got a label after a 0: as in Keras, a row of n labels") as caught:
            function([[1, 0, 2]], FOUR)
        assert caught[0].filename == __file__


FOUR = np.zeros((1, 4, 3))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1, 3]], FOUR), ValueError, "y_true must hold class numbers from 1 to 2, or 0 for padding, got .* 1 to 3"),
        (([[-1, 1]], FOUR), ValueError, "y_true must hold class numbers .* from -1 to 1"),
        (([[1, 1, 1]], FOUR), ValueError, "row 0 needs 5 .*, got 4"),
        (([1, 2], FOUR), ValueError, r"y_true must have shape \(N, L\) .* got y_true \(2,\), y_pred \(1, 4, 3\)"),
        (([[1], [2]], FOUR), ValueError, r"got y_true \(2, 1\), y_pred \(1, 4, 3\)"),
        (([[1.5]], FOUR), ValueError, "y_true must hold class numbers, which are whole, got 1.5"),
        (([[1]], FOUR * np.nan), ValueError, "y_pred must hold numbers, got NaN"),
        (([[]], FOUR), ValueError, "y_true must hold at least one value"),
        (([["a"]], FOUR), TypeError, "y_true must hold real numbers, got list"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, error, message):
    for function in (ctc, ctc.gradient):
        with pytest.raises(error, match=message):
            function(*arguments)
