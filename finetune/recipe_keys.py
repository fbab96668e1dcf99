"""Every key of a recipe, described once: its kind, default, unit, reason and check.

The defaults, the commented recipe of ``edgegen finetune init`` and the table in ``docs/finetuning.md`` are generated
from ``KEYS``, so they cannot disagree.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from finetune.methods.registry import BY_NAME, Settings

Kind = Literal["string", "integer", "number", "boolean", "path", "strings"]
Check = Callable[[Any], str | None]


@dataclass(frozen=True)
class RecipeKey:
    """One key.

    Args:
        kind: What TOML value is expected. ``path`` is a string, resolved against the folder of the recipe.
        default: The value; None where unset means "none"; ``...`` where there is no default and it must be given.
        example: What the commented recipe shows for a key without a default.
        check: Says what is wrong with a value and what to write instead; None when nothing is.
    """

    section: str
    name: str
    kind: Kind
    default: Any
    unit: str
    reason: str
    check: Check | None = None
    example: Any = None

    @property
    def dotted(self) -> str:
        """``section.name``, as ``--set`` and the messages spell it."""
        return f"{self.section}.{self.name}"

    @property
    def shown(self) -> Any:
        """The default, or an example where there is none."""
        return self.example if self.default in (None, ...) else self.default


def _between(low: float, high: float) -> Check:
    return lambda value: None if low <= value <= high else f"must be from {low:g} to {high:g}"


def _one_of(*names: str) -> Check:
    return lambda value: None if value in names else f"must be one of: {', '.join(names)}"


def _above_zero(value: float) -> str | None:
    return None if 0 < value < math.inf else "must be more than 0 and finite"


def _check_targets(value: list[str]) -> str | None:
    return None if value else "must name at least one kind of module, for example q_proj"


K = RecipeKey
KEYS: tuple[RecipeKey, ...] = (
    K("base", "model", "path", ..., "folder", "The model to start from: config.json, tokenizer and safetensors.",
      example="models/base"),
    K("base", "load", "string", "auto", "auto, float32, bfloat16, float16 or nf4",
      "How the frozen weights are held. auto: nf4 on a GPU if the method can use it, else bfloat16; float32 on a CPU, "
      "where 4 bits are no faster.", _one_of("auto", "float32", "bfloat16", "float16", "nf4")),
    K("base", "hub", "boolean", False, "true or false",
      "Whether `model` may be a name on the hub. Off: nothing is ever fetched."),
    K("data", "train", "path", ..., "file or folder", "One example a row: chat (messages), Alpaca (instruction, input, "
      "output) or prompt and completion; told apart by their fields. JSON lines, .parquet, .csv or a folder of them; "
      "with base.hub also hub:OWNER/NAME.", example="data/train.jsonl"),
    K("data", "validation", "path", None, "JSONL file; default: split off",
      "Held-out examples. Without it a share of the training file is held out.", example="data/validation.jsonl"),
    K("data", "validation_share", "number", 0.05, "share, 0 to 0.5",
      "How much of the training file is held out, chosen by a hash of each example, so that it stays held out when the "
      "file grows.", _between(0, 0.5)),
    K("data", "max_tokens", "integer", 1024, "tokens", "Longest sample. A longer one is an error, not cut in silence.",
      _between(16, 131072)),
    K("data", "packing", "boolean", True, "true or false",
      "Put several samples in one row, each attending only to itself. A pack never mixes tasks."),
    K("data", "template", "path", None, "Jinja file, or alpaca; default: the base's own",
      "Chat template, when the base has none. alpaca comes with edgegen: ### Instruction: and ### Response:, for bases "
      "that were never tuned to chat.", example="alpaca"),
    K("data", "replay", "path", None, "JSONL file; default: none",
      "Answers of the base itself, or general examples, to keep it from forgetting what it knew.",
      example="data/replay.jsonl"),
    K("data", "replay_share", "number", 0.0, "share of all samples, 0 to 0.9",
      "How many of the samples come from `replay`. Each is used once an epoch at most: a replay seen often is learned "
      "by heart.", _between(0, 0.9)),
    K("data", "replay_loss", "string", "answer", "answer or kl",
      "answer: replayed samples are learned like all others. kl: at each of their tokens the model is held to what the "
      "base says there, KL(base || adapted), so that nothing of them is learned by heart.", _one_of("answer", "kl")),
    K("data", "replay_kl_weight", "number", 1.0, "factor", "kl only: weight of that mean KL beside the mean loss.",
      _between(0, 1000)),
    K("method", "name", "string", "lora", "see `edgegen finetune methods`", "How the adapter works.",
      lambda value: None if value in BY_NAME else f"unknown method; the methods are: {', '.join(BY_NAME)}"),
    K("method", "rank", "integer", 16, "rank", "Size of the adapter; 16 holds most single skills.", _between(1, 1024)),
    K("method", "alpha", "number", 16.0, "scale", "The update is scaled by alpha / rank.", _above_zero),
    K("method", "dropout", "number", 0.0, "share, 0 to 0.9", "Dropout of the adapter's input.", _between(0, 0.9)),
    K("method", "targets", "strings", list(Settings.targets), "last parts of module names",
      "What is adapted. All linear layers learn more per parameter than attention alone.", _check_targets),
    K("method", "target_share", "number", 1.0, "share, above 0 to 1",
      "Below 1: only this share of each kind of module, those with the most signal (Spectrum, arXiv 2406.06623).",
      _between(0.001, 1)),
    K("method", "variant", "string", "block", "input, block or middle", "ResLoRA only: which shortcut.",
      _one_of("input", "block", "middle")),
    K("method", "lr_ratio", "number", 16.0, "ratio", "LoRA+ only: rate of B over that of A.", _between(1, 1000)),
    K("method", "init_adapter", "path", None, "folder of a finished run; default: none",
      "Go on from the adapter of an earlier run on the same base; for one of several tasks give its adapter's folder.",
      example="runs/before"),
    K("method", "continual", "string", "warm", "warm or c-lora",
      "With init_adapter. warm: that adapter is trained on. c-lora: it stays as it is beside a new one, which pays for "
      "changing weights that it changed (C-LoRA, arXiv 2304.06027); the result holds both.", _one_of("warm", "c-lora")),
    K("method", "forget_weight", "number", 1e4, "factor", "c-lora only: how much that costs beside the mean loss.",
      _between(0, 1e12)),
    K("train", "steps", "integer", 0, "optimiser steps; 0: as many as `epochs` need", "Length of the training.",
      _between(0, 10_000_000)),
    K("train", "epochs", "number", 1.0, "passes over the data", "How long, when `steps` is 0.", _above_zero),
    K("train", "batch", "integer", 2, "rows", "Rows computed at once; memory grows with it.", _between(1, 4096)),
    K("train", "accumulate", "integer", 4, "batches a step", "Batches that make one step.", _between(1, 4096)),
    K("train", "lr", "number", 2e-4, "learning rate", "The usual rate of LoRA; small models like 1e-3.", _above_zero),
    K("train", "schedule", "string", "cosine", "cosine, linear or constant", "How the rate falls after the warm-up.",
      _one_of("cosine", "linear", "constant")),
    K("train", "warmup", "number", 0.03, "share of the steps", "The rate rises from 0 over these.", _between(0, 1)),
    K("train", "weight_decay", "number", 0.0, "per step, times the rate", "AdamW's.", _between(0, 1)),
    K("train", "clip", "number", 1.0, "norm", "Longest gradient.", _above_zero),
    K("train", "checkpointing", "boolean", True, "true or false",
      "Recompute activations instead of keeping them: most of a forward pass more a step, a fraction of the memory."),
    K("train", "memory", "string", "default", "off, default or minimal",
      "How hard to save GPU memory. minimal: weights and activations wait in host memory and moments take 8 bits; "
      "an 8B takes up to half as long again on an H100.",
      _one_of("off", "default", "minimal")),
    K("train", "optimizer", "string", "auto", "auto, adamw or adamw-8bit",
      "Moments of AdamW in 32 or 8 bits. auto: 8 bits with memory = minimal on a GPU, else 32.",
      _one_of("auto", "adamw", "adamw-8bit")),
    K("train", "seed", "integer", 0, "number", "Everything random follows from it.", _between(0, 2**31 - 1)),
    K("run", "folder", "path", ..., "folder", "Where everything about the run goes. It must be new or resumable.",
      example="runs/first"),
    K("run", "backend", "string", "auto", "auto, unsloth or peft",
      "Who computes. auto: Unsloth for plain LoRA on a GPU where it is installed, else PEFT.",
      _one_of("auto", "unsloth", "peft")),
    K("run", "evaluate_every", "integer", 50, "steps", "How often the held-out loss is measured.", _between(1, 10**7)),
    K("run", "checkpoint_every", "integer", 50, "steps", "How much a power cut may cost.", _between(1, 10**7)),
    K("run", "patience", "integer", 0, "evaluations; 0: never stop early",
      "Stop when the held-out loss has not improved for so many evaluations; the best adapter is kept.",
      _between(0, 10**6)),
    K("run", "best_by", "string", "loss+kl", "loss or loss+kl",
      "What `patience` and the choice of the best adapter go by: the held-out loss, or with replay_loss = kl that plus "
      "replay_kl_weight times the KL to the base on held-out replay.", _one_of("loss", "loss+kl")),
    K("run", "samples", "integer", 3, "examples", "How many held-out examples the report shows with the answers of "
      "base and adapter.", _between(0, 100)),
    K("run", "score", "integer", 0, "examples", "How many held-out examples, the tasks in turn, are answered greedily "
      "after the training; how many are answered exactly as the data say stands in the report. Costs about what as "
      "many cost in the held-out loss.", _between(0, 10**6)),
    K("export", "max_kl", "number", None, "nats a token; default: 0.15",
      "Most that quantising may cost: KL(16 bit || quantised). Above it no bundle is written.", _between(0, 10),
      example=0.1),
    K("export", "min_agreement", "number", None, "share, 0 to 1; default: 0.75",
      "How often the quantised file must say the very token that 16 bit says.", _between(0, 1), example=0.8),
    K("export", "max_moved_kl", "number", None, "nats a token; default: 0.6",
      "Most that leaving the 4-bit base it trained on, or a cut to a rank, may cost.", _between(0, 10), example=0.3),
    K("export", "probes", "strings", None, "names of suites; default: none",
      "Probe suites that the export asks of the base before and of the exported model after.", example=["sequences"]),
    K("export", "max_lost", "number", None, "share, 0 to 1; default: 1",
      "Share of a suite's items that may be right before and wrong after.", _between(0, 1), example=0.05),
    K("export", "min_score", "number", None, "share, 0 to 1; default: 0",
      "Share of each suite's items that must be right after.", _between(0, 1), example=0.6),
)  # fmt: skip
BY_DOTTED = {key.dotted: key for key in KEYS}
SECTIONS = tuple(dict.fromkeys(key.section for key in KEYS))
SUBJECTS = {
    "base": "The model to start from.",
    "data": "What it learns from.",
    "method": "How: see `edgegen finetune methods`.",
    "train": "For how long and how fast.",
    "run": "Where the results go.",
    "export": "What `edgegen export` must reach with this run; below it no bundle is written.",
}
