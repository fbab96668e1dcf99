"""The data directory belongs to one daemon at a time."""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import IO

from edgegen.errors import ConfigError


def take(data_dir: Path) -> IO[str]:
    """Make the folder and lock it; closing what is returned gives it back.

    Raises:
        ConfigError: If it cannot be written to, or another daemon uses it.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "edgegen.lock").open("a+")
    except OSError as error:
        problem = f"{error.strerror}. Make the folder writable for this user, or choose another"
        raise ConfigError([f"node.data_dir = {str(data_dir)!r}: {problem}"]) from error
    if not _lock(lock):
        lock.seek(0)
        problem = f"in use by process {lock.read().strip()}. Stop it, or choose another folder"
        raise ConfigError([f"node.data_dir = {str(data_dir)!r}: {problem}"])
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _lock(file: IO[str]) -> bool:
    """Take the data directory's lock; `edgegen doctor` holds it for an instant to see whether a node runs."""
    for _ in range(5):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False
