"""The real model behind a real engine process, driven like the daemon drives it."""

import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.engine.supervisor import EngineProcess

Event = dict[str, Any]

# A test on two busy cores takes a few seconds; this only ends one that hangs.
PATIENCE_S = 240.0


class EngineClient:
    """An engine process and the events it has sent, by key."""

    def __init__(self, model: Path, **load: Any) -> None:
        # One thread: on busy cores two wait for each other in every layer until the kernel's next turn.
        defaults = {"n_ctx": 2048, "slots": 16, "prompt_tokens": 1900, "n_threads": 1}
        self.process = EngineProcess({"model": str(model), **defaults, **load})
        self.events: dict[int, list[Event]] = {}
        self.messages: list[Event] = []
        self._keys = 0
        self.ready = self._until(lambda: self._first("ready", "failed"))

    def submit(self, prompt: str | None = None, **request: Any) -> int:
        """Send a request; keyword arguments are its fields."""
        self._keys += 1
        self.process.send(
            {"op": "submit", "key": self._keys, "verb": "generate", "prompt": prompt, "owner": "pump-1", **request}
        )
        return self._keys

    def answer(self, key: int) -> Event:
        """The terminal event of a request."""
        return self._until(lambda: self.terminal(key))

    def ask(self, prompt: str | None = None, **request: Any) -> Event:
        """Submit and wait."""
        return self.answer(self.submit(prompt, **request))

    def wait_for(self, key: int, kind: str, count: int = 1) -> list[Event]:
        """The first ``count`` events of a kind."""
        return self._until(lambda: found[:count] if len(found := self.of_kind(key, kind)) >= count else None)

    def of_kind(self, key: int, kind: str) -> list[Event]:
        """The events of a kind that have arrived."""
        return [event for event in self.events.get(key, []) if event["type"] == kind]

    def terminal(self, key: int) -> Event | None:
        """The terminal event, if it has arrived."""
        return next((e for e in self.events.get(key, []) if e["type"] in ("done", "error")), None)

    def stats(self) -> Event:
        """The engine's figures now."""
        self.messages = [message for message in self.messages if message["ev"] != "stats"]
        self.process.send({"op": "stats"})
        return self._until(lambda: self._first("stats"))

    def receive(self, timeout_s: float = 0.2) -> None:
        """Take what arrives within the time."""
        select.select([self.process], [self.process] if self.process.wants_write else [], [], timeout_s)
        self.process.flush()
        for message in self.process.receive():
            self.messages.append(message)
            for event in message.get("events", ()):
                self.events.setdefault(event["key"], []).append(event)

    def _first(self, *kinds: str) -> Event | None:
        return next((message for message in self.messages if message["ev"] in kinds), None)

    def _until(self, condition: Any) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while (found := condition()) is None:
            assert time.monotonic() < deadline, f"nothing after {PATIENCE_S} s; events: {self.events}"
            self.receive()
        return found

    def close(self) -> None:
        """End the engine."""
        self.process.close()


@pytest.fixture(scope="session")
def engine(smollm2: Path) -> Iterator[EngineClient]:
    """One engine for all tests that only ask; each starts from what the others have left in its cache."""
    client = EngineClient(smollm2)
    yield client
    client.close()


@pytest.fixture
def start(smollm2: Path) -> Iterator[Any]:
    """Starts engines with load options of the test's own."""
    clients: list[EngineClient] = []

    def start(**load: Any) -> EngineClient:
        clients.append(EngineClient(**{"model": smollm2, **load}))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
