"""What the main loop sleeps on: the engine's socket, and a pair of sockets by which signals and threads wake it."""

import contextlib
import selectors
import socket

from edge.engine.supervisor import EngineProcess

WHEN_IDLE_S = 60.0  # the main loop wakes at least this often


class Waiting:
    """The sleep of one thread; the others may only `wake` it."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._registered: int | None = None
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._selector.register(self._wake_r, selectors.EVENT_READ)

    @property
    def wakeup_fd(self) -> int:
        """For `signal.set_wakeup_fd`."""
        return self._wake_w.fileno()

    def wake(self) -> None:
        """Make the main loop look around; callable from any thread."""
        with contextlib.suppress(BlockingIOError):  # full: it is awake already
            self._wake_w.send(b"\0")

    def wait(self, process: EngineProcess | None, timeout_s: float) -> bool:
        """Sleep until there is something to do, and write what the engine takes. Returns whether it said something."""
        self._forget_engine()
        if process is not None:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if process.wants_write else 0)
            self._registered = process.fileno()
            self._selector.register(self._registered, events)
        heard = False
        for key, events in self._selector.select(max(0.0, min(timeout_s, WHEN_IDLE_S))):
            if key.fileobj is self._wake_r:
                self._drain()
                continue
            if events & selectors.EVENT_WRITE and process is not None:
                process.flush()
            if events & selectors.EVENT_READ:
                self._forget_engine()  # whoever reads may find it gone, and its number is free then
                heard = True
        return heard

    def _forget_engine(self) -> None:
        if self._registered is not None:
            self._selector.unregister(self._registered)
            self._registered = None

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake_r.recv(4096):
                pass
