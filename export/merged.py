"""A merged bundle: the update goes into the base, and the whole is converted, quantised and proven."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgegen.errors import BundleError
from edgegen.manifest import BaseModel
from export.checkpoint import Checkpoint
from export.convert import convert_adapter
from export.fold import write_plain
from export.ggufs import make_gguf
from export.inputs import Inputs, Say
from export.made import Made
from export.pieces import Piece
from export.prove import Proof, dev_loss
from export.requantise import advice, spoiling
from export.request import Request
from export.shrink import shrink


@dataclass(frozen=True)
class _Candidate:
    """One merged and quantised model."""

    merged_into: str
    model: Path
    measured: dict[str, Any]

    @property
    def loss(self) -> float:
        return dev_loss(self.measured["quantised"])


def export_merged(request: Request, inputs: Inputs, piece: Piece, work: Path, say: Say) -> Made:
    """Merge into the base, or into both forms of it, and keep the better file.

    Raises:
        BundleError: Naming the step that refused.
    """
    warning = None if request.wish.is_fine else advice(inputs.origin, has_target=request.wish.has_target)
    if warning is not None:
        say(warning)
    proof = Proof(request, inputs, work, say)
    candidates = [_candidate(proof, piece, label, base) for label, base in _bases(request, inputs, piece)]
    best = min(candidates, key=lambda candidate: candidate.loss)
    measured = {"tokens": proof.tokens(best.model), **best.measured}
    if request.probe is not None:
        say("bringing the base to F16, to ask it too")
        before = make_gguf(request, inputs, work / "base-16-bit.gguf", inputs.base, say=say)
        measured |= proof.probes(request.name, before, best.model)
    if piece.made:
        measured["made"] = piece.made
    if len(candidates) > 1:
        losses = {candidate.merged_into: round(candidate.loss, 6) for candidate in candidates}
        measured["merge_base"] = {"chosen": best.merged_into, "loss": losses}
        said = ", ".join(f"{loss:.4f} merged into the {label} base" for label, loss in losses.items())
        say(f"loss of the {request.quant} file: {said}; kept: {best.merged_into}")
    elif piece.parts[0].is_moved:
        measured["merge_base"] = {"chosen": best.merged_into}
    fields = {
        "base": BaseModel(inputs.base.folder.name, inputs.base_sha256, request.licence, inputs.base.folder.name),
        "quantisation": request.quant,
    }
    return Made({"model.gguf": best.model}, fields, measured)


def _bases(request: Request, inputs: Inputs, piece: Piece) -> list[tuple[str, Checkpoint]]:
    """What the update is merged into, by name."""
    if not piece.parts[0].is_moved:
        if request.merge_base == "4-bit":
            raise BundleError(
                f"--merge-base 4-bit: {piece.name} was trained on the base as it is, so a 4-bit base is not its own. "
                "Leave the option out."
            )
        return [("16-bit", inputs.base)]
    both = {"16-bit": inputs.base, "4-bit": piece.base}
    return [(label, base) for label, base in both.items() if request.merge_base in (label, "auto")]


def _candidate(proof: Proof, piece: Piece, label: str, base: Checkpoint) -> _Candidate:
    request, inputs, work = proof.request, proof.inputs, proof.work
    proof.say("merging" if base is inputs.base else "merging into the 4-bit base, dequantised")
    target = work / f"merged-{label}.gguf"
    updates, identity = piece.adapter.updates, piece.identity
    f16 = make_gguf(request, inputs, target, base, updates=updates, identity=identity, say=proof.say)
    measured: dict[str, Any] = {**proof.moved(piece, base), **proof.logits(piece, base, f16)}
    if piece.adapter.is_plain and not (inputs.base.tied and "lm_head.weight" in piece.adapter.updates):
        measured["merged_to_adapter"] = _against_adapter(proof, piece, label, base, f16)
    target = work / f"model-{label}.gguf"
    shrunk = shrink(
        f16,
        target,
        request.wish,
        inputs.texts,
        values=inputs.values,
        log=proof.log,
        say=proof.say,
        spoils=spoiling(inputs.origin),
    )
    model = shrunk.path
    measured["quantising"] = shrunk.facts
    if model != f16:
        measured["quantised"] = proof.lost(f16, model, request.quant)
        f16.unlink()
    else:
        measured["quantised"] = proof.lost(f16, f16, request.quant)
    return _Candidate(label, model, measured)


def _against_adapter(proof: Proof, piece: Piece, label: str, base: Checkpoint, merged: Path) -> dict[str, Any]:
    """The merged GGUF against the base's GGUF with the adapter over it."""
    request, inputs, work = proof.request, proof.inputs, proof.work
    folder = work / f"adapter-{label}"
    write_plain(piece.adapter.plain(tied=False), folder)
    adapter = convert_adapter(request.tools, folder, inputs.base.folder, work / f"{folder.name}.gguf", log=proof.log)
    alone = make_gguf(request, inputs, work / f"base-{label}.gguf", base, say=proof.say)
    figures = proof.merged(merged, alone, adapter)
    alone.unlink()
    return figures
