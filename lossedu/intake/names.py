"""Find the names that the text of a cell defines, without running it."""

import ast
import re
import warnings
from functools import lru_cache
from itertools import zip_longest

EMPTY = (ast.Pass, ast.Raise)  # the statements in the body of an unanswered stub
IMPORTS = (ast.Import, ast.ImportFrom)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BROKEN = re.compile(r"^(?:async +def|def|class) +(\w+)|^(\w+) *(?::[^=\n]+)?=(?!=)", re.MULTILINE)
RUNS_THE_REST = re.compile(r"\s*%%(?:capture|prun|time)\b.*\n?")  # other `%%` magics don't, or run it elsewhere
SPECIAL = re.compile(r"^\s*[!%?]|\?\s*$", re.MULTILINE)
LONGEST_CELL = 100_000  # characters; IPython takes many seconds for a longer text that is not valid Python
MOST_SPECIAL = 100  # such lines in a cell; with more, IPython takes seconds and then gives up


def statements(source):
    """The statements of a cell, which may hold shell lines and magics; None if it is not valid Python."""
    while magic := RUNS_THE_REST.match(source):
        source = source[magic.end() :]
    with warnings.catch_warnings():  # the kernel warns the learner of an escape such as "\s"
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source).body
        except (RecursionError, MemoryError):
            return None
        except (SyntaxError, ValueError):
            is_long = len(source) > LONGEST_CELL or len(SPECIAL.findall(source)) > MOST_SPECIAL
            return None if is_long else statements_beside_magics(source)


def statements_beside_magics(source):
    """The statements of a cell that is not valid Python as it is; None if it is not valid for IPython either."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(TransformerManager().transform_cell(source)).body
    except Exception:  # IPython may raise anything for a broken text
        return None


def names_bound(source):
    """Return all names that the top level of a cell defines, assigns or imports."""
    body = statements(source)
    return frozenset(names_in_broken(source) if body is None else (name for name, _ in bindings(body, source)))


def names_not_reached(source, line):
    """Return the names that a cell did not bind before it stopped in a line; line 0 means that no line ran."""
    body = statements(source)
    if body is None:
        return names_bound(source)
    reached = {name for name, statement in bindings(body, source) if statement.end_lineno < line}
    return frozenset(name for name, _ in bindings(body, source)) - reached


def names_answered(source, stub=""):
    """Return the names that a cell really answers: not those set to None, or left as in the stub.

    A cell that is not valid Python is the learner's work, too: it answers the names that it seems to define.
    """
    return answered_and_open(source, given_in(stub))[0]


def names_open(source, stub):
    """Return the names that a cell binds only as a stub does."""
    answered, left_open = answered_and_open(source, given_in(stub))
    return left_open - answered


@lru_cache(maxsize=256)
def answered_and_open(source, given):
    """The names that a cell answers, and those that it binds as a stub does."""
    body = statements(source)
    if body is None:
        return frozenset(names_in_broken(source)), frozenset()
    answered, left_open = set(), set()
    for name, node in bindings(body, source):
        if not isinstance(node, IMPORTS):
            (left_open if is_open(node, given) else answered).add(name)
    return frozenset(answered), frozenset(left_open)


@lru_cache(maxsize=256)
def is_python(source):
    """Tell whether a cell is valid Python, beside its shell lines and magics."""
    return statements(source) is not None


def names_left_open(stub):
    """Return the names that a stub leaves to the learner, without its imports and the values that it gives."""
    found = [(name, node) for name, node in bindings(statements(stub) or [], stub) if not isinstance(node, IMPORTS)]
    left = {name for name, node in found if is_open(node) or holds_raise(node)}
    return frozenset(left or (name for name, _ in found))


@lru_cache(maxsize=256)
def holds_nothing(source, stub=""):
    """Tell whether a cell does no more than a stub: it answers nothing and has only statements of a stub."""
    body = statements(source)
    return body is not None and all(is_open(each, given_in(stub)) for each in body)


def without_stubs(source, names, stub):
    """Remove from a cell's text the statements that leave one of the names open, each with a `raise` after it."""
    body = statements(source) or []
    dropped, lines = [], set()
    for statement, after in zip_longest(body, body[1:]):
        if is_open(statement, given_in(stub)) and names & {name for name, _ in bindings([statement], source)}:
            last = after if isinstance(after, ast.Raise) else statement
            dropped += [statement, last]
            lines |= {*range(first_line(statement), (last.end_lineno or last.lineno) + 1)}
    rest = "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number not in lines)
    kept = [dumped(statement) for statement in body if not any(statement is each for each in dropped)]
    # several statements in one line, and lines that a magic joins, cannot be told apart
    return rest if [*map(dumped, statements(rest) or [])] == kept else source


def names_in_broken(source):
    """Return the names that a text seems to define which is not valid Python."""
    return {definition or target for definition, target in BROKEN.findall(source)}


def bindings(body, source):
    """Yield each name that statements bind, with the statement, also within `if`, `for`, `with`, `match` and `try`.

    `source` is the text of the statements.
    """
    in_expressions = ":=" in source  # otherwise it would cost time for nothing to search them
    waiting = list(body)
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, IMPORTS):
            names = (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
            yield from ((name, statement) for name in names if name != "*")
        elif isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            yield statement.name, statement
            inside = ast.walk(statement) if "global" in source else ()
            yield from ((name, statement) for node in inside if isinstance(node, ast.Global) for name in node.names)
        else:
            parts = [statement]
            while parts:
                for node in children(parts.pop()):
                    if isinstance(node, ast.stmt):
                        waiting.append(node)
                    elif in_expressions or not isinstance(node, ast.expr) or is_target(node):
                        parts.append(node)
                        if name := name_stored(node):
                            yield name, statement


def children(node):
    """The parts of a statement or expression that belong to the same scope."""
    if isinstance(node, ast.Lambda) or (isinstance(node, ast.AnnAssign) and node.value is None):
        return ()
    return node.ifs if isinstance(node, ast.comprehension) else ast.iter_child_nodes(node)


def is_target(node):
    """Tell whether an expression is the target of an assignment."""
    return isinstance(getattr(node, "ctx", None), ast.Store)


def name_stored(node):
    """Return the name to which a part of a statement gives a value; None if there is none."""
    if isinstance(node, ast.Name):
        return node.id if isinstance(node.ctx, ast.Store) else None
    if isinstance(node, ast.MatchAs | ast.MatchStar):
        return node.name
    return node.rest if isinstance(node, ast.MatchMapping) else None


@lru_cache(maxsize=256)
def given_in(stub):
    """Return the statements that a stub gives complete, as texts: these are not the learner's work."""
    body = statements(stub) or []
    members = [each for node in body if isinstance(node, ast.ClassDef) for each in node.body]
    return frozenset(dumped(node) for node in [*body, *members] if not is_open(node))


def is_open(node, given=frozenset()):
    """Tell whether a statement does no more than a stub; `given` holds the stub's complete statements."""
    if isinstance(node, EMPTY) or is_text(node):
        return True
    if isinstance(node, ast.ClassDef) and not node.bases and all(is_open(each, given) for each in node.body):
        return True
    if isinstance(node, FUNCTIONS) and all(isinstance(each, EMPTY) or is_text(each) for each in node.body):
        return True
    if isinstance(node, ast.Assign | ast.AnnAssign) and (node.value is None or is_nothing(node.value)):
        return True
    return bool(given) and dumped(node) in given


def dumped(node):
    """Return a statement as a text that does not depend on comments and layout."""
    try:
        return ast.dump(node)
    except RecursionError:
        return ""


def holds_raise(node):
    """Whether a statement raises an error somewhere, as a stub does."""
    return any(isinstance(each, ast.Raise) for each in ast.walk(node))


def is_nothing(value):
    """Tell whether an expression is None or `...`, or a tuple or list of these."""
    if isinstance(value, ast.Tuple | ast.List):
        return bool(value.elts) and all(map(is_nothing, value.elts))
    return isinstance(value, ast.Constant) and value.value in (None, ...)


def is_text(statement):
    """Whether a statement is a bare constant, such as a docstring or `...`."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def first_line(statement):
    """The line in which a statement begins, with its decorators."""
    return min(node.lineno for node in [statement, *getattr(statement, "decorator_list", [])])
