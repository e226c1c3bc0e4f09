"""The one slip in the code of an answer: the place where a single change makes all of it right.

The changes are made to the text of the answer, which is only read here. The changed functions run where the answer
runs. A change is named only if it makes the answer right on all inputs, those included that are drawn for this.
"""

import ast
import functools
import itertools
import re
import textwrap
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossedu.checking._comparison import agrees
from lossedu.checking._diagnosis._evidence import Diagnosis
from lossedu.language import later, say

LONGEST = 3_000  # characters of an answer that is looked at
MOST_CHARACTERS = 80_000  # in all variants together: what is tried in less than 0.1 s
MOST_VARIANTS = 300
LARGEST = 1e6  # number that is changed
LONGEST_PLACE = 60  # characters of code in a message

OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Div),
    ast.Mult: (ast.Div, ast.Pow, ast.Add),
    ast.Div: (ast.Mult, ast.Sub),
    ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.BitXor: (ast.Pow,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
FUNCTIONS = {
    "sum": ("mean",),
    "mean": ("sum",),
    "median": ("mean",),
    "max": ("min", "sum", "mean"),
    "min": ("max",),
    "prod": ("sum",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "log": ("log1p",),
    "log2": ("log",),
    "log10": ("log",),
    "log1p": ("log",),
    "exp": ("expm1",),
    "expm1": ("exp",),
    "exp2": ("exp",),
    "abs": ("square",),
    "square": ("sqrt", "abs"),
    "sqrt": ("square",),
    "std": ("var",),
    "var": ("std",),
    "sinh": ("cosh", "tanh"),
    "cosh": ("sinh", "tanh"),
    "tan": ("tanh",),
    "tanh": ("sinh",),
    "sin": ("cos",),
    "cos": ("sin",),
    "arcsin": ("arccos",),
    "cumsum": ("sum",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "any": ("all",),
    "all": ("any",),
}
REMOVABLE = (
    "abs",
    "clip",
    "sqrt",
    "square",
    "round",
    "log",
    "exp",
    "maximum",
    "minimum",
    "mean",
    "sum",
    "int",
    "sign",
    "floor",
)
UNLIKELY = ("no abs", "no root", "no log", "no square", "complement")
IN_ALL = later("in line {line}, {what} With this one change your function is right.")
ONE_OF_TWO = later("in line {line}, {what} Or in line {other_line}, {other} Each of the two changes alone is enough.")
IN_TWO = later("in line {line}, {what} In line {other_line}, {other} With both changes your function is right.")
IN_SEVERAL = later("in lines {lines}, {what} With all these changes your function is right.")
IN_ORDINARY = later("in line {line}, {what} With this one change your function is right for ordinary inputs.")
IN_PART = later("in line {line}, {what} With this one change these results are right.")
WHAT = {  # is wrong in a place
    "operator": later("the operator in `{place}` is wrong."),
    "sides": later("the two sides of `{place}` should change places."),
    "part": later("one part of `{place}` should not be there."),
    "sign": later("`{place}` has the wrong sign."),
    "negation": later("the condition `{place}` should hold without `not`."),
    "comparison": later("the comparison `{place}` is wrong."),
    "truth value": later("`{place}` is the wrong truth value."),
    "number": later("`{place}` is the wrong number."),
    "branches": later("the two branches of `{place}` should change places."),
    "function": later("`{place}` calls the wrong function."),
    "arguments": later("the arguments of `{place}` are in the wrong order."),
    "condition": later("`{place}` does not need its condition: one branch belongs everywhere."),
    "needless lines": later("`{place}` and the lines indented under it should not be there."),
    "call": later("`{name}` should not be applied in `{place}`."),
    "axis": later("`{place}` works along the wrong axis."),
    "kept": later("`{place}` should remove the reduced axis, not keep it."),
    "removed": later("`{place}` should keep the reduced axis, with length 1."),
    "name": later("`{place}` is the wrong variable."),
    "no abs": later("an absolute value is missing around `{place}`."),
    "no root": later("a square root is missing around `{place}`."),
    "no log": later("a logarithm is missing around `{place}`."),
    "no square": later("a square is missing at `{place}`."),
    "complement": later("`{place}` should be 1 minus that."),
    "no 2": later("a factor 2 is missing at `{place}`."),
    "no 1/2": later("a factor 1/2 is missing at `{place}`."),
    "no length": later("`{place}` is not divided by the length of the last axis."),
    "no factor": later("the factor {name} is missing at `{place}`."),
    "no divisor": later("`{place}` is not divided by {name}."),
    "reach": later("a multiplication or division in `{place}` reaches too few or too many terms."),
    "brackets": later("the brackets in `{place}` are missing or in the wrong place."),
    "order": later("the steps of `{place}` come in the wrong order."),
    "norm": later("`{place}` takes another norm than the contract."),
    "stale": later("`{place}` is the value before the update: the contract uses the updated one, `{name}`."),
}
REDUCING = ("sum", "mean", "max", "min", "argmax", "argmin", "prod", "norm", "any", "all", "median", "std", "var")


def one_slip(evidence):
    """Return the diagnosis of the only place where a change makes the answer right; None if there is none."""
    source = None if evidence.exercise.is_training else evidence.source()
    if source is None or len(source) > LONGEST:
        return None
    try:
        return slip_in(evidence, source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a stranger's code may be anything
        return None


def slip_in(evidence, source):
    """Return the diagnosis of the one slip in this source; None if there is none."""
    tree = ast.parse(source)
    if not tree.body or any(isinstance(node, ast.While) for node in ast.walk(tree)):  # a changed one may never end
        return None
    definition = tree.body[0]
    text = Text(source, definition)
    most = min(MOST_VARIANTS, MOST_CHARACTERS // max(1, text.length))
    slips = sorted(slips_in(definition), key=Slip.likelihood)
    for groups in ([(slip,) for slip in slips], repeated(slips)):
        variants = [(group, text.changed(group)) for group in groups[:most]]
        found, for_all = all_right(evidence, variants)
        if found:
            return named(evidence, definition, found, for_all)
    return None


def all_right(evidence, variants):
    """Return the variants that are right on all inputs, or on all but the extreme ones, and whether on all."""
    extremes = [sample for sample in evidence.all if sample.case.is_extreme]
    tried, untried = (evidence.all, []) if evidence.only_extremes_wrong else (evidence.plain, extremes)
    kept = [sample for sample in untried if sample.right]  # what a change must not make wrong
    for samples in (smallest_wrong(evidence), tried[:12], tried[12:], kept):
        variants = right_on(evidence, variants, samples, or_undefined=samples is kept)
        if not variants:
            return [], False
    for_all = right_on(evidence, variants, untried)
    return for_all or variants, bool(for_all)


def named(evidence, definition, variants, for_all):
    """Return the diagnosis of the smallest of these changes, each of which makes the answer right."""
    read = names_read(definition)
    ranked = [((*distance(group[0]), not read <= names_read(ast.parse(text))), group) for group, text in variants]
    nearest = min(rank for rank, _ in ranked)
    (slip, *again), *others = [group for rank, group in ranked if rank == nearest]
    said = {"line": line_of(slip, definition), "what": words_of(slip)}
    other = next((each for each, *_ in others if is_apart(slip, each) and words_of(each) != said["what"]), None)
    if len(again) > 1:
        lines = sorted(line_of(each, definition) for each in (slip, *again))
        fact = say(IN_SEVERAL, lines=", ".join(map(str, lines)), what=said["what"])
    elif again:
        fact = say(IN_TWO, **said, other_line=line_of(again[0], definition), other=words_of(again[0]))
    elif other is None:
        fact = say(IN_PART if evidence.is_part else IN_ALL if for_all else IN_ORDINARY, **said)
    else:
        fact = say(ONE_OF_TWO, **said, other_line=line_of(other, definition), other=words_of(other))
    return Diagnosis("one slip", fact, say("What should this part give for a small input that you work out by hand?"))


def repeated(slips):
    """Return groups of one slip that occurs in several places, such as in the lines for both arguments."""
    found = {}
    for slip in slips:
        found.setdefault(slip.kind, []).append(slip)
    groups = [tuple(group) for group in found.values() if len(group) > 1]
    return [group for group in groups if all(is_apart(*pair) for pair in itertools.combinations(group, 2))]


def line_of(slip, definition):
    """Return the line of a slip, counted from the first line of the definition."""
    return slip.node.lineno - definition.lineno + 1


def words_of(slip):
    """Say what is wrong, and where."""
    place = ast.unparse(slip.node).partition("\n")[0]
    place = place if len(place) <= LONGEST_PLACE else f"{place[: LONGEST_PLACE - 1]}…"
    return say(WHAT[slip.what], place=place, name=slip.name)


def is_apart(one, other):
    """Tell whether neither of two slips lies within the other."""
    return not any(inner.node is part for outer, inner in ((one, other), (other, one)) for part in ast.walk(outer.node))


def distance(slip):
    """Return a sort key for the size of a change: the smallest change is the likeliest slip."""
    return slip.adds, slip.what in UNLIKELY, isinstance(slip.node, ast.Name)


def smallest_wrong(evidence):
    """Return a list with the first and smallest input on which the answer is wrong."""
    plain = [sample for sample in evidence.wrong if sample.got.problem is None and not sample.case.is_extreme]
    return (plain or evidence.wrong)[:1]


def right_on(evidence, variants, samples, *, or_undefined=False):
    """Return the variants that are right on all samples, or have no number there, such as 0 / 0."""
    if not samples:
        return variants
    argument_sets = [sample.arguments for sample in samples]
    results = evidence.try_variants([source for _, source in variants], argument_sets)
    return [
        variant
        for variant, outcomes in zip(variants, results, strict=True)
        if all(
            (or_undefined and is_undefined(outcome))
            or (outcome.problem is None and agrees(evidence.exercise, sample.case, outcome, sample.expected))
            for outcome, sample in zip(outcomes, samples, strict=True)
        )
    ]


def is_undefined(outcome):
    """Tell whether an outcome is an error, or contains NaN or infinity."""
    return outcome.problem is not None or not all(np.isfinite(value).all() for value in outcome.values)


def names_read(tree):
    """Return the names that code reads."""
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}


@dataclass(frozen=True, eq=False)
class Slip:
    """A change to one expression of a definition.

    Attributes:
        what: the key in `WHAT` of what is wrong.
        node: the expression.
        replacement: what makes it right.
        adds: something is put around the expression.
        shape: returns a text that other expressions share if they differ in their variables only.
        number: which of the changes to the expression it is.
        name: fills in what is wrong.
    """

    what: str
    node: Any
    replacement: Any
    adds: bool
    shape: Callable[[], str]
    number: Hashable
    name: str = ""

    @property
    def kind(self):
        """What this slip has in common with the same slip in another place."""
        return self.shape(), self.adds, self.number

    def likelihood(self):
        """Return a sort key: the likelier slips stand first."""
        is_far = self.what == "name" and not are_alike(self.node.id, self.replacement.id)
        return self.adds, self.what in UNLIKELY, is_far or self.what == "stale"


def are_alike(one, other):
    """Tell whether two names are spelled alike, such as beta_1 and beta_2, or y_true and y_pred."""
    return one[:2] == other[:2] or len(one) == len(other) == 1


class Text:
    """The source of a definition, without its decorators, in which single expressions are replaced."""

    def __init__(self, source, definition):
        lines = source.splitlines(keepends=True)[definition.lineno - 1 : definition.end_lineno]
        self._text = "".join(lines).encode()
        ends = itertools.accumulate((len(line.encode()) for line in lines), initial=0)
        self._starts = dict(enumerate(ends, definition.lineno))
        self.length = len(self._text)

    def changed(self, slips):
        """Return the text with the changes of these slips."""
        text = self._text
        for slip in sorted(slips, key=lambda slip: (slip.node.lineno, slip.node.col_offset), reverse=True):
            node = slip.node
            start = self._starts[node.lineno] + node.col_offset
            end = self._starts[node.end_lineno] + node.end_col_offset
            if isinstance(node, ast.expr):
                new = f"({ast.unparse(slip.replacement)})"
            else:
                new = textwrap.indent(ast.unparse(slip.replacement), " " * node.col_offset).lstrip(" ")
            text = text[:start] + new.encode() + text[end:]
        return text.decode()


def slips_in(definition):
    """Yield the changes to a definition that are tried."""
    for holder, slot, node in places(definition):
        shape = functools.cache(functools.partial(shape_of, holder, slot, node))
        for i, (what, replacement, *name) in enumerate(changes(node, definition)):
            number = (node.id, replacement.id) if what == "name" else i
            yield Slip(what, node, replacement, False, shape, number, *name)
        for i, (what, replacement, *name) in enumerate(wrapped(node, definition)):
            yield Slip(what, node, replacement, True, shape, i, *name)


def shape_of(holder, slot, node):
    """Return the code of an expression, of a variable that of what holds it, with one name for all variables."""
    text = f"{slot} {ast.dump(holder)}" if isinstance(node, ast.Name) else ast.dump(node)
    return re.sub(r"Name\(id='(?!np'|numpy'|math')\w+'", "Name(id='_'", text)


def places(definition):
    """Return (holder, slot, expression) for all expressions in the body, the later and smaller ones first."""
    found = []
    waiting: list[tuple[Any, tuple[str, int | None]]] = [(definition, ("body", i)) for i in range(len(definition.body))]
    while waiting:
        holder, slot = waiting.pop()
        node = at(holder, slot)
        if is_limit(node):
            waiting.append((node, ("right", None)))
            continue
        if isinstance(node, ast.expr | ast.AugAssign | ast.If):
            found.append((holder, slot, node))
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                waiting += [(node, (name, i)) for i, part in enumerate(value) if isinstance(part, ast.AST)]
            elif isinstance(value, ast.expr):
                waiting.append((node, (name, None)))
    return found


def at(holder, slot):
    """Return what a node holds in a field, at an index if that is a list."""
    name, i = slot
    return getattr(holder, name) if i is None else getattr(holder, name)[i]


def changes(node, definition) -> Iterator[tuple[Any, ...]]:
    """Yield (what is wrong, replacement) for one expression, with a name where the words need one."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            for other in OPERATORS.get(type(op), ()):
                yield "operator", ast.BinOp(left, other(), right)
            if isinstance(op, ast.Sub | ast.Div | ast.Pow):
                yield "sides", ast.BinOp(right, op, left)
            if isinstance(op, ast.Mult | ast.Add):
                yield "part", left
                yield "part", right
            if isinstance(op, ast.Sub | ast.Div | ast.Pow):
                yield "part", left
            yield from regroupings(node)
            yield from (("order", reordered) for reordered in reorderings(node))
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield "sign" if isinstance(node.op, ast.USub) else "negation", operand
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in COMPARISONS.get(type(op), ()):
                yield "comparison", ast.Compare(left, [other()], [right])
        case ast.Constant(value=bool() as value):
            yield "truth value", ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield from (("number", number(other)) for other in numbers_near(value))
            if isinstance(value, int) and value > 1:
                yield from (("number", length) for length in lengths(definition))
        case ast.Call():
            yield from changed_calls(node)
        case ast.Name(id=name, ctx=ast.Load()):
            yield from changed_names(name, definition)
        case ast.AugAssign(target=target, op=op, value=value):
            for other in OPERATORS.get(type(op), ()):
                yield "operator", ast.AugAssign(target, other(), value)
        case ast.If(test=test, body=body, orelse=orelse):
            if orelse:
                yield "condition", ast.Module(orelse, [])
            else:
                yield "needless lines", ast.Pass()
            yield "branches", ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield "branches", ast.IfExp(test, orelse, body)


def is_limit(node):
    """Tell whether an expression is the upper limit 1 - 1e-7: most inputs never reach it, so a larger one fits too."""
    match node:
        case ast.BinOp(ast.Constant(1 | 1.0), ast.Sub(), ast.Constant(float() as small)):
            return small < 1e-3
    return False


def regroupings(node):
    """Yield what is wrong with an operation on three parts, and the operation with other brackets."""
    match node:
        case ast.BinOp(ast.BinOp(a, first, b), second, c) if binds(first) != binds(second) or isinstance(
            first, ast.Div
        ):
            if isinstance(first, ast.Add | ast.Sub) or not isinstance(second, ast.Add | ast.Sub):
                yield "brackets", ast.BinOp(a, first, ast.BinOp(b, second, c))  # too many: (a - b) / c
                if binds(first) < binds(second):
                    yield "reach", ast.BinOp(ast.BinOp(a, second, c), first, b)
            else:
                yield "reach", ast.BinOp(ast.BinOp(a, second, c), first, b)  # a / b - c for (a - c) / b
    match node:
        case ast.BinOp(a, first, ast.BinOp(b, second, c)) if binds(first) < binds(second):
            yield "brackets", ast.BinOp(ast.BinOp(a, first, b), second, c)  # missing: a - b / c for (a - b) / c


def binds(operator):
    """Return how closely an operator binds its two sides."""
    return 0 if isinstance(operator, ast.Add | ast.Sub) else 2 if isinstance(operator, ast.Pow) else 1


MEANS = ("mean", "sum")
OF_EACH = ("log", "exp", "sqrt", "abs", "square")
LIMITS = ("maximum", "minimum", "clip")


def reorderings(node):
    """Yield two steps in the other order: a mean and a function or a power, or a limit and a term."""
    match node:
        case ast.BinOp(ast.Call() as inner, ast.Pow(), power) if numpy_name(inner) in MEANS:
            yield around(inner, ast.BinOp(inner.args[0], ast.Pow(), power))
        case ast.Call(func=function, args=[ast.Call() as inner]) if (
            numpy_name(node) in OF_EACH and numpy_name(inner) in MEANS and not node.keywords
        ):
            yield around(inner, ast.Call(function, [inner.args[0]], []))
        case ast.Call(args=[ast.Call() as inner, *_]) if numpy_name(node) in MEANS and numpy_name(inner) in OF_EACH:
            yield ast.Call(inner.func, [around(node, inner.args[0])], [])
        case ast.Call(args=[ast.BinOp(left, ast.Add() | ast.Sub() as op, right)]) if numpy_name(node) in OF_EACH:
            yield ast.BinOp(around(node, left), op, right)
        case ast.Call(args=[ast.BinOp(left, ast.Pow(), power), *_]) if numpy_name(node) in MEANS:
            yield ast.BinOp(around(node, left), ast.Pow(), power)
        case ast.Call(args=[ast.BinOp(left, ast.Add() | ast.Sub() as op, right), *_]) if numpy_name(node) in LIMITS:
            yield ast.BinOp(around(node, left), op, right)
            if isinstance(op, ast.Add):
                yield ast.BinOp(left, op, around(node, right))
        case ast.BinOp(ast.Call() as inner, ast.Add() | ast.Sub() as op, right) if numpy_name(inner) in LIMITS:
            yield around(inner, ast.BinOp(inner.args[0], op, right))


def numpy_name(node):
    """Return the name of the function of NumPy that a node calls; None if it calls none, or without arguments."""
    match node:
        case ast.Call(func=ast.Attribute(ast.Name("np" | "numpy"), name), args=[_, *_]):
            return name
    return None


def around(call, inner):
    """Return a call with another first argument."""
    return ast.Call(call.func, [inner, *call.args[1:]], call.keywords)


def lengths(definition):
    """Yield the length of the last axis, by the first argument."""
    for parameter in definition.args.args[:1] if hasattr(definition, "args") else []:
        yield ast.parse(f"{parameter.arg}.shape[-1]", mode="eval").body


def number(value):
    """Return the tree of a number."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def numbers_near(value):
    """Return the numbers that may belong in the place of one."""
    if not abs(value) < LARGEST:
        return []
    if isinstance(value, float) and 0 < value < 1e-2:
        return [other for other in (1e-7, 1e-12, value * 10, value / 10) if other != value]
    near = [value + 1, value - 1, value * 2, value / 2, -value, 1 - value, 1]
    return list(dict.fromkeys(other for other in near if other != value))


def changed_calls(node):
    """Yield the changes to a call: another function, axis, order of arguments; without the function."""
    method = isinstance(node.func, ast.Attribute)
    name = node.func.attr if method else getattr(node.func, "id", None)
    of_module = method and isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
    for other in FUNCTIONS.get(node.func.attr, ()) if method else ():
        yield (
            "function",
            ast.Call(ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords),
        )
    if name in REDUCING:
        yield from changed_axes(node, 1 if of_module else 0)
    if len(node.args) >= 2 and name not in ("maximum", "minimum", "logaddexp", "add", "multiply"):
        yield "arguments", ast.Call(node.func, [*node.args[1::-1], *node.args[2:]], node.keywords)
    if name == "where" and len(node.args) == 3:
        condition, one, other = node.args
        yield "branches", ast.Call(node.func, [condition, other, one], node.keywords)
        yield "condition", one
        yield "condition", other
    yield from (("order", reordered) for reordered in reorderings(node))
    yield from (("norm", euclidean) for euclidean in euclidean_norms(node, name, of_module))
    if name == "norm" and not any(keyword.arg == "ord" for keyword in node.keywords):
        yield "norm", ast.Call(node.func, node.args[:1], [ast.keyword("ord", number(1)), *node.keywords])
    if name in REMOVABLE:
        inner = node.args[0] if of_module or not method else node.func.value
        yield "call", inner, name


def euclidean_norms(node, name, of_module):
    """Yield the Euclidean norm in the place of a sum, or the largest, of absolute values."""
    inner = node.args[0] if of_module and node.args else getattr(node.func, "value", None)
    if not isinstance(inner, ast.Call):
        return
    if name in ("sum", "max") and (numpy_name(inner) in ("abs", "absolute") or is_built_in_abs(inner)):
        axes = [ast.keyword("axis", axis) for axis in node.args[1 if of_module else 0 :]] + node.keywords
        norm = ast.parse("np.linalg.norm", mode="eval").body
        array = inner.args[0]
        yield ast.Call(norm, [array if axes else ast.parse(f"np.ravel({ast.unparse(array)})", mode="eval").body], axes)


def is_built_in_abs(node):
    """Tell whether a call is one of `abs`."""
    return isinstance(node.func, ast.Name) and node.func.id == "abs" and len(node.args)


def changed_axes(node, position):
    """Yield the call with another axis, and with or without `keepdims`."""
    keywords = {keyword.arg: keyword for keyword in node.keywords}
    by_position = node.args[position] if len(node.args) > position else None
    given = keywords["axis"].value if "axis" in keywords else by_position
    others = [keyword for keyword in node.keywords if keyword.arg != "axis"]
    args = node.args[:position]
    now = ast.unparse(given) if given else None
    for value in (-1, 0, 1, None):
        if str(value) != now:
            axis = [] if value is None else [ast.keyword("axis", number(value))]
            yield "axis", ast.Call(node.func, args, [*others, *axis])
    without = [keyword for keyword in node.keywords if keyword.arg != "keepdims"]
    keeps = [] if "keepdims" in keywords else [ast.keyword("keepdims", ast.Constant(True))]
    yield "kept" if "keepdims" in keywords else "removed", ast.Call(node.func, node.args, [*without, *keeps])


def changed_names(name, definition):
    """Yield the other arguments and variables in the place of one."""
    parameters = [each.arg for each in definition.args.args] if hasattr(definition, "args") else []
    stored = [
        each.id for each in ast.walk(definition) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    ]
    known = list(dict.fromkeys([*parameters, *stored]))
    for updated in updates(name, definition) if name in stored else ():
        yield "stale", updated, ast.unparse(updated)  # a step that reads the old value of what it keeps
    if name in known:
        for other in known:
            if other != name:
                yield "name", ast.Name(other, ast.Load())


def updates(name, definition):
    """Return the expressions that the definition keeps in a dict in the place of a variable: {"v": rho * v + g**2}."""
    pairs = [
        pair
        for node in ast.walk(definition)
        if isinstance(node, ast.Dict)
        for pair in zip(node.keys, node.values, strict=True)
    ]
    return [value for _, value in pairs if not isinstance(value, ast.Name) and name in names_read(value)]


MODULES_AND_TYPES = ("np", "numpy", "math", "len", "range", "float", "int", "max", "min", "abs", "sum", "state", "self")


def wrapped(node, definition):
    """Yield an expression with a function around it, a factor beside it, or its complement."""
    if not isinstance(node, ast.BinOp | ast.Name | ast.Call) or getattr(node, "id", None) in MODULES_AND_TYPES:
        return
    np = ast.Name("np", ast.Load())

    def call(name):
        return ast.Call(ast.Attribute(np, name, ast.Load()), [node], [])

    if not isinstance(node, ast.Name):
        yield "no abs", call("abs")
        yield "no log", call("log")
        yield "no log", call("log1p")
    yield "no root", call("sqrt")
    yield "no square", ast.BinOp(node, ast.Pow(), ast.Constant(2))
    yield "complement", ast.BinOp(ast.Constant(1), ast.Sub(), node)
    yield "sign", ast.UnaryOp(ast.USub(), node)
    yield "no 2", ast.BinOp(ast.Constant(2), ast.Mult(), node)
    yield "no 1/2", ast.BinOp(node, ast.Div(), ast.Constant(2))
    if not isinstance(node, ast.Name):
        for length in lengths(definition):
            yield "no length", ast.BinOp(node, ast.Div(), length)
        for parameter in definition.args.args if hasattr(definition, "args") else []:
            name = ast.Name(parameter.arg, ast.Load())
            yield "no factor", ast.BinOp(node, ast.Mult(), name), parameter.arg
            yield "no divisor", ast.BinOp(node, ast.Div(), name), parameter.arg
