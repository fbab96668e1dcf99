"""What the commands of ``edgegen probe`` show of a run: its progress, its scores, its answers."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from edge.probes.report import answers, document, table
from edge.probes.run import Run


def print_run(result: Run, *, as_json: bool, show: str | None) -> None:
    """Scores, as a table or as JSON with every item.

    Args:
        show: Print the answers too: ``failures`` or ``all``.
    """
    if as_json:
        click.echo(json.dumps(document(result), indent=2, ensure_ascii=False))
        return
    if show is not None:
        for suite in result.suites:
            for lines in answers(suite, failures_only=show == "failures"):
                click.echo(lines + "\n")
    click.echo(table(result))
    click.echo(f"\n{result.model}, run {result.id}")
    if result.absent_adapters:
        click.echo(f"not there, so the base model answered for them: {', '.join(sorted(result.absent_adapters))}")
    for line in result.shortfalls:
        click.echo(f"below the gate: {line}")


@contextmanager
def progress_bar(label: str, items: int) -> Iterator[Callable[[int], object]]:
    """A progress bar on the screen's error side; silent where that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=items, label=label, file=sys.stderr, show_pos=True) as bar:
        yield bar.update
