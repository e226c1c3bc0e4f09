"""Find what lies in a folder of submissions: every entry is somebody's work, or named as a problem."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lossedu.intake.choosing import simplified
from lossedu.intake.litter import is_litter

WORK = re.compile(r"\.(ipynb|py|zip)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """What one student handed in to an assignment, or something that nobody can be given.

    Attributes:
        name: the student, or for a stray entry its path within the folder of submissions.
        folder: the folder that a submission belongs in; None for a stray entry.
        roots: the files and folders that were handed in; their names begin the paths that `files` gives, unless there
            is just the folder itself.
        problem: why it cannot be graded whatever is in it; None if its content decides.
        remark: what is out of the ordinary about its place.
    """

    name: str
    folder: Path | None
    roots: tuple[Path, ...] = ()
    problem: str | None = None
    remark: str | None = None

    @property
    def is_in_place(self):
        """Whether it lies where nbgrader looks for it."""
        return self.roots == (self.folder,) and self.folder.is_dir()

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield each file's path within what was handed in, with `/`, and its place; litter is passed over."""
        for root in self.roots:
            is_folder = root.is_dir() and not root.is_symlink()
            base = root if root == self.folder and is_folder else root.parent
            places = walk(root) if is_folder else [root]
            for place in places:
                path = place.relative_to(base).as_posix()
                if not is_litter(path):
                    yield path, place


def walk(folder):
    """Yield all that lies in a folder but other folders; a link to a folder is not followed."""
    for place, folders, names in os.walk(folder):
        yield from (Path(place, name) for name in names)
        yield from (path for name in folders if (path := Path(place, name)).is_symlink())


def find_entries(submitted, assignment, known=()):
    """Find what was handed in to an assignment.

    Args:
        submitted: the folder that holds a folder for each student, and in it one for each assignment.
        assignment: its name.
        known: the names of all assignments; what belongs to another is passed over.

    Returns:
        list of Entry: by name.
    """
    submitted, known = Path(submitted), {*known, assignment}
    found = []
    for place in children(submitted):
        if not place.is_dir() or place.is_symlink():
            if owner(place, known) in (assignment, None):
                where = expected(submitted, "STUDENT", assignment)
                found.append(
                    Entry(place.name, None, problem=f"it lies beside the students' folders: whose is it? {where}")
                )
        elif owner(place, known) is None or any((place / each).exists() for each in known):
            found += entries_of(place, submitted, assignment, known)
        elif owner(place, known) == assignment:
            found.append(the_wrong_way_round(place, submitted, assignment))
    return sorted(found, key=lambda entry: entry.name)


def children(folder):
    """What lies in a folder, without litter; nothing if there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not is_litter(path.name + "/" * path.is_dir()))


def owner(place, known):
    """The assignment whose name a file or folder bears, perhaps with more before or behind it; None if it is none."""
    name = simplified(place.name.partition(".")[0])
    fitting = [each for each in known if bears(name, simplified(each))]
    return max(fitting, key=len, default=None)


def bears(name, assignment):
    """Whether a name begins or ends with that of an assignment; that of `week1` is not in `week12`."""
    begins = name.startswith(assignment) and not (assignment[-1:] + name[len(assignment) :][:1]).isdigit()
    return name == assignment or begins or name.endswith(assignment)


def the_wrong_way_round(place, submitted, assignment):
    """An entry for a folder of an assignment that holds the folders of students, or nothing."""
    inside = ", ".join(inner.name for inner in children(place)) or "nothing"
    problem = f"it holds {inside}, but students' folders come first: {expected(submitted, 'STUDENT', assignment)}"
    return Entry(place.name, None, problem=problem)


def entries_of(place, submitted, assignment, known):
    """What the folder of one student holds for an assignment: one entry, or none."""
    student, folder = place.name, place / assignment
    if folder.is_dir() and not folder.is_symlink():
        return [Entry(student, folder, (folder,))]
    inside = children(place)
    if not inside:
        problem = f"the student's folder is empty: {expected(submitted, student, assignment)}"
        return [Entry(student, folder, problem=problem)]
    roots = tuple(path for path in inside if owner(path, known) == assignment)
    if not roots:
        unknown = [path for path in inside if owner(path, known) is None]
        has_others = len(unknown) < len(inside)
        roots = tuple(path for path in unknown if not has_others or may_hold_work(path))
    if not roots:
        return []
    remark = f"found in {', '.join(path.relative_to(submitted).as_posix() for path in roots)}"
    return [Entry(student, folder, roots, remark=remark)]


def may_hold_work(path):
    """Whether a file, or one in a folder, looks by its name like a notebook, a script or an archive."""
    return any(WORK.search(each.name) for each in ([path] if path.is_file() else walk(path)))


def expected(submitted, student, assignment):
    """Words on where a submission belongs."""
    return f"expected {submitted.name}/{student}/{assignment}/{assignment}.ipynb"
