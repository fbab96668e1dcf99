"""By what a run can be repeated: its recipe with every key, and the facts of ``run.json``."""

import importlib.metadata
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from finetune import continual
from finetune.backends import peft_backend as backend
from finetune.data import Dataset, base_sha256, file_sha256
from finetune.errors import TrainingError
from finetune.presets import toml
from finetune.processes import world
from finetune.recipe import HUB, Recipe
from finetune.recipe_keys import KEYS, SECTIONS
from finetune.training.gpu_room import memory_estimate
from finetune.training.setup import Setup

# What computes; of those that are not installed there is no version.
PACKAGES = (
    "edgegen", "torch", "transformers", "peft", "bitsandbytes", "tokenizers", "safetensors", "polars", "unsloth",
    "unsloth_zoo", "triton",
)  # fmt: skip


def recipe_as_run(recipe: Recipe) -> str:
    """The recipe with every key and every path whole."""
    lines = ["# The recipe as it was run. Go on with: edgegen finetune resume FOLDER"]
    for section in SECTIONS:
        lines += ["", f"[{section}]"]
        for key in (key for key in KEYS if key.section == section):
            value = getattr(getattr(recipe, section), key.name)
            named = (key.dotted == "base.model" and recipe.base.hub) or str(value).startswith(HUB)
            if isinstance(value, Path) and not named:
                value = value.absolute()
            lines.append(f"# {key.name} is not set" if value is None else f"{key.name} = {toml(value)}")
    return "\n".join(lines) + "\n"


def facts_of(setup: Setup) -> dict[str, Any]:
    """What is known before the first step."""
    recipe, dataset = setup.recipe, setup.dataset
    total = sum(value.numel() for value in setup.model.parameters() if value.requires_grad)
    folder, on_gpu = recipe.base.model, setup.device.type == "cuda"
    facts = {
        "method": recipe.row.as_json(),
        "backend": setup.backend.name,
        "processes": world(),
        "device": torch.cuda.get_device_name() if on_gpu else platform.processor() or "CPU",
        "load": backend.load_of(recipe),
        "steps": setup.steps,
        "trainable_parameters": total,
        "seed": recipe.train.seed,
        "base": str(folder),
        "base_sha256": base_sha256(folder) if folder.is_dir() else None,
        "data_sha256": dataset.sha256,
        "init_adapter": continual.facts_of(recipe),
        "recipe_sha256": file_sha256(setup.folder / "recipe.toml"),
        "examples": {
            "train": len(dataset.train),
            "held_out": len(dataset.validation),
            "held_out_also_trained": dataset.also_trained,
        },
        "versions": {"python": platform.python_version()} | {n: _version(n) for n in PACKAGES},
    }
    if on_gpu:
        facts["memory_estimate"] = memory_estimate(recipe, setup.backend.name)
    return facts


def read_facts(folder: Path) -> dict[str, Any]:
    """What ``run.json`` of a run folder says.

    Raises:
        TrainingError: When it cannot be read.
    """
    try:
        found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        found["data_sha256"].values(), found["base_sha256"], found["init_adapter"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(
            f"{folder / 'run.json'}: cannot be read: {error}. It says what base and data the run began with: copy it "
            "back, or start a new run."
        ) from None
    return found


def changed_since(before: Mapping[str, Any], recipe: Recipe, dataset: Dataset) -> list[str]:
    """Data, base and earlier adapter that are no longer what a run began with.

    Args:
        before: The facts it began with.
    """
    data, now = before["data_sha256"], dataset.sha256
    moved = list(data.values()) == list(now.values())  # the same files in the same roles, wherever they lie
    changed = [] if moved else [path for path in {**data, **now} if data.get(path) != now.get(path)]
    if recipe.base.model.is_dir() and before["base_sha256"] != base_sha256(recipe.base.model):
        changed.append(str(recipe.base.model))
    earlier = continual.earlier_of(recipe)
    if earlier and earlier.sha256 != before["init_adapter"]["sha256"]:
        changed.append(str(earlier.adapter))
    return changed


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
