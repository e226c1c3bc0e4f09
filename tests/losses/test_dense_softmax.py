import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu.losses.dense_softmax import softmax_with_loss
from tests.losses.agreement import floats, shapes_and_dtypes, tape_gradient
from tests.oracles import central_difference

RNG = np.random.default_rng(11)
SCORES, LABELS = RNG.normal(size=(2, 3, 4, 5)), RNG.integers(0, 3, (2, 4, 5))


def layer(scores, labels, ignore_label, normalization):
    """Caffe's layer, put together from the losses of Keras."""
    last = keras.ops.moveaxis(scores, 1, -1)
    counted = labels != (labels.max() + 1 if ignore_label is None else ignore_label)
    costs = keras.losses.sparse_categorical_crossentropy(np.where(counted, labels, 0), last, from_logits=True)
    divisor = {"FULL": labels.size, "VALID": max(1, counted.sum()), "BATCH_SIZE": len(labels), "NONE": 1}
    return keras.ops.sum(costs * counted) / float(divisor[normalization])


@given(
    data=st.data(),
    normalization=st.sampled_from(["FULL", "VALID", "BATCH_SIZE", "NONE"]),
    ignore_label=st.sampled_from([None, 255, 0]),
)
def test_loss_and_gradient_are_those_of_keras_with_the_same_divisor(data, normalization, ignore_label):
    shape, dtype = data.draw(shapes_and_dtypes(min_dims=2, max_dims=5, max_side=3))
    scores = data.draw(arrays(dtype, shape, elements=floats(dtype, -50, 50)))
    classes = st.integers(0, shape[1] - 1) | st.just(0 if ignore_label is None else ignore_label)
    labels = data.draw(arrays(np.int64, (shape[0], *shape[2:]), elements=classes))
    options = {"ignore_label": ignore_label, "normalization": normalization}
    loss, prob = softmax_with_loss(scores, labels, **options)
    assert loss.shape == ()
    assert loss.dtype == prob.dtype == dtype
    np.testing.assert_allclose(loss, layer(scores, labels, **options), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(prob, np.exp(scores) / np.exp(scores).sum(1, keepdims=True), rtol=1e-4)
    slope = softmax_with_loss.gradient(scores, labels, **options)
    assert slope.dtype == dtype
    expected = tape_gradient(lambda s: layer(s, labels, **options), scores)
    np.testing.assert_allclose(slope, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("normalization", ["FULL", "VALID", "BATCH_SIZE", "NONE"])
def test_gradient_is_the_measured_slope(normalization):
    options = {"ignore_label": 1, "normalization": normalization}
    measured = central_difference(lambda scores: softmax_with_loss(scores, LABELS, **options)[0], SCORES)
    np.testing.assert_allclose(softmax_with_loss.gradient(SCORES, LABELS, **options), measured, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("options", "divisor"),
    [
        ({}, "valid"),
        ({"normalize": True}, "valid"),
        ({"normalize": False}, "batch"),
        ({"normalization": "FULL"}, 40),
        ({"normalization": "VALID"}, "valid"),
        ({"normalization": "valid"}, "valid"),
        ({"normalization": "BATCH_SIZE"}, "batch"),
        ({"normalization": "NONE"}, 1),
        ({"normalization": "FULL", "normalize": False}, 40),  # normalize is not looked at
        ({"normalization": "NONE", "normalize": True}, 1),
    ],
)
def test_the_sum_is_divided_as_the_two_switches_say(options, divisor):
    divisor = {"valid": np.sum(LABELS != 2), "batch": 2}.get(divisor, divisor)
    total = softmax_with_loss(SCORES, LABELS, ignore_label=2, normalization="NONE")[0]
    np.testing.assert_allclose(softmax_with_loss(SCORES, LABELS, ignore_label=2, **options)[0], total / divisor)
    slope = softmax_with_loss.gradient(SCORES, LABELS, ignore_label=2, normalization="NONE")
    np.testing.assert_allclose(softmax_with_loss.gradient(SCORES, LABELS, ignore_label=2, **options), slope / divisor)


def test_valid_is_full_where_nothing_is_ignored():
    assert softmax_with_loss(SCORES, LABELS)[0] == softmax_with_loss(SCORES, LABELS, normalization="FULL")[0]


def test_an_ignored_position_has_no_loss_and_no_gradient_whatever_its_scores():
    labels, scores = LABELS.copy(), SCORES.copy()
    labels[0, 1, 2] = 255
    scores[0, :, 1, 2] = [1e4, -1e4, 0]
    assert softmax_with_loss(scores, labels, 255)[0] == softmax_with_loss(SCORES, labels, 255)[0]
    slope = softmax_with_loss.gradient(scores, labels, 255)
    assert not slope[0, :, 1, 2].any()
    assert (slope != 0).sum() == slope.size - 3


def test_a_map_of_ignored_labels_costs_nothing():
    loss, prob = softmax_with_loss(SCORES, np.full_like(LABELS, 255), 255)
    assert loss == 0
    np.testing.assert_allclose(prob.sum(1), 1)
    assert not softmax_with_loss.gradient(SCORES, np.full_like(LABELS, 255), 255).any()


def test_labels_may_keep_a_class_axis_of_length_one():
    with_axis = softmax_with_loss(SCORES, LABELS[:, None])
    np.testing.assert_array_equal(with_axis[0], softmax_with_loss(SCORES, LABELS)[0])


def test_the_classes_may_lie_along_another_axis():
    last = np.moveaxis(SCORES, 1, -1)
    np.testing.assert_array_equal(softmax_with_loss(last, LABELS, axis=-1)[0], softmax_with_loss(SCORES, LABELS)[0])


def test_no_score_is_too_large():
    huge = np.finfo(float).max
    assert softmax_with_loss([[huge, -huge]], [0])[0] == 0
    np.testing.assert_array_equal(softmax_with_loss.gradient([[huge, -huge]], [1]), [[1, -1]])


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((SCORES, LABELS), {"normalization": "MEAN"}, ValueError, "one of FULL, VALID, BATCH_SIZE, NONE, got 'MEAN'"),
        ((SCORES, LABELS), {"normalize": "yes"}, TypeError, "normalize must be True, False or None, got 'yes'"),
        ((SCORES, LABELS), {"ignore_label": "void"}, TypeError, "the class to ignore must be a number, .* got 'void'"),
        ((SCORES, LABELS + 1), {}, ValueError, "labels must hold class numbers from 0 to 2, got 3"),
        ((SCORES, LABELS - 1), {"ignore_label": 255}, ValueError, "labels must hold class numbers .* got -1"),
        ((SCORES, LABELS + 0.5), {}, ValueError, "labels must hold class numbers, which are whole, got"),
        (
            (SCORES, LABELS[:, :3]),
            {},
            ValueError,
            r"labels must have the shape of scores without its class axis 1: got",
        ),
        ((LABELS, SCORES), {}, ValueError, "labels must hold class numbers, which are whole"),
        ((SCORES * np.nan, LABELS), {}, ValueError, "scores must hold numbers, got NaN"),
        ((SCORES[:0], LABELS[:0]), {}, ValueError, "scores must hold at least one value"),
        ((SCORES, [["cat"]]), {}, TypeError, "labels must hold real numbers, got list"),
        ((SCORES[:, 0, 0, 0], LABELS), {}, ValueError, r"axis must be one of the 1 of shape \(2,\), got 1"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, options, error, message):
    for function in (softmax_with_loss, softmax_with_loss.gradient):
        with pytest.raises(error, match=message):
            function(*arguments, **options)
