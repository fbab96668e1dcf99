"""The picture of a comparison: what was learned, with intervals, for each row or over a figure of the table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.compare import Spec

Rows = Sequence[Mapping[str, Any]]
AXIS_LABELS = {
    "rank": "rank",
    "steps": "optimiser steps",
    "training_s": "time of the steps, s",
    "trainable_parameters": "trainable parameters",
    "peak_memory_bytes": "peak memory, bytes",
    "step_s": "time a step, s",
    "adapter_bytes": "size of the adapter, bytes",
}
MEASURES = {
    "exactly_right": "answers exactly right, %",
    "held_out_loss": "held-out loss, nats a token",
    "held_out_kl": "KL to the base, nats a token",
}
# Of shares: people read percent.
FACTORS = {"exactly_right": 100.0}


def write_picture(spec: Spec, rows: Rows, path: Path) -> None:
    """One panel for each measure that the rows have, mean and 95% interval, as a PNG."""
    import matplotlib as mpl  # noqa: PLC0415  (the check of a specification does not need it)
    from matplotlib.figure import Figure  # noqa: PLC0415

    whole = [row for row in rows if row["seeds"]]
    shown = [name for name in MEASURES if any(row[name] is not None for row in whole)] or ["held_out_loss"]
    over = spec.axis if spec.axis and any(row[spec.axis] for row in whole) else None
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        height = 3.2 if over else 0.28 * len(whole) + 1.2
        figure = Figure(figsize=((3.6 if over else 2.8) * len(shown) + 1, height), layout="constrained")
        panels = figure.subplots(1, len(shown), squeeze=False, sharey=not over)[0]
        for axes, name in zip(panels, shown, strict=True):
            measured = [row for row in whole if row[name] is not None]
            (_over if over else _each)(axes, measured, name, over)
        figure.suptitle("mean and 95% interval", fontsize=8, color="0.4", x=0.99, ha="right")
        figure.savefig(path, dpi=150, metadata={"Software": None})


def _each(axes: Any, rows: Rows, name: str, _over: str | None) -> None:
    """A line for each row."""
    places = range(len(rows))
    axes.errorbar([_at(row, name) for row in rows], places, xerr=_bars(rows, name), fmt="o", ms=4, capsize=2.5)
    axes.set_yticks(places, [row["row"] for row in rows])
    axes.set_ylim(max(1, len(rows)) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(MEASURES[name])


def _over(axes: Any, rows: Rows, name: str, over: str | None) -> None:
    """A curve over a figure, logarithmic; the first row of each value makes it, the others are points with names."""
    assert over
    curve: dict[float, Mapping[str, Any]] = {}
    for row in rows:
        curve.setdefault(row[over], row)
    line = [curve[value] for value in sorted(curve)]
    axes.errorbar(sorted(curve), [_at(row, name) for row in line], yerr=_bars(line, name), fmt="o-", ms=4, capsize=2.5)
    others = [row for row in rows if row is not curve[row[over]]]
    for number, row in enumerate(others, 1):
        x = row[over] * 1.1**number  # beside the curve, so that the bars do not hide one another
        axes.errorbar([x], [_at(row, name)], yerr=_bars([row], name), fmt="s", ms=4, capsize=2.5, label=row["row"])
    axes.set_xscale("log", base=2 if over == "rank" else 10)
    axes.set_xticks(sorted(curve), [f"{value:,.4g}" for value in sorted(curve)], minor=False)
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.set_xlabel(AXIS_LABELS[over])
    axes.set_ylabel(MEASURES[name])
    if others:
        axes.legend(fontsize=7, frameon=False, title=f"at {AXIS_LABELS[over]} {others[0][over]:,.4g}", title_fontsize=7)


def _at(row: Mapping[str, Any], name: str) -> float:
    return float(row[name]) * FACTORS.get(name, 1.0)


def _bars(rows: Rows, name: str) -> list[list[float]]:
    """How far both ends of the interval are from the mean; nothing for a single seed."""
    factor = FACTORS.get(name, 1.0)
    ends = [(row[f"{name}_low"], row[name], row[f"{name}_high"]) for row in rows]
    return [
        [0.0 if low is None else factor * max(0.0, mean - low) for low, mean, _ in ends],
        [0.0 if high is None else factor * max(0.0, high - mean) for _, mean, high in ends],
    ]
