"""Figures of quantised_quality.py as a table: each level's, and how far it is from the file that is shipped."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from edge.probes.compare import Recorded
from edge.probes.compare import compare as compare_probes
from edge.probes.score import wilson
from edge.probes.significance import holm, mcnemar
from finetune.evaluation import forgetting
from finetune.evaluation.outcome import Outcome
from lib.tables import ratios

# Where chance is ruled out, over all comparisons of the table together.
P_DIFFERS = 0.05
RIGHT = "right: "


@dataclass(frozen=True)
class Cell:
    """One figure of one level.

    Args:
        n: What it was measured on: questions, tokens, rounds; 1 for what is counted.
        low, high: 95% interval; of speeds the lowest and highest round.
        change: From the same figure of the shipped file, item by item, with its 95% interval.
        p: McNemar's, exact; ``p_holm`` holds for all of the table together.
    """

    level: str
    measure: str
    n: int
    value: float
    low: float | None = None
    high: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    p: float | None = None
    p_holm: float | None = None


def file_cells(level: str, found: Mapping[str, Any]) -> Iterator[Cell]:
    """Size and bits a weight, from ``levels.facts``."""
    yield Cell(level, "MB", 1, found["size_bytes"] / 1e6)
    yield Cell(level, "bits", 1, found["bits_per_weight"])


def drift_cells(level: str, found: Mapping[str, Any], what: str = "") -> Iterator[Cell]:
    """KL, ratio of perplexities and agreement, from a ``drift.Drift``."""
    n = found["tokens"]
    yield Cell(level, f"KL{what}", n, found["kl"], *found["kl_interval"])
    yield Cell(level, f"perplexity ratio{what}", n, found["ratio"], *found["ratio_interval"])
    yield Cell(level, f"same top token{what}", n, found["agreement"])


def skill_cell(level: str, found: Mapping[str, Any], shipped: Mapping[str, Any]) -> Cell:
    """A skill of the model alone, beside the shipped file's."""
    both = forgetting.compare(Outcome.of_json(shipped), Outcome.of_json(found))
    low, high = wilson(both.after, both.n)
    lost, gained = (round(figure.value * both.n) for figure in (both.lost, both.gained))
    return Cell(level, f"{RIGHT}{both.task}", both.n, both.after, low, high, both.change.value,
                *both.change.interval, p=mcnemar(lost, gained))  # fmt: skip


def task_cells(
    level: str, found: Mapping[str, Any], shipped: Mapping[str, Any], names: Mapping[str, str]
) -> list[Cell]:
    """What the adapters got right, beside the shipped file's; and macro F1 where the suite has labels.

    Args:
        names: The task of each suite.
    """
    changes = {change.suite: change for change in compare_probes(_recorded(shipped), _recorded(found))}
    cells = []
    for suite in found["suites"]:
        task, change = names[suite["suite"]], changes[suite["suite"]]
        cells.append(
            Cell(level, f"{RIGHT}{task}", suite["total"], suite["score"], *suite["interval"], change.difference,
                 *change.interval, p=change.p)
        )  # fmt: skip
        if "macro_f1" in suite:
            cells.append(Cell(level, f"macro F1: {task}", suite["total"], suite["macro_f1"]))
    return cells


def _recorded(found: Mapping[str, Any]) -> Recorded:
    suites = {suite["suite"]: {item["id"]: item["passed"] for item in suite["items"]} for suite in found["suites"]}
    return Recorded("", found["model"], suites)


def speed_cells(rounds: Sequence[Mapping[str, float]], shipped: str) -> Iterator[Cell]:
    """Tokens a second as a ratio to the shipped file's, round by round."""
    for level in rounds[0]:
        ratio = ratios([found[level] for found in rounds], [found[shipped] for found in rounds])
        yield Cell(level, "tg ratio", len(rounds), ratio["median"], ratio["min"], ratio["max"])


def adjusted(cells: Sequence[Cell]) -> list[Cell]:
    """With Holm's p over all of them."""
    ps = {str(place): cell.p for place, cell in enumerate(cells) if cell.p is not None}
    together = holm(ps)
    return [replace(cell, p_holm=together.get(str(place))) for place, cell in enumerate(cells)]


def write_csv(path: Path, cells: Sequence[Cell], command: str) -> None:
    """A line a figure."""
    names = [field.name for field in fields(Cell)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, "command"])
        for cell in cells:
            writer.writerow([*(_exact(value) for value in asdict(cell).values()), command])


def _exact(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def markdown(
    cells: Sequence[Cell], measures: Sequence[str], holds: Mapping[str, Mapping[str, float]] | None = None
) -> list[str]:
    """A line a level, a column a measure.

    Args:
        holds: Of each level, the share of the weights by type; None leaves the column out.
    """
    by_place = {(cell.level, cell.measure): cell for cell in cells}
    counts = {cell.measure: cell.n for cell in cells}
    measures = [name for name in measures if name in counts]
    heads = [f"{name} (n = {counts[name]:,})" if counts[name] > 1 else name for name in measures]
    heads = ["level", *([] if holds is None else ["what it holds"]), *heads]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for level in dict.fromkeys(cell.level for cell in cells):
        shown = [] if holds is None else [_types(holds.get(level, {}))]
        shown += [_shown(by_place[level, name]) if (level, name) in by_place else "-" for name in measures]
        lines.append("| " + " | ".join([level, *shown]) + " |")
    return lines


def _types(types: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in types.items() if share >= 0.005)


def _shown(cell: Cell) -> str:
    share = cell.measure.startswith((RIGHT, "same", "share"))
    if cell.measure == "MB":
        return f"{cell.value:.1f}"
    form = ".1%" if share else ".4f" if cell.measure.startswith("KL") else ".3g" if cell.measure == "bits" else ".3f"
    text = f"{cell.value:{form}}"
    if cell.low is not None and cell.high is not None:
        text += f" ({cell.low:{form}} to {cell.high:{form}})"
    if cell.change and cell.change_low is not None and cell.change_high is not None:
        text += f"; {100 * cell.change:+.1f} ({100 * cell.change_low:+.1f} to {100 * cell.change_high:+.1f})"
        if cell.p_holm is not None and cell.p_holm < P_DIFFERS:
            text = f"**{text}**"
    return text
