"""The canary of an adapter: a text, and how far the adapter moves the base's next token after it.

The gateway measures it again at every load (``edge.engine.canary``) and refuses an adapter that is not applied as its
maker saw it. So it is measured here with the very files that are shipped.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from export.native import call

# The engine allows 0.02 nats and a fifth of the record. Below this an adapter that is not applied at all would pass.
LEAST_KL = 0.05
# Other kernels round the activations otherwise. One adapter over one Q4_1 file moved a text by 0.28, 0.36 and 0.20 nats
# with flash attention, without it, and where it was exported; others moved theirs by 4.50, 4.10 and 4.17, and by 0.77,
# 0.90 and 0.73. From here on that stays within what the engine allows, on any board.
GOOD_KL = 1.0
# Ends in the middle of things, where adapters differ most from their base.
GENERAL = (
    "The gateway reports a temperature of 9.11 degrees. The next reading is",
    "Question: Which is larger, 9.11 or 9.9?\nAnswer:",
    "Pump 7 stopped at 06:40. The most likely cause is",
    '{"sensor": "T1", "status":',
)
# So many paragraphs of the held-out text are tried, each cut at these numbers of characters.
_OWN, _CUTS = 8, (60, 120, 240)


def measure(model: Path, adapter: Path, text: str, *, log: Path) -> Mapping[str, Any] | None:
    """The text, of some, after which the adapter moves the next token most.

    Args:
        model: The GGUF that it is put over on the gateway.
        text: Held-out text; beginnings of its paragraphs are tried too.

    Returns:
        ``{"text", "kl"}`` for the manifest; None when none moves enough to tell it from no adapter.
    """
    # The manifest is read by many, so words of the held-out text go into it only where no other text will do.
    tried: list[tuple[float, str]] = []
    for texts in (list(GENERAL), _beginnings(text)):
        if texts and max(tried, default=(0.0, ""))[0] < GOOD_KL:
            found = call("canary", {"model": str(model), "adapter": str(adapter), "texts": texts}, log)["kl"]
            tried += zip(found, texts, strict=True)
    kl, best = max(tried)
    return {"text": best, "kl": float(f"{kl:.6g}")} if kl >= LEAST_KL else None


def _beginnings(text: str) -> list[str]:
    paragraphs = [part.strip() for part in text.split("\n\n") if len(part.strip()) > 20]
    step = max(1, len(paragraphs) // _OWN)
    cuts = [paragraph[:length].rstrip() for paragraph in paragraphs[::step][:_OWN] for length in _CUTS]
    return list(dict.fromkeys(cuts))
