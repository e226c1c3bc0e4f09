"""The tf.keras oracle. The only module that imports TensorFlow, and only when it is asked something."""

import contextlib
import importlib.util
import operator
import os
import sys
import warnings
from functools import cache
from typing import NamedTuple

import numpy as np

from lossedu.checking import _recorded
from lossedu.checking._answers import outcomes_of
from lossedu.checking.probe import Outcome
from lossedu.errors import PlainError
from lossedu.exercises import FunctionExercise, get
from lossedu.language import say

NO_TENSORFLOW_SINCE = (3, 14)  # the first Python without a release of TensorFlow, as in `pyproject.toml`


class NoTensorFlowError(PlainError, ImportError):
    """TensorFlow is not installed or cannot be imported; the message says which, and what to do."""


@cache
def load():
    """Import Keras and TensorFlow, without the lines that they print when they start.

    Returns:
        The modules `keras` and `tensorflow`. tf.keras is `keras`, but tf.keras.losses lacks some of its names, such as
        kl_divergence.

    Raises:
        NoTensorFlowError: one of them is missing or cannot be imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with without_stderr(), warnings.catch_warnings(action="ignore"):
            import keras
            import tensorflow as tf

            tf.constant(0)  # when TensorFlow makes its first tensor, it looks for devices and prints them
    except ModuleNotFoundError as error:
        if error.name not in ("keras", "tensorflow"):
            raise NoTensorFlowError(describe_failure(error)) from error
        if sys.version_info >= NO_TENSORFLOW_SINCE:
            running = f"{sys.version_info.major}.{sys.version_info.minor}"
            words = say("TensorFlow has no release for Python {version} yet.", version=running)
        else:
            words = say("TensorFlow is not installed; add it with  {command}", command="pip install 'lossedu[keras]'")
        raise NoTensorFlowError(words) from error
    except Exception as error:  # a broken installation may raise anything
        raise NoTensorFlowError(describe_failure(error)) from error
    return keras, tf


def describe_failure(error):
    """Say in one line why an installed TensorFlow cannot be used."""
    first_line = next(iter(str(error).strip().splitlines()), "")
    return say("TensorFlow cannot be imported: {error}", error=f"{type(error).__name__}: {first_line}")


def takes_seconds():
    """Tell whether `load` will import TensorFlow, which takes a few seconds."""
    return "tensorflow" not in sys.modules and importlib.util.find_spec("tensorflow") is not None


@contextlib.contextmanager
def without_stderr():
    """Discard everything that the block writes to standard error, including what C++ code writes."""
    with contextlib.ExitStack() as after:
        try:
            kept = os.dup(2)
        except OSError:  # a program without a console has no standard error
            kept = None
        if kept is not None:
            after.callback(os.close, kept)
            after.callback(os.dup2, kept, 2)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
        yield


def output(exercise, case):
    """The value in the installed tf.keras, the slope that tf.GradientTape sees, or the path of an optimizer."""
    keras, tf = load()
    package, _, path = exercise.keras.partition(".")
    function = operator.attrgetter(path)({"keras": keras, "tf": tf}[package])
    if exercise.protocol == "steps":
        return path_of(function, **case.arguments)
    arguments = {
        name: tf.convert_to_tensor(as_keras_has_it(case, name, argument)) if name in case.domains else plain(argument)
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


def asked_of_keras(exercise):
    """Return the public cases on which tf.keras computes what the contract says."""
    return [case for case in exercise.cases() if not case.beyond_keras]


def as_keras_has_it(case, name, array):
    """Return an array as `model.fit` hands it to a loss: integers as floats, except class numbers."""
    of_classes = name in case.domains and case.domains[name].whole
    return array.astype(float) if array.dtype.kind == "i" and not of_classes else array


def plain(option):
    """Return an option as a number of Python: a float64 of NumPy would turn float32 arrays of Keras into float64."""
    return option.item() if isinstance(option, np.floating) else option


def path_of(optimizer, w, g, **hyperparameters):
    """Where an optimizer of Keras takes a variable that starts at `w`, gradient by gradient.

    If the learning rate is a tuple, it has one for each step.
    """
    keras, _ = load()
    rates = hyperparameters.pop("learning_rate", optimizer().learning_rate)
    stepping, variable, path = optimizer(**hyperparameters), keras.Variable(w, dtype=w.dtype.name), []
    for number, gradient in enumerate(g):
        stepping.learning_rate = rates[number] if isinstance(rates, tuple) else rates
        stepping.apply([gradient], [variable])
        path.append(variable.numpy())
    return np.array(path)


def installed_version():
    """The versions of the installed packages, such as "Keras 3.15.1 (TensorFlow 2.21.0)"."""
    keras, tf = load()
    return f"Keras {keras.__version__} (TensorFlow {tf.__version__})"


def record(names):
    """Record the outputs of the installed tf.keras on the public cases of the named exercises."""
    declared = [get(name) for name in names]
    outputs = {
        exercise.name: {case.digest(): output(exercise, case) for case in asked_of_keras(exercise)}
        for exercise in declared
        if isinstance(exercise, FunctionExercise) and exercise.keras
    }
    _recorded.save(installed_version(), outputs)
    return outputs


class Comparison(NamedTuple):
    """How an answer compares with tf.keras.

    Attributes:
        agrees: whether they are equal within the exercise's tolerance.
        worst: the largest difference; inf if an output cannot be compared, NaN if it is NaN.
        inputs: the number of public cases that were compared.
    """

    agrees: bool
    worst: float
    inputs: int


def compare(exercise, function, oracle=output):
    """Compare an answer with tf.keras on the public cases.

    Args:
        exercise: the exercise.
        function: the answer.
        oracle: what tf.keras gives for a case of an exercise: the live `output`, or `_recorded.output`. It returns None
            for a case that it does not know.
    """
    agrees, worst, inputs = True, 0.0, 0
    for case in asked_of_keras(exercise):
        known = oracle(exercise, case)
        if known is None:
            continue
        expected, inputs = Outcome(known), inputs + 1
        (got,) = outcomes_of(function, exercise, [case.arguments])
        agrees &= got.equals(expected, exercise.rtol, exercise.atol)
        comparable = got.shapes == expected.shapes
        difference = np.max(np.abs(got.values[0] - expected.values[0])) if comparable else np.inf
        worst = np.maximum(worst, difference)  # unlike max(), keeps NaN
    return Comparison(agrees, worst, inputs)
