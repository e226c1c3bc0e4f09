"""Warm kernels: as clean as new ones, and as obedient as Jupyter expects."""

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from lossedu import doctor
from lossedu.checking.probe import FOREIGN, OWN
from lossedu.executor import provisioner, server
from lossedu.executor.jupyter import JupyterRunner
from lossedu.executor.server import inherited
from lossedu.grading.steps import TrustedExecute
from tests.grading.kernels import CellError
from tests.test_installation import PROJECT

pytestmark = pytest.mark.slow

DIRT = {
    "a patched module": ("import numpy\nnumpy.add = None", "__import__('numpy').add is None"),
    "a patched builtin": ("import builtins\nbuiltins.sum = 1", "sum == 1"),
    "a name": ("left = 1", "'left' in globals()"),
    "an environment variable": ("import os\nos.environ['LEFT'] = '1'", "'LEFT' in __import__('os').environ"),
    "a file": ("open('left.txt', 'w').close()", "__import__('os').path.exists('left.txt')"),
    "the folder": ("import os\nos.chdir('/')", "__import__('os').getcwd() == '/'"),
    "plot settings": (
        "from lossedu import plots\nplots.use_style()",
        "__import__('matplotlib').rcParams['axes.grid']",
    ),
    "an open figure": (
        "import matplotlib.pyplot as plt\nfigure = plt.figure()\nplt.show = None",
        "__import__('matplotlib.pyplot').pyplot.get_fignums() != []",
    ),
    "a search path": ("import sys\nsys.path.append('/left')", "'/left' in __import__('sys').path"),
    "an import": ("import this", "'this' in __import__('sys').modules"),
    "a filter of warnings": (
        "import warnings\nwarnings.simplefilter('error')",
        "__import__('warnings').filters[0][0] == 'error'",
    ),
    "an assumption of SymPy": ("import sympy\nsympy.S.left = 1", "hasattr(__import__('sympy').S, 'left')"),
    "NumPy's error state": (
        "import numpy\nnumpy.seterr(all='raise')",
        "__import__('numpy').geterr()['over'] == 'raise'",
    ),
    "an audit hook": (
        "import sys\nheard = []\nsys.addaudithook(lambda event, arguments: heard.append(event))",
        "'heard' in globals()",
    ),
    "a change to IPython": (
        "get_ipython().input_transformers_post.append(lambda lines: ['1'])",
        "get_ipython().input_transformers_post != []",
    ),
}


@pytest.mark.parametrize("dirt", DIRT)
def test_nothing_of_one_kernel_is_seen_in_the_next(kernel, sandbox, dirt):
    leave, seen = DIRT[dirt]
    first = kernel(isolation="bubblewrap")
    first.run(leave)
    assert not kernel(isolation="bubblewrap").value(seen)


def test_each_kernel_draws_random_numbers_of_its_own(kernel, isolation):
    draw = "[*__import__('numpy').random.rand(2).tolist(), __import__('random').random()]"
    first, second = (kernel(isolation=isolation).value(draw) for _ in range(2))
    assert not set(first) & set(second)


def test_what_chapters_import_is_there_already_and_what_has_the_answers_is_not(kernel, isolation):
    forked = kernel(isolation=isolation)
    forked.run(f"import sys\nanswers = {(*FOREIGN, *OWN)}")
    assert forked.value("{'numpy', 'sympy', 'matplotlib.pyplot', 'lossedu.plots'} - {*sys.modules}") == set()
    assert forked.value("[name for name in sys.modules if name.startswith(answers)]") == []


def test_kernels_and_the_process_that_forks_them_get_named_variables_only(kernel, monkeypatch):
    monkeypatch.setattr(server, "SERVERS", {})
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "swordfish")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    started = kernel(isolation="rlimits")
    found = started.value("dict(__import__('os').environ)")
    of_process = Path(f"/proc/{started.provisioner.server.process.pid}/environ")
    if of_process.exists():
        assert b"swordfish" not in of_process.read_bytes()
    started.provisioner.server.close()
    assert found["OMP_NUM_THREADS"] == "1"
    assert found.keys() - {*server.INHERITED} == {"MPLBACKEND"}  # set by ipykernel


def test_of_pythonpath_only_folders_of_packages_are_inherited(tmp_path):
    for name in ("packages", "project"):
        (tmp_path / name).mkdir()
    (tmp_path / "packages" / "numpy-2.0.dist-info").mkdir()
    searched = os.pathsep.join([str(tmp_path / "project"), "", "token=swordfish", str(tmp_path / "packages")])
    found = inherited({"PYTHONPATH": searched, "PATH": "/bin", "JPY_API_TOKEN": "swordfish", "Path": "x"})
    assert found == {"PATH": "/bin", "PYTHONPATH": str(tmp_path / "packages")}
    assert inherited({"PYTHONPATH": str(tmp_path / "project")}) == {}


ALIKE = {
    "text": "import sys\nprint('out')\nprint('err', file=sys.stderr)",
    "results and their history": "x = 1\nx + 1\n_ + 1, Out, In[-1], _i",
    "an error": "def f():\n    return 1 / 0\nf()",
    "a figure left open": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone",
    "settings of figures": "import matplotlib\n{k: v for k, v in matplotlib.rcParams.items()}",
    "the backend of figures": "import matplotlib.pyplot as plt\nplt.figure()\nplt.get_backend(), plt.isinteractive()",
    "magics": "%matplotlib inline\n%precision 3\n0.123456",
    "commands of the shell": "!echo shell\nlines = !echo more\nlines",
    "a formula": "import sympy\nsympy.Symbol('x') ** 2",
    "input": "input('password: ')",
    "a help text": "len?",
    "a display that changes": "shown = display(1, display_id='a')\nshown.update(2)",
    "tasks": "import asyncio\nawait asyncio.sleep(0.01)\n1",
    "threads that print": "import threading\nt = threading.Thread(target=print, args=('x',))\nt.start()\nt.join()",
    "names": "__name__, __doc__, sorted(name for name in dir() if not name.startswith('_'))",
    "pickles": "import pickle\nclass A: pass\npickle.loads(pickle.dumps(A())).__class__ is A",
    "signals": "import signal\n[signal.getsignal(s) for s in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE)]",
    "numpy": "import numpy as np\nnp.geterr(), np.get_printoptions()",
    "paths": "import sys\nsys.path[0], sys.argv[1:2]",
}


@pytest.fixture(scope="module")
def shown_by(tmp_path_factory):
    """What all cells of `ALIKE` show in a warm and in a cold kernel."""
    shown = {}
    for name, classes in {"warm": (TrustedExecute,), "cold": (ColdExecute, TrustedExecute)}.items():
        folder = tmp_path_factory.mktemp(name)
        execute = type("OneOrTheOther", classes, {"guard": lambda self: None})(timeout=20)
        cells = [new_code_cell(source) for source in ALIKE.values()]
        done, _ = execute.preprocess(new_notebook(cells=cells), {"metadata": {"path": str(folder)}})
        shown[name] = dict(zip(ALIKE, (cell.outputs for cell in done.cells), strict=True))
    return shown


class ColdExecute:
    def choose_runner(self):
        return JupyterRunner(self, 4 * self.output_limit, env=inherited(os.environ))


@pytest.mark.parametrize("what", ALIKE)
def test_a_warm_kernel_shows_what_a_cold_one_shows(shown_by, what):
    assert shown_by["warm"][what] == shown_by["cold"][what]


def test_an_endless_loop_is_interrupted_and_the_kernel_goes_on(kernel, isolation):
    endless = kernel(isolation=isolation)
    endless.run("kept = 1")
    message = endless.client.execute("print('looping')\nwhile True: pass", stop_on_error=False)
    while endless.client.get_iopub_msg(timeout=10)["msg_type"] != "stream":
        pass
    endless.manager.interrupt_kernel()
    reply = endless.client.get_shell_msg(timeout=10)
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert reply["parent_header"]["msg_id"] == message
    assert endless.value("kept") == 1


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("import os; os._exit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os; os.abort()", -signal.SIGABRT),
    ],
)
def test_a_kernel_that_dies_says_how_and_another_takes_its_place(kernel, isolation, end, code):
    dying = kernel(isolation=isolation)
    with pytest.raises(CellError, match=f"ended: {code}"):
        dying.run(end)
    assert not dying.manager.is_alive()
    dying.restart(now=True)
    assert dying.value("'end' in globals()") is False


def test_a_restarted_kernel_has_forgotten_all(kernel, isolation):
    restarted = kernel(isolation=isolation)
    restarted.run("known = 1")
    restarted.restart(now=False)
    assert restarted.value("'known' in globals()") is False


def test_a_kernel_that_is_asked_to_end_does_so_and_leaves_nothing(kernel, isolation):
    ending = kernel(isolation=isolation)
    assert ending.value("1") == 1
    folder = Path(ending.manager.ip).parent
    assert len([*folder.iterdir()]) == 4
    time.sleep(0.2)  # Jupyter interrupts it first, which an idle kernel does not mind
    ending.manager.shutdown_kernel(now=False)
    assert ending.exit_code == 0
    assert not ending.manager.has_kernel
    assert not folder.exists()


OUTLIVED = """
import os, sys
from tests.grading.kernels import Kernel
kernel = Kernel(".", isolation={isolation!r})
print(kernel.provisioner.server.process.pid, kernel.value("__import__('os').getpid()"), flush=True)
input()
"""


def test_kernels_end_with_the_process_that_started_them_even_if_it_is_killed(tmp_path, isolation):
    script = [sys.executable, "-c", OUTLIVED.format(isolation=isolation)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        script, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as grader:
        forking, inside = map(int, grader.stdout.readline().split())
        alive = [forking] if isolation == "bubblewrap" else [forking, inside]  # of the others' numbers in there
        assert all(map(is_running, alive))
        grader.kill()
    deadline = time.monotonic() + 10
    while any(map(is_running, alive)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, alive))


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_server_that_was_killed_is_replaced(kernel):
    before = kernel().provisioner.server
    before.process.kill()
    before.process.wait()
    after = kernel()
    assert after.value("1 + 1") == 2
    assert after.provisioner.server is not before


@pytest.fixture
def warnings(monkeypatch):
    """What is said about what is missing, when nothing has been tried yet and bubblewrap is not there."""
    monkeypatch.setattr(server, "SERVERS", {})
    monkeypatch.setattr(server, "SHORTCOMINGS", [])
    monkeypatch.setattr(server.sandbox, "bubblewrap", lambda program, *paths: ["bwrap-is-not-here", *program])
    said = []
    monkeypatch.setattr(provisioner.WarmProvisioner, "log", SimpleNamespace(warning=said.append, debug=print))
    yield said
    for started in filter(None, server.SERVERS.values()):
        started.close()


def about_sandbox(warnings):
    """The warnings about a missing sandbox, without those about what protects in its place."""
    return [each for each in warnings if "no sandbox" in each]


def test_without_bubblewrap_kernels_are_limited_and_it_is_said_once(kernel, warnings):
    for _ in range(2):
        limited = kernel(isolation="auto", time_limit=7)
        assert limited.run("import resource", "resource.getrlimit(resource.RLIMIT_CPU)[0]") == 7
    (said,) = about_sandbox(warnings)
    assert said == (
        "Submissions have no sandbox, only limits: bwrap-is-not-here cannot be started (No such file or directory). "
        "Install bubblewrap."
    )


def test_why_bubblewrap_fails_is_said_in_its_own_words(warnings, monkeypatch, sandbox):
    impossible = ["bwrap", "--ro-bind", "/", "/", "--dir", "/not-there", "true"]
    monkeypatch.setattr(server.sandbox, "bubblewrap", lambda *_: impossible)
    assert server.server_for({}, "auto", (), (), warnings.append)
    assert about_sandbox(warnings) == [
        "Submissions have no sandbox, only limits: bwrap: Can't mkdir /not-there: Read-only file system. "
        "`lossedu doctor` says more."
    ]
    (problem,) = doctor.sandbox(".")
    assert problem.says.endswith(": bwrap: Can't mkdir /not-there: Read-only file system")
    assert "install" not in problem.fix


def test_who_lacks_bubblewrap_is_told_to_install_it(warnings):
    (problem,) = doctor.sandbox(".")
    assert "bwrap-is-not-here cannot be started" in problem.says
    assert problem.fix == "on Linux: apt install bubblewrap"


def test_without_forks_kernels_are_cold_and_it_is_said_once(kernel, warnings, monkeypatch):
    def refuse(*arguments, **options):
        raise server.KernelServerError("Windows has no forks")

    monkeypatch.setattr(server, "KernelServer", refuse)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "swordfish")
    for _ in range(2):
        cold = kernel(isolation="auto")
        assert not cold.value("'lossedu.plots' in __import__('sys').modules")
        assert "swordfish" not in str(cold.value("dict(__import__('os').environ)"))
        cold.manager.interrupt_kernel()
        cold.manager.shutdown_kernel(now=True)
    assert warnings == ["Kernels start slowly and have no limits: Windows has no forks."]


def test_a_sandbox_that_was_asked_for_by_name_has_no_substitute(warnings):
    for _ in range(2):
        with pytest.raises(server.KernelServerError, match="bwrap-is-not-here cannot be started"):
            server.server_for({}, "bubblewrap", (), (), warnings.append)


def test_jupyter_finds_the_provisioner_by_name():
    ((name, value),) = PROJECT["entry-points"]["jupyter_client.kernel_provisioners"].items()
    assert name == "lossedu-warm"
    assert EntryPoint(name, value, "").load() is provisioner.WarmProvisioner


def test_what_a_kernel_used_is_known_when_it_has_ended(kernel, isolation):
    busy = kernel(isolation=isolation)
    busy.run("import time\nheld = b'x' * 3 * 10**8\nwhile time.process_time() < 1: pass")
    provisioner.ENDED.clear()
    busy.close()
    ((seconds, memory),) = provisioner.ENDED
    assert 1 <= seconds < 20  # the upper bound leaves room for a busy machine
    assert 3e8 < memory < 1e9
