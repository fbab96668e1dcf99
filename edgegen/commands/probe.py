"""``edgegen probe``: what a model knows, with honest scores."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from edge.probes.report import align, answers, document, table
from edge.probes.run import Run, run_suites
from edge.probes.suite import Suite, find_suite, load_suite, shipped_suites
from edge.probes.target import EngineTarget, Target
from edge.store import Store
from edgegen.bundle import resolve_model
from edgegen.config import Config, load_config
from edgegen.errors import ConfigError

GATE = "gate"


@click.group()
def command() -> None:
    """Test what a model knows, with honest scores."""


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


@command.command()
@click.option(
    "--suite", "names", multiple=True, metavar="NAME|FILE", help="Repeatable. Default: all shipped ones but `gate`."
)
@click.option(
    "--target",
    metavar="bundle|mqtt|FILE.gguf",
    default="bundle",
    help="The configured bundle in an engine of its own, a live node, or a GGUF.  [default: bundle]",
)
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; default /etc/edgegen/edgegen.toml.")
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one key; repeatable.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many items of each suite, spread evenly.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every item, instead of a table.")
@click.option("--show", type=click.Choice(["failures", "all"]), help="Print questions and answers too.")
@click.option("--gate", is_flag=True, help="Exit with 1 when a threshold or a must-pass probe does not hold.")
def run(
    *,
    names: tuple[str, ...],
    target: str,
    path: Path | None,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    limit: int | None,
    as_json: bool,
    show: str | None,
    gate: bool,
) -> None:
    """Ask a model the questions of some suites and score its answers.

    Every item goes to the table probe_results of the data directory's database, under one run id; a daemon may be using
    it meanwhile. Scores carry 95% intervals: Wilson's, or a bootstrap over templates where items share one.

    The exit status is 0 whatever the scores; with --gate it is 1 when a threshold or a must-pass probe does not hold.

    \b
    Example:
        edgegen probe run --suite number-comparison --show failures
        edgegen probe run --suite gate --gate
        edgegen probe run --target model.gguf --limit 20
        edgegen probe run --target mqtt --set mqtt.host=10.0.0.2
    """  # noqa: D301 (click reads the \b)
    suites = load_suites(names)
    if limit is not None:
        suites = [suite.limited(limit) for suite in suites]
    config = _config(target, path, overrides, data_dir)
    with closing(_open_store(config)) as store, closing(_open_target(target, config)) as asked:
        total = sum(len(suite.items) for suite in suites)
        with _progress_bar(asked.model, total) as progress:
            result = run_suites(asked, suites, store, progress)
    _print(result, as_json=as_json, show=show)
    if gate and result.shortfalls:
        raise SystemExit(1)


def load_suites(names: tuple[str, ...]) -> list[Suite]:
    """The suites that are meant; mistakes in all of them are named at once."""
    names = names or tuple(name for name in shipped_suites() if name != GATE)
    suites, problems = [], []
    for name in dict.fromkeys(names):
        try:
            suites.append(load_suite(find_suite(name)))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return suites


def _config(target: str, path: Path | None, overrides: tuple[str, ...], data_dir: Path | None) -> Config:
    if data_dir is not None:
        overrides = (*overrides, f"node.data_dir={json.dumps(str(data_dir.absolute()))}")
    if target not in ("bundle", "mqtt"):
        file = Path(target)
        if not file.exists():
            raise ConfigError([f"--target {target}: use bundle, mqtt, or the path of a .gguf file that exists."])
        overrides = (*overrides, f"model.bundle={json.dumps(str(file.absolute()))}")
    return load_config(path, overrides)


def _open_store(config: Config) -> Store:
    folder = config.node.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([f"{folder}: {error.strerror}. Choose a folder you may write to with --data-dir."]) from None
    return Store(folder / "edgegen.db")


def _open_target(target: str, config: Config) -> Target:
    if target == "mqtt":
        from edge.probes.remote import MqttTarget  # noqa: PLC0415 - the other targets need no MQTT client

        return MqttTarget(config)
    return EngineTarget(resolve_model(config), config)


def _print(result: Run, *, as_json: bool, show: str | None) -> None:
    if as_json:
        click.echo(json.dumps(document(result), indent=2, ensure_ascii=False))
        return
    if show is not None:
        for suite in result.suites:
            for lines in answers(suite, failures_only=show == "failures"):
                click.echo(lines + "\n")
    click.echo(table(result))
    click.echo(f"\n{result.model}, run {result.id}")
    for line in result.shortfalls:
        click.echo(f"below the gate: {line}")


@contextmanager
def _progress_bar(label: str, items: int) -> Iterator[Callable[[int], object]]:
    """A progress bar on the screen's error side; silent where that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=items, label=label, file=sys.stderr, show_pos=True) as bar:
        yield bar.update
