"""What the decorator does for every loss, shown on a few."""

import inspect
import re

import numpy as np
import pytest

from lossedu import losses
from lossedu.arrays import require_positive
from lossedu.losses.crossentropy import binary_crossentropy, sparse_categorical_crossentropy
from lossedu.losses.divergences import gaussian_kl, kl_divergence
from lossedu.losses.similarity import cosine_similarity


def test_gradient_has_the_shape_of_the_predictions_even_if_ranks_had_to_be_aligned():
    assert binary_crossentropy([[0], [1]], [0.2, 0.8]).shape == (2,)
    assert binary_crossentropy.gradient([[0], [1]], [0.2, 0.8]).shape == (2,)
    assert binary_crossentropy.gradient([0, 1], [[0.2], [0.8]]).shape == (2, 1)


def test_gradient_has_name_signature_and_documentation():
    assert binary_crossentropy.gradient.__name__ == "binary_crossentropy.gradient"
    assert inspect.signature(binary_crossentropy.gradient) == inspect.signature(binary_crossentropy)
    assert "`y_pred`, in its shape" in binary_crossentropy.gradient.__doc__


def test_arguments_go_by_name_too():
    by_name = sparse_categorical_crossentropy(y_pred=[[0.2, 0.8]], y_true=[1], from_logits=True)
    assert by_name == sparse_categorical_crossentropy([1], [[0.2, 0.8]], True)


@pytest.mark.parametrize("y_true", [[True, False], [1, 0], np.array([1, 0], np.uint8), np.array([1, 0], np.float16)])
def test_predictions_alone_decide_the_dtype(y_true):
    assert binary_crossentropy(y_true, np.float32([0.5, 0.5])).dtype == np.float32
    assert binary_crossentropy(y_true, [0.5, 0.5]).dtype == np.float64
    assert binary_crossentropy.gradient(y_true, [1, 0]).dtype == np.float64


LABELS = [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("loss", "y_true", "options"),
    [
        (losses.huber, LABELS, {"delta": 0.5}),
        (losses.pseudo_huber, LABELS, {"delta": 0.5}),
        (losses.binary_crossentropy, LABELS, {"label_smoothing": 0.5}),
        (losses.categorical_crossentropy, LABELS, {"label_smoothing": 0.5}),
        (losses.binary_focal_crossentropy, LABELS, {"gamma": 0.5, "alpha": 0.25, "apply_class_balancing": True}),
        (losses.categorical_focal_crossentropy, LABELS, {"gamma": 0.5, "alpha": 0.25, "label_smoothing": 0.5}),
        (losses.categorical_generalized_cross_entropy, [1, 0], {"q": 0.5}),
        (losses.tversky, LABELS, {"alpha": 0.25, "beta": 0.5}),
        (losses.quantile, LABELS, {"tau": 0.25}),
        (losses.contrastive, LABELS, {"margin": 0.5}),
        (losses.circle, [0, 0], {"gamma": 2.0, "margin": 0.5}),
        (losses.weighted_cross_entropy_with_logits, LABELS, {"pos_weight": 0.5}),
    ],
)
@pytest.mark.parametrize("number", [np.float64, np.array])
def test_an_option_never_widens_float32(loss, y_true, options, number):
    y_pred = np.float32([[0.25, 0.75], [0.5, 0.5]])
    as_numpy = {name: option if option is True else number(option) for name, option in options.items()}
    for function in loss, loss.gradient:
        assert function(y_true, y_pred, **as_numpy).dtype == np.float32
        np.testing.assert_array_equal(function(y_true, y_pred, **as_numpy), function(y_true, y_pred, **options))


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (losses.huber, "delta"),
        (losses.pseudo_huber, "delta"),
        (losses.binary_crossentropy, "label_smoothing"),
        (losses.binary_focal_crossentropy, "gamma"),
        (losses.categorical_crossentropy, "label_smoothing"),
        (losses.categorical_focal_crossentropy, "gamma"),
        (losses.tversky, "alpha"),
        (losses.tversky, "beta"),
        (losses.quantile, "tau"),
        (losses.contrastive, "margin"),
    ],
)
@pytest.mark.parametrize("option", [None, "much", [0.5, 0.5], {}])
def test_an_option_that_is_no_number_is_refused_by_name(loss, name, option):
    for function in loss, loss.gradient:
        with pytest.raises(TypeError, match=f"{name} must be a number, got {re.escape(repr(option))}"):
            function(LABELS, LABELS, **{name: option})


@pytest.mark.parametrize(
    ("loss", "y_true", "name"),
    [
        (losses.binary_crossentropy, LABELS, "from_logits"),
        (losses.binary_focal_crossentropy, LABELS, "apply_class_balancing"),
        (losses.categorical_crossentropy, LABELS, "from_logits"),
        (losses.sparse_categorical_crossentropy, [0, 1], "from_logits"),
        (losses.circle, [0, 1], "remove_diagonal"),
    ],
)
@pytest.mark.parametrize("option", [None, "False", 1, {}])
def test_a_flag_is_true_or_false(loss, y_true, name, option):
    for function in loss, loss.gradient:
        with pytest.raises(TypeError, match=f"{name} must be True or False, got {re.escape(repr(option))}"):
            function(y_true, LABELS, **{name: option})
        function(y_true, LABELS, **{name: np.False_})


WITH_AXIS = [losses.binary_crossentropy, losses.binary_focal_crossentropy, losses.categorical_crossentropy]
WITH_AXIS += [losses.categorical_focal_crossentropy, losses.softmax_cross_entropy_with_logits]
WITH_AXIS += [losses.cosine_similarity, losses.dice, losses.tversky]


@pytest.mark.parametrize("loss", WITH_AXIS)
@pytest.mark.parametrize("axis", [2, -3, (0, 2), "last", 0.5, {}])
def test_an_axis_that_is_not_there_is_refused_by_name(loss, axis):
    for function in loss, loss.gradient:
        with pytest.raises(
            ValueError, match=rf"axis must be one of the 2 of shape \(2, 2\), got {re.escape(str(axis))}"
        ):
            function(LABELS, LABELS, axis=axis)


@pytest.mark.parametrize("loss", WITH_AXIS)
def test_axes_may_come_as_a_list_from_a_configuration(loss):
    y_pred = [[0.25, 0.75], [0.5, 0.5]]
    for function in loss, loss.gradient:
        np.testing.assert_array_equal(function(LABELS, y_pred, axis=[0, 1]), function(LABELS, y_pred, axis=(0, 1)))


@pytest.mark.parametrize("value", [0, -1.5, np.nan, [1, np.nan]])
def test_what_must_be_positive_is_not_zero_below_or_nan(value):
    with pytest.raises(ValueError, match=f"sigma must be positive, got {np.min(value):g}"):
        require_positive(sigma=value)


def test_nan_is_refused_even_where_a_clip_would_hide_it():
    for function in (kl_divergence, kl_divergence.gradient):
        with pytest.raises(ValueError, match=r"y_pred must hold numbers, got NaN \(first at index \(1,\)\)"):
            function([0.5, 0.5], [0.5, np.nan])


def test_infinity_is_not_nan():
    assert binary_crossentropy([1.0], [-np.inf], from_logits=True) == np.inf
    assert sparse_categorical_crossentropy([0], [[-np.inf, 0.0]], from_logits=True) == np.inf
    assert sparse_categorical_crossentropy([1], [[-np.inf, 0.0]], from_logits=True) == 0


def test_class_numbers_may_be_floats_without_a_fraction():
    p = [[0.2, 0.8]]
    assert sparse_categorical_crossentropy([1.0], p) == sparse_categorical_crossentropy([1], p)


def test_arrays_broadcast_where_keras_lets_them():
    assert cosine_similarity([1.0, 0.0], np.ones((3, 2))).shape == (3,)
    assert gaussian_kl(np.zeros((3, 1)), 1.0, 0.0, [1.0, 2.0]).shape == (3, 2)
