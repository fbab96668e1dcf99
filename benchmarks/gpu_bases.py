# ruff: noqa: PLC0415 (heavy imports, once they are needed)
"""Random bases of the exact shapes of Llama 3.1 and 3.2, made in NF4 on the GPU, matrix by matrix.

Memory and time of a training depend on shapes, not on values. A folder made here loads like any NF4 checkpoint; the 70B
is never written but built straight into host memory, one matrix on the GPU at a time.
"""

import argparse
import json
import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from finetune.random_shapes import config_of

# Short names for the command line.
SHAPES = {
    "70b": "llama-3.1-70b", "8b": "llama-3.1-8b", "3b": "llama-3.2-3b", "1b": "llama-3.2-1b",
    "tiny": "tiny", "tiny-tied": "tiny-tied",
}  # fmt: skip


class RandomWeights:
    """Tensors drawn when they are asked for, with the spread of a trained model's."""

    def __init__(self, name: str, device: torch.device, seed: int = 0) -> None:
        self.config = config_of(SHAPES[name])
        self.device = device
        self.generator = torch.Generator(device).manual_seed(seed)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor by its name in the checkpoint."""
        c = self.config
        hidden, inter = c["hidden_size"], c["intermediate_size"]
        kv = c["num_key_value_heads"] * c["head_dim"]
        if name.endswith("norm.weight"):
            return (hidden,)
        kinds = {
            "q_proj": (hidden, hidden), "k_proj": (kv, hidden), "v_proj": (kv, hidden), "o_proj": (hidden, hidden),
            "gate_proj": (inter, hidden), "up_proj": (inter, hidden), "down_proj": (hidden, inter),
            "embed_tokens": (c["vocab_size"], hidden), "lm_head": (c["vocab_size"], hidden),
        }  # fmt: skip
        return kinds[name.split(".")[-2]]

    def tensor(self, name: str) -> Tensor:
        """Normal numbers; ones for the norms."""
        shape = self.shape(name)
        if len(shape) == 1:
            return torch.ones(shape, dtype=torch.bfloat16)
        drawn = torch.empty(shape, dtype=torch.bfloat16, device=self.device)
        drawn.normal_(0, 0.6 / math.sqrt(shape[1]), generator=self.generator)
        return drawn.cpu() if "embed_tokens" in name or "lm_head" in name else drawn

    def quantised(self, name: str) -> Mapping[str, Tensor] | None:
        """Nothing is quantised yet."""
        del name

    def names(self) -> list[str]:
        """All tensors of the checkpoint, in its order."""
        inner = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj",
                 "mlp.up_proj", "mlp.down_proj", "input_layernorm", "post_attention_layernorm"]  # fmt: skip
        layers = range(self.config["num_hidden_layers"])
        names = ["model.embed_tokens.weight", "model.norm.weight"]
        names += [f"model.layers.{layer}.{part}.weight" for layer in layers for part in inner]
        return names if self.config["tie_word_embeddings"] else [*names, "lm_head.weight"]


def write(name: str, folder: Path, device: torch.device, *, nf4: bool = True) -> Path:
    """A checkpoint folder in NF4 with double quantisation, or in 16 bits."""
    from bitsandbytes.functional import quantize_4bit
    from safetensors.torch import save_file

    from tests.finetune.tiny import tiny_tokenizer

    if (folder / "config.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    weights = RandomWeights(name, device)
    tensors: dict[str, Tensor] = {}
    for key in weights.names():
        tensor = weights.tensor(key)
        if nf4 and "_proj." in key:
            packed, state = quantize_4bit(tensor, quant_type="nf4", compress_statistics=True)
            tensors[key] = packed.cpu()
            tensors |= {f"{key}.{part}": value.cpu() for part, value in state.as_dict(packed=True).items()}
        else:
            tensors[key] = tensor.cpu()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = weights.config
    if nf4:
        config = config | {
            "quantization_config": {
                "quant_method": "bitsandbytes", "load_in_4bit": True, "load_in_8bit": False,
                "_load_in_4bit": True, "_load_in_8bit": False, "bnb_4bit_quant_type": "nf4",
                "bnb_4bit_use_double_quant": True, "bnb_4bit_compute_dtype": "bfloat16",
                "bnb_4bit_quant_storage": "uint8", "llm_int8_threshold": 6.0, "llm_int8_skip_modules": ["lm_head"],
                "llm_int8_enable_fp32_cpu_offload": False, "llm_int8_has_fp16_weight": False,
            }
        }  # fmt: skip
    tiny_tokenizer().save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    return folder


def main() -> None:
    """``python -m benchmarks.gpu_bases SHAPE FOLDER [--only-config]``; ``SHAPE-16bit`` for a base in bfloat16."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("shape")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only-config", action="store_true", help="for a base that will be built in memory")
    options = parser.parse_args()
    shape = options.shape.removesuffix("-16bit")
    if options.only_config:
        options.folder.mkdir(parents=True, exist_ok=True)
        (options.folder / "config.json").write_text(json.dumps(config_of(SHAPES[shape])), encoding="utf-8")
        return
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    write(shape, options.folder, device, nf4=shape == options.shape)


if __name__ == "__main__":
    main()
