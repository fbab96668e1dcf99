"""Figures: medians, ratios with their spread, tables on the screen, JSON on the disk."""

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib import machine
from lib.setting import Setting

# Which side of the target is the good one.
AT_LEAST, AT_MOST = ">=", "<="


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile; ``share`` from 0 to 1."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Iterable[float]) -> float:
    """The median."""
    return statistics.median(values)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Ours over theirs, round by round: the median and the spread."""
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    return {"median": statistics.median(each), "min": min(each), "max": max(each)}


def judged(
    name: str, ratio: Mapping[str, float], sense: str, target: float, *, reference: str | None = None
) -> dict[str, Any]:
    """One line of the verdict: what was to be reached, and whether it was.

    Args:
        reference: What the ratio's divisor is, in words.
    """
    reached = ratio["median"] >= target if sense == AT_LEAST else ratio["median"] <= target
    return {"question": name, "reference": reference, "target": f"{sense} {target:g}", **ratio, "reached": reached}


def compared(
    name: str, ours: Sequence[float], theirs: Sequence[float], sense: str, target: float, *, reference: str
) -> list[dict[str, Any]]:
    """The verdict on two series of rounds; empty without a peer."""
    return [judged(name, ratios(ours, theirs), sense, target, reference=reference)] if theirs else []


def shown(value: Any) -> str:
    """A cell."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows with the same keys, aligned."""
    if not rows:
        return
    lines = [list(rows[0]), *([shown(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    print()


def report(
    setting: Setting,
    rows: Sequence[Mapping[str, Any]],
    verdict: Sequence[Mapping[str, Any]],
    *,
    settings: Mapping[str, Any],
    rounds: Any = None,
) -> None:
    """Print the table and the verdict; write everything as JSON with ``--save`` and ``--json``.

    Args:
        rows: One a configuration, medians over the rounds.
        settings: What both sides were told.
        rounds: The single measurements.
    """
    facts = machine.facts() | {"cores_used_elsewhere": round(setting.elsewhere.cores(), 2)}
    print(f"\n{machine.line(facts)}\n{setting.command}\n")
    print_table(rows)
    print_table(verdict)
    for path in setting.results_files:
        document = {
            "script": setting.script,
            "command": setting.command,
            "machine": facts,
            "model": setting.model.name,
            "settings": settings,
            "rows": rows,
            "verdict": verdict,
            "rounds": rounds,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1, default=str) + "\n", encoding="utf-8")
        print(f"written: {path}")


def progress(text: str) -> None:
    """One line while it runs."""
    print(text, flush=True)
