"""The sandbox of a submission: what it sees of the machine, and how much of it it may use.

bubblewrap makes a small world for the process from which kernels are forked: read-only, without network, holding
Python and little else. Each kernel then shuts itself off from the other kernels too, before it runs any cell.
"""

import contextlib
import ctypes
import os
import secrets
import shutil
import site
import stat
import sys
from pathlib import Path

SCRATCH = "/scratch"  # the only place that can be written to; each kernel has its own
WORK, TEMPORARY, SHARED = (f"{SCRATCH}/{name}" for name in ("work", "tmp", "shm"))  # a notebook runs in the first
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache")

# from <sched.h>, <sys/mount.h>, <sys/prctl.h> and <linux/capability.h>
NEW_MOUNTS, NEW_IPC, NEW_USERS, NEW_PIDS, NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
NO_SUID, NO_DEVICES, NO_EXEC, BIND = 2, 4, 8, 4096
SET_DUMPABLE = 4
CAPABILITIES = 0x20080522


# --- The world of all kernels ---------------------------------------------------------------------------------------


def bubblewrap(program, readable, hidden):
    """The command line that runs `program` in a sandbox that shows the `readable` paths without the `hidden` ones."""
    package = Path(__file__).parents[1]
    seen = [*SYSTEM, sys.base_prefix, sys.prefix, *site.getsitepackages(), site.getusersitepackages(), str(package)]
    command = ["bwrap", "--unshare-ipc", "--unshare-net", "--unshare-pid", "--unshare-uts", "--hostname", "grading"]
    if os.getuid() == 0:  # kernels get users of their own
        capabilities = ("SYS_ADMIN", "SETUID", "SETGID", "KILL", "DAC_OVERRIDE", "CHOWN")
        command += ["--cap-drop", "ALL", *(part for name in capabilities for part in ("--cap-add", f"CAP_{name}"))]
    else:
        command += ["--unshare-user"]
    for path in [*seen, *readable]:
        for parent in reversed(Path(path).parents[:-1]):  # those that bubblewrap makes unasked only root could enter
            command += ["--dir", str(parent)]
        command += ["--ro-bind-try", path, path]
    covered = {path for path in map(Path, hidden) if path.exists() and under(path, [*seen, *readable])}
    for path in sorted(covered):
        if not under(path.parent, covered):  # below an empty folder nothing can be put
            empty = ["--tmpfs", str(path), "--remount-ro"] if path.is_dir() else ["--ro-bind", os.devnull]
            command += [*empty, str(path)]
    command += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp", "--tmpfs", SCRATCH]  # noqa: S108
    for fonts in font_lists():  # or matplotlib looks for fonts anew, for seconds
        command += ["--ro-bind", str(fonts), f"{SCRATCH}/.cache/matplotlib/{fonts.name}"]
    return [*command, "--remount-ro", "/", "--remount-ro", "/dev", "--chdir", SCRATCH, "--", *program]


def under(path, folders):
    """Whether a path is one of the folders or lies in one."""
    return any(path.is_relative_to(folder) for folder in folders)


def font_lists():
    """The lists of fonts that matplotlib has made for this user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matplotlib"
    return Path(os.environ.get("MPLCONFIGDIR") or cache).glob("fontlist-*.json")


# --- The world of one kernel ----------------------------------------------------------------------------------------


def enter(directory, size):
    """Go on in a world of one's own, as the process that all others in it end with, in a copy of a `directory`.

    Args:
        directory: an open file descriptor of a folder. Its files are copied into the scratch folder.
        size: what the scratch folder can hold, in bytes.

    Returns:
        The number of the user that the kernel is to run as.

    Raises:
        OSError: the system refuses it.
    """
    user, group = os.getuid(), os.getgid()
    unshare(NEW_MOUNTS | NEW_IPC | NEW_PIDS | NEW_NETWORK | (NEW_USERS if user else 0))
    if user:
        keep_identity(user, group)
    else:
        user = group = 2**30 + secrets.randbelow(2**29)  # nobody's, so that its processes can be counted
    first = os.fork()  # who makes a process namespace is not in it; the next process is
    if first:
        os.close(directory)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)
    mount(
        "tmpfs", SCRATCH, "tmpfs", NO_SUID | NO_DEVICES, f"size={size},nr_inodes=20000,mode=700,uid={user},gid={group}"
    )
    mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_EXEC)
    for folder in (WORK, TEMPORARY, SHARED):
        Path(folder).mkdir()
        os.chown(folder, user, group)
    mount(SHARED, "/dev/shm", None, BIND)  # noqa: S108
    if not os.listdir("/tmp"):  # noqa: S108, PTH208  or Python itself lies there
        mount(TEMPORARY, "/tmp", None, BIND)  # noqa: S108
    copy_files(directory, WORK, user, group)
    os.chdir(WORK)
    Path("/proc/self/oom_score_adj").write_text("1000")  # when memory is short, this ends first
    return user


def copy_files(directory, target, user, group):
    """Copy the files and folders in an open `directory`, nothing else, and give them to a user; then close it."""
    for folder, folders, files, at in os.fwalk(".", dir_fd=directory):
        for name in [*folders, *files]:
            copy, mode = Path(target, folder, name), os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                copy.mkdir()
            elif stat.S_ISREG(mode):
                opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=at)
                with os.fdopen(opened, "rb") as source, copy.open("wb") as written:
                    shutil.copyfileobj(source, written)
            else:
                continue
            os.chown(copy, user, group)
    os.close(directory)


def drop_privileges(user):
    """Become that user, for good and without a way to new privileges."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        call(libc().prctl, SET_DUMPABLE, 1, 0, 0, 0)  # or the files of this process in /proc belong to root
    group = os.getgid()
    unshare(NEW_USERS)
    keep_identity(user, group)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    header, none = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    call(libc().capset, header, none)


def limit(cpu, memory, file_size, processes=None):
    """Limit what this process, and each that it starts, may use.

    Args:
        cpu: seconds of computing.
        memory: bytes beyond what this process has already.
        file_size: bytes of any one file.
        processes: how many processes and threads there may be; None where they cannot be told from others'.
    """
    import resource  # Windows has none

    limits = {"CPU": (cpu, cpu + 5), "FSIZE": (file_size,) * 2, "CORE": (0, 0)}
    with contextlib.suppress(OSError):  # macOS can neither tell nor limit it
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limits["AS"] = (pages * resource.getpagesize() + memory,) * 2
    if processes is not None:
        limits["NPROC"] = (processes, processes)
    for name, (soft, hard) in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        allowed = resource.getrlimit(kind)[1]
        if allowed != resource.RLIM_INFINITY:
            soft, hard = min(soft, allowed), min(hard, allowed)
        resource.setrlimit(kind, (soft, hard))


def bury_ended():
    """Wait for the processes that have ended, so that the system counts what they used for this one."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def memory_in_use():
    """Bytes in use by all processes that are seen from here; what they share counts for each."""
    pages = 0
    for process in Path("/proc").glob("[0-9]*/statm"):
        with contextlib.suppress(OSError):  # it has ended
            pages += int(process.read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def keep_identity(user, group):
    """In a new user namespace, be known by the same numbers as outside."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def unshare(namespaces):
    """Leave the namespaces that this process shares with its parent."""
    call(libc().unshare, namespaces)


def mount(source, target, kind, flags, options=None):
    """Mount a file system."""
    encoded = [text and text.encode() for text in (source, target, kind)]
    call(libc().mount, *encoded, ctypes.c_ulong(flags), options and options.encode())


def libc():
    """The C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    """Call a C function; OSError if it fails."""
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function.__name__}: {os.strerror(number)}")
