"""The installation: what environment.yml and pyproject.toml promise, and fresh environments made from them."""

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
PIP_PART = next(part["pip"] for part in CONDA["dependencies"] if isinstance(part, dict))
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))


FILES = (
    2 * len(list((ROOT / "solutions").glob("*/*.md"))) + 3
)  # a notebook and a module per chapter, start page, glossary, gathered answers


def name_of(requirement):
    return re.match(r"[\w-]+", requirement).group()


def test_conda_asks_for_the_pythons_that_the_package_supports():
    assert f"python{PROJECT['requires-python']}" in CONDA["dependencies"]


def test_a_learner_installs_no_tensorflow_and_conda_does():
    extras = PROJECT["optional-dependencies"]
    assert {extra for extra, needed in extras.items() if any(each.startswith("tensorflow") for each in needed)} == {
        "keras"
    }
    (editable,) = [line for line in PIP_PART if line.startswith("--editable")]
    assert "keras" in Requirement(f"lossedu{editable.removeprefix('--editable .')}").extras


def test_each_target_of_make_installs_what_it_needs_and_no_more(tmp_path):
    installed = {}
    for target in ("demo", "lab", "test"):
        asked = ["make", "--dry-run", target, f"VENV={tmp_path / target}", f"PYTHON={sys.executable}"]
        said = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        installed[target] = re.findall(r"--editable '\.\[(.*?)\]'", said)
    assert installed == {"demo": ["author"], "lab": ["keras"], "test": ["dev"]}


def test_every_dependency_is_pinned():
    extras = PROJECT["optional-dependencies"].values()
    direct = {
        name_of(requirement) for requirement in [*PROJECT["dependencies"], *(r for extra in extras for r in extra)]
    }
    assert direct - {"lossedu"} <= set(PINNED)


def test_pre_commit_runs_the_pinned_ruff():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    asked = {version for hook in hooks for version in hook.get("additional_dependencies", [])}
    assert asked == {f"ruff=={PINNED['ruff']}"}


def test_binder_has_a_python_that_the_package_supports_and_the_lock():
    version = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert version in SpecifierSet(PROJECT["requires-python"])
    requirements = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    constraint, editable = (line.split()[1] for line in requirements if not line.startswith("#"))
    assert (ROOT / "binder" / constraint).resolve() == ROOT / "constraints.txt"
    assert editable == ".[learn]"


def test_binder_shows_the_start_page_as_it_reads(tmp_path):
    environment = {"NB_PYTHON_PREFIX": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([ROOT / "binder" / "postBuild"], cwd=ROOT, env=environment, check=True)
    labconfig = tmp_path / "etc/jupyter/labconfig"
    settings = json.loads((labconfig / "default_setting_overrides.json").read_text(encoding="utf-8"))
    assert settings["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"] == {"markdown": "Markdown Preview"}


def test_the_addresses_of_binder_and_colab_lead_to_files_there_are():
    guide = (ROOT / "docs" / "learners.md").read_text(encoding="utf-8")
    paths = re.findall(r"OWNER/REPOSITORY/(?:blob/)?main(?:/|\?urlpath=lab/tree/)([^\s`]+)", guide)
    assert [path.rpartition(".")[2] for path in paths] == ["md", "ipynb"]
    assert all((ROOT / path).is_file() for path in paths)


@pytest.mark.slow
def test_binder_installs_the_versions_of_the_lock(tmp_path):
    asked = ["--dry-run", "--ignore-installed", "--quiet", "--report", tmp_path / "report.json"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *asked, "-r", "binder/requirements.txt"], cwd=ROOT, check=True
    )
    chosen = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["install"]
    versions = {canonicalize_name(part["metadata"]["name"]): part["metadata"]["version"] for part in chosen}
    del versions["lossedu"]
    assert "jupyterlab" in versions
    assert "tensorflow" not in versions  # Binder gives little memory
    pins = [
        Requirement(line)
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line[0] != "#"
    ]
    pinned = {canonicalize_name(pin.name): pin.specifier for pin in pins if pin.marker is None or pin.marker.evaluate()}
    assert [name for name, version in versions.items() if version not in pinned[name]] == []


def fresh_environment(folder, *pip_arguments):
    """A new virtual environment with these pip arguments installed; returns its bin folder."""
    venv.create(folder, with_pip=True)
    tools = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = [tools / "python", "-m", "pip", "install", "--quiet", "--no-compile", *pip_arguments]
    subprocess.run(install, cwd=ROOT, check=True)
    return tools


@pytest.mark.slow
def test_the_pip_part_of_the_conda_environment_grades_and_compares(tmp_path):
    arguments = [word for line in PIP_PART for word in line.split()]
    tools = fresh_environment(tmp_path / "env", *arguments)
    run = {"cwd": tmp_path, "check": True, "capture_output": True, "text": True}
    assert "lossedu, version" in subprocess.run([tools / "lossedu", "--version"], **run).stdout
    assert subprocess.run([tools / "nbgrader", "--version"], **run).stdout
    subprocess.run([tools / "python", "-c", "import jupyterlab, matplotlib, sympy, tensorflow"], **run)
    assert f": {FILES} files new" in subprocess.run([tools / "lossedu", "start", "mine"], **run).stdout


@pytest.mark.slow
def test_the_base_install_needs_numpy_only_and_checks(tmp_path):
    tools = fresh_environment(tmp_path / "env", "--constraint", "constraints.txt", ".")
    run = {"cwd": tmp_path, "capture_output": True, "text": True}
    script = (
        "import numpy as np\n"
        "from lossedu import check\n"
        "def kl_divergence(y_true, y_pred):\n"
        "    p, q = np.clip([y_true, y_pred], 1e-7, 1)\n"
        "    return (p * np.log(p / q)).sum(-1)\n"
        "check(kl_divergence)\n"
    )
    said = subprocess.run([tools / "python", "-c", script], check=True, **run).stdout
    assert said.startswith("kl_divergence: 4 of 4 points")
    refused = subprocess.run([tools / "lossedu"], check=False, **run)
    assert refused.returncode == 1
    assert "the command needs click: install it with  pip install 'lossedu[learn]'" in refused.stderr


SOLVE_AND_CHECK = """
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read("00_first_loss.ipynb", as_version=4)
ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
notebook.cells[ids.index("mean_error_of_a")].source = "mean_error_of_a = 0"
del notebook.cells[ids.index("check_mean_error_of_a") + 1 :]
NotebookClient(notebook).execute()
print(notebook.cells[-1].outputs[0]["data"]["text/plain"])
"""


@pytest.mark.slow
def test_a_wheel_lays_out_the_course_elsewhere_and_its_first_check_runs_and_is_noted(tmp_path):
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("lossedu-*.whl")
    needed = ["click", "ipykernel", "matplotlib", "nbclient", "sympy"]
    tools = fresh_environment(tmp_path / "env", "--constraint", "constraints.txt", wheel, *needed)
    # the package must be the installed one, and the kernel that of the environment
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env["PATH"] = f"{tools}{os.pathsep}{env['PATH']}"
    run = {"env": env, "check": True, "capture_output": True, "text": True}
    assert (
        f"mine: {FILES} files new" in subprocess.run([tools / "lossedu", "start", "mine"], cwd=tmp_path, **run).stdout
    )
    chapter = tmp_path / "mine" / "00_first_loss"
    solved = subprocess.run([tools / "python", "-c", SOLVE_AND_CHECK], cwd=chapter, **run).stdout
    assert solved.startswith("mean_error_of_a: 1 of 1 points")
    shown = subprocess.run([tools / "lossedu", "progress"], cwd=chapter, **run).stdout
    assert re.search(r"00_first_loss +1 of 8 ", shown)
    assert "Next: price_slope" in shown
    worked = subprocess.run([tools / "lossedu", "solution", "squared_error"], cwd=chapter, **run).stdout
    assert "def squared_error(y_true, y_pred):\n    return " in worked
    assert "Why: " in worked
