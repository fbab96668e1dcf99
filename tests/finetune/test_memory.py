"""The estimate: exact where things can be counted, in the right order where they cannot, and said in plain words."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu_memory import Nvml
from finetune.memory import GIB, TIMES_LORA, Shape, estimate, lines, savings, too_small, trainable
from finetune.presets import recipe_text
from finetune.random_shapes import config_of
from finetune.recipe import load_recipe

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def recipe_of(tmp_path):
    (tmp_path / "recipe.toml").write_text(recipe_text("llama-3.1-8b"))

    def make(*changes):
        settings = ["data.train=none.jsonl", "base.model=none", "run.folder=none", "data.max_tokens=2048", *changes]
        return load_recipe(tmp_path / "recipe.toml", settings, check_files=False)

    return make


def test_the_papers_trainable_parameters(recipe_of):
    assert trainable(recipe_of(), Shape.of(config_of("llama-3.1-8b"))) == 41_943_040


@pytest.mark.parametrize(
    ("shape", "vocabulary", "expected"),
    [
        ((960, 2560, 32, 15, 5), 49152, 9_485_312),
        ((2048, 8192, 24, 32, 32), 49152, 18_907_136),
        ((2048, 8192, 16, 32, 8), 128256, 13_357_056),
        ((3072, 8192, 28, 24, 8), 128256, 26_415_104),
    ],
)
def test_the_trainable_parameters_of_the_e_commerce_paper(recipe_of, shape, vocabulary, expected):
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    config = dict(zip(names, shape, strict=True)) | {"vocab_size": vocabulary}
    kinds = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head"]
    recipe = recipe_of(f"method.targets={json.dumps(kinds)}")

    assert trainable(recipe, Shape.of(config)) == expected


def test_more_of_anything_takes_more(recipe_of):
    def peak(*changes, shape="llama-3.1-8b"):
        return estimate(recipe_of(*changes), config_of(shape), backend="peft").nvml_bytes

    base = peak()
    assert peak("train.batch=4") > base > peak("train.batch=1")
    assert peak("data.max_tokens=4096") > base > peak("data.max_tokens=512")
    assert peak("method.rank=64") > base
    assert peak(shape="llama-3.1-70b") > 30 * GIB > base > peak(shape="llama-3.2-3b") > peak(shape="llama-3.2-1b")
    assert peak("train.memory=off") > base > peak("train.optimizer=adamw-8bit") > peak("train.memory=minimal")
    assert peak("train.checkpointing=false") > 3 * base


@pytest.mark.parametrize("preset", ["off", "default", "minimal"])
@pytest.mark.parametrize("shape", ["tiny", "tiny-tied", "llama-3.2-1b", "llama-3.1-8b"])
def test_more_tokens_never_take_less(recipe_of, preset, shape):
    """From so few that a tile of the loss would hold the whole vocabulary."""
    lengths = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
    peaks = [
        estimate(
            recipe_of(f"train.memory={preset}", "train.batch=1", f"data.max_tokens={length}"),
            config_of(shape),
            backend="peft",
        ).reserved_bytes
        for length in lengths
    ]

    assert peaks == sorted(peaks)


def test_the_minimal_preset_fits_where_the_figures_want_it(recipe_of):
    """Estimates, to be held against the measurement on a GPU."""
    for shape, limit in (("llama-3.1-8b", 4.0), ("llama-3.2-3b", 2.5), ("llama-3.2-1b", 1.5), ("llama-3.1-70b", 44.0)):
        assert estimate(recipe_of("train.memory=minimal"), config_of(shape), backend="peft").nvml_bytes < limit * GIB


def test_a_gpu_too_small_is_told_by_how_much_and_what_helps(recipe_of):
    recipe, config = recipe_of(), config_of("llama-3.1-8b")
    need = estimate(recipe, config, backend="peft").nvml_bytes

    said = too_small(recipe, config, need - GIB, backend="peft")

    assert said is not None
    assert "1.00 GiB too little" in said
    assert 'train.memory = "minimal" saves' in said
    assert ", enough" in said
    assert too_small(recipe, config, need, backend="peft") is None


def test_savings_are_differences_of_estimates(recipe_of):
    recipe, config = recipe_of(), config_of("llama-3.1-8b")
    now = estimate(recipe, config, backend="peft")
    found = dict(savings(recipe, config, now))

    minimal = estimate(recipe_of("train.memory=minimal"), config, backend="peft")
    assert found['train.memory = "minimal"'] == now.nvml_bytes - minimal.nvml_bytes
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize(
    ("batch", "way"),
    [
        (2, "batch = 1, train.accumulate = 8"),
        (3, "batch = 1, train.accumulate = 12"),
        (6, "batch = 3, train.accumulate = 8"),
        (9, "batch = 3, train.accumulate = 12"),
    ],
)
def test_fewer_rows_at_once_are_as_many_a_step(recipe_of, batch, way):
    recipe, config = recipe_of(f"train.batch={batch}", "train.accumulate=4"), config_of("llama-3.1-8b")

    ways = [how for how, _ in savings(recipe, config, estimate(recipe, config, backend="peft"))]

    assert f"train.{way} (equal gradients)" in ways


def test_the_parts_add_up_and_are_shown(recipe_of):
    recipe, config = recipe_of(), config_of("llama-3.2-1b")
    now = estimate(recipe, config, backend="peft")

    assert sum(now.parts.values()) == now.reserved_bytes
    first, *ways = lines(recipe, config, backend="peft")
    assert f"{now.reserved_bytes / GIB:.2f} GiB reserved" in first
    assert any("minimal" in way for way in ways)


def test_a_method_that_holds_more_than_lora_is_counted_so_and_said_to_be(recipe_of):
    """The factors are those of the table in docs/RESULTS.md.

    Of LoftQ and IR-QLoRA that holds the training alone, the estimate their base in 16 bits, too.
    """
    config = config_of("llama-3.1-8b")
    with (ROOT / "docs/results/compare/methods.csv").open(newline="") as file:
        measured = {row["method"]: row["shape_memory_bytes"] for row in csv.DictReader(file)}

    for name, peak in measured.items():
        if not peak or name in ("ir-qlora", "loftq"):
            continue
        recipe = recipe_of(f"method.name={name}", "base.load=auto")
        now = estimate(recipe, config, backend="peft")
        assert float(peak) / now.reserved_bytes == pytest.approx(1, abs=0.05), name
        assert sum(now.parts.values()) == now.reserved_bytes
        said = [line for line in lines(recipe, config, backend="peft") if "times LoRA" in line]
        assert len(said) == (name in TIMES_LORA)
        assert all(line.startswith(f"{name} is counted as {TIMES_LORA[name]:.2f} times") for line in said)


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("gpu_memory", ["--bases", "made"]),
        ("gpu_pair", ["--bases", "made"]),
        ("gpu_resume", ["data", "--folder", "made"]),
    ],
)
def test_a_benchmark_for_gpus_says_so_where_there_is_none(module, arguments, tmp_path):
    if Nvml().library is not None:
        pytest.skip("there is a GPU here")

    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments, "--out", "out.jsonl"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "need an NVIDIA GPU" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
