"""Reads a request: JSON or a bare prompt, checked against the table of fields, with all its mistakes told at once."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edgegen.errors import RequestError
from edgegen.protocol import ASKING, COMBINATIONS, FIELDS, RESERVED_IDS, SAMPLING, VERBS, field_problems, is_name, shown

# Mistakes named in one refusal. A hostile payload could otherwise make a frame many times its own size.
PROBLEMS_NAMED = 8


@dataclass(frozen=True)
class Request:
    """A valid request, as the device meant it.

    ``sampling`` holds only what the device gave; the bundle's defaults fill the rest in the engine.
    ``plain`` marks a bare prompt, answered as plain text.
    """

    verb: str
    id: str | None = None
    prompt: str | None = None
    messages: tuple[Mapping[str, str], ...] = ()
    raw: bool = False
    adapter: str | None = None
    schema: Mapping[str, Any] | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    samples: int = 1
    logprobs: bool = False
    stream: bool = False
    priority: str = "normal"
    deadline_s: float | None = None
    session: str | None = None
    plain: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """What the device wrote itself: its prompt, or its messages without the answers it repeats."""
        if self.prompt is not None:
            return (self.prompt,)
        return tuple(message["content"] for message in self.messages if message["role"] != "assistant")


def payload_hash(verb: str, payload: bytes) -> bytes:
    """What tells a retry from another request under the same id."""
    return hashlib.sha256(verb.encode() + b"\0" + payload).digest()


def parse_request(verb: str, payload: bytes, *, payload_bytes: int) -> Request:
    """Read and check one request.

    Args:
        payload_bytes: The node's limit for a payload.

    Raises:
        RequestError: ``bad_request``, ``too_large``, ``unsupported`` or ``schema_invalid``; all mistakes
            of the payload are named at once.
    """
    if verb not in VERBS:
        raise RequestError("unsupported", f"verb {shown(verb)} is unknown; use one of {', '.join(VERBS)}")
    if len(payload) > payload_bytes:
        raise RequestError("too_large", f"the payload has {len(payload)} bytes, this node takes {payload_bytes}")
    if not payload.lstrip(b" \t\r\n").startswith(b"{"):
        return _bare_prompt(verb, payload)
    document = _decode_object(payload)
    request_id = document.get("id")
    usable_id = request_id if is_name(request_id) and request_id not in RESERVED_IDS else None
    problems = _problems(verb, document)
    if problems:
        more = f"; and {len(problems) - PROBLEMS_NAMED} more" if len(problems) > PROBLEMS_NAMED else ""
        raise RequestError("bad_request", "; ".join(problems[:PROBLEMS_NAMED]) + more, request_id=usable_id)
    schema = document.get("schema")
    if schema is not None:
        _check_schema(schema, usable_id)
    stop = document.get("stop")
    if isinstance(stop, str):
        document["stop"] = [stop]
    messages = document.get("messages", ())
    return Request(
        verb=verb,
        id=usable_id,
        prompt=document.get("prompt"),
        messages=tuple(messages),
        raw=document.get("raw", False),
        adapter=document.get("adapter"),
        schema=schema,
        sampling={name: document[name] for name in SAMPLING if name in document},
        samples=document.get("samples", 1),
        logprobs=document.get("logprobs", False),
        stream=document.get("stream", False),
        priority=document.get("priority", "normal"),
        deadline_s=document.get("deadline_s"),
        session=document.get("session"),
    )


def _bare_prompt(verb: str, payload: bytes) -> Request:
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(
            "bad_request",
            f"byte {error.start} (0x{payload[error.start]:02x}) is not UTF-8; send JSON or plain text in UTF-8",
        ) from None
    if "\0" in text:
        raise RequestError("bad_request", f"byte {text.index(chr(0))} is NUL; send JSON or plain text in UTF-8")
    if verb not in ASKING:
        raise RequestError("bad_request", f"{verb} takes a JSON object, not plain text: {shown(text)}")
    if not text.strip():
        raise RequestError("bad_request", "the prompt is only white space")
    return Request(verb=verb, prompt=text, plain=True)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise ValueError(f"the key {shown(name)} stands there twice")
        document[name] = value
    return document


def _decode_object(payload: bytes) -> dict[str, Any]:
    try:
        text = payload.decode("utf-8")
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # finds lone surrogates, from "\ud800"
    except UnicodeDecodeError as error:
        raise RequestError(
            "bad_request", f"byte {error.start} (0x{payload[error.start]:02x}) is not UTF-8; send JSON in UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise RequestError(
            "bad_request", f"not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    except UnicodeEncodeError as error:
        raise RequestError(
            "bad_request",
            f"a string holds half a surrogate pair ({error.object[error.start]!a}), which is no character",
        ) from None
    except RecursionError:
        raise RequestError("bad_request", "the JSON is nested too deeply") from None
    except ValueError as error:
        raise RequestError("bad_request", f"not JSON: {error}") from None
    if not isinstance(document, dict):  # `{` opened it, so this cannot happen
        raise RequestError("bad_request", "the payload is not a JSON object")
    return document


def _problems(verb: str, document: Mapping[str, Any]) -> list[str]:
    """Every mistake in a request, each naming the field and its value."""
    allowed = [name for name, entry in FIELDS.items() if verb in entry.verbs]
    problems = [f"unknown field {shown(name)}" for name in document if name not in allowed]
    if problems:
        problems[-1] += f" ({verb} takes {', '.join(allowed)})"
    for name in allowed:
        if name in document:
            problems += field_problems(name, document[name], FIELDS[name].schema)
    if document.get("id") in RESERVED_IDS:
        problems.append(f"id {shown(document['id'])} is reserved; choose another")
    if verb == "cancel":
        if "id" not in document:
            problems.append("cancel needs the id of the request to cancel")
        return problems
    given = [name for name in ("prompt", "messages") if name in document]
    if verb == "embed" and not given:
        problems.append("embed needs prompt")
    elif len(given) != 1:
        problems.append(f"give exactly one of prompt and messages, not {' and '.join(given) or 'neither'}")
    return problems or [problem for rule in COMBINATIONS for problem in rule.problems(document)]


def _check_schema(schema: Mapping[str, Any], request_id: str | None) -> None:
    """Refuse what is not a JSON Schema; whether it can be compiled is the engine's to say."""
    # Imported late: 60 ms that only a node whose devices use schemas should pay, and `edgegen ask` never.
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise RequestError(
            "schema_invalid",
            f"schema at {error.json_path} is not a JSON Schema: {error.message[:200]}",
            request_id=request_id,
        ) from None
    except RecursionError:
        raise RequestError("schema_invalid", "the schema is nested too deeply", request_id=request_id) from None
    except (OverflowError, ValueError, re.error) as error:  # from a `pattern` that Python's re cannot take
        raise RequestError(
            "schema_invalid", f"the schema has an unusable pattern: {error}", request_id=request_id
        ) from None
