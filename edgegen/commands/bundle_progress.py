"""How a bundle command tells what it does: on a screen, or as lines of JSON to the daemon that started it."""

import json
import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Self

import click

from edgegen.errors import EdgegenError

# A running node answers devices meanwhile: they come first.
_NICENESS = 10
# Progress of a copy comes with every MiB; nobody needs more than this many lines a second.
_LINES_PER_S = 2.0
# The exit status when the daemon that wanted the result is gone.
_ORPHANED = 75


class Teller(AbstractContextManager["Teller"], ABC):
    """Says how a command goes and how it ended; the command runs inside it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say how it ended, where that is not said by the exception."""

    @abstractmethod
    def phase(self, name: str, length: int) -> AbstractContextManager[Callable[[int], None]]:
        """A step of so many units; what it gives is called with the units done since the last call."""

    @abstractmethod
    def done(self, *lines: str, **fields: Any) -> None:
        """The result: for a person, and for a program."""


class Screen(Teller):
    """For a person at a terminal: bars on standard error, sentences on standard output."""

    @contextmanager
    def phase(self, name: str, length: int) -> Iterator[Callable[[int], None]]:
        """See Teller; silent where standard error is not a terminal."""
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        with click.progressbar(length=length, label=name, file=sys.stderr) as bar:
            yield bar.update

    def done(self, *lines: str, **fields: Any) -> None:  # noqa: ARG002 - for programs
        """See Teller."""
        for line in lines:
            click.echo(line)


class Lines(Teller):
    """For the daemon: one JSON object a line. The command ends when its standard input does, as the daemon has died."""

    def __enter__(self) -> Self:
        """Watch over the daemon, and make way for its answers."""
        os.nice(_NICENESS)
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A refusal is a result, too."""
        if isinstance(error, EdgegenError):
            _write({"event": "error", "reason": str(error)})

    @contextmanager
    def phase(self, name: str, length: int) -> Iterator[Callable[[int], None]]:
        """See Teller."""
        done, next_line = 0, 0.0

        def update(count: int) -> None:
            nonlocal done, next_line
            done += count
            if time.monotonic() >= next_line:
                next_line = time.monotonic() + 1 / _LINES_PER_S
                _write({"event": "progress", "phase": name, "done": done, "total": length})

        update(0)
        yield update

    def done(self, *lines: str, **fields: Any) -> None:  # noqa: ARG002 - for people
        """See Teller."""
        _write({"event": "done", **fields})


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(_ORPHANED)  # what was being copied is removed at the next start


def _write(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def teller(*, report: bool) -> Teller:
    """The one for ``--report``, or the one for people."""
    return Lines() if report else Screen()
