"""``edgegen stats``: latency, throughput and memory from the store."""

import json
import re
import time
from pathlib import Path

import click

from edge.report import Period, read_report
from edgegen.config import load_config
from edgegen.report_table import report_lines

DATABASE = "edgegen.db"
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def _duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """A length of time such as 90s, 15m, 1h, 7d, 2w, in seconds."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", value.strip())
    if match is None:
        raise click.BadParameter(f"{value!r} is not a length of time; write for example 90s, 15m, 1h, 7d or 2w")
    return float(match[1]) * _UNITS_S[match[2]]


@click.command("stats")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Configuration with the data_dir.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead.")
@click.option("--since", callback=_duration, metavar="90s|15m|1h|7d", help="Only the last so much.  [default: all]")
@click.option("--device", help="Only this device's answers.")
@click.option("--slow", type=click.IntRange(1), metavar="N", help="Explain the N slowest answers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(
    *,
    config_path: Path | None,
    data_dir: Path | None,
    since: float | None,
    device: str | None,
    slow: int | None,
    as_json: bool,
) -> None:
    """Show latency, throughput and memory from the store.

    Reads the database alone, so it works while the node runs and when it is stopped. Speeds and times are those of
    answered requests; "slowest 5%" means that 5 of 100 were as slow as that, or slower.

    \b
    Example:
      edgegen stats --since 1h
      edgegen stats --device sensor-1 --slow 5
    """  # noqa: D301 (click reads the \b)
    folder = data_dir or load_config(config_path, check_files=False).node.data_dir
    period = Period(None if since is None else time.time() - since, device)
    report = read_report(folder / DATABASE, period, slowest=slow or 0)
    if as_json:
        click.echo(json.dumps(report, indent=2))
        return
    for line in report_lines(report):
        click.echo(line)
