"""The KV pool: preemption, shared prefixes, what no device may gain from another."""

from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import EngineClient

pytestmark = pytest.mark.model

GREEDY = {"temperature": 0, "max_tokens": 8}
SYSTEM_PROMPT = "You answer questions about the pumps of a waterworks. " + "Pump {} is blue. " * 12
CHAT = [{"role": "user", "content": "Remember this list: " + ", ".join(f"valve {n}" for n in range(60))}]


@pytest.fixture(scope="module")
def warm(smollm2: Path) -> Any:
    """An engine with a system prompt of the bundle's."""
    client = EngineClient(smollm2, system_prompt=SYSTEM_PROMPT)
    yield client
    client.close()


def same_up_to_a_near_tie(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two greedy answers are one, or part where two tokens were as likely up to what rounding does."""
    pairs = zip(one["logprobs"], other["logprobs"], strict=False)
    parted = next(((mine, theirs) for mine, theirs in pairs if mine["token"] != theirs["token"]), None)
    if parted is None:
        return bool(one["text"] == other["text"])
    return abs(parted[0]["logprob"] - parted[1]["logprob"]) < 0.25


def cached(done: dict[str, Any]) -> int:
    return int(done["usage"]["cached_tokens"])


def test_preempted_requests_end_with_the_same_text(start: Any) -> None:
    """Six answers of 70 tokens do not fit into 256 cells at once; each is the one it would be alone.

    Recomputed cells lie in another order, which llama.cpp's attention rounds differently: an answer may differ
    from a near-tie on.
    """
    engine = start(n_ctx=256, prompt_tokens=0)
    prompts = [f"{n} {n + 1} {n + 2} {n + 3} {n + 4}" for n in range(6)]
    sampling = {"temperature": 0, "max_tokens": 70}
    alone = [engine.ask(prompt, raw=True, sampling=sampling, logprobs=True) for prompt in prompts]

    keys = [engine.submit(prompt, raw=True, sampling=sampling, logprobs=True) for prompt in prompts]
    together = [engine.answer(key) for key in keys]

    assert engine.stats()["preemptions"] > 0
    assert [done["type"] for done in together] == ["done"] * 6
    for key in keys:
        assert len(engine.of_kind(key, "started")) == len(engine.of_kind(key, "first")) == 1
    assert all(same_up_to_a_near_tie(one, many) for one, many in zip(alone, together, strict=True))
    assert engine.stats()["running"] == 0


def test_the_system_prompt_is_computed_once_for_all(warm: EngineClient) -> None:
    """The second device finds it, and so does the first: it is warm before anyone asks."""
    first = warm.ask("Which pump is blue?", owner="pump-1", sampling=GREEDY)
    second = warm.ask("And which is red?", owner="pump-2", sampling=GREEDY)

    assert cached(first) == cached(second) > 50
    assert cached(first) < first["usage"]["prompt_tokens"]


def test_a_conversation_is_found_again_by_its_owner_alone(warm: EngineClient) -> None:
    """Another device that sends the very same messages gains the shared prefix and nothing more."""
    shared = cached(warm.ask("Hello", sampling=GREEDY))
    chat = {"verb": "chat", "messages": CHAT, "sampling": GREEDY}
    warm.ask(owner="pump-1", **chat)

    same_owner = warm.ask(owner="pump-1", **chat)
    other_owner = warm.ask(owner="pump-2", **chat)

    assert cached(same_owner) == same_owner["usage"]["prompt_tokens"] - 1
    assert cached(other_owner) == shared


def test_the_next_turn_continues_the_kept_conversation(warm: EngineClient) -> None:
    """The question and its answer are in the cache; only the new turn is computed."""
    first = warm.ask(owner="pump-3", verb="chat", messages=CHAT, sampling=GREEDY)
    turns = [*CHAT, {"role": "assistant", "content": first["text"]}, {"role": "user", "content": "Thanks. Next?"}]

    second = warm.ask(owner="pump-3", verb="chat", messages=turns, sampling=GREEDY)

    assert cached(second) >= first["usage"]["prompt_tokens"]


def test_a_device_s_own_system_message_replaces_the_bundle_s(warm: EngineClient) -> None:
    """Then the shared prefix is not its prefix."""
    messages = [{"role": "system", "content": "You speak like a pirate."}, {"role": "user", "content": "Hello"}]

    done = warm.ask(verb="chat", messages=messages, sampling=GREEDY)

    assert cached(done) == 0
    assert done["usage"]["prompt_tokens"] < 40


def test_the_shared_prefix_is_read_from_disk_after_a_restart(start: Any, tmp_path: Path) -> None:
    """A damaged file is removed, computed and written again."""
    cold = start(system_prompt=SYSTEM_PROMPT, cache_dir=str(tmp_path))
    expected = cold.ask("Which pump?", sampling=GREEDY)["text"]
    (file,) = tmp_path.iterdir()
    cold.close()

    second = start(system_prompt=SYSTEM_PROMPT, cache_dir=str(tmp_path))
    steps_of_a_warm_start = second.stats()["steps"]
    warm_answer = second.ask("Which pump?", sampling=GREEDY)
    second.close()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    third = start(system_prompt=SYSTEM_PROMPT, cache_dir=str(tmp_path))
    repaired = third.ask("Which pump?", sampling=GREEDY)

    assert steps_of_a_warm_start == 0
    assert warm_answer["text"] == expected == repaired["text"]
    assert cached(warm_answer) == cached(repaired) > 50
    assert file.read_bytes() != bytes(content)


@pytest.mark.parametrize("samples", [1, 3])
def test_batch_makes_way_for_a_device_and_goes_on_afterwards(start: Any, samples: int) -> None:
    """With all slots taken by it, also by several samples; its device never knows."""
    engine = start(n_ctx=512, slots=1, lookup_tokens=0)
    sampling = {"temperature": 0.8 if samples > 1 else 0, "seed": 7, "max_tokens": 60}
    batch = {"raw": True, "priority": "batch", "samples": samples, "sampling": sampling, "logprobs": True}
    alone = engine.ask("1 2 3 4 5", **batch)

    first = engine.submit("1 2 3 4 5", **batch)
    engine.wait_for(first, "first")
    second = engine.submit("6 7 8", raw=True, priority="batch", sampling=GREEDY)
    device = engine.submit("What is the capital of France?", sampling=GREEDY)
    answered = engine.answer(device)
    still = [key for key in (first, second) if not engine.of_kind(key, "done")]
    done = [engine.answer(first), engine.answer(second)]

    assert answered["type"] == "done"
    assert still == [first, second]
    assert engine.stats()["preemptions"] == samples
    assert [one["type"] for one in done] == ["done"] * 2
    assert len(engine.of_kind(first, "started")) == len(engine.of_kind(first, "first")) == 1
    if samples == 1:  # which of three is told may change with one of them
        assert same_up_to_a_near_tie(alone, done[0])
