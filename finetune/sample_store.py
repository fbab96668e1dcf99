"""Many samples in little memory: one flat array of tokens and where each sample ends, instead of an object for each.

A token takes five bytes, a sample about eleven more. As tuples of Python's numbers they took sixteen bytes and two
hundred. A sample becomes an object when it is asked for, which is when its batch is made.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import overload

from finetune.tokens import Sample


class Samples(Sequence[Sample]):
    """Samples in the order in which they were added; an equal sample comes back for each."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self._tokens, self._learned, self._ends = array("i"), array("b"), array("q", [0])
        self._task, self._kl = array("H"), array("b")
        self._names: dict[str, int] = {}
        self._tasks: list[str] = []
        self.extend(samples)

    def append(self, sample: Sample) -> None:
        """Add one."""
        self._tokens.extend(sample.tokens)
        self._learned.extend(sample.learned)
        self._ends.append(len(self._tokens))
        if sample.task not in self._names:
            self._names[sample.task] = len(self._tasks)
            self._tasks.append(sample.task)
        self._task.append(self._names[sample.task])
        self._kl.append(sample.kl)

    def extend(self, samples: Iterable[Sample]) -> None:
        """Add several, one at a time."""
        for sample in samples:
            self.append(sample)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> list[Sample]: ...
    def __getitem__(self, place: int | slice) -> Sample | list[Sample]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        number = range(len(self))[place]
        start, end = self._ends[number], self._ends[number + 1]
        return Sample(
            tuple(self._tokens[start:end]),
            tuple(map(bool, self._learned[start:end])),
            self._tasks[self._task[number]],
            kl=bool(self._kl[number]),
        )

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, in alphabetical order."""
        return tuple(sorted(self._tasks))

    def lengths(self) -> Sequence[int]:
        """Tokens of each sample."""
        return array("i", (end - start for start, end in pairwise(self._ends)))

    def of_task(self, name: str, places: Iterable[int]) -> Iterator[int]:
        """Those of some places that hold a sample of this task."""
        wanted = self._names.get(name)
        return (place for place in places if self._task[place] == wanted)

    def is_kl(self, place: int) -> bool:
        """``Sample.kl`` of one, without its tokens."""
        return bool(self._kl[place])
