"""Paths of classes, and the sums over them: what the cases of chapter 16 are drawn from, and its answers made of."""

import numpy as np

from lossedu import losses
from lossedu.exercises._domains import domain
from lossedu.losses.ctc import BLANK
from lossedu.stable import log_softmax

# --- Where the cases come from --------------------------------------------------------------------------------------


@domain(
    lambda array: array.ndim == 1 and array.size and (array >= 0).all() and (array == np.round(array)).all(),
    "class numbers: 0, 1, 2 and so on",
)
def paths(rng, shape):
    """One class for each frame: blanks and three labels, often the same one twice in a row."""
    frames = shape[-1]
    times = rng.integers(1, 4, size=frames).astype(int)  # in a browser, NumPy repeats by 32 bits
    return np.repeat(rng.integers(4, size=frames), times)[:frames]


@domain(lambda array: array.ndim == 1 and array.size and (array > 0).all(), "labels: 1, 2 and so on")
def words(rng, shape):
    """Labels in a row, many of them equal to the one before."""
    return rng.integers(1, 3, size=shape)


@domain(lambda array: array.ndim == 1 and array.size and (array > 0).all())
def spelled(rng, shape):
    """For frames and classes of that shape, labels that the frames can spell, however many are equal."""
    frames, classes = shape
    return rng.integers(1, classes, size=rng.integers(1, (frames + 1) // 2 + 1))


@domain(lambda array: array.ndim == 2 and array.shape[1] > 1)
def log_tables(rng, shape):
    """The logarithms of probabilities, for frames and classes."""
    return log_softmax(rng.uniform(-3, 3, size=shape))


@domain(lambda array: array.ndim == 2)
def padded(rng, shape):
    """For a batch of frames and classes, rows of labels that the frames can spell, with zeros behind them."""
    *samples, frames, classes = shape
    longest = (frames + 1) // 2
    labels = rng.integers(1, classes, size=(*samples, longest))
    return np.where(np.arange(longest) < rng.integers(1, longest + 1, size=(*samples, 1)), labels, 0)


@domain(lambda array: array.ndim == 3 and array.shape[2] > 1)
def logit_tables(rng, shape):
    """Logits of samples, frames and classes."""
    return rng.uniform(-3, 3, size=shape)


VANISHING = np.log(5e-324)  # of smaller probabilities, float64 makes 0
FAIR = (-0.51, -0.92)  # the logarithms of 0.6 and 0.4
ANY_OF_3 = (-1.1, -1.1, -1.1)
TABLES = ((3, 3), (5, 2), (5, 3), (7, 3), (8, 4))


# --- The right answers, and the parts of which wrong ones are made ---------------------------------------------------


def merged(path):
    """The classes of a path, each run of equal ones once."""
    return path[np.append(True, path[1:] != path[:-1])[: len(path)]]


def without_blanks(path):
    """The classes of a path that are labels."""
    return path[path != BLANK]


def labels_of(path):
    """The labels that a path spells."""
    return without_blanks(merged(path))


def with_blanks(labels):
    """The states: the labels, with a blank before, between and after them."""
    states = np.full(2 * len(labels) + 1, BLANK)
    states[1::2] = labels
    return states


def to_another_label(states):
    """Whether a path may jump to each state, from the third on: to a label that differs from the one before."""
    return (states[2:] != BLANK) & (states[2:] != states[:-2])


def to_another_label_or_blank(states):
    """The same, and from each blank to the next one."""
    return to_another_label(states) | (states[2:] == BLANK)


def to_any_label(states):
    """Whether each state, from the third on, is a label."""
    return states[2:] != BLANK


def nowhere(states):
    """No jumps at all."""
    return np.zeros(len(states) - 2, bool)


def everywhere(states):
    """Jumps to every state."""
    return np.ones(len(states) - 2, bool)


def forward(
    labels, log_probs, jump=to_another_label, add=np.logaddexp, begins=2, stays=True, states=None, in_turn=False
):
    """The table of the sums over all beginnings of paths, in logarithms; the options make it wrong."""
    states = with_blanks(labels) if states is None else states
    emitted = log_probs[:, states].astype(float)
    table = np.full(emitted.shape, -np.inf)
    table[0, :begins] = emitted[0, :begins]
    jumps = jump(states)
    for t in range(1, len(table)):
        before = table[t - 1]
        here = before.copy() if stays else np.full_like(before, -np.inf)
        here[1:] = add(here[1:], before[:-1])
        here[2:] = add(here[2:], np.where(jumps, (here if in_turn else before)[:-2], -np.inf))
        table[t] = here + emitted[t]
    return table


def stepping_in_place(labels, log_probs):
    """The forward table of a row that is overwritten while it is read."""
    states = with_blanks(labels)
    may_jump = np.append([False, False], to_another_label(states))
    rows = [forward(labels, log_probs[:1])[0]]
    for frame in log_probs[1:]:
        row = rows[-1].copy()
        for s, k in enumerate(states):
            ways = [row[s], *([row[s - 1]] if s else []), *([row[s - 2]] if may_jump[s] else [])]
            row[s] = np.logaddexp.reduce(ways) + frame[k]
        rows.append(row)
    return np.array(rows)


def rolled_forward(labels, log_probs):
    """The forward table, with rows that are rolled: the last state comes before the first."""
    states = with_blanks(labels)
    may_jump = np.append([False, False], to_another_label(states))
    rows = [forward(labels, log_probs[:1])[0]]
    for frame in log_probs[1:]:
        ways = rows[-1], np.roll(rows[-1], 1), np.where(may_jump, np.roll(rows[-1], 2), -np.inf)
        rows.append(np.logaddexp.reduce(ways) + frame[states])
    return np.array(rows)


def backward(labels, log_probs, **wrong):
    """The same sums over all endings of paths."""
    return forward(labels[::-1], log_probs[::-1], **wrong)[::-1, ::-1]


def shares_of(table, axis=1):
    """Shares, from the logarithms of what they are shares of."""
    return np.exp(table - np.logaddexp.reduce(table, axis, keepdims=True))


def passing(labels, log_probs, **wrong):
    """The logarithm of the probability of all paths through each state at each frame."""
    there_and_back = forward(labels, log_probs, **wrong) + backward(labels, log_probs, **wrong)
    return there_and_back - log_probs[:, with_blanks(labels)]


def shares(labels, log_probs, **wrong):
    """The share of each state at each frame in all paths."""
    return shares_of(passing(labels, log_probs, **wrong))


def needed(labels):
    """The frames that labels need: one for each, and one for the blank between equal neighbours."""
    return len(labels) + np.count_nonzero(labels[1:] == labels[:-1])


def by_sample(of_one, y_true, y_pred):
    """The results of a function of labels and log-probabilities for each sample of a batch."""
    log_probs = log_softmax(y_pred)
    return np.array([of_one(without_blanks(labels), table) for labels, table in zip(y_true, log_probs, strict=True)])


def cost(labels, log_probs, end=slice(-2, None), add=np.logaddexp, **wrong):
    """Minus the logarithm of the sum over all paths; the options make it wrong."""
    return -add.reduce(forward(labels, log_probs, add=add, **wrong)[-1, end])


def cost_by_probabilities(labels, log_probs):
    """The cost, from sums of probabilities that may vanish."""
    return -np.log(np.exp(forward(labels, log_probs)[-1, -2:]).sum())


def ctc_of_samples(y_true, y_pred):
    """The cost of each sample of a batch; infinite where the labels need more frames than there are."""
    fits = np.array([needed(without_blanks(labels)) <= y_pred.shape[1] for labels in y_true])
    result = np.full(len(y_true), np.inf)
    if fits.any():
        result[fits] = losses.ctc(y_true[fits], y_pred[fits])
    return result


def slope(labels, log_probs, counts=1, **wrong):
    """The probabilities minus the shares of the classes; `counts` tells which states count."""
    is_class = with_blanks(labels)[:, None] == np.arange(log_probs.shape[1])
    return np.exp(log_probs) - (counts * shares(labels, log_probs, **wrong)) @ is_class


def slope_without_sums(labels, log_probs):
    """The slope, where a class in several states gets the share of the last one alone."""
    result = np.exp(log_probs)
    result[:, with_blanks(labels)] -= shares(labels, log_probs)
    return result


def slope_of_labels(labels, log_probs):
    """The slope without the shares of the blank."""
    return slope(labels, log_probs, with_blanks(labels) != BLANK)


def with_padding(of_one, y_true, y_pred):
    """The results for each sample, where the zeros behind the labels count as labels."""
    return np.array([of_one(*pair) for pair in zip(y_true, log_softmax(y_pred), strict=True)])
