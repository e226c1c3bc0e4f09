"""A process beside a grading kernel that lends it answers to earlier chapters: calls come in, results go out.

What is lent can be called there, but neither read nor taken apart.

    python -m lossedu.grading._lender NAME...           lends over the standard streams
    python -m lossedu.grading._lender --serve SOCKET    lends over each socket that it is sent
"""

import contextlib
import json
import os
import socket
import sys

from lossedu import exercises
from lossedu.grading import _sandbox
from lossedu.grading._guard import packed, unpacked
from lossedu.mine import reference


def lend(names, calls, replies):
    """Reply to each call, as `_guard.borrowed` makes it, until there are no more."""
    functions = {name: reference(exercises.get(name)) for name in names}
    kept = {}  # objects that a state holds stay here; a number stands for them outside

    def keep(thing):
        kept[id(thing)] = thing
        return {"kept": id(thing)}

    with contextlib.suppress(EOFError):
        while True:
            serial, name, arguments, options = unpacked(calls, kept)
            try:
                reply = packed([serial, functions[name](*arguments, **options), None], keep)
            except Exception as error:  # the caller's, who is told
                reply = packed([serial, None, f"{type(error).__name__}: {error}"])
            replies.write(reply)
            replies.flush()


def serve(control):
    """Fork a process for each socket that arrives, which first tells names and limits; end when nobody asks."""
    while descriptors := socket.recv_fds(control, 1, 1)[1]:
        _sandbox.bury_ended()
        if os.fork() == 0:
            control.close()
            with socket.socket(fileno=descriptors[0]).makefile("rwb") as stream:
                names, limits = json.loads(stream.readline())
                if limits:
                    _sandbox.limit(**limits)
                lend(names, stream, stream)
            os._exit(0)
        os.close(descriptors[0])


if __name__ == "__main__":
    if os.name == "posix":
        _sandbox.lift_limits()
    if sys.argv[1] == "--serve":
        serve(socket.socket(fileno=int(sys.argv[2])))
    else:
        lend(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
