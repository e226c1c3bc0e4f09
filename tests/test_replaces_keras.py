"""`from lossedu import losses, metrics, optimizers` in place of `from keras import ...`: same arguments and figures."""

import inspect

import keras
import numpy as np
import pytest

from lossedu import losses, metrics, optimizers, training

DIFFERENT = {  # arguments of optimizers and training that only one of both has, or with another default, and why
    "callbacks": "there are no hooks into training: train_on_batch in a loop of one's own serves",
    "validation_split": "one splits the arrays oneself, and gives validation_data",
    "validation_freq": "after each epoch",
    "validation_batch_size": "that of training: it changes no figure but by rounding",
    "validation_steps": "for data sets and generators, which are not taken",
    "steps_per_epoch": "for data sets and generators, which are not taken",
    "steps": "for data sets and generators, which are not taken",
    "x": "None is for data sets and generators, which are not taken",
    "y": "None is for data sets and generators, which are not taken",
    "batch_size": "Keras writes None, and means the 32 that stands here",
    "run_eagerly": "NumPy is always eager",
    "steps_per_execution": "NumPy is always eager",
    "jit_compile": "nothing is compiled",
    "auto_scale_loss": "for float16, which is not trained in",
    "rebuild": "weights are made when first needed",
    "trainable": "all weights are",
    "seed": "in Keras keras.utils.set_random_seed makes a run reproducible",
    "kernel_regularizer": "no penalties on weights",
    "bias_regularizer": "no penalties on weights",
    "activity_regularizer": "no penalties on weights",
    "kernel_constraint": "no constraints on weights",
    "bias_constraint": "no constraints on weights",
    "lora_rank": "for large models",
    "lora_alpha": "for large models",
    "quantization_config": "for large models",
    "input_shape": "Keras takes it among its other arguments, with a warning as here",
    "input_dim": "the spelling of Keras 1",
    "init": "the spelling of Keras 1",
    "name": "models have none, and of layers it goes by keyword alone",
}
MODULES = [(losses, keras.losses), (metrics, keras.metrics)]
ALIKE = [
    (getattr(ours, name), getattr(theirs, name))
    for ours, theirs in MODULES
    for name in ours.__all__
    if callable(getattr(theirs, name, None))
]
METHODS = ["compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "get_weights", "set_weights"]
NEARLY_ALIKE = [
    *((cls, getattr(keras.optimizers, cls.__name__)) for cls in optimizers.BY_NAME.values()),
    *((getattr(optimizers, name), getattr(keras.optimizers, name)) for name in ("get", "serialize")),
    (optimizers.schedules.InverseTimeDecay, keras.optimizers.schedules.InverseTimeDecay),
    (training.Dense, keras.layers.Dense),
    (training.Activation, keras.layers.Activation),
    (training.Sequential, keras.Sequential.__init__),
    (training.Sequential.add, keras.Sequential.add),
    *((getattr(training.Model, method), getattr(keras.Model, method)) for method in METHODS),
]


def arguments(thing):
    """The names and defaults of its arguments, in order."""
    several = inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL
    parameters = inspect.signature(thing).parameters.values()
    return [(p.name, p.default) for p in parameters if p.kind not in several and p.name != "self"]


def without_types(signature):
    """Return a signature without annotations, of which Keras has hardly any."""
    parameters = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return signature.replace(parameters=parameters, return_annotation=signature.empty)


@pytest.mark.parametrize(("ours", "theirs"), ALIKE, ids=lambda thing: thing.__name__)
def test_arguments_of_losses_and_metrics_are_those_of_keras_in_order_and_by_default(ours, theirs):
    assert without_types(inspect.signature(ours)) == without_types(inspect.signature(theirs))


@pytest.mark.parametrize(("ours", "theirs"), NEARLY_ALIKE, ids=lambda thing: thing.__name__)
def test_arguments_of_optimizers_and_training_are_those_of_keras_but_for_what_differs_with_reason(ours, theirs):
    assert [a for a in arguments(ours) if a[0] not in DIFFERENT] == [
        a for a in arguments(theirs) if a[0] not in DIFFERENT
    ]


def test_what_differs_with_reason_does_differ():
    differences = (set(arguments(ours)) ^ set(arguments(theirs)) for ours, theirs in NEARLY_ALIKE)
    assert {name for several in differences for name, _ in several} == set(DIFFERENT)


SNIPPETS = {
    "the losses of a batch and their mean": """
y_true, y_pred = [[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]
each = losses.categorical_crossentropy(y_true, y_pred)
result = each, np.mean(each), losses.CategoricalCrossentropy()(y_true, y_pred)
""",
    "options by position": """
result = losses.huber(x, y, 0.5), losses.binary_crossentropy(bits, y, True, 0.1), losses.Tversky(0.3, 0.7)(bits, p)
""",
    "weights, masks and reductions": """
weights = np.array([1.0, 0.0, 2.0, 0.5])
result = [
    losses.BinaryCrossentropy(from_logits=True, reduction=reduction)(bits, y, sample_weight=weights)
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")
]
""",
    "a total of several losses": """
error, direction = losses.MeanSquaredError(), losses.CosineSimilarity(axis=1)
result = float(error(x, y) + 0.1 * direction(x, y, sample_weight=2.0))
""",
    "labels without an axis for predictions with one": """
labels, guesses = np.array([1.0, 0.0, 1.0]), np.array([[0.9], [0.2], [0.4]])
result = losses.mean_absolute_error(labels, guesses), losses.BinaryCrossentropy()(labels, guesses)
""",
    "a map of labels, some void": """
labels = np.array([[[0, 1], [255, 2]]])
scores = np.arange(12.0).reshape(1, 2, 2, 3) % 5
loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
result = loss(labels, scores), losses.sparse_categorical_crossentropy(labels, scores, True, 255)
""",
    "one loss by all its names": """
names = "mse", "MSE", "mean_squared_error", "MeanSquaredError", {"class_name": "MeanSquaredError", "config": {}}
result = [np.mean(losses.get(name)(x, y)) for name in names]
""",
    "a loss that was stored": """
stored = losses.serialize(losses.Tversky(alpha=0.3, beta=0.7, axis=1))
again = losses.deserialize(stored)
result = again(bits, p), again.name, losses.Dice.from_config(losses.Dice(axis=1).get_config())(bits, p)
""",
    "a loss of one's own": """
class Pinball(losses.Loss):
    def __init__(self, quantile, **options):
        super().__init__(**options)
        self.quantile = quantile

    def call(self, y_true, y_pred):
        error = np.asarray(y_true) - np.asarray(y_pred)
        return np.mean(np.maximum(self.quantile * error, (self.quantile - 1) * error), axis=-1)

result = Pinball(0.9)(x, y), Pinball(0.1, reduction="sum")(x, y, [1, 2, 3, 4]), Pinball(0.5, name="mine").name
""",
    "metrics that stream over uneven batches": """
several = [metrics.get(name) for name in ("mse", "MeanAbsoluteError", "cosine_similarity", "KLDivergence")]
several += [metrics.RootMeanSquaredError(), metrics.BinaryAccuracy(threshold=0.6), metrics.Mean(name="seen")]
for batch in slice(0, 3), slice(3, 4):
    for metric in several[:-1]:
        metric.update_state(bits[batch], p[batch])
    several[-1].update_state(p[batch], sample_weight=np.arange(1.0, 1 + len(p[batch])))
result = [(metric.name, float(metric.result())) for metric in several]
""",
    "a metric that begins anew": """
metric = metrics.SparseTopKCategoricalAccuracy(k=2)
scores = y.astype("float32")
first = metric(np.array([0, 1]), scores[:2]), metric(np.array([2, 2]), scores[2:])
metric.reset_state()
result = first, metric.result(), metric([2], scores[:1])
""",
    "metrics of one's own": """
def mean_pred(y_true, y_pred):
    return np.mean(y_pred)

class MeanPrediction(metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_pred, sample_weight)

result = metrics.MeanMetricWrapper(mean_pred, name="mine")(x, y), MeanPrediction()(x, y, [1, 2, 3, 4])
""",
    "accuracies as functions": """
one_hot, labels, scores = np.eye(3), np.array([0, 2, 1]), y[:3].astype("float32")
result = [
    metrics.binary_accuracy(bits, p),
    metrics.categorical_accuracy(one_hot, scores),
    metrics.sparse_categorical_accuracy(labels, scores),
    metrics.top_k_categorical_accuracy(one_hot, scores, k=2),
    metrics.sparse_top_k_categorical_accuracy(labels, scores, k=1),
]
""",
    "steps of optimizers": """
schedule = optimizers.schedules.InverseTimeDecay(0.1, decay_steps=2, decay_rate=0.5)
result = []
for optimizer in (
    optimizers.SGD(schedule, momentum=0.9, nesterov=True),
    optimizers.Adam(learning_rate=0.1, amsgrad=True, clipnorm=1.0),
    optimizers.get("rmsprop"),
    optimizers.get({"class_name": "AdamW", "config": {"weight_decay": 0.1}}),
):
    w, b = variable(x), variable(y[0])
    for step in range(5):
        optimizer.apply_gradients([(np.cos(step + y), w), (p[0], b)])
    result.append((w, b))
""",
}


def figures(package, snippet):
    """The `result` of a snippet, when it takes its names from `package`."""
    rng = np.random.default_rng(5)
    x, y, p = rng.normal(size=(3, 4, 3))
    given = {"np": np, "x": x, "y": y, "p": 1 / (1 + np.exp(-p)), "bits": (p * y > 0).astype(float)}
    given["variable"] = keras.Variable if package == "keras" else np.array
    exec(f"from {package} import losses, metrics, optimizers\n{snippet}", given)  # noqa: S102
    return given["result"]


def leaves(result):
    """All that stands in nested lists and tuples: names as they are, numbers as arrays."""
    if isinstance(result, (list, tuple)):
        return [leaf for part in result for leaf in leaves(part)]
    return [result if isinstance(result, str) else np.asarray(result)]


@pytest.mark.parametrize("title", SNIPPETS)
def test_a_snippet_gives_the_same_names_figures_and_shapes(title):
    ours, theirs = (leaves(figures(package, SNIPPETS[title])) for package in ("lossedu", "keras"))
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(one, str):
            assert one == other
        else:
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
