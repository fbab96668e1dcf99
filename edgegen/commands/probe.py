"""``edgegen probe``: what a model knows, with honest scores."""

import json

import click

from edge.probes.report import align
from edge.probes.suite import load_suite, shipped_suites
from edgegen.commands.probe_calibrate import calibrate
from edgegen.commands.probe_compare import compare_runs
from edgegen.commands.probe_init import init
from edgegen.commands.probe_join import join
from edgegen.commands.probe_record import record
from edgegen.commands.probe_run import run
from edgegen.commands.probe_watch import watch


@click.group()
def command() -> None:
    """Test what a model knows, with honest scores."""


for _verb in (run, join, compare_runs, watch, record, init, calibrate):
    command.add_command(_verb)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_suites(*, as_json: bool) -> None:
    """List the suites that come with edgegen.

    \b
    Example:
        edgegen probe list
    """  # noqa: D301 (click reads the \b)
    suites = [load_suite(path) for path in shipped_suites().values()]
    if as_json:
        rows = [
            {"suite": suite.name, "probes": len(suite.probes), "items": len(suite.items), "summary": suite.summary}
            for suite in suites
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    lines = [("SUITE", "PROBES", "ITEMS", "SUMMARY")]
    lines += [(suite.name, str(len(suite.probes)), str(len(suite.items)), suite.summary) for suite in suites]
    click.echo(align(lines))
