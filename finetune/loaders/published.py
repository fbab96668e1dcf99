"""The data sets of the papers' set-ups: their published layout, what is taken of them, and their splits.

A set without splits of its own is split by the hash of each example: 90 of 100 to train on, 5 each for validation and
test. Where a paper does not say how it filtered, the filter here is our reading and the docstring says so.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from finetune.errors import DataError
from finetune.examples import parse
from finetune.rows import LINES_AT_ONCE

SPLITS = ("train", "validation", "test")
Row = dict[str, Any]
Labelled = tuple[str | None, Row]  # a split of the data set's own, and an example in a form of finetune.examples


@dataclass(frozen=True)
class Published:
    """One data set.

    Args:
        summary: What is taken of it.
        source: What the local copy must be.
        read: Its examples.
    """

    summary: str
    source: str
    read: Callable[[Path], Iterator[Labelled]]


def write_splits(name: str, source: Path, folder: Path, count: int | None = None) -> dict[str, int]:
    """Write ``train.jsonl``, ``validation.jsonl`` and ``test.jsonl``.

    Args:
        count: Take the first so many training examples only.

    Returns:
        How many examples went into each.

    Raises:
        DataError: When the source is not laid out as published, or nothing of it was taken.
    """
    if not source.exists():
        raise DataError([f"{source}: is not there. {name} is read from {PUBLISHED[name].source}."])
    folder.mkdir(parents=True, exist_ok=True)
    written = dict.fromkeys(SPLITS, 0)
    files = {split: (folder / f".{split}.part").open("w", encoding="utf-8") for split in SPLITS}
    try:
        for number, (own, row) in enumerate(PUBLISHED[name].read(source), 1):
            try:
                split = own or _by_hash(row)
            except ValueError as error:
                raise DataError([f"{source}: example {number}: {error}"]) from None
            if split == "train" and written["train"] == count:
                continue
            files[split].write(json.dumps(row, ensure_ascii=False) + "\n")
            written[split] += 1
    except KeyError as error:
        raise DataError([f"{source}: lacks the field {error}. {name} is read from {PUBLISHED[name].source}."]) from None
    except (ValueError, TypeError) as error:  # another encoding, half a file, a list of something else
        raise DataError(
            [f"{source}: cannot be read: {error}. {name} is read from {PUBLISHED[name].source}. Copy it again."]
        ) from None
    finally:
        for file in files.values():
            file.close()
    if not written["train"]:
        raise DataError([f"{source}: holds nothing of {name}, which is read from {PUBLISHED[name].source}."])
    for split in SPLITS:
        (folder / f".{split}.part").rename(folder / f"{split}.jsonl")
    return written


def _by_hash(row: Row) -> str:
    share = int(parse(row, "").digest, 16) % 100
    return "train" if share < 90 else "validation" if share < 95 else "test"


def _objects(path: Path) -> Iterator[Row]:
    """The objects of a JSON list or of JSON lines."""
    with path.open(encoding="utf-8") as file:
        first = file.read(1)
        file.seek(0)
        if first == "[":
            yield from json.load(file)
        else:
            yield from (json.loads(line) for line in file if line.strip())


def alpaca(path: Path) -> Iterator[Labelled]:
    """All of alpaca-cleaned: a JSON list of ``instruction``, ``input``, ``output``."""
    for row in _objects(path):
        yield None, {name: row[name] for name in ("instruction", "input", "output")}


def alpaca_python(path: Path) -> Iterator[Labelled]:
    """Its Python subset. Our reading: whatever names Python in instruction, input or output."""
    for split, row in alpaca(path):
        if re.search(r"\bpython\b", " ".join(row.values()), re.IGNORECASE):
            yield split, row


def maths(folder: Path) -> Iterator[Labelled]:
    """MATH: ``train/SUBJECT/N.json`` and ``test/...`` with ``problem``, ``level``, ``type`` and ``solution``.

    A twentieth of ``train`` becomes validation, by hash.
    """
    for split in ("train", "test"):
        for path in sorted((folder / split).glob("*/*.json")):
            row = json.loads(path.read_text(encoding="utf-8"))
            example = {"instruction": row["problem"], "output": row["solution"]}
            kept_out = split == "train" and int(parse(example, "").digest, 16) % 20 == 0
            yield "validation" if kept_out else split, example


def dolly_closed_qa(path: Path) -> Iterator[Labelled]:
    """databricks-dolly-15k, category ``closed_qa``: an answer from a given text."""
    return _dolly(path, "closed_qa")


def dolly_extraction(path: Path) -> Iterator[Labelled]:
    """databricks-dolly-15k, category ``information_extraction``."""
    return _dolly(path, "information_extraction")


def _dolly(path: Path, category: str) -> Iterator[Labelled]:
    for row in _objects(path):
        if row["category"] == category:
            yield None, {"instruction": row["instruction"], "input": row["context"], "output": row["response"]}


def cnn_dailymail(folder: Path) -> Iterator[Labelled]:
    """CNN/DailyMail: files named by split, CSV or Parquet, with ``article`` and ``highlights``."""
    for split in SPLITS:
        files = [p for p in sorted(folder.rglob(f"{split}*")) if p.suffix in (".csv", ".parquet")]
        for path in files:
            frame = pl.scan_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.scan_parquet(path)
            for batch in frame.collect_batches(chunk_size=LINES_AT_ONCE, maintain_order=True):
                for row in batch.iter_rows(named=True):
                    asked = "Summarise the article in a few highlights."
                    yield split, {"instruction": asked, "input": row["article"], "output": row["highlights"]}


def ecinstruct(path: Path) -> Iterator[Labelled]:
    """ECInstruct, ``dataset.json``: what its authors train on, ``setting`` IND_Diverse_Instruction of train and val.

    Its test questions are those of ``setting`` IND_Diverse_Instruction in ``split`` test. ``options`` follow the input.
    """
    splits = {"train": "train", "val": "validation", "test": "test"}
    for row in _objects(path):
        if row["setting"] != "IND_Diverse_Instruction":
            continue
        parts = [_written(row["input"]), f"Options: {_written(row['options'])}" if row.get("options") else ""]
        given = "\n".join(part for part in parts if part)
        output = _written(row["output"])
        example = {"instruction": row["instruction"], "input": given, "output": output, "task": row["task"]}
        yield splits[row["split"]], example


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


PUBLISHED: dict[str, Published] = {
    "alpaca": Published("all of alpaca-cleaned", "alpaca_data_cleaned.json", alpaca),
    "alpaca-python": Published("what names Python in it", "alpaca_data_cleaned.json", alpaca_python),
    "math": Published("problems and solutions", "the folder MATH with train/ and test/", maths),
    "dolly-closed-qa": Published("category closed_qa", "databricks-dolly-15k.jsonl", dolly_closed_qa),
    "dolly-extraction": Published("category information_extraction", "databricks-dolly-15k.jsonl", dolly_extraction),
    "cnn-dailymail": Published("articles and highlights", "a folder with train*, validation* and test*", cnn_dailymail),
    "ecinstruct": Published("setting IND_Diverse_Instruction", "dataset.json", ecinstruct),
}
