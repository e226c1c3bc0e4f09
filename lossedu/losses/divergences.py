"""Entropy, cross-entropy and what lies between them: the Kullback-Leibler divergence and its relatives.

All logarithms are natural, so all results are in nats.
"""

import numpy as np

from lossedu.arrays import Array, Floats, require_positive, require_probabilities
from lossedu.losses._loss import EPSILON, loss
from lossedu.losses.declaration import BELIEF, INFINITE, LN2, Call, ClassForm, Curve, Event, Facts, Naive, declare
from lossedu.losses.reduction import mean


@loss
def entropy(p: Array) -> Floats:
    r"""The mean surprise of a distribution: how many nats per symbol its best code needs.

    .. math:: H(p) = -\sum_i p_i \ln p_i, \qquad 0 \ln 0 = 0

    Args:
        p: probabilities in [0, 1], shape `(..., D)`; each row sums to 1.

    Returns:
        Sum over the last axis, shape `(...)`, in nats, between 0 and ln D.

    Raises:
        TypeError: `p` does not hold real numbers.
        ValueError: `p` is empty, holds NaN or a value outside [0, 1].

    Source: C. E. Shannon, "A Mathematical Theory of Communication", 1948.

    >>> float(entropy([0.5, 0.25, 0.125, 0.125]) / np.log(2))   # in bits
    1.75
    """
    require_probabilities(p=p)
    return -p_log_q(p, p).sum(-1)


@entropy.gradient_of
def entropy_gradient(p: Array) -> Floats:
    r""".. math:: -\ln p_i - 1"""
    require_probabilities(p=p)
    with np.errstate(divide="ignore"):  # the slope at p = 0 is infinite, and infinity is the answer
        return -np.log(p) - 1


declare(
    entropy,
    title="Entropy",
    family="divergence",
    chapter="07_kl_divergence",
    curve=Curve(lambda x: ([x, 1 - x],), 0.02, 0.98, "x, for the distribution [x, 1 - x]"),
    also=("Shannon entropy",),
    example={"p": [0.5, 0.25, 0.25]},
    elsewhere={
        "SciPy": Call("scipy.stats.entropy(p)", "first divides p by its sum; `base=2` gives bits"),
    },
    naive=Naive("-(p * np.log(p)).sum()", {"p": [1.0, 0.0]}),
    facts=Facts(
        use="you ask how uncertain a distribution is in itself",
        avoid="you compare two distributions",
        best="one entry 1, the others 0; alone, entropy is not used as a loss",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=False,
        doi="10.1002/j.1538-7305.1948.tb01338.x",
        related=("cross_entropy", "kl_divergence", "jensen_shannon"),
    ),
    history=(
        Event(
            1948,
            "Shannon uses it to measure how much information a source of messages produces",
            doi="10.1002/j.1538-7305.1948.tb01338.x",
        ),
        Event(
            1986,
            "Quinlan builds decision trees: each question is the one that lowers the entropy most",
            doi="10.1007/BF00116251",
        ),
    ),
)


@loss
def cross_entropy(p: Array, q: Array) -> Floats:
    r"""The mean surprise of somebody who believes `q` while the truth is `p`.

    .. math:: H(p, q) = -\sum_i p_i \ln q_i, \qquad 0 \ln 0 = 0

    This is the mathematical definition, without the clip that the losses of Keras apply: it is infinite where
    something can happen (`p > 0`) that is impossible according to q (`q = 0`).

    Args:
        p, q: probabilities in [0, 1], of one shape `(..., D)`; each row sums to 1.

    Returns:
        Sum over the last axis, shape `(...)`, in nats; never below `entropy(p)`.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or values outside [0, 1].

    Source: C. E. Shannon, "A Mathematical Theory of Communication", 1948.

    >>> float(cross_entropy([0.5, 0.25, 0.125, 0.125], [0.25] * 4) / np.log(2))   # in bits
    2.0
    >>> float(cross_entropy([0.5, 0.5], [1.0, 0.0]))
    inf
    """
    require_probabilities(p=p, q=q)
    return -p_log_q(p, q).sum(-1)


@cross_entropy.gradient_of
def cross_entropy_gradient(p: Array, q: Array) -> Floats:
    r""".. math:: -p_i / q_i, \qquad 0 / 0 = 0"""
    require_probabilities(p=p, q=q)
    return -p_over_q(p, q)


declare(
    cross_entropy,
    title="Cross-entropy of two distributions",
    family="divergence",
    chapter="07_kl_divergence",
    curve=BELIEF,
    example={"p": [0.5, 0.25, 0.25], "q": [0.4, 0.4, 0.2]},
    elsewhere={
        "SciPy": Call("-scipy.special.xlogy(p, q).sum()", "returns p ln q per entry"),
    },
    naive=Naive("-(p * np.log(q)).sum()", {"p": [1.0, 0.0], "q": [1.0, 0.0]}),
    facts=Facts(
        use="you want the mathematical definition: without a clip, infinite where q is 0 and p is not",
        avoid="you train a network: take a cross-entropy of logits",
        best="q = the mean of all p",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.1002/j.1538-7305.1948.tb01338.x",
        related=("entropy", "kl_divergence", "categorical_crossentropy"),
    ),
    history=(
        Event(1961, "Kerridge defines it under the name inaccuracy, for probabilities that are stated wrongly"),
        Event(
            2020,
            "Kaplan and others find that it falls as a power law when language models grow",
            doi="10.48550/arXiv.2001.08361",
        ),
    ),
)


@loss
def kl_divergence(y_true: Array, y_pred: Array) -> Floats:
    r"""The information lost when `y_pred` is used in place of `y_true`: relative entropy.

    .. math:: D(p \| q) = \sum_i p_i \ln \frac{p_i}{q_i}, \qquad p, q \text{ clipped to } [\epsilon, 1]

    The clip is Keras's, with :math:`\epsilon = 10^{-7}`. It keeps the value finite where `y_pred` is 0, makes
    `0 ln 0` about -1.6e-6 instead of 0, and stops the gradient outside [epsilon, 1].

    Args:
        y_true: the true distribution, shape `(..., D)`; each row sums to 1.
        y_pred: the distribution put in its place, same shape.

    Returns:
        Sum over the last axis, shape `(...)`, in nats; at least 0 (apart from the clip) and 0 only where both agree.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, or NaN.

    Source: S. Kullback and R. A. Leibler, "On Information and Sufficiency", 1951. Keras: `keras.losses.kl_divergence`.

    >>> round(float(kl_divergence([0.5, 0.5], [0.9, 0.1])), 4)
    0.5108
    >>> round(float(kl_divergence([0.9, 0.1], [0.5, 0.5])), 4)    # not symmetric
    0.3681
    """
    p, q = np.clip(y_true, EPSILON, 1), np.clip(y_pred, EPSILON, 1)
    return (p * np.log(p / q)).sum(-1)


@kl_divergence.gradient_of
def kl_divergence_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: -p_i / q_i \text{ for } q_i \in [\epsilon, 1], \qquad 0 \text{ outside}"""
    p, q = np.clip(y_true, EPSILON, 1), np.clip(y_pred, EPSILON, 1)
    return np.where(q == y_pred, -p / q, 0)  # a clipped prediction no longer moves the loss


declare(
    kl_divergence,
    title="Kullback-Leibler divergence",
    family="divergence",
    chapter="07_kl_divergence",
    curve=BELIEF,
    keras_class=ClassForm("KLDivergence"),
    aliases={"Keras 1": ("kld", "KLD", "kullback_leibler_divergence")},
    also=("KLDivLoss", "relative entropy", "KLD", "information gain"),
    example={"y_true": [0.5, 0.25, 0.25], "y_pred": [0.4, 0.4, 0.2]},
    elsewhere={
        "tf.keras": Call("keras.losses.kl_divergence(y_true, y_pred)"),
        "PyTorch": Call(
            'F.kl_div(torch.log(y_pred), y_true, reduction="sum")',
            'takes ln y_pred, and it comes first; for a batch, use `reduction="batchmean"`',
        ),
        "optax": Call("optax.kl_divergence(jnp.log(y_pred), y_true)", "takes ln y_pred, and it comes first"),
        "SciPy": Call("scipy.special.rel_entr(y_true, y_pred).sum()", "returns one term per entry, without a clip"),
    },
    naive=Naive("(y_true * np.log(y_true / y_pred)).sum()", {"y_true": [1.0, 0.0], "y_pred": [0.5, 0.5]}),
    facts=Facts(
        use="predictions should match a distribution, such as a teacher's or a prior",
        avoid="labels are one-hot: cross-entropy is the same and simpler",
        best="the mean of the distributions in y_true",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=True,
        doi="10.1214/aoms/1177729694",
        related=("cross_entropy", "jensen_shannon", "gaussian_kl", "categorical_crossentropy"),
    ),
    history=(
        Event(
            1951,
            "Kullback and Leibler define it as the information that distinguishes two distributions",
            doi="10.1214/aoms/1177729694",
        ),
        Event(2008, "Van der Maaten and Hinton minimise it in t-SNE, which draws data of many dimensions as a map"),
    ),
)


@loss
def gaussian_kl(mu_p: Array, sigma_p: Array, mu_q: Array, sigma_q: Array) -> Floats:
    r"""The Kullback-Leibler divergence between two normal distributions, in closed form.

    .. math:: D(p \| q) = \ln\frac{\sigma_q}{\sigma_p} + \frac{\sigma_p^2 + (\mu_p - \mu_q)^2}{2\sigma_q^2} - \frac12

    Args:
        mu_p, mu_q: means, arrays that broadcast to each other, any unit.
        sigma_p, sigma_q: standard deviations (not variances), in the same unit; > 0.

    Returns:
        The divergence of each pair, in the broadcast shape, in nats; at least 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or a standard deviation that is not positive.

    Source: S. Kullback, "Information Theory and Statistics", 1959.

    >>> round(float(gaussian_kl(0.0, 1.0, 1.0, 2.0)), 4)
    0.4431
    """
    require_positive(sigma_p=sigma_p, sigma_q=sigma_q)
    ratio, shift = sigma_p / sigma_q, (mu_p - mu_q) / sigma_q
    with np.errstate(divide="ignore"):
        is_exact = (np.finfo(ratio.dtype).tiny <= ratio) & (ratio < np.inf)  # close deviations need the quotient
        log_ratio = np.where(is_exact, np.log(ratio), np.log(sigma_p) - np.log(sigma_q))
    return shift / 2 * shift + (ratio - 1) / 2 * (ratio + 1) - log_ratio


declare(
    gaussian_kl,
    title="Kullback-Leibler divergence of two Gaussians",
    family="divergence",
    chapter="07_kl_divergence",
    curve=Curve(lambda x: (0.0, 1.0, x, 1.0), -3, 3, "mu_q, for mu_p = 0 and both deviations 1"),
    also=("variational autoencoder",),
    example={"mu_p": 0.0, "sigma_p": 1.0, "mu_q": 1.0, "sigma_q": 2.0},
    elsewhere={
        "PyTorch": Call(
            "torch.distributions.kl_divergence("
            "torch.distributions.Normal(0.0, 1.0), torch.distributions.Normal(1.0, 2.0))",
            "takes two distributions",
        ),
    },
    facts=Facts(
        use="both distributions are Gaussian, such as in a variational autoencoder",
        avoid="one of them is not Gaussian: then estimate the divergence from samples",
        best="equal means and equal sigmas",
        unit="nats",
        least=0,
        most=INFINITE,
        convex=False,
        related=("kl_divergence", "gaussian_nll"),
    ),
    history=(
        Event(1959, "Kullback gives the divergence of two normal distributions in a book on information theory"),
        Event(
            2013,
            "Kingma and Welling use it in the variational autoencoder, to keep codes near a normal distribution",
            doi="10.48550/arXiv.1312.6114",
        ),
    ),
)


@loss
def poisson(y_true: Array, y_pred: Array) -> Floats:
    r"""Negative log-likelihood of Poisson counts, without the part that depends on the counts alone.

    .. math:: \frac1D \sum_i \left( \hat y_i - y_i \ln(\hat y_i + \epsilon) \right), \qquad \epsilon = 10^{-7}

    It differs from the generalised Kullback-Leibler divergence only by epsilon and by a term without `y_pred`.

    Args:
        y_true: counts, >= 0, shape `(..., D)`.
        y_pred: predicted rates, > 0, same shape and unit.

    Returns:
        Mean over the last axis, shape `(...)`; its minimum, at `y_pred = y_true`, is not 0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or a rate of -1e-7 or below.

    Source: P. McCullagh and J. A. Nelder, "Generalized Linear Models", 1989. Keras: `keras.losses.poisson`.

    >>> round(float(poisson([2.0, 0.0], [1.0, 0.5])), 4)
    0.75
    """
    rate = y_pred + EPSILON
    require_positive(**{"y_pred + 1e-7": rate})
    # in units of 1024 no term overflows: no logarithm is as large
    return 1024 * mean(y_pred / 1024 - y_true * (np.log(rate) / 1024))


@poisson.gradient_of
def poisson_gradient(y_true: Array, y_pred: Array) -> Floats:
    r""".. math:: \frac1D \left( 1 - \frac{y_i}{\hat y_i + \epsilon} \right)"""
    rate = y_pred + EPSILON
    require_positive(**{"y_pred + 1e-7": rate})
    return (1 - y_true / rate) / y_pred.shape[-1]


declare(
    poisson,
    title="Poisson loss",
    family="divergence",
    chapter="07_kl_divergence",
    curve=Curve(lambda x: ([2.0], [x]), 0.2, 6, "y_pred, for y_true = 2"),
    keras_class=ClassForm("Poisson"),
    also=("PoissonNLLLoss", "count regression"),
    example={"y_true": [2.0, 0.0, 3.0], "y_pred": [1.5, 0.5, 4.0]},
    elsewhere={
        "tf.keras": Call("keras.losses.poisson(y_true, y_pred)"),
        "PyTorch": Call(
            "F.poisson_nll_loss(y_pred, y_true, log_input=False)",
            "the predictions come first; takes ln y_pred unless `log_input=False`",
        ),
    },
    facts=Facts(
        use="labels are counts, and the network predicts their rate",
        avoid="the variance of the counts exceeds their mean",
        best="the mean",
        unit="nats; a part that depends on y alone is left out",
        least=-INFINITE,
        most=INFINITE,
        convex=True,
        noise="Poisson",
        related=("mean_squared_error", "kl_divergence", "mean_squared_logarithmic_error"),
    ),
    history=(
        Event(1837, "Poisson describes the distribution that bears his name, in a book on the verdicts of courts"),
        Event(
            1972,
            "Nelder and Wedderburn fit counts and other labels by one method, generalised linear models",
            doi="10.2307/2344614",
        ),
    ),
)


@loss
def jensen_shannon(p: Array, q: Array) -> Floats:
    r"""The mean divergence of two distributions from their mixture: symmetric, and bounded by ln 2.

    .. math:: J(p, q) = \tfrac12 D(p \| m) + \tfrac12 D(q \| m), \qquad m = \tfrac12 (p + q)

    Its square root is a distance in the full sense: it obeys the triangle inequality too.

    Args:
        p, q: probabilities in [0, 1], of one shape `(..., D)`; each row sums to 1.

    Returns:
        Sum over the last axis, shape `(...)`, in nats, between 0 and ln 2.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes that don't fit, an empty array, NaN, or values outside [0, 1].

    Sources: J. Lin, "Divergence Measures Based on the Shannon Entropy", 1991; D. M. Endres and J. E. Schindelin,
    "A New Metric for Probability Distributions", 2003.

    >>> bool(np.isclose(jensen_shannon([1.0, 0.0], [0.0, 1.0]), np.log(2)))
    True
    """
    require_probabilities(p=p, q=q)
    m = (p + q) / 2
    x = np.minimum(p_over_q(np.abs(p - q) / 2, m), 0.5)  # p and q are m (1 + x) and m (1 - x), one way or the other
    near = m * (np.log1p(-(x**2)) + 2 * x * np.arctanh(x))  # the two logarithms would nearly cancel each other
    apart = p_log_q(p, p_over_q(p, m)) + p_log_q(q, p_over_q(q, m))
    return np.where(x < 0.5, near, apart).sum(-1) / 2


declare(
    jensen_shannon,
    title="Jensen-Shannon divergence",
    family="divergence",
    chapter="07_kl_divergence",
    curve=BELIEF,
    also=("JSD", "Jensen-Shannon distance, squared"),
    example={"p": [0.5, 0.25, 0.25], "q": [0.4, 0.4, 0.2]},
    elsewhere={
        "SciPy": Call(
            "scipy.spatial.distance.jensenshannon(p, q) ** 2",
            "returns the square root; normalises p and q first",
        ),
    },
    naive=Naive(
        "(p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q))).sum() / 2", {"p": [1.0, 0.0], "q": [0.5, 0.5]}
    ),
    facts=Facts(
        use="neither of the two distributions is the true one, or one may be 0 where the other is not",
        avoid="the two do not overlap: then the loss is ln 2 at any distance",
        best="q = p, for a single p",
        unit="nats",
        least=0,
        most=LN2,
        convex=True,
        doi="10.1109/18.61115",
        related=("kl_divergence", "entropy"),
    ),
    history=(
        Event(1991, "Lin derives a symmetric and always finite divergence from entropy", doi="10.1109/18.61115"),
        Event(
            2014,
            "Goodfellow and others show that a generative network minimises it, if its discriminator is ideal",
            doi="10.48550/arXiv.1406.2661",
        ),
    ),
)


def p_log_q(p, q):
    """`p ln q`, with 0 wherever p is 0, whatever q is there."""
    with np.errstate(divide="ignore"):
        return np.multiply(p, np.log(q), out=np.zeros(np.broadcast_shapes(p.shape, q.shape), p.dtype), where=p != 0)


def p_over_q(p, q):
    """`p / q`, with 0 wherever p is 0, whatever q is there."""
    with np.errstate(divide="ignore"):
        return np.divide(p, q, out=np.zeros(np.broadcast_shapes(p.shape, q.shape), p.dtype), where=p != 0)
