"""The process from which warm kernels are forked: all imports made, the first figure drawn, the shell set up.

    python -c "import sys; sys.path[0] = ...; from lossedu.executor._server_process import main; main()"
        SOCKET NAMES [--sandbox] [--confine PATHS]

NAMES, with commas between them, are those of functions that a kernel may have to hide: their list is not to be seen
here. PATHS are what `_landlock.rules_for` takes, as JSON. For each message on the socket, one byte with file
descriptors, it forks a kernel, and ends when the socket closes. The descriptors: a socket that the kernel's life hangs
on, the notebook's folder, the sockets by which it is reached, and other sockets that it keeps open.
"""

import contextlib
import gc
import io
import json
import logging
import os
import random
import resource
import select
import signal
import socket
import stat
import sys
import tempfile
from dataclasses import dataclass

import ipykernel.debugger
import numpy as np
import psutil
import sympy
import zmq
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lossedu import plots
from lossedu.executor import _cell_names, _confinement, _inside, _landlock, _pictures, hiding, sandbox
from lossedu.executor.server import CHANNELS

GLANCE = 0.2  # seconds between looks at the memory in use
PRELOADED = (ipykernel.debugger, plots, psutil)  # imported by kernels when they start, or by chapters


class WarmKernelApp(IPKernelApp):
    """IPython's kernel application in two halves: what all kernels share, and what belongs to one."""

    def prepare(self):
        """Do the part of the start that needs no sockets and no threads; make a kernel that has no channel yet."""
        self.config.HistoryManager.enabled = False  # it would start a thread, and threads don't survive a fork
        super(IPKernelApp, self).initialize([])
        self.log.setLevel(logging.WARNING)  # or each message makes four records that nobody reads
        self.init_pdb()
        ZMQInteractiveShell.instance(parent=self, profile_dir=self.profile_dir, compiler_class=_cell_names.Compiler)
        self.session = _inside.FrameSession(parent=self)
        self.iopub_thread = _inside.Publisher()
        self.kernel = _inside.FrameKernel.instance(
            parent=self,
            session=self.session,
            iopub_thread=self.iopub_thread,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )
        self.kernel.shell.kernel = self.kernel
        self.init_shell()
        _inside.remember_last_transform(self.kernel.shell.input_transformer_manager)
        self.init_extensions()
        self.init_code()

    def init_profile_dir(self):
        """Make IPython's profile, also on a full disk.

        Only a README in it has content. If that cannot be written, it is left empty, and the second try finds it.
        """
        try:
            super().init_profile_dir()
        except OSError:
            super().init_profile_dir()

    def connect(self, connection, listening):
        """Do the rest of the start with this connection, and replace the prepared kernel by a new one."""
        _inside.FrameKernel.clear_instance()
        self.session = Session(parent=self)
        self.load_connection_info(connection)
        self.listening = {connection[f"{name}_port"]: fd for name, fd in zip(CHANNELS, listening, strict=True)}
        self.init_sockets()
        self.init_io()
        self.init_signal()
        self.init_kernel()  # finds the shell that is there already
        self.kernel.shell.kernel = self.kernel
        self.init_path()
        self.init_gui_pylab()
        sys.stdout.flush()
        sys.stderr.flush()

    def attach(self, channel):
        """Do the rest, with messages as frames on one socket."""
        self.quiet = True  # no echo to standard streams
        self.kernel.session.open(channel)
        self.outstream_class = f"{_inside.FrameStream.__module__}.{_inside.FrameStream.__name__}"
        self.init_io()
        self.kernel._stdout, self.kernel._stderr = sys.stdout, sys.stderr
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count
        self.init_path()
        self.init_gui_pylab()

    def start(self):
        """Serve until the end is asked for; what is said about it must be out before the outputs close, at exit."""
        super().start()
        self.control_thread.stop()
        self.control_thread.join()

    def _try_bind_socket(self, s, port):
        """Listen where the grading process has listened so far: in a sandbox there is no way there."""
        s.setsockopt(zmq.USE_FD, self.listening[port])
        s.bind(f"ipc://{self.ip}-{port}")
        return port


def main():
    """Fork kernels until nobody asks for any more."""
    del sys.path[0]  # by which this module was found
    sandbox.lift_limits()
    sandbox.use_few_arenas()
    control = socket.socket(fileno=int(sys.argv[1]))
    sandboxed, confined = "--sandbox" in sys.argv, "--confine" in sys.argv
    app = WarmKernelApp.instance()
    app.prepare()
    warm_up()
    hiding.prepare(filter(None, sys.argv[2].split(",")))
    gc.collect()
    gc.freeze()  # or each kernel's first collection would copy all memory
    renew_standard_streams()  # the standard error was for what goes wrong up to here
    protection = find_protection(sandboxed, json.loads(sys.argv[-1]) if confined else None)
    control.sendall(json.dumps(protection.report).encode())
    while descriptors := socket.recv_fds(control, 1, 3 + len(CHANNELS))[1]:
        sandbox.bury_ended()
        if os.fork() == 0:
            control.close()
            live(app, *descriptors, protection=protection)
            return
        for descriptor in descriptors:
            os.close(descriptor)
    sandbox.bury_ended()


def warm_up():
    """Solve an equation and draw its graph, because the first time takes much longer and imports many modules."""
    x = sympy.Symbol("x", real=True)
    sympy.solve(sympy.diff(sympy.simplify((x - 1) ** 2), x), x)
    figure = Figure(layout="constrained")
    left, right = figure.subplots(ncols=2)
    left.plot([0, 1], sympy.lambdify(x, x**2)(np.arange(2)), label="$x^2$")
    left.set(title="title", xlabel="x", ylabel="y", yscale="symlog")
    left.legend()
    right.contour(np.eye(2))
    FigureCanvasAgg(figure).print_png(io.BytesIO())
    plots.plt.rcParams["backend"] = "module://matplotlib_inline.backend_inline"
    plots.plt.close(plots.plt.subplots()[0])  # which connects pyplot with the shell


@dataclass(frozen=True)
class Protection:
    """How kernels are kept from the machine: by a sandbox, or else by a `Confinement` if there are `rules` for it.

    `problem` is why a sandbox fails; `lacks` are sentences about what a confinement cannot do here.
    """

    sandboxed: bool
    rules: list | None = None
    other_user: bool = False
    problem: str | None = None
    lacks: list | tuple = ()

    @property
    def own_users(self):
        """Whether the system tells the processes of one kernel from all others."""
        return self.sandboxed or self.other_user

    @property
    def report(self):
        """What the process that asks for kernels is told."""
        return {"problem": self.problem, "own_users": self.own_users, "lacks": self.lacks}


def find_protection(sandboxed, paths):
    """Find out how kernels can be kept from the machine.

    Args:
        sandboxed: whether this process is in a sandbox.
        paths: readable and hidden ones, for a confinement without a sandbox; None for no confinement.
    """
    if sandboxed:
        return Protection(sandboxed, problem=problem_with_sandbox())
    if paths is None or sys.platform != "linux":
        return Protection(sandboxed)
    confined, other_user, lacks = _confinement.means()
    return Protection(sandboxed, _landlock.rules_for(*paths) if confined else None, other_user, lacks=lacks)


def problem_with_sandbox():
    """Return why a kernel cannot be isolated in a sandbox; None if it can. A child process tries it."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            user, proc = sandbox.enter(os.open(sandbox.SCRATCH, os.O_RDONLY), 2**20)
            sandbox.drop_privileges(user, proc)
            os.write(writing, b"-")
        except OSError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        problem = pipe.read()
    return None if problem == "-" else problem or "a process in it ended by itself"


def live(app, life, directory, *opened, protection):
    """Be a kernel, and beside it the process that watches over it. Only the kernel comes back."""
    life = socket.socket(fileno=life)
    length = int.from_bytes(life.recv(4, socket.MSG_WAITALL), "big")
    request = json.loads(life.recv(length, socket.MSG_WAITALL))
    channels = len(CHANNELS) if request.get("connection") else 1
    listening, kept = opened[:channels], opened[channels:]
    environment, user, proc, confinement = request["environment"], None, None, None
    try:
        if protection.sandboxed:
            user, proc = sandbox.enter(directory, request["limits"]["file_size"])
            environment = sandbox.environment_within(environment, sandbox.TEMPORARY)
        elif protection.rules is not None:
            confinement = _confinement.Confinement(protection.other_user)
            sandbox.copy_files(directory, confinement.work, *confinement.owner)
            environment = sandbox.environment_within(environment, confinement.temporary, confinement.scratch)
        else:
            os.fchdir(directory)
            os.close(directory)
    except OSError as error:
        if confinement:
            confinement.end()
        life.sendall(f"{error}\n".encode())
        os._exit(1)
    environment |= {name: str(descriptor) for name, descriptor in zip(request["kept"], kept, strict=True)}
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *ignored: None)
    kernel = os.fork()
    with contextlib.suppress(OSError):  # both set it, since either may be first
        os.setpgid(kernel, kernel)
    if kernel:
        watch(life, awake, kernel, request["limits"].get("memory") if protection.own_users else None, confinement)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    life.close()
    renew_standard_streams()
    separate_files(proc, *listening, *kept)
    if user is not None:
        sandbox.drop_privileges(user, proc)
    if confinement:
        confinement.confine(protection.rules)
    if request["limits"]:
        sandbox.limit(**request["limits"])
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    random.seed()
    np.random.seed()  # noqa: NPY002  or all kernels draw the same numbers
    if request.get("connection"):
        sys.argv[1:] = ["-f", request["connection"]["ip"]]
        app.connect(request["connection"], listening)
        app.start()
    else:
        sys.argv[1:] = ["-f", "none"]
        channel = socket.socket(fileno=listening[0])
        app.attach(channel)
        if pictures := request.get("pictures"):
            _pictures.replace_drawing(**pictures)
        _inside.run(app.kernel, channel)


def renew_standard_streams():
    """Connect the standard streams to nothing, by a descriptor that this process shares with no other."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    os.close(nothing)


def separate_files(*needed):
    """Share no open file with other kernels, except the standard streams and the file descriptors that are needed.

    Processes that were forked after a file was opened share its position. matplotlib keeps the files of fonts open:
    files are opened anew, and everything else is closed.
    """
    for descriptor in map(int, os.listdir("/dev/fd")):  # noqa: PTH208
        if descriptor in needed or descriptor < 3:
            continue
        with contextlib.suppress(OSError):  # it was that of the list itself
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                anew = os.open(f"/dev/fd/{descriptor}", os.O_RDONLY)
                os.lseek(anew, os.lseek(descriptor, 0, os.SEEK_CUR), os.SEEK_SET)
                os.dup2(anew, descriptor, inheritable=False)
                os.close(anew)
            else:
                os.close(descriptor)


def watch(life, awake, kernel, memory=None, confinement=None):
    """Pass on signals to a kernel, end it when nobody wants it any more, and tell how it ended and what it used.

    End it also when all its processes together use more `memory`, in bytes, than one may; None sets no such limit.
    Where there is a confinement, end what the kernel has started before telling that it ended.
    """

    def memory_in_use():
        return confinement.memory_in_use(kernel) if confinement else sandbox.memory_in_use()

    most = memory and memory + memory_in_use()
    while True:
        for ready in select.select([life, awake], [], [], most and GLANCE)[0]:
            message = ready.recv(64) if ready is life else os.read(ready, 64)
            if ready is life:
                for number in message or [signal.SIGKILL]:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(kernel, number)
        if most and memory_in_use() > most:
            if confinement:
                confinement.kill()
            else:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(-1, signal.SIGKILL)
        pid, status = 1, None
        while pid:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                os._exit(0)
            if pid == kernel:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(kernel, signal.SIGKILL)
                if confinement:
                    confinement.end()
                with contextlib.suppress(OSError):
                    life.sendall(" ".join(map(str, [os.waitstatus_to_exitcode(status), *used()])).encode())
                os._exit(0)


def used():
    """The seconds of computing, and the bytes of the largest process at its peak, of all that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime + usage.ru_stime, unit * usage.ru_maxrss
