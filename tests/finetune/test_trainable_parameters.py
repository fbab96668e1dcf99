"""The numbers of trainable parameters in the papers, on the exact shapes without weights."""

import pytest
import torch

from tests.finetune.tiny import TARGETS, attached

LLAMA = {"num_attention_heads": 32, "num_key_value_heads": 8, "hidden_size": 2048, "intermediate_size": 8192}
SHAPES = {
    "llama-3.1-8b": ({**LLAMA, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32}, 128256),
    "llama-3.2-1b": ({**LLAMA, "num_hidden_layers": 16}, 128256),
    "llama-3.2-3b": (
        {**LLAMA, "hidden_size": 3072, "num_attention_heads": 24, "num_hidden_layers": 28, "head_dim": 128}, 128256,
    ),
    "smollm2-360m": (
        {"hidden_size": 960, "intermediate_size": 2560, "num_hidden_layers": 32, "num_attention_heads": 15,
         "num_key_value_heads": 5}, 49152,
    ),
    "smollm2-1.7b": ({**LLAMA, "num_key_value_heads": 32, "num_hidden_layers": 24}, 49152),
}  # fmt: skip


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("llama-3.1-8b", False, 41_943_040),
        ("smollm2-360m", True, 9_485_312),
        ("smollm2-1.7b", True, 18_907_136),
        ("llama-3.2-1b", True, 13_357_056),
        ("llama-3.2-3b", True, 26_415_104),
    ],
)
def test_the_number_of_trainable_parameters_is_the_papers(base, head, expected):
    """Rank 16 on the seven linear kinds, and lm_head for the e-commerce paper's Table 1; shapes without weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    shape, vocabulary = SHAPES[base]
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, **shape))
        _, model, _ = attached("lora", model=model, rank=16, targets=(*TARGETS, "lm_head") if head else TARGETS)

    assert sum(value.numel() for value in model.parameters() if value.requires_grad) == expected
