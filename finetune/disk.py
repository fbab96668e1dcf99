"""What a disk says when it takes no more, whoever was writing: a message instead of a traceback."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
