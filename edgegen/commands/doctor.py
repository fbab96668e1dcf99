"""``edgegen doctor``: find what keeps this gateway from answering."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from edge.doctor import machine
from edge.doctor.broker import broker
from edge.doctor.finding import Finding, Level, ok, problem
from edge.doctor.model import model
from edge.doctor.node import node, running_pid
from edgegen.config import Config, load_config
from edgegen.errors import ConfigError

COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}
INDENT = " " * 22


@click.command("doctor")
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; default /etc/edgegen/edgegen.toml.")
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Change one value.")
@click.option("--deep", is_flag=True, help="Read every byte of the bundle and compare its SHA-256.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def command(*, path: Path | None, overrides: tuple[str, ...], deep: bool, as_json: bool) -> None:
    """Find what keeps this gateway from answering.

    Looks at the machine, the configuration, the broker and the model; each finding comes with its remedy. Changes
    nothing and does not disturb a node that runs. Exits with 1 when there is a problem.

    \b
    Example:
      sudo -u edgegen edgegen doctor --config /etc/edgegen/edgegen.toml
    """  # noqa: D301 (click reads the \b)
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


def _show(finding: Finding) -> None:
    mark = click.style(f"{finding.level.value:<8}", fg=COLOURS[finding.level], bold=finding.level is Level.PROBLEM)
    message = finding.message.replace("\n", f"\n{INDENT}")
    click.echo(f"{mark}{finding.check:<14}{message}")
    if finding.remedy is not None:
        click.secho(f"{INDENT}-> {finding.remedy}", bold=True)
