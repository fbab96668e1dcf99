"""Rows of training files, read lazily through Polars: JSON lines, Parquet, CSV, or a folder of them.

Whatever its size, at most ``LINES_AT_ONCE`` lines of a file are held at once.
"""

import codecs
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from finetune.errors import DataError
from finetune.recipe import HUB

# Enough for Polars to be quick, few enough that long conversations fit a small PC.
LINES_AT_ONCE = 10_000
# Of the part of a data set that is published for training, where a folder holds several parts.
TRAINING_PART = "train"
Row = dict[str, Any]


def read_rows(source: Path) -> Iterator[tuple[str, Row | ValueError]]:
    """All rows in order, each with its place, ``FILE:LINE``; what is wrong with a line stands in place of its row.

    Args:
        source: A ``.parquet`` or ``.csv`` file, a folder as ``datasets`` or a hub's clone leave it, ``hub:NAME``, or
            else JSON lines.

    Raises:
        DataError: When a file cannot be read at all.
    """
    for path in parts(source):
        try:
            yield from _rows_of(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError([_unreadable(path, error)]) from None


def parts(source: Path) -> list[Path]:
    """The files of a source, in the order in which they are read.

    Raises:
        DataError: When a folder holds none.
    """
    if str(source).startswith(HUB) or not source.is_dir():
        return [source]
    found = sorted(path for path in source.rglob("*") if path.suffix in (".parquet", ".arrow", ".jsonl", ".csv"))
    found = [path for path in found if not path.name.startswith(("cache-", "."))]
    found = [p for p in found if TRAINING_PART in str(p.relative_to(source))] or found
    if not found:
        raise DataError([f"{source}: holds no .parquet, .arrow, .jsonl or .csv file."])
    return found


def _rows_of(path: Path) -> Iterator[tuple[str, Row | ValueError]]:
    kind = _kind(path)
    if kind == "lines":
        lines = pl.scan_lines(path, name="text", row_index_name="line", row_index_offset=1)
        filled = lines.filter(pl.col("text").str.strip_chars() != "")
        beginning = True
        for batch in filled.collect_batches(chunk_size=LINES_AT_ONCE, maintain_order=True):
            for line, written in batch.iter_rows():
                text = written.removeprefix("\ufeff")  # Windows editors put a byte order mark in front
                if beginning and text.lstrip().startswith("["):
                    raise DataError([f"{path}: is one JSON list. {_ONE_A_LINE.format(path=path, stem=path.stem)}"])
                beginning = False
                yield f"{path}:{line}", _object(text)
        return
    place = 2 if kind == "csv" else 1  # a CSV file has a line of names
    if kind == "arrow":
        batches = iter(pl.read_ipc_stream(path).iter_slices(LINES_AT_ONCE))  # a shard of `datasets`: 500 MB at most
    else:
        frame = pl.scan_csv(path, infer_schema=False) if kind == "csv" else pl.scan_parquet(_parquet(path))
        batches = frame.collect_batches(chunk_size=LINES_AT_ONCE, maintain_order=True)
    for batch in batches:
        for row in batch.iter_rows(named=True):
            yield f"{path}:{place}", row
            place += 1 + (sum(cell.count("\n") for cell in row.values() if cell) if kind == "csv" else 0)


def visible(text: str) -> str:
    """What a data file says, for a message: what a terminal would obey instead of showing it stands as an escape."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)


def _object(text: str) -> Row | ValueError:
    try:
        row = json.loads(text)
    except ValueError as error:
        return ValueError(f"not valid JSON ({error}), in: {visible(text[:60])}. Write one object on one line.")
    except RecursionError:
        return ValueError(f"nested too deep for a reader of JSON, in: {visible(text[:60])}. Write it flatter.")
    return row if isinstance(row, dict) else ValueError("must be a JSON object on one line.")


def _unreadable(path: Path, error: Exception) -> str:
    """What is wrong with a file that Polars refuses, with its line where it has lines."""
    kind = _kind(path)
    if kind in ("lines", "csv") and "utf8" in str(error).lower().replace("-", ""):
        return _not_utf8(path)
    said = str(error).strip().partition("\n")[0].rstrip(".")
    broken = _broken_line(path) if kind == "csv" and not isinstance(error, OSError) else None
    remedy = _REMEDY["hub" if str(path).startswith(HUB) else kind]
    return broken or f"{path}: cannot be read: {said}. {remedy}"


def _broken_line(path: Path) -> str | None:
    """The first row of a CSV file that has not the form of one; None where all have."""
    first, names = 1, 0
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            for row in rows:
                names = names or len(row)
                if len(row) > names:
                    return f"{path}:{first}: has {len(row)} cells, the line of names {names}. Write {_QUOTES}."
                first = rows.line_num + 1
        except csv.Error as error:
            return f"{path}:{first}: is no row of CSV: {error}. Write {_QUOTES}."
    return None


def _not_utf8(path: Path) -> str:
    """The first line that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return f"{path}: is UTF-16. {_REMEDY['lines']} Save it as UTF-8."
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                byte = error.object[error.start]
                return f"{path}:{number}: byte 0x{byte:02x} is not UTF-8. Save the file as UTF-8."
    return f"{path}: is not UTF-8. Save the file as UTF-8."


def _kind(path: Path) -> str:
    if str(path).startswith(HUB):
        return "parquet"
    return {".parquet": "parquet", ".csv": "csv", ".arrow": "arrow"}.get(path.suffix, "lines")


def _parquet(path: Path) -> str:
    """A file, or what Polars reads of a data set of the hub: the Parquet form that the hub makes of every one."""
    name = str(path)
    if not name.startswith(HUB):
        return name
    owner, dataset, *config = name.removeprefix(HUB).split("/")
    return f"hf://datasets/{owner}/{dataset}@~parquet/{'/'.join(config) or 'default'}/{TRAINING_PART}/*.parquet"


_ONE_A_LINE = (
    "Write one object a line, as with: jq -c '.[]' '{path}' > '{stem}.jsonl'. For published data sets there is: "
    "edgegen finetune import."
)
_REMEDY = {
    "lines": "It must be JSON lines in UTF-8.",
    "csv": "It must be CSV with a line of names, in UTF-8.",
    "arrow": "It must be a file that `datasets` saved.",
    "parquet": "Copy it again, or give JSON lines.",
    "hub": "Is the name right, and the network there? A local copy in its place needs neither.",
}
_QUOTES = 'text with commas, quotes or ends of lines as "text", and a quote in it twice'
