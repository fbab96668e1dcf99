"""``edgegen evaluate join``: parts of an evaluation as the whole."""

import json
from pathlib import Path

import click

from edgegen.commands.evaluate_pages import drift_lines, outcome_lines, read_document
from edgegen.out_file import writable, write_result
from finetune.evaluation import parts
from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.outcome import Outcome


@click.command("join")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), callback=writable, help="Write the whole to this file, as JSON."
)
def command(*, files: tuple[Path, ...], out: Path | None) -> None:
    """Put the parts of an evaluation together: exactly what the whole would have been.

    FILES are what `edgegen evaluate run --out` or `edgegen evaluate drift --out` wrote with --part 1/N to N/N, in any
    order, on one machine or several. A part that is missing, there twice, or of another model, other data or other
    options is refused.

    \b
    Example:
        edgegen evaluate run model.gguf --task sums --part 1/2 --out first.json
        edgegen evaluate run model.gguf --task sums --part 2/2 --out second.json
        edgegen evaluate join first.json second.json --out whole.json
    """  # noqa: D301 (click reads the \b)
    if twice := sorted({str(file) for file in files if files.count(file) > 1}):
        raise click.UsageError(f"{', '.join(twice)}: is named twice")
    documents = {str(file): read_document(file) for file in files}
    kinds = {name: _kind(document) for name, document in documents.items()}
    if strange := [name for name, kind in kinds.items() if kind is None]:
        raise EvaluationDataError(
            [f"{name}: was not written by `edgegen evaluate run` or `drift` with --part and --out" for name in strange]
        )
    if len(set(kinds.values())) > 1:
        raise EvaluationDataError([f"{name}: is of `evaluate {kind}`" for name, kind in kinds.items()])
    if "run" in kinds.values():
        whole = parts.joined(documents)
        lines = outcome_lines([Outcome.of_json(one) for one in whole["outcomes"]], whole["truncated"])
        text = json.dumps(whole, indent=1, ensure_ascii=False)
    else:
        figures = parts.joined_drift(documents)
        lines, text = drift_lines(figures), json.dumps(figures, indent=2)
    if out is not None:
        write_result("--out", out, text + "\n")
    for line in lines:
        click.echo(line)


def _kind(document: dict[str, object]) -> str | None:
    return "run" if "outcomes" in document else "drift" if "compared" in document else None
