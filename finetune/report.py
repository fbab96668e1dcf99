"""What a run leaves for a person to read: REPORT.md and a plot of the loss."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from edgegen.files import write_whole
from finetune.evaluation.forgetting import report_lines
from finetune.recipe import Recipe

Rows = Sequence[Mapping[str, Any]]


def write_plot(rows: Rows, path: Path) -> None:
    """Training and held-out loss over the steps, as a PNG."""
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(6, 3.5), layout="constrained")
        axes = figure.subplots()
        for name, label in (("loss", "training"), ("held_out_loss", "held out")):
            points = [(row["step"], row[name]) for row in rows if name in row]
            if points:
                axes.plot(*zip(*points, strict=True), label=label, marker="." if len(points) < 30 else "")
        axes.set_xlabel("optimiser step")
        axes.set_ylabel("loss, nats a token")
        axes.legend()
        figure.savefig(path, dpi=150, metadata={"Software": None})


def write_memory_plot(rows: Rows, path: Path) -> bool:
    """Peak GPU memory over the steps, as a PNG; whether there was any to plot."""
    lines = {
        label: [(row["step"], row[key] / 2**30) for row in rows if key in row]
        for key, label in (("peak_reserved_bytes", "reserved by PyTorch"), ("card_bytes", "of the whole card"))
    }
    if not any(lines.values()):
        return False
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(6, 2.5), layout="constrained")
        axes = figure.subplots()
        for label, points in lines.items():
            if points:
                axes.plot(*zip(*points, strict=True), label=label, marker="." if len(points) < 30 else "")
        axes.set_ylim(bottom=0)
        axes.legend()
        axes.set_xlabel("optimiser step")
        axes.set_ylabel("peak so far, GiB")
        figure.savefig(path, dpi=150, metadata={"Software": None})
    return True


def write_report(
    recipe: Recipe,
    facts: Mapping[str, Any],
    rows: Rows,
    path: Path,
    *,
    samples: Sequence[Mapping[str, str]] = (),
    memory_plot: bool = False,
) -> Path:
    """The report; written last, so that its presence means the run is finished."""
    steps = [row for row in rows if "loss" in row]
    held_out = [row for row in rows if "held_out_loss" in row]
    seconds = sum(row["step_s"] for row in steps)
    method = facts["method"]
    lines = [
        f"# {recipe.run.folder.name}",
        "",
        f"{method['name']} ({method['paper']}) on {facts['base']}, held in {facts['load']}.",
        "",
        "| what | value |",
        "|---|---|",
        f"| trainable parameters | {facts['trainable_parameters']:,} |",
        f"| steps | {len(steps):,} of {facts['steps']:,} |",
        f"| time in steps | {seconds:,.1f} s, {seconds / max(1, len(steps)):.3f} s a step |",
        f"| training loss, first and last step | {steps[0]['loss']:.4f}, {steps[-1]['loss']:.4f} |",
    ]
    if held_out:
        best, kept = facts["best"] or held_out[0], facts["adapter_of"]
        after = (kept["held_out"] or held_out[-1])["held_out_loss"]
        lines += [
            f"| held-out loss, before and after | {held_out[0]['held_out_loss']:.4f}, {after:.4f} |",
            f"| best held-out loss | {best['held_out_loss']:.4f} at step {best['step']} |",
            f"| the adapter is that of | step {kept['step']}{_which(kept['step'], best['step'])} |",
        ]
        if facts["examples"]["held_out_also_trained"]:
            both = facts["examples"]
            lines.append(
                f"| held-out examples that were trained on too | {both['held_out_also_trained']:,} of "
                f"{both['held_out']:,}: the held-out loss says that much less of new ones |"
            )
        if "held_out_kl" in best:
            ends = f"{held_out[-1]['held_out_kl']:.4f}, {best['held_out_kl']:.4f} at the best step"
            lines.append(f"| KL to the base on held-out replay, nats a token, at the end | {ends} |")
    lines += _right_lines(facts.get("exactly_right", {}))
    lines += _memory_lines(facts.get("memory_estimate", {}), steps)
    lines += ["", "![loss](loss.png)", *(["", "![memory](memory.png)"] if memory_plot else [])]
    lines += [*_sample_lines(samples), "", "## Export", "", *_export_lines(facts), "", "## To repeat it", ""]
    lines += [f"- seed {facts['seed']}, recipe `recipe.toml` (sha256 {facts['recipe_sha256'][:16]}...)"]
    lines += [f"- base sha256 {facts['base_sha256']}"]
    lines += [f"- {file}: sha256 {sha}" for file, sha in facts["data_sha256"].items()]
    lines += [f"- {name} {version}" for name, version in facts["versions"].items() if version]
    lines += report_lines(path.parent)
    write_whole(path, "\n".join(lines) + "\n")
    return path


def _which(kept: int, best: int) -> str:
    return ", the best" if kept == best else ", the last; with run.patience the best would be kept"


def _right_lines(tasks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Held-out examples answered exactly, whole and by task."""
    if not tasks:
        return []
    said = "{right:,} of {of:,}".format
    whole = said(**{name: sum(task[name] for task in tasks.values()) for name in ("right", "of")})
    each = "; " + ", ".join(f"{name} {said(**task)}" for name, task in tasks.items()) if len(tasks) > 1 else ""
    return [f"| held-out examples answered exactly right | {whole}{each} |"]


def _memory_lines(expected: Mapping[str, int], steps: Rows) -> list[str]:
    """Peaks of GPU memory beside what was estimated before the start, with the signed error of the estimate."""
    lines = []
    for name, key, short in (
        ("peak GPU memory reserved", "peak_reserved_bytes", "reserved_bytes"),
        ("peak of the whole card, other processes too", "card_bytes", "card_bytes"),
    ):
        peak = max((row[key] for row in steps if key in row), default=0)
        if peak and short in expected:
            error = f"estimated {expected[short] / 2**30:.2f} GiB, {expected[short] / peak - 1:+.1%}"
            lines.append(f"| {name} | {peak / 2**30:.2f} GiB; {error} |")
        elif peak:
            lines.append(f"| {name} | {peak / 2**30:.2f} GiB |")
    return lines


def _sample_lines(samples: Sequence[Mapping[str, str]]) -> list[str]:
    if not samples:
        return []
    lines = ["", "## Samples", "", "Held-out examples; the likeliest token each time.", ""]
    lines += ["| prompt | expected | before | after |", "|---|---|---|---|"]
    for sample in samples:
        cells = [sample[name].replace("|", "\\|") for name in ("prompt", "expected", "before", "after")]
        lines.append("| " + " | ".join("<br>".join(cell.splitlines()) for cell in cells) + " |")
    return lines


def _export_lines(facts: Mapping[str, Any]) -> list[str]:
    fold = facts["fold"]
    if fold["export"] == "merge-only":
        return ["This method's update has full rank: it is merged into the base, there is no adapter."]
    lines = [
        f"The fold to plain A and B is {fold['export']}.",
        "",
        "| adapter | size | largest logit difference | KL |",
    ]
    lines.append("|---|---|---|---|")
    for row in fold["adapters"].values():
        size = f"{row['size_bytes'] / 1e6:.2f} MB"
        lines.append(f"| {row['folder']} | {size} | {row['max_logit_difference']:.2g} | {row['kl_nats']:.2g} nats |")
    if facts["load"] != "float32" and fold["export"] == "exact":
        lines += [
            "",
            f"With a base held in {facts['load']} an exact fold still differs by rounding; in float32 it does not.",
        ]
    if facts["method"]["changes_base"]:
        lines += ["", "The training quantised the base itself; the adapter is right only on that base."]
    return lines
