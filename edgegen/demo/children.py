"""The demo's two child processes, a broker and a node, and that neither outlives the demo."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edgegen.errors import EdgegenError

HOST = "127.0.0.1"
MQTT_PORT = 1883
STOP_S = 15.0  # the node gives running answers 10 s
START_S = 10.0

# iotcore's own default for max_payload_size is 20,480 bytes; a node takes requests of 64 KiB.
RUMQTTD = """\
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v4.1]
name = "demo"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 100
"""

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class DemoError(EdgegenError):
    """A part of the demo did not start or did not go on."""


class Child:
    """A child process whose output goes to a log file.

    It has a process group of its own, so that Ctrl-C reaches the demo alone, which then ends its children in order.
    """

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self.name, self.log = name, log
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                process_group=0,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - the demo has one thread
            )

    def check(self) -> None:
        """See that it still runs.

        Raises:
            DemoError: If it has ended, with the last lines of its log.
        """
        status = self.process.poll()
        if status is not None:
            raise DemoError(f"the {self.name} ended with status {status}. The end of {self.log}:\n{self._tail()}")

    def _tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-8:])

    def stop(self) -> None:
        """SIGTERM, patience, and SIGKILL for whatever of its group is left; a second Ctrl-C cuts the patience short."""
        try:
            if self.process.poll() is None:
                self.process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(STOP_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _die_with_parent() -> None:
    """Between fork and exec: end the child when the demo is killed with SIGKILL and cannot."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def running(name: str, arguments: Sequence[str], log: Path) -> Iterator[Child]:
    """A child for as long as the block lasts, however it ends."""
    child = Child(name, arguments, log)
    try:
        yield child
    finally:
        child.stop()


@contextmanager
def broker(folder: Path, port: int) -> Iterator[Child]:
    """The embedded broker, accepting connections.

    Raises:
        DemoError: If the port is taken, or the broker does not start.
    """
    if is_listening(port):  # or we would talk to somebody else's broker
        raise DemoError(f"{HOST}:{port} is taken by another program. Choose another with --port, or leave it out.")
    config = folder / "rumqttd.toml"
    config.write_text(RUMQTTD.format(host=HOST, port=port), encoding="utf-8")
    arguments = ["-m", "iotcore", "--log-level", "WARNING", "--config", str(config)]
    with running("broker", arguments, folder / "broker.log") as child:
        deadline = time.monotonic() + START_S
        while not is_listening(port):
            child.check()
            if time.monotonic() > deadline:
                raise DemoError(f"the broker does not listen on port {port} after {START_S:.0f} s; see {child.log}")
            time.sleep(0.05)
        yield child


def is_listening(port: int) -> bool:
    """Whether something accepts connections on this port of this machine."""
    try:
        socket.create_connection((HOST, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def free_port(preferred: int = MQTT_PORT) -> int:
    """The preferred port when nobody has it, else one that is free."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                # Also where somebody listens on all addresses, and Linux would let us have this one.
                if port == 0 or not is_listening(port):
                    probe.bind((HOST, port))
                    return int(probe.getsockname()[1])
    raise DemoError(f"no TCP port is free on {HOST}")
