"""Make the notebooks of a class, which differ as those of honest students do. A student's number is the random seed.

Starting from the solved chapter, a student

- writes a third of the functions in another correct style, taken from `tests/exercises/right_answers`,
- renames local variables, and the figure and axes of plots,
- adds comments,
- in one of three cases, changes a digit in a plot, so that the picture differs from that of the solved chapter.

A wrong submission also gives a listed wrong answer (a misconception) to every second exercise.

Styles with Python loops, and those that call SciPy or lossedu, are left out. Loops take many times longer on
the large arrays of plots, with stock nbgrader and with lossedu. Calls of SciPy and lossedu would be refused.
"""

import ast
import copy
import functools
import importlib
import inspect
import io
import re
import sys
import tokenize

import numpy as np

from lossedu import exercises
from tests.exercises import right_answers
from tests.grading import chapters, mixed
from tests.grading.tampering import cell_of

LOOPS = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)
COMMENTS = ("# my answer", "# as in the text above", "# TODO: ask about this one", "# works now", "# checked by hand")
NEW_NAMES = {"fig": "figure", "ax": "panel"}
OTHER_STYLE, COMMENT, DIGIT = 1 / 3, 1 / 4, 1 / 3  # how likely each is


def submission_of(number, solved, chapter, *, is_wrong):
    """Return the notebook that a student hands in; `solved` is the released notebook with right answers."""
    random = np.random.default_rng(number)
    notebook = copy.deepcopy(solved)
    for position, exercise in enumerate(exercises.of_chapter(chapter)):
        cell = cell_of(notebook, exercise.name)
        if is_wrong and (position + number // 2) % 2:
            cell.source = choose(random, wrong_answers(exercise.name))
        elif random.random() < OTHER_STYLE and (styles := other_styles(chapter).get(exercise.name)):
            cell.source = choose(random, styles)
        else:
            cell.source = with_other_locals(cell.source, choose(random, ("my_{}", "{}_", "the_{}")))
    own = [cell for cell in notebook.cells if cell.cell_type == "code" and not is_locked(cell)]
    figures = [cell for cell in own if "plots." in cell.source and "plots.use_style" not in cell.source]
    if random.random() < DIGIT:
        change_a_digit(figures, random)
    for cell in figures:
        if random.random() < 1 / 2:
            cell.source = renamed(cell.source, NEW_NAMES)
    for cell in own:
        if random.random() < COMMENT:
            cell.source = f"{choose(random, COMMENTS)}\n{cell.source}"
    return notebook


def choose(random, options):
    """Return one of the options."""
    return options[random.integers(len(options))]


def is_locked(cell):
    """Return whether a cell is a test, which students do not change."""
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))


# --- Names and digits -----------------------------------------------------------------------------------------------


def with_other_locals(source, pattern):
    """Rename the variables of the function in a cell; its parameters are part of the exercise."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    names = {
        node.id
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    parameters = {node.arg for function in functions for node in ast.walk(function) if isinstance(node, ast.arg)}
    return renamed(source, {name: pattern.format(name) for name in names - parameters})


def renamed(source, names):
    """Rename variables in a cell, but not keyword arguments and attributes."""
    for old, new in names.items():
        source = re.sub(rf"(?<![.\w]){old}\b(?!=[^=])", new, source)
    return source


def change_a_digit(cells, random):
    """Add one to the first number of two or more digits in one of the cells that have such a number."""
    numbers = {}
    for index, cell in enumerate(cells):
        for token in tokenize.generate_tokens(io.StringIO(cell.source).readline):
            if token.type == tokenize.NUMBER and token.string.isdigit() and len(token.string) > 1:
                numbers.setdefault(index, token)
    if not numbers:
        return
    index = choose(random, [*numbers])
    (row, start), (_, end) = numbers[index].start, numbers[index].end
    lines = cells[index].source.split("\n")
    lines[row - 1] = f"{lines[row - 1][:start]}{int(numbers[index].string) + 1}{lines[row - 1][end:]}"
    cells[index].source = "\n".join(lines)


# --- Other answers --------------------------------------------------------------------------------------------------


@functools.cache
def wrong_answers(name):
    """Return the listed wrong answers to an exercise as cells, except those that do not fit into one cell."""
    exercise = exercises.get(name)
    if not isinstance(exercise, exercises.FunctionExercise):
        count = len(exercise.misconceptions or chapters.REFUTING_NOTHING)
        return [chapters.source_of_mistake(exercise, number) for number in range(count)]
    definitions = parsed(f"{exercises.__name__}.{exercise.chapter[3:]}")
    written = [known.answer.definition() for known in exercise.misconceptions if hasattr(known.answer, "definition")]
    known = [function for function in written if mixed.names_used(function) <= definitions.keys()]
    return [*filter(None, (as_cell(name, function, definitions) for function in known))] or [f"{name} = None"]


@functools.cache
def other_styles(chapter):
    """Return cells with right answers in other styles than the solution's, by exercise."""
    definitions = parsed(f"{right_answers.__name__}.{chapter[3:]}")
    declared = definitions["RIGHT"].value
    return {
        key.value: [cell for answer in answers.values if (cell := as_cell(key.value, answer, definitions))]
        for key, answers in zip(declared.keys, declared.values, strict=True)
        if isinstance(answers, ast.Dict)
    }


@functools.cache
def parsed(module):
    """Return the statements of a module that define a name, by name."""
    definitions = {}
    for node in ast.parse(inspect.getsource(importlib.import_module(module))).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                definitions[name] = node
            case ast.Import() | ast.ImportFrom():
                definitions |= {each.asname or each.name: node for each in node.names}
    return definitions


def as_cell(name, answer, definitions):
    """Return a cell that defines an answer and what it needs; None for a style that is left out (see the module).

    Args:
        name: the name of the exercise.
        answer: an expression, or the definition of a function.
        definitions: what the module of the answer defines, by name.
    """
    needed = {}
    gather(answer, definitions, needed)
    imports = [node for node in needed.values() if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {getattr(node, "module", None) or node.names[0].name for node in imports}
    others = [node for node in needed.values() if node not in imports]
    has_loop = any(isinstance(each, LOOPS) for node in (answer, *others) for each in ast.walk(node))
    is_declared = any(isinstance(node, ast.ClassDef) or getattr(node, "decorator_list", []) for node in others)
    if has_loop or is_declared or "vectorize" in ast.unparse(answer):
        return None
    if not modules <= {"numpy", *sys.stdlib_module_names}:
        return None
    match answer:
        case ast.Lambda(args=args, body=body):
            last = f"def {name}({ast.unparse(args)}):\n    return {ast.unparse(body)}"
        case ast.FunctionDef():
            function = copy.copy(answer)
            function.name, function.decorator_list = name, []
            last = ast.unparse(function)
        case ast.Name(id=function) if isinstance(needed.get(function), ast.FunctionDef):
            return as_cell(name, needed[function], definitions)
        case _:
            last = f"{name} = {ast.unparse(answer)}"
    ordered = [node for node in dict.fromkeys(definitions.values()) if node in needed.values()]
    return "\n\n\n".join([*map(ast.unparse, ordered), last])


def gather(node, definitions, needed):
    """Add to `needed` the definitions that a part of a module uses, directly or indirectly; ignore decorators."""
    body = [*node.body, *node.args.defaults] if isinstance(node, ast.FunctionDef) else [node]
    own = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    for each in (each for part in body for each in ast.walk(part)):
        if isinstance(each, ast.Name) and each.id in definitions and each.id not in own | needed.keys():
            needed[each.id] = definitions[each.id]
            gather(definitions[each.id], definitions, needed)
