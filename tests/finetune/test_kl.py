"""Replayed samples hold the model to its base: the KL term, its gradients, its place in data, packing and runs."""

import json

import pytest
import torch

from edgegen.errors import ConfigError
from finetune import kl as kl_module
from finetune.backends.peft_backend import collate
from finetune.data import load_dataset
from finetune.kl import held_out_kl, summed_kl
from finetune.methods.base import ADAPTER, layers, switched_off
from finetune.methods.registry import METHODS
from finetune.packing import Plan, epoch_batches
from finetune.run import start
from finetune.sample_store import Samples
from finetune.tokens import Sample
from tests.finetune.test_data import recipe_for
from tests.finetune.tiny import TARGETS, attached, stir, sums, tiny_llama, tiny_tokenizer, write_jsonl

SWITCHING = [m.name for m in METHODS if m.switches_off and m.name != "qlora"]
TASKS = {"tasks": ("red", "blue")}


def held(*sizes, seed=3):
    generator = torch.Generator().manual_seed(seed)
    tokens = [tuple(torch.randint(0, 97, (n,), generator=generator).tolist()) for n in sizes]
    return [Sample(t, (False,) * len(t), "", kl=True) for t in tokens]


def batch_of(*rows):
    return collate(Plan(tuple(rows), ""), 0, torch.device("cpu"))


def explicit_kl(model, base, samples):
    """KL(base || adapted) from whole logits, sample by sample."""
    total = 0.0
    for sample in samples:
        ids = torch.tensor([sample.tokens])
        with torch.no_grad():
            p = base(input_ids=ids).logits[0, :-1].log_softmax(-1)
        q = model(input_ids=ids).logits[0, :-1].log_softmax(-1)
        total = total + (p.exp() * (p - q)).sum()
    return total


@pytest.mark.parametrize("name", SWITCHING)
def test_the_kl_is_zero_before_the_first_step_and_not_after(name):
    """For IR-QLoRA the base is the one it quantised."""
    method, model, settings = attached(name, **(TASKS if name in ("mtlora", "mtl-lora") else {}))
    if name == "eva":
        from tests.finetune.tiny import make_batches

        method.prepare(model, make_batches())
    method.optimizer(model, settings, 1e-3, 0.0)
    first, second, third = held(9, 5, 14)
    batch = batch_of((first, second), (third,))

    before = float(summed_kl(model, method, batch))
    stir(model)
    after = float(summed_kl(model, method, batch))

    started = {"adalora": 1.0, "lora-xs": 1e-3, "olora": 1e-3, "pissa": 1e-3}.get(name, 1e-6)
    assert abs(before) < started
    assert after > 10 * abs(before)
    assert after > 1e-3


@pytest.mark.parametrize("name", ["lora", "pissa", "lora-fa", "lora-xs", "dora"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_its_value_and_gradients_are_those_of_whole_logits(name, checkpointing, monkeypatch):
    """Packed, padded, in tiles of 7 positions, recomputed, with an adapted head: the gradients are the same."""
    targets = TARGETS if name == "pissa" else (*TARGETS, "lm_head")
    monkeypatch.setattr(kl_module, "TILE_BYTES", 7 * 4 * 97)
    samples = held(9, 5, 14)
    results = []
    for tiled in (True, False):
        base = tiny_llama()
        method, model, settings = attached(name, model=tiny_llama(), targets=targets)
        method.optimizer(model, settings, 1e-3, 0.0)
        stir(model)
        model.train()
        if checkpointing:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
            model.enable_input_require_grads()
        frozen = {n for n, v in model.named_parameters() if not v.requires_grad}
        value = (
            summed_kl(model, method, batch_of((samples[0], samples[1]), (samples[2],)))
            if tiled
            else explicit_kl(model, base, samples)
        )
        value.backward()
        assert frozen == {n for n, v in model.named_parameters() if not v.requires_grad}
        results.append((float(value), {n: v.grad for n, v in model.named_parameters() if v.grad is not None}))

    (ours, mine), (theirs, explicit) = results
    assert ours == pytest.approx(theirs, rel=1e-4)
    assert mine.keys() == explicit.keys()
    assert name == "pissa" or any("lm_head" in n for n in mine)
    for n, gradient in explicit.items():
        torch.testing.assert_close(mine[n], gradient, rtol=1e-3, atol=1e-5)


def test_never_more_than_a_tile_of_logits_is_made(monkeypatch):
    monkeypatch.setattr(kl_module, "TILE_BYTES", 10 * 4 * 97)
    method, model, _ = attached("lora")
    seen = []
    model.get_base_model().lm_head.register_forward_hook(lambda _m, _i, output: seen.append(output.shape[0]))

    summed_kl(model, method, batch_of(*((sample,) for sample in held(30, 25)))).backward()

    assert max(seen) == 10
    assert sum(seen) == 2 * (29 + 24) + 2 * (29 + 24)  # base and adapted, forward and made again backward


def test_switching_off_leaves_frozen_factors_frozen():
    method, model, settings = attached("lora-fa")
    method.optimizer(model, settings, 1e-3, 0.0)
    before = {n: v.requires_grad for n, v in model.named_parameters()}

    with switched_off(model):
        assert all(layer.disable_adapters for _, layer in layers(model))

    assert {n: v.requires_grad for n, v in model.named_parameters()} == before
    assert not any(layer.lora_A[ADAPTER].weight.requires_grad for _, layer in layers(model))


def test_the_held_out_kl_is_the_mean_over_tokens():
    method, model, _ = attached("lora")
    stir(model)
    samples = held(9, 5)
    plans = [Plan(((samples[0], samples[1]),), "")]

    assert held_out_kl(model, method, plans, 0) == pytest.approx(
        float(explicit_kl(model, tiny_llama(), samples)) / (8 + 4), rel=1e-4
    )


def test_rows_are_learned_or_held_never_both():
    samples = Samples([Sample((n,) * 9, (True,) * 9, "") for n in range(20)] + held(*[7] * 10))

    plans = epoch_batches(samples, batch=3, max_tokens=30, packing=True, seed=1, epoch=0)

    assert all(len({s.kl for s in row}) == 1 for plan in plans for row in plan.rows)
    assert sum(plan.targets for plan in plans) == 20 * 8
    assert sum(plan.kl_tokens for plan in plans) == 10 * 6
    parts = [plan.part(kl=kl) for plan in plans for kl in (True, False)]
    assert sum(len(part.rows) for part in parts if part) == sum(len(plan.rows) for plan in plans)


def replaying(tmp_path, *overrides, count=200):
    write_jsonl(tmp_path / "train.jsonl", sums(40))
    write_jsonl(
        tmp_path / "replay.jsonl",
        [{"text": f"The {n}th day was warm."} for n in range(count // 2)]
        + [{"prompt": f"{n}: ", "completion": "yes"} for n in range(count // 2)],
    )
    return recipe_for(
        tmp_path, f"data.replay={tmp_path / 'replay.jsonl'}", "data.replay_share=0.5", "data.replay_loss=kl",
        "data.validation_share=0.1", "data.max_tokens=64", "base.load=float32", *overrides,
    )  # fmt: skip


def test_replay_may_be_plain_text_of_which_nothing_is_learned_but_all_counts(tmp_path):
    dataset = load_dataset(replaying(tmp_path), tiny_tokenizer())

    replayed = [s for s in dataset.train if s.kl]
    texts = [s for s in replayed if len(s.tokens) > 15]
    assert len(replayed) == dataset.replayed == len(dataset.train) - dataset.replayed
    assert texts
    assert not any(any(s.learned) for s in replayed)
    assert 5 < len(dataset.replay_validation) < 40
    assert not {s.tokens for s in dataset.replay_validation} & {s.tokens for s in replayed}
    learned = load_dataset(replaying(tmp_path, "data.replay_loss=answer"), tiny_tokenizer())
    assert not learned.replay_validation
    assert all(all(s.learned) for s in learned.train if s.tokens in {t.tokens for t in texts})


def test_a_run_logs_the_kl_apart_and_chooses_by_both(tmp_path):
    """A rate that learns the sums and tears the rest: with a heavy weight an early step is the best."""
    options = ("method.rank=4", "train.steps=12", "run.evaluate_every=2", "train.batch=4", "train.accumulate=1",
               "train.lr=0.02", "run.patience=100", "data.packing=false")  # fmt: skip

    start(replaying(tmp_path, *options, "data.replay_kl_weight=100.0"))

    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    measured = [row for row in rows if "held_out_loss" in row]
    assert measured[0]["held_out_kl"] == pytest.approx(0, abs=1e-6)
    assert any(row.get("kl", 0) > 0 for row in rows if "loss" in row)
    best = min(measured, key=lambda row: row["held_out_loss"] + 100 * row["held_out_kl"])
    facts = json.loads((tmp_path / "run/run.json").read_text())
    assert facts["best"] == best


def test_a_heavier_weight_stays_closer_to_the_base(tmp_path):
    ends = {}
    for weight in (0.0, 20.0):
        options = ("method.rank=4", "train.steps=30", "run.evaluate_every=30", "train.batch=4", "train.accumulate=2",
                   "train.lr=0.01", f"data.replay_kl_weight={weight}")  # fmt: skip
        start(replaying(tmp_path, *options, f"run.folder={tmp_path / str(weight)}"))
        rows = [json.loads(line) for line in (tmp_path / str(weight) / "metrics.jsonl").read_text().splitlines()]
        ends[weight] = [row for row in rows if "held_out_loss" in row]

    assert ends[20.0][-1]["held_out_kl"] < ends[0.0][-1]["held_out_kl"] / 2
    assert ends[20.0][-1]["held_out_loss"] < ends[20.0][0]["held_out_loss"]


def test_a_method_without_its_base_is_refused_with_those_that_can(tmp_path):
    with pytest.raises(
        ConfigError, match=r"the base of loftq is not the one it began with. These can: lora, "
    ) as caught:
        replaying(tmp_path, "method.name=loftq")

    assert "loftq" not in str(caught.value).partition("These can")[2]
