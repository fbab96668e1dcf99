"""The plot of quantised_quality.py: KL against the size of the file, and what is right at each level."""

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
ROOM = 1.12  # of a label, as a factor of size and of KL
SIZES = (90, 100, 110, 120, 150, 200, 270)


def write(path: Path, cells: Sequence[Cell], shipped: str) -> None:
    """Two panels; what is shipped is marked in both."""
    sizes = {cell.level: cell.value for cell in cells if cell.measure == "MB"}
    names = {level: f"{level}, as shipped" if level == shipped else level for level in sizes}
    order = sorted(sizes, key=lambda level: (sizes[level], level))
    # Text stays text: a tenth of the size, and it can be searched.
    with mpl.rc_context({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "edgegen"}):
        figure = Figure(figsize=(9, 9), layout="constrained")
        above, below = figure.subplots(2, 1, height_ratios=(2, 3))
        _drift(above, {cell.level: cell for cell in cells if cell.measure == "KL"}, sizes, names, shipped)
        for number, (task, style) in enumerate(STYLES.items()):
            mine = {cell.level: cell for cell in cells if cell.measure == f"{RIGHT}{task}"}
            beside = 0.14 * (number - (len(STYLES) - 1) / 2)
            _right(below, [(place + beside, mine[level]) for place, level in enumerate(order) if level in mine], *style)
        below.set_xticks(
            range(len(order)), [f"{names[level]}, {sizes[level]:.0f} MB" for level in order], rotation=40, ha="right"
        )
        below.axvspan(order.index(shipped) - 0.5, order.index(shipped) + 0.5, color="black", alpha=0.07)
        below.set_xlim(-0.6, len(order) - 0.4)
        below.set_ylabel("right, %; bars: 95% intervals")
        below.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False)
        below.grid(axis="y", alpha=0.3)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _drift(
    axes: Axes, kl: Mapping[str, Cell], sizes: Mapping[str, float], names: Mapping[str, str], shipped: str
) -> None:
    for level, cell in kl.items():
        if cell.value <= 0 or cell.low is None or cell.high is None:
            continue  # the reference itself
        bars = [[max(0.0, cell.value - cell.low)], [max(0.0, cell.high - cell.value)]]
        fill = "none" if level.endswith("+imatrix") else "tab:red"
        axes.errorbar(sizes[level], cell.value, yerr=bars, fmt="o", color="tab:red", mfc=fill, capsize=2, linewidth=0.8)
        # A label stands on the right of its point unless another point is there.
        near = [o.value / cell.value for n, o in kl.items() if sizes[level] < sizes[n] < ROOM * sizes[level]]
        offset, side = ((-6, -3), "right") if any(1 / ROOM < ratio < ROOM for ratio in near) else ((6, -3), "left")
        place = (sizes[level], cell.value)
        axes.annotate(names[level], place, fontsize=7.5, xytext=offset, textcoords="offset points", ha=side)
    axes.axvline(sizes[shipped], color="black", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(sizes.values()) * 0.88, max(sizes.values()) * 1.05)
    shown = [size for size in SIZES if axes.get_xlim()[0] <= size <= axes.get_xlim()[1]]
    axes.minorticks_off()
    axes.set_xticks(shown, labels=[str(size) for size in shown])
    axes.set_xlabel("size of the file, MB")
    axes.set_ylabel("KL to F16, nats a token")
    axes.grid(alpha=0.3)


def _right(axes: Axes, points: Sequence[tuple[float, Cell]], marker: str, colour: str, label: str) -> None:
    if not points:
        return
    values = [100 * cell.value for _, cell in points]
    lows = [100 * max(0.0, cell.value - (cell.value if cell.low is None else cell.low)) for _, cell in points]
    highs = [100 * max(0.0, (cell.value if cell.high is None else cell.high) - cell.value) for _, cell in points]
    axes.errorbar([place for place, _ in points], values, yerr=[lows, highs], fmt=marker, color=colour, label=label,
                  markersize=4, capsize=1.5, linewidth=0.8)  # fmt: skip
