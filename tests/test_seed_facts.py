"""The numbers and defaults of the articles that the course grew out of, section by section, each from our own code."""

import inspect

import numpy as np
import pytest

from lossedu import losses, metrics, optimizers
from lossedu.losses.aliases import ALIASES
from lossedu.training import Activation, Dense, Input, Sequential

# A. The Keras objectives list


@pytest.mark.parametrize(
    ("name", "today"),
    [
        ("mean_squared_error", "mean_squared_error"),
        ("mse", "mean_squared_error"),
        ("mean_absolute_error", "mean_absolute_error"),
        ("mae", "mean_absolute_error"),
        ("mean_absolute_percentage_error", "mean_absolute_percentage_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("mean_squared_logarithmic_error", "mean_squared_logarithmic_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("squared_hinge", "squared_hinge"),
        ("hinge", "hinge"),
        ("binary_crossentropy", "binary_crossentropy"),
        ("categorical_crossentropy", "categorical_crossentropy"),
        ("sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
        ("kullback_leibler_divergence", "kl_divergence"),
        ("cosine_proximity", "cosine_similarity"),
        ("categorical_hinge", "categorical_hinge"),  # this one and the next two are in the list of section C
        ("logcosh", "log_cosh"),
        ("poisson", "poisson"),
    ],
)
def test_every_name_of_the_lists_still_gives_its_loss(name, today):
    assert losses.get(name) is getattr(losses, today)
    assert (name == today) == (name not in ALIASES)


def test_softmax_loss_step_by_step():
    scores = np.array([1.2, 0.8])
    np.testing.assert_allclose(scores - scores.max(), [0, -0.4])
    loss, probabilities = losses.softmax_with_loss([scores], [1])
    np.testing.assert_allclose(probabilities, [[0.5987, 0.4013]], atol=5e-5)
    assert loss == pytest.approx(0.9130, abs=5e-5)


N, C, H, W, VOID = 2, 3, 4, 5, 255
MAP = np.random.default_rng(0).normal(size=(N, C, H, W))
LABELS = np.random.default_rng(1).choice([0, 1, 2, VOID], (N, H, W))
COUNTED = (LABELS != VOID).sum()


@pytest.mark.parametrize(
    ("switches", "divisor"),
    [
        ({"normalization": "FULL"}, N * H * W),
        ({"normalization": "VALID"}, COUNTED),
        ({"normalization": "BATCH_SIZE"}, N),
        ({"normalization": "NONE"}, 1),
        ({}, COUNTED),
        ({"normalize": True}, COUNTED),
        ({"normalize": False}, N),
        ({"normalization": "FULL", "normalize": False}, N * H * W),
    ],
)
def test_caffe_divides_by_what_its_two_switches_say(switches, divisor):
    kept = np.where(LABELS == VOID, 0, LABELS)
    p = losses.softmax_with_loss(MAP, kept)[1]
    total = -np.log(np.take_along_axis(p, kept[:, None], 1)[:, 0])[LABELS != VOID].sum()
    loss, probabilities = losses.softmax_with_loss(MAP, LABELS, ignore_label=VOID, **switches)
    assert loss == pytest.approx(total / divisor)
    np.testing.assert_allclose(probabilities.sum(1), 1)


def test_caffe_gives_an_ignored_label_no_gradient_and_valid_is_full_without_one():
    slope = losses.softmax_with_loss.gradient(MAP, LABELS, ignore_label=VOID)
    np.testing.assert_array_equal((slope != 0).all(1), LABELS != VOID)
    kept = np.where(LABELS == VOID, 0, LABELS)
    valid, full = (losses.softmax_with_loss(MAP, kept, normalization=name)[0] for name in ("VALID", "FULL"))
    assert valid == full


def test_four_messages_score_as_in_the_competition():
    ham_and_spam = np.array([[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]])
    assert losses.log_loss([1, 0, 0, 1], ham_and_spam[:, 1]) == pytest.approx(0.21616, abs=5e-6)


def test_hinge_is_zero_where_the_sign_is_right_and_the_margin_at_least_one():
    assert losses.hinge([1.0], [0.5]) == 0.5  # a right sign alone is not enough
    assert losses.hinge([1.0], [1.0]) == losses.hinge([-1.0], [-2.0]) == 0


def test_kl_divergence_takes_nought_times_its_logarithm_as_nought_and_needs_q_wherever_p_is():
    assert losses.cross_entropy([0.0, 1.0], [0.5, 0.5]) - losses.entropy([0.0, 1.0]) == pytest.approx(np.log(2))
    assert losses.cross_entropy([0.5, 0.5], [0.0, 1.0]) == np.inf


def test_cosine_proximity_lies_between_minus_one_where_the_angle_is_zero_and_one():
    vectors = np.random.default_rng(0).normal(size=(2, 1000, 3))
    assert (np.abs(losses.cosine_proximity(*vectors)) <= 1 + 1e-15).all()
    alike, across, opposite = losses.cosine_proximity([[3.0, 4.0]] * 3, [[6.0, 8.0], [-4.0, 3.0], [-3.0, -4.0]])
    np.testing.assert_allclose([alike, across, opposite], [-1, 0, 1], atol=1e-15)


def test_mean_squared_error_is_neither_a_standard_deviation_nor_its_own_root():
    truth, always_two_above = np.array([1.0, 5.0, 9.0]), np.array([3.0, 7.0, 11.0])
    assert np.std(always_two_above - truth) == 0
    assert losses.mean_squared_error(truth, always_two_above) == 4  # and its root is the RMSE: 2


def test_mean_absolute_error_is_taken_from_the_truth_and_not_from_the_mean_of_the_observations():
    observations = np.array([0.0, 1.0, 8.0])
    assert losses.mean_absolute_error(observations, observations) == 0
    assert np.abs(observations - observations.mean()).mean() > 0


def test_sparse_labels_are_an_encoding():
    p, numbers = [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], np.array([2, 0])
    one_hot = np.eye(3)[numbers]
    np.testing.assert_allclose(
        losses.sparse_categorical_crossentropy(np.expand_dims(numbers, -1), p),
        losses.categorical_crossentropy(one_hot, p),
    )


# B. Losses in TensorFlow 1

ERRORS, TARGET = np.linspace(-1, 1, 100)[:, None], np.zeros((100, 1))
SCORES, ONES = np.linspace(-3, 5, 100)[:, None], np.ones((100, 1))


@pytest.mark.parametrize(
    ("name", "options", "curve", "at_the_ends"),
    [
        ("mean_absolute_error", {}, np.abs, 1),
        ("mean_squared_error", {}, np.square, 1),
        ("huber", {"delta": 0.25}, lambda e: np.where(abs(e) < 0.25, e**2 / 2, 0.25 * (abs(e) - 0.125)), 0.21875),
        ("pseudo_huber", {"delta": 0.25}, lambda e: 0.0625 * (np.sqrt(1 + (e / 0.25) ** 2) - 1), 0.19519),
        ("pseudo_huber", {"delta": 5.0}, lambda e: 25 * (np.sqrt(1 + (e / 5) ** 2) - 1), 0.49510),
    ],
)
def test_curves_of_the_regression_losses(name, options, curve, at_the_ends):
    values = losses.get(name)(TARGET, ERRORS, **options)
    np.testing.assert_allclose(values, curve(ERRORS[:, 0]), atol=1e-13)
    np.testing.assert_allclose(values[[0, -1]], at_the_ends, atol=5e-6)


@pytest.mark.parametrize("delta", [0.25, 5.0])
def test_pseudo_huber_squares_the_ratio_and_not_only_the_error(delta):
    of_the_article = delta**2 * (np.sqrt(1 + ERRORS[:, 0] ** 2 / delta) - 1)
    assert (losses.pseudo_huber(TARGET, ERRORS, delta)[[0, -1]] != of_the_article[[0, -1]]).all()


@pytest.mark.parametrize(
    ("values", "curve", "at_the_ends"),
    [
        (losses.hinge(ONES, SCORES), lambda z: np.maximum(0, 1 - z), [4, 0]),
        (
            losses.sigmoid_cross_entropy_with_logits(ONES, SCORES)[:, 0],
            lambda z: np.log(1 + np.exp(-z)),
            [3.04859, 0.00672],
        ),
        (
            losses.weighted_cross_entropy_with_logits(ONES, SCORES, 0.5)[:, 0],
            lambda z: np.log(1 + np.exp(-z)) / 2,
            [1.52429, 0.00336],
        ),
    ],
)
def test_curves_of_the_classification_losses(values, curve, at_the_ends):
    np.testing.assert_allclose(values, curve(SCORES[:, 0]), atol=1e-12)
    np.testing.assert_allclose(values[[0, -1]], at_the_ends, atol=5e-6)


def test_two_class_cross_entropy_is_for_probabilities_where_it_falls_to_zero():
    p = SCORES[(SCORES[:, 0] >= 0) & (SCORES[:, 0] <= 1)]
    np.testing.assert_allclose(losses.log_loss(np.ones_like(p), p), -np.log(p[:, 0]))
    with pytest.raises(ValueError, match=r"y_prob must hold probabilities in \[0, 1\], got values from -3 to 5"):
        losses.log_loss(ONES, SCORES)


def test_softmax_cross_entropy_takes_a_soft_target():
    value = losses.softmax_cross_entropy_with_logits([[0.1, 0.02, 0.88]], [[1.0, -3.0, 10.0]])
    np.testing.assert_allclose(value, [1.16012], atol=1e-5)


def test_labels_come_before_logits_and_the_other_order_is_refused():
    with pytest.raises(ValueError, match=r"labels must hold probabilities in \[0, 1\], got values from -3 to 5"):
        losses.sigmoid_cross_entropy_with_logits(SCORES, ONES)


def test_cross_entropy_is_no_distance():
    p, q = [0.9, 0.1], [0.5, 0.5]
    assert losses.cross_entropy(p, q) != losses.cross_entropy(q, p)
    assert losses.cross_entropy(p, p) == losses.entropy(p) > 0


# C. model.compile


@pytest.mark.parametrize(
    ("name", "then", "now", "other_options"),
    [
        ("SGD", 0.01, 0.01, {"momentum": 0.0, "nesterov": False}),
        ("RMSprop", 0.001, 0.001, {"rho": 0.9}),
        ("Adagrad", 0.01, 0.001, {}),
        ("Adadelta", 1.0, 0.001, {"rho": 0.95}),
        ("Adam", 0.001, 0.001, {"beta_1": 0.9, "beta_2": 0.999, "amsgrad": False}),
        ("Adamax", 0.002, 0.001, {"beta_1": 0.9, "beta_2": 0.999}),
        ("Nadam", 0.002, 0.001, {"beta_1": 0.9, "beta_2": 0.999}),
    ],
)
def test_learning_rates_were_others_in_keras_2_and_the_rest_of_the_defaults_the_same(name, then, now, other_options):
    today = optimizers.get(name)
    assert {option: getattr(today, option) for option in other_options} == other_options
    assert today.learning_rate == now  # a number: no decay
    with pytest.warns(DeprecationWarning, match=f"lr={then} is the spelling of Keras 2"):
        assert getattr(optimizers, name)(lr=then).learning_rate == then


def test_decay_of_zero_was_the_default_of_sgd_and_changes_nothing():
    with pytest.warns(DeprecationWarning, match=r"decay=0.0 is the spelling of Keras 2"):
        schedule = optimizers.SGD(decay=0.0).learning_rate
    assert schedule(0) == schedule(1000) == 0.01


def test_schedule_decay_is_an_option_of_keras_2_alone():
    with pytest.warns(DeprecationWarning, match="no such argument, the value is always 1"):
        assert optimizers.Nadam(schedule_decay=0.004).schedule_decay == 0.004
    assert optimizers.Nadam().schedule_decay == 1


def test_both_clips_are_off_by_default_and_the_example_cuts_at_a_half():
    assert optimizers.SGD().clipnorm is optimizers.SGD().clipvalue is None
    w = np.zeros(2)
    with pytest.warns(DeprecationWarning, match="learning_rate=0.01"):
        optimizers.SGD(lr=0.01, clipvalue=0.5).apply([np.array([3.0, -0.25])], [w])
    np.testing.assert_allclose(w, [-0.005, 0.0025])


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_optimizers_of_the_examples_go_by_name(optimizer):
    assert type(optimizers.get(optimizer)).__name__.lower() == optimizer


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        ("binary_accuracy", {"threshold": 0.5}),
        ("categorical_accuracy", {}),
        ("sparse_categorical_accuracy", {}),
        ("top_k_categorical_accuracy", {"k": 5}),
        ("sparse_top_k_categorical_accuracy", {"k": 5}),
    ],
)
def test_the_five_accuracies_go_by_name_and_the_top_ones_look_at_five_classes(name, defaults):
    assert metrics.get(name).name == name
    parameters = inspect.signature(getattr(metrics, name)).parameters.values()
    assert {p.name: p.default for p in parameters if p.default is not p.empty}.items() >= defaults.items()


def mean_pred(y_true, y_pred):
    return np.mean(y_pred)


def test_a_function_of_ones_own_is_a_metric():
    metric = metrics.get(mean_pred)
    metric.update_state([0, 1], [0.25, 0.75])
    assert metric.result() == 0.5


@pytest.mark.parametrize(
    "compiled",
    [
        {"loss": "mse", "optimizer": optimizers.SGD(learning_rate=0.01, clipvalue=0.5)},
        {"loss": "mean_squared_error", "optimizer": "sgd"},
        {"loss": "binary_crossentropy", "optimizer": "rmsprop", "metrics": ["accuracy", mean_pred]},
    ],
)
def test_models_of_the_examples_train(compiled):
    """With the figures of Keras in test_training.py, in their old spelling in test_training_own.py."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 10)), np.eye(64)[rng.integers(0, 64, 100)]
    model = Sequential([Input((10,)), Dense(64, kernel_initializer="random_uniform"), Activation("softmax")], seed=0)
    model.compile(**compiled)
    history = model.fit(x, y, epochs=3, verbose=0).history
    assert history["loss"] == sorted(history["loss"], reverse=True)
    assert history.get("mean_pred", [1 / 64] * 3) == pytest.approx([1 / 64] * 3)  # each row of a softmax sums to 1
    assert model.predict(x).shape == (100, 64)


def test_clips_stop_at_epsilon():
    certain_and_wrong = -np.log(1e-7)
    assert losses.binary_crossentropy([1.0], [0.0]) == pytest.approx(certain_and_wrong)
    assert losses.categorical_crossentropy([1.0, 0.0], [0.0, 1.0]) == pytest.approx(certain_and_wrong)
    assert losses.kl_divergence([1.0, 0.0], [0.0, 1.0]) == pytest.approx(certain_and_wrong, abs=2e-6)
    assert losses.poisson([1.0], [0.0]) == pytest.approx(certain_and_wrong)
    assert losses.mean_absolute_percentage_error([0.0], [1.0]) == pytest.approx(100 / 1e-7)


# D. Arguments of tf.keras.losses


def test_logit_and_sigmoid_are_inverses_and_a_logit_is_no_label():
    p = np.array([[0.05, 0.5, 0.8]])
    logit = np.log(p / (1 - p))
    for y_true in np.eye(3):
        from_logits = losses.binary_crossentropy([y_true], logit, from_logits=True)
        np.testing.assert_allclose(from_logits, losses.binary_crossentropy([y_true], p))
    assert logit.min() < 0


def test_softmax_sums_to_one_over_classes_and_sigmoids_do_not_over_labels():
    z, nothing = np.array([[1.0, 2.0, 3.0]]), np.zeros((1, 3))
    sigmoid = losses.sigmoid_cross_entropy_with_logits.gradient(nothing, z)  # sigmoid(z) - 0
    _, softmax = losses.softmax_with_loss(z, [0])
    assert softmax.sum() == pytest.approx(1)
    assert sigmoid.sum() > 2


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.3, 0.5])
def test_label_smoothing_is_twice_the_rate_alpha_of_flipped_labels(alpha):
    y_true, y_pred = np.array([0.0, 1.0]), np.array([0.3, 0.6])
    flipped, beta = np.array([alpha, 1 - alpha]), 2 * alpha
    np.testing.assert_allclose(y_true * (1 - beta) + beta / 2, flipped)
    smoothed = losses.binary_crossentropy(y_true, y_pred, label_smoothing=beta)
    assert smoothed == pytest.approx(losses.binary_crossentropy(flipped, y_pred))


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_label_smoothing_spreads_beta_over_all_classes(classes):
    y_true, y_pred, beta = np.eye(classes), np.random.default_rng(0).dirichlet(np.ones(classes), classes), 0.3
    smoothed = losses.categorical_crossentropy(y_true, y_pred, label_smoothing=beta)
    by_hand = losses.categorical_crossentropy(y_true * (1 - beta) + beta / classes, y_pred)
    np.testing.assert_allclose(smoothed, by_hand)


EXAMPLE = [[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]


def test_two_samples_cost_what_the_example_says_under_each_reduction():
    np.testing.assert_allclose(losses.CategoricalCrossentropy(reduction="none")(*EXAMPLE), [0.0513, 2.303], atol=5e-4)
    for reduction in "auto", "sum_over_batch_size":
        assert losses.CategoricalCrossentropy(reduction=reduction)(*EXAMPLE) == pytest.approx(1.177, abs=5e-4)
    assert losses.CategoricalCrossentropy(reduction="sum")(*EXAMPLE) == pytest.approx(2.354, abs=5e-4)
    assert losses.CategoricalCrossentropy()(*EXAMPLE) == pytest.approx(1.177, abs=5e-4)  # no smoothing, axis -1


def test_a_zero_probability_becomes_epsilon_and_the_rest_is_rescaled():
    assert losses.categorical_crossentropy([0, 0, 1], [0.05, 0.95, 0]) == pytest.approx(-np.log(1e-7))  # not 1e-6
    assert losses.categorical_crossentropy([0, 1], [1.0, 3.0]) == pytest.approx(-np.log(3 / 4))


def test_replicas_sum_and_divide_by_the_global_batch():
    values = losses.categorical_crossentropy(*EXAMPLE)
    parts = [losses.reduce_loss(part, reduction="sum") / len(values) for part in (values[:1], values[1:])]
    assert sum(parts) == pytest.approx(losses.reduce_loss(values))
