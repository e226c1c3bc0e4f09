"""Messages of the Jupyter protocol over one socket: each is a frame, its length in four bytes and then its JSON."""

import base64
import json
import socket
from datetime import datetime

from jupyter_client.jsonutil import json_default

LENGTH = 4  # bytes


class FrameError(Exception):
    """What came is no frame, or is longer than allowed."""


def pack(message):
    """Return a message as a frame."""
    buffers = [base64.b64encode(buffer).decode("ascii") for buffer in message.get("buffers") or ()]
    text = json.dumps({**message, "buffers": buffers}, default=json_default, ensure_ascii=False)
    content = text.encode("utf-8", "replace")  # no file could hold the halves of characters
    return len(content).to_bytes(LENGTH, "big") + content


def unpack(content):
    """Return the message in a frame; FrameError if it is none."""
    try:
        message = json.loads(content)
        if b"\\ud" in content.lower():  # halves of characters, which no file could hold
            message = json.loads(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
        header, parent = message["header"], message["parent_header"]
        if not (isinstance(message["content"], dict) and isinstance(header, dict) and isinstance(parent, dict)):
            raise TypeError
        message["msg_type"] = header["msg_type"]
        date = header.get("date")
        message["header"] = header | {"date": date and datetime.fromisoformat(date)}  # what nbclient reads of it
        message["buffers"] = [memoryview(base64.b64decode(each)) for each in message.get("buffers", ())]
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise FrameError("a frame that is no message") from error
    return message


def receive(channel):
    """Wait for a frame from a trusted sender, and return what it holds; None if the channel was closed."""
    length = channel.recv(LENGTH, socket.MSG_WAITALL)
    if len(length) < LENGTH:
        return None
    return channel.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL)
