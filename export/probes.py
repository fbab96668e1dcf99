"""What the model knew before and knows after, by probe suites that the caller asks."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgegen.errors import BundleError
from export.verify import Thresholds

Scores = Mapping[str, Mapping[str, Any]]
# Asks the suites of a model, with an adapter over it or without.
Probe = Callable[[Path, Path | None], Scores]


def check(name: str, before: Scores, after: Scores, thresholds: Thresholds) -> dict[str, Any]:
    """Compare by suite.

    Args:
        name: Of what is judged, for messages.

    Returns:
        For the manifest: of each suite the shares before and after, the items, and their split if they have one.

    Raises:
        BundleError: Naming each suite that is below the thresholds.
    """
    problems = []
    for suite, score in after.items():
        share, was = score["share"], before[suite]["share"]
        if share < thresholds.score:
            problems.append(f"  {suite}: {share:.1%} right; {thresholds.score:.1%} is asked")
        if was - share > thresholds.lost:
            problems.append(f"  {suite}: {was:.1%} right before, {share:.1%} after; {thresholds.lost:.1%} may be lost")
    if problems:
        listed = "\n".join(problems)
        raise BundleError(f"{name}: not written, it fails its probes:\n{listed}\nTrain it further, or ask for less.")
    return {
        suite: {
            "before": before[suite]["share"],
            "after": score["share"],
            "items": score["total"],
            **({"split": score["split"]} if "split" in score else {}),
        }
        for suite, score in after.items()
    }
