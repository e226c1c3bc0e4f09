"""Chapter 13: losses, gradients, optimizers and metrics at work together, in compile and fit."""

import itertools

import numpy as np

from lossedu import losses, metrics, optimizers, training
from lossedu.exercises._declare import Case, Chapter
from lossedu.exercises._domains import distribution, one_hot

chapter = Chapter("13_compile_and_fit", globals())
chapter.warm_up(0.9 - 1, "05_categorical_crossentropy", "The slope")
chapter.warm_up(2, "10_reduction", "Several machines")
chapter.warm_up(0.5, "11_optimizers", "Adam: both means")

# --- What compile and fit are told --------------------------------------------------------------------------------

chapter.number(
    "steps_of_fit", 10 * -(-1437 // 32), "a whole number", section="A question", digits=None
).add_misconceptions("""
    last batch left out: 10 * (1437 // 32)
        you counted the full batches only.
        44 batches hold 1408 images: what happens to the other 29?
    steps of one epoch: -(-1437 // 32)
        that is the number of steps in one epoch.
        How often does fit go through all images?
    a step for each epoch: 10
        that would be one step for each pass through the data.
        After how many images are the weights moved for the first time?
    a step for each image: 14370
        that would be a step for each image.
        How many images share a step?
    batches not whole: 14370 / 32
        that is no whole number, and fit makes no parts of steps.
        How many batches are there in one epoch, if the last one is smaller?
    images of the test too: 570
        you counted all 1797 images.
        Which of the images does fit see?
    batch size times epochs: 320
        you multiplied the size of a batch by the number of epochs.
        How many batches are there in one epoch?
    rounded down at the end: 449
        you rounded to whole steps after all epochs, not in each of them.
        Can one batch hold images of two epochs?
    images of an epoch: 1437
        that is the number of images.
        How many images does one step use?
""")

chapter.number("longest_clipped_move", 0.005, "a number", section="What compile takes", digits=4).add_misconceptions("""
    clip for move: 0.5
        that is the largest slope after the clip.
        What is a slope multiplied by before it is taken off the weight?
    learning rate for move: 0.01
        that is the learning rate alone, or the learning rate times the whole width from -0.5 to 0.5.
        How far from 0 can a slope lie after the clip?
    clip divided: 0.02
        you divided the learning rate by the clip.
        A learning rate twice as large: does a weight go further, or less far?
    divided the other way: 50
        you divided the clip by the learning rate.
        A clip twice as wide and a learning rate twice as large: which of them lets a weight go further?
""")

# --- Forward, and back --------------------------------------------------------------------------------------------

chapter.expression(
    "dense_kernel_slope",
    "x_1*(p_1 - y_1)",
    {"x_1": (0.2, 3.0), "p_1": (0.05, 0.95), "y_1": {0, 1}},
    section="Forward, and back",
).add_misconceptions("""
    slope in the score: p_1 - y_1
        that is the slope in z_1.
        By how much does z_1 change if w_11 grows by 1?
    opposite sign
        If class 1 is true and p_1 too small, should its score grow, and which sign has the slope then?
    softmax taken twice: x_1*(p_1 - y_1)*p_1*(1 - p_1)
        you let the slope pass through the softmax once more.
        Is p - y the slope in the probability, or in the score already?
    slope in the input: p_1 - y_1 + x_1
        you added where the chain rule multiplies.
        How are the slopes of a function within a function put together?
""")

chapter.expression(
    "dense_input_slope",
    "w_11*(p_1 - y_1) + w_12*(p_2 - y_2)",
    {
        **{"w_11": (-2.0, 2.0), "w_12": (-2.0, 2.0)},
        **{"p_1": (0.05, 0.95), "p_2": (0.05, 0.95), "y_1": (0.0, 1.0), "y_2": (0.0, 1.0)},
    },
    section="Forward, and back",
).add_misconceptions("""
    product of the sums: (w_11 + w_12) * (p_1 - y_1 + p_2 - y_2)
        you added up first, and multiplied afterwards.
        Through which weight does the slope of z_1 go on its way back?
    one way only: w_11*(p_1 - y_1)
        that is what reaches the loss through z_1.
        Which other score does x_1 enter?
    weights left out: (p_1 - y_1) + (p_2 - y_2)
        you added up the slopes in both scores, each counted once.
        By how much does z_1 change if x_1 grows by 1?
    weights exchanged: w_12*(p_1 - y_1) + w_11*(p_2 - y_2)
        each slope came back along the other's weight.
        Which weight leads from x_1 to z_2?
    opposite sign
        What is the slope of the loss in z_1: p - y, or y - p?
    ways multiplied: w_11*(p_1 - y_1)*w_12*(p_2 - y_2)
        you multiplied what comes back along the two ways.
        x_1 moves both scores at once: do their effects on the loss add up, or multiply?
    second way subtracted: w_11*(p_1 - y_1) - w_12*(p_2 - y_2)
        you subtracted what comes back along the second way.
        Is there a reason why z_2 should count with a minus?
""")


def layers(rng):
    """Cases for the way back: single samples, then batches."""

    def case(aspect, x, kernel, slopes, dtype: str | type = float):
        arrays = {"x": np.asarray(x, dtype), "kernel": np.asarray(kernel, dtype), "slopes": np.asarray(slopes, float)}
        return Case(aspect, arrays, at_edge=dtype is int)

    def drawn(aspect, n, inputs, outputs):
        shapes = (n, inputs), (inputs, outputs), (n, outputs)
        return case(aspect, *(rng.normal(size=shape) for shape in shapes))

    return [
        case("values", [[1, 2]], [[0.5, -1], [2, 0.25]], [[0.5, -0.25]]),
        *(drawn("values", 1, inputs, outputs) for inputs, outputs in ((3, 2), (2, 4), (5, 3))),
        case("batches", [[1, 2], [3, -1]], [[0.5, -1], [2, 0.25]], [[0.5, -0.25], [-1, 2]]),
        case("batches", [[1, 2], [3, -1]], [[1, -1], [2, 3]], [[0.5, -0.25], [-1.5, 2]], dtype=int),
        *(drawn("batches", n, inputs, outputs) for n, inputs, outputs in ((4, 3, 2), (7, 2, 3), (3, 4, 4), (32, 8, 5))),
    ]


@chapter.function(
    section="Forward, and back",
    aspects={"values": 2, "batches": 1},
    reference=lambda x, kernel, slopes: (slopes @ kernel.T, x.T @ slopes, slopes.sum(axis=0)),
    cases=layers,
    returns=("x_slopes", "kernel_slopes", "bias_slopes"),
)
def dense_backward(x, kernel, slopes):
    """Go back through z = x @ kernel + bias, from the slopes in z to all others.

    x: shape (n, D). kernel: shape (D, C). slopes: of the loss in z, shape (n, C).
    Returns a tuple (x_slopes, kernel_slopes, bias_slopes), in the shapes of x, kernel and
    bias, (C,). The last two are sums over the batch. If the loss is a mean over samples,
    slopes already contain its 1/n.
    """


WAYS_BACK = "x", "kernel", "bias"


def in_order(names):
    """Return an answer to `dense_backward` that gives the right results in this order."""

    def answer(x, kernel, slopes):
        results = dict(zip(WAYS_BACK, dense_backward.reference(x, kernel, slopes), strict=True))
        return tuple(results[name] for name in names)

    return answer


dense_backward.add_misconceptions("""
    averaged over the batch: (slopes @ kernel.T, x.T @ slopes / len(x), slopes.mean(axis=0))
        you divided the slopes in kernel and bias by the size of the batch.
        If the loss is a mean, which argument already contains its 1/n?
    kernel transposed: (slopes @ kernel.T, slopes.T @ x, slopes.sum(axis=0))
        your slopes in the kernel have its axes exchanged.
        Which axis of the kernel belongs to the inputs, and which to the outputs?
    bias left out: (slopes @ kernel.T, x.T @ slopes, 0 * slopes.sum(axis=0))
        your slopes in the bias are all 0.
        By how much does z grow if the bias grows by 1?
    bias of each sample: (slopes @ kernel.T, x.T @ slopes, slopes)
        you give the bias a slope for each sample of the batch.
        How many biases are there, and which samples does each of them move?
    times the input: (slopes @ kernel.T * x, x.T @ slopes, slopes.sum(axis=0))
        your slopes in x hold x as a factor.
        z is linear in x: does its slope depend on where x is?
    kernel not transposed: (slopes @ kernel, x.T @ slopes, slopes.sum(axis=0))
        you multiply by the kernel as on the way forward: the shapes fit only if D equals C.
        Which axis of the kernel has the length of slopes, and which that of x?
    forward instead of back: (x @ kernel, x.T @ slopes, slopes.sum(axis=0))
        in place of the slopes in x you give z, the way forward.
        What travels back through the layer: x, or the slopes?
    all signs: (-slopes @ kernel.T, -x.T @ slopes, -slopes.sum(axis=0))
        all three of your slopes point the other way.
        slopes are already the slopes of the loss: what changes their sign later, the layer or the optimizer?
    kernel slopes of each sample: (slopes @ kernel.T, np.einsum("nd,nc->ndc", x, slopes), slopes.sum(axis=0))
        your slopes in the kernel hold one matrix for each sample.
        How many kernels are there, and which samples does it serve?
    first sample only: (slopes @ kernel.T, np.outer(x[0], slopes[0]), slopes.sum(axis=0))
        your slopes in the kernel come from the first sample alone.
        Which samples does the kernel move?
    entry by entry: (slopes @ kernel.T, x * slopes, slopes.sum(axis=0))
        your slopes in the kernel multiply x and slopes entry by entry.
        How many slopes does a kernel of shape (D, C) need?
    first class only: (np.outer(slopes[:, 0], kernel[:, 0]), x.T @ slopes, slopes.sum(axis=0))
        your slopes in x come back through the first output alone.
        Into which scores does each input go?
    slope of a relu: (slopes @ kernel.T * (x > 0), x.T @ slopes, slopes.sum(axis=0))
        your slopes in x are 0 where x is negative, as behind a relu.
        Does z = x @ kernel + bias treat a negative input in another way?
""")
dense_backward.add_misconceptions(
    *(
        f"""
    results in the order {", ".join(order)}: in_order({order})(...)
        your three results stand in another order than the contract's.
        In which order does the contract name the three results?
"""
        for order in itertools.permutations(WAYS_BACK)
        if order != WAYS_BACK
    )
)


# --- A step for each batch ----------------------------------------------------------------------------------------


def fitted(x, y, kernel, bias, learning_rate=0.1, epochs=1, batch_size=32):
    """What lossedu's own fit makes of a network of one layer; its figures are those of tf.keras."""
    layer = training.Dense(y.shape[1], activation="softmax")
    model = training.Sequential([training.Input(x.shape[1:]), layer])
    model.set_weights([kernel, bias])
    model.compile(optimizers.SGD(learning_rate), "categorical_crossentropy", metrics=["categorical_accuracy"])
    history = model.fit(x, y, batch_size, epochs, verbose=0, shuffle=False).history
    return (*model.get_weights(), np.array(history["loss"]), np.array(history["categorical_accuracy"]))


def softmax(z):
    """Shares of exponentials."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def batches(n, size):
    """The rows of each batch, in order; the last may be smaller."""
    return [slice(start, start + size) for start in range(0, n, size)]


def full_batches(n, size):
    """The same without a smaller last one."""
    return batches(n - n % size, size)


def clipped_cost(y, z):
    """The cross-entropy of probabilities that are kept above epsilon, as where no logits are at hand."""
    return losses.categorical_crossentropy(y, softmax(z))


def cost(y, z):
    """The cross-entropy of logits."""
    return losses.categorical_crossentropy(y, z, from_logits=True)


def softmax_slopes(p, y):
    """The slopes of the cross-entropy in the scores."""
    return p - y


def by_sample(rows, x, batch_size):
    """What the slopes of a batch are divided by."""
    return len(rows)


def equal_batches(n, batch_size):
    """Batches of nearly the same size, in the place of full ones and a rest."""
    return np.array_split(np.arange(n), -(-n // batch_size))


def by_hand(
    cut=batches,
    share=by_sample,
    look="before",
    mean=np.average,
    goes_on=True,
    moves_bias=1,
    cost=cost,
    pace=1,
    squash=softmax,
    slopes_of=softmax_slopes,
    forgets=True,
    per_batch=False,
    at_once=True,
):
    """An answer to `fit_dense` of which some parts are replaced; as it stands it is right."""

    def fit(x, y, kernel, bias, learning_rate=0.1, epochs=1, batch_size=32):
        rate = learning_rate**pace
        w, b, history = kernel, bias, []
        seen, sizes = [], []

        def figures(x, y):
            z = x @ w + b
            return np.array([cost(y, z).mean(), metrics.categorical_accuracy(y, z).mean()])

        for _ in range(epochs):
            w, b = (w, b) if goes_on else (kernel, bias)
            seen, sizes = ([], []) if forgets else (seen, sizes)
            for rows in cut(len(x), batch_size):
                before = figures(x[rows], y[rows])
                slopes = slopes_of(squash(x[rows] @ w + b), y[rows]) / share(x[rows], x, batch_size)
                w = w - rate * x[rows].T @ slopes
                if not at_once:
                    slopes = slopes_of(squash(x[rows] @ w + b), y[rows]) / share(x[rows], x, batch_size)
                b = b - moves_bias * rate * slopes.sum(0)
                seen.append(before if look == "before" else figures(x[rows], y[rows]))
                sizes.append(len(x[rows]))
            history.append(figures(x, y) if look == "at the end" else mean(seen, axis=0, weights=sizes))
            history[-1:] = seen if per_batch else history[-1:]
        return w, b, *np.transpose(history)

    return fit


def softmax_of_the_batch(z):
    """The shares of the samples in place of the classes."""
    return softmax(z.T).T


def cost_of_the_batch(y, z):
    """The cross-entropy of these."""
    z = z - z.max(axis=0)
    return -(y * (z - np.log(np.exp(z).sum(axis=0)))).sum(-1)


def softmax_below_one_score(z):
    """The softmax, with the largest score of the whole batch subtracted from every score."""
    e = np.exp(z - z.max())
    return e / e.sum(axis=-1, keepdims=True)


def cost_below_one_score(y, z):
    """The cross-entropy of the same."""
    z = z - z.max()
    return np.log(np.exp(z).sum(axis=-1)) - (y * z).sum(axis=-1)


def losses_weighed_alike(seen, axis, weights):
    """The mean of the losses of the batches, beside the mean accuracy of the samples."""
    return np.array([np.mean(seen, axis)[0], np.average(seen, axis, weights)[1]])


def trainings(rng):
    """Cases for fit_dense: one step, many steps, and scores that are far apart."""
    x, y = [[1, 2], [-1, 0.5], [0.5, -2]], [[1, 0], [0, 1], [1, 0]]
    kernel, bias = [[0.5, -0.5], [-0.25, 0.75]], [0.1, -0.1]

    def case(aspect, *arrays, dtype=float, **options):
        arrays = dict(zip(("x", "y", "kernel", "bias"), arrays, strict=True))
        return Case(aspect, {name: np.asarray(array, dtype) for name, array in arrays.items()} | options)

    def drawn(aspect, n, inputs, classes, scale=1.0, **options):
        labels = np.eye(classes)[rng.integers(classes, size=n)]
        start = scale * rng.normal(size=(inputs, classes)), rng.normal(size=classes)
        return case(aspect, rng.normal(size=(n, inputs)), labels, *start, **options)

    return [
        case("values", x, y, kernel, bias, learning_rate=0.5, epochs=1, batch_size=3),
        *(drawn("values", n, d, c, learning_rate=0.3, epochs=1, batch_size=16) for n, d, c in ((4, 3, 2), (9, 4, 3))),
        drawn("values", 20, 3, 4),  # by the defaults
        case("batches", x, y, kernel, bias, learning_rate=0.5, epochs=2, batch_size=2),
        drawn("batches", 8, 3, 3, learning_rate=0.2, epochs=2, batch_size=4),
        drawn("batches", 11, 2, 4, learning_rate=0.7, epochs=5, batch_size=3),
        drawn("batches", 40, 5, 3, epochs=3),
        case("extremes", x, y, [[400, -400], [0, 0]], [0, 0], learning_rate=0.5, epochs=2, batch_size=2),
        case("extremes", np.zeros((3, 2)), y, [[1, 0], [0, 1]], [20, -20], learning_rate=2.0, epochs=2, batch_size=2),
        case("extremes", [[2000, 0], [0, 1], [1, 0]], y, kernel, bias, learning_rate=0.001, epochs=1, batch_size=3),
        drawn("extremes", 9, 3, 3, scale=50.0, learning_rate=0.2, epochs=2, batch_size=4),
    ]


@chapter.function(
    section="A step for each batch",
    aspects={"values": 3, "batches": 2, "extremes": 1},
    reference=fitted,
    cases=trainings,
    returns=("kernel", "bias", "losses", "accuracies"),
    is_training=True,
)
def fit_dense(x, y, kernel, bias, learning_rate=0.1, epochs=1, batch_size=32):
    """Train softmax(x @ kernel + bias) as fit does, by SGD on categorical cross-entropy.

    x: inputs, shape (n, D). y: one-hot labels, shape (n, C).
    kernel, bias: the first weights, shapes (D, C) and (C,); these arrays stay unchanged.
    Takes batches in order; the last of an epoch may be smaller. The loss of a batch is the
    mean of its samples' losses, computed from the logits.
    Returns a tuple (kernel, bias, losses, accuracies): the last weights, and two arrays of
    shape (epochs,), means over all samples, each measured before the step of its batch.
    """


fit_dense.add_misconceptions("""
    largest score of the batch: by_hand(squash=softmax_below_one_score, cost=cost_below_one_score)(...)
        you subtract the largest score of the batch: in a sample with much smaller scores every exponential is 0.
        Over which scores do you take the maximum, so that the largest exponential of each sample is 1?
    kernel before bias: by_hand(at_once=False)(...)
        you update the kernel first, and compute the slopes for the bias with the new kernel.
        At which weights are all slopes of one step taken?
    batches of one size: by_hand(cut=equal_batches)(...)
        you divide the samples into batches of nearly the same size.
        How many samples does each batch have if 10 samples are cut into batches of 4?
    summed over the batch: by_hand(share=lambda rows, x, batch_size: 1)(...)
        your steps grow with the size of the batch.
        The loss of a batch is a mean: where is its 1/n in your slopes?
    uphill: by_hand(share=lambda rows, x, batch_size: -len(rows))(...)
        your weights follow the gradient instead of going against it.
        Which way does a gradient point: to where the loss grows, or to where it falls?
    bias left out: by_hand(moves_bias=0)(...)
        your bias stays as it was.
        z is computed from three arrays: which of them are weights?
    learning rate left out: by_hand(pace=0)(...)
        the learning rate makes no difference to your steps.
        Which factor lets the user say how far a step goes?
    figures from after the step: by_hand(look="after")(...)
        your history measures each batch after its step.
        Which weights made the predictions that the slopes come from?
    figures from the end of the epoch: by_hand(look="at the end")(...)
        your history measures all samples with the weights at the end of the epoch.
        Does fit go through the data once more to fill in its log?
    batches weighed alike: by_hand(mean=lambda seen, axis, weights: np.mean(seen, axis))(...)
        in your history a smaller last batch counts as much as the others.
        If each sample should count the same, what does a batch weigh?
    losses of batches weighed alike: by_hand(mean=losses_weighed_alike)(...)
        your losses are the mean over batches: a smaller last batch counts as much as a full one.
        If each sample should count the same in the losses too, what does a batch weigh?
    divided by batch_size: by_hand(share=lambda rows, x, batch_size: batch_size)(...)
        you divide the slopes of every batch by batch_size, also those of a smaller batch.
        How many samples does the last batch of an epoch have?
    divided by all samples: by_hand(share=lambda rows, x, batch_size: len(x))(...)
        you divide the slopes of a batch by the number of all samples.
        Over which samples is the mean of a batch taken?
    history never emptied: by_hand(forgets=False)(...)
        your history averages over all epochs so far.
        Which numbers have to begin anew with each epoch?
    history of the batches: by_hand(per_batch=True)(...)
        your history has one entry for each batch.
        Over what is the mean taken, so that one number is left for an epoch?
    softmax over the batch: by_hand(squash=softmax_of_the_batch, cost=cost_of_the_batch)(...)
        your softmax compares the samples of a batch with each other.
        Which probabilities have to sum to 1: those of a sample, or those of a class?
    slope of the softmax taken twice: by_hand(slopes_of=lambda p, y: (p - y) * p * (1 - p))(...)
        you multiply p - y by the slope of the softmax once more.
        In which quantity is p - y the slope: in the probabilities, or in the scores already?
    last batch only: by_hand(mean=lambda seen, axis, weights: seen[-1])(...)
        your history holds the figures of the last batch.
        Which samples does the log of an epoch describe?
    smaller last batch dropped:
            by_hand(cut=lambda n, size: full_batches(n, size) if n > size else batches(n, size))(...)
        samples that don't fill a batch are never seen.
        If 3 samples come in batches of 2, how many steps are there?
    one step an epoch: by_hand(cut=lambda n, size: batches(n, n))(...)
        you take all samples as one batch.
        After how many samples do the weights move for the first time?
    every epoch from the first weights: by_hand(goes_on=False)(...)
        each epoch of yours begins with the weights that were given.
        Where does the second epoch find what the first has learned?
    loss from probabilities: by_hand(cost=clipped_cost)(...)
        where the true class gets a probability near 0, your loss stops at 16.1.
        From what is the loss computed, according to the contract: probabilities, or logits?
""")

# --- Spot the bug -------------------------------------------------------------------------------------------------


def not_one_hot(name, y):
    """What is wrong with an array that should be a one-hot label, in words, or None."""
    if y.ndim != 1 or y.size < 2 or not np.isin(y, (0, 1)).all() or y.sum() != 1:
        return f"{name} must be one label, shape (C,) with a single 1 among zeros; got {y}"
    return None


def _stuck(z, y):
    if problem := not_one_hot("y", y):
        return problem
    if z.shape != y.shape or not np.isfinite(z).all():
        return f"z must hold a score for each class, shape {y.shape}; got {z}"
    if (z >= 0).all() and np.isclose(z.sum(), 1):
        return (
            f"z holds probabilities, {z}, and as scores these are nearly equal; it must hold scores before the softmax"
        )
    p = softmax(z)
    if (p @ y) >= 0.01:
        return f"the true class has probability {p @ y:.4f} here: not below 0.01"
    g = losses.mean_squared_error.gradient(y, p)
    steepest = np.abs(p * (g - g @ p)).max()
    return bool(steepest < 0.01) or f"the steepest slope in z is {steepest:.4f} here: not below 0.01"


chapter.counterexample(
    "wrong_and_stuck",
    section="Spot the bug",
    asks="a pair of arrays, (z, y): scores and a one-hot label",
    example=([8.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    refutes=_stuck,
)

chapter.expression(
    "double_softmax_floor", "log(1 + (C - 1)*exp(-1))", {"C": (2.0, 20.0)}, section="Spot the bug"
).add_misconceptions("""
    logarithm of the sum alone: log(E + C - 1)
        that is log-sum-exp alone: the score of the true class, which is 1 here, is not subtracted.
        Which two terms does the cross-entropy of scores have?
    no floor: 0
        0 is the floor of a single softmax.
        The second softmax sees numbers between 0 and 1: how far apart can they be?
    undecided: log(C)
        that is the loss if all classes are equally likely.
        The first softmax has decided for the true class: what are its C outputs?
    true class left out: log((C - 1)*exp(-1))
        the sum of the exponentials lacks that of the true class.
        Over which classes does the sum under a softmax run?
    probability for loss: 1/(1 + (C - 1)*exp(-1))
        that is the probability of the true class.
        What does the cross-entropy make of it?
""")


def _flattered(y_true, y_pred):
    if problem := not_one_hot("y_true", y_true):
        return problem
    if y_pred.shape != y_true.shape or not ((y_pred >= 0) & (y_pred <= 1)).all():
        return f"y_pred must hold a probability for each class, shape {y_true.shape}; got {y_pred}"
    judged = metrics.binary_accuracy(y_true, y_pred)  # it judges each entry
    binary, of_classes = judged.mean(), metrics.categorical_accuracy(y_true, y_pred)
    if of_classes == 0 and binary > 0.75:
        return True
    if of_classes:
        tied = np.sum(y_pred == y_pred.max()) > 1
        why = (
            "of equal probabilities the first counts as the guess, and it is"
            if tied
            else "the highest probability is at"
        )
        return f"categorical_accuracy is {of_classes:g} here, not 0: {why} the true class"
    if y_true.size < 5:
        return (
            f"binary_accuracy is {binary:.2f} here: {y_true.size} classes allow no more than 0.75; take at least five"
        )
    errors = np.sum(judged == 0)
    return f"binary_accuracy is {binary:.2f} here, not above 0.75: {errors} of {judged.size} entries are wrong"


chapter.counterexample(
    "wrong_but_flattered",
    section="Spot the bug",
    asks="a pair of arrays, (y_true, y_pred), for at least five classes",
    example=([0, 0, 0, 0, 1], [0.3, 0.2, 0.2, 0.2, 0.1]),
    domains={"y_true": one_hot, "y_pred": distribution},
    refutes=_flattered,
)


def _unweighted(hits, sample_weight):
    if hits.ndim != 1 or not np.isin(hits, (0, 1)).all() or not hits.size:
        return f"hits must be zeros and ones, shape (n,); got {hits}"
    if sample_weight.shape != hits.shape or (sample_weight < 0).any() or not 0 < sample_weight.sum() < np.inf:
        return f"sample_weight must hold a weight >= 0 for each sample, not all 0; got {sample_weight}"
    gap = abs(hits.mean() - np.average(hits, weights=sample_weight))
    if gap > 0.3:
        return True
    if np.ptp(sample_weight) == 0:
        why = "all weights are equal"
    elif np.ptp(hits) == 0:
        why = "all samples are judged alike, so that weights cannot matter"
    else:
        why = "the weights of hits and misses are too much alike"
    return f"the two accuracies differ by {gap:.4f} here: not more than 0.3; {why}"


chapter.counterexample(
    "weights_unseen",
    section="Spot the bug",
    asks="a pair of arrays, (hits, sample_weight)",
    example=([1, 0], [9, 1]),
    refutes=_unweighted,
)
