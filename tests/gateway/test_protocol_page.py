"""docs/protocol.md says what the program does."""

import json
import re
from pathlib import Path

import pytest

from edge.admin import VERBS as ADMIN_VERBS
from edge.orders import FIELDS
from edgegen import frames, protocol, request_reader, topics

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


def table(title: str) -> dict[str, list[str]]:
    """The rows of the table whose first column has this title: the name in its backticks -> the other cells."""
    lines = PAGE.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {title} |"))
    rows = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        name, *cells = (cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|")))
        rows[name.strip("`")] = cells
    return rows


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_verbs_are_all_there() -> None:
    assert tuple(table("verb")) == protocol.VERBS


def test_the_fields_are_all_there_with_the_verbs_that_take_them() -> None:
    documented = {name: set(quoted(cells[0])) for name, cells in table("field").items()}

    assert documented == {name: set(entry.verbs) for name, entry in protocol.FIELDS.items()}


NUMBERS = [name for name, entry in protocol.FIELDS.items() if entry.schema.get("type") in ("number", "integer")]


@pytest.mark.parametrize("name", NUMBERS)
def test_the_bounds_of_a_number_are_those_of_the_validator(name: str) -> None:
    schema = protocol.FIELDS[name].schema
    text = table("field")[name][1]

    bounds = [schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")]
    assert [float(number) for number in re.findall(r"\d+", text)] == [float(b) for b in bounds if b is not None]
    assert ("above" in text) == ("exclusiveMinimum" in schema)
    assert ("integer" in text) == (schema["type"] == "integer")


def test_the_priorities_are_all_there() -> None:
    assert tuple(quoted(table("field")["priority"][1])) == protocol.PRIORITIES


def test_the_refusals_are_all_there() -> None:
    assert tuple(table("refusal")) == protocol.REFUSALS


def test_the_endings_are_all_there() -> None:
    assert tuple(table("ending")) == protocol.ENDINGS


def test_the_commands_of_operators_are_all_there() -> None:
    assert set(table("command")) == set(ADMIN_VERBS)


def test_the_fields_of_the_commands_are_all_there() -> None:
    documented = {name: set(quoted(cells[0])) - {"stick", "inbox"} for name, cells in table("command").items()}

    assert {name: documented[name] for name in FIELDS} == {name: set(fields) for name, fields in FIELDS.items()}
    assert documented["status"] == documented["reload"] == documented["drain"] == set()


def test_the_topics_are_those_the_node_uses() -> None:
    """Each topic that the program makes is in the table, with the names of the page's placeholders."""
    tree = topics.Topics("edgegen", "<node>")
    made = [
        tree.state,
        tree.info,
        tree.health,
        tree.offers,
        tree.request("<device>", "<verb>"),
        tree.response("<device>", "<id>"),
        tree.response("<device>", "<id>", pool=True),
    ]

    assert set(made) <= set(table("topic"))
    assert tree.parse_request("edgegen/pool/req/sensor-1/generate") == ("sensor-1", "generate", True)


def test_the_example_requests_are_valid() -> None:
    """Every payload of a `-m` in the page is accepted as it stands."""
    payloads = re.findall(r"-m '([^']+)'", PAGE)

    assert len(payloads) >= 2
    for payload in payloads:
        request_reader.parse_request("generate", payload.encode(), payload_bytes=65536)


def test_the_example_frames_have_the_shape_of_frames() -> None:
    """The two frames shown begin like those that the program writes."""
    shown = re.findall(r"^edgegen/gw/res/sensor-1/q1 (\{.*)$", PAGE, flags=re.MULTILINE)

    assert shown[0].encode() == frames.frame("q1", "gw", "accepted", 0, 0, queue_pos=0)
    assert shown[1].encode().startswith(frames.frame("q1", "gw", "done", 0, 1)[:-1])
    assert json.loads(shown[0])["type"] in table("type")


def test_the_limits_in_the_text_are_those_of_the_program() -> None:
    assert f"at most {protocol.CORRELATION_BYTES} bytes" in PAGE
    assert f"at most {topics.RESPONSE_TOPIC_BYTES} bytes" in PAGE
    for reserved in (topics.POOL, *protocol.RESERVED_IDS):
        assert f"`{reserved}`" in PAGE
    assert protocol.NAME_PATTERN == "[A-Za-z0-9_.-]{1,64}"
    assert "`A-Z a-z 0-9 _ . -`" in PAGE


def test_the_micropython_example_is_python_and_short() -> None:
    example = re.search(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)

    assert example is not None
    compile(example[1], "example.py", "exec")
    assert len(example[1].splitlines()) <= 24
