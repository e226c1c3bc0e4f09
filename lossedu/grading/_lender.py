"""A process beside a grading kernel that lends it answers to earlier chapters: calls come in, results go out, as text.

What is lent can be called there, but neither read nor taken apart.

    python -m lossedu.grading._lender NAME...           lends over the standard streams
    python -m lossedu.grading._lender --serve SOCKET    lends over each socket that it is sent
"""

import json
import os
import signal
import socket
import sys

from lossedu import exercises
from lossedu.grading import _sandbox
from lossedu.grading._guard import dumps, loads
from lossedu.mine import reference


def lend(names, calls, replies):
    """Reply to each call, a line of JSON as `_guard.borrowed` writes it, until there are no more."""
    functions = {name: reference(exercises.get(name)) for name in names}
    kept = {}  # objects that a state holds stay here; a number stands for them outside

    def keep(thing):
        kept[id(thing)] = thing
        return {"kept": id(thing)}

    for line in calls:
        serial, name, arguments, options = loads(line, kept)
        try:
            reply = dumps([serial, functions[name](*arguments, **options), None], keep)
        except Exception as error:  # the caller's, who is told
            reply = dumps([serial, None, f"{type(error).__name__}: {error}"])
        print(reply, file=replies, flush=True)


def serve(control):
    """Fork a process for each socket that arrives, which first tells names and limits; end when nobody asks."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while descriptors := socket.recv_fds(control, 1, 1)[1]:
        if os.fork() == 0:
            with socket.socket(fileno=descriptors[0]).makefile("rw", encoding="utf-8") as stream:
                names, limits = json.loads(stream.readline())
                if limits:
                    _sandbox.limit(**limits)
                lend(names, stream, stream)
            os._exit(0)
        os.close(descriptors[0])


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(socket.socket(fileno=int(sys.argv[2])))
    else:
        lend(sys.argv[1:], sys.stdin, sys.stdout)
