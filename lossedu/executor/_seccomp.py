"""System calls that kernels are refused: those whose memory no limit counts, and those that reach past namespaces.

The limits of a kernel count the memory of its processes and the files in its scratch folder. A memfd, a shared memory
segment or a message queue belongs to neither.
"""

import ctypes
import errno
import platform
import struct
import sys

from lossedu.executor import sandbox

AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # from <linux/audit.h>
MAP_SHARED, MAP_ANONYMOUS = 0x01, 0x20  # from <sys/mman.h>
F_SETLEASE = 1024  # from <fcntl.h>
SOL_SOCKET, SO_SNDBUF = 1, 7  # from <sys/socket.h>
ALL_BITS = 0xFFFFFFFF

# The numbers of a call on x86_64 and on aarch64, from <asm/unistd.h>. What follows limits the refusal to some
# arguments: the position of an argument, the bits of it that matter, and their value.
REFUSED = {
    # memory that belongs to no process
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "vmsplice": (278, 75),
    "io_setup": (206, 0),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # memory that stays, uncounted, after `madvise` has taken it from the process
    "mmap": (9, 222, (3, MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS)),
    # more memory for a socket than `memory_in_use` counts
    "setsockopt": (54, 208, (1, ALL_BITS, SOL_SOCKET), (2, ALL_BITS, SO_SNDBUF)),
    # a way to let others wait who open the same file
    "fcntl": (72, 25, (1, ALL_BITS, F_SETLEASE)),
    # what processes share in spite of namespaces: keys, the kernel's log, its instruments
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "syslog": (103, 116),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "fanotify_init": (300, 262),
}

# Where there is no namespace for the network, sockets reach only this machine. ZeroMQ would abort on another error.
SOCKET, AF_UNIX, NO_NETWORK = (41, 198), 1, errno.EOPNOTSUPP

# from <linux/bpf_common.h> and <linux/seccomp.h>: instructions, and places in what they look at
LOAD, AND, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
ALLOW, FAIL = 0x7FFF0000, 0x00050000
REFUSE = FAIL | errno.EPERM
SET_SECCOMP, BY_FILTER = 22, 2  # from <linux/prctl.h> and <linux/seccomp.h>
OTHER_NUMBERS = 0x40000000  # from here on, x86_64 has the same calls by other numbers


def program(offline=False):
    """Return the filter for this machine, as the kernel reads it; None if there is none for its processor.

    With `offline`, it also refuses sockets that reach a network.
    """
    machine = platform.machine()
    if machine not in AUDIT_ARCHITECTURES or sys.maxsize < 2**32:
        return None
    column = [*AUDIT_ARCHITECTURES].index(machine)
    refuse = (RETURN, 0, 0, REFUSE)
    instructions = [
        (LOAD, 0, 0, ARCHITECTURE),
        (IF_EQUAL, 1, 0, AUDIT_ARCHITECTURES[machine]),
        refuse,
        (LOAD, 0, 0, NUMBER),
        (IF_AT_LEAST, 0, 1, OTHER_NUMBERS),
        refuse,
    ]
    for rule in REFUSED.values():
        number, arguments, body = rule[column], rule[len(AUDIT_ARCHITECTURES) :], [refuse]
        for position, bits, value in reversed(arguments):
            body = [
                (LOAD, 0, 0, ARGUMENTS + 8 * position),
                (AND, 0, 0, bits),
                (IF_EQUAL, 0, len(body), value),
                *body,
            ]
        instructions += [(LOAD, 0, 0, NUMBER), (IF_EQUAL, 0, len(body), number), *body]
    if offline:
        body = [(LOAD, 0, 0, ARGUMENTS), (IF_EQUAL, 1, 0, AF_UNIX), (RETURN, 0, 0, FAIL | NO_NETWORK)]
        instructions += [(LOAD, 0, 0, NUMBER), (IF_EQUAL, 0, len(body), SOCKET[column]), *body]
    instructions.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def load(instructions):
    """Apply a filter to this process and to those that it starts; it must have refused new privileges before."""
    kept = ctypes.create_string_buffer(instructions)
    described = struct.pack("@HP", len(instructions) // struct.calcsize("=HBBI"), ctypes.addressof(kept))
    sandbox.call(sandbox.libc().prctl, SET_SECCOMP, BY_FILTER, described)
