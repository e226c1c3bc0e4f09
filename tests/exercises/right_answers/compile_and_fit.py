"""Chapter 13, written in other ways."""

import numpy as np

from lossedu import losses, optimizers
from tests.exercises import scipy_special


def looped_backward(x, kernel, slopes):
    back = np.zeros(x.shape), np.zeros(kernel.shape), np.zeros(kernel.shape[1])
    for sample in range(len(x)):
        for i, j in np.ndindex(*kernel.shape):
            back[0][sample, i] += slopes[sample, j] * kernel[i, j]
            back[1][i, j] += slopes[sample, j] * x[sample, i]
        back[2][:] += slopes[sample]
    return back


def with_a_column_of_ones(x, kernel, slopes):
    all_weights = np.column_stack([x, np.ones(len(x))]).T @ slopes
    return np.dot(slopes, kernel.T), all_weights[:-1], all_weights[-1]


def scipy_fit(x, y, kernel, bias, learning_rate=0.1, epochs=1, batch_size=32):
    """Bookkeeping by sums, the softmax of SciPy."""
    special = scipy_special()
    totals = np.zeros((epochs, 2))
    for epoch in range(epochs):
        for start in range(0, len(x), batch_size):
            xs, ys = x[start : start + batch_size], y[start : start + batch_size]
            z = np.dot(xs, kernel) + bias
            totals[epoch] += -(ys * special.log_softmax(z, axis=1)).sum(), (z.argmax(1) == ys.argmax(1)).sum()
            error = special.softmax(z, axis=1) - ys
            kernel = kernel - learning_rate / len(xs) * np.einsum("ni,nj->ij", xs, error)
            bias = bias - learning_rate * error.mean(axis=0)
    return kernel, bias, totals[:, 0] / len(x), totals[:, 1] / len(x)


def fit_with_an_optimizer(x, y, kernel, bias, learning_rate=0.1, epochs=1, batch_size=32):
    """Weights of one's own that are updated in place."""
    weights, optimizer = [kernel.copy(), bias.copy()], optimizers.SGD(learning_rate)
    cost, hits = np.zeros((epochs, len(x))), np.zeros((epochs, len(x)))
    for epoch in range(epochs):
        for rows in np.array_split(np.arange(len(x)), range(batch_size, len(x), batch_size)):
            z = x[rows] @ weights[0] + weights[1]
            cost[epoch, rows] = losses.categorical_crossentropy(y[rows], z, from_logits=True)
            hits[epoch, rows] = y[rows, z.argmax(1)]
            slopes = losses.categorical_crossentropy.gradient(y[rows], z, from_logits=True) / len(rows)
            optimizer.apply([x[rows].T @ slopes, slopes.sum(0)], weights)
    return *weights, cost.mean(1), hits.mean(1)


def fit_of_one_matrix(x, y, kernel, bias, learning_rate=0.1, epochs=1, batch_size=32):
    """The bias as a row of the kernel, running means for the history."""
    x, weights = np.column_stack([x, np.ones(len(x))]), np.vstack([kernel, bias])
    history = []
    for _ in range(epochs):
        loss = accuracy = seen = 0
        for xs, ys in ((x[i : i + batch_size], y[i : i + batch_size]) for i in range(0, len(x), batch_size)):
            z = xs @ weights
            z -= z.max(1, keepdims=True)
            log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
            seen += len(xs)
            loss += (-(ys * log_p).sum(1).mean() - loss) * len(xs) / seen
            accuracy += ((log_p.argmax(1) == ys.argmax(1)).mean() - accuracy) * len(xs) / seen
            weights = weights - learning_rate * xs.T @ (np.exp(log_p) - ys) / len(xs)
        history.append((loss, accuracy))
    return weights[:-1], weights[-1], *np.array(history).T


RIGHT = {
    "dense_backward": {
        "loops": looped_backward,
        "a column of ones": with_a_column_of_ones,
        "einsum": lambda x, w, g: (
            np.einsum("nj,ij->ni", g, w),
            np.einsum("ni,nj->ij", x, g),
            np.einsum("nj->j", g),
        ),
        "float32": lambda x, w, g: tuple(a.astype("float32") for a in looped_backward(x, w, g)),
    },
    "fit_dense": {
        "sums, and SciPy's softmax": scipy_fit,
        "an optimizer in place": fit_with_an_optimizer,
        "the bias in the kernel": fit_of_one_matrix,
    },
}
