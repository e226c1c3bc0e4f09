import keras
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu.losses import crossentropy, focal
from tests.losses.agreement import assert_agreement, clipped, distributions, floats, shapes_and_dtypes
from tests.oracles import central_difference, ulps_off

RNG = np.random.default_rng(5)
SMOOTHINGS = st.sampled_from([0, 0.1, 0.5, 1])
GAMMAS = st.sampled_from([0.5, 1, 2, 3.5])


pytestmark = [
    pytest.mark.filterwarnings("ignore:In loss categorical.*expected y_pred.shape:SyntaxWarning"),
    pytest.mark.filterwarnings("ignore:y_pred of shape .* has one class:SyntaxWarning"),
    pytest.mark.filterwarnings("ignore:You are using a softmax over axis:UserWarning"),
]


def loss_named(name):
    return getattr(focal if "focal" in name else crossentropy, name)


def logits(shape, dtype):
    return arrays(dtype, shape, elements=floats(dtype, -30, 30))


@st.composite
def binary(draw, from_logits):
    shape, dtype = draw(shapes_and_dtypes())
    y_true = draw(arrays(dtype, shape, elements=st.sampled_from([0.0, 1.0]) | floats(dtype, 0, 1)))
    probabilities = arrays(dtype, shape, elements=st.sampled_from([0.0, 1.0]) | floats(dtype, 1e-5, 1 - 1e-5))
    y_pred = draw(logits(shape, dtype) if from_logits else probabilities)
    return y_true, y_pred, draw(st.integers(-len(shape), len(shape) - 1))


@st.composite
def categorical(draw, from_logits):
    shape, dtype = draw(shapes_and_dtypes())
    axis = draw(st.integers(-1, len(shape) - 1))  # of the negative ones TensorFlow takes only -1
    y_pred = draw(logits(shape, dtype) if from_logits else distributions(shape, dtype, axis))
    return draw(distributions(shape, dtype, axis)), y_pred, axis


@st.composite
def sparse(draw, from_logits, low=0):
    shape, dtype = draw(shapes_and_dtypes(min_dims=2))
    y_pred = draw(logits(shape, dtype) if from_logits else distributions(shape, dtype))
    labels = draw(arrays(np.int64, shape[:-1], elements=st.integers(low, shape[-1] - 1)))
    return labels[..., None] if draw(st.booleans()) else labels, y_pred


@given(data=st.data(), from_logits=st.booleans(), label_smoothing=SMOOTHINGS)
def test_binary_crossentropy_is_that_of_keras(data, from_logits, label_smoothing):
    y_true, y_pred, axis = data.draw(binary(from_logits))
    options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
    assert_agreement(crossentropy.binary_crossentropy, keras.losses.binary_crossentropy, y_true, y_pred, **options)


@given(
    data=st.data(),
    from_logits=st.booleans(),
    label_smoothing=SMOOTHINGS,
    gamma=GAMMAS,
    balanced=st.booleans(),
    alpha=st.sampled_from([0, 0.25, 1]),
)
def test_binary_focal_crossentropy_is_that_of_keras(data, from_logits, label_smoothing, gamma, balanced, alpha):
    y_true, y_pred, axis = data.draw(binary(from_logits))
    if gamma < 1:
        y_pred = np.clip(y_pred, *((-5, 5) if from_logits else (0.01, 0.99)))  # away from an infinite slope
    options = {"gamma": gamma, "apply_class_balancing": balanced, "alpha": alpha, "axis": axis}
    options |= {"from_logits": from_logits, "label_smoothing": label_smoothing}
    assert_agreement(focal.binary_focal_crossentropy, keras.losses.binary_focal_crossentropy, y_true, y_pred, **options)


@given(data=st.data(), from_logits=st.booleans(), label_smoothing=SMOOTHINGS)
def test_categorical_crossentropy_is_that_of_keras(data, from_logits, label_smoothing):
    y_true, y_pred, axis = data.draw(categorical(from_logits))
    if from_logits and y_true.shape[axis] != y_true.shape[-1]:
        label_smoothing = 0  # labels would no longer sum to 1, and TensorFlow's gradient is then not the slope
    options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
    assert_agreement(
        crossentropy.categorical_crossentropy, keras.losses.categorical_crossentropy, y_true, y_pred, **options
    )


@given(data=st.data(), from_logits=st.booleans(), label_smoothing=SMOOTHINGS, gamma=GAMMAS, weighted=st.booleans())
def test_categorical_focal_crossentropy_is_that_of_keras(data, from_logits, label_smoothing, gamma, weighted):
    y_true, y_pred, axis = data.draw(categorical(from_logits))
    alpha = [0.25 + i for i in range(y_pred.shape[-1])] if weighted else 0.25
    options = {"gamma": gamma, "alpha": alpha, "axis": axis}
    options |= {"from_logits": from_logits, "label_smoothing": label_smoothing}
    assert_agreement(
        focal.categorical_focal_crossentropy, keras.losses.categorical_focal_crossentropy, y_true, y_pred, **options
    )


@given(data=st.data(), from_logits=st.booleans(), ignore_class=st.sampled_from([None, -1, 0]))
def test_sparse_categorical_crossentropy_is_that_of_keras(data, from_logits, ignore_class):
    y_true, y_pred = data.draw(sparse(from_logits, low=-1 if ignore_class == -1 else 0))
    assert_agreement(
        crossentropy.sparse_categorical_crossentropy,
        lambda y, p, **options: keras.losses.sparse_categorical_crossentropy(keras.ops.array(y), p, **options),
        y_true,
        y_pred,
        from_logits=from_logits,
        ignore_class=ignore_class,
    )


@given(data=st.data(), q=st.sampled_from([0.1, 0.5, 0.9]))
def test_generalized_cross_entropy_is_that_of_keras(data, q):
    y_true, y_pred = data.draw(sparse(from_logits=False))
    labels = y_true.reshape(y_pred.shape[:-1])  # a last axis of length 1 makes Keras pair every label with every row
    y_pred = y_pred * 0.9 + 0.1 / y_pred.shape[-1]  # at probability 0 the slope is infinite, and TensorFlow's NaN
    ours, theirs = (
        crossentropy.categorical_generalized_cross_entropy,
        keras.losses.categorical_generalized_cross_entropy,
    )
    assert_agreement(ours, theirs, labels, y_pred, q=q)
    np.testing.assert_array_equal(ours(y_true, y_pred, q), ours(labels, y_pred, q))


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
@pytest.mark.parametrize("from_logits", [False, True])
def test_class_numbers_go_with_any_class_axis(axis, from_logits):
    loss = crossentropy.sparse_categorical_crossentropy
    y_pred, y_true = RNG.dirichlet(np.ones(4), (2, 3)), RNG.integers(0, 4, (2, 3))
    moved = np.moveaxis(y_pred, -1, axis)
    np.testing.assert_array_equal(loss(y_true, moved, from_logits, axis=axis), loss(y_true, y_pred, from_logits))
    np.testing.assert_array_equal(
        loss.gradient(np.expand_dims(y_true, axis), moved, from_logits, axis=axis),
        np.moveaxis(loss.gradient(y_true, y_pred, from_logits), -1, axis),
    )


def test_one_label_goes_with_one_row():
    assert crossentropy.sparse_categorical_crossentropy(1, [0.2, 0.8]) == pytest.approx(-np.log(0.8))


def test_class_numbers_and_one_hot_labels_agree():
    y_pred, y_true = RNG.dirichlet(np.ones(4), 50), RNG.integers(0, 4, 50)
    for from_logits in (False, True):
        np.testing.assert_allclose(
            crossentropy.sparse_categorical_crossentropy(y_true.astype(float), y_pred, from_logits),
            crossentropy.categorical_crossentropy(np.eye(4)[y_true], y_pred, from_logits),
            rtol=1e-14,
        )


def test_logits_and_the_probabilities_they_stand_for_cost_the_same():
    y_true, z = RNG.random((20, 3)), RNG.normal(size=(20, 3))
    for name in ("binary_crossentropy", "binary_focal_crossentropy"):
        loss = loss_named(name)
        np.testing.assert_allclose(loss(y_true, z, from_logits=True), loss(y_true, 1 / (1 + np.exp(-z))))
    y_true, p = RNG.dirichlet(np.ones(3), 20), np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    for name in ("categorical_crossentropy", "categorical_focal_crossentropy"):
        loss = loss_named(name)
        np.testing.assert_allclose(loss(y_true, z, from_logits=True), loss(y_true, p))


def test_focal_loss_without_focus_is_crossentropy():
    y_true, y_pred = RNG.integers(0, 2, (20, 3)), RNG.choice([0, 0.3, 1], (20, 3))
    for function in ("__call__", "gradient"):
        focused = getattr(focal.binary_focal_crossentropy, function)(y_true, y_pred, gamma=0)
        np.testing.assert_allclose(focused, getattr(crossentropy.binary_crossentropy, function)(y_true, y_pred))


def test_probabilities_need_not_sum_to_one_for_categorical_crossentropy():
    y_true, y_pred = np.eye(3), RNG.random((3, 3)) + 0.1
    np.testing.assert_allclose(
        crossentropy.categorical_crossentropy(y_true, 7 * y_pred), crossentropy.categorical_crossentropy(y_true, y_pred)
    )
    np.testing.assert_allclose(
        (y_pred * crossentropy.categorical_crossentropy.gradient(y_true, y_pred)).sum(-1), 0, atol=1e-12
    )


@pytest.mark.parametrize("options", [{}, {"from_logits": True}, {"label_smoothing": 0.2}])
@pytest.mark.parametrize(
    "name",
    ["binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy", "categorical_focal_crossentropy"],
)
def test_gradient_is_the_measured_slope(name, options):
    loss, y_true, y_pred = loss_named(name), RNG.random((3, 4)), RNG.uniform(0.1, 0.9, (3, 4))
    measured = central_difference(lambda p: loss(y_true, p, **options), y_pred)
    np.testing.assert_allclose(loss.gradient(y_true, y_pred, **options), measured, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sparse_categorical_crossentropy", {}),
        ("sparse_categorical_crossentropy", {"from_logits": True, "ignore_class": 2}),
        ("categorical_generalized_cross_entropy", {"q": 0.3}),
    ],
)
def test_gradient_under_class_numbers_is_the_measured_slope(name, options):
    loss, y_true, y_pred = loss_named(name), RNG.integers(0, 4, 6), RNG.uniform(0.1, 0.9, (6, 4))
    measured = central_difference(lambda p: loss(y_true, p, **options), y_pred)
    np.testing.assert_allclose(loss.gradient(y_true, y_pred, **options), measured, rtol=1e-6, atol=1e-8)


def test_log_loss_has_no_ceiling_and_an_honest_slope():
    assert crossentropy.log_loss([0, 1], [0, 1]) == 0
    assert crossentropy.log_loss([0, 1], [0, 0]) == np.inf
    np.testing.assert_array_equal(crossentropy.log_loss.gradient([0, 1], [0, 0]), [0.5, -np.inf])
    y_true, y_prob = RNG.random((3, 4)), RNG.uniform(0.1, 0.9, (3, 4))
    measured = central_difference(lambda p: crossentropy.log_loss(y_true, p), y_prob)
    np.testing.assert_allclose(crossentropy.log_loss.gradient(y_true, y_prob), measured, rtol=1e-6)


def test_certain_and_wrong_costs_sixteen_nats_and_no_slope():
    for name, y_true in [("binary_crossentropy", [1]), ("categorical_crossentropy", [1, 0])]:
        y_pred = [0, 1][: len(y_true)]
        assert loss_named(name)(y_true, y_pred) == pytest.approx(16.118, abs=1e-3)
        np.testing.assert_array_equal(loss_named(name).gradient(y_true, y_pred), np.zeros(len(y_true)))
    assert crossentropy.sparse_categorical_crossentropy(0, [0, 1]) == pytest.approx(16.118, abs=1e-3)


def test_two_pictures_cost_what_the_documentation_of_keras_says():
    y_true, y_pred = [[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]
    values = crossentropy.categorical_crossentropy(y_true, y_pred)
    np.testing.assert_allclose(values, [0.0513, 2.303], atol=5e-4)
    assert values.mean() == pytest.approx(1.177, abs=5e-4)
    np.testing.assert_allclose(crossentropy.sparse_categorical_crossentropy([1, 2], y_pred), values, rtol=1e-5)


def test_four_messages_score_as_in_the_competition():
    spam = np.array([[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]])[:, 1]
    assert crossentropy.log_loss([1, 0, 0, 1], spam) == pytest.approx(0.21616, abs=5e-6)


def test_smoothing_is_twice_the_rate_of_flipped_labels():
    alpha, y_true, y_pred = 0.1, np.array([0.0, 1.0]), np.array([0.3, 0.6])
    flipped = y_true * (1 - alpha) + (1 - y_true) * alpha
    np.testing.assert_allclose(
        crossentropy.binary_crossentropy(y_true, y_pred, label_smoothing=2 * alpha),
        crossentropy.binary_crossentropy(flipped, y_pred),
    )


def bce(y, p):
    return -mpmath.fsum(a * mpmath.log(b) + (1 - a) * mpmath.log(1 - b) for a, b in zip(y, p, strict=True)) / len(y)


def bce_of_logits(y, z):
    return -mpmath.fsum(a * log_sigmoid(b) + (1 - a) * log_sigmoid(-b) for a, b in zip(y, z, strict=True)) / len(y)


def log_sigmoid(z):
    return -mpmath.log(1 + mpmath.exp(-z))


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def softmax(z):
    return [mpmath.exp(a) / mpmath.fsum(mpmath.exp(b) for b in z) for a in z]


def rescaled(p):
    return [clipped(x / mpmath.fsum(p)) for x in p]


def smoothed(y, to):
    return [a * (1 - SMOOTHING) + SMOOTHING / to for a in y]


def cce(y, p):
    return -mpmath.fsum(a * mpmath.log(b) for a, b in zip(y, p, strict=True))


def focal_bce(y, p, costs):
    return mpmath.fsum((a + b - 2 * a * b) ** 2 * c for a, b, c in zip(y, p, costs, strict=True)) / len(y)


def focal_cce(y, p):
    return -mpmath.fsum((1 - b) ** 2 * a * mpmath.log(b) for a, b in zip(y, p, strict=True)) / 4


SMOOTHING = mpmath.mpf(0.1)
OF_PROBABILITIES = {
    "binary_crossentropy": lambda y, p: bce(smoothed(y, 2), [clipped(x) for x in p]),
    "binary_focal_crossentropy": lambda y, p: focal_bce(
        smoothed(y, 2), p, [bce([a], [clipped(b)]) for a, b in zip(smoothed(y, 2), p, strict=True)]
    ),
    "categorical_crossentropy": lambda y, p: cce(smoothed(y, len(y)), rescaled(p)),
    "categorical_focal_crossentropy": lambda y, p: focal_cce(smoothed(y, len(y)), rescaled(p)),
}
OF_LOGITS = {
    "binary_crossentropy": lambda y, z: bce_of_logits(smoothed(y, 2), z),
    "binary_focal_crossentropy": lambda y, z: focal_bce(
        smoothed(y, 2),
        [sigmoid(x) for x in z],
        [bce_of_logits([a], [b]) for a, b in zip(smoothed(y, 2), z, strict=True)],
    ),
    "categorical_crossentropy": lambda y, z: cce(smoothed(y, len(y)), softmax(z)),
    "categorical_focal_crossentropy": lambda y, z: focal_cce(smoothed(y, len(y)), [clipped(x) for x in softmax(z)]),
}

LIMIT = dict.fromkeys(OF_LOGITS, 4) | {"binary_focal_crossentropy": 6}  # a square doubles the error of a smoothed label


@pytest.mark.parametrize("name", OF_PROBABILITIES)
def test_value_of_probabilities_is_within_four_ulp_of_the_definition(name):
    rng = np.random.default_rng(0)
    y_true = np.concatenate([np.eye(5)[rng.integers(0, 5, 100)], rng.dirichlet(np.ones(5), 100)])
    tiny = 10.0 ** rng.uniform(-320, 0, (100, 5))  # denormal ones among them
    y_pred = np.concatenate([rng.dirichlet(np.ones(5), 50), tiny, 1 - tiny[:50]])
    value = loss_named(name)(y_true, y_pred, label_smoothing=float(SMOOTHING))
    assert ulps_off(value, OF_PROBABILITIES[name], y_true, y_pred).max() <= LIMIT[name]


def bce_slope(y, p):
    return (p[0] - y[0]) / (p[0] * (1 - p[0])) / len(y) if clipped(p[0]) == p[0] else mpmath.mpf(0)


def cce_slope(y, p):
    inside = [x / mpmath.fsum(p) if x / mpmath.fsum(p) == clipped(x / mpmath.fsum(p)) else None for x in p]
    pulled = mpmath.fsum(a for a, b in zip(y, inside, strict=True) if b)
    return (pulled - (y[0] / inside[0] if inside[0] else 0)) / mpmath.fsum(p)


@pytest.mark.parametrize(
    ("name", "slope"), [("binary_crossentropy", bce_slope), ("categorical_crossentropy", cce_slope)]
)
def test_gradient_in_probabilities_is_within_four_ulp_of_the_definition(name, slope):
    rng = np.random.default_rng(0)
    y_true = np.concatenate([np.eye(5)[rng.integers(0, 5, 100)], rng.dirichlet(np.ones(5), 100)])
    y_pred = np.concatenate([rng.dirichlet(np.ones(5), 100), 10.0 ** rng.uniform(-320, 0, (100, 5))])
    gradient = loss_named(name).gradient(y_true, y_pred)
    assert ulps_off(gradient[:, 0], slope, y_true, y_pred).max() <= 4


@pytest.mark.parametrize("magnitude", [1e-300, 1e-8, 1, 10, 100, 1e4])
@pytest.mark.parametrize("name", OF_LOGITS)
def test_value_of_logits_is_within_four_ulp_of_the_definition(name, magnitude):
    rng = np.random.default_rng(0)
    y_true = np.concatenate([np.eye(5)[rng.integers(0, 5, 50)], rng.dirichlet(np.ones(5), 50)])
    z = magnitude * rng.normal(size=y_true.shape)
    value = loss_named(name)(y_true, z, from_logits=True, label_smoothing=float(SMOOTHING))
    assert ulps_off(value, OF_LOGITS[name], y_true, z).max() <= LIMIT[name]


@pytest.mark.parametrize("from_logits", [False, True])
def test_value_under_class_numbers_is_within_four_ulp_of_the_definition(from_logits):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 5, 200), rng.dirichlet(np.ones(5) / 20, 200)
    if from_logits:
        y_pred = rng.normal(size=(200, 5)) * 10.0 ** rng.integers(-8, 5, (200, 1))
        value = crossentropy.sparse_categorical_crossentropy(y_true, y_pred, from_logits)
    else:
        value = crossentropy.sparse_categorical_crossentropy(y_true, y_pred)

    def definition(label, p):
        p = softmax(p) if from_logits else [clipped(x) for x in p]
        return mpmath.log(mpmath.fsum(p)) - mpmath.log(p[int(label[0])])

    assert ulps_off(value, definition, y_true[:, None], y_pred).max() <= 4


@pytest.mark.parametrize("q", [1e-12, 0.3, 0.999])
def test_generalized_cross_entropy_is_within_four_ulp_of_the_definition(q):
    rng = np.random.default_rng(0)
    y_pred = 10.0 ** rng.uniform(-300, 0, (200, 2))
    value = crossentropy.categorical_generalized_cross_entropy(np.zeros(200), y_pred, q)
    assert ulps_off(value, lambda p: (1 - p[0] ** mpmath.mpf(q)) / mpmath.mpf(q), y_pred).max() <= 4


def test_no_finite_input_makes_nan():
    huge = np.finfo(float).max / 4
    for z in ([huge, -huge], [5e-324, -5e-324], [1e4, -1e4]):
        for name in OF_LOGITS:
            for y_true in ([1, 0], [0, 1], [0.5, 0.5]):
                assert not np.isnan(loss_named(name)(y_true, z, from_logits=True)).any()
                assert not np.isnan(loss_named(name).gradient(y_true, z, from_logits=True)).any()
        for y_true in (0, 1):
            assert not np.isnan(crossentropy.sparse_categorical_crossentropy(y_true, z, from_logits=True))
    for name in OF_PROBABILITIES:
        for gamma in [{"gamma": 0}, {"gamma": 0.5}] if "focal" in name else [{}]:
            for p in ([0, 1], [5e-324, 1 - 1e-16], [5e-324, 5e-324]):
                assert not np.isnan(loss_named(name)([1, 0], p, **gamma)).any()
                assert not np.isnan(loss_named(name).gradient([1, 0], p, **gamma)).any()
    assert crossentropy.categorical_generalized_cross_entropy(0, [0, 1], 0.5) == 2


def test_a_single_class_is_warned_of():
    with pytest.warns(SyntaxWarning, match=r"y_pred of shape \(2, 1\) has one class") as caught:
        crossentropy.categorical_crossentropy([[1], [0]], [[0.5], [0.5]])
    assert caught[0].filename == __file__


ROWS = ([[0, 1]], [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("name", "arguments", "options", "error", "message"),
    [
        ("binary_crossentropy", ([-1, 1], [0.5, 0.5]), {}, ValueError, "y_true must hold prob.* from -1 to 1"),
        (
            "binary_crossentropy",
            ([0, 1], [-3.0, 2.0]),
            {},
            ValueError,
            "y_pred .* unless from_logits=True, got .* -3 to 2",
        ),
        ("binary_crossentropy", ([[0], [1]], [[0.5, 0.5]]), {}, ValueError, r"one shape: got y_true \(2, 1\)"),
        ("binary_crossentropy", ROWS, {"label_smoothing": 2}, ValueError, "label_smoothing must lie between 0 and 1"),
        ("binary_crossentropy", ([0, 1], [0.5, np.nan]), {}, ValueError, r"y_pred must hold numbers, got NaN"),
        ("binary_crossentropy", ([], []), {}, ValueError, "y_true must hold at least one value"),
        ("binary_crossentropy", (["yes"], [0.5]), {}, TypeError, "y_true must hold real numbers, got list"),
        ("binary_crossentropy", ROWS, {"axis": 2}, ValueError, "axis .* got 2|axis 2 is out of bounds"),
        ("binary_focal_crossentropy", ROWS, {"gamma": -1}, ValueError, "gamma must lie between 0 and inf, got -1"),
        ("binary_focal_crossentropy", ROWS, {"alpha": 1.5}, ValueError, "alpha must lie between 0 and 1, got 1.5"),
        ("log_loss", ([0], [1.5]), {}, ValueError, "y_prob must hold prob.* from 1.5 to 1.5"),
        (
            "categorical_crossentropy",
            ([1], [[0.5, 0.5]]),
            {},
            ValueError,
            r"one shape: got y_true \(1,\), y_pred \(1, 2\)",
        ),
        ("categorical_crossentropy", ([[2, 0]], [[0.5, 0.5]]), {}, ValueError, "y_true must hold prob.* from 0 to 2"),
        (
            "categorical_crossentropy",
            ([[0, 1]], [[-1, 1]]),
            {},
            ValueError,
            "y_pred .* unless from_logits=True, got .* -1",
        ),
        ("categorical_crossentropy", ([[0, 1]], [[0, 0]]), {}, ValueError, "y_pred must hold a probability above 0"),
        ("categorical_focal_crossentropy", ROWS, {"alpha": -1}, ValueError, "alpha must lie between 0 and inf, got -1"),
        ("sparse_categorical_crossentropy", ([2], [[0.5, 0.5]]), {}, ValueError, "y_true .* from 0 to 1, got 2"),
        ("sparse_categorical_crossentropy", ([-1], [[0.5, 0.5]]), {}, ValueError, "y_true .* from 0 to 1, got -1"),
        ("sparse_categorical_crossentropy", ([0.5], [[0.5, 0.5]]), {}, ValueError, "which are whole, got 0.5"),
        ("sparse_categorical_crossentropy", ([np.nan], [[0.5, 0.5]]), {}, ValueError, "y_true must .* got NaN"),
        ("sparse_categorical_crossentropy", ([np.inf], [[0.5, 0.5]]), {}, ValueError, "which are whole, got inf"),
        ("sparse_categorical_crossentropy", ([0], [[-1, 3]]), {}, ValueError, "y_pred must hold prob.* from -1 to 3"),
        ("sparse_categorical_crossentropy", ROWS, {}, ValueError, r"without its class axis -1: got y_true \(1, 2\)"),
        ("categorical_generalized_cross_entropy", ([2], [[0.5, 0.5]], 0.5), {}, ValueError, "from 0 to 1, got 2"),
        ("categorical_generalized_cross_entropy", ([0], [[0.5, 0.5]], 1), {}, ValueError, "q must lie .*, got 1"),
        ("categorical_generalized_cross_entropy", ([0], [[5, 0.5]], 0.5), {}, ValueError, "y_pred must hold prob"),
    ],
)
def test_bad_input_is_refused_by_name(name, arguments, options, error, message):
    for function in (loss_named(name), loss_named(name).gradient):
        with pytest.raises(error, match=message):
            function(*arguments, **options)
