"""What chapter 16 says in words about its paths, its tables, its training and Keras."""

import functools
import itertools
from math import comb, prod

import numpy as np
import pytest

import lossedu.plots
from lossedu import exercises, losses
from lossedu.exercises.alignment import collapse, ctc_forward, ctc_loss, ctc_loss_gradient, frames_needed, state_shares
from lossedu.stable import log_softmax, softmax
from tests.authoring.reading import prose_of, sections_of

CHAPTER = "16_alignment"
RNG = np.random.default_rng(16)


def told(words):
    """Tell whether the chapter says so in these words."""
    return words in " ".join(prose_of(CHAPTER).split())


def spelling(labels, frames, classes):
    """All paths of so many frames that spell the labels."""
    every = itertools.product(range(classes), repeat=frames)
    return [path for path in every if collapse.reference(np.array(path)).tolist() == list(labels)]


@functools.cache
def training():
    """What the names in the training stand for at its end, and the matrix after each step."""
    functions = [each for each in exercises.of_chapter(CHAPTER) if hasattr(each, "reference")]
    names = {each.name: each.reference for each in functions} | {"np": np, "plt": lossedu.plots.plt}
    names |= {"plots": lossedu.plots, "softmax": softmax, "print": lambda *said: None}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lossedu.plots, "show", lambda figure, alt: lossedu.plots.plt.close(figure))
        for part in sections_of(CHAPTER)["Training with your own loss"]:
            if not isinstance(part, str):
                exec(part.source, names)  # noqa: S102  our own text
    return names


def test_the_first_question_is_the_sum_over_three_of_four_paths():
    paths = spelling([1], 2, 2)
    assert sorted(paths) == [(0, 1), (1, 0), (1, 1)]
    total = sum(prod((0.6, 0.4)[k] for k in path) for path in paths)
    assert total == pytest.approx(exercises.get("chance_of_a").answer)
    assert frames_needed.reference(np.array(list(map(ord, "hello")))) == exercises.get("frames_of_hello").answer


def test_hello_has_no_path_of_five_frames_and_one_of_six():
    assert not spelling([1, 2, 3, 3, 4], 5, 5)
    assert spelling([1, 2, 3, 3, 4], 6, 5) == [(1, 2, 3, 0, 3, 4)]


def test_ten_letters_have_4e21_paths_in_100_frames_and_a_table_of_2000_numbers():
    assert told(r"Ten letters in 100 frames have about $4 \cdot 10^{21}$ paths")
    assert told("with a table of about 2000 numbers")
    for labels, frames in itertools.product(([1], [1, 2], [1, 2, 1]), range(3, 7)):
        assert len(spelling(labels, frames, 3)) == comb(frames + len(labels), frames - len(labels))
    level = np.full((100, 3), -np.log(3))
    table = ctc_forward.reference(np.array([1, 2] * 5), level)
    paths = np.exp(np.logaddexp.reduce(table[-1, -2:]) + 100 * np.log(3))
    assert paths == pytest.approx(comb(110, 90))
    assert round(paths / 1e21) == 4
    assert table.size == 2100


def test_paths_start_in_the_first_two_states_end_in_the_last_two_and_jump_between_different_labels_only():
    assert told("A path begins in one of the first two states, and ends in one of the last two.")
    for labels in ([1], [1, 2], [1, 1], [2, 2, 1]):
        log_probs = log_softmax(RNG.normal(size=(5, 3)))
        table = ctc_forward.reference(np.array(labels), log_probs)
        paths = spelling(labels, 5, 3)
        total = sum(np.exp(log_probs[range(5), path].sum()) for path in paths)
        assert np.exp(table[-1, -2:]).sum() == pytest.approx(total)
    assert told("Five frames and three classes have 243 of them")
    assert 3**5 == 243


def test_of_the_labels_1_1_2_the_second_1_is_reached_at_frame_3_and_the_end_at_frame_5():
    assert told("The second 1 is reached at frame 3, not at frame 2")
    table = ctc_forward.reference(np.array([1, 1, 2]), np.full((9, 3), -np.log(3)))
    first = np.isfinite(table).argmax(axis=0) + 1
    assert first.tolist() == [1, 1, 2, 3, 4, 4, 5]
    assert frames_needed.reference(np.array([1, 1, 2])) == 4  # the 2 itself may be the end


def test_with_equal_logits_the_loss_counts_paths():
    assert told("the numerator counts the paths that spell the labels")
    for labels in ([1], [1, 2], [1, 1], [1, 2, 1]):
        cost = ctc_loss.reference(np.array([labels]), np.zeros((1, 4, 3)))[0]
        assert 81 * np.exp(-cost) == pytest.approx(len(spelling(labels, 4, 3)))


def test_without_a_path_the_loss_is_infinite_in_the_chapter_and_an_error_in_the_package():
    assert told("the sum is 0 and the loss is infinite")
    labels, logits = np.array([[1, 1]]), np.zeros((1, 2, 3))
    assert np.isinf(ctc_loss.reference(labels, logits)).all()
    with pytest.raises(ValueError, match="needs 3"):
        losses.ctc(labels, logits)


def test_the_shares_are_those_of_the_listed_paths_and_of_the_slope():
    assert told("so the shares of a frame sum to 1")
    labels, logits = np.array([1, 1]), RNG.normal(size=(5, 3))
    shares = state_shares.reference(labels, log_softmax(logits))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    weights = {path: np.exp(log_softmax(logits)[range(5), path].sum()) for path in spelling(labels, 5, 3)}
    of_class = np.zeros((5, 3))
    for path, weight in weights.items():
        of_class[range(5), path] += weight / sum(weights.values())
    np.testing.assert_allclose(shares @ np.eye(3)[[0, 1, 0, 1, 0]], of_class)
    slope = ctc_loss_gradient.reference(labels[None], logits[None])[0]
    np.testing.assert_allclose(softmax(logits) - of_class, slope, atol=1e-12)


def test_the_own_tables_give_the_loss_and_the_slope_of_the_package():
    for labels in ([1], [2, 2], [1, 2, 1]):
        logits = RNG.normal(scale=3, size=(7, 3))
        table = ctc_forward.reference(np.array(labels), log_softmax(logits))
        cost = losses.ctc(np.array([labels]), logits[None])[0]
        assert -np.logaddexp(*table[-1, -2:]) == pytest.approx(cost)


def test_before_training_the_blank_has_more_than_its_probability_at_each_frame():
    assert told("The blank lies above it at every frame")
    shares = 1 / 3 - ctc_loss_gradient.reference(np.array([[1, 2]]), np.zeros((1, 8, 3)))[0]
    assert shares[:, 0].min() > 0.38
    np.testing.assert_allclose(shares[:, 1], shares[::-1, 2])
    assert shares[1, 1] > 0.5
    assert shares[-1, 1] == pytest.approx(0)


def test_the_training_learns_the_blank_first_and_then_where_the_letters_sound():
    assert told("during the first ten steps, it says nothing else at any frame")
    names = training()
    assert names["placed"].mean() > 0.9
    assert np.mean(names["read"]) >= 0.8
    history = np.array(names["history"])
    assert history[0] == pytest.approx(11.94, abs=0.01)
    assert history[-1] < 1
    np.testing.assert_allclose(history[1:11], 4, atol=0.5)  # the level part of the curve
    matrix = np.zeros((4, 4))
    inputs, words = names["inputs"][:40], names["words"][:40]
    for _ in range(10):
        slope = losses.ctc.gradient(words, inputs @ matrix) / 40
        matrix = matrix - 0.5 * np.einsum("ntf,ntk->fk", inputs, slope)
        assert not (names["inputs"] @ matrix).argmax(axis=-1).any()
    shown = softmax(names["logits"][0])
    assert np.array_equal(shown.argmax(axis=-1), names["sounds"][40])
    assert shown.max(axis=-1).min() > 0.5


def test_each_drawn_path_spells_its_word():
    names = training()
    for word, sounds in zip(names["words"], names["sounds"], strict=True):
        assert np.array_equal(collapse.reference(sounds), word[word > 0])


@pytest.mark.slow
def test_keras_has_a_finite_loss_above_700_where_no_path_fits():
    import keras

    assert told("reports a loss above 700 now and then")
    assert told(r"$-\ln 10^{-307} = 706.9$")
    assert told("where Keras gives 707 or more")
    assert round(-np.log(1e-307), 1) == 706.9
    for frames, labels in [(1, 2), (2, 2), (4, 3), (8, 8), (40, 30)]:
        logits = RNG.normal(size=(3, frames, 3))
        found = keras.losses.ctc(np.ones((3, labels), int), logits).numpy()
        assert np.isfinite(found).all()
        assert found.min() > 706.8


@pytest.mark.slow
def test_other_ctc_losses_take_what_the_summary_says():
    import inspect

    import tensorflow as tf

    assert told("logits, time first unless `logits_time_major=False`; `blank_index`")
    parameters = inspect.signature(tf.nn.ctc_loss).parameters
    assert parameters["logits_time_major"].default is True
    assert "blank_index" in parameters
    assert told("probabilities, and the blank is the *last* class")
    logits, labels = RNG.normal(size=(1, 5, 3)), np.array([[1, 2]])
    last = np.roll(softmax(logits), -1, axis=-1)  # class 0 becomes the last one, and labels count from 0
    old = tf.keras.backend.ctc_batch_cost(labels - 1, last, np.array([[5]]), np.array([[2]]))
    np.testing.assert_allclose(np.ravel(old), losses.ctc(labels, logits), rtol=1e-4)
