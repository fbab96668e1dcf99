"""What the engine is told to load, for the daemon and for whoever else starts an engine."""

from pathlib import Path
from typing import Any

from edgegen.bundle import ResolvedModel
from edgegen.config import Config


def load_message(model: ResolvedModel, config: Config, *, cache_dir: Path | None = None) -> dict[str, Any]:
    """The ``load`` message for a model under a configuration.

    Args:
        cache_dir: Where the engine keeps the computed system prompt; None keeps it in memory only.
    """
    limits = config.limits
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
        "n_threads": config.model.n_threads or None,
        "system_prompt": model.system_prompt,
        "chat_template": model.chat_template,
        "defaults": {**model.defaults, "max_tokens": longest},
        "prompt_tokens": limits.prompt_tokens,
        "cache_dir": None if cache_dir is None else str(cache_dir),
    }
