"""What is handed to other platforms works, as far as it can be run here."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT
from tests.grading.test_export import RESULTS_JSON

pytestmark = pytest.mark.slow

ASSIGNMENT = "00_first_loss"
RELEASED = ROOT / "course" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
SCRIPTS = ["deploy/gradescope/setup.sh", "deploy/gradescope/run_autograder"]
ANSWERS = "def squared_error(y_true, y_pred):\n    return (y_true - y_pred) ** 2\n"


@pytest.fixture
def environment(tmp_path):
    """An environment with a `lossedu` to call, in a place where the scripts look for it."""
    command = tmp_path / "environment" / "bin" / "lossedu"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m lossedu "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "LOSSEDU_ENVIRONMENT": str(command.parents[1])}


@pytest.fixture
def autograder(tmp_path, environment):
    """A folder like Gradescope's `/autograder`; the function hands files in and returns `results.json`."""
    root = tmp_path / "autograder"
    (root / "source").mkdir(parents=True)
    (root / "source" / "assignment.txt").write_text(f"{ASSIGNMENT}\n")
    shutil.copy(RELEASED, root / "source")

    def run(**files):
        (root / "submission").mkdir()
        for name, content in files.items():
            (root / "submission" / name.replace("__", ".")).write_text(content)
        script = ROOT / "deploy" / "gradescope" / "run_autograder"
        subprocess.run([script], cwd=root, env=environment | {"AUTOGRADER": str(root)}, check=True, capture_output=True)
        results = json.loads((root / "results" / "results.json").read_text())
        jsonschema.validate(results, RESULTS_JSON)
        assert [path.name for path in (root / "results").iterdir()] == ["results.json"]
        return results

    return run


@pytest.mark.parametrize(
    "name",
    [
        "00_first_loss__py",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("otherwise__py", "00_first_loss__PY")),
        "answers__py__txt",
    ],
)
def test_gradescope_gets_points_and_words(autograder, name):
    results = autograder(**{name: ANSWERS})
    points = {test["name"]: test["score"] for test in results["tests"]}
    assert points.pop("squared_error") == results["score"] > 0
    assert not any(points.values())
    assert all(test["output"] for test in results["tests"])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, f"expected {ASSIGNMENT}.ipynb"),
        ({"a__py": ANSWERS, "b__py": ANSWERS.replace("2", "3")}, "several files may be the answer: a.py, b.py"),
        ({"00_first_loss__ipynb": "{"}, "not a notebook"),
    ],
)
def test_gradescope_is_told_what_could_not_be_graded(autograder, files, words):
    results = autograder(**files)
    assert results["score"] == 0
    assert words in results["output"]


def test_gradescope_is_told_when_grading_itself_fails(autograder, environment):
    Path(environment["LOSSEDU_ENVIRONMENT"], "bin", "lossedu").write_text("#!/bin/sh\nexit 3\n")
    assert autograder(a__py=ANSWERS) == {
        "score": 0,
        "output": "The submission could not be graded; the log that teachers see says why.",
        "tests": [],
    }


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Gradescope's containers run Linux")
def test_other_users_can_read_python_but_neither_answers_nor_the_master(tmp_path):
    root, place = tmp_path / "autograder", tmp_path / "environment"
    (root / "source").mkdir(parents=True)
    for name in (f"{ASSIGNMENT}.ipynb", "lossedu-0-py3-none-any.whl"):
        (root / "source" / name).write_text("")
    package = shutil.copytree(ROOT / "lossedu", tmp_path / "packages" / "lossedu")
    for program in ("pip", "lossedu", "apt-get"):
        (place / "bin" / program).parent.mkdir(parents=True, exist_ok=True)
        (place / "bin" / program).write_text("#!/bin/sh\n")
    (place / "bin" / "python").write_text(f'#!/bin/sh\nPYTHONPATH="{package.parent}" exec "{sys.executable}" "$@"\n')
    for program in (place / "bin").iterdir():
        program.chmod(0o755)
    settings = {"AUTOGRADER": str(root), "LOSSEDU_ENVIRONMENT": str(place), "PYTHON": "true"}
    settings["PATH"] = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    script = ROOT / "deploy" / "gradescope" / "setup.sh"
    subprocess.run([script], cwd=tmp_path, env=os.environ | settings, check=True)
    closed = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if not path.stat().st_mode & 0o077}
    hidden = [package / part for part in ("losses", "metrics", "optimizers", "training", "exercises", "checking")]
    for folder in [root / "source", *hidden]:
        for path in [folder, *folder.rglob("*")]:
            assert path.relative_to(tmp_path).as_posix() in closed
    assert not closed & {"packages/lossedu", "packages/lossedu/__init__.py", "packages/lossedu/plots.py"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_are_executable_and_sound(script):
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", ROOT / script], check=True)


@pytest.mark.slow
def test_make_gradescope_zips_what_the_scripts_look_for():
    python = Path(sys.executable).parent.parent
    subprocess.run(
        ["make", "gradescope", f"ASSIGNMENT={ASSIGNMENT}", f"VENV={python}", "-o", f"{python}/ready"],
        cwd=ROOT,
        check=True,
    )
    with zipfile.ZipFile(ROOT / "build" / f"gradescope-{ASSIGNMENT}.zip") as made:
        modes = {each.filename: each.external_attr >> 16 & 0o777 for each in made.infolist()}
    (wheel,) = (name for name in modes if name.endswith(".whl"))
    assert re.fullmatch(r"lossedu-.*\.whl", wheel)
    assert modes.keys() - {wheel} == {
        "setup.sh",
        "run_autograder",
        "constraints.txt",
        "assignment.txt",
        f"{ASSIGNMENT}.ipynb",
    }
    assert modes["setup.sh"] & modes["run_autograder"] & 0o111


def test_the_workflow_of_github_classroom_reports_points(tmp_path, environment):
    workflow = yaml.safe_load((ROOT / "deploy" / "github-classroom" / "classroom.yml").read_text())
    steps = workflow["jobs"]["grade"]["steps"]
    graded, reported = steps[-2:]
    notebook = tmp_path / "answers.py"
    notebook.write_text(ANSWERS)
    told = {"ASSIGNMENT": ASSIGNMENT, "NOTEBOOK": str(notebook), "GITHUB_OUTPUT": str(tmp_path / "output")}
    script = graded["run"].replace("--isolation bubblewrap", "")  # which is not everywhere
    subprocess.run(["bash", "-eo", "pipefail", "-c", script], env=environment | told, check=True)
    name, encoded = (tmp_path / "output").read_text().rstrip("\n").split("=", 1)

    # as the reporter does it: the runner's name in capitals, and base64 in there
    (variable,) = reported["env"]
    assert variable == f"{reported['with']['runners'].upper()}_RESULTS"
    assert reported["env"][variable] == f"${{{{ steps.{graded['id']}.outputs.{name} }}}}"
    results = json.loads(base64.b64decode(encoded))
    assert sum(test["score"] for test in results["tests"]) > 0
    assert results["max_score"] == 10
    assert all(test["status"] in ("pass", "fail") for test in results["tests"])


def test_the_container_copies_and_installs_what_there_is():
    text = (ROOT / "deploy" / "Containerfile").read_text()
    assert 'ENTRYPOINT ["lossedu", "grade-file"]' in text
    assert (ROOT / re.search(r"--constraint (\S+)", text)[1]).is_file()
    assert "[grade]" in text
