"""The comparison of methods: what is trained, that it goes on where it was, and the table."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgegen.commands.finetune import command
from edgegen.errors import ConfigError
from finetune.compare import (
    Outcome,
    Training,
    check_rows,
    chosen_rate,
    finals,
    fingerprint,
    memories,
    read_spec,
    searches,
    settings,
    timings,
)
from finetune.compare_data import RECIPES
from finetune.compare_run import _Comparison
from finetune.compare_table import table_rows
from finetune.methods.registry import METHODS
from finetune.presets import recipe_text
from tests.finetune.tiny import save_base, sums, write_jsonl


def write_spec(place, tables="", **more):
    for name in ("test.jsonl", "recipe.toml"):
        (place / name).touch()
    values = {"recipe": "recipe.toml", "folder": "out", "test": "test.jsonl", "methods": ["lora", "dora"]} | more
    path = place / "spec.toml"
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in values.items() if value is not None]
    path.write_text("".join(lines) + tables)
    return path


def test_all_mistakes_of_a_specification_come_at_once(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text('rates = "fast"\nseed = 1\n')

    with pytest.raises(ConfigError) as caught:
        read_spec(path)

    assert len(caught.value.problems) == 5
    with pytest.raises(ConfigError, match="lroa: unknown method"):
        read_spec(write_spec(tmp_path, methods=["lroa"]))
    with pytest.raises(ConfigError) as caught:
        read_spec(write_spec(tmp_path, "[row.a]\n'train.lr' = 1.0\n[memory]\nshape = 'huge'\nrows = ['b']\n"))
    assert [problem.partition("spec.toml: ")[2].split(":")[0] for problem in caught.value.problems] == [
        "a",
        "memory.rows",
        "memory.shape = 'huge'",
    ]


def test_a_row_of_another_name_is_a_change_to_the_recipe(tmp_path):
    """Table II: the same training for 60 and for 500 steps; a short run stays as short as all others."""
    tables = """
[row.steps-60]
"train.steps" = 60
[row.q]
"method.name" = "qlora"
"""
    spec = read_spec(write_spec(tmp_path, tables, methods=None, rates=[1e-3], seeds=[0], side_by_side=2))

    trainings = finals(spec, {})

    assert [(row.name, row.method) for row in spec.rows] == [("steps-60", "lora"), ("q", "qlora")]
    assert trainings == [Training("steps-60", "seed", 1e-3, 0), Training("q", "seed", 1e-3, 0)]
    assert "train.steps=60" in settings(spec, trainings[0])
    assert "method.name=qlora" in settings(spec, trainings[1])
    assert "train.steps=10" in settings(spec, Training("steps-60", "time", 1e-3))


def test_the_rate_with_the_least_loss_on_dev_is_trained_for_each_seed(tmp_path):
    spec = read_spec(write_spec(tmp_path, rates=[1e-4, 1e-3], seeds=[0, 1], side_by_side=2))
    outcomes = {t: Outcome(held_out_loss=2.0 if t.rate == 1e-3 else 3.0) for t in searches(spec) if t.row == "lora"}
    outcomes |= {t: Outcome(problem="failed: no") for t in searches(spec) if t.row == "dora"}

    trainings = finals(spec, outcomes)

    assert len(searches(spec)) == 4
    assert trainings == [Training("lora", "seed", 1e-3, 0), Training("lora", "seed", 1e-3, 1)]
    assert chosen_rate(spec, "dora", outcomes) is None
    outcomes |= {t: Outcome(held_out_loss=1.0 + 0.2 * t.seed, step_s=9.0) for t in trainings}
    (timing,) = timings(spec, outcomes)
    outcomes[timing] = Outcome(step_s=4.0)
    lora, dora = table_rows(spec, outcomes)
    assert (lora["held_out_loss"], lora["step_s"]) == (pytest.approx(1.1), 4.0)
    assert lora["held_out_loss_sd"] == pytest.approx(0.1414, abs=1e-4)
    assert dora["problem"] == "failed: no"


@pytest.fixture
def bench(tmp_path):
    save_base(tmp_path / "base")
    write_jsonl(tmp_path / "train.jsonl", sums(30))
    write_jsonl(tmp_path / "test.jsonl", sums(8))
    text = recipe_text("smollm2-135m").replace("models/SmolLM2-135M-Instruct", "base")
    text = text.replace("data/train.jsonl", "train.jsonl").replace('"bfloat16"', '"float32"')
    for old, new in (
        ("# steps = 0", "steps = 3"),
        ("# rank = 16", "rank = 4"),
        ("# max_tokens = 1024", "max_tokens = 64"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "recipe.toml").write_text(text)
    return tmp_path


def test_one_command_trains_and_tabulates_and_goes_on_where_it_was(bench):
    """Two methods, two seeds, three steps, memory on another shape; then a third method, on another machine."""
    memory = "[memory]\nshape = 'tiny'\ntokens = 32\nbatch = 1\nsteps = 1\nrows = ['lora', 'mtlora']\n"
    spec = {"rates": [1e-2], "seeds": [0, 1], "time_steps": 2}
    methods = ["lora", "mtlora"]
    path = write_spec(bench, memory, methods=methods, side_by_side=2, **spec)

    stopped = CliRunner().invoke(command, ["compare", str(path), "--limit-s", "0"])
    first = CliRunner().invoke(command, ["compare", str(path)], catch_exceptions=False)
    (bench / "elsewhere").mkdir()
    (bench / "out/outcomes.jsonl").rename(bench / "elsewhere/outcomes.jsonl")
    write_spec(bench, memory, methods=[*methods, "dora"], folder="elsewhere", **spec)
    second = CliRunner().invoke(command, ["compare", str(path), "--limit-s", "300"], catch_exceptions=False)
    table = (bench / "elsewhere/compare.csv").read_text()
    third = CliRunner().invoke(command, ["compare", str(path), "--memory-only"], catch_exceptions=False)

    assert "4 trainings of this stage left" in str(stopped.exception)
    assert first.output.count(": starts") == 4 + 1 + 2
    assert {line.partition(":")[0] for line in second.output.splitlines() if line.endswith(": starts")} == {
        "mtlora/seed-0-0.01", "mtlora/seed-1-0.01", "dora/seed-0-0.01", "dora/seed-1-0.01",
    }  # fmt: skip
    assert third.output.startswith("Done.")
    lora, mtlora, dora = csv.DictReader(table.splitlines())
    rank_four = 2 * 4 * (4 * 64 + 2 * (64 + 32) + 2 * (64 + 176) + 240)
    assert int(lora["trainable_parameters"]) == rank_four < int(dora["trainable_parameters"])
    assert float(lora["held_out_loss"]) > 0
    assert float(lora["held_out_loss_sd"]) > 0
    assert int(lora["peak_memory_bytes"]) > 10**8 < int(lora["shape_memory_bytes"])
    assert int(lora["adapter_bytes"]) > 4 * rank_four
    assert mtlora["problem"].startswith("failed: ")
    assert 'needs a "task"' in mtlora["problem"]
    assert int(mtlora["shape_memory_bytes"]) > 10**8  # the shape needs no data
    assert "| lora |" in (bench / "elsewhere/compare.md").read_text()
    assert (bench / "elsewhere/compare.png").read_bytes().startswith(b"\x89PNG")


def test_workers_are_dealt_out_to_the_gpus(tmp_path):
    """Each new process goes where the fewest live; none that died counts."""
    comparison = _Comparison(read_spec(write_spec(tmp_path)), print, None, ("4", "7"))

    def start():
        comparison._ask({"log": str(tmp_path / "log"), "recipe": "none.toml", "settings": [], "folder": str(tmp_path)})
        return comparison.every[-1]

    def visible(worker):
        found = dict(pair.partition("=")[::2] for pair in environments[worker].split("\0"))
        return found["CUDA_VISIBLE_DEVICES"]

    environments = {}
    try:
        for _ in range(3):
            while not comparison.workers.empty():
                comparison.workers.get_nowait()  # busy, so that another is needed
            worker = start()
            environments[worker] = Path(f"/proc/{worker.process.pid}/environ").read_text()
        first, second, third = comparison.every
        assert [visible(first), visible(second), visible(third)] == ["4", "7", "4"]
        first.close()
        third.close()
        assert comparison._least_used() == "4"
    finally:
        comparison.close()


@pytest.mark.parametrize("name", ["methods", "steps", "ranks", "replay"])
def test_the_shipped_specifications_are_sound(tmp_path, name):
    for file in RECIPES.glob("*.toml"):
        shutil.copy(file, tmp_path)
    (tmp_path / "test.jsonl").touch()

    spec = read_spec(tmp_path / f"{name}.toml")

    check_rows(spec, check_files=False)
    assert len(spec.rows) >= 3
    assert all(training.seed in (0, 1, 2) for training in finals(spec, {}))
    if name == "methods":
        assert [row.name for row in spec.rows] == [method.name for method in METHODS]
        assert len(memories(spec)) == len(METHODS)


def test_a_wrong_change_of_a_row_is_named_before_anything_is_trained(bench):
    path = write_spec(bench, "[row.a]\n'method.rnk' = 8\n[row.b]\n'method.rank' = 0\n", methods=None)

    result = CliRunner().invoke(command, ["compare", str(path)])

    assert isinstance(result.exception, ConfigError)
    assert "row a: --set method.rnk=8" in result.exception.problems[0]
    assert result.exception.problems[1].startswith("row b: --set: method.rank = 0")
    assert not (bench / "out").exists()


def test_a_change_to_the_recipe_makes_old_outcomes_worthless(bench):
    path = write_spec(bench, methods=["lora"], rates=[1e-2], seeds=[0])
    spec = read_spec(path)
    before = fingerprint(spec, Training("lora", "seed", 1e-2))

    (bench / "recipe.toml").write_text((bench / "recipe.toml").read_text().replace("steps = 3", "steps = 4"))

    assert fingerprint(spec, Training("lora", "seed", 1e-2)) != before
