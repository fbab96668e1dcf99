"""llama.cpp's own quantiser, with everything llama-quantize gives it; and what it would write, to the byte."""

import ctypes
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from export.llama import ggml
from export.llama.importance import Imatrix, read
from export.llama.progress import report
from export.llama.score import log_to

# llama.cpp quantises tensors in pieces of this size; its default of 8 GiB is the memory of a whole small box.
BUFFER_BYTES = 256 * 1024 * 1024

# A line of its log for each tensor: `[ 1/ 75] blk.0.ffn_up.weight - [ 64, 128, 1, 1], type = f16, size = ... (q4_K)`.
_LINE = re.compile(
    r"\[ *\d+/ *\d+\] (\S+) +- \[[^\]]*\], type = +(\S+), size = +[\d.]+ MiB(?: -> +[\d.]+ MiB \((\S+)\))?"
)
_COUNT = re.compile(r"\[ *(\d+)/ *(\d+)\]")
_SPLIT_KEYS = (b"split.no", b"split.count", b"split.tensors.count")
# Of llama.h; llama-quantize writes these four beside an importance matrix.
_INT, _STR = 0, 3
_KV_TEXT_BYTES = 127


def quantize(
    *,
    source: str,
    target: str,
    ftype: str,
    overrides: Sequence[tuple[str, str]] = (),
    imatrix: str | None = None,
    threads: int = 0,
) -> dict[str, Any]:
    """Quantise a GGUF; see ``export.quantize``.

    Args:
        overrides: Pattern (ECMAScript, searched in the tensor's name) and type; the first that matches wins.
        imatrix: File of llama-imatrix's format.
    """
    parameters, held = _parameters(ftype, overrides, read(imatrix) if imatrix else None)
    parameters.nthread = threads
    log_to(_with_progress)
    status = llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(parameters))
    del held
    if status != 0:
        raise SystemExit(f"llama_model_quantize returned {status}")
    return {"size_bytes": Path(target).stat().st_size}


def _with_progress(text: str) -> None:
    """llama.cpp's log, whose lines on tensors say how far it is."""
    sys.stderr.write(text)
    found = _COUNT.match(text)
    if found:
        report(int(found[1]) - 1, int(found[2]))


def plan(
    *, source: str, ftype: str, overrides: Sequence[tuple[str, str]] = (), imatrix: str | None = None
) -> dict[str, Any]:
    """What ``quantize`` would write, by llama.cpp's dry run.

    Returns:
        ``size_bytes`` of the file, exactly; ``tensors``: name, type it would have, shape (columns first), size in
        bytes, and whether it is one that is quantised at all; ``without_importance``: those of them that the matrix
        says nothing of.
    """
    matrix = read(imatrix) if imatrix else None
    types = {name: (new or old).upper() for name, old, new in _dry_run(source, ftype, overrides, matrix)}
    # Whether a tensor may be quantised does not depend on what it becomes: 16 bits may be asked for as well.
    quantised = {name for name, _, new in _dry_run(source, "Q8_0", (), None) if new}
    gguf = ggml.Gguf(source)
    if set(types) != set(gguf.tensors):
        raise SystemExit("the quantiser's dry run does not list the tensors; this llama.cpp says it in another way")
    tensors: list[dict[str, Any]] = []
    for name, info in gguf.tensors.items():
        size = info.rows * ggml.row_bytes(types[name], info.shape[0])
        tensors.append(
            {
                "name": name,
                "type": types[name],
                "shape": list(info.shape),
                "size_bytes": size,
                "quantised": name in quantised,
            }
        )
    library, file = gguf.ggml, gguf.context
    for key, value in _pairs(matrix):
        if isinstance(value, str):
            library.gguf_set_val_str(file, key.encode(), value.encode())
        else:
            library.gguf_set_val_u32(file, key.encode(), value)
    library.gguf_set_val_u32(file, b"general.quantization_version", 0)
    library.gguf_set_val_u32(file, b"general.file_type", 0)
    for split in _SPLIT_KEYS:
        library.gguf_remove_key(file, split)
    unknown = []
    entries = {} if matrix is None else matrix.entries
    for name in sorted(quantised) if entries else ():
        entry, shape = entries.get(name), gguf.tensors[name].shape
        if entry is None:
            unknown.append(name)
        elif entry.sums.size != shape[0] * (shape[2] if len(shape) > 2 else 1):
            raise SystemExit(
                f"{imatrix}: has {entry.sums.size} columns for {name}, which has {shape[0]}: not its matrix"
            )
    weights = sum(-(-int(t["size_bytes"]) // ggml.ALIGNMENT) * ggml.ALIGNMENT for t in tensors)
    size_bytes = int(library.gguf_get_meta_size(file)) + weights
    return {"size_bytes": size_bytes, "tensors": tensors, "without_importance": unknown}


def _dry_run(
    source: str, ftype: str, overrides: Sequence[tuple[str, str]], matrix: Imatrix | None
) -> list[tuple[str, str, str]]:
    """Name, type and new type of each tensor; the last is empty where it stays as it is."""
    parameters, held = _parameters(ftype, overrides, matrix)
    parameters.dry_run = True
    said: list[str] = []
    log_to(said.append)
    status = llama_cpp.llama_model_quantize(os.fsencode(source), b"", ctypes.byref(parameters))
    log_to(sys.stderr.write)
    del held
    text = "".join(said)
    if status != 0:
        last = [line for line in text.splitlines() if line.strip()]
        raise SystemExit(last[-1] if last else f"llama_model_quantize returned {status}")
    return _LINE.findall(text)


def _parameters(ftype: str, overrides: Sequence[tuple[str, str]], matrix: Imatrix | None) -> tuple[Any, list[Any]]:
    """The quantiser's parameters, and what must live as long as they do."""
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{ftype}")
    parameters.max_buf_size = BUFFER_BYTES
    held: list[Any] = []
    if overrides:
        rules = (llama_cpp.llama_model_tensor_override * (len(overrides) + 1))()
        for rule, (pattern, type_) in zip(rules, overrides, strict=False):
            rule.pattern, rule.type = pattern.encode(), ggml.types()[type_.lower()]
        rules[-1].type = -1
        parameters.tt_overrides = ctypes.cast(rules, ctypes.POINTER(llama_cpp.llama_model_tensor_override))
        held.append(rules)
    if matrix is not None:
        means = {name: entry.means() for name, entry in sorted(matrix.entries.items())}
        data = (llama_cpp.llama_model_imatrix_data * (len(means) + 1))()
        for item, (name, values) in zip(data, means.items(), strict=False):
            item.name, item.size = name.encode(), values.size
            item.data = values.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        pairs = _pairs(matrix)
        kvs = (llama_cpp.llama_model_kv_override * (len(pairs) + 1))()
        for kv, (key, value) in zip(kvs, pairs, strict=False):
            kv.key = key.encode()
            if isinstance(value, str):
                kv.tag, kv.value.val_str = _STR, value.encode()
            else:
                kv.tag, kv.value.val_i64 = _INT, value
        parameters.imatrix = ctypes.cast(data, ctypes.POINTER(llama_cpp.llama_model_imatrix_data))
        parameters.kv_overrides = ctypes.cast(kvs, ctypes.POINTER(llama_cpp.llama_model_kv_override))
        held += [means, data, kvs]
    return parameters, held


def _pairs(matrix: Imatrix | None) -> list[tuple[str, str | int]]:
    """What goes into the file about the importance matrix: no path, so that a file does not tell where it was made."""
    if matrix is None:
        return []
    dataset = ", ".join(Path(name).name for name in matrix.datasets).encode()[:_KV_TEXT_BYTES].decode(errors="ignore")
    return [
        ("quantize.imatrix.file", "imatrix.gguf"),
        ("quantize.imatrix.dataset", dataset),
        ("quantize.imatrix.entries_count", len(matrix.entries)),
        ("quantize.imatrix.chunks_count", matrix.chunks),
    ]
