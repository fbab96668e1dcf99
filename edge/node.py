"""One node's bookkeeping: from an accepted request to its one terminal frame, whatever dies.

Sits between the MQTT thread (`edge.intake`, `edge.mqtt`) and the main thread (engine events, timers); every
public method takes the lock, so that callers need not know of each other. Real handles are passed in, and
``now`` is an argument, so that the tests replay thousands of requests in a second with a scripted engine.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from edge import recovery
from edge.core.admission import Admission
from edge.core.endings import Ending, Teller, terminal
from edge.core.guardrails import Policy, Refusal
from edge.core.messages import Outgoing
from edge.core.metrics import Counters
from edge.core.request import DEATHS_BEFORE_ALONE, RUNNING, Job, Step
from edge.core.scheduler import Scheduler
from edge.core.submission import submission
from edge.delivery import Delivery
from edge.patience import at_most
from edge.storage import Storage
from edge.store import Store
from edgegen.errors import RequestError, StoreError
from edgegen.frames import frame
from edgegen.request_reader import parse_request
from edgegen.topics import Topics

log = logging.getLogger(__name__)

# A delta frame costs a publish and a wake-up of every subscriber; people read 75 ms steps as a stream.
DELTA_S = 0.075

# The rules of a policy over one text, on the processor: linear patterns take milliseconds for 64 KiB, and nobody is
# served meanwhile.
RULES_S = 0.25


class EnginePort(Protocol):
    """The inference process, as the node sees it."""

    def send(self, message: dict[str, Any]) -> None:
        """Hand over one message; never blocks."""


class Limits(Protocol):
    """The part of the configuration that bounds requests."""

    @property
    def payload_bytes(self) -> int: ...  # noqa: D102
    @property
    def max_tokens(self) -> int: ...  # noqa: D102
    @property
    def queue(self) -> int: ...  # noqa: D102
    @property
    def per_device_per_minute(self) -> int: ...  # noqa: D102
    @property
    def deadline_s(self) -> float: ...  # noqa: D102


@dataclass
class Node:
    """The state of one node.

    Attributes:
        paused: Requests are accepted and wait: the engine is about to be replaced.
        publish: Hands a message to the MQTT thread; never blocks.
        utc: Wall clock, for rows that people read.
        boot: The kernel's boot id; deadlines go on within one boot and start anew after a reboot.
        policy: What is not taken and what is not said.
        unavailable: Why no model can be loaded; then new requests are refused.
        storage: What it writes, and what it does while that fails.
        changed: Called when there may be something to do for the main loop.
    """

    topics: Topics
    store: Store
    limits: Limits
    slots: int
    publish: Callable[[Outgoing], None]
    utc: Callable[[], float]
    boot: str
    started_at: float
    changed: Callable[[], None] = lambda: None
    model: str = ""
    adapters: frozenset[str] = frozenset()
    draining: bool = False
    paused: bool = False
    policy: Policy = field(default_factory=Policy)
    unavailable: str | None = None
    counters: Counters = field(default_factory=Counters)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.slots)
        self.admission = Admission(self.limits.queue, self.limits.per_device_per_minute)
        self.storage = Storage(self.store, boot=self.boot, utc=self.utc, uptime_s=self.uptime_s, changed=self.changed)
        self._delivery = Delivery(
            self.store,
            self.storage,
            self.counters,
            node=self.topics.node,
            publish=self.publish,
            utc=self.utc,
            changed=self.changed,
        )
        self._engine: EnginePort | None = None
        self._deltas_at: float | None = None
        self._uptime_before_s = self.store.uptime_s()

    # --- state -----------------------------------------------------------------------------------

    @property
    def open_requests(self) -> int:
        """Requests that are owed a terminal frame."""
        return len(self.scheduler) + len(self.storage.unsaved)

    def uptime_s(self, now: float) -> float:
        """How long this node has been running in all, over all its starts."""
        return self._uptime_before_s + now - self.started_at

    def recover(self, now: float) -> int:
        """Take up what an earlier process left open. Returns how many requests that is."""
        with self.lock:
            jobs = recovery.open_jobs(self.store, self.storage, boot=self.boot, now=now)
            for job in jobs:
                self.scheduler.add(job)
            return len(jobs)

    def backlog(self) -> list[Outgoing]:
        """What to publish at the first connection."""
        with self.lock:
            return recovery.backlog(self.store)

    # --- the engine ------------------------------------------------------------------------------

    def attach_engine(self, engine: EnginePort, now: float) -> None:
        """The engine is ready: start what waits."""
        with self.lock:
            self._engine = engine
            self.pump(now)

    def detach_engine(self, now: float, *, died: bool, suspected: bool = True) -> None:
        """The engine is gone; what ran in it returns to the queue.

        Args:
            died: It broke by itself.
            suspected: Each request that was in it may be why. Not so while a new bundle is on trial: it goes before
                any request does.
        """
        with self.lock:
            self._engine = None
            victims = list(self.scheduler.running)
            self.counters.engine_deaths += died
            endings = []
            for job in victims:
                job.move(Step.ENGINE_DIED)
                job.deaths += died and suspected
                self.scheduler.add(job)
                if job.deaths > DEATHS_BEFORE_ALONE:
                    reason = (
                        f"the engine died {job.deaths} times with this request, the last time with nothing else in it"
                    )
                    endings.append(self.error(job, "internal", reason, now))
            try:
                self.store.requests.engine_died(victims)
            except StoreError as error:
                self.storage.failed(error, now)  # the count of deaths is lost only if this process dies too
            self.end(endings, now)

    def on_step(self, events: Iterable[Mapping[str, Any]], now: float) -> None:
        """What the engine reported of one step."""
        with self.lock:
            endings = []
            for event in events:
                job = self.scheduler.get(event["key"])
                if job is None or job.state not in RUNNING:
                    continue  # ended here (cancel, deadline) while the engine was still at it
                ending = self._on_event(job, event, now)
                if ending is not None:
                    endings.append(ending)
            self.end(endings, now)
            self.pump(now)

    def _on_event(self, job: Job, event: Mapping[str, Any], now: float) -> Ending | None:
        kind = event["type"]
        if kind == "started":
            job.prompt_tokens, job.cached_tokens = event["prompt_tokens"], event["cached_tokens"]
        elif kind == "first":
            job.move(Step.TEXT_BEGAN)
            job.first_token_at = now
        elif kind == "delta":
            self._on_delta(job, event["text"], now)
        elif kind == "done":
            return self._done(job, event, now)
        elif kind == "error":
            return self.error(job, event["code"], event["reason"], now)
        return None

    def _on_delta(self, job: Job, text: str, now: float) -> None:
        job.pending_text += text
        if not job.delta_sent:
            self._publish_delta(job)  # the first words at once
        elif self._deltas_at is None:
            self._deltas_at = now + DELTA_S

    def _publish_delta(self, job: Job, *, passed: bool = False) -> None:
        """Say what is new of an answer; under rules that were read after it began only if the whole has passed them."""
        if job.pending_text and (passed or not self.policy.judges_answers(job.adapter)):
            text, job.pending_text, job.delta_sent = job.pending_text, "", True
            self.send_frame(job, "delta", qos=0, text=text)

    def send_frame(self, job: Job, kind: str, *, qos: int = 1, **fields: Any) -> None:
        """Publish one frame that is not terminal."""
        payload = frame(job.request_id, self.topics.node, kind, job.run, job.next_seq(), **fields)
        self.publish(Outgoing(job.response_topic, payload, qos=qos, correlation=job.correlation))

    def pump(self, now: float) -> None:
        """Give the engine what its slots can take."""
        with self.lock:
            if self._engine is None or self.draining or self.paused or self.storage.retry_at is not None:
                return
            started: list[tuple[Job, bool]] = []
            while (job := self.scheduler.next(now)) is not None:
                started.append((job, job.start(now)))
            if not started:
                return
            try:
                self.store.requests.start(job for job, _ in started)
            except StoreError as error:
                for job, _ in started:
                    job.unstart()
                    self.scheduler.add(job)
                self.storage.failed(error, now)
                return
            for job, again in started:
                self._submit(self._engine, job, again=again, now=now)

    def _submit(self, engine: EnginePort, job: Job, *, again: bool, now: float) -> None:
        try:
            payload = self.store.requests.payload(job.key)
        except StoreError as error:
            job.unstart()
            self.scheduler.add(job)
            self.storage.failed(error, now)
            return
        try:
            request = parse_request(job.verb, payload, payload_bytes=len(payload))
        except RequestError as error:
            # Stored by an older version whose rules were wider.
            self.end([self.error(job, "internal", f"this version does not take the stored request: {error}", now)], now)
            return
        job.question = request.texts
        refusal = self._judged(job, lambda: self.policy.check_question(job.question, request.adapter))
        if isinstance(refusal, Refusal):
            self.end([self._refused(job, refusal, now)], now)
            self.changed()  # its slot is free again
            return
        if again:
            self.counters.restarted += 1
            if not job.plain:
                self.send_frame(job, "restarted")
        engine.send(submission(job, request, self.limits.max_tokens, self.policy))

    # --- endings ---------------------------------------------------------------------------------

    def _done(self, job: Job, event: Mapping[str, Any], now: float) -> Ending:
        text: str = event.get("text", "")
        shown = text
        if "embedding" not in event:
            sure = {**event.get("confidence", {}), **{k: event[k] for k in ("agreement",) if k in event}}
            answered_by = event.get("adapter")
            verdict = self._judged(
                job,
                lambda: self.policy.check_answer(text, job.question, answered_by, sure, is_json="json" in event),
            )
            if isinstance(verdict, Refusal):
                return self._refused(job, verdict, now)
            shown = verdict or ""
        if not job.plain:
            self._publish_delta(job, passed=shown == text)  # what was redacted stands in no delta
        return self._teller(now).done(job, event, shown)

    def _judged(self, job: Job, check: Callable[[], Refusal | str | None]) -> Refusal | str | None:
        """What the policy says; what takes it too long is refused."""
        try:
            with at_most(RULES_S):
                return check()
        except TimeoutError:
            return self.policy.undecided(job.question)

    def _refused(self, job: Job, refusal: Refusal, now: float) -> Ending:
        """The ending of a request that a guardrail stopped: a sentence for people, and the rule for the operator."""
        self.counters.guarded += 1
        log.info("request %s of %s: refused by the rule %r", job.request_id, job.device, refusal.rule)
        return self.error(job, "refused", refusal.sentence, now, rule=refusal.rule)

    def error(self, job: Job, code: str, reason: str, now: float, **more: Any) -> Ending:
        """The ending of an accepted request that gets no answer."""
        return self._teller(now).error(job, code, reason, **more)

    def _teller(self, now: float) -> Teller:
        return Teller(self.topics.node, self.model, self.utc(), now)

    def end(self, endings: Sequence[Ending], now: float) -> None:
        """Store terminal frames, then publish them; a failed commit is tried again until it holds."""
        if not endings:
            return
        for ending in endings:
            self._leave(ending, now)
        self.publish_endings(self.storage.keep(endings, now))

    def forget(self, endings: Sequence[Ending], now: float) -> None:
        """Take ended requests out of the queue and the engine."""
        for ending in endings:
            self._leave(ending, now)

    def _leave(self, ending: Ending, now: float) -> None:
        job = ending.job
        if job.state in RUNNING and self._engine is not None and ending.status in ("cancelled", "expired"):
            self._engine.send({"op": "cancel", "key": job.key})
        if job.dispatched_at is not None:
            self.admission.served(now - job.dispatched_at)
        tokens = ending.measured.get("prompt_tokens", 0) + (ending.measured.get("completion_tokens") or 0)
        self.scheduler.remove(job.key, tokens)
        job.move(Step.ENDED)

    def publish_endings(self, endings: Iterable[Ending]) -> None:
        """Publish stored terminal frames."""
        for job, payload, status, _ in endings:
            if status == "done":
                self.counters.done += 1
            else:
                self.counters.errors += 1
            self.publish(terminal(job.response_topic, payload, job.correlation, status, job.key, plain=job.plain))

    def delivered(self, key: int, now: float) -> None:
        """The broker acknowledged a terminal frame."""
        with self.lock:
            self._delivery.acknowledged(key, now)

    def not_delivered(self, message: Outgoing, reason: str, now: float) -> None:
        """The broker answered a terminal frame with a reason code of 0x80 or more."""
        with self.lock:
            self._delivery.refused(message, reason, now)

    def too_large(self, message: Outgoing, limit: int) -> Outgoing | None:
        """What to publish in place of a frame the broker would never carry; None when there is nothing."""
        with self.lock:
            return self._delivery.too_large(message, limit)

    # --- time ------------------------------------------------------------------------------------

    def next_timer(self) -> float | None:
        """When to call `on_timer` again."""
        with self.lock:
            times = [self.scheduler.next_timer(), self._deltas_at, self.storage.retry_at, self._delivery.next_timer()]
            return min((t for t in times if t is not None), default=None)

    def on_timer(self, now: float) -> None:
        """Do what is due: deadlines, deltas, marks, retries."""
        with self.lock:
            if self._deltas_at is not None and self._deltas_at <= now:
                self._deltas_at = None
                for job in self.scheduler.running:
                    self._publish_delta(job)
            if self.storage.retry_at is not None and self.storage.retry_at <= now:
                self._retry_storage(now)
            self._expire(now)
            self._delivery.on_timer(now)
            self.pump(now)

    def _expire(self, now: float) -> None:
        endings = []
        for job in self.scheduler.expired(now):
            waited = now - job.received_at
            where = "in the queue" if job.state not in RUNNING else "while it was being answered"
            endings.append(self.error(job, "expired", f"its deadline passed after {waited:.1f} s, {where}", now))
        self.end(endings, now)

    def _retry_storage(self, now: float) -> None:
        stored = self.storage.retry(self.scheduler, now)
        if stored is None:
            return
        won, lost = stored
        self.publish_endings(won)
        reason = "the node's database was damaged, and this request could not be read from it; send it again"
        self.end([self.error(job, "internal", reason, now) for job in lost], now)
        self.changed()

    def flush_marks(self, now: float) -> None:
        """Write the PUBACKs of terminal frames to the store."""
        with self.lock:
            self._delivery.flush_marks(now)

    def housekeep(self, now: float, retention_days: float) -> None:
        """Keep the uptime and drop what is past its time; for a slow timer."""
        with self.lock:
            self.storage.housekeep(now, retention_days)

    def set_limits(self, limits: Limits) -> None:
        """Take new bounds; what is accepted already keeps its promise."""
        with self.lock:
            self.limits = limits
            self.admission = Admission(limits.queue, limits.per_device_per_minute)

    def set_slots(self, slots: int) -> None:
        """Run that many sequences side by side from now on."""
        with self.lock:
            self.slots = self.scheduler.slots = slots

    def counts(self) -> dict[str, int]:
        """The counters, for `health`."""
        with self.lock:
            return asdict(self.counters)
