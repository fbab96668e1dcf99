"""Carries out a comparison: each training in a process of its own, several at once; what is done is not done again."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from finetune.compare import (
    Outcome,
    Spec,
    Training,
    finals,
    markdown,
    outcome_of,
    searches,
    settings,
    table_rows,
    timings,
    write_table,
)
from finetune.errors import TrainingError

Say = Callable[[str], None]
OUTCOME = "outcome.json"


def compare(spec: Spec, say: Say) -> Path:
    """Train what is missing and write the table anew after each stage.

    Returns:
        The table as Markdown.

    Raises:
        TrainingError: When no method could be trained.
    """
    spec.folder.mkdir(parents=True, exist_ok=True)
    outcomes: dict[Training, Outcome] = {}
    stages: tuple[tuple[Callable[[], Sequence[Training]], int], ...] = (
        (lambda: searches(spec), spec.side_by_side),
        (lambda: finals(spec, outcomes), spec.side_by_side),
        (lambda: timings(spec, outcomes), 1),
    )
    for trainings, at_once in stages:
        outcomes |= _all(spec, trainings(), at_once, say)
        rows = table_rows(spec, outcomes)
        write_table(rows, markdown(spec, rows, _device(spec, outcomes)), spec.folder)
    if not any(row["seeds"] for row in rows):
        raise TrainingError(f"{spec.folder}: no training came to its end. The first said: {rows[0]['problem']}")
    return spec.folder / "compare.md"


def _all(spec: Spec, trainings: Sequence[Training], at_once: int, say: Say) -> dict[Training, Outcome]:
    with ThreadPoolExecutor(at_once) as pool:
        found = pool.map(lambda training: _one(spec, training, say), trainings)
        return dict(zip(trainings, found, strict=True))


def _one(spec: Spec, training: Training, say: Say) -> Outcome:
    """Run, go on with or just read one training. One that failed is tried again by the next call."""
    folder = spec.folder / training.name
    if (folder / OUTCOME).exists():
        return Outcome(**json.loads((folder / OUTCOME).read_text("utf-8")))
    if (folder / "recipe.toml").exists() and not (folder / "REPORT.md").exists():
        arguments = ["resume", str(folder)]
    else:
        shutil.rmtree(folder, ignore_errors=True)
        arguments = ["run", str(spec.recipe)]
        for setting in settings(spec, training):
            arguments += ["--set", setting]
    log = spec.folder / f"{training.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    say(f"{training.name}: starts")
    with log.open("w", encoding="utf-8") as file:
        command = [sys.executable, "-m", "edgegen.cli", "finetune", *arguments]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text("utf-8", errors="replace").strip().splitlines()
        problem = f"failed: {said[-1] if said else 'without a word'} (exit {process.returncode}, see {log})"
        say(f"{training.name}: {problem}")
        return Outcome(problem=problem)
    outcome = outcome_of(folder, usage.ru_maxrss * 1024)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)  # they are the larger part, and nothing goes on from them
    (folder / f".{OUTCOME}").write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    (folder / f".{OUTCOME}").rename(folder / OUTCOME)
    say(f"{training.name}: held-out loss {outcome.held_out_loss:.4f}, {outcome.step_s:.3f} s a step")
    return outcome


def _device(spec: Spec, outcomes: dict[Training, Outcome]) -> str:
    for training, outcome in outcomes.items():
        if not outcome.problem:
            facts = json.loads((spec.folder / training.name / "run.json").read_text("utf-8"))
            return f"{facts['device']} (base {Path(facts['base']).name}, held in {facts['load']})"
    return "no device"
