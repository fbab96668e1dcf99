"""``edgegen probe compare``: two runs, item by item."""

import json
from contextlib import ExitStack, closing
from pathlib import Path

import click

from edge.probes import compare as comparison
from edge.store import Store
from edgegen.commands.probe_options import read_config


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder of the database with runs.")
@click.option("--config", "path", type=click.Path(path_type=Path), help="Configuration with the data_dir.")
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one key; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def compare_runs(
    *,
    first: str,
    second: str,
    data_dir: Path | None,
    path: Path | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare two runs item by item: is the one really better?

    A and B are ids of runs in the database (their beginning is enough) or files that `probe run --json` wrote. For each
    suite: McNemar's exact p on the items that both have, Holm's p that holds for all suites together, and the
    difference with a 95% interval that draws whole templates.

    \b
    Example:
        edgegen probe compare 3f2a 91bc
        edgegen probe compare before.json after.json
    """  # noqa: D301 (click reads the \b)
    config = read_config("bundle", path, overrides, data_dir)
    database = config.node.data_dir / "edgegen.db"
    with ExitStack() as stack:
        store = stack.enter_context(closing(Store(database))) if database.is_file() else None
        changes = comparison.compare(comparison.find_run(first, store), comparison.find_run(second, store))
    click.echo(json.dumps(comparison.document(changes), indent=2) if as_json else comparison.table(changes))
