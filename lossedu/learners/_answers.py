"""Put the answers of one notebook into another, such as from a copy of the course into the notebook of a class."""

from dataclasses import dataclass
from pathlib import Path

import nbformat

from lossedu.errors import PlainError
from lossedu.files import write_whole
from lossedu.intake.masters import Master
from lossedu.intake.matching import ELSEWHERE, MAKERS, Matching
from lossedu.intake.modules import Module, find_module, modules_in
from lossedu.intake.names import holds_nothing
from lossedu.intake.notebooks import UnreadableError, read_notebook, text_id
from lossedu.intake.scripts import decode_script
from lossedu.learners._cells import handed_out
from lossedu.learners._copy import keep_answer

PROSE_STUBS = ("", "YOUR ANSWER HERE")  # the latter is nbgrader's


class AnswersError(PlainError):
    """The answers cannot be copied; the message says why. No file was changed."""


@dataclass(frozen=True)
class CopiedAnswers:
    """The result of `copy_answers`.

    `file` is the notebook that has the answers now. `names` are the answers that were copied. `missing` are those that
    are in neither notebook and not in the copied module. `own_cells` counts further cells of the learner. `kept` are
    the files with the answers that were in the target before. `module` is the copied module, or None.
    """

    file: Path
    names: tuple[str, ...]
    missing: tuple[str, ...]
    own_cells: int
    kept: tuple[Path, ...]
    module: Path | None = None


def copy_answers(source, target):
    """Copy answers, the cells that the learner has added, and the module into another version of a notebook.

    All else in the target stays: its prose, its tests, and its answers to questions that the source does not answer.

    Args:
        source: the notebook with the answers, or its folder.
        target: the notebook that gets them, or its folder.

    Returns:
        CopiedAnswers.

    Raises:
        AnswersError: one of the files is no notebook, or the source answers nothing that the target asks for.
        OSError: a file cannot be read or written.
    """
    source, target = notebook_in(source), notebook_in(target)
    ours = read_target(target)
    found = Matching(read_source(source), Master.of_notebook(ours))
    found.claim_all()
    found.leave_out_stubs()
    places = {cell.metadata.nbgrader.grade_id: cell for cell in ours.cells if "nbgrader" in cell.metadata}
    copied, missing, replaced = [], [], {}
    for wanted in found.master.solutions:
        cell, place = found.cells.get(wanted.name), places[wanted.name]
        if cell is not None and cell.source != place.source and not is_stub(cell, wanted.name):
            if not is_stub(place, wanted.name):
                replaced[wanted.name] = place.source
            place.source = cell.source
            copied.append(wanted.name)
        elif is_stub(place, wanted.name):
            missing.append(wanted.name)
    own_cells = add_own_cells(found, ours.cells)
    module, kept_module = copy_module(source.parent, target, found.master)
    if not (copied or own_cells or module):
        raise AnswersError(f"{source} holds no answer that {target} asks for and does not have yet")
    for cell in ours.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    kept = [keep_answer(name, answer, target.parent) for name, answer in replaced.items()] + kept_module
    beside = modules_in(target.parent, target.stem, is_deep=False) if module else {}
    in_place, _ = find_module(beside, found.master, target.stem)
    answered = in_place.all_answers(found.master) if in_place else ()
    missing = [name for name in missing if name not in answered]
    write_whole(target, f"{nbformat.writes(ours)}\n".encode())
    return CopiedAnswers(target, tuple(copied), tuple(missing), own_cells, tuple(kept), module)


def copy_module(folder, target, master):
    """Copy the module in a folder beside a notebook if it answers what the notebook asks for.

    Returns:
        The path of the copy, or None; and a list of the files that keep answers of an earlier module there.
    """
    ours, _ = find_module(modules_in(folder, target.stem, is_deep=False), master, target.stem)
    if ours is None or not ours.all_answers(master):
        return None, []
    place, kept = target.with_name(f"{ours.name}.py"), []
    if place.exists():
        there = Module(ours.name, place.name, place.read_bytes())
        if there.content == ours.content:
            return None, []
        if there.all_answers(master):
            kept.append(keep_answer(ours.name, decode_script(there.content), target.parent))
    write_whole(place, ours.content)
    return place, kept


def notebook_in(place):
    """Return the path of a notebook, given as such or by the folder that is named after it."""
    place = Path(place)
    return place / f"{place.resolve().name}.ipynb" if place.is_dir() else place


def read_source(path):
    """Read a notebook as grading does; AnswersError if it is none."""
    try:
        return read_notebook(path.read_bytes())
    except UnreadableError as error:
        raise AnswersError(f"{path}: {error}") from error


def read_target(path):
    """Read a notebook with all that it holds; AnswersError if it is none, or asks for nothing."""
    content = path.read_text(encoding="utf-8")
    try:
        notebook = nbformat.reads(content, as_version=4)
    except Exception as error:  # what a broken file raises cannot be foreseen
        raise AnswersError(f"{path}: not a notebook ({type(error).__name__})") from error
    if not Master.of_notebook(notebook).solutions:
        raise AnswersError(f"{path} asks for no answer")
    return notebook


def is_stub(cell, name):
    """Tell whether a cell for an answer holds none: nothing, or what a stub holds."""
    if cell.source == ELSEWHERE:  # another cell of the learner holds it
        return False
    if cell.cell_type != "code":
        return cell.source.strip() in PROSE_STUBS
    return holds_nothing(cell.source, handed_out(name))


def add_own_cells(found, cells):
    """Insert the cells that the learner has added to a notebook into those of another; return their number.

    Each stands behind the same cell as before.
    """
    by_id = {cell.get("id"): cell for cell in cells}
    by_text = {cell.source.strip(): cell for cell in cells}
    roles = {id(cell): name for name, cell in found.cells.items()}
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in cells if "nbgrader" in cell.metadata}
    number, before = 0, None
    for cell in found.notebook.cells:
        same = by_name.get(roles.get(id(cell))) or by_id.get(cell.id) or by_text.get(cell.source.strip())
        if same is not None:
            before = same
        elif cell.source.strip() and cell.id != text_id(cell.source):
            own = MAKERS[cell.cell_type](cell.source)
            at = next((i + 1 for i, other in enumerate(cells) if other is before), 0)
            cells.insert(at, own)
            before, number = own, number + 1
    return number
