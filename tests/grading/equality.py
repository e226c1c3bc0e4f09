"""What a course holds after grading, to be compared: rows without their random ids, notebooks, other files."""

import json
import re
import sqlite3

NOISE = re.compile(r"ipykernel_\d+/\d+|0x[0-9a-f]{6,}")


def rows(gradebook):
    """All tables of a gradebook: each row with what its foreign keys stand for in the place of ids."""
    with sqlite3.connect(gradebook) as database:
        database.row_factory = sqlite3.Row
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: list(map(dict, database.execute(f"SELECT * FROM {name}"))) for name in names}  # noqa: S608
        ties = {name: database.execute(f"PRAGMA foreign_key_list({name})").fetchall() for name in names}
    keys = {name: {tie["from"]: (tie["table"], tie["to"]) for tie in found} for name, found in ties.items()}
    targets = {target for found in keys.values() for target in found.values()}
    by_key = {(table, key): {row[key]: row for row in tables[table]} for table, key in targets}

    def resolved(table, row):
        meant = {}
        for column, value in row.items():
            target = keys[table].get(column)
            if target and value is not None:
                meant[column] = resolved(target[0], by_key[target][value])
            elif not re.fullmatch(r"[0-9a-f]{32}", str(value)) or column == "checksum":
                meant[column] = value
        return meant

    return {table: sorted(str(resolved(table, row)) for row in found) for table, found in tables.items()}


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
        if cell["metadata"].get("lossedu", {}).get("put_back"):
            del cell["id"]  # drawn at random
    return NOISE.sub("...", json.dumps(notebook, indent=1))
