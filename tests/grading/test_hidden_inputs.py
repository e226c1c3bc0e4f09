"""Hidden inputs belong to one submission: learnt by heart, they are worth nothing in the next."""

import ast
import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import determine_grade

from lossedu.grading.hidden_inputs import fingerprint_of, seed_of
from tests.grading.test_trusted import ENTROPY, grade, graded_cell  # noqa: F401

NOTEBOOK = new_notebook(cells=[new_code_cell("x = 1"), new_markdown_cell("Why?", attachments={"a": {"b": "c"}})])
RECORDER = """
SEEN = []
def entropy(p):
    SEEN.append(np.array(p).tolist())
    return -(p * np.log(np.where(p == 0, 1, p))).sum(-1)
"""
TABLE = """
TABLE = {table}
def entropy(p):
    known = repr(np.array(p).tolist())
    return np.array(TABLE[known]) if known in TABLE else np.zeros(np.shape(p)[:-1])
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "counts.csv").write_text("1,2")
    (tmp_path / "second.ipynb").write_text(nbformat.writes(NOTEBOOK))
    return tmp_path


def changed(change):
    """Return the notebook with a change."""
    notebook = copy.deepcopy(NOTEBOOK)
    change(notebook)
    return notebook


@pytest.mark.parametrize(
    "change",
    [
        lambda notebook: notebook.cells[0].update(source="x = 2"),
        lambda notebook: notebook.cells[1].update(source="Why not?"),
        lambda notebook: notebook.cells[1].update(cell_type="raw"),
        lambda notebook: notebook.cells[0].metadata.update(table="1"),
        lambda notebook: notebook.cells[1].attachments.update(table={"text/plain": "1"}),
        lambda notebook: notebook.metadata.update(table="1"),
        lambda notebook: notebook.cells.reverse(),
        lambda notebook: notebook.cells.append(new_code_cell("")),
    ],
)
def test_whatever_a_notebook_can_hold_draws_other_inputs(folder, change):
    assert fingerprint_of(changed(change), folder) != fingerprint_of(NOTEBOOK, folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "data" / "counts.csv").write_text("1,3"),
        lambda folder: (folder / "data" / "counts.csv").rename(folder / "counts.csv"),
        lambda folder: (folder / "more").write_bytes(b""),
        lambda folder: (folder / "second.ipynb").write_text(nbformat.writes(new_notebook(cells=[]))),
        lambda folder: (folder / "second.ipynb").write_text("no notebook"),
    ],
)
def test_whatever_lies_beside_it_draws_other_inputs(folder, change):
    before = fingerprint_of(NOTEBOOK, folder)
    change(folder)
    assert fingerprint_of(NOTEBOOK, folder) != before


def test_another_secret_draws_other_inputs(folder):
    fingerprint = fingerprint_of(NOTEBOOK, folder)
    assert seed_of(7, fingerprint) != seed_of(8, fingerprint)


def run(notebook):
    """Write what a run writes into a notebook."""
    cell = notebook.cells[0]
    cell.update(outputs=[new_output("stream", text="12:00")], execution_count=3)
    cell.metadata.update(execution={"shell.execute_reply": "12:00"}, lossedu={"put_back": True})
    notebook.metadata.update(language_info={"name": "python"}, lossedu={"remarks": ["late"]})


def test_a_run_changes_no_inputs(folder):
    before = fingerprint_of(NOTEBOOK, folder)
    (folder / "second.ipynb").write_text(nbformat.writes(changed(run)))
    assert fingerprint_of(changed(run), folder) == before


def test_only_the_own_file_of_a_notebook_is_not_read_again(folder):
    (folder / "own.ipynb").write_text(nbformat.writes(NOTEBOOK))
    before = fingerprint_of(NOTEBOOK, folder, "own.ipynb")
    (folder / "own.ipynb").write_text("{}")
    assert fingerprint_of(NOTEBOOK, folder, "own.ipynb") == before
    (folder / "data" / "own.ipynb").write_text("{}")
    assert fingerprint_of(NOTEBOOK, folder, "own.ipynb") != before


def test_a_table_of_the_inputs_of_one_grading_is_worth_nothing_in_the_next(grade):  # noqa: F811
    recording = (RECORDER, graded_cell("check(entropy)"), "print(SEEN)")
    _, honest, printed = grade(*recording)
    seen = ast.literal_eval(printed.outputs[0].text)
    assert determine_grade(honest) == (3, 3)
    _, _, again = grade(*recording)
    assert again.outputs[0].text == printed.outputs[0].text  # the same submission, the same inputs

    entropy = {}
    exec(f"import numpy as np\n{ENTROPY}", entropy)  # noqa: S102
    table = {repr(p): entropy["entropy"](entropy["np"].array(p)).tolist() for p in seen}
    *_, told = grade(TABLE.format(table=table), graded_cell("check(entropy)"))
    assert determine_grade(told)[0] < 3
    assert "wrong on" in str(told.outputs)
