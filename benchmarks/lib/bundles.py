"""Bundles made for one benchmark: a system prompt of its own, random adapters."""

import hashlib
import struct
from collections.abc import Mapping
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from edge.engine.model import LOG, read_metadata
from edgegen.bundle_build import create_bundle
from edgegen.manifest import BaseModel

GGUF_VERSION, ALIGNMENT, F32 = 3, 32, 0
STRING, FLOAT32 = 8, 6

# Small enough that the answers stay those of a working model.
B_DEVIATION = 0.002


def make_bundle(folder: Path, model: Path, *, system_prompt: str) -> Path:
    """A bundle with this system prompt around ``model``."""
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    return create_bundle(
        folder,
        {"model.gguf": model},
        name="bench",
        version="1.0.0",
        base=BaseModel("bench", digest),
        system_prompt=system_prompt,
    )


def random_adapter(model: Path, path: Path, *, seed: int, rank: int = 8) -> Path:
    """A LoRA adapter of random numbers over all linear layers of a llama-shaped model."""
    draw = np.random.default_rng(seed)
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, (inputs, outputs) in _linear_layers(model).items():
        tensors[f"{name}.lora_a"] = (draw.standard_normal((rank, inputs)) / inputs**0.5).astype(np.float32)
        tensors[f"{name}.lora_b"] = (draw.standard_normal((outputs, rank)) * B_DEVIATION).astype(np.float32)
    fields = {
        "general.type": "adapter",
        "general.architecture": "llama",
        "adapter.type": "lora",
        "adapter.lora.alpha": float(rank),
    }
    write_gguf(path, fields, tensors)
    return path


def _linear_layers(model: Path) -> dict[str, tuple[int, int]]:
    """Name, inputs and outputs of each linear layer of each block."""
    LOG.install()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    native = llama_cpp.llama_model_load_from_file(bytes(model), parameters)

    def number(key: str) -> int:
        return int(read_metadata(native, f"llama.{key}") or 0)

    width, inner, heads = number("embedding_length"), number("feed_forward_length"), number("attention.head_count")
    kv_width = width // heads * number("attention.head_count_kv")
    shapes = {
        "attn_q": (width, width),
        "attn_k": (width, kv_width),
        "attn_v": (width, kv_width),
        "attn_output": (width, width),
        "ffn_gate": (width, inner),
        "ffn_up": (width, inner),
        "ffn_down": (inner, width),
    }
    blocks = number("block_count")
    llama_cpp.llama_model_free(native)
    return {f"blk.{block}.{name}.weight": shape for block in range(blocks) for name, shape in shapes.items()}


def write_gguf(path: Path, fields: Mapping[str, str | float], tensors: Mapping[str, NDArray[np.float32]]) -> None:
    """A GGUF of float32 tensors; see ggml's docs/gguf.md for the layout."""
    head = bytearray(b"GGUF" + struct.pack("<IQQ", GGUF_VERSION, len(tensors), len(fields)))
    for key, value in fields.items():
        head += _text(key)
        head += (
            struct.pack("<I", STRING) + _text(value) if isinstance(value, str) else struct.pack("<If", FLOAT32, value)
        )
    offset = 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]  # ggml counts dimensions from the fastest
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, F32, offset)
        offset += _padded(tensor.nbytes)
    with path.open("wb") as file:
        file.write(bytes(head).ljust(_padded(len(head)), b"\0"))
        for tensor in tensors.values():
            file.write(tensor.tobytes().ljust(_padded(tensor.nbytes), b"\0"))


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
