"""From the text of a chapter to the notebook that nbgrader takes as its source.

The author writes MyST Markdown with prose, plots and solutions. Two options on a code cell are ours:
`:exercise: NAME` marks the cell that holds a solution, `:check: NAME` the (empty) cell that grades it. Signatures,
docstrings, grade ids, points and locks are filled in from the declarations in `lossedu.exercises`. Code that draws a
figure is folded, so that the picture and its text fit on one screen; `:jupyter: {source_hidden: false}` leaves it open.
Every chapter is closed by a cell that shows the learner's progress.
"""

import re
import textwrap
from difflib import get_close_matches
from pathlib import Path

import nbformat

from lossedu import exercises
from lossedu.authoring._text import ChapterError, ChapterText, decode
from lossedu.exercises import FunctionExercise
from lossedu.files import write_whole
from lossedu.intake.notebooks import text_id

__all__ = ["ChapterError", "build", "chapter_link", "chapter_notebook"]

CLOSING = """\
# what is done, and what is next
from lossedu import progress

progress("{chapter}")"""
DRAWS = re.compile(r"^plots\.(show|explore)\(", re.MULTILINE)
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def build(source):
    """Build the notebook of a chapter beside its text.

    Args:
        source: path of the chapter's text, such as `solutions/07_kl_divergence/07_kl_divergence.md`.

    Returns:
        The path of the notebook. It is replaced as a whole, or left as it was.

    Raises:
        ChapterError: the text is not MyST Markdown, or does not fit the chapter's declared exercises.
        OSError: the text cannot be read, or the notebook cannot be written.
    """
    source = Path(source)
    notebook = chapter_notebook(decode(source.read_bytes(), source), chapter=source.stem, file=source)
    target = source.with_suffix(".ipynb")
    write_whole(target, f"{nbformat.writes(notebook)}\n".encode())
    return target


def chapter_notebook(text, chapter, file=None):
    """Turn the text of a chapter into a notebook with solutions and nbgrader's metadata.

    Args:
        text: MyST Markdown.
        chapter: name of the chapter.
        file: path of the text, for messages; by default the chapter's name with `.md`.

    Returns:
        The notebook.

    Raises:
        ChapterError: the text is not MyST Markdown, or does not fit the chapter's declared exercises.
    """
    text = ChapterText(text, file or f"{chapter}.md")
    cells = text.cells()
    placed = fill_marked(cells, text)
    declared = [exercise.name for exercise in exercises.of_chapter(chapter)]
    if not declared and any(placed.values()):
        near = get_close_matches(chapter, exercises.chapters()) or exercises.chapters()
        raise text.error(1, f"no exercise is declared for the chapter {chapter!r}; the nearest: {', '.join(near)}")
    for role, names in placed.items():
        check_order(role, names, declared, text)
    cells.append((len(text.lines), nbformat.v4.new_code_cell(CLOSING.format(chapter=chapter))))
    taken = set()
    for line, cell in cells:
        fold_drawing(cell)
        cell.id = cell_id(cell, taken)
        try:
            nbformat.validate(cell, ref=f"{cell.cell_type}_cell", version=4, version_minor=5)
        except nbformat.ValidationError:  # `ChapterText` has checked the rest of the cell
            raise text.error(
                line, f"the grade_id {cell.id!r} is not valid: expected letters, digits, - and _"
            ) from None
    notebook = nbformat.v4.new_notebook(cells=[cell for _, cell in cells])
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def chapter_link(notebook):
    """Return where the site of `make site` opens a notebook of the course, relative to the top of the site.

    Args:
        notebook: the path of the notebook in the course.

    >>> chapter_link("07_kl_divergence/07_kl_divergence.ipynb")
    'lab/index.html?path=07_kl_divergence/07_kl_divergence.ipynb'
    """
    return f"lab/index.html?path={notebook}"


def fill_marked(cells, text):
    """Fill the cells that are marked with a role; return their lines and names by role."""
    roles = {"exercise": fill_solution, "check": fill_check}
    placed = {role: [] for role in roles}
    for begin, cell in cells:
        if not isinstance(cell.metadata.get("nbgrader", {}), dict):
            line, found = text.line_of_option(begin, "nbgrader"), cell.metadata["nbgrader"]
            raise text.error(line, f"found {found!r} for nbgrader, expected an object such as {{grade_id: NAME}}")
        for role, fill in roles.items():
            if role in cell.metadata:
                line, name = text.line_of_option(begin, role), cell.metadata.pop(role)
                try:
                    if cell.cell_type != "code" or not isinstance(name, str):
                        raise ValueError(f"expected the name of an exercise in :{role}: on a code cell, found {name!r}")
                    fill(cell, exercises.get(name))
                except (KeyError, ValueError) as error:
                    raise text.error(line, error.args[0]) from None
                placed[role].append((line, name))
        for option in cell.metadata:
            if near := get_close_matches(option, roles):
                line = text.line_of_option(begin, option)
                raise text.error(line, f"there is no option {option!r}; the nearest: {near[0]}")
    return placed


def fold_drawing(cell):
    """Fold the code of a cell that draws a figure, unless its author has decided."""
    options = cell.metadata.get("jupyter", {})
    if cell.cell_type == "code" and DRAWS.search(cell.source) and isinstance(options, dict):
        cell.metadata["jupyter"] = {"source_hidden": True, **options}


def check_order(role, placed, declared, text):
    """Check that the cells with a role are those of the declared exercises, in their order."""
    rule = f"the cells marked :{role}: must be the declared exercises, each once and in this order"
    for number, (line, name) in enumerate(placed):
        expected = declared[number] if number < len(declared) else "no more"
        if name != expected:
            raise text.error(line, f"{rule}: expected {expected}, found {name}")
    if len(placed) < len(declared):
        raise text.error(len(text.lines), f"{rule}: expected {declared[len(placed)]}, found no more")


def fill_solution(cell, exercise):
    """Make a marked cell a solution cell: stub from the declaration, body from the author."""
    if "### BEGIN SOLUTION" not in cell.source or "### END SOLUTION" not in cell.source:
        raise ValueError(f"the solution of {exercise.name} must stand between ### BEGIN SOLUTION and ### END SOLUTION")
    body = textwrap.indent(cell.source, "    ") if isinstance(exercise, FunctionExercise) else cell.source
    cell.source = f"{exercise.stub_source()}\n{body}"
    cell.metadata["nbgrader"] = nbgrader_metadata(exercise.name, solution=True)


def fill_check(cell, exercise):
    """Make a marked cell the locked test cell of an exercise."""
    if cell.source:
        raise ValueError(f"the cell that checks {exercise.name} must be empty: its code is generated")
    name = exercise.name
    cell.source = f"check({name})" if isinstance(exercise, FunctionExercise) else f"check({name}={name})"
    cell.metadata["nbgrader"] = nbgrader_metadata(f"check_{name}", solution=False, points=exercise.points)


def nbgrader_metadata(grade_id, *, solution, points=None):
    """nbgrader's metadata of a solution cell or, with points, of a test cell."""
    metadata = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return metadata if points is None else metadata | {"points": points}


def cell_id(cell, taken):
    """An id that stays the same from build to build: the grade id, or else a digest of the text."""
    wanted = cell.metadata.get("nbgrader", {}).get("grade_id")
    wanted = wanted or text_id(cell.source)
    unique, n = wanted, 1
    while unique in taken:
        n += 1
        unique = f"{wanted}-{n}"
    taken.add(unique)
    return unique
