"""Find the cells in which a notebook stopped, so that messages name the first broken cell, not only its effects."""

import re
from dataclasses import dataclass

from lossedu.intake.modules import Part
from lossedu.intake.names import names_bound

UNFINISHED = "NotImplementedError"  # what an untouched stub raises
MISSING = re.compile(r"name '(\w+)' is not defined|no cell has defined (\w+)")


@dataclass(frozen=True)
class Stop:
    """A cell that ended with an error.

    Attributes:
        number: the number of the cell in the notebook, from 1; parts of a module are numbered down from -1.
        label: its grade id, "imports", or an empty text.
        error: the error, in one line.
        names: the names that the cell should have defined.
        cause: the earlier stop that left a name undefined here; None if the cell stopped by itself.
        module: the path of the module that the cell comes from; None for a cell of the notebook.
    """

    number: int
    label: str
    error: str
    names: frozenset[str]
    cause: "Stop | None" = None
    module: str | None = None

    @property
    def place(self):
        """`cell 2 (imports)`, `kl_divergence.py (imports)`."""
        return f"{self.module or f'cell {self.number}'}{f' ({self.label})' if self.label else ''}"

    def __str__(self):
        """`cell 2 (imports) stopped with NameError: ...`."""
        return f"{self.place} stopped with {self.error}"


def stops_in(cells):
    """Return the cells that stopped, in their order, without test cells and untouched stubs."""
    found, number, part_number = [], 0, 0
    for cell in cells:
        part = Part.of(cell)
        number, part_number = number + (part is None), part_number - (part is not None)
        error = next((each for each in cell.get("outputs", []) if each.output_type == "error"), None)
        if error is not None and error.ename != UNFINISHED and not cell.metadata.get("nbgrader", {}).get("grade"):
            cause = first_missed(found, [error.evalue])
            names = names_bound(cell.source)
            if part is None:
                found.append(Stop(number, label_of(cell), describe(error), names, cause))
            else:
                words = describe(error, part)
                found.append(Stop(part_number, label_of_part(cell, part), words, names, cause, part.path))
    return found


def cause_of(exercise, stops, texts):
    """Return the stop of another cell that explains why an answer fails; None if there is none.

    Args:
        exercise: name of the exercise.
        stops: what `stops_in` returns.
        texts: texts of errors and verdicts about the answer.
    """
    own = next((stop for stop in stops if stop.label == exercise), None)
    if own is not None:
        return own.cause
    return first_missed(stops, texts)


def first_missed(stops, texts):
    """Return the first stop that left a name undefined which the texts miss, or the earlier stop that caused it."""
    missing = {name for words in texts for pair in MISSING.findall(words) for name in pair}
    found = next((stop for stop in stops if stop.names & missing), None)
    return found and (found.cause or found)


def label_of(cell):
    """Return a cell's grade id, "imports" for a cell that imports, or an empty text."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name or ("imports" if re.search(r"^(import|from) ", cell.source, re.MULTILINE) else "")


def label_of_part(cell, part):
    """Return the name of the only answer in a part of a module; else "imports" or an empty text."""
    return part.answers[0] if len(part.answers) == 1 else label_of(cell)


def describe(error, part=None):
    """Describe an error as `SyntaxError in line 3: ...`, without a file name that the student never saw.

    If the cell is a `Part` of a module, the line is counted in the module.
    """
    name, said = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    line = line_named(said)
    said = re.sub(r" \((?:.*, )?line (\d+)\)$", "", said)
    if line and part is not None:
        line = part.line_in_file(line)
    return f"{name}{f' in line {line}' if line else ''}: {said}".rstrip(": ")


def line_named(said):
    """Return the line that the message of a SyntaxError names at its end; 0 if it names none."""
    line = re.search(r"line (\d+)\)$", said)
    return int(line[1]) if line else 0


def describe_stop(stop, hit):
    """Say which cell stopped, and how many exercises depend on it."""
    return f"{stop}; {hit} {'exercise depends' if hit == 1 else 'exercises depend'} on it"
