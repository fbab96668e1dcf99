"""A model without weights behind the real engine: what comes next is a function of what its KV cache holds."""

import zlib
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.engine.batch import Batch
from edge.engine.options import LoadOptions

EOS = 256
TEMPLATE = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]"


class ToyVocab:
    """Each byte is a token."""

    n_tokens = EOS + 1
    bos, eos, handle = -1, EOS, None

    def tokenize(self, text: str, *, special: bool) -> list[int]:  # noqa: ARG002
        return list(text.encode())

    def with_bos(self, tokens: list[int]) -> list[int]:
        return tokens

    def piece(self, token: int) -> bytes:
        return bytes([token]) if token < EOS else b""

    def special_text(self, token: int) -> str:  # noqa: ARG002
        return ""

    def is_special(self, token: int) -> bool:
        return token == EOS

    def is_eog(self, token: int) -> bool:
        return token == EOS


class ToyModel:
    """Stands in for `edge.engine.model.Model`; every cell of its KV cache is an object, shared as in llama.cpp.

    A batch that does not continue a sequence where its cells end, or for which there is no room, is a defect.
    """

    can_share_prefixes, n_swa, threads, adapter_switches = True, 0, 1, 0
    native = context = None

    def __init__(self, options: LoadOptions, *, following: bool = False) -> None:  # noqa: ARG002
        self.options = options
        self.vocab = ToyVocab()
        self.max_running = max(options.slots, 16) + 1
        self.n_ctx, self.n_batch = options.n_ctx, options.n_batch
        self.batch = Batch(self.n_batch)
        self.cells: dict[int, list[tuple[int, object]]] = {}
        self._adapter = ""
        self._rows: list[NDArray[np.float32]] = []

    @property
    def used(self) -> int:
        """Cells that some sequence holds."""
        return len({id(cell) for held in self.cells.values() for _, cell in held})

    def has_adapter(self, name: str) -> bool:
        return name in ("", "x")

    def prefix_key(self, adapter: str) -> str:
        return adapter

    def use_adapter(self, name: str) -> None:
        self._adapter = name

    def decode(self) -> int:
        batch, self._rows = self.batch, []
        assert self.used + batch.size <= self.n_ctx, "the ledger promised room that is not there"
        for place in range(batch.size):
            seq_id = int(batch._seq_ids[place])
            held = self.cells.setdefault(seq_id, [])
            assert seq_id < self.max_running
            assert batch._positions[place] == len(held), "tokens are missing before these, or are there twice"
            held.append((int(batch._tokens[place]), object()))
            if batch._outputs[place]:
                self._rows.append(self._row([token for token, _ in held]))
        return 0

    def _row(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Mostly decided by the last token, so that texts repeat themselves; some by all, so that each counts."""
        whole = zlib.crc32(repr((self._adapter, list(tokens))).encode())
        state = whole if whole % 8 == 0 else tokens[-1] % 16
        row = np.random.default_rng(state).normal(size=self.vocab.n_tokens).astype(np.float32) * 3
        row[list("ab é€".encode())] += 6  # characters of one, two and three bytes, and what is none
        row[EOS] = 12 if whole % 61 == 0 else -20
        return row

    def logits(self, rows: int) -> NDArray[np.float32]:
        assert rows == len(self._rows)
        return np.array(self._rows)

    def copy_prefix(self, source: int, target: int, length: int) -> None:
        self.cells[target] = self.cells[source][:length]

    def cut(self, seq_id: int, length: int) -> None:
        del self.cells[seq_id][length:]

    def forget(self, seq_id: int) -> None:
        self.cells.pop(seq_id, None)


class Clock(SimpleNamespace):
    """Stands in for ``time`` in the engine's modules."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def use(patch: Any, clock: Clock) -> None:
    """Let `edge.engine.engine.Engine` run this model by this clock."""
    patch.setattr("edge.engine.engine.Model", ToyModel)
    for module in ("engine", "roster", "admission", "advance", "answer"):
        patch.setattr(f"edge.engine.{module}.time", clock)
