"""Published data sets in their own layout become training data; the papers' recipes are read."""

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import finetune
from edgegen.commands.finetune import command
from finetune.errors import DataError
from finetune.examples import read_examples
from finetune.loaders.published import PUBLISHED, write_splits
from finetune.recipe import load_recipe

RECIPES = sorted((Path(finetune.__file__).parent / "recipes").glob("seed-*.toml"))
ALPACA = [
    {"instruction": f"Write {n} in {'Python' if n % 4 == 0 else 'French'}", "input": "", "output": str(n)}
    for n in range(200)
]
DOLLY = [
    {"instruction": f"Who {n}?", "context": "A text.", "response": "x", "category": c}
    for n in range(60)
    for c in ("closed_qa", "information_extraction", "open_qa")
]
EC = [
    {
        "split": split, "task": "Sentiment_Analysis", "setting": setting, "instruction": f"Rate {n}", "input": "good",
        "options": '["A: positive"]', "output": "A", "few_shot_example": None,
    }
    for n in range(4)
    for split in ("train", "val", "test")
    for setting in ("IND_Diverse_Instruction", "OOD_Diverse_Instruction")
]  # fmt: skip


def published(name, folder):
    """A small copy in the published layout."""
    if name.startswith("alpaca"):
        (folder / "a.json").write_text(json.dumps(ALPACA))
        return folder / "a.json"
    if name.startswith("dolly"):
        (folder / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in DOLLY))
        return folder / "d.jsonl"
    if name == "math":
        for split, count in (("train", 60), ("test", 5)):
            (folder / split / "algebra").mkdir(parents=True)
            for n in range(count):
                row = {"problem": f"{split} {n}", "level": "Level 1", "type": "Algebra", "solution": "$\\boxed{1}$"}
                (folder / split / "algebra" / f"{n}.json").write_text(json.dumps(row))
        return folder
    if name == "cnn-dailymail":
        for split in ("train", "validation", "test"):
            frame = pl.DataFrame({"article": [f"{split} a", "b"], "highlights": ["h", "i"], "id": ["1", "2"]})
            frame.write_parquet(folder / f"{split}-00000-of-00001.parquet")
        return folder
    (folder / "dataset.json").write_text(json.dumps(EC))
    return folder / "dataset.json"


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("alpaca", 200), ("alpaca-python", 50), ("math", 65), ("dolly-closed-qa", 60), ("dolly-extraction", 60),
        ("cnn-dailymail", 6), ("ecinstruct", 12),
    ],
)  # fmt: skip
def test_each_published_layout_becomes_examples_in_three_splits(tmp_path, name, total):
    source = tmp_path / "source"
    source.mkdir()

    written = write_splits(name, published(name, source), tmp_path / "out")

    examples = {split: list(read_examples(tmp_path / "out" / f"{split}.jsonl")) for split in written if written[split]}
    assert {split: len(found) for split, found in examples.items()} == {s: n for s, n in written.items() if n}
    assert sum(written.values()) == total
    assert written["train"] >= total / 4
    if name not in ("cnn-dailymail", "ecinstruct"):  # in these, small as they are here, examples repeat
        seen = [example.digest for found in examples.values() for example in found]
        assert len(set(seen)) == len(seen)


def test_every_data_set_is_tested():
    assert set(PUBLISHED) == {
        "alpaca", "alpaca-python", "math", "dolly-closed-qa", "dolly-extraction", "cnn-dailymail", "ecinstruct",
    }  # fmt: skip


def test_what_is_asked_and_answered_is_what_was_published(tmp_path):
    write_splits("ecinstruct", published("ecinstruct", tmp_path), tmp_path / "ec")
    (first, *_) = read_examples(tmp_path / "ec/train.jsonl")

    assert first.turns == (("user", 'Rate 0\n\ngood\nOptions: ["A: positive"]'), ("assistant", "A"))
    assert first.task == "Sentiment_Analysis"


def test_a_copy_in_another_layout_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('[{"question": "x"}]')

    with pytest.raises(DataError, match=r"lacks the field 'instruction'. alpaca is read from alpaca_data_cleaned.json"):
        write_splits("alpaca", tmp_path / "a.json", tmp_path / "out")
    with pytest.raises(DataError, match="holds nothing of math"):
        write_splits("math", tmp_path, tmp_path / "out")
    with pytest.raises(DataError, match="is not there"):
        write_splits("math", tmp_path / "gone", tmp_path / "out")


@pytest.mark.parametrize("name", ["alpaca", "ecinstruct", "dolly-closed-qa"])
@pytest.mark.parametrize("content", [b"[{\xe4", b"[1, 2]", b'[{"instruction": '])
def test_a_damaged_copy_is_named(tmp_path, name, content):
    (tmp_path / "copy.json").write_bytes(content)

    with pytest.raises(DataError, match=rf"copy.json: cannot be read: .* {name} is read from .* Copy it again"):
        write_splits(name, tmp_path / "copy.json", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.jsonl"))


def test_the_command_takes_as_many_as_asked(tmp_path):
    source = published("alpaca", tmp_path)

    arguments = ["import", "alpaca", str(source), str(tmp_path / "out"), "--count", "20"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)

    assert len((tmp_path / "out/train.jsonl").read_text().splitlines()) == 20
    assert "20 to train on" in result.output


def test_a_count_that_the_hash_does_not_deal_out_takes_from_what_is_held_out(tmp_path):
    """As 50,000 of alpaca-cleaned's 51,760, of which nine tenths are fewer; both splits stay disjoint."""
    source = published("alpaca", tmp_path)

    written = write_splits("alpaca", source, tmp_path / "most", 190)
    usual = write_splits("alpaca", source, tmp_path / "usual", 100)

    parts = [tmp_path / "most" / f"{split}.jsonl" for split in ("train", "validation", "test")]
    seen = [json.loads(line)["instruction"] for part in parts for line in part.read_text().splitlines()]
    assert len(set(seen)) == len(seen)
    assert written["train"] == 190
    assert usual["train"] == 100
    everything = write_splits("alpaca", source, tmp_path / "all")
    assert {split: usual[split] for split in ("validation", "test")} == {
        s: everything[s] for s in ("validation", "test")
    }
    with pytest.raises(DataError, match=r"--count 201: holds only 200 to train on"):
        write_splits("alpaca", source, tmp_path / "more", 201)
    assert not list((tmp_path / "more").iterdir())


def test_an_example_without_an_answer_is_left_out_and_counted(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([*ALPACA, {"instruction": "Say", "input": "", "output": " "}]))

    arguments = ["import", "alpaca", str(tmp_path / "a.json"), str(tmp_path / "out")]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)

    assert "1 have no answer and were left out." in result.output
    assert sum(len(path.read_text().splitlines()) for path in (tmp_path / "out").glob("*.jsonl")) == 200


def test_of_several_versions_of_a_data_set_the_last_is_read_once(tmp_path):
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        (tmp_path / "source" / version).mkdir(parents=True)
        published("cnn-dailymail", tmp_path / "source" / version)

    assert write_splits("cnn-dailymail", tmp_path / "source", tmp_path / "out")["train"] == 2


def test_what_cannot_be_read_to_its_end_leaves_nothing_that_looks_whole(tmp_path):
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in DOLLY) + '{"category": "closed_qa"')

    with pytest.raises(DataError, match=r"d.jsonl: cannot be read after example 60: .* Copy it again"):
        write_splits("dolly-closed-qa", tmp_path / "d.jsonl", tmp_path / "out")

    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_of_the_papers_is_read_and_names_its_data(path):
    recipe = load_recipe(path, check_files=False)
    text = path.read_text(encoding="utf-8")

    assert recipe.run.folder.name == path.stem
    name = text.partition("edgegen finetune import ")[2].split()[0]
    assert name in PUBLISHED
    assert recipe.data.train.parent.name.startswith(name)


def test_the_papers_set_ups_are_there():
    names = {path.stem for path in RECIPES}

    for part in ("8b-alpaca-60", "8b-alpaca-500", "8b-alpaca-full", "1b-alpaca-2000", "tinyllama-50000"):
        assert any(name.endswith(part) for name in names)
    for kind in ("code", "maths", "summary"):
        assert {f"seed-{kind}-r{rank}" for rank in (16, 32, 64, 128)} <= names
    assert sum(name.startswith("seed-ecommerce") for name in names) == 4


@pytest.mark.parametrize(
    ("name", "shape", "parameters"),
    [
        ("seed-ecommerce-smollm2-360m", (960, 2560, 32, 320, 49152), 9_485_312),
        ("seed-ecommerce-smollm2-1.7b", (2048, 8192, 24, 2048, 49152), 18_907_136),
        ("seed-ecommerce-llama-1b", (2048, 8192, 16, 512, 128256), 13_357_056),
        ("seed-ecommerce-llama-3b", (3072, 8192, 28, 1024, 128256), 26_415_104),
        ("seed-llama-8b-alpaca-60", (4096, 14336, 32, 1024, 128256), 41_943_040),
    ],
)
def test_a_recipe_trains_as_many_parameters_as_its_paper_says(name, shape, parameters):
    """Rank times inputs and outputs of each target; widths are those of the base's published configuration."""
    hidden, wide, count, narrow, vocabulary = shape
    sizes = {
        "q_proj": 2 * hidden, "o_proj": 2 * hidden, "k_proj": hidden + narrow, "v_proj": hidden + narrow,
        "gate_proj": hidden + wide, "up_proj": hidden + wide, "down_proj": hidden + wide,
    }  # fmt: skip
    recipe = load_recipe(next(path for path in RECIPES if path.stem == name), check_files=False)
    layers = sum(sizes[target] for target in recipe.method.targets if target in sizes)
    head = hidden + vocabulary if "lm_head" in recipe.method.targets else 0

    assert recipe.method.rank * (count * layers + head) == parameters
    assert f"{parameters:,} trained parameters" in recipe.path.read_text(encoding="utf-8")
