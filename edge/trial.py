"""A new bundle is on trial: if its engine ends three times, or does not answer in time, the previous one comes back.

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
        online_s: How long a new bundle may take until it answers for the first time.
    """

    def __init__(self, data_dir: Path, go_back: Callable[[str], object], online_s: Callable[[], float]) -> None:
        self._data_dir = data_dir
        self._go_back = go_back
        self._online_s = online_s
        self._folder: Path | None = None
        self._ends = 0
        self._online_by: float | None = None
        self._proven_at: float | None = None

    @property
    def is_on(self) -> bool:
        """Whether the current bundle is on trial, so that it is blamed for what happens."""
        return self._watch() is not None

    def loading(self, now: float) -> None:
        """The engine begins to load the current bundle. Ends and new beginnings do not give it more time."""
        if self._watch() is not None and self._online_by is None:
            self._online_by = now + self._online_s()

    def ready(self, now: float) -> None:
        """The engine has loaded the current bundle."""
        folder = self._watch()
        self._online_by = None
        if folder is not None and self._proven_at is None:
            self._proven_at = now + TRIAL_S

    def next_timer(self) -> float | None:
        """When ``on_timer`` is due."""
        return min((at for at in (self._proven_at, self._online_by) if at is not None), default=None)

    def on_timer(self, now: float) -> bool:
        """Remember a bundle that has proven itself; send back one that does not come online.

        Returns:
            Whether the previous bundle is current now, and the engine should be replaced.

        Raises:
            EdgegenError: If it should be, and cannot.
        """
        if self._proven_at is not None and now >= self._proven_at and self._folder is not None:
            self._remember(self._folder.name)
            self._folder, self._proven_at, self._ends = None, None, 0
        if self._online_by is not None and now >= self._online_by:
            self._online_by = None
            folder = self._watch()
            if folder is not None:
                self._send_back(f"{folder.name} did not answer within {self._online_s():.0f} s (update.online_s)")
                return True
        return False

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
        self._send_back(f"{folder.name} ended {MAX_ENDS} times on trial, the last time because {reason}")
        return True

    def _send_back(self, reason: str) -> None:
        self._folder, self._ends, self._online_by, self._proven_at = None, 0, None, None
        self._go_back(reason)
        current = current_folder(self._data_dir)
        # Never to and fro: what is gone back to is not on trial.
        self._remember(current.name if current else "")

    def _remember(self, name: str) -> None:
        with contextlib.suppress(OSError):  # it stays on trial, that is all
            self._mark().write_text(name)

    def _watch(self) -> Path | None:
        """The current bundle when it is on trial; None when it is proven, or there is none to go back to."""
        folder = current_folder(self._data_dir)
        previous = self._data_dir / PREVIOUS
        if folder is None or not previous.is_dir() or previous.resolve() == folder or self._is_proven(folder):
            folder = None
        if folder != self._folder:
            self._folder, self._ends, self._online_by, self._proven_at = folder, 0, None, None
        return self._folder

    def _is_proven(self, folder: Path) -> bool:
        try:
            return self._mark().read_text() == folder.name
        except OSError:
            return False

    def _mark(self) -> Path:
        return self._data_dir / "bundles" / _PROVEN
