"""Chapter 06, written in other ways."""

import numpy as np

from lossedu import losses
from tests.exercises import scipy_special


def log_softmax(scores):
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


def looped_costs(scores, labels):
    costs = np.zeros(labels.shape)
    for n, h, w in np.ndindex(labels.shape):
        s = scores[n, :, h, w] - scores[n, :, h, w].max()
        costs[n, h, w] = np.log(np.exp(s).sum()) - s[labels[n, h, w]]
    return costs


def costs_of_rows(scores, labels):
    rows = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1])
    picked = log_softmax(rows)[np.arange(len(rows)), labels.ravel()]
    return -picked.reshape(labels.shape)


def one_hot_costs(scores, labels):
    return -np.einsum("nchw,nhwc->nhw", log_softmax(scores), np.eye(scores.shape[1])[labels])


def divided(costs, counts, normalization):
    total = np.sum(costs, where=counts)
    if normalization == "valid":
        return total / counts.sum() if counts.any() else 0.0
    return total / {"full": np.prod(counts.shape), "batch_size": counts.shape[0], "none": 1}[normalization]


def divisor_by_branches(labels, ignore_label=None, normalization="valid"):
    if normalization == "batch_size":
        return labels.shape[0]
    if normalization == "none":
        return 1
    if normalization == "full" or ignore_label is None:
        return np.size(labels)
    return np.maximum(np.count_nonzero(labels - ignore_label), 1)


def loss_of_kept_pixels(scores, labels, ignore_label=None, normalization="valid"):
    prob = np.exp(log_softmax(scores))
    kept = labels != ignore_label if ignore_label is not None else np.full(labels.shape, True)
    rows = np.moveaxis(scores, 1, -1)[kept]
    costs = np.logaddexp.reduce(rows, axis=-1) - np.take_along_axis(rows, labels[kept][:, None], -1)[:, 0]
    pixels = {"full": labels.size, "valid": len(costs) or 1, "batch_size": len(labels), "none": 1}[normalization]
    return costs.sum() / pixels, prob


def loss_by_scipy(scores, labels, ignore_label=None, normalization="valid"):
    counts = np.not_equal(labels, -(10**6) if ignore_label is None else ignore_label)
    logs = scipy_special().log_softmax(scores, axis=1)
    costs = -np.take_along_axis(logs, np.where(counts, labels, 0)[:, None], axis=1).squeeze(1)
    return divided(costs, counts, normalization), scipy_special().softmax(scores, axis=1)


def looped_loss(scores, labels, ignore_label=None, normalization="valid"):
    e = np.exp(scores - scores.max(1, keepdims=True))
    total, labelled = 0.0, 0
    for n, h, w in np.ndindex(labels.shape):
        if labels[n, h, w] != ignore_label:
            total += looped_costs(scores[n : n + 1, :, h : h + 1, w : w + 1], labels[n : n + 1, h : h + 1, w : w + 1])
            labelled += 1
    by = {"full": labels.size, "valid": max(labelled, 1), "batch_size": len(labels), "none": 1}
    return float(np.sum(total)) / by[normalization], e / e.sum(1, keepdims=True)


def float32_loss(scores, labels, ignore_label=None, normalization="valid"):
    return losses.softmax_with_loss(scores.astype("float32"), labels, ignore_label, normalization=normalization)


def looped_slope(scores, labels, ignore_label=None, normalization="valid"):
    slope = np.exp(log_softmax(scores))
    for n, h, w in np.ndindex(labels.shape):
        if labels[n, h, w] == ignore_label:
            slope[n, :, h, w] = 0
        else:
            slope[n, labels[n, h, w], h, w] -= 1
    labelled = np.sum(labels != ignore_label) if ignore_label is not None else labels.size
    return slope / {"full": labels.size, "valid": labelled or 1, "batch_size": len(labels), "none": 1}[normalization]


def slope_from_one_hot(scores, labels, ignore_label=None, normalization="valid"):
    counts = np.ones(labels.shape, bool) if ignore_label is None else labels != ignore_label
    target = np.moveaxis(np.eye(scores.shape[1])[np.where(counts, labels, 0)], -1, 1)
    slope = np.where(counts[:, None], np.exp(log_softmax(scores)) - target, 0)
    return slope * divided(np.full(labels.shape, 1 / max(counts.sum(), 1)), counts, normalization)


def slope_by_rows(scores, labels, ignore_label=None, normalization="valid"):
    n, c, h, w = scores.shape
    rows, flat = np.moveaxis(scores, 1, -1).reshape(-1, c), labels.reshape(-1)
    kept = np.flatnonzero(flat != ignore_label) if ignore_label is not None else np.arange(len(flat))
    slope = np.zeros(rows.shape)  # zeros_like would keep whole scores whole
    slope[kept] = np.exp(log_softmax(rows[kept]))
    slope[kept, flat[kept]] -= 1
    slope /= {"full": len(flat), "valid": max(len(kept), 1), "batch_size": n, "none": 1}[normalization]
    return np.moveaxis(slope.reshape(n, h, w, c), -1, 1)


def float32_slope(scores, labels, ignore_label=None, normalization="valid"):
    scores = scores.astype("float32")
    return losses.softmax_with_loss.gradient(scores, labels, ignore_label, normalization=normalization)


RIGHT = {
    "pixel_costs": {
        "a loop over pixels": looped_costs,
        "rows of scores": costs_of_rows,
        "one-hot labels": one_hot_costs,
        "scipy logsumexp": lambda scores, labels: (
            scipy_special().logsumexp(scores, axis=1)
            - np.take_along_axis(scores, np.expand_dims(labels, 1), 1).squeeze(1)
        ),
        "float32": lambda scores, labels: losses.sparse_categorical_crossentropy(
            labels, np.moveaxis(scores, 1, -1).astype("float32"), from_logits=True
        ),
    },
    "loss_divisor": {
        "a loop over labels": lambda labels, ignore_label=None, normalization="valid": {
            "full": labels.size,
            "valid": sum(label != ignore_label for label in labels.ravel().tolist()) or 1,
            "batch_size": len(labels),
            "none": 1,
        }[normalization],
        "branches": divisor_by_branches,
        "a masked array": lambda labels, ignore_label=None, normalization="valid": float(
            {
                "full": np.prod(labels.shape),
                "valid": max(np.ma.masked_where(labels == ignore_label, labels).count(), 1),
                "batch_size": labels.shape[0],
                "none": 1,
            }[normalization]
        ),
    },
    "softmax_loss": {
        "kept pixels only": loss_of_kept_pixels,
        "scipy softmax": loss_by_scipy,
        "a loop over pixels": looped_loss,
        "float32": float32_loss,
    },
    "softmax_loss_gradient": {
        "a loop over pixels": looped_slope,
        "one-hot labels": slope_from_one_hot,
        "rows of scores": slope_by_rows,
        "float32": float32_slope,
    },
    "pooled_loss": {
        "np.average": lambda losses, counts: np.average(losses, weights=counts) if counts.any() else 0.0,
        "a dot product": lambda losses, counts: losses @ counts / max(counts.sum(), 1),
        "a loop": lambda losses, counts: (
            sum(loss * count for loss, count in zip(losses, counts, strict=True)) / (sum(counts) or 1)
        ),
        "float32": lambda losses, counts: np.float32(np.nan_to_num(np.sum(losses * counts) / np.sum(counts))),
    },
}
