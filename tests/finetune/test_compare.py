"""The comparison of methods: what is trained, that it goes on where it was, and the table."""

import csv
import hashlib
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
    data_of,
    finals,
    fingerprint,
    memories,
    read_spec,
    searches,
    settings,
    timings,
)
from finetune.compare_data import RECIPES
from finetune.compare_intervals import of_mean, of_share
from finetune.compare_picture import write_picture
from finetune.compare_pool import Pool
from finetune.compare_run import OUTCOMES
from finetune.compare_table import table_rows
from finetune.errors import TrainingError
from finetune.methods.registry import METHODS
from finetune.presets import recipe_text
from tests.finetune.tiny import save_base, sums, write_jsonl

RECIPE = "[base]\nmodel = 'base'\n[data]\ntrain = 'train.jsonl'\n[run]\nfolder = 'run'\n"


def write_spec(place, tables="", **more):
    (place / "test.jsonl").touch()
    if not (place / "recipe.toml").exists():
        (place / "recipe.toml").write_text(RECIPE)
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not there. Give a specification; docs/finetuning.md shows one."),
        ("folder", "cannot be read: Is a directory. Give a specification, a TOML file."),
        (b"rates = [", "cannot be read as TOML in UTF-8: "),
        (b"\xff", "cannot be read as TOML in UTF-8: "),
        (b"rates = " + b"[" * 100_000, "cannot be read as TOML in UTF-8: "),
    ],
)
def test_a_specification_that_cannot_be_read_says_why(tmp_path, content, said):
    """The command, too, says it before it looks for anything else."""
    path = tmp_path / "compare.toml"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)

    done = CliRunner().invoke(command, ["compare", str(path)])

    assert isinstance(done.exception, ConfigError)
    assert str(done.exception).startswith(f"{path}: {said}")


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


def test_the_table_is_the_same_whichever_training_ended_first(tmp_path):
    spec = read_spec(write_spec(tmp_path, rates=[1e-3], seeds=[0, 1, 2]))
    answers = {0: "110100100110", 1: "000000000001", 2: "111111101110"}
    outcomes = {
        t: Outcome(held_out_loss=1.0, step_s=1.0, exactly_right={"sums": answers[t.seed]})
        for t in finals(spec, {})
        if t.row == "lora"
    }
    backwards = dict(reversed(outcomes.items()))

    assert list(backwards) != list(outcomes)
    assert table_rows(spec, backwards) == table_rows(spec, outcomes)


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
    """Two methods, two seeds, three steps, memory on another shape; a third method elsewhere; the table at home."""
    memory = "[memory]\nshape = 'tiny'\ntokens = 32\nbatch = 1\nsteps = 1\nrows = ['lora', 'mtlora']\n"
    spec = {"rates": [1e-2], "seeds": [0, 1], "time_steps": 2, "score": 5}
    methods = ["lora", "mtlora"]
    path = write_spec(bench, memory, methods=methods, side_by_side=2, **spec)

    stopped = CliRunner().invoke(command, ["compare", str(path), "--limit-s", "0"])
    first = CliRunner().invoke(command, ["compare", str(path)], catch_exceptions=False)
    (bench / "elsewhere").mkdir()
    (bench / "out/outcomes.jsonl").rename(bench / "elsewhere/outcomes.jsonl")
    write_spec(bench, memory, methods=[*methods, "dora"], folder="elsewhere", **spec)
    second = CliRunner().invoke(
        command, ["compare", str(path), "--side-by-side", "3", "--limit-s", "300"], catch_exceptions=False
    )
    table = (bench / "elsewhere/compare.csv").read_text()
    third = CliRunner().invoke(command, ["compare", str(path), "--only", "memory"], catch_exceptions=False)

    assert "4 trainings of this stage left" in str(stopped.exception)
    assert first.output.count(": starts") == 4 + 1 + 2
    assert {line.partition(":")[0] for line in second.output.splitlines() if line.endswith(": starts")} == {
        "mtlora/seed-0-0.01", "mtlora/seed-1-0.01", "dora/seed-0-0.01", "dora/seed-1-0.01", "dora/time-0-0.01",
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
    assert (int(lora["questions"]), int(lora["steps"]), int(lora["rank"])) == (5, 3, 4)
    assert (
        0 <= float(lora["exactly_right_low"]) <= float(lora["exactly_right"]) <= float(lora["exactly_right_high"]) <= 1
    )
    assert "| lora |" in (bench / "elsewhere/compare.md").read_text()
    assert (bench / "elsewhere/compare.png").read_bytes().startswith(b"\x89PNG")

    (bench / "home/elsewhere").mkdir(parents=True)
    for name in ("spec.toml", "recipe.toml", f"elsewhere/{OUTCOMES}"):
        shutil.copy(bench / name, bench / "home" / name)
    CliRunner().invoke(command, ["compare", str(bench / "home/spec.toml"), "--table"], catch_exceptions=False)
    at_home = [row for row in csv.DictReader((bench / "home/elsewhere/compare.csv").open()) if row["row"] != "mtlora"]
    assert at_home == [row for row in csv.DictReader(table.splitlines()) if row["row"] != "mtlora"]


def test_a_table_without_outcomes_says_what_to_bring(tmp_path):
    path = write_spec(tmp_path)

    result = CliRunner().invoke(command, ["compare", str(path), "--table"])

    assert isinstance(result.exception, TrainingError)
    assert OUTCOMES in str(result.exception)


def test_several_specifications_share_the_workers(bench):
    """Each has its own folder and table; a row's own data lie beside its specification."""
    write_jsonl(bench / "more.jsonl", sums(40))
    table = "[row.more]\n'data.train' = 'more.jsonl'\n"
    paths = []
    for name in ("one", "two"):
        spec = {"folder": f"out-{name}", "methods": None, "rates": [1e-2], "seeds": [0], "side_by_side": 2}
        write_spec(bench, table, **spec, axis="steps", score=3).rename(bench / f"{name}.toml")
        paths.append(str(bench / f"{name}.toml"))

    result = CliRunner().invoke(command, ["compare", *paths, "--only", "seed"], catch_exceptions=False)

    for name in ("one", "two"):
        assert f"out-{name}/more/seed-0-0.01: starts" in result.output
        (row,) = csv.DictReader((bench / f"out-{name}/compare.csv").open())
        assert (row["row"], row["seeds"], row["questions"]) == ("more", "1", "3")
        assert json.loads((bench / f"out-{name}/more/seed-0-0.01/run.json").read_text())["examples"]["train"] == 40
    assert "time-0" not in result.output


def test_workers_are_dealt_out_to_the_gpus():
    """Each training goes where the fewest are busy, so that what must be alone is; a dead worker is left out."""
    with Pool(3, ("4", "7")) as pool:
        first, second, third = pool.take(), pool.take(), pool.take()
        environments = [Path(f"/proc/{w.process.pid}/environ").read_text().split("\0") for w in (first, second, third)]
        for worker in (first, second, third):
            worker.busy = False

        alone = [pool.take(), pool.take()]
        alone[0].close()
        alone[0].busy = alone[0].stays = False
        again = pool.take()

        seen = [next(line for line in lines if line.startswith("CUDA_VISIBLE")) for lines in environments]
        assert seen == [f"CUDA_VISIBLE_DEVICES={gpu}" for gpu in ("4", "7", "4")]
        assert alone == [first, second]
        assert again is third


def test_the_picture_over_a_column_names_the_rows_beside_the_curve(tmp_path):
    """Ranks make the curve; rows that share a rank are points of their own. One seed, or no answers, are drawn too."""
    rows = (
        "".join(f"[row.rank-{rank}]\n'method.rank' = {rank}\n" for rank in (8, 32)) + "[row.mlp]\n'method.rank' = 8\n"
    )
    spec = read_spec(write_spec(tmp_path, rows, methods=None, rates=[1e-3], axis="rank", score=4))
    right = {"a": "1011", "b": "1111"}
    outcomes = {
        t: Outcome(held_out_loss=1 + t.seed / 10, step_s=1, steps=4, exactly_right=right, adapter_bytes=1)
        for t in finals(spec, {})
    }
    drawn = []

    for found in (outcomes, {t: o for t, o in outcomes.items() if t.seed == 0}):
        table = table_rows(spec, found)
        write_picture(spec, table, tmp_path / "compare.png")
        drawn.append((tmp_path / "compare.png").read_bytes())

    assert [row["rank"] for row in table] == [8, 32, 8]
    assert (table[0]["exactly_right"], table[0]["exactly_right_of_a"]) == (7 / 8, 3 / 4)
    assert table[0]["training_s"] == 4
    assert drawn[0] != drawn[1]
    assert all(png.startswith(b"\x89PNG") for png in drawn)
    with pytest.raises(ConfigError, match="axis = 'colour'"):
        read_spec(write_spec(tmp_path, axis="colour", score=-1))


def test_intervals_of_shares_and_means():
    """Wilson's by hand; seeds that differ widen a share's interval as questions do; Student's of three seeds."""
    assert of_share(["1" * 80 + "0" * 20]) == pytest.approx((0.7112, 0.8666), abs=1e-4)
    assert of_share(["1" * 100] * 3) == pytest.approx((0.9630, 1.0), abs=1e-4)
    alike, unlike = of_share(["1" * 90 + "0" * 10] * 3), of_share(["1" * 100, "1" * 90 + "0" * 10, "1" * 80 + "0" * 20])
    assert alike == pytest.approx((0.84, 0.95), abs=0.02)
    assert alike.high - alike.low < unlike.high - unlike.low
    assert of_mean([1.0, 2.0, 3.0]) == pytest.approx((2 - 2.484, 2 + 2.484), abs=1e-3)
    assert of_mean([1.0]) is None


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


def test_an_outcome_counts_wherever_its_files_lie(tmp_path):
    """The folder of the specification is no part of a fingerprint, nor how many train side by side."""
    prints = []
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        table = "[row.a]\n'data.replay' = 'replay.jsonl'\n'data.replay_share' = 0.1\n"
        spec = read_spec(write_spec(tmp_path / str(number), table, methods=None, rates=[1e-2], side_by_side=number))
        training = Training("a", "seed", 1e-2)
        assert f"data.replay={tmp_path / str(number) / 'replay.jsonl'}" in settings(spec, training)
        prints.append(fingerprint(spec, training))

    assert prints[0] == prints[1]
    assert fingerprint(spec, Training("a", "seed", 1e-2, seed=1)) != prints[0]


def test_a_change_to_the_recipe_makes_old_outcomes_worthless(bench):
    path = write_spec(bench, methods=["lora"], rates=[1e-2], seeds=[0])
    spec = read_spec(path)
    before = fingerprint(spec, Training("lora", "seed", 1e-2))

    (bench / "recipe.toml").write_text((bench / "recipe.toml").read_text().replace("steps = 3", "steps = 4"))

    assert fingerprint(spec, Training("lora", "seed", 1e-2)) != before


def test_outcomes_of_other_data_are_left_aside(bench):
    """Of data that are not here nothing can be said, and they count."""
    path = write_spec(bench, methods=["lora"], rates=[1e-2], seeds=[0])
    CliRunner().invoke(command, ["compare", str(path), "--only", "seed"], catch_exceptions=False)
    data = bench / "train.jsonl"
    lines = data.read_text().splitlines(keepends=True)

    data.write_text("".join(reversed(lines)))
    changed = CliRunner().invoke(command, ["compare", str(path), "--only", "seed"], catch_exceptions=False)
    again = CliRunner().invoke(command, ["compare", str(path), "--only", "seed"], catch_exceptions=False)
    data.unlink()
    table = CliRunner().invoke(command, ["compare", str(path), "--table"], catch_exceptions=False)

    assert "1 outcomes are left aside: their data have changed" in changed.output
    assert changed.output.count(": starts") == 1
    assert ": starts" not in again.output
    assert table.exit_code == 0
    assert "| lora |" in (bench / "out/compare.md").read_text()


@pytest.fixture
def templates(tmp_path):
    """A specification whose rows differ in the template only, and the hash of the data of each row."""
    for name in ("train", "test"):
        write_jsonl(tmp_path / f"{name}.jsonl", sums(3))
    for name in ("one", "two"):
        (tmp_path / f"{name}.jinja").write_text(f"{name}{{{{ messages }}}}")
    rows = "".join(f"[row.{name}]\n'data.template' = '{name}.jinja'\n" for name in ("one", "two"))
    path = write_spec(tmp_path, f"[row.none]\n{rows}[row.own]\n'data.template' = 'alpaca'\n", methods=None)

    def hashes():
        spec = read_spec(path)
        return {row.name: data_of(spec, Training(row.name, "seed", 1e-2)) for row in spec.rows}

    return hashes


def test_the_template_is_of_the_data_of_an_outcome(tmp_path, templates):
    """What the lines become is another text under another template, be it of the same name."""
    before = templates()
    (tmp_path / "one.jinja").write_text("three{{ messages }}")
    after = templates()
    (tmp_path / "one.jinja").write_bytes((tmp_path / "two.jinja").read_bytes())
    alike = templates()
    (tmp_path / "one.jinja").unlink()

    assert len(set(before.values())) == 4
    assert after["one"] not in before.values()
    assert after | {"one": before["one"]} == before
    assert alike["one"] == before["two"]
    assert templates() == before | {"one": None}  # as for any file that is not here


def test_without_a_template_the_data_of_an_outcome_are_what_they_were(tmp_path, templates):
    """By hand, as outcomes were marked before templates counted: the hashes of the files in their order."""
    files = [hashlib.sha256((tmp_path / f"{name}.jsonl").read_bytes()).hexdigest() for name in ("train", "test")]

    assert templates()["none"] == hashlib.sha256(json.dumps(files).encode()).hexdigest()[:16]


def test_a_row_names_a_template_of_edgegens_as_a_recipe_does(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", sums(3))
    save_base(tmp_path / "base")

    check_rows(read_spec(write_spec(tmp_path, "[row.a]\n'data.template' = 'alpaca'\n", methods=None)))
