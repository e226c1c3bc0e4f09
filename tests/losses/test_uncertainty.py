import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.metrics import brier_score_loss, mean_pinball_loss

from lossedu import losses
from lossedu.losses.uncertainty import brier, gaussian_nll, quantile
from tests.losses.agreement import FLOATS, assert_agreement, distributions, floats, tape_gradient

RNG = np.random.default_rng(23)


def tf_quantile(y_true, y_pred, tau):
    e = y_true - y_pred
    return tf.reduce_mean(tf.maximum(tau * e, (tau - 1) * e), -1)


def tf_gaussian_nll(y_true, y_pred, var):
    return tf.reduce_mean((tf.math.log(var) + tf.square(y_true - y_pred) / var) / 2, -1)


@given(
    dtype=st.sampled_from(FLOATS),
    shape=st.sampled_from([(1,), (4, 3), (2, 3, 2)]),
    tau=st.sampled_from([0.01, 0.25, 0.5, 0.9]),
    data=st.data(),
)
def test_quantile_is_that_of_scikit_learn_with_the_slope_of_the_tape(dtype, shape, tau, data):
    y_true = data.draw(arrays(dtype, shape, elements=floats(dtype, -100, 100)))
    y_pred = data.draw(arrays(dtype, shape, elements=floats(dtype, -100, 100)))
    expected = mean_pinball_loss(y_true.ravel(), y_pred.ravel(), alpha=tau)
    assert quantile(y_true, y_pred, tau).mean() == pytest.approx(expected, rel=1e-5, abs=1e-5)
    y_pred += y_pred == y_true  # at the kink, TensorFlow takes one of the two slopes
    assert_agreement(quantile, tf_quantile, y_true, y_pred, tau=tau)


def test_quantile_is_least_where_the_share_tau_of_the_truths_lies_below():
    sample = RNG.normal(size=99)
    for tau in 0.1, 0.5, 0.9:
        guesses = np.sort(sample)
        costs = [quantile(sample, np.full(99, guess), tau) for guess in guesses]
        assert guesses[np.argmin(costs)] == np.quantile(sample, tau, method="inverted_cdf")


def test_quantile_at_a_half_is_half_the_absolute_error_with_half_its_slope():
    y_true, y_pred = RNG.integers(-2, 3, (2, 5, 4))
    for half, whole in (quantile, losses.mean_absolute_error), (quantile.gradient, losses.mean_absolute_error.gradient):
        np.testing.assert_array_equal(2 * half(y_true, y_pred), whole(y_true, y_pred))


@given(
    dtype=st.sampled_from(FLOATS),
    shape=st.sampled_from([(1,), (4, 3), (2, 3, 2)]),
    shared=st.booleans(),
    data=st.data(),
)
def test_gaussian_nll_is_that_of_scipy_with_the_slopes_of_the_tape(dtype, shape, shared, data):
    y_true, y_pred = (data.draw(arrays(dtype, shape, elements=floats(dtype, -10, 10))) for _ in range(2))
    var = data.draw(arrays(dtype, (*shape[:-1], 1) if shared else shape, elements=floats(dtype, 0.125, 10)))
    expected = -stats.norm.logpdf(y_true, y_pred, np.sqrt(var, dtype=float)).mean(-1)
    np.testing.assert_allclose(gaussian_nll(y_true, y_pred, var, full=True), expected, rtol=1e-5, atol=1e-5)
    rest = np.log(2 * np.pi) / 2
    value = gaussian_nll(y_true, y_pred, var)
    assert value.dtype == dtype
    np.testing.assert_allclose(value, expected - rest, rtol=1e-5, atol=1e-5)
    to_mean, to_variance = gaussian_nll.gradient(y_true, y_pred, var)
    assert to_mean.dtype == to_variance.dtype == dtype
    if shared:
        to_variance = to_variance.sum(-1, keepdims=True)
    expected = tape_gradient(lambda m: tf_gaussian_nll(y_true, m, var), y_pred)
    np.testing.assert_allclose(to_mean, expected, rtol=1e-4, atol=1e-5)
    expected = tape_gradient(lambda v: tf_gaussian_nll(y_true, y_pred, v), var)
    np.testing.assert_allclose(to_variance, expected, rtol=1e-4, atol=1e-3)


def test_the_best_variance_is_the_mean_square_of_the_errors():
    errors = RNG.normal(size=1000)
    _, to_variance = gaussian_nll.gradient(errors, np.zeros(1000), np.mean(errors**2))
    assert to_variance.sum() == pytest.approx(0, abs=1e-12)


def test_a_variance_below_eps_counts_as_eps_and_can_grow_again_as_in_pytorch():
    assert gaussian_nll([1.0], [3.0], [0.0], eps=0.5) == gaussian_nll([1.0], [3.0], [0.5])
    np.testing.assert_array_equal(
        gaussian_nll.gradient([1.0], [3.0], [0.0], eps=0.5), gaussian_nll.gradient([1.0], [3.0], [0.5])
    )
    assert gaussian_nll.gradient([1.0], [3.0], [0.0], eps=0.5)[1] < 0


@given(classes=st.integers(3, 5), rows=st.integers(2, 6), dtype=st.sampled_from(FLOATS), data=st.data())
def test_brier_is_that_of_scikit_learn(classes, rows, dtype, data):
    labels = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows)))
    p = data.draw(distributions((rows, classes), np.float64))
    one_hot = np.eye(classes)[labels]
    expected = brier_score_loss(labels, p, labels=range(classes), scale_by_half=False)
    assert brier(one_hot, p).mean() == pytest.approx(expected, abs=1e-12)
    expected = brier_score_loss(labels == 0, p[:, 0], labels=[False, True])
    assert brier(one_hot[:, :1], p[:, :1]).mean() == pytest.approx(expected, abs=1e-12)
    assert_agreement(brier, lambda y, q: tf.reduce_sum(tf.square(q - y), -1), one_hot.astype(dtype), p.astype(dtype))


def test_brier_is_proper_a_column_for_each_outcome_costs_twice_and_it_is_the_mean_square_times_the_classes():
    truth = np.array([0.2, 0.5, 0.3])
    outcomes = np.eye(3)
    guesses = RNG.dirichlet(np.ones(3), 200)
    expected = [truth @ brier(outcomes, np.tile(guess, (3, 1))) for guess in [truth, *guesses]]
    assert np.argmin(expected) == 0
    assert brier([1, 0], [0.7, 0.3]) == pytest.approx(2 * brier([1], [0.7]))
    np.testing.assert_allclose(brier(outcomes, guesses[:3]), 3 * losses.mean_squared_error(outcomes, guesses[:3]))


def test_quantile_and_brier_are_found_by_name():
    assert losses.get("pinball_loss") is quantile
    assert losses.get("Quantile").get_config()["tau"] == 0.5
    assert losses.get("brier") is brier


@pytest.mark.parametrize(
    ("loss", "arguments", "options", "error", "message"),
    [
        (quantile, ([1, 2], [1, 2, 3]), {}, ValueError, r"y_true \(2,\), y_pred \(3,\)"),
        (quantile, ([1], [2]), {"tau": 0}, ValueError, "tau must lie between 0 and 1, both excluded, got 0"),
        (quantile, ([1], [2]), {"tau": 1.5}, ValueError, "tau must lie between 0 and 1, got 1.5"),
        (gaussian_nll, ([1], [2], [-1.0]), {}, ValueError, "var must hold variances of 0 or more, got -1"),
        (gaussian_nll, ([1], [2], [np.nan]), {}, ValueError, "var must hold numbers, got NaN"),
        (gaussian_nll, ([[1], [2]], [2, 3], [1]), {}, ValueError, r"y_true \(2, 1\), y_pred \(2,\)"),
        (gaussian_nll, ([1, 2], [2, 3], [1, 2, 3]), {}, ValueError, r"y_pred \(2,\), var \(3,\)"),
        (gaussian_nll, ([1], [2], [1]), {"eps": 0}, ValueError, "eps must be positive and finite in float64, got 0"),
        (gaussian_nll, ([1], [2], [1]), {"full": 1}, TypeError, "full must be True or False, got 1"),
        (brier, ([0, 1], [0.5, 1.5]), {}, ValueError, "y_pred must hold prob.* from 0.5 to 1.5"),
        (brier, ([0, 2], [0.5, 0.5]), {}, ValueError, "y_true must hold prob.* from 0 to 2"),
        (brier, ([0], [0.5, 0.5]), {}, ValueError, r"y_true \(1,\), y_pred \(2,\)"),
    ],
)
def test_bad_input_is_refused_by_name(loss, arguments, options, error, message):
    for function in (loss, loss.gradient):
        with pytest.raises(error, match=message):
            function(*arguments, **options)
