"""Trainings that are interrupted beside such that are not: on one GPU, on several, with the minimal preset.

    python -m finetune.compare_data DATA --gguf SmolLM2-135M-Instruct.Q4_1.gguf --no-replay
    python -m benchmarks.gpu_resume DATA --folder RUNS --out OUT.json [--gpus 2]

The recipe is that of ``edgegen finetune init --base smollm2-135m`` on the PEFT backend, for 16 steps. Ctrl-C reaches a
training when six steps are written down; ``edgegen finetune resume`` ends it. All trainings run at once, on the GPUs in
turn, so that two of one recipe show what another GPU of the same kind changes, too.
"""

import argparse
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gpu_memory import need_gpu

STEPS, CHECKPOINT_EVERY, INTERRUPTED_AFTER = 16, 4, 6
# Longest that a training may take to its interruption, and from there to its end.
LIMIT_S = 400
FINETUNE = (sys.executable, "-m", "edgegen.cli", "finetune")


@dataclass(frozen=True)
class Case:
    """One training.

    Args:
        gpus: As ``CUDA_VISIBLE_DEVICES`` names them.
        changes: What the recipe says beside the rest.
        cut: Whether it is interrupted and resumed.
    """

    name: str
    gpus: tuple[int, ...]
    changes: tuple[str, ...] = ()
    cut: bool = False

    @property
    def flags(self) -> list[str]:
        """Of ``run`` and ``resume``."""
        return ["--gpus", str(len(self.gpus))] if len(self.gpus) > 1 else []


def cases(gpus: int) -> list[Case]:
    """Whole and interrupted, each on another GPU where there are several."""
    every, minimal = tuple(range(gpus)), ("train.memory=minimal",)
    found = [
        Case("one-whole", (every[-1],)), Case("one-cut", (0,), cut=True),
        Case("minimal-whole", (0,), minimal), Case("minimal-cut", (every[-1],), minimal, cut=True),
    ]  # fmt: skip
    return found + ([Case("all-whole", every), Case("all-cut", every, cut=True)] if gpus > 1 else [])


def main() -> None:
    """All at once; then their differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that finetune.compare_data made")
    parser.add_argument("--folder", type=Path, required=True, help="of the runs")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--gpus", type=int, default=2)
    options = parser.parse_args()
    wanted = cases(options.gpus)
    need_gpu(parser, [case.name for case in wanted], "Without one tests/finetune/test_resume.py asks the same.")
    options.folder.mkdir(parents=True, exist_ok=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    recipe = options.folder / "recipe.toml"
    subprocess.run([*FINETUNE, "init", "--base", "smollm2-135m", "--force", str(recipe)], check=True)
    found: dict[str, Any] = {}

    def carry_out(case: Case) -> None:
        found[case.name] = train(case, recipe, options.data, options.folder)

    threads = [threading.Thread(target=carry_out, args=(case,)) for case in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    missing = [case.name for case in wanted if case.name not in found]
    differences = list(compared(found))
    options.out.write_text(json.dumps({"runs": found, "differences": differences}, indent=1) + "\n", encoding="utf-8")
    for line in differences:
        print(line)
    if missing:
        parser.exit(1, f"Not trained: {', '.join(missing)}. The logs are in {options.folder}.\n")


def train(case: Case, recipe: Path, data: Path, folder: Path) -> dict[str, Any]:
    """Train one, with the interruption where it has one.

    Raises:
        AssertionError: It ended early, without its report, or got nowhere.
        subprocess.TimeoutExpired: It did not end.
    """
    run, said = folder / case.name, dict[str, Any]()
    given = (
        f"base.model={data / 'base'}", f"data.train={data / 'train.jsonl'}",
        f"data.validation={data / 'validation.jsonl'}", f"train.steps={STEPS}",
        f"run.checkpoint_every={CHECKPOINT_EVERY}", "run.evaluate_every=8", "run.samples=0", "run.backend=peft",
        f"run.folder={run}", *case.changes,
    )  # fmt: skip
    sets = [part for one in given for part in ("--set", one)]
    began = time.monotonic()
    with (folder / f"{case.name}.log").open("w") as log:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            visible = ",".join(map(str, case.gpus))
            environment = os.environ | {"CUDA_VISIBLE_DEVICES": visible, "OMP_NUM_THREADS": "4"}
            # A session of its own: the terminal's Ctrl-C reaches every process of a training, and so does ours.
            return subprocess.Popen(
                [*FINETUNE, *arguments, *case.flags], stdout=log, stderr=log, env=environment, start_new_session=True
            )

        process = start("run", str(recipe), *sets)
        try:
            if case.cut:
                while process.poll() is None and len(steps_of(run)) < INTERRUPTED_AFTER:
                    assert time.monotonic() - began < LIMIT_S, f"{case.name}: too few steps in {LIMIT_S} s"
                    time.sleep(0.02)
                assert process.poll() is None, f"{case.name}: ended before it was interrupted"
                os.killpg(process.pid, signal.SIGINT)
                said["interrupted_exit"] = process.wait(120)
                said["steps_at_interruption"] = len(steps_of(run))
                process = start("resume", str(run))
            assert process.wait(LIMIT_S) == 0, f"{case.name}: exit {process.returncode}"
        finally:
            if process.poll() is None:  # it hangs: nothing of it may stay on the GPUs
                os.killpg(process.pid, signal.SIGKILL)
    assert (run / "REPORT.md").exists(), f"{case.name}: no report"
    rows = steps_of(run)
    return said | {
        "gpus": list(case.gpus),
        "seconds": round(time.monotonic() - began, 1),
        "peak_reserved_bytes": max(row.get("peak_reserved_bytes", 0) for row in rows),
        "loss": [row["loss"] for row in rows],
        "grad_norm": [row["grad_norm"] for row in rows],
    }


def steps_of(run: Path) -> list[dict[str, Any]]:
    """What a training has written down of its steps so far."""
    metrics = run / "metrics.jsonl"
    lines = metrics.read_text("utf-8").splitlines() if metrics.exists() else []
    return [row for row in (json.loads(line) for line in lines if line.endswith("}")) if "loss" in row]


def compared(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each pair: the largest relative difference of a step, and the first step that differs at all."""
    for one, other in itertools.combinations(sorted(found), 2):
        line: dict[str, Any] = {"runs": [one, other]}
        for name in ("loss", "grad_norm"):
            pairs = zip(found[one][name], found[other][name], strict=True)
            apart = [abs(a - b) / abs(a) for a, b in pairs]
            line[name] = max(apart)
            line[f"{name}_first"] = next((step for step, value in enumerate(apart, 1) if value), None)
        yield line


if __name__ == "__main__":
    main()
