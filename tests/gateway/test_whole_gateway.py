"""A gateway as it is installed: the shipped edgegen.toml, the shipped broker files, and what systemd demands."""

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests import brokers
from tests.gateway.test_unit import UNIT

# More than the -W of the clients.
WAIT_S = brokers.PATIENCE_S + 10
STOP_S = int(re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)[0])
PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()

pytestmark = [pytest.mark.broker, pytest.mark.model]


class Gateway(NamedTuple):
    """A running gateway and systemd's end of the notification socket."""

    broker: brokers.Mosquitto
    daemon: subprocess.Popen[bytes]
    told: "queue.Queue[str]"  # what the daemon sends to systemd, a line each

    def wait_told(self, line: str) -> None:
        """Until the daemon has told systemd this."""
        deadline = time.monotonic() + brokers.PATIENCE_S
        while self.told.get(timeout=max(0.01, deadline - time.monotonic())) != line:
            pass


@pytest.fixture
def gateway(secured_mosquitto: brokers.Mosquitto, smollm2: Path, tmp_path: Path) -> Iterator[Gateway]:
    """The daemon on the generic board's configuration, under the rules of MemoryDenyWriteExecute=."""
    password = tmp_path / "mqtt-password"
    password.write_text(brokers.LOGINS["edgegen"])
    password.chmod(0o640)
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    settings = {
        "node.id": "gw",
        "node.data_dir": tmp_path / "data",
        "mqtt.port": secured_mosquitto.port,
        "model.n_threads": 1,  # the cores of a test's machine are not its own
        "mqtt.password_file": password,
        "model.bundle": smollm2.parent if (smollm2.parent / "manifest.json").exists() else smollm2,
    }
    command = [
        *(sys.executable, str(Path(__file__).parent / "write_execute.py"), "run"),
        *(sys.executable, "-m", "edgegen.cli", "serve"),
        *("--config", str(brokers.GATEWAYS / "generic" / "edgegen.toml")),
        *(f"--set={name}={value}" for name, value in settings.items()),
    ]
    environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
    environment.pop("WATCHDOG_PID", None)
    with (tmp_path / "daemon.log").open("wb") as log:
        daemon = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    told: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        while message := manager.recv(4096):
            for line in message.decode().splitlines():
                told.put(line)

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield Gateway(secured_mosquitto, daemon, told)
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait(brokers.PATIENCE_S)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(tmp_path / "notify"))
        listener.join(brokers.PATIENCE_S)
        manager.close()
        print((tmp_path / "daemon.log").read_text())


def test_an_installed_gateway_answers_a_device_on_the_lan_and_obeys_systemd(gateway: Gateway) -> None:
    """READY, a plain prompt and its plain answer, WATCHDOG, and SIGTERM within the unit's TimeoutStopSec."""
    gateway.wait_told("READY=1")

    device = ["-p", str(gateway.broker.ports[1]), "-u", "sensor-1", "-P", brokers.LOGINS["sensor-1"], "-q", "1"]
    topics = ["-t", "edgegen/gw/req/sensor-1/generate", "-e", "edgegen/gw/res/sensor-1/text"]
    answer = subprocess.run(
        ["mosquitto_rr", *device, *topics, "-m", "What is the capital of France?", "-W", "120"],
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_S,
    )
    assert "Paris" in answer.stdout, answer
    gateway.wait_told("WATCHDOG=1")

    asked = time.monotonic()
    gateway.daemon.send_signal(signal.SIGTERM)
    assert gateway.daemon.wait(brokers.PATIENCE_S) == 0
    assert time.monotonic() - asked < STOP_S
    gateway.wait_told("STOPPING=1")


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PROTOCOL, flags=re.DOTALL)


def test_the_examples_of_the_protocol_page_work(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a device developer pastes, with this broker's ports and password.

    The subscriber is told when to end, and the publisher waits as a person does, until the subscriber has shown the
    state, which it is asked for as well.
    """
    gateway.wait_told("READY=1")
    publish, request_response = examples("sh")
    local, lan = (str(port) for port in gateway.broker.ports)

    def bash(script: str) -> str:
        environment = {**os.environ, "PASSWORD": brokers.LOGINS["sensor-1"]}
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    changes = {
        "-p 1884": f"-p {local}",
        "-v -t": "-C 3 -W 120 -v -t edgegen/gw/state -t",
        " &\n": " >frames &\nuntil [[ -s frames ]]; do sleep 0.1; done\n",
    }
    state, *frames = bash(brokers.substituted(publish, changes) + "\nwait; cat frames").splitlines(keepends=True)
    assert state.startswith("edgegen/gw/state ")
    assert frames[0].startswith(re.findall(r"^edgegen/gw/res.*accepted.*$", PROTOCOL, flags=re.MULTILINE)[0])
    assert '"type":"done","run":0,"seq":1,' in frames[1]

    assert bash(brokers.substituted(request_response, {"-h gw.local": f"-h 127.0.0.1 -p {lan} -W 120"})).strip()

    printed = run_micropython(monkeypatch, int(lan))
    assert printed
    assert not printed[0].startswith("error:")


def run_micropython(monkeypatch: pytest.MonkeyPatch, port: int) -> list[str]:
    """Run the page's MicroPython with umqtt.simple played by paho on MQTT 3.1.1. Returns what it prints."""

    class MQTTClient:
        """The part of umqtt.simple that the example uses."""

        def __init__(self, client_id: str, server: str, *, user: str, password: str, keepalive: int) -> None:
            assert server == "gw.local"
            self._paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv311)
            self._paho.username_pw_set(user, password)
            self._keepalive = keepalive
            self.disconnect = self._paho.disconnect

        def set_callback(self, callback: Callable[[bytes, bytes], None]) -> None:
            self._paho.on_message = lambda _c, _u, m: callback(m.topic.encode(), bytes(m.payload))

        def connect(self) -> None:
            self._paho.connect("127.0.0.1", port, self._keepalive)
            while not self._paho.is_connected():
                self._paho.loop(0.1)

        def subscribe(self, topic: str, qos: int) -> None:
            subscribed: list[int] = []
            self._paho.on_subscribe = lambda _c, _u, mid, _r, _p: subscribed.append(mid)
            self._paho.subscribe(topic, qos)
            while not subscribed:
                self._paho.loop(0.1)

        def publish(self, topic: str, message: str, qos: int) -> None:
            self._paho.publish(topic, message, qos)

        def wait_msg(self) -> None:
            self._paho.loop(0.1)

    package, simple = ModuleType("umqtt"), ModuleType("umqtt.simple")
    monkeypatch.setattr(simple, "MQTTClient", MQTTClient, raising=False)
    monkeypatch.setitem(sys.modules, "umqtt", package)
    monkeypatch.setitem(sys.modules, "umqtt.simple", simple)
    (example,) = examples("python")
    printed: list[str] = []

    code = brokers.substituted(example, {'"..."': repr(brokers.LOGINS["sensor-1"])})
    exec(compile(code, "protocol.md", "exec"), {"print": printed.append})  # noqa: S102 - our own page
    return printed
