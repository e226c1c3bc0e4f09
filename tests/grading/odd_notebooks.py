"""Chapter 00_first_loss as a learner has it, and edits of it: metadata, cells, answers, lines.

An edit is a function that changes a `Notebook` in place. `solved(*edits)` is the content of a file: a function from the
`Work` of a course to bytes.
"""

import codecs
import copy
import json
import re
import uuid

import nbformat

from tests.grading import mixed
from tests.samples.demo import REPOSITORY

CHAPTER = "00_first_loss"
OTHER = "01_regression"
FILE = f"{CHAPTER}.ipynb"
NOTEBOOK = f"{CHAPTER}/{FILE}"

# --- The notebook ---------------------------------------------------------------------------------------------------


class Notebook(dict):
    """A notebook as its JSON has it, but with each source as one string; `stubs` are its answers as released."""

    stubs: dict

    def cell(self, name):
        """The cell of that id."""
        return next(cell for cell in self["cells"] if cell["id"] == name)

    def index(self, name):
        """The position of the cell of that id."""
        return self["cells"].index(self.cell(name))

    def insert(self, index, source, **changes):
        """Insert a new code cell."""
        self["cells"].insert(index, code_cell(source, **changes))

    def delete(self, *names):
        """Delete the cells of these ids."""
        self["cells"] = [cell for cell in self["cells"] if cell["id"] not in names]

    @property
    def imports(self):
        return next(cell for cell in self["cells"] if cell["source"].startswith("import matplotlib"))

    @property
    def code_cells(self):
        return [cell for cell in self["cells"] if cell["cell_type"] == "code"]


class Work:
    """What a course released, and the right answers to it."""

    def __init__(self, course):
        released = nbformat.read(course / "course" / NOTEBOOK, as_version=4)
        source = nbformat.read(course / "solutions" / NOTEBOOK, as_version=4)
        roles = [(cell, cell.metadata.get("nbgrader", {})) for cell in released.cells]
        self._stubs = {role["grade_id"]: cell.source for cell, role in roles if role.get("solution")}
        self._released = json.dumps(released)
        self._solved = json.dumps(mixed.solved(released, source))
        self.other_chapter = (REPOSITORY / "course" / OTHER / f"{OTHER}.ipynb").read_bytes()

    def notebook(self, solved=True):
        """A new copy of the notebook."""
        notebook = Notebook(json.loads(self._solved if solved else self._released))
        notebook.stubs = self._stubs
        return notebook


def code_cell(source, **changes):
    """A cell as JupyterLab adds it."""
    blank = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return {"id": uuid.uuid5(uuid.NAMESPACE_OID, source).hex[:8], **blank, "source": source} | changes


def blank_notebook(*cells):
    """A notebook of a learner's own."""
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


# --- Contents of files ----------------------------------------------------------------------------------------------


def text_of(notebook, **options):
    """The JSON text of a notebook, sources as lists of lines; options are those of `json.dumps`."""
    cells = [
        cell | {"source": cell["source"].splitlines(keepends=True)} if cell and cell.get("source") else cell
        for cell in notebook["cells"]
    ]
    return json.dumps(notebook | {"cells": cells}, **{"ensure_ascii": False, "indent": 1} | options) + "\n"


def in_utf_8(notebook):
    """The notebook as JupyterLab saves it."""
    return text_of(notebook).encode()


def in_ascii(notebook):
    """The notebook with all other characters escaped."""
    return text_of(notebook, ensure_ascii=True).encode()


def with_whole_sources(notebook):
    """The notebook with each source as one string."""
    return json.dumps(notebook).encode()


def in_nbformat_3(notebook):
    """The notebook in nbformat 3, which has worksheets, and inputs in place of sources."""
    older = nbformat.reads(text_of(notebook), as_version=3)
    return nbformat.writes(older, version=nbformat.NO_CONVERT).encode()


def code_of(notebook):
    """The code of a notebook as one Python text, as one copies it by hand."""
    return "\n\n\n".join(cell["source"] for cell in notebook.code_cells if not is_check(cell)) + "\n"


def is_check(cell):
    return cell["source"].startswith(("check(", "compare_with_keras(", "# what is done"))


def in_latin_1(notebook):
    """The code with no characters but those of Latin-1."""
    return re.sub(r"[^\x00-\xff]", "-", code_of(notebook)).encode("latin-1")


def solved(*edits, save=in_utf_8):
    """The solved notebook after these edits."""

    def content(work):
        notebook = work.notebook()
        for edit in edits:
            edit(notebook)
        return save(notebook)

    return content


def script(*edits, save=lambda notebook: code_of(notebook).encode()):
    """The solved notebook as a Python file, after these edits."""
    return solved(*edits, save=save)


def untouched(work):
    """The notebook as released."""
    return in_utf_8(work.notebook(solved=False))


def other_chapter(work):
    """Another chapter's notebook as released."""
    return work.other_chapter


def plain(data):
    """A file that holds this text, or these bytes."""
    return lambda work: data.encode() if isinstance(data, str) else data


def changed(content, change):
    """A content after a change of its bytes."""
    return lambda work: change(content(work))


def in_utf_16(content, mark=codecs.BOM_UTF16_LE):
    """A content in UTF-16, its byte order as the mark says."""
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    return changed(content, lambda data: mark + data.decode().encode(encoding))


def with_crlf(data):
    """Line ends of Windows."""
    return data.replace(b"\n", b"\r\n")


def half_of(data):
    return data[: len(data) // 2]


def with_conflict(data):
    """The marks of a merge conflict in the middle of the JSON."""
    lines = data.decode().splitlines(keepends=True)
    middle = next(number for number, line in enumerate(lines) if "numbers_left = " in line)
    ours, theirs = lines[middle], lines[middle].replace("numbers_left", "left")
    lines[middle] = f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> 1a2b3c4\n"
    return "".join(lines).encode()


# --- Edits of metadata ----------------------------------------------------------------------------------------------


def _set(target, changes):
    """Set keys; `...` removes one."""
    for key, value in changes.items():
        target.pop(key, None)
        if value is not ...:
            target[key] = copy.deepcopy(value)


def metadata(**changes):
    """Set keys of the notebook's metadata."""
    return lambda notebook: _set(notebook["metadata"], changes)


def top_level(**changes):
    """Set keys beside the cells."""
    return lambda notebook: _set(notebook, changes)


def in_cells(which=lambda cell: True, **changes):
    """Set keys of all cells, or of some."""
    return lambda notebook: [_set(cell, changes) for cell in notebook["cells"] if which(cell)]


def in_code(**changes):
    """Set keys of all code cells."""
    return in_cells(lambda cell: cell["cell_type"] == "code", **changes)


def in_blank_cell(**changes):
    """Add a cell without text, and set keys of it."""

    def edit(notebook):
        notebook.insert(3, "")
        _set(notebook["cells"][3], changes)

    return edit


def cell_ids(new):
    """Give each cell a new id, made from its number and its old id."""

    def edit(notebook):
        for number, cell in enumerate(notebook["cells"]):
            cell["id"] = new(number, cell["id"])

    return edit


def new_ids(notebook):
    """Give each cell the id of a new cell."""
    cell_ids(lambda number, name: uuid.uuid5(uuid.NAMESPACE_OID, name).hex[:8])(notebook)


def without_nbgrader(notebook):
    """Drop the metadata of nbgrader, as a program does that keeps only what it knows."""
    for cell in notebook["cells"]:
        cell["metadata"].pop("nbgrader", None)


def without_every_second_role(notebook):
    """Drop the metadata of nbgrader from every second answer."""
    for name in list(notebook.stubs)[::2]:
        del notebook.cell(name)["metadata"]["nbgrader"]


def roles(change):
    """Change the metadata of nbgrader where there is some."""

    def edit(notebook):
        for cell in notebook["cells"]:
            if role := cell["metadata"].get("nbgrader"):
                cell["metadata"]["nbgrader"] = change(role)

    return edit


def without(*keys, **changes):
    """A change of nbgrader's metadata: remove keys, then set others."""
    return lambda role: {key: value for key, value in role.items() if key not in keys} | changes


def lists_for_empty_objects(notebook):
    """Write empty metadata as an empty list, as PHP's json_encode does."""
    for cell in notebook["cells"]:
        cell["metadata"] = cell["metadata"] or []


# --- Edits of cells -------------------------------------------------------------------------------------------------


def in_front(source):
    """Put a cell in front of all others."""
    return lambda notebook: notebook.insert(0, source)


def after_imports(source):
    """Put a cell after the import cell."""
    return lambda notebook: notebook.insert(notebook["cells"].index(notebook.imports) + 1, source)


def on_top(lines, name=None):
    """Put lines on top of the cell of that id, by default of the import cell."""

    def edit(notebook):
        cell = notebook.cell(name) if name else notebook.imports
        cell["source"] = f"{lines}\n{cell['source']}"

    return edit


def at_the_end(lines, name):
    """Put lines at the end of the cell of that id."""

    def edit(notebook):
        notebook.cell(name)["source"] += f"\n{lines}"

    return edit


def source_of(name, source):
    """Replace the source of the cell of that id."""
    return lambda notebook: notebook.cell(name).update(source=source)


def deleted(*names):
    """Delete the cells of these ids."""
    return lambda notebook: notebook.delete(*names)


def moved_to_the_end(*names):
    """Move the cells of these ids to the end."""

    def edit(notebook):
        cells = [notebook.cell(name) for name in names]
        notebook.delete(*names)
        notebook["cells"] += cells

    return edit


def of_type(kind, name):
    """Turn the code cell of that id into one of another type."""
    return lambda notebook: _set(notebook.cell(name), {"cell_type": kind, "outputs": ..., "execution_count": ...})


def without_tests(notebook):
    notebook.delete(*(f"check_{name}" for name in notebook.stubs))


def only_code(notebook):
    notebook["cells"] = notebook.code_cells


def only_own_code(notebook):
    """Keep the code, but no cell that checks it."""
    notebook["cells"] = [cell for cell in notebook.code_cells if not is_check(cell)]


# --- Edits of answers -----------------------------------------------------------------------------------------------


def half_answered(notebook):
    """Leave the second half of the answers as released."""
    for name in list(notebook.stubs)[4:]:
        notebook.cell(name)["source"] = notebook.stubs[name]


def beside_stubs(offset, *names):
    """Leave the stubs of these answers, and put each answer into a new cell above (0) or below (1) its stub."""

    def edit(notebook):
        for name in names:
            cell = notebook.cell(name)
            notebook.insert(notebook.index(name) + offset, cell["source"])
            cell["source"] = notebook.stubs[name]

    return edit


def all_in_one_cell(notebook):
    """Put all answers into one cell after the imports, and leave all stubs."""
    sources = [cell["source"] for cell in notebook.code_cells if "= sympy.symbols(" in cell["source"][:40]]
    for name, stub in notebook.stubs.items():
        sources.append(notebook.cell(name)["source"])
        notebook.cell(name)["source"] = stub
    after_imports("\n\n\n".join(sources))(notebook)


def merged(notebook):
    """Move an answer to the end of another one's cell, and delete its own cell."""
    at_the_end(f"\n\n{notebook.cell('mean_over_last_axis')['source']}", "squared_error")(notebook)
    notebook.delete("mean_over_last_axis")


def merged_with_test(notebook):
    """Merge an answer and its test, as "Merge Selected Cells" does: the metadata of the first one stays."""
    at_the_end(f"\n{notebook.cell('check_numbers_left')['source']}", "numbers_left")(notebook)
    notebook.delete("check_numbers_left")


def split(**changes):
    """Split an answer in two cells, and set keys of the second one."""

    def edit(notebook):
        cell = notebook.cell("best_correction")
        cell["source"], rest = re.split(r"\n(?=\(best_correction)", cell["source"])
        notebook.insert(notebook.index("best_correction") + 1, rest, **changes)

    return edit


def split_by_jupyterlab(notebook):
    """Split an answer in two cells that both have its metadata."""
    split(metadata=copy.deepcopy(notebook.cell("best_correction")["metadata"]))(notebook)


def copied(notebook):
    """Copy an answer and paste it below, with all of its metadata."""
    cell = notebook.cell("squared_error")
    notebook.insert(notebook.index("squared_error") + 1, cell["source"], metadata=copy.deepcopy(cell["metadata"]))


def retyped(notebook):
    """Delete the cell of an answer, and write the answer into a new cell at its place."""
    index, source = notebook.index("squared_error"), notebook.cell("squared_error")["source"]
    notebook.delete("squared_error")
    notebook.insert(index, source)


# --- Other releases of the chapter ----------------------------------------------------------------------------------


def of_other_words(notebook):
    """A release that worded a stub and its tests in another way."""
    cell = notebook.cell("squared_error")
    cell["source"] = cell["source"].replace("The squared error of each prediction.", "The price of each prediction.")
    for cell in notebook.code_cells:
        if cell["source"].startswith("check("):
            cell["source"] += "  # run this cell"


def of_an_exercise_less(notebook):
    """A release without one of today's exercises."""
    notebook.delete("silent_broadcast", "check_silent_broadcast")
    of_other_words(notebook)


def of_an_exercise_more(notebook):
    """A release with an exercise that the chapter has dropped since."""
    for name, source in {"rows_left": "rows_left = 5", "check_rows_left": "check(rows_left=rows_left)"}.items():
        like = notebook.cell(name.replace("rows", "numbers"))["metadata"]
        role = like["nbgrader"] | {"grade_id": name}
        notebook.insert(len(notebook["cells"]), source, id=name, metadata=like | {"nbgrader": role})
