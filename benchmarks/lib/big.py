"""A model of Llama 3.1 8B's shape in Q4_K_M with random weights: 4.9 GB that cost the same time as the real one's.

Tensors are written one after another as random blocks of their type, so that no more than one is in memory. A tensor's
type follows llama.cpp's own mix (llama-quant.cpp, Q4_K_M: Q6_K for the output, and for V and the down projection
in the first and last eighth of the layers and every third between; Q4_K for the rest).
"""

import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYERS, WIDTH, INNER, HEADS, HEADS_KV, VOCABULARY = 32, 4096, 14336, 32, 8, 128_256
KV_WIDTH = WIDTH // HEADS * HEADS_KV
VALUES_PER_BLOCK = 256

# Where a block keeps its 16-bit scales (ggml-common.h): random bits there would be infinities.
SCALES_AT = {"Q4_K": (0, 2), "Q6_K": (208,)}
SCALE = np.float16(1e-4)

VOCABULARY_FILE = "vendor/llama.cpp/models/ggml-vocab-llama-bpe.gguf"


def vocabulary_of(sdist: Path, folder: Path) -> Path:
    """The vocabulary of Llama 3 out of llama-cpp-python's source package, unpacked or as it was downloaded."""
    if sdist.is_dir():
        return next(sdist.rglob(Path(VOCABULARY_FILE).name))
    with tarfile.open(sdist) as tar:
        member = next(m for m in tar if m.name.endswith(VOCABULARY_FILE))
        source = tar.extractfile(member)
        assert source is not None
        path = folder / "vocabulary.gguf"
        path.write_bytes(source.read())
    return path


def write_big_model(path: Path, vocabulary: Path) -> None:
    """Write the GGUF; 4.9 GB, half a minute."""
    import gguf  # noqa: PLC0415 - this benchmark alone needs it

    writer = gguf.GGUFWriter(path, "llama", use_temp_file=False)
    _metadata(writer, gguf, vocabulary)
    tensors = list(_tensors())
    for name, shape, kind in tensors:
        quantisation = gguf.GGMLQuantizationType[kind]
        row_bytes = _row_bytes(gguf, kind, shape[-1])
        raw_shape = (*shape[:-1], row_bytes) if kind != "F32" else shape
        dtype = np.dtype(np.float32 if kind == "F32" else np.uint8)
        size = int(np.prod(raw_shape)) * dtype.itemsize
        writer.add_tensor_info(name, raw_shape, dtype, size, raw_dtype=None if kind == "F32" else quantisation)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    draw = np.random.default_rng(0)
    for _, shape, kind in tensors:
        writer.write_tensor_data(_random(draw, gguf, kind, shape))
    writer.close()


def _row_bytes(gguf: Any, kind: str, values: int) -> int:
    block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    return int(values // block * size)


def _random(draw: np.random.Generator, gguf: Any, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """One tensor's data; norms are ones."""
    if kind == "F32":
        return np.ones(shape, np.float32)
    _, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    raw = np.frombuffer(draw.bytes(shape[0] * _row_bytes(gguf, kind, shape[1])), np.uint8).reshape(-1, size).copy()
    for at in SCALES_AT[kind]:
        raw[:, at : at + 2] = np.frombuffer(SCALE.tobytes(), np.uint8)
    return raw.reshape(shape[0], -1)


def _more_bits(layer: int) -> bool:
    """llama-quant.cpp, use_more_bits."""
    return layer < LAYERS // 8 or layer >= 7 * LAYERS // 8 or (layer - LAYERS // 8) % 3 == 2


def _tensors() -> Any:
    """Name, shape (rows, values a row) and type, in the order of the file."""
    yield "token_embd.weight", (VOCABULARY, WIDTH), "Q4_K"
    for layer in range(LAYERS):
        better = "Q6_K" if _more_bits(layer) else "Q4_K"
        shapes = {
            "attn_q": (WIDTH, WIDTH, "Q4_K"),
            "attn_k": (KV_WIDTH, WIDTH, "Q4_K"),
            "attn_v": (KV_WIDTH, WIDTH, better),
            "attn_output": (WIDTH, WIDTH, "Q4_K"),
            "ffn_gate": (INNER, WIDTH, "Q4_K"),
            "ffn_up": (INNER, WIDTH, "Q4_K"),
            "ffn_down": (WIDTH, INNER, better),
        }
        yield f"blk.{layer}.attn_norm.weight", (WIDTH,), "F32"
        yield f"blk.{layer}.ffn_norm.weight", (WIDTH,), "F32"
        for name, (rows, values, kind) in shapes.items():
            yield f"blk.{layer}.{name}.weight", (rows, values), kind
    yield "output_norm.weight", (WIDTH,), "F32"
    yield "output.weight", (VOCABULARY, WIDTH), "Q6_K"


def _metadata(writer: Any, gguf: Any, vocabulary: Path) -> None:
    writer.add_name("random weights of Llama 3.1 8B's shape")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_K_M)
    writer.add_context_length(8192)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS_KV)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(500_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)
    for name, field in gguf.GGUFReader(vocabulary).fields.items():
        if name.startswith("tokenizer."):
            kind = field.types[0]
            sub = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), kind, sub_type=sub)
