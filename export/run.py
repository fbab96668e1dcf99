"""A finished run: where its adapter, base, template and probes are, and the hashes that say what it was made of.

A run is a folder of ``edgegen finetune``, or just an adapter folder of PEFT. What is read of a run folder:

    run.json             fold (there once it has finished), base, base_sha256, method, load, recipe_sha256, data_sha256
    adapter[/TASK]/      adapter_config.json, adapter_model.safetensors; a tokenizer, where the run changed it
    probes/*.toml        go into the bundle
    heldout.txt          text the quantised model is measured on, instead of Python's reference
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgegen.bundle_verify import sha256_file
from edgegen.errors import BundleError
from export.checkpoint import read_json
from export.fold import CONFIG, WEIGHTS

_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
)
_TEMPLATE = "chat_template.jinja"
_LINEAGE = ("recipe_sha256", "data_sha256", "seed", "load")


@dataclass(frozen=True)
class Run:
    """What an export starts from.

    Args:
        base: Folder of the base's checkpoint.
        base_sha256: ``base_sha256`` of the base it was trained on, None when the run does not say.
        tokenizer_files: Tokenizer and template of the run, where it brings its own.
        lineage: Hashes, for the manifest.
    """

    adapter: Path
    base: Path
    base_sha256: str | None
    tokenizer_files: tuple[Path, ...] = ()
    probes: tuple[Path, ...] = ()
    heldout: Path | None = None
    lineage: dict[str, Any] = field(default_factory=dict)


def read_run(folder: Path, base: Path | None, task: str | None = None) -> Run:
    """Find the parts of a run.

    Args:
        base: Overrides where the run says its base is.
        task: Which adapter of a run that trained one for each task.

    Raises:
        BundleError: If it did not finish, its method has no plain adapter, or it is not said where its base is.
    """
    if not folder.is_dir():
        raise BundleError(f"{folder}: there is no such run. Name its folder, or that of an adapter.")
    document = read_json(folder / "run.json") if (folder / "run.json").is_file() else None
    adapter = folder if document is None else _adapter_of(folder, document, task)
    if not (adapter / CONFIG).is_file():
        raise BundleError(f"{folder}: there is no {adapter.name}/{CONFIG}: the run did not finish, or this is no run.")
    document = document or {}
    named = base or _local(document.get("base")) or _local(read_json(adapter / CONFIG).get("base_model_name_or_path"))
    if named is None:
        raise BundleError(f"{folder}: does not say where its base is on this machine. Name its folder with --base.")
    own = tuple(path for name in (*_TOKENIZER, _TEMPLATE) if (path := adapter / name).is_file())
    lineage = {name: document[name] for name in _LINEAGE if name in document}
    if (adapter / WEIGHTS).is_file():
        lineage["adapter_sha256"] = sha256_file((adapter / WEIGHTS).resolve())
    heldout = folder / "heldout.txt"
    return Run(
        adapter=adapter,
        base=named,
        base_sha256=document.get("base_sha256"),
        tokenizer_files=own if any(path.name.startswith("tokenizer") for path in own) else (),
        probes=tuple(sorted((folder / "probes").glob("*.toml"))),
        heldout=heldout if heldout.is_file() else None,
        lineage=lineage,
    )


def base_sha256(folder: Path) -> str:
    """One hash over configuration, tokenizer and weights of a checkpoint; the same one that a run records."""
    digest = hashlib.sha256()
    names = ("config.json", "tokenizer.json", "*.safetensors")
    for file in sorted(found for name in names for found in folder.glob(name)):
        digest.update(f"{file.name} {sha256_file(file.resolve())}\n".encode())
    return digest.hexdigest()


def _adapter_of(folder: Path, document: Mapping[str, Any], task: str | None) -> Path:
    fold = document.get("fold")
    if not isinstance(fold, Mapping):
        raise BundleError(f"{folder}: this run has not finished. Finish it with: edgegen finetune resume")
    method = document.get("method")
    method = method if isinstance(method, Mapping) else {}
    name = method.get("name", "?")
    adapters = fold.get("adapters") or {}
    if not adapters:
        raise BundleError(f"{folder}: its method, {name}, has no plain adapter, and merging it is not supported yet.")
    if method.get("changes_base"):
        raise BundleError(
            f"{folder}: its method, {name}, changed the base while it trained: the adapter would be wrong on the base "
            "as it is. Exporting it is not supported yet."
        )
    chosen = next(iter(adapters)) if task is None and len(adapters) == 1 else task
    if chosen not in adapters:
        raise BundleError(f"{folder}: trained an adapter for each task: choose one with --task {'|'.join(adapters)}.")
    return folder / str(adapters[chosen]["folder"])


def _local(named: Any) -> Path | None:
    """A checkpoint's folder, when that is what a name means here and not one of a hub."""
    if not isinstance(named, str) or not named:
        return None
    return Path(named) if (Path(named) / "config.json").is_file() else None
