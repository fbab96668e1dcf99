"""Structured output: documents that are valid for their schema, schemas that are refused."""

import json
from typing import Any

import jsonschema
import pytest

from tests.engine.conftest import EngineClient

pytestmark = pytest.mark.model


def closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


SCHEMAS = {
    "enum": closed({"state": {"enum": ["on", "off"]}}),
    "integer range": closed({"level": {"type": "integer", "minimum": 10, "maximum": 20}}),
    "nested arrays": closed(
        {
            "rows": {
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"type": "array", "items": {"type": "integer", "maximum": 9}, "minItems": 1, "maxItems": 3},
            }
        }
    ),
    "$ref": closed({"pump": {"$ref": "#/$defs/p"}}, **{"$defs": {"p": closed({"id": {"const": 7}})}}),
    "string length": closed({"name": {"type": "string", "minLength": 3, "maxLength": 5}}),
    "pattern and length": closed({"name": {"type": "string", "maxLength": 6, "pattern": r'^[^ "\\]+( [^ "\\]+)*$'}}),
    "format": closed({"day": {"type": "string", "format": "date"}}),
    "top-level number": {"type": "integer", "minimum": 0, "maximum": 99},
    "constant": {"const": {"a": 1}},
}


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("temperature", [0, 1.5])
def test_the_document_is_valid_and_compact(engine: EngineClient, name: str, temperature: float) -> None:
    """Whatever the model would rather say."""
    sampling = {"temperature": temperature, "seed": 5, "max_tokens": 120}
    done = engine.ask("Report the pump as JSON.", schema=SCHEMAS[name], sampling=sampling)

    assert done["finish"] == "schema"
    jsonschema.validate(done["json"], SCHEMAS[name])
    assert json.loads(done["text"]) == done["json"]
    assert done["text"] == json.dumps(done["json"], separators=(",", ":"), ensure_ascii=False)


def test_forced_tokens_are_not_sampled_one_by_one(engine: EngineClient) -> None:
    """Keys, punctuation and the only value left come in runs: fewer steps than tokens."""
    schema = closed({f"a_rather_long_key_{n}": {"enum": ["x"]} for n in range(6)} | {"flag": {"type": "boolean"}})
    before = engine.stats()["steps"]

    done = engine.ask("Fill it.", schema=schema, sampling={"temperature": 0, "max_tokens": 200})

    assert done["finish"] == "schema"
    assert engine.stats()["steps"] - before < done["usage"]["completion_tokens"] / 2


def test_an_answer_cut_by_max_tokens_has_no_json(engine: EngineClient) -> None:
    """`finish` says `length`; the text is what there is."""
    schema = closed({"story": {"type": "string", "minLength": 300}})

    done = engine.ask("Tell a story.", schema=schema, sampling={"temperature": 0, "max_tokens": 12})

    assert done["finish"] == "length"
    assert "json" not in done
    assert done["usage"]["completion_tokens"] == 12


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"type": "integer", "minimum": 5, "maximum": 3}, "minimum"),
        ({"not": {"type": "string"}}, "not"),
        ({"type": "string", "pattern": "(?=a)b"}, "look-around"),
        ({"enum": []}, "Unsatisfiable"),
        ({"type": "strin"}, "strin"),
        ({"$ref": "http://example.com/schema.json"}, "example.com"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_before_the_model_runs(
    engine: EngineClient, schema: dict[str, Any], word: str
) -> None:
    """With the compiler's own words."""
    key = engine.submit("Hi", schema=schema)

    answer = engine.answer(key)

    assert answer["code"] == "schema_invalid"
    assert word in answer["reason"]
    assert not engine.of_kind(key, "started")


def test_samples_of_documents_vote_by_content(engine: EngineClient) -> None:
    """The majority document is returned parsed."""
    schema = closed({"ok": {"type": "boolean"}})

    done = engine.ask("Is the pump ok?", schema=schema, samples=5, sampling={"temperature": 1.5, "seed": 2})

    assert done["json"]["ok"] in (True, False)
    assert done["agreement"] >= 0.6


def test_a_forced_document_can_be_streamed(engine: EngineClient) -> None:
    """Deltas add up even where the grammar writes most of the text."""
    key = engine.submit("Go", schema=SCHEMAS["$ref"], stream=True)

    done = engine.answer(key)

    assert "".join(event["text"] for event in engine.of_kind(key, "delta")) == done["text"]
