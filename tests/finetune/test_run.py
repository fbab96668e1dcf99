"""A whole run on a tiny random model: its folder, its repeatability, every method."""

import fcntl
import json

import pytest
import torch
from safetensors.torch import load_file

from edgegen.errors import ConfigError
from finetune.disk import alone_in
from finetune.errors import TrainingError
from finetune.lever_choice import LEVERS
from finetune.methods.registry import METHODS
from finetune.recipe import load_recipe
from finetune.report import write_memory_plot, write_report
from finetune.run import resume, start
from tests.finetune.runs import losses, recipe_at


def test_a_run_leaves_everything_needed_to_repeat_it(bench, tmp_path):
    run = tmp_path / "run"

    report = start(recipe_at(bench, run))

    facts = json.loads((run / "run.json").read_text())
    assert report.read_text().startswith("# run\n")
    assert (run / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["step-00000004", "step-00000006"]
    assert facts["base_sha256"]
    assert list(facts["data_sha256"]) == [str(bench / "train.jsonl")]
    assert facts["versions"]["torch"]
    assert facts["trainable_parameters"] == 2 * 4 * (4 * 64 + 2 * (64 + 32) + 2 * (64 + 176) + 240)
    assert facts["fold"]["adapters"][""]["max_logit_difference"] < 1e-4
    assert load_recipe(run / "recipe.toml") == recipe_at(bench, run).__class__(
        **{**recipe_at(bench, run).__dict__, "path": run / "recipe.toml"}
    )
    assert len(losses(run)) == 6
    with pytest.raises(TrainingError, match="holds a finished run already"):
        start(recipe_at(bench, run))


def test_the_same_recipe_gives_the_same_bits(bench, tmp_path):
    for name in "ab":
        start(recipe_at(bench, tmp_path / name, "method.dropout=0.1"))

    assert losses(tmp_path / "a") == losses(tmp_path / "b")
    files = [(tmp_path / name / "adapter/adapter_model.safetensors").read_bytes() for name in "ab"]
    assert files[0] == files[1]


def test_eight_bits_are_refused_where_the_method_steps_in_its_own_way(bench, tmp_path):
    with pytest.raises(TrainingError, match=r"lora-plus steps in a way of its own. Write train.optimizer = \"auto\""):
        start(recipe_at(bench, tmp_path / "run", "method.name=lora-plus", "train.optimizer=adamw-8bit"))


def test_a_training_that_goes_on_takes_eight_bits_too(bench, tmp_path):
    options = ("train.optimizer=adamw-8bit", "method.rank=64", "train.steps=1")
    start(recipe_at(bench, tmp_path / "one", *options))

    start(recipe_at(bench, tmp_path / "two", *options, f"method.init_adapter={tmp_path / 'one'}"))

    moments = load_file(tmp_path / "two/checkpoints/step-00000001/training.safetensors")
    assert any(value.dtype == torch.uint8 for name, value in moments.items() if name.endswith("/state1"))


@pytest.mark.parametrize("name", [m.name for m in METHODS])
def test_every_method_runs_from_recipe_to_report(bench, tmp_path, name):
    load = "nf4" if name == "qlora" else "float32"

    start(recipe_at(bench, tmp_path / "run", f"method.name={name}", f"base.load={load}", "train.steps=3"))

    fold = json.loads((tmp_path / "run/run.json").read_text())["fold"]
    multi = name in ("mtlora", "mtl-lora")
    assert sorted(fold["adapters"]) == (["blue", "red"] if multi else [""])
    report = (tmp_path / "run/REPORT.md").read_text()
    assert ("an exact fold still differs by rounding" in report) == (load == "nf4")
    for proof in fold["adapters"].values():
        if fold["export"] != "merge-only":
            assert proof["max_logit_difference"] < (1e-3 if name == "qlora" else 1e-4)
        assert (tmp_path / "run" / proof["folder"] / "adapter_config.json").exists()


def test_an_approximate_export_reports_its_kl(bench, tmp_path):
    report = start(recipe_at(bench, tmp_path / "run", "method.name=reslora", "method.variant=input"))

    (proof,) = json.loads((tmp_path / "run/run.json").read_text())["fold"]["adapters"].values()
    assert proof["kl_nats"] > 1e-7
    assert "approximate" in report.read_text()


def test_a_folder_that_cannot_be_made_is_named(bench, tmp_path):
    (tmp_path / "file").write_text("")

    for folder in (tmp_path / "file", tmp_path / "file/run", tmp_path / ("file" + "a" * 300)):
        with pytest.raises(TrainingError, match=r"file.*: cannot be (written|read): .* Give another run.folder"):
            start(recipe_at(bench, folder))


def test_a_run_does_not_go_into_the_folder_of_its_base(bench, tmp_path):
    """What it writes there would be taken for weights of the base."""
    before = sorted((bench / "base").iterdir())

    with pytest.raises(ConfigError, match=r"run.folder = .*base: is the folder of the base.*Give another"):
        recipe_at(bench, bench / "runs/../base")

    assert sorted((bench / "base").iterdir()) == before


def test_a_run_that_never_began_does_not_take_its_folder(bench, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(TrainingError, match="only 32 singular vectors"):
        start(recipe_at(bench, run, "method.name=lora-xs", "method.rank=48"))

    assert start(recipe_at(bench, run, "train.steps=1")).exists()


@pytest.mark.parametrize("load", ["float32", "nf4"])
def test_the_minimal_preset_trains_as_the_plain_path_does(bench, tmp_path, load):
    for memory in ("off", "minimal"):
        start(recipe_at(bench, tmp_path / memory, f"train.memory={memory}", f"base.load={load}"))

    for (_, one), (_, two) in zip(losses(tmp_path / "off"), losses(tmp_path / "minimal"), strict=True):
        assert two == pytest.approx(one, rel=1e-3)
    facts = json.loads((tmp_path / "minimal/run.json").read_text())
    assert facts["levers"] == [name for name in LEVERS if name != "adamw-8bit"]
    assert facts["pinned_host_bytes"] > 0


def test_the_report_holds_the_estimate_against_the_peak(bench, tmp_path):
    """As a run on a GPU writes its metrics; the tests have none."""
    run = tmp_path / "run"
    recipe = recipe_at(bench, run)
    start(recipe)
    facts = json.loads((run / "run.json").read_text())
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert not write_memory_plot(rows, run / "memory.png")
    assert "GPU memory" not in (run / "REPORT.md").read_text()

    for row in rows:
        if "loss" in row:
            row["peak_reserved_bytes"], row["card_bytes"] = row["step"] * 2**30, 8 * 2**30
    facts["memory_estimate"] = {"reserved_bytes": 5 * 2**30, "card_bytes": 9 * 2**30}
    assert write_memory_plot(rows, run / "memory.png")
    text = write_report(recipe, facts, rows, run / "REPORT.md", memory_plot=True).read_text()

    assert (run / "memory.png").read_bytes().startswith(b"\x89PNG")
    assert "| peak GPU memory reserved | 6.00 GiB; estimated 5.00 GiB, -16.7% |" in text
    assert "| peak of the whole card, other processes too | 8.00 GiB; estimated 9.00 GiB, +12.5% |" in text
    assert "![memory](memory.png)" in text


def test_two_trainings_do_not_share_a_folder(bench, tmp_path):
    run = tmp_path / "run"
    told = []

    def second(line):
        if not told and line.startswith("step 2/6  loss"):
            told.append(line)
            with pytest.raises(TrainingError, match="another process is training into this folder"):
                resume(load_recipe(run / "recipe.toml"))

    start(recipe_at(bench, run), say=second)

    assert told
    assert not (run / ".lock").exists()
    with pytest.raises(TrainingError, match="holds a finished run already"):
        start(recipe_at(bench, run))


def test_a_second_start_leaves_the_recipe_of_the_first_alone(bench, tmp_path):
    """While the first reads its base, which takes a while for an 8B, nothing of it is on the disk but its recipe."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "recipe.toml").write_text("# the first one's\n")

    with (
        alone_in(run),
        pytest.raises(TrainingError, match=r"run: another process is training into this folder\. Wait .*run\.folder"),
    ):
        start(recipe_at(bench, run))

    assert (run / "recipe.toml").read_text() == "# the first one's\n"
    assert [path.name for path in run.iterdir()] == ["recipe.toml"]


def test_a_lock_that_its_owner_deleted_before_we_had_it_locks_nobody_out(tmp_path, monkeypatch):
    """Somebody ends between our opening of the file and our locking of it; a third must not get in beside us."""
    lock, opened = fcntl.flock, []

    def later(*what):
        if not opened:
            opened.append((tmp_path / ".lock").unlink())  # as the one before us does at its end
        lock(*what)

    monkeypatch.setattr(fcntl, "flock", later)

    with alone_in(tmp_path), pytest.raises(TrainingError, match="another process"), alone_in(tmp_path):
        pytest.fail("two are in")


def test_spectrum_adapts_a_share_of_each_kind(bench, tmp_path):
    start(recipe_at(bench, tmp_path / "run", "method.target_share=0.5", "train.steps=1"))

    tensors = load_file(tmp_path / "run/adapter/adapter_model.safetensors")
    assert len(tensors) == 2 * 7  # one of two layers for each of seven kinds
