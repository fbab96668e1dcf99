"""The order of the data: a pure function of seed and epoch, so that a resumed run sees what it would have seen.

A row holds one sample, or several of the same task when packing; a batch holds rows of one task.
"""

import random
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from finetune.sample_store import Samples
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


class Rows:
    """Rows of samples, by their places: one flat array and where each row ends."""

    def __init__(self) -> None:
        self._places, self._ends = array("q"), array("q", [0])

    def append(self, places: Sequence[int]) -> None:
        """Add one row."""
        self._places.extend(places)
        self._ends.append(len(self._places))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> Sequence[int]:
        return self._places[self._ends[number] : self._ends[number + 1]]


def pack(places: Iterable[int], lengths: Sequence[int], max_tokens: int, rows: Rows) -> None:
    """Append samples of one task as rows of at most ``max_tokens``, first fit among the rows that are open.

    Args:
        lengths: Tokens of the sample at each place.
    """
    open_rows: list[tuple[int, list[int]]] = []
    for place in places:
        length = lengths[place]
        for number, (used, row) in enumerate(open_rows):
            if used + length <= max_tokens:
                row.append(place)
                open_rows[number] = (used + length, row)
                break
        else:
            open_rows.append((length, [place]))
            if len(open_rows) > OPEN_ROWS:
                fullest = max(range(len(open_rows)), key=lambda number: open_rows[number][0])
                rows.append(open_rows.pop(fullest)[1])
    for _, row in open_rows:
        rows.append(row)


class Epoch(Sequence[Plan]):
    """The batches of one epoch; each is made when it is asked for.

    Args:
        order: Numbers of rows, batch after batch.
        batches: Where in ``order`` each batch starts and ends, and the name of its task.
    """

    def __init__(
        self, samples: Samples, rows: Rows, order: Sequence[int], batches: Sequence[tuple[int, int, str]]
    ) -> None:
        self._samples, self._rows, self._order, self._batches = samples, rows, order, batches

    def __len__(self) -> int:
        return len(self._batches)

    @overload
    def __getitem__(self, place: int) -> Plan: ...
    @overload
    def __getitem__(self, place: slice) -> list[Plan]: ...
    def __getitem__(self, place: int | slice) -> Plan | list[Plan]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        start, end, task = self._batches[place]
        rows = (self._rows[number] for number in self._order[start:end])
        return Plan(tuple(tuple(self._samples[sample] for sample in row) for row in rows), task)


def epoch_batches(samples: Samples, *, batch: int, max_tokens: int, packing: bool, seed: int, epoch: int) -> Epoch:
    """All batches of one epoch in their order. No row and no batch mixes tasks.

    A row is learned or held to the base (``Sample.kl``), never both.
    """
    rng = random.Random(f"order {seed} {epoch}")  # noqa: S311  (not a secret)
    shuffled = array("q", range(len(samples)))
    rng.shuffle(shuffled)
    lengths, rows, order = samples.lengths(), Rows(), array("q")
    batches: list[tuple[int, int, str]] = []
    for task in samples.tasks:
        mine = array("q", samples.of_task(task, shuffled))
        first = len(rows)
        for kl in (False, True):
            learned = len(rows)
            some = (place for place in mine if samples.is_kl(place) == kl)
            if packing:
                pack(some, lengths, max_tokens, rows)
            else:
                for place in some:
                    rows.append((place,))
        numbers = array("q", range(first, len(rows)))
        if len(rows) > learned:
            rng.shuffle(numbers)  # so that every batch has about its share of both
        start = len(order)
        order.extend(numbers)
        batches += [(at, min(at + batch, len(order)), task) for at in range(start, len(order), batch)]
    rng.shuffle(batches)
    return Epoch(samples, rows, order, batches)


def endless_batches(samples: Samples, *, batch: int, max_tokens: int, packing: bool, seed: int) -> Iterator[Plan]:
    """The batches of epoch 0, 1, 2 and so on."""
    epoch = 0
    while True:
        yield from epoch_batches(samples, batch=batch, max_tokens=max_tokens, packing=packing, seed=seed, epoch=epoch)
        epoch += 1
