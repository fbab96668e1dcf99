"""Quantisation levels against quality: measured once, resumable, and paired with what is shipped."""

import csv
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from edgegen.bundle import AdapterRef

SCRIPTS = Path(__file__).parents[2] / "benchmarks"
FEW = "--numbers 3 --commands 2 --alerts 2 --choices 4 --own 2 --levels Q4_1 --threads 1"


@pytest.fixture
def lib(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports a module as a script of the folder does."""
    monkeypatch.syspath_prepend(str(SCRIPTS))

    def load(name: str) -> ModuleType:
        return importlib.import_module(f"lib.{name}")

    yield load
    for name in [name for name in sys.modules if name == "lib" or name.startswith("lib.")]:
        del sys.modules[name]


def run(smollm2: Path, out: Path, *more: str) -> str:
    command = [sys.executable, str(SCRIPTS / "quantised_quality.py"), "--model", str(smollm2), "--out", str(out)]
    done = subprocess.run([*command, "--quick", *FEW.split(), *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def figures(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["level"], row["measure"]): row for row in csv.DictReader(path.open(encoding="utf-8"))}


@pytest.mark.model
def test_levels_are_measured_once_and_compared_with_the_shipped_file(smollm2, tmp_path):
    """A second run measures only what was asked otherwise."""
    run(smollm2, tmp_path)
    made = {
        path: path.stat().st_mtime_ns for kind in ("files/*/*.gguf", "steps/*.json") for path in tmp_path.glob(kind)
    }
    run(smollm2, tmp_path, "--only", "drift", "skills", "answers", "--numbers", "2")

    changed = {path.name for path, time in made.items() if path.stat().st_mtime_ns != time}
    assert changed == {"answers-Q4_1.json"}
    found = figures(tmp_path / "report" / "levels.csv")
    assert 0 < float(found["Q4_1", "KL"]["value"]) < 0.02
    assert float(found["Q4_1", "MB"]["value"]) == pytest.approx(smollm2.stat().st_size / 1e6, rel=1e-5)
    assert float(found["Q4_1", "tg ratio"]["value"]) == 1
    for task in ("numbers", "commands", "alerts", "facts", "code"):
        row = found["Q4_1", f"right: {task}"]
        assert float(row["low"]) <= float(row["value"]) <= float(row["high"])
        assert (float(row["change"]), float(row["p"])) == (0, 1)
    kl = "KL on the adapter's own answers"
    merged = figures(tmp_path / "report" / "merged.csv")
    # In 16 bits merging is rounding; on the grid that the weights stand on already it rounds the adapter away.
    assert float(merged["F16, merged", kl]["value"]) < 0.001
    assert float(merged["Q4_1, merged", "share of the adapter's change"]["value"]) < 0.7
    assert float(merged["Q4_1, merged", kl]["value"]) > 10 * float(merged["Q4_1, swapped", kl]["value"])
    holds = json.loads((tmp_path / "report" / "quality.json").read_text())["holds"]
    assert {name: round(sum(shares.values()), 6) for name, shares in holds.items()} == {"Q4_1": 1}
    assert "Q4_1, as shipped" in (tmp_path / "report" / "quality.svg").read_text()


def test_an_adapter_of_another_base_is_not_merged(lib, smollm2, tmp_path):
    """What it would change and the base has not is named, and no file is left that looks whole."""
    from benchmarks.lib.bundles import write_gguf

    levels = lib("levels")
    import numpy as np

    fields = {"general.type": "adapter", "general.architecture": "llama", "adapter.lora.alpha": 1.0}
    tensors = {f"blk.99.attn_q.weight.lora_{side}": np.ones((2, 2), np.float32) for side in "ab"}
    write_gguf(tmp_path / "adapter.gguf", fields, tensors)

    with pytest.raises(ValueError, match=r"blk\.99\.attn_q"):
        levels.merge(smollm2, AdapterRef("x", tmp_path / "adapter.gguf", 1.0, None), tmp_path / "merged.gguf")

    assert not (tmp_path / "merged.gguf").exists()


def test_a_step_is_measured_again_when_what_it_follows_from_is_another(lib, tmp_path):
    kept = lib("kept").Kept(tmp_path)
    asked: list[int] = []

    def measure() -> list[int]:
        asked.append(1)
        return [len(asked)]

    found = [kept.result("a", {"count": count}, measure) for count in (1, 1, 2, 1)]

    assert found == [[1], [1], [2], [3]]
    assert not list(tmp_path.glob(".*"))


def test_a_difference_counts_only_beside_all_others(lib):
    """Holm's p over the whole table: 9 of 9 changes for the worse are p = 0.004 alone and 0.008 beside another."""
    table = lib("quality_table")

    def outcome(wrong: int) -> dict[str, Any]:
        items = [{"id": str(n), "right": float(n >= wrong)} for n in range(40)]
        return {"task": "facts", "metrics": {"acc": 1 - wrong / 40}, "main": "acc", "items": items, "notes": {}}

    cells = [table.skill_cell(f"{wrong} wrong", outcome(wrong), outcome(1)) for wrong in (1, 10)]
    same, worse = table.adjusted(cells)

    assert (same.change, same.p, same.p_holm) == (0, 1, 1)
    assert worse.change == pytest.approx(-9 / 40)
    assert worse.p == pytest.approx(2 / 2**9)
    assert worse.p_holm == pytest.approx(4 / 2**9)
    lines = table.markdown([same, worse], ["right: facts"])
    assert lines[0] == "| level | right: facts (n = 40) |"
    assert "**" not in lines[2]
    assert lines[3].startswith("| 10 wrong | **75.0%")
