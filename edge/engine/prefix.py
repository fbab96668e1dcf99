"""Which computed prefixes are kept, for whom, and which goes first.

A kept prefix is a llama.cpp sequence that nobody runs any more. Its tree has two levels, because that is all the
sharing that is allowed: below the key (adapter and scale) lie the *shared* prefix, the bundle's own system prompt,
and beside it each owner's conversations. A device can find its own entries and the shared one, nothing else, so that
neither an answer nor its timing tells what another device has asked.

Model and context parameters are not part of the key: an engine process has one of each (kvfile.py adds them).
"""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The owner of the shared prefix. Device names match [A-Za-z0-9_.-]+, so none can be this.
SHARED = "*"

# Prefixes shorter than this are not worth a sequence: computing them costs less than a step of ~0.1 s.
WORTH_KEEPING_TOKENS = 16


@dataclass(eq=False)
class Entry:
    """One kept prefix: the tokens in the KV cache under ``seq_id``.

    Attributes:
        floor: A shorter common beginning does not count. It covers the bundle's system prompt, which counts whole or
            not at all: otherwise ``cached_tokens`` would let a device spell it out word by word.
        whole: Only all of it can be continued: layers with a sliding window have given up what lies further back.
    """

    seq_id: int
    key: str
    owner: str
    tokens: NDArray[np.int32]
    floor: int = 0
    whole: bool = False

    def common(self, tokens: NDArray[np.int32]) -> int:
        """How many tokens from the start are equal."""
        length = min(len(self.tokens), len(tokens))
        differs = self.tokens[:length] != tokens[:length]
        return int(differs.argmax()) if differs.any() else length


class PrefixCache:
    """All kept prefixes, least recently used first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self.hits = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def seq_ids(self) -> list[int]:
        """The sequences kept, least recently used first."""
        return list(self._entries)

    @property
    def tokens(self) -> int:
        """Tokens in all kept prefixes; those two prefixes share count twice."""
        return sum(len(entry.tokens) for entry in self._entries.values())

    def shared(self, key: str) -> Entry | None:
        """The shared prefix of an adapter, if it has been computed."""
        return next((e for e in self._entries.values() if e.owner == SHARED and e.key == key), None)

    def find(self, key: str, owner: str, tokens: NDArray[np.int32]) -> tuple[Entry | None, int]:
        """The entry with the longest common beginning that ``owner`` may use, and its length.

        One token is always left to compute: its logits are needed.
        """
        best, best_length = None, 0
        for entry in self._entries.values():
            if entry.key == key and entry.owner in (owner, SHARED):
                length = entry.common(tokens)
                if length < entry.floor:
                    continue
                length = min(length, len(tokens) - 1)
                if entry.whole and length < len(entry.tokens):
                    continue
                if length > best_length:
                    best, best_length = entry, length
        if best is not None:
            self._entries.move_to_end(best.seq_id)
            self.hits += 1
        return best, best_length

    def add(self, entry: Entry) -> list[Entry]:
        """Keep a prefix; returns the owner's entries it makes useless, already removed."""
        covered = [
            old
            for old in self._entries.values()
            if old.key == entry.key and old.owner == entry.owner and old.common(entry.tokens) == len(old.tokens)
        ]
        for old in covered:
            del self._entries[old.seq_id]
        self._entries[entry.seq_id] = entry
        return covered

    def pop_oldest(self, *, shared_too: bool = False) -> Entry | None:
        """Remove and return the least recently used entry; shared prefixes only with ``shared_too``."""
        for seq_id, entry in self._entries.items():
            if shared_too or entry.owner != SHARED:
                del self._entries[seq_id]
                return entry
        return None
