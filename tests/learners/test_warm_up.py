"""The questions at the start of a chapter: asked in its text, answered by what earlier chapters teach, and checked."""

import re

import numpy as np
import pytest

from lossedu import losses, metrics, optimizers, stable
from lossedu.exercises import warm_up_of
from lossedu.learners import warmed_up
from tests.authoring.reading import CHAPTERS, prose_of, sections_of, text_of

WARMED = CHAPTERS[1:]


def log_loss(y_true, y_prob):
    return losses.log_loss([y_true], [y_prob])


def slope_of_logit(y_true, p):
    return losses.binary_crossentropy.gradient([y_true], [np.log(p / (1 - p))], from_logits=True)[0]


def cost(p, classes=2):
    """What a one-hot label costs if its class has the probability p, and the others share the rest."""
    rest = [(1 - p) / (classes - 1)] * (classes - 1)
    return losses.categorical_crossentropy([1.0, *[0.0] * (classes - 1)], [p, *rest])


def slope_of_score(p):
    scores = np.log([p, 1 - p])
    return losses.categorical_crossentropy.gradient([1.0, 0.0], scores, from_logits=True)[0]


def left_by_mean(*shape):
    return np.zeros(shape).mean(axis=-1).size


def differences(*shapes):
    first, second = map(np.zeros, shapes)
    return (first - second).size


def cheapest(loss, grid):
    return grid[np.argmin([loss(each) for each in grid])]


def first_move(optimizer, gradient):
    w = np.zeros(1)
    optimizer.apply([np.array([gradient])], [w])
    return w[0]


SHARES = np.linspace(0.01, 0.99, 197)
TRUTHS = np.array([1.0, 2.0, 9.0])
GUESSES = np.linspace(-3, 10, 131)
RIGHT = {
    "01_regression": [
        np.mean(np.array([3, -1]) ** 2),
        cheapest(lambda c: np.mean((np.array([3, -1]) + c) ** 2), GUESSES),
        left_by_mean(6, 2),
    ],
    "02_robust_regression": [
        cheapest(lambda c: losses.mean_squared_error(TRUTHS, np.full(3, c)), GUESSES),
        cheapest(lambda c: losses.mean_absolute_error(TRUTHS, np.full(3, c)), GUESSES),
        losses.mean_squared_error.gradient([0.0], [20.0])[0] / losses.mean_squared_error.gradient([0.0], [2.0])[0],
    ],
    "03_margin": [
        losses.mean_squared_error.gradient([3.0], [5.0])[0],
        first_move(optimizers.SGD(0.1), -2.0),
        differences((4, 1), (4,)),
    ],
    "04_binary_crossentropy": [
        losses.mean_squared_error([1.0, 0.0], [0.5, 0.5]),
        losses.mean_squared_error.gradient([1.0], [0.9])[0],
        losses.mean_squared_error.gradient([1.0], [1.0])[0],
    ],
    "05_categorical_crossentropy": [np.log(0.5 / 0.5), log_loss(1.0, 0.5), slope_of_logit(1.0, 0.8)],
    "06_dense_softmax_loss": [stable.softmax(np.array([13.0, 11]))[0], cost(0.1, 10), slope_of_score(0.7)],
    "07_kl_divergence": [
        log_loss(1.0, 0.25),
        cheapest(lambda p: 0.3 * log_loss(1.0, p) + 0.7 * log_loss(0.0, p), SHARES),
        stable.sigmoid(0.0),
    ],
    "08_cosine_proximity": [
        left_by_mean(3, 4, 5),
        losses.mean_squared_error([20.0], [17.0]),
        first_move(optimizers.SGD(0.1), 3.0),
    ],
    "09_label_smoothing": [
        stable.softmax(np.ones(4))[0],
        losses.binary_crossentropy([0.5], [0.5]),
        losses.kl_divergence([0.3, 0.7], [0.3, 0.7]),
    ],
    "10_reduction": [left_by_mean(8, 3), losses.mean_squared_error([0.0, 0], [1.0, 3]), differences((3, 1), (3,))],
    "11_optimizers": [
        losses.mean_squared_error.gradient([3.0], [5.0])[0],
        5 + first_move(optimizers.SGD(0.1), 4.0),
        cheapest(lambda p: losses.mean_squared_error([3.0], [p]), GUESSES),
    ],
    "12_metrics": [
        stable.sigmoid(0.0),
        log_loss(0.0, 0.1),
        cheapest(lambda p: 0.2 * log_loss(1.0, p) + 0.8 * log_loss(0.0, p), SHARES),
    ],
    "13_compile_and_fit": [
        slope_of_score(0.9),
        np.mean([1, 1, 1, 5]),
        abs(first_move(optimizers.Adam(0.5), 40.0)),
    ],
    "14_imbalance": [
        cheapest(lambda p: 2 * 0.5 * log_loss(1.0, p) + 0.5 * log_loss(0.0, p), SHARES),
        cost(0.5),
        metrics.binary_accuracy(np.repeat([0.0, 1.0], [95, 5]), np.zeros(100)).mean(),
    ],
    "15_overlap": [
        cheapest(lambda p: 0.01 * log_loss(1.0, p) + 0.99 * log_loss(0.0, p), SHARES),
        slope_of_logit(0.0, 0.9),
        np.log(0.5 / 0.5),
    ],
    "16_alignment": [np.logaddexp(0, 0), np.logaddexp(-1000, -1000), cost(1 / 8, 8)],
    "17_your_loss_in_keras": [losses.huber.gradient([0.0], [3.0])[0], cost(0.5, 2), np.mean([2.0, 6.0])],
    "18_clinic": [np.average([5.0, 3.0], weights=[0.0, 2.0]), 2 / 4, cost(0.1, 10)],
}


@pytest.mark.parametrize("chapter", WARMED)
def test_a_chapter_begins_with_three_questions_whose_answers_earlier_chapters_give(chapter):
    opening = prose_of(chapter).split("\n## ")[0]
    assert len(re.findall(r"^\d\. .*?\?|^\d\. (?:.|\n)*?\?", opening.split("**Warm up.**")[1], re.MULTILINE)) == 3
    assert f'warm_up("{chapter}", ..., ..., ...)' in text_of(chapter)
    for question, right in zip(warm_up_of(chapter), RIGHT[chapter], strict=True):
        assert question.section in sections_of(question.chapter)
        assert f"{question.chapter}.ipynb" in opening
        assert question.answer == pytest.approx(right, abs=0.005)
    shown = warmed_up(chapter, [float(right) for right in RIGHT[chapter]])["text/plain"]
    assert shown == "1. ✓ right.\n2. ✓ right.\n3. ✓ right."


def test_a_wrong_answer_names_and_links_the_section_and_an_open_one_stays_open(tmp_path, monkeypatch):
    for chapter in ("04_binary_crossentropy", "05_categorical_crossentropy"):
        (tmp_path / chapter).mkdir()
        (tmp_path / chapter / f"{chapter}.ipynb").write_text("{}")
    monkeypatch.chdir(tmp_path / "05_categorical_crossentropy")
    for course in (None, tmp_path):
        shown = warmed_up("05_categorical_crossentropy", (0, 0.3), course)
        assert shown["text/plain"].splitlines() == [
            "1. ✓ right.",
            "2. ✗ not right yet. Read “From likelihood to log loss” in 04_binary_crossentropy again.",
            "3. still open",
        ]
        address = "../04_binary_crossentropy/04_binary_crossentropy.ipynb#From-likelihood-to-log-loss"
        assert f'href="{address}"' in shown["text/html"]


def test_without_answers_the_questions_only_say_what_to_do():
    shown = warmed_up("05_categorical_crossentropy", (..., ...))
    assert shown["text/plain"] == "Put your numbers in place of the dots, and run the cell."


def test_what_is_no_number_and_a_chapter_without_questions_are_refused():
    with pytest.raises(TypeError, match="expected a number as the answer, got 'zero'"):
        warmed_up("05_categorical_crossentropy", ("zero",))
    with pytest.raises(KeyError, match="there are no questions at the start of '00_first_loss'"):
        warmed_up("00_first_loss", (1,))
