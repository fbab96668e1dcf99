"""The order of the data: a pure function of seed and epoch, so that a resumed run sees what it would have seen.

A row holds one sample, or several of the same task when packing; a batch holds rows of one task.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from finetune.tokens import Sample

# Rows that are open at once while packing: more fill better, and samples move further from their shuffled place.
OPEN_ROWS = 16


@dataclass(frozen=True)
class Plan:
    """Rows of one batch; each row is a tuple of samples that share it."""

    rows: tuple[tuple[Sample, ...], ...]
    task: str

    @property
    def kl_tokens(self) -> int:
        """Tokens at which the model is held to its base: all of such a sample that have one before them."""
        return sum(len(sample.tokens) - 1 for row in self.rows for sample in row if sample.kl)

    def part(self, *, kl: bool) -> "Plan | None":
        """The rows that are held to the base, or those that are learned; None where there are none."""
        rows = tuple(row for row in self.rows if row[0].kl == kl)
        return Plan(rows, self.task) if rows else None

    @property
    def targets(self) -> int:
        """Tokens whose prediction counts: learned ones that are not the first of their sample."""
        return sum(sum(sample.learned[1:]) for row in self.rows for sample in row)


def pack(samples: Sequence[Sample], max_tokens: int) -> list[tuple[Sample, ...]]:
    """Samples of one task into rows of at most ``max_tokens``, first fit among the rows that are open."""
    done: list[tuple[Sample, ...]] = []
    rows: list[tuple[int, list[Sample]]] = []
    for sample in samples:
        for place, (used, row) in enumerate(rows):
            if used + len(sample.tokens) <= max_tokens:
                rows[place] = (used + len(sample.tokens), [*row, sample])
                break
        else:
            rows.append((len(sample.tokens), [sample]))
            if len(rows) > OPEN_ROWS:
                fullest = max(range(len(rows)), key=lambda place: rows[place][0])
                done.append(tuple(rows.pop(fullest)[1]))
    return done + [tuple(row) for _, row in rows]


def _rows(samples: Sequence[Sample], max_tokens: int, *, packing: bool) -> list[tuple[Sample, ...]]:
    return pack(samples, max_tokens) if packing else [(sample,) for sample in samples]


def epoch_batches(
    samples: Sequence[Sample], *, batch: int, max_tokens: int, packing: bool, seed: int, epoch: int
) -> list[Plan]:
    """All batches of one epoch in their order. No row and no batch mixes tasks.

    A row is learned or held to the base (``Sample.kl``), never both.
    """
    rng = random.Random(f"order {seed} {epoch}")  # noqa: S311  (not a secret)
    shuffled = list(samples)
    rng.shuffle(shuffled)
    plans = []
    for task in sorted({sample.task for sample in samples}):
        mine = [sample for sample in shuffled if sample.task == task]
        held = [sample for sample in mine if sample.kl]
        rows = _rows([sample for sample in mine if not sample.kl], max_tokens, packing=packing)
        if held:
            rows += _rows(held, max_tokens, packing=packing)
            rng.shuffle(rows)  # so that every batch has about its share of both
        plans += [Plan(tuple(rows[start : start + batch]), task) for start in range(0, len(rows), batch)]
    rng.shuffle(plans)
    return plans


def endless_batches(
    samples: Sequence[Sample], *, batch: int, max_tokens: int, packing: bool, seed: int
) -> Iterator[Plan]:
    """The batches of epoch 0, 1, 2 and so on."""
    epoch = 0
    while True:
        yield from epoch_batches(samples, batch=batch, max_tokens=max_tokens, packing=packing, seed=seed, epoch=epoch)
        epoch += 1
