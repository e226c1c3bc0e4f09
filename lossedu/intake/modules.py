"""Read the module of answers that a learner may hand in beside a notebook, and add it to the notebook's cells.

The module of `07_kl_divergence` is `kl_divergence.py`. Each of its paragraphs becomes a cell. These cells run before
all others, in a namespace of their own. So an error in one answer does not cost the others, and the names of the module
do not mix with those of the notebook. If a cell of the notebook defines an answer too, the cell counts.
"""

import ast
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from nbformat.v4 import new_code_cell

from lossedu.intake.archives import printable
from lossedu.intake.file_names import is_module, looks_like_json, module_name
from lossedu.intake.litter import is_litter
from lossedu.intake.matching import is_script, listed
from lossedu.intake.names import is_text, names_answered, names_bound, names_open, statements, without_stubs
from lossedu.intake.notebooks import OUR_METADATA, text_id
from lossedu.intake.scripts import decode_script, read_script

LARGEST = 2**20  # bytes of a module
LONGEST_PATH = 200  # characters of a path in a message
PART = "part_of_module"  # the key in a cell's metadata, under OUR_METADATA, for a `Part` as plain data


@dataclass(frozen=True)
class Part:
    """Where a cell of a module comes from: the file's path, the module's name, the first line; and its answers."""

    path: str
    module: str
    line: int
    answers: tuple[str, ...]

    @classmethod
    def of(cls, cell):
        """Return the `Part` that a cell holds; None for the notebook's own cells."""
        found = cell.metadata.get(OUR_METADATA, {}).get(PART)
        return found and cls(**found)

    def line_in_file(self, line):
        """Return the line of the module's file for a line of the cell."""
        return self.line + line - 1


@dataclass(frozen=True)
class Module:
    """A module of answers: its name, its path among the files of a submission, and its content."""

    name: str
    path: str
    content: bytes

    @cached_property
    def paragraphs(self):
        """The code of each paragraph, by its first line; paragraphs that hold only text are left out."""
        whole, at, found = decode_script(self.content), 0, {}
        for source in (cell.source for cell in read_script(self.content).cells):
            at = whole.index(source, at)
            body = statements(source)
            if body is None or not all(map(is_text, body)):
                found[whole.count("\n", 0, at) + 1] = source
        return found

    def answers(self, wanted):
        """Return the names that a cell of the master asks for and the module answers."""
        found = set()
        for source in self.paragraphs.values():
            if any(name in source for name in wanted.answers):
                found |= names_answered(source, wanted.source)
        return wanted.answers & found

    def all_answers(self, master):
        """Return all answers that the module gives to a master."""
        return frozenset().union(*map(self.answers, master.solutions))


def find_module(files, master, assignment):
    """Find the module of an assignment among the files of a submission.

    If there are several, prefer one with answers, then the one in the expected place.

    Args:
        files: the contents of the files by their paths.
        master: the `Master` of the notebook.
        assignment: the name of the notebook without suffix.

    Returns:
        The `Module` or None, and the paths of further modules with different answers.
    """
    name = module_name(assignment)
    if name is None:
        return None, []
    found = [Module(name, path, content) for path, content in files.items() if holds_module(path, content, assignment)]
    if not found:
        return None, []
    found.sort(key=lambda module: (not module.all_answers(master), *closeness(module.path, name)))
    best, *others = found
    return best, [each.path for each in others if each.all_answers(master) and not says_the_same(each, best)]


def holds_module(path, content, assignment):
    """Tell whether a file is a module of an assignment: by its name, if it is no notebook and not too large."""
    return is_module(path, assignment) and len(content) <= LARGEST and not (is_litter(path) or looks_like_json(content))


def closeness(path, name):
    """Return a sort key: first the expected path, then the expected name in another folder, then short paths."""
    return path != f"{name}.py", PurePosixPath(path).name != f"{name}.py", path.count("/"), path


def says_the_same(module, other):
    """Tell whether two modules have the same text, apart from line ends and blank lines."""
    return [*module.paragraphs.values()] == [*other.paragraphs.values()]


def modules_in(folder, assignment, *, is_deep=True):
    """Return the contents, by path, of the files in a folder that have the name of an assignment's module.

    Links are not followed. Unless `is_deep`, the folders in it are left out.
    """
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if is_deep and not is_litter(f"{each}/")]
        for path in (Path(place, name) for name in names if is_module(name, assignment)):
            if not path.is_symlink() and path.is_file() and path.stat().st_size <= LARGEST:
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def add_module(notebook, master, files, assignment):
    """Add the cells of a module to a matched notebook, and return remarks on it.

    The module's answers count if no cell of the notebook defines the name. The notebook's stubs for them are removed.

    Args:
        notebook: the notebook after `match`; this function changes it.
        master: its `Master`.
        files: the contents of the other files of the submission by their paths.
        assignment: the name of the notebook without suffix.

    Returns:
        list of str: remarks for the report, such as answers that both define.
    """
    module, others = find_module(files, master, assignment)
    if module is None:
        return []
    path = printable(module.path, LONGEST_PATH)
    given, doubled = set(), set()
    for wanted in master.solutions:
        answered = module.answers(wanted)
        defined = {name for name in answered if is_defined(name, wanted, notebook)}
        given |= answered - defined
        doubled |= {name for name in defined if not is_imported(name, notebook)}
        for cell in notebook.cells:
            if answered - defined and cell.cell_type == "code":
                leave_out(answered - defined, cell, wanted, path)
    if given or is_mentioned(module.name, notebook):
        notebook.cells[:0] = [cell_of(module, path, line, source, given) for line, source in module.paragraphs.items()]
    remarks = []
    if doubled:
        remarks.append(f"the notebook and {path} both define {listed(sorted(doubled))}: the notebook's cells count")
    if others:
        remarks.append(f"{path} was graded, not {listed([printable(each, LONGEST_PATH) for each in others])}")
    elif given and module.path != f"{module.name}.py":
        remarks.append(f"{path} was graded")
    if is_script(notebook) and not given:
        remarks.append(f"{path} answers nothing that the assignment asks for")
    return remarks


def is_defined(name, wanted, notebook):
    """Tell whether a code cell of the learner defines or imports a name."""
    own = [cell for cell in notebook.cells if cell.cell_type == "code" and name in cell.source]
    return any(name in names_bound(cell.source) - names_open(cell.source, wanted.source) for cell in own)


def is_imported(name, notebook):
    """Tell whether the last cell that binds a name imports it."""
    own = [cell.source for cell in notebook.cells if cell.cell_type == "code" and name in names_bound(cell.source)]
    imports = [each for each in statements(own[-1]) or [] if isinstance(each, ast.ImportFrom)] if own else []
    return any(name == (alias.asname or alias.name) for each in imports for alias in each.names)


def is_mentioned(module, notebook):
    """Tell whether a cell imports a module."""
    return any(
        module in {*(alias.name for alias in getattr(each, "names", ())), getattr(each, "module", None)}
        for cell in notebook.cells
        if cell.cell_type == "code" and module in cell.source and "import" in cell.source
        for statement in statements(cell.source) or ()
        for each in ast.walk(statement)
        if isinstance(each, ast.Import | ast.ImportFrom)
    )


def leave_out(names, cell, wanted, path):
    """Remove the stubs for answers from a cell; if nothing remains, leave a comment that names the module."""
    if any(name in names_open(cell.source, wanted.source) for name in names):
        rest = without_stubs(cell.source, names, wanted.source).strip("\n")
        cell.source = rest or f"# The answer is in {path}."


def cell_of(module, path, line, source, given):
    """Return a cell for a paragraph of a module."""
    answers = sorted(given & names_bound(source))
    part = {"path": path, "module": module.name, "line": line, "answers": answers}
    return new_code_cell(source, id=f"module-{text_id(source)}-{line}", metadata={OUR_METADATA: {PART: part}})
