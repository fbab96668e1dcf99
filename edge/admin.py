"""Admin requests over MQTT. Each needs an id, is kept with its answer, and is on the record, refused ones too.

A repeat gets the answer of the first arrival, also after a restart of the node. `edge.orders` reads what the bundle
commands say; they take minutes and run in a child process (`edge.updates`): `accepted`, `progress`, then `done` or
`error`.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edge import clock
from edge.core.messages import Incoming, Outgoing
from edge.orders import BUNDLE_VERBS, Order, read_order
from edge.stored_commands import StoredCommand
from edge.updates import Task, current_name
from edgegen.errors import RequestError, StoreError
from edgegen.frames import REASON_CHARACTERS, encode
from edgegen.protocol import NO_ID, is_name

if TYPE_CHECKING:
    from edge.daemon import Daemon

log = logging.getLogger(__name__)

VERBS = ("status", "reload", "drain", *BUNDLE_VERBS)

PAYLOAD_BYTES = 4096  # an id and a few options

# What an event keeps of a reason.
EVENT_CHARACTERS = 300


class Admin:
    """Serves the admin topics of one node."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._prefix = f"{daemon.topics.base}/{daemon.topics.node}/admin"

    @property
    def filter(self) -> str:
        """The topic filter of admin requests."""
        return f"{self._prefix}/req/+/+"

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        """Carry out one request, or begin it. Returns its first answer."""
        operator, _, verb = message.topic.removeprefix(f"{self._prefix}/req/").partition("/")
        if not message.topic.startswith(f"{self._prefix}/req/") or not message.payload:
            return ()
        request_id = NO_ID
        try:
            document = _read(message)
            request_id = document["id"]
            answer = self._answer_once(operator, verb, document, message)
        except RequestError as error:
            self._daemon.note("admin", f"{operator}: {verb[:64]}: refused, {error.reason[:EVENT_CHARACTERS]}")
            answer = self._frame(request_id, "error", code=error.code, reason=error.reason)
        except StoreError as error:
            answer = self._frame(
                request_id, "error", code="busy", reason=f"not done, as it cannot be recorded: {error}"
            )
            self._daemon.node.storage.failed(error, clock.now())
        return [self._outgoing(operator, request_id, answer, message.correlation)]

    def recover(self) -> list[Outgoing]:
        """End what an earlier process did not bring to an end. Returns the answers, to be published."""
        answers = []
        for command in self._daemon.store.commands.running():
            reason = f"the node was restarted while it ran; current is {current_name(self._daemon.config)}"
            answer = self._frame(command.id, "error", code="internal", reason=reason)
            self._end(command, answer, f"interrupted, {reason}")
            answers.append(self._outgoing(command.operator, command.id, answer, None))
        return answers

    # --- one request -----------------------------------------------------------------------------

    def _answer_once(self, operator: str, verb: str, document: dict[str, Any], message: Incoming) -> bytes:
        """Carry the request out, or give the answer of its first arrival again."""
        digest = hashlib.sha256(verb.encode() + b"\0" + message.payload).digest()
        known = self._known(operator, document["id"], verb)
        if known is not None:
            if known.hash != digest:
                raise RequestError("conflict", f"id {known.id!r} belongs to another request; use a new id")
            return known.answer or self._frame(known.id, "accepted")
        if verb in BUNDLE_VERBS:
            order = read_order(verb, document)
            command = StoredCommand(operator, document["id"], digest, order.shown, None)
            return self._begin(order, command, message.correlation)
        answer, act = self._immediate(verb, document["id"])
        try:
            with self._daemon.store.transaction():
                self._daemon.store.commands.add(
                    StoredCommand(operator, document["id"], digest, verb, answer), clock.utc()
                )
                self._daemon.store.add_event(clock.utc(), "admin", f"{operator}: {verb}")
        except StoreError as error:
            self._daemon.node.storage.failed(error, clock.now())  # with a full disk all the more a question to answer
        act()
        return answer

    def _begin(self, order: Order, command: StoredCommand, correlation: bytes | None) -> bytes:
        daemon = self._daemon

        def told(kind: str, fields: Mapping[str, Any]) -> None:
            if kind == "progress":
                answer = self._frame(command.id, "progress", **fields)
                daemon.publish(self._outgoing(command.operator, command.id, answer, correlation, qos=0))
                return
            if kind == "done" and order.verb == "bundle.list":
                fields = {**fields, "offers": list(daemon.offers.offers)}
            answer = self._frame(command.id, kind, **fields)
            result = "done" if kind == "done" else f"{fields['code']}, {fields['reason'][:EVENT_CHARACTERS]}"
            try:
                self._end(command, answer, result)
            except StoreError as error:
                daemon.node.storage.failed(error, clock.now())  # the next start calls it interrupted
            daemon.publish(self._outgoing(command.operator, command.id, answer, correlation))

        # Recorded first: an order that nobody could trace is not carried out.
        with daemon.store.transaction():
            daemon.store.commands.add(command, clock.utc())
            daemon.store.add_event(clock.utc(), "admin", f"{command.operator}: {command.command}: accepted")
            if not daemon.updates.start(Task(order.arguments, changes=order.changes, told=told)):
                raise RequestError("busy", "another bundle command runs; wait for its answer, then send this again")
        return self._frame(command.id, "accepted")

    def _end(self, command: StoredCommand, answer: bytes, result: str) -> None:
        store = self._daemon.store
        with store.transaction():
            store.commands.answer(command.operator, command.id, answer)
            store.add_event(clock.utc(), "admin", f"{command.operator}: {command.command}: {result}")

    def _known(self, operator: str, request_id: str, verb: str) -> StoredCommand | None:
        try:
            return self._daemon.store.commands.find(operator, request_id)
        except StoreError:
            if verb in BUNDLE_VERBS:
                raise
            return None

    def _immediate(self, verb: str, request_id: str) -> tuple[bytes, Callable[[], None]]:
        """The answer to what is done at once, and what does it."""
        if verb == "status":
            return self._frame(request_id, "done", **self._status()), lambda: None
        if verb == "reload":
            note = "reloading; the outcome is in the log and in info"
            return self._frame(request_id, "done", note=note), self._daemon.request_reload
        if verb == "drain":
            note = "stopping; the service manager may start the node again"
            return self._frame(request_id, "done", note=note), self._daemon.drain
        raise RequestError("unsupported", f"admin verb {verb[:64]!r} is unknown; use one of {', '.join(VERBS)}")

    def _status(self) -> dict[str, Any]:
        daemon = self._daemon
        state, reason = daemon.announcer.state_now()
        return {
            "state": state,
            "reason": reason,
            "model": daemon.node.model,
            "open_requests": daemon.node.open_requests,
            "counters": daemon.node.counts(),
            "uptime_s": round(daemon.node.uptime_s(clock.now()), 1),
        }

    # --- frames ----------------------------------------------------------------------------------

    def _frame(self, request_id: str, kind: str, **fields: Any) -> bytes:
        if "reason" in fields and fields["reason"] is not None:
            fields["reason"] = fields["reason"][:REASON_CHARACTERS]
        return encode({"id": request_id, "node": self._daemon.topics.node, "type": kind, **fields})

    def _outgoing(
        self, operator: str, request_id: str, payload: bytes, correlation: bytes | None, *, qos: int = 1
    ) -> Outgoing:
        return Outgoing(f"{self._prefix}/res/{operator}/{request_id}", payload, qos=qos, correlation=correlation)


def _read(message: Incoming) -> dict[str, Any]:
    """The request, an object with a usable id."""
    if len(message.payload) > PAYLOAD_BYTES:
        raise RequestError("too_large", f"the payload has {len(message.payload)} bytes; at most {PAYLOAD_BYTES}")
    try:
        document = json.loads(message.payload)
    except (ValueError, RecursionError) as error:
        raise RequestError("bad_request", f"not JSON: {error}") from None
    if message.retain:
        raise RequestError("bad_request", "the request is retained; publish it without the retain flag")
    request_id = document.get("id") if isinstance(document, dict) else None
    if not isinstance(request_id, str) or not is_name(request_id):
        raise RequestError(
            "bad_request", "an admin request is a JSON object with an id of 1 to 64 of A-Z a-z 0-9 _ . -"
        )
    return {**document}
