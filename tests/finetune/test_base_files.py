"""A base whose weights are not whole is told before anything is loaded."""

import json

import pytest
from safetensors.torch import load_file, save_file

from finetune.base_files import INDEX, check_whole
from finetune.errors import TrainingError
from finetune.plan import plan_lines
from finetune.run import start
from tests.finetune.runs import recipe_at
from tests.finetune.tiny import save_base


@pytest.fixture
def sharded(tmp_path):
    """A checkpoint in two files with an index."""
    base = save_base(tmp_path / "base")
    whole = load_file(base / "model.safetensors")
    (base / "model.safetensors").unlink()
    names, places = sorted(whole), {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        save_file({name: whole[name] for name in part}, base / f"model-{number}.safetensors", metadata={"format": "pt"})
        places |= dict.fromkeys(part, f"model-{number}.safetensors")
    (base / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return base


@pytest.mark.parametrize("kept", [0, 7, 1000, -1])
def test_a_file_that_broke_off_is_named_by_plan_and_run(bench, tmp_path, sharded, kept):
    file = sharded / "model-2.safetensors"
    check_whole(sharded)
    file.write_bytes(file.read_bytes()[:kept])
    recipe = recipe_at(bench, tmp_path / "run", f"base.model={sharded}")

    for begin in (plan_lines, start):
        with pytest.raises(TrainingError, match=r"model-2.safetensors: the weights are not whole: .*to-hf"):
            list(begin(recipe))

    assert not (tmp_path / "run").exists()


def test_a_file_that_only_the_index_knows_is_named(sharded):
    (sharded / "model-1.safetensors").unlink()

    with pytest.raises(TrainingError, match=r"model-1.safetensors: the weights are not whole: No such file"):
        check_whole(sharded)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"weight_map": 5}', '{"weight_map": {"a": 5}}', "[" * 100_000])
def test_an_index_that_is_none_is_named(sharded, content):
    (sharded / INDEX).write_text(content)

    with pytest.raises(TrainingError, match=r"index.json: cannot be read: .*Copy the checkpoint again"):
        check_whole(sharded)
