"""Checking a whole file: the answers in a Python module, or in a notebook, which is run in a kernel of its own."""

import os
import runpy
import subprocess
from pathlib import Path

from lossedu import exercises
from lossedu.checking import verdict
from lossedu.checking._answers import KernelAnswer, UnansweredError, text_of

TIMEOUT = 60  # seconds for a cell, and for the kernel to try one answer


class UnreadableFileError(ValueError):
    """There is nothing to check in a file; says why."""


def check_file(path):
    """The verdicts on all exercises that a file answers.

    Args:
        path: a `.py` file, or a notebook, `.ipynb`.

    Returns:
        list of Verdict: by chapter, in the order of the course.

    Raises:
        UnreadableFileError: it is neither, cannot be run, or answers no exercise.
    """
    path = Path(path)
    readers = {".py": check_module, ".ipynb": check_notebook}
    if path.suffix not in readers:
        raise UnreadableFileError(f"{path} must be a .py file or an .ipynb notebook")
    found = readers[path.suffix](path)
    if not found:
        raise UnreadableFileError(f"{path} answers no exercise: none is called as one of those in the course")
    return found


def check_module(path):
    """The verdicts on the names that a Python file defines."""
    try:
        defined = runpy.run_path(str(path), run_name=path.stem)
    except (Exception, SystemExit) as error:
        raise UnreadableFileError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    answered = [name for name in exercises.names() if name in defined]
    return [verdict(name, defined[name], own_functions=defined) for name in answered]


def check_notebook(path):
    """The verdicts on the names that a notebook has cells for."""
    import nbformat
    from nbclient import NotebookClient

    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # what a broken file raises cannot be foreseen
        raise UnreadableFileError(f"{path} is no notebook: {type(error).__name__}: {error}") from error
    roles = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    answered = {role.get("grade_id") for role in roles if role.get("solution")}
    resources = {"metadata": {"path": str(path.resolve().parent)}}
    client = NotebookClient(
        notebook, timeout=TIMEOUT, allow_errors=True, interrupt_on_timeout=True, resources=resources
    )

    def ask(expression):
        message = client.kc.execute("", silent=True, store_history=False, user_expressions={"reply": expression})
        try:
            return text_of(client.wait_for_reply(message))
        except RuntimeError as error:  # out of time, or the kernel is dead
            raise UnansweredError(f"gives no answer within {TIMEOUT} seconds; does a loop never end?") from error

    # as in nbgrader's own validation, nothing is compared with the live tf.keras
    environment = os.environ | {"NBGRADER_EXECUTION": "validate"}
    with client.setup_kernel(env=environment, stderr=subprocess.DEVNULL):
        for index, (cell, role) in enumerate(zip(notebook.cells, roles, strict=True)):
            if not role.get("grade"):
                client.execute_cell(cell, index)
        return [verdict(name, KernelAnswer(name, ask)) for name in exercises.names() if name in answered]
