"""Audit hook for a submission's process. lossedu sends its code there before the submission runs.

The verdict does not depend on it: that is formed elsewhere. It keeps what would do the exercises' work out of reach,
and notes what was tried. An audit hook cannot be removed; a process of its own, without the files, is stronger still.
Single functions of allowed packages are hidden by `hiding`.

What stays possible: the source of a function that SciPy has in Python can be pasted into an answer. A file can be
opened by a name relative to the descriptor of a folder, of which the audit event says nothing. And who finds a way to
the memory of the process that raises no audit event can do anything in it.
"""

import contextlib
import ctypes  # noqa: F401  loaded before its use is refused; NumPy asks for it
import importlib.util
import os
import sys

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
    "cpython.PyInterpreterState_New": "other interpreters",  # hooks and stand-ins are not in force there
}
STARTER = "_posixsubprocess.fork_exec"


def places_of(modules):
    """The folders and files that the `modules` are read from, without importing them."""
    places = []
    for module in modules:
        package, *parts = module.split(".")
        spec = importlib.util.find_spec(package)  # of the part it would be found by importing the package
        for folder in (spec and spec.submodule_search_locations) or ():
            place = "/".join([folder, *parts])
            places += [place, f"{place}.py"] if parts else [place]
    return places


def install(modules, paths, home, functions, hide, ready_made):
    """Refuse from now on what would do the exercises' work.

    Args:
        modules: the modules that must not be imported.
        paths: the files and folders that must not be opened, except under `home`.
        home: the folder of the notebook.
        functions: the exercise that each ready-made function does the work of.
        hide: puts stand-ins in the place of functions, and returns the files that they come from.
        ready_made: makes a stand-in for a function, of its name and the exercise.
    """
    folders = tuple(folder.rstrip("/") + "/" for folder in [*paths, *places_of(modules)])
    home = home.rstrip("/") + "/"
    work = os.getcwd().rstrip("/") + "/"  # noqa: PTH109
    refused = tuple(REFUSED_EVENTS.items())

    with contextlib.suppress(ImportError):
        import matplotlib.font_manager  # noqa: F401  without a list of fonts from earlier, it runs programs to find fonts

    closed = hide({name: ready_made(name, exercise) for name, exercise in functions.items()} | {STARTER: start_program})

    # All that the hook needs is bound in its defaults: who gets hold of its frame, from the traceback of a refusal,
    # finds nothing there that a later call uses.
    def hook(
        event,
        arguments,
        /,
        modules=tuple(modules),
        closed=frozenset(closed),
        folders=folders,
        home=home,
        work=work,
        path_events=frozenset(PATH_EVENTS),
        refused=refused,
        attempts=[],  # noqa: B006  kept from call to call on purpose
        used=[],  # noqa: B006
        getcwd=os.getcwd,
        text=str,
        raw=bytes,
        not_found=ImportError,
        denied=PermissionError,
    ):
        path = None
        if event == "import":
            name, path = arguments[:2]  # the path of a compiled module
            for module in modules:
                if name == module or name.startswith(module + "."):
                    attempts.append(f"importing {name}")
                    raise not_found(f"{name} is out of reach while submissions are graded: answer in NumPy")
        elif event in path_events:
            path = arguments[0]
        elif event == "lossedu.attempts":
            arguments[0].extend(attempts)
        elif event == "lossedu.uses":  # an answer calls a ready-made function
            if arguments[0] not in used:
                used.append(arguments[0])
        elif event == "lossedu.used":  # by the answer that was tried
            arguments[0].extend(used)
            used.clear()
        else:
            for name, what in refused:
                if event == name:
                    attempts.append(f"reaching for {what} ({event})")
                    raise denied(f"{what} are out of reach while submissions are graded")
        if path is None:
            return
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
            place = "/" + "/".join(parts)
            if place in closed:  # no attempt: an error message reads the files of the functions that it is about
                raise denied(f"{path} is out of reach while submissions are graded")
            detour = parts[:1] == ["proc"] and parts[-1] == "mem"  # the memory of the process
            for link in ("root", "cwd", "fd"):  # folders in which each file has another name
                detour |= parts[:1] == ["proc"] and link in parts[:-1]
            if detour or ((place + "/").startswith(folders) and not (place + "/").startswith(home)):
                attempts.append(f"opening {place}")
                raise denied(f"{path} is out of reach while submissions are graded")

    sys.addaudithook(hook)


def start_program(*arguments, audit=sys.audit):
    """Take the place of the function that starts programs and raises no audit event."""
    audit("os.posix_spawn")
