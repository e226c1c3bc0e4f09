"""`lossedu copy-answers`: answers reach another version of the notebook, and nothing that was there is lost."""

import json

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell

from lossedu.authoring import nbgrader_metadata
from lossedu.cli import cli
from lossedu.grading.check import check_file
from lossedu.learners import AnswersError, copy_answers
from tests.conftest import ROOT
from tests.grading.chapters import solved, untouched

CHAPTER = "00_first_loss"
OWN = "def halved(x):\n    return x / 2"

pytestmark = pytest.mark.usefixtures("one_server")


def of_class(notebook):
    """Another version of a notebook, as a teacher may have made it."""
    notebook.cells[0].source = "# Our own heading"
    notebook.cells.insert(3, new_code_cell("our_data = 1", id="our-data"))
    essay = nbgrader_metadata("essay", solution=True, points=3) | {"locked": False}
    notebook.cells.append(new_markdown_cell("YOUR ANSWER HERE", metadata={"nbgrader": essay}))
    return notebook


def roles(notebook):
    return {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}


def write(path, notebook):
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def mine(tmp_path):
    """The learner's copy, solved, with a cell of their own before an answer that uses it."""
    notebook = solved(CHAPTER)
    answer = roles(notebook)["squared_error"]
    answer.source = "def squared_error(y_true, y_pred):\n    return 2 * halved((y_pred - y_true) ** 2)"
    notebook.cells.insert(notebook.cells.index(answer), new_code_cell(OWN))
    return write(tmp_path / "mine" / f"{CHAPTER}.ipynb", notebook)


@pytest.fixture
def theirs(tmp_path):
    """The notebook that the class fetched; the folder need not be named after the chapter."""
    return write(tmp_path / "class" / f"{CHAPTER}.ipynb", of_class(untouched(CHAPTER)))


def test_answers_and_own_cells_arrive_and_are_right_there(mine, theirs):
    copied = copy_answers(mine, theirs)
    assert (copied.own_cells, copied.kept, copied.missing) == (1, (), ("essay",))
    assert len(copied.names) == 8
    assert sum(each.points for each in check_file(theirs).verdicts) == 10
    notebook = nbformat.read(theirs, as_version=4)
    assert notebook.cells[0].source == "# Our own heading"
    assert notebook.cells[3].source == "our_data = 1"
    sources = [cell.source for cell in notebook.cells]
    assert sources.index(OWN) == sources.index(roles(notebook)["squared_error"].source) - 1
    expected = of_class(untouched(CHAPTER))
    answered = {*copied.names}
    others = [cell for cell in expected.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in answered]
    assert [cell.source for cell in others if cell.source not in sources] == []
    assert len(notebook.cells) == len(expected.cells) + 1


def test_a_second_time_there_is_nothing_to_copy(mine, theirs):
    copy_answers(mine, theirs)
    before = theirs.read_bytes()
    with pytest.raises(AnswersError, match=r"holds no answer that .* asks for and does not have yet"):
        copy_answers(mine, theirs)
    assert theirs.read_bytes() == before


def test_an_earlier_answer_is_kept_and_one_that_the_source_lacks_stays(mine, theirs):
    notebook = nbformat.read(theirs, as_version=4)
    roles(notebook)["numbers_left"].source = "numbers_left = 99"
    roles(notebook)["essay"].source = "Because."
    roles(notebook)["price_slope"].source = "price_slope = 7 * p"
    write(theirs, notebook)
    answers = nbformat.read(mine, as_version=4)
    roles(answers)["price_slope"].source = roles(untouched(CHAPTER))["price_slope"].source
    write(mine, answers)

    copied = copy_answers(mine, theirs)
    assert [path.name for path in copied.kept] == ["numbers_left_1.py"]
    assert copied.kept[0].read_text() == "numbers_left = 99\n"
    now = roles(nbformat.read(theirs, as_version=4))
    assert now["essay"].source == "Because."
    assert now["price_slope"].source == "price_slope = 7 * p"
    assert now["numbers_left"].source == roles(answers)["numbers_left"].source
    assert copied.missing == ()


def test_an_answer_in_a_cell_above_its_stub_arrives_without_the_stub(mine, theirs):
    notebook = nbformat.read(mine, as_version=4)
    answer, stub = roles(notebook)["numbers_left"], roles(untouched(CHAPTER))["numbers_left"]
    notebook.cells.insert(notebook.cells.index(answer), new_code_cell(answer.source))
    answer.source = stub.source
    write(mine, notebook)
    assert copy_answers(mine, theirs).own_cells == 2
    assert sum(each.points for each in check_file(theirs).verdicts) == 10


def test_answers_are_found_where_another_program_has_removed_the_metadata(mine, theirs):
    notebook = nbformat.read(mine, as_version=4)
    for cell in notebook.cells:
        cell.metadata = {}
    write(mine, notebook)
    copy_answers(mine, theirs)
    assert sum(each.points for each in check_file(theirs).verdicts) == 10


def test_cells_of_an_older_version_of_the_course_are_not_taken_for_the_learners_own(mine, theirs):
    from lossedu.intake.notebooks import text_id

    notebook = nbformat.read(mine, as_version=4)
    old = "print('a cell that the course no longer has')"
    notebook.cells.insert(2, new_code_cell(old, id=text_id(old)))
    write(mine, notebook)
    assert copy_answers(mine, theirs).own_cells == 1


def test_the_version_beside_ones_own_after_an_upgrade_gets_the_answers(copy, answer):
    folder = copy / "07_kl_divergence"
    answer(folder / "07_kl_divergence.ipynb", "wasted_bits", "wasted_bits = 0.25")
    newer = folder / "07_kl_divergence.new.ipynb"
    newer.write_bytes((ROOT / "course" / "07_kl_divergence" / "07_kl_divergence.ipynb").read_bytes())
    result = CliRunner().invoke(cli, ["copy-answers", str(folder), str(newer)])
    assert result.exit_code == 0
    first, missing, last = result.output.splitlines()
    assert (first, missing[:18]) == ("answers copied: 1.", "Not answered yet: ")
    assert last == f"Check it with  lossedu check {newer}"
    assert not (folder / "earlier_answers").exists()
    assert roles(nbformat.read(newer, as_version=4))["wasted_bits"].source == "wasted_bits = 0.25"


def test_the_command_speaks_chinese(mine, theirs):
    result = CliRunner().invoke(cli, ["--language", "zh_CN", "copy-answers", str(mine), str(theirs)])
    assert result.output.splitlines() == [
        "已复制 8 个答案和 1 个你自己的单元格。",
        "尚未作答：essay。",
        f"请用  lossedu check {theirs}  检查",
    ]


@pytest.mark.parametrize(
    ("harmed", "content", "words"),
    [
        ("mine", "", "not a notebook (the file is empty)"),
        ("mine", json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "holds no answer that"),
        ("theirs", "{", "not a notebook ("),
        ("theirs", json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "asks for no answer"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_changes(mine, theirs, harmed, content, words):
    {"mine": mine, "theirs": theirs}[harmed].write_text(content)
    before = mine.read_bytes(), theirs.read_bytes()
    result = CliRunner().invoke(cli, ["copy-answers", str(mine), str(theirs)])
    assert result.exit_code == 1
    assert words in result.output
    assert (mine.read_bytes(), theirs.read_bytes()) == before
