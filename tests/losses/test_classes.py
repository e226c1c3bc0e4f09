import inspect
import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu import losses
from tests.losses.agreement import FLOATS
from tests.oracles import central_difference

REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None]


def numbers(rng, shape):
    return rng.normal(size=(2, *shape))


def positive(rng, shape):
    return rng.uniform(0.1, 5, (2, *shape))


def signs(rng, shape):
    return rng.choice([-1, 1], shape), rng.normal(size=shape)


def masks(rng, shape):
    return rng.integers(0, 2, shape), rng.uniform(0.05, 0.95, shape)


def classes(rng, shape):
    return one_hot(rng.integers(0, shape[-1], shape[:-1]), shape), distributions(rng, shape)


def class_numbers(rng, shape):
    return rng.integers(0, shape[-1], shape[:-1]), distributions(rng, shape)


def labelled_embeddings(rng, shape):
    x = rng.normal(size=(shape[0], 4))
    return rng.integers(0, 3, shape[0]), x / np.linalg.norm(x, axis=1, keepdims=True)


def label_sequences(rng, shape):
    return np.array([[1, 2], [2, 0], [1, 1]])[rng.integers(0, 3, shape[0])], rng.normal(size=(shape[0], 5, 3))


def one_hot(labels, shape):
    return np.eye(shape[-1])[labels].reshape(shape)


def distributions(rng, shape):
    p = rng.uniform(0.1, 1, shape)
    return p / p.sum(-1, keepdims=True)


CASES = {  # per class: the data it takes, and options other than its defaults
    "MeanSquaredError": (numbers, {}),
    "MeanAbsoluteError": (numbers, {}),
    "MeanAbsolutePercentageError": (positive, {}),
    "MeanSquaredLogarithmicError": (positive, {}),
    "Huber": (numbers, {"delta": 0.5}),
    "LogCosh": (numbers, {}),
    "Hinge": (signs, {}),
    "SquaredHinge": (signs, {}),
    "CategoricalHinge": (classes, {}),
    "KLDivergence": (classes, {}),
    "Poisson": (positive, {}),
    "BinaryCrossentropy": (masks, {"label_smoothing": 0.1}),
    "BinaryFocalCrossentropy": (masks, {"gamma": 1.0, "apply_class_balancing": True}),
    "CategoricalCrossentropy": (classes, {"from_logits": True}),
    "CategoricalFocalCrossentropy": (classes, {"alpha": 0.5}),
    "SparseCategoricalCrossentropy": (class_numbers, {"ignore_class": 1}),
    "CategoricalGeneralizedCrossEntropy": (class_numbers, {"q": 0.7}),
    "CTC": (label_sequences, {}),
    "CosineSimilarity": (numbers, {}),
    "Dice": (masks, {"axis": -1}),
    "Tversky": (masks, {"alpha": 0.3, "beta": 1.0, "axis": -1}),
    "Circle": (labelled_embeddings, {"gamma": 2.0}),
}
OURS = {  # likewise of the classes that Keras lacks
    "PseudoHuber": (numbers, {"delta": 2.0}),
    "Quantile": (numbers, {"tau": 0.9}),
    "Brier": (classes, {}),
    "Contrastive": (masks, {"margin": 2.0}),
}
TYPICAL = ["MeanSquaredError", "Dice", "SparseCategoricalCrossentropy", "Circle", "CTC"]


def pair_of(name, dtype="float64", **arguments):
    """Our loss and that of Keras, which converts to float32 unless told."""
    return getattr(losses, name)(**arguments), getattr(keras.losses, name)(**arguments, dtype=dtype)


def assert_same(ours, theirs, y_true, y_pred, sample_weight):
    value = ours(y_true, y_pred, sample_weight)
    predictions = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        expected = theirs(y_true, predictions, sample_weight)
        total = tf.reduce_sum(expected)
    assert np.shape(value) == tuple(expected.shape)
    assert value.dtype == y_pred.dtype
    np.testing.assert_allclose(value, expected.numpy(), rtol=1e-5, atol=2e-6)
    slope = ours.gradient(y_true, y_pred, sample_weight)
    assert slope.shape == y_pred.shape
    assert slope.dtype == y_pred.dtype
    np.testing.assert_allclose(slope, tape.gradient(total, predictions).numpy(), rtol=1e-5, atol=2e-6)


def weight_shapes(shape):
    """Shapes of weights that Keras takes for losses of `shape`, some of them by accident."""
    return [(), shape, (*shape, 1), shape[-1:], shape[:-1] + (1,) * (shape != ()), (1,) * len(shape), (2, *shape)]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient_are_those_of_the_class_of_keras(name, reduction):
    data, options = CASES[name]
    y_true, y_pred = data(np.random.default_rng(0), (4, 3))
    ours, theirs = pair_of(name, **options, reduction=reduction)
    for sample_weight in None, 2.0, [0.5, 0.0, 2.0, 1.0], [[0.5], [0.0], [2.0], [1.0]]:
        assert_same(ours, theirs, y_true, y_pred, sample_weight)


@given(
    name=st.sampled_from(TYPICAL),
    reduction=st.sampled_from(REDUCTIONS),
    shape=st.sampled_from([(1, 3), (4, 3), (1, 1, 2), (2, 3, 3), (3, 3, 2), (2, 1, 3), (2, 3, 1, 2)]),
    dtype=st.sampled_from(FLOATS),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_weights_of_every_shape_count_as_in_keras(name, reduction, shape, dtype, seed, data):
    make, options = CASES[name]
    y_true, y_pred = make(np.random.default_rng(seed), shape)
    y_pred = y_pred.astype(dtype)
    ours, theirs = pair_of(name, np.dtype(dtype).name, **options, reduction=reduction)
    shape = data.draw(st.sampled_from(weight_shapes(np.shape(ours.call(y_true, y_pred)))))
    sample_weight = data.draw(arrays(dtype, shape, elements=st.sampled_from([0.0, 0.5, 1.0, 3.0])))
    try:
        theirs(y_true, y_pred, sample_weight)
    except (ValueError, tf.errors.InvalidArgumentError):
        assume(False)  # what Keras refuses is another test's
    assert_same(ours, theirs, y_true, y_pred, sample_weight)


def test_every_class_of_keras_is_there():
    theirs = {name for name, thing in vars(keras.losses).items() if inspect.isclass(thing)}
    assert theirs == {*CASES, "Loss"}


@pytest.mark.parametrize("name", [*TYPICAL, *OURS])
def test_gradient_is_the_measured_slope_of_the_weighted_mean(name):
    data, options = (CASES | OURS)[name]
    (y_true, y_pred), weights = data(np.random.default_rng(0), (4, 3)), [0.5, 0.25, 2.0, 1.0]
    loss = getattr(losses, name)(**options | ({"remove_diagonal": False} if name == "Circle" else {}))
    measured = central_difference(lambda p: loss(y_true, p, weights), 0.9 * y_pred)
    np.testing.assert_allclose(loss.gradient(y_true, 0.9 * y_pred, weights), measured, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", [*CASES, *OURS])
def test_a_loss_survives_its_configuration_its_repr_and_a_pickle(name):
    _, options = (CASES | OURS)[name]
    loss = getattr(losses, name)(**options, reduction="sum", name="mine")
    again = [
        type(loss).from_config(loss.get_config()),
        eval(repr(loss), vars(losses)),  # noqa: S307
        pickle.loads(pickle.dumps(loss)),  # noqa: S301
    ]
    for copy in again:
        assert type(copy) is type(loss)
        assert copy.get_config() == loss.get_config()
    assert loss.get_config().items() >= {**options, "reduction": "sum", "name": "mine"}.items()


@pytest.mark.parametrize("name", CASES)
def test_configurations_pass_to_and_from_keras(name):
    ours, theirs = pair_of(name, **CASES[name][1])
    assert ours.get_config().items() >= theirs.get_config().items()
    assert type(theirs).from_config(ours.get_config()).get_config() == theirs.get_config()


def test_repr_shows_what_is_not_the_default():
    assert repr(losses.Huber(2.0, "sum")) == "Huber(reduction='sum', delta=2.0)"
    assert repr(losses.Dice()) == "Dice()"


def test_a_class_gives_the_mean_of_its_function():
    y_true, y_pred = numbers(np.random.default_rng(0), (5, 2))
    assert losses.MeanSquaredError()(y_true, y_pred) == losses.mean_squared_error(y_true, y_pred).mean()


def test_dtype_is_that_of_the_predictions_unless_said_otherwise():
    y_pred = np.float32([[1.0], [2.0]])
    assert losses.MeanSquaredError()([[0], [1]], y_pred).dtype == np.float32
    assert losses.MeanSquaredError(dtype="float64")([[0], [1]], y_pred).dtype == np.float64


@pytest.mark.parametrize("name", CASES)
def test_bfloat16_is_that_of_keras(name):
    make, options = CASES[name]
    y_true, y_pred = make(np.random.default_rng(0), (4, 3))
    ours, theirs = pair_of(name, "bfloat16", **options)
    ours.dtype = "bfloat16"
    value, expected = ours(y_true, y_pred), theirs(y_true, y_pred.astype(np.float32))
    assert str(value.dtype) == "bfloat16"
    np.testing.assert_allclose(float(value), float(expected), rtol=0.05)
    slope = ours.gradient(y_true, y_pred)
    assert str(slope.dtype) == "bfloat16"
    ours.dtype = None
    full = ours.gradient(y_true, y_pred)
    np.testing.assert_allclose(slope.astype(float), full, rtol=0.05, atol=0.05 * np.abs(full).max())


def test_ranks_that_differ_by_one_are_aligned_and_the_gradient_keeps_the_shape_of_the_predictions():
    loss = losses.MeanAbsoluteError()
    assert loss([[0.0], [0.0]], [1.0, 3.0]) == 2
    assert loss.gradient([[0.0], [0.0]], [1.0, 3.0]).tolist() == [0.5, 0.5]
    assert loss.gradient([0.0, 0.0], [[1.0], [3.0]], [1, 2]).tolist() == [[0.5], [1.0]]


def test_a_loss_of_ones_own_needs_its_call_and_for_a_gradient_its_slopes():
    class Cubed(losses.Loss):
        def call(self, y_true, y_pred):
            return np.abs(y_pred - y_true).mean(-1) ** 3

    loss = Cubed(reduction="sum")
    assert loss([[0.0], [0.0]], [[1.0], [2.0]], [1, 0.5]) == 5
    assert loss.name == "cubed"
    with pytest.raises(NotImplementedError, match=r"Cubed must define weighted_slopes\(shares, y_true, y_pred\)"):
        loss.gradient([[0.0]], [[1.0]])
    with pytest.raises(NotImplementedError, match=r"Loss must define call\(y_true, y_pred\)"):
        losses.Loss()([[0.0]], [[1.0]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: losses.Huber(reduction="avg"),
            ValueError,
            "Invalid value for argument `reduction`: got 'avg', expected one of 'sum_over_batch_size', .*",
        ),
        (lambda: losses.Huber(dleta=2), TypeError, "unexpected keyword argument 'dleta'"),
        (lambda: losses.Huber(-1)([1.0], [2.0]), ValueError, "delta must be positive and finite in float64, got -1"),
        (lambda: losses.Huber()([1.0], [np.nan]), ValueError, "y_pred must hold numbers, got NaN"),
        (lambda: losses.Huber()(["a"], [1.0]), TypeError, "y_true must hold real numbers, got list of dtype <U1"),
        (lambda: losses.Huber()([], []), ValueError, "y_true must hold at least one value"),
        (
            lambda: losses.Huber()([[1.0], [2.0]], [[1.0], [2.0]], [1, 2, 3]),
            ValueError,
            r"shapes must be equal, or broadcast to each other: got losses \(2,\), sample_weight \(3,\)",
        ),
        (
            lambda: losses.Huber.from_config({"delta": 2, "gamma": 1}),
            TypeError,
            "unexpected keyword argument 'gamma'",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
