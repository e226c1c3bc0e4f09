"""The installation: what environment.yml and pyproject.toml promise, and fresh environments made from them."""

import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
PIP_PART = next(part["pip"] for part in CONDA["dependencies"] if isinstance(part, dict))
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))


def name_of(requirement):
    return re.match(r"[\w-]+", requirement).group()


def test_conda_asks_for_the_pythons_that_the_package_supports():
    assert f"python{PROJECT['requires-python']}" in CONDA["dependencies"]


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


def fresh_environment(folder, *pip_arguments):
    """A new virtual environment with these pip arguments installed; returns its bin folder."""
    venv.create(folder, with_pip=True)
    tools = folder / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([tools / "python", "-m", "pip", "install", "--quiet", *pip_arguments], cwd=ROOT, check=True)
    return tools


@pytest.mark.slow
def test_the_pip_part_of_the_conda_environment_grades_and_compares(tmp_path):
    arguments = [word for line in PIP_PART for word in line.split()]
    tools = fresh_environment(tmp_path / "env", *arguments)
    run = {"cwd": tmp_path, "check": True, "capture_output": True, "text": True}
    assert "lossedu, version" in subprocess.run([tools / "lossedu", "--version"], **run).stdout
    assert subprocess.run([tools / "nbgrader", "--version"], **run).stdout
    subprocess.run([tools / "python", "-c", "import jupyterlab, matplotlib, sympy, tensorflow"], **run)


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
