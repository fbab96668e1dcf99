"""The methods that begin with singular vectors or directions of the data: LoRA-XS, LoftQ, EVA."""

import pytest
import torch

from finetune.errors import TrainingError
from finetune.methods.base import base_weight, layers
from finetune.methods.nf4 import dequantise, quantise
from tests.finetune.tiny import attached, make_batches, tiny_llama


def test_lora_xs_trains_r_squared_numbers_between_the_singular_vectors():
    method, model, settings = attached("lora-xs", targets=("q_proj",))
    method.optimizer(model, settings, 1e-3, 0.0)
    trainable = [value for value in model.parameters() if value.requires_grad]
    layer = next(layer for _, layer in layers(model))
    u, s, vt = torch.linalg.svd(layer.base_layer.weight)
    a, b = layer.factor_a, layer.factor_b
    r = torch.randn(4, 4)
    layer.lora_R["default"].data.copy_(r)
    x = torch.randn(3, 64)

    change = layer(x) - layer.base_layer(x)

    assert [tuple(value.shape) for value in trainable] == [(4, 4), (4, 4)]
    assert torch.allclose(change, 1.5 * x @ (b @ r @ a).T, atol=1e-4)
    # B = U_r and A = S_r V_r^T, but for the signs, which only their product fixes.
    assert torch.allclose(b.T @ b, torch.eye(4), atol=1e-4)
    assert torch.allclose(a @ a.T, torch.diag(s[:4] ** 2), atol=1e-3)
    assert torch.allclose(b @ a, u[:, :4] @ torch.diag(s[:4]) @ vt[:4], atol=1e-4)


def test_loftq_starts_closer_to_the_weight_than_nf4_alone():
    _, model, _ = attached("loftq", targets=("q_proj", "down_proj"))
    original = {name: m.weight for name, m in tiny_llama().named_modules() if hasattr(m, "weight")}

    for name, layer in layers(model):
        started = base_weight(layer) + 1.5 * layer.lora_B["default"].weight @ layer.lora_A["default"].weight
        alone = dequantise(quantise(original[name]), tuple(original[name].shape))
        assert (started - original[name]).norm() < 0.95 * (alone - original[name]).norm()


@pytest.mark.parametrize("name", ["lora-xs", "loftq"])
def test_a_base_with_too_few_singular_vectors_is_told(name):
    with pytest.raises(TrainingError, match=r"k_proj has only 32 singular vectors. Write method.rank = 32 or less"):
        attached(name, rank=48, targets=("k_proj",))
    attached(name, rank=32, targets=("k_proj",))


def test_eva_moves_rank_and_keeps_the_scale_right():
    method, model, _ = attached("eva")
    method.prepare(model, make_batches(count=6, rows=4))

    ranks = [layer.r["default"] for _, layer in layers(model)]

    assert len(set(ranks)) > 1
    gram = next(layer for _, layer in layers(model) if layer.r["default"] > 1).lora_A["default"].weight
    assert torch.allclose(gram @ gram.T, torch.eye(len(gram)), atol=1e-4)


def test_eva_says_when_no_batch_is_long_enough_for_its_rank():
    """PEFT would go round the same batches forever, waiting for a longer one."""
    method, model, _ = attached("eva", rank=16)

    with pytest.raises(TrainingError, match=r"eva looks for 32 directions in a batch.*24 tokens.*train.batch"):
        method.prepare(model, make_batches())

    with pytest.raises(TrainingError, match=r"a target has 64 inputs. Write method.rank = 32 or less"):
        attached("eva", rank=40)
