"""Data files of evaluations: JSON lines, a JSON list, or CSV; what is missing is named with its file and line."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.evaluation.errors import EvaluationDataError

Record = dict[str, Any]
Fields = Mapping[str, type | tuple[type, ...]]
# Says what is wrong with a record whose fields are there; None: nothing.
Check = Callable[[Record], str | None]

# What a field has to be, in words for a person.
KINDS = {
    str: "a text",
    int: "a whole number",
    list: "a list",
}


def read_json(path: Path, fields: Fields, *, limit: int | None = None, check: Check | None = None) -> list[Record]:
    """Records with at least ``fields``, each of its kind; ``.gz`` is unpacked.

    Args:
        limit: Only so many, from the beginning.
        check: What else a record has to be.

    Raises:
        EvaluationDataError: Every record that cannot be evaluated, with its file and line (in a list: its number).
    """
    found = _json_records(path)
    problems = []
    for place, record in found:
        if not isinstance(record, dict):
            problems.append(f"{place}: is no JSON object: {str(record)[:60]}")
            continue
        missing = [name for name in fields if name not in record]
        if missing:
            there = ", ".join(record) or "nothing"
            problems.append(f"{place}: lacks {', '.join(map(repr, missing))}; it has {there}")
            continue
        wrong = [
            f"{place}: {name!r} has to be {_words(kind)}, and is {json.dumps(record[name])[:60]}"
            for name, kind in fields.items()
            if not isinstance(record[name], kind) or isinstance(record[name], bool)
        ]
        if not wrong and check is not None and (problem := check(record)) is not None:
            wrong = [f"{place}: {problem}"]
        problems += wrong
    if problems:
        raise EvaluationDataError(problems)
    if not found:
        raise EvaluationDataError([f"{path}: holds no example"])
    return [record for _, record in found][:limit]


def empty_text(*names: str) -> Check:
    """A check that none of these texts is empty: what is asked, or compared with, has to be there."""

    def check(record: Record) -> str | None:
        missing = [name for name in names if not record[name].strip()]
        return f"{', '.join(map(repr, missing))} is empty" if missing else None

    return check


def read_csv(path: Path, columns: int) -> list[list[str]]:
    """Rows of a CSV without a header, each of ``columns`` cells.

    Raises:
        EvaluationDataError: Every row with another number of cells, with its line.
    """
    rows, problems = [], []
    # Not splitlines(), for which U+2028 and a form feed end a line, too: they may stand in a cell.
    reader = csv.reader(io.StringIO(_text(path), newline=""))
    try:
        for row in reader:
            if len(row) == columns:
                rows.append(row)
            elif row:
                problems.append(f"{path}:{reader.line_num}: has {len(row)} columns, and {columns} are needed")
    except csv.Error as error:  # a cell without end
        problems.append(f"{path}:{reader.line_num}: is no CSV: {error}. Is a quotation mark missing before?")
    if not rows and not problems:
        problems.append(f"{path}: holds no example")
    if problems:
        raise EvaluationDataError(problems)
    return rows


def _json_records(path: Path) -> list[tuple[str, Any]]:
    text = _text(path)
    if text.lstrip().startswith("["):
        try:
            return [(f"{path}: record {number}", record) for number, record in enumerate(json.loads(text), 1)]
        except (ValueError, RecursionError) as error:
            line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise EvaluationDataError([f"{path}{line}: is no JSON: {_said(error)}"]) from None
    found: list[tuple[str, Any]] = []
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append((f"{path}:{number}", json.loads(line)))
        except (ValueError, RecursionError) as error:
            problems.append(f"{path}:{number}: is no JSON: {_said(error)}")
    if problems:
        raise EvaluationDataError(problems)
    return found


def _said(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _text(path: Path) -> str:
    """The text of a file, without the byte order mark that some editors put before it."""
    data = _read(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise EvaluationDataError(
            [f"{path}:{line}: is not UTF-8: byte {data[error.start]:#04x}. Write the file anew in UTF-8."]
        ) from None


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, zlib.error) as error:
        raise EvaluationDataError([f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"]) from None


def _words(kind: type | Sequence[type]) -> str:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(KINDS.get(one, getattr(one, "__name__", "")) for one in kinds)
