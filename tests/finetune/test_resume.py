"""A run that is interrupted, killed or out of disk goes on, to the bit as if nothing had been."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from edgegen.commands.finetune import command
from finetune.errors import InterruptedRunError, TrainingError
from finetune.recipe import load_recipe
from finetune.run import resume, start
from finetune.training.metrics import Metrics
from finetune.training.record import recipe_as_run
from tests.finetune.runs import interrupt_at, losses, recipe_at
from tests.finetune.tiny import save_base, sums, write_jsonl


@pytest.mark.parametrize("name", ["lora", "adalora", "qdylora", "mtl-lora", "eva", "lora-plus", "lora-fa", "ir-qlora"])
def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(bench, tmp_path, name):
    """Ctrl-C after step 3 writes a checkpoint; going on gives the same losses and the same adapter, to the bit."""
    options = (f"method.name={name}", "method.dropout=0.1")
    start(recipe_at(bench, tmp_path / "whole", *options))

    with pytest.raises(InterruptedRunError, match="edgegen finetune resume"):
        start(recipe_at(bench, tmp_path / "cut", *options), say=interrupt_at("step 3/6  loss"))
    resume(load_recipe(tmp_path / "cut" / "recipe.toml"))

    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    trained = [load_file(tmp_path / run / "trained.safetensors") for run in ("whole", "cut")]
    assert trained[0].keys() == trained[1].keys()
    assert all(torch.equal(trained[0][key], trained[1][key]) for key in trained[0])


def test_a_run_that_was_moved_or_copied_goes_on_where_it_is_now(bench, tmp_path):
    """Its recipe still names the folder where it began, which is gone, or holds a run of its own."""
    options = ("run.samples=1", "train.steps=4")
    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, tmp_path / "first", *options), say=interrupt_at("step 2/4  loss"))
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    before = {path: path.read_bytes() for path in (tmp_path / "first").rglob("*") if path.is_file()}

    copied = CliRunner().invoke(command, ["resume", str(tmp_path / "copy")])
    untouched = {path: path.read_bytes() for path in (tmp_path / "first").rglob("*") if path.is_file()}
    (tmp_path / "first").rename(tmp_path / "moved")
    moved = CliRunner().invoke(command, ["resume", str(tmp_path / "moved")])

    assert copied.exit_code == moved.exit_code == 0, copied.output + moved.output
    assert untouched == before
    assert "Going on after step 2 of 4" in copied.output
    assert (tmp_path / "copy/REPORT.md").is_file()
    assert losses(tmp_path / "copy") == losses(tmp_path / "moved")


def test_moments_in_eight_bits_outlast_an_interruption(bench, tmp_path):
    """What train.memory = "minimal" takes on a GPU; matrices of 4,096 numbers and more get 8-bit moments."""
    options = ("train.optimizer=adamw-8bit", "method.rank=64", "train.steps=4")
    start(recipe_at(bench, tmp_path / "whole", *options))

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, tmp_path / "cut", *options), say=interrupt_at("step 2/4  loss"))
    resume(load_recipe(tmp_path / "cut" / "recipe.toml"))

    moments = load_file(tmp_path / "cut/checkpoints/step-00000004/training.safetensors")
    assert any(value.dtype == torch.uint8 for name, value in moments.items() if name.endswith("/state1"))
    trained = [load_file(tmp_path / run / "trained.safetensors") for run in ("whole", "cut")]
    assert all(torch.equal(trained[0][key], trained[1][key]) for key in trained[0])


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(bench, tmp_path):
    """As after a power cut: no handler runs, steps after the checkpoint are done again, the end is the same."""
    options = ("train.steps=40", "run.checkpoint_every=5", "run.evaluate_every=40")
    start(recipe_at(bench, tmp_path / "whole", *options))
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(recipe_as_run(recipe_at(bench, tmp_path / "cut", *options)), encoding="utf-8")
    # The lowest priority, so that on busy cores it does not get to its end before it is killed.
    command = ["nice", "-n", "19", sys.executable, "-m", "edgegen.cli", "finetune", "run", str(recipe)]
    metrics = tmp_path / "cut/metrics.jsonl"

    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}  # as here: another number of threads gives other bits
    with subprocess.Popen(command, env=one_thread, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (metrics.exists() and metrics.read_text().count('"loss"') >= 12):
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "cut/REPORT.md").exists()
    resume(load_recipe(tmp_path / "cut" / "recipe.toml"))

    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    files = [tmp_path / run / "adapter/adapter_model.safetensors" for run in ("whole", "cut")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_a_kill_left_of_a_checkpoint_is_cleared_away(bench, tmp_path):
    """Whatever was written of it: it is never taken for whole, and does not stay to fill the disk."""
    run = tmp_path / "cut"
    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, run), say=interrupt_at("step 2/6  loss"))
    begun = run / "checkpoints/.step-00000003.part"
    begun.mkdir()
    (begun / "adapter.safetensors").write_bytes(b"half of")

    resume(load_recipe(run / "recipe.toml"))
    start(recipe_at(bench, tmp_path / "whole"))

    assert sorted(path.name for path in begun.parent.iterdir()) == ["step-00000004", "step-00000006"]
    assert losses(run) == losses(tmp_path / "whole")


@pytest.mark.parametrize(
    "torn", [b'{"step": 5, "loss": {"a": 1}', b'{"step": 5, "loss": 1.0', b"\0" * 64, b"\xff\xfe}", b"{}\n5\n"]
)
def test_what_a_power_cut_made_of_the_log_is_dropped(tmp_path, torn):
    run = tmp_path / "run"
    run.mkdir()
    whole = b'{"step": 1, "loss": 2.0}\n{"step": 2, "held_out_loss": 2.0}\n'
    (run / "metrics.jsonl").write_bytes(whole + b'{"step": 3, "loss": 2.0}\n' + torn)

    Metrics(run).forget_after(2)

    assert (run / "metrics.jsonl").read_bytes() == whole


def test_a_run_whose_facts_are_others_is_not_resumed(bench, tmp_path):
    run = tmp_path / "run"
    start(recipe_at(bench, run, "train.steps=1"))
    (run / "REPORT.md").unlink()
    for content in (b"[]", b"{}", b'{"data_sha256": []}', b"\xff"):
        (run / "run.json").write_bytes(content)
        with pytest.raises(TrainingError, match=r"run.json: cannot be read: .*copy it back, or start a new run"):
            resume(load_recipe(run / "recipe.toml"))


@contextmanager
def files_no_larger_than(size_bytes):
    """The system itself refuses what is larger, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def start_until_full(recipe, most_bytes):
    """From the third step on no file may be larger."""
    with ExitStack() as full:

        def say(line):
            if line.startswith("step 3/"):
                full.enter_context(files_no_larger_than(most_bytes))

        start(recipe, say)


def test_a_disk_that_takes_no_more_leaves_the_last_good_checkpoint(bench, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(TrainingError, match=r"step-00000004: .*File too large.*step-00000002 is whole"):
        start_until_full(recipe_at(bench, run), 20_000)
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["step-00000002"]

    assert resume(load_recipe(run / "recipe.toml")).exists()


def test_a_disk_that_takes_no_line_of_the_log_is_named_too(bench, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(TrainingError, match=r"run: cannot be written: File too large.*finetune resume"):
        start_until_full(recipe_at(bench, run), 100)

    assert resume(load_recipe(run / "recipe.toml")).exists()
    assert [step for step, _ in losses(run)] == [1, 2, 3, 4, 5, 6]


def test_a_run_does_not_go_on_with_other_data(bench, tmp_path):
    data = write_jsonl(tmp_path / "own.jsonl", sums(20))
    run = tmp_path / "run"
    start(recipe_at(bench, run, f"data.train={data}"))
    (run / "REPORT.md").unlink()
    write_jsonl(data, sums(21))

    with pytest.raises(TrainingError, match=r"own.jsonl: changed since the run began"):
        resume(load_recipe(run / "recipe.toml"))


def test_a_run_goes_on_with_data_that_were_moved(bench, tmp_path):
    data = write_jsonl(tmp_path / "own.jsonl", sums(20))
    run = tmp_path / "run"
    start(recipe_at(bench, run, f"data.train={data}"))
    (run / "REPORT.md").unlink()
    moved = data.rename(tmp_path / "moved.jsonl")

    assert resume(load_recipe(run / "recipe.toml", (f"data.train={moved}",))).exists()


def test_a_run_does_not_go_on_with_another_base(bench, tmp_path):
    run = tmp_path / "run"
    save_base(tmp_path / "base")
    start(recipe_at(bench, run, f"base.model={tmp_path / 'base'}"))
    (run / "REPORT.md").unlink()
    save_base(tmp_path / "base", seed=9)

    with pytest.raises(TrainingError, match=r"base: changed since the run began"):
        resume(load_recipe(run / "recipe.toml"))


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_serves(bench, tmp_path):
    run = tmp_path / "run"

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, run), say=interrupt_at("step 4/6  loss"))
    (run / "checkpoints/step-old").mkdir()  # somebody's own copy is no checkpoint
    last = run / "checkpoints/step-00000004"
    weights = last / "training.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    recipe = load_recipe(run / "recipe.toml")

    with pytest.raises(TrainingError, match=r"step-00000004: the checkpoint is damaged: .*Delete it"):
        resume(recipe)
    shutil.rmtree(last)
    with pytest.raises(TrainingError, match=r"step-00000002: the checkpoint does not fit the recipe"):
        resume(load_recipe(run / "recipe.toml", ["method.rank=8"]))
    assert resume(recipe).exists()


def test_a_run_whose_facts_are_gone_is_not_resumed(bench, tmp_path):
    run = tmp_path / "run"

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, run), say=interrupt_at("step 2/6  loss"))
    (run / "run.json").write_text("")

    with pytest.raises(TrainingError, match=r"run.json: cannot be read: .* start a new run"):
        resume(load_recipe(run / "recipe.toml"))
