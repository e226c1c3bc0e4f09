"""Read a Python file of answers as a notebook."""

import codecs
import io
import re
import tokenize
from itertools import pairwise

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from lossedu.intake.names import first_line, statements
from lossedu.intake.notebooks import KERNELSPEC, MOST_CELLS, normal_text

SCRIPT = "made_of_script"  # metadata key of a notebook that was made from a script

# where jupytext, nbconvert and Databricks begin a cell; `# %%time` is a magic that jupytext has commented out
CELL = re.compile(r"^(?:# ?%%(?=[ \[]|$)|# In\[[ \d]*\]:|# COMMAND -+).*\n?", re.MULTILINE)

BEGINS = re.compile(r"(?!(?:elif|else|except|finally)\b)[@\w!%]")  # a line that may begin a statement

NO_CELLS = nbformat.writes(new_notebook(metadata={"kernelspec": KERNELSPEC, SCRIPT: True})).encode()


def read_script(content):
    """Read a Python file as a notebook.

    A script that Jupytext, nbconvert or Databricks made from a notebook becomes the cells of that notebook. Any other
    script becomes a cell for each paragraph, so that an error in one does not stop the others. Shell lines and magics
    stay as they are, since cells may hold them.

    Args:
        content: the bytes of the file, in UTF-8, UTF-16 or the encoding that it declares.

    Returns:
        A `NotebookNode` of code cells.
    """
    text = decode_script(content)
    parts = CELL.split(text) if CELL.search(text) else paragraphs(text)
    cells = [new_code_cell(part.strip("\n")) for part in parts if part.strip()]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC, SCRIPT: True})


def decode_script(content):
    """Decode a Python file as Python does; if that fails, decode it as a Windows editor encodes it."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return normal_text(content.decode("utf-16", errors="replace"))
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, ValueError, LookupError):
        text = content.decode("cp1252", errors="replace")
    return normal_text(text.lstrip("\ufeff"))


def encode_script(text, content):
    """Encode a text that replaces `content`, in the encoding of `content` if Python knows it."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return text.encode(encoding)
    except (SyntaxError, ValueError, LookupError):
        return text.encode()


def paragraphs(text):
    """Split a script before each statement that follows a blank line; comments above a statement stay with it."""
    lines, cuts = text.split("\n"), {0}
    body = statements(text)
    if body is None:
        starts = [number for number, line in enumerate(lines) if BEGINS.match(line)]
    else:
        starts = [first_line(statement) - 1 for statement in body]
    for number in starts:
        while number and lines[number - 1].startswith("#"):
            number -= 1
        if number and not lines[number - 1].strip():
            cuts.add(number)
    if len(cuts) > MOST_CELLS:
        return [text]
    return ["\n".join(lines[start:end]) for start, end in pairwise([*sorted(cuts), len(lines)])]
