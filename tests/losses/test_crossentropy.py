import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu import losses
from lossedu.losses import crossentropy, focal
from tests.losses.accuracy import OF_LABELS
from tests.losses.agreement import assert_agreement, distributions, floats, shapes_and_dtypes
from tests.oracles import central_difference

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


@pytest.mark.parametrize("axis", [-1, 2, 0, 1, -2, None])
def test_class_numbers_go_with_the_last_axis_alone_as_in_keras(axis):
    y_pred, y_true = RNG.dirichlet(np.ones(4), (2, 3)), RNG.integers(0, 4, (2, 3))
    ours, theirs = crossentropy.sparse_categorical_crossentropy, keras.losses.sparse_categorical_crossentropy
    if axis in (-1, 2):
        for function in ours, ours.gradient:
            np.testing.assert_array_equal(function(y_true, y_pred, axis=axis), function(y_true, y_pred))
        theirs(y_true, y_pred, axis=axis)
        return
    for function in ours, ours.gradient, theirs:
        with pytest.raises(ValueError, match=f"Only axis=-1 is currently supported. Received: axis={axis}"):
            function(y_true, y_pred, axis=axis)


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


def test_no_finite_input_makes_nan():
    huge = np.finfo(float).max / 4
    for z in ([huge, -huge], [5e-324, -5e-324], [1e4, -1e4]):
        for name in OF_LABELS:
            for y_true in ([1, 0], [0, 1], [0.5, 0.5]):
                assert not np.isnan(loss_named(name)(y_true, z, from_logits=True)).any()
                assert not np.isnan(loss_named(name).gradient(y_true, z, from_logits=True)).any()
        for y_true in (0, 1):
            assert not np.isnan(crossentropy.sparse_categorical_crossentropy(y_true, z, from_logits=True))
    for name in OF_LABELS:
        for gamma in [{"gamma": 0}, {"gamma": 0.5}] if "focal" in name else [{}]:
            for p in ([0, 1], [5e-324, 1 - 1e-16], [5e-324, 5e-324]):
                assert not np.isnan(loss_named(name)([1, 0], p, **gamma)).any()
                assert not np.isnan(loss_named(name).gradient([1, 0], p, **gamma)).any()
    assert crossentropy.categorical_generalized_cross_entropy(0, [0, 1], 0.5) == 2
    assert crossentropy.categorical_generalized_cross_entropy.gradient(0, [0, 1], 0.5).tolist() == [-np.inf, 0]


@pytest.mark.parametrize(
    "call",
    [
        lambda y_true, y_pred: crossentropy.categorical_crossentropy(y_true, y_pred),
        lambda y_true, y_pred: crossentropy.categorical_crossentropy.gradient(y_true, y_pred),
        lambda y_true, y_pred: losses.CategoricalCrossentropy()(y_true, y_pred),
        lambda y_true, y_pred: losses.CategoricalFocalCrossentropy().gradient(y_true, y_pred),
    ],
)
def test_a_single_class_is_warned_of_where_the_loss_is_called(call):
    with pytest.warns(SyntaxWarning, match=r"y_pred of shape \(2, 1\) has one class") as caught:
        call([[1], [0]], [[0.5], [0.5]])
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
        (
            "binary_crossentropy",
            ([[0], [1]], [[0.5, 0.5]]),
            {},
            ValueError,
            r"must have the same shape: got y_true \(2, 1\)",
        ),
        ("binary_crossentropy", ROWS, {"label_smoothing": 2}, ValueError, "label_smoothing must lie between 0 and 1"),
        ("binary_crossentropy", ([0, 1], [0.5, np.nan]), {}, ValueError, r"y_pred must hold numbers, got NaN"),
        ("binary_crossentropy", ([], []), {}, ValueError, "y_true must hold at least one value"),
        ("binary_crossentropy", (["yes"], [0.5]), {}, TypeError, "y_true must hold real numbers, got list"),
        ("binary_crossentropy", ROWS, {"axis": 2}, ValueError, "axis must be one of the 2 .* got 2"),
        ("binary_focal_crossentropy", ROWS, {"gamma": -1}, ValueError, "gamma must lie between 0 and inf, got -1"),
        ("binary_focal_crossentropy", ROWS, {"alpha": 1.5}, ValueError, "alpha must lie between 0 and 1, got 1.5"),
        ("log_loss", ([0], [1.5]), {}, ValueError, "y_prob must hold prob.* from 1.5 to 1.5"),
        (
            "categorical_crossentropy",
            ([1], [[0.5, 0.5]]),
            {},
            ValueError,
            r"must have the same shape: got y_true \(1,\), y_pred \(1, 2\)",
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
        (
            "categorical_focal_crossentropy",
            ROWS,
            {"alpha": [1, 2, 3]},
            ValueError,
            r"shapes must be equal, or broadcast to each other: got alpha \(3,\), y_pred \(1, 2\)",
        ),
        ("categorical_focal_crossentropy", ROWS, {"alpha": "a"}, TypeError, "alpha must hold real numbers, got str"),
        ("categorical_focal_crossentropy", ROWS, {"alpha": -1}, ValueError, "alpha must lie between 0 and inf, got -1"),
        ("sparse_categorical_crossentropy", ([2], [[0.5, 0.5]]), {}, ValueError, "y_true .* from 0 to 1, got 2"),
        ("sparse_categorical_crossentropy", ([-1], [[0.5, 0.5]]), {}, ValueError, "y_true .* from 0 to 1, got -1"),
        ("sparse_categorical_crossentropy", ([0.5], [[0.5, 0.5]]), {}, ValueError, "which are whole, got 0.5"),
        ("sparse_categorical_crossentropy", ([np.nan], [[0.5, 0.5]]), {}, ValueError, "y_true must .* got NaN"),
        ("sparse_categorical_crossentropy", ([np.inf], [[0.5, 0.5]]), {}, ValueError, "which are whole, got inf"),
        ("sparse_categorical_crossentropy", ([0], [[-1, 3]]), {}, ValueError, "y_pred must hold prob.* from -1 to 3"),
        (
            "sparse_categorical_crossentropy",
            ([0], [[0.5, 0.5]]),
            {"ignore_class": "void"},
            TypeError,
            "the class to ignore must be a number, or None, got 'void'",
        ),
        ("sparse_categorical_crossentropy", ROWS, {}, ValueError, r"without its class axis -1: got y_true \(1, 2\)"),
        ("categorical_generalized_cross_entropy", ([2], [[0.5, 0.5]], 0.5), {}, ValueError, "from 0 to 1, got 2"),
        ("categorical_generalized_cross_entropy", ([0], [[0.5, 0.5]], 1), {}, ValueError, "q must lie .*, got 1"),
        (
            "categorical_generalized_cross_entropy",
            ([0], [[0.5, 0.5]], "a"),
            {},
            TypeError,
            "q must be a number, got 'a'",
        ),
        (
            "categorical_generalized_cross_entropy",
            ([0], [[0.5, 0.5]], np.nan),
            {},
            ValueError,
            "q must lie .*, got nan",
        ),
        ("categorical_generalized_cross_entropy", ([0], [[5, 0.5]], 0.5), {}, ValueError, "y_pred must hold prob"),
    ],
)
def test_bad_input_is_refused_by_name(name, arguments, options, error, message):
    for function in (loss_named(name), loss_named(name).gradient):
        with pytest.raises(error, match=message):
            function(*arguments, **options)
