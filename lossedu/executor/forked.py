"""A runner whose process is forked from a warm one."""

import contextlib
import signal
import socket
import time

from jupyter_core.utils import run_sync

from lossedu.executor.client import EndedError, FrameClient
from lossedu.executor.errors import (
    BROKEN,
    DIED,
    ENDED,
    PATIENCE,
    LostError,
    NoAnswerError,
    no_answer,
    no_end,
    not_ready,
)
from lossedu.executor.frames import FrameError
from lossedu.executor.nbclient import CellExecutionComplete, run_hook, timestamp

FAREWELL = 15  # seconds within which a killed process, and all that it started, ends and tells what it used


class ForkedRunner:
    """Runs cells in a forked process.

    Args:
        client: nbclient's `NotebookClient`, whose `process_message` makes outputs of messages.
        fork: starts a process that takes a list of sockets, and returns the socket that the life of the process hangs
            on: signals go in by it, and it closes when the process has ended.
        longest: how many bytes a message of the process may have.
    """

    same_python = True  # as in `JupyterRunner`

    def __init__(self, client, fork, longest):
        """Start nothing yet."""
        self.client, self.fork, self.longest = client, fork, longest
        self.used = []  # of each process that has ended: seconds of computing, and bytes of memory at the peak

    def start(self, seconds):
        """Start a process, and return what is known of its language; LostError if it isn't ready in time."""
        ours, theirs = socket.socketpair()
        with theirs:
            self.life = self.fork([theirs])
        self.client.kc = self.kernel = FrameClient(ours, self.longest)
        try:
            reply = self.kernel.reply(self.kernel.request("kernel_info_request", {}), time.monotonic() + seconds)
        except (EndedError, FrameError, TimeoutError) as error:
            raise not_ready(seconds) from error
        return reply["content"]["language_info"]

    def run(self, cell, index, seconds):
        """Run a cell, and put what it shows into its outputs. After that many seconds it is interrupted.

        Raises:
            LostError: the process did not survive it.
        """
        cell.outputs, self.client.clear_before_next_output = [], False
        if not cell.source.strip():
            return
        if self.client.record_timing:
            cell.metadata["execution"] = {}
        request = self.kernel.execute(cell.source)
        try:
            reply = self.gather(request, cell, index, time.monotonic() + seconds)
        except TimeoutError:
            self.client.log.error("no end within %d seconds", seconds)
            self.signal(signal.SIGINT)
            try:
                self.gather(request, cell, index, time.monotonic() + PATIENCE)
            except TimeoutError:
                raise no_end(seconds) from None
            reply = (
                {"content": {"status": "error", **self.client.error_on_timeout}}
                if self.client.error_on_timeout
                else None
            )
        if reply and self.client.on_cell_executed:
            run_sync(run_hook)(self.client.on_cell_executed, cell=cell, cell_index=index, execute_reply=reply)

    def gather(self, request, cell, index, deadline):
        """Put the answers to a request into the outputs of a cell, and return the reply."""
        reply = None
        try:
            for message in self.kernel.answers(request, deadline):
                if message["msg_type"] == "execute_reply":
                    reply = message
                    if self.client.record_timing:
                        cell.metadata["execution"]["shell.execute_reply"] = timestamp(message)
                else:
                    with contextlib.suppress(CellExecutionComplete):
                        self.client.process_message(message, cell, index)
        except EndedError:
            raise LostError(DIED) from None
        return reply

    def ask(self, expression, seconds):
        """Evaluate an expression by the name of "reply", and return the reply; NoAnswerError if there is none."""
        request = self.kernel.execute("", silent=True, expressions={"reply": expression})
        try:
            return self.kernel.reply(request, time.monotonic() + seconds)
        except TimeoutError:
            self.signal(signal.SIGINT)
            try:
                self.kernel.reply(request, time.monotonic() + PATIENCE)
            except (EndedError, FrameError, TimeoutError):
                raise no_answer(seconds, is_lost=True) from None
            raise no_answer(seconds, is_lost=False) from None
        except EndedError:
            raise NoAnswerError(ENDED, is_lost=True) from None
        except FrameError as error:
            raise NoAnswerError(BROKEN, is_lost=True) from error

    def signal(self, number):
        """Send a signal to the process, and to those that it started."""
        with contextlib.suppress(OSError):  # it has ended
            self.life.send(bytes([number]))

    def kill(self):
        """End the process at once."""
        self.signal(signal.SIGKILL)

    def stop(self):
        """End the process, and note what it used."""
        self.kill()
        self.kernel.channel.close()
        self.life.settimeout(FAREWELL)
        report = b""
        with contextlib.suppress(OSError):
            report = self.life.recv(1000)
        self.life.close()
        with contextlib.suppress(ValueError):  # it was killed together with the process that watches it
            _, seconds, memory = report.split()
            self.used.append((float(seconds), int(memory)))

    def restart(self, seconds):
        """Start a new process in place of a lost one."""
        self.stop()
        self.start(seconds)
