import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu.losses.classes import Circle
from lossedu.losses.similarity import circle, cosine_similarity
from tests.losses.agreement import FLOATS, assert_agreement, floats, shapes_and_dtypes
from tests.oracles import central_difference

RNG = np.random.default_rng(17)


@st.composite
def vectors(draw):
    shape, dtype = draw(shapes_and_dtypes())
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    y_true, y_pred = (draw(arrays(dtype, shape, elements=floats(dtype, -10, 10))) for _ in range(2))
    y_pred += np.abs(y_pred).sum(axis, keepdims=True) < 0.01  # at a zero vector TensorFlow's slope is NaN
    return y_true, y_pred, axis


def unit_rows(dtype, shape):
    rows = RNG.normal(size=shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(dtype)


@given(triple=vectors())
def test_cosine_similarity_is_that_of_keras(triple):
    y_true, y_pred, axis = triple
    assert_agreement(cosine_similarity, keras.losses.cosine_similarity, y_true, y_pred, axis=axis)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "options",
    [{}, {"remove_diagonal": False}, {"gamma": 5}, {"margin": 0.25, "gamma": 1}, {"references": 7}, {"references": 3}],
)
@pytest.mark.parametrize("shape", [(1, 2), (5, 3), (12, 4)])
def test_circle_is_that_of_keras(shape, dtype, options):
    options = options.copy()
    if rows := options.pop("references", None):
        options |= {"ref_labels": RNG.integers(0, 3, rows), "ref_embeddings": unit_rows(dtype, (rows, shape[1]))}
    assert_agreement(circle, keras.losses.circle, RNG.integers(0, 3, shape[0]), unit_rows(dtype, shape), **options)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gradient_of_cosine_similarity_is_the_measured_slope(axis):
    y_true, y_pred = RNG.normal(size=(2, 3, 4))
    measured = central_difference(lambda y: cosine_similarity(y_true, y, axis), y_pred)
    np.testing.assert_allclose(cosine_similarity.gradient(y_true, y_pred, axis), measured, rtol=1e-6, atol=1e-8)


def test_gradient_of_circle_is_the_measured_slope_of_the_sum():
    labels, x = RNG.integers(0, 3, (8, 1)), 0.9 * unit_rows(float, (8, 4))
    measured = central_difference(lambda y: circle(labels, y, gamma=5), x)
    np.testing.assert_allclose(circle.gradient(labels, x, gamma=5), measured, rtol=1e-6, atol=1e-7)
    references = {"ref_labels": [0, 1, 2], "ref_embeddings": 0.9 * unit_rows(float, (3, 4))}
    measured = central_difference(lambda y: circle(labels, y, gamma=5, **references), x)
    np.testing.assert_allclose(circle.gradient(labels, x, gamma=5, **references), measured, rtol=1e-6, atol=1e-7)


def test_alike_is_minus_one_opposite_is_one_and_a_right_angle_zero():
    np.testing.assert_allclose(cosine_similarity([[1, 2]] * 3, [[2, 4], [-1, -2], [2, -1]]), [-1, 1, 0], atol=1e-15)


def test_lengths_do_not_matter_and_the_slope_is_tangent():
    y_true, y_pred = RNG.normal(size=(2, 20, 4))
    np.testing.assert_allclose(cosine_similarity(3 * y_true, 5 * y_pred), cosine_similarity(y_true, y_pred))
    np.testing.assert_allclose((y_pred * cosine_similarity.gradient(y_true, y_pred)).sum(-1), 0, atol=1e-14)


def test_a_zero_vector_is_at_a_right_angle_to_all():
    assert cosine_similarity([1, 0], [0, 0]) == 0
    np.testing.assert_allclose(cosine_similarity.gradient([1, 0], [0, 0]), [-1e7, 0])


def test_an_embedding_without_a_pair_costs_nothing():
    value = circle([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    assert value[2] == 0
    assert value[0] > 0
    assert not circle.gradient([0, 1], np.eye(2)).any()
    np.testing.assert_array_equal(circle([0, 0], np.eye(2)), [0, 0])


@pytest.mark.parametrize("dtype", FLOATS)
def test_embeddings_near_the_largest_float_are_drawn_to_the_furthest_of_their_class(dtype):
    huge = np.finfo(dtype).max
    x = np.array([[1, 0], [-1, 0], [-0.5, 0], [0, 0.5]], dtype) * huge
    with np.errstate(over="ignore"):
        loss, slope, mean_slope = (f([0, 0, 0, 1], x) for f in (circle, circle.gradient, Circle().gradient))
    np.testing.assert_array_equal(loss, [np.inf, np.inf, np.inf, 0])
    np.testing.assert_array_equal(slope, [[np.inf, 0], [-np.inf, 0], [-np.inf, 0], [0, 0]])
    np.testing.assert_array_equal(mean_slope, slope)


def test_no_finite_vector_makes_nan():
    huge = np.finfo(float).max
    for y in ([huge, -huge], [5e-324, 0], [1e-300, 1e300], [0, 0]):
        assert np.isfinite(cosine_similarity([1, 2], y))
        assert np.isfinite(cosine_similarity(y, [1, 2]))
        assert np.isfinite(cosine_similarity.gradient([1, 2], y)).all()


@pytest.mark.parametrize(
    ("loss", "arguments", "options", "error", "message"),
    [
        (cosine_similarity, ([1, 2], [1, 2, 3]), {}, ValueError, r"got y_true \(2,\), y_pred \(3,\)"),
        (cosine_similarity, ([1, 2], [np.nan, 2]), {}, ValueError, "y_pred must hold numbers, got NaN"),
        (
            cosine_similarity,
            ([1, 2], [1, 2]),
            {"axis": 1},
            ValueError,
            r"axis must be one of the 1 of shape \(2,\), got 1",
        ),
        (cosine_similarity, (["north"], [1]), {}, TypeError, "y_true must hold real numbers, got list"),
        (circle, ([0], np.eye(2)), {}, ValueError, r"one label for each row .* y_true \(1,\), y_pred \(2, 2\)"),
        (circle, ([0, 1], [1.0, 0.0]), {}, ValueError, r"one label for each row .* y_pred \(2,\)"),
        (circle, ([0.5, 1], np.eye(2)), {}, ValueError, "y_true must hold class numbers, which are whole, got 0.5"),
        (circle, ([0, 1], np.eye(2)), {"gamma": -1}, ValueError, "gamma must lie between 0 and inf, got -1"),
        (circle, ([0, 1], np.eye(2)), {"gamma": "strong"}, TypeError, "gamma must be a number, got 'strong'"),
        (circle, ([0, 1], np.eye(2)), {"margin": None}, TypeError, "margin must be a number, got None"),
        (circle, ([0, 1], np.eye(2)), {"margin": -1}, ValueError, "margin must lie between 0 and inf, got -1"),
        (circle, ([0, 1], np.eye(2)), {"ref_labels": [0, 1, 1]}, ValueError, r"ref_labels \(3,\)"),
        (circle, ([0, 1], np.eye(2)), {"ref_embeddings": np.eye(3)[:2]}, ValueError, "embeddings must have one length"),
        (circle, ([0, 1], np.eye(2)), {"ref_embeddings": [[np.nan, 0]] * 2}, ValueError, "ref_embeddings .* got NaN"),
    ],
)
def test_bad_input_is_refused_by_name(loss, arguments, options, error, message):
    for function in (loss, loss.gradient):
        with pytest.raises(error, match=message):
            function(*arguments, **options)
