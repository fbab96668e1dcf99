"""One node's bookkeeping: from an accepted request to its one terminal frame, whatever dies.

Sits between the MQTT thread (`edge.intake`, `edge.mqtt`) and the main thread (engine events, timers); every
public method takes the lock, so that callers need not know of each other. Real handles are passed in, and
``now`` is an argument, so that the tests replay thousands of requests in a second with a scripted engine.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Protocol

from edge import salvage
from edge.core import metrics
from edge.core.admission import Admission
from edge.core.guardrails import Policy, Refusal
from edge.core.messages import Outgoing
from edge.core.request import DEATHS_BEFORE_ALONE, RUNNING, Job, Step
from edge.core.scheduler import Scheduler
from edge.patience import at_most
from edge.store import Store
from edgegen.errors import RequestError, StoreDamagedError, StoreError
from edgegen.protocol import Request, Topics, frame, parse_request, plain_error

log = logging.getLogger(__name__)

# A delta frame costs a publish and a wake-up of every subscriber; people read 75 ms steps as a stream.
DELTA_S = 0.075

# The rules of a policy over one text, on the processor: linear patterns take milliseconds for 64 KiB, and nobody is
# served meanwhile.
RULES_S = 0.25

# PUBACKs are marked in the store together: losing a mark only repeats a frame.
DELIVERED_MARK_S = 0.5

# After a failed commit (a full disk, mostly) the node tries again at this pace.
STORAGE_RETRY_S = 1.0

# A broker that refuses a terminal frame (not authorised, quota) is tried this often, with doubling pauses.
DELIVERY_ATTEMPTS = 6

# A disk that damages a new database at once will do it again: then the node says so and takes nothing.
ANEW_S = 60.0

DEDUP_WINDOW_S = 24 * 3600.0


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


class Ending(NamedTuple):
    """A terminal frame on its way into the store."""

    job: Job
    frame: bytes
    status: str
    measured: dict[str, Any]


@dataclass
class Counters:
    """What has happened since the node started."""

    accepted: int = 0
    refused: int = 0
    done: int = 0
    errors: int = 0
    guarded: int = 0
    restarted: int = 0
    engine_deaths: int = 0
    retained_dropped: int = 0
    undeliverable: int = 0


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
    storage_problem: str | None = None
    unavailable: str | None = None
    counters: Counters = field(default_factory=Counters)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.slots)
        self.admission = Admission(self.limits.queue, self.limits.per_device_per_minute)
        self._engine: EnginePort | None = None
        self._unsaved: list[Ending] = []
        self._delivered: list[int] = []
        self._attempts: dict[int, int] = {}
        self._again: list[tuple[float, Outgoing]] = []
        self._deltas_at: float | None = None
        self._marks_at: float | None = None
        self._storage_at: float | None = None
        self._damaged = False
        self._anew_at: float | None = None
        self._uptime_before_s = self.store.uptime_s()

    # --- state -----------------------------------------------------------------------------------

    @property
    def open_requests(self) -> int:
        """Requests that are owed a terminal frame."""
        return len(self.scheduler) + len(self._unsaved)

    def uptime_s(self, now: float) -> float:
        """How long this node has been running in all, over all its starts."""
        return self._uptime_before_s + now - self.started_at

    def recover(self, now: float) -> int:
        """Take up what an earlier process left open. Returns how many requests that is."""
        with self.lock:
            found = self.store.open_requests()
            for job, row in found:
                if row["boot"] != self.boot:
                    # After a reboot the clock began anew, and so does the deadline.
                    job.received_at = now
                    try:
                        self.store.rebase(job.key, received_at=now, boot=self.boot)
                    except StoreError as error:
                        self.storage_failed(error, now)  # the next start will give it its full time again
                if row["deadline_s"] is not None:
                    job.deadline_at = job.received_at + row["deadline_s"]
                self.scheduler.add(job)
            return len(found)

    def backlog(self) -> list[Outgoing]:
        """What to publish at the first connection: unacknowledged terminals, and `accepted` of all that is open."""
        with self.lock:
            frames = [
                Outgoing(
                    e.response_topic,
                    e.terminal,
                    correlation=e.correlation,
                    status=e.status,
                    key=e.key,
                    json=not e.plain,
                )
                for e in self.store.outbox()
            ]
            for job, row in self.store.open_requests():
                if row["accepted"] is not None:
                    frames.append(Outgoing(job.response_topic, row["accepted"], correlation=job.correlation))
            return frames

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
                self.store.engine_died(victims)
            except StoreError as error:
                self.storage_failed(error, now)  # the count of deaths is lost only if this process dies too
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

    def _publish_delta(self, job: Job) -> None:
        if job.pending_text:
            text, job.pending_text, job.delta_sent = job.pending_text, "", True
            self.send_frame(job, "delta", qos=0, text=text)

    def send_frame(self, job: Job, kind: str, *, qos: int = 1, **fields: Any) -> None:
        """Publish one frame that is not terminal."""
        payload = frame(job.request_id, self.topics.node, kind, job.run, job.next_seq(), **fields)
        self.publish(Outgoing(job.response_topic, payload, qos=qos, correlation=job.correlation))

    def pump(self, now: float) -> None:
        """Give the engine what its slots can take."""
        with self.lock:
            if self._engine is None or self.draining or self.paused or self._storage_at is not None:
                return
            started: list[tuple[Job, bool]] = []
            while (job := self.scheduler.next(now)) is not None:
                started.append((job, job.start(now)))
            if not started:
                return
            try:
                self.store.start(job for job, _ in started)
            except StoreError as error:
                for job, _ in started:
                    job.unstart()
                    self.scheduler.add(job)
                self.storage_failed(error, now)
                return
            for job, again in started:
                self._submit(self._engine, job, again=again, now=now)

    def _submit(self, engine: EnginePort, job: Job, *, again: bool, now: float) -> None:
        try:
            payload = self.store.payload(job.key)
        except StoreError as error:
            job.unstart()
            self.scheduler.add(job)
            self.storage_failed(error, now)
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
        speeds = {name: event.get(name) for name in ("pp_tokens_per_s", "tg_tokens_per_s")}
        usage = event.get("usage", {})
        measured = self._measured(job, now) | speeds | usage
        if job.plain:
            return Ending(job, shown.encode(), "done", measured)
        self._publish_delta(job)
        fields: dict[str, Any] = {"text": shown}
        fields |= {name: event[name] for name in ("json", "finish") if name in event}
        fields |= {
            "usage": usage,
            "timing": metrics.timing(job, now) | {k: round(v, 1) for k, v in speeds.items() if v is not None},
            "model": self.model,
            "adapter": event.get("adapter"),
        }
        # The tokens spell what was redacted.
        more = ("logprobs", "agreement", "embedding") if shown == text else ("agreement",)
        fields |= {name: event[name] for name in more if name in event}
        payload = frame(job.request_id, self.topics.node, "done", job.run, job.next_seq(), **fields)
        return Ending(job, payload, "done", measured)

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
        if job.plain:
            payload = plain_error(code, reason)
        else:
            payload = frame(
                job.request_id, self.topics.node, "error", job.run, job.next_seq(), code=code, reason=reason, **more
            )
        return Ending(job, payload, code, self._measured(job, now))

    def _measured(self, job: Job, now: float) -> dict[str, Any]:
        return {
            "utc": self.utc(),
            "adapter": job.adapter,
            "model": self.model,
            "runs": job.starts,
            "prompt_tokens": job.prompt_tokens,
            "cached_tokens": job.cached_tokens,
            **metrics.timing(job, now),
        }

    def save(self, endings: Sequence[Ending]) -> list[Ending]:
        """Store terminal frames. Returns those that were first, and so are the answer.

        Raises:
            StoreError: If the commit fails; then none is stored.
        """
        with self.store.transaction():
            return [e for e in endings if self.store.finish(e.job, e.frame, e.status, e.measured)]

    def end(self, endings: Sequence[Ending], now: float) -> None:
        """Store terminal frames, then publish them; a failed commit is tried again until it holds."""
        if not endings:
            return
        for ending in endings:
            self._leave(ending, now)
        try:
            won = self.save(endings)
        except StoreError as error:
            self._unsaved.extend(endings)
            self.storage_failed(error, now)
            return
        self.publish_endings(won)

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
            self._delivered.append(key)
            self._attempts.pop(key, None)
            if self._marks_at is None:
                self._marks_at = now + DELIVERED_MARK_S
                self.changed()

    def not_delivered(self, message: Outgoing, reason: str, now: float) -> None:
        """The broker answered a terminal frame with a reason code of 0x80 or more."""
        assert message.key is not None
        with self.lock:
            attempt = self._attempts[message.key] = self._attempts.get(message.key, 0) + 1
            if attempt < DELIVERY_ATTEMPTS:
                self._again.append((now + 2.0**attempt, message))
                self.changed()
                return
            del self._attempts[message.key]
            self.counters.undeliverable += 1
            log.error("%s: the broker refused the answer %d times (%s); giving up", message.topic, attempt, reason)
            try:
                self.store.undeliverable(message.key)
                self.store.add_event(self.utc(), "undeliverable", f"{message.topic}: {reason}")
            except StoreError as error:
                self.storage_failed(error, now)

    def too_large(self, message: Outgoing, limit: int) -> Outgoing | None:
        """Put an error in place of a frame the broker would never carry; None when there is none to put."""
        size = len(message.payload)
        reason = f"the frame has {size} bytes, the broker takes {limit}; ask for less, or raise its limit"
        log.error("%s: %s", message.topic, reason)
        if message.key is None:
            return None
        with self.lock:
            try:
                stored = self.store.terminal(message.key)
            except StoreError as error:
                log.error("%s", error)  # noqa: TRY400 - stays in the outbox; the next start tries again
                return None
            if stored.status == "too_large":
                return None  # not even the error fits
            payload = plain_error("too_large", reason)
            if not stored.plain:
                payload = frame(
                    stored.request_id,
                    self.topics.node,
                    "error",
                    stored.run,
                    stored.seq,
                    code="too_large",
                    reason=reason,
                )
            try:
                self.store.replace_terminal(message.key, payload, "too_large")
            except StoreError as error:
                log.error("%s", error)  # noqa: TRY400 - stays in the outbox; the next start tries again
                return None
            return terminal(message.topic, payload, message.correlation, "too_large", message.key, plain=stored.plain)

    # --- time ------------------------------------------------------------------------------------

    def next_timer(self) -> float | None:
        """When to call `on_timer` again."""
        with self.lock:
            times = [self.scheduler.next_timer(), self._deltas_at, self._marks_at, self._storage_at]
            times += [at for at, _ in self._again]
            return min((t for t in times if t is not None), default=None)

    def on_timer(self, now: float) -> None:
        """Do what is due: deadlines, deltas, marks, retries."""
        with self.lock:
            if self._deltas_at is not None and self._deltas_at <= now:
                self._deltas_at = None
                for job in self.scheduler.running:
                    self._publish_delta(job)
            if self._storage_at is not None and self._storage_at <= now:
                self._retry_storage(now)
            self._expire(now)
            if self._marks_at is not None and self._marks_at <= now:
                self.flush_marks(now)
            due = [message for at, message in self._again if at <= now]
            self._again = [(at, message) for at, message in self._again if at > now]
            for message in due:
                self.publish(message)
            self.pump(now)

    def _expire(self, now: float) -> None:
        endings = []
        for job in self.scheduler.expired(now):
            waited = now - job.received_at
            where = "in the queue" if job.state not in RUNNING else "while it was being answered"
            endings.append(self.error(job, "expired", f"its deadline passed after {waited:.1f} s, {where}", now))
        self.end(endings, now)

    def flush_marks(self, now: float) -> None:
        """Write the PUBACKs of terminal frames to the store."""
        with self.lock:
            keys, self._delivered, self._marks_at = self._delivered, [], None
            if not keys:
                return
            try:
                self.store.delivered(keys)
            except StoreError as error:
                self._delivered = keys + self._delivered
                self.storage_failed(error, now)
                self._marks_at = now + STORAGE_RETRY_S

    def storage_failed(self, error: StoreError, now: float) -> None:
        """Remember that the disk takes nothing, and try again soon; a damaged database is set aside then."""
        if self.storage_problem is None:
            log.error("%s", error)
        self._damaged = self._damaged or isinstance(error, StoreDamagedError)
        self.storage_problem = str(error)
        if self._storage_at is None or self._storage_at <= now:  # further failures do not put the next try off
            self._storage_at = now + STORAGE_RETRY_S
        self.changed()

    def _retry_storage(self, now: float) -> None:
        unsaved = self._unsaved
        try:
            lost = self._begin_anew(now) if self._damaged else []
            won = self.save(unsaved)
            self.store.set_uptime_s(self.uptime_s(now))
        except StoreError as error:
            self.storage_failed(error, now)
            return
        log.warning("the store takes writes again")
        self._unsaved, self._storage_at, self.storage_problem = [], None, None
        self.publish_endings(won)
        reason = "the node's database was damaged, and this request could not be read from it; send it again"
        self.end([self.error(job, "internal", reason, now) for job in lost], now)
        self.changed()

    def _begin_anew(self, now: float) -> list[Job]:
        """Set a damaged database aside. Returns the waiting requests whose payload could not be read from it.

        What runs in the engine needs its payload no more, and what has ended needs only a row to stand in.
        """
        if self._anew_at is not None and now < self._anew_at + ANEW_S:
            raise StoreDamagedError(f"{self.store.path}: damaged again, within a minute. Replace the disk.")
        self._anew_at = now
        salvage.renew(self.store)
        self._damaged = False
        waiting = self.scheduler.queue
        ended = [ending.job for ending in self._unsaved]
        unread = [job for job in (*self.scheduler.running, *ended, *waiting) if not self.store.has(job.key)]
        with self.store.transaction():
            for job in unread:
                self.store.insert_unread(job, boot=self.boot, uptime_s=self.uptime_s(now), utc=self.utc())
        return [job for job in waiting if job in unread]

    def housekeep(self, now: float, retention_days: float) -> None:
        """Keep the uptime and drop what is past its time; for a slow timer."""
        with self.lock:
            try:
                self.store.set_uptime_s(self.uptime_s(now))
                self.store.prune(
                    utc=self.utc(),
                    uptime_s=self.uptime_s(now),
                    dedup_window_s=DEDUP_WINDOW_S,
                    retention_s=retention_days * 86400.0,
                )
            except StoreError as error:
                self.storage_failed(error, now)

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


def terminal(topic: str, payload: bytes, correlation: bytes | None, status: str, key: int, *, plain: bool) -> Outgoing:
    """The message that carries a terminal frame."""
    return Outgoing(topic, payload, correlation=correlation, status=status, key=key, json=not plain)


def submission(job: Job, request: Request, max_tokens: int, policy: Policy) -> dict[str, Any]:
    """A request as the engine takes it; ``max_tokens`` is the node's bound.

    With a policy that judges answers nothing is streamed: the end of an answer may refuse it.
    """
    sampling = dict(request.sampling)
    if sampling.get("max_tokens", 0) > max_tokens:
        sampling["max_tokens"] = max_tokens
    return {
        "op": "submit",
        "key": job.key,
        "verb": request.verb,
        "messages": list(request.messages) or None,
        "prompt": request.prompt,
        "raw": request.raw,
        "adapter": request.adapter,
        "schema": request.schema,
        "sampling": sampling,
        "samples": request.samples,
        "logprobs": request.logprobs,
        "confidence": bool(policy.measures(request.adapter) & {"mean", "least"}),
        "stream": request.stream and not job.plain and not policy.judges_answers(request.adapter),
        "owner": job.device,
        "session": request.session,
        "priority": request.priority,
    }
