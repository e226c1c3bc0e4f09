"""Submissions that harm: by accident, as a loop without an end, or on purpose; and notebooks and files that are broken.

Each is the honest learner's of `tampering`, with a cell in front of everything, with another file in the notebook's
place, or with files beside it. `tampering` has those that want points.

In the cells COURSE stands for the course directory, HOME for a home folder, and PORT for where a server listens.
"""

import copy
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.grading.tampering import ANSWERS, ASSIGNMENT, DELEGATED, NOTHING, Way, cell_of, text

LOST = "the kernel died in this cell"
LATE = "no end within"
REFUSED = "reaching for other programs"  # before the sandbox could show what it is good for


@dataclass
class Harm(Way):
    """One kind. `named` are words of the report about it.

    `raw` makes the bytes of the notebook's file from the released notebook, `beside` makes files in its folder.
    `limits` is how many time limits it may take. `problem` are words that tell why it could not be graded at all.
    """

    raw: Callable = None
    beside: Callable = None
    limits: int = 0
    problem: str = ""

    def write(self, folder, released, places):
        """Hand it in."""
        folder.mkdir(parents=True)
        notebook, file = self.submission(released), folder / f"{ASSIGNMENT}.ipynb"
        for cell in notebook.cells:
            for name, place in places.items():
                cell.source = cell.source.replace(name, place)
        file.write_bytes(self.raw(notebook) if self.raw else nbformat.writes(notebook).encode())
        if self.beside:
            self.beside(folder)

    def submission(self, released):
        """The notebook as handed in; the harm comes first, so that a new kernel can go on with the answers."""
        notebook = copy.deepcopy(released)
        for name, answer in (ANSWERS | ({"kl_divergence": self.kl} if self.kl else {})).items():
            cell_of(notebook, name).source = text(answer)
        if self.cell:
            notebook.cells.insert(0, new_code_cell(text(self.cell)))
        self.edit(notebook)
        return notebook


def unguarded(code, *, wait=True):
    """A cell that runs code in a Python of its own, where no audit hook listens, and shows what it says."""
    start = """
        import multiprocessing.util, os, sys
        out, into = os.pipe()
        os.set_inheritable(into, True)
        code = {0!r}
        code = b"import os; os.dup2(%d, 1); os.dup2(1, 2)\\n" % into + code
        process = multiprocessing.util.spawnv_passfds(sys.executable.encode(), [b"python", b"-c", code], [into])
        """
    end = "os.close(into)\nprint(os.fdopen(out).read(10**6), os.waitpid(process, 0)[1])" if wait else ""
    return text(start.format(text(code).encode())) + f"\n{end}"


def tried(*attempts):
    """Code that makes attempts, each an expression, and says what came of them."""
    return "import os, pathlib, socket\n" + "\n".join(
        f"try: print({attempt})\nexcept BaseException as error: print(type(error).__name__, error)"
        for attempt in attempts
    )


def readings(*paths):
    """A cell that reads files and folders, where no audit hook listens."""
    return unguarded(
        tried(*(f"[*open({path!r})] if os.path.isfile({path!r}) else os.listdir({path!r})" for path in paths))
    )


def writings(*places):
    """A cell that writes to places, removes and moves what is there, where no audit hook listens."""
    return unguarded(
        tried(
            *(f"open('{place}/left.txt', 'w')" for place in places),
            *(f"[os.remove(os.path.join('{place}', name)) for name in os.listdir('{place}')]" for place in places),
            *(f"os.rename('{place}', '{place}.moved')" for place in places),
        )
    )


# --- Never ending ---------------------------------------------------------------------------------------------------

ENDLESS = {
    "loops in Python": Harm("while True: pass", limits=1, named=LATE),
    "loops in C": Harm("import re\nre.match('(a+)+b', 'a' * 60)", limits=1, named=LATE),
    "sums without end": Harm("sum(iter(int, 1))", limits=1, named=LATE),
    "computes a power without end": Harm("x = 9 ** 9 ** 9", limits=1, named=LATE),
    "sleeps": Harm("import time\ntime.sleep(10**6)", limits=1, named=LATE),
    "waits for a lock": Harm(
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", limits=1, named=LATE
    ),
    "swallows interrupts": Harm(
        """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
        limits=1,
        named=LATE,
    ),
    "ignores signals": Harm(
        "import signal\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: pass", limits=1, named=LATE
    ),
    "loops in an answer": Harm(
        kl="def kl_divergence(y_true, y_pred):\n    while True: pass", limits=1, earns=DELEGATED
    ),
    "awaits what never comes": Harm("import asyncio\nawait asyncio.Event().wait()", limits=1, named=LATE),
    "blocks the event loop": Harm(
        """
        import asyncio
        def block():
            while True: pass
        asyncio.get_event_loop().call_soon(block)
        """,
        limits=2,
        named=LATE,
        earns=None,
    ),
    "keeps the interpreter to a thread": Harm(
        """
        import sys, threading
        def spin():
            while True: pass
        sys.setswitchinterval(10**6)
        threading.Thread(target=spin, daemon=True).start()
        """,
        limits=2,
    ),
    "loops after each cell": Harm(
        """
        def loop(result):
            while True: pass
        get_ipython().events.register("post_run_cell", loop)
        """,
        limits=12,
        earns=None,
        named=LATE,
    ),
    "loops in a repr": Harm(
        "class Odd:\n    def __repr__(self):\n        while True: pass\nOdd()", limits=1, named=LATE
    ),
    "loops in a module of its own": Harm(
        "open('forever.py', 'w').write('while True: pass')\nimport forever", limits=1, named=LATE
    ),
    "interrupts itself": Harm(
        """
        import signal, time
        signal.signal(signal.SIGALRM, lambda *a: None)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        """
    ),
    "stops itself": Harm(
        unguarded("import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)"), limits=1, named=REFUSED
    ),
    "asks for input": Harm("input('password: ')"),
    "reads the raw input": Harm("import os, sys\nos.read(0, 1)\nsys.stdin.read()"),
    "waits at the debugger": Harm("breakpoint()"),
}

# --- Using up -------------------------------------------------------------------------------------------------------

FORK_BOMB = """
import os
while True:
    try: os.fork()
    except OSError: pass
"""

USING_UP = {
    "forks without end": Harm(unguarded(FORK_BOMB), limits=1, earns=None),
    "forks without end in a shell": Harm(
        unguarded("import os\nos.execv('/bin/sh', ['sh', '-c', 'f() { f | f & }; f; sleep 100'])"),
        limits=1,
        earns=None,
    ),
    "leaves forks behind": Harm(
        unguarded("import os\nwhile os.fork(): pass\nos.setsid()\nwhile True: os.fork()", wait=False),
        limits=1,
        earns=None,
    ),
    "fills the memory": Harm("kept = []\nwhile True: kept.append(bytes(2**24))", limits=1, earns=None),
    "fills the memory with an array": Harm("import numpy\nkept = numpy.ones(2**36)"),
    "fills the memory with a list": Harm("kept = [0] * 10**12"),
    "fills the memory with many processes": Harm(
        unguarded(
            """
            import os, time
            for _ in range(20): os.fork()
            kept = []
            for _ in range(12): kept.append(bytearray(os.urandom(2**20)) * 16)
            time.sleep(100)
            """
        ),
        limits=1,
        earns=None,
    ),
    "maps huge areas": Harm("import mmap\nkept = []\nwhile True: kept.append(mmap.mmap(-1, 2**32))"),
    "fills the disk": Harm("with open('full', 'wb') as file:\n    while True: file.write(bytes(2**20))"),
    "fills the disk with many files": Harm(
        "for n in range(10**6):\n    with open(str(n), 'wb') as file: file.write(bytes(2**14))", limits=1
    ),
    "fills the shared memory": Harm(
        "for n in range(10**4):\n    with open(f'/dev/shm/{n}', 'wb') as file: file.write(bytes(2**20))"
    ),
    "makes files without end": Harm("for n in range(10**7): open(str(n), 'w').close()", limits=1, earns=None),
    "makes folders in folders": Harm(
        "import os\nfor n in range(5000):\n    os.mkdir('d')\n    os.chdir('d')", limits=1
    ),
    "makes a sparse file": Harm("open('sparse', 'wb').truncate(2**40)"),
    "makes links in a circle": Harm(unguarded("import os\nos.symlink('.', 'loop')\nos.symlink('/', 'all')")),
    "opens files without end": Harm("kept = []\nwhile True: kept.append(open('/dev/null'))", earns=None),
    "starts threads without end": Harm(
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=[100], daemon=True).start()",
        limits=1,
        earns=None,
    ),
    "unpacks a bomb": Harm(
        """
        import zipfile
        with zipfile.ZipFile("bomb.zip") as bomb:
            bomb.extractall()
        """,
        beside=lambda folder: (folder / "bomb.zip").write_bytes(bomb()),
        limits=1,
    ),
    "prints a gigabyte": Harm("for _ in range(2**10): print('x' * 2**20)", limits=1, earns=None),
    "prints a gigabyte at once": Harm("print('x' * 2**30)", limits=1),
    "prints without end": Harm("while True: print('x', flush=True)", limits=1),
    "prints to the raw output": Harm("import os\nwhile True: os.write(1, b'x' * 10000)", limits=1),
    "complains without end": Harm(
        "import sys\nwhile True: print('x' * 1000, file=sys.stderr)", limits=1, named="kernel"
    ),
    "displays without end": Harm("from IPython.display import display\nwhile True: display('x')", limits=1),
    "changes a display without end": Harm(
        "from IPython.display import display\nshown = display(0, display_id=True)\nwhile True: shown.update(1)",
        limits=1,
    ),
    "clears its output without end": Harm(
        "from IPython.display import clear_output\nwhile True: clear_output()", limits=1
    ),
    "opens comms without end": Harm("from comm import create_comm\nwhile True: create_comm(target_name='x')", limits=1),
    "prints from a thread without end": Harm(
        """
        import threading
        def chatter():
            while True: print("x" * 1000, flush=True)
        threading.Thread(target=chatter, daemon=True).start()
        """,
        limits=2,
        earns=None,  # which answers are lost with the kernel depends on when it has said too much
    ),
    "shows a huge text": Harm("'x' * 10**8", limits=1),
    "has a repr of a gigabyte": Harm("class Odd:\n    def __repr__(self): return 'x' * 2**30\nOdd()", limits=1),
    "raises a huge error": Harm("raise ValueError('x' * 10**8)", limits=1),
    "raises a long chain of errors": Harm(
        """
        error = None
        for _ in range(10**5):
            following = ValueError("x")
            following.__cause__ = error
            error = following
        raise error
        """,
        limits=1,
        earns=None,  # the error stays and fills the memory: what still works then depends on the moment
    ),
    "recurses": Harm("def f(): return f()\nf()"),
    "recurses in C": Harm("import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()", limits=1, earns=None),
    "recurses in a repr": Harm("class Odd:\n    def __repr__(self): return repr(self)\nOdd()"),
    "nests lists deeply": Harm("x = []\nfor _ in range(10**6): x = [x]\nx", limits=1),
    "writes deeply nested code": Harm(f"x = {'(' * 10**4}1{')' * 10**4}"),
    "writes a very long line": Harm(f"x = {'1 + ' * 10**5}1", limits=1),
}

# --- Dying ----------------------------------------------------------------------------------------------------------

DYING = {
    "crashes": Harm("import faulthandler\nfaulthandler._sigsegv()", named=LOST),
    "aborts": Harm("import os\nos.abort()", named=LOST),
    "exits": Harm("import os\nos._exit(0)", named=LOST),
    "raises SystemExit": Harm("import sys\nsys.exit(0)"),
    "quits": Harm("quit()", earns=None),
    "exits in a thread": Harm("import os, threading\nthreading.Thread(target=os._exit, args=[3]).start()", earns=None),
    "shuts its kernel down": Harm("get_ipython().kernel.do_shutdown(False)", limits=1, earns=None),
    "closes all files": Harm("import os\nos.closerange(0, 200)", limits=1),
    "closes its sockets": Harm("import os\nos.closerange(3, 200)", limits=1),
    "kills its kernel": Harm(unguarded("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"), named=REFUSED),
    "kills the first process": Harm(unguarded("import os, signal\nfor n in (9, 15, 2, 19): os.kill(1, n)")),
    "kills everything": Harm(unguarded("import os, signal\nos.kill(-1, signal.SIGKILL)"), named=REFUSED),
    "stops everything": Harm(unguarded("import os, signal\nos.kill(-1, signal.SIGSTOP)"), limits=1, named=REFUSED),
    "kills the group": Harm(
        unguarded("import os, signal\nos.killpg(os.getpgid(os.getppid()), signal.SIGKILL)"), named=REFUSED
    ),
    "kills the grading processes": Harm(
        unguarded("import os, signal\nfor n in range(3, 40000):\n    try: os.kill(n, 9)\n    except OSError: pass")
    ),
    "kills its parent": Harm("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", named="signals to processes"),
}

# --- Reaching out ---------------------------------------------------------------------------------------------------

CONNECT = "socket.create_connection(('127.0.0.1', PORT), timeout=1).send(b'x')"
DATAGRAM = "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))"
SYSCALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), libc.unshare(0x20000), libc.setns(3, 0), libc.ptrace(16, 1, 0, 0))
print(libc.mount(b"COURSE", b"/submission/work", None, 4096, None), libc.umount2(b"/proc", 2))
print(libc.chroot(b"/submission"), libc.pivot_root(b"/", b"/submission"), libc.setuid(0))
print(libc.sethostname(b"x", 1), libc.reboot(0x1234567))
print(libc.syscall(304, 1, b"", 0), libc.prctl(4, 0), libc.kexec_load(0, 0, 0, 0), libc.syscall(250, 0, 0, 0, 0))
print(ctypes.get_errno(), os.getuid())
"""
HIDDEN = (
    *("COURSE", "COURSE/gradebook.db", "COURSE/secret_seed.txt", "COURSE/nbgrader_config.py", "COURSE/solutions"),
    *(f"COURSE/solutions/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", "COURSE/submitted", "COURSE/canary.txt"),
)

REACHING = {
    "reads the course": Harm(readings(*HIDDEN)),
    "reads the course from where it stands": Harm(
        readings("..", "../..", "../../..", f"../../../{ASSIGNMENT}", "/proc/self/cwd/../../..")
    ),
    "reads other submissions": Harm(
        unguarded(
            tried(
                "[path.read_text() for path in pathlib.Path('COURSE').rglob('*.ipynb')]",
                "os.listdir('COURSE/submitted')",
            )
        )
    ),
    "reads the gradebook": Harm("import sqlite3\nsqlite3.connect('COURSE/gradebook.db')", named="opening"),
    "attaches the gradebook": Harm(
        "import sqlite3\nsqlite3.connect(':memory:').execute(\"ATTACH 'COURSE/gradebook.db' AS book\")\n"
        "sqlite3.connect('file:COURSE/gradebook.db?mode=rw', uri=True).execute('DELETE FROM grade')"
    ),
    "reads the home folder": Harm(readings("HOME", "HOME/canary.txt", "HOME/.ssh/id_rsa", "/root", "/home")),
    "reads the files of the machine": Harm(
        readings("/etc/passwd", "/etc/shadow", "/var/log", "/run", "/sys", "/mnt", "/dev/mem", "/proc/kcore", "/boot")
    ),
    "reads what lossedu has ready": Harm(
        unguarded(
            tried(
                "__import__('lossedu.losses').losses",
                "[p.read_text() for p in pathlib.Path(__import__('lossedu').__file__).parent.rglob('divergences.py')]",
            )
        )
    ),
    "reads the processes": Harm(
        unguarded(
            tried(
                *(
                    f"open('/proc/{n}/{name}', 'rb').read()"
                    for n in (1, 2)
                    for name in ("environ", "cmdline", "maps", "mem")
                ),
                "os.listdir('/proc/1/root')",
                "os.listdir('/proc/1/cwd')",
                "os.listdir('/proc/1/fd')",
                "[open(f'/proc/{n}/environ').read() for n in os.listdir('/proc') if n.isdigit()]",
                "os.environ",
            )
        )
    ),
    "reads through its files": Harm(
        unguarded(
            tried("[os.readlink(f'/proc/2/fd/{n}') for n in os.listdir('/proc/2/fd')]", "os.listdir('/proc/2/fd/3/..')")
        )
    ),
    "links to the course": Harm(
        unguarded(
            tried(
                "os.symlink('COURSE/gradebook.db', 'book')",
                "open('book', 'a').write('x')",
                "os.link('COURSE/gradebook.db', 'hard')",
            )
        )
    ),
    "writes to the course": Harm(writings("COURSE", "COURSE/solutions", "COURSE/submitted", "COURSE/autograded")),
    "writes to the home folder": Harm(writings("HOME")),
    "writes everywhere": Harm(writings("/", "/usr", "/etc", "/dev", "/proc", "/sys", "/root", "/var", "/bin")),
    "writes to temporary files": Harm(
        """
        import tempfile
        for place in (None, "/tmp", "/var/tmp"):
            try: tempfile.mkstemp(dir=place)
            except OSError: pass
        """
    ),
    "writes into Python": Harm(
        unguarded(
            tried(
                *(
                    f"open(__import__('{name}').__file__, 'a').write('raise SystemExit')"
                    for name in ("os", "numpy", "lossedu")
                ),
                "open(os.path.join(os.path.dirname(__import__('numpy').__file__), '..', 'left.pth'), 'w')",
            )
        )
    ),
    "calls by TCP": Harm(
        unguarded(tried(CONNECT, CONNECT.replace("127.0.0.1", "::1"), CONNECT.replace("127.0.0.1", "10.0.0.1")))
    ),
    "calls by UDP": Harm(unguarded(tried(DATAGRAM))),
    "asks for names": Harm(
        unguarded(tried("socket.getaddrinfo('example.org', 80)", "socket.gethostbyname('localhost')"))
    ),
    "calls by the sockets of the machine": Harm(
        unguarded(
            "import glob\n"
            + tried(
                "socket.socket(socket.AF_UNIX).connect('HOME/socket')",
                "socket.socket(socket.AF_UNIX).connect(chr(0) + 'lossedu-PORT')",
                "socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
                "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
                "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
            )
        )
    ),
    "listens": Harm(unguarded(tried("socket.create_server(('', 8888))", "socket.create_server(('127.0.0.1', PORT))"))),
    "fetches a page": Harm(
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:PORT')", named="the network"
    ),
    "asks the kernel of the machine": Harm(unguarded(SYSCALLS)),
    "traces its kernel": Harm(unguarded("import ctypes\nctypes.CDLL(None).ptrace(16, 2, 0, 0)"), limits=1),
    "becomes root": Harm(
        unguarded(tried("os.setuid(0)", "os.setresuid(0, 0, 0)", "os.setgid(0)", "os.setgroups([0])"))
    ),
    "raises its limits": Harm(
        unguarded(
            "import resource\n"
            + tried(
                *(f"resource.setrlimit(resource.RLIMIT_{name}, (-1, -1))" for name in ("AS", "CPU", "NPROC", "FSIZE"))
            )
        )
    ),
    "leaves a daemon": Harm(
        unguarded(
            """
            import os, time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.closerange(0, 100)
                    open('MARKER', 'w').write('x')
                    time.sleep(1000)
                os._exit(0)
            """
        )
    ),
    "leaves threads": Harm(
        "import threading, time\nfor _ in range(50): threading.Thread(target=time.sleep, args=[100]).start()"
    ),
    "looks for the grader's objects": Harm(
        "import gc\nfound = [thing for thing in gc.get_objects()]", named="the objects of Python"
    ),
    "looks through frames": Harm("import inspect\nprint([f.frame.f_locals for f in inspect.stack()])"),
}

# --- Shell and magics -----------------------------------------------------------------------------------------------

MAGIC = {
    "runs a command": Harm("!cat COURSE/gradebook.db; rm -rf / 2>/dev/null"),
    "keeps a command's output": Harm("lines = !ls COURSE"),
    "runs a shell": Harm("%%bash\ncat COURSE/canary.txt; kill -9 -1"),
    "installs a package": Harm("%pip install requests"),
    "runs a file": Harm("%run /etc/passwd"),
    "runs a file of the course": Harm("%run COURSE/nbgrader_config.py"),
    "loads an extension": Harm("%load_ext autoreload\n%autoreload 2"),
    "loads a file": Harm("%load COURSE/nbgrader_config.py"),
    "changes the folder": Harm("%cd /\n%cd COURSE"),
    "resets": Harm("%reset -f"),
    "writes a file": Harm("%%writefile COURSE/left.txt\nleft"),
    "asks for a graphical loop": Harm("%gui qt\n%matplotlib qt"),
    "asks for an odd backend": Harm("%matplotlib nonsense"),
    "measures for long": Harm("%timeit -r 10 -n 10 __import__('time').sleep(1)", limits=1, named=LATE),
    "runs JavaScript": Harm("%%javascript\nJupyter.notebook.kernel.execute('1')"),
    "writes its history": Harm("%history -f COURSE/history.txt"),
    "uses magics that are not there": Harm("%nonsense\n%%nonsense"),
}

# --- Meddling with the kernel ---------------------------------------------------------------------------------------

FORGED = """
kernel = get_ipython().kernel
for kind, content in [
    ("execute_reply", dict(status="ok", execution_count=1, user_expressions={})),
    ("status", dict(execution_state="idle")), ("status", {}), ("error", {}), ("stream", {}), ("nonsense", {"x": 1}),
    ("display_data", {"data": 1, "metadata": 2}), ("execute_result", None), ("stream", {"name": "stdout", "text": 1}),
]:
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent("shell"))
"""
RAW = """
kernel = get_ipython().kernel
torn = [b"stream", b"<IDS|MSG>", b"", b"{}", b"{}", b"{}", b"{"]
for frames in ([b""], [b"<IDS|MSG>"], [b"x"] * 10, torn, [b"\\xff" * 2**20]):
    kernel.iopub_socket.send_multipart(frames)
"""
DISPLAYS = """
from IPython.display import HTML, Image, Javascript, display
display(HTML("<script>fetch('/api/kernels')</script>"), Javascript("alert(1)"))
display({"text/html": 1, "image/png": "x" * 100, "application/json": {"a": float("nan")}, "nonsense": []}, raw=True)
"""

MEDDLING = {
    "deletes the builtins": Harm("import builtins\nfor name in dir(builtins): delattr(builtins, name)", limits=1),
    "replaces print": Harm("import builtins\nbuiltins.print = None"),
    "empties the modules": Harm("import sys\nsys.modules.clear()", limits=1, earns=None),
    "empties the names": Harm("globals().clear()"),
    "empties the environment": Harm("import os\nos.environ.clear()"),
    "changes to the root": Harm("import os\nos.chdir('/')"),
    "removes its folder": Harm("import os, shutil\nshutil.rmtree(os.getcwd())"),
    "mutes its kernel": Harm("get_ipython().kernel.session.send = lambda *a, **k: None", limits=1),
    "garbles its messages": Harm("kernel = get_ipython().kernel\nkernel.session.pack = lambda thing: b'{'", limits=1),
    "forges messages": Harm(FORGED, limits=1),
    "sends raw bytes": Harm(RAW, limits=1),
    "changes the key": Harm("get_ipython().kernel.session.key = b'x'", limits=1),
    "counts wrongly": Harm("get_ipython().execution_count = -10**9", problem="less than the minimum"),
    "counts in words": Harm("get_ipython().execution_count = 'x'", limits=1),
    "replaces the shell": Harm("get_ipython().run_cell = get_ipython().run_cell_async = None", earns=None, limits=12),
    "shows odd things": Harm(DISPLAYS),
    "has a repr that fails": Harm("class Odd:\n    def __repr__(self): raise SystemExit\nOdd()"),
    "has an answer that fails at everything": Harm(
        kl="""
        class Odd:
            def __getattribute__(self, name): raise KeyboardInterrupt
        kl_divergence = Odd()
        """,
        earns=DELEGATED,
    ),
    "answers with a pickle": Harm(
        kl="""
        class Odd:
            def __reduce__(self): return (exec, ("open('/tmp/left', 'w')",))
        def kl_divergence(y_true, y_pred): return np.array([Odd()])
        """,
        earns=DELEGATED,
    ),
    "answers with an odd array": Harm(
        kl="""
        class Odd(np.ndarray):
            def __array_finalize__(self, other): raise SystemExit
            dtype = property(lambda self: exit())
        def kl_divergence(y_true, y_pred): return Odd.__new__(Odd, ())
        """,
        earns=DELEGATED,
    ),
    "answers with a huge array": Harm(
        kl="def kl_divergence(y_true, y_pred): return np.zeros(5 * 10**7)", earns=DELEGATED, limits=1
    ),
    "answers with a broadcast array": Harm(
        kl="def kl_divergence(y_true, y_pred): return np.broadcast_to(0.0, (10**6, 10**6))", earns=DELEGATED, limits=1
    ),
    "shows lone surrogates": Harm("print('\\ud800')\n'\\udfff'"),
    "shows control characters": Harm("print('\\x00\\x1b[2J\\x1b]0;title\\x07')"),
}


# --- Broken notebooks -----------------------------------------------------------------------------------------------


def as_json(change):
    """What a change of the notebook, as JSON has it, makes of its file."""

    def raw(notebook):
        plain = json.loads(nbformat.writes(notebook))
        changed = change(plain)
        return json.dumps(plain if changed is None else changed).encode()

    return raw


def cell_with(**changed):
    """A notebook with an odd cell in front."""
    return as_json(lambda notebook: notebook["cells"].insert(0, new_code_cell("x = 1") | changed))


def without(*names):
    """A notebook that lacks some of what must be there."""
    return as_json(lambda notebook: [notebook.pop(name) for name in names] and None)


def version_3(notebook):
    """The notebook as it was written in 2013."""
    return nbformat.writes(nbformat.convert(notebook, 3), version=3).encode()


def many_cells(notebook):
    notebook["cells"] += [new_code_cell("1")] * 10**5


def twice(role):
    """A second cell with the id of a graded cell, which holds something else, before or after it."""

    def change(notebook):
        at, cell = next(
            (i, c) for i, c in enumerate(notebook["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == role
        )
        notebook["cells"].insert(at, cell | {"source": "x = 1", "id": "another"})

    return as_json(change)


def kernelspec(**named):
    return as_json(lambda notebook: notebook["metadata"].update(kernelspec=named))


def bomb():
    """A zip file of a few kilobytes that unpacks to a gigabyte."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(64):
            archive.writestr(f"{number}.bin", bytes(2**24), compresslevel=1)
    return packed.getvalue()


UNREADABLE = "not a notebook"

NOTEBOOKS = {
    "not JSON": Harm(raw=lambda notebook: b"hello, world", problem=UNREADABLE),
    "an empty file": Harm(raw=lambda notebook: b"", problem=UNREADABLE),
    "torn": Harm(raw=lambda notebook: nbformat.writes(notebook).encode()[:500], problem=UNREADABLE),
    "zeros": Harm(raw=lambda notebook: bytes(10**5), problem=UNREADABLE),
    "random bytes": Harm(raw=lambda notebook: bytes(range(256)) * 10, problem=UNREADABLE),
    "a page": Harm(raw=lambda notebook: b"<html>Sign in</html>", problem=UNREADABLE),
    "a list": Harm(raw=lambda notebook: b"[]", problem=UNREADABLE),
    "a number": Harm(raw=lambda notebook: b"1", problem=UNREADABLE),
    "null": Harm(raw=lambda notebook: b"null", problem=UNREADABLE),
    "an empty object": Harm(raw=lambda notebook: b"{}", problem=UNREADABLE),
    "nested deeply": Harm(raw=lambda notebook: b"[" * 10**6, problem=UNREADABLE),
    "nested deeply in an object": Harm(raw=lambda notebook: b'{"a":' * 10**6, problem=UNREADABLE),
    "a huge number": Harm(raw=as_json(lambda notebook: notebook["cells"][0].update(execution_count=10**4000))),
    "too large": Harm(
        raw=lambda notebook: b"",
        beside=lambda folder: os.truncate(folder / f"{ASSIGNMENT}.ipynb", 2 * 10**8),
        problem="is larger than",
    ),
    "cells that are no list": Harm(raw=as_json(lambda notebook: notebook.update(cells={"a": 1})), problem=UNREADABLE),
    "cells that are numbers": Harm(raw=as_json(lambda notebook: notebook.update(cells=[1, None])), earns=NOTHING),
    "a source that is a number": Harm(raw=cell_with(source=1)),
    "metadata that are a list": Harm(raw=cell_with(metadata=[])),
    "an odd kind of cell": Harm(raw=cell_with(cell_type="nonsense")),
    "nbgrader's metadata as text": Harm(raw=cell_with(metadata={"nbgrader": "x"})),
    "nbgrader's metadata of an old kind": Harm(
        raw=cell_with(metadata={"nbgrader": {"schema_version": 1, "grade_id": "entropy", "grade": 1}})
    ),
    "nbgrader's metadata of the future": Harm(
        raw=cell_with(metadata={"nbgrader": {"schema_version": 99, "grade_id": [1], "grade": "x"}})
    ),
    "no cells": Harm(raw=without("cells"), problem=UNREADABLE),
    "no metadata": Harm(raw=without("metadata")),
    "no format": Harm(raw=without("nbformat", "nbformat_minor")),
    "the format of 2013": Harm(raw=version_3),
    "the format of the future": Harm(raw=as_json(lambda notebook: notebook.update(nbformat=5))),
    "a minor format of the future": Harm(raw=as_json(lambda notebook: notebook.update(nbformat_minor=99))),
    "a format in words": Harm(raw=as_json(lambda notebook: notebook.update(nbformat="four"))),
    "numbers that are none": Harm(raw=cell_with(metadata={"x": float("nan"), "y": float("inf")})),
    "UTF-16": Harm(raw=lambda notebook: nbformat.writes(notebook).encode("utf-16")),
    "a byte order mark": Harm(raw=lambda notebook: b"\xef\xbb\xbf" + nbformat.writes(notebook).encode()),
    "Latin-1": Harm(
        raw=lambda notebook: nbformat.writes(notebook).replace('"import', '"# é\\nimport').encode("latin-1")
    ),
    "zero bytes in the text": Harm(raw=cell_with(source="x = '\0'")),
    "lone surrogates": Harm(raw=cell_with(source="x = '\ud800'")),
    "duplicate ids of cells": Harm(
        raw=as_json(lambda notebook: [cell.update(id="a") for cell in notebook["cells"]] and None)
    ),
    "odd ids of cells": Harm(raw=cell_with(id="../../x y" * 100)),
    "an id of an answer twice": Harm(raw=twice("entropy")),
    "an id of a test twice": Harm(raw=twice("check_entropy")),
    "a kernel of R": Harm(raw=kernelspec(name="ir", display_name="R", language="R")),
    "a kernel of bash": Harm(raw=kernelspec(name="bash", display_name="Bash", language="bash")),
    "a kernel with a path": Harm(raw=kernelspec(name="../../etc", display_name="x")),
    "a kernel that is a number": Harm(raw=as_json(lambda notebook: notebook["metadata"].update(kernelspec=1))),
    "no kernel": Harm(raw=as_json(lambda notebook: notebook.update(metadata={}))),
    "attachments": Harm(
        raw=as_json(
            lambda notebook: notebook["cells"].append(
                new_markdown_cell("![](attachment:a.png)", attachments={"a.png": {"image/png": "x" * 10**6}})
            )
        )
    ),
    "100,000 cells": Harm(raw=as_json(many_cells), problem="more than 2,000 cells"),
    "a cell of 10 MB": Harm(raw=cell_with(source="x = '" + "x" * 10**7 + "'"), limits=1),
    "outputs of 10 MB": Harm(raw=cell_with(outputs=[{"output_type": "stream", "name": "stdout", "text": "x" * 10**7}])),
    "outputs that are odd": Harm(raw=cell_with(outputs=[{"output_type": "nonsense"}])),
    "widgets": Harm(
        raw=as_json(
            lambda notebook: notebook["metadata"].update(widgets={"application/vnd.jupyter.widget-state+json": {}})
        )
    ),
}

# --- Odd files ------------------------------------------------------------------------------------------------------


def in_place_of_the_notebook(make):
    """Files made where the notebook was."""

    def beside(folder):
        (folder / f"{ASSIGNMENT}.ipynb").unlink()
        make(folder / f"{ASSIGNMENT}.ipynb")

    return beside


def many(folder):
    for number in range(20_000):
        (folder / f"{number}.txt").touch()


NO_FILE = "is not a file of this submission"

FILES = {
    "a link as notebook": Harm(
        beside=in_place_of_the_notebook(lambda path: path.symlink_to("/etc/passwd")), problem=NO_FILE
    ),
    "a link to a device as notebook": Harm(
        beside=in_place_of_the_notebook(lambda path: path.symlink_to("/dev/zero")), problem=NO_FILE
    ),
    "a link to the solutions as notebook": Harm(
        beside=in_place_of_the_notebook(
            lambda path: path.symlink_to(path.parents[3] / "solutions" / ASSIGNMENT / path.name)
        ),
        problem=NO_FILE,
    ),
    "a broken link as notebook": Harm(
        beside=in_place_of_the_notebook(lambda path: path.symlink_to("nowhere")), problem=NO_FILE
    ),
    "a link to itself": Harm(beside=lambda folder: (folder / "loop").symlink_to("loop"), problem=NO_FILE),
    "a pipe as notebook": Harm(beside=in_place_of_the_notebook(os.mkfifo), problem=NO_FILE),
    "a folder as notebook": Harm(beside=in_place_of_the_notebook(lambda path: path.mkdir()), problem="it is empty"),
    "a link to a file of the machine": Harm(
        beside=lambda folder: (folder / "data.csv").symlink_to("/etc/passwd"), problem=NO_FILE
    ),
    "a link to an endless device": Harm(
        beside=lambda folder: (folder / "data.csv").symlink_to("/dev/zero"), problem=NO_FILE
    ),
    "a link to the gradebook": Harm(
        beside=lambda folder: (folder / "data.db").symlink_to(folder.parents[2] / "gradebook.db"), problem=NO_FILE
    ),
    "a link to a folder": Harm(
        beside=lambda folder: (folder / "data").symlink_to(folder.parents[2] / "solutions"), problem=NO_FILE
    ),
    "a pipe beside": Harm(beside=lambda folder: os.mkfifo(folder / "data.csv"), problem=NO_FILE),
    "a pipe as timestamp": Harm(beside=lambda folder: os.mkfifo(folder / "timestamp.txt"), problem=NO_FILE),
    "a timestamp that is none": Harm(beside=lambda folder: (folder / "timestamp.txt").write_text("yesterday")),
    "a timestamp of zeros": Harm(beside=lambda folder: (folder / "timestamp.txt").write_bytes(bytes(100))),
    "a huge file": Harm(
        beside=lambda folder: os.truncate(os.open(folder / "data.bin", os.O_CREAT | os.O_RDWR), 10**9),
        problem="is larger than",
    ),
    "files too large together": Harm(
        beside=lambda folder: (
            [os.truncate(os.open(folder / f"{n}.bin", os.O_CREAT | os.O_RDWR), 9 * 10**7) for n in range(4)] and None
        ),
        problem="together",
    ),
    "many files": Harm(beside=many, problem="more than 2,000 files"),
    "a zip bomb": Harm(beside=lambda folder: (folder / "data.zip").write_bytes(bomb())),
    "names that are paths": Harm(
        beside=lambda folder: (
            [(folder / name).write_text("x") for name in ("..x", "...", "~", "-rf", "*", "\\..\\x")] and None
        )
    ),
    "names with odd characters": Harm(
        beside=lambda folder: (
            [
                (folder / name).write_text("x")
                for name in ("a\nb", "a'b\"c", "ü\u202e", "\x1b[2J", "$(reboot)", "a" * 250)
            ]
            and None
        )
    ),
    "names that are no text": Harm(beside=lambda folder: (folder / os.fsdecode(b"\xff\xfe")).touch()),
    "a module in the way": Harm(
        beside=lambda folder: (
            [(folder / f"{name}.py").write_text("raise SystemExit") for name in ("numpy", "json", "lossedu", "os")]
            and None
        ),
    ),
    "startup files": Harm(
        beside=lambda folder: (
            [
                (folder / name).write_text("raise SystemExit")
                for name in ("sitecustomize.py", "ipython_config.py", "jupyter_config.py")
            ]
            and None
        )
    ),
    "a notebook more": Harm(beside=lambda folder: (folder / "more.ipynb").write_text("{}")),
    "a folder that is a notebook": Harm(beside=lambda folder: (folder / "more.ipynb").mkdir()),
    "a file that no one may read": Harm(beside=lambda folder: (folder / "data.csv").touch(mode=0)),
}

KINDS = ENDLESS | USING_UP | DYING | REACHING | MAGIC | MEDDLING | NOTEBOOKS | FILES
