"""Every adapter, folded and merged by us, is the model that PEFT computes."""

import copy
import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("peft") is None:
    pytest.skip("needs: pip install 'edgegen[export]'", allow_module_level=True)

import torch
from peft import AdaLoraConfig, HiraConfig, LoraConfig, MissConfig, PeftModel
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from edgegen.errors import BundleError
from export.checkpoint import Checkpoint
from export.fold import Adapter, read_adapter, write_plain
from export.merge import merge, shapes_of
from tests.export.tiny import make_adapter

LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
IDS = torch.tensor([[1, 5, 9, 30, 2, 77, 8, 3, 60, 11]])

CONFIGS: dict[str, Any] = {
    "lora": LoraConfig(r=4, lora_alpha=16, target_modules=LINEAR),
    "rslora": LoraConfig(r=4, lora_alpha=16, target_modules=LINEAR, use_rslora=True),
    "patterns": LoraConfig(
        r=4,
        lora_alpha=8,
        target_modules=LINEAR,
        rank_pattern={"layers.1.self_attn.q_proj": 2, "down_proj": 6},
        alpha_pattern={"layers.0.*.v_proj": 32},
    ),
    "dora": LoraConfig(r=4, lora_alpha=8, target_modules=LINEAR, use_dora=True),
    "adalora": AdaLoraConfig(init_r=6, target_r=4, lora_alpha=8, target_modules=LINEAR, total_step=10),
    "miss": MissConfig(r=4, target_modules=LINEAR),
    "hira": HiraConfig(r=4, target_modules=LINEAR),
    "modules-to-save": LoraConfig(r=4, target_modules=["q_proj"], modules_to_save=["down_proj"]),
    "head": LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "lm_head"]),
    "embedding": LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "embed_tokens"]),
}
# alpha / r is 4 in "lora"; 2, 4 or 8 in "patterns", but 8 / 6 for down_proj.
ALL_EQUAL = set(LINEAR)
MERGE_ONLY = {"dora", "hira", "modules-to-save", "embedding"}


def make_model(folder: Path, *, tied: bool = False) -> Any:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=96,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=tied,
        initializer_range=0.3,
    )
    model = LlamaForCausalLM(config).to(torch.float16)
    model.save_pretrained(folder)
    return model.float().eval()


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model(IDS).logits[0]


def relative(one: torch.Tensor, other: torch.Tensor) -> float:
    """The largest difference, relative to the range of the logits."""
    return float((one - other).abs().max() / (other.max() - other.min()))


def exported(base: Path, adapter: Adapter, out: Path) -> Any:
    merge(Checkpoint(base), adapter.updates, out, {}, lambda _: None)
    return LlamaForCausalLM.from_pretrained(out, dtype=torch.float32).eval()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("name", CONFIGS)
def test_a_merged_checkpoint_says_what_peft_says(tmp_path: Path, name: str, *, tied: bool) -> None:
    model = make_model(tmp_path / "base", tied=tied)
    before = logits(model)
    adapted = make_adapter(model, tmp_path / "adapter", copy.deepcopy(CONFIGS[name]))
    expected = logits(adapted)
    assert relative(before, expected) > 0.01, "the adapter does nothing"

    adapter = read_adapter(tmp_path / "adapter", shapes_of(Checkpoint(tmp_path / "base")))
    merged = exported(tmp_path / "base", adapter, tmp_path / "out")

    assert relative(logits(merged), expected) < 5e-3  # F16 rounding of the weights
    with torch.no_grad():
        for weight, update in adapter.updates.items():
            base = Checkpoint(tmp_path / "base")
            source = weight if weight in base.tensors else "model.embed_tokens.weight"
            [(_, rows)] = base.rows(base.tensors[source])
            merged.get_parameter(weight).copy_(update.rows(rows.float(), 0))
    assert relative(logits(merged), expected) < 3e-4  # (W + BA) x against Wx + BAx, in float32


@pytest.mark.parametrize("name", [name for name in CONFIGS if name not in MERGE_ONLY])
def test_plain_a_and_b_say_what_the_method_says(tmp_path: Path, name: str) -> None:
    model = make_model(tmp_path / "base")
    adapted = make_adapter(copy.deepcopy(model), tmp_path / "adapter", copy.deepcopy(CONFIGS[name]))

    adapter = read_adapter(tmp_path / "adapter", shapes_of(Checkpoint(tmp_path / "base")))
    write_plain(adapter.plain(tied=False), tmp_path / "plain")

    again = PeftModel.from_pretrained(model, tmp_path / "plain").eval()
    assert relative(logits(again), logits(adapted)) < 1e-5
    config = json.loads((tmp_path / "plain" / "adapter_config.json").read_text())
    assert config["r"] == config["lora_alpha"]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_strength_takes_that_share_of_whatever_an_update_does(tmp_path: Path, name: str) -> None:
    make_adapter(make_model(tmp_path / "base"), tmp_path / "adapter", copy.deepcopy(CONFIGS[name]))
    base = Checkpoint(tmp_path / "base")
    adapter = read_adapter(tmp_path / "adapter", shapes_of(base))

    weaker = adapter.at_strength(0.25)

    for weight, update in adapter.updates.items():
        [(_, before)] = base.rows(base.tensors[weight])
        expected = before.float() + 0.25 * (update.rows(before.float(), 0) - before.float())
        assert torch.allclose(weaker.updates[weight].rows(before.float(), 0), expected, atol=1e-5)
    if name == "lora":
        config = tmp_path / "adapter" / "adapter_config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"lora_alpha": 4}))
        by_alpha = read_adapter(tmp_path / "adapter", shapes_of(base))
        for weight, update in by_alpha.updates.items():
            assert torch.equal(update.b, weaker.updates[weight].b)


@pytest.mark.parametrize("name", sorted(MERGE_ONLY))
def test_what_has_no_plain_form_says_so_by_name(tmp_path: Path, name: str) -> None:
    model = make_model(tmp_path / "base")
    make_adapter(model, tmp_path / "adapter", copy.deepcopy(CONFIGS[name]))
    adapter = read_adapter(tmp_path / "adapter", shapes_of(Checkpoint(tmp_path / "base")))

    with pytest.raises(BundleError, match=r"model\.(layers|embed_tokens).*: .*\n(.*\n)*Merge it instead"):
        adapter.plain(tied=False)


def test_a_tied_lm_head_is_merged_untied_and_refused_as_an_adapter(tmp_path: Path) -> None:
    model = make_model(tmp_path / "base", tied=True)
    make_adapter(model, tmp_path / "adapter", copy.deepcopy(CONFIGS["head"]))
    adapter = read_adapter(tmp_path / "adapter", shapes_of(Checkpoint(tmp_path / "base")))

    with pytest.raises(BundleError, match=r"lm_head\.weight: the base ties lm_head"):
        adapter.plain(tied=True)

    exported(tmp_path / "base", adapter, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "config.json").read_text())["tie_word_embeddings"] is False


@pytest.fixture
def adapter_folder(tmp_path: Path) -> Path:
    model = make_model(tmp_path / "base")
    make_adapter(model, tmp_path / "adapter", copy.deepcopy(CONFIGS["lora"]))
    return tmp_path / "adapter"


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        read_adapter(folder, shapes_of(Checkpoint(folder.parent / "base")))
    return str(caught.value)


def change(folder: Path, edit: Any) -> None:
    tensors = load_file(folder / "adapter_model.safetensors")
    edit(tensors)
    save_file(tensors, folder / "adapter_model.safetensors")


def test_nan_is_refused_by_name(adapter_folder: Path) -> None:
    change(adapter_folder, lambda tensors: next(iter(tensors.values())).view(-1)[3:4].fill_(float("nan")))

    assert "down_proj.lora_A.weight holds NaN or infinity (1 of 28" in refusal(adapter_folder)


def test_an_adapter_of_another_base_is_refused_with_both_shapes(adapter_folder: Path) -> None:
    def edit(tensors: dict[str, torch.Tensor]) -> None:
        name = next(name for name in tensors if name.endswith("0.mlp.down_proj.lora_A.weight"))
        tensors[name] = torch.zeros(4, 64)
        tensors["base_model.model.model.layers.7.mlp.up_proj.lora_A.weight"] = torch.zeros(4, 32)
        tensors["base_model.model.model.layers.7.mlp.up_proj.lora_B.weight"] = torch.zeros(48, 4)

    change(adapter_folder, edit)

    said = refusal(adapter_folder)
    assert "layers.0.mlp.down_proj.weight: the base has (32, 48), the adapter is for (32, 64)" in said
    assert "layers.7.mlp.up_proj.weight: the base has no such tensor" in said


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda f: (f / "adapter_model.safetensors").rename(f / "adapter_model.bin"), "pickle"),
        (lambda f: (f / "adapter_model.safetensors").unlink(), "did not finish"),
        (lambda f: (f / "adapter_model.safetensors").write_bytes(b"\x80\x02}"), "not a whole safetensors file"),
        (lambda f: (f / "adapter_config.json").unlink(), "there is no adapter_config.json"),
        (lambda f: (f / "adapter_config.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "adapter_config.json").write_text('{"peft_type": "XLORA"}'), "peft_type XLORA"),
        (lambda f: (f / "adapter_config.json").write_text('{"peft_type": "LORA", "bias": "all"}'), "trained biases"),
    ],
)
def test_what_is_no_adapter_is_refused(adapter_folder: Path, edit: Any, reason: str) -> None:
    edit(adapter_folder)

    assert reason in refusal(adapter_folder)


def test_an_interrupted_merge_goes_on_and_other_inputs_start_anew(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("export.merge.SHARD_BYTES", 4096)
    make_model(tmp_path / "base")
    base = Checkpoint(tmp_path / "base")
    written: list[int] = []

    def stop(count: int) -> None:
        written.append(count)
        if len(written) == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merge(base, {}, tmp_path / "out", {"base": "a"}, stop)
    first = sum(written[:-1])
    merge(base, {}, tmp_path / "out", {"base": "a"}, written.append)

    total = sum(info.values for info in base.tensors.values())
    assert total <= sum(written) < first + total  # what was whole was not written again
    merged = load_merged(tmp_path / "out")
    assert merged.keys() == base.tensors.keys()
    shutil.copytree(tmp_path / "out", tmp_path / "other")
    written.clear()
    merge(base, {}, tmp_path / "other", {"base": "b"}, written.append)
    assert sum(written) == total


def load_merged(folder: Path) -> dict[str, torch.Tensor]:
    index = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]
    return {name: tensor for file in set(index.values()) for name, tensor in load_file(folder / file).items()}


@pytest.mark.parametrize(("value", "reason"), [(1e5, "more than F16 can hold"), (float("nan"), "is not a number")])
def test_what_does_not_fit_into_f16_is_refused_by_name(tmp_path: Path, value: float, reason: str) -> None:
    make_model(tmp_path / "base")
    file = tmp_path / "base" / "model.safetensors"
    tensors = {name: tensor.float() for name, tensor in load_file(file).items()}
    tensors["model.layers.1.mlp.up_proj.weight"][3, 2] = value
    save_file(tensors, file)

    with pytest.raises(BundleError, match=rf"layers\.1\.mlp\.up_proj\.weight: .*{reason}"):
        merge(Checkpoint(tmp_path / "base"), {}, tmp_path / "out", {}, lambda _: None)


def test_a_pickled_or_quantised_base_is_refused(tmp_path: Path) -> None:
    make_model(tmp_path / "base")
    (tmp_path / "base" / "model.safetensors").rename(tmp_path / "base" / "pytorch_model.bin")
    with pytest.raises(BundleError, match="pickle"):
        Checkpoint(tmp_path / "base")
    (tmp_path / "base" / "config.json").write_text('{"quantization_config": {}}')
    with pytest.raises(BundleError, match="quantised"):
        Checkpoint(tmp_path / "base")


def test_a_copy_of_a_tied_lm_head_is_not_written(tmp_path: Path) -> None:
    make_model(tmp_path / "base", tied=True)
    file = tmp_path / "base" / "model.safetensors"
    tensors = load_file(file)
    save_file({**tensors, "lm_head.weight": tensors["model.embed_tokens.weight"].clone()}, file)

    merge(Checkpoint(tmp_path / "base"), {}, tmp_path / "out", {}, lambda _: None)

    assert "lm_head.weight" not in load_merged(tmp_path / "out")


@pytest.mark.parametrize("name", ["lora", "patterns"])
def test_merged_weights_are_pefts_to_the_last_bit(tmp_path: Path, name: str) -> None:
    """Where the scale is a power of two; else it is rounded into B before the product, and PEFT multiplies after it."""
    model = make_model(tmp_path / "base")
    adapted = make_adapter(model, tmp_path / "adapter", copy.deepcopy(CONFIGS[name]))
    adapter = read_adapter(tmp_path / "adapter", shapes_of(Checkpoint(tmp_path / "base")))

    merge(Checkpoint(tmp_path / "base"), adapter.updates, tmp_path / "out", {}, lambda _: None)

    expected = adapted.merge_and_unload().state_dict()
    scales = {"lora": ALL_EQUAL, "patterns": ALL_EQUAL - {"down_proj"}}[name]
    compared = 0
    for weight, tensor in load_merged(tmp_path / "out").items():
        if any(kind in weight for kind in scales):
            assert torch.equal(tensor, expected[weight].half()), weight
            compared += 1
    assert compared >= 12
