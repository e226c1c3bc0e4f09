"""What all tests share: quiet TensorFlow, hypothesis without a clock, and a course directory of one's own."""

import functools
import os
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

import lossedu._grammar  # noqa: F401  imported before jsonschema: this saves two seconds of computing per process
from lossedu.checking import _keras

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# the same few inputs at every run, so that a red test tells of the change; `make test-thorough` tries others
settings.register_profile("lossedu", deadline=None, max_examples=10, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile("lossedu")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def one_question_to_alembic():
    """Ask alembic for the version of nbgrader's tables only once, not for each new gradebook.

    Each question starts a program, which takes two seconds.
    """
    from nbgrader import api

    from lossedu.grading import nbgrader

    with pytest.MonkeyPatch.context() as patch:
        asked_once = functools.cache(api.get_alembic_version)
        patch.setattr(api, "get_alembic_version", asked_once)
        patch.setattr(nbgrader, "get_alembic_version", asked_once)
        yield


@pytest.fixture(scope="session")
def released_course(one_question_to_alembic, tmp_path_factory):
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
def one_server(tmp_path_factory):
    """Let `lossedu check`, and `lossedu grade-file` without a course, fork from the same process in all tests.

    Outside tests, both start a process for each file.
    """
    from lossedu.grading import check, single

    start, started = check.KernelServer, []
    configuration, seed_file = single.configuration, tmp_path_factory.mktemp("seed") / "seed.txt"

    def serve(*arguments, **options):
        if not started:
            started.append(start(*arguments, **options))
        return SimpleNamespace(fork=started[0].fork, close=lambda: None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "KernelServer", serve)
        patch.setattr(single, "configuration", lambda course, _, isolation: configuration(course, seed_file, isolation))
        yield
    for server in started:
        server.close()


HAS_TENSORFLOW = sys.version_info < _keras.NO_TENSORFLOW_SINCE


def lacks_tensorflow(text):
    """Tell whether an error says that TensorFlow is missing, on a Python for which it has no release."""
    return not HAS_TENSORFLOW and re.search(r"No module named '(tensorflow|keras)|TensorFlow has no release", text)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Skip a test file that imports TensorFlow if this Python has no release of it."""
    report = yield
    if report.failed and lacks_tensorflow(str(report.longrepr)):
        report.outcome, report.longrepr = "skipped", (str(collector.path), None, "needs TensorFlow")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Skip a test that imports TensorFlow if this Python has no release of it."""
    report = yield
    if report.failed and lacks_tensorflow(str(report.longrepr)):
        report.outcome, report.longrepr = "skipped", (str(item.path), None, "needs TensorFlow")
    return report


LONGEST = (  # files, by the seconds of computing of all their processes; see the makefile's target `test`
    # of the slow tests
    *("grading/test_every_exercise", "test_installation", "grading/test_odd_files", "exercises/test_truth"),
    *("grading/test_samples", "docs/test_book", "test_learners_installation", "test_teachers_guide"),
    "grading/test_equality",
    # of the fast tests
    *("grading/test_batch", "authoring/test_chapters", "grading/test_check", "exercises/test_declarations"),
    *("grading/test_delegation", "executor/test_runners", "test_training", "intake/test_matching"),
    *("losses/test_no_nan", "grading/test_copying", "grading/test_trusted", "checking/test_accidents"),
    "test_learners_installation",
    *("grading/test_exchange", "grading/test_pages", "test_optimizers", "intake/test_notebooks", "checking/test_keras"),
    *("executor/test_pictures", "checking/test_acceptance", "grading/test_modules", "docs/test_loss_pages"),
    *("grading/test_stand_ins", "intake/test_names", "grading/test_hostile", "grading/test_isolation"),
    *("grading/test_confinement", "grading/test_other_user", "grading/test_deploy", "grading/test_resume"),
    *("grading/test_tampering", "grading/test_memory", "grading/test_own_assignments", "grading/test_accidents"),
)


def pytest_collection_modifyitems(items):
    """Put the files that take longest first, so that no process is left alone with one of them at the end."""
    places = {ROOT / "tests" / f"{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
