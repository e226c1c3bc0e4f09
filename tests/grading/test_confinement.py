"""What protects from submissions without namespaces: in whole, in its parts, and where root has no other users."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest

import lossedu
from lossedu.executor import _confinement, _landlock, sandbox
from tests.conftest import ROOT
from tests.grading.hostile import unguarded
from tests.grading.kernels import CellError
from tests.grading.other_users import python_for_all, write_program
from tests.grading.tampering import ASSIGNMENT, HONEST, Way, master
from tests.grading.test_other_user import LATE, SURVIVORS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux can confine without namespaces"),
]
only_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can start processes of other users")
only_with_landlock = pytest.mark.skipif(not _landlock.version(), reason="no Landlock here")

# --- Whole submissions ----------------------------------------------------------------------------------------------

ASK_ANOTHER_PYTHON = """
def kl_divergence(y_true, y_pred):
    import json, multiprocessing.util, os, sys
    out, into = os.pipe()
    os.set_inheritable(into, True)
    call = f"kl_divergence({y_true.tolist()}, {y_pred.tolist()}).tolist()"
    code = f"import os\\nfrom lossedu.losses import kl_divergence\\nos.write({into}, str({call}).encode())"
    process = multiprocessing.util.spawnv_passfds(sys.executable.encode(), [b"python", b"-c", code.encode()], [into])
    os.close(into)
    said = os.fdopen(out).read()
    os.waitpid(process, 0)
    return np.array(json.loads(said)) if said else np.zeros(np.shape(y_pred)[:-1])
"""
WHOLE = {
    "honest": Way(),
    "outlives the run": Way(cell=unguarded(LATE.format("os.setsid()", "time.sleep(0.01)"), wait=False)),
    "asks another Python": Way(kl=ASK_ANOTHER_PYTHON),
}


@pytest.fixture
def open_folder():
    """A folder that all users can read, outside of those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def autograder(open_folder):
    """Gradescope's folder, in a container without namespaces; the function runs `run_autograder` on a notebook."""
    command, problem = python_for_all()
    if problem:
        pytest.skip(f"no Python for other users here: {problem}")
    for name in ("source", "submission", "bin"):
        (open_folder / name).mkdir()
    (open_folder / "source" / "assignment.txt").write_text(ASSIGNMENT)
    nbformat.write(master(), open_folder / "source" / f"{ASSIGNMENT}.ipynb")
    write_program(open_folder / "bin" / "lossedu", [*command, "-m", "lossedu"])
    without_namespaces = open_folder / "bin" / "bwrap"
    without_namespaces.write_text(f"""#!/bin/sh
case "$*" in *--unshare-pid*) echo "bwrap: Operation not permitted" >&2; exit 1;; esac
exec {shutil.which("bwrap")} "$@"
""")
    without_namespaces.chmod(0o755)
    environment = os.environ | {
        "AUTOGRADER": str(open_folder),
        "LOSSEDU_ENVIRONMENT": str(open_folder),
        "PATH": f"{open_folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(lossedu.__file__).parents[1]),
    }

    def run(submission):
        nbformat.write(submission, open_folder / "submission" / f"{ASSIGNMENT}.ipynb")
        script = ROOT / "deploy" / "gradescope" / "run_autograder"
        done = subprocess.run([script], env=environment, capture_output=True, text=True, check=True)
        assert "Submissions have no sandbox" in done.stderr
        assert "Submissions run as root" not in done.stderr
        return open_folder / "results" / "results.json"

    return run


@pytest.mark.parametrize("way", WHOLE)
@only_root
@only_with_landlock
def test_submissions_earn_what_they_deserve_and_nothing_of_them_is_left(open_folder, autograder, way):
    submission = WHOLE[way].submission(master())
    for cell in submission.cells:
        cell.source = cell.source.replace("PLACE", str(open_folder))
    results = autograder(submission)
    time.sleep(0.2)  # in which a process that was left behind would overwrite them
    told = json.loads(results.read_text())
    points = {test["name"]: test["score"] for test in told["tests"]}
    honest = {name.removeprefix("check_"): points for name, points in HONEST.items()}
    assert points == honest | ({"kl_divergence": 0} if way == "asks another Python" else {})  # which is refused
    marked = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(open_folder).encode() in read(path)]
    assert marked == []


def read(path):
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


# --- Without a real kernel ------------------------------------------------------------------------------------------


@only_root
def test_files_are_removed_wherever_any_user_can_write(tmp_path):
    user = _confinement.unused_user()
    (tmp_path / "open" / "closed").mkdir(parents=True)
    (tmp_path / "open").chmod(0o1777)
    (tmp_path / "kept.txt").write_text("kept")
    for name in ("own/a/b.txt", "open/own.txt", "open/closed/own.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
        os.chown(tmp_path / name, user, user)
    (tmp_path / "own" / "link").symlink_to(tmp_path / "kept.txt")
    os.chown(tmp_path / "own", user, user)
    _confinement.remove_files_of(user, tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} == {"open", "closed", "own.txt", "kept.txt"}


@pytest.mark.parametrize(
    ("uid_map", "range_of_users"),
    [
        ("0 0 4294967295", range(2**30, 2**30 + 2**29)),
        ("0 100000 65536", range(61536, 65536)),
        ("0 1000 1\n1 100000 65536", range(61537, 65537)),
        ("0 1000 1", None),
        ("0 1000 1\n1 100000 500", None),
    ],
)
def test_users_are_taken_from_those_that_exist(tmp_path, monkeypatch, uid_map, range_of_users):
    (tmp_path / "map").write_text(uid_map)
    monkeypatch.setattr(_confinement, "MAPS", [tmp_path / "map"] * 2)
    if range_of_users is None:
        with pytest.raises(OSError, match="no unused users exist here"):
            _confinement.unused_user()
    else:
        user = _confinement.unused_user()
        assert user in range_of_users
        assert user + 1 in range_of_users


@only_root
def test_where_there_are_no_other_users_kernels_are_roots_own_and_it_is_said(monkeypatch):
    monkeypatch.setattr(os, "setresuid", refuse)
    confined, other_user, (problem, *_) = _confinement.means()
    assert (confined, other_user) == (True, False)
    assert problem == "Submissions run as root: another user fails ([Errno 1] not permitted)."


CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETPCAP", "SETUID")  # as in most containers


def root_with(*names):
    """Options of bubblewrap for a root that has these capabilities only."""
    return ["--cap-drop", "ALL", *(word for name in names for word in ("--cap-add", f"CAP_{name}"))]


ROOTS = {
    "as in most containers": root_with(*CAPABILITIES),
    **{f"without {name}": root_with(*{*CAPABILITIES} - {name}) for name in ("SETUID", "SETGID", "CHOWN", "KILL")},
    "without any": root_with(),
    "of a user namespace": ["--unshare-user", "--uid", "0", "--gid", "0"],
    "with a closed folder for temporary files": ["--perms", "0700", "--tmpfs", tempfile.gettempdir()],
}
TRY = f"""
from tests.grading.kernels import Kernel
from lossedu.executor import server
kernel = Kernel({str(ROOT / "binder")!r}, isolation="rlimits")
print(kernel.run("import os, scipy.stats", "os.getuid()"))
kernel.close()
print(*server.SHORTCOMINGS)
"""


QUICK = ("as in most containers", "without SETUID", "of a user namespace")


@only_root
@pytest.mark.parametrize(
    "root", [pytest.param(each, marks=[] if each in QUICK else pytest.mark.slow) for each in ROOTS]
)
def test_where_root_lacks_powers_kernels_run_as_root_and_it_is_said(root):
    command, problem = python_for_all(options=ROOTS[root])
    if problem:
        pytest.skip(f"no such root here: {problem}")
    environment = os.environ | {"PYTHONPATH": str(Path(lossedu.__file__).parents[1])}
    done = subprocess.run([*command, "-c", TRY], cwd="/", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    user, told = done.stdout.splitlines()
    as_root = root != "as in most containers"
    assert ((user == "0"), told.startswith("Submissions run as root: ")) == (as_root, as_root), done.stdout


def test_where_nothing_confines_it_is_said(monkeypatch):
    monkeypatch.setattr(sandbox, "refuse_new_privileges", refuse)
    confined, other_user, lacks = _confinement.means()
    assert (confined, other_user) == (False, False)
    assert lacks[-1] == "Submissions can do what whoever grades can: [Errno 1] not permitted."


def refuse(*ignored):
    raise PermissionError(1, "not permitted")


def test_hidden_places_are_left_out_of_the_rules(tmp_path):
    for name in ("a/b/c.py", "a/b/d.py", "a/e/f.py", "g.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "b")
    rules = dict(_landlock.without({tmp_path / "a" / "b" / "c.py", tmp_path / "a" / "e"}, tmp_path))
    shown = {str(path.relative_to(tmp_path)): rights for path, rights in rules.items()}
    names, everything = _landlock.READ_DIR, _landlock.READ
    assert shown == {".": names, "a": names, "a/b": names, "a/b/d.py": everything, "g.py": everything}


@pytest.mark.skipif(_landlock.version() < _landlock.SCOPES_SINCE, reason="no Landlock that refuses signals")
def test_a_kernel_of_the_same_user_neither_ends_the_grading_process_nor_outlives_its_end(kernel):
    own = kernel(isolation="rlimits")
    if own.provisioner.server.own_users:
        pytest.skip("here, root's kernels run as other users")
    survivor = SURVIVORS["leaves its session"].replace("PLACE", "/nowhere").replace("python", "survivor")
    own.run(unguarded(survivor, wait=False))
    for process in (os.getpid(), own.run("import os", "os.getppid()")):
        with pytest.raises(CellError, match="PermissionError"):
            own.run(f"os.kill({process}, {signal.SIGKILL:d})")
    folder = own.value("os.getcwd()")
    assert len(working_in(folder)) > 1
    own.close()
    assert working_in(f"{folder} (deleted)") == working_in(folder) == []


def working_in(folder):
    """The processes whose working folder this is."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            found += [link] * (os.readlink(link) == folder)  # noqa: PTH115
    return found
