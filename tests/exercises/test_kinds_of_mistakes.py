"""A mistake is recognised however it is written, alone or with a second one; counterexamples are told why they fail."""

import numpy as np
import pytest

from lossedu.checking import verdict


def _epsilon_of_another_size(y_true, y_pred):
    return 100 * np.mean(np.abs((y_true - y_pred) / np.maximum(np.abs(y_true), 1e-3)), axis=-1)


def _divided_by_len(y_true, y_pred):
    return 2 * (y_pred - y_true) / len(y_pred)


def _divided_by_len_with_the_wrong_sign(y_true, y_pred):
    return np.sign(y_true - y_pred) / len(y_pred)


def _first_row_alone(values):
    for row in values:
        return np.mean(row)
    return None


def _base_10_without_axis(x, axis=-1):
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log10(np.exp(shifted).sum(-1, keepdims=True))


def _labels_kept_and_one_mean(y_true, y_pred):
    return np.mean(np.maximum(0, 1 - y_true * y_pred))


def _one_branch_per_sample(y_true, y_pred, delta=1.0):
    def of_row(e):
        return np.mean(e**2 / 2) if np.max(e) <= delta else np.mean(delta * (e - delta / 2))

    return np.apply_along_axis(of_row, -1, np.abs(y_true - y_pred))


def _falsy_class(y_true, y_pred, from_logits=False, ignore_class=None):
    logs = np.log(np.clip(y_pred, 1e-7, 1 - 1e-7))
    if from_logits:
        logs = y_pred - np.logaddexp.reduce(y_pred, -1, keepdims=True)
    keep = y_true != ignore_class if ignore_class else np.ones(y_true.shape, bool)
    costs = -np.take_along_axis(logs, np.where(keep, y_true, 0)[..., None], -1)[..., 0]
    return costs * keep


def _smaller_shift_for_all_pixels(scores, labels):
    z = scores - np.amax(scores)
    return np.log(np.sum(np.exp(z), 1)) - np.take_along_axis(z, labels[:, None], 1)[:, 0]


def _falsy_label(labels, ignore_label=None, normalization="valid"):
    ignored = (labels == ignore_label).sum() if ignore_label else 0
    n = len(labels)
    return {"full": labels.size, "valid": max(1, labels.size - ignored), "batch_size": n, "none": 1}[normalization]


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("mean_absolute_percentage_error", _epsilon_of_another_size, "epsilon 0.001"),
        ("mean_squared_error_gradient", _divided_by_len, "first length for D"),
        (
            "mean_absolute_error_gradient",
            _divided_by_len_with_the_wrong_sign,
            "first length for D, and sign of the slope",
        ),
        ("mean_over_last_axis", _first_row_alone, "first entry of the first axis only"),
        ("log_softmax", _base_10_without_axis, "log10 of the sum, and axis ignored"),
        ("hinge", _labels_kept_and_one_mean, "labels not moved, and averaged over the batch"),
        ("huber", _one_branch_per_sample, "one branch per sample"),
        ("sparse_categorical_crossentropy", _falsy_class, "class 0 never ignored"),
        ("pixel_costs", _smaller_shift_for_all_pixels, "one maximum for all"),
        ("loss_divisor", _falsy_label, "label 0 never ignored"),
    ],
)
def test_a_mistake_written_in_another_way_gets_its_name(exercise, answer, name):
    assert verdict(exercise, answer).diagnosis == name


@pytest.mark.parametrize(
    ("exercise", "arrays", "says"),
    [
        ("root_left_on", ([0, 0], [1, -1]), "both formulas give 1.0000, because the root of 1 is 1; find arrays where"),
        ("root_left_on", ([1, 2], [1.1, 2.1]), "the two formulas give 0.1000 and 0.0100; find arrays where they"),
        ("nor_its_root", ([0, 0], [2, -2]), "because the mean error is 0;"),
        ("unsquared_delta", ([0.0], [3.0], 1.0), "because delta is 1, and so is its square;"),
        ("cost_beyond_the_floor", [0, 200], "because the label's score leads"),
        ("mean_of_means_is_off", (np.ones((1, 2, 1, 2)), np.zeros((1, 1, 2))), "because there is one image only"),
        ("soft_optimum", np.log10([0.1, 0.02, 0.88]), "these are logarithms to base 10"),
        ("root_left_on", np.array([0.0, 3.0]), "did you give one array where several are asked for?"),
    ],
)
def test_arrays_that_refute_nothing_are_told_why(exercise, arrays, says):
    found = verdict(exercise, arrays)
    assert not found.passed
    assert says in found.message


def test_an_infinite_number_may_be_a_known_mistake():
    assert verdict("cost_of_impossible", np.inf).diagnosis == "without the clip"
    assert verdict("cost_of_impossible", -np.inf).diagnosis is None
