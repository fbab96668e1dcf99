"""Our way to a GGUF, rows at a time, against the plain one: PEFT merges the whole model, llama.cpp converts it."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("peft") is None or importlib.util.find_spec("gguf") is None:
    pytest.skip("needs: pip install 'edgegen[export,finetune]'", allow_module_level=True)

import gguf
import numpy as np
from peft import LoraConfig

from export.checkpoint import Checkpoint
from export.convert import convert_model
from export.fold import read_adapter
from export.merge import merge, shapes_of
from export.quantize import Recipe, quantize
from export.toolchain import toolchain
from tests.export.tiny import make_adapter, make_base, make_tokenizer

pytestmark = pytest.mark.model
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, smollm2: Path) -> tuple[Path, Path]:
    """The F16 GGUF of ours, and theirs; the scale alpha / r is 4."""
    folder = tmp_path_factory.mktemp("same")
    tools = toolchain()
    tokenizer = make_tokenizer(smollm2, tools.folder)
    model = make_base(folder / "base", tokenizer)
    adapted = make_adapter(model, folder / "adapter", LoraConfig(r=4, lora_alpha=16, target_modules=LINEAR))
    base = Checkpoint(folder / "base")
    adapter = read_adapter(folder / "adapter", shapes_of(base))

    merge(base, adapter.updates, folder / "ours", {}, lambda _: None)
    merged: Any = adapted.merge_and_unload()
    merged.half().save_pretrained(folder / "theirs")
    tokenizer.save_pretrained(folder / "theirs")
    ours, theirs = (
        convert_model(tools, folder / name, folder / f"{name}.gguf", name="same", log=folder / "log")
        for name in ("ours", "theirs")
    )
    return ours, theirs


def tensors(file: Path) -> dict[str, Any]:
    return {tensor.name: tensor for tensor in gguf.GGUFReader(file).tensors}


def assert_equal(ours: Path, theirs: Path) -> None:
    one, other = tensors(ours), tensors(theirs)
    assert one.keys() == other.keys()
    assert len(one) == 2 * 9 + 2
    for name, tensor in one.items():
        assert tensor.tensor_type == other[name].tensor_type, name
        assert np.array_equal(tensor.data.view(np.uint8), other[name].data.view(np.uint8)), name


def test_the_f16_file_is_equal_to_the_last_bit(files: tuple[Path, Path]) -> None:
    """With a scale that is a power of two; another one is rounded into B, where PEFT multiplies the product by it."""
    assert_equal(*files)


def test_the_q8_0_file_is_equal_to_the_last_bit(files: tuple[Path, Path], tmp_path: Path) -> None:
    quantised = [quantize(file, tmp_path / file.name, Recipe("Q8_0"), log=tmp_path / "log") for file in files]

    assert_equal(*quantised)
