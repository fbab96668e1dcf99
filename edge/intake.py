"""What comes in over MQTT: checked, stored in one transaction, answered with `accepted` or a refusal.

Runs in the MQTT thread. The caller publishes what `burst` returns and only then acknowledges, so that a
PUBACK means "stored".
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.core.messages import Incoming, Outgoing
from edge.core.request import Job
from edge.node import Ending, Node, terminal
from edge.store import StoredRequest
from edgegen.errors import RequestError, StoreError
from edgegen.protocol import (
    CORRELATION_BYTES,
    NO_ID,
    PLAIN_ID,
    Address,
    Request,
    frame,
    is_name,
    parse_request,
    payload_hash,
    plain_error,
    refusal,
    response_topic_problem,
)

log = logging.getLogger(__name__)

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
    """One message on its way in."""

    message: Incoming
    address: Address
    now: float


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
        with node.lock:
            batch = _Burst(now)
            try:
                with node.store.transaction():
                    for message in messages:
                        self._take(message, batch)
            except StoreError as error:
                node.storage_failed(error, now)
                return self._refuse_all(messages)
            node.counters.accepted += len(batch.jobs)
            for job in batch.jobs:
                node.scheduler.add(job)
            node.forget(batch.endings, now)
            node.publish_endings(batch.endings)
            if batch.jobs or batch.endings:
                node.changed()
            return batch.out

    def _take(self, message: Incoming, batch: _Burst) -> None:
        address = self._node.topics.parse_request(message.topic)
        if address is None or not message.payload:
            return
        if message.retain and not self._mqtt5:
            # MQTT 3.1.1 sets the flag only on replays of a retained message after a subscription.
            self._node.counters.retained_dropped += 1
            log.warning("%s: dropped a retained request; publish requests without the retain flag", message.topic)
            return
        arrival = _Arrival(message, address, batch.now)
        try:
            request = self._check(arrival)
            if request.verb == "cancel":
                self._cancel(request, arrival, batch)
            else:
                self._ask(request, arrival, batch)
        except RequestError as error:
            self._node.counters.refused += 1
            batch.out.append(self._refusal(error, arrival))

    def _check(self, arrival: _Arrival) -> Request:
        message, address = arrival.message, arrival.address
        if message.correlation is not None and len(message.correlation) > CORRELATION_BYTES:
            raise RequestError(
                "bad_request", f"correlation data has {len(message.correlation)} bytes; at most {CORRELATION_BYTES}"
            )
        request = parse_request(address.verb, message.payload, payload_bytes=self._node.limits.payload_bytes)
        if not is_name(address.device):
            raise RequestError(
                "bad_request",
                f"device {address.device[:80]!r} in the topic; use 1 to 64 of A-Z a-z 0-9 _ . -",
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
        known = node.store.find(device, request.id) if request.id is not None else None
        if known is not None:
            self._repeat(request, known, digest, arrival, batch)
            return
        self._admit(request, arrival, len(batch.jobs))
        job = self._job(request, arrival)
        deadline_s = min(
            s for s in (request.deadline_s, arrival.message.expiry_s, node.limits.deadline_s) if s is not None
        )
        job.deadline_at = batch.now + deadline_s
        job.key = node.store.insert(
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
            node.store.set_accepted(job.key, payload)
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
        if known.hash != digest:
            raise RequestError(
                "conflict",
                f"id {request.id!r} belongs to another request of this device; that one goes on. Use a new id",
                request_id=request.id,
            )
        self._resend(known, arrival, self._route(arrival, request.id), batch)

    def _resend(self, known: StoredRequest, arrival: _Arrival, topic: str, batch: _Burst) -> None:
        correlation = arrival.message.correlation
        self._node.store.set_route(known.key, topic, correlation)
        if known.terminal is not None:
            assert known.status is not None
            batch.out.append(terminal(topic, known.terminal, correlation, known.status, known.key, plain=known.plain))
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
        known = node.store.find(arrival.address.device, request.id)
        if known is None:
            raise RequestError(
                "not_found",
                f"{arrival.address.device} has no request {request.id!r} here; it may be older than the dedup window",
                request_id=request.id,
            )
        if known.terminal is not None:
            self._resend(known, arrival, self._route(arrival, request.id), batch)
            return
        job = node.scheduler.get(known.key) or next((j for j in batch.jobs if j.key == known.key), None)
        if job is None:
            return  # its terminal frame waits for the disk and will be published
        ending = node.error(job, "cancelled", f"{arrival.address.device} cancelled it", batch.now)
        if node.save([ending]):
            if job in batch.jobs:
                node.scheduler.add(job)  # so that it leaves by the same door as any other
                batch.jobs.remove(job)
            batch.endings.append(ending)

    # --- refusing --------------------------------------------------------------------------------

    def _refusal(self, error: RequestError, arrival: _Arrival) -> Outgoing:
        address, message = arrival.address, arrival.message
        node = self._node
        plain = (
            not message.payload.lstrip().startswith(b"{") and error.code != "too_large" and _is_text(message.payload)
        )
        device = address.device
        topic = node.topics.response(device, PLAIN_ID if plain else error.request_id or NO_ID, pool=address.pool)
        if message.response_topic and response_topic_problem(node.topics, address, message.response_topic) is None:
            topic = message.response_topic
        payload = plain_error(error.code, error.reason) if plain else refusal(node.topics.node, error)
        correlation = message.correlation
        if correlation is not None and len(correlation) > CORRELATION_BYTES:
            correlation = None
        return Outgoing(topic, payload, correlation=correlation, status=error.code, json=not plain)

    def _refuse_all(self, messages: Sequence[Incoming]) -> list[Outgoing]:
        """The store takes nothing: say so to everyone, because silence would look like a dead node."""
        out = []
        for message in messages:
            address = self._node.topics.parse_request(message.topic)
            if address is None or not message.payload:
                continue
            arrival = _Arrival(message, address, 0.0)
            try:
                request = self._check(arrival)
                error = RequestError(
                    "busy",
                    "the node cannot store requests (its disk may be full); send it again later",
                    request_id=request.id,
                    retry_after_s=STORAGE_RETRY_AFTER_S,
                )
            except RequestError as mistake:
                error = mistake
            self._node.counters.refused += 1
            out.append(self._refusal(error, arrival))
        return out


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
