"""Comparisons that the tests of several loss families share."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

FLOATS = [np.float32, np.float64]


def tape_gradient(function, y_pred):
    """The slope that tf.GradientTape sees in the sum of `function(y_pred)`, with respect to `y_pred`."""
    import tensorflow as tf

    predictions = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        total = tf.reduce_sum(function(predictions))
    return tape.gradient(total, predictions).numpy()


def assert_agreement(ours, theirs, y_true, y_pred, **options):
    """Value, gradient, dtype and shape of the loss `ours` are those of the TensorFlow function `theirs`."""
    value, expected = ours(y_true, y_pred, **options), theirs(y_true, y_pred, **options).numpy()
    assert value.dtype == y_pred.dtype
    assert value.shape == expected.shape
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)
    slope, expected = (
        ours.gradient(y_true, y_pred, **options),
        tape_gradient(lambda predictions: theirs(y_true, predictions, **options), y_pred),
    )
    assert slope.dtype == y_pred.dtype
    assert slope.shape == y_pred.shape
    np.testing.assert_allclose(slope, expected, rtol=1e-4, atol=1e-6 + 1e-5 * np.abs(expected).max())


def floats(dtype, low, high):
    """Numbers that float32 holds, as both dtypes can, and none of them denormal."""
    return st.floats(np.float32(low).item(), np.float32(high).item(), width=32, allow_subnormal=False)


@st.composite
def shapes_and_dtypes(draw, min_dims=1, max_dims=4, max_side=4):
    return draw(array_shapes(min_dims=min_dims, max_dims=max_dims, max_side=max_side)), draw(st.sampled_from(FLOATS))


@st.composite
def distributions(draw, shape, dtype, axis=-1):
    """Probabilities that sum to 1 along `axis`, some of them 0."""
    elements = st.just(0.0) | floats(dtype, 0.0625, 1)
    weights = draw(arrays(dtype, shape, elements=elements))
    weights += weights.sum(axis, keepdims=True) == 0
    return weights / weights.sum(axis, keepdims=True)
