"""An answer to be judged: a value in this process, or a name in the kernel of a submission. Both are asked alike."""

import inspect
import json

from lossedu.checking import _agent
from lossedu.checking._agent import Outcome


class Answer:
    """An answer that is in this process.

    Args:
        answer: the function, class, number, expression or arrays.
        own_functions: the learner's other answers by name.
    """

    def __init__(self, answer, own_functions=None):
        self.answer, self.own_functions = answer, own_functions or {}

    def outcomes(self, exercise, argument_sets):
        """What comes of trying it on each set of arguments, given by name."""
        calls = [exercise.split(arguments) for arguments in argument_sets]
        return [_agent.attempt(self.answer, *call, exercise.protocol, len(exercise.returns)) for call in calls]

    def described(self):
        """The value, read in all the ways an exercise may ask for."""
        return _agent.describe(self.answer)

    def delegates(self, exercise):
        """What ready-made things its code reaches."""
        return _agent.delegates(self.answer, exercise.ready_made)

    def beside(self, name):
        """The learner's answer of another name, or None."""
        other = self.own_functions.get(name)
        return Answer(other) if callable(other) else None


class KernelAnswer:
    """An answer that has a name in a kernel; what comes back is data, whatever happens there.

    Args:
        name: what it is called.
        ask: sends a Python expression to the kernel and returns the text that it evaluates to there.
    """

    def __init__(self, name, ask):
        self.name, self.ask = name, ask
        self.attempts, self._delegates = [], []

    def outcomes(self, exercise, argument_sets):
        """What comes of trying it on each set of arguments, given by name."""
        calls = [exercise.split(arguments) for arguments in argument_sets]
        reply = self._request(
            calls=calls, protocol=exercise.protocol, parts=len(exercise.returns), ready_made=exercise.ready_made
        )
        if not reply["defined"]:
            return [Outcome(problem=f"not there: no cell defines {self.name}")] * len(calls)
        self._delegates = [str(name) for name in reply.get("delegates", [])]
        outcomes = [Outcome(*values, problem=problem, where=where) for values, problem, where in reply["outcomes"]]
        if len(outcomes) != len(calls):
            raise ValueError(f"{len(calls)} calls were answered by {len(outcomes)} outcomes")
        return outcomes

    def described(self):
        """The value, read in all the ways an exercise may ask for."""
        reply = self._request()
        return reply["described"]

    def delegates(self, exercise):
        """What ready-made things its code reaches, as told with its outcomes."""
        return self._delegates

    def beside(self, name):
        """The learner's answer of another name."""
        return KernelAnswer(name, self.ask)

    def _request(self, **request):
        text = json.dumps(_agent.encode({"name": self.name, **request}))
        reply = _agent.decode(json.loads(self.ask(f"({AGENT})({text!r}, globals())")))
        self.attempts = [str(attempt) for attempt in reply["attempts"]]
        return reply


# an expression, since nothing that a submission does to IPython changes how expressions are evaluated for a frontend
AGENT = (
    "lambda request, namespace, scope={'__name__': 'lossedu_agent'}: "
    f"(exec({inspect.getsource(_agent)!r}, scope), scope['serve'](namespace, request))[1]"
)
