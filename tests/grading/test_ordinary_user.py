"""The tests of isolation again: as an ordinary user, and in a virtual environment of the system's own Python.

Who grades as root and who grades as an ordinary user is protected alike. Debian's Python is the one that most servers
have, and its virtual environments name folders that do not exist.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import pytest

from lossedu import doctor
from tests.grading.other_users import bubblewrap_that_shows_python
from tests.samples.demo import REPOSITORY

NOBODY = 65534
SYSTEM_PYTHON = "/usr/bin/python3"
OF_THE_SANDBOX = [f"tests/grading/test_{name}.py" for name in ("isolation", "memory", "layouts")]


@pytest.fixture
def folder():
    """A folder that belongs to nobody, where everybody may go."""
    with tempfile.TemporaryDirectory() as folder:
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        Path(folder).chmod(0o755)
        yield folder


@pytest.fixture
def as_nobody(sandbox, folder):
    """The start of a command line that runs a program as nobody, even with a Python that lies in root's home folder."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root becomes somebody else, by setpriv")
    change = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    command = [*bubblewrap_that_shows_python(), *change, "env", f"HOME={folder}"]
    able = subprocess.run([*command, sys.executable, "-c", "import lossedu, pytest"], cwd=folder, capture_output=True)
    if able.returncode:
        pytest.skip(f"nobody cannot run this Python: {able.stderr.decode().strip()}")
    return command


@pytest.fixture(scope="module")
def system_python():
    """The Python of a virtual environment of the system's Python, which has the packages that grading needs."""
    if not Path(SYSTEM_PYTHON).exists():
        pytest.skip(f"there is no {SYSTEM_PYTHON}")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = subprocess.run([SYSTEM_PYTHON, "-m", "venv", folder], capture_output=True, text=True)
        if made.returncode:
            pytest.skip(f"no virtual environment can be made, is python3-venv installed? {made.stdout}{made.stderr}")
        python, (packages,) = f"{folder}/bin/python", Path(folder).glob("lib/python*/site-packages")
        if packages.parent.name == f"python{sys.version_info.major}.{sys.version_info.minor}":
            (packages / "running.pth").write_text(f"{Path(numpy.__file__).parents[1]}\n")  # of the running environment
        else:
            needed = doctor.needed(doctor.metadata().get_all("Requires-Dist"), "grade")
            names = [f"{each.name}{each.specifier}" for each in needed]
            install = ["pip", "install", "--quiet", "--constraint", str(REPOSITORY / "constraints.txt")]
            subprocess.run([python, "-m", *install, *names, "numpy", "pytest", "hypothesis"], check=True)
        yield python


def run(tests, folder, python=sys.executable, user=()):
    """Run tests with a Python as a user, and demand that they pass and that there was a sandbox."""
    options = ["-q", "-rs", "-m", "not browser", "-p", "no:cacheprovider", "--basetemp", f"{folder}/pytest"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(REPOSITORY)}
    command = [*user, python, "-m", "pytest", *options, *tests]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "no sandbox here" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "tests", [OF_THE_SANDBOX, ["tests/grading/test_hostile.py", "-k", "few"]], ids=["sandbox", "hostile"]
)
def test_an_ordinary_user_is_protected_as_root_is(as_nobody, folder, tests):
    run(tests, folder, user=as_nobody)


@pytest.mark.slow
def test_an_ordinary_user_is_protected_without_namespaces_as_the_page_for_operators_says(as_nobody, folder):
    run(["tests/grading/test_confinement.py"], folder, user=as_nobody)


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_an_environment_of_the_systems_python_is_protected(system_python, folder):
    run(OF_THE_SANDBOX, folder, system_python)


@pytest.mark.slow
def test_an_environment_of_the_systems_python_is_protected_for_an_ordinary_user(system_python, as_nobody, folder):
    run(OF_THE_SANDBOX, folder, system_python, as_nobody)


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_the_doctor_finds_a_sandbox_in_an_environment_of_the_systems_python(system_python, folder):
    look = "from lossedu.doctor import sandbox\nprint([*sandbox('.')])"
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([system_python, "-c", look], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
