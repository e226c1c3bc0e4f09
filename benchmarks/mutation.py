"""How many wrong answers pass? Mutants of every solution, each of them judged.

    python -m benchmarks.mutation [EXERCISE]...

A mutant is the solution of an exercise with one thing changed: an operator, a constant, an axis, a clip, a reduction,
the order of arguments, a branch. It should be rejected, unless it computes the same: those are listed, with the
reason, in `equivalent_mutants.toml`.
"""

import ast
import copy
import sys
import tomllib
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lossedu import exercises
from lossedu.authoring import chapter_notebook
from lossedu.checking import verdict
from lossedu.exercises import FunctionExercise
from lossedu.mine import run_definitions

SOLUTIONS = Path(__file__).parents[1] / "solutions"
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
SEED = 1  # a mutant that only some hidden inputs reject should be rejected by these

OPERATORS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult, ast.Sub],
    ast.Pow: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.MatMult: [ast.Mult],
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
}
NAMES = {  # a function, and one that it is easily mistaken for
    **{"sum": "mean", "mean": "sum", "prod": "sum", "cumsum": "sum"},
    **{"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "argmax": "argmin", "argmin": "argmax"},
    **{"log": "log2", "log1p": "log", "expm1": "exp", "exp": "expm1", "log2": "log", "logaddexp": "add"},
    **{"abs": "negative", "sign": "abs", "square": "abs", "sqrt": "square", "tanh": "sin", "sinh": "tanh"},
    **{"zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like"},
}
COMMUTATIVE = ("maximum", "minimum", "max", "min", "logaddexp")  # whose arguments may stand in any order
FREED = ("clip", "maximum", "minimum", "abs", "where")  # calls that are also replaced by their first or last argument


def mutants(tree):
    """Yield (what was changed, the changed tree): each mutant differs from the tree in one place."""
    seen = Counter()
    for index, node in enumerate(ast.walk(tree)):
        for describe, change in changes(node):
            mutant = copy.deepcopy(tree)
            target = next(each for i, each in enumerate(ast.walk(mutant)) if i == index)
            before = ast.unparse(target)
            replacement = change(target)
            if replacement is not None:
                mutant = Replace(target, replacement).visit(mutant)
            after = ast.unparse(replacement if replacement is not None else target)
            if before != after:
                change = f"{describe}: {before} -> {after}"
                seen[change] += 1  # the same change may be made in several places
                yield f"{change} #{seen[change]}", ast.fix_missing_locations(mutant)


class Replace(ast.NodeTransformer):
    """Put one node in the place of another."""

    def __init__(self, target, replacement):
        """Keep both."""
        self.target, self.replacement = target, replacement

    def visit(self, node):
        """The replacement at the target, everything else as it is."""
        return self.replacement if node is self.target else super().visit(node)


def changes(node):
    """The ways to change one node: pairs of a name and a function that changes it in place, or returns another."""
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        for other in OPERATORS.get(type(node.op), ()):
            yield "operator", lambda n, other=other: setattr(n, "op", other())
    if isinstance(node, ast.Compare):
        for other in OPERATORS.get(type(node.ops[0]), ()):
            yield "comparison", lambda n, other=other: setattr(n, "ops", [other(), *n.ops[1:]])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield "sign", lambda n: n.operand
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for other in {node.value + 1, node.value * 10, -node.value} - {node.value}:
            yield "constant", lambda n, other=other: ast.Constant(other)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "constant", lambda n: ast.Constant(not n.value)
    if isinstance(node, ast.Call):
        yield from changes_of_call(node)
    if isinstance(node, ast.If | ast.IfExp):
        yield "branch", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))


def changes_of_call(node):
    """The ways to change a call."""
    attribute = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
    if attribute in NAMES and isinstance(node.func, ast.Attribute):
        yield "function", lambda n: setattr(n.func, "attr", NAMES[n.func.attr])
    for i, keyword in enumerate(node.keywords):
        if keyword.arg in ("axis", "keepdims", "where"):
            yield f"no {keyword.arg}", lambda n, i=i: n.keywords.pop(i) and None
    if len(node.args) >= 2 and attribute not in COMMUTATIVE:
        first = 1 if attribute == "clip" else 0  # a clip between bounds does not mind what stands in front
        yield "arguments", lambda n: n.args.__setitem__(slice(first, first + 2), n.args[first : first + 2][::-1])
    if attribute in FREED and node.args:
        yield f"no {attribute}", lambda n: n.args[-1] if attribute == "where" else n.args[0]
    if attribute == "where" and len(node.args) == 3:
        yield "branches", lambda n: n.args.__setitem__(slice(1, 3), n.args[:0:-1])


def solutions(chapter):
    """The solved functions of a chapter as trees by exercise, and the names that they see besides."""
    notebook = chapter_notebook((SOLUTIONS / chapter / f"{chapter}.md").read_text(encoding="utf-8"), chapter)
    namespace = {}
    trees = run_definitions([cell.source for cell in notebook.cells if cell.cell_type == "code"], namespace)
    declared = [exercise for exercise in exercises.of_chapter(chapter) if isinstance(exercise, FunctionExercise)]
    return {exercise.name: trees[exercise.name] for exercise in declared}, namespace


def passes(name, tree, namespace):
    """Whether the mutant passes."""
    names = dict(namespace)
    exec(compile(ast.Module([tree], []), name, "exec"), names)  # noqa: S102  our own solutions, changed
    return verdict(name, names[name], seed=SEED, allow_ready_made=True).passed


def survey(wanted=None, every=1):
    """Judge each `every`-th mutant of the wanted exercises: by exercise, the number tried, and those that pass."""
    found = {}
    for chapter in sorted({exercises.get(name).chapter for name in exercises.names()}):
        if not (SOLUTIONS / chapter).is_dir():
            continue
        trees, namespace = solutions(chapter)
        for name, tree in trees.items():
            if not wanted or name in wanted:
                tried = list(mutants(without_docstrings(tree)))[::every]
                found[name] = len(tried), [change for change, mutant in tried if passes(name, mutant, namespace)]
    return found


def without_docstrings(tree):
    """The definition without text that no mutant should change."""
    tree = copy.deepcopy(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def equivalent():
    """The mutants known to compute the same, by exercise: what was changed -> why it makes no difference."""
    return tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))


def main(wanted, every=1):
    """Print the table, and the survivors that nobody has explained; return the share that is rejected."""
    known, console = equivalent(), Console(width=100)
    table = Table("exercise", "mutants", "equivalent", "rejected", "share")
    unexplained, total, rejected = [], 0, 0
    for name, (count, passed) in survey(wanted, every).items():
        explained = [mutant for mutant in passed if mutant in known.get(name, {})]
        unexplained += [(name, mutant) for mutant in passed if mutant not in explained]
        candidates = count - len(explained)
        total, rejected = total + candidates, rejected + count - len(passed)
        share = f"{(count - len(passed)) / candidates:.1%}" if candidates else "–"
        table.add_row(name, str(count), str(len(explained)), str(count - len(passed)), share)
    console.print(table)
    console.print(f"{rejected} of {total} mutants that compute something else are rejected: {rejected / total:.2%}")
    for name, mutant in unexplained:
        console.print(f"  passes: {name}: {mutant}", markup=False, highlight=False)
    return rejected / total


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) < 0.99)
