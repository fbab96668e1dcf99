"""The daemon's handle on the engine process. Needs no llama_cpp: the daemon stays small and cannot abort."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from edge.engine.wire import Channel, Message
from edgegen.errors import EngineError

# How long a child that closed its socket may take to leave before it is killed.
REAP_S = 2.0


class EngineGone(EngineError):  # noqa: N818 - an event the daemon handles, named like one
    """The engine process has ended; the message says how."""


def _how_it_ended(returncode: int) -> str:
    if returncode < 0:
        try:
            name = signal.Signals(-returncode).name
        except ValueError:
            name = f"signal {-returncode}"
        return f"the engine process was ended by {name}"
    return f"the engine process exited with status {returncode}"


class EngineProcess:
    """One engine child: spawned at once. It imports its libraries while the daemon finds out what it shall load.

    Spawn it from the main thread: the child asks the kernel to be killed when the *thread* that started it ends
    (PR_SET_PDEATHSIG), so that no engine outlives a daemon that was killed with SIGKILL.
    """

    def __init__(self, load: Message | None = None, *, env: Mapping[str, str] | None = None) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "edge.engine.worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=None if env is None else dict(env),
            )
        self._channel = Channel(ours)
        if load is not None:
            self.load(load)

    def load(self, message: Message) -> None:
        """Say what to load; once, before anything else is sent."""
        self.send({**message, "op": "load"})

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def fileno(self) -> int:
        """The socket's descriptor, for the daemon's poll."""
        return self._channel.fileno()

    @property
    def wants_write(self) -> bool:
        """Whether ``flush`` should be called when the descriptor becomes writable."""
        return self._channel.wants_write

    def send(self, message: Message) -> None:
        """Queue one message; never blocks."""
        self._channel.send(message)

    def flush(self) -> None:
        """Write what the socket takes now."""
        self._channel.flush()

    def receive(self) -> list[dict[str, Any]]:
        """The messages that have arrived, without waiting.

        Raises:
            EngineGone: The child has ended and everything it said has been handed out; it is reaped by then.
        """
        messages = self._channel.receive()
        if messages or not self._channel.closed:
            return messages
        raise EngineGone(_how_it_ended(self._reap(REAP_S)))

    def _reap(self, timeout_s: float) -> int:
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End the child at once with SIGKILL; ``receive`` then raises EngineGone."""
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)

    def close(self, timeout_s: float = REAP_S) -> None:
        """Close the socket, which ends the child, and reap it; kills it after ``timeout_s``."""
        self._channel.close()
        self._reap(timeout_s)
