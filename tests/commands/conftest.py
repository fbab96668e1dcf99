"""One node for all tests of the commands: the shipped broker files, the real daemon, the real model."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgegen.connection import BrokerAddress
from edgegen.device import Device
from edgegen.errors import BrokerError
from tests import brokers


def edgegen(
    *arguments: str | Path, stdin: str | None = None, timeout_s: float = brokers.PATIENCE_S
) -> subprocess.CompletedProcess:
    """Run the command line as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "edgegen.cli", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


@dataclass
class Gateway:
    """A running node with its broker."""

    node: str
    broker: brokers.Mosquitto
    process: subprocess.Popen
    config: Path
    data_dir: Path
    log: Path

    def password_file(self, login: str) -> Path:
        """A file with the login's password."""
        path = self.config.parent / f"{login}.password"
        path.write_text(f"{brokers.LOGINS[login]}\n")
        path.chmod(0o600)
        return path

    def address(self, login: str = "sensor-1", protocol: int | None = None) -> BrokerAddress:
        """The broker, with a login."""
        return BrokerAddress("127.0.0.1", self.broker.port, login, brokers.LOGINS[login], protocol=protocol)

    def ask(self, *arguments: str | Path, login: str = "sensor-1", **options: object) -> subprocess.CompletedProcess:
        """`edgegen ask` under a device's login, with short answers."""
        to = ["--port", str(self.broker.port), "--username", login, "--password-file", self.password_file(login)]
        return edgegen("ask", *to, "--max-tokens", "8", "--temperature", "0", *arguments, **options)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory, smollm2: Path) -> Iterator[Gateway]:
    """A node under the name gw-test."""
    folder = tmp_path_factory.mktemp("gateway")
    data_dir, log, config = folder / "data", folder / "node.log", folder / "edgegen.toml"
    with brokers.secured(folder / "mosquitto") as broker:
        (folder / "node.password").write_text(brokers.LOGINS["edgegen"])
        (folder / "node.password").chmod(0o600)
        config.write_text(
            f"""
[node]
id = "gw-test"
data_dir = "data"
[mqtt]
host = "127.0.0.1"
port = {broker.port}
username = "edgegen"
password_file = "node.password"
[model]
bundle = "{smollm2}"
n_threads = 1
[telemetry]
interval_s = 1
"""
        )
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "edgegen.cli", "serve", "--config", str(config)], stdout=file, stderr=file
            )
        gateway = Gateway("gw-test", broker, process, config, data_dir, log)
        try:
            _wait_online(gateway)
            yield gateway
        finally:
            process.terminate()
            process.wait(brokers.PATIENCE_S)


def _wait_online(gateway: Gateway) -> None:
    deadline = time.monotonic() + brokers.PATIENCE_S
    while True:
        try:
            with Device(gateway.address(), "sensor-1") as device:
                if device.find_node(gateway.node).state == "online":
                    return
                said = "not online"
        except BrokerError as error:
            said = str(error)
        if time.monotonic() > deadline or gateway.process.poll() is not None:
            raise RuntimeError(f"{said}\n{gateway.log.read_text()}")
        time.sleep(0.2)


def retain(broker: brokers.Mosquitto, topic: str, document: object) -> None:
    """Leave a retained message on an open broker, with a foreign client."""
    subprocess.run(
        ["mosquitto_pub", "-p", str(broker.port), "-q", "1", "-r", "-t", topic, "-m", json.dumps(document)], check=True
    )
