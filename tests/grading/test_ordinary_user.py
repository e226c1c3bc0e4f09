"""Who grades as root and who grades as an ordinary user is protected alike: the tests of isolation again, as nobody."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.samples.demo import REPOSITORY

NOBODY = 65534
TESTS = ["tests/grading/test_isolation.py", "tests/grading/test_hostile.py"]


@pytest.fixture
def folder():
    """A folder that belongs to nobody, where everybody may go."""
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, NOBODY)
        Path(folder).chmod(0o755)
        yield folder


@pytest.fixture
def as_nobody(sandbox, folder):
    """The start of a command line that runs a program as nobody, even with a Python that lies in root's home folder."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root becomes somebody else, by setpriv")
    home, python = Path.home(), Path(sys.base_prefix)
    show = ["--perms", "0755", "--tmpfs", str(home)] if python.is_relative_to(home) else []
    for parent in reversed(python.parents):
        show += ["--perms", "0755", "--dir", str(parent)] if parent.is_relative_to(home) and parent != home else []
    show += ["--ro-bind", str(python), str(python)] if show else []
    change = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    environment = ["env", f"HOME={folder}", "PYTHONDONTWRITEBYTECODE=1", f"PYTHONPATH={REPOSITORY}"]
    command = ["bwrap", "--dev-bind", "/", "/", *show, "--", *change, *environment]
    able = subprocess.run([*command, sys.executable, "-c", "import lossedu, pytest"], cwd=folder, capture_output=True)
    if able.returncode:
        pytest.skip(f"nobody cannot run this Python: {able.stderr.decode().strip()}")
    return command


@pytest.mark.slow
@pytest.mark.parametrize("tests", TESTS)
def test_an_ordinary_user_is_protected_as_root_is(as_nobody, folder, tests):
    options = ["-q", "-p", "no:cacheprovider", "--basetemp", f"{folder}/pytest"]
    done = subprocess.run(
        [*as_nobody, sys.executable, "-m", "pytest", *options, tests], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "skipped" not in done.stdout.splitlines()[-1]
