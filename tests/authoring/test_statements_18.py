"""What chapter 18 says about each of its runs, recomputed; and the public reports that the cases follow.

Each case has a test, or several. A comment names the reports: repository and number. The wording, the data and the runs
of the chapter are its own.
"""

import re

import numpy as np
import pytest
import sympy

from lossedu import exercises, losses
from tests.authoring.reading import printed_by, prose_of

CHAPTER = "18_clinic"
PROSE = " ".join(prose_of(CHAPTER).split())
REFERENCE = {each.name: each.reference for each in exercises.of_chapter(CHAPTER) if hasattr(each, "reference")}
CLIPPED = -np.log(1e-7)  # what a sample on the wrong side of a clip costs


def told(*words):
    """Tell whether the chapter says so in these words."""
    return all(each in PROSE for each in words)


def answer(name):
    """The declared answer to a question of the chapter."""
    return exercises.get(name).answer


@pytest.fixture(scope="module")
def printed():
    """What the sections print."""
    return printed_by(CHAPTER)


@pytest.fixture(scope="module")
def logs(printed):
    """The logs of the runs in each section: section -> a list of logs, each {figure: {epoch: value}}."""
    found = {}
    for section, text in printed.items():
        for line in text.splitlines():
            if not (row := re.fullmatch(r"epoch +(\d+) +(.*)", line)):
                continue
            runs, epoch = found.setdefault(section, []), int(row[1])
            if epoch == 1:
                runs.append({})
            for name, value in re.findall(r"(\w+) +(-?[\d.]+)", row[2]):
                runs[-1].setdefault(name, {})[epoch] = float(value)
    return found


def entropy(*shares):
    return -np.sum(np.array(shares) * np.log(shares))


# Case 1. tensorflow/tensorflow 14405, keras-team/keras 1478: a loss that stays near ln 10. keras-team/keras 7057, 3752:
# units with relu that die, and a learning rate or inputs that are too large.
def test_dead_units_leave_the_loss_at_that_of_a_network_without_input(printed, logs):
    (stuck,), (cured, *_) = logs["A question"], logs["The loss stands still"]
    assert told("From the second epoch on", "the loss stands at 2.3027", r"it is almost $\ln 10 = 2.3026$")
    assert {stuck["loss"][epoch] for epoch in (2, 3, 4, 5)} == {2.3027}
    assert round(np.log(10), 4) == 2.3026
    assert stuck["loss"][1] > 100
    assert max(stuck["accuracy"].values()) < 0.1
    assert "loss without input 2.3026" in printed["The loss stands still"]
    before, after = re.findall(r"units that react, .+ training +(\d+)", printed["The loss stands still"])
    assert (int(before) > 20, after) == (True, "0")
    assert cured["accuracy"][40] > 0.9
    assert REFERENCE["loss_without_input"](np.repeat(np.arange(7), 5), 7) == pytest.approx(answer("stuck_at_seven"))


def test_the_smallest_constant_loss_is_at_the_share_of_the_labels():
    q, p = sympy.symbols("q p", positive=True)
    mean = -q * sympy.log(p) - (1 - q) * sympy.log(1 - p)
    assert sympy.solve(sympy.diff(mean, p), p) == [q]
    declared = sympy.sympify(answer("smallest_constant_loss"), locals={"q": q})
    assert sympy.simplify(mean.subs(p, q) - declared) == 0


# Case 2. keras-team/keras 2975, 1013: the same class for all samples, an accuracy that does not move.
def test_of_the_four_runs_one_alone_is_below_its_loss_without_input():
    rows = re.findall(r"\| (\d) \| ([^|]+) \| (\d\.\d{4}) \| (\d\.\d\d) \|", prose_of(CHAPTER))
    shares = {"1": [0.1] * 10, "2": [0.95, 0.05], "3": [1 / 3] * 3, "4": [0.7, 0.1, 0.1, 0.1]}
    assert [number for number, *_ in rows] == list(shares)
    below = [n for n, _, loss, _ in rows if float(loss) < entropy(*shares[n]) - 1e-3]
    assert below == [str(answer("run_that_learned"))]
    largest = {n: max(of) for n, of in shares.items()}
    assert [n for n, *_, accuracy in rows if float(accuracy) > largest[n] + 0.01] == below


# Case 3. keras-team/keras 6636, 15271, tflearn/tflearn 562, mmalekzadeh/dana 1, ariecattan/SciCo 2: a softmax, and
# another one in the loss.
def test_two_softmaxes_have_a_floor_and_one_has_none(logs):
    _, twice, once = logs["The loss stands still"]
    share = answer("largest_second_share")
    assert told(r"never below $-\ln 0.232 = 1.461$")
    assert (round(share, 3), round(-np.log(share), 3), round(-np.log(0.232), 3)) == (0.232, 1.461, 1.461)
    assert told(r"two softmaxes keep the loss above $\ln(1 + (C - 1)/e)$")
    assert -np.log(share) == pytest.approx(np.log(1 + 9 / np.e))
    assert twice["accuracy"][40] > 0.99 < once["accuracy"][40]
    assert 1.461 < twice["loss"][40] < 1.48
    assert once["loss"][40] < 0.01
    certain = losses.categorical_crossentropy(np.eye(10)[:1], np.eye(10)[:1], from_logits=True)
    assert certain[0] == pytest.approx(-np.log(share))


# Case 4. keras-team/keras 13006: a loss that stays at half of 15.94, an accuracy of 0.5.
def test_outputs_beyond_the_clip_have_no_slope_and_cost_16_each(logs):
    frozen, cured = logs["Logits or probabilities"]
    assert set(frozen["loss"].values()) == {5.6413}
    assert told(r"$-\ln 10^{-7} = 16.118$", "The log shows a loss of 5.6413")
    assert round(CLIPPED, 3) == 16.118
    assert CLIPPED * answer("share_on_wrong_side") == pytest.approx(5.6413, abs=1e-4)
    assert cured["accuracy"][10] >= 0.9
    assert losses.binary_crossentropy([[1.0]], [[0.0]])[0] == pytest.approx(CLIPPED, rel=1e-6)


def test_in_single_precision_the_other_side_costs_15_942():
    assert told("a sample with label 0 costs 15.942 instead")
    one = np.float32(1)
    assert -np.log(one - (one - np.float32(1e-7))) == pytest.approx(15.942, abs=5e-4)


# Case 5. tensorflow/tensorflow 41413, 37103, keras-team/keras 20101: the threshold 0.5 for logits.
def test_a_threshold_of_one_half_on_logits_is_one_of_62_percent(printed):
    assert round(answer("probability_at_half"), 3) == 0.622
    wrong, right = (
        float(n) for n in re.findall(r"logits(?: compared with 0.5)? +(0\.\d+)", printed["Logits or probabilities"])
    )
    assert right > wrong + 0.15


# Case 6. keras-team/keras 1917, 13926, 14046: a cross-entropy below 0.
def test_labels_of_2_make_a_loss_without_a_minimum(logs):
    falling, *_, cured = logs["Labels that the loss does not expect"]
    assert falling["loss"][40] < falling["loss"][10] < falling["loss"][5] < 0
    assert cured["loss"][40] > 0.3
    assert round(answer("cost_of_label_two"), 2) == -2.09
    z = np.linspace(-30, 30, 61)
    assert told("It is below $-1$ for every $z$")
    assert np.all(1 / (1 + np.exp(-z)) - 2 <= -1 + 1e-9)
    p, y = 0.9, 2
    assert -y * np.log(p) - (1 - y) * np.log(1 - p) == pytest.approx(answer("cost_of_label_two"))


# Case 7. rstudio/keras3 465, keras-team/keras 11786: labels from 1.
def test_a_shift_of_the_classes_hits_nothing_though_the_loss_is_good(logs):
    _, shifted, agreed, _ = logs["Labels that the loss does not expect"]
    assert shifted["loss"][30] < 0.3
    assert shifted["accuracy"][30] == 0
    assert agreed["accuracy"][10] > 0.98
    assert answer("hits_by_chance") == 300 // 10


# Case 8. keras-team/keras 15014 and 15015: labels that are cast to half precision.
def test_half_precision_changes_class_2049_first(printed):
    numbers = np.arange(5000)
    changed = numbers[numbers.astype(np.float16).astype(int) != numbers]
    assert changed[0] == answer("first_lost_class")
    assert "class 2049 becomes 2048" in printed["Labels that the loss does not expect"]
    assert np.finfo(np.float16).nmant + 1 == 11
    assert told("holds whole numbers of up to eleven binary digits exactly")


# Case 9. keras-team/keras 1172: the root of the mean squared error ends in NaN.
def test_the_slope_of_a_root_is_0_over_0_at_a_perfect_prediction(printed):
    by_rule, by_hand = re.findall(r"(?:chain_rule|rmse_gradient) \[(.+?)\]", printed["The loss is not a number"])
    assert by_rule.split().index("nan") + 1 == answer("first_nan_loss")
    assert [float(n) for n in by_hand.split()] == [1, 0.75, 0.5, 0.25, 0, 0, 0]
    error = np.array([0.7, -1.9])
    root = np.sqrt(np.mean(error**2))
    declared = sympy.sympify(answer("slope_of_rmse")).subs({"e_1": error[0], "r": root})
    assert REFERENCE["rmse_gradient"](np.zeros(2), error)[0] == pytest.approx(float(declared))


# Case 10. keras-team/keras 3086, 2546, 3270, 7517, 545, 21908, tensorflow/tensorflow 39146: padding in the mean, and
# masks that are all 0.
def test_a_mean_over_padding_is_four_times_too_small_and_an_empty_mask_is_no_number(printed):
    assert answer("loss_of_valid") == pytest.approx(0.15 / (1 - 0.75))
    rows = re.findall(r"sum of the mask +(\S+) +masked_mean (\S+)", printed["The loss is not a number"])
    assert rows == [("0.60", "0.60"), ("nan", "0.00"), ("nan", "0.60")]


# Case 11. keras-team/keras 3040, 2530, tensorflow/tensorflow 38796: squared errors and a rate that is too high.
def test_the_highest_rate_is_where_descent_stops_to_converge(printed):
    x = np.arange(10.0)
    assert np.mean(x**2) == 28.5
    assert told("the mean of the squared inputs is 28.5", "Between 0.034 and 0.036 something breaks")
    assert 0.034 < answer("highest_rate_of_line") < 0.036
    ends = [float(n) for n in re.findall(r"after 30 steps (\S+)", printed["The loss explodes"])]
    assert ends[1] < 4 * np.mean(x**2) < ends[2] < ends[3]
    rng = np.random.default_rng(11)
    for n, d in ((1, 1), (20, 1), (30, 4)):
        inputs = rng.normal(size=(n, d))
        limit, errors = REFERENCE["highest_rate"](inputs), {}
        for share in (0.99, 1.01):
            w = np.ones(d)
            for _ in range(2000):
                w = w - share * limit * 2 / n * inputs.T @ (inputs @ w)
                if not np.abs(w).max() < 1e3:
                    break
            errors[share] = np.abs(w).max()
        assert errors[0.99] < 1 < 100 < errors[1.01]


def test_the_rate_of_case_1_was_more_than_800_times_the_limit(printed):
    mean, total, raw, standard = (
        float(n) for n in re.findall(r"case \d+,.+? +(\d\S+)\n", printed["The loss explodes"])
    )
    assert mean == pytest.approx(10 * total, rel=0.02)
    assert 800 < 0.01 / raw < 1000
    assert told("the rate of 0.01 was more than 800 times as high as this limit")
    assert standard > 0.1
    w_1, x_1, x_2, y_1, y_2 = sympy.symbols("w_1 x_1 x_2 y_1 y_2")
    mean_square = ((w_1 * x_1 - y_1) ** 2 + (w_1 * x_2 - y_2) ** 2) / 2
    assert sympy.expand(sympy.diff(mean_square, w_1, 2) - sympy.sympify(answer("curvature_of_line"))) == 0


# Case 12. rstudio-conf-2020/dl-keras-tf 9, keras-team/keras 2134: prices as targets, a loss of NaN.
def test_raw_prices_make_the_training_diverge_and_standardised_ones_do_not(printed, logs):
    assert "no longer finite" in printed["The loss explodes"]
    (cured,) = logs["The loss explodes"]
    assert cured["loss"][100] < 0.05
    assert np.sqrt(0.04) * 80_000 == pytest.approx(answer("typical_error"))
    rng = np.random.default_rng(12)
    houses = rng.normal(size=(200, 3))
    prices = 200_000 + 100_000 * np.tanh(houses[:, :1]) + 40_000 * houses[:, 1:2]
    assert abs(prices.std() - 80_000) < 4000
    assert abs(prices.mean() - 200_000) < 10_000


# Case 13. keras-team/keras 16285, tensorflow/tensorflow 45923, 31317: the loss of replicas, and its scale.
def test_four_means_that_are_added_make_steps_of_four_times_the_length():
    slopes = np.random.default_rng(13).normal(size=64)
    added = sum(part.mean() for part in np.split(slopes, 4))
    assert answer("rate_on_four_machines") * added == pytest.approx(0.08 * slopes.mean())


# Case 14. keras-team/keras 14627, 16836, tensorflow/tensorflow 37770: (N,) against (N, 1).
def test_a_row_against_a_column_learns_the_mean_and_ends_at_the_variance(printed):
    wrong, right = re.findall(r"w (\S+) +b (\S+) +loss (\S+)", printed["Two numbers contradict each other"])
    variance = re.search(r"variance of the labels (\S+)", printed["Two numbers contradict each other"])[1]
    assert (wrong[0], wrong[2]) == ("0.000", variance)
    np.testing.assert_allclose([float(n) for n in right[:2]], [2, 1], atol=0.03)
    rng = np.random.default_rng(14)
    y, p = rng.normal(1, 2, size=50), rng.normal(-1, 3, size=50)
    every = np.mean((p[:, None] - y) ** 2)
    values = {"u": p.var(), "v": y.var(), "d": p.mean() - y.mean()}
    assert float(sympy.sympify(answer("loss_of_all_pairs")).subs(values)) == pytest.approx(every)
    assert told("Perfect predictions would cost twice the variance")
    assert np.mean((y[:, None] - y) ** 2) == pytest.approx(2 * y.var())


# Case 15. keras-team/keras 605, 503, 3562, 2344, 5616: validation below training, on the same data.
def test_the_log_of_an_epoch_is_a_mean_over_its_past(logs):
    (same,) = logs["Two numbers contradict each other"]
    assert all(same["val_loss"][epoch] < same["loss"][epoch] for epoch in (1, 2, 3, 4))
    assert all(same["loss"][epoch + 1] < same["val_loss"][epoch] for epoch in (1, 2, 3))
    assert answer("logged_training_loss") == np.mean([1.0, 0.8, 0.6, 0.4])


# Cases 16 to 18. As cases 2 and 3; pytorch/pytorch 130342 and lxztju/pytorch_classification 9 for label smoothing.
def test_three_levels_tell_their_cause():
    assert told(
        "The loss has stood at 1.0397", "It still falls slowly, towards 0.905.", "It still falls slowly, towards 0.50."
    )
    assert entropy(0.5, 0.25, 0.25) == pytest.approx(1.0397, abs=5e-5)
    assert np.log(1 + 4 / np.e) == pytest.approx(0.905, abs=5e-4)
    floor = entropy(0.91, *[0.01] * 9)
    assert floor == pytest.approx(0.5003, abs=5e-5)
    smoothed = np.full((1, 10), 0.01) + 0.9 * np.eye(10)[:1]
    best = losses.categorical_crossentropy(np.eye(10)[:1], smoothed, label_smoothing=0.1)
    assert best[0] == pytest.approx(floor)
    causes = [answer(f"cause_of_case_{number}") for number in (16, 17, 18)]
    listed = dict(re.findall(r"^(\d)\. (.+)\.$", prose_of(CHAPTER), re.MULTILINE))
    assert [listed[str(cause)].split()[0] for cause in causes] == ["The", "A", "Nothing"]


def test_no_fewer_than_20_labels_leave_a_network_without_input_below_0_2():
    assert told("Find at least 20 labels")
    rarest = {n: entropy(1 / n, 1 - 1 / n) for n in range(2, 21)}
    assert [n for n, loss in rarest.items() if loss < 0.2] == [20]


# Case 19. keras-team/keras 8346, 597, 4298, 6422: validation_split takes the last samples.
def test_sorted_labels_leave_a_class_to_validation_alone(printed):
    accuracies = re.findall(r"(sorted|shuffled) +accuracy on the last fifth (\S+)", printed["Spot the bug"])
    assert [name for name, _ in accuracies] == ["sorted", "shuffled"]
    assert float(accuracies[0][1]) == 0
    assert float(accuracies[1][1]) > 0.95


def test_the_cases_are_numbered_without_a_gap():
    numbers = [int(n) for n in re.findall(r"\*\*Case (\d+)\.\*\*", PROSE)]
    assert numbers == list(range(1, 19))
    assert told("a clinic with 19 cases", "From a forum (case 19)")


@pytest.mark.slow
def test_keras_does_what_the_cases_say():
    import keras
    import tensorflow as tf

    # 3: probabilities read as logits, unless Keras sees the softmax
    certain = np.eye(10, dtype="float32")[:1]
    floor = keras.losses.categorical_crossentropy(certain, certain, from_logits=True)
    assert float(floor[0]) == pytest.approx(-np.log(answer("largest_second_share")), rel=1e-5)
    with pytest.warns(UserWarning, match="from_logits"):
        seen = keras.losses.categorical_crossentropy(certain, keras.activations.softmax(50 * certain), from_logits=True)
    assert float(seen[0]) < 1e-6
    # 4: clipped, with both numbers
    wrong_sides = keras.losses.binary_crossentropy(np.float32([[1], [0]]), np.float32([[-0.3], [1.3]])).numpy()
    np.testing.assert_allclose(wrong_sides, [16.118, 15.942], atol=1e-3)
    # 5: the threshold of the metric
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state([[1], [1]], [[0.4], [0.6]])
    assert float(metric.result()) == 0.5
    # 6: below 0
    assert keras.losses.binary_crossentropy([[2.0]], [[0.9]]).numpy() == pytest.approx(
        answer("cost_of_label_two"), rel=1e-4
    )
    # 7: a label beyond the last class is an error on a CPU
    with pytest.raises(tf.errors.InvalidArgumentError), tf.device("CPU"):
        keras.losses.sparse_categorical_crossentropy(np.array([10]), np.zeros((1, 10), "float32"), from_logits=True)
    # 14: the losses reshape, by hand nobody does
    y, p = np.random.default_rng(0).normal(size=(2, 6))
    assert float(keras.losses.MeanSquaredError()(y, p[:, None])) == pytest.approx(np.mean((p - y) ** 2))
    assert float(keras.ops.mean(keras.ops.square(y[:, None] - y))) == pytest.approx(2 * y.var())


@pytest.mark.slow
def test_keras_splits_before_it_shuffles_and_weights_in_training_alone():
    import keras

    labels = np.repeat(np.arange(5), 20)
    inputs = np.eye(5)[labels]
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5, activation="softmax")])
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(inputs, labels, validation_split=0.2, shuffle=True, epochs=15, verbose=0).history
    assert history["val_accuracy"][-1] == 0
    assert history["accuracy"][-1] > 0.9
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")  # nothing moves
    doubled = dict.fromkeys(range(5), 2.0)
    both = model.fit(inputs, labels, validation_data=(inputs, labels), class_weight=doubled, verbose=0).history
    assert both["loss"][0] == pytest.approx(2 * both["val_loss"][0], rel=1e-4)
