import numpy as np
import pytest

from lossedu import optimizers
from lossedu.training import Activation, Dense, Input, Layer, Model, Sequential

X, Y = np.ones((10, 4)), np.ones((10, 2))
BAD = X.copy()
BAD[2, 1] = np.nan


def compiled(loss="mse", **arguments):
    model = Sequential([Input((4,)), Dense(2)], seed=0)
    model.compile("sgd", loss, **arguments)
    return model


def two_heads(**arguments):
    inputs = Input((4,))
    model = Model(inputs, [Dense(2, name="a")(inputs), Dense(1, name="b")(inputs)])
    model.compile(**{"loss": "mse"} | arguments)
    return model


def without_gradient(y_true, y_pred):
    return np.square(y_pred - y_true).mean(-1)


def with_flat_gradient(y_true, y_pred):
    return without_gradient(y_true, y_pred)


with_flat_gradient.gradient = without_gradient


def assert_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_must_be_compiled_with_a_loss(method):
    model = Sequential([Dense(2)])
    with pytest.raises(
        ValueError, match=rf"the model must be compiled before {method}: call compile\(optimizer, loss\)"
    ):
        getattr(model, method)(X, Y)
    model.compile("sgd")
    with pytest.raises(ValueError, match=f"loss must be given to compile before {method}, got None"):
        getattr(model, method)(X, Y)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (X[:, :3], ValueError, r"x must hold samples of shape \(4,\), got an array of shape \(10, 3\)"),
        (X[0], ValueError, r"x must hold samples of shape \(4,\), got an array of shape \(4,\)"),
        (3.0, ValueError, r"x must have an axis of samples, got the number 3\.0"),
        (X[:0], ValueError, r"x must hold at least one value, got an empty array of shape \(0, 4\)"),
        (BAD, ValueError, r"x must hold finite numbers, got nan \(first at index \(2, 1\)\)"),
        (X * [1, 1, 1, np.inf], ValueError, r"x must hold finite numbers, got inf .*\(0, 3\)"),
        ([["a"] * 4], TypeError, "x must hold real numbers, got list of dtype <U1"),
        ([[1, 2], [3]], ValueError, "x must be an array with rows of one length"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(x, error, message):
    for call in (lambda: compiled().fit(x, Y), lambda: compiled().predict(x)):
        assert_refused(call, error, message)


@pytest.mark.parametrize(
    ("y", "arguments", "error", "message"),
    [
        (Y[:5], {}, ValueError, r"one number of samples, got x \(10, 4\), y \(5, 2\)"),
        (Y, {"sample_weight": np.ones(9)}, ValueError, r"got x \(10, 4\), y \(10, 2\), sample_weight \(9,\)"),
        (Y[:, [0, 0, 0]], {}, ValueError, r"got y_true \(10, 3\), y_pred \(10, 2\)"),
        (Y * np.nan, {}, ValueError, r"y must hold finite numbers, got nan \(first at index \(0, 0\)\)"),
        ({"c": Y}, {}, ValueError, r"y must have names of outputs as keys, of \['dense'\], got \['c'\]"),
        (Y, {"sample_weight": ["a"] * 10}, TypeError, "sample_weight must hold real numbers"),
        (
            Y,
            {"class_weight": {0: 1.0}, "sample_weight": np.ones(10)},
            ValueError,
            "class_weight and sample_weight cannot",
        ),
        (Y, {"class_weight": [1.0, 2.0]}, TypeError, r"class_weight must be a dict .*, got \[1.0, 2.0\]"),
        (Y, {"class_weight": {0: -1.0}}, ValueError, "class_weight must hold finite weights .*, got -1.0 for class 0"),
        (Y, {"class_weight": {0: "a"}}, ValueError, "class_weight must hold finite weights .*, got 'a' for class 0"),
        (Y, {"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        (Y, {"epochs": 1.5}, TypeError, "epochs must be a whole number, got 1.5"),
        (Y, {"initial_epoch": -1}, ValueError, "initial_epoch must be at least 0, got -1"),
        (Y, {"validation_data": X}, ValueError, r"validation_data must be a tuple \(x, y\) or .*, got array"),
        (Y, {"validation_data": (X, Y[:3])}, ValueError, r"one number of samples, got x \(10, 4\), y \(3, 2\)"),
    ],
)
def test_what_fit_cannot_use_is_refused_by_name(y, arguments, error, message):
    assert_refused(lambda: compiled().fit(X, y, **arguments), error, message)


@pytest.mark.parametrize(
    ("y", "arguments", "message"),
    [
        (Y, {}, r"y must be a list or a dict of 2 arrays, for the outputs \['a', 'b'\], got array"),
        ([Y], {}, "y must be a list or a dict of 2 arrays"),
        ({"a": Y}, {}, "y must be a list or a dict of 2 arrays"),
        ({"a": Y, "c": Y}, {}, r"y must have names of outputs as keys, of \['a', 'b'\], got \['a', 'c'\]"),
        ([Y, Y[:3]], {}, r"got x \(10, 4\), y\[0\] \(10, 2\), y\[1\] \(3, 2\)"),
        ([Y, Y * np.nan], {}, "y for 'b' must hold finite numbers"),
        (
            [Y, Y],
            {"sample_weight": [np.ones(10)]},
            r"sample_weight must have one entry for each .* \['a', 'b'\], got 1",
        ),
        ([Y, Y], {"class_weight": {0: 1.0}}, "class_weight must come with one output, got 2: use sample_weight"),
    ],
)
def test_labels_and_weights_must_fit_all_outputs(y, arguments, message):
    assert_refused(lambda: two_heads().fit(X, y, **arguments), ValueError, message)


def test_a_class_weight_is_for_whole_samples():
    model = Sequential([Dense(2, activation="softmax")])
    model.compile(loss="crossentropy")
    message = r"class_weight must come with one label a sample, got y with labels of shape \(10, 3\)"
    assert_refused(
        lambda: model.fit(np.ones((10, 3, 4)), np.ones((10, 3, 2)), class_weight={0: 1}), ValueError, message
    )


@pytest.mark.parametrize(
    ("make", "arguments", "error", "message"),
    [
        (compiled, {"sample_weight_mode": "temporal"}, TypeError, "sample_weight_mode is gone since Keras 3: give"),
        (compiled, {"target_tensors": [Y]}, TypeError, "target_tensors is gone since Keras 3: give the targets to fit"),
        (compiled, {"metric": ["mse"]}, TypeError, "metric is no argument of compile"),
        (compiled, {"metrics": "mse"}, TypeError, "metrics must be a list or a dict, got 'mse'"),
        (
            compiled,
            {"weighted_metrics": {"b": ["mse"]}},
            ValueError,
            r"weighted_metrics must have names .*, got \['b'\]",
        ),
        (compiled, {"loss_weights": "1"}, TypeError, "loss_weights must hold numbers, got '1'"),
        (compiled, {"loss": ["mse", "mse"]}, ValueError, r"loss must have one entry for each .* \['dense'\], got 2"),
        (
            two_heads,
            {"loss": {"a": "mse", "c": "mse"}},
            ValueError,
            r"loss must have names of outputs as keys, of .*'c'",
        ),
        (two_heads, {"loss_weights": [1.0]}, ValueError, r"loss_weights must have one entry for each .*, got 1"),
        (two_heads, {"metrics": ["mae"]}, ValueError, r"metrics must have one entry for each .*, got 1"),
        (two_heads, {"optimizer": "addam"}, ValueError, "identifier must name an optimizer, such as adam"),
    ],
)
def test_what_compile_cannot_use_is_refused_by_name(make, arguments, error, message):
    assert_refused(lambda: make(**arguments), error, message)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"loss": "mean_square_error"}, ValueError, "no loss is called 'mean_square_error'; near: mean_squared_error"),
        ({"metrics": ["acuracy"]}, ValueError, "no metric is called 'acuracy'"),
        ({"loss": without_gradient}, TypeError, r"must have a gradient .* set without_gradient.gradient = f\(y_true"),
        ({"loss": with_flat_gradient}, ValueError, r"with_flat_gradient.gradient must .*\(10, 2\), got \(10,\)"),
    ],
)
def test_losses_and_metrics_that_cannot_be_used_are_refused_by_name(arguments, error, message):
    assert_refused(lambda: compiled(**arguments).fit(X, Y), error, message)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Dense(0), ValueError, "units must be at least 1, got 0"),
        (lambda: Dense(2.5), TypeError, "units must be a whole number, got 2.5"),
        (lambda: Dense(2, "rellu"), ValueError, "activation must name one, such as relu, got 'rellu'"),
        (lambda: Activation("xyz"), ValueError, "such as linear, relu, sigmoid, tanh, softmax, got 'xyz'"),
        (
            lambda: Activation(np.sin),
            TypeError,
            r"activation must be .* f\(x\) with f.gradient\(x, slopes\) attached, got",
        ),
        (
            lambda: Dense(2, kernel_initializer="glorot"),
            ValueError,
            "kernel_initializer .* glorot_uniform, got 'glorot'",
        ),
        (
            lambda: Dense(2, bias_initializer=0),
            TypeError,
            r"bias_initializer must be .* function of \(shape, rng\), got 0",
        ),
        (lambda: Dense(2, init="xyz"), ValueError, "init must name an initializer, such as zeros, ones, .*, got 'xyz'"),
        (
            lambda: Sequential([Input((4,)), Dense(2, kernel_initializer=lambda shape, rng: np.ones(3))]).get_weights(),
            ValueError,
            r"kernel_initializer must return an array of shape \(4, 2\), got \(3,\)",
        ),
        (lambda: Input(4), ValueError, r"shape must be that of one sample, such as \(10,\), got 4"),
        (lambda: Input((4, 0)), ValueError, "shape must be at least 1, got 0"),
        (lambda: Sequential().compile(loss="mse"), ValueError, r"the model must have a layer: call add\(layer\)"),
        (
            lambda: Sequential([Dense(2), Input((4,))]),
            ValueError,
            "layer must not be an Input once there is one, or a l",
        ),
        (lambda: Sequential(["dense"]), TypeError, "layer must be an Input or a layer, got 'dense'"),
        (
            lambda: Sequential([Dense(2)]).get_weights(),
            ValueError,
            "the shape of a sample must be known: begin with an",
        ),
        (
            lambda: Sequential([Dense(2)]).predict(X[0]),
            ValueError,
            r"x must have an axis of .* features, got shape \(4,\)",
        ),
        (
            lambda: Model(X, Dense(2)(Input((4,)))),
            TypeError,
            "inputs and outputs must be nodes that Input or a layer made",
        ),
        (
            lambda: Model(Input((4,)), Dense(2)(Input((4,)))),
            ValueError,
            "outputs must come from inputs, got one that ano",
        ),
        (
            lambda: compiled().set_weights([np.ones((2, 4))]),
            ValueError,
            r"weights must be arrays of shapes \[\(4, 2\), \(2,\)\], got \[\(2, 4\)\]",
        ),
        (lambda: Sequential([Layer()]).predict(X), NotImplementedError, r"Layer must define forward\(x\)"),
        (lambda: Layer().backward(X, X), NotImplementedError, r"Layer must define backward\(x, slopes\)"),
    ],
)
def test_what_cannot_be_a_model_is_refused_by_name(call, error, message):
    assert_refused(call, error, message)


@pytest.mark.parametrize(("rate", "what"), [(1e100, "the loss"), (1e308, "the output of layer 'dense'")])
def test_training_that_diverges_says_so(rate, what):
    model = Sequential([Input((4,)), Dense(2)], seed=0)
    model.compile(optimizers.SGD(rate), "mse")
    message = f"{what} is no longer finite: is the learning rate too large"
    assert_refused(lambda: model.fit(X, Y, epochs=5, verbose=0), FloatingPointError, message)


def test_a_gradient_without_bounds_is_refused():
    model = Sequential([Input((4,)), Dense(2, kernel_initializer=lambda shape, rng: np.full(shape, 1e-100))])
    model.compile("sgd", "mse")
    message = "the gradient of layer 'dense' is no longer finite"
    assert_refused(lambda: model.fit(1e250 * X, Y, verbose=0), FloatingPointError, message)
