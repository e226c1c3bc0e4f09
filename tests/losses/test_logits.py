import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu.losses import logits as losses
from tests.losses.agreement import assert_agreement, distributions, floats, shapes_and_dtypes
from tests.oracles import central_difference

RNG = np.random.default_rng(3)


@st.composite
def labels_and_logits(draw):
    shape, dtype = draw(shapes_and_dtypes())
    labels = draw(arrays(dtype, shape, elements=st.sampled_from([0.0, 1.0]) | floats(dtype, 0, 1)))
    return labels, draw(arrays(dtype, shape, elements=floats(dtype, -100, 100)))


@given(pair=labels_and_logits())
def test_sigmoid_cross_entropy_is_that_of_tensorflow(pair):
    import tensorflow as tf

    assert_agreement(losses.sigmoid_cross_entropy_with_logits, tf.nn.sigmoid_cross_entropy_with_logits, *pair)


@given(pair=labels_and_logits(), pos_weight=st.sampled_from([0, 0.5, 1, 10]))
def test_weighted_cross_entropy_is_that_of_tensorflow(pair, pos_weight):
    import tensorflow as tf

    labels, logits = pair
    logits = np.where(logits == 0, logits.dtype.type(0.5), logits)  # TensorFlow sees a kink at 0, where there is none

    def ours(labels, logits):
        return losses.weighted_cross_entropy_with_logits(labels, logits, pos_weight)

    def gradient(labels, logits):
        return losses.weighted_cross_entropy_with_logits.gradient(labels, logits, pos_weight)

    ours.gradient = gradient
    assert_agreement(ours, lambda y, z: tf.nn.weighted_cross_entropy_with_logits(y, z, pos_weight), labels, logits)


@given(data=st.data())
def test_softmax_cross_entropy_is_that_of_tensorflow(data):
    import tensorflow as tf

    shape, dtype = data.draw(shapes_and_dtypes())
    axis = data.draw(st.integers(-1, len(shape) - 1))  # of the negative ones TensorFlow takes only -1
    labels = data.draw(distributions(shape, dtype, axis))
    logits = data.draw(arrays(dtype, shape, elements=floats(dtype, -100, 100)))
    assert_agreement(
        losses.softmax_cross_entropy_with_logits, tf.nn.softmax_cross_entropy_with_logits, labels, logits, axis=axis
    )


def test_a_weight_for_each_class_broadcasts():
    labels, logits, weights = RNG.integers(0, 2, (4, 3)), RNG.normal(size=(4, 3)), np.array([0.5, 1, 2])
    together = losses.weighted_cross_entropy_with_logits(labels, logits, weights)
    for i, weight in enumerate(weights):
        alone = losses.weighted_cross_entropy_with_logits(labels[:, i], logits[:, i], weight)
        np.testing.assert_array_equal(together[:, i], alone)


@pytest.mark.parametrize(
    ("name", "labels", "more"),
    [
        ("sigmoid_cross_entropy_with_logits", RNG.random((4, 3)), ()),
        ("weighted_cross_entropy_with_logits", RNG.random((4, 3)), (3.0,)),
        ("softmax_cross_entropy_with_logits", RNG.random((4, 3)), ()),  # rows that don't sum to 1: right all the same
    ],
)
def test_gradient_is_the_measured_slope(name, labels, more):
    loss, logits = getattr(losses, name), RNG.normal(size=(4, 3))
    logits[0, 0] = 0
    measured = central_difference(lambda z: loss(labels, z, *more), logits)
    np.testing.assert_allclose(loss.gradient(labels, logits, *more), measured, rtol=1e-6, atol=1e-8)


def test_no_finite_logit_is_too_large():
    huge = np.finfo(float).max
    logits = np.array([huge, -huge])
    np.testing.assert_array_equal(losses.sigmoid_cross_entropy_with_logits([1, 0], logits), [0, 0])
    np.testing.assert_array_equal(losses.sigmoid_cross_entropy_with_logits([0, 1], logits), [huge, huge])
    assert losses.softmax_cross_entropy_with_logits([1, 0], logits) == 0
    np.testing.assert_array_equal(losses.softmax_cross_entropy_with_logits.gradient([0, 1], logits), [1, -1])


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("sigmoid_cross_entropy_with_logits", ([3.0, -2.0], [1, 0]), ValueError, r"labels must hold prob.* -2 to 3"),
        (
            "sigmoid_cross_entropy_with_logits",
            ([[1.0]], [[1.0, 2.0]]),
            ValueError,
            r"must have the same shape: got labels \(1, 1\)",
        ),
        ("sigmoid_cross_entropy_with_logits", ([1.0], [np.nan]), ValueError, "logits must hold numbers, got NaN"),
        ("softmax_cross_entropy_with_logits", ([2, 1], [0.0, 0.0]), ValueError, "labels must hold prob.* 1 to 2"),
        ("softmax_cross_entropy_with_logits", ([1], [[0.0, 0.0]]), ValueError, r"logits \(1, 2\)"),
        ("softmax_cross_entropy_with_logits", (["cat"], [0.0]), TypeError, "labels must hold real numbers, got list"),
        ("weighted_cross_entropy_with_logits", ([1], [0.0], -1), ValueError, "pos_weight must lie between 0 and inf"),
        ("weighted_cross_entropy_with_logits", ([-1], [0.0], 1), ValueError, "labels must hold prob.* -1 to -1"),
    ],
)
def test_bad_input_is_refused_by_name(name, arguments, error, message):
    for function in (getattr(losses, name), getattr(losses, name).gradient):
        with pytest.raises(error, match=message):
            function(*arguments)
