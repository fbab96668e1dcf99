"""``edgegen probe``: what a model knows, with honest scores."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import click

from edge.probes import calibrate as calibration
from edge.probes import calibration_page as page
from edge.probes import compare as comparison
from edge.probes.gate import GATE, bundle_suites, gate_suites
from edge.probes.init import CHECKS, examples, suite_text, threshold_of, write_suite
from edge.probes.recorded import load_answers
from edge.probes.report import align, answers, document, table
from edge.probes.run import Run, at_temperature, run_suites, without_adapters
from edge.probes.sealed import sealed_log
from edge.probes.suite import Suite, find_suite, has_split, load_suite, shipped_suites
from edge.probes.target import EngineTarget, Target
from edge.probes.watch import watch_report
from edge.store import Store
from edgegen.bundle import ResolvedModel, current_folder, resolve_model
from edgegen.bundle_verify import read_manifest
from edgegen.config import Config, load_config
from edgegen.errors import BundleError, ConfigError
from edgegen.manifest import MANIFEST_NAME, SIGNATURE_NAME
from edgegen.out_file import writable, write_result
from edgegen.part import Part
from edgegen.part import option as part_option
from edgegen.protocol import MAX_SAMPLES


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
@click.option("--count", type=click.IntRange(1, 100_000), help="Draw so many questions of each suite that draws them.")
@click.option("--split", type=click.Choice(["sealed", "dev"]), help="Ask this split; dev is for tuning.")
@part_option
@click.option("--no-adapter", is_flag=True, help="Ask the base model, whatever adapters the suites name.")
@click.option("--samples", type=click.IntRange(1, MAX_SAMPLES), default=1, help="Answer so often; the majority counts.")
@click.option("--temperature", type=click.FloatRange(0, 2), help="Instead of the suites'; several samples want 0.8.")
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
    count: int | None,
    split: str | None,
    part: Part,
    no_adapter: bool,
    samples: int,
    temperature: float | None,
    as_json: bool,
    show: str | None,
    gate: bool,
) -> None:
    """Ask a model the questions of some suites and score its answers.

    A suite's adapter answers where the bundle has it, else the base model. What is asked of the sealed split is logged
    in DATA_DIR/sealed-runs.jsonl. A bundle's own probes can be named like shipped ones.

    Every item goes to the table probe_results of the data directory's database, under one run id; a daemon may be using
    it meanwhile. Scores carry 95% intervals: Wilson's, or a bootstrap over templates where items share one.

    The exit status is 0 whatever the scores; with --gate it is 1 when a threshold or a must-pass probe does not hold.

    \b
    Example:
        edgegen probe run --suite number-comparison --show failures
        edgegen probe run --suite gate --gate
        edgegen probe run --target model.gguf --limit 20
        edgegen probe run --suite number-comparison --count 5000
        edgegen probe run --suite iot-command --split dev
        edgegen probe run --target mqtt --set mqtt.host=10.0.0.2
    """  # noqa: D301 (click reads the \b)
    config = _config(target, path, overrides, data_dir)
    model = None if target == "mqtt" else resolve_model(config)
    suites = load_suites(names, None if model is None else model.folder, split=split, count=count)
    if limit is not None:
        suites = [suite.limited(limit) for suite in suites]
    suites = [mine for suite in suites if (mine := suite.part(part)).items]
    if no_adapter:
        suites = [without_adapters(suite, frozenset(_adapters(suite))) for suite in suites]
    if temperature is not None:
        suites = [at_temperature(suite, temperature) for suite in suites]
    log = sealed_log(config.node.data_dir, suites)
    with closing(_open_store(config)) as store, closing(_open_target(model, config, samples)) as asked:
        total = sum(len(suite.items) for suite in suites)
        with _progress_bar(asked.model, total) as progress:
            result = run_suites(asked, suites, store, progress, log=log)
    _print(result, as_json=as_json, show=show)
    if gate and result.shortfalls:
        raise SystemExit(1)


def load_suites(
    names: tuple[str, ...], folder: Path | None = None, *, split: str | None = None, count: int | None = None
) -> list[Suite]:
    """The suites that are meant; mistakes in all of them are named at once.

    Without names: all shipped ones but the gate, and those that the bundle in ``folder`` carries. A name of both means
    the bundle's. A split keeps, of unnamed suites, those that have it.
    """
    own = bundle_suites(folder)
    everything = {**shipped_suites(), **own}
    chosen = names or tuple(name for name in everything if name != GATE)
    suites, problems = [], []
    for name in dict.fromkeys(chosen):
        path = own[name] if name in own else find_suite(name)
        if not names and split is not None and not has_split(path, split):
            continue
        try:
            suites.append(load_suite(path, split=split, count=count))
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


def _adapters(suite: Suite) -> set[str]:
    return {item.adapter for item in suite.items if item.adapter is not None}


def _open_target(model: ResolvedModel | None, config: Config, samples: int) -> Target:
    if model is None:
        from edge.probes.remote import MqttTarget  # noqa: PLC0415 - the other targets need no MQTT client

        return MqttTarget(config, samples=samples)
    return EngineTarget(model, config, samples=samples)


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
    if result.absent_adapters:
        click.echo(f"not there, so the base model answered for them: {', '.join(sorted(result.absent_adapters))}")
    for line in result.shortfalls:
        click.echo(f"below the gate: {line}")


@command.command("compare")
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
    config = _config("bundle", path, overrides, data_dir)
    database = config.node.data_dir / "edgegen.db"
    with ExitStack() as stack:
        store = stack.enter_context(closing(Store(database))) if database.is_file() else None
        changes = comparison.compare(comparison.find_run(first, store), comparison.find_run(second, store))
    click.echo(json.dumps(comparison.document(changes), indent=2) if as_json else comparison.table(changes))


@command.command()
@click.option("--suite", "names", multiple=True, metavar="NAME|FILE", help="Repeatable. Default: the bundle's gate.")
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; default /etc/edgegen/edgegen.toml.")
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one key; repeatable.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def watch(
    *, names: tuple[str, ...], path: Path | None, overrides: tuple[str, ...], data_dir: Path | None, as_json: bool
) -> None:
    """Ask the live node of this gateway its gate again, and compare with its answers when it was made current.

    One question at a time, at batch priority: a device that asks meanwhile goes first. Scores go to the database and
    the node's health topic. The exit status is 1 when a must-pass probe fails or more right answers were lost than
    chance explains (exact one-sided p < 0.01). systemd/edgegen-watch.timer runs it every day.

    \b
    Example:
        edgegen probe watch --set mqtt.username=watch --set mqtt.password_file=/etc/edgegen/watch.password
    """  # noqa: D301 (click reads the \b)
    from edge.probes.remote import MqttTarget  # noqa: PLC0415 - the other commands need no MQTT client

    config = _config("mqtt", path, overrides, data_dir)
    current = current_folder(config.node.data_dir)
    suites = load_suites(names, current) if names else gate_suites(current)
    with closing(_open_store(config)) as store, closing(MqttTarget(config, window=1)) as target:
        result = run_suites(target, suites, store, log=sealed_log(config.node.data_dir, suites))
    report = watch_report(result, load_answers(config.node.data_dir, result.sha256))
    if as_json:
        click.echo(json.dumps(report.document(), indent=2, ensure_ascii=False))
    else:
        click.echo(f"{result.model}: {report.passed} of {report.asked} right, run {result.id}")
        if report.compared:
            click.echo(
                f"of {report.compared} recorded at activation {len(report.changed)} read otherwise now, "
                f"{len(report.lost)} were lost and {len(report.gained)} gained"
            )
        elif not report.reworded:
            click.echo("no answers were recorded at activation: `edgegen bundle activate` records them")
        if report.reworded:
            click.echo(
                f"{report.reworded} questions read otherwise than at activation; `edgegen bundle activate` records anew"
            )
        for line in report.problems:
            click.echo(f"trouble: {line}")
    if report.problems:
        raise SystemExit(1)


@command.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--suite", "names", multiple=True, metavar="NAME|FILE", help="Repeatable. Default: the bundle's gate.")
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; default /etc/edgegen/edgegen.toml.")
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one key; repeatable.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead.")
def record(
    *, bundle: Path, names: tuple[str, ...], path: Path | None, overrides: tuple[str, ...], data_dir: Path | None
) -> None:
    """Ask a bundle its gate and write the scores into its manifest, before it is signed.

    Gateways compare their own gate with them: see docs/probes.md.

    \b
    Example:
        edgegen probe record pump-assistant-1.4.0
        edgegen bundle sign pump-assistant-1.4.0 --key maker
    """  # noqa: D301 (click reads the \b)
    if (bundle / SIGNATURE_NAME).exists():
        raise BundleError(
            f"{bundle}: is signed, and a record changes what was signed. Record the scores before signing."
        )
    manifest = read_manifest(bundle)
    config = _config("bundle", path, (*overrides, f"model.bundle={json.dumps(str(bundle.absolute()))}"), data_dir)
    suites = load_suites(names, bundle) if names else gate_suites(bundle)
    log = sealed_log(config.node.data_dir, suites)
    with (
        closing(EngineTarget(resolve_model(config), config)) as target,
        _progress_bar(manifest.folder_name, sum(len(suite.items) for suite in suites)) as progress,
    ):
        result = run_suites(target, suites, None, progress, log=log)
    scores = {suite.suite.name: {"passed": suite.score.passed, "total": suite.score.total} for suite in result.suites}
    probes = {**manifest.measured.get("probes", {}), **scores}
    measured = dataclasses.replace(manifest, measured={**manifest.measured, "probes": probes})
    part = bundle / f"{MANIFEST_NAME}.part"
    part.write_bytes(measured.to_bytes())
    part.replace(bundle / MANIFEST_NAME)
    _print(result, as_json=False, show=None)
    click.echo(f"Wrote the scores of {', '.join(scores)} into {bundle / MANIFEST_NAME}")


@command.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The suite, NAME.toml.")
@click.option("--check", type=click.Choice(CHECKS), default="auto", help="How answers are compared.  [default: auto]")
@click.option("--adapter", help="The adapter that answers.")
@click.option("--all", "everything", is_flag=True, help="Take every example: none of them was trained on.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    help="The share of right answers that the suite asks for.",
)
@click.option("--target", metavar="bundle|FILE.gguf", help="Measure this model, and ask for no less than it could do.")
@click.option("--config", "path", type=click.Path(path_type=Path), help="TOML file; default /etc/edgegen/edgegen.toml.")
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one key; repeatable.")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead.")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def init(
    *,
    data: Path,
    out: Path,
    check: str,
    adapter: str | None,
    everything: bool,
    threshold: float | None,
    target: str | None,
    path: Path | None,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    force: bool,
) -> None:
    """Make a suite of the examples of DATA that training leaves out, with a threshold.

    DATA is JSON lines as for `edgegen finetune`. An example is held out by the hash of its question. With --target the
    suite is asked of that model, and the threshold is the lower end of a one-sided 99% interval of its score.

    \b
    Example:
        edgegen probe init pumps.jsonl --out pumps.toml --adapter pumps --target bundle
    """  # noqa: D301 (click reads the \b)
    found = examples(data, only_sealed=not everything)

    def write(bound: float | None, *, replace: bool) -> None:
        text = suite_text(out.stem, found, source=data.name, check=check, adapter=adapter, threshold=bound)
        write_suite(out, text, force=replace)

    write(threshold, replace=force)
    suite = load_suite(out)
    click.echo(f"Wrote {out}: {len(suite.items)} questions")
    if target is None:
        return
    config = _config(target, path, overrides, data_dir)
    with (
        closing(_open_store(config)) as store,
        closing(EngineTarget(resolve_model(config), config)) as asked,
        _progress_bar(asked.model, len(suite.items)) as progress,
    ):
        done = run_suites(asked, [suite], store, progress)
    score = done.suites[0].score
    bound = threshold_of(score.passed, score.total)
    if not bound:
        problem = (
            f"{out}: {done.model} got {score.passed} of {score.total} right, and a threshold of 0 would let every "
            f"model pass: {f'{threshold:g} stays' if threshold else 'none is written'}. Read the answers "
            f"(edgegen probe run --suite {out} --target {target}): does --check compare what it should? Or measure a "
            "model that was trained for it, or say what you ask for with --threshold."
        )
        raise ConfigError([problem])
    write(bound, replace=True)
    click.echo(f"{done.model}: {score.passed} of {score.total} right; threshold {bound:.4f}")


@command.command("calibrate")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--accuracy", type=click.FloatRange(0, 1), help="So much of what is answered shall be right.")
@click.option(
    "--coverage", type=click.FloatRange(0, 1, min_open=True), help="So much shall be answered.  [default: 0.9]"
)
@click.option("--by", type=click.Choice([*calibration.MEASURES, "auto"]), default="auto", help="Default: the best.")
@click.option("--adapter", "adapters", multiple=True, help="Only this one's answers; repeatable; '' is the bare model.")
@click.option("--together", is_flag=True, help="One limit for all adapters, in place of one for each.")
@click.option("--check", "checks", multiple=True, type=click.Path(path_type=Path, exists=True), help="Try it on these.")
@click.option("--out", type=click.Path(path_type=Path), callback=writable, help="Write the limits there, as a policy.")
@click.option("--plot", type=click.Path(path_type=Path), callback=writable, help="Draw the curve, FILE.svg.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def calibrate_command(
    *,
    results: tuple[Path, ...],
    accuracy: float | None,
    coverage: float | None,
    by: str,
    adapters: tuple[str, ...],
    together: bool,
    checks: tuple[Path, ...],
    out: Path | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Find the confidence below which a model had better not answer.

    RESULTS are files that `probe run --json` wrote, on questions that are not those you will report on (`--split dev`).
    For each adapter: how well each measure tells right answers from wrong ones (AUROC), and the limit that reaches the
    wish, as [[abstain]] tables for guardrails.toml. With --together the wish is about all questions at once.

    --check tries the limits on other results, and refuses questions that stand in both. The exit status is 1 when a
    wish cannot be reached.

    \b
    Example:
        edgegen probe run --split dev --json > dev.json
        edgegen probe run --json > sealed.json
        edgegen probe calibrate dev.json --coverage 0.9 --check sealed.json --out guardrails.toml --plot curve.svg
    """  # noqa: D301 (click reads the \b)
    if accuracy is not None and coverage is not None:
        raise ConfigError(["--accuracy and --coverage: give one; the other follows from it"])
    if plot is not None and plot.suffix != ".svg":
        raise ConfigError([f"--plot {plot}: the curve is drawn as SVG; name a file that ends in .svg"])
    model, answered = _answered(results, adapters)
    tried = _answered(checks, adapters)[1] if checks else []
    if both := calibration.shared_prompts(answered, tried):
        raise ConfigError([f"--check: {both} of its questions stand in RESULTS, too: limits look better on those"])
    chosen, missed = calibration.limits(
        answered, by, accuracy, 0.9 if coverage is None else coverage, together=together
    )
    limits = {adapter: choice for adapter, choice in chosen.items() if choice.below > 0}
    _write_calibration(model, answered, limits, out, plot)
    if as_json:
        click.echo(json.dumps(page.document(model, answered, tried, chosen, missed), indent=2))
    else:
        click.echo(page.text(model, answered, tried, chosen, missed))
        if limits and out is None:
            click.echo("\n" + page.fragment(model, limits), nl=False)
    if missed:
        raise SystemExit(1)


def _write_calibration(
    model: str,
    answered: list[calibration.Answered],
    limits: dict[str, calibration.Choice],
    out: Path | None,
    plot: Path | None,
) -> None:
    """The files that were asked for; what there is nothing to write into is named."""
    curves = {measure: pairs for measure in calibration.MEASURES if (pairs := calibration.guesses(answered, measure))}
    if plot is not None and curves:
        write_result("--plot", plot, page.svg(f"{model}: {len(answered)} answers", curves))
    elif plot is not None:
        click.echo(f"--plot {plot}: not written: there is no measure that all answers have", err=True)
    if out is not None and limits:
        write_result("--out", out, page.fragment(model, limits))
    elif out is not None:
        click.echo(f"--out {out}: not written: there is no limit to write", err=True)


def _answered(paths: tuple[Path, ...], adapters: tuple[str, ...]) -> tuple[str, list[calibration.Answered]]:
    runs = [calibration.load_results(path) for path in paths]
    models = sorted({model for model, _ in runs})
    if len(models) > 1:
        raise ConfigError([f"{', '.join(map(str, paths))}: are of several models ({', '.join(models)}); give one's"])
    found = [answer for _, answers_of_run in runs for answer in answers_of_run]
    kept = [answer for answer in found if not adapters or answer.adapter in adapters]
    if not kept:
        known = ", ".join(sorted({page.name_of(answer.adapter) for answer in found}))
        raise ConfigError([f"--adapter {', '.join(map(repr, adapters))}: answered nothing there; there are: {known}"])
    return models[0], kept


@contextmanager
def _progress_bar(label: str, items: int) -> Iterator[Callable[[int], object]]:
    """A progress bar on the screen's error side; silent where that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=items, label=label, file=sys.stderr, show_pos=True) as bar:
        yield bar.update
