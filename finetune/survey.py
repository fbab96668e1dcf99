"""What is in the data of a recipe: lengths, what is too long, duplicates, overlap with the questions of the probes.

A file of any size is surveyed in bounded memory: it is read in pieces, lengths are counted, and of each example only
eight bytes are kept, its hash.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.data import checked, shared, source_sha256
from finetune.examples import Example, Problems, held_out, read_examples
from finetune.probes import Questions
from finetune.recipe import Recipe


class _Part:
    """Counts over the training, validation or replay examples."""

    def __init__(self) -> None:
        self.lengths: Counter[int] = Counter()
        self.tasks: Counter[str] = Counter()
        self.learned = 0
        self.digests = array("Q")

    @property
    def count(self) -> int:
        return len(self.digests)

    def ordered(self) -> NDArray[np.uint64]:
        """The digests in order; equal ones stand together."""
        return np.sort(np.frombuffer(self.digests, np.uint64))


def survey(recipe: Recipe, tokenizer: Any, questions: Questions | None = None) -> dict[str, Any]:
    """Figures about the data of a recipe.

    Raises:
        DataError: Naming every line that a training would refuse.
    """
    problems = Problems()
    train, validation, replay = _Part(), _Part(), _Part()
    data = recipe.data
    share = 0.0 if data.validation else data.validation_share
    for example, tokens, learned in _measured(data.train, recipe, tokenizer, problems, questions):
        _add(validation if held_out(example, share) else train, example, tokens, learned)
    if data.validation:
        for example, tokens, learned in _measured(data.validation, recipe, tokenizer, problems, None):
            _add(validation, example, tokens, learned)
    if data.replay:
        for example, tokens, learned in _measured(data.replay, recipe, tokenizer, problems, questions):
            _add(replay, example, tokens, learned)
    problems.raise_any()
    lengths = train.lengths or validation.lengths
    trained = train.ordered()
    wanted = round(train.count * data.replay_share / (1 - data.replay_share))
    figures = {
        "train_examples": train.count,
        "validation_examples": validation.count,
        "replay_examples": replay.count,
        "replayed_examples": min(wanted, replay.count),
        "train_tokens": sum(length * count for length, count in train.lengths.items()),
        "learned_tokens": train.learned,
        "length_median": quantile(lengths, 0.5),
        "length_p95": quantile(lengths, 0.95),
        "length_max": max(lengths),
        "max_tokens": data.max_tokens,
        "duplicates": int((trained[1:] == trained[:-1]).sum()),
        "validation_also_trained": shared(trained, validation.ordered()),
        "tasks": dict(sorted(train.tasks.items())),
        "sha256": {str(path): source_sha256(path) for path in (data.train, data.validation, data.replay) if path},
    }
    return figures | ({"probes": questions.as_json()} if questions else {})


def _measured(
    source: Path, recipe: Recipe, tokenizer: Any, problems: Problems, questions: Questions | None
) -> Iterator[tuple[Example, int, int]]:
    examples: Iterable[Example] = read_examples(source, text=source == recipe.data.replay, problems=problems)
    if questions:
        examples = questions.watch(examples)
    for example, sample in checked(examples, recipe, tokenizer, problems):
        yield example, len(sample.tokens), sum(sample.learned)


def _add(part: _Part, example: Example, tokens: int, learned: int) -> None:
    part.lengths[tokens] += 1
    part.tasks[example.task] += 1
    part.learned += learned
    part.digests.append(int(example.digest, 16))


def quantile(lengths: Counter[int], share: float) -> int:
    """The length that this share of the examples does not reach."""
    place = min(sum(lengths.values()) - 1, int(sum(lengths.values()) * share))
    for length in sorted(lengths):
        place -= lengths[length]
        if place < 0:
            return length
    raise AssertionError("a place within the counts")
