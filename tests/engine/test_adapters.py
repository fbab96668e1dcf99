"""LoRA adapters: each request gets its own, whatever runs beside it."""

import random
import statistics
from itertools import combinations
from pathlib import Path

import pytest

from benchmarks.lib.bundles import random_adapter
from edge.engine.supervisor import EngineGone

pytestmark = pytest.mark.model

NAMES = ["one", "two", "three", "four"]
PROMPTS = ["What is a pump?", "Name a colour.", "Count to five.", "Why is the sky blue?"]

# A greedy answer may leave the one it has alone only where two tokens are this close, in nats: prompts computed
# together go through another attention kernel (docs/decisions/0014-batch-equality.md; measured: up to 0.22).
NEAR_TIE_NATS = 0.3
# So strong that they say different things on every processor: at 1 they moved a log-probability by 0.01.
SCALE = 50.0


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory, smollm2: Path) -> list[dict]:
    folder = tmp_path_factory.mktemp("adapters")
    (folder / "model").symlink_to(smollm2)
    return [
        {"name": name, "path": str(random_adapter(smollm2, folder / f"{name}.gguf", seed=seed)), "scale": SCALE}
        for seed, name in enumerate(NAMES)
    ]


@pytest.fixture
def engine(start, adapters):
    return start(adapters=adapters, slots=8, n_ctx=2048)


def ask(engine, prompt: str, adapter: str | None, tokens: int = 12, *, raw: bool = False) -> int:
    sampling = {"max_tokens": tokens, "temperature": 0}
    return engine.submit(prompt, adapter=adapter, logprobs=True, raw=raw, sampling=sampling)


def same_answer(alone: dict, beside: dict) -> bool:
    """Equal token for token, up to the first near-tie."""
    for one, other in zip(alone["logprobs"], beside["logprobs"], strict=False):
        if one["token"] != other["token"]:
            return abs(one["logprob"] - other["logprob"]) < NEAR_TIE_NATS
        assert abs(one["logprob"] - other["logprob"]) < NEAR_TIE_NATS
    return True


def test_every_request_gets_its_own_adapter_beside_all_others(engine):
    cases = [(prompt, adapter) for prompt in PROMPTS for adapter in [None, *NAMES]]
    alone = {case: engine.answer(ask(engine, *case)) for case in cases}
    random.Random(1).shuffle(cases)

    keys = {case: ask(engine, *case) for case in cases}
    beside = {case: engine.answer(key) for case, key in keys.items()}

    assert all(beside[case]["adapter"] == case[1] for case in cases)
    wrong = [case for case in cases if not same_answer(alone[case], beside[case])]
    assert not wrong
    for one, other in combinations([None, *NAMES], 2):
        differ = [prompt for prompt in PROMPTS if alone[prompt, one]["text"] != alone[prompt, other]["text"]]
        assert len(differ) >= 2, f"{one} and {other} could not be told apart"


def test_a_thousand_switches_neither_mix_adapters_nor_grow(engine):
    """Short answers under five adapters, all slots busy all the time."""
    cases = [("The pump", adapter) for adapter in [None, *NAMES]]
    alone = {case: engine.answer(ask(engine, *case, tokens=2, raw=True)) for case in cases}
    # The kernel gives a page of the KV cache when it is first written: write all of them before counting.
    engine.answer(ask(engine, "pump " * 1850, None, tokens=1, raw=True))
    draw = random.Random(2)
    resident: list[int] = []

    while engine.stats()["adapter_switches"] < 1000:
        asked = [(case, ask(engine, *case, tokens=2, raw=True)) for case in draw.choices(cases, k=8)]
        for case, key in asked:
            assert same_answer(alone[case], engine.answer(key)), case
        resident.append(engine.stats()["rss_bytes"])

    # Working memory comes and goes by up to 15 MiB between two looks, with what is in flight; the medians of the
    # halves lie within 2 MiB of each other, and 8 KiB lost a switch would move them by 4.
    half = len(resident) // 2
    assert statistics.median(resident[half:]) - statistics.median(resident[:half]) < 4 * 2**20


def test_an_unknown_adapter_is_refused_with_the_known_ones(engine):
    error = engine.answer(ask(engine, "hello", "five"))

    assert error["code"] == "unknown_adapter"
    assert "one, two, three, four" in error["reason"]


def test_a_cancelled_request_of_another_adapter_disturbs_nobody(engine):
    alone = engine.answer(ask(engine, PROMPTS[1], "two"))

    victim = ask(engine, "Tell a long story.", "three", tokens=200)
    keeper = ask(engine, PROMPTS[1], "two")
    engine.wait_for(victim, "first")
    engine.process.send({"op": "cancel", "key": victim})

    assert engine.answer(victim)["code"] == "cancelled"
    assert same_answer(alone, engine.answer(keeper))


def test_the_canary_of_the_manifest_is_measured_at_every_load(start, adapters):
    """What the maker recorded lets the engine start; anything else keeps it from answering wrongly."""
    recorded = _measure(adapters[0])
    text = "The pump says"

    right = start(adapters=[adapters[0] | {"canary": {"text": text, "kl": recorded}}])
    wrong = start(adapters=[adapters[0] | {"canary": {"text": text, "kl": recorded + 1.0}}])

    assert right.ready["ev"] == "ready"
    assert wrong.ready["ev"] == "failed"
    assert "canary" in wrong.ready["reason"]
    assert "'one'" in wrong.ready["reason"]


def _measure(adapter: dict) -> float:
    """In a process of its own, like everything that touches llama.cpp."""
    import subprocess
    import sys

    model = Path(adapter["path"]).parent / "model"
    code = (
        "import sys\n"
        "from edge.engine.canary import divergence\n"
        "from edge.engine.model import Model\n"
        "from edge.engine.options import AdapterFile, LoadOptions\n"
        "model = Model(LoadOptions(sys.argv[1], [AdapterFile('a', sys.argv[2], float(sys.argv[3]))], n_ctx=512))\n"
        "print(divergence(model, 'a', 'The pump says'))\n"
    )
    arguments = [str(model.resolve()), adapter["path"], str(adapter["scale"])]
    result = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return float(result.stdout)


def test_an_adapter_of_zeros_is_refused(start, smollm2, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.lib.bundles.B_DEVIATION", 0.0)
    zero = random_adapter(smollm2, tmp_path / "zero.gguf", seed=0)

    engine = start(adapters=[{"name": "zero", "path": str(zero), "scale": 1.0}])

    assert engine.ready["ev"] == "failed"
    assert "changes nothing" in engine.ready["reason"]


def test_an_adapter_file_that_is_none_is_told(start, tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"not a GGUF at all")

    try:
        engine = start(adapters=[{"name": "bad", "path": str(tmp_path / "bad.gguf"), "scale": 1.0}])
    except EngineGone:
        pytest.fail("the engine should say why before it ends")

    assert engine.ready["ev"] == "failed"
    assert "bad.gguf" in engine.ready["reason"]
