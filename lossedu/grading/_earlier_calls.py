"""In the process of a submission: call answers to earlier chapters, which run in another process, out of reach.

lossedu sends this code there, as that of `_audit_hook`. The other process is that of `_earlier_answers`.
"""

import itertools
import json
import math
import os
import socket
import subprocess
import sys
import types

import numpy as np

from lossedu import edition

EARLIER_ANSWERS = "LOSSEDU_EARLIER_ANSWERS"  # the environment variable with the number of a descriptor


def replace_own_calls(earlier):
    """Let a submission's calls of `check` do nothing, since its test cells are judged elsewhere.

    `lossedu.mine` offers only the `earlier` answers.
    """
    import lossedu

    def check(*answer, **named):
        """Say that this is no time for checks."""
        print("not checked here while submissions are graded.")

    for name in ("check", "compare_with_keras"):
        setattr(lossedu, name, check)
    for name in ("hint", "load_training", "next_exercise", "progress", "solution", "warm_up"):
        setattr(lossedu, name, lambda *arguments, **options: None)
    lossedu.load_keras = lambda: print("Keras is not loaded while submissions are graded.")
    lossedu.mine = sys.modules["lossedu.mine"] = earlier_answers(earlier)  # pyright: ignore[reportAttributeAccessIssue]


def earlier_answers(names):
    """Return a module `lossedu.mine` whose functions run in another process, out of reach."""
    module = types.ModuleType("lossedu.mine", "What earlier chapters asked for, while submissions are graded.")
    calls, replies = connect(names)
    serials = itertools.count()

    def calling(name):
        def function(*arguments, **options):
            serial = next(serials)
            calls.write(packed([serial, name, arguments, options]))
            calls.flush()
            replied = None
            while replied != serial:  # an interrupt may have left a reply behind
                replied, result, problem = unpacked(replies)
            if problem:
                raise ValueError(f"{name}: {problem}")
            return result

        function.__name__ = function.__qualname__ = name
        function.__module__ = "lossedu.mine"
        return function

    def get(name):
        if name in names:
            print(f"{name} is lossedu's own here: each notebook is graded by itself.")
            return calling(name)
        error = AttributeError if name.startswith("_") else ImportError
        raise error(f"{name} is out of reach while submissions are graded, unlike answers to earlier chapters")

    module.__getattr__ = get
    return module


def connect(names) -> tuple:
    """Return streams to and from a process that runs earlier answers: the one beside this kernel, or a new one.

    Without `names`, there is no such process, and both are None.
    """
    if not names:
        return None, None
    descriptor = os.environ.pop(EARLIER_ANSWERS, None)
    if descriptor is not None:
        connection = socket.socket(fileno=int(descriptor))
        return connection.makefile("wb"), connection.makefile("rb")
    process = subprocess.Popen(  # noqa: S603  our own module and names of exercises
        edition.command("lossedu.grading._earlier_answers", *names),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=sys.prefix,  # not where a submission's files could pass for modules
        start_new_session=True,  # no interrupt of the kernel reaches it
    )
    return process.stdin, process.stdout


def packed(value, keep=None):
    """A line of JSON, then the bytes of the arrays in it, in their order; a tuple becomes a list.

    Of anything that JSON does not know goes what `keep` makes of it.
    """
    arrays = []

    def plain(thing):
        if isinstance(thing, np.ndarray | np.generic) and thing.dtype.kind in "biuf":
            arrays.append(thing.tobytes())
            return {"array": thing.dtype.str, "shape": thing.shape}
        if keep is None:
            raise TypeError(f"expected arrays and numbers, got {type(thing).__name__}")
        return keep(thing)

    line = json.dumps(value, default=plain)
    return b"".join([line.encode(), b"\n", *arrays])


def unpacked(stream, kept=None):
    """What was packed, read from a stream; EOFError at its end. Two results of a function come as a tuple."""

    def revive(found):
        if found.keys() == {"array", "shape"}:
            dtype = np.dtype(found["array"])
            data = stream.read(dtype.itemsize * math.prod(found["shape"]))
            return np.frombuffer(bytearray(data), dtype).reshape(found["shape"])[()]  # it can be written to
        return kept[found["kept"]] if kept is not None and found.keys() == {"kept"} else found

    line = stream.readline()
    if not line:
        raise EOFError("the other side has gone")
    serial, result, *others = json.loads(line, object_hook=revive, parse_float=np.float64, parse_constant=np.float64)
    return [serial, tuple(result) if isinstance(result, list) else result, *others]
