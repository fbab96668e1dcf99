"""The node's clocks. Deadlines use a clock that never goes back and counts suspension."""

import time
from pathlib import Path


def now() -> float:
    """Seconds since the kernel started, suspension included (CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def utc() -> float:
    """Wall clock in seconds since 1970; may jump, so only for what people read."""
    return time.time()


def boot_id() -> str:
    """Changes with every start of the kernel."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
