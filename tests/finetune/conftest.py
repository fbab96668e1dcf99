"""The tests of the fine-tuning plane, left out where its packages are not installed."""

import importlib.util

import pytest

if any(importlib.util.find_spec(name) is None for name in ("torch", "peft", "transformers", "polars", "gguf")):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def batches():
    """Two batches of random tokens for a tiny random model."""
    from tests.finetune.tiny import make_batches

    return make_batches()


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A folder with a tiny base, examples of two tasks and a recipe; `runs.recipe_at` puts them together."""
    from finetune.presets import recipe_text
    from tests.finetune.tiny import save_base, sums, write_jsonl

    folder = tmp_path_factory.mktemp("bench")
    save_base(folder / "base")
    write_jsonl(folder / "train.jsonl", [*sums(40, task="red"), *sums(40, task="blue")])
    (folder / "recipe.toml").write_text(recipe_text("smollm2-135m"))
    return folder
