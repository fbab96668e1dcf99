"""Bundles on a gateway: which are installed, which is current, and what the engine loads.

A bundle is a folder ``<name>-<version>/`` with a manifest (``edgegen.manifest``). ``<data_dir>/bundles/`` holds them;
the symbolic links ``current`` and ``previous`` beside it say which one serves and which one served before.
"""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgegen.bundle_build import BundleBuilder, create_bundle, sync
from edgegen.bundle_verify import Progress, read_manifest, read_manifest_bytes, sha256_file, verify_bundle
from edgegen.config import Config
from edgegen.errors import BundleError
from edgegen.manifest import Adapter, BaseModel, FileEntry, Manifest, version_key

__all__ = [
    "Adapter",
    "AdapterRef",
    "BaseModel",
    "BundleBuilder",
    "FileEntry",
    "Manifest",
    "Progress",
    "ResolvedModel",
    "activate",
    "create_bundle",
    "current_folder",
    "installed_bundles",
    "read_manifest",
    "resolve_model",
    "verify_bundle",
    "version_key",
]

CURRENT = "current"
PREVIOUS = "previous"
CHAT_TEMPLATE = "chat_template.jinja"
GGUF_MAGIC = b"GGUF"


@dataclass(frozen=True)
class AdapterRef:
    """A LoRA adapter on this machine, ready to be loaded."""

    name: str
    path: Path
    scale: float
    task: str | None
    canary: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ResolvedModel:
    """What the engine loads.

    Args:
        sha256: Of ``manifest.json``, or of the GGUF when there is no bundle: the model's identity.
        chat_template: Jinja source that replaces the one inside the GGUF; None: use that one.
        defaults: Sampling fields for requests that leave them out.
        n_ctx: Longest context the model was trained for, in tokens; None when unknown.
        folder: The bundle's folder, None for a bare GGUF. Never a symbolic link, so a switch of ``current`` while the
            engine loads cannot mix two bundles.
    """

    name: str
    version: str
    sha256: str
    model_path: Path
    adapters: tuple[AdapterRef, ...]
    system_prompt: str | None
    chat_template: str | None
    defaults: dict[str, Any]
    n_ctx: int | None
    folder: Path | None


def resolve_model(config: Config) -> ResolvedModel:
    """Find what ``[model] bundle`` names and check it as far as a start can afford.

    Names and sizes are compared, not hashes: those were compared when the bundle was added, and reading 5 GB again
    would delay every start.

    Raises:
        BundleError: If it is missing, incomplete or of the wrong kind, or if an adapter-only bundle lacks its base.
    """
    path = _bundle_path(config)
    if path.is_file():
        return _resolve_gguf(path, config.node.data_dir)
    folder = path.resolve()
    manifest = verify_bundle(folder, hashes=False)
    template = folder / CHAT_TEMPLATE
    model_path = folder / manifest.model if manifest.model else _find_base(manifest, config)
    check_magic(model_path)
    return ResolvedModel(
        name=manifest.name,
        version=manifest.version,
        sha256=hashlib.sha256(read_manifest_bytes(folder)).hexdigest(),
        model_path=model_path,
        adapters=tuple(
            AdapterRef(item.name, folder / item.path, item.scale, item.task, item.canary) for item in manifest.adapters
        ),
        system_prompt=manifest.system_prompt,
        chat_template=_read_text(template) if manifest.entry(CHAT_TEMPLATE) else None,
        defaults=dict(manifest.sampling),
        n_ctx=manifest.n_ctx,
        folder=folder,
    )


def activate(data_dir: Path, folder: Path) -> None:
    """Make a bundle ``current`` and the one before it ``previous``.

    Each link is replaced in one step, ``previous`` first: a power cut between the two leaves both on the old bundle.

    Raises:
        BundleError: If the links cannot be written.
    """
    folder, data_dir = folder.resolve(), data_dir.resolve()
    before = current_folder(data_dir)
    if before == folder:
        return
    try:
        if before is not None:
            _link(data_dir, PREVIOUS, before)
        _link(data_dir, CURRENT, folder)
        sync(data_dir)
    except OSError as error:
        raise BundleError(
            f"{data_dir}: cannot switch `{CURRENT}` to {folder.name}: {error.strerror}. The folder needs a file "
            "system with symbolic links, such as ext4, and must be writable by this user."
        ) from None


def current_folder(data_dir: Path) -> Path | None:
    """The folder that ``current`` points to, None when there is none or it is gone."""
    link = data_dir / CURRENT
    return link.resolve() if link.is_dir() else None


def installed_bundles(data_dir: Path) -> dict[Path, Manifest]:
    """The installed bundles with a valid manifest, by folder, in order of name and version."""
    found = {}
    folders = sorted((data_dir / "bundles").iterdir()) if (data_dir / "bundles").is_dir() else []
    for folder in folders:
        if folder.is_dir() and not folder.name.startswith("."):
            with contextlib.suppress(BundleError):  # `edgegen doctor` names the broken ones
                found[folder] = read_manifest(folder)
    return dict(sorted(found.items(), key=lambda item: (item[1].name, version_key(item[1].version))))


def cached_sha256(path: Path, data_dir: Path) -> str:
    """SHA-256 of a file, read once for each size and time of change.

    Reading 5 GB at every start is too slow, so the result is kept in ``<data_dir>/cache/sha256.json``; a file that was
    changed has another time. Where the cache cannot be written it is computed each time.
    """
    path = path.resolve()
    info = path.stat()
    key = f"{path}:{info.st_ino}:{info.st_size}:{info.st_mtime_ns}"
    store = data_dir / "cache" / "sha256.json"
    try:
        known = json.loads(store.read_bytes())
        known = known if isinstance(known, dict) else {}
    except (OSError, ValueError):
        known = {}
    if not isinstance(known.get(key), str):
        known = {name: value for name, value in known.items() if not name.startswith(f"{path}:")}
        known[key] = sha256_file(path)
        with contextlib.suppress(OSError):
            store.parent.mkdir(parents=True, exist_ok=True)
            temporary = store.with_name(f".sha256-{os.getpid()}.json")
            temporary.write_text(json.dumps(known, indent=1))
            temporary.replace(store)
    return str(known[key])


def check_magic(path: Path) -> None:
    """Refuse a file that is no GGUF by its first four bytes, before llama.cpp gets to see it.

    Raises:
        BundleError: If it is none or cannot be read.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}. Check the path and its permissions.") from None
    if magic != GGUF_MAGIC:
        raise BundleError(
            f"{path}: not a GGUF file: it starts with {magic!r}, not {GGUF_MAGIC!r}. "
            "Name a .gguf file; if this is one, copy it again."
        )


def _bundle_path(config: Config) -> Path:
    if config.model.bundle != CURRENT:
        path = Path(config.model.bundle)
        if not path.exists():
            raise BundleError(f"{path}: there is no such bundle or .gguf file. Correct `bundle` in section [model].")
        return path
    link = config.node.data_dir / CURRENT
    if link.is_dir():
        return link
    what = (
        f"points to {link.readlink()}, which is gone" if link.is_symlink() else "does not exist: no model is there yet"
    )
    raise BundleError(f"{link} {what}. Add a model with: edgegen model add smollm2-135m")


def _resolve_gguf(path: Path, data_dir: Path) -> ResolvedModel:
    check_magic(path)
    return ResolvedModel(
        name=re.sub(r"[^A-Za-z0-9_.-]", "-", path.stem)[:64],
        version="0.0.0",
        sha256=cached_sha256(path, data_dir),
        model_path=path.resolve(),
        adapters=(),
        system_prompt=None,
        chat_template=None,
        defaults={},
        n_ctx=None,
        folder=None,
    )


def _find_base(manifest: Manifest, config: Config) -> Path:
    """The GGUF an adapter-only bundle runs on: `[model] base`, an installed bundle's model, or a file in the cache."""
    wanted, data_dir = manifest.base, config.node.data_dir
    if config.model.base is not None:
        check_magic(config.model.base)
        sha256 = cached_sha256(config.model.base, data_dir)
        if sha256 != wanted.sha256:
            raise BundleError(
                f"{config.model.base}: has sha256 {sha256}; {manifest.folder_name} needs {wanted.name} with sha256 "
                f"{wanted.sha256}. Correct `base` in section [model], or remove it to search the installed bundles."
            )
        return config.model.base
    for folder, other in installed_bundles(data_dir).items():
        entry = other.entry(other.model) if other.model else None
        if entry is not None and entry.sha256 == wanted.sha256 and (folder / entry.path).is_file():
            return folder / entry.path
    cached = data_dir / "cache" / f"{wanted.sha256}.gguf"
    if cached.is_file() and cached_sha256(cached, data_dir) == wanted.sha256:
        return cached
    raise BundleError(
        f"{manifest.folder_name}: holds adapters for {wanted.name} (sha256 {wanted.sha256}), which is not installed. "
        "Add it with `edgegen model add`, or name its GGUF as `base` in section [model]."
    )


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: cannot be read: {error}. Copy or export the bundle again.") from None


def _link(data_dir: Path, name: str, target: Path) -> None:
    """Point a link in the data directory to a folder, relative when it lies inside, so that the whole can be moved."""
    temporary = data_dir / f".{name}-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.relative_to(data_dir) if target.is_relative_to(data_dir) else target)
    temporary.replace(data_dir / name)
