"""The plot of quantised_quality.py: share right and KL against the size of the file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.quality_table import RIGHT, Cell

STYLES = {
    "numbers": ("o", "tab:blue", "number comparison, with its adapter"),
    "commands": ("s", "tab:orange", "command exact, with its adapter"),
    "alerts": ("^", "tab:green", "alert triage, with its adapter"),
    "facts": ("D", "tab:gray", "facts, no adapter"),
    "code": ("v", "tab:olive", "code, no adapter"),
}


def write(path: Path, cells: Sequence[Cell], shipped: str) -> None:
    """Two panels over one axis; the file that is shipped stands on a line through both."""
    sizes = {cell.level: cell.value for cell in cells if cell.measure == "MB"}
    kl = {cell.level: cell for cell in cells if cell.measure == "KL"}
    # Text stays text: a tenth of the size, and it can be searched.
    with mpl.rc_context({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "edgegen"}):
        figure = Figure(figsize=(9, 8), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for task, (marker, colour, label) in STYLES.items():
            mine = {cell.level: cell for cell in cells if cell.measure == f"{RIGHT}{task}"}
            _points(above, sizes, mine, marker=marker, color=colour, label=label, scale=100)
        above.set_ylabel("right, %; bars: 95% intervals")
        above.legend(loc="lower right")
        _points(below, sizes, kl, marker="o", color="tab:red", label="KL", scale=1)
        below.set_yscale("log")
        below.set_ylabel("KL to F16, nats a token")
        below.set_xlabel("size of the file, MB (logarithmic)")
        below.set_xscale("log")
        below.set_xticks([90, 100, 110, 120, 150, 200, 270], labels=["90", "100", "110", "120", "150", "200", "270"])
        below.minorticks_off()
        for axes in (above, below):
            axes.axvline(sizes[shipped], color="black", linewidth=0.8, linestyle=":")
            axes.grid(alpha=0.3)
        for level, cell in kl.items():
            if level in sizes:
                name = f"{level}, as shipped" if level == shipped else level
                below.annotate(name, (sizes[level], max(cell.value, below.get_ylim()[0])), fontsize=7,
                               xytext=(4, 3), textcoords="offset points")  # fmt: skip
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _points(
    axes: Axes, sizes: Mapping[str, float], mine: Mapping[str, Cell], *, marker: str, color: str, label: str, scale: int
) -> None:
    levels = [level for level in sizes if level in mine and mine[level].value > 0]
    if not levels:
        return
    values = [scale * mine[level].value for level in levels]
    ends = [(mine[level].low, mine[level].high, mine[level].value) for level in levels]
    bars = [[scale * max(0.0, value - (value if low is None else low)) for low, _, value in ends],
            [scale * max(0.0, (value if high is None else high) - value) for _, high, value in ends]]  # fmt: skip
    axes.errorbar([sizes[level] for level in levels], values, yerr=bars, fmt=marker, color=color, label=label,
                  markersize=5, capsize=2, linewidth=0.8)  # fmt: skip
