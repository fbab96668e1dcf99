"""``edgegen probe watch``: does the live node still answer as when its bundle was made current?"""

import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from edge.probes.gate import gate_suites
from edge.probes.recorded import Answers, load_answers
from edge.probes.run import Run, run_suites
from edge.probes.sealed import sealed_log
from edge.probes.selection import load_suites
from edge.probes.watch import Report, watch_report
from edge.store import Store
from edgegen.bundle import current_folder
from edgegen.commands.probe_options import configured, open_store, read_config
from edgegen.errors import ConfigError, StoreError


@click.command("watch")
@click.option("--suite", "names", multiple=True, metavar="NAME|FILE", help="Repeatable. Default: the bundle's gate.")
@configured
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def watch(
    *, names: tuple[str, ...], path: Path | None, overrides: tuple[str, ...], data_dir: Path | None, as_json: bool
) -> None:
    """Ask the live node of this gateway its gate again, and compare with its answers when it was made current.

    One question at a time, at batch priority: a device that asks meanwhile goes first. Scores go to the database and
    the node's health topic. The exit status is 1 when a must-pass probe fails, when more right answers were lost than
    chance explains (exact one-sided p < 0.01), and when the recorded answers cannot be read or the scores not be
    stored. systemd/edgegen-watch.timer runs it every day.

    \b
    Example:
        edgegen probe watch --set mqtt.username=watch --set mqtt.password_file=/etc/edgegen/watch.password
    """  # noqa: D301 (click reads the \b)
    from edge.probes.remote import MqttTarget  # noqa: PLC0415 - the other commands need no MQTT client

    config = read_config("mqtt", path, overrides, data_dir)
    current = current_folder(config.node.data_dir)
    suites = load_suites(names, current) if names else gate_suites(current)
    with _unwinding(), closing(open_store(config)) as store, closing(MqttTarget(config, window=1)) as target:
        rows = _Rows(store)
        result = run_suites(target, suites, rows, log=sealed_log(config.node.data_dir, suites))
    trouble = [] if rows.problem is None else [f"the scores are not stored: {rows.problem}"]
    recorded: Answers = {}
    try:
        recorded = load_answers(config.node.data_dir, result.sha256)
    except ConfigError as error:
        trouble += error.problems
    report = watch_report(result, recorded)
    report = replace(report, problems=(*report.problems, *trouble))
    if as_json:
        click.echo(json.dumps(report.document(), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(result, report)))
    if report.problems:
        raise SystemExit(1)


@contextmanager
def _unwinding() -> Iterator[None]:
    """SIGTERM, as of systemd's TimeoutStartSec, ends the watch as Ctrl-C does: what is asked is cancelled."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Rows:
    """The database, as long as it takes what it is given: a full disk is no reason to say nothing of the model."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.problem: StoreError | None = None

    def add_rows(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if self.problem is not None:
            return  # each try may wait for a lock as long as the first
        try:
            self._store.add_rows(table, rows)
        except StoreError as error:
            self.problem = error


def _lines(result: Run, report: Report) -> list[str]:
    """The report in sentences."""
    lines = [f"{result.model}: {report.passed} of {report.asked} right, run {result.id}"]
    if report.withheld:
        lines.append(f"{report.withheld} were withheld by the node's guardrails, and are not compared")
    if report.compared:
        lines.append(
            f"of {report.compared} recorded at activation {len(report.changed)} read otherwise now, "
            f"{len(report.lost)} were lost and {len(report.gained)} gained"
        )
    elif not report.reworded and not report.withheld:
        lines.append("no answers were recorded at activation: `edgegen bundle activate` records them")
    if report.reworded:
        lines.append(
            f"{report.reworded} questions read otherwise than at activation; `edgegen bundle activate` records anew"
        )
    return lines + [f"trouble: {line}" for line in report.problems]
