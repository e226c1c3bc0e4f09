"""What all tests share: quiet TensorFlow, hypothesis without a clock, and a course directory of one's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# the same few inputs at every run, so that a red test tells of the change; `make test-thorough` tries others
settings.register_profile("lossedu", deadline=None, max_examples=20, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile("lossedu")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def released_course(tmp_path_factory):
    """A copy of the course, its chapters built and released by nbgrader's own command."""
    from lossedu import authoring

    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    for text in sorted((ROOT / "solutions").glob("*/*.md")):
        copied = course / "solutions" / text.parent.name / text.name
        copied.parent.mkdir(parents=True)
        shutil.copy(text, copied)
        authoring.build(copied)
        subprocess.run(
            [sys.executable, "-m", "nbgrader", "generate_assignment", text.stem],
            cwd=course,
            check=True,
            capture_output=True,
        )
    return course


def pytest_collection_modifyitems(items):
    """Put the file that takes longest first, so that another process does the rest meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_samples.py")
