import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lossedu import losses
from tests.oracles import central_difference, keras_gradient, keras_value

RNG = np.random.default_rng(7)
FLOATS = [np.float32, np.float64]


def distributions(rng, *shape):
    weights = rng.gamma(1.0, size=shape)
    return weights / weights.sum(-1, keepdims=True)


@st.composite
def pairs_of_distributions(draw):
    shape = draw(array_shapes(min_dims=1, max_dims=4, max_side=5))
    dtype = draw(st.sampled_from(FLOATS))
    weights = arrays(dtype, shape, elements=st.floats(0, 1, width=32))
    p, q = draw(weights), draw(weights)
    return tuple(w / np.maximum(w.sum(-1, keepdims=True), 1e-30) for w in (p, q))


@st.composite
def counts_and_rates(draw):
    shape = draw(array_shapes(min_dims=1, max_dims=4, max_side=5))
    dtype = draw(st.sampled_from(FLOATS))
    counts = draw(arrays(dtype, shape, elements=st.integers(0, 1000)))
    rates = draw(arrays(dtype, shape, elements=st.floats(0, 1000, width=32)))
    return counts, rates


@pytest.mark.parametrize("name", ["kl_divergence", "poisson"])
@given(data=st.data())
def test_value_and_gradient_are_those_of_keras(name, data):
    y_true, y_pred = data.draw(counts_and_rates() if name == "poisson" else pairs_of_distributions())
    ours = getattr(losses, name)(y_true, y_pred)
    assert ours.dtype == y_pred.dtype
    np.testing.assert_allclose(ours, keras_value(name, y_true, y_pred), rtol=1e-5, atol=1e-5)
    slope = getattr(losses, name).gradient(y_true, y_pred)
    assert slope.shape == y_pred.shape
    np.testing.assert_allclose(slope, keras_gradient(name, y_true, y_pred), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["cross_entropy", "kl_divergence", "poisson"])
def test_gradient_is_the_measured_slope(name):
    loss = getattr(losses, name)
    y_true, y_pred = distributions(RNG, 4, 5), distributions(RNG, 4, 5) + 0.01
    measured = central_difference(lambda q: loss(y_true, q), y_pred / y_pred.sum(-1, keepdims=True))
    np.testing.assert_allclose(
        loss.gradient(y_true, y_pred / y_pred.sum(-1, keepdims=True)), measured, rtol=1e-5, atol=1e-6
    )


def test_slope_of_entropy_is_the_measured_one_and_infinite_at_zero():
    p = distributions(RNG, 3, 4) + 0.01
    p /= p.sum(-1, keepdims=True)
    np.testing.assert_allclose(losses.entropy.gradient(p), central_difference(losses.entropy, p), rtol=1e-6)
    np.testing.assert_array_equal(losses.entropy.gradient([1.0, 0.0]), [-1, np.inf])


def test_cross_entropy_is_entropy_plus_divergence():
    p, q = distributions(RNG, 100, 6), distributions(RNG, 100, 6)
    np.testing.assert_allclose(losses.cross_entropy(p, q), losses.entropy(p) + losses.kl_divergence(p, q), rtol=1e-5)


def test_kl_is_zero_only_for_equal_distributions():
    p, q = distributions(RNG, 100, 6), distributions(RNG, 100, 6)
    np.testing.assert_array_equal(losses.kl_divergence(p, p), 0)
    assert (losses.kl_divergence(p, q) > 0).all()


def test_zero_log_zero_is_zero_without_a_warning():
    assert losses.entropy([1.0, 0.0]) == 0
    assert losses.cross_entropy([1.0, 0.0], [1.0, 0.0]) == 0


def test_what_was_held_impossible_costs_sixteen_nats_in_keras_and_infinity_in_mathematics():
    assert losses.kl_divergence([1.0, 0.0], [0.0, 1.0]) == pytest.approx(-np.log(1e-7), rel=1e-6)
    assert losses.cross_entropy([1.0, 0.0], [0.0, 1.0]) == np.inf


def test_gaussian_kl_is_its_integral():
    x = np.linspace(-40, 40, 400_001)
    for mu_p, sigma_p, mu_q, sigma_q in [(0, 1, 1, 2), (0, 2, 1, 1), (-1, 0.5, 3, 4), (2, 1, 2, 1)]:
        p, q = (
            np.exp(-(((x - mu) / sigma) ** 2) / 2) / sigma / np.sqrt(2 * np.pi)
            for mu, sigma in [(mu_p, sigma_p), (mu_q, sigma_q)]
        )
        inside = p > 0
        log_q = -(((x - mu_q) / sigma_q) ** 2) / 2 - np.log(sigma_q * np.sqrt(2 * np.pi))
        integrand = np.where(inside, p * (np.log(np.where(inside, p, 1)) - log_q), 0)
        integral = np.sum((integrand[1:] + integrand[:-1]) / 2) * (x[1] - x[0])
        assert losses.gaussian_kl(mu_p, sigma_p, mu_q, sigma_q) == pytest.approx(integral, abs=1e-7)
        assert np.isfinite(q).all()


def test_gaussian_kl_of_deviations_whose_ratio_is_no_float_is_what_it_should():
    assert losses.gaussian_kl(0.0, 1e-300, 0.0, 1e300) == pytest.approx(600 * np.log(10) - 0.5)
    with np.errstate(over="ignore"):
        assert losses.gaussian_kl(0.0, 1e300, 0.0, 1e-300) == np.inf


def test_poisson_is_generalised_divergence_up_to_a_constant_in_the_counts():
    counts, rates = RNG.poisson(4, size=(2, 50, 3)) + 1.0
    generalised = (counts * np.log(counts / rates) - counts + rates).mean(-1)
    difference = losses.poisson(counts, rates) - generalised
    np.testing.assert_allclose(difference, (counts - counts * np.log(counts)).mean(-1), atol=1e-5)


def test_poisson_adds_terms_beyond_the_largest_float():
    half_of_both = 1.5e305 * (1 - np.log(3e305)), -0.5e307 * np.log(1e-7)  # they are about -2.1e308 and 1.6e308
    assert losses.poisson([3e305, 1e307], [3e305, 0.0]) == pytest.approx(sum(half_of_both))


@pytest.mark.parametrize("by", [1e-15, 1e-12, 1e-10, 1e-8, 1e-5, 1e-2])
def test_jensen_shannon_keeps_its_digits_for_rows_that_are_almost_equal(by):
    p = np.array([[0.1, 0.4, 0.5], [0.2, 0.1, 0.7], [0.1, 0.8, 0.1]])
    q = p + np.array([by, -by, 0])
    moved = np.abs(p - q) / 2  # as rounded
    expected = np.sum(moved**2 / (p + q), axis=-1)  # the first term of the series: the next is smaller by its square
    np.testing.assert_allclose(losses.jensen_shannon(p, q), expected, rtol=max(1e-12, 100 * by**2))


def test_jensen_shannon_is_symmetric_bounded_and_its_root_obeys_the_triangle_inequality():
    p, q, r = distributions(RNG, 3, 200, 4)
    js = losses.jensen_shannon
    np.testing.assert_allclose(js(p, q), js(q, p))
    assert (js(p, q) < np.log(2)).all()
    assert (np.sqrt(js(p, r)) <= np.sqrt(js(p, q)) + np.sqrt(js(q, r))).all()


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("kl_divergence", ([0.5, 0.5], [0.2, 0.3, 0.5]), ValueError, r"got y_true \(2,\), y_pred \(3,\)"),
        ("kl_divergence", ([0.5, np.nan], [0.5, 0.5]), ValueError, r"y_true must hold numbers, got NaN .*index \(1,\)"),
        ("kl_divergence", ([], []), ValueError, r"y_true must hold at least one value, got .* shape \(0,\)"),
        ("kl_divergence", (["a"], [1.0]), TypeError, "y_true must hold real numbers, got list of dtype <U1"),
        ("kl_divergence", ([[0.5, 0.5], [1.0]], [0.5, 0.5]), ValueError, "y_true must be an array with rows of one"),
        ("entropy", ([0.5, 1.5],), ValueError, r"p must hold probabilities in \[0, 1\], got values from 0.5 to 1.5"),
        ("cross_entropy", ([0.5, 0.5], [-0.1, 1]), ValueError, r"q must hold probabilities .* from -0.1 to 1"),
        ("gaussian_kl", (0.0, 0.0, 0.0, 1.0), ValueError, "sigma_p must be positive, got 0"),
        ("poisson", ([1.0], [-1.0]), ValueError, "y_pred .* must be positive, got -1"),
    ],
)
def test_bad_input_is_refused_by_name(name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(losses, name)(*arguments)


def test_gradient_refuses_predictions_smaller_than_the_truth():
    with pytest.raises(ValueError, match=r"the gradient has the shape of y_pred.*y_true \(2, 2\), y_pred \(2,\)"):
        losses.kl_divergence.gradient([[0.5, 0.5], [0.1, 0.9]], [0.5, 0.5])
