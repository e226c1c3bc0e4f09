"""What a submission can do where no namespaces can be made and root grades: its kernel runs as a user of its own."""

import contextlib
import os
import re
import socket
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

import lossedu
from lossedu.executor import _confinement, _landlock, server
from tests.grading.hostile import tried, unguarded
from tests.grading.kernels import CellError, Kernel
from tests.grading.other_users import python_for_all, write_program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or os.getuid() != 0, reason="only root on Linux can start kernels as other users"
    ),
]

SECRET = "swordfish-1618033988"  # noqa: S105
LANDLOCK = [
    pytest.param(True, id="landlock", marks=pytest.mark.skipif(not _landlock.version(), reason="no Landlock here")),
    pytest.param(False, id="no landlock"),
]


@pytest.fixture(scope="module", params=LANDLOCK)
def kernel_server(request, tmp_path_factory):
    """Where kernels come from, as other users, with Landlock and without."""
    command, problem = python_for_all(landlock=request.param)
    if problem:
        pytest.skip(f"no Python for other users here: {problem}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "SERVERS", {})
        patch.setattr(server, "SHORTCOMINGS", [])
        patch.setenv("DATABASE_PASSWORD", SECRET)
        patch.setattr(sys, "executable", write_program(tmp_path_factory.mktemp("program") / "python", command))
        found = server.server_for(os.environ, "rlimits", (), (), print)
        found.has_landlock, found.told = request.param, server.SHORTCOMINGS
        yield found
        found.close()


@pytest.fixture
def place():
    """A folder where all users may go, with a course, results and a submission."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        for name in ("results/results.json", "work/data/table.csv", "private/secret_seed.txt", "private/master.ipynb"):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(SECRET)
        (place / "private").chmod(0o700)
        yield place


@pytest.fixture
def started(kernel_server, place):
    """Starts kernels as other users; they end with the test."""
    kernels = []

    def start(**options):
        kernels.append(Kernel(place / "work", isolation="rlimits", **options))
        assert kernels[-1].provisioner.server is kernel_server
        return kernels[-1]

    yield start
    for each in kernels:
        each.close()


def user_of(kernel):
    return kernel.run("import os", "os.getuid()")


def end(kernel, user):
    """End a kernel, and demand that nothing of its user is left by the time that it counts as ended."""
    kernel.close()
    assert _confinement.processes_of(user) == []
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108
        assert [each.path for each in os.scandir(folder) if owner(each) == user] == []


def owner(entry):
    """The user that a file belongs to; None if it has just been removed."""
    with contextlib.suppress(FileNotFoundError):
        return entry.stat(follow_symlinks=False).st_uid
    return None


def test_what_is_missing_is_told(kernel_server):
    assert kernel_server.own_users
    missing = (
        []
        if kernel_server.has_landlock
        else ["Submissions can read what every user of this machine can: this system has no Landlock."]
    )
    assert kernel_server.lacks == kernel_server.told == missing


def test_each_kernel_is_a_user_of_its_own_without_groups_or_privileges(started):
    first, second = started(), started()
    assert len({user_of(first), user_of(second), 0}) == 3
    status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", first.value("open('/proc/self/status').read()"), re.MULTILINE))
    assert {status[kind] for kind in ("Uid", "Gid")} == {"\t".join([str(user_of(first))] * 4)}
    assert (status["Groups"], status["NoNewPrivs"], status["Seccomp"]) == ("", "1", "2")
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Amb")} == {0}


def test_a_notebook_works_as_anywhere_on_a_copy_of_its_folder(started, place):
    kernel = started()
    kernel.run("import os, sqlite3, scipy.stats, subprocess, sys, tempfile\nimport matplotlib.pyplot as plt")
    kernel.run("plt.title('$x^2$')\nplt.savefig('figure.png')\nopen('data/table.csv', 'w').write('gone')")
    assert kernel.value("[os.path.getsize('figure.png') > 1000, open('data/table.csv').read()]") == [True, "gone"]
    assert kernel.value("tempfile.mkdtemp().startswith(os.path.expanduser('~') + '/tmp/')")
    run = "subprocess.run([sys.executable, '-c', 'import numpy; print(numpy.pi)'], capture_output=True, text=True)"
    assert kernel.value(f"{run}.stdout") == f"{np.pi}\n"
    assert [path.name for path in (place / "work").iterdir()] == ["data"]
    assert (place / "work" / "data" / "table.csv").read_text() == SECRET
    folder, user = kernel.value("os.getcwd()"), user_of(kernel)
    end(kernel, user)
    assert not Path(folder).parent.exists()


# --- Attacks --------------------------------------------------------------------------------------------------------

# In these, PLACE stands for the folder of the test, GRADER for the process that grades, and FORKS for the one that
# forks kernels. All are tried in a Python of their own. None may print the secret, or succeed in what `tried` prints.
WRITE = "open('{0}', 'a').write('x')"
ATTACKS = {
    "writes to the results": [WRITE.format("PLACE/results/results.json"), "os.remove('PLACE/results/results.json')"],
    "replaces the results": ["os.rename('PLACE/results', 'PLACE/gone')", "os.mkdir('PLACE/results/new')"],
    "writes to what was handed in": [WRITE.format("PLACE/work/data/table.csv"), "os.rmdir('PLACE/work/data')"],
    "writes to Python": [
        WRITE.format(path) for path in (np.__file__, lossedu.__file__, f"{Path(np.__file__).parents[1]}/x.pth")
    ],
    "writes to the system": [WRITE.format(path) for path in ("/etc/cron.d/x", "/etc/passwd", "/var/spool/cron/x")],
    "starts a service": ["subprocess.check_output(['crontab', 'PLACE/work/data/table.csv'], stderr=-3)"],
    "reads the seed and the master": [
        *("open('PLACE/private/secret_seed.txt').read()", "open('PLACE/private/master.ipynb').read()"),
        "os.listdir('PLACE/private')",
    ],
    "reads passwords": ["open('/etc/shadow').read()", "os.listdir('/root/.ssh')"],
    "reads the environment of the grading process": ["open('/proc/GRADER/environ').read()"],
    "reads the memory of the grading process": [
        *("open('/proc/GRADER/mem', 'rb').read(1)", "open('/proc/GRADER/maps').read()"),
        *("open('/proc/FORKS/mem', 'r+b')", "os.listdir('/proc/GRADER/fd')"),
    ],
    "traces processes": [
        f"1 / (1 + ctypes.CDLL(None).ptrace({request}, {process}, 0, 0))"
        for process in ("GRADER", "FORKS", "os.getppid.watcher", 1)
        for request in (16, 0x4206)
    ],
    "sends signals": [
        f"os.kill({process}, signal.{name})"
        for process in ("GRADER", "FORKS", "os.getppid.watcher", 1)
        for name in ("SIGKILL", "SIGSTOP", "SIGINT")
    ],
    "changes limits of others": [
        "resource.prlimit(GRADER, resource.RLIMIT_CPU, (1, 1))",
        "os.sched_setaffinity(GRADER, [0])",
        "os.setpriority(os.PRIO_PROCESS, GRADER, 19)",
    ],
    "becomes root": ["os.setuid(0)", "os.setgroups([0])", "os.setresgid(0, 0, 0)", "os.chown('.', 0, 0)"],
    "is given privileges by a program": ["{b'0\\n': 'root'}[subprocess.check_output(['PLACE/id', '-u'], stderr=-3)]"],
    "shares memory": [
        *("1 / (1 + ctypes.CDLL(None).shmget(0, 4096, 0o1666))", "1 / (1 + ctypes.CDLL(None).msgget(0, 0o1666))"),
        *("1 / (1 + ctypes.CDLL(None).semget(0, 1, 0o1666))", "os.memfd_create('x')"),
    ],
    "reaches the network": [
        *("socket.socket()", "socket.socket(type=socket.SOCK_DGRAM)", "socket.socket(socket.AF_INET6)"),
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    ],
    "leaves the place": [
        *("os.chroot('/')", "1 / (1 + ctypes.CDLL(None).mount(b'/', b'/mnt', None, 4096, None))"),
        "1 / (1 + ctypes.CDLL(None).pivot_root(b'/', b'/'))",
    ],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_refused(started, kernel_server, place, attack):
    (place / "id").write_bytes(Path("/usr/bin/id").read_bytes())
    (place / "id").chmod(0o4755)
    kernel = started()
    user, watcher = user_of(kernel), kernel.value("os.getppid()")
    code = "import ctypes, resource, signal, subprocess\n" + tried(*ATTACKS[attack])
    places = {"PLACE": place, "GRADER": os.getpid(), "FORKS": forking(kernel_server), "os.getppid.watcher": watcher}
    for name, value in places.items():
        code = code.replace(name, str(value))
    kernel.run(unguarded(code, wait=False) + "\nos.close(into)\nsaid = os.fdopen(out).read(10**6)")
    said = kernel.value("said").splitlines()
    assert len(said) == len(ATTACKS[attack])
    for line in said:
        assert re.match(
            r"(PermissionError|FileNotFoundError|ProcessLookupError|OSError|ZeroDivisionError|CalledProcessError"
            r"|KeyError) ",
            line,
        ), line
    assert kernel.value("1 + 1") == 2
    end(kernel, user)
    for name in ("results/results.json", "work/data/table.csv", "private/master.ipynb"):
        assert (place / name).read_text() == SECRET
    assert SECRET not in str(said)


def forking(kernel_server):
    """The number of the process that forks kernels; bubblewrap, if it was needed, is its parent."""
    children = Path(f"/proc/{kernel_server.process.pid}/task/{kernel_server.process.pid}/children").read_text().split()
    return (
        int(children[0])
        if b"bwrap" in Path(f"/proc/{kernel_server.process.pid}/cmdline").read_bytes()
        else (kernel_server.process.pid)
    )


def test_what_is_hidden_cannot_be_read(kernel_server, place):
    if not kernel_server.has_landlock:
        pytest.skip("without Landlock, modes of files decide")
    hidden = [str(Path(lossedu.__file__).parent / part) for part in ("losses", "mine.py")]
    (place / "course").mkdir()
    (place / "course" / "master.ipynb").write_text(SECRET)
    kernel = Kernel(place / "work", isolation="rlimits", hidden=hidden)
    try:
        kernel.run("import os, lossedu.plots")
        for path in (f"{hidden[0]}/divergences.py", hidden[1], place / "course" / "master.ipynb"):
            with pytest.raises(CellError, match="PermissionError"):
                kernel.value(f"open({str(path)!r}).read()")
        with pytest.raises(CellError, match="PermissionError"):
            kernel.value(f"os.listdir({str(place / 'course')!r})")
        with pytest.raises(CellError, match="Error"):
            kernel.run("import lossedu.losses")
    finally:
        kernel.close()
        kernel.provisioner.server.close()


# --- What outlives a kernel -----------------------------------------------------------------------------------------

LATE = """
import os, time
{0}
while True:
    try: open('PLACE/results/results.json', 'w').write('forged')
    except OSError: pass
    for folder in ('/tmp', '/var/tmp', '/dev/shm', '.'):
        try: open(f'{{folder}}/left-{{os.getuid()}}', 'w').close()
        except OSError: pass
    {1}
"""
SURVIVORS = {
    "waits": LATE.format("", "time.sleep(0.01)"),
    "leaves its session": LATE.format("if os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)", "pass"),
    "ignores signals": LATE.format(
        "import signal\nfor n in {*range(1, 65)} - {9, 19, 32, 33}: signal.signal(n, signal.SIG_IGN)", "pass"
    ),
    "stops itself": LATE.format("import signal\nif os.fork(): os.kill(os.getpid(), signal.SIGSTOP)", "pass"),
    "moves on to a new process all the time": LATE.format(
        "os.setsid()", "\n    try: os.fork() and os._exit(0)\n    except OSError: pass"
    ),
    "forks without end": LATE.format("", "\n    try: os.fork()\n    except OSError: pass"),
    "hides in namespaces": LATE.format(
        "import ctypes\nctypes.CDLL(None).unshare(0x30000000)\nif os.fork(): os._exit(0)", "time.sleep(0.01)"
    ),
    "kills its kind": LATE.format(
        "import signal\nos.setsid()\nif os.fork():\n    while True:\n"
        "        for n in range(os.getpid() - 50, os.getpid() + 500):\n"
        "            if n != os.getpid():\n                try: os.kill(n, signal.SIGSTOP)\n"
        "                except OSError: pass",
        "pass",
    ),
    "holds the sockets of the kernel": LATE.format("", "time.sleep(0.01)"),
}


@pytest.mark.parametrize("survivor", SURVIVORS)
def test_nothing_outlives_a_kernel(started, place, survivor):
    kernel = started(process_limit=60, memory_limit=2**34)
    user, code = user_of(kernel), SURVIVORS[survivor].replace("PLACE", str(place))
    inherit = "for n in range(3, 100):\n    try: os.set_inheritable(n, True)\n    except OSError: pass\n"
    kernel.run(inherit * ("sockets" in survivor) + unguarded(code, wait=False))
    with contextlib.suppress(CellError):  # some make it too slow
        kernel.run("import time\ntime.sleep(0.3)", seconds=3)
    assert any(len(_confinement.processes_of(user)) > 1 for _ in range(100))  # one that moves is hard to see
    end(kernel, user)
    assert (place / "results" / "results.json").read_text() == SECRET


def test_programs_started_in_other_ways_end_too(started):
    kernel = started()
    user = user_of(kernel)
    kernel.run(
        "import ctypes, os, subprocess, sys\n"
        "os.posix_spawn('/bin/sleep', ['sleep', '600'], {}, setsid=True)\n"
        "subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "if ctypes.CDLL(None).fork() == 0: ctypes.CDLL(None).sleep(600)"
    )
    assert len(_confinement.processes_of(user)) == 4
    end(kernel, user)


def test_a_fork_bomb_comes_to_an_end(started):
    kernel = started(process_limit=40, memory_limit=2**36)
    bomb = """
import os, time
count = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(600)
        count += 1
except OSError as error:
    stopped = type(error).__name__
"""
    assert kernel.run(bomb, "stopped") == "BlockingIOError"
    assert 5 < kernel.value("count") < 40
    end(kernel, user_of(kernel))


def test_many_processes_together_use_no_more_memory_than_one_may(started):
    kernel = started(memory_limit=2**28)
    user = user_of(kernel)
    bomb = "import os, time\nfor _ in range(40):\n    if os.fork() == 0:\n        kept = os.urandom(2**20) * 32\n"
    with pytest.raises(CellError, match="ended: -9"):
        kernel.run(bomb + "        time.sleep(600)\ntime.sleep(20)")
    end(kernel, user)


def test_kernels_end_when_nobody_wants_them_any_more(started):
    kernel = started()
    user = user_of(kernel)
    kernel.run(unguarded("import time\ntime.sleep(600)", wait=False))
    kernel.provisioner.life.shutdown(socket.SHUT_WR)  # as if the grading process had been killed
    deadline = time.monotonic() + 10
    while _confinement.processes_of(user) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _confinement.processes_of(user) == []
