"""What training does besides agreeing with Keras: seeds, old spellings, and parts of the learner's own."""

import re
import warnings

import numpy as np
import pytest

from lossedu import losses, metrics, optimizers
from lossedu.training import Activation, Dense, Input, Layer, Model, Sequential, activations, initializers
from tests.oracles import central_difference

RNG = np.random.default_rng(0)
N = 10  # in batches of 4: the last is smaller
X = RNG.normal(size=(N, 4))
Y = RNG.normal(size=(N, 2))
CLASSES = RNG.integers(0, 3, N)


def fitted(layers, seed=0, x=X, y=Y, loss="mse", optimizer="sgd", metrics=None, **fit):
    """A Sequential of ours after `fit`."""
    model = Sequential(layers, seed=seed)
    model.compile(optimizer, loss, metrics=metrics)
    model.fit(x, y, batch_size=4, verbose=0, **fit)
    return model


def assert_equal_histories(one, other):
    assert one.history.history == other.history.history
    np.testing.assert_equal(one.get_weights(), other.get_weights())


def network():
    return [Dense(5, activation="tanh"), Dense(2)]


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (
            {"init": "uniform", "input_dim": 10},
            [
                "init='uniform' is the spelling of Keras 1; since Keras 3: kernel_initializer='random_uniform'",
                r"input_dim=10 is the spelling of Keras 1; since Keras 3: Input\(\(10,\)\) as the layer before",
            ],
        ),
        (
            {"kernel_initializer": "uniform", "input_shape": (10,)},
            [r"input_shape=\(10,\) is the spelling of Keras 2; since Keras 3: Input\(\(10,\)\) as the layer before"],
        ),
    ],
)
def test_model_of_the_seed_runs_in_its_old_spelling_with_a_warning(arguments, messages):
    x, y = RNG.normal(size=(N, 10)), np.eye(64)[RNG.integers(0, 64, N)]
    old = Sequential(seed=1)
    with pytest.warns(DeprecationWarning, match="spelling of Keras") as record:
        old.add(Dense(64, **arguments))
    old.add(Activation("softmax"))
    assert [warning.filename for warning in record] == [__file__] * len(messages)
    for warning, message in zip(record, messages, strict=True):
        assert re.fullmatch(message, str(warning.message))
    with pytest.warns(DeprecationWarning, match="lr=0.01"):
        old.compile(loss="mse", optimizer=optimizers.SGD(lr=0.01, clipvalue=0.5))
    old.fit(x, y, batch_size=4, verbose=0)
    modern = [
        Input((10,)),
        Dense(64, kernel_initializer="random_uniform"),
        Activation("softmax"),
    ]
    new = fitted(modern, 1, x, y, optimizer=optimizers.SGD(learning_rate=0.01, clipvalue=0.5))
    assert_equal_histories(old, new)


def test_todays_spelling_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted([Input((4,)), Dense(2, kernel_initializer="random_uniform"), Activation("softmax")])


def test_a_seed_makes_weights_and_shuffles_the_same_again():
    one = fitted(network(), seed=3, epochs=3)
    assert_equal_histories(one, fitted(network(), seed=3, epochs=3))
    assert_equal_histories(one, fitted(network(), seed=np.random.default_rng(3), epochs=3))
    assert one.history.history != fitted(network(), seed=4, epochs=3).history.history


def test_every_epoch_is_shuffled_anew_and_sees_every_sample_once():
    seen = []

    class Watching(Layer):
        def forward(self, x):
            seen.extend(x[:, 0].tolist())
            return x

        def backward(self, x, slopes):
            return slopes, []

    x = np.arange(N)[:, None]
    fitted([Watching(), Dense(2)], x=x, epochs=2)
    first, second = seen[:N], seen[N:]
    assert sorted(first) == sorted(second) == list(range(N))
    assert first != second != list(range(N)) != first
    seen.clear()
    fitted([Watching(), Dense(2)], x=x, shuffle=False)
    assert seen == list(range(N))


def squared(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2, axis=-1)


def squared_of_entries(y_true, y_pred):
    return (y_pred - y_true) ** 2


def squared_of_batch(y_true, y_pred):
    return float(np.mean((y_pred - y_true) ** 2))


squared.gradient = lambda y_true, y_pred: 2 * (y_pred - y_true) / y_pred.shape[-1]
squared_of_entries.gradient = lambda y_true, y_pred: 2 * (y_pred - y_true)
squared_of_batch.gradient = lambda y_true, y_pred: 2 * (y_pred - y_true) / y_pred.size


class Squared(losses.Loss):
    def call(self, y_true, y_pred):
        return squared(y_true, y_pred)

    def weighted_slopes(self, shares, y_true, y_pred):
        return shares[:, None] * squared.gradient(y_true, y_pred)


@pytest.mark.parametrize("loss", [squared, squared_of_entries, squared_of_batch, Squared(), Squared, losses.MSE])
def test_a_loss_of_ones_own_trains_as_the_one_it_equals(loss):
    own, given = fitted(network(), loss=loss, epochs=3), fitted(network(), loss="mse", epochs=3)
    np.testing.assert_allclose(own.history.history["loss"], given.history.history["loss"], rtol=1e-12)
    np.testing.assert_allclose(own.predict(X), given.predict(X), rtol=1e-10)


def test_a_loss_without_a_gradient_still_evaluates():
    model = fitted(network())
    model.compile(loss=lambda y_true, y_pred: squared(y_true, y_pred))
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(squared(Y, model.predict(X)).mean())


def test_an_optimizer_of_ones_own_takes_the_steps():
    class Halving(optimizers.Optimizer):
        def update(self, w, g, learning_rate, t):
            w /= 2

    model = Sequential([Input((4,)), Dense(2)])
    before = model.get_weights()
    model.compile(Halving(1.0), "mse")
    model.fit(X, Y, batch_size=N, epochs=2, verbose=0)
    for w, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(w, old / 4)


def test_metrics_of_ones_own_are_reported_under_their_names():
    def mean_pred(y_true, y_pred):
        return np.mean(y_pred)

    class Largest(metrics.Metric):
        value = -np.inf

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.value = max(self.value, y_pred.max())

        def result(self):
            return self.value

        def reset_state(self):
            self.value = -np.inf

    model = fitted(network(), metrics=[mean_pred, Largest()])
    logs = model.evaluate(X, Y, batch_size=3, verbose=0, return_dict=True)
    assert logs["largest"] == model.predict(X).max()
    assert model.history.history.keys() == {"loss", "mean_pred", "largest"}


def test_a_metric_object_keeps_its_options_and_its_result():
    metric = metrics.CategoricalCrossentropy()
    one_hot = np.eye(3)[CLASSES]
    model = fitted([Dense(3, "softmax")], y=one_hot, loss="crossentropy", metrics=[metric])
    loss, reported = model.evaluate(X, one_hot, verbose=0)
    assert reported == metric.result() == pytest.approx(loss)
    assert metric.get_config()["from_logits"] is False


def test_activations_and_initializers_of_ones_own():
    def cube(x):
        return x**3

    cube.gradient = lambda x, slopes: slopes * 3 * x**2
    layer = Dense(2, activation=cube, kernel_initializer=lambda shape, rng: np.full(shape, 0.5))
    model = Sequential([Input((4,)), layer])
    np.testing.assert_allclose(model.predict(X), np.repeat((0.5 * X.sum(1, keepdims=True)) ** 3, 2, axis=1))
    model.compile(optimizers.SGD(1.0), "mse")
    before = model.get_weights()
    model.train_on_batch(X, Y)
    measured = central_difference(lambda kernel: losses.MSE(Y, (X @ kernel) ** 3).mean(), before[0])
    np.testing.assert_allclose(before[0] - model.get_weights()[0], measured, rtol=1e-6)


@pytest.mark.parametrize("activation", activations.BY_NAME.values())
def test_gradient_of_every_activation_is_the_measured_slope(activation):
    x, slopes = RNG.normal(size=(2, 5, 3))
    measured = central_difference(lambda x: activation(x) * slopes, x)
    np.testing.assert_allclose(activation.gradient(x, slopes), measured, atol=1e-8)


@pytest.mark.parametrize("activation", activations.BY_NAME.values())
def test_activations_and_their_gradients_stay_finite_at_any_magnitude(activation):
    x = np.array([[-1e300, -800.0, 0.0, 800.0, 1e300]])
    assert np.isfinite(activation(x)).all()
    assert np.isfinite(activation.gradient(x, np.ones_like(x))).all()


@pytest.mark.parametrize(
    ("name", "low", "high", "deviation"),
    [
        ("zeros", 0, 0, 0),
        ("ones", 1, 1, 0),
        ("uniform", -0.05, 0.05, 0.05 / np.sqrt(3)),
        ("random_uniform", -0.05, 0.05, 0.05 / np.sqrt(3)),
        ("random_normal", -0.5, 0.5, 0.05),
        ("glorot_uniform", -0.1, 0.1, 0.1 / np.sqrt(3)),
    ],
)
def test_initial_weights_have_the_range_and_spread_of_their_name(name, low, high, deviation):
    w = initializers.get(name)((200, 400), np.random.default_rng(0))
    assert low <= w.min() <= w.max() <= high
    assert w.std() == pytest.approx(deviation, rel=0.02)


def test_class_weights_are_the_sample_weights_of_the_classes():
    by_class = fitted([Dense(3, "softmax")], y=CLASSES, loss="crossentropy", class_weight={0: 2.0, 1: 0.5})
    by_sample = fitted(
        [Dense(3, "softmax")], y=CLASSES, loss="crossentropy", sample_weight=np.array([2.0, 0.5, 1.0])[CLASSES]
    )
    assert_equal_histories(by_class, by_sample)


def test_weights_for_each_output_go_by_name_too():
    def trained(sample_weight):
        inputs = Input((4,))
        model = Model(inputs, [Dense(2, name="a")(inputs), Dense(2, name="b")(inputs)], seed=0)
        model.compile(loss="mse")
        model.fit(X, {"a": Y, "b": -Y}, sample_weight=sample_weight, verbose=0)
        return model

    one, other = RNG.uniform(size=(2, N))
    assert_equal_histories(trained([one, other]), trained({"b": other, "a": one}))


def test_train_on_batch_takes_the_step_of_fit_and_returns_what_was_before_it():
    by_fit, by_step = (Sequential([Input((4,)), *network()], seed=0) for _ in range(2))
    for model in by_fit, by_step:
        model.compile("adam", "mse", metrics=["mae"])
    before = by_step.evaluate(X, Y, verbose=0)
    by_fit.fit(X, Y, batch_size=N, shuffle=False, verbose=0)
    assert by_step.train_on_batch(X, Y) == pytest.approx(before)
    np.testing.assert_equal(by_step.get_weights(), by_fit.get_weights())
    after = by_step.test_on_batch(X, Y, return_dict=True)
    assert after == pytest.approx(by_step.evaluate(X, Y, verbose=0, return_dict=True))
    assert after["loss"] < before[0]


def test_predict_does_not_depend_on_batches():
    model = fitted(network())
    np.testing.assert_allclose(model.predict(X, batch_size=3), model.predict(X, batch_size=N, verbose=0), rtol=1e-12)


def test_an_input_of_one_feature_may_lack_its_axis():
    model = Sequential([Input((1,)), Dense(2)])
    np.testing.assert_array_equal(model.predict([1.0, 2.0]), model.predict([[1.0], [2.0]]))


def test_layers_may_be_added_once_there_are_weights():
    model = Sequential([Input((4,)), Dense(5)])
    kernel, bias = model.get_weights()
    model.add(Dense(2))
    assert [w.shape for w in model.get_weights()] == [(4, 5), (5,), (5, 2), (2,)]
    np.testing.assert_equal(model.get_weights()[:2], [kernel, bias])


def test_get_weights_gives_copies_and_set_weights_takes_them():
    model = fitted(network())
    weights = model.get_weights()
    weights[0][:] = 0
    assert model.get_weights()[0].any()
    model.set_weights(weights)
    np.testing.assert_equal(model.get_weights(), weights)
    assert [w.shape for w in weights] == [(4, 5), (5,), (5, 2), (2,)]


def test_a_layer_without_bias_has_one_weight_and_trains():
    model = fitted([Dense(2, use_bias=False)], epochs=50)
    assert len(model.get_weights()) == 1
    assert model.history.history["loss"][-1] < model.history.history["loss"][0]


def test_a_layer_used_twice_learns_from_both_uses():
    inputs, layer = Input((3,)), Dense(3, use_bias=False, kernel_initializer="random_normal")
    model = Model(inputs, layer(layer(inputs)))
    model.compile(optimizers.SGD(1.0), "mse")
    x, (before,) = X[:, :3], model.get_weights()
    model.train_on_batch(x, -x)
    measured = central_difference(lambda w: losses.MSE(-x, x @ w @ w).mean(), before)
    np.testing.assert_allclose(before - model.get_weights()[0], measured, rtol=1e-6, atol=1e-9)


def test_outputs_with_one_name_are_numbered():
    inputs = Input((4,))
    assert Model(inputs, [Dense(1)(inputs), Dense(1)(inputs)]).output_names == ["dense", "dense_1"]


def test_a_line_is_printed_for_every_epoch(capsys):
    model = Sequential([Input((4,)), Dense(2, kernel_initializer="zeros")])
    model.compile(optimizers.SGD(0.0), "mse", metrics=["mae"])
    model.fit(X, np.full((N, 2), 2.0), epochs=2, validation_data=(X, np.ones((N, 2))))
    model.evaluate(X, np.ones((N, 2)))
    assert capsys.readouterr().out.splitlines() == [
        "epoch 1 of 2: loss 4.0000, mae 2.0000, val_loss 1.0000, val_mae 1.0000",
        "epoch 2 of 2: loss 4.0000, mae 2.0000, val_loss 1.0000, val_mae 1.0000",
        "loss 1.0000, mae 1.0000",
    ]
