"""Chapter 14, written in other ways."""

import numpy as np

from lossedu import losses

EPSILON = 1e-7


def looped_precision_recall(y_true, y_pred, threshold=0.5):
    hits = alarms = positives = 0
    for label, p in zip(np.ravel(y_true), np.ravel(y_pred), strict=True):
        alarms += p > threshold
        positives += label == 1
        hits += p > threshold and label == 1
    return (hits / alarms if alarms else 0.0), (hits / positives if positives else 0)


def products_precision_recall(y_true, y_pred, threshold=0.5):
    called = (y_pred > threshold).astype(float)
    hits = (called * y_true).sum()
    return hits / (called.sum() + 1e-12), hits / (y_true.sum() + 1e-12)


def indexed_precision_recall(y_true, y_pred, threshold=0.5):
    of_alarms, of_positives = y_true[y_pred > threshold], y_pred[y_true == 1] > threshold
    return tuple(np.mean(part) if part.size else 0.0 for part in (of_alarms, of_positives))


def looped_auc(y_true, y_pred):
    above, below = y_pred[y_true == 1], y_pred[y_true == 0]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a in above for b in below) / (above.size * below.size)


def auc_by_ranks(y_true, y_pred):
    s, y = y_pred.ravel(), y_true.ravel()
    ranks = ((s[:, None] > s).sum(1) + (s[:, None] >= s).sum(1) + 1) / 2  # ties share the mean of their ranks
    n = (y == 1).sum()
    return (ranks[y == 1].sum() - n * (n + 1) / 2) / (n * (y.size - n))


def auc_by_the_curve(y_true, y_pred):
    x, y = [0.0], [0.0]
    for threshold in sorted(set(y_pred.ravel().tolist()), reverse=True):
        x.append(np.mean(y_pred[y_true == 0] >= threshold))
        y.append(np.mean(y_pred[y_true == 1] >= threshold))
    return sum((x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2 for i in range(1, len(x)))


def auc_by_signs(y_true, y_pred):
    return (1 + np.mean(np.sign(np.subtract.outer(y_pred[y_true == 1], y_pred[y_true == 0])))) / 2


def looped_balanced_weights(labels, num_classes):
    found = [np.count_nonzero(labels == k) for k in range(num_classes)]
    return np.array([labels.size / (num_classes * n) if n else 0.0 for n in found])


def weights_from_unique(labels, num_classes):
    weights = np.zeros(num_classes)
    classes, found = np.unique(labels, return_counts=True)
    weights[classes] = labels.size / num_classes / found
    return weights


def weights_from_one_hot(labels, num_classes):
    found = np.eye(num_classes)[labels].reshape(-1, num_classes).sum(0)
    return np.divide(labels.size, num_classes * found, out=np.zeros(num_classes), where=found > 0)


def odds_undone(p, weight):
    with np.errstate(divide="ignore"):
        odds = np.divide(p, 1 - np.asarray(p)) / weight
    return 1 - 1 / (1 + odds)


def logits_undone(p, weight):
    with np.errstate(divide="ignore"):
        return 1 / (1 + np.exp(-(np.log(p) - np.log1p(-np.asarray(p)) - np.log(weight))))


def focal_of_two_terms(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    q = np.clip(y_pred, EPSILON, 1 - EPSILON)
    on, off = (alpha, 1 - alpha) if apply_class_balancing else (1, 1)
    ones = on * y_true * (1 - q) ** gamma * -np.log(q)
    zeros = off * (1 - y_true) * q**gamma * -np.log(1 - q)
    return (ones + zeros).mean(axis=-1)


def focal_as_keras_has_it(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    truth = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    q = np.clip(y_pred, EPSILON, 1 - EPSILON)
    cost = (1 - truth) ** gamma * -(y_true * np.log(q) + (1 - y_true) * np.log(1 - q))
    if apply_class_balancing:
        cost = cost * (y_true * alpha + (1 - y_true) * (1 - alpha))
    return np.mean(cost, axis=-1)


def looped_focal(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    costs = np.zeros(np.shape(y_pred))
    for i in np.ndindex(costs.shape):
        t = min(max(float(y_pred[i] if y_true[i] == 1 else 1 - y_pred[i]), EPSILON), 1 - EPSILON)
        weight = (alpha if y_true[i] == 1 else 1 - alpha) if apply_class_balancing else 1
        costs[i] = weight * (1 - t) ** gamma * -np.log(t)
    return costs.sum(-1) / costs.shape[-1]


def focal_slope_of_two_terms(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    on, off = (alpha, 1 - alpha) if apply_class_balancing else (1, 1)
    p, r = y_pred, 1 - y_pred
    ones = gamma * r ** (gamma - 1) * np.log(p) - r**gamma / p
    zeros = p**gamma / r - gamma * p ** (gamma - 1) * np.log(r)
    return (on * y_true * ones + off * (1 - y_true) * zeros) / p.shape[-1]


def focal_slope_in_float32(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    y = np.asarray(y_pred, "float32")
    return losses.binary_focal_crossentropy.gradient(
        np.asarray(y_true, "float32"), y, apply_class_balancing, alpha, gamma
    )


def looped_focal_slope(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0):
    slopes = np.zeros(np.shape(y_pred))
    for i in np.ndindex(slopes.shape):
        sign, t = (1, y_pred[i]) if y_true[i] == 1 else (-1, 1 - y_pred[i])
        weight = (alpha if y_true[i] == 1 else 1 - alpha) if apply_class_balancing else 1
        by_truth = (1 - t) ** (gamma - 1) * (gamma * np.log(t) - (1 - t) / t)
        slopes[i] = sign * weight * by_truth / slopes.shape[-1]
    return slopes


def picked_categorical_focal(y_true, y_pred, alpha=0.25, gamma=2.0):
    p = np.clip(y_pred / np.sum(y_pred, -1)[..., None], EPSILON, 1 - EPSILON)
    k = y_true.argmax(-1)
    of_true = np.take_along_axis(p, k[..., None], -1)[..., 0]
    weight = np.broadcast_to(alpha, y_true.shape[-1:])[k]
    return weight * (1 - of_true) ** gamma * -np.log(of_true)


def einsum_categorical_focal(y_true, y_pred, alpha=0.25, gamma=2.0):
    p = np.clip(np.asarray(y_pred, float) / np.einsum("...i->...", y_pred)[..., None], EPSILON, 1 - EPSILON)
    return -np.einsum("...i,...i->...", y_true * alpha, (1 - p) ** gamma * np.log(p))


def weighted_categorical_focal(y_true, y_pred, alpha=0.25, gamma=2.0):
    p = np.clip(y_pred / y_pred.sum(-1, keepdims=True), EPSILON, 1 - EPSILON)
    cross_entropies = -y_true * np.log(p)
    return np.sum(np.power(1 - p, gamma) * np.asarray(alpha) * cross_entropies, axis=-1)


def one_hot_generalized(y_true, y_pred, q=0.5):
    p = np.sum(np.eye(y_pred.shape[-1])[y_true] * y_pred, axis=-1)
    return (1 - np.power(p, q)) / q


def stable_generalized(y_true, y_pred, q=0.5):
    with np.errstate(divide="ignore"):
        return -np.expm1(q * np.log(np.take_along_axis(y_pred, y_true[..., None], -1))).squeeze(-1) / q


def looped_generalized(y_true, y_pred, q=0.5):
    costs = np.zeros(y_true.shape)
    for i in np.ndindex(y_true.shape):
        costs[i] = 1 / q - y_pred[i][y_true[i]] ** q / q
    return costs


def f_from_precision_and_recall(hits, alarms, missed, beta=1.0):
    a, b, c = np.sum(hits), np.sum(alarms), np.sum(missed)
    if a == 0:
        return 0.0
    precision, recall = a / (a + b), a / (a + c)
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def weighted_harmonic_mean(hits, alarms, missed, beta=1.0):
    a, b, c = (np.asarray(of, float).sum() for of in (hits, alarms, missed))
    return (1 + beta * beta) / ((a + b) / a + beta * beta * (a + c) / a) if a > 0 else 0


def f_with_an_epsilon(hits, alarms, missed, beta=1.0):
    top = (1 + beta**2) * np.sum(hits)
    return top / (top + beta**2 * np.sum(missed) + np.sum(alarms) + 1e-12)


RIGHT = {
    "precision_recall": {
        "a loop": looped_precision_recall,
        "products, and an epsilon": products_precision_recall,
        "means of what is picked": indexed_precision_recall,
    },
    "auc": {
        "a loop over pairs": looped_auc,
        "ranks": auc_by_ranks,
        "the area under the curve": auc_by_the_curve,
        "signs of differences": auc_by_signs,
        "float32": lambda y, s: np.float32(auc_by_signs(y, s)),
    },
    "balanced_weights": {
        "a loop": looped_balanced_weights,
        "np.unique": weights_from_unique,
        "one-hot rows": weights_from_one_hot,
    },
    "undo_weight": {
        "odds": odds_undone,
        "logits": logits_undone,
        "a loop": np.vectorize(lambda p, weight: p / weight / (p / weight + 1 - p)),
        "multiplied out": lambda p, weight: p / (weight - (weight - 1) * p),
    },
    "binary_focal_crossentropy": {
        "two terms": focal_of_two_terms,
        "the factor without the clip": focal_as_keras_has_it,
        "a loop": looped_focal,
    },
    "binary_focal_crossentropy_gradient": {
        "two terms": focal_slope_of_two_terms,
        "float32": focal_slope_in_float32,
        "a loop": looped_focal_slope,
    },
    "categorical_focal_crossentropy": {
        "the true class picked": picked_categorical_focal,
        "einsum": einsum_categorical_focal,
        "cross-entropies, weighted": weighted_categorical_focal,
    },
    "generalized_cross_entropy": {
        "one-hot rows": one_hot_generalized,
        "expm1": stable_generalized,
        "a loop": looped_generalized,
    },
    "f_score": {
        "precision and recall": f_from_precision_and_recall,
        "a weighted harmonic mean": weighted_harmonic_mean,
        "an epsilon": f_with_an_epsilon,
    },
}
