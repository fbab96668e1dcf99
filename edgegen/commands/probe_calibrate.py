"""``edgegen probe calibrate``: the confidence below which a model had better not answer."""

import json
from pathlib import Path

import click

from edge.probes import calibrate as calibration
from edge.probes import calibration_page as page
from edgegen.errors import ConfigError
from edgegen.out_file import writable, write_result


@click.command("calibrate")
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
def calibrate(
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
