"""How far a long step is, for who waits: a line now and then, as good in a log as on a screen."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

# What ends sooner needs no line; afterwards one line at most so often.
EVERY_S = 10.0


@dataclass
class Progress:
    """Says how much of a step is done and how long the rest will take, at the pace so far.

    Args:
        say: Called with a line.
        clock: Seconds that never go back.
    """

    say: Callable[[str], object]
    clock: Callable[[], float] = time.monotonic
    _start: float = field(init=False)
    _said: float = field(init=False)

    def __post_init__(self) -> None:
        """The step begins now."""
        self._start = self._said = self.clock()

    def at(self, done: float, total: float) -> None:
        """So much is done of so much."""
        now = self.clock()
        if now - self._said < EVERY_S or not 0 < done < total:
            return
        self._said = now
        left_s = (now - self._start) / done * (total - done)
        left = f"{left_s:.0f} s" if left_s < 100 else f"{left_s / 60:.0f} min"
        self.say(f"  {done / total:.0%} done, about {left} left")
