"""What chapter 17 says in words about tensors, slopes, training and Keras."""

import functools

import numpy as np
import pytest
import sympy

import lossedu.plots
from lossedu import exercises, losses
from lossedu.exercises.your_loss_in_keras import RightLoss, from_logits, pinball, soft_f_one
from lossedu.keras_or_stand_in import array_of, keras, ops, slope_of, tensor
from lossedu.losses import binary_crossentropy, dice, huber
from tests.authoring.reading import prose_of, sections_of

CHAPTER = "17_your_loss_in_keras"
RNG = np.random.default_rng(17)


def told(words):
    """Tell whether the chapter says so in these words."""
    return words in " ".join(prose_of(CHAPTER).split())


@functools.cache
def names_after(*sections):
    """What the names stand for after the cells of these sections, without Keras."""
    functions = {each.name: each.reference for each in exercises.of_chapter(CHAPTER) if hasattr(each, "reference")}
    names = functions | {"np": np, "plt": lossedu.plots.plt, "plots": lossedu.plots, "print": lambda *said: None}
    names |= {"keras": keras, "ops": ops, "slope_of": slope_of, "has_keras": False, "QuantileLoss": RightLoss}
    names |= {"huber": huber, "huber_gradient": huber.gradient, "sympy": sympy}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lossedu.plots, "show", lambda figure, alt: lossedu.plots.plt.close(figure))
        patch.setattr("lossedu.keras_or_stand_in._real.loaded", lambda: None)
        for section in sections:
            for part in sections_of(CHAPTER)[section]:
                is_open = not isinstance(part, str) and not part.source.startswith("check(")
                if is_open and "SOLUTION" not in part.source:
                    exec(part.source, names)  # noqa: S102  our own text
    return names


def test_a_loss_that_is_reduced_too_early_counts_a_sample_of_weight_zero():
    class TooEarly(RightLoss):
        def call(self, y_true, y_pred):
            return ops.mean(ops.square(y_pred - y_true))

    y_true, y_pred, weights = tensor([[0.0], [0.0]]), tensor([[2.0], [0.0]]), [0.0, 1.0]
    assert float(TooEarly()(y_true, y_pred, sample_weight=weights)) == exercises.get("reported_loss").answer == 1


def test_the_quantile_loss_is_that_of_the_package_and_its_slope_vanishes_at_the_quantile():
    y_true, y_pred = RNG.normal(size=(2, 5, 3))
    for tau in (0.1, 0.5, 0.9):
        mine = array_of(pinball(tensor(y_true), tensor(y_pred), tau))
        np.testing.assert_allclose(mine, losses.quantile(y_true, y_pred, tau), rtol=1e-5)
        found = slope_of(lambda y_true, y_pred, tau=tau: pinball(y_true, y_pred, tau), y_true, y_pred)
        np.testing.assert_allclose(found, losses.quantile.gradient(y_true, y_pred, tau), rtol=1e-5)
        outcomes, prediction = RNG.normal(size=1000), 0.3
        slopes = slope_of(lambda y, p, tau=tau: pinball(y, p, tau), outcomes[:, None], np.full((1000, 1), prediction))
        assert slopes.mean() == pytest.approx(np.mean(outcomes < prediction) - tau, abs=1e-5)
    assert told("With $\\tau = 0.9$, a missing loaf costs nine times as much as an unsold loaf")
    few, many = (float(pinball(tensor([y]), tensor([0.0]), 0.9)) for y in (1.0, -1.0))
    assert few / many == pytest.approx(9)


def test_huber_on_ops_is_that_of_chapter_2():
    names = names_after("A function on tensors")
    y_true, y_pred = RNG.normal(scale=3, size=(2, 20, 3))
    mine = array_of(names["huber_on_ops"](tensor(y_true), tensor(y_pred)))
    np.testing.assert_allclose(mine, huber(y_true, y_pred), rtol=1e-5)
    np.testing.assert_allclose(
        slope_of(names["huber_on_ops"], y_true, y_pred), huber.gradient(y_true, y_pred), atol=1e-6
    )


def test_the_root_has_no_slope_on_the_target_and_the_pattern_of_two_choices_has_one():
    names = names_after("A root without a slope")
    assert np.isnan(slope_of(names["plain_root"], [[0.0, 0.0]], [[0.0, 0.0]])).all()
    np.testing.assert_allclose(slope_of(names["plain_root"], [[0.0, 0.0]], [[3.0, 4.0]]), [[0.6, 0.8]], rtol=1e-6)
    assert np.isfinite(slope_of(names["surprise_share"], 0.0, [0.0, 0.5, 1.0])).all()
    late = slope_of(lambda y, p: ops.where(p > 0, -p * ops.log(p), 0.0), 0.0, [0.0])
    assert np.isnan(late).all()


def test_the_three_lines_leave_their_share_of_days_below_and_spread_to_the_right():
    assert told("The shares are close to $\\tau$")
    names = names_after("Training with your own loss")
    for tau, (w, b, history) in names["lines"].items():
        assert np.mean(names["y"] < w * names["x"] + b) == pytest.approx(tau, abs=0.02)
        assert history[-1] < history[0]
    slopes = [w for w, _, _ in names["lines"].values()]
    assert slopes == sorted(slopes)


def test_numbers_of_16_bits_are_as_the_chapter_says():
    assert told("The largest 16-bit float is 65504")
    assert np.finfo(np.float16).max == 65504
    with np.errstate(over="ignore"):
        squares = np.square(np.array([255, 256], np.float16))
    assert np.isfinite(squares).tolist() == [True, False]
    assert exercises.get("largest_square").answer == 255
    assert np.float16(1e-4) * np.float16(1e-4) == 0
    assert np.float16(32768 * 1e-4) * np.float16(1e-4) == pytest.approx(32768e-8, rel=1e-2)


def test_a_sigmoid_too_many_leaves_the_loss_where_the_chapter_says():
    assert told("near 0.31 for labels 1, near 0.69 for labels 0, and near 0.50 if both are equally frequent")
    twice = [float(binary_crossentropy([y], [p], from_logits=True)) for y, p in ((1.0, 1.0), (0.0, 0.0))]
    assert [*twice, np.mean(twice)] == pytest.approx([0.31, 0.69, 0.50], abs=0.005)
    assert twice[0] == pytest.approx(exercises.get("floor_of_two_sigmoids").answer)


def test_the_stable_formula_has_wrong_slopes_at_zero_and_softplus_right_ones():
    assert told("Here, those would be −0.5 and 0.5")
    names = names_after("Spot the bug")
    y, z = np.array([[1.0], [0.0]]), np.zeros((2, 1))
    assert slope_of(names["four"], y, z).ravel().tolist() == [0, 1]
    assert slope_of(from_logits, y, z).ravel().tolist() == [-0.5, 0.5]
    y_true, logits = RNG.integers(2, size=(20, 3)).astype(float), RNG.normal(scale=9, size=(20, 3))
    values = array_of(from_logits(tensor(y_true), tensor(logits)))
    np.testing.assert_allclose(values, binary_crossentropy(y_true, logits, from_logits=True), rtol=1e-4, atol=1e-6)


def test_the_smooth_score_is_the_dice_loss_and_the_rounded_one_has_no_slope():
    assert told("this is the Dice loss")
    y_true, y_pred = RNG.integers(2, size=(1, 8)).astype(float), RNG.random((1, 8))
    mine = float(soft_f_one(tensor(y_true), tensor(y_pred))[0])
    assert mine == pytest.approx(float(dice(y_true, y_pred)), abs=1e-6)
    assert not slope_of(names_after("Spot the bug")["five"], y_true, y_pred).any()


@pytest.mark.slow
def test_fit_refuses_numpy_and_if_as_symbolic_tensors_do_and_run_eagerly_only_loses_the_slope():
    import keras

    def model(loss, **options):
        made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        made.compile("sgd", loss=loss, **options)
        return lambda: made.fit(np.ones((4, 1)), np.zeros((4, 1)), verbose=0)

    def by_numpy(y_true, y_pred):
        return np.mean(np.square(y_true - y_pred))

    def by_if(y_true, y_pred):
        return y_pred if keras.ops.mean(y_pred) > 0 else -y_pred

    assert told("NumPy cannot read a symbolic tensor")
    with pytest.raises(NotImplementedError, match=r"symbolic tf\.Tensor"):
        model(by_numpy)()
    with pytest.raises(Exception, match="bool"):
        model(by_if)()
    with pytest.raises(ValueError, match="No gradients provided"):
        model(by_numpy, run_eagerly=True)()


@pytest.mark.slow
def test_keras_sees_a_sigmoid_directly_before_the_loss_and_none_behind_another_operation():
    import keras

    assert told("If the sigmoid comes directly before the loss, tf.keras warns and uses its logits")
    loss, positive = keras.losses.BinaryCrossentropy(from_logits=True), np.ones((1, 1))
    certain = keras.activations.sigmoid(keras.ops.convert_to_tensor([[50.0]]))
    with pytest.warns(UserWarning, match="from_logits"):
        assert float(loss(positive, certain)) < 1e-6
    floor = exercises.get("floor_of_two_sigmoids").answer
    assert float(loss(positive, keras.ops.reshape(certain, (1, 1)))) == pytest.approx(floor)


@pytest.mark.slow
def test_keras_hands_32_bits_to_a_loss_whatever_the_model_returns():
    import keras

    assert told("converts predictions to 32 bits before it calls your code")
    seen = []

    def noting(y_true, y_pred):
        seen.append((keras.backend.standardize_dtype(y_true.dtype), keras.backend.standardize_dtype(y_pred.dtype)))
        return keras.ops.mean(keras.ops.square(y_pred - y_true), axis=-1)

    layer = keras.layers.Dense(1, dtype="mixed_float16")
    made = keras.Sequential([keras.Input((1,)), layer])
    made.compile("sgd", loss=noting)
    made.fit(np.ones((4, 1)), np.zeros((4, 1)), verbose=0)
    assert set(seen) == {("float32", "float32")}
    assert keras.backend.standardize_dtype(made(np.ones((4, 1))).dtype) == "float16"


@pytest.mark.slow
def test_a_model_with_an_unknown_class_says_what_the_chapter_quotes(tmp_path):
    import keras

    assert told("`load_model` stops with `Could not locate class`")

    class Unknown(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.square(y_pred - y_true), axis=-1)

    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    made.compile("sgd", loss=Unknown())
    made.save(tmp_path / "own.keras")
    with pytest.raises(TypeError, match="Could not locate class"):
        keras.models.load_model(tmp_path / "own.keras")
    restored = keras.models.load_model(tmp_path / "own.keras", custom_objects={"Unknown": Unknown})
    assert isinstance(restored.loss, Unknown)


@pytest.mark.slow
def test_a_train_step_that_does_not_update_its_metric_logs_a_loss_of_zero():
    import keras

    assert told("If `train_step` does not update it, `fit` logs a loss of 0.")

    class Forgetful(keras.Model):
        def train_step(self, data):
            x, y = data
            return {"loss": self.compute_loss(x, y, self(x))}

    inner = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    made = Forgetful(inner.inputs, inner.outputs)
    made.compile("sgd", loss="mse")
    assert made.fit(np.ones((4, 1)), np.full((4, 1), 9.0), verbose=0).history["loss"] == [0.0]
