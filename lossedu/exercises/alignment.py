"""Chapter 16: labels without positions, the sum over all paths that spell them, and its slope."""

import itertools

import numpy as np

from lossedu import losses
from lossedu.exercises import _ctc_paths
from lossedu.exercises._ctc_paths import (
    ANY_OF_3,
    FAIR,
    TABLES,
    ctc_of_samples,
    forward,
    labels_of,
    log_tables,
    logit_tables,
    merged,
    needed,
    padded,
    paths,
    shares,
    spelled,
    without_blanks,
    words,
)
from lossedu.exercises._declare import Chapter, share_words
from lossedu.exercises._domains import Domain, cases, joined, judged, real

chapter = Chapter("16_alignment", globals(), vars(_ctc_paths))
chapter.warm_up(np.log(2), "05_categorical_crossentropy", "The logarithm of a softmax")
chapter.warm_up(np.log(2) - 1000, "05_categorical_crossentropy", "The logarithm of a softmax")
chapter.warm_up(np.log(8), "05_categorical_crossentropy", "Cross-entropy over classes")

share_words("""
    jump over every blank
        your paths jump over the blank between two equal labels: such a path spells only one of them.
        What becomes of two equal labels in neighbouring frames?
    no jumps
        your paths visit every blank.
        Can a path of two frames spell the labels 1, 2?
    jumps over labels
        your paths also jump from blank to blank, and so leave labels out.
        Which states may a path leave out without losing a label?
    maximum for sum
        you keep the most probable path only, and lose all others.
        How many of the paths that spell the labels belong to their probability?
    starts in the blank
        all of your paths begin with the blank.
        In which two states may a path be at the first frame?
    padding counted as labels
        you count the zeros after the labels of shorter rows as labels.
        Which entries of a row of y_true are labels?
""")


# --- A question -----------------------------------------------------------------------------------------------------

chapter.number("chance_of_a", 0.64, "a probability", section="A question").add_misconceptions("""
    one frame only: 0.4
        that is the probability of the letter in one frame.
        Which of the four paths spell the letter?
    both frames: 0.16
        that is the path with the letter in both frames.
        Which other paths spell the same letter?
    exactly one frame: 0.48
        those are the paths with the letter in one of the frames; one path is missing.
        What do two equal letters in neighbouring frames spell?
    nothing spelled: 0.36
        that is the path without any letter.
        Which paths are left?
    both frames added: 0.8
        you added the two frames: the path with the letter in both then counts twice.
        How many paths spell the letter, and what is the probability of each?
""")


# --- From paths to labels -------------------------------------------------------------------------------------------


@chapter.function(
    section="From a path to its labels",
    aspects={"values": 2, "extremes": 1},
    reference=lambda path: labels_of(path),
    cases=cases(
        {"path": paths},
        first=[([1, 1],), ([1, 0, 1],), ([0, 2, 2, 1],), ([12, 12, 1, 10],)],
        extremes=[([0],), ([0, 0],), ([3],), ([2, 2, 2],), ([0, 0, 1],), ([1, 0, 0],)],
        vectors=((5,), (7,), (9,), (12,)),
        batches=(),
    ),
)
def collapse(path):
    """The labels that a path spells: runs of equal classes become one, then blanks go.

    path: class numbers, shape (T,), one per frame; 0 is the blank.
    Returns an array of labels, shape (L,), in their order; L is 0 if all frames are blank.
    """


MISTAKES_OF_READING = """
    blanks removed first: merged(without_blanks(path))
        you remove the blanks before you merge: equal labels on both sides of a blank become one.
        How can a path spell the same letter twice?
    repeats not merged: without_blanks(path)
        every frame of a label counts as a label of its own.
        What does a path spell in which one letter lasts for three frames?
    blanks kept: merged(path)
        your labels still contain the blank.
        Which class is never a label?
"""


def read_as_digits(path):
    """The labels of a path whose classes are written one after the other, so that 12 becomes 1 and 2."""
    runs = itertools.groupby("".join(map(str, path)))
    return np.array([int(digit) for digit, _ in runs if digit != "0"], dtype=int)


collapse.add_misconceptions(MISTAKES_OF_READING)
collapse.add_misconceptions("""
    digits for classes: read_as_digits(path)
        you write the class numbers as a string and read each digit as a label: class 12 becomes the labels 1 and 2.
        How many characters does the text of class 3 have, and how many that of class 12?
    each label once: np.unique(path[path != 0])
        you return each label once, in ascending order.
        Should a word lose the order of its letters, and its second L?
    first frame lost: without_blanks(path[1:][path[1:] != path[:-1]])
        the label of the first frame is missing.
        With what do you compare the first frame?
    each label once, in order: without_blanks(path[np.sort(np.unique(path, return_index=True)[1])])
        you return each label once, where it stands first.
        How does a path spell a word in which a letter comes back?
    zeros in the gaps: np.where(np.append(True, path[1:] != path[:-1]), path, 0)
        your result is as long as the path, with zeros in place of the frames that should be removed.
        What is the shape of the result, according to the contract?
    last frame lost: without_blanks(path[:-1][path[1:] != path[:-1]])
        the last run of equal classes is missing.
        With what do you compare the last frame?
    only rises counted: path[np.diff(path, prepend=0) > 0]
        you take a label only where the class number rises: one that follows a higher one is lost.
        What does the path 2, 1 spell?
""")

chapter.number(
    "frames_of_hello", 6, "a whole number", section="From a path to its labels", digits=None
).add_misconceptions("""
    one frame per letter: 5
        with a frame for each letter, the two L stand side by side.
        What becomes of two equal neighbours?
    blanks between all letters: 9
        you put a blank between all letters.
        Between which letters is a blank necessary?
    blanks around: 11
        you put a blank before, between and after all letters.
        Which of these blanks are necessary?
    each letter once: 4
        you counted different letters.
        How many letters does the path have to spell?
    blanks around both L: 7
        you gave each L a blank of its own.
        How many blanks separate two letters?
""")


# --- The sum over paths ---------------------------------------------------------------------------------------------

chapter.expression(
    "label_in_two_frames",
    "p_1 + p_2 - p_1*p_2",
    {"p_1": (0.0, 1.0), "p_2": (0.0, 1.0)},
    section="Adding in logarithms",
).add_misconceptions("""
    both frames: p_1*p_2
        that is the path with the label in both frames.
        Which two other paths spell the same label?
    exactly one frame: p_1*(1 - p_2) + p_2*(1 - p_1)
        the path with the label in both frames is missing.
        What becomes of two equal labels in neighbouring frames?
    both frames added: p_1 + p_2
        the path with the label in both frames counts twice.
        Which path contributes to p_1 and to p_2?
    nothing spelled: (1 - p_1)*(1 - p_2)
        that is the path without the label.
        Which paths are left?
    order of the frames: p_1*(1 - p_2)
        that is the path with the label in the first frame alone.
        Which two other paths spell the label?
""")

chapter.expression(
    "log_add_excess", "log(1 + exp(-d))", {"d": (0.1, 3.0)}, section="Adding in logarithms"
).add_misconceptions("""
    sign of the gap: log(1 + exp(d))
        your excess grows with the gap.
        How much can a tiny number add to a large one?
    logarithm left out: exp(-d)
        this is the ratio of the two numbers; it has not been added to 1.
        By which factor is the sum larger than its first term?
    sum for its logarithm: 1 + exp(-d)
        this is the factor between the sum and its larger term.
        What does a factor become in the logarithm?
    difference for sum: log(1 - exp(-d))
        you subtracted the smaller number.
        Is the sum larger or smaller than its larger term?
    exponential left out: log(1 + d)
        you put the gap itself into the logarithm.
        If e^a is factored out of e^a + e^b, what is left of e^b?
    mean: log((1 + exp(-d))/2)
        this belongs to the mean of both numbers.
        Is something divided by 2 in the question?
    excess over the mean: log(2*cosh(d/2))
        that is the excess over the mean of a and b.
        Which of the two is taken out of the logarithm here?
""")

endless = real(-6, 6, edges=(-np.inf, -800.0, 0.0, 800.0))


@chapter.function(
    section="Adding in logarithms",
    aspects={"values": 1, "extremes": 2, "shapes": 1},
    reference=lambda a, b: np.logaddexp(a, b),
    cases=cases(
        {"a": endless, "b": endless},
        first=[((0,), (0,)), ((-1,), (-2,)), ((2, 0), (0, 1))],
        extremes=[
            ((800,), (801,)),
            ((-801,), (-800,)),
            ((0,), (-800,)),
            ((-np.inf,), (-2,)),
            ((-1,), (-np.inf,)),
            ((-np.inf,), (-np.inf,)),
        ],
    ),
    laws=("symmetric",),
)
def log_add(a, b):
    """The logarithm of the sum of two numbers, of which the logarithms are given.

    a, b: natural logarithms, arrays of one shape; -inf stands for the number 0.
    Returns ln(e^a + e^b) for each pair, also far from 0; -inf if both are -inf.
    """


log_add.add_misconceptions("""
    missing shift: np.log(np.exp(a) + np.exp(b))
        far from 0 the exponentials overflow, or vanish together.
        Which of the two numbers can you factor out before you take exponentials?
    product for sum: a + b
        a sum of logarithms belongs to the product of the numbers.
        Which numbers should be added: the logarithms, or what they are logarithms of?
    larger one only: np.maximum(a, b)
        you return the larger logarithm.
        What is the logarithm of 1 + 1?
    shift not put back: np.log1p(np.exp(-np.abs(a - b)))
        you factored out the larger number, but you did not add it again.
        What is left of ln(e^a + e^b) if a and b both rise by 3?
    NaN for two zeros:
            m = np.maximum(a, b)
            m + np.log(np.exp(a - m) + np.exp(b - m))
        where both are -inf you get NaN: you subtract -inf from -inf.
        What may you subtract if the larger one is -inf?
    first one in front:
            gap = np.where(np.isneginf(b), -np.inf, b - np.where(np.isneginf(a) & np.isneginf(b), 0, a))
            a + np.log1p(np.exp(gap))
        you always factor out the first number: if the second is far larger, its exponential overflows.
        Which of both numbers has to be factored out?
    finite floor:
            high = np.maximum(np.maximum(a, -1e9), np.maximum(b, -1e9))
            high + np.log1p(np.exp(-np.abs(np.maximum(a, -1e9) - np.maximum(b, -1e9))))
        you replace -inf by a finite number, which stands for a probability above 0.
        What is the logarithm of 0 + 0?
    sum itself: np.exp(a) + np.exp(b)
        you return the sum, not its logarithm.
        Why should the result stay a logarithm?
    sign of the gap: np.maximum(a, b) + np.log1p(np.exp(np.abs(a - b)))
        your excess over the larger one grows with the gap.
        What can a tiny number add to a large one?
    log2 for ln
    mean of both: np.logaddexp(a, b) - np.log(2)
        your result is the logarithm of the mean of both numbers.
        What does ln(e^a + e^b) give for a = b = 0?
    smaller one in front: np.minimum(a, b) + np.log1p(np.exp(-np.abs(a - b)))
        you add the excess to the smaller logarithm.
        Can a sum of positive numbers be smaller than one of them?
""")


# --- The forward table ----------------------------------------------------------------------------------------------

LOSING_SIDE = [(-2000, 0), (-1500, 0), (-2000, 0)]


@chapter.function(
    section="The forward table",
    aspects={"values": 4, "extremes": 1},
    reference=lambda labels, log_probs: forward(labels, log_probs),
    cases=cases(
        {"labels": spelled, "log_probs": log_tables},
        first=[((1,), (FAIR, FAIR)), ((1, 1), (FAIR,) * 3), ((1, 2), (ANY_OF_3,) * 3)],
        extremes=[((1,), (FAIR,)), ((1, 1), (FAIR, FAIR)), ((1,), LOSING_SIDE), ((1, 2), (ANY_OF_3,))],
        vectors=TABLES,
        batches=(),
    ),
    laws=("never_positive",),
)
def ctc_forward(labels, log_probs):
    """The forward table: ln of the total probability of all beginnings of paths.

    labels: class numbers 1 to C - 1, shape (L,), with L >= 1. The states are these labels
        with the blank, 0, before, between and after them: S = 2 L + 1 states.
    log_probs: logarithms of probabilities, all finite, shape (T, C), one row per frame.
    Returns an array of shape (T, S). Entry [t, s] belongs to all ways to be in state s at
    frame t, frame t included; it is -inf if there is none.
    """


ctc_forward.add_misconceptions("""
    last state before the first: rolled_forward(labels, log_probs)
        you shift the row in a circle, as np.roll does: a path can go from the last state to the first.
        Is there a state before the first blank?
    jump over every blank: forward(labels, log_probs, to_any_label)
    no jumps: forward(labels, log_probs, nowhere)
    jumps over labels: forward(labels, log_probs, everywhere)
    maximum for sum: forward(labels, log_probs, add=np.maximum)
    starts in the blank: forward(labels, log_probs, begins=1)
    starts anywhere: forward(labels, log_probs, begins=None)
        your paths may begin in every state, and so leave the first labels out.
        In which two states may a path be at the first frame?
    jumps between blanks: forward(labels, log_probs, to_another_label_or_blank)
        your paths also jump from a blank to the next blank, but not between equal labels.
        Which states may a path leave out without losing a label?
    several steps in a frame: stepping_in_place(labels, log_probs)
        you overwrite the row while you read it: a path takes several steps in one frame.
        From which frame must the three numbers of a sum come?
    probabilities vanish: np.where(right(...) < VANISHING, -np.inf, right(...))
        you multiply plain probabilities: small ones vanish before you take the logarithm.
        What is the smallest number above 0 that float64 can hold?
    never stays: forward(labels, log_probs, stays=False)
        your paths change their state at every frame.
        In which states is a path if one label lasts for three frames?
    logarithms added: forward(labels, log_probs, add=np.add)
        you add logarithms of ways that reach a state: this multiplies their probabilities.
        Which function of yours adds what the logarithms stand for?
    own frame left out: right(...) - log_probs[:, with_blanks(labels)]
        the probability of the frame itself is missing.
        Up to which frame, and with it or without it, does the contract count?
    probabilities for logarithms: np.exp(right(...))
        your table holds the probabilities themselves.
        Why should the table hold logarithms?
    no blanks at the ends: forward(labels, log_probs, states=with_blanks(labels)[1:-1])
        your states lack the blanks before the first label and after the last one.
        How many states does the contract have for one label?
    frames and states swapped: right(...).T
        your rows are states.
        What is the shape of the result, according to the contract?
    finite floor: np.where(np.isneginf(right(...)), -1e30, right(...))
        you write -1e30 for states that no path reaches.
        What is the logarithm of 0?
    jumps from the new row: forward(labels, log_probs, in_turn=True)
        your jumps read the row after the steps were added to it: a path can then advance by three states in one frame.
        Which row does every term of a new row come from?
""")


# --- The loss -------------------------------------------------------------------------------------------------------

HALF = (0, 0)
SAMPLES = ((2, 3, 3), (3, 5, 3), (1, 6, 2), (2, 8, 4))


@chapter.function(
    section="The loss",
    aspects={"values": 3, "extremes": 2, "shapes": 1},
    reference=ctc_of_samples,
    keras="keras.losses.ctc",
    cases=joined(
        cases(
            {"y_true": padded, "y_pred": logit_tables},
            first=[([[1]], [[HALF, HALF]]), ([[1, 0]], [[(1, 0), (0, 1)]]), ([[1, 2]], [[(0, 1, 2)] * 3])],
            extremes=[([[1]], [[(300, 0), (300, 0)]]), ([[1]], [[(800, 801)]]), ([[1, 1]], [[(0, 300)] * 3])],
            vectors=SAMPLES,
            batches=((1, 3, 3), (4, 4, 3), (3, 1, 2)),
            square=(2, 4, 3),
        ),
        judged(
            cases(
                {"y_true": padded, "y_pred": logit_tables},
                extremes=[
                    ([[1]], [[(2000, 0), (1500, 0)]]),
                    ([[1, 1]], [[HALF, HALF]]),
                    ([[1, 1], [1, 0]], [[HALF, HALF]] * 2),
                ],
                vectors=(),
                batches=(),
            ),
            beyond_keras=True,  # it stops at about 707
        ),
    ),
    laws=("never_negative", "shift_invariant:y_pred"),
)
def ctc_loss(y_true, y_pred):
    """The surprise at the labels of each sample, whatever their places in the frames.

    y_true: class numbers 1 to C - 1, shape (N, L), at least one in each row; shorter rows
        have zeros after their labels. y_pred: logits of any size, shape (N, T, C).
    Returns an array of shape (N,), in nats: -ln of the sum over all paths that spell the
    labels. It is infinite if no path of T frames does.
    """


ctc_loss.add_misconceptions("""
    ends in the blank: by_sample(lambda *one: cost(*one, end=slice(-1, None)), y_true, y_pred)
        all of your paths end with the blank.
        In which two states may a path be at the last frame?
    ends in the label: by_sample(lambda *one: cost(*one, end=slice(-2, -1)), y_true, y_pred)
        all of your paths end with the last label.
        In which two states may a path be at the last frame?
    all states at the end: by_sample(lambda *one: cost(*one, end=slice(None)), y_true, y_pred)
        your paths may end in every state, also before the last label.
        In which two states has a path spelled all labels?
    jump over every blank: by_sample(lambda *one: cost(*one, jump=to_any_label), y_true, y_pred)
    no jumps: by_sample(lambda *one: cost(*one, jump=nowhere), y_true, y_pred)
    starts in the blank: by_sample(lambda *one: cost(*one, begins=1), y_true, y_pred)
    maximum for sum: by_sample(lambda *one: cost(*one, add=np.maximum), y_true, y_pred)
    sign
        Which sign has the logarithm of a probability, and which has a surprise?
    log2 for ln
    averaged over the batch
    summed over the batch
    logits for logarithms: np.array([cost(without_blanks(y), z) for y, z in zip(y_true, y_pred)])
        you took the logits for logarithms of probabilities.
        What do the exponentials of your log_probs sum to in each frame?
    padding counted as labels: with_padding(cost, y_true, y_pred)
    divided by the labels: right(...) / (y_true > 0).sum(1)
        you divide each cost by the number of its labels.
        Does the contract ask for the cost of all labels together, or of each?
    divided by the frames: right(...) / y_pred.shape[1]
        you divide each cost by the number of frames.
        Does the contract ask for the cost of the sample, or of a frame?
    probabilities vanish: by_sample(cost_by_probabilities, y_true, y_pred)
        you compute probabilities on the way: very small ones become 0, and then their cost is infinite.
        Which of your steps leaves the logarithms, and which function does the same within them?
    Keras's floor: -np.log(np.maximum(np.exp(-right(...)), 1e-307))
        you put 1e-307 in the place of smaller probabilities, as Keras does: no cost exceeds 706.9.
        What is the surprise at something that cannot happen?
    ends multiplied: by_sample(lambda *one: -forward(*one)[-1, -2:].sum(), y_true, y_pred)
        you add the logarithms of the last two states: this multiplies their probabilities.
        Which function of yours adds what the logarithms stand for?
    NaN where nothing fits: np.where(np.isinf(right(...)), np.nan, right(...))
        where no path spells the labels you get NaN.
        What does your log_add give for -inf and -inf?
    nothing where nothing fits: np.where(np.isinf(right(...)), 0, right(...))
        where no path spells the labels, you charge nothing.
        What is the surprise at something that cannot happen?
    probability for cost: np.exp(-right(...))
        you return the probability of the labels.
        How do you get from a probability to its surprise?
    padding expected: right(y_true * np.any(y_true == 0, axis=-1, keepdims=True), y_pred)
        a row of labels without padding counts as empty.
        Which index does np.argmax give if no entry is True?
""")


# --- The slope ------------------------------------------------------------------------------------------------------

chapter.expression(
    "slope_by_logarithm",
    "-A*exp(u)/(A*exp(u) + B)",
    {"A": (0.1, 3.0), "B": (0.1, 3.0), "u": (-3.0, 0.0)},
    section="The slope",
).add_misconceptions("""
    opposite sign
        Does the loss rise or fall as the class becomes more probable?
    inner derivative forgotten: -A/(A*exp(u) + B)
        that is the slope with respect to y itself.
        What is the derivative of A*exp(u) with respect to u?
    sum for its share: -A*exp(u)
        you differentiated the sum, without its logarithm.
        What is the derivative of the logarithm?
    the other paths: -B/(A*exp(u) + B)
        that is the share of the paths elsewhere.
        Which of the two terms contains u?
    A left out: -exp(u)/(A*exp(u) + B)
        A is missing in the numerator.
        What is the derivative of A*exp(u) with respect to u?
    numerator of 1: -1/(A*exp(u) + B)
        you differentiated the logarithm, but not the sum inside it.
        What does the chain rule add?
""")


SHARED_TABLES = cases(
    {"labels": spelled, "log_probs": log_tables},
    first=[((1,), (FAIR, FAIR)), ((1, 1), (FAIR,) * 4), ((1, 2), (ANY_OF_3,) * 3)],
    extremes=[((1,), (FAIR,)), ((1, 1), (FAIR,) * 3), ((1,), LOSING_SIDE), ((1,), [(-2000, 0), (0, -1500), (0, -900)])],
    vectors=TABLES,
    batches=(),
)


@chapter.function(
    section="The slope",
    aspects={"values": 3, "extremes": 1},
    reference=lambda labels, log_probs: shares(labels, log_probs),
    cases=SHARED_TABLES,
    laws=("sums_to_one", "bounded_by_one"),
)
def state_shares(labels, log_probs):
    """The share of each state, at each frame, in the probability of the labels.

    labels, log_probs: as in ctc_forward; some path of T frames spells the labels.
    Returns an array of shape (T, S): the probability of all paths that spell the labels and
    are in state s at frame t, divided by that of all paths that spell the labels.
    """


state_shares.add_misconceptions("""
    own frame twice: shares_of(forward(...) + backward(...))
        the probability of the frame itself counts twice: both tables contain it.
        Which factor must be removed once?
    own frame twice, and no shares: np.exp(forward(...) + backward(...) + cost(labels, log_probs))
        your rows don't sum to 1: the frame itself counts in both tables.
        Which factor must be removed once, and what should each row sum to?
    beginnings only: shares_of(forward(...))
        your shares count only the beginnings, whatever follows.
        Which table contains the ways from here to the end?
    endings only: shares_of(backward(...))
        your shares count only the endings, whatever came before.
        Which table contains the ways from the start to here?
    not divided: np.exp(passing(...))
        you return probabilities of paths, not shares.
        What is the total of a row, and what should it be?
    frames not turned back: shares_of(forward(...) + backward(...)[::-1] - log_probs[:, with_blanks(labels)])
        your backward table has the last frame first.
        Which frame does its first row belong to after you reversed the frames?
    states not turned back: shares_of(forward(...) + backward(...)[:, ::-1] - log_probs[:, with_blanks(labels)])
        your backward table has the last state first.
        Which state does its first column belong to after you reversed the labels?
    labels not reversed:
            back = forward(labels, log_probs[::-1])[::-1, ::-1]
            shares_of(forward(...) + back - log_probs[:, with_blanks(labels)])
        you reversed the frames, but not the labels.
        Which label does an ending meet first, if it is read from the end?
    labels not reversed, and no shares:
            back = forward(labels, log_probs[::-1])[::-1, ::-1]
            np.exp(forward(...) + back - log_probs[:, with_blanks(labels)] + cost(labels, log_probs))
        you reversed the frames, but not the labels, so your rows don't sum to 1.
        Which label does an ending meet first, if it is read from the end?
    shares over the frames: shares_of(passing(...), 0)
        your columns sum to 1, not your rows.
        At one frame, in how many states is each path?
    logarithm taken
    best path only: shares(labels, log_probs, add=np.maximum)
        you follow the most probable path only.
        Which of your sums became a maximum?
    jump over every blank: shares(labels, log_probs, jump=to_any_label)
    no jumps: shares(labels, log_probs, jump=nowhere)
""")


@chapter.slope_of(
    ctc_loss,
    section="The slope",
    reference=losses.ctc.gradient,
    aspects={"gradient": 3, "extremes": 1, "shapes": 1},
    cases=cases(
        {"y_true": padded, "y_pred": logit_tables},
        aspect="gradient",
        first=[([[1]], [[HALF, HALF]]), ([[1, 0]], [[(1, 0), (0, 1)]]), ([[1, 2]], [[(0, 1, 2)] * 3])],
        extremes=[([[1]], [[(800, 801)]]), ([[1, 1]], [[(0, 300)] * 3]), ([[1]], [[(300, 0), (0, 0)]])],
        vectors=SAMPLES,
        batches=((1, 3, 3), (4, 4, 3), (3, 1, 2)),
        square=(2, 4, 3),
    ),
    laws=("entries_sum_to_zero", "shift_invariant:y_pred"),
)
def ctc_loss_gradient(y_true, y_pred):
    """The derivative of each sample's ctc_loss with respect to its logits.

    y_true, y_pred: as in ctc_loss; some path of T frames spells the labels of each row.
    Returns an array in the shape of y_pred, (N, T, C).
    """


ctc_loss_gradient.add_misconceptions("""
    sign of the slope
    shares not added up: by_sample(slope_without_sums, y_true, y_pred)
        a class with several states loses the share of one of them only: `a[:, states] -= ...` subtracts once per class.
        How often does the blank occur in the states, and what has to happen to its shares?
    softmax left out: right(...) - np.exp(log_softmax(y_pred))
        you return minus the shares: that is the slope with respect to the logarithms of the probabilities.
        What happens to the other classes if one logit rises?
    shares left out: np.exp(log_softmax(y_pred))
        you return the probabilities: they don't depend on the labels.
        What should be subtracted from them?
    blank left out: by_sample(slope_of_labels, y_true, y_pred)
        you subtract the shares of the labels, but not those of the blank.
        What do the shares of all classes sum to at one frame?
    best path only: by_sample(lambda *one: slope(*one, add=np.maximum), y_true, y_pred)
        as in state_shares
    divided by the batch: right(...) / len(y_true)
        every entry is divided by the number of samples.
        Is the loss one number per sample, or their mean?
    divided by the frames: right(...) / y_pred.shape[1]
        every entry is divided by the number of frames.
        Does your loss divide by the number of frames?
    padding counted as labels: with_padding(slope, y_true, y_pred)
    shares for probabilities: np.exp(log_softmax(y_pred)) - right(...)
        you return the shares of the classes.
        What is the slope of ln y with respect to the logits, for all classes together?
    jump over every blank: by_sample(lambda *one: slope(*one, jump=to_any_label), y_true, y_pred)
    no jumps: by_sample(lambda *one: slope(*one, jump=nowhere), y_true, y_pred)
""")


# --- Reading the answer ---------------------------------------------------------------------------------------------


@chapter.function(
    section="Reading the answer",
    aspects={"values": 2, "extremes": 1},
    reference=lambda y_pred: labels_of(y_pred.argmax(-1)),
    cases=cases(
        {"y_pred": Domain(log_tables.draw, log_tables.holds)},
        first=[([(0, 1), (0, 2)],), ([(0, 1), (1, 0), (0, 1)],), ([(0, 1, 2), (2, 1, 0), (0, 2, 1)],)],
        extremes=[([(1, 0), (1, 0)],), ([(800, 801), (-801, -800)],), ([(0, 1)],), ([(-3, -2, -4)] * 3,)],
        vectors=((5, 2), (7, 3), (9, 3), (12, 4), (16, 3), (8, 12)),
        batches=(),
        square=None,
    ),
)
def best_path(y_pred):
    """The labels that the most probable path spells.

    y_pred: logits or probabilities of one sample, shape (T, C).
    Returns an array of labels, shape (L,); L is 0 if the blank wins at every frame.
    """


best_path.add_misconceptions("""
    path = y_pred.argmax(-1)
    blanks removed first: merged(without_blanks(path))
        as in collapse
    repeats not merged: without_blanks(path)
        as in collapse
    blanks kept: merged(path)
        as in collapse
    not collapsed: path
        you return the class of every frame.
        Which function of yours reads a path?
    least probable: labels_of(y_pred.argmin(-1))
        you follow the smallest logits.
        Does the most probable class have the largest logit, or the smallest?
    best frame of each class: labels_of(y_pred.argmax(0))
        you look for the best frame of each class.
        Over which axis does a frame choose its class?
    blank as the last class: merged(path)[merged(path) != y_pred.shape[-1] - 1]
        you take the last class for the blank, as older functions do.
        Which number does the blank have in this chapter?
    blank never chosen: merged(1 + y_pred[:, 1:].argmax(-1))
        the blank cannot win in your path.
        What does a frame spell if the blank has its largest logit?
    blanks removed at the ends alone: np.trim_zeros(merged(path))
        you remove the blanks at both ends, but not those in between.
        Does the contract keep any blank?
""")


# --- Spot the bug ---------------------------------------------------------------------------------------------------


def _order_matters(path):
    wrong, right = merged(without_blanks(path)), labels_of(path)
    if not np.array_equal(wrong, right):
        return True
    return f"both orders give {right.astype(int).tolist()}, because no two equal labels are separated by blanks alone."


MOST_FRAMES, MOST_CLASSES = 6, 4  # of a table whose paths are counted one by one


def probabilities_of_labels(table):
    """The probability of all labels that the frames of a small table can spell, by the labels."""
    found = {}
    for path in itertools.product(range(table.shape[1]), repeat=len(table)):
        spelled_out = tuple(labels_of(np.array(path)).tolist())
        found[spelled_out] = found.get(spelled_out, 0) + float(np.prod(table[range(len(table)), path]))
    return found


def _better_than_best(table):
    if table.ndim != 2 or not 1 <= len(table) <= MOST_FRAMES or not 2 <= table.shape[1] <= MOST_CLASSES:
        limits = f"1 to {MOST_FRAMES} frames and 2 to {MOST_CLASSES} classes"
        return f"expected one table of probabilities, shape (T, C), with {limits}; got shape {table.shape}"
    if not np.isfinite(table).all() or (table < 0).any() or not np.allclose(table.sum(1), 1, atol=1e-6):
        return f"expected probabilities, with rows that sum to 1; got {table.tolist()}"
    found = probabilities_of_labels(table)
    best = tuple(labels_of(table.argmax(1)).tolist())
    likeliest = max(found, key=found.__getitem__)
    if found[likeliest] > found[best] + 1e-6:
        return True
    return f"the best path spells {list(best)}: probability {found[best]:.4f}, and no other labels have a higher one."


chapter.counterexample(
    "order_of_steps",
    section="Spot the bug",
    asks="a path, as an array of class numbers",
    example=([1, 0, 1],),
    domains={"path": paths},
    refutes=_order_matters,
)

chapter.counterexample(
    "better_than_best",
    section="Spot the bug",
    asks="an array of probabilities, shape (T, C)",
    example=([[0.6, 0.4], [0.6, 0.4]],),
    refutes=_better_than_best,
)


@chapter.function(
    section="Spot the bug",
    aspects={"values": 2, "extremes": 1},
    reference=lambda labels: needed(labels),
    cases=cases(
        {"labels": words},
        first=[([1, 2],), ([1, 1],), ([1, 2, 2, 1],)],
        extremes=[([1],), ([2, 2, 2, 2],), ([1, 2, 1, 2],)],
        vectors=((5,), (7,), (9,), (12,)),
        batches=(),
    ),
)
def frames_needed(labels):
    """The smallest number of frames in which a path can spell the labels.

    labels: class numbers from 1 on, shape (L,), with L >= 1.
    Returns a whole number.
    """


frames_needed.add_misconceptions("""
    one frame per label: len(labels)
        you count the labels; equal neighbours need more.
        What has to stand between two equal labels?
    blanks between all labels: 2 * len(labels) - 1
        you count a blank between all labels.
        Which neighbours need no blank?
    all states: 2 * len(labels) + 1
        you count all states of the table.
        Which of them may a path leave out?
    repeats merged: len(labels) - np.count_nonzero(labels[1:] == labels[:-1])
        you subtract the equal neighbours.
        Do two equal labels need fewer frames than two different ones, or more?
    different neighbours counted: len(labels) + np.count_nonzero(labels[1:] != labels[:-1])
        you count a blank between labels that differ.
        Which labels would collapsing merge?
    repeats anywhere: 2 * len(labels) - len(np.unique(labels))
        you count labels that occur again, wherever they stand.
        Which equal labels would collapsing merge?
    two blanks: len(labels) + 2 * np.count_nonzero(labels[1:] == labels[:-1])
        you count two blanks for each pair of equal neighbours.
        How many blanks stand between two labels?
    one blank in all: len(labels) + bool(np.any(labels[1:] == labels[:-1]))
        you count one blank, however many neighbours are equal.
        What do four equal labels need?
    one blank for each group:
            repeats = labels[1:] == labels[:-1]
            len(labels) + np.count_nonzero(repeats & ~np.append(False, repeats[:-1])[: len(repeats)])
        you count one blank for a group of equal labels, however long it is.
        Where does a blank have to stand between three equal labels?
""")
