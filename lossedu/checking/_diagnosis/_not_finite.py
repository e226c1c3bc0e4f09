"""The first step of an answer that gives NaN or infinity where the right result is finite; and the reverse.

The answer runs once more, on the input that the message shows, with each of its operations watched. Its own result must
come out again. A step counts as the cause if the result has no NaN and no infinity once this step's results are made
finite.
"""

import ast
import inspect
from dataclasses import dataclass

import numpy as np

from lossedu.checking._diagnosis import _watching
from lossedu.checking._diagnosis._evidence import Diagnosis
from lossedu.checking._diagnosis._slip_changes import LOGARITHMS
from lossedu.checking._diagnosis._slips import LONGEST, code_of
from lossedu.language import join_sentences, later, say

SYMBOLS = {
    ast.Add: ("add", "+"),
    ast.Sub: ("sub", "-"),
    ast.Mult: ("mul", "*"),
    ast.Div: ("truediv", "/"),
    ast.Pow: ("pow", "**"),
    ast.MatMult: ("matmul", "@"),
}
WATCH = "_lossedu_watch"
NAME = later("not finite")
STEP = later("for this input, line {line} computes {calculation} = {value} in `{place}`.")
PLAIN_STEP = later("for this input, `{place}` in line {line} is {value}.")
EMPTY_STEP = later("for this input, no entries are left for `{place}` in line {line}, so it is {value}.")
NEXT_STEP = later("Line {line} then computes {calculation} = {value} in `{place}`.")
PLAIN_NEXT_STEP = later("Then `{place}` in line {line} is {value}.")
LIMITED = later(
    "for this input the result should be {right}, and yours is {got}: a step of yours limits or replaces what is "
    "infinite, or leaves it out."
)
HINTS = {
    "divisor": later("What should your function return where this divisor is 0?"),
    "logarithm": later("For which numbers is this logarithm finite, and what keeps its argument in that range?"),
    "empty": later("What should your function return if no entries are left?"),
    "too large": later("Which equal form of this step stays finite for such numbers?"),
    "other": later("What should this step give for such numbers?"),
}


@dataclass(frozen=True)
class Step:
    """An operation or a call in the answer, and what it gave where a gap first appears in it.

    Attributes:
        node: the expression.
        line: its line, counted from the first line of the definition.
        operands: the numbers that it was given there; None if it was given no entries at all.
        value: the NaN or infinity.
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
        function = getattr(self.node, "func", None)
        return getattr(function, "attr", getattr(function, "id", None))

    @property
    def calculation(self):
        """The step with its numbers, such as "0 / 0" or "exp(800)"; None if it works on more than single entries."""
        numbers = [f"{operand:.6g}" for operand in self.operands or ()]
        if isinstance(self.node, ast.BinOp) and len(numbers) == len((self.node.left, self.node.right)):
            left, right = numbers
            right = f"({right})" if right.startswith("-") else right
            return f"{left} {SYMBOLS[type(self.node.op)][1]} {right}"
        return f"{self.called}({numbers[0]})" if self.called and len(numbers) == 1 else None

    @property
    def kind(self):
        """The key in `HINTS` of what the step needs."""
        if self.operands is None:
            return "empty"
        if self.calculation is None or not np.isfinite(self.operands).all():
            return "other"
        if isinstance(self.node, ast.BinOp) and isinstance(self.node.op, ast.Div) and self.operands[1] == 0:
            return "divisor"
        if self.called in LOGARITHMS:
            return "logarithm"
        return "too large" if np.isinf(self.value) else "other"


def first_gap(evidence):
    """Return the diagnosis of the step where the shown result stops being finite; None if that is not all."""
    shown, exercise = evidence.shown, evidence.exercise
    if shown is None or exercise.protocol != "call" or exercise.is_training or not has_gap(shown):
        return None
    if not all(has_gap(sample) for sample in evidence.wrong):
        return None
    source = evidence.source()
    if source is None or len(source) > LONGEST:
        return None
    try:
        steps = decisive_steps(evidence, ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a stranger's code may be anything
        return None
    return named(steps) if steps else None


def finite_for_infinite(evidence):
    """Return the diagnosis of a finite number where infinity is right, if that is all that is wrong; else None."""
    shown = evidence.shown
    if shown is None or not all(lacks_infinity(sample) for sample in [shown, *evidence.wrong]):
        return None
    (right, *_), (got, *_) = (each[lacking(shown)] for each in (shown.expected.values[0], shown.got.values[0]))
    fact = say(LIMITED, right=f"{right:g}", got=evidence.show(got))
    return Diagnosis(later("infinity lost"), fact, say("What does the contract say of such an input?"))


def lacks_infinity(sample):
    """Tell whether a result is finite in some places where infinity is right, and right elsewhere."""
    if sample.got.problem is not None or sample.got.shapes != sample.expected.shapes or len(sample.got.values) > 1:
        return False
    is_off = lacking(sample)
    return is_off.any() and bool(np.allclose(*(each.values[0][~is_off] for each in (sample.got, sample.expected))))


def lacking(sample):
    """Return where infinity is right and a finite number came."""
    return np.isinf(sample.expected.values[0]) & np.isfinite(sample.got.values[0])


def has_gap(sample):
    """Tell whether an answer gave NaN or infinity where a finite number is right."""
    if sample.got.problem is not None or sample.got.shapes != sample.expected.shapes:
        return False
    pairs = zip(sample.got.values, sample.expected.values, strict=True)
    return any((~np.isfinite(got) & np.isfinite(right)).any() for got, right in pairs)


def decisive_steps(evidence, tree):
    """Return the first and the last step whose repair is enough to make the shown result finite."""
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        return []
    shown, parts = evidence.shown, len(evidence.exercise.returns)
    text, nodes = watched(tree)

    def run(*endings):
        outcomes = evidence.try_variants([text.format(*ending) for ending in endings], [shown.arguments])
        return [of_variant[0] for of_variant in outcomes]

    name = definition.name
    again, rows = run(("None", ""), ("None", f"{name} = {WATCH}.rows_of({name}, {parts})"))
    if not again.equals(shown.got, 0, 0) or rows.problem is not None or rows.values[0].shape[1:] != (_watching.ROW,):
        return []
    steps = {}  # by the number of the node: the first time that each gives a gap
    for number, known, *operands, value in rows.values[0].tolist():
        node = nodes[int(number)]
        noted = None if known == _watching.EMPTY else tuple(operands[: int(known)])
        steps.setdefault(int(number), Step(node, node.lineno - definition.lineno + 1, noted, value))
    repaired = run(*((number, "") for number in steps))
    enough = [
        step
        for step, outcome in zip(steps.values(), repaired, strict=True)
        if outcome.problem is None and all(np.isfinite(value).all() for value in outcome.values)
    ]
    return [enough[0], *enough[1:][-1:]] if enough else []


def named(steps):
    """Return the diagnosis of the first step that gives a gap, and of the last one."""
    first, *further = steps
    facts = [said(first, EMPTY_STEP if first.operands is None else STEP if first.calculation else PLAIN_STEP)]
    facts += [said(step, NEXT_STEP if step.calculation else PLAIN_NEXT_STEP) for step in further]
    return Diagnosis(NAME, join_sentences(*facts), say(HINTS[first.kind]))


def said(step, words):
    """Return a sentence about a step."""
    return say(words, line=step.line, place=step.place, value=f"{step.value:g}", calculation=step.calculation)


def watched(tree):
    """Return a text that defines the answer with its steps watched, with two gaps to fill in, and its steps.

    The gaps are the number of the step that is repaired, and a last line.
    """
    watching = Watching()
    body = ast.unparse(watching.visit(tree))
    before = f"{inspect.getsource(_watching)}\n\n{WATCH} = Watch("
    escaped = [part.replace("{", "{{").replace("}", "}}") for part in (before, f")\n{body}\n")]
    return f"{escaped[0]}{{}}{escaped[1]}{{}}", watching.nodes


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
