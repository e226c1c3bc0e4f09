"""Why a submission has no grades."""

from lossedu.grading.course import check_files
from lossedu.intake.choosing import UnclearError, choose
from lossedu.intake.matching import match
from lossedu.intake.notebooks import UnreadableError, read_notebook

LARGEST = 2**27  # bytes; a larger submission is not read to find out why it was not graded


def why_not_graded(entry, masters):
    """Say why a submission cannot be graded; return None if it can.

    Args:
        entry: an `Entry`, or None if the submission is gone.
        masters: the `Master` of each notebook that the assignment asks for, by its name.
    """
    if entry is None:
        return "the submission is no longer there"
    if entry.problem:
        return entry.problem
    try:
        files = {path: place.read_bytes() for path, place in check_files(entry, LARGEST, LARGEST).items()}
        for name, content in choose(files, masters).notebooks.items():
            try:
                match(read_notebook(content), masters[name])
            except UnreadableError as error:
                return f"{name}.ipynb: {error}"
    except (UnclearError, OSError) as error:
        return str(error)
    return None
