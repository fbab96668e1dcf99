"""Continual tuning: a training that goes on from an earlier run (``method.init_adapter``), checked before it starts.

The earlier run's plain adapter is what counts, so it may be of any method that folds exactly and leaves its base alone.
``finetune.methods.continual`` says what is computed.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.data import base_sha256, file_sha256
from finetune.errors import TrainingError
from finetune.recipe import Recipe

if TYPE_CHECKING:
    from finetune.methods.base import Fold, Implementation

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
_PREFIX = "base_model.model."


@dataclass(frozen=True)
class Earlier:
    """The adapter that a training goes on from.

    Args:
        run: The folder of the run that made it.
        adapter: Its plain A and B.
        rank: One for all modules; alpha is equal to it.
        modules: Whole names of those it adapts.
    """

    run: Path
    adapter: Path
    rank: int
    modules: tuple[str, ...]
    sha256: str


def check(recipe: Recipe, load: str) -> Earlier | None:
    """The adapter that a recipe goes on from, checked against recipe and base; None where it starts anew.

    Args:
        load: How the recipe holds its base, ``auto`` decided.

    Raises:
        TrainingError: When it is no adapter of a finished run, or one that does not fit.
    """
    earlier = earlier_of(recipe)
    if earlier is not None:
        where = _where(recipe.method.init_adapter)
        facts = _json(earlier.run / "run.json", where)
        _check_base(recipe, facts, load, where)
        written = {
            earlier.run / str(entry["folder"]): entry.get("sha256") for entry in facts["fold"]["adapters"].values()
        }
        if written.get(earlier.adapter) not in (None, earlier.sha256):
            raise TrainingError(f"{where}: {WEIGHTS} is not what that run wrote: half a copy? Copy the run again.")
    return earlier


def earlier_of(recipe: Recipe) -> Earlier | None:
    """As ``check``, without reading the whole base for its hash."""
    path = recipe.method.init_adapter
    if path is None:
        return None
    where = _where(path)
    run, facts = _finished_run(path, where)
    adapter = _adapter_folder(path, run, facts, where)
    config = _json(adapter / CONFIG, where)
    try:
        rank, modules, sha256 = int(config["r"]), tuple(config["target_modules"]), file_sha256(adapter / WEIGHTS)
    except (OSError, KeyError, TypeError, ValueError) as error:
        said = f"{WEIGHTS} cannot be read: {error}" if isinstance(error, OSError) else f"{CONFIG} lacks {error}"
        raise TrainingError(f"{where}: {said}. Copy the run again.") from None
    if recipe.method.continual == "warm" and rank != recipe.method.rank:
        raise TrainingError(
            f"{where}: its adapter has rank {rank}, this recipe method.rank = {recipe.method.rank}. Write "
            f'method.rank = {rank}, or method.continual = "c-lora", which keeps it beside a new one of any rank.'
        )
    left_out = [name for name in modules if not any(_is(name, target) for target in recipe.method.targets)]
    if left_out:
        kinds = ", ".join(sorted({name.rpartition(".")[2] for name in modules}))
        raise TrainingError(
            f"{where}: its adapter changes {left_out[0]}, which method.targets leaves out. Adapt all of: {kinds}."
        )
    return Earlier(run, adapter, rank, modules, sha256)


def implementation_of(recipe: Recipe) -> "Implementation":
    """The method of a recipe, going on from an earlier adapter where the recipe names one.

    Raises:
        TrainingError: As ``earlier_of``.
    """
    from finetune.methods.continual import CLora, WarmStart  # noqa: PLC0415  (torch, which a plan can do without)

    method, earlier = recipe.row.load(), earlier_of(recipe)
    if earlier is None:
        return method
    if recipe.method.continual == "c-lora":
        return CLora(method, read_fold(earlier.adapter), recipe.method.forget_weight)
    return WarmStart(method, read_fold(earlier.adapter))


def read_fold(adapter: Path) -> "Fold":
    """The plain A and B of an adapter folder, by module."""
    from safetensors.torch import load_file  # noqa: PLC0415  (torch)

    tensors = load_file(adapter / WEIGHTS)
    names = [name.removeprefix(_PREFIX).removesuffix(".lora_A.weight") for name in tensors if ".lora_A." in name]
    return {n: (tensors[f"{_PREFIX}{n}.lora_A.weight"], tensors[f"{_PREFIX}{n}.lora_B.weight"]) for n in names}


def line(earlier: Earlier, recipe: Recipe) -> str:
    """For the plan."""
    method = recipe.method
    if method.continual == "warm":
        return f"from {earlier.adapter}, whose adapter is trained on"
    rank = earlier.rank + method.rank
    return f"from {earlier.adapter}, frozen beside the new adapter (C-LoRA); the export has rank {rank}"


def facts_of(recipe: Recipe) -> dict[str, Any] | None:
    """What ``run.json`` says of where a training went on from."""
    earlier = earlier_of(recipe)
    if earlier is None:
        return None
    return {
        "run": str(earlier.run.absolute()),
        "adapter": str(earlier.adapter.relative_to(earlier.run)),
        "rank": earlier.rank,
        "sha256": earlier.sha256,
        "continual": recipe.method.continual,
    }


def _where(path: Path | None) -> str:
    return f"method.init_adapter: {path}"


def _finished_run(path: Path, where: str) -> tuple[Path, dict[str, Any]]:
    """The run that a path names, or whose adapter it names, and its ``run.json``."""
    run = next((folder for folder in (path, *path.parents[:2]) if (folder / "run.json").is_file()), None)
    if run is None:
        raise TrainingError(f"{where}: is no run. Give the folder that `edgegen finetune run` filled.")
    facts = _json(run / "run.json", where)
    if "fold" not in facts or not (run / "REPORT.md").is_file():
        raise TrainingError(f"{where}: that run is not finished. Go on with it: edgegen finetune resume {run}")
    return run, facts


def _adapter_folder(path: Path, run: Path, facts: dict[str, Any], where: str) -> Path:
    method, adapters = facts["method"], facts["fold"]["adapters"]
    folders: list[Path] = [run / str(entry["folder"]) for entry in adapters.values()]
    if method["changes_base"] or facts["fold"]["export"] != "exact":
        why = "belongs to a base that it made itself" if method["changes_base"] else "is no exact plain A and B"
        raise TrainingError(
            f"{where}: the adapter of {method['name']} {why}, so no other training can go on from it. "
            "Merge it into a checkpoint (edgegen export) and start from that."
        )
    if path != run and path in folders:
        return path
    if len(folders) > 1:
        raise TrainingError(
            f"{where}: that run made one adapter for each task. Give one: {', '.join(map(str, folders))}."
        )
    return folders[0]


def _check_base(recipe: Recipe, facts: dict[str, Any], load: str, where: str) -> None:
    base = recipe.base.model
    same = facts["base_sha256"] == base_sha256(base) if base.is_dir() else facts["base"] == str(base)
    if not same:
        raise TrainingError(
            f"{where}: was trained on another base, {facts['base']} (sha256 {facts['base_sha256']}); base.model is "
            f"{base}. An adapter is right on its own base only."
        )
    if (facts["load"] == "nf4") != (load == "nf4"):
        raise TrainingError(
            f"{where}: was trained on a base held in {facts['load']}, and this recipe holds it in {load}. "
            f'Write base.load = "{facts["load"]}".'
        )


def _is(name: str, target: str) -> bool:
    return name == target or name.endswith(f".{target}")


def _json(file: Path, where: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{where}: {file.name} cannot be read: {error}. Copy the run again.") from None
    return found
