"""What a node publishes about a request: frames in JSON, and errors as plain text for the smallest devices."""

import json
from collections.abc import Mapping
from typing import Any

from edgegen.errors import RequestError
from edgegen.protocol import NO_ID

# A reason is cut there. A hostile payload could otherwise make a frame many times its own size.
REASON_CHARACTERS = 1000


def encode(document: Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON, the form of every payload the node publishes."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def frame(request_id: str, node: str, kind: str, run: int, seq: int, **fields: Any) -> bytes:
    """One frame of an accepted request."""
    return encode({"id": request_id, "node": node, "type": kind, "run": run, "seq": seq, **fields})


def refusal(node: str, error: RequestError, request_id: str | None = None) -> bytes:
    """The frame for a request that was not accepted; the id may be sent again."""
    document: dict[str, Any] = {
        "id": request_id or error.request_id or NO_ID,
        "node": node,
        "type": "error",
        "code": error.code,
        "reason": error.reason[:REASON_CHARACTERS],
        "refused_message": True,
    }
    if error.retry_after_s is not None:
        document["retry_after_s"] = round(error.retry_after_s, 1)
    return encode(document)


def plain_error(code: str, reason: str) -> bytes:
    """An error as the smallest devices read it."""
    return f"error: {code}: {reason[:REASON_CHARACTERS]}".encode()
