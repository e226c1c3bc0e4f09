"""What a learner installs, `lossedu[learn]`: an environment in which nothing else can be imported, and its commands."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lossedu.authoring import chapter_notebook
from tests.conftest import ROOT
from tests.grading.mixed import solved
from tests.test_dependencies import requirements_of

CHAPTER = "00_first_loss"
SITE = Path(sysconfig.get_path("purelib"))
GRADING_ALONE = ["nbgrader", "sqlalchemy", "alembic", "nh3", "latex2mathml", "jupytext", "distributed"]


def distributions_for(requirements):
    """The distributions that pip would install for requirements, by name, from what is installed here."""
    found, waiting = {}, list(requirements)
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name)
        extras = {"", *requirement.extras}
        if key in found and extras <= found[key][1]:
            continue
        known = found[key][1] if key in found else set()
        found[key] = importlib.metadata.distribution(requirement.name), known | extras
        for text in found[key][0].requires or []:
            each = Requirement(text)
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(each)
    return {name: distribution for name, (distribution, _) in found.items()}


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """The programs of a virtual environment that has links to the packages of `lossedu[learn]`, and no others."""
    folder = tmp_path_factory.mktemp("learner") / "env"
    venv.create(folder)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    for distribution in distributions_for(requirements_of("learn").values()).values():
        for file in distribution.files:
            place = site / file
            if ".." not in file.parts and not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(SITE / file)
    (site / "lossedu.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


def run(tools, *arguments, folder):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    command = [tools / "python", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def solved_chapter():
    return solution_of(CHAPTER)


def solution_of(chapter):
    """Return the released notebook of a chapter with all answers in it."""
    text = ROOT / "solutions" / chapter / f"{chapter}.md"
    released = nbformat.read(ROOT / "course" / chapter / f"{chapter}.ipynb", as_version=4)
    return solved(released, chapter_notebook(text.read_text(encoding="utf-8"), chapter=chapter))


@pytest.mark.parametrize("name", [*GRADING_ALONE, "tensorflow", "keras"])
def test_a_learner_has_no_packages_that_only_others_need(tools, name, tmp_path):
    assert "ModuleNotFoundError" in run(tools, "-c", f"import {name}", folder=tmp_path).stderr


def test_check_judges_a_notebook_without_nbgrader(tools, solved_chapter, tmp_path):
    nbformat.write(solved_chapter, tmp_path / f"{CHAPTER}.ipynb")
    ran = run(tools, "-m", "lossedu", "check", f"{CHAPTER}.ipynb", "--json", folder=tmp_path)
    assert ran.stderr == ""
    verdicts = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [each["exercise"] for each in verdicts if not each["passed"]] == []
    assert len(verdicts) == 8
    assert ran.returncode == 0


FORK = """
import os
from lossedu.executor.server import KernelServer

KernelServer(dict(os.environ), sandboxed=False).close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no forks")
def test_the_notebook_of_a_learner_runs_in_a_forked_process(tools, tmp_path):
    ran = run(tools, "-c", FORK, folder=tmp_path)
    assert (ran.stderr, ran.returncode) == ("", 0)


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        (["results", CHAPTER], "nbgrader", "grade"),
        (["grade", CHAPTER], "nbgrader", "grade"),
        (["build"], "jupytext", "author"),
    ],
)
def test_a_command_for_others_says_what_to_install(tools, tmp_path, command, package, extra):
    (tmp_path / "solutions").mkdir()
    ran = run(tools, "-m", "lossedu", *command, folder=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr == f"Error: this command needs {package}: install it with  pip install 'lossedu[{extra}]'\n"


COMPARE = """
from lossedu import compare_with_keras, load_keras
def poisson_gradient(y_true, y_pred): return (1 - y_true / y_pred) / y_pred.shape[-1]
compare_with_keras(poisson_gradient)
assert load_keras() is None
"""
INSTALL = "TensorFlow is not installed; add it with  pip install 'lossedu[keras]'"


def test_without_tensorflow_the_recorded_outputs_are_compared(tools, tmp_path):
    ran = run(tools, "-c", COMPARE, folder=tmp_path)
    assert (ran.stderr, ran.returncode) == ("", 0)
    compared, loaded = ran.stdout.splitlines()
    assert compared.startswith("poisson_gradient agrees with the slope of keras.losses.poisson of Keras 3.")
    assert re.search(rf"\), as recorded: on \d+ inputs the largest difference is \S+\. {re.escape(INSTALL)}$", compared)
    assert loaded == f"The cells with Keras do nothing here. {INSTALL}"


def test_a_tensorflow_that_cannot_be_imported_is_named(tools, tmp_path):
    (tmp_path / "keras.py").write_text("")
    (tmp_path / "tensorflow.py").write_text("raise TypeError('Descriptors cannot be created\\nmore lines')")
    ran = run(tools, "-c", COMPARE, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    for line in ran.stdout.splitlines():
        assert line.endswith("TensorFlow cannot be imported: TypeError: Descriptors cannot be created")


RUN = """
import sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300).execute()
nbformat.write(notebook, sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("chapter", ["07_kl_divergence", "13_compile_and_fit"])
def test_a_solved_chapter_runs_without_tensorflow(tools, tmp_path, chapter):
    nbformat.write(solution_of(chapter), tmp_path / "solved.ipynb")
    ran = run(tools, "-c", RUN, "solved.ipynb", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    cells = nbformat.read(tmp_path / "solved.ipynb", as_version=4).cells
    shown = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in shown if output.output_type == "error"] == []
    assert sum(INSTALL in output.get("data", {}).get("text/plain", "") for output in shown) >= 1
