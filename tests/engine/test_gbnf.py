"""llama.cpp's own grammar, where llguidance is missing: the same contract, checked afterwards."""

import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.engine.conftest import EngineClient
from tests.engine.test_schema import SCHEMAS, closed

pytestmark = pytest.mark.model

SAMPLING = {"temperature": 0, "max_tokens": 100}


@pytest.fixture(scope="module")
def engine(smollm2: Path) -> Any:
    """An engine that is told to use GBNF."""
    client = EngineClient(smollm2, schema_backend="gbnf", n_ctx=1024, prompt_tokens=0)
    assert client.ready["constrained"] == "gbnf"
    yield client
    client.close()


@pytest.mark.parametrize("name", ["enum", "nested arrays", "$ref", "string length", "pattern and length", "format"])
def test_documents_are_valid(engine: EngineClient, name: str) -> None:
    done = engine.ask("Report the pump as JSON.", schema=SCHEMAS[name], sampling=SAMPLING)

    assert done["finish"] in ("schema", "length")
    if done["finish"] == "schema":
        jsonschema.validate(done["json"], SCHEMAS[name])
    else:
        assert "json" not in done
        assert done["usage"]["completion_tokens"] == 100


def test_most_of_them_are_completed(engine: EngineClient) -> None:
    """Enough room given, a closed object ends."""
    schema = closed({"state": {"enum": ["on", "off"]}, "level": {"type": "integer"}, "ok": {"type": "boolean"}})

    done = engine.ask("Report the pump as JSON.", schema=schema, samples=4, sampling={**SAMPLING, "temperature": 0.9})

    assert done["finish"] == "schema"
    jsonschema.validate(done["json"], schema)


def test_what_the_grammar_lets_through_and_the_schema_forbids_is_no_document(engine: EngineClient) -> None:
    """The converter turns `multipleOf` into any number: the answer says `length` and has no json."""
    schema = closed({"level": {"type": "integer", "multipleOf": 1_000_003}})

    done = engine.ask("The level of pump 7 is 42. Report it.", schema=schema, sampling=SAMPLING)

    assert done["finish"] == "length"
    assert "json" not in done
    assert done["text"].startswith("{")


def test_a_schema_the_converter_refuses_is_refused_before_the_model_runs(engine: EngineClient) -> None:
    key = engine.submit("Hi", schema={"type": "strin"})

    answer = engine.answer(key)

    assert answer["code"] == "schema_invalid"
    assert not engine.of_kind(key, "started")


def test_a_grammar_that_llama_cpp_cannot_parse_is_refused(smollm2: Path) -> None:
    """It returns NULL, which is neither None nor an exception."""
    import subprocess

    code = (
        "import sys\n"
        "from edge.engine.constrain import SchemaRefusedError\n"
        "from edge.engine.gbnf import parse_grammar\n"
        "from edge.engine.model import open_model\n"
        "from edge.engine.vocab import Vocab\n"
        "try:\n"
        "    parse_grammar(Vocab(open_model(sys.argv[1])), 'root ::= missing-rule')\n"
        "except SchemaRefusedError as error:\n"
        "    print('refused:', error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(smollm2)], capture_output=True, text=True, check=True)

    assert "refused: llama.cpp cannot parse" in done.stdout


def test_a_schema_that_llguidance_refuses_may_be_taken_by_gbnf(smollm2: Path) -> None:
    """`not` is beyond llguidance; llama.cpp's converter ignores it, and the document is checked afterwards."""
    client = EngineClient(smollm2, n_ctx=512, prompt_tokens=0)
    schema = closed({"state": {"type": "string", "maxLength": 5, "not": {"const": "zzzzz"}}})

    done = client.ask("Is the pump on?", schema=schema, sampling=SAMPLING)
    client.close()

    assert client.ready["constrained"] == "llguidance"
    assert done["finish"] == "schema"
    jsonschema.validate(done["json"], schema)
