"""Chapters 04 and 05: what refutes a claim, and what does not."""

import numpy as np
import pytest

from lossedu.exercises import get
from tests.checking import verdict


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("minus_for_plus", ([0], [0.5]), "for labels of 0 the formula is right; the true cost is 0.6931."),
        ("minus_for_plus", ([1], [3]), "y_prob must hold probabilities, from 0 to 1; got [3.]"),
        ("minus_for_plus", ([1, 0], [0.5]), "both arrays must have one shape; got (2,) and (1,)"),
        ("labels_for_logits", ([0], [3]), "gives ln 2, whatever the logit is; the true cost is [3.0486]."),
        ("labels_for_logits", ([3], [1]), "labels must hold probabilities, from 0 to 1; got [3.]"),
        ("beyond_certain", [0.5], "passes for a probability; the true cost is [0.4741]."),
        ("beyond_certain", [np.nan], "x must hold numbers; got [nan]"),
        ("logit_inside", 0.9, "the logit of 0.9 is 2.1972: outside [0, 1], as claimed"),
        ("logit_inside", 2, "expected one probability, above 0 and below 1; got 2.0"),
        ("not_only_zeros", ([0, 1], [1, 0]), "on your arrays both formulas give 16.1181, because the tutorial"),
        ("not_only_zeros", ([0, 1], [-1, 1]), "y_pred must hold weights, none below 0"),
        ("dense_by_numbers", ([1], [[1, 0]]), "rows of probabilities above 0: no probability may be 0"),
        ("dense_by_numbers", ([2], [[0.5, 0.5]]), "y_true must hold class numbers from 0 to 1, got 2"),
        (
            "dense_by_numbers",
            ([0.5], [[0.5, 0.5]]),
            "class_numbers must hold class numbers: 0, 1, 2 and so on; got [0.5]",
        ),
        ("soft_optimum", [1, -3, 10], "the softmax of these logits is [0.0001, 0.0, 0.9999], not [0.1, 0.02, 0.88]"),
        ("soft_optimum", [0.1, 0.9], "expected three finite logits, shape (3,); got [0.1 0.9]"),
    ],
)
def test_what_refutes_nothing_is_told_why(name, answer, says):
    found = verdict(name, answer)
    assert not found.passed
    assert says in found.message
    assert found.message.endswith(f"-> {get(name).section}")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("minus_for_plus", (np.array([0.0, 1.0]), np.array([0.1, 0.9]))),
        ("labels_for_logits", ([[0.5, 1]], [[0, 2]])),
        ("beyond_certain", [-3.0]),
        ("beyond_certain", 5),
        ("not_only_zeros", ([[0.3, 0.7]], [[3, 7]])),
        ("dense_by_numbers", ([0, 1], [[0.5, 0.5], [0.9, 0.1]])),
        ("soft_optimum", np.log([0.1, 0.02, 0.88]) + 7),
    ],
)
def test_there_is_more_than_one_way_to_refute(name, answer):
    assert verdict(name, answer).passed
