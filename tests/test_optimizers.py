import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossedu import optimizers
from tests.sampling import others_slow

NAMES = ["SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam", "AdamW", "Lion", "Lamb", "Ftrl"]
NAMES += ["Adafactor", "Muon"]
SHAPES = [(3, 4), (5,), ()]
FLAGS = {
    "SGD": ["nesterov"],
    "Muon": ["nesterov"],
    "Adafactor": ["relative_step"],
    "RMSprop": ["centered"],
    "Adam": ["amsgrad"],
    "AdamW": ["amsgrad"],
}
RANGES = {
    "momentum": (0, 1),
    "rho": (0.01, 1),  # near 0, the centered variance of Keras is all rounding
    "beta_1": (0.01, 0.99),  # Lion of Keras refuses 0
    "beta_2": (0, 0.9999),
    "epsilon": (1e-8, 1e-2),
    "initial_accumulator_value": (0.01, 1),
    "l1_regularization_strength": (0, 0.1),
    "l2_regularization_strength": (0, 0.1),
    "l2_shrinkage_regularization_strength": (0, 0.1),
    "beta": (0, 0.1),
    "beta_2_decay": (-0.99, -0.1),
    "epsilon_2": (1e-4, 1e-1),
    "clip_threshold": (0.5, 4),
    "adam_beta_1": (0.01, 0.99),
    "adam_beta_2": (0, 0.9999),
    "adam_weight_decay": (0, 0.1),
    "adam_lr_ratio": (0.25, 2),
    "rms_rate": (0.01, 1),
}
pytestmark = pytest.mark.filterwarnings("error::DeprecationWarning:tests")


def float32s(low, high):
    """Floats that float32 holds exactly, since Keras keeps its learning rate, and casts some options, in float32."""
    return st.floats(np.float32(low).item(), np.float32(high).item(), width=32)


@st.composite
def options(draw, name):
    parameters = inspect.signature(getattr(optimizers, name)).parameters
    drawn = {"learning_rate": draw(float32s(1e-4, 1))}
    drawn |= {option: draw(float32s(*RANGES[option])) for option in parameters if option in RANGES}
    drawn |= {flag: draw(st.booleans()) for flag in FLAGS.get(name, [])}
    if name == "AdamW" or draw(st.booleans()):
        drawn["weight_decay"] = draw(float32s(0, 0.1))
    clip = draw(st.sampled_from([None, "clipnorm", "clipvalue", "global_clipnorm"]))
    return drawn | ({clip: draw(float32s(0.01, 10))} if clip else {})


def random_steps(seed, steps, scale=1.0):
    rng = np.random.default_rng(seed)
    start = [rng.normal(size=shape) for shape in SHAPES]
    return start, [[scale * rng.normal(size=shape) for shape in SHAPES] for _ in range(steps)]


def run_ours(optimizer, start, gradients):
    variables = [np.array(w) for w in start]
    for step in gradients:
        optimizer.apply(step, variables)
    return variables


@pytest.fixture(autouse=True)
def keras_in_float64(request):
    """Let Keras take float64 for what it computes of shapes: otherwise its Muon refuses variables of float64."""
    if "uon" not in request.node.name:
        yield
        return
    import keras

    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx("float32")


def run_keras(optimizer, start, gradients):
    import keras
    import tensorflow as tf

    variables = [keras.Variable(w, dtype="float64") for w in start]
    optimizer.build(variables)
    step = tf.function(lambda *gradients: optimizer.apply(list(gradients), variables))
    for arrays in gradients:
        step(*(tf.constant(g, tf.float64) for g in arrays))
    return [w.numpy() for w in variables]


def keras_optimizer(name, **drawn):
    import keras

    return getattr(keras.optimizers, name)(**drawn)


def assert_same_way(ours, theirs, start, tolerance=1e-6):
    """Relative to the value and, where a variable came near 0, to the way that the variables went."""
    for w, v, w_0 in zip(ours, theirs, start, strict=True):
        np.testing.assert_allclose(w, v, rtol=tolerance, atol=tolerance * np.abs(v - w_0).max())


@pytest.mark.parametrize("name", others_slow(NAMES, 2))
@settings(max_examples=settings.default.max_examples // 5)  # each makes a graph; another test tries the defaults
@given(data=st.data())
def test_two_hundred_steps_are_those_of_keras(name, data):
    drawn = data.draw(options(name))
    start, gradients = random_steps(data.draw(st.integers(0, 99)), 200, data.draw(st.sampled_from([0.01, 1.0, 100.0])))
    ours = run_ours(getattr(optimizers, name)(**drawn), start, gradients)
    assert_same_way(ours, run_keras(keras_optimizer(name, **drawn), start, gradients), start)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        *((name, {}) for name in NAMES),
        ("SGD", {"momentum": 0.9}),
        ("SGD", {"momentum": 0.9, "nesterov": True}),
        ("RMSprop", {"momentum": 0.5, "centered": True}),
        ("Adam", {"amsgrad": True, "clipvalue": 0.5}),
    ],
)
def test_two_hundred_steps_from_the_defaults_are_those_of_keras_as_far_as_its_float32_goes(name, changed):
    start, gradients = random_steps(1, 200)
    ours = run_ours(getattr(optimizers, name)(**changed), start, gradients)
    theirs = run_keras(keras_optimizer(name, **changed), start, gradients)
    assert_same_way(ours, theirs, start, 1e-5)  # Keras casts 0.999 to float32: in 1 - 0.999 that is an error of 1e-5


@pytest.mark.parametrize("name", ["SGD", "Adam"])
@pytest.mark.parametrize(
    "changed",
    [
        {"use_ema": True, "ema_momentum": 0.75},
        {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
        {"gradient_accumulation_steps": 4, "clipnorm": 0.5, "weight_decay": 0.125},
        {"gradient_accumulation_steps": 2, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
        {"loss_scale_factor": 1024.0},
    ],
    ids=str,
)
def test_averages_accumulation_and_loss_scaling_are_those_of_keras(name, changed):
    start, gradients = random_steps(6, 10, scale=changed.get("loss_scale_factor", 1.0))
    changed = changed | {"learning_rate": 0.125}
    ours, theirs = getattr(optimizers, name)(**changed), keras_optimizer(name, **changed)
    reached = run_ours(ours, start, gradients)
    assert_same_way(reached, run_keras(theirs, start, gradients), start, 1e-5)
    assert ours.iterations == int(theirs.iterations)
    if ours.use_ema:
        for average, expected in zip(ours.averages, theirs._model_variables_moving_average, strict=True):
            np.testing.assert_allclose(average, expected.numpy(), rtol=1e-4, atol=1e-5)
        ours.finalize_variable_values(reached)
        np.testing.assert_array_equal(reached[0], ours.averages[0])


SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.5, "decay_steps": 8, "decay_rate": 0.25}),
    ("ExponentialDecay", {"initial_learning_rate": 0.5, "decay_steps": 8, "decay_rate": 0.25, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.5, "decay_steps": 8, "decay_rate": 0.25, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 10], "values": [1.0, 0.5, 0.25]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.5, "decay_steps": 8, "end_learning_rate": 0.125, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.5, "decay_steps": 8, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.5, "decay_steps": 16, "alpha": 0.125}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 16, "warmup_target": 0.5, "warmup_steps": 4}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.5, "first_decay_steps": 5, "t_mul": 2.0, "m_mul": 0.5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.5, "first_decay_steps": 5, "t_mul": 1.0, "alpha": 0.25}),
]


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES, ids=str)
def test_schedules_are_those_of_keras(name, arguments):
    import keras

    ours, theirs = (getattr(package.schedules, name)(**arguments) for package in (optimizers, keras.optimizers))
    steps = [0, 1, 3, 4, 5, 6, 8, 9, 11, 12, 17, 40]
    np.testing.assert_allclose(
        [ours(step) for step in steps], [float(theirs(step)) for step in steps], rtol=1e-5, atol=1e-6
    )
    w = np.ones(())
    optimizers.SGD(ours).apply([1.0], [w])
    assert w == 1 - ours(0)


def test_schedule_is_called_with_the_steps_from_zero():
    steps = []
    start, gradients = random_steps(2, 5)
    run_ours(optimizers.SGD(lambda step: steps.append(step) or 0.1), start, gradients)
    assert steps == [0, 1, 2, 3, 4]


def test_inverse_time_decay_is_that_of_keras():
    import keras

    arguments = {"initial_learning_rate": 0.25, "decay_steps": 8, "decay_rate": 0.5}
    start, gradients = random_steps(3, 200)
    ours = run_ours(optimizers.SGD(optimizers.schedules.InverseTimeDecay(**arguments)), start, gradients)
    theirs = keras.optimizers.SGD(keras.optimizers.schedules.InverseTimeDecay(**arguments))
    assert_same_way(ours, run_keras(theirs, start, gradients), start)


@pytest.mark.parametrize("name", NAMES)
def test_arrays_are_updated_in_place_in_their_dtype(name):
    variables = [np.ones((2, 3), np.float32), np.array(1.0, np.float32)]
    same = list(variables)
    optimizer = getattr(optimizers, name)(learning_rate=0.1, weight_decay=0.1, clipnorm=1.0)
    assert optimizer.apply([np.ones((2, 3)), 1], variables) is None
    for w, before in zip(variables, same, strict=True):
        assert w is before
        assert w.dtype == np.float32
        assert (w < 1).all()


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_left_as_they_are(name):
    g = np.array([3.0, 4.0])
    getattr(optimizers, name)(clipnorm=1.0).apply([g], [np.ones(2)])
    np.testing.assert_array_equal(g, [3, 4])


@pytest.mark.parametrize("name", NAMES)
def test_each_variable_has_a_state_of_its_own(name):
    start, gradients = random_steps(4, 20)
    together = run_ours(getattr(optimizers, name)(), start, gradients)
    for i in range(len(SHAPES)):
        (alone,) = run_ours(getattr(optimizers, name)(), start[i : i + 1], [step[i : i + 1] for step in gradients])
        np.testing.assert_array_equal(together[i], alone)


def test_global_norm_is_that_of_all_gradients_together():
    together, each = [np.zeros(1), np.zeros(1)], [np.zeros(1), np.zeros(1)]
    optimizers.SGD(1.0, global_clipnorm=1.0).apply([[3.0], [4.0]], together)
    optimizers.SGD(1.0, clipnorm=1.0).apply([[3.0], [4.0]], each)
    np.testing.assert_allclose(together, [[-0.6], [-0.8]])
    np.testing.assert_allclose(each, [[-1], [-1]])


def test_clipvalue_cuts_each_entry():
    w = np.zeros(3)
    optimizers.SGD(1.0, clipvalue=0.5).apply([[-3.0, 0.25, 0.75]], [w])
    np.testing.assert_array_equal(w, [0.5, -0.25, -0.5])


def test_norm_of_huge_gradients_does_not_overflow():
    w = np.zeros(2, np.float32)
    optimizers.SGD(1.0, clipnorm=1.0).apply([[3e30, 4e30]], [w])
    np.testing.assert_allclose(w, [-0.6, -0.8], rtol=1e-6)


def test_a_gradient_of_zero_has_no_norm_to_clip():
    w = np.ones(2)
    optimizers.SGD(1.0, clipnorm=1.0).apply([[0.0, 0.0]], [w])
    assert w.tolist() == [1, 1]


@pytest.mark.parametrize(("name", "options"), [*((name, {}) for name in NAMES), ("RMSprop", {"centered": True})])
def test_gradients_whose_squares_overflow_make_no_nan(name, options):
    w = np.zeros(3)
    optimizer = getattr(optimizers, name)(**options)
    with np.errstate(over="ignore"):
        for g in ([1e200, -1e300, 1.7e308], [-1e200, 1e300, -1.7e308], [1.0, 0.0, 1e-300]) * 2:
            optimizer.apply([g], [w])
    assert not np.isnan(w).any()


@pytest.mark.parametrize("name", ["Adafactor", "Muon"])
def test_matrices_whose_squares_overflow_make_no_nan(name):
    w = np.ones((2, 3))
    optimizer = getattr(optimizers, name)()
    with np.errstate(over="ignore"):
        for g in (1e200, -1e300, 1.0):
            optimizer.apply([np.full((2, 3), g) * [[1, -1, 2], [0, 1, 1]]], [w])
    assert np.isfinite(w).all()


def test_steps_of_muon_with_other_options_are_those_of_keras():
    changed = {"rms_rate": None, "nesterov": False, "ns_steps": 2, "adam_weight_decay": None}
    start, gradients = random_steps(7, 20)
    ours = run_ours(optimizers.Muon(**changed), start, gradients)
    assert_same_way(ours, run_keras(keras_optimizer("Muon", **changed), start, gradients), start, 1e-5)


def test_muon_makes_all_singular_values_alike():
    g = np.random.default_rng(0).normal(size=(6, 3)) * [1.0, 10.0, 100.0]
    w = np.zeros((6, 3))
    optimizers.Muon(1.0, rms_rate=None).apply([g], [w])
    before, after = (np.linalg.svd(x, compute_uv=False) for x in (g, w))
    assert before.max() > 50 * before.min()
    assert 0.5 < after.min() <= after.max() < 1.3


def test_adafactor_keeps_rows_and_columns_instead_of_all_entries():
    (state,) = (optimizers.Adafactor().start(np.ones((40, 30))),)
    assert sum(array.size for array in state.values()) == 70


def test_centered_rmsprop_stays_finite_where_the_gradient_never_changes():
    w = np.zeros(1)
    optimizer = optimizers.RMSprop(centered=True, epsilon=1e-12)
    for _ in range(500):
        optimizer.apply([[1e5 / 3]], [w])
    assert np.isfinite(w).all()


def test_adam_takes_as_long_a_step_whatever_the_scale_of_the_gradient():
    w = np.zeros(3)
    optimizers.Adam(0.1).apply([[1e-2, 1.0, -1e150]], [w])
    np.testing.assert_allclose(w, [-0.1, -0.1, 0.1], rtol=1e-3)


def test_apply_gradients_takes_pairs():
    w, v = np.ones(2), np.ones(3)
    optimizers.SGD(0.5).apply_gradients(zip([np.ones(2), np.ones(3)], [w, v], strict=True))
    np.testing.assert_array_equal(np.concatenate([w, v]), 0.5)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("SGD", {"lr": 0.5}, {"learning_rate": 0.5}, r"lr=0.5 is the spelling of Keras 2; .* learning_rate=0.5"),
        (
            "Adam",
            {"learning_rate": 0.5, "decay": 0.25},
            {"learning_rate": lambda step: 0.5 / (1 + 0.25 * step)},
            r"decay=0.25 .* learning_rate=InverseTimeDecay\(initial_.*=0.5, decay_steps=1, decay_rate=0.25\)",
        ),
        ("Nadam", {"schedule_decay": 1}, {}, "schedule_decay=1 .* no such argument, the value is always 1"),
    ],
)
def test_argument_of_keras_2_works_with_a_warning_that_names_todays(name, old, new, message):
    start, gradients = random_steps(5, 20)
    with pytest.warns(DeprecationWarning, match=message) as record:
        optimizer = getattr(optimizers, name)(**old)
    assert [warning.filename for warning in record] == [__file__]
    np.testing.assert_equal(
        run_ours(optimizer, start, gradients), run_ours(getattr(optimizers, name)(**new), start, gradients)
    )


def test_old_sgd_line_decays_over_time():
    with pytest.warns(DeprecationWarning, match="Keras 2") as record:
        optimizer = optimizers.SGD(lr=1.0, momentum=0, decay=1.0, nesterov=False)
    assert len(record) == 2
    w = np.zeros(())
    way = [(optimizer.apply([1.0], [w]), float(w))[1] for _ in range(3)]
    np.testing.assert_allclose(way, [-1, -1 - 1 / 2, -1 - 1 / 2 - 1 / 3])


def test_schedule_decay_sets_the_exponent_of_the_momentum_of_nadam():
    with pytest.warns(DeprecationWarning, match="schedule_decay"):
        optimizer = optimizers.Nadam(0.002, schedule_decay=0.004)
    assert optimizer.momentum(10) == pytest.approx(0.9 * (1 - 0.5 * 0.96**0.04))
    with pytest.warns(DeprecationWarning, match="schedule_decay"):
        assert optimizers.Nadam.from_config(optimizer.get_config()).schedule_decay == 0.004


def test_todays_arguments_give_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in NAMES:
            optimizers.get(name)


@pytest.mark.parametrize("name", NAMES)
def test_get_takes_names_classes_objects_and_configs(name):
    cls = getattr(optimizers, name)
    optimizer = cls(learning_rate=0.5, clipvalue=0.25)
    assert optimizers.get(optimizer) is optimizer
    for identifier in (name, name.lower(), name.upper(), cls):
        assert type(optimizers.get(identifier)) is cls
    again = optimizers.get(optimizers.serialize(optimizer))
    assert type(again) is cls
    assert again.get_config() == optimizer.get_config()
    assert (again.learning_rate, again.clipvalue) == (0.5, 0.25)


@pytest.mark.parametrize("name", NAMES)
def test_config_goes_to_keras_and_back(name):
    import keras

    config = keras_optimizer(name, learning_rate=0.5, clipnorm=2.0).get_config()
    optimizer = getattr(optimizers, name).from_config(config)
    assert optimizer.get_config().items() <= config.items()
    assert getattr(keras.optimizers, name).from_config(optimizer.get_config()).get_config() == config


@pytest.mark.parametrize(
    ("identifier", "error", "message"),
    [
        ("addam", ValueError, "identifier must name an optimizer, such as adam, .*, got 'addam'"),
        (
            "xyz",
            ValueError,
            "such as sgd, rmsprop, .*, adamw, lion, lamb, ftrl, adafactor, muon, got 'xyz'",
        ),
        ({"class_name": "SDG"}, ValueError, "such as sgd, got 'SDG'"),
        ({"momentum": 0.9}, TypeError, r"identifier must be a name, .* or a config .*, got \{'momentum': 0.9\}"),
        (dict, TypeError, "identifier must be a name, .* got <class 'dict'>"),
        (None, TypeError, "identifier must be a name, .* got None"),
    ],
)
def test_unknown_identifier_is_refused_with_what_is_known(identifier, error, message):
    with pytest.raises(error, match=message):
        optimizers.get(identifier)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("SGD", {"learning_rate": -0.1}, ValueError, "learning_rate must be at least 0, got -0.1"),
        ("SGD", {"learning_rate": np.nan}, ValueError, "learning_rate must be at least 0, got nan"),
        ("SGD", {"learning_rate": "fast"}, TypeError, "learning_rate must be a number, at least 0, got 'fast'"),
        ("SGD", {"learning_rate": None}, TypeError, "learning_rate must be a number, at least 0, got None"),
        ("SGD", {"momentum": 1.5}, ValueError, r"momentum must be in \[0, 1\], got 1.5"),
        ("RMSprop", {"momentum": -0.5}, ValueError, r"momentum must be in \[0, 1\], got -0.5"),
        ("SGD", {"momentum": True}, TypeError, r"momentum must be a number, in \[0, 1\], got True"),
        ("SGD", {"nesterov": 0.9}, TypeError, "nesterov must be True or False, got 0.9"),
        ("RMSprop", {"centered": "no"}, TypeError, "centered must be True or False, got 'no'"),
        ("Adam", {"amsgrad": 1}, TypeError, "amsgrad must be True or False, got 1"),
        ("Adadelta", {"rho": 1.1}, ValueError, r"rho must be in \[0, 1\], got 1.1"),
        ("Adam", {"beta_1": 1.0}, ValueError, r"beta_1 must be in \[0, 1\), got 1.0"),
        ("Nadam", {"beta_2": -0.1}, ValueError, r"beta_2 must be in \[0, 1\), got -0.1"),
        ("Adamax", {"epsilon": 0.0}, ValueError, "epsilon must be positive, got 0.0"),
        ("Adagrad", {"initial_accumulator_value": -1}, ValueError, "initial_accumulator_value must be at least 0"),
        ("SGD", {"weight_decay": -1e-3}, ValueError, "weight_decay must be at least 0, got -0.001"),
        ("AdamW", {"weight_decay": None}, TypeError, "weight_decay must be a number, at least 0, got None"),
        ("SGD", {"clipnorm": 0}, ValueError, "clipnorm must be positive, got 0"),
        ("SGD", {"clipvalue": -1.0}, ValueError, "clipvalue must be positive, got -1.0"),
        ("SGD", {"global_clipnorm": np.inf}, ValueError, "global_clipnorm must be positive, got inf"),
        (
            "Adam",
            {"clipnorm": 1.0, "clipvalue": 0.5},
            ValueError,
            "at most one of clipnorm, clipvalue, global_clipnorm can be set, got clipnorm=1.0, clipvalue=0.5",
        ),
        ("SGD", {"use_ema": 1}, TypeError, "use_ema must be True or False, got 1"),
        ("SGD", {"ema_momentum": 2}, ValueError, r"ema_momentum must be in \[0, 1\], got 2"),
        ("SGD", {"ema_overwrite_frequency": 0}, ValueError, "ema_overwrite_frequency must be at least 1, got 0"),
        (
            "SGD",
            {"gradient_accumulation_steps": 1},
            ValueError,
            "gradient_accumulation_steps must be at least 2, got 1",
        ),
        ("SGD", {"gradient_accumulation_steps": 2.5}, TypeError, "gradient_accumulation_steps must be a whole number"),
        ("SGD", {"loss_scale_factor": 0}, ValueError, "loss_scale_factor must be positive, got 0"),
        ("Muon", {"exclude_layers": ["head"]}, ValueError, r"exclude_layers must be empty, .* got \['head'\]"),
        ("Muon", {"ns_steps": -1}, ValueError, "ns_steps must be at least 0, got -1"),
        ("Muon", {"muon_a": np.inf}, ValueError, "muon_a must be finite, got inf"),
        ("Adafactor", {"beta_2_decay": 0.8}, ValueError, "beta_2_decay must be at most 0, got 0.8"),
        ("Adafactor", {"relative_step": 1}, TypeError, "relative_step must be True or False, got 1"),
        ("Ftrl", {"learning_rate_power": 1}, ValueError, "learning_rate_power must be at most 0, got 1"),
        ("SGD", {"lr": 0.1, "learning_rate": 0.2}, TypeError, "learning_rate was given twice, got lr=0.1 and 0.2"),
        ("SGD", {"decay": -1}, ValueError, "decay must be at least 0, got -1"),
        ("SGD", {"learning_rate": abs, "decay": 1}, TypeError, "decay must come with a number as learning_rate"),
        ("Nadam", {"schedule_decay": -1}, ValueError, "schedule_decay must be at least 0, got -1"),
        ("Adam", {"schedule_decay": 0.004}, TypeError, "schedule_decay is an option of Nadam only, got 0.004 for Adam"),
        ("Adam", {"beta1": 0.9}, TypeError, "beta1"),
    ],
)
def test_bad_option_is_refused_by_name(name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(optimizers, name)(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0.1, "fast", 1), TypeError, "decay_steps must be a number, got 'fast'"),
        ((-0.1, 1, 1), ValueError, "initial_learning_rate must be at least 0, got -0.1"),
        ((0.1, 0, 1), ValueError, "decay_steps must be positive, got 0"),
        ((0.1, 1, np.nan), ValueError, "decay_rate must be at least 0, got nan"),
    ],
)
def test_bad_schedule_is_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        optimizers.schedules.InverseTimeDecay(*arguments)


def read_only():
    w = np.ones(2)
    w.flags.writeable = False
    return w


@pytest.mark.parametrize(
    ("gradients", "variables", "error", "message"),
    [
        ([[1.0, 1.0]], [np.ones(3)], ValueError, r"gradients\[0\] must have the shape of .*, \(3,\), got \(2,\)"),
        ([[1.0], [np.nan]], [np.ones(1)] * 2, ValueError, r"gradients\[1\] .* got nan \(first at index \(0,\)\)"),
        ([[[0, np.inf]]], [np.ones((1, 2))], ValueError, r"finite .* got inf \(first at index \(0, 1\)\)"),
        ([[1e300]], [np.ones(1, np.float32)], ValueError, r"finite numbers of dtype float32, got 1e\+300"),
        ([None], [np.ones(1)], TypeError, r"gradients\[0\] must hold real numbers, got dtype object"),
        ([], [np.ones(1)], ValueError, "gradients must be one for each of the 1 variables, got 0"),
        (np.ones(2), [np.ones(2)], TypeError, r"gradients must be a list of arrays, got one array of shape \(2,\)"),
        ([np.ones(2)], np.ones(2), TypeError, r"variables must be a list of arrays, got one array of shape \(2,\)"),
        ([[1.0]], [[1.0]], TypeError, r"variables\[0\] must be a NumPy array, .* got list"),
        ([[1, 1]], [np.ones(2, int)], TypeError, r"variables\[0\] must be of a floating dtype, got int64"),
        ([[1, 1]], [read_only()], ValueError, r"variables\[0\] must be writeable, got a read-only .* \(2,\)"),
    ],
)
def test_bad_arrays_are_refused_by_name(gradients, variables, error, message):
    optimizer = optimizers.SGD()
    with pytest.raises(error, match=message):
        optimizer.apply(gradients, variables)
    assert optimizer.iterations == 0
    assert all(np.all(np.equal(w, 1)) for w in variables)


def test_variables_must_stay_the_same():
    optimizer = optimizers.Adam()
    optimizer.apply([np.ones(2)], [np.ones(2)])
    with pytest.raises(ValueError, match=r"of the first step, of shapes \[\(2,\)\], got shapes \[\(3,\)\]"):
        optimizer.apply([np.ones(3)], [np.ones(3)])


def test_schedule_may_not_fall_below_zero():
    with pytest.raises(ValueError, match=r"learning_rate must be at least 0, got -1\.0"):
        optimizers.SGD(lambda step: -1).apply([[1.0]], [np.ones(1)])


def test_rule_without_an_update_says_what_to_define():
    with pytest.raises(NotImplementedError, match="Optimizer must define update"):
        optimizers.Optimizer(0.1).apply([[1.0]], [np.ones(1)])
