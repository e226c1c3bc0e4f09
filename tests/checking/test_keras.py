"""The tf.keras oracle: what is on record, and what is installed."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from packaging.requirements import Requirement

from lossedu import compare_with_keras, losses
from lossedu.checking import _keras, _recorded, record_keras_outputs
from lossedu.checking._answers import outcomes_of
from lossedu.exercises import FunctionExercise, get, names
from tests.checking import verdict
from tests.conftest import ROOT
from tests.test_installation import PROJECT

WITH_KERAS = [name for name in names() if isinstance(get(name), FunctionExercise) and get(name).keras]
COMMITTED = _recorded.FILE


def learners(name, answer):
    """The answer under the name that a learner gives it."""
    answer.__name__ = name
    return answer


@pytest.fixture
def record_elsewhere(tmp_path, monkeypatch):
    """The file of recorded outputs, for this test a file of its own that does not exist yet."""
    monkeypatch.setattr(_recorded, "FILE", tmp_path / "recorded.json")
    _recorded.load.cache_clear()
    yield _recorded.FILE
    _recorded.load.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def _one_question_to_keras():
    """Ask Keras only once for its output on each case."""
    ask, known = _keras.output, {}

    def output(exercise, case):
        key = exercise.name, case.digest()
        if key not in known:
            known[key] = ask(exercise, case)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_keras, "output", output)
        yield


@pytest.mark.parametrize("name", WITH_KERAS)
def test_what_is_on_record_is_what_the_installed_keras_gives_and_the_reference(name):
    exercise = get(name)
    for case in _keras.asked_of_keras(exercise):
        recorded = _recorded.output(exercise, case)
        assert recorded is not None, "the cases have changed: record the outputs of tf.keras anew"
        single = any(getattr(argument, "dtype", None) == "float32" for argument in case.arguments.values())
        rtol = 1e-5 if single else 1e-12
        np.testing.assert_allclose(recorded, _keras.output(exercise, case), rtol=rtol, atol=1e-7)
        (reference,) = outcomes_of(exercise.reference, exercise, [case.arguments])
        np.testing.assert_allclose(recorded, *reference.values, rtol=1e-5, atol=1e-6)


def test_recording_anew_writes_the_same_cases(record_elsewhere):
    assert record_keras_outputs() == sorted(WITH_KERAS)
    committed, anew = (json.loads(file.read_text("utf-8"))["outputs"] for file in (COMMITTED, record_elsewhere))
    assert {name: set(outputs) for name, outputs in anew.items()} == {n: set(o) for n, o in committed.items()}
    assert _recorded.version() == _keras.installed_version()
    assert re.fullmatch(r"Keras 3\.\d+\.\d+ \(TensorFlow 2\.\d+\.\d+\)", _recorded.version())


def test_a_right_answer_is_told_with_which_keras_it_agrees():
    found = verdict("kl_divergence", losses.kl_divergence)
    assert found.aspects[0].message == f"right on 7 inputs, and equal to {_recorded.version()}."


@pytest.mark.parametrize("content", [None, '{"version": "1.0", "outputs": {"kl_divergence": {"0123456789abcdef": 7}}}'])
def test_a_record_that_is_missing_or_out_of_date_does_no_harm(record_elsewhere, content):
    if content:
        record_elsewhere.write_text(content)
    found = verdict("kl_divergence", losses.kl_divergence)
    assert found.passed
    assert found.aspects[0].message == "right on 7 inputs."


def test_an_answer_must_equal_keras_as_well_as_the_reference(record_elsewhere):
    exercise = get("kl_divergence")
    _recorded.save("9.9", {"kl_divergence": {exercise.cases()[0].digest(): np.array(0.7)}})
    values, *_ = verdict("kl_divergence", losses.kl_divergence).aspects
    assert not values.passed
    assert values.message.startswith("wrong on 1 of 7 inputs.")


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("kl_divergence", lambda p, q: losses.kl_divergence(p, q), "kl_divergence agrees with keras.losses.kl_div"),
        ("poisson_gradient", lambda y, r: (1 - y / r) / r.shape[-1], "agrees with the slope of keras.losses.poisson"),
        ("kl_divergence_gradient", lambda p, q: -p / (q + 1e-7), "agrees with the slope of keras.losses.kl_divergence"),
        ("kl_divergence", lambda p, q: losses.kl_divergence(q, p), "kl_divergence differs from keras.losses.kl_div"),
        ("kl_divergence", lambda p, q: losses.kl_divergence(p, q) * np.nan, "the largest difference is nan."),
        ("kl_divergence", lambda p, q: losses.kl_divergence(p, q)[..., None], "the largest difference is inf."),
        ("kl_divergence", lambda p, q: 1 / 0, "the largest difference is inf."),
    ],
)
def test_a_function_is_held_against_the_live_keras(name, answer, says, capsys):
    assert compare_with_keras(learners(name, answer)) is None
    said = capsys.readouterr().out
    assert says in said
    assert f"of {_keras.installed_version()}: on {len(get(name).cases())} inputs the largest" in said


@pytest.mark.parametrize("name", ["entropy", "wasted_bits"])
def test_what_keras_does_not_have_cannot_be_compared(name):
    with pytest.raises(ValueError, match=f"{name} has no counterpart in tf.keras"):
        compare_with_keras(learners(name, lambda p: p))


def test_an_outdated_record_compares_nothing(record_elsewhere):
    _recorded.save("9.9", {})
    exercise = get("kl_divergence")
    assert _keras.compare(exercise, losses.kl_divergence, _recorded.output).inputs == 0


def test_the_first_python_without_tensorflow_is_that_of_the_extra():
    markers = [Requirement(text).marker for text in PROJECT["optional-dependencies"]["keras"] if "lossedu" not in text]
    major, minor = _keras.NO_TENSORFLOW_SINCE
    assert {str(marker) for marker in markers} == {f'python_version < "{major}.{minor}"'}


COMPARE = """
from lossedu import compare_with_keras, load_keras, losses
def kl_divergence(y_true, y_pred): return losses.kl_divergence(y_true, y_pred)
compare_with_keras(kl_divergence)
compare_with_keras(kl_divergence)
keras = load_keras()
"""
LOADING = "Loading TensorFlow, which takes a few seconds ..."


@pytest.mark.slow
def test_the_lines_that_tensorflow_prints_at_its_start_are_not_shown():
    talkative = {"env": os.environ | {"TF_CPP_MIN_LOG_LEVEL": "0"}, "cwd": ROOT, "capture_output": True, "text": True}
    loud = subprocess.run([sys.executable, "-c", "import tensorflow; tensorflow.constant(0)"], check=True, **talkative)
    assert loud.stderr
    ran = subprocess.run([sys.executable, "-c", COMPARE], check=True, **talkative)
    assert ran.stderr == f"{LOADING}\n"
    assert ran.stdout.splitlines()[-1] == _recorded.version()


@pytest.mark.slow
def test_in_a_notebook_each_result_takes_the_place_of_the_line_about_loading():
    notebook = new_notebook(cells=[new_code_cell(COMPARE), new_code_cell("keras.__name__")])
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    compared, again, version = (output["data"]["text/plain"] for output in notebook.cells[0].outputs)
    assert compared == again
    assert compared.startswith("kl_divergence agrees with keras.losses.kl_divergence of ")
    assert version == _keras.installed_version()
    assert notebook.cells[1].outputs[0]["data"]["text/plain"] == "'keras'"


def test_while_grading_tensorflow_is_not_imported():
    program = """
import sys
from lossedu import compare_with_keras, load_keras, load_training
def kl_divergence(y_true, y_pred): ...
compare_with_keras(kl_divergence)
assert load_keras() is None
assert load_training() is None
print("tensorflow" in sys.modules or "keras" in sys.modules)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"NBGRADER_EXECUTION": "autograde"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == [
        "not compared with the live tf.keras while grading: its outputs are on record.",
        "tf.keras is not loaded while grading.",
        "False",
    ]
