"""A long measurement in named steps: seconds and memory of each, and no step twice when it is started anew."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from lib import quiet
from lib.quiet import Elsewhere

SAMPLE_S = 0.05
# Samples that are further apart mean that the whole process was stopped (SIGSTOP, a suspended machine).
PAUSE_S = 3.0


class Peak(threading.Thread):
    """The highest RssAnon of this process and its children together, and how long the process was stopped.

    Attributes:
        bytes: The peak.
        paused_s: Seconds in which no sample could be taken.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes, self.paused_s = 0, 0.0
        self._done = threading.Event()

    def run(self) -> None:
        """Sample until stopped."""
        me, last = psutil.Process(), time.monotonic()
        while not self._done.wait(SAMPLE_S):
            now = time.monotonic()
            if now - last > PAUSE_S:
                self.paused_s += now - last
            last = now
            self.bytes = max(self.bytes, sum(anonymous(p.pid) for p in (me, *me.children(recursive=True))))

    def stop(self) -> None:
        """No more samples."""
        self._done.set()
        self.join()


def anonymous(pid: int) -> int:
    """RssAnon of a process in bytes; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


class Steps:
    """What was measured, kept in a file after every step.

    Args:
        file: JSON, a list of rows in the order of the steps; read when it is there.
        until: The process ends after this step.
    """

    def __init__(self, file: Path, until: str | None = None) -> None:
        self._file, self._until = file, until
        self.rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.is_file() else []

    def done(self, name: str) -> bool:
        """Whether a step ended, in this start or an earlier one."""
        return any(row["step"] == name for row in self.rows)

    def __getitem__(self, name: str) -> dict[str, Any]:
        """The row of a step that ended."""
        return next(row for row in self.rows if row["step"] == name)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Time one step, without what it was stopped, and watch its memory; the body may add to the row."""
        row: dict[str, Any] = {"step": name}
        elsewhere, peak, started = Elsewhere(), Peak(), time.perf_counter()
        peak.start()
        yield row
        seconds = time.perf_counter() - started
        peak.stop()
        row["seconds"], row["paused_s"] = round(seconds - peak.paused_s, 1), round(peak.paused_s, 1)
        row["rss_anon_gib"] = round(peak.bytes / 2**30, 3)
        row["cores_used_elsewhere"] = round(elsewhere.cores(), 2)
        self.rows = [other for other in self.rows if other["step"] != name] + [row]
        self._file.write_text(json.dumps(self.rows, indent=1), encoding="utf-8")
        print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        if name == self._until:
            sys.exit()


def copy(source: Path, target: Path) -> None:
    """`cp -r`, until the copy is on the disk."""
    subprocess.run(["cp", "-r", str(source), str(target)], check=True)
    subprocess.run(["sync", *(str(path) for path in target.iterdir())], check=True)


def evict(folder: Path) -> None:
    """Drop a folder's files from the page cache, so that both sides of a comparison read from the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            quiet.evict(path)
