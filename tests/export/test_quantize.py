"""Importance matrix, types, sizes and targets, on a small random Llama; against llama.cpp's programs where they are."""

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("peft") is None or importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("needs: pip install 'edgegen[export,edge]'", allow_module_level=True)

import numpy as np
import torch

from edgegen.errors import BundleError
from export.calibration import general_halves
from export.convert import convert_model
from export.llama import ggml, importance
from export.native import call
from export.quantize import TYPES, Recipe, about_bytes, plan, quantize
from export.shrink import Texts, Wish, measure_imatrix, shrink
from export.target import Choice, Market, for_kl, rules, survey
from export.toolchain import toolchain
from export.verify import compare
from tests.export.tiny import make_base, make_tokenizer

pytestmark = pytest.mark.model
PROOF, CALIBRATION = (text[:9000] for text in general_halves())
BINARIES = os.environ.get("EDGEGEN_LLAMA_BIN")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, smollm2: Path) -> Any:
    """A Llama of two layers, width 256, in torch and as F16 GGUF, and its importance matrix."""
    folder = tmp_path_factory.mktemp("quantize")
    model = make_base(folder / "base", make_tokenizer(smollm2, toolchain().folder), hidden=256)
    f16 = convert_model(toolchain(), folder / "base", folder / "f16.gguf", name="tiny", log=folder / "log")
    found = measure_imatrix(f16, folder / "imatrix.gguf", CALIBRATION, dataset="general", chunks=2, log=folder / "log")
    assert found == {"chunks": 2, "entries": 15, "tokens": 1024}
    return folder, model


def test_the_matrix_is_the_mean_square_of_what_comes_into_each_weight(made: Any) -> None:
    """The same by torch's hooks, on the same tokens."""
    folder, model = made
    ids = call("tokenize", {"model": str(folder / "f16.gguf"), "texts": [CALIBRATION]}, folder / "log")["ids"][0]
    sums: dict[str, Any] = {}

    def hook(name: str) -> Any:
        return lambda _module, inputs: sums.__setitem__(
            name, sums.get(name, 0) + inputs[0].double().pow(2).sum(dim=(0, 1)).numpy()
        )

    layers = model.model.layers
    handles = [layers[1].mlp.down_proj.register_forward_pre_hook(hook("blk.1.ffn_down.weight"))]
    handles.append(layers[0].self_attn.q_proj.register_forward_pre_hook(hook("blk.0.attn_q.weight")))
    handles.append(model.lm_head.register_forward_pre_hook(hook("token_embd.weight")))
    with torch.no_grad():
        for start in (0, 512):
            model(torch.tensor([ids[start : start + 512]]))
    for handle in handles:
        handle.remove()

    found = importance.read(folder / "imatrix.gguf")

    assert found.chunks == 2
    assert found.datasets == ["general"]
    for name, wanted in sums.items():
        mean = wanted / 1024
        assert found.entries[name].counts.tolist() == [1024]
        assert np.abs(found.entries[name].means() - mean).max() < 5e-3 * mean.max()


@pytest.mark.parametrize("ftype", [name for name in TYPES if name != "F16"])
def test_the_size_said_first_is_the_size_of_the_file(made: Any, tmp_path: Path, ftype: str) -> None:
    folder, _ = made
    recipe = Recipe(ftype, (("blk.1.attn_k", "Q8_0"),), folder / "imatrix.gguf")
    expected = plan(folder / "f16.gguf", recipe, log=tmp_path / "log")

    file = quantize(folder / "f16.gguf", tmp_path / "a.gguf", recipe, log=tmp_path / "log", expected=expected)

    assert file.stat().st_size == expected.size_bytes
    types = {name: info.type for name, info in ggml.Gguf(file).tensors.items()}
    assert types == {tensor.name: tensor.type for tensor in expected.tensors}
    assert types["blk.1.attn_k.weight"] == "Q8_0"
    assert types["blk.0.attn_norm.weight"] == "F32"


def test_the_size_said_before_there_is_a_file_knows_what_k_quants_do_not_fit() -> None:
    """SmolLM2-135M, width 576, as Q4_K_M: 105.5 MB, of which the vocabulary's words take 1.8."""
    layer = {"q_proj": (576, 576), "k_proj": (192, 576), "v_proj": (192, 576), "o_proj": (576, 576)}
    layer |= {"gate_proj": (1536, 576), "up_proj": (1536, 576), "down_proj": (576, 1536), "norm": (576,)}
    shapes = [("model.embed_tokens.weight", (49152, 576)), *(item for _ in range(30) for item in layer.items())]

    assert 0.95 < about_bytes(shapes, "Q4_K_M") / 103.7e6 < 1.05
    assert about_bytes(shapes, "F16") == 2 * 134_479_872 + 30 * 576 * 4


def test_a_long_step_says_how_far_it_is(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.progress.EVERY_S", 0)
    said: list[str] = []

    compare(made[0] / "f16.gguf", made[0] / "f16.gguf", PROOF, log=tmp_path / "log", chunks=2, say=said.append)
    quantize(made[0] / "f16.gguf", tmp_path / "a.gguf", Recipe("Q8_0"), log=tmp_path / "log", say=said.append)

    assert said[0].startswith("  50% done, about ")
    assert len(said) > 5


def test_a_pattern_that_matches_no_weight_matrix_names_those_that_are_there(made: Any, tmp_path: Path) -> None:
    """A norm is no weight matrix: it stays as it is whatever is asked."""
    folder, _ = made

    with pytest.raises(BundleError, match=r"attn_norm=Q8_0: matches no weight matrix.*blk\.N\.attn_q\.weight"):
        plan(folder / "f16.gguf", Recipe("Q4_K_M", (("attn_norm", "Q8_0"),)), log=tmp_path / "log")


def test_the_matrix_makes_a_better_file_of_the_same_size(made: Any, tmp_path: Path) -> None:
    folder, _ = made
    kl = {}
    for imatrix in (None, folder / "imatrix.gguf"):
        recipe = Recipe("Q4_0", (("token_embd", "Q8_0"),), imatrix)
        file = quantize(folder / "f16.gguf", tmp_path / f"{imatrix is None}.gguf", recipe, log=tmp_path / "log")
        kl[imatrix is None] = compare(folder / "f16.gguf", file, PROOF, log=tmp_path / "log", chunks=2)["kl"]

    assert 0 < kl[False] < kl[True]


@pytest.fixture(scope="module")
def market(made: Any) -> Market:
    """What every type of every tensor costs, on one chunk."""
    folder, _ = made
    log = folder / "log"
    return survey(folder / "f16.gguf", CALIBRATION[-4000:], imatrix=folder / "imatrix.gguf", log=log, say=print)


def lost(made: Any, file: Path, log: Path) -> float:
    return float(compare(made[0] / "f16.gguf", file, PROOF, log=log, chunks=2)["kl"])


def wish(made: Any, tmp_path: Path, **asked: Any) -> Any:
    folder, _ = made
    said: list[str] = []
    f16 = tmp_path / "f16.gguf"
    f16.symlink_to(folder / "f16.gguf")
    shrunk = shrink(
        f16,
        tmp_path / "model.gguf",
        Wish(imatrix=folder / "imatrix.gguf", **asked),
        Texts(PROOF, CALIBRATION, "general"),
        values=13_000_000,
        log=tmp_path / "log",
        say=said.append,
    )
    return shrunk, said


def test_a_size_is_kept_and_loses_less_than_the_usual_mixture_of_it(made: Any, tmp_path: Path) -> None:
    folder, _ = made
    usual = quantize(folder / "f16.gguf", tmp_path / "usual.gguf", Recipe("Q4_K_M"), log=tmp_path / "log")
    room = usual.stat().st_size

    shrunk, said = wish(made, tmp_path, target_size=f"{room}B")

    assert room * 0.97 < shrunk.path.stat().st_size <= room
    assert lost(made, shrunk.path, tmp_path / "log") < lost(made, usual, tmp_path / "log")
    assert any("token_embd: " in line and "% of what 4 bits cost" in line for line in said)
    assert shrunk.facts["tensor_types"]
    assert shrunk.facts["reasons"] == [line.strip() for line in said if "% of what 4 bits cost" in line]
    assert f"{shrunk.path.stat().st_size / 1e6:,.1f} MB" in next(line for line in said if "quantising" in line)


@pytest.mark.parametrize("asked", [1e-3, 1e-12])
def test_a_loss_is_kept_by_measuring(made: Any, market: Market, tmp_path: Path, asked: float) -> None:
    """Asked for no loss at all, every tensor keeps its 16 bits."""
    folder, _ = made

    def measure(choice: Choice) -> float:
        file = quantize(folder / "f16.gguf", tmp_path / "trial.gguf", choice.recipe, log=tmp_path / "log")
        return lost(made, file, tmp_path / "log")

    choice = for_kl(market, asked, measure, print)

    assert measure(choice) <= asked
    whole = (folder / "f16.gguf").stat().st_size
    if asked > 1e-6:
        assert measure(market.choose(int(choice.size_bytes * 0.8))) > asked
    else:
        assert choice.size_bytes == pytest.approx(whole, rel=1e-3)


def test_a_size_that_cannot_be_is_refused_with_the_smallest_that_can(made: Any, tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match=r"--target-size 1.0 MB: the smallest that .* can be is (\d+\.\d) MB"
    ) as found:
        wish(made, tmp_path, target_size="1MB")

    smallest = re.search(r"can be is (\d+\.\d) MB", str(found.value))
    assert smallest is not None
    assert 4 < float(smallest[1]) < 8


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not a GGUF at all", "this is no GGUF"),
        (b"GGUF" + bytes(60), "cannot read this GGUF"),
        (None, "there is no such file"),
    ],
)
def test_a_matrix_that_is_none_is_refused_by_name(
    made: Any, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    folder, _ = made
    bad = tmp_path / "bad.imatrix"
    if content is not None:
        bad.write_bytes(content)

    with pytest.raises(BundleError, match=rf"bad\.imatrix: .*{reason}"):
        plan(folder / "f16.gguf", Recipe("Q4_K_M", imatrix=bad), log=tmp_path / "log")


def test_a_matrix_that_was_cut_off_and_a_model_that_is_no_matrix_are_refused(made: Any, tmp_path: Path) -> None:
    folder, _ = made
    whole = (folder / "imatrix.gguf").read_bytes()
    (tmp_path / "cut.imatrix").write_bytes(whole[:-100])

    with pytest.raises(BundleError, match=r"cut\.imatrix: .*copy it again"):
        plan(folder / "f16.gguf", Recipe("Q4_K_M", imatrix=tmp_path / "cut.imatrix"), log=tmp_path / "log")
    with pytest.raises(BundleError, match=r"f16\.gguf: no importance matrix in it"):
        plan(folder / "f16.gguf", Recipe("Q4_K_M", imatrix=folder / "f16.gguf"), log=tmp_path / "log")


def test_another_models_matrix_is_refused_by_its_names_and_its_widths(made: Any, tmp_path: Path) -> None:
    folder, _ = made
    own = importance.read(folder / "imatrix.gguf")
    other = {name.replace("blk", "layer").replace("token", "word"): entry for name, entry in own.entries.items()}
    importance.write(tmp_path / "names.gguf", importance.Imatrix(other, ["x"], 2))
    narrow = dict(own.entries)
    narrow["blk.0.attn_q.weight"] = importance.Entry(np.ones((1, 64)), np.ones(1))
    importance.write(tmp_path / "widths.gguf", importance.Imatrix(narrow, ["x"], 2))

    for name, reason in (("names", "says nothing of any weight matrix"), ("widths", "64 columns for blk.0.attn_q")):
        with pytest.raises(BundleError, match=reason):
            plan(folder / "f16.gguf", Recipe("Q4_K_M", imatrix=tmp_path / f"{name}.gguf"), log=tmp_path / "log")


@pytest.mark.skipif(BINARIES is None, reason="needs EDGEGEN_LLAMA_BIN, a folder of llama.cpp's programs")
@pytest.mark.parametrize("ftype", [name for name in TYPES if name != "F16"])
def test_llama_quantize_writes_the_same_tensors_from_our_matrix(made: Any, tmp_path: Path, ftype: str) -> None:
    folder, _ = made
    override = rules({"blk.0.attn_v.weight": "Q6_K", "blk.1.attn_v.weight": "Q6_K"})
    recipe = Recipe(ftype, tuple(override), folder / "imatrix.gguf")
    ours = quantize(folder / "f16.gguf", tmp_path / "ours.gguf", recipe, log=tmp_path / "log")
    told: list[str] = []
    for pattern, type_ in recipe.overrides:
        told += ["--tensor-type", f"{pattern}={type_}"]

    run_program("llama-quantize", "--imatrix", recipe.imatrix, *told, folder / "f16.gguf", tmp_path / "b.gguf", ftype)

    assert tensors(ours) == tensors(tmp_path / "b.gguf")


@pytest.mark.skipif(BINARIES is None, reason="needs EDGEGEN_LLAMA_BIN, a folder of llama.cpp's programs")
def test_llama_imatrix_measures_the_same(made: Any, tmp_path: Path) -> None:
    folder, _ = made
    (tmp_path / "text.txt").write_text(CALIBRATION, encoding="utf-8")
    out = tmp_path / "theirs.gguf"

    run_program("llama-imatrix", "-m", folder / "f16.gguf", "-f", tmp_path / "text.txt", "-o", out, "--chunks", 2)

    ours, theirs = importance.read(folder / "imatrix.gguf"), importance.read(out)
    assert set(ours.entries) - set(theirs.entries) == {"token_embd.weight"}
    assert len(theirs.entries) == 14
    for name, entry in theirs.entries.items():
        assert np.abs(ours.entries[name].means() - entry.means()).max() <= 1e-3 * entry.means().max()


def run_program(name: str, *arguments: object) -> None:
    assert BINARIES is not None
    done = subprocess.run(
        [str(Path(BINARIES) / name), *map(str, arguments)],
        env={**os.environ, "LD_LIBRARY_PATH": BINARIES},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, re.sub(r"\s+", " ", done.stderr[-500:])


def tensors(path: Path) -> dict[str, tuple[str, bytes]]:
    content = path.read_bytes()
    return {
        name: (info.type, content[info.start : info.start + info.size_bytes])
        for name, info in ggml.Gguf(path).tensors.items()
    }
