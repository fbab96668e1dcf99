"""Models of other families: the engine assumes nothing of SmolLM2's vocabulary, template or attention."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.engine import families
from tests.engine.conftest import EngineClient
from tests.engine.test_schema import closed

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not importlib.util.find_spec("transformers"), reason="the models are made with transformers"),
]

FAMILIES = ("qwen2", "sentencepiece_llama", "gemma3")
GREEDY = {"temperature": 0, "max_tokens": 12}

# Chunks and batches round differently (docs/decisions/0014-batch-equality.md); wrong cells are off by whole nats.
ROUNDING_NATS = 0.1

LONG = " ".join(f"The valve {number} of the pump is open." for number in range(16))


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return getattr(families, request.param)(tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def engine(model: Path) -> Iterator[EngineClient]:
    client = EngineClient(model, n_ctx=2048, slots=8, prompt_tokens=0)
    assert client.ready["ev"] == "ready", client.ready
    yield client
    client.close()


def same_beginning(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Equal tokens and log-probabilities, up to a near-tie."""
    for left, right in zip(one["logprobs"], other["logprobs"], strict=False):
        if abs(left["logprob"] - right["logprob"]) > ROUNDING_NATS:
            return False
        if left["token"] != right["token"]:
            break
    return bool(one["logprobs"])


def test_it_answers_alone_and_in_a_batch_alike(engine: EngineClient) -> None:
    prompts = [f"The pump {number}" for number in range(6)]
    ask = {"raw": True, "logprobs": True, "sampling": GREEDY}
    alone = [engine.ask(prompt, **ask) for prompt in prompts]

    together = [engine.answer(key) for key in [engine.submit(prompt, **ask) for prompt in prompts]]

    assert all(done["type"] == "done" for done in together), together
    assert all(map(same_beginning, alone, together))
    assert len({done["text"] for done in alone}) > 1


def test_its_own_chat_template_is_used(engine: EngineClient) -> None:
    """The same text through the template has more tokens than raw."""
    chat = engine.ask(verb="chat", messages=[{"role": "user", "content": "The pump is open"}], sampling=GREEDY)
    raw = engine.ask("The pump is open", raw=True, sampling=GREEDY)

    assert chat["type"] == "done"
    assert chat["usage"]["prompt_tokens"] > raw["usage"]["prompt_tokens"]


def test_a_schema_holds(engine: EngineClient) -> None:
    """This vocabulary can be read for it too."""
    schema = closed({"state": {"enum": ["on", "off"]}, "level": {"type": "integer", "minimum": 10, "maximum": 20}})

    done = engine.ask("Report.", schema=schema, raw=True, sampling={"temperature": 0, "max_tokens": 60})

    assert done["finish"] == "schema"
    jsonschema.validate(done["json"], schema)


def test_a_conversation_continues_from_the_cache_as_if_it_were_computed(engine: EngineClient, model: Path) -> None:
    """Also where layers forget: what is reused is whole, what has been forgotten is computed again."""
    first = {"role": "user", "content": LONG}
    other = {"role": "user", "content": LONG.replace("valve 12", "gate 12")}
    ask = {"verb": "chat", "logprobs": True, "sampling": GREEDY}
    opening = engine.ask(messages=[first], owner="a", **ask)
    turns = [first, {"role": "assistant", "content": opening["text"]}, {"role": "user", "content": "Go on."}]
    # Others take the cells that a sliding window has given up.
    for number in range(4):
        engine.ask(f"{number} {LONG}", raw=True, owner="b", sampling=GREEDY)

    continued = engine.ask(messages=turns, owner="a", **ask)
    parted = engine.ask(messages=[other], owner="a", **ask)
    repeated = engine.ask(messages=[first], owner="a", **ask)

    fresh = EngineClient(model, n_ctx=2048, slots=1, prompt_tokens=0)
    expected = [
        fresh.ask(messages=messages, owner=str(i), **ask) for i, messages in enumerate((turns, [other], [first]))
    ]
    fresh.close()
    assert opening["usage"]["prompt_tokens"] > 4 * families.WINDOW_TOKENS
    for found, computed in zip((continued, parted, repeated), expected, strict=True):
        assert computed["usage"]["cached_tokens"] == 0
        assert same_beginning(found, computed)


def test_samples_and_embeddings(engine: EngineClient) -> None:
    done = engine.ask("Is it on?", raw=True, samples=3, sampling={"temperature": 1, "seed": 1, "max_tokens": 4})
    embedded = engine.ask("The pump is open", verb="embed")

    assert done["agreement"] > 0
    assert len(embedded["embedding"]) == families.SMALL["hidden_size"]
