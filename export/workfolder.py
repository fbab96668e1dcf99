"""The hidden folder an export works in: one export at a time, and its children count as it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgegen.errors import BundleError


@contextmanager
def working_folder(folder: Path) -> Iterator[Path]:
    """The folder, locked; what an interrupted export left in it is still there.

    The lock is on the folder itself and inherited by the converter and the quantiser: one that goes on writing after
    its export was killed is never met by a second one.

    Raises:
        BundleError: If it cannot be written, or another export is at work in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BundleError(f"{folder.parent}: cannot be written: {error.strerror}. Choose another --out.") from None
    try:
        os.set_inheritable(lock, True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BundleError(
                f"{folder}: another export of this name and version is at work here, or the last step of one that was "
                "killed. Wait until it has ended, or choose another --out."
            ) from None
        yield folder
    finally:
        os.close(lock)
