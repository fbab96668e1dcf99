"""One question to a child process of our own: llama.cpp aborts where it has no memory, and on some malformed files."""

import subprocess
import sys
from typing import NamedTuple


class Said(NamedTuple):
    """What a child said before it ended.

    Attributes:
        status: Its exit status; negative for the signal that ended it.
        answer: Its standard output.
        last_words: The last line of its standard error; empty when there is none.
    """

    status: int
    answer: str
    last_words: str


def ask_child(module: str, argument: str, *, timeout_s: float) -> Said:
    """Run ``python -m module argument`` to its end.

    Raises:
        subprocess.TimeoutExpired: If it takes longer; it has been killed then.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, argument],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout_s,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return Said(done.returncode, done.stdout, lines[-1] if lines else "")
