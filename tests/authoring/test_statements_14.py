"""What chapter 14 says about rare classes and wrong labels, checked with numbers."""

import re

import numpy as np
import pytest
import sympy

from lossedu import exercises, losses
from tests.authoring.reading import printed_by, prose_of

CHAPTER = "14_imbalance"
PROSE = " ".join(prose_of(CHAPTER).split())


@pytest.fixture(scope="module")
def trained():
    """The table of models that the chapter prints: name -> its five figures; and the rest of the lines."""
    lines = printed_by(CHAPTER)["Training with your own loss"].splitlines()
    rows = [re.fullmatch(r"([^\d:][^:]*?)((?: +\d\.\d{3}){5})", line) for line in lines]
    return {row[1].strip(): [float(figure) for figure in row[2].split()] for row in rows if row}, lines


def test_the_screening_test_judges_95_percent_rightly_and_always_healthy_99():
    assert "The test is right for about 95 % of all people" in PROSE
    assert round(0.01 * 0.9 + 0.99 * 0.95, 2) == 0.95
    assert exercises.get("right_alarms").answer < 0.5


def test_balanced_weights_of_one_percent_have_the_ratio_99_and_an_optimum_of_one_half():
    weights = exercises.get("balanced_weights").reference(np.repeat([0, 1], [99, 1]), 2)
    assert weights[1] / weights[0] == pytest.approx(99)
    optimum = sympy.sympify(exercises.get("optimum_with_weight").answer)
    assert optimum.subs({"r": sympy.Rational(1, 100), "w": 99}) == sympy.Rational(1, 2)
    assert "With one positive in 100 and $w = 99$, the best constant is $\\tfrac12$" in PROSE


def test_undoing_a_weight_lowers_the_logit_by_its_logarithm_and_undoes_the_optimum():
    undo = exercises.get("undo_weight").reference
    p = np.linspace(0.05, 0.95, 10)
    logit = np.log(undo(p, 7) / (1 - undo(p, 7)))
    np.testing.assert_allclose(logit, np.log(p / (1 - p)) - np.log(7))
    r, w = 0.03, 7
    assert undo(w * r / (w * r + 1 - r), w) == pytest.approx(r)
    assert r"the logit falls by $\ln w$" in PROSE


def test_it_takes_69_easy_negatives_to_outvote_a_hard_positive_and_2500_times_as_many_with_the_focal_loss():
    hard, easy = ([[1.0]], [[0.5]]), ([[0.0]], [[0.01]])
    plain = losses.binary_crossentropy(*hard) / losses.binary_crossentropy(*easy)
    focal = losses.binary_focal_crossentropy(*hard) / losses.binary_focal_crossentropy(*easy)
    assert plain[0] == pytest.approx(exercises.get("easy_per_hard").answer, rel=1e-6)
    assert focal[0] / plain[0] == pytest.approx(2500)
    assert (100_000 / plain[0] > 1000, round(focal[0], -3)) == (True, 172_000)
    assert "2500 times as many easy negatives to cost as much as the hard positive, about 172,000" in PROSE
    assert "more than a thousand times" in PROSE


def test_the_focal_loss_of_one_percent_is_smallest_at_15_percent_and_of_one_half_at_one_half():
    p = np.linspace(0.001, 0.999, 999)[:, None]
    positive, negative = (losses.binary_focal_crossentropy(np.full_like(p, label), p) for label in (1, 0))
    for share, best in [(0.01, 0.154), (0.5, 0.5)]:
        assert p[np.argmin(share * positive + (1 - share) * negative), 0] == pytest.approx(best, abs=1e-3)
    assert r"it is smallest at $p \approx 0.15$" in PROSE


def test_the_generalised_cross_entropy_lies_between_cross_entropy_and_absolute_error():
    p, q = np.linspace(0.05, 1, 20), 1e-9
    rows = np.stack([p, 1 - p], -1)
    labels = np.zeros(20, int)
    nearly = {q: losses.categorical_generalized_cross_entropy(labels, rows, q) for q in (q, 1 - q)}
    np.testing.assert_allclose(nearly[q], -np.log(p), atol=1e-6)
    np.testing.assert_allclose(nearly[1 - q], 1 - p, atol=1e-6)
    never, half = losses.categorical_generalized_cross_entropy([0], [[0.0, 1.0]], 0.5)[0], 1 / 0.5
    assert never == half
    assert "It never exceeds $1/q$" in PROSE


def test_neither_weights_nor_focus_change_the_order_of_the_samples(trained):
    models, _ = trained
    areas = {figures[3] for figures in models.values()}
    assert areas == {0.982}
    assert "*AUC* is the same for all" in PROSE


def test_the_balanced_model_finds_most_positives_with_nine_false_alarms_in_ten(trained):
    accuracy, precision, recall, _, mean = trained[0]["balanced"]
    assert recall > 0.9
    assert round(1 - precision, 1) == 0.9
    assert accuracy < min(figures[0] for name, figures in trained[0].items() if name in ("cross-entropy", "focal"))
    assert mean > 10 * 0.009
    assert "nine in ten of its alarms are false" in PROSE


def test_focal_loss_and_cross_entropy_decide_alike_but_only_one_has_honest_probabilities(trained):
    plain, focal, undone = (trained[0][name] for name in ("cross-entropy", "focal", "balanced, then undone"))
    assert plain[1:3] == focal[1:3]
    assert max(plain[4], undone[4]) < 0.013 < 0.05 < focal[4]


def test_the_threshold_of_one_percent_decides_nearly_as_the_balanced_model(trained):
    moved, balanced = trained[0]["cross-entropy, from 0.01"], trained[0]["balanced"]
    np.testing.assert_allclose(moved[:3], balanced[:3], atol=0.01)
    assert "nearly those of the balanced model" in PROSE


def test_a_q_of_seven_tenths_is_best_with_wrong_labels_and_none_matters_with_right_ones(trained):
    figures = {line.split(":")[0]: [float(n) for n in re.findall(r"\d\.\d+", line)] for line in trained[1]}
    right, wrong = figures["right labels"], figures["wrong labels"]
    assert np.ptp(right) < 0.015
    assert wrong[3] == max(wrong)
    assert (f"{wrong[0]:.2f}", f"{wrong[3]:.2f}") == ("0.76", "0.92")
    assert wrong[5] < 0.9  # the absolute error is not done yet


def test_the_costs_tell_which_labels_are_wrong(trained):
    areas = [float(line.split("AUC ")[1]) for line in trained[1] if "AUC 0" in line]
    assert len(areas) == 2
    assert 0.95 < areas[0] < areas[1]
