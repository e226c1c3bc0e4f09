"""A kernel provisioner for Jupyter that forks kernels from a warm process, each in its own sandbox.

Any program that starts Jupyter kernels can use it under the name `lossedu-warm`. See `server` for what it needs.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Enum, Integer, List, Unicode

from lossedu.executor.server import CHANNELS, inherited, server_for

ENDED = []  # for each kernel of this process that has ended: CPU seconds, and peak memory in bytes


class WarmProvisioner(LocalProvisioner):
    """Provide a warm and isolated kernel, or else the local one that Jupyter would have started."""

    isolation = Enum(
        ("auto", "bubblewrap", "rlimits", "none"),
        "auto",
        help="How to isolate kernels: `auto` uses bubblewrap if it works; otherwise it warns and does without.",
    ).tag(config=True)
    hidden = List(Unicode(), help="Files and folders that are not visible in a sandbox.").tag(config=True)
    readable = List(Unicode(), help="Further files and folders that can be read in a sandbox.").tag(config=True)
    time_limit = Integer(300, help="CPU seconds for a process of a submission.").tag(config=True)
    memory_limit = Integer(2 * 2**30, help="Bytes of memory for a process of a submission.").tag(config=True)
    file_limit = Integer(256 * 2**20, help="Bytes of a file; in a sandbox, of all of them.").tag(config=True)
    process_limit = Integer(256, help="Processes and threads in a sandbox.").tag(config=True)

    parent: Any  # the kernel manager
    connection_info: Any  # a dictionary whose keys depend on the transport
    server, life, exit_code, folder = None, None, None, None

    @property
    def has_process(self):
        """Whether there is a kernel that has not been waited for."""
        return self.life is not None or super().has_process

    async def pre_launch(self, **kwargs):
        """Choose a warm kernel or a local one, and a connection for it."""
        kwargs["env"] = inherited(kwargs.get("env") or os.environ)
        self.server = server_for(
            kwargs["env"],
            self.isolation,
            tuple(self.hidden),
            tuple(self.readable),
            self.log.warning,
        )
        if self.server is None:
            return await super().pre_launch(**kwargs)
        manager = self.parent
        if self.folder is None:
            self.folder = tempfile.mkdtemp(prefix="lossedu-")
            manager.transport, manager.ip = "ipc", f"{self.folder}/k"
            for number, channel in enumerate((*CHANNELS, "hb"), start=1):
                setattr(manager, f"{channel}_port", number)
        self.connection_info = manager.get_connection_info()
        kwargs.pop("extra_arguments", None)  # they belong to a command line, and there is none
        return await KernelProvisionerBase.pre_launch(self, cmd=[], **kwargs)

    async def launch_kernel(self, cmd, **kwargs):
        """Fork a kernel."""
        if self.server is None:
            return await super().launch_kernel(cmd, **kwargs)
        connection = self.connection_info | {"key": self.connection_info["key"].decode()}
        request = {
            "connection": connection,
            "environment": kwargs["env"],
            "limits": self.limits(self.server),
        }
        listening = [listen(f"{connection['ip']}-{connection[f'{name}_port']}") for name in CHANNELS]
        self.cwd = kwargs.get("cwd") or Path.cwd()
        try:
            self.life, self.exit_code = self.server.fork(request, self.cwd, listening), None
        finally:
            for each in listening:
                each.close()
        return self.connection_info

    def limits(self, server):
        """Return the limits of a kernel from a server."""
        if self.isolation == "none":
            return {}
        limits = {"cpu": self.time_limit, "memory": self.memory_limit, "file_size": self.file_limit}
        return limits | ({"processes": self.process_limit} if server.own_users else {})

    async def poll(self):
        """Return the exit code of the kernel; None while it runs."""
        if self.life is None:
            return self.exit_code if self.server else await super().poll()
        if self.exit_code is None:
            try:
                report = self.life.recv(1000).decode()
            except BlockingIOError:  # nothing yet
                return None
            except ConnectionError:
                report = ""
            try:
                code, seconds, memory = report.split()
                self.exit_code = int(code)
                ENDED.append((float(seconds), int(memory)))
            except ValueError:  # it was killed together with the process that watches over it, or did not start
                self.exit_code = -signal.SIGKILL
                if report:
                    self.log.error("A kernel could not be started: %s", report.strip())
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
        """End the kernel and wait for its end, so that Jupyter need not ask again a tenth of a second later."""
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


def listen(path):
    """Return a socket that listens at a path, so that messages can be sent before the kernel has started."""
    with contextlib.suppress(FileNotFoundError):
        Path(path).unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen(16)
    listening.setblocking(False)
    return listening
