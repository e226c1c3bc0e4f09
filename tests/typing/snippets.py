"""Check the types that an editor sees in user code: pyright reads this file (`make lint`), and no test runs it.

`assert_type` fails if a type is not the expected one. A line with `pyright: ignore` fails if it has no error.
"""

from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import lossedu
from lossedu import losses, metrics, optimizers, training
from lossedu.checking import PartialCredit

Floats = NDArray[np.floating[Any]]

# --- Losses as functions, each with its own parameters ---

assert_type(losses.huber([0.0, 1.0], [0.5, 3.0], delta=2.0), Floats)
assert_type(losses.huber.gradient(y_true=[0.0, 1.0], y_pred=[0.5, 3.0], delta=2.0), Floats)
assert_type(losses.sparse_categorical_crossentropy([1], [[0.2, 0.8]], ignore_class=-1), Floats)
assert_type(losses.softmax_with_loss([[1.2, 0.8]], [1]), tuple[Floats, Floats])
assert_type(losses.gaussian_kl(0.0, 1.0, 1.0, 2.0), Floats)
float(losses.reduce_loss([1.0, 2.0], reduction="sum"))
losses.huber([0.0], [0.5], 2.0).round(3)
losses.huber([0.0], [0.5], delt=2.0)  # pyright: ignore[reportCallIssue]
losses.huber([0.0], [0.5], "two")  # pyright: ignore[reportArgumentType]
losses.huber.gradient([0.0], [0.5], axis=0)  # pyright: ignore[reportCallIssue]
losses.huber([0.0])  # pyright: ignore[reportCallIssue]
print(losses.hubert)  # pyright: ignore[reportAttributeAccessIssue]

# --- Other names of them ---

assert_type(losses.mse([0.0], [1.0]), Floats)
assert_type(losses.cosine_proximity.gradient([0.0], [1.0], axis=-1), Floats)
assert_type(metrics.mse([0.0], [1.0]), Floats)

# --- Losses as classes ---

loss = losses.Huber(delta=2.0, reduction="sum")
assert_type(loss, losses.Huber)
assert_type(loss([0.0], [1.0], sample_weight=[1.0]), Floats)
assert_type(loss.gradient([0.0], [1.0]), Floats)
assert_type(losses.Huber.from_config(loss.get_config()), losses.Huber)
losses.Huber(delt=2.0)  # pyright: ignore[reportCallIssue]
losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)

# --- Metrics ---

metric = metrics.BinaryAccuracy(threshold=0.7)
metric.update_state([1, 0], [0.6, 0.1], sample_weight=[1, 2])
assert_type(float(metric.result()), float)
assert_type(metrics.binary_accuracy([1, 0], [0.6, 0.1], threshold=0.5), Floats)
assert_type(metrics.TopKCategoricalAccuracy(k=3).get_config(), dict[str, Any])
metrics.TopKCategoricalAccuracy(kk=3)  # pyright: ignore[reportCallIssue]

# --- Optimizers ---

adam = optimizers.Adam(learning_rate=0.01, beta_1=0.8, clipnorm=1.0)
assert_type(adam, optimizers.Adam)
adam.apply([[0.5]], [np.array([1.0])])
optimizers.SGD(optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, decay_rate=0.1), momentum=0.9)
assert_type(optimizers.get("adam"), optimizers.Optimizer)
optimizers.Adam(learning_rate="fast")  # pyright: ignore[reportArgumentType]
optimizers.SGD(momentun=0.9)  # pyright: ignore[reportCallIssue]

# --- Training ---

model = training.Sequential([training.Input((2,)), training.Dense(1, activation="relu")], seed=0)
model.compile(optimizer=adam, loss=losses.huber, metrics=["mae"])
assert_type(model.fit([[0.0, 1.0]], [1.0], epochs=2, verbose=0), training.History)


# --- Checking ---


def kl_divergence(y_true, y_pred):
    return 0.0


assert_type(lossedu.check(kl_divergence), PartialCredit | None)
lossedu.check(prediction=0.5)
assert_type(lossedu.compare_with_keras(kl_divergence), None)
lossedu.hint("wasted_bits")
lossedu.progress("07_kl_divergence")
lossedu.chek(kl_divergence)  # pyright: ignore[reportAttributeAccessIssue]

# --- A loss of one's own ---


class Absolute(losses.Loss):
    def call(self, y_true, y_pred):
        return np.abs(y_pred - y_true)


assert_type(Absolute()([0.0], [1.0]), Floats)
named: Callable[..., Floats] = losses.huber
