"""The model card of a run: what the adapter is, what it learned from, how well, and what nobody measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.recipe import Recipe


def card(
    recipe: Recipe, facts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], samples: Sequence[Mapping[str, str]]
) -> str:
    """The card as Markdown, from what the run wrote down."""
    method, examples = facts["method"], facts["examples"]
    replay = f", with replay from {recipe.data.replay.name}" if recipe.data.replay and recipe.data.replay_share else ""
    tasks = [task for task in facts["fold"]["adapters"] if task]
    rows_a_step = recipe.train.batch * recipe.train.accumulate
    lines = [
        f"# {recipe.run.folder.name}",
        "",
        f"A {method['name']} adapter (rank {recipe.method.rank}; {method['paper']}) for {Path(facts['base']).name}.",
        "",
        "## What it is for",
        "",
        f"What its data teach: {recipe.data.train.name}{replay}. "
        + (f"One adapter for each task: {', '.join(tasks)}. " if tasks else "")
        + "Nothing else was tried; describe here what it must not be used for.",
        "",
        "## How it was trained",
        "",
        f"- {examples['train']:,} examples, {examples['held_out']:,} held out.",
        f"- {facts['steps']:,} steps of up to {rows_a_step} rows, rate {recipe.train.lr:g}, seed {facts['seed']}.",
        f"- Base held in {facts['load']}; {facts['trainable_parameters']:,} parameters trained on {facts['device']}.",
        "- Everything needed to repeat it is in this folder: `recipe.toml`, `run.json`.",
        "",
        "## How good it is",
        "",
        *_measured(rows, facts),
    ]
    if samples:
        sample = samples[0]
        lines += ["", "A held-out question, before and after:", "", *_quoted("Question", sample["prompt"])]
        lines += [*_quoted("Base", sample["before"]), *_quoted("Adapter", sample["after"])]
    lines += [
        "",
        "## Limits and licence",
        "",
        "- The licence of the base and those of the data apply to the adapter too; none is granted here.",
        "- Losses say how well it fits text like its own data. What it forgot is known as far as it was measured: run",
        "  `edgegen probe run` on the exported model.",
    ]
    return "\n".join(lines) + "\n"


def _measured(rows: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> list[str]:
    held_out = [row for row in rows if "held_out_loss" in row]
    if not held_out:
        return ["- Nothing was held out, so nothing is known of how well it does on what it has not seen."]
    kept = facts["adapter_of"]["held_out"] or held_out[-1]
    before, after = held_out[0]["held_out_loss"], kept["held_out_loss"]
    lines = [f"- Held-out loss {before:.4f} nats a token before, {after:.4f} after (step {kept['step']})."]
    both = facts["examples"]
    if both["held_out_also_trained"]:
        lines.append(
            f"- {both['held_out_also_trained']:,} of {both['held_out']:,} held-out examples were trained on too, so "
            "this says that much less of new ones."
        )
    if "held_out_kl" in kept:
        lines.append(f"- KL to the base on held-out replay: {kept['held_out_kl']:.4f} nats a token.")
    return lines


def _quoted(who: str, text: str) -> list[str]:
    return [f"> **{who}:** " + " ".join(text.split()), ">"]
