"""Chapter 08, written in other ways."""

import numpy as np

from lossedu import losses

FLOOR = 1e-7


def norms(x, axis=-1):
    return np.maximum(np.linalg.norm(x, axis=axis, keepdims=True), FLOOR)


def by_vectors(function, *arrays, axis=-1):
    """`function` on one vector of each array at a time; what it returns takes the place of the vector."""
    moved = [np.moveaxis(array, axis, -1) for array in arrays]
    rows = zip(*(np.reshape(array, (-1, array.shape[-1])) for array in moved), strict=True)
    results = np.array([function(*row) for row in rows])
    if results.ndim == 1:
        return results.reshape(moved[0].shape[:-1])
    return np.moveaxis(results.reshape(moved[0].shape), -1, axis)


def unit_vector(v):
    return v / max(sum(x**2 for x in v) ** 0.5, FLOOR)


def floor_under_the_square(x, axis=-1):
    return x / np.sqrt(np.maximum(np.sum(x * x, axis=axis, keepdims=True), 1e-14))


def quotient_of_dot_product(y_true, y_pred, axis=-1):
    dot = np.sum(y_true * y_pred, axis=axis, keepdims=True)
    return -np.squeeze(dot / norms(y_true, axis) / norms(y_pred, axis), axis)


def from_the_chord(y_true, y_pred, axis=-1):
    a, b = y_true / norms(y_true, axis), y_pred / norms(y_pred, axis)
    return (np.square(a - b).sum(axis) - np.square(a).sum(axis) - np.square(b).sum(axis)) / 2


def quotient_rule(y_true, y_pred, axis=-1):
    a, r = y_true / norms(y_true, axis), norms(y_pred, axis)
    return (a * y_pred).sum(axis, keepdims=True) * y_pred / r**3 - a / r


def projection_matrix(a, v):
    r = np.linalg.norm(v)
    b = v / r
    return -(np.eye(len(v)) - np.outer(b, b)) @ unit_vector(a) / r


def half_angles(y_true, y_pred):
    a, b = y_true / norms(y_true), y_pred / norms(y_pred)
    apart, together = np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)
    return np.where((apart == 0) & (together == 0), np.pi / 2, 2 * np.arctan2(apart, together))


def pair_by_pair(of_pair):
    """A function of label, distance and margin, tried on each pair with a loop."""

    def function(y_true, y_pred, margin=1.0):
        result = np.zeros(y_pred.shape)
        for i in np.ndindex(result.shape):
            result[i] = of_pair(int(y_true[i]), float(y_pred[i]), margin)
        return result

    return function


def loop_over_triplets(anchor, positive, negative, margin=0.2):
    result = np.empty(anchor.shape[:-1])
    for i in np.ndindex(result.shape):
        near = sum((a - p) ** 2 for a, p in zip(anchor[i].tolist(), positive[i].tolist(), strict=True))
        far = sum((a - n) ** 2 for a, n in zip(anchor[i].tolist(), negative[i].tolist(), strict=True))
        result[i] = max(near - far + margin, 0)
    return result


def multiplied_out(anchor, positive, negative, margin=0.2):
    gap = 2 * (anchor * (negative - positive)).sum(-1) + (positive**2).sum(-1) - (negative**2).sum(-1)
    return np.where(gap + margin > 0, gap + margin, 0)


RIGHT = {
    "contrastive_loss": {
        "a loop over pairs": lambda t, p, margin=1.0: pair_by_pair(
            lambda alike, d, margin: d * d / 2 if alike else max(margin - d, 0) ** 2 / 2
        )(t, p, margin).mean(-1),
        "np.where": lambda t, p, margin=1.0: (
            0.5 * np.square(np.where(t == 1, p, np.clip(margin - p, 0, None))).mean(axis=-1)
        ),
        "two sums": lambda t, p, margin=1.0: (
            ((t * p**2).sum(-1) + ((1 - t) * ((margin - p) * (p < margin)) ** 2).sum(-1)) / (2 * p.shape[-1])
        ),
        "float32": lambda t, p, margin=1.0: losses.contrastive(t.astype("float32"), p.astype("float32"), margin),
    },
    "contrastive_loss_gradient": {
        "a loop over pairs": lambda t, p, margin=1.0: pair_by_pair(
            lambda alike, d, margin: (d if alike else -max(margin - d, 0)) / p.shape[-1]
        )(t, p, margin),
        "np.where": lambda t, p, margin=1.0: np.where(t == 1, p, np.minimum(p - margin, 0)) / p.shape[-1],
        "float32": lambda t, p, margin=1.0: losses.contrastive.gradient(
            t.astype("float32"), p.astype("float32"), margin
        ),
    },
    "triplet_loss": {
        "a loop over triplets": loop_over_triplets,
        "multiplied out": multiplied_out,
        "the norm": lambda a, p, n, margin=0.2: np.clip(
            np.linalg.norm(a - p, axis=-1) ** 2 - np.linalg.norm(n - a, axis=-1) ** 2 + margin, 0, None
        ),
        "einsum": lambda a, p, n, margin=0.2: np.maximum(
            np.einsum("...i,...i->...", a - p, a - p) - np.einsum("...i,...i->...", a - n, a - n) + margin, 0
        ),
        "float32": lambda a, p, n, margin=0.2: losses.triplet(*(x.astype("float32") for x in (a, p, n)), margin),
    },
    "l2_normalize": {
        "np.linalg.norm": lambda x, axis=-1: x / norms(x, axis),
        "a floor under the square": floor_under_the_square,
        "a loop over vectors": lambda x, axis=-1: by_vectors(unit_vector, x, axis=axis),
        "times the inverse": lambda x, axis=-1: x * np.minimum(1 / np.sqrt((x**2).sum(axis, keepdims=True)), 1e7),
        "np.where": lambda x, axis=-1: x / np.where(norms(x, axis) > FLOOR, norms(x, axis), FLOOR),
        "float32": lambda x, axis=-1: (x / norms(x, axis)).astype("float32"),
    },
    "cosine_proximity": {
        "the dot product over the lengths": quotient_of_dot_product,
        "from the squared chord": from_the_chord,
        "a loop over vectors": lambda y_true, y_pred, axis=-1: by_vectors(
            lambda a, b: -(unit_vector(a) @ unit_vector(b)), y_true, y_pred, axis=axis
        ),
        "einsum": lambda y_true, y_pred, axis=-1: (
            -np.einsum("...i,...i", *(np.moveaxis(y / norms(y, axis), axis, -1) for y in (y_true, y_pred)))
        ),
        "float32": lambda y_true, y_pred, axis=-1: losses.cosine_similarity(
            y_true.astype("float32"), y_pred.astype("float32"), axis
        ),
    },
    "cosine_proximity_gradient": {
        "the quotient rule": quotient_rule,
        "a projection matrix": lambda y_true, y_pred, axis=-1: by_vectors(projection_matrix, y_true, y_pred, axis=axis),
        "with the loss": lambda y_true, y_pred, axis=-1: (
            -(
                y_true / norms(y_true, axis)
                + np.expand_dims(quotient_of_dot_product(y_true, y_pred, axis), axis) * y_pred / norms(y_pred, axis)
            )
            / norms(y_pred, axis)
        ),
        "float32": lambda y_true, y_pred, axis=-1: losses.cosine_similarity.gradient(
            y_true.astype("float32"), y_pred.astype("float32"), axis
        ),
    },
    "angle_between": {
        "half angles": half_angles,
        "a minimum and a maximum": lambda a, b: np.arccos(
            np.minimum(np.maximum(-quotient_of_dot_product(a, b), -1), 1)
        ),
        "a loop over vectors": lambda a, b: by_vectors(
            lambda v, w: np.arccos(np.clip(unit_vector(v) @ unit_vector(w), -1, 1)), a, b
        ),
        "the complement of the arc sine": lambda a, b: (
            np.pi / 2 - np.arcsin(np.clip(-quotient_of_dot_product(a, b), -1, 1))
        ),
        "float32": lambda a, b: np.arccos(
            np.clip(-quotient_of_dot_product(a.astype("float32"), b.astype("float32")), -1, 1)
        ),
    },
}
