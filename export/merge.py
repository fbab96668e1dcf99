"""Base + adapter -> a 16-bit checkpoint, in the memory of a few rows.

Each tensor is read in blocks of rows, changed in float32, checked, rounded to F16 and written; PEFT's merge holds the
whole model. F16 and not BF16 because llama.cpp's converter needs ten times the memory for BF16 shards.

A merge that was interrupted goes on with the shards that are whole: they get their names only when they are. What was
begun with other inputs is thrown away.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from edgegen.errors import BundleError
from export.checkpoint import Checkpoint, ShardWriter, TensorInfo, digest_of, is_float
from export.fold import Update

SHARD_BYTES = 1024**3
F16_MAX = 65504.0
_EMBEDDING, _OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
_PLAN, _DONE = "plan.json", "model.safetensors.index.json"
# Beside the weights: whatever tokenizers, templates and configurations are called. Never code, never a pickle.
_COPIED = ("*.json", "*.jinja", "*.txt", "*.model")

# Called with the number of values written since the last call.
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Output:
    """A tensor to be written: ``name`` from the base's ``source``, changed by ``update``."""

    name: str
    source: TensorInfo
    update: Update | None

    @property
    def dtype(self) -> torch.dtype:
        """F16; vectors stay F32, as in a GGUF."""
        return torch.float16 if len(self.source.shape) > 1 else torch.float32

    @property
    def size_bytes(self) -> int:
        """Size in the file."""
        element_bytes: int = self.dtype.itemsize
        return self.source.values * element_bytes


def merge(
    base: Checkpoint, updates: Mapping[str, Update], out: Path, identity: Mapping[str, str], progress: Progress
) -> Path:
    """Write the merged checkpoint to ``out``.

    Args:
        updates: By name of the tensor; empty to bring a base to F16.
        identity: Hashes of whatever goes in; a merge is resumed only when they are the same.

    Returns:
        ``out``.

    Raises:
        BundleError: If a value is not finite or too large for F16, or the disk is full.
    """
    outputs = plan(base, updates)
    key = digest_of({**identity, "tensors": [output.name for output in outputs], "shard_bytes": SHARD_BYTES})
    try:
        if (out / _PLAN).is_file() and (out / _PLAN).read_text() != key:
            shutil.rmtree(out)
        out.mkdir(parents=True, exist_ok=True)
        if (out / _DONE).is_file():
            return out
        (out / _PLAN).write_text(key)
        shards = list(_shards(outputs))
        index: dict[str, str] = {}
        for number, shard in enumerate(shards, 1):
            name = f"model-{number:05}-of-{len(shards):05}.safetensors"
            index |= {output.name: name for output in shard}
            if not (out / name).is_file():
                _write_shard(base, shard, out / name, progress)
        untied = base.tied and any(output.name == _OUTPUT for output in outputs)
        _copy_rest(base, out, untied=untied)
        document = {"metadata": {"total_size": sum(o.size_bytes for o in outputs)}, "weight_map": index}
        temporary = out / f".{_DONE}"
        temporary.write_text(json.dumps(document, indent=1, sort_keys=True))
        temporary.replace(out / _DONE)
    except OSError as error:
        raise BundleError(f"{out}: cannot be written: {error.strerror}. Make room and run the export again.") from None
    return out


def plan(base: Checkpoint, updates: Mapping[str, Update]) -> list[Output]:
    """What is written, in order.

    Where lm_head is the embedding's weights and only one of the two is changed, both are written: sharing them would
    change the other one too. A copy of a tied lm_head in the base's files is nobody's: transformers ignores it.
    """
    outputs = [
        Output(name, info, updates.get(name))
        for name, info in base.tensors.items()
        if is_float(info) and not (base.tied and name == _OUTPUT)
    ]
    if base.tied and (_OUTPUT in updates or _EMBEDDING in updates):
        outputs.append(Output(_OUTPUT, base.tensors[_EMBEDDING], updates.get(_OUTPUT)))
    return outputs


def merged_bytes(outputs: list[Output]) -> int:
    """Size of the merged checkpoint."""
    return sum(output.size_bytes for output in outputs)


def shapes_of(base: Checkpoint) -> dict[str, tuple[int, ...]]:
    """The shapes an adapter must fit, by name; a tied lm_head has its embedding's."""
    shapes = {name: info.shape for name, info in base.tensors.items()}
    if base.tied and _EMBEDDING in shapes:
        shapes.setdefault(_OUTPUT, shapes[_EMBEDDING])
    return shapes


def _shards(outputs: list[Output]) -> Iterator[list[Output]]:
    shard: list[Output] = []
    size_bytes = 0
    for output in outputs:
        if shard and size_bytes + output.size_bytes > SHARD_BYTES:
            yield shard
            shard, size_bytes = [], 0
        shard.append(output)
        size_bytes += output.size_bytes
    yield shard


def _write_shard(base: Checkpoint, shard: list[Output], path: Path, progress: Progress) -> None:
    temporary = path.with_name(f".{path.name}")
    with ShardWriter(temporary, [(output.name, output.dtype, output.source.shape) for output in shard]) as writer:
        for output in shard:
            for start, block in base.rows(output.source):
                writer.write(_changed(output, block, start))
                progress(block.numel())
    temporary.replace(path)
    # Written pages are of no use to us and would push out the base's.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _changed(output: Output, block: Tensor, start: int) -> Tensor:
    new = block.float()
    if output.update is not None:
        new = output.update.rows(new, start)
    largest = new.abs().max().item() if new.numel() else 0.0
    if not largest <= F16_MAX:  # NaN compares false
        what = f"is {largest:.3g}, more than F16 can hold (65504)" if largest > F16_MAX else "is not a number"
        if largest == float("inf"):
            what = "is infinite"
        raise BundleError(
            f"{output.name}: a value of the merged weights {what}. The base or the adapter is broken: take another "
            "checkpoint of the run."
        )
    return new.to(output.dtype)


def _copy_rest(base: Checkpoint, out: Path, *, untied: bool) -> None:
    for pattern in _COPIED:
        for path in sorted(base.folder.glob(pattern)):
            if not path.name.startswith("model.safetensors"):
                shutil.copyfile(path, out / path.name)
    config = dict(base.config)
    config.pop("torch_dtype", None)
    config["dtype"] = "float16"
    if untied:
        config["tie_word_embeddings"] = False
    (out / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
