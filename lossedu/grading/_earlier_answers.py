"""A process beside a grading kernel that runs answers to earlier chapters: it gets calls and returns results.

A submission can call these answers through `lossedu.mine`, but it cannot read or inspect them.

`connect`, here and in `_earlier_calls`, starts it. With names of exercises, it answers calls on the standard streams.
With `--serve SOCKET`, it answers calls on each socket that it receives.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys

from lossedu import edition, exercises
from lossedu.executor import sandbox
from lossedu.grading._earlier_calls import packed, unpacked
from lossedu.mine import reference

SERVERS = []  # the socket to the process that forks the others; at most one


def connect(names, limits):
    """Return a socket to a new process, out of the reach of kernels, that runs the answers to these exercises.

    Args:
        names: of the exercises.
        limits: on the process, as `sandbox.limit` takes them; empty for none.
    """
    if not SERVERS:
        server, theirs = socket.socketpair()
        with theirs:
            program = edition.command("lossedu.grading._earlier_answers", "--serve", str(theirs.fileno()))
            silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
            subprocess.Popen(program, pass_fds=[theirs.fileno()], cwd=sys.prefix, start_new_session=True, **silent)  # noqa: S603
        SERVERS.append(server)
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(SERVERS[0], [b"c"], [theirs.fileno()])
    ours.sendall(f"{json.dumps([names, limits])}\n".encode())
    return ours


def serve(control):
    """Fork a process for each socket that arrives, and read names and limits there; end when `control` closes."""
    while descriptors := socket.recv_fds(control, 1, 1)[1]:
        sandbox.bury_ended()
        if os.fork() == 0:
            control.close()
            with socket.socket(fileno=descriptors[0]).makefile("rwb") as stream:
                names, limits = json.loads(stream.readline())
                if limits:
                    sandbox.limit(**limits)
                answer_calls(names, stream, stream)
            os._exit(0)
        os.close(descriptors[0])


def answer_calls(names, calls, replies):
    """Reply to each call from `_earlier_calls.earlier_answers` until there are no more."""
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
            except Exception as error:  # of the call: the caller gets it as text
                reply = packed([serial, None, f"{type(error).__name__}: {error}"])
            replies.write(reply)
            replies.flush()


def main():
    """Answer the calls of one kernel, or fork processes that do."""
    if os.name == "posix":
        sandbox.lift_limits()
    if sys.argv[1] == "--serve":
        serve(socket.socket(fileno=int(sys.argv[2])))
    else:
        answer_calls(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
