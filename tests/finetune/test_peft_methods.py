"""What is said of PEFT's own methods: AdaLoRA's budget, rsLoRA's scale, the rates of LoRA+ and LoRA-FA."""

import pytest
import torch

from finetune.methods import fold as folding
from finetune.methods.adalora import total_rank
from finetune.methods.base import layers
from tests.finetune.tiny import attached, make_batches, stir


def test_adalora_spends_its_budget_because_after_step_is_called():
    """No trainer calls update_and_allocate. The total rank falls from 1.5 r to r a module; the fold shrinks."""
    method, model, settings = attached("adalora", rank=4, total_steps=30, targets=("q_proj", "v_proj"))
    (batch,) = make_batches(count=1)
    optimizer = method.optimizer(model, settings, 0.01, 0.0)
    ranks = []
    for step in range(30):
        loss = model(**batch, labels=batch["input_ids"]).loss
        loss.backward()
        optimizer.step()
        method.after_step(model, step)
        optimizer.zero_grad()
        ranks.append(total_rank(model))

    assert max(ranks) == 6 * 4
    assert ranks[-1] == 4 * 4
    assert sum(a.shape[0] for a, _ in method.fold(model).values()) == 16
    assert len({a.shape[0] for a, _ in folding.same_rank(method.fold(model)).values()}) == 1


def test_the_penalty_of_adalora_is_the_one_peft_adds_to_its_loss():
    method, model, _ = attached("adalora", targets=("q_proj",))
    (batch,) = make_batches(count=1)
    model.eval()

    with_penalty = model.base_model(**batch, labels=batch["input_ids"]).loss
    without = model.base_model.model(**batch, labels=batch["input_ids"]).loss

    assert float(method.penalty(model)) == pytest.approx(float(with_penalty - without), rel=1e-3)


def test_rslora_scales_by_the_root_of_the_rank():
    method, model, _ = attached("rslora", rank=16, alpha=8.0, targets=("q_proj",))
    stir(model)
    name, layer = next(layers(model))

    a, b = method.fold(model)[name]

    assert torch.allclose(b @ a, 8.0 / 4.0 * layer.lora_B["default"].weight @ layer.lora_A["default"].weight)


def test_lora_plus_steps_b_faster_and_lora_fa_keeps_a():
    method, model, settings = attached("lora-plus", lr_ratio=8.0)
    rates = {group["lr"] for group in method.optimizer(model, settings, 1e-3, 0.0).param_groups if group["params"]}
    assert rates == {1e-3, 8e-3}

    method, model, settings = attached("lora-fa")
    method.optimizer(model, settings, 1e-3, 0.0)
    assert all("lora_B" in name for name, value in model.named_parameters() if value.requires_grad)
