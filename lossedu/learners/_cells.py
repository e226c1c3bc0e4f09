"""Read the cells of notebooks: those of the course and the learner's."""

import functools
import json
from pathlib import Path

import lossedu
from lossedu.errors import PlainError
from lossedu.exercises import get, is_known
from lossedu.files import for_shell

USED_BY_ANSWERS = ("from lossedu.mine import ", "from lossedu.keras_or_stand_in import ")


class NoCopyError(PlainError, LookupError):
    """A learner's notebook, or the cell of an exercise in it, is not where it should be; says where that is."""


def shipped_course():
    """The folder of the chapters as they are handed out: inside an installed package, beside it in a checkout."""
    package = Path(lossedu.__file__).resolve().parent
    return next(folder for folder in (package / "course", package.parent / "course") if folder.is_dir())


def handed_out(name):
    """Return the stub of an exercise as the course hands it out; an empty text for other questions."""
    return texts_of_chapter(get(name).chapter)[name] if is_known(name) else ""


def texts_of_chapter(chapter):
    """Return the texts of the cells with a role in a notebook of the course, by their names."""
    graded = [cell for cell in cells_of_chapter(chapter) if "nbgrader" in cell["metadata"]]
    return {cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"]) for cell in graded}


def imports_for_answers(chapter):
    """Return the lines of a notebook of the course that import what answers use: earlier answers, `keras` and `ops`."""
    code = ["".join(cell["source"]) for cell in cells_of_chapter(chapter) if cell["cell_type"] == "code"]
    return [line for source in code for line in source.split("\n") if line.startswith(USED_BY_ANSWERS)]


@functools.cache
def cells_of_chapter(chapter):
    """Return the cells of a notebook of the course as plain data."""
    return json.loads((shipped_course() / chapter / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]


def cells_of(file):
    """A notebook, and its code cells that have a grade id, by that; `NoCopyError` if it is no notebook."""
    import nbformat

    try:
        notebook = nbformat.read(file, as_version=4)
    except FileNotFoundError as error:
        raise NoCopyError(
            f"there is no {file}: lay the course out with  lossedu start {for_shell(file.parents[1])}"
        ) from error
    except Exception as error:  # a broken file may raise anything
        raise NoCopyError(f"{file} is no notebook: {type(error).__name__}: {error}") from error
    graded = [cell for cell in notebook.cells if cell.cell_type == "code" and "nbgrader" in cell.metadata]
    return notebook, {cell.metadata.nbgrader.grade_id: cell for cell in graded}
