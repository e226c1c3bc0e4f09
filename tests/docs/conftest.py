"""The book, built once for all tests that look at its pages."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """The folder of the built book: without a warning, or the tests that need it fail."""
    pages = tmp_path_factory.mktemp("book")
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(ROOT / "docs"), str(pages)]
    made = subprocess.run(build, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return pages
