"""The importance matrix: mean square of what comes into each column of each weight matrix, over a text.

llama.cpp calls back for each tensor it computes (``cb_eval``), which is what llama-imatrix uses; so this is the same
measurement without its binary, at the same speed, and needs no torch. The file is llama-imatrix's (GGUF, as
``tools/imatrix`` of the pinned revision writes it), so llama-quantize takes it too.
"""

import ctypes
import functools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from export.llama import ggml
from export.llama.progress import report
from export.llama.score import CHUNK_TOKENS, Scorer

_SUMS, _COUNTS = ".in_sum2", ".counts"
_DATASETS, _CHUNKS, _CHUNK_SIZE = "imatrix.datasets", "imatrix.chunk_count", "imatrix.chunk_size"
# Weights that are no layer's: an own output matrix, or embeddings that serve as one.
_OUTPUTS = ("output.weight", "token_embd.weight")


@dataclass
class Entry:
    """Of one weight tensor.

    Args:
        sums: ``(matrices, columns)``, sums of squares; one matrix but for mixtures of experts.
        counts: ``(matrices,)``, rows that were summed.
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]

    def means(self) -> NDArray[np.float32]:
        """``(matrices * columns,)``, as the quantiser wants it; 1 for a matrix that nothing came into."""
        counts = self.counts[:, None].astype(np.float32)
        sums = self.sums.astype(np.float32)
        means = np.where(counts > 0, sums / np.maximum(counts, np.float32(1)), np.float32(1))
        return np.ascontiguousarray(means.reshape(-1), np.float32)


@dataclass
class Imatrix:
    """Of one model.

    Args:
        datasets: Names of the texts.
        chunks: Number of chunks of ``CHUNK_TOKENS`` tokens.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    datasets: list[str] = field(default_factory=list)
    chunks: int = 0


class _Collector:
    """Adds up what comes into the multiplications with weights."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.problem = ""
        ggml.check_layout()
        # A callback that is not held is freed while C still calls it.
        self.callback = llama_cpp.ggml_backend_sched_eval_callback(self._called)

    def _called(self, address: int, ask: bool, _data: Any) -> bool:  # noqa: FBT001 - C gives it so
        try:
            tensor = ggml.Tensor.from_address(address)
            if ask:
                return self._wanted(tensor)
            self._add(tensor)
        except Exception as error:  # noqa: BLE001 - it must not pass through C
            self.problem = self.problem or repr(error)
        return True

    @staticmethod
    def _wanted(tensor: ggml.Tensor) -> bool:
        op = _op_name(tensor.op)
        if op == "MUL_MAT_ID":
            return True
        if op != "MUL_MAT":
            return False
        weight, x = ggml.Tensor.from_address(tensor.src[0]), ggml.Tensor.from_address(tensor.src[1])
        name = _name(weight)
        return x.type == ggml.types()["f32"] and (name.startswith("blk.") or name in _OUTPUTS) and "." in name

    def _add(self, tensor: ggml.Tensor) -> None:
        weight, x = ggml.Tensor.from_address(tensor.src[0]), ggml.Tensor.from_address(tensor.src[1])
        values = _values(x)
        name, experts, columns = _name(weight), int(weight.ne[2]), int(weight.ne[0])
        entry = self.entries.get(name)
        if entry is None:
            entry = self.entries[name] = Entry(np.zeros((experts, columns)), np.zeros(experts))
        if _op_name(tensor.op) == "MUL_MAT_ID":
            ids = _values(ggml.Tensor.from_address(tensor.src[2]), np.int32)[0, 0]
            # x is (1, tokens, 1 or used, columns); ids are (tokens, used).
            for expert in np.unique(ids):
                token, used = np.nonzero(ids == expert)
                rows = values[0, token, used % values.shape[2]]
                entry.sums[expert] += _squares(rows)
                entry.counts[expert] += len(rows)
        else:
            for number, matrix in enumerate(values.reshape(-1, *values.shape[2:])):
                entry.sums[number % experts] += _squares(matrix)
            entry.counts += values.size // columns / experts


def imatrix(*, model: str, text: str, target: str, chunks: int, dataset: str) -> dict[str, Any]:
    """Measure a model on a text, cut as llama-imatrix cuts it, and write the file."""
    collector = _Collector()
    # Flash attention and the 16-bit cache as llama-imatrix has them.
    scorer = Scorer(model, callback=collector.callback, f32_cache=False)
    parts = scorer.chunks(text, chunks)
    for number, part in enumerate(parts):
        report(number, len(parts))
        scorer.decode(part, 0)
        if collector.problem:
            raise SystemExit(f"the importance matrix could not be read from llama.cpp: {collector.problem}")
    for name, entry in collector.entries.items():
        if not np.isfinite(entry.sums).all():
            raise SystemExit(f"{model}: what comes into {name} is not finite; the model is damaged")
    write(Path(target), Imatrix(collector.entries, [dataset], len(parts)))
    return {"chunks": len(parts), "entries": len(collector.entries), "tokens": len(parts) * CHUNK_TOKENS}


def write(path: Path, matrix: Imatrix) -> None:
    """Write the file that llama-imatrix writes."""
    library = ggml.library()
    parts = []
    for name, entry in sorted(matrix.entries.items()):
        parts.append((name + _SUMS, entry.sums.astype(np.float32)))
        parts.append((name + _COUNTS, entry.counts.astype(np.float32)[:, None]))
    with ggml.scratch_tensors(sum(values.nbytes for _, values in parts), len(parts)) as context:
        file = library.gguf_init_empty()
        library.gguf_set_val_str(file, b"general.type", b"imatrix")
        names = [name.encode() for name in matrix.datasets]
        library.gguf_set_arr_str(file, _DATASETS.encode(), (ctypes.c_char_p * len(names))(*names), len(names))
        library.gguf_set_val_u32(file, _CHUNKS.encode(), matrix.chunks)
        library.gguf_set_val_u32(file, _CHUNK_SIZE.encode(), CHUNK_TOKENS)
        for name, values in parts:
            address = library.ggml_new_tensor_2d(context, ggml.types()["f32"], values.shape[1], values.shape[0])
            library.ggml_set_name(address, name.encode())
            ctypes.memmove(ggml.Tensor.from_address(address).data, values.ctypes.data, values.nbytes)
            library.gguf_add_tensor(file, address)
        written = library.gguf_write_to_file(file, os.fsencode(path), False)
        library.gguf_free(file)
    if not written:
        raise SystemExit(f"{path}: cannot be written; is the disk full?")


def read(path: str | Path) -> Imatrix:
    """Read the file of llama-imatrix.

    Raises:
        SystemExit: If it is none, or is damaged.
    """
    gguf = ggml.Gguf(path)
    entries = {}
    for name, info in gguf.tensors.items():
        if not name.endswith(_SUMS):
            continue
        weight = name.removesuffix(_SUMS)
        counts = gguf.tensors.get(weight + _COUNTS)
        if counts is None:
            raise SystemExit(f"{path}: has sums and no counts for {weight}; measure it again")
        entry = Entry(
            np.array(info.read(gguf.path), np.float64),
            np.array(counts.read(gguf.path), np.float64).round().reshape(-1),
        )
        if not np.isfinite(entry.sums).all() or len(entry.counts) != len(entry.sums):
            raise SystemExit(f"{path}: what it says of {weight} is no number; measure it again")
        entries[weight] = entry
    if not entries:
        raise SystemExit(f"{path}: no importance matrix in it; llama-imatrix or edgegen makes one")
    chunks = gguf.number(_CHUNKS)
    if chunks is None:
        raise SystemExit(f"{path}: says not how much text it was measured on; llama-quantize refuses it too")
    return Imatrix(entries, gguf.texts(_DATASETS), chunks)


def _squares(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = np.einsum("ij,ij->j", rows, rows)
    return result


def _values(tensor: ggml.Tensor, kind: Any = np.float32) -> NDArray[Any]:
    """A tensor of 4-byte values as ``(ne3, ne2, ne1, ne0)``, not copied."""
    shape, strides = tuple(tensor.ne)[::-1], tuple(tensor.nb)[::-1]
    size = 4 + sum((count - 1) * stride for count, stride in zip(shape, strides, strict=True))
    memory = (ctypes.c_char * size).from_address(tensor.data)
    return np.ndarray(shape, kind, memory, strides=strides)


@functools.cache
def _op_name(number: int) -> str:
    return str(ggml.library().ggml_op_name(number).decode())


def _name(weight: ggml.Tensor) -> str:
    """``CUDA0#blk.0.attn_k.weight#0`` -> ``blk.0.attn_k.weight``."""
    name: str = weight.name.decode("utf-8", "replace")
    parts = name.split("#")
    return parts[1] if len(parts) > 1 else name
