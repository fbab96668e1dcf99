"""One llama_batch, allocated once and filled through numpy."""

import ctypes
from collections.abc import Sequence
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray


def rows_at(pointer: Any, rows: int, columns: int) -> NDArray[np.float32]:
    """llama.cpp's float buffer as an array, without a copy; it is valid until the next llama_decode."""
    address = ctypes.addressof(pointer.contents)
    flat: NDArray[np.float32] = np.ctypeslib.as_array((ctypes.c_float * (rows * columns)).from_address(address))
    return flat.reshape(rows, columns)


class Batch:
    """The input of llama_decode: at most ``capacity`` tokens of any sequences, one sequence id a token.

    numpy owns the arrays: a prompt chunk is one slice assignment, and llama_batch_init's one malloc per token is
    not needed.
    """

    def __init__(self, capacity: int) -> None:
        self._tokens = np.zeros(capacity, np.int32)
        self._positions = np.zeros(capacity, np.int32)
        self._seq_ids = np.zeros(capacity, np.int32)
        self._outputs = np.zeros(capacity, np.int8)
        self._seq_counts = np.ones(capacity, np.int32)
        self._seq_pointers = self._seq_ids.ctypes.data + 4 * np.arange(capacity, dtype=np.uintp)
        self.size = 0
        self.native = llama_cpp.llama_batch(
            n_tokens=0,
            token=self._tokens.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            embd=None,
            pos=self._positions.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            n_seq_id=self._seq_counts.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            seq_id=self._seq_pointers.ctypes.data_as(ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
            logits=self._outputs.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )

    def clear(self) -> None:
        """Start a new batch."""
        self.size = 0
        self.native.n_tokens = 0

    def add(
        self, seq_id: int, tokens: Sequence[int], position: int, *, output: bool, all_outputs: bool = False
    ) -> None:
        """Append ``tokens`` of one sequence from ``position`` on; ``output`` asks for the logits after the last."""
        start, end = self.size, self.size + len(tokens)
        if len(tokens) == 1:  # the usual case while generating; scalars are faster than slices
            self._tokens[start] = tokens[0]
            self._positions[start] = position
            self._seq_ids[start] = seq_id
        else:
            self._tokens[start:end] = tokens
            self._positions[start:end] = np.arange(position, position + len(tokens), dtype=np.int32)
            self._seq_ids[start:end] = seq_id
            self._outputs[start:end] = all_outputs
        self._outputs[end - 1] = output or all_outputs
        self.size = end
        self.native.n_tokens = end
