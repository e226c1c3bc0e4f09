"""The one slip in the code of an answer: the place where a single change makes all of it right.

The changes are made to the text of the answer, which is only read here. The changed functions run where the answer
runs. A change is named only if it makes the answer right on all inputs, those included that are drawn for this.
"""

import ast
import functools
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossedu import exercises
from lossedu.checking._comparison import agrees
from lossedu.checking._diagnosis._evidence import Diagnosis
from lossedu.checking._diagnosis._slip_changes import SMALL, called, changes, names_read, places, wrapped
from lossedu.language import later, say

LONGEST = 3_000  # characters of an answer that is looked at
MOST_CHARACTERS = 80_000  # in all variants together: what is tried in less than 0.1 s
MOST_VARIANTS = 300
LONGEST_PLACE = 60  # characters of code in a message

ALIKE = ("added", "limited", "precision")  # what is the same slip in all places, whatever stands there
OF_CALLS = ("function", "axis", "kept", "removed")  # the same slip in all calls of one function
UNLIKELY = ("no abs", "no root", "no log", "no square", "complement", "too early", "no factor")
SMALL_NUMBER = re.compile(r"\b1e-\d+\b")
ADDS = re.compile(r"\+ (1e-\d+|epsilon)\b|\badds? .*\bepsilon\b")  # in a contract that sets no lower limit
IN_ALL = later("in line {line}, {what} With this one change your function is right.")
ONE_OF_TWO = later("in line {line}, {what} Or in line {other_line}, {other} Each of the two changes alone is enough.")
IN_TWO = later("in line {line}, {what} In line {other_line}, {other} With both changes your function is right.")
IN_SEVERAL = later("in lines {lines}, {what} With all these changes your function is right.")
IN_ORDINARY = later("in line {line}, {what} With this one change your function is right for ordinary inputs.")
IN_PART = later("in line {line}, {what} With this one change these results are right.")
OF_HELPER = later("{line} of `{helper}`")  # completes "in line"
OF_SHAPES = {"axis", "removed", "kept", "new axis", "squeezed", "transpose", "reshaped", "arguments", "whole numbers"}
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
    "new axis": later("`{place}` adds the axis of length 1 at a fixed place, whatever `axis` is."),
    "squeezed": later("`{place}` removes every axis of length 1, also one that the result needs."),
    "weights": later("`{place}` divides by the sum of the weights, not by the number of entries."),
    "transpose": later("`{place}` inverts the matrix: the formula needs its transpose."),
    "reshaped": later("`{place}` rearranges the entries: the formula needs the transpose."),
    "replaced": later("`{place}` replaces the earlier value: the new one should be added to it."),
    "summed": later("`{place}` adds to the earlier value: the new one should replace it."),
    "precision": later("`{place}` keeps too few digits."),
    "whole numbers": later("`{place}` makes an array of integers, which loses the digits after the point."),
    "added": later("`{place}` adds a small number: the contract has a lower limit instead."),
    "limited": later("`{place}` sets a lower limit: the contract adds the small number instead."),
    "nearly": later("`{place}` takes numbers as equal that only lie close together."),
    "rolled": later("`{place}` moves the entry at the end round to the other end."),
    "zero divisor": later("`{place}` gives 0 where the divisor is 0: the contract keeps the numerator there."),
    "too early": later("`{place}` comes one line too early."),
    "stale": later("`{place}` is the value before the update: the contract uses the updated one, `{name}`."),
}


def one_slip(evidence, only=tuple(WHAT)):
    """Return the diagnosis of the only place where a change makes the answer right; None if there is none.

    Args:
        evidence: the `Evidence`.
        only: the keys in `WHAT` of the changes that are tried.
    """
    source = None if evidence.exercise.is_training else evidence.source()
    if source is None or len(source) > LONGEST:
        return None
    try:
        return slip_in(evidence, source, only)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a stranger's code may be anything
        return None


def slip_in(evidence, source, only):
    """Return the diagnosis of the one slip in this source, of the answer or of a helper; None if there is none."""
    answer, *helpers = ast.parse(source).body
    for definition in (answer, *(each for each in helpers if not exercises.is_known(each.name))):
        if any(isinstance(node, ast.While) for node in ast.walk(definition)):  # a changed one may never end
            continue
        if found := slip_of(evidence, Text(source, answer, definition), definition, only):
            return found
    return None


def slip_of(evidence, text, definition, only):
    """Return the diagnosis of the one slip in this definition; None if there is none."""
    most = min(MOST_VARIANTS, MOST_CHARACTERS // max(1, text.length))
    tried = (slip for slip in slips_in(definition) if slip.what in only)
    contract = inspect.getdoc(evidence.exercise.stub) or ""
    slips = sorted((slip for slip in tried if not is_by_contract(slip, contract)), key=Slip.likelihood)
    for groups in ([(slip,) for slip in slips], repeated(slips)):
        variants = [(group, text.changed(group)) for group in groups[:most]]
        found, for_all = all_right(evidence, variants)
        if found:
            return named(evidence, text, definition, found, for_all)
    return None


def is_by_contract(slip, contract):
    """Tell whether the contract itself has what a slip calls wrong: a small number, or that it is added or a limit."""
    if slip.what in ("added", "limited"):
        return bool(ADDS.search(contract)) == (slip.what == "added")
    value = getattr(slip.node, "value", None)
    if slip.what != "number" or not isinstance(value, float) or value >= SMALL:
        return False
    return value in map(float, SMALL_NUMBER.findall(contract))


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
    if for_all:
        return for_all, True
    variants = returning_on(evidence, variants, [sample for sample in untried if sample.got.problem is None])
    others = [(group, text) for group, text in variants if group[0].what != "number"]  # another number does too often
    return others or variants, False


def named(evidence, text, definition, variants, for_all):
    """Return the diagnosis of the smallest of these changes, each of which makes the answer right."""
    read = names_read(definition)
    ranked = [((*distance(group[0]), not read <= names_read(ast.parse(new))), group) for group, new in variants]
    nearest = min(rank for rank, _ in ranked)
    (slip, *again), *others = [group for rank, group in ranked if rank == nearest]
    said = {"line": text.line_of(slip), "what": words_of(slip)}
    other = next((each for each, *_ in others if is_apart(slip, each) and words_of(each) != said["what"]), None)
    if len(again) > 1:
        lines = dict.fromkeys(str(text.line_of(each)) for each in (slip, *again))
        fact = say(IN_SEVERAL, lines=", ".join(lines), what=said["what"])
    elif again:
        fact = say(IN_TWO, **said, other_line=text.line_of(again[0]), other=words_of(again[0]))
    elif other is None:
        fact = say(IN_PART if evidence.is_part else IN_ALL if for_all else IN_ORDINARY, **said)
    else:
        fact = say(ONE_OF_TWO, **said, other_line=text.line_of(other), other=words_of(other))
    return Diagnosis("one slip", fact, say("What should this part give for a small input that you work out by hand?"))


def repeated(slips):
    """Return groups of one slip that occurs in several places, such as in the lines for both arguments."""
    found = {}
    for slip in slips:
        found.setdefault(slip.what if slip.what in ALIKE else slip.kind, []).append(slip)
        if slip.what in OF_CALLS:
            found.setdefault((slip.what, called(slip.node), slip.number), []).append(slip)
    groups = dict.fromkeys(
        tuple(sorted(group, key=lambda slip: slip.node.lineno)) for group in found.values() if len(group) > 1
    )
    return [group for group in groups if all(is_apart(*pair) for pair in itertools.combinations(group, 2))]


def words_of(slip):
    """Say what is wrong, and where."""
    return say(WHAT[slip.what], place=code_of(slip.node), name=slip.name)


def code_of(node):
    """Return the first line of the code of a node, in a length that suits a message."""
    code = ast.unparse(node).partition("\n")[0]
    return code if len(code) <= LONGEST_PLACE else f"{code[: LONGEST_PLACE - 1]}…"


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


def returning_on(evidence, variants, samples):
    """Return the variants that stop on no sample, except at a division by 0: others have lost what guards them."""
    if not samples or not variants:
        return variants
    results = evidence.try_variants([source for _, source in variants], [sample.arguments for sample in samples])
    pairs = zip(variants, results, strict=True)
    return [variant for variant, outcomes in pairs if not any(map(is_stopped, outcomes))]


def is_stopped(outcome):
    """Tell whether an answer stops with an error other than a division by 0, which NumPy lets pass."""
    return outcome.problem is not None and "ZeroDivisionError" not in outcome.problem.fields.get("error", "")


def is_undefined(outcome):
    """Tell whether an outcome is an error, or contains NaN or infinity."""
    return outcome.problem is not None or not all(np.isfinite(value).all() for value in outcome.values)


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
        is_far = self.what == "name" and not are_alike(self.node.id, ast.unparse(self.replacement))
        return self.adds, self.what in UNLIKELY, is_far or self.what == "stale"


def are_alike(one, other):
    """Tell whether two names are spelled alike, such as beta_1 and beta_2, or y_true and y_pred."""
    return one[:2] == other[:2] or len(one) == len(other) == 1


class Text:
    """The source of a definition, in which single expressions are replaced.

    Args:
        source: the source of the answer, and of its helpers.
        answer: the definition of the answer.
        definition: that in which expressions are replaced: the one of the answer, or of a helper.
    """

    def __init__(self, source, answer, definition):
        lines = source.splitlines(keepends=True)
        own = lines[definition.lineno - 1 : definition.end_lineno]
        self._before = "" if definition is answer else "".join(lines[: answer.end_lineno])
        self._text = "".join(own).encode()
        ends = itertools.accumulate((len(line.encode()) for line in own), initial=0)
        self._starts = dict(enumerate(ends, definition.lineno))
        self._definition, self._is_helper = definition, definition is not answer
        self.length = len(self._before) + len(self._text)

    def line_of(self, slip):
        """Return the line of a slip, counted from the first line of the definition, with the name of a helper."""
        line = slip.node.lineno - self._definition.lineno + 1
        return say(OF_HELPER, line=line, helper=self._definition.name) if self._is_helper else line

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
        return self._before + text.decode()


def slips_in(definition):
    """Yield the changes to a definition that are tried."""
    for holder, slot, node in places(definition):
        shape = functools.cache(functools.partial(shape_of, holder, slot, node))
        for i, (what, replacement, *name) in enumerate(changes(node, definition)):
            number = (node.id, ast.unparse(replacement)) if what == "name" else i
            yield Slip(what, node, replacement, False, shape, number, *name)
        if isinstance(holder, ast.Subscript) and slot[0] == "slice":
            continue  # nobody forgets a function around an index
        for i, (what, replacement, *name) in enumerate(wrapped(node, definition)):
            yield Slip(what, node, replacement, True, shape, i, *name)


def shape_of(holder, slot, node):
    """Return the code of an expression, of a variable that of what holds it, with one name for all variables."""
    text = f"{slot} {ast.dump(holder)}" if isinstance(node, ast.Name) else ast.dump(node)
    return re.sub(r"Name\(id='(?!np'|numpy'|math')\w+'", "Name(id='_'", text)
