"""Wherever Python and its packages lie, a sandbox shows them, and nothing that lies beside them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lossedu.executor import sandbox
from tests.samples.demo import REPOSITORY

pytestmark = pytest.mark.usefixtures("sandbox")

PYTHON = os.path.realpath(sys.executable)  # of no virtual environment
SHOW = "import json, sys, marker; print(json.dumps([sys.prefix, sys.executable, marker.__file__]))"
START = """
import os, subprocess, sys
from lossedu.executor import sandbox
program, readable, hidden, look_at = {arguments!r}
code = program + f"; import os; print(json.dumps([path for path in {{look_at!r}} if os.path.lexists(path)]))"
command = sandbox.bubblewrap([sys.executable, "-c", code], readable, hidden)
environment = {{name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}}
environment = sandbox.environment_within(environment, sandbox.SCRATCH)
sys.exit(subprocess.run(command, env=environment).returncode)
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with spaces and umlauts in its path."""
    folder = tmp_path / "Übungen 1"
    folder.mkdir()
    return folder


def environment(folder, *options, python=PYTHON):
    """A virtual environment without packages; returns its Python, and the folder for packages."""
    subprocess.run([python, "-m", "venv", "--without-pip", *options, folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    return folder / "bin" / "python", packages


def install(packages):
    """Put a package `marker` where packages are installed."""
    packages.mkdir(parents=True, exist_ok=True)
    (packages / "marker.py").touch()
    (packages / "marker-1.dist-info").mkdir()
    return packages


def secret(*places):
    """Files that the sandbox must not show."""
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("secret")
    return places


def seen_by(python, secrets=(), readable=(), hidden=(), code=SHOW, **variables):
    """What a Python prints in a sandbox that is made for it, and which of the secrets exist there."""
    arguments = (code, *([*map(str, paths)] for paths in (readable, hidden, secrets)))
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(REPOSITORY), **variables}
    done = subprocess.run(
        [python, "-c", START.format(arguments=arguments)], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    shown, found = map(json.loads, done.stdout.splitlines())
    assert found == []
    return shown


def test_an_environment_in_the_course(folder):
    python, packages = environment(folder / "course" / ".venv")
    install(packages)
    secrets = secret(folder / "course" / "gradebook.db", folder / "course" / "solutions" / "a.ipynb")
    assert seen_by(python, secrets)[:2] == [str(python.parents[1]), str(python)]


def test_an_environment_that_is_the_course(folder):
    python, packages = environment(folder / "course")
    install(packages)
    names = (
        "gradebook.db",
        "solutions/a.ipynb",
        "etc/jupyter/nbgrader_config.py",
        "share/jupyter/kernels/a",
        "pip.conf",
    )
    seen_by(python, secret(*(folder / "course" / name for name in names)))


def test_an_environment_behind_a_link(folder):
    _, packages = environment(folder / "real")
    install(packages)
    (folder / "link").symlink_to("real")
    assert seen_by(folder / "link" / "bin" / "python")[1] == str(folder / "link" / "bin" / "python")


def test_an_environment_whose_python_is_behind_links(folder):
    for name, target in [("tools/python3", "../more/python3"), ("more/python3", PYTHON)]:
        (folder / name).parent.mkdir()
        (folder / name).symlink_to(target)
    python, packages = environment(folder / "environment", python=folder / "tools" / "python3")
    install(packages)
    seen_by(python, secret(folder / "tools" / "password", folder / "more" / "password"))


def test_a_python_in_a_folder_of_its_own(folder):
    """As conda and builds in /opt have it, here behind a link, as `current` often is one."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for name in ("bin", "lib"):
        (folder / "opt" / "1.2" / name).mkdir(parents=True)
    python = folder / "opt" / "1.2" / "bin" / "python3"
    shutil.copy(PYTHON, python)
    library = Path(os.__file__).parent
    ignored = shutil.ignore_patterns("site-packages", "test", "__pycache__", "config-*", "idlelib", "tkinter")
    shutil.copytree(library, folder / "opt" / "1.2" / "lib" / version, ignore=ignored)
    for each in Path(sys.base_prefix, "lib").glob("libpython*"):  # where it is found shall not be in the program
        shutil.copy(each, folder / "opt" / "1.2" / "lib")
    install(folder / "opt" / "1.2" / "lib" / version)
    (folder / "opt" / "current").symlink_to("1.2")
    current = folder / "opt" / "current"
    secrets = secret(*(current / name for name in ("etc/conda/.condarc", ".condarc", "conda-meta/history")))
    prefix, _, _ = seen_by(current / "bin" / "python3", secrets, LD_LIBRARY_PATH=str(current / "lib"))
    assert prefix == str(current)


def test_an_environment_that_uses_the_packages_of_the_system(folder):
    base = folder / "base"
    python, packages = environment(folder / "environment", "--system-site-packages")
    install(base / "lib" / packages.parent.name / "site-packages")
    seen_by(python, PYTHONUSERBASE=str(base))


def test_packages_of_the_user(folder):
    packages = folder / "home" / ".local" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    install(packages / "site-packages")
    secrets = secret(folder / "home" / ".ssh" / "id_rsa", folder / "home" / ".local" / "share" / "jupyter" / "secret")
    seen_by(PYTHON, secrets, HOME=str(folder / "home"))


def test_packages_in_another_folder_that_a_pth_file_names(folder):
    python, packages = environment(folder / "environment")
    (packages / "other.pth").write_text(f"{install(folder / 'other' / 'site-packages')}\n", encoding="utf-8")
    seen_by(python, secret(folder / "other" / "password"))


def test_a_project_that_is_installed_as_editable_stays_out_of_sight(folder):
    python, packages = environment(folder / "environment")
    install(packages)
    secrets = secret(folder / "project" / "mine.py", folder / "project" / "solutions.ipynb")
    (packages / "project.pth").write_text(f"{folder / 'project'}\n", encoding="utf-8")
    seen_by(python, secrets)


def test_folders_of_packages_that_do_not_exist(folder):
    """Debian's Python names such folders in each of its virtual environments."""
    if not Path("/usr/bin/python3").exists():
        pytest.skip("there is no Python of the system here")
    python, packages = environment(folder / "environment", python="/usr/bin/python3")
    install(packages)
    named = seen_by(python, code="import json, site; print(json.dumps(site.getsitepackages()))")
    if Path("/etc/debian_version").exists():
        assert not all(map(os.path.exists, named))
    seen_by(python)


def test_hidden_places_are_hidden_however_their_path_is_spelled(folder):
    real = folder / "real"
    secrets = secret(real / "exam" / "a.ipynb", real / "seed.txt")
    (folder / "link").symlink_to("real")
    (real / "again").symlink_to("exam")
    (real / "open.txt").write_text("open")
    listing = f"import json, os; print(json.dumps([*map(os.listdir, {[str(real), str(real / 'exam')]})]))"
    for readable, hidden in [("real", "link"), ("link", "real"), ("link/../real", "link/../link")]:
        paths = [folder / readable], [folder / hidden / "again", folder / hidden / "seed.txt"]
        beside, below = seen_by(PYTHON, (), *paths, listing)
        assert "open.txt" in beside
        assert below == []
        with pytest.raises(AssertionError, match="PermissionError"):
            seen_by(PYTHON, (), *paths, f"open({str(secrets[1])!r}).read()")


def test_places_that_do_not_exist_are_passed_over(folder):
    (folder / "file.txt").touch()
    missing = [folder / "missing", folder / "file.txt" / "below", folder / "missing" / "below"]
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    missing += [folder / "dangling", folder / "loop"]
    assert seen_by(PYTHON, (), missing, missing, "import json; print(json.dumps('runs'))") == "runs"


def test_a_path_is_followed_over_all_its_links(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").symlink_to("a/b/../b")
    (tmp_path / "d").symlink_to(tmp_path / "c")
    (tmp_path / "a" / "b" / "e").touch()
    place, links = sandbox.follow(str(tmp_path / "d" / "e"))
    assert place == tmp_path / "a" / "b" / "e"
    assert links == {tmp_path / "d": str(tmp_path / "c"), tmp_path / "c": "a/b/../b"}
