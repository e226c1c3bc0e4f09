"""Give the cells of a notebook the roles that they have in an assignment.

The nbgrader metadata of a submission decide nothing that other signs can tell: a cell is found by its grade id, by its
cell id, by its text, or by the names that it defines.
"""

import re

from nbformat.v4 import new_code_cell, new_markdown_cell

from lossedu.intake.names import holds_nothing, names_answered
from lossedu.intake.notebooks import OUR_METADATA, UnreadableError
from lossedu.intake.scripts import SCRIPT

ELSEWHERE = "# The answer stands in another cell of this notebook."


class ForeignNotebookError(UnreadableError):
    """A notebook holds nothing that an assignment asks for."""


def match(notebook, master):
    """Give each cell that the master has its role, put back those that are missing, and say what was done.

    Locked cells get the master's text again. The notebook of a script has no test cells, so it misses none.

    Args:
        notebook: what `read_notebook` or `read_script` gives; it is changed.
        master: a `Master`.

    Returns:
        list of str: remarks, for what was out of the ordinary.

    Raises:
        ForeignNotebookError: the notebook holds something, but none of the master's cells.
    """
    found = Matching(notebook, master)
    found.claim_all()
    is_empty = not any(cell.source.strip() for cell in notebook.cells)
    if master.cells and not (found.cells or is_empty or is_script(notebook)):
        raise ForeignNotebookError("it holds none of the cells that the assignment asks for")
    found.leave_out_stubs()
    found.put_back_missing()
    found.move_tests_below_answers()
    found.restore_locked()
    found.write_roles()
    if master.kernelspec:
        notebook.metadata["kernelspec"] = master.kernelspec
    return [] if is_script(notebook) else found.remarks


def answered(notebook, master):
    """How many of the master's cells a notebook has, and in how many of them the learner has written something."""
    found = Matching(notebook, master)
    found.claim_all(keep_metadata=True)
    solutions = [(cell, found.cells[cell.name]) for cell in master.solutions if cell.name in found.cells]
    return len(found.cells), sum(not is_untouched(cell, by_role) for by_role, cell in solutions)


class Matching:
    """The work of `match` on one notebook: `cells` are those found so far, by the name that the master has for them."""

    def __init__(self, notebook, master):
        """Begin with no cell found."""
        self.notebook, self.master = notebook, master
        self.cells, self.remarks = {}, []

    # Steps, in their order

    def claim_all(self, keep_metadata=False):
        """Find the master's cells among those of the notebook."""
        by_grade_id = {}
        for cell in self.notebook.cells:
            role = cell.metadata.get("nbgrader", {}) if keep_metadata else cell.metadata.pop("nbgrader", {})
            by_grade_id.setdefault(str(role.get("grade_id")), []).append(cell)
        by_id = {cell.get("id"): cell for cell in self.notebook.cells}
        lost = []
        for wanted in self.master.cells:
            twins = by_grade_id.get(wanted.name, [])
            if twins:  # of several the last that holds an answer counts, as when they are run
                self.cells[wanted.name] = next((c for c in reversed(twins) if not is_untouched(c, wanted)), twins[-1])
            else:
                lost.append(wanted)
        for sign in (self.by_id(by_id), self.by_text, self.by_definition):
            for wanted in [each for each in lost if each.name not in self.cells]:
                cell = sign(wanted)
                if cell is not None:
                    self.cells[wanted.name] = cell
        found = [wanted.name for wanted in lost if wanted.name in self.cells]
        if found:
            self.remarks.append(f"{count(found, 'cell')} had lost the metadata of nbgrader: {listed(found)}")

    def leave_out_stubs(self):
        """Empty a stub whose answer stands in another cell, since it would replace the answer by nothing."""
        left_out = []
        for wanted in self.master.solutions:
            stub = self.cells.get(wanted.name)
            if stub is None or wanted.grade or not wanted.answers or not is_untouched(stub, wanted):
                continue
            if all(self.cells_answering(name) for name in wanted.answers):
                stub.source = ELSEWHERE
                left_out.append(wanted.name)
        if left_out:
            self.remarks.append(f"answers found in other cells than their own: {listed(left_out)}")

    def put_back_missing(self):
        """Put back what is not there: tests behind their answers, a stub only if no other cell defines the answer."""
        missing = [wanted for wanted in self.master.cells if wanted.name not in self.cells]
        for wanted in missing:
            self.cells[wanted.name] = cell = made_again(wanted)
            if not is_script(self.notebook):
                cell.metadata[OUR_METADATA] = {"put_back": True}
            if wanted.answers and all(self.cells_answering(name) for name in wanted.answers):
                cell.source = ELSEWHERE
            self.notebook.cells.insert(self.place_for(wanted), cell)
        names = [wanted.name for wanted in missing if not wanted.is_test]  # a test bears its mark where it is judged
        if names:
            self.remarks.append(f"{count(names, 'cell')} missing and put back: {listed(names)}")

    def move_tests_below_answers(self):
        """Move a test that stands above the only cells which hold its answers."""
        for test in (wanted for wanted in self.master.cells if wanted.is_test and wanted.cell_type == "code"):
            cell = self.cells[test.name]
            at, last = self.index(cell), 0
            for name, solution in self.answers_tested(test):
                own = self.cells[solution.name]
                if self.index(own) > at or own.source == ELSEWHERE:  # else it need not be looked for
                    first = min(map(self.index, self.cells_answering(name)), default=0)
                    last = max(last, first)
            if last > at:
                self.notebook.cells.insert(last + 1, cell)
                del self.notebook.cells[at]
                self.remarks.append(f"{test.name} was moved below the answer that it tests")

    def restore_locked(self):
        """Give cells the type, and locked ones the text, that the master has."""
        changed = []
        for wanted in self.master.cells:
            cell = self.cells[wanted.name]
            if cell.cell_type != wanted.cell_type:
                retyped(cell, wanted.cell_type)
            if wanted.locked and cell.source != wanted.source:
                cell.source = wanted.source
                changed.append(wanted.name)
        if changed:
            self.remarks.append(
                f"{count(changed, 'locked cell')} had another text, and got the teacher's: {listed(changed)}"
            )

    def write_roles(self):
        """Note the roles in the form of nbgrader's metadata, as the release has them."""
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
            metadata.pop("tags", None)  # one of them keeps a cell from being run

    # Signs by which a cell is known

    def by_id(self, by_id):
        """A sign: the cell whose id is the master's name for it."""
        return lambda wanted: self.free(by_id.get(wanted.name))

    def by_text(self, wanted):
        """A sign: the cell with the text that was handed out."""
        same = (cell for cell in self.notebook.cells if cell.source.strip() == wanted.source.strip() != "")
        return next((cell for cell in same if self.free(cell) is not None), None)

    def by_definition(self, wanted):
        """A sign: the last cell that defines what the learner was asked to."""
        definers = [cell for name in wanted.answers for cell in self.cells_answering(name)]
        return next((cell for cell in reversed(definers) if self.free(cell) is not None), None)

    def free(self, cell):
        """The cell, if there is one and it has no role yet."""
        return None if cell is None or any(cell is other for other in self.cells.values()) else cell

    # Where cells are

    def cells_answering(self, name):
        """The code cells that really define a name, in their order."""
        return [
            cell
            for cell in self.notebook.cells
            if cell.cell_type == "code" and name in cell.source and name in names_answered(cell.source)
        ]

    def answers_tested(self, test):
        """The names that a test uses of those that learners define, each with the master's cell for it."""
        words = set(re.findall(r"\w+", test.source))
        return [(name, wanted) for wanted in self.master.solutions for name in wanted.answers & words]

    def place_for(self, wanted):
        """Where a missing cell belongs: behind the one before it and behind the answers that it tests."""
        at = self.master.cells.index(wanted)
        before = [self.cells[each.name] for each in self.master.cells[:at] if each.name in self.cells][-1:]
        if wanted.is_test:
            before += [cell for name, _ in self.answers_tested(wanted) for cell in self.cells_answering(name)[-1:]]
        if before:
            return max(map(self.index, before)) + 1
        after = [self.cells[each.name] for each in self.master.cells[at + 1 :] if each.name in self.cells]
        return min(map(self.index, after), default=len(self.notebook.cells))

    def index(self, cell):
        """The number of a cell, counted from 0."""
        return next(i for i, other in enumerate(self.notebook.cells) if other is cell)


def is_untouched(cell, wanted):
    """Whether a cell for an answer holds no more than was handed out."""
    if cell.source.strip() == wanted.source.strip():
        return True
    return bool(wanted.answers) and cell.cell_type == "code" and holds_nothing(cell.source)


def is_script(notebook):
    """Whether a notebook was made of a script."""
    return bool(notebook.metadata.get(SCRIPT))


def made_again(wanted):
    """A cell with the text that was handed out."""
    return (new_code_cell if wanted.cell_type == "code" else new_markdown_cell)(wanted.source)


def retyped(cell, kind):
    """Turn a cell into one of another type; its text stays."""
    cell.cell_type = kind
    for field in ("outputs", "execution_count", "attachments"):
        cell.pop(field, None)
    if kind == "code":
        cell.update(outputs=[], execution_count=None)


def count(things, word):
    """`1 cell`, `3 cells`."""
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def listed(names, most=6):
    """Names in a row, of many only the first."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
