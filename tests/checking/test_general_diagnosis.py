"""What is said of whole kinds of mistakes: changed inputs, wrong terms, ignored entries, one of several results."""

import ast

import numpy as np
import pytest

from lossedu.checking._answers import KernelAnswer
from lossedu.checking._diagnosis._ignored_entries import kinds_of_entries
from lossedu.checking._diagnosis._slip_changes import is_limit
from lossedu.checking.probe import LONGEST_WITH_HELPERS, source_of
from lossedu.exercises import get
from lossedu.exercises.laws import law_named
from lossedu.exercises.regions import by_entries, by_repetition, by_value_of_option
from tests.checking import run_cell, verdict
from tests.checking.test_diagnosis import kernel_of, written

# exercise, body of the answer, words that must appear, words that must not
ANSWERS = {
    "lines that should not be there": (
        "tversky",
        """
        hits, misses, alarms = (
            np.sum(part, axis=axis) for part in (y_true * y_pred, y_true * (1 - y_pred), (1 - y_true) * y_pred)
        )
        if alpha + beta > 0:
            alpha, beta = alpha / (alpha + beta), beta / (alpha + beta)
        return 1 - hits / (hits + alpha * misses + beta * alarms + 1e-7)
        """,
        ["`if alpha + beta > 0:` and the lines indented under it should not be there."],
        ["branches"],
    ),
    "a division that reaches one term": (
        "time_decay",
        "return 1 / (1 / lr + decay * step)",
        ["a multiplication or division in `1 / lr + decay * step` reaches too few or too many terms."],
        ["brackets"],
    ),
    "steps in the wrong order": (
        "huber_gradient",
        """
        share = (y_pred - y_true) / y_pred.shape[-1]
        return np.clip(share, -delta, delta)
        """,
        ["the steps of `np.clip(share, -delta, delta)` come in the wrong order."],
        [],
    ),
    "a limit after the logarithm": (
        "mean_squared_logarithmic_error",
        """
        logs = [np.log1p(np.maximum(y_true, 1e-7)), np.maximum(np.log1p(y_pred), 1e-7)]
        return ((logs[0] - logs[1]) ** 2).mean(-1)
        """,
        ["line 2 computes log1p(-2) = nan in `np.log1p(y_pred)`.", "For which numbers is this logarithm finite"],
        ["Broken law"],
    ),
    "a new axis at a fixed place": (
        "log_softmax",
        """
        m = np.max(x, axis=axis, keepdims=True)
        return x - m - np.log(np.exp(x - m).sum(axis))[..., None]
        """,
        ["adds the axis of length 1 at a fixed place, whatever `axis` is."],
        [],
    ),
    "squeezed too much": (
        "paired_squared_error",
        "return (np.squeeze(y_pred) - np.squeeze(y_true)) ** 2",
        ["removes every axis of length 1, also one that the result needs."],
        [],
    ),
    "squeezed by another function": (
        "paired_squared_error",
        """
        pair = list(map(np.squeeze, (y_true, y_pred)))
        return (pair[0] - pair[1]) ** 2
        """,
        ["in line 2, `np.squeeze` removes every axis of length 1, also one that the result needs."],
        [],
    ),
    "a weighted mean": (
        "binary_focal_crossentropy",
        """
        p_t = np.clip(np.where(y_true == 1, y_pred, 1 - y_pred), 1e-7, 1 - 1e-7)
        weight = np.where(y_true == 1, alpha, 1 - alpha) if apply_class_balancing else np.ones(np.shape(y_true))
        return np.average(-((1 - p_t) ** gamma) * np.log(p_t), axis=-1, weights=weight)
        """,
        ["divides by the sum of the weights, not by the number of entries."],
        [],
    ),
    "an inverse for a transpose": (
        "dense_backward",
        "return slopes @ np.linalg.pinv(kernel), x.T @ slopes, slopes.sum(0)",
        ["`np.linalg.pinv(kernel)` inverts the matrix: the formula needs its transpose."],
        [],
    ),
    "reshaped for transposed": (
        "dense_backward",
        "return slopes @ kernel.reshape(kernel.shape[::-1]), x.T @ slopes, slopes.sum(0)",
        ["`kernel.reshape(kernel.shape[::-1])` rearranges the entries: the formula needs the transpose."],
        [],
    ),
    "replaced for summed": (
        "pooled_loss",
        """
        mean, seen = 0.0, 0
        for loss, n in zip(losses, counts):
            if n > 0:
                mean = (mean * seen + loss * n) / (seen + n)
                seen = n
        return mean
        """,
        ["in line 6, `seen = n` replaces the earlier value: the new one should be added to it."],
        [],
    ),
    "a line too early": (
        "mean_over_batches",
        """
        mean, seen = means[..., 0], sizes[..., 0]
        for b in range(1, means.shape[-1]):
            mean = mean + (means[..., b] - mean) * sizes[..., b] / seen
            seen = seen + sizes[..., b]
        return mean
        """,
        ["comes one line too early."],
        [],
    ),
    "an array of integers": (
        "huber",
        """
        e = np.abs(y_pred - y_true)
        cost = np.zeros_like(e)
        cost[e <= delta] = e[e <= delta] ** 2 / 2
        cost[e > delta] = delta * (e[e > delta] - delta / 2)
        return cost.mean(-1)
        """,
        ["in line 3, `np.zeros_like(e)` makes an array of integers, which loses the digits after the point."],
        ["factor 1/2"],
    ),
    "an entry that comes round from the end": (
        "collapse",
        """
        path = np.asarray(path)
        is_new = path != np.roll(path, 1)
        return path[is_new & (path > 0)]
        """,
        ["in line 3, `np.roll(path, 1)` moves the entry at the end round to the other end."],
        [],
    ),
    "0 for a divisor of 0": (
        "standardize",
        """
        spread = train.std(0)
        return np.where(spread > 0, (x - train.mean(0)) / spread, 0)
        """,
        ["gives 0 where the divisor is 0: the contract keeps the numerator there."],
        [],
    ),
    "a limit on the square": (
        "l2_normalize",
        "return x / np.sqrt(np.maximum((x**2).sum(axis, keepdims=True), 1e-12))",
        ["in line 2, `1e-12` is the wrong number."],
        [],
    ),
    "what is computed further below": (
        "categorical_focal_crossentropy",
        """
        factor = (1 - np.clip(y_pred, 0, 1)) ** gamma
        p = y_pred / y_pred.sum(-1, keepdims=True)
        return -(alpha * factor * y_true * np.log(np.clip(p, 1e-7, 1 - 1e-7))).sum(-1)
        """,
        ["in line 2, `y_pred` is the wrong variable."],
        [],
    ),
    "the same slip in all calls of one function": (
        "soft_iou",
        """
        both = np.mean(y_true * y_pred, axis=axis)
        either = np.mean(np.maximum(y_true, y_pred), axis=axis)
        return 1 - both / (either + 1e-7)
        """,
        ["In line 3, `np.mean(np.maximum(y_true, y_pred), axis=axis)` calls the wrong function."],
        ["wrong number", "lower limit"],
    ),
    "an entry decided by its row": (
        "hinge_gradient",
        """
        t = 2 * y_true - 1 if np.all((y_true == 0) | (y_true == 1)) else y_true
        falls_short = (1 - t * y_pred > 0).any(-1, keepdims=True)
        return np.where(falls_short, -t, 0.0) / t.shape[-1]
        """,
        ["right if each entry is given alone"],
        [],
    ),
    "a class that is missing": (
        "balanced_weights",
        """
        found, counts = np.unique(labels, return_counts=True)
        weights = np.zeros(num_classes)
        weights[: found.size] = labels.size / num_classes / counts
        return weights
        """,
        ["a class below the largest one does not occur in labels"],
        [],
    ),
    "too few digits": (
        "binary_crossentropy",
        """
        q = np.asarray(y_pred, dtype=np.float32)
        if from_logits:
            return np.mean(np.maximum(q, 0) - q * y_true + np.log1p(np.exp(-np.abs(q))), axis=-1)
        q = np.clip(q, 1e-7, 1 - 1e-7)
        return -np.mean(y_true * np.log(q) + (1 - y_true) * np.log(1 - q), axis=-1)
        """,
        ["`np.float32` keeps too few digits."],
        [],
    ),
    "added for limited": (
        "binary_crossentropy",
        """
        if from_logits:
            return np.mean(np.logaddexp(0, y_pred) - y_pred * y_true, axis=-1)
        return -np.mean(y_true * np.log(y_pred + 1e-7) + (1 - y_true) * np.log(1 - y_pred + 1e-7), axis=-1)
        """,
        ["`y_pred + 1e-07` adds a small number: the contract has a lower limit instead."],
        [],
    ),
    "limited for added": (
        "poisson",
        "return (y_pred - y_true * np.log(np.maximum(y_pred, 1e-7))).mean(-1)",
        ["`np.maximum(y_pred, 1e-07)` sets a lower limit: the contract adds the small number instead."],
        [],
    ),
    "an overflow": (
        "log_cosh_gradient",
        """
        power = np.exp(2 * (y_pred - y_true))
        return (power - 1) / (power + 1) / y_true.shape[-1]
        """,
        [
            "line 2 computes exp(2000) = inf in `np.exp(2 * (y_pred - y_true))`.",
            "Line 3 then computes inf / inf = nan in `(power - 1) / (power + 1)`.",
            "Which equal form of this step stays finite for such numbers?",
        ],
        [],
    ),
    "a division by 0": (
        "iou",
        """
        both = np.sum(y_true * y_pred, axis=axis)
        either = np.sum(np.maximum(y_true, y_pred), axis=axis)
        return 1 - (either - both) / either
        """,
        [
            "line 4 computes 0 / 0 = nan in `(either - both) / either`.",
            "What should your function return where this divisor is 0?",
        ],
        [],
    ),
    "a mean of nothing": (
        "precision_recall",
        """
        called = y_pred > threshold
        precision = np.mean(y_true[called]) if called.any() else 0.0
        return precision, np.mean(called[y_true == 1])
        """,
        ["no entries are left for `np.mean(called[y_true == 1])` in line 4, so it is nan."],
        [],
    ),
    "a number for infinity": (
        "log_add",
        """
        a, b = np.maximum(a, -1e30), np.maximum(b, -1e30)
        return np.maximum(a, b) + np.log1p(np.exp(-np.abs(a - b)))
        """,
        ["the result should be -inf, and yours is -1e+30: a step of yours limits or replaces what is infinite"],
        [],
    ),
    "a difference quotient": (
        "binary_focal_crossentropy_gradient",
        """
        def costs(shift):
            p = np.clip(np.where(y_true == 1, y_pred + shift, 1 - y_pred - shift), 1e-7, 1 - 1e-7)
            weight = np.where(y_true == 1, alpha, 1 - alpha) if apply_class_balancing else 1
            return -weight * (1 - p) ** gamma * np.log(p) / np.shape(y_pred)[-1]

        return (costs(1e-5) - costs(-1e-5)) / 2e-5
        """,
        ["your result is a difference quotient with steps of 1e-05"],
        [],
    ),
    "soft labels made hard": (
        "binary_crossentropy_gradient",
        """
        D = np.shape(y_pred)[-1]
        if not from_logits:
            return ((1 - y_true) / (1 - y_pred) - y_true / y_pred) / D
        share = 1 / (1 + np.exp(-np.clip(y_pred, -700, 700)))
        return np.where(y_true == 1, share - 1, share) / D
        """,
        ["where from_logits is True: your result is the right one for `np.floor(y_true)` in place of `y_true`."],
        [],
    ),
    "zeros and ones by chance": (
        "top_k_categorical_accuracy",
        """
        score = np.max(y_true * y_pred, axis=-1, keepdims=True)
        return np.where(np.sum(y_pred > score, axis=-1) < k, 1.0, 0.0)
        """,
        ["`np.max(y_true * y_pred, axis=-1, keepdims=True)` calls the wrong function."],
        ["ignored", "swapped"],
    ),
    "another sign in a mixture": (
        "pooled_loss",
        """
        divisors = np.maximum(counts, 1)
        return np.sum(losses * divisors) / np.sum(divisors)
        """,
        [],
        ["too large", "too small"],
    ),
    "entries outside of the region": (
        "squared_hinge_gradient",
        """
        t = np.where(y_true == 0, -1, y_true)
        pull = np.where(t * y_pred < 1, 1 - t * y_pred, 0).max(-1, keepdims=True)
        return -2 * t * pull / y_pred.shape[-1]
        """,
        [],
        ["Elsewhere your result is right"],
    ),
    "deviations for variances": (
        "gaussian_kl",
        "return (sigma_p + (mu_p - mu_q) ** 2) / (2 * sigma_q) - 0.5 + np.log(sigma_q / sigma_p) / 2",
        ["Wrong form of sigma_p: ", "`np.sqrt(sigma_p)` in place of `sigma_p`, and the same for `sigma_q`."],
        [],
    ),
    "the complement of an option": (
        "rmsprop_step",
        """
        old, new = 1 - rho, rho
        v = old * state.get("v", 0) + new * g**2
        m = momentum * state.get("m", 0) + learning_rate * g / np.sqrt(v + epsilon)
        return w - m, {"v": v, "m": m}
        """,
        ["the right one for `1 - rho` in place of `rho`."],
        [],
    ),
    "two arguments exchanged": (
        "triplet_loss",
        """
        near, far = (np.sum((negative - other) ** 2, axis=-1) for other in (positive, anchor))
        return np.maximum(near - far + margin, 0)
        """,
        ["the right one with anchor and negative exchanged."],
        [],
    ),
    "each row by its own norm": (
        "clip_by_norm",
        """
        rows = np.reshape(g, (-1, np.shape(g)[-1]))
        lengths = np.maximum(np.sqrt((rows**2).sum(1)), 1e-12)
        return (rows * np.minimum(1, limit / lengths)[:, None]).reshape(np.shape(g))
        """,
        ["the right one for each row alone, not for the whole array."],
        [],
    ),
    "a factor of one argument": (
        "time_decay",
        "return lr / (1 + decay) ** (step + 1)",
        ["Wrong factor: ", "a number that depends on decay, step but not on lr."],
        [],
    ),
    "a term of two arguments": (
        "gaussian_kl",
        "return (sigma_p**2 + (mu_p - mu_q) ** 2) / (2 * sigma_q**2) - sigma_p / sigma_q",
        ["Wrong term: ", "a number that depends on sigma_p, sigma_q but not on mu_p, mu_q."],
        [],
    ),
    "the smallest error left out": (
        "mean_squared_error",
        "e = np.sort(np.abs(y_pred - y_true), axis=-1)\nreturn np.sum(e[..., -2:] ** 2, axis=-1) / y_true.shape[-1]",
        [],
        ["Entries ignored"],  # rows of two lose nothing, rows of six lose four
    ),
    "the largest error left out": (
        "mean_absolute_error",
        "e = np.sort(np.abs(y_pred - y_true), axis=-1)\nreturn np.sum(e[..., :-1], axis=-1) / y_true.shape[-1]",
        ["your result does not depend on the entry of y_true that is farthest from y_pred."],
        [],
    ),
    "two results wrong in one way": (
        "dense_backward",
        """
        n = len(x)
        kernel_slopes = sum(np.outer(a, s) for a, s in zip(x, slopes)) / n
        return slopes @ kernel.T, kernel_slopes, sum(s / n for s in slopes)
        """,
        ["in kernel_slopes, bias_slopes: your result is too small: it is divided by the number of samples."],
        [],
    ),
    "two results exchanged": (
        "dense_backward",
        "a, b = slopes @ kernel.T, x.T @ slopes\nreturn b, a, slopes.sum(0)",
        ["the results x_slopes and kernel_slopes have changed places."],
        [],
    ),
    "one result of the wrong shape": (
        "dense_backward",
        "return slopes @ kernel.T, x.T @ slopes, np.array(slopes)",
        ["of your results, only bias_slopes is wrong: it has the wrong shape."],
        [],
    ),
    "the old value of what is kept": (
        "adamax_step",
        """
        t = state.get("t", 0) + 1
        u = state.get("u", np.zeros_like(g))
        m = beta_1 * state.get("m", 0) + (1 - beta_1) * g
        step = learning_rate / (1 - beta_1**t) * m / (u + epsilon)
        return w - step, {"t": t, "m": m, "u": np.maximum(beta_2 * u, np.abs(g))}
        """,
        ["`u` is the value before the update: the contract uses the updated one"],
        [],
    ),
    "another norm": (
        "angle_between",
        """
        u, v = (a / np.maximum(np.sum(np.abs(a), axis=-1, keepdims=True), 1e-7) for a in (y_true, y_pred))
        return np.arccos(np.clip(np.sum(u * v, axis=-1), -1, 1))
        """,
        ["takes another norm than the contract"],
        [],
    ),
    "divided by the square of an option": (
        "pseudo_huber",
        "r = ((y_pred - y_true) / delta) ** 2\nreturn np.mean(r / (1 + np.sqrt(1 + r)), axis=-1)",
        ["your result is the right one divided by the square of delta. Elsewhere your result is right."],
        [],
    ),
    "a smallest number": (
        "log_softmax",
        """
        e = np.exp(x - x.max(axis, keepdims=True))
        return np.log(e / e.sum(axis, keepdims=True) + 1e-12)
        """,
        ["Limited: no number of your result is below -27.63, though some should be."],
        [],
    ),
    "right for the default only": (
        "huber",
        """
        size = abs(y_pred - y_true)
        return np.mean(np.where(size <= delta, size**2 / 2, size - 0.5), axis=-1)
        """,
        ["with delta = 1.0, its default, your result for the same inputs is right."],
        [],
    ),
    "a constant, not the function of another exercise": (
        "kl_divergence_gradient",
        "return 1 - np.clip(y_true, 1e-7, 1) / y_pred",
        ["every number of your result is too large by 1."],
        ["categorical_crossentropy_gradient"],
    ),
    "digits that cancel": (
        "pseudo_huber",
        """
        u = ((y_pred - y_true) / delta) ** 2
        return np.mean(np.where(1 + u == 1, u * delta**2 / 2, delta**2 * (np.sqrt(1 + u) - 1)), axis=-1)
        """,
        ["Lost digits", "line 3 computes 1.0000000000000049 - 1 = 4.88498e-15 in `np.sqrt(1 + u) - 1`"],
        [],
    ),
    "a jump at a tie is no rounding": (
        "log_softmax",
        """
        gap = x - np.max(x, axis=axis, keepdims=True)
        others = np.where(gap < 0, np.exp(gap), 0.0)
        return gap - np.log1p(np.sum(others, axis=axis, keepdims=True))
        """,
        ["where in a row of x the largest number occurs more than once"],
        ["digits"],
    ),
    "one decision for all entries": (
        "sigmoid",
        """
        x = np.asarray(x, float)
        return 1 / (1 + np.exp(-x)) if np.all(x >= 0) else np.exp(x) / (1 + np.exp(x))
        """,
        ["Entries mixed: your result is right if each entry is given alone"],
        ["computes"],
    ),
    "one decision for all rows": (
        "rmse_gradient",
        """
        error = y_pred - y_true
        if not np.any(error):
            return np.zeros(error.shape)
        return error / (error.shape[-1] * np.sqrt(np.mean(error**2, axis=-1, keepdims=True)))
        """,
        ["Rows mixed: your result is right if each row is given alone"],
        ["computes"],
    ),
    "one maximum for all weights": (
        "adam_step",
        """
        t = state.get("t", 0) + 1
        m = beta_1 * state.get("m", 0.0) + (1 - beta_1) * g
        v = beta_2 * state.get("v", 0.0) + (1 - beta_2) * g**2
        largest = max(state.get("largest", 0.0), np.max(v)) if amsgrad else v
        rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        return w - rate * m / (np.sqrt(largest) + epsilon), {"t": t, "m": m, "v": v, "largest": largest}
        """,
        ["Entries mixed: "],
        ["Wrong for some values"],
    ),
    "written into an array of integers": (
        "huber_gradient",
        """
        force = y_pred - y_true
        force[force > delta] = delta
        force[force < -delta] = -delta
        return force / y_pred.shape[-1]
        """,
        ["Wrong for integers: "],
        ["Wrong for some values"],
    ),
    "what float32 cannot bear": (
        "binary_focal_crossentropy_gradient",
        """
        def cost(p):
            p = np.clip(p, 1e-7, 1 - 1e-7)
            right = y_true * p + (1 - y_true) * (1 - p)
            weight = y_true * alpha + (1 - y_true) * (1 - alpha) if apply_class_balancing else 1
            return -weight * (1 - right) ** gamma * np.log(right)

        step = 1e-6
        return (cost(y_pred + step) - cost(y_pred - step)) / (2 * step) / y_pred.shape[-1]
        """,
        ["Wrong for float32: "],
        [],
    ),
    "a step along the last axis": (
        "cosine_proximity",
        """
        def unit(x):
            return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-7)

        return -np.sum(unit(y_true) * unit(y_pred), axis=axis)
        """,
        ["Whatever axis is, `np.linalg.norm(x, axis=-1, keepdims=True)` in line 3 works along the last axis."],
        [],
    ),
    "labels that are looked for outside the classes": (
        "softmax_loss_gradient",
        """
        real = (0 <= labels) & (labels < scores.shape[1])
        e = np.exp(scores - scores.max(1, keepdims=True))
        hit = np.arange(scores.shape[1])[:, None, None] == labels[:, None]
        counts = {
            "full": labels.size,
            "valid": max(1, np.sum(labels != ignore_label) if ignore_label is not None else labels.size),
            "batch_size": len(labels),
            "none": 1,
        }
        slopes = e / e.sum(1, keepdims=True) - hit
        return np.where(real[:, None], slopes, 0) / counts[normalization]
        """,
        ["It is also right with ignore_label = 255, -1, and wrong with 0, 1, 2."],
        [],
    ),
    "a factor that an option gives": (
        "huber",
        """
        size = abs(y_pred - y_true)
        return np.mean(np.where(size <= delta, size**2 / 2, delta * size - 0.5), axis=-1)
        """,
        ["in line 3, the factor delta**2 is missing at `0.5`."],
        [],
    ),
    "an option that is not the cause": (
        "categorical_focal_crossentropy",
        """
        safe = lambda p: np.clip(p, 1e-7, 1 - 1e-7)
        cost = -np.log(safe(y_pred / y_pred.sum(-1, keepdims=True)))
        return np.sum(alpha * (1 - safe(y_pred)) ** gamma * y_true * cost, axis=-1)
        """,
        [],
        ["where gamma is"],
    ),
    "labels between the classes": (
        "binary_crossentropy",
        """
        if from_logits:
            return np.logaddexp(0, (1 - 2 * y_true) * y_pred).mean(-1)
        q = np.clip(y_pred, 1e-7, 1 - 1e-7)
        return -(y_true * np.log(q) + (1 - y_true) * np.log(1 - q)).mean(-1)
        """,
        ["Too small where from_logits is True and y_true contains a number above 0 and below 1"],
        [],
    ),
    "a limit is no step of a quotient": (
        "mean_absolute_error_gradient",
        """
        error = y_pred - y_true
        return error / np.maximum(np.abs(error), 1e-7) / error.shape[-1]
        """,
        [],
        ["quotient"],
    ),
    "an ignored argument is no changed one": (
        "binary_accuracy",
        "return (np.round(y_pred) == y_true).astype(float)",
        ["threshold"],
        ["np.round(y_pred)"],
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_a_kind_of_mistake_is_named(case, monkeypatch):
    name, body, words, others = ANSWERS[case]
    monkeypatch.setitem(vars(get(name)), "misconceptions", [])  # so that none of them explains the answer
    found = verdict(name, written(name, body))
    assert not found.passed
    assert all(word in found.message for word in words), found.message
    assert not any(word in found.message for word in others), found.message


@pytest.mark.parametrize("case", ["an overflow", "a division by 0", "steps in the wrong order"])
def test_a_kind_of_mistake_is_named_in_a_kernel_too(case, monkeypatch):
    name, body, words, _ = ANSWERS[case]
    monkeypatch.setitem(vars(get(name)), "misconceptions", [])
    found = verdict(name, KernelAnswer(name, kernel_of(written(name, body).__globals__)))
    assert all(word in found.message for word in words), found.message


WITH_HELPERS = """
def half_width(delta):
    return delta / 2

def straight(size, delta):
    # beyond delta
    return delta * (size + half_width(delta))

def huber(y_true, y_pred, delta=1.0):
    size = np.abs(y_pred - y_true)
    return np.where(size <= delta, size**2 / 2, straight(size, delta)).mean(-1)
"""


@pytest.mark.parametrize("is_in_kernel", [False, True])
def test_a_slip_in_a_helper_is_named(is_in_kernel, monkeypatch):
    monkeypatch.setitem(vars(get("huber")), "misconceptions", [])
    cell = run_cell(WITH_HELPERS)
    found = verdict("huber", KernelAnswer("huber", kernel_of(cell)) if is_in_kernel else cell["huber"])
    assert "in line 3 of `straight`, the operator in `size + half_width(delta)` is wrong." in found.message
    mended = run_cell(WITH_HELPERS.replace("size + half", "size - half"))
    assert verdict("huber", mended["huber"]).passed


def test_helpers_are_read_with_an_answer_but_no_decorated_ones():
    cell = run_cell(WITH_HELPERS.replace("def half_width", "@staticmethod\ndef half_width"))
    names = [each.name for each in ast.parse(source_of(cell["huber"])).body]
    assert names == ["huber", "straight"]
    cell = run_cell(WITH_HELPERS.replace("# beyond delta", "#" * LONGEST_WITH_HELPERS))
    names = [each.name for each in ast.parse(source_of(cell["huber"])).body]
    assert names == ["huber", "half_width"]


def test_a_mistake_that_another_hides_is_not_named():
    found = verdict("total_loss", written("total_loss", "return np.mean(losses * loss_weights)"))
    assert "your result is D times too small" in found.message
    assert "one weighted loss for each output" not in found.message  # a mean over all makes one number


def test_a_1_is_special_among_shares_only():
    shares, scores = np.array([0.5, 1.0]), np.array([1.0, 3.0])
    given = {"y_pred": shares, "scores": scores}
    words = [region.words.format(**region.fields) for region in by_entries([given, given])]
    assert "y_pred contains a 1" in words
    assert "scores contains a 1" not in words


def test_entries_of_a_kind_are_told_apart():
    arguments = {"y_true": np.array([3.0, 1.0, 2.0]), "y_pred": np.array([3.0, 2.0, 5.0])}
    kinds = kinds_of_entries(get("mean_squared_error"), "y_true", arguments)
    masks = {words.format(**fields): mask.tolist() for words, fields, mask in kinds.values()}
    assert masks["the last entry of y_true"] == [False, False, True]
    assert masks["the largest entry of y_true"] == [True, False, False]
    assert masks["the entry of y_true that is farthest from y_pred"] == [False, False, True]
    assert masks["the entry of y_true that is nearest to y_pred"] == [True, False, False]


def test_repeated_numbers_and_values_of_options_are_regions():
    exercise = get("sparse_categorical_crossentropy")
    given = {"y_true": np.array([2, 1, 2]), "ignore_class": 1}
    words = [
        region.words.format(**region.fields)
        for region in [*by_repetition([given]), *by_value_of_option(exercise, [given])]
        if region.holds(given)
    ]
    assert words[:3] == [
        "in a row of y_true the largest number occurs more than once",
        "y_true contains a number twice",
        "y_true contains no equal neighbours",
    ]
    assert "y_true contains the value of ignore_class" in words


def test_labels_are_not_doubled():
    law = law_named("all_doubled_4")
    assert law.change({"y_true": np.array([0.0, 1.0]), "y_pred": np.array([0.2, 0.7])}) is None
    doubled = law.change({"y_true": np.array([0.5, 3.0])})
    assert doubled["y_true"].tolist() == [1.0, 6.0]
    assert law.holds([np.array([2.0])], [np.array([8.0])], {})


def test_the_upper_limit_of_a_clip_is_no_slip():
    assert is_limit(ast.parse("1 - 1e-7", mode="eval").body)
    assert not is_limit(ast.parse("1 - 0.5", mode="eval").body)
