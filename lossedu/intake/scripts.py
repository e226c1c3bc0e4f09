"""Read a Python file of answers as a notebook."""

import io
import re
import tokenize

from nbformat.v4 import new_code_cell, new_notebook

from lossedu.intake.notebooks import KERNELSPEC

SCRIPT = "made_of_script"  # the metadata of a notebook that was made of a script

# where jupytext, nbconvert and Databricks begin a cell; `# %%time` is a magic that jupytext has commented out
CELL = re.compile(r"^(?:# ?%%(?=[ \[]|$)|# In\[[ \d]*\]:|# COMMAND -+).*\n?", re.MULTILINE)


def read_script(content):
    """Read a Python file as a notebook.

    A script that jupytext, nbconvert or Databricks made of a notebook has the cells of that notebook, and any other
    has one. Shell lines and magics stay as they are: cells may hold them.

    Args:
        content: the bytes of the file, in UTF-8, UTF-16 or the encoding that it declares.

    Returns:
        A `NotebookNode` of code cells.
    """
    cells = [new_code_cell(text.strip("\n")) for text in CELL.split(decode_script(content)) if text.strip()]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC, SCRIPT: True})


def decode_script(content):
    """The text of a Python file, as Python would read it, or else as an editor of Windows would have saved it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return normal_lines(content.decode("utf-16", errors="replace"))
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return normal_lines(content.decode(encoding))
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return normal_lines(content.decode("cp1252", errors="replace"))


def normal_lines(text):
    """The text with the line ends of Python."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
