"""Nothing returns NaN for finite, valid input: each loss, gradient, metric and reduction on numbers of any magnitude.

Infinity is allowed, for where the true value is beyond the largest float. A NaN on the way is a RuntimeWarning, and
fails too even if it is hidden later.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossedu import losses, metrics
from lossedu.losses.reduction import REDUCTIONS
from tests.losses.agreement import FLOATS

SHAPES = [(1, 2), (2, 2), (3, 3), (2, 9)]


def floats(dtype, low=-np.inf, high=np.inf):
    """Finite floats from `low` to `high`: often 0, denormal, a power of ten, an end or next to it."""
    limits = np.finfo(dtype)
    low, high = max(low, float(limits.min)), min(high, float(limits.max))
    sizes = [0, limits.smallest_subnormal, limits.tiny, limits.eps, 1 - limits.epsneg, limits.max / 2, limits.max]
    sizes += [x for x in (1e-300, 1e-30, 1e-7, 1e-3, 1, 1e9, 1e30, 1e154, 1e300) if x < float(limits.max)]
    usual = {float(dtype(sign * size)) for sign in (1, -1) for size in sizes}
    usual = sorted(x for x in usual | {low, high} if low <= x <= high)
    return st.sampled_from(usual) | st.floats(low, high, width=limits.bits)


def numbers(low=-np.inf, high=np.inf):
    """The domain of arrays of such floats."""
    return lambda dtype, shape: arrays(dtype, shape, elements=floats(dtype, low, high))


def among(*values):
    return lambda dtype, shape: arrays(dtype, shape, elements=st.sampled_from(values))


def one_hot(dtype, shape):
    return class_numbers(dtype, shape).map(lambda labels: np.eye(shape[-1], dtype=dtype)[labels])


def class_numbers(dtype, shape):
    return arrays(int, shape[:-1], elements=st.integers(0, shape[-1] - 1))


def counts(dtype, shape):
    """As large as they may be without losses that are infinite in both directions, which no reduction sums."""
    return numbers(0, float(np.finfo(dtype).max) / 2**14)(dtype, shape)


def some_positive(dtype, shape):
    """Probabilities that need not sum to 1, but not to 0."""
    return numbers(0)(dtype, shape).filter(lambda p: (p.sum(-1) > 0).all())


def deviations(dtype, shape):
    return numbers(float(np.finfo(dtype).smallest_subnormal))(dtype, shape)


def sequences(dtype, shape):
    """Rows with no label, one, or two that are equal."""
    return st.lists(st.sampled_from([[0, 0], [1, 0], [1, 1]]), min_size=shape[0], max_size=shape[0])


def frames(dtype, shape):
    return numbers()(dtype, (shape[0], 5, shape[1]))


ANY, POSITIVE, PROBABILITIES, SIGNS = numbers(), numbers(0), numbers(0, 1), among(-1, 1)
SMOOTHED, FROM_LOGITS = {"label_smoothing": 0.1}, {"from_logits": True}
FADES = [{}, SMOOTHED, {"gamma": 0}, {"gamma": 0.5}, {"gamma": 1e3}]
CASES = [  # name, domains of the arrays, sets of options
    ("mean_squared_error", [ANY, ANY], [{}]),
    ("mean_absolute_error", [ANY, ANY], [{}]),
    ("mean_absolute_percentage_error", [ANY, ANY], [{}]),
    ("mean_squared_logarithmic_error", [ANY, ANY], [{}]),
    ("huber", [ANY, ANY], [{}, {"delta": 1e-30}, {"delta": 1e30}]),
    ("pseudo_huber", [ANY, ANY], [{}, {"delta": 1e-30}, {"delta": 1e30}]),
    ("log_cosh", [ANY, ANY], [{}]),
    ("quantile", [ANY, ANY], [{}, {"tau": 1e-30}, {"tau": 1 - 1e-16}]),
    ("gaussian_nll", [ANY, ANY, POSITIVE], [{}, {"full": True, "eps": 1e-30}, {"eps": 1e30}]),
    ("brier", [PROBABILITIES, PROBABILITIES], [{}]),
    ("contrastive", [PROBABILITIES, POSITIVE], [{}, {"margin": 1e-30}, {"margin": 1e30}]),
    ("triplet", [ANY, ANY, ANY], [{}, {"margin": 1e-30}, {"margin": 1e30}]),
    ("hinge", [SIGNS, ANY], [{}]),
    ("squared_hinge", [SIGNS, ANY], [{}]),
    ("categorical_hinge", [one_hot, ANY], [{}]),
    ("binary_crossentropy", [PROBABILITIES, PROBABILITIES], [{}, SMOOTHED]),
    ("binary_crossentropy", [PROBABILITIES, ANY], [FROM_LOGITS, FROM_LOGITS | SMOOTHED]),
    ("binary_focal_crossentropy", [PROBABILITIES, PROBABILITIES], FADES),
    ("binary_focal_crossentropy", [PROBABILITIES, ANY], [FROM_LOGITS | fade for fade in FADES]),
    ("categorical_crossentropy", [PROBABILITIES, some_positive], [{}, SMOOTHED]),
    ("categorical_crossentropy", [PROBABILITIES, ANY], [FROM_LOGITS, FROM_LOGITS | SMOOTHED]),
    ("categorical_focal_crossentropy", [PROBABILITIES, some_positive], FADES),
    ("categorical_focal_crossentropy", [PROBABILITIES, ANY], [FROM_LOGITS | fade for fade in FADES]),
    ("sparse_categorical_crossentropy", [class_numbers, PROBABILITIES], [{}, {"ignore_class": 1}]),
    ("sparse_categorical_crossentropy", [class_numbers, ANY], [FROM_LOGITS, FROM_LOGITS | {"ignore_class": 1}]),
    ("categorical_generalized_cross_entropy", [class_numbers, PROBABILITIES], [{"q": q} for q in (1e-12, 0.5, 0.999)]),
    ("log_loss", [PROBABILITIES, PROBABILITIES], [{}]),
    ("sigmoid_cross_entropy_with_logits", [PROBABILITIES, ANY], [{}]),
    ("weighted_cross_entropy_with_logits", [PROBABILITIES, ANY, POSITIVE], [{}]),
    ("softmax_cross_entropy_with_logits", [PROBABILITIES, ANY], [{}]),
    ("softmax_with_loss", [ANY, class_numbers], [{}, {"ignore_label": 1}]),
    ("ctc", [sequences, frames], [{}]),
    ("entropy", [PROBABILITIES], [{}]),
    ("cross_entropy", [PROBABILITIES, PROBABILITIES], [{}]),
    ("kl_divergence", [ANY, ANY], [{}]),
    ("jensen_shannon", [PROBABILITIES, PROBABILITIES], [{}]),
    ("gaussian_kl", [ANY, deviations, ANY, deviations], [{}]),
    ("poisson", [counts, POSITIVE], [{}]),
    ("cosine_similarity", [ANY, ANY], [{}]),
    ("dice", [PROBABILITIES, PROBABILITIES], [{}, {"axis": -1}]),
    ("tversky", [PROBABILITIES, PROBABILITIES], [{"axis": -1}, {"alpha": 0.0, "beta": 0.0}, {"alpha": 1e30}]),
    ("circle", [class_numbers, ANY], [{}, {"gamma": 0}, {"margin": 0}, {"remove_diagonal": False}]),
]
CASES = [(name, domains, options) for name, domains, several in CASES for options in several]
CLASSES = {cls.function.__name__: cls for cls in vars(losses).values() if hasattr(cls, "function")}
ACCURACIES = {  # the metrics that are no losses
    "binary_accuracy": [SIGNS, ANY],
    "categorical_accuracy": [one_hot, ANY],
    "sparse_categorical_accuracy": [class_numbers, ANY],
    "top_k_categorical_accuracy": [one_hot, ANY],
    "sparse_top_k_categorical_accuracy": [class_numbers, ANY],
}


@st.composite
def samples(draw, domains):
    """An array of each domain, of one dtype and for one shape."""
    dtype, shape = draw(st.sampled_from(FLOATS)), draw(st.sampled_from(SHAPES))
    return [draw(domain(dtype, shape)) for domain in domains]


def assert_no_nan(function, *arguments, **options):
    with np.errstate(over="ignore"):
        result = function(*arguments, **options)
    for part in result if isinstance(result, tuple) else (result,):
        assert not np.isnan(part).any()


def test_every_loss_is_tried():
    assert {name for name, _, _ in CASES} == {
        name for name in losses.__all__ if hasattr(getattr(losses, name), "gradient_of")
    } - {"reduce_loss"}


def each(cases):
    ids = [", ".join([name, *(f"{option}={value}" for option, value in options.items())]) for name, _, options in cases]
    return pytest.mark.parametrize(("name", "domains", "options"), cases, ids=ids)


@each(CASES)
@given(data=st.data())
def test_values_and_gradients(name, domains, options, data):
    loss, given_arrays = getattr(losses, name), data.draw(samples(domains))
    assert_no_nan(loss, *given_arrays, **options)
    if hasattr(loss, "gradient"):
        assert_no_nan(loss.gradient, *given_arrays, **options)


@each([case for case in CASES if case[0] in CLASSES])
@given(reduction=st.sampled_from(REDUCTIONS), data=st.data())
def test_weighted_and_reduced(name, domains, options, reduction, data):
    y_true, y_pred = data.draw(samples(domains))
    weights = data.draw(numbers(0)(y_pred.dtype.type, (len(y_pred),)))
    loss = CLASSES[name](**options, reduction=reduction)
    assert_no_nan(loss, y_true, y_pred, weights)
    assert_no_nan(loss.gradient, y_true, y_pred, weights)


@given(reduction=st.sampled_from(REDUCTIONS), with_mask=st.booleans(), data=st.data())
def test_reductions(reduction, with_mask, data):
    values, weights, mask = data.draw(samples([ANY, POSITIVE, among(0, 1)]))
    for sample_weight in None, weights, weights[:, :1], weights[0, 0]:
        arguments = values, sample_weight, reduction, mask if with_mask else None
        assert_no_nan(losses.reduce_loss, *arguments)
        assert_no_nan(losses.reduce_loss.gradient, *arguments)


@pytest.mark.parametrize("name", ACCURACIES)
@given(data=st.data())
def test_accuracies(name, data):
    assert_no_nan(getattr(metrics, name), *data.draw(samples(ACCURACIES[name])))


@each([case for case in CASES if case[0] in CLASSES])
@given(data=st.data())
def test_streamed(name, domains, options, data):
    metric = metrics.MeanMetricWrapper(getattr(losses, name), **options)
    for _ in range(2):
        assert_no_nan(metric, *data.draw(samples(domains)), data.draw(floats(np.float64, 0, 1)))
