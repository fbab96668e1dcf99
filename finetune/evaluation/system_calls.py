"""A filter of system calls for programs that a model wrote: what neither Landlock nor limits keep them from.

Landlock decides over files that are opened. It lets a program set the mode, owner and times of a file that belongs to
its user, and connect to a socket in a folder, behind which a service may start programs in its place; before its sixth
version it lets it signal the user's other processes. Shared memory of System V and keys count under no limit of memory.

The filter is a program for the kernel's classic BPF machine (seccomp(2), linux/filter.h, linux/seccomp.h). What it
denies fails with EPERM, which Python shows as PermissionError.
"""

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator
from typing import NamedTuple

PR_SET_SECCOMP, FILTER_MODE = 22, 2

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _DENY, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
# Offsets in struct seccomp_data; the low half of the first argument, on machines that are little-endian.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
# From this number on, x86-64 numbers its calls for 32-bit pointers, which are other names of the same ones.
_X32 = 0x40000000


class _Machine(NamedTuple):
    """``audit`` is its AUDIT_ARCH in linux/audit.h."""

    audit: int
    prlimit: int
    denied: tuple[int, ...]


# asm/unistd_64.h and asm-generic/unistd.h, in the order of the names beside them. From 424 on all machines agree.
_EVERYWHERE = (
    *(424, 434, 438),  # pidfd_send_signal, pidfd_open, pidfd_getfd
    *(425, 426, 427),  # io_uring_setup, _enter, _register: calls that no filter sees
    *(428, 429, 430, 433, 442, 467),  # open_tree, move_mount, fsopen, fspick, mount_setattr, open_tree_attr
    *(440, 448),  # process_madvise, process_mrelease
    *(447, 452, 463, 466, 469),  # memfd_secret, fchmodat2, setxattrat, removexattrat, file_setattr
)
_X86_64 = (
    41,  # socket
    *(62, 200, 234, 129, 297),  # kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo
    *(101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
    *(90, 91, 268),  # chmod, fchmod, fchmodat
    *(92, 93, 94, 260),  # chown, fchown, lchown, fchownat
    *(132, 235, 261, 280),  # utime, utimes, futimesat, utimensat
    *(188, 189, 190, 197, 198, 199),  # setxattr, l-, f-; removexattr, l-, f-
    *(29, 68, 64, 240, 319),  # shmget, msgget, semget, mq_open, memfd_create
    *(248, 249, 250),  # add_key, request_key, keyctl
    *(321, 298, 323),  # bpf, perf_event_open, userfaultfd
    *(272, 308, 165, 166, 155, 161),  # unshare, setns, mount, umount2, pivot_root, chroot
    *(59, 322),  # execve, execveat
    *(141, 251, 144, 142, 314, 203),  # setpriority, ioprio_set, sched_setscheduler, -setparam, -setattr, -setaffinity
    *(256, 279),  # migrate_pages, move_pages
)
_AARCH64 = (
    198,
    *(129, 130, 131, 138, 240),
    *(117, 270, 271, 272),
    *(52, 53),
    *(54, 55),
    88,
    *(5, 6, 7, 14, 15, 16),
    *(194, 186, 190, 180, 279),
    *(217, 218, 219),
    *(280, 241, 282),
    *(97, 268, 40, 39, 41, 51),
    *(221, 281),
    *(140, 30, 119, 118, 274, 122),
    *(238, 239),
)
_MACHINES = {
    "x86_64": _Machine(0xC000003E, 302, _X86_64),
    "aarch64": _Machine(0xC00000B7, 261, _AARCH64),
}


def program(machine: str) -> bytes:
    """The filter for a machine as ``platform.machine`` names it, 8 bytes an instruction; empty for an unknown one."""
    known = _MACHINES.get(machine)
    return b"" if known is None else b"".join(struct.pack("<HBBI", *line) for line in _lines(known))


def _lines(machine: _Machine) -> Iterator[tuple[int, int, int, int]]:
    """Operation, how far to jump where a comparison holds and where not, and its value."""
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, machine.audit
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    for number in (*machine.denied, *_EVERYWHERE):
        yield _EQUAL, 0, 1, number
        yield _RETURN, 0, 0, _DENY
    yield _AT_LEAST, 0, 1, _X32
    yield _RETURN, 0, 0, _DENY
    # Its own limits a program may read, and lower; 0 is itself.
    yield _EQUAL, 0, 3, machine.prlimit
    yield _LOAD, 0, 0, _FIRST_ARGUMENT
    yield _EQUAL, 1, 0, 0
    yield _RETURN, 0, 0, _DENY
    yield _RETURN, 0, 0, _ALLOW


def filtered() -> bool:
    """Whether this machine and its kernel filter: without a program, one that can says it was given a bad address."""
    libc = ctypes.CDLL(None, use_errno=True)
    can = libc.prctl(PR_SET_SECCOMP, FILTER_MODE, None, 0, 0) != 0 and ctypes.get_errno() == errno.EFAULT
    return can and bool(program(platform.machine()))
