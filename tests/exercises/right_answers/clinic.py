"""Chapter 18, written in other ways."""

from collections import Counter
from math import log

import numpy as np


def entropy_from_unique(labels, num_classes):
    _, found = np.unique(labels, return_counts=True)
    p = found / found.sum()
    return -(p * np.log(p)).sum()


def entropy_by_counter(labels, num_classes):
    n = labels.size
    return sum(-k / n * log(k / n) for k in Counter(labels.ravel().tolist()).values())


def entropy_by_best_prediction(labels, num_classes):
    shares = np.eye(num_classes)[labels].reshape(-1, num_classes).mean(axis=0)
    return np.mean(-np.log(shares[labels]))


def standardized_by_column(x, train):
    out = np.empty(np.shape(x))
    for j in range(out.shape[1]):
        column = train[:, j]
        out[:, j] = x[:, j] - column.mean()
        if column.std() > 0:
            out[:, j] /= column.std()
    return out


def standardized_in_place_of_zero(x, train):
    scale = np.std(train, axis=0)
    scale[scale == 0] = 1
    return (x - np.mean(train, axis=0)) / scale


def standardized_by_variance(x, train):
    center = train.mean(0, keepdims=True)
    spread = np.sqrt(((train - center) ** 2).mean(0))
    return np.divide(x - center, spread, out=np.asarray(x - center, float), where=spread > 0)


def accuracy_through_sigmoid(y_true, logits, threshold=0.5):
    with np.errstate(over="ignore"):
        p = 1 / (1 + np.exp(-np.asarray(logits, float)))
    return ((p > threshold).astype(int) == y_true).mean()


def accuracy_by_tanh(y_true, logits, threshold=0.5):
    p = (1 + np.tanh(logits / 2)) / 2
    return 1 - np.mean(np.abs((p > threshold) - y_true))


def accuracy_by_loop(y_true, logits, threshold=0.5):
    bar = log(threshold) - log(1 - threshold)
    pairs = list(zip(y_true.ravel().tolist(), logits.ravel().tolist(), strict=True))
    return sum((z > bar) == bool(y) for y, z in pairs) / len(pairs)


def numbered_by_dict(labels, known):
    table = {label: k for k, label in enumerate(sorted(set(np.asarray(known).tolist())))}
    return np.vectorize(table.__getitem__)(labels)


def numbered_by_counting(labels, known):
    classes = np.unique(known)
    return (np.asarray(labels)[..., None] > classes).sum(axis=-1)


def numbered_by_comparison(labels, known):
    return np.argmax(np.unique(known) == np.asarray(labels)[..., None], axis=-1)


def rmse_gradient_by_divide(y_true, y_pred):
    e = np.asarray(y_pred, float) - y_true
    d = e.shape[-1]
    norm = np.sqrt((e * e).sum(-1, keepdims=True) * d)
    return np.divide(e, norm, out=np.zeros_like(e), where=norm != 0)


def rmse_gradient_by_norm(y_true, y_pred):
    e = y_pred - y_true
    n = np.linalg.norm(e, axis=-1, keepdims=True)
    n = np.where(n == 0, 1, n)
    return e / n / e.shape[-1] ** 0.5


def rmse_gradient_from_nan(y_true, y_pred):
    e = y_pred - y_true
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = e / np.sqrt(np.mean(e**2, axis=-1, keepdims=True)) / e.shape[-1]
    return np.nan_to_num(slope, nan=0.0)


def masked_by_average(values, mask):
    return np.average(np.where(mask > 0, values, 0), weights=mask) if mask.any() else 0


def masked_by_where(values, mask):
    total = np.where(mask == 1, values, 0).sum()
    return total / max(mask.sum(), 1)


def masked_by_loop(values, mask):
    kept = [v for v, m in zip(values.ravel(), mask.ravel(), strict=True) if m]
    return sum(kept) / len(kept) if kept else 0.0


def rate_by_singular_value(x, reduction="mean"):
    largest = np.linalg.svd(x, compute_uv=False)[0] ** 2
    return {"mean": len(x), "sum": 1}[reduction] / largest


def rate_by_norm(x, reduction="mean"):
    hessian = 2 * x.T @ x
    if reduction == "mean":
        hessian = hessian / x.shape[0]
    return 2 / np.linalg.norm(hessian, 2)


def rate_by_the_other_matrix(x, reduction="mean"):
    largest = np.max(np.linalg.eigvalsh(x @ x.T))
    return (x.shape[0] if reduction == "mean" else 1.0) / largest


def paired_by_reshape(y_true, y_pred):
    return np.square(y_true.reshape(-1) - y_pred.reshape(-1))


def paired_by_loop(y_true, y_pred):
    return np.array([(a - b) ** 2 for a, b in zip(y_true.flatten(), y_pred.flatten(), strict=True)])


def paired_on_the_diagonal(y_true, y_pred):
    return np.diag((y_pred.reshape(-1, 1) - y_true.reshape(1, -1)) ** 2)


ANSWERS = {
    "loss_without_input": [entropy_from_unique, entropy_by_counter, entropy_by_best_prediction],
    "standardize": [standardized_by_column, standardized_in_place_of_zero, standardized_by_variance],
    "accuracy_of_logits": [accuracy_through_sigmoid, accuracy_by_tanh, accuracy_by_loop],
    "number_classes": [numbered_by_dict, numbered_by_counting, numbered_by_comparison],
    "rmse_gradient": [rmse_gradient_by_divide, rmse_gradient_by_norm, rmse_gradient_from_nan],
    "masked_mean": [masked_by_average, masked_by_where, masked_by_loop],
    "highest_rate": [rate_by_singular_value, rate_by_norm, rate_by_the_other_matrix],
    "paired_squared_error": [paired_by_reshape, paired_by_loop, paired_on_the_diagonal],
}
RIGHT = {
    exercise: {answer.__name__.replace("_", " "): answer for answer in answers} for exercise, answers in ANSWERS.items()
}
