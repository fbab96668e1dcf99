"""The loaded model: weights, adapters, one context, its KV cache."""

import ctypes
import os
import sys
import time
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from edge.engine.batch import Batch, rows_at
from edge.engine.cores import Cores
from edge.engine.options import AdapterFile, LoadOptions
from edge.engine.vocab import Vocab
from edgegen.errors import EngineError

# Sequence ids llama.cpp has with a unified KV cache (LLAMA_MAX_SEQ): running ones and kept prefixes together.
MAX_SEQUENCES = 256

# ggml's log levels worth a line on stderr.
LOG_WARN, LOG_ERROR = 3, 4

# Warnings that say nothing is wrong: running out of KV cells is handled, a context below the model's is chosen.
EXPECTED_WARNINGS = (
    "failed to find a memory slot",
    "full capacity of the model will not be utilized",
    "model default pooling_type is",
)

KV_TYPES = {"f16": "GGML_TYPE_F16", "q8_0": "GGML_TYPE_Q8_0", "q4_0": "GGML_TYPE_Q4_0", "f32": "GGML_TYPE_F32"}

# Bytes a value takes; the quantised ones carry a 2-byte scale for each block of 32 (ggml-common.h).
KV_BYTES = {"f32": 4.0, "f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}


class LlamaLog:
    """Receives llama.cpp's log: warnings go to stderr, the last errors are kept for a reason.

    llama.cpp keeps only a C pointer to the callback: this object has to live as long as the process.
    """

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._level = 0
        self._callback = llama_cpp.llama_log_callback(self._receive)

    def install(self) -> None:
        """Become llama.cpp's log."""
        llama_cpp.llama_log_set(self._callback, None)

    def said(self) -> str:
        """llama.cpp's last errors, for a message to a person."""
        return "; ".join(self.errors) or "no reason given"

    def _receive(self, level: int, text: bytes, _: Any) -> None:
        # Level 5 continues the line before it.
        self._level = level if level <= LOG_ERROR else self._level
        if self._level < LOG_WARN:
            return
        line = text.decode("utf-8", "replace").rstrip()
        if self._level == LOG_ERROR and line:
            self.errors = [*self.errors[-4:], line]
        if line and not any(expected in line for expected in EXPECTED_WARNINGS):
            sys.stderr.write(f"llama.cpp: {line}\n")


LOG = LlamaLog()


def open_model(path: str) -> Any:
    """Load a GGUF.

    Raises:
        EngineError: It is missing or llama.cpp cannot load it; with llama.cpp's own words.
    """
    if not Path(path).is_file():
        raise EngineError(f"{path}: no such file. Check [model] bundle in the configuration.")
    LOG.install()
    llama_cpp.llama_backend_init()
    parameters = llama_cpp.llama_model_default_params()
    model = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        raise EngineError(
            f"{path}: llama.cpp cannot load this model ({LOG.said()}). "
            "The file is damaged, incomplete or not a GGUF this version knows: copy it again or choose another bundle."
        )
    return model


def read_metadata(model: Any, key: str) -> str | None:
    """One value of the GGUF's metadata as text."""
    size = 256
    while True:
        buffer = ctypes.create_string_buffer(size)
        length = llama_cpp.llama_model_meta_val_str(model, key.encode(), buffer, size)
        if length < 0:
            return None
        if length < size:
            return buffer.raw[:length].decode("utf-8", "replace")
        size = length + 1


class Model:
    """Weights, adapters and one context with a KV cache shared by all sequences.

    Args:
        following: Whether the number of threads follows the free cores.

    Raises:
        EngineError: A file cannot be loaded or the context does not fit into memory.
    """

    def __init__(self, options: LoadOptions, *, following: bool = False) -> None:
        self.options = options
        self.native = open_model(options.model)
        self.vocab = Vocab(self.native)
        # Adapters before the context: the size of its graph counts their nodes.
        self._adapters = {adapter.name: (self._load_adapter(adapter), adapter.scale) for adapter in options.adapters}
        self.n_threads = options.n_threads or len(os.sched_getaffinity(0))
        self._cores = Cores(self.n_threads, following=following)
        # One request may ask for 16 samples; one sequence more computes a shared prefix beside them.
        self.max_running = max(options.slots, 16) + 1
        self.n_batch = options.n_batch
        self.context = self.make_context(options.n_ctx, self.n_batch, self.max_running)
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.n_ctx = int(llama_cpp.llama_n_ctx(self.context))
        self.batch = Batch(self.n_batch)
        # A recurrent state cannot be cut back to a prefix.
        self.can_share_prefixes = not (
            llama_cpp.llama_model_is_recurrent(self.native) or llama_cpp.llama_model_is_hybrid(self.native)
        )
        # Layers with a sliding window see this many tokens back; the cells behind it are given to others. 0: none do.
        self.n_swa = int(llama_cpp.llama_model_n_swa(self.native))
        self._active_adapter = ""
        self.adapter_switches = 0

    def _load_adapter(self, adapter: AdapterFile) -> Any:
        if not Path(adapter.path).is_file():
            raise EngineError(f"{adapter.path}: no such file (adapter {adapter.name!r}). Install the bundle again.")
        native = llama_cpp.llama_adapter_lora_init(self.native, os.fsencode(adapter.path))
        if not native:
            raise EngineError(
                f"{adapter.path}: llama.cpp cannot load adapter {adapter.name!r} for this model ({LOG.said()}). "
                "It was probably made for another base model: export it again."
            )
        return native

    def make_context(self, n_ctx: int, n_batch: int, sequences: int, *, embeddings: bool = False) -> Any:
        """A new context over these weights.

        Raises:
            EngineError: There is not enough memory, or the options contradict one another.
        """
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = n_ctx
        parameters.n_batch = parameters.n_ubatch = n_batch
        # Sizes the logits buffer and bounds the ids in a batch; seq_cp takes ids beyond it (see KvPool).
        parameters.n_seq_max = sequences
        # The default, one row of logits for each token of a batch, would take 50 MB of compute buffer.
        parameters.n_outputs_max = n_batch if embeddings else sequences
        parameters.n_threads = parameters.n_threads_batch = self.n_threads
        parameters.kv_unified = True  # cells are one pool, and seq_cp of a part of a sequence works
        parameters.embeddings = embeddings
        if embeddings:
            parameters.pooling_type = llama_cpp.LLAMA_POOLING_TYPE_NONE  # the mean is taken over all chunks
        parameters.type_k = parameters.type_v = getattr(llama_cpp, KV_TYPES[self.options.kv_type])
        if self.options.flash_attn is not None:
            parameters.flash_attn_type = int(self.options.flash_attn)
        context = llama_cpp.llama_init_from_model(self.native, parameters)
        if not context:
            raise EngineError(
                f"{self.options.model}: no context with n_ctx = {n_ctx} ({LOG.said()}). "
                "Lower [model] n_ctx, or choose a smaller model."
            )
        return context

    @property
    def adapter_names(self) -> list[str]:
        """The adapters that requests may name."""
        return list(self._adapters)

    def has_adapter(self, name: str) -> bool:
        """Whether ``name`` is loaded; "" is the base model."""
        return not name or name in self._adapters

    def prefix_key(self, adapter: str) -> str:
        """What a KV cache depends on beside tokens and this process: adapter and scale."""
        return f"{adapter}@{self._adapters[adapter][1]}" if adapter else ""

    def use_adapter(self, name: str) -> None:
        """Compute the next batches under this adapter; "" is the base model."""
        if name == self._active_adapter:
            return
        if name:
            native, scale = self._adapters[name]
            handles = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(native)
            llama_cpp.llama_set_adapters_lora(self.context, handles, 1, (ctypes.c_float * 1)(scale))
        else:
            llama_cpp.llama_set_adapters_lora(self.context, None, 0, None)
        self._active_adapter = name
        self.adapter_switches += 1

    def decode(self) -> int:
        """Compute ``batch``: 0, or 1 when there is no KV room (nothing has changed then).

        Raises:
            EngineError: llama.cpp refused the batch or failed.
        """
        status = self.compute(self.context, self.batch)
        if status not in (0, 1):
            raise EngineError(f"llama_decode returned {status}: {'; '.join(LOG.errors[-2:])}")
        return status

    def compute(self, context: Any, batch: Batch) -> int:
        """Compute a batch in one of the contexts over these weights; returns llama_decode's status."""
        self._cores.begin()
        threads = self._cores.threads
        if llama_cpp.llama_n_threads(context) != threads:
            llama_cpp.llama_set_n_threads(context, threads, threads)
        started = time.perf_counter()
        status = int(llama_cpp.llama_decode(context, batch.native))
        self._cores.computed(time.perf_counter() - started)
        return status

    @property
    def threads(self) -> int:
        """How many of the ``n_threads`` threads compute the next batch."""
        return self._cores.threads

    def logits(self, rows: int) -> NDArray[np.float32]:
        """The logits of the last batch, one row for each output in the order of the batch; valid until the next."""
        return rows_at(llama_cpp.llama_get_logits(self.context), rows, self.vocab.n_tokens)

    def copy_prefix(self, source: int, target: int, length: int) -> None:
        """Let sequence ``target`` share the first ``length`` cells of ``source``."""
        llama_cpp.llama_memory_seq_cp(self.memory, source, target, 0, length)

    def cut(self, seq_id: int, length: int) -> None:
        """Give up a sequence's cells from position ``length`` on."""
        llama_cpp.llama_memory_seq_rm(self.memory, seq_id, length, -1)

    def forget(self, seq_id: int) -> None:
        """Give up a sequence's cells."""
        llama_cpp.llama_memory_seq_rm(self.memory, seq_id, -1, -1)

    def kv_bytes(self) -> int:
        """Size of the KV cache: ``(n_layer, n_ctx, n_head_kv * head_dim)`` for K and for V.

        An upper bound where a model has layers of another kind (sliding windows, recurrence).
        """
        architecture = read_metadata(self.native, "general.architecture")
        heads, heads_kv = llama_cpp.llama_model_n_head(self.native), llama_cpp.llama_model_n_head_kv(self.native)
        width = int(llama_cpp.llama_model_n_embd(self.native)) // heads
        key = int(read_metadata(self.native, f"{architecture}.attention.key_length") or width)
        value = int(read_metadata(self.native, f"{architecture}.attention.value_length") or width)
        values = int(llama_cpp.llama_model_n_layer(self.native)) * self.n_ctx * int(heads_kv) * (key + value)
        return int(values * KV_BYTES[self.options.kv_type])

    def describe(self) -> dict[str, Any]:
        """The facts of the ``ready`` message."""
        return {
            "name": read_metadata(self.native, "general.name") or Path(self.options.model).stem,
            "architecture": read_metadata(self.native, "general.architecture"),
            "n_params": int(llama_cpp.llama_model_n_params(self.native)),
            "size_bytes": int(llama_cpp.llama_model_size(self.native)),
            "n_ctx_train": int(llama_cpp.llama_model_n_ctx_train(self.native)),
            "n_vocab": self.vocab.n_tokens,
        }
