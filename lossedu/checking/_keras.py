"""The tf.keras oracle. The only module that imports TensorFlow, and only when it is asked something."""

import operator
import os

import numpy as np

from lossedu.checking import _recorded
from lossedu.checking._answers import outcomes_of
from lossedu.checking.probe import Outcome
from lossedu.exercises import FunctionExercise, get


def output(exercise, case):
    """The value in the installed tf.keras, the slope that tf.GradientTape sees, or the path of an optimizer."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras  # tf.keras is this package; tf.keras.losses lacks some of its names, such as kl_divergence
    import tensorflow as tf

    package, _, path = exercise.keras.partition(".")
    function = operator.attrgetter(path)({"keras": keras, "tf": tf}[package])
    if exercise.protocol == "steps":
        return path_of(function, **case.arguments)
    arguments = {
        name: tf.convert_to_tensor(as_keras_has_it(case, name, argument)) if name in case.domains else argument
        for name, argument in case.arguments.items()
    }
    # the arrays by position, since their names differ from function to function; options by name
    by_name = {name: arguments.pop(name) for name in list(arguments) if not tf.is_tensor(arguments[name])}
    if exercise.gradient_of is None:
        return function(*arguments.values(), **by_name).numpy()
    with tf.GradientTape() as tape:
        tape.watch(arguments[exercise.by])
        total = tf.reduce_sum(function(*arguments.values(), **by_name))
    return tape.gradient(total, arguments[exercise.by]).numpy()


def as_keras_has_it(case, name, array):
    """Return an array as `model.fit` hands it to a loss: integers as floats, except class numbers."""
    of_classes = name in case.domains and case.domains[name].whole
    return array.astype(float) if array.dtype.kind == "i" and not of_classes else array


def path_of(optimizer, w, g, **hyperparameters):
    """Where an optimizer of Keras takes a variable that starts at `w`, gradient by gradient."""
    import keras

    stepping, variable, path = optimizer(**hyperparameters), keras.Variable(w, dtype=w.dtype.name), []
    for gradient in g:
        stepping.apply([gradient], [variable])
        path.append(variable.numpy())
    return np.array(path)


def installed_version():
    """The versions of the installed packages, such as "Keras 3.15.1 (TensorFlow 2.21.0)"."""
    import keras
    import tensorflow as tf

    return f"Keras {keras.__version__} (TensorFlow {tf.__version__})"


def record(names):
    """Record the outputs of the installed tf.keras on the public cases of the named exercises."""
    declared = [get(name) for name in names]
    outputs = {
        exercise.name: {case.digest(): output(exercise, case) for case in exercise.cases()}
        for exercise in declared
        if isinstance(exercise, FunctionExercise) and exercise.keras
    }
    _recorded.save(installed_version(), outputs)
    return outputs


def compare(exercise, function):
    """Whether the answer equals tf.keras on the public cases, and how far it is off at most; inf if not comparable."""
    agrees, worst = True, 0.0
    for case in exercise.cases():
        expected = Outcome(output(exercise, case))
        (got,) = outcomes_of(function, exercise, [case.arguments])
        agrees &= got.equals(expected, exercise.rtol, exercise.atol)
        comparable = got.shapes == expected.shapes
        difference = np.max(np.abs(got.values[0] - expected.values[0])) if comparable else np.inf
        worst = np.maximum(worst, difference)  # unlike max(), keeps NaN
    return agrees, worst
