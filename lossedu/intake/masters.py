"""What an assignment asks for: the cells of its master notebook that have a role."""

from dataclasses import dataclass
from functools import cached_property

from lossedu.intake.names import names_bound

STUB = ["# YOUR CODE HERE", "raise NotImplementedError()"]


@dataclass(frozen=True)
class MasterCell:
    """A cell of the master notebook: the text that learners get, and its role in nbgrader's words.

    `points` is None for a cell that earns none.
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
        """The names that the cell leaves to the learner to define: those of its stub, or else its own."""
        if not self.solution or self.cell_type != "code":
            return frozenset()
        return names_bound(self.source) or frozenset({self.name} if self.name.isidentifier() else ())

    @property
    def is_test(self):
        """Whether the cell only tests answers that other cells hold."""
        return self.grade and not self.solution


@dataclass(frozen=True)
class Master:
    """The cells that an assignment asks for, in their order, and the kernel that it is written for."""

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
        """Ask for the answers to exercises of these names, whatever chapters they belong to."""
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
    """The text of a cell with what stands between the marks of a solution replaced by the stub."""
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
