"""A target that answers from a function."""

from collections.abc import Callable, Iterable, Iterator

from edge.probes.answer import Answer
from edge.probes.suite import Item


class Scripted:
    """Answers each item with what a function says of it."""

    model = "m-1.0.0"
    sha256 = "ab" * 32

    def __init__(self, answer: Callable[[Item], str], adapters: frozenset[str] = frozenset()) -> None:
        self._answer = answer
        self.adapters = adapters

    def ask(self, items: Iterable[Item]) -> Iterator[tuple[Item, Answer]]:
        for item in items:
            yield item, Answer(self._answer(item), 0.1, 1)

    def close(self) -> None: ...
