"""What protects from a submission's kernel where no namespaces can be made, on Linux.

If the grading process is root, each kernel runs as a user of its own. Any kernel works in a scratch folder, on a copy
of its files. Landlock limits which other files it reaches, and seccomp refuses it system calls, above all the network.
"""

import contextlib
import grp
import os
import pwd
import re
import secrets
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from lossedu.executor import _landlock, _seccomp, sandbox

FIRST_USER, USERS = 2**30, 2**29  # nobody's, where all numbers exist
FEW_USERS, ORDINARY = 4000, 1000  # where few exist: the last ones, and the first that is not the system's
MAPS = (Path("/proc/self/uid_map"), Path("/proc/self/gid_map"))
SECONDS = 10  # to end processes
OPEN_TO_ALL = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock")  # noqa: S108  where any user can write


class Confinement:
    """The scratch folder of a kernel, and the user that it runs as; `user` is None for the user of this process.

    The process that watches over the kernel makes it, and ends it: whatever runs as that user, or descends from
    the kernel.
    """

    def __init__(self, other_user):
        """Make the scratch folder, for another user or not."""
        self.user = unused_user() if other_user else None
        self.scratch = tempfile.mkdtemp(prefix="lossedu-kernel-")
        self.work, self.temporary = f"{self.scratch}/work", f"{self.scratch}/tmp"  # noqa: S108
        try:
            for folder in (self.work, self.temporary):
                Path(folder).mkdir(mode=0o700)
            for folder in (self.work, self.temporary, self.scratch):
                os.chown(folder, *self.owner)
        except OSError:
            remove(self.scratch)
            raise
        # orphans become children of this process, so that it finds them
        sandbox.call(sandbox.libc().prctl, sandbox.SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    @property
    def owner(self):
        """The numbers of the user and the group that the kernel's files belong to."""
        return (os.getuid(), os.getgid()) if self.user is None else (self.user, self.user)

    def confine(self, rules):
        """Go on in this process as the kernel may, for good; `rules` are those of `_landlock`."""
        os.chdir(self.work)
        with contextlib.suppress(OSError):  # some containers refuse it
            Path("/proc/self/oom_score_adj").write_text("1000")  # when memory is short, this ends first
        if self.user is not None:
            sandbox.become(self.user)
        sandbox.drop_capabilities()
        sandbox.refuse_new_privileges()
        if _landlock.version():
            _landlock.restrict(rules, self.scratch)
        if instructions := _seccomp.program(offline=True):
            _seccomp.load(instructions)

    def memory_in_use(self, kernel):
        """Return the bytes in use by this process, the kernel, and all processes of the user that it runs as."""
        statuses = sandbox.statuses()
        numbers = {os.getpid(), kernel, *processes_of(self.user, statuses)} & statuses.keys()
        found = (sandbox.COUNTED.findall(statuses[number]) for number in numbers)
        return 1024 * sum(int(kilobytes) for each in found for kilobytes in each)

    def kill(self):
        """Kill all processes of the kernel's user, or all that descend from this process; return those still there."""
        if self.user is None:
            return kill_descendants()
        kill_all_of(self.user)
        return processes_of(self.user)

    def end_processes(self):
        """Kill until no processes are left; TimeoutError if some stay."""
        deadline = time.monotonic() + SECONDS
        while left := self.kill():
            sandbox.bury_ended()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(left)} processes of a submission could not be ended")
        sandbox.bury_ended()

    def end(self):
        """Kill what is left of the kernel, and remove its files."""
        with contextlib.suppress(TimeoutError):
            self.end_processes()
        if self.user is not None and not _landlock.version():
            for folder in {*OPEN_TO_ALL, tempfile.gettempdir()}:
                remove_files_of(self.user, folder)
        remove(self.scratch)


def means():
    """Find out what can protect here.

    Returns:
        Whether kernels can be confined at all, whether they can run as other users, and sentences about what protects
        less than it could.
    """
    lacks, other_user = [], False
    if os.getuid() == 0:
        problem = problem_with(other_user=True)
        other_user = problem is None
        if problem:
            lacks.append(f"Submissions run as root: another user fails ({problem}).")
    if not other_user and (problem := problem_with(other_user=False)):
        return False, False, [*lacks, f"Submissions can do what whoever grades can: {problem}."]
    if not _landlock.version():
        whoever = "every user of this machine" if other_user else "whoever grades"
        lacks.append(f"Submissions can read what {whoever} can: this system has no Landlock.")
    return True, other_user, lacks


def problem_with(other_user):
    """Return why kernels cannot be confined, as other users or as this one; None if they can.

    A child process tries it. It also looks whether that user can read Python and its packages, because a kernel imports
    modules at any time, and whether the user can reach the scratch folder.
    """
    try:
        confinement = Confinement(other_user)
    except OSError as error:
        return str(error)
    reading, writing = os.pipe()
    read = [os.__file__, np.__file__, *filter(sandbox.holds_packages, sys.path)]
    trial = os.fork()
    if trial == 0:
        try:
            confinement.confine(_landlock.rules_for((), ()))
            for place in (*read, confinement.work):
                os.close(os.open(place, os.O_RDONLY))
            Path(confinement.temporary, "file").touch()
            os.write(writing, b"-")
            signal.pause()  # until it is killed
        except OSError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    reason = os.read(reading, 1000).decode()
    os.close(reading)
    if reason == "-":
        try:
            os.kill(trial, 0)  # which asks only whether it may be killed
            confinement.end_processes()
        except OSError as error:
            reason = f"its processes cannot be ended: {error}"
    confinement.end()
    return None if reason == "-" else reason or "its process ended by itself"


def unused_user():
    """Return the number of a user without processes and without a name; the next number is unused, too.

    Raises:
        OSError: too few numbers exist here, as in some containers.
    """
    ranges = [
        [range(first, first + count) for first, _, count in map(numbers_in, each.read_text().splitlines())]
        for each in MAPS
    ]
    last = min(max(each.stop for each in of_kind) for of_kind in ranges)
    first, count = (FIRST_USER, USERS) if last >= FIRST_USER + USERS else (last - FEW_USERS, FEW_USERS)
    statuses = sandbox.statuses()
    for _ in range(100):
        pair = [first + 2 * secrets.randbelow(count // 2)]
        pair.append(pair[0] + 1)
        exist = all(any(number in each for each in of_kind) for number in pair for of_kind in ranges)
        taken = (number < ORDINARY or has_name(number) or processes_of(number, statuses) for number in pair)
        if exist and not any(taken):
            return pair[0]
    raise OSError(f"no unused users exist here, only numbers up to {last - 1}")


def numbers_in(line):
    """Return the numbers in a line of text."""
    return map(int, line.split())


def has_name(number):
    """Return whether a user or a group of this number has a name."""
    for look_up in (pwd.getpwuid, grp.getgrgid):
        with contextlib.suppress(KeyError):
            look_up(number)
            return True
    return False


def processes_of(user, statuses=None):
    """Return the numbers of the processes that run as a user, or may become that user, and have not ended."""
    found = []
    for number, status in (sandbox.statuses() if statuses is None else statuses).items():
        users = re.search(rb"^Uid:(.*)$", status, re.MULTILINE)
        if users and str(user).encode() in users[1].split() and not re.search(rb"^State:\s+[ZX]", status, re.MULTILINE):
            found.append(number)
    return found


def kill_all_of(user):
    """Kill all processes of a user at once, so that none can escape by forks.

    A helper process does it. It has the rights of that user, but the user has none over it, as its own number is the
    next one.
    """
    helper = os.fork()
    if helper == 0:
        try:
            os.setresuid(user + 1, user, user + 1)
            sandbox.drop_capabilities()  # which must not fail: with them, it would kill everything
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(helper, 0)


def kill_descendants():
    """Kill the processes that descend from this one, and return those that were there."""
    found = []
    for each in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended
            if each.status() != psutil.STATUS_ZOMBIE:
                each.kill()
                found.append(each)
    return found


def remove_files_of(user, folder):
    """Remove what belongs to a user in a folder that is open to all, and in such folders in it."""
    with contextlib.suppress(OSError):
        for place in [*os.scandir(folder)]:
            with contextlib.suppress(OSError):
                found = place.stat(follow_symlinks=False)
                if found.st_uid == user:
                    remove(place.path)
                elif stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_IWOTH:
                    remove_files_of(user, place.path)


def remove(path):
    """Remove a file, or a folder with everything in it, however deep."""
    subprocess.run(["rm", "-rf", "--", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603, S607
