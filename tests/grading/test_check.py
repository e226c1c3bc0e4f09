"""`lossedu check` on files, as learners run it: it says what grading will say."""

import copy
import json
import subprocess
import sys
import time
from dataclasses import fields

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lossedu import exercises
from lossedu.authoring import chapter_notebook, nbgrader_metadata
from lossedu.checking import Verdict
from lossedu.cli import cli
from lossedu.executor.server import KernelServerError
from lossedu.grading.check import check_file
from lossedu.grading.single import grade_file
from tests.conftest import ROOT
from tests.grading.mixed import solved as with_solutions

pytestmark = pytest.mark.usefixtures("one_server")

CHAPTER = "00_first_loss"
WRONG = "import numpy as np\n\ndef entropy(p):\n    return -(p * np.log2(p)).sum(-1)\n"
RIGHT = "import numpy as np\n\ndef entropy(p):\n    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)\n"


DONE = "All done. Grading will try other inputs, too."


def check(*arguments):
    return CliRunner().invoke(cli, ["check", *map(str, arguments)])


@pytest.fixture
def module(tmp_path):
    return tmp_path / "mine.py"


def test_a_module_with_a_wrong_answer_shows_what_is_wrong_and_exits_with_1(module):
    module.write_text(WRONG + "\nwasted_bits = 0.25\n")
    result = check(module)
    assert result.exit_code == 1
    assert result.output.startswith("1 of 2 exercises are right: 2 of 4 points.\nNext: entropy: 1 of 3 points\n")
    assert "Log2 for ln: your result is in bits" in result.output


def test_a_module_with_right_answers_exits_with_0(module):
    module.write_text(RIGHT)
    result = check(module)
    assert (result.exit_code, result.output) == (0, f"1 of 1 exercises are right: 3 of 3 points.\n{DONE}\n")


def test_json_is_one_object_an_exercise_with_the_documented_keys(module):
    module.write_text(WRONG + "\nwasted_bits = 0.25\n")
    function, prediction = map(json.loads, check(module, "--json").output.splitlines())
    assert list(function) == [each.name for each in fields(Verdict)]
    assert (prediction["exercise"], prediction["passed"], prediction["diagnosis"]) == ("wasted_bits", True, None)
    assert (function["exercise"], function["passed"], function["diagnosis"]) == ("entropy", False, "log2 for ln")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mine.py", "raise SystemExit(3)", "mine.py: it answers no exercise: it defines none of the course's"),
        ("mine.py", "def my_entropy(p): ...", "mine.py: it answers no exercise: it defines none of the course's"),
        ("mine.txt", "hello, world", "mine.txt: not a notebook (the file is not JSON)"),
        ("mine.ipynb", "{}", "mine.ipynb: not a notebook (the file is JSON, but has no cells)"),
        ("mine.ipynb", nbformat.writes(new_notebook()), "mine.ipynb: it answers no exercise"),
        ("07_kl_divergence.ipynb", "", "07_kl_divergence.ipynb: not a notebook (the file is empty)"),
        ("07_kl_divergence.html", "<html>", "07_kl_divergence.html: not a notebook (the file is a web page"),
    ],
)
def test_a_file_that_holds_nothing_to_check_is_refused_in_words(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    result = check(tmp_path / name)
    assert result.exit_code == 1
    assert words in result.output
    assert result.output.count("07_kl_divergence") <= 1


def test_a_script_that_stops_is_judged_as_far_as_it_ran_and_says_where(module):
    module.write_text(f"{RIGHT}\nwasted_bits = 1 / 0\n")
    result = check(module)
    assert result.exit_code == 1
    assert "1 of 2 exercises are right: 3 of 4 points." in result.stdout
    assert "Your cell stopped with a ZeroDivisionError." in result.stdout


def test_shell_lines_magics_and_marks_of_cells_belong_to_a_script(module):
    exported = "get_ipython().system('pip install nothing')\nget_ipython().run_line_magic('matplotlib', 'inline')\n"
    module.write_text(f"\ufeff# %%\n!pip install nothing\n%matplotlib inline\n# In[2]:\n{exported}\n# %%\n{RIGHT}")
    assert check(module).stdout == f"1 of 1 exercises are right: 3 of 3 points.\n{DONE}\n"


def test_a_notebook_is_run_and_all_exercises_of_its_chapter_are_judged(tmp_path):
    def answer(name, source):
        return new_code_cell(source, metadata={"nbgrader": nbgrader_metadata(name, solution=True)})

    cells = [
        new_code_cell("import numpy as np\nimport sympy\np = sympy.Symbol('p')"),
        answer("entropy", RIGHT),
        answer("entropy_slope", "entropy_slope = sympy.log(p / (1 - p))"),
        new_code_cell("1 / 0"),
        answer("poisson", "def poisson(y_true, y_pred):\n    return lambda_(y_true)"),
        answer("gaussian_kl", ""),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "mine.ipynb")
    found = {v["exercise"]: v for v in map(json.loads, check(tmp_path / "mine.ipynb", "--json").stdout.splitlines())}
    assert found.keys() == {exercise.name for exercise in exercises.of_chapter("07_kl_divergence")}
    assert found["entropy"]["passed"]
    assert found["entropy_slope"]["diagnosis"] == "opposite sign"
    assert "in line 2 of your cell: return lambda_(y_true)" in found["poisson"]["message"]
    assert "is not there: no cell has defined gaussian_kl" in found["gaussian_kl"]["message"]


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """Chapter 0 with all answers right."""
    text = ROOT / "solutions" / CHAPTER / f"{CHAPTER}.md"
    solutions = chapter_notebook(text.read_text(encoding="utf-8"), chapter=CHAPTER)
    released = nbformat.read(ROOT / "course" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
    return with_solutions(released, solutions)


def both(folder, notebook):
    """Return the points that `check` and `grade-file` give to a notebook, and the notes of `check`."""
    nbformat.write(notebook, folder / f"{CHAPTER}.ipynb")
    checked = check_file(folder / f"{CHAPTER}.ipynb")
    graded = grade_file(folder / f"{CHAPTER}.ipynb")
    points = {each.exercise: each.points for each in checked.verdicts}
    assert points == {each.exercise: each.points for each in graded.result.exercises}
    return sum(points.values()), checked


def test_a_notebook_with_the_name_of_a_script_is_read_as_a_notebook(tmp_path, solved):
    nbformat.write(solved, tmp_path / f"{CHAPTER}.ipynb")
    path = (tmp_path / f"{CHAPTER}.ipynb").rename(tmp_path / f"{CHAPTER}.py")
    assert sum(each.points for each in check_file(path).verdicts) == 10
    assert grade_file(path).result.points == 10


def test_a_script_that_answers_nothing_is_named(tmp_path):
    path = tmp_path / f"{CHAPTER}.py"
    path.write_text("import marimo\napp = marimo.App()\n\n@app.cell\ndef _():\n    numbers_left = 20\n    return\n")
    assert check_file(path).remarks == ("it answers nothing that the assignment asks for",)
    assert grade_file(path).remarks == ("it answers nothing that the assignment asks for",)


def test_nothing_is_written_among_the_submissions_of_a_course(tmp_path, solved):
    (tmp_path / "nbgrader_config.py").touch()
    folder = tmp_path / "submitted" / "a" / CHAPTER
    folder.mkdir(parents=True)
    nbformat.write(solved, folder / f"{CHAPTER}.ipynb")
    assert check(folder / f"{CHAPTER}.ipynb").exit_code == 0
    assert {path.name for path in (tmp_path / "submitted").rglob("*")} == {"a", CHAPTER, f"{CHAPTER}.ipynb"}


def test_check_warns_of_what_grading_refuses(tmp_path, solved):
    notebook = copy.deepcopy(solved)
    notebook.cells.insert(1, new_code_cell("import os\nos.system('date')"))
    points, checked = both(tmp_path, notebook)
    assert points == 10
    assert checked.warnings == ("reaching for other programs (os.system)",)
    assert "Warning: grading refuses reaching for other programs" in check(tmp_path / f"{CHAPTER}.ipynb").stderr


def test_an_ordinary_kernel_that_has_to_look_for_fonts_is_not_refused_anything(tmp_path, solved, monkeypatch):
    def refuse(*arguments, **options):
        raise KernelServerError("nothing can be forked")

    monkeypatch.setattr("lossedu.grading.check.KernelServer", refuse)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))  # which has no list of fonts yet
    nbformat.write(solved, tmp_path / f"{CHAPTER}.ipynb")
    checked = check_file(tmp_path / f"{CHAPTER}.ipynb")
    assert checked.warnings == ()
    assert sum(each.points for each in checked.verdicts) == 10
    assert list((tmp_path / "matplotlib").glob("fontlist-*.json"))


def test_a_home_folder_on_a_full_disk_changes_no_verdict(tmp_path, sandbox):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "mine.py").write_text(f"import matplotlib.pyplot\n{RIGHT}")
    full = ["bwrap", "--dev-bind", "/", "/", "--size", "4096", "--tmpfs", home, "--setenv", "HOME", home]
    start = "import os; from lossedu.executor.server import KernelServer; KernelServer(dict(os.environ), False).close()"
    commands = (
        f'''head -c 9999 /dev/zero >"$HOME/all" 2>/dev/null; "$0" -c "{start}" && "$0" -m lossedu check mine.py'''
    )
    done = subprocess.run([*full, "sh", "-c", commands, sys.executable], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"1 of 1 exercises are right: 3 of 3 points.\n{DONE}\n")
    assert "grading refuses" not in done.stderr


def test_the_first_broken_cell_is_named_once_for_all_that_depends_on_it(tmp_path, solved):
    notebook = copy.deepcopy(solved)
    imports = next(cell for cell in notebook.cells if "import numpy as np" in cell.source)
    imports.source = f"undefined_name\n{imports.source}"
    points, checked = both(tmp_path, notebook)
    assert points < 10
    (remark,) = checked.remarks
    assert remark.startswith("cell 2 (imports) stopped with NameError: name 'undefined_name' is not defined; ")
    assert remark.endswith("exercises depend on it")


def test_an_answer_is_called_an_earlier_one_if_its_new_cell_stopped(tmp_path, solved):
    notebook = copy.deepcopy(solved)
    cell = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "numbers_left")
    notebook.cells.insert(1, new_code_cell("numbers_left = 5"))
    cell.source = "numbers_left = (2"
    _, checked = both(tmp_path, notebook)
    (verdict,) = (each for each in checked.verdicts if each.exercise == "numbers_left")
    stale = "Your cell stopped with a SyntaxError, so this is still your earlier answer, 5"
    assert verdict.message.startswith(stale)


def test_teachers_tests_and_answers_graded_by_hand_are_counted_and_not_tried(tmp_path):
    role = nbgrader_metadata("check_x", solution=False, points=2)
    essay = nbgrader_metadata("why", solution=True, points=3) | {"locked": False, "cell_type": "markdown"}
    cells = [
        new_code_cell(RIGHT, metadata={"nbgrader": nbgrader_metadata("entropy", solution=True)}),
        new_code_cell(
            "check(entropy)", metadata={"nbgrader": nbgrader_metadata("check_entropy", solution=False, points=3)}
        ),
        new_code_cell("raise AssertionError", metadata={"nbgrader": role}),
        new_markdown_cell("Because.", metadata={"nbgrader": essay}),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "mine.ipynb")
    result = check(tmp_path / "mine.ipynb", "--master", tmp_path / "mine.ipynb")
    assert (result.exit_code, result.stdout) == (0, f"1 of 1 exercises are right: 3 of 3 points.\n{DONE}\n")
    assert "Note: 2 tests or answers of this notebook can only be judged by grading or by your teacher" in result.stderr


def test_a_notebook_without_exercises_is_not_called_done(tmp_path):
    role = nbgrader_metadata("check_x", solution=False, points=2)
    nbformat.write(new_notebook(cells=[new_code_cell("assert x", metadata={"nbgrader": role})]), tmp_path / "x.ipynb")
    result = check(tmp_path / "x.ipynb", "--master", tmp_path / "x.ipynb")
    assert result.stdout == "This notebook has no exercise that can be checked before grading.\n"


def test_watching_checks_again_when_the_file_is_saved(module):
    module.write_text(WRONG)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "lossedu", "check", str(module), "--watch"], stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout.readline() == "0 of 1 exercises are right: 1 of 3 points.\n"
        time.sleep(0.1)
        module.write_text(RIGHT)
        assert any(line == f"{DONE}\n" for line in watching.stdout)
        watching.kill()
