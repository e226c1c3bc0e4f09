"""What chapter 12 says about metrics, checked with numbers."""

import numpy as np
import pytest
import sympy

from lossedu import exercises, metrics
from tests.authoring.reading import CHAPTERS, prose_of

PROSE = " ".join(prose_of(CHAPTERS[12]).split())
BATCHES = (slice(0, 32), slice(32, 64), slice(64, 72))


@pytest.mark.parametrize(
    ("returned", "told"),
    [("one value per sample", r"$8/72 \approx 0.111$"), ("one number per batch", r"$(0 + 0 + 1)/3 \approx 0.333$")],
)
def test_a_metric_of_ones_own_weights_samples_or_batches_alike_depending_on_what_it_returns(returned, told):
    predictions = np.repeat([0.0, 1.0], [64, 8])[:, None]
    labels = np.zeros_like(predictions)
    axis = -1 if returned == "one value per sample" else None
    metric = metrics.MeanMetricWrapper(lambda y_true, y_pred: np.mean(y_pred, axis=axis))
    for batch in BATCHES:
        metric.update_state(labels[batch], predictions[batch])
    fraction, _, decimals = told.strip("$").partition(r" \approx ")
    assert metric.result() == pytest.approx(float(sympy.sympify(fraction)))
    assert f"{metric.result():.3f}" == decimals
    assert told in PROSE


def test_the_mean_of_two_batches_gives_what_the_samples_give():
    answer = sympy.sympify(exercises.get("mean_of_two_batches").answer)
    assert answer.subs({"n": 64, "a": 0, "k": 8, "b": 1}) == sympy.Rational(8, 72)


def test_equal_scores_are_always_right_among_the_top_1_and_class_0_for_the_highest():
    labels, scores = np.eye(4), np.full((4, 4), 0.25)
    assert metrics.top_k_categorical_accuracy(labels, scores, k=1).tolist() == [1, 1, 1, 1]
    assert metrics.categorical_accuracy(labels, scores).tolist() == [1, 0, 0, 0]
    assert "has a top-1 accuracy of 100 %" in PROSE


@pytest.mark.parametrize(("q", "best"), [(0.2, [0]), (0.51, [1]), (0.5, [0, 0.25, 0.5, 0.75, 1])])
def test_the_best_guess_is_0_or_1_unless_the_label_is_a_fair_coin(q, best):
    p = np.linspace(0, 1, 5)
    expected = p * q + (1 - p) * (1 - q)
    assert p[np.isclose(expected, expected.max())].tolist() == best
    assert "Unless $q = 1/2$, the best $p$ is 0 or 1" in PROSE
