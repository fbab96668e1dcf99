"""From runs to a bundle: fold, merge, convert, quantise, prove, write, sign. What is not proven is not written."""

import json
import shutil
from pathlib import Path
from typing import Any

from edgegen.bundle_build import create_bundle
from edgegen.bundle_verify import read_manifest
from edgegen.errors import BundleError
from edgegen.signing import add_signature
from export.adapters import export_adapters
from export.card import card, lineage
from export.inputs import Inputs, Say, read_inputs
from export.made import Made
from export.merged import export_merged
from export.pieces import Piece, pieces_of
from export.request import Request
from export.workfolder import working_folder


def export(request: Request, say: Say) -> Path:
    """Export runs.

    Args:
        say: Called with a line at each step.

    Returns:
        The bundle's folder, below ``request.out``.

    Raises:
        BundleError: Saying which step refused, and why; no bundle is written then. What was computed stays in a hidden
            folder beside the log, and the next attempt goes on from there.
    """
    inputs = read_inputs(request, say)
    pieces = pieces_of(request, inputs)
    _refuse_another(request, lineage(request, inputs, pieces))
    with working_folder(request.out / f".export-{request.name}-{request.version}") as work:
        if request.shipped:
            made = export_adapters(request, inputs, pieces, work, say)
        else:
            made = export_merged(request, inputs, pieces[0], work, say)
        say("writing the bundle")
        contents, fields = _completed(request, inputs, pieces, made)
        bundle = create_bundle(request.out, contents, name=request.name, version=request.version, **fields)
        if request.key is not None:
            add_signature(bundle, request.key)
        shutil.rmtree(work)
    return bundle


def _refuse_another(request: Request, origin: dict[str, Any]) -> None:
    """Refuse a name and version that is given already, before hours of work; the same export again is welcome.

    Raises:
        BundleError: If what is there was made of something else.
    """
    folder = request.out / f"{request.name}-{request.version}"
    try:
        there = read_manifest(folder)
    except BundleError:
        return  # nothing, or nothing whole
    same = json.dumps(there.lineage, sort_keys=True) == json.dumps(origin, sort_keys=True)
    if not same or (request.shipped is None and there.quantisation != request.quant):
        raise BundleError(
            f"{folder}: another bundle of this name and version is there already, made of something else or in another "
            "way. Give the new one a higher version with --version, or remove that folder."
        )


def _completed(
    request: Request, inputs: Inputs, pieces: list[Piece], made: Made
) -> tuple[dict[str, Path | bytes], dict[str, Any]]:
    """Template, probes, model card and lineage beside what was made."""
    contents = dict(made.contents)
    template = _template(inputs)
    if template is not None:
        contents["chat_template.jinja"] = template.encode()
    for part in inputs.parts:
        contents |= {f"probes/{path.name}": path for path in part.run.probes}
    contents["MODEL_CARD.md"] = card(request, inputs, pieces, made.measured).encode()
    fields = {
        "n_ctx": inputs.base.config.get("max_position_embeddings"),
        **made.fields,
        "lineage": lineage(request, inputs, pieces),
        "measured": made.measured,
    }
    if request.system_prompt is not None:
        fields["system_prompt"] = request.system_prompt
    return contents, fields


def _template(inputs: Inputs) -> str | None:
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

    tokenizer: Any = AutoTokenizer.from_pretrained(inputs.tokenizer_folder, local_files_only=True)
    template = tokenizer.chat_template
    return template if isinstance(template, str) else None
