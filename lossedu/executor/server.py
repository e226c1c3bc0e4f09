"""A process that forks kernels, each in its own sandbox. It has made all imports, so that a kernel starts at once.

Forks need Linux or macOS, and the sandbox needs bubblewrap (Linux). A warning says once what is missing.
"""

import atexit
import json
import os
import platform
import select
import socket
import subprocess
import sys
import tempfile
import threading

from lossedu import edition
from lossedu.executor import _seccomp, sandbox

# the order of the listening sockets; there is none for the heartbeat, because Jupyter asks `poll` instead
CHANNELS = ("shell", "iopub", "stdin", "control")
INHERITED = (  # the names of the environment variables that a kernel gets, no others
    *("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR"),
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TZ"),
    *("PYTHONHASHSEED", "PYTHONNOUSERSITE", "PYTHONUSERBASE", "PYTHONUTF8", "MPLCONFIGDIR", "NBGRADER_EXECUTION"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE"),
    *("SYSTEMROOT", "USERPROFILE", "APPDATA", "TEMP", "TMP", "COMSPEC", "PATHEXT"),  # Windows needs these
)
READY_WITHIN = 120  # seconds for the first imports on a slow machine


def inherited(environment):
    """Return the environment variables that a kernel gets; passwords and tokens are not among them.

    Of PYTHONPATH, the kernel gets only the folders in which packages are installed.
    """
    kept = {name: environment[name] for name in INHERITED if name in environment}
    folders = [*filter(sandbox.holds_packages, environment.get("PYTHONPATH", "").split(os.pathsep))]
    return kept | ({"PYTHONPATH": os.pathsep.join(folders)} if folders else {})


class KernelServerError(RuntimeError):
    """No kernels can be forked; the message says why."""

    @property
    def lacks_program(self):
        """Whether the reason is that a program, such as bubblewrap, is not installed."""
        return isinstance(self.__cause__, FileNotFoundError)


class ServerConnection:
    """A way to a process that forks kernels. Several processes can use the same one.

    Args:
        control: the socket on which the process takes requests; the process ends when all copies of it are closed.
        sandboxed, own_users, lacks: as in `KernelServer`.
    """

    def __init__(self, control, sandboxed, own_users, lacks):
        """Use a connected socket."""
        self.control, self.sandboxed, self.own_users, self.lacks = control, sandboxed, own_users, lacks

    @property
    def is_running(self):
        """Whether the process is there: it never sends anything more, but the socket closes with it."""
        return not select.select([self.control], [], [], 0)[0]

    def fork(self, request, folder, channels, kept=None):
        """Fork a kernel that runs in a folder.

        Args:
            request: its `environment`, its `limits` and further values for `_server_process.live`, as for JSON.
            folder: where it starts; in a sandbox it sees a copy.
            channels: the sockets that connect it with its clients.
            kept: further sockets, by the name of the environment variable that holds the number of the descriptor.

        Returns:
            A socket that controls the kernel: it takes signals, and closes when the kernel has ended. If it is closed
            here, the kernel ends.
        """
        kept = kept or {}
        ours, theirs = socket.socketpair()
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            descriptors = [theirs.fileno(), directory, *(each.fileno() for each in [*channels, *kept.values()])]
            socket.send_fds(self.control, [b"k"], descriptors)
        finally:
            os.close(directory)
            theirs.close()
        message = json.dumps(request | {"kept": [*kept]}).encode()
        ours.sendall(len(message).to_bytes(4, "big") + message)
        ours.setblocking(False)
        return ours


class KernelServer(ServerConnection):
    """A process that forks kernels. It ends when this object is closed, or with the processes that can reach it."""

    def __init__(self, environment, sandboxed, hidden=(), readable=(), *, functions_to_hide=(), confined=False):
        """Start the process, and wait until it is warm.

        Args:
            environment: environment variables; the process gets only those in `INHERITED`.
            sandboxed: whether each kernel gets a sandbox.
            hidden, readable: paths, as `WarmProvisioner` has them.
            functions_to_hide: dotted names of functions. `hiding.hide` is fast for them.
            confined: whether to shut off each kernel without a sandbox as far as the system can. Then `own_users` tells
                whether each kernel runs as a separate user, and `lacks` tells what is missing.

        Raises:
            KernelServerError: it doesn't work on this machine.
            UnsupportedError: it doesn't work with the installed ipykernel.
        """
        if sys.platform == "win32":
            raise KernelServerError("Windows has no forks")
        control, theirs = socket.socketpair()
        names = ",".join(functions_to_hide)
        program = edition.command("lossedu.executor._server_process", str(theirs.fileno()), names)
        environment = inherited(environment)
        with tempfile.TemporaryFile() as complaints, tempfile.TemporaryFile() as refused_calls, theirs:
            if sandboxed:
                refused_calls.write(_seccomp.program() or b"")
                file = refused_calls.fileno() if refused_calls.tell() else None
                refused_calls.seek(0)
                program = sandbox.bubblewrap([*program, "--sandbox"], readable, hidden, file)
                environment = sandbox.environment_within(environment, sandbox.SCRATCH)
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
                raise KernelServerError(f"{program[0]} cannot be started ({error.strerror})") from error
            theirs.close()
            super().__init__(control, sandboxed, own_users=False, lacks=())
            atexit.register(self.close)
            control.settimeout(READY_WITHIN)
            try:
                report = json.loads(control.recv(10000) or "{}")
                problem = report.get("problem")
            except TimeoutError:
                report, problem = {}, f"not ready within {READY_WITHIN} seconds"
            if problem or not report:
                self.close()
                complaints.seek(0)
                if not problem:
                    from lossedu.executor import ipykernel  # noqa: F401  UnsupportedError, if that is the reason
                problem = problem or complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise KernelServerError(problem or f"{program[0]} ended with exit code {self.process.returncode}")
            self.own_users, self.lacks = report["own_users"], report["lacks"]

    def connection(self):
        """Return what a child process needs to fork kernels, too."""
        return ServerConnection(self.control, self.sandboxed, self.own_users, self.lacks)

    def close(self):
        """End the process, and all kernels with it."""
        self.control.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        atexit.unregister(self.close)


SERVERS = {}  # by the arguments of `server_for`; None if no server can run
SHORTCOMINGS = []  # the warnings about them
ONE_AT_A_TIME = threading.Lock()


def server_for(environment, isolation, hidden, readable, warn, functions_to_hide=()):
    """Return a server whose kernels are isolated in this way; warn and return None if no server can run.

    Raises:
        KernelServerError: bubblewrap was asked for by name and doesn't work.
    """
    with ONE_AT_A_TIME:
        key = isolation, hidden, readable, functions_to_hide
        if key in SERVERS and (SERVERS[key] is None or SERVERS[key].is_running):
            return SERVERS[key]
        found, problem = None, None
        for sandboxed in {"auto": (True, False), "bubblewrap": (True,)}.get(isolation, (False,)):
            try:
                found = KernelServer(
                    environment,
                    sandboxed,
                    hidden,
                    readable,
                    functions_to_hide=functions_to_hide,
                    confined=isolation != "none",
                )
                break
            except KernelServerError as error:
                problem = error
        if found is None and problem and isolation == "bubblewrap":
            raise problem
        for shortcoming in shortcomings(found, problem, isolation):
            SHORTCOMINGS.append(shortcoming)
            warn(shortcoming)
        SERVERS[key] = found
        return found


def servers_to_share():
    """Return what child processes need, so that they use the servers of this process; for `use_shared_servers`."""
    return {key: server and server.connection() for key, server in SERVERS.items()}, [*SHORTCOMINGS]


def use_shared_servers(shared):
    """Use the servers of the parent process."""
    servers, warnings = shared
    SERVERS.update(servers)
    SHORTCOMINGS.extend(warnings)


def shortcomings(server, problem, isolation):
    """Yield sentences about what a server lacks; `problem` is why there is no better one."""
    if server is None:
        yield f"Kernels start slowly and have no limits: {problem}."
        return
    if problem:
        advice = "Install bubblewrap." if problem.lacks_program else "`lossedu doctor` says more."
        yield f"Submissions have no sandbox, only limits: {problem}. {advice}"
    yield from server.lacks
    if isolation != "none" and sys.platform == "linux" and _seccomp.program() is None:
        yield f"Submissions can hold memory that no limit counts: {platform.machine()} is not supported."
