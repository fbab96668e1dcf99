"""Admin requests over MQTT: `status`, `reload`, `drain`. Each is audited; its id is required and deduplicated."""

import collections
import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edge import clock
from edge.core.messages import Incoming, Outgoing
from edgegen.errors import RequestError
from edgegen.protocol import NO_ID, encode, is_name

if TYPE_CHECKING:
    from edge.daemon import Daemon

log = logging.getLogger(__name__)

VERBS = ("status", "reload", "drain")

PAYLOAD_BYTES = 4096  # an id and a few options

# Answers kept for repeats: operators are few, and a repeat comes within seconds.
REMEMBERED = 256


class Admin:
    """Serves the admin topics of one node."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon
        self._prefix = f"{daemon.topics.base}/{daemon.topics.node}/admin"
        self._answers: collections.OrderedDict[tuple[str, str], tuple[bytes, bytes]] = collections.OrderedDict()

    @property
    def filter(self) -> str:
        """The topic filter of admin requests."""
        return f"{self._prefix}/req/+/+"

    def handle(self, message: Incoming) -> Sequence[Outgoing]:
        """Carry out one request. Returns its answer."""
        operator, _, verb = message.topic.removeprefix(f"{self._prefix}/req/").partition("/")
        if not message.topic.startswith(f"{self._prefix}/req/") or not message.payload:
            return ()
        request_id = NO_ID
        try:
            request_id = self._id(message)
            answer = self._answer_once(operator, request_id, verb, message.payload)
        except RequestError as error:
            document = {"id": request_id, "node": self._daemon.topics.node, "type": "error"}
            answer = encode(document | {"code": error.code, "reason": error.reason})
        return [self._answer(operator, request_id, answer, message)]

    def _answer_once(self, operator: str, request_id: str, verb: str, payload: bytes) -> bytes:
        """Carry the request out, or give the answer of its first arrival again."""
        asked = verb.encode() + b"\0" + payload
        known = self._answers.get((operator, request_id))
        if known is not None:
            if known[0] != asked:
                raise RequestError("conflict", f"id {request_id!r} belongs to another request; use a new id")
            return known[1]
        answer = encode({"id": request_id, "node": self._daemon.topics.node, "type": "done", **self._do(verb)})
        self._daemon.note("admin", f"{operator}: {verb}")
        self._answers[operator, request_id] = asked, answer
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        return answer

    def _id(self, message: Incoming) -> str:
        if len(message.payload) > PAYLOAD_BYTES:
            raise RequestError("too_large", f"the payload has {len(message.payload)} bytes; at most {PAYLOAD_BYTES}")
        try:
            document = json.loads(message.payload)
        except ValueError as error:
            raise RequestError("bad_request", f"not JSON: {error}") from None
        if message.retain:
            raise RequestError("bad_request", "the request is retained; publish it without the retain flag")
        request_id = document.get("id") if isinstance(document, dict) else None
        if not isinstance(request_id, str) or not is_name(request_id):
            raise RequestError(
                "bad_request", "an admin request is a JSON object with an id of 1 to 64 of A-Z a-z 0-9 _ . -"
            )
        return request_id

    def _do(self, verb: str) -> dict[str, Any]:
        daemon = self._daemon
        if verb == "status":
            state, reason = daemon.state_now()
            return {
                "state": state,
                "reason": reason,
                "model": daemon.node.model,
                "open_requests": daemon.node.open_requests,
                "counters": daemon.node.counts(),
                "uptime_s": round(daemon.node.uptime_s(clock.now()), 1),
            }
        if verb == "reload":
            daemon.request_reload()
            return {"note": "reloading; the outcome is in the log and in info"}
        if verb == "drain":
            daemon.drain()
            return {"note": "stopping; the service manager may start the node again"}
        raise RequestError("unsupported", f"admin verb {verb!r} is unknown; use one of {', '.join(VERBS)}")

    def _answer(self, operator: str, request_id: str, payload: bytes, message: Incoming) -> Outgoing:
        return Outgoing(f"{self._prefix}/res/{operator}/{request_id}", payload, correlation=message.correlation)
