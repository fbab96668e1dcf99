"""Runs of a tiny random model: recipes for them, what they logged, how they are interrupted."""

import json
import os
import signal

from finetune.recipe import load_recipe


def recipe_at(bench, run, *overrides):
    return load_recipe(
        bench / "recipe.toml",
        [
            f"base.model={bench / 'base'}", f"data.train={bench / 'train.jsonl'}", f"run.folder={run}",
            "base.load=float32", "data.max_tokens=64", "train.batch=2", "train.steps=6", "method.rank=4",
            "method.alpha=8.0", "train.lr=0.02", "run.checkpoint_every=2", "run.evaluate_every=3",
            "data.validation_share=0.2", "run.samples=0", *overrides,
        ],
    )  # fmt: skip


def losses(run):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(row["step"], row["loss"]) for row in rows if "loss" in row]


def interrupt_at(start):
    """Ctrl-C as soon as a line that starts so is said."""

    def say(line):
        if line.startswith(start):
            os.kill(os.getpid(), signal.SIGINT)

    return say
