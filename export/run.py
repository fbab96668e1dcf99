"""A finished run: where its adapter, base, template and probes are, and the hashes that say what it was made of.

A run is a folder of ``edgegen finetune``, or just an adapter folder of PEFT. What is read of a run folder:

    run.json             status, base.path, base.sha256 (Checkpoint.fingerprint), lineage: all of it optional
    adapter/             adapter_config.json, adapter_model.safetensors; a tokenizer, where the run changed it
    probes/*.toml        go into the bundle
    heldout.txt          text the quantised model is measured on, instead of Python's reference
"""

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


@dataclass(frozen=True)
class Run:
    """What an export starts from.

    Args:
        base: Folder of the base's checkpoint.
        base_sha256: Fingerprint of the base it was trained on, None when the run does not say.
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


def read_run(folder: Path, base: Path | None) -> Run:
    """Find the parts of a run.

    Args:
        base: Overrides where the run says its base is.

    Raises:
        BundleError: If it did not finish, or it is not said where its base is.
    """
    if not folder.is_dir():
        raise BundleError(f"{folder}: there is no such run. Name its folder, or that of an adapter.")
    document = read_json(folder / "run.json") if (folder / "run.json").is_file() else {}
    status = document.get("status", "finished")
    if status != "finished":
        raise BundleError(f"{folder}: this run is {status!r}, not finished. Finish it with: edgegen finetune resume")
    adapter = folder / "adapter" if (folder / "adapter" / CONFIG).is_file() else folder
    if not (adapter / CONFIG).is_file():
        raise BundleError(f"{folder}: there is no {CONFIG}, here or in adapter/: the run did not finish.")
    told = document.get("base") if isinstance(document.get("base"), dict) else {}
    named = base or _local(told.get("path"), folder) or _local(read_json(adapter / CONFIG).get(_NAME), folder)
    if named is None:
        raise BundleError(f"{folder}: does not say where its base is on this machine. Name its folder with --base.")
    own = tuple(path for name in (*_TOKENIZER, _TEMPLATE) if (path := adapter / name).is_file())
    lineage = document.get("lineage") if isinstance(document.get("lineage"), dict) else {}
    weights = adapter / WEIGHTS
    if weights.is_file():
        lineage = {**lineage, "adapter_sha256": sha256_file(weights.resolve())}
    heldout = folder / "heldout.txt"
    return Run(
        adapter=adapter,
        base=named,
        base_sha256=told.get("sha256"),
        tokenizer_files=own if any(path.name.startswith("tokenizer") for path in own) else (),
        probes=tuple(sorted((folder / "probes").glob("*.toml"))),
        heldout=heldout if heldout.is_file() else None,
        lineage=lineage,
    )


_NAME = "base_model_name_or_path"


def _local(named: Any, folder: Path) -> Path | None:
    if not isinstance(named, str) or not named:
        return None
    path = folder / named
    return path if (path / "config.json").is_file() else None
