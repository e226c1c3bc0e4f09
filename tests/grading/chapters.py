"""Notebooks of whole chapters: as released, solved, and with a listed mistake in every answer.

Most misconceptions use helpers of the module that declares them, so their source alone does not run in a cell. A wrong
notebook therefore holds a copy of these modules under another name, and such an answer calls the function there.
"""

import base64
import copy
import functools
import inspect
import io
import re
import zipfile
from pathlib import Path

import nbformat
import sympy
from nbformat.v4 import new_code_cell

import lossedu
from lossedu import exercises
from lossedu.authoring import chapter_notebook
from lossedu.exercises import CounterexampleExercise, ExpressionExercise
from tests.conftest import ROOT
from tests.grading import mixed
from tests.grading.tampering import cell_of

PARTS = ("exercises", "losses", "metrics", "optimizers", "training")
IMPORT_COPY = """\
import base64
import pathlib
import sys

pathlib.Path("copied.zip").write_bytes(base64.b64decode({archive!r}))
sys.path.insert(0, "copied.zip")
from copied.exercises import get as declared"""
CALL_COPY = """\
def {name}(*arguments, **options):
    return declared({name!r}).misconceptions[{number}].answer(*arguments, **options)"""

NAME_COPY = "{name} = declared({name!r}).misconceptions[{number}].answer"  # a class with class methods

# Counterexamples have no misconceptions. These values refute none of the claims.
REFUTING_NOTHING = (
    "'no array'",
    "(np.zeros(2), np.ones(2), np.full(2, 0.5))",
    "(np.full(2, np.nan),) * 3",
    "(np.zeros(0),) * 2",
    "(np.ones((2, 3)), np.ones((3, 2)), np.ones(4))",
    "[None]",
)


def released(chapter):
    """Return the path of the notebook that learners get."""
    return ROOT / "course" / chapter / f"{chapter}.ipynb"


def untouched(chapter):
    """Return the released notebook."""
    return copy.deepcopy(read_untouched(chapter))


@functools.cache
def read_untouched(chapter):
    return nbformat.read(released(chapter), as_version=4)


def solved(chapter):
    """Return the released notebook with the solutions of the chapter's text."""
    return copy.deepcopy(make_solved(chapter))


@functools.cache
def make_solved(chapter):
    text = (ROOT / "solutions" / chapter / f"{chapter}.md").read_text(encoding="utf-8")
    return mixed.solved(untouched(chapter), chapter_notebook(text, chapter))


def wrong(chapter, number):
    """Return the released notebook with mistake `number` in every answer."""
    notebook = untouched(chapter)
    answers = {each.name: source_of_mistake(each, number) for each in exercises.of_chapter(chapter)}
    for name, source in answers.items():
        cell_of(notebook, name).source = source
    first = notebook.cells.index(cell_of(notebook, next(iter(answers))))
    notebook.cells.insert(first, new_code_cell(IMPORT_COPY.format(archive=archive())))
    return notebook


def mistake(exercise, number):
    """Return misconception `number`, starting over after the last one; None for a counterexample."""
    known = exercise.misconceptions
    return known[number % len(known)] if known else None


def mistakes_in(chapter):
    """Return how many wrong notebooks of a chapter show all of its mistakes."""
    return max(len(each.misconceptions or REFUTING_NOTHING) for each in exercises.of_chapter(chapter))


def source_of_mistake(exercise, number):
    """Return a cell that makes mistake `number`, in a learner's own words where the misconception can be written so."""
    if isinstance(exercise, CounterexampleExercise):
        return f"{exercise.name} = {REFUTING_NOTHING[number % len(REFUTING_NOTHING)]}"
    known = mistake(exercise, number)
    if isinstance(exercise, ExpressionExercise):
        return f"{exercise.name} = {in_sympy(known.answer, exercise.symbols)}"
    source = None if inspect.isclass(known.answer) else mixed.written(exercise, known)
    call = NAME_COPY if getattr(exercise, "protocol", None) == "loss class" else CALL_COPY
    return source or call.format(name=exercise.name, number=exercise.misconceptions.index(known))


def in_sympy(text, symbols):
    """Return an expression's text with SymPy's functions as a notebook calls them: `sympy.log` for `log`."""

    def qualified(match):
        name = match[0]
        return name if name in symbols or not hasattr(sympy, name) else f"sympy.{name}"

    return re.sub(r"\b[A-Za-z]\w*", qualified, text)


@functools.cache
def archive():
    """Return a zip archive, in base64, with a copy of the modules that misconceptions need."""
    package = Path(lossedu.__file__).parent
    files = [package / f"{name}.py" for name in ("__init__", "arrays", "errors", "language", "stable")]
    files += [file for part in PARTS for file in sorted((package / part).rglob("*.py"))]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in files:
            name = Path("copied", file.relative_to(package)).as_posix()
            text = file.read_text(encoding="utf-8").replace("lossedu", "copied")
            opened.writestr(name, text.replace("copied.keras_or_stand_in", "lossedu.keras_or_stand_in"))  # its tensors
    return base64.b64encode(content.getvalue()).decode()
