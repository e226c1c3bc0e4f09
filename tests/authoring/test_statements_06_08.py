"""What chapters 6, 7 and 8 say in words about their trainings, about floats and about Keras."""

import functools

import numpy as np
import pytest

import lossedu.plots
from lossedu import exercises, losses
from tests.authoring.reading import CHAPTERS, printed_by, prose_of, sections_of


def told(number, words):
    """Tell whether the chapter of that number says so in these words."""
    return words in " ".join(prose_of(CHAPTERS[number]).split())


@functools.cache
def training_of(number):
    """What the names in the training of a chapter stand for at its end; learners' functions are the references."""
    functions = [each for each in exercises.of_chapter(CHAPTERS[number]) if hasattr(each, "reference")]
    names = {each.name: each.reference for each in functions} | {"np": np, "plt": lossedu.plots.plt, "print": str}
    names |= {"plots": lossedu.plots}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lossedu.plots, "show", lambda figure, alt: lossedu.plots.plt.close(figure))
        for part in sections_of(CHAPTERS[number])["Training with your own loss"]:
            if not isinstance(part, str):
                exec(part.source, names)  # noqa: S102  our own text
    return names


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


# 6. The dense softmax loss


def test_most_errors_of_the_two_scenes_lie_in_the_house():
    assert told(6, "About 95 % of the pixels are right in both scenes, but most errors lie in the small house.")
    names = training_of(6)
    for truth, predicted in zip(names["truths"], names["predicted"], strict=True):
        wrong = truth != predicted
        assert wrong.mean() == pytest.approx(0.05, abs=0.01)
        assert wrong[truth == 2].sum() > wrong.sum() / 2
        assert (truth == 2).mean() < 0.1


def test_without_its_strokes_the_second_scene_is_labelled_as_well(monkeypatch):
    assert told(6, "The strokes in the second scene add little")
    names = training_of(6)
    with_strokes = np.mean(names["predicted"] == names["truths"], axis=(1, 2))
    monkeypatch.setitem(names, "labels", np.where([[[False]], [[True]]], 255, names["labels"]))
    weights, _ = names["train"]("valid", rate=4, steps=300)
    predicted = np.einsum("kc,nchw->nkhw", weights, names["features"]).argmax(axis=1)
    np.testing.assert_allclose(np.mean(predicted == names["truths"], axis=(1, 2)), with_strokes, atol=0.005)


def test_the_gradient_pulls_most_where_the_label_has_a_low_probability():
    assert told(6, "pulls only where a label counts, and most where the label has a low probability")
    names = training_of(6)
    counts = names["labels"] != 255
    of_label = np.take_along_axis(names["prob"], np.where(counts, names["labels"], 0)[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(names["pull"], np.where(counts, 2 * (1 - of_label) / counts.sum(), 0), atol=1e-15)


def test_a_sample_weight_of_0_divides_like_full_and_an_ignored_class_like_valid():
    assert told(6, "the mean is VALID's, but with a `sample_weight` of 0 it is FULL's")
    names = training_of(6)
    scores, labels = np.moveaxis(names["scores"], 1, -1), names["labels"]  # Keras has the classes last
    layer = functools.partial(losses.softmax_with_loss, names["scores"], labels, 255)
    ignoring = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    assert ignoring(labels, scores) == pytest.approx(layer(normalization="valid")[0])
    weights = (labels != 255).astype(float)
    weighing = losses.SparseCategoricalCrossentropy(from_logits=True)
    weighed = weighing(np.where(labels == 255, 0, labels), scores, sample_weight=weights)
    assert weighed == pytest.approx(layer(normalization="full")[0])


# 7. The Kullback-Leibler divergence


def test_the_jensen_shannon_distance_is_symmetric_finite_and_knows_no_shorter_detour():
    assert told(7, "It is symmetric, finite for all arguments, and obeys the triangle inequality.")
    a, b, c = np.random.default_rng(0).dirichlet([0.3, 0.3, 0.3], size=(3, 500))
    distance = exercises.get("jensen_shannon_distance").reference
    np.testing.assert_allclose(distance(a, b), distance(b, a))
    assert np.all(distance(a, c) <= distance(a, b) + distance(b, c) + 1e-12)
    assert distance([1, 0], [0, 1]) == pytest.approx(np.sqrt(np.log(2)), abs=1e-4)


@pytest.mark.slow
def test_keras_3_refuses_the_old_names():
    import keras

    assert told(7, '`"kld"`; the old long name is gone')
    assert told(8, "the old names are gone")
    assert keras.losses.get("kld") is keras.losses.kl_divergence
    for name in ("kullback_leibler_divergence", "cosine", "cosine_proximity"):
        with pytest.raises(ValueError, match=name):
            keras.losses.get(name)


# 8. Cosine proximity


@pytest.mark.slow
def test_of_the_two_normalize_of_keras_one_has_no_lower_limit_for_numpy_arrays():
    import keras

    assert told(8, "(`keras.utils.normalize` has no such lower limit for NumPy arrays.)")
    short = np.array([[3e-8, 4e-8], [0, 0]])
    np.testing.assert_allclose(keras.ops.normalize(short), [[0.3, 0.4], [0, 0]])
    np.testing.assert_allclose(keras.utils.normalize(short), [[0.6, 0.8], [0, 0]])


def test_each_step_lengthens_the_weights_but_shortens_about_half_of_the_predictions():
    assert told(8, "in this training, about half of them do so at each step")
    names = training_of(8)
    readings, wind = names["readings"], names["wind"]
    generator = np.random.default_rng(0)
    for shape in [(4, 2), (200, 4), (200, 2), (200, 1)]:
        generator.normal(size=shape)  # what the chapter draws before the weights
    weights, shorter = generator.normal(scale=0.1, size=(4, 2)), []
    for before in names["lengths"]:
        assert np.linalg.norm(weights) == pytest.approx(before)
        predicted = readings @ weights
        weights = weights - 0.1 * readings.T @ losses.cosine_similarity.gradient(wind, predicted) / len(readings)
        assert np.linalg.norm(weights) > before
        shorter.append(np.mean(np.linalg.norm(readings @ weights, axis=-1) < np.linalg.norm(predicted, axis=-1)))
    np.testing.assert_allclose(weights, names["weights"])
    assert np.mean(shorter) == pytest.approx(0.5, abs=0.1)


def test_weights_times_a_positive_factor_give_the_same_loss_and_times_a_negative_one_do_not():
    assert told(8, "multiplied by any positive factor they give the same loss")
    names = training_of(8)
    loss = losses.cosine_similarity(names["wind"], names["readings"] @ names["weights"])
    for factor in (0.01, 100):
        scaled = losses.cosine_similarity(names["wind"], names["readings"] @ (factor * names["weights"]))
        np.testing.assert_allclose(scaled, loss)
    opposite = losses.cosine_similarity(names["wind"], names["readings"] @ -names["weights"])
    np.testing.assert_allclose(opposite, -loss)


def test_a_normalisation_behind_the_last_layer_leaves_the_gradient_as_it_is():
    assert told(8, "does not help: the loss normalises anyway, so the gradient stays the same")
    truth, prediction = np.random.default_rng(0).normal(size=(2, 50, 3))
    slope = losses.cosine_similarity.gradient(truth, unit(prediction))
    along = np.sum(slope * unit(prediction), axis=-1, keepdims=True) * unit(prediction)
    through = (slope - along) / np.linalg.norm(prediction, axis=-1, keepdims=True)
    np.testing.assert_allclose(through, losses.cosine_similarity.gradient(truth, prediction), atol=1e-12)


def test_the_arc_cosine_loses_small_angles_and_the_arc_tangent_of_chords_keeps_them():
    assert told(8, "the arc cosine cannot tell angles below about $10^{-8}$ from 0")
    angles = np.array([1e-15, 1e-12, 1e-9])
    u = np.broadcast_to([1.0, 0.0], (3, 2))
    v = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    np.testing.assert_array_equal(exercises.get("angle_between").reference(u, v), 0)
    chords = np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1)
    np.testing.assert_allclose(2 * np.arctan2(*chords), angles)


def test_pairs_that_are_alike_meet_and_the_others_end_two_apart():
    lines = printed_by(CHAPTERS[8])["Near and far"].splitlines()
    assert lines[1] == "After 200 steps: alike at most 0.00 apart, others at least 2.00"
    assert [line.split(":")[1].split()[0] for line in lines[2:]] == ["65%", "0%"]


def test_a_triplet_on_the_sphere_is_content_when_its_cosines_differ_by_half_the_margin():
    a, p, n = unit(np.random.default_rng(0).normal(size=(3, 200, 3)))
    difference = (a * p).sum(-1) - (a * n).sum(-1)
    free = losses.triplet(a, p, n, margin=0.5) == 0
    np.testing.assert_array_equal(free, difference >= 0.25)
    assert 0 < free.mean() < 1
