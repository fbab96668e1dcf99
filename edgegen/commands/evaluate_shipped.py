"""``edgegen evaluate shipped``: every figure the shipped adapters are held to, by one command that can be resumed."""

import csv
import json
import os
from dataclasses import asdict, fields
from pathlib import Path

import click

from edgegen.bundle_verify import read_manifest, sha256_file
from edgegen.commands.evaluate_shipped_plan import Places, plan
from edgegen.commands.evaluate_shipped_run import Record, Runner
from edgegen.errors import ConfigError
from edgegen.files import write_whole
from edgegen.manifest import MANIFEST_NAME
from edgegen.shipped import shipped_bundle
from finetune.evaluation import shipped
from finetune.evaluation.errors import EvaluationError


@click.command("shipped")
@click.option("--base", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True, help="Its GGUF.")
@click.option("--bundle", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Not the shipped one.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the results.")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), default=1.0, help="Of the questions, to try.")
@click.option("--at-once", type=click.IntRange(1), help="Commands side by side; one for each core unless given.")
@click.option("--threads", type=click.IntRange(1), help="Of each command; the cores dealt out unless given.")
@click.option("--limit-s", type=click.FloatRange(0), help="Begin nothing after so many seconds; 30 s later end all.")
@click.option("--leave-out", multiple=True, metavar="NAME", help="Not now, such as the timed `gate`; repeatable.")
def command(
    *,
    base: Path,
    bundle: Path | None,
    out: Path,
    share: float,
    at_once: int | None,
    threads: int | None,
    limit_s: float | None,
    leave_out: tuple[str, ...],
) -> None:
    """Measure every figure that the shipped adapters are held to: two to three hours on two cores.

    The work is cut into 181 commands of a minute or two of one core; what is in OUT is not done again, so the command
    may be broken off and repeated, on another machine, too, with OUT copied there. OUT gets the documents,
    shipped.json and shipped.csv with all figures, bounds and commands, and shipped.md, the table; what is not measured
    yet is named as left out.

    \b
    Example:
        edgegen evaluate shipped --base .cache/data/bundles/smollm2-135m-1.0.0/model.gguf --out runs/evaluation
        edgegen evaluate shipped --base model.gguf --out /tmp/try --share 0.01
        edgegen evaluate shipped --base model.gguf --out runs/evaluation --at-once 24 --limit-s 600
    """  # noqa: D301 (click reads the \b)
    places = Places((bundle or shipped_bundle()).absolute(), base.absolute(), out.absolute())
    places.out.mkdir(parents=True, exist_ok=True)
    of = {"manifest_sha256": sha256_file(places.bundle / MANIFEST_NAME), "base_sha256": sha256_file(base)}
    planned = plan(places, share)
    if unknown := set(leave_out) - {one.name for one in planned}:
        known = ", ".join(one.name for one in planned)
        raise ConfigError([f"--leave-out {', '.join(sorted(unknown))}: no such measurement. There are {known}."])
    # Whoever reads them has other folders.
    model = f"{read_manifest(places.bundle).base.name.replace(' ', '-')}.gguf"
    shown = {str(places.bundle): f"BUNDLES/{places.bundle.name}", str(places.base): model, str(places.out): "OUT"}
    record = Record(places, of, shown)
    record.check(planned)
    cores = len(os.sched_getaffinity(0))
    at_once = at_once or cores
    runner = Runner(
        record,
        [one for one in planned if one.name not in leave_out],
        at_once=at_once,
        threads=threads or max(1, cores // at_once),
        limit_s=limit_s,
    )
    runner.run()
    whole = [one for one in planned if all(map(record.done, one.steps())) and record.document(one).is_file()]
    commands = {one.name: record.whole(one) for one in whole}
    found = {**shipped.read(places.out, [*commands]), "commands": commands}
    table = shipped.rows(found)
    left = [one.name for one in planned if one.name not in commands]
    about = {
        "bundle": places.bundle.name,
        **of,
        "share": share,
        "machines": sorted({entry["machine"] for entry in record.entries.values()}),
        "left_out": left,
    }
    _write_figures(places.out, table, shipped.document(table, commands, about))
    missed = [row for row in table if row.reached is False]
    click.echo(f"\n{len(table) - len(missed)} of {len(table)} reached; {out / 'shipped.json'}, .csv and .md written")
    if left:
        click.echo(f"left out, repeat the command to go on: {', '.join(left)}")
    if runner.failed:
        raise EvaluationError(f"{', '.join(runner.failed)} failed; repeat the command to go on")


def _write_figures(out: Path, table: list[shipped.Row], document: dict[str, object]) -> None:
    write_whole(out / "shipped.json", json.dumps(document, indent=2) + "\n")
    commands = document["commands"]
    assert isinstance(commands, dict)
    with (out / "shipped.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(field.name for field in fields(shipped.Row)), "command"])
        writer.writerows([*asdict(row).values(), commands[row.step]["command"]] for row in table)
    lines = shipped.markdown(table)
    write_whole(out / "shipped.md", "\n".join(lines) + "\n")
    click.echo("\n".join(lines))
