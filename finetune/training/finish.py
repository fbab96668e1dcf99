"""The end of a training: the adapter that stays, what it can do, and everything that is written of it."""

import json
import shutil
from pathlib import Path
from typing import Any

from edgegen.files import write_whole
from finetune import checkpoint, exact
from finetune.kept_base import keep_base
from finetune.results import write_results
from finetune.training.adapters import write_adapters
from finetune.training.best import kept_best
from finetune.training.metrics import Metrics
from finetune.training.setup import Setup


def finish(setup: Setup, facts: dict[str, Any], metrics: Metrics, best_step: int) -> Path:
    """Keep the best adapter where early stopping wants it, else the last; measure, fold and report it.

    Args:
        facts: What ``run.json`` says so far.
        best_step: After which the best measurement was taken.

    Returns:
        The report.
    """
    folder, model = setup.folder, setup.model
    best = kept_best(folder)
    last = checkpoint.latest(folder / "checkpoints")
    assert last, "the last step writes a checkpoint"
    kept = best_step if best else checkpoint.step_of(last)
    if best:
        checkpoint.load_adapter(model, best)
    shutil.copy(best or last / "adapter.safetensors", folder / "trained.safetensors")
    facts["trained_base"] = keep_base(model, folder)
    facts["exactly_right"] = _exactly_right(setup)
    facts["fold"] = write_adapters(setup)
    rows = metrics.rows()
    measured = {row["step"]: row for row in rows if "held_out_loss" in row}
    facts["best"] = measured.get(best_step)
    facts["adapter_of"] = {"step": kept, "held_out": measured.get(kept)}
    write_whole(folder / "run.json", json.dumps(facts, indent=2) + "\n")
    live = {"model": model, "method": setup.method, "tokenizer": setup.tokenizer}
    report = write_results(setup.recipe, facts, rows, setup.dataset, **live)
    if best:
        best.unlink(missing_ok=True)
    return report


def _exactly_right(setup: Setup) -> dict[str, Any]:
    """By task how many held-out examples are answered exactly, of how many, and 1 or 0 for each in its order."""
    recipe = setup.recipe
    questions = exact.choose(setup.dataset.validation, recipe.run.score)
    at_once = recipe.train.batch * recipe.data.max_tokens
    found = exact.exactly_right(setup.model, setup.method, questions, pad=setup.pad, tokens_at_once=at_once)
    return {
        task: {"right": sum(right), "of": len(right), "each": "".join(str(int(one)) for one in right)}
        for task, right in found.items()
    }
