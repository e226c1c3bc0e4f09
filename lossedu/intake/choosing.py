"""Choose the notebook that an assignment asks for, among the files of one student."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import nbformat

from lossedu.intake.archives import UnreadableArchiveError, UnsafeArchiveError, archive_kind, printable, unpack
from lossedu.intake.file_names import is_script_name, looks_like_json, normal, simplified, stem
from lossedu.intake.litter import is_litter
from lossedu.intake.matching import Overlap, count, listed, overlap
from lossedu.intake.modules import find_module, holds_module
from lossedu.intake.names import is_python, names_answered
from lossedu.intake.notebooks import UnreadableError, read_notebook
from lossedu.intake.scripts import NO_CELLS, read_script

PACKED = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|7z|rar)$|\.(ipynb|py|tar)\.(gz|bz2|xz|zst)$", re.IGNORECASE)
DOCUMENT = re.compile(r"\.(pdf|docx?|odt|rtf|pages|html?|md|txt|png|jpe?g|heic)$", re.IGNORECASE)
LONGEST_NAME = 255  # bytes of a file's name
LARGEST_SCRIPT = 2**20  # bytes of a file that is no notebook, and perhaps a script


class UnclearError(ValueError):
    """A submission holds no file to grade, or several that differ; the message says what was found and what to do."""


@dataclass(frozen=True)
class Chosen:
    """The notebooks to grade, by their names in the assignment, and the other files, by their paths beside these."""

    notebooks: dict[str, bytes]
    files: dict[str, bytes]
    remarks: tuple[str, ...]
    missing: tuple[str, ...] = ()  # words on each notebook of the assignment that was not handed in


class Candidate:
    """A file that may hold the answers to a master's exercises.

    `overlap` counts what it has in common with the master.
    """

    notebook: Any  # a `NotebookNode`; None if the file holds none

    def __init__(self, path, content, master):
        """Read the file; if it holds no notebook, `problem` says why."""
        self.path, self.content = path, content
        self.names = {name for cell in master.solutions for name in cell.answers}
        self.is_script = is_script_name(path) and not looks_like_json(content)
        self.notebook, self.problem, self.overlap = None, None, Overlap(0, 0, 0)
        try:
            self.notebook = read_script(content) if self.is_script else read_notebook(content)
        except UnreadableError as error:
            self.problem = f"{shown(path)}: {error}"
            if not looks_like_json(content) and len(content) < LARGEST_SCRIPT:  # it may be a renamed script
                self.notebook = read_script(content)
                self.is_script = all(is_python(cell.source) for cell in self.notebook.cells)
        if self.problem is None or self.is_script:
            self.overlap = overlap(self.notebook, master)
        if self.answered:
            self.problem = None

    @property
    def found(self):
        """How many of the master's cells the file has."""
        return self.overlap.found

    @property
    def answered(self):
        """For how many of these the learner has written something."""
        return self.overlap.answered

    @property
    def texts(self):
        """The texts of the code cells and answers; they are equal in copies of one notebook."""
        cells = self.notebook.cells
        return [cell.source.strip() for cell in cells if cell.cell_type == "code" or is_solution(cell)]

    @property
    def as_notebook(self):
        """The file's content as the bytes of a notebook; a script is converted."""
        return nbformat.writes(self.notebook).encode() if self.is_script else self.content

    def says_the_same(self, other):
        """Tell whether another file has the same answers."""
        if not self.is_script and other.is_script:
            whole = squeezed("\n".join(other.texts))
            return all(squeezed(text) in whole for text in self.texts if self.names & names_answered(text))
        return self.texts == other.texts


def choose(files, masters):
    """Choose the notebooks to grade.

    A notebook with the expected name is chosen if it is the only one. Otherwise all notebooks that hold answers are
    compared. If none holds answers, Python files are tried next, then the files in zip archives. If still no file holds
    answers, an untouched notebook is chosen. Files with different answers are an error.

    The module of an assignment stays among the files, for `lossedu.intake.modules`. If nothing else was handed in, it
    comes with an empty notebook.

    Args:
        files: the contents of the files, by their paths with `/`.
        masters: the `Master` of each notebook that the assignment asks for, by the notebook's name without suffix.

    Returns:
        Chosen.

    Raises:
        UnclearError: there is no file to grade, or several files have different answers.
    """
    files = {path: content for path, content in files.items() if not is_litter(path)}
    if not files:
        expected = ", ".join(f"{name}.ipynb" for name in masters)
        raise UnclearError(f"it is empty or holds only system files; expected {expected}")
    notebooks, remarks, taken, problems = {}, [], [], []
    for name, master in masters.items():
        of_others = {simplified(other) for other in masters} - {simplified(name)}
        offered = {path: content for path, content in files.items() if simplified(stem(path)) not in of_others}
        try:
            path, notebooks[name], more = choose_one(name, master, offered, remarks)
        except UnclearError as error:
            if any(normal(path) == normal(f"{name}.ipynb") for path in files):  # as nbgrader: all or nothing
                raise
            problems.append(error)
            continue
        files |= more
        taken += [path] if path else []
    if not notebooks:
        raise problems[0]
    missing = tuple(map(str, problems))
    return Chosen(notebooks, files_beside(files, taken, notebooks), tuple(remarks), missing)


def choose_one(name, master, files, remarks):
    """Choose one notebook; return its path, its content, and the files of the archive that held it.

    The path is None if a module was handed in without a notebook; the notebook is then empty. Remarks on unusual
    things are added to `remarks`.
    """
    module, _ = find_module(files, master, name)
    everything = files
    files = {path: content for path, content in files.items() if not holds_module(path, content, name)}
    answered_by_module = module is not None and bool(module.all_answers(master))
    exact = next((path for path in files if normal(path) == normal(f"{name}.ipynb")), None)
    paths = [path for path, content in files.items() if may_hold_answers(path, content, name)]
    packed = [path for path, content in files.items() if is_packed(path, content)]
    archives = [path for path in packed if not any(each.startswith(f"{path}/") for each in files)]  # not opened yet
    scripts = [path for path in files if is_script_name(path) and path not in paths]
    documents = [path for path in files if DOCUMENT.search(path) and path not in {*paths, *scripts, "timestamp.txt"}]
    if paths == [exact] and not (archives or scripts or documents) and looks_like_json(files[exact]):
        return exact, files[exact], {}
    candidates = [Candidate(path, files[path], master) for path in paths]
    unpacked = {}
    is_answered = answered_by_module or any(candidate.answered for candidate in candidates)
    if not is_answered:
        candidates += [Candidate(path, files[path], master) for path in scripts]
    if archives and not (is_answered or any(candidate.answered for candidate in candidates)):
        unpacked = {path: content for archive in archives for path, content in unpack_named(archive, files[archive])}
        inside = [path for path, content in unpacked.items() if may_hold_answers(path, content, name)]
        inside += [path for path in unpacked if is_script_name(path) and path not in inside]
        inside = [path for path in inside if not holds_module(path, unpacked[path], name)]
        candidates += [Candidate(path, unpacked[path], master) for path in inside]
        if module is None:
            module, _ = find_module(unpacked, master, name)
            answered_by_module = module is not None and bool(module.all_answers(master))
    if module is not None and not any(candidate.found for candidate in candidates):
        remarks += [candidate.problem for candidate in candidates if candidate.problem]
        return None, NO_CELLS, unpacked
    best = pick(name, exact, candidates, {**everything, **unpacked}, remarks)
    if documents and not (best.answered or answered_by_module):
        remarks.append(f"{shown(best.path)} holds no answer, but perhaps {listed_paths(documents)} does")
    opened = [f"{archive}/" for archive in archives if best.path.startswith(f"{archive}/")]
    opened += [module.path] if module is not None else []
    more = {path: content for path, content in unpacked.items() if path.startswith(tuple(opened))}
    return best.path, best.as_notebook, more


def may_hold_answers(path, content, name):
    """Tell whether a file looks like a notebook, or like a script that is named after the assignment."""
    if PACKED.search(path) or (DOCUMENT.search(path) and not (is_script_name(path) or looks_like_json(content))):
        return False
    if is_script_name(path):
        return simplified(stem(path)) == simplified(name)
    if ".ipynb" in PurePosixPath(path.lower()).name:
        return True
    return looks_like_json(content) and b'"cells"' in content.replace(b"\0", b"")


def is_packed(path, content):
    """Tell whether a file has the name of an archive, or is a zip archive with the name of a notebook."""
    name = PurePosixPath(path.lower()).name
    return bool(PACKED.search(name)) or (".ipynb" in name and archive_kind(content) == "zip")


def shown(path):
    """Make a path short and printable, for a message."""
    return printable(path, 200)


def listed_paths(paths):
    """Join paths with commas, for a message; of many paths, only the first ones."""
    return listed([*map(shown, paths)])


def squeezed(text):
    """Remove all white space from a text."""
    return "".join(text.split())


def is_solution(cell):
    """Tell whether a cell has the role of an answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def unpack_named(archive, content):
    """Yield the path and content of each file in a zip archive; the paths begin with the archive's name."""
    kind = archive_kind(content)
    if kind != "zip":
        problem = f"a {kind} archive: unpack it, or" if kind else "not an archive:"
        raise UnclearError(f"{shown(archive)} is {problem} hand in a .ipynb")
    try:
        for path, inner in unpack(content, archive).items():
            yield f"{archive}/{path}", inner
    except (UnreadableArchiveError, UnsafeArchiveError) as error:
        raise UnclearError(str(error)) from error


def pick(name, exact, candidates, files, remarks):
    """Return the candidate to grade; raise UnclearError if none can be graded, or several have different answers."""
    usable = [candidate for candidate in candidates if candidate.found]
    if not usable:
        raise UnclearError(why_none(name, candidates, files))
    answered_ones = [candidate for candidate in usable if candidate.answered]
    notebooks = [candidate for candidate in answered_ones if not candidate.is_script]
    pool = sorted(notebooks or answered_ones or usable, key=lambda candidate: rank(candidate.path, name))
    if pool[0].path == exact and pool[0].overlap.tests:  # cells of another assignment may have the same names
        pool = [pool[0], *(candidate for candidate in pool[1:] if candidate.overlap.tests)]
    best, *others = pool
    if best.answered and not all(map(best.says_the_same, others)):
        paths = listed_paths([candidate.path for candidate in pool])
        raise UnclearError(f"several files may be the answer: {paths}. Keep one, and call it {name}.ipynb")
    passed_over = [each for each in candidates if each is not best and (each.found or each.problem)]
    if best.path == exact:  # then name only files that may hold other answers
        passed_over = [c for c in passed_over if c.problem or (c.answered and not best.says_the_same(c))]
    if best.path != exact or passed_over:
        but = f", not {listed_paths([each.path for each in passed_over])}" if passed_over else ""
        remarks.append(f"{shown(best.path)} was graded{but}")
    if best.is_script and not is_script_name(best.path):
        remarks.append(f"{shown(best.path)} is a Python file, not a notebook")
    return best


def rank(path, name):
    """Return a sort key: first the expected path, then the expected name in another folder, then short paths."""
    place = PurePosixPath(normal(path))
    wanted = normal(f"{name}.ipynb")
    fit = 0 if str(place) == wanted else 1 if place.name == wanted else 2
    return fit, len(place.parts), path


def why_none(name, candidates, files):
    """Say why none of the files can be graded."""
    for candidate in sorted(candidates, key=lambda candidate: rank(candidate.path, name)):
        if candidate.problem:
            return candidate.problem
        if not candidate.is_script:
            return f"{shown(candidate.path)} holds none of the cells that {name} asks for"
    others = f", but {count(files, 'other file')}: {listed_paths(sorted(files))}" if files else ""
    return f"there is no {name}.ipynb{others}"


def files_beside(files, taken, notebooks):
    """Return the other files, by their paths relative to the chosen notebooks; leave out notebooks.

    If two files cannot lie in one folder tree, the one farther from the notebooks is left out.
    """
    parents = sorted({PurePosixPath(path).parent for path in taken}, key=lambda parent: -len(parent.parts))
    found = {}
    for path, content in sorted(files.items(), key=lambda item: -len(parent_of(item[0], parents).parts)):
        opened = any(each.startswith(f"{path}/") for each in taken)  # an archive
        if path in taken or opened or PurePosixPath(path).suffix.lower() == ".ipynb":
            continue
        place = PurePosixPath(path).relative_to(parent_of(path, parents))
        blocked = {*found, *(f"{name}.ipynb" for name in notebooks)}
        under = {str(parent) for each in found for parent in PurePosixPath(each).parents}
        names = [str(place), *map(str, place.parents)]
        long = any(len(part.encode("utf-8", "replace")) > LONGEST_NAME for part in place.parts)
        if not (long or str(place) in under or not blocked.isdisjoint(names)):
            found[str(place)] = content
    return found


def parent_of(path, parents):
    """Return the folder to which a path is relative: the innermost one with a notebook, or else the top folder."""
    return next((parent for parent in parents if PurePosixPath(path).is_relative_to(parent)), PurePosixPath())
