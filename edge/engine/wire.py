"""JSON lines over a socket that never blocks: both ends of the engine's pipe."""

import json
import select
import socket
import threading
from typing import Any

Message = dict[str, Any]

# One read takes what the peer wrote in a step or two; a 16 KiB prompt needs one more round.
READ_BYTES = 256 * 1024


class Channel:
    """A stream socket that carries one compact JSON document a line, in both directions.

    Nothing here waits except ``wait``. Bytes the peer does not take yet stay in a buffer, so that a slow reader
    never holds up the writer.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._sending = threading.Lock()  # the daemon's MQTT thread cancels while its main thread flushes
        self.closed = False

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._sock.fileno()

    @property
    def wants_write(self) -> bool:
        """Whether bytes wait for the peer to read."""
        return bool(self._outgoing) and not self.closed

    def send(self, message: Message) -> None:
        """Queue one message and write what the socket takes now."""
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        with self._sending:
            self._outgoing += line
        self.flush()

    def flush(self) -> None:
        """Write what the socket takes now; a broken peer only sets ``closed``."""
        with self._sending:
            while self._outgoing and not self.closed:
                try:
                    sent = self._sock.send(self._outgoing)
                except (BlockingIOError, InterruptedError):
                    return
                except OSError:
                    self.closed = True
                    return
                del self._outgoing[:sent]

    def receive(self) -> list[Message]:
        """All whole messages that have arrived; sets ``closed`` when the peer is gone."""
        while not self.closed:
            try:
                block = self._sock.recv(READ_BYTES)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                block = b""
            if not block:
                self.closed = True
            self._incoming += block
            if len(block) < READ_BYTES:
                break
        end = self._incoming.rfind(b"\n")
        if end < 0:
            return []
        lines = bytes(self._incoming[:end]).split(b"\n")
        del self._incoming[: end + 1]
        return [json.loads(line) for line in lines]

    def wait(self, timeout_s: float | None) -> None:
        """Sleep until the peer has written, has taken queued bytes, or the time is over (None: no limit)."""
        poller = select.poll()
        poller.register(self._sock, select.POLLIN | (select.POLLOUT if self._outgoing else 0))
        poller.poll(None if timeout_s is None else timeout_s * 1000)

    def close(self) -> None:
        """Close the socket: the peer reads an end of file."""
        self.closed = True
        self._sock.close()
