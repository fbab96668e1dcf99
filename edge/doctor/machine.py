"""Findings on the machine: Python, packages, the build of llama.cpp, disk, memory, clock, service."""

import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from edge.doctor.finding import Finding, ok, problem, warning
from edgegen import __version__
from edgegen.config import SYSTEM_FILE

PACKAGES = ("paho-mqtt", "psutil", "jsonschema", "sqlite-utils", "llguidance", "jinja2", "llama-cpp-python")
COMMAND_S = 5.0  # timedatectl and systemctl wait for D-Bus for 25 s where there is none
IMPORT_S = 60.0  # llama.cpp from a slow memory card

DISK_PROBLEM_BYTES = 64 * 2**20  # below it SQLite's WAL soon has no room
DISK_WARNING_BYTES = 1024 * 2**20  # room for the next bundle

# This software is no older than that: an earlier clock was never set. Boards without a battery start in 1970.
FIRST_YEAR = 2026

# What llama.cpp's build must have to be fast, where the processor has it: flag of /proc/cpuinfo -> its own name.
CPU_FEATURES = {"avx2": "AVX2", "f16c": "F16C", "fma": "FMA", "avx512f": "AVX512", "asimddp": "DOTPROD"}

# In a child: a llama.cpp that was built for another processor ends in SIGILL.
_LLAMA_CHILD = (
    "import json, llama_cpp\nprint(json.dumps([llama_cpp.__version__, llama_cpp.llama_print_system_info().decode()]))"
)


def versions() -> Iterator[Finding]:
    """Python, edgegen and the packages of the gateway."""
    name = f"edgegen {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield ok("versions", name)
    installed, missing = [], []
    for package in PACKAGES:
        try:
            installed.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        yield problem("packages", f"not installed: {', '.join(missing)}", "pip install 'edgegen[edge]'")
    else:
        yield ok("packages", ", ".join(installed))


def llama_cpp_build() -> Iterator[Finding]:
    """Whether llama.cpp runs on this processor and uses what it has."""
    done = _run([sys.executable, "-c", _LLAMA_CHILD], timeout_s=IMPORT_S)
    rebuild = "pip install --force-reinstall --no-cache-dir --no-binary :all: --no-deps llama-cpp-python"
    if done is None:
        yield problem("llama.cpp", f"did not load within {IMPORT_S:.0f} s", "Is the disk it lies on all right?")
        return
    if done.returncode != 0:
        how = f"signal {-done.returncode}" if done.returncode < 0 else _last_line(done.stderr)
        yield problem("llama.cpp", f"cannot be loaded: {how}", f"Compile it on this machine: {rebuild}")
        return
    version, info = json.loads(done.stdout.splitlines()[-1])
    built = set(re.findall(r"([A-Z0-9_]+) = 1", info))
    lacking = [own for flag, own in CPU_FEATURES.items() if flag in _cpu_flags() and own not in built]
    if lacking:
        message = f"{version} does not use {', '.join(lacking)} of this processor: it answers slower than it could"
        yield warning("llama.cpp", message, f"Compile it on this machine: {rebuild}")
    else:
        yield ok("llama.cpp", f"{version}, built with {', '.join(sorted(built))}")


def _cpu_flags() -> set[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    match = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return set(match[1].split()) if match else set()


def data_dir(folder: Path) -> Iterator[Finding]:
    """Whether the node can write where it must, and has room."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    user = _user()
    if not folder.exists() and not os.access(there, os.W_OK):
        yield problem(
            "data_dir",
            f"{folder} does not exist, and {user} may not create it in {there}",
            f"sudo install -d -o {user} {folder}, or run doctor as the node's user: sudo -u edgegen edgegen doctor",
        )
        return
    if folder.exists():
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            yield problem(
                "data_dir",
                f"{folder} cannot be written by {user}: {error.strerror}",
                f"sudo chown -R {user} {folder}, or run doctor as the node's user: sudo -u edgegen edgegen doctor",
            )
            return
        yield ok("data_dir", f"{folder} can be written")
    else:
        yield ok("data_dir", f"{folder} will be created at the first start")
    free = shutil.disk_usage(there).free
    message = f"{free / 2**30:.1f} GiB free on the disk of {there}"
    if free < DISK_PROBLEM_BYTES:
        yield problem("disk", message, "Free some space: the node cannot store requests and refuses them.")
    elif free < DISK_WARNING_BYTES:
        yield warning("disk", message, "Free some space, or lower telemetry.retention_days; a new model needs more.")
    else:
        yield ok("disk", message)


def memory(model_path: Path, n_ctx: int, *, running: bool) -> Iterator[Finding]:
    """Whether model and KV cache fit.

    Args:
        running: The node runs already, so that what it needs is not free any more.
    """
    machine = psutil.virtual_memory()
    model = model_path.stat().st_size
    # 200 MiB: daemon, Python of the engine, compute buffers. KV cache in f16: 23 to 34 KB a token for models of
    # up to 1B (94 MB and 134 MB for 4096), 128 KB for 8B; 1/40,000 of the file lies above both.
    needed = model + n_ctx * max(34_000, model // 40_000) + 200 * 2**20
    free = machine.total if running else machine.available
    message = (
        f"the model needs about {needed / 2**30:.1f} GiB; of {machine.total / 2**30:.1f} GiB "
        f"{machine.available / 2**30:.1f} are free" + (", with the node running" if running else "")
    )
    remedy = "Choose a smaller model or quantisation, or lower model.n_ctx."
    if needed > machine.total:
        yield problem("memory", message, remedy)
    elif needed > free:
        yield warning("memory", message, f"Stop what else runs here. {remedy}")
    else:
        yield ok("memory", message)


def clock() -> Iterator[Finding]:
    """Whether the wall clock can be right: rows and logs carry it, and TLS certificates are checked by it."""
    shown = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if time.localtime().tm_year < FIRST_YEAR:
        yield problem(
            "clock",
            f"it is {shown} here, before this software was written",
            "Set it (`timedatectl set-time`), or connect a time server or a clock with a battery; TLS will fail.",
        )
        return
    done = _run(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    said = done.stdout.strip() if done is not None and done.returncode == 0 else ""
    if said == "no":
        yield warning("clock", f"{shown}, not synchronised", "timedatectl set-ntp true, or ignore it on an island site")
    else:
        yield ok("clock", shown + (", synchronised" if said == "yes" else ""))


def service() -> Iterator[Finding]:
    """Whether systemd starts the node."""
    done = _run(["systemctl", "is-enabled", "edgegen.service"])
    said = done.stdout.strip() if done is not None else ""
    if said == "enabled":
        yield ok("service", "edgegen.service is enabled: the node starts with this machine")
    elif said in ("disabled", "masked", "static"):
        yield warning("service", f"edgegen.service is {said}", "sudo systemctl enable --now edgegen")
    elif SYSTEM_FILE.exists():
        yield warning(
            "service",
            f"{SYSTEM_FILE} is there, and no edgegen.service: the node does not start with this machine",
            "Install systemd/edgegen.service, then: sudo systemctl enable --now edgegen",
        )
    else:
        yield ok("service", "not installed as a service; `edgegen serve` runs in the foreground")


def _run(arguments: Sequence[str], *, timeout_s: float = COMMAND_S) -> subprocess.CompletedProcess[str] | None:
    """A command's result; None when it is not installed or does not end."""
    try:
        return subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"


def _user() -> str:
    try:
        return psutil.Process().username()
    except KeyError:  # a user id without a name, as in containers
        return str(os.geteuid())
