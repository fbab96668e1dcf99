"""One training in several processes: equal to one process, refused and interrupted in one voice."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from finetune.errors import InterruptedRunError, TrainingError
from finetune.parallel import check
from finetune.processes import launch
from finetune.run import start
from finetune.training.record import recipe_as_run
from tests.finetune.runs import losses, recipe_at
from tests.finetune.tiny import write_jsonl


@pytest.mark.parametrize("name", ["qdylora"])
def test_two_processes_train_what_one_trains(bench, tmp_path, name):
    """The same batches in the same order, dealt out; QDyLoRA draws the same rank in both."""
    options = (f"method.name={name}", "train.accumulate=4", "train.steps=4")
    start(recipe_at(bench, tmp_path / "one", *options))
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(recipe_as_run(recipe_at(bench, tmp_path / "two", *options)), encoding="utf-8")

    assert launch(2, ["finetune", "run", str(recipe)], env={**os.environ, "OMP_NUM_THREADS": "1"}) == 0

    assert [step for step, _ in losses(tmp_path / "two")] == [1, 2, 3, 4]
    for (_, one), (_, two) in zip(losses(tmp_path / "one"), losses(tmp_path / "two"), strict=True):
        assert two == pytest.approx(one, rel=1e-5)
    trained = [load_file(tmp_path / run / "trained.safetensors") for run in ("one", "two")]
    for key, value in trained[0].items():
        assert torch.allclose(value, trained[1][key], atol=2e-4), key
    assert json.loads((tmp_path / "two/run.json").read_text())["processes"] == 2


def test_what_all_processes_refuse_is_told_once(bench, tmp_path, capfd):
    """And nothing of the launcher's own beside it."""
    broken = write_jsonl(tmp_path / "broken.jsonl", [{"prompt": "a"}])
    recipe = tmp_path / "recipe.toml"
    options = ("train.accumulate=4", f"data.train={broken}")
    recipe.write_text(recipe_as_run(recipe_at(bench, tmp_path / "run", *options)), encoding="utf-8")

    code = launch(2, ["finetune", "run", str(recipe)], env={**os.environ, "OMP_NUM_THREADS": "1"})

    said = capfd.readouterr().err
    assert code == 2
    assert said.count("broken.jsonl:1: has the fields prompt") == 1
    assert "Traceback" not in said
    assert "Sending process" not in said


@pytest.mark.parametrize(("gpus", "whom"), [(1, "terminal"), (2, "terminal"), (2, "command")])
def test_an_interruption_is_told_once_however_many_processes_train(bench, tmp_path, gpus, whom):
    """Ctrl-C reaches all that the terminal started, a service's stop the command alone; all is saved, and goes on."""
    recipe = tmp_path / "recipe.toml"
    options = ("train.accumulate=2", "train.steps=100000", "run.evaluate_every=100000", "run.checkpoint_every=100000")
    recipe.write_text(recipe_as_run(recipe_at(bench, tmp_path / "run", *options)), encoding="utf-8")
    words = [sys.executable, "-m", "edgegen.cli", "finetune", "run", str(recipe), "--gpus", str(gpus)]
    process = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    metrics = tmp_path / "run/metrics.jsonl"

    try:
        while not (metrics.exists() and '"loss"' in metrics.read_text()):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        if whom == "terminal":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.terminate()
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()

    assert process.returncode == InterruptedRunError.exit_code
    assert said.count("everything is saved. Go on with: edgegen finetune resume") == said.count("Error: ") == 1
    assert ("--gpus 2" in said) is (gpus == 2)
    assert "Traceback" not in said
    assert "Aborted" not in said
    steps = int(said.partition("Stopped after step ")[2].partition(" ")[0])
    assert [path.name for path in (tmp_path / "run/checkpoints").iterdir()] == [f"step-{steps:08}"]


def test_batches_that_cannot_be_dealt_out_are_refused(bench, tmp_path, monkeypatch):
    with pytest.raises(TrainingError, match=r"train.accumulate = 3: cannot be dealt out to 2 GPUs"):
        check(3, 2)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainingError, match=r"train.accumulate = 3: cannot be dealt out to 2 GPUs"):
        start(recipe_at(bench, tmp_path / "run", "train.accumulate=3"))
