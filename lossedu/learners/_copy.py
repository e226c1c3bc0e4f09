"""A learner's copy of the course: laid out, brought up to date without loss, and one exercise put back to its stub."""

import hashlib
import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from lossedu.checking import notes
from lossedu.exercises import get
from lossedu.files import write_whole
from lossedu.learners._cells import NoCopyError, cells_of, handed_out, shipped_course
from lossedu.learners._stubs import module_file, stub_files, without_answer

MANIFEST = "laid_out.json"  # the digest of each file as it was last laid out, so that a change by the learner shows


@dataclass(frozen=True)
class Laid:
    """What became of a file: "new", "updated", "kept" (the learner's own) or "beside" (newer, laid in `path`)."""

    path: Path
    what: str


def lay_out(folder):
    """Lay out the course in a folder, or bring a copy up to date; what a learner has changed is never overwritten.

    Where the course has a newer version of a changed file, that goes beside it, as `07_kl_divergence.new.ipynb`.
    Notebooks that are there before the first time, such as those that a class has fetched, are left as they are. Each
    notebook has a module of stubs in its folder, for learners who prefer an editor.

    Args:
        folder: where the copy is, or is to be; made if missing.

    Returns:
        list of Laid: the files that are not as they were handed out, or that were not here before, by path.

    Raises:
        OSError: the folder cannot be written.
    """
    folder, contents = Path(folder), contents_of_copy()
    manifest = folder / notes.FOLDER / MANIFEST
    digests, laid, is_first = digests_in(manifest), [], not manifest.exists()
    for name, content in sorted(contents.items()):
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


def contents_of_copy():
    """Return the contents of all files of a new copy of the course, by their paths in the copy."""
    course = shipped_course()
    places = {path.relative_to(course).as_posix(): path for path in course.rglob("*") if path.is_file()}
    stubs = {name: text.encode() for name, text in stub_files().items()}
    # hidden files, such as checkpoints and the progress of someone who works in a checkout, are left out
    hidden = {name for name in places if any(part.startswith(".") for part in name.split("/"))}
    return stubs | {name: place.read_bytes() for name, place in places.items() if name not in hidden}


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
    """Put the stub of an exercise back into a learner's notebook and module, and keep the answers in files.

    Args:
        name: the exercise.
        course: the folder of the learner's copy, which holds the chapters' folders.

    Returns:
        list: the paths of the files that now hold the answers; empty if there was none yet.

    Raises:
        KeyError: there is no such exercise.
        NoCopyError: the notebook, or the cell in it, is not there.
    """
    import nbformat

    chapter = get(name).chapter
    file = Path(course, chapter, f"{chapter}.ipynb")
    notebook, cells = cells_of(file)
    if name not in cells:
        raise NoCopyError(f"{file} has no cell for {name} any more")
    kept, stub = [], handed_out(name)
    if cells[name].source != stub:
        kept.append(keep_answer(name, cells[name].source, file.parent))
        cells[name].source = stub
        for cell in (cells[name], cells.get(f"check_{name}")):
            if cell is not None:
                cell.outputs, cell.execution_count = [], None
        write_whole(file, f"{nbformat.writes(notebook)}\n".encode())
    module = Path(course, module_file(chapter))
    answer, content = without_answer(module.read_bytes(), name) if module.is_file() else (None, b"")
    if answer is not None:
        kept.append(keep_answer(name, answer, file.parent))
        write_whole(module, content)
    if kept:
        notes.add({"exercise": name, "passed": False, "points": 0}, course)
    return kept


def keep_answer(name, answer, folder):
    """Write an answer that goes out of use to a new file in the folder of its notebook; return the file's path."""
    numbered = (folder / "earlier_answers" / f"{name}_{n}.py" for n in count(1))
    kept = next(path for path in numbered if not path.exists())
    write_whole(kept, f"{answer}\n".encode())
    return kept
