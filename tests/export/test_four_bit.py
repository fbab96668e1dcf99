"""What finetune leaves of a base that it held in 4 bits, or of an adapter without a plain form, the export reads."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("peft") is None or importlib.util.find_spec("bitsandbytes") is None:
    pytest.skip("needs: pip install 'edgegen[export,finetune]'", allow_module_level=True)

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from edgegen.errors import BundleError
from export.checkpoint import Checkpoint
from export.fold import read_adapter
from export.merge import merge, shapes_of
from export.nf4 import STORED, FourBit, as_trained
from export.reference import trained_logits
from export.run import read_runs
from finetune.presets import recipe_text
from finetune.recipe import load_recipe
from finetune.run import start
from tests.finetune.tiny import save_base, sums, write_jsonl

TOKENS = [1, 5, 9, 30, 2, 77, 8, 3, 60, 11]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("four-bit")
    save_base(folder / "base")
    write_jsonl(folder / "train.jsonl", sums(24))
    (folder / "recipe.toml").write_text(recipe_text("smollm2-135m"))
    return folder


def train(bench: Path, method: str, load: str = "float32") -> Path:
    """A finished run, made once for all tests of this file."""
    run = bench / f"run-{method}"
    if not run.exists():
        options = [
            f"base.model={bench / 'base'}", f"data.train={bench / 'train.jsonl'}", f"run.folder={run}",
            f"base.load={load}", f"method.name={method}", "method.rank=4", "data.max_tokens=64", "train.batch=2",
            "train.steps=2", "train.lr=0.02", "data.validation_share=0.2", "run.samples=0",
        ]  # fmt: skip
        start(load_recipe(bench / "recipe.toml", options))
    return run


def merged_logits(folder: Path) -> Any:
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return model.eval()(input_ids=torch.tensor([TOKENS])).logits[0].numpy()


@pytest.mark.parametrize(("method", "load"), [("qlora", "nf4"), ("loftq", "float32"), ("ir-qlora", "float32")])
def test_an_adapter_of_a_4_bit_base_is_merged_into_the_weights_it_was_trained_on(
    bench: Path, tmp_path: Path, method: str, load: str
) -> None:
    run = train(bench, method, load)
    (read,) = read_runs(run, None)
    base = Checkpoint(bench / "base")
    adapter = read_adapter(read.adapter, shapes_of(base))

    assert read.trained_base is not None
    trained = as_trained(base, read.trained_base, [*adapter.updates], "run")  # compares the hash
    merge(trained, adapter.updates, tmp_path / "merged", {}, lambda _: None)

    expected = trained_logits(trained, read.adapter, TOKENS)
    spread = expected.max() - expected.min()
    assert abs(merged_logits(tmp_path / "merged") - expected).max() < 5e-3 * spread
    other = trained_logits(base, read.adapter, TOKENS)
    assert abs(other - expected).max() > 2e-2 * spread, "the 16-bit base is another one"


def test_another_4_bit_base_is_refused_by_its_hash(bench: Path, tmp_path: Path) -> None:
    run = train(bench, "loftq")
    (read,) = read_runs(run, None)
    codes = load_file(run / STORED)
    name = next(name for name in codes if name.endswith("packed"))
    codes[name][0] ^= 0x10
    copy = tmp_path / "run"
    copy.mkdir()
    for path in run.iterdir():
        if path.name != STORED:
            (copy / path.name).symlink_to(path)
    save_file(codes, copy / STORED)
    (changed,) = read_runs(copy, None)
    assert changed.trained_base is not None
    names = [*read_adapter(read.adapter, shapes_of(Checkpoint(bench / "base"))).updates]

    with pytest.raises(BundleError, match="the 4-bit weights of its base hash to"):
        as_trained(Checkpoint(bench / "base"), changed.trained_base, names, "run")

    (copy / STORED).unlink()
    with pytest.raises(BundleError, match=f"there is no {STORED}"):
        read_runs(copy, None)


def test_what_bitsandbytes_leaves_in_16_bits_stays(bench: Path) -> None:
    (read,) = read_runs(train(bench, "qlora", "nf4"), None)
    assert read.trained_base is not None
    base = Checkpoint(bench / "base")
    four_bit = FourBit(base, read.trained_base)

    changed = {name for name, info in base.tensors.items() if four_bit.is_changed(info)}

    assert changed == {name for name in base.tensors if "_proj" in name}


@pytest.mark.parametrize("method", ["dora", "hira"])
def test_a_merge_only_method_leaves_its_adapter_for_the_merge(bench: Path, tmp_path: Path, method: str) -> None:
    run = train(bench, method)
    (read,) = read_runs(run, None)
    base = Checkpoint(bench / "base")
    adapter = read_adapter(read.adapter, shapes_of(base))

    merge(base, adapter.updates, tmp_path / "merged", {}, lambda _: None)

    expected = trained_logits(base, read.adapter, TOKENS)
    assert abs(merged_logits(tmp_path / "merged") - expected).max() < 5e-3 * (expected.max() - expected.min())
    with pytest.raises(BundleError, match=r"(?s)full rank.*--svd RANK"):
        adapter.plain(tied=base.tied)
    assert json.loads((run / "run.json").read_text())["trained_base"] is None
