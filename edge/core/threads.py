"""How many threads compute: as many as there are cores that nothing else wants.

The threads of a step meet at barriers several hundred times. Those that arrive first spin until the last one is there,
which is the fastest way as long as every thread has a core, and a collapse as soon as one of them has none: the others
then burn the very time that it waits for. So a thread that has no core is given up. Two signals, each a mean over a
window of computing:

* ``lost``: how many of the threads were ready to run and waited for a core. It says that there are too many.
* ``free``: how many cores nothing else used. It says that there may be more, without a try that could collapse.

docs/decisions/0024-threads-follow-the-cores.md has the measurements.
"""

from dataclasses import dataclass

# A step waits for its last thread, so while one has no core all others are lost with it: with ``n`` threads one less
# costs 1/n of the speed, a core that is missing for this part of 1/n of the time as much. Windows of 0.1 s on 2 cores:
# 0.08 at most on a quiet machine, 0.33 beside something that runs 50 ms of every 200, 0.52 at least beside one busy
# process.
LOST_SHARE = 0.9

# With many threads 1/n is within what passes by on any machine.
LEAST_LOST = 0.2

# A core of which others use less than the rest of this counts as free.
FREE_CORE = 0.5

# After giving threads up: no more of them for this long. Each return that did not last doubles it.
PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0

# A return lasted when the threads were kept this many times the pause before it.
LASTED = 4


@dataclass(frozen=True)
class Window:
    """What was seen while some steps were computed, or since some were that were too few to say what was lost.

    Attributes:
        now: The window's end.
        lost: Mean number of threads that were ready to run and had no core; 0 where that cannot be said.
        free: Mean number of cores that nothing else used since the last window; None where nobody knows.
    """

    now: float
    lost: float
    free: float | None


def bearable(count: int) -> float:
    """So many of ``count`` threads may be without a core, in the mean, before one is given up."""
    return max(LEAST_LOST, LOST_SHARE / count)


def within(quota: float, most: int) -> int:
    """How many of ``most`` threads have cores where all together may use ``quota`` of them (CPUQuota=, --cpus)."""
    return max((count for count in range(2, most + 1) if count - quota <= bearable(count)), default=1)


class Threads:
    """The number of threads for the next step.

    Args:
        most: What the configuration allows. With 1 there is nothing to decide.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.count = most
        self._pause_s = PAUSE_S
        self._not_before = 0.0
        self._raised: float | None = None

    def observe(self, window: Window) -> int:
        """Learn from a window that was computed with ``count`` threads; returns how many compute the next steps."""
        if self.count > 1 and window.lost > bearable(self.count):
            self._lower(window)
        elif self.count < self.most and window.now >= self._not_before:
            self._raise(window)
        return self.count

    def _lower(self, window: Window) -> None:
        lasted = self._raised is None or window.now - self._raised >= LASTED * self._pause_s
        self._pause_s = PAUSE_S if lasted else min(2 * self._pause_s, LONGEST_PAUSE_S)
        self._not_before = window.now + self._pause_s
        self.count = max(1, min(self.count - 1, round(self.count - window.lost)))

    def _raise(self, window: Window) -> None:
        # Where nobody knows what is free, one thread more is tried; `lost` will tell.
        wanted = self.count + 1 if window.free is None else int(window.free + 1 - FREE_CORE)
        if wanted > self.count:
            self.count, self._raised = min(self.most, wanted), window.now
