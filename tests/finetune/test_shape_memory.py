"""Every method trains on a shape with random weights, in 16 bits and under all memory levers, as it would on a GPU."""

import pytest
import torch
from torch import nn

from finetune.compare import Memory
from finetune.methods.registry import METHODS
from finetune.presets import recipe_text
from finetune.random_shapes import config_of
from finetune.recipe import load_recipe
from finetune.shape_memory import measure, random_model


def recipe_of(tmp_path, *changes):
    (tmp_path / "recipe.toml").write_text(recipe_text("llama-3.1-8b"))
    given = ["base.model=none", "data.train=none", "run.folder=none", "data.max_tokens=16", "method.rank=4"]
    return load_recipe(tmp_path / "recipe.toml", [*given, *changes], check_files=False)


@pytest.mark.parametrize("name", [method.name for method in METHODS])
def test_every_method_takes_steps(name, tmp_path):
    load = "nf4" if name == "qlora" else "bfloat16"
    recipe = recipe_of(tmp_path, f"method.name={name}", f"base.load={load}", "train.memory=minimal")

    found = measure(recipe, Memory("tiny", tokens=16, batch=1, steps=1))

    assert found["step_s"] > 0
    assert found["trainable_parameters"] == {"lora": 14_016, "lora-xs": 336}.get(name, found["trainable_parameters"])


@pytest.mark.parametrize("load", ["float32", "nf4"])
def test_a_random_model_has_the_spread_of_a_trained_one_and_is_the_same_each_time(load):
    from transformers import LlamaConfig

    config = LlamaConfig(**config_of("tiny-tied"))
    one, two = (random_model(config, load, torch.device("cpu")) for _ in range(2))

    weight, same = (model.get_submodule("model.layers.2.mlp.gate_proj").weight for model in (one, two))
    assert torch.equal(weight, same)
    assert one.get_output_embeddings().weight is one.get_input_embeddings().weight
    assert (getattr(weight, "quant_state", None) is not None) == (load == "nf4")
    assert not any(value.requires_grad for value in one.parameters())
    logits = one(input_ids=torch.arange(20)[None]).logits
    assert torch.isfinite(logits).all()
    assert 0.1 < float(nn.functional.cross_entropy(logits[0, :-1].float(), torch.arange(1, 20))) < 50
