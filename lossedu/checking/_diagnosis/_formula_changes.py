"""The right formula with one change: a sign, a term, a factor, a power, a function, a symbol or a number.

Formulas are trees of the text of `sympy.srepr`, as `lossedu.checking._expressions` reads them.
"""

import ast
import copy
import functools
import itertools

from lossedu.checking import _expressions


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
    """Yield (name, fact, hint, fields, tree) for the trees that differ from the right one in one place."""
    for index, node in enumerate(ast.walk(right)):
        for name, fact, hint, fields, replacement in changes(node, right):
            tree = copy.deepcopy(right)
            target = next(itertools.islice(ast.walk(tree), index, None))
            if target is tree or index == 0:
                yield name, fact, hint, fields, replacement
            else:
                yield name, fact, hint, fields, Replacing(target, replacement).visit(tree)


class Replacing(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, target, replacement):
        self.target, self.replacement = target, replacement

    def visit(self, node):
        """Return the replacement for the target."""
        return self.replacement if node is self.target else self.generic_visit(node)


def changes(node, right):
    """Yield (name, fact, hint, fields, replacement) for the changes to one node."""
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
    for i, term in enumerate(terms):
        fields = {"term": text(term)}
        flipped = [*terms[:i], minus(term), *terms[i + 1 :]]
        hint = "Work the term out again: does it raise the result, or lower it?"
        yield "sign of a term", "the term {term} has the wrong sign.", hint, fields, call("Add", *flipped)
        rest = without(terms, i)
        left_out = rest[0] if len(rest) == 1 else call("Add", *rest)
        yield "a term missing", "the term {term} is missing.", "In which step did it disappear?", fields, left_out
        doubled = [*terms[:i], call("Mul", number(2), term), *terms[i + 1 :]]
        yield (
            "a term twice",
            "the term {term} has a factor 2 too many.",
            "Where does the 2 come from?",
            fields,
            call("Add", *doubled),
        )
        halved = [*terms[:i], call("Mul", call("Rational", ast.Constant(1), ast.Constant(2)), term), *terms[i + 1 :]]
        yield (
            "half a term",
            "the term {term} has a factor 1/2 too many.",
            "Where does the 1/2 come from?",
            fields,
            call("Add", *halved),
        )


def changed_products(factors):
    """A product with a factor left out, or in the denominator."""
    for i, factor in enumerate(factors):
        fields = {"factor": text(factor)}
        rest = without(factors, i)
        left_out = rest[0] if len(rest) == 1 else call("Mul", *rest)
        yield "a factor missing", "the factor {factor} is missing.", "In which step did it disappear?", fields, left_out
        inverted = call("Mul", *rest, call("Pow", factor, number(-1)))
        yield (
            "the wrong side of the fraction bar",
            "{factor} stands on the wrong side of the fraction bar.",
            "Should the result grow or shrink as this factor grows?",
            fields,
            inverted,
        )
        twice = call("Mul", *factors, factor)
        if name_of(factor) == "Abs":
            hint = "Is the error squared here, or taken by its size?"
            yield "square for size", "{factor} is squared.", hint, fields, twice
        yield (
            "a factor twice",
            "the factor {factor} is there once too often.",
            "How often does it occur?",
            fields,
            twice,
        )


def changed_powers(base, exponent):
    """A power with its exponent left out, negated, doubled, halved or upside down."""
    fields = {"power": text(call("Pow", base, exponent)), "base": text(base)}
    hint = "With which exponent does {base} enter, and why?"
    yield "a power missing", "{base} lacks its exponent: {power} belongs there.", hint, fields, base
    half = call("Rational", ast.Constant(1), ast.Constant(2))
    others = (
        minus(exponent),
        call("Mul", number(2), exponent),
        call("Mul", half, exponent),
        call("Pow", exponent, number(-1)),
    )
    for changed in others:
        yield "the exponent", "{base} has the wrong exponent.", hint, fields, call("Pow", base, changed)


def changed_functions(kind, argument):
    """A function left out, of the other sign, or another function."""
    fields = {"function": kind, "argument": text(argument)}
    yield (
        f"{kind} missing",
        "{function} is missing: {argument} stands there alone.",
        "What undoes, or makes, the {function}?",
        fields,
        argument,
    )
    yield (
        f"the sign within {kind}",
        "the sign of what {function} is taken of is wrong.",
        "Should the result grow or shrink as {argument} grows?",
        fields,
        call(kind, minus(argument)),
    )
    if kind == "log":
        hint = "Which of the two does the logarithm take: this, or 1 minus this?"
        yield (
            "the complement within log",
            "the logarithm is taken of 1 minus {argument}.",
            hint,
            fields,
            call(kind, call("Add", number(1), minus(argument))),
        )
    for one, other in (("sin", "cos"), ("sinh", "cosh"), ("exp", "log"), ("tanh", "tan")):
        if kind in (one, other):
            instead = other if kind == one else one
            yield (
                f"{instead} for {kind}",
                "{instead} stands where {function} belongs.",
                "What is the difference between the two?",
                {**fields, "instead": instead},
                call(instead, argument),
            )


def changed_numbers(node, kind):
    """A number that is another one."""
    value = text(node)
    for changed in (call("Add", node, number(1)), call("Add", node, number(-1)), call("Mul", number(2), node)):
        yield (
            "a number",
            "{number} stands in the formula, and you have another number there.",
            "Where does this number come from?",
            {"number": value},
            changed,
        )


def changed_symbols(node, right):
    """A symbol that is another, its square, its complement, or left out."""
    name = node.args[0].value
    for other in sorted(_expressions.symbols(right) - {name}):
        yield (
            "another symbol",
            "{other} stands in a place of {name}.",
            "What does {name} stand for, and what {other}?",
            {"name": name, "other": other},
            call("Symbol", ast.Constant(other)),
        )
    fields = {"name": name}
    yield (
        "a square too many",
        "{name} is squared where it should not be.",
        "What is squared?",
        fields,
        call("Pow", node, number(2)),
    )
    yield (
        "a root too many",
        "there is a root of {name} where {name} itself belongs.",
        "Of what is the root taken?",
        fields,
        call("Pow", node, call("Rational", ast.Constant(1), ast.Constant(2))),
    )
    yield (
        "the complement",
        "1 - {name} stands in a place of {name}.",
        "What does 1 - {name} stand for?",
        fields,
        call("Add", number(1), minus(node)),
    )
    yield (
        "the other sign of a symbol",
        "{name} has the wrong sign in one place.",
        "Does {name} raise the result, or lower it?",
        fields,
        minus(node),
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
