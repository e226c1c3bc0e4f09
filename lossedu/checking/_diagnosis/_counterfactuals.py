"""What makes a wrong answer right: the same numbers as floats, one row at a time, or with an option at its default."""

import ast
import inspect
from dataclasses import replace

import numpy as np

from lossedu import exercises
from lossedu.checking._diagnosis._evidence import Diagnosis, comparable, name_and_title
from lossedu.checking._diagnosis._search import ENOUGH
from lossedu.checking._diagnosis._slips import LONGEST, code_of
from lossedu.exercises import FunctionExercise
from lossedu.language import join_sentences, later, say

EXACT = 1e-9, 1e-12  # relative and absolute difference
MOST_TRIED = 6  # wrong inputs that are tried in another form
MOST_PARTS = 24  # rows or entries of one input
MOST_VALUES = 4  # of an option, in a message
PARTS = (  # name, fact and question if an answer is right for each entry, or each row, alone
    (
        later("entries mixed"),
        later("your result is right if each entry is given alone, but wrong if they are given in one array."),
        later("Which of your steps uses several entries together, although the contract treats each one separately?"),
    ),
    (
        later("rows mixed"),
        later("your result is right if each row is given alone, but wrong if they are given in one array."),
        later("Which of your steps uses several rows together, although the contract treats each one separately?"),
    ),
)
LAST_AXIS = later("Whatever {name} is, `{place}` in line {line} works along the last axis.")

OF_TYPES = (  # kinds of arrays, and name, fact and question if an answer is wrong for them alone
    (
        "iu",
        later("wrong for integers"),
        later("your result is wrong for arrays of integers, but right if the same numbers are given as floats."),
        later(
            "Which array in your code has an integer type because an argument has it, and so loses the decimal places?"
        ),
    ),
    (
        "f",
        later("wrong for float32"),
        later("your result is wrong for arrays of float32, but right if the same numbers are given as float64."),
        later("A float32 keeps about 7 digits. In which of your steps is its rounding error large beside the result?"),
    ),
)


def right_as_floats(evidence):
    """Return the diagnosis of an answer that is right for the same numbers as float64; None if it is not."""
    if not evidence.wrong or evidence.exercise.protocol not in ("call", "steps"):
        return None
    tried = evidence.wrong[:MOST_TRIED]
    for kinds, name, fact, hint in OF_TYPES:
        cases = [in_float64(sample.case, kinds) for sample in tried]
        if all(cases) and all(sample.right for sample in evidence.further(cases)):
            return Diagnosis(name, say(fact), say(hint))
    return None


def in_float64(case, kinds):
    """Return a case with its arrays of some kinds as arrays of float64; None if it has no such array."""
    changed = {
        name: value.astype(float)
        for name, value in case.arguments.items()
        if isinstance(value, np.ndarray) and value.dtype.kind in kinds and value.dtype != np.float64
    }
    return replace(case, arguments={**case.arguments, **changed}, hidden=True) if changed else None


def right_part_by_part(evidence):
    """Return the diagnosis of an answer that is right for each entry, or each row, alone; None if it is not."""
    tried = evidence.wrong[:MOST_TRIED]
    if not tried or evidence.exercise.protocol not in ("call", "steps") or len(comparable(tried)) < len(tried):
        return None
    for (name, fact, hint), divide in zip(PARTS, (entries_of, rows_of), strict=True):
        if all(is_right_in_parts(evidence, sample, divide(sample.case)) for sample in tried):
            return Diagnosis(name, say(fact), say(hint))
    return None


def is_right_in_parts(evidence, sample, parts):
    """Tell whether an answer is right on each of these parts of an input, and the right results belong together."""
    if not 2 <= len(parts) <= MOST_PARTS or any(np.ndim(value) == 0 for value in sample.expected.values):
        return False
    alone = evidence.further(parts)
    if not all(is_exact(part) for part in alone):
        return False
    for i, whole in enumerate(sample.expected.values):
        joined = np.concatenate([np.ravel(part.expected.values[i]) for part in alone])
        if evidence.exercise.protocol == "steps":  # where the path of an entry is one part of it
            whole = np.moveaxis(whole, 0, -1)
        scales = {1, whole.shape[-1]} if evidence.exercise.gradient_of else {1}  # the slope of a mean is divided by it
        if joined.size != whole.size or not any(np.allclose(joined, np.ravel(whole) * n, *EXACT) for n in scales):
            return False
    return True


def rows_of(case):
    """Return the cases of the single rows of an input; none if its arrays do not have the same number of rows."""
    return parts_of(case, {name: case.arguments[name] for name in case.domains})


def entries_of(case):
    """Return the cases of the single entries of an input; none if its arrays have different shapes."""
    arrays = {name: case.arguments[name] for name in case.domains}
    if {"w", "g"} <= set(case.arguments):  # the steps of an optimizer: each entry of the weights has its own gradients
        w, g = case.arguments["w"], case.arguments["g"]
        paths = [(w.reshape(-1)[i : i + 1], g.reshape(len(g), -1)[:, i : i + 1]) for i in range(w.size)]
        return [replace(case, arguments={**case.arguments, "w": w, "g": g}, hidden=True) for w, g in paths]
    is_one_shape = len({np.shape(array) for array in arrays.values()}) == 1
    return parts_of(case, {name: np.ravel(array) for name, array in arrays.items()}) if is_one_shape else []


def parts_of(case, arrays):
    """Return a case for each place along the first axis of these arrays."""
    lengths = {len(array) if np.ndim(array) else 0 for array in arrays.values()}
    if len(lengths) != 1:
        return []
    parts = ({name: array[i : i + 1] for name, array in arrays.items()} for i in range(min(lengths)))
    return [replace(case, arguments={**case.arguments, **part}, hidden=True) for part in parts]


def right_with_default(evidence):
    """Return the diagnosis of an answer that is right where one option, and no other, has its default; else None."""
    wrong = [sample for sample in evidence.plain if not sample.right]
    if len(wrong) < ENOUGH or evidence.exercise.protocol not in ("call", "steps"):
        return None
    found = []
    for name, default in evidence.exercise.defaults.items():
        if any(repr(sample.arguments.get(name, default)) == repr(default) for sample in wrong):
            continue
        cases = [
            replace(each.case, arguments={**each.arguments, name: default}, hidden=True) for each in wrong[:MOST_TRIED]
        ]
        if all(is_exact(sample) for sample in evidence.further(cases)):
            found.append((name, default))
    if len(found) != 1:
        return None
    name, default = found[0]
    fields = {"name": name, "default": repr(default)}
    facts = [say("with {name} = {default}, its default, your result for the same inputs is right.", **fields)]
    facts += filter(None, [further_values(evidence, name, default), step_on_last_axis(evidence, name)])
    title = later("wrong for some values of {name}")
    hint = say("Where and how does {name} enter the formula?", **fields)
    return Diagnosis(fact=join_sentences(*facts), hint=hint, **name_and_title(title, **fields))


def further_values(evidence, name, default):
    """Say with which further values of an option the answer is right, and with which it is wrong; None if unknown."""
    values = {True: {}, False: {}}  # by whether the answer is right: the values as they are written
    for sample in evidence.plain:
        values[sample.right].setdefault(repr(sample.arguments.get(name, default)))
    right, wrong = ([value for value in values[kind] if value != repr(default)] for kind in (True, False))
    if not right or not wrong or set(right) & set(wrong) or max(len(right), len(wrong)) > MOST_VALUES:
        return None
    fields = {"name": name, "right": ", ".join(right), "wrong": ", ".join(wrong)}
    return say("It is also right with {name} = {right}, and wrong with {wrong}.", **fields)


def step_on_last_axis(evidence, name):
    """Say which step works along the last axis although the contract has an option for the axis; None if none does."""
    source = evidence.source()
    if name != "axis" or source is None or len(source) > LONGEST:
        return None
    try:
        definition = ast.parse(source).body[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a stranger's code may be anything
        return None
    calls = [node for node in ast.walk(definition) if isinstance(node, ast.Call)]
    found = [call for call in calls if is_on_last_axis(call) or leaves_axis_out(call)]
    if not found:
        return None
    first = min(found, key=lambda node: (node.lineno, node.col_offset))
    return say(LAST_AXIS, name=name, place=code_of(first), line=first.lineno - definition.lineno + 1)


def is_on_last_axis(call):
    """Tell whether a call names the last axis by a number, or by its letter in `einsum`."""
    match call:
        case ast.Call(func=ast.Attribute(attr="einsum"), args=[ast.Constant(str() as letters), *_]):
            return "..." in letters
        case ast.Call(keywords=keywords):
            return any(each.arg == "axis" and ast.unparse(each.value) == "-1" for each in keywords)
    return False


def leaves_axis_out(call):
    """Tell whether a call of a function of the course leaves out the axis, so that it is the last one."""
    if not isinstance(call.func, ast.Name) or not exercises.is_known(call.func.id):
        return False
    called = exercises.get(call.func.id)
    if not isinstance(called, FunctionExercise) or called.defaults.get("axis") != -1:
        return False
    place = list(inspect.signature(called.stub).parameters).index("axis")
    return len(call.args) <= place and not any(keyword.arg == "axis" for keyword in call.keywords)


def is_exact(sample):
    """Tell whether an answer is right to nearly all digits: a small value of an option can make an error small."""
    return sample.expected.problem is None and sample.got.equals(sample.expected, *EXACT)
