"""Connectionist temporal classification: a loss for label sequences whose timing is not known."""

import numpy as np

from lossedu.arrays import Array, Floats, shapes
from lossedu.errors import warn_user
from lossedu.losses._loss import loss
from lossedu.losses.declaration import INFINITE, Call, ClassForm, Curve, Event, Facts, declare
from lossedu.stable import log_softmax, softmax

BLANK = 0


@loss(labels="y_true")
def ctc(y_true: Array, y_pred: Array) -> Floats:
    r"""The surprise at a sequence of labels, whose probability is summed over all ways in which frames can spell it.

    .. math:: -\ln \sum_{\pi \,\in\, \mathcal B^{-1}(y)} \prod_{t=1}^T \operatorname{softmax}(z_t)_{\pi_t}

    :math:`\mathcal B` turns a path (one class per frame) into labels: it merges repeats, then removes blanks (class 0).
    So equal neighbours need a blank between them, in one more frame.

    Args:
        y_true: class numbers 1 to C - 1, shape `(N, L)`; shorter sequences are padded with 0 at the end. If a 0 comes
            before a label, `ctc` warns and reads only the first n entries of a row with n labels, as Keras does.
        y_pred: logits, shape `(N, T, C)`.

    Returns:
        One loss for each sequence, shape `(N,)`, in nats; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, labels that are not class numbers, or more labels than
            the frames can spell.

    Source: A. Graves et al., "Connectionist Temporal Classification", 2006. Keras: `keras.losses.ctc`.

    >>> ctc([[1, 2]], np.zeros((1, 2, 3))).round(4)     # one path of nine
    array([2.1972])
    >>> ctc([[1, 0]], np.zeros((1, 2, 3))).round(4)     # 1 1, 1 blank, blank 1: three paths of nine
    array([1.0986])
    """
    _, starts, emissions, jumps, ends = lattice(y_true, y_pred)
    arrivals = sweep(starts, emissions, jumps)
    return -np.logaddexp.reduce(arrivals[-1] + emissions[-1] + ends, -1)


@ctc.gradient_of
def ctc_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: \operatorname{softmax}(z_t)_c - P(\pi_t = c \mid \pi \in \mathcal B^{-1}(y))"""
    return softmax(y_pred) - spelled_shares(y_true, y_pred)


declare(
    ctc,
    title="Connectionist temporal classification (CTC)",
    family="sequence",
    chapter="16_alignment",
    curve=Curve(
        lambda x: ([[1]], [[[0.0, x], [0.0, 0.0]]]),
        -5,
        5,
        "the logit of the label at the first frame, for one label and two frames",
    ),
    keras_class=ClassForm("CTC"),
    also=("CTCLoss", "speech recognition", "alignment"),
    example={"y_true": [[1, 2]], "y_pred": [[[0.1, 2.0, 0.0], [1.0, 0.2, 0.1], [0.0, 0.3, 1.5]]]},
    elsewhere={
        "tf.keras": Call("keras.losses.ctc(y_true, y_pred)"),
        "PyTorch": Call(
            "F.ctc_loss(F.log_softmax(y_pred, -1).transpose(0, 1), y_true, "
            'torch.tensor([3]), torch.tensor([2]), reduction="none")',
            "takes log-probabilities, time first, and the lengths",
        ),
        "optax": Call(
            "optax.ctc_loss(y_pred, jnp.zeros((1, 3)), y_true, jnp.zeros((1, 2)))",
            "also takes two padding masks, of the frames and of the labels",
        ),
    },
    facts=Facts(
        use="the order of labels is known, but not where each begins, such as in speech and handwriting",
        avoid="every frame has a label of its own",
        best="probability 1 for a path that spells the labels",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=False,
        doi="10.1145/1143844.1143891",
        related=("sparse_categorical_crossentropy", "softmax_with_loss"),
    ),
    history=(
        Event(
            2006,
            "Graves and others train recurrent networks on speech without labels for each frame",
            doi="10.1145/1143844.1143891",
        ),
        Event(
            2015,
            "Deep Speech 2 recognises English and Mandarin with networks trained on it",
            doi="10.48550/arXiv.1512.02595",
        ),
    ),
)


def spelled_shares(y_true, y_pred):
    """The share of each class at each frame in all the paths that spell the labels."""
    states, starts, emissions, jumps, ends = lattice(y_true, y_pred)
    before = sweep(starts, emissions, jumps)
    after = sweep(ends[:, ::-1], emissions[::-1, :, ::-1], jumps[:, ::-1])[::-1, :, ::-1]
    with np.errstate(over="ignore"):
        paths = before + emissions + after
    total = np.logaddexp.reduce(paths, -1, keepdims=True)
    is_lost = np.expand_dims(np.isneginf(total).any(0), -1)
    if is_lost.any():  # every path costs more than the largest float: then the cheapest has it all, at any scale
        return spelled_shares(y_true, np.where(is_lost, y_pred / (4 * y_pred.shape[1]), y_pred))
    share = np.exp(paths - total).swapaxes(0, 1)
    return share @ (states[..., None] == np.arange(y_pred.shape[-1]))


def lattice(y_true, y_pred):
    """The states that spell each sequence, its labels with blanks around them, and what it costs to pass through them.

    A path starts in one of the first two states and ends in the last label or in the blank after it. From frame to
    frame it stays, takes a step, or jumps over the blank between two different labels. In logarithms: 0 where a path
    may start or end and -inf elsewhere; emissions are of shape (T, N, S).
    """
    lengths = sequence_lengths(y_true, y_pred)[:, None]
    states = np.full((len(y_true), 2 * y_true.shape[1] + 1), BLANK)
    states[:, 1::2] = y_true
    emissions = np.take_along_axis(log_softmax(y_pred), states[:, None], -1).swapaxes(0, 1)
    place = np.arange(states.shape[1])
    jumps = (place[2:] % 2 == 1) & (states[:, 2:] != states[:, :-2])
    starts = np.where(place + 0 * lengths < 2, 0, -np.inf).astype(y_pred.dtype)
    ends = np.where((place == 2 * lengths) | (place == 2 * lengths - 1), 0, -np.inf).astype(y_pred.dtype)
    return states, starts, emissions, jumps, ends


def sweep(starts, emissions, jumps):
    """The log-probability of arriving in each state at each frame, summed over all paths and before it is emitted."""
    arrivals = np.empty_like(emissions)
    arrivals[0] = starts
    with np.errstate(over="ignore"):  # a path that costs more than the largest float is none
        for here, emitted, there in zip(arrivals, emissions, arrivals[1:], strict=False):
            here = here + emitted
            there[:] = here
            there[:, 1:] = np.logaddexp(there[:, 1:], here[:, :-1])
            there[:, 2:] = np.logaddexp(there[:, 2:], np.where(jumps, here[:, :-2], -np.inf))
    return arrivals


def sequence_lengths(y_true, y_pred):
    """The number of labels in each row; ValueError if they are no classes or outnumber the frames."""
    if y_true.ndim != 2 or y_pred.ndim != 3 or len(y_true) != len(y_pred):
        raise ValueError(
            f"y_true must have shape (N, L) and y_pred (N, T, C): got {shapes({'y_true': y_true, 'y_pred': y_pred})}"
        )
    _, frames, classes = y_pred.shape
    if y_true.min() < 0 or y_true.max() >= classes:
        raise ValueError(
            f"y_true must hold class numbers from 1 to {classes - 1}, or 0 for padding, "
            f"got values from {y_true.min()} to {y_true.max()}"
        )
    is_label = y_true != BLANK
    lengths = is_label.sum(1)
    if (is_label[:, 1:] > is_label[:, :-1]).any():
        message = (
            "y_true should hold 0 as padding alone, at the end of a row, got a label after a 0: as in Keras, a row "
        )
        warn_user(f"{message}of n labels is read up to its n-th entry", UserWarning)
    is_read = np.arange(y_true.shape[1]) < lengths[:, None]
    repeats = is_read[:, 1:] & (y_true[:, 1:] == y_true[:, :-1])
    needed = lengths + repeats.sum(1)
    if needed.max() > frames:
        row = int(needed.argmax())
        raise ValueError(
            f"y_true must fit into the frames of y_pred: row {row} needs {needed[row]} (one a label, and one more "
            f"between equal neighbours), got {frames}"
        )
    return lengths
