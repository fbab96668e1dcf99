"""What comes in over MQTT: checked, stored in one transaction, answered with `accepted` or a refusal.

Runs in the MQTT thread. The caller publishes what `burst` returns and only then acknowledges, so that a
PUBACK means "stored".
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.core.endings import Ending, terminal
from edge.core.messages import Incoming, Outgoing
from edge.core.request import Job
from edge.node import Node
from edge.stored_requests import StoredRequest
from edgegen.errors import RequestError, StoreError
from edgegen.frames import frame, plain_error, refusal
from edgegen.protocol import CORRELATION_BYTES, NO_ID, PLAIN_ID, is_name
from edgegen.request_reader import Request, parse_request, payload_hash
from edgegen.topics import Address, response_topic_problem

log = logging.getLogger(__name__)

NAME_CHARACTERS = 64

# How long a device should wait when the node cannot write; an operator has to act.
STORAGE_RETRY_AFTER_S = 30.0


@dataclass
class _Burst:
    """What one burst leads to, once it is committed."""

    now: float
    out: list[Outgoing] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)


@dataclass(frozen=True)
class _Arrival:
    """One message on its way in, read already: a request, or the mistake to refuse it for."""

    message: Incoming
    address: Address
    now: float
    request: Request | None
    mistake: RequestError | None


class Intake:
    """Takes requests in for a node.

    Args:
        mqtt5: The node's connection speaks MQTT 5, so that a retained message is a refusal and not a replay.
    """

    def __init__(self, node: Node, *, mqtt5: bool) -> None:
        self._node = node
        self._mqtt5 = mqtt5

    def burst(self, messages: Sequence[Incoming], now: float) -> list[Outgoing]:
        """Take in what arrived together, in one commit. Returns what to publish before acknowledging."""
        node = self._node
        # Before the lock: reading a hostile schema may take a third of a second.
        arrivals = [arrival for message in messages if (arrival := self._read(message, now)) is not None]
        with node.lock:
            batch = _Burst(now)
            try:
                with node.store.transaction():
                    for arrival in arrivals:
                        self._take(arrival, batch)
            except StoreError as error:
                for ending in batch.endings:
                    ending.job.seq -= 1  # its frame was not stored, so its number is free
                node.storage.failed(error, now)
                return [out for arrival in arrivals if (out := self._turn_away(arrival)) is not None]
            node.counters.accepted += len(batch.jobs)
            for job in (*batch.jobs, *(ending.job for ending in batch.endings)):
                if node.scheduler.get(job.key) is None:
                    node.scheduler.add(job)
            node.forget(batch.endings, now)
            node.publish_endings(batch.endings)
            if batch.jobs or batch.endings:
                node.changed()
            return batch.out

    def _read(self, message: Incoming, now: float) -> _Arrival | None:
        """What a message asks for; None when it is to be ignored."""
        address = self._node.topics.parse_request(message.topic)
        if address is None or not message.payload:
            return None
        if message.retain and not self._mqtt5:
            # MQTT 3.1.1 sets the flag only on replays of a retained message after a subscription.
            self._node.counters.retained_dropped += 1
            log.warning("%s: dropped a retained request; publish requests without the retain flag", message.topic)
            return None
        if len(address.device) > NAME_CHARACTERS:
            # No topic of ours could carry the refusal.
            self._node.counters.refused += 1
            log.warning("dropped a request of a device whose name has %d characters", len(address.device))
            return None
        try:
            return _Arrival(message, address, now, self._check(message, address), None)
        except RequestError as mistake:
            return _Arrival(message, address, now, None, mistake)
        except Exception:
            log.exception("defect while reading a request on %s", message.topic)
            unread = RequestError("bad_request", "the node could not read this request; it may be a defect of the node")
            return _Arrival(message, address, now, None, unread)

    def _take(self, arrival: _Arrival, batch: _Burst) -> None:
        try:
            if arrival.mistake is not None:
                raise arrival.mistake
            assert arrival.request is not None
            if arrival.request.verb == "cancel":
                self._cancel(arrival.request, arrival, batch)
            else:
                self._ask(arrival.request, arrival, batch)
        except RequestError as error:
            self._node.counters.refused += 1
            batch.out.append(self._refusal(error, arrival))

    def _check(self, message: Incoming, address: Address) -> Request:
        if message.correlation is not None and len(message.correlation) > CORRELATION_BYTES:
            raise RequestError(
                "bad_request", f"correlation data has {len(message.correlation)} bytes; at most {CORRELATION_BYTES}"
            )
        request = parse_request(address.verb, message.payload, payload_bytes=self._node.limits.payload_bytes)
        if not is_name(address.device):
            raise RequestError(
                "bad_request",
                f"device {address.device!r} in the topic; use 1 to 64 of A-Z a-z 0-9 _ . -",
                request_id=request.id,
            )
        if message.retain:
            raise RequestError(
                "bad_request",
                "the request is retained; publish requests without the retain flag",
                request_id=request.id,
            )
        if message.response_topic is not None:
            problem = response_topic_problem(self._node.topics, address, message.response_topic)
            if problem is not None:
                raise RequestError("bad_request", problem, request_id=request.id)
        return request

    # --- asking ----------------------------------------------------------------------------------

    def _ask(self, request: Request, arrival: _Arrival, batch: _Burst) -> None:
        node, device = self._node, arrival.address.device
        digest = payload_hash(request.verb, arrival.message.payload)
        known = node.store.requests.find(device, request.id) if request.id is not None else None
        if known is not None:
            self._repeat(request, known, digest, arrival, batch)
            return
        self._admit(request, arrival, len(batch.jobs))
        job = self._job(request, arrival)
        deadline_s = min(
            s for s in (request.deadline_s, arrival.message.expiry_s, node.limits.deadline_s) if s is not None
        )
        job.deadline_at = batch.now + deadline_s
        job.key = node.store.requests.insert(
            job,
            payload=arrival.message.payload,
            digest=digest,
            deadline_s=deadline_s,
            boot=node.boot,
            uptime_s=node.uptime_s(batch.now),
            utc=node.utc(),
        )
        if not request.plain:
            queue_pos = node.scheduler.waiting + len(batch.jobs)
            payload = frame(job.request_id, node.topics.node, "accepted", 0, 0, queue_pos=queue_pos)
            node.store.requests.set_accepted(job.key, payload)
            batch.out.append(Outgoing(job.response_topic, payload, correlation=job.correlation))
        batch.jobs.append(job)

    def _admit(self, request: Request, arrival: _Arrival, in_burst: int) -> None:
        node = self._node
        if node.draining:
            raise RequestError(
                "busy", "the node is stopping; send it again later", request_id=request.id, retry_after_s=10.0
            )
        if node.unavailable is not None:
            raise RequestError(
                "busy", f"the node has no working model: {node.unavailable}", request_id=request.id, retry_after_s=30.0
            )
        if request.adapter not in (None, "auto") and request.adapter not in node.adapters:
            known = ", ".join(sorted(node.adapters)) or "none"
            raise RequestError(
                "unknown_adapter",
                f"adapter {request.adapter!r} is not in the active bundle; it has: {known}",
                request_id=request.id,
            )
        node.admission.check(
            arrival.address.device,
            request.id,
            open_requests=node.open_requests + in_burst,
            slots=node.slots,
            now=arrival.now,
        )

    def _job(self, request: Request, arrival: _Arrival) -> Job:
        address = arrival.address
        request_id = request.id or uuid.uuid4().hex
        return Job(
            key=0,
            device=address.device,
            request_id=request_id,
            verb=request.verb,
            received_at=arrival.now,
            priority=request.priority,
            adapter=request.adapter,
            samples=request.samples,
            stream=request.stream,
            plain=request.plain,
            pool=address.pool,
            response_topic=self._route(arrival, PLAIN_ID if request.plain else request_id),
            correlation=arrival.message.correlation,
        )

    def _route(self, arrival: _Arrival, request_id: str) -> str:
        """Where the frames go: the checked Response Topic, or the default one."""
        address = arrival.address
        return arrival.message.response_topic or self._node.topics.response(
            address.device, request_id, pool=address.pool
        )

    def _repeat(self, request: Request, known: StoredRequest, digest: bytes, arrival: _Arrival, batch: _Burst) -> None:
        assert request.id is not None
        if known.hash not in (digest, b""):  # empty: read from a damaged database without it
            raise RequestError(
                "conflict",
                f"id {request.id!r} belongs to another request of this device; that one goes on. Use a new id",
                request_id=request.id,
            )
        topic, correlation = self._route(arrival, request.id), arrival.message.correlation
        self._node.store.requests.set_route(known.key, topic, correlation)
        if known.terminal is not None:
            batch.out.append(_again(known, topic, correlation))
            return
        job = self._node.scheduler.get(known.key) or next((j for j in batch.jobs if j.key == known.key), None)
        if job is not None:
            job.response_topic, job.correlation = topic, correlation
        if known.accepted is not None:
            batch.out.append(Outgoing(topic, known.accepted, correlation=correlation))

    # --- cancelling ------------------------------------------------------------------------------

    def _cancel(self, request: Request, arrival: _Arrival, batch: _Burst) -> None:
        assert request.id is not None
        node = self._node
        known = node.store.requests.find(arrival.address.device, request.id)
        if known is None:
            raise RequestError(
                "not_found",
                f"{arrival.address.device} has no request {request.id!r} here; it may be older than the dedup window",
                request_id=request.id,
            )
        if known.terminal is not None:
            # To where the request wanted it: a cancel may come through another node id or response topic.
            batch.out.append(_again(known, known.response_topic, arrival.message.correlation))
            return
        job = node.scheduler.get(known.key) or next((j for j in batch.jobs if j.key == known.key), None)
        if job is None:
            return  # its terminal frame waits for the disk and will be published
        ending = node.error(job, "cancelled", f"{arrival.address.device} cancelled it", batch.now)
        if node.storage.save([ending]):
            if job in batch.jobs:
                batch.jobs.remove(job)
            batch.endings.append(ending)

    # --- refusing --------------------------------------------------------------------------------

    def _refusal(self, error: RequestError, arrival: _Arrival) -> Outgoing:
        address, message = arrival.address, arrival.message
        node = self._node
        plain = message.payload.lstrip(b" \t\r\n")[:1] != b"{" and _is_text(message.payload)
        device = address.device
        topic = node.topics.response(device, PLAIN_ID if plain else error.request_id or NO_ID, pool=address.pool)
        if message.response_topic and response_topic_problem(node.topics, address, message.response_topic) is None:
            topic = message.response_topic
        payload = plain_error(error.code, error.reason) if plain else refusal(node.topics.node, error)
        correlation = message.correlation
        if correlation is not None and len(correlation) > CORRELATION_BYTES:
            correlation = None
        return Outgoing(topic, payload, correlation=correlation, status=error.code, json=not plain)

    def _turn_away(self, arrival: _Arrival) -> Outgoing | None:
        """The store takes nothing: say so, because silence would look like a dead node.

        What was accepted before stays accepted, and is repeated as far as the store can still be read.
        """
        request, node = arrival.request, self._node
        if request is not None and request.id is not None:
            try:
                known = node.store.requests.find(arrival.address.device, request.id)
            except StoreError:
                known = None
            if known is not None and known.hash == payload_hash(request.verb, arrival.message.payload):
                topic, correlation = self._route(arrival, request.id), arrival.message.correlation
                if known.terminal is not None:
                    return _again(known, topic, correlation)
                return None if known.accepted is None else Outgoing(topic, known.accepted, correlation=correlation)
        node.counters.refused += 1
        error = arrival.mistake or RequestError(
            "busy",
            "the node cannot store requests (its disk may be full); send it again later",
            request_id=request.id if request is not None else None,
            retry_after_s=STORAGE_RETRY_AFTER_S,
        )
        return self._refusal(error, arrival)


def _again(known: StoredRequest, topic: str, correlation: bytes | None) -> Outgoing:
    """A stored terminal frame once more."""
    assert known.terminal is not None
    assert known.status is not None
    return terminal(topic, known.terminal, correlation, known.status, known.key, plain=known.plain)


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
