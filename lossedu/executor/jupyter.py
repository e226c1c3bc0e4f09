"""A runner whose process is a kernel that Jupyter starts, and that is reached by ZeroMQ."""

import asyncio
import contextlib
import signal
import time
from functools import cached_property
from importlib.util import MAGIC_NUMBER
from queue import Empty

import zmq
from jupyter_core.utils import run_sync

from lossedu.executor.client import is_idle
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
from lossedu.executor.nbclient import CellTimeoutError, DeadKernelError, ensure_async


class JupyterRunner:
    """Runs cells in a kernel of Jupyter.

    Args:
        client: nbclient's `NotebookClient`, which starts the kernel and makes outputs of messages.
        longest: how many bytes a message of the kernel may have.
        options: for `client.start_new_kernel`, such as `env`.
    """

    def __init__(self, client, longest, **options):
        """Start nothing yet."""
        self.client, self.longest, self.options = client, longest, options
        self.used, self.ending = [], None
        client.raise_on_iopub_timeout = True
        if client.error_on_timeout is None:  # or nbclient would wait for a cell that cannot be interrupted, for ever
            client.error_on_timeout = {"ename": "CellTimeoutError", "evalue": "", "traceback": []}

    @run_sync
    async def start(self, seconds):
        """Start a kernel, and return what is known of its language; LostError if it isn't ready in time."""
        if self.client.km is None:
            self.client.km = self.client.create_kernel_manager()
        await self.client.async_start_new_kernel(**self.options)
        return await self.connect(seconds)

    async def connect(self, seconds):
        """Make a client, and wait until replies and outputs of the kernel arrive."""
        kernel = self.client.kc = self.client.km.client()
        kernel.context.setsockopt(zmq.MAXMSGSIZE, self.longest)  # longer messages do not arrive
        kernel.start_channels(hb=False)
        kernel.allow_stdin = False
        deadline = time.monotonic() + seconds
        with contextlib.suppress(NoAnswerError):  # the kernel has ended
            while time.monotonic() < deadline:
                message = kernel.kernel_info()
                reply = await self.reply_to(message, seconds)
                with contextlib.suppress(Empty):  # the reply came before this client received outputs
                    while True:
                        output = await kernel.get_iopub_msg(timeout=0.1)
                        if reply and output["parent_header"].get("msg_id") == message and is_idle(output):
                            return reply["content"]["language_info"]
        raise not_ready(seconds)

    def run(self, cell, index, seconds):
        """Run a cell, and put what it shows into its outputs. After that many seconds it is interrupted.

        Raises:
            LostError: the kernel did not survive it.
        """
        self.client.timeout_func = lambda _: max(1, round(seconds))
        try:
            self.client.execute_cell(cell, index, store_history=True)
        except DeadKernelError as error:
            raise LostError(DIED) from error
        except CellTimeoutError as error:
            raise no_end(seconds) from error

    @cached_property
    def same_python(self):
        """Whether the kernel has the version of Python that this process has, so that it can run compiled code."""
        reply = self.ask(f"__import__('importlib.util').util.MAGIC_NUMBER == {MAGIC_NUMBER!r}", PATIENCE)
        return reply["content"].get("user_expressions", {}).get("reply", {}).get("data") == {"text/plain": "True"}

    @run_sync
    async def ask(self, expression, seconds):
        """Evaluate an expression by the name of "reply", and return the reply; NoAnswerError if there is none."""
        message = self.client.kc.execute("", silent=True, store_history=False, user_expressions={"reply": expression})
        reply = await self.reply_to(message, seconds)
        if reply is None:
            await ensure_async(self.client.km.interrupt_kernel())
            raise no_answer(seconds, is_lost=await self.reply_to(message, PATIENCE) is None)
        return reply

    async def reply_to(self, message, seconds):
        """Wait for the reply to a message; return None if it takes longer; NoAnswerError if the kernel dies."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                reply = await ensure_async(self.client.kc.get_shell_msg(timeout=0.5))
            except Empty:
                if not await ensure_async(self.client.km.is_alive()):
                    raise NoAnswerError(ENDED, is_lost=True) from None
            except Exception as error:  # a submission may send any message from its kernel
                raise NoAnswerError(BROKEN, is_lost=True) from error
            else:
                if reply["parent_header"].get("msg_id") == message:
                    return reply
        return None

    def kill(self):
        """End the kernel at once."""
        self.ending = asyncio.ensure_future(ensure_async(self.client.km.signal_kernel(signal.SIGKILL)))

    @run_sync
    async def restart(self, seconds):
        """Start a new kernel in place of a lost one."""
        if self.ending:
            await self.ending
            self.ending = None
        self.client.kc.stop_channels()  # they may still hold messages of the lost kernel, perhaps invalid ones
        await ensure_async(self.client.km.restart_kernel(now=True))
        await self.connect(seconds)

    @run_sync
    async def stop(self):
        """End the kernel."""
        await self.client._async_cleanup_kernel()
