"""The data sets of the papers' set-ups: their published layout, what is taken of them, and their splits.

A set without splits of its own is split by the hash of each example: 90 of 100 to train on, 5 each for validation and
test. Where a paper does not say how it filtered, the filter here is our reading and the docstring says so. An example
without an answer is left out of all.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from finetune.disk import refusals_named
from finetune.errors import DataError
from finetune.examples import parse
from finetune.rows import LINES_AT_ONCE

SPLITS = ("train", "validation", "test")
LEFT_OUT = "left out"
# Parts of a data set that is split by hash, and those of them to train on unless more are asked for.
SHARES, TRAIN_SHARE = 100_000, 90_000
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
    """Write ``train.jsonl``, ``validation.jsonl`` and ``test.jsonl``, all of them or none.

    Args:
        count: Take the first so many training examples only. Where fewer than that fall to training, less is held out.

    Returns:
        How many examples went into each split, and how many were ``LEFT_OUT`` because they have no answer.

    Raises:
        DataError: When the source is not laid out as published, nothing of it was taken, or less than ``count``.
        TrainingError: When the folder takes no more.
    """
    if not source.exists():
        raise DataError([f"{source}: is not there. {name} is read from {PUBLISHED[name].source}."])
    parts = {split: folder / f".{split}.part" for split in SPLITS}
    try:
        with refusals_named(folder, "Make room, or give another folder."):
            folder.mkdir(parents=True, exist_ok=True)
            train_share = TRAIN_SHARE if count is None else _train_share(name, source, count)
            written = _write(name, source, parts, count, train_share)
            for split, part in parts.items():
                part.replace(folder / f"{split}.jsonl")
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return written


def _write(name: str, source: Path, parts: Mapping[str, Path], count: int | None, train_share: int) -> dict[str, int]:
    written = dict.fromkeys((*SPLITS, LEFT_OUT), 0)
    with ExitStack() as stack:
        files = {split: stack.enter_context(part.open("w", encoding="utf-8")) for split, part in parts.items()}
        for own, row, digest in _examples(name, source):
            if digest is None:
                written[LEFT_OUT] += 1
                continue
            split = own or _by_hash(digest, train_share)
            if split == "train" and written["train"] == count:
                continue
            files[split].write(json.dumps(row, ensure_ascii=False) + "\n")
            written[split] += 1
    if not written["train"]:
        raise DataError([f"{source}: holds nothing of {name}, which is read from {PUBLISHED[name].source}."])
    if count is not None and written["train"] < count:
        raise DataError(
            [f"{source}: --count {count}: holds only {written['train']:,} to train on. Ask for no more than those."]
        )
    return written


def _examples(name: str, source: Path) -> Iterator[tuple[str | None, Row, int | None]]:
    """Each with a split of the data set's own, and a hash of what it says; None where it has no answer to learn.

    Raises:
        DataError: When the source is not laid out as published.
    """
    published, number = PUBLISHED[name], 0
    try:
        for number, (own, row) in enumerate(published.read(source), 1):  # noqa: B007  (named where parsing fails)
            answer = row["output"]
            empty = isinstance(answer, str) and not answer.strip()
            yield own, row, None if empty else int(parse(row, "").digest, 16)
    except KeyError as error:
        raise DataError([f"{source}: lacks the field {error}. {name} is read from {published.source}."]) from None
    except (ValueError, TypeError, pl.exceptions.PolarsError) as error:  # another encoding, half a file, another list
        place = f" after example {number:,}" if number else ""
        raise DataError(
            [f"{source}: cannot be read{place}: {error}. {name} is read from {published.source}. Copy it again."]
        ) from None


def _train_share(name: str, source: Path, count: int) -> int:
    """The share to train on, in parts of ``SHARES``, that leaves ``count`` for it and holds out what is left over."""
    total = 0
    for own, _, digest in _examples(name, source):
        if own is not None:
            return TRAIN_SHARE  # its splits are its own
        total += digest is not None
    # A hash deals a share out by chance: four standard deviations more.
    spread = 4 * math.sqrt(count * max(0.0, 1 - count / max(1, total)))
    enough = (count + spread) / max(1, total)
    return min(SHARES, max(TRAIN_SHARE, math.ceil(SHARES * enough)))


def _by_hash(digest: int, train_share: int) -> str:
    """The split of an example; what is not trained on is halved into validation and test."""
    place = digest % 100 * (SHARES // 100) + digest // 100 % (SHARES // 100)
    if place < train_share:
        return "train"
    return "validation" if 2 * place < train_share + SHARES else "test"


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
    """CNN/DailyMail: files named by split, CSV or Parquet, with ``article`` and ``highlights``.

    The hub's folder holds several versions, ``1.0.0`` to ``3.0.0``; the last, whose names are readable, is taken.
    """
    versions = sorted(path for path in folder.glob("?.?.?") if path.is_dir())
    folder = versions[-1] if versions else folder
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
