"""An answer to be judged: a value in this process, or a name in the kernel of a submission. Both are asked alike."""

import base64
import contextlib
import json
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from lossedu.checking import probe
from lossedu.checking._problems import read_clues, read_problem
from lossedu.checking.probe import Outcome, Problem
from lossedu.executor.code import Code

LONGEST_REPLY = 4 * 2**20  # characters; right answers need 20,000 at most
LONGEST_WORD = 500  # characters of a text in a reply
LONGEST_SOURCE = 20_000  # characters of an answer
MOST_NAMES = 20  # of ready-made functions
MOST_ATTEMPTS = 200  # to do what is refused
PROBE = Code("lossedu_probe", probe)


@dataclass(frozen=True)
class Tried:
    """What came of trying an answer.

    Attributes:
        outcomes: an `Outcome` for each set of arguments.
        delegates: the names of the ready-made things that it uses or its code reaches.
        unclear: why it could not be looked through for them; None if it could.
    """

    outcomes: list[Outcome]
    delegates: list[str]
    unclear: str | None = None


def outcomes_of(function, exercise, argument_sets):
    """What comes of trying a function of this process on each set of arguments."""
    calls = [exercise.split(arguments) for arguments in argument_sets]
    return [probe.attempt(function, *call, protocol=exercise.protocol, parts=len(exercise.returns)) for call in calls]


class Answer:
    """An answer that is in this process.

    Args:
        answer: the function, class, number, expression or arrays.
        own_functions: the learner's other answers by name.
    """

    def __init__(self, answer, own_functions=None):
        self.answer, self.own_functions = answer, own_functions or {}

    def try_on(self, exercise, argument_sets):
        """Try it on each set of arguments, given by name, and look through it."""
        found = probe.look_through(self.answer, exercise.ready_made)
        return Tried(outcomes_of(self.answer, exercise, argument_sets), *found)

    def source(self):
        """Return the source of a function or class that a cell defines; None if there is none."""
        return probe.source_of(self.answer)

    def try_variants(self, exercise, sources, argument_sets):
        """Try functions with other sources, in the place of this one, on each set of arguments."""
        calls = [exercise.split(arguments) for arguments in argument_sets]
        return probe.attempt_variants(self.answer, sources, calls, exercise.protocol, len(exercise.returns))

    def described(self):
        """The value, read in all the ways an exercise may ask for."""
        return probe.describe(self.answer)

    def beside(self, name):
        """The learner's answer of another name, or None."""
        other = self.own_functions.get(name)
        return Answer(other) if callable(other) else None


class UnansweredError(Exception):
    """A kernel gave no usable answer; `problem` tells why."""

    def __init__(self, code, **fields):
        """Keep the `Problem`."""
        super().__init__(code)
        self.problem = Problem(code, **fields)


class KernelAnswer:
    """An answer that has a name in a kernel. Whatever happens there, what comes back is data.

    Args:
        name: what it is called.
        ask: sends a Python expression to the kernel and returns the text that it evaluates to there;
            UnansweredError if it comes to none.
        same_python: whether the kernel has the version of Python that this process has.
    """

    def __init__(self, name, ask, *, same_python=False):
        self.name, self.ask, self.same_python = name, ask, same_python
        self.attempts = []  # what the kernel has refused so far
        self.is_defined = True  # until a reply says otherwise

    def try_on(self, exercise, argument_sets):
        """Try it on each set of arguments, given by name, and look through it."""
        calls = [exercise.split(arguments) for arguments in argument_sets]
        reply = self._request(
            calls=calls, protocol=exercise.protocol, parts=len(exercise.returns), ready_made=exercise.ready_made
        )
        with readable():
            if not reply["defined"]:
                missing = Outcome(problem=Problem("undefined", name=self.name))
                return Tried([missing] * len(calls), [])
            delegates = [str(name)[:LONGEST_WORD] for name in reply["delegates"][:MOST_NAMES]]
            unclear = reply["unclear"] and str(reply["unclear"])[:LONGEST_WORD]
            outcomes = [as_outcome(*outcome) for outcome in reply["outcomes"]]
        if len(outcomes) != len(calls):
            raise UnansweredError("incomplete reply")
        return Tried(outcomes, delegates, unclear)

    def source(self):
        """Return the source of a function or class that a cell defines; None if there is none."""
        reply = self._request(source=True)
        with readable():
            source = reply["source"]
            require(isinstance(source, str | None))
        return source and source[:LONGEST_SOURCE]

    def try_variants(self, exercise, sources, argument_sets):
        """Try functions with other sources, in the place of this one, on each set of arguments."""
        calls = [exercise.split(arguments) for arguments in argument_sets]
        parts = len(exercise.returns)
        reply = self._request(variants=sources, calls=calls, protocol=exercise.protocol, parts=parts)
        with readable():
            outcomes = [[as_outcome(*outcome) for outcome in of_variant] for of_variant in reply["variants"]]
            require([len(of_variant) for of_variant in outcomes] == [len(calls)] * len(sources))
        return outcomes

    def described(self):
        """The value, read in all the ways an exercise may ask for."""
        reply = self._request()
        with readable():
            return as_description(reply["described"])

    def beside(self, name):
        """The learner's answer of another name."""
        return KernelAnswer(name, self.ask, same_python=self.same_python)

    def _request(self, **request) -> dict[str, Any]:
        text = json.dumps(probe.encode({"name": self.name, **request}))
        question = f"scope['serve'](globals(), {text!r})"
        reply = self.ask(PROBE.expression(question, same_python=self.same_python))
        with readable():
            reply = cast("dict[str, Any]", probe.decode(json.loads(reply)))
            self.is_defined = bool(reply["defined"])
            self.attempts = list(dict.fromkeys(str(attempt)[:200] for attempt in reply["attempts"][:MOST_ATTEMPTS]))
        return reply


def text_of_reply(reply):
    """What the expression called "reply" came to, in the message with which a kernel replies to a request.

    It is bytes in Base64, so that there is nothing to parse in what a submission may have replaced.
    """
    try:
        shown = reply["content"]["user_expressions"]["reply"]["data"]["text/plain"]
        if len(shown) > LONGEST_REPLY:
            raise UnansweredError("too much", size=LONGEST_REPLY // 2**20)
        return base64.b64decode(shown.strip("'"), validate=True).decode("ascii")
    except (AttributeError, KeyError, ValueError, TypeError) as error:
        raise UnansweredError("broken kernel") from error


@contextlib.contextmanager
def readable():
    """Where the reply of a kernel is read: a submission may have made it anything."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise UnansweredError("unreadable reply") from error


def as_outcome(values, problem, clues):
    """An `Outcome` from its parts; TypeError if they are not what they should be."""
    require(all(isinstance(value, np.ndarray) and value.dtype.kind in "iuf" for value in values))
    problem = None if problem is None else read_problem(problem)
    return Outcome(*values, problem=problem, clues=read_clues(clues))


def as_description(described):
    """A description of a value; TypeError if its parts are not what they should be."""
    arrays = described["arrays"] or []
    require(all(isinstance(described[name], str | None) for name in ("kind", "text", "expression")))
    require(isinstance(described["number"], float | int | None))
    require(all(isinstance(array, np.ndarray | None) for array in [described["array"], *arrays]))
    return described | {name: described[name] and described[name][:LONGEST_WORD] for name in ("kind", "text")}


def require(holds):
    """TypeError unless it holds."""
    if not holds:
        raise TypeError
