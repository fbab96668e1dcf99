"""Shapes of published models, on which memory and time are measured with random weights: both depend on shapes alone.

Nothing here imports torch.
"""

from typing import Any

# hidden, intermediate, layers, heads, key-value heads, tied, rope factor (from the published config.json files).
SHAPES = {
    "llama-3.1-70b": (8192, 28672, 80, 64, 8, False, 8.0),
    "llama-3.1-8b": (4096, 14336, 32, 32, 8, False, 8.0),
    "llama-3.2-3b": (3072, 8192, 28, 24, 8, True, 32.0),
    "llama-3.2-1b": (2048, 8192, 16, 32, 8, True, 32.0),
    "tiny": (64, 176, 3, 4, 2, False, 8.0),
    "tiny-tied": (64, 176, 3, 4, 2, True, 8.0),
}
VOCABULARY, TINY_VOCABULARY = 128256, 512


def config_of(name: str) -> dict[str, Any]:
    """The contents of config.json."""
    hidden, intermediate, layers, heads, kv_heads, tied, factor = SHAPES[name]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "head_dim": hidden // heads,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "max_position_embeddings": 131072,
        "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": factor,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192,
        },
        "tie_word_embeddings": tied,
        "vocab_size": TINY_VOCABULARY if name.startswith("tiny") else VOCABULARY,
        "dtype": "bfloat16",
        "torch_dtype": "bfloat16",
        "use_cache": True,
    }
