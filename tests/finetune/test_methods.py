"""Every method: its fold against its forward pass, that it trains, and what the registry says of it."""

import json

import pytest
import torch

from finetune.errors import TrainingError
from finetune.methods import fold as folding
from finetune.methods.registry import BY_NAME, METHODS
from tests.finetune.tiny import OWN_TASKS, attached, base_of, in_four_bits, make_batches, tiny_llama, trained

FOLDING = [m.name for m in METHODS if m.export == "exact"]


@pytest.mark.parametrize("name", FOLDING)
def test_an_exact_fold_gives_the_logits_of_the_unfolded_model(name, batches):
    """Within 1e-4 in float32, on the original base, or on the changed one where the registry says so."""
    task = "blue" if name in OWN_TASKS else None
    method, model, _ = trained(name, task=task)
    plain = base_of(model) if BY_NAME[name].changes_base else tiny_llama()
    before = folding.logits(plain, batches)

    folding.merge(plain, method.updates(model, task))
    after = folding.logits(plain, batches)
    true = folding.logits(model, batches)

    assert max(float((one - two).abs().max()) for one, two in zip(true, after, strict=True)) < 1e-4
    assert max(float((one - two).abs().max()) for one, two in zip(true, before, strict=True)) > 0.01


@pytest.mark.parametrize("name", [m.name for m in METHODS if m.base != "float"])
def test_a_method_runs_and_folds_on_a_four_bit_base(name, batches):
    """Adopted layers keep what PEFT's Linear4bit does; the fold goes onto the dequantised base."""
    pytest.importorskip("bitsandbytes")
    task = "blue" if name in OWN_TASKS else None
    method, model, _ = trained(name, task=task, model=in_four_bits(tiny_llama()))
    plain = base_of(model)

    folding.merge(plain, method.updates(model, task))

    for one, two in zip(folding.logits(model, batches), folding.logits(plain, batches), strict=True):
        assert torch.allclose(one, two, atol=2e-3)


@pytest.mark.parametrize("name", ["dora", "hira"])
def test_a_merge_only_method_merges_exactly_and_its_cut_reports_a_kl(name, batches):
    method, model, _ = trained(name)
    true = folding.logits(model, batches)
    updates = method.updates(model)
    merged, cut, full = tiny_llama(), tiny_llama(), tiny_llama()

    folding.merge(merged, updates)
    folding.merge(cut, {n: b @ a for n, (a, b) in folding.lossy(updates, 4).items()})
    folding.merge(full, {n: b @ a for n, (a, b) in folding.lossy(updates, 64).items()})

    assert max(float((o - t).abs().max()) for o, t in zip(true, folding.logits(merged, batches), strict=True)) < 1e-4
    assert folding.mean_kl(true, folding.logits(cut, batches)) > 1e-5
    assert folding.mean_kl(true, folding.logits(full, batches)) < 1e-6
    with pytest.raises(NotImplementedError):
        method.fold(model)


@pytest.mark.parametrize("name", [m.name for m in METHODS])
def test_a_method_trains_and_lowers_the_loss(name):
    """Thirty steps on one small batch; also: only the adapter is trainable, and the base stays as it was."""
    method, model, settings = attached(name, tasks=OWN_TASKS.get(name, ()), total_steps=30)
    (batch,) = make_batches(count=1)
    method.prepare(model, [batch])
    optimizer = method.optimizer(model, settings, 0.05, 0.0)
    frozen = {n: p.detach().clone() for n, p in model.named_parameters() if not p.requires_grad}
    losses = []
    for step in range(30):
        method.before_step(model, step)
        method.use_task(model, "red") if name in OWN_TASKS else None
        loss = model(**batch, labels=batch["input_ids"]).loss
        loss.backward()
        optimizer.step()
        method.after_step(model, step)
        optimizer.zero_grad()
        losses.append(loss.item())

    assert losses[-1] < losses[0] - 0.2, losses
    assert all(torch.equal(p, frozen[n]) for n, p in model.named_parameters() if n in frozen and "ranknum" not in n)


@pytest.mark.parametrize("name", ["lora", "rslora", "olora", "pissa", "adalora", "miss", "lora-plus", "lora-fa"])
def test_a_fresh_adapter_changes_nothing(name, batches):
    _, model, _ = attached(name)

    for one, two in zip(folding.logits(model, batches), folding.logits(tiny_llama(), batches), strict=True):
        assert torch.allclose(one, two, atol=1e-4)


def test_a_saved_fold_is_an_ordinary_peft_adapter(tmp_path, batches):
    """Plain LoRA with alpha equal to r, readable by PEFT, with the logits of the model that was trained."""
    from peft import PeftModel

    method, model, _ = trained("rslora")

    folding.save(method.fold(model), tmp_path, base="tiny")
    loaded = PeftModel.from_pretrained(tiny_llama(), tmp_path)

    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["r"] == config["lora_alpha"]
    assert not config["use_rslora"]
    for one, two in zip(folding.logits(model, batches), folding.logits(loaded, batches), strict=True):
        assert torch.allclose(one, two, atol=1e-4)


def test_the_registry_loads_every_method_and_says_the_same_as_issue_five():
    names = "lora qlora rslora dora adalora hira olora pissa loftq eva miss lora-plus lora-fa ir-qlora qdylora reslora"

    assert [m.name for m in METHODS] == [*names.split(), "mtlora", "mtl-lora", "lora-xs"]
    for method in METHODS:
        assert method.load()
        assert method.paper
        assert method.note


@pytest.mark.parametrize("name", ["pissa", "olora", "loftq"])
def test_a_method_that_changes_weights_does_not_touch_a_head_shared_with_the_embedding(name):
    with pytest.raises(TrainingError, match="lm_head shares its weights with the embedding"):
        attached(name, targets=("q_proj", "lm_head"))
