"""A run's folder with one writer at a time, and what a disk says when it takes no more."""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from safetensors import SafetensorError

from finetune.errors import TrainingError

# Full, over quota, file larger than allowed, read-only, not ours, broken.
REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


def refusal(error: BaseException) -> str | None:
    """The disk's reason in words; None when the error is of another kind.

    safetensors reports what the system said only as text: "I/O error: No space left on device (os error 28)".
    """
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, SafetensorError):
        said = re.search(r"os error (\d+)", str(error))
        number = int(said[1]) if said else None
    return os.strerror(number) if number in REFUSALS else None


@contextmanager
def refusals_named(folder: Path, remedy: str) -> Iterator[None]:
    """Within it, what the disk refuses ends in an error that names the file, or the folder, and the remedy.

    Raises:
        TrainingError: Instead of what the disk said.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = refusal(error)
        if reason is None:
            raise
        where = getattr(error, "filename", None) or folder
        raise TrainingError(f"{where}: cannot be written: {reason}. {remedy}") from None


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Within it, nobody else trains into this folder. The system itself gives the lock back when the process ends.

    Raises:
        TrainingError: When another process is at it.
    """
    path = folder / ".lock"
    with _locked(path):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _locked(path: Path) -> TextIO:
    """The file, locked. One that its last owner deleted between our opening and locking it locks nobody out."""
    while True:
        lock = path.open("a", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise TrainingError(
                f"{path.parent}: another process is training into this folder. Wait for it, or choose another "
                "run.folder."
            ) from None
        if os.fstat(lock.fileno()).st_nlink:
            return lock
        lock.close()
