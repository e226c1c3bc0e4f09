"""What keeps a grading kernel to itself. Its source is sent into the kernel, before anything of a submission runs.

The verdict does not depend on it: that is formed elsewhere. It keeps what would do the exercises' work out of reach,
and notes what was tried. An audit hook cannot be removed; a process of its own, without the files, is stronger still.
"""

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
}


def places_of(modules):
    """The folders and files that the `modules` are read from, without importing them."""
    places = []
    for module in modules:
        spec = importlib.util.find_spec(module)
        places += spec.submodule_search_locations or [spec.origin] if spec else []
    return places


def install(modules, paths, home):
    """Refuse from now on to import the `modules` and to open what lies under `paths`, except under `home`."""
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
            if path.startswith(work):  # in a sandbox, the folder of the notebook is a copy in another place
                path = home + path[len(work) :]
            parts = []
            for part in path.split("/"):
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

    stand_in()
    sys.addaudithook(hook)


def stand_in():
    """Let a submission's own calls of `check` do nothing: its test cells are judged elsewhere."""
    import lossedu

    def check(*answer, **named):
        """Say that this is no time for checks."""
        print("not checked here while submissions are graded.")

    for name in ("check", "compare_with_keras"):
        setattr(lossedu, name, check)
