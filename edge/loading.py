"""What the engine is told to load, for the daemon and for whoever else starts an engine."""

from pathlib import Path
from typing import Any

from edge.tuned import read_tuned
from edgegen.bundle import ResolvedModel
from edgegen.config import Config

# llama.cpp reads quantised V only in its flash attention.
NEED_FLASH_ATTN = ("q8_0", "q4_0")


def load_message(model: ResolvedModel, config: Config, *, cache_dir: Path | None = None) -> dict[str, Any]:
    """The ``load`` message for a model under a configuration; what that leaves open is as tuned.py has it.

    Args:
        cache_dir: Where the engine keeps the computed system prompt; None keeps it in memory only.
    """
    limits = config.limits
    tuned = read_tuned(config.node.data_dir, model.sha256)
    flash_attn = {"on": True, "off": False}.get(config.model.flash_attn, tuned.flash_attn)
    kv_type = tuned.kv_type if config.model.kv_type == "auto" else config.model.kv_type
    if flash_attn is False and kv_type in NEED_FLASH_ATTN:  # one of them is the operator's word, the other was tuned
        flash_attn, kv_type = (None, kv_type) if config.model.kv_type != "auto" else (False, None)
    longest = min(limits.max_tokens, model.defaults.get("max_tokens", limits.max_tokens))
    return {
        "op": "load",
        "model": str(model.model_path),
        "adapters": [
            {
                "name": a.name,
                "path": str(a.path),
                "scale": a.scale,
                "canary": None if a.canary is None else dict(a.canary),
            }
            for a in model.adapters
        ],
        "n_ctx": config.model.n_ctx,
        "slots": config.model.slots,
        "n_threads": config.model.n_threads or tuned.n_threads,
        "n_batch": config.model.n_batch or tuned.n_batch,
        "kv_type": kv_type,
        "flash_attn": flash_attn,
        "lookup_tokens": config.model.lookup_tokens,
        "system_prompt": model.system_prompt,
        "chat_template": model.chat_template,
        "defaults": {**model.defaults, "max_tokens": longest},
        "prompt_tokens": limits.prompt_tokens,
        "cache_dir": None if cache_dir is None else str(cache_dir),
    }
