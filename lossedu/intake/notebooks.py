"""Read a file as a notebook, and correct everything that does not matter to grading."""

import codecs
import hashlib
import json
import math
import re
import uuid
from typing import Any

import nbformat

from lossedu.intake.archives import archive_kind

MOST_CELLS = 2000  # in a notebook
DEEPEST = 30  # levels of lists and objects in metadata
KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
OUR_METADATA = "lossedu"  # metadata key of lossedu's own notes; a submission cannot set it
KINDS = ("code", "markdown", "raw")
BAD_ID = re.compile(r"[^a-zA-Z0-9_-]")  # nbformat allows the rest, up to 64 characters


class UnreadableError(ValueError):
    """A file holds no notebook that can be graded; the message says why."""


def read_notebook(content) -> Any:
    """Read a notebook from the content of a file.

    Encodings, line ends, versions of the format, missing fields, odd cell ids and metadata of other programs make no
    difference. Outputs are left out, since grading runs every cell again. A file that is not a notebook is refused.

    Args:
        content: the bytes of the file.

    Returns:
        A valid `NotebookNode` of format 4.5 whose cells have the ids that they came with, as far as these are valid.

    Raises:
        UnreadableError: the file holds no notebook.
    """
    data = parse(content)
    raw_cells = cells_in(data)
    if raw_cells is None:
        raise UnreadableError("not a notebook (the file is JSON, but has no cells)")
    if len(raw_cells) > MOST_CELLS:
        raise UnreadableError(f"the notebook has {len(raw_cells):,} cells; at most {MOST_CELLS:,} are graded")
    taken = set()
    cells = [read_cell(raw, taken) for raw in raw_cells if isinstance(raw, dict)]
    metadata = read_metadata(data.get("metadata"))
    notebook = nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    if not is_valid(notebook):  # first the whole notebook: to validate each cell takes ten times as long
        reduce_metadata(notebook)
    return notebook


def text_id(text):
    """Return the id that the course gives to a cell with this text, if the cell has no role.

    >>> text_id("import numpy as np")
    '6f11581d'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def parse(content):
    """Parse the JSON of a file."""
    text = decode(content)
    try:
        return json.loads(text, strict=False, parse_int=read_integer)  # not strict: a text may hold unescaped tabs
    except RecursionError as error:
        raise UnreadableError("not a notebook (its JSON is nested too deeply)") from error
    except ValueError as error:
        raise UnreadableError(f"not a notebook ({describe_content(content, text, error)})") from error


def decode(content):
    """Decode a JSON file: Unicode in any encoding, with or without byte order marks.

    Bytes that are no UTF-8 are read in the encoding of Windows, whether they are few or all.
    """
    encoding = json.detect_encoding(content)
    text = content.decode(encoding, errors=WINDOWS if encoding.startswith("utf-8") else "replace")
    return text.lstrip("\ufeff").rstrip("\0\x1a \t\r\n")  # zeros come from a full disk, 0x1A from DOS


def as_windows(error):
    """Handle a decoding error: decode the bytes as Windows in Western Europe encodes them."""
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


WINDOWS = "lossedu.windows"
codecs.register_error(WINDOWS, as_windows)


def read_integer(digits):
    """Read an integer; return None if it has too many digits for Python."""
    return int(digits) if len(digits) < 1000 else None


def describe_content(content, text, error):
    """Say what a file is that isn't JSON."""
    if not text:
        return "the file is empty"
    if kind := archive_kind(content):
        return f"the file is a {kind} archive or an office document"
    if text.startswith("%PDF"):
        return "the file is a PDF"
    if text.startswith("<") and not text.startswith("<<<<<<<"):
        return "the file is a web page, not the notebook behind it"
    if re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE):
        return "the file holds conflict markers of git"
    if not text.startswith("{"):
        return "the file is not JSON"
    where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
    return f"its JSON breaks off or has an error{where}"


def cells_in(data):
    """Return the cells of a notebook; before format 4 they are in worksheets. None if there is no notebook."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("cells"), list):
        return data["cells"]
    if not isinstance(data.get("worksheets"), list):
        return None
    sheets = [sheet.get("cells") for sheet in data["worksheets"] if isinstance(sheet, dict)]
    return [cell for cells in sheets if isinstance(cells, list) for cell in cells]


def read_cell(raw, taken):
    """Return a cell without outputs, as plain data; add its id to `taken`, the ids of earlier cells."""
    metadata = clean(raw.get("metadata")) if isinstance(raw.get("metadata"), dict) else {}
    kind = read_kind(raw)
    source = raw["source"] if "source" in raw else raw.get("input")  # its name before format 4
    cell = {"cell_type": kind, "id": read_id(raw, metadata, taken), "source": read_source(source)}
    cell["metadata"] = {key: value for key, value in metadata.items() if key != OUR_METADATA}
    if not has_texts(metadata.get("nbgrader"), "grade_id"):
        cell["metadata"].pop("nbgrader", None)
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    elif "attachments" in raw:
        cell["attachments"] = clean(raw["attachments"])
    return cell


def read_kind(raw):
    """Return the type of a cell; an unknown type is code if the cell has a field that only code cells have."""
    kind = str(raw.get("cell_type")).lower()
    if kind in KINDS:
        return kind
    if kind in ("heading", "html"):  # before format 4
        return "markdown"
    return "code" if {"outputs", "execution_count", "input"} & raw.keys() else "raw"


def read_source(source):
    """Return the text of a cell, given as one string or as a list of lines."""
    lines = source if isinstance(source, list) else [source]
    return normal_text("".join(line for line in lines if isinstance(line, str)))


def normal_text(text):
    """Replace line ends with those of Python, and characters that cannot be written."""
    return whole_characters(text).replace("\r\n", "\n").replace("\r", "\n")


def whole_characters(text):
    """Replace each lone surrogate with U+FFFD, since it cannot be written."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean(value, depth=0) -> Any:
    """Reduce metadata to what every program can read: whole characters, finite numbers, and no deep nesting."""
    if isinstance(value, dict | list) and depth > DEEPEST:
        return None
    if isinstance(value, dict):
        return {whole_characters(key): clean(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [clean(each, depth + 1) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return whole_characters(value) if isinstance(value, str) else value


def read_id(raw, metadata, taken):
    """Return a valid, unique id: the cell's own id, or else the one that some programs keep in the metadata."""
    found = next((each for each in (raw.get("id"), metadata.get("id")) if isinstance(each, str) and each), None)
    name = base = BAD_ID.sub("-", found)[:64] if found else uuid.uuid4().hex[:8]
    number = 2
    while name in taken:
        name, number = f"{base[:56]}-{number}", number + 1
    taken.add(name)
    return name


def read_metadata(metadata):
    """Return the metadata of a notebook with a valid kernelspec, and without metadata of outputs."""
    metadata = metadata if isinstance(metadata, dict) else {}
    dropped = {"widgets", OUR_METADATA}  # the state of widgets belongs to outputs, and without state it is invalid
    found = clean({key: value for key, value in metadata.items() if key not in dropped})
    if not has_texts(found.get("kernelspec"), "name", "display_name"):
        found["kernelspec"] = KERNELSPEC
    if not has_texts(found.get("language_info"), "name"):
        found.pop("language_info", None)
    return found


def has_texts(found, *keys):
    """Tell whether a value is a dictionary with a text for each of the keys."""
    return isinstance(found, dict) and all(isinstance(found.get(key), str) for key in keys)


def reduce_metadata(notebook):
    """Remove the metadata that make a notebook invalid, except the nbgrader metadata of cells."""
    for cell in notebook.cells:
        if not is_valid(cell, f"{cell.cell_type}_cell"):
            kept = cell.metadata.get("nbgrader")
            cell.metadata = nbformat.from_dict({"nbgrader": kept} if kept else {})
            cell.pop("attachments", None)
    if not is_valid(notebook):
        notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC})


def is_valid(node, part=None):
    """Tell whether a notebook, or a part such as `code_cell`, is valid by nbformat's schema."""
    try:
        nbformat.validate(node, ref=part, version=4, version_minor=5)
    except nbformat.ValidationError:
        return False
    return True
