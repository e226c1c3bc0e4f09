"""The files around the code: the changelog, the citation and the templates say what is so."""

import re

import pytest
import yaml

from lossedu import __version__
from tests.conftest import LONGEST, ROOT

CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
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
