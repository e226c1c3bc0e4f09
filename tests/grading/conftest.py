"""Kernels for the tests of warmth and isolation."""

import pytest

from lossedu.grading import warm
from tests.grading.kernels import Kernel


@pytest.fixture
def kernel(tmp_path):
    """Starts kernels in a folder of their own; they end with the test."""
    started = []
    (tmp_path / "work").mkdir()

    def start(**options):
        started.append(Kernel(tmp_path / "work", **options))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(scope="session")
def sandbox():
    """Skip where there can be no sandbox, and say why."""
    try:
        warm.nursery_for({}, "bubblewrap", (), (), warn=print)
    except warm.NurseryError as error:
        pytest.skip(f"no sandbox here: {error}")


@pytest.fixture(params=["none", "rlimits", "bubblewrap"])
def isolation(request):
    """Each way to isolate kernels, as far as it works here."""
    if request.param == "bubblewrap":
        request.getfixturevalue("sandbox")
    return request.param
