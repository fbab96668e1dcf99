"""What was read and checked before anything is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgegen.bundle import check_magic
from edgegen.bundle_verify import sha256_file
from edgegen.catalog_fetch import require_space
from edgegen.errors import BundleError
from edgegen.manifest import NAME
from export.calibration import general_halves, halves, mixed
from export.checkpoint import Checkpoint, read_json
from export.fold import Adapter, read_adapter
from export.merge import merged_bytes, plan, shapes_of
from export.nf4 import FourBit, as_trained
from export.request import Request
from export.run import Run, base_sha256, read_runs
from export.shrink import Texts
from export.thresholds import thresholds_of
from export.verify import Thresholds

Say = Callable[[str], object]
# What `edgegen model to-hf` writes beside a checkpoint that it made from a GGUF.
ORIGIN = "gguf_origin.json"
# Chunks of 512 tokens are compared; a held-out text below this is filled up with the general one.
TEXT_CHARACTERS = 20_000
# A token takes a byte at least, so a shorter text has no chunk.
LEAST_BYTES = 512


@dataclass(frozen=True)
class Part:
    """One adapter that goes into the bundle, or into its model.

    Args:
        name: What it is called in the bundle.
        base: The base it was trained on: the float checkpoint, or that as a 4-bit run saw it.
    """

    name: str
    run: Run
    adapter: Adapter
    base: Checkpoint

    @property
    def is_moved(self) -> bool:
        """Whether it was trained on other weights than those of the base's files."""
        return isinstance(self.base, FourBit)


@dataclass(frozen=True)
class Inputs:
    """The parts, all over one base.

    Args:
        texts: What the GGUFs are measured on, and what an importance matrix is.
        origin: Of the base's checkpoint, where it was made from a GGUF: what `edgegen model to-hf` noted.
    """

    parts: tuple[Part, ...]
    base: Checkpoint
    base_sha256: str
    texts: Texts
    text_from: str
    thresholds: Thresholds
    origin: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What the GGUFs are measured on."""
        return self.texts.proof

    @property
    def values(self) -> int:
        """Number of the base's values."""
        return sum(info.values for info in self.base.tensors.values())

    @property
    def first(self) -> Run:
        """The run that tokenizer and template are taken from."""
        return next((part.run for part in self.parts if part.run.tokenizer_files), self.parts[0].run)

    @property
    def tokenizer_folder(self) -> Path:
        """Holds the tokenizer that was trained with."""
        return self.first.adapter if self.first.tokenizer_files else self.base.folder


def read_inputs(request: Request, say: Say) -> Inputs:
    """Read and check everything that can be refused before the work begins.

    Raises:
        BundleError: Naming the run and what is wrong with it.
    """
    request.wish.check()
    for file in (request.shipped.gguf if request.shipped else None, request.wish.imatrix):
        if file is not None:
            check_magic(file)
    runs = _runs(request)
    _check_strengths(request, [name for name, _ in runs])
    base = Checkpoint(runs[0][1].base)
    shapes = shapes_of(base)
    adapters = [read_adapter(run.adapter, shapes) for _, run in runs]
    if request.shipped:
        for (name, _), adapter in zip(runs, adapters, strict=True):
            try:
                adapter.refuse_as_adapter(tied=base.tied, svd=request.svd)  # before the work begins
            except BundleError as error:
                raise BundleError(f"{name}: {error}") from None
    say(f"reading the base, {sum(info.values for info in base.tensors.values()) / 1e6:,.0f} million values")
    sha256 = base_sha256(base.folder)
    for name, run in runs:
        if run.base_sha256 is not None and run.base_sha256 != sha256:
            raise BundleError(
                f"{name}: its base has sha256 {sha256} in {base.folder}; the run was trained on {run.base_sha256}. "
                "An adapter is right only on its own base: name that with --base."
            )
    texts, text_from = _texts(request.text, [run for _, run in runs])
    thresholds = thresholds_of(request.thresholds, [run.settings for _, run in runs])
    _require_space(request, base, [run for _, run in runs], adapters, say)
    parts = []
    for (name, run), adapter in zip(runs, adapters, strict=True):
        if run.trained_base is None:
            parts.append(Part(name, run, adapter, base))
            continue
        is_measured_only = request.shipped is not None or request.merge_base == "16-bit"
        warn = say if is_measured_only else None
        parts.append(Part(name, run, adapter, as_trained(base, run.trained_base, [*adapter.updates], name, warn=warn)))
    origin = read_json(base.folder / ORIGIN) if (base.folder / ORIGIN).is_file() else {}
    return Inputs(tuple(parts), base, sha256, texts, text_from, thresholds, origin)


def _check_strengths(request: Request, names: list[str]) -> None:
    for name in request.strengths:
        if name and name not in names:
            listed = ", ".join(names)
            raise BundleError(f"--strength {name}=...: there is {listed}. Name one of them, or leave the name out.")


def _runs(request: Request) -> list[tuple[str, Run]]:
    """All adapters by the names they get."""
    several = request.shipped is not None or request.combine is not None
    found: list[tuple[str, Run]] = []
    for source in request.sources:
        runs = read_runs(source.folder, request.base, request.task)
        if len(runs) > 1 and not several:
            tasks = "|".join(str(run.task) for run in runs)
            raise BundleError(
                f"{source.folder}: trained an adapter for each task: choose one with --task {tasks}, or export all "
                "with --adapter-only."
            )
        for run in runs:
            name = run.name
            if source.name is not None:
                name = source.name if len(runs) == 1 else f"{source.name}-{run.name}"
            elif len(runs) == 1 and len(request.sources) == 1:
                name = request.name
            found.append((name, run))
    names = [name for name, _ in found]
    for name in names:
        if NAME.fullmatch(name) is None or names.count(name) > 1:
            what = "stands for two adapters" if names.count(name) > 1 else "cannot be the name of an adapter"
            raise BundleError(f"{name!r} {what}. Give each run a name of its own: NAME=RUN.")
    bases = {run.base_sha256 for _, run in found if run.base_sha256 is not None}
    folders = {run.base.resolve() for _, run in found}
    if len(bases) > 1 or (len(folders) > 1 and len(bases) < 1):
        listed = "\n".join(f"  {name}: {run.base} {run.base_sha256 or ''}" for name, run in found)
        raise BundleError(f"these runs were trained on different bases:\n{listed}\nExport them apart.")
    return found


def _texts(given: Path | None, runs: list[Run]) -> tuple[Texts, str]:
    """The text to measure on and that for calibration, disjoint; and where the first comes from."""
    own = "\n\n".join(_read_text(run.heldout) for run in runs if run.heldout is not None)
    general, calibration = general_halves()
    source = "Python's reference"
    if given is not None:
        text = _read_text(given)
        if len(text.encode()) < LEAST_BYTES:
            raise BundleError(
                f"--text {given}: has {len(text.encode())} bytes. It is measured on chunks of 512 tokens: give a "
                "text of at least a few thousand words."
            )
        calibration_from = f"heldout.txt and {source}" if own else source
        return Texts(text, mixed(own, calibration), calibration_from), "given"
    if not own:
        return Texts(general, calibration, source), source
    proof, own_calibration = halves(own)
    texts = Texts(proof, mixed(own_calibration, calibration), f"heldout.txt and {source}")
    if len(proof) >= TEXT_CHARACTERS:
        return texts, "heldout.txt"
    return replace(texts, proof=f"{proof}\n\n{general}"), f"heldout.txt, then {source}"


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: cannot be read as UTF-8 text: {error}. Name another with --text.") from None


def _require_space(request: Request, base: Checkpoint, runs: list[Run], adapters: list[Adapter], say: Say) -> None:
    """Say how much disk the work needs and refuse when there is too little.

    One F16 checkpoint at a time, and the GGUFs made of them: the base's (F32 for the closest proof) for adapters;
    merged and base, both F16, and the quantised ones with the copy in the bundle for a merged model.
    """
    updates = {name: update for adapter in adapters for name, update in adapter.updates.items()}
    outputs = plan(base, {} if request.shipped else updates)
    wanted = merged_bytes(outputs)
    if request.shipped:
        needed = wanted * 3
    else:
        files = 2 if request.merge_base == "auto" and any(run.trained_base for run in runs) else 1
        size = request.wish.about_bytes((output.name, output.source.shape) for output in outputs)
        needed = wanted * (3 + request.wish.copies) + (files + 1) * size
        say(f"{'at most' if request.wish.has_target else 'about'} {size / 1e6:,.0f} MB as {request.quant}")
    say(f"needs {needed / 1e6:,.0f} MB of disk meanwhile")
    require_space(request.out, needed, request.name)


def tokenizer_sha256(run: Run) -> str:
    """Of what a run brings beside its base's tokenizer."""
    return " ".join(sha256_file(path.resolve()) for path in run.tokenizer_files)
