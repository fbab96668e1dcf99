"""Processes that may end while they are looked at."""

import contextlib
from collections.abc import Iterator

import psutil


def children(pid: int, word: str) -> Iterator[psutil.Process]:
    """The children of a process with this word in one of their arguments; one that ends meanwhile is left out."""
    for child in psutil.Process(pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(word in argument for argument in child.cmdline()):
                yield child


def ended(process: psutil.Process) -> bool:
    """Whether it runs no more; one that nobody reaps, as in a container without an init, runs no more either."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
