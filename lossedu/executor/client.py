"""A client of a kernel that is reached by frames on one socket. It sends one request at a time."""

import contextlib
import select
import time
from types import SimpleNamespace

from jupyter_client.session import Session

from lossedu.executor.frames import LENGTH, FrameError, pack, unpack

PIECE = 2**20  # bytes that are read at a time


class EndedError(Exception):
    """The process of the kernel has ended."""


class FrameClient:
    """Sends requests to a kernel, and yields what it says about each.

    Args:
        channel: the socket to the kernel.
        longest: how many bytes a frame may have; a longer one is a FrameError.
    """

    def __init__(self, channel, longest):
        """Take a connected socket."""
        self.channel, self.longest, self.pending = channel, longest, bytearray()
        self.session = Session()
        self.shell_channel = SimpleNamespace(send=self.send)  # by these two names, nbclient sends what widgets ask for

    def send(self, message):
        """Send a message of the Jupyter protocol."""
        with contextlib.suppress(OSError):  # the process has ended, as the next read tells
            self.channel.sendall(pack(message))

    def request(self, kind, content):
        """Send a request, and return its id."""
        message = self.session.msg(kind, content)
        self.send(message)
        return message["header"]["msg_id"]

    def execute(self, code, *, silent=False, expressions=None):
        """Ask the kernel to run code, and then to evaluate expressions; return the id of the request."""
        content = {"code": code, "silent": silent, "store_history": not silent, "user_expressions": expressions or {}}
        return self.request("execute_request", content | {"allow_stdin": False, "stop_on_error": False})

    def answers(self, request, deadline):
        """Yield the messages about a request, up to the last one.

        Raises:
            TimeoutError: the last one did not come before the `deadline`, a time of the monotonic clock.
            EndedError: the process ended.
            FrameError: the process sent something else.
        """
        while True:
            message = self.next(deadline)
            if message["parent_header"].get("msg_id") == request:
                yield message
                if is_idle(message):
                    return

    def reply(self, request, deadline):
        """Return the reply to a request; errors as those of `answers`."""
        replies = [message for message in self.answers(request, deadline) if message["msg_type"].endswith("_reply")]
        if not replies:
            raise FrameError("no reply")
        return replies[0]

    def next(self, deadline):
        """Return the next message."""
        self.read(LENGTH, deadline)
        length = int.from_bytes(self.pending[:LENGTH], "big")
        if length > self.longest:
            raise FrameError(f"a frame of {length} bytes")
        self.read(LENGTH + length, deadline)
        content = bytes(self.pending[LENGTH : LENGTH + length])
        del self.pending[: LENGTH + length]
        return unpack(content)

    def read(self, number, deadline):
        """Read until that many bytes are pending."""
        while len(self.pending) < number:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.channel], [], [], left)[0]:
                raise TimeoutError
            try:
                piece = self.channel.recv(PIECE)
            except ConnectionError:
                piece = b""
            if not piece:
                raise EndedError
            self.pending += piece


def is_idle(message):
    """Whether a message says that the kernel has done its work."""
    return message["msg_type"] == "status" and message["content"].get("execution_state") == "idle"
