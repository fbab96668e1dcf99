"""What a bundle must reach, from the recipe of its run and the command line.

A recipe may say it once for every export of its runs:

    [export]
    max_kl = 0.1              # KL(16 bit || quantised), nats a token
    min_agreement = 0.8       # share of equal top tokens
    max_moved_kl = 0.3        # KL(base it trained on || base it is put on), for runs on a 4-bit base
    max_lost = 0.05           # share of a probe suite's items right before that may be wrong after
    min_score = 0.6           # share of every probe suite's items that must be right
    probes = ["sequences"]    # suites that are asked before and after
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgegen.errors import BundleError
from export.verify import Thresholds

SECTION = "export"
# Key of the recipe -> field of Thresholds.
_FIELDS = {
    "max_kl": "kl",
    "min_agreement": "top_token_agreement",
    "max_moved_kl": "moved_kl",
    "max_lost": "lost",
    "min_score": "score",
}


def recipe_settings(recipe: Path) -> dict[str, Any]:
    """The section [export] of a run's recipe; empty where there is none.

    Raises:
        BundleError: If the recipe is not TOML, or a threshold is no number.
    """
    if not recipe.is_file():
        return {}
    try:
        document = tomllib.loads(recipe.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{recipe}: cannot be read: {error}. Copy the run again.") from None
    section = document.get(SECTION, {})
    settings = dict(section) if isinstance(section, Mapping) else {}
    for key in _FIELDS.keys() & settings.keys():
        value = settings[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise BundleError(f"{recipe}: [{SECTION}] {key} = {value!r}: must be a number from 0.")
    return settings


def thresholds_of(given: Mapping[str, float], recipes: Sequence[Mapping[str, Any]]) -> Thresholds:
    """The thresholds of an export.

    Args:
        given: From the command line, by field of Thresholds; they win.
        recipes: The section [export] of each run; of several the strictest counts.
    """
    found: dict[str, float] = {}
    for recipe in recipes:
        for key, name in _FIELDS.items():
            value = recipe.get(key)
            if value is None:
                continue
            stricter = min if key.startswith("max") else max
            found[name] = float(value) if name not in found else stricter(found[name], float(value))
    return replace(Thresholds(), **{**found, **given})
