from types import SimpleNamespace

import keras
import numpy as np
import pytest

from lossedu import losses, metrics, optimizers, training
from tests.sampling import others_slow

OURS = SimpleNamespace(
    **{name: getattr(training, name) for name in training.__all__}, losses=losses, metrics=metrics, SGD=optimizers.SGD
)
KERAS = SimpleNamespace(
    **{name: getattr(keras, name) for name in ("Input", "Model", "Sequential", "losses", "metrics")},
    SGD=keras.optimizers.SGD,
    **{name: getattr(keras.layers, name) for name in ("Activation", "Dense")},
)
RNG = np.random.default_rng(0)
N = 10  # in batches of 4: the last is smaller
X = RNG.normal(size=(N, 4))
NUMBERS = RNG.normal(size=(N, 2))
BITS = RNG.integers(0, 2, N)
CLASSES = RNG.integers(0, 3, N)
ONE_HOT = np.eye(3)[CLASSES]
WEIGHTS = RNG.uniform(0, 2, N)


def chain(*last, shape=(4,)):
    """A maker of models with one hidden layer, called with the names of OURS or of KERAS."""
    return lambda k: k.Sequential([k.Input(shape), k.Dense(5, activation="tanh"), k.Dense(*last)])


def two_heads(k):
    inputs = k.Input((4,))
    trunk = k.Dense(5, activation="relu")(inputs)
    return k.Model(inputs, [k.Dense(2, name="price")(trunk), k.Dense(3, activation="softmax", name="kind")(trunk)])


def nested_heads(k):
    inputs = k.Input((4,))
    first = k.Dense(2, activation="tanh", name="first")(inputs)
    return k.Model(inputs, [first, k.Dense(3, name="second")(k.Activation("sigmoid")(first))])


def mean_pred(y_true, y_pred):
    return keras.ops.mean(y_pred) if keras.ops.is_tensor(y_pred) else np.mean(y_pred)


def trained(k, make, compiled, y, start=None, x=X, epochs=2, validate=False, **fit):
    """A model of OURS or of KERAS after `fit`, begun with the weights `start`."""
    model = make(k)
    if start:
        model.set_weights(start)
    # to make a graph takes longer than these few steps; but of several outputs, Keras reports other losses without one
    eagerly = {"run_eagerly": True} if k is KERAS and len(model.outputs) == 1 else {}
    model.compile(**(compiled(k) if callable(compiled) else compiled), **eagerly)
    validation_data = (0.5 * x, y) if validate else None
    model.fit(x, y, batch_size=4, epochs=epochs, shuffle=False, verbose=0, validation_data=validation_data, **fit)
    return model


def assert_same_training(make, compiled, y, x=X, **fit):
    """Ours and that of Keras, begun with the same weights, report the same figures and end with the same weights."""
    start = make(KERAS).get_weights()
    theirs, ours = (trained(k, make, compiled, y, start, x, **fit) for k in (KERAS, OURS))
    assert list(ours.history.history) == list(theirs.history.history)
    assert ours.history.epoch == theirs.history.epoch
    for name, figures in theirs.history.history.items():
        np.testing.assert_allclose(ours.history.history[name], figures, rtol=1e-5, atol=1e-5, err_msg=name)
    for w, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(w, expected, rtol=1e-4, atol=1e-5)
    return ours, theirs


def case(make, compiled, y, **fit):
    """What `assert_same_training` takes: `compiled` is what compile gets, `fit` is what fit gets besides data."""
    return make, compiled, y, fit


SINGLE = {
    "regression": case(
        chain(2), {"optimizer": "sgd", "loss": "mse", "metrics": ["mae", "MSE", mean_pred]}, NUMBERS, validate=True
    ),
    "binary": case(chain(1, "sigmoid"), {"loss": "binary_crossentropy", "metrics": ["accuracy", mean_pred]}, BITS),
    "one-hot": case(chain(3, "softmax"), {"loss": "categorical_crossentropy", "metrics": ["acc"]}, ONE_HOT),
    "sparse": case(chain(3, "softmax"), {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}, CLASSES),
    "class numbers in a column": case(chain(3, "softmax"), {"loss": "crossentropy"}, CLASSES[:, None]),
    "logits": case(
        chain(1),
        lambda k: {
            "loss": k.losses.BinaryCrossentropy(from_logits=True),
            "metrics": [k.metrics.BinaryAccuracy(threshold=0)],
        },
        BITS,
    ),
    "smoothed labels": case(
        chain(3, "softmax"), lambda k: {"loss": k.losses.CategoricalCrossentropy(label_smoothing=0.1)}, ONE_HOT
    ),
    "summed": case(
        chain(2), lambda k: {"loss": k.losses.MeanAbsoluteError(reduction="sum")}, NUMBERS, sample_weight=WEIGHTS
    ),
    "not reduced": case(
        chain(2), lambda k: {"loss": k.losses.MeanSquaredError(reduction="none")}, NUMBERS, sample_weight=WEIGHTS
    ),
    "function": case(chain(2), lambda k: {"loss": k.losses.cosine_similarity}, NUMBERS),
    "weighted loss": case(chain(2), {"loss": "huber", "loss_weights": [2.5]}, NUMBERS),
    "class weights": case(
        chain(3, "softmax"),
        {"loss": "crossentropy", "metrics": ["accuracy", "mse", "mse"], "weighted_metrics": ["accuracy", "mae"]},
        ONE_HOT,
        class_weight={0: 2.0, 2: 0.25},
        validate=True,
    ),
    "class weights of bits": case(chain(1, "sigmoid"), {"loss": "bce"}, BITS[:, None], class_weight={1: 3.0}),
    "sample weights": case(
        chain(2), {"loss": "log_cosh", "metrics": ["mse"], "weighted_metrics": ["mse"]}, NUMBERS, sample_weight=WEIGHTS
    ),
    "moving averages": case(
        chain(2),
        lambda k: {"optimizer": k.SGD(0.1, use_ema=True, ema_momentum=0.5), "loss": "mse"},
        NUMBERS,
        validate=True,
    ),
    "later epochs": case(chain(2), {"loss": "mse"}, NUMBERS, initial_epoch=1, epochs=3),
    "softmax with the loss for sigmoid": case(
        chain(3, "softmax"), {"loss": "binary_crossentropy", "metrics": ["binary_crossentropy"]}, ONE_HOT
    ),
    "sigmoid with the loss for softmax": case(
        chain(3, "sigmoid"), {"loss": "categorical_crossentropy", "metrics": ["categorical_crossentropy"]}, ONE_HOT
    ),
    "saturated softmax": case(
        chain(3, "softmax"),
        lambda k: {"loss": "categorical_crossentropy", "metrics": [k.metrics.CategoricalCrossentropy()]},
        ONE_HOT,
        x=1e4 * X,
    ),
    "saturated sigmoid": case(chain(1, "sigmoid"), {"loss": "bce", "metrics": ["bce"]}, BITS[:, None], x=1e4 * X),
}


@pytest.mark.parametrize("name", others_slow(SINGLE, 2))
def test_one_output_trains_as_in_keras(name):
    make, compiled, y, fit = SINGLE[name]
    assert_same_training(make, compiled, y, **fit)


LABELS = {"price": NUMBERS, "kind": ONE_HOT}
TWO = {
    "lists": case(
        two_heads,
        {
            "loss": ["mse", "categorical_crossentropy"],
            "loss_weights": [1, 0.25],
            "metrics": [["mae"], ["accuracy", "mse"]],
        },
        list(LABELS.values()),
        sample_weight=[WEIGHTS, WEIGHTS[::-1]],
        validate=True,
    ),
    "dicts": case(
        two_heads,
        {
            "loss": {"price": "mae", "kind": "crossentropy"},
            "loss_weights": {"kind": 2.0, "price": 0.5},
            "metrics": {"kind": "accuracy"},
            "weighted_metrics": {"kind": ["accuracy"], "price": ["mse"]},
        },
        LABELS,
    ),
    "one loss for both": case(two_heads, {"loss": "mse"}, list(LABELS.values()), sample_weight=WEIGHTS),
    "no loss for one": case(two_heads, {"loss": ["mse", None]}, list(LABELS.values())),
    "one output before another": case(nested_heads, {"loss": ["mse", "mae"]}, [NUMBERS, ONE_HOT]),
}


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # of Keras, where an output has no loss
@pytest.mark.parametrize("name", others_slow(TWO, 2))
def test_two_outputs_train_as_in_keras(name):
    make, compiled, y, fit = TWO[name]
    ours, theirs = assert_same_training(make, compiled, y, **fit)
    expected = theirs.evaluate(X, y, verbose=0)
    np.testing.assert_allclose(ours.evaluate(X, y, verbose=0), expected, rtol=1e-5, atol=1e-5)
    for output, prediction in zip(ours.predict(X, batch_size=3), theirs.predict(X, verbose=0), strict=True):
        np.testing.assert_allclose(output, prediction, rtol=1e-4, atol=1e-5)


def test_fit_ends_with_the_averages_and_goes_on_from_them():
    """Without a step there are no averages, and the weights stay."""
    model = chain(2)(OURS)
    model.compile(optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), loss="mse")
    start = model.get_weights()
    model.fit(X, NUMBERS, epochs=1, initial_epoch=1, verbose=0)
    for w, before in zip(model.get_weights(), start, strict=True):
        np.testing.assert_array_equal(w, before)
    for _ in range(2):
        model.fit(X, NUMBERS, verbose=0)
        for w, average in zip(model.get_weights(), model.optimizer.averages, strict=True):
            np.testing.assert_array_equal(w, average)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "nadam", "adamw"])
def test_every_optimizer_trains_by_its_name_as_in_keras(optimizer):
    assert_same_training(chain(2), {"optimizer": optimizer, "loss": "mse"}, NUMBERS)


def test_sequences_train_as_in_keras_with_a_weight_for_every_step():
    x, y, weights = RNG.normal(size=(N, 3, 4)), RNG.normal(size=(N, 3, 2)), RNG.uniform(0, 2, (N, 3))
    compiled = {"loss": "mse", "weighted_metrics": ["mae"]}
    assert_same_training(chain(2, shape=(3, 4)), compiled, y, x, sample_weight=weights)


def test_evaluate_on_weighted_samples_is_that_of_keras():
    ours, theirs = assert_same_training(chain(2), {"loss": "mse", "weighted_metrics": ["mae"]}, NUMBERS, epochs=1)
    arguments = {"x": X, "y": NUMBERS, "sample_weight": WEIGHTS, "batch_size": 4, "verbose": 0}
    np.testing.assert_allclose(ours.evaluate(**arguments), theirs.evaluate(**arguments), rtol=1e-5)
    assert ours.evaluate(**arguments, return_dict=True).keys() == theirs.evaluate(**arguments, return_dict=True).keys()


@pytest.mark.parametrize(
    ("first", "compiled"),
    [
        (
            lambda k: k.Dense(64, kernel_initializer="random_uniform"),
            lambda k: {"loss": "mse", "optimizer": k.SGD(learning_rate=0.01, clipvalue=0.5)},
        ),
        (lambda k: k.Dense(64), {"loss": "mean_squared_error", "optimizer": "sgd"}),
        (
            lambda k: k.Dense(64),
            {"loss": "binary_crossentropy", "optimizer": "rmsprop", "metrics": ["accuracy", mean_pred]},
        ),
    ],
)
def test_models_of_the_seed_run_in_modern_spelling_as_in_keras(first, compiled):
    def make(k):
        return k.Sequential([k.Input((10,)), first(k), k.Activation("softmax")])

    y = np.eye(64)[RNG.integers(0, 64, N)]
    assert_same_training(make, compiled, y, RNG.normal(size=(N, 10)))
