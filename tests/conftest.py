"""What all tests share: quiet TensorFlow, hypothesis without a clock, and a course directory of one's own."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# the same few inputs at every run, so that a red test tells of the change; `make test-thorough` tries others
settings.register_profile("lossedu", deadline=None, max_examples=10, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile("lossedu")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def released_course(tmp_path_factory):
    """A copy of the course, its chapters built and released by nbgrader."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    from lossedu import authoring
    from lossedu.grading.course import read_config

    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    config = read_config(course)
    nbgrader = NbGraderAPI(CourseDirectory(config=config), config=config)
    for text in sorted((ROOT / "solutions").glob("*/*.md")):
        copied = course / "solutions" / text.parent.name / text.name
        copied.parent.mkdir(parents=True)
        shutil.copy(text, copied)
        authoring.build(copied)
        made = nbgrader.generate_assignment(text.stem)
        assert made["success"], made
    return course


@pytest.fixture(scope="session")
def one_server():
    """Let `lossedu check` fork from one process in all tests, in place of one that it starts for each file."""
    from lossedu.grading import check

    start, started = check.KernelServer, []

    def serve(*arguments, **options):
        if not started:
            started.append(start(*arguments, **options))
        return SimpleNamespace(fork=started[0].fork, close=lambda: None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "KernelServer", serve)
        yield
    for server in started:
        server.close()


def pytest_collection_modifyitems(items):
    """Put the files that take longest first, so that another process does the rest meanwhile."""
    longest = ["test_chapters.py", "test_batch.py", "test_tampering.py", "test_samples.py"]
    items.sort(key=lambda item: longest.index(item.path.name) if item.path.name in longest else len(longest))
