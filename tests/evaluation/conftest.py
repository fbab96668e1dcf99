"""A tiny random model as a checkpoint and as a GGUF in 16 bit, with one adapter over both."""

import importlib.util
from pathlib import Path
from typing import NamedTuple

import pytest

if any(importlib.util.find_spec(name) is None for name in ("torch", "peft", "transformers", "llama_cpp")):
    collect_ignore_glob = ["test_*.py"]


class Tiny(NamedTuple):
    checkpoint: Path
    adapter: Path
    gguf: Path
    gguf_adapter: Path


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, smollm2: Path) -> Tiny:
    import torch
    from peft import LoraConfig

    from export.convert import convert_adapter, convert_model
    from export.toolchain import toolchain
    from tests.export.tiny import make_adapter, make_base, make_tokenizer

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("evaluation")
    tools = toolchain()
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "up_proj"]
    model = make_base(folder / "base", make_tokenizer(smollm2, tools.folder))
    make_adapter(model, folder / "adapter", LoraConfig(r=4, lora_alpha=16, target_modules=targets))
    log = folder / "log"
    gguf = convert_model(tools, folder / "base", folder / "base.gguf", name="tiny", log=log)
    adapter = convert_adapter(tools, folder / "adapter", folder / "base", folder / "adapter.gguf", log=log)
    return Tiny(folder / "base", folder / "adapter", gguf, adapter)
