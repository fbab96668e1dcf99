"""Keeping an engine alive: start, restart with backoff, detect a stall, follow a change of model."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from edge.engine.supervisor import EngineGone, EngineProcess
from edgegen.errors import EdgegenError

log = logging.getLogger(__name__)

# While it works the engine reports at least once a second between steps. One step is at most one chunk of a
# prompt: on the slowest board measured (8B on a Raspberry Pi 5, ~8 tok/s) 64 tokens take 8 s.
STALL_S = 120.0

# Loading is silent: 5 GB from a slow memory card take about four minutes.
LOAD_STALL_S = 900.0

# A child that served this long died of a request, not of its model: start the next one at once.
HEALTHY_S = 10.0
BACKOFF_S = (0.1, 30.0)


class EngineKeeper:
    """One engine child after another, over one description of what to load.

    Args:
        load: Makes the ``load`` message; called before each start, so that a new bundle is picked up.
        on_ready: Called with the child's ``ready`` message.
        on_step: Called with the events of a step.
        on_stats: Called with the answer to a ``stats`` message.
        on_gone: Called with the reason; ``died`` tells a crash from a stop we asked for.
        spare: A child that was spawned early and has not been told what to load.
    """

    def __init__(
        self,
        load: Callable[[], Mapping[str, Any]],
        *,
        on_ready: Callable[[Mapping[str, Any]], None],
        on_step: Callable[[list[dict[str, Any]]], None],
        on_stats: Callable[[Mapping[str, Any]], None],
        on_gone: Callable[[str, bool], None],
        spare: EngineProcess | None = None,
    ) -> None:
        self._load = load
        self._spare = spare
        self._on_ready = on_ready
        self._on_step = on_step
        self._on_stats = on_stats
        self._on_gone = on_gone
        self._process: EngineProcess | None = None
        self._ready_at: float | None = None
        self._heard_at = 0.0
        self._backoff_s = BACKOFF_S[0]
        self._retry_at: float | None = 0.0
        self._failure = ""

    @property
    def pid(self) -> int | None:
        """The child's process id."""
        return self._process.pid if self._process is not None else None

    @property
    def process(self) -> EngineProcess | None:
        """The child, for the main loop's poll."""
        return self._process

    @property
    def ready(self) -> bool:
        """Whether the model is loaded."""
        return self._ready_at is not None

    @property
    def failure(self) -> str:
        """Why the last child could not load; empty once one is ready."""
        return self._failure

    @property
    def retry_at(self) -> float | None:
        """When the next child is to be started."""
        return self._retry_at

    def send(self, message: dict[str, Any]) -> None:
        """Hand a message to the child; without one it is dropped, and what it was about is queued again."""
        process = self._process  # the main thread may take it away meanwhile
        if process is not None:
            process.send(message)

    def start(self, now: float) -> None:
        """Start a child when it is time to."""
        if self._process is not None or self._retry_at is None or now < self._retry_at:
            return
        self._retry_at, self._heard_at = None, now
        try:
            load = dict(self._load())
        except EdgegenError as error:
            self._failure, self._retry_at = str(error), now + BACKOFF_S[1]
            log.error("%s\nLooking again in %.0f s", error, BACKOFF_S[1])  # noqa: TRY400 - the message is the finding
            self._on_gone(self._failure, False)
            return
        self._process, self._spare = self._spare or EngineProcess(), None
        self._process.load(load)
        log.info("engine %d loads its model", self._process.pid)

    def receive(self, now: float) -> None:
        """Handle what the child said; the end of the child is handled here too."""
        process = self._process
        if process is None:
            return
        try:
            messages = process.receive()
        except EngineGone as gone:
            self._gone(str(gone), now)
            return
        for message in messages:
            self._heard_at = now
            self._handle(message, now)

    def _handle(self, message: dict[str, Any], now: float) -> None:
        event = message["ev"]
        if event == "step":
            self._on_step(message["events"])
        elif event == "stats":
            self._on_stats(message)
        elif event == "ready":
            self._ready_at, self._failure = now, ""
            self._on_ready(message)
        elif event == "failed":
            self._failure = message["reason"]

    def _gone(self, how: str, now: float) -> None:
        was_ready = self._ready_at is not None
        lived_s = now - self._ready_at if self._ready_at is not None else 0.0
        self._process, self._ready_at = None, None
        self._backoff_s = BACKOFF_S[0] if lived_s > HEALTHY_S else min(BACKOFF_S[1], self._backoff_s * 2)
        self._retry_at = now + self._backoff_s
        if not was_ready and not self._failure:
            self._failure = f"{how} while loading the model"
        log.error("%s; next start in %.1f s", self._failure or how, self._backoff_s)
        self._on_gone(self._failure or how, was_ready)

    def check_stall(self, now: float, *, working: bool) -> None:
        """Kill a child that has work, or a model to load, and says nothing."""
        if self.ready and not working:
            self._heard_at = now
            return
        limit_s = STALL_S if self.ready else LOAD_STALL_S
        if self._process is not None and now - self._heard_at > limit_s:
            log.error("engine %d said nothing for %.0f s while it had work: killed", self._process.pid, limit_s)
            self._heard_at = now
            self._process.kill()

    def replace(self, now: float) -> None:
        """Stop the child, if any, and start the next at once: the model has changed."""
        self.close()
        self._retry_at, self._backoff_s, self._failure = now, BACKOFF_S[0], ""

    def close(self) -> None:
        """Stop the child and start no other."""
        process, self._process, self._spare = self._process or self._spare, None, None
        was_ready, self._ready_at, self._retry_at = self._ready_at is not None, None, None
        if process is not None:
            process.close()
            if was_ready:
                self._on_gone("stopped", False)
