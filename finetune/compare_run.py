"""Carries out a comparison: workers train what is missing, several at once; what is done is not done again."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finetune.compare import (
    Outcome,
    Spec,
    Training,
    check_rows,
    finals,
    fingerprint,
    memories,
    searches,
    settings,
    timings,
)
from finetune.compare_table import markdown, table_rows, write_table
from finetune.errors import InterruptedRunError, TrainingError

Say = Callable[[str], None]
# One line for each training that is done. Beside the specification it is all that is needed to go on elsewhere.
OUTCOMES = "outcomes.jsonl"


def compare(
    spec: Spec, say: Say, limit_s: float | None = None, *, memory_only: bool = False, gpus: Sequence[str] = ()
) -> Path:
    """Train what is missing and write the table anew after each stage.

    Args:
        limit_s: Start nothing more after so many seconds.
        memory_only: Only measure memory on the other shape; what trains comes with a later call.
        gpus: As ``CUDA_VISIBLE_DEVICES`` names them: ``side_by_side`` trainings on each. What must be alone, for its
            time or its memory, still is. None: all on what there is.

    Returns:
        The table as Markdown.

    Raises:
        ConfigError: When the recipe of a row is wrong; nothing is trained then.
        TrainingError: When no row could be trained.
        InterruptedRunError: When time was up before the last training; the table holds what there is.
    """
    check_rows(spec)
    spec.folder.mkdir(parents=True, exist_ok=True)
    comparison = _Comparison(spec, say, None if limit_s is None else time.monotonic() + limit_s, gpus)
    stages: tuple[tuple[Callable[[], Sequence[Training]], int], ...] = (
        (lambda: searches(spec), comparison.at_once),
        (lambda: finals(spec, comparison.outcomes), comparison.at_once),
        (lambda: timings(spec, comparison.outcomes), 1),
        (lambda: memories(spec), 1),
    )
    for trainings, _ in stages:
        comparison.take_up(trainings())  # a call that is interrupted, or measures memory only, shows them too
    try:
        for trainings, at_once in stages[-1:] if memory_only else stages:
            left = comparison.all(trainings(), at_once)
            rows = comparison.write()
            if left:
                raise InterruptedRunError(
                    f"{spec.folder}: time is up with {left} trainings of this stage left; compare.md holds what there "
                    "is. Call the same command again."
                )
    finally:
        comparison.close()
    if not memory_only and not any(row["seeds"] for row in rows):
        raise TrainingError(f"{spec.folder}: no training came to its end. The first said: {rows[0]['problem']}")
    return spec.folder / "compare.md"


class _Comparison:
    """The outcomes so far, and the workers."""

    def __init__(self, spec: Spec, say: Say, deadline: float | None, gpus: Sequence[str]) -> None:
        self.spec, self.say, self.deadline, self.gpus = spec, say, deadline, gpus
        self.at_once = spec.side_by_side * max(1, len(gpus))
        self.outcomes: dict[Training, Outcome] = {}
        self.lock = threading.Lock()
        self.workers: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self.every: list[_Worker] = []
        self.done = _read(spec.folder / OUTCOMES)

    def all(self, trainings: Sequence[Training], at_once: int) -> int:
        """Take up or carry out trainings; how many were left out because time was up."""
        with ThreadPoolExecutor(at_once) as pool:
            return sum(pool.map(self._one, self.take_up(trainings)))

    def take_up(self, trainings: Sequence[Training]) -> list[Training]:
        """Take the outcomes of earlier calls; the trainings that have none."""
        missing = []
        for training in trainings:
            known = self.done.get((training.name, fingerprint(self.spec, training)))
            if known is None:
                missing.append(training)
            else:
                self.outcomes[training] = known
        return missing

    def _one(self, training: Training) -> int:
        """Carry out one training; 1 when there was no time for it. One that failed is tried again by the next call."""
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return 1
        self.say(f"{training.name}: starts")
        log = self.spec.folder / f"{training.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        began, answer = time.monotonic(), self._ask(self._job(training, log))
        if "problem" in answer:
            outcome = Outcome(problem=f"failed: {answer['problem']} (see {log})")
            self.say(f"{training.name}: {outcome.problem}")
        else:
            outcome = Outcome(**answer)
            mark = {"training": training.name, "fingerprint": fingerprint(self.spec, training)}
            with self.lock, (self.spec.folder / OUTCOMES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(mark | asdict(outcome)) + "\n")
            loss = "" if training.kind == "memory" else f"held-out loss {outcome.held_out_loss:.4f}, "
            memory = f"{outcome.peak_memory_bytes / 2**30:.2f} GiB"
            took = time.monotonic() - began
            self.say(f"{training.name}: {loss}{outcome.step_s:.3f} s a step, {memory}; took {took:.0f} s")
        with self.lock:
            self.outcomes[training] = outcome
        return 0

    def _job(self, training: Training, log: Path) -> dict[str, Any]:
        memory = asdict(self.spec.memory) if training.kind == "memory" and self.spec.memory else None
        return {
            "recipe": str(self.spec.recipe),
            "settings": settings(self.spec, training),
            "folder": str(self.spec.folder / training.name),
            "log": str(log),
            "memory": memory,
        }

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answer of a worker that is free, or of a new one."""
        try:
            worker = self.workers.get_nowait()
        except queue.Empty:
            with self.lock:
                worker = _Worker(self.at_once, self._least_used())
                self.every.append(worker)
        answer = worker.ask(job, self.spec.longest_s)
        if worker.stays:
            self.workers.put(worker)
        return answer

    def _least_used(self) -> str | None:
        """The GPU with the fewest workers that live."""
        used = [worker.gpu for worker in self.every if worker.process.poll() is None]
        return min(self.gpus, key=used.count, default=None)

    def write(self) -> list[dict[str, Any]]:
        """The table as it is now."""
        rows = table_rows(self.spec, self.outcomes)
        device = next((o.device for o in self.outcomes.values() if o.device), "no device")
        write_table(rows, markdown(self.spec, rows, device), self.spec.folder)
        return rows

    def close(self) -> None:
        """End the workers."""
        for worker in self.every:
            worker.close()


class _Worker:
    """A process that trains (``finetune.compare_worker``)."""

    def __init__(self, at_once: int, gpu: str | None) -> None:
        self.gpu = gpu
        share = max(1, (os.cpu_count() or 1) // at_once)
        environment = {"OMP_NUM_THREADS": str(share), "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "finetune.compare_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | os.environ | ({} if gpu is None else {"CUDA_VISIBLE_DEVICES": gpu}),
            text=True,
        )
        self.stays = True

    def ask(self, job: dict[str, Any], longest_s: float) -> dict[str, Any]:
        """Its answer; a problem when it died, or took longer."""
        assert self.process.stdin
        assert self.process.stdout
        line, began = "", time.monotonic()
        too_long = threading.Timer(longest_s, self.process.kill)
        too_long.start()
        with suppress(OSError):
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        too_long.cancel()
        answer: dict[str, Any] = json.loads(line) if line else {}
        if not line:
            code, late = self.process.wait(), time.monotonic() - began >= longest_s
            answer["problem"] = f"took longer than longest_s = {longest_s}" if late else f"the process died ({code})"
        self.stays = bool(answer.pop("stays", False))
        if not self.stays:
            self.close()
        return answer

    def close(self) -> None:
        """Let it end; a training in hand saves first, as after Ctrl-C."""
        if self.process.stdin:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        if self.process.poll() is None and self.stays:
            self.process.terminate()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def _read(file: Path) -> dict[tuple[str, str], Outcome]:
    """Outcomes of earlier calls by training and fingerprint. A last line cut off by a power loss is left out."""
    found = {}
    for line in file.read_text("utf-8").splitlines() if file.exists() else []:
        if line.endswith("}"):
            row = json.loads(line)
            mark = row.pop("training"), row.pop("fingerprint")
            found[mark] = Outcome(**row)
    return found
