"""Run in a child by ``finetune.evaluation.sandbox``: gives up every right it can, then runs a program.

Imports nothing of edgegen, so that it starts in milliseconds under ``python -I``. Reads one JSON object from standard
input: program, token, limits. Writes the token to standard output when the program ran to its end, and what went wrong
otherwise.
"""

import ctypes
import json
import os
import resource
import sys

NOBODY = 65534
PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 8, 22, 38
SECCOMP_MODE_FILTER = 2
# linux/capability.h
CAPABILITY_VERSION_3, CAP_DAC_READ_SEARCH = 0x20080522, 2
# Landlock's system calls have the same numbers on every architecture (linux/landlock.h).
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
# All rights that change a file system: write, remove and make of every kind; truncate since the third version.
WRITES = sum(1 << bit for bit in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12))
TRUNCATE = 1 << 14
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
# Since the fourth version: binding and connecting of TCP; since the sixth: abstract sockets and signals to outside.
TCP, OUTSIDE = 3, 3
# What Python itself reads: its modules, the libraries they link, time zones. Everything else is nobody's business.
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")
FILES = ("/etc/ld.so.cache", "/etc/localtime", "/dev/random", "/dev/urandom", "/dev/zero")
# linux/mount.h
MS_NOSUID, MS_NODEV = 2, 4


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _Filter(ctypes.Structure):
    _fields_ = (("instructions", ctypes.c_ushort), ("program", ctypes.c_char_p))


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def become_nobody() -> None:
    """Give up root. Where Python lies in root's own folder, the right to read is kept: imports need it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    kept = 0
    try:
        os.listdir(os.path.dirname(os.__file__))  # noqa: PTH120, PTH208 - pathlib is not imported yet
    except PermissionError:
        kept = 1 << CAP_DAC_READ_SEARCH
    keep_capabilities(kept)


def keep_capabilities(kept: int) -> None:
    """Give up every other capability, also those over namespaces of one's own."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
    sets = (_CapabilitySets * 2)(_CapabilitySets(kept, kept, 0), _CapabilitySets(0, 0, 0))
    if libc.capset(ctypes.byref(header), sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def landlock_version() -> int:
    """Of the kernel's interface; below 1 it has none (before Linux 5.13, or switched off)."""
    return int(ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, 1))


def own_disk(folder: str, size_bytes: int) -> bool:
    """A small file system in memory on ``folder``; only in a mount namespace of one's own, with which it goes away."""
    options = f"size={size_bytes},nr_inodes=1024,mode=0777".encode()
    mount = ctypes.CDLL(None).mount
    if mount(b"tmpfs", os.fsencode(folder), b"tmpfs", MS_NOSUID | MS_NODEV, options) != 0:
        return False
    os.chdir(folder)
    return True


def python_folders() -> set[str]:
    """Where the modules of this Python and the libraries that it has loaded lie."""
    found = {sys.base_prefix, sys.base_exec_prefix, os.path.dirname(os.__file__), *LIBRARIES}  # noqa: PTH120
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:  # noqa: PTH123
            mapped = [line.split(None, 5)[5].strip() for line in maps if "/" in line]
    except OSError:
        mapped = []
    return found | {os.path.dirname(path) for path in mapped if path.startswith("/") and ".so" in path}  # noqa: PTH120


def keep_to(folder: str) -> bool:
    """Let this process change files only below ``folder``, read only those and Python's own, and start no program.

    Newer kernels keep it from TCP, and from signals and sockets of other processes, too. False where the kernel cannot.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = landlock_version()
    if version < 1:
        return False
    writes = WRITES | (TRUNCATE if version >= 3 else 0)
    reads = READ_FILE | READ_DIR
    wanted = _Ruleset(writes | reads | EXECUTE, TCP if version >= 4 else 0, OUTSIDE if version >= 6 else 0)
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(wanted), ctypes.sizeof(wanted), 0)
    if ruleset < 0:
        return False
    allowed = {folder: writes | reads, os.devnull: READ_FILE | WRITE_FILE}
    allowed |= {**dict.fromkeys(python_folders(), reads), **dict.fromkeys(FILES, READ_FILE)}
    done = True
    for path, rights in allowed.items():
        try:
            place = os.open(path, os.O_PATH)
        except OSError:  # this machine has none
            continue
        mine = rights if os.path.isdir(path) else rights & ~READ_DIR  # noqa: PTH112
        done = libc.syscall(ADD_RULE, ruleset, 1, ctypes.byref(_Beneath(mine, place)), 0) == 0 and done
        os.close(place)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    done = done and libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(done)


def filter_calls(program: bytes) -> bool:
    """Deny this process what a filter denies (``finetune.evaluation.system_calls``); False where the kernel cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    wanted = _Filter(len(program) // 8, program)
    return bool(program) and libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0) == 0


def confine(cpu_s: int, memory_bytes: int, file_bytes: int, *, root: bool, calls: bytes) -> None:
    """No other user's rights, no files elsewhere, no more processes, and limits on what is left.

    Args:
        calls: The filter of system calls; empty for a machine that there is none for.
        root: Whether whoever started this is root. In a user namespace of somebody else we look like root, and there is
            no nobody whom we could become.
    """
    keep_to(".")
    if root:
        become_nobody()
    else:
        keep_capabilities(0)
    limits = {
        resource.RLIMIT_CPU: (cpu_s, cpu_s + 1),
        resource.RLIMIT_AS: (memory_bytes, memory_bytes),
        resource.RLIMIT_FSIZE: (file_bytes, file_bytes),
        resource.RLIMIT_NPROC: (0, 0),  # neither a process nor a thread beside this one
        resource.RLIMIT_NOFILE: (64, 64),
        resource.RLIMIT_CORE: (0, 0),
    }
    for limit, values in limits.items():
        resource.setrlimit(limit, values)
    filter_calls(calls)


def main() -> None:
    """Run one program."""
    task = json.loads(sys.stdin.buffer.read())
    # The program gets neither end: what it prints goes nowhere, what it reads is empty.
    report = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    if task["disk_bytes"]:
        own_disk(os.getcwd(), task["disk_bytes"])  # noqa: PTH109
    calls = bytes.fromhex(task["calls"])
    confine(task["cpu_s"], task["memory_bytes"], task["file_bytes"], root=task["root"], calls=calls)
    try:
        exec(compile(task["program"], "<candidate>", "exec"), {"__name__": "__main__"})  # noqa: S102 - what it is for
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are failures, too
        os.write(report, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:300])
        os._exit(1)
    os.write(report, task["token"].encode())
    os._exit(0)  # whatever the program registered to run at the end does not


if __name__ == "__main__":
    main()
