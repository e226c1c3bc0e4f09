"""What runs in the process of a submission: ipykernel's own kernel and shell, with frames in place of ZeroMQ.

Tracebacks, displays, comms and `input()` are ipykernel's. Only how messages come and go is different.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import types
from typing import TYPE_CHECKING

from jupyter_client.session import Session

from lossedu.executor.frames import pack, receive
from lossedu.executor.ipykernel import IOPubThread, IPythonKernel, OutStream

if TYPE_CHECKING:
    from ipykernel.zmqshell import ZMQInteractiveShell

FLUSH_INTERVAL = 0.2  # seconds, as in ipykernel


class FrameSession(Session):
    """Send each message as a frame, whatever ZeroMQ socket it is meant for."""

    def open(self, channel):
        """Send by this socket from now on."""
        self.channel, self.sending, self.process = channel, threading.Lock(), os.getpid()
        self.held = b""  # what waits for the next message, so that both wake the reader only once

    def send(
        self,
        stream,
        msg_or_type,
        content=None,
        parent=None,
        ident=None,
        buffers=None,
        track=False,
        header=None,
        metadata=None,
    ):
        """Send a message, as `Session.send` does; a child of this process sends nothing."""
        message = msg_or_type
        if not isinstance(message, dict):
            message = self.msg(message, content=content, parent=parent, header=header, metadata=metadata)
        if buffers:
            message["buffers"] = buffers
        if os.getpid() == self.process:
            frame = pack(message)
            with self.sending:
                self.held += frame
                if not is_followed(message):
                    self.channel.sendall(self.held)
                    self.held = b""
        return message


def is_followed(message):
    """Whether the kernel sends another message at once: nothing of a submission runs before it does."""
    kind = message["header"]["msg_type"]
    return kind == "execute_reply" or (kind == "status" and message["content"]["execution_state"] == "busy")


class Timer:
    """Calls a function after a while, in a thread that it starts when it is needed for the first time."""

    def __init__(self):
        self.waiting, self.wakes, self.thread = [], threading.Event(), None

    def call_later(self, _, function):
        """Call a function after `FLUSH_INTERVAL`."""
        self.waiting.append(function)
        if self.thread is None:
            self.thread = threading.Thread(target=self.run, daemon=True)
            self.thread.start()
        self.wakes.set()

    def run(self):
        """Call what waits."""
        while True:
            self.wakes.wait()
            self.wakes.clear()
            threading.Event().wait(FLUSH_INTERVAL)
            while self.waiting:
                self.waiting.pop(0)()


class Publisher(IOPubThread):
    """Stands in for the thread through which ipykernel's streams send: here they send by themselves."""

    def __init__(self):
        self.timer, self.thread = Timer(), None

    @property
    def io_loop(self):
        """Where streams ask to be flushed later."""
        return self.timer

    def schedule(self, function):
        """Call a function at once."""
        function()


class FrameStream(OutStream):
    """A standard stream that two threads may send from: the thread of `Timer`, and the one that prints.

    ipykernel lets only one thread send. Without a lock, a thread could take a text and send it after a later text of
    the other thread, or even after the cell has ended, when nobody reads it.
    """

    def __init__(self, *arguments, **options):
        """Take the arguments of ipykernel's stream."""
        self._one_at_a_time = threading.RLock()
        super().__init__(*arguments, **options)

    def _flush(self):
        """Send the text printed so far; a child process sends nothing."""
        if self._is_master_process():
            with self._one_at_a_time:
                super()._flush()


class FrameKernel(IPythonKernel):
    """IPython's kernel, which answers one message after the other."""

    shell: "ZMQInteractiveShell"
    session: FrameSession
    _execute_sleep = 0  # ipykernel waits after each cell for ZeroMQ

    async def execute_request(self, stream, ident, parent):
        """Run a cell, or only evaluate expressions if there is no cell: then IPython need not read and compile one."""
        content = parent["content"]
        if content["code"] or not content["silent"]:
            await super().execute_request(stream, ident, parent)
            return
        for event in ("pre_execute", "post_execute"):
            self.shell.events.trigger(event)
        found = self.shell.user_expressions(content["user_expressions"])
        reply = {"status": "ok", "execution_count": self.shell.execution_count - 1, "payload": []}
        self.session.send(stream, "execute_reply", {**reply, "user_expressions": found}, parent, ident=ident)

    async def answer(self, message):
        """Handle a message, between the statuses busy and idle."""
        self.set_parent([], message, channel="shell")
        self._publish_status("busy", "shell")
        self.pre_handler_hook()
        try:
            await self.shell_handlers[message["header"]["msg_type"]](None, [], message)
        except KeyboardInterrupt:
            pass
        finally:
            self.post_handler_hook()
        sys.stdout.flush()
        sys.stderr.flush()
        self._publish_status("idle", "shell")

    def _abort_queues(self, *_, **__):
        """There is no queue: a message is sent when the former was answered."""


def remember_last_transform(manager):
    """Make IPython's `TransformerManager` transform a cell once: ipykernel asks for it, and IPython asks again.

    It transforms a cell each time if a submission has added transformers, which may do something else each time.
    """

    def transformers():
        return manager.cleanup_transforms[:], manager.line_transforms[:], manager.token_transformers[:]

    transform, standard, last = manager.transform_cell, transformers(), (None, None)

    def transform_cell(cell):
        """Transform a cell of code."""
        nonlocal last
        if transformers() != standard:
            return transform(cell)
        if cell != last[0]:
            last = cell, transform(cell)
        return last[1]

    manager.transform_cell = transform_cell


async def serve(kernel, channel):
    """Answer messages until the channel is closed, or the shell is asked to exit."""
    loop = asyncio.get_running_loop()
    # by which an interrupt cancels what a cell awaits; tornado's own loop would sleep on
    kernel.io_loop = types.SimpleNamespace(add_callback=loop.call_soon_threadsafe, asyncio_loop=loop)
    while not kernel.shell.exit_now:
        arrived = loop.create_future()
        loop.add_reader(channel, arrived.set_result, None)
        await arrived
        loop.remove_reader(channel)
        frame = receive(channel)
        if frame is None:
            return
        await kernel.answer(json.loads(frame))


def run(kernel, channel):
    """Be a kernel until the end."""
    kernel.shell_channel_thread = types.SimpleNamespace(parent_thread=threading.main_thread())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(serve(kernel, channel))
