"""edgegen as it runs on a gateway: Mosquitto, `edgegen serve`, devices over MQTT at QoS 1."""

import json
import shutil
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psutil

from edgegen.connection import BrokerAddress, Connection
from lib.children import Child, accepts, free_port
from lib.peers import Answer

NODE = "bench"
START_S = 180.0
ANSWER_S = 600.0

# Debian keeps it out of a normal user's PATH.
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


class Mosquitto(Child):
    """Debian's Mosquitto with the persistence the project ships (docs/decisions/0004)."""

    def __init__(self, folder: Path) -> None:
        if not Path(MOSQUITTO).is_file():
            sys.exit("mosquitto is not installed. On Debian, Ubuntu and Raspberry Pi OS: apt install mosquitto")
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\nset_tcp_nodelay true\n"
            f"persistence true\npersistence_location {folder}/\nautosave_on_changes true\nautosave_interval 1\n",
            encoding="utf-8",
        )
        super().__init__([MOSQUITTO, "-c", str(config)], folder / "mosquitto.log")

    def __enter__(self) -> Self:
        """Start and wait for the listener."""
        self.start()
        self.wait_until(lambda: accepts(self.port), START_S)
        return self


class Gateway(Child):
    """`edgegen serve`; a context that waits for state ``online``.

    Args:
        folder: Its configuration and data directory; kept across restarts.
        model: A bundle's folder or a GGUF.
    """

    def __init__(self, folder: Path, broker: Mosquitto, model: Path, *, n_ctx: int, slots: int, threads: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data_dir = folder / "data"
        self.broker = broker
        config = folder / "edgegen.toml"
        sections: dict[str, dict[str, Any]] = {
            "node": {"id": NODE, "data_dir": str(self.data_dir)},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
            "model": {"bundle": str(model), "n_ctx": n_ctx, "slots": slots, "n_threads": threads},
            # The highest there is: the benchmark's devices ask without pause.
            "limits": {"per_device_per_minute": 60_000},
        }
        lines = [
            line
            for name, values in sections.items()
            for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()))
        ]
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [str(Path(sys.executable).with_name("edgegen")), "serve", "--config", str(config)]
        super().__init__(command, folder / "serve.log")

    def __enter__(self) -> Self:
        """Start and wait until it says ``online``."""
        self.start_online()
        return self

    def start_online(self) -> float:
        """Start; returns the seconds from the start of the process to state ``online``."""
        with Connection(BrokerAddress("127.0.0.1", self.broker.port)) as connection:
            connection.subscribe(f"edgegen/{NODE}/state")
            while connection.receive(0.1) is not None:
                pass  # what an earlier run left
            started = time.perf_counter()
            self.start()
            try:
                self.wait_until(lambda: _says_online(connection), START_S)
            except BaseException:
                self.stop()
                raise
            return time.perf_counter() - started

    def processes(self) -> list[psutil.Process]:
        """Daemon and engine."""
        daemon = psutil.Process(self.pid)
        return [daemon, *daemon.children(recursive=True)]


def _says_online(connection: Connection) -> bool:
    message = connection.receive(0.05)
    return message is not None and b'"online"' in message.payload


class MqttClient:
    """One device with a connection of its own; a context."""

    def __init__(self, port: int, name: str) -> None:
        self._name = name
        self._connection = Connection(BrokerAddress("127.0.0.1", port, protocol=5), client_id=name)

    def __enter__(self) -> Self:
        """Connect and subscribe to the answers."""
        self._connection.open()
        self._connection.subscribe(f"edgegen/{NODE}/res/{self._name}/+")
        return self

    def __exit__(self, *error: object) -> None:
        """Hang up."""
        self._connection.close()

    def generate(self, prompt: str, max_tokens: int, **fields: Any) -> Answer:
        """A greedy request without the chat template, streamed."""
        return self.ask("generate", {"prompt": prompt, "raw": True, "max_tokens": max_tokens, **fields})

    def chat(self, messages: list[Mapping[str, str]], max_tokens: int, **fields: Any) -> Answer:
        """A greedy chat, streamed."""
        return self.ask("chat", {"messages": messages, "max_tokens": max_tokens, **fields})

    def ask(self, verb: str, request: Mapping[str, Any]) -> Answer:
        """Publish one request and read its frames to the end."""
        request_id = uuid.uuid4().hex
        document = {"id": request_id, "temperature": 0, "stream": True, **request}
        payload = json.dumps(document).encode()
        started = time.perf_counter()
        self._connection.publish_soon(f"edgegen/{NODE}/req/{self._name}/{verb}", payload)
        accepted_s, stamps = None, list[float]()
        while True:
            frame = self._frame(request_id)
            now = time.perf_counter()
            if frame["type"] == "accepted":
                accepted_s = accepted_s or now - started
            elif frame["type"] == "delta":
                stamps.append(now)
            elif frame["type"] == "done":
                return _answer(frame, started, now, accepted_s, stamps)
            else:
                raise RuntimeError(f"the node answers {frame}")

    def _frame(self, request_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + ANSWER_S
        while time.monotonic() < deadline:
            message = self._connection.receive(1.0)
            if message is not None:
                frame: dict[str, Any] = json.loads(message.payload)
                if frame["id"] == request_id:
                    return frame
        raise TimeoutError(f"{self._name}: no answer")


def _answer(
    frame: Mapping[str, Any], started: float, ended: float, accepted_s: float | None, stamps: list[float]
) -> Answer:
    usage = frame["usage"]
    return Answer(
        text=frame["text"],
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        ttft_s=(stamps[0] if stamps else ended) - started,
        total_s=ended - started,
        stamps=tuple(stamps),
        accepted_s=accepted_s,
        cached_tokens=usage["cached_tokens"],
    )
