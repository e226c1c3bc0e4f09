"""`lossedu check` on files, as learners run it."""

import json
import subprocess
import sys
import time

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_notebook

from lossedu.authoring import nbgrader_metadata
from lossedu.cli import cli

WRONG = "import numpy as np\n\ndef entropy(p):\n    return -(p * np.log2(p)).sum(-1)\n"
RIGHT = "import numpy as np\n\ndef entropy(p):\n    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)\n"


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
    assert (result.exit_code, result.output) == (0, "1 of 1 exercises are right: 3 of 3 points.\nAll done.\n")


def test_json_is_one_object_an_exercise_with_the_documented_keys(module):
    module.write_text(WRONG + "\nwasted_bits = 0.25\n")
    prediction, function = map(json.loads, check(module, "--json").output.splitlines())
    assert list(function) == ["exercise", "passed", "points", "max_points", "aspects", "diagnosis", "message"]
    assert (prediction["exercise"], prediction["passed"], prediction["diagnosis"]) == ("wasted_bits", True, None)
    assert (function["exercise"], function["passed"], function["diagnosis"]) == ("entropy", False, "log2 for ln")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mine.py", "entropy = 1 / 0", "mine.py cannot be run: ZeroDivisionError: division by zero"),
        ("mine.py", "raise SystemExit(3)", "mine.py cannot be run: SystemExit: 3"),
        ("mine.py", "def my_entropy(p): ...", "mine.py answers no exercise: none is called as one of those in the"),
        ("mine.txt", RIGHT, "mine.txt must be a .py file or an .ipynb notebook"),
        ("mine.ipynb", "{}", "mine.ipynb is no notebook: "),
        ("mine.ipynb", nbformat.writes(new_notebook()), "mine.ipynb answers no exercise"),
    ],
)
def test_a_file_that_holds_nothing_to_check_is_refused_in_words(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    result = check(tmp_path / name)
    assert result.exit_code == 1
    assert words in result.output


def test_a_notebook_is_run_and_all_its_answers_are_judged(tmp_path):
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
    found = {v["exercise"]: v for v in map(json.loads, check(tmp_path / "mine.ipynb", "--json").output.splitlines())}
    assert list(found) == ["entropy_slope", "entropy", "gaussian_kl", "poisson"]
    assert found["entropy"]["passed"]
    assert found["entropy_slope"]["diagnosis"] == "sign"
    assert "in line 2 of your cell: return lambda_(y_true)" in found["poisson"]["message"]
    assert "is not there: no cell has defined gaussian_kl" in found["gaussian_kl"]["message"]


def test_watching_checks_again_when_the_file_is_saved(module):
    module.write_text(WRONG)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "lossedu", "check", str(module), "--watch"], stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout.readline() == "0 of 1 exercises are right: 1 of 3 points.\n"
        time.sleep(0.1)
        module.write_text(RIGHT)
        assert any(line == "All done.\n" for line in watching.stdout)
        watching.kill()
