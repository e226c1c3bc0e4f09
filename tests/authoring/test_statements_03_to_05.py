"""What chapters 3 to 5 say in passing, worked out in numbers."""

import re

import numpy as np
import pytest

from lossedu import losses
from tests.authoring.reading import CHAPTERS, ROOT, printed_by, prose_of


def tells(number, words):
    """Return whether the chapter of that number still holds these words."""
    return words in " ".join(prose_of(CHAPTERS[number]).split())


# 3. The margin


def test_a_longest_leaf_of_20_cm_leaves_the_threshold_where_it_is():
    assert tells(3, "If the longest leaf measured 20 cm, nothing would change")
    thresholds = np.linspace(0, 25, 2501)
    for longest in (12, 20):
        lengths, kinds = np.array([1, 2, 3, 6, longest]), np.array([-1, -1, -1, 1, 1])
        rooms = np.min(kinds * (lengths - thresholds[:, None]), axis=-1)
        assert thresholds[rooms.argmax()] == pytest.approx(4.5)


def test_a_label_of_0_makes_the_formula_flat():
    assert tells(3, "Every other score gives the same loss")
    scores = np.linspace(-5, 5, 101)
    assert np.all(np.maximum(1 - 0 * scores, 0) == 1)


def test_a_single_label_of_09_is_enough_for_labels_to_stay_as_they_are():
    assert tells(3, "If not, it takes *all* of them as they are; a single 0.9 among them is enough")
    scores = np.array([-3.0, 2.0])
    assert losses.hinge([0, 1], scores) == 0
    assert losses.hinge([0, 0.9], scores) == np.mean(np.maximum(1 - np.array([0, 0.9]) * scores, 0)) == 0.5


def test_the_gradient_at_the_kink_is_that_of_the_left_side():
    assert tells(
        3, "TensorFlow takes the slope of the left side"
    )  # tests/losses compares the gradients with TensorFlow's
    np.testing.assert_array_equal(losses.hinge.gradient([1, -1], [1, -1]), [-0.5, 0.5])


def test_a_probability_can_be_read_off_a_score_of_the_squared_hinge():
    assert tells(3, "$(s + 1)/2$")
    scores = np.linspace(-1.5, 1.5, 3001)[:, None]
    right, wrong = (losses.squared_hinge(np.full_like(scores, t), scores) for t in (1, -1))
    for p in (0.1, 0.5, 0.8):
        best = scores[np.argmin(p * right + (1 - p) * wrong), 0]
        assert (best + 1) / 2 == pytest.approx(p, abs=1e-3)


def test_the_support_vectors_alone_give_the_same_street():
    assert tells(3, "It is the same street")
    by_all, by_decisive = printed_by(CHAPTERS[3])["Training: the widest street"].splitlines()
    assert by_all.split("w [")[1] == by_decisive.split("w [")[1]


@pytest.mark.parametrize(
    ("chances", "best"), [((0.6, 0.3, 0.1), (1, 0, 0)), ((0.51, 0.49), (1, 0)), ((0.45, 0.3, 0.25), (0, 0, 0))]
)
def test_a_majority_leads_by_1_in_the_categorical_hinge_and_without_one_equal_scores_are_best(chances, best):
    assert tells(3, r"a class with $p > \tfrac12$ leads by 1; without one, equal scores")

    def mean_loss(scores):
        labels = np.eye(len(chances))
        return sum(
            p * losses.categorical_hinge(np.broadcast_to(y, scores.shape), scores)
            for p, y in zip(chances, labels, strict=True)
        )

    grid = np.stack(np.meshgrid(*[np.linspace(-2, 2, 21)] * len(chances)), axis=-1).reshape(-1, len(chances))
    assert mean_loss(np.array([best], float))[0] == pytest.approx(mean_loss(grid).min())


def test_the_gradient_of_the_categorical_hinge_is_minus_1_at_the_true_class_and_1_at_the_rival():
    assert tells(3, "$-1$ at $s_y$, $+1$ at $r$ if the loss is above 0")
    label = [1, 0, 0]
    np.testing.assert_array_equal(losses.categorical_hinge.gradient(label, [1, 0.75, 0.5]), [-1, 1, 0])
    np.testing.assert_array_equal(losses.categorical_hinge.gradient(label, [3, 0.75, 0.5]), [0, 0, 0])


# 4. Binary cross-entropy


def test_a_product_of_thousands_of_factors_can_be_too_small_for_a_float_and_its_logarithm_is_not():
    assert tells(4, "can be too small for a float")
    factors = np.full(4000, 0.8)
    assert factors.prod() < np.finfo(float).tiny  # below it, floats lose their digits
    assert -np.log(factors).sum() == pytest.approx(4000 * -np.log(0.8))


def test_the_cheapest_prediction_is_the_true_share():
    assert tells(4, "the cheapest prediction is the true share")
    p = np.linspace(0.01, 0.99, 99)[:, None]
    for share in (0.1, 0.5, 0.7):
        assert p[losses.log_loss(np.full_like(p, share), p).argmin(), 0] == pytest.approx(share)


def test_adding_to_a_logit_multiplies_the_odds():
    assert tells(4, "Adding a number to the logit multiplies the odds by a factor")
    odds = np.exp(np.array([-1.0, 0, 2]))
    np.testing.assert_allclose(np.exp(np.log(odds) + 0.7) / odds, np.exp(0.7))


def test_the_clip_makes_mistakes_equal_beyond_16_and_the_sigmoid_is_1_from_37_on():
    assert tells(4, r"Beyond $z \approx 16$ the clip makes all mistakes equally expensive")
    assert tells(4, r"from $z = 37$ on, where $\sigma(z)$ rounds to exactly 1")
    z = np.array([[15.0], [17.0], [30.0], [36.0], [37.0]])
    p = 1 / (1 + np.exp(-z))
    assert (p[:, 0] == 1).tolist() == [False, False, False, False, True]
    cost = losses.binary_crossentropy(np.zeros_like(p), p)
    assert cost[0] < 15.1 < cost[1] == cost[2] == cost[3]


def test_a_worse_mistake_has_a_slope_nearer_to_minus_1_or_of_the_squared_error_nearer_to_0():
    assert tells(4, "the slope of the cross-entropy approaches $-1$")
    z = np.array([[-8.0], [-5.0], [-2.0]])
    p = 1 / (1 + np.exp(-z[:, 0]))
    slopes = losses.binary_crossentropy.gradient(np.ones_like(z), z, from_logits=True)[:, 0]
    assert np.all(np.diff(slopes + 1) > 0)
    assert np.all(np.diff(2 * (p - 1) * p * (1 - p)) < 0)


def test_weight_8_finds_more_spam_and_raises_more_false_alarms():
    assert tells(4, "It misses fewer, and raises more false alarms")
    printed = printed_by(CHAPTERS[4])["Training with your own loss"].splitlines()
    (found, alarms), (found_of_8, alarms_of_8) = (
        (int(line.split("finds ")[1].split()[0]), int(line.split()[-3])) for line in printed
    )
    assert found_of_8 > found
    assert alarms_of_8 > alarms


def test_a_minus_in_front_of_the_first_bug_moves_it_to_the_labels_of_0():
    assert tells(4, "would only move the bug to the labels of 0")
    p = 0.3

    def changed(y):
        return -(y * np.log(p) - (1 - y) * np.log(1 - p))

    assert changed(1) == losses.log_loss([1], [p])
    assert changed(0) == -losses.log_loss([0], [p])


def test_swapped_arguments_give_a_straight_line_that_is_flat_for_labels_of_0():
    assert tells(4, "a straight line in $z$. For labels of 1 it rewards ever larger logits")
    z = np.linspace(0, 1, 11)  # the loss takes labels from 0 to 1
    for label in (0.0, 1.0):
        costs = losses.sigmoid_cross_entropy_with_logits(z, np.full_like(z, label))
        np.testing.assert_allclose(costs, np.log(1 + np.exp(label)) - label * z)


# 5. Categorical cross-entropy


def test_the_chapter_and_the_start_page_agree_that_chapter_4_comes_first():
    opening = " ".join(prose_of(CHAPTERS[5]).split("\n## ")[0].split())
    assert re.findall(r"Read \[chapter (\d+)\]\(\S+\) first", opening) == ["4"]
    (row,) = [line for line in (ROOT / "course/README.md").read_text().splitlines() if line.startswith("| [5 ")]
    assert row.split("|")[3].strip() == "4"


def test_keepdims_keeps_the_reduced_axis_with_length_1():
    assert tells(5, "`keepdims=True` keeps the reduced axis, with length 1")
    array = np.zeros((2, 3, 4))
    assert array.max(axis=1).shape == (2, 4)
    assert array.max(axis=1, keepdims=True).shape == (2, 1, 4)


def test_only_the_batch_shifted_with_keepdims_has_a_0_in_each_row_and_no_positive_score():
    assert tells(5, "Only the second result has a 0 in each row and no positive score")
    assert "keepdims=True: largest scores of shape (2, 1)" in printed_by(CHAPTERS[5])["Softmax, step by step"]
    batch = np.array([[1.2, 0.8], [5.0, 3.0]])
    right = [
        np.all((shifted == 0).any(axis=1)) and np.all(shifted <= 0)
        for shifted in (batch - batch.max(axis=1), batch - batch.max(axis=1, keepdims=True))
    ]
    assert right == [False, True]


def test_a_soft_label_costs_the_mean_of_the_costs_weighted_by_the_label():
    assert tells(5, "Its loss is the mean of the costs of all classes, weighted by the label")
    label, p = np.array([0.2, 0.5, 0.3]), np.array([0.1, 0.7, 0.2])
    costs = losses.categorical_crossentropy(np.eye(3), np.tile(p, (3, 1)))
    assert losses.categorical_crossentropy(label, p) == pytest.approx(label @ costs)


def test_five_times_the_same_prediction_costs_the_same():
    assert tells(5, "five times the same prediction costs the same")
    label, p = np.eye(3)[1], np.array([0.1, 0.7, 0.2])
    assert losses.categorical_crossentropy(label, 5 * p) == pytest.approx(losses.categorical_crossentropy(label, p))


def test_both_scores_move_where_the_false_class_leads_and_one_where_the_third_does():
    assert tells(5, "Where the third class leads (bottom left), only the score of the true class moves")
    label = np.eye(3)[0]
    false_leads = losses.categorical_crossentropy.gradient(label, [-4.0, 4, 0], from_logits=True)
    third_leads = losses.categorical_crossentropy.gradient(label, [-4.0, -4, 0], from_logits=True)
    np.testing.assert_allclose(false_leads[:2], [-1, 1], atol=0.02)
    np.testing.assert_allclose(third_leads[:2], [-1, 0], atol=0.02)


def test_equal_scores_cost_ln_c_and_scores_that_favour_a_class_cost_more_over_balanced_labels():
    assert tells(5, r"If training starts far above $\ln C$, the initial weights already favour some classes")
    labels = np.eye(3)
    assert losses.categorical_crossentropy(labels, np.zeros((3, 3)), from_logits=True) == pytest.approx(np.log(3))
    partial = losses.categorical_crossentropy(labels, np.tile([6.0, 0, 0], (3, 1)), from_logits=True)
    assert partial.mean() > np.log(3) + 1
