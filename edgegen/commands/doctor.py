"""``edgegen doctor``: find what keeps this gateway from answering."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from edge.doctor import machine, tune
from edge.doctor.broker import broker
from edge.doctor.finding import Finding, Level, ok, problem
from edge.doctor.model import model
from edge.doctor.node import node, running_pid
from edge.loading import load_message
from edge.tuned import Tuned, write_tuned
from edgegen.bundle import resolve_model
from edgegen.config import Config, load_config
from edgegen.errors import ConfigError, EngineError

COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}
INDENT = " " * 22


@click.command("doctor")
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; default /etc/edgegen/edgegen.toml.")
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Change one value.")
@click.option("--deep", is_flag=True, help="Read every byte of the bundle and compare its SHA-256.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@click.option(
    "--tune", "tunes", is_flag=True, help="Measure what is fastest here, and write it down for the next start."
)
def command(*, path: Path | None, overrides: tuple[str, ...], deep: bool, as_json: bool, tunes: bool) -> None:
    """Find what keeps this gateway from answering.

    Looks at the machine, the configuration, the broker and the model; each finding comes with its remedy. Changes
    nothing and does not disturb a node that runs. Exits with 1 when there is a problem.

    With --tune it does one thing instead: it tries numbers of threads, batch sizes, flash attention and types of the KV
    cache on the installed model, for about a minute (longer for large models), prints what each reached and writes the
    best to tune.json in the data directory, where the next start finds it. What the configuration sets wins over it.
    A node that runs would be slowed and the figures wrong, so it refuses until the node is stopped.

    \b
    Example:
      sudo -u edgegen edgegen doctor --config /etc/edgegen/edgegen.toml
    """  # noqa: D301 (click reads the \b)
    if tunes:
        _tune(load_config(path, overrides), as_json=as_json)
        return
    findings = []
    for finding in _findings(path, overrides, deep=deep):
        findings.append(finding)
        if not as_json:
            _show(finding)
    count = {level: sum(finding.level is level for finding in findings) for level in Level}
    if as_json:
        document = {"problems": count[Level.PROBLEM], "warnings": count[Level.WARNING]}
        click.echo(json.dumps(document | {"findings": [finding.as_dict() for finding in findings]}, indent=2))
    else:
        click.echo(f"{count[Level.OK]} ok, {count[Level.WARNING]} warnings, {count[Level.PROBLEM]} problems.")
    sys.exit(1 if count[Level.PROBLEM] else 0)


def _findings(path: Path | None, overrides: tuple[str, ...], *, deep: bool) -> Iterator[Finding]:
    """One after another, so that what takes time does not hold back what is known."""
    yield from machine.versions()
    yield from machine.llama_cpp_build()
    yield from machine.clock()
    yield from machine.service()
    try:
        config = load_config(path, overrides)
    except ConfigError as error:
        for line in error.problems:
            yield problem("configuration", line, "Correct it; the checks that need the configuration follow then.")
        return
    yield ok("configuration", f"{config.path or 'no file, all defaults'}: valid")
    yield from _with_config(config, deep=deep)


def _with_config(config: Config, *, deep: bool) -> Iterable[Finding]:
    yield from machine.data_dir(config.node.data_dir)
    yield from node(config.node.data_dir, config.mqtt.port)
    yield from broker(config)
    yield from model(config, deep=deep, running=running_pid(config.node.data_dir) is not None)


def _refuse_beside_a_node(data_dir: Path) -> None:
    pid = running_pid(data_dir)
    if pid is not None:
        raise EngineError(
            f"{data_dir}: a node runs on it (process {pid or 'of another user'}). Measuring beside it would slow its "
            "answers and give wrong figures. Stop it, tune, start it again: systemctl stop edgegen"
        )


def _tune(config: Config, *, as_json: bool) -> None:
    _refuse_beside_a_node(config.node.data_dir)
    model_found = resolve_model(config)
    load = load_message(model_found, config)
    measured: list[Mapping[str, Any]] = []

    def try_one(setting: Tuned) -> tune.Measurement | None:
        try:
            found = tune.measure(load, setting)
        except EngineError as error:
            click.echo(f"{_spelled(setting)}: left out, {error}", err=True)
            return None
        measured.append(found.row())
        if not as_json:
            click.echo(_line(found))
        return found

    if not as_json:
        click.echo(f"Measuring {model_found.name}-{model_found.version} on {tune.cores()} cores, about a minute.")
    best = tune.search(tune.cores(), try_one)
    if best is None:
        raise EngineError("no setting could be measured. `edgegen doctor` says what keeps the model from loading.")
    if not tune.steady(measured):
        raise EngineError(
            f"the first setting reached {_rates(measured[0])} at the beginning and {_rates(measured[-1])} at the end: "
            "something else uses the machine, or it throttles. Nothing was written. Find out what, and run this again."
        )
    written = write_tuned(config.node.data_dir, model_found.sha256, best.setting, measured)
    if as_json:
        click.echo(json.dumps({"file": str(written), "chosen": asdict(best.setting), "measured": measured}, indent=2))
        return
    click.echo(f"\nBest: {_spelled(best.setting)}. Written to {written}; the next start of the node uses it.")
    for name, left_open in (("n_threads", 0), ("n_batch", 0), ("kv_type", "auto"), ("flash_attn", "auto")):
        if getattr(config.model, name) != left_open:
            click.echo(f"But the configuration sets model.{name} = {getattr(config.model, name)}, which wins.")


def _rates(row: Mapping[str, Any]) -> str:
    return f"{row['pp_tokens_per_s']:.0f} and {row['tg_tokens_per_s']:.0f} tokens/s"


def _spelled(setting: Tuned) -> str:
    flash = {True: "on", False: "off", None: "auto"}[setting.flash_attn]
    threads = f"{setting.n_threads} thread{'' if setting.n_threads == 1 else 's'}"
    return f"{threads}, batch {setting.n_batch}, KV {setting.kv_type}, flash attention {flash}"


def _line(found: tune.Measurement) -> str:
    return (
        f"{_spelled(found.setting):<60}prompts {found.pp:6.0f} tokens/s, one answer {found.tg:6.1f}, "
        f"{found.slots} answers {found.tg_slots:6.1f}, KV {found.kv_bytes / 2**20:.0f} MiB"
    )


def _show(finding: Finding) -> None:
    mark = click.style(f"{finding.level.value:<8}", fg=COLOURS[finding.level], bold=finding.level is Level.PROBLEM)
    message = finding.message.replace("\n", f"\n{INDENT}")
    click.echo(f"{mark}{finding.check:<14}{message}")
    if finding.remedy is not None:
        click.secho(f"{INDENT}-> {finding.remedy}", bold=True)
