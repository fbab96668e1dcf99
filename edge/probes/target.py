"""What is asked: an engine of our own, or (``edge.probes.remote``) a live node."""

import collections
import select
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from edge.engine.supervisor import EngineGone, EngineProcess
from edge.engines import STALL_S
from edge.loading import load_message
from edge.probes.answer import Answer
from edge.probes.scoring import is_scored, margins
from edge.probes.suite import Item
from edgegen.bundle import ResolvedModel
from edgegen.config import Config
from edgegen.errors import EngineError

# A 5 GB model from an SD card at 40 MB/s takes two minutes, and the engine says nothing meanwhile.
LOAD_S = 600.0

# Prompts in the engine beyond those it computes, so that a slot never waits for us.
AHEAD = 2


class Target(Protocol):
    """Something that answers prompts."""

    @property
    def model(self) -> str:
        """Name and version of what answers."""

    @property
    def sha256(self) -> str:
        """Its identity."""

    @property
    def adapters(self) -> frozenset[str]:
        """The adapters it has; items that name another are asked without one."""

    def ask(self, items: Iterable[Item]) -> Iterator[tuple[Item, Answer]]:
        """Ask all items, many at once; yields each with its answer, in the order of the answers."""

    def close(self) -> None:
        """Give back what it holds."""


class EngineLike(Protocol):
    """The part of ``EngineProcess`` that is used here."""

    def fileno(self) -> int: ...  # noqa: D102
    @property
    def wants_write(self) -> bool: ...  # noqa: D102
    def send(self, message: dict[str, Any]) -> None: ...  # noqa: D102
    def flush(self) -> None: ...  # noqa: D102
    def receive(self) -> list[dict[str, Any]]: ...  # noqa: D102
    def kill(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


@dataclass
class _Asked:
    """An item on its way; ``deaths`` counts the engines that ended with it inside."""

    item: Item
    deaths: int = 0
    sent_at: float = 0.0


class EngineTarget:
    """An engine child of our own, without MQTT.

    When the child dies, what was inside is suspect and is asked once more, one item at a time, so that an item that
    kills the engine takes no other with it; one that kills it again has failed.

    Args:
        spawn: Starts a child with a ``load`` message.
        stall_s: A child that has work and says nothing for this long is killed.
        samples: Each item is answered this often, and what most answers agree on counts (``edge.engine.vote``).

    Raises:
        EngineError: If the model cannot be loaded, here or when a child is restarted.
    """

    def __init__(
        self,
        model: ResolvedModel,
        config: Config,
        *,
        spawn: Callable[[dict[str, Any]], EngineLike] = EngineProcess,
        stall_s: float = STALL_S,
        samples: int = 1,
    ) -> None:
        self._model = model
        self._load = load_message(model, config)
        self._window = config.model.slots + AHEAD
        self._max_tokens = config.limits.max_tokens
        self._spawn = spawn
        self._stall_s = stall_s
        self._samples = samples
        self._engine: EngineLike | None = None
        self._keys = 0
        self._start()

    @property
    def model(self) -> str:
        """Name and version of the bundle, or the GGUF's name."""
        return self._model.name if self._model.folder is None else f"{self._model.name}-{self._model.version}"

    @property
    def sha256(self) -> str:
        """Of the manifest, or of the GGUF."""
        return self._model.sha256

    @property
    def adapters(self) -> frozenset[str]:
        """Of the bundle; a bare GGUF has none."""
        return frozenset(adapter.name for adapter in self._model.adapters)

    def close(self) -> None:
        """End the child."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def ask(self, items: Iterable[Item]) -> Iterator[tuple[Item, Answer]]:
        """See Target."""
        asked_for = list(items)
        scored = [item for item in asked_for if is_scored(item)]
        yield from self._generate(item for item in asked_for if not is_scored(item))
        if scored:
            yield from margins(self._load, scored)

    def _generate(self, items: Iterable[Item]) -> Iterator[tuple[Item, Answer]]:
        waiting = collections.deque(_Asked(item) for item in items)
        suspects: collections.deque[_Asked] = collections.deque()
        inside: dict[int, _Asked] = {}
        while waiting or suspects or inside:
            self._fill(waiting, suspects, inside)
            try:
                for event in self._events():
                    asked = inside.get(event["key"])
                    if asked is None:
                        continue
                    if event["type"] == "started":
                        asked.sent_at = time.monotonic()  # computing begins only now
                    elif event["type"] in ("done", "error"):
                        del inside[event["key"]]
                        yield asked.item, _answer(event, time.monotonic() - asked.sent_at)
            except EngineGone as gone:
                self._engine = None
                for asked in inside.values():
                    asked.deaths += 1
                    if asked.deaths > 1:
                        problem = f"{gone}, twice with this prompt, the second time with nothing else in it"
                        yield asked.item, Answer(seconds=time.monotonic() - asked.sent_at, problem=problem)
                    else:
                        suspects.append(asked)
                inside.clear()
                self._start()

    def _fill(
        self, waiting: collections.deque[_Asked], suspects: collections.deque[_Asked], inside: dict[int, _Asked]
    ) -> None:
        """Hand over as many as the engine should hold; a suspect only when it is alone."""
        source, room = (suspects, 1) if suspects else (waiting, self._window)
        if not suspects and any(asked.deaths for asked in inside.values()):
            return  # the last suspect is still inside
        while source and len(inside) < room:
            asked = source.popleft()
            asked.sent_at = time.monotonic()
            self._keys += 1
            inside[self._keys] = asked
            assert self._engine is not None
            self._engine.send(self._submission(self._keys, asked.item))

    def _submission(self, key: int, item: Item) -> dict[str, Any]:
        """An item as the engine takes it, see ``edge.core.submission``."""
        sampling = dict(item.sampling)
        if sampling.get("max_tokens", 0) > self._max_tokens:
            sampling["max_tokens"] = self._max_tokens
        return {
            "op": "submit",
            "key": key,
            "verb": "generate",
            "messages": None,
            "prompt": item.prompt,
            "raw": False,
            "adapter": item.adapter,
            "schema": item.schema,
            "sampling": sampling,
            "samples": self._samples,
            "logprobs": False,
            "confidence": True,
            "stream": False,
            "owner": "probe",
            "session": None,
            "priority": "batch",
        }

    def _start(self) -> None:
        """Start a child and wait until it has loaded the model."""
        self._engine = self._spawn(self._load)
        failure = ""
        try:
            while True:
                for message in self._messages(LOAD_S):
                    if message["ev"] == "ready":
                        return
                    if message["ev"] == "failed":
                        failure = message["reason"]
        except EngineGone as gone:
            self._engine = None
            raise EngineError(failure or f"{self._model.model_path}: {gone} while loading the model") from None

    def _events(self) -> list[Mapping[str, Any]]:
        return [
            event for message in self._messages(self._stall_s) if message["ev"] == "step" for event in message["events"]
        ]

    def _messages(self, silence_s: float) -> list[dict[str, Any]]:
        """Wait for the child to say something; one that is silent for too long is killed, which raises EngineGone."""
        engine = self._engine
        assert engine is not None
        deadline = time.monotonic() + silence_s
        while True:
            poller = select.poll()
            poller.register(engine.fileno(), select.POLLIN | (select.POLLOUT if engine.wants_write else 0))
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                engine.kill()
            poller.poll(max(0.0, left_s) * 1000)
            engine.flush()
            messages = engine.receive()
            if messages:
                return messages


def _answer(event: Mapping[str, Any], seconds: float) -> Answer:
    if event["type"] == "error":
        return Answer(seconds=seconds, problem=f"{event['code']}: {event['reason']}")
    sure = {**event.get("confidence", {}), **{k: event[k] for k in ("agreement",) if k in event}}
    return Answer(event["text"], seconds, event["usage"]["completion_tokens"], sure=sure)
