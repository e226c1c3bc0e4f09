"""What chapter 13 says of its measurements holds, with the reference in place of the learner's functions."""

import functools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lossedu import exercises, losses, plots
from tests.authoring.reading import CHAPTERS, prose_of, sections_of

MEASURED = (
    *("def draw(rng", "balance = {}", "picture_rng =", "def dice_slopes", "overlap = {}"),
    *("sound_rng =", "def ctc_slopes", "alignment = {}"),
)


@functools.cache
def measured():
    """The names that the cells of three measurements leave behind."""
    names = {
        name: exercises.get(name).reference for name in exercises.names() if hasattr(exercises.get(name), "reference")
    }
    names |= {"np": np, "plt": plt, "plots": plots, "show_figures": lambda corner, figures: None}
    names["rng"] = rng = np.random.default_rng(0)
    rng.normal(size=(100, 50)), rng.laplace(size=(100, 50))  # what the cells before have drawn
    names["softmax"] = exercises.get("softmax").reference
    cells = [part.source for part in sections_of(CHAPTERS[13])["Which loss for what"] if not isinstance(part, str)]
    chosen = [source for source in cells if any(words in source for words in MEASURED)]
    assert len(chosen) == len(MEASURED)
    for source in chosen:
        exec(source, names)  # noqa: S102  our own text
    return names


def told(words):
    return words in " ".join(prose_of(CHAPTERS[13]).split())


def test_weights_find_more_positives_at_the_price_of_accuracy_and_of_probabilities():
    of = measured()["balance"]
    plain, weighted, focal = of["plain"], of["positives weigh 19"], of["focal"]
    assert weighted["positives found"] > 3 * plain["positives found"]
    assert weighted["accuracy"] < plain["accuracy"] - 0.1
    assert weighted["mean probability"] > 5 * measured()["new_labels"].mean()
    assert told("The focal loss decides here as the plain loss does, but its mean probability is more than three times")
    assert focal["positives found"] == pytest.approx(plain["positives found"], abs=0.005)
    assert focal["mean probability"] > 3 * measured()["new_labels"].mean()
    assert plain["mean probability"] == pytest.approx(0.05, abs=0.01)


def test_dice_finds_more_of_a_small_object_and_is_seldom_in_doubt():
    of = measured()["overlap"]
    assert told("which covers 5 % of it")
    assert measured()["discs"].mean() == pytest.approx(0.05, abs=0.005)
    assert min(of["Dice"]["overlap"], of["half of each"]["overlap"]) > of["cross-entropy"]["overlap"] + 0.05
    assert of["Dice"]["in doubt"] < of["cross-entropy"]["in doubt"] / 2


def test_ctc_reads_almost_as_well_as_with_known_places_and_evenly_spread_letters_read_nothing():
    of = {name: figures["words read"] for name, figures in measured()["alignment"].items()}
    assert told("With evenly spread letters, not a single word is read.")
    assert of["letters spread evenly"] == 0
    assert of["places known"] >= of["CTC"] > of["places known"] - 0.1


def test_the_slopes_that_are_given_are_those_of_the_next_chapters():
    of = measured()
    y, z = np.array([[1.0], [0.0]]), np.array([[0.5], [-1.5]])
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(
        of["focal_slopes"](y, z), losses.binary_focal_crossentropy.gradient(y, p) * p * (1 - p), rtol=1e-6
    )
    truth, probability = np.array([[1.0, 0.0, 1.0]]), np.array([[0.7, 0.2, 0.4]])
    np.testing.assert_allclose(
        of["dice_slopes"](truth, probability), losses.dice.gradient(truth, probability), rtol=1e-6
    )
    words, logits = of["words"][:5], np.random.default_rng(3).normal(size=(5, 20, 4))
    assert np.any(words[:, 1:] == words[:, :-1])
    np.testing.assert_allclose(of["ctc_slopes"](words, logits), losses.ctc.gradient(words, logits), atol=1e-9)
