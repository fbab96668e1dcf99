"""From a row of logits to the next token."""

import ctypes
import secrets
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import llama_cpp
import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class SamplingOptions:
    """How an answer is sampled; the defaults are those of a bundle that names none.

    Greedy by default, because a gateway's answers should repeat; the rest are llama.cpp's own defaults.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def updated(self, given: dict[str, Any]) -> Self:
        """These options with those of a request or a bundle on top; keys this engine does not know are skipped."""
        known = {field.name for field in fields(self)}
        changes = {key: value for key, value in given.items() if key in known and value is not None}
        if "stop" in changes:
            stop = changes["stop"]
            changes["stop"] = (stop,) if isinstance(stop, str) else tuple(stop)
        return replace(self, **changes)

    @property
    def greedy(self) -> bool:
        """Whether the most likely token is always taken."""
        return self.temperature <= 0 or self.top_k == 1


def log_probability(logits: Logits, token: int) -> float:
    """Natural logarithm of the model's own probability of ``token``: before temperature, grammar and cut-offs."""
    shifted = logits - logits.max()
    return float(shifted[token] - np.log(np.exp(shifted).sum()))


class Sampler:
    """Draws tokens for one sequence; greedy needs no native object.

    A chain keeps its random state while its sequence is preempted, so a recomputed answer goes on as it would have.

    Args:
        stream: Number of the sample within its request; each draws from its own random sequence.
    """

    def __init__(self, options: SamplingOptions, *, stream: int = 0) -> None:
        self._chain: Any = None
        if options.greedy:
            return
        seed = secrets.randbits(32) if options.seed is None else (options.seed + stream) & 0xFFFFFFFF
        self._chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        for link in (
            llama_cpp.llama_sampler_init_top_k(options.top_k),
            llama_cpp.llama_sampler_init_top_p(options.top_p, 1),
            llama_cpp.llama_sampler_init_min_p(options.min_p, 1),
            llama_cpp.llama_sampler_init_temp(options.temperature),
            llama_cpp.llama_sampler_init_dist(seed),
        ):
            llama_cpp.llama_sampler_chain_add(self._chain, link)

    def pick(self, logits: Logits, allowed: NDArray[np.intp] | None = None) -> int:
        """The next token, among the ``allowed`` ids if given (at least one)."""
        if self._chain is None:
            if allowed is None:
                return int(logits.argmax())
            return int(allowed[logits[allowed].argmax()])
        ids = np.arange(len(logits)) if allowed is None else allowed
        return self._draw(logits[ids], ids)

    def _draw(self, logits: Logits, ids: NDArray[np.intp]) -> int:
        candidates = np.zeros(len(ids), [("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        candidates["id"] = ids
        candidates["logit"] = logits
        array = llama_cpp.llama_token_data_array(
            data=candidates.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token_data)),
            size=len(ids),
            selected=-1,
            sorted=False,
        )
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(array))
        token = int(candidates["id"][array.selected])
        llama_cpp.llama_sampler_accept(self._chain, token)
        return token

    def close(self) -> None:
        """Free the native chain."""
        if self._chain is not None:
            llama_cpp.llama_sampler_free(self._chain)
            self._chain = None
