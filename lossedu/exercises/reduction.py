"""Chapter 10: from the losses of many samples, outputs and machines to one number, and what it is divided by."""

import numpy as np

from lossedu import losses
from lossedu.exercises._declare import Chapter, differ
from lossedu.exercises._domains import Domain, any_numbers, any_weights, between, cases, joined

chapter = Chapter("10_reduction", globals())
chapter.warm_up(8, "00_first_loss", "Many errors, and an axis")
chapter.warm_up(5, "00_first_loss", "Many errors, and an axis")
chapter.warm_up(9, "00_first_loss", "Spot the bug")

loss_values = between(0, 5)
batch_sizes = Domain(lambda rng, shape: rng.integers(1, 65, size=shape), lambda array: bool(np.all(array >= 1)))


def weights(fit):
    """Weights from 0 to 3, of the shape that `fit` makes of the shape of the losses."""
    return Domain(lambda rng, shape: rng.uniform(0, 3, size=fit(shape)), lambda array: bool(np.all(array >= 0)))


each = weights(lambda shape: shape)
each_sample = weights(lambda shape: (*shape[:-1], 1))
each_column = weights(lambda shape: shape[-1:])
one_for_all = weights(lambda shape: ())

# --- One number ---------------------------------------------------------------------------------------------------

chapter.number(
    "rate_for_sum", 0.04, "a number: the learning rate", section="A question", digits=3
).add_misconceptions("""
    times for divided: 0.64 * 16
        then each step is 256 times as long as before.
        Is the slope of a sum steeper than that of a mean, or flatter?
    unchanged: 0.64
        then each step is 16 times as long as before.
        How much steeper is the slope of a sum of 16 losses than that of their mean?
    root of the batch size: 0.16
        you divided by the root of 16.
        By what is a sum divided to make a mean?
    one sample less: 0.64 / 15
        you divided by 15, one less than the batch size.
        How many losses are there in the sum?
""")


chapter.expression(
    "weighted_share", "w1/(w1 + w2)", {"w1": (0.1, 3.0), "w2": (0.1, 3.0)}, section="Weights"
).add_misconceptions("""
    divided by the count: w1/2
        this belongs to sum_over_batch_size.
        By what does mean_with_sample_weight divide?
    not divided: w1
        this belongs to sum.
        By what does mean_with_sample_weight divide?
    the other sample: w2/(w1 + w2)
        this is the share of the second sample.
        Which weight stands in front of the first loss?
""")


def reducing(batch_divisor, weight_divisor):
    """A reduction that divides by what two functions of the weighted losses and the weights say.

    Args:
        batch_divisor: for "sum_over_batch_size" and "mean".
        weight_divisor: for "mean_with_sample_weight".
    """

    def reduce(values, sample_weight=None, reduction="sum_over_batch_size"):
        weight = np.ones_like(values) if sample_weight is None else sample_weight
        weighted = values * weight
        if reduction in ("none", None):
            return weighted
        if reduction == "sum":
            return weighted.sum()
        divisor = (weight_divisor if reduction == "mean_with_sample_weight" else batch_divisor)(weighted, weight)
        return weighted.sum() / divisor if divisor else 0.0

    return reduce


def count(weighted, weight):
    """How many losses there are."""
    return weighted.size


def sum_of_weights(weighted, weight):
    """The sum of the weights as they were given."""
    return np.sum(weight)


def reduce_as_keras(values, sample_weight=None, reduction="sum_over_batch_size"):
    """The reference, without the mask."""
    return losses.reduce_loss(values, sample_weight, reduction)


def reductions():
    """Cases for each reduction: without weights, and with weights of every shape that lines up."""
    found = []
    for reduction in ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None):
        unweighted = {"sample_weight": None, "reduction": reduction}
        weighted = {"reduction": reduction}
        found += [
            cases({"values": loss_values}, first=[((1, 4),)], vectors=((3,),), batches=((2, 3),), options=unweighted),
            cases(
                {"values": loss_values, "sample_weight": each},
                first=[((1, 4), (1, 3))],
                extremes=[((1, 4, 7), (2, 0, 1)), ((1, 4), (0, 0))],
                vectors=((3,), (5,)),
                batches=((2, 3), (2, 4, 3)),
                options=weighted,
            ),
        ]
        found += [
            cases(
                {"values": loss_values, "sample_weight": shared}, vectors=(), batches=((2, 3), (3, 3)), options=weighted
            )
            for shared in (each_sample, each_column, one_for_all)
        ]
    for weight in (2, 0):  # plain numbers
        options = {"sample_weight": weight, "reduction": "sum_over_batch_size"}
        found.append(cases({"values": loss_values}, extremes=[((1, 4),)], vectors=(), batches=(), options=options))
    return joined(*found)


@chapter.function(
    section="Weights",
    aspects={"values": 2, "extremes": 1, "shapes": 2},
    reference=reduce_as_keras,
    keras="keras.src.losses.loss.reduce_weighted_values",
    cases=reductions(),
)
def reduce_loss(values, sample_weight=None, reduction="sum_over_batch_size"):
    """Reduce the losses of many samples to one number, as Keras does.

    values: losses, an array of any shape.
    sample_weight: None, which means 1 each; or weights >= 0, a number or an array that
        broadcasts to the shape of values: one weight per sample is (N, 1) for (N, T).
    reduction: "sum"; "sum_over_batch_size" or "mean", the sum divided by the count of all
        weighted losses; "mean_with_sample_weight", the sum divided by the sum of the
        weights as they were given; "none" or None, the weighted losses themselves.
    Returns a number; for "none" and None an array. A mean over weights that sum to 0 is 0.
    """


def _weights_as_shares(values, sample_weight=None, reduction="sum_over_batch_size"):
    if sample_weight is None:
        return reduce_as_keras(values, None, reduction)
    total = np.sum(sample_weight)
    weighted = values * sample_weight / (total or 1)
    if reduction in ("none", None):
        return weighted
    return weighted.mean() if reduction in ("sum_over_batch_size", "mean") else weighted.sum()


reduce_loss.add_misconceptions("""
    one weight for all:
            is_sum = sample_weight is None and reduction == "mean_with_sample_weight"
            np.sum(values) if is_sum else right(...)
        without weights, you divide by 1, as if there were a single weight of 1 for all losses.
        What is the sum of the weights if each of four losses has the weight 1?
    nothing for every reduction: 0.0 if sample_weight is not None and not np.sum(sample_weight) else right(...)
        if all weights are 0, you return a single 0, even where the contract asks for an array.
        What is the shape of the result for "none"?
    weights for the count: reducing(sum_of_weights, sum_of_weights)(...)
        you divide by the sum of the weights, where the contract divides by a count.
        Does the size of a batch depend on how its samples are weighted?
    weights divide no mean: reducing(count, count)(...)
        mean_with_sample_weight divides by the count in your function.
        If all weights double, should a weighted mean double?
    divided by the samples only: reducing(lambda weighted, weight: len(weighted), sum_of_weights)(...)
        you divided by the length of the first axis, the batch size in the narrow sense.
        How many losses did you add up, if each sample brings several?
    zero weights not counted:
            reducing(lambda weighted, weight: np.sum(weight * np.ones_like(weighted) != 0), sum_of_weights)(...)
        you divided by the count of weights that are not 0, as Keras did before 2.3; today zeros count too.
        What is the mean of 4 and 0?
    weights summed as often as used:
            reducing(count, lambda weighted, weight: np.sum(weight * np.ones_like(weighted)))(...)
        a weight that several losses share is counted several times in your sum of weights.
        Which sum does the contract name: that of the weights as given, or once they are spread out?
    sample_weight ignored
    none without weights: values if reduction in ("none", None) else reduce_as_keras(values, sample_weight, reduction)
        reduction="none" returns the losses as they came.
        Which losses remain unreduced: those before the weights, or those after?
    weights as shares: _weights_as_shares(...)
        you divide the weights by their sum before they multiply, for every reduction.
        Which reduction alone divides by the sum of the weights?
    last axis only: _last_axis_only(...)
        you reduced the last axis; the others are still there.
        How many numbers should come out, for all samples together?
    0 / 0: _0_0(...)
        where all weights are 0 you get NaN.
        What does the contract say of weights that sum to 0?
""")


def _last_axis_only(values, sample_weight=None, reduction="sum_over_batch_size"):
    weighted = reduce_as_keras(values, sample_weight, "none")
    if reduction in ("none", None):
        return weighted
    if reduction == "sum":
        return weighted.sum(-1)
    counted = sample_weight if reduction == "mean_with_sample_weight" and sample_weight is not None else 1
    divisor = np.broadcast_to(counted, values.shape).sum(-1)
    return weighted.sum(-1) / np.where(divisor == 0, np.inf, divisor)


def _0_0(values, sample_weight=None, reduction="sum_over_batch_size"):
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return (values * sample_weight).sum() / np.sum(sample_weight)
    return reduce_as_keras(values, sample_weight, reduction)


# --- Masks --------------------------------------------------------------------------------------------------------

chapter.expression(
    "mask_factor", "total/valid", {"total": (5.0, 10.0), "valid": (1.0, 4.5)}, section="Masks and sequences"
).add_misconceptions("""
    upside down: valid/total
        this factor makes the mean smaller still.
        Does sum_over_batch_size divide by too much, or by too little?
    mean of the valid only: 1/valid
        then the result is divided by total and by valid.
        By what will sum_over_batch_size divide, whatever the weights are?
    share added to 1: 1 + (total - valid)/total
        you multiply the mean by 1 plus the share of the masked positions.
        If all losses are equal and half of them are set to 0, by what must you multiply their mean?
    nothing to correct: 1
        then the positions left out still count in the divisor.
        What is the mean of a loss of 4 and one that is masked?
    masked for valid: total/(total - valid)
        you divided by the number of positions that are left out.
        How many losses should the mean be taken of?
    difference for ratio: total - valid
        that is how many positions are left out: a difference.
        The sum is divided by total; by what must it be multiplied, so that it is divided by valid?
""")

# --- Several outputs ----------------------------------------------------------------------------------------------


@chapter.function(
    section="Several outputs",
    aspects={"values": 1, "extremes": 1, "shapes": 1},
    reference=lambda losses, loss_weights: np.sum(losses * loss_weights, -1),
    cases=cases(
        {"losses": loss_values, "loss_weights": each_column},
        first=[((4, 0.5), (0.25, 2))],
        extremes=[((4, 0.5), (0, 1)), ((1, 2, 3), (0, 0, 0))],
    ),
)
def total_loss(losses, loss_weights):
    """The total loss of a model with several outputs: the weighted sum of their losses.

    losses: one reduced loss per output, shape (M,), or a row of them per epoch,
        shape (..., M).
    loss_weights: one number >= 0 for each output, shape (M,).
    Returns an array of shape (...).
    """


total_loss.add_misconceptions("""
    divided by the weights: np.sum(losses * loss_weights, -1) / np.sum(loss_weights)
        you took the weighted mean.
        If all loss_weights double, what happens to the total in a sum?
    mean for sum
        Does the contract speak of a mean, or of a sum?
    weights ignored: np.sum(losses, -1)
        every output counts once in your sum.
        By what is each loss multiplied?
    summed before weighting: np.sum(losses, -1) * np.sum(loss_weights)
        you multiplied the sum of the losses by the sum of the weights.
        Which loss belongs to which weight?
    summed over the epochs too: np.sum(losses * loss_weights)
        you returned one number for all rows.
        Which axis holds the outputs?
    last output only: (losses * loss_weights)[..., -1]
        only the last output counts: each output overwrites the one before.
        Does your loop add to the total, or replace it?
    not summed: losses * loss_weights
        you return one weighted loss for each output.
        On how many numbers can a model be trained at once?
    walks along the epochs: sum(weight * loss for weight, loss in zip(loss_weights, losses, strict=False))
        you walk along the first axis, which holds the epochs if there are several.
        Which axis of losses does loss_weights belong to?
""")


# --- Several machines ---------------------------------------------------------------------------------------------

chapter.expression(
    "mean_of_both",
    "(n1*m1 + n2*m2)/(n1 + n2)",
    {"n1": (1.0, 9.0), "n2": (1.0, 9.0), "m1": (0.0, 2.0), "m2": (3.0, 5.0)},
    section="Several machines",
).add_misconceptions("""
    mean of means: (m1 + m2)/2
        here both machines count alike, however few samples one has.
        What is the sum of all losses on the first machine?
    sum of means: m1 + m2
        this is twice too large if n1 = n2.
        What does m1 = m2 have to give?
    sum of all losses: n1*m1 + n2*m2
        this is the sum over all samples.
        How many samples are there in all?
    weights exchanged: (n2*m1 + n1*m2)/(n1 + n2)
        each mean is weighted with the samples of the other machine.
        What should come out if the second machine has almost no samples?
    means taken for sums: (m1 + m2)/(n1 + n2)
        you divided the means by the number of samples once more.
        What is the sum of the losses on a machine whose mean you know?
    missing bracket: n1*m1 + n2*m2/(n1 + n2)
        a bracket is missing: only the second product is divided.
        How far does the fraction bar reach?
    missing bracket, first product: n1*m1/(n1 + n2) + n2*m2
        a bracket is missing: only the first product is divided.
        Which of the products are above the fraction bar?
    divided by the number of machines: (n1*m1 + n2*m2)/2
        you divided the sum of all losses by the number of machines.
        How many samples do both machines have together?
""")


def on_replicas(global_batch_size, **chosen):
    """Cases for a replica that holds a part of so many samples."""
    return cases({"values": loss_values}, batches=(), options={"global_batch_size": global_batch_size}, **chosen)


@chapter.function(
    section="Several machines",
    aspects={"values": 2, "extremes": 1},
    reference=lambda values, global_batch_size: np.sum(values) / global_batch_size,
    keras="tf.nn.compute_average_loss",
    cases=joined(
        on_replicas(8, first=[((1, 4, 7),), ((2, 6),)], extremes=[((),), ((5,),)], vectors=()),
        on_replicas(lambda rng: int(rng.integers(10, 40)), vectors=((3,), (4,), (6,))),
    ),
)
def replica_loss(values, global_batch_size):
    """What one of several machines (a replica) adds to the mean loss of the whole batch.

    values: the losses of the samples on this replica, shape (n,); n may be 0.
    global_batch_size: how many samples there are on all replicas together.
    Returns a number; the numbers of all replicas sum to the mean over the whole batch.
    """


replica_loss.add_misconceptions("""
    own mean: np.mean(values)
        you divided by the number of samples on this replica.
        What do the means of four replicas add up to, if every loss is 1?
    not divided: np.sum(values)
        you return the sum.
        The results of all replicas are added up. When is the sum divided?
    mean for sum
        How often does each loss have to be divided, and by what?
    not summed: values / global_batch_size
        you return one number for each sample.
        How many numbers does a replica hand over?
    times the global batch size: np.sum(values) / max(1, len(values) ** 2) * global_batch_size
        you multiplied by the global batch size and divided by the replica's own.
        By which of the two numbers must the sum be divided?
    empty replica: np.mean(values) * len(values) / global_batch_size
        a replica without samples gives NaN: you take the mean of no numbers.
        What is the sum of no losses?
""")


# --- Spot the bug -------------------------------------------------------------------------------------------------


def _mean_of_all(a, b):
    if a.ndim != 1 or b.ndim != 1 or not a.size or not b.size:
        raise ValueError(f"each batch must have the shape (n,) with n >= 1, got {a.shape} and {b.shape}")
    return np.concatenate([a, b]).mean()


chapter.counterexample(
    "mean_of_means",
    section="Spot the bug",
    asks="(a, b): the losses of two batches, each an array of shape (n,)",
    example=([1.0, 1.0, 1.0], [5.0]),
    refutes=differ(
        lambda a, b: (a.mean() + b.mean()) / 2,
        _mean_of_all,
        by=0.1,
        because=[
            (lambda a, b: a.size == b.size, "both batches have the same size"),
            (lambda a, b: np.isclose(a.mean(), b.mean()), "both batches have the same mean"),
        ],
    ),
)


@chapter.function(
    section="Spot the bug",
    aspects={"values": 1, "shapes": 1},
    reference=lambda means, sizes: np.sum(means * sizes, -1) / np.sum(sizes, -1),
    cases=cases(
        {"means": loss_values, "sizes": batch_sizes},
        first=[((1, 5), (3, 1)), ((2, 0.5, 1), (4, 4, 2))],
    ),
)
def mean_over_batches(means, sizes):
    """The mean loss of all samples, from the mean losses of batches.

    means: the mean loss of each batch, shape (..., B).
    sizes: how many samples each batch has, same shape.
    Returns an array of shape (...).
    """


def weighed_by_the_batch_before(means, sizes):
    """The mean so far counts as much as the last batch alone."""
    mean = means[..., 0]
    for i in range(1, means.shape[-1]):
        before, now = sizes[..., i - 1], sizes[..., i]
        mean = (before * mean + now * means[..., i]) / (before + now)
    return mean


mean_over_batches.add_misconceptions("""
    previous batch for all so far: weighed_by_the_batch_before(means, sizes)
        as the weight of the mean so far, you use the size of the previous batch only.
        When the third batch comes, how many samples are in the mean so far?
    mean of means: np.mean(means, -1)
        every batch counts alike, however small.
        How much of the data does a batch of one sample hold?
    sum of all losses: np.sum(means * sizes, -1)
        you return the sum over all samples.
        How many samples are there?
    divided by the number of batches: np.mean(means * sizes, -1)
        you divided the sum over all samples by the number of batches.
        What does the sum of means times sizes count: batches, or samples?
    means taken for sums: np.sum(means, -1) / np.sum(sizes, -1)
        you added the means and divided by the number of samples.
        What is the sum of the losses in a batch whose mean you know?
    summed over all rows: np.sum(means * sizes) / np.sum(sizes)
        you returned one mean for all epochs.
        Which axis holds the batches of one epoch?
    divided by the sizes: np.sum(means / sizes, -1) / np.sum(1 / sizes, -1)
        you divide each mean by its size, so that a small batch counts more.
        What must the mean of a batch be multiplied by, to give the sum of its losses?
    arguments swapped
        Which of the two says how much each batch counts?
""")


def _weighs_samples(values, sample_weight):
    if values.ndim != 2 or sample_weight.shape != values.shape[:1]:
        raise ValueError(
            f"values must have a shape (N, T) and weights (N,), got {values.shape} and {sample_weight.shape}"
        )
    return values.sum(1) @ sample_weight


chapter.counterexample(
    "weights_astray",
    section="Spot the bug",
    asks="(values, weights): arrays of shape (N, T) and (N,)",
    example=([[1.0, 1.0], [3.0, 3.0]], [1.0, 0.0]),
    domains={"values": any_numbers, "weights": any_weights},
    refutes=differ(
        _weighs_samples,
        lambda values, weight: losses.reduce_loss(values, weight, "sum"),
        by=0.1,
        because=[
            (lambda values, weight: np.ptp(weight) == 0, "all weights are equal"),
            (lambda values, weight: np.allclose(values.sum(0), values.sum(1)), "each row has the sum of its column"),
        ],
    ),
)
