"""Steps of ``edgegen evaluate shipped`` side by side, each a process with threads of its own, within a time limit."""

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Condition
from typing import Any, NamedTuple

import click

from edge.probes.sealed import LOG_NAME as SEALED_LOG
from edgegen.commands.evaluate_shipped_plan import Document, Measurement, Places, Step
from edgegen.errors import ConfigError
from edgegen.files import write_whole
from finetune.evaluation.errors import EvaluationDataError, EvaluationError

# What still runs at the limit may go on for so long: most parts take not much longer.
GRACE_S = 30


class Record:
    """What was run in a folder so far: ``commands.json``, written whole after each step.

    Args:
        of: What was measured: SHA-256 of the bundle's manifest and of the base.
        shown: What stands for the paths of this machine, so that the folder may be moved to another.
    """

    def __init__(self, places: Places, of: Mapping[str, str], shown: Mapping[str, str]) -> None:
        self.out, self.of, self._shown = places.out, dict(of), shown
        self._path = self.out / "commands.json"
        self.entries: dict[str, dict[str, Any]] = {}
        if self._path.is_file():
            try:
                self.entries = json.loads(self._path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise ConfigError(
                    [f"{self._path}: is no JSON ({error}). Choose another --out, or remove it."]
                ) from None

    def line(self, arguments: Sequence[str]) -> str:
        """A command as it is written down."""
        found = f"edgegen {shlex.join(arguments)}"
        for path, name in self._shown.items():
            found = found.replace(path, name)
        return found

    def file(self, step: Step) -> Path:
        """Where a step's document is kept."""
        return self.out / "parts" / f"{step.name}.json"

    def check(self, planned: Sequence[Measurement]) -> None:
        """Whether what lies there belongs to what is planned.

        Raises:
            ConfigError: It does not, so that the table would mix two measurements.
        """
        expected = {step.name: self.line(step.arguments) for one in planned for step in one.steps()}
        strange = [
            name
            for name, entry in self.entries.items()
            if entry["command"] != expected.get(name) or entry.get("of") != self.of
        ]
        if strange:
            raise ConfigError(
                [f"--out {self.out}: its {strange[0]} is of other options, bundle or base. Choose an empty folder."]
            )

    def data(self, step: Step) -> Path:
        """Its own data directory while it runs: twenty processes in one database would wait for each other."""
        return self.out / "data" / step.name

    def keep_sealed_log(self, step: Step) -> None:
        """What it asked of the sealed split goes into the common log; the rest of its data stands in its document."""
        log = self.data(step) / SEALED_LOG
        if log.is_file():
            with (self.out / "data" / SEALED_LOG).open("a", encoding="utf-8") as common:
                common.write(log.read_text(encoding="utf-8"))
        shutil.rmtree(self.data(step), ignore_errors=True)

    def document(self, one: Measurement) -> Path:
        """Where the joined document of a measurement is kept."""
        return self.out / f"{one.name}.json"

    def done(self, step: Step) -> bool:
        """Whether its document is there."""
        return step.name in self.entries and self.file(step).is_file()

    def add(self, step: Step, seconds: float, threads: int) -> None:
        """Write down that it was done."""
        self.entries[step.name] = {
            "command": self.line(step.arguments),
            "seconds": round(seconds, 1),
            "threads": threads,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "of": self.of,
        }
        write_whole(self._path, json.dumps(self.entries, indent=2) + "\n")

    def whole(self, one: Measurement) -> dict[str, Any]:
        """The command of a measurement, undivided, and what its parts took together."""
        parts = [self.entries[step.name] for step in one.steps()]
        return {
            "command": self.line(one.arguments),
            "seconds": round(sum(part["seconds"] for part in parts), 1),
            "threads": max(part["threads"] for part in parts),
            "parts": len(parts),
        }


class Runner:
    """Carries out what is left, as many steps at once as there are workers; joins what is complete.

    A step that fails is told and left out, and the others go on. ``failed`` has the names.

    Args:
        limit_s: Nothing more is begun after so many seconds, and what runs ``GRACE_S`` later is ended.
    """

    def __init__(
        self, record: Record, planned: Sequence[Measurement], *, at_once: int, threads: int, limit_s: float | None
    ) -> None:
        self._record, self._planned, self._threads = record, planned, threads
        self._at_once = at_once
        began = time.monotonic()
        self._last_start = began + limit_s if limit_s is not None else float("inf")
        self._of = {step.name: one for one in planned for step in one.steps()}
        self._waiting = [
            step for one in planned for step in sorted(one.steps(), key=lambda step: step.name) if not record.done(step)
        ]
        # Within a rank the longest first: the last one to end decides.
        self._waiting.sort(key=lambda step: (self._of[step.name].rank, -step.core_s))
        self._running: set[str] = set()
        self._changed = Condition()
        self.failed: list[str] = []
        self.whole: set[str] = set()

    def run(self) -> None:
        """Until nothing is left, or the time is over."""
        (self._record.out / "parts").mkdir(exist_ok=True)
        for one in self._planned:
            self._join(one)
        with ThreadPoolExecutor(self._at_once) as pool:
            try:
                for worker in [pool.submit(self._work) for _ in range(self._at_once)]:
                    worker.result()
            except BaseException:  # Ctrl-C, which the steps have got, too: begin no others
                self._last_start = float("-inf")
                raise

    def _work(self) -> None:
        while (step := self._next()) is not None:
            one = self._of[step.name]
            threads = one.alone or self._threads
            seconds = None
            try:
                until = self._last_start + GRACE_S
                paths = Paths(self._record.file(step), self._record.data(step))
                seconds = run(paths, step, threads, until, pin=one.alone, may_fail=one.may_fail)
            except EvaluationError as error:
                click.echo(str(error), err=True)
                self.failed.append(step.name)
            finally:
                with self._changed:
                    self._running.remove(step.name)
                    self._record.keep_sealed_log(step)
                    if seconds is not None:
                        self._record.add(step, seconds, threads)
                        click.echo(f"{step.name}: {seconds:.0f} s, {self._ahead()}", err=True)
                        self._join(one)
                    self._changed.notify_all()

    def _next(self) -> Step | None:
        """The first that may begin; None when there will be none any more."""
        with self._changed:
            while True:
                if time.monotonic() > self._last_start:
                    return None
                step = next((step for step in self._waiting if self._may_begin(step)), None)
                if step is not None:
                    self._waiting.remove(step)
                    self._running.add(step.name)
                    return step
                if not self._running:
                    return None
                self._changed.wait()

    def _may_begin(self, step: Step) -> bool:
        if any(self._of[name].alone for name in self._running):
            return False
        one = self._of[step.name]
        return self.whole >= set(one.needs) and not (one.alone and self._running)

    def _join(self, one: Measurement) -> None:
        steps = one.steps()
        if not all(self._record.done(step) for step in steps):
            return
        documents: list[Document] = [json.loads(self._record.file(step).read_text(encoding="utf-8")) for step in steps]
        path = self._record.document(one)
        try:
            joined = one.joined(documents)
        except (ValueError, EvaluationDataError) as error:
            path.unlink(missing_ok=True)
            click.echo(
                f"{one.name}: {error}. Remove its parts from {path.parent / 'parts'} to measure it again.", err=True
            )
            self.failed.append(one.name)
            return
        write_whole(path, json.dumps(joined, indent=1, ensure_ascii=False) + "\n")
        self.whole.add(one.name)

    def _ahead(self) -> str:
        seconds = sum(step.core_s for step in self._waiting) / (self._at_once * self._threads)
        return f"{len(self._waiting)} steps to begin, about {seconds / 60:.0f} min"


class Paths(NamedTuple):
    """Where a step's document goes, and what is its data directory meanwhile."""

    document: Path
    data: Path


def run(paths: Paths, step: Step, threads: int, until: float, *, pin: int | None, may_fail: bool) -> float | None:
    """Seconds it took; None where the time was over.

    Raises:
        EvaluationError: It failed; nothing is left of it but its ``.log``.
    """
    path = paths.document
    part = path.with_suffix(".part")
    takes_out = step.arguments[0] == "evaluate"
    arguments = list(step.arguments)
    if takes_out:
        arguments += ["--threads", str(threads), "--out", str(part)]
    elif arguments[:2] == ["probe", "run"]:
        arguments += ["--set", f"model.n_threads={threads}", "--data-dir", str(paths.data)]
    began = time.monotonic()
    log = path.with_suffix(".log")
    with part.open("wb") as printed, log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "edgegen.cli", *arguments],
            stdout=subprocess.DEVNULL if takes_out else printed,
            stderr=said,
            env={**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)},
        )
        if pin is not None:  # long before it asks how many there are
            os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:pin])
        try:
            status = process.wait(None if until == float("inf") else max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            part.unlink(missing_ok=True)
            log.unlink()
            click.echo(f"{step.name}: ended, the time was over", err=True)
            return None
    seconds = time.monotonic() - began
    if status != 0 and not (may_fail and part.stat().st_size):
        part.unlink(missing_ok=True)
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise EvaluationError(f"{step.name}: exit status {status}: {''.join(last)} ({log})")
    log.unlink()
    part.replace(path)
    return seconds
