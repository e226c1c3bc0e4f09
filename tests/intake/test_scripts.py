"""A Python file is read as a notebook, whatever program saved it, and an error costs no more than its paragraph."""

import codecs
import random

import nbformat
import pytest

from lossedu.intake.matching import overlap
from lossedu.intake.names import names_answered
from lossedu.intake.notebooks import MOST_CELLS, read_notebook
from lossedu.intake.scripts import read_script
from tests.grading.chapters import solved
from tests.intake.test_matching import ANSWERS, MASTER, master_of
from tests.intake.test_names import CHAPTERS
from tests.intake.test_notebooks import SEED, checked


def cells(content):
    """The texts of the cells that a Python file becomes, if it can be written as a notebook."""
    content = content.encode() if isinstance(content, str) else content
    found = checked(read_script(content))
    assert all(cell.cell_type == "code" for cell in found.cells)
    return [cell.source for cell in found.cells]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", []),
        ("\n \n", []),
        ("x = 1\ny = 2\n", ["x = 1\ny = 2"]),
        ("x = 1\n\ny = 2", ["x = 1", "y = 2"]),
        ("x = 1\n\n# of y\n# and z\ny = 2", ["x = 1", "# of y\n# and z\ny = 2"]),
        ("x = 1\n\n# on its own\n\ny = 2", ["x = 1\n\n# on its own", "y = 2"]),
        ("# %% one\nx = 1\n\ny = 2\n#%%\nz = 3", ["x = 1\n\ny = 2", "z = 3"]),
        ("# %% [markdown]\n# # Title\n\n# %%\nx = 1", ["# # Title", "x = 1"]),
        ("# In[1]:\n\n\nx = 1\n\n\n# In[ ]:\n\n\ny = 2", ["x = 1", "y = 2"]),
        (
            "# Databricks notebook source\nx = 1\n\n# COMMAND ----------\n\ny = 2",
            ["# Databricks notebook source\nx = 1", "y = 2"],
        ),
        ("# %%\n# %%time\nx = 1", ["# %%time\nx = 1"]),
        (
            "def f():\n    a = 1\n\n    return a\n\n\n@g\ndef h(): ...",
            ["def f():\n    a = 1\n\n    return a", "@g\ndef h(): ..."],
        ),
        ("x = '''\n\ny = 2\n\n'''\n\nz = 3", ["x = '''\n\ny = 2\n\n'''", "z = 3"]),
        ("if a:\n    x = 1\n\nelse:\n    x = 2\n\ny = 3", ["if a:\n    x = 1\n\nelse:\n    x = 2", "y = 3"]),
        ("x = [\n\n1,\n\n]\n\ny = 3", ["x = [\n\n1,\n\n]", "y = 3"]),
        ("x = 1; y = 2\n\n\nz = 3", ["x = 1; y = 2", "z = 3"]),
        ("!pip install a\n\n%matplotlib inline\n\nx = 1", ["!pip install a", "%matplotlib inline", "x = 1"]),
        ("x = 1\n\ndef f(:\n    return 1\n\ny = 2", ["x = 1", "def f(:\n    return 1", "y = 2"]),
        ("if a\n    x = 1\n\nelse:\n    x = 2\n\ny = 3", ["if a\n    x = 1\n\nelse:\n    x = 2", "y = 3"]),
    ],
)
def test_a_script_becomes_cells(source, expected):
    assert cells(source) == expected


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_all_answers_of_a_script_are_found(chapter):
    notebook = solved(chapter)
    source = "\n\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    master = master_of(chapter)
    for content in (source, source.replace("\n", "\r\n"), "# %%\n" + source):
        assert overlap(read_script(content.encode()), master).answered == len(master.solutions)


def test_an_error_costs_no_more_than_its_paragraph():
    broken = "\n\n".join([*ANSWERS.values(), "x = None\n# YOUR CODE HERE\nraise NotImplementedError()", "z = ("])
    found = cells(broken)
    assert {*ANSWERS.values()} <= {*found}
    assert overlap(read_script(broken.encode()), MASTER).answered == len(ANSWERS)


def test_encodings_do_not_matter():
    text = "größe = 'μ 🎉'\r\nx = 1\ry = 2"
    expected = ["größe = 'μ 🎉'\nx = 1\ny = 2"]
    for content in (
        text.encode(),
        codecs.BOM_UTF8 + text.encode(),
        codecs.BOM_UTF8 * 2 + text.encode(),
        text.encode("utf-16"),
        codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    ):
        assert cells(content) == expected


def test_a_file_in_another_encoding_is_read_as_it_declares_or_as_windows_does():
    assert cells("# coding: latin-1\nx = 'ü'".encode("latin-1")) == ["# coding: latin-1\nx = 'ü'"]
    assert cells("x = 'ü€'".encode("cp1252")) == ["x = 'ü€'"]


ENCODINGS = """
    none-such rot13 hex base64 zlib idna punycode undefined utf-7 utf-16 utf-32 unicode_escape raw_unicode_escape mbcs
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", ENCODINGS)
def test_no_declared_encoding_is_an_accident(name):
    for rest in (b"x = 1", b"x = '\\ud83d'", b"x = '+2D0-'", b"\xff\xfe\x00 \xed\xa0\xbd"):
        cells(f"# coding: {name}\n".encode() + rest)


def test_no_bytes_are_an_accident():
    draw = random.Random(SEED)  # noqa: S311
    for length in range(300):
        cells(draw.randbytes(length))
        cells(bytes(draw.choices(b"x=1\n\r# %%In[]:'\"\\", k=length)))


def test_a_script_of_very_many_paragraphs_is_read():
    source = "x = 1\n\n" * (MOST_CELLS + 10)
    assert len(cells(source)) == 1
    read_notebook(nbformat.writes(read_script(source.encode())).encode())


def test_shell_lines_and_magics_stay():
    source = "get_ipython().system('pip install x')\n!ls\n%time x = 1"
    assert cells(source) == [source]
    assert names_answered(source + "\ny = 2") == {"y"}
