"""The hub switched off, and what libraries would report home.

Nothing here imports a library: the hub's client reads the environment once, when it is imported, and bitsandbytes may
ask it for kernels as soon as it is.
"""

import os
import sys

_GIVEN = os.environ.get("HF_HUB_OFFLINE")
_YES = ("1", "ON", "YES", "TRUE")


def go_offline(*, hub: bool) -> None:
    """Fetch nothing from here on, unless the user lets the hub be asked. Call it before the libraries are imported.

    Args:
        hub: ``base.hub``; then what the user's own environment says holds.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["UNSLOTH_DISABLE_STATISTICS"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if not hub:
        os.environ["HF_HUB_OFFLINE"] = "1"
    elif _GIVEN is None:
        os.environ.pop("HF_HUB_OFFLINE", None)
    else:
        os.environ["HF_HUB_OFFLINE"] = _GIVEN
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:  # imported already
        vars(constants)["HF_HUB_OFFLINE"] = os.environ.get("HF_HUB_OFFLINE", "").upper() in _YES
        vars(constants)["HF_HUB_DISABLE_TELEMETRY"] = True
