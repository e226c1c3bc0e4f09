"""Choose, among the files that one student handed in, the notebook that an assignment asks for."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

import nbformat

from lossedu.intake.archives import UnreadableArchiveError, UnsafeArchiveError, archive_kind, unpack
from lossedu.intake.litter import is_litter
from lossedu.intake.matching import answered, count, listed
from lossedu.intake.notebooks import UnreadableError, read_notebook
from lossedu.intake.scripts import read_script

PACKED = re.compile(r"\.(zip|tar|tgz|gz|bz2|xz|7z|rar)$", re.IGNORECASE)


class UnclearError(ValueError):
    """What was handed in holds nothing to grade, or more than one thing; says what was found and what to do."""


@dataclass(frozen=True)
class Chosen:
    """The notebooks to grade, by the name that the assignment has for them, and the files that lie beside them."""

    notebooks: dict[str, bytes]
    files: dict[str, bytes]
    remarks: tuple[str, ...]


class Candidate:
    """A file that may be the answer to a master's questions.

    `found` counts the master's cells in it, `answered` those of them in which the learner has written something.
    """

    def __init__(self, path, content, master):
        """Read the file; `problem` says why it holds no notebook, if it holds none."""
        self.path, self.content = path, content
        self.is_script = path.lower().endswith(".py")
        self.notebook, self.problem, self.found, self.answered = None, None, 0, 0
        try:
            self.notebook = read_script(content) if self.is_script else read_notebook(content)
        except UnreadableError as error:
            self.problem = f"{path}: {error}"
        else:
            self.found, self.answered = answered(self.notebook, master)

    @property
    def texts(self):
        """What copies of one notebook have in common."""
        return [cell.source.strip() for cell in self.notebook.cells if cell.cell_type == "code"]

    @property
    def as_notebook(self):
        """The bytes of a notebook."""
        return nbformat.writes(self.notebook).encode() if self.is_script else self.content


def choose(files, masters):
    """Choose what is to be graded.

    A file of the name that the assignment gives is the answer. Without it, or if it is untouched, a copy under another
    name is taken, also out of a deeper folder or a zip archive, as long as just one of them holds answers.

    Args:
        files: the contents of the files, by their paths with `/`.
        masters: for each notebook that the assignment asks for, its `Master`, by its name without a suffix.

    Returns:
        Chosen.

    Raises:
        UnclearError: there is nothing to grade, or too much to choose from.
    """
    files = {path: content for path, content in files.items() if not is_litter(path)}
    if not files:
        raise UnclearError(f"there is nothing in it; expected {', '.join(f'{name}.ipynb' for name in masters)}")
    notebooks, remarks, taken, problems = {}, [], [], []
    for name, master in masters.items():
        of_others = {f"{other}.ipynb" for other in masters if other != name}
        offered = {path: content for path, content in files.items() if PurePosixPath(path).name not in of_others}
        try:
            candidate, more = choose_one(name, master, offered, remarks)
        except UnclearError as error:
            problems.append(error)
            continue
        files |= more
        notebooks[name] = candidate.as_notebook if candidate else files[f"{name}.ipynb"]
        taken.append(candidate.path if candidate else f"{name}.ipynb")
    if problems and not notebooks:
        raise problems[0]
    return Chosen(notebooks, files_beside(files, taken), tuple(remarks))


def choose_one(name, master, files, remarks):
    """The candidate for one notebook, and the files that came out of an archive; None for a file in its very place.

    What was out of the ordinary is added to `remarks`.
    """
    exact = f"{name}.ipynb"
    paths = [path for path, content in files.items() if may_hold_answers(path, content, name)]
    archives = [path for path in files if PACKED.search(path)]
    if exact in files and paths == [exact] and not archives:
        return None, {}
    candidates = [Candidate(path, files[path], master) for path in paths]
    unpacked = {}
    if not any(candidate.answered for candidate in candidates):
        scripts = [path for path in files if path.lower().endswith(".py") and path not in paths]
        candidates += [Candidate(path, files[path], master) for path in scripts]
    if archives and not any(candidate.answered for candidate in candidates):
        unpacked = {path: content for archive in archives for path, content in unpack_named(archive, files[archive])}
        inside = [path for path, content in unpacked.items() if may_hold_answers(path, content, name)]
        candidates += [Candidate(path, unpacked[path], master) for path in inside]
    return pick(name, candidates, {**files, **unpacked}, remarks), unpacked


def may_hold_answers(path, content, name):
    """Whether a file looks like a notebook, or like a script of the assignment's answers."""
    lower = path.lower()
    if lower.endswith(".py"):
        return simplified(PurePosixPath(lower).stem) == simplified(name)
    if ".ipynb" in PurePosixPath(lower).name:
        return True
    return content[:200].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] == b"{" and b'"cells"' in content.replace(
        b"\0", b""
    )


def simplified(name):
    """A name without what people and programs change in it: case, punctuation and the marks of a copy.

    >>> simplified("00_First Loss - Copy (1)") == simplified("00_first_loss")
    True
    """
    name = re.sub(r"\(\d+\)|[-_ ]+(copy|kopie|copie|copia)[-_ ]*\d*", "", name.lower())
    return re.sub(r"[\W_]+", "", name)


def unpack_named(archive, content):
    """Yield path and content of each file in a zip archive, as if the archive were a folder of its name."""
    kind = archive_kind(content)
    if kind != "zip":
        raise UnclearError(
            f"{archive} is {f'a {kind} archive' if kind else 'no archive'}: unpack it, or hand in a .ipynb"
        )
    try:
        for path, inner in unpack(content, archive).items():
            yield f"{archive}/{path}", inner
    except (UnreadableArchiveError, UnsafeArchiveError) as error:
        raise UnclearError(str(error)) from error


def pick(name, candidates, files, remarks):
    """The one candidate that is meant; UnclearError if that cannot be told."""
    usable = [candidate for candidate in candidates if candidate.found]
    if not usable:
        raise UnclearError(why_none(name, candidates, files))
    answered_ones = [candidate for candidate in usable if candidate.answered]
    notebooks = [candidate for candidate in answered_ones if not candidate.is_script]
    pool = sorted(notebooks or answered_ones or usable, key=lambda candidate: rank(candidate.path, name))
    best, *others = pool
    if any(other.texts != best.texts for other in others):
        names = ", ".join(candidate.path for candidate in pool)
        raise UnclearError(f"several files may be the answer: {names}. Keep one, and call it {name}.ipynb")
    if best.path != f"{name}.ipynb":
        passed_over = [c.path for c in candidates if c is not best and (c.found or c.problem)]
        remarks.append(f"{best.path} was graded{f', not {listed(passed_over)}' if passed_over else ''}")
    return best


def rank(path, name):
    """How well a path fits: in its very place, then of the right name in another place, then the least deep."""
    place = PurePosixPath(path)
    fit = 0 if path == f"{name}.ipynb" else 1 if place.name == f"{name}.ipynb" else 2
    return fit, len(place.parts), path


def why_none(name, candidates, files):
    """Words on why there is nothing to grade among some files."""
    for candidate in sorted(candidates, key=lambda candidate: rank(candidate.path, name)):
        if candidate.problem:
            return candidate.problem
        if candidate.notebook is not None and not candidate.is_script:
            return f"{candidate.path} holds none of the cells that {name} asks for"
    return f"there is no {name}.ipynb, but {count(files, 'other file')}: {listed(sorted(files))}"


def files_beside(files, taken):
    """The other files, by their paths as seen from the notebook that was taken; neither notebooks nor archives."""
    parents = [PurePosixPath(path).parent for path in taken]
    found = {}
    for path, content in files.items():
        place = PurePosixPath(path)
        if path in taken or place.suffix.lower() == ".ipynb" or PACKED.search(path):
            continue
        parent = next((parent for parent in parents if place.is_relative_to(parent)), PurePosixPath())
        found[str(place.relative_to(parent))] = content
    return found
