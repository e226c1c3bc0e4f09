"""Warm kernels: forked from a process that has made all imports, each in a sandbox of its own.

`TrustedExecute` takes its kernels from here; any other Jupyter program can, by the name `lossedu-warm` of the kernel
provisioner. Warmth needs forks (Linux, macOS) and the sandbox needs bubblewrap (Linux); what is missing is said once.
"""

import asyncio
import atexit
import contextlib
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from jupyter_client.provisioning import KernelProvisionerBase, LocalProvisioner
from traitlets import Enum, Integer, List, Unicode

from lossedu.grading import _sandbox, _seccomp

# in which order listening sockets are handed on; the heartbeat is missing: whoever started a kernel asks `poll`
CHANNELS = ("shell", "iopub", "stdin", "control")
INHERITED = (  # the names of the environment variables that a kernel gets, no others
    *("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR"),
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TZ"),
    *("PYTHONHASHSEED", "PYTHONNOUSERSITE", "PYTHONUSERBASE", "PYTHONUTF8", "MPLCONFIGDIR", "NBGRADER_EXECUTION"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE"),
    *("SYSTEMROOT", "USERPROFILE", "APPDATA", "TEMP", "TMP", "COMSPEC", "PATHEXT"),  # without which Windows has none
)
ENDED = []  # of the kernels of this process that have: seconds of computing, and bytes of memory at the peak
READY_WITHIN = 120  # seconds for the first imports on a slow machine


class WarmProvisioner(LocalProvisioner):
    """Gives a kernel that is warm and isolated, or else the local one that Jupyter would have started."""

    isolation = Enum(
        ("auto", "bubblewrap", "rlimits", "none"),
        "auto",
        help="What kernels are shut off by: `auto` is bubblewrap where it works, else what needs none, and a warning.",
    ).tag(config=True)
    hidden = List(Unicode(), help="Files and folders that must not be seen from a sandbox.").tag(config=True)
    readable = List(Unicode(), help="Files and folders that can be read in a sandbox, besides Python.").tag(config=True)
    lent = List(Unicode(), help="Exercises whose answers `lossedu.mine` lends to the kernel.").tag(config=True)
    time_limit = Integer(300, help="Seconds of computing for a process of a submission.").tag(config=True)
    memory_limit = Integer(2 * 2**30, help="Bytes of memory for a process of a submission.").tag(config=True)
    file_limit = Integer(256 * 2**20, help="Bytes of a file; in a sandbox, of all of them.").tag(config=True)
    process_limit = Integer(256, help="Processes and threads in a sandbox.").tag(config=True)

    nursery, life, exit_code, folder = None, None, None, None

    @property
    def has_process(self):
        """Whether there is a kernel that has not been waited for."""
        return self.life is not None or super().has_process

    async def pre_launch(self, **kwargs):
        """Choose between a warm kernel and a local one, and a connection for it."""
        kwargs["env"] = inherited(kwargs.get("env") or os.environ)
        self.nursery = nursery_for(
            kwargs["env"],
            self.isolation,
            tuple(self.hidden),
            tuple(self.readable),
            self.log.warning,
        )
        if self.nursery is None:
            return await super().pre_launch(**kwargs)
        manager = self.parent
        if self.folder is None:
            self.folder = tempfile.mkdtemp(prefix="lossedu-")
            manager.transport, manager.ip = "ipc", f"{self.folder}/k"
            for number, channel in enumerate((*CHANNELS, "hb"), start=1):
                setattr(manager, f"{channel}_port", number)
        self.connection_info = manager.get_connection_info()
        kwargs.pop("extra_arguments", None)  # of the command line, and there is none
        return await KernelProvisionerBase.pre_launch(self, cmd=[], **kwargs)

    async def launch_kernel(self, cmd, **kwargs):
        """Fork a kernel."""
        if self.nursery is None:
            return await super().launch_kernel(cmd, **kwargs)
        connection = self.connection_info | {"key": self.connection_info["key"].decode()}
        request = {
            "connection": connection,
            "environment": kwargs["env"],
            "limits": self.limits(self.nursery),
        }
        listening = [listen(f"{connection['ip']}-{connection[f'{name}_port']}") for name in CHANNELS]
        self.cwd = kwargs.get("cwd") or Path.cwd()
        try:
            self.life, self.exit_code = self.nursery.fork(request, self.cwd, listening, self.lent), None
        finally:
            for each in listening:
                each.close()
        return self.connection_info

    def limits(self, nursery):
        """Return the limits of a kernel from a nursery."""
        if self.isolation == "none":
            return {}
        limits = {"cpu": self.time_limit, "memory": self.memory_limit, "file_size": self.file_limit}
        return limits | ({"processes": self.process_limit} if nursery.own_users else {})

    async def poll(self):
        """The exit code of the kernel; None as long as it lives."""
        if self.life is None:
            return self.exit_code if self.nursery else await super().poll()
        if self.exit_code is None:
            try:
                said = self.life.recv(1000).decode()
            except BlockingIOError:  # nothing yet
                return None
            except ConnectionError:
                said = ""
            try:
                code, seconds, memory = said.split()
                self.exit_code = int(code)
                ENDED.append((float(seconds), int(memory)))
            except ValueError:  # it was killed together with who watches over it, or never came to life
                self.exit_code = -signal.SIGKILL
                if said:
                    self.log.error("A kernel could not be started: %s", said.strip())
        return self.exit_code

    async def wait(self):
        """Wait for the end of the kernel."""
        if self.life is None:
            return await super().wait()
        await self._ended()
        self.life.close()
        self.life = None
        return self.exit_code

    async def send_signal(self, signum):
        """Send a signal to the kernel and to the processes that it started."""
        if self.life is None:
            await super().send_signal(signum)
        else:
            with contextlib.suppress(OSError):  # it has ended
                self.life.send(bytes([signum]))

    async def kill(self, restart=False):
        """End the kernel, and see that it has ended, so that nobody needs to ask again a tenth of a second later."""
        if self.life is None:
            await super().kill(restart)
            return
        await self.send_signal(signal.SIGKILL)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._ended(), timeout=5)

    async def terminate(self, restart=False):
        """Ask the kernel to end."""
        if self.life is None:
            await super().terminate(restart)
        else:
            await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart=False):
        """Remove what was made for the kernel."""
        await super().cleanup(restart)
        if self.folder and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    async def _ended(self):
        while await self.poll() is None:
            await asyncio.sleep(0.002)


def inherited(environment):
    """Return the environment variables that a kernel gets; passwords and tokens are not among them.

    Of the folders in PYTHONPATH it gets those in which packages are installed.
    """
    kept = {name: environment[name] for name in INHERITED if name in environment}
    folders = [*filter(_sandbox.holds_packages, environment.get("PYTHONPATH", "").split(os.pathsep))]
    return kept | ({"PYTHONPATH": os.pathsep.join(folders)} if folders else {})


def listen(path):
    """A socket that listens at a path, so that messages can be sent before the kernel is there."""
    with contextlib.suppress(FileNotFoundError):
        Path(path).unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen(16)
    listening.setblocking(False)
    return listening


# --- Where kernels come from ----------------------------------------------------------------------------------------


class NurseryError(RuntimeError):
    """No kernels can be forked; says why."""

    @property
    def lacks_program(self):
        """Whether the reason is that a program, such as bubblewrap, is not installed."""
        return isinstance(self.__cause__, FileNotFoundError)


class Nursery:
    """A process that forks kernels. It ends when this object is closed, and with the process that holds it."""

    def __init__(self, environment, sandboxed, hidden=(), readable=(), *, confined=False):
        """Start the process, and wait until it is warm.

        Args:
            environment: where its environment variables are taken from, those in `INHERITED`.
            sandboxed: whether each kernel gets a sandbox.
            hidden, readable: paths, as `WarmProvisioner` has them.
            confined: whether each kernel without a sandbox is kept from the machine as far as the system can. Then
                `own_users` tells whether kernels run as users of their own, and `lacks` what is missing.

        Raises:
            NurseryError: it doesn't work on this machine.
        """
        if sys.platform == "win32":
            raise NurseryError("Windows has no forks")
        self.sandboxed, self.lending = sandboxed, None
        self.control, theirs = socket.socketpair()
        package = str(Path(__file__).parents[2])  # takes the place of the folder in which this process was started
        start = f"import sys; sys.path[0] = {package!r}; from lossedu.grading._zygote import main; main()"
        from lossedu import exercises  # the process that starts here imports this module, and must not have the answers

        functions = [name for name in exercises.ready_made_in(exercises.chapters()) if "." in name]
        program = [sys.executable, "-c", start, str(theirs.fileno()), ",".join(functions)]
        environment = inherited(environment)
        with tempfile.TemporaryFile() as complaints, tempfile.TemporaryFile() as refused_calls, theirs:
            if sandboxed:
                refused_calls.write(_seccomp.program() or b"")
                file = refused_calls.fileno() if refused_calls.tell() else None
                refused_calls.seek(0)
                program = _sandbox.bubblewrap([*program, "--sandbox"], readable, hidden, file)
                environment = _sandbox.environment_within(environment, _sandbox.SCRATCH)
            elif confined:
                program += ["--confine", json.dumps([readable, hidden])]
            try:
                self.process = subprocess.Popen(  # noqa: S603
                    program,
                    pass_fds=[theirs.fileno(), refused_calls.fileno()],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=complaints,
                    start_new_session=True,
                )
            except OSError as error:
                raise NurseryError(f"{program[0]} cannot be started ({error.strerror})") from error
            theirs.close()
            atexit.register(self.close)
            self.control.settimeout(READY_WITHIN)
            try:
                report = json.loads(self.control.recv(10000) or "{}")
                problem = report.get("problem")
            except TimeoutError:
                report, problem = {}, f"not ready within {READY_WITHIN} seconds"
            if problem or not report:
                self.close()
                complaints.seek(0)
                problem = problem or complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise NurseryError(problem or f"{program[0]} ended with exit code {self.process.returncode}")
            self.own_users, self.lacks = report["own_users"], report["lacks"]

    def fork(self, request, folder, opened, lent=()):
        """Fork a kernel that runs in a folder; returns the socket that its life hangs on.

        `opened` are the sockets on which it listens; `lent` names the exercises whose answers it can borrow.
        """
        ours, theirs = socket.socketpair()
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        lender = [self.lender(lent, request["limits"])] if lent else []
        try:
            descriptors = [theirs.fileno(), directory, *(each.fileno() for each in [*opened, *lender])]
            socket.send_fds(self.control, [b"k"], descriptors)
        finally:
            os.close(directory)
            for each in [theirs, *lender]:
                each.close()
        message = json.dumps(request).encode()
        ours.sendall(len(message).to_bytes(4, "big") + message)
        ours.setblocking(False)
        return ours

    def lender(self, names, limits):
        """A socket to a new process, out of the kernels' reach, that lends the answers to these exercises."""
        if self.lending is None:
            self.lending, theirs = socket.socketpair()
            with theirs:
                program = [sys.executable, "-m", "lossedu.grading._lender", "--serve", str(theirs.fileno())]
                silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
                subprocess.Popen(program, pass_fds=[theirs.fileno()], cwd=sys.prefix, start_new_session=True, **silent)  # noqa: S603
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.lending, [b"l"], [theirs.fileno()])
        ours.sendall(f"{json.dumps([names, limits])}\n".encode())
        return ours

    def close(self):
        """End the process, and all kernels with it."""
        self.control.close()
        if self.lending is not None:
            self.lending.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        atexit.unregister(self.close)


NURSERIES = {}  # by what they were asked for; None where there can be none
SHORTCOMINGS = []  # what was said of them
ONE_AT_A_TIME = threading.Lock()


def nursery_for(environment, isolation, hidden, readable, warn):
    """A nursery whose kernels are isolated in this way; None, and a warning, where there can be none.

    Raises:
        NurseryError: bubblewrap was asked for by name and doesn't work.
    """
    with ONE_AT_A_TIME:
        key = isolation, hidden, readable
        if key in NURSERIES and (NURSERIES[key] is None or NURSERIES[key].process.poll() is None):
            return NURSERIES[key]
        found, problem = None, None
        for sandboxed in {"auto": (True, False), "bubblewrap": (True,)}.get(isolation, (False,)):
            try:
                found = Nursery(environment, sandboxed, hidden, readable, confined=isolation != "none")
                break
            except NurseryError as error:
                problem = error
        if found is None and isolation == "bubblewrap":
            raise problem
        for shortcoming in shortcomings(found, problem, isolation):
            SHORTCOMINGS.append(shortcoming)
            warn(shortcoming)
        NURSERIES[key] = found
        return found


def shortcomings(nursery, problem, isolation):
    """Yield what a nursery lacks, given why there is no better one, in sentences."""
    if nursery is None:
        yield f"Each kernel is started anew, which takes long, and has no limits: {problem}."
        return
    if problem:
        mend = "Install bubblewrap." if problem.lacks_program else "`lossedu doctor` says more."
        yield f"Submissions have no sandbox, only limits: {problem}. {mend}"
    yield from nursery.lacks
    if isolation != "none" and sys.platform == "linux" and _seccomp.program() is None:
        yield f"Submissions can hold memory that no limit counts: {platform.machine()} is not supported."
