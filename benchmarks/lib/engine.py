"""The engine process alone: no broker, no store."""

import select
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from edge.engine.supervisor import EngineProcess
from lib.setting import Setting

Event = dict[str, Any]

PATIENCE_S = 600.0


class Engine:
    """An engine process driven as the daemon drives it; a context.

    Args:
        env: Replaces the child's environment.
        load: More fields of the ``load`` message.
    """

    def __init__(
        self, model: Path, *, n_ctx: int, slots: int, threads: int, env: Mapping[str, str] | None = None, **load: Any
    ) -> None:
        self.events: dict[int, list[tuple[float, Event]]] = {}
        self._stats: list[tuple[float, Event]] = []
        self._ready: Event | None = None
        self._keys = 0
        settings = {"n_ctx": n_ctx, "slots": slots, "n_threads": threads, "prompt_tokens": n_ctx - 1, **load}
        self.process = EngineProcess({"model": str(model), **settings}, env=env)

    @classmethod
    def of(cls, setting: Setting, **options: Any) -> Self:
        """With the model and threads of the command line."""
        return cls(setting.model, threads=setting.threads, **options)

    def submit(self, prompt: str, max_tokens: int, **request: Any) -> int:
        """Send a greedy raw request; returns its key."""
        self._keys += 1
        sampling = {"max_tokens": max_tokens, "temperature": 0}
        fields = {"key": self._keys, "verb": "generate", "prompt": prompt, "raw": True, "owner": f"d{self._keys}"}
        self.process.send({"op": "submit", **fields, "sampling": sampling, **request})
        return self._keys

    def stats(self) -> tuple[float, Event]:
        """The engine's figures, and when it said so."""
        seen = len(self._stats)
        self.process.send({"op": "stats"})
        self.until(lambda: len(self._stats) > seen)
        return self._stats[-1]

    def done(self, key: int) -> Event | None:
        """The terminal event of a request."""
        return next((event for _, event in self.events.get(key, []) if event["type"] in ("done", "error")), None)

    def has_begun(self, key: int) -> bool:
        """Whether its first token is there."""
        return any(event["type"] == "first" for _, event in self.events.get(key, []))

    def until(self, condition: Callable[[], bool]) -> None:
        """Take what arrives until ``condition`` holds.

        Raises:
            TimeoutError: It never did.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("the engine does not get there")
            self.receive(1.0)

    def receive(self, timeout_s: float) -> None:
        """Take what arrives within the time."""
        select.select([self.process], [self.process] if self.process.wants_write else [], [], timeout_s)
        self.process.flush()
        now = time.perf_counter()
        for message in self.process.receive():
            if message["ev"] == "stats":
                self._stats.append((now, message))
            elif message["ev"] == "ready":
                self._ready = message
            elif message["ev"] == "failed":
                raise RuntimeError(message["reason"])
            for event in message.get("events", ()):
                self.events.setdefault(event["key"], []).append((now, event))

    def __enter__(self) -> Self:
        """Wait until the model is loaded."""
        try:
            self.until(lambda: self._ready is not None)
        except BaseException:
            self.process.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """End the child."""
        self.process.close()


def tg_rate(engine: Engine, prompts: list[str], tg_tokens: int) -> float:
    """Aggregate tokens a second while all of ``prompts`` are generating at once.

    Counted in engine steps between two looks at its figures: a step gives each sequence one token. The looks lie after
    the last sequence's first token and before the first one's end.
    """
    keys = [engine.submit(prompt, tg_tokens) for prompt in prompts]
    engine.until(lambda: all(engine.has_begun(key) for key in keys))
    first_s, first = engine.stats()
    last_s, last = first_s, first
    while not any(engine.done(key) for key in keys):
        last_s, last = (first_s, first) if last is None else (last_s, last)
        engine.receive(0.25)
        now_s, now = engine.stats()
        if now["running"] < len(keys):
            break
        last_s, last = now_s, now
    engine.until(lambda: all(engine.done(key) for key in keys))
    failed = [done for key in keys if (done := engine.done(key)) and done["type"] == "error"]
    if failed or last["steps"] - first["steps"] < tg_tokens // 4:
        raise RuntimeError(f"the sequences did not run together: {failed or (first, last)}")
    return len(keys) * (last["steps"] - first["steps"]) / (last_s - first_s)
