"""A new bundle is on trial: when its engine ends three times before it has proven itself, the previous one comes back.

A bundle that passed its gate may still die of what devices really ask, or of this machine's memory. One that has served
for a while is never sent back: then it is a request or the machine, and going back would help nobody.
"""

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from edgegen.bundle import PREVIOUS, current_folder

log = logging.getLogger(__name__)

# Ends of the engine, by dying or by not loading, that a bundle on trial may have.
MAX_ENDS = 3
# Serving so long without such an end is proof enough.
TRIAL_S = 600.0
_PROVEN = ".proven"


class Trial:
    """Watches the engine under a bundle that is not proven yet. Time is an argument, in seconds, monotonic.

    Args:
        go_back: Makes the previous bundle current; called with the reason, and raises an EdgegenError when it cannot.
    """

    def __init__(self, data_dir: Path, go_back: Callable[[str], object]) -> None:
        self._data_dir = data_dir
        self._go_back = go_back
        self._folder: Path | None = None
        self._ends = 0
        self._proven_at: float | None = None

    def ready(self, now: float) -> None:
        """The engine has loaded the current bundle."""
        folder = self._watch()
        if folder is not None and self._proven_at is None:
            self._proven_at = now + TRIAL_S

    def next_timer(self) -> float | None:
        """When ``on_timer`` is due."""
        return self._proven_at

    def on_timer(self, now: float) -> None:
        """Remember a bundle that has proven itself."""
        if self._proven_at is not None and now >= self._proven_at and self._folder is not None:
            with contextlib.suppress(OSError):  # it stays on trial, that is all
                self._mark().write_text(self._folder.name)
            self._folder, self._proven_at, self._ends = None, None, 0

    def ended(self, reason: str) -> bool:
        """The engine died, or could not load its model.

        Returns:
            Whether the previous bundle is current now, and the engine should be replaced.

        Raises:
            EdgegenError: If it should be, and cannot.
        """
        folder = self._watch()
        self._proven_at = None
        if folder is None:
            return False
        self._ends += 1
        log.warning("%s is on trial: end %d of %d (%s)", folder.name, self._ends, MAX_ENDS, reason)
        if self._ends < MAX_ENDS:
            return False
        self._folder, self._ends = None, 0
        self._go_back(f"{folder.name} ended {MAX_ENDS} times on trial, the last time because {reason}")
        with contextlib.suppress(OSError):
            current = current_folder(self._data_dir)
            # Never to and fro: what is gone back to is not on trial.
            self._mark().write_text(current.name if current else "")
        return True

    def _watch(self) -> Path | None:
        """The current bundle when it is on trial; None when it is proven, or there is none to go back to."""
        folder = current_folder(self._data_dir)
        previous = self._data_dir / PREVIOUS
        if folder is None or not previous.is_dir() or previous.resolve() == folder or self._is_proven(folder):
            self._folder, self._ends, self._proven_at = None, 0, None
        elif folder != self._folder:
            self._folder, self._ends, self._proven_at = folder, 0, None
        return self._folder

    def _is_proven(self, folder: Path) -> bool:
        try:
            return self._mark().read_text() == folder.name
        except OSError:
            return False

    def _mark(self) -> Path:
        return self._data_dir / "bundles" / _PROVEN
