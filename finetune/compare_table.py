"""The table of a comparison: for programs and for people."""

import csv
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.compare import Outcome, Spec, Training, chosen_rate, rank_of
from finetune.compare_intervals import of_mean, of_share
from finetune.compare_picture import write_picture
from finetune.methods.registry import BY_NAME

COLUMNS = (
    "row", "method", "rank", "rate", "steps", "trainable_parameters", "peak_memory_bytes", "step_s", "training_s",
    "held_out_loss", "held_out_loss_sd", "held_out_loss_low", "held_out_loss_high", "held_out_kl", "held_out_kl_sd",
    "held_out_kl_low", "held_out_kl_high", "exactly_right", "exactly_right_low", "exactly_right_high", "questions",
    "seeds", "adapter_bytes", "export", "shape_memory_bytes", "shape_step_s", "shape_problem", "problem",
)  # fmt: skip
# Before the name of a task: its share, and both ends of the interval behind.
TASK = "exactly_right_of_"


def table_rows(spec: Spec, outcomes: dict[Training, Outcome]) -> list[dict[str, Any]]:
    """One line a row: the figures of ``COLUMNS``, mean and standard deviation over the seeds, intervals of 95%.

    ``training_s`` is what the steps of one training take when it has the GPU alone.
    """
    lines = []
    for row in spec.rows:
        rate = chosen_rate(spec, row.name, outcomes)
        # In the order of the seeds, whichever ended first: the intervals hang on it.
        mine = {t: o for t, o in sorted(outcomes.items(), key=lambda pair: pair[0].seed) if t.row == row.name}
        trained = {t: o for t, o in mine.items() if t.kind != "memory"}
        whole = [o for t, o in trained.items() if t.kind == "seed" and t.rate == rate and not o.problem]
        timed = [o for t, o in trained.items() if t.kind == "time" and t.rate == rate and not o.problem] or whole
        line: dict[str, Any] = dict.fromkeys(COLUMNS, None)
        line |= {"row": row.name, "method": row.method, "rank": rank_of(spec, row), "rate": rate}
        line |= {"export": BY_NAME[row.method].export, "seeds": len(whole)}
        line["problem"] = next((o.problem for o in trained.values() if o.problem), "")
        if whole:
            step_s = statistics.median(o.step_s for o in timed)
            line |= {
                "steps": whole[0].steps,
                "trainable_parameters": whole[0].trainable_parameters,
                "peak_memory_bytes": max(o.peak_memory_bytes for o in whole),
                "step_s": step_s,
                "training_s": step_s * whole[0].steps,
                "adapter_bytes": whole[0].adapter_bytes,
                **_spread("held_out_loss", [o.held_out_loss for o in whole]),
                **_spread("held_out_kl", [o.held_out_kl for o in whole if o.held_out_kl is not None]),
                **_shares([o.exactly_right for o in whole if o.exactly_right]),
            }
        for other in (o for t, o in mine.items() if t.kind == "memory"):
            line["shape_problem"] = other.problem
            if not other.problem:
                line |= {"shape_memory_bytes": other.peak_memory_bytes, "shape_step_s": other.step_s}
        lines.append(line)
    return lines


def _spread(name: str, values: Sequence[float]) -> dict[str, float | None]:
    interval = of_mean(values)
    return {
        name: statistics.fmean(values) if values else None,
        f"{name}_sd": statistics.stdev(values) if len(values) > 1 else None,
        f"{name}_low": interval.low if interval else None,
        f"{name}_high": interval.high if interval else None,
    }


def _shares(seeds: Sequence[Mapping[str, str]]) -> dict[str, float | int]:
    """Share of answers that are exactly right, of all questions and of each task's."""
    if not seeds:
        return {}
    tasks = sorted(seeds[0])
    line: dict[str, float | int] = {"questions": sum(map(len, seeds[0].values()))}
    parts = {"exactly_right": tasks} | ({TASK + task: [task] for task in tasks} if len(tasks) > 1 else {})
    for name, of in parts.items():
        answers = ["".join(seed[task] for task in of) for seed in seeds]
        low, high = of_share(answers)
        line |= {name: statistics.fmean(one == "1" for seed in answers for one in seed)}
        line |= {f"{name}_low": low, f"{name}_high": high}
    return line


def task_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns of single tasks, where there are several."""
    return list(dict.fromkeys(name for row in rows for name in row if name.startswith(TASK)))


def markdown(spec: Spec, rows: Sequence[dict[str, Any]], device: str) -> str:
    """The table for people, with how it was made."""
    made = f"chosen on the validation data from {len(spec.rates)} runs of {spec.search_steps} steps"
    made = made if len(spec.rates) > 1 else "the same for all"
    several = len(spec.seeds) > 1
    seeds = f"mean over {len(spec.seeds)} seeds with Student's 95% interval" if several else "one seed"
    kl, memory = any(row["held_out_kl"] is not None for row in rows), spec.memory
    tasks = [name for name in task_columns(rows) if not name.endswith(("_low", "_high"))]
    asked = max((row["questions"] or 0 for row in rows), default=0)
    names = ["row", "rate", "steps", "trainable", "peak memory", "time a step", "training", "held-out loss"]
    names += [
        *(["KL to the base"] * kl),
        *(["exactly right"] * bool(asked)),
        *(name.removeprefix(TASK) for name in tasks),
    ]
    names += ["adapter", "export", *(["memory on the shape", "time a step there"] if memory else [])]
    lines = [
        "# Trainings compared",
        "",
        f"    edgegen finetune compare {spec.path.name}",
        "",
        f"Recipe {spec.recipe.name} on {device}. Rate {made}; held-out loss on {spec.test.name}, {seeds}.",
        "Peak memory is what PyTorch reserved on the GPU, or on a CPU what the process held. Training is the time a",
        "step of a run that is alone, times the steps.",
    ]
    if asked:
        how = "both drawn again, whole (two-way bootstrap)" if several else "Wilson's"
        of = "questions and seeds" if several else "questions"
        lines.append(
            f"Exactly right: share of {asked} held-out questions answered as the data say, 95% over {of}, {how}."
        )
    if memory:
        size = f"{memory.batch} x {memory.accumulate} rows of {memory.tokens:,} tokens"
        lines.append(f"The shape: {Path(memory.shape).name}, random weights, {size}.")
    lines += ["", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    shown = {"kl": kl, "asked": bool(asked), "memory": memory is not None}
    lines += [f"| {' | '.join(_cells(row, tasks, **shown))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any], tasks: Sequence[str], *, kl: bool, asked: bool, memory: bool) -> list[str]:
    if row["seeds"]:
        cells = [
            row["row"],
            f"{row['rate']:g}",
            f"{row['steps']:,}",
            f"{row['trainable_parameters']:,}",
            f"{row['peak_memory_bytes'] / 2**30:.2f} GiB",
            f"{row['step_s']:.3f} s",
            f"{row['training_s']:.0f} s",
            _mean(row, "held_out_loss"),
            *([_mean(row, "held_out_kl")] * kl),
            *([_share(row, "exactly_right", ends=True)] * asked),
            *(_share(row, name) for name in tasks),
            f"{row['adapter_bytes'] / 1e6:.2f} MB",
        ]
    else:
        problem = row["problem"].replace("|", " ") or "not run yet"
        cells = [row["row"], *[""] * 6, problem, *([""] * (kl + asked + len(tasks) + 1))]
    cells.append(row["export"])
    if memory and row["shape_memory_bytes"] is not None:
        cells += [f"{row['shape_memory_bytes'] / 2**30:.2f} GiB", f"{row['shape_step_s']:.3f} s"]
    elif memory:
        cells += [(row["shape_problem"] or "").replace("|", " "), ""]
    return cells


def _mean(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.4f}" + (f" ({low:.3f} to {high:.3f})" if low is not None else "")


def _share(row: Mapping[str, Any], name: str, *, ends: bool = False) -> str:
    if row.get(name) is None:
        return ""
    interval = f" ({row[f'{name}_low']:.1%} to {row[f'{name}_high']:.1%})" if ends else ""
    return f"{row[name]:.1%}{interval}"


def write_table(spec: Spec, rows: Sequence[dict[str, Any]], text: str) -> None:
    """``compare.csv``, ``compare.md`` and ``compare.png`` in the folder of the comparison."""
    folder = spec.folder
    with (folder / "compare.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, *task_columns(rows)])
        writer.writeheader()
        writer.writerows(rows)
    (folder / "compare.md").write_text(text, encoding="utf-8")
    write_picture(spec, rows, folder / "compare.png")
