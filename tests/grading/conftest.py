"""Kernels for the tests of warmth and isolation."""

import pytest

from lossedu.executor.server import KernelServerError, server_for
from tests.grading import postgresql
from tests.grading.kernels import Kernel


@pytest.fixture(scope="session", autouse=True)
def _one_question_to_alembic(one_question_to_alembic):
    """Many tests here make gradebooks."""


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
        server_for({}, "bubblewrap", (), (), warn=print)
    except KernelServerError as error:
        pytest.skip(f"no sandbox here: {error}")


@pytest.fixture(params=["none", "rlimits", "bubblewrap"])
def isolation(request):
    """Each way to isolate kernels, as far as it works here."""
    if request.param == "bubblewrap":
        request.getfixturevalue("sandbox")
    return request.param


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server; skip where there can be none, and say why."""
    if reason := postgresql.why_not():
        pytest.skip(reason)
    server = postgresql.Server()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def backend(request):
    """What puts the gradebook of a course there; its course is in SQLite before."""
    return (lambda course: course) if request.param == "sqlite" else request.getfixturevalue("server").move_here


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    """Keep what one test is told about missing protection out of the results of the next."""
    monkeypatch.setattr("lossedu.executor.server.SHORTCOMINGS", told := [])
    monkeypatch.setattr("lossedu.grading.worker.SHORTCOMINGS", told)
