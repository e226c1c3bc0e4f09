"""Chapter 16, written in other ways."""

import itertools

import numpy as np

from lossedu import losses
from lossedu.exercises import get
from tests.exercises import scipy_special


def grouped(path):
    return np.array([label for label, _ in itertools.groupby(path) if label != 0], dtype=int)


def looped_collapse(path):
    labels, before = [], 0
    for label in path:
        if label not in (0, before):
            labels.append(label)
        before = label
    return np.array(labels, dtype=int)


def guarded_log_add(a, b):
    m = np.maximum(a, b)
    safe = np.where(np.isinf(m), 0, m)
    with np.errstate(divide="ignore"):
        return safe + np.log(np.exp(a - safe) + np.exp(b - safe))


def states_of(labels):
    return [0, *itertools.chain.from_iterable((int(label), 0) for label in labels)]


def looped_forward(labels, log_probs):
    states = states_of(labels)
    alpha = np.zeros((len(log_probs), len(states)))
    for t, row in enumerate(log_probs):
        for s, k in enumerate(states):
            ways = [0.0] if t == 0 and s < 2 else [-np.inf]
            if t > 0:
                ways = [alpha[t - 1, s]] + ([alpha[t - 1, s - 1]] if s > 0 else [])
                if s > 1 and k not in (0, states[s - 2]):
                    ways.append(alpha[t - 1, s - 2])
            alpha[t, s] = np.logaddexp.reduce(ways) + row[k]
    return alpha


def recursive_forward(labels, log_probs):
    states = states_of(labels)

    def reach(t, s):
        if s < 0 or (t == 0 and s > 1):
            return -np.inf
        if t == 0:
            return log_probs[0, states[s]]
        jumps = s > 1 and states[s] not in (0, states[s - 2])
        ways = [reach(t - 1, s), reach(t - 1, s - 1), reach(t - 1, s - 2) if jumps else -np.inf]
        return np.logaddexp.reduce(ways) + log_probs[t, states[s]]

    return np.array([[reach(t, s) for s in range(len(states))] for t in range(len(log_probs))])


def forward_by_matrices(labels, log_probs):
    states = np.array(states_of(labels))
    size = len(states)
    moves = np.eye(size) + np.eye(size, k=1)
    for s in range(2, size):
        moves[s - 2, s] = states[s] != 0 and states[s] != states[s - 2]
    with np.errstate(divide="ignore"):
        logs = np.log(moves)
    rows = [np.where(np.arange(size) < 2, log_probs[0, states], -np.inf)]
    for frame in log_probs[1:]:
        rows.append(np.logaddexp.reduce(rows[-1][:, None] + logs, axis=0) + frame[states])
    return np.stack(rows)


def log_shares(z):
    return z - np.logaddexp.reduce(z, -1, keepdims=True)


def looped_loss(y_true, y_pred):
    costs = np.empty(len(y_true))
    for i, row in enumerate(y_true):
        last = looped_forward([label for label in row if label], log_shares(y_pred[i]))[-1]
        costs[i] = -np.logaddexp(last[-1], last[-2])
    return costs


def loss_by_scipy(y_true, y_pred):
    logs = scipy_special().log_softmax(y_pred, axis=-1)
    tables = [forward_by_matrices(row[row != 0], table) for row, table in zip(y_true, logs, strict=True)]
    return np.array([-scipy_special().logsumexp(table[-1, -2:]) for table in tables])


def loss_over_paths(y_true, y_pred):
    costs = []
    for row, logs in zip(y_true.tolist(), log_shares(y_pred), strict=True):
        word = [label for label in row if label]
        every = itertools.product(range(logs.shape[1]), repeat=min(len(logs), 5))
        if len(logs) > 5:  # too many to list
            costs.append(looped_loss(np.array([row]), logs[None])[0])
            continue
        sums = [logs[range(len(logs)), path].sum() for path in every if grouped(path).tolist() == word]
        costs.append(-np.logaddexp.reduce([-np.inf, *sums]))
    return np.array(costs)


def backward_of(labels, log_probs):
    states = states_of(labels)
    beta = np.full((len(log_probs), len(states)), -np.inf)
    beta[-1, -2:] = 0
    for t in range(len(log_probs) - 2, -1, -1):
        for s in range(len(states)):
            onwards = [s, s + 1]
            if s + 2 < len(states) and states[s + 2] not in (0, states[s]):
                onwards.append(s + 2)
            ways = [beta[t + 1, n] + log_probs[t + 1, states[n]] for n in onwards if n < len(states)]
            beta[t, s] = np.logaddexp.reduce(ways)
    return beta


def shares_from_endings_without_their_frame(labels, log_probs):
    paths = looped_forward(labels, log_probs) + backward_of(labels, log_probs)
    return np.exp(paths - np.logaddexp.reduce(paths[-1]))


def shares_by_max(labels, log_probs):
    paths = forward_by_matrices(labels, log_probs) + backward_of(labels, log_probs)
    weights = np.exp(paths - paths.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def gradient_with_add_at(y_true, y_pred):
    slope = np.exp(log_shares(y_pred))
    for i, row in enumerate(y_true):
        labels, logs = row[row > 0], log_shares(y_pred[i])
        shares = shares_by_max(labels, logs)
        np.subtract.at(slope[i].T, states_of(labels), shares.T)
    return slope


def gradient_with_one_hot(y_true, y_pred):
    slopes = []
    for row, z in zip(y_true, y_pred, strict=True):
        labels, logs = row[row > 0], log_shares(z)
        one_hot = np.eye(z.shape[1])[states_of(labels)]
        slopes.append(np.exp(logs) - shares_from_endings_without_their_frame(labels, logs) @ one_hot)
    return np.array(slopes)


def looped_needed(labels):
    frames, before = 0, None
    for label in labels:
        frames += 2 if label == before else 1
        before = label
    return frames


RIGHT = {
    "collapse": {
        "groupby": grouped,
        "a loop": looped_collapse,
        "np.diff": lambda path: path[(np.diff(path, prepend=-1) != 0) & (path > 0)],
        "filter": lambda path: np.fromiter(filter(None, (k for k, _ in itertools.groupby(path))), int),
    },
    "log_add": {
        "np.logaddexp": lambda a, b: np.logaddexp(a, b),
        "guarded": guarded_log_add,
        "scipy logsumexp": lambda a, b: scipy_special().logsumexp(np.stack([a, b]), axis=0),
        "reduce": lambda a, b: np.logaddexp.reduce([a, b]),
    },
    "ctc_forward": {
        "loops": looped_forward,
        "matrices of moves": forward_by_matrices,
        "the reference": lambda labels, log_probs: get("ctc_forward").reference(labels, log_probs),
        "recursion": recursive_forward,
    },
    "ctc_loss": {
        "loops": looped_loss,
        "scipy": loss_by_scipy,
        "all paths, if they are few": loss_over_paths,
    },
    "state_shares": {
        "endings without their frame": shares_from_endings_without_their_frame,
        "divided by the largest": shares_by_max,
        "the reference": lambda labels, log_probs: get("state_shares").reference(labels, log_probs),
    },
    "ctc_loss_gradient": {
        "np.subtract.at": gradient_with_add_at,
        "one-hot states": gradient_with_one_hot,
        "the reference": lambda y_true, y_pred: losses.ctc.gradient(y_true, y_pred),
    },
    "best_path": {
        "groupby": lambda y_pred: grouped(np.argmax(y_pred, axis=1)),
        "of probabilities": lambda y_pred: looped_collapse(np.exp(log_shares(y_pred)).argmax(-1)),
        "a loop": lambda y_pred: looped_collapse([max(range(len(z)), key=z.__getitem__) for z in y_pred]),
    },
    "frames_needed": {
        "a loop": looped_needed,
        "np.diff": lambda labels: labels.size + (np.diff(labels) == 0).sum(),
        "pairs": lambda labels: len(labels) + sum(a == b for a, b in itertools.pairwise(labels)),
    },
}
