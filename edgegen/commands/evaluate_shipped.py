"""``edgegen evaluate shipped``: every figure the shipped adapters are held to, by one command that can be resumed."""

import csv
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any, NamedTuple

import click

from edgegen.errors import ConfigError
from edgegen.shipped import shipped_bundle
from finetune.evaluation import shipped
from finetune.evaluation.errors import EvaluationError

# Abstention: limits are found on the first mix and tried on the second, which has other questions, languages and tasks.
_FOUND_ON = ("number-comparison", "number-comparison-de", "number-comparison-id", "iot-command", "arithmetic")
_TRIED_ON = (
    "number-comparison", "number-comparison-es", "number-comparison-fr", "iot-command", "arithmetic", "sequences",
    "instruction-format",
)  # fmt: skip
_LANGUAGES = tuple(f"number-comparison-{one}" for one in shipped.LANGUAGES)

_BASE = ("famous", "number-comparison", "iot-command", "alert-triage")


class Step(NamedTuple):
    """A command.

    Args:
        arguments: Of ``edgegen``; what it prints is the document, unless it takes ``--out``.
        minutes: About how long the whole of it takes on two cores.
        may_fail: A wish that nothing reaches is a result here.
        stage: A later one needs documents of an earlier one, or the machine to itself.
        cores: It gets no more than these; None: its share of all.
    """

    name: str
    arguments: Sequence[str]
    minutes: float
    may_fail: bool = False
    stage: int = 1
    cores: int | None = None


def steps(bundle: Path, base: Path, out: Path, share: float, threads: int | None) -> list[Step]:
    """All commands, the quick ones first; ``share`` of their questions."""

    def some(count: int) -> str:
        return str(max(8, round(count * share)))

    keys = [f"model.bundle={bundle}", f"model.base={base}", f"node.data_dir={out / 'data'}", "model.slots=8"]
    keys += [] if threads is None else [f"model.n_threads={threads}"]
    model = [part for key in keys for part in ("--set", key)]
    scored = [str(bundle), "--base", str(base), *([] if threads is None else ["--threads", str(threads)])]

    def probe(suites: Sequence[str], *more: str) -> list[str]:
        return ["probe", "run", *model, *(part for name in suites for part in ("--suite", name)), "--json", *more]

    tasks = [part for task in (*shipped.STRONG, *shipped.WEAK) for part in ("--task", task)]

    def skills(*adapter: str) -> list[str]:
        return ["evaluate", "run", *scored, *tasks, *adapter, "--limit", some(2_000)]

    return [
        Step("gate", probe(["gate"]), 0.2, stage=0, cores=2),
        Step("famous", probe(["famous"]), 0.2),
        Step("iot-command", probe(["iot-command"], "--count", some(800)), 2),
        Step("alert-triage", probe(["alert-triage"], "--count", some(600)), 3),
        Step("languages", probe(_LANGUAGES, "--count", some(400)), 12),
        Step("base", probe([*_BASE, *_LANGUAGES], "--no-adapter", "--limit", some(300)), 9),
        Step("numbers", probe(["number-comparison"], "--count", some(5_000)), 23),
        Step("mix-dev", probe(_FOUND_ON, "--split", "dev", "--limit", some(60)), 1.5),
        Step("mix-other", probe(_TRIED_ON, "--limit", some(60)), 1.7),
        Step(
            "abstention",
            ["probe", "calibrate", str(out / "mix-dev.json"), "--by", "mean", "--together", "--check",
             str(out / "mix-other.json"), "--json"],
            0.1,
            may_fail=True,
            stage=2,
        ),
        Step("drift", ["evaluate", "drift", *scored, "--chunks", some(24), "--chats", some(500)], 21),
        Step("skills-base", skills(), 40),
        *(Step(f"skills-{name}", skills("--use", name), 48) for name in shipped.ADAPTERS),
    ]  # fmt: skip


@click.command("shipped")
@click.option("--base", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True, help="Its GGUF.")
@click.option("--bundle", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Not the shipped one.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the results.")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), default=1.0, help="Of the questions, to try.")
@click.option("--threads", type=click.IntRange(1), help="All cores unless given.")
@click.option("--at-once", type=click.IntRange(1), default=1, show_default=True, help="Steps, the cores dealt out.")
def command(*, base: Path, bundle: Path | None, out: Path, share: float, threads: int | None, at_once: int) -> None:
    """Measure every figure that the shipped adapters are held to: about four hours on two cores.

    A step whose document is in OUT is not done again, so the command may be broken off and repeated. OUT gets the
    documents, shipped.json and shipped.csv with all figures, bounds and commands, and shipped.md, the table.

    \b
    Example:
        edgegen evaluate shipped --base .cache/data/bundles/smollm2-135m-1.0.0/model.gguf --out runs/evaluation
        edgegen evaluate shipped --base model.gguf --out /tmp/try --share 0.01
        edgegen evaluate shipped --base model.gguf --out runs/evaluation --at-once 8    # 32 cores
    """  # noqa: D301 (click reads the \b)
    bundle, out = (bundle or shipped_bundle()).absolute(), out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    planned = steps(bundle, base.absolute(), out, share, threads)
    commands = _commands(out)
    left = [step for step in planned if not _done(out, step, commands)]
    runner = _Runner(out, share, at_once, commands, left)
    for stage in sorted({step.stage for step in left}):
        runner.all([step for step in left if step.stage == stage])
    found = shipped.read(out, [*(step.name for step in planned), "commands"])
    table = shipped.rows(found)
    about = {
        "bundle": bundle.name,
        "manifest_sha256": found["numbers"]["model_sha256"],
        "share": share,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    # Whoever reads them has other folders.
    shown = {str(bundle): f"BUNDLES/{bundle.name}", str(base.absolute()): base.name, str(out): "OUT"}
    for done in commands.values():
        for path, name in shown.items():
            done["command"] = done["command"].replace(path, name)
    _write(out / "shipped.json", json.dumps(shipped.document(table, commands, about), indent=2) + "\n")
    with (out / "shipped.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        names = [field.name for field in fields(shipped.Row)]
        writer.writerow([*names, "command"])
        writer.writerows([*asdict(row).values(), commands[row.step]["command"]] for row in table)
    lines = shipped.markdown(table)
    _write(out / "shipped.md", "\n".join(lines) + "\n")
    click.echo("\n".join(lines))
    missed = [row for row in table if row.reached is False]
    click.echo(f"\n{len(table) - len(missed)} of {len(table)} reached; {out / 'shipped.json'}, .csv and .md written")


def _commands(out: Path) -> dict[str, dict[str, Any]]:
    """What has been run in this folder so far.

    Raises:
        ConfigError: The file is damaged.
    """
    path = out / "commands.json"
    if not path.is_file():
        return {}
    try:
        found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError([f"{path}: is no JSON ({error}). Choose another --out, or remove it."]) from None
    return found


def _done(out: Path, step: Step, commands: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether its document is there, made by the same command.

    Raises:
        ConfigError: It was made by another command, so that the table would mix two measurements.
    """
    if step.name not in commands or not (out / f"{step.name}.json").is_file():
        return False
    if commands[step.name]["command"] != f"edgegen {shlex.join(step.arguments)}":
        raise ConfigError(
            [f"--out {out}: its {step.name}.json is of other options or another bundle. Choose an empty folder."]
        )
    return True


class _Runner:
    """Carries out steps, several at a time, each on cores of its own; what is done is written down at once.

    A step that names how many cores it gets is alone in its stage.
    """

    def __init__(
        self, out: Path, share: float, at_once: int, commands: dict[str, dict[str, Any]], left: Sequence[Step]
    ) -> None:
        self.out, self.share, self.commands, self.left = out, share, commands, list(left)
        self.cores = cores = sorted(os.sched_getaffinity(0))
        at_once = min(at_once, len(cores))
        self.shares: SimpleQueue[Sequence[int]] = SimpleQueue()
        for number in range(at_once):
            self.shares.put(cores[number * len(cores) // at_once : (number + 1) * len(cores) // at_once])
        self.at_once, self.lock, self.failed = at_once, Lock(), False

    def all(self, steps: Sequence[Step]) -> None:
        """The longest first where there are several at once: the last one to end decides.

        Raises:
            EvaluationError: One failed; those under way have come to their end, and no other was begun.
        """
        order = steps if self.at_once == 1 else sorted(steps, key=lambda step: -step.minutes)
        with ThreadPoolExecutor(self.at_once) as pool:
            for done in [pool.submit(self._one, step) for step in order]:
                done.result()

    def _one(self, step: Step) -> None:
        if self.failed:
            return
        line = f"edgegen {shlex.join(step.arguments)}"
        with self.lock:
            ahead = sum(other.minutes for other in self.left) * self.share / self.at_once
            click.echo(f"{step.name}: {line}", err=True)
            click.echo(f"    {len(self.left)} to do, about {ahead:.0f} min with two cores each", err=True)
        cores = self.shares.get()
        try:
            seconds = _run(self.out, step, cores if step.cores is None else self.cores[: step.cores])
        except BaseException:
            self.failed = True
            raise
        finally:
            self.shares.put(cores)
        with self.lock:
            self.left.remove(step)
            self.commands[step.name] = {"command": line, "seconds": round(seconds, 1)}
            _write(self.out / "commands.json", json.dumps(self.commands, indent=2) + "\n")
            click.echo(f"{step.name}: {seconds:.0f} s", err=True)


def _run(out: Path, step: Step, cores: Sequence[int]) -> float:
    """Seconds it took.

    Raises:
        EvaluationError: It failed; nothing is left of it.
    """
    path = out / f"{step.name}.json"
    part = path.with_suffix(".part")
    takes_out = step.arguments[0] == "evaluate"
    arguments = [*step.arguments, *(["--out", str(part)] if takes_out else [])]
    began = time.monotonic()
    with (out / f"{step.name}.txt").open("wb") if takes_out else part.open("wb") as printed:
        process = subprocess.Popen([sys.executable, "-m", "edgegen.cli", *arguments], stdout=printed)
        os.sched_setaffinity(process.pid, cores)  # long before it asks how many there are
        status = process.wait()
    seconds = time.monotonic() - began
    if status != 0 and not (step.may_fail and part.stat().st_size):
        part.unlink(missing_ok=True)
        raise EvaluationError(f"{step.name} ended with exit status {status}; repeat the command to go on")
    part.replace(path)
    return seconds


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
