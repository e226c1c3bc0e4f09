"""The worked solutions: code from the text of the chapters, next steps and reasons from the files in `worked/`.

The chapters' text is the only source of the code. A checkout has it in `solutions/`; building a wheel copies it into
the package.
"""

import ast
import functools
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import lossedu
from lossedu.exercises import FunctionExercise, get

WORDS = Path(__file__).with_name("worked")
SOLUTION_CELL = re.compile(r"^```\{code-cell\}\n:exercise: (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BETWEEN_MARKERS = re.compile(r"^ *### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION$", re.MULTILINE | re.DOTALL)
MARKER = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n", re.MULTILINE)


@dataclass(frozen=True)
class Worked:
    """The worked solution of an exercise, for a learner.

    Attributes:
        code: the solved cell, without the contract.
        first_line: where the code begins; None if it has one statement only.
        step: what to do next, in words; None for numbers, expressions and counterexamples.
        reason: why the solution looks as it does.
    """

    code: str
    first_line: str | None
    step: str | None
    reason: str


def worked(name):
    """Return the `Worked` solution of an exercise.

    Raises:
        KeyError: there is no such exercise.
        OSError: the solutions cannot be read, for example because they are hidden from this process.

    >>> print(worked("squared_error").code)
    def squared_error(y_true, y_pred):
        return (y_pred - y_true) ** 2
    """
    exercise = get(name)
    cell = solution_cells(exercise.chapter)[name]
    words = words_of(exercise.chapter)[name]
    return Worked(solved(exercise, cell), first_line(cell), words.get("Step"), words["Reason"])


def chapter_texts():
    """Return the folder of the chapters' text: inside an installed package, beside it in a checkout."""
    package = Path(lossedu.__file__).resolve().parent
    installed, beside = package / "solutions", package.parent / "solutions"
    return installed if installed.is_dir() else beside


def solution_places():
    """Return the folders that hold solutions. Submissions must not read them."""
    return [str(chapter_texts()), str(WORDS)]


@functools.cache
def solution_cells(chapter):
    """Return the cells of a chapter's text that hold solutions, by exercise."""
    text = (chapter_texts() / chapter / f"{chapter}.md").read_text(encoding="utf-8")
    return dict(SOLUTION_CELL.findall(text))


@functools.cache
def words_of(chapter):
    """Return the words on a chapter's exercises: for each name a dictionary with `Reason` and perhaps `Step`."""
    text = (WORDS / f"{chapter}.md").read_text(encoding="utf-8")
    found = {}
    for part in text.split("\n## ")[1:]:
        name, *paragraphs = part.strip().split("\n\n")
        found[name] = dict(paragraph.split(": ", 1) for paragraph in paragraphs)
    return found


def solved(exercise, cell):
    """Return the code of a solved cell: for a function, the signature and the body without the contract."""
    code = MARKER.sub("", cell).rstrip()
    if not isinstance(exercise, FunctionExercise):
        return code
    stub = exercise.stub_source()
    definition = ast.parse(stub).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)  # noqa: S101  as in any stub
    signature = stub.splitlines()[: definition.body[0].lineno - 1]
    return "\n".join([*signature, textwrap.indent(code, "    ")])


def first_line(cell):
    """Return the first statement of a solution, with the head of the block that it is in; None if it is all there is.

    >>> print(first_line('''### BEGIN SOLUTION
    ... if from_logits:
    ...     z = y_pred
    ...     return z
    ... ### END SOLUTION
    ... '''))
    if from_logits:
        z = y_pred
    """
    first, *others = map(textwrap.dedent, BETWEEN_MARKERS.findall(cell))
    statement = ast.parse(first).body[0]
    while body := getattr(statement, "body", None):
        statement = body[0]
    begin = "\n".join(first.splitlines()[: statement.end_lineno])
    return None if begin.strip() == first.strip() and not others else begin
