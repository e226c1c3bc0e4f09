"""Failing inputs are made small and round before they are shown."""

import numpy as np

from lossedu.checking._shrink import is_tidy, simpler
from lossedu.exercises import Case, get
from lossedu.exercises._domains import distribution, real
from tests.checking import run_cell, verdict


def test_what_fails_for_long_vectors_only_is_shown_on_the_shortest():
    cell = run_cell(
        """
        def poisson(y_true, y_pred):
            right = (y_pred - y_true * np.log(y_pred + 1e-7)).mean(-1)
            return right + (np.shape(y_pred)[-1] > 3)
        """
    )
    message = verdict("poisson", cell["poisson"]).message
    y_true = next(line for line in message.splitlines() if "y_true = " in line)
    assert y_true.count(",") == 3  # four entries
    assert all(len(number.strip(" []").partition(".")[2]) <= 2 for number in y_true.partition("=")[2].split(","))


def test_simpler_inputs_stay_in_their_domain():
    rng = np.random.default_rng(3)
    case = Case("values", {"p": distribution(rng, (2, 4)), "x": real(-3, 3)(rng, (2, 4))}, domains=DOMAINS)
    found = simpler(case)
    assert found
    assert all(np.allclose(each.arguments["p"].sum(-1), 1) for each in found)
    assert min(each.size for each in found) == 8  # one of the two rows; no entry of a distribution can be left out


DOMAINS = {"p": distribution, "x": real(-3, 3)}


def test_where_the_axes_matter_a_batch_stays_a_batch():
    case = Case("shapes", {"x": np.arange(12.0).reshape(3, 4)}, domains={"x": real(-3, 3)})
    assert {each.arguments["x"].ndim for each in simpler(case)} == {2}


def test_options_are_kept():
    case = Case("values", {"x": np.array([1.234, 2.0, 3.0]), "delta": 0.5}, domains={"x": real(-3, 3)})
    assert all(each.arguments["delta"] == 0.5 for each in simpler(case))


def test_the_first_inputs_of_all_exercises_are_tidy():
    assert all(is_tidy(get(name).cases()[0]) for name in ("entropy", "kl_divergence", "poisson", "gaussian_kl"))
