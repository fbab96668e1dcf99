"""``edgegen probe init``: a suite of some of a maker's examples, and the others to train on."""

from contextlib import closing
from pathlib import Path

import click

from edge.probes.init import CHECKS, examples, suite_text, threshold_of, write_rest, write_suite
from edge.probes.run import run_suites
from edge.probes.suite import load_suite
from edge.probes.target import EngineTarget
from edgegen.bundle import resolve_model
from edgegen.commands.probe_options import configured, open_store, read_config
from edgegen.commands.probe_output import progress_bar
from edgegen.errors import ConfigError


@click.command("init")
@click.argument("data", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The suite, NAME.toml.")
@click.option(
    "--rest", type=click.Path(path_type=Path, dir_okay=False), help="Write the other examples there, to train on."
)
@click.option("--check", type=click.Choice(CHECKS), default="auto", help="How answers are compared.  [default: auto]")
@click.option("--adapter", help="The adapter that answers.")
@click.option("--all", "everything", is_flag=True, help="Take every example: none of them is trained on.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    help="The share of right answers that the suite asks for.",
)
@click.option("--target", metavar="bundle|FILE.gguf", help="Measure this model, and ask for no less than it could do.")
@configured
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def init(
    *,
    data: Path,
    out: Path,
    rest: Path | None,
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
    """Make a suite of a tenth of the examples of DATA, with a threshold, and leave the rest to train on.

    DATA is JSON lines as for `edgegen finetune`. Which examples are sealed, the hash of their question says, and a
    training must not see them: give it the file that --rest writes. Later, with --target, the suite is asked of that
    model, and the threshold is the lower end of a one-sided 99% interval of its score.

    \b
    Example:
        edgegen probe init pumps.jsonl --out pumps.toml --adapter pumps --rest pumps-train.jsonl
        edgegen probe init pumps.jsonl --out pumps.toml --adapter pumps --target bundle --force
    """  # noqa: D301 (click reads the \b)
    if everything and rest is not None:
        raise ConfigError(["--all and --rest: with --all every example is asked, and none is left to train on"])
    if rest is not None and rest.resolve() == data.resolve():
        raise ConfigError([f"--rest {rest}: is DATA itself, whose sealed examples would be lost. Give another file."])
    if target == "mqtt":
        raise ConfigError(["--target mqtt: a live node may abstain or lack the adapter: use bundle, or a .gguf file."])
    found = examples(data, only_sealed=not everything)
    # Before anything is written: what cannot be measured should leave no file behind.
    config = None if target is None else read_config(target, path, overrides, data_dir)
    model = None if config is None else resolve_model(config)

    def write(bound: float | None, *, replace: bool) -> None:
        text = suite_text(out.stem, found, source=data.name, check=check, adapter=adapter, threshold=bound)
        write_suite(out, text, force=replace)

    write(threshold, replace=force)
    suite = load_suite(out)
    click.echo(f"Wrote {out}: {len(suite.items)} questions")
    if rest is not None:
        click.echo(f"Wrote {rest}: {write_rest(data, rest, force=force)} examples to train on")
    elif not everything:
        click.echo(f"A training must not see these questions: --rest FILE writes {data.name} without them")
    if config is None or model is None:
        return
    with (
        closing(open_store(config)) as store,
        closing(EngineTarget(model, config)) as asked,
        progress_bar(asked.model, len(suite.items)) as progress,
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
