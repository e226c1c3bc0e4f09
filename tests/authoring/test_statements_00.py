"""What chapters 0 to 2 state in passing holds, and each of their exercises says what kind of answer it asks for."""

import re

import numpy as np
import pytest
import sympy

from lossedu import exercises, losses
from tests.authoring.reading import CHAPTERS, printed_by, prose_of, sections_of

LEAD = re.compile(r"\*\*(Predict|Derive|Write it|Refute|Correct it)\.\*\* ")


@pytest.mark.parametrize("chapter", CHAPTERS[:3])
def test_one_lead_stands_before_each_exercise(chapter):
    leads, found = 0, {}
    for part in (part for section in sections_of(chapter).values() for part in section):
        if isinstance(part, str):
            leads += len(LEAD.findall(part))
        elif part.metadata.get("nbgrader", {}).get("solution"):
            found[part.metadata["nbgrader"]["grade_id"]] = leads
            leads = 0
    assert found == {exercise.name: 1 for exercise in exercises.of_chapter(chapter)}


def test_the_five_lines_on_sympy_do_what_chapter_0_says_beside_them():
    p = sympy.Symbol("p", real=True)
    rows = re.findall(r"^\| .*sympy\..* \|$", prose_of(CHAPTERS[0]), re.MULTILINE)
    shown = [code for row in rows for code in re.findall("`([^`]+)`", row)]
    assert {code: eval(code, {"sympy": sympy, "p": p}) for code in shown} == {  # noqa: S307  our own text
        "p**2": p**2,
        "sympy.sqrt(p)": p ** sympy.Rational(1, 2),
        "sympy.exp(p)": sympy.E**p,
        "sympy.log(p)": sympy.ln(p),
        "sympy.Abs(p)": abs(p),
        "sympy.diff(p**2, p)": 2 * p,
        "sympy.solve(p - 3, p)": [3],
    }
    with pytest.raises(TypeError):
        np.sqrt(p)


def test_a_constant_of_least_percentage_error_has_half_of_all_votes_on_either_side():
    truths = np.array([-5.0, -1.0, 0.5, 2.0, 4.0, 9.0])
    votes = 1 / np.abs(truths)
    losses_of_truths = [losses.mean_absolute_percentage_error(truths, np.full(6, c)) for c in truths]
    assert truths[np.argmin(losses_of_truths)] == truths[np.cumsum(votes) >= votes.sum() / 2][0] == 0.5


def test_no_guess_between_zero_and_the_truth_costs_more_than_100_percent():
    guesses = np.linspace(0, 3, 301)[:, None]
    assert losses.mean_absolute_percentage_error(np.full_like(guesses, 3), guesses).max() == 100


def test_only_the_logarithmic_error_is_zero_elsewhere_too_where_both_are_negative():
    assert losses.mean_squared_logarithmic_error([-1.0], [-5.0]) == 0
    assert losses.mean_squared_logarithmic_error([1.0], [5.0]) > 0
    for loss in (losses.mean_squared_error, losses.mean_absolute_error, losses.mean_absolute_percentage_error):
        assert loss([-1.0], [-5.0]) > 0


def test_a_forecast_too_low_costs_more_than_one_too_high_by_as_much_in_the_logarithmic_error():
    by = np.linspace(0.1, 2.9, 29)[:, None]
    low, high = (losses.mean_squared_logarithmic_error(np.full_like(by, 3), 3 + sign * by) for sign in (-1, 1))
    assert np.all(low > high)


def best_constant(loss, readings, **options):
    """The constant of least loss, on a grid."""
    grid = np.linspace(min(readings), max(readings), 8001)
    pairs = np.tile(readings, (len(grid), 1)), np.tile(grid[:, None], (1, len(readings)))
    return grid[loss(*pairs, **options).argmin()]


SKEWED = np.array([-3.0, -3.0, 0.0, 1.0, 5.0])  # its median and its mean are 0
LONGER = np.array([-3.0, -3.0, 0.0, 1.0, 10.0])  # its median is 0, its mean 1


@pytest.mark.parametrize("loss", [losses.huber, losses.pseudo_huber])
def test_the_best_constant_is_near_the_median_for_a_small_delta_and_near_the_mean_for_a_large_one(loss):
    assert np.median(SKEWED) == np.mean(SKEWED) == 0
    assert abs(best_constant(loss, SKEWED, delta=2)) > 0.1  # so it need not lie between the two
    assert best_constant(loss, LONGER, delta=0.01) == pytest.approx(np.median(LONGER), abs=0.05)
    assert best_constant(loss, LONGER, delta=1000) == pytest.approx(np.mean(LONGER), abs=0.05)


def test_the_best_constant_of_log_cosh_is_near_the_mean_for_small_errors_and_near_the_median_for_large_ones():
    assert best_constant(losses.log_cosh, LONGER / 1000) == pytest.approx(np.mean(LONGER / 1000), abs=1e-4)
    assert best_constant(losses.log_cosh, LONGER * 1000) == pytest.approx(np.median(LONGER * 1000), abs=5)


def test_the_best_forecasts_of_five_prices_are_the_five_waits():
    rows = printed_by(CHAPTERS[1])["A price for each direction"].splitlines()[1:]
    assert [row.split()[:2] for row in rows] == [
        ["0.1", "2.00"],
        ["0.3", "3.00"],
        ["0.5", "4.00"],
        ["0.7", "10.00"],
        ["0.9", "31.00"],
    ]


def test_the_quantile_loss_for_a_half_is_half_the_absolute_error():
    y_true, y_pred = np.random.default_rng(0).normal(size=(2, 4, 3))
    np.testing.assert_allclose(losses.quantile(y_true, y_pred), losses.mean_absolute_error(y_true, y_pred) / 2)


def test_the_third_line_is_too_low_one_time_in_ten():
    assert "waits below: 90.0%" in printed_by(CHAPTERS[1])["Training with your own loss"]
