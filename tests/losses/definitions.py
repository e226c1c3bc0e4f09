"""What the losses are by definition, with their slopes, in mpmath: the measure of accuracy in tests and benchmarks.

A definition takes one row of each array as a list of mpf, and the options of the loss; it gives an mpf. A slope gives
the list of derivatives with respect to the last row. The clips and the epsilon of Keras are part of the definitions.
"""

from itertools import groupby, product

import mpmath
from mpmath import fdot, fprod, fsum, log, mpf

EPSILON = mpf(1e-7)  # the doubles, as the definitions use them
ALMOST_ONE = mpf(1 - 1e-7)
NOUGHT = mpf(0)


def exp(x):
    """e^x, and 0 where it is smaller than anything asked for: sums over such terms would take their time."""
    return mpmath.exp(x) if x > -10_000 else NOUGHT


def clipped(p):
    """What Keras makes of a probability."""
    return min(max(p, EPSILON), ALMOST_ONE)


def is_clipped(p):
    return clipped(p) != p


def log_sigmoid(z):
    return -mpmath.log1p(exp(-z)) if z > 0 else z - mpmath.log1p(exp(z))


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def log_softmax(z):
    top = max(z)
    total = log(fsum(exp(x - top) for x in z))
    return [x - top - total for x in z]


def softmax(z):
    return [mpmath.exp(x) for x in log_softmax(z)]


def rescaled(p):
    total = fsum(p)
    return [x / total for x in p]


def smoothed(y, label_smoothing, number_of_classes):
    return y * (1 - mpf(label_smoothing)) + mpf(label_smoothing) / number_of_classes


# means over entries: the term of one, and its slope


def log_floor(x):
    return mpmath.log1p(max(x, EPSILON))


def root(y, p, delta):
    return mpmath.sqrt(1 + ((p - y) / mpf(delta)) ** 2)


def surprise(on, off, p, from_logits=False):
    """The cross-entropy of one entry, given what a 1 and what a 0 weigh there."""
    if from_logits:
        return -(on * log_sigmoid(p) + off * log_sigmoid(-p))
    return -(on * log(clipped(p)) + off * log(1 - clipped(p)))


def surprise_slope(on, off, p, from_logits=False):
    if from_logits:
        return off * sigmoid(p) - on * sigmoid(-p)
    return NOUGHT if is_clipped(p) else off / (1 - p) - on / p


def binary_crossentropy(y, p, from_logits=False, label_smoothing=0):
    y = smoothed(y, label_smoothing, 2)
    return surprise(y, 1 - y, p, from_logits)


def binary_crossentropy_slope(y, p, from_logits=False, label_smoothing=0):
    y = smoothed(y, label_smoothing, 2)
    return surprise_slope(y, 1 - y, p, from_logits)


def focus(y, p, from_logits, balanced):
    """The weight of a label's class, the probability that went to the wrong side, and the slope of that."""
    weight = (y + (1 - y) * 3) / 4 if balanced else 1
    q = sigmoid(p) if from_logits else p
    return weight, (1 - y) * q + y * (1 - q), (1 - 2 * y) * (q * (1 - q) if from_logits else 1)


def binary_focal_crossentropy(y, p, gamma=2, from_logits=False, label_smoothing=0, apply_class_balancing=False):
    y = smoothed(y, label_smoothing, 2)
    weight, wrong, _ = focus(y, p, from_logits, apply_class_balancing)
    return weight * wrong ** mpf(gamma) * surprise(y, 1 - y, p, from_logits)


def binary_focal_crossentropy_slope(y, p, gamma=2, from_logits=False, label_smoothing=0, apply_class_balancing=False):
    y = smoothed(y, label_smoothing, 2)
    weight, wrong, wrong_slope = focus(y, p, from_logits, apply_class_balancing)
    fading = gamma * wrong ** (mpf(gamma) - 1) * wrong_slope
    cost, slope = surprise(y, 1 - y, p, from_logits), surprise_slope(y, 1 - y, p, from_logits)
    return weight * (fading * cost + wrong ** mpf(gamma) * slope)


def times_log(p, q):
    return p * (log(q) if q else -mpmath.inf) if p else NOUGHT


def over(p, q):
    return (p / q if q else mpmath.inf) if p else NOUGHT


MEANS = {
    "mean_squared_error": (lambda y, p: (p - y) ** 2, lambda y, p: 2 * (p - y)),
    "mean_absolute_error": (lambda y, p: abs(p - y), lambda y, p: mpmath.sign(p - y)),
    "mean_absolute_percentage_error": (
        lambda y, p: 100 * abs(p - y) / max(abs(y), EPSILON),
        lambda y, p: 100 * mpmath.sign(p - y) / max(abs(y), EPSILON),
    ),
    "mean_squared_logarithmic_error": (
        lambda y, p: (log_floor(p) - log_floor(y)) ** 2,
        lambda y, p: 2 * (log_floor(p) - log_floor(y)) / (1 + p) if p >= EPSILON else NOUGHT,
    ),
    "huber": (
        lambda y, p, delta=1.0: (p - y) ** 2 / 2 if abs(p - y) <= delta else delta * (abs(p - y) - mpf(delta) / 2),
        lambda y, p, delta=1.0: max(-mpf(delta), min(p - y, mpf(delta))),
    ),
    "pseudo_huber": (
        lambda y, p, delta=1.0: (p - y) ** 2 / (1 + root(y, p, delta)),
        lambda y, p, delta=1.0: (p - y) / root(y, p, delta),
    ),
    "log_cosh": (
        lambda y, p: abs(p - y) - log(2) + mpmath.log1p(exp(-2 * abs(p - y))),
        lambda y, p: mpmath.tanh(p - y),
    ),
    "quantile": (
        lambda y, p, tau=0.5: max(mpf(tau) * (y - p), (mpf(tau) - 1) * (y - p)),
        lambda y, p, tau=0.5: -mpf(tau) if p < y else 1 - mpf(tau) if p > y else NOUGHT,
    ),
    "contrastive": (
        lambda y, d, margin=1.0: (y * d**2 + (1 - y) * max(mpf(margin) - d, 0) ** 2) / 2,
        lambda y, d, margin=1.0: y * d - (1 - y) * max(mpf(margin) - d, 0),
    ),
    "hinge": (lambda y, p: max(1 - y * p, 0), lambda y, p: -y if 1 - y * p >= 0 else NOUGHT),
    "squared_hinge": (lambda y, p: max(1 - y * p, 0) ** 2, lambda y, p: -2 * y * max(1 - y * p, 0)),
    "poisson": (lambda y, p: p - y * log(p + EPSILON), lambda y, p: 1 - y / (p + EPSILON)),
    "log_loss": (
        lambda y, p: -times_log(y, p) - times_log(1 - y, 1 - p),
        lambda y, p: over(1 - y, 1 - p) - over(y, p),
    ),
    "binary_crossentropy": (binary_crossentropy, binary_crossentropy_slope),
    "binary_focal_crossentropy": (binary_focal_crossentropy, binary_focal_crossentropy_slope),
}


# not reduced at all


def sigmoid_cross_entropy_with_logits(labels, logits, pos_weight=1):
    return [surprise(pos_weight * y, 1 - y, z, from_logits=True) for y, z in zip(labels, logits, strict=True)]


def sigmoid_cross_entropy_slope(labels, logits, pos_weight=1):
    return [surprise_slope(pos_weight * y, 1 - y, z, from_logits=True) for y, z in zip(labels, logits, strict=True)]


# sums over the classes


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0):
    labels = [smoothed(y, label_smoothing, len(y_true)) for y in y_true]
    logs = log_softmax(y_pred) if from_logits else [log(clipped(p)) for p in rescaled(y_pred)]
    return -fdot(labels, logs)


def categorical_crossentropy_slope(y_true, y_pred, from_logits=False, label_smoothing=0):
    labels = [smoothed(y, label_smoothing, len(y_true)) for y in y_true]
    if from_logits:
        return [fsum(labels) * q - y for y, q in zip(labels, softmax(y_pred), strict=True)]
    p = rescaled(y_pred)
    return through_rescaling([NOUGHT if is_clipped(q) else -y / q for y, q in zip(labels, p, strict=True)], p, y_pred)


def through_rescaling(slopes, p, y_pred):
    return [(slope - fdot(slopes, p)) / fsum(y_pred) for slope in slopes]


def categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2, from_logits=False, label_smoothing=0):
    labels = [smoothed(y, label_smoothing, len(y_true)) for y in y_true]
    p = [clipped(q) for q in (softmax(y_pred) if from_logits else rescaled(y_pred))]
    return -mpf(alpha) * fsum((1 - q) ** mpf(gamma) * y * log(q) for y, q in zip(labels, p, strict=True))


def categorical_focal_crossentropy_slope(y_true, y_pred, alpha=0.25, gamma=2, from_logits=False, label_smoothing=0):
    labels = [smoothed(y, label_smoothing, len(y_true)) for y in y_true]
    p = softmax(y_pred) if from_logits else rescaled(y_pred)

    def slope(y, q):
        fading = gamma * (1 - q) ** (mpf(gamma) - 1) * log(q)
        return mpf(alpha) * y * (fading - (1 - q) ** mpf(gamma) / q)

    slopes = [NOUGHT if is_clipped(q) else slope(y, q) for y, q in zip(labels, p, strict=True)]
    if from_logits:
        return [q * (slope - fdot(slopes, p)) for slope, q in zip(slopes, p, strict=True)]
    return through_rescaling(slopes, p, y_pred)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False):
    label = int(y_true[0])
    if from_logits:
        return -log_softmax(y_pred)[label]
    p = [clipped(q) for q in y_pred]
    return log(fsum(p)) - log(p[label])


def sparse_categorical_crossentropy_slope(y_true, y_pred, from_logits=False):
    label = int(y_true[0])
    if from_logits:
        return [q - (k == label) for k, q in enumerate(softmax(y_pred))]
    total = fsum(clipped(q) for q in y_pred)
    return [NOUGHT if is_clipped(q) else 1 / total - (1 / q if k == label else 0) for k, q in enumerate(y_pred)]


def softmax_with_loss(scores, labels):
    """Both tops of Caffe's layer, for a batch of one."""
    return [sparse_categorical_crossentropy(labels, scores[0], from_logits=True), *softmax(scores[0])]


def generalized_cross_entropy_slope(y_true, y_pred, q):
    return [-(p ** (mpf(q) - 1)) if k == int(y_true[0]) else NOUGHT for k, p in enumerate(y_pred)]


def categorical_hinge(y_true, y_pred):
    rivals = max((1 - y) * p for y, p in zip(y_true, y_pred, strict=True))
    return max(rivals - fdot(y_true, y_pred) + 1, 0)


def categorical_hinge_slope(y_true, y_pred):
    rivals = [(1 - y) * p for y, p in zip(y_true, y_pred, strict=True)]
    if max(rivals) - fdot(y_true, y_pred) + 1 < 0:
        return [NOUGHT] * len(y_true)
    share = mpf(1) / rivals.count(max(rivals))
    return [(1 - y) * share * (r == max(rivals)) - y for y, r in zip(y_true, rivals, strict=True)]


def kl_divergence(y_true, y_pred):
    p, q = ([min(max(x, EPSILON), 1) for x in row] for row in (y_true, y_pred))
    return fsum(a * log(a / b) for a, b in zip(p, q, strict=True))


def kl_divergence_slope(y_true, y_pred):
    p = [min(max(x, EPSILON), 1) for x in y_true]
    return [-a / b if EPSILON <= b <= 1 else NOUGHT for a, b in zip(p, y_pred, strict=True)]


def gaussian_kl(mu_p, sigma_p, mu_q, sigma_q):
    (mu_p,), (sigma_p,), (mu_q,), (sigma_q,) = mu_p, sigma_p, mu_q, sigma_q
    return log(sigma_q / sigma_p) + (sigma_p**2 + (mu_p - mu_q) ** 2) / (2 * sigma_q**2) - mpf(1) / 2


def jensen_shannon(p, q):
    return fsum(x * log(2 * x / (a + b)) for a, b in zip(p, q, strict=True) for x in (a, b) if x) / 2


# directions, regions, paths


def length(x):
    return max(mpmath.sqrt(fdot(x, x)), EPSILON)


def cosine_similarity(y_true, y_pred):
    return -fdot(y_true, y_pred) / length(y_true) / length(y_pred)


def cosine_similarity_slope(y_true, y_pred):
    norm = length(y_pred)
    cosine = fdot(y_true, y_pred) / length(y_true) / norm if norm > EPSILON else 0
    return [(cosine * p / norm - y / length(y_true)) / norm for y, p in zip(y_true, y_pred, strict=True)]


def squared_distance(x, y):
    return fsum((a - b) ** 2 for a, b in zip(x, y, strict=True))


def brier_slope(y_true, y_pred):
    return [2 * (p - y) for y, p in zip(y_true, y_pred, strict=True)]


def gaussian_nll(y_true, y_pred, var, full=False):
    constant = log(2 * mpmath.pi) if full else 0
    rows = zip(y_true, y_pred, var, strict=True)
    return fsum(log(max(v, mpf(1e-6))) + (p - y) ** 2 / max(v, mpf(1e-6)) + constant for y, p, v in rows) / 2 / len(var)


def gaussian_nll_slope(y_true, y_pred, var, full=False):
    rows = [(p - y, max(v, mpf(1e-6))) for y, p, v in zip(y_true, y_pred, var, strict=True)]
    return [e / v / len(var) for e, v in rows] + [(v - e**2) / (2 * v**2) / len(var) for e, v in rows]


def triplet_excess(a, p, n, margin):
    return squared_distance(a, p) - squared_distance(a, n) + mpf(margin)


def triplet_slope(a, p, n, margin=0.2):
    is_positive = triplet_excess(a, p, n, margin) >= 0
    sides = (n, p), (p, a), (a, n)
    return [2 * (x - y) if is_positive else NOUGHT for side in sides for x, y in zip(*side, strict=True)]


def dice(y_true, y_pred):
    return 1 - 2 * fdot(y_true, y_pred) / (fsum(y_true) + fsum(y_pred) + EPSILON)


def dice_slope(y_true, y_pred):
    size = fsum(y_true) + fsum(y_pred) + EPSILON
    return [2 * (fdot(y_true, y_pred) / size - y) / size for y in y_true]


def tversky_size(y_true, y_pred, alpha, beta):
    pairs = list(zip(y_true, y_pred, strict=True))
    missed, invented = fsum(y * (1 - p) for y, p in pairs), fsum((1 - y) * p for y, p in pairs)
    return fdot(y_true, y_pred) + mpf(alpha) * missed + mpf(beta) * invented + EPSILON


def tversky(y_true, y_pred, alpha=0.5, beta=0.5):
    return 1 - fdot(y_true, y_pred) / tversky_size(y_true, y_pred, alpha, beta)


def tversky_slope(y_true, y_pred, alpha=0.5, beta=0.5):
    size = tversky_size(y_true, y_pred, alpha, beta)
    share = fdot(y_true, y_pred) / size
    return [(share * (y - mpf(alpha) * y + mpf(beta) * (1 - y)) - y) / size for y in y_true]


def circle_parts(labels, x, gamma, margin):
    """For each embedding: the exponentials of its pairs with their slopes in the similarity, alike and apart."""
    gamma, m = mpf(gamma), mpf(margin)
    for i, (label, a) in enumerate(zip(labels, x, strict=True)):
        alike, apart = {}, {}
        for j, (other, b) in enumerate(zip(labels, x, strict=True)):
            s = fdot(a, b)
            d, near = max(1 - s, 0), max(min(s, 1), -m)
            if label != other:
                pull = mpmath.exp(gamma * (near**2 - m**2))
                apart[j] = pull, pull * 2 * gamma * s * (-m <= s <= 1)
            elif i != j:
                push = mpmath.exp(gamma * (d**2 - m**2))
                alike[j] = push, -push * 2 * gamma * d
        yield alike, apart, *(fsum(e for e, _ in pairs.values()) for pairs in (alike, apart))


def circle(labels, x, gamma=80, margin=0.4):
    return [mpmath.log1p(p * n) for _, _, p, n in circle_parts(labels, x, gamma, margin)]


def circle_slope(labels, x, gamma=80, margin=0.4):
    slope = [[NOUGHT] * len(row) for row in x]
    for i, (alike, apart, p, n) in enumerate(circle_parts(labels, x, gamma, margin)):
        for pairs, factor in (alike, n), (apart, p):
            for j, (_, change) in pairs.items():
                share = change * factor / (1 + p * n)
                slope[i] = [a + share * b for a, b in zip(slope[i], x[j], strict=True)]
                slope[j] = [a + share * b for a, b in zip(slope[j], x[i], strict=True)]
    return slope


def read(path):
    return [label for label, _ in groupby(path) if label]


def spellings(labels, logits):
    """Every path, one class a frame, that reads as the labels; the softmax of the frames; each path's probability."""
    p = [softmax(frame) for frame in logits]
    paths = [path for path in product(range(len(p[0])), repeat=len(p)) if read(path) == [k for k in labels if k]]
    return paths, p, [fprod(p[t][k] for t, k in enumerate(path)) for path in paths]


def ctc(labels, logits):
    return -log(fsum(spellings(labels, logits)[2]))


def ctc_slope(labels, logits):
    paths, p, probabilities = spellings(labels, logits)
    total = fsum(probabilities)

    def share(t, k):
        return fsum(q for path, q in zip(paths, probabilities, strict=True) if path[t] == k) / total

    return [[q - share(t, k) for k, q in enumerate(frame)] for t, frame in enumerate(p)]


def mean_of(term):
    """A loss of two rows: the mean of `term(y, p)`."""
    return lambda y_true, y_pred, **options: (
        fsum(term(y, p, **options) for y, p in zip(y_true, y_pred, strict=True)) / len(y_true)
    )


def slopes_of(slope):
    """The slopes of a mean, given that of its term."""
    return lambda y_true, y_pred, **options: [
        slope(y, p, **options) / len(y_true) for y, p in zip(y_true, y_pred, strict=True)
    ]


DEFINITIONS = {name: (mean_of(term), slopes_of(slope)) for name, (term, slope) in MEANS.items()} | {
    "sigmoid_cross_entropy_with_logits": (sigmoid_cross_entropy_with_logits, sigmoid_cross_entropy_slope),
    "weighted_cross_entropy_with_logits": (sigmoid_cross_entropy_with_logits, sigmoid_cross_entropy_slope),
    "softmax_cross_entropy_with_logits": (
        lambda y, z: categorical_crossentropy(y, z, from_logits=True),
        lambda y, z: categorical_crossentropy_slope(y, z, from_logits=True),
    ),
    "categorical_crossentropy": (categorical_crossentropy, categorical_crossentropy_slope),
    "categorical_focal_crossentropy": (categorical_focal_crossentropy, categorical_focal_crossentropy_slope),
    "sparse_categorical_crossentropy": (sparse_categorical_crossentropy, sparse_categorical_crossentropy_slope),
    "softmax_with_loss": (
        softmax_with_loss,
        lambda scores, labels: sparse_categorical_crossentropy_slope(labels, scores[0], from_logits=True),
    ),
    "categorical_generalized_cross_entropy": (
        lambda y, p, q: (1 - p[int(y[0])] ** mpf(q)) / mpf(q),
        generalized_cross_entropy_slope,
    ),
    "categorical_hinge": (categorical_hinge, categorical_hinge_slope),
    "kl_divergence": (kl_divergence, kl_divergence_slope),
    "entropy": (lambda p: -fsum(times_log(x, x) for x in p), lambda p: [-log(x) - 1 for x in p]),
    "cross_entropy": (
        lambda p, q: -fsum(map(times_log, p, q)),
        lambda p, q: [-over(x, y) for x, y in zip(p, q, strict=True)],
    ),
    "gaussian_kl": (gaussian_kl, None),
    "jensen_shannon": (jensen_shannon, None),
    "cosine_similarity": (cosine_similarity, cosine_similarity_slope),
    "brier": (squared_distance, brier_slope),
    "gaussian_nll": (gaussian_nll, gaussian_nll_slope),
    "triplet": (lambda a, p, n, margin=0.2: max(triplet_excess(a, p, n, margin), 0), triplet_slope),
    "dice": (dice, dice_slope),
    "tversky": (tversky, tversky_slope),
    "circle": (circle, circle_slope),
    "ctc": (ctc, ctc_slope),
}
