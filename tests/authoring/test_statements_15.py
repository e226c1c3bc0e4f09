"""What chapter 15 says in words about overlap, about its training and about Keras."""

import functools

import numpy as np
import pytest

from lossedu import exercises, losses
from tests.authoring.reading import prose_of, sections_of
from tests.oracles import central_difference

CHAPTER = "15_overlap"
RNG = np.random.default_rng(0)
REFERENCE = {each.name: each.reference for each in exercises.of_chapter(CHAPTER) if hasattr(each, "reference")}


def told(words):
    """Tell whether the chapter says so in these words."""
    return words in " ".join(prose_of(CHAPTER).split())


@functools.cache
def training():
    """What the names in the training stand for at its end; learners' functions are the references."""
    names = {"np": np, "print": lambda *words: None, **REFERENCE}
    for part in sections_of(CHAPTER)["Training with your own loss"]:
        if not isinstance(part, str) and "plt." not in part.source:
            exec(part.source, names)  # noqa: S102  our own text
    return names


def dice_of(marked, truth):
    return 1 - losses.dice(truth, marked.astype(float))


def found_and_right(marked, truth):
    hits = (marked * truth).sum()
    return hits / truth.sum(), hits / marked.sum()


def masks(count, pixels=50):
    drawn = (RNG.random((count, pixels)) < RNG.uniform(0.05, 0.9, size=(count, 1))).astype(float)
    drawn[:, 0] = 1
    return drawn


# Two numbers for two regions


def test_iou_and_dice_rank_predictions_alike_and_dice_is_the_larger_number():
    assert told("both measures rank predictions alike. Between 0 and 1 the Dice coefficient is the larger number.")
    truth, marked = masks(300), masks(300)
    shares, dice = REFERENCE["iou"](truth, marked, axis=1), 1 - losses.dice(truth, marked, axis=1)
    order = np.argsort(shares)
    rises = np.diff(shares[order]) > 1e-6  # not by rounding
    assert np.all(np.diff(dice[order])[rises] > 0)
    between = (shares > 0) & (shares < 1)
    assert between.sum() > 200
    assert np.all(dice[between] > shares[between])


def test_a_larger_background_changes_neither_measure():
    assert told("a larger background changes nothing")
    truth, marked = masks(20), masks(20)
    wide = [np.pad(each, ((0, 0), (0, 500))) for each in (truth, marked)]
    for measure in (REFERENCE["iou"], losses.dice):
        np.testing.assert_allclose(measure(*wide, axis=1), measure(truth, marked, axis=1))


# From counts to sums, and the slope


def test_both_forms_of_the_denominator_agree_on_masks_alone():
    assert told("On masks both forms agree, since $1^2 = 1$ and $0^2 = 0$. In between they do not.")
    truth, marked, soft = masks(5), masks(5), RNG.random((5, 50))

    def squared(y, p):
        return 1 - 2 * (y * p).sum(1) / ((y**2).sum(1) + (p**2).sum(1))

    np.testing.assert_allclose(squared(truth, marked), losses.dice(truth, marked, axis=1), atol=1e-7)
    assert np.all(abs(squared(truth, soft) - losses.dice(truth, soft, axis=1)) > 0.01)


def test_rounded_probabilities_have_no_slope():
    assert told("The slope is zero almost everywhere")
    truth, soft = masks(1)[0], RNG.uniform(0.51, 0.9, size=50)

    def counted(p):
        return losses.dice(truth, np.round(p))

    np.testing.assert_array_equal(central_difference(counted, soft), 0)


def test_within_a_region_the_slope_has_two_values_negative_inside_and_positive_outside():
    assert told("Inside the object the slope is negative, outside it is positive. Within one region there are only")
    truth, soft = masks(1)[0], RNG.random(50)
    slope = losses.dice.gradient(truth, soft)
    for value, sign in ((1, -1), (0, 1)):
        assert np.ptp(slope[truth == value]) < 1e-15
        assert np.all(sign * slope[truth == value] > 0)


# Why cross-entropy ignores a small object


def test_cross_entropy_is_lowest_at_the_share_of_the_object_and_dice_at_one():
    assert told("where the probability equals the share of the object")
    c = np.linspace(0.001, 0.999, 999)
    for share in (0.01, 0.2, 0.5):
        truth = np.repeat([1.0, 0.0], [round(1000 * share), 1000 - round(1000 * share)])
        pairs = np.tile(truth, (999, 1)), np.tile(c[:, None], 1000)
        assert c[losses.binary_crossentropy(*pairs).argmin()] == pytest.approx(share, abs=0.001)
        assert np.all(np.diff(losses.dice(*pairs, axis=1)) < 0)
    constant = losses.dice(np.repeat([1.0, 0.0], [1, 99]), np.full(100, 0.999))
    assert constant > 0.97
    assert told("The Dice loss stays near 1 until the network treats pixels differently.")


def test_the_background_has_99_votes_in_cross_entropy_and_both_sides_are_even_in_dice():
    assert told("the background has 99 times as many")
    assert told("pulls about a hundred times as hard as a pixel of the background, so both sides are even")
    truth, half = np.repeat([1.0, 0.0], [100, 9900]), np.full(10000, 0.5)
    by_crossentropy = losses.binary_crossentropy.gradient(truth, half)
    assert -by_crossentropy[truth == 0].sum() / by_crossentropy[truth == 1].sum() == pytest.approx(99)
    by_dice = losses.dice.gradient(truth, half)
    assert -by_dice[0] / by_dice[-1] == pytest.approx(101, abs=0.1)
    assert -by_dice[truth == 0].sum() / by_dice[truth == 1].sum() == pytest.approx(1, abs=0.03)


# Two prices


def test_half_prices_give_dice_and_full_prices_the_iou():
    assert told(r"With $\alpha = \beta = \frac12$ it is the Dice coefficient")
    truth, marked = masks(20), masks(20)
    half = losses.tversky(truth, marked, alpha=0.5, beta=0.5, axis=1)
    full = losses.tversky(truth, marked, alpha=1.0, beta=1.0, axis=1)
    np.testing.assert_allclose(half, losses.dice(truth, marked, axis=1), atol=1e-7)
    np.testing.assert_allclose(1 - full, REFERENCE["iou"](truth, marked, axis=1), atol=1e-7)


@pytest.mark.parametrize("beta", [0.5, 0.2, 0.8])
def test_the_best_probabilities_are_0_and_1_with_the_threshold_beta_times_the_index(beta):
    assert told("these losses push all probabilities to 0 or 1. Cross-entropy asks for $\\hat y = q$ instead.")
    q = np.sort(RNG.random(400))[::-1]  # the truth is a probability: the sums are then means over many pixels
    best = min(
        (losses.tversky(q, (np.arange(400) < count).astype(float), alpha=1 - beta, beta=beta), count)
        for count in range(1, 401)
    )
    index, marked = 1 - best[0], np.arange(400) < best[1]
    np.testing.assert_array_equal(marked, q >= beta * index)
    slope = losses.tversky.gradient(q, marked.astype(float), alpha=1 - beta, beta=beta)
    assert np.all((slope < 0) == marked)  # no probability between 0 and 1 is better
    np.testing.assert_allclose(losses.binary_crossentropy.gradient(q, q), 0, atol=1e-12)


@pytest.mark.slow
def test_keras_prices_misses_by_alpha_and_says_the_reverse():
    import keras

    assert told("(Its documentation says it the other way round: there `alpha` is the weight of the false positives.)")
    missed = keras.losses.tversky(np.array([1.0, 1.0]), np.array([1.0, 0.0]), alpha=1.0, beta=0.0)
    assert float(missed) == pytest.approx(0.5)
    words = " ".join(keras.losses.Tversky.__doc__.split())
    assert "alpha: The coefficient controlling incidence of false positives" in words
    assert told('`"dice"`, `"tversky"`; `axis=None`, sums in the denominator; two empty regions cost 1')
    assert keras.losses.get("dice") is keras.losses.dice
    assert keras.losses.get("tversky") is keras.losses.tversky
    assert float(keras.losses.dice(np.zeros(3), np.zeros(3))) == 1
    assert keras.losses.Dice().axis is None


# Nothing there, and together with cross-entropy


def test_without_an_object_only_the_smoothed_loss_has_a_slope_and_it_falls_to_0():
    assert told("The slope is worse. It is zero")
    nothing, alarm = np.zeros(30), RNG.random(30)
    np.testing.assert_array_equal(losses.dice.gradient(nothing, alarm), 0)
    smoothed = REFERENCE["smoothed_dice"]
    assert np.all(central_difference(lambda p: smoothed(nothing, p), alarm) > 0)
    assert smoothed(nothing, nothing) == 0


def test_where_the_network_is_sure_and_wrong_cross_entropy_pulls_and_dice_does_not():
    assert told("At a logit of $-10$ it has let go, and the cross-entropy still pulls with full force.")
    truth = np.repeat([1.0, 0.0], [100, 9900])
    pulls = []
    for logit in (0.0, -10.0):
        p = np.where(truth == 1, 0.5, 0.01)
        p[0] = 1 / (1 + np.exp(-logit))
        chain = p[0] * (1 - p[0])
        pulls.append(
            (losses.dice.gradient(truth, p)[0] * chain, losses.binary_crossentropy.gradient(truth, p)[0] * chain)
        )
    (dice_at_0, entropy_at_0), (dice_far, entropy_far) = pulls
    assert dice_at_0 < 10 * entropy_at_0 < 0  # both pull up, Dice harder
    assert abs(dice_far) < abs(dice_at_0) / 1000
    assert entropy_far == pytest.approx(-1 / truth.size, rel=1e-3)


# Training with your own loss


def test_the_dice_loss_finds_twice_as_much_as_cross_entropy_at_one_threshold():
    assert told("cross-entropy marks only what it is sure of, and the Dice loss finds twice as much")
    names = training()
    truth = names["test_masks"]
    found, right = found_and_right(names["by_crossentropy"] > 0.5, truth)
    found_by_dice, right_by_dice = found_and_right(names["by_dice"] > 0.5, truth)
    assert 1.8 < found_by_dice / found < 2.2
    assert right > right_by_dice + 0.1


def test_a_quarter_as_threshold_makes_cross_entropy_as_good_as_dice():
    assert told("Here the Dice coefficient is about ½, so a quarter is enough.")
    names = training()
    truth, by_crossentropy = names["test_masks"], names["by_crossentropy"]
    by_dice = dice_of(names["by_dice"] > 0.5, truth)
    assert by_dice == pytest.approx(0.5, abs=0.02)
    assert dice_of(by_crossentropy > 0.25, truth) == pytest.approx(by_dice, abs=0.01)
    assert dice_of(by_crossentropy > 0.5, truth) < by_dice - 0.1


def test_after_dice_the_threshold_matters_little_and_after_cross_entropy_probabilities_are_shares():
    assert told("For thresholds from 0.2 to 0.8, its Dice coefficient stays between 0.45 and 0.49.")
    assert told('do not read 0.99 as "99 % sure"')
    names = training()
    truth, by_dice, by_crossentropy = names["test_masks"], names["by_dice"], names["by_crossentropy"]
    thresholds = np.linspace(0.2, 0.8, 13)
    scores = [dice_of(by_dice > threshold, truth) for threshold in thresholds]
    assert 0.45 <= min(scores) < max(scores) < 0.495
    assert min(dice_of(by_crossentropy > threshold, truth) for threshold in thresholds) < 0.2
    assert told("gives 0.99 or more, only 77 % belong to an object")
    assert truth[by_dice >= 0.99].mean() == pytest.approx(0.77, abs=0.005)
    assert told("gives probabilities that mean what they say")
    for low, high in [(0.0, 0.05), (0.05, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 1.0)]:
        alike = (by_crossentropy >= low) & (by_crossentropy < high)
        assert truth[alike].mean() == pytest.approx(by_crossentropy[alike].mean(), abs=0.1)


def test_about_3_percent_of_the_pixels_belong_to_an_object():
    assert told("About 3 % of the pixels belong to it.")
    assert training()["masks"].mean() == pytest.approx(0.03, abs=0.005)


# Spot the bug, and the summary


def test_for_the_batch_a_large_object_outweighs_a_small_one():
    assert told("With `axis=None` a large object outweighs a small one.")
    large, speck, none = np.ones(100), np.eye(100)[0], np.zeros(100)
    assert losses.dice([large, speck], [large, none]) < 0.01
    np.testing.assert_allclose(losses.dice([large, speck], [large, none], axis=1), [0, 1], atol=1e-6)


def test_the_losses_lie_between_0_and_1_and_the_slope_is_large_for_small_objects():
    assert told("two values per region, large for small objects")
    truth, soft = masks(200), RNG.random((200, 50))
    for loss in ("soft_dice", "soft_iou", "smoothed_dice", "tversky"):
        values = REFERENCE[loss](truth, soft, axis=1)
        assert np.all((values >= 0) & (values <= 1)), loss
    sizes = [np.repeat([1.0, 0.0], [size, 1000]) for size in (2, 20, 200)]
    steepest = [abs(losses.dice.gradient(truth, truth * 0.5)).max() for truth in sizes]
    assert steepest[0] > 9 * steepest[1] > 81 * steepest[2]
