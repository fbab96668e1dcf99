"""What a person names as the model to evaluate, opened: a GGUF, a bundle, or a checkpoint folder."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgegen.bundle import CHAT_TEMPLATE, verify_bundle
from edgegen.bundle_verify import sha256_file
from edgegen.errors import BundleError
from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.scorer import Scorer

MANIFEST = "manifest.json"
CONFIG = "config.json"


@dataclass(frozen=True)
class Target:
    """Files that make up a model.

    Args:
        model: A GGUF, or the folder of a checkpoint.
        adapters: A GGUF or a PEFT folder and a scale, by name.
    """

    model: Path
    adapters: Mapping[str, tuple[Path, float]]
    system_prompt: str | None = None
    chat_template: str | None = None

    def open(self, *, n_ctx: int | None = None, threads: int | None = None, device: str | None = None) -> Scorer:
        """Load it.

        Raises:
            EvaluationError: It cannot be loaded.
        """
        if self.model.is_dir():
            from finetune.evaluation.checkpoint import CheckpointScorer  # noqa: PLC0415 - torch

            return CheckpointScorer(self.model, self.adapters, n_ctx=n_ctx, device=device)
        from finetune.evaluation.gguf import GgufScorer  # noqa: PLC0415 - llama.cpp

        return GgufScorer(
            self.model,
            self.adapters,
            system_prompt=self.system_prompt,
            chat_template=self.chat_template,
            n_ctx=n_ctx,
            threads=threads,
        )

    def identity(self) -> str:
        """SHA-256 of the model's file, or of its weights' and configuration's where it is a folder."""
        if self.model.is_file():
            return sha256_file(self.model)
        files = sorted([*self.model.glob("*.safetensors"), *self.model.glob("*.json")])
        return "-".join(sha256_file(file)[:12] for file in files)

    def fingerprint(self, adapter: str | None = None) -> str:
        """SHA-256 of all that decides how it answers with this adapter, or without one.

        That is the model, the adapter's files and scale, the system prompt and the chat template.
        """
        parts: list[object] = [self.identity(), self.system_prompt, self.chat_template]
        if adapter is not None:
            path, scale = self.adapters[adapter]
            files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
            parts += [[sha256_file(file) for file in files], scale]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def find(path: Path, adapters: Sequence[str] = (), *, base: Path | None = None) -> Target:
    """What ``path`` names, with adapters as ``NAME=FILE``, ``NAME=FILE@SCALE`` or just ``FILE``.

    Args:
        base: The GGUF for a bundle that holds only adapters.

    Raises:
        EvaluationError: It is none of the three, or an adapter is not there.
        BundleError: It is a bundle that is incomplete, or lacks its base.
    """
    given = dict(_adapter(spec) for spec in adapters)
    if (path / MANIFEST).is_file():
        target = _bundle(path.resolve(), base)
        return Target(target.model, {**target.adapters, **given}, target.system_prompt, target.chat_template)
    if path.is_file() or (path / CONFIG).is_file():
        return Target(path, given)
    if path.is_dir():
        raise EvaluationError(f"{path}: is neither a bundle ({MANIFEST}) nor a checkpoint ({CONFIG})")
    raise EvaluationError(f"{path}: no such file or folder. Name a GGUF, a bundle's folder or a checkpoint's.")


def _bundle(folder: Path, base: Path | None) -> Target:
    manifest = verify_bundle(folder, hashes=False)
    if manifest.model:
        model = folder / manifest.model
    elif base is None:
        raise BundleError(
            f"{folder.name}: holds adapters for {manifest.base.name} and no model. Name the model's GGUF with --base."
        )
    else:
        found = sha256_file(base)
        if found != manifest.base.sha256:
            raise BundleError(
                f"{base}: has sha256 {found}; {folder.name} needs {manifest.base.name} with {manifest.base.sha256}"
            )
        model = base
    template = folder / CHAT_TEMPLATE
    return Target(
        model,
        {adapter.name: (folder / adapter.path, adapter.scale) for adapter in manifest.adapters},
        manifest.system_prompt,
        template.read_text(encoding="utf-8") if manifest.entry(CHAT_TEMPLATE) else None,
    )


def _adapter(spec: str) -> tuple[str, tuple[Path, float]]:
    name, equals, rest = spec.partition("=")
    file, at, scale = rest.rpartition("@") if equals else ("", "", "")
    try:
        path, factor = (Path(file), float(scale)) if at else (Path(rest if equals else spec), 1.0)
    except ValueError:
        path, factor = Path(rest), 1.0
    if not path.exists():
        raise EvaluationError(f"{path}: no such adapter. Write --adapter NAME=FILE, or NAME=FILE@SCALE.")
    return name if equals else path.stem, (path, factor)
