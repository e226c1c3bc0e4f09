"""What chapter 9 says about smoothed losses is true of them."""

import numpy as np
import pytest

from lossedu import losses
from tests.authoring.reading import prose_of


def chapter_says(words):
    return words in " ".join(prose_of("09_label_smoothing").split())


@pytest.mark.parametrize("smoothing", [0.05, 0.1, 0.3])
def test_the_loss_over_the_gap_falls_with_slope_minus_t_and_rises_with_slope_1_minus_t(smoothing):
    assert chapter_says("in the end its slope is $1 - t$")
    assert chapter_says("at large negative gaps, the prediction is wrong and the slope is nearly $-t$")
    label, target = np.eye(10)[0], 1 - smoothing + smoothing / 10

    def slope(gap):
        ends = [gap - 0.5, gap + 0.5] * label[:, None]
        below, above = (
            losses.categorical_crossentropy(label, z, from_logits=True, label_smoothing=smoothing) for z in ends.T
        )
        return above - below

    assert slope(-20) == pytest.approx(-target, abs=1e-6)
    assert slope(20) == pytest.approx(1 - target, abs=1e-6)


def test_a_predicted_zero_is_the_most_expensive_entry_once_the_label_is_smoothed():
    assert chapter_says("With smoothing it is the most expensive entry")
    target, prediction = 0.9 * np.array([0, 1, 0]) + 0.1 / 3, np.array([0.05, 0.95, 1e-7])
    costs = -target * np.log(prediction)
    assert costs.argmax() == 2
    assert costs[2] > costs[:2].sum()


def test_smoothing_can_reverse_the_order_of_two_predictions():
    label, p, q = np.eye(3)[0], np.array([0.998, 0.001, 0.001]), np.array([0.94, 0.03, 0.03])
    plain, smoothed = (
        [losses.categorical_crossentropy(label, y, label_smoothing=s) for y in (p, q)] for s in (0.0, 0.1)
    )
    assert plain[0] < plain[1]
    assert smoothed[0] > smoothed[1]
