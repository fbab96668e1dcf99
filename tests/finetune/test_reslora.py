"""ResLoRA against its equations, its approximate fold, and its gradients under checkpointing."""

import pytest
import torch

from finetune.methods import fold as folding
from finetune.methods.base import layers
from tests.finetune.tiny import attached, make_batches, stir, tiny_llama


@pytest.mark.parametrize("variant", ["input", "middle"])
def test_an_approximate_fold_reports_its_kl_and_beats_leaving_the_shortcut_out(variant):
    """The ratio c is measured on data; (1 + c) BA stands in for B A (x + x')."""
    method, model, _ = attached("reslora", variant=variant)
    stir(model, std=0.03)
    batches = make_batches(count=4)
    true = folding.logits(model, batches)
    method.calibrate(model, batches)
    plain = tiny_llama()

    folding.merge(plain, method.updates(model))
    kl = folding.mean_kl(true, folding.logits(plain, batches))

    assert 0 < kl < folding.mean_kl(true, folding.logits(tiny_llama(), batches))
    first, *rest = [layer.ratio for name, layer in layers(model) if name.endswith("q_proj")]
    assert first == (1 if variant == "input" else 0)
    assert all(ratio > 0 for ratio in rest)


def test_the_ratio_of_reslora_is_that_of_the_frobenius_norms():
    method, model, _ = attached("reslora", variant="input", targets=("q_proj",))
    (batch,) = make_batches(count=1)
    seen = []
    for _, layer in layers(model):
        layer.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].detach()))

    method.calibrate(model, [batch])

    second = [layer for _, layer in layers(model)][1]
    assert second.ratio == pytest.approx(float(seen[0].norm() / seen[1].norm()), rel=1e-5)


@pytest.mark.parametrize("variant", ["input", "block", "middle"])
def test_reslora_follows_its_equations(variant):
    _, model, _ = attached("reslora", variant=variant, targets=("q_proj",))
    stir(model)
    first, second = (layer for _, layer in layers(model))
    x1, x2 = torch.randn(3, 64), torch.randn(3, 64)
    a1, b1, a2, b2 = first.factor_a, first.factor_b, second.factor_a, second.factor_b
    w2 = second.base_layer.weight

    before = first(x1)
    result = second(x2)

    expected = {
        "input": (x2 + x1) @ a2.T @ b2.T,
        "block": x2 @ (b2 @ a2 + b1 @ a1).T,
        "middle": (x2 @ a2.T + x1 @ a1.T) @ b2.T,
    }[variant]
    assert torch.allclose(result, x2 @ w2.T + 1.5 * expected, atol=1e-5)
    twice = 2 if variant == "input" else 1  # the first block takes its own input for the one before
    assert torch.allclose(before, x1 @ first.base_layer.weight.T + 1.5 * twice * x1 @ a1.T @ b1.T, atol=1e-5)


@pytest.mark.parametrize("variant", ["input", "block", "middle"])
def test_reslora_has_the_same_gradients_with_and_without_checkpointing(variant):
    """The shortcut reaches into another checkpointed layer; the recomputation must find it there."""
    (batch,) = make_batches(count=1)

    def gradients(*, checkpointing):
        _, model, _ = attached("reslora", variant=variant, model=tiny_llama(layers=3))
        stir(model)
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
            model.enable_input_require_grads()
        model.train()
        model(**batch, labels=batch["input_ids"], use_cache=False).loss.backward()
        return {name: value.grad for name, value in model.named_parameters() if value.grad is not None}

    plain, recomputed = gradients(checkpointing=False), gradients(checkpointing=True)

    assert plain.keys() == recomputed.keys()
    assert all(torch.allclose(plain[name], recomputed[name], atol=1e-6) for name in plain)
    assert all(float(value.abs().max()) > 0 for value in plain.values())
