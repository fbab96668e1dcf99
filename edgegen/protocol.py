"""The MQTT contract between devices and a node, version 1: its words, and the fields of a request. No I/O.

``docs/protocol.md`` is the prose; this module is the truth the node and `edgegen ask` share, with `edgegen.topics`,
`edgegen.request_reader` and `edgegen.frames`. The table ``FIELDS`` is at once the validator of a request and the JSON
Schema published on the ``info`` topic.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

PROTOCOL_VERSION = 1

VERBS = ("generate", "chat", "embed", "cancel")
PRIORITIES = ("high", "normal", "batch")

NAME_PATTERN = r"[A-Za-z0-9_.-]{1,64}"
_NAME = re.compile(NAME_PATTERN)
PLAIN_ID = "text"  # last topic level of answers to bare prompts
NO_ID = "_"  # last topic level of refusals whose request has no usable id
RESERVED_IDS = (PLAIN_ID, NO_ID)

# Azure IoT Operations and most brokers use 16-byte correlation data; 64 leaves room for a UUID in text.
CORRELATION_BYTES = 64

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


def shown(value: object) -> str:
    """A value as JSON, cut so that an error frame stays small."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


# --- the request ---------------------------------------------------------------------------------

ASKING = frozenset({"generate", "chat"})
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
    "messages": Field(ASKING, {"type": "array", "minItems": 1, "items": _MESSAGE}),
    "raw": Field(frozenset({"generate"}), {"type": "boolean"}),
    "adapter": Field(ASKING, {"type": ["string", "null"], "minLength": 1}),
    "schema": Field(ASKING, {"type": "object"}),
    "max_tokens": Field(ASKING, {"type": "integer", "minimum": 1}),
    "temperature": Field(ASKING, {"type": "number", "minimum": 0, "maximum": 5}),
    "top_p": Field(ASKING, {"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
    "top_k": Field(ASKING, {"type": "integer", "minimum": 0, "maximum": 1_000_000}),
    "min_p": Field(ASKING, {"type": "number", "minimum": 0, "maximum": 1}),
    "seed": Field(ASKING, {"type": "integer", "minimum": 0, "maximum": 0xFFFFFFFE}),
    "stop": Field(
        ASKING,
        {"type": ["string", "array"], "minLength": 1, "maxItems": 8, "items": {"type": "string", "minLength": 1}},
    ),
    "samples": Field(ASKING, {"type": "integer", "minimum": 1, "maximum": MAX_SAMPLES}),
    "logprobs": Field(ASKING, {"type": "boolean"}),
    "stream": Field(ASKING, {"type": "boolean"}),
    "priority": Field(_QUEUED, {"enum": list(PRIORITIES)}),
    # A year: longer than any node keeps a request, and safe in every clock arithmetic below.
    "deadline_s": Field(_QUEUED, {"type": "number", "exclusiveMinimum": 0, "maximum": 31_536_000}),
    "session": Field(ASKING, {"type": "string", "pattern": f"^{NAME_PATTERN}$"}),
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
    return [f"samples {shown(document['samples'])} cannot be streamed; leave out stream"] if wrong else []


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
    return [f"the last message has role {shown(messages[-1]['role'])}; it must be user"]


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
        "properties": {name: entry.schema for name, entry in FIELDS.items() if entry.verbs & ASKING},
        "oneOf": [{"required": ["prompt"]}, {"required": ["messages"]}],
        "allOf": [rule.schema for rule in COMBINATIONS],
        "additionalProperties": False,
    }


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
        return [] if value in schema["enum"] else [f"{place} is {shown(value)}; use one of {', '.join(schema['enum'])}"]
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_has_type(value, name) for name in types):
        return [f"{place} is {shown(value)}; it must be {' or '.join(types)}"]
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
        return [f"{place} is {shown(value)}; use 1 to 64 of A-Z a-z 0-9 _ . -"]
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
            problems.append(f"unknown field {shown(name)} in {place}")
    return problems


def _number_problems(place: str, value: float, schema: Mapping[str, Any]) -> list[str]:
    low, above, high = (schema.get(k) for k in ("minimum", "exclusiveMinimum", "maximum"))
    # Python's JSON reader turns 1e999 into infinity; no bound below would name that well.
    if isinstance(value, float) and not math.isfinite(value):
        return [f"{place} is {shown(value)}; it must be a finite number"]
    if low is not None and value < low:
        return [f"{place} is {shown(value)}; it must be at least {low}"]
    if above is not None and value <= above:
        return [f"{place} is {shown(value)}; it must be greater than {above}"]
    if high is not None and value > high:
        return [f"{place} is {shown(value)}; it must be at most {high}"]
    return []
