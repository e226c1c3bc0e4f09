"""What keeps a grading kernel to itself. Its source is sent into the kernel, before anything of a submission runs.

The verdict does not depend on it: that is formed elsewhere. It keeps what would do the exercises' work out of reach,
and notes what was tried. An audit hook cannot be removed; a process of its own, without the files, is stronger still.
"""

import ctypes  # noqa: F401  loaded before its use is refused; NumPy asks for it
import importlib.util
import itertools
import json
import math
import os
import socket
import subprocess
import sys
import types

import numpy as np

PATH_EVENTS = (
    "open",
    "os.listdir",
    "os.scandir",
    "os.remove",
    "os.rename",
    "os.link",
    "os.truncate",
    "sqlite3.connect",
)
REFUSED_EVENTS = {
    **dict.fromkeys(("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty"), "other programs"),
    **dict.fromkeys(("subprocess.Popen", "pty.spawn"), "other programs"),
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pthread_kill"), "signals to processes"),
    **dict.fromkeys(("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"), "the network"),
    **dict.fromkeys(("ctypes.dlopen", "ctypes.dlsym", "ctypes.cdata", "ctypes.call_function"), "the memory of Python"),
    **dict.fromkeys(("gc.get_objects", "gc.get_referrers"), "the objects of Python"),
    "os.symlink": "links to files",
}


def places_of(modules):
    """The folders and files that the `modules` are read from, without importing them."""
    places = []
    for module in modules:
        package, *parts = module.split(".")
        spec = importlib.util.find_spec(package)  # of the part it would be found by importing the package
        for folder in spec.submodule_search_locations if spec else ():
            place = "/".join([folder, *parts])
            places += [place, f"{place}.py"] if parts else [place]
    return places


def install(modules, paths, home, lent=()):
    """Refuse from now on to import the `modules` and to open what lies under `paths`, except under `home`.

    `lent` are the exercises whose answers `lossedu.mine` offers all the same.
    """
    folders = tuple(folder.rstrip("/") + "/" for folder in [*paths, *places_of(modules)])
    home = home.rstrip("/") + "/"
    work = os.getcwd().rstrip("/") + "/"  # noqa: PTH109
    refused = tuple(REFUSED_EVENTS.items())

    # All that the hook needs is bound in its defaults: who gets hold of its frame, from the traceback of a refusal,
    # finds nothing there that a later call uses.
    def hook(
        event,
        arguments,
        /,
        modules=tuple(modules),
        folders=folders,
        home=home,
        work=work,
        path_events=frozenset(PATH_EVENTS),
        refused=refused,
        attempts=[],  # noqa: B006  kept from call to call on purpose
        getcwd=os.getcwd,
        text=str,
        raw=bytes,
        not_found=ImportError,
        denied=PermissionError,
    ):
        if event == "import":
            name = arguments[0]
            for module in modules:
                if name == module or name.startswith(module + "."):
                    attempts.append(f"importing {name}")
                    raise not_found(f"{name} is out of reach while submissions are graded: answer in NumPy")
        elif event in path_events:
            path = arguments[0]
            if path.__class__ is raw:
                path = path.decode("utf-8", "replace")
            if path.__class__ is not text:
                return
            if not path.startswith("/"):
                path = getcwd() + "/" + path
            # in a sandbox, the folder of the notebook is a copy in another place: what would it be in its own?
            for there in (path, home + path[len(work) :]) if path.startswith(work) else (path,):
                parts = []
                for part in there.split("/"):
                    if part == "..":
                        parts = parts[:-1]
                    elif part not in ("", "."):
                        parts.append(part)
                place = "/" + "/".join(parts) + "/"
                if place.startswith(folders) and not place.startswith(home):
                    attempts.append(f"opening {place[:-1]}")
                    raise denied(f"{path} is out of reach while submissions are graded")
        elif event == "lossedu.attempts":
            arguments[0].extend(attempts)
        else:
            for name, what in refused:
                if event == name:
                    attempts.append(f"reaching for {what} ({event})")
                    raise denied(f"{what} are out of reach while submissions are graded")

    stand_in(lent)
    sys.addaudithook(hook)


def stand_in(lent):
    """Let a submission's own calls of `check` do nothing: its test cells are judged elsewhere. Lend earlier answers."""
    import lossedu

    def check(*answer, **named):
        """Say that this is no time for checks."""
        print("not checked here while submissions are graded.")

    for name in ("check", "compare_with_keras"):
        setattr(lossedu, name, check)
    lossedu.hint = lossedu.progress = lambda *arguments: None
    lossedu.mine = sys.modules["lossedu.mine"] = borrowed(lent)


# --- Answers to earlier chapters ------------------------------------------------------------------------------------


def borrowed(lent):
    """A module `lossedu.mine` with the functions `lent`, which run in a process of their own, out of reach."""
    module = types.ModuleType("lossedu.mine", "What earlier chapters asked for, while submissions are graded.")
    calls, replies = connect(lent) if lent else (None, None)
    serials = itertools.count()

    def lend(name):
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
        if name in lent:
            print(f"{name} is lossedu's own here: each notebook is graded by itself.")
            return lend(name)
        error = AttributeError if name.startswith("_") else ImportError
        raise error(f"{name} is out of reach while submissions are graded: only answers to earlier chapters are lent")

    module.__getattr__ = get
    return module


def connect(lent):
    """The streams to and from the process that lends: the one that came with a warm kernel, or a new one."""
    descriptor = os.environ.pop("LOSSEDU_LENDER", None)
    if descriptor is not None:
        lender = socket.socket(fileno=int(descriptor))
        return lender.makefile("wb"), lender.makefile("rb")
    lender = subprocess.Popen(  # noqa: S603  our own module and names of exercises
        [sys.executable, "-m", "lossedu.grading._lender", *lent],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=sys.prefix,  # not where a submission's files could pass for modules
        start_new_session=True,  # no interrupt of the kernel reaches it
    )
    return lender.stdin, lender.stdout


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
    numbers = {"parse_float": np.float64, "parse_constant": np.float64}
    serial, result, *others = json.loads(line, object_hook=revive, **numbers)
    return [serial, tuple(result) if isinstance(result, list) else result, *others]
