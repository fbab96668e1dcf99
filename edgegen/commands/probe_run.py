"""``edgegen probe run``: ask a model some suites."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from edge.loading import load_message
from edge.probes.part_document import part_document
from edge.probes.run import run_suites
from edge.probes.sealed import sealed_log
from edge.probes.selection import load_suites, narrowed
from edge.probes.target import EngineTarget, Target
from edgegen.bundle import ResolvedModel, cached_sha256, resolve_model
from edgegen.commands.probe_options import configured, open_store, read_config
from edgegen.commands.probe_output import print_run, progress_bar
from edgegen.config import Config
from edgegen.errors import ConfigError
from edgegen.part import WHOLE, Part
from edgegen.part import option as part_option
from edgegen.protocol import MAX_SAMPLES


@click.command("run")
@click.option(
    "--suite", "names", multiple=True, metavar="NAME|FILE", help="Repeatable. Default: all shipped ones but `gate`."
)
@click.option(
    "--target",
    metavar="bundle|mqtt|FILE.gguf",
    default="bundle",
    help="The configured bundle in an engine of its own, a live node, or a GGUF.  [default: bundle]",
)
@configured
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

    With --part and --json the answers can be put together again by `probe join`.

    The exit status is 0 whatever the scores; with --gate it is 1 when a threshold or a must-pass probe does not hold.

    \b
    Example:
        edgegen probe run --suite number-comparison --show failures
        edgegen probe run --suite gate --gate
        edgegen probe run --target model.gguf --limit 20
        edgegen probe run --suite number-comparison --count 5000
        edgegen probe run --suite iot-command --split dev
        edgegen probe run --suite alert-triage --part 1/4 --json > part-1.json
        edgegen probe run --target mqtt --set mqtt.host=10.0.0.2
    """  # noqa: D301 (click reads the \b)
    config = read_config(target, path, overrides, data_dir)
    model = None if target == "mqtt" else resolve_model(config)
    suites = load_suites(names, None if model is None else model.folder, split=split, count=count)
    whole = narrowed(suites, limit=limit, adapters=not no_adapter, temperature=temperature)
    suites = [mine for suite in whole if (mine := suite.part(part)).items]
    total = sum(len(suite.items) for suite in suites)
    if gate and not total:
        raise ConfigError(
            [f"--gate: part {part.number}/{part.of} has no question, so that nothing could fail. Choose fewer parts."]
        )
    log = sealed_log(config.node.data_dir, suites)
    with (
        closing(open_store(config)) as store,
        closing(_open_target(model, config, samples)) as asked,
        progress_bar(asked.model, total) as progress,
    ):
        result = run_suites(asked, suites, store, progress, log=log)
    if as_json and part != WHOLE:
        options = {
            **_settings(model, config),
            "--split": split,
            "--count": count,
            "--limit": limit,
            "--no-adapter": no_adapter,
            "--samples": samples,
            "--temperature": temperature,
        }
        found = part_document(result, part, whole, options, asked.adapters)
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print_run(result, as_json=as_json, show=show)
    if gate and result.shortfalls:
        raise SystemExit(1)


def _settings(model: ResolvedModel | None, config: Config) -> dict[str, Any]:
    """What decides the answers beside the questions: parts that differ in it are not of one run."""
    if model is None:
        return {"--target": "mqtt"}
    load = load_message(model, config)
    return {
        "--target": "gguf" if model.folder is None else "bundle",
        "base (sha256)": cached_sha256(model.model_path, config.node.data_dir),
        **{key: load[key] for key in ("n_ctx", "kv_type", "flash_attn")},
        "limits.max_tokens": config.limits.max_tokens,
    }


def _open_target(model: ResolvedModel | None, config: Config, samples: int) -> Target:
    if model is None:
        from edge.probes.remote import MqttTarget  # noqa: PLC0415 - the other targets need no MQTT client

        return MqttTarget(config, samples=samples)
    return EngineTarget(model, config, samples=samples)
