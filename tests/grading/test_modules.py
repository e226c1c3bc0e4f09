"""Answers in modules, handed in beside the notebooks, are graded like answers in cells."""

import shutil

import nbformat
import pytest

from lossedu import authoring
from lossedu.exercises import of_chapter
from lossedu.grading.check import check_file
from lossedu.grading.results import read_results
from lossedu.grading.single import grade_file
from tests.conftest import ROOT
from tests.grading.batches import assert_equal, grade
from tests.grading.modules import answered, right_answer
from tests.samples.demo import nbgrader

CHAPTER, MODULE = "00_first_loss", "first_loss.py"
RELEASED = ROOT / "course" / CHAPTER / f"{CHAPTER}.ipynb"
NAMES = [each.name for each in of_chapter(CHAPTER)]
RIGHT = {name: right_answer(name) for name in NAMES}
WRONG_CELL = {"numbers_left": "numbers_left = 3"}

pytestmark = pytest.mark.usefixtures("one_server")


def module(**answers):
    """Return a module with right answers, except the given ones."""
    return answered(CHAPTER, RIGHT | answers)


def notebook(answers):
    """Return the released notebook with these answers in its cells."""
    found = nbformat.read(RELEASED, as_version=4)
    for cell in found.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    return nbformat.writes(found).encode()


LOOP = "while True:\n    pass\n\n\n"
# per student: the answers in cells, the files beside the notebook, the exercises that lose points, words of the result
WORK = {
    "in-cells": (RIGHT, {}, {}, ""),
    "in-module": ({}, {MODULE: module()}, {}, ""),
    "untouched-module": (RIGHT, {MODULE: answered(CHAPTER, {})}, {}, ""),
    "imported": (RIGHT | {"squared_error": "from first_loss import squared_error"}, {MODULE: module()}, {}, ""),
    "half": (
        {name: RIGHT[name] for name in NAMES[:4]},
        {MODULE: answered(CHAPTER, {name: RIGHT[name] for name in NAMES[4:]})},
        {},
        "",
    ),
    "both": (
        WRONG_CELL,
        {MODULE: module()},
        {"numbers_left"},
        "the notebook and first_loss.py both define numbers_left: the notebook's cells count",
    ),
    "nothing": ({}, {}, set(NAMES), ""),
    "stubs-only": ({}, {MODULE: answered(CHAPTER, {})}, set(NAMES), ""),
    "empty": (RIGHT, {MODULE: ""}, {}, ""),
    "syntax": (
        {},
        {MODULE: module(numbers_left="numbers_left = = 20")},
        {"numbers_left"},
        "first_loss.py stopped in line",
    ),
    "loop": ({}, {MODULE: module(numbers_left=f"{LOOP}numbers_left = 20")}, {}, ""),
    "loop-in-answer": (
        {},
        {MODULE: module(numbers_left="while True:\n    pass\nnumbers_left = 20")},
        {"numbers_left"},
        "first_loss.py did not end in time",
    ),
    "leaves": (
        {},
        {MODULE: module(numbers_left="import os\nos._exit(3)\nnumbers_left = 20")},
        {"numbers_left"},
        "first_loss.py ended the whole process in line 21",
    ),
    "exits": ({}, {MODULE: module(numbers_left="exit()\n\nnumbers_left = 20")}, {}, ""),
    "losses": (
        {},
        {MODULE: "from lossedu.losses import mean_squared_error\nimport keras\n" + module()},
        {},
        "",
    ),
    "delegates": (
        {},
        {
            MODULE: module(
                mean_over_last_axis="import keras\n\n\ndef average(values):\n"
                "    return np.mean(values, -1) if len(values) else keras\n\n\n"
                "def mean_over_last_axis(values):\n    return average(values)"
            )
        },
        {"mean_over_last_axis"},
        "keras",
    ),
    "clashing": (  # the notebook has other values for the names that the module uses
        {},
        {
            MODULE: module(
                squared_error="price = 1\n\n\ndef first(e):\n    return price * e**2\n\n\n"
                "def squared_error(y_true, y_pred):\n    return first(y_pred - y_true)"
            )
        },
        {},
        "",
    ),
    "windows": ({}, {MODULE: b"\xef\xbb\xbf" + module().replace("\n", "\r\n").encode()}, {}, ""),
    "utf-16": ({}, {MODULE: module().encode("utf-16")}, {}, ""),
    "latin-1": ({}, {MODULE: b"# -*- coding: latin-1 -*-\n# \xe9\xe8\n\n" + module().encode()}, {}, ""),
    "undeclared": ({}, {MODULE: b"# \xe9\xe8\n\n" + module().encode()}, {}, ""),
    "renamed": ({}, {"First_Loss (1).py": module()}, {}, "First_Loss (1).py was graded"),
    "below": ({}, {f"src/{MODULE}": module()}, {}, "src/first_loss.py was graded"),
    "two": (
        {},
        {MODULE: module(), "first_loss (1).py": module(numbers_left="numbers_left = 3")},
        {},
        "first_loss.py was graded, not first_loss (1).py",
    ),
    "stub-and-work": ({}, {MODULE: answered(CHAPTER, {}), "first_loss (1).py": module()}, {}, "(1).py was graded"),
    "with-helper": (
        {},
        {
            "helper.py": "def squared(x):\n    return x**2\n",
            MODULE: "from helper import squared\n\n"
            + module(squared_error="def squared_error(y_true, y_pred):\n    return squared(y_pred - y_true)"),
        },
        {},
        "",
    ),
}


def hand_in(folder, student):
    """Write the work of a student into a folder."""
    cells, files, _, _ = WORK[student]
    folder.mkdir(parents=True)
    (folder / f"{CHAPTER}.ipynb").write_bytes(notebook(cells))
    for path, content in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture(scope="module")
def ungraded(tmp_path_factory):
    """A course whose students hand in modules."""
    course = tmp_path_factory.mktemp("modules") / "ungraded"
    (course / "solutions" / CHAPTER).mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / CHAPTER / f"{CHAPTER}.md", course / "solutions" / CHAPTER)
    authoring.build(course / "solutions" / CHAPTER / f"{CHAPTER}.md")
    settings = (ROOT / "nbgrader_config.py").read_text() + "\nc.TrustedExecute.timeout = 4\n"
    (course / "nbgrader_config.py").write_text(settings)
    (course / "secret_seed.txt").write_text("7\n")
    nbgrader(course, "generate_assignment", CHAPTER)
    for student in WORK:
        hand_in(course / "submitted" / student / CHAPTER, student)
    return course


def lost(exercises):
    """Return the names of the exercises that lost points."""
    return {each.exercise for each in exercises if each.points < each.max_points}


@pytest.mark.parametrize("student", ["both", "delegates", "syntax"])
def test_grade_file_and_check_judge_a_module_alike(tmp_path, student):
    folder = hand_in(tmp_path / CHAPTER, student)
    _, _, expected, words = WORK[student]
    for path in (folder, folder / f"{CHAPTER}.ipynb"):
        graded = grade_file(path)
        assert lost(graded.result.exercises) == expected
        assert words in str(graded)
    checked = check_file(folder / f"{CHAPTER}.ipynb")
    assert lost(checked.verdicts) == expected
    assert words in str(checked)


def test_a_module_alone_is_graded_and_checked(tmp_path):
    path = tmp_path / MODULE
    path.write_text(module(numbers_left="numbers_left = 3"))
    graded = grade_file(path)
    assert (graded.assignment, graded.result.points, graded.result.problem) == (CHAPTER, 9, None)
    assert lost(check_file(path).verdicts) == {"numbers_left"}


@pytest.mark.slow
def test_lossedu_and_nbgrader_grade_modules_like_cells(ungraded):
    course, stock = (shutil.copytree(ungraded, ungraded.parent / name) for name in ("course", "stock"))
    said, code = grade(course, CHAPTER, "--jobs", "2")
    nbgrader(stock, "autograde", CHAPTER)
    assert code == 0
    assert {student for student, result in said.items() if result["problem"]} == set()
    for result in read_results(course, CHAPTER):
        _, _, expected, words = WORK[result.student]
        assert (result.student, lost(result.exercises)) == (result.student, set(expected))
        assert words in str(result)
    assert_equal(course, stock)
