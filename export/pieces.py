"""What is exported of the runs: their adapters as they are, cut to a rank, or combined into one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgegen.errors import BundleError
from export.checkpoint import Checkpoint
from export.combine import combine, weights_of
from export.fold import Adapter
from export.inputs import Inputs, Part
from export.request import Request
from export.svd import as_plain


@dataclass(frozen=True)
class Piece:
    """One update that is exported.

    Args:
        base: The base that it was trained on.
        adapter_folder: Where PEFT reads the very same; None where the run's adapter was cut or combined.
        parts: The runs it comes from.
        made: How, for the manifest; empty when it is the run's adapter as it is.
    """

    name: str
    task: str | None
    adapter: Adapter
    base: Checkpoint
    adapter_folder: Path | None
    parts: tuple[Part, ...]
    made: dict[str, Any]

    @property
    def identity(self) -> str:
        """What it follows from, as text."""
        hashes = [part.run.lineage.get("adapter_sha256") for part in self.parts]
        return json.dumps([hashes, self.made], sort_keys=True)


def pieces_of(request: Request, inputs: Inputs) -> list[Piece]:
    """What the request makes of the runs.

    Raises:
        BundleError: If a run cannot be cut or combined so.
    """
    cut = [_cut(request, part) for part in inputs.parts]
    if request.combine is None:
        return cut
    if len({_form(part) for part in inputs.parts}) > 1:
        raise BundleError(
            "these runs saw their base in different forms (4-bit and not, or 4-bit of their own). Adapters are "
            "combined over one base only."
        )
    names, examples = [part.name for part in inputs.parts], [part.run.examples for part in inputs.parts]
    weights = weights_of(request.combine, names, examples)
    made: dict[str, Any] = {"combined": request.combine.how, "weights": dict(zip(names, weights, strict=True))}
    if request.combine.how in ("ties", "dare"):
        made["density"] = request.combine.density
    if request.svd is not None:
        made["svd_rank"] = request.svd
    adapter = combine(request.combine, [piece.adapter for piece in cut], weights, request.svd)
    return [Piece(request.name, None, adapter, inputs.parts[0].base, None, inputs.parts, made)]


def _cut(request: Request, part: Part) -> Piece:
    adapter, made = part.adapter, dict[str, Any]()
    if request.rank is not None:
        if part.run.method != "qdylora":
            raise BundleError(
                f"--rank {request.rank}: the ranks of {part.name} ({part.run.method or adapter.method}) are not sorted "
                "by importance, only qdylora's are. Use --svd to cut another one."
            )
        adapter = adapter.truncated(request.rank)
        made["rank"] = request.rank
    # What is combined exactly is cut once, at the end.
    if request.svd is not None and (request.combine is None or not adapter.is_plain):
        adapter = as_plain(adapter, part.base, request.svd)
        made["svd_rank"] = request.svd
    strength = request.strength_of(part.name)
    if strength != 1:
        adapter = adapter.at_strength(strength)
        made["strength"] = strength
    folder = None if made else part.run.adapter
    return Piece(part.name, part.run.task, adapter, part.base, folder, (part,), made)


def _form(part: Part) -> tuple[object, ...]:
    trained = part.run.trained_base
    return () if trained is None else (trained.dtype, trained.stored)
