"""Three sentences to refute, and the F-score of all batches together."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter, differ
from lossedu.exercises._domains import any_probabilities, binary_labels, cases, counts, joined
from lossedu.exercises.imbalance.focal import surprise
from lossedu.exercises.imbalance.measures import beats, outcomes, shares_of_right_and_found
from lossedu.stable import ratio

chapter = Chapter("14_imbalance", globals())


def _of_the_blog(y_true, y_pred):
    return ((1 - y_pred) ** 2 * surprise(y_true, y_pred)).mean(-1)


chapter.counterexample(
    "faded_alarm",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([0.0, 0.0], [0.9, 0.1]),
    domains={"y_true": binary_labels, "y_pred": any_probabilities},
    one_shape=True,
    refutes=differ(
        _of_the_blog,
        losses.binary_focal_crossentropy,
        by=0.1,
        because=(
            (lambda y, p: np.all(y == 1), "for labels of 1 both factors are the same"),
            (lambda y, p: np.allclose(p, 0.5), "at 1/2 both factors are the same"),
        ),
    ),
)


def _few_right(y_true, y_pred):
    if y_true.shape != y_pred.shape or not 0 < y_true.sum() < y_true.size:
        return f"expected labels of both kinds, and as many probabilities; got {y_true} and {y_pred}"
    area, (precision, _) = beats(y_true, y_pred).mean(), shares_of_right_and_found(y_true, y_pred)
    if not np.any(y_pred > 0.5):
        return "no probability is above 0.5 here: there is no alarm to be wrong"
    if area < 0.9:
        return f"the AUC is {area:.4f} here: below 0.9; let the positives score higher than most negatives"
    return (
        bool(precision < 0.2)
        or f"{precision:.4f} of the alarms are right here: not below 0.2; there must be more false ones"
    )


chapter.counterexample(
    "high_area_few_right",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred)",
    example=([1] + [0] * 9, [0.9] + [0.8] * 9),
    domains={"y_true": binary_labels, "y_pred": any_probabilities},
    refutes=_few_right,
)


def f_of(hits, alarms, missed, beta=1.0):
    """The F-score of counts, entry by entry."""
    hits = (1 + beta**2) * np.asarray(hits, float)
    return ratio(hits, hits + beta**2 * np.asarray(missed, float) + np.asarray(alarms, float))


def _batches_differ(labels, decisions):
    if labels.ndim != 2 or len(labels) != 2 or labels.shape != decisions.shape:
        shapes = f"{labels.shape} and {decisions.shape}"
        return f"expected two arrays of shape (2, n), one row per batch; got the shapes {shapes}"
    of_rows = f_of(*outcomes(labels, decisions, axis=-1)).mean()
    of_all = f_of(*outcomes(labels, decisions))
    if abs(of_rows - of_all) > 0.2:
        return True
    far = "not more than 0.2 apart"
    return f"the mean of the batches is {of_rows:.4f} here, and the F1 of all samples {of_all:.4f}: {far}"


chapter.counterexample(
    "mean_of_f_scores",
    section="Spot the bug",
    asks="a pair of arrays, (labels, decisions), each of shape (2, n)",
    example=([[1, 1, 1, 1], [0, 0, 0, 0]], [[1, 1, 1, 1], [1, 0, 0, 0]]),
    domains={"labels": binary_labels, "decisions": binary_labels},
    refutes=_batches_differ,
)


@chapter.function(
    section="Spot the bug",
    aspects={"values": 2, "extremes": 1},
    reference=lambda hits, alarms, missed, beta=1.0: f_of(np.sum(hits), np.sum(alarms), np.sum(missed), beta),
    cases=joined(
        cases(
            {"hits": counts, "alarms": counts, "missed": counts},
            first=[(1, 1, 0), (2, 1, 3), ((4, 0), (0, 1), (0, 2))],
            extremes=[(0, 0, 0), (0, 2, 0), ((0, 3), (0, 0), (0, 0))],
            vectors=((2,), (3,), (5,), (2, 3)),
            batches=(),
            numbers=True,
        ),
        cases(
            {"hits": counts, "alarms": counts, "missed": counts},
            first=[(1, 1, 0), (2, 1, 3)],
            vectors=((2,), (3,), (5,)),
            batches=(),
            numbers=True,
            options={"beta": 2.0},
        ),
        cases(
            {"hits": counts, "alarms": counts, "missed": counts},
            vectors=((2,), (3,)),
            batches=(),
            options={"beta": 0.5},
        ),
    ),
    laws=("bounded_by_one",),
)
def f_score(hits, alarms, missed, beta=1.0):
    """The F-score of all batches together, from the counts of each batch.

    hits, alarms, missed: true positives, false positives and false negatives; numbers, or
        arrays of one shape with a count for each batch.
    beta: how many times as important recall is as precision; 1 gives the F1.
    Returns one number, (1 + beta**2) TP / ((1 + beta**2) TP + beta**2 FN + FP), from the
    counts of all batches; 0 if all are 0.
    """


f_score.add_misconceptions("""
    a = np.sum(hits)
    b = np.sum(alarms)
    c = np.sum(missed)
    mean of the batches: np.mean(f_of(hits, alarms, missed, beta))
        you average the F-scores of the batches.
        What has to be added up before the division?
    one for each batch: f_of(hits, alarms, missed, beta) + 0.0 * np.asarray(hits)
        you return one F-score per batch.
        How many numbers does the contract promise?
    beta ignored
    beta not squared: ratio((1 + beta) * a, (1 + beta) * a + beta * c + b)
        beta is not squared in yours.
        Which power of beta stands in the contract?
    beta with the wrong errors: f_of(a, c, b, beta)
        you multiply the false alarms by beta**2, not the missed positives.
        Which errors count more if recall is more important?
    factor forgotten above: ratio(a, (1 + beta**2) * a + beta**2 * c + b)
        the factor 1 + beta**2 is missing in the numerator.
        What is the score of a model without a single error?
    nothing divided by nothing: np.float64((1 + beta**2) * a) / np.float64((1 + beta**2) * a + beta**2 * c + b)
        without a positive and without an alarm you get NaN.
        What does the contract say if all counts are 0?
    arithmetic mean: (ratio(a, a + b) + ratio(a, a + c)) / 2
        that is the arithmetic mean of precision and recall.
        If recall is 1 and precision almost 0, what should the score be?
    alarms left out: ratio((1 + beta**2) * a, (1 + beta**2) * a + beta**2 * c)
        false alarms cost nothing in yours.
        Which of the two errors lowers the precision?
    missed left out: ratio((1 + beta**2) * a, (1 + beta**2) * a + b)
        missed positives cost nothing in yours.
        Which of the two errors lowers the recall?
    precision alone: ratio(a, a + b)
        that is the precision.
        Which errors lower the recall?
    recall alone: ratio(a, a + c)
        that is the recall.
        Which errors lower the precision?
    intersection over union: ratio(a, a + b + c)
        that is the share of the hits among all samples that are positive or have an alarm.
        How often does the denominator count the hits?
""")
