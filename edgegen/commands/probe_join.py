"""``edgegen probe join``: parts of a run as the whole."""

import json
from pathlib import Path
from typing import Any

import click

from edge.probes.part_document import whole_run
from edge.probes.report import document
from edgegen.commands.probe_output import print_run
from edgegen.errors import ConfigError
from edgegen.out_file import writable, write_result


@click.command("join")
@click.argument("files", metavar="PART...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), callback=writable, help="Write the whole to this file, as JSON."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every item, instead of a table.")
@click.option("--gate", is_flag=True, help="Exit with 1 when a threshold or a must-pass probe does not hold.")
def join(*, files: tuple[Path, ...], out: Path | None, as_json: bool, gate: bool) -> None:
    """Put the parts of a run together: exactly what the whole would have been.

    Each PART is a file that `probe run --json --part K/N` wrote, in any order, of one machine or several. Neither the
    suites nor their options are needed again. A part that is missing, damaged, there twice, or of another model, other
    questions or other options is refused. The whole is what `probe compare` and `probe calibrate` read.

    \b
    Example:
        edgegen probe run --suite iot-command --part 1/2 --json > first.json
        edgegen probe run --suite iot-command --part 2/2 --json > second.json
        edgegen probe join first.json second.json --out whole.json
    """  # noqa: D301 (click reads the \b)
    if twice := sorted({str(file) for file in files if files.count(file) > 1}):
        raise click.UsageError(f"{', '.join(twice)}: is named twice")
    documents, problems = {}, []
    for file in files:
        try:
            documents[str(file)] = _read(file)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    whole = whole_run(documents)
    if out is not None:
        write_result("--out", out, json.dumps(document(whole), indent=2, ensure_ascii=False) + "\n")
    print_run(whole, as_json=as_json, show=None)
    if gate and whole.shortfalls:
        raise SystemExit(1)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}. Correct the path or its permissions."]) from None
    except (ValueError, RecursionError) as error:  # also of bytes that are no UTF-8
        raise ConfigError([f"{file}: is damaged, or no JSON: {error}. Run that part again."]) from None
