"""Limit which files a process can reach by Landlock, which needs Linux, but neither namespaces nor privileges."""

import ctypes
import os
import struct
from pathlib import Path

from lossedu.executor import sandbox

# system calls and flags from <linux/landlock.h>
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEV = (1 << bit for bit in (0, 1, 2, 3, 14, 15))
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # a rule for a file may have no others
READ = EXECUTE | READ_FILE | READ_DIR
READ_AND_WRITE = WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
EVERYTHING = -1  # in the scratch folder
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many rights a version knows; later ones know 16
TCP, TCP_SINCE = 0b11, 4  # to bind and to connect
SCOPES, SCOPES_SINCE = 0b11, 6  # abstract sockets and signals of other processes

DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")  # not /dev/zero: see `sandbox.bubblewrap`
TERMINALS = ("/dev/ptmx", "/dev/pts")


def version():
    """Return the version of Landlock; 0 if this system has none."""
    return max(0, system_call(CREATE_RULESET, None, 0, ASK_VERSION))


def rules_for(readable, hidden):
    """Return the paths that a kernel may reach besides its scratch folder, and what it may do with each.

    Args:
        readable, hidden: paths, as `sandbox.bubblewrap` has them.
    """
    places = {Path(os.path.realpath(path)) for path in (*sandbox.SYSTEM, *sandbox.places_of_python(), *readable)}
    hidden = {Path(os.path.realpath(path)) for path in (*sandbox.CONFIGURATION, *hidden)}
    rules: list[tuple[str | Path, int]] = [(path, READ_AND_WRITE) for path in DEVICES]
    rules += [(path, READ_AND_WRITE | READ_DIR) for path in TERMINALS]
    rules.append(("/proc", READ_FILE | READ_DIR))  # the system keeps other processes' secrets there
    for place in places:
        rules += without(hidden, place)
    return rules


def without(hidden, place):
    """Yield rules to read a place, except the `hidden` files and folders; the names in hidden folders can be read."""
    if not any(each.is_relative_to(place) for each in hidden):
        if not sandbox.under(place, hidden):
            yield place, READ
    elif place not in hidden:
        yield place, READ_DIR
        for child in os.scandir(place) if os.access(place, os.R_OK) else ():
            if not child.is_symlink():  # what it leads to has a rule of its own, or none
                yield from without(hidden, Path(child.path))


def restrict(rules, scratch):
    """Let this process, and those that it starts, reach only what the rules allow, and everything in `scratch`.

    It needs `prctl(PR_SET_NO_NEW_PRIVS)` or root. From then on this process has no TCP, and sends no signals to
    others, as far as the version of Landlock can refuse these.
    """
    known = version()
    all_rights = (1 << FILE_RIGHTS.get(known, 16)) - 1
    attributes = struct.pack(
        "=QQQ", all_rights, TCP if known >= TCP_SINCE else 0, SCOPES if known >= SCOPES_SINCE else 0
    )
    ruleset = check(system_call(CREATE_RULESET, attributes, len(attributes), 0))
    for path, rights in [*rules, (scratch, EVERYTHING)]:
        try:
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:  # it does not exist, or this process cannot reach it anyway
            continue
        if not Path(path).is_dir():
            rights &= OF_FILES
        check(system_call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights & all_rights, opened), 0))
        os.close(opened)
    check(system_call(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def system_call(number, *arguments):
    """Make a system call that the C library has no function for."""
    call = sandbox.libc().syscall
    call.restype = ctypes.c_long
    return call(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))


def check(result):
    """Return what a system call returned; OSError if it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock: {os.strerror(number)}")
    return result
