"""Read a file as a notebook: what doesn't matter to grading is put right, so that it cannot decide."""

import json
import re
import uuid

import nbformat

from lossedu.intake.archives import archive_kind

MOST_CELLS = 2000  # in a notebook
KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
OUR_METADATA = "lossedu"  # what lossedu notes in a notebook; a submission has no say in it
KINDS = ("code", "markdown", "raw")
BAD_ID = re.compile(r"[^a-zA-Z0-9_-]")  # nbformat allows the rest, up to 64 characters


class UnreadableError(ValueError):
    """A file holds no notebook that can be graded; says why."""


def read_notebook(content):
    """Read a notebook from the content of a file.

    Encodings, line ends, versions of the format, missing fields, odd cell ids and metadata of other programs make no
    difference. Outputs are left out, since grading runs every cell anew. Whatever is not a notebook is refused.

    Args:
        content: the bytes of the file.

    Returns:
        A valid `NotebookNode` of format 4.5 whose cells have the ids that they came with, as far as these are valid.

    Raises:
        UnreadableError: there is no notebook in it.
    """
    data = parse(content)
    raw_cells = data["cells"]
    if len(raw_cells) > MOST_CELLS:
        raise UnreadableError(f"the notebook has {len(raw_cells):,} cells; at most {MOST_CELLS:,} are graded")
    taken = set()
    cells = [read_cell(raw, taken) for raw in raw_cells if isinstance(raw, dict)]
    metadata = read_metadata(data.get("metadata"))
    notebook = nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    if not is_valid(notebook):  # the whole is asked first, since to ask every cell takes ten times as long
        reduce_metadata(notebook)
    return notebook


def parse(content):
    """The JSON object of a notebook of format 4 or later, as plain data."""
    try:
        data = json.loads(decode(content))
    except RecursionError as error:
        raise UnreadableError("not a notebook (its JSON is nested too deeply)") from error
    except ValueError as error:
        raise UnreadableError(f"not a notebook ({describe_content(content, error)})") from error
    if isinstance(data, dict) and isinstance(data.get("worksheets"), list) and "cells" not in data:
        data = upgrade(data)
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        raise UnreadableError("not a notebook (the file is JSON, but has no cells)")
    return data


def decode(content):
    """The text of a JSON file: Unicode in any encoding, with or without byte order marks, or else Windows' own."""
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return text.lstrip("\ufeff")


def describe_content(content, error):
    """Say what a file is that isn't JSON."""
    start = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return "the file is empty"
    if kind := archive_kind(content):
        return f"the file is a {kind} archive or an office document"
    if start.startswith(b"%PDF"):
        return "the file is a PDF"
    if start[:1] == b"<":
        return "the file is a web page, not the notebook behind it"
    if start[:1] != b"{":
        return "the file is not JSON"
    if re.search(rb"^(<{7}|>{7}) ", content, re.MULTILINE):
        return "the file holds conflict markers of git"
    where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
    return f"its JSON breaks off or has an error{where}"


def upgrade(data):
    """A notebook of a format before 4 in format 4, as plain data."""
    data.setdefault("nbformat", 3)
    data.setdefault("nbformat_minor", 0)
    try:
        return nbformat.convert(nbformat.from_dict(data), 4)
    except Exception as error:  # what a broken file raises cannot be foreseen
        raise UnreadableError(f"not a notebook (its format is old, and broken: {type(error).__name__})") from error


def read_cell(raw, taken):
    """One cell without its outputs, as plain data; `taken` holds the ids so far, and gets its own."""
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    kind = raw.get("cell_type")
    if kind not in KINDS:
        kind = "code" if "outputs" in raw or "execution_count" in raw else "raw"
    cell = {"cell_type": kind, "id": read_id(raw, metadata, taken), "source": read_source(raw.get("source"))}
    cell["metadata"] = {key: value for key, value in metadata.items() if key != OUR_METADATA}
    if not has_texts(metadata.get("nbgrader"), "grade_id"):
        cell["metadata"].pop("nbgrader", None)
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    elif "attachments" in raw:
        cell["attachments"] = raw["attachments"]
    return cell


def read_source(source):
    """The text of a cell, which may come as one string or as a list of lines."""
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a character cannot be written
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_id(raw, metadata, taken):
    """A valid id that no other cell has: the cell's own, or the one that a program keeps in the metadata instead."""
    found = next((each for each in (raw.get("id"), metadata.get("id")) if isinstance(each, str) and each), None)
    base = BAD_ID.sub("-", found)[:56] if found else uuid.uuid4().hex[:8]
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    return name


def read_metadata(metadata):
    """The metadata of a notebook, with a kernelspec that can be used and without what belongs to outputs."""
    metadata = metadata if isinstance(metadata, dict) else {}
    dropped = {"widgets", OUR_METADATA}  # the state of widgets belongs to outputs, and without state it is invalid
    found = {key: value for key, value in metadata.items() if key not in dropped}
    if not has_texts(found.get("kernelspec"), "name", "display_name"):
        found["kernelspec"] = KERNELSPEC
    if not has_texts(found.get("language_info"), "name"):
        found.pop("language_info", None)
    return found


def has_texts(found, *keys):
    """Whether something is a dictionary with a text for each of the keys."""
    return isinstance(found, dict) and all(isinstance(found.get(key), str) for key in keys)


def reduce_metadata(notebook):
    """Leave out the metadata that make a notebook invalid, except for what nbgrader notes in a cell."""
    for cell in notebook.cells:
        if not is_valid(cell, f"{cell.cell_type}_cell"):
            kept = cell.metadata.get("nbgrader")
            cell.metadata = nbformat.from_dict({"nbgrader": kept} if kept else {})
            cell.pop("attachments", None)
    if not is_valid(notebook):
        notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC})


def is_valid(node, part=None):
    """Whether a notebook, or a part of one such as `code_cell`, is valid by nbformat's schema."""
    try:
        nbformat.validate(node, ref=part, version=4, version_minor=5)
    except nbformat.ValidationError:
        return False
    return True
