"""Real brokers for the tests: Debian's Mosquitto and iotcore's rumqttd, each a child process on a free port."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import iotcore
import pytest

GATEWAYS = Path(__file__).parent.parent / "firmware_configs" / "gateways"

# Debian keeps it out of a normal user's PATH.
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"

# Where the kernel's own choice of ports begins, 32768 unless somebody changed it.
PORTS_END = max(20_000, int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]))

# Only ends a wait that would be endless: on two busy cores anything here takes seconds.
PATIENCE_S = 240.0

# Every login of a secured broker, with its password: the node's, two devices' and an operator's.
LOGINS = {
    "edgegen": "node-secret",
    "sensor-1": "sensor-1-secret",
    "sensor-2": "sensor-2-secret",
    "operator-1": "operator-secret",
}


def require_mosquitto() -> None:
    """Skip the test where Mosquitto is not installed; in CI, where .ci/run installs it, that is a failure."""
    missing = [name for name in (MOSQUITTO, "mosquitto_pub", "mosquitto_sub") if shutil.which(name) is None]
    if missing and "CI" in os.environ:
        raise RuntimeError(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (apt install mosquitto mosquitto-clients)")


def free_ports(count: int) -> list[int]:
    """TCP ports that nobody has at the moment, all different.

    They lie below the range from which the kernel takes the source ports of connections: from there one of our own
    clients could get the port before the broker has it, or while the broker is away connect to itself, as TCP lets
    two ends open at once that are one.
    """
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(10_000, PORTS_END)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            found += [port] * (port not in found)
    return found


def is_listening(port: int) -> bool:
    """Whether something accepts connections on this port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True


class Mosquitto:
    """One Mosquitto that can die and come back with the same port and the same persistent data.

    Args:
        folder: Its configuration, data and log; made when missing.
        settings: Lines of mosquitto.conf after the listener, e.g. ``"max_queued_messages 10"``.
        password_file: Turns anonymous access off.
        acl_file: Who may do what.
        ports: One listener on 127.0.0.1 each; one free port when left out.
        config: A whole configuration to use instead of all of the above but ``ports``.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        *,
        settings: str = "",
        password_file: Path | None = None,
        acl_file: Path | None = None,
        ports: list[int] | None = None,
        config: str | None = None,
    ) -> None:
        require_mosquitto()
        self.folder = folder
        self.ports = ports or free_ports(1)
        self.port = self.ports[0]
        self.log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir(parents=True, exist_ok=True)
        if config is None:
            lines = [
                *(f"listener {port} 127.0.0.1" for port in self.ports),
                f"allow_anonymous {'false' if password_file else 'true'}",
                # Written at once, so that kill() and restart() keep what the broker acknowledged.
                "persistence true",
                "autosave_on_changes true",
                "autosave_interval 1",
                f"persistence_location {folder}/data/",
                "user root",
                *([f"password_file {password_file}"] if password_file else []),
                *([f"acl_file {acl_file}"] if acl_file else []),
                settings,
            ]
            config = "\n".join(lines) + "\n"
        self.config = folder / "mosquitto.conf"
        self.config.write_text(config)

    @property
    def pid(self) -> int:
        """The process id of the running broker."""
        assert self._process is not None, "the broker is not running"
        return self._process.pid

    def start(self, timeout_s: float = PATIENCE_S) -> Self:
        """Start and return when every listener accepts connections."""
        assert self._process is None, "the broker already runs"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [MOSQUITTO, "-v", "-c", str(self.config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + timeout_s
        while not all(is_listening(port) for port in self.ports):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"mosquitto did not start:\n{self.log.read_text()}")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Stop as systemd does: SIGTERM, then wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: what a power cut or the OOM killer does to the process."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE_S)
            self._process = None

    def restart(self) -> Self:
        """Stop, when it runs, and start again on the same ports and data."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *error: object) -> None:
        """Stop."""
        self.stop()


class IotCore:
    """The broker of ``edgegen demo`` in a child process: ``port`` speaks MQTT 3.1.1, ``v5_port`` MQTT 5."""

    host = "127.0.0.1"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.v5_port = free_ports(2)
        config = folder / "rumqttd.toml"
        config.write_text(_RUMQTTD.format(v4=self.port, v5=self.v5_port))
        self._broker = iotcore.Broker(config_path=str(config))

    def start(self) -> Self:
        """Start and return when it accepts connections."""
        self._broker.start()
        return self

    def stop(self) -> None:
        """Stop; nothing is kept, rumqttd has no persistence."""
        self._broker.stop()

    def restart(self) -> Self:
        """Stop and start again on the same ports, with everything forgotten."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *error: object) -> None:
        """Stop."""
        self.stop()


_RUMQTTD = """\
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v4.1]
name = "v4"
listen = "127.0.0.1:{v4}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 100

[v5.1]
name = "v5"
listen = "127.0.0.1:{v5}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 100
"""


def write_passwords(path: Path, logins: Mapping[str, str]) -> Path:
    """A Mosquitto password file, hashed by Mosquitto's own tool."""
    require_mosquitto()
    path.write_text("".join(f"{name}:{password}\n" for name, password in logins.items()))
    path.chmod(0o600)
    subprocess.run(["mosquitto_passwd", "-U", str(path)], check=True, capture_output=True)
    return path


def substituted(text: str, replacements: Mapping[str, str]) -> str:
    """``text`` with each key replaced; a key that does not occur is a mistake of the test."""
    for old, new in replacements.items():
        assert old in text, f"{old!r} does not occur in the shipped file"
        text = text.replace(old, new)
    return text


def secured(folder: Path, logins: Mapping[str, str] = LOGINS) -> Mosquitto:
    """Mosquitto as it runs on a gateway: Debian's main file, which includes the shipped edgegen.conf.

    ``port`` is the gateway's own listener, ``ports[1]`` the one for devices. Only paths, ports and addresses
    differ from what is shipped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_passwords(folder / "passwords", logins)
    shutil.copy(GATEWAYS / "generic" / "acl", folder / "acl")
    local, devices = free_ports(2)
    shipped = substituted(
        (GATEWAYS / "generic" / "mosquitto.conf").read_text(),
        {
            "/etc/mosquitto/edgegen.passwords": f"{folder}/passwords",
            "/etc/mosquitto/edgegen.acl": f"{folder}/acl",
            "\nlistener 1884 127.0.0.1\n": f"\nlistener {local} 127.0.0.1\n",
            "\nlistener 1883\n": f"\nlistener {devices} 127.0.0.1\n",
        },
    )
    (folder / "conf.d").mkdir(exist_ok=True)
    (folder / "conf.d" / "edgegen.conf").write_text(shipped)
    # /etc/mosquitto/mosquitto.conf of Debian 12, with other folders and the log on stdout.
    debian = f"""\
pid_file {folder}/mosquitto.pid
persistence true
persistence_location {folder}/data/
log_dest stdout
user root
include_dir {folder}/conf.d
"""
    return Mosquitto(folder, ports=[local, devices], config=debian)
