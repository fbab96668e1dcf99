"""Carries out comparisons: workers train what is missing, several at once; what is done is not done again."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finetune.compare import (
    Kind,
    Outcome,
    Spec,
    Training,
    check_rows,
    data_of,
    finals,
    fingerprint,
    memories,
    searches,
    settings,
    timings,
)
from finetune.compare_pool import Pool
from finetune.compare_table import markdown, table_rows, write_table
from finetune.errors import InterruptedRunError, TrainingError

Say = Callable[[str], None]
# One line for each training that is done. Beside the specification it is all that is needed to go on elsewhere.
OUTCOMES = "outcomes.jsonl"
# What is trained in which order. The last two have their GPU alone.
STAGES: tuple[Kind, ...] = ("search", "seed", "time", "memory")
ALONE: tuple[Kind, ...] = ("time", "memory")


def compare(
    specs: Sequence[Spec],
    say: Say,
    limit_s: float | None = None,
    *,
    only: Sequence[Kind] = (),
    gpus: Sequence[str] = (),
    side_by_side: int | None = None,
) -> list[Path]:
    """Train what is missing, of all specifications together stage by stage, and write each table after each stage.

    Args:
        limit_s: Start nothing more after so many seconds.
        only: Of the stages. What they need of an earlier stage must be there; the rest comes with a later call.
        gpus: As ``CUDA_VISIBLE_DEVICES`` names them: ``side_by_side`` trainings on each. What must be alone, for its
            time or its memory, is alone on its GPU. None: all on what there is.
        side_by_side: Trainings at once; default: the least of the specifications.

    Returns:
        The tables as Markdown.

    Raises:
        ConfigError: When the recipe of a row is wrong; nothing is trained then.
        TrainingError: When of one specification no row could be trained.
        InterruptedRunError: When time was up before the last training; the tables hold what there is.
    """
    for spec in specs:
        check_rows(spec)
    at_once = side_by_side or min(spec.side_by_side for spec in specs)
    comparisons = [Comparison(spec, say, name=spec.folder.name if len(specs) > 1 else "") for spec in specs]
    deadline = None if limit_s is None else time.monotonic() + limit_s
    devices, left = max(1, len(gpus)), 0
    with Pool(at_once * devices, gpus) as pool:
        for stage in (stage for stage in STAGES if stage in only or not only):
            if stage == "time" and at_once == 1 and not only:
                continue  # each was alone anyway
            missing = [(one, training) for one in comparisons for training in one.take_up(one.trainings(stage))]
            with ThreadPoolExecutor(devices if stage in ALONE else at_once * devices) as threads:
                left = sum(threads.map(lambda pair: pair[0].carry_out(pair[1], pool, deadline), missing))
            for one in comparisons:
                one.write()
            if left:
                break
    if left:
        raise InterruptedRunError(
            f"Time is up with {left} trainings of this stage left; each compare.md holds what there is. "
            "Call the same command again."
        )
    for one in comparisons:
        one.raise_failure()
    return [spec.folder / "compare.md" for spec in specs]


def tabulate(specs: Sequence[Spec]) -> list[Path]:
    """Write the tables of what is done, and train nothing: neither base nor data need be there.

    Raises:
        TrainingError: When nothing is done.
    """
    for spec in specs:
        comparison = Comparison(spec, lambda _: None)
        if not comparison.outcomes:
            raise TrainingError(
                f"{spec.folder / OUTCOMES}: holds no outcome of a training of {spec.path} as it and {spec.recipe} are "
                "now. Bring all three from where they were trained."
            )
        comparison.write()
    return [spec.folder / "compare.md" for spec in specs]


class Comparison:
    """The outcomes of one specification so far.

    Args:
        name: What its trainings are called by where others run beside it.
    """

    def __init__(self, spec: Spec, say: Say, name: str = "") -> None:
        self.spec, self.say, self.prefix = spec, say, f"{name}/" if name else ""
        self.outcomes: dict[Training, Outcome] = {}
        self.lock = threading.Lock()
        spec.folder.mkdir(parents=True, exist_ok=True)
        self.done = _read(spec.folder / OUTCOMES)
        for stage in STAGES:
            self.take_up(self.trainings(stage))  # a call that is interrupted, or of one stage only, shows them too

    def trainings(self, stage: Kind) -> list[Training]:
        """Those of a stage, as far as the outcomes of earlier ones say which."""
        if stage == "search":
            return searches(self.spec)
        if stage == "seed":
            return finals(self.spec, self.outcomes)
        return timings(self.spec, self.outcomes) if stage == "time" else memories(self.spec)

    def take_up(self, trainings: Sequence[Training]) -> list[Training]:
        """Take the outcomes of earlier calls; the trainings that have none, or whose data are others now."""
        missing, stale = [], 0
        for training in trainings:
            data, known = self.done.get((training.name, fingerprint(self.spec, training)), (None, None))
            if known is not None and None not in (data, now := data_of(self.spec, training)) and data != now:
                known, stale = None, stale + 1
            if known is None:
                missing.append(training)
            else:
                self.outcomes[training] = known
        if stale:
            self.say(f"{self.spec.folder / OUTCOMES}: {stale} outcomes are left aside: their data have changed.")
        return missing

    def carry_out(self, training: Training, pool: Pool, deadline: float | None) -> int:
        """Carry out one training; 1 when there was no time for it. One that failed is tried again by the next call."""
        if deadline is not None and time.monotonic() >= deadline:
            return 1
        name = self.prefix + training.name
        self.say(f"{name}: starts")
        log = self.spec.folder / f"{training.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        data = data_of(self.spec, training)
        began, answer = time.monotonic(), pool.ask(self._job(training, log), self.spec.longest_s)
        if "problem" in answer:
            outcome = Outcome(problem=f"failed: {answer['problem']} (see {log})")
            self.say(f"{name}: {outcome.problem}")
        else:
            outcome = Outcome(**answer)
            mark = {"training": training.name, "fingerprint": fingerprint(self.spec, training), "data": data}
            with self.lock, (self.spec.folder / OUTCOMES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(mark | asdict(outcome)) + "\n")
            self.say(f"{name}: {said_of(training, outcome)}; took {time.monotonic() - began:.0f} s")
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

    def write(self) -> None:
        """The table as it is now."""
        with self.lock:
            rows = table_rows(self.spec, self.outcomes)
            device = next((o.device for o in self.outcomes.values() if o.device), "no device")
        write_table(self.spec, rows, markdown(self.spec, rows, device))

    def raise_failure(self) -> None:
        """Where all trainings of a stage failed, say what the first one said.

        Raises:
            TrainingError: Then.
        """
        for stage in ("search", "seed"):
            problems = [outcome.problem for training, outcome in self.outcomes.items() if training.kind == stage]
            if problems and all(problems):
                raise TrainingError(f"{self.spec.folder}: no training came to its end. The first said: {problems[0]}")


def said_of(training: Training, outcome: Outcome) -> str:
    """One training for whoever looks on."""
    loss = "" if training.kind == "memory" else f"held-out loss {outcome.held_out_loss:.4f}, "
    each = "".join(outcome.exactly_right.values())
    right = f"{each.count('1')} of {len(each)} exactly right, " if each else ""
    return f"{loss}{right}{outcome.step_s:.3f} s a step, {outcome.peak_memory_bytes / 2**30:.2f} GiB"


def _read(file: Path) -> dict[tuple[str, str], tuple[str | None, Outcome]]:
    """Outcomes of earlier calls, with the hash of their data, by training and fingerprint.

    A last line cut off by a power loss is left out.
    """
    found = {}
    for line in file.read_text("utf-8").splitlines() if file.exists() else []:
        if line.endswith("}"):
            row = json.loads(line)
            mark = row.pop("training"), row.pop("fingerprint")
            found[mark] = row.pop("data", None), Outcome(**row)
    return found
