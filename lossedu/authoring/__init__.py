"""From the text of a chapter to the notebook that nbgrader takes as its source.

The author writes MyST Markdown with prose, plots and solutions. Two options on a code cell are ours:
`:exercise: NAME` marks the cell that holds a solution, `:check: NAME` the (empty) cell that grades it. Signatures,
docstrings, grade ids, points and locks are filled in from the declarations in `lossedu.exercises`. Every chapter is
closed by a cell that shows the learner's progress.
"""

import hashlib
import textwrap
from pathlib import Path

import jupytext
import nbformat

from lossedu import exercises
from lossedu.exercises import FunctionExercise

__all__ = ["ChapterError", "build", "chapter_notebook"]

CLOSING = """\
# what is done, and what is next
from lossedu import progress

progress("{chapter}")"""
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


class ChapterError(ValueError):
    """The text of a chapter cannot be turned into a notebook; the message names the chapter and the exercise."""


def build(source):
    """Build the notebook of a chapter beside its text.

    Args:
        source: path of the chapter's text, such as `solutions/07_kl_divergence/07_kl_divergence.md`.

    Returns:
        The path of the notebook. It is replaced as a whole, or left as it was.

    Raises:
        ChapterError: the text does not fit the chapter's declared exercises.
    """
    source = Path(source)
    notebook = chapter_notebook(source.read_text(encoding="utf-8"), chapter=source.stem)
    target = source.with_suffix(".ipynb")
    unfinished = target.with_suffix(".ipynb.part")
    nbformat.write(notebook, unfinished)
    return unfinished.replace(target)


def chapter_notebook(text, chapter):
    """The text of a chapter as a notebook with solutions and nbgrader's metadata."""
    notebook = jupytext.reads(text, fmt="md:myst")
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    placed = {"exercise": [], "check": []}
    notebook.cells.append(nbformat.v4.new_code_cell(CLOSING.format(chapter=chapter)))
    taken = set()
    for cell in notebook.cells:
        for role, fill in (("exercise", fill_solution), ("check", fill_check)):
            name = cell.metadata.pop(role, None)
            if name is not None:
                try:
                    fill(cell, exercises.get(name))
                except (KeyError, ValueError) as error:
                    raise ChapterError(f"{chapter}: {error.args[0]}") from error
                placed[role].append(name)
        cell.id = cell_id(cell, taken)
    declared = [exercise.name for exercise in exercises.of_chapter(chapter)]
    for role, names in placed.items():
        if names != declared:
            odd = sorted(set(names) ^ set(declared)) or [n for n, m in zip(names, declared, strict=False) if n != m]
            raise ChapterError(
                f"{chapter}: the cells marked :{role}: must be those declared, once each and in that order; "
                f"see {', '.join(odd or names)}"
            )
    nbformat.validate(notebook)
    return notebook


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
    wanted = wanted or hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    unique, n = wanted, 1
    while unique in taken:
        n += 1
        unique = f"{wanted}-{n}"
    taken.add(unique)
    return unique
