"""The book, built once for all tests that look at its pages."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

ADDRESS, REPOSITORY = "https://losses.example/", "a-school/losses"


def built(pages, language, unrun=""):
    """The folder with the book in a language: built without a warning, or the tests that need it fail."""
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(ROOT / "docs"), str(pages)]
    environment = os.environ | {"BOOK_LANGUAGE": language, "GITHUB_REPOSITORY": REPOSITORY}
    environment |= {"BOOK_ADDRESS": ADDRESS, "SITE_ADDRESS": f"{ADDRESS}site/", "BOOK_UNRUN": unrun}
    made = subprocess.run(build, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return pages


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """The English book."""
    return built(tmp_path_factory.mktemp("book"), "en")


@pytest.fixture(scope="session")
def chinese_book(tmp_path_factory):
    """The book in Simplified Chinese; only the chapter that is translated has outputs."""
    return built(tmp_path_factory.mktemp("chinese"), "zh_CN", unrun="*/0[0-689]_*.ipynb */1?_*.ipynb")
