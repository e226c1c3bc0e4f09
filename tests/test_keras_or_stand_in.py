"""The stand-in for `keras.ops` against the installed Keras: values, types, shapes, and the slopes of a tape."""

import numpy as np
import pytest

from lossedu import keras_or_stand_in
from lossedu.keras_or_stand_in import Tensor, _operations, ops, slope, slope_of, tensor
from lossedu.keras_or_stand_in._tensor import array_of
from lossedu.keras_or_stand_in.losses import StandInLoss

RNG = np.random.default_rng(17)
WITH_KINKS = np.array([[-2.0, -0.5, 0.0, 0.0], [1.0, 0.5, 1.0, 2000.0], [-2000.0, 3.0, 3.0, 3.0]], "float32")
POSITIVE = np.array([[0.5, 1.0, 2.0, 0.0], [3.0, 1e-30, 0.25, 9.0]], "float32")
WHOLE = np.array([[0, 1, 2], [3, -4, 5]], "int32")
MASK = np.array([[True, False, True], [False, False, True]])
ONE = [WITH_KINKS, RNG.normal(size=(2, 3, 4)).astype("float32"), np.float32(0.5), RNG.normal(size=5)]
PARTNERS = [
    (WITH_KINKS, WITH_KINKS[:, ::-1].copy()),
    (WITH_KINKS, np.float32([[1.0], [0.0], [-2.0]])),  # repeated along the last axis
    (np.float32([1.0, 0.5, 1.0, 2000.0]), WITH_KINKS),  # repeated along the first
    (WITH_KINKS, 2.0),
    (WITH_KINKS, 0),
    (RNG.normal(size=(2, 3)), np.float32(0.5)),
]


def calls():
    """The name of each function with arguments for it: every function of the stand-in occurs."""
    entries = [*_operations.ENTRIES, *_operations.FLAT]
    for name in (*entries, *_operations.QUESTIONS):
        inputs = [POSITIVE, WITH_KINKS[:2]] if name in ("sqrt", "rsqrt", "log", "log1p") else ONE
        yield from ((name, (x,), {}) for x in inputs)
        if name not in (
            "reciprocal",
            "rsqrt",
            "sigmoid",
            "softplus",
            "log_sigmoid",
        ):  # in TensorFlow for fractions only
            yield name, (WHOLE,), {}
    yield from (("abs", (MASK * 1,), {}), ("isnan", (np.float32([np.nan, 1, np.inf]),), {}))
    for name in (*_operations.PAIRS, *_operations.COMPARED):
        pairs = [(a, b) for a, b in PARTNERS if name not in ("floor_divide", "mod")]
        if name == "power":
            pairs = [(POSITIVE, 2.0), (POSITIVE, 0.5), (POSITIVE, POSITIVE), (WITH_KINKS[:2], 3), (2.0, POSITIVE)]
        if name in ("floor_divide", "mod"):
            pairs = [(WITH_KINKS, 3.0), (WHOLE, 2), (WITH_KINKS, np.float32([1.5, -2.0, 7.0, 4.0]))]
        yield from ((name, pair, {}) for pair in pairs)
        if name not in ("power",):
            yield name, (WHOLE, 2), {}
    yield "divide", (WHOLE, np.int32(4)), {}
    yield "multiply", (WHOLE, 0.5), {}
    yield from (("logical_and", (MASK, ~MASK), {}), ("equal", (MASK, True), {}))
    for name in ("sum", "mean", "max", "min", "prod", "logsumexp", "var", "std"):
        for x in (WITH_KINKS[:2] / 7, ONE[1], ONE[3]):
            for axis in (None, -1, 0) if x.ndim > 1 else (None, 0):
                yield name, (x,), {"axis": axis}
        yield from ((name, (ONE[1],), {"axis": (0, 2)}), (name, (ONE[1],), {"axis": -1, "keepdims": True}))
    yield from ((name, (WHOLE,), {"axis": -1}) for name in ("sum", "mean", "max", "min", "prod"))
    yield "sum", (MASK,), {"axis": 0}
    for name in ("softmax", "log_softmax"):
        yield from ((name, (x,), {}) for x in (WITH_KINKS, ONE[1]))
        yield name, (ONE[1],), {"axis": 1}
    for name in ("any", "all"):
        yield from ((name, (MASK,), {"axis": axis}) for axis in (None, -1))
    yield from (("cumsum", (ONE[1],), {"axis": 1}), ("cumsum", (ONE[1],), {}), ("count_nonzero", (WHOLE,), {"axis": 1}))
    for name in ("argmax", "argmin"):
        yield from ((name, (WITH_KINKS,), {"axis": axis}) for axis in (None, -1))
        yield name, (WITH_KINKS,), {"axis": 0, "keepdims": True}
    yield from (("where", (WITH_KINKS > 0, WITH_KINKS, 0.0), {}), ("where", (MASK, WHOLE, 0), {}))
    yield from (("where", (MASK, 1.0, WHOLE), {}), ("clip", (WITH_KINKS, -0.5, 1.0), {}), ("clip", (WHOLE, 0, 3), {}))
    yield from (
        ("cast", (WHOLE, "float32"), {}),
        ("cast", (WITH_KINKS[:1], "int32"), {}),
        ("cast", (MASK, "float32"), {}),
    )
    yield "stop_gradient", (WITH_KINKS,), {}
    yield from (
        ("reshape", (ONE[1], (4, -1)), {}),
        ("ravel", (ONE[1],), {}),
        ("squeeze", (ONE[1][:, :1],), {"axis": 1}),
    )
    yield from (("expand_dims", (WITH_KINKS, -1), {}), ("expand_dims", (WITH_KINKS,), {"axis": 0}))
    yield from (("transpose", (ONE[1],), {}), ("transpose", (ONE[1], (1, 0, 2)), {}))
    yield from (("broadcast_to", (WITH_KINKS[:, :1], (3, 4)), {}), ("get_item", (ONE[1], (..., slice(1, 3))), {}))
    yield from (("concatenate", ([WITH_KINKS, WITH_KINKS[:1]],), {}), ("stack", ([WITH_KINKS] * 2,), {"axis": -1}))
    yield from (("matmul", (ONE[1], ONE[1][0].T.copy()), {}), ("matmul", (WITH_KINKS, ONE[1][0, 0]), {}))
    yield from ((name, (ONE[1],), {}) for name in ("shape", "ndim", "size", "is_tensor"))
    yield from (("convert_to_tensor", (WHOLE,), {"dtype": "float32"}), ("convert_to_tensor", (1.5,), {}))
    yield from ((name, ((2, 3),), {}) for name in ("zeros", "ones"))
    yield from (("full", ((2, 3), 7.0), {}), ("full_like", (WITH_KINKS, 2), {}))
    yield from ((name, (x,), {}) for name in ("zeros_like", "ones_like") for x in (WITH_KINKS, WHOLE))
    yield from (("arange", (5,), {}), ("arange", (1, 3, 0.5), {}), ("arange", (4,), {"dtype": "float32"}))
    yield from (("one_hot", (np.array([0, 2, 1]), 3), {}), ("one_hot", (np.array([[0], [2]]), 4), {"axis": 1}))


def changed(arguments, change):
    """The arguments, with a change to each array of 32 or 64 bits, in a list too."""
    if isinstance(arguments, list | tuple) and not (arguments and isinstance(arguments[0], int)):
        return type(arguments)(changed(each, change) for each in arguments)
    return change(arguments) if isinstance(arguments, np.ndarray | np.generic) else arguments


def fractions_in(arguments):
    """The tensors whose slope can be asked for."""
    for each in arguments:
        if isinstance(each, list | tuple):
            yield from fractions_in(each)
        elif hasattr(each, "dtype") and "float" in str(getattr(each.dtype, "name", each.dtype)):
            yield each


def in_tensorflow(name, arguments, options):
    """The result of the installed Keras, and the slopes of its sum, weighted by 1, 2, 3 and so on."""
    import keras
    import tensorflow as tf

    arguments = changed(arguments, tf.convert_to_tensor)
    sources = list(fractions_in(arguments))
    with tf.GradientTape() as tape:
        for source in sources:
            tape.watch(source)
        function = (lambda x, key: x[key]) if name == "get_item" else getattr(keras.ops, name)
        result = function(*arguments, **options)
        total = None
        if tf.is_tensor(result) and result.dtype.is_floating:
            total = tf.reduce_sum(
                result * tf.reshape(tf.range(1, tf.size(result) + 1, dtype=result.dtype), result.shape)
            )
    slopes = tape.gradient(total, sources, unconnected_gradients="zero") if total is not None else []
    return np.asarray(result), [np.asarray(found) for found in slopes]


def in_stand_in(name, arguments, options):
    """The same from the stand-in."""
    arguments = changed(arguments, lambda x: Tensor(np.asarray(x)))
    result = _operations.OPERATIONS[name](*arguments, **options)
    slopes = []
    if isinstance(result, Tensor) and result.dtype.startswith("float"):
        weighted = result * np.arange(1, result._array.size + 1).reshape(result.shape).astype(result.dtype)
        slopes = [slope(weighted, source) for source in fractions_in(arguments)]
    return array_of(result), slopes


def test_every_function_of_the_stand_in_gives_the_numbers_types_and_slopes_of_keras():
    tried, wrong = set(), []
    for name, arguments, options in calls():
        tried.add(name)
        expected, expected_slopes = in_tensorflow(name, arguments, options)
        got, slopes = in_stand_in(name, arguments, options)
        call = f"{name}{arguments, options}"
        if got.shape != expected.shape or (got.dtype != expected.dtype and name not in ("shape", "ndim", "size")):
            wrong.append(f"{call}: {got.dtype}{got.shape}, not {expected.dtype}{expected.shape}")
        elif not np.allclose(got, expected, rtol=1e-5, atol=1e-6, equal_nan=True):
            wrong.append(f"{call}: {got}, not {expected}")
        for mine, theirs in zip(slopes, expected_slopes, strict=True):
            if not np.allclose(mine, theirs, rtol=1e-4, atol=1e-5, equal_nan=True):
                wrong.append(f"slope of {call}: {mine}, not {theirs}")
    assert not wrong, "\n".join(wrong)
    assert tried == {*_operations.OPERATIONS} - {"convert_to_numpy"}


def test_a_symbolic_tensor_refuses_what_it_refuses_in_fit_and_an_eager_one_does_not():
    of_numbers = (bool, float, int, np.exp, lambda x: np.maximum(x, 0), ops.convert_to_numpy)
    for value, attempts in ((2.0, of_numbers), ([2.0, 3.0], (list, len, np.mean, np.asarray))):
        for attempt in attempts:
            with pytest.raises(TypeError, match="while Keras builds the training step"):
                attempt(tensor(value, is_symbolic=True) * 2)
            attempt(tensor(value) * 2)
    with pytest.raises(TypeError, match="cannot be assigned"):
        tensor([2.0])[0] = 1.0
    assert (np.array([1.0, 2.0]) * tensor([2.0, 3.0], is_symbolic=True)).is_symbolic
    assert f"{tensor(0.25):.1f}" == "0.2"


def test_what_numpy_makes_of_a_tensor_has_no_way_back():
    def cut(y_true, y_pred):
        return np.mean(np.square(y_pred - y_true))

    assert slope_of(cut, [1.0, 2.0], [3.0, 5.0]).tolist() == [0, 0]


def test_a_ready_made_loss_is_named_and_an_unknown_function_gets_the_nearest_name(monkeypatch):
    monkeypatch.setattr(keras_or_stand_in.ops._real, "loaded", lambda: None)
    with pytest.raises(AttributeError, match="a loss already"):
        ops.binary_crossentropy  # noqa: B018  the look-up is what is tested
    with pytest.raises(AttributeError, match="the nearest is 'softplus'"):
        ops.soft_plus  # noqa: B018
    assert ops.nn.softmax is ops.softmax


@pytest.mark.parametrize("weights", [None, [0.0, 2.0, 1.0], [[0.0], [2.0], [1.0]]])
def test_the_class_of_the_stand_in_reduces_as_that_of_keras(weights):
    import keras

    y_true, y_pred = RNG.normal(size=(2, 3, 2)).astype("float32")
    for reduction in ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None):
        found = []
        for base in (keras.losses.Loss, StandInLoss):
            body = {"call": lambda self, y_true, y_pred: ops.mean(ops.square(y_pred - y_true), axis=-1)}
            loss = type("OwnLoss", (base,), body)(reduction=reduction, name="own")
            found.append((np.asarray(loss(y_true, y_pred, sample_weight=weights)), loss.get_config()))
        (theirs, config), (mine, own_config) = found
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)
        assert own_config == config
    with pytest.raises(ValueError, match="Invalid value for argument `reduction`"):
        StandInLoss(reduction="avg")


def test_one_class_of_a_learner_runs_on_keras_and_on_the_stand_in():
    import tensorflow as tf

    class Squared(keras_or_stand_in.keras.losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean(ops.square(y_pred - y_true), axis=-1)

    assert isinstance(Squared(), tf.keras.losses.Loss)
    of_keras = Squared()(np.array([[1.0, 2.0]]), np.array([[3.0, 2.0]]))
    of_stand_in = Squared()(tensor([[1.0, 2.0]]), tensor([[3.0, 2.0]]))
    assert tf.is_tensor(of_keras)
    assert isinstance(of_stand_in, Tensor)
    assert float(of_keras) == float(of_stand_in) == 2
