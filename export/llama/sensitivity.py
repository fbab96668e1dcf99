"""What rounding a weight tensor costs: its error at each type, and the KL of the model when only that is rounded.

The rounded values are written into a copy of the 16-bit file while llama.cpp has that mapped: the mapping shows the
page cache, so the next computation sees them. One model is loaded once, nothing is held in anonymous memory, and a
measurement costs what computing the chunks costs.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.llama import ggml
from export.llama.compare import HALF, ROWS, kl_of, log_softmax
from export.llama.importance import Imatrix, read
from export.llama.progress import report
from export.llama.score import Scorer

# Rows of a tensor whose error is computed at every type, evenly spread: the error of 512 rows of 4,096 columns differs
# from that of all by about 1%.
_SAMPLED_ROWS = 512
# Rows rounded at a time: 64 MiB in float32 for a width of 4,096.
_BLOCK_ROWS = 4096


def sensitivity(
    *,
    source: str,
    scratch: str,
    text: str,
    chunks: int,
    groups: Mapping[str, Mapping[str, str]],
    types: Sequence[str],
    imatrix: str | None = None,
) -> dict[str, Any]:
    """Measure.

    Args:
        source: A 16-bit GGUF.
        scratch: A folder for a copy of it and for the reference's probabilities.
        groups: Group -> tensor -> type. The KL is that of the model with the tensors of the group at these types.
        types: For which each tensor's error is computed; those that its width does not allow are left out.

    Returns:
        ``errors``: tensor -> type -> [size in bytes, error weighted by importance]; ``kl``: group -> nats a token.
    """
    matrix = read(imatrix) if imatrix else Imatrix()
    gguf = ggml.Gguf(source)
    names = sorted({name for group in groups.values() for name in group})
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        rows = pool.map(lambda name: _errors(gguf.tensors[name], gguf.path, _importance(matrix, name), types), names)
        errors = dict(zip(names, rows, strict=True))
    copy = Path(scratch) / "perturbed.gguf"
    shutil.copyfile(source, copy)
    kl = {}
    with _reference(copy, Path(scratch) / "reference.f32", text, chunks) as measure:
        for number, (group, members) in enumerate(groups.items()):
            report(number, len(groups))
            for name, type_ in members.items():
                _round(gguf.tensors[name], gguf.path, copy, type_, _importance(matrix, name))
            kl[group] = measure()
            if kl[group] == 0.0:
                raise SystemExit(f"{group}: rounding it changes nothing; llama.cpp does not compute from the file")
            for name in members:
                _restore(gguf.tensors[name], gguf.path, copy)
        if measure() != 0.0:
            raise SystemExit("the weights were not restored between two measurements")
    copy.unlink()
    return {"errors": errors, "kl": kl}


def _importance(matrix: Imatrix, name: str) -> NDArray[np.float32] | None:
    """``(matrices, columns)``."""
    entry = matrix.entries.get(name)
    return None if entry is None else entry.means().reshape(entry.sums.shape)


def _errors(
    info: ggml.TensorInfo, path: Path, importance: NDArray[np.float32] | None, types: Sequence[str]
) -> dict[str, list[float]]:
    """Type -> size in bytes, and sum over all weights of importance * difference squared."""
    values = info.read(path)
    at = np.linspace(0, len(values) - 1, min(len(values), _SAMPLED_ROWS)).astype(int)
    rows = np.asarray(values[at], np.float32)
    matrix_rows = len(values) // (1 if importance is None else len(importance))
    result: dict[str, list[float]] = {}
    for type_ in types:
        if info.shape[0] % ggml.block(type_):
            continue
        total = 0.0
        for number in range(1 if importance is None else len(importance)):
            mine = at // matrix_rows == number
            weights = None if importance is None else importance[number]
            if mine.any():
                difference = ggml.requantised(rows[mine], type_, weights) - rows[mine]
                total += float((difference.astype(np.float64) ** 2 * (1.0 if weights is None else weights)).sum())
        result[type_] = [info.rows * ggml.row_bytes(type_, info.shape[0]), total * len(values) / len(at)]
    return result


def _round(info: ggml.TensorInfo, path: Path, copy: Path, type_: str, importance: NDArray[np.float32] | None) -> None:
    """Write a tensor into the copy as it comes back from a type."""
    values = info.read(path)
    matrix_rows = len(values) // (1 if importance is None else len(importance))
    step = min(_BLOCK_ROWS, matrix_rows)
    starts = [
        (first, min(first + step, begin + matrix_rows))
        for begin in range(0, len(values), matrix_rows)
        for first in range(begin, begin + matrix_rows, step)
    ]

    def one(block: tuple[int, int]) -> None:
        weights = None if importance is None else importance[block[0] // matrix_rows]
        back = ggml.requantised(np.asarray(values[block[0] : block[1]], np.float32), type_, weights)
        os.pwrite(file, back.astype(values.dtype).tobytes(), info.start + block[0] * values.strides[0])

    file = os.open(copy, os.O_WRONLY)
    try:
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            list(pool.map(one, starts))
    finally:
        os.close(file)


def _restore(info: ggml.TensorInfo, path: Path, copy: Path) -> None:
    file = os.open(copy, os.O_WRONLY)
    try:
        values = info.read(path)
        for first in range(0, len(values), _BLOCK_ROWS):
            block = values[first : first + _BLOCK_ROWS]
            os.pwrite(file, block.tobytes(), info.start + first * values.strides[0])
    finally:
        os.close(file)


@contextmanager
def _reference(model: Path, kept: Path, text: str, chunks: int) -> Iterator[Any]:
    """A function that measures the model's mean KL to what it was at the start.

    What it was is kept in a file: 100 MB for two chunks of a vocabulary of 49,152.
    """
    scorer = Scorer(str(model))
    parts = scorer.chunks(text, chunks)
    shape = (len(parts), HALF, scorer.n_vocab)
    logits = np.memmap(kept, np.float32, "w+", shape=shape)
    for number, part in enumerate(parts):
        logits[number] = scorer.logits(part, HALF)

    def measure() -> float:
        total = 0.0
        for number, part in enumerate(parts):
            found = scorer.logits(part, HALF)
            for start in range(0, HALF, ROWS):
                rows = slice(start, start + ROWS)
                total += float(kl_of(log_softmax(logits[number, rows]), log_softmax(found[rows])).sum())
        return total / (len(parts) * HALF)

    yield measure
    kept.unlink()
