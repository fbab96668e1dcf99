"""A whole run on a tiny random model: its folder, its repeatability, its interruptions."""

import json
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
from safetensors.torch import load_file, save_file

from finetune.backends.peft_backend import load_model, model_facts
from finetune.errors import InterruptedRunError, TrainingError
from finetune.lever_choice import LEVERS
from finetune.memory import estimate
from finetune.methods.registry import METHODS
from finetune.parallel import check
from finetune.presets import recipe_text
from finetune.processes import launch
from finetune.recipe import load_recipe
from finetune.report import write_memory_plot, write_report
from finetune.run import memory_lines, plan_lines, rate, recipe_as_run, resume, start
from tests.finetune.tiny import save_base, sums, write_jsonl


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    save_base(folder / "base")
    write_jsonl(folder / "train.jsonl", [*sums(40, task="red"), *sums(40, task="blue")])
    (folder / "recipe.toml").write_text(recipe_text("smollm2-135m"))
    return folder


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


def test_a_loaded_base_never_attends_through_cudnn(bench, tmp_path):
    torch.backends.cuda.enable_cudnn_sdp(enabled=True)

    load_model(recipe_at(bench, tmp_path / "run"))

    assert not torch.backends.cuda.cudnn_sdp_enabled()


def losses(run):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(row["step"], row["loss"]) for row in rows if "loss" in row]


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


@pytest.mark.parametrize("name", ["lora", "adalora", "qdylora", "mtl-lora", "eva", "lora-plus", "lora-fa", "ir-qlora"])
def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(bench, tmp_path, name):
    """Ctrl-C after step 3 writes a checkpoint; going on gives the same losses and the same adapter, to the bit."""
    options = (f"method.name={name}", "method.dropout=0.1")
    start(recipe_at(bench, tmp_path / "whole", *options))

    def interrupt(line):
        if line.startswith("step 3/6  loss"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError, match="edgegen finetune resume"):
        start(recipe_at(bench, tmp_path / "cut", *options), say=interrupt)
    resume(load_recipe(tmp_path / "cut" / "recipe.toml"))

    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    trained = [load_file(tmp_path / run / "trained.safetensors") for run in ("whole", "cut")]
    assert trained[0].keys() == trained[1].keys()
    assert all(torch.equal(trained[0][key], trained[1][key]) for key in trained[0])


def test_moments_in_eight_bits_outlast_an_interruption(bench, tmp_path):
    """What train.memory = "minimal" takes on a GPU; matrices of 4,096 numbers and more get 8-bit moments."""
    options = ("train.optimizer=adamw-8bit", "method.rank=64", "train.steps=4")
    start(recipe_at(bench, tmp_path / "whole", *options))

    def interrupt(line):
        if line.startswith("step 2/4  loss"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, tmp_path / "cut", *options), say=interrupt)
    resume(load_recipe(tmp_path / "cut" / "recipe.toml"))

    moments = load_file(tmp_path / "cut/checkpoints/step-00000004/training.safetensors")
    assert any(value.dtype == torch.uint8 for name, value in moments.items() if name.endswith("/state1"))
    trained = [load_file(tmp_path / run / "trained.safetensors") for run in ("whole", "cut")]
    assert all(torch.equal(trained[0][key], trained[1][key]) for key in trained[0])


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


def test_a_folder_that_cannot_be_made_is_named(bench, tmp_path):
    (tmp_path / "file").write_text("")

    for folder in (tmp_path / "file", tmp_path / "file/run"):
        with pytest.raises(TrainingError, match=r"file.*: cannot be written: .* Give another run.folder"):
            start(recipe_at(bench, folder))


def test_a_run_that_never_began_does_not_take_its_folder(bench, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(TrainingError, match="only 32 singular vectors"):
        start(recipe_at(bench, run, "method.name=lora-xs", "method.rank=48"))

    assert start(recipe_at(bench, run, "train.steps=1")).exists()


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (
            "model.safetensors",
            b"\x10\0\0\0\0\0\0\0{",
            "the model cannot be loaded: .*header.*\nCopy the checkpoint again",
        ),
        ("config.json", b'{"model_type": "unheard-of"}', "cannot be loaded: .*`unheard-of`.*\nCopy the checkpoint"),
    ],
)
def test_a_damaged_base_is_named(bench, tmp_path, file, content, said):
    base = tmp_path / "base"
    shutil.copytree(bench / "base", base)
    (base / file).write_bytes(content)
    recipe = recipe_at(bench, tmp_path / "run", f"base.model={base}")

    with pytest.raises(TrainingError, match=said):
        start(recipe)
    if file == "config.json":
        with pytest.raises(TrainingError, match=said):
            plan_lines(recipe)


def test_a_base_of_other_shapes_than_it_says_is_named(bench, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(bench / "base", base)
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"hidden_size": 96}))

    with pytest.raises(TrainingError, match=r"base: .* other shapes than config.json says.\nCopy the checkpoint again"):
        start(recipe_at(bench, tmp_path / "run", f"base.model={base}"))


def test_a_base_without_tokenizer_json_and_a_template_in_another_encoding_are_named(bench, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(bench / "base", base)
    (base / "tokenizer.json").unlink()
    (tmp_path / "latin.jinja").write_bytes("für".encode("latin-1"))

    with pytest.raises(TrainingError, match=r"base: has no tokenizer.json.*to-hf"):
        plan_lines(recipe_at(bench, tmp_path / "run", f"base.model={base}"))
    with pytest.raises(TrainingError, match=r"data.template: .*latin.jinja cannot be read.*UTF-8"):
        plan_lines(recipe_at(bench, tmp_path / "run", f"data.template={tmp_path / 'latin.jinja'}"))


def test_a_loss_that_is_not_a_number_stops_the_run(bench, tmp_path):
    with pytest.raises(TrainingError, match=r"the loss of step \d+ is (nan|inf).*Lower train.lr"):
        start(recipe_at(bench, tmp_path / "run", "train.lr=1e30", "train.clip=1e30"))


def test_a_base_that_gives_no_number_is_not_blamed_on_the_rate(bench, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(bench / "base", base)
    (weights,) = base.glob("*.safetensors")
    tensors = {name: value * float("nan") for name, value in load_file(weights).items()}
    save_file(tensors, weights, metadata={"format": "pt"})

    with pytest.raises(TrainingError, match=r"loss of step 1 is nan, before anything was learned.*base again"):
        start(recipe_at(bench, tmp_path / "run", f"base.model={base}"))


def test_a_run_does_not_go_on_with_other_data(bench, tmp_path):
    data = write_jsonl(tmp_path / "own.jsonl", sums(20))
    run = tmp_path / "run"
    start(recipe_at(bench, run, f"data.train={data}"))
    (run / "REPORT.md").unlink()
    write_jsonl(data, sums(21))

    with pytest.raises(TrainingError, match=r"own.jsonl: changed since the run began"):
        resume(load_recipe(run / "recipe.toml"))


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

    def interrupt(line):
        if line.startswith("step 4/6  loss"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, run), say=interrupt)
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

    def interrupt(line):
        if line.startswith("step 2/6  loss"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, run), say=interrupt)
    (run / "run.json").write_text("")

    with pytest.raises(TrainingError, match=r"run.json: cannot be read: .* start a new run"):
        resume(load_recipe(run / "recipe.toml"))


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


@pytest.mark.parametrize("load", ["float32", "nf4"])
def test_the_minimal_preset_trains_as_the_plain_path_does(bench, tmp_path, load):
    for memory in ("off", "minimal"):
        start(recipe_at(bench, tmp_path / memory, f"train.memory={memory}", f"base.load={load}"))

    for (_, one), (_, two) in zip(losses(tmp_path / "off"), losses(tmp_path / "minimal"), strict=True):
        assert two == pytest.approx(one, rel=1e-3)
    facts = json.loads((tmp_path / "minimal/run.json").read_text())
    assert facts["levers"] == [name for name in LEVERS if name != "adamw-8bit"]
    assert facts["pinned_host_bytes"] > 0


def test_the_plan_says_who_computes_and_what_memory_it_takes(bench, tmp_path):
    lines = plan_lines(recipe_at(bench, tmp_path / "run", "method.name=dora"))

    assert any(line.startswith("Backend:  peft: Unsloth is not used: ") and "dora" in line for line in lines)
    assert any(line.startswith("Memory:   about ") for line in lines)


def test_the_plan_says_by_how_much_a_gpu_is_too_small_and_which_lever_helps(bench, tmp_path):
    changes = ("train.batch=64", "train.accumulate=4", "data.max_tokens=256", "train.memory=off")
    recipe = recipe_at(bench, tmp_path / "run", *changes)
    need = estimate(recipe, model_facts(recipe), backend="peft").nvml_bytes

    first = memory_lines(recipe, need - 2**26)[0]

    assert "0.06 GiB too little" in first
    assert "train.batch = 32, train.accumulate = 8 (equal gradients) saves" in first
    assert "too little" not in memory_lines(recipe, need)[0]


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


def test_a_demand_for_unsloth_that_cannot_be_met_says_why(bench, tmp_path):
    with pytest.raises(
        TrainingError, match=r'run.backend = "unsloth": its kernels .* dora.*Write run.backend = "peft"'
    ):
        plan_lines(recipe_at(bench, tmp_path / "run", "method.name=dora", "run.backend=unsloth", "base.load=auto"))


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
    start(recipe_at(bench, tmp_path / "run", "train.lr=2.0", "run.evaluate_every=1"))

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

    def interrupt(line):
        if line.startswith(f"step {stopped_at - 1}/40  loss"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, tmp_path / "cut", *PATIENT), say=interrupt)
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


def test_what_says_nothing_of_new_examples_is_told_before_and_after(bench, tmp_path):
    """Held-out examples that are trained on, none held out at all, and steps too few to learn by."""
    both = recipe_at(bench, tmp_path / "run", f"data.validation={bench / 'train.jsonl'}")
    none = recipe_at(bench, tmp_path / "none", "data.validation_share=0", "train.steps=0")

    said = []
    start(both, say=said.append)

    warning = "80 of 80 held-out examples are trained on too"
    assert any(line.startswith(f"Warning: {warning}") for line in said)
    assert any(warning in line for line in plan_lines(both))
    assert "| held-out examples that were trained on too | 80 of 80:" in (tmp_path / "run/REPORT.md").read_text()
    assert "80 of 80 held-out examples were trained on too" in (tmp_path / "run/MODEL_CARD.md").read_text()
    assert any("nothing is held out" in line for line in plan_lines(none))
    assert any("steps teach little. Raise train.epochs (1)" in line for line in plan_lines(none))


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


def test_a_target_that_the_base_lacks_is_named(bench, tmp_path):
    with pytest.raises(TrainingError, match=r"the base has no wqkv. It has: .*q_proj"):
        start(recipe_at(bench, tmp_path / "run", 'method.targets=["wqkv"]'))
    with pytest.raises(TrainingError, match=r"the base has no proj. It has: .*q_proj"):  # a part of a name is none
        plan_lines(recipe_at(bench, tmp_path / "run", 'method.targets=["proj"]'))


def test_spectrum_adapts_a_share_of_each_kind(bench, tmp_path):
    start(recipe_at(bench, tmp_path / "run", "method.target_share=0.5", "train.steps=1"))

    tensors = load_file(tmp_path / "run/adapter/adapter_model.safetensors")
    assert len(tensors) == 2 * 7  # one of two layers for each of seven kinds


def test_the_plan_says_what_would_happen_and_touches_nothing(bench, tmp_path):
    lines = plan_lines(recipe_at(bench, tmp_path / "run"))

    assert any("64 wide" in line for line in lines)
    assert any("6 steps" in line for line in lines)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("schedule", "last"), [("cosine", 0.0), ("linear", 0.0), ("constant", 1.0)])
def test_the_rate_warms_up_and_falls(bench, tmp_path, schedule, last):
    recipe = recipe_at(bench, tmp_path / "r", f"train.schedule={schedule}", "train.warmup=0.1", "train.lr=1.0")
    rates = [rate(recipe, step, 100) for step in range(101)]

    assert rates[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert max(rates) == rates[10] == 1.0
    assert rates[100] == pytest.approx(last)
