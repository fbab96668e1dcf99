"""The table of a comparison: for programs, for people and as a picture."""

import csv
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from finetune.compare import Outcome, Spec, Training, chosen_rate
from finetune.methods.registry import BY_NAME

COLUMNS = (
    "row", "method", "rate", "trainable_parameters", "peak_memory_bytes", "step_s", "held_out_loss",
    "held_out_loss_sd", "held_out_kl", "held_out_kl_sd", "seeds", "adapter_bytes", "export", "shape_memory_bytes",
    "shape_step_s", "shape_problem", "problem",
)  # fmt: skip


def table_rows(spec: Spec, outcomes: dict[Training, Outcome]) -> list[dict[str, Any]]:
    """One line a row: the figures of ``COLUMNS``, mean and standard deviation over the seeds."""
    lines = []
    for row in spec.rows:
        rate = chosen_rate(spec, row.name, outcomes)
        mine = {t: o for t, o in outcomes.items() if t.row == row.name}
        trained = {t: o for t, o in mine.items() if t.kind != "memory"}
        whole = [o for t, o in trained.items() if t.kind == "seed" and t.rate == rate and not o.problem]
        timed = [o for t, o in trained.items() if t.kind == "time" and t.rate == rate and not o.problem] or whole
        line: dict[str, Any] = dict.fromkeys(COLUMNS, None)
        line |= {"row": row.name, "method": row.method, "rate": rate, "export": BY_NAME[row.method].export}
        line |= {"seeds": len(whole), "problem": next((o.problem for o in trained.values() if o.problem), "")}
        if whole:
            line |= {
                "trainable_parameters": whole[0].trainable_parameters,
                "peak_memory_bytes": max(o.peak_memory_bytes for o in whole),
                "step_s": statistics.median(o.step_s for o in timed),
                "adapter_bytes": whole[0].adapter_bytes,
                **_spread("held_out_loss", [o.held_out_loss for o in whole]),
                **_spread("held_out_kl", [o.held_out_kl for o in whole if o.held_out_kl is not None]),
            }
        for other in (o for t, o in mine.items() if t.kind == "memory"):
            line["shape_problem"] = other.problem
            if not other.problem:
                line |= {"shape_memory_bytes": other.peak_memory_bytes, "shape_step_s": other.step_s}
        lines.append(line)
    return lines


def _spread(name: str, values: Sequence[float]) -> dict[str, float | None]:
    return {
        name: statistics.fmean(values) if values else None,
        f"{name}_sd": statistics.stdev(values) if len(values) > 1 else None,
    }


def markdown(spec: Spec, rows: Sequence[dict[str, Any]], device: str) -> str:
    """The table for people, with how it was made."""
    made = f"chosen on the validation data from {len(spec.rates)} runs of {spec.search_steps} steps"
    made = made if len(spec.rates) > 1 else "the same for all"
    seeds = f"mean and standard deviation over {len(spec.seeds)} seeds" if len(spec.seeds) > 1 else "one seed"
    kl, memory = any(row["held_out_kl"] is not None for row in rows), spec.memory
    names = ["row", "rate", "trainable", "peak memory", "time a step", "held-out loss", *(["KL to the base"] * kl)]
    names += ["adapter", "export", *(["memory on the shape", "time a step there"] if memory else [])]
    lines = [
        "# Trainings compared",
        "",
        f"Recipe {spec.recipe.name} on {device}. Rate {made}; held-out loss on {spec.test.name}, {seeds}.",
        "Peak memory is what PyTorch reserved on the GPU, or on a CPU what the process held.",
    ]
    if memory:
        size = f"{memory.batch} x {memory.accumulate} rows of {memory.tokens:,} tokens"
        lines.append(f"The shape: {Path(memory.shape).name}, random weights, {size}.")
    lines += ["", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_cells(row, kl=kl, memory=memory is not None))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any], *, kl: bool, memory: bool) -> list[str]:
    if row["seeds"]:
        cells = [
            row["row"],
            f"{row['rate']:g}",
            f"{row['trainable_parameters']:,}",
            f"{row['peak_memory_bytes'] / 2**30:.2f} GiB",
            f"{row['step_s']:.3f} s",
            _mean(row, "held_out_loss"),
            *([_mean(row, "held_out_kl")] * kl),
            f"{row['adapter_bytes'] / 1e6:.2f} MB",
        ]
    else:
        problem = row["problem"].replace("|", " ") or "not run yet"
        cells = [row["row"], "", "", "", "", problem, *([""] * kl), ""]
    cells.append(row["export"])
    if memory and row["shape_memory_bytes"] is not None:
        cells += [f"{row['shape_memory_bytes'] / 2**30:.2f} GiB", f"{row['shape_step_s']:.3f} s"]
    elif memory:
        cells += [(row["shape_problem"] or "").replace("|", " "), ""]
    return cells


def _mean(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    spread = row[f"{name}_sd"]
    return f"{row[name]:.4f}" + (f" ± {spread:.4f}" if spread is not None else "")


def write_table(rows: Iterable[dict[str, Any]], text: str, folder: Path) -> None:
    """``compare.csv``, ``compare.md`` and ``compare.png``."""
    import matplotlib as mpl  # noqa: PLC0415  (the check of a specification does not need it)
    from matplotlib.figure import Figure  # noqa: PLC0415

    rows = list(rows)
    with (folder / "compare.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    (folder / "compare.md").write_text(text, encoding="utf-8")
    whole = [row for row in rows if row["seeds"]]
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(7, 0.3 * len(whole) + 1), layout="constrained")
        axes = figure.subplots()
        places = range(len(whole))
        losses, spread = [r["held_out_loss"] for r in whole], [r["held_out_loss_sd"] or 0 for r in whole]
        axes.errorbar(losses, places, xerr=spread, fmt="o", capsize=3)
        axes.set_yticks(places, [row["row"] for row in whole])
        axes.invert_yaxis()
        axes.set_xlabel("held-out loss, nats a token; mean and standard deviation over seeds")
        figure.savefig(folder / "compare.png", dpi=150, metadata={"Software": None})
