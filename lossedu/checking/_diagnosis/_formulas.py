"""Why an expression is wrong: how it comes from the right one, by one change that gives the same values everywhere.

Two expressions that agree at generic points are equal. So whatever is found here is true of the answer.
"""

import ast
import itertools
from collections import Counter
from dataclasses import dataclass

import numpy as np

from lossedu.checking import _expressions
from lossedu.checking._diagnosis._evidence import Diagnosis, both_names, name_and_title
from lossedu.checking._diagnosis._formula_changes import alternatives, name_of, one_change_each
from lossedu.exercises.relations import EXPRESSION_RELATIONS, HALF, SIGN, TWICE
from lossedu.language import later, say

MOST_NODES = 200  # of the tree of an answer that is changed
STEP = 1e-5  # of central differences
TELLING = (0, 1)  # values of a symbol at which a wrong formula may be right, and that say something of it
SPECIAL = (*TELLING, -1, 2, 0.5)  # all that are tried
FAILURES = (ArithmeticError, RecursionError, StopIteration, TypeError, ValueError)  # no number comes out

TOO_MANY = later("factor {amount} too many"), later("your result has one factor {amount} too many.")
MISSING = later("factor {amount} missing"), later("a factor {amount} is missing.")
MERGING = ("a factor twice", "square for absolute value")  # a product of equal factors becomes a power
UNDONE = {  # changes to an answer that make it right: how to speak of what they undo, if not in the same words
    "sign of a term": None,
    "a term missing": (
        later("a term too many"),
        later("the term {term} should not be there."),
        later("Where does this term come from?"),
    ),
    "a factor missing": (
        later("a factor too many"),
        later("the factor {factor} should not be there."),
        later("Where does this factor come from?"),
    ),
    "exponent missing": (
        later("an exponent too many"),
        later("{base} should have no exponent."),
        later("Where does this exponent come from?"),
    ),
}
MULTIPLES = {-1: "-", 2: "2*", 0.5: "1/2*"}
ALSO = {  # a relation beside another mistake
    SIGN.name: later("the sign is wrong."),
    TWICE.name: later("there is a factor 2 too many."),
    HALF.name: later("a factor 2 is missing."),
}


@dataclass(frozen=True)
class Points:
    """Where expressions are compared."""

    points: tuple

    def values(self, tree, **changes):
        """The values of a tree at all points, the symbols in `changes` moved; None if it has none."""
        try:
            return np.array(
                [
                    complex(_expressions.evaluate(tree, {s: v + changes.get(s, 0) for s, v in point.items()}))
                    for point in self.points
                ]
            )
        except FAILURES:
            return None

    def replaced(self, tree, by):
        """The values of a tree where `by(point)` replaces each point; None if it has none."""
        return Points(tuple(by(point) for point in self.points)).values(tree)


def same(mine, theirs, rtol=1e-9):
    """Tell whether two lists of values are the same; None is nothing."""
    return mine is not None and theirs is not None and bool(np.allclose(mine, theirs, rtol=rtol, atol=1e-9))


@np.errstate(all="ignore")
def diagnose_expression(answer, right, written, expanded, listed, points):
    """Return the `Diagnosis` of a wrong expression; None if no change explains it.

    Args:
        answer: the tree of the answer.
        right: the text of the right one, as answers come in.
        written: the same as it is written, not simplified.
        expanded: the same as a sum of products, where a single product may be missing.
        listed: pairs of a known wrong answer and its tree.
        points: a list of values for the symbols, by name.
    """
    points = Points(tuple(points))
    simplified, right = right, _expressions.parse(right)
    mine, theirs = points.values(answer), points.values(right)
    if mine is None or theirs is None or not np.isfinite([mine, theirs]).all():
        return None
    return (
        related(mine, theirs, EXPRESSION_RELATIONS)
        or exchanged(mine, right, points)
        or changed_once(answer, mine, written, points)
        or changed_once(answer, mine, simplified, points)
        or by_quantity(mine, theirs, points)
        or by_calculus(answer, right, mine, theirs, points)
        or of_listed(mine, listed, points)
        or changed_and_scaled(answer, mine, written, points)
        or (is_sum(answer) and changed_once(answer, mine, expanded, points))
        or one_change_away(answer, theirs, points)
        or symbol_missing(answer, right)
        or at_special_values(answer, right, points)
    )


def related(mine, theirs, relations):
    """A relation between the values."""
    for each in relations:
        with np.errstate(all="ignore"):
            if same(mine, each.change(theirs)) and not same(mine, theirs):
                return Diagnosis(each.name, say(each.fact), say(each.hint))
    return None


def exchanged(mine, right, points):
    """Two symbols that have changed places."""
    for a, b in itertools.combinations(sorted(points.points[0]), 2):
        if same(mine, points.replaced(right, lambda point, a=a, b=b: {**point, a: point[b], b: point[a]})):
            fact = say("{a} and {b} have changed places.", a=a, b=b)
            return Diagnosis("symbols exchanged", fact, say("What does {a} mean, and what does {b} mean?", a=a, b=b))
    return None


def by_calculus(answer, right, mine, theirs, points):
    """The function in place of its slope, or the slope of the right answer."""
    for symbol in sorted(_expressions.symbols(right)):  # of another symbol, an answer may be a mere multiple
        if same(slope(answer, symbol, points), theirs, 1e-6):
            fact = say("you gave the function itself, not its slope with respect to {symbol}.", symbol=symbol)
            return Diagnosis("function for slope", fact, say("What is the derivative of your expression?"))
        if same(mine, slope(right, symbol, points), 1e-6) and np.any(np.abs(mine) > 1e-6):
            fact = say("you differentiated once too often, with respect to {symbol}.", symbol=symbol)
            return Diagnosis("derivative too many", fact, say("How many derivatives does the question ask for?"))
    return None


def slope(tree, symbol, points):
    """The derivative by central differences."""
    above, below = (points.values(tree, **{symbol: step}) for step in (STEP, -STEP))
    return None if above is None or below is None else (above - below) / (2 * STEP)


def of_listed(mine, listed, points):
    """A known wrong answer with another slip on top."""
    for known, tree in listed:
        values = points.values(tree)
        if values is None:
            continue
        found = related(mine, values, (SIGN, TWICE, HALF))
        if found:
            fact = say("{first} Also, {second}", first=say(known.fact), second=say(ALSO[found.name]))
            return Diagnosis(fact=fact, hint=say(known.hint), **both_names(known, found))
    return None


def by_quantity(mine, theirs, points):
    """A constant factor, a constant term, or a factor that is a power of one symbol."""
    with np.errstate(all="ignore"):
        ratio = mine / theirs
    if not np.isfinite(ratio).all():
        return None
    if same(ratio, ratio[:1].repeat(len(ratio))) and abs(ratio[0]) > 1e-9 and abs(ratio[0].imag) < 1e-9:
        fact = say("your result is {factor} times the right one.", factor=f"{ratio[0].real:.4g}")
        return Diagnosis("factor", fact, say("Where does this factor come from?"))
    difference = mine - theirs
    if same(difference, difference[:1].repeat(len(difference))) and abs(difference[0].imag) < 1e-9:
        fact = say(
            "your result differs from the right one by the constant {constant}.", constant=f"{difference[0].real:.4g}"
        )
        return Diagnosis("constant", fact, say("Which term contains no symbol?"))
    for symbol in sorted(points.points[0]):
        values = np.array([point[symbol] for point in points.points], complex)
        for power, factor in itertools.product((1, -1, 2, -2, 0.5, -0.5), (1, -1, 2, 0.5)):
            with np.errstate(all="ignore"):
                fits = same(ratio, factor * values**power)
            amount = symbol if abs(power) == 1 else f"{symbol}**{abs(power):g}"
            if fits and factor == 1:
                name, fact = TOO_MANY if power > 0 else MISSING
                hint = say("How often should {symbol} occur as a factor in the result?", symbol=symbol)
                return Diagnosis(fact=say(fact, amount=amount), hint=hint, **name_and_title(name, amount=amount))
            if fits:  # two changes at once may be a coincidence: name the relation, and no cause
                amount = f"{MULTIPLES[factor]}{amount}" if power > 0 else f"{factor:g}/{amount}"
                fact = say("your result is {factor} times the right one.", factor=amount)
                return Diagnosis("factor", fact, say("Where does this factor come from?"))
    return None


def symbol_missing(answer, right):
    """A symbol that the right answer holds and this one doesn't."""
    missing = sorted(_expressions.symbols(right) - _expressions.symbols(answer))
    if not missing:
        return None
    names = ", ".join(missing)
    return Diagnosis(
        fact=say("the right result depends on {names}, and yours does not.", names=names),
        hint=say("What should happen to the result when {name} grows?", name=missing[0]),
        **name_and_title(later("{names} missing"), names=names),
    )


def at_special_values(answer, right, points):
    """Right where a symbol has a special value, and wrong elsewhere: all such symbols and values are named."""
    found = []
    for symbol, value in itertools.product(sorted(points.points[0]), SPECIAL):
        here, there = (
            points.replaced(tree, lambda point, s=symbol, v=value: {**point, s: v}) for tree in (answer, right)
        )
        if same(here, there) and np.any(np.abs(there) > 1e-9):
            found.append((symbol, value))
    if not found or (len(found) > 1 and {value for _, value in found} - set(TELLING)):
        return None  # right for many values: each of them says nothing of the cause
    symbol, value = found[0]
    if len(found) == 1:
        return Diagnosis(
            fact=say("your result is wrong for other values of {symbol}.", symbol=symbol),
            hint=say("What should the result be for another value of {symbol}?", symbol=symbol),
            **name_and_title(later("right for {symbol} = {value} only"), symbol=symbol, value=value),
        )
    conditions = say(" or ").join(f"{symbol} = {value}" for symbol, value in found)
    return Diagnosis(
        fact=say("your result is right where {conditions}, and wrong elsewhere.", conditions=conditions),
        hint=say("What becomes of the formula in each of these cases, and what is different elsewhere?"),
        **name_and_title(later("right for {conditions}"), conditions=conditions),
    )


def changed_once(answer, mine, right, points):
    """Return the diagnosis of one change to the right formula, given as a text; None if no change explains the answer.

    After the change no symbol may occur more often than in the answer. Otherwise terms would have to merge, as in
    p*(1 - p) without the 1; such a relation is a coincidence.
    """
    held = occurrences(answer)
    in_right = occurrences(_expressions.parse(right))
    for name, fact, hint, fields, tree in alternatives(right):
        try:  # most differ at the first point
            value = _expressions.evaluate(tree, points.points[0])
        except FAILURES:
            continue
        is_near = abs(value - mine[0]) <= 1e-9 + 1e-9 * abs(mine[0])
        if not (is_near and same(points.values(tree), mine)):
            continue
        kept = occurrences(tree)
        dropped = in_right.keys() - kept.keys()  # an answer that contains these symbols has not dropped them
        if name in MERGING or (kept <= held and not dropped & held.keys()):
            return Diagnosis(fact=say(fact, **fields), hint=say(hint, **fields), **name_and_title(name, **fields))
    return None


def one_change_away(answer, theirs, points):
    """Return the diagnosis of one change to the answer that makes it right; None if there is none."""
    if sum(1 for _ in ast.walk(answer)) > MOST_NODES:
        return None
    for name, fact, hint, fields, tree in one_change_each(answer):
        if name in UNDONE and same(points.values(tree), theirs):
            name, fact, hint = UNDONE[name] or (name, fact, hint)
            return Diagnosis(fact=say(fact, **fields), hint=say(hint, **fields), **name_and_title(name, **fields))
    return None


def is_sum(tree):
    """Tell whether an expression is a sum, so that its terms can be compared with those of another."""
    return name_of(tree) == "Add"


def occurrences(tree):
    """Count how often each symbol occurs in a tree."""
    return Counter(_expressions.occurring_symbols(tree))


def changed_and_scaled(answer, mine, right, points):
    """One change to the right formula, and the sign or a factor 2 on top."""
    for relation in (SIGN, TWICE, HALF):
        found = changed_once(answer, mine / relation.change(1.0), right, points)
        is_other_term = relation is SIGN and found and found.name.startswith("sign")  # both signs wrong: another term's
        if found and not is_other_term:
            fact = say("{first} Also, {second}", first=found.fact, second=say(ALSO[relation.name]))
            return Diagnosis(fact=fact, hint=found.hint, **both_names(found, relation))
    return None
