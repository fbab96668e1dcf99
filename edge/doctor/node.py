"""Findings on a running node: the lock of its data directory, and its connections to the broker."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import psutil

from edge.doctor.finding import Finding, ok, warning
from edge.salvage import damaged_files

LOCK = "edgegen.lock"


def running_pid(data_dir: Path) -> int | None:
    """The process that holds the data directory; None when no node runs on it. 0: one that cannot be named."""
    try:
        # Read only: opening for writing would need a right that a look does not.
        with (data_dir / LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = lock.read().strip()
                return int(text) if text.isdigit() else 0
    except OSError:
        return None
    return None


def connections(pid: int, port: int) -> int | None:
    """How many connections the node holds to the broker's port; None when this user may not know."""
    try:
        found = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error:
        return None
    return sum(1 for c in found if c.raddr and c.raddr.port == port and c.status == psutil.CONN_ESTABLISHED)


def node(data_dir: Path, port: int) -> Iterator[Finding]:
    """Whether a node runs, has its broker, and had to give up a database."""
    pid = running_pid(data_dir)
    if pid is None:
        yield ok("node", f"none runs on {data_dir}")
    else:
        yield _connected(pid, port)
    for aside in damaged_files(data_dir):
        yield warning(
            "database",
            f"{aside.name}: a damaged database that the node has set aside; it began a new one",
            "Look at the disk (power cuts, a worn card; smartctl, dmesg). Then remove the file: "
            f"rm {aside} {aside}-wal {aside}-shm",
        )


def _connected(pid: int, port: int) -> Finding:
    held = connections(pid, port) if pid else None
    if held == 0:
        return warning(
            "node",
            f"runs as process {pid}, without a connection to its broker",
            "It tries again for ever; the findings on the broker below say why.",
        )
    return ok("node", f"runs as process {pid or 'of another user'}" + (", connected to its broker" if held else ""))
