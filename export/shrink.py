"""From the 16-bit GGUF to the file of a bundle: importance matrix, types, size said first, quantised."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgegen.errors import BundleError
from export.calibration import chunks_for, tail
from export.native import call
from export.quantize import TYPES, Plan, Recipe, Say, about_bytes, parse_overrides, plan, quantize
from export.requantise import spoiled
from export.target import Choice, for_kl, parse_size, refuse_too_small, survey
from export.verify import compare

# Types that an importance matrix changes nothing of: Q8_0 is rounded to the nearest in any case.
_EXACT = ("F16", "Q8_0")


@dataclass(frozen=True)
class Wish:
    """What was asked for.

    Args:
        quant: A mixture of ``export.quantize.TYPES``; not looked at with a target.
        tensor_types: ``REGEX=TYPE``.
        imatrix: A file of llama-imatrix's format; None: measured here.
        without_imatrix: Quantise every column alike.
        target_size: At most so large a file, such as ``90MB``.
        target_kl: The smallest file whose KL to 16 bit is at most this, in nats a token.
    """

    quant: str = "Q4_K_M"
    tensor_types: tuple[str, ...] = ()
    imatrix: Path | None = None
    without_imatrix: bool = False
    target_size: str | None = None
    target_kl: float | None = None

    def check(self) -> None:
        """Refuse what cannot be, before any work.

        Raises:
            BundleError: Naming the option and the value.
        """
        if self.quant not in TYPES:
            raise BundleError(f"--quant {self.quant}: use one of {', '.join(TYPES)}.")
        parse_overrides(self.tensor_types)
        if self.tensor_types and self.quant == "F16":
            raise BundleError("--quant F16 with --tensor-type: F16 is what the converter writes. Take --quant Q8_0.")
        if self.imatrix is not None and self.quant in _EXACT and not self.has_target and not self.tensor_types:
            raise BundleError(f"--quant {self.quant} with --imatrix: it weighs all alike. Leave --imatrix out.")
        if self.target_size is not None:
            parse_size(self.target_size)
        if self.target_kl is not None and not 0 < self.target_kl < float("inf"):
            raise BundleError(f"--target-kl {self.target_kl}: give nats a token above 0, such as 0.03.")
        if self.target_size is not None and self.target_kl is not None:
            raise BundleError("--target-size and --target-kl: give one; the other follows from it.")
        if self.has_target and self.tensor_types:
            raise BundleError("--tensor-type with a target: a target chooses every type itself. Give one of both.")

    def about_bytes(self, shapes: Iterable[tuple[str, Sequence[int]]]) -> int:
        """About how large the file will be, for what is said before the start; with a target, at most."""
        if self.target_size is not None:
            return parse_size(self.target_size)
        return about_bytes(shapes, "Q8_0" if self.target_kl is not None else self.quant)

    @property
    def copies(self) -> int:
        """16-bit files that lie beside the model's while the types are chosen."""
        return 1 if self.has_target else 0

    @property
    def is_fine(self) -> bool:
        """Whether nothing that an adapter changed can be rounded away: measured, Q8_0 keeps all of it."""
        return self.quant in _EXACT and not self.has_target and not self.tensor_types

    @property
    def has_target(self) -> bool:
        """Whether the types are to be chosen."""
        return self.target_size is not None or self.target_kl is not None

    @property
    def name(self) -> str:
        """For manifests and messages."""
        if self.target_size is not None:
            return f"mixed, {self.target_size}"
        if self.target_kl is not None:
            return f"mixed, KL {self.target_kl}"
        return self.quant + ("+" if self.tensor_types else "")


@dataclass(frozen=True)
class Shrunk:
    """A quantised file, and what the manifest says of how it was made."""

    path: Path
    facts: dict[str, Any]


@dataclass(frozen=True)
class Texts:
    """For the proof and for calibration; no piece is in both."""

    proof: str
    calibration: str
    calibration_from: str


def shrink(
    f16: Path,
    target: Path,
    wish: Wish,
    texts: Texts,
    *,
    values: int,
    log: Path,
    say: Say,
    spoils: Mapping[str, float] | None = None,
) -> Shrunk:
    """Quantise as wished; the size is said before.

    Args:
        values: Number of the model's weights.
        spoils: Types that round a merge into this base away (``export.requantise``): a target leaves them out.

    Raises:
        BundleError: If the wish cannot be fulfilled, with the nearest that can.
    """
    wish.check()
    if not wish.has_target and wish.quant == "F16":
        return Shrunk(f16, {"mixture": "F16"})
    facts: dict[str, Any] = {}
    imatrix = None
    if wish.has_target or wish.quant not in _EXACT or wish.tensor_types:
        imatrix, facts = _imatrix(f16, wish, texts, values=values, log=log, say=say)
    if wish.has_target:
        choice = _chosen(f16, wish, texts, imatrix, spoils or {}, log=log, say=say)
        recipe = choice.recipe
        facts |= {"left_out": list(spoils)} if spoils else {}
        facts["reasons"] = list(choice.reasons)
        facts["expected_kl"] = float(f"{choice.expected_kl:.4g}")
        for reason in choice.reasons:
            say(f"  {reason}")
    else:
        recipe = Recipe(wish.quant, parse_overrides(wish.tensor_types), imatrix)
    expected = plan(f16, recipe, log=log)
    say(f"quantising to {wish.name}: {expected.size_bytes / 1e6:,.1f} MB")
    _say_fallbacks(expected, say)
    lost = spoiled(expected.tensors, spoils or {})
    if lost is not None:
        say(f"  warning: {lost}")
        facts["spoiled"] = lost
    path = quantize(f16, target, recipe, log=log, expected=expected, say=say)
    return Shrunk(path, {**facts, **recipe.facts(), "size_bytes": expected.size_bytes})


def measure_imatrix(
    f16: Path, target: Path, text: str, *, dataset: str, chunks: int, log: Path, say: Say | None = None
) -> dict[str, Any]:
    """Measure an importance matrix and write it as llama-imatrix does.

    Args:
        dataset: What the text is called in the file.
        say: Called with a line now and then that says how far it is.

    Raises:
        BundleError: If the text is too short or llama.cpp cannot compute the model.
    """
    arguments = {"model": str(f16), "text": text, "target": str(target), "chunks": chunks, "dataset": dataset}
    return call("imatrix", arguments, log, say)


def _imatrix(
    f16: Path, wish: Wish, texts: Texts, *, values: int, log: Path, say: Say
) -> tuple[Path | None, dict[str, Any]]:
    if wish.without_imatrix:
        return None, {}
    if wish.imatrix is not None:
        return wish.imatrix, {"imatrix": {"from": wish.imatrix.name}}
    chunks = chunks_for(values)
    say(f"measuring the importance matrix on {texts.calibration_from}, up to {chunks} chunks of 512 tokens")
    target = f16.with_suffix(".imatrix.gguf")
    dataset = texts.calibration_from
    found = measure_imatrix(f16, target, texts.calibration, dataset=dataset, chunks=chunks, log=log, say=say)
    return target, {"imatrix": {"from": texts.calibration_from, "tokens": found["tokens"]}}


def _chosen(
    f16: Path, wish: Wish, texts: Texts, imatrix: Path | None, left_out: Collection[str], *, log: Path, say: Say
) -> Choice:
    size = None if wish.target_size is None else parse_size(wish.target_size)
    if size is not None:
        refuse_too_small(f16, size, imatrix=imatrix, log=log, left_out=left_out)
    market = survey(f16, tail(texts.calibration), imatrix=imatrix, log=log, say=say, left_out=left_out)
    if size is not None:
        return market.choose(size)

    def measure(choice: Choice) -> float:
        trial = quantize(f16, f16.with_suffix(".trial.gguf"), choice.recipe, log=log, say=say)
        kl = float(compare(f16, trial, texts.proof, log=log, say=say)["kl"])
        trial.unlink()
        return kl

    assert wish.target_kl is not None
    return for_kl(market, wish.target_kl, measure, say)


def _say_fallbacks(expected: Plan, say: Say) -> None:
    """Widths that are no multiple of 256 do not fit most types: the file is larger than its name says."""
    odd = [tensor for tensor in expected.tensors if tensor.quantised and tensor.shape[0] % 256]
    if odd:
        share = sum(tensor.size_bytes for tensor in odd) / expected.size_bytes
        say(f"  {len(odd)} tensors, {share:.0%} of it, have a width that K-quants do not fit: larger types stand in")
