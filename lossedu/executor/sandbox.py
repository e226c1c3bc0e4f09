"""The sandbox of a submission: what it sees of the machine, and how much of the machine it may use.

bubblewrap starts the process that forks kernels in a sandbox, which is read-only, has no network, and shows Python and
little else. Each kernel then isolates itself from the other kernels too, before it runs any cell.
"""

import contextlib
import ctypes
import math
import os
import re
import secrets
import shutil
import site
import socket
import stat
import sys
import zoneinfo
from pathlib import Path

SCRATCH = "/submission"  # the only place that can be written to; each kernel has its own
WORK, TEMPORARY, SHARED = (f"{SCRATCH}/{name}" for name in ("work", "tmp", "shm"))  # a notebook runs in the first

# What a sandbox shows of the system: programs, libraries and their data. Everything else is missing, above all the
# configuration of the machine and of Jupyter, which may hold passwords.
SYSTEM = (
    *(f"{place}/{name}" for place in ("", "/usr") for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32")),
    *("/usr/libexec", "/usr/share", "/usr/local/lib", "/usr/local/lib64", "/usr/local/share/fonts", "/nix/store"),
    *("/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/matplotlibrc"),  # Debian's matplotlib needs the last
)
CONFIGURATION = ("/usr/share/jupyter",)  # hidden, although it lies in a folder that is shown
OF_PYTHON = ("bin", "lib", "lib64", "pyvenv.cfg")  # shown of an installation, and of a virtual environment

# from <sched.h>, <sys/mount.h>, <sys/prctl.h> and <linux/capability.h>
NEW_MOUNTS, NEW_IPC, NEW_USERS, NEW_PIDS, NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
ARENAS = -8  # M_ARENA_MAX in <malloc.h>
SET_DUMPABLE, SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVILEGES = 4, 36, 38
CAPABILITIES = 0x20080522

OPEN_FILES = 1024  # for a process; a pipe or a socket holds memory that does not belong to a process
COUNTED = re.compile(rb"^(?:VmRSS|VmSwap|VmPTE|HugetlbPages):\s+(\d+) kB", re.MULTILINE)  # in /proc/PID/status


# --- The sandbox of all kernels -------------------------------------------------------------------------------------


def bubblewrap(program, readable, hidden, refused_calls=None):
    """Return the command line that runs a program in a sandbox.

    Files and folders have the same real path inside as outside, and the links that lead to them are there too. So a
    path means the same inside, however it is spelled.

    Args:
        program: the command line of the program.
        readable: files and folders that the sandbox shows besides the system and Python; missing ones are ignored.
        hidden: files and folders that it does not show.
        refused_calls: a file descriptor from which the seccomp filter is read; None to refuse no system calls.
    """
    links, places = {}, set()
    for path in [*SYSTEM, *places_of_python(), *readable]:
        if os.path.exists(path):  # noqa: PTH110  not all are `Path`s
            place, crossed = follow(path)
            places.add(place)
            links |= crossed
    shown = sorted(place for place in places if places.isdisjoint(place.parents))
    links = {link: target for link, target in links.items() if not under(link, shown)}
    covered = {Path(os.path.realpath(path)) for path in (*CONFIGURATION, *hidden)}
    covered = {place for place in covered if place.exists() and under(place, shown)}

    command = ["bwrap", "--unshare-ipc", "--unshare-net", "--unshare-pid", "--unshare-uts", "--hostname", "grading"]
    if os.getuid() == 0:  # kernels get users of their own
        capabilities = ("SYS_ADMIN", "SETUID", "SETGID", "KILL", "DAC_OVERRIDE", "CHOWN")
        command += ["--cap-drop", "ALL", *(part for name in capabilities for part in ("--cap-add", f"CAP_{name}"))]
    else:
        command += ["--unshare-user"]
    if refused_calls is not None:
        command += ["--seccomp", str(refused_calls)]
    # All folders come first, since none can be made in a place that is mounted read-only. Those that bubblewrap makes
    # unasked only root could enter.
    for folder in sorted({parent for place in (*shown, *links) for parent in place.parents[:-1]}):
        command += ["--dir", str(folder)]
    for place in shown:
        command += ["--ro-bind-try", str(place), str(place)]
    for link, target in links.items():
        command += ["--symlink", target, str(link)]
    for place in sorted(covered):
        if not under(place.parent, covered):  # below an empty folder nothing can be put
            empty = ["--tmpfs", str(place), "--remount-ro"] if place.is_dir() else ["--ro-bind", os.devnull]
            command += [*empty, str(place)]
    command += ["--proc", "/proc", "--dev", "/dev", "--dir", "/tmp", "--tmpfs", SCRATCH]  # noqa: S108
    command += ["--ro-bind", os.devnull, "/dev/zero"]  # which gives shared memory that no limit counts
    for fonts in font_lists():  # or matplotlib looks for fonts anew, for seconds
        command += ["--ro-bind", str(fonts), f"{SCRATCH}/.cache/matplotlib/{fonts.name}"]
    return [*command, "--remount-ro", "/", "--remount-ro", "/dev", "--chdir", SCRATCH, "--", *program]


def places_of_python():
    """Yield where this Python, its packages and lossedu lie; some of these places may not exist."""
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        yield from (f"{prefix}/{name}" for name in OF_PYTHON)
    yield sys.executable
    yield from filter(holds_packages, sys.path)
    yield from zoneinfo.TZPATH
    yield str(Path(__file__).parents[1])


def holds_packages(folder):
    """Return whether packages are installed in a folder, unlike one that merely holds someone's modules."""
    return any(Path(folder).glob("*.dist-info"))


def follow(path):
    """Return where a path really leads, and the links on the way: the place of each and what it points to."""
    place, links, parts = Path("/"), {}, [*Path.cwd().joinpath(path).parts]
    while parts:
        part = parts.pop(0)
        following = place.parent if part == ".." else place / part
        if following.is_symlink():
            links[following] = os.readlink(following)  # noqa: PTH115  as it is written
            parts = [*Path(links[following]).parts, *parts]
        else:
            place = following
    return place, links


def under(path, folders):
    """Return whether a path is one of the folders or lies in one."""
    return any(path.is_relative_to(folder) for folder in folders)


def environment_within(environment, temporary, home=SCRATCH):
    """Return the environment variables of a process in the sandbox, given those that it would have outside.

    Its home folder is the scratch folder, and its temporary files go to the folder `temporary`.
    """
    environment = environment | {"HOME": home, "TMPDIR": temporary}
    environment.pop("MPLCONFIGDIR", None)  # a folder that is not shown
    if site.ENABLE_USER_SITE:  # Python would look for it in the home folder
        environment["PYTHONUSERBASE"] = site.getuserbase()
    return environment


def font_lists():
    """Return the paths of the lists of fonts that matplotlib has made for this user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matplotlib"
    return Path(os.environ.get("MPLCONFIGDIR") or cache).glob("fontlist-*.json")


# --- The sandbox of one kernel --------------------------------------------------------------------------------------


def enter(directory, size):
    """Go on in a sandbox for one kernel, as the process that all others in it end with, in a copy of a `directory`.

    Args:
        directory: an open file descriptor of a folder. Its files are copied into the scratch folder.
        size: what the scratch folder can hold, in bytes.

    Returns:
        The number of the user that the kernel is to run as, and an open file descriptor of a `/proc` that can be
        written to, for `drop_privileges`. The one that the kernel sees is read-only: there a process could take back
        that it is the first to end when memory is short.

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
    mount("devpts", "/dev/pts", "devpts", NO_SUID | NO_EXEC, "newinstance,ptmxmode=0666,mode=620")
    for folder in (WORK, TEMPORARY, SHARED):
        Path(folder).mkdir()
        os.chown(folder, user, group)
    mount(SHARED, "/dev/shm", None, BIND)  # noqa: S108
    if not os.listdir("/tmp"):  # noqa: S108, PTH208  or Python itself lies there
        mount(TEMPORARY, "/tmp", None, BIND)  # noqa: S108
    copy_files(directory, WORK, user, group)
    os.chdir(WORK)
    Path("/proc/self/oom_score_adj").write_text("1000")  # when memory is short, this ends first
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    mount("/proc", "/proc", None, BIND)
    mount(None, "/proc", None, REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES | NO_EXEC)
    return user, proc


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


def drop_privileges(user, proc):
    """Become that user, for good and without a way to new privileges; close `proc`, which `enter` has opened."""
    if os.getuid() == 0:
        become(user)
    group = os.getgid()
    unshare(NEW_USERS)
    writable = Path(f"/proc/self/fd/{proc}")
    keep_identity(user, group, writable)
    (writable / "sys/user/max_user_namespaces").write_text("0")
    os.close(proc)
    drop_capabilities()


def become(user):
    """Go on as that user, in no group but the one of the same number, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    call(libc().prctl, SET_DUMPABLE, 1, 0, 0, 0)  # or the files of this process in /proc belong to root


def drop_capabilities():
    """Give up what lets a process do more than its user may; root keeps its files, and loses all other powers."""
    header, none = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    call(libc().capset, header, none)


def refuse_new_privileges():
    """Let no program that this process starts give it privileges, such as one that belongs to root with setuid."""
    call(libc().prctl, SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def limit(cpu, memory, file_size, processes=None):
    """Limit what this process, and each that it starts, may use.

    Args:
        cpu: seconds of computing.
        memory: bytes beyond what this process has already.
        file_size: bytes of any one file.
        processes: how many processes and threads there may be; None where they cannot be told from others'.
    """
    import resource  # Windows has none

    limits = {"CPU": (cpu, cpu + 5), "FSIZE": (file_size,) * 2, "CORE": (0, 0), "NOFILE": (OPEN_FILES,) * 2}
    with contextlib.suppress(OSError):  # macOS can neither tell nor limit it
        limits["AS"] = (address_space() + memory,) * 2
    if processes is not None:
        limits["NPROC"] = (processes, processes)
    for name, (soft, hard) in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        allowed = resource.getrlimit(kind)[1]
        if allowed != resource.RLIM_INFINITY:
            soft, hard = min(soft, allowed), min(hard, allowed)
        resource.setrlimit(kind, (soft, hard))


def limit_further(cpu, memory):
    """Limit what this process may use from now on: seconds of computing, and bytes of memory. See `lift_limits`."""
    import resource  # Windows has none

    used = resource.getrusage(resource.RUSAGE_SELF)
    limits = {"CPU": math.ceil(used.ru_utime + used.ru_stime) + cpu}  # the kernel counts whole seconds: never fewer
    with contextlib.suppress(OSError):  # macOS can neither tell nor limit it
        limits["AS"] = address_space() + memory
    for name, soft in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def lift_limits():
    """Undo `limit_further`, which the process did that started this one."""
    import resource  # Windows has none

    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (hard, hard))


def use_few_arenas():
    """Let threads share their heaps: each of its own would take 64 MB of the addresses that are limited."""
    with contextlib.suppress(AttributeError):  # only glibc has this function
        libc().mallopt(ARENAS, 2)


def address_space():
    """Return the bytes of addresses that this process uses; OSError if the system does not tell."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def bury_ended():
    """Wait for the processes that have ended, so that the system counts what they used for this one."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def memory_in_use():
    """Return the bytes in use by all processes that are seen from here, and by the system on their behalf.

    That is what lies in memory or was moved out of it, page tables, and what the buffers of sockets can hold. Memory
    that processes share counts for each.
    """
    kilobytes = sum(sum(map(int, COUNTED.findall(status))) for status in statuses().values())
    sockets = read_at_once("/proc/net/sockstat").split()[2]  # "sockets: used 3"
    return 1024 * kilobytes + int(sockets) * send_buffer()


def statuses():
    """Return the text of `/proc/PID/status` for each visible process, by its number."""
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  a glob touches memory that each forked process must copy
        if name.isdigit():
            with contextlib.suppress(OSError):  # it has ended
                found[int(name)] = read_at_once(f"/proc/{name}/status")
    return found


def read_at_once(path):
    """Return the content of a file in `/proc`, read without a buffer."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.read()


def send_buffer():
    """Return the bytes that can wait in a socket for their reader."""
    with socket.socket(socket.AF_UNIX) as any_socket:
        with contextlib.suppress(OSError):  # refused here, as in a kernel
            any_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**30)
        return any_socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def keep_identity(user, group, proc=Path("/proc")):
    """In a new user namespace, be known by the same numbers as outside."""
    (proc / "self/setgroups").write_text("deny")
    (proc / "self/uid_map").write_text(f"{user} {user} 1")
    (proc / "self/gid_map").write_text(f"{group} {group} 1")


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
