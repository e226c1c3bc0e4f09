import inspect
import pickle
import re
from fractions import Fraction
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras.src.metrics import ALL_OBJECTS_DICT
from keras.src.trainers.compile_utils import get_metric

from lossedu import losses, metrics
from tests.losses.agreement import FLOATS
from tests.losses.test_classes import class_numbers, classes, masks, numbers, positive, signs, weight_shapes

WITH_ARGUMENTS = {"IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "PrecisionAtRecall", "RecallAtPrecision"}
WITH_ARGUMENTS |= {"SensitivityAtSpecificity", "SpecificityAtSensitivity"}  # classes that cannot be made without
CASES = {  # per class: the data it takes, and options other than its defaults
    "Accuracy": (lambda rng, shape: rng.integers(0, 3, (2, *shape)).astype(float), {}),
    "BinaryAccuracy": (masks, {"threshold": 0.3}),
    "CategoricalAccuracy": (classes, {}),
    "SparseCategoricalAccuracy": (class_numbers, {}),
    "TopKCategoricalAccuracy": (classes, {"k": 2}),
    "SparseTopKCategoricalAccuracy": (class_numbers, {"k": 2}),
    "MeanSquaredError": (numbers, {}),
    "RootMeanSquaredError": (numbers, {}),
    "MeanAbsoluteError": (numbers, {}),
    "MeanAbsolutePercentageError": (positive, {}),
    "MeanSquaredLogarithmicError": (positive, {}),
    "LogCoshError": (numbers, {}),
    "CosineSimilarity": (numbers, {"axis": 1}),
    "KLDivergence": (classes, {}),
    "Poisson": (positive, {}),
    "Hinge": (signs, {}),
    "SquaredHinge": (signs, {}),
    "CategoricalHinge": (classes, {}),
    "BinaryCrossentropy": (masks, {"label_smoothing": 0.1}),
    "CategoricalCrossentropy": (classes, {"from_logits": True}),
    "SparseCategoricalCrossentropy": (class_numbers, {"ignore_class": 1}),
    "PearsonCorrelation": (numbers, {}),
    "ConcordanceCorrelation": (numbers, {}),
}
ABSTRACT = {"Metric", "metric", "MeanMetricWrapper", "mean_metric_wrapper"}
ACCURACIES = [name for name in metrics.__all__ if name.endswith("_accuracy")]


def mean_pred(y_true, y_pred):
    return np.mean(y_pred)


def few_scores(shape, dtype):
    """Scores among which ties are frequent."""
    return arrays(dtype, shape, elements=st.sampled_from([0.0, 0.25, 0.5, 0.75]))


def assert_same_function(name, y_true, y_pred, **options):
    ours = getattr(metrics, name)(y_true, y_pred, **options)
    # TensorFlow's in_top_k takes nothing but float32, which holds these scores exactly
    theirs = getattr(keras.metrics, name)(y_true, y_pred.astype(np.float32), **options).numpy()
    assert ours.dtype == y_pred.dtype
    assert ours.shape == theirs.shape
    assert ours.tolist() == theirs.tolist()


@given(
    name=st.sampled_from(["categorical_accuracy", "top_k_categorical_accuracy", "binary_accuracy"]),
    shape=st.sampled_from([(1, 1), (4, 3), (1, 6), (2, 1, 4), (2, 3, 7)]),
    dtype=st.sampled_from(FLOATS),
    data=st.data(),
)
def test_accuracies_of_labels_in_the_shape_of_predictions_are_those_of_keras(name, shape, dtype, data):
    y_true, y_pred = data.draw(few_scores(shape, dtype)), data.draw(few_scores(shape, dtype))
    options = {
        "top_k_categorical_accuracy": {"k": data.draw(st.integers(1, 8))},
        "binary_accuracy": {"threshold": data.draw(st.sampled_from([0, 0.25, 0.3, 0.5]))},
    }
    assert_same_function(name, np.round(y_true), y_pred, **options.get(name, {}))


@given(
    name=st.sampled_from(["sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy"]),
    shape=st.sampled_from([(1, 1), (4, 3), (1, 6), (2, 1, 4), (2, 3, 7)]),
    with_axis=st.booleans(),
    dtype=st.sampled_from(FLOATS),
    data=st.data(),
)
def test_accuracies_of_class_numbers_are_those_of_keras(name, shape, with_axis, dtype, data):
    labels = arrays(int, shape[:-1] + (1,) * with_axis, elements=st.integers(0, shape[-1] - 1))
    options = {"k": data.draw(st.integers(1, 8))} if "top_k" in name else {}
    assert_same_function(name, data.draw(labels), data.draw(few_scores(shape, dtype)), **options)


@given(
    shapes=st.sampled_from([((2, 1), (1, 2, 3)), ((1, 3), (2, 3, 4)), ((2, 3), (2, 1, 4)), ((1,), (3, 2))]),
    data=st.data(),
)
def test_class_numbers_broadcast_as_in_keras(shapes, data):
    labels = data.draw(arrays(int, shapes[0], elements=st.integers(0, shapes[1][-1] - 1)))
    assert_same_function("sparse_categorical_accuracy", labels, data.draw(few_scores(shapes[1], np.float64)))


@given(
    labels=arrays(int, (3,), elements=st.integers(0, 9)),
    guesses=arrays(int, (3, 4), elements=st.integers(0, 9)),
    k=st.integers(1, 6),
)
def test_guesses_sorted_by_rank_count_as_in_keras(labels, guesses, k):
    ours = metrics.sparse_top_k_categorical_accuracy(labels, guesses, k, from_sorted_ids=True)
    theirs = keras.metrics.sparse_top_k_categorical_accuracy(labels, guesses, k, from_sorted_ids=True)
    assert ours.tolist() == theirs.numpy().tolist()


@pytest.mark.parametrize("score", [np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_a_row_with_an_infinite_score_is_never_right_among_the_top_k_as_in_tensorflow(score, place):
    y_pred = np.array([[0.1, 0.9, 0.8], [0.2, 0.3, 0.5]])
    y_pred[0, place] = score
    assert_same_function("sparse_top_k_categorical_accuracy", np.array([0, 0]), y_pred, k=3)


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_prediction_at_the_threshold_counts_as_0(dtype):
    y_pred = np.array([0.3, 0.7], dtype)
    assert metrics.binary_accuracy([0, 0], y_pred, threshold=0.3).tolist() == [1, 0]


def test_predictions_that_are_whole_numbers_become_float64():
    assert metrics.binary_accuracy([1, 0], [1, 1]).dtype == np.float64


def batches(make, rng, dtype):
    """Batches of uneven size, each with its weights: of samples, of samples as a column, and the same for all."""
    for size, weigh in [(4, None), (1, [2.0]), (7, "column"), (3, "flat"), (2, 0.5), (2, 0.0)]:
        y_true, y_pred = make(rng, (size, 3))
        if weigh in ("column", "flat"):
            weigh = rng.choice([0, 0.5, 3], (size, 1) if weigh == "column" else size)
        yield np.asarray(y_true), np.asarray(y_pred, dtype), weigh


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_streams_of_uneven_weighted_batches_are_those_of_keras(name, dtype):
    make, options = CASES[name]
    ours, theirs = getattr(metrics, name)(**options), getattr(keras.metrics, name)(**options, dtype=dtype)
    for seed in range(2):
        for y_true, y_pred, weights in batches(make, np.random.default_rng(seed), dtype):
            scores = y_pred.astype(np.float32) if "TopK" in name else y_pred
            result = ours(y_true, y_pred, weights)
            np.testing.assert_allclose(result, theirs(y_true, scores, weights).numpy(), rtol=1e-5, atol=1e-6)
        ours.reset_state()
        theirs.reset_state()
        assert ours.result() == theirs.result() == 0


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@given(
    shape=st.sampled_from([(), (1,), (3,), (4, 3), (1, 3), (3, 1), (2, 3, 2), (2, 2, 1), (3, 3, 3)]),
    dtype=st.sampled_from(["float32", "float64"]),
    data=st.data(),
)
def test_weights_of_every_shape_count_as_in_keras_or_are_refused_as_there(name, shape, dtype, data):
    ours, theirs = getattr(metrics, name)(dtype=dtype), getattr(keras.metrics, name)(dtype=dtype)
    for _ in range(2):
        fitting = [*weight_shapes(shape), shape[:1], shape[:2], shape[:1] + (1,) * len(shape[1:])]
        of_weights = data.draw(st.sampled_from(fitting) if shape else st.sampled_from([(), (1,), (2,)]))
        values = data.draw(arrays(dtype, shape, elements=st.sampled_from([-1.0, 0.5, 2.0, 10.0])))
        weights = data.draw(arrays(dtype, of_weights, elements=st.sampled_from([0.0, 0.5, 1.0, 3.0])))
        try:
            theirs.update_state(values, weights)
        except (ValueError, tf.errors.InvalidArgumentError):
            with pytest.raises(ValueError, match="sample_weight of shape"):
                ours.update_state(values, weights)
            return
        ours.update_state(values, weights)
        assert ours.result().dtype == dtype
        np.testing.assert_allclose(ours.result(), theirs.result().numpy(), rtol=1e-6)


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@pytest.mark.parametrize("shape", [(), (4,), (4, 3), (2, 3, 2)])
def test_values_without_weights_count_as_in_keras(name, shape):
    values = np.random.default_rng(0).normal(size=shape)
    ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)(dtype="float64")
    for scale in 1, 2:
        np.testing.assert_allclose(ours(scale * values), theirs(scale * values).numpy(), rtol=1e-12)


@pytest.mark.parametrize("weights", [None, [1, 1, 1, 1], [[1], [0], [2], [1]]])
@pytest.mark.parametrize("wrap", [False, True])
def test_ignored_labels_count_as_0_without_weights_and_not_at_all_with_them_as_in_keras(wrap, weights):
    y_true, y_pred = np.array([0, 1, 1, 2]), np.full((4, 3), 1 / 3)
    results = []
    for package in metrics, keras.metrics:
        if wrap:
            metric = package.MeanMetricWrapper(package.sparse_categorical_crossentropy, ignore_class=1)
        else:
            metric = package.SparseCategoricalCrossentropy(ignore_class=1)
        results.append(float(metric(y_true, y_pred, weights)))
    assert results[0] == pytest.approx(results[1], rel=1e-6)
    assert results[0] == pytest.approx(np.log(3) / (1 if weights else 2), rel=1e-6)


@pytest.mark.parametrize(
    "name", ["Accuracy", "BinaryAccuracy", "MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError"]
)
def test_ranks_that_differ_by_one_are_aligned_as_in_keras(name):
    y_true, y_pred = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.0, 0.9, 0.2, 1.0])
    for labels, scores in (y_true[:, None], y_pred), (y_true, y_pred[:, None]):
        ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)(dtype="float64")
        np.testing.assert_allclose(ours(labels, scores), theirs(labels, scores).numpy(), rtol=1e-12)


def test_the_root_is_taken_of_the_mean_over_all_batches():
    metric = metrics.RootMeanSquaredError()
    metric.update_state([0.0, 0.0], [3.0, 3.0])
    metric.update_state([0.0], [np.sqrt(57)])
    assert metric.result() == pytest.approx(5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_that_of_the_state_and_the_result(dtype):
    metric = metrics.MeanSquaredError(dtype=dtype)
    for weights in None, [1, 2]:
        assert metric([[1.0], [2.0]], [[1.0], [1.0]], weights).dtype == dtype
    metric.reset_state()
    assert metric.result().dtype == metrics.RootMeanSquaredError(dtype=dtype).result().dtype == dtype


def test_a_stream_is_counted_beyond_the_whole_numbers_that_float32_holds():
    metric = metrics.Mean()
    metric.update_state(np.zeros(1), 2**24)
    metric.update_state(np.ones(1))
    assert metric.count.value == 2**24 + 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(data=st.data())
def test_totals_that_overflow_on_the_way_come_back(dtype, data):
    """A mean is finite, a sum is finite if the true one is, and no batch, weight or order makes NaN."""
    large = float(2.0 ** (np.finfo(dtype).maxexp - 1))  # two of them are too much
    exact = {"total": 0, "weighted": 0, "count": 0}
    mean, total = metrics.Mean(dtype=dtype), metrics.Sum(dtype=dtype)
    for size in data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)):
        values = data.draw(arrays(dtype, size, elements=st.sampled_from([large, -large, large / 4, 0])))
        weights = data.draw(arrays(dtype, size, elements=st.sampled_from([1, 0, large])))
        mean.update_state(values, weights)
        total.update_state(values)
        fractions = [(Fraction(float(v)), Fraction(float(w))) for v, w in zip(values, weights, strict=True)]
        exact["total"] += sum(v for v, _ in fractions)
        exact["weighted"] += sum(v * w for v, w in fractions)
        exact["count"] += sum(w for _, w in fractions)
    expected = exact["weighted"] / exact["count"] if exact["count"] else 0
    assert mean.result() == pytest.approx(float(expected), rel=1e-5, abs=large * 1e-6)
    with np.errstate(over="ignore"):
        if abs(exact["total"]) < 2 * Fraction(large):
            assert total.result() == float(exact["total"])
        else:
            assert total.result() == (np.inf if exact["total"] > 0 else -np.inf)


def test_values_that_are_infinite_in_both_directions_are_refused():
    for metric in metrics.Mean(), metrics.Sum():
        metric.update_state([np.inf, 1.0])
        assert metric.result() == np.inf
        with pytest.raises(ValueError, match="values must not be infinite in both directions"):
            metric.update_state([-np.inf])


@pytest.mark.parametrize("package", [keras.metrics, tf.keras.metrics])
def test_every_public_name_of_keras_is_here(package):
    theirs = {name for name in vars(package) if not name.startswith("_")}
    assert {name for name in theirs if not hasattr(metrics, name)} == set()
    for name in theirs & set(losses.ALIASES):
        assert getattr(metrics, name).__name__ == getattr(package, name).__name__


def test_losses_are_metrics_under_the_names_that_keras_exports_and_no_others():
    functions = {name for name, thing in vars(keras.metrics).items() if inspect.isfunction(thing)}
    ours = {name for name in metrics.__all__ if inspect.isfunction(getattr(metrics, name))}
    assert ours - functions == {"for_shapes", "label_kind"}
    with pytest.raises(AttributeError, match="has no attribute 'cosine'"):
        metrics.cosine  # noqa: B018


@pytest.mark.parametrize("name", sorted(set(ALL_OBJECTS_DICT) - ABSTRACT))
def test_get_takes_every_name_that_that_of_keras_takes(name):
    their_class = ALL_OBJECTS_DICT[name].__name__
    if their_class in WITH_ARGUMENTS:
        for package in metrics, keras.metrics:
            with pytest.raises(TypeError, match=r"missing \d required positional argument"):
                package.get(name)
    else:
        assert type(metrics.get(name)).__name__ == their_class
        assert metrics.get(name).name == re.sub(r"_\d+$", "", keras.metrics.get(name).name)  # Keras numbers some


@pytest.mark.parametrize("alias", losses.ALIASES)
def test_a_former_name_of_a_loss_is_known_as_a_metric_too(alias):
    assert isinstance(metrics.get(alias), metrics.MeanMetricWrapper)


def test_of_the_cosine_the_metric_is_high_where_the_loss_is_low():
    y = [[1.0, 2.0]]
    assert metrics.get("cosine_similarity")(y, y) == pytest.approx(1)
    assert metrics.get("cosine_proximity")(y, y) == pytest.approx(1)
    assert losses.get("cosine_similarity")(y, y) == pytest.approx(-1)


@pytest.mark.parametrize(
    "function", [mean_pred, lambda y_true, y_pred: y_pred, partial(mean_pred), losses.huber, losses.Huber(2.0)]
)
def test_any_function_is_a_metric_named_as_in_keras(function):
    metric = metrics.get(function)
    assert type(metric) is metrics.MeanMetricWrapper
    assert metric.name == get_metric(function, np.zeros((2, 3)), np.zeros((2, 3))).name
    y_true, y_pred = numbers(np.random.default_rng(0), (4, 3))
    assert metric(y_true, y_pred) == pytest.approx(np.mean(function(y_true, y_pred)))


def test_none_a_class_and_an_object():
    metric = metrics.BinaryAccuracy()
    assert metrics.get(None) is None
    assert metrics.get(metric) is metric
    assert type(metrics.get(metrics.BinaryAccuracy)) is metrics.BinaryAccuracy


@pytest.mark.parametrize("identifier", ["accuracy", "acc", "Accuracy", "ACC", "mse", "binary_accuracy", mean_pred])
@pytest.mark.parametrize("of_labels", [(4,), (4, 1), (4, 3), (4, 1, 1), (4, 2, 3)])
@pytest.mark.parametrize("of_predictions", [(4,), (4, 1), (4, 3), (4, 2, 1), (4, 2, 3)])
def test_shapes_decide_on_the_accuracy_as_in_keras(identifier, of_labels, of_predictions):
    y_true, y_pred = np.zeros(of_labels), np.zeros(of_predictions)
    ours, theirs = metrics.for_shapes(identifier, y_true, y_pred), get_metric(identifier, y_true, y_pred)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.name == theirs.name


@pytest.mark.parametrize(
    ("of_labels", "of_predictions", "class_name"),
    [
        ((4, 1), (4, 1), "BinaryCrossentropy"),
        ((4,), (4, 3), "SparseCategoricalCrossentropy"),
        ((4, 3), (4, 3), "CategoricalCrossentropy"),
    ],
)
@pytest.mark.parametrize("identifier", ["crossentropy", "ce", "CE"])
def test_shapes_decide_on_the_crossentropy_too(identifier, of_labels, of_predictions, class_name):
    metric = metrics.for_shapes(identifier, np.zeros(of_labels), np.zeros(of_predictions))
    assert type(metric) is getattr(metrics, class_name)
    assert metric.name == identifier


@pytest.mark.parametrize("name", [*CASES, "Mean", "Sum"])
def test_a_metric_survives_its_configuration_and_a_pickle(name):
    options = CASES.get(name, (None, {}))[1]
    metric = getattr(metrics, name)(**options, name="mine", dtype="float32")
    assert metric.get_config() == metric.get_config() | options | {"name": "mine", "dtype": "float32"}
    again = [
        type(metric).from_config(metric.get_config()),
        metrics.deserialize(metrics.serialize(metric)),
        metrics.get(metrics.serialize(metric)),
        pickle.loads(pickle.dumps(metric)),  # noqa: S301
    ]
    for copy in again:
        assert type(copy) is type(metric)
        assert copy.get_config() == metric.get_config()


@pytest.mark.parametrize("name", CASES)
def test_configurations_pass_to_and_from_keras(name):
    ours, theirs = getattr(metrics, name)(**CASES[name][1]), getattr(keras.metrics, name)(**CASES[name][1])
    assert type(theirs).from_config(ours.get_config()).get_config() == theirs.get_config() | {"dtype": "float64"}
    again = metrics.deserialize(keras.metrics.serialize(theirs))
    assert type(again) is type(ours)
    assert again.get_config().items() >= theirs.get_config().items()


@pytest.mark.parametrize("fn", [metrics.huber, metrics.top_k_categorical_accuracy, losses.cosine_similarity])
def test_a_wrapped_function_survives_being_serialized(fn):
    metric = metrics.MeanMetricWrapper(fn, **{"huber": {"delta": 2.0}}.get(fn.__name__, {}))
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.fn is fn
    assert again.get_config() == metric.get_config()
    assert metrics.deserialize(metrics.serialize(fn)) is fn


def test_a_wrapped_loss_survives_being_serialized_and_one_of_keras_is_understood():
    again = metrics.deserialize(metrics.serialize(metrics.MeanMetricWrapper(losses.Huber(2.0))))
    assert again.fn.get_config() == losses.Huber(2.0).get_config()
    theirs = keras.metrics.MeanMetricWrapper(keras.metrics.huber, delta=2.0)
    ours = metrics.get(keras.metrics.serialize(theirs))
    assert ours.fn is losses.huber
    assert ours.options == {"delta": 2.0}


def test_custom_objects_go_before():
    assert metrics.deserialize("mean_pred", {"mean_pred": mean_pred}) is mean_pred
    assert metrics.deserialize("mse", {"mse": mean_pred}) is mean_pred


def test_a_metric_of_ones_own_needs_its_three_methods():
    class Largest(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            self.largest = y_pred.max()

        def result(self):
            return self.largest

    assert Largest()([0.0], np.array([2.0, 3.0])) == 3
    assert Largest().name == "largest"
    with pytest.raises(NotImplementedError, match=r"Largest must define reset_state\(\)"):
        Largest().reset_state()
    with pytest.raises(NotImplementedError, match=r"Metric must define update_state\(y_true, y_pred, sample_weight"):
        metrics.Metric()([0.0], [1.0])
    with pytest.raises(NotImplementedError, match=r"Metric must define result\(\)"):
        metrics.Metric().result()


@pytest.mark.parametrize("name", ACCURACIES)
@pytest.mark.parametrize(
    ("y_true", "y_pred", "error", "message"),
    [
        ([[0, 1]], [[0.5, np.nan]], ValueError, r"y_pred must hold numbers, got NaN \(first at index \(0, 1\)\)"),
        ([[0, 1]], [["a", "b"]], TypeError, "y_pred must hold real numbers, got list of dtype <U1"),
        ([], [], ValueError, "y_true must hold at least one value, got an empty array of shape"),
        ([[0, 1]], [[0.5], [0.2, 0.3]], ValueError, "y_pred must be an array with rows of one length"),
        (np.zeros((3, 2)), np.zeros((2, 3)), ValueError, r"\(3, 2\).*\(2, 3\)"),
    ],
)
def test_bad_arrays_are_refused_by_name(name, y_true, y_pred, error, message):
    with pytest.raises(error, match=message):
        getattr(metrics, name)(y_true, y_pred)


@pytest.mark.parametrize(
    "function",
    [
        *(getattr(metrics, name) for name in ACCURACIES if name != "binary_accuracy"),
        partial(metrics.sparse_top_k_categorical_accuracy, from_sorted_ids=True),
    ],
)
def test_predictions_without_an_axis_of_classes_are_refused(function):
    with pytest.raises(ValueError, match=r"axis must be one of the 0 of shape \(\), got -1"):
        function(0, 1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: metrics.sparse_categorical_accuracy([0, 3], np.eye(3)[:2]),
            ValueError,
            "y_true must hold class numbers from 0 to 2, got 3",
        ),
        (
            lambda: metrics.sparse_top_k_categorical_accuracy([0, -1], np.eye(3)[:2]),
            ValueError,
            "y_true must hold class numbers from 0 to 2, got -1",
        ),
        (
            lambda: metrics.sparse_categorical_accuracy([0, 0.5], np.eye(3)[:2]),
            ValueError,
            "y_true must hold class numbers, which are whole, got 0.5",
        ),
        (
            lambda: metrics.sparse_top_k_categorical_accuracy([0, 1, 2], [[1, 2]], from_sorted_ids=True),
            ValueError,
            r"y_true must have the shape of y_pred without its class axis -1: got y_true \(3,\), y_pred \(1, 2\)",
        ),
        (lambda: metrics.top_k_categorical_accuracy([[1]], [[1]], k=0), ValueError, "k must be at least 1, got 0"),
        (lambda: metrics.top_k_categorical_accuracy([[1]], [[1]], k=1.5), TypeError, "k must be a whole number"),
        (lambda: metrics.binary_accuracy([1], [1], threshold="a"), TypeError, "threshold must hold real numbers"),
        (lambda: metrics.binary_accuracy([1], [1], np.nan), ValueError, "threshold must hold numbers, got NaN"),
        (lambda: metrics.Mean()([1, np.nan]), ValueError, "values must hold numbers, got NaN"),
        (lambda: metrics.Mean()([]), ValueError, "values must hold at least one value"),
        (lambda: metrics.Mean()(["a"]), TypeError, "values must hold real numbers"),
        (lambda: metrics.Mean()([1, 2], [1, np.nan]), ValueError, "sample_weight must hold numbers, got NaN"),
        (lambda: metrics.Mean()([1, 2], [1, -1]), ValueError, "sample_weight must not be negative .*, got -1"),
        (
            lambda: metrics.Mean()([1, 2], [1, 1, 1]),
            ValueError,
            r"sample_weight of shape \(3,\) must fit the first axes of values, here \(2,\)",
        ),
        (
            lambda: metrics.SparseCategoricalCrossentropy(ignore_class=0)([0, 1], np.eye(2), [1, 1, 1]),
            ValueError,
            r"got values \(2,\), sample_weight \(3,\)",
        ),
        (lambda: metrics.RootMeanSquaredError()([0, 0], [0, 0, 0]), ValueError, r"y_true \(2,\), y_pred \(3,\)"),
        (lambda: metrics.Mean(dtype="complex64"), TypeError, "dtype must be one of numbers, got 'complex64'"),
        (lambda: metrics.MeanMetricWrapper("mse"), TypeError, "fn must be a function of y_true and y_pred, got 'mse'"),
        (lambda: metrics.BinaryAccuracy(treshold=1), TypeError, "unexpected keyword argument 'treshold'"),
        (lambda: metrics.get("binary_acuracy"), ValueError, "'binary_acuracy'; near: binary_accuracy, BinaryAccuracy"),
        (lambda: metrics.get("get"), ValueError, "no metric is called 'get'"),
        (lambda: metrics.get("crossentropi"), ValueError, "no metric is called 'crossentropi'; near: .*crossentropy"),
        (lambda: metrics.get(3), ValueError, "identifier must be a metric, its name or its configuration, got int 3"),
        (lambda: metrics.get({}), ValueError, "the configuration of a metric must have a class_name, got {}"),
        (lambda: metrics.get({"class_name": "Huber"}), ValueError, "no metric is called 'Huber'; near: huber, "),
        (lambda: metrics.for_shapes(None, [0], [0]), ValueError, "identifier must be a metric, .* got None"),
        (lambda: metrics.for_shapes("acc", 0, 0), ValueError, r"axis must be one of the 0 of shape \(\), got -1"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
