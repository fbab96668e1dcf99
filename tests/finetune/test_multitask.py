"""MTLoRA and MTL-LoRA against their equations: what the tasks share and what each has of its own."""

import pytest
import torch

from finetune.methods.base import layers
from tests.finetune.tiny import OWN_TASKS, attached, stir, trained


def test_mtlora_adds_a_shared_and_an_own_block():
    method, model, _ = attached("mtlora", tasks=("red", "blue"), targets=("q_proj",))
    stir(model)
    layer = next(layer for _, layer in layers(model))
    x = torch.randn(3, 64)
    own_a, own_b = layer.lora_task_A["default"], layer.lora_task_B["default"]

    for number, task in enumerate(("red", "blue")):
        method.use_task(model, task)
        update = layer.factor_b @ layer.factor_a + own_b[number] @ own_a[number]
        assert torch.allclose(layer(x), layer.base_layer(x) + 1.5 * x @ update.T, atol=1e-5)


def test_mtl_lora_mixes_its_up_projections_by_the_weights_of_the_task():
    method, model, _ = attached("mtl-lora", tasks=("red", "blue"), targets=("q_proj",))
    stir(model)
    layer = next(layer for _, layer in layers(model))
    x = torch.randn(3, 64)
    ups = [layer.factor_b, *layer.lora_more_B["default"]]

    for number, task in enumerate(("red", "blue")):
        method.use_task(model, task)
        shares = torch.softmax(layer.lora_weights["default"][number] / 0.5, 0)
        update = sum(
            p * b @ layer.lora_square["default"][number] @ layer.factor_a for p, b in zip(shares, ups, strict=True)
        )
        assert torch.allclose(layer(x), layer.base_layer(x) + 1.5 * x @ update.T, atol=1e-5)


@pytest.mark.parametrize("name", sorted(OWN_TASKS))
def test_the_tasks_of_a_multi_task_method_give_different_adapters(name):
    method, model, _ = trained(name)

    red, blue = method.fold(model, "red"), method.fold(model, "blue")

    assert all(not torch.allclose(red[key][1] @ red[key][0], blue[key][1] @ blue[key][0]) for key in red)
