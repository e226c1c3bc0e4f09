"""The right formula with one change: a sign, a term, a factor, a power, a function, a symbol or a number.

Formulas are trees of the text of `sympy.srepr`, as `lossedu.checking._expressions` reads them.
"""

import ast
import copy
import functools
import itertools
from typing import NamedTuple

from lossedu.checking import _expressions

COUNTERS = ("n", "k", "t", "m", "N", "K", "T", "M", "D", "C")  # symbols that stand for whole numbers


def call(name, *arguments):
    """Return the tree of a call."""
    return ast.Call(ast.Name(name), list(arguments), [])


def number(value):
    """Return the tree of a number."""
    return call("Integer", ast.Constant(value))


def minus(tree):
    """Return the tree with the other sign."""
    return call("Mul", call("Integer", ast.UnaryOp(ast.USub(), ast.Constant(1))), tree)


def name_of(node):
    """Return the name of the function that a node calls; None if it is no call."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


@functools.cache
def alternatives(text):
    """Return all of `one_change_each` for the text of an expression; made once."""
    return list(one_change_each(_expressions.parse(text)))


def one_change_each(right):
    """Yield the changes to one place, with the tree of the whole formula."""
    for index, node in enumerate(ast.walk(right)):
        for change in changes(node, right):
            tree = copy.deepcopy(right)
            target = next(itertools.islice(ast.walk(tree), index, None))
            if target is tree or index == 0:
                yield change
            else:
                yield change._replace(tree=Replacing(target, change.tree).visit(tree))


class Change(NamedTuple):
    """A change to a formula: what it is called, the fact and the hint with their fields, and the tree that it makes."""

    name: str
    fact: str
    hint: str
    fields: dict
    tree: ast.AST


class Replacing(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, target, replacement):
        self.target, self.replacement = target, replacement

    def visit(self, node):
        """Return the replacement for the target."""
        return self.replacement if node is self.target else self.generic_visit(node)


def changes(node, right):
    """Yield the changes to one node, with what replaces it."""
    kind = name_of(node)
    arguments = node.args if kind else []
    if kind == "Add":
        yield from changed_sums(arguments)
    elif kind == "Mul":
        yield from changed_products(arguments)
    elif kind == "Pow":
        yield from changed_powers(*arguments)
    elif kind in ("Integer", "Rational"):
        yield from changed_numbers(node, kind)
    elif kind == "Symbol":
        yield from changed_symbols(node, right)
    elif kind in _expressions.FUNCTIONS and len(arguments) == 1:
        yield from changed_functions(kind, arguments[0])


def without(parts, i):
    """Return a list without one part."""
    return [*parts[:i], *parts[i + 1 :]]


def changed_sums(terms):
    """A sum with the sign of a term changed, or a term left out."""
    half = call("Rational", ast.Constant(1), ast.Constant(2))
    for i, term in enumerate(terms):
        fields = {"term": text(term)}

        def replaced(by, i=i):
            return call("Add", *terms[:i], by, *terms[i + 1 :])

        yield Change(
            "sign of a term",
            "the term {term} has the wrong sign.",
            "Does this term raise or lower the result?",
            fields,
            replaced(minus(term)),
        )
        rest = without(terms, i)
        left_out = rest[0] if len(rest) == 1 else call("Add", *rest)
        yield Change(
            "a term missing", "the term {term} is missing.", "In which step did it disappear?", fields, left_out
        )
        yield Change(
            "a term doubled",
            "the term {term} is twice as large as it should be.",
            "Where does the factor 2 come from?",
            fields,
            replaced(call("Mul", number(2), term)),
        )
        power, sign = (term.args[1], minus) if is_minus_power(term) else (term, lambda tree: tree)
        if name_of(power) == "Pow" and inverse(power) is None:
            base, exponent = power.args
            yield Change(
                "exponent of the whole",
                "the exponent belongs to {base} alone, not to a whole sum.",
                "What does the exponent act on?",
                {"base": text(base)},
                call("Pow", replaced(sign(base)), exponent),
            )
        yield Change(
            "a term halved",
            "the term {term} is half as large as it should be.",
            "Where does the factor 1/2 come from?",
            fields,
            replaced(call("Mul", half, term)),
        )


def is_minus_power(node):
    """Tell whether a node is -1 times a power."""
    return name_of(node) == "Mul" and len(node.args) == 2 and text(node.args[0]) in ("-1", "(-1)")


def changed_products(factors):
    """A product with a factor left out, or in the denominator."""
    for i, factor in enumerate(factors):
        fields = {"factor": text(factor)}
        rest = without(factors, i)
        left_out = rest[0] if len(rest) == 1 else call("Mul", *rest)
        yield Change(
            "a factor missing", "the factor {factor} is missing.", "In which step did it disappear?", fields, left_out
        )
        yield Change(
            "numerator or denominator",
            "{factor} is on the wrong side of the fraction bar.",
            "Should the result grow or shrink when this factor grows?",
            fields,
            call("Mul", *rest, call("Pow", factor, number(-1))),
        )
        twice = call("Mul", *factors, factor)
        if name_of(factor) == "Abs":
            yield Change(
                "square for absolute value",
                "{factor} is squared.",
                "Does the formula use the square of this, or its absolute value?",
                fields,
                twice,
            )
        if name_of(factor) != "Pow":  # a power that occurs twice has another exponent
            yield Change(
                "a factor twice",
                "the factor {factor} occurs once too often.",
                "How often should this factor occur?",
                fields,
                twice,
            )


def changed_powers(base, exponent):
    """A power with its exponent left out, negated, doubled, halved or upside down."""
    fields = {"base": text(base)}
    yield Change(
        "exponent missing",
        "the exponent of {base} is missing.",
        "Which exponent does {base} have, and why?",
        fields,
        base,
    )
    if name_of(base) == "Add":
        for i, term in enumerate(base.args):
            yield Change(
                "exponent of a part",
                "the exponent belongs to {base}, not to a part of it alone.",
                "What does the exponent act on?",
                fields,
                call("Add", *base.args[:i], call("Pow", term, exponent), *base.args[i + 1 :]),
            )
    half = call("Rational", ast.Constant(1), ast.Constant(2))
    others = (
        minus(exponent),
        call("Mul", number(2), exponent),
        call("Mul", half, exponent),
        call("Pow", exponent, number(-1)),
    )
    for changed in others:
        yield Change(
            "wrong exponent",
            "{base} has the wrong exponent.",
            "Which exponent does {base} have, and why?",
            fields,
            call("Pow", base, changed),
        )


def changed_functions(kind, argument):
    """A function left out, of the other sign, or another function."""
    fields = {"function": kind, "argument": text(argument)}
    yield Change(
        "{function} missing",
        "you have {argument} where {function} of it belongs.",
        "In which step should {function} appear?",
        fields,
        argument,
    )
    yield Change(
        "sign inside {function}",
        "the argument of {function} has the wrong sign.",
        "Should the result grow or shrink when {argument} grows?",
        fields,
        call(kind, minus(argument)),
    )
    if kind == "log":
        yield Change(
            "complement inside log",
            "you took the logarithm of 1 minus {argument}.",
            "Which of the two belongs in the logarithm: {argument}, or 1 minus it?",
            fields,
            call(kind, call("Add", number(1), minus(argument))),
        )
    for one, other in (("sin", "cos"), ("sinh", "cosh"), ("exp", "log"), ("tanh", "tan")):
        if kind in (one, other):
            instead = other if kind == one else one
            yield Change(
                "{instead} for {function}",
                "you have {instead} where {function} belongs.",
                "How do {instead} and {function} differ?",
                {**fields, "instead": instead},
                call(instead, argument),
            )


def changed_numbers(node, kind):
    """A number that is another one."""
    value = text(node)
    for changed in (call("Add", node, number(1)), call("Add", node, number(-1)), call("Mul", number(2), node)):
        yield Change(
            "wrong number",
            "the formula contains the number {number}, and yours has another number in its place.",
            "Where does this number come from?",
            {"number": value},
            changed,
        )


def changed_symbols(node, right):
    """A symbol that is another, its square, its complement, or left out."""
    name = node.args[0].value
    for other in sorted(_expressions.symbols(right) - {name}):
        yield Change(
            "wrong symbol",
            "in one place you have {other} instead of {name}.",
            "What does {name} mean, and what does {other} mean?",
            {"name": name, "other": other},
            call("Symbol", ast.Constant(other)),
        )
    fields = {"name": name}
    yield Change(
        "a square too many",
        "in one place {name} is squared and should not be.",
        "Which quantity does the formula square?",
        fields,
        call("Pow", node, number(2)),
    )
    yield Change(
        "a root too many",
        "in one place you have the square root of {name} instead of {name}.",
        "Of which quantity does the formula take the square root?",
        fields,
        call("Pow", node, call("Rational", ast.Constant(1), ast.Constant(2))),
    )
    if name in COUNTERS:
        yield from miscounted(node, fields)
    yield Change(
        "complement of a symbol",
        "in one place {name} and 1 - {name} are confused.",
        "What does {name} mean, and what does 1 - {name} mean?",
        fields,
        call("Add", number(1), minus(node)),
    )
    yield Change(
        "sign of a symbol",
        "in one place {name} has the wrong sign.",
        "Should the result grow or shrink when {name} grows?",
        fields,
        minus(node),
    )


def miscounted(node, fields):
    """A count that is one too low or too high."""
    yield Change(
        "one too few",
        "in one place you have {name} - 1 instead of {name}.",
        "Does {name} count from 0 or from 1?",
        fields,
        call("Add", node, number(-1)),
    )
    yield Change(
        "one too many",
        "in one place you have {name} + 1 instead of {name}.",
        "Does {name} count from 0 or from 1?",
        fields,
        call("Add", node, number(1)),
    )


def text(node):
    """Return the formula of a node as it is written in Python."""
    match node:
        case ast.Call(func=ast.Name(id="Symbol"), args=[ast.Constant(value=name), *_]):
            return name
        case ast.Call(func=ast.Name(id="Integer"), args=[value]):
            return ast.unparse(value)
        case ast.Call(func=ast.Name(id="Rational"), args=[above, below]):
            return f"{ast.unparse(above)}/{ast.unparse(below)}"
        case ast.Call(func=ast.Name(id="Add"), args=terms):
            return " + ".join(map(text, terms)).replace("+ -", "- ")
        case ast.Call(func=ast.Name(id="Mul"), args=factors):
            return product(factors)
        case ast.Call(func=ast.Name(id="Pow")) if inverse(node) is not None:
            return product([node])
        case ast.Call(func=ast.Name(id="Pow"), args=[base, exponent]):
            return f"{in_brackets(base)}**{in_brackets(exponent)}"
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return f"{name}({', '.join(map(text, arguments))})"
    return ast.unparse(node)


def product(factors):
    """Return a product as it is written in Python."""
    above = [in_brackets(factor) for factor in factors if inverse(factor) is None]
    below = [in_brackets(inverse(factor)) for factor in factors if inverse(factor) is not None]
    sign = "-" if above and above[0] in ("-1", "(-1)") else ""
    above = above[1:] if sign else above
    return f"{sign}{'*'.join(above) or '1'}{''.join(f'/{factor}' for factor in below)}"


def inverse(node):
    """Return what a node is 1 divided by; None if it is no such thing."""
    match node:
        case ast.Call(
            func=ast.Name(id="Pow"),
            args=[base, ast.Call(func=ast.Name(id="Integer"), args=[ast.UnaryOp(operand=ast.Constant(value=1))])],
        ):
            return base
        case ast.Call(func=ast.Name(id="Rational"), args=[ast.Constant(value=1), below]):
            return call("Integer", below)
    return None


def in_brackets(node):
    """Return a formula in brackets, if it is a sum or a product."""
    written = text(node)
    return (
        f"({written})"
        if inverse(node) is not None or name_of(node) in ("Add", "Mul") or written.startswith("-")
        else written
    )
