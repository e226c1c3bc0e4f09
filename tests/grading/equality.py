"""What a course holds after grading, to be compared: rows without their random ids, notebooks, other files."""

import itertools
import json
import re

from nbgrader.api import Base
from sqlalchemy import create_engine, select

RANDOM_ID = re.compile(r"[0-9a-f]{32}")
DRAWN_ID = re.compile(r"[0-9a-f]{8}")
NOISE = re.compile(r"ipykernel_\d+/\d+|0x[0-9a-f]{6,}")


def rows(url):
    """All tables of a gradebook: each row with what its foreign keys stand for in the place of ids."""
    tables = Base.metadata.tables.values()
    engine = create_engine(url)
    with engine.connect() as database:
        found = {table: [row._asdict() for row in database.execute(select(table))] for table in tables}
    engine.dispose()
    by_key = {key: {row[key.name]: row for row in found[key.table]} for table in tables for key in table.primary_key}

    def resolved(table, row):
        meant = {}
        for column in table.columns:
            value = row[column.name]
            target = next((key.column for key in column.foreign_keys), None)
            if target is not None and value is not None:
                meant[column.name] = resolved(target.table, by_key[target][value])
            elif not RANDOM_ID.fullmatch(str(value)) or column.name == "checksum":
                meant[column.name] = value
        return meant

    return {table.name: sorted(str(resolved(table, row)) for row in of_table) for table, of_table in found.items()}


def folders(autograded):
    """All that lies in a folder: by path, its permissions and its content, a notebook's without the noise of a run."""
    return {
        str(path.relative_to(autograded)): (oct(path.stat().st_mode), content(path))
        for path in autograded.rglob("*")
        if path.is_file()
    }


def content(path):
    if path.suffix != ".ipynb":
        return path.read_bytes()
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
        if DRAWN_ID.fullmatch(cell.get("id", "")):  # of a cell that had none
            del cell["id"]
        if "outputs" in cell:
            cell["outputs"] = joined(cell["outputs"])
    return NOISE.sub("...", json.dumps(notebook, indent=1))


def joined(outputs):
    """Outputs with each stream in one piece: into how many it falls, and which is first, is a matter of moments."""
    whole = []
    for are_streams, group in itertools.groupby(outputs, lambda output: output["output_type"] == "stream"):
        if not are_streams:
            whole += group
            continue
        texts = {}
        for output in group:
            texts.setdefault(output["name"], []).extend(output["text"])  # a text comes as lines, or whole
        whole += [{"output_type": "stream", "name": name, "text": "".join(texts[name])} for name in sorted(texts)]
    return whole
