"""Counting KV cells: which are in use, and which are shared by several sequences.

llama.cpp does not say how many cells of a unified KV cache are taken, and finding out by a failed decode is late.
The ledger mirrors ``seq_cp`` and ``seq_rm``: a sequence holds a list of spans, a span may be held by several.
"""

from collections.abc import Iterable


class Span:
    """A run of cells with the same holders."""

    __slots__ = ("cells", "holders")

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.holders = 1


class Ledger:
    """The cells of one KV cache.

    Args:
        total: Cells there are (the context's ``n_ctx``).
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.used = 0
        self._spans: dict[int, list[Span]] = {}

    @property
    def free(self) -> int:
        """Cells nobody holds."""
        return self.total - self.used

    def length(self, seq_id: int) -> int:
        """Cells a sequence holds, shared ones included."""
        return sum(span.cells for span in self._spans.get(seq_id, ()))

    def held_by(self, seq_ids: Iterable[int]) -> int:
        """Cells these sequences hold together, shared ones counted once."""
        spans = {span for seq_id in seq_ids for span in self._spans.get(seq_id, ())}
        return sum(span.cells for span in spans)

    def extend(self, seq_id: int, cells: int) -> None:
        """The sequence grew by ``cells`` of its own."""
        spans = self._spans.setdefault(seq_id, [])
        if spans and spans[-1].holders == 1:
            spans[-1].cells += cells
        else:
            spans.append(Span(cells))
        self.used += cells

    def share(self, source: int, target: int, cells: int) -> None:
        """``target``, which holds nothing yet, joins the first ``cells`` of ``source``."""
        assert not self._spans.get(target), "a sequence can only be joined from its beginning"
        if cells:
            self._split(source, cells)
        joined: list[Span] = []
        for span in self._spans.get(source, ()):
            if cells <= 0:
                break
            span.holders += 1
            joined.append(span)
            cells -= span.cells
        self._spans[target] = joined

    def release(self, seq_id: int) -> None:
        """The sequence gave up all its cells."""
        for span in self._spans.pop(seq_id, ()):
            span.holders -= 1
            if not span.holders:
                self.used -= span.cells

    def _split(self, seq_id: int, at: int) -> None:
        """Make ``at`` a border between two spans of this sequence, for every holder of the span cut."""
        for span in self._spans.get(seq_id, ()):
            if at < span.cells:
                break
            at -= span.cells
        else:
            return
        if at == 0:
            return
        rest = Span(span.cells - at)
        rest.holders = span.holders
        span.cells = at
        for spans in self._spans.values():
            if span in spans:
                spans.insert(spans.index(span) + 1, rest)
