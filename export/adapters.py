"""An adapter-only bundle: one or several adapters over a GGUF that the gateways have already."""

from pathlib import Path
from typing import Any

from edgegen.bundle_verify import sha256_file
from edgegen.errors import BundleError
from edgegen.manifest import Adapter as AdapterEntry
from edgegen.manifest import BaseModel
from export import canary
from export.convert import convert_adapter
from export.fold import write_plain
from export.ggufs import make_gguf
from export.inputs import Inputs, Say
from export.made import Made
from export.pieces import Piece
from export.prove import Proof
from export.request import Request


def export_adapters(request: Request, inputs: Inputs, pieces: list[Piece], work: Path, say: Say) -> Made:
    """Convert and prove each adapter.

    Raises:
        BundleError: Naming the adapter and the step that refused it.
    """
    assert request.shipped is not None
    shipped = request.shipped
    sha256 = sha256_file(shipped.gguf.resolve())
    if inputs.origin.get("sha256") not in (None, sha256):
        say(
            f"{inputs.base.folder.name} was made from {inputs.origin.get('file')}, another file than "
            f"{shipped.gguf.name}: what that costs is measured"
        )
    proof = Proof(request, inputs, work, say)
    tokens = proof.tokens(shipped.gguf)  # first: the wrong GGUF shows here, and what follows takes long
    # In F32 where it is small enough: llama.cpp then rounds activations to nothing less, and PEFT is met closely.
    say("bringing the base to GGUF")
    outtype = "f32" if proof.is_small else "f16"
    base = make_gguf(request, inputs, work / f"base-{outtype}.gguf", inputs.base, outtype=outtype, say=say)
    measured: dict[str, Any] = {"tokens": tokens, "adapters": {}}
    contents: dict[str, Path | bytes] = {}
    entries = []
    for piece in pieces:
        path, figures = _adapter(piece, base, proof)
        entry = AdapterEntry(
            piece.name,
            f"adapters/{piece.name}.gguf",
            task=piece.task,
            rank=_rank(piece),
            canary=canary.measure(shipped.gguf, path, inputs.text, log=proof.log),
        )
        if entry.canary is None:
            say(f"{piece.name}: moves the base so little that the gateway cannot tell whether it is applied")
        contents[entry.path] = path
        measured["adapters"][piece.name] = {**figures, "size_bytes": path.stat().st_size}
        entries.append(entry)
    fields = {
        **shipped.defaults,
        "model": None,
        "base": BaseModel(
            shipped.name or inputs.base.folder.name, sha256, request.licence or shipped.licence, shipped.gguf.name
        ),
        "adapters": tuple(entries),
    }
    return Made(contents, fields, measured)


def _adapter(piece: Piece, base: Path, proof: Proof) -> tuple[Path, dict[str, Any]]:
    request, inputs, work = proof.request, proof.inputs, proof.work
    assert request.shipped is not None
    proof.say(f"converting {piece.name}")
    plain = piece.adapter.plain(tied=inputs.base.tied)
    folder = work / "adapters" / piece.name
    write_plain(plain, folder)
    # Folding and conversion are proven in F32: over F16 factors llama.cpp rounds the activations to F16, too.
    exact, path = work / f"{piece.name}-f32.gguf", work / f"{piece.name}.gguf"
    for target, outtype in ((exact, "f32"), (path, request.adapter_type)):
        convert_adapter(request.tools, folder, inputs.base.folder, target, log=proof.log, outtype=outtype)
    try:
        figures = {
            "method": piece.adapter.method,
            **proof.moved(piece, inputs.base),
            **proof.logits(piece, inputs.base, base, exact),
        }
        over = proof.over_shipped(piece, inputs.base, request.shipped.gguf, path)
        if over:
            figures["over_shipped_to_peft"] = over
        figures["over_shipped"] = proof.lost(base, request.shipped.gguf, f"{piece.name} over the shipped GGUF", path)
        figures |= proof.probes(piece.name, request.shipped.gguf, request.shipped.gguf, path)
    except BundleError as error:
        raise BundleError(f"adapter {piece.name}: {error}") from None
    if piece.made:
        figures["made"] = piece.made
    return path, figures


def _rank(piece: Piece) -> int:
    return max(update.a.shape[0] for update in piece.adapter.plain(tied=False).values())
