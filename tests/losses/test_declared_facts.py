"""What the declarations tell readers is true: bounds, convexity, best predictions, and calls in other libraries."""

import json
import os
import re
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest

from lossedu import losses
from lossedu.losses.declaration import DECLARATIONS, KEPT
from tests.conftest import ROOT

DISTRIBUTIONS = {
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "cross_entropy",
    "entropy",
    "jensen_shannon",
    "kl_divergence",
    "sparse_categorical_crossentropy",
}
SHARES = {"binary_crossentropy", "binary_focal_crossentropy", "brier", "dice", "log_loss", "tversky"}
POSITIVE = {"contrastive", "mean_squared_logarithmic_error", "poisson"}
PREDICTIONS = {  # where they are not `y_pred`
    "cross_entropy": ["q"],
    "entropy": ["p"],
    "gaussian_kl": ["mu_q", "sigma_q"],
    "gaussian_nll": ["y_pred", "var"],
    "jensen_shannon": ["q"],
    "log_loss": ["y_prob"],
    "sigmoid_cross_entropy_with_logits": ["logits"],
    "softmax_cross_entropy_with_logits": ["logits"],
    "softmax_with_loss": ["scores"],
    "triplet": ["anchor", "positive", "negative"],
    "weighted_cross_entropy_with_logits": ["logits"],
}
RIVALS = Path(os.environ.get("RIVALS_PYTHON", ROOT / "build" / "rivals" / "bin" / "python"))


def value(name, **changed):
    """The sum of a loss at its example, with other predictions."""
    return float(np.sum(page_number(name, **changed)))


def drawn(name, rng):
    """Predictions of the kind that a loss takes, in the shape of its example."""
    found = {}
    for each in PREDICTIONS.get(name, ["y_pred"]):
        shape = np.shape(DECLARATIONS[name].example[each])
        if name in DISTRIBUTIONS:
            found[each] = rng.dirichlet(np.ones(shape[-1]), shape[:-1])
        elif name in SHARES:
            found[each] = rng.uniform(0.001, 0.999, shape)
        elif name in POSITIVE or each in ("var", "sigma_q"):
            found[each] = rng.uniform(0.05, 60, shape)
        else:
            found[each] = rng.normal(0, 3, shape)
    return found


@pytest.mark.parametrize("name", DECLARATIONS)
def test_bounds_and_convexity_are_as_declared(name):
    facts, rng = DECLARATIONS[name].facts, np.random.default_rng(7)
    above = []
    for _ in range(120):
        here, there = drawn(name, rng), drawn(name, rng)
        middle = value(name, **{each: (here[each] + there[each]) / 2 for each in here})
        ends = (value(name, **here), value(name, **there))
        assert facts.least - 1e-6 <= min(ends) <= max(ends) <= facts.most + 1e-9
        above.append(middle - sum(ends) / 2)
    assert (max(above) <= 1e-9) == facts.convex


def best(mean_loss, places):
    """The place where a mean loss is smallest."""
    return places[np.argmin([mean_loss(place) for place in places])]


AMOUNTS = np.array([1.0, 2.0, 2.5, 4.0, 9.0])
SHARE = 0.7  # of the label 1


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("mean_squared_error", {}, np.mean(AMOUNTS)),
        ("mean_absolute_error", {}, np.median(AMOUNTS)),
        ("mean_squared_logarithmic_error", {}, np.expm1(np.mean(np.log1p(AMOUNTS)))),
        ("mean_absolute_percentage_error", {}, 2.0),  # half of the weights 1/y lies below it
        ("quantile", {"tau": 0.9}, 9.0),
        ("poisson", {}, np.mean(AMOUNTS)),
        ("gaussian_nll", {"var": [[2.0]] * 5}, np.mean(AMOUNTS)),
    ],
)
def test_the_best_number_is_the_one_declared(name, options, expected):
    loss, y = getattr(losses, name), AMOUNTS[:, None]
    found = best(lambda place: np.mean(loss(y, np.full_like(y, place), **options)), np.linspace(0.5, 10, 1901))
    assert found == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("name", ["huber", "pseudo_huber", "log_cosh"])
def test_the_best_number_of_a_robust_loss_lies_between_median_and_mean(name):
    loss, y = getattr(losses, name), AMOUNTS[:, None]
    found = best(lambda place: np.mean(loss(y, np.full_like(y, place))), np.linspace(0.5, 10, 1901))
    assert np.median(AMOUNTS) < found < np.mean(AMOUNTS)


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("binary_crossentropy", (0, 1), SHARE),
        ("log_loss", (0, 1), SHARE),
        ("brier", (0, 1), SHARE),
        ("binary_focal_crossentropy", (0, 1), None),
        ("hinge", (-1, 1), 1.0),
        ("squared_hinge", (-1, 1), 2 * SHARE - 1),
        ("sigmoid_cross_entropy_with_logits", (0, 1), np.log(SHARE / (1 - SHARE))),
        ("weighted_cross_entropy_with_logits", (0, 1), np.log(SHARE / (1 - SHARE)) + np.log(3)),
    ],
)
def test_the_best_prediction_of_a_label_is_the_one_declared(name, labels, expected):
    loss = getattr(losses, name)
    options = {"pos_weight": 3.0} if name.startswith("weighted") else {}

    def mean_loss(place):
        absent, present = (float(np.sum(loss([float(label)], [place], **options))) for label in labels)
        return (1 - SHARE) * absent + SHARE * present

    is_share = expected is None or name in SHARES
    found = best(mean_loss, np.linspace(0.001, 0.999, 999) if is_share else np.linspace(-3, 3, 6001))
    if expected is None:
        assert 0.5 < found < SHARE - 0.02
    else:
        assert found == pytest.approx(expected, abs=0.002)


def test_the_best_distribution_is_the_one_declared():
    shares, q = np.array([0.7, 0.3]), 0.5
    places = np.linspace(0.001, 0.999, 999)

    def best_of(loss, labels, **options):
        def mean_loss(place):
            return shares @ np.ravel([loss(label, [place, 1 - place], **options) for label in labels])

        return best(mean_loss, places)

    gce = best_of(losses.categorical_generalized_cross_entropy, (0, 1), q=q)
    focal = best_of(losses.categorical_focal_crossentropy, np.eye(2))
    plain = best_of(losses.categorical_crossentropy, np.eye(2))
    powers = shares ** (1 / (1 - q))
    assert gce == pytest.approx(powers[0] / powers.sum(), abs=0.002)
    assert plain == pytest.approx(0.7, abs=0.002)
    assert 0.5 < focal < 0.68


@pytest.mark.parametrize("name", ["dice", "tversky"])
def test_the_best_prediction_of_a_pixel_in_a_region_is_0_or_1(name):
    loss, places = getattr(losses, name), np.linspace(0, 1, 101)
    for share in (0.3, 0.45, 0.5, 0.55, 0.7):
        found = best(lambda x, s=share: (1 - s) * loss([1.0, 0.0], [1.0, x]) + s * loss([1.0, 1.0], [1.0, x]), places)
        assert found in (0, 1)


@pytest.mark.parametrize("name", DECLARATIONS)
def test_calls_in_other_libraries_give_the_number_of_the_page(name):
    import scipy.spatial.distance
    import scipy.special
    import scipy.stats
    import sklearn.metrics
    import tensorflow as tf

    modules = {"keras": keras, "np": np, "scipy": scipy, "sklearn": sklearn, "tf": tf}
    example = {each: np.array(given) for each, given in DECLARATIONS[name].example.items()}
    expected = page_number(name)
    for library, call in DECLARATIONS[name].elsewhere.items():
        if library in ("tf.keras", "TensorFlow", "SciPy", "scikit-learn"):
            found = np.asarray(eval(call.code, modules | example))  # noqa: S307  it stands in a declaration
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6, err_msg=f"{library}: {call.code}")
            assert found.shape == expected.shape, library


def page_number(name, **changed):
    """What the page of a loss shows for its example, or what it would show for a changed one."""
    result = getattr(losses, name)(**DECLARATIONS[name].example | changed)
    return np.asarray(result[0] if isinstance(result, tuple) else result)


IN_RIVALS = """
import json, sys, warnings
warnings.simplefilter("ignore")
import jax.numpy as jnp, optax, torch, torch.nn.functional as F
found = []
for library, code, example in json.load(sys.stdin):
    make = torch.tensor if library == "PyTorch" else jnp.array
    arrays = {name: make(given) if isinstance(given, list) else given for name, given in example.items()}
    modules = {"torch": torch, "F": F, "optax": optax, "jnp": jnp}
    found.append(eval(code, modules | arrays).tolist())
print(json.dumps(found))
"""


@pytest.mark.slow
def test_calls_in_pytorch_and_optax_give_the_number_of_the_page():
    if not RIVALS.exists() and not os.environ.get("RIVALS_REQUIRED"):
        pytest.skip("PyTorch and optax are not here: make rivals")
    calls = [
        (name, library, call.code)
        for name, declared in DECLARATIONS.items()
        for library, call in declared.elsewhere.items()
        if library in ("PyTorch", "optax")
    ]
    asked = json.dumps([(library, code, DECLARATIONS[name].example) for name, library, code in calls])
    environment = {each: setting for each, setting in os.environ.items() if not each.startswith("PYTHON")}
    done = subprocess.run([RIVALS, "-c", IN_RIVALS], input=asked, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(calls) > 25
    for (name, library, code), found in zip(calls, json.loads(done.stdout.splitlines()[-1]), strict=True):
        expected = page_number(name)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6, err_msg=f"{library}: {code}")
        assert np.shape(found) == expected.shape, (library, name)


@pytest.mark.parametrize("name", [name for name, declared in DECLARATIONS.items() if declared.naive])
def test_the_naive_formula_is_right_in_general_and_fails_where_the_page_says(name):
    naive, example = DECLARATIONS[name].naive, DECLARATIONS[name].example
    options = {each: given for each, given in example.items() if not isinstance(given, list)}

    def of_naive(arguments):
        with np.errstate(all="ignore"):
            arrays = {each: np.array(given) for each, given in arguments.items()}
            return np.asarray(eval(naive.code, {"np": np, **arrays}))  # noqa: S307  it stands in a declaration

    np.testing.assert_allclose(of_naive(example), page_number(name), rtol=1e-5)
    right = np.asarray(getattr(losses, name)(**naive.fails_at, **options))
    assert np.isfinite(right).all()
    assert not np.allclose(of_naive(naive.fails_at), right, rtol=0.1, atol=0)


def test_related_losses_exist_and_earlier_names_are_kept_as_keras_keeps_them():
    for name, declared in DECLARATIONS.items():
        assert set(declared.facts.related) <= set(DECLARATIONS) - {name}
        assert isinstance(declared.also, tuple)
    for alias in [alias for declared in DECLARATIONS.values() for era in declared.aliases.values() for alias in era]:
        try:
            keras.losses.get(alias)
            known = True
        except ValueError:
            known = False
        assert known == (alias in KEPT), alias


def test_each_history_has_two_dated_events_in_order():
    for name, declared in DECLARATIONS.items():
        first, second = (event.year for event in declared.history)
        assert 1700 <= first <= second <= 2026, name


def test_the_events_of_a_history_are_sentences_without_their_stop_and_none_stands_twice():
    words = [event.words for declared in DECLARATIONS.values() for event in declared.history]
    assert all(each[0].isupper() and each[-1] not in ".!?:;, " for each in words)
    assert all(len(each.split()) < 25 for each in words)
    assert len(set(words)) == len(words)


def test_the_sources_of_a_history_are_different_dois():
    for name, declared in DECLARATIONS.items():
        dois = [event.doi for event in declared.history if event.doi is not None]
        assert all(re.fullmatch(r"10\.\d{4,9}/\S+", doi) for doi in dois), name
        assert len(set(dois)) == len(dois), name
