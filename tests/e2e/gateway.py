"""A real `edgegen serve`, and devices that are somebody else's programs."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tests.brokers import IotCore, Mosquitto

NODE = "gw1"


class Gateway:
    """The daemon as a process, restartable over the same data directory."""

    def __init__(self, folder: Path, port: int, model: Path, *, settings: Mapping[str, object] | None = None) -> None:
        self.folder, self.port = folder, port
        self.data_dir = folder / "data"
        self.log = folder / "serve.log"
        self.config = folder / "edgegen.toml"
        self.env: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None
        sections: dict[str, dict[str, object]] = {
            "node": {"id": NODE, "data_dir": str(self.data_dir)},
            "mqtt": {"host": "127.0.0.1", "port": port},
            "model": {"bundle": str(model), "n_ctx": 2048, "slots": 4, "n_threads": 2},
            "telemetry": {"interval_s": 1},
        }
        for name, value in (settings or {}).items():
            section, key = name.split(".")
            sections.setdefault(section, {})[key] = value
        self.write_config(sections)

    def write_config(self, sections: Mapping[str, Mapping[str, object]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sections = sections
        lines = []
        for name, values in sections.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        self.config.write_text("\n".join(lines) + "\n")

    def start(self) -> Self:
        assert self.process is None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edgegen.cli", "serve", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.env,
            )
        return self

    def stop(self) -> int:
        """SIGTERM, as systemd does; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.process = None
        return status

    def kill(self) -> None:
        """SIGKILL to the daemon; its engine must follow by itself."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def hang_up(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def engine_pid(self) -> int | None:
        assert self.process is not None
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        children = Path(path).read_text().split()
        return int(children[0]) if children else None

    def kill_engine(self) -> None:
        pid = self.engine_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(f"file:{self.data_dir}/edgegen.db?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.kill()


def wait_for(condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """What ``condition`` returns, as soon as it is truthy."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {timeout_s} s: {what}")


class Listener:
    """`mosquitto_sub` on everything the node says; a client that shares no code with it."""

    def __init__(
        self, broker: Mosquitto | IotCore, *, login: tuple[str, str] | None = None, port: int | None = None
    ) -> None:
        self.lines: list[tuple[str, bool, str]] = []
        command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port or broker.port), "-V", "mqttv311", "-q", "1"]
        if login is not None:
            command += ["-u", login[0], "-P", login[1]]
        command += ["-t", "edgegen/+/res/#", "-t", "edgegen/+/state", "-t", "edgegen/+/health", "-t", "edgegen/+/info"]
        command += ["-t", "edgegen/+/offers", "-t", "edgegen/+/admin/res/#", "-F", "%t\t%r\t%p"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._rest = ""

    def read(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                chunk = os.read(self._process.stdout.fileno(), 65536).decode()
            except BlockingIOError:
                return
            if not chunk:
                return
            *lines, self._rest = (self._rest + chunk).split("\n")
            for line in lines:
                topic, retain, payload = line.split("\t", 2)
                self.lines.append((topic, retain == "1", payload))

    def frames(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """Frames by (device, last topic level), in the order they came."""
        self.read()
        result: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for topic, _, payload in self.lines:
            levels = topic.split("/")
            if levels[2] == "res" and payload.startswith("{"):
                result[levels[3], levels[4]].append(json.loads(payload))
        return result

    def terminals(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """Terminal frames of accepted requests."""
        return {
            where: found
            for where, frames in self.frames().items()
            if (found := [f for f in frames if f["type"] in ("done", "error") and "refused_message" not in f])
        }

    def payloads(self, topic: str) -> list[str]:
        self.read()
        return [payload for seen, _, payload in self.lines if seen == topic]

    def answers(self, operator: str, command_id: str) -> list[dict[str, Any]]:
        """Frames of an operator's command."""
        return [json.loads(p) for p in self.payloads(f"edgegen/{NODE}/admin/res/{operator}/{command_id}")]

    def outcome(self, operator: str, command_id: str, timeout_s: float = 60) -> dict[str, Any]:
        """How an operator's command ended."""
        return wait_for(
            lambda: next((f for f in self.answers(operator, command_id) if f["type"] in ("done", "error")), None),
            timeout_s,
            f"the end of {command_id}",
        )

    def offers(self) -> list[dict[str, Any]]:
        """What the node offers now."""
        payloads = self.payloads(f"edgegen/{NODE}/offers")
        return json.loads(payloads[-1])["offers"] if payloads else []

    def state(self) -> str | None:
        states = self.payloads(f"edgegen/{NODE}/state")
        return json.loads(states[-1])["state"] if states else None

    def wait_state(self, state: str, timeout_s: float = 30) -> None:
        wait_for(lambda: self.state() == state, timeout_s, f"state {state}, it is {self.state()}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def publish(
    port: int,
    device: str,
    payload: Mapping[str, Any] | bytes,
    *,
    verb: str = "generate",
    version: str = "mqttv5",
    extra: tuple[str, ...] = (),
    node: str = NODE,
) -> None:
    """`mosquitto_pub` at QoS 1: returns when the broker has it."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-V", version, "-q", "1", "-s"]
    subprocess.run([*command, "-t", f"edgegen/{node}/req/{device}/{verb}", *extra], input=data, check=True, timeout=20)


def order(port: int, verb: str, **fields: Any) -> None:
    """What an operator called ``op`` publishes."""
    topic = f"edgegen/{NODE}/admin/req/op/{verb}"
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-V", "mqttv5", "-q", "1", "-s", "-t", topic]
    subprocess.run(command, input=json.dumps(fields).encode(), check=True, timeout=20)


def publish_lines(port: int, device: str, payloads: list[Mapping[str, Any]], *, version: str) -> None:
    """One connection, one message a line, as fast as it goes."""
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-V", version, "-q", "1", "-l"]
    data = "".join(json.dumps(p) + "\n" for p in payloads).encode()
    subprocess.run([*command, "-t", f"edgegen/{NODE}/req/{device}/generate"], input=data, check=True, timeout=20)
