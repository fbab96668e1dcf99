"""From a run to a bundle: fold, merge, convert, quantise, prove, write, sign. What is not proven is not written."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgegen import __version__
from edgegen.bundle_build import create_bundle
from edgegen.bundle_verify import sha256_file
from edgegen.catalog_fetch import require_space
from edgegen.errors import BundleError
from edgegen.manifest import Adapter as AdapterEntry
from edgegen.manifest import BaseModel
from edgegen.signing import add_signature
from export.checkpoint import Checkpoint
from export.convert import convert_adapter, convert_model
from export.fold import Adapter, read_adapter, write_plain
from export.merge import merge, merged_bytes, plan, shapes_of
from export.quantize import TYPES, Recipe, plan as quantised, quantize
from export.reference import MAX_VALUES, trained_logits
from export.run import Run, base_sha256, read_run
from export.toolchain import Toolchain
from export.verify import CHUNKS, Thresholds, check_logits, check_tokens, compare, general_text, shortfalls

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# Tokens of the text that the trained model and the GGUF are compared on.
PROOF_TOKENS = 96

Say = Callable[[str], object]


@dataclass(frozen=True)
class Request:
    """What is to be exported, and how.

    Args:
        base: Folder of the base's checkpoint; None: where the run says.
        base_gguf: For an adapter-only bundle: the GGUF on the gateway that the adapter will be put over.
        task: Which adapter of a run with one for each task.
        text: Text to measure on; None: the run's held-out text, else Python's reference.
        key: Signs the bundle; None leaves it unsigned.
    """

    run: Path
    out: Path
    name: str
    version: str
    tools: Toolchain
    quant: str = "Q4_K_M"
    base: Path | None = None
    base_gguf: Path | None = None
    task: str | None = None
    text: Path | None = None
    system_prompt: str | None = None
    licence: str | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)
    chunks: int = CHUNKS
    key: "Ed25519PrivateKey | None" = None


@dataclass(frozen=True)
class _Inputs:
    """What was read and checked before anything is written."""

    run: Run
    base: Checkpoint
    base_sha256: str
    adapter: Adapter
    text: str

    @property
    def values(self) -> int:
        """Number of the base's values."""
        return sum(info.values for info in self.base.tensors.values())


def export(request: Request, say: Say) -> Path:
    """Export a run.

    Args:
        say: Called with a line at each step.

    Returns:
        The bundle's folder, below ``request.out``.

    Raises:
        BundleError: Saying which step refused, and why; no bundle is written then. What was computed stays in a hidden
            folder beside the log, and the next attempt goes on from there.
    """
    inputs = _read(request, say)
    work = request.out / f".export-{request.name}-{request.version}"
    work.mkdir(parents=True, exist_ok=True)
    made = _adapter_only(request, inputs, work, say) if request.base_gguf else _whole(request, inputs, work, say)
    say("writing the bundle")
    bundle = create_bundle(request.out, made.contents, name=request.name, version=request.version, **made.fields)
    if request.key is not None:
        add_signature(bundle, request.key)
    shutil.rmtree(work)
    return bundle


@dataclass(frozen=True)
class _Made:
    contents: dict[str, Path | bytes]
    fields: dict[str, Any]


def _read(request: Request, say: Say) -> _Inputs:
    if request.quant not in TYPES:
        raise BundleError(f"--quant {request.quant}: use one of {', '.join(TYPES)}.")
    run = read_run(request.run, request.base, request.task)
    base = Checkpoint(run.base)
    adapter = read_adapter(run.adapter, shapes_of(base))
    if request.base_gguf:
        adapter.plain(tied=base.tied)  # refuses what cannot be one, before the work begins
    say(f"reading the base, {sum(info.values for info in base.tensors.values()) / 1e6:,.0f} million values")
    sha256 = base_sha256(run.base)
    if run.base_sha256 is not None and run.base_sha256 != sha256:
        raise BundleError(
            f"{run.base}: has sha256 {sha256}; the run was trained on {run.base_sha256}. An adapter is right "
            "only on its own base: name that with --base."
        )
    text = _read_text(request.text or run.heldout)
    wanted = merged_bytes(plan(base, adapter.updates))
    bits = TYPES[request.quant]
    # The merged checkpoint, its GGUF, the quantised one and its copy in the bundle.
    needed = wanted * (3 if request.base_gguf else 2 + 2 * bits / 16)
    say(f"about {wanted * bits / 16 / 1e6:,.0f} MB as {request.quant}; needs {needed / 1e6:,.0f} MB of disk meanwhile")
    require_space(request.out, int(needed), request.name)
    return _Inputs(run, base, sha256, adapter, text)


def _whole(request: Request, inputs: _Inputs, work: Path, say: Say) -> _Made:
    log = work / "export.log"
    f16 = _converted(request, inputs, work, say, merged=True)
    say(f"quantising to {request.quant}: {quantised(f16, Recipe(request.quant), log=log).size_bytes / 1e6:,.1f} MB")
    model = quantize(f16, work / f"model-{request.quant}.gguf", Recipe(request.quant), log=log)
    measured = _prove(request, inputs, f16, model, adapter=None, say=say)
    contents: dict[str, Path | bytes] = {"model.gguf": model}
    fields = {
        "base": BaseModel(inputs.run.base.name, inputs.base_sha256, request.licence, inputs.run.base.name),
        "quantisation": request.quant,
    }
    return _made(request, inputs, contents, fields, measured)


def _adapter_only(request: Request, inputs: _Inputs, work: Path, say: Say) -> _Made:
    assert request.base_gguf is not None
    log = work / "export.log"
    plain = inputs.adapter.plain(tied=inputs.base.tied)
    write_plain(plain, work / "plain")
    f16 = _converted(request, inputs, work, say, merged=False)
    say("converting the adapter")
    adapter = convert_adapter(request.tools, work / "plain", inputs.run.base, work / "adapter.gguf", log=log)
    measured = _prove(request, inputs, f16, request.base_gguf, adapter=adapter, say=say)
    contents: dict[str, Path | bytes] = {f"adapters/{request.name}.gguf": adapter}
    rank = max(update.a.shape[0] for update in plain.values())
    fields = {
        "model": None,
        "base": BaseModel(inputs.run.base.name, sha256_file(request.base_gguf.resolve()), request.licence, None),
        "adapters": (AdapterEntry(request.name, f"adapters/{request.name}.gguf", rank=rank),),
    }
    return _made(request, inputs, contents, fields, measured)


def _converted(request: Request, inputs: _Inputs, work: Path, say: Say, *, merged: bool) -> Path:
    """The F16 GGUF of the merged model; or of the base alone, in F32 where it is small enough to be proven closely."""
    outtype = "f16" if merged or inputs.values > MAX_VALUES else "f32"
    target = work / f"{outtype}.gguf"
    updates = inputs.adapter.updates if merged else {}
    identity = {
        "base": inputs.base_sha256,
        "adapter": str(inputs.run.lineage.get("adapter_sha256")) if merged else "",
        "tools": request.tools.sha256,
        "tokenizer": " ".join(sha256_file(path.resolve()) for path in inputs.run.tokenizer_files),
    }
    say("merging" if merged else "bringing the base to F16")
    checkpoint = merge(inputs.base, updates, work / request.name, identity, lambda _: None)
    for path in inputs.run.tokenizer_files:
        shutil.copyfile(path, checkpoint / path.name)
    say("converting to GGUF")
    return convert_model(request.tools, checkpoint, target, name=request.name, log=work / "export.log", outtype=outtype)


def _prove(
    request: Request, inputs: _Inputs, f16: Path, model: Path, *, adapter: Path | None, say: Say
) -> dict[str, Any]:
    checkpoint, log = f16.parent / request.name, f16.parent / "export.log"
    say("proving: template and tokens")
    measured: dict[str, Any] = {"tokens": check_tokens(model, checkpoint, log=log)}
    if inputs.values <= MAX_VALUES:
        say("proving: logits of the trained model")
        tokens = _tokens(checkpoint, inputs.text)
        reference = trained_logits(inputs.run.base, inputs.run.adapter, tokens)
        limit = request.thresholds.logits if adapter is None else request.thresholds.adapter_logits
        difference = check_logits(f16, reference, tokens, limit, log=log, adapter=adapter)
        measured["logits_difference"] = float(f"{difference:.2g}")
    if model != f16:
        say("proving: KL to 16 bit")
        figures = compare(f16, model, inputs.text, log=log, adapter=adapter, chunks=request.chunks)
        problems = shortfalls(figures, request.thresholds, request.quant if adapter is None else model.name)
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise BundleError(
                f"{request.name}-{request.version}: not written, it lost too much:\n{listed}\n"
                "Take a larger type with --quant, or allow more with --max-kl."
            )
        measured["quantised"] = figures
    return measured


def _made(
    request: Request,
    inputs: _Inputs,
    contents: dict[str, Path | bytes],
    fields: dict[str, Any],
    measured: dict[str, Any],
) -> _Made:
    template = _template(inputs)
    if template is not None:
        contents["chat_template.jinja"] = template.encode()
    contents |= {f"probes/{path.name}": path for path in inputs.run.probes}
    lineage = {
        **inputs.run.lineage,
        "base_sha256": inputs.base_sha256,
        "base_is_the_trained_one": inputs.run.base_sha256 is not None,
        "edgegen": __version__,
        "method": inputs.adapter.method,
        "toolchain": {"llama_cpp_python": request.tools.version, "sha256": request.tools.sha256},
    }
    contents["MODEL_CARD.md"] = _card(request, inputs, measured).encode()
    fields |= {
        "lineage": lineage,
        "measured": measured,
        "n_ctx": inputs.base.config.get("max_position_embeddings"),
        "system_prompt": request.system_prompt,
    }
    return _Made(contents, fields)


def _template(inputs: _Inputs) -> str | None:
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

    folder = inputs.run.adapter if inputs.run.tokenizer_files else inputs.run.base
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    template = tokenizer.chat_template
    return template if isinstance(template, str) else None


def _tokens(folder: Path, text: str) -> list[int]:
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    ids: list[int] = tokenizer(text[: 20 * PROOF_TOKENS], add_special_tokens=False)["input_ids"][:PROOF_TOKENS]
    return ids


def _read_text(path: Path | None) -> str:
    if path is None:
        return general_text()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: cannot be read as UTF-8 text: {error}. Name another with --text.") from None


def _card(request: Request, inputs: _Inputs, measured: dict[str, Any]) -> str:
    lines = [
        f"# {request.name} {request.version}",
        "",
        f"A {inputs.adapter.method} fine-tune of {inputs.run.base.name}"
        + (", as an adapter." if request.base_gguf else f", merged, {request.quant}."),
        f"Licence of the base: {request.licence or 'not stated'}.",
        "",
        "| measured | |",
        "|---|---|",
    ]
    figures = {**measured.get("quantised", {}), "logits_difference": measured.get("logits_difference")}
    lines += [f"| {name} | {value} |" for name, value in figures.items() if value is not None]
    return "\n".join(lines) + "\n"
