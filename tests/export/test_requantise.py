"""A merge into a base that was quantised before: what is lost, what is said, and what a target leaves out."""

import importlib.util
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if any(importlib.util.find_spec(name) is None for name in ("peft", "llama_cpp")):
    pytest.skip("needs: pip install 'edgegen[export]'", allow_module_level=True)

from export.calibration import general_halves
from export.convert import convert_model
from export.llama.ggml import requantised
from export.quantize import Recipe, quantize
from export.requantise import KEPT, LEAST_KEPT, advice, spoiling
from export.shrink import Texts, Wish, shrink
from export.target import grouped, survey
from export.toolchain import toolchain
from finetune.gguf_base import convert
from tests.export.test_allocate import weights
from tests.export.tiny import make_base, make_tokenizer

pytestmark = pytest.mark.model
PROOF, CALIBRATION = (text[:9000] for text in general_halves())


def test_the_shares_that_are_kept_are_what_llama_cpps_rounding_keeps() -> None:
    """A normal matrix on a type's steps, a change of rank 8 and 4% of its size, and what each type leaves of it.

    The share is the projection of what became of the change on what it was. A share from the table may be a few points
    off, since K-quants search for their steps.
    """
    draw = np.random.default_rng(0)
    floats = (draw.standard_normal((256, 1024)) * 0.05).astype(np.float32)
    change = (draw.standard_normal((256, 8)) @ draw.standard_normal((8, 1024))).astype(np.float32)
    change *= np.float32(0.002) / change.std()

    def kept(base: Any, type_: str) -> float:
        merged = (base + change).astype(np.float16).astype(np.float32)  # as the converter writes it
        moved = merged - base
        return float(((requantised(merged, type_, None) - base) * moved).sum() / (moved * moved).sum())

    for type_ in KEPT:
        on_steps = requantised(floats, type_, None).astype(np.float16).astype(np.float32)
        shares = {other: kept(on_steps, other) for other in KEPT}
        assert {other for other, share in shares.items() if share < LEAST_KEPT} == set(KEPT[type_]), type_
        assert all(abs(shares[other] - share) < 0.03 for other, share in KEPT[type_].items()), type_
    assert all(kept(floats, type_) > 0.98 for type_ in KEPT), "a base as it was trained loses nothing on average"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, smollm2: Path) -> Path:
    """A tiny model that a site has as Q4_0 alone, and its checkpoint as `edgegen model to-hf` makes it."""
    folder = tmp_path_factory.mktemp("requantise")
    make_base(folder / "float", make_tokenizer(smollm2, toolchain().folder))
    f16 = convert_model(toolchain(), folder / "float", folder / "float.gguf", name="tiny", log=folder / "log")
    q4 = quantize(f16, folder / "site.gguf", Recipe("Q4_0", ((".", "Q4_0"),)), log=folder / "log")
    convert(q4, folder / "base")
    convert_model(toolchain(), folder / "base", folder / "base.gguf", name="tiny", log=folder / "log")
    return folder


def test_a_target_leaves_out_what_looks_free_only_because_the_base_stands_there(made: Path, tmp_path: Path) -> None:
    """Left to itself it takes Q4_0, which seems to cost nothing."""
    origin = json.loads((made / "base" / "gguf_origin.json").read_text())
    size = (made / "site.gguf").stat().st_size + 20_000

    def types(left_out: Collection[str]) -> set[str]:
        text, log = CALIBRATION[-4000:], tmp_path / "log"
        market = survey(made / "base.gguf", text, imatrix=None, log=log, say=print, left_out=left_out)
        return {type_ for _, type_ in market.choose(size).recipe.overrides}

    assert "Q4_0" in types(())
    assert types(spoiling(origin)).isdisjoint({"Q4_0", "Q4_1", "Q4_K", "Q5_0"})


def test_a_file_of_such_types_is_named_with_its_share(made: Path, tmp_path: Path) -> None:
    (tmp_path / "f16.gguf").symlink_to(made / "float.gguf")
    origin = json.loads((made / "base" / "gguf_origin.json").read_text())
    said: list[str] = []

    found = shrink(
        tmp_path / "f16.gguf",
        tmp_path / "model.gguf",
        Wish("Q4_0", ("token_embd=Q8_0",), without_imatrix=True),
        Texts(PROOF, CALIBRATION, "general"),
        values=3_000_000,
        log=tmp_path / "log",
        say=said.append,
        spoils=spoiling(origin),
    )

    lost = found.facts["spoiled"]
    assert lost.startswith("14 of 15 tensors, 2% of the weights, become Q4_0 (keeps about 15%), whose steps lie where")
    assert f"  warning: {lost}" in said


def test_a_base_as_it_was_trained_or_rounded_finely_needs_no_advice() -> None:
    assert spoiling({}) == spoiling({"dequantised": {}, "lossless": True}) == {}
    assert spoiling({"dequantised": {"Q8_0": 3, "Q4_1": 210}}) == {"Q4_1": 0.30, "Q4_K": 0.21}
    assert spoiling({"dequantised": {"Q4_K": 3, "Q4_1": 210}}) == {"Q4_1": 0.30, "Q4_K": 0.21}
    assert spoiling({"dequantised": {"TQ1_0": 3}}) == {"TQ1_0": 0.0}
    assert advice({"dequantised": {"Q8_0": 211}}, has_target=True) is None
    assert str(advice({"file": "m.gguf", "dequantised": {"Q4_1": 9}}, has_target=True)).endswith(
        "Q4_1, Q4_K will not be chosen."
    )
    assert Wish("Q8_0").is_fine
    assert Wish("F16").is_fine
    assert not any(wish.is_fine for wish in (Wish(), Wish("Q8_0", ("a=Q4_1",)), Wish("Q8_0", target_size="9MB")))


def test_what_is_left_out_is_not_what_a_loss_is_measured_at() -> None:
    """At the base's own type there would be none."""
    groups, _ = grouped(weights(1, 256), ["Q4_1", "Q4_K"])
    odd, _ = grouped(weights(1, 96), ["IQ4_NL"])

    assert {type_ for members in groups.values() for type_ in members.values()} == {"Q5_K"}
    assert {type_ for members in odd.values() for type_ in members.values()} == {"Q5_0"}
