"""From questions with answers to lines of training data in the chat form."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from edgegen.errors import ConfigError
from edgegen.split import DEV, TRAIN, names_famous
from edgegen.tasks.dice import Dice

Row = Mapping[str, Any]

# So many draws without a new line mean that there are no more.
_TRIES = 20_000


class Generator(NamedTuple):
    """A source of questions.

    Args:
        task: The name in the data's ``task`` field, and of the adapter that is trained on it.
        summary: One line for the command's help.
        rows: Draws rows with ``prompt`` and ``answer`` from dice for a split.
    """

    task: str
    summary: str
    rows: Callable[[Dice, str], Iterator[Row]]


def example(task: str, row: Row) -> dict[str, Any]:
    """A line of training data."""
    return {
        "messages": [
            {"role": "user", "content": row["prompt"]},
            {"role": "assistant", "content": row["answer"]},
        ],
        "task": task,
    }


def examples(generator: Generator, *, split: str, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """``count`` different examples of a split; the same for the same seed, a longer file begins with a shorter one.

    None of them holds a number of the famous question.

    Raises:
        ConfigError: If the split is sealed or unknown, or there are fewer different examples than ``count``.
    """
    if split not in (TRAIN, DEV):
        raise ConfigError([f"--split {split}: training data comes from train or dev; sealed questions only prove."])
    seen: set[str] = set()
    tries = 0
    for row in generator.rows(Dice(seed), split):
        tries += 1
        prompt = row["prompt"]
        if prompt not in seen and not names_famous(prompt + "\n" + row["answer"]):
            seen.add(prompt)
            tries = 0
            yield example(generator.task, row)
            if len(seen) == count:
                return
        if tries > _TRIES:
            there = f"the {split} split of {generator.task} has only about {len(seen)} different examples"
            raise ConfigError([f"--count {count}: {there}."])


def write_examples(generator: Generator, path: Path, *, split: str, count: int, seed: int) -> None:
    """Write JSON lines; a file that could not be finished is removed.

    Raises:
        ConfigError: As ``examples``, or if the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            for line in examples(generator, split=split, count=count, seed=seed):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        part.replace(path)
    except OSError as error:
        raise ConfigError([f"{path}: cannot be written: {error.strerror}. Choose another --out."]) from None
    finally:
        part.unlink(missing_ok=True)
