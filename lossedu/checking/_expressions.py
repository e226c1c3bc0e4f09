"""Expressions of strangers, evaluated without SymPy: its parser runs what it reads, and its arithmetic has no end.

An expression comes as the text of `sympy.srepr`, such as `Mul(Integer(-1), log(Symbol('p', positive=True)))`, is read
as a tree and computed in complex floating point.
"""

import ast
import cmath
import math
import operator

from lossedu.checking.probe import Problem

LONGEST = 20_000  # characters
CONSTANTS = {
    "nan": math.nan,
    "oo": math.inf,
    "zoo": math.nan,
    "E": math.e,
    "pi": math.pi,
    "I": 1j,
    "true": True,
    "false": False,
    "EulerGamma": 0.5772156649015329,
}

CONDITIONS = ("true", "false", "And", "Or", "Not", "Xor", "ITE", "Equality", "Unequality")
CONDITIONS += ("StrictLessThan", "LessThan", "StrictGreaterThan", "GreaterThan")

ELEMENTARY = ("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")
ELEMENTARY += ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")
RECIPROCALS = {"sec": "cos", "csc": "sin", "cot": "tan", "sech": "cosh", "csch": "sinh", "coth": "tanh"}
REAL_ONLY = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "loggamma": "lgamma", "floor": "floor", "ceiling": "ceil"}


def real(function):
    """A function that is defined for real numbers only."""

    def of_real(*values):
        if any(abs(complex(value).imag) > 1e-12 for value in values):
            raise ValueError("a real number is needed")
        return function(*(complex(value).real for value in values))

    return of_real


def reciprocal(function):
    """One over a function."""
    return lambda x: 1 / function(x)


FUNCTIONS = {
    "Add": lambda *terms: sum(terms),
    "Mul": lambda *factors: math.prod(factors),
    "Pow": operator.pow,
    "Integer": lambda value: value,
    "Rational": operator.truediv,
    "Abs": abs,
    "re": lambda x: x.real,
    "im": lambda x: x.imag,
    "conjugate": lambda x: x.conjugate(),
    "arg": cmath.phase,
    "Max": real(max),
    "Min": real(min),
    "sign": real(lambda x: (x > 0) - (x < 0)),
    "Heaviside": real(lambda x, at_0=0.5: at_0 if x == 0 else float(x > 0)),
    "Equality": operator.eq,
    "Unequality": operator.ne,
    "And": lambda *conditions: all(conditions),
    "Or": lambda *conditions: any(conditions),
    "Not": operator.not_,
    "Xor": lambda *conditions: sum(map(bool, conditions)) % 2,
    "StrictLessThan": real(operator.lt),
    "LessThan": real(operator.le),
    "StrictGreaterThan": real(operator.gt),
    "GreaterThan": real(operator.ge),
    **{name: getattr(cmath, name) for name in ELEMENTARY},
    **{name: reciprocal(getattr(cmath, of)) for name, of in RECIPROCALS.items()},
    **{name: real(getattr(math, of)) for name, of in REAL_ONLY.items()},
}
STRUCTURES = ("Symbol", "Float", "Piecewise", "ExprCondPair", "ITE")  # that `evaluate` looks into by itself


class UnfitExpressionError(ValueError):
    """The text of an expression cannot be part of an answer; `problem` tells why."""

    def __init__(self, code, **fields):
        """Keep the `Problem`."""
        super().__init__(code)
        self.problem = Problem(code, **fields)


def parse(text):
    """The tree of an expression; UnfitExpressionError if it holds something that cannot be part of an answer."""
    if len(text) > LONGEST:
        raise UnfitExpressionError("too long", length=len(text))
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise UnfitExpressionError("unreadable") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", "something else")
            if name not in FUNCTIONS and name not in STRUCTURES:
                raise UnfitExpressionError("holds", name=name)
            if name == "Symbol" and not isinstance(getattr(node.args[0] if node.args else None, "value", None), str):
                raise UnfitExpressionError("unreadable")
    top = getattr(tree.func if isinstance(tree, ast.Call) else tree, "id", None)
    if top in CONDITIONS:  # which is true or false, but no number
        raise UnfitExpressionError("holds", name=top)
    return tree


def symbols(tree):
    """The names of the symbols in a tree."""
    return set(occurring_symbols(tree))


def occurring_symbols(tree):
    """Yield the name of a symbol each time it occurs in a tree."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Symbol"), args=[ast.Constant(value=str() as name), *_]):
                yield name


def evaluate(tree, values):
    """The complex number that a tree comes to; ValueError, OverflowError or ZeroDivisionError if to none.

    Every part is such a number, so that no part can grow beyond 16 bytes.
    """
    match tree:
        case ast.Constant(value=int() | float() as number):
            return complex(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -evaluate(operand, values)
        case ast.Name(id=name) if name in CONSTANTS:
            return complex(CONSTANTS[name])
        case ast.Call(func=ast.Name(id="Symbol"), args=[ast.Constant(value=name)]):
            return complex(values[name])
        case ast.Call(func=ast.Name(id="Float"), args=[ast.Constant(value=str() | int() | float() as digits)]):
            return complex(float(digits))
        case ast.Call(func=ast.Name(id="Piecewise"), args=pieces):
            return piece(pieces, values)
        case ast.Call(func=ast.Name(id="ITE"), args=[condition, where_true, where_false]):
            return evaluate(where_true if evaluate(condition, values) else where_false, values)
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in FUNCTIONS:
            return complex(FUNCTIONS[name](*(evaluate(argument, values) for argument in arguments)))
    raise ValueError("cannot be computed")


def piece(pieces, values):
    """The value of the first piece whose condition holds."""
    for each in pieces:
        match each:
            case ast.Call(func=ast.Name(id="ExprCondPair"), args=[value, condition]):
                if evaluate(condition, values):
                    return evaluate(value, values)
            case _:
                break
    raise ValueError("no piece holds")
