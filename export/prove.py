"""The steps of the proof that need both sides: PEFT's float32 and llama.cpp's files."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgegen.errors import BundleError
from export.checkpoint import Checkpoint
from export.fold import write_plain
from export.inputs import Inputs, Say
from export.native import call
from export.pieces import Piece
from export.probes import check
from export.reference import MAX_VALUES, Logits, mean_kl, trained_logits, updated_logits
from export.request import Request
from export.verify import check_logits, check_tokens, compare, shortfalls

# Tokens of the text that the trained model and the GGUF are compared on.
PROOF_TOKENS = 96
# Chunks of 512 tokens that say whether two files that should be equal are.
EQUAL_CHUNKS = 2
# What to do where too much was lost, by what was made of the adapter; else its base is another one.
_KEEPS_MORE = {"svd_rank": "a higher --svd rank keeps more.", "rank": "a higher --rank keeps more."}
_FROM_FOUR_BIT = "it was trained on a 4-bit base, not on this."


@dataclass(frozen=True)
class Proof:
    """The proof of one export: its inputs, and where its files lie."""

    request: Request
    inputs: Inputs
    work: Path
    say: Say

    @property
    def log(self) -> Path:
        """What the tools said."""
        return self.work / "export.log"

    @property
    def is_small(self) -> bool:
        """Whether the base fits into memory in float32, as PEFT needs it."""
        return self.inputs.values <= MAX_VALUES

    def tokens(self, model: Path) -> dict[str, Any]:
        """Template and token ids of a GGUF against the training tokenizer's."""
        self.say("proving: template and tokens")
        return check_tokens(model, self.inputs.tokenizer_folder, log=self.log)

    def moved(self, piece: Piece, base: Checkpoint) -> dict[str, Any]:
        """What a strength, a cut, a combination or another base changed: KL(trained || exported), by run.

        Raises:
            BundleError: If one run's adapter alone lost more than allowed.
        """
        if not self.is_small or (piece.adapter_folder is not None and piece.base is base):
            return {}
        self.say(f"proving: {piece.name} against what was trained")
        exported = self.reference(piece, base)
        found = {}
        for part in piece.parts:
            trained = trained_logits(part.base, part.run.adapter, self.sample())
            found[part.name] = _rounded(mean_kl(trained, exported))
            self.say(f"  a KL of {found[part.name]} nats a token to {part.name} as it was trained")
        if len(piece.parts) == 1:
            self._refuse_loss(piece, exported, found[piece.parts[0].name])
        return {"kl_to_trained": found}

    def _refuse_loss(self, piece: Piece, exported: Logits, kl: float) -> None:
        (part,) = piece.parts
        strength, trained = piece.made.get("strength"), "what was trained"
        if strength is not None:
            # That is chosen to move away from what was trained, and no mistake: whatever else changed is bounded.
            weaker = part.adapter.at_strength(strength)
            kl = _rounded(mean_kl(updated_logits(part.base, weaker.updates, self.sample()), exported))
            trained = f"{strength:g} of what was trained"
        limit = self.inputs.thresholds.moved_kl
        if not kl <= limit:
            remedy = next((text for key, text in _KEEPS_MORE.items() if key in piece.made), _FROM_FOUR_BIT)
            raise BundleError(
                f"{piece.name}: not written. What is exported differs from {trained} by a KL of {kl} nats a token, and "
                f"{limit} is allowed: {remedy}"
            )

    def reference(self, piece: Piece, base: Checkpoint) -> Logits:
        """PEFT's logits of the piece over a base."""
        if piece.adapter_folder is not None:
            return trained_logits(base, piece.adapter_folder, self.sample())
        if piece.adapter.is_plain:
            folder = self.work / f"{piece.name}-plain"
            write_plain(piece.adapter.plain(tied=False), folder)
            return trained_logits(base, folder, self.sample())
        return updated_logits(base, piece.adapter.updates, self.sample())

    def logits(self, piece: Piece, base: Checkpoint, model: Path, adapter: Path | None = None) -> dict[str, Any]:
        """The largest difference of a GGUF's logits to PEFT's, relative to their range."""
        if not self.is_small:
            return {}
        self.say(f"proving: logits of {piece.name}")
        thresholds = self.inputs.thresholds
        limit = thresholds.logits if adapter is None else thresholds.adapter_logits
        reference = self.reference(piece, base)
        difference = check_logits(model, reference, self.sample(), limit, log=self.log, adapter=adapter)
        return {"logits_difference": float(f"{difference:.2g}")}

    def over_shipped(self, piece: Piece, base: Checkpoint, model: Path, adapter: Path) -> dict[str, Any]:
        """An adapter over the GGUF as it is shipped, against PEFT's float32: KL(PEFT || shipped), agreement, logits."""
        if not self.is_small:
            return {}
        self.say(f"proving: {piece.name} over {model.name} as it is shipped, against PEFT")
        wanted = self.reference(piece, base)
        target = self.log.with_name("shipped.npy")
        arguments = {"model": str(model), "tokens": self.sample(), "target": str(target), "adapter": str(adapter)}
        call("logits", arguments, self.log)
        found = np.load(target)[:, : wanted.shape[1]]
        target.unlink()
        figures = {
            "kl": mean_kl(wanted, found),
            "top_token_agreement": float((wanted.argmax(1) == found.argmax(1)).mean()),
            "logits_difference": float(np.abs(found - wanted).max() / (wanted.max() - wanted.min())),
        }
        return {name: float(f"{value:.4g}") for name, value in figures.items()} | {"tokens": len(wanted)}

    def lost(self, reference: Path, model: Path, what: str, adapter: Path | None = None) -> dict[str, Any]:
        """KL(16 bit || quantised), agreement and perplexities.

        Raises:
            BundleError: If a threshold is missed.
        """
        self.say(f"proving: KL of {what} to 16 bit")
        chunks, text = self.request.chunks, self.inputs.text
        figures = compare(reference, model, text, log=self.log, adapter=adapter, chunks=chunks, say=self.say)
        problems = shortfalls(figures, self.inputs.thresholds, what)
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise BundleError(
                f"{self.request.name}-{self.request.version}: not written, it lost too much:\n{listed}\n"
                + (
                    "Is this GGUF the base that the run was trained on? Allow more with --max-kl."
                    if self.request.shipped
                    else "Ask for a larger file or a smaller loss, or allow more with --max-kl or in the recipe."
                    if self.request.wish.has_target
                    else "Take a larger type with --quant, or allow more with --max-kl or in the recipe."
                )
            )
        return {**figures, "text": self.inputs.text_from}

    def merged(self, merged: Path, base: Path, adapter: Path) -> dict[str, Any]:
        """The merged GGUF against the base's with the adapter over it, both 16 bit: they should be equal."""
        self.say("proving: merged against base and adapter")
        arguments = {"reference": str(base), "model": str(merged), "text": self.inputs.text, "chunks": EQUAL_CHUNKS}
        figures = call("compare", {**arguments, "adapter": None, "reference_adapter": str(adapter)}, self.log)
        limit = self.inputs.thresholds.merged_kl
        if not figures["kl"] <= limit:
            raise BundleError(
                f"{merged.name}: differs from base and adapter by a KL of {figures['kl']:.2g} nats a token; {limit} is "
                f"allowed. Merging or converting went wrong: see {self.log}."
            )
        return {name: float(f"{figures[name]:.4g}") for name in ("kl", "top_token_agreement")}

    def probes(self, name: str, before: Path, after: Path, adapter: Path | None = None) -> dict[str, Any]:
        """Probe suites on the base and on what is exported.

        Raises:
            BundleError: If a suite is below its thresholds.
        """
        if self.request.probe is None:
            return {}
        self.say(f"proving: probes of {name}, before and after")
        probe = self.request.probe
        return {"probes": check(name, probe(before, None), probe(after, adapter), self.inputs.thresholds)}

    def sample(self) -> list[int]:
        """The first tokens of the text, by the training tokenizer."""
        from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

        tokenizer: Any = AutoTokenizer.from_pretrained(self.inputs.tokenizer_folder, local_files_only=True)
        text = self.inputs.text[: 20 * PROOF_TOKENS]
        ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"][:PROOF_TOKENS]
        return ids


def _rounded(kl: float) -> float:
    return float(f"{kl:.4g}")


def dev_loss(figures: dict[str, Any]) -> float:
    """The loss of the quantised file on the text, nats a token."""
    return math.log(figures["perplexity"])
