"""A learner's copy of the course: laid out, brought up to date without loss, and one exercise put back to its stub."""

import hashlib
import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import lossedu
from lossedu.checking import notes
from lossedu.errors import PlainError
from lossedu.exercises import get
from lossedu.files import for_shell, write_whole

MANIFEST = "laid_out.json"  # the digest of each file as it was last laid out, so that a change by the learner shows


class NoCopyError(PlainError, LookupError):
    """A learner's notebook, or the cell of an exercise in it, is not where it should be; says where that is."""


@dataclass(frozen=True)
class Laid:
    """What became of a file: "new", "updated", "kept" (the learner's own) or "beside" (newer, laid in `path`)."""

    path: Path
    what: str


def shipped_course():
    """The folder of the chapters as they are handed out: inside an installed package, beside it in a checkout."""
    package = Path(lossedu.__file__).resolve().parent
    return next(folder for folder in (package / "course", package.parent / "course") if folder.is_dir())


def lay_out(folder):
    """Lay out the course in a folder, or bring a copy up to date; what a learner has changed is never overwritten.

    Where the course has a newer version of a changed file, that goes beside it, as `07_kl_divergence.new.ipynb`.
    Notebooks that are there before the first time, such as those that a class has fetched, stay alone.

    Args:
        folder: where the copy is, or is to be; made if missing.

    Returns:
        list of Laid: the files that are not as they were handed out, or that were not here before, by path.

    Raises:
        OSError: the folder cannot be written.
    """
    folder, course = Path(folder), shipped_course()
    manifest = folder / notes.FOLDER / MANIFEST
    digests, laid, is_first = digests_in(manifest), [], not manifest.exists()
    for name in sorted(path.relative_to(course).as_posix() for path in course.rglob("*") if path.is_file()):
        if any(part.startswith(".") for part in name.split("/")):  # checkpoints, and notes of work in a checkout
            continue
        content = (course / name).read_bytes()
        target, what = place_for(folder, name, content, digests)
        if what == "beside" and is_first and target.suffix == ".ipynb":
            target, what = folder / name, "kept"
        digests[name] = digest(content)
        if what in ("new", "updated", "beside"):
            write_whole(target, content)
            digests[target.relative_to(folder).as_posix()] = digest(content)
        if what:
            laid.append(Laid(target, what))
    write_whole(manifest, json.dumps(digests, indent=1).encode())
    return laid


def digests_in(manifest):
    """The digests of the files as they were laid out; none where they cannot be read: all counts as changed."""
    try:
        return json.loads(manifest.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def place_for(folder, name, content, digests):
    """Where a file of the course goes in a copy, and what that is called; None if it is there, to the letter."""
    target = folder / name
    if not target.exists():
        return target, "new"
    there = digest(target.read_bytes())
    if there == digest(content):
        return target, None
    if there == digests.get(name):
        return target, "updated"
    if digests.get(name) == digest(content):
        return target, "kept"
    beside = (target.with_suffix(f".new{n if n > 1 else ''}{target.suffix}") for n in count(1))
    free = (path for path in beside if not path.exists() or is_untouched(path, folder, digests))
    return next(free), "beside"


def is_untouched(path, folder, digests):
    """Whether a file is as it was laid out."""
    return digest(path.read_bytes()) == digests.get(path.relative_to(folder).as_posix())


def digest(content):
    """The identity of a file's content."""
    return hashlib.sha256(content).hexdigest()


def put_back(name, course):
    """Put the stub of an exercise back into a learner's notebook, and keep the answer that stood there.

    Args:
        name: the exercise.
        course: the folder of the learner's copy, which holds the chapters' folders.

    Returns:
        The path of the file that now holds the answer, or None if there was none yet.

    Raises:
        KeyError: there is no such exercise.
        NoCopyError: the notebook, or the cell in it, is not there.
    """
    import nbformat

    chapter = get(name).chapter
    file = Path(course, chapter, f"{chapter}.ipynb")
    notebook, cells = cells_of(file)
    _, handed_out = cells_of(shipped_course() / chapter / file.name)
    if name not in cells:
        raise NoCopyError(f"{file} has no cell for {name} any more")
    if cells[name].source == handed_out[name].source:
        return None
    kept = keep_answer(name, cells[name].source, file.parent)
    cells[name].source = handed_out[name].source
    for cell in (cells[name], cells.get(f"check_{name}")):
        if cell is not None:
            cell.outputs, cell.execution_count = [], None
    write_whole(file, f"{nbformat.writes(notebook)}\n".encode())
    notes.add({"exercise": name, "passed": False, "points": 0}, course)
    return kept


def keep_answer(name, answer, folder):
    """Write an answer that goes out of use to a new file in the folder of its notebook; return the file's path."""
    numbered = (folder / "earlier_answers" / f"{name}_{n}.py" for n in count(1))
    kept = next(path for path in numbered if not path.exists())
    write_whole(kept, f"{answer}\n".encode())
    return kept


def cells_of(file):
    """A notebook, and its code cells that have a grade id, by that; `NoCopyError` if it is no notebook."""
    import nbformat

    try:
        notebook = nbformat.read(file, as_version=4)
    except FileNotFoundError as error:
        raise NoCopyError(
            f"there is no {file}: lay the course out with  lossedu start {for_shell(file.parents[1])}"
        ) from error
    except Exception as error:  # what a broken file raises cannot be foreseen
        raise NoCopyError(f"{file} is no notebook: {type(error).__name__}: {error}") from error
    graded = [cell for cell in notebook.cells if cell.cell_type == "code" and "nbgrader" in cell.metadata]
    return notebook, {cell.metadata.nbgrader.grade_id: cell for cell in graded}
