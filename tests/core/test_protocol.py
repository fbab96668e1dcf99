"""What a request may say, and what a wrong one hears."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from edgegen.errors import RequestError
from edgegen.protocol import FIELDS, request_json_schema
from edgegen.request_reader import parse_request, payload_hash
from edgegen.topics import Address, Topics, response_topic_problem

TOPICS = Topics("edgegen", "gw1")
LIMIT = 65536


def refused(payload: bytes, verb: str = "generate") -> RequestError:
    with pytest.raises(RequestError) as caught:
        parse_request(verb, payload, payload_bytes=LIMIT)
    return caught.value


def test_a_request_keeps_what_the_device_gave_and_nothing_else():
    payload = b'{"id": "a1", "prompt": "hi", "temperature": 0, "stop": "\\n", "priority": "high", "deadline_s": 2}'

    request = parse_request("generate", payload, payload_bytes=LIMIT)

    assert (request.id, request.prompt, request.priority, request.deadline_s) == ("a1", "hi", "high", 2)
    assert request.sampling == {"temperature": 0, "stop": ["\n"]}
    assert not request.plain


def test_a_bare_prompt_is_one_user_turn_answered_as_plain_text():
    request = parse_request("generate", "Wie spät ist es?".encode(), payload_bytes=LIMIT)

    assert request.plain
    assert request.prompt == "Wie spät ist es?"
    assert request.id is None


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b'{"prompt": "x"', "line 1 column"),
        (b'  {"prompt": "x",}', "not JSON"),
        (b"\xff\xfe", "0xff"),
        (b'{"prompt": "\xff"}', "0xff"),
        (b'{"prompt": "x", "promt": "y"}', '"promt"'),
        (b'{"prompt": 5}', "prompt is 5; it must be string"),
        (b'{"prompt": ""}', "prompt is empty"),
        (b'{"prompt": "x", "id": "a/b"}', '"a/b"'),
        (b'{"prompt": "x", "id": "a+b"}', '"a+b"'),
        (b'{"prompt": "x", "id": "text"}', "reserved"),
        (b'{"prompt": "x", "id": "_"}', "reserved"),
        (b'{"prompt": "x", "deadline_s": -1}', "deadline_s is -1; it must be greater than 0"),
        (b'{"prompt": "x", "deadline_s": 1e999}', "finite"),
        (b'{"prompt": "x", "temperature": NaN}', "NaN"),
        (b'{"prompt": "x", "max_tokens": true}', "max_tokens is true; it must be integer"),
        (b'{"prompt": "x", "max_tokens": 1.5}', "it must be integer"),
        (b'{"prompt": "x", "prompt": "y"}', "twice"),
        (b'{"prompt": "\\ud800"}', "surrogate"),
        (b'{"prompt": "x", "messages": [{"role": "user", "content": "y"}]}', "prompt and messages"),
        (b"{}", "neither"),
        (b'{"messages": []}', "messages is empty"),
        (b'{"messages": [{"role": "robot", "content": "x"}]}', '"robot"'),
        (b'{"messages": [{"role": "user"}]}', "messages[0] lacks content"),
        (b'{"messages": [{"role": "assistant", "content": "x"}]}', "must be user"),
        (b'{"prompt": "x", "samples": 3, "stream": true}', "cannot be streamed"),
        (b'{"prompt": "x", "priority": "urgent"}', "high, normal, batch"),
        (b"[" * 5000, "the prompt"),  # not `{`: a bare prompt, and a fine one
    ],
)
def test_a_wrong_request_is_told_what_is_wrong_with_the_value(payload, says):
    if payload.startswith(b"["):
        assert parse_request("generate", payload, payload_bytes=LIMIT).plain
        return
    error = refused(payload)

    assert error.code == "bad_request"
    assert says in error.reason


def test_all_mistakes_are_named_at_once():
    error = refused(b'{"id": "ok-1", "promt": "x", "temperature": -1, "seed": "abc"}')

    assert all(name in error.reason for name in ("promt", "temperature", "seed"))
    assert error.request_id == "ok-1", "the refusal can go to the device's own topic"


def test_a_hostile_payload_does_not_make_a_refusal_larger_than_itself():
    """Frames over the broker's packet limit would end the connection again and again."""
    many = {str(i): 1 for i in range(5000)}

    for document in (many, {"messages": [1] * 20_000}, {"messages": [{}] * 10_000}):
        reason = refused(json.dumps(document).encode()).reason
        assert len(reason) < 2000
        assert "more" in reason


@pytest.mark.parametrize("field", ["seed", "temperature", "deadline_s"])
def test_a_number_with_four_hundred_digits_is_refused_like_any_other(field):
    error = refused(b'{"prompt": "x", "%s": 1%s}' % (field.encode(), b"0" * 400))

    assert error.code == "bad_request"
    assert field in error.reason


def test_a_pattern_that_python_cannot_compile_is_a_schema_that_is_refused():
    error = refused(b'{"prompt": "x", "schema": {"type": "string", "pattern": "a{99999999999}"}}')

    assert error.code == "schema_invalid"


def test_a_payload_over_the_limit_and_an_unknown_verb_are_refused():
    assert refused(b'{"prompt": "' + b"x" * LIMIT + b'"}').code == "too_large"
    assert refused(b"{}", verb="shout").code == "unsupported"


def test_a_deeply_nested_document_is_refused_not_crashed_on():
    assert refused(b'{"a":' * 6000).code == "bad_request"


def test_what_is_no_json_schema_is_refused_before_it_is_accepted():
    error = refused(b'{"prompt": "x", "schema": {"type": "objekt"}}')

    assert error.code == "schema_invalid"
    assert "objekt" in error.reason


def test_cancel_takes_an_id_and_embed_a_prompt():
    assert parse_request("cancel", b'{"id": "a"}', payload_bytes=LIMIT).id == "a"
    assert "needs the id" in refused(b"{}", verb="cancel").reason
    assert "needs prompt" in refused(b"{}", verb="embed").reason
    assert "plain text" in refused(b"a1", verb="cancel").reason


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_a_refusal(payload):
    try:
        request = parse_request("generate", payload, payload_bytes=100)
    except RequestError as error:
        refusal = error
    else:
        assert request.prompt or request.messages
        return
    assert refusal.code in ("bad_request", "too_large", "schema_invalid")
    assert refusal.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**9) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), json_values, max_size=4))
def test_the_validator_never_takes_what_the_published_schema_refuses(document):
    """A device developer who checks against `info` learns of every request that would be refused for its form."""
    try:
        parse_request("generate", json.dumps(document).encode(), payload_bytes=LIMIT)
    except RequestError:
        return
    Draft202012Validator(request_json_schema()).validate(document)


messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": st.text(max_size=3)}),
    min_size=1,
    max_size=4,
)
well_formed = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b-1"]),
        "prompt": st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3),
        "messages": messages,
        "raw": st.booleans(),
        "stream": st.booleans(),
        "samples": st.integers(1, 3),
        "max_tokens": st.integers(1, 9),
        "other": st.just(1),
    },
)


@settings(max_examples=500)
@given(well_formed)
def test_the_published_schema_takes_just_what_the_validator_takes(document):
    """Fields that are each right: the rules for how they go together are the same, but for the last message's role."""
    try:
        parse_request("generate", json.dumps(document).encode(), payload_bytes=LIMIT)
    except RequestError as error:
        problems = [p for p in error.reason.split("; ") if not p.startswith(("the last message", "it must be user"))]
    else:
        problems = []
    ends_well = "messages" not in document or document["messages"][-1]["role"] == "user"

    valid = Draft202012Validator(request_json_schema()).is_valid(document)

    assert valid == (not problems) or not ends_well
    if valid and not ends_well:
        assert any(message["role"] == "user" for message in document["messages"])


@pytest.mark.parametrize(
    "document",
    [
        {"messages": [{"role": "user", "content": "x"}], "raw": True},
        {"prompt": "x", "stream": True, "samples": 2},
        {"messages": [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}]},
        {"messages": [{"role": "assistant", "content": "x"}]},
    ],
)
def test_each_combination_is_refused_by_validator_and_schema(document):
    assert refused(json.dumps(document).encode()).code == "bad_request"
    assert not Draft202012Validator(request_json_schema()).is_valid(document)


def test_the_published_schema_is_a_json_schema():
    Draft202012Validator.check_schema(request_json_schema())


def test_topics_are_taken_apart_only_when_they_are_ours():
    assert TOPICS.parse_request("edgegen/gw1/req/dev-1/chat") == Address("dev-1", "chat", pool=False)
    assert TOPICS.parse_request("edgegen/pool/req/dev-1/chat") == Address("dev-1", "chat", pool=True)
    assert TOPICS.parse_request("edgegen/gw2/req/dev-1/chat") is None
    assert TOPICS.parse_request("edgegen/gw1/req/dev-1") is None
    assert TOPICS.parse_request("edgegen/gw1/req/dev-1/chat/more") is None


@pytest.mark.parametrize(
    "topic",
    ["edgegen/gw1/res/dev-2/x", "edgegen/gw1/state", "edgegen/gw1/res/dev-1/", "edgegen/gw1/res/dev-1/#", "lights/on"],
)
def test_a_device_cannot_make_the_node_publish_elsewhere(topic):
    assert response_topic_problem(TOPICS, Address("dev-1", "chat", pool=False), topic) is not None


def test_a_response_topic_of_the_device_itself_is_honoured():
    assert response_topic_problem(TOPICS, Address("dev-1", "chat", pool=False), "edgegen/gw1/res/dev-1/my/own") is None


def test_the_hash_tells_verbs_apart():
    assert payload_hash("generate", b"x") != payload_hash("chat", b"x")
