import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu.losses.embeddings import contrastive, triplet
from tests.losses.agreement import FLOATS, assert_agreement, floats, tape_gradient

RNG = np.random.default_rng(29)
SHAPES = st.sampled_from([(1,), (4, 3), (2, 3, 2)])
MARGINS = st.sampled_from([0.25, 1.0, 3.0])


def tf_contrastive(y_true, y_pred, margin):
    far = tf.maximum(margin - y_pred, 0)
    return tf.reduce_mean(y_true * tf.square(y_pred) + (1 - y_true) * tf.square(far), -1) / 2


def tf_triplet(a, p, n, margin):
    to_positive, to_negative = (tf.reduce_sum(tf.square(a - x), -1) for x in (p, n))
    return tf.maximum(to_positive - to_negative + margin, 0)


@given(dtype=st.sampled_from(FLOATS), shape=SHAPES, margin=MARGINS, data=st.data())
def test_contrastive_is_its_formula_in_tensorflow(dtype, shape, margin, data):
    y_true = data.draw(arrays(dtype, shape, elements=st.sampled_from([0.0, 1.0])))
    y_pred = data.draw(arrays(dtype, shape, elements=floats(dtype, 0, 10)))
    assert_agreement(contrastive, tf_contrastive, y_true, y_pred, margin=margin)


@given(dtype=st.sampled_from(FLOATS), shape=SHAPES, margin=MARGINS, data=st.data())
def test_triplet_and_its_three_slopes_are_its_formula_in_tensorflow(dtype, shape, margin, data):
    three = [data.draw(arrays(dtype, shape, elements=st.sampled_from([-1.0, -0.5, 0.0, 0.5, 2.0]))) for _ in range(3)]
    value = triplet(*three, margin=margin)
    assert value.dtype == dtype
    np.testing.assert_allclose(value, tf_triplet(*three, margin), rtol=1e-5)
    slopes = triplet.gradient(*three, margin=margin)
    assert slopes.dtype == dtype
    assert slopes.shape == (3, *shape)
    for i, slope in enumerate(slopes):
        moved = tape_gradient(lambda x, i=i: tf_triplet(*three[:i], x, *three[i + 1 :], margin), three[i])
        np.testing.assert_allclose(slope, moved, rtol=1e-5)


def test_the_pair_moves_alone_until_the_margin_is_met():
    apart, distance = [[0.0]], np.array([[0.0]])
    for _ in range(200):
        distance -= 0.1 * contrastive.gradient(apart, distance, margin=2.0)
    assert distance == pytest.approx(2.0, abs=1e-6)
    assert contrastive(apart, [[2.5]], margin=2.0) == 0
    assert not contrastive.gradient(apart, [[2.5]], margin=2.0).any()


def test_a_triplet_is_not_changed_by_a_shift_and_its_slopes_cancel():
    three = RNG.normal(size=(3, 20, 4))
    np.testing.assert_allclose(triplet(*(three + 0.5)), triplet(*three), atol=1e-12)
    np.testing.assert_allclose(triplet.gradient(*three).sum(0), 0, atol=1e-14)


def test_huge_embeddings_make_infinity_and_never_nan():
    with np.errstate(over="ignore"):
        assert triplet([0.0], [1e200], [1.0]) == np.inf
    assert triplet([0.0], [1e200], [1e200]) == 0.2
    assert triplet([0.0], [1.0], [1e150]) == 0
    assert triplet([0.0], [0.0], [1e-200]) == 0.2


@pytest.mark.parametrize(
    ("loss", "arguments", "options", "error", "message"),
    [
        (contrastive, ([0, 2], [1, 1]), {}, ValueError, "y_true must hold prob.* from 0 to 2"),
        (contrastive, ([0, 1], [1, -1]), {}, ValueError, "y_pred must hold distances of 0 or more, got -1"),
        (contrastive, ([0, 1], [1]), {}, ValueError, r"y_true \(2,\), y_pred \(1,\)"),
        (contrastive, ([0], [1]), {"margin": 0}, ValueError, "margin must be positive and finite in float64, got 0"),
        (triplet, ([0, 1], [1, 2], [1]), {}, ValueError, r"anchor \(2,\), positive \(2,\), negative \(1,\)"),
        (triplet, ([0], [1], [np.nan]), {}, ValueError, "negative must hold numbers, got NaN"),
        (triplet, ([0], [1], [1]), {"margin": -1}, ValueError, "margin must be positive and finite in float64, got -1"),
        (triplet, (0, 1, 2), {}, ValueError, r"axis must be one of the 0 of shape \(\)"),
    ],
)
def test_bad_input_is_refused_by_name(loss, arguments, options, error, message):
    for function in (loss, loss.gradient):
        with pytest.raises(error, match=message):
            function(*arguments, **options)
