"""The files around the code: the changelog, the citation and the templates say what is so."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import yaml

from lossedu import __version__
from lossedu.checking import notes
from lossedu.grading.check import TIMEOUT
from tests.conftest import LONGEST, ROOT
from tests.test_installation import PROJECT

CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOW = ROOT / ".github" / "workflows" / "tests.yml"
PAGES_WORKFLOW = ROOT / ".github" / "workflows" / "pages.yml"
PAGES = [ROOT / "CONTRIBUTING.md", *(ROOT / ".github").rglob("*.md")]


def test_the_version_is_semantic():
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9a-z.]+)?", __version__)


def test_the_changelog_keeps_its_form():
    releases = re.findall(r"^## (.+)$", CHANGES, re.MULTILINE)
    assert releases[0] == "[Unreleased]"
    assert [each for each in releases[1:] if not re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", each)] == []
    assert set(re.findall(r"^### (.+)$", CHANGES, re.MULTILINE)) <= KINDS


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert {"cff-version", "message", "title", "authors"} <= set(citation)  # what the format requires
    assert citation["authors"] == [{"name": "The lossedu developers"}]


@pytest.mark.parametrize(
    "template", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md")), ids=lambda path: path.stem
)
def test_an_issue_template_says_what_it_is_for(template):
    _, header, body = template.read_text(encoding="utf-8").split("---\n", 2)
    assert {"name", "about", "labels"} == set(yaml.safe_load(header))
    assert body.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_make_targets_that_are_named_exist(page):
    named = re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))
    assert [target for target in named if not re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)] == []


def test_the_longest_test_files_are_there():
    assert [name for name in LONGEST if not (ROOT / "tests" / f"{name}.py").is_file()] == []


SCHEMAS = {  # the names of schemas that are part of check-jsonschema
    "vendor.github-workflows": [WORKFLOW, PAGES_WORKFLOW, ROOT / "deploy" / "github-classroom" / "classroom.yml"],
    "custom.github-workflows-require-timeout": [WORKFLOW, PAGES_WORKFLOW],
    "vendor.github-issue-config": [ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml"],
    "vendor.citation-file-format": [ROOT / "CITATION.cff"],
}


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("check_jsonschema"), reason="check-jsonschema is not installed")
@pytest.mark.parametrize("schema", SCHEMAS)
def test_files_for_other_programs_fit_their_schemas(schema):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *SCHEMAS[schema]]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_workflow_runs_on_each_python_that_the_package_names():
    named = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if "Python :: 3." in each]
    assert (
        yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["linux"]["strategy"]["matrix"]["python"] == named
    )


def commands_of(workflow):
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]


def test_the_commands_of_the_workflow_name_existing_files_and_targets():
    script = "\n".join(commands_of(WORKFLOW))
    subprocess.run(["bash", "-n", "-c", script], check=True)
    targets = re.findall(r"^make ([a-z-]+)", script, re.MULTILINE)
    assert "lint" in targets
    assert [target for target in targets if not re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)] == []
    extras = set(re.findall(r"'\.\[([a-z]+)\]'", script))
    assert extras <= PROJECT["optional-dependencies"].keys()
    (parts,) = re.findall(r"--override-ini testpaths= (.*)", script)
    assert [part for part in parts.split() if not (ROOT / "lossedu" / part).is_dir()] == []


TEXTS = {"type": "array", "items": {"type": "string"}}
DEVCONTAINER = {  # the properties that this course uses, from the specification of dev containers
    "type": "object",
    "required": ["name", "image", "onCreateCommand"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "image": {"type": "string", "pattern": r"^[a-z0-9.-]+(/[a-z0-9._-]+)+:[a-z0-9.-]+$"},
        "onCreateCommand": {"type": "string"},
        "customizations": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "codespaces": {"type": "object", "properties": {"openFiles": TEXTS}, "additionalProperties": False},
                "vscode": {
                    "type": "object",
                    "properties": {"extensions": TEXTS, "settings": {"type": "object"}},
                    "additionalProperties": False,
                },
            },
        },
    },
}


def test_the_dev_container_has_the_python_of_binder_and_opens_the_start_page():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    jsonschema.validate(container, DEVCONTAINER)
    version = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert container["image"].endswith(f"/python:{version}")
    assert "--constraint constraints.txt --editable '.[learn]'" in container["onCreateCommand"]
    assert all((ROOT / file).is_file() for file in container["customizations"]["codespaces"]["openFiles"])


def test_the_answers_for_newcomers_name_existing_files_and_functions():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (.+\?) \| (.+) \|$", text.partition("## Three questions")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert len(rows) == 3
    for _, answer in rows:
        files = [ROOT / name for name in re.findall(r"`([\w/.]+\.py)`", answer)]
        names = re.findall(r"`(?:c\.\w+\.)?(\w+)`", answer)
        assert files
        contents = [file.read_text(encoding="utf-8") for file in files]
        defined = [rf"^(def {name}\(|c\.\w+\.{name} = |{name} = )" for name in names]
        assert [each for each in defined if not any(re.search(each, text, re.MULTILINE) for text in contents)] == []
    limits = [row for row in rows if "20 seconds" in row[0]]
    assert "c.TrustedExecute.timeout = 20\n" in (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    assert "config.TrustedExecute.timeout = 20\n" in (ROOT / "lossedu/grading/single.py").read_text(encoding="utf-8")
    assert f"{TIMEOUT} seconds" in limits[0][1]
    assert notes.FOLDER + "/" + notes.FILE in rows[0][1]


@pytest.mark.slow
def test_the_link_that_hands_out_the_course_pulls_a_branch_without_solutions(tmp_path):
    guide = (ROOT / "docs" / "teachers.md").read_text(encoding="utf-8")
    (link,) = re.findall(r"^https://HUB/\S+", guide, re.MULTILINE)
    asked = {key: value for key, (value,) in parse_qs(urlsplit(link).query).items()}
    (split,) = re.findall(r"^git subtree .*", guide, re.MULTILINE)
    if subprocess.run(["git", "subtree", "--help"], capture_output=True).returncode:
        pytest.skip("there is no git subtree")
    clone = ["git", "clone", "--quiet"]
    subprocess.run([*clone, ROOT, tmp_path / "repository"], check=True)
    subprocess.run(split.split(), cwd=tmp_path / "repository", check=True, capture_output=True)
    pulled = tmp_path / asked["targetPath"]
    subprocess.run(
        [*clone, "--single-branch", "--branch", asked["branch"], tmp_path / "repository", pulled], check=True
    )
    place = asked["urlpath"].removeprefix("lab/tree/")
    assert (tmp_path / place).is_file()
    assert {path.name for path in pulled.iterdir()} - {".git"} == {
        path.name for path in (ROOT / "course").iterdir()
    } - {".lossedu"}
