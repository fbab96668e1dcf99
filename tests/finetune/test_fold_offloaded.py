"""A fold compares with the adapter whose layers it stands for, wherever those keep their weights."""

import torch
from accelerate import cpu_offload

from finetune.methods.fold import distance, in_place_of_adapter
from tests.finetune.tiny import make_batches, trained


def test_layers_that_get_their_weights_only_for_a_call():
    """Between two calls such a layer's parameters are on another device than its input: here on ``meta``."""
    method, model, _ = trained("lora")
    fold = method.fold(model)
    cpu_offload(model, execution_device=torch.device("cpu"))
    assert {value.device.type for value in model.parameters()} == {"meta"}

    same = distance(model, make_batches(), lambda: in_place_of_adapter(model, fold))
    twice = {name: (a, 2 * b) for name, (a, b) in fold.items()}
    other = distance(model, make_batches(), lambda: in_place_of_adapter(model, twice))

    assert same["max_logit_difference"] < 1e-5
    assert other["max_logit_difference"] > 1e-3
