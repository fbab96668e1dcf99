"""Where a bundle comes from, for programs (the manifest's lineage) and for people (the model card)."""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgegen import __version__
from export.inputs import Inputs
from export.nf4 import FourBit
from export.pieces import Piece
from export.request import Request


def lineage(request: Request, inputs: Inputs, pieces: Sequence[Piece]) -> dict[str, Any]:
    """The hashes of everything that went in: data, recipe, code, base, tools."""
    common = {
        "base_sha256": inputs.base_sha256,
        "base_is_the_trained_one": all(part.run.base_sha256 is not None for part in inputs.parts),
        "edgegen": __version__,
        "code_sha256": code_sha256(),
        "toolchain": {"llama_cpp_python": request.tools.version, "sha256": request.tools.sha256},
    }
    if inputs.origin:
        common["base_from"] = dict(inputs.origin)
    runs = {part.name: _run(part) for part in inputs.parts}
    made = {piece.name: piece.made for piece in pieces if piece.made}
    if made:
        common["made"] = made
    return {**common, **next(iter(runs.values()))} if len(runs) == 1 else {**common, "runs": runs}


@functools.cache
def code_sha256() -> str:
    """One hash over the sources of this plane and of what it shares with the others, as this process found them."""
    here = Path(__file__).parent
    return sources_sha256((here, here.parent / "edgegen"))


def sources_sha256(folders: Sequence[Path]) -> str:
    """One hash over all Python files in and below some folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder.parent).as_posix()
            digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def card(request: Request, inputs: Inputs, pieces: Sequence[Piece], measured: Mapping[str, Any]) -> str:
    """The model card, as Markdown."""
    methods = ", ".join(sorted({piece.adapter.method for piece in pieces}))
    if request.shipped:
        over = request.shipped.name or request.shipped.gguf.name
        what = f"{len(pieces)} adapter{'s' if len(pieces) > 1 else ''} ({methods}) for {over}."
    else:
        base = inputs.origin.get("file") or inputs.base.folder.name
        what = f"A {methods} fine-tune of {base}, merged, {request.quant}."
    lines = [
        f"# {request.name} {request.version}",
        "",
        what,
        f"Licence of the base: {request.licence or (request.shipped and request.shipped.licence) or 'not stated'}.",
        "",
        "| trained | method | examples | on |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {part.name} | {part.run.method or part.adapter.method} | {part.run.examples or 'not stated'} | "
        f"{'a 4-bit base' if isinstance(part.base, FourBit) else 'the base as it is'} |"
        for part in inputs.parts
    ]
    lines += ["", f"Measured on: {inputs.text_from}.", "", "| measured | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in _flat(measured)]
    return "\n".join(lines) + "\n"


def _run(part: Any) -> dict[str, Any]:
    found = {**part.run.lineage, "method": part.run.method or part.adapter.method}
    if part.run.trained_base is not None:
        found["trained_base"] = {
            "weights_sha256": part.run.trained_base.weights_sha256,
            "dtype": part.run.trained_base.dtype,
            "quantised_by": "bitsandbytes" if part.run.trained_base.stored is None else "the method",
        }
    return found


def _flat(measured: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in measured.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found += _flat(value, f"{path}: ")
        elif value is not None:
            found.append((path, value))
    return found
