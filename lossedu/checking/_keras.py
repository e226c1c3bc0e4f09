"""The tf.keras oracle. The only module that imports TensorFlow, and only when it is asked something."""

import os

import numpy as np

from lossedu.checking import _recorded
from lossedu.checking._calls import Outcome, call
from lossedu.exercises import FunctionExercise, get


def output(exercise, case):
    """The value, or the slope that tf.GradientTape sees, of the exercise's loss in the installed tf.keras."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras  # tf.keras is this package; tf.keras.losses lacks some of its names, such as kl_divergence
    import tensorflow as tf

    function = getattr(keras.losses, exercise.keras)
    *given, predictions = (tf.convert_to_tensor(argument) for argument in case.arguments.values())
    if exercise.gradient_of is None:
        return function(*given, predictions).numpy()
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        total = tf.reduce_sum(function(*given, predictions))
    return tape.gradient(total, predictions).numpy()


def installed_version():
    """The version of the installed TensorFlow."""
    import tensorflow as tf

    return tf.__version__


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
        expected, got = Outcome(output(exercise, case)), call(function, case.arguments)
        agrees &= got.equals(expected, exercise.rtol, exercise.atol)
        comparable = got.value is not None and got.value.shape == expected.value.shape
        difference = np.max(np.abs(got.value - expected.value)) if comparable else np.inf
        worst = np.maximum(worst, difference)  # unlike max(), keeps NaN
    return agrees, worst
