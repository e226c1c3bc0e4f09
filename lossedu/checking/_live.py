"""Load Keras in a notebook and show that it loads; without TensorFlow, use its recorded outputs."""

import os

from lossedu.checking import _keras, _recorded, _render
from lossedu.language import join_sentences, say


def load_keras():
    """Load Keras, and show one line: the versions, or why it is not available.

    The lines that TensorFlow prints when it starts are not shown.

    Returns:
        The module `keras`. None if TensorFlow is not available, and while submissions are graded.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        _render.show_line(say("tf.keras is not loaded while grading."))
        return None
    loaded = []

    def load():
        try:
            loaded.append(_keras.load()[0])
        except _keras.NoTensorFlowError as error:
            return say("The cells with Keras do nothing here. {reason}", reason=error)
        return _keras.installed_version()

    show_when_loaded(load)
    return loaded[0] if loaded else None


def load_training():
    """Load `lossedu.training` for cells that only show a run.

    Returns:
        The module. None while submissions are graded, where it is out of reach.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return None
    from lossedu import training

    return training


def show_when_loaded(make):
    """Show the line of text that `make()` returns; if `make()` must load TensorFlow, show first that it loads."""
    if _keras.takes_seconds():
        _render.show_line_after(say("Loading TensorFlow, which takes a few seconds ..."), make)
    else:
        _render.show_line(make())


def describe_comparison(exercise, function):
    """Compare an answer with tf.keras and describe the result; without TensorFlow, compare with recorded outputs."""
    try:
        version = _keras.installed_version()
    except _keras.NoTensorFlowError as error:
        version = say("{version}, as recorded", version=_recorded.version())
        compared, reason = _keras.compare(exercise, function, _recorded.output), str(error)
    else:
        compared, reason = _keras.compare(exercise, function), ""
    if not compared.inputs:
        return say("{name} was not compared with tf.keras. {reason}", name=exercise.name, reason=reason)
    text = say(
        "{name} agrees with {other} of {version}: on {inputs} inputs the largest difference is {worst}."
        if compared.agrees
        else "{name} differs from {other} of {version}: on {inputs} inputs the largest difference is {worst}.",
        name=exercise.name,
        other=say("the slope of {loss}", loss=exercise.keras) if exercise.gradient_of else exercise.keras,
        version=version,
        inputs=compared.inputs,
        worst=f"{compared.worst:.1e}",
    )
    return join_sentences(text, reason)
