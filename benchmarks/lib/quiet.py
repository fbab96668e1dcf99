"""The same conditions for every measurement: a quiet machine, how quiet it was, and what the page cache holds."""

import os
import time
from pathlib import Path

import psutil

# Of one core. A desktop's or a gateway's own services stay below.
QUIET_CORES = 0.1
LOOK_S = 0.3
# After this long, at once and in one benchmark, the figures are taken anyway; `cores_used_elsewhere` tells.
PATIENCE_S, ALL_PATIENCE_S = 60.0, 180.0


class Elsewhere:
    """Counts the CPU time that is neither ours nor our children's, time stolen by a hypervisor included."""

    def __init__(self) -> None:
        self._started, self._busy, self._ours = time.monotonic(), _busy_s(), _ours_s()

    def cores(self) -> float:
        """Cores used elsewhere, on average since this was made."""
        foreign = (_busy_s() - self._busy) - (_ours_s() - self._ours)
        return max(0.0, foreign / max(1e-3, time.monotonic() - self._started))


def _busy_s() -> float:
    times = psutil.cpu_times()
    return sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal"))


def _ours_s() -> float:
    own = os.times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


class Patience:
    """What a benchmark waits for a quiet machine.

    Args:
        seconds: In all.
    """

    def __init__(self, seconds: float = ALL_PATIENCE_S) -> None:
        self._left_s = seconds

    def settle(self) -> None:
        """Wait until the other processes are quiet, for a minute at most."""
        started = time.monotonic()
        while time.monotonic() - started < min(self._left_s, PATIENCE_S):
            elsewhere = Elsewhere()
            time.sleep(LOOK_S)
            if elsewhere.cores() < QUIET_CORES:
                return
        self._left_s -= time.monotonic() - started


def cache(path: Path) -> None:
    """Read a file, so that it lies in the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(2**22):
            pass


def evict(path: Path) -> None:
    """Drop a file from the page cache; what a running process has mapped of it stays."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
