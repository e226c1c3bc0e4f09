"""Find out which assignment a file answers, by its name or by its cells."""

from pathlib import Path

import nbformat

from lossedu.errors import PlainError
from lossedu.intake.choosing import PACKED, Candidate
from lossedu.intake.file_names import looks_like_json
from lossedu.intake.masters import Master
from lossedu.intake.modules import holds_module
from lossedu.intake.places import owner
from lossedu.intake.scripts import read_script


class NoMasterError(PlainError, LookupError):
    """There is no released notebook for an assignment."""


def assignment_of(path, content, released):
    """Return the assignment that is in a file's name, or else the one that most of its cells belong to.

    Args:
        path: the file.
        content: its bytes.
        released: the folder of the released notebooks, one folder for each assignment.

    Returns:
        The name of the assignment; if none fits, the name of the file without its suffix.
    """
    names = {folder.name for folder in Path(released).iterdir() if (folder / f"{folder.name}.ipynb").is_file()}
    named = owner(Path(path.name), names)
    if named:
        return named
    found = {name: Candidate(path.name, content, master_in(release_of(name, released))).found for name in names}
    best = max(sorted(found), key=lambda name: found[name], default=None)
    return best if best and found[best] else path.stem


def assignment_of_all(files, released):
    """Return the assignment that the files of a submission answer, as `assignment_of` finds it.

    Args:
        files: the contents of the files, by their paths.
        released: the folder of the released notebooks.

    Raises:
        NoMasterError: several files answer different assignments, or there are none.
    """
    if len(files) == 1:
        ((path, content),) = files.items()
        return assignment_of(Path(path), content, released)
    found = {assignment_of(Path(path), content, released) for path, content in files.items()}
    known = sorted(name for name in found if Path(released, name, f"{name}.ipynb").is_file())
    if len(known) != 1:
        raise NoMasterError(f"the files answer {', '.join(known) or 'no chapter'}: name one by --assignment")
    return known[0]


def as_handed_in(path, content, assignment):
    """Return one file as the files of a submission: an archive, a module, or a notebook with the expected name."""
    if PACKED.search(path.name) or holds_module(path.name, content, assignment):
        return {path.name: content}
    if is_script(path, content):
        content = nbformat.writes(read_script(content)).encode()
    return {f"{assignment}.ipynb": content}


def is_script(path, content):
    """Tell whether a file is a script; a notebook may have the name of one."""
    return path.suffix.lower() == ".py" and not looks_like_json(content)


def release_of(assignment, released):
    """Return the path of an assignment's released notebook; NoMasterError if there is none."""
    path = Path(released, assignment, f"{assignment}.ipynb")
    if not path.is_file():
        raise NoMasterError(f"there is no released notebook for {assignment!r}: expected {path}")
    return path


def master_in(path):
    """Read the `Master` from a released notebook or a source notebook."""
    return Master.of_notebook(nbformat.read(path, as_version=4))
