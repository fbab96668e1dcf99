"""The KV pool: sequence ids, cells, kept prefixes, and the room for more."""

from collections.abc import Iterable

import numpy as np

from edge.engine.ledger import Ledger
from edge.engine.model import MAX_SEQUENCES, Model
from edge.engine.prefix import WORTH_KEEPING_TOKENS, Entry, PrefixCache

# Kept prefixes may hold this part of the pool. Masked cells are not free: attention still reads their mask.
KEPT_SHARE = 0.5


class KvPool:
    """Everything that changes the model's KV cache, with the ledger kept in step.

    Sequence ids up to the model's ``max_running`` may stand in a batch; the others, up to llama.cpp's limit, can only
    hold kept prefixes (a context made for all of them would need 200 KB of logits for each).
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._free_ids = list(range(model.max_running - 1, -1, -1))
        self._free_kept_ids = list(range(MAX_SEQUENCES - 1, model.max_running - 1, -1))
        self.ledger = Ledger(model.n_ctx)
        self.prefixes = PrefixCache()

    def start(self, key: str, owner: str, tokens: list[int]) -> tuple[int, int]:
        """A sequence id for ``tokens``, and how many of them it already has from a kept prefix."""
        seq_id = self._free_ids.pop()
        if not self._model.can_share_prefixes:
            return seq_id, 0
        entry, length = self.prefixes.find(key, owner, np.asarray(tokens, np.int32))
        if entry is None:
            return seq_id, 0
        self._copy(entry.seq_id, seq_id, length)
        return seq_id, length

    def fork(self, source: int, length: int) -> int:
        """A new sequence that shares the first ``length`` cells of ``source``."""
        seq_id = self._free_ids.pop()
        self._copy(source, seq_id, length)
        return seq_id

    def _copy(self, source: int, target: int, length: int) -> None:
        self._model.copy_prefix(source, target, length)
        self.ledger.share(source, target, length)

    def grow(self, seq_id: int, cells: int) -> None:
        """A batch has added ``cells`` to a sequence."""
        self.ledger.extend(seq_id, cells)

    def drop(self, seq_id: int) -> None:
        """Give up a sequence and its cells."""
        self._model.forget(seq_id)
        self.ledger.release(seq_id)
        (self._free_ids if seq_id < self._model.max_running else self._free_kept_ids).append(seq_id)

    def take_id(self) -> int:
        """A sequence id without any cells."""
        return self._free_ids.pop()

    def keep(self, seq_id: int, key: str, owner: str, tokens: list[int], floor: int) -> None:
        """Turn a finished sequence into a kept prefix; nothing is computed or copied, the cells change their id."""
        if len(tokens) >= WORTH_KEEPING_TOKENS and self._model.can_share_prefixes:
            if not self._free_kept_ids:
                self.evict_one()
            kept_id = self._free_kept_ids.pop()
            self._copy(seq_id, kept_id, len(tokens))
            entry = Entry(
                kept_id, key, owner, np.asarray(tokens, np.int32), floor, whole=0 < self._model.n_swa <= len(tokens)
            )
            for useless in self.prefixes.add(entry):
                self.drop(useless.seq_id)
        self.drop(seq_id)
        while self.ledger.held_by(self.prefixes.seq_ids) > KEPT_SHARE * self.ledger.total:
            oldest = self.prefixes.pop_oldest()
            if oldest is None:
                break
            self.drop(oldest.seq_id)

    def make_room(self, cells: int) -> bool:
        """Evict kept prefixes, least recently used first, until ``cells`` are free; False if that is not enough."""
        while self.ledger.free < cells:
            if not self.evict_one():
                return False
        return True

    def evict_one(self) -> bool:
        """Evict one kept prefix, the shared ones last; False if there is none."""
        oldest = self.prefixes.pop_oldest() or self.prefixes.pop_oldest(shared_too=True)
        if oldest is None:
            return False
        self.drop(oldest.seq_id)
        return True

    def room_beside(self, running: Iterable[int]) -> int:
        """Cells left for others if every kept prefix went."""
        return self.ledger.total - self.ledger.held_by(running)
