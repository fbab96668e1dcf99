"""A checkpoint: everything a run needs to go on, in safetensors and JSON; whole or not there at all."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from finetune.disk import refusal
from finetune.errors import TrainingError
from finetune.methods.base import Implementation

ADAPTER_NAMES = ("lora_", "hira_", "miss_")


def adapter_state(model: nn.Module) -> dict[str, Tensor]:
    """All tensors of the adapter, frozen ones too, by name; nothing of the base."""
    state = model.state_dict()
    trainable = {name for name, value in model.named_parameters() if value.requires_grad}
    mine = (n for n in state if n in trainable or any(f".{part}" in n for part in ADAPTER_NAMES))
    return {name: state[name].detach().cpu().contiguous().clone() for name in mine}


def load_adapter(model: nn.Module, file: Path) -> None:
    """Put saved tensors back into an adapter of the same shape."""
    own = model.state_dict()
    for name, tensor in load_file(file).items():
        own[name].copy_(tensor)


def save(
    folder: Path,
    model: Any,
    optimizer: torch.optim.Optimizer,
    method: Implementation,
    *,
    step: int,
    notes: dict[str, Any],
) -> Path:
    """Write ``step-N`` under a temporary name, flush it to the disk, and rename it; then drop all but the last two.

    What a process that was killed had begun is cleared away first.

    Raises:
        TrainingError: When the disk is full; the checkpoints before this one stay.
    """
    final, temporary = folder / f"step-{step:08d}", folder / f".step-{step:08d}.part"
    for begun in folder.glob(".step-*.part"):
        shutil.rmtree(begun, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        save_file(adapter_state(model), temporary / "adapter.safetensors")
        tensors, values = _flat_optimizer(optimizer)
        tensors |= {f"method/{name}": tensor.cpu() for name, tensor in method.state(model).items()}
        tensors["random/cpu"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["random/cuda"] = torch.cuda.get_rng_state()
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary / "training.safetensors")
        (temporary / "state.json").write_text(
            json.dumps({"step": step, "optimizer": values, **notes}), encoding="utf-8"
        )
        for file in temporary.iterdir():
            _flush(file)
        shutil.rmtree(final, ignore_errors=True)
        temporary.rename(final)
        _flush(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        reason = refusal(error)
        if reason is None:
            raise
        last = latest(folder)
        kept = f"{last} is whole; make room and run" if last else "Make room and run"
        raise TrainingError(
            f"{final}: the checkpoint could not be written: {reason}. {kept}: edgegen finetune resume {folder.parent}"
        ) from None
    for old in sorted(folder.glob("step-*"))[:-2]:
        shutil.rmtree(old)
    return final


def latest(folder: Path) -> Path | None:
    """The last whole checkpoint."""
    found = sorted(folder.glob("step-" + "[0-9]" * 8))
    return found[-1] if found else None


def step_of(folder: Path) -> int:
    """The step after which a checkpoint was written."""
    return int(folder.name.removeprefix("step-"))


def restore(folder: Path, model: Any, optimizer: torch.optim.Optimizer, method: Implementation) -> dict[str, Any]:
    """Put a checkpoint back and give its notes, ``step`` among them.

    Raises:
        TrainingError: When it is damaged, or of another recipe.
    """
    run = folder.parent.parent
    before = f"Delete it; edgegen finetune resume {run} then goes on from the one before it, or from the beginning"
    try:
        notes: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "training.safetensors")
        load_adapter(model, folder / "adapter.safetensors")
        _fill_optimizer(optimizer, tensors, notes["optimizer"])
    except (OSError, SafetensorError, UnicodeDecodeError, json.JSONDecodeError, TypeError, AttributeError) as error:
        raise TrainingError(f"{folder}: the checkpoint is damaged: {error}. {before}.") from None
    except (RuntimeError, KeyError, ValueError) as error:
        raise TrainingError(
            f"{folder}: the checkpoint does not fit the recipe: {error}. Put method and base back into "
            f"{run / 'recipe.toml'} as they were, or start a new run."
        ) from None
    method.restore(model, {n.removeprefix("method/"): t for n, t in tensors.items() if n.startswith("method/")})
    torch.set_rng_state(tensors["random/cpu"])
    if "random/cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random/cuda"])
    return notes


def _flat_optimizer(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The optimiser's state as tensors by ``state/KEY/NAME``, and as plain values."""
    tensors, values = {}, {}
    for key, state in optimizer.state_dict()["state"].items():
        for name, value in _unwrapped(state):
            if isinstance(value, Tensor):
                tensors[f"state/{key}/{name}"] = value.detach().cpu().clone()
            else:
                values[f"state/{key}/{name}"] = value
    return tensors, values


def _unwrapped(state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values of one parameter. bitsandbytes wraps its 8-bit moments in a dict for FSDP, and loads them bare too."""
    for name, value in state.items():
        if isinstance(value, dict):
            yield from value.items()
        else:
            yield name, value


def _fill_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
    whole = optimizer.state_dict()
    state: dict[Any, dict[str, Any]] = {}
    for path, value in [*tensors.items(), *values.items()]:
        kind, _, rest = path.partition("/")
        if kind == "state":
            key, _, name = rest.rpartition("/")
            state.setdefault(int(key) if key.isdigit() else key, {})[name] = value
    whole["state"] = state
    optimizer.load_state_dict(whole)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
