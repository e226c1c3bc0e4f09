"""What chapter 11 says about its optimizers is true of the optimizers, with the numbers that it gives."""

import numpy as np
import pytest

from lossedu import optimizers
from tests.authoring.reading import prose_of

START, STEPS = [-1.5, 2.5], 100
TINY = 1e-15  # an epsilon that does not count


def chapter_says(words):
    return words in " ".join(prose_of("11_optimizers").split())


def moves(optimizer, gradients):
    """How far the optimizer moves a weight at each of the gradients."""
    w, moved = np.zeros(1), []
    for g in gradients:
        before = w.copy()
        optimizer.apply([np.array([g])], [w])
        moved.append(abs(w - before).item())
    return np.array(moved)


def loss_at_the_end(optimizer):
    """The loss in the bent valley, after the steps of the panels."""
    w = np.array(START)
    for _ in range(STEPS):
        x, y = w
        optimizer.apply([np.array([-2 * (1 - x) - 40 * x * (y - x**2), 20 * (y - x**2)])], [w])
    return (1 - w[0]) ** 2 + 10 * (w[1] - w[0] ** 2) ** 2


@pytest.mark.parametrize(
    ("optimizer", "here", "rate_here", "elsewhere", "rate", "words"),
    [
        (optimizers.SGD, 3.7, 0.01, 0.3, 0.015, "SGD ends at 3.7 here, but at 0.3 with the rate 0.015."),
        (optimizers.RMSprop, 0.67, 0.05, 0.03, 0.06, "RMSprop ends at 0.67 here, but at 0.03 with the rate 0.06."),
    ],
)
def test_other_rates_give_other_winners(optimizer, here, rate_here, elsewhere, rate, words):
    assert chapter_says(words)
    assert loss_at_the_end(optimizer(learning_rate=rate_here)) == pytest.approx(here, rel=0.03)
    assert loss_at_the_end(optimizer(learning_rate=rate)) == pytest.approx(elsewhere, rel=0.25)


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (optimizers.Adagrad, {}),
        (optimizers.RMSprop, {}),
        (optimizers.Adadelta, {"epsilon": 1e-4}),
        (optimizers.Adam, {}),
    ],
)
def test_all_but_sgd_set_off_diagonally(optimizer, options):
    assert chapter_says("All others divide each entry by its size, so they set off diagonally")
    w = np.zeros(2)
    optimizer(learning_rate=0.1, **options).apply([np.array([20.0, 10.0])], [w])
    assert w[0] == pytest.approx(w[1], rel=0.01)


def test_the_size_of_the_gradient_drops_out_of_adagrad_only_from_an_accumulator_of_zero():
    assert chapter_says("the size of the gradient has dropped out, because $v$ starts at 0")
    assert chapter_says(r"$0.01$ gives a step of only $0.03\, \eta$, and a gradient of $10$ a step of $1.00\, \eta$")
    for g in (0.01, 10.0):
        from_zero = optimizers.Adagrad(1.0, initial_accumulator_value=0.0, epsilon=TINY)
        np.testing.assert_allclose(moves(from_zero, [g] * 4), 1 / np.sqrt([1, 2, 3, 4]))
    assert [round(moves(optimizers.Adagrad(1.0), [g])[0], 2) for g in (0.01, 10.0)] == [0.03, 1.0]


def test_the_corrected_mean_of_nadam_keeps_some_bias():
    assert chapter_says(r"it is $1.06\, g$ at the first step and $0.70\, g$ at the fourth. Later it approaches $g$.")
    # v_hat is exactly g**2, so the move is m_hat / g
    in_units_of_g = moves(optimizers.Nadam(1.0, epsilon=TINY), [0.3] * 100)
    assert [round(in_units_of_g[step - 1], 2) for step in (1, 4)] == [1.06, 0.70]
    assert in_units_of_g[-1] == pytest.approx(1, abs=0.001)
    np.testing.assert_allclose(moves(optimizers.Adam(1.0, epsilon=TINY), [0.3] * 100), 1)


def test_a_long_first_step_is_rmsprops_own_and_adam_without_correction_makes_it_longer():
    assert chapter_says(r"RMSprop's is just as long, $1 / \sqrt{1 - 0.9}$ learning rates")
    assert chapter_says("they keep growing until the twelfth, which is 6.6 learning rates long")
    t = np.arange(1, 200)
    uncorrected = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
    rmsprop = moves(optimizers.RMSprop(1.0, epsilon=TINY), [1.0] * 100)
    assert rmsprop[0] == pytest.approx(1 / np.sqrt(1 - 0.9))
    assert uncorrected[0] == pytest.approx(rmsprop[0])
    assert np.all(np.diff(rmsprop) < 0)
    assert t[uncorrected.argmax()] == 12
    assert round(uncorrected.max(), 1) == 6.6


def data(seed):
    """The features and targets of the chapter's last training, with other noise for another seed."""
    rng, units = np.random.default_rng(seed), np.array([1.0, 10.0, 0.1])
    features = rng.normal(size=(200, 3)) * units
    return features, features @ (np.array([1.0, -2.0, 3.0]) / units) + 0.1 * rng.normal(size=200), units


def smallest_error(features, targets):
    best = np.linalg.lstsq(features, targets, rcond=None)[0]
    return np.mean((features @ best - targets) ** 2)


def error_after_training(optimizer, features, targets):
    w = np.zeros(3)
    for _ in range(299):  # the chapter notes the error before each of 300 steps
        optimizer.apply([2 * features.T @ (features @ w - targets) / len(targets)], [w])
    return np.mean((features @ w - targets) ** 2)


def test_a_training_error_may_end_below_the_variance_of_the_noise():
    assert chapter_says("Adam ends just above it, practically at the smallest error that these data allow.")
    assert chapter_says("With other noise the smallest error may lie below the line")
    features, targets, _ = data(0)
    assert smallest_error(features, targets) > 0.01
    assert error_after_training(optimizers.Adam(0.3), features, targets) == pytest.approx(
        smallest_error(features, targets), rel=1e-3
    )
    below = [smallest_error(*data(seed)[:2]) < 0.01 for seed in range(1, 101)]
    assert 20 < sum(below) < 80


def test_on_one_scale_plain_descent_gets_down_to_the_noise_too():
    assert chapter_says("even plain descent would get down to 0.0105, at the same rate")
    features, targets, units = data(0)
    assert error_after_training(optimizers.SGD(0.009), features, targets) > 7
    assert round(error_after_training(optimizers.SGD(0.009), features / units, targets), 4) == 0.0105
