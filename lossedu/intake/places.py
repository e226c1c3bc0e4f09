"""Find the entries in a folder of submissions: each is the work of one student, or has a problem."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from lossedu.intake.choosing import shown
from lossedu.intake.file_names import is_module, normal, simplified, words
from lossedu.intake.litter import is_litter
from lossedu.intake.matching import listed

WORK = re.compile(r"\.(ipynb|py|zip|tar|tgz|tbz2?|txz|7z|rar)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """The submission of one student, or a stray entry: a file or folder that belongs to no student.

    Attributes:
        name: the student, or for a stray entry its path within the folder of submissions.
        folder: the folder that a submission belongs in; None for a stray entry.
        roots: the files and folders that were handed in. `files` yields paths that begin with their names; only the
            name of `folder` itself is left out, and then the other paths begin with the student's name.
        problem: why the entry cannot be graded, whatever is in its files; None if that depends on them.
        remark: what is unusual about its place.
    """

    name: str
    folder: Path | None
    roots: tuple[Path, ...] = ()
    problem: str | None = None
    remark: str | None = None

    @property
    def is_in_place(self):
        """Whether the submission lies where nbgrader looks for it."""
        return self.folder is not None and self.roots == (self.folder,) and self.folder.is_dir()

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield each file's path within the submission, with `/`, and its place on the disk; skip litter.

        Links to folders, and folders that cannot be read, are yielded like files.
        """
        if self.folder is None:  # a stray entry has no files
            return
        own = self.folder in self.roots and is_real_folder(self.folder)
        for root in self.roots:
            base = root if own and root == self.folder else self.folder.parent
            if own and root != self.folder:
                base = base.parent  # so that no two files have the same path
            for place in walk(root):
                path = place.relative_to(base).as_posix()
                if not is_litter(path):
                    yield path, place


def walk(root):
    """Yield the files below a folder, at any depth, or a file itself; do not follow links to folders."""
    waiting = [root]
    while waiting:
        place = waiting.pop()
        try:
            inside = sorted(place.iterdir(), reverse=True) if is_real_folder(place) else None
        except OSError:
            inside = None
        if inside is None:
            yield place
        else:
            waiting += inside


def is_real_folder(place):
    """Tell whether a place is a folder, not a link to one."""
    return place.is_dir() and not place.is_symlink()


def find_entries(submitted, assignment, known=()):
    """Find the submissions for an assignment, and stray entries.

    Args:
        submitted: the folder of submissions; it should hold folders STUDENT/ASSIGNMENT.
        assignment: name of the assignment.
        known: the names of all assignments; entries of other assignments are left out.

    Returns:
        list of Entry: sorted by name.
    """
    submitted, known = Path(submitted), {*known, assignment}
    found = []
    for place in children(submitted):
        try:
            found += entries_at(place, submitted, assignment, known)
        except OSError as error:
            found.append(Entry(shown(place.name), None, problem=f"it cannot be read: {error.strerror}"))
    return sorted(found, key=lambda entry: entry.name)


def entries_at(place, submitted, assignment, known):
    """Return a list with the entry for a file or folder among the submissions; an empty list if there is none."""
    bearer, where = owner(place, known), expected(submitted, "STUDENT", assignment)
    is_student = is_real_folder(place) and (bearer is None or any((place / each).exists() for each in known))
    if not is_student and bearer not in (assignment, None):
        return []
    if not is_text(place.name):
        return [Entry(shown(place.name), None, problem="its name is not in UTF-8: rename it")]
    if "\n" in place.name:  # nbgrader finds no such name
        return [Entry(shown(place.name), None, problem="its name has a line break: rename it")]
    if is_student:
        return entries_of(place, submitted, assignment, known)
    if is_real_folder(place):
        return [the_wrong_way_round(place, submitted, assignment)]
    problem = "it is a link, which is not followed" if place.is_symlink() else "it is not in a student's folder"
    return [Entry(place.name, None, problem=f"{problem}: {where}")]


def children(folder):
    """List a folder without litter; return an empty list if there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not is_litter(path.name + "/" * path.is_dir()))


def owner(place, known):
    """Return the assignment whose name a file's or folder's name begins or ends with; None if there is none.

    The name of a chapter's module also leads to the chapter.
    """
    by_name = {normal(each): each for each in known}
    if answered := [each for each in sorted(known) if is_module(place.name, each)]:
        return answered[0]
    for name in (place.name, place.name.partition(".")[0]):
        if normal(name) in by_name:
            return by_name[normal(name)]
        fitting = [each for each in known if begins_or_ends_with(words(name), words(each))]
        if fitting:
            return max(fitting, key=lambda each: (words(each) == words(name), len(simplified(each)), -len(each), each))
    return None


def begins_or_ends_with(name, assignment):
    """Tell whether the words of a name begin or end with those of an assignment; `week12` does not with `week1`."""
    whole, part = "".join(name), "".join(assignment)
    ends = {0, *accumulate(map(len, name))}
    begins = whole.startswith(part) and len(part) in ends
    return part != "" and (begins or (whole.endswith(part) and len(whole) - len(part) in ends))


def the_wrong_way_round(place, submitted, assignment):
    """Return an entry for a stray folder: it is named after the assignment, and holds students' folders or nothing."""
    inside = names_of(children(place)) or "nothing"
    where = expected(submitted, "STUDENT", assignment)
    problem = f"it holds {inside}, but the student's folder must come first: {where}"
    return Entry(place.name, None, problem=problem)


def entries_of(place, submitted, assignment, known):
    """Return a list with the student's entry for an assignment; an empty list if there is none."""
    student, folder = place.name, place / assignment
    inside = children(place)
    if not inside:
        problem = f"the student's folder is empty: {expected(submitted, student, assignment)}"
        return [Entry(student, folder, problem=problem)]
    owners = {path: owner(path, known) for path in inside if path != folder}
    named = [path for path, whose in owners.items() if whose == assignment]
    unknown = [path for path, whose in owners.items() if whose is None]
    if folder in inside and (not is_real_folder(folder) or holds_work(folder)):
        named = [path for path in named if holds_work(path)]
        below = [work for path in unknown for work in works_named(path, assignment, known)]
        passed_over = [path for path in unknown if any(WORK.search(each.name) for each in walk(path))]
        passed_over = [path for path in passed_over if not any(each.is_relative_to(path) for each in below)]
        remark = f"passed over in the student's folder: {names_of(passed_over)}" if passed_over else None
        return [Entry(student, folder, (folder, *named, *below), remark=remark)]
    own = [folder] if folder in inside else []
    if named or len(unknown) == len(owners) or any(map(holds_work, unknown)):
        roots = [*own, *named, *unknown]
    else:
        roots = own or [work for path in owners for work in works_named(path, assignment, known)]
    remark = f"found in {listed([shown(path.relative_to(submitted).as_posix()) for path in roots if path != folder])}"
    return [Entry(student, folder, tuple(roots), remark=remark if roots != own else None)] if roots else []


def names_of(paths):
    """Join the names of files and folders."""
    return listed([shown(path.name) for path in paths])


def holds_work(place):
    """Tell whether a place is, or holds, a file that a student made; a time or litter is not work."""
    base = place.parent
    return any(
        each.name != "timestamp.txt" and not is_litter(each.relative_to(base).as_posix()) for each in walk(place)
    )


def works_named(place, assignment, known):
    """Return the notebooks, Python files and archives below a place whose names bear that of an assignment."""
    return [each for each in walk(place) if WORK.search(each.name) and owner(each, known) == assignment]


def is_text(name):
    """Tell whether the system could decode a name."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def expected(submitted, student, assignment):
    """Say where a submission belongs."""
    return f"expected {submitted.name}/{student}/{assignment}/{assignment}.ipynb"
