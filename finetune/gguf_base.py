"""A checkpoint to fine-tune from a GGUF that a site already has.

Lossless for F16, BF16 and F32; anything else is dequantised to F16 and labelled so. The tokenizer is rebuilt from the
GGUF's own fields (``finetune.gguf_tokenizer``).
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import LlamaConfig, Qwen2Config

from edgegen.bundle_verify import sha256_file
from edgegen.errors import BundleError
from finetune.disk import refusals_named
from finetune.gguf_tokenizer import tokenizer_of

# Tensors of one shard; with one tensor more this is what the conversion holds in memory.
SHARD_BYTES = 1 << 30

_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_TOP_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


@dataclass(frozen=True)
class Converted:
    """What became of a GGUF."""

    folder: Path
    tensors: int
    dequantised: dict[str, int]

    @property
    def is_lossless(self) -> bool:
        """Whether every weight is as it was."""
        return not self.dequantised


def convert(file: Path, folder: Path) -> Converted:
    """Write config.json, tokenizer and safetensors of a GGUF into a new folder.

    Raises:
        BundleError: When the file is not a GGUF, its architecture or tokenizer is not one of those we know, a weight is
            not finite, or the folder exists.
        TrainingError: When the disk is full. Nothing half-written stays.
    """
    if folder.exists():
        raise BundleError(f"{folder}: exists already. Give a new folder.")
    reader = _open(file)
    fields = _Fields(reader, file)
    if fields.architecture not in ("llama", "qwen2"):
        raise BundleError(f"{file}: its architecture is {fields.architecture}; only llama and qwen2 can be converted.")
    tokenizer = tokenizer_of(fields)
    config = _config(fields, reader)
    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)  # what a power cut left of an earlier call
    dequantised: dict[str, int] = {}
    try:
        with refusals_named(folder, "Make room, or give another folder."):
            temporary.mkdir(parents=True)
            count = _write_weights(_weights(reader, fields, dequantised), temporary)
            config.save_pretrained(temporary)
            tokenizer.save_pretrained(temporary)
            origin = {
                "file": file.name,
                "sha256": sha256_file(file.resolve()),
                "lossless": not dequantised,
                "dequantised": dequantised,
            }
            (temporary / "gguf_origin.json").write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Converted(folder, count, dequantised)


class _Fields:
    """The key-value pairs of a GGUF."""

    def __init__(self, reader: Any, file: Path) -> None:
        self._fields, self._file = reader.fields, file
        self.architecture = str(self.get("general.architecture"))

    def get(self, name: str, default: Any = None) -> Any:
        field = self._fields.get(name)
        return default if field is None else field.contents()

    def own(self, name: str, default: Any = None) -> Any:
        """A field of the architecture; without a default it must be there."""
        value = self.get(f"{self.architecture}.{name}", default)
        if value is None:
            raise BundleError(f"{self._file}: has no field {self.architecture}.{name}.")
        return value

    @property
    def file(self) -> Path:
        """Where they come from, for messages."""
        return self._file


def _open(file: Path) -> Any:
    try:
        return gguf.GGUFReader(file)
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise BundleError(f"{file}: is not a GGUF that can be read: {error}. Copy it again, whole.") from None


def _config(fields: _Fields, reader: Any) -> Any:
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    heads, base = int(fields.own("attention.head_count")), float(fields.own("rope.freq_base", 10000.0))
    width = int(fields.own("embedding_length"))
    head_dim = int(fields.own("attention.key_length", fields.own("rope.dimension_count", width // heads)))
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": base}
    if "rope_freqs.weight" in tensors:
        rope |= llama3_scaling(np.array(tensors["rope_freqs.weight"].data), base, head_dim)
    kind = LlamaConfig if fields.architecture == "llama" else Qwen2Config
    config = cast(Any, kind)(
        vocab_size=len(fields.get("tokenizer.ggml.tokens")),
        hidden_size=width,
        intermediate_size=int(fields.own("feed_forward_length")),
        num_hidden_layers=int(fields.own("block_count")),
        num_attention_heads=heads,
        num_key_value_heads=int(fields.own("attention.head_count_kv", heads)),
        max_position_embeddings=int(fields.own("context_length")),
        rms_norm_eps=round(float(fields.own("attention.layer_norm_rms_epsilon")), 12),
        rope_parameters=rope,
        tie_word_embeddings="output.weight" not in tensors,
        bos_token_id=fields.get("tokenizer.ggml.bos_token_id"),
        eos_token_id=fields.get("tokenizer.ggml.eos_token_id"),
        **({"head_dim": head_dim} if kind is LlamaConfig else {}),
    )
    config.architectures = ["LlamaForCausalLM" if kind is LlamaConfig else "Qwen2ForCausalLM"]
    return config


def llama3_scaling(factors: Any, base: float, head_dim: int) -> dict[str, Any]:
    """The rope scaling of Llama 3.1 and 3.2 that gives these divisors of the frequencies.

    Raises:
        BundleError: When no scaling of theirs does.
    """
    found: dict[str, Any] = {
        "rope_type": "llama3",
        "factor": float(np.max(factors)),
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    lengths = 2 * np.pi * base ** (np.arange(0, head_dim, 2) / head_dim)
    smooth = (8192 / lengths - 1.0) / (4.0 - 1.0)
    between = 1 / ((1 - smooth) / found["factor"] + smooth)
    expected = np.where(lengths < 8192 / 4, 1.0, np.where(lengths > 8192, found["factor"], between))
    if factors.shape != expected.shape or not np.allclose(factors, expected, rtol=1e-3):
        raise BundleError("rope_freqs.weight: is not the scaling of Llama 3.1 or 3.2, so the positions would be wrong.")
    return found


def _weights(reader: Any, fields: _Fields, dequantised: dict[str, int]) -> Iterator[tuple[str, Tensor]]:
    """The tensors one by one, with the names of transformers; notes the types that lose their exact form."""
    heads = int(fields.own("attention.head_count"))
    heads_kv = int(fields.own("attention.head_count_kv", heads))
    for tensor in reader.tensors:
        if tensor.name == "rope_freqs.weight":
            continue
        name = _hf_name(tensor.name, fields)
        weight = _to_torch(tensor, dequantised)
        if fields.architecture == "llama" and ".attn_q." in tensor.name:
            weight = unpermute(weight, heads)
        elif fields.architecture == "llama" and ".attn_k." in tensor.name:
            weight = unpermute(weight, heads_kv)
        if not torch.isfinite(weight).all():
            raise BundleError(f"{fields.file}: {tensor.name} holds values that are not finite in {weight.dtype}.")
        yield name, weight.contiguous()


def _hf_name(name: str, fields: _Fields) -> str:
    head, _, kind = name.rpartition(".")
    parts = head.split(".")
    if len(parts) == 1 and head in _TOP_NAMES:
        return f"{_TOP_NAMES[head]}.{kind}"
    if len(parts) == 3 and parts[0] == "blk" and parts[2] in _LAYER_NAMES:
        return f"model.layers.{parts[1]}.{_LAYER_NAMES[parts[2]]}.{kind}"
    raise BundleError(f"{fields.file}: holds the tensor {name}, which a plain {fields.architecture} model has not.")


def _to_torch(tensor: Any, dequantised: dict[str, int]) -> Tensor:
    shape = tuple(int(size) for size in reversed(tensor.shape))
    kind = tensor.tensor_type.name
    if kind in ("F16", "F32"):
        return torch.from_numpy(np.array(tensor.data)).view(shape)
    if kind == "BF16":
        return torch.from_numpy(np.array(tensor.data)).view(torch.uint8).view(torch.bfloat16).view(shape)
    dequantised[kind] = dequantised.get(kind, 0) + 1
    return torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type)).view(shape).half()


def unpermute(weight: Tensor, heads: int) -> Tensor:
    """Undo the order of rows that llama.cpp's converter gives Q and K of llama models for its rotary embedding."""
    return weight.view(heads, weight.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(weight.shape)


def _write_weights(weights: Iterator[tuple[str, Tensor]], folder: Path) -> int:
    """Shards of bounded size and their index, as transformers reads them."""
    shards: list[list[str]] = []
    part: dict[str, Tensor] = {}
    total = 0

    def flush() -> None:
        save_file(part, folder / f"model-{len(shards) + 1:05d}.safetensors", metadata={"format": "pt"})
        shards.append(list(part))
        part.clear()

    for name, tensor in weights:
        part[name] = tensor
        total += tensor.nbytes
        if sum(held.nbytes for held in part.values()) >= SHARD_BYTES:
            flush()
    if part:
        flush()
    places: dict[str, str] = {}
    for number, names in enumerate(shards, 1):
        final = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        (folder / f"model-{number:05d}.safetensors").rename(folder / final)
        places |= dict.fromkeys(names, final)
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    return len(places)
