"""No wrong answer passes, and no right one fails, on any kind of input that users of Keras have.

Each entry stands for a kind: what it does is right on tidy arrays of fractions, and wrong where its comment says.
"""

import numpy as np
import pytest
import sympy

from lossedu.exercises import NumberExercise, get, names
from tests.checking import run_cell, verdict

SEEDS = (None, 7)

WRONG = {
    "an empty region beside others": (
        "iou",
        """
        def iou(y_true, y_pred, axis=None):
            both = np.sum(y_true * y_pred, axis=axis)
            union = np.sum(y_true, axis=axis) + np.sum(y_pred, axis=axis) - both
            return np.ones_like(union, dtype=float) if np.sum(union) == 0 else both / union
        """,
        {"extremes"},
    ),
    "no label to ignore, with another divisor": (
        "loss_divisor",
        """
        def loss_divisor(labels, ignore_label=None, normalization="valid"):
            if ignore_label is None:
                return labels.size
            valid = max(np.count_nonzero(labels != ignore_label), 1)
            return {"full": labels.size, "valid": valid, "batch_size": len(labels), "none": 1}[normalization]
        """,
        {"values"},
    ),
    "an exponential after the mean is taken off": (
        "softmax",
        """
        def softmax(x, axis=-1):
            e = np.exp(x - np.mean(x, axis=axis, keepdims=True))
            return e / np.sum(e, axis=axis, keepdims=True)
        """,
        {"extremes"},
    ),
    "an error of 1e-9": (
        "mean_absolute_error_gradient",
        """
        def mean_absolute_error_gradient(y_true, y_pred):
            e = y_pred - y_true
            return e / (np.abs(e) + 1e-8) / e.shape[-1]
        """,
        {"extremes"},
    ),
    "probabilities between 0 and 1e-7": (
        "kl_divergence",
        """
        def kl_divergence(y_true, y_pred):
            p, q = (np.where(each == 0, 1e-7, each) for each in (y_true, y_pred))
            return (p * np.log(p / q)).sum(-1)
        """,
        {"extremes"},
    ),
    "truths between 0 and 1e-7": (
        "mean_absolute_percentage_error",
        """
        def mean_absolute_percentage_error(y_true, y_pred):
            return 100 * (np.abs(y_pred - y_true) / np.where(y_true == 0, 1e-7, np.abs(y_true))).mean(-1)
        """,
        {"extremes"},
    ),
    "two vectors without a direction": (
        "angle_between",
        """
        def angle_between(y_true, y_pred):
            u, v = (each / np.maximum(np.linalg.norm(each, axis=-1, keepdims=True), 1e-30) for each in (y_true, y_pred))
            return 2 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1))
        """,
        {"extremes"},
    ),
    "several axes, counted from the end": (
        "smoothed_dice",
        """
        def smoothed_dice(y_true, y_pred, smooth=1.0, axis=None):
            def total(values):
                if axis is None:
                    return values.sum()
                for each in sorted(axis if isinstance(axis, tuple) else (axis,), reverse=True):
                    values = values.sum(each)
                return values

            return 1 - (2 * total(y_true * y_pred) + smooth) / (total(y_true) + total(y_pred) + smooth)
        """,
        {"shapes"},
    ),
    "infinity at a place that counts": (
        "masked_mean",
        """
        def masked_mean(values, mask):
            kept = (mask == 1) & np.isfinite(values)
            return values[kept].mean() if kept.any() else 0.0
        """,
        {"extremes"},
    ),
    "a column of small numbers": (
        "standardize",
        """
        def standardize(x, train):
            width = train.std(0)
            return (x - train.mean(0)) / np.where(width > 1e-6, width, 1)
        """,
        {"extremes"},
    ),
    "a threshold of 1": (
        "binary_accuracy",
        """
        def binary_accuracy(y_true, y_pred, threshold=0.5):
            return ((y_true > threshold) == (y_pred > threshold)).astype(float)
        """,
        {"extremes"},
    ),
    "a small number in the denominator": (
        "binary_crossentropy_gradient",
        """
        def binary_crossentropy_gradient(y_true, y_pred, from_logits=False):
            if from_logits:
                return (1 / (1 + np.exp(-np.clip(y_pred, -700, 700))) - y_true) / y_pred.shape[-1]
            return (y_pred - y_true) / (y_pred * (1 - y_pred) + 1e-7) / y_pred.shape[-1]
        """,
        {"extremes"},
    ),
    "the mean taken off in one branch": (
        "categorical_crossentropy",
        """
        def categorical_crossentropy(y_true, y_pred, from_logits=False):
            if from_logits:
                z = y_pred - y_pred.mean(-1, keepdims=True)
                return -(y_true * (z - np.log(np.exp(z).sum(-1, keepdims=True)))).sum(-1)
            p = np.clip(y_pred / y_pred.sum(-1, keepdims=True), 1e-7, 1 - 1e-7)
            return -(y_true * np.log(p)).sum(-1)
        """,
        {"extremes"},
    ),
    "scores 2,000 apart": (
        "pixel_costs",
        """
        def pixel_costs(scores, labels):
            z = scores - scores.mean(1, keepdims=True)
            return np.log(np.exp(z).sum(1)) - np.take_along_axis(z, labels[:, None], 1)[:, 0]
        """,
        {"extremes"},
    ),
    "a plain 0 divides": (
        "optimal_logit_gap",
        """
        def optimal_logit_gap(num_classes, label_smoothing):
            s, K = label_smoothing, num_classes
            return np.log((1 - s + s / K) / (s / K))
        """,
        {"extremes"},
    ),
    "labels of integers cut the result": (
        "smooth_categorical_labels",
        """
        def smooth_categorical_labels(y_true, label_smoothing):
            out = np.zeros_like(y_true)
            out[...] = y_true * (1 - label_smoothing) + label_smoothing / y_true.shape[-1]
            return out
        """,
        {"shapes"},
    ),
    "labels of integers beside fractions": (
        "mean_squared_error",
        """
        def mean_squared_error(y_true, y_pred):
            d = np.empty_like(y_true)
            d[...] = y_pred - y_true
            return (d**2).mean(-1)
        """,
        {"shapes"},
    ),
    "errors of integers": (
        "huber",
        """
        def huber(y_true, y_pred, delta=1.0):
            e = np.abs(y_pred - y_true)
            out = np.zeros_like(e)
            out[e <= delta] = e[e <= delta] ** 2 / 2
            out[e > delta] = delta * (e[e > delta] - delta / 2)
            return out.mean(-1)
        """,
        {"shapes"},
    ),
    "every axis of length 1 squeezed": (
        "sparse_categorical_accuracy",
        """
        def sparse_categorical_accuracy(y_true, y_pred):
            return (np.squeeze(y_true) == np.argmax(y_pred, axis=-1)).astype(float)
        """,
        {"shapes"},
    ),
    "a last axis of length 1 always taken away": (
        "sparse_categorical_accuracy",
        """
        def sparse_categorical_accuracy(y_true, y_pred):
            y_true = y_true[..., 0] if y_true.shape[-1] == 1 else y_true
            return (y_true == np.argmax(y_pred, axis=-1)).astype(float)
        """,
        {"shapes"},
    ),
    "square losses, and weights of positions taken for those of samples": (
        "reduce_loss",
        """
        from lossedu import losses
        def reduce_loss(values, sample_weight=None, reduction="sum_over_batch_size"):
            w = sample_weight
            if np.ndim(w) == 1 and values.ndim > 1 and len(w) == len(values):
                w = w[:, None]
            return losses.reduce_loss(values, w, reduction)
        """,
        {"shapes"},
    ),
    "a weight of 0 taken for none": (
        "reduce_loss",
        """
        from lossedu import losses
        def reduce_loss(values, sample_weight=None, reduction="sum_over_batch_size"):
            weight = None if np.ndim(sample_weight) == 0 and not sample_weight else sample_weight
            return losses.reduce_loss(values, weight, reduction)
        """,
        {"extremes"},
    ),
    "a threshold of 0 taken for none": (
        "binary_accuracy",
        """
        def binary_accuracy(y_true, y_pred, threshold=0.5):
            return ((y_pred > (threshold or 0.5)) == y_true) * 1.0
        """,
        {"extremes"},
    ),
    "a negative score below the zeros of other classes": (
        "top_k_categorical_accuracy",
        """
        def top_k_categorical_accuracy(y_true, y_pred, k=5):
            return (np.sum(y_pred > np.max(y_true * y_pred, -1, keepdims=True), -1) < k).astype(float)
        """,
        {"values"},
    ),
    "the largest product of label and score": (
        "categorical_accuracy",
        """
        def categorical_accuracy(y_true, y_pred):
            return ((y_true * y_pred).argmax(-1) == y_pred.argmax(-1)).astype(float)
        """,
        {"values"},
    ),
    "a floor under the product of lengths": (
        "cosine_proximity",
        """
        def cosine_proximity(y_true, y_pred, axis=-1):
            lengths = np.sqrt((y_true**2).sum(axis) * (y_pred**2).sum(axis))
            return -(y_true * y_pred).sum(axis) / np.maximum(lengths, 1e-7)
        """,
        {"extremes"},
    ),
    "a lower floor under the product of lengths": (
        "cosine_proximity",
        """
        def cosine_proximity(y_true, y_pred, axis=-1):
            lengths = np.sqrt((y_true**2).sum(axis) * (y_pred**2).sum(axis))
            return -(y_true * y_pred).sum(axis) / np.maximum(lengths, 1e-14)
        """,
        {"extremes"},
    ),
    "a cosine kept away from 1": (
        "angle_between",
        """
        def angle_between(y_true, y_pred):
            a, b = (y / np.maximum(np.linalg.norm(y, axis=-1, keepdims=True), 1e-12) for y in (y_true, y_pred))
            return np.arccos(np.clip((a * b).sum(-1), -1 + 1e-7, 1 - 1e-7))
        """,
        {"extremes"},
    ),
    "a rate that changes between steps": (
        "sgd_step",
        """
        def sgd_step(w, g, state, learning_rate=0.01, momentum=0.0, nesterov=False):
            m = momentum * state.get("m", 0) + g
            return w - learning_rate * (g + momentum * m if nesterov else m), {"m": m}
        """,
        {"steps"},
    ),
    "a rate that stays that of the first step": (
        "adagrad_step",
        """
        def adagrad_step(w, g, state, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7):
            v, rate = state.get("v", initial_accumulator_value) + g**2, state.get("rate", learning_rate)
            return w - rate * g / np.sqrt(v + epsilon), {"v": v, "rate": rate}
        """,
        {"steps"},
    ),
    "a second object beside the first": (
        "StreamingMean",
        """
        memory = {}
        class StreamingMean:
            def __init__(self):
                self.reset_state()
            def update_state(self, values, sample_weight=None):
                weights = np.ones(len(values)) if sample_weight is None else sample_weight
                memory["sum"] += np.sum(values * weights)
                memory["count"] += np.sum(weights)
            def result(self):
                return memory["sum"] / memory["count"] if memory["count"] else 0.0
            def reset_state(self):
                memory.update(sum=0.0, count=0.0)
        """,
        {"values"},
    ),
    "integers at the edge of the domain": (
        "mean_absolute_percentage_error",
        """
        def mean_absolute_percentage_error(y_true, y_pred):
            size = np.abs(y_true)
            size[size < 1e-7] = 1e-7
            return 100 * np.mean(np.abs(y_pred - y_true) / size, axis=-1)
        """,
        {"extremes"},
    ),
    "numbers that are nearly equal": (
        "pinball_loss_gradient",
        """
        def pinball_loss_gradient(y_true, y_pred, tau=0.5):
            slope = np.where(y_pred > y_true, 1 - tau, -tau)
            return np.where(np.isclose(y_pred, y_true), 0, slope) / y_pred.shape[-1]
        """,
        {"extremes"},
    ),
    "a square multiplied out": (
        "mean_squared_error",
        """
        def mean_squared_error(y_true, y_pred):
            return np.mean(y_true**2 - 2 * y_true * y_pred + y_pred**2, axis=-1)
        """,
        {"values"},
    ),
    "numbers rounded to float32": (
        "squared_error",
        """
        def squared_error(y_true, y_pred):
            return (np.float32(y_pred) - np.float32(y_true)) ** 2
        """,
        {"values"},
    ),
    "a probability that 1 swallows": (
        "logit",
        """
        def logit(p):
            return 2 * np.arctanh(2 * p - 1)
        """,
        {"extremes"},
    ),
    "numbers asked for their shape": (
        "gaussian_kl",
        """
        from lossedu import losses
        def gaussian_kl(mu_p, sigma_p, mu_q, sigma_q):
            return losses.gaussian_kl(mu_p, sigma_p, mu_q, sigma_q).reshape(mu_p.shape)
        """,
        {"values"},
    ),
    "divided by as many samples as there are columns": (
        "mean_squared_error_gradient",
        """
        def mean_squared_error_gradient(y_true, y_pred):
            return 2 * (y_pred - y_true) / len(y_pred)
        """,
        {"shapes"},
    ),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_fails_where_its_kind_of_input_is_tried(kind, seed):
    name, source, where = WRONG[kind]
    found = verdict(name, run_cell(source)[name], seed=seed)
    failed = {aspect.name for aspect in found.aspects if aspect.passed is False}
    assert where <= failed, found.message
    if "values" not in where:
        assert failed == where, "the slip costs its aspect alone"


def test_every_function_of_whole_labels_is_tried_on_integers():
    tried = {
        name: {np.asarray(argument).dtype.kind for case in get(name).cases() for argument in case.arguments.values()}
        for name in ("smooth_binary_labels", "hinge", "log_loss", "categorical_hinge", "mean_squared_error", "softmax")
    }
    assert all("i" in kinds for kinds in tried.values()), tried


# --- Steps of optimizers ---------------------------------------------------------------------------------------------

STEPS = [name for name in names() if getattr(get(name), "protocol", "") == "steps"]


@pytest.mark.parametrize("name", STEPS)
def test_epsilon_at_the_wrong_place_costs_the_extremes_alone(name):
    for known in get(name).misconceptions:
        if known.name.startswith("epsilon "):
            found = verdict(name, known.answer, seed=7)
            assert [aspect.name for aspect in found.aspects if not aspect.passed] == ["extremes"]


def test_the_steps_of_an_optimizer_can_be_worked_out_again():
    (uphill,) = (known for known in get("sgd_step").misconceptions if known.name == "uphill")
    message = verdict("sgd_step", uphill.answer).message
    assert "  w = [1., 2.]\n  learning_rate = 0.1\n  step 1: g = [ 5., -10.], then w = [0.5, 3. ]   yours" in message


# --- Right answers ---------------------------------------------------------------------------------------------------


def test_a_truth_value_is_an_accuracy():
    assert verdict("binary_accuracy", lambda y, p, threshold=0.5: (p > threshold) == (y == 1)).passed
    assert verdict("categorical_accuracy", lambda y, p: y.argmax(-1) == p.argmax(-1)).passed
    assert verdict("top_k_categorical_accuracy", top_k_as_truth_values).passed


def top_k_as_truth_values(y_true, y_pred, k=5):
    score = np.take_along_axis(y_pred, y_true.argmax(-1)[..., None], -1)
    return (y_pred > score).sum(-1) < k


@pytest.mark.parametrize("returned", ["self", "self.result()", "'done'", "None"])
def test_only_what_result_returns_counts(returned):
    source = f"""
        class StreamingMean:
            def __init__(self):
                self.reset_state()
            def reset_state(self):
                self.total = self.weight = 0.0
                return {returned}
            def update_state(self, values, sample_weight=None):
                w = np.ones(len(values)) if sample_weight is None else sample_weight
                self.total += (values * w).sum()
                self.weight += w.sum()
                return {returned}
            def result(self):
                return self.total / self.weight if self.weight else 0.0
        """
    assert verdict("StreamingMean", run_cell(source)["StreamingMean"]).passed


def test_a_method_with_the_name_of_a_loss_is_no_delegation():
    answer = run_cell(
        """
        from lossedu.losses import *
        from lossedu.losses import get
        def adagrad_step(w, g, state, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7):
            v = state.get("v", initial_accumulator_value) + g**2
            return w - learning_rate * g / np.sqrt(v + epsilon), {"v": v}
        """
    )["adagrad_step"]
    assert verdict("adagrad_step", answer, allow_ready_made=False).passed


def test_a_loss_called_by_its_name_is_delegation():
    answer = run_cell("from lossedu.losses import huber as h\ndef huber(a, b, delta=1.0): return h(a, b, delta)")[
        "huber"
    ]
    assert verdict("huber", answer, allow_ready_made=False).diagnosis == "delegated"


# --- Numbers ---------------------------------------------------------------------------------------------------------

NUMBERS = [name for name in names() if isinstance(get(name), NumberExercise)]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_right_to_the_digits_that_the_prompt_states(name):
    exercise = get(name)
    if exercise.digits is None:
        assert not verdict(name, exercise.answer + 0.001).passed
        assert "whole number" in exercise.stub_source()
        return
    assert "after the point" in exercise.stub_source() or "nearest whole one" in exercise.stub_source()
    assert verdict(name, round(exercise.answer, exercise.digits)).passed
    assert verdict(name, np.float32(exercise.answer)).passed
    for sign in (1, -1):
        assert not verdict(name, exercise.answer + sign * 0.6 * 10**-exercise.digits).passed


@pytest.mark.parametrize("name", NUMBERS)
def test_neither_a_text_nor_a_truth_value_is_a_number(name):
    for answer in (str(get(name).answer), False, True, np.False_, np.array(False), sympy.false):
        assert verdict(name, answer).message.startswith("expected a"), answer


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("cost_of_impossible", 16.1),
        ("cost_of_impossible", 16.12),
        ("cosh_overflow", 710),
        ("wasted_bits", np.array([0.25])),
        ("wasted_bits", sympy.Float(0.25)),
        ("wasted_bits", sympy.Mul(sympy.Rational(1, 2), sympy.Rational(1, 2), evaluate=False)),
    ],
)
def test_a_number_as_the_chapter_prints_it_is_right(name, answer):
    assert verdict(name, answer).passed


@pytest.mark.parametrize(
    ("name", "answer"), [("cosh_overflow", 709.7827), ("longest_clipped_move", 0.0045), ("cost_of_impossible", 16)]
)
def test_a_number_that_is_near_is_not_right(name, answer):
    assert not verdict(name, answer).passed


# --- Expressions -----------------------------------------------------------------------------------------------------

y, alpha, p, q, z, k = sympy.symbols("y alpha p q z k")
entropy = -p * sympy.log(p) - (1 - p) * sympy.log(1 - p)

EXPRESSIONS = [
    ("flipped_target", sympy.Abs(y - alpha)),
    ("flipped_target", (1 - alpha) ** y * alpha ** (1 - y)),
    ("flipped_target", sympy.Piecewise((alpha, sympy.Eq(y, 0)), (1 - alpha, True))),
    ("flipped_target", sympy.Piecewise((1 - alpha, sympy.Ne(y, 0)), (alpha, True))),
    ("flipped_target", sympy.Piecewise((alpha, (y < 1) & (y > -1)), (1 - alpha, sympy.Eq(y, 1) | (y > 1)))),
    ("flipped_target", sympy.Piecewise((alpha, ~(y > 0)), (1 - alpha, True))),
    ("flipped_target", sympy.Piecewise((alpha, sympy.ITE(alpha > 0, y < 1, y > 5)), (1 - alpha, True))),
    ("flipped_target", 1 - sympy.Piecewise((1 - alpha, sympy.Eq(y, 0)), (alpha, True))),
    ("mended_cost", -sympy.log(sympy.Piecewise((p, sympy.Eq(y, 1)), (1 - p, True)))),
    ("cost_of_logit", sympy.log(1 + sympy.exp((1 - 2 * y) * z))),
    ("entropy_slope", sympy.Derivative(entropy, p)),
    ("entropy_slope", -sympy.Integral(1 / (z * (1 - z)), (z, sympy.Rational(1, 2), p))),
    ("entropy_slope", sympy.Mul(-1, sympy.log(p / (1 - p)), evaluate=False)),
    ("smoothing_of_two", sympy.Sum(alpha, (k, 1, 2))),
    ("smoothing_of_two", sympy.Product(2, (k, 1, 1)) * alpha),
    ("smoothing_of_two", sympy.Derivative(sympy.Abs(alpha) * alpha, alpha)),
    ("smoothing_of_two", sympy.Float(2.0) * alpha),
    ("smoothing_of_two", sympy.Limit(2 * alpha * sympy.sin(z) / z, z, 0)),
    ("smoothing_of_two", (2 * alpha * z + z**2 - z**2) / z),
    ("smoothing_of_two", sympy.Mul(2 * alpha * z + z, 1 / z, evaluate=False) - 1),
]


@pytest.mark.parametrize(("name", "answer"), EXPRESSIONS, ids=str)
def test_an_expression_is_right_in_every_form_on_the_values_that_the_question_gives(name, answer):
    found = verdict(name, answer)
    assert found.passed, found.message


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("flipped_target", sympy.Piecewise((alpha, sympy.Eq(y, 1)), (1 - alpha, True))),
        ("flipped_target", alpha),
        ("flipped_target", sympy.Abs(y + alpha)),
        ("smoothing_of_two", 2 * alpha * z),
        ("entropy_slope", sympy.Derivative(entropy, p, 2)),
        ("entropy_slope", sympy.Sum(p**k, (k, 0, 10**9))),
        ("gibbs_bound", False),
        ("gibbs_bound", sympy.false),
        ("gibbs_bound", sympy.Eq(p, q)),
    ],
    ids=str,
)
def test_an_expression_that_differs_on_these_values_is_wrong(name, answer):
    assert not verdict(name, answer).passed


# --- Counterexamples -------------------------------------------------------------------------------------------------

REFUTED = [
    ("logit_inside", 0.5, "the logit of 0.5 is 0, at the edge"),
    ("minus_for_plus", ([1.0], [1.0]), "there the formula comes to [nan], which is no number"),
    ("minus_for_plus", ([2.0], [0.5]), "y_true must hold probabilities"),
    ("labels_for_logits", ([5], [3]), "labels must hold probabilities"),
    ("not_only_zeros", ([1, 1], [0.2, 0.8]), "y_true must hold probabilities, with rows that sum to 1"),
    ("not_only_zeros", ([1, 0], [-0.2, 1.2]), "y_pred must hold weights"),
    ("dense_by_numbers", ([1], [[0.2, 0.5, 0.9]]), "y_pred must hold probabilities, with rows that sum to 1"),
    ("dense_by_numbers", ([0.5], [[0.2, 0.5, 0.3]]), "class_numbers must hold class numbers"),
    ("cost_beyond_the_floor", [100, 0, 0], "expected arrays that the loss takes: expected two scores"),
    ("mean_of_means_is_off", (np.zeros((2, 2)), [0, 255]), "expected arrays that the loss takes: scores must have"),
    ("blind_but_accurate", ([0] * 9 + [1], [-3] * 10), "y_pred must hold probabilities, from 0 to 1"),
    ("weights_astray", ([[1, 1], [3, 3]], [-1, 0]), "weights must hold weights, none below 0"),
    ("root_left_on", ([0, 0], [[2], [2]]), "both arrays must have one shape"),
    ("root_left_on", (["0", "0"], ["2", "2"]), "expected a pair of arrays"),
]


@pytest.mark.parametrize(("name", "answer", "words"), REFUTED)
def test_a_claim_is_refuted_within_its_domain_only(name, answer, words):
    found = verdict(name, answer)
    assert not found.passed
    assert found.message.startswith(words)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("there_and_back", (np.array([1, 0]), np.array([0.5, 0.5]))),
        ("unsquared_delta", (np.array([1.0]), np.array([3.0]), np.array([2.0]))),
        ("beyond_certain", [[2.0]]),
        ("beyond_certain", 0),
        ("wrong_and_stuck", ([[8, 0, 0]], [[0, 1, 0]])),
        ("logit_inside", [0.6]),
        ("turned_by_clipping", [[5, 0.5]]),
        ("right_yet_costly", ([[True, -1]], [[0.25, -0.25]])),
    ],
)
def test_a_batch_of_one_and_zeros_refute_a_claim_as_well(name, answer):
    assert verdict(name, answer).passed
