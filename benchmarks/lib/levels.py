"""The files that quantised_quality.py compares: one model at every type, and the same with an adapter merged in."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray

from edgegen.bundle import AdapterRef
from edgegen.bundle_verify import sha256_file
from export.calibration import chunks_for, general_halves
from export.convert import convert_model
from export.fold import Plain
from export.quantize import Recipe, quantize
from export.shrink import measure_imatrix
from export.toolchain import toolchain
from finetune import gguf_base
from lib.tables import progress

CALIBRATION = "Python's reference"


@dataclass(frozen=True)
class Level:
    """A type of file.

    Args:
        ftype: llama.cpp's mixture; None is the file as it came.
        imatrix: Whether it is rounded by an importance matrix.
    """

    name: str
    ftype: str | None
    imatrix: bool = False


SHIPPED = Level("Q4_1", None)
REFERENCE = Level("F16", "F16")
LEVELS = (
    REFERENCE,
    *(Level(name, name) for name in ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")),
    Level("Q4_K_M+imatrix", "Q4_K_M", imatrix=True),
    SHIPPED,
    Level("Q4_0", "Q4_0"),
    Level("IQ4_XS+imatrix", "IQ4_XS", imatrix=True),
    Level("Q3_K_M", "Q3_K_M"),
    Level("Q3_K_M+imatrix", "Q3_K_M", imatrix=True),
    Level("Q2_K", "Q2_K"),
    Level("Q2_K+imatrix", "Q2_K", imatrix=True),
)
# At which an adapter is merged as well as swapped in.
MERGED = (
    Level("Q8_0", "Q8_0"),
    Level("Q4_K_M+imatrix", "Q4_K_M", imatrix=True),
    Level("Q4_1", "Q4_1"),
    Level("Q4_0", "Q4_0"),
)


class Files:
    """What is made of a model, in a folder; what is there already is not made again.

    Args:
        folder: Gets folders called after the SHA-256 of what is in them.
    """

    def __init__(self, model: Path, folder: Path) -> None:
        self.model, self.sha256 = model, sha256_file(model)
        self._folder = folder / self.sha256[:12]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "export.log"

    @cached_property
    def f16(self) -> Path:
        """The model in 16 bits: what its weights are read as, brought through the export's converter."""
        target = self._folder / "F16.gguf"
        if not target.is_file():
            progress("bringing the model to 16 bits")
            checkpoint = self._folder / "checkpoint"
            if not checkpoint.is_dir():
                gguf_base.convert(self.model, checkpoint)
            convert_model(toolchain(), checkpoint, target, name="base", log=self._log)
            shutil.rmtree(checkpoint)
        return target

    def merged(self, adapter: AdapterRef) -> Path:
        """The 16-bit model with an adapter merged into it."""
        folder = self._folder / f"{adapter.name}-{sha256_file(adapter.path)[:12]}"
        folder.mkdir(exist_ok=True)
        target = folder / "F16.gguf"
        if not target.is_file():
            progress(f"merging {adapter.name}")
            merge(self.f16, adapter, target)
        return target

    def at(self, level: Level, source: Path | None = None) -> Path:
        """A file of this type.

        Args:
            source: In 16 bits; None: the model.
        """
        if level.ftype is None:
            return self.model
        source = source or self.f16
        if level == REFERENCE:
            return source
        target = source.with_name(f"{level.name}.gguf")
        if not target.is_file():
            matrix = self._imatrix(source) if level.imatrix else None
            progress(f"quantising to {level.name}")
            quantize(source, target, Recipe(level.ftype, imatrix=matrix), log=self._log)
        return target

    def _imatrix(self, source: Path) -> Path:
        """As the export measures it where a run brings no text of its own."""
        target = source.with_name("imatrix.gguf")
        if not target.is_file():
            progress("measuring an importance matrix")
            values = sum(tensor.n_elements for tensor in gguf.GGUFReader(source).tensors)
            part = target.with_name(".imatrix.gguf")
            _, text = general_halves()
            measure_imatrix(source, part, text, dataset=CALIBRATION, chunks=chunks_for(int(values)), log=self._log)
            part.replace(target)
        return target


def merge(base: Path, adapter: AdapterRef, target: Path) -> None:
    """W + scale alpha / r B A of each weight, in float32 and rounded to F16, as ``export.merge`` does.

    It reads the adapter as the gateways have it, a GGUF, and changes the base's GGUF: both have the same names and the
    same order of rows.

    Args:
        base: A GGUF in 16 bits.
    """
    part = target.with_name(f".{target.name}")
    shutil.copyfile(base, part)
    reader = gguf.GGUFReader(adapter.path)
    alpha = float(reader.fields["adapter.lora.alpha"].contents())
    factors = {tensor.name: np.array(tensor.data, np.float32) for tensor in reader.tensors}
    for weight in gguf.GGUFReader(part, "r+").tensors:
        if f"{weight.name}.lora_a" not in factors:
            continue
        a, b = (torch.from_numpy(factors.pop(f"{weight.name}.lora_{side}")) for side in "ab")
        update = Plain(a, b * (adapter.scale * alpha / len(a)))
        weight.data[:] = update.rows(torch.from_numpy(weight.data.astype(np.float32)), 0).half().numpy()
        weight.data.flush()
    if factors:
        raise ValueError(f"{adapter.path}: changes {min(factors)}, which {base.name} has not")
    part.replace(target)


def surviving(base: Path, merged: Path, before: Path, after: Path) -> float:
    """The share of a merged change that rounding leaves: the projection of what changed on what should have.

    With D = merged - base in 16 bits and E = after - before as they are read back from their types, sum(D E) / sum(D D)
    over the linear layers of every fifth block.

    Args:
        before: ``base`` at a level.
        after: ``merged`` at the same level.
    """
    files = [
        {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors} for path in (base, merged, before, after)
    ]
    moved = whole = 0.0
    for name in _some_layers(files[0]):
        one, other, rounded, changed = (_values(file[name]) for file in files)
        change = other - one
        moved += float((change * (changed - rounded)).sum(dtype=np.float64))
        whole += float((change * change).sum(dtype=np.float64))
    return moved / whole


def _some_layers(names: Iterable[str]) -> list[str]:
    found = ((name, re.match(r"blk\.(\d+)\.(?!\w+_norm)", name)) for name in names)
    return [name for name, block in found if block and int(block[1]) % 5 == 0]


def _values(tensor: Any) -> NDArray[np.float32]:
    values: NDArray[np.float32] = gguf.quants.dequantize(tensor.data, tensor.tensor_type).ravel()
    return values


def facts(path: Path) -> dict[str, Any]:
    """What a file really holds.

    Returns:
        ``size_bytes``, ``bits_per_weight`` over all tensors, and ``holds``: the share of the weights by type.
    """
    tensors: Sequence[Any] = gguf.GGUFReader(path).tensors
    values = sum(int(tensor.n_elements) for tensor in tensors)
    types: Counter[str] = Counter()
    for tensor in tensors:
        types[tensor.tensor_type.name] += int(tensor.n_elements)
    return {
        "size_bytes": path.stat().st_size,
        "bits_per_weight": 8 * sum(int(tensor.n_bytes) for tensor in tensors) / values,
        "holds": {name: count / values for name, count in types.most_common()},
    }
