"""Checking answers: `check` in a notebook, `verdict` in a program, `compare_with_keras` against the real thing.

>>> from lossedu.checking import verdict
>>> found = verdict("wasted_bits", 1.75)
>>> found.points, found.diagnosis
(0, 'length for waste')
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

from lossedu.checking import _functions, _keras, _live, _own_module, _render, _stale, _values, notes
from lossedu.checking._answers import Answer, KernelAnswer, UnansweredError, text_of_reply
from lossedu.checking._links import link_to
from lossedu.checking._live import load_keras, load_training
from lossedu.checking._problems import describe_problem
from lossedu.checking._render import MIME_TYPE, as_text, bundle, columns, headline, show
from lossedu.checking._verdict import Aspect, Stopped, Verdict, of_stopped_cell, unanswered, undecided
from lossedu.checking.texts import texts_of
from lossedu.exercises import FunctionExercise, get, names
from lossedu.language import in_one_language, is_translated, say, speaking, spoken

__all__ = [
    "MIME_TYPE",
    "Answer",
    "Aspect",
    "Incorrect",
    "KernelAnswer",
    "PartialCredit",
    "Stopped",
    "UnansweredError",
    "UndecidedError",
    "Verdict",
    "as_text",
    "bundle",
    "check",
    "columns",
    "compare_with_keras",
    "headline",
    "link_to",
    "load_keras",
    "load_training",
    "record_keras_outputs",
    "show",
    "text_of_reply",
    "verdict",
]


class OneLineError(Exception):
    """An error that IPython shows in one line, because the verdict is shown above it."""

    def _render_traceback_(self):
        """Return the line that IPython shows instead of a stack trace."""
        return [f"{type(self).__name__}: {self}"]


class Incorrect(OneLineError, AssertionError):  # noqa: N818  it is what the answer is, not an error of ours
    """Raised by `check` for an answer that earns nothing, so that nbgrader and "Run All" take notice."""


class UndecidedError(OneLineError):
    """Raised by `check` if lossedu itself fails, so that it cannot judge the answer."""


class PartialCredit(float):
    """The points of an answer that is right in part. nbgrader reads the number off the output of the cell.

    Args:
        points: the number.
        words: what a notebook shows in its place.
    """

    words: str

    def __new__(cls, points, words=""):
        """Make the number."""
        made = super().__new__(cls, points)
        made.words = words
        return made

    def _repr_html_(self):
        return f"<em>{escape(self.words)}</em>" if self.words else None


def verdict(
    name: str,
    answer: Any,
    *,
    own_functions: dict[str, Any] | None = None,
    seed: int | None = None,
    allow_ready_made: bool = False,
    stopped: Stopped | None = None,
) -> Verdict:
    """Judge an answer to the exercise of that name.

    Args:
        name: an exercise, such as "kl_divergence".
        answer: a callable for a function exercise; a number, SymPy expression or array as the exercise asks; or a
            `KernelAnswer`, which stands for one in another process.
        own_functions: the learner's other functions by name; a wrong gradient is held against the loss among them.
        seed: draws further cases besides the public ones, which messages don't show.
        allow_ready_made: don't look whether the answer leaves the work to Keras, lossedu's own losses and the like.
        stopped: the error of the code that should have replaced the answer, as a `Stopped`; None if there was none.
            The message then begins with this error; points and diagnosis are those of the earlier answer.

    Returns:
        Verdict: with `points`, `aspects`, `diagnosis`, `message`, a `summary` in one line and, if lossedu itself
            failed, `accident`.

    Raises:
        KeyError: there is no such exercise.
        KeyboardInterrupt: the answer was interrupted, or raised it.
    """
    exercise = get(name)
    asked = answer if isinstance(answer, KernelAnswer) else Answer(answer, own_functions)
    with contextlib.nullcontext() if is_translated(texts_of(exercise)) else speaking("en"):
        return in_one_language(lambda: judge(exercise, asked, seed, allow_ready_made, stopped))


def judge(exercise, asked, seed, allow_ready_made, stopped):
    """Return the verdict on an `Answer`, in the language spoken now."""
    earlier = {}
    try:
        if isinstance(exercise, FunctionExercise):
            found = _functions.judge(exercise, asked, seed, allow_ready_made)
            earlier = {"function": exercise.name} if getattr(asked, "is_defined", True) else {}
        else:
            described = asked.described()
            found = _values.judge(exercise, described)
            earlier = {"value": _values.shown_as(exercise, described)}
    except UnansweredError as error:
        found = unanswered(exercise, describe_problem(error.problem))
    except Exception as error:  # lossedu itself failed: the other exercises must still be judged
        found = undecided(exercise, error)
    found = of_stopped_cell(found, stopped, **earlier) if stopped else found
    return replace(found, language=spoken())


def check(function: Callable[..., Any] | None = None, /, **answer: Any) -> PartialCredit | None:
    """Check one answer and show the verdict: `check(kl_divergence)` or, if it has no name, `check(prediction=0.5)`.

    Returns:
        None if all is right, the points (`PartialCredit`) if some of it is.

    Raises:
        Incorrect: the answer earns no points.
        UndecidedError: lossedu itself failed while it judged the answer.
        TypeError: not exactly one answer was given, or the one without a name is not a function.
        KeyError: there is no such exercise.
    """
    if (function is not None) + len(answer) != 1:
        raise TypeError("check takes one answer: check(a_function) or check(name=answer)")
    if answer:
        ((name, given),) = answer.items()
    else:
        name, given = getattr(function, "__name__", None), function
        if name is None:
            raise TypeError(f"give the answer its name, as in check(name=answer); got a {type(function).__name__}")
    found = verdict_on_own(name, given)
    _render.show(bundle(found))
    if found.accident:
        raise UndecidedError(headline(found))
    notes.note_verdict(found)
    if found.points == 0:
        raise Incorrect(headline(found))
    if found.passed:
        return None
    with speaking(found.language):
        points, worth = f"{found.points:g}", f"{found.max_points:g}"
        return PartialCredit(
            found.points, say("So far this earns {points} of {worth} points.", points=points, worth=worth)
        )


def verdict_on_own(name, given):
    """Judge an answer of the learner in this process; if it is the stub, judge the answer in the chapter's module."""
    exercise = get(name)
    found = _own_module.answer_in_module(exercise) if _own_module.is_stub(exercise, given) else None
    if found is None:
        stopped = _stale.error_behind(name, given)
        return verdict(name, given, own_functions=getattr(given, "__globals__", None), stopped=stopped)
    file, functions, stopped = found
    words = say("This is about your answer in {file}, because this notebook holds no answer.", file=file.name)
    _render.show_line(words)
    return verdict(name, functions.get(name, given), own_functions=functions, stopped=stopped)


def compare_with_keras(function: Callable[..., Any]) -> None:
    """Compare a function with the installed tf.keras on the public cases, and show how far apart they are.

    Without TensorFlow, the function is compared with recorded outputs of tf.keras, and the shown line says so.

    While submissions are graded nothing is compared: the graded check has tf.keras's outputs on record.

    Raises:
        KeyError: there is no exercise of that name.
        ValueError: tf.keras has nothing to compare the exercise with.
    """
    exercise = get(function.__name__)
    if getattr(exercise, "keras", None) is None:
        raise ValueError(f"{exercise.name} has no counterpart in tf.keras")
    if os.environ.get("NBGRADER_EXECUTION"):
        _render.show_line(say("not compared with the live tf.keras while grading: its outputs are on record."))
    else:
        _live.show_when_loaded(lambda: _live.describe_comparison(exercise, function))


def record_keras_outputs() -> list[str]:
    """Record anew what the installed tf.keras gives on the public cases of all exercises; returns their names."""
    return sorted(_keras.record(names()))
