"""Read tables of mistakes, in which a chapter lists the wrong answers that it recognises.

An entry begins at the margin; indented lines belong to it. It has one of these forms:

    doubled                                     a family of mistakes, by its name
    sign                                        a family, with a question of the exercise's own
        Which sign has the logarithm of a probability?
    missing half: np.mean(e**2, -1)             a wrong answer, its effect on the result, and a question as a hint
        you square the small errors without halving them.
        Which function has the slope e: e**2, or half of it?
    labels not moved: max(1 - y_true, 0)        a wrong answer with the words of another exercise
        as in hinge
    labels rounded: np.round(y_true)            a wrong answer with the words that several exercises share
    labels rounded [extremes]: ...              the only aspect that loses points, though the mistake shows in others
    e = y_pred - y_true                         a name that the answers of this table use

The wrong answer to a function is an expression of the exercise's arguments and the chapter's names. `right` is the
right function. In a call `...` stands for all arguments that are not given otherwise: `right(...)`,
`right(w, -g, ...)`, `right(..., delta=1)`. Code longer than a line stands below the name, indented deeper than the
words; the function returns its last statement.

>>> entry, = entries('''
...     missing half: e**2
...         you square the errors without halving them.
...         Which function has the slope e?
... ''')
>>> entry.name, entry.answer, entry.words
('missing half', 'e**2', ['you square the errors without halving them.', 'Which function has the slope e?'])
"""

import ast
import functools
import inspect
import re
import textwrap
from dataclasses import dataclass

DEEPER = " " * 5  # code, below the line with the name


@dataclass(frozen=True)
class Entry:
    """One mistake of a table.

    Attributes:
        name: what the mistake, or the family, is called.
        answer: the code of the wrong answer, or its number; None for a family.
        words: the lines below the answer that are not code.
        tags: the words in brackets after the name.
    """

    name: str
    answer: str | None
    words: list[str]
    tags: tuple[str, ...] = ()

    @property
    def code(self):
        """The code of the wrong answer; empty for a family."""
        return self.answer or ""


def entries(table):
    """Return the mistakes of a table in their order, without the lines that define names."""
    return [entry_of(block) for block in blocks(table) if not is_definition(block[0])]


def definitions(table):
    """Return the names that a table defines, each with the line that defines it."""
    found = [block[0] for block in blocks(table) if is_definition(block[0])]
    return {line.partition(" = ")[0]: line for line in found}


def blocks(table):
    """Split a table into its entries: groups of lines in which only the first line begins at the margin."""
    found = []
    for line in textwrap.dedent(table).strip("\n").splitlines():
        if line.startswith(" "):
            found[-1].append(line)
        elif line:
            found.append([line])
    return found


def is_definition(line):
    """Tell whether a line defines a name for the answers."""
    return re.match(r"\w+ = ", line) is not None


def entry_of(block):
    """Return the entry that lines make up: the name and the code, further lines of code, and lines of words."""
    head, colon, code = block[0].partition(":")
    tagged = re.search(r" \[([\w ]+)\]$", head)
    name, tags = (head[: tagged.start()], tagged[1]) if tagged else (head, "")
    if not colon:
        return Entry(name, None, [line.strip() for line in block[1:]])
    words = [line.strip() for line in block[1:] if not line.startswith(DEEPER)]
    more = textwrap.dedent("\n".join(line for line in block[1:] if line.startswith(DEEPER)))
    return Entry(name, f"{code.strip()}\n{more}".strip(), words, tuple(tags.split()))


def function_of(code, stub, defined, names):
    """Return a function with the arguments of a stub that evaluates code.

    The function is compiled at its first call, because one process tries only a few of a chapter's mistakes. Its
    attribute `definition` is a function that returns its syntax tree, an `ast.FunctionDef`.

    Args:
        code: an expression, or statements that end with an expression.
        stub: the function with the arguments.
        defined: the names that the table defines: name -> the line that defines it.
        names: further names that the code may use; they are looked up when the function is compiled.
    """

    @functools.cache
    def definition():
        signature = inspect.signature(stub)
        body = Passing(signature.parameters).visit(ast.parse(code)).body
        body[-1] = ast.Return(body[-1].value)
        for name, line in reversed(defined.items()):  # a definition may use the ones before it
            body = [*ast.parse(line).body, *body] if uses(body, name) else body
        module = ast.parse(f"def answer{signature}: pass")
        function = next(each for each in module.body if isinstance(each, ast.FunctionDef))
        function.body = body
        return ast.fix_missing_locations(function)

    @functools.cache
    def compiled():
        namespace = dict(names)
        exec(compile(ast.Module([definition()], []), "<mistake>", "exec"), namespace)  # noqa: S102  our own table
        return namespace["answer"]

    def answer(*arguments, **options):
        return compiled()(*arguments, **options)

    answer.definition = definition
    return answer


class Passing(ast.NodeTransformer):
    """Replaces `...` in calls by the parameters that the call does not give."""

    def __init__(self, parameters):
        self.parameters = parameters

    def visit_Call(self, call):
        """Replace the `...` of a call."""
        self.generic_visit(call)
        given = next(
            (at for at, part in enumerate(call.args) if isinstance(part, ast.Constant) and part.value is ...), None
        )
        if given is not None:
            named = {keyword.arg for keyword in call.keywords}
            left = [p for p in list(self.parameters.values())[given:] if p.name not in named]
            call.args[given:] = [ast.Name(p.name, ast.Load()) for p in left if p.default is p.empty]
            call.keywords += [
                ast.keyword(p.name, ast.Name(p.name, ast.Load())) for p in left if p.default is not p.empty
            ]
        return call


def uses(body, name):
    """Tell whether statements use a name."""
    return any(isinstance(node, ast.Name) and node.id == name for part in body for node in ast.walk(part))
