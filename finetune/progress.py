"""What a person sees while a training runs: one line that moves on a terminal, a line a minute anywhere else."""

import resource
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

BAR_WIDTH = 24
# Where lines stay, in a log, more than one a minute hides what matters.
QUIET_S = 60.0


class Passing(str):
    """A line that the next one may take the place of.

    Args:
        share: How much of the work is done.
    """

    __slots__ = ("share",)

    def __new__(cls, text: str, share: float) -> Self:
        """The line with its share."""
        line = super().__new__(cls, text)
        line.share = share  # type: ignore[attr-defined]
        return line


def step_line(figures: Mapping[str, Any], steps: int, pace_s: float) -> Passing:
    """Loss, speed, memory and time left after a step.

    Args:
        figures: A row of ``metrics.jsonl``.
        pace_s: Seconds that a step takes lately.
    """
    step, seconds = figures["step"], figures["step_s"]
    parts = [f"step {step}/{steps}", f"loss {figures['loss']:.4f}"]
    if "kl" in figures:
        parts.append(f"KL {figures['kl']:.4f}")
    if seconds:
        parts.append(f"{figures['tokens'] / seconds:,.0f} tokens/s")
    gpu = figures.get("peak_reserved_bytes")
    parts.append(f"{gpu / 2**30:.2f} GiB of the GPU" if gpu else f"{peak_rss_bytes() / 2**30:.2f} GiB")
    parts.append(f"{_span((steps - step) * pace_s)} left")
    return Passing("  ".join(parts), step / steps)


def peak_rss_bytes() -> int:
    """The most memory that this process has held, in bytes (``ru_maxrss`` is in KiB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Screen:
    """Lines as they come from a run, to where a person reads them.

    Args:
        write: Takes text as it stands, ends of lines included.
        width: Columns of the terminal; None where there is none.
        now: Monotonic seconds.
    """

    def __init__(
        self, write: Callable[[str], object], width: int | None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.write, self.width, self.now = write, width, now
        self.open = False
        self.last_s: float | None = None

    def __call__(self, line: str) -> None:
        """Show a line."""
        if not isinstance(line, Passing):
            self.write(("\r\033[K" if self.open else "") + line + "\n")
            self.open = False
            return
        share: float = line.share  # type: ignore[attr-defined]
        if self.width is not None:
            done = round(BAR_WIDTH * share)
            bar = f"[{'#' * done}{'-' * (BAR_WIDTH - done)}] "
            self.write("\r\033[K" + (bar + line)[: self.width - 1])
            self.open = True
        elif self.last_s is None or share >= 1 or self.now() - self.last_s >= QUIET_S:
            self.write(line + "\n")
            self.last_s = self.now()
