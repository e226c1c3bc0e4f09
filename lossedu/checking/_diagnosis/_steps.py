"""The steps of an answer: which operations and calls it makes on an input, and with which numbers."""

import ast
import inspect
from dataclasses import dataclass

from lossedu.checking._diagnosis import _watching
from lossedu.checking._diagnosis._slip_changes import called
from lossedu.checking._diagnosis._slips import LONGEST, code_of
from lossedu.language import say

SYMBOLS = {
    ast.Add: ("add", "+"),
    ast.Sub: ("sub", "-"),
    ast.Mult: ("mul", "*"),
    ast.Div: ("truediv", "/"),
    ast.Pow: ("pow", "**"),
    ast.MatMult: ("matmul", "@"),
}
WATCH = "_lossedu_watch"


@dataclass(frozen=True)
class Step:
    """An operation or a call in the answer, and what was noted of it first.

    Attributes:
        node: the expression.
        line: its line, counted from the first line of the definition.
        operands: the numbers that it was given there; None if it was given no entries at all.
        value: its result there.
    """

    node: ast.BinOp | ast.Call
    line: int
    operands: tuple[float, ...] | None
    value: float

    @property
    def place(self):
        """The code of the step."""
        return code_of(self.node)

    @property
    def called(self):
        """The name of the function that is called, without that of its module; None for an operation."""
        return called(self.node) if isinstance(self.node, ast.Call) else None

    @property
    def calculation(self):
        """The step with its numbers, such as "0 / 0" or "exp(800)"; None if it works on more than single entries."""
        numbers = [f"{operand:.6g}" for operand in self.operands or ()]
        if isinstance(self.node, ast.BinOp) and len(numbers) == len((self.node.left, self.node.right)):
            left, right = numbers
            if left.strip("-") == right.strip("-"):
                left, right = (f"{operand:.17g}" for operand in self.operands or ())
            right = f"({right})" if right.startswith("-") else right
            return f"{left} {SYMBOLS[type(self.node.op)][1]} {right}"
        return f"{self.called}({numbers[0]})" if self.called and len(numbers) == 1 else None

    def said(self, words):
        """Return a sentence about the step."""
        return say(words, line=self.line, place=self.place, value=f"{self.value:g}", calculation=self.calculation)


class WatchedAnswer:
    """An answer that runs once more with each of its steps watched, on the input that the message shows.

    Args:
        evidence: the `Evidence`.
        kind: the class in `_watching` that watches.
    """

    def __init__(self, evidence, kind):
        self._evidence, self._kind, source = evidence, kind, evidence.source()
        self._definition = None
        if source is not None and len(source) <= LONGEST and evidence.exercise.protocol == "call":
            try:
                self._definition = ast.parse(source).body[0]
                self._watching = Watching()
                self._body = ast.unparse(self._watching.visit(self._definition))
            except (SyntaxError, ValueError, RecursionError, MemoryError):  # a stranger's code may be anything
                self._definition = None

    def steps(self):
        """Return the steps that are noted, by number; none if the answer cannot be watched."""
        if not isinstance(self._definition, ast.FunctionDef):
            return {}
        name, shown = self._definition.name, self._evidence.shown
        rows_of = f"{name} = {WATCH}.rows_of({name}, {len(self._evidence.exercise.returns)})"
        (again,), (rows,) = self._run([self._text(), self._text(last_line=rows_of)], [shown])
        if not again.equals(shown.got, 0, 0) or rows.problem is not None:
            return {}
        if rows.values[0].shape[1:] != (_watching.ROW,):
            return {}
        found = {}  # the first time that each step is noted
        for number, known, *operands, value in rows.values[0].tolist():
            node = self._watching.nodes[int(number)]
            noted = None if known == _watching.EMPTY else tuple(operands[: int(known)])
            found.setdefault(int(number), Step(node, node.lineno - self._definition.lineno + 1, noted, value))
        return found

    def with_changed(self, changes, samples):
        """Return for each of several changes the outcomes of the samples; a change is what the watch is given."""
        return self._run([self._text(*change) for change in changes], samples)

    def _run(self, texts, samples):
        return self._evidence.try_variants(texts, [sample.arguments for sample in samples])

    def _text(self, *given, last_line=""):
        """Return a text that defines the answer with its steps watched."""
        watch = f"{WATCH} = {self._kind.__name__}({', '.join(map(repr, given))})"
        return f"{inspect.getsource(_watching)}\n\n{watch}\n{self._body}\n{last_line}"


class Watching(ast.NodeTransformer):
    """Let the operations and calls of a definition go through the watch, each with its number."""

    def __init__(self):
        self.nodes = []

    def visit_FunctionDef(self, node):
        """Watch the body, not the default values."""
        node.body = [self.visit(statement) for statement in node.body]
        node.decorator_list = []
        return node

    def visit_BinOp(self, node):
        """Watch an operation."""
        if type(node.op) not in SYMBOLS:
            return self.generic_visit(node)
        number = self.number_of(node)
        function = ast.Attribute(ast.Name("operator", ast.Load()), SYMBOLS[type(node.op)][0], ast.Load())
        return self.through(number, function, [self.visit(node.left), self.visit(node.right)], [])

    def visit_Call(self, node):
        """Watch a call."""
        number = self.number_of(node)
        self.generic_visit(node)
        return self.through(number, node.func, node.args, node.keywords)

    def visit_JoinedStr(self, node):
        """Leave a text as it is."""
        return node

    def number_of(self, node):
        """Keep a copy of a step, and return its number."""
        self.nodes.append(ast.parse(ast.unparse(node), mode="eval").body)
        ast.copy_location(self.nodes[-1], node)
        return len(self.nodes) - 1

    @staticmethod
    def through(number, function, args, keywords):
        """Return the call of the watch for a step."""
        return ast.Call(ast.Name(WATCH, ast.Load()), [ast.Constant(number), function, *args], keywords)
