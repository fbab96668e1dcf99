"""Embeddings: the mean of the last hidden states, in a small context of their own over the same weights."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from edge.engine.batch import Batch, rows_at
from edge.engine.model import Model

# Tokens a step embeds: as long as a mixed step of the planner on two cores (64 tokens, ~0.2 s), and it keeps the
# logits that llama.cpp computes along for every token at 13 MB.
EMBED_CHUNK_TOKENS = 64

# The context and its KV cache are given back after this long without a request.
EMBED_IDLE_S = 60.0


@dataclass(eq=False)
class EmbedJob:
    """One text to embed."""

    key: int
    tokens: list[int]
    started_s: float
    n_past: int = 0
    total: NDArray[np.float64] | None = field(default=None)

    @property
    def vector(self) -> list[float]:
        """The mean over all tokens, scaled to length 1."""
        assert self.total is not None, "only a finished job has a vector"
        norm = float(np.linalg.norm(self.total))
        return [float(value) for value in self.total / (norm or 1.0)]


class Embedder:
    """Embeds one text after the other, a chunk a step, beside whatever else runs.

    Args:
        n_ctx: The longest text in tokens.
    """

    def __init__(self, model: Model, n_ctx: int) -> None:
        self._model = model
        self._n_ctx = n_ctx
        self._waiting: deque[EmbedJob] = deque()
        self._context: Any = None
        self._batch = Batch(EMBED_CHUNK_TOKENS)
        self._used_s = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, job: EmbedJob) -> None:
        """Queue a text."""
        self._waiting.append(job)

    def cancel(self, key: int) -> bool:
        """Forget a text; False if it is not here."""
        before = len(self._waiting)
        if self._waiting and self._waiting[0].key == key and self._context:
            self._clear()
        self._waiting = deque(job for job in self._waiting if job.key != key)
        return len(self._waiting) < before

    def step(self, now: float) -> EmbedJob | None:
        """Compute the next chunk; returns the job that it finishes.

        Raises:
            EngineError: There is no memory for the context.
            RuntimeError: llama.cpp failed; the first job is gone.
        """
        job = self._waiting[0]
        self._used_s = now
        if self._context is None:
            self._context = self._model.make_context(self._n_ctx, EMBED_CHUNK_TOKENS, 1, embeddings=True)
        chunk = job.tokens[job.n_past : job.n_past + EMBED_CHUNK_TOKENS]
        self._batch.clear()
        self._batch.add(0, chunk, job.n_past, output=True, all_outputs=True)
        status = self._model.compute(self._context, self._batch)
        if status != 0:
            raise RuntimeError(f"llama_decode returned {status} while embedding {len(job.tokens)} tokens")
        states = self._states(len(chunk)).sum(axis=0, dtype=np.float64)
        job.total = states if job.total is None else job.total + states
        job.n_past += len(chunk)
        if job.n_past < len(job.tokens):
            return None
        self._waiting.popleft()
        self._clear()
        return job

    def fail_first(self) -> EmbedJob:
        """Remove and return the job that ``step`` was working on."""
        if self._context:
            self._clear()
        return self._waiting.popleft()

    def release_if_idle(self, now: float) -> None:
        """Give the memory back after a while without requests."""
        if self._context and not self._waiting and now - self._used_s > EMBED_IDLE_S:
            llama_cpp.llama_free(self._context)
            self._context = None

    def _states(self, rows: int) -> NDArray[np.float32]:
        width = int(llama_cpp.llama_model_n_embd_out(self._model.native))
        return rows_at(llama_cpp.llama_get_embeddings(self._context), rows, width)

    def _clear(self) -> None:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), False)
