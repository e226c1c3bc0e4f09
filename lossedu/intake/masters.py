"""Describe what an assignment asks for: the cells of its master notebook that have a role."""

from dataclasses import dataclass
from functools import cached_property

from lossedu.intake.names import names_left_open

HIDDEN = ("HIDDEN TESTS", "MARK SCHEME")
STUB = ["# YOUR CODE HERE", "raise NotImplementedError()"]


@dataclass(frozen=True)
class MasterCell:
    """A cell of the master notebook: its text, without the solution, and its role, in nbgrader's terms.

    `points` is None for a cell that earns no points.
    """

    name: str
    cell_type: str
    source: str
    locked: bool = False
    grade: bool = False
    solution: bool = False
    task: bool = False
    points: float | None = None

    @cached_property
    def answers(self):
        """The names that the learner has to define here: those that the stub leaves open, or else the cell's name."""
        if not self.solution or self.cell_type != "code":
            return frozenset()
        return names_left_open(self.source) or frozenset({self.name} if self.name.isidentifier() else ())

    @cached_property
    def released(self):
        """The text as learners get it: without hidden tests, and without the mark scheme of a task."""
        return without_hidden(self.source)

    @property
    def is_test(self):
        """Whether the cell only tests answers that other cells hold."""
        return self.grade and not self.solution


@dataclass(frozen=True)
class Master:
    """The cells that an assignment asks for, in their order, and the assignment's kernel."""

    cells: tuple[MasterCell, ...]
    kernelspec: dict | None = None

    @classmethod
    def of_notebook(cls, notebook):
        """Read a released notebook, or a source notebook, whose solutions are left out."""
        cells = [
            MasterCell(
                name=cell.metadata.nbgrader.grade_id,
                cell_type=cell.cell_type,
                source=without_solutions(cell.source),
                points=cell.metadata.nbgrader.get("points"),
                **{role: bool(cell.metadata.nbgrader.get(role)) for role in ("locked", "grade", "solution", "task")},
            )
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id")
        ]
        return cls(tuple(cells), notebook.metadata.get("kernelspec"))

    @classmethod
    def of_exercises(cls, names):
        """Make a master that asks for the answers to some exercises, from any chapter."""
        cells = []
        for name in names:
            cells.append(MasterCell(name, "code", f"{name} = None", solution=True))
            cells.append(MasterCell(f"check_{name}", "code", f"check({name}={name})", True, grade=True, points=1.0))
        return cls(tuple(cells))

    @property
    def solutions(self):
        """The cells that learners write in."""
        return [cell for cell in self.cells if cell.solution]


def without_solutions(source):
    """Replace the solution in a cell's text, between its marks, with the stub."""
    lines, inside = [], False
    for line in source.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if "BEGIN SOLUTION" in line:
            inside = True
            lines += [indent + each for each in STUB]
        elif "END SOLUTION" in line:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def without_hidden(source):
    """Remove what nbgrader hides from learners in a cell's text, between its marks."""
    lines, inside = [], False
    for line in source.split("\n"):
        if any(f"BEGIN {what}" in line for what in HIDDEN):
            inside = True
        elif any(f"END {what}" in line for what in HIDDEN):
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)
