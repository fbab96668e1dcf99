"""A base that is damaged, incomplete or not what the recipe takes it for is named."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from finetune.backends.peft_backend import load_model
from finetune.errors import TrainingError
from finetune.plan import plan_lines
from finetune.run import start
from tests.finetune.runs import recipe_at


def test_a_loaded_base_never_attends_through_cudnn(bench, tmp_path):
    torch.backends.cuda.enable_cudnn_sdp(enabled=True)

    load_model(recipe_at(bench, tmp_path / "run"))

    assert not torch.backends.cuda.cudnn_sdp_enabled()


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (
            "model.safetensors",
            b"\x10\0\0\0\0\0\0\0{",
            "model.safetensors: the weights are not whole: .*header.*Copy the checkpoint again",
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


def test_a_target_that_the_base_lacks_is_named(bench, tmp_path):
    with pytest.raises(TrainingError, match=r"the base has no wqkv. It has: .*q_proj"):
        start(recipe_at(bench, tmp_path / "run", 'method.targets=["wqkv"]'))
    with pytest.raises(TrainingError, match=r"the base has no proj. It has: .*q_proj"):  # a part of a name is none
        plan_lines(recipe_at(bench, tmp_path / "run", 'method.targets=["proj"]'))


def test_a_loss_that_is_not_a_number_stops_the_run(bench, tmp_path):
    with pytest.raises(TrainingError, match=r"the loss of step \d+ is (nan|inf).*lower train.lr") as caught:
        start(recipe_at(bench, tmp_path / "run", "train.lr=1e30", "train.clip=1e30"))
    with pytest.raises(
        TrainingError, match=r'write base.load = "float32" \(it is held in bfloat16\), or lower train.lr'
    ):
        start(recipe_at(bench, tmp_path / "half", "train.lr=1e30", "train.clip=1e30", "base.load=bfloat16"))

    assert "base.load" not in str(caught.value)  # it is in float32 already


def test_a_base_that_gives_no_number_is_not_blamed_on_the_rate(bench, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(bench / "base", base)
    (weights,) = base.glob("*.safetensors")
    tensors = {name: value * float("nan") for name, value in load_file(weights).items()}
    save_file(tensors, weights, metadata={"format": "pt"})

    with pytest.raises(TrainingError, match=r"loss of step 1 is nan, before anything was learned.*base again"):
        start(recipe_at(bench, tmp_path / "run", f"base.model={base}"))
