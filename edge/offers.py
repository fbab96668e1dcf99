"""Watches the stick and the inbox, and knows what lies there to be accepted.

A thread of its own looks (`stat` alone: a stick that hangs must not stop the node) and, when something has changed and
then stayed as it was for one look, has a child process read the manifests and check the signatures. The child may hang,
die or take long; nothing but the list of offers waits for it.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from edgegen.bundle_offers import places
from edgegen.config import Config
from edgegen.frames import REASON_CHARACTERS

# One look at an empty folder costs 20 microseconds; a stick that is plugged in is offered after two looks.
POLL_S = 2.0
# Entries that are compared from look to look, over all folders.
MAX_ENTRIES = 2000
# Bundles have their files at most this deep: <bundle>/adapters/<file>.
DEPTH = 3
# Reading 32 manifests and signatures takes a second; from a stick that fails it may never end.
SCAN_S = 120.0
# Without a look for so long the stick hangs in the kernel.
HANGS_S = 60.0

Look = tuple[tuple[str, int, int, int], ...]


class OfferWatch(threading.Thread):
    """The offers, kept up to date.

    Args:
        config: Gives the configuration as it is now.
        changed: Called, in this thread, when `offers` has changed.
    """

    def __init__(self, config: Callable[[], Config], changed: Callable[[], None]) -> None:
        super().__init__(name="offers", daemon=True)
        self._config = config
        self._changed = changed
        self._stopping = threading.Event()
        self._looked_at = time.monotonic()
        self._again = False
        self._last: Look = ()
        self._scanned: Look = ()
        self._scan_problem: str | None = None
        self.offers: Sequence[dict[str, Any]] = ()

    def look_again(self) -> None:
        """What is installed, or who is trusted, may have changed, and with it what would be taken."""
        self._again = True

    @property
    def problem(self) -> str | None:
        """Why the offers may not be what lies there."""
        if self.is_alive() and time.monotonic() - self._looked_at > HANGS_S + SCAN_S:
            return "the stick does not answer; pull it out"
        return self._scan_problem

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopping.wait(POLL_S):
            self._looked_at = time.monotonic()
            self._turn()

    def stop(self) -> None:
        """Look no more; does not wait, as a look may hang."""
        self._stopping.set()

    def _turn(self) -> None:
        config = self._config()
        now = look(list(places(config).values()))
        settled, self._last = now == self._last, now
        if not settled or (now == self._scanned and not self._again):
            return
        self._scanned, self._again = now, False
        before = self.offers, self._scan_problem
        self.offers, self._scan_problem = self._scan(config) if now else ((), None)
        if (self.offers, self._scan_problem) != before:
            self._changed()

    def _scan(self, config: Config) -> tuple[Sequence[dict[str, Any]], str | None]:
        command = bundle_command(config, "offers", "--json")
        try:
            done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=SCAN_S, check=False)
            offers = json.loads(done.stdout) if done.returncode == 0 else None
        except subprocess.TimeoutExpired:
            return (), f"looking at what lies ready took more than {SCAN_S:.0f} s; try another stick"
        except (OSError, ValueError) as error:
            return (), f"cannot look at what lies ready: {error}"
        if offers is None:
            said = done.stderr.decode(errors="replace").strip()[-REASON_CHARACTERS:]
            return (), f"cannot look at what lies ready: {said or f'exit status {done.returncode}'}"
        return offers, None


def look(folders: Sequence[Path]) -> Look:
    """Name, inode, size and time of change of what lies in some folders; links are not followed, nothing is opened."""
    found: list[tuple[str, int, int, int]] = []
    pending = [(folder, 1) for folder in folders]
    while pending and len(found) < MAX_ENTRIES:
        folder, depth = pending.pop()
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in islice(entries, MAX_ENTRIES - len(found)):
                with contextlib.suppress(OSError):  # gone again
                    info = entry.stat(follow_symlinks=False)
                    found.append((entry.path, info.st_ino, info.st_size, info.st_mtime_ns))
                    if depth < DEPTH and entry.is_dir(follow_symlinks=False):
                        pending.append((Path(entry.path), depth + 1))
    return tuple(sorted(found))


def bundle_command(config: Config, *arguments: str) -> list[str]:
    """``edgegen bundle ...`` over the node's own configuration."""
    command = [sys.executable, "-m", "edgegen.cli", "bundle", arguments[0]]
    if config.path is not None:
        command += ["--config", str(config.path)]
    for override in config.overrides:
        command += ["--set", override]
    # The folder in use: after a reload the file may name another one.
    return [*command, "--data-dir", str(config.node.data_dir), *arguments[1:]]
