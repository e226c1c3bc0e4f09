"""What strangers' code can do in a sandbox: harm itself. Most of it is tried without the guard of `TrustedExecute`."""

import os
import re
import signal
import site
import socket
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade
from traitlets.config import Config

import lossedu
from lossedu.executor import sandbox
from lossedu.grading.steps import TrustedExecute
from tests.grading.kernels import CellError
from tests.grading.test_trusted import ENTROPY, IMPORTS, graded_cell

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("sandbox")]


@pytest.fixture
def isolated(kernel):
    """Starts kernels in a sandbox."""

    def start(**options):
        return kernel(isolation="bubblewrap", **options)

    return start


# --- Reading --------------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path):
    """A course directory around the folder in which the kernel works."""
    for name in ("solutions/ps/ps.ipynb", "submitted/b/ps/ps.ipynb", "gradebook.db", "secret_seed.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("secret")
    return tmp_path


def test_nothing_of_the_course_is_visible(isolated, course):
    private = [str(path) for path in course.rglob("*")]
    assert len(private) > 5
    assert isolated().run("import os", f"[path for path in {private} if os.path.exists(path)]") == []


def test_of_the_home_folder_only_what_holds_python_is_visible(isolated):
    shown = [sys.prefix, sys.base_prefix, site.getusersitepackages(), str(Path(lossedu.__file__).parent)]
    seen = isolated().run("import os", f"[name for name, _, _ in os.walk({str(Path.home())!r})][:1000]")
    for folder in map(Path, seen):
        assert any(folder.is_relative_to(path) or Path(path).is_relative_to(folder) for path in shown)


def test_the_machine_is_not_visible_beyond_python(isolated):
    kernel = isolated()
    roots = set(kernel.run("import os", "os.listdir('/')"))
    holds_python = {Path(path).parts[1] for path in sandbox.places_of_python() if Path(path).is_absolute()}
    assert not roots & {"boot", "media", "mnt", "opt", "run", "srv", "sys", "var", "work"} - holds_python
    for path in ("/etc/shadow", "/etc/passwd", "/etc/hosts", "/var/log"):
        assert not kernel.value(f"os.path.exists({path!r})")


def test_no_configuration_is_visible_in_which_a_password_may_be(isolated):
    """That of the machine, and nbgrader's, Jupyter's, pip's and conda's own, for all and for one user."""
    folders = {sys.prefix, sys.base_prefix, "/", "/usr", "/usr/local", "/opt", *map(str, (Path.home(), Path.cwd()))}
    names = [*("etc/jupyter", "etc/conda", "etc/pip.conf", "etc/ipython", "pip.conf", ".condarc", "condarc", ".pip")]
    names += [*("share/jupyter", "share/nbgrader", ".jupyter", ".config", ".ipython", ".local/share/jupyter", ".netrc")]
    paths = [f"{folder}/{name}" for folder in folders for name in names]
    assert any(map(os.path.exists, paths))
    look = f"found = [path for path in {paths} if os.path.exists(path)]"
    found = isolated().run(f"import os\n{look}", "[path for path in found if os.path.isfile(path) or os.listdir(path)]")
    assert found == []


def test_of_etc_only_fonts_and_links_to_libraries_are_visible(isolated):
    kernel = isolated()
    found = kernel.run("import os", "os.listdir('/etc')")
    assert {*found} <= {"alternatives", "fonts", "ld.so.cache", "matplotlibrc", "zoneinfo"}
    assert not kernel.value("os.path.exists('/usr/local/etc')")


def test_hidden_places_below_shown_ones_are_empty(isolated):
    package = Path(lossedu.__file__).parent
    hidden = [str(package / "losses"), str(package / "mine.py")]
    kernel = isolated(hidden=hidden)
    assert kernel.run("import os", f"os.listdir({hidden[0]!r})") == []
    with pytest.raises(CellError, match="PermissionError"):
        kernel.value(f"open({hidden[1]!r}).read()")
    with pytest.raises(CellError, match="Error"):
        kernel.run("from lossedu.losses import kl_divergence")


def test_a_folder_can_be_shown_for_reading(isolated, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("1,2")
    table = str(tmp_path / "data" / "table.csv")
    kernel = isolated(readable=[str(tmp_path / "data")])
    assert kernel.value(f"open({table!r}).read()") == "1,2"
    with pytest.raises(CellError, match="Errno"):
        kernel.value(f"open({table!r}, 'w')")


def test_the_environment_of_the_grading_process_is_not_visible(isolated, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "swordfish")
    kernel = isolated()
    environments = "[open(f'/proc/{p}/environ').read() for p in ('self', 'thread-self')]"
    assert "swordfish" not in str(kernel.run("import os", f"[*os.environ.values(), *{environments}]"))


# --- What kernels share ---------------------------------------------------------------------------------------------

OPEN = """
import os
def opened():
    found = {}
    for descriptor in os.listdir('/proc/self/fd'):
        try: found[int(descriptor)] = os.readlink(f'/proc/self/fd/{descriptor}')
        except FileNotFoundError: pass
    return found
def position(descriptor, offset=0, start=os.SEEK_CUR):
    try: return os.lseek(descriptor, offset, start)
    except OSError: return None
"""
KINDS = {
    "/dev/null": "the standard streams",
    "socket:[]": "to the grading process, and within ZeroMQ and asyncio",
    "pipe:[]": "on which ipykernel listens to what C code prints",
    "anon_inode:[eventfd]": "of ZeroMQ",
    "anon_inode:[eventpoll]": "of ZeroMQ and asyncio",
}


def test_kernels_share_no_open_file(isolated):
    first, second = isolated(), isolated()
    places = [each.run(OPEN, "opened()") for each in (first, second)]
    for found in places:
        kinds = {re.sub(r"\[\d+\]", "[]", path) for path in found.values()}
        assert {kind for kind in kinds - {*KINDS} if not kind.endswith(".ttf")} == set()
    numbered = [{path for path in found.values() if path.startswith(("socket", "pipe"))} for found in places]
    assert not numbered[0] & numbered[1]
    before = second.value("{each: position(each) for each in opened()}")
    first.run("for each in opened(): position(each, 12345, os.SEEK_SET)")
    assert second.value("{each: position(each) for each in opened()}") == before
    draw = "import matplotlib.pyplot as plt\nplt.title('$x^2$ \u222b')\nplt.savefig('figure.png')"
    assert first.run(draw, "os.path.getsize('figure.png')") == second.run(draw, "os.path.getsize('figure.png')")


def test_terminals_are_a_kernels_own(isolated):
    first, second = isolated(), isolated()
    assert first.run("import os, pty\nends = pty.openpty()", "os.ttyname(ends[1])") == "/dev/pts/0"
    assert second.run("import os", "os.listdir('/dev/pts')") == ["ptmx"]


# --- The files of a submission --------------------------------------------------------------------------------------


def test_a_notebook_works_on_a_copy_of_its_folder(isolated, tmp_path):
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    (work / "data").mkdir()
    (work / "data" / "table.csv").write_text("1,2")
    (work / "locked.txt").write_text("x")
    (work / "locked.txt").chmod(0o400)
    kernel = isolated()
    assert kernel.value("open('data/table.csv').read()") == "1,2"
    kernel.run("import os\nopen('data/table.csv', 'w').write('gone')\nos.rename('locked.txt', 'new.txt')")
    assert kernel.value("sorted(os.listdir('.'))") == ["data", "new.txt"]
    assert (work / "data" / "table.csv").read_text() == "1,2"
    assert sorted(path.name for path in work.iterdir()) == ["data", "locked.txt"]


def test_links_and_pipes_of_a_submission_are_left_behind(isolated, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "work").mkdir(exist_ok=True)
    (tmp_path / "work" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "work" / "all").symlink_to("/")
    os.mkfifo(tmp_path / "work" / "pipe")
    assert isolated().value("__import__('os').listdir('.')") == []


def test_home_and_temporary_files_are_in_scratch_and_gone_with_the_kernel(isolated):
    make = "import os, tempfile\nmade = [tempfile.mkdtemp(), os.path.expanduser('~/folder')]\nos.mkdir(made[1])"
    made = isolated().run(make, "made")
    assert all(path.startswith(sandbox.SCRATCH) for path in made)
    assert isolated().run("import os", f"[os.path.exists(path) for path in {made}]") == [False, False]


@pytest.mark.parametrize(
    "place",
    [*("/", "/usr", "/dev", "/etc", "/proc/sys/kernel", "/root", str(Path(lossedu.__file__).parent)), os.__file__],
)
def test_nothing_else_can_be_written_to(isolated, place):
    path = place if place.endswith(".py") else f"{place}/left.txt"
    with pytest.raises(CellError, match="Errno"):
        isolated().run(f"open({path!r}, 'a').write('left')")


# --- Reaching out ---------------------------------------------------------------------------------------------------


def test_there_is_no_network(isolated):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        kernel = isolated()
        kernel.run("import socket")
        for address in ("127.0.0.1", "8.8.8.8", "::1"):
            with pytest.raises(CellError, match=r"Errno (99|101)"):
                kernel.run(f"socket.create_connection(({address!r}, {port}), timeout=2)")
        with pytest.raises(CellError, match="gaierror"):
            kernel.run("socket.getaddrinfo('example.org', 80)")
    assert kernel.value("[name for _, name in socket.if_nameindex()]") == ["lo"]


def test_sockets_of_the_machine_without_a_path_are_out_of_reach(isolated):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0lossedu-test")
        server.listen()
        with pytest.raises(CellError, match="ConnectionRefusedError"):
            isolated().run("import socket\nsocket.socket(socket.AF_UNIX).connect('\\0lossedu-test')")


def test_a_kernel_sees_and_signals_its_own_processes_only(isolated):
    other, kernel = isolated(), isolated()
    other.run("kept = 1")
    assert kernel.run("import os, signal", "sorted(int(p) for p in os.listdir('/proc') if p.isdigit())") == [1, 2]
    kernel.run("try: os.kill(1, signal.SIGKILL)\nexcept PermissionError: pass")
    assert kernel.value("os.path.exists('/proc/1')")
    for process in (os.getpid(), kernel.provisioner.server.process.pid):  # their numbers mean nothing in there
        with pytest.raises(CellError, match="ProcessLookupError"):
            kernel.run(f"os.kill({process}, signal.SIGKILL)")
    with pytest.raises(CellError, match=r"ProcessLookupError|ended: -9"):
        kernel.run("os.kill(-1, signal.SIGKILL)")
    assert other.value("kept") == 1


def test_a_kernel_has_no_privileges_and_no_way_to_any(isolated):
    kernel = isolated()
    status = dict(
        line.split(":\t") for line in kernel.value("open('/proc/self/status').read()").splitlines() if ":\t" in line
    )
    assert [int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Amb")] == [0, 0, 0, 0]
    assert status["NoNewPrivs"] == "1"
    kernel.run("import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)")
    for namespaces in (sandbox.NEW_USERS, sandbox.NEW_MOUNTS, sandbox.NEW_PIDS):
        assert kernel.value(f"libc.unshare({namespaces})") == -1
    assert kernel.value("libc.umount2(b'/proc', 2)") == -1
    with pytest.raises(CellError, match="Errno"):
        kernel.run("import os; os.setuid(0)")
    assert kernel.value("libc.ptrace(16, 1, 0, 0)") == -1


def test_what_a_kernel_started_ends_with_it(isolated):
    kernel = isolated()
    marker = f"sleep-{time.monotonic_ns()}"
    program = ["-c", "import time; time.sleep(600)", marker]
    start = f"import subprocess, sys\nsubprocess.Popen([sys.executable, *{program}], start_new_session=True)"
    kernel.run(start)
    assert processes_named(marker)
    kernel.manager.shutdown_kernel(now=True)
    deadline = time.monotonic() + 5
    while processes_named(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not processes_named(marker)


def processes_named(marker):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


# --- Using up -------------------------------------------------------------------------------------------------------


def test_a_fork_bomb_comes_to_an_end(isolated):
    bomb = """
import os, time
count = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
        count += 1
except OSError as error:
    stopped = type(error).__name__
"""
    kernel = isolated(process_limit=60, memory_limit=2**36)  # what forks share counts for each of them
    assert kernel.run(bomb, "stopped") == "BlockingIOError"
    assert 20 < kernel.value("count") < 60
    assert isolated(process_limit=60).run("import os, threading\nthreading.Thread(target=print).start()", "1") == 1


def test_a_memory_bomb_hits_a_wall_and_the_kernel_goes_on(isolated):
    kernel = isolated(memory_limit=2**28)
    for bomb in ("[bytes(2**24) for _ in range(100)]", "__import__('numpy').ones(2**28)", "'x' * 2**30"):
        with pytest.raises(CellError, match="MemoryError"):
            kernel.run(f"kept = {bomb}")
    assert kernel.value("1 + 1") == 2


def test_many_processes_together_use_no_more_memory_than_one_may(isolated):
    bomb = """
import os, time
for _ in range(40):
    if os.fork() == 0:
        kept = os.urandom(2**20) * 32
        time.sleep(600)
time.sleep(20)
"""
    with pytest.raises(CellError, match="ended: -9"):
        isolated(memory_limit=2**28).run(bomb)


@pytest.mark.parametrize("where", [".", sandbox.TEMPORARY, "/dev/shm"])  # noqa: S108
def test_a_full_disk_is_the_kernels_own(isolated, where):
    fill = f"""
written = 0
try:
    for number in range(100):
        with open(f'{where}/{{number}}', 'wb') as file:
            written += file.write(bytes(2**20))
except OSError as error:
    stopped = error.strerror
"""
    kernel = isolated(file_limit=2**23)
    assert kernel.run(fill, "stopped") == "No space left on device"
    assert kernel.value("written") <= 2**23


def test_a_large_file_is_refused(isolated):
    with pytest.raises(CellError, match="File too large"):
        isolated(file_limit=2**23).run("open('large', 'wb').truncate(2**30)")


def test_many_small_files_come_to_an_end(isolated):
    with pytest.raises(CellError, match="No space left on device"):
        isolated().run("for number in range(10**6): open(f'{number}', 'w').close()")


def test_computing_has_an_end_even_where_no_interrupt_reaches(isolated):
    kernel = isolated(time_limit=1)
    with pytest.raises(CellError, match=f"ended: -{signal.SIGXCPU:d}"):
        kernel.run("import re; re.match('(a+)+b', 'a' * 60)")


def test_limits_hold_without_a_sandbox_too(kernel):
    limited = kernel(isolation="rlimits", time_limit=1, memory_limit=2**28, file_limit=2**20)
    with pytest.raises(CellError, match="MemoryError"):
        limited.run("kept = bytes(2**29)")
    with pytest.raises(CellError, match="File too large"):
        limited.run("open('large', 'wb').truncate(2**21)")
    with pytest.raises(CellError, match=f"ended: -{signal.SIGXCPU:d}"):
        limited.run("import re; re.match('(a+)+b', 'a' * 60)")


# --- Whole submissions ----------------------------------------------------------------------------------------------

HARM = {
    "prints without end": "while True: print('x' * 10000)",
    "shows one enormous output": "print('x' * 2 * 10**8)",
    "writes to the raw output": "import os\nwhile True: os.write(1, b'x' * 10000)",
    "ends itself": "import os; os._exit(1)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "recurses in C": "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()",
    "fills the memory": "kept = []\nwhile True: kept.append(bytes(2**24))",
    "leaves threads behind": """
import threading
for _ in range(300):
    threading.Thread(target=threading.Event().wait).start()
""",
    "asks for input": "input('password: ')",
    "runs commands": "!rm -rf / 2>/dev/null; kill -9 -1",
    "closes its sockets": "import os\nos.closerange(3, 200)",
}


def test_limits_come_from_the_configuration_of_nbgrader(tmp_path):
    cells = [new_code_cell("import resource; resource.getrlimit(resource.RLIMIT_CPU)[0]")]
    execute = TrustedExecute(config=Config(WarmProvisioner={"time_limit": 7}), secret_seed_file=str(tmp_path / "seed"))
    graded, _ = execute.preprocess(new_notebook(cells=cells), {"metadata": {"path": str(tmp_path)}})
    assert graded.cells[0].outputs[0].data["text/plain"] == "7"


@pytest.mark.parametrize("harm", HARM)
def test_harm_costs_only_itself(tmp_path, harm):
    (tmp_path / "seed.txt").write_text("7")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "kept.txt").write_text("kept")
    sources = [HARM[harm], f"{IMPORTS}\n{ENTROPY}", graded_cell("check(entropy)")]
    cells = [source if isinstance(source, dict) else new_code_cell(source) for source in sources]
    execute = TrustedExecute(secret_seed_file=str(tmp_path / "seed.txt"), timeout=2, output_limit=2**20)
    graded, _ = execute.preprocess(new_notebook(cells=cells), {"metadata": {"path": str(tmp_path / "work")}})
    assert determine_grade(graded.cells[-1]) == (3, 3)
    assert len(nbformat.writes(graded)) < 3 * 2**20
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["kept.txt"]
    assert threading.active_count() < 50
