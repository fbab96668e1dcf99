"""The best adapter is kept, and patience ends a training that gets no better."""

import json

import pytest
import torch
from safetensors.torch import load_file

from finetune.errors import InterruptedRunError
from finetune.recipe import load_recipe
from finetune.run import resume, start
from finetune.training.patience import Patience
from tests.finetune.runs import interrupt_at, losses, recipe_at
from tests.finetune.tiny import write_jsonl


def test_early_stopping_keeps_the_best_adapter(bench, tmp_path):
    """A rate far too high makes it worse at once; the adapter of the best measurement is what remains."""
    run = tmp_path / "run"

    start(recipe_at(bench, run, "train.lr=2.0", "run.patience=1", "run.evaluate_every=1", "train.steps=40"))

    facts = json.loads((run / "run.json").read_text())
    assert len(losses(run)) < 40
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    measured = {row["step"]: row["held_out_loss"] for row in rows if "held_out_loss" in row}
    assert facts["best"]["held_out_loss"] == min(measured.values()) == measured[facts["best"]["step"]]


def test_report_and_card_speak_of_the_adapter_that_is_there(bench, tmp_path):
    """Without patience that is the last one, however good another step was."""
    # Whoever learns sums gets worse at this with every step.
    write_jsonl(tmp_path / "other.jsonl", [{"prompt": "Say it.", "completion": "Quick zephyrs blow, vexing daft Jim."}])
    start(recipe_at(bench, tmp_path / "run", f"data.validation={tmp_path / 'other.jsonl'}", "run.evaluate_every=1"))

    facts = json.loads((tmp_path / "run/run.json").read_text())
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    last = [row["held_out_loss"] for row in rows if "held_out_loss" in row][-1]
    assert facts["best"]["step"] < 6
    assert facts["adapter_of"] == {"step": 6, "held_out": {"step": 6, "held_out_loss": last}}
    assert f"{last:.4f} after (step 6)" in (tmp_path / "run/MODEL_CARD.md").read_text()
    assert "| the adapter is that of | step 6, the last;" in (tmp_path / "run/REPORT.md").read_text()


PATIENT = ("train.lr=2.0", "run.patience=3", "run.evaluate_every=1", "run.checkpoint_every=1", "train.steps=40")


def test_an_interruption_does_not_lengthen_the_patience(bench, tmp_path):
    start(recipe_at(bench, tmp_path / "whole", *PATIENT))
    stopped_at = len(losses(tmp_path / "whole"))

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, tmp_path / "cut", *PATIENT), say=interrupt_at(f"step {stopped_at - 1}/40  loss"))
    resume(load_recipe(tmp_path / "cut" / "recipe.toml"))

    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")


def test_a_run_that_broke_off_in_its_results_ends_with_the_best_adapter_all_the_same(bench, tmp_path):
    """Early stopping had stopped it; what remained to be written was the report."""
    start(recipe_at(bench, tmp_path / "whole", *PATIENT))
    run = tmp_path / "cut"

    def stop_it(line):
        if line.startswith("Stopped early"):
            (run / "loss.png").mkdir()  # so that the plot cannot be written

    with pytest.raises(OSError, match=r"loss.png"):
        start(recipe_at(bench, run, *PATIENT), say=stop_it)
    (run / "loss.png").rmdir()
    resume(load_recipe(run / "recipe.toml"))

    assert losses(run) == losses(tmp_path / "whole")
    trained = [load_file(folder / "trained.safetensors") for folder in (tmp_path / "whole", run)]
    assert all(torch.equal(trained[0][key], trained[1][key]) for key in trained[0])
    assert not (run / "best.safetensors").exists()


def test_equal_is_no_better_and_no_number_never_is():
    patience = Patience(2)

    better = [patience.is_best(score, step) for step, score in enumerate([2.0, 2.0, float("nan"), 1.5], start=1)]

    assert better == [True, False, False, True]
    assert (patience.score, patience.step) == (1.5, 4)


@pytest.mark.parametrize(("evaluations", "out"), [(0, False), (2, True), (3, False)])
def test_patience_is_out_after_so_many_evaluations_that_were_no_better(evaluations, out):
    before = Patience(evaluations, score=1.0, step=4, worse=2)

    assert before.is_out == out
    assert Patience.from_notes(evaluations, json.loads(json.dumps(before.notes()))) == before
