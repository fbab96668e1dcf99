"""Tokens and logits of one model."""

import ctypes
import os
from collections.abc import Callable, Sequence
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

# Half of it is context for the other half, which is scored (llama-perplexity does the same).
CHUNK_TOKENS = 512


class Vocabulary:
    """The tokenizer of a GGUF; the weights stay on the disk."""

    def __init__(self, path: str) -> None:
        llama_cpp.llama_backend_init()
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        self.model = _load(path, parameters)
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)

    def tokenize(self, text: str, *, add_special: bool, parse_special: bool) -> list[int]:
        """The ids of a text."""
        data = text.encode()
        room = len(data) + 8
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), tokens, room, add_special, parse_special)
        if count < 0:
            raise SystemExit("llama_tokenize found no room")
        return list(tokens[:count])

    @property
    def bos(self) -> int | None:
        """The BOS that stands before every prompt, whatever the template says; None where none does."""
        return int(llama_cpp.llama_vocab_bos(self.vocab)) if llama_cpp.llama_vocab_get_add_bos(self.vocab) else None

    def chunks(self, text: str, count: int) -> list[list[int]]:
        """The first chunks of a text, at least one, as llama-perplexity and llama-imatrix cut it.

        It is one row of tokens; where the model wants a BOS, each chunk's first token is replaced by it.
        """
        tokens = self.tokenize(text, add_special=True, parse_special=False)
        count = min(count, len(tokens) // CHUNK_TOKENS)
        if count < 1:
            raise SystemExit(f"the text has {len(tokens)} tokens and {CHUNK_TOKENS} are needed; give a longer one")
        parts = [tokens[number * CHUNK_TOKENS : (number + 1) * CHUNK_TOKENS] for number in range(count)]
        if self.bos is not None:
            for part in parts:
                part[0] = self.bos
        return parts


class Scorer(Vocabulary):
    """Logits of one model, with an adapter or without.

    Args:
        callback: Called by llama.cpp for each tensor it computes (``cb_eval``); must live as long as the scorer.
        f32_cache: Keep K and V in float32, so that the weights' rounding is the only one.
    """

    def __init__(self, path: str, adapter: str | None = None, *, callback: Any = None, f32_cache: bool = True) -> None:
        llama_cpp.llama_backend_init()
        self.model = _load(path, llama_cpp.llama_model_default_params())
        handle = llama_cpp.llama_adapter_lora_init(self.model, os.fsencode(adapter)) if adapter else None
        if adapter and not handle:
            raise SystemExit(f"{adapter}: llama.cpp cannot load this adapter for {path}")
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)
        self.n_vocab = int(llama_cpp.llama_vocab_n_tokens(self.vocab))
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = CHUNK_TOKENS
        if f32_cache:
            # Without flash attention the 16-bit cache is the only rounding beside the weights'.
            parameters.type_k = parameters.type_v = llama_cpp.GGML_TYPE_F32
            parameters.flash_attn_type = 0
        parameters.n_threads = parameters.n_threads_batch = len(os.sched_getaffinity(0))
        if callback is not None:
            parameters.cb_eval = callback
        self.context = llama_cpp.llama_init_from_model(self.model, parameters)
        if not self.context:
            raise SystemExit(f"{path}: llama.cpp cannot make a context")
        if handle:
            handles = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(handle)
            llama_cpp.llama_set_adapters_lora(self.context, handles, 1, (ctypes.c_float * 1)(1.0))

    def decode(self, tokens: Sequence[int], first: int) -> None:
        """Compute a sequence from its start, with logits for the positions from ``first`` on."""
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i] = token, i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = i >= first
        status = llama_cpp.llama_decode(self.context, batch)
        llama_cpp.llama_batch_free(batch)
        if status != 0:
            raise SystemExit(f"llama_decode returned {status}")

    def logits(self, tokens: Sequence[int], first: int) -> NDArray[np.float32]:
        """``(len(tokens) - first, n_vocab)``: those of the positions from ``first`` on."""
        self.decode(tokens, first)
        rows = len(tokens) - first
        pointer = ctypes.cast(llama_cpp.llama_get_logits(self.context), ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(pointer, shape=(rows, self.n_vocab)).copy()


def _load(path: str, parameters: Any) -> Any:
    model = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        raise SystemExit(f"{path}: llama.cpp cannot load this model")
    return model


# llama.cpp keeps only a C pointer to a callback: one that Python frees ends the process.
_SINKS: list[Any] = []


def log_to(sink: Callable[[str], object]) -> None:
    """Send llama.cpp's log to ``sink`` from now on."""

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def forward(_level: int, text: bytes, _data: Any) -> None:
        sink(text.decode("utf-8", "replace"))

    _SINKS.append(forward)
    llama_cpp.llama_log_set(forward, ctypes.c_void_p())


def tokenize(model: str, texts: list[str], end: int | None = None) -> dict[str, Any]:
    """The ids of each text, control tokens in it recognised, and how the model begins and ends a chat.

    Returns:
        ``ids``; ``chat_template``; ``bos``, which stands before every prompt, or None; whether ``end`` ``ends`` a turn.
    """
    vocabulary = Vocabulary(model)
    template = llama_cpp.llama_model_chat_template(vocabulary.model, None)
    return {
        "ids": [vocabulary.tokenize(text, add_special=False, parse_special=True) for text in texts],
        "chat_template": template.decode() if template else None,
        "bos": vocabulary.bos,
        "ends": end is None or bool(llama_cpp.llama_vocab_is_eog(vocabulary.vocab, end)),
    }


def logits(model: str, tokens: list[int], target: str, adapter: str | None = None) -> dict[str, Any]:
    """Write the logits of all positions to ``target`` (.npy, float32)."""
    scorer = Scorer(model, adapter)
    np.save(target, scorer.logits(tokens, 0))
    return {"n_vocab": scorer.n_vocab}
