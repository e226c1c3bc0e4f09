"""What the operators' page says holds: its commands run, its programs parse, and its tables are complete."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import fields

import click
import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from lossedu.cli import cli
from lossedu.executor.provisioner import WarmProvisioner
from lossedu.grading.writer import Result
from tests.grading.tampering import ASSIGNMENT
from tests.grading.test_batch import GRADED, course, ungraded  # noqa: F401
from tests.samples.demo import REPOSITORY

PAGE = (REPOSITORY / "docs" / "operators.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def environment(tmp_path):
    """An environment in which the commands of the page are those of this Python, and lossedu is installed."""
    programs, site = tmp_path / "bin", tmp_path / "site" / "lossedu-0.dist-info"
    for folder in (programs, site):
        folder.mkdir(parents=True)
    for name, module in {"lossedu": "lossedu", "dask": "dask", "jupyter-execute": "nbclient.cli"}.items():
        start = f"from runpy import run_module; run_module('{module}', run_name='__main__', alter_sys=True)"
        if module == "nbclient.cli":
            start = f"from {module} import main; main()"
        (programs / name).write_text(f"#!{sys.executable}\n{start}\n")
        (programs / name).chmod(0o755)
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    (entry,) = re.findall(
        r'^\[project\.entry-points\."(.*kernel_provisioners)"\]\n(.*?) = "(.*)"', project, re.MULTILINE
    )
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: lossedu\nVersion: 0\n")
    (site / "entry_points.txt").write_text("[{}]\n{} = {}\n".format(*entry))
    return os.environ | {
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(site.parent), str(REPOSITORY)]),
        "JUPYTER_PATH": str(tmp_path / "jupyter"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("commands", blocks("bash"))
def test_its_commands_run(course, environment, sandbox, commands):  # noqa: F811
    if "dask" in commands:
        pytest.importorskip("distributed")
    for each in (course / "submitted").iterdir():
        if each.name not in GRADED:
            shutil.rmtree(each)
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    script = commands.replace("07_kl_divergence", ASSIGNMENT).replace("8786", str(free)).replace("'a*'", "'h*'")
    script = f"trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n{script}"
    subprocess.run(["bash", "-ec", script], cwd=course, env=environment, check=True, timeout=500)
    assert (course / "autograded" / "honest" / ASSIGNMENT / "second.ipynb").exists()


@pytest.mark.parametrize("program", blocks("python"))
def test_its_programs_parse(program):
    compile(program, "operators.md", "exec")


def test_its_settings_are_those_of_dask():
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")
    (settings,) = map(yaml.safe_load, blocks("yaml"))
    for role in ("scheduler", "worker", "client"):
        for key in settings["distributed"]["comm"]["tls"][role]:
            dask.config.get(f"distributed.comm.tls.{role}.{key}")
    dask.config.get("distributed.comm.tls.ca-file")
    assert dask.config.get("distributed.comm.require-encryption") is None


def test_the_options_and_exit_codes_and_fields_and_settings_that_it_names_are_those_there_are():
    command = cli.commands["grade"]
    options = {name for each in command.params for name in each.opts if name.startswith("--")}
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) & options >= options - {
        "--course",
        "--student",
        "--again",
        "--scheduler",
    }
    told = command.get_help(click.Context(command))
    for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE):
        assert re.search(rf"\b{code}\b", told)
    (table,) = re.findall(r"^\| field \|.*?\n\n", PAGE, re.DOTALL | re.MULTILINE)
    named = [name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(field.name for field in fields(Result))
    for setting in re.findall(r"c\.WarmProvisioner\.(\w+)", PAGE):
        assert WarmProvisioner.class_traits()[setting].metadata["config"]


@pytest.mark.usefixtures("sandbox")
def test_any_jupyter_program_gets_warm_isolated_kernels_by_the_name_of_their_provisioner(environment, tmp_path):
    (specification,) = map(json.loads, blocks("json"))
    specification["argv"][0] = sys.executable
    kernel = tmp_path / "jupyter" / "kernels" / "warm"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps(specification))
    seen = "import os, sys\n'lossedu.plots' in sys.modules, os.getcwd(), os.path.exists('secret.txt')"
    nbformat.write(new_notebook(cells=[new_code_cell(seen)]), tmp_path / "notebook.ipynb")
    command = ["jupyter-execute", "--kernel_name=warm", "--inplace", "notebook.ipynb"]
    program = shutil.which(command[0], path=environment["PATH"])
    subprocess.run([program, *command[1:]], cwd=tmp_path, env=environment, check=True)
    (cell,) = nbformat.read(tmp_path / "notebook.ipynb", as_version=4).cells
    assert cell.outputs[0].data["text/plain"] == "(True, '/submission/work', False)"


def test_what_many_submissions_cost_follows_from_what_one_costs():
    head, _, *rows = re.search(r"^\| chapter \|.*?\n\n", PAGE, re.DOTALL | re.MULTILINE)[0].strip().splitlines()
    cores = [int(number) for number in re.findall(r"on (\d+) cores", head)]
    assert cores
    assert rows
    for row in rows:
        _, total, writer, *minutes = row.strip("| ").split(" | ")
        costs = [round(30_000 * max(float(total) / each, float(writer)) / 60) for each in cores]
        assert minutes == [f"{cost} minutes" for cost in costs]
