"""What can be refused is refused before the work: options, configurations, a folder where another export works."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

if importlib.util.find_spec("peft") is None:
    pytest.skip("needs: pip install 'edgegen[export]'", allow_module_level=True)

import torch
from safetensors.torch import save_file

from edgegen.commands.export import command
from edgegen.errors import BundleError
from export.card import sources_sha256
from export.combine import weights_of
from export.fold import read_adapter
from export.progress import EVERY_S, Progress
from export.request import Combination
from export.workfolder import working_folder


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("--adapter-only --base-gguf GGUF --quant Q8_0", "--quant is for merged models"),
        ("--adapter-only --base-gguf GGUF --target-size 9MB", "--target-size is for merged models"),
        ("--adapter-only --base-gguf GGUF --merge-base 4-bit", "--merge-base is for merged models"),
        ("--adapter-type Q8_0", "--adapter-type goes with --adapter-only"),
        ("--target-kl 0.1 --quant Q8_0", "--target-kl chooses the type of every tensor"),
        ("--combine linear --density 0.2", "--density goes with --combine ties or dare"),
        ("--max-kl nan", "--max-kl nan: give nats"),
        ("--strength 0", "--strength 0: give a number above 0 up to 4"),
        ("--strength pump=strong", "--strength pump=strong: give a number"),
        ("--strength =0.9", "--strength =0.9: there is no name before the ="),
        ("--strength nan", "--strength nan: give a number"),
        ("--strength 0.9 --strength 0.8", "there is one for all already, 0.9"),
        ("--strength 0.9 --combine linear", "--strength goes without --combine"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(tmp_path: Path, arguments: str, reason: str) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    words = arguments.replace("GGUF", str(tmp_path / "a.gguf")).split()

    done = CliRunner().invoke(command, [str(tmp_path), "--out", str(tmp_path / "out"), "--name", "x", *words])

    assert done.exit_code == 2
    assert reason in done.output


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"r": None}, "adapter_config.json: has no 'r'"),
        ({"lora_alpha": None}, "adapter_config.json: has no 'lora_alpha'"),
        ({"r": 0}, "holds what PEFT would not write: "),
        ({"r": "four"}, "holds what PEFT would not write: "),
        ({"alpha_pattern": {"(": 3}}, "holds what PEFT would not write: missing \\)"),
        ({"rank_pattern": ["q"]}, "holds what PEFT would not write: "),
    ],
)
def test_a_configuration_that_peft_did_not_write_is_refused(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    module = "base_model.model.model.layers.0.self_attn.q_proj"
    factors = {f"{module}.lora_A.weight": torch.ones(2, 8), f"{module}.lora_B.weight": torch.ones(4, 2)}
    save_file(factors, tmp_path / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, **changes}
    given = {name: value for name, value in config.items() if value is not None}
    (tmp_path / "adapter_config.json").write_text(json.dumps(given))

    with pytest.raises(BundleError, match=reason):
        read_adapter(tmp_path, {"model.layers.0.self_attn.q_proj.weight": (4, 8)})


def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(BundleError, match=r"--weights 1\.0,nan: give finite numbers"):
        weights_of(Combination("linear", (1.0, float("nan"))), ["a", "b"], [1, 1])


def test_two_exports_never_work_in_one_folder_nor_beside_a_child_of_a_killed_one(tmp_path: Path) -> None:
    with working_folder(tmp_path / "work") as work:
        (work / "half").write_text("x")
        with pytest.raises(BundleError, match="another export of this name and version"), working_folder(work):
            pass
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, close_fds=False
        )
    try:
        with pytest.raises(BundleError, match="the last step of one that was killed"), working_folder(work):
            pass
    finally:
        child.communicate(b"\n")

    with working_folder(work):
        assert (work / "half").read_text() == "x", "what was computed is still there"


def test_a_folder_that_cannot_be_written_is_said_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(BundleError, match="cannot be written: Not a directory"),
        working_folder(tmp_path / "file" / "w"),
    ):
        pass


def test_a_long_step_says_now_and_then_how_long_it_will_take() -> None:
    now, said = 0.0, list[str]()
    progress = Progress(said.append, clock=lambda: now)

    for done in range(100):
        now = done * EVERY_S / 4
        progress.at(done, 100)

    assert said[:2] == ["  4% done, about 4 min left", "  8% done, about 4 min left"]
    assert said[-1] == "  96% done, about 10 s left"
    assert len(said) == 24


def test_the_hash_of_the_code_sees_every_file_below(tmp_path: Path) -> None:
    (tmp_path / "plane" / "llama").mkdir(parents=True)
    (tmp_path / "plane" / "a.py").write_text("1")
    before = sources_sha256([tmp_path / "plane"])

    (tmp_path / "plane" / "llama" / "b.py").write_text("2")

    assert sources_sha256([tmp_path / "plane"]) != before
