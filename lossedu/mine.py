"""Own work carries on: `from lossedu.mine import hinge` gives the hinge that you wrote in its chapter.

Your notebook of that chapter is looked for beside the folder you work in: in `03_margin/03_margin.ipynb` of the parent
folder, then of the folder itself. Of its code cells only imports, definitions and constants are run. If no cell
defines an answer, the module `margin.py` beside the notebook is read in the same way. If there is no right answer yet,
you get lossedu's own function, and a line says so.
"""

import ast
import contextlib
import functools
import inspect
import json
from difflib import get_close_matches
from pathlib import Path

from lossedu.checking import headline, verdict
from lossedu.exercises import FunctionExercise, get, names
from lossedu.intake.file_names import module_name
from lossedu.intake.names import names_answered

READING = []  # the chapters whose notebooks are being run just now


class UnavailableError(Exception):
    """The learner's own answer cannot be had; says why."""


def __getattr__(name):
    """The answer to the exercise of that name: the learner's own if it is right, else lossedu's."""
    if name not in __dir__():
        near = get_close_matches(name, __dir__())
        if near:  # a slip, and `from lossedu.mine import name` keeps the words of an ImportError only
            raise ImportError(f"no exercise asks for a function {name!r}; the nearest: {', '.join(near)}")
        raise AttributeError(f"no exercise asks for a function {name!r}")
    exercise = get(name)
    try:
        return own(exercise)
    except UnavailableError as reason:
        print(f"{name} is lossedu's own here: {reason}.")
        return reference(exercise)


def __dir__():
    """The names of all functions that the course asks for."""
    return [name for name in names() if isinstance(get(name), FunctionExercise)]


def own(exercise):
    """The learner's right answer to a function exercise; `UnavailableError` if there is none."""
    chapter = exercise.chapter
    folder = next((path for path in (Path("..", chapter), Path(chapter)) if files_in(path, chapter)), None)
    if folder is None:
        raise UnavailableError(f"there is no {chapter}.ipynb")
    if chapter in READING:
        raise UnavailableError(f"{chapter} imports it from itself")
    path, sources = answering(files_in(folder, chapter), exercise)
    namespace = {"__name__": __name__}
    READING.append(chapter)
    try:
        run_definitions(sources, namespace)
    finally:
        READING.remove(chapter)
    function = namespace.get(exercise.name)
    if not callable(function):
        raise UnavailableError(f"{path.name} does not define it")
    found = verdict(exercise.name, function, own_functions=namespace)
    if not found.passed:
        raise UnavailableError(f"yours is not right yet ({headline(found)})")
    return function


def files_in(folder, chapter):
    """Return the paths of a chapter's notebook and module in a folder, if they exist."""
    files = (folder / f"{chapter}.ipynb", folder / f"{module_name(chapter)}.py")
    return [path for path in files if path.is_file()]


def answering(files, exercise):
    """Return the first file that answers an exercise, or else the first file, with the texts of its code."""
    read = [(path, code_cells(path) if path.suffix == ".ipynb" else paragraphs(path)) for path in files]
    return next((each for each in read if any(is_answered(source, exercise) for source in each[1])), read[0])


def is_answered(source, exercise):
    """Tell whether code answers an exercise, and not only holds its stub."""
    return exercise.name in source and exercise.name in names_answered(source) and not exercise.is_open_class(source)


def reference(exercise):
    """lossedu's own answer to a function exercise, called by the contract of its stub."""
    signature = inspect.signature(exercise.stub)

    @functools.wraps(exercise.stub, assigned=("__name__", "__qualname__", "__doc__"), updated=())
    def function(*arguments, **options):
        call = signature.bind(*arguments, **options)
        call.apply_defaults()
        positional, by_name = exercise.split(call.arguments)
        return exercise.reference(*positional.values(), **by_name)

    return function


def code_cells(path):
    """The sources of the code cells in a notebook; `UnavailableError` if the file is none."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnavailableError(f"{path.name} cannot be read") from error


def paragraphs(path):
    """Return the texts of the paragraphs in a module; `UnavailableError` if it cannot be read."""
    from lossedu.intake.modules import Module  # this module needs nbformat, which a browser may not have

    try:
        return [*Module(path.stem, path.name, path.read_bytes()).paragraphs.values()]
    except OSError as error:
        raise UnavailableError(f"{path.name} cannot be read") from error


def run_definitions(sources, namespace):
    """Run the imports, definitions and constants among the sources of a notebook's cells, and nothing else.

    What fails is left out, like a cell with an error when a notebook is run.

    Args:
        sources: the texts of the code cells, in order.
        namespace: where the names go.

    Returns:
        dict: the functions and classes that are defined, as syntax trees by name.
    """
    trees = {}
    for statement in (statement for source in sources for statement in statements(source)):
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            trees[statement.name] = statement
        elif not isinstance(statement, ast.Import | ast.ImportFrom) and not is_constant(statement):
            continue
        with contextlib.suppress(Exception):
            exec(compile(ast.Module([statement], []), "<own work>", "exec"), namespace)  # noqa: S102  the user's own
    return trees


def statements(source):
    """The statements of a cell, which may hold IPython's magics; none if it is not Python."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(TransformerManager().transform_cell(source)).body
    except SyntaxError:
        return []


def is_constant(statement):
    """Whether it gives names to literals, as in `EPSILON = 1e-7`."""
    if not isinstance(statement, ast.Assign):
        return False
    try:
        ast.literal_eval(statement.value)
    except (ValueError, TypeError):
        return False
    return True
