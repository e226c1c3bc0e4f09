"""Chapter 12, written in other ways."""

import numpy as np


def by_rows(guess):
    """`guess(labels, scores)` for one row of scores at a time; labels of class numbers or one-hot."""

    def answer(y_true, y_pred, **options):
        rows = y_pred.reshape(-1, y_pred.shape[-1])
        labels = y_true.reshape(len(rows), -1)
        found = [float(guess(label, row, **options)) for label, row in zip(labels, rows, strict=True)]
        return np.reshape(found, y_pred.shape[:-1])

    return answer


def label_is_highest(label, row):
    best = 0
    for i, score in enumerate(row):
        if score > row[best]:
            best = i
    return best == (label[0] if label.size == 1 else list(label).index(1))


def binary_looped(y_true, y_pred, threshold=0.5):
    called = [1.0 if p > threshold else 0.0 for p in y_pred.ravel()]
    return np.reshape([float(y == c) for y, c in zip(y_true.ravel(), called, strict=True)], y_pred.shape)


def binary_in_words(y_true, y_pred, threshold=0.5):
    hits, rejections = (y_true == 1) & (y_pred > threshold), (y_true == 0) & ~(y_pred > threshold)
    return np.where(hits | rejections, 1.0, 0.0)


def squeezed_sparse(y_true, y_pred):
    labels = y_true[..., 0] if y_true.ndim == y_pred.ndim else y_true
    return np.equal(labels, np.argmax(y_pred, axis=-1)).astype(float)


def sparse_by_score(y_true, y_pred):
    """No earlier class scores as much, and no later one more."""
    labels = y_true.reshape(*y_pred.shape[:-1], 1)
    own, places = np.take_along_axis(y_pred, labels, -1), np.arange(y_pred.shape[-1])
    beaten = (y_pred > own) | ((y_pred == own) & (places < labels))
    return 1 - beaten.any(-1).astype("float32")


def own_score(y_true, y_pred):
    """The score of the label, by class number or one-hot."""
    if y_true.shape == y_pred.shape:
        return (y_true * y_pred).sum(-1, keepdims=True)
    return np.take_along_axis(y_pred, y_true[..., None], -1)


def fewer_than_k_above(y_true, y_pred, k=5):
    return ((y_pred > own_score(y_true, y_pred)).sum(-1) < k).astype(int)


def at_least_the_kth(y_true, y_pred, k=5):
    kth = np.sort(y_pred, -1)[..., -min(k, y_pred.shape[-1])]
    return np.where(own_score(y_true, y_pred)[..., 0] >= kth, 1.0, 0.0)


def partitioned(y_true, y_pred, k=5):
    k = min(k, y_pred.shape[-1])
    return (own_score(y_true, y_pred)[..., 0] >= -np.partition(-y_pred, k - 1)[..., k - 1]) + 0.0


def in_rows(label, row, k=5):
    number = int(label[0]) if label.size == 1 else int(np.argmax(label))
    return sum(score > row[number] for score in row) < k


TOP_K = {
    "fewer than k above": fewer_than_k_above,
    "at least the k-th score": at_least_the_kth,
    "partitioned": partitioned,
    "a loop over rows": by_rows(in_rows),
    "float32": lambda y, p, k=5: fewer_than_k_above(y, p.astype("float32"), k).astype("float32"),
}


class KeepsAll:
    """Keeps all values and weights until it is asked."""

    def __init__(self):
        self.seen = []

    def update_state(self, values, sample_weight=None):
        weights = [1.0] * len(values) if sample_weight is None else sample_weight
        self.seen += zip(values, weights, strict=True)

    def result(self):
        weight = sum(w for _, w in self.seen)
        return sum(v * w for v, w in self.seen) / weight if weight else 0

    def reset_state(self):
        self.seen.clear()


class RunningMean:
    """Keeps a mean and moves it."""

    mean, weight = 0.0, 0.0

    def update_state(self, values, sample_weight=None):
        sample_weight = np.ones_like(values) if sample_weight is None else sample_weight
        for value, weight in zip(values, sample_weight, strict=True):
            self.weight += weight
            if weight:
                self.mean += (value - self.mean) * weight / self.weight

    def result(self):
        return self.mean

    def reset_state(self):
        self.mean = self.weight = 0.0


class InArrays:
    """Keeps the two sums in one array of float32."""

    def __init__(self):
        self.sums = np.zeros(2, "float32")

    def update_state(self, values, sample_weight=None):
        if sample_weight is None:
            self.sums += [values.sum(), values.size]
        else:
            self.sums += [values @ sample_weight, sample_weight.sum()]

    def result(self):
        total, count = self.sums
        return np.divide(total, count, out=np.zeros(()), where=count > 0)

    def reset_state(self):
        self.__init__()


RIGHT = {
    "binary_accuracy": {
        "a loop": binary_looped,
        "hits and rejections": binary_in_words,
        "distance": lambda y, p, threshold=0.5: 1 - np.abs(y - (p > threshold)),
        "np.where": lambda y, p, threshold=0.5: np.equal(y, np.where(p > threshold, 1, 0)).astype(int),
        "float32": lambda y, p, threshold=0.5: (y == (p.astype("float32") > threshold)).astype("float32"),
    },
    "categorical_accuracy": {
        "argmax twice": lambda y, p: np.equal(np.argmax(y, -1), np.argmax(p, -1)).astype(float),
        "label at the guess": lambda y, p: np.take_along_axis(y, p.argmax(-1)[..., None], -1)[..., 0],
        "einsum": lambda y, p: np.einsum("...c,...c", y, np.eye(p.shape[-1])[p.argmax(-1)]),
        "a loop over rows": by_rows(label_is_highest),
        "float32": lambda y, p: (y.argmax(-1) == p.astype("float32").argmax(-1)).astype("float32"),
    },
    "sparse_categorical_accuracy": {
        "an axis squeezed": squeezed_sparse,
        "reshaped": lambda y, p: (y.reshape(p.shape[:-1]) == p.argmax(-1)).astype(int),
        "compared by score": sparse_by_score,
        "a loop over rows": by_rows(label_is_highest),
    },
    "top_k_categorical_accuracy": TOP_K,
    "sparse_top_k_categorical_accuracy": TOP_K,
    "mean_pred": {
        "np.mean": lambda y_true, y_pred: np.mean(y_pred),
        "sum over size": lambda y_true, y_pred: y_pred.sum() / y_pred.size,
        "a loop": lambda y_true, y_pred: sum(map(float, y_pred.ravel())) / np.size(y_pred),
        "float32": lambda y_true, y_pred: y_pred.mean(dtype="float32"),
    },
    "StreamingMean": {"keeps all": KeepsAll, "running mean": RunningMean, "sums in float32": InArrays},
}
