"""A checkpoint folder of Hugging Face's layout: read tensor by tensor, rows at a time, never a pickle."""

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from edgegen.errors import BundleError

# Rows are read so that a block has about this many values: 32 MiB in float32, small beside any model.
BLOCK_VALUES = 8 * 1024 * 1024
_FLOATS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}
_NAMES = {torch.float32: "F32", torch.float16: "F16"}


@dataclass(frozen=True)
class TensorInfo:
    """Where a tensor is and what it looks like; ``dtype`` as safetensors spells it."""

    name: str
    file: Path
    shape: tuple[int, ...]
    dtype: str

    @property
    def values(self) -> int:
        """Number of values."""
        count = 1
        for size in self.shape:
            count *= size
        return count


class Checkpoint:
    """A folder with ``config.json`` and safetensors.

    Raises:
        BundleError: If something is missing, quantised, or only there as a pickle.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_json(folder / "config.json")
        if "quantization_config" in self.config:
            raise BundleError(
                f"{folder}: these weights are quantised; merging needs the 16-bit base. Name it with --base."
            )
        self.tensors: dict[str, TensorInfo] = {}
        for file in weight_files(folder):
            for name, shape, dtype in _listing(file):
                if name in self.tensors:
                    raise BundleError(f"{folder}: {name} is in two files. Copy the base again.")
                self.tensors[name] = TensorInfo(name, file, shape, dtype)

    @property
    def tied(self) -> bool:
        """Whether the output layer is the embedding's weights."""
        text = self.config.get("text_config", {})
        return bool(self.config.get("tie_word_embeddings", text.get("tie_word_embeddings", False)))

    def rows(self, info: TensorInfo) -> Iterator[tuple[int, Tensor]]:
        """A tensor in blocks of rows, each with the number of its first row; a vector is one block."""
        try:
            with safe_open(info.file, framework="pt") as file:
                if len(info.shape) < 2:
                    yield 0, file.get_tensor(info.name)
                    return
                part = file.get_slice(info.name)
                step = max(1, BLOCK_VALUES // max(1, info.values // info.shape[0]))
                for start in range(0, info.shape[0], step):
                    yield start, part[start : start + step]
        except (SafetensorError, OSError) as error:
            raise BundleError(f"{info.file}: cannot be read: {error}. Copy the base again.") from None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that belong to a checkpoint.

    Raises:
        BundleError: If there are none, or one that the index names is missing.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        mapping = read_json(index).get("weight_map", {})
        files = sorted({folder / str(name) for name in mapping.values()})
    else:
        files = sorted(folder.glob("*.safetensors"))
    missing = [file.name for file in files if not file.is_file() or file.parent != folder]
    if missing:
        raise BundleError(f"{folder}: there is no {', no '.join(missing)}. The copy is incomplete.")
    if files:
        return files
    pickles = [path.name for pattern in ("*.bin", "*.pt", "*.pth") for path in folder.glob(pattern)]
    if pickles:
        raise BundleError(
            f"{folder}: holds {pickles[0]}, a pickle, which can run any code and is never opened. "
            "Save the model as safetensors where it came from."
        )
    raise BundleError(f"{folder}: there is no .safetensors file in it. Name the folder of a checkpoint.")


def is_float(info: TensorInfo) -> bool:
    """Whether a tensor holds weights, not indices."""
    return info.dtype in _FLOATS


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        BundleError: If it is missing or is none.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise BundleError(f"{path.parent}: there is no {path.name} in it. Check the path.") from None
    except (OSError, ValueError) as error:
        raise BundleError(f"{path}: cannot be read: {error}. Copy it again.") from None
    if not isinstance(document, dict):
        raise BundleError(f"{path}: not a JSON object. Copy it again.")
    return document


def _listing(file: Path) -> Iterator[tuple[str, tuple[int, ...], str]]:
    try:
        with safe_open(file, framework="pt") as handle:
            for name in handle.keys():  # noqa: SIM118 - safe_open is no mapping
                part = handle.get_slice(name)
                yield name, tuple(part.get_shape()), part.get_dtype()
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{file}: not a whole safetensors file: {error}. Copy the base again.") from None


@dataclass
class ShardWriter:
    """Writes one safetensors file, tensor by tensor, in the order of ``layout``, flushed to the disk at the end.

    Args:
        layout: Name, type and shape of each tensor, known before: the header stands first.
    """

    path: Path
    layout: Sequence[tuple[str, torch.dtype, tuple[int, ...]]]
    _file: BinaryIO = field(init=False)
    _written: int = field(init=False, default=0)

    def __enter__(self) -> Self:
        """Write the header."""
        header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        offset = 0
        for name, dtype, shape in self.layout:
            count = 1
            for size in shape:
                count *= size
            end = offset + count * dtype.itemsize
            header[name] = {"dtype": _NAMES[dtype], "shape": list(shape), "data_offsets": [offset, end]}
            offset = end
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        self._expected = offset
        self._file = self.path.open("wb")
        self._file.write(struct.pack("<Q", len(text)) + text)
        return self

    def write(self, block: Tensor) -> None:
        """The next values."""
        self._written += self._file.write(_bytes(block))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush and close; a file that is not whole is never left under its name."""
        if kind is None:
            assert self._written == self._expected
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()


def _bytes(block: Tensor) -> memoryview:
    """The values as they lie in memory, without a copy."""
    values: Any = block.contiguous().reshape(-1).view(torch.uint8).numpy()
    return memoryview(values)


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
