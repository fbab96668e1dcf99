"""The MQTT contract between devices and a node, version 1: topics, requests, frames. No I/O.

``docs/protocol.md`` is the prose; this module is the truth the node and `edgegen ask` share. The table
``FIELDS`` is at once the validator of a request and the JSON Schema published on the ``info`` topic.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from edgegen.errors import RequestError

PROTOCOL_VERSION = 1

VERBS = ("generate", "chat", "embed", "cancel")
PRIORITIES = ("high", "normal", "batch")

NAME_PATTERN = r"[A-Za-z0-9_.-]{1,64}"
_NAME = re.compile(NAME_PATTERN)
POOL = "pool"  # the node id under which any node of a fleet is addressed
PLAIN_ID = "text"  # last topic level of answers to bare prompts
NO_ID = "_"  # last topic level of refusals whose request has no usable id
RESERVED_IDS = (PLAIN_ID, NO_ID)

# Azure IoT Operations and most brokers use 16-byte correlation data; 64 leaves room for a UUID in text.
CORRELATION_BYTES = 64
# Room for a long base topic and a device-made suffix; MQTT itself allows 65,535.
RESPONSE_TOPIC_BYTES = 512

MAX_SAMPLES = 16

REFUSALS = (
    "bad_request",
    "too_large",
    "unsupported",
    "unknown_adapter",
    "schema_invalid",
    "busy",
    "rate_limited",
    "conflict",
    "not_found",
)
ENDINGS = ("context_overflow", "schema_invalid", "expired", "cancelled", "refused", "internal", "too_large")


def is_name(text: object) -> bool:
    """Whether ``text`` may be a node, a device or a request id."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


@dataclass(frozen=True)
class Topics:
    """The topic tree of one node below ``base``."""

    base: str
    node: str

    @property
    def state(self) -> str:
        """Retained: is the node alive."""
        return f"{self.base}/{self.node}/state"

    @property
    def info(self) -> str:
        """Retained: what the node can do."""
        return f"{self.base}/{self.node}/info"

    @property
    def health(self) -> str:
        """Retained: how the node is doing."""
        return f"{self.base}/{self.node}/health"

    @property
    def offers(self) -> str:
        """Retained: which bundles lie ready to be accepted."""
        return f"{self.base}/{self.node}/offers"

    @property
    def requests(self) -> str:
        """Filter of all requests to this node."""
        return f"{self.base}/{self.node}/req/+/+"

    @property
    def pool_requests(self) -> str:
        """Shared-subscription filter of the requests that any node may take (MQTT 5, section 4.8.2)."""
        return f"$share/edgegen/{self.base}/{POOL}/req/+/+"

    def request(self, device: str, verb: str) -> str:
        """Where a device publishes a request."""
        return f"{self.base}/{self.node}/req/{device}/{verb}"

    def response(self, device: str, request_id: str, *, pool: bool = False) -> str:
        """Where the frames of one answer go."""
        return f"{self.base}/{POOL if pool else self.node}/res/{device}/{request_id}"

    def parse_request(self, topic: str) -> "Address | None":
        """Device and verb of a request topic, or None when it is not one of ours."""
        for node, pool in ((self.node, False), (POOL, True)):
            prefix = f"{self.base}/{node}/req/"
            if topic.startswith(prefix):
                device, slash, verb = topic.removeprefix(prefix).partition("/")
                if slash and "/" not in verb:
                    return Address(device, verb, pool)
        return None


class Address(NamedTuple):
    """Who asks for what: the variable levels of a request topic."""

    device: str
    verb: str
    pool: bool


# --- the request ---------------------------------------------------------------------------------

_ASKING = frozenset({"generate", "chat"})
_QUEUED = frozenset({"generate", "chat", "embed"})


class Field(NamedTuple):
    """One field of a request: the verbs that take it and its JSON Schema."""

    verbs: frozenset[str]
    schema: dict[str, Any]


_MESSAGE = {
    "type": "object",
    "properties": {
        "role": {"enum": ["system", "user", "assistant"]},
        "content": {"type": "string"},
    },
    "required": ["role", "content"],
    "additionalProperties": False,
}

FIELDS: dict[str, Field] = {
    "id": Field(
        frozenset(VERBS), {"type": "string", "pattern": f"^{NAME_PATTERN}$", "not": {"enum": list(RESERVED_IDS)}}
    ),
    "prompt": Field(_QUEUED, {"type": "string", "minLength": 1}),
    "messages": Field(_ASKING, {"type": "array", "minItems": 1, "items": _MESSAGE}),
    "raw": Field(frozenset({"generate"}), {"type": "boolean"}),
    "adapter": Field(_ASKING, {"type": ["string", "null"], "minLength": 1}),
    "schema": Field(_ASKING, {"type": "object"}),
    "max_tokens": Field(_ASKING, {"type": "integer", "minimum": 1}),
    "temperature": Field(_ASKING, {"type": "number", "minimum": 0, "maximum": 5}),
    "top_p": Field(_ASKING, {"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
    "top_k": Field(_ASKING, {"type": "integer", "minimum": 0, "maximum": 1_000_000}),
    "min_p": Field(_ASKING, {"type": "number", "minimum": 0, "maximum": 1}),
    "seed": Field(_ASKING, {"type": "integer", "minimum": 0, "maximum": 0xFFFFFFFE}),
    "stop": Field(
        _ASKING,
        {"type": ["string", "array"], "minLength": 1, "maxItems": 8, "items": {"type": "string", "minLength": 1}},
    ),
    "samples": Field(_ASKING, {"type": "integer", "minimum": 1, "maximum": MAX_SAMPLES}),
    "logprobs": Field(_ASKING, {"type": "boolean"}),
    "stream": Field(_ASKING, {"type": "boolean"}),
    "priority": Field(_QUEUED, {"enum": list(PRIORITIES)}),
    # A year: longer than any node keeps a request, and safe in every clock arithmetic below.
    "deadline_s": Field(_QUEUED, {"type": "number", "exclusiveMinimum": 0, "maximum": 31_536_000}),
    "session": Field(_ASKING, {"type": "string", "pattern": f"^{NAME_PATTERN}$"}),
}

SAMPLING = ("max_tokens", "temperature", "top_p", "top_k", "min_p", "seed", "stop")


class Combination(NamedTuple):
    """Fields that are right alone and wrong together.

    Args:
        schema: The same as JSON Schema, as far as that can say it.
        problems: What is wrong with a document whose fields are each right; nothing when it is right.
    """

    schema: dict[str, Any]
    problems: Callable[[Mapping[str, Any]], list[str]]


def _when(field: str, value: object, **then: Any) -> dict[str, Any]:
    """A rule for documents in which a field has this value."""
    return {"if": {"properties": {field: {"const": value}}, "required": [field]}, "then": then}


def _raw_problems(document: Mapping[str, Any]) -> list[str]:
    wrong = document.get("raw") is True and "messages" in document
    return ["raw goes with prompt, not with messages"] if wrong else []


def _stream_problems(document: Mapping[str, Any]) -> list[str]:
    wrong = document.get("stream") is True and document.get("samples", 1) != 1
    return [f"samples {_show(document['samples'])} cannot be streamed; leave out stream"] if wrong else []


def _system_problems(document: Mapping[str, Any]) -> list[str]:
    return [
        f"messages[{i}] is a system message; only the first may be"
        for i, message in enumerate(document.get("messages", []))
        if i and message["role"] == "system"
    ]


def _last_problems(document: Mapping[str, Any]) -> list[str]:
    messages = document.get("messages")
    if not messages or messages[-1]["role"] == "user":
        return []
    return [f"the last message has role {_show(messages[-1]['role'])}; it must be user"]


_NOT_SYSTEM = {"properties": {"role": {"enum": ["user", "assistant"]}}}

COMBINATIONS = (
    Combination(_when("raw", True, **{"not": {"required": ["messages"]}}), _raw_problems),
    Combination(_when("stream", True, properties={"samples": {"const": 1}}), _stream_problems),
    # `prefixItems` takes the first item out of the rule for all others.
    Combination({"properties": {"messages": {"prefixItems": [True], "items": _NOT_SYSTEM}}}, _system_problems),
    # Of the last item JSON Schema cannot speak; but one of the user there must be.
    Combination(
        {"properties": {"messages": {"contains": {"properties": {"role": {"const": "user"}}}}}}, _last_problems
    ),
)


def request_json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a ``generate`` or ``chat`` request, as published on ``info``.

    It says all but three things: that the last message is the user's, which JSON Schema cannot say, that ``raw`` goes
    with ``generate`` alone, which is a matter of the topic, and whether ``schema`` is itself a JSON Schema.
    """
    return {
        "type": "object",
        "properties": {name: entry.schema for name, entry in FIELDS.items() if entry.verbs & _ASKING},
        "oneOf": [{"required": ["prompt"]}, {"required": ["messages"]}],
        "allOf": [rule.schema for rule in COMBINATIONS],
        "additionalProperties": False,
    }


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


# Mistakes named in one refusal. A hostile payload could otherwise make a frame many times its own size.
PROBLEMS_NAMED = 8
REASON_CHARACTERS = 1000


def parse_request(verb: str, payload: bytes, *, payload_bytes: int) -> Request:
    """Read and check one request.

    Args:
        payload_bytes: The node's limit for a payload.

    Raises:
        RequestError: ``bad_request``, ``too_large``, ``unsupported`` or ``schema_invalid``; all mistakes
            of the payload are named at once.
    """
    if verb not in VERBS:
        raise RequestError("unsupported", f"verb {_show(verb)} is unknown; use one of {', '.join(VERBS)}")
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
    if verb not in _ASKING:
        raise RequestError("bad_request", f"{verb} takes a JSON object, not plain text: {_show(text)}")
    if not text.strip():
        raise RequestError("bad_request", "the prompt is only white space")
    return Request(verb=verb, prompt=text, plain=True)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise ValueError(f"the key {_show(name)} stands there twice")
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
    problems = [f"unknown field {_show(name)}" for name in document if name not in allowed]
    if problems:
        problems[-1] += f" ({verb} takes {', '.join(allowed)})"
    for name in allowed:
        if name in document:
            problems += field_problems(name, document[name], FIELDS[name].schema)
    if document.get("id") in RESERVED_IDS:
        problems.append(f"id {_show(document['id'])} is reserved; choose another")
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


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def _has_type(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def field_problems(place: str, value: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with ``value``; understands the part of JSON Schema that ``FIELDS`` uses."""
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{place} is {_show(value)}; use one of {', '.join(schema['enum'])}"]
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_has_type(value, name) for name in types):
        return [f"{place} is {_show(value)}; it must be {' or '.join(types)}"]
    if isinstance(value, str):
        return _string_problems(place, value, schema)
    if isinstance(value, list):
        return _array_problems(place, value, schema)
    if isinstance(value, dict):
        return _object_problems(place, value, schema) if "properties" in schema else []
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_problems(place, value, schema)
    return []


def _string_problems(place: str, value: str, schema: Mapping[str, Any]) -> list[str]:
    if len(value) < schema.get("minLength", 0):
        return [f"{place} is empty"]
    if "pattern" in schema and not is_name(value):
        return [f"{place} is {_show(value)}; use 1 to 64 of A-Z a-z 0-9 _ . -"]
    return []


def _array_problems(place: str, value: list[Any], schema: Mapping[str, Any]) -> list[str]:
    if len(value) < schema.get("minItems", 0):
        return [f"{place} is empty"]
    if len(value) > schema.get("maxItems", math.inf):
        return [f"{place} has {len(value)} entries; at most {schema['maxItems']}"]
    return [p for i, item in enumerate(value) for p in field_problems(f"{place}[{i}]", item, schema["items"])]


def _object_problems(place: str, value: dict[str, Any], schema: Mapping[str, Any]) -> list[str]:
    problems = [f"{place} lacks {name}" for name in schema["required"] if name not in value]
    for name, item in value.items():
        if name in schema["properties"]:
            problems += field_problems(f"{place}.{name}", item, schema["properties"][name])
        else:
            problems.append(f"unknown field {_show(name)} in {place}")
    return problems


def _number_problems(place: str, value: float, schema: Mapping[str, Any]) -> list[str]:
    low, above, high = (schema.get(k) for k in ("minimum", "exclusiveMinimum", "maximum"))
    # Python's JSON reader turns 1e999 into infinity; no bound below would name that well.
    if isinstance(value, float) and not math.isfinite(value):
        return [f"{place} is {_show(value)}; it must be a finite number"]
    if low is not None and value < low:
        return [f"{place} is {_show(value)}; it must be at least {low}"]
    if above is not None and value <= above:
        return [f"{place} is {_show(value)}; it must be greater than {above}"]
    if high is not None and value > high:
        return [f"{place} is {_show(value)}; it must be at most {high}"]
    return []


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


def _show(value: object) -> str:
    """A value as JSON, cut so that an error frame stays small."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def response_topic_problem(topics: Topics, address: Address, topic: str) -> str | None:
    """Why a requested Response Topic is not honoured, or None: a device must not make the node publish elsewhere."""
    prefix = topics.response(address.device, "", pool=address.pool)
    if not topic.startswith(prefix) or topic == prefix:
        return f"response topic {_show(topic)} does not lie under {prefix}"
    if len(topic.encode()) > RESPONSE_TOPIC_BYTES or any(c in topic for c in "+#\0"):
        return f"response topic {_show(topic)} is not a topic of at most {RESPONSE_TOPIC_BYTES} bytes without wildcards"
    return None


# --- frames --------------------------------------------------------------------------------------


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
