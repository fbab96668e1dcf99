"""Whether the compute threads get the cores they want, as Linux tells it in /proc, and how long they spin."""

import os
import time
from collections.abc import MutableMapping
from pathlib import Path

from edge.core.threads import Threads, Window, within
from edge.engine.cgroup import is_root, quota_cores

# How often a compute thread looks for the others at a barrier before it sleeps. 300,000 is libgomp's default, about
# 5 ms: the fastest where each thread has a core, 2 tokens a second instead of 46 where they have not.
SPIN_COUNT = "GOMP_SPINCOUNT"
LONG_SPINS = "300000"

# For threads whose number does not follow the free cores.
SHORT_SPINS = "1000"

# Computing time between two looks: they take ~0.1 ms together, and a mean over less says little.
WINDOW_S = 0.2

# Longer than this between two steps, and the second begins a new window.
PAUSE_S = 0.02

# Columns of a CPU's line in /proc/stat (proc_stat(5)): idle, and idle while the disk works; and the time of niced
# processes, which leave a core to whoever of their group wants it.
IDLE_COLUMNS = (4, 5)
NICED_COLUMN = 2

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def choose_spins(environment: MutableMapping[str, str]) -> bool:
    """Set how long threads spin, before libgomp is loaded; returns whether their number shall follow the free cores.

    Who sets a variable of OpenMP's for it has decided. Where the kernel doesn't tell how long threads waited for a
    core, spinning stays short.
    """
    if SPIN_COUNT in environment or "OMP_WAIT_POLICY" in environment:
        return False
    following = waited_s() is not None
    environment[SPIN_COUNT] = LONG_SPINS if following else SHORT_SPINS
    return following


class Cores:
    """Watches what the threads of this process get and says how many of them should compute.

    Args:
        most: Threads the configuration allows.
        following: Whether their number changes at all.
    """

    def __init__(self, most: int, *, following: bool) -> None:
        quota = quota_cores() if following else None
        # /proc/stat shows cores as idle that a quota keeps from us: with all threads every period would be cut short.
        self._threads = Threads(most if quota is None else within(quota, most))
        self._following = following and self._threads.most > 1
        self._computed_s = self._began = self._last = 0.0
        self._waited_s: float | None = None
        self._spare: tuple[float, float] | None = None

    @property
    def threads(self) -> int:
        """How many threads compute the next step."""
        return self._threads.count

    def begin(self) -> None:
        """Before a step. A window is steps that follow one another: loading and pauses are no part of one."""
        if not self._following:
            return
        now = time.monotonic()
        paused = bool(self._last) and now - self._last > PAUSE_S
        if self._computed_s and not paused:
            return
        spare = _spare_now()
        if paused and now - self._began >= WINDOW_S:
            # Answers that are shorter than a window never fill one, so threads come back by what was free meanwhile.
            self._threads.observe(Window(now, 0.0, _free(self._spare, spare)))
        self._computed_s, self._began, self._waited_s, self._spare = 0.0, now, waited_s(), spare

    def computed(self, seconds: float) -> None:
        """Take note of a step that ``threads`` threads computed."""
        if not self._following:
            return
        self._computed_s += seconds
        self._last = time.monotonic()
        if self._computed_s >= WINDOW_S:
            self._look()
            self._computed_s = 0.0

    def _look(self) -> None:
        waited, waited_before = waited_s(), self._waited_s
        if waited is None or waited_before is None or waited < waited_before:  # a thread that had waited has ended
            return
        free = _free(self._spare, _spare_now())
        self._threads.observe(Window(time.monotonic(), (waited - waited_before) / self._computed_s, free))


def _spare_now() -> tuple[float, float] | None:
    """The time, and the seconds that cores have been idle or ours until now."""
    spare = spare_s()
    return None if spare is None else (time.monotonic(), spare + time.process_time())


def _free(before: tuple[float, float] | None, after: tuple[float, float] | None) -> float | None:
    """Mean number of cores that were idle or ours between two of these; None where one of them is not known."""
    return None if before is None or after is None else (after[1] - before[1]) / (after[0] - before[0])


def waited_s() -> float | None:
    """Seconds that the threads of this process, all together, were ready to run and had no core.

    The second field of /proc/PID/task/TID/schedstat, in nanoseconds (Documentation/scheduler/sched-stats.rst). None
    where the kernel keeps no such account: there is no file then, or it says that this process has not run yet.
    """
    ran_ns = waited_ns = 0
    try:
        for task in os.listdir("/proc/self/task"):  # noqa: PTH208 - a Path takes twice as long, ten times a second
            try:
                with open(f"/proc/self/task/{task}/schedstat", "rb") as file:  # noqa: PTH123 - as above
                    ran, waited, _ = file.read().split()
            except (FileNotFoundError, ProcessLookupError):
                if Path(f"/proc/self/task/{task}").exists():
                    return None
                continue  # the thread has just ended
            ran_ns += int(ran)
            waited_ns += int(waited)
    except (OSError, ValueError):
        return None
    return waited_ns / 1e9 if ran_ns else None


def spare_s() -> float | None:
    """Seconds that the cores this process may use, all together, had nothing to do that others would miss.

    None where /proc/stat is hidden or has not these cores (as in some containers).
    """
    mine = {f"cpu{number}".encode() for number in os.sched_getaffinity(0)}
    # This process's own time is counted elsewhere, so a niced engine leaves the time of niced processes out.
    niced = os.getpriority(os.PRIO_PROCESS, 0) > 0
    columns = (NICED_COLUMN, *IDLE_COLUMNS) if is_root() and not niced else IDLE_COLUMNS
    try:
        with open("/proc/stat", "rb") as file:  # noqa: PTH123 - as above
            lines = [words for line in file if line.startswith(b"cpu") and (words := line.split())[0] in mine]
        ticks = sum(int(words[column]) for words in lines for column in columns)
    except (OSError, IndexError, ValueError):
        return None
    return ticks * TICK_S if len(lines) == len(mine) else None
