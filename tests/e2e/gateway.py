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
from typing import Any, Self, cast

import psutil

from tests.brokers import PATIENCE_S, IotCore, Mosquitto
from tests.processes import children

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
            # One thread: several wait for each other in every layer, on busy cores until the kernel's next turn
            # (measured beside eight other processes on two cores: 0.7 tokens a second with two).
            "model": {"bundle": str(model), "n_ctx": 2048, "slots": 4, "n_threads": 1},
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
        status = self.process.wait(PATIENCE_S)
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

    def child(self, word: str) -> psutil.Process | None:
        """A process of the daemon's with this word in its command line."""
        assert self.process is not None
        return next(children(self.process.pid, word), None)

    def engine(self, *, after: psutil.Process | None = None) -> psutil.Process:
        """The engine's process, as soon as there is one, and another than ``after``."""

        def found() -> psutil.Process | None:
            engine = self.child("edge.engine.worker")
            return engine if engine != after else None

        return cast("psutil.Process", wait_for(found, "an engine"))

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


def wait_for(condition: Callable[[], Any], what: str, saw: Callable[[], str] | None = None) -> Any:
    """What ``condition`` returns, as soon as it is truthy.

    Raises:
        AssertionError: After PATIENCE_S, with ``what`` was waited for and what ``saw`` tells.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {what}; {saw() if saw else ''}"
        time.sleep(0.02)
    return value


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
        command += ["-t", "edgegen/+/offers", "-t", "edgegen/+/admin/res/#"]
        command += ["-F", "%t\t%r\t%x"]  # in hexadecimal: a plain answer may have lines
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._rest = b""

    def read(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                chunk = os.read(self._process.stdout.fileno(), 65536)
            except BlockingIOError:
                return
            if not chunk:
                return
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                topic, retain, payload = line.decode().split("\t")
                self.lines.append((topic, retain == "1", bytes.fromhex(payload).decode()))

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

    def outcome(self, operator: str, command_id: str) -> dict[str, Any]:
        """How an operator's command ended."""
        return wait_for(
            lambda: next((f for f in self.answers(operator, command_id) if f["type"] in ("done", "error")), None),
            f"the end of {command_id}",
        )

    def latest(self, what: str) -> dict[str, Any]:
        """What the node said last on its topic ``info``, ``health``, ``state`` or ``offers``; empty before it does."""
        payloads = self.payloads(f"edgegen/{NODE}/{what}")
        return json.loads(payloads[-1]) if payloads else {}

    def offers(self) -> list[dict[str, Any]]:
        """What the node offers now."""
        return self.latest("offers").get("offers", [])

    def states(self) -> list[str]:
        """The node's states, in the order they came."""
        return [json.loads(payload)["state"] for payload in self.payloads(f"edgegen/{NODE}/state")]

    def wait_state(self, state: str, *, since: int | None = None) -> int:
        """Until the node's state is this one, or with ``since`` until it has been.

        Args:
            since: How many states to pass over: a state may be gone again before anybody looks.

        Returns:
            How many states there were up to this one.
        """

        def position() -> int:
            states = self.states()
            if since is None:
                return len(states) if states[-1:] == [state] else 0
            return states.index(state, since) + 1 if state in states[since:] else 0

        return int(wait_for(position, f"state {state}", lambda: f"the states were {self.states()[since:]}"))

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
    subprocess.run(
        [*command, "-t", f"edgegen/{node}/req/{device}/{verb}", *extra], input=data, check=True, timeout=PATIENCE_S
    )


def order(port: int, verb: str, **fields: Any) -> None:
    """What an operator called ``op`` publishes."""
    topic = f"edgegen/{NODE}/admin/req/op/{verb}"
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-V", "mqttv5", "-q", "1", "-s", "-t", topic]
    subprocess.run(command, input=json.dumps(fields).encode(), check=True, timeout=PATIENCE_S)


def publish_lines(port: int, device: str, payloads: list[Mapping[str, Any]], *, version: str) -> None:
    """One connection, one message a line, as fast as it goes."""
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-V", version, "-q", "1", "-l"]
    data = "".join(json.dumps(p) + "\n" for p in payloads).encode()
    subprocess.run(
        [*command, "-t", f"edgegen/{NODE}/req/{device}/generate"], input=data, check=True, timeout=PATIENCE_S
    )
