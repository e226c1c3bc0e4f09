"""Memory that the limit on a process doesn't count: a submission cannot have it, or is ended when it has too much."""

import platform
import re
import struct
from pathlib import Path

import pytest

from lossedu.executor import _seccomp, sandbox, server
from tests.grading.kernels import CellError

pytestmark = pytest.mark.usefixtures("sandbox")

LIMITS = {"isolation": "bubblewrap", "memory_limit": 2**28, "file_limit": 2**24}
CALLS = """
import ctypes, errno, mmap, os
libc = ctypes.CDLL(None, use_errno=True)
def tried(function, *arguments):
    result = function(*arguments)
    return "done" if result != -1 else errno.errorcode[ctypes.get_errno()]
"""
only_with_filter = pytest.mark.skipif(_seccomp.program() is None, reason=f"no filter for {platform.machine()}")
only_on_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="calls of x86_64")


@pytest.fixture
def limited(kernel):
    """Starts kernels in a sandbox with little memory."""
    return lambda **options: kernel(**LIMITS | options)


# --- Refused --------------------------------------------------------------------------------------------------------

# without the filter each of these succeeds, or fails for another reason
WAYS = {
    "a file in memory": "libc.memfd_create, b'x', 0",
    "shared memory": "libc.shmget, 0, 2**20, 0o1600",
    "a queue of messages": "libc.msgget, 0, 0o1600",
    "semaphores": "libc.semget, 0, 2**10, 0o1600",
    "a POSIX queue of messages": "libc.mq_open, b'/x', 0o102, 0o600, None",
    "pages given to a pipe": "libc.vmsplice, os.pipe()[1], None, 0, 0",
    "keys": "libc.syscall, {keyctl}, 0, -3, 0",
    "the log of the machine": "libc.klogctl, 10, None, 0",
    "a lease on a file of others": f"libc.fcntl, os.open(os.__file__, os.O_RDONLY), {_seccomp.F_SETLEASE}, 0",
}


@only_with_filter
@pytest.mark.parametrize("way", WAYS)
def test_a_call_is_refused(limited, way):
    keyctl = _seccomp.REFUSED["keyctl"][[*_seccomp.AUDIT_ARCHITECTURES].index(platform.machine())]
    assert limited().run(CALLS, f"tried({WAYS[way].format(keyctl=keyctl)})") == "EPERM"


@only_with_filter
def test_every_call_of_the_list_is_refused(limited):
    column = [*_seccomp.AUDIT_ARCHITECTURES].index(platform.machine())
    numbers = {name: rule[column] for name, rule in _seccomp.REFUSED.items() if len(rule) == 2}
    found = limited().run(CALLS, f"{{n: tried(libc.syscall, m, 0, 0, 0, 0, 0) for n, m in {numbers}.items()}}")
    assert found == dict.fromkeys(numbers, "EPERM")


@only_with_filter
@pytest.mark.parametrize(
    "area",
    [
        "mmap.mmap(-1, 2**20)",
        "mmap.mmap(os.open('/dev/zero', os.O_RDWR), 2**20)",
        "mmap.mmap(os.open('/dev/full', os.O_RDWR), 2**20)",
        "mmap.mmap(-1, 2**20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x40000)",  # in large pages
    ],
)
def test_no_memory_is_shared_without_a_file(limited, area):
    with pytest.raises(CellError, match=r"Errno (1|13|19|22)\]"):
        limited().run(f"{CALLS}\nkept = {area}")


@only_on_x86
def test_the_other_tables_of_calls_are_refused_too(limited):
    kernel = limited()
    assert kernel.run(CALLS, "tried(libc.syscall, 0x40000000 + 319, b'x', 0)") == "EPERM"
    as_32_bit = """
area = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
area.write(bytes.fromhex("53 b8 64010000 31db 31c9 cd80 5b c3"))  # memfd_create(NULL, 0)
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))
"""
    try:
        assert kernel.run(as_32_bit, "call()") == -1  # EPERM
    except CellError as error:
        assert "ended: -11" in str(error)  # noqa: PT017  a machine without them


def test_the_numbers_of_calls_are_those_of_the_headers():
    for column, (header, prefix) in enumerate(
        [("x86_64-linux-gnu/asm/unistd_64.h", "__NR_"), ("asm-generic/unistd.h", "__NR(?:3264)?_")]
    ):
        path = Path("/usr/include", header)
        if not path.exists():
            pytest.skip(f"no {path}")
        defined = dict(re.findall(rf"#define {prefix}(\w+) (\d+)\n", path.read_text()))
        assert {name: int(defined[name]) for name in _seccomp.REFUSED} == {
            name: rule[column] for name, rule in _seccomp.REFUSED.items()
        }


def answer_of(program, architecture, number, *arguments):
    """What a filter answers to a call, as the kernel runs it."""
    call = struct.pack("=IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions, at, value = [*struct.iter_unpack("=HBBI", program)], 0, 0
    while True:
        code, if_true, if_false, operand = instructions[at]
        at += 1
        if code == _seccomp.LOAD:
            (value,) = struct.unpack_from("=I", call, operand)
        elif code == _seccomp.AND:
            value &= operand
        elif code == _seccomp.IF_EQUAL:
            at += if_true if value == operand else if_false
        elif code == _seccomp.IF_AT_LEAST:
            at += if_true if value >= operand else if_false
        else:
            assert code == _seccomp.RETURN
            return operand


@pytest.mark.parametrize("machine", _seccomp.AUDIT_ARCHITECTURES)
def test_the_filters_of_all_processors_refuse_the_same(machine, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    program, architecture = _seccomp.program(), _seccomp.AUDIT_ARCHITECTURES[machine]
    column = [*_seccomp.AUDIT_ARCHITECTURES].index(machine)
    numbers = {name: rule[column] for name, rule in _seccomp.REFUSED.items()}
    plain = {numbers[name] for name, rule in _seccomp.REFUSED.items() if len(rule) == 2}
    for number in range(500):
        expected = _seccomp.REFUSE if number in plain else _seccomp.ALLOW
        assert answer_of(program, architecture, number) == expected, number
        assert answer_of(program, architecture + 1, number) == _seccomp.REFUSE
        assert answer_of(program, architecture, 0x40000000 + number) == _seccomp.REFUSE
    for name, arguments, refused in [
        ("mmap", (0, 10, 3, 0x21), True),
        ("mmap", (0, 10, 3, 0x40021), True),
        ("mmap", (0, 10, 3, 0xFF00000021), True),
        ("mmap", (0, 10, 3, 0x22), False),
        ("mmap", (0, 10, 3, 0x01, 5), False),
        ("setsockopt", (5, 1, 7), True),
        ("setsockopt", (5, 1, 8), False),
        ("setsockopt", (5, 6, 7), False),
        ("fcntl", (5, 1024), True),
        ("fcntl", (5, 1), False),
    ]:
        answer = answer_of(program, architecture, numbers[name], *arguments)
        assert (answer == _seccomp.REFUSE) == refused, (name, arguments)


def test_where_there_is_no_filter_it_is_said_once(kernel, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(server, "SERVERS", {})
    monkeypatch.setattr(server, "SHORTCOMINGS", [])
    said = []
    for _ in range(2):
        found = server.server_for({}, "auto", (), (), said.append)
    assert found.sandboxed
    assert (
        said == ["Submissions can hold memory that no limit counts: riscv64 is not supported."] == server.SHORTCOMINGS
    )
    found.close()


# --- Counted --------------------------------------------------------------------------------------------------------


def test_sockets_full_of_data_count(limited):
    fill = """
import os, socket, sys, time
code = '''
import socket, time
kept = []
try:
    while True:
        pair = socket.socketpair()
        kept.append(pair)
        for each in pair:
            each.setblocking(False)
            try:
                while True: each.send(bytes(2**16))
            except BlockingIOError: pass
except OSError:
    time.sleep(100)
'''
for _ in range(4):
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, '-c', code])
time.sleep(20)
"""
    with pytest.raises(CellError, match="ended: -9"):
        limited().run(fill)


def test_data_of_senders_that_are_gone_counts(limited):
    fill = """
import os, socket, time
kept = []
for number in range(900):
    kept.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    kept[-1].bind(f'\\0{number}')
    for _ in range(10):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(bytes(180000), f'\\0{number}')
time.sleep(20)
"""
    with pytest.raises(CellError, match="ended: -9"):
        limited().run(fill)


@only_with_filter
def test_a_socket_holds_no_more_than_is_counted(limited):
    kernel = limited()
    kernel.run("import socket\nend, other = socket.socketpair()\nother.setblocking(False)")
    with pytest.raises(CellError, match="Operation not permitted"):
        kernel.run("end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)")
    held = """
sent = 0
try:
    while True: sent += other.send(bytes(2**12))
except BlockingIOError: pass
"""
    assert kernel.run(held, "sent") <= sandbox.send_buffer()


def test_a_process_opens_a_thousand_files_at_most(limited):
    kernel = limited()
    with pytest.raises(CellError, match="Too many open files"):
        kernel.run("import os\nkept = [os.pipe() for _ in range(10**5)]")
    with pytest.raises(CellError, match="not allowed to raise maximum limit"):
        kernel.run("import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (2**14, 2**14))")


def test_a_kernel_cannot_take_back_that_it_ends_first_when_memory_is_short(limited):
    kernel = limited()
    for place in ("/proc/self", "/proc/self/task/self", "/proc/1", "/proc/self/root/proc/self"):
        with pytest.raises(CellError, match=r"Errno (2|13|30)\]"):
            kernel.run(f"open('{place}/oom_score_adj', 'w').write('0')")
    start = "import subprocess\nsubprocess.run(['sh', '-c', 'echo 0 > /proc/self/oom_score_adj'])"
    assert kernel.run(start, "open('/proc/self/oom_score_adj').read()") == "1000\n"


# --- Left as it is --------------------------------------------------------------------------------------------------

USES = {
    "memory that processes share": """
from multiprocessing import shared_memory
made = shared_memory.SharedMemory(create=True, size=1000)
found = shared_memory.SharedMemory(made.name)
made.buf[0] = 7
assert found.buf[0] == 7
found.close()
made.close()
made.unlink()
""",
    "values and locks that processes share": """
import multiprocessing
context = multiprocessing.get_context("fork")
total, row = context.Value("i", 0), context.Array("d", 5)
def work(number):
    with total.get_lock():
        total.value += number
    row[number] = number
workers = [context.Process(target=work, args=[number]) for number in range(5)]
for each in workers: each.start()
for each in workers: each.join()
assert (total.value, sum(row)) == (10, 10)
""",
    "a pool of processes": """
import math, multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(math.sqrt, [4, 9]) == [2, 3]
""",
    "executors": """
import concurrent.futures, math, multiprocessing
for start in ("fork", "forkserver"):
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context(start)) as pool:
        assert [*pool.map(math.sqrt, [4, 9])] == [2, 3]
""",
    "a manager of objects": """
import multiprocessing
with multiprocessing.get_context("fork").Manager() as manager:
    shared = manager.list([1])
    shared.append(2)
    assert list(shared) == [1, 2]
""",
    "arrays in files": """
import numpy
kept = numpy.memmap("data", dtype=float, mode="w+", shape=1000)
kept[:] = 1
kept.flush()
assert numpy.memmap("data", dtype=float, mode="r").sum() == 1000
""",
    "memory that is not shared": """
import mmap
mmap.mmap(-1, 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)[:4] = b"full"
""",
    "functions that C calls": """
import ctypes
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
row = (ctypes.c_int * 3)(3, 1, 2)
ctypes.CDLL(None).qsort(row, 3, 4, compare(lambda a, b: a[0] - b[0]))
assert [*row] == [1, 2, 3]
""",
    "linear algebra": "import numpy\nnumpy.linalg.svd(numpy.random.default_rng(1).random((200, 200)))",
    "formulas and pictures": """
import matplotlib.pyplot as plt, numpy, sympy
x = sympy.Symbol("x")
assert sympy.integrate(sympy.exp(-x), (x, 0, sympy.oo)) == 1
figure, axes = plt.subplots()
axes.plot(numpy.arange(5), label="$\\\\int x^2$")
axes.legend()
for kind in ("png", "svg", "pdf"): figure.savefig(f"figure.{kind}")
""",
    "event loops and threads": """
import asyncio, concurrent.futures, threading
async def work():
    process = await asyncio.create_subprocess_exec("true")
    return await process.wait()
with concurrent.futures.ThreadPoolExecutor() as pool:
    assert pool.submit(asyncio.run, work()).result() == 0
""",
    "a database": """
import sqlite3
with sqlite3.connect("database") as base:
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("CREATE TABLE t (x)")
    base.execute("INSERT INTO t VALUES (1)")
assert base.execute("SELECT x FROM t").fetchall() == [(1,)]
""",
    "a terminal": "import os, pty\na, b = pty.openpty()\nos.write(b, b'x')\nassert os.read(a, 1) == b'x'",
}


@pytest.mark.parametrize("use", USES)
def test_what_chapters_may_use_works(limited, use):
    limited(memory_limit=2**31).run(USES[use])
