"""A base whose layers will live in host memory: read tensor by tensor, so that the GPU never holds more than one.

transformers loads a 4-bit model onto the GPU whole. Here each matrix comes from its file, is quantised to NF4 on the
GPU if it is not already, and goes back to the host; a 70B model passes through less than 1 GiB of GPU memory.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from bitsandbytes.nn.modules import Linear4bit, Params4bit
from safetensors import safe_open
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM

NF4_MARK = ".quant_state.bitsandbytes__nf4"


class Weights(Protocol):
    """Where the tensors come from."""

    def tensor(self, name: str) -> Tensor:
        """A tensor by its name in the checkpoint."""
        ...

    def quantised(self, name: str) -> Mapping[str, Tensor] | None:
        """The NF4 statistics of a matrix that is quantised already, by their suffix; None for a float one."""
        ...


class Checkpoint:
    """The safetensors of a folder."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, Any] = {}
        for file in sorted(folder.glob("*.safetensors")):
            opened: Any = safe_open(file, framework="pt")
            self.files |= dict.fromkeys(opened.keys(), opened)
        if not self.files:
            raise OSError(f"no *.safetensors in {folder}")

    def tensor(self, name: str) -> Tensor:
        """Read from its file."""
        return cast(Tensor, self.files[name].get_tensor(name))

    def quantised(self, name: str) -> Mapping[str, Tensor] | None:
        """The tensors beside a packed weight, as bitsandbytes saved them."""
        if name + NF4_MARK not in self.files:
            return None
        return {other: self.tensor(other) for other in self.files if other.startswith(name + ".")}


def load(folder: Path, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """The model of a folder on the host, the matrices of its layers in NF4.

    Args:
        device: Where matrices are quantised.
        dtype: Of everything else, and of the computation.
    """
    config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    return build(config, Checkpoint(folder), device, dtype)


def build(config: Any, weights: Weights, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """A causal language model on the host out of its configuration and weights."""
    if getattr(config, "quantization_config", None) is not None:
        del config.quantization_config
    with torch.device("meta"):
        model = cast(Any, AutoModelForCausalLM).from_config(config, dtype=dtype, attn_implementation="sdpa")
    tied = bool(getattr(config, "tie_word_embeddings", False))
    head = model.get_output_embeddings()
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and module is not head:
            model.set_submodule(name, _nf4(module, name, weights, device, dtype))
        elif not (tied and module is head):
            for key, value in list(module.named_parameters(recurse=False)):
                assert value.is_meta
                tensor = weights.tensor(f"{name}.{key}").to(dtype)
                module.register_parameter(key, nn.Parameter(tensor, requires_grad=False))
    if tied:
        head.weight = model.get_input_embeddings().weight
    rotary = model.model.rotary_emb
    model.model.rotary_emb = type(rotary)(config=config)  # its buffers follow from the configuration
    model.is_loaded_in_4bit = True
    model.requires_grad_(False)
    return cast(nn.Module, model)


def _nf4(linear: nn.Linear, name: str, weights: Weights, device: torch.device, dtype: torch.dtype) -> Linear4bit:
    out = cast(Any, Linear4bit)(
        linear.in_features, linear.out_features, bias=False, compute_dtype=dtype, quant_type="nf4", device="meta"
    )
    stats = weights.quantised(f"{name}.weight")
    tensor = weights.tensor(f"{name}.weight")
    if stats is None:
        drawn: Any = Params4bit(tensor.to(dtype), requires_grad=False, quant_type="nf4", compress_statistics=True)
        made: Any = drawn.to(device).to("cpu")
    else:
        short = {key.removeprefix(f"{name}.weight."): value for key, value in stats.items()}
        made = Params4bit.from_prequantized(data=tensor, quantized_stats=short, requires_grad=False, device="cpu")
    made.quant_state.dtype = dtype
    out.weight = made
    made.module = out
    out.quant_state = made.quant_state
    if linear.bias is not None:
        out.bias = nn.Parameter(weights.tensor(f"{name}.bias").to(dtype), requires_grad=False)
    return cast(Linear4bit, out)


def is_quantised(folder: Path) -> bool:
    """Whether a checkpoint is in NF4 already."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return bool((config.get("quantization_config") or {}).get("load_in_4bit"))
