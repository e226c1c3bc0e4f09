"""The changes that are tried to the code of an answer, one place at a time.

Each change has a key of `WHAT` in `_slips`, which says what is wrong in its place.
"""

import ast
import functools
import math
from collections.abc import Iterator
from typing import Any

LARGEST = 1e6  # number that is changed
MOST_SURPRISING = -math.log(1e-7)  # where clipped probabilities end
SMALL = 1e-3  # numbers below this keep others away from 0
SMALL_NAMES = ("eps", "epsilon", "tiny", "small", "fuzz")
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
REDUCING = ("sum", "mean", "max", "min", "argmax", "argmin", "prod", "norm", "any", "all", "median", "std", "var")


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
        if isinstance(node, ast.expr | ast.Assign | ast.AugAssign | ast.If):
            found.append((holder, slot, node))
        if following := next_assignment(holder, slot):
            found.append((holder, slot, two_lines(node, following)))
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


def next_assignment(holder, slot):
    """Return the assignment after another one in the same block; None if there is none."""
    name, i = slot
    pair = [] if i is None else getattr(holder, name)[i : i + 2]
    return pair[1] if len(pair) == 2 and all(isinstance(each, ast.Assign) for each in pair) else None


def two_lines(first, second):
    """Return two statements as one node."""
    both = ast.Module([first, second], [])
    both.lineno, both.col_offset = first.lineno, first.col_offset  # pyright: ignore[reportAttributeAccessIssue]
    both.end_lineno, both.end_col_offset = second.end_lineno, second.end_col_offset  # pyright: ignore[reportAttributeAccessIssue]
    return both


def changes(node, definition) -> Iterator[tuple[Any, ...]]:
    """Yield (what is wrong, replacement) for one expression, with a name where the words need one."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            for other in OPERATORS.get(type(op), ()):
                yield "operator", ast.BinOp(left, other(), right)
            if isinstance(op, ast.Sub | ast.Div | ast.Pow):
                yield "sides", ast.BinOp(right, op, left)
            if isinstance(op, ast.Mult | ast.Add | ast.BitAnd | ast.BitOr):
                yield "part", left
                yield "part", right
            if isinstance(op, ast.Sub | ast.Div | ast.Pow):
                yield "part", left
            yield from regroupings(in_one(node, definition))
            yield from (("order", reordered) for reordered in reorderings(in_one(node, definition)))
            if isinstance(op, ast.Add):
                yield from (("added", limited) for limited in limits_for(left, right))
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
            for name in options(definition) if abs(value) > SMALL else ():
                yield "no factor", ast.BinOp(node, ast.Mult(), ast.Name(name, ast.Load())), name
                yield "no factor", ast.parse(f"{ast.unparse(node)} * {name}**2", mode="eval").body, f"{name}**2"
        case ast.Call():
            yield from changed_calls(node)
            yield from (("order", reordered) for reordered in reorderings(in_one(node, definition)))
        case ast.Name(id=name, ctx=ast.Load()):
            yield from changed_names(name, definition, node.lineno)
        case ast.Subscript(value=array, slice=ast.Tuple(elts=[*_, last])) if is_new_axis(last):
            if "axis" in parameters(definition):
                yield "new axis", ast.parse(f"np.expand_dims({ast.unparse(array)}, axis)", mode="eval").body
        case ast.Attribute(value=ast.Name("np" | "numpy") as module, attr="float16" | "float32"):
            yield "precision", ast.Attribute(module, "float64", ast.Load())
        case ast.Attribute(value=ast.Name("np" | "numpy") as module, attr="int8" | "int16" | "int32" | "int64"):
            yield "whole numbers", ast.Attribute(module, "float64", ast.Load())
        case ast.Attribute(value=ast.Name("np" | "numpy"), attr="squeeze"):  # also where another function calls it
            yield "squeezed", ast.parse("lambda array: np.atleast_1d(np.squeeze(array))", mode="eval").body
        case ast.Module(body=[first, second]):
            yield "too early", ast.Module([second, first], [])
        case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if name not in names_read(value):
            yield "replaced", ast.AugAssign(target, ast.Add(), value)
        case ast.AugAssign(target=target, op=op, value=value):
            yield "summed", ast.Assign([target], value, lineno=node.lineno)
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


def in_one(node, definition):
    """Return an operation or call with the variables in it replaced by what the line before computes for them."""
    values = once_assigned(definition)

    def written(part):
        return values.get(part.id, part) if isinstance(part, ast.Name) else part

    if isinstance(node, ast.BinOp):
        return ast.BinOp(written(node.left), node.op, written(node.right))
    return ast.Call(node.func, [written(each) for each in node.args], node.keywords)


@functools.lru_cache(maxsize=1)  # asked for each place of one definition
def once_assigned(definition):
    """Return the value of each variable that a function assigns only once, by name, outside of loops and branches."""
    if not isinstance(definition, ast.FunctionDef):
        return {}
    stored = [
        each.id for each in ast.walk(definition) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    ]
    found = {}
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if stored.count(name) == 1:
                found[name] = value
    return {name: value for name, value in found.items() if name not in parameters(definition)}


def is_new_axis(node):
    """Tell whether an index adds an axis of length 1."""
    return (isinstance(node, ast.Constant) and node.value is None) or getattr(node, "attr", None) == "newaxis"


def limits_for(left, right):
    """Yield a lower limit in the place of a small number that is added, alone and with an upper limit."""
    for number, other in ((left, right), (right, left)):
        if is_small(number):
            yield ast.parse(f"np.maximum({ast.unparse(other)}, {ast.unparse(number)})", mode="eval").body
            clip = "np.clip({0}, {1}, 1 - {1})".format(ast.unparse(other), ast.unparse(number))
            yield ast.parse(clip, mode="eval").body


def is_small(node):
    """Tell whether a node is a small number, or a name that such numbers have."""
    if isinstance(node, ast.Name):
        return node.id.lower() in SMALL_NAMES
    return isinstance(node, ast.Constant) and isinstance(node.value, float) and 0 < node.value < SMALL


def is_limit(node):
    """Tell whether an expression is a limit such as 1 - 1e-7: most inputs never reach it, so others fit too."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub(), small):
            return is_small(small) and isinstance(getattr(left, "operand", left), ast.Constant)
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


LIKE = ("zeros_like", "ones_like", "empty_like", "full_like")  # whose result has the type of the argument
MODULES = ("np", "numpy")
MEANS = ("mean", "sum")
LOGARITHMS = ("log", "log1p", "log2", "log10")
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
        case ast.Call(args=[ast.BinOp(left, ast.Mult() | ast.Div() as op, right), *_]) if numpy_name(node) in LIMITS:
            yield ast.BinOp(around(node, left), op, right)
        case ast.BinOp(ast.Call() as inner, ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as op, right) if (
            numpy_name(inner) in LIMITS
        ):
            yield around(inner, ast.BinOp(inner.args[0], op, right))
        case ast.BinOp(left, ast.Mult() as op, ast.Call() as inner) if array := reduced(inner):
            yield with_reduced(inner, ast.BinOp(left, op, array))
        case ast.BinOp(ast.Call() as inner, ast.Mult() | ast.Div() as op, right) if array := reduced(inner):
            yield with_reduced(inner, ast.BinOp(array, op, right))
        case ast.Call(func=limit, args=[ast.Call() as inner, *bounds]) if (
            numpy_name(node) in LIMITS and numpy_name(inner) in LOGARITHMS
        ):
            yield around(inner, ast.Call(limit, [inner.args[0], *bounds], node.keywords))


def reduced(call):
    """Return what a call of `sum` or `mean`, as a function or method, reduces; None for another call."""
    if numpy_name(call) in MEANS:
        return call.args[0]
    match call:
        case ast.Call(func=ast.Attribute(array, name)) if name in MEANS and getattr(array, "id", None) not in MODULES:
            return array
    return None


def with_reduced(call, array):
    """Return a call of `sum` or `mean` that reduces something else."""
    if numpy_name(call) in MEANS:
        return around(call, array)
    return ast.Call(ast.Attribute(array, call.func.attr, ast.Load()), call.args, call.keywords)


def numpy_name(node):
    """Return the name of the function of NumPy that a node calls; None if it calls none, or without arguments."""
    match node:
        case ast.Call(func=ast.Attribute(ast.Name("np" | "numpy"), name), args=[_, *_]):
            return name
    return None


def called(call):
    """Return the name of the function that is called, without its module; None for another expression than a name."""
    return getattr(call.func, "attr", getattr(call.func, "id", None))


def around(call, inner):
    """Return a call with another first argument."""
    return ast.Call(call.func, [inner, *call.args[1:]], call.keywords)


def lengths(definition):
    """Yield the length of the last axis, by the first argument."""
    for name in parameters(definition)[:1]:
        yield ast.parse(f"{name}.shape[-1]", mode="eval").body


def parameters(definition):
    """Return the names of the arguments of a function; of a class, none."""
    return [each.arg for each in definition.args.args] if hasattr(definition, "args") else []


def options(definition):
    """Return the names of the arguments of a function whose default is a float."""
    defaults = definition.args.defaults if hasattr(definition, "args") else []
    names = parameters(definition)[-len(defaults) :] if defaults else []
    return [n for n, each in zip(names, defaults, strict=True) if isinstance(getattr(each, "value", None), float)]


def number(value):
    """Return the tree of a number."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def numbers_near(value):
    """Return the numbers that may belong in the place of one."""
    if not abs(value) < LARGEST:
        return []
    if isinstance(value, float) and 0 < value < 1e-2:
        return [other for other in (1e-7, 1e-12, 1e-14, value * 10, value / 10) if other != value]
    near = [value + 1, value - 1, value * 2, value / 2, -value, 1 - value, 1]
    near += [MOST_SURPRISING] if value > MOST_SURPRISING else []
    return list(dict.fromkeys(other for other in near if other != value))


def changed_calls(node):
    """Yield the changes to a call: another function, axis, order of arguments; without the function."""
    method, name = isinstance(node.func, ast.Attribute), called(node)
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
    yield from special_calls(node, name)
    yield from (("norm", euclidean) for euclidean in euclidean_norms(node, name, of_module))
    if name == "norm" and not any(keyword.arg == "ord" for keyword in node.keywords):
        yield "norm", ast.Call(node.func, node.args[:1], [ast.keyword("ord", number(1)), *node.keywords])
    if name in REMOVABLE:
        inner = node.args[0] if of_module or not method else node.func.value
        yield "call", inner, name


def special_calls(node, name):
    """Yield the changes to calls that need words of their own."""
    match node:
        case ast.Call() if name == "squeeze" and not node.keywords:
            yield "squeezed", ast.Call(node.func, node.args, [ast.keyword("axis", number(-1))])
            yield "squeezed", ast.parse(f"np.atleast_1d({ast.unparse(node)})", mode="eval").body
        case ast.Call(args=[array, *axis]) if numpy_name(node) == "average":
            weights = [each.value for each in node.keywords if each.arg == "weights"]
            others = [each for each in node.keywords if each.arg != "weights"]
            mean = ast.Attribute(ast.Name("np", ast.Load()), "mean", ast.Load())
            for weight in weights:
                yield "weights", ast.Call(mean, [ast.BinOp(array, ast.Mult(), weight), *axis], others)
        case ast.Call(args=[array, ast.Constant(1 | -1 as by)]) if numpy_name(node) == "roll" and not node.keywords:
            yield "rolled", without_end(array, by)
        case ast.Call(args=[array, ast.UnaryOp(ast.USub(), ast.Constant(1))]) if numpy_name(node) == "roll":
            yield "rolled", without_end(array, -1)
        case ast.Call(args=[above, below, *_], keywords=[*keywords]) if numpy_name(node) == "divide":
            for condition in (each.value for each in keywords if each.arg == "where"):
                yield "zero divisor", divided_by_one(above, below, condition)
        case ast.Call(args=[condition, ast.BinOp(above, ast.Div(), below), ast.Constant(0)]) if name == "where":
            yield "zero divisor", divided_by_one(above, below, condition)
        case ast.Call(args=[matrix]) if name in ("inv", "pinv"):
            yield "transpose", ast.Attribute(matrix, "T", ast.Load())
        case ast.Call(args=[matrix, _]) if numpy_name(node) == "reshape":
            yield "reshaped", ast.Attribute(matrix, "T", ast.Load())
        case ast.Call(func=ast.Attribute(matrix)) if name == "reshape":
            yield "reshaped", ast.Attribute(matrix, "T", ast.Load())
        case ast.Call() if name in LIKE and not any(each.arg == "dtype" for each in node.keywords):
            as_float = ast.keyword("dtype", ast.Name("float", ast.Load()))
            yield "whole numbers", ast.Call(node.func, node.args, [*node.keywords, as_float])
        case ast.Call(args=[array, small]) if name in ("maximum", "fmax", "max") and is_small(small):
            yield "limited", ast.BinOp(array, ast.Add(), small)
        case ast.Call(args=[one, other, *_]) if numpy_name(node) == "isclose":
            yield "nearly", ast.Compare(one, [ast.Eq()], [other])
        case ast.Call(args=[ast.Name("int")]) if name == "astype":
            yield "whole numbers", ast.Call(node.func, [ast.Name("float", ast.Load())], [])


def without_end(array, by):
    """Return an array moved by one place, in which nothing comes round from the other end: NaN stands there."""
    code = "np.where(np.arange(np.size({0})) == {2}, np.nan, np.roll({0}, {1}))"
    end = 0 if by > 0 else f"np.size({ast.unparse(array)}) - 1"
    return ast.parse(code.format(ast.unparse(array), by, end), mode="eval").body


def divided_by_one(above, below, condition):
    """Return a quotient whose divisor is 1 where a condition does not hold."""
    ones = ast.parse(f"np.where({ast.unparse(condition)}, {ast.unparse(below)}, 1)", mode="eval").body
    return ast.BinOp(above, ast.Div(), ones)


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


def changed_names(name, definition, line):
    """Yield the other arguments and variables in the place of one, and what is computed from it only further below."""
    stored = [
        each.id for each in ast.walk(definition) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    ]
    known = list(dict.fromkeys([*parameters(definition), *stored]))
    for updated in updates(name, definition) if name in stored else ():
        yield "stale", updated, ast.unparse(updated)  # a step that reads the old value of what it keeps
    if name in known:
        values = once_assigned(definition)
        for other in known:
            if other != name:
                yield "name", ast.Name(other, ast.Load())
                if other in values and values[other].lineno > line and name in names_read(values[other]):
                    yield "name", values[other]


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
        for name in parameters(definition):
            yield "no factor", ast.BinOp(node, ast.Mult(), ast.Name(name, ast.Load())), name
            yield "no divisor", ast.BinOp(node, ast.Div(), ast.Name(name, ast.Load())), name


def names_read(tree):
    """Return the names that code reads."""
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
