"""With another nbgrader than lossedu was made for, grading stops and says so; no student is blamed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import ipykernel
import nbgrader
import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

CHAPTER = "00_first_loss"
STUDENT = "quillon"
AUTOGRADE = r"^class Autograde\(BaseConverter\):"
# what another version might have: the files that differ, what is replaced in them, and what is said about it
CHANGES = {
    "a class has another name": (
        ["preprocessors/__init__.py", "preprocessors/saveautogrades.py", "converters/autograde.py"],
        {r"\bSaveAutoGrades\b": "SaveScores"},
        "nbgrader.preprocessors has no SaveAutoGrades",
    ),
    "a step is another class": (
        ["converters/autograde.py"],
        {
            r"^        OverwriteCells,": "        OverwriteAllCells,",
            AUTOGRADE: "class OverwriteAllCells(OverwriteCells):\n    pass\n\n\nclass Autograde(BaseConverter):",
        },
        "Autograde.sanitize_preprocessors is ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteAllCells, "
        "CheckCellMetadata instead of ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells, "
        "CheckCellMetadata",
    ),
    "a step is another class of the same name": (
        ["converters/autograde.py"],
        {AUTOGRADE: "class OverwriteCells(OverwriteCells):\n    pass\n\n\nclass Autograde(BaseConverter):"},
        "Autograde.sanitize_preprocessors has another OverwriteCells than nbgrader.preprocessors",
    ),
    "a step has moved": (
        ["converters/autograde.py"],
        {r"^        Execute,\n        IgnorePattern,": "        IgnorePattern,\n        Execute,"},
        "Autograde.autograde_preprocessors is IgnorePattern, Execute, ",
    ),
    "a private method has another name": (
        ["preprocessors/saveautogrades.py"],
        {r"\b_add_score\b": "_store_score"},
        "nbgrader.preprocessors.SaveAutoGrades has no _add_score",
    ),
    "a replaced method has another name": (
        ["converters/base.py"],
        {r"\binit_notebooks\b": "collect_notebooks"},
        "nbgrader.converters.base.BaseConverter has no init_notebooks",
    ),
    "a method takes more": (
        ["converters/autograde.py"],
        {r"def init_assignment\((.*)\) ->": r"def init_assignment(\1, attempt: int = 1) ->"},
        "nbgrader.converters.Autograde.init_assignment takes (self, assignment_id, student_id, attempt) "
        "instead of (self, assignment_id, student_id)",
    ),
    "a step opens the gradebook in another way": (
        ["preprocessors/overwritecells.py"],
        {
            r"from \.\.api import Gradebook, MissingEntry": "from .. import api\nfrom ..api import MissingEntry",
            r"= Gradebook\(": "= api.Gradebook(",
        },
        "nbgrader.preprocessors.overwritecells has no Gradebook",
    ),
    "the check of metadata has another name": (
        [
            "nbgraderformat/__init__.py",
            "preprocessors/overwritecells.py",
            "preprocessors/checkcellmetadata.py",
            "apps/updateapp.py",
        ],
        {r"\bMetadataValidator\b": "Validator"},
        "nbgrader.nbgraderformat has no MetadataValidator",
    ),
}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A course directory, and a submission to a chapter that waits for its grading."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    source = course / "solutions" / CHAPTER
    source.mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / CHAPTER / f"{CHAPTER}.md", source)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    run = {"cwd": course, "env": environment, "check": True, "capture_output": True}
    subprocess.run([sys.executable, "-m", "lossedu", "build"], **run)
    subprocess.run([sys.executable, "-m", "nbgrader", "generate_assignment", CHAPTER], **run)
    submitted = course / "submitted" / STUDENT / CHAPTER
    submitted.mkdir(parents=True)
    shutil.copy(course / "course" / CHAPTER / f"{CHAPTER}.ipynb", submitted)
    return course


def environment_with_another(package, version, folder, files, replacements):
    """Make another version of a package in a folder, the installed one with some changes.

    Returns:
        The environment variables of a process that has it.
    """
    unused = shutil.ignore_patterns("tests", "docs", "static", "__pycache__", "labextension")
    shutil.copytree(Path(package.__file__).parent, folder / package.__name__, ignore=unused)
    for file in (folder / package.__name__ / name for name in files):
        text = file.read_text(encoding="utf-8")
        for pattern, replacement in replacements.items():
            text, number = re.subn(pattern, replacement, text, flags=re.MULTILINE)
            assert number
        file.write_text(text, encoding="utf-8")
    about = folder / f"{package.__name__}-{version}.dist-info"
    about.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {package.__name__}\nVersion: {version}\n"
    (about / "METADATA").write_text(metadata, encoding="utf-8")
    path = [str(folder), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path)}


def environment_with(folder, change):
    """The environment variables of a process that has another nbgrader."""
    files, replacements, _ = CHANGES[change]
    return environment_with_another(nbgrader, "0.9.7", folder, files, replacements)


TRUST = "from traitlets.config import Config; from lossedu.grading import trust; trust(Config())"


@pytest.mark.parametrize("change", CHANGES)
def test_a_configuration_with_another_nbgrader_ends_the_program(tmp_path, change):
    environment = environment_with(tmp_path, change)
    ran = subprocess.run([sys.executable, "-c", TRUST], env=environment, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"nbgrader 0.9.7 is not supported: {CHANGES[change][-1]}")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("lost", "module", "words"),
    [
        ("nbclient.NotebookClient.process_message", "lossedu.grading.check", "NotebookClient has no process_message"),
        ("ipykernel.kernelapp.IPKernelApp.init_pdb", "lossedu.executor._inside", "IPKernelApp has no init_pdb"),
        ("nbconvert.exporters.HTMLExporter.default_filters", "lossedu.grading.pages", "takes (self, other) instead of"),
    ],
)
def test_another_version_of_what_grading_runs_on_is_named(lost, module, words):
    owner = lost.rpartition(".")[0]
    change = f"del {lost}" if "no " in words else f"{lost} = lambda self, other: ()"
    program = f"import {owner.rpartition('.')[0]}; {change}; import {module}"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 1
    library = lost.partition(".")[0]
    assert re.match(rf"{library} [0-9.]+ is not supported: {re.escape(owner)}", ran.stderr)
    assert words in ran.stderr


def contents(course):
    return {path.relative_to(course): path.read_bytes() for path in course.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", [["lossedu", "grade"], ["nbgrader", "autograde"]], ids=" ".join)
@pytest.mark.parametrize("change", ["a class has another name", "a step is another class"])
def test_grading_stops_before_anybody_is_graded(handed_in, tmp_path, command, change):
    environment = environment_with(tmp_path, change)
    before = contents(handed_in)
    program = [sys.executable, "-m", *command, CHAPTER]
    ran = subprocess.run(program, cwd=handed_in, env=environment, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 1
    assert f"nbgrader 0.9.7 is not supported: {CHANGES[change][-1]}" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert STUDENT not in ran.stdout + ran.stderr
    assert contents(handed_in) == before


def test_the_doctor_names_it(handed_in, tmp_path):
    environment = environment_with(tmp_path, "a private method has another name")
    program = [sys.executable, "-m", "lossedu", "doctor", "--json"]
    ran = subprocess.run(program, cwd=handed_in, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 1
    found = {each["check"]: each["problems"] for each in map(json.loads, ran.stdout.splitlines())}
    says = "nbgrader 0.9.7 is not supported: nbgrader.preprocessors.SaveAutoGrades has no _add_score"
    fix = "Install one that is: pip install --force-reinstall --no-deps 'nbgrader>=0.9.6,<0.9.7'"
    problem = {"says": says, "fix": fix, "must": True}
    assert problem in found["supported libraries"]
    assert found["configuration"] == [problem]


def test_with_an_unsupported_ipykernel_nothing_runs_in_a_process_without_limits(tmp_path):
    renamed = {r"\binit_pdb\b": "init_debugger"}
    environment = environment_with_another(ipykernel, "7.9", tmp_path, ["kernelapp.py"], renamed)
    grade = f"from lossedu.cli import cli; cli(['grade-file', {str(ROOT / 'course' / CHAPTER / f'{CHAPTER}.ipynb')!r}])"
    ran = subprocess.run([sys.executable, "-c", grade], env=environment, capture_output=True, text=True, timeout=200)
    assert ran.returncode == 1
    words = "ipykernel 7.9 is not supported: ipykernel.kernelapp.IPKernelApp has no init_pdb."
    assert words in ran.stderr
    assert "start slowly" not in ran.stderr
