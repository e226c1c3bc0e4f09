import subprocess
import sys

import jupytext
import nbformat
import pytest
from click.testing import CliRunner

from lossedu import authoring, exercises
from lossedu.cli import cli

CHAPTER = "07_kl_divergence"


def text_of(declared):
    """A chapter of nothing but its exercises."""
    cells = []
    for exercise in declared:
        cells.append(f"```{{code-cell}}\n:exercise: {exercise.name}\n### BEGIN SOLUTION\npass\n### END SOLUTION\n```")
        cells.append(f"```{{code-cell}}\n:check: {exercise.name}\n```")
    return "\n\n".join(cells)


@pytest.fixture
def text():
    return text_of(exercises.of_chapter(CHAPTER))


def test_two_builds_are_equal_to_the_letter(tmp_path, text):
    source = tmp_path / f"{CHAPTER}.md"
    source.write_text(text)
    first = authoring.build(source).read_bytes()
    assert authoring.build(source).read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{CHAPTER}.ipynb", f"{CHAPTER}.md"]


def test_contract_grade_id_and_points_come_from_the_declaration(text):
    *cells, _ = authoring.chapter_notebook(text, CHAPTER).cells
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in cells}
    stub, test = cells["kl_divergence"], cells["check_kl_divergence"]
    assert stub.source.startswith('def kl_divergence(y_true, y_pred):\n    """The information lost')
    assert stub.source.endswith('"""\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION')
    assert (stub.metadata.nbgrader.solution, stub.metadata.nbgrader.locked) == (True, False)
    assert test.source == "check(kl_divergence)"
    assert (test.metadata.nbgrader.grade, test.metadata.nbgrader.locked) == (True, True)
    assert test.metadata.nbgrader.points == exercises.get("kl_divergence").points


def test_a_chapter_ends_with_a_cell_that_shows_its_progress(text):
    *_, last = authoring.chapter_notebook(text, CHAPTER).cells
    assert last.source.endswith(f'progress("{CHAPTER}")')
    assert "nbgrader" not in last.metadata


@pytest.mark.parametrize(
    ("cell", "folded"),
    [
        ("plots.show(fig, alt='a line')", True),
        ("def draw(a=1):\n    return fig\n\nplots.explore(draw, alt='a line', a=(0, 1, 0.1))", True),
        (":jupyter: {source_hidden: false}\nplots.show(fig, alt='a line')", False),
        (":jupyter: {outputs_hidden: false}\nplots.show(fig, alt='a line')", True),
        ("plots.use_style()", False),
        ("# plots.show(fig) shows a figure\nfig = 1", False),
    ],
)
def test_code_that_draws_a_figure_is_folded_unless_the_author_leaves_it_open(text, cell, folded):
    drawing, *_ = authoring.chapter_notebook(f"```{{code-cell}}\n{cell}\n```\n\n{text}", CHAPTER).cells
    assert drawing.metadata.get("jupyter", {}).get("source_hidden", False) is folded


def test_cells_with_the_same_text_have_ids_of_their_own(text):
    twice = authoring.chapter_notebook("same\n\n+++\n\nsame\n\n" + text, CHAPTER)
    nbformat.validate(twice)
    assert len({cell.id for cell in twice.cells}) == len(twice.cells)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda t: t.replace(":exercise: poisson\n", ":exercise: poison\n"),
            "no exercise 'poison'; the nearest: poisson",
        ),
        (lambda t: t.replace("### END SOLUTION", "", 1), "solution of wasted_bits must stand between ### BEGIN"),
        (lambda t: t.replace(":check: entropy\n", ":check: entropy\nassert 1\n"), "checks entropy must be empty"),
        (
            lambda t: t.replace("```{code-cell}\n:check: entropy\n```", ""),
            ":check: must be the declared exercises.*: expected entropy, found cross_entropy",
        ),
        (lambda t: t + "\n\n```{code-cell}\n:check: entropy\n```", "in this order: expected no more, found entropy"),
        (lambda t: t[: t.rindex("```{code-cell}")], "in this order: expected jensen_shannon_distance, found no more"),
    ],
)
def test_a_text_that_does_not_fit_the_declarations_is_refused(tmp_path, text, spoil, message):
    source = tmp_path / f"{CHAPTER}.md"
    source.write_text(spoil(text))
    with pytest.raises(authoring.ChapterError, match=message):
        authoring.build(source)
    assert not source.with_suffix(".ipynb").exists()


# --- Texts as editors and programs leave them

HEADER = "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3}\n---\n\n# Title\n\n"
CELL = "```{code-cell}\n:check: entropy\n```"


@pytest.fixture
def whole(text):
    """A chapter with a header and prose."""
    return HEADER + text + "\n"


def in_format(fmt):
    """Turn a chapter into another format of Jupytext."""
    return lambda text: jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt=fmt)


def replaced(old, new):
    """Put other words into a chapter, once."""

    def replace(text):
        assert text.count(old) == 1
        return text.replace(old, new)

    return replace


@pytest.mark.parametrize(
    "save",
    [
        lambda t: b"\xef\xbb\xbf" + t.encode(),
        lambda t: t.replace("\n", "\r\n").encode(),
        lambda t: b"\xef\xbb\xbf" + t.replace("\n", "\r\n").encode(),
        lambda t: t.replace("\n", "\r").encode(),
    ],
)
def test_a_byte_order_mark_and_the_kind_of_line_ends_do_not_matter(tmp_path, whole, save):
    source = tmp_path / f"{CHAPTER}.md"
    source.write_bytes(whole.encode())
    expected = authoring.build(source).read_bytes()
    source.write_bytes(save(whole))
    assert authoring.build(source).read_bytes() == expected


@pytest.mark.parametrize(
    "spoil",
    [
        replaced("# Title", "# Title\n\n<!--\n```{code-cell}\n1\n```\n-->"),
        replaced("# Title", "# Title\n\n````md\n```{code-cell}\n1\n```\n````"),
        replaced("# Title", "# Title\n\n- a list\n\n  ```python\n  1\n  ```"),
        replaced("# Title", '# Title\n\n+++ {"tags": ["a"]}\n\nmore'),
        replaced(CELL, "~~~{code-cell}\n---\ncheck: entropy\ntags: [a]\n---\n~~~"),
    ],
)
def test_what_myst_allows_is_built(whole, spoil):
    assert authoring.chapter_notebook(spoil(whole), CHAPTER)


@pytest.mark.parametrize(
    ("spoil", "line", "problem"),
    [
        (lambda t: "", 1, "the file is empty: expected MyST Markdown"),
        (lambda t: " \n\n", 1, "the file is empty: expected MyST Markdown"),
        (in_format("md:markdown"), 6, "found Jupytext's format markdown, expected myst"),
        (in_format("py:light"), 6, "found Jupytext's format light, expected myst"),
        (in_format("py:percent"), 6, "found Jupytext's format percent, expected myst"),
        (in_format("ipynb"), 1, 'found "{", expected MyST Markdown'),
        (lambda t: t.replace("{code-cell}", "python"), 8, 'found "```python", expected MyST Markdown with cells'),
        (lambda t: "Nothing but prose\n", 1, 'found "Nothing but prose", expected MyST Markdown'),
        (replaced("---\n\n#", "\n#"), 1, "the header that opens here is not closed"),
        (replaced("---\n\n# Title", "\nA note: with\na colon\n\n---\n"), 7, "the header is not valid YAML"),
        (replaced("kernelspec: {", "kernelspec: {{"), 3, "the header is not valid YAML: expected ',' or '}'"),
        (
            lambda t: t.replace(HEADER[4:-15], "some words", 1),
            2,
            'the header holds "some words": expected lines such as',
        ),
        (lambda t: "\n\n" + t, 3, "the header begins here, but must begin in line 1"),
        (replaced("# Title", "# Title\n\n```python\n1"), 8, "not closed before line 11 opens another: expected ```"),
        (lambda t: t.replace("SOLUTION\n```", "SOLUTION\n", 1), 8, "not closed before line 15 opens another"),
        (lambda t: t.removesuffix("```\n"), 169, "the block that opens here is never closed: expected ```"),
        (replaced("# Title", "# Title\n\n~~~"), 8, "the block that opens here is never closed: expected ~~~"),
        (replaced("# Title", "# Ti\u2028tle"), 6, "the character U+2028 is not allowed in a text"),
        (replaced("# Title", "# Ti\ftle"), 6, "the character U+000C is not allowed in a text"),
        (replaced("# Title", "\ufeff# Title"), 6, "the character U+FEFF is not allowed in a text"),
        (
            replaced("# Title", "# Title\n\n+++ slide\n"),
            8,
            '"+++ slide": expected +++ alone, or +++ and a JSON object',
        ),
        (replaced(CELL, ":::{code-cell}\n:check: entropy\n:::"), 37, '":::{code-cell}" does not open a cell'),
        (replaced(CELL, "``` {code-cell}\n:check: entropy\n```"), 37, '"``` {code-cell}" does not open a cell'),
        (replaced(CELL, "- x\n\n  ```{code-cell}\n  :check: entropy\n  ```"), 39, "does not open a cell"),
        (replaced(CELL, "```{codecell}\n:check: entropy\n```"), 37, '"```{codecell}" does not open a cell'),
    ],
)
def test_another_text_is_refused_with_the_line(tmp_path, whole, spoil, line, problem):
    refused(tmp_path, spoil(whole).encode(), line, problem)


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        (":check: entropi", "there is no exercise 'entropi'; the nearest: entropy"),
        (":chek: entropy", "there is no option 'chek'; the nearest: check"),
        (":check:", "expected the name of an exercise in :check: on a code cell, found None"),
        (":check: [entropy]", "expected the name of an exercise in :check: on a code cell, found ['entropy']"),
        (":check entropy", '":check entropy" is not an option of a cell: expected one such as `:exercise: NAME`'),
        (":1: entropy", '":1: entropy" is not an option of a cell'),
        (":tags: []\n:nbgrader: x", "found 'x' for nbgrader, expected an object such as {grade_id: NAME}"),
        (":check: {entropy", "the options of the cell are not valid YAML"),
        (":check: *entropy", "the options of the cell are not valid YAML: found undefined alias"),
        (":check: entropy\n:tags: 3", "a notebook cannot hold the options of the cell: 3 is not of type 'array'"),
        (":check: entropy\n:on: 2026-03-02", "is not an option of a cell"),  # YAML reads `on` as true
        (":check: entropy\n:day: 2026-03-02", "a notebook cannot hold the options of the cell: Object of type date"),
        (':check: entropy\n:word: "\\ud800"', "a notebook cannot hold the options of the cell"),
    ],
)
def test_an_odd_option_is_refused_with_the_line(tmp_path, whole, option, problem):
    line = 39 if ":nbgrader:" in option else 38
    refused(tmp_path, whole.replace(CELL, f"```{{code-cell}}\n{option}\n```").encode(), line, problem)


@pytest.mark.parametrize(
    ("save", "line", "problem"),
    [
        (lambda t: t.encode("utf-16"), 1, "the file is UTF-16: save it as UTF-8"),
        (
            lambda t: t.replace("# Title", "# Übung").encode("latin-1"),
            6,
            "the byte 0xdc is not UTF-8: save the file as",
        ),
    ],
)
def test_another_encoding_is_refused_with_the_line(tmp_path, whole, save, line, problem):
    refused(tmp_path, save(whole), line, problem)


def refused(tmp_path, content, line, problem):
    """The command refuses a chapter in one line, and leaves the notebook of an earlier build as it was."""
    source = tmp_path / CHAPTER / f"{CHAPTER}.md"
    source.parent.mkdir()
    source.write_bytes(content)
    source.with_suffix(".ipynb").write_text("earlier")
    done = CliRunner().invoke(cli, ["build", "--source", str(tmp_path)])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    (said,) = done.output.splitlines()
    assert said.startswith(f"Error: {source}:{line}: ")
    assert problem in said
    assert {path.name for path in source.parent.iterdir()} == {source.name, f"{CHAPTER}.ipynb"}
    assert source.with_suffix(".ipynb").read_text() == "earlier"


OWN = """\
---
file_format: mystnb
---

Why?

+++ {"nbgrader": {"grade": true, "grade_id": "why", "locked": false, "points": 1, "solution": true}}

Because.
"""


def test_a_chapter_of_ones_own_needs_neither_declared_exercises_nor_code():
    question, answer, _ = authoring.chapter_notebook(OWN, "90_mine").cells
    assert (question.source, answer.source) == ("Why?", "Because.")
    assert (answer.id, answer.metadata.nbgrader.points) == ("why", 1)
    with pytest.raises(authoring.ChapterError, match=r"^90_mine\.md:8: the grade_id 'why not' is not valid"):
        authoring.chapter_notebook(OWN.replace('"why"', '"why not"'), "90_mine")


def test_a_chapter_without_declared_exercises_is_refused(whole):
    with pytest.raises(authoring.ChapterError, match=r"^07_kl_d\.md:1: no exercise is declared.*: 07_kl_divergence"):
        authoring.chapter_notebook(whole, "07_kl_d")


def test_an_error_in_one_chapter_does_not_keep_the_others_from_being_built(tmp_path, whole):
    for chapter, text in (("06_dense_softmax_loss", "prose"), (CHAPTER, whole)):
        (tmp_path / chapter).mkdir()
        (tmp_path / chapter / f"{chapter}.md").write_text(text)
    done = CliRunner().invoke(cli, ["build", "--source", str(tmp_path)])
    assert done.exit_code == 1
    assert [line.partition(" ")[0] for line in done.output.splitlines()] == ["Error:", "built"]
    assert (tmp_path / CHAPTER / f"{CHAPTER}.ipynb").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_notebook_that_cannot_be_written_leaves_no_part(tmp_path, whole):
    source = tmp_path / CHAPTER / f"{CHAPTER}.md"
    source.parent.mkdir()
    source.write_text(whole)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"  # as on a full disk
    program = f"{limit}\nfrom lossedu.cli import cli\ncli(['build', '--source', '.'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"Error: [Errno 27] File too large: '{CHAPTER}/{CHAPTER}.ipynb'\n")
    assert [*source.parent.iterdir()] == [source]
