"""Guessing ahead: the answer is the one without guesses, in fewer steps."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge.engine.lookup import LENGTHS, MATCH_TOKENS, Lookup
from tests.engine.conftest import EngineClient

# With fewer than 64 tokens in a batch and fewer than 512 cells in all, llama.cpp's attention computes a sequence the
# same to the bit whatever the batch (docs/decisions/0014-batch-equality.md): only the guesses can change an answer.
EXACT = {"n_ctx": 256, "prompt_tokens": 0}
LIST = "valve one is open, valve two is shut, valve three is open\n"
PROMPT = "name,state\npump,on\nvalve,off\n" * 2 + "name,state\n"
RUN = list(range(100, 100 + MATCH_TOKENS))


def test_what_followed_last_time_is_guessed_again() -> None:
    """The latest occurrence counts; without one there is no guess."""
    lookup = Lookup(15)

    assert lookup.guess([*RUN, 1, 2, 3, 4, 9], 15) == []
    assert lookup.guess([*RUN, 1, 2, 3, 4, 9, *RUN], 15) == [1, 2, 3]
    assert lookup.guess([*RUN, 1, 2, 3, 4, 9, *RUN, 7, 8, 8, *RUN], 15) == [7, 8, 8]


def test_a_guess_keeps_within_its_limit() -> None:
    """Nothing is computed that there is no room for."""
    assert Lookup(15).guess([*RUN, 1, 2, 3, *RUN], 2) == [1, 2]
    assert Lookup(15).guess([*RUN, 1, 2, 3, *RUN], 0) == []
    assert Lookup(2).guess([*RUN, 1, 2, 3, *RUN], 15) == [1, 2]


def test_text_that_repeats_itself_is_guessed_to_go_on() -> None:
    """A loop shorter than the guess is run through several times."""
    lookup = Lookup(15)
    lookup.judge(3, 3)

    assert lookup.guess([5, 6] * 6, 15) == [5, 6, 5, 6, 5, 6, 5]


def test_right_guesses_grow_and_wrong_ones_shrink() -> None:
    """Half right is one step back, less is the shortest again."""
    lookup = Lookup(15)
    tokens = [*RUN, *range(20), *RUN]
    lengths = []
    for guessed, right in ((3, 3), (7, 7), (15, 8), (7, 3)):
        lookup.judge(guessed, right)
        lengths.append(len(lookup.guess(tokens, 99)))

    assert lengths == [LENGTHS[1], LENGTHS[2], LENGTHS[1], LENGTHS[0]]


@pytest.fixture(scope="module")
def engine(smollm2: Path) -> Any:
    """An engine that guesses."""
    client = EngineClient(smollm2, **EXACT)
    yield client
    client.close()


@pytest.fixture(scope="module")
def plain(smollm2: Path) -> Any:
    """An engine that never guesses."""
    client = EngineClient(smollm2, lookup_tokens=0, **EXACT)
    yield client
    client.close()


def ask(engine: EngineClient, **request: Any) -> dict[str, Any]:
    before = engine.stats()
    done = engine.ask(PROMPT, raw=True, **request)
    after = engine.stats()
    return {**done, **{name: after[name] - before[name] for name in ("steps", "guessed_tokens", "guessed_right")}}


@pytest.mark.model
@pytest.mark.parametrize("sampling", [{"temperature": 0}, {"temperature": 0.8, "seed": 4, "top_k": 0}])
def test_the_answer_is_the_one_without_guesses(
    engine: EngineClient, plain: EngineClient, sampling: dict[str, Any]
) -> None:
    """Every token is sampled as it would be: the same draws decide, also where the guess was wrong."""
    request = {"logprobs": True, "sampling": {**sampling, "max_tokens": 100}}
    guessed, exact = ask(engine, **request), ask(plain, **request)

    assert guessed["text"] == exact["text"]
    shifts = [abs(a["logprob"] - b["logprob"]) for a, b in zip(guessed["logprobs"], exact["logprobs"], strict=True)]
    assert max(shifts) < 1e-3
    assert guessed["usage"]["prompt_tokens"] < 64
    assert guessed["usage"] == exact["usage"]
    assert exact["guessed_tokens"] == 0
    assert 20 < guessed["guessed_right"] < guessed["guessed_tokens"]
    assert guessed["steps"] <= exact["steps"] - guessed["guessed_right"] + 1


@pytest.mark.model
def test_limits_and_stops_hold_inside_a_guess(engine: EngineClient, plain: EngineClient) -> None:
    """max_tokens to the token, a stop string to the character, deltas that add up."""
    for tokens in range(40, 44):
        done = ask(engine, sampling={"temperature": 0, "max_tokens": tokens})
        assert done["usage"]["completion_tokens"] == tokens
        assert done["finish"] == "length"

    whole = ask(plain, sampling={"temperature": 0, "max_tokens": 100})["text"]
    stop = whole[70:78]
    key = engine.submit(PROMPT, raw=True, stream=True, sampling={"temperature": 0, "max_tokens": 100, "stop": [stop]})
    done = engine.answer(key)
    assert done["finish"] == "stop"
    assert done["text"] == whole[: whole.index(stop)]
    assert "".join(event["text"] for event in engine.of_kind(key, "delta")) == done["text"]


@pytest.mark.model
def test_a_conversation_goes_on_after_wrong_guesses(engine: EngineClient, plain: EngineClient) -> None:
    """What was guessed wrong has left the KV cache: the next turn, which continues it, answers as without guesses."""
    question = {"role": "user", "content": f"Repeat this list in capital letters:\n{LIST}"}
    answers = []
    for client in (engine, plain):
        first = client.ask(
            verb="chat", messages=[question], owner="list-1", sampling={"temperature": 0, "max_tokens": 80}
        )
        turns = [question, {"role": "assistant", "content": first["text"]}, {"role": "user", "content": "Go on."}]
        second = client.ask(verb="chat", messages=turns, owner="list-1", sampling={"temperature": 0, "max_tokens": 40})
        answers.append((first["text"], second["text"]))
        assert second["usage"]["cached_tokens"] >= first["usage"]["prompt_tokens"]
    stats = engine.stats()

    assert answers[0] == answers[1]
    assert stats["guessed_right"] < stats["guessed_tokens"]
    assert stats["kv_used"] <= stats["kv_total"]


@pytest.mark.model
def test_a_document_is_guessed_under_its_schema(engine: EngineClient) -> None:
    """The grammar decides about every token, those of a guess too."""
    record = {"id": "P-17", "site": "hall two", "state": "running since the third of March after its service"}
    schema = {
        "type": "object",
        "properties": {name: {"type": "string", "maxLength": 60} for name in record},
        "required": list(record),
        "additionalProperties": False,
    }
    before = engine.stats()["guessed_right"]

    done = engine.ask(f"Echo this JSON:\n{json.dumps(record)}", schema=schema, sampling={"max_tokens": 120})

    assert done["finish"] == "schema"
    assert set(done["json"]) == set(record)
    assert engine.stats()["guessed_right"] > before
