"""A graded notebook, built anew from what its pages need, so that no page shows anything else of a submission."""

import base64
import binascii
import html
import math
import re

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from lossedu.checking import MIME_TYPE, Verdict, bundle
from lossedu.grading._markup import clean, render, render_latex
from lossedu.grading.session import exercises_in

GRADE_ID = re.compile(r"[A-Za-z0-9_-]+")  # as nbgrader wants them
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")


def neutral(notebook):
    """Return a copy of a notebook whose HTML is clean, and whose metadata is nbgrader's alone."""
    cells = [neutral_cell(cell, f"cell-{number}") for number, cell in enumerate(notebook.cells)]
    return new_notebook(cells=[cell for cell in cells if cell])


def neutral_cell(cell, name):
    """Return the neutral copy of a cell; None for a cell of an unknown type."""
    source, metadata = text_of(cell.get("source")), neutral_metadata(cell)
    match cell.get("cell_type"):
        case "code":
            count = cell.get("execution_count")
            return new_code_cell(
                source,
                id=name,
                metadata=metadata,
                execution_count=count if isinstance(count, int) else None,
                outputs=[output for each in cell.get("outputs", []) if (output := neutral_output(each, cell))],
            )
        case "markdown":
            return new_markdown_cell(source, id=name, metadata=metadata, attachments=neutral_attachments(cell))
        case "raw":  # nbconvert takes its text for HTML
            return new_raw_cell(f"<pre>{html.escape(source)}</pre>", id=name, metadata=metadata)
    return None


def neutral_metadata(cell):
    """Return nbgrader's metadata of a cell, the only metadata that a page shows."""
    found = cell.get("metadata", {}).get("nbgrader")
    if not isinstance(found, dict) or not GRADE_ID.fullmatch(str(found.get("grade_id"))):
        return {}
    roles = {role: bool(found.get(role)) for role in ("grade", "solution", "task", "locked")}
    points = {"points": found["points"]} if is_number(found.get("points")) else {}
    return {"nbgrader": {"grade_id": found["grade_id"], "schema_version": 3, **roles, **points}}


def neutral_attachments(cell):
    """Return the pictures that are attached to a cell."""
    attached = cell.get("attachments")
    pictures = {name: pictures_of(data) for name, data in attached.items()} if isinstance(attached, dict) else {}
    return {name: data for name, data in pictures.items() if data}


def pictures_of(data):
    """Return the pictures in a dictionary by MIME type, in Base64."""
    found = {kind: text_of(data.get(kind)) for kind in PICTURES} if isinstance(data, dict) else {}
    return {kind: text for kind, text in found.items() if is_base64(text)}


def neutral_output(output, cell):
    """Return the neutral copy of an output of a cell; None if the page can show nothing of it."""
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output(kind, name=name, text=text_of(output.get("text")))
    if kind == "error":
        lines = output.get("traceback")
        traceback = [text_of(line) for line in lines] if isinstance(lines, list) else []
        return new_output(kind, ename="", evalue="", traceback=traceback)
    data = output.get("data")
    if kind not in ("display_data", "execute_result") or not isinstance(data, dict):
        return None
    shown = verdict_shown(data[MIME_TYPE], cell) if MIME_TYPE in data else best_of(data)
    return shown and new_output(kind, data=shown, metadata=sizes(output, *shown))


def verdict_shown(data, cell):
    """Return a verdict as its words say it; None if it is not one of lossedu on an exercise that the cell tests.

    What the output itself holds as HTML or text is not used.
    """
    metadata = cell.get("metadata", {}).get("nbgrader", {})
    if not metadata.get("grade") or metadata.get("solution"):
        return None
    try:
        verdict = Verdict.from_dict(data)
    except ValueError:
        return None
    return {"text/html": bundle(verdict)["text/html"]} if verdict.exercise in exercises_in(cell) else None


def best_of(data):
    """Return the richest form of an output that a page may show, by MIME type; None if there is none."""
    for kind, convert in FORMS.items():
        if kind in data and (shown := convert(text_of(data[kind]))):
            return {"text/html" if convert in (clean, render, render_latex) else kind: shown}
    return None


def picture(text):
    """Return a picture in Base64; nothing if it is none."""
    return text if is_base64(text) else ""


FORMS = {
    "text/html": clean,
    "text/markdown": render,
    "image/svg+xml": str,  # nbconvert shows it as a picture, in which nothing runs
    "text/latex": render_latex,
    "image/png": picture,
    "image/jpeg": picture,
    "text/plain": str,
}


def sizes(output, kind):
    """Return width, height and description of a picture as metadata."""
    metadata = output.get("metadata")
    found = metadata.get(kind) if isinstance(metadata, dict) else None
    found = found if isinstance(found, dict) else {}
    kept = {name: found[name] for name in ("width", "height") if is_number(found.get(name)) and found[name] > 0}
    kept |= {"alt": found["alt"]} if isinstance(found.get("alt"), str) else {}
    return {kind: kept} if kept else {}


def text_of(value):
    """Return a text, which notebooks may also hold as a list of lines; an empty text for anything else."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else ""


def is_number(value):
    """Tell whether a value is a number, neither infinite nor a truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_base64(text):
    """Tell whether a text holds data in Base64."""
    try:
        return bool(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        return False
