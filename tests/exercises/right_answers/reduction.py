"""Chapter 10, written in other ways."""

import math

import numpy as np

AVERAGES = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


def by_cases(values, sample_weight=None, reduction="sum_over_batch_size"):
    if sample_weight is None:
        sample_weight = 1.0
        weight_of_all = values.size
    else:
        weight_of_all = np.sum(sample_weight)
    values = values * sample_weight
    match reduction:
        case "none" | None:
            return values
        case "sum":
            return np.sum(values)
        case "mean_with_sample_weight":
            return 0.0 if weight_of_all == 0 else np.sum(values) / weight_of_all
    return np.mean(values)


def spread_and_dotted(values, sample_weight=None, reduction="sum_over_batch_size"):
    given = np.ones(values.shape) if sample_weight is None else np.asarray(sample_weight)
    spread = np.broadcast_to(given, values.shape)
    if reduction in (None, "none"):
        return spread * values
    total = np.vdot(spread, values)
    divisor = {"sum": 1, "mean_with_sample_weight": given.sum()}.get(reduction, values.size)
    return np.divide(total, divisor, out=np.zeros(()), where=divisor != 0)


def looped(values, sample_weight=None, reduction="sum_over_batch_size"):
    given = np.ones(values.shape) if sample_weight is None else np.asarray(sample_weight, float)
    spread = np.broadcast_to(given, values.shape)
    weighted = np.zeros(values.shape)
    for i in np.ndindex(values.shape):
        weighted[i] = values[i] * spread[i]
    if reduction not in (*AVERAGES, "sum"):
        return weighted
    total = math.fsum(weighted.ravel())
    if reduction == "sum":
        return total
    divisor = given.sum() if reduction == AVERAGES[-1] else weighted.size
    return total / divisor if divisor else 0.0


def in_float32(values, sample_weight=None, reduction="sum_over_batch_size"):
    weight = None if sample_weight is None else np.float32(sample_weight)
    return by_cases(np.float32(values), weight, reduction)


RIGHT = {
    "reduce_loss": {
        "match": by_cases,
        "spread and dotted": spread_and_dotted,
        "a loop": looped,
        "float32": in_float32,
    },
    "total_loss": {
        "matrix product": lambda losses, loss_weights: losses @ loss_weights,
        "einsum": lambda losses, loss_weights: np.einsum("...m,m->...", losses, loss_weights),
        "a loop over outputs": lambda losses, loss_weights: sum(w * losses[..., m] for m, w in enumerate(loss_weights)),
        "float32": lambda losses, loss_weights: np.dot(np.float32(losses), np.float32(loss_weights)),
    },
    "replica_loss": {
        "divided first": lambda values, global_batch_size: np.sum(values / global_batch_size),
        "the share of its mean": lambda values, n: values.mean() * (values.size / n) if values.size else 0.0,
        "fsum": lambda values, n: math.fsum(values) / n,
        "float32": lambda values, n: np.float32(values).sum() / n,
    },
    "mean_over_batches": {
        "einsum": lambda means, sizes: np.einsum("...b,...b->...", means, sizes) / sizes.sum(-1),
        "np.average": lambda means, sizes: np.average(means, axis=-1, weights=sizes),
        "shares": lambda means, sizes: (means * (sizes / sizes.sum(-1, keepdims=True))).sum(-1),
        "float32": lambda means, sizes: np.sum(np.float32(means) * np.float32(sizes), -1) / np.sum(sizes, -1),
    },
}
