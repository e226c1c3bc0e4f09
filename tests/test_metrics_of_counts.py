"""Metrics that are no mean of a function: counts at thresholds, overlaps, F scores, R2 and correlations."""

import pickle
import warnings

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, r2_score, roc_auc_score

from lossedu import metrics

RNG = np.random.default_rng(31)
STATES = ["true_positives", "false_positives", "true_negatives", "false_negatives", "total_cm", "intermediate_weights"]
STATES += ["squared_sum", "total_mse", "count", "num_samples", "accumulator"]


def bits_and_scores(rng, shape):
    """Among the scores are ties, and some that equal a threshold."""
    return rng.integers(0, 2, shape), rng.choice([0.0, 0.25, 0.5, 1.0, 0.1, 0.7], shape).astype(np.float32)


def bits_and_logits(rng, shape):
    return rng.integers(0, 2, shape), rng.normal(size=shape).astype(np.float32)


def class_numbers(rng, shape):
    """Two of them are none."""
    return rng.integers(-1, 4, (2, *shape))


def one_hot(rng, shape):
    return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])], rng.random(shape)


def numbers(rng, shape):
    return rng.normal(size=(2, *shape)).astype(np.float32)


COUNTS = ["TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"]
BEST_AT = {"SensitivityAtSpecificity": "specificity", "SpecificityAtSensitivity": "sensitivity"}
BEST_AT |= {"PrecisionAtRecall": "recall", "RecallAtPrecision": "precision"}
CASES = [
    *((name, bits_and_scores, options) for name in COUNTS for options in ({}, {"thresholds": [0.7, 0.25, 0.1]})),
    *(
        (name, bits_and_scores, options)
        for name in ("Precision", "Recall")
        for options in ({}, {"thresholds": [0.7, 0, 0.5]}, {"top_k": 2}, {"class_id": 1, "thresholds": 0.25})
    ),
    ("Precision", bits_and_scores, {"top_k": 2, "class_id": 2, "thresholds": [0, 0.5, 1]}),
    *(
        (name, bits_and_scores, {argument: least, "num_thresholds": n})
        for name, argument in BEST_AT.items()
        for least, n in [(0.4, 200), (0.9, 3), (0.5, 1)]
    ),
    ("SensitivityAtSpecificity", bits_and_scores, {"specificity": 0.3, "class_id": 0}),
    *(
        ("AUC", bits_and_scores, {"curve": curve, "summation_method": summation, "num_thresholds": 11})
        for curve in ("ROC", "PR", "PRGAIN")
        for summation in ("interpolation", "minoring", "majoring")
    ),
    ("AUC", bits_and_scores, {"thresholds": [0.9, 0.3, 0.6]}),
    ("AUC", bits_and_scores, {"label_weights": [0.5, 1.0, 2.0]}),
    ("AUC", bits_and_scores, {"multi_label": True, "curve": "PR"}),
    ("AUC", bits_and_scores, {"multi_label": True, "num_labels": 3, "label_weights": [0.5, 1.0, 2.0]}),
    ("AUC", bits_and_logits, {"from_logits": True}),
    ("IoU", class_numbers, {"num_classes": 3, "target_class_ids": [0, 2]}),
    ("MeanIoU", class_numbers, {"num_classes": 3, "ignore_class": 1}),
    ("BinaryIoU", bits_and_scores, {"target_class_ids": [1], "threshold": 0.25}),
    ("OneHotIoU", one_hot, {"num_classes": 3, "target_class_ids": [1]}),
    ("OneHotMeanIoU", one_hot, {"num_classes": 3}),
    *(("FBetaScore", one_hot, {"average": average, "beta": 2.0}) for average in (None, "micro", "macro", "weighted")),
    ("F1Score", one_hot, {"threshold": 0.5}),
    ("R2Score", numbers, {"class_aggregation": None}),
    ("R2Score", numbers, {"num_regressors": 2}),
    ("R2Score", numbers, {"class_aggregation": "variance_weighted_average"}),
]


def call_of(case):
    name, _, options = case
    return f"{name}({', '.join(f'{option}={value}' for option, value in options.items())})"


def made_by(package, name, options):
    return getattr(package, name)(**options, dtype="float32")


@given(case=st.sampled_from(CASES), seed=st.integers(0, 1000))
@pytest.mark.parametrize("weighted", [False, True])
def test_streams_and_states_are_those_of_keras(weighted, case, seed):
    assert_same_stream(*case, weighted, seed)


@pytest.mark.parametrize("case", CASES, ids=call_of)
def test_each_case_once(case):
    assert_same_stream(*case, weighted=True, seed=0)


def assert_same_stream(name, make, options, weighted, seed):
    rng = np.random.default_rng(seed)
    ours, theirs = made_by(metrics, name, options), made_by(keras.metrics, name, options)
    flat = "IoU" in name and not name.startswith("OneHot")
    for rows in 4, 1, 7:
        y_true, y_pred = make(rng, (rows,) if flat else (rows, 3))
        weights = rng.choice([0.0, 0.5, 3.0], rows).astype(np.float32) if weighted else None
        ours.update_state(y_true, y_pred, weights)
        theirs.update_state(y_true, y_pred, weights)
        expected = np.asarray(theirs.result())
        if np.isfinite(expected).all():
            np.testing.assert_allclose(ours.result(), expected, rtol=1e-4, atol=1e-5)
            assert np.shape(ours.result()) == expected.shape
    for state in STATES:
        if hasattr(theirs, state):
            np.testing.assert_allclose(getattr(ours, state), np.asarray(getattr(theirs, state)), rtol=1e-4, atol=1e-4)
    assert len(ours.variables) == len(theirs.variables)
    ours.reset_state()
    assert not any(variable.any() for variable in ours.variables)
    assert not np.isnan(ours.result()).any()


@pytest.mark.parametrize("case", CASES, ids=call_of)
def test_configurations_pass_to_and_from_keras(case):
    name, _, options = case
    options = options | {"name": "mine"}
    ours, theirs = made_by(metrics, name, options), made_by(keras.metrics, name, options)
    config = theirs.get_config()
    if config.get("label_weights") is not None:
        config["label_weights"] = np.asarray(config["label_weights"]).tolist()
    assert ours.get_config() == config
    for again in (
        type(ours).from_config(config),
        metrics.deserialize(metrics.serialize(ours)),
        pickle.loads(pickle.dumps(ours)),  # noqa: S301
    ):
        assert again.get_config() == ours.get_config()


def test_the_area_under_roc_nears_that_of_scikit_learn_as_thresholds_get_dense():
    y_true, y_pred = RNG.integers(0, 2, 500), RNG.random(500)
    y_pred[y_true == 1] **= 0.5
    expected = roc_auc_score(y_true, y_pred)
    errors = [abs(metrics.AUC(n)(y_true, y_pred) - expected) for n in (5, 50, 5000)]
    assert errors[0] > errors[2]
    assert errors[2] < 1e-4


def test_f1_and_r2_are_those_of_scikit_learn():
    y_true, y_pred = one_hot(RNG, (50, 4))
    chosen = np.eye(4)[y_pred.argmax(-1)]
    for average in "macro", "micro", "weighted":
        expected = f1_score(y_true, chosen, average=average)
        assert metrics.F1Score(average)(y_true, y_pred) == pytest.approx(expected, abs=1e-5)
    y_true, y_pred = RNG.normal(size=(2, 50, 3))
    weights = RNG.random(50)
    for ours, theirs in ("uniform_average", "uniform_average"), ("variance_weighted_average", "variance_weighted"):
        expected = r2_score(y_true, y_pred, sample_weight=weights, multioutput=theirs)
        assert metrics.R2Score(ours)(y_true, y_pred, weights) == pytest.approx(expected)


def test_a_million_predictions_at_a_thousand_thresholds_take_no_table_of_both():
    y_true, y_pred = RNG.integers(0, 2, 10**6), RNG.random(10**6)
    assert metrics.AUC(1000)(y_true, y_pred) == pytest.approx(0.5, abs=0.01)


def test_a_truth_without_variance_scores_1_if_met_and_0_if_not():
    assert metrics.R2Score()([[2.0], [2.0]], [[2.0], [2.0]]) == 1
    assert metrics.R2Score()([[2.0], [2.0]], [[2.0], [3.0]]) == 0
    assert metrics.R2Score(None).result() == 0


def test_what_does_not_vary_has_no_correlation():
    assert metrics.pearson_correlation([1.0, 1.0], [1.0, 2.0]) == 0
    assert metrics.concordance_correlation([1.0, 1.0], [1.0, 1.0]) == 0


def test_an_overlap_counted_in_whole_numbers_cuts_off_fractions_of_weights_with_a_warning_as_in_keras():
    batch = [0, 1, 1], [0, 1, 0], np.array([0.9, 1.5, 1.0])
    with pytest.warns(UserWarning, match="You are passing weight as `float`, but dtype is `int`"):
        ours = metrics.MeanIoU(2)(*batch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = keras.metrics.MeanIoU(2)(*batch)
    assert ours == pytest.approx(float(theirs), abs=1e-6)


def test_too_few_samples_leave_r2_as_it_is_with_a_warning():
    for rows, message in (2, "More independent predictors"), (4, "Division by zero"):
        y_true, y_pred = RNG.normal(size=(2, rows, 1))
        with pytest.warns(UserWarning, match=message):
            adjusted = metrics.R2Score(num_regressors=3)(y_true, y_pred)
        assert adjusted == metrics.R2Score()(y_true, y_pred)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.Precision(thresholds=[-1, 2]), r"Threshold values must be in \[0, 1\]. Received: \[-1, 2\]"),
        (lambda: metrics.TruePositives(thresholds=[None]), r"Threshold values must be in \[0, 1\]. Received: \[None\]"),
        (lambda: metrics.Precision()([1, 0], [1, 0, 1]), r"must have the same shape: got y_true \(2,\), y_pred \(3,\)"),
        (lambda: metrics.Precision()([1, 0], [1, np.nan]), "y_pred must hold numbers, got NaN"),
        (lambda: metrics.Precision()([1, 0], [1, 0], [1, -1]), "sample_weight must not be negative"),
        (lambda: metrics.Recall()([1, 0], [1, 0], [1, 1, 1]), r"sample_weight must fit .* got \(3,\) for \(2,\)"),
        (lambda: metrics.Recall(class_id=1)([1, 0], [1, 0]), "When class_id is provided, y_pred must be a 2D array"),
        (lambda: metrics.Recall(top_k=0), "top_k must be at least 1, got 0"),
        (lambda: metrics.PrecisionAtRecall(2), r"Argument `recall` must be in the range \[0, 1\]. Received: 2"),
        (lambda: metrics.PrecisionAtRecall(0.5, 0), "Argument `num_thresholds` must be an integer > 0. Received: 0"),
        (lambda: metrics.AUC(curve="x"), 'Invalid AUC curve value: "x". Expected values are'),
        (lambda: metrics.AUC(summation_method="x"), 'Invalid AUC summation method value: "x"'),
        (lambda: metrics.AUC(num_thresholds=1), "Argument `num_thresholds` must be an integer > 1"),
        (lambda: metrics.AUC(num_labels=2), "`num_labels` is needed only when `multi_label` is True"),
        (lambda: metrics.AUC(multi_label=True)([1], [1]), "`y_pred` must have rank 2 when `multi_label=True`"),
        (lambda: metrics.IoU(2, [2]), r"Target class id 2 is out of range, which is \[0, 2\)"),
        (lambda: metrics.MeanIoU(2)([0, 1], [0]), "y_true and y_pred must hold as many entries: got 2 and 1"),
        (lambda: metrics.MeanIoU(2)([0.5], [0]), "y_true must hold class numbers, which are whole, got 0.5"),
        (lambda: metrics.MeanIoU(2)([0, 1], [0, 1], [1, 2, 3]), "sample_weight must hold one entry or 2, got 3"),
        (lambda: metrics.F1Score(average="x"), "Invalid `average` argument value. Expected one of: .* average=x"),
        (lambda: metrics.F1Score(threshold=2.0), "Invalid `threshold` argument value. It should verify 0 < threshold"),
        (lambda: metrics.FBetaScore(beta=1), "Invalid `beta` argument value. It should be a Python float"),
        (lambda: metrics.FBetaScore(beta=-1.0), "Invalid `beta` argument value. It should be > 0"),
        (lambda: metrics.F1Score()([1, 0], [1, 0]), "F1Score expects 2D inputs .* y_pred.shape="),
        (
            lambda: metrics.F1Score()([[1], [0]], [[1], [0]], [1, 2, 3]),
            "sample_weight must have one entry for each row",
        ),
        (lambda: metrics.R2Score("x"), "Invalid value for argument `class_aggregation`. Expected one of"),
        (lambda: metrics.R2Score(num_regressors=-1), "Invalid value for argument `num_regressors`"),
    ],
)
def test_bad_input_is_refused_with_the_words_of_keras(call, message):
    with pytest.raises(ValueError, match=message):
        call()
