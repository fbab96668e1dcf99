"""What the engine shall load and how: the daemon's ``load`` message, read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Tokens one llama_decode may hold. A prompt of 542 tokens ran at 388, 412, 419 and 392 tokens/s in batches of 64, 128,
# 256 and 512 (SmolLM2-135M, 2 threads, means of two runs); 512 takes 7 MB more than 256.
DEFAULT_N_BATCH = 256

# Longest guess of a sequence that runs alone (see lookup.py). With the token before it a batch of 16, which is as many
# rows of logits as any context here has, so it is the limit too.
MAX_LOOKUP_TOKENS = 15


@dataclass(frozen=True)
class AdapterFile:
    """A LoRA adapter to load, with what its maker recorded to recognise it by (see canary.py)."""

    name: str
    path: str
    scale: float = 1.0
    canary_text: str | None = None
    canary_kl: float | None = None


@dataclass(frozen=True)
class LoadOptions:
    """What to load and how."""

    model: str
    adapters: Sequence[AdapterFile] = ()
    n_ctx: int = 4096
    slots: int = 8
    n_threads: int | None = None
    n_batch: int = DEFAULT_N_BATCH
    flash_attn: bool | None = None
    kv_type: str = "f16"
    lookup_tokens: int = MAX_LOOKUP_TOKENS


def load_options(load: dict[str, Any]) -> LoadOptions:
    """The model's part of a ``load`` message."""
    names = ("n_threads", "n_batch", "flash_attn", "kv_type", "lookup_tokens")
    optional = {key: load[key] for key in names if load.get(key) is not None}
    return LoadOptions(
        model=load["model"],
        adapters=[_adapter_file(entry) for entry in load.get("adapters") or ()],
        n_ctx=int(load.get("n_ctx") or LoadOptions.n_ctx),
        slots=int(load.get("slots") or LoadOptions.slots),
        **optional,
    )


def _adapter_file(entry: dict[str, Any]) -> AdapterFile:
    recorded = entry.get("canary") or {}
    return AdapterFile(
        entry["name"], entry["path"], float(entry.get("scale") or 1.0), recorded.get("text"), recorded.get("kl")
    )
