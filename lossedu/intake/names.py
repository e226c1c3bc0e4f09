"""Which names the text of a cell defines, without running it."""

import ast
import re

EMPTY = (ast.Pass, ast.Raise)  # statements of which the body of an unanswered stub consists
BROKEN = re.compile(r"^(?:async +def|def|class) +(\w+)|^(\w+) *(?::[^=\n]+)?=(?!=)", re.MULTILINE)


def statements(source):
    """The statements of a cell, which may hold shell lines and magics; None if it is no valid Python."""
    if source.startswith("%%"):  # a magic for the whole cell, such as %%time
        source = source.partition("\n")[2]
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(TransformerManager().transform_cell(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def names_bound(source):
    """All names that the top level of a cell gives a value to by a definition, an assignment or an import."""
    body = statements(source)
    return frozenset(names_in_broken(source) if body is None else (name for name, _ in bindings(body)))


def names_not_reached(source, line):
    """The names that a cell which stopped in a line binds only there or later; line 0 if none of it ran."""
    body = statements(source)
    if body is None:
        return names_bound(source)
    reached = {name for name, statement in bindings(body) if statement.end_lineno < line}
    return frozenset(name for name, _ in bindings(body)) - reached


def names_answered(source):
    """The names that a cell really answers: not with None, nor with a body that is still the stub's.

    A cell that is not valid Python answers what it looks like it would define: it is the learner's work, too.
    """
    body = statements(source)
    if body is None:
        return frozenset(names_in_broken(source))
    return frozenset(name for name, node in bindings(body) if is_answer(node))


def holds_nothing(source):
    """Whether a cell does no more than a stub: it answers nothing and has no other statements than a stub has."""
    body = statements(source)
    if body is None:
        return False
    bound = {id(node) for _, node in bindings(body) if not is_answer(node)}
    return all(isinstance(each, EMPTY) or is_text(each) or id(each) in bound for each in body)


def names_in_broken(source):
    """What a text that is not valid Python looks like it would define."""
    return {definition or target for definition, target in BROKEN.findall(source)}


def bindings(body):
    """Yield each name that statements bind, with the statement, also within `if`, `for`, `with` and `try`."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name, statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for node in (node for target in targets for node in ast.walk(target)):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id, statement
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0], statement
        else:
            for block in ("body", "orelse", "finalbody"):
                yield from bindings(getattr(statement, block, None) or [])
            for handler in getattr(statement, "handlers", []):
                yield from bindings(handler.body)


def is_answer(node):
    """Whether a definition or an assignment holds more than a stub does."""
    if isinstance(node, ast.ClassDef):
        return any(is_answer(each) for each in node.body if isinstance(each, ast.FunctionDef | ast.Assign))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return not all(isinstance(each, EMPTY) or is_text(each) for each in node.body)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return False
    return node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value in (None, ...))


def is_text(statement):
    """Whether a statement is a bare constant, such as a docstring or `...`."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
