"""A finished run: where its adapter, base, template and probes are, and the hashes that say what it was made of.

A run is a folder of ``edgegen finetune``, or just an adapter folder of PEFT. What is read of a run folder:

    run.json             fold (there once it has finished), base, base_sha256, trained_base, method, load, examples,
                         recipe_sha256, data_sha256
    recipe.toml          section [export]: see ``export.thresholds``
    adapter[/TASK]/      adapter_config.json, adapter_model.safetensors; a tokenizer, where the run changed it
    base_4bit.safetensors   the 4-bit weights of methods that quantise the base themselves (LoftQ, IR-QLoRA)
    probes/*.toml        go into the bundle
    heldout.txt          text the quantised model is measured on, instead of Python's reference
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgegen.bundle_verify import sha256_file
from edgegen.errors import BundleError
from export.checkpoint import read_json
from export.fold import CONFIG, WEIGHTS
from export.nf4 import STORED, TrainedBase
from export.thresholds import recipe_settings

_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
)
_TEMPLATE = "chat_template.jinja"
_LINEAGE = ("recipe_sha256", "data_sha256", "code_sha256", "versions", "seed", "load")


@dataclass(frozen=True)
class Run:
    """One adapter of a run: what an export starts from.

    Args:
        name: Of the folder or task, as an adapter may be called.
        method: Of ``edgegen finetune methods``; None for a bare adapter.
        base: Folder of the base's checkpoint.
        base_sha256: ``base_sha256`` of the base it was trained on, None when the run does not say.
        trained_base: The 4-bit form of the base that the adapter saw; None: the base as it is.
        examples: How many it was trained on, None when the run does not say.
        tokenizer_files: Tokenizer and template of the run, where it brings its own.
        settings: The section [export] of its recipe.
        lineage: Hashes, for the manifest.
    """

    name: str
    adapter: Path
    base: Path
    base_sha256: str | None
    method: str | None = None
    task: str | None = None
    trained_base: TrainedBase | None = None
    examples: int | None = None
    tokenizer_files: tuple[Path, ...] = ()
    probes: tuple[Path, ...] = ()
    heldout: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    lineage: dict[str, Any] = field(default_factory=dict)


def read_runs(folder: Path, base: Path | None, task: str | None = None) -> list[Run]:
    """Find the adapters of a run: one, or one for each of its tasks.

    Args:
        base: Overrides where the run says its base is.
        task: Only the adapter of this one.

    Raises:
        BundleError: If it did not finish, lacks a part, or it is not said where its base is.
    """
    if not folder.is_dir():
        raise BundleError(f"{folder}: there is no such run. Name its folder, or that of an adapter.")
    if not (folder / "run.json").is_file():
        if task is not None:
            raise BundleError(f"--task {task}: {folder} is one adapter, not a run with one for each task.")
        return [_read(folder, {}, folder, base, None)]
    document = read_json(folder / "run.json")
    adapters = _adapters_of(folder, document)
    if task is not None and task not in adapters:
        tasks = "|".join(filter(None, adapters))
        raise BundleError(
            f"{folder}: has no adapter for the task {task!r}; "
            + (f"choose one with --task {tasks}." if tasks else "it trained a single one: leave --task out.")
        )
    chosen = adapters if task is None else {task: adapters[task]}
    return [_read(folder, document, folder / path, base, name or None) for name, path in chosen.items()]


def base_sha256(folder: Path) -> str:
    """One hash over configuration, tokenizer and weights of a checkpoint; the same one that a run records."""
    digest = hashlib.sha256()
    names = ("config.json", "tokenizer.json", "*.safetensors")
    for file in sorted(found for name in names for found in folder.glob(name)):
        digest.update(f"{file.name} {sha256_file(file.resolve())}\n".encode())
    return digest.hexdigest()


def _adapters_of(folder: Path, document: Mapping[str, Any]) -> dict[str, str]:
    """By task, "" where there is none: the folder of its adapter."""
    fold = document.get("fold")
    if not isinstance(fold, Mapping):
        raise BundleError(f"{folder}: this run has not finished. Finish it with: edgegen finetune resume {folder}")
    adapters = fold.get("adapters")
    if not isinstance(adapters, Mapping) or not adapters:
        raise BundleError(
            f"{folder}: run.json names no adapter. It was written before merge-only methods kept theirs: train again."
        )
    paths = {str(name): str(entry.get("folder", "")) for name, entry in adapters.items() if isinstance(entry, Mapping)}
    for path in paths.values():
        if not path or Path(path).is_absolute() or ".." in Path(path).parts:
            raise BundleError(f"{folder}: run.json names the adapter {path!r}, which is outside the run.")
    return paths


def _read(folder: Path, document: Mapping[str, Any], adapter: Path, base: Path | None, task: str | None) -> Run:
    if not (adapter / CONFIG).is_file():
        raise BundleError(f"{folder}: there is no {adapter.name}/{CONFIG}: the run did not finish, or this is no run.")
    named = base or _local(document.get("base")) or _local(read_json(adapter / CONFIG).get("base_model_name_or_path"))
    if named is None:
        raise BundleError(f"{folder}: does not say where its base is on this machine. Name its folder with --base.")
    own = tuple(path for name in (*_TOKENIZER, _TEMPLATE) if (path := adapter / name).is_file())
    lineage = {name: document[name] for name in _LINEAGE if name in document}
    if isinstance(lineage.get("data_sha256"), Mapping):
        # A bundle travels: it names its data, and not the folders of the machine that trained it.
        lineage["data_sha256"] = {Path(path).name: sha for path, sha in lineage["data_sha256"].items()}
    if (adapter / WEIGHTS).is_file():
        lineage["adapter_sha256"] = sha256_file((adapter / WEIGHTS).resolve())
    heldout = folder / "heldout.txt"
    method = document.get("method")
    method = method if isinstance(method, Mapping) else {}
    examples = document.get("examples")
    return Run(
        name=re.sub(r"[^A-Za-z0-9_.-]", "-", task or folder.resolve().name).lstrip("_.-")[:64],
        adapter=adapter,
        base=named,
        base_sha256=document.get("base_sha256"),
        method=method.get("name"),
        task=task,
        trained_base=_trained_base(folder, document, method),
        examples=examples.get("train") if isinstance(examples, Mapping) else None,
        tokenizer_files=own if any(path.name.startswith("tokenizer") for path in own) else (),
        probes=tuple(sorted((folder / "probes").glob("*.toml"))),
        heldout=heldout if heldout.is_file() else None,
        settings=recipe_settings(folder / "recipe.toml"),
        lineage=lineage,
    )


def _trained_base(folder: Path, document: Mapping[str, Any], method: Mapping[str, Any]) -> TrainedBase | None:
    """In which 4-bit form the run held its base; None: in none."""
    said = document.get("trained_base")
    if isinstance(said, Mapping):
        stored = folder / STORED if said.get("file") == STORED else None
        if stored is not None and not stored.is_file():
            raise BundleError(
                f"{folder}: there is no {STORED} in it, the base its adapter belongs to. Copy the run again."
            )
        return TrainedBase(str(said.get("dtype", "float32")), said.get("weights_sha256"), stored)
    if method.get("changes_base"):
        raise BundleError(
            f"{folder}: its method, {method.get('name')}, quantised the base itself, and the run does not hold what "
            "became of it: it was written by an older edgegen. Train again."
        )
    return TrainedBase("float32", None, None) if document.get("load") == "nf4" else None


def _local(named: Any) -> Path | None:
    """A checkpoint's folder, when that is what a name means here and not one of a hub."""
    if not isinstance(named, str) or not named:
        return None
    return Path(named) if (Path(named) / "config.json").is_file() else None
