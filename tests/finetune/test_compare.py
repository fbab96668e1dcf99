"""The comparison of methods: what is trained, that it goes on where it was, and the table."""

import csv
import json

import pytest
from click.testing import CliRunner

from edgegen.commands.finetune import command
from edgegen.errors import ConfigError
from finetune.compare import Outcome, Training, chosen_rate, finals, read_spec, searches, table_rows, timings
from finetune.presets import recipe_text
from tests.finetune.tiny import save_base, sums, write_jsonl


def write_spec(folder, **more):
    (folder / "test.jsonl").touch()
    values = {"recipe": "recipe.toml", "folder": "out", "test": "test.jsonl", "methods": ["lora", "dora"]} | more
    path = folder / "spec.toml"
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return path


def test_all_mistakes_of_a_specification_come_at_once(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text('rates = "fast"\nseed = 1\n')

    with pytest.raises(ConfigError) as caught:
        read_spec(path)

    assert len(caught.value.problems) == 5
    with pytest.raises(ConfigError, match="lroa: unknown method"):
        read_spec(write_spec(tmp_path, methods=["lroa"]))


def test_the_rate_with_the_least_loss_on_dev_is_trained_for_each_seed(tmp_path):
    spec = read_spec(write_spec(tmp_path, rates=[1e-4, 1e-3], seeds=[0, 1], side_by_side=2))
    outcomes = {t: Outcome(held_out_loss=2.0 if t.rate == 1e-3 else 3.0) for t in searches(spec) if t.method == "lora"}
    outcomes |= {t: Outcome(problem="failed: no") for t in searches(spec) if t.method == "dora"}

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
        ("# steps = 0", "steps = 4"),
        ("# rank = 16", "rank = 4"),
        ("# max_tokens = 1024", "max_tokens = 64"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "recipe.toml").write_text(text)
    return tmp_path


def test_one_command_trains_and_tabulates_and_goes_on_where_it_was(bench):
    path = write_spec(bench, methods=["lora"], rates=[1e-2], seeds=[0])

    first = CliRunner().invoke(command, ["compare", str(path)], catch_exceptions=False)
    write_spec(bench, methods=["lora", "mtlora"], rates=[1e-2], seeds=[0])
    second = CliRunner().invoke(command, ["compare", str(path)], catch_exceptions=False)

    assert first.output.count(": starts") == 1
    assert second.output.count(": starts") == 1
    assert "mtlora/seed-0-0.01: starts" in second.output
    lora, mtlora = csv.DictReader((bench / "out/compare.csv").read_text().splitlines())
    rank_four = 2 * 4 * (4 * 64 + 2 * (64 + 32) + 2 * (64 + 176) + 240)
    assert int(lora["trainable_parameters"]) == rank_four
    assert float(lora["held_out_loss"]) > 0
    assert int(lora["peak_memory_bytes"]) > 10**8
    assert int(lora["adapter_bytes"]) > 4 * rank_four
    assert mtlora["problem"].startswith("failed: ")
    assert "| lora |" in (bench / "out/compare.md").read_text()
    assert (bench / "out/compare.png").read_bytes().startswith(b"\x89PNG")
