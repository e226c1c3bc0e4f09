"""Give the cells of a notebook their roles in an assignment.

A cell is found by its grade id, its cell id, its text, or the names that it defines. All other nbgrader metadata of a
submission are ignored.
"""

import copy
import re
from collections import Counter
from typing import NamedTuple

from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from lossedu.intake.names import holds_nothing, is_python, names_answered, names_bound, names_open, without_stubs
from lossedu.intake.notebooks import OUR_METADATA, UnreadableError
from lossedu.intake.scripts import SCRIPT

ELSEWHERE = "# The answer stands in another cell of this notebook."
MAKERS = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


class ForeignNotebookError(UnreadableError):
    """A notebook holds nothing that an assignment asks for."""


def match(notebook, master):
    """Give each cell of the master its role, put back missing cells, and say what was done.

    Locked cells get the master's text again. A script has no test cells, so there are no remarks on missing ones.

    Args:
        notebook: the notebook from `read_notebook` or `read_script`; this function changes it.
        master: a `Master`.

    Returns:
        list of str: remarks on what was unusual.

    Raises:
        ForeignNotebookError: the notebook holds something, but none of the master's cells.
    """
    found = Matching(notebook, master)
    found.claim_all()
    is_empty = not any(cell.source.strip() for cell in notebook.cells)
    if master.cells and not (found.cells or is_empty or is_script(notebook)):
        raise ForeignNotebookError("it holds none of the cells that the assignment asks for")
    answers_nothing = is_script(notebook) and not (found.cells or is_empty)
    found.leave_out_stubs()
    found.put_back_missing()
    found.move_tests_below_answers()
    found.restore_locked()
    found.write_roles()
    if master.kernelspec:
        notebook.metadata["kernelspec"] = master.kernelspec
    if is_script(notebook):
        return ["it answers nothing that the assignment asks for"] if answers_nothing else []
    return found.remarks


class Overlap(NamedTuple):
    """How many of a master's cells a notebook has, how many of these are answered, and how many tests are as released.

    Answered are cells for which the learner has written something.
    """

    found: int
    answered: int
    tests: int


def overlap(notebook, master):
    """Count the cells that a notebook has in common with a master; the notebook is not changed."""
    found = Matching(copy.deepcopy(notebook), master)
    found.claim_all()
    tests = [cell for cell in master.cells if cell.is_test and cell.name in found.cells]
    kept = sum(found.cells[test.name].source in (test.source, test.released) for test in tests)
    return Overlap(len(found.cells), sum(map(found.is_worked_on, master.solutions)), kept)


class Matching:
    """The work of `match` on one notebook: `cells` holds the cells found so far, by their names in the master."""

    def __init__(self, notebook, master):
        """Begin with no cell found."""
        self.notebook, self.master = notebook, master
        self.cells, self.remarks = {}, []
        self.asked = Counter(name for wanted in master.solutions for name in wanted.answers)

    # Steps, in their order

    def claim_all(self):
        """Find the master's cells among those of the notebook."""
        by_grade_id = {}
        for cell in self.notebook.cells:
            role = cell.metadata.pop("nbgrader", {})
            by_grade_id.setdefault(str(role.get("grade_id")), []).append(cell)
        by_id = {cell.get("id"): cell for cell in self.notebook.cells}
        for wanted in self.master.cells:
            if twins := by_grade_id.get(wanted.name):
                self.cells[wanted.name] = self.best_of(twins, wanted)
        lost = [wanted for wanted in self.master.cells if wanted.name not in self.cells]
        self.claim(lost, self.by_id(by_id))
        self.claim(lost, self.by_text)
        self.move_answers_out_of_locked()
        self.claim(lost, self.by_definition)
        for wanted in self.master.cells:
            if wanted.name in self.cells and self.cells[wanted.name].cell_type != wanted.cell_type:
                retyped(self.cells[wanted.name], wanted.cell_type)
        found = [wanted.name for wanted in lost if wanted.name in self.cells]
        if found:
            self.remarks.append(f"{count(found, 'cell')} had lost the metadata of nbgrader: {listed(found)}")

    def claim(self, lost, sign):
        """Look for the cells that are still missing by one sign, such as `by_text`."""
        for wanted in lost:
            if wanted.name not in self.cells and (cell := sign(wanted)) is not None:
                self.cells[wanted.name] = cell

    def move_answers_out_of_locked(self):
        """Move a learner's text out of a locked cell into a new cell above, before the locked cell is restored."""
        moved = []
        for wanted in self.master.cells:
            cell = self.cells.get(wanted.name)
            if cell is None or not wanted.locked or not holds_more(cell, wanted):
                continue
            make = MAKERS[cell.cell_type]
            self.notebook.cells.insert(self.index(cell), make(cell.source.replace(wanted.released.strip(), "").strip()))
            cell.source = wanted.source
            moved.append(wanted.name)
        if moved:
            self.remarks.append(f"{count(moved, 'locked cell')} held an answer, now in a cell above: {listed(moved)}")

    def leave_out_stubs(self):
        """Remove stubs below an answer in another cell, since such a stub would overwrite the answer."""
        left_out = []
        for wanted in self.master.solutions:
            for name in sorted(self.own_names(wanted)):
                for cell in self.stubs_below_answers(name, wanted):
                    cell.source = without(cell.source, {name}, wanted)
                    left_out.append(wanted.name)
        if left_out:
            left_out = list(dict.fromkeys(left_out))
            self.remarks.append(
                f"{count(left_out, 'stub')} left out, because another cell holds the answer: {listed(left_out)}"
            )

    def put_back_missing(self):
        """Put back missing cells: tests after their answers, and stubs only for answers that no other cell defines."""
        missing = [wanted for wanted in self.master.cells if wanted.name not in self.cells]
        for wanted in missing:
            self.cells[wanted.name] = cell = made_again(wanted)
            if not is_script(self.notebook):
                cell.metadata[OUR_METADATA] = {"put_back": True}
            defined = {name for name in self.own_names(wanted) if self.is_defined(name, wanted)}
            if defined:
                cell.source = without(cell.source, defined, wanted)
            self.notebook.cells.insert(self.place_for(wanted), cell)
        if missing:
            names = [wanted.name for wanted in missing]
            self.remarks.append(f"{count(names, 'cell')} missing and put back: {listed(names)}")

    def move_tests_below_answers(self):
        """Move each test that stands above all cells with an answer that it tests."""
        for test in (wanted for wanted in self.master.cells if wanted.is_test and wanted.cell_type == "code"):
            cell = self.cells[test.name]
            at, last = self.index(cell), 0
            for name, solution in self.answers_tested(test):
                answer = self.answer_to(name, solution)
                if answer is None or self.index(answer) < at:
                    continue
                if all(self.index(each) > at for each in self.cells_answering(name, solution)):
                    last = max(last, self.index(answer))
            if last > at:
                self.notebook.cells.insert(last + 1, cell)
                del self.notebook.cells[at]
                self.remarks.append(f"{test.name} was moved below the answer that it tests")

    def restore_locked(self):
        """Give locked cells the master's text."""
        changed = []
        for wanted in self.master.cells:
            cell = self.cells[wanted.name]
            if wanted.locked and cell.source != wanted.source:
                if cell.source != wanted.released:
                    changed.append(wanted.name)
                cell.source = wanted.source
        if changed:
            self.remarks.append(
                f"{count(changed, 'locked cell')} had been changed and got the teacher's text again: {listed(changed)}"
            )

    def write_roles(self):
        """Note the roles in the form of nbgrader's metadata, as the release has them."""
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.metadata.pop("tags", None)  # one of the tags would stop nbclient from running the cell
        for wanted in self.master.cells:
            metadata = self.cells[wanted.name].metadata
            metadata["nbgrader"] = {
                "grade_id": wanted.name,
                "grade": wanted.grade,
                "solution": wanted.solution,
                "task": wanted.task,
                "locked": wanted.locked,
                "schema_version": 3,
                "cell_type": wanted.cell_type,
                **({} if wanted.points is None else {"points": wanted.points}),
            }

    # Signs by which a cell is known

    def by_id(self, by_id):
        """A sign: the cell whose id is the master's name for it."""
        return lambda wanted: self.free(by_id.get(wanted.name))

    def by_text(self, wanted):
        """A sign: the cell with the released text."""
        texts = {wanted.source.strip(), wanted.released.strip()} - {""}
        same = (cell for cell in self.notebook.cells if cell.source.strip() in texts)
        return next((cell for cell in same if self.free(cell) is not None), None)

    def by_definition(self, wanted):
        """A sign: the last cell that defines what the learner was asked to."""
        definers = [cell for name in wanted.answers for cell in self.cells_answering(name, wanted)]
        return next((cell for cell in reversed(definers) if self.free(cell) is not None), None)

    def free(self, cell):
        """The cell, if there is one and it has no role yet."""
        return None if cell is None or any(cell is other for other in self.cells.values()) else cell

    def best_of(self, twins, wanted):
        """Choose among cells with the same grade id: the last one with an answer, since it is the last to run."""
        for is_better in (self.answers, lambda cell, wanted: not is_untouched(cell, wanted)):
            better = [cell for cell in twins if is_better(cell, wanted)] if len(twins) > 1 else []
            if better:
                return better[-1]
        return twins[-1]

    # Answers and where they are

    def answers(self, cell, wanted):
        """Tell whether a cell defines a name that a cell of the master leaves open."""
        return cell.cell_type == "code" and not wanted.answers.isdisjoint(names_answered(cell.source, wanted.source))

    def is_worked_on(self, wanted):
        """Tell whether a learner has written something for a cell of the master."""
        cell = self.cells.get(wanted.name)
        touched = cell is not None and not is_untouched(cell, wanted)
        return touched or any(self.cells_answering(name, wanted) for name in wanted.answers)

    def own_names(self, wanted):
        """Return the names that a cell of the master, and no other, leaves open."""
        return frozenset(name for name in wanted.answers if self.asked[name] == 1)

    def cells_answering(self, name, wanted):
        """The code cells that really define a name, in their order; broken ones only if there are no others."""
        found = [
            cell
            for cell in self.notebook.cells
            if cell.cell_type == "code" and name in cell.source and name in names_answered(cell.source, wanted.source)
        ]
        return [cell for cell in found if is_python(cell.source)] or found if len(found) > 1 else found

    def is_defined(self, name, wanted):
        """Tell whether a code cell defines or imports a name."""
        sources = [cell.source for cell in self.notebook.cells if cell.cell_type == "code" and name in cell.source]
        return any(name in names_bound(source) - names_open(source, wanted.source) for source in sources)

    def answer_to(self, name, wanted):
        """Return the cell that answers a name: its own cell, or else the last that does; None if there is none."""
        own = self.cells.get(wanted.name)
        answers = self.cells_answering(name, wanted)
        return next((cell for cell in answers if cell is own), answers[-1] if answers else None)

    def stubs_below_answers(self, name, wanted):
        """The code cells with a stub for a name that another cell above answers.

        `x = None` without a `raise` is a stub only if no answer follows: it may be the first value for a loop.
        """
        answering = self.cells_answering(name, wanted)
        if not answering:
            return []
        first, last = (0 if wanted.grade else self.index(answering[0])), self.index(answering[-1])
        return [
            cell
            for number, cell in enumerate(self.notebook.cells)
            if number >= first
            and cell.cell_type == "code"
            and name in cell.source
            and ("raise" in cell.source or number > last)
            and name in names_open(cell.source, wanted.source)
        ]

    def answers_tested(self, test):
        """Return the learner's names that a test uses, each with the master's cell for it."""
        words = set(re.findall(r"\w+", test.source))
        return [(name, wanted) for wanted in self.master.solutions for name in self.own_names(wanted) & words]

    def place_for(self, wanted):
        """Return the position for a missing cell: after the master's previous cell and the answers that it tests."""
        at = self.master.cells.index(wanted)
        before = [self.cells[each.name] for each in self.master.cells[:at] if each.name in self.cells][-1:]
        if wanted.is_test:
            answers = [self.answer_to(name, solution) for name, solution in self.answers_tested(wanted)]
            before += [cell for cell in answers if cell is not None]
        if before:
            return max(map(self.index, before)) + 1
        after = [self.cells[each.name] for each in self.master.cells[at + 1 :] if each.name in self.cells]
        return min(map(self.index, after), default=len(self.notebook.cells))

    def index(self, cell):
        """Return the number of a cell, counted from 0."""
        return next(i for i, other in enumerate(self.notebook.cells) if other is cell)


def is_untouched(cell, wanted):
    """Tell whether a cell for an answer holds no more than the released text."""
    if cell.source.strip() == wanted.source.strip():
        return True
    return bool(wanted.answers) and cell.cell_type == "code" and holds_nothing(cell.source, wanted.source)


def holds_more(cell, wanted):
    """Tell whether a locked cell holds work of the learner, beside or instead of the master's text."""
    if cell.source in (wanted.source, wanted.released):
        return False
    if cell.cell_type == "code":
        return not names_bound(cell.source) <= names_bound(wanted.source)
    return wanted.released.strip() in cell.source and len(cell.source.strip()) > len(wanted.released.strip())


def without(source, names, wanted):
    """Remove the stubs for some names from a cell's text; if nothing is left, return a comment that says so."""
    return without_stubs(source, names, wanted.source).strip("\n") or ELSEWHERE


def is_script(notebook):
    """Tell whether a notebook was made from a script."""
    return bool(notebook.metadata.get(SCRIPT))


def made_again(wanted):
    """Make a new cell with the released text."""
    return MAKERS[wanted.cell_type](wanted.source)


def retyped(cell, kind):
    """Change the type of a cell, but not its text."""
    cell.cell_type = kind
    for field in ("outputs", "execution_count", "attachments"):
        cell.pop(field, None)
    if kind == "code":
        cell.update(outputs=[], execution_count=None)


def count(things, word):
    """`1 cell`, `3 cells`."""
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def listed(names, most=6):
    """Join names with commas; of more than `most`, only the first ones."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
