"""Where a notebook that was run stopped, so that words can name the first broken cell and not only what follows."""

import re
from dataclasses import dataclass

from lossedu.intake.names import names_bound

UNFINISHED = "NotImplementedError"  # what an untouched stub raises
MISSING = re.compile(r"name '(\w+)' is not defined|no cell has defined (\w+)")


@dataclass(frozen=True)
class Stop:
    """A cell that ended with an error.

    Attributes:
        number: which cell it is, counted from 1.
        label: what it is, in a word.
        error: the error, in a line.
        names: the names that it would have given.
        cause: an earlier stop, for which a name is missing here; None if the cell stopped by itself.
    """

    number: int
    label: str
    error: str
    names: frozenset[str]
    cause: "Stop | None" = None

    @property
    def place(self):
        """`cell 2 (imports)`."""
        return f"cell {self.number}{f' ({self.label})' if self.label else ''}"

    def __str__(self):
        """`cell 2 (imports) stopped with NameError: ...`."""
        return f"{self.place} stopped with {self.error}"


def stops_in(cells):
    """The cells of a notebook that stopped, in their order: neither tests nor untouched stubs."""
    found = []
    for number, cell in enumerate(cells, 1):
        error = next((each for each in cell.get("outputs", []) if each.output_type == "error"), None)
        if error is not None and error.ename != UNFINISHED and not cell.metadata.get("nbgrader", {}).get("grade"):
            cause = first_missed(found, [error.evalue])
            found.append(Stop(number, label_of(cell), describe(error), names_bound(cell.source), cause))
    return found


def cause_of(exercise, stops, said):
    """The stop of another cell that explains why an answer fails; None if there is none.

    Args:
        exercise: its name.
        stops: what `stops_in` gives.
        said: texts of errors and verdicts about the answer.
    """
    own = next((stop for stop in stops if stop.label == exercise), None)
    if own is not None:
        return own.cause
    return first_missed(stops, said)


def first_missed(stops, said):
    """The stop behind a name that some texts say is missing, traced back to the cell that stopped by itself."""
    missing = {name for words in said for pair in MISSING.findall(words) for name in pair}
    found = next((stop for stop in stops if stop.names & missing), None)
    return found and (found.cause or found)


def label_of(cell):
    """What a cell is, in a word: the exercise that it answers, or its imports."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name or ("imports" if re.search(r"^(import|from) ", cell.source, re.MULTILINE) else "")


def describe(error):
    """`SyntaxError in line 3: ...`, without the name of a file that the student never saw."""
    name, said = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    line = re.search(r"line (\d+)\)$", said)
    said = re.sub(r" \((?:.*, )?line (\d+)\)$", "", said)
    return f"{name}{f' in line {line[1]}' if line else ''}: {said}".rstrip(": ")


def tell(stop, hit):
    """Words on a cell that stopped, and on how many exercises depend on it."""
    return f"{stop}; {hit} {'exercise depends' if hit == 1 else 'exercises depend'} on it"
